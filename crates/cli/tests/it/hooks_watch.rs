//! `kiro watch`: hooks while a person works.

use std::io::{BufRead, BufReader};
use std::process::{Child, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use serde_json::Value;
use testkit::World;

use crate::hooks::{command_hook, trust};
use crate::world;

struct Watching {
    child: Child,
    lines: Receiver<Value>,
}

impl Watching {
    /// Starts `kiro watch` and waits until it watches.
    fn start(world: &World, quiet_ms: &str) -> Watching {
        let mut command = world.command(&["watch", "--json", "--quiet-ms", quiet_ms]);
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("kiro starts");
        let (out, err) = (
            child.stdout.take().expect("a pipe"),
            child.stderr.take().expect("a pipe"),
        );
        let (sender, lines) = channel();
        std::thread::spawn(move || {
            for line in BufReader::new(out).lines().map_while(Result::ok) {
                let _ = sender.send(serde_json::from_str(&line).expect("JSON"));
            }
        });
        let mut told = BufReader::new(err);
        let mut line = String::new();
        while !line.contains("watching ") {
            line.clear();
            assert!(
                told.read_line(&mut line).expect("reads") > 0,
                "kiro watch ended"
            );
        }
        std::thread::spawn(move || {
            let mut rest = String::new();
            while told.read_line(&mut rest).is_ok_and(|it| it > 0) {}
        });
        Watching { child, lines }
    }

    /// What is told until this is true of what was told.
    fn until(&self, enough: impl Fn(&[Value]) -> bool) -> Vec<Value> {
        let (mut all, end) = (Vec::new(), Instant::now() + Duration::from_secs(60));
        while !enough(&all) {
            let left = end.saturating_duration_since(Instant::now());
            all.push(
                self.lines
                    .recv_timeout(left)
                    .unwrap_or_else(|_| panic!("not enough: {all:#?}")),
            );
        }
        all
    }

    fn stop(mut self) {
        let pid = i32::try_from(self.child.id()).expect("a pid");
        #[expect(clippy::disallowed_methods, reason = "a test ends what it started")]
        let ended = std::process::Command::new("kill")
            .args(["-TERM", &pid.to_string()])
            .status();
        assert!(ended.expect("kill runs").success());
        assert_eq!(self.child.wait().expect("ends").code(), Some(0));
    }
}

fn outcomes(lines: &[Value]) -> Vec<String> {
    let text = |it: &Value| it.as_str().unwrap_or_default().to_owned();
    let ran = |it: &Value| {
        let all = it["ran"].as_array().cloned().unwrap_or_default();
        all.iter()
            .map(|ran| {
                format!(
                    "{} {} {}",
                    text(&ran["event"]),
                    text(&ran["path"]),
                    text(&ran["outcome"])
                )
            })
            .collect::<Vec<_>>()
    };
    lines.iter().flat_map(ran).collect()
}

#[test]
fn saves_creations_renames_and_deletions_are_told() {
    let world = world();
    for event in ["create", "save", "delete", "rename"] {
        let hook = command_hook("true", "")
            .replace("file.save", &format!("file.{event}"))
            .replace("Check", event);
        world.write(&format!(".kiro/hooks/{event}.yaml"), hook);
    }
    world.write("src/old.py", "x = 1\n");
    trust(&world);
    let watching = Watching::start(&world, "50");
    world.write("src/new.py", "y = 1\n");
    let told = watching.until(|all| outcomes(all).len() >= 2);
    assert_eq!(
        outcomes(&told),
        [
            "file.create src/new.py passed",
            "file.save src/new.py passed"
        ]
    );
    std::fs::rename(
        world.project().join("src/old.py"),
        world.project().join("src/moved.py"),
    )
    .expect("moved");
    let told = watching.until(|all| !outcomes(all).is_empty());
    assert_eq!(outcomes(&told), ["file.rename src/moved.py passed"]);
    world.remove("src/moved.py");
    let told = watching.until(|all| !outcomes(all).is_empty());
    assert_eq!(outcomes(&told), ["file.delete src/moved.py passed"]);
    let second = world.kiro(&["watch"]);
    assert_eq!(second.code, Some(3), "one process a folder");
    watching.stop();
}

#[test]
fn a_hook_that_sets_itself_off_ends_after_three() {
    let world = world();
    let more = "  require_approval: false\n";
    world.write(
        ".kiro/hooks/a.yaml",
        command_hook("date +%s%N >> {file_path}", more),
    );
    world.write("src/a.py", "x = 1\n");
    trust(&world);
    let noted = world.kiro(&["validate-hooks"]);
    assert_eq!(noted.code, Some(0), "{}", noted.stdout);
    assert!(
        noted.stdout.contains("may set it off again"),
        "{}",
        noted.stdout
    );
    let watching = Watching::start(&world, "50");
    world.write("src/a.py", "x = 2\n");
    let told = watching.until(|all| outcomes(all).iter().any(|it| it.ends_with("skipped")));
    assert_eq!(
        outcomes(&told),
        [
            "file.save src/a.py passed",
            "file.save src/a.py passed",
            "file.save src/a.py passed",
            "file.save src/a.py skipped"
        ]
    );
    let why = told.last().expect("told")["ran"][3]["why"]
        .as_str()
        .unwrap_or_default()
        .to_owned();
    assert!(why.contains("the chain of hooks ends here"), "{why}");
    std::thread::sleep(Duration::from_millis(600));
    assert!(
        watching.lines.try_recv().is_err(),
        "its own writes are not told again"
    );
    watching.stop();
}

#[test]
fn hook_files_are_read_anew_and_untrusted_ones_do_not_run() {
    let world = world();
    world.write("src/a.py", "x = 1\n");
    let watching = Watching::start(&world, "50");
    world.write(
        ".kiro/hooks/a.yaml",
        command_hook("touch ran.txt", "  require_approval: false\n"),
    );
    std::thread::sleep(Duration::from_millis(500));
    world.write("src/a.py", "x = 2\n");
    let told = watching.until(|all| !outcomes(all).is_empty());
    assert_eq!(outcomes(&told), ["file.save src/a.py skipped"]);
    assert!(!world.has("ran.txt"));
    trust(&world);
    world.write("src/a.py", "x = 3\n");
    let told = watching.until(|all| !outcomes(all).is_empty());
    assert_eq!(outcomes(&told), ["file.save src/a.py passed"]);
    assert!(world.has("ran.txt"));
    watching.stop();
}
