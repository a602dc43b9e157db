//! What could stand where somebody writes: ids, events, facts, keys.

use std::ops::Range;
use std::path::Path;

use spec::{Spec, TaskList};

use super::{Language, Sort, keys, line_at, word_at};

/// Something that could stand there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Completion {
    /// The bytes that it replaces.
    pub span: Range<usize>,
    /// What stands there then.
    pub text: String,
    /// What it is, in a few words.
    pub about: String,
    /// `id`, `key` or `value`.
    pub kind: &'static str,
}

impl Language {
    /// What could stand at a byte of a document.
    pub fn completions(&mut self, file: &Path, at: usize) -> Vec<Completion> {
        let Some(text) = self.text(file) else {
            return Vec::new();
        };
        let at = text.floor_char_boundary(at.min(text.len()));
        match self.sort(file) {
            Sort::Hook => of_yaml(keys::File::Hook, &text, at),
            Sort::Config(which) => of_yaml(which, &text, at),
            Sort::Spec(place) | Sort::Plan(place) => ids(&self.spec_of(&place), &text, at),
            Sort::Tasks(place) => {
                let line = &text[line_at(&text, at)];
                let told = line.trim_start_matches([' ', '-', '*', '_']);
                let lower = told.to_lowercase();
                match lower.starts_with("depend") || lower.starts_with("after") {
                    true => tasks(&text, at),
                    false => ids(&self.spec_of(&place), &text, at),
                }
            }
            Sort::Other => Vec::new(),
        }
    }
}

/// What was written of the word so far.
fn begun(text: &str, at: usize, more: &[char]) -> Range<usize> {
    word_at(text, at, more).start..at
}

fn ids(spec: &Spec, text: &str, at: usize) -> Vec<Completion> {
    let span = begun(text, at, &['-', '.']);
    let written = text[span.clone()].to_lowercase();
    let line = &text[line_at(text, at)];
    let cites = line.to_lowercase().contains("requirement");
    // In prose only what begins like an id is completed.
    if written.is_empty() && !cites {
        return Vec::new();
    }
    let requirements = spec
        .requirements
        .iter()
        .map(|it| (it.id.to_string(), it.title.clone()));
    let criteria = spec
        .criteria()
        .map(|it| (it.id.to_string(), it.text.clone()));
    let all = requirements.chain(criteria);
    let fit = all.filter(|it| it.0.to_lowercase().starts_with(&written));
    let completion = |(id, about): (String, String)| Completion {
        span: span.clone(),
        text: id,
        about: about.split_whitespace().collect::<Vec<_>>().join(" "),
        kind: "id",
    };
    fit.map(completion).collect()
}

fn tasks(text: &str, at: usize) -> Vec<Completion> {
    let span = begun(text, at, &['-', '.']);
    let written = &text[span.clone()];
    let line = line_at(text, at);
    let list = TaskList::parse(text);
    let all = list.all().filter(|it| {
        // A task does not wait for itself.
        !it.span.contains(&line.start) && it.id.as_str().starts_with(written)
    });
    let completion = |it: &spec::Task| Completion {
        span: span.clone(),
        text: it.id.to_string(),
        about: it.title.clone(),
        kind: "id",
    };
    all.map(completion).collect()
}

fn of_yaml(which: keys::File, text: &str, at: usize) -> Vec<Completion> {
    let place = keys::place(text, at);
    let span = begun(text, at, &['_', '.', '-']);
    let written = &text[span.clone()];
    let in_braces = text[..span.start].ends_with('{');
    let (all, kind): (Vec<(String, String)>, _) = match place.in_value {
        true if in_braces => (keys::facts(), "value"),
        true => (which.values(&place.above, &place.key), "value"),
        false => {
            let key = |(key, about): (&str, &str)| (format!("{key}: "), about.to_owned());
            (which.below(&place.above).map(key).collect(), "key")
        }
    };
    let fit = all.into_iter().filter(|it| it.0.starts_with(written));
    let completion = |(text, about)| Completion {
        span: span.clone(),
        text,
        about,
        kind,
    };
    fit.map(completion).collect()
}
