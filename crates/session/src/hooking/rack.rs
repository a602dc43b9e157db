//! The hook files of a folder, and the user's own.

use std::path::{Path, PathBuf};

use change::{Digest, RelPath};
use hooks::{Action, Diagnostic, Form, Hook, HookFile, Place, Severity};
use policy::{Gate, Standing, TrustKind};

use crate::documents;
use crate::error::SessionError;
use crate::places::{Environment, Project};

/// Where hook files stand in a project.
pub(crate) const FOLDER: &str = ".kiro/hooks";
/// Largest hook file, in bytes.
pub(super) const FILE_MAX: u64 = 1 << 20;
/// Most hook files that are looked at.
const FILES_MAX: usize = 1_000;

/// Most hooks that are looked at: hooks are compared with each other, and nobody reads as many.
const HOOKS_MAX: usize = 500;

/// One hook file, read.
#[derive(Clone, Debug)]
pub(crate) struct Shelf {
    pub(crate) file: HookFile,
    pub(crate) text: String,
    /// How it stands to what was approved; the user's own files need no approval.
    pub(crate) standing: Standing,
    /// Whether it is the user's own, from Kiro's folder.
    pub(crate) own: bool,
}

impl Shelf {
    /// The file as policy knows it: none for the user's own.
    pub(crate) fn name_for_policy(&self) -> Option<&str> {
        (!self.own).then_some(self.file.path.as_str())
    }

    pub(crate) fn is_trusted(&self) -> bool {
        self.standing == Standing::Trusted
    }
}

/// Every hook file, in the order in which hooks run: the project's by name, then the user's.
#[derive(Clone, Debug)]
pub(crate) struct Rack {
    pub(crate) shelves: Vec<Shelf>,
}

impl Rack {
    /// Reads the hook files of a project and of the user.
    pub(crate) fn read(project: &Project, gate: &Gate, environment: &Environment) -> Rack {
        let mut shelves = Vec::new();
        for path in names(&project.root.join(FOLDER)) {
            let path = format!("{FOLDER}/{path}");
            let bytes = RelPath::parse(&path)
                .ok()
                .map(|it| host::files::read_in(&project.root, &it, FILE_MAX));
            let standing = gate
                .trust()
                .items()
                .iter()
                .find(|(it, _)| it.kind == TrustKind::Hook && it.name == path)
                .map_or(Standing::New, |it| it.1);
            shelves.push(shelf(&path, bytes.and_then(Result::ok), standing, false));
        }
        let own = environment.kiro_home().join("hooks");
        for name in names(&own) {
            let file = own.join(&name);
            let bytes = host::files::read(&file, FILE_MAX).ok();
            shelves.push(shelf(
                &format!("~/.kiro/hooks/{name}"),
                bytes,
                Standing::Trusted,
                true,
            ));
        }
        let mut rack = Rack { shelves };
        rack.compare();
        rack
    }

    /// A single file, wherever it stands in the project.
    pub(crate) fn of_file(
        project: &Project,
        path: &str,
        gate: &Gate,
    ) -> Result<Rack, SessionError> {
        let text = documents::read(project, path)?
            .ok_or_else(|| SessionError::input(format!("there is no hook file {path}")))?;
        let standing = match gate.trusts_hook(path) {
            true => Standing::Trusted,
            false => Standing::New,
        };
        Ok(Rack {
            shelves: vec![shelf(path, Some(text.into_bytes()), standing, false)],
        })
    }

    /// Every hook with its shelf.
    pub(crate) fn hooks(&self) -> impl Iterator<Item = (&Shelf, &Hook)> {
        self.shelves
            .iter()
            .flat_map(|shelf| shelf.file.hooks.iter().map(move |it| (shelf, it)))
    }

