//! `kiro run`

use std::process::ExitCode;

use session::{Cancel, Environment, Front, Kind, Mode, Role, RunOptions, SessionError};

use crate::args::RunArgs;
use crate::exit;
use crate::jsonl::Jsonl;
use crate::terminal::Terminal;

pub(super) fn run(args: &RunArgs, environment: &Environment) -> Result<ExitCode, SessionError> {
    let cancel = interruptible()?;
    let options = options(args, environment)?;
    let mut front: Box<dyn Front> = if args.jsonl {
        Box::new(Jsonl::new())
    } else {
        Box::new(Terminal::interactive(cancel.clone()))
    };
    let outcome = session::run(&options, environment, &cancel, &mut *front)?;
    Ok(exit::of_outcome(outcome))
}

fn options(args: &RunArgs, environment: &Environment) -> Result<RunOptions, SessionError> {
    let model = session::model_for(Role::Implement, args.model.as_deref(), environment)?;
    Ok(RunOptions {
        spec: args.spec.clone(),
        mode: if args.autopilot {
            Mode::Autopilot
        } else {
            Mode::Guided
        },
        only: args.task.clone(),
        model,
        planner: session::model_for(Role::Plan, args.model.as_deref(), environment)?,
        budget: args.budget.budget(),
        seed: 0,
        parallel: args.parallel.into(),
    })
}

/// The first Ctrl-C (or TERM, HUP) asks the work to end well; the second ends it at once.
pub(super) fn interruptible() -> Result<Cancel, SessionError> {
    let cancel = Cancel::new();
    let seen = cancel.clone();
    ctrlc::set_handler(move || {
        if seen.is_cancelled() {
            exit_at_once();
        }
        seen.cancel();
    })
    .map_err(|error| {
        SessionError::new(Kind::Internal, format!("signals cannot be caught: {error}"))
    })?;
    Ok(cancel)
}

#[expect(
    clippy::disallowed_methods,
    reason = "a person who interrupts twice wants out, whatever is unwritten"
)]
fn exit_at_once() -> ! {
    std::process::exit(130)
}
