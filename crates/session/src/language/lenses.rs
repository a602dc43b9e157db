//! What stands above a line: what can be done there, and how it stands.

use std::path::Path;

use code::{Language as Source, symbols};
use spec::{TaskList, TaskMark};

use super::{Language, Sort};
use crate::places::SpecPlace;
use crate::query::shown_in;
use crate::trace::{TraceRow, trace};

/// Something that stands above a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lens {
    /// A byte of the line.
    pub at: usize,
    /// What it says.
    pub title: String,
    /// What it does.
    pub deed: Deed,
}

/// What a lens does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Deed {
    /// Makes the plan and the tasks of a spec.
    Plan {
        /// The spec's path.
        spec: String,
    },
    /// Carries a spec out, or one task of it.
    Run {
        /// The spec's path.
        spec: String,
        /// The task's id; all of them without.
        task: Option<String>,
    },
    /// Shows what is recorded of a task.
    Why {
        /// The spec's path.
        spec: String,
        /// The task's id.
        task: String,
    },
    /// Shows a requirement with its tasks, files and checks.
    Trace {
        /// The spec's path.
        spec: String,
        /// The requirement's id.
        requirement: String,
    },
}

impl Language {
    /// The lenses of a document, in the order of its lines.
    pub fn lenses(&mut self, file: &Path) -> Vec<Lens> {
        let Some(text) = self.text(file) else {
            return Vec::new();
        };
        match self.sort(file) {
            Sort::Spec(place) => self.of_spec(&place, file, &text),
            Sort::Tasks(place) => self.of_tasks(&place, &text),
            Sort::Other => self.of_code(file, &text),
            Sort::Plan(_) | Sort::Hook | Sort::Config(_) => Vec::new(),
        }
    }

    /// What the journal knows of a spec; nothing when it cannot be read.
    fn traced(&self, place: &SpecPlace) -> Vec<TraceRow> {
        trace(None, Some(&place.shown()), &self.environment).unwrap_or_default()
    }

    fn of_spec(&self, place: &SpecPlace, file: &Path, text: &str) -> Vec<Lens> {
        let spec = shown_in(&self.project, place);
        let mut lenses = Vec::new();
        let head = text.find("# ").unwrap_or(0);
        let is_main = place.project.root.join(place.path.as_str()) == file;
        if is_main {
            let planned = self.tasks_of(place).map(|it| TaskList::parse(&it.1));
            lenses.push(Lens {
                at: head,
                title: match &planned {
                    None => "Generate plan".to_owned(),
                    Some(_) => "Update plan".to_owned(),
                },
                deed: Deed::Plan { spec: spec.clone() },
            });
            if let Some(list) = planned {
                let all = list.leaves().count();
                let done = list.leaves().filter(|it| it.mark == TaskMark::Done).count();
                lenses.push(Lens {
                    at: head,
                    title: match done == all {
                        true => format!("{all} tasks done"),
                        false => format!("Implement plan · {done} of {all} tasks done"),
                    },
                    deed: Deed::Run {
                        spec: spec.clone(),
                        task: None,
                    },
                });
            }
        }
        let rows = self.traced(place);
        let documents = self.documents_of(place);
        let own = documents.iter().find(|it| it.file == file);
        for requirement in own.iter().flat_map(|it| &it.spec.requirements) {
            let id = requirement.id.to_string();
            let Some(row) = rows.iter().find(|it| it.requirement == id) else {
                continue;
            };
            lenses.push(Lens {
                at: requirement.span.start,
                title: standing(row),
                deed: Deed::Trace {
                    spec: spec.clone(),
                    requirement: id,
                },
            });
        }
        lenses
    }

    fn of_tasks(&self, place: &SpecPlace, text: &str) -> Vec<Lens> {
        let spec = shown_in(&self.project, place);
        let list = TaskList::parse(text);
        let rows = self.traced(place);
        let tasks = crate::query::tasks(&place.shown(), &self.environment);
        let states = tasks
            .map(|it| super::words::states(&it))
            .unwrap_or_default();
        let mut lenses = Vec::new();
        for task in list.leaves() {
            let id = task.id.to_string();
            let known = rows.iter().flat_map(|it| &it.tasks).find(|it| it.id == id);
            let check = known.and_then(|it| it.check.as_ref());
            let state = states.get(&id).map_or("", String::as_str);
            let title = match (task.mark, check) {
                (TaskMark::Done, Some((_, passed, failed))) => checks(*passed, *failed),
                (TaskMark::Done, None) => continue,
                _ if state == "failed" || state == "skipped" => format!("Start again · {state}"),
                _ if state == "waiting" => "Waits for your answer".to_owned(),
                _ if state == "running" => "Running".to_owned(),
                _ => "Start task".to_owned(),
            };
            let deed = match (task.mark, state) {
                (TaskMark::Done, _) | (_, "waiting" | "running") => Deed::Why {
                    spec: spec.clone(),
                    task: id,
                },
                _ => Deed::Run {
                    spec: spec.clone(),
                    task: Some(id),
                },
            };
            let at = task.span.start;
            lenses.push(Lens { at, title, deed });
        }
        lenses
    }

    /// Above each function the requirement that wants it.
    fn of_code(&mut self, file: &Path, text: &str) -> Vec<Lens> {
        let Some(source) = file.to_str().and_then(Source::from_path) else {
            return Vec::new();
        };
        let mut lenses = Vec::new();
        for place in self.places() {
            let Ok(path) = file.strip_prefix(&place.project.root) else {
                continue;
            };
            let path = path.to_string_lossy().into_owned();
            let spec = self.spec_of(&place);
            let wanted = spec
                .requirements
                .iter()
                .filter(|it| it.paths.contains(&path));
            let wanted: Vec<_> = wanted.filter(|it| !it.functions.is_empty()).collect();
            if wanted.is_empty() {
                continue;
            }
            let rows = self.traced(&place);
            for symbol in symbols(source, text) {
                let found = wanted.iter().find(|it| it.function(&symbol.name).is_some());
                let Some(requirement) = found else { continue };
                let id = requirement.id.to_string();
                let row = rows.iter().find(|it| it.requirement == id);
                let how = row.map_or(String::new(), |it| format!(" · {}", standing(it)));
                lenses.push(Lens {
                    at: symbol.span.start,
                    title: format!("{id}: {}{how}", requirement.title),
                    deed: Deed::Trace {
                        spec: shown_in(&self.project, &place),
                        requirement: id,
                    },
                });
            }
        }
        lenses
    }
}

/// How a requirement stands, by the last checks of its tasks.
pub(super) fn standing(row: &TraceRow) -> String {
    let checks_of = row.tasks.iter().filter_map(|it| it.check.as_ref());
    let (mut passed, mut failed, mut any) = (0, 0, false);
    for (_, one, other) in checks_of {
        any = true;
        passed += one;
        failed += other;
    }
    match any {
        true => checks(passed, failed),
        false => "no checks yet".to_owned(),
    }
}

fn checks(passed: u32, failed: u32) -> String {
    let all = passed + failed;
    let word = if all == 1 { "check" } else { "checks" };
    match failed {
        0 => format!("{all} {word} · green"),
        failed => format!("{all} {word} · {failed} red"),
    }
}
