//! `kiro mcp`

use std::process::ExitCode;

use serde_json::{Value, json};
use session::{
    Environment, ServerIntroduction, ServerState, ServerTrial, ServersReport, SessionError,
};

use super::run::interruptible;
use crate::args::{Json, McpCommand, McpLoginArgs, McpTestArgs};
use crate::exit;
use crate::output::{self, BOLD, DIM, GREEN, RED, YELLOW, styled};

pub(super) fn run(
    command: McpCommand,
    environment: &Environment,
) -> Result<ExitCode, SessionError> {
    match command {
        McpCommand::List(args) => list(&args, environment),
        McpCommand::Test(args) => test(&args, environment),
        McpCommand::Serve => session::serve_mcp(environment).map(|()| ExitCode::SUCCESS),
        McpCommand::Login(args) => login(&args, environment),
        McpCommand::Doctor(args) => doctor(&args, environment),
    }
}

fn list(args: &Json, environment: &Environment) -> Result<ExitCode, SessionError> {
    let report = session::list_servers(environment)?;
    let is_wrong = report.remarks.iter().any(|it| it.3);
    if args.json {
        let servers: Vec<Value> = report.servers.iter().map(state_json).collect();
        output::json(&json!({
            "servers": servers, "remarks": remarks_json(&report), "notes": report.notes,
        }));
        return Ok(exit::findings(is_wrong));
    }
    if report.servers.is_empty() {
        output::remark(
            "no server is named in .kiro/settings/mcp.json or ~/.kiro/settings/mcp.json",
        );
    }
    report.servers.iter().for_each(print_state);
    print_remarks(&report);
    Ok(exit::findings(is_wrong))
}

fn test(args: &McpTestArgs, environment: &Environment) -> Result<ExitCode, SessionError> {
    let (_, trials) = session::try_servers(Some(&args.server), environment)?;
    let Some(trial) = trials.first() else {
        return Err(SessionError::internal("the server was not tried"));
    };
    if args.json {
        output::json(&trial_json(trial));
    } else {
        print_state(&trial.server);
        print_trial(trial);
        if let Ok(introduction) = &trial.came {
            print_all(introduction);
        }
    }
    Ok(exit::findings(trial.came.is_err()))
}

fn doctor(args: &Json, environment: &Environment) -> Result<ExitCode, SessionError> {
    let (report, trials) = session::try_servers(None, environment)?;
    let is_fine = |it: &ServerTrial| it.came.is_ok() || it.server.state == "disabled";
    let is_sound = trials.iter().all(is_fine) && !report.remarks.iter().any(|it| it.3);
    if args.json {
        let trials: Vec<Value> = trials.iter().map(trial_json).collect();
        output::json(&json!({
            "sound": is_sound, "servers": trials, "remarks": remarks_json(&report), "notes": report.notes,
        }));
        return Ok(exit::findings(!is_sound));
    }
    if trials.is_empty() {
        output::remark(
            "no server is named in .kiro/settings/mcp.json or ~/.kiro/settings/mcp.json",
        );
    }
    for trial in &trials {
        print_state(&trial.server);
        print_trial(trial);
    }
    print_remarks(&report);
    Ok(exit::findings(!is_sound))
}

fn login(args: &McpLoginArgs, environment: &Environment) -> Result<ExitCode, SessionError> {
    let cancel = interruptible()?;
    let mut open = |address: &str| {
        output::remark("Open this address in your browser, and log in there:");
        output::line(session::shown(address));
    };
    session::log_in_at(&args.server, environment, &cancel, &mut open)?;
    output::remark(styled(GREEN, "Logged in."));
    Ok(ExitCode::SUCCESS)
}

fn print_state(server: &ServerState) {
    let state = match server.state {
        "ready" => String::new(),
        "disabled" => styled(DIM, server.state),
        other => styled(YELLOW, other),
    };
    output::line(format!(
        "{}  {}  {}",
        styled(BOLD, session::shown(&server.name)),
        server.what,
        state
    ));
    output::line(format!("    {}", styled(DIM, session::shown(&server.file))));
    if !server.auto_approve.is_empty() {
        let names = session::shown(&server.auto_approve.join(", "));
        output::line(format!("    without asking: {names}"));
    }
    if !server.why.is_empty() && server.state != "disabled" {
        output::line(format!("    {}", session::shown(&server.why)));
        print_hint(server.hint);
    }
}

