//! Keys with values, read one by one, with a remark for whatever is not as it should be.

use std::ops::Range;

use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::hook::Hook;
use crate::lint;
use crate::tree::{Entry, Node, Value};

/// One mapping of a hook file that is being read.
pub(super) struct Section<'n> {
    /// What it is called in remarks.
    title: &'static str,
    entries: &'n [Entry],
    /// Where the mapping begins.
    pub(super) head: Range<usize>,
    pub(super) wrong: Vec<Diagnostic>,
    /// Keys that were told of already.
    forgotten: Vec<String>,
    silent: bool,
}

/// A text with its place.
pub(super) type Placed<'n> = (&'n str, Range<usize>);

impl<'n> Section<'n> {
    /// The mapping at `node`; one that is none is told and empty.
    pub(super) fn of(title: &'static str, node: &'n Node, head: Range<usize>) -> Section<'n> {
        let mut section = Section {
            title,
            entries: &[],
            head,
            wrong: Vec::new(),
            forgotten: Vec::new(),
            silent: false,
        };
        match node.entries() {
            Some(entries) => section.entries = entries,
            None => {
                let span = match node.span.is_empty() {
                    true => section.head.clone(),
                    false => node.span.clone(),
                };
                let why = format!(
                    "{title} takes keys with values, and this is {}",
                    node.value.kind()
                );
                section
                    .wrong
                    .push(Diagnostic::error(Code::WrongKind, span, why));
            }
        }
        section
    }

    pub(super) fn error(&mut self, code: Code, span: Range<usize>, why: impl Into<String>) {
        self.wrong.push(Diagnostic::error(code, span, why));
    }

    pub(super) fn warning(&mut self, code: Code, span: Range<usize>, why: impl Into<String>) {
        self.wrong.push(Diagnostic::warning(code, span, why));
    }

    pub(super) fn note(&mut self, code: Code, span: Range<usize>, why: impl Into<String>) {
        self.wrong.push(Diagnostic::note(code, span, why));
    }

    /// Says nothing more of keys that are missing.
    pub(super) fn silent(&mut self) {
        self.silent = true;
    }

    /// Says nothing more of a key.
    pub(super) fn forget(&mut self, key: &str) {
        self.forgotten.push(key.to_owned());
    }

    /// Tells every key that is none of `known`: as an error, or as a note where the form is read leniently.
    pub(super) fn only(&mut self, known: &[&str], lenient: bool) {
        for entry in self.entries {
            if known.contains(&entry.key.as_str()) || self.forgotten.contains(&entry.key) {
                continue;
            }
            let span = entry.key_span.clone();
            match lenient {
                true => self.note(
                    Code::UnknownKey,
                    span,
                    format!("«{}» says nothing to Kiro", entry.key),
                ),
                false => self.error(
                    Code::UnknownKey,
                    span,
                    change::unknown_word("key", &entry.key, known),
                ),
            }
        }
    }

    pub(super) fn entry(&self, key: &str) -> Option<&'n Entry> {
        // A key without a value is one that was left out.
        self.entries
            .iter()
            .find(|it| it.key == key && it.node.value != Value::Null)
    }

    pub(super) fn node(&self, key: &str) -> Option<&'n Node> {
        self.entry(key).map(|it| &it.node)
    }

    /// The value of a key that has to be there.
    pub(super) fn needed(&mut self, key: &str, example: &str) -> Option<&'n Node> {
        let found = self.node(key);
        if found.is_none() && !self.silent {
            let why = format!("{} needs `{key}`, such as `{example}`", self.title);
            self.error(Code::MissingKey, self.head.clone(), why);
        }
        found
    }

    /// A text; one that is blank or of another kind is told.
    pub(super) fn text(&mut self, key: &str, node: Option<&'n Node>) -> Option<Placed<'n>> {
        let node = node?;
        match &node.value {
            Value::Text(text) if text.trim().is_empty() => {
                self.error(
                    Code::WrongKind,
                    node.span.clone(),
                    format!("`{key}` is empty"),
                );
                None
            }
            Value::Text(text) => Some((text.as_str(), node.span.clone())),
            other => {
                let why = format!("`{key}` takes a text, and this is {}", other.kind());
                self.error(Code::WrongKind, node.span.clone(), why);
                None
            }
        }
    }

    pub(super) fn truth(&mut self, key: &str, default: bool) -> bool {
        match self.node(key).map(|it| (&it.value, it.span.clone())) {
            None => default,
            Some((Value::Truth(truth), _)) => *truth,
            Some((other, span)) => {
                let why = format!("`{key}` takes true or false, and this is {}", other.kind());
                self.error(Code::WrongKind, span, why);
                default
            }
        }
    }

    /// Whole seconds.
    pub(super) fn seconds(&mut self, key: &str) -> Option<u64> {
        let node = self.node(key)?;
        match node.value {
            Value::Number(number)
                if number >= 0.0 && number.fract() == 0.0 && number <= 86_400.0 =>
            {
                Some(number as u64)
            }
            _ => {
                let why = format!("`{key}` takes whole seconds, at most 86400");
                self.error(Code::WrongKind, node.span.clone(), why);
                None
            }
        }
    }

    /// One text or a list of them.
    pub(super) fn texts(&mut self, key: &str) -> Option<Vec<Placed<'n>>> {
        let node = self.node(key)?;
        let Value::List(items) = &node.value else {
            return self.text(key, Some(node)).map(|it| vec![it]);
        };
        let mut texts = Vec::new();
        for item in items {
            match &item.value {
                Value::Text(text) => texts.push((text.as_str(), item.span.clone())),
                other => {
                    let why = match other {
                        Value::Null => format!(
                            "`{key}` takes texts, and this is nothing; one that begins with `!` stands in quotes"
                        ),
                        other => format!("`{key}` takes texts, and this is {}", other.kind()),
                    };
                    self.error(Code::WrongKind, item.span.clone(), why);
                }
            }
        }
        Some(texts)
    }
}

/// A hook that was read, with every remark about its sections and about itself as a whole.
pub(super) fn finished<'n>(
    mut hook: Hook,
    sections: impl IntoIterator<Item = Section<'n>>,
    lenient: bool,
) -> (Hook, Vec<Diagnostic>) {
    let mut wrong: Vec<Diagnostic> = sections.into_iter().flat_map(|it| it.wrong).collect();
    wrong.extend(lint::findings(&hook, lenient));
    hook.broken = wrong.iter().any(|it| it.severity == Severity::Error);
    (hook, wrong)
}
