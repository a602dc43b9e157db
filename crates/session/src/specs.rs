//! The specs of a project, in every dialect, in nested folders and in the projects inside it.

use std::fs::DirEntry;
use std::io::ErrorKind;
use std::path::Path;

use crate::error::SessionError;
use crate::places::{Environment, Project, SpecPlace};
use crate::query::shown_in;

/// How deep projects are looked for inside a project, and how deep specs inside its folders of specs.
const DEPTH: usize = 5;

/// Every spec of the project around the current folder.
///
/// # Errors
/// When the project cannot be resolved.
pub fn specs(environment: &Environment) -> Result<Vec<SpecPlace>, SessionError> {
    all(&Project::around(environment)?, environment)
}

/// A spec as a list shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedSpec {
    /// Its name.
    pub name: String,
    /// Whose form it has.
    pub dialect: &'static str,
    /// The document that names it, relative to the project.
    pub path: String,
    /// Its tasks file, where there is one.
    pub tasks: Option<String>,
    /// Whether it was archived.
    pub archived: bool,
}

/// Every spec of the project around the current folder, as a list shows it.
///
/// # Errors
/// When the project cannot be resolved.
pub fn spec_list(environment: &Environment) -> Result<Vec<ListedSpec>, SessionError> {
    let project = Project::around(environment)?;
    let listed = all(&project, environment)?.into_iter().map(|place| {
        let has_tasks = place.project.root.join(place.tasks()).is_file();
        ListedSpec {
            dialect: place.layout.dialect.name(),
            path: shown_in(&project, &place),
            tasks: has_tasks.then(|| place.tasks()),
            archived: place.is_archived(),
            name: place.name,
        }
    });
    Ok(listed.collect())
}

/// Every spec in `project`, by path.
pub(crate) fn all(
    project: &Project,
    environment: &Environment,
) -> Result<Vec<SpecPlace>, SessionError> {
    let mut found = Vec::new();
    walk(&project.root, 0, environment, &mut found)?;
    found.sort_by_key(SpecPlace::shown);
    found.dedup_by_key(|it| it.shown());
    Ok(found)
}

/// Looks for folders of specs in `folder` and in the folders below it that may hold projects.
fn walk(
    folder: &Path,
    depth: usize,
    environment: &Environment,
    found: &mut Vec<SpecPlace>,
) -> Result<(), SessionError> {
    for name in folders(folder)? {
        let below = folder.join(&name);
        match name.as_str() {
            ".kiro" => nested(&below.join("specs"), 0, environment, found)?,
            "openspec" => {
                nested(&below.join("changes"), 0, environment, found)?;
                nested(&below.join("specs"), 0, environment, found)?;
            }
            "specs" => {
                files(&below, environment, found)?;
                nested(&below, 0, environment, found)?;
            }
            _ if depth < DEPTH && !is_skipped(&name) => {
                walk(&below, depth + 1, environment, found)?
            }
            _ => {}
        }
    }
    Ok(())
}

/// Folders that hold no project of the user's own.
fn is_skipped(name: &str) -> bool {
    const OTHERS: &[&str] = &[
        "node_modules",
        "target",
        "vendor",
        "dist",
        "build",
        "venv",
        "__pycache__",
        "plans",
    ];
    name.starts_with('.') || OTHERS.contains(&name)
}

/// The specs that are folders, at any depth below `folder`.
fn nested(
    folder: &Path,
    depth: usize,
    environment: &Environment,
    found: &mut Vec<SpecPlace>,
) -> Result<(), SessionError> {
    for name in folders(folder)? {
        let below = folder.join(&name);
        if name.starts_with('.') {
            continue;
        }
        match SpecPlace::from_folder(&below, environment)? {
            Some(place) => found.push(place),
            None if depth < DEPTH => nested(&below, depth + 1, environment, found)?,
            None => {}
        }
    }
    Ok(())
}

/// The specs that are files of `folder` itself.
fn files(
    folder: &Path,
    environment: &Environment,
    found: &mut Vec<SpecPlace>,
) -> Result<(), SessionError> {
    for entry in entries(folder)? {
        let is_spec = entry.file_name().to_str().is_some_and(|it| {
            it.ends_with(".md") && !it.eq_ignore_ascii_case("readme.md") && !it.starts_with('.')
        });
        if is_spec && entry.path().is_file() {
            found.push(SpecPlace::from_file(&entry.path(), environment)?);
        }
    }
    Ok(())
}

/// The folders in `folder`, in order; none where it is not there or not to be looked into.
fn folders(folder: &Path) -> Result<Vec<String>, SessionError> {
    let entries = entries(folder)?.into_iter();
    let folders = entries.filter(|it| it.file_type().is_ok_and(|it| it.is_dir()));
    let mut names: Vec<String> = folders
        .filter_map(|it| it.file_name().into_string().ok())
        .collect();
    names.sort();
    Ok(names)
}

/// What is in `folder`. That it cannot be read now, though it may be, is no reason to say that nothing is there.
fn entries(folder: &Path) -> Result<Vec<DirEntry>, SessionError> {
    let listed = std::fs::read_dir(folder).and_then(Iterator::collect);
    match listed {
        Ok(entries) => Ok(entries),
        Err(error) => match error.kind() {
            ErrorKind::NotFound | ErrorKind::NotADirectory | ErrorKind::PermissionDenied => {
                Ok(Vec::new())
            }
            _ => Err(SessionError::internal(format!(
                "cannot read {}: {}",
                folder.display(),
                host::files::plain(&error)
            ))),
        },
    }
}
