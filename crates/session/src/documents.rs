//! The documents people read and edit: specs, plans, tasks and the rules. Read with clear errors, written only
//! through policy.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use change::{Digest, RelPath};
use host::files::FileError;
use policy::{Gate, Permit, Rules, Verdict};
use serde::de::DeserializeOwned;
use spec::Spec;

use crate::error::{Kind, SessionError};
use crate::places::{Environment, Project, SpecPlace};
use crate::trust;

/// Largest document that is read, in bytes.
pub(crate) const DOCUMENT_MAX: u64 = 64 << 20;
/// Largest configuration of the user's, in bytes.
const SETTINGS_MAX: u64 = 1 << 20;

/// Reads a document as text; none when it does not exist. One in Markdown is what models are told, so it may be a link only to
/// another one of the project: a folder's author decides where its links lead.
pub(crate) fn read(project: &Project, path: &str) -> Result<Option<String>, SessionError> {
    let file = project.root.join(path);
    if !file.exists() {
        return Ok(None);
    }
    let bytes = match is_markdown(Path::new(path)) {
        true => read_own(project, path, &file)?,
        false => host::files::read(&file, DOCUMENT_MAX).map_err(SessionError::input)?,
    };
    text(path, bytes).map(Some)
}

/// Removes what dead processes left beside a document.
pub(crate) fn clear_leftovers(project: &Project, path: &str) -> Result<(), SessionError> {
    // A document that is no path of the project, such as one above it, is not Kiro's to write.
    let Ok(path) = RelPath::parse(path) else {
        return Ok(());
    };
    host::files::clear_leftovers(&project.root, &path).map_err(SessionError::input)
}

fn read_own(project: &Project, path: &str, file: &Path) -> Result<Vec<u8>, SessionError> {
    let leads = file
        .canonicalize()
        .map_err(|error| SessionError::input(format!("{path} cannot be read: {error}")))?;
    if !leads.starts_with(&project.root) || !is_markdown(&leads) {
        return Err(SessionError::new(
            Kind::Refused,
            format!(
                "{path} is a link to {}, which is no Markdown file of the project",
                leads.display()
            ),
        )
        .hint("put the document itself there, or name the file that it leads to"));
    }
    let within = leads.strip_prefix(&project.root).ok();
    let within = within.and_then(Path::to_str).unwrap_or(path);
    let relative = RelPath::parse(within).map_err(SessionError::input)?;
    host::files::read_in(&project.root, &relative, DOCUMENT_MAX).map_err(SessionError::input)
}

fn is_markdown(path: &Path) -> bool {
    let extension = path.extension().and_then(|it| it.to_str());
    extension.is_some_and(|it| matches!(it.to_ascii_lowercase().as_str(), "md" | "markdown"))
}

/// The user's own configuration: where it is and what it says; nothing when there is none.
pub(crate) fn own_config(environment: &Environment) -> Result<(String, String), SessionError> {
    let place = environment.kiro_home().join("config.yaml");
    let shown = place.display().to_string();
    if !place.exists() {
        return Ok((shown, String::new()));
    }
    let bytes = host::files::read(&place, SETTINGS_MAX).map_err(SessionError::input)?;
    let text = text(&shown, bytes)?;
    Ok((shown, text))
}

/// What a configuration file says, in YAML's strict reading; one that says nothing holds the defaults.
pub(crate) fn settings<T: Default + DeserializeOwned>(file: &str, text: &str) -> Result<T, String> {
    let blank = |line: &str| line.trim().is_empty() || line.trim_start().starts_with('#');
    if text.lines().all(blank) {
        return Ok(T::default());
    }
    let mut options = serde_saphyr::Options::default();
    options.strict_booleans = true;
    options.merge_keys = serde_saphyr::MergeKeyPolicy::Error;
    serde_saphyr::from_str_with_options(text, options)
        .map_err(|error| format!("{file}: {}", error.to_string().trim_end()))
}

