//! A hermetic world for tests of the whole binary: its own home, state, cache and project, and scripts for
//! the scripted model, which stands in for a real one in every such test.
//!
//! Development only: nothing that ships depends on it.

mod gguf;
pub mod sim;
mod terminal;

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};
use tempfile::TempDir;

pub use gguf::Gguf;
pub use terminal::Scene;

/// A project in a folder of its own, with everything a run of `kiro` may touch inside it.
pub struct World {
    folder: TempDir,
    kiro: PathBuf,
}

/// What one run of `kiro` gave.
#[must_use = "look at the output or assert the exit code"]
#[derive(Debug)]
pub struct Output {
    /// The exit code; none when a signal ended it.
    pub code: Option<i32>,
    /// What it printed as data.
    pub stdout: String,
    /// What it remarked.
    pub stderr: String,
}

impl World {
    /// An empty project for the binary at `kiro`.
    pub fn new(kiro: &str) -> World {
        let world = World {
            folder: tempfile::tempdir().expect("a temporary folder"),
            kiro: PathBuf::from(kiro),
        };
        for folder in ["home", "project", "scripts"] {
            std::fs::create_dir(world.folder.path().join(folder)).expect("a folder");
        }
        world
    }

    /// The project's folder.
    pub fn project(&self) -> PathBuf {
        self.folder.path().join("project")
    }

    /// The home of the world's user.
    pub fn home(&self) -> PathBuf {
        self.folder.path().join("home")
    }

    /// Writes a file of the project.
    pub fn write(&self, path: &str, text: impl AsRef<[u8]>) {
        let file = self.project().join(path);
        std::fs::create_dir_all(file.parent().expect("a folder")).expect("folders");
        write(&file, text.as_ref());
    }

    /// Writes a program of the project, which may be executed.
    pub fn write_program(&self, path: &str, text: &str) {
        self.write(path, text);
        let file = self.project().join(path);
        std::fs::set_permissions(&file, PermissionsExt::from_mode(0o755)).expect("a mode");
    }

    /// Reads a file of the project.
    pub fn read(&self, path: &str) -> String {
        std::fs::read_to_string(self.project().join(path))
            .unwrap_or_else(|error| panic!("{path}: {error}"))
    }

    /// Reads a file of the project that is no text.
    pub fn read_bytes(&self, path: &str) -> Vec<u8> {
        std::fs::read(self.project().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
    }

    /// Removes a file of the project.
    #[expect(clippy::disallowed_methods, reason = "a test removes what it planted")]
    pub fn remove(&self, path: &str) {
        std::fs::remove_file(self.project().join(path))
            .unwrap_or_else(|error| panic!("{path}: {error}"));
    }

    /// Every file of the project, by path, with its content.
    pub fn files(&self) -> Vec<(String, Vec<u8>)> {
        let root = self.project();
        let (mut found, mut folders) = (Vec::new(), vec![root.clone()]);
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(&folder).expect("a folder").flatten() {
                let path = entry.path();
                if path.is_dir() {
                    folders.push(path);
                    continue;
                }
                let name = path.strip_prefix(&root).expect("inside the project");
                let name = name.to_str().expect("plain text").to_owned();
                found.push((name, std::fs::read(&path).expect("readable")));
            }
        }
        found.sort();
        found
    }

    /// Whether the project has a file.
    pub fn has(&self, path: &str) -> bool {
        self.project().join(path).exists()
    }

    /// Writes a script for the scripted model and gives the model's name. Each line is one reply.
    pub fn script(&self, lines: &[Value]) -> String {
        let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
        let path = self.folder.path().join("scripts/model.jsonl");
        write(&path, text.as_bytes());
        format!("scripted/{}", path.display())
    }

    /// The command `kiro` with these arguments, in this world and nothing else of the machine's user.
    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = self.program(&self.kiro);
        command.args(args);
        command
    }

    /// The command `git` with these arguments, in the same world.
    pub fn git(&self, args: &[&str]) -> Command {
        let mut command = self.program(Path::new("git"));
        command
            .args(["-c", "user.name=A", "-c", "user.email=a@example.org"])
            .args(args)
            .env("GIT_CONFIG_NOSYSTEM", "1");
        command
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "a test starts the programs that it is about"
    )]
    fn program(&self, path: &Path) -> Command {
        let mut command = Command::new(path);
        command
            .current_dir(self.project())
            .env_clear()
            .env("HOME", self.home())
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env(
                "PYENV_ROOT",
                std::env::var_os("PYENV_ROOT").unwrap_or_default(),
            )
            .env("RUSTUP_HOME", rustup_home())
            .stdin(Stdio::null());
        command
    }

    /// Runs `kiro` to its end.
    pub fn kiro(&self, args: &[&str]) -> Output {
        self.run(&mut self.command(args))
    }

    /// Runs a command to its end.
    pub fn run(&self, command: &mut Command) -> Output {
        let output = command.output().expect("kiro starts");
        Output {
            code: output.status.code(),
            stdout: self.plain(&output.stdout),
            stderr: self.plain(&output.stderr),
        }
    }

    /// Starts `kiro` and leaves it running.
    pub fn start(&self, args: &[&str]) -> Child {
        let mut command = self.command(args);
        command.stdout(Stdio::null()).stderr(Stdio::null());
        command.spawn().expect("kiro starts")
    }

    /// Output with this world's folder written as `WORLD`.
    fn plain(&self, bytes: &[u8]) -> String {
        let text = String::from_utf8_lossy(bytes);
        let canonical = self.folder.path().canonicalize().expect("a folder");
        text.replace(&canonical.display().to_string(), "WORLD")
            .replace(&self.folder.path().display().to_string(), "WORLD")
    }
}

/// The SHA-256 of some bytes, as 64 digits.
pub fn sha256(bytes: &[u8]) -> String {
    change::Digest::of(bytes).to_string()
}

/// Where the machine's Rust toolchains are, which the world's own home does not tell.
fn rustup_home() -> std::ffi::OsString {
    std::env::var_os("RUSTUP_HOME").unwrap_or_else(|| {
        let home = std::env::var_os("HOME").unwrap_or_default();
        PathBuf::from(home).join(".rustup").into_os_string()
    })
}

/// Two replies with the same code: the first answer, and the second opinion that few examples ask for.
pub fn two_answers(function: &str, code: &str) -> Vec<Value> {
    two_answers_in("python", function, code)
}

/// The same in another language, named by its fence tag.
pub fn two_answers_in(language: &str, function: &str, code: &str) -> Vec<Value> {
    let reply = json!({"when": function, "reply": format!("```{language}\n{code}\n```")});
    vec![reply.clone(), reply]
}

#[expect(clippy::disallowed_methods, reason = "a test plants its files")]
fn write(path: &Path, bytes: &[u8]) {
    std::fs::write(path, bytes).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
}
