//! The shop: everything an attempt works with, opened once a run.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use change::{Changeset, RelPath};
use engine::CheckPurpose;
use engine::checks::{CheckFile, Report};
use host::process::{Command, Ended, Finished, Limits, Supervisor};
use host::sandbox::{Sandbox, Walls};
use host::shadow::Shadow;
use model::{Cancel, Model, ModelId, Provider, Strategy};
use policy::{Gate, Redactor};

use crate::approvals::Approvals;
use crate::counter::Counter;
use crate::error::SessionError;
use crate::ledger::Ledger;
use crate::models::{self, Chain, Means};
use crate::places::{Environment, Project};
use crate::secrets;
use crate::servers;
use crate::sharing::Sharing;
use crate::written::Written;

/// The arguments by which the program starts itself as the sandbox's supervisor.
pub const SUPERVISOR_ARGUMENT: &str = "__supervise";

/// Wall time of one check, in seconds.
const CHECK_SECONDS: u64 = 60;

/// Wall time of what tries one candidate, in seconds: a candidate that does not end is a common one.
const CANDIDATE_SECONDS: u64 = 5;

/// Wall time of a security scanner, in seconds.
const SCAN_SECONDS: u64 = 300;

/// Memory of one check, in bytes.
const CHECK_MEMORY: u64 = 2 << 30;

/// Processes of one check.
const CHECK_PROCESSES: u32 = 64;

/// The folders of a program that is installed somewhere of its own, such as by a version manager: its `bin`
/// and `lib`, which it needs to read itself, and the file by which a Python knows its virtual environment.
fn installation(argv: &[String]) -> Vec<PathBuf> {
    let bin = argv.first().map(Path::new).and_then(Path::parent);
    let Some(prefix) = bin.filter(|it| it.ends_with("bin")).and_then(Path::parent) else {
        return Vec::new();
    };
    let folders = ["bin", "lib"].map(|it| prefix.join(it));
    let folders = folders.into_iter().filter(|it| is_real_folder(it));
    let environment = prefix.join("pyvenv.cfg");
    folders
        .chain(environment.is_file().then_some(environment))
        .collect()
}

/// What a check of this program may use in so many seconds: a compiler needs more of all.
fn limits(program: &str, seconds: u64) -> Limits {
    let compiles = program.ends_with("/cargo");
    let (seconds, times) = match compiles {
        true => (CHECK_SECONDS.max(seconds) * 4, 4),
        false => (seconds, 1),
    };
    Limits {
        wall: Duration::from_secs(seconds),
        cpu_seconds: seconds,
        memory_bytes: CHECK_MEMORY * if compiles { 2 } else { 1 },
        processes: CHECK_PROCESSES * times,
        ..Limits::default()
    }
}

/// A program of the search path that does not lie in `root`.
fn on_path(name: &str, path: &OsStr, root: &Path) -> Option<String> {
    let found = host::process::toolchain::find_program(name, path, &[root.to_path_buf()])?;
    found.to_str().map(str::to_owned)
}

fn is_real_folder(path: &Path) -> bool {
    path.is_dir() && path.canonicalize().is_ok_and(|it| it == path)
}

/// What attempts and proofs work with. Clones are the same shop, seen from another thread.
#[derive(Clone)]
pub(crate) struct Shop {
    pub(crate) project: Project,
    pub(crate) gate: Gate,
    pub(crate) shadow: Arc<Shadow>,
    pub(crate) sandbox: Sandbox,
    pub(crate) cancel: Cancel,
    /// What policy said, for the journal.
    pub(crate) ledger: Arc<Ledger>,
    /// What a person approved of commands.
    pub(crate) approvals: Arc<Approvals>,
    /// What keeps secrets out of requests and records.
    pub(crate) redactor: Redactor,
    /// What attempts see beside the files of a snapshot.
    pub(crate) sharing: Arc<Sharing>,
    /// Functions that this run wrote, and what they were chosen from.
    pub(crate) written: Arc<Written>,
    environment: Environment,
    chain: Chain,
    /// Whether the work to be proven is there already, so that no model is asked for it.
    proves_others: bool,
    means: Means,
    opened: Arc<Opened>,
    counter: Arc<Counter>,
}

