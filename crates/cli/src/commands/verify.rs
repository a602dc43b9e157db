//! `kiro verify`

use std::process::ExitCode;

use serde_json::{Map, Value, json};
use session::{
    Environment, Scan, Scanner, SecurityFinding, SessionError, StaleWhy, Verified, VerifiedTask,
    VerifyOptions, grades, verify,
};

use crate::args::VerifyArgs;
use crate::output::{self, BOLD, DIM, GREEN, RED, YELLOW, styled};
use crate::terminal::Terminal;

/// How many findings of a scanner are shown.
const SHOWN: usize = 50;

pub(super) fn run(args: &VerifyArgs, environment: &Environment) -> Result<ExitCode, SessionError> {
    let cancel = super::run::interruptible()?;
    let options = VerifyOptions {
        specs: args.specs.clone(),
        security: args.security,
    };
    let verified = verify(&options, environment, &cancel, &mut Terminal::remarks())?;
    let holds = verified.holds(args.security);
    match args.json {
        true => output::json(&to_json(&verified, holds)),
        false => show(&verified, args.security),
    }
    Ok(match holds {
        true => ExitCode::SUCCESS,
        false => ExitCode::from(1),
    })
}

fn show(verified: &Verified, security: bool) {
    verified.tasks.iter().for_each(show_task);
    let mut spec = "";
    for it in &verified.claims {
        if it.spec != spec {
            spec = &it.spec;
            output::line(styled(BOLD, spec));
        }
        let criterion = format!("{}: {}", it.criterion, it.text);
        let criterion = session::visible(&criterion);
        match &it.proof {
            Some(proof) => output::line(format!(
                "  {} {criterion}  {}",
                styled(GREEN, "✓"),
                styled(DIM, session::visible(proof))
            )),
            None => output::line(format!(
                "  {} {criterion}  no proof: {}",
                styled(RED, "✗"),
                session::visible(&it.why)
            )),
        }
    }
    if !security {
        return;
    }
    output::line(styled(BOLD, "Security"));
    if verified.scans.is_empty() {
        let known: Vec<&str> = Scanner::ALL.iter().map(|it| it.name()).collect();
        output::line(format!(
            "  {} no scanner that is installed has anything to look at here, so nothing was scanned; those that Kiro knows: {}",
            styled(RED, "✗"),
            known.join(", ")
        ));
    }
    verified.scans.iter().for_each(show_scan);
}

fn show_task(task: &VerifiedTask) {
    let why: Vec<String> = task.why.iter().map(StaleWhy::told).collect();
    let (sign, came) = match task.checks {
        Some((passed, _)) if task.confirmed => {
            let came = format!("{passed} checks pass on what stands now; recorded");
            (styled(GREEN, "✓"), came)
        }
        Some((passed, failed)) => {
            let came = format!("{passed} checks pass, {failed} fail");
            (styled(RED, "✗"), came)
        }
        None => {
            let came = format!(
                "nothing that can be run checks it; look at it, then `kiro tasks {} set {} done`",
                task.spec, task.task
            );
            (styled(YELLOW, "!"), came)
        }
    };
    output::line(format!(
        "{sign} task {} of {} {}: {}; {came}",
        task.task,
        task.spec,
        session::visible(&task.title),
        why.join("; ")
    ));
}

fn show_scan(scan: &Scan) {
    let name = scan.scanner.name();
    let subject = session::visible(&scan.subject);
    match &scan.found {
        Err(why) => output::line(format!(
            "  {} {name} ({subject}) did not scan: {}",
            styled(RED, "✗"),
            session::visible(why)
        )),
        Ok(found) if found.is_empty() => {
            output::line(format!("  {} {name} found nothing", styled(GREEN, "✓")));
        }
        Ok(found) => {
            let counts = grades(found);
            let counts: Vec<String> = counts
                .iter()
                .rev()
                .map(|(grade, count)| format!("{count} {}", grade.name()))
                .collect();
            let sign = match found.iter().any(|it| it.grade.fails()) {
                true => styled(RED, "✗"),
                false => styled(YELLOW, "!"),
            };
            output::line(format!("  {sign} {name} found {}", counts.join(", ")));
            for it in found.iter().take(SHOWN) {
                output::line(format!(
                    "      {}  {}  {}",
                    it.grade.name(),
                    session::visible(&it.subject),
                    styled(DIM, session::visible(&it.what))
                ));
            }
        }
    }
}

fn to_json(verified: &Verified, holds: bool) -> Value {
    let claims: Vec<Value> = verified
        .claims
        .iter()
        .map(|it| {
            json!({"spec": it.spec, "criterion": it.criterion, "text": it.text,
                   "proof": it.proof, "why": it.why})
        })
        .collect();
    let scans: Vec<Value> = verified.scans.iter().map(scan_json).collect();
    let tasks: Vec<Value> = verified.tasks.iter().map(task_json).collect();
    json!({"holds": holds, "tasks": tasks, "claims": claims, "scans": scans})
}

fn task_json(task: &VerifiedTask) -> Value {
    let why: Vec<String> = task.why.iter().map(StaleWhy::told).collect();
    let counts = task.checks.unwrap_or_default();
    json!({
        "spec": task.spec, "task": task.task, "title": task.title, "why": why, "ran": task.checks.is_some(),
        "passed": counts.0, "failed": counts.1, "confirmed": task.confirmed,
    })
}

fn scan_json(scan: &Scan) -> Value {
    let found = scan.found.as_deref().unwrap_or_default();
    let counts: Map<String, Value> = grades(found)
        .iter()
        .map(|(grade, count)| (grade.name().to_owned(), json!(count)))
        .collect();
    let one = |it: &SecurityFinding| json!({"grade": it.grade.name(), "subject": it.subject, "what": it.what});
    json!({
        "scanner": scan.scanner.name(), "subject": scan.subject, "ran": scan.found.is_ok(),
        "why": scan.found.as_ref().err(), "counts": counts,
        "findings": found.iter().map(one).collect::<Vec<Value>>(),
    })
}
