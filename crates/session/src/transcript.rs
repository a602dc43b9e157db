//! The whole transcript of a conversation, a line of JSON a message, in Kiro's own state: what is cut from a model's
//! context is never cut here. Secrets are taken out before a line is written.

use std::path::{Path, PathBuf};

use change::Digest;
use host::append::Appender;
use model::{Image, Message, Role};
use policy::Redactor;
use serde_json::{Value, json};

use crate::error::SessionError;

/// Most bytes of one transcript.
const TRANSCRIPT_MAX: u64 = 64 << 20;

/// A transcript under way.
pub(crate) struct Transcript {
    log: Appender,
    redactor: Redactor,
    /// Why it is not whole, once it is not.
    broken: Option<String>,
}

impl Transcript {
    /// Begins or goes on with the transcript at `path`, which holds no secret that `redactor` finds.
    ///
    /// # Errors
    /// When the file cannot be made.
    pub(crate) fn open(path: &Path, redactor: &Redactor) -> Result<Transcript, SessionError> {
        let log = Appender::open(path, TRANSCRIPT_MAX).map_err(SessionError::internal)?;
        Ok(Transcript {
            log,
            redactor: redactor.clone(),
            broken: None,
        })
    }

    /// Keeps a message. A disk that does not take it spoils no work: the transcript then says that it is not whole.
    pub(crate) fn keep(&mut self, agent: u32, message: &Message) {
        let line = self.to_json(agent, message).to_string();
        let failed = match self.log.line(&line) {
            Ok(true) => return,
            Ok(false) => format!("it is larger than {} MB", TRANSCRIPT_MAX >> 20),
            Err(error) => error.to_string(),
        };
        self.broken.get_or_insert(failed);
    }

    fn to_json(&self, agent: u32, message: &Message) -> Value {
        let clean = |text: &str| self.redactor.redact(text).into_owned();
        let mut line = json!({
            "agent": agent,
            "at": host::clock::now_ms(),
            "role": match message.role {
                Role::User => "user",
                Role::Assistant => "assistant",
            },
            "text": clean(&message.text),
        });
        let calls = message
            .calls
            .iter()
            .map(|it| json!({"id": it.id, "name": it.name, "arguments": clean(&it.arguments)}));
        let results = message.results.iter().map(|it| {
            let mut result = json!({"id": it.id, "text": clean(&it.text), "failed": it.failed});
            if !it.images.is_empty() {
                result["images"] = it.images.iter().map(|it| picture(it, &clean)).collect();
            }
            result
        });
        let images = message.images.iter().map(|it| picture(it, &clean));
        let lists = [
            ("images", images.collect::<Vec<Value>>()),
            ("calls", calls.collect()),
            ("results", results.collect()),
        ];
        for (name, list) in lists {
            if !list.is_empty() {
                line[name] = Value::Array(list);
            }
        }
        line
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

/// A picture by name and digest; its bytes are kept nowhere.
fn picture(image: &Image, clean: &dyn Fn(&str) -> String) -> Value {
    let (width, height) = image.size();
    json!({
        "name": clean(image.name()), "media_type": image.form().media_type(), "width": width, "height": height,
        "bytes": image.bytes().len(), "sha256": Digest::of(image.bytes()).to_string(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_json_without_the_users_secrets() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("t.jsonl");
        let variables = [
            ("SOME_API_KEY", "sk-\"planted\"-1234"),
            ("KEYBOARD", "us-of-mine"),
            ("EDITOR", "vim-of-mine"),
        ];
        let redactor = Redactor::of([], variables);
        let mut transcript = Transcript::open(&path, &redactor).expect("opens");
        let said = "key sk-\"planted\"-1234, us-of-mine, vim-of-mine";
        transcript.keep(0, &Message::user(said));
        transcript.keep(2, &Message::assistant("so"));
        assert_eq!(transcript.broken(), None);
        let text = std::fs::read_to_string(&path).expect("reads");
        let lines: Vec<Value> = text
            .lines()
            .map(|it| serde_json::from_str(it).expect("JSON"))
            .collect();
        assert_eq!(
            lines[0]["text"],
            "key [redacted environment-value], us-of-mine, vim-of-mine"
        );
        assert_eq!(lines[1]["agent"], 2);
        assert_eq!(lines[1]["role"], "assistant");
    }
}
