//! `kiro exec`

use std::process::ExitCode;

use session::hooking::{ExecKind, ExecOptions};
use session::{Environment, SessionError};

use super::run::interruptible;
use crate::args::{ExecArgs, ExecKindArg};
use crate::output;
use crate::terminal::Terminal;

pub(super) fn run(args: ExecArgs, environment: &Environment) -> Result<ExitCode, SessionError> {
    let cancel = interruptible()?;
    let options = ExecOptions {
        kind: match args.kind {
            ExecKindArg::Test => ExecKind::Test,
            ExecKindArg::Build => ExecKind::Build,
            ExecKindArg::Deploy => ExecKind::Deploy,
        },
        argv: args.command,
    };
    let (ended, _) =
        session::hooking::exec(&options, environment, &cancel, &mut Terminal::remarks())?;
    Ok(match ended {
        Ok(code) => ExitCode::from(u8::try_from(code).unwrap_or(1)),
        Err(why) => {
            output::remark(format!("refused: {}", session::visible(&why)));
            ExitCode::from(3)
        }
    })
}
