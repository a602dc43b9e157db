//! `kiro spec diff`: what changed between two versions of a spec, and what depends on it.

use change::RelPath;
use engine::DoneTask;
use spec::{RequirementChange, Spec, Task, TaskList, TaskMark, Waits, compare, touched};

use crate::documents::{self, DOCUMENT_MAX};
use crate::error::SessionError;
use crate::hooking::git_program;
use crate::places::{Environment, SpecPlace};
use crate::planning;
use crate::run::own_tests;
use crate::stale::Past;

/// Two versions of a spec, compared.
#[derive(Clone, Debug)]
pub struct SpecDiff {
    /// The old version's name: a revision or a file.
    pub old: String,
    /// The new one's.
    pub new: String,
    /// What changed.
    pub changes: Vec<RequirementChange>,
    /// The tasks that depend on it.
    pub tasks: Vec<TouchedTask>,
}

/// A task that depends on a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TouchedTask {
    /// Its id.
    pub id: String,
    /// Its title.
    pub title: String,
    /// Whether its box is ticked.
    pub done: bool,
    /// The files that it writes, and those that it brought in.
    pub files: Vec<String>,
    /// Those of them that are tests.
    pub tests: Vec<String>,
}

/// Compares two versions of a spec. `range` is `OLD..NEW`, `OLD..` or `OLD`, each a git revision or a file; without it the last
/// commit is compared with what stands on the disk.
///
/// # Errors
/// When a version cannot be read.
pub fn spec_diff(
    wanted: &str,
    range: Option<&str>,
    environment: &Environment,
) -> Result<SpecDiff, SessionError> {
    let place = SpecPlace::find(wanted, environment)?;
    let range = range.unwrap_or("HEAD..");
    let (old, new) = range.split_once("..").unwrap_or((range, ""));
    let old = if old.is_empty() { "HEAD" } else { old };
    let before = version(&place, old, environment)?;
    let after = match new {
        "" => documents::written(&place)?.into_spec(),
        _ => version(&place, new, environment)?,
    };
    let changes = compare(&before, &after);
    let list = documents::read(&place.project, &place.tasks())?;
    let list = TaskList::parse(&list.unwrap_or_default());
    let tasks = touched(&changes, &before, &after, &list);
    let waits = Waits::of(&list);
    let past = Past::of(&place.project)?;
    let touched = tasks.iter().filter_map(|it| list.task(it)).map(|it| {
        let record = planning::record(&after, &waits, it);
        let done = past.done(place.path.as_str(), &record);
        touched_task(it, done)
    });
    Ok(SpecDiff {
        old: old.to_owned(),
        new: if new.is_empty() { "the disk" } else { new }.to_owned(),
        tasks: touched.collect(),
        changes,
    })
}

fn touched_task(task: &Task, done: Option<&DoneTask>) -> TouchedTask {
    let mut files = task.files.clone();
    for it in done.iter().flat_map(|it| &it.files) {
        if !files.contains(it) {
            files.push(it.clone());
        }
    }
    let is_test = |it: &&String| RelPath::parse(it).is_ok_and(|it| own_tests::is_test(&it));
    TouchedTask {
        id: task.id.to_string(),
        title: task.title.clone(),
        done: task.mark == TaskMark::Done,
        tests: files.iter().filter(is_test).cloned().collect(),
        files,
    }
}

/// A spec as it stood in a revision, or in another file. A document that was not there yet is empty.
fn version(place: &SpecPlace, name: &str, environment: &Environment) -> Result<Spec, SessionError> {
    let file = environment.cwd.join(name);
    if file.is_file() {
        let bytes = host::files::read(&file, DOCUMENT_MAX).map_err(SessionError::input)?;
        return Ok(Spec::parse(&place.name, &documents::text(name, bytes)?));
    }
    let git = git_program(&place.project, environment)?;
    let mut specs = Vec::new();
    let mut any = false;
    for path in &place.layout.documents {
        let bytes = host::process::git_file_at(&git, &place.project.root, name, path)
            .map_err(SessionError::internal)?;
        any |= bytes.is_some();
        let text = documents::text(path, bytes.unwrap_or_default())?;
        specs.push(Spec::parse(&place.name, &text));
    }
    if !any {
        return Err(SessionError::input(format!(
            "{name} is neither a file nor a revision that holds {}",
            place.path
        ))
        .hint("name a commit, a tag, or the path of another version, as in HEAD~3.."));
    }
    Ok(Spec::merged(&place.name, specs))
}
