//! A walk over a folder's files as git would see them: by descriptor, in the order of names, no link followed.

use std::ops::ControlFlow;
use std::path::Path;

use change::RelPath;
use host::files::{self, EntryKind, FileError, Stamp};
use ignore::Match;
use ignore::gitignore::{Gitignore, GitignoreBuilder};

/// Folders that hold what tools left, whether or not rules leave them out.
const LITTER: &[&str] = &[
    "node_modules",
    "__pycache__",
    ".venv",
    ".mypy_cache",
    ".pytest_cache",
    ".ruff_cache",
];
/// Names that are looked at in one walk.
pub(crate) const NAMES_MAX: usize = 300_000;
/// Folders in folders that are entered.
pub(crate) const DEPTH_MAX: usize = 100;
/// The largest file of ignore rules that is read, in bytes.
const RULES_MAX: u64 = 1 << 20;
/// What holds them.
pub(crate) const RULE_FILES: [&str; 3] = [".gitignore", ".ignore", ".kiroignore"];

/// One thing that a walk comes upon.
#[derive(Clone, Debug)]
pub struct Found {
    /// Where.
    pub path: RelPath,
    /// What stands there.
    pub kind: EntryKind,
    /// By what a change of it can be told.
    pub stamp: Stamp,
    /// Whether policy lets it be shown. A folder that it does not is not entered.
    pub readable: bool,
}

/// How a walk went.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Walked {
    /// Names that ignore rules leave out.
    pub ignored: usize,
    /// Whether it ended before everything was seen: too many names, or told to stop.
    pub cut: bool,
}

/// A walk to be made.
pub struct Walk<'a> {
    /// The folder whose files are meant, canonical.
    pub root: &'a Path,
    /// Where it begins; none for the folder itself.
    pub start: Option<&'a RelPath>,
    /// How many folders deep it goes.
    pub depth: usize,
    /// Whether policy lets a path be shown.
    pub readable: &'a dyn Fn(&RelPath) -> bool,
    /// Asked whether it should end.
    pub stop: &'a dyn Fn() -> bool,
}

type Visit<'a> = &'a mut dyn FnMut(Found) -> ControlFlow<()>;

impl Walk<'_> {
    /// Visits everything, until `visit` has seen enough.
    ///
    /// # Errors
    /// When the folder that it begins in cannot be listed.
    pub fn go(&self, visit: Visit<'_>) -> Result<Walked, FileError> {
        let above = above(self.start);
        let rules = above
            .iter()
            .map(|it| rules_of(self.root, it.as_ref(), &RULE_FILES))
            .collect();
        let mut walker = Walker {
            walk: self,
            rules,
            left: NAMES_MAX,
            walked: Walked::default(),
        };
        let _ended_early = walker.folder(self.start, self.depth.min(DEPTH_MAX), visit)?;
        Ok(walker.walked)
    }
}

/// The folders that `start` stands in, from the outermost on; none is the root.
pub(crate) fn above(start: Option<&RelPath>) -> Vec<Option<RelPath>> {
    let mut above: Vec<Option<RelPath>> = Vec::new();
    let mut inner = start.cloned();
    while let Some(folder) = inner {
        inner = folder.parent();
        above.push(inner.clone());
    }
    above.reverse();
    above
}

/// Whether ignore rules leave a path out; `rules` from the innermost folder on.
pub(crate) fn is_left_out<'r>(
    path: &RelPath,
    is_folder: bool,
    rules: impl Iterator<Item = &'r Gitignore>,
) -> bool {
    let name = path.file_name();
    if name.eq_ignore_ascii_case(".git") || (is_folder && LITTER.contains(&name)) {
        return true;
    }
    for rules in rules.filter(|it| !it.is_empty()) {
        match rules.matched(path.as_str(), is_folder) {
            Match::Ignore(_) => return true,
            Match::Whitelist(_) => return false,
            Match::None => {}
        }
    }
    false
}

/// The rules that stand in these files of a folder.
pub(crate) fn rules_of(root: &Path, folder: Option<&RelPath>, names: &[&str]) -> Gitignore {
    let mut builder = GitignoreBuilder::new(folder.map_or("", RelPath::as_str));
    for name in names {
        let path = match folder {
            Some(folder) => folder.join(name),
            None => RelPath::parse(name),
        };
        let loaded = path
            .ok()
            .and_then(|it| files::load_in(root, &it, RULES_MAX).ok());
        let text = loaded.map(|it| String::from_utf8_lossy(&it.bytes).into_owned());
        for line in text.as_deref().unwrap_or_default().lines() {
            // Git passes over rules that are none.
            let _no_rule = builder.add_line(None, line);
        }
    }
    builder.build().unwrap_or_else(|_| Gitignore::empty())
}

struct Walker<'a> {
    walk: &'a Walk<'a>,
    /// The rules of the folders from the root down to this one.
    rules: Vec<Gitignore>,
    left: usize,
    walked: Walked,
}

impl Walker<'_> {
    fn folder(
        &mut self,
        folder: Option<&RelPath>,
        depth: usize,
        visit: Visit<'_>,
    ) -> Result<ControlFlow<()>, FileError> {
        let entries = files::entries_in(self.walk.root, folder)?;
        // Only what is listed is opened: most folders have no rules of their own.
        let has = |name: &&&str| entries.iter().any(|it| it.name == ***name);
        let names: Vec<&str> = RULE_FILES.iter().filter(has).copied().collect();
        self.rules.push(match names.is_empty() {
            true => Gitignore::empty(),
            false => rules_of(self.walk.root, folder, &names),
        });
        let outcome = self.entries(folder, entries, depth, visit);
        self.rules.pop();
        outcome
    }

    fn entries(
        &mut self,
        folder: Option<&RelPath>,
        entries: Vec<files::Entry>,
        depth: usize,
        visit: Visit<'_>,
    ) -> Result<ControlFlow<()>, FileError> {
        for entry in entries {
            if self.left == 0 || (self.walk.stop)() {
                self.walked.cut = true;
                return Ok(ControlFlow::Break(()));
            }
            self.left -= 1;
            let path = match folder {
                Some(folder) => folder.join(&entry.name),
                None => RelPath::parse(&entry.name),
            };
            let Ok(path) = path else { continue };
            let is_folder = entry.kind == EntryKind::Folder;
            if is_left_out(&path, is_folder, self.rules.iter().rev()) {
                self.walked.ignored += 1;
                continue;
            }
            let readable = (self.walk.readable)(&path);
            let enter = (is_folder && readable && depth > 1).then(|| path.clone());
            let found = Found {
                readable,
                path,
                kind: entry.kind,
                stamp: entry.stamp,
            };
            if visit(found).is_break() {
                return Ok(ControlFlow::Break(()));
            }
            // A folder that cannot be listed, or has gone, holds nothing that could be shown.
            if let Some(path) = enter
                && let Ok(ControlFlow::Break(())) = self.folder(Some(&path), depth - 1, visit)
            {
                return Ok(ControlFlow::Break(()));
            }
        }
        Ok(ControlFlow::Continue(()))
    }
}