/// Bytes as a document's text.
pub(crate) fn text(path: &str, bytes: Vec<u8>) -> Result<String, SessionError> {
    let binary = bytes.contains(&0);
    let bad = |at: usize| {
        let line = 1 + bytes[..at].iter().filter(|it| **it == b'\n').count();
        format!("{path} is not UTF-8 text (line {line}); save it as UTF-8")
    };
    if binary {
        return Err(SessionError::input(format!(
            "{path} is a binary file, not a document"
        )));
    }
    match std::str::from_utf8(&bytes) {
        Ok(text) => Ok(text.to_owned()),
        Err(error) => Err(SessionError::input(bad(error.valid_up_to()))),
    }
}

/// A spec as it stands on the disk.
pub(crate) struct Written {
    /// Each document's path, text and own values.
    pub(crate) documents: Vec<(String, String, Arc<Spec>)>,
    /// All of them as one.
    pub(crate) spec: Arc<Spec>,
}

impl Written {
    /// All documents as one, without what only each of them holds.
    pub(crate) fn into_spec(self) -> Spec {
        drop(self.documents);
        Arc::unwrap_or_clone(self.spec)
    }
}

/// Reads and parses a spec with all its documents. What is not there, or empty, is no requirement.
pub(crate) fn written(place: &SpecPlace) -> Result<Written, SessionError> {
    let mut documents = Vec::new();
    for path in &place.layout.documents {
        if *path == place.tasks() {
            continue;
        }
        let text = read(&place.project, path)?
            .ok_or_else(|| SessionError::input(format!("there is no spec {path}")))?;
        let spec = Spec::parse(&place.name, &text);
        documents.push((path.clone(), text, Arc::new(spec)));
    }
    // A large one is not held twice.
    let spec = match documents.as_slice() {
        [(_, _, only)] => Arc::clone(only),
        several => {
            let specs = several.iter().map(|(_, _, spec)| Spec::clone(spec));
            Arc::new(Spec::merged(&place.name, specs.collect()))
        }
    };
    Ok(Written { documents, spec })
}

/// Reads and parses a spec, for work on it; one that holds nothing cannot be worked on.
pub(crate) fn spec(place: &SpecPlace) -> Result<(String, Spec), SessionError> {
    let written = written(place)?;
    refuse_empty(place, &written)?;
    let texts: Vec<&str> = written.documents.iter().map(|it| it.1.as_str()).collect();
    Ok((texts.join("\n\n"), written.into_spec()))
}

/// Refuses a spec whose documents hold nothing.
pub(crate) fn refuse_empty(place: &SpecPlace, written: &Written) -> Result<(), SessionError> {
    let documents = &written.documents;
    if !documents.is_empty() && documents.iter().all(|it| it.1.trim().is_empty()) {
        return Err(
            SessionError::input(format!("{} is empty", place.path)).hint(
                "write what you want to have built, with requirements such as «### FR-1: Title»",
            ),
        );
    }
    Ok(())
}

/// The rules of a project, and those of the user.
pub(crate) fn rules(project: &Project, environment: &Environment) -> Result<Rules, SessionError> {
    let config = read(project, trust::CONFIG)?;
    let governance = read(project, ".kiro/governance.yaml")?;
    let mut rules =
        Rules::parse(config.as_deref(), governance.as_deref()).map_err(SessionError::input)?;
    let mut add = |name: &str, text: Option<String>| match text {
        Some(text) => rules
            .add_permissions(name, &text)
            .map_err(SessionError::input),
        None => Ok(()),
    };
    add(trust::PERMISSIONS, read(project, trust::PERMISSIONS)?)?;
    let (name, own) = of_user(environment, "settings/permissions.yaml")?;
    add(&name, own)?;
    let (name, own) = of_user(environment, "config.yaml")?;
    if let Some(own) = own {
        rules
            .add_own_config(&name, &own)
            .map_err(SessionError::input)?;
    }
    Ok(rules)
}

