//! `kiro spec trace`: from requirements to tasks, commits, lines, checks and their last result, and back. From the journal, the
//! tasks file and the trailers of commits, never from guesses.

mod commits;
mod lines;
mod names;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use engine::{CheckPurpose, Fact, TaskRecord};
use spec::{Spec, TaskList, TaskMark};

use self::commits::Commits;
pub(crate) use self::commits::{REQUIREMENTS, RUN, SPEC, TASK};
use self::lines::Writers;
pub use self::lines::{LineSource, TracedLine};
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
    /// Of these files those that stand under another name now, which is the key; told by [`trace_whole`] alone.
    pub renamed: BTreeMap<String, String>,
    /// The lines of these files that it wrote and that still stand, as first and last line from 1; told by [`trace_whole`] alone.
    pub lines: BTreeMap<String, Vec<(usize, usize)>>,
    /// Its commits that the history holds; told by [`trace_whole`] alone.
    pub commits: Vec<String>,
    /// Its last check: the command, and how many passed and failed.
    pub check: Option<(String, u32, u32)>,
    /// When that ran, in milliseconds since 1970.
    pub checked_ms: Option<i64>,
}

/// Everything that is known of what was asked for.
#[derive(Clone, Debug, Default)]
pub struct Traced {
    /// The requirements, each with what became of it.
    pub rows: Vec<TraceRow>,
    /// Who wrote the line, where one was asked for.
    pub line: Option<TracedLine>,
}

/// What was asked for.
struct Asked<'a> {
    what: &'a str,
    file: PathBuf,
    line: Option<usize>,
}

