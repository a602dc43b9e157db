//! The tree of planned files, as text.

use super::{FileKind, PlannedFile};

/// The most files that a plan may name, and the longest path in bytes: each repeats the folders above it.
const FILES: usize = 10_000;
const PATH: usize = 4096;

/// Draws the files as an indented tree, in their order; a folder is named again when the order returns to it.
pub(super) fn draw(files: &[PlannedFile]) -> String {
    let mut tree = String::new();
    let mut above: Vec<&str> = Vec::new();
    for file in files {
        let mut folders: Vec<&str> = file.path.split('/').collect();
        let name = folders.pop().unwrap_or_default();
        let shared = above
            .iter()
            .zip(&folders)
            .take_while(|(a, b)| a == b)
            .count();
        for (depth, folder) in folders.iter().enumerate().skip(shared) {
            tree += &format!("{}{folder}/\n", "  ".repeat(depth));
        }
        let kind = match file.kind {
            FileKind::New => "NEW",
            FileKind::Modify => "MODIFY",
        };
        let line = format!(
            "{}{name}  # [{kind}] {}",
            "  ".repeat(folders.len()),
            file.note
        );
        tree += line.trim_end();
        tree.push('\n');
        above = folders;
    }
    tree
}

/// Reads a tree: folders end in a slash, depth is indentation or drawn lines, `# [MODIFY] note` may follow a name.
pub(super) fn read(text: &str) -> Vec<PlannedFile> {
    let mut files = Vec::new();
    let mut folders: Vec<(usize, String)> = Vec::new();
    for line in crate::line::lines(text) {
        let whole = &text[line.start..line.end()];
        let name_and_note =
            whole.trim_start_matches(|c: char| c.is_whitespace() || "│├└─|`+".contains(c));
        let depth = whole.chars().count() - name_and_note.chars().count();
        let (name, comment) = split_comment(name_and_note);
        if name.is_empty() || name == "." || name == "./" {
            continue;
        }
        while folders.pop_if(|(outer, _)| *outer >= depth).is_some() {}
        match name.strip_suffix('/') {
            Some(folder) => folders.push((depth, folder.trim_start_matches("./").to_owned())),
            None if files.len() < FILES => files.extend(file(&folders, name, comment)),
            None => break,
        }
    }
    files
}

fn split_comment(text: &str) -> (&str, &str) {
    let at = text
        .match_indices('#')
        .map(|(at, _)| at)
        .find(|at| *at == 0 || text[..*at].ends_with([' ', '\t']));
    at.map_or((text.trim(), ""), |at| {
        (text[..at].trim(), text[at + 1..].trim())
    })
}

/// The file in these folders; `None` when its path is longer than any file's.
fn file(folders: &[(usize, String)], name: &str, comment: &str) -> Option<PlannedFile> {
    let parts = folders.iter().map(|(_, folder)| folder.as_str());
    let parts: Vec<&str> = parts.chain([name.trim_start_matches("./")]).collect();
    let length = parts.iter().map(|it| it.len() + 1).sum::<usize>();
    let (kind, note) = kind_and_note(comment);
    (length <= PATH).then(|| PlannedFile {
        path: parts.join("/"),
        kind,
        note: note.to_owned(),
    })
}

/// The kind in brackets, and the note after it; what is not marked is new.
fn kind_and_note(comment: &str) -> (FileKind, &str) {
    let marked = comment.strip_prefix('[').and_then(|it| it.split_once(']'));
    match marked.map(|(kind, note)| (kind.trim().to_ascii_uppercase(), note.trim())) {
        Some((kind, note)) if matches!(kind.as_str(), "NEW" | "ADD" | "CREATE") => {
            (FileKind::New, note)
        }
        Some((kind, note))
            if matches!(
                kind.as_str(),
                "MODIFY" | "MODIFIED" | "CHANGE" | "EDIT" | "UPDATE"
            ) =>
        {
            (FileKind::Modify, note)
        }
        _ => (FileKind::New, comment),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn drawn_trees_are_read() {
        let files = read(
            "project/\n├── src/\n│   ├── a.py      # [NEW] First\n│   └── b.py\n└── README.md  # [modify]\n./Makefile # build\n",
        );
        let show = |it: &PlannedFile| format!("{} {:?} {}", it.path, it.kind, it.note);
        assert_eq!(
            files.iter().map(show).collect::<Vec<_>>(),
            [
                "project/src/a.py New First",
                "project/src/b.py New ",
                "project/README.md Modify ",
                "Makefile New build"
            ]
        );
    }
}
