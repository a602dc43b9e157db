//! A dialogue: several requests of a person one after the other, each a transaction as `kiro chat -p` is. What was said is kept
//! as words in Kiro's own state, so that any model can go on with it, and tool calls need not be carried along: what they found
//! out stands in the files.

use std::path::{Path, PathBuf};

use host::append::Appender;
use policy::Redactor;
use serde_json::{Value, json};

use crate::error::SessionError;
use crate::places::{Environment, Project};
use crate::secrets;

/// Most bytes of one dialogue, and of what a model is told of it.
const DIALOGUE_MAX: u64 = 16 << 20;
const TOLD_MAX: usize = 24_000;
/// Letters of a title.
const TITLE: usize = 60;

/// One request with what came of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Said {
    /// When it was asked, in milliseconds since 1970.
    pub at_ms: i64,
    /// Its run in the journal.
    pub run: String,
    /// What was asked.
    pub asked: String,
    /// What was answered.
    pub answered: String,
    /// Files that changed.
    pub files: Vec<String>,
    /// Whether these changes were brought in.
    pub applied: bool,
}

/// A dialogue under way, or taken up again.
pub struct Dialogue {
    /// Its id.
    pub id: String,
    /// What was said, oldest first.
    pub exchanges: Vec<Said>,
    file: PathBuf,
    redactor: Redactor,
}

/// A dialogue in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DialogueRow {
    /// Its id.
    pub id: String,
    /// When it was spoken in last, in milliseconds since 1970.
    pub at_ms: i64,
    /// How many requests it has.
    pub count: usize,
    /// The beginning of the first one.
    pub title: String,
}

impl Dialogue {
    /// A new one. Nothing is kept before something was said.
    ///
    /// # Errors
    /// When the project cannot be read.
    pub fn begin(environment: &Environment) -> Result<Dialogue, SessionError> {
        let project = Project::around(environment)?;
        let id = format!("{:x}", crate::run::now());
        Ok(Dialogue {
            file: folder(&project).join(format!("{id}.jsonl")),
            redactor: secrets::redactor(&project, environment)?,
            exchanges: Vec::new(),
            id,
        })
    }

    /// The dialogue with this id or a beginning of it; the last one when none is named.
    ///
    /// # Errors
    /// When there is none, or several begin so.
    pub fn resume(
        wanted: Option<&str>,
        environment: &Environment,
    ) -> Result<Dialogue, SessionError> {
        let rows = dialogues(environment)?;
        let named = |it: &&DialogueRow| wanted.is_none_or(|wanted| it.id.starts_with(wanted));
        let mut found = rows.iter().filter(named);
        let none = || {
            SessionError::input(match wanted {
                Some(wanted) => format!("there is no dialogue {wanted}"),
                None => "there is no dialogue to go on with".to_owned(),
            })
        };
        let row = found
            .next()
            .ok_or_else(|| none().hint("`kiro chat --list` shows them"))?;
        if wanted.is_some_and(|it| it != row.id) && found.next().is_some() {
            return Err(SessionError::input(format!(
                "several dialogues begin with {}",
                wanted.unwrap_or_default()
            )));
        }
        let mut dialogue = Dialogue::begin(environment)?;
        dialogue.file = dialogue.file.with_file_name(format!("{}.jsonl", row.id));
        dialogue.exchanges = read(&dialogue.file);
        dialogue.id.clone_from(&row.id);
        Ok(dialogue)
    }

    /// Keeps one exchange, without the secrets that are known.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn add(&mut self, exchange: Said) -> Result<(), SessionError> {
        let clean = |text: &str| self.redactor.redact(text).into_owned();
        let exchange = Said {
            asked: clean(&exchange.asked),
            answered: clean(&exchange.answered),
            ..exchange
        };
        if let Some(folder) = self.file.parent() {
            host::files::ensure_private_folder(folder).map_err(SessionError::internal)?;
        }
        let mut log = Appender::open(&self.file, DIALOGUE_MAX).map_err(SessionError::internal)?;
        log.line(&line(&exchange).to_string())
            .map_err(SessionError::internal)?;
        self.exchanges.push(exchange);
        Ok(())
    }

    /// Whether a text holds no secret that is known, so that it may be kept in a history of lines.
    pub fn may_keep(&self, text: &str) -> bool {
        self.redactor.redact(text) == text
    }

    /// What was said, for a model: the latest exchanges, as many as there is room for.
    pub(crate) fn told(&self) -> String {
        let mut parts: Vec<String> = Vec::new();
        let mut left = TOLD_MAX;
        for it in self.exchanges.iter().rev() {
            let part = spoken(it);
            if part.len() > left {
                parts.push(format!(
                    "(what was said before is left out: {} exchanges)\n",
                    self.exchanges.len() - parts.len()
                ));
                break;
            }
            left -= part.len();
            parts.push(part);
        }
        parts.reverse();
        parts.join("\n")
    }

    /// The whole dialogue as Markdown.
    pub fn markdown(&self) -> String {
        let mut text = format!("# Chat {}\n", self.id);
        for it in &self.exchanges {
            text.push_str(&format!(
                "\n## {}\n\n{}\n",
                crate::metrics::date(it.at_ms.div_euclid(86_400_000)),
                quoted(&it.asked)
            ));
            text.push_str(&format!("\n{}\n", it.answered.trim()));
            if !it.files.is_empty() {
                let what = if it.applied {
                    "Changed"
                } else {
                    "Not brought in"
                };
                text.push_str(&format!("\n{what}: {}\n", it.files.join(", ")));
            }
        }
        text
    }
}

