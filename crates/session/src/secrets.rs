//! The secrets of a project, learnt so that they can be kept out of what a model is shown and of what is recorded.

use std::collections::HashSet;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use policy::Redactor;

use crate::error::SessionError;
use crate::places::{Environment, Project};

/// Largest environment file that is read, in bytes.
const FILE_MAX: u64 = 1 << 20;
/// Most names of the project that are looked at.
const NAMES_MAX: usize = 20_000;
/// Folders in which nobody keeps environment files of their own.
const LITTER: [&str; 4] = [".git", "node_modules", "target", ".venv"];

/// One that knows the values of the project's environment files, and of the user's variables whose names speak of
/// secrets. The values stay in this process.
pub(crate) fn redactor(
    project: &Project,
    environment: &Environment,
) -> Result<Redactor, SessionError> {
    std::fs::read_dir(&project.root).map_err(|error| {
        SessionError::input(format!(
            "the folder {} cannot be read: {error}",
            project.root.display()
        ))
    })?;
    // One that cannot be read, or is too large to be one, teaches nothing.
    let texts: Vec<String> = files(&project.root)
        .iter()
        .filter_map(|it| host::files::read(it, FILE_MAX).ok())
        .map(|it| String::from_utf8_lossy(&it).into_owned())
        .collect();
    Ok(Redactor::of(
        texts.iter().map(String::as_str),
        variables(environment),
    ))
}

/// One that knows the user's variables alone, for work outside of any project.
pub(crate) fn redactor_of_user(environment: &Environment) -> Redactor {
    Redactor::of([], variables(environment))
}

fn variables(environment: &Environment) -> impl Iterator<Item = (&str, &str)> {
    let variables = environment.variables.iter();
    variables.map(|(name, value)| (name.as_str(), value.as_str()))
}

/// The environment files of a folder and those below it, nearest first, as far as they are looked for.
fn files(root: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = std::collections::VecDeque::from([root.to_path_buf()]);
    let mut left = NAMES_MAX;
    while let Some(folder) = folders.pop_front() {
        for entry in std::fs::read_dir(&folder).into_iter().flatten().flatten() {
            if left == 0 {
                break;
            }
            left -= 1;
            let name = entry.file_name().to_string_lossy().to_lowercase();
            let Ok(kind) = entry.file_type() else {
                continue;
            };
            if kind.is_dir() && !LITTER.contains(&name.as_str()) {
                folders.push_back(entry.path());
            } else if kind.is_file() && (name.starts_with(".env") || name.ends_with(".env")) {
                found.push(entry.path());
            }
        }
    }
    found.sort();
    found
}

/// Of the user's home, what holds keys.
const KEYS: [&str; 12] = [
    ".ssh",
    ".aws",
    ".gnupg",
    ".kube",
    ".docker",
    ".azure",
    ".config/gh",
    ".config/gcloud",
    ".netrc",
    ".git-credentials",
    ".npmrc",
    ".pypirc",
];

/// Which files of the user's keys have a further name somewhere, which may stand in a project.
pub(crate) fn linked_keys(environment: &Environment) -> HashSet<(u64, u64)> {
    let mut found = HashSet::new();
    let mut todo: Vec<PathBuf> = KEYS.iter().map(|it| environment.home.join(it)).collect();
    let mut left = NAMES_MAX;
    while let Some(place) = todo.pop() {
        let Ok(stands) = place.symlink_metadata() else {
            continue;
        };
        if stands.is_file() && stands.nlink() > 1 {
            found.insert((stands.dev(), stands.ino()));
        } else if stands.is_dir() {
            let entries = std::fs::read_dir(&place).into_iter().flatten().flatten();
            todo.extend(entries.take(left).map(|it| it.path()));
        }
        left = left.saturating_sub(1);
    }
    found
}
