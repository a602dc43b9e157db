//! `kiro ide`

use std::process::ExitCode;

use serde_json::json;
use server::ide::{Ide, extension, page, secret};
use session::desk::{Desk, Editor, free_port};
use session::{Environment, Project, SessionError};

use super::run::interruptible;
use crate::args::IdeArgs;
use crate::output;

/// What builds a `kiro` that has the page and the extension.
const BUILD: &str = "cargo xtask ide && cargo build --release --features ide";

pub(super) fn run(args: &IdeArgs, mut environment: Environment) -> Result<ExitCode, SessionError> {
    if let Some(folder) = &args.folder {
        environment.cwd = environment.cwd.join(folder);
    }
    match args.host {
        Some(host) => elsewhere(host.into(), args, &environment),
        None => here(args, &environment),
    }
}

fn missing(what: &str) -> SessionError {
    let why = format!("this kiro was built without {what}");
    SessionError::input(why).hint(format!("{BUILD} builds one that has it"))
}

fn here(args: &IdeArgs, environment: &Environment) -> Result<ExitCode, SessionError> {
    let pack = page().ok_or_else(|| missing("the page of the IDE"))?;
    let cancel = interruptible()?;
    let ide = Ide::open(pack, environment, args.port)?;
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

/// Opens the folder in another editor, with the extension put into it.
fn elsewhere(
    editor: Editor,
    args: &IdeArgs,
    environment: &Environment,
) -> Result<ExitCode, SessionError> {
    let extension = extension().ok_or_else(|| missing("the extension"))?;
    let desk = Desk::at(&Project::around(environment)?.root, environment)?;
    if editor != Editor::CodeServer {
        desk.put_into(editor, extension, !args.no_open)?;
        match args.json {
            true => output::line(json!({"installed": true})),
            false => output::line("Kiro's extension is installed."),
        }
        return Ok(ExitCode::SUCCESS);
    }
    let server = desk.code_server(&|text| output::remark(text))?;
    desk.put_into_server(&server, extension)?;
    let port = args.port.map_or_else(free_port, Ok)?;
    let password = secret()?;
    let address = format!("http://127.0.0.1:{port}/");
    match args.json {
        true => output::line(json!({"address": address, "password": password})),
        false => output::line(&address),
    }
    output::remark(format!("Its password is {password}. Ctrl-C ends it."));
    if !args.no_open
        && let Err(error) = desk.browse(&address)
    {
        output::remark(format!("{error}: open the address yourself"));
    }
    desk.serve_by(&server, port, &password)?;
    Ok(ExitCode::SUCCESS)
}