fn quoted(text: &str) -> String {
    text.lines()
        .map(|it| format!("> {it}").trim_end().to_owned())
        .collect::<Vec<String>>()
        .join("\n")
}

fn spoken(it: &Said) -> String {
    let files = match (it.files.is_empty(), it.applied) {
        (true, _) => String::new(),
        (false, true) => format!(
            "\n(you changed {}; these changes stand)",
            it.files.join(", ")
        ),
        (false, false) => format!(
            "\n(you changed {}; the person did not take these changes)",
            it.files.join(", ")
        ),
    };
    format!(
        "Person: {}\nYou: {}{files}\n",
        it.asked.trim(),
        it.answered.trim()
    )
}

/// The dialogues of the project, the latest first.
///
/// # Errors
/// When the project cannot be read.
pub fn dialogues(environment: &Environment) -> Result<Vec<DialogueRow>, SessionError> {
    let project = Project::around(environment)?;
    let entries = std::fs::read_dir(folder(&project))
        .into_iter()
        .flatten()
        .flatten();
    let row = |path: PathBuf| {
        let exchanges = read(&path);
        let first = exchanges.first()?;
        let title: String = first
            .asked
            .split_whitespace()
            .collect::<Vec<&str>>()
            .join(" ");
        Some(DialogueRow {
            id: path.file_stem()?.to_str()?.to_owned(),
            at_ms: exchanges.last()?.at_ms,
            count: exchanges.len(),
            title: title.chars().take(TITLE).collect(),
        })
    };
    let mut rows: Vec<DialogueRow> = entries
        .map(|it| it.path())
        .filter(|it| it.extension().is_some_and(|it| it == "jsonl"))
        .filter_map(row)
        .collect();
    rows.sort_by(|a, b| b.at_ms.cmp(&a.at_ms).then_with(|| b.id.cmp(&a.id)));
    Ok(rows)
}

fn folder(project: &Project) -> PathBuf {
    project.state.join("dialogues")
}

fn line(it: &Said) -> Value {
    json!({"at_ms": it.at_ms, "run": it.run, "asked": it.asked, "answered": it.answered, "files": it.files, "applied": it.applied})
}

/// What a file holds; a line that is torn is left out.
fn read(file: &Path) -> Vec<Said> {
    let bytes = host::files::read(file, DIALOGUE_MAX).unwrap_or_default();
    let text = String::from_utf8_lossy(&bytes);
    let exchange = |line: &str| {
        let value: Value = serde_json::from_str(line).ok()?;
        let word = |key: &str| value[key].as_str().map(str::to_owned);
        Some(Said {
            at_ms: value["at_ms"].as_i64()?,
            run: word("run")?,
            asked: word("asked")?,
            answered: word("answered")?,
            files: value["files"]
                .as_array()?
                .iter()
                .filter_map(|it| it.as_str().map(str::to_owned))
                .collect(),
            applied: value["applied"].as_bool()?,
        })
    };
    text.lines().filter_map(exchange).collect()
}

/// The request that makes a specification of a dialogue.
pub fn spec_request(name: &str) -> String {
    format!(
        "Make our conversation a specification. Write it to `specs/{name}.md`, and change no other file. Its form:\n\n\
         # Title\n\n## Overview\nWhat it is for, in a few sentences.\n\n## Functional Requirements\n\n### FR-1: Title\n\
         `name(argument: type) -> type` in `path/file` does this, where it is a function.\n\n- A rule, one sentence each\n  - `call(1)` → `2`, \
         an example that shows it\n\n## Non-Functional Requirements\n\n## Technical Constraints\n- Language: …\n\n## Success Criteria\n- All tests pass\n\
         - Every example in this document holds\n\nTake only what was agreed on; what is open is a line below `## Open Questions`. Look at the project for \
         names and places that there are."
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exchange(asked: &str, files: &[&str]) -> Said {
        Said {
            at_ms: 1_795_910_400_000,
            run: "chat-1".to_owned(),
            asked: asked.to_owned(),
            answered: "so".to_owned(),
            files: files.iter().map(|it| (*it).to_owned()).collect(),
            applied: true,
        }
    }

    fn dialogue(folder: &Path) -> Dialogue {
        Dialogue {
            id: "d".to_owned(),
            exchanges: Vec::new(),
            file: folder.join("deep/d.jsonl"),
            redactor: Redactor::of([], [("SOME_TOKEN", "planted-Zq81mv")]),
        }
    }

    #[test]
    fn what_was_said_is_kept_without_secrets() {
        let folder = tempfile::tempdir().expect("a folder");
        let root = folder.path().canonicalize().expect("resolves");
        let mut one = dialogue(&root);
        one.add(exchange("use planted-Zq81mv\nplease", &["a.py"]))
            .expect("kept");
        assert!(!one.may_keep("planted-Zq81mv") && one.may_keep("plain"));
        let read = read(&one.file);
        assert_eq!(read, one.exchanges);
        assert!(!read[0].asked.contains("planted"), "{read:?}");
        assert!(
            one.told()
                .contains("You: so\n(you changed a.py; these changes stand)"),
            "{}",
            one.told()
        );
        assert!(
            one.markdown().contains("## 2026-11-29\n\n> use [redacted"),
            "{}",
            one.markdown()
        );
    }

    #[test]
    fn a_long_dialogue_tells_its_end() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut long = dialogue(folder.path());
        long.exchanges = (0..100)
            .map(|it| exchange(&format!("{it} {}", "x".repeat(500)), &[]))
            .collect();
        let told = long.told();
        assert!(
            told.len() < TOLD_MAX + 100 && told.starts_with("(what was said before is left out: "),
            "{}",
            told.len()
        );
        assert!(told.contains("Person: 99 "));
    }
}