/// What is opened or looked for when it is first needed.
#[derive(Default)]
struct Opened {
    model: Mutex<Option<Arc<dyn Model>>>,
    python: Mutex<Option<PathBuf>>,
    cargo: OnceLock<Option<String>>,
    fleet: Mutex<Option<Option<Arc<mcp::Fleet>>>>,
}

impl Shop {
    /// Opens the shop; nothing slow happens yet.
    ///
    /// # Errors
    /// When git is missing, or there is no sandbox on this system.
    pub(crate) fn open(
        environment: &Environment,
        project: &Project,
        gate: Gate,
        chain: impl Into<Chain>,
        cancel: Cancel,
    ) -> Result<Shop, SessionError> {
        Ok(Shop {
            project: project.clone(),
            gate,
            shadow: Arc::new(open_shadow(environment, project)?),
            sandbox: sandbox(environment),
            cancel,
            ledger: Arc::default(),
            approvals: Arc::new(Approvals::open(project, environment)?),
            redactor: secrets::redactor(project, environment)?,
            sharing: Arc::new(Sharing::find(project, environment)?),
            written: Arc::default(),
            environment: environment.clone(),
            chain: chain.into(),
            proves_others: false,
            means: Means::default(),
            opened: Arc::default(),
            counter: Arc::new(Counter::new(host::machine::cores())),
        })
    }

    /// The same, with these means for its model. Without effect once the model was opened.
    pub(crate) fn within(self, means: Means) -> Shop {
        Shop { means, ..self }
    }

    /// The same, to prove what others did.
    pub(crate) fn proving_others(self, proves_others: bool) -> Shop {
        Shop {
            proves_others,
            ..self
        }
    }

    /// Whether the work to be proven is there already.
    pub(crate) fn proves_others(&self) -> bool {
        self.proves_others
    }

    /// The same for work that `cancel` stops.
    pub(crate) fn stopped_by(&self, cancel: Cancel) -> Shop {
        Shop {
            cancel,
            ..self.clone()
        }
    }

    /// The model, loaded at the first call.
    pub(crate) fn model(&self) -> Result<Arc<dyn Model>, SessionError> {
        let mut slot = self
            .opened
            .model
            .lock()
            .map_err(|_| SessionError::internal("the model's loader failed"))?;
        if let Some(model) = &*slot {
            return Ok(Arc::clone(model));
        }
        let (means, redactor) = (self.means.clone(), self.redactor.clone());
        let model = models::open(
            &self.environment,
            &self.chain,
            means,
            redactor,
            &self.cancel,
        )?;
        *slot = Some(Arc::clone(&model));
        Ok(model)
    }

    /// Whether the model drives by calling tools. Local models do not, so none is loaded to find out.
    pub(crate) fn model_drives(&self) -> Result<bool, SessionError> {
        if self.model_id().provider() == Provider::Local {
            return Ok(false);
        }
        Ok(self.model()?.profile().strategy == Strategy::Tools)
    }

    /// Whether plans of the model are worth reading. Those of local models are not.
    pub(crate) fn model_plans(&self) -> Result<bool, SessionError> {
        if self.model_id().provider() == Provider::Local {
            return Ok(false);
        }
        Ok(self.model()?.profile().writes_plans)
    }

    /// The model's name.
    pub(crate) fn model_id(&self) -> &ModelId {
        &self.chain.first
    }

    /// The model with those that answer in its place.
    pub(crate) fn chain(&self) -> &Chain {
        &self.chain
    }

    /// The servers of the project and the user, one of each for the whole run; none when none is named.
    pub(crate) fn fleet(&self) -> Result<Option<Arc<mcp::Fleet>>, SessionError> {
        let mut slot = self
            .opened
            .fleet
            .lock()
            .map_err(|_| SessionError::internal("the servers could not be named"))?;
        if let Some(fleet) = &*slot {
            return Ok(fleet.clone());
        }
        Ok(slot.insert(servers::fleet(self)?).clone())
    }

