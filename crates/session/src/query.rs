//! Questions about a project: its specs, tasks, runs and journal. Nothing here changes anything.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use engine::{Cost, DoneTask, Fact, Outcome, Progress, Run, TaskRecord, TaskState};
use spec::view::{SpecView, TaskListView, TaskView};
use spec::{Spec, Task, TaskList, TaskMark, Waits};

use crate::documents;
use crate::error::SessionError;
use crate::journal::{Entry, Journal, RunRow, Soundness};
use crate::places::{Environment, Project, SpecPlace};
use crate::planning;
use crate::specs;
use crate::stale::{Past, StaleTask, StaleWhy};

/// The tasks of a spec with their states.
#[derive(Clone, Debug)]
pub struct TasksView {
    /// The tasks file, relative to the project.
    pub path: String,
    /// Its tasks.
    pub list: TaskListView,
    /// Tasks whose tick is a person's own.
    pub ticked_by_person: BTreeSet<String>,
    /// Tasks that were done and are stale, each with why.
    pub stale: Vec<StaleTask>,
}

/// A spec with what became of it.
#[derive(Clone, Debug)]
pub struct SpecStatus {
    /// Its path, relative to the project.
    pub spec: String,
    /// Its title.
    pub title: String,
    /// Tasks by state.
    pub states: BTreeMap<String, usize>,
    /// Tasks that were done and are stale, each with why.
    pub stale: Vec<StaleTask>,
    /// Its last run.
    pub run: Option<RunStatus>,
}

/// A run as people see it.
#[derive(Clone, Debug)]
pub struct RunStatus {
    /// Its id.
    pub id: String,
    /// The spec's path.
    pub spec: String,
    /// When it began, in milliseconds since 1970.
    pub started_ms: i64,
    /// Whether its process lives and has not ended it.
    pub going_on: bool,
    /// How it ended, once it did.
    pub outcome: Option<Outcome>,
    /// Why.
    pub reason: String,
    /// What its model turns cost.
    pub cost: Cost,
    /// The model.
    pub model: String,
}

/// Reads a spec.
///
/// # Errors
/// When it cannot be read, or holds nothing.
pub fn spec(
    wanted: &str,
    environment: &Environment,
) -> Result<(SpecPlace, SpecView, Spec), SessionError> {
    let place = SpecPlace::find(wanted, environment)?;
    let written = documents::written(&place)?;
    documents::refuse_empty(&place, &written)?;
    let view = match written.documents.as_slice() {
        [(_, text, spec)] => SpecView::new(spec, text),
        several => SpecView::of_documents(&written.spec, several),
    };
    Ok((place, view, written.into_spec()))
}

/// The tasks of a spec with their states.
///
/// # Errors
/// When the spec or its tasks file cannot be read, or there is none yet.
pub fn tasks(wanted: &str, environment: &Environment) -> Result<TasksView, SessionError> {
    let place = SpecPlace::find(wanted, environment)?;
    tasks_of(&place, &Past::of(&place.project)?)
}

fn tasks_of(place: &SpecPlace, past: &Past) -> Result<TasksView, SessionError> {
    let spec = documents::written(place)?.spec;
    let path = place.tasks();
    let text = documents::read(&place.project, &path)?.ok_or_else(|| {
        SessionError::input(format!("{} has no tasks yet", place.path))
            .hint(format!("`kiro plan {}` writes {path}", place.name))
    })?;
    let list = TaskList::parse(&text);
    let known = Known::read(place, &spec, &list, past);
    let mut states = BTreeMap::new();
    for task in &list.tasks {
        known.states(task, &mut states);
    }
    let by_hand = |(id, state): (&String, &TaskState)| {
        let on_evidence = known
            .done
            .get(id)
            .is_some_and(|it| !it.reopened && !it.by_person);
        (*state == TaskState::Done && !on_evidence).then(|| id.clone())
    };
    let is_stale = |it: &&Task| states.get(it.id.as_str()) == Some(&TaskState::Stale);
    let stale = list.all().filter(is_stale).map(|it| StaleTask {
        id: it.id.to_string(),
        title: it.title.clone(),
        why: known.whys.get(it.id.as_str()).cloned().unwrap_or_default(),
    });
    let stale: Vec<StaleTask> = stale.collect();
    let name = |id: &spec::TaskId| {
        states
            .get(id.as_str())
            .map_or(String::new(), |it| it.name().to_owned())
    };
    Ok(TasksView {
        path,
        ticked_by_person: states.iter().filter_map(by_hand).collect(),
        stale,
        list: TaskListView::new(&list, &text, name),
    })
}

