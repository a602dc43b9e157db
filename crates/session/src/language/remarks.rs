//! What is wrong with a document, and what would mend it.

use std::ops::Range;
use std::path::Path;

use hooks::HookFile;
use policy::{Rules, RulesError};
use spec::{TaskList, lint_spec, lint_tasks};

use super::{Language, Sort, keys, line_at};
use crate::hooking::remarks_of;
use crate::models;

/// A remark on a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remark {
    /// The bytes of the text that it is about.
    pub span: Range<usize>,
    /// `error`, `warning` or `note`.
    pub severity: &'static str,
    /// What sort of remark it is.
    pub code: String,
    /// What is wrong, and what to do.
    pub message: String,
    /// What would mend it.
    pub fix: Option<TextFix>,
}

/// A change of one range of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TextFix {
    /// What it does, in a few words.
    pub title: String,
    /// The bytes that are replaced.
    pub span: Range<usize>,
    /// What stands there then.
    pub text: String,
}

impl Language {
    /// Everything that is to be said about a document; nothing when it is none of Kiro's.
    pub fn remarks(&mut self, file: &Path) -> Vec<Remark> {
        let Some(text) = self.text(file) else {
            return Vec::new();
        };
        match self.sort(file) {
            Sort::Spec(place) => {
                let documents = self.documents_of(&place);
                let several = documents.len() > 1;
                let own = documents.iter().find(|it| it.file == file);
                // Of several documents those without requirements are prose.
                match own.filter(|it| !several || !it.spec.requirements.is_empty()) {
                    Some(own) => lint_spec(&own.spec, &own.text)
                        .iter()
                        .map(of_spec)
                        .collect(),
                    None => Vec::new(),
                }
            }
            Sort::Tasks(place) => {
                let spec = self.spec_of(&place);
                let list = TaskList::parse(&text);
                lint_tasks(&list, &text, Some(&spec))
                    .iter()
                    .map(of_spec)
                    .collect()
            }
            Sort::Hook => self.of_hook(file, &text),
            Sort::Config(which) => of_config(which, &text),
            Sort::Plan(_) | Sort::Other => Vec::new(),
        }
    }

    fn of_hook(&self, file: &Path, text: &str) -> Vec<Remark> {
        let path = file.strip_prefix(&self.project.root).unwrap_or(file);
        let path = path.to_string_lossy();
        let read = HookFile::read(&path, text);
        let found = remarks_of(&self.project, &self.environment, &read, text);
        let remark = |it: hooks::Diagnostic| Remark {
            fix: meant(text, &it.span, &it.message),
            span: it.span,
            severity: it.severity.name(),
            code: it.code.as_str().to_owned(),
            message: it.message,
        };
        found.into_iter().map(remark).collect()
    }
}

fn of_spec(it: &spec::Diagnostic) -> Remark {
    let fix = it.fix.as_ref().map(|fix| TextFix {
        title: match fix.text.trim() {
            "" => "Remove it".to_owned(),
            text => format!("Write «{}»", text.lines().next().unwrap_or_default()),
        },
        span: fix.span.clone(),
        text: fix.text.clone(),
    });
    Remark {
        span: it.span.clone(),
        severity: it.code.severity().as_str(),
        code: it.code.as_str().to_owned(),
        message: format!("{}\n{}", it.message, it.code.why()),
        fix,
    }
}

fn of_config(which: keys::File, text: &str) -> Vec<Remark> {
    let read = match which {
        keys::File::Governance => Rules::parse(None, Some(text)).map(drop),
        keys::File::Permissions => Rules::parse(None, None)
            .and_then(|mut rules| rules.add_permissions(crate::trust::PERMISSIONS, text)),
        _ => Rules::parse(Some(text), None).map(drop),
    };
    let mut found: Vec<Remark> = read.err().iter().map(|it| of_rules(it, text)).collect();
    if which == keys::File::Config && found.is_empty() {
        found.extend(models::trouble(text).map(|message| Remark {
            span: key_named(text, &message),
            severity: "error",
            code: "model".to_owned(),
            message,
            fix: None,
        }));
    }
    found
}

fn of_rules(error: &RulesError, text: &str) -> Remark {
    let start: usize = text
        .split_inclusive('\n')
        .take(error.line.saturating_sub(1))
        .map(str::len)
        .sum();
    let line = line_at(text, start);
    let before = text[line.clone()]
        .chars()
        .take(error.column.saturating_sub(1));
    let from = line.start + before.map(char::len_utf8).sum::<usize>();
    let word = text[from..line.end].find([':', ' ', ',']);
    let to = word.map_or(line.end, |it| from + it);
    let span = from..to.max(from);
    Remark {
        fix: meant(text, &span, &error.message),
        span,
        severity: "error",
        code: "rule".to_owned(),
        message: error.message.clone(),
    }
}

/// The line of the first key that a message speaks of; the first line when there is none.
fn key_named(text: &str, message: &str) -> Range<usize> {
    let of_key = |key: &str| {
        let starts = |it: &(usize, &str)| it.1.trim_start().starts_with(key);
        let mut lines = text.split_inclusive('\n').scan(0, |at, line| {
            let start = *at;
            *at += line.len();
            Some((start, line))
        });
        lines.find(starts).map(|it| it.0)
    };
    let keys = ["model", "budget", "providers"];
    let named = keys.iter().filter(|it| message.contains(**it));
    let at = named.filter_map(|it| of_key(it)).next();
    line_at(text, at.unwrap_or(0))
}

/// What a misspelt word was probably meant to be, as a fix.
fn meant(text: &str, span: &Range<usize>, message: &str) -> Option<TextFix> {
    let (word, meant) = change::meant(message)?;
    let from = text.floor_char_boundary(span.start.min(text.len()));
    let at = from + text[from..].find(word)?;
    Some(TextFix {
        title: format!("Write «{meant}»"),
        span: at..at + word.len(),
        text: meant.to_owned(),
    })
}