impl<'a> Asked<'a> {
    fn of(what: &'a str, environment: &Environment, project: &Project) -> Asked<'a> {
        let parted = what
            .rsplit_once(':')
            .and_then(|(file, line)| Some((file, line.parse::<usize>().ok()?)));
        let (file, line) = parted.map_or((what, None), |(file, line)| (file, Some(line)));
        let here = environment.cwd.join(file);
        let file = match here.canonicalize() {
            Ok(found) => found,
            Err(_) => project.root.join(file.trim_start_matches("./")),
        };
        Asked { what, file, line }
    }

    /// Keeps of a spec's rows what was asked for.
    fn narrow(&self, rows: &mut Vec<TraceRow>, project: &Project) {
        let wanted = Spec::same_id(self.what);
        rows.retain_mut(|row| {
            if wanted(&row.requirement) {
                return true;
            }
            if row.criteria.iter().any(|(id, _)| wanted(id)) {
                row.criteria.retain(|(id, _)| wanted(id));
                return true;
            }
            row.tasks
                .retain(|it| it.files.iter().any(|it| project.root.join(it) == self.file));
            !row.tasks.is_empty()
        });
    }
}

/// Traces requirements and files. `what` is a requirement, a criterion, or a file with or without a line, which then counts as
/// the file; everything without it.
///
/// # Errors
/// When a spec or a journal cannot be read, or nothing is known of `what`.
pub fn trace(
    what: Option<&str>,
    wanted: Option<&str>,
    environment: &Environment,
) -> Result<Vec<TraceRow>, SessionError> {
    let project = Project::around(environment)?;
    let asked = what.map(|it| Asked::of(it, environment, &project));
    let mut rows = Vec::new();
    for place in places(wanted, &project, environment)? {
        let mut own = rows_of(&place, &project)?;
        if let Some(asked) = &asked {
            asked.narrow(&mut own, &place.project);
        }
        rows.extend(own);
    }
    match what {
        Some(what) if rows.is_empty() => Err(unknown(what)),
        _ => Ok(rows),
    }
}

/// As [`trace`], with lines and commits; a file with a line is answered by who wrote that line.
///
/// # Errors
/// As [`trace`]; and when the file or the line does not exist.
pub fn trace_whole(
    what: Option<&str>,
    wanted: Option<&str>,
    environment: &Environment,
) -> Result<Traced, SessionError> {
    let project = Project::around(environment)?;
    let asked = what.map(|it| Asked::of(it, environment, &project));
    let places = places(wanted, &project, environment)?;
    let mut traced = Traced::default();
    let mut known: BTreeMap<PathBuf, (Writers, Commits)> = BTreeMap::new();
    if let Some(asked) = &asked
        && let Some(line) = asked.line
    {
        let owner = owner(&asked.file, &places, &project);
        let commits = Commits::of(&owner, environment)?;
        let writers = Writers::of(&owner, environment)?;
        traced.line = Some(writers.line(&asked.file, line, &commits, environment)?);
        known.insert(owner.root, (writers, commits));
    }
    for place in &places {
        let root = &place.project.root;
        if !known.contains_key(root) {
            let writers = Writers::of(&place.project, environment)?;
            let commits = Commits::of(&place.project, environment)?;
            known.insert(root.clone(), (writers, commits));
        }
        let Some((writers, commits)) = known.get(root) else {
            continue;
        };
        let mut own = rows_of(place, &project)?;
        let tasks = own.iter_mut().flat_map(|it| &mut it.tasks);
        tasks.for_each(|it| {
            commits.tell(it, place.path.as_str());
            writers.rename(it);
        });
        if let Some(asked) = &asked {
            asked.narrow(&mut own, &place.project);
        }
        if let Some(line) = &traced.line {
            own.iter_mut().for_each(|row| {
                row.tasks
                    .retain(|it| line.is_of(place.path.as_str(), &it.id));
            });
            own.retain(|it| !it.tasks.is_empty());
        }
        let tasks = own.iter_mut().flat_map(|it| &mut it.tasks);
        tasks.for_each(|it| writers.tell(it, place.path.as_str()));
        traced.rows.extend(own);
    }
    match what {
        Some(what) if traced.rows.is_empty() && traced.line.is_none() => Err(unknown(what)),
        _ => Ok(traced),
    }
}

fn unknown(what: &str) -> SessionError {
    SessionError::input(format!("nothing is known of {what}")).hint(
        "name a requirement, a criterion, or a file that a run brought in; `kiro spec trace` shows all",
    )
}

fn places(
    wanted: Option<&str>,
    project: &Project,
    environment: &Environment,
) -> Result<Vec<SpecPlace>, SessionError> {
    let mut places = match wanted {
        Some(wanted) => vec![SpecPlace::find(wanted, environment)?],
        None => specs::all(project, environment)?,
    };
    places.retain(|it| !it.is_archived());
    Ok(places)
}

/// The project that a file belongs to: the innermost one that has specs.
fn owner(file: &std::path::Path, places: &[SpecPlace], around: &Project) -> Project {
    let holds = places.iter().map(|it| &it.project);
    let holds = holds.filter(|it| file.starts_with(&it.root));
    let innermost = holds.max_by_key(|it| it.root.components().count());
    innermost.unwrap_or(around).clone()
}

fn rows_of(place: &SpecPlace, around: &Project) -> Result<Vec<TraceRow>, SessionError> {
    let spec = documents::written(place)?.spec;
    Ok(Known::of(place)?.rows(&spec, &shown_in(around, place)))
}

/// What tasks file and journal know of a spec's tasks, by id.
struct Known {
    tasks: BTreeMap<String, (TracedTask, Vec<String>)>,
    order: Vec<String>,
    covered: BTreeSet<String>,
}

impl Known {
    fn of(place: &SpecPlace) -> Result<Known, SessionError> {
        let mut known = Known {
            tasks: BTreeMap::new(),
            order: Vec::new(),
            covered: BTreeSet::new(),
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
                for it in &facts {
                    known.learn(&row.id, it.at_ms, &it.fact);
                }
            }
        }
        Ok(known)
    }

    fn learn(&mut self, run: &str, at_ms: i64, fact: &Fact) {
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
                purpose: CheckPurpose::After | CheckPurpose::Again,
                argv,
                passed,
                failed,
                ..
            } => {
                if let Some((traced, _)) = self.tasks.get_mut(task) {
                    traced.check = Some((argv.join(" "), *passed, *failed));
                    traced.checked_ms = Some(at_ms);
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
                    .map(|it| (it.id.to_string(), self.covered.contains(it.id.as_str())))
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
