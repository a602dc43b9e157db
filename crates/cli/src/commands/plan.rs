//! `kiro plan`

mod explain;

use std::process::ExitCode;

use session::{Environment, PlanOptions, Role, SessionError};

use super::run::interruptible;
use super::tasks;
use crate::args::PlanArgs;
use crate::terminal::Terminal;

pub(super) fn run(args: &PlanArgs, environment: &Environment) -> Result<ExitCode, SessionError> {
    let model = session::model_for(Role::Plan, args.model.as_deref(), environment)?;
    if args.explain {
        return explain::run(&args.spec, &model, args.json, environment);
    }
    let options = PlanOptions {
        spec: args.spec.clone(),
        fresh: args.fresh,
        feedback: args.feedback.clone(),
        model,
    };
    let cancel = interruptible()?;
    let mut front = Terminal::remarks();
    session::plan(&options, environment, &cancel, &mut front)?;
    tasks::print(&args.spec, args.json, environment)
}
