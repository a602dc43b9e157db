//! A worktree and a scratch folder, and the toolbox that runs commands in them.

use std::ffi::OsString;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use host::process::{Supervisor, toolchain};
use host::sandbox::{Door, Network, Sandbox, Walls};
use policy::{Gate, Rules};
use serde_json::Value;
use tools::{
    Answer, Consent, Person, Progress, ShellLimits, ShellSetting, Stop, Toolbox, Wish, Workbench,
    Workspace,
};

/// A worktree with a toolbox over it.
pub(crate) struct Yard {
    _held: tempfile::TempDir,
    pub(crate) tree: PathBuf,
    pub(crate) bench: Workbench,
    heard: Mutex<String>,
    opens_doors: Result<(), &'static str>,
}

/// Says yes to everything.
#[derive(Debug)]
pub(crate) struct Anything;

impl Person for Anything {
    fn ask(&self, _: &str, options: &[String], _: Stop<'_>) -> Option<String> {
        options.first().cloned()
    }

    fn approve(&self, _: &Wish, _: Stop<'_>) -> Consent {
        Consent::Once
    }
}

impl Yard {
    pub(crate) fn new() -> Yard {
        Yard::with(Box::new(Anything), None)
    }

    pub(crate) fn with(person: Box<dyn Person>, rules: Option<&str>) -> Yard {
        Yard::through(None, person, rules)
    }

    pub(crate) fn through(
        door: Option<Door>,
        person: Box<dyn Person>,
        rules: Option<&str>,
    ) -> Yard {
        let held = tempfile::tempdir().expect("a folder");
        let root = held.path().canonicalize().expect("it exists");
        let [tree, scratch, home] = ["tree", "scratch", "home"].map(|it| root.join(it));
        for folder in [&tree, &scratch, &home] {
            fs::create_dir(folder).expect("a folder");
        }
        let supervisor = Supervisor {
            program: env!("CARGO_BIN_EXE_kiro-tools-supervisor").into(),
            args: Vec::new(),
        };
        let sandbox =
            Sandbox::detect_for(supervisor, std::env::var_os("HOME").as_ref().map(Path::new));
        let opens_doors = sandbox.opens_doors();
        let env = sandbox.environment(SYSTEM, &scratch);
        let setting = ShellSetting {
            walls: Walls {
                write: vec![tree.clone(), scratch],
                read: python()
                    .and_then(|it| installation(&it))
                    .into_iter()
                    .collect(),
                hide: Vec::new(),
                overlays: Vec::new(),
                network: Network::None,
            },
            sandbox,
            door,
            env,
            find: Box::new(find),
            limits: ShellLimits::default(),
        };
        let mut parsed = Rules::parse(None, None).expect("sound rules");
        // As the user's own, which count at once.
        if let Some(rules) = rules {
            parsed
                .add_permissions("permissions.yaml", rules)
                .expect("sound rules");
        }
        let rules = parsed;
        let workspace = Workspace::open(&tree, &Gate::new(&tree, rules)).expect("it opens");
        Yard {
            _held: held,
            bench: Workbench::writing(workspace, person).with_shell(setting),
            tree,
            heard: Mutex::default(),
            opens_doors,
        }
    }

    /// Whether commands cannot be led to hosts on this machine.
    pub(crate) fn opens_no_doors(&self) -> bool {
        self.opens_doors.is_err()
    }

    pub(crate) fn call(&self, name: &str, arguments: &Value) -> Answer {
        self.call_until(name, arguments, &|| false)
    }

    pub(crate) fn call_until(
        &self,
        name: &str,
        arguments: &Value,
        stop: &(dyn Fn() -> bool + Sync),
    ) -> Answer {
        let on = |progress| {
            if let Progress::Output(text) = progress {
                self.heard.lock().expect("no panic").push_str(&text);
            }
        };
        self.bench.call(name, arguments, stop, &on)
    }

    pub(crate) fn shell(&self, command: &str) -> Answer {
        self.call("shell", &serde_json::json!({"command": command}))
    }

    /// What was shown while calls ran.
    pub(crate) fn heard(&self) -> String {
        self.heard.lock().expect("no panic").clone()
    }

    pub(crate) fn put(&self, name: &str, text: &str) {
        let path = self.tree.join(name);
        fs::create_dir_all(path.parent().expect("it has one")).expect("folders");
        let mut file = fs::File::create(path).expect("a file");
        file.write_all(text.as_bytes()).expect("written");
    }
}

const SYSTEM: &str = "/usr/local/bin:/usr/bin:/bin";

fn path() -> OsString {
    std::env::var_os("PATH").unwrap_or_else(|| SYSTEM.into())
}

/// A real Python 3, if there is one.
pub(crate) fn python() -> Option<String> {
    let found =
        toolchain::python(&path(), &[]).or_else(|_| toolchain::python(SYSTEM.as_ref(), &[]));
    found.ok()?.into_os_string().into_string().ok()
}

fn installation(program: &str) -> Option<PathBuf> {
    let prefix = Path::new(program).parent()?.parent()?;
    (!prefix.starts_with("/usr")).then(|| prefix.to_path_buf())
}

/// A program of whoever runs the tests, without what a version manager puts in front.
pub(crate) fn find(name: &str) -> Option<String> {
    if name == "python3" {
        return python();
    }
    let found = toolchain::find_program(name, &path(), &[])?;
    if name == "cargo"
        && let Some(rustup) = toolchain::find_program("rustup", &path(), &[])
        && let Some(real) = toolchain::answer(&rustup, &["which", "cargo"], &path(), &[])
    {
        return Some(real);
    }
    found.into_os_string().into_string().ok()
}

/// A word that no other command line on this machine holds.
pub(crate) fn mark() -> String {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    format!("kiro-shell-test-{}-{count}", std::process::id())
}

/// How many processes of this machine have `mark` on their command line.
pub(crate) fn alive(mark: &str) -> usize {
    let all = fs::read_dir("/proc").expect("it is there").flatten();
    let lines = all.filter_map(|entry| fs::read(entry.path().join("cmdline")).ok());
    lines
        .filter(|line| line.windows(mark.len()).any(|it| it == mark.as_bytes()))
        .count()
}

/// The most memory that this process has held so far, in bytes.
pub(crate) fn most_memory() -> u64 {
    let status = fs::read_to_string("/proc/self/status").expect("it is there");
    let line = status
        .lines()
        .find_map(|it| it.strip_prefix("VmHWM:"))
        .expect("it says so");
    let kilobytes = line.trim().trim_end_matches("kB").trim();
    kilobytes.parse::<u64>().expect("a number") << 10
}
