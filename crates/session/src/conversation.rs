//! Conversations that go on: what was said, kept in Kiro's own state of the project, so that a client can go on with one
//! after it, or Kiro, was started anew. Secrets are taken out before a line is written.

use std::path::{Path, PathBuf};

use host::append::Appender;
use policy::Redactor;
use serde::{Deserialize, Serialize};

use crate::error::{Kind, SessionError};
use crate::pictures::Pictured;
use crate::places::{Environment, Project};
use crate::run::now;
use crate::secrets;

/// Version of the file's form.
const FORM: u32 = 1;
/// Largest file of one conversation, in bytes.
const FILE_MAX: u64 = 16 << 20;
/// Most conversations that a list gives.
const LISTED_MAX: usize = 200;

/// Something that was asked, and what was answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exchange {
    /// When, in milliseconds since 1970.
    pub at_ms: i64,
    /// What the person said.
    pub prompt: String,
    /// What was answered.
    pub answer: String,
    /// Files that changed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<String>,
    /// Whether these changes were brought in.
    #[serde(default)]
    pub applied: bool,
    /// Pictures that the model was shown with it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pictures: Vec<Pictured>,
}

/// What came of a request beside the answer.
#[derive(Clone, Debug, Default)]
pub struct Came {
    /// Files that were changed.
    pub files: Vec<String>,
    /// Whether these changes were brought in.
    pub applied: bool,
    /// Pictures that the model was shown.
    pub pictures: Vec<Pictured>,
}

impl Exchange {
    /// As a model is told of it.
    fn told(&self) -> String {
        let files = self.files.join(", ");
        let files = match (self.files.is_empty(), self.applied) {
            (true, _) => String::new(),
            (false, true) => format!("\n(you changed {files}; these changes stand)"),
            (false, false) => {
                format!("\n(you changed {files}; the person did not take these changes)")
            }
        };
        let pictures = match self.pictures.is_empty() {
            true => String::new(),
            false => format!(" (with the picture {})", self.picture_names()),
        };
        format!(
            "Person: {}{pictures}\nYou: {}{files}",
            self.prompt, self.answer
        )
    }

    fn picture_names(&self) -> String {
        let names: Vec<&str> = self.pictures.iter().map(|it| it.name.as_str()).collect();
        names.join(", ")
    }
}

/// A conversation of a project.
pub struct Conversation {
    /// Its id.
    pub id: String,
    /// When it began, in milliseconds since 1970.
    pub started_ms: i64,
    /// What was said so far.
    pub exchanges: Vec<Exchange>,
    file: PathBuf,
    redactor: Redactor,
}

/// A conversation as a list shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedConversation {
    /// Its id.
    pub id: String,
    /// The beginning of what was asked first.
    pub title: String,
    /// When something was said last, in milliseconds since 1970.
    pub at_ms: i64,
    /// How many requests it has.
    pub count: usize,
}

#[derive(Serialize, Deserialize)]
struct Head {
    form: u32,
    started_ms: i64,
}

impl Conversation {
    /// Begins one in the project around the environment's folder. Nothing is written before something was said.
    ///
    /// # Errors
    /// When the project or its secrets cannot be read.
    pub fn begin(environment: &Environment) -> Result<Conversation, SessionError> {
        let project = Project::around(environment)?;
        let started_ms = now();
        let pid = std::process::id();
        let free = |number: &u32| !file(&project, &format!("{started_ms}-{pid}-{number}")).exists();
        let number = (1..).find(free).unwrap_or_default();
        let id = format!("{started_ms}-{pid}-{number}");
        Ok(Conversation {
            file: file(&project, &id),
            redactor: secrets::redactor(&project, environment)?,
            exchanges: Vec::new(),
            started_ms,
            id,
        })
    }

    /// Goes on with one.
    ///
    /// # Errors
    /// When there is none of this id, or it cannot be read.
    pub fn load(id: &str, environment: &Environment) -> Result<Conversation, SessionError> {
        let project = Project::around(environment)?;
        let file = file(&project, id);
        if !is_id(id) || !file.exists() {
            return Err(SessionError::input(format!(
                "there is no conversation {id} here"
            )));
        }
        let (head, exchanges) = read(&file)?;
        Ok(Conversation {
            id: id.to_owned(),
            started_ms: head.started_ms,
            exchanges,
            file,
            redactor: secrets::redactor(&project, environment)?,
        })
    }

