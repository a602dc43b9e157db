//! `kiro doctor`

use std::process::ExitCode;

use serde_json::{Value, json};
use session::{Diagnosis, Environment, SessionError};

use crate::args::Json;
use crate::exit;
use crate::output::{self, BOLD, DIM, GREEN, RED, styled};

pub(super) fn run(args: &Json, environment: &Environment) -> Result<ExitCode, SessionError> {
    let diagnosis = session::diagnose(environment)?;
    if args.json {
        output::json(&to_json(&diagnosis));
    } else {
        print(&diagnosis);
    }
    Ok(exit::findings(!diagnosis.is_sound()))
}

fn print(diagnosis: &Diagnosis) {
    output::line(styled(BOLD, "This machine"));
    for finding in &diagnosis.findings {
        output::line(format!(
            "  {} {:<16} {}",
            sign(finding.ok),
            finding.name,
            finding.detail
        ));
        if let Some(fix) = &finding.fix {
            output::line(format!("      {}", styled(DIM, fix)));
        }
    }
    output::line(format!(
        "\n{}  {}",
        styled(BOLD, "Sandbox"),
        diagnosis.sandbox
    ));
    for control in &diagnosis.controls {
        output::line(format!(
            "  {} {:<34} {}",
            sign(control.held),
            control.name,
            styled(DIM, &control.detail)
        ));
    }
    if diagnosis.controls.is_empty() {
        output::line(format!(
            "  {} nothing could be tried: model-written code will not be run",
            sign(false)
        ));
    }
}

fn sign(ok: bool) -> String {
    if ok {
        styled(GREEN, "✓")
    } else {
        styled(RED, "✗")
    }
}

fn to_json(diagnosis: &Diagnosis) -> Value {
    let findings: Vec<Value> = diagnosis
        .findings
        .iter()
        .map(|it| json!({"name": it.name, "ok": it.ok, "detail": it.detail, "fix": it.fix}))
        .collect();
    let controls: Vec<Value> = diagnosis
        .controls
        .iter()
        .map(|it| json!({"name": it.name, "held": it.held, "detail": it.detail}))
        .collect();
    json!({
        "sound": diagnosis.is_sound(),
        "findings": findings,
        "sandbox": diagnosis.sandbox,
        "controls": controls,
    })
}