/// What the journal and the graph know about the tasks of one file.
struct Known {
    run: Option<(Run, bool)>,
    marks: BTreeMap<String, TaskMark>,
    /// The tasks that were done on evidence.
    done: BTreeMap<String, DoneTask>,
    /// Why those are stale that are.
    whys: BTreeMap<String, Vec<StaleWhy>>,
}

impl Known {
    fn read(place: &SpecPlace, spec: &Spec, list: &TaskList, past: &Past) -> Known {
        let waits = Waits::of(list);
        let records: Vec<TaskRecord> = planning::leaves(list)
            .map(|it| planning::record(spec, &waits, it))
            .collect();
        let marks = planning::leaves(list)
            .map(|it| (it.id.to_string(), it.mark))
            .collect();
        let own = place.path.as_str();
        let mut known = Known {
            run: None,
            marks,
            done: BTreeMap::new(),
            whys: BTreeMap::new(),
        };
        for record in &records {
            if let Some(done) = past.done(own, record) {
                known.done.insert(record.id.clone(), done.clone());
                known.whys.insert(record.id.clone(), past.whys(own, record));
            }
        }
        if let Some((row, facts)) = past.runs_of(own).next() {
            let mut run = Run::from_facts(facts.iter().map(|it| &it.fact));
            run.apply(&Fact::Planned { tasks: records });
            known.run = Some((run, row.owner.is_alive()));
        }
        known
    }

    /// Finds the state of a task and of all below it. A task with tasks below it has the state that its box says.
    fn states(&self, task: &Task, found: &mut BTreeMap<String, TaskState>) {
        for below in &task.subtasks {
            self.states(below, found);
        }
        let state = if task.subtasks.is_empty() {
            self.state(task)
        } else {
            self.boxed(task)
        };
        found.insert(task.id.to_string(), state);
    }

    /// What the box alone says.
    fn boxed(&self, task: &Task) -> TaskState {
        match task.mark {
            TaskMark::Done => TaskState::Done,
            TaskMark::Running => TaskState::Running,
            TaskMark::Queued => TaskState::Waiting,
            TaskMark::Open => self.waits(task),
        }
    }

    fn state(&self, task: &Task) -> TaskState {
        let id = task.id.to_string();
        let is_stale = self.whys.get(&id).is_some_and(|it| !it.is_empty());
        let reopened = self.done.get(&id).map(|it| it.reopened);
        if task.mark == TaskMark::Done {
            // A tick that a person put into a box that was opened is their word.
            return match is_stale && reopened == Some(false) {
                true => TaskState::Stale,
                false => TaskState::Done,
            };
        }
        let told = self.run.as_ref().and_then(|(run, alive)| {
            let progress: &Progress = run.task(&id)?;
            Some(run.state(progress, *alive && run.outcome.is_none()))
        });
        match told {
            Some(TaskState::Pending | TaskState::Ready | TaskState::Done) | None => {
                match (task.mark, reopened) {
                    (TaskMark::Open, Some(true)) if is_stale => TaskState::Stale,
                    _ => self.boxed(task),
                }
            }
            Some(state) => state,
        }
    }

    fn waits(&self, task: &Task) -> TaskState {
        let done = |id: &spec::TaskId| self.marks.get(id.as_str()) == Some(&TaskMark::Done);
        if task.depends_on.iter().all(done) {
            TaskState::Ready
        } else {
            TaskState::Pending
        }
    }
}

/// Every spec of the project around the current folder.
///
/// # Errors
/// When the journal or a spec cannot be read.
pub fn status(environment: &Environment) -> Result<Vec<SpecStatus>, SessionError> {
    let project = Project::around(environment)?;
    let mut pasts: BTreeMap<PathBuf, Past> = BTreeMap::new();
    let mut all = Vec::new();
    for place in specs::all(&project, environment)? {
        if place.is_archived() {
            continue;
        }
        let root = &place.project.root;
        if !pasts.contains_key(root) {
            pasts.insert(root.clone(), Past::of(&place.project)?);
        }
        if let Some(past) = pasts.get(root) {
            all.push(status_of(&project, &place, past));
        }
    }
    Ok(all)
}

fn status_of(project: &Project, place: &SpecPlace, past: &Past) -> SpecStatus {
    let title = documents::spec(place)
        .map(|(_, spec)| spec.title)
        .unwrap_or_default();
    let tasks = tasks_of(place, past).ok();
    let mut states = BTreeMap::new();
    if let Some(tasks) = &tasks {
        count_states(&tasks.list.tasks, &mut states);
    }
    let last = past.runs_of(place.path.as_str()).next();
    SpecStatus {
        run: last.map(|(row, facts)| status_of_run(row, facts)),
        spec: shown_in(project, place),
        title,
        states,
        stale: tasks.map(|it| it.stale).unwrap_or_default(),
    }
}

