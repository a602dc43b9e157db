//! What a word means, and where it leads: between requirements, tasks, checks and code.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::{Path, PathBuf};

use code::{Language as Source, symbols};
use spec::{Named, Spec, Task, TaskList};

use super::{Language, Sort, keys, lenses, line_at, word_at};
use crate::places::SpecPlace;
use crate::query::TasksView;
use crate::trace::trace;

/// What is said of a word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Meaning {
    /// The bytes of the word.
    pub span: Range<usize>,
    /// What it means, in Markdown.
    pub text: String,
}

/// A place in a document.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Spot {
    /// The document.
    pub file: PathBuf,
    /// The first byte.
    pub start: usize,
    /// The byte after the last.
    pub end: usize,
}

/// What may stand in ids, such as `FR-1.2` and `1.2`.
const OF_IDS: [char; 4] = ['-', '.', '#', '_'];
/// What may stand in paths besides.
const OF_PATHS: [char; 5] = ['-', '.', '/', '_', '@'];

impl Language {
    /// What the word at a byte of a document means.
    pub fn meaning(&mut self, file: &Path, at: usize) -> Option<Meaning> {
        let text = self.text(file)?;
        match self.sort(file) {
            Sort::Hook => of_key(keys::File::Hook, &text, at),
            Sort::Config(which) => of_key(which, &text, at),
            Sort::Tasks(place) => self
                .of_id(file, &text, at)
                .or_else(|| self.of_task(&place, &text, at)),
            Sort::Spec(_) | Sort::Plan(_) | Sort::Other => self.of_id(file, &text, at),
        }
    }

    /// The spec and the name that a word at a byte means in it.
    fn named(&mut self, file: &Path, text: &str, at: usize) -> Option<(SpecPlace, Range<usize>)> {
        let mut span = word_at(text, at, &OF_IDS);
        let word = text[span.clone()].trim_end_matches(OF_IDS);
        span.end = span.start + word.len();
        let has_digit = word.bytes().any(|it| it.is_ascii_digit());
        if !has_digit || word.len() > 40 {
            return None;
        }
        // In prose and code a number alone is a number.
        let is_plain = word.bytes().all(|it| it.is_ascii_digit() || it == b'.');
        let own = match self.sort(file) {
            Sort::Spec(place) | Sort::Tasks(place) | Sort::Plan(place) => Some(place),
            _ => None,
        };
        if is_plain && own.is_none() {
            return None;
        }
        let places = match own {
            Some(own) => vec![own],
            None => self.places(),
        };
        let mut places = places.into_iter();
        let found = places.find(|it| self.spec_of(it).named(word).is_some())?;
        Some((found, span))
    }

    fn of_id(&mut self, file: &Path, text: &str, at: usize) -> Option<Meaning> {
        let (place, span) = self.named(file, text, at)?;
        let spec = self.spec_of(&place);
        let told = match spec.named(&text[span.clone()])? {
            Named::Requirement(it) => {
                let id = it.id.to_string();
                let rows = trace(Some(&id), Some(&place.shown()), &self.environment);
                let mut told = format!("**{id}** {}\n", it.title);
                for criterion in &it.criteria {
                    let words: Vec<&str> = criterion.text.split_whitespace().collect();
                    told.push_str(&format!("\n- {} {}", criterion.id, words.join(" ")));
                }
                for row in rows.unwrap_or_default() {
                    told.push_str(&format!("\n\n{}", lenses::standing(&row)));
                    for task in &row.tasks {
                        let done = if task.done { "done" } else { "open" };
                        told.push_str(&format!("\n- task {} {} ({done})", task.id, task.title));
                    }
                }
                told
            }
            Named::Criterion(requirement, it) => {
                let words: Vec<&str> = it.text.split_whitespace().collect();
                format!(
                    "**{}** {}\n\nof {} {}; {}",
                    it.id,
                    words.join(" "),
                    requirement.id,
                    requirement.title,
                    it.why
                )
            }
        };
        Some(Meaning { span, text: told })
    }

    /// How a task stands, on its own line.
    fn of_task(&self, place: &SpecPlace, text: &str, at: usize) -> Option<Meaning> {
        let list = TaskList::parse(text);
        let line = line_at(text, at);
        let task = list.all().find(|it| line.contains(&it.span.start))?;
        let id = task.id.to_string();
        let view = crate::query::tasks(&place.shown(), &self.environment).ok();
        let states = view.map(|it| states(&it)).unwrap_or_default();
        let mut told = format!("**Task {id}** {}\n", task.title);
        if let Some(state) = states.get(&id) {
            told.push_str(&format!("\n- {state}"));
        }
        if !task.depends_on.is_empty() {
            let waits: Vec<String> = task.depends_on.iter().map(ToString::to_string).collect();
            told.push_str(&format!("\n- after {}", waits.join(", ")));
        }
        let spec = self.spec_of(place);
        for name in &task.requirements {
            let title = match spec.named(name) {
                Some(Named::Requirement(it)) => it.title.clone(),
                Some(Named::Criterion(_, it)) => it.text.clone(),
                None => "not in the spec".to_owned(),
            };
            told.push_str(&format!("\n- {name} {title}"));
        }
        Some(Meaning {
            span: line,
            text: told,
        })
    }

    /// Where the word at a byte of a document leads.
    pub fn leads(&mut self, file: &Path, at: usize) -> Vec<Spot> {
        let Some(text) = self.text(file) else {
            return Vec::new();
        };
        let mut spots = match self.named(file, &text, at) {
            Some((place, span)) => self.of_name(&place, &text[span.clone()], (file, span)),
            None => Vec::new(),
        };
        if spots.is_empty() {
            spots = self.of_path(&text, at);
        }
        if spots.is_empty() {
            spots = self.of_function(file, &text, at);
        }
        if spots.is_empty() {
            spots = self.of_check(file);
        }
        spots.sort();
        spots.dedup();
        spots
    }

