//! Commands of hooks: in a copy of the folder, within walls, with a limit of time for all that they start.

use std::path::Path;
use std::time::Duration;

use hooks::{Event, Fact, Occasion, Part, Prompt};
use host::process::{Command, Ended, Finished, Limits};
use host::sandbox::{Door, Network, Walls};
use serde_json::{Map, Value, json};

use super::incident::Incident;
use crate::error::SessionError;
use crate::network;
use crate::shop::{Shop, Yard};

/// How long a command may take when its hook does not say, in seconds.
pub(super) const SECONDS: u64 = 60;
/// The longest that any may take, in seconds.
const SECONDS_MAX: u64 = 86_400;
/// Memory of a command, in bytes.
const MEMORY: u64 = 4 << 30;

/// The command with its values, each as one word of a shell.
pub(super) fn text(command: &Prompt, incident: &Incident) -> String {
    command.filled(|part| match part {
        Part::Fact(fact) => quoted(
            &incident
                .fact(*fact)
                .map_or(String::new(), |it| it.to_string()),
        ),
        Part::Workspace(_) => "@workspace".to_owned(),
        Part::Text(text) => text.clone(),
    })
}

/// A text as one word, whatever it holds.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\0', "").replace('\'', "'\\''"))
}

/// Runs a command in `yard`; nothing of it is left when this returns.
pub(super) fn run(
    shop: &Shop,
    yard: &Yard,
    file: Option<&str>,
    text: &str,
    timeout: Option<u64>,
    incident: &Incident,
) -> Result<Finished, SessionError> {
    let shell = shop.program("bash").unwrap_or_else(|| "/bin/sh".to_owned());
    let argv = vec![shell, "-c".to_owned(), text.to_owned()];
    let verdict = shop.gate.judge_hook(file, text, &argv, &yard.tree);
    let permit = shop.ledger.permitted(format!("run {text}"), verdict)?;
    let seconds = match timeout {
        None => SECONDS,
        Some(0) => SECONDS_MAX,
        Some(seconds) => seconds,
    };
    let mut env = shop.variables(yard, &[], &[]);
    env.extend(variables(incident));
    let reach = match shop.door()? {
        Some(door) => {
            env.extend(Door::variables());
            env.extend(network::certificates(shop.environment()));
            Network::Hosts(door)
        }
        None => Network::None,
    };
    let command = Command {
        env,
        stdin: Some(input(incident, &yard.tree)),
        limits: Limits {
            wall: Duration::from_secs(seconds),
            cpu_seconds: seconds.max(60).saturating_mul(4),
            memory_bytes: MEMORY,
            ..Limits::default()
        },
        ..Command::new(argv, yard.tree.clone())
    };
    let walls = Walls {
        network: reach,
        ..shop.walls(yard, shop.installations())?
    };
    let cancel = shop.cancel.clone();
    shop.sandbox
        .run(permit, &command, &walls, &move || cancel.is_cancelled())
        .map_err(SessionError::internal)
}

/// What a command finds in its environment.
fn variables(incident: &Incident) -> Vec<(String, String)> {
    let mut found = vec![("KIRO_EVENT".to_owned(), incident.event.name().to_owned())];
    let named = [
        ("KIRO_FILE_PATH", Fact::FilePath),
        ("KIRO_BRANCH", Fact::Branch),
        ("KIRO_COMMIT_MESSAGE", Fact::CommitMessage),
        ("KIRO_TASK", Fact::Task),
        ("KIRO_TOOL", Fact::Tool),
        ("USER_PROMPT", Fact::Prompt),
    ];
    for (name, fact) in named {
        if let Some(value) = incident
            .fact(fact)
            .filter(|_| fact.is_known_at(incident.event))
        {
            found.push((name.to_owned(), value.to_string().replace('\0', "")));
        }
    }
    found
}

/// What a command reads: the event in the form that Kiro's hooks know.
fn input(incident: &Incident, cwd: &Path) -> Vec<u8> {
    let mut input = Map::new();
    input.insert(
        "hook_event_name".to_owned(),
        json!(kiros_name(incident.event)),
    );
    input.insert("event".to_owned(), json!(incident.event.name()));
    input.insert("cwd".to_owned(), json!(cwd.display().to_string()));
    if let Some(path) = &incident.path {
        input.insert("file_path".to_owned(), json!(path));
    }
    for (fact, value) in incident.given() {
        let text = value.to_string();
        match fact {
            Fact::Tool => input.insert("tool_name".to_owned(), json!(text)),
            Fact::ToolInput => {
                let arguments = serde_json::from_str(&text).unwrap_or(Value::Null);
                input.insert("tool_input".to_owned(), arguments)
            }
            Fact::Output => input.insert("tool_response".to_owned(), json!(text)),
            other => input.insert(other.name().to_owned(), json!(text)),
        };
    }
    Value::Object(input).to_string().into_bytes()
}

fn kiros_name(event: Event) -> &'static str {
    match event {
        Event::ToolPre => "preToolUse",
        Event::ToolPost => "postToolUse",
        Event::PromptSubmit => "userPromptSubmit",
        Event::SessionStart => "agentSpawn",
        Event::SessionStop => "stop",
        other => other.name(),
    }
}

/// How a command ended, in one sentence with the end of what it printed.
pub(super) fn told(finished: &Finished, timeout: Option<u64>) -> String {
    let how = match finished.ended {
        Ended::TimedOut => format!(
            "it was ended with all that it had started: it took longer than {} s",
            timeout.unwrap_or(SECONDS)
        ),
        other => other.to_string(),
    };
    let said = String::from_utf8_lossy(if finished.stderr.is_empty() {
        &finished.stdout
    } else {
        &finished.stderr
    })
    .into_owned();
    let last: Vec<&str> = said
        .lines()
        .rev()
        .filter(|it| !it.trim().is_empty())
        .take(3)
        .collect();
    match last.is_empty() {
        true => how,
        false => format!(
            "{how}: {}",
            super::verdict::kept(&last.into_iter().rev().collect::<Vec<_>>().join(" · "))
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_one_word_whatever_it_holds() {
        assert_eq!(quoted("a b'$(x)`y`\n"), "'a b'\\''$(x)`y`\n'");
        assert_eq!(quoted(""), "''");
    }
}
