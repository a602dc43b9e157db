//! What is true of a piece of work, kept outside the transcript: it survives every cut of the conversation.
//!
//! Files and commands come from calls and their answers, never from the model's word. Decisions and questions
//! are what the model noted on purpose.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use serde_json::Value;
use tools::{Answer, Effect};

/// Most entries of each list; the oldest go first.
const ENTRIES_MAX: usize = 40;

/// Longest entry, in characters.
const ENTRY_CHARS: usize = 400;

/// Longest list of things to do, in characters.
const TODO_CHARS: usize = 3000;

/// Names under which tools take a path.
const PATH_ARGUMENTS: [&str; 3] = ["path", "file", "file_path"];

/// The state of the work.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ledger {
    /// What was asked, in order: the task first.
    pub asked: Vec<String>,
    /// What the model decided, as it noted it.
    pub decisions: Vec<String>,
    /// Questions that the model noted and that are not settled.
    pub questions: Vec<String>,
    /// Files that calls read.
    pub read: BTreeSet<String>,
    /// Files that calls changed.
    pub changed: BTreeSet<String>,
    /// The last calls that could change something, each with its result in one line.
    pub acts: Vec<String>,
    /// The list of things to do as it last stood.
    pub todo: String,
}

impl Ledger {
    pub(super) fn ask(&mut self, text: &str) {
        self.asked.push(text.to_owned());
    }

    /// Takes in what the model notes: a decision, a question, or that a question is settled.
    pub(super) fn note(&mut self, kind: &str, text: &str) -> Result<&'static str, String> {
        let text = entry(text);
        if text.is_empty() {
            return Err("`text` is empty; say what is to be kept".to_owned());
        }
        match kind {
            "decision" => push(&mut self.decisions, text),
            "question" => push(&mut self.questions, text),
            "settled" => {
                let before = self.questions.len();
                self.questions.retain(|it| *it != text);
                if self.questions.len() == before {
                    return Err(self.no_such_question());
                }
            }
            other => {
                return Err(format!(
                    "`kind` is one of decision, question, settled; not {other}"
                ));
            }
        }
        Ok("noted")
    }

    fn no_such_question(&self) -> String {
        match self.questions.is_empty() {
            true => "there is no open question".to_owned(),
            false => format!(
                "no open question reads so; the open ones are: {}",
                self.questions.join(" | ")
            ),
        }
    }

    /// Takes in a call and its answer.
    pub(super) fn called(
        &mut self,
        name: &str,
        arguments: &Value,
        effect: Effect,
        answer: &Answer,
    ) {
        self.changed.extend(answer.changed.iter().cloned());
        let path = PATH_ARGUMENTS
            .iter()
            .find_map(|it| arguments.get(it)?.as_str());
        if let (Effect::Reads, false, Some(path)) = (effect, answer.failed, path) {
            self.read.insert(path.to_owned());
        }
        if effect == Effect::Changes && name != "todo" {
            let failed = if answer.failed { "failed: " } else { "" };
            push(
                &mut self.acts,
                entry(&format!("{name}: {failed}{}", answer.summary)),
            );
        }
        if name == "todo" && !answer.failed {
            self.todo = answer.text.chars().take(TODO_CHARS).collect();
        }
    }

    /// The state in words, for the model; what was asked first is not repeated.
    pub(super) fn told(&self) -> String {
        let mut text = String::new();
        list(&mut text, "Asked since", self.asked.iter().skip(1));
        list(&mut text, "Decisions", &self.decisions);
        list(&mut text, "Open questions", &self.questions);
        list(&mut text, "Files changed", &self.changed);
        let read = self.read.difference(&self.changed);
        list(&mut text, "Files only read", read);
        list(&mut text, "Last acts", &self.acts);
        if !self.todo.is_empty() {
            let _ = writeln!(text, "To do, as it stands:\n{}", self.todo.trim_end());
        }
        text
    }
}

fn push(list: &mut Vec<String>, entry: String) {
    if list.contains(&entry) {
        return;
    }
    if list.len() == ENTRIES_MAX {
        list.remove(0);
    }
    list.push(entry);
}

/// A text as one line of bounded length.
fn entry(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    words.join(" ").chars().take(ENTRY_CHARS).collect()
}

fn list<'a>(text: &mut String, title: &str, entries: impl IntoIterator<Item = &'a String>) {
    let mut entries = entries.into_iter().peekable();
    if entries.peek().is_none() {
        return;
    }
    let _ = writeln!(text, "{title}:");
    for entry in entries {
        let _ = writeln!(text, "- {entry}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn answer(summary: &str, changed: &[&str], failed: bool) -> Answer {
        Answer {
            text: "1. [x] a".to_owned(),
            summary: summary.to_owned(),
            failed,
            changed: changed.iter().map(|it| (*it).to_owned()).collect(),
            pictures: Vec::new(),
        }
    }

    #[test]
    fn files_come_from_calls_and_the_rest_from_notes() {
        let mut ledger = Ledger::default();
        ledger.ask("the task");
        ledger.ask("also this");
        let read = json!({"path": "a.py"});
        ledger.called("read", &read, Effect::Reads, &answer("", &[], false));
        let missing = json!({"path": "gone.py"});
        ledger.called("read", &missing, Effect::Reads, &answer("", &[], true));
        let wrote = answer("wrote\nb.py", &["b.py"], false);
        ledger.called("write", &json!({"path": "b.py"}), Effect::Changes, &wrote);
        let failed = answer("exit 1", &[], true);
        ledger.called("shell", &json!({}), Effect::Changes, &failed);
        ledger.called("todo", &json!({}), Effect::Changes, &answer("", &[], false));
        assert_eq!(ledger.note("decision", "use  a\nmap"), Ok("noted"));
        assert_eq!(ledger.note("question", "which port?"), Ok("noted"));
        assert_eq!(ledger.note("question", "which name?"), Ok("noted"));
        assert_eq!(ledger.note("settled", "which port?"), Ok("noted"));
        insta::assert_snapshot!(ledger.told(), @r"
        Asked since:
        - also this
        Decisions:
        - use a map
        Open questions:
        - which name?
        Files changed:
        - b.py
        Files only read:
        - a.py
        Last acts:
        - write: wrote b.py
        - shell: failed: exit 1
        To do, as it stands:
        1. [x] a
        ");
    }

    #[test]
    fn what_cannot_be_noted_says_why() {
        let mut ledger = Ledger::default();
        assert!(ledger.note("decision", " \n").is_err());
        assert!(ledger.note("idea", "x").is_err());
        assert_eq!(
            ledger.note("settled", "x"),
            Err("there is no open question".to_owned())
        );
    }

    #[test]
    fn lists_are_bounded() {
        let mut ledger = Ledger::default();
        for n in 0..1000 {
            let text = format!("{n} {}", "x".repeat(2000));
            ledger.note("decision", &text).expect("noted");
        }
        assert_eq!(ledger.decisions.len(), ENTRIES_MAX);
        assert!(ledger.told().len() < ENTRIES_MAX * (ENTRY_CHARS + 8));
    }
}