    /// What the edge read from the process's environment.
    pub(crate) fn environment(&self) -> &Environment {
        &self.environment
    }

    /// The Python interpreter, resolved at the first call.
    pub(crate) fn python(&self) -> Result<String, SessionError> {
        let mut slot = self
            .opened
            .python
            .lock()
            .map_err(|_| SessionError::internal("python could not be resolved"))?;
        if slot.is_none() {
            let roots = [self.project.root.clone()];
            let found = host::process::toolchain::python(&self.environment.path, &roots)
                .map_err(|error| SessionError::input(error).hint("install Python 3"))?;
            *slot = Some(found);
        }
        let path = slot.as_deref().and_then(Path::to_str);
        path.map(str::to_owned)
            .ok_or_else(|| SessionError::input("the path of python3 is not plain text"))
    }

    /// A program of the user's that a spec names, found outside the project.
    pub(crate) fn program(&self, name: &str) -> Option<String> {
        if name == "python3" || name == "python" {
            return self.python().ok();
        }
        if name == "cargo" {
            let cargo = &self.opened.cargo;
            return cargo.get_or_init(|| self.toolchain_cargo()).clone();
        }
        self.found(name)
    }

    /// The toolchain's own cargo, not the one that chooses a toolchain by what the project says.
    fn toolchain_cargo(&self) -> Option<String> {
        let found = self.found("cargo")?;
        if self.found("rustup").is_none() {
            return Some(found);
        }
        self.answer("rustup", &["which", "cargo"]).or(Some(found))
    }

    fn found(&self, name: &str) -> Option<String> {
        on_path(name, &self.environment.path, &self.project.root)
    }

