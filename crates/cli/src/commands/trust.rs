//! `kiro trust`

use std::io::BufRead;
use std::process::ExitCode;

use serde_json::{Value, json};
use session::{Environment, FolderTrust, SessionError};

use crate::args::TrustArgs;
use crate::output::{self, BOLD, DIM, GREEN, YELLOW, styled};
use crate::terminal;

pub(super) fn run(args: &TrustArgs, environment: &Environment) -> Result<ExitCode, SessionError> {
    let shown = session::folder_trust(args.folder.as_deref(), environment)?;
    if args.revoke {
        session::revoke(&shown, environment)?;
        output::remark("What was approved here is taken back.");
        return Ok(ExitCode::SUCCESS);
    }
    if !args.json {
        print(&shown);
    }
    let wanted = !shown.is_whole() && (args.yes || (!args.json && says_yes()));
    if wanted {
        session::grant(&shown)?;
    }
    let granted = shown.is_whole() || wanted;
    if args.json {
        output::json(&to_json(&shown, granted));
    } else if wanted {
        output::remark(styled(
            GREEN,
            "Trusted, as shown. What changes is asked for again.",
        ));
    }
    match granted {
        true => Ok(ExitCode::SUCCESS),
        false => Err(session::not_granted()),
    }
}

fn print(shown: &FolderTrust) {
    output::line(format!(
        "{}  {}",
        styled(BOLD, session::shown(&shown.root.to_string_lossy())),
        shown.summary()
    ));
    for item in &shown.items {
        let standing = match item.standing {
            "trusted" => styled(GREEN, item.standing),
            other => styled(YELLOW, other),
        };
        let name = session::shown(&item.name);
        output::line(format!("  {} {name}  {standing}", item.kind));
        for line in &item.shows {
            output::line(format!("      {}", styled(DIM, session::shown(line))));
        }
    }
    for (pattern, holds) in &shown.approved {
        let pattern = session::shown(pattern);
        let standing = match holds {
            true => styled(GREEN, "approved for this project"),
            false => styled(YELLOW, "approved, but what it runs has changed since"),
        };
        output::line(format!("  command {pattern}  {standing}"));
    }
}

/// Asks the person at the terminal, if there is one.
fn says_yes() -> bool {
    if !terminal::somebody_is_there() {
        return false;
    }
    output::remark("\nTrust all of this, as shown? Type yes.");
    let mut line = String::new();
    let read = std::io::stdin().lock().read_line(&mut line);
    read.is_ok() && line.trim().eq_ignore_ascii_case("yes")
}

fn to_json(shown: &FolderTrust, granted: bool) -> Value {
    let items: Vec<Value> = shown
        .items
        .iter()
        .map(|it| {
            json!({"kind": it.kind, "name": it.name, "standing": it.standing,
                   "shows": it.shows, "readable": it.readable})
        })
        .collect();
    let approved: Vec<Value> = shown
        .approved
        .iter()
        .map(|(pattern, holds)| json!({"pattern": pattern, "holds": holds}))
        .collect();
    json!({"approved": approved, "root": shown.root, "granted": granted, "summary": shown.summary(), "items": items})
}
