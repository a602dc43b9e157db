//! The whole transcript of a conversation, a line of JSON a message, in Kiro's own state: what is cut from a model's
//! context is never cut here. Secrets are taken out before a line is written.

use std::path::{Path, PathBuf};

use host::append::Appender;
use model::{Message, Role};
use serde_json::{Value, json};

use crate::error::SessionError;
use crate::places::Environment;

/// Most bytes of one transcript.
const TRANSCRIPT_MAX: u64 = 64 << 20;

/// Shortest value of a variable that is taken for a secret.
const SECRET_CHARS: usize = 8;

/// A transcript under way.
pub(crate) struct Transcript {
    log: Appender,
    secrets: Secrets,
    /// Why it is not whole, once it is not.
    broken: Option<String>,
}

impl Transcript {
    /// Begins or goes on with the transcript at `path`, which holds no secret of this environment.
    ///
    /// # Errors
    /// When the file cannot be made.
    pub(crate) fn open(path: &Path, environment: &Environment) -> Result<Transcript, SessionError> {
        let log = Appender::open(path, TRANSCRIPT_MAX).map_err(SessionError::internal)?;
        Ok(Transcript {
            log,
            secrets: Secrets::of(environment),
            broken: None,
        })
    }

    /// Keeps a message. A disk that does not take it spoils no work: the transcript then says that it is not whole.
    pub(crate) fn keep(&mut self, agent: u32, message: &Message) {
        let line = self.secrets.taken_out(to_json(agent, message).to_string());
        let failed = match self.log.line(&line) {
            Ok(true) => return,
            Ok(false) => format!("it is larger than {} MB", TRANSCRIPT_MAX >> 20),
            Err(error) => error.to_string(),
        };
        self.broken.get_or_insert(failed);
    }

    /// Where it stands.
    pub(crate) fn path(&self) -> PathBuf {
        self.log.path().to_path_buf()
    }

    /// Why it is not whole, when it is not.
    pub(crate) fn broken(&self) -> Option<&str> {
        self.broken.as_deref()
    }
}

fn to_json(agent: u32, message: &Message) -> Value {
    let mut line = json!({
        "agent": agent,
        "at": host::clock::now_ms(),
        "role": match message.role {
            Role::User => "user",
            Role::Assistant => "assistant",
        },
        "text": message.text,
    });
    let calls = message.calls.iter();
    let calls = calls.map(|it| json!({"id": it.id, "name": it.name, "arguments": it.arguments}));
    let results = message.results.iter();
    let results = results.map(|it| json!({"id": it.id, "text": it.text, "failed": it.failed}));
    let lists = [
        ("calls", calls.collect::<Vec<Value>>()),
        ("results", results.collect()),
    ];
    for (name, list) in lists {
        if !list.is_empty() {
            line[name] = Value::Array(list);
        }
    }
    line
}

/// The values of the user's variables whose names speak of secrets: the name, and the value as JSON has it.
struct Secrets(Vec<(String, String)>);

impl Secrets {
    fn of(environment: &Environment) -> Secrets {
        const WORDS: [&str; 5] = ["KEY", "TOKEN", "SECRET", "PASSWORD", "PASSWD"];
        let found = environment.variables.iter().filter(|(name, value)| {
            let name = name.to_uppercase();
            value.len() >= SECRET_CHARS && WORDS.iter().any(|it| name.contains(it))
        });
        Secrets(
            found
                .map(|(name, value)| (name.clone(), escaped(value)))
                .collect(),
        )
    }

    fn taken_out(&self, mut line: String) -> String {
        for (name, value) in &self.0 {
            if line.contains(value.as_str()) {
                line = line.replace(value.as_str(), &format!("[{name}]"));
            }
        }
        line
    }
}

/// A text as it stands inside of a JSON text.
fn escaped(text: &str) -> String {
    let quoted = Value::String(text.to_owned()).to_string();
    quoted[1..quoted.len() - 1].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::ffi::OsString;

    fn environment(variables: &[(&str, &str)]) -> Environment {
        let own = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        Environment {
            cwd: PathBuf::new(),
            home: PathBuf::new(),
            kiro_home: None,
            cache_home: None,
            path: OsString::new(),
            model: None,
            editor: None,
            variables: variables.iter().map(own).collect(),
            program: PathBuf::new(),
        }
    }

    #[test]
    fn lines_are_json_without_the_users_secrets() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("t.jsonl");
        let environment = environment(&[
            ("SOME_API_KEY", "sk-\"planted\"-1234"),
            ("KEYBOARD", "us"),
            ("EDITOR", "vim-of-mine"),
        ]);
        let mut transcript = Transcript::open(&path, &environment).expect("opens");
        let said = "key sk-\"planted\"-1234, us, vim-of-mine";
        transcript.keep(0, &Message::user(said));
        transcript.keep(2, &Message::assistant("so"));
        assert_eq!(transcript.broken(), None);
        let text = std::fs::read_to_string(&path).expect("reads");
        let lines: Vec<Value> = text
            .lines()
            .map(|it| serde_json::from_str(it).expect("JSON"))
            .collect();
        assert_eq!(lines[0]["text"], "key [SOME_API_KEY], us, vim-of-mine");
        assert_eq!(lines[1]["agent"], 2);
        assert_eq!(lines[1]["role"], "assistant");
    }
}
