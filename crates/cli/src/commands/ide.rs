//! `kiro ide`

use std::process::ExitCode;

use serde_json::json;
use server::ide::{Ide, page};
use session::{Environment, SessionError};

use super::run::interruptible;
use crate::args::IdeArgs;
use crate::output;

/// What builds a `kiro` that has the page.
const BUILD: &str = "cargo xtask ide && cargo build --release --features ide";

pub(super) fn run(args: &IdeArgs, mut environment: Environment) -> Result<ExitCode, SessionError> {
    let Some(pack) = page() else {
        let why = "this kiro was built without the page of the IDE";
        return Err(SessionError::input(why).hint(format!("{BUILD} builds one that has it")));
    };
    if let Some(folder) = &args.folder {
        environment.cwd = environment.cwd.join(folder);
    }
    let cancel = interruptible()?;
    let ide = Ide::open(pack, &environment, args.port)?;
    let address = ide.address();
    match args.json {
        true => output::line(json!({ "address": address })),
        false => output::line(&address),
    }
    output::remark("The address is good for one browser. Ctrl-C ends the IDE's engine.");
    if !args.no_open
        && let Err(error) = ide.browse(&address)
    {
        output::remark(format!("{error}: open the address yourself"));
    }
    ide.serve(&cancel)?;
    Ok(ExitCode::SUCCESS)
}
