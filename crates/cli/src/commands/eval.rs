//! `kiro eval`

use std::process::ExitCode;

use serde_json::{Value, json};
use session::{Environment, EvalOptions, EvalRow, Role, SessionError, Summary, Way};

use super::run::interruptible;
use crate::args::{EvalArgs, WayArg};
use crate::exit;
use crate::output;
use crate::terminal::Terminal;

pub(super) fn run(args: &EvalArgs, environment: &Environment) -> Result<ExitCode, SessionError> {
    let cancel = interruptible()?;
    let model = session::model_for(Role::Implement, args.model.as_deref(), environment)?;
    let options = EvalOptions {
        suite: args.suite.clone(),
        only: args.case.clone(),
        ways: match args.way {
            WayArg::Kiro => vec![Way::Kiro],
            WayArg::Plain => vec![Way::Plain],
            WayArg::Both => vec![Way::Plain, Way::Kiro],
        },
        model,
        repeats: args.repeat,
        out: args.out.clone(),
        keep: args.keep.clone(),
    };
    let rows = session::eval(&options, environment, &cancel, &mut Terminal::remarks())?;
    if args.json {
        output::json(&json!({
            "summaries": session::summaries(&rows).iter().map(summary_json).collect::<Vec<_>>(),
            "results": rows,
        }));
    } else {
        output::line(session::markdown(&rows).trim_end());
    }
    Ok(exit::findings(any_failed(&rows)))
}

/// Whether Kiro failed; what the baseline does is no finding, unless it alone was measured.
fn any_failed(rows: &[EvalRow]) -> bool {
    let by_kiro = rows.iter().any(|it| it.way == Way::Kiro);
    rows.iter()
        .any(|it| !it.passed && (it.way == Way::Kiro || !by_kiro))
}

fn summary_json(it: &Summary) -> Value {
    json!({
        "way": it.way.name(),
        "model": it.model,
        "trials": it.trials,
        "passed": it.passed,
        "interval": [it.interval.low, it.interval.high],
        "claimed": it.claimed.map(|(done, right)| json!({"done": done, "right": right})),
        "mean": {
            "input_tokens": it.input_tokens,
            "output_tokens": it.output_tokens,
            "candidates": it.candidates,
            "seconds": it.mean_seconds,
        },
        "median_seconds": it.seconds,
    })
}
