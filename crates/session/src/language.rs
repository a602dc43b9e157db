//! What an editor is told about the documents of a project while they are written: remarks with their fixes, lenses, what a
//! word means, where it leads, what could stand there.
//!
//! The texts of open documents are asked for before the disk's. Nothing here changes anything, and nothing fails on a text:
//! what cannot be read is a remark, or nothing.

mod completing;
mod keys;
mod lenses;
mod remarks;
mod words;

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use hooks::HookFile;
use spec::Spec;

use crate::documents;
use crate::error::SessionError;
use crate::places::{Environment, Project, SpecPlace};
use crate::specs;

pub use completing::Completion;
pub use lenses::{Deed, Lens};
pub use remarks::{Remark, TextFix};
pub use words::{Meaning, Spot};

/// How long the list of specs is held for true.
const KNOWN_FOR: Duration = Duration::from_secs(2);

/// The documents of one project, as an editor has them.
pub struct Language {
    environment: Environment,
    project: Project,
    open: BTreeMap<PathBuf, String>,
    known: Option<(Instant, Vec<SpecPlace>)>,
}

/// What a document is.
enum Sort {
    /// A document of a spec.
    Spec(SpecPlace),
    /// Its task list.
    Tasks(SpecPlace),
    /// Its plan.
    Plan(SpecPlace),
    /// A hook file.
    Hook,
    /// `config.yaml`, `governance.yaml` or `permissions.yaml`.
    Config(keys::File),
    /// Anything else.
    Other,
}

impl Language {
    /// The documents of the project around the environment's folder.
    ///
    /// # Errors
    /// When the project cannot be resolved.
    pub fn of(environment: &Environment) -> Result<Language, SessionError> {
        Ok(Language {
            project: Project::around(environment)?,
            environment: environment.clone(),
            open: BTreeMap::new(),
            known: None,
        })
    }

    /// The project's folder.
    pub fn root(&self) -> &Path {
        &self.project.root
    }

    /// A document has this text in the editor, whatever the disk says.
    pub fn open(&mut self, file: &Path, text: String) {
        if self.open.insert(file.to_path_buf(), text).is_none() {
            self.known = None;
        }
    }

    /// A document is as the disk says.
    pub fn close(&mut self, file: &Path) {
        self.open.remove(file);
    }

    /// Files came, went or changed on the disk.
    pub fn forget(&mut self) {
        self.known = None;
    }

    /// The text of a document: the editor's, else the disk's; none when there is none, or it is no text.
    pub fn text(&self, file: &Path) -> Option<String> {
        if let Some(text) = self.open.get(file) {
            return Some(text.clone());
        }
        let path = file.strip_prefix(&self.project.root).ok()?.to_str()?;
        documents::read(&self.project, path).ok().flatten()
    }

    /// The specs of the project.
    fn places(&mut self) -> Vec<SpecPlace> {
        let now = Instant::now();
        let is_old = |at: Instant| now.duration_since(at) > KNOWN_FOR;
        if self.known.as_ref().is_none_or(|it| is_old(it.0)) {
            // A folder that cannot be read has no specs to speak of.
            let found = specs::all(&self.project, &self.environment).unwrap_or_default();
            self.known = Some((now, found));
        }
        self.known.as_ref().map_or_else(Vec::new, |it| it.1.clone())
    }

    fn sort(&mut self, file: &Path) -> Sort {
        let Ok(inside) = file.strip_prefix(&self.project.root) else {
            return Sort::Other;
        };
        let path = inside.to_string_lossy().into_owned();
        if let Some(name) = path.strip_prefix(".kiro/hooks/") {
            return match HookFile::is_named_so(name) {
                true => Sort::Hook,
                false => Sort::Other,
            };
        }
        if let Some(config) = keys::File::of(&path) {
            return Sort::Config(config);
        }
        for place in self.places() {
            let is = |document: &str| place.project.root.join(document) == file;
            match () {
                () if is(&place.tasks()) => return Sort::Tasks(place),
                () if place.layout.documents.iter().any(|it| is(it)) => return Sort::Spec(place),
                () if is(&place.plan()) => return Sort::Plan(place),
                () => {}
            }
        }
        Sort::Other
    }

    /// A document of a spec, with its text and its own values.
    fn documents_of(&self, place: &SpecPlace) -> Vec<Document> {
        let mut all = Vec::new();
        for path in &place.layout.documents {
            if *path == place.tasks() {
                continue;
            }
            let file = place.project.root.join(path);
            let Some(text) = self.text(&file) else {
                continue;
            };
            let spec = Spec::parse(&place.name, &text);
            all.push(Document { file, text, spec });
        }
        all
    }

    fn spec_of(&self, place: &SpecPlace) -> Spec {
        let documents = self.documents_of(place);
        Spec::merged(
            &place.name,
            documents.into_iter().map(|it| it.spec).collect(),
        )
    }

    /// The text of a spec's task list, where there is one.
    fn tasks_of(&self, place: &SpecPlace) -> Option<(PathBuf, String)> {
        let file = place.project.root.join(place.tasks());
        let text = self.text(&file)?;
        Some((file, text))
    }
}

/// A document of a spec.
struct Document {
    file: PathBuf,
    text: String,
    spec: Spec,
}

/// The line that a byte stands on, without its end.
fn line_at(text: &str, at: usize) -> Range<usize> {
    let at = text.floor_char_boundary(at.min(text.len()));
    let start = text[..at].rfind('\n').map_or(0, |it| it + 1);
    let end = text[at..].find('\n').map_or(text.len(), |it| at + it);
    start..start + text[start..end].trim_end_matches('\r').len()
}

/// The word that a byte stands in, or ends: letters, digits and what `more` lets through.
fn word_at(text: &str, at: usize, more: &[char]) -> Range<usize> {
    let at = text.floor_char_boundary(at.min(text.len()));
    let is_part = |c: char| c.is_alphanumeric() || more.contains(&c);
    let before = text[..at].chars().rev().take_while(|c| is_part(*c));
    let after = text[at..].chars().take_while(|c| is_part(*c));
    let start = at - before.map(char::len_utf8).sum::<usize>();
    start..at + after.map(char::len_utf8).sum::<usize>()
}

#[cfg(test)]
mod tests;
