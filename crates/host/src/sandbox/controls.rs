//! Trials of the walls on the machine at hand.

pub(super) mod door;

use std::fs::{self, File};
use std::io::{self, Write};
use std::net::TcpListener;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::fs::symlink;
use std::os::unix::net::{SocketAddr, UnixListener};
use std::path::{Path, PathBuf};
use std::process;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use super::probe::{self, ESCAPES, NEEDS, Scene};
use super::{Control, Sandbox, SandboxError};
use crate::process::{Ended, Finished, Limits};

/// No trial takes longer.
const WALL: Duration = Duration::from_secs(10);
/// Time that a trial of the time limit is given.
const SHORT: Duration = Duration::from_millis(150);

/// Runs all trials of `sandbox`, with `scratch` for their files.
pub(super) fn run(sandbox: &Sandbox, scratch: &Path) -> Vec<Control> {
    if let Err(error) = sandbox.layers() {
        return vec![failed("sandbox", "confine a program at all", &error)];
    }
    let mut controls = match Stage::set(sandbox, scratch) {
        Ok(stage) => trials(sandbox, &stage),
        Err(error) => vec![failed("stage", "prepare the trials", &error)],
    };
    if sandbox.opens_doors().is_ok() {
        controls.extend(door::run(sandbox));
    }
    for trial in LIMITS {
        let (name, question) = (trial.name, trial.question);
        controls.push(match (trial.attempt)(sandbox) {
            Ok((held, detail)) => Control {
                name,
                question,
                held,
                detail,
            },
            Err(error) => failed(name, question, &error),
        });
    }
    controls
}

/// Only what one program can try from inside, in one go; for the start of a run.
pub(super) fn escapes(sandbox: &Sandbox, scratch: &Path) -> Vec<Control> {
    if let Err(error) = sandbox.layers() {
        return vec![failed("sandbox", "confine a program at all", &error)];
    }
    match Stage::set(sandbox, scratch) {
        Ok(stage) => trials(sandbox, &stage),
        Err(error) => vec![failed("stage", "prepare the trials", &error)],
    }
}

fn failed(name: &'static str, question: &'static str, error: &dyn ToString) -> Control {
    Control {
        name,
        question,
        held: false,
        detail: error.to_string(),
    }
}

/// The files and listeners that trials go for; gone when this is dropped.
struct Stage {
    _folder: tempfile::TempDir,
    _tcp: TcpListener,
    _unix: [UnixListener; 2],
    scene: Scene,
}

impl Stage {
    fn set(sandbox: &Sandbox, scratch: &Path) -> io::Result<Stage> {
        let folder = tempfile::tempdir_in(scratch)?;
        let root = fs::canonicalize(folder.path())?;
        let (inside, outside) = (root.join("inside"), root.join("outside"));
        fs::create_dir(&inside)?;
        fs::create_dir(&outside)?;
        for name in ["secret", "kept"] {
            File::create_new(outside.join(name))?.write_all(b"secret")?;
        }
        symlink(&outside, inside.join("link"))?;
        let tcp = TcpListener::bind("127.0.0.1:0")?;
        let abstract_name = mark();
        let address = SocketAddr::from_abstract_name(&abstract_name)?;
        let unix = [
            // A long path does not fit into the name of a socket, but a link to its folder does.
            socket_in(&outside)?,
            UnixListener::bind_addr(&address)?,
        ];
        let scene = Scene {
            inside,
            outside,
            home: sandbox
                .home()
                .cloned()
                .unwrap_or_else(|| PathBuf::from("/root")),
            kiro: i32::try_from(process::id()).unwrap_or(1),
            port: tcp.local_addr()?.port(),
            abstract_name,
        };
        Ok(Stage {
            _folder: folder,
            _tcp: tcp,
            _unix: unix,
            scene,
        })
    }
}

fn socket_in(folder: &Path) -> io::Result<UnixListener> {
    let short = tempfile::tempdir()?;
    let link = short.path().join("o");
    symlink(folder, &link)?;
    UnixListener::bind(link.join("socket"))
}

/// A word that no other command line on this machine holds.
fn mark() -> String {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    format!("kiro-control-{}-{count}", process::id())
}

fn trials(sandbox: &Sandbox, stage: &Stage) -> Vec<Control> {
    let words = stage.scene.words();
    let words = std::iter::once(probe::TRIALS).chain(words.iter().map(String::as_str));
    let (mut command, mut walls) = sandbox.probe(words);
    command.limits.wall = WALL;
    walls.write.push(stage.scene.inside.clone());
    let outcome = sandbox.run_permitted(&command, &walls, &|| false);
    let all = NEEDS.iter().chain(ESCAPES);
    match outcome {
        Ok(finished) => all
            .map(|trial| answer(trial.name, trial.question, &finished))
            .collect(),
        Err(error) => all
            .map(|trial| failed(trial.name, trial.question, &error))
            .collect(),
    }
}

