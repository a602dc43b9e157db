//! Taking out what tasks brought in, and bringing it back: `kiro undo`, `kiro redo`, `kiro rewind`.
//!
//! A task's changes stand in the shadow repository as two trees, so taking them out is one more changeset: the same one
//! backwards. It lands as any other does: by policy, all or nothing, with the user's own edits kept. What was taken out
//! can be brought back, and history is only ever added to.

use change::Changeset;
use engine::{Fact, Landed, Landings, LeftFile, Run};
use host::files::ApplyError;
use host::shadow::Shadow;
use policy::{Gate, Permit, Verdict};
use spec::TaskMark;

use crate::documents;
use crate::error::{Kind, SessionError};
use crate::hooking::{WrittenFile, tell_of_writes};
use crate::journal::{Entry, Journal};
use crate::places::{Environment, Project, SpecPlace};
use crate::query::existing_journal;
use crate::run::{landing, now, tasks_file};
use crate::secrets;
use crate::shop::open_shadow;
use crate::stale;
use crate::view::{Front, View};

/// What is to be taken out or brought back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Undo {
    /// Take the last task out, or this one if no later work builds on it.
    Task(Option<String>),
    /// Bring back what was taken out last.
    Redo,
    /// Take out this task, or everything of this run, and all that landed after it.
    Back(String),
}

/// How.
#[derive(Clone, Debug)]
pub struct UndoOptions {
    /// What.
    pub what: Undo,
    /// The spec whose task is meant, where several have one of that name.
    pub spec: Option<String>,
    /// Only show it.
    pub dry_run: bool,
}

/// One task's changes that were taken out or brought back.
#[derive(Clone, Debug)]
pub struct Moved {
    /// The spec's path.
    pub spec: String,
    /// The run that the changes are of.
    pub run: String,
    /// The task.
    pub task: String,
    /// Its title.
    pub title: String,
    /// Files written or removed.
    pub files: Vec<String>,
    /// Files in which the user's own edits were kept.
    pub merged: Vec<String>,
    /// The diff, made safe to print.
    pub diff: String,
}

/// Takes out or brings back what `options` name; gives what was done, in its order.
///
/// # Errors
/// When there is no such thing, a run is going on, the rules deny it, or the user's edits stand in the way. What was done
/// before that stays, and is in the journal.
pub fn undo(
    options: &UndoOptions,
    environment: &Environment,
    front: &mut dyn Front,
) -> Result<Vec<Moved>, SessionError> {
    let project = Project::around(environment)?;
    let spec = options.spec.as_deref();
    let spec = spec
        .map(|it| SpecPlace::find(it, environment))
        .transpose()?;
    let journal = existing_journal(&project)?;
    let history = match &journal {
        Some(journal) => History::of(journal)?,
        None => History::default(),
    };
    history.refuse_while_running()?;
    let chosen = history.choose(&options.what, spec.as_ref().map(|it| it.path.as_str()))?;
    let Some(mut journal) = journal else {
        return Ok(Vec::new());
    };
    journal.redact_with(secrets::redactor(&project, environment)?);
    let mut work = Work {
        gate: documents::gate(&project, environment)?,
        shadow: open_shadow(environment, &project)?,
        journal,
        project: &project,
        environment,
        front,
    };
    let back = options.what == Undo::Redo;
    let moves = chosen
        .iter()
        .map(|it| work.one(it, &history, back, options.dry_run));
    moves.collect()
}

/// What the journal tells of a project.
#[derive(Default)]
struct History {
    landings: Landings,
    runs: Vec<(String, Run, bool)>,
}

impl History {
    fn of(journal: &Journal) -> Result<History, SessionError> {
        let mut runs = Vec::new();
        let mut entries: Vec<Entry> = Vec::new();
        for row in journal.runs().map_err(SessionError::internal)? {
            let facts = journal.facts(&row.id).map_err(SessionError::internal)?;
            let run = Run::from_facts(facts.iter().map(|it| &it.fact));
            runs.push((row.id, run, row.owner.is_alive()));
            entries.extend(facts);
        }
        entries.sort_by_key(|it| it.seq);
        let mut landings = Landings::default();
        entries
            .iter()
            .for_each(|it| landings.apply(&it.run, &it.fact));
        Ok(History { landings, runs })
    }

    fn run(&self, id: &str) -> Option<&Run> {
        self.runs.iter().find(|it| it.0 == id).map(|it| &it.1)
    }

