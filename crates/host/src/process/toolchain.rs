//! Where the user's programs are: resolved once, never from the project itself.

use std::collections::HashMap;
use std::env;
use std::ffi::OsStr;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::{LazyLock, Mutex, PoisonError};
use std::time::Duration;

use super::{Command, RunError, direct};

/// No usable interpreter was found.
#[derive(Debug, thiserror::Error)]
pub enum ToolchainError {
    /// There is none on the search path.
    #[error("no python3 was found on PATH; install Python 3, or run where it is on PATH")]
    NoPython,
    /// What is there does not answer.
    #[error("{program} does not answer like Python 3: {detail}")]
    NotPython {
        /// What was asked.
        program: PathBuf,
        /// What came back.
        detail: String,
    },
    /// It cannot be run.
    #[error(transparent)]
    Run(#[from] RunError),
}

/// Variables that a version manager's shim needs to find the interpreter that the user chose.
const SHIM_VARIABLES: &[&str] = &[
    "HOME",
    "CARGO_HOME",
    "PYENV_ROOT",
    "PYENV_VERSION",
    "ASDF_DATA_DIR",
    "ASDF_DIR",
    "MISE_DATA_DIR",
    "RUSTUP_HOME",
    "RUSTUP_TOOLCHAIN",
];

/// The absolute path of the program `name` in the first folder of `path_env` that has it.
///
/// Relative entries are passed over, and so is everything that lies in one of `forbidden_roots` or links
/// into one: a project must not bring its own `git`. The folder is canonical; the last component is left
/// as it is found, since some programs (rustup, volta, busybox) act by the name they are called by.
pub fn find_program(name: &str, path_env: &OsStr, forbidden_roots: &[PathBuf]) -> Option<PathBuf> {
    if name.is_empty() || name.contains(['/', '\0']) {
        return None;
    }
    let forbidden = Forbidden::new(forbidden_roots);
    env::split_paths(path_env)
        .filter(|folder| folder.is_absolute() && !forbidden.covers(folder))
        .filter_map(|folder| fs::canonicalize(folder).ok())
        .map(|folder| folder.join(name))
        .find(|program| is_program(program) && forbidden.allows_target(program))
}

/// The real Python 3 interpreter behind whatever stands for `python3` on the search path, such as a
/// version manager's shim. The answer is kept for the life of the process.
///
/// # Errors
/// When there is none, or what is there does not answer as Python 3 does.
pub fn python(path_env: &OsStr, forbidden_roots: &[PathBuf]) -> Result<PathBuf, ToolchainError> {
    static KNOWN: LazyLock<Mutex<HashMap<PathBuf, PathBuf>>> = LazyLock::new(Mutex::default);
    let shim = ["python3", "python"]
        .iter()
        .find_map(|name| find_program(name, path_env, forbidden_roots))
        .ok_or(ToolchainError::NoPython)?;
    let known = |shim: &Path| {
        let known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(shim).cloned()
    };
    let real = match known(&shim) {
        Some(real) => real,
        None => ask_python(&shim, path_env, forbidden_roots)?,
    };
    let mut all = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    all.insert(shim, real.clone());
    drop(all);
    if Forbidden::new(forbidden_roots).allows_target(&real) {
        Ok(real)
    } else {
        Err(ToolchainError::NoPython)
    }
}

fn ask_python(
    shim: &Path,
    path_env: &OsStr,
    forbidden_roots: &[PathBuf],
) -> Result<PathBuf, ToolchainError> {
    const QUESTION: &str = "import sys; print(sys.version_info[0], sys.executable)";
    let program = shim.to_string_lossy().into_owned();
    let mut command = Command::new([program.as_str(), "-I", "-c", QUESTION], "/");
    command.limits.wall = Duration::from_secs(15);
    command.limits.output_bytes = 16 << 10;
    command.env = shim_variables()
        .chain(search_path(path_env, forbidden_roots))
        .collect();
    let finished = direct::run(&command, &|| false)?;
    let answer = String::from_utf8_lossy(&finished.stdout);
    let real = answer
        .trim_end()
        .strip_prefix("3 ")
        .map(PathBuf::from)
        .filter(|path| path.is_absolute() && is_program(path));
    real.ok_or_else(|| ToolchainError::NotPython {
        program: shim.to_path_buf(),
        detail: format!(
            "{}; {}",
            finished.ended,
            String::from_utf8_lossy(&finished.stderr).trim()
        ),
    })
}

/// What a program of the user's prints when it is asked something, such as its version: its output without
/// white space at the ends, or nothing when it fails. It is asked outside every project.
pub fn answer(
    program: &Path,
    question: &[&str],
    path_env: &OsStr,
    forbidden_roots: &[PathBuf],
) -> Option<String> {
    let program = program.to_str()?;
    let words = std::iter::once(program).chain(question.iter().copied());
    let mut command = Command::new(words, "/");
    command.limits.wall = Duration::from_secs(15);
    command.limits.output_bytes = 16 << 10;
    command.env = shim_variables()
        .chain(search_path(path_env, forbidden_roots))
        .collect();
    let finished = direct::run(&command, &|| false).ok()?;
    let text = String::from_utf8_lossy(&finished.stdout).trim().to_owned();
    finished.ended.success().then_some(text)
}

/// The user's variables by which version managers choose.
fn shim_variables() -> impl Iterator<Item = (String, String)> {
    SHIM_VARIABLES
        .iter()
        .filter_map(|name| Some(((*name).to_owned(), env::var(name).ok()?)))
}

/// The search path without what may not be searched, as a variable for a child.
fn search_path(path_env: &OsStr, forbidden_roots: &[PathBuf]) -> Option<(String, String)> {
    let forbidden = Forbidden::new(forbidden_roots);
    let kept = env::split_paths(path_env).filter(|it| it.is_absolute() && !forbidden.covers(it));
    let path = env::join_paths(kept).ok()?.into_string().ok()?;
    Some(("PATH".to_owned(), path))
}

/// Folders from which nothing is run, as named and as they really are.
struct Forbidden {
    roots: Vec<PathBuf>,
}

impl Forbidden {
    fn new(roots: &[PathBuf]) -> Self {
        let real = roots.iter().filter_map(|root| fs::canonicalize(root).ok());
        Forbidden {
            roots: roots.iter().cloned().chain(real).collect(),
        }
    }

