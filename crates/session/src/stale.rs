//! What is stale of the tasks that were done, and why, in both directions: what they were made from changed, or the files that
//! they brought in are no longer as Kiro left them. From the journal and the disk; nothing is guessed.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use change::{Changeset, Digest, RelPath, visible};
use engine::{Above, DoneTask, Fact, LeftFile, TaskRecord, Trail};
use host::files::Landing;
use policy::Gate;
use spec::{Spec, TaskList, TaskMark, Waits};

use crate::documents;
use crate::error::SessionError;
use crate::hooking::HOOKS;
use crate::journal::{Entry, Journal, JournalError, RunRow};
use crate::places::{Project, SpecPlace};
use crate::planning;
use crate::query::existing_journal;
use crate::run::{now, tasks_file};
use crate::view::{Front, View};

/// Largest file that is compared with how it was left, in bytes.
const FILE_MAX: u64 = 64 << 20;

/// Why a task that was done is stale.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StaleWhy {
    /// The text of this requirement changed.
    RequirementChanged(String),
    /// This requirement is no longer in the spec.
    RequirementGone(String),
    /// The text of its requirements changed; a journal from before does not tell of which.
    SpecChanged,
    /// The task itself says something else.
    TaskChanged,
    /// This file, which it brought in, is no longer as Kiro left it.
    FileChanged(String),
    /// This file, which it brought in, is gone.
    FileGone(String),
    /// This file, which it took away, is there again.
    FileBack(String),
}

impl StaleWhy {
    /// Whether what changed is the code, not what it was made from.
    pub fn is_code(&self) -> bool {
        matches!(
            self,
            StaleWhy::FileChanged(_) | StaleWhy::FileGone(_) | StaleWhy::FileBack(_)
        )
    }

    /// Its name for machines.
    pub fn kind(&self) -> &'static str {
        match self {
            StaleWhy::RequirementChanged(_) => "requirement-changed",
            StaleWhy::RequirementGone(_) => "requirement-gone",
            StaleWhy::SpecChanged => "spec-changed",
            StaleWhy::TaskChanged => "task-changed",
            StaleWhy::FileChanged(_) => "file-changed",
            StaleWhy::FileGone(_) => "file-gone",
            StaleWhy::FileBack(_) => "file-back",
        }
    }

    /// The requirement or file that it is about.
    pub fn subject(&self) -> Option<&str> {
        match self {
            StaleWhy::SpecChanged | StaleWhy::TaskChanged => None,
            StaleWhy::RequirementChanged(it)
            | StaleWhy::RequirementGone(it)
            | StaleWhy::FileChanged(it)
            | StaleWhy::FileGone(it)
            | StaleWhy::FileBack(it) => Some(it),
        }
    }

    /// In words, as the rest of a sentence; made safe to print.
    pub fn told(&self) -> String {
        let it = self.subject().map(visible).unwrap_or_default();
        match self {
            StaleWhy::RequirementChanged(_) => format!("{it} changed since"),
            StaleWhy::RequirementGone(_) => format!("{it} is no longer in the spec"),
            StaleWhy::SpecChanged => "the text of its requirements changed since".to_owned(),
            StaleWhy::TaskChanged => "it says something else since".to_owned(),
            StaleWhy::FileChanged(_) => format!("{it} was changed since, not by Kiro"),
            StaleWhy::FileGone(_) => format!("{it} was removed since, not by Kiro"),
            StaleWhy::FileBack(_) => format!("{it} is there again, not by Kiro"),
        }
    }
}

/// A task that is stale.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StaleTask {
    /// Its id.
    pub id: String,
    /// Its title.
    pub title: String,
    /// Why.
    pub why: Vec<StaleWhy>,
}

/// Everything that the journal of a project holds, read once.
#[derive(Default)]
pub(crate) struct Past {
    /// Its runs, newest first, each with its facts; of the runs of hooks only what landed.
    pub(crate) runs: Vec<(RunRow, Vec<Entry>)>,
    trail: Trail,
    root: PathBuf,
    seen: RefCell<BTreeMap<String, Option<String>>>,
}

impl Past {
    /// The past of a project; empty when it has no journal.
    pub(crate) fn of(project: &Project) -> Result<Past, SessionError> {
        match existing_journal(project)? {
            Some(journal) => Past::read(project, &journal),
            None => Ok(Past::default()),
        }
    }

