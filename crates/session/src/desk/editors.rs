//! Editors of Code OSS's family: what puts Kiro's extension into one of them and opens the folder there.

use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::time::Duration;

use host::process::{Command, Ended, Limits, interactive, leave, plain};
use policy::OwnProgram;

use super::Desk;
use crate::documents::permitted;
use crate::error::SessionError;
use crate::shop::supervisor;

/// The code-server that is installed where there is none, and the Node that it needs.
const CODE_SERVER: &str = "code-server@4.139.1";
const NODE: &str = "24.22.3";
/// How long one step of an installation may take.
const INSTALL_TIME: Duration = Duration::from_secs(30 * 60);

/// An editor of that family.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Editor {
    /// Visual Studio Code.
    Code,
    /// VSCodium.
    Codium,
    /// Cursor.
    Cursor,
    /// code-server: the editor in a browser, served by this machine.
    CodeServer,
}

/// A code-server that can be started.
#[derive(Clone, Debug)]
pub struct CodeServer {
    argv: Vec<String>,
    /// Where it keeps what it knows; its usual places when it is the user's own.
    kept: Option<PathBuf>,
}

impl Editor {
    fn program(self) -> &'static str {
        match self {
            Editor::Code => "code",
            Editor::Codium => "codium",
            Editor::Cursor => "cursor",
            Editor::CodeServer => "code-server",
        }
    }
}

impl Desk {
    /// Writes the extension where editors find it, with this program's place for it; gives its file.
    ///
    /// # Errors
    /// When Kiro's own folder cannot be written.
    fn lay_extension(&self, extension: &[u8]) -> Result<String, SessionError> {
        let home = self.environment.kiro_home();
        host::files::ensure_private_folder(&home).map_err(SessionError::internal)?;
        let program = self.environment.program.display().to_string();
        let keep = |name: &str, bytes: &[u8]| {
            let file = home.join(name);
            let kept = host::files::replace_own(&file, bytes).map_err(SessionError::internal);
            kept.map(|()| file)
        };
        keep("engine", program.as_bytes())?;
        Ok(keep("kiro.vsix", extension)?.display().to_string())
    }

    /// Puts the extension into an editor that has windows of its own, and opens the folder there when `opens`.
    ///
    /// # Errors
    /// When the editor is not there, or does not take it.
    pub fn put_into(
        &self,
        editor: Editor,
        extension: &[u8],
        opens: bool,
    ) -> Result<(), SessionError> {
        let name = editor.program();
        let program = self.program(name).ok_or_else(|| {
            let why = format!("`{name}` was not found in PATH");
            SessionError::input(why).hint(format!("install the editor, or its command: in its palette, \"Shell Command: Install '{name}' command in PATH\""))
        })?;
        let file = self.lay_extension(extension)?;
        self.install(&[&program, "--install-extension", &file, "--force"])?;
        match opens {
            true => self.start(&[&program, &self.root().display().to_string()]),
            false => Ok(()),
        }
    }

    /// Starts a program that lives on when Kiro ends.
    fn start(&self, argv: &[&str]) -> Result<(), SessionError> {
        let command = Command {
            env: self.environment.variables.clone(),
            ..Command::new(argv.iter().copied(), self.root())
        };
        let verdict = self
            .gate
            .judge_own(OwnProgram::Editor, &command.argv, &command.cwd);
        leave(permitted(verdict)?, &command).map_err(SessionError::internal)
    }

    /// The code-server of this machine, or one that npm brings into Kiro's own folder; `tell` hears what takes long.
    ///
    /// # Errors
    /// When there is none and npm cannot bring one.
    pub fn code_server(&self, tell: &dyn Fn(&str)) -> Result<CodeServer, SessionError> {
        if let Some(program) = self.program(Editor::CodeServer.program()) {
            return Ok(CodeServer {
                argv: vec![program],
                kept: None,
            });
        }
        let folder = self.environment.kiro_home().join("code-server");
        let entry = folder.join("node_modules/code-server");
        let (node, package) = node_package()?;
        let server = CodeServer {
            argv: vec![
                folder.join(node).display().to_string(),
                entry.join("out/node/entry.js").display().to_string(),
            ],
            kept: Some(folder.clone()),
        };
        let stamp = folder.join("installed");
        let wanted = format!("{CODE_SERVER} {package}");
        if std::fs::read_to_string(&stamp).is_ok_and(|it| it == wanted) {
            return Ok(server);
        }
        let npm = self.program("npm").ok_or_else(|| {
            SessionError::input("neither `code-server` nor `npm` was found in PATH")
                .hint("install code-server, or Node with npm, which brings it")
        })?;
        tell(&format!(
            "npm brings {CODE_SERVER} with Node {NODE} into {}: about 1 GB, once",
            folder.display()
        ));
        host::files::ensure_private_folder(&folder).map_err(SessionError::internal)?;
        host::files::replace_own(&folder.join("package.json"), b"{\"private\":true}\n")
            .map_err(SessionError::internal)?;
        self.npm(&npm, &folder, &["install", CODE_SERVER, &package])?;
        // Its own lists of packages, which it would install by a script: none of a package's scripts runs here.
        for part in ["lib/vscode", "lib/vscode/extensions"] {
            self.npm(&npm, &entry.join(part), &["install", "--omit=dev"])?;
        }
        host::files::replace_own(&stamp, wanted.as_bytes()).map_err(SessionError::internal)?;
        Ok(server)
    }

