//! Where things stand: the project's folder, Kiro's own state, and the model cache. The environment comes in
//! as a value, so that nothing below the edge reads it.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use change::{Digest, RelPath};

use crate::error::SessionError;

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

    /// The project that the current folder lies in: the nearest folder upwards that has `.kiro` or `specs`,
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
        let root = nearest(&[".kiro", "specs"]).or_else(|| nearest(&[".git"]));
        Project::at(root.unwrap_or(cwd), environment)
    }

    /// Names of the specs in the project's `specs` folder, sorted.
    pub fn specs(&self) -> Vec<String> {
        names_in(&self.root.join("specs"))
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
    /// Its path, relative to the project.
    pub path: RelPath,
    /// Its name: the file's, without `.md`.
    pub name: String,
}

impl SpecPlace {
    /// Finds the spec that `wanted` names: a path, or a name in the project's `specs` folder.
    ///
    /// # Errors
    /// When there is no such file.
    pub fn find(wanted: &str, environment: &Environment) -> Result<SpecPlace, SessionError> {
        let direct = environment.cwd.join(wanted);
        if direct.is_file() {
            return SpecPlace::from_file(&direct, environment);
        }
        if direct.is_dir() {
            return Err(SessionError::input(format!(
                "{wanted} is a folder; name the spec's file"
            )));
        }
        let project = Project::around(environment)?;
        let named = project.root.join("specs").join(format!("{wanted}.md"));
        if !wanted.contains(['/', '\\']) && named.is_file() {
            return SpecPlace::from_file(&named, environment);
        }
        let specs = project.root.join("specs");
        let known = names_in(&specs);
        let error = SessionError::input(format!("there is no spec {wanted}"));
        Err(if known.is_empty() {
            error.hint(format!("write one to {}/NAME.md", specs.display()))
        } else {
            error.hint(format!("the specs here are: {}", known.join(", ")))
        })
    }

    /// The spec in `file`.
    ///
    /// # Errors
    /// When the file cannot be resolved or its name is not plain text.
    pub fn from_file(file: &Path, environment: &Environment) -> Result<SpecPlace, SessionError> {
        let fail =
            |why: String| SessionError::input(format!("{} cannot be used: {why}", file.display()));
        let file = file
            .canonicalize()
            .map_err(|error| fail(error.to_string()))?;
        let folder = file
            .parent()
            .ok_or_else(|| fail("it has no folder".into()))?;
        let project = Project::at(project_of(folder), environment)?;
        let inside = file.strip_prefix(&project.root).ok().and_then(Path::to_str);
        let path = inside
            .and_then(|it| RelPath::parse(it).ok())
            .ok_or_else(|| fail("its name is not plain text".into()))?;
        let name = path.file_name().trim_end_matches(".md").to_owned();
        Ok(SpecPlace {
            project,
            path,
            name,
        })
    }

    /// The plan's path, relative to the project.
    pub fn plan(&self) -> String {
        format!("plans/{}-plan.md", self.name)
    }

    /// The tasks file's path, relative to the project.
    pub fn tasks(&self) -> String {
        format!("plans/{}-tasks.md", self.name)
    }
}

/// The folder above `specs`, wherever in it the file lies; else the file's own.
fn project_of(folder: &Path) -> &Path {
    let specs = folder
        .ancestors()
        .find(|it| it.file_name().is_some_and(|name| name == "specs"));
    specs.and_then(Path::parent).unwrap_or(folder)
}

fn names_in(specs: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(specs).into_iter().flatten().flatten();
    let mut names: Vec<String> = entries
        .filter_map(|it| {
            it.file_name()
                .to_str()?
                .strip_suffix(".md")
                .map(str::to_owned)
        })
        .collect();
    names.sort();
    names
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