    /// Finds programs of the user's by name, as [`Shop::program`] does, for whoever outlives the shop.
    pub(crate) fn finder(&self) -> impl Fn(&str) -> Option<String> + Send + Sync + 'static {
        let known = ["python3", "python", "cargo"].map(|it| (it, self.program(it)));
        let (path, root) = (self.environment.path.clone(), self.project.root.clone());
        move |name| match known.iter().find(|(it, _)| *it == name) {
            Some((_, found)) => found.clone(),
            None => on_path(name, &path, &root),
        }
    }

    /// The folders of the interpreters and compilers that commands of an agent may need.
    pub(crate) fn installations(&self) -> Vec<PathBuf> {
        let programs = ["python3", "node", "cargo"];
        let found = programs.iter().filter_map(|it| self.program(it));
        found.flat_map(|it| installation(&[it])).collect()
    }

    /// What a program of the user's answers, asked outside the project.
    pub(crate) fn answer(&self, name: &str, question: &[&str]) -> Option<String> {
        let program = self.program(name)?;
        let roots = [self.project.root.clone()];
        let path = &self.environment.path;
        host::process::toolchain::answer(Path::new(&program), question, path, &roots)
    }

    /// Words whose first one names a program, with the program's absolute path in its place.
    ///
    /// # Errors
    /// When the program is not installed.
    pub(crate) fn resolved(&self, mut words: Vec<String>) -> Result<Vec<String>, SessionError> {
        let Some(name) = words.first_mut() else {
            return Err(SessionError::internal("a check without a program"));
        };
        *name = match name.as_str() {
            "python3" => self.python()?,
            other => self.program(other).ok_or_else(|| {
                SessionError::input(format!(
                    "{other} was not found, and the spec's checks need it"
                ))
                .hint(format!("install {other}, so that it is on your PATH"))
            })?,
        };
        Ok(words)
    }

    /// Writes a file of a yard's worktree, if policy lets an attempt write it.
    pub(crate) fn write(&self, yard: &Yard, path: &str, text: &str) -> Result<(), SessionError> {
        let relative = RelPath::parse(path)
            .map_err(|error| SessionError::input(format!("{path} cannot be written: {error}")))?;
        let verdict = self
            .gate
            .judge_attempt_write(&yard.tree, &relative, text.as_bytes());
        let permit = self.ledger.permitted(format!("write {path}"), verdict)?;
        host::files::write_in(permit, &yard.tree, &relative, text.as_bytes())
            .map_err(SessionError::internal)
    }

    /// Brings what an earlier attempt made, or a part of it, into a yard's worktree.
    pub(crate) fn bring_in(&self, yard: &Yard, changes: &Changeset) -> Result<(), SessionError> {
        let verdict = self.gate.judge_attempt_changes(&yard.tree, changes);
        let act = "bring an earlier attempt into the worktree".to_owned();
        let permit = self.ledger.permitted(act, verdict)?;
        host::files::apply(permit, &yard.tree, changes).map_err(SessionError::input)?;
        Ok(())
    }

    /// Runs a compiled check file by itself; gives the words that ran with what came of them.
    pub(crate) fn check_file(
        &self,
        yard: &Yard,
        file: &CheckFile,
        purpose: CheckPurpose,
    ) -> Result<(Vec<String>, Finished, Report), SessionError> {
        let (argv, seconds) = match purpose {
            CheckPurpose::Candidate => self.trial_of(yard, file)?,
            _ => (file.argv(), CHECK_SECONDS),
        };
        let argv = self.resolved(argv)?;
        let finished = self.limited(yard, argv.clone(), seconds)?;
        let report = file.read_report(
            exit_code(&finished),
            &String::from_utf8_lossy(&finished.stdout),
            &String::from_utf8_lossy(&finished.stderr),
        );
        Ok((argv, finished, report))
    }

    /// How a candidate is tried with a check file: the words that run it, and the seconds it has.
    fn trial_of(&self, yard: &Yard, file: &CheckFile) -> Result<(Vec<String>, u64), SessionError> {
        // The commands of a session are run again for each of them.
        let commands = file.commands();
        let seconds = (CANDIDATE_SECONDS + commands * commands / 8).min(CHECK_SECONDS);
        let Some(limited) = file.limited() else {
            return Ok((file.argv(), seconds));
        };
        self.write(yard, &limited.path, limited.text)?;
        Ok((limited.argv, seconds))
    }

    /// Whether the user has named an editor.
    pub(crate) fn has_editor(&self) -> bool {
        self.environment.editor.is_some()
    }

    /// The user's editor as words, its program resolved outside the project.
    pub(crate) fn editor(&self) -> Result<Option<Vec<String>>, SessionError> {
        let Some(line) = &self.environment.editor else {
            return Ok(None);
        };
        let mut words = line.split_whitespace().map(str::to_owned);
        let Some(name) = words.next() else {
            return Ok(None);
        };
        let program = if Path::new(&name).is_absolute() {
            Some(name.clone())
        } else {
            self.program(&name)
        };
        let program = program.ok_or_else(|| {
            SessionError::input(format!("the editor {name} was not found"))
                .hint("set EDITOR to a program on your PATH")
        })?;
        Ok(Some(std::iter::once(program).chain(words).collect()))
    }

    /// The user's own environment, for programs the user starts.
    pub(crate) fn inherited(&self) -> Vec<(String, String)> {
        self.environment.variables.clone()
    }

    /// Runs a check that Kiro derived from the spec, inside the walls of `yard`.
    pub(crate) fn check(&self, yard: &Yard, argv: Vec<String>) -> Result<Finished, SessionError> {
        self.limited(yard, argv, CHECK_SECONDS)
    }

    /// The same for what watches a candidate, from a fresh folder, so that files written by the way get neither into the worktree nor to the next
    /// candidate.
    pub(crate) fn watch(&self, yard: &Yard, argv: Vec<String>) -> Result<Finished, SessionError> {
        let aside = Yard::fresh(&yard.scratch.join("watched"))?;
        let mut read = installation(&argv);
        read.push(yard.tree.clone());
        let env = self.variables(&aside, &argv, &[]);
        self.confined(&aside, argv, env, read, CANDIDATE_SECONDS)
    }

    /// Runs a scanner of the user's inside the walls of `yard`; `read` are the folders of its data.
    pub(crate) fn scan(
        &self,
        yard: &Yard,
        argv: Vec<String>,
        read: &[PathBuf],
    ) -> Result<Finished, SessionError> {
        let mut folders = installation(&argv);
        folders.extend(read.iter().filter(|it| is_real_folder(it)).cloned());
        let env = self.variables(yard, &argv, &[]);
        self.confined(yard, argv, env, folders, SCAN_SECONDS)
    }

    /// Runs what was written only to be tried, for as long as a candidate may run.
    pub(crate) fn try_out(&self, yard: &Yard, argv: Vec<String>) -> Result<Finished, SessionError> {
        self.limited(yard, argv, CANDIDATE_SECONDS)
    }

    fn limited(
        &self,
        yard: &Yard,
        argv: Vec<String>,
        seconds: u64,
    ) -> Result<Finished, SessionError> {
        let read = installation(&argv);
        let env = self.variables(yard, &argv, &[]);
        self.confined(yard, argv, env, read, seconds)
    }

    /// Runs an acceptance program of the user's, which lies in `folder`, inside the walls of `yard`.
    pub(crate) fn accept(
        &self,
        yard: &Yard,
        argv: Vec<String>,
        folder: PathBuf,
    ) -> Result<Finished, SessionError> {
        let mut read = vec![folder];
        let mut programs = Vec::new();
        for name in ["python3", "node"] {
            if let Some(program) = self.program(name) {
                let program = vec![program];
                read.extend(installation(&program));
                programs.extend(Path::new(&program[0]).parent().map(Path::to_path_buf));
            }
        }
        let env = self.variables(yard, &[], &programs);
        self.confined(yard, argv, env, read, CHECK_SECONDS)
    }

    /// The walls of what runs in `yard`, which may read `read` besides.
    pub(crate) fn walls(&self, yard: &Yard, read: Vec<PathBuf>) -> Result<Walls, SessionError> {
        Ok(Walls {
            write: vec![yard.tree.clone(), yard.scratch.clone()],
            read,
            overlays: self.sharing.overlays(&self.sandbox, yard)?,
            ..Walls::default()
        })
    }

    /// The whole environment of what runs in `yard`.
    pub(crate) fn variables(
        &self,
        yard: &Yard,
        argv: &[String],
        folders: &[PathBuf],
    ) -> Vec<(String, String)> {
        let mut variables = yard.variables(argv, folders);
        if let Some(packages) = self.site_packages() {
            let packages = yard.tree.join(packages).display().to_string();
            variables.push(("PYTHONPATH".to_owned(), packages));
        }
        variables
    }

    /// Where the packages of the project's virtual environment are, in a worktree. Files with paths of its own
    /// (`.pth`) do not act there: they would lead to the project's code instead of the attempt's.
    pub(crate) fn site_packages(&self) -> Option<PathBuf> {
        self.sharing.site_packages(&self.python().ok()?)
    }

    fn confined(
        &self,
        yard: &Yard,
        argv: Vec<String>,
        env: Vec<(String, String)>,
        read: Vec<PathBuf>,
        seconds: u64,
    ) -> Result<Finished, SessionError> {
        let mut gate = self.gate.clone();
        gate.grant_check(argv.clone());
        let verdict = gate.judge_run(&argv, &yard.tree);
        let permit = self
            .ledger
            .permitted(format!("run {}", argv.join(" ")), verdict)?;
        let command = Command {
            env,
            limits: limits(argv.first().map_or("", String::as_str), seconds),
            ..Command::new(argv, yard.tree.clone())
        };
        let walls = self.walls(yard, read)?;
        let cancel = self.cancel.clone();
        let _place = self.counter.take(&self.cancel);
        self.sandbox
            .run(permit, &command, &walls, &move || cancel.is_cancelled())
            .map_err(SessionError::internal)
    }
}