    /// Puts the extension into a code-server.
    ///
    /// # Errors
    /// When it does not take it.
    pub fn put_into_server(
        &self,
        server: &CodeServer,
        extension: &[u8],
    ) -> Result<(), SessionError> {
        let file = self.lay_extension(extension)?;
        let mut argv = server.words();
        argv.extend(["--install-extension".to_owned(), file, "--force".to_owned()]);
        let argv: Vec<&str> = argv.iter().map(String::as_str).collect();
        self.install(&argv)
    }

    /// Serves the folder by a code-server on this machine, at `port`, to who knows `password`, until it ends.
    ///
    /// # Errors
    /// When it does not start, or fails.
    pub fn serve_by(
        &self,
        server: &CodeServer,
        port: u16,
        password: &str,
    ) -> Result<(), SessionError> {
        let mut argv = server.words();
        let address = format!("127.0.0.1:{port}");
        let root = self.root().display().to_string();
        let words = [
            "--auth",
            "password",
            "--bind-addr",
            &address,
            "--disable-telemetry",
            "--disable-update-check",
            "--ignore-last-opened",
            &root,
        ];
        argv.extend(words.map(str::to_owned));
        let mut command = Command::new(argv, self.root());
        command.env = self.environment.variables.clone();
        let program = self.environment.program.display().to_string();
        let ours = [("PASSWORD", password), ("KIRO_ENGINE", &program)];
        command
            .env
            .retain(|it| it.0 != "HASHED_PASSWORD" && ours.iter().all(|own| own.0 != it.0));
        let ours = ours.map(|(name, value)| (name.to_owned(), value.to_owned()));
        command.env.extend(ours);
        let verdict = self
            .gate
            .judge_own(OwnProgram::Editor, &command.argv, &command.cwd);
        let ended = interactive(permitted(verdict)?, &command).map_err(SessionError::internal)?;
        match ended {
            // Ctrl-C is how it is told to end.
            Ended::Code(0 | 130) | Ended::Signal(2 | 15) => Ok(()),
            other => Err(SessionError::internal(format!(
                "code-server ended: {other}"
            ))),
        }
    }

    fn program(&self, name: &str) -> Option<String> {
        let roots = [self.root().to_path_buf()];
        let found = host::process::toolchain::find_program(name, &self.environment.path, &roots)?;
        Some(found.display().to_string())
    }

    fn npm(&self, npm: &str, folder: &Path, words: &[&str]) -> Result<(), SessionError> {
        let fixed = ["--ignore-scripts", "--no-audit", "--no-fund", "--no-save"];
        let argv = [&[npm], words, &fixed].concat();
        self.run_own(OwnProgram::PackageClient, &argv, folder)
    }

    fn install(&self, argv: &[&str]) -> Result<(), SessionError> {
        self.run_own(OwnProgram::Editor, argv, self.root())
    }

    fn run_own(
        &self,
        program: OwnProgram,
        argv: &[&str],
        folder: &Path,
    ) -> Result<(), SessionError> {
        let command = Command {
            env: self.environment.variables.clone(),
            limits: Limits {
                wall: INSTALL_TIME,
                output_bytes: Limits::default().output_bytes,
                ..Limits::attended()
            },
            ..Command::new(argv.iter().copied(), folder)
        };
        let verdict = self.gate.judge_own(program, &command.argv, &command.cwd);
        let watcher = supervisor(&self.environment);
        let ran = plain(&watcher, permitted(verdict)?, &command, &|| false)
            .map_err(SessionError::internal)?;
        if ran.ended.success() {
            return Ok(());
        }
        let said = [&ran.stderr, &ran.stdout].map(|it| String::from_utf8_lossy(it).into_owned());
        let said: Vec<&str> = said.iter().flat_map(|it| it.lines()).collect();
        let last = said[said.len().saturating_sub(12)..].join("\n");
        let line = argv.join(" ");
        Err(SessionError::internal(format!(
            "`{line}` failed, {}:\n{last}",
            ran.ended
        )))
    }
}

impl CodeServer {
    /// The words that every call of it begins with.
    fn words(&self) -> Vec<String> {
        let mut words = self.argv.clone();
        for (option, name) in [
            ("--user-data-dir", "data"),
            ("--extensions-dir", "extensions"),
            ("--config", "config.yaml"),
        ] {
            if let Some(folder) = &self.kept {
                words.push(option.to_owned());
                words.push(folder.join(name).display().to_string());
            }
        }
        words
    }
}

/// Where Node stands below the folder it is installed in, and the package that brings it for this machine.
fn node_package() -> Result<(String, String), SessionError> {
    let system = match std::env::consts::OS {
        "linux" => "linux",
        "macos" => "darwin",
        other => return Err(unknown(other)),
    };
    let processor = match std::env::consts::ARCH {
        "x86_64" => "x64",
        "aarch64" => "arm64",
        other => return Err(unknown(other)),
    };
    let name = format!("node-{system}-{processor}");
    let program = format!("node_modules/{name}/bin/node");
    Ok((program, format!("{name}@{NODE}")))
}

fn unknown(what: &str) -> SessionError {
    SessionError::input(format!("npm brings no Node for {what}"))
        .hint("install code-server yourself, so that it is in PATH")
}

/// A port of this machine that is free now.
///
/// # Errors
/// When the system gives none.
pub fn free_port() -> Result<u16, SessionError> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0));
    let address = listener.and_then(|it| it.local_addr());
    Ok(address.map_err(SessionError::internal)?.port())
}