/// What the probe says of one trial; that it says nothing is a failure.
fn answer(name: &'static str, question: &'static str, finished: &Finished) -> Control {
    let output = String::from_utf8_lossy(&finished.stdout);
    let line = output.lines().find_map(|line| {
        let (held, detail) = line
            .strip_prefix(name)?
            .strip_prefix('\t')?
            .split_once('\t')?;
        Some((held == "true", detail.to_owned()))
    });
    let (held, detail) = line.unwrap_or_else(|| {
        let said = String::from_utf8_lossy(&finished.stderr);
        (
            false,
            format!("no answer: {}; {}", finished.ended, said.trim()),
        )
    });
    Control {
        name,
        question,
        held,
        detail,
    }
}

type Outcome = Result<(bool, String), SandboxError>;

/// A trial of what happens around a command rather than in it.
struct LimitTrial {
    name: &'static str,
    question: &'static str,
    attempt: fn(&Sandbox) -> Outcome,
}

const LIMITS: [LimitTrial; 6] = [
    limit(
        "survivors",
        "outlive the command in the background",
        survivors,
    ),
    limit("storm", "make processes without end", storm),
    limit("memory", "use more memory than allowed", memory),
    limit("output", "print more than is kept", output),
    limit("time", "ignore every request to end", time),
    limit("input", "wait for input that never comes", input),
];

const fn limit(
    name: &'static str,
    question: &'static str,
    attempt: fn(&Sandbox) -> Outcome,
) -> LimitTrial {
    LimitTrial {
        name,
        question,
        attempt,
    }
}

fn probe(sandbox: &Sandbox, words: &[&str], limits: Limits) -> Result<Finished, SandboxError> {
    let (mut command, walls) = sandbox.probe(words.iter().copied());
    command.limits = limits;
    sandbox.run_permitted(&command, &walls, &|| false)
}

fn limits() -> Limits {
    Limits {
        wall: WALL,
        ..Limits::default()
    }
}

fn survivors(sandbox: &Sandbox) -> Outcome {
    let mark = mark();
    let finished = probe(sandbox, &[probe::LINGER, &mark], limits())?;
    let alive = marked(&mark);
    let ended = finished.ended;
    Ok((
        ended.success() && alive == 0,
        format!("{ended}; {alive} processes left"),
    ))
}

fn storm(sandbox: &Sandbox) -> Outcome {
    let mark = mark();
    let mut few = limits();
    few.processes = 40;
    let ended = probe(sandbox, &[probe::STORM, &mark], few)?.ended;
    let alive = marked(&mark);
    Ok((
        ended == Ended::TooManyProcesses && alive == 0,
        format!("{ended}; {alive} processes left"),
    ))
}

fn memory(sandbox: &Sandbox) -> Outcome {
    let mut little = limits();
    little.memory_bytes = 64 << 20;
    let ended = probe(sandbox, &[probe::SWELL, "2048"], little)?.ended;
    // Where it grows faster than it is looked at, it ends by itself for want of memory.
    Ok((
        !ended.success() && ended != Ended::TimedOut,
        ended.to_string(),
    ))
}

fn output(sandbox: &Sandbox) -> Outcome {
    let mut little = limits();
    little.output_bytes = 64 << 10;
    let finished = probe(sandbox, &[probe::FLOOD, "16384"], little)?;
    let kept = finished.stdout.len();
    let bounded = finished.truncated && kept <= (64 << 10) + 100;
    Ok((bounded, format!("{kept} of 16777216 bytes kept")))
}

fn time(sandbox: &Sandbox) -> Outcome {
    let mut short = limits();
    short.wall = SHORT;
    let finished = probe(sandbox, &[probe::STUBBORN], short)?;
    let detail = format!("{} after {} ms", finished.ended, finished.wall.as_millis());
    Ok((finished.ended == Ended::TimedOut, detail))
}

fn input(sandbox: &Sandbox) -> Outcome {
    let finished = probe(sandbox, &[probe::LISTEN], limits())?;
    let nothing = finished.ended.success() && finished.stdout == b"0";
    Ok((
        nothing,
        format!("{}; its input was at its end", finished.ended),
    ))
}

/// How many processes of this machine have `mark` on their command line.
fn marked(mark: &str) -> usize {
    let Ok(all) = fs::read_dir("/proc") else {
        return 0;
    };
    all.flatten()
        .filter_map(|entry| fs::read(entry.path().join("cmdline")).ok())
        .filter(|line| {
            line.split(|byte| *byte == 0)
                .any(|word| word == mark.as_bytes())
        })
        .count()
}