    /// Where a requirement or criterion is written; from there, the tasks that serve it.
    fn of_name(&self, place: &SpecPlace, name: &str, from: (&Path, Range<usize>)) -> Vec<Spot> {
        let mut spots = Vec::new();
        for document in self.documents_of(place) {
            let span = match document.spec.named(name) {
                Some(Named::Requirement(it)) => it.span.start,
                Some(Named::Criterion(_, it)) => it.span.start,
                None => continue,
            };
            let line = line_at(&document.text, span);
            if document.file == from.0 && line.contains(&from.1.start) {
                return self.serving(place, name);
            }
            spots.push(Spot {
                file: document.file,
                start: line.start,
                end: line.end,
            });
        }
        spots
    }

    /// The tasks that serve what is named, or a part of it.
    fn serving(&self, place: &SpecPlace, name: &str) -> Vec<Spot> {
        let Some((file, text)) = self.tasks_of(place) else {
            return Vec::new();
        };
        let list = TaskList::parse(&text);
        let spec = self.spec_of(place);
        let serves = |task: &&Task| task.requirements.iter().any(|it| is_of(&spec, it, name));
        let spot = |task: &Task| {
            let line = line_at(&text, task.span.start);
            Spot {
                file: file.clone(),
                start: line.start,
                end: line.end,
            }
        };
        list.all().filter(serves).map(spot).collect()
    }

    /// The file that a path in a document names.
    fn of_path(&self, text: &str, at: usize) -> Vec<Spot> {
        let span = word_at(text, at, &OF_PATHS);
        let path = text[span].trim_end_matches('.');
        let file = self.project.root.join(path);
        let names_one = path.contains(['/', '.']) && !path.starts_with('/') && !path.contains("..");
        match names_one && file.is_file() {
            true => vec![Spot {
                file,
                start: 0,
                end: 0,
            }],
            false => Vec::new(),
        }
    }

    /// The definition of a function that a spec names.
    fn of_function(&mut self, file: &Path, text: &str, at: usize) -> Vec<Spot> {
        let (Sort::Spec(place) | Sort::Tasks(place) | Sort::Plan(place)) = self.sort(file) else {
            return Vec::new();
        };
        let name = &text[word_at(text, at, &['_'])];
        let spec = self.spec_of(&place);
        let wanted = spec
            .requirements
            .iter()
            .filter(|it| it.function(name).is_some());
        let paths: Vec<&String> = wanted.flat_map(|it| &it.paths).collect();
        let mut spots = Vec::new();
        for path in paths {
            let file = place.project.root.join(path);
            let (Some(source), Some(code)) = (Source::from_path(path), self.text(&file)) else {
                continue;
            };
            let found = symbols(source, &code)
                .into_iter()
                .find(|it| it.name == name);
            spots.extend(found.map(|it| Spot {
                file,
                start: it.span.start,
                end: line_at(&code, it.span.start).end,
            }));
        }
        spots
    }

    /// The requirements that a file was written for, such as one of checks.
    fn of_check(&self, file: &Path) -> Vec<Spot> {
        let Some(path) = file
            .strip_prefix(&self.project.root)
            .ok()
            .and_then(Path::to_str)
        else {
            return Vec::new();
        };
        if !code::is_test_path(path) {
            return Vec::new();
        }
        let rows = trace(Some(path), None, &self.environment).unwrap_or_default();
        let mut spots = Vec::new();
        for row in rows {
            let file = self.project.root.join(&row.spec);
            let Some(text) = self.text(&file) else {
                continue;
            };
            let spec = Spec::parse("", &text);
            if let Some(Named::Requirement(it)) = spec.named(&row.requirement) {
                let line = line_at(&text, it.span.start);
                spots.push(Spot {
                    file,
                    start: line.start,
                    end: line.end,
                });
            }
        }
        spots
    }
}

/// Whether what a task cites is what is named, or a part of it, or the whole that it is a part of.
fn is_of(spec: &Spec, cited: &str, name: &str) -> bool {
    let whole = |name: &str| spec.named(name).map(|it| it.requirement().id.clone());
    match (spec.named(name), whole(cited)) {
        (Some(Named::Requirement(it)), Some(of)) => it.id == of,
        (Some(Named::Criterion(of, _)), Some(cited_of)) => {
            Spec::same_id(name)(cited)
                || (cited_of == of.id && Spec::same_id(of.id.as_str())(cited))
        }
        _ => false,
    }
}

/// What a key or a word of a YAML file means.
fn of_key(which: keys::File, text: &str, at: usize) -> Option<Meaning> {
    let place = keys::place(text, at);
    let span = word_at(text, at, &['_', '.', '-']);
    let word = &text[span.clone()];
    let told = match place.in_value {
        false => which.meaning(&place.above, &place.key)?.to_owned(),
        true => {
            let values = which.values(&place.above, &place.key);
            let known = values.into_iter().chain(keys::facts());
            known.into_iter().find(|it| it.0 == word)?.1
        }
    };
    (!told.is_empty()).then(|| Meaning {
        text: format!("`{word}`: {told}"),
        span,
    })
}

/// The states of tasks by their ids.
pub(super) fn states(view: &TasksView) -> BTreeMap<String, String> {
    fn collect(tasks: &[spec::view::TaskView], all: &mut BTreeMap<String, String>) {
        for task in tasks {
            all.insert(task.id.clone(), task.state.clone());
            collect(&task.subtasks, all);
        }
    }
    let mut all = BTreeMap::new();
    collect(&view.list.tasks, &mut all);
    all
}