    /// What `journal` holds.
    fn read(project: &Project, journal: &Journal) -> Result<Past, SessionError> {
        // Of hooks, which may have been asked a hundred thousand times, only what they brought in matters.
        let facts = |row: &RunRow| match row.spec == HOOKS {
            true => journal.landings(&row.id),
            false => journal.facts(&row.id),
        };
        Past::read_by(project, journal, &facts)
    }

    /// Of what `journal` holds only what tells which tasks were done and how their files were left.
    pub(crate) fn trail(project: &Project, journal: &Journal) -> Result<Past, SessionError> {
        Past::read_by(project, journal, &|row| journal.trail(&row.id))
    }

    fn read_by(
        project: &Project,
        journal: &Journal,
        facts: &dyn Fn(&RunRow) -> Result<Vec<Entry>, JournalError>,
    ) -> Result<Past, SessionError> {
        let mut runs = Vec::new();
        for row in journal.runs().map_err(SessionError::internal)? {
            let facts = facts(&row).map_err(SessionError::internal)?;
            runs.push((row, facts));
        }
        let mut trail = Trail::default();
        let mut all: Vec<&Entry> = runs.iter().flat_map(|(_, facts)| facts).collect();
        all.sort_by_key(|it| it.seq);
        all.iter().for_each(|it| trail.apply(&it.run, &it.fact));
        Ok(Past {
            trail,
            runs,
            root: project.root.clone(),
            seen: RefCell::default(),
        })
    }

    /// The runs of a spec, newest first.
    pub(crate) fn runs_of(&self, spec: &str) -> impl Iterator<Item = &(RunRow, Vec<Entry>)> {
        self.runs.iter().filter(move |(row, _)| row.spec == spec)
    }

    /// The task that `record` is, if it was done on evidence.
    pub(crate) fn done(&self, spec: &str, record: &TaskRecord) -> Option<&DoneTask> {
        self.trail.done(spec, record)
    }

    /// Why a task is stale; nothing when it is not, or was never done.
    pub(crate) fn whys(&self, spec: &str, record: &TaskRecord) -> Vec<StaleWhy> {
        let Some(done) = self.done(spec, record) else {
            return Vec::new();
        };
        let above = done.above(record).into_iter().map(|it| match it {
            Above::Changed(id) => StaleWhy::RequirementChanged(id),
            Above::Gone(id) => StaleWhy::RequirementGone(id),
            Above::Some => StaleWhy::SpecChanged,
            Above::Task => StaleWhy::TaskChanged,
        });
        let below = self.trail.files(done).filter_map(|(path, left)| {
            let path = path.to_owned();
            match self.digest(&path) {
                None if left.is_empty() => None,
                None => Some(StaleWhy::FileGone(path)),
                Some(_) if left.is_empty() => Some(StaleWhy::FileBack(path)),
                Some(now) => (now != left).then_some(StaleWhy::FileChanged(path)),
            }
        });
        above.chain(below).collect()
    }

    /// The digest of a file as it stands; none when it is gone. What cannot be read is no longer what Kiro left.
    fn digest(&self, path: &str) -> Option<String> {
        let known = self.seen.borrow().get(path).cloned();
        known.unwrap_or_else(|| {
            let found = look(&self.root, path);
            let mut seen = self.seen.borrow_mut();
            seen.insert(path.to_owned(), found.clone());
            found
        })
    }
}

fn look(root: &Path, path: &str) -> Option<String> {
    let file = root.join(path);
    let is_link = file.symlink_metadata().ok()?.is_symlink();
    let bytes = match is_link {
        true => {
            let target = std::fs::read_link(&file).ok();
            target.map(|it| it.as_os_str().as_encoded_bytes().to_vec())
        }
        false => {
            let path = RelPath::parse(path).ok()?;
            host::files::read_in(root, &path, FILE_MAX).ok()
        }
    };
    Some(bytes.map_or_else(|| "?".to_owned(), |it| Digest::of(&it).to_string()))
}

