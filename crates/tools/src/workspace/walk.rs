//! A walk over the workspace's files as git would see them: by descriptor, in the order of names, no link followed.

use std::ops::ControlFlow;

use change::RelPath;
use host::files::{self, EntryKind};
use ignore::Match;
use ignore::gitignore::{Gitignore, GitignoreBuilder};

use super::Workspace;
use crate::Stop;
use crate::error::ToolError;

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
const NAMES_MAX: usize = 300_000;
/// Folders in folders that are entered.
const DEPTH_MAX: usize = 100;
/// The largest file of ignore rules that is read, in bytes.
const RULES_MAX: u64 = 1 << 20;

/// One thing that a walk comes upon.
#[derive(Clone, Debug)]
pub(crate) struct Found {
    pub(crate) path: RelPath,
    pub(crate) kind: EntryKind,
    /// Whether policy lets it be shown. A folder that it does not is not entered.
    pub(crate) readable: bool,
}

/// How a walk went.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Walk {
    /// Names that ignore rules leave out.
    pub(crate) ignored: usize,
    /// Whether it ended before everything was seen: too many names, or told to stop.
    pub(crate) cut: bool,
}

type Visit<'a> = &'a mut dyn FnMut(&Found) -> ControlFlow<()>;

impl Workspace {
    /// Walks from `start` (`None`: the root) down, at most `depth` folders deep.
    pub(crate) fn walk(
        &self,
        start: Option<&RelPath>,
        depth: usize,
        stop: Stop<'_>,
        visit: Visit<'_>,
    ) -> Result<Walk, ToolError> {
        let mut rules = Vec::new();
        let mut above: Vec<RelPath> = start.into_iter().cloned().collect();
        while let Some(folder) = above.last().and_then(RelPath::parent) {
            above.push(folder);
        }
        if start.is_some() {
            rules.push(self.rules_of(None));
        }
        rules.extend(above.iter().skip(1).rev().map(|it| self.rules_of(Some(it))));
        let mut walker = Walker {
            workspace: self,
            stop,
            rules,
            left: NAMES_MAX,
            walk: Walk::default(),
        };
        let _ended_early = walker.folder(start, depth.min(DEPTH_MAX), visit)?;
        Ok(walker.walk)
    }

    fn rules_of(&self, folder: Option<&RelPath>) -> Gitignore {
        let mut builder = GitignoreBuilder::new(folder.map_or("", RelPath::as_str));
        for name in [".gitignore", ".ignore"] {
            let path = match folder {
                Some(folder) => folder.join(name),
                None => RelPath::parse(name),
            };
            let loaded = path
                .ok()
                .and_then(|it| files::load_in(&self.root, &it, RULES_MAX).ok());
            let text = loaded.map(|it| String::from_utf8_lossy(&it.bytes).into_owned());
            for line in text.as_deref().unwrap_or_default().lines() {
                // Git passes over rules that are none.
                let _no_rule = builder.add_line(None, line);
            }
        }
        builder.build().unwrap_or_else(|_| Gitignore::empty())
    }
}

struct Walker<'a> {
    workspace: &'a Workspace,
    stop: Stop<'a>,
    /// The rules of the folders from the root down to this one.
    rules: Vec<Gitignore>,
    left: usize,
    walk: Walk,
}

impl Walker<'_> {
    fn folder(
        &mut self,
        folder: Option<&RelPath>,
        depth: usize,
        visit: Visit<'_>,
    ) -> Result<ControlFlow<()>, ToolError> {
        let entries = files::entries_in(&self.workspace.root, folder)?;
        self.rules.push(self.workspace.rules_of(folder));
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
    ) -> Result<ControlFlow<()>, ToolError> {
        for entry in entries {
            if self.left == 0 || (self.stop)() {
                self.walk.cut = true;
                return Ok(ControlFlow::Break(()));
            }
            self.left -= 1;
            let path = match folder {
                Some(folder) => folder.join(&entry.name),
                None => RelPath::parse(&entry.name),
            };
            let Ok(path) = path else { continue };
            let is_folder = entry.kind == EntryKind::Folder;
            if self.is_left_out(&path, is_folder) {
                self.walk.ignored += 1;
                continue;
            }
            let found = Found {
                readable: self.workspace.is_readable(&path),
                path,
                kind: entry.kind,
            };
            if visit(&found).is_break() {
                return Ok(ControlFlow::Break(()));
            }
            // A folder that cannot be listed, or has gone, holds nothing that could be shown.
            if is_folder
                && found.readable
                && depth > 1
                && let Ok(ControlFlow::Break(())) = self.folder(Some(&found.path), depth - 1, visit)
            {
                return Ok(ControlFlow::Break(()));
            }
        }
        Ok(ControlFlow::Continue(()))
    }

    fn is_left_out(&self, path: &RelPath, is_folder: bool) -> bool {
        let name = path.file_name();
        if name.eq_ignore_ascii_case(".git") || (is_folder && LITTER.contains(&name)) {
            return true;
        }
        for rules in self.rules.iter().rev() {
            match rules.matched(path.as_str(), is_folder) {
                Match::Ignore(_) => return true,
                Match::Whitelist(_) => return false,
                Match::None => {}
            }
        }
        false
    }
}