/// A spec's path as the project sees it: with the folder of the project inside it that it belongs to.
pub(crate) fn shown_in(project: &Project, place: &SpecPlace) -> String {
    let file = place.project.root.join(place.path.as_str());
    let inside = file.strip_prefix(&project.root).unwrap_or(&file);
    inside.display().to_string()
}

fn count_states(tasks: &[TaskView], states: &mut BTreeMap<String, usize>) {
    for task in tasks {
        if task.subtasks.is_empty() {
            *states.entry(task.state.clone()).or_default() += 1;
        }
        count_states(&task.subtasks, states);
    }
}

fn run_status(journal: &Journal, row: &RunRow) -> Result<RunStatus, SessionError> {
    let facts = journal.facts(&row.id).map_err(SessionError::internal)?;
    Ok(status_of_run(row, &facts))
}

fn status_of_run(row: &RunRow, facts: &[Entry]) -> RunStatus {
    let run = Run::from_facts(facts.iter().map(|it| &it.fact));
    let (outcome, reason) = run
        .outcome
        .clone()
        .map_or((None, String::new()), |(it, why)| (Some(it), why));
    RunStatus {
        id: row.id.clone(),
        spec: row.spec.clone(),
        started_ms: row.started_ms,
        going_on: outcome.is_none() && row.owner.is_alive(),
        outcome,
        reason,
        cost: run.cost(),
        model: run.model,
    }
}

/// The facts of one run, or of the last one, with its status. `wanted` is a run's id or a spec.
///
/// # Errors
/// When there is no such run, or the journal cannot be read.
pub fn log(
    wanted: Option<&str>,
    environment: &Environment,
) -> Result<(RunStatus, Vec<Entry>), SessionError> {
    let (journal, row) = chosen(wanted, environment)?;
    let facts = journal.facts(&row.id).map_err(SessionError::internal)?;
    Ok((run_status(&journal, &row)?, facts))
}

/// The journal and the run in it that `wanted` names.
fn chosen(
    wanted: Option<&str>,
    environment: &Environment,
) -> Result<(Journal, RunRow), SessionError> {
    let place = wanted.and_then(|it| SpecPlace::find(it, environment).ok());
    let project = match &place {
        Some(place) => place.project.clone(),
        None => Project::around(environment)?,
    };
    let none = || {
        SessionError::input(match wanted {
            Some(wanted) => format!("there is no run of {wanted}"),
            None => format!("there is no run in {}", project.root.display()),
        })
        .hint("`kiro run SPEC` makes one")
    };
    let journal = existing_journal(&project)?.ok_or_else(none)?;
    let runs = journal.runs().map_err(SessionError::internal)?;
    let mut runs = runs.into_iter();
    let row = match (&place, wanted) {
        (Some(place), _) => runs.find(|it| it.spec == place.path.as_str()),
        (None, Some(id)) => runs.find(|it| it.id == id),
        // What hooks did by themselves is shown by `kiro logs --hooks`.
        (None, None) => runs.find(|it| it.spec != crate::hooking::HOOKS),
    };
    Ok((journal, row.ok_or_else(none)?))
}

/// What policy said in one run, and whether the journal is as it was written.
#[derive(Clone, Debug)]
pub struct Audit {
    /// The run.
    pub run: RunStatus,
    /// Verdicts, answers, and what was done on them.
    pub entries: Vec<Entry>,
    /// Whether the whole journal is sound.
    pub soundness: Soundness,
}

/// What policy said in one run, or in the last one, and what was done on it.
///
/// # Errors
/// As [`log`].
pub fn policy_log(wanted: Option<&str>, environment: &Environment) -> Result<Audit, SessionError> {
    let (journal, row) = chosen(wanted, environment)?;
    let mut entries = journal.facts(&row.id).map_err(SessionError::internal)?;
    let of_policy = |it: &Entry| {
        matches!(
            it.fact,
            Fact::Ruled { .. }
                | Fact::Judged { .. }
                | Fact::Answered { .. }
                | Fact::Unanswered { .. }
                | Fact::ApplyIntended { .. }
                | Fact::Applied { .. }
                | Fact::ApplyFailed { .. }
                | Fact::UndoIntended { .. }
                | Fact::Undone { .. }
        )
    };
    entries.retain(of_policy);
    Ok(Audit {
        run: run_status(&journal, &row)?,
        entries,
        soundness: journal.soundness().map_err(SessionError::internal)?,
    })
}

/// The journal, when the project has one; a damaged one is an error here, since reading sets nothing aside.
pub(crate) fn existing_journal(project: &Project) -> Result<Option<Journal>, SessionError> {
    let path = project.state.join("journal.db");
    if !path.exists() {
        return Ok(None);
    }
    Journal::read(&path)
        .map(Some)
        .map_err(SessionError::internal)
}
