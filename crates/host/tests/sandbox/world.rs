//! A small machine for one test: a home with keys, a project within walls, a folder outside.

use std::ffi::OsStr;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{self, Child, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use host::process::{Command, Finished, Supervisor, toolchain};
use host::sandbox::{Network, Sandbox, SandboxError, Walls};
use policy::{Gate, OwnProgram, Permit, Rules, Verdict};

/// Which sandbox a test that was started again is to use.
const CHOICE: &str = "KIRO_TEST_LAYERS";
/// Set where a test was started again as an ordinary user.
const ORDINARY: &str = "KIRO_TEST_ORDINARY";

/// A machine for one test.
pub(crate) struct World {
    _guard: tempfile::TempDir,
    pub(crate) supervisor: Supervisor,
    pub(crate) sandbox: Sandbox,
    pub(crate) project: PathBuf,
    pub(crate) outside: PathBuf,
    private: PathBuf,
    choice: &'static str,
}

impl World {
    /// A world with the best sandbox that this machine has.
    pub(crate) fn here() -> World {
        World::with("best")
    }

    fn with(choice: &'static str) -> World {
        let guard = tempfile::tempdir().expect("a folder");
        let root = fs::canonicalize(guard.path()).expect("it exists");
        let [home, project, private, outside, scratch] =
            ["home", "project", "private", "outside", "scratch"].map(|name| root.join(name));
        for folder in [&home.join(".ssh"), &project, &private, &outside, &scratch] {
            fs::create_dir_all(folder).expect("a folder");
        }
        copy("/etc/hosts", &home.join(".ssh/id"));
        let supervisor = Supervisor {
            program: env!("CARGO_BIN_EXE_kiro-supervisor").into(),
            args: Vec::new(),
        };
        let sandbox = match choice {
            "best" => Sandbox::detect_for(supervisor.clone(), Some(&home)),
            "namespaces" => Sandbox::weakened(supervisor.clone(), Some(&home), false),
            _ => Sandbox::weakened(supervisor.clone(), Some(&home), true),
        };
        World {
            _guard: guard,
            supervisor,
            sandbox,
            project,
            outside,
            private,
            choice,
        }
    }

    /// A sandbox whose supervisor is another program.
    pub(crate) fn sandbox_of(&self, program: &str) -> Sandbox {
        let supervisor = Supervisor {
            program: program.into(),
            args: Vec::new(),
        };
        Sandbox::detect_for(supervisor, None)
    }

    pub(crate) fn scratch(&self) -> PathBuf {
        self.outside.with_file_name("scratch")
    }

    /// The variable that makes a test that is started again use this sandbox.
    pub(crate) fn choice(&self) -> (&'static str, &'static str) {
        (CHOICE, self.choice)
    }

    pub(crate) fn has_outer_layer(&self) -> bool {
        let layers = self.sandbox.layers().expect("there is a sandbox");
        !layers[0].name.starts_with("Landlock")
    }

    pub(crate) fn walls(&self) -> Walls {
        // Toolchains of whoever runs the tests, whose home is not the one of this world.
        let python = python().and_then(|it| Some(Path::new(&it).parent()?.parent()?.to_path_buf()));
        let elsewhere = python.filter(|it| !it.starts_with("/usr"));
        Walls {
            write: vec![self.project.clone(), self.private.clone()],
            read: elsewhere.into_iter().collect(),
            hide: Vec::new(),
            overlays: Vec::new(),
            network: Network::None,
        }
    }

    pub(crate) fn command(&self, argv: &[&str]) -> Command {
        let mut command = Command::new(argv.iter().copied(), &self.project);
        let path = "/usr/local/bin:/usr/bin:/bin";
        command.env = self.sandbox.environment(path, &self.private);
        command.limits.wall = Duration::from_secs(60);
        command
    }

    pub(crate) fn shell(&self, script: &str) -> Command {
        self.command(&["/bin/sh", "-c", script])
    }

    pub(crate) fn put(&self, name: &str, text: &str) {
        let mut file = fs::File::create(self.project.join(name)).expect("a file");
        file.write_all(text.as_bytes()).expect("written");
    }

    pub(crate) fn permit(&self, command: &Command) -> Permit {
        let rules = Rules::parse(None, None).expect("no rules are sound rules");
        let mut gate = Gate::new(&self.project, rules);
        gate.grant_check(command.argv.clone());
        match gate.judge_run(&command.argv, &command.cwd) {
            Verdict::Allow(permit) => permit,
            other => panic!("a granted check is allowed: {other:?}"),
        }
    }

    pub(crate) fn try_run(&self, command: &Command) -> Result<Finished, SandboxError> {
        self.sandbox
            .run(self.permit(command), command, &self.walls(), &|| false)
    }

    pub(crate) fn run(&self, command: &Command) -> Finished {
        self.try_run(command)
            .unwrap_or_else(|error| panic!("{}: {error}", self.sandbox.describe()))
    }
}

/// Runs `test`, whose name is `name`, in every set of layers that this machine has, and then all of it
/// again as an ordinary user.
pub(crate) fn as_everyone(name: &str, test: impl Fn(&World)) {
    if let Ok(choice) = std::env::var(CHOICE) {
        let known = ["best", "namespaces", "bare"];
        let choice = known.into_iter().find(|it| *it == choice);
        return test(&World::with(choice.expect("a known choice")));
    }
    let mut seen = Vec::new();
    for choice in ["best", "namespaces", "bare"] {
        let world = World::with(choice);
        let layers = world.sandbox.describe();
        if choice != "best" && world.sandbox.layers().is_err() {
            println!("{choice}: not on this machine: {layers}");
        } else if !seen.contains(&layers) {
            println!("as {}: {layers}", user());
            test(&world);
            seen.push(layers);
        }
    }
    again_as_ordinary_user(name);
}

fn user() -> &'static str {
    if std::env::var_os(ORDINARY).is_some() {
        "an ordinary user"
    } else {
        "the user of the tests"
    }
}