/// A folder that an attempt works in: a worktree and a scratch folder beside it.
#[derive(Clone, Debug)]
pub(crate) struct Yard {
    /// The worktree.
    pub(crate) tree: PathBuf,
    /// Home and temporary folder of what runs.
    pub(crate) scratch: PathBuf,
    /// What is changed of what the project shares; out of reach of what runs.
    pub(crate) overlays: PathBuf,
}

impl Yard {
    /// The yard at `folder`, made empty.
    pub(crate) fn fresh(folder: &Path) -> Result<Yard, SessionError> {
        if folder.exists() {
            host::files::remove_tree(folder).map_err(SessionError::internal)?;
        }
        Yard::standing(folder)
    }

    /// The yard at `folder` as it is.
    pub(crate) fn standing(folder: &Path) -> Result<Yard, SessionError> {
        let yard = Yard {
            tree: folder.join("tree"),
            scratch: folder.join("scratch"),
            overlays: folder.join("overlays"),
        };
        for folder in [&yard.tree, &yard.scratch, &yard.overlays] {
            host::files::ensure_private_folder(folder).map_err(SessionError::internal)?;
        }
        Ok(yard)
    }

    /// The whole environment of what runs here: nothing of the user's comes along.
    fn variables(&self, argv: &[String], folders: &[PathBuf]) -> Vec<(String, String)> {
        let scratch = self.scratch.display().to_string();
        let program = argv.first().map(Path::new).and_then(Path::parent);
        let programs: String = program
            .into_iter()
            .chain(folders.iter().map(PathBuf::as_path))
            .map(|it| format!("{}:", it.display()))
            .collect();
        let above = self
            .tree
            .parent()
            .map_or(String::new(), |it| it.display().to_string());
        [
            ("PATH", format!("{programs}/usr/local/bin:/usr/bin:/bin")),
            ("CARGO_HOME", format!("{scratch}/cargo")),
            ("CARGO_TARGET_DIR", format!("{scratch}/target")),
            ("CARGO_TERM_COLOR", "never".to_owned()),
            ("RUST_BACKTRACE", "0".to_owned()),
            ("HOME", scratch.clone()),
            ("TMPDIR", scratch),
            ("LANG", "C.UTF-8".to_owned()),
            ("PYTHONDONTWRITEBYTECODE", "1".to_owned()),
            ("PYTHONNOUSERSITE", "1".to_owned()),
            ("PYTHONUTF8", "1".to_owned()),
            ("PYTHONHASHSEED", "0".to_owned()),
            ("GIT_CEILING_DIRECTORIES", above),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .to_vec()
    }
}

/// The exit code of what ended by itself.
pub(crate) fn exit_code(finished: &Finished) -> Option<i32> {
    match finished.ended {
        Ended::Code(code) => Some(code),
        _ => None,
    }
}

/// A duration in whole milliseconds.
pub(crate) fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// The sandbox of this system, whose supervisor is this program itself.
pub(crate) fn sandbox(environment: &Environment) -> Sandbox {
    Sandbox::detect_for(supervisor(environment), Some(&environment.home))
}

/// This program, started again to watch over a child.
pub(crate) fn supervisor(environment: &Environment) -> Supervisor {
    Supervisor {
        program: environment.program.clone(),
        args: vec![SUPERVISOR_ARGUMENT.into()],
    }
}

/// The project's shadow repository.
pub(crate) fn open_shadow(
    environment: &Environment,
    project: &Project,
) -> Result<Shadow, SessionError> {
    let roots = [project.root.clone()];
    let git = host::process::toolchain::find_program("git", &environment.path, &roots).ok_or_else(
        || SessionError::input("git was not found").hint("install git 2.39 or newer"),
    )?;
    host::files::ensure_private_folder(&project.state).map_err(SessionError::internal)?;
    Shadow::open(&git, &project.state, &project.root).map_err(SessionError::internal)
}