    /// Adds what only shows when files are seen together: names that stand twice, and circles.
    fn compare(&mut self) {
        let mut count = 0;
        for shelf in &mut self.shelves {
            count += shelf.file.hooks.len();
            if count > HOOKS_MAX {
                let why =
                    format!("there are more than {HOOKS_MAX} hooks; this file is not looked at");
                shelf.file = HookFile::unreadable(&shelf.file.path, &why);
            }
        }
        let all: Vec<(usize, usize)> = self
            .shelves
            .iter()
            .enumerate()
            .flat_map(|(at, it)| (0..it.file.hooks.len()).map(move |hook| (at, hook)))
            .collect();
        let hook = |at: (usize, usize)| &self.shelves[at.0].file.hooks[at.1];
        let mut notes: Vec<(usize, Diagnostic)> = Vec::new();
        for (index, at) in all.iter().enumerate() {
            let name = &hook(*at).name;
            let first = all[..index]
                .iter()
                .find(|it| hook(**it).name == *name && !name.is_empty());
            if let Some(first) = first {
                let other = &self.shelves[first.0].file.path;
                notes.push((at.0, hook(*at).duplicate_of(other)));
            }
        }
        let listed: Vec<&Hook> = all.iter().map(|it| hook(*it)).collect();
        for circle in hooks::circles(&listed) {
            let names: Vec<&str> = circle
                .hooks
                .iter()
                .map(|it| listed[*it].name.as_str())
                .collect();
            let (shelf, _) = all[circle.hooks[0]];
            notes.push((shelf, listed[circle.hooks[0]].in_circle(&names)));
        }
        for (shelf, note) in notes {
            self.shelves[shelf].file.diagnostics.push(note);
        }
    }
}

/// What is to be said of a hook file of a project that reads so in an editor, beside the others as they stand on the disk.
pub(crate) fn remarks_of(
    project: &Project,
    environment: &Environment,
    read: &HookFile,
    text: &str,
) -> Vec<Diagnostic> {
    let exists = |script: &str| project.root.join(script).exists();
    let missing = read.missing_scripts(text, &exists);
    let own = Shelf {
        file: read.clone(),
        text: text.to_owned(),
        standing: Standing::New,
        own: false,
    };
    // Rules that cannot be read are told where they stand.
    let found = match documents::gate(project, environment) {
        Ok(gate) => {
            let mut rack = Rack::read(project, &gate, environment);
            let before = rack.shelves.iter().position(|it| it.file.path == read.path);
            for shelf in &mut rack.shelves {
                shelf.file.diagnostics.clear();
            }
            match before {
                Some(at) => rack.shelves[at] = own,
                None => rack.shelves.push(own),
            }
            rack.compare();
            let mut shelves = rack.shelves.into_iter();
            shelves.find(|it| it.file.path == read.path)
        }
        Err(_) => Some(own),
    };
    let mut all = found.map_or_else(Vec::new, |it| it.file.diagnostics);
    all.extend(missing);
    all.sort_by_key(|it| (it.span.start, it.severity));
    all
}

fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let files = entries.filter(|it| it.file_type().is_ok_and(|kind| !kind.is_dir()));
    let names = files.filter_map(|it| it.file_name().into_string().ok());
    let mut names: Vec<String> = names
        .filter(|it| HookFile::is_named_so(it))
        .take(FILES_MAX)
        .collect();
    names.sort();
    names
}

fn shelf(path: &str, bytes: Option<Vec<u8>>, standing: Standing, own: bool) -> Shelf {
    let text = bytes.and_then(|it| String::from_utf8(it).ok());
    let file = match &text {
        Some(text) => HookFile::read(path, text),
        None => HookFile::unreadable(
            path,
            "it cannot be read as text, or it is a link or too large",
        ),
    };
    Shelf {
        file,
        text: text.unwrap_or_default(),
        standing,
        own,
    }
}

/// One thing that is wrong with a hook file, or worth knowing.
#[derive(Clone, Debug)]
pub struct Finding {
    /// `error`, `warning` or `note`.
    pub severity: &'static str,
    /// Its kind, as in `unknown-event`.
    pub code: &'static str,
    /// In words.
    pub message: String,
    /// The bytes of the file.
    pub span: std::ops::Range<usize>,
    /// Line, column and the line's text.
    pub place: Place,
}

/// A hook file with what was found in it.
#[derive(Clone, Debug)]
pub struct FileFindings {
    /// Its path.
    pub path: String,
    /// `yaml`, `v1` or `legacy`; none when it could not be told.
    pub form: Option<&'static str>,
    /// Names of its hooks.
    pub hooks: Vec<String>,
    /// What was found.
    pub findings: Vec<Finding>,
}

