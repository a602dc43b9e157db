//! Steering as it stands on the disk: the user's, the project's, and `AGENTS.md`.

use std::path::Path;

use change::{RelPath, visible};
use context::{About, Origin, Reader, ReferenceKind, Steering, choose};
use host::files::{EntryKind, entries_in};

use super::{Piece, cut};
use crate::error::SessionError;
use crate::places::Environment;

/// Where steering stands, in a project and in the user's own folder.
pub(crate) const PROJECT: &str = ".kiro/steering";
const USER: &str = "steering";
const AGENTS: &str = "AGENTS.md";
/// Folders below it that are looked into, and files of it that count.
const DEPTH: usize = 4;
const FILES_MAX: usize = 200;
/// Folders above the files of the work that are looked into.
const FOLDERS_MAX: usize = 64;
/// Most bytes of one file of steering, of one file that it brings along, and of all of it.
const ONE: usize = 24_000;
const REFERENCE: usize = 12_000;
const ALL: usize = 80_000;
/// Most files that are listed for a folder that is referred to.
const LISTED: usize = 200;

/// Every piece of steering there is, with what is decided about it.
pub(super) fn pieces(
    reader: &Reader,
    environment: &Environment,
    about: &About<'_>,
) -> Result<Vec<Piece>, SessionError> {
    let mut found = Found::default();
    of_user(environment, &mut found)?;
    of_project(reader, about, &mut found);
    let choices = choose(&found.all, about);
    let mut left = ALL;
    let mut pieces = Vec::new();
    for (steering, choice) in found.all.iter().zip(choices) {
        let mut piece = Piece::of(steering, choice);
        if piece.told {
            fill(reader, steering, &mut piece, left);
            left = left.saturating_sub(piece.text.len());
        }
        pieces.push(piece);
    }
    pieces.extend(found.unread);
    Ok(pieces)
}

#[derive(Default)]
struct Found {
    all: Vec<Steering>,
    unread: Vec<Piece>,
}

impl Found {
    fn add(&mut self, path: &str, origin: Origin, read: Result<Option<String>, String>) {
        match read {
            Ok(Some(text)) => self.all.push(Steering::parse(path, origin, &text)),
            Ok(None) => {}
            Err(why) => self.unread.push(Piece {
                kind: super::STEERING,
                name: path.to_owned(),
                told: false,
                reason: format!("it is not read: {why}"),
                notes: Vec::new(),
                own: origin == Origin::User,
                text: String::new(),
                picture: None,
            }),
        }
    }
}

/// The user's own, which no rule of the project speaks of.
fn of_user(environment: &Environment, found: &mut Found) -> Result<(), SessionError> {
    let home = environment.kiro_home().join(USER);
    for path in markdown(&home, "") {
        let file = home.join(&path);
        let bytes = host::files::read(&file, ONE as u64 * 4).map_err(SessionError::input)?;
        let text = String::from_utf8(bytes).map_err(|_| "it is no text".to_owned());
        found.add(
            &format!("~/.kiro/{USER}/{path}"),
            Origin::User,
            text.map(Some),
        );
    }
    Ok(())
}

fn of_project(reader: &Reader, about: &About<'_>, found: &mut Found) {
    found.add(AGENTS, Origin::Project, reader.text(AGENTS));
    for folder in folders_of(about.files) {
        let path = format!("{folder}{AGENTS}");
        let before = found.all.len();
        found.add(&path, Origin::Project, reader.text(&path));
        if let Some(steering) = found.all.get_mut(before) {
            steering.name = format!("{folder}{AGENTS}");
            steering.folder = folder;
        }
    }
    for path in markdown(reader.root(), PROJECT) {
        found.add(&path, Origin::Project, reader.text(&path));
    }
}

/// The folders that files stand in, outermost first, each as `a/b/`.
fn folders_of(files: &[String]) -> Vec<String> {
    let ends = |file: &String| -> Vec<String> {
        file.match_indices('/')
            .map(|(at, _)| file[..=at].to_owned())
            .collect()
    };
    let mut folders: Vec<String> = files.iter().flat_map(ends).collect();
    folders.sort();
    folders.dedup();
    folders.truncate(FOLDERS_MAX);
    folders
}

/// The Markdown files below a folder of `root`, relative to `root`, by name.
fn markdown(root: &Path, folder: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut todo = vec![(RelPath::parse(folder).ok(), DEPTH)];
    while let Some((folder, depth)) = todo.pop() {
        for entry in entries_in(root, folder.as_ref()).unwrap_or_default() {
            let path = match &folder {
                Some(folder) => folder.join(&entry.name),
                None => RelPath::parse(&entry.name),
            };
            let Ok(path) = path else { continue };
            match entry.kind {
                EntryKind::Folder if depth > 1 => todo.push((Some(path), depth - 1)),
                // A link is read, or not, by where it leads.
                EntryKind::File(_) | EntryKind::Link if path.as_str().ends_with(".md") => {
                    found.push(path.to_string())
                }
                _ => {}
            }
        }
    }
    found.sort();
    found.truncate(FILES_MAX);
    found
}

/// The text of a piece, with the files that it refers to.
fn fill(reader: &Reader, steering: &Steering, piece: &mut Piece, left: usize) {
    let mut text = steering.body.clone();
    for reference in steering.references() {
        let told = match reference.kind {
            ReferenceKind::File => reader
                .text(&reference.path)
                .map(|it| it.map(|it| cut(&it, REFERENCE))),
            ReferenceKind::Folder => Ok(Some(listed(reader, &reference.path))),
        };
        match told {
            Ok(Some(body)) => text.push_str(&format!(
                "\n\n--- {} ---\n{}",
                reference.path,
                body.trim_end()
            )),
            Ok(None) => piece.notes.push(format!(
                "it refers to {}, which is not there",
                reference.path
            )),
            Err(why) => piece.notes.push(format!(
                "it refers to {}, which is not told: {why}",
                reference.path
            )),
        }
    }
    let clean = visible(&text);
    if clean != text {
        piece
            .notes
            .push("it holds characters that cannot be seen; they are written out".to_owned());
    }
    let most = left.min(ONE);
    if clean.len() > most {
        piece
            .notes
            .push(format!("only {most} of its {} bytes are told", clean.len()));
    }
    piece.text = cut(&clean, most);
}

/// The names in a folder, as far as they may be shown.
fn listed(reader: &Reader, path: &str) -> String {
    let folder = RelPath::parse(path.trim_start_matches("./").trim_end_matches('/')).ok();
    let entries = entries_in(reader.root(), folder.as_ref()).unwrap_or_default();
    let shown = entries.into_iter().filter_map(|it| {
        let path = match &folder {
            Some(folder) => folder.join(&it.name).ok()?,
            None => RelPath::parse(&it.name).ok()?,
        };
        reader.shows(&path).then(|| match it.kind {
            EntryKind::Folder => format!("{path}/"),
            _ => path.to_string(),
        })
    });
    shown.take(LISTED).collect::<Vec<_>>().join("\n")
}