    /// Goes on with the one whose id begins so; with the last one when none is named.
    ///
    /// # Errors
    /// When there is none, several begin so, or it cannot be read.
    pub fn resume(
        wanted: Option<&str>,
        environment: &Environment,
    ) -> Result<Conversation, SessionError> {
        let listed = conversations(environment)?;
        let named =
            |it: &&ListedConversation| wanted.is_none_or(|wanted| it.id.starts_with(wanted));
        let mut found = listed.iter().filter(named);
        let none = || {
            SessionError::input(match wanted {
                Some(wanted) => format!("there is no conversation {wanted}"),
                None => "there is no conversation to go on with".to_owned(),
            })
            .hint("`kiro chat --list` shows them")
        };
        let one = found.next().ok_or_else(none)?;
        if wanted.is_some_and(|it| it != one.id) && found.next().is_some() {
            return Err(SessionError::input(format!(
                "several conversations begin with {}",
                wanted.unwrap_or_default()
            )));
        }
        Conversation::load(&one.id, environment)
    }

    /// Whether a text holds no secret that is known, so that it may be kept in a history of lines.
    pub fn may_keep(&self, text: &str) -> bool {
        self.redactor.redact(text) == text
    }

    /// The whole conversation as Markdown.
    pub fn markdown(&self) -> String {
        let mut text = format!("# Chat {}\n", self.id);
        for it in &self.exchanges {
            let day = crate::metrics::date(it.at_ms.div_euclid(86_400_000));
            let answer = it.answer.trim();
            text.push_str(&format!(
                "\n## {day}\n\n{}\n\n{answer}\n",
                quoted(&it.prompt)
            ));
            if !it.pictures.is_empty() {
                text.push_str(&format!("\nShown: {}\n", it.picture_names()));
            }
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

    /// Keeps what was said and what came of it, without the secrets that are known.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn keep(&mut self, prompt: &str, answer: &str, came: Came) -> Result<(), SessionError> {
        let exchange = Exchange {
            at_ms: now(),
            prompt: self.redactor.redact(prompt).into_owned(),
            answer: self.redactor.redact(answer).into_owned(),
            files: came.files,
            applied: came.applied,
            pictures: came.pictures,
        };
        let is_new = self.exchanges.is_empty() && !self.file.exists();
        let mut log = Appender::open(&self.file, FILE_MAX).map_err(SessionError::internal)?;
        if is_new {
            let head = Head {
                form: FORM,
                started_ms: self.started_ms,
            };
            append(&mut log, &head)?;
        }
        append(&mut log, &exchange)?;
        self.exchanges.push(exchange);
        Ok(())
    }
}

fn append(log: &mut Appender, value: &impl Serialize) -> Result<(), SessionError> {
    let line = serde_json::to_string(value).map_err(SessionError::internal)?;
    match log.line(&line).map_err(SessionError::internal)? {
        true => Ok(()),
        false => Err(SessionError::new(
            Kind::Refused,
            format!("the conversation is larger than {} MB", FILE_MAX >> 20),
        )
        .hint("begin another one")),
    }
}

/// Every conversation of the project around the environment's folder, the last one first.
///
/// # Errors
/// When the project cannot be read.
pub fn conversations(environment: &Environment) -> Result<Vec<ListedConversation>, SessionError> {
    let project = Project::around(environment)?;
    let entries = std::fs::read_dir(project.state.join("conversations"));
    let mut ids: Vec<String> = entries
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|it| Some(it.file_name().to_str()?.strip_suffix(".jsonl")?.to_owned()))
        .filter(|it| is_id(it))
        .collect();
    // They begin with their time.
    ids.sort_by(|a, b| b.cmp(a));
    ids.truncate(LISTED_MAX);
    let listed = |id: String| {
        // One that is damaged is not gone on with, so it is not offered.
        let (_, exchanges) = read(&file(&project, &id)).ok()?;
        let first = exchanges.first()?;
        Some(ListedConversation {
            title: first.prompt.lines().next()?.chars().take(80).collect(),
            at_ms: exchanges.last()?.at_ms,
            count: exchanges.len(),
            id,
        })
    };
    Ok(ids.into_iter().filter_map(listed).collect())
}

fn file(project: &Project, id: &str) -> PathBuf {
    project
        .state
        .join("conversations")
        .join(format!("{id}.jsonl"))
}