fn is_root() -> bool {
    let status = fs::read_to_string("/proc/self/status").expect("it is there");
    let uid = status.lines().find_map(|line| line.strip_prefix("Uid:"));
    uid.is_some_and(|uid| uid.split_whitespace().nth(1) == Some("0"))
}

#[expect(clippy::disallowed_methods, reason = "starts the test itself again")]
fn again_as_ordinary_user(name: &str) {
    const SETPRIV: &str = "/usr/bin/setpriv";
    if !is_root() {
        println!("not root: run as one user only");
        return;
    }
    if !Path::new(SETPRIV).exists() {
        println!("no setpriv: not run as an ordinary user");
        return;
    }
    let me = std::env::current_exe().expect("it has a path");
    let output = process::Command::new(SETPRIV)
        .args(["--reuid=65534", "--regid=65534", "--clear-groups"])
        .arg(me)
        .args(["--exact", name, "--nocapture"])
        .current_dir("/")
        .env_clear()
        .envs(
            ["PATH", "LLVM_PROFILE_FILE"]
                .iter()
                .filter_map(|name| Some((name, std::env::var_os(name)?))),
        )
        .env(ORDINARY, "1")
        .stdin(Stdio::null())
        .output()
        .expect("setpriv starts");
    let text = [output.stdout, output.stderr].map(|it| String::from_utf8_lossy(&it).into_owned());
    println!("{}", text[0]);
    assert!(
        output.status.success() && text[0].contains("1 passed"),
        "as an ordinary user:\n{}\n{}",
        text[0],
        text[1]
    );
}

