//! `kiro spec new`: a new spec, made of an idea by a model, or from a template for a person to fill in.

mod computed;
mod drafting;
mod ground;
mod kinds;
mod shape;
mod words;

use policy::Gate;
use spec::{Beginning, Dialect, Disk, Layout, NewDocument, Purpose, template};

use crate::documents;
use crate::error::SessionError;
use crate::hooking::{WrittenFile, tell_of_writes};
use crate::metrics::date;
use crate::places::{Environment, OnDisk, Project, SpecPlace};
use crate::run::now;
use crate::specs;
use crate::view::Front;

pub(crate) use drafting::DRAFT;
pub use drafting::{DraftOptions, Drafted, draft_spec};

/// What is to be begun.
#[derive(Clone, Debug)]
pub struct NewSpec {
    /// Its name: letters, digits and hyphens.
    pub name: String,
    /// Its title; made from the name when left out.
    pub title: Option<String>,
    /// What it is for.
    pub purpose: Purpose,
    /// The form that it gets; that of the project's other specs when left out.
    pub dialect: Option<Dialect>,
}

/// Writes a new spec from a template and gives the paths of its documents, relative to the project, the one that holds the
/// requirements first. What is there is never replaced.
///
/// # Errors
/// When the name is none, or a spec of this name is there.
pub fn new_spec(
    wanted: &NewSpec,
    environment: &Environment,
    front: &mut dyn Front,
) -> Result<Vec<String>, SessionError> {
    let project = Project::around(environment)?;
    let dialect = dialect(wanted.dialect, &project, environment)?;
    let name = free_name(&wanted.name, dialect, wanted.purpose, &project, environment)?;
    let day = today();
    let beginning = Beginning {
        dialect,
        purpose: wanted.purpose,
        name: &name,
        idea: "",
        day: &day,
    };
    let title = wanted.title.clone().unwrap_or_else(|| titled(&wanted.name));
    let documents = template(&title, &beginning);
    let gate = documents::gate(&project, environment)?;
    for it in &documents {
        write(&project, &gate, it)?;
    }
    let paths: Vec<String> = documents.into_iter().map(|it| it.path).collect();
    let written: Vec<WrittenFile> = paths.iter().map(|it| (it.clone(), true)).collect();
    tell_of_writes(&project, environment, &written, front)?;
    Ok(paths)
}

/// The form of a new spec: the wanted one, else the one that all specs of the project have, else that of the tool whose folder is
/// there, else the native one.
fn dialect(
    wanted: Option<Dialect>,
    project: &Project,
    environment: &Environment,
) -> Result<Dialect, SessionError> {
    if let Some(wanted) = wanted {
        return Ok(wanted);
    }
    let mut found = specs::all(project, environment)?
        .into_iter()
        // What lies in projects inside this one says nothing of it.
        .filter(|it| it.project.root == project.root)
        .map(|it| match it.layout.dialect {
            // What is new in OpenSpec is a change until it is archived.
            Dialect::OpenSpec => Dialect::OpenSpecChange,
            Dialect::Tasks => Dialect::Native,
            other => other,
        });
    if let Some(first) = found.next() {
        return Ok(match found.all(|it| it == first) {
            true => first,
            false => Dialect::Native,
        });
    }
    let has = |folder: &str| project.root.join(folder).is_dir();
    Ok(match (has(".specify"), has("openspec")) {
        (true, false) => Dialect::SpecKit,
        (false, true) => Dialect::OpenSpecChange,
        _ => Dialect::Native,
    })
}

/// The name that a new spec gets, with the number that its form wants.
///
/// # Errors
/// When `name` is none, or a spec of this name is there.
fn free_name(
    name: &str,
    dialect: Dialect,
    purpose: Purpose,
    project: &Project,
    environment: &Environment,
) -> Result<String, SessionError> {
    let is_name = !name.is_empty()
        && name.len() <= 80
        && name
            .chars()
            .all(|c| c.is_alphanumeric() || c == '-' || c == '_');
    if !is_name {
        return Err(
            SessionError::input(format!("«{name}» is no name for a spec"))
                .hint("use letters, digits and hyphens, such as user-login"),
        );
    }
    let root = format!("{}/", project.root.display());
    let full = match dialect {
        Dialect::SpecKit if number_of(name).is_none() => {
            let folders = OnDisk.folders(&format!("{root}specs/"));
            let last = folders.iter().filter_map(|it| number_of(it)).max();
            if let Some(same) = folders.iter().find(|it| {
                number_of(it).is_some() && it.split_once('-').is_some_and(|(_, own)| own == name)
            }) {
                return Err(taken(same));
            }
            format!("{:03}-{name}", last.unwrap_or(0).saturating_add(1))
        }
        _ => name.to_owned(),
    };
    let beginning = Beginning {
        dialect,
        purpose,
        name: &full,
        idea: "",
        day: "",
    };
    let state = beginning.state(false, false).map(|it| it.path);
    let mut paths = std::iter::once(beginning.path()).chain(state);
    let is_there = paths.any(|it| OnDisk.is_file(&format!("{root}{it}")));
    let is_taken = Layout::of_folder(&format!("{root}.kiro/specs/{full}/"), &OnDisk)
        .is_some_and(|it| matches!(it.dialect, Dialect::Kiro | Dialect::CcSdd));
    if is_there || is_taken || SpecPlace::find(&full, environment).is_ok() {
        return Err(taken(&full));
    }
    Ok(full)
}

/// Writes a document that is new. One that is there by now is not replaced.
fn write(project: &Project, gate: &Gate, it: &NewDocument) -> Result<(), SessionError> {
    match documents::rewrite(project, gate, &it.path, None, &it.text)? {
        true => Ok(()),
        false => Err(SessionError::input(format!(
            "{} was written by somebody else meanwhile",
            it.path
        ))),
    }
}

fn taken(name: &str) -> SessionError {
    SessionError::input(format!("there is a spec {name} already"))
        .hint(format!("`kiro spec show {name}` shows it"))
}

/// The number that Spec Kit puts before a name: 3 of `003-user-login`.
fn number_of(name: &str) -> Option<u32> {
    let (number, _) = name.split_once('-')?;
    let is_number = number.len() >= 3 && number.bytes().all(|it| it.is_ascii_digit());
    is_number.then(|| number.parse().ok()).flatten()
}

/// The day, in the time of Greenwich.
fn today() -> String {
    const DAY_MS: i64 = 86_400_000;
    date(now().div_euclid(DAY_MS))
}

/// A title as a name: a few words with hyphens.
fn name_of(title: &str) -> String {
    const WORDS: usize = 5;
    let words = title.split(|c: char| !c.is_alphanumeric());
    let words: Vec<String> = words
        .filter(|it| !it.is_empty())
        .map(str::to_lowercase)
        .take(WORDS)
        .collect();
    match words.is_empty() {
        true => "idea".to_owned(),
        false => words.join("-"),
    }
}

/// `user-login` as `User login`.
fn titled(name: &str) -> String {
    let words = name.replace(['-', '_'], " ");
    let mut chars = words.chars();
    let first: String = chars
        .next()
        .into_iter()
        .flat_map(char::to_uppercase)
        .collect();
    first + chars.as_str()
}