fn is_id(id: &str) -> bool {
    !id.is_empty() && id.len() < 80 && id.chars().all(|c| c.is_ascii_digit() || c == '-')
}

fn read(file: &Path) -> Result<(Head, Vec<Exchange>), SessionError> {
    let bad = |why: &dyn std::fmt::Display| {
        SessionError::input(format!("{} cannot be used: {why}", file.display()))
    };
    let bytes = host::files::read(file, FILE_MAX).map_err(SessionError::input)?;
    let text = String::from_utf8(bytes).map_err(|error| bad(&error))?;
    let mut lines = text.lines();
    let head = lines.next().unwrap_or_default();
    let head: Head = serde_json::from_str(head).map_err(|error| bad(&error))?;
    if head.form > FORM {
        return Err(bad(&"a newer Kiro wrote it"));
    }
    // A line that was cut off by the end of its process is left out.
    let exchanges = lines.map_while(|it| serde_json::from_str(it).ok());
    Ok((head, exchanges.collect()))
}

/// A prompt with what was said before it, as far as it has room: the newest first to stay.
pub(crate) fn with_earlier(prompt: &str, earlier: &[Exchange], room_bytes: usize) -> String {
    let mut left = room_bytes;
    let mut kept: Vec<String> = Vec::new();
    for exchange in earlier.iter().rev() {
        let told = exchange.told();
        if told.len() > left {
            break;
        }
        left -= told.len();
        kept.push(told);
    }
    if kept.is_empty() {
        return prompt.to_owned();
    }
    kept.reverse();
    format!(
        "What was said before in this conversation:\n\n{}\n\nNow the person says:\n\n{prompt}",
        kept.join("\n\n")
    )
}

fn quoted(text: &str) -> String {
    let lines = text.lines();
    let lines: Vec<String> = lines
        .map(|it| format!("> {it}").trim_end().to_owned())
        .collect();
    lines.join("\n")
}

/// The request that makes a specification of a conversation.
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

    fn environment(home: &Path) -> Environment {
        Environment {
            cwd: home.to_path_buf(),
            home: home.join("home"),
            kiro_home: None,
            cache_home: None,
            path: std::ffi::OsString::new(),
            model: None,
            editor: None,
            variables: Vec::new(),
            program: PathBuf::new(),
        }
    }

    #[test]
    fn what_was_said_is_kept_without_its_secrets_and_found_again() {
        let folder = tempfile::tempdir().expect("a folder");
        let environment = environment(&folder.path().canonicalize().expect("resolves"));
        let mut begun = Conversation::begin(&environment).expect("begins");
        assert!(conversations(&environment).expect("lists").is_empty());
        begun
            .keep("one\nmore", "two", Came::default())
            .expect("keeps");
        let key = "sk-ant-api03-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA-AAAAAAAA";
        begun
            .keep(&format!("my key is {key}"), "four", Came::default())
            .expect("keeps");
        let listed = conversations(&environment).expect("lists");
        assert_eq!(listed[0].title, "one");
        let loaded = Conversation::load(&listed[0].id, &environment).expect("loads");
        assert_eq!(loaded.exchanges[0], begun.exchanges[0]);
        assert_eq!(loaded.exchanges.len(), 2);
        assert!(!loaded.exchanges[1].prompt.contains(key));
        let other = Conversation::begin(&environment).expect("begins");
        assert_ne!(other.id, begun.id);
        for id in ["", "../x", "1-1-9"] {
            assert!(Conversation::load(id, &environment).is_err(), "{id}");
        }
    }

    #[test]
    fn the_newest_stays_when_not_all_has_room() {
        let exchange = |text: &str| Exchange {
            at_ms: 0,
            prompt: text.to_owned(),
            answer: "yes".to_owned(),
            files: Vec::new(),
            applied: false,
            pictures: Vec::new(),
        };
        let earlier = [exchange("old"), exchange("new")];
        let told = with_earlier("now", &earlier, 1_000);
        let places = ["old", "new", "now"].map(|it| told.find(it).expect("is told"));
        assert!(places.is_sorted(), "{told}");
        let told = with_earlier("now", &earlier, 24);
        assert!(told.contains("new") && !told.contains("old"), "{told}");
        assert_eq!(with_earlier("now", &earlier, 3), "now");
    }
}
