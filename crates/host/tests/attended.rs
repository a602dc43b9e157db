//! Programs that are talked to while they run: real ones, under the real supervisor.
#![cfg(target_os = "linux")]

use std::fs::File;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::time::{Duration, Instant};

use host::process::{Attended, Command, Ended, Limits, RunError, Supervisor, attended};
use policy::{Gate, OwnProgram, Rules, Verdict};

fn start(argv: &[&str]) -> Result<Attended, RunError> {
    let supervisor = Supervisor {
        program: env!("CARGO_BIN_EXE_kiro-supervisor").into(),
        args: Vec::new(),
    };
    let mut command = Command::new(argv.iter().copied(), "/");
    command.limits = Limits::attended();
    let gate = Gate::new(Path::new("/"), Rules::parse(None, None).expect("rules"));
    let Verdict::Allow(permit) = gate.judge_own(OwnProgram::Exec, &command.argv, &command.cwd)
    else {
        panic!("the user's own programs are allowed")
    };
    attended(&supervisor, permit, &command)
}

fn is_alive(pid: &str) -> bool {
    Path::new(&format!("/proc/{pid}")).exists()
}

fn dies(pid: &str) -> bool {
    let since = Instant::now();
    while is_alive(pid) && since.elapsed() < Duration::from_secs(10) {
        std::thread::sleep(Duration::from_millis(5));
    }
    !is_alive(pid)
}

#[test]
fn what_is_said_is_answered_and_the_end_is_told() {
    let mut program = start(&[
        "/bin/sh",
        "-c",
        "while read line; do echo got $line; done; exit 3",
    ])
    .expect("starts");
    let pipes = program.pipes().expect("has pipes");
    assert!(program.pipes().is_none(), "they are given once");
    let mut input = File::from(pipes.input);
    let mut output = BufReader::new(File::from(pipes.output));
    for word in ["one", "two"] {
        writeln!(input, "{word}").expect("taken");
        let mut line = String::new();
        output.read_line(&mut line).expect("answered");
        assert_eq!(line, format!("got {word}\n"));
    }
    assert_eq!(program.ending(Duration::ZERO).expect("runs"), None);
    drop(input);
    let ended = program.ending(Duration::from_secs(20)).expect("told");
    assert_eq!(ended, Some(Ended::Code(3)));
}

#[test]
fn nothing_of_it_outlives_its_owner() {
    let script = "trap '' TERM HUP; (trap '' TERM HUP; setsid sleep 600) & echo $! $$; wait";
    let mut program = start(&["/bin/sh", "-c", script]).expect("starts");
    let pipes = program.pipes().expect("has pipes");
    let mut line = String::new();
    BufReader::new(File::from(pipes.output))
        .read_line(&mut line)
        .expect("says");
    let pids: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
    assert!(pids.iter().all(|it| is_alive(it)), "{line}");
    drop(program);
    assert!(pids.iter().all(|it| dies(it)), "{line}");
}

#[test]
fn what_does_not_start_and_what_complains_is_told() {
    let program = start(&["/nowhere/at/all"]).expect("the supervisor starts");
    let ending = program.ending(Duration::from_secs(20));
    assert!(matches!(ending, Err(RunError::Start { .. })), "{ending:?}");
    let mut program = start(&["/bin/sh", "-c", "echo no config >&2; exit 1"]).expect("starts");
    let pipes = program.pipes().expect("has pipes");
    let mut said = String::new();
    File::from(pipes.error)
        .read_to_string(&mut said)
        .expect("read");
    assert_eq!(said, "no config\n");
    let ended = program.ending(Duration::from_secs(20)).expect("told");
    assert_eq!(ended, Some(Ended::Code(1)));
}
