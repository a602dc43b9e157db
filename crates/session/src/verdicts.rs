//! What the rules say of commands, without running any.

use std::path::{Path, PathBuf};

use policy::Rules;
use policy::shell::CommandVerdict;
use serde::Deserialize;

use crate::approvals::Approvals;
use crate::documents;
use crate::error::SessionError;
use crate::places::{Environment, Project};

/// Largest configuration or corpus that is read, in bytes.
const INPUT_MAX: u64 = 256 * 1024 * 1024;

/// Judges one command by a configuration, or by the project's own.
///
/// # Errors
/// When the configuration cannot be read or used.
pub fn explain_command(
    command: &str,
    config: Option<&Path>,
    environment: &Environment,
) -> Result<CommandVerdict, SessionError> {
    if let Some(config) = config {
        let rules = command_rules(config, environment)?;
        return Ok(rules.commands().judge_command(command));
    }
    let project = Project::around(environment)?;
    let mut gate = documents::gate(&project, environment)?;
    Approvals::open(&project, environment)?.give(&mut gate);
    Ok(gate.explain_line(command))
}

/// A line of a corpus.
#[derive(Deserialize)]
struct Case {
    id: String,
    cmd: String,
}

/// Judges every command of a JSONL file; gives the verdicts with their ids, in the file's order.
///
/// # Errors
/// When a file cannot be read or used.
pub fn judge_corpus(
    config: &Path,
    corpus: &Path,
    environment: &Environment,
) -> Result<Vec<(String, CommandVerdict)>, SessionError> {
    let rules = command_rules(config, environment)?;
    let (file, text) = text_of(corpus, environment)?;
    let mut verdicts = Vec::new();
    for (n, line) in text.lines().enumerate() {
        if line.trim().is_empty() {
            continue;
        }
        let case: Case = serde_json::from_str(line).map_err(|error| {
            SessionError::input(format!("{}:{}: {error}", file.display(), n + 1))
                .hint("each line is a JSON object with the texts \"id\" and \"cmd\"")
        })?;
        verdicts.push((case.id, rules.commands().judge_command(&case.cmd)));
    }
    Ok(verdicts)
}

pub(crate) fn command_rules(
    config: &Path,
    environment: &Environment,
) -> Result<Rules, SessionError> {
    let (file, text) = text_of(config, environment)?;
    let named =
        |error: &dyn std::fmt::Display| SessionError::input(format!("{}: {error}", file.display()));
    Rules::parse(Some(&text), None).map_err(|error| named(&error))
}

fn text_of(path: &Path, environment: &Environment) -> Result<(PathBuf, String), SessionError> {
    let file = environment.cwd.join(path);
    let bytes = host::files::read_given(&file, INPUT_MAX).map_err(SessionError::input)?;
    let text = String::from_utf8(bytes)
        .map_err(|_| SessionError::input(format!("{} is not UTF-8", file.display())))?;
    Ok((file, text))
}
