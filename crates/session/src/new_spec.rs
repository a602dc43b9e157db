//! `kiro spec new`: a new spec, made of an idea by a model, or from a template for a person to fill in.

mod computed;
mod drafting;
mod ground;
mod kinds;
mod shape;
mod words;

use spec::{Dialect, Disk, Layout, Purpose, template};

use crate::documents;
use crate::error::SessionError;
use crate::hooking::tell_of_writes;
use crate::places::{Environment, OnDisk, Project, SpecPlace};
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
    /// In Kiro's own folder form; otherwise `specs/NAME.md`.
    pub in_kiro_form: bool,
}

/// Writes a new spec from a template and gives its path, relative to the project. What is there is never replaced.
///
/// # Errors
/// When the name is none, or a spec of this name is there.
pub fn new_spec(
    wanted: &NewSpec,
    environment: &Environment,
    front: &mut dyn Front,
) -> Result<String, SessionError> {
    let project = Project::around(environment)?;
    let file = free_place(wanted, &project, environment)?;
    let title = wanted.title.clone().unwrap_or_else(|| titled(&wanted.name));
    let text = template(&title, wanted.purpose, wanted.in_kiro_form);
    let gate = documents::gate(&project, environment)?;
    documents::write(&project, &gate, &file, &text)?;
    tell_of_writes(&project, environment, &[(file.clone(), true)], front)?;
    Ok(file)
}

/// Where a new spec is to stand, relative to the project.
///
/// # Errors
/// When the name is none, or a spec of this name is there.
fn free_place(
    wanted: &NewSpec,
    project: &Project,
    environment: &Environment,
) -> Result<String, SessionError> {
    let name = &wanted.name;
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
    let file = match (wanted.in_kiro_form, wanted.purpose) {
        (true, Purpose::Bugfix) => format!(".kiro/specs/{name}/bugfix.md"),
        (true, _) => format!(".kiro/specs/{name}/requirements.md"),
        (false, _) => format!("specs/{name}.md"),
    };
    let root = format!("{}/", project.root.display());
    let folder = format!("{root}.kiro/specs/{name}/");
    let taken = OnDisk.is_file(&format!("{root}{file}"))
        || Layout::of_folder(&folder, &OnDisk).is_some_and(|it| it.dialect == Dialect::Kiro);
    if taken || SpecPlace::find(name, environment).is_ok() {
        return Err(
            SessionError::input(format!("there is a spec {name} already"))
                .hint(format!("`kiro spec show {name}` shows it")),
        );
    }
    Ok(file)
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
