//! Where things stand: the project's folder, Kiro's own state, and the model cache. The environment comes in
//! as a value, so that nothing below the edge reads it.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use change::{Digest, RelPath};
use spec::{Dialect, Disk, Layout};

use crate::error::SessionError;
use crate::specs;

/// What the edge read from the process's environment.
#[derive(Clone, Debug)]
pub struct Environment {
    /// The folder that relative paths on the command line start from.
    pub cwd: PathBuf,
    /// The user's home.
    pub home: PathBuf,
    /// `KIRO_HOME`, when set.
    pub kiro_home: Option<PathBuf>,
    /// `XDG_CACHE_HOME`, when set.
    pub cache_home: Option<PathBuf>,
    /// `PATH`.
    pub path: OsString,
    /// `KIRO_MODEL`, when set.
    pub model: Option<String>,
    /// `VISUAL` or `EDITOR`, when set.
    pub editor: Option<String>,
    /// Every variable that is plain text, for programs that the user starts.
    pub variables: Vec<(String, String)>,
    /// The running program, which starts itself again as the sandbox's supervisor.
    pub program: PathBuf,
}

impl Environment {
    /// Kiro's own folder of the user.
    pub fn kiro_home(&self) -> PathBuf {
        self.kiro_home
            .clone()
            .unwrap_or_else(|| self.home.join(".kiro"))
    }

    /// A variable that is plain text and not blank.
    pub fn variable(&self, name: &str) -> Option<&str> {
        let found = self.variables.iter().find(|it| it.0 == name);
        found
            .map(|it| it.1.as_str())
            .filter(|it| !it.trim().is_empty())
    }

    /// Where models stand.
    pub fn models(&self) -> PathBuf {
        let cache = self.cache_home.clone();
        cache
            .unwrap_or_else(|| self.home.join(".cache"))
            .join("kiro/models")
    }
}

/// A file's name, say, as a part of other names: ASCII letters and digits, hyphens, and what `keep` lets through;
/// all else becomes an underscore.
pub(crate) fn plain(text: &str, keep: &[char]) -> String {
    let letter = |c: char| match c.is_ascii_alphanumeric() || c == '-' || keep.contains(&c) {
        true => c,
        false => '_',
    };
    text.chars().map(letter).collect()
}

/// A project: one folder with specs.
#[derive(Clone, Debug)]
pub struct Project {
    /// Its canonical folder.
    pub root: PathBuf,
    /// Kiro's state for it, outside of it.
    pub state: PathBuf,
}

impl Project {
    /// The project in `folder`, which must exist.
    ///
    /// # Errors
    /// When the folder cannot be resolved.
    pub fn at(folder: &Path, environment: &Environment) -> Result<Project, SessionError> {
        let root = folder.canonicalize().map_err(|error| {
            SessionError::input(format!(
                "the folder {} cannot be used: {error}",
                folder.display()
            ))
        })?;
        let state = environment
            .kiro_home()
            .join("state")
            .join(state_name(&root));
        Ok(Project { root, state })
    }

    /// The project that the current folder lies in: the nearest folder upwards that has `.kiro`, `specs` or
    /// `openspec`,
    /// else the nearest with `.git`, else the current one.
    ///
    /// # Errors
    /// When the folder cannot be resolved.
    pub fn around(environment: &Environment) -> Result<Project, SessionError> {
        let cwd = &environment.cwd;
        let has = |folder: &Path, names: &[&str]| {
            folder != environment.home && names.iter().any(|name| folder.join(name).exists())
        };
        let nearest = |names: &[&str]| cwd.ancestors().find(|it| has(it, names));
        let root = nearest(&[".kiro", "specs", "openspec"]).or_else(|| nearest(&[".git"]));
        Project::at(root.unwrap_or(cwd), environment)
    }
}

/// A name a person recognises, made unique by the folder's whole path.
fn state_name(root: &Path) -> String {
    let name = root
        .file_name()
        .map_or("root".to_owned(), |it| it.to_string_lossy().into_owned());
    let plain: String = plain(&name, &[]).chars().take(40).collect();
    let digest = Digest::of(root.as_os_str().as_encoded_bytes()).to_string();
    format!("{plain}-{}", &digest[..12])
}

/// A spec that a person named, in its project.
#[derive(Clone, Debug)]
pub struct SpecPlace {
    /// The project it belongs to.
    pub project: Project,
    /// The path of the document that names it, relative to the project.
    pub path: RelPath,
    /// Its name: the file's or folder's.
    pub name: String,
    /// Whose form it has, and where its documents stand.
    pub layout: Layout,
}

impl SpecPlace {
    /// Finds the spec that `wanted` names: the path of one of its documents or of its folder, or a name in the project.
    ///
    /// # Errors
    /// When there is none, or the name means several.
    pub fn find(wanted: &str, environment: &Environment) -> Result<SpecPlace, SessionError> {
        let direct = environment.cwd.join(wanted);
        if direct.is_file() {
            return SpecPlace::from_file(&direct, environment);
        }
        let is_folder = direct.is_dir();
        if is_folder && let Some(place) = SpecPlace::from_folder(&direct, environment)? {
            return Ok(place);
        }
        let project = Project::around(environment)?;
        let known = specs::all(&project, environment)?;
        let is_named =
            |it: &&SpecPlace| it.name == wanted || it.name.rsplit('/').next() == Some(wanted);
        let mut found = known.iter().filter(is_named);
        match (found.next(), found.next()) {
            (Some(only), None) => Ok(only.clone()),
            (Some(one), Some(other)) if one.name == wanted && other.name != wanted => {
                Ok(one.clone())
            }
            (Some(one), Some(other)) => Err(SessionError::input(format!(
                "{wanted} means {} and {}; name the path",
                one.shown(),
                other.shown()
            ))),
            // A package often has the name of its spec, so the name was looked for first.
            (None, _) if is_folder => Err(SessionError::input(format!(
                "{wanted} is a folder; name the spec's file"
            ))),
            (None, _) => Err(unknown(wanted, &project, &known)),
        }
    }