impl FileFindings {
    /// Whether something is to be mended.
    pub fn is_wrong(&self) -> bool {
        self.findings
            .iter()
            .any(|it| it.severity != Severity::Note.name())
    }
}

/// Reads every hook file, or those that are named, and says what is wrong with them. Nothing is run.
///
/// # Errors
/// When the project or a file that was named cannot be read.
pub fn validate(
    files: &[PathBuf],
    environment: &Environment,
) -> Result<Vec<FileFindings>, SessionError> {
    let project = Project::around(environment)?;
    let gate = documents::gate(&project, environment)?;
    let rack = match files {
        [] => Rack::read(&project, &gate, environment),
        files => {
            let mut shelves = Vec::new();
            for file in files {
                let place = environment.cwd.join(file);
                let bytes = host::files::read(&place, FILE_MAX).map_err(SessionError::input)?;
                let path = place
                    .strip_prefix(&project.root)
                    .unwrap_or(file)
                    .display()
                    .to_string();
                shelves.push(shelf(&path, Some(bytes), Standing::New, false));
            }
            let mut rack = Rack { shelves };
            rack.compare();
            rack
        }
    };
    let exists = |script: &str| project.root.join(script).exists();
    let findings = |shelf: &Shelf| {
        let mut all = shelf.file.diagnostics.clone();
        all.extend(shelf.file.missing_scripts(&shelf.text, &exists));
        all.sort_by_key(|it| (it.span.start, it.severity));
        FileFindings {
            path: shelf.file.path.clone(),
            form: shelf.file.form.map(Form::name),
            hooks: shelf.file.hooks.iter().map(|it| it.name.clone()).collect(),
            findings: all.iter().map(|it| finding(&shelf.text, it)).collect(),
        }
    };
    Ok(rack.shelves.iter().map(findings).collect())
}

fn finding(text: &str, it: &Diagnostic) -> Finding {
    Finding {
        severity: it.severity.name(),
        code: it.code.as_str(),
        message: it.message.clone(),
        span: it.span.clone(),
        place: Place::of(text, it.span.start),
    }
}

/// What a hook file stands for, so that trust in it ends when any of that changes: its bytes, and the scripts of the
/// project that its commands name; with what a person has to see before they trust it.
pub(crate) fn covered(root: &Path, path: &str, bytes: &[u8]) -> (Digest, Vec<String>) {
    let content = |script: &RelPath| host::files::read_in(root, script, FILE_MAX).ok();
    covered_by(path, bytes, &content)
}

/// The same with scripts from wherever they would run.
pub(super) fn covered_by(
    path: &str,
    bytes: &[u8],
    content: &dyn Fn(&RelPath) -> Option<Vec<u8>>,
) -> (Digest, Vec<String>) {
    let text = String::from_utf8_lossy(bytes);
    let file = HookFile::read(path, &text);
    let mut parts = bytes.to_vec();
    let mut shows = Vec::new();
    for hook in &file.hooks {
        let event = hook
            .event
            .map_or("an event that cannot be read", hooks::Event::name);
        let files = hook
            .files_told()
            .map_or(String::new(), |it| format!(" ({it})"));
        let does = match &hook.action {
            Some(Action::Command(command)) => format!("runs «{}»", short(command.text())),
            Some(Action::Agent(prompt)) => format!("asks an agent: {}", short(prompt.text())),
            None => "cannot be read".to_owned(),
        };
        shows.push(format!("on {event}{files} it {does}"));
        for script in hook.scripts() {
            let script_path = RelPath::parse(script.trim_start_matches("./"));
            if let Some(content) = script_path.ok().and_then(|it| content(&it)) {
                shows.push(format!("its script is {script}"));
                parts.extend_from_slice(script.as_bytes());
                parts.extend_from_slice(Digest::of(&content).to_string().as_bytes());
            }
        }
    }
    (Digest::of(&parts), shows)
}

fn short(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(160) {
        Some((at, _)) => format!("{}…", &line[..at]),
        None => line,
    }
}