/// A file of the user's own in Kiro's folder, by its whole name; none when it does not exist.
fn of_user(
    environment: &Environment,
    name: &str,
) -> Result<(String, Option<String>), SessionError> {
    let file = environment.kiro_home().join(name);
    let name = file.display().to_string();
    if !file.exists() {
        return Ok((name, None));
    }
    let bytes = host::files::read(&file, DOCUMENT_MAX).map_err(SessionError::input)?;
    let text = text(&name, bytes)?;
    Ok((name, Some(text)))
}

/// The gate of a project: its rules, and what of its own a person has approved.
pub(crate) fn gate(project: &Project, environment: &Environment) -> Result<Gate, SessionError> {
    let rules = rules(project, environment)?;
    let trust = trust::look(project, &rules, environment)?.into_trust();
    let mut gate = Gate::new(&project.root, rules);
    gate.set_trust(trust);
    gate.protect(environment.kiro_home());
    Ok(gate)
}

/// Writes one of Kiro's own documents, if policy allows it.
pub(crate) fn write(
    project: &Project,
    gate: &Gate,
    path: &str,
    text: &str,
) -> Result<(), SessionError> {
    let (permit, file) = prepared(project, gate, path, text)?;
    host::files::write(permit, &file, text.as_bytes()).map_err(not_written)
}

/// As [`write`], over a text that was read: false, and nothing is written, when somebody else has written it meanwhile.
pub(crate) fn rewrite(
    project: &Project,
    gate: &Gate,
    path: &str,
    before: Option<&str>,
    text: &str,
) -> Result<bool, SessionError> {
    let (permit, file) = prepared(project, gate, path, text)?;
    let before = before.map(|it| Digest::of(it.as_bytes()));
    match host::files::write_over(permit, &file, before, text.as_bytes()) {
        Ok(()) => Ok(true),
        Err(FileError::Changed { .. }) => Ok(false),
        Err(error) => Err(not_written(error)),
    }
}

/// A link that leads out of its folder is refused; all else is the machine's.
fn not_written(error: FileError) -> SessionError {
    match error {
        FileError::LeavesFolder { .. } => SessionError::new(Kind::Refused, error.to_string()),
        other => SessionError::internal(other),
    }
}

/// The permit for one of Kiro's own documents, whose folder is then there.
fn prepared(
    project: &Project,
    gate: &Gate,
    path: &str,
    text: &str,
) -> Result<(Permit, PathBuf), SessionError> {
    let relative = RelPath::parse(path).map_err(SessionError::internal)?;
    let is_own = ["plans/", ".kiro/", "specs/"]
        .iter()
        .any(|it| path.starts_with(it));
    let verdict = match is_own {
        true => gate.judge_document(&relative, text.as_bytes()),
        false => gate.judge_foreign_document(&relative, text.as_bytes()),
    };
    let permit = permitted(verdict)?;
    let file = project.root.join(path);
    if let Some(folder) = file.parent() {
        host::files::ensure_folder(folder).map_err(SessionError::internal)?;
    }
    Ok((permit, file))
}

/// The permit of a verdict that allows; where nobody is to be asked, an ask is a refusal.
pub(crate) fn permitted(verdict: Verdict) -> Result<Permit, SessionError> {
    match verdict {
        Verdict::Allow(permit) => Ok(permit),
        Verdict::Ask(ask) => Err(refused(&ask.reasons)),
        Verdict::Deny(reasons) => Err(refused(&reasons)),
    }
}

/// A gate with the built-in rules alone, for folders without rules of their own.
pub(crate) fn built_in_gate(root: &Path) -> Result<Gate, SessionError> {
    let rules = Rules::parse(None, None).map_err(SessionError::internal)?;
    Ok(Gate::new(root, rules))
}

/// A refusal in the rules' words.
pub(crate) fn refused(reasons: &[policy::Reason]) -> SessionError {
    let text: Vec<String> = reasons.iter().map(ToString::to_string).collect();
    SessionError::new(Kind::Refused, text.join("; "))
}

/// Whether a path exists in the project.
pub(crate) fn exists(root: &Path, path: &str) -> bool {
    root.join(path).symlink_metadata().is_ok()
}