/// Runs the test `name` again in a process namespace whose session began outside it, as in a container
/// that was started from a shell; says so when this machine gives no such namespace.
#[expect(clippy::disallowed_methods, reason = "starts the test itself again")]
pub(crate) fn again_in_a_foreign_session(name: &str, env: (&str, &str)) {
    let unshared = |argv: &[&OsStr]| {
        process::Command::new("/usr/bin/unshare")
            .args([
                "--user",
                "--map-root-user",
                "--pid",
                "--fork",
                "--mount-proc",
            ])
            .args(argv)
            .env(env.0, env.1)
            .stdin(Stdio::null())
            .output()
    };
    match unshared(&[OsStr::new("/bin/true")]) {
        Ok(output) if output.status.success() => {}
        other => return println!("no process namespace on this machine: {other:?}"),
    }
    let me = std::env::current_exe().expect("it has a path");
    let words = ["--exact", name, "--nocapture"].map(OsStr::new);
    let argv: Vec<&OsStr> = std::iter::once(me.as_os_str()).chain(words).collect();
    let output = unshared(&argv).expect("it started before");
    let text = [output.stdout, output.stderr].map(|it| String::from_utf8_lossy(&it).into_owned());
    assert!(
        output.status.success() && text[0].contains("1 passed"),
        "in a foreign session:\n{}\n{}",
        text[0],
        text[1]
    );
}

/// Starts the test `name` again in a process of its own.
#[expect(clippy::disallowed_methods, reason = "starts the test itself again")]
pub(crate) fn spawn_again(name: &str, env: &[(&str, &str)]) -> Child {
    process::Command::new(std::env::current_exe().expect("it has a path"))
        .args(["--exact", name, "--nocapture"])
        .envs(env.iter().copied())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("the test starts again")
}

/// A permit for a program of the user's own.
pub(crate) fn own_permit(program: OwnProgram, command: &Command) -> Permit {
    let rules = Rules::parse(None, None).expect("no rules are sound rules");
    let gate = Gate::new(Path::new("/"), rules);
    match gate.judge_own(program, &command.argv, &command.cwd) {
        Verdict::Allow(permit) => permit,
        other => panic!("the user's own programs are allowed: {other:?}"),
    }
}

/// A real Python 3 that this user may run, if there is one.
pub(crate) fn python() -> Option<String> {
    let usual = OsStr::new("/usr/local/bin:/usr/bin:/bin");
    let path = std::env::var_os("PATH").unwrap_or_else(|| usual.to_owned());
    let found = toolchain::python(&path, &[]).or_else(|_| toolchain::python(usual, &[]));
    found.ok()?.into_os_string().into_string().ok()
}

/// Kills the supervisor above the processes that have `mark` on their command line, as the system would
/// when memory is short.
#[expect(clippy::disallowed_methods, reason = "sends a signal")]
pub(crate) fn kill_supervisor(mark: &str) {
    let me = process::id().to_string();
    let mut pid = marked(mark).pop().expect("the command runs");
    // Its keeper may be a copy of it, with the same command line: the supervisor is this process's child.
    while parent(&pid) != me {
        pid = parent(&pid);
        assert_ne!(pid, "1", "there is no supervisor above");
    }
    assert!(command_line(&pid).ends_with(b"\0supervise\0"));
    let status = process::Command::new("/bin/sh")
        .args(["-c", "kill -9 $0", &pid])
        .status()
        .expect("a shell starts");
    assert!(status.success());
}

fn parent(pid: &str) -> String {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).expect("it runs");
    let parent = status.lines().find_map(|it| it.strip_prefix("PPid:"));
    parent.expect("it has one").trim().to_owned()
}

fn command_line(pid: &str) -> Vec<u8> {
    fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default()
}

/// The processes of this machine that have `mark` on their command line.
fn marked(mark: &str) -> Vec<String> {
    let has_mark = |pid: &String| {
        let line = command_line(pid);
        line.split(|byte| *byte == 0)
            .any(|word| word == mark.as_bytes())
    };
    let all = fs::read_dir("/proc").expect("it is there").flatten();
    let names = all.filter_map(|entry| entry.file_name().into_string().ok());
    names.filter(has_mark).collect()
}

/// A word that no other command line on this machine holds.
pub(crate) fn mark() -> String {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    format!("kiro-test-{}-{count}", process::id())
}

/// How many processes of this machine have `mark` on their command line.
pub(crate) fn alive(mark: &str) -> usize {
    marked(mark).len()
}

/// Copies a file with its mode.
#[expect(clippy::disallowed_methods, reason = "makes the files of a test")]
pub(crate) fn copy(from: &str, to: &Path) {
    fs::copy(from, to).expect("it can be copied");
}
