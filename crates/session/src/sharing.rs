//! What is installed or built for a project and is in no snapshot: attempts see it where they look for it, and what
//! they change of it stays their own.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use change::RelPath;
use host::sandbox::{Overlay, Sandbox};
use serde::Deserialize;

use crate::error::SessionError;
use crate::places::{Environment, Project};
use crate::shop::Yard;
use crate::{documents, trust};

/// Folders that tools fill, by their names. Those of a folder's own files are for its snapshot to hold or leave out.
const KNOWN: [&str; 10] = [
    "node_modules",
    ".venv",
    "venv",
    "target",
    "vendor",
    ".tox",
    ".gradle",
    ".bundle",
    "_build",
    "deps",
];
/// Those that are shared when no configuration says which.
const USUAL: [&str; 5] = ["node_modules", ".venv", "venv", "target", "vendor/bundle"];
/// How deep below the project they are looked for.
const DEPTH: usize = 3;
/// The most that one project shares.
const MOST: usize = 64;
/// What cargo has fetched, below the user's `.cargo` and an attempt's.
const CARGO: [&str; 2] = ["registry", "git"];

/// The part of a configuration that is read here; others read and check the rest.
#[derive(Default, Deserialize)]
#[serde(default)]
struct File {
    attempts: Section,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Section {
    share: Option<Vec<String>>,
}

/// A folder of the user's and where an attempt finds it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Shared {
    below: PathBuf,
    at: Place,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Place {
    Tree(String),
    Scratch(String),
}

/// What a project shares with its attempts, found out once.
#[derive(Debug, Default)]
pub(crate) struct Sharing {
    folders: Vec<Shared>,
    /// Whether an attempt can change for itself what it sees; why this machine can show none of it otherwise.
    way: OnceLock<Result<bool, String>>,
    told: OnceLock<()>,
}

impl Sharing {
    /// Looks for what is there.
    ///
    /// # Errors
    /// When a configuration names what may not be shared.
    pub(crate) fn find(
        project: &Project,
        environment: &Environment,
    ) -> Result<Sharing, SessionError> {
        let mut folders: Vec<Shared> = wanted(project, environment)?
            .into_iter()
            .filter_map(|path| shared(&project.root, path))
            .collect();
        let cargo = environment.home.join(".cargo");
        let fetched = CARGO.iter().map(|name| Shared {
            below: cargo.join(name),
            at: Place::Scratch(format!("cargo/{name}")),
        });
        if project.root.join("Cargo.toml").is_file() {
            folders.extend(fetched.filter(|it| is_plain(&it.below)));
        }
        folders.truncate(MOST);
        Ok(Sharing {
            folders,
            ..Sharing::default()
        })
    }

    /// The overlays by which what runs in `yard` sees all this.
    ///
    /// # Errors
    /// When a folder of the yard cannot be made.
    pub(crate) fn overlays(
        &self,
        sandbox: &Sandbox,
        yard: &Yard,
    ) -> Result<Vec<Overlay>, SessionError> {
        if self.folders.is_empty() {
            return Ok(Vec::new());
        }
        let way = self.way.get_or_init(|| sandbox.overlays(&yard.overlays));
        let Ok(changes) = *way else {
            return Ok(Vec::new());
        };
        let mut overlays = Vec::new();
        for (number, it) in self.folders.iter().enumerate() {
            let (root, path) = match &it.at {
                Place::Tree(path) => (&yard.tree, path),
                Place::Scratch(path) => (&yard.scratch, path),
            };
            let place = RelPath::parse(path).map_err(SessionError::internal)?;
            let at = root.join(path);
            let above = yard.overlays.join(number.to_string());
            // Cargo builds nothing where it cannot write.
            if is_free(&at) && (changes || !at.ends_with("target")) {
                let above = changes.then_some(above.as_path());
                let made = Overlay::prepare(&it.below, above, (root, &place));
                overlays.extend(made.map_err(SessionError::internal)?);
            }
        }
        Ok(overlays)
    }

    /// Where an attempt really finds a file of its worktree that lies in what is shared.
    pub(crate) fn real(&self, path: &Path) -> Option<PathBuf> {
        self.folders.iter().find_map(|it| match &it.at {
            Place::Tree(folder) => Some(it.below.join(path.strip_prefix(folder).ok()?)),
            Place::Scratch(_) => None,
        })
    }

