//! What a person wrote into a plan or a task list survives when these are made anew: a three-way merge over the text that
//! Kiro wrote last.

use change::{Digest, Labels, Merge, merge};
use spec::{TaskList, TaskMark, set_mark};

use crate::documents::{self, DOCUMENT_MAX};
use crate::error::SessionError;
use crate::journal::Journal;
use crate::places::SpecPlace;

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
    let base = ticked_like(&base, &now);
    if base == now {
        return Ok(new.to_owned());
    }
    let is_plan = path == place.plan();
    let parts = |text: &str| Parted::of(text, is_plan);
    let (base, now, new) = (parts(&base), parts(&now), parts(new));
    match merge(
        base.body.as_bytes(),
        now.body.as_bytes(),
        new.body.as_bytes(),
    ) {
        Merge::Clean(bytes) => {
            let body = documents::text(path, bytes)?;
            Ok(Parted {
                body,
                mark: new.mark,
                ..now
            }
            .whole())
        }
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

/// A document in the parts that different hands have: the text, the considerations, which are a person's own wherever they put
/// them, and the mark of the spec, which is the program's.
struct Parted {
    body: String,
    considered: String,
    mark: String,
}

impl Parted {
    fn of(text: &str, is_plan: bool) -> Parted {
        let mut parts = Parted {
            body: String::new(),
            considered: String::new(),
            mark: String::new(),
        };
        let mut inside = false;
        for line in text.split_inclusive('\n') {
            let bare = line.trim_end();
            if bare.starts_with("## ") {
                inside = is_plan && is_considerations(bare);
            }
            let part = match () {
                () if bare.starts_with("<!-- kiro: spec ") => &mut parts.mark,
                () if inside => &mut parts.considered,
                () => &mut parts.body,
            };
            part.push_str(line);
        }
        parts.body.truncate(parts.body.trim_end().len());
        parts.body.push('\n');
        parts
    }

    fn whole(&self) -> String {
        let parts = [&self.body, &self.considered, &self.mark];
        let parts = parts.map(|it| it.trim_end());
        let there: Vec<&str> = parts.into_iter().filter(|it| !it.is_empty()).collect();
        there.join("\n\n") + "\n"
    }
}

/// Whether a heading is the one under which a person adds to a plan.
fn is_considerations(heading: &str) -> bool {
    let title = heading.trim_matches(['#', ' ', ':']).to_lowercase();
    matches!(
        title.as_str(),
        "additional considerations" | "considerations"
    )
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
    let bytes = host::files::read(&file, DOCUMENT_MAX).map_err(SessionError::internal)?;
    documents::text(path, bytes).map(Some)
}
