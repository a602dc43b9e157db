//! What a person wrote into a plan or a task list survives when these are made anew: a three-way merge over the text that
//! Kiro wrote last.

use change::{Digest, Labels, Merge, merge};
use spec::{Plan, TaskList, TaskMark, set_mark};

use crate::documents;
use crate::error::SessionError;
use crate::journal::Journal;
use crate::places::SpecPlace;

/// Largest text that is remembered, in bytes.
const TEXT_MAX: u64 = 16 * 1024 * 1024;

/// The new text of the document at `path`, with what a person changed since Kiro wrote it last.
pub(super) fn with_hand_edits(
    place: &SpecPlace,
    journal: &Journal,
    path: &str,
    new: &str,
) -> Result<String, SessionError> {
    let Some(now) = documents::read(&place.project, path)? else {
        return Ok(new.to_owned());
    };
    let written = journal.written(path).map_err(SessionError::internal)?;
    if now == new || written == Some(Digest::of(now.as_bytes())) {
        return Ok(new.to_owned());
    }
    let Some(base) = remembered(place, path)? else {
        return Err(SessionError::input(format!(
            "{} changed since {path} was made, and {path} was edited by hand, so it was kept",
            place.path
        ))
        .hint(format!(
            "`kiro plan {} --fresh` writes both anew",
            place.name
        )));
    };
    let base = considered_like(&ticked_like(&base, &now), &now);
    if base == now {
        return Ok(new.to_owned());
    }
    match merge(base.as_bytes(), now.as_bytes(), new.as_bytes()) {
        Merge::Clean(bytes) => documents::text(path, bytes),
        conflict => {
            let labels = Labels {
                ours: "your edit",
                theirs: "the new plan",
            };
            let marked = String::from_utf8_lossy(&conflict.marked(labels)).into_owned();
            Err(SessionError::input(format!(
                "{path} was edited by hand in {} places that the new plan changes too; nothing was written:\n{}",
                conflict.clashes(),
                clashes(&marked)
            ))
            .hint(format!(
                "take your edit back there, or `kiro plan {} --fresh` writes both anew",
                place.name
            )))
        }
    }
}

/// The text that Kiro wrote last, with the boxes as they are now: a tick is no edit of the words.
fn ticked_like(base: &str, now: &str) -> String {
    let marks = TaskList::parse(now);
    let mut text = base.to_owned();
    for task in marks.all().filter(|it| it.mark != TaskMark::Open) {
        if let Ok(marked) = set_mark(&text, &task.id, task.mark) {
            text = marked;
        }
    }
    text
}

/// The text that Kiro wrote last with the considerations as they are now, which the new text holds too.
fn considered_like(base: &str, now: &str) -> String {
    let mut plan = Plan::parse(base);
    let written = plan.render();
    plan.considerations = Plan::parse(now).considerations;
    match written == base {
        true => plan.render(),
        false => base.to_owned(),
    }
}

/// The lines of a marked text that lie between marks.
fn clashes(marked: &str) -> String {
    let mut inside = false;
    let lines = marked.lines().filter(|line| {
        inside |= line.starts_with("<<<<<<<");
        let shown = inside;
        inside &= !line.starts_with(">>>>>>>");
        shown
    });
    lines.collect::<Vec<_>>().join("\n")
}

fn place_of(place: &SpecPlace, path: &str) -> std::path::PathBuf {
    let name = Digest::of(path.as_bytes()).to_string();
    place
        .project
        .state
        .join("written")
        .join(format!("{}.md", &name[..32]))
}

/// Keeps the text that Kiro wrote, for the next merge.
pub(super) fn remember(place: &SpecPlace, path: &str, text: &str) -> Result<(), SessionError> {
    let file = place_of(place, path);
    if let Some(folder) = file.parent() {
        host::files::ensure_private_folder(folder).map_err(SessionError::internal)?;
    }
    host::files::replace_own(&file, text.as_bytes()).map_err(SessionError::internal)
}

fn remembered(place: &SpecPlace, path: &str) -> Result<Option<String>, SessionError> {
    let file = place_of(place, path);
    if !file.is_file() {
        return Ok(None);
    }
    let bytes = host::files::read(&file, TEXT_MAX).map_err(SessionError::internal)?;
    documents::text(path, bytes).map(Some)
}
