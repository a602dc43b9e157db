//! A map of the workspace: its files with what they define, those that others refer to most first, as far as there is room.

use std::fmt::Write as _;

use change::RelPath;

use super::document::is_value;
use super::tree::Seen;
use super::{Index, in_scope};

/// Names that are shown of one file.
const NAMES: usize = 8;
/// Folders that are shown of a project.
const FOLDERS: usize = 24;

impl Index {
    /// The map of what lies in `scope`, in at most `bytes` bytes.
    pub fn map(&self, scope: &[String], bytes: usize) -> String {
        let mut files: Vec<(&RelPath, &Seen)> = self
            .tree
            .files
            .iter()
            .filter(|(path, _)| in_scope(path.as_str(), scope))
            .collect();
        let all = files.len();
        let mut text = self.folders(&files, bytes / 3);
        let is_code = |path: &RelPath| {
            code::Language::from_path(path.as_str()).is_some() && !code::is_test_path(path.as_str())
        };
        files.retain(|(path, _)| is_code(path));
        files.sort_by(|a, b| b.1.rank.cmp(&a.1.rank).then_with(|| a.0.cmp(b.0)));
        let mut shown: Vec<(&RelPath, String)> = Vec::new();
        let mut room = bytes.saturating_sub(text.len() + 100);
        for (path, seen) in files {
            let line = self.line(path, seen);
            if line.len() > room {
                break;
            }
            room -= line.len();
            shown.push((path, line));
        }
        shown.sort_by_key(|it| it.0);
        if !shown.is_empty() {
            let _ = writeln!(text, "Most referred to, {} of {all} files:", shown.len());
        }
        shown.iter().for_each(|(_, line)| text.push_str(line));
        text
    }

    /// The folders with how many files they hold, down to where there is room.
    fn folders(&self, files: &[(&RelPath, &Seen)], bytes: usize) -> String {
        let mut counts: std::collections::BTreeMap<&str, usize> = std::collections::BTreeMap::new();
        for (path, _) in files {
            let path = path.as_str();
            let folder = path
                .match_indices('/')
                .nth(1)
                .or_else(|| path.match_indices('/').next());
            *counts
                .entry(folder.map_or("", |(at, _)| &path[..=at]))
                .or_default() += 1;
        }
        let mut largest: Vec<(&str, usize)> = counts.into_iter().collect();
        largest.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(b.0)));
        let all = largest.len();
        largest.truncate(FOLDERS);
        largest.sort();
        let mut text = "Folders:".to_owned();
        for (nth, (folder, count)) in largest.iter().enumerate() {
            let name = if folder.is_empty() { "./" } else { folder };
            let entry = format!(" {name} ({count})");
            if text.len() + entry.len() > bytes {
                let _ = write!(text, " … and {} more", all - nth);
                break;
            }
            text.push_str(&entry);
        }
        text.push('\n');
        text
    }

    fn line(&self, path: &RelPath, seen: &Seen) -> String {
        let Some((at, _, row)) = self.row(&seen.key) else {
            return format!("{path}\n");
        };
        let segment = &self.segments[at].segment;
        let mut names: Vec<(usize, &str)> = Vec::new();
        for it in row
            .defines
            .iter()
            .filter(|it| it.depth == 0 && !is_value(it.kind))
        {
            let name = segment.word(it.name);
            if !name.starts_with('_') && !names.iter().any(|(_, known)| *known == name) {
                names.push((segment.list(it.name).count(), name));
            }
        }
        names.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.cmp(b.1)));
        let more = names.len().saturating_sub(NAMES);
        let names: Vec<&str> = names.iter().take(NAMES).map(|it| it.1).collect();
        match (names.is_empty(), more) {
            (true, _) => format!("{path}\n"),
            (false, 0) => format!("{path}: {}\n", names.join(", ")),
            (false, more) => format!("{path}: {} and {more} more\n", names.join(", ")),
        }
    }
}