/// How the files of a task that was done stand in a folder. One that is not there, and is in the project, is left out: the
/// folder does not show how it stands.
pub(crate) fn standing(done: &DoneTask, folder: &Path, project: &Project) -> Vec<LeftFile> {
    let files = done.files.iter().filter_map(|path| {
        let digest = match look(folder, path) {
            None if look(&project.root, path).is_some() => return None,
            found => found.unwrap_or_default(),
        };
        Some(LeftFile {
            path: path.clone(),
            digest,
        })
    });
    files.collect()
}

/// Records that a stale task is done as it is now, by a person's word; nothing when it is not stale.
pub(crate) fn vouched(
    place: &SpecPlace,
    journal: &mut Journal,
    task: &str,
) -> Result<(), SessionError> {
    let spec = documents::written(place)?.spec;
    let text = documents::read(&place.project, &place.tasks())?.unwrap_or_default();
    let list = TaskList::parse(&text);
    let past = Past::trail(&place.project, journal)?;
    let Some(found) = planning::leaves(&list).find(|it| it.id.as_str() == task) else {
        return Ok(());
    };
    let record = planning::record(&spec, &Waits::of(&list), found);
    let own = place.path.as_str();
    let Some(done) = past.done(own, &record).cloned() else {
        return Ok(());
    };
    if !done.reopened && past.whys(own, &record).is_empty() {
        return Ok(());
    }
    let confirmed = Fact::Confirmed {
        task: done.from.id.clone(),
        record,
        by_person: true,
        left: standing(&done, &place.project.root, &place.project),
    };
    journal
        .append(&done.run, now(), &[confirmed])
        .map_err(SessionError::internal)
}

/// The fact that a task's changes stand in the project, as they landed.
pub(crate) fn applied(task: String, landing: &Landing, wanted: &Changeset) -> Fact {
    Fact::Applied {
        task,
        files: landing.changes.paths().map(ToString::to_string).collect(),
        merged: landing.merged.iter().map(ToString::to_string).collect(),
        left: left(landing, wanted),
    }
}

/// How the files of a changeset stand once it landed: those that it wrote, and those that stood so already.
pub(crate) fn left(landing: &Landing, wanted: &Changeset) -> Vec<LeftFile> {
    let skipped = landing.skipped.iter().filter_map(|it| wanted.get(it));
    let files = landing.changes.files().iter().chain(skipped);
    let left = files.map(|it| LeftFile {
        path: it.path.to_string(),
        digest: match &it.after {
            Some(state) => Digest::of(&state.bytes).to_string(),
            None => String::new(),
        },
    });
    left.collect()
}

/// Opens the boxes of tasks that were done from words that changed since, so that they are worked on again. A tick that a
/// person put there after that is theirs and stays.
pub(crate) fn reopen(
    place: &SpecPlace,
    spec: &Spec,
    gate: &Gate,
    journal: &mut Journal,
    front: &mut dyn Front,
) -> Result<(), SessionError> {
    let Some(text) = documents::read(&place.project, &place.tasks())? else {
        return Ok(());
    };
    let past = Past::trail(&place.project, journal)?;
    let list = TaskList::parse(&text);
    let waits = Waits::of(&list);
    for task in planning::leaves(&list).filter(|it| it.mark == TaskMark::Done) {
        let record = planning::record(spec, &waits, task);
        let Some(done) = past.done(place.path.as_str(), &record) else {
            continue;
        };
        if done.reopened || done.above(&record).is_empty() {
            continue;
        }
        let why = past.whys(place.path.as_str(), &record);
        let told: Vec<String> = why.iter().map(StaleWhy::told).collect();
        open_again(place, gate, journal, &record.id, done)?;
        front.show(&View::Notice(format!(
            "task {} is to be worked on again: {}",
            record.id,
            told.join("; ")
        )));
    }
    Ok(())
}

/// Opens the box of a task that was done, and records that it was opened.
pub(crate) fn open_again(
    place: &SpecPlace,
    gate: &Gate,
    journal: &mut Journal,
    task: &str,
    done: &DoneTask,
) -> Result<(), SessionError> {
    tasks_file::mark(place, gate, journal, task, TaskMark::Open)?;
    let reopened = Fact::Reopened {
        task: done.from.id.clone(),
    };
    journal
        .append(&done.run, now(), &[reopened])
        .map_err(SessionError::internal)
}