fn print_trial(trial: &ServerTrial) {
    match &trial.came {
        Ok(it) => output::line(format!(
            "    {} {} · protocol {} · {} tools, {} resources, {} prompts · {} ms",
            styled(GREEN, "✓"),
            session::shown(&it.calls_itself),
            it.protocol,
            it.tools.len(),
            it.resources.len(),
            it.prompts.len(),
            it.started_ms
        )),
        // What is known without starting it was told before.
        Err(_) if trial.server.state != "ready" => {}
        Err(trouble) => {
            output::line(format!(
                "    {} {}",
                styled(RED, "✗"),
                session::visible(&trouble.to_string())
            ));
            print_hint(trouble.hint());
        }
    }
    if let Ok(it) = &trial.came {
        it.notes
            .iter()
            .for_each(|note| output::line(format!("    {}", session::shown(note))));
    }
}

fn print_all(it: &ServerIntroduction) {
    for tool in &it.tools {
        let about = tool.description.lines().next().unwrap_or_default();
        output::line(format!(
            "    {}  {}",
            tool.name,
            styled(DIM, session::visible(about))
        ));
    }
    let listed = [("resource", &it.resources), ("prompt", &it.prompts)];
    for (what, list) in listed {
        for it in list {
            output::line(format!(
                "    {what} {}  {}",
                it.name,
                styled(DIM, &it.about)
            ));
        }
    }
    if let Some(log) = &it.log {
        output::line(format!(
            "    {}",
            styled(DIM, format!("its standard error: {}", log.display()))
        ));
    }
}

fn print_hint(hint: Option<&str>) {
    if let Some(hint) = hint {
        output::line(format!("    {}", styled(DIM, hint)));
    }
}

fn print_remarks(report: &ServersReport) {
    for (file, line, column, is_error, message) in &report.remarks {
        let what = match is_error {
            true => styled(RED, "error:"),
            false => styled(DIM, "note:"),
        };
        output::line(format!(
            "{}:{line}:{column}: {what} {message}",
            session::shown(file)
        ));
    }
    report
        .notes
        .iter()
        .for_each(|it| output::line(format!("{} {it}", styled(DIM, "note:"))));
}

fn remarks_json(report: &ServersReport) -> Vec<Value> {
    let remark = |(file, line, column, is_error, message): &(
        String,
        usize,
        usize,
        bool,
        String,
    )| {
        json!({"file": file, "line": line, "column": column, "error": is_error, "message": message})
    };
    report.remarks.iter().map(remark).collect()
}

fn state_json(it: &ServerState) -> Value {
    json!({
        "name": it.name, "file": it.file, "kind": it.kind, "what": it.what, "state": it.state, "why": it.why,
        "hint": it.hint, "auto_approve": it.auto_approve, "disabled_tools": it.disabled_tools,
        "start_timeout_ms": it.timeouts_ms.0, "timeout_ms": it.timeouts_ms.1,
    })
}

fn trial_json(trial: &ServerTrial) -> Value {
    let (introduction, trouble) = match &trial.came {
        Ok(it) => (introduction_json(it), Value::Null),
        Err(it) => (
            Value::Null,
            json!({"code": it.code(), "message": it.to_string(), "hint": it.hint()}),
        ),
    };
    json!({
        "server": state_json(&trial.server), "ok": trial.came.is_ok(), "trouble": trouble, "introduction": introduction,
    })
}

fn introduction_json(it: &ServerIntroduction) -> Value {
    let tools = it.tools.iter().map(|it| {
        json!({
            "name": it.name, "description": it.description, "parameters": it.schema, "digest": it.digest.to_string(),
        })
    });
    let listed = |list: &[session::ServerListed]| -> Vec<Value> {
        let one = |it: &session::ServerListed| json!({"name": it.name, "about": it.about});
        list.iter().map(one).collect()
    };
    json!({
        "calls_itself": it.calls_itself, "protocol": it.protocol, "tools": tools.collect::<Vec<_>>(),
        "resources": listed(&it.resources), "prompts": listed(&it.prompts), "notes": it.notes, "log": it.log,
        "started_ms": it.started_ms,
    })
}