    /// Whether `path`, as named or as it really is, lies in a forbidden folder.
    fn covers(&self, path: &Path) -> bool {
        let within = |path: &Path| self.roots.iter().any(|root| path.starts_with(root));
        within(path) || fs::canonicalize(path).is_ok_and(|real| within(&real))
    }

    fn allows_target(&self, program: &Path) -> bool {
        fs::canonicalize(program).is_ok_and(|real| !self.covers(&real))
    }
}

fn is_program(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|it| it.is_file() && it.permissions().mode() & 0o111 != 0)
}

#[cfg(test)]
mod tests {
    use std::fs::{File, Permissions};

    use super::*;

    fn folder() -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().expect("a folder");
        let root = fs::canonicalize(folder.path()).expect("it exists");
        (folder, root)
    }

    fn program(path: &Path, mode: u32) {
        fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
        let file = File::create(path).expect("a file");
        file.set_permissions(Permissions::from_mode(mode))
            .expect("permissions");
    }

    #[test]
    fn the_first_program_outside_the_project_wins() {
        let (_guard, root) = folder();
        program(&root.join("project/bin/tool"), 0o755);
        program(&root.join("dull/tool"), 0o644);
        program(&root.join("good/tool"), 0o755);
        program(&root.join("later/tool"), 0o755);
        fs::create_dir(root.join("linked")).expect("a folder");
        let link = |to: &Path, from: &str| {
            std::os::unix::fs::symlink(to, root.join(from)).expect("a link");
        };
        link(&root.join("project/bin/tool"), "linked/tool");
        link(&root.join("project/bin"), "linked-folder");
        link(&root.join("good"), "alias");
        let path = env::join_paths(
            [
                "project/bin",
                "linked-folder",
                "linked",
                "dull",
                "missing",
                "alias",
                "later",
            ]
            .map(|it| root.join(it)),
        )
        .expect("a search path");
        let forbidden = [root.join("project")];
        assert_eq!(
            find_program("tool", &path, &forbidden),
            Some(root.join("good/tool"))
        );
        assert_eq!(
            find_program("tool", &path, &[]),
            Some(root.join("project/bin/tool"))
        );
    }

    #[test]
    fn relative_entries_and_strange_names_find_nothing() {
        for path in ["", ".", "bin:.:", "src"] {
            assert_eq!(find_program("sh", OsStr::new(path), &[]), None, "{path:?}");
        }
        for name in ["", "/bin/sh", "../sh", "a\0b", "no-such-program-anywhere"] {
            assert_eq!(
                find_program(name, OsStr::new("/bin"), &[]),
                None,
                "{name:?}"
            );
        }
    }

    #[test]
    fn a_name_that_is_a_link_keeps_its_name() {
        let (_guard, root) = folder();
        program(&root.join("bin/multi"), 0o755);
        std::os::unix::fs::symlink("multi", root.join("bin/tool")).expect("a link");
        let path = root.join("bin").into_os_string();
        assert_eq!(
            find_program("tool", &path, &[]),
            Some(root.join("bin/tool"))
        );
    }

    #[test]
    fn the_interpreter_behind_a_shim_is_found() {
        let path = env::var_os("PATH").unwrap_or_default();
        match python(&path, &[]) {
            Ok(real) => {
                assert!(real.is_absolute() && !real.to_string_lossy().contains("/shims/"));
                assert_eq!(python(&path, &[]).ok(), Some(real));
            }
            Err(error) => assert!(
                find_program("python3", &path, &[]).is_none(),
                "there is a python3, but: {error}"
            ),
        }
    }

    #[test]
    fn programs_answer_or_say_nothing() {
        let ask = |program: &str| answer(Path::new(program), &["a"], OsStr::new("/bin"), &[]);
        assert_eq!(ask("/bin/echo").as_deref(), Some("a"));
        assert_eq!(ask("/bin/false"), None);
        assert_eq!(ask("/bin/no-such-program"), None);
    }

    #[test]
    fn what_is_not_python_is_named() {
        let (_guard, root) = folder();
        std::os::unix::fs::symlink("/bin/echo", root.join("python3")).expect("a link");
        let error = python(root.as_os_str(), &[]).expect_err("echo is not Python");
        assert!(error.to_string().contains("python3"), "{error}");
        let none = python(OsStr::new("/nowhere"), &[]).expect_err("nothing is there");
        assert!(matches!(none, ToolchainError::NoPython), "{none}");
    }
}