    /// The spec that `file` belongs to.
    ///
    /// # Errors
    /// When the file cannot be resolved or its name is not plain text.
    pub fn from_file(file: &Path, environment: &Environment) -> Result<SpecPlace, SessionError> {
        let file = resolved(file)?;
        SpecPlace::laid_out(Layout::of_file(&file, &OnDisk), environment)
    }

    /// The spec whose folder this is; none when it is no spec's.
    ///
    /// # Errors
    /// When the folder cannot be resolved or its name is not plain text.
    pub fn from_folder(
        folder: &Path,
        environment: &Environment,
    ) -> Result<Option<SpecPlace>, SessionError> {
        let folder = format!("{}/", resolved(folder)?);
        let layout = Layout::of_folder(&folder, &OnDisk);
        layout
            .map(|it| SpecPlace::laid_out(it, environment))
            .transpose()
    }

    fn laid_out(layout: Layout, environment: &Environment) -> Result<SpecPlace, SessionError> {
        let project = Project::at(Path::new(&layout.root), environment)?;
        let main = layout.documents.first().map_or("", String::as_str);
        let path = RelPath::parse(main).map_err(|error| {
            SessionError::input(format!("{}{main} cannot be used: {error}", layout.root))
        })?;
        Ok(SpecPlace {
            project,
            path,
            name: layout.name.clone(),
            layout,
        })
    }

    /// The path of the plan, or of the design that stands for it, relative to the project.
    pub fn plan(&self) -> String {
        self.layout.plan.clone()
    }

    /// The tasks file's path, relative to the project.
    pub fn tasks(&self) -> String {
        self.layout.tasks.clone()
    }

    /// Whether its documents are in another's form, so that what stands there is nobody's to replace.
    pub fn is_foreign(&self) -> bool {
        self.layout.dialect != Dialect::Native
    }

    /// Whether it is a change that was archived: kept, and no longer worked on.
    pub fn is_archived(&self) -> bool {
        self.layout.dialect == Dialect::OpenSpecChange && self.name.starts_with("archive/")
    }

    /// Its name where nothing else has it: the path of the document that names it.
    pub fn shown(&self) -> String {
        self.project
            .root
            .join(self.path.as_str())
            .display()
            .to_string()
    }
}

fn resolved(path: &Path) -> Result<String, SessionError> {
    let fail =
        |why: String| SessionError::input(format!("{} cannot be used: {why}", path.display()));
    let whole = path
        .canonicalize()
        .map_err(|error| fail(error.to_string()))?;
    whole
        .to_str()
        .map(str::to_owned)
        .ok_or_else(|| fail("its name is not plain text".into()))
}

fn unknown(wanted: &str, project: &Project, known: &[SpecPlace]) -> SessionError {
    let error = SessionError::input(format!("there is no spec {wanted}"));
    if known.is_empty() {
        let specs = project.root.join("specs");
        return error.hint(format!("write one to {}/NAME.md", specs.display()));
    }
    let names: Vec<&str> = known.iter().map(|it| it.name.as_str()).take(40).collect();
    error.hint(format!("the specs here are: {}", names.join(", ")))
}

/// The disk, for layouts.
pub(crate) struct OnDisk;

impl Disk for OnDisk {
    fn is_file(&self, path: &str) -> bool {
        Path::new(path).is_file()
    }

    fn folders(&self, path: &str) -> Vec<String> {
        let entries = std::fs::read_dir(path).into_iter().flatten().flatten();
        let folders = entries.filter(|it| it.file_type().is_ok_and(|it| it.is_dir()));
        let mut names: Vec<String> = folders
            .filter_map(|it| it.file_name().into_string().ok())
            .collect();
        names.sort();
        names
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(cwd: &Path) -> Environment {
        Environment {
            cwd: cwd.to_path_buf(),
            home: cwd.join("home"),
            kiro_home: None,
            cache_home: None,
            path: OsString::new(),
            model: None,
            editor: None,
            variables: Vec::new(),
            program: PathBuf::new(),
        }
    }

    #[test]
    fn a_spec_is_found_by_path_and_by_name() {
        let folder = tempfile::tempdir().expect("a folder");
        let root = folder.path().canonicalize().expect("resolves");
        std::fs::create_dir_all(root.join("specs/deep")).expect("made");
        for file in ["specs/a.md", "specs/deep/b.md", "loose.md"] {
            std::fs::File::create(root.join(file)).expect("made");
        }
        let find = |wanted: &str| SpecPlace::find(wanted, &environment(&root));
        let by_name = find("a").expect("found");
        assert_eq!(
            (by_name.path.as_str(), by_name.name.as_str()),
            ("specs/a.md", "a")
        );
        assert_eq!(by_name.plan(), "plans/a-plan.md");
        let deep = find("specs/deep/b.md").expect("found");
        assert_eq!(
            (deep.path.as_str(), &deep.project.root),
            ("specs/deep/b.md", &root)
        );
        // The package that the spec's code stands in often has its name.
        std::fs::create_dir_all(root.join("a")).expect("made");
        assert_eq!(find("a").expect("found").path.as_str(), "specs/a.md");
        assert_eq!(find("loose.md").expect("found").path.as_str(), "loose.md");
        let missing = find("c").expect_err("missing");
        assert_eq!(missing.message, "there is no spec c");
        assert_eq!(missing.hint.as_deref(), Some("the specs here are: a"));
        assert!(
            find("specs")
                .expect_err("a folder")
                .message
                .contains("is a folder")
        );
    }
}
