//! Cases: what a suite's folders hold.

use std::path::{Path, PathBuf};

use change::{Digest, RelPath};

use super::name_of;
use crate::documents;
use crate::error::SessionError;

/// Most files of a case.
const FILES_MAX: usize = 2000;

/// Largest file of a case, in bytes.
const FILE_MAX: u64 = 4 << 20;

/// How deep a case's folders go.
const DEPTH_MAX: usize = 12;

/// One case of a suite.
#[derive(Debug)]
pub(super) struct Case {
    /// Its folder's name.
    pub(super) name: String,
    /// Its folder.
    pub(super) folder: PathBuf,
    /// The spec's path in the project.
    pub(super) spec: RelPath,
    /// What the model may be asked plainly, when the case says so itself.
    pub(super) prompt: Option<String>,
    /// Sixteen hexadecimal digits over every file of the case, acceptance included: another content is
    /// another measurement.
    pub(super) content: String,
    files: Vec<(RelPath, Vec<u8>)>,
}

/// The cases of `suite` in the order of their names; `suite` may itself be one.
pub(super) fn find(suite: &Path, only: &[String]) -> Result<Vec<Case>, SessionError> {
    let folders = if is_case(suite) {
        vec![suite.to_path_buf()]
    } else {
        let entries = std::fs::read_dir(suite).map_err(|error| {
            SessionError::input(format!("{} cannot be read: {error}", suite.display()))
        })?;
        let mut folders: Vec<PathBuf> = entries.flatten().map(|it| it.path()).collect();
        folders.retain(|it| is_case(it));
        folders.sort();
        folders
    };
    let wanted =
        |it: &&PathBuf| only.is_empty() || only.iter().any(|part| name_of(it).contains(part));
    let cases: Vec<&PathBuf> = folders.iter().filter(wanted).collect();
    if cases.is_empty() {
        let error = SessionError::input(format!("there is no such case in {}", suite.display()));
        return Err(
            error.hint("a case is a folder with specs/NAME.md and an executable acceptance/run")
        );
    }
    cases.into_iter().map(|it| Case::read(it)).collect()
}

fn is_case(folder: &Path) -> bool {
    folder.join("acceptance/run").is_file() && folder.join("specs").is_dir()
}

impl Case {
    fn read(folder: &Path) -> Result<Case, SessionError> {
        let folder = folder.canonicalize().map_err(SessionError::input)?;
        let fail = |why: &str| SessionError::input(format!("{}: {why}", folder.display()));
        let mut files = Vec::new();
        let mut hashed = Vec::new();
        for part in ["specs", "given", "acceptance"] {
            for (path, bytes) in walk(&folder.join(part), part)? {
                hashed.extend_from_slice(path.as_bytes());
                hashed.extend_from_slice(Digest::of(&bytes).to_string().as_bytes());
                let placed = match part {
                    "acceptance" => continue,
                    "given" => path.strip_prefix("given/").unwrap_or(&path),
                    _ => &path,
                };
                let placed = RelPath::parse(placed).map_err(|error| fail(&error.to_string()))?;
                files.push((placed, bytes));
            }
        }
        let specs: Vec<&RelPath> = files
            .iter()
            .map(|(path, _)| path)
            .filter(|it| it.as_str().starts_with("specs/") && it.as_str().ends_with(".md"))
            .collect();
        let [spec] = specs[..] else {
            return Err(fail("a case has exactly one specs/NAME.md"));
        };
        let prompt = folder.join("prompt.md");
        let is_plain = prompt.symlink_metadata().is_ok_and(|it| it.is_file());
        let prompt = if is_plain {
            let bytes = host::files::read(&prompt, FILE_MAX).map_err(SessionError::input)?;
            hashed.extend_from_slice(&bytes);
            Some(String::from_utf8(bytes).map_err(|_| fail("prompt.md is not UTF-8 text"))?)
        } else {
            None
        };
        Ok(Case {
            name: name_of(&folder),
            spec: spec.clone(),
            prompt,
            content: Digest::of(&hashed).to_string()[..16].to_owned(),
            files,
            folder,
        })
    }

    /// Puts spec and given files into the new folder `project`.
    pub(super) fn lay_out(&self, project: &Path) -> Result<(), SessionError> {
        host::files::ensure_private_folder(project).map_err(SessionError::internal)?;
        for (path, bytes) in &self.files {
            put(project, path, bytes)?;
        }
        Ok(())
    }

    /// The spec's text.
    pub(super) fn spec_text(&self) -> String {
        let found = self.files.iter().find(|(path, _)| *path == self.spec);
        found.map_or_else(String::new, |(_, bytes)| {
            String::from_utf8_lossy(bytes).into_owned()
        })
    }

    /// A file that stands there at the start.
    pub(super) fn given(&self, path: &str) -> Option<String> {
        let found = self.files.iter().find(|(it, _)| it.as_str() == path)?;
        Some(String::from_utf8_lossy(&found.1).into_owned())
    }
}

/// Writes a file of a project that this evaluation made for itself.
pub(super) fn put(project: &Path, path: &RelPath, bytes: &[u8]) -> Result<(), SessionError> {
    let gate = documents::built_in_gate(project)?;
    let permit = documents::permitted(gate.judge_attempt_write(project, path, bytes))?;
    host::files::write_in(permit, project, path, bytes).map_err(SessionError::internal)
}

/// The plain files below `folder`, sorted, named from `prefix` on; links and bytecode are left out.
fn walk(folder: &Path, prefix: &str) -> Result<Vec<(String, Vec<u8>)>, SessionError> {
    let mut found = Vec::new();
    if folder.symlink_metadata().is_ok_and(|it| it.is_symlink()) {
        return Err(SessionError::input(format!(
            "{} is a link; a case holds its own files",
            folder.display()
        )));
    }
    let mut open = vec![(folder.to_path_buf(), prefix.to_owned(), 0)];
    while let Some((folder, prefix, depth)) = open.pop() {
        let Ok(entries) = std::fs::read_dir(&folder) else {
            continue;
        };
        for entry in entries.flatten() {
            let name = entry.file_name();
            let name = name.to_str().ok_or_else(|| {
                SessionError::input(format!("{} holds a name that is no text", folder.display()))
            })?;
            let path = format!("{prefix}/{name}");
            let kind = entry.file_type().map_err(SessionError::input)?;
            if kind.is_dir() && name != "__pycache__" && depth < DEPTH_MAX {
                open.push((entry.path(), path, depth + 1));
            } else if kind.is_file() {
                let bytes =
                    host::files::read(&entry.path(), FILE_MAX).map_err(SessionError::input)?;
                found.push((path, bytes));
            }
            if found.len() > FILES_MAX {
                return Err(SessionError::input(format!(
                    "{} holds more than {FILES_MAX} files",
                    folder.display()
                )));
            }
        }
    }
    found.sort();
    Ok(found)
}