    fn refuse_while_running(&self) -> Result<(), SessionError> {
        // What only listens, such as `kiro watch`, has no tasks and is not in the way.
        let at_work = |run: &Run| run.outcome.is_none() && !run.tasks().is_empty();
        match self
            .runs
            .iter()
            .find(|(_, run, alive)| *alive && at_work(run))
        {
            Some((id, ..)) => Err(SessionError::new(
                Kind::Refused,
                format!("run {id} is going on"),
            )
            .hint("stop it first, with Ctrl-C where it runs")),
            None => Ok(()),
        }
    }

    /// What is meant, in the order in which it is to be done.
    fn choose(&self, what: &Undo, spec: Option<&str>) -> Result<Vec<Landed>, SessionError> {
        let of_spec = |it: &&Landed| spec.is_none_or(|spec| it.spec == spec);
        let standing: Vec<&Landed> = self.landings.standing().iter().filter(of_spec).collect();
        let nothing = |what: &str| SessionError::input(format!("there is nothing to {what}"));
        match what {
            Undo::Redo => {
                let last = self.landings.taken_out().iter().rfind(of_spec);
                let last = last.ok_or_else(|| nothing("bring back"))?;
                Ok(vec![last.clone()])
            }
            Undo::Task(None) => {
                let last = standing.last().ok_or_else(|| nothing("take out"))?;
                Ok(vec![(*last).clone()])
            }
            Undo::Task(Some(task)) => {
                let at = self.only(&standing, |it| it.task == *task, task)?;
                self.refuse_when_built_on(standing[at])?;
                Ok(vec![standing[at].clone()])
            }
            Undo::Back(target) => {
                let first = match standing.iter().position(|it| it.run == *target) {
                    Some(first) => first,
                    None => self.only(&standing, |it| it.task == *target, target)?,
                };
                let later = standing[first..].iter().rev();
                Ok(later.map(|it| (*it).clone()).collect())
            }
        }
    }

    /// The last landing that is meant, when only one spec has such a task.
    fn only(
        &self,
        standing: &[&Landed],
        is_meant: impl Fn(&&Landed) -> bool,
        named: &str,
    ) -> Result<usize, SessionError> {
        let found = standing.iter().rposition(&is_meant);
        let at = found.ok_or_else(|| {
            let known: Vec<&str> = standing.iter().map(|it| it.task.as_str()).collect();
            let error = SessionError::input(format!("nothing of {named} stands in the project"));
            error.hint(match known.is_empty() {
                true => "no task has landed".to_owned(),
                false => format!("tasks that landed: {}", known.join(", ")),
            })
        })?;
        let other = standing
            .iter()
            .find(|it| is_meant(it) && it.spec != standing[at].spec);
        match other {
            Some(other) => Err(SessionError::input(format!(
                "{} and {} both have a task {named}",
                other.spec, standing[at].spec
            ))
            .hint("say which with --spec")),
            None => Ok(at),
        }
    }

    fn refuse_when_built_on(&self, landed: &Landed) -> Result<(), SessionError> {
        let standing = self.landings.standing();
        let Some(run) = self.run(&landed.run) else {
            return Ok(());
        };
        let needs = |it: &&engine::Progress| it.record.depends_on.contains(&landed.task);
        let stands = |it: &&engine::Progress| {
            let of_task = |other: &Landed| other.spec == landed.spec && other.task == it.record.id;
            standing.iter().any(of_task)
        };
        let built: Vec<&str> = run
            .tasks()
            .iter()
            .filter(needs)
            .filter(stands)
            .map(|it| it.record.id.as_str())
            .collect();
        if built.is_empty() {
            return Ok(());
        }
        let task = &landed.task;
        Err(SessionError::new(
            Kind::Refused,
            format!("task {} builds on task {task}", built.join(", ")),
        )
        .hint(format!("`kiro rewind {task}` takes them out together")))
    }
}

struct Work<'a> {
    gate: Gate,
    shadow: Shadow,
    journal: Journal,
    project: &'a Project,
    environment: &'a Environment,
    front: &'a mut dyn Front,
}