    /// Where the packages of the project's virtual environment are, in the worktree, for a Python of this name.
    pub(crate) fn site_packages(&self, python: &str) -> Option<PathBuf> {
        let name = Path::new(python).canonicalize().ok()?;
        let name = name.file_name()?.to_str()?;
        self.folders.iter().find_map(|it| {
            let Place::Tree(folder) = &it.at else {
                return None;
            };
            let packages = Path::new("lib").join(name).join("site-packages");
            let is_there =
                it.below.join("pyvenv.cfg").is_file() && it.below.join(&packages).is_dir();
            is_there.then(|| Path::new(folder).join(packages))
        })
    }

    /// What a person should know, once: that something is there and this machine cannot show it.
    pub(crate) fn warning(&self) -> Option<String> {
        let why = self.way.get()?.as_ref().err()?;
        self.told.set(()).ok()?;
        let folders = self.folders.iter().filter_map(|it| match &it.at {
            Place::Tree(path) => Some(path.as_str()),
            Place::Scratch(_) => None,
        });
        let folders: Vec<&str> = folders.collect();
        Some(format!(
            "attempts do not see {}: {why}",
            match folders.is_empty() {
                true => "what cargo has fetched".to_owned(),
                false => folders.join(", "),
            }
        ))
    }
}

/// An overlay's place is empty: what a snapshot holds is not covered.
fn is_free(at: &Path) -> bool {
    match at.symlink_metadata() {
        Err(_) => true,
        Ok(found) => found.is_dir() && at.read_dir().is_ok_and(|mut it| it.next().is_none()),
    }
}

fn is_plain(folder: &Path) -> bool {
    folder.is_dir() && folder.canonicalize().is_ok_and(|real| real == folder)
}

fn shared(root: &Path, path: String) -> Option<Shared> {
    let below = root.join(&path);
    // Cargo builds in a folder of its own in every attempt.
    let at = match path.as_str() {
        "target" => Place::Scratch(path),
        _ => Place::Tree(path),
    };
    is_plain(&below).then_some(Shared { below, at })
}

/// The paths that are to be shared, in the project: as configured, else those of the usual ones that are there.
fn wanted(project: &Project, environment: &Environment) -> Result<Vec<String>, SessionError> {
    let theirs = documents::read(project, trust::CONFIG)?;
    if let Some(share) = read(trust::CONFIG, theirs.as_deref().unwrap_or(""))? {
        for path in &share {
            let name = path.rsplit('/').next().unwrap_or(path);
            let is_inside = RelPath::parse(path).is_ok();
            if !is_inside || !KNOWN.contains(&name) && path != "vendor/bundle" {
                return Err(SessionError::input(format!(
                    "{}: attempts.share: {path:?} is none of the folders that tools fill ({}); \
                     others can be named in your own ~/.kiro/config.yaml",
                    trust::CONFIG,
                    KNOWN.join(", ")
                )));
            }
        }
        return Ok(share);
    }
    let (place, own) = documents::own_config(environment)?;
    if let Some(share) = read(&place, &own)? {
        let is_inside = |path: &String| RelPath::parse(path).is_ok();
        return Ok(share.into_iter().filter(is_inside).collect());
    }
    let mut found = Vec::new();
    look(&project.root, "", 0, &mut found);
    Ok(found)
}

fn read(place: &str, text: &str) -> Result<Option<Vec<String>>, SessionError> {
    let file: File = documents::settings(place, text).map_err(SessionError::input)?;
    Ok(file.attempts.share)
}

/// Looks for the usual folders in one of the project's and those beneath it.
fn look(folder: &Path, path: &str, depth: usize, found: &mut Vec<String>) {
    let below = |name: &str| match path {
        "" => name.to_owned(),
        _ => format!("{path}/{name}"),
    };
    let there = USUAL.iter().filter(|it| folder.join(it).is_dir());
    found.extend(there.map(|it| below(it)));
    if depth == DEPTH || found.len() >= MOST {
        return;
    }
    let Ok(entries) = folder.read_dir() else {
        return;
    };
    let mut names: Vec<String> = entries
        .filter_map(|it| {
            it.ok()
                .filter(|it| it.file_type().is_ok_and(|it| it.is_dir()))
        })
        .filter_map(|it| it.file_name().into_string().ok())
        .filter(|it| !it.starts_with('.') && !KNOWN.contains(&it.as_str()))
        .collect();
    names.sort();
    for name in names {
        look(&folder.join(&name), &below(&name), depth + 1, found);
    }
}
