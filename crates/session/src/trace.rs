//! `kiro spec trace`: from requirements to tasks, files, checks and their last result, and back. From the journal and the tasks
//! file, never from guesses; what was applied is known by file, not by line.

use std::collections::BTreeMap;

use engine::{CheckPurpose, Fact, TaskRecord};
use spec::{Spec, TaskList, TaskMark};

use crate::documents;
use crate::error::SessionError;
use crate::places::{Environment, Project, SpecPlace};
use crate::query::{existing_journal, shown_in};
use crate::specs;

/// One requirement with what became of it.
#[derive(Clone, Debug)]
pub struct TraceRow {
    /// The spec's path, relative to the project.
    pub spec: String,
    /// The requirement's id.
    pub requirement: String,
    /// Its title.
    pub title: String,
    /// Its criteria: id, and whether recorded evidence covers it.
    pub criteria: Vec<(String, bool)>,
    /// The tasks that carry it out.
    pub tasks: Vec<TracedTask>,
}

/// One task with what it brought in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TracedTask {
    /// Its id.
    pub id: String,
    /// Its title.
    pub title: String,
    /// Whether it is ticked.
    pub done: bool,
    /// The run that brought its files in, where one did.
    pub run: Option<String>,
    /// The files that it brought in; of a task that was not carried out, none.
    pub files: Vec<String>,
    /// Its last check: the command, and how many passed and failed.
    pub check: Option<(String, u32, u32)>,
}

/// Traces requirements and files. `what` is a requirement, a criterion, or a file with or without a line; everything without it.
///
/// # Errors
/// When a spec or a journal cannot be read, or nothing is known of `what`.
pub fn trace(
    what: Option<&str>,
    wanted: Option<&str>,
    environment: &Environment,
) -> Result<Vec<TraceRow>, SessionError> {
    let project = Project::around(environment)?;
    let places = match wanted {
        Some(wanted) => vec![SpecPlace::find(wanted, environment)?],
        None => specs::all(&project, environment)?,
    };
    let mut rows = Vec::new();
    for place in places.iter().filter(|it| !it.is_archived()) {
        let spec = documents::written(place)?.spec;
        let known = Known::of(place)?;
        rows.extend(known.rows(&spec, &shown_in(&project, place)));
    }
    let Some(what) = what else {
        return Ok(rows);
    };
    let file = what
        .rsplit_once(':')
        .filter(|(_, line)| !line.is_empty() && line.bytes().all(|b| b.is_ascii_digit()))
        .map_or(what, |(file, _)| file)
        .trim_start_matches("./");
    let wanted = Spec::same_id(what);
    rows.retain_mut(|row| {
        if wanted(&row.requirement) {
            return true;
        }
        if row.criteria.iter().any(|(id, _)| wanted(id)) {
            row.criteria.retain(|(id, _)| wanted(id));
            return true;
        }
        row.tasks.retain(|it| it.files.iter().any(|it| it == file));
        !row.tasks.is_empty()
    });
    if rows.is_empty() {
        return Err(SessionError::input(format!("nothing is known of {what}"))
            .hint("name a requirement, a criterion, or a file that a run brought in; `kiro spec trace` shows all"));
    }
    Ok(rows)
}

/// What tasks file and journal know of a spec's tasks, by id.
struct Known {
    tasks: BTreeMap<String, (TracedTask, Vec<String>)>,
    order: Vec<String>,
    covered: Vec<String>,
}

impl Known {
    fn of(place: &SpecPlace) -> Result<Known, SessionError> {
        let mut known = Known {
            tasks: BTreeMap::new(),
            order: Vec::new(),
            covered: Vec::new(),
        };
        let text = documents::read(&place.project, &place.tasks())?.unwrap_or_default();
        let list = TaskList::parse(&text);
        for task in list.leaves() {
            let traced = TracedTask {
                id: task.id.to_string(),
                title: task.title.clone(),
                done: task.mark == TaskMark::Done,
                ..TracedTask::default()
            };
            known.order.push(traced.id.clone());
            known
                .tasks
                .insert(traced.id.clone(), (traced, task.requirements.clone()));
        }
        let Some(journal) = existing_journal(&place.project)? else {
            return Ok(known);
        };
        for row in journal.runs().map_err(SessionError::internal)?.iter().rev() {
            if row.spec == place.path.as_str() {
                let facts = journal.facts(&row.id).map_err(SessionError::internal)?;
                facts.iter().for_each(|it| known.learn(&row.id, &it.fact));
            }
        }
        Ok(known)
    }

    fn learn(&mut self, run: &str, fact: &Fact) {
        match fact {
            Fact::Planned { tasks } | Fact::Replanned { tasks } => {
                tasks.iter().for_each(|it| self.plan(it))
            }
            Fact::Applied { task, files, .. } => {
                if let Some((traced, _)) = self.tasks.get_mut(task) {
                    traced.run = Some(run.to_owned());
                    for file in files {
                        if !traced.files.contains(file) {
                            traced.files.push(file.clone());
                        }
                    }
                }
            }
            Fact::CheckRan {
                task: Some(task),
                purpose: CheckPurpose::After,
                argv,
                passed,
                failed,
                ..
            } => {
                if let Some((traced, _)) = self.tasks.get_mut(task) {
                    traced.check = Some((argv.join(" "), *passed, *failed));
                }
            }
            Fact::TaskDone { covered, .. } => self.covered.extend(covered.iter().cloned()),
            _ => {}
        }
    }

    /// A task that was carried out and is no longer in the list is not shown; one that is keeps its words of now.
    fn plan(&mut self, record: &TaskRecord) {
        if let Some((_, requirements)) = self.tasks.get_mut(&record.id)
            && requirements.is_empty()
        {
            requirements.clone_from(&record.requirements);
        }
    }

    fn rows(&self, spec: &Spec, path: &str) -> Vec<TraceRow> {
        let of = |requirement: &spec::Requirement| {
            let carries = |(_, names): &&(TracedTask, Vec<String>)| {
                names.iter().any(|it| requirement.is_named(it))
            };
            let tasks = self.order.iter().filter_map(|it| self.tasks.get(it));
            TraceRow {
                spec: path.to_owned(),
                requirement: requirement.id.to_string(),
                title: requirement.title.clone(),
                criteria: requirement
                    .criteria
                    .iter()
                    .map(|it| (it.id.to_string(), self.covered.contains(&it.id.to_string())))
                    .collect(),
                tasks: tasks
                    .filter(carries)
                    .map(|(task, _)| task.clone())
                    .collect(),
            }
        };
        spec.requirements.iter().map(of).collect()
    }
}