impl Work<'_> {
    fn one(
        &mut self,
        landed: &Landed,
        history: &History,
        back: bool,
        dry_run: bool,
    ) -> Result<Moved, SessionError> {
        let forth = self.changes(landed)?;
        let changes = if back { forth } else { forth.inverted() };
        let done = history
            .run(&landed.run)
            .and_then(|it| it.task(&landed.task));
        let mut moved = Moved {
            spec: landed.spec.clone(),
            run: landed.run.clone(),
            task: landed.task.clone(),
            title: done.map_or(String::new(), |it| it.record.title.clone()),
            files: changes.paths().map(ToString::to_string).collect(),
            merged: Vec::new(),
            diff: changes.display(),
        };
        if dry_run {
            return Ok(moved);
        }
        let permit = self.permit(&changes)?;
        // What stands in the way is told before anything is begun.
        host::files::preview(&self.project.root, &changes)
            .map_err(|error| in_the_way(landed, &error))?;
        self.record(landed, intent(landed, back))?;
        if !back {
            // Before its files go: whenever this process dies, no box is ticked whose work is not there.
            self.mark(landed, TaskMark::Open)?;
        }
        let landing = host::files::apply(permit, &self.project.root, &changes);
        let landing = landing.map_err(|error| in_the_way(landed, &error))?.landing;
        moved.merged = landing.merged.iter().map(ToString::to_string).collect();
        self.settle(landed, &moved, stale::left(&landing, &changes), back)?;
        let written: Vec<WrittenFile> = moved.files.iter().map(|it| (it.clone(), false)).collect();
        tell_of_writes(self.project, self.environment, &written, self.front)?;
        Ok(moved)
    }

    /// Records what was done, and puts the task's box right.
    fn settle(
        &mut self,
        landed: &Landed,
        moved: &Moved,
        left: Vec<LeftFile>,
        back: bool,
    ) -> Result<(), SessionError> {
        let (task, files, merged) = (
            landed.task.clone(),
            moved.files.clone(),
            moved.merged.clone(),
        );
        if !back {
            return self.record(
                landed,
                Fact::Undone {
                    task,
                    files,
                    merged,
                    left,
                },
            );
        }
        let covered = self.covered(landed)?;
        let applied = Fact::Applied {
            task: task.clone(),
            files,
            merged,
            left,
        };
        self.record(landed, applied)?;
        self.record(landed, Fact::TaskDone { task, covered })?;
        self.mark(landed, TaskMark::Done)?;
        let task = landed.task.clone();
        self.record(landed, Fact::Ticked { task })
    }

    fn changes(&self, landed: &Landed) -> Result<Changeset, SessionError> {
        landing::between(&self.shadow, &landed.base, &landed.tree)
    }

    /// Whoever asks to take something out has thereby approved what only needs an approval.
    fn permit(&self, changes: &Changeset) -> Result<Permit, SessionError> {
        let scope: Vec<_> = changes.paths().cloned().collect();
        match self.gate.judge_changes(changes, &[], &scope) {
            Verdict::Allow(permit) => Ok(permit),
            Verdict::Ask(ask) => Ok(ask.approved()),
            Verdict::Deny(reasons) => Err(documents::refused(&reasons)),
        }
    }

    /// The criteria that the task's evidence covered when it was done.
    fn covered(&self, landed: &Landed) -> Result<Vec<String>, SessionError> {
        let facts = self.journal.facts(&landed.run);
        let facts = facts.map_err(SessionError::internal)?;
        let covered = facts.into_iter().rev().find_map(|it| match it.fact {
            Fact::TaskDone { task, covered } if task == landed.task => Some(covered),
            _ => None,
        });
        Ok(covered.unwrap_or_default())
    }

    fn record(&mut self, landed: &Landed, fact: Fact) -> Result<(), SessionError> {
        let facts = [fact];
        self.journal
            .append(&landed.run, now(), &facts)
            .map_err(SessionError::internal)?;
        let [fact] = facts;
        self.front.show(&View::Recorded(fact));
        Ok(())
    }

    fn mark(&mut self, landed: &Landed, mark: TaskMark) -> Result<(), SessionError> {
        let file = self.project.root.join(&landed.spec);
        // What a chat or a hook changed has no box.
        if !file.exists() {
            return Ok(());
        }
        match SpecPlace::from_file(&file, self.environment) {
            Ok(place) => {
                let changed =
                    tasks_file::mark(&place, &self.gate, &mut self.journal, &landed.task, mark)?;
                let written = changed.then(|| (place.tasks(), false));
                let written: Vec<WrittenFile> = written.into_iter().collect();
                tell_of_writes(&place.project, self.environment, &written, self.front)
            }
            Err(error) => {
                self.front.show(&View::Warning(format!(
                    "the box of task {} stays as it is: {}",
                    landed.task, error.message
                )));
                Ok(())
            }
        }
    }
}

/// What is about to be done.
fn intent(landed: &Landed, back: bool) -> Fact {
    let (task, base, tree) = (
        landed.task.clone(),
        landed.base.clone(),
        landed.tree.clone(),
    );
    match back {
        true => Fact::ApplyIntended { task, base, tree },
        false => Fact::UndoIntended { task, base, tree },
    }
}

fn in_the_way(landed: &Landed, error: &ApplyError) -> SessionError {
    let said = SessionError::new(Kind::Refused, format!("task {}: {error}", landed.task));
    match error {
        ApplyError::Conflict { .. } => {
            said.hint("take your own edits of those places back first, or edit the file by hand")
        }
        _ => said,
    }
}
