//! Escapes that must fail and programs that must run, as root and as an ordinary user, in every set of
//! layers that this machine has.

#![cfg(target_os = "linux")]
#![expect(
    clippy::print_stdout,
    reason = "a test says aloud what this machine did not let it try"
)]

#[path = "sandbox/door.rs"]
mod door;
#[path = "sandbox/world.rs"]
mod world;

use std::fs;
use std::io::Write;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use change::RelPath;
use host::process::{Channel, Command, Ended, RunError, Watch, interactive, plain};
use host::sandbox::{Network, Overlay, SandboxError, WallsError};
use policy::OwnProgram;
use world::{
    World, again_in_a_foreign_session, alive, as_everyone, copy, kill_supervisor, mark, own_permit,
    python, spawn_again,
};

#[test]
fn every_control_holds() {
    as_everyone("every_control_holds", |world| {
        let controls = world.sandbox.controls(&world.scratch());
        let leaks: Vec<_> = controls.iter().filter(|it| !it.held).collect();
        assert!(leaks.is_empty(), "{}: {leaks:#?}", world.sandbox.describe());
        assert!(controls.len() > 40, "{}", controls.len());
        let left = fs::read_dir(world.scratch()).expect("it exists").count();
        assert_eq!(left, 0, "the controls left files behind");
    });
}

#[test]
fn a_command_runs_within_its_walls_and_says_what_it_has_to_say() {
    as_everyone(
        "a_command_runs_within_its_walls_and_says_what_it_has_to_say",
        |world| {
            let mut command = world.shell("cat; echo \"$A\" >&2; echo made > made; exit 3");
            command.stdin = Some(b"given".to_vec());
            command.env.push(("A".into(), "b  c".into()));
            let finished = world.run(&command);
            assert_eq!(finished.ended, Ended::Code(3));
            assert_eq!(finished.stdout, b"given");
            assert_eq!(finished.stderr, b"b  c\n");
            let made = fs::read_to_string(world.project.join("made")).expect("it was made");
            assert_eq!(made, "made\n");
            let finished = world.run(&world.shell("kill -9 $$"));
            assert_eq!(finished.ended, Ended::Signal(9));
            let mut bare = Command::new(["/usr/bin/env"], &world.project);
            bare.env = vec![("ONLY".into(), "this".into())];
            assert_eq!(world.run(&bare).stdout, b"ONLY=this\n");
        },
    );
}

#[test]
fn a_folder_laid_over_another_is_seen_and_never_changed() {
    as_everyone(
        "a_folder_laid_over_another_is_seen_and_never_changed",
        |world| {
            if !world.has_outer_layer() {
                let why = world.sandbox.overlays(&world.scratch());
                assert!(why.expect_err("no namespaces").contains("namespaces"));
                return;
            }
            let changes = match world.sandbox.overlays(&world.scratch()) {
                Ok(changes) => changes,
                Err(why) => panic!("nothing can be shown: {why}"),
            };
            let below = world.outside.join("of, the: user\\s");
            fs::create_dir_all(below.join("deep")).expect("a folder");
            for name in ["deep/library", "gone"] {
                let mut file = fs::File::create(below.join(name)).expect("a file");
                file.write_all(b"theirs\n").expect("written");
            }
            let above = world.scratch().join("above");
            let at = world.project.join("node_modules");
            let run_in = |overlay: &Overlay, script: &str| {
                let mut walls = world.walls();
                walls.overlays.push(overlay.clone());
                let command = world.shell(script);
                let permit = world.permit(&command);
                let finished = world.sandbox.run(permit, &command, &walls, &|| false);
                let finished = finished.expect("it runs");
                String::from_utf8_lossy(&[finished.stdout, finished.stderr].concat()).into_owned()
            };
            let place = RelPath::parse("node_modules").expect("a path");
            let prepare = |above: Option<&Path>| {
                let made = Overlay::prepare(&below, above, (&world.project, &place));
                made.expect("made ready").expect("nothing in its way")
            };
            let through = RelPath::parse("out/node_modules").expect("a path");
            symlink(&world.outside, world.project.join("out")).expect("a link");
            let made = Overlay::prepare(&below, None, (&world.project, &through));
            assert_eq!(made.expect("no error"), None);
            assert!(!world.outside.join("node_modules").exists());
            let seen = prepare(None);
            let said = run_in(
                &seen,
                "cat node_modules/deep/library; echo ours > node_modules/deep/library",
            );
            assert!(
                said.starts_with("theirs\n") && said.contains("ead-only"),
                "{said}"
            );
            if !changes {
                println!("changes were not tried: this sandbox only shows");
                return;
            }
            let overlay = prepare(Some(&above));
            let run = |script: &str| run_in(&overlay, script);
            let said = run(
                "cd node_modules && cat deep/library && rm gone && echo ours > deep/library \
                 && echo new > new && mv new deep && chmod 700 deep && ls",
            );
            assert_eq!(said, "theirs\ndeep\n");
            // What was changed is there for the next command, and nowhere else.
            assert_eq!(
                run("cat node_modules/deep/library node_modules/deep/new"),
                "ours\nnew\n"
            );
            let theirs = fs::read_to_string(below.join("deep/library")).expect("it is there");
            assert_eq!(theirs, "theirs\n");
            assert!(below.join("gone").exists() && !below.join("deep/new").exists());
            assert_eq!(fs::read_dir(&at).expect("a folder").count(), 0);
            let out = run(&format!("cat {}/changes/deep/new", above.display()));
            assert!(!out.contains("new\n"), "{out}");
            host::files::remove_tree(&above).expect("what the system made can be removed");
            for wrong in [world.project.clone(), world.outside.clone()] {
                let mut walls = world.walls();
                walls.overlays.push(Overlay {
                    at: wrong,
                    ..overlay.clone()
                });
                let command = world.shell("true");
                let permit = world.permit(&command);
                let refused = world.sandbox.run(permit, &command, &walls, &|| false);
                assert!(
                    matches!(refused, Err(SandboxError::Walls(_))),
                    "{refused:?}"
                );
            }
        },
    );
}

#[test]
fn a_permit_is_good_for_its_command_only() {
    let world = World::here();
    let other = world.shell("true");
    let permit = world.permit(&other);
    let refused = world.sandbox.run(
        permit,
        &world.shell("echo ran > ran"),
        &world.walls(),
        &|| false,
    );
    assert!(
        matches!(refused, Err(SandboxError::Run(RunError::Refused(_)))),
        "{refused:?}"
    );
    assert!(!world.project.join("ran").exists());
}

#[test]
fn what_cannot_be_run_is_an_error_and_not_an_exit_code() {
    as_everyone(
        "what_cannot_be_run_is_an_error_and_not_an_exit_code",
        |world| {
            let missing =
                world.try_run(&Command::new(["/usr/bin/no-such-program"], &world.project));
            let message = missing.expect_err("it is missing").to_string();
            assert!(message.contains("/usr/bin/no-such-program"), "{message}");
            assert!(message.contains("No such file"), "{message}");
            let forbidden = world.outside.join("program");
            copy("/bin/true", &forbidden);
            let command = Command::new([forbidden.to_string_lossy()], &world.project);
            let error = world.try_run(&command).expect_err("it lies outside");
            assert!(
                matches!(error, SandboxError::Run(RunError::Start { .. })),
                "{error}"
            );
            let elsewhere = Command::new(["/bin/true"], &world.outside);
            let error = world.try_run(&elsewhere).expect_err("it starts outside");
            assert!(
                matches!(error, SandboxError::Walls(WallsError::FolderOutside(_))),
                "{error}"
            );
        },
    );
}

#[test]
fn a_wall_that_became_a_link_is_refused() {
    as_everyone("a_wall_that_became_a_link_is_refused", |world| {
        let folder = world.project.join("private");
        symlink(&world.outside, &folder).expect("a link");
        let mut walls = world.walls();
        walls.write.push(folder);
        let command = world.shell("true");
        let outcome = world
            .sandbox
            .run(world.permit(&command), &command, &walls, &|| false);
        assert!(
            matches!(outcome, Err(SandboxError::Walls(WallsError::Link { .. }))),
            "{outcome:?}"
        );
    });
}

#[test]
fn what_is_hidden_cannot_be_read() {
    as_everyone("what_is_hidden_cannot_be_read", |world| {
        let library = world.outside.join("library");
        fs::create_dir_all(library.join("open")).expect("folders");
        fs::create_dir(library.join("shut")).expect("a folder");
        for name in ["open/a", "shut/b"] {
            copy("/etc/hosts", &library.join(name));
        }
        let mut walls = world.walls();
        walls.read.push(library.clone());
        walls.hide.push(library.join("shut"));
        let script = format!(
            "cat {0}/open/a >/dev/null && ! cat {0}/shut/b",
            library.display()
        );
        let command = world.shell(&script);
        let outcome = world
            .sandbox
            .run(world.permit(&command), &command, &walls, &|| false)
            .expect("it runs");
        assert_eq!(outcome.ended, Ended::Code(0), "{outcome:?}");
    });
}

#[test]
fn checks_in_python_run() {
    as_everyone("checks_in_python_run", |world| {
        let Some(python) = python() else {
            println!("there is no python3 for this user: its checks were not run");
            return;
        };
        world.put(
            "test_sum.py",
            "import os, tempfile, unittest, subprocess, sys, threading\n\
             class Sum(unittest.TestCase):\n\
             \x20   def test_sum(self):\n\
             \x20       self.assertEqual(sum([1, 2]), 3)\n\
             \x20   def test_files(self):\n\
             \x20       with tempfile.NamedTemporaryFile() as file:\n\
             \x20           file.write(b'x')\n\
             \x20   def test_children(self):\n\
             \x20       out = subprocess.check_output([sys.executable, '-c', 'print(7)'])\n\
             \x20       self.assertEqual(out, b'7\\n')\n\
             \x20   def test_threads(self):\n\
             \x20       thread = threading.Thread(target=lambda: None)\n\
             \x20       thread.start(); thread.join()\n\
             \x20   def test_network(self):\n\
             \x20       import socket\n\
             \x20       with self.assertRaises(PermissionError):\n\
             \x20           socket.create_connection(('127.0.0.1', 9), timeout=1)\n\
             \x20   def test_loop(self):\n\
             \x20       import asyncio\n\
             \x20       async def seven(): return 7\n\
             \x20       self.assertEqual(asyncio.run(seven()), 7)\n\
             unittest.main()\n",
        );
        let finished = world.run(&world.command(&[&python, "test_sum.py"]));
        let said = String::from_utf8_lossy(&finished.stderr);
        assert_eq!(finished.ended, Ended::Code(0), "{said}");
        assert!(said.contains("Ran 6 tests"), "{said}");
        world.put("test_fail.py", "assert sum([1, 2]) == 4, 'wrong sum'\n");
        let finished = world.run(&world.command(&[&python, "test_fail.py"]));
        assert_eq!(finished.ended, Ended::Code(1));
        assert!(String::from_utf8_lossy(&finished.stderr).contains("wrong sum"));
    });
}

#[test]
fn a_pool_of_processes_works_where_shared_memory_is_private() {
    as_everyone(
        "a_pool_of_processes_works_where_shared_memory_is_private",
        |world| {
            let (Some(python), true) = (python(), world.has_outer_layer()) else {
                println!("no python3 or no outer layer: not run");
                return;
            };
            world.put(
                "pool.py",
                "import multiprocessing\n\
                 def double(it): return it * 2\n\
                 if __name__ == '__main__':\n\
                 \x20   with multiprocessing.Pool(2) as pool:\n\
                 \x20       print(pool.map(double, [1, 2, 3]))\n",
            );
            let finished = world.run(&world.command(&[&python, "pool.py"]));
            assert_eq!(
                String::from_utf8_lossy(&finished.stdout),
                "[2, 4, 6]\n",
                "{}",
                String::from_utf8_lossy(&finished.stderr)
            );
        },
    );
}

#[test]
fn a_server_and_its_client_meet_on_a_loopback_of_their_own() {
    as_everyone(
        "a_server_and_its_client_meet_on_a_loopback_of_their_own",
        |world| {
            let Some(python) = python() else {
                println!("there is no python3 for this user: not run");
                return;
            };
            let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
            let port = listener.local_addr().expect("it has one").port();
            world.put(
                "serve.py",
                &format!(
                    "import http.server, threading, urllib.request, socket\n\
                     server = http.server.HTTPServer(('127.0.0.1', 0), http.server.SimpleHTTPRequestHandler)\n\
                     threading.Thread(target=server.serve_forever, daemon=True).start()\n\
                     url = 'http://127.0.0.1:%d/serve.py' % server.server_port\n\
                     print(urllib.request.urlopen(url).status)\n\
                     try:\n\
                     \x20   socket.create_connection(('127.0.0.1', {port}), timeout=1)\n\
                     \x20   print('reached the machine')\n\
                     except ConnectionRefusedError:\n\
                     \x20   print('alone')\n\
                     try:\n\
                     \x20   socket.socket(socket.AF_UNIX)\n\
                     \x20   print('unix')\n\
                     except PermissionError:\n\
                     \x20   print('no unix')\n"
                ),
            );
            let mut walls = world.walls();
            walls.network = Network::Loopback;
            let command = world.command(&[&python, "serve.py"]);
            let outcome = world
                .sandbox
                .run(world.permit(&command), &command, &walls, &|| false);
            if !world.has_outer_layer() {
                assert!(
                    matches!(outcome, Err(SandboxError::Walls(WallsError::NoLoopback(_)))),
                    "{outcome:?}"
                );
                return;
            }
            let finished = outcome.expect("it runs");
            assert_eq!(
                String::from_utf8_lossy(&finished.stdout),
                "200\nalone\nno unix\n",
                "{}",
                String::from_utf8_lossy(&finished.stderr)
            );
        },
    );
}

#[test]
fn checks_in_node_run() {
    as_everyone("checks_in_node_run", |world| {
        let node = "/usr/bin/node";
        if !Path::new(node).exists() {
            println!("there is no node: its check was not run");
            return;
        }
        world.put(
            "check.js",
            "const { execFileSync } = require('child_process');\n\
             const fs = require('fs');\n\
             fs.writeFileSync('out.txt', 'x');\n\
             fs.copyFileSync('out.txt', 'copy.txt');\n\
             console.log(execFileSync('/bin/echo', ['child']).toString().trim());\n\
             setTimeout(() => console.log('later'), 10);\n",
        );
        let finished = world.run(&world.command(&[node, "check.js"]));
        assert_eq!(
            String::from_utf8_lossy(&finished.stdout),
            "child\nlater\n",
            "{}",
            String::from_utf8_lossy(&finished.stderr)
        );
        assert_eq!(finished.ended, Ended::Code(0));
    });
}

#[test]
fn checks_in_rust_run() {
    let world = World::here();
    let cargo = Path::new(env!("CARGO"));
    let Some(toolchain) = cargo.parent().and_then(Path::parent) else {
        println!("cargo has no toolchain around it: not run");
        return;
    };
    fs::create_dir(world.project.join("src")).expect("a folder");
    world.put(
        "Cargo.toml",
        "[package]\nname = \"sum\"\nversion = \"0.1.0\"\nedition = \"2024\"\n",
    );
    world.put(
        "src/lib.rs",
        "#[test]\nfn sum() { assert_eq!([1, 2].iter().sum::<i32>(), 3); }\n",
    );
    let mut command = world.command(&[env!("CARGO"), "test", "--offline", "--quiet"]);
    let path = format!("{}/bin:/usr/bin:/bin", toolchain.display());
    command.env = world.sandbox.environment(&path, &world.project);
    let mut walls = world.walls();
    walls.read.push(toolchain.to_path_buf());
    let finished = world
        .sandbox
        .run(world.permit(&command), &command, &walls, &|| false)
        .expect("it runs");
    let said = [finished.stdout, finished.stderr].concat();
    let said = String::from_utf8_lossy(&said);
    assert_eq!(finished.ended, Ended::Code(0), "{said}");
    assert!(said.contains("1 passed"), "{said}");
}

#[test]
fn a_gibibyte_of_output_is_bounded() {
    as_everyone("a_gibibyte_of_output_is_bounded", |world| {
        let mut command = world.shell("echo begin; head -c 1073741824 /dev/zero; echo end");
        command.limits.output_bytes = 1 << 20;
        let finished = world.run(&command);
        assert_eq!(finished.ended, Ended::Code(0));
        assert!(finished.truncated);
        assert!(finished.stdout.len() < (1 << 20) + 100);
        assert!(finished.stdout.starts_with(b"begin\n"));
        assert!(finished.stdout.ends_with(b"end\n"));
        let status = fs::read_to_string("/proc/self/status").expect("it is there");
        let peak = status.lines().find_map(|it| it.strip_prefix("VmHWM:"));
        let peak: u64 = peak
            .and_then(|it| it.split_whitespace().next()?.parse().ok())
            .expect("a number");
        assert!(peak < 200 << 10, "{peak} KiB at the peak");
    });
}

#[test]
fn limits_end_a_command_and_say_which() {
    as_everyone("limits_end_a_command_and_say_which", |world| {
        let mut deaf = world.shell("trap '' TERM INT HUP; while :; do sleep 1; done");
        deaf.limits.wall = Duration::from_millis(300);
        let start = Instant::now();
        assert_eq!(world.run(&deaf).ended, Ended::TimedOut);
        assert!(start.elapsed() < Duration::from_secs(3));
        let mut silent = world.shell("echo once; sleep 60");
        silent.limits.idle = Some(Duration::from_millis(300));
        let finished = world.run(&silent);
        assert_eq!(
            (finished.ended, &*finished.stdout),
            (Ended::Idle, &b"once\n"[..])
        );
        let mut busy = world.shell("while :; do :; done");
        busy.limits.cpu_seconds = 1;
        assert_eq!(world.run(&busy).ended, Ended::OutOfCpu);
        let mut long = world.shell("head -c 100000 /dev/zero > long; echo $?");
        long.limits.file_bytes = 5000;
        world.run(&long);
        let size = fs::metadata(world.project.join("long"))
            .expect("it is there")
            .len();
        assert_eq!(size, 5000);
        if let Some(python) = python() {
            let source = "import time\nheld = []\nwhile True:\n held.append(b'x' * 4000000)\n time.sleep(0.004)";
            let mut large = world.command(&[&python, "-c", source]);
            large.limits.memory_bytes = 200 << 20;
            assert_eq!(world.run(&large).ended, Ended::OutOfMemory);
        }
    });
}

#[test]
fn output_is_told_as_it_comes_and_whole() {
    as_everyone("output_is_told_as_it_comes_and_whole", |world| {
        let mut command =
            world.shell("echo first; echo second >&2; while ! test -e go; do sleep 0.05; done; head -c 300000 /dev/zero");
        command.limits.output_bytes = 1000;
        let heard = std::sync::Mutex::new((Vec::new(), Vec::new()));
        let output = |channel, bytes: &[u8]| {
            let mut heard = heard.lock().expect("one thread");
            match channel {
                Channel::Out => heard.0.extend_from_slice(bytes),
                Channel::Err => heard.1.extend_from_slice(bytes),
            }
            if heard.0.starts_with(b"first\n") && heard.1 == b"second\n" {
                world.put("go", "");
            }
        };
        let watch = Watch {
            cancelled: &|| false,
            output: &output,
        };
        let finished = world
            .sandbox
            .follow(world.permit(&command), &command, &world.walls(), &watch)
            .expect("it runs");
        assert_eq!(finished.ended, Ended::Code(0));
        assert!(finished.truncated && finished.stdout.len() < 1100);
        let (out, err) = heard.into_inner().expect("one thread");
        assert_eq!(
            (out.len(), &*err),
            ("first\n".len() + 300_000, &b"second\n"[..])
        );
        fs::rename(world.project.join("go"), world.scratch().join("gone")).expect("it is there");
    });
}

#[test]
fn a_storm_of_processes_ends_with_nobody_left() {
    as_everyone("a_storm_of_processes_ends_with_nobody_left", |world| {
        let mark = mark();
        world.put("storm.sh", ". ./storm.sh &\n. ./storm.sh &\nsleep 60\n");
        let mut command = Command::new(["/bin/sh", "./storm.sh", &mark], &world.project);
        command.limits.processes = 60;
        let ended = world.run(&command).ended;
        assert_eq!(alive(&mark), 0);
        assert_eq!(ended, Ended::TooManyProcesses);
    });
}

#[test]
fn nothing_survives_a_command_that_ends_well() {
    as_everyone("nothing_survives_a_command_that_ends_well", |world| {
        let mark = mark();
        let script = format!(
            "trap '' TERM HUP\n\
             (setsid sh -c 'trap \"\" TERM HUP; while :; do sleep 1; done' {mark} &)\n\
             nohup setsid sh -c '(sh -c \"while :; do sleep 1; done\" {mark} &)' >/dev/null 2>&1 &\n\
             sh -c 'while :; do sleep 1; done' {mark} &\n\
             sleep 0.2; echo started"
        );
        let start = Instant::now();
        let finished = world.run(&world.shell(&script));
        assert_eq!(finished.ended, Ended::Code(0));
        assert_eq!(finished.stdout, b"started\n");
        assert_eq!(alive(&mark), 0);
        assert!(start.elapsed() < Duration::from_secs(5));
    });
}

#[test]
fn a_session_that_began_outside_is_no_obstacle() {
    const NAME: &str = "a_session_that_began_outside_is_no_obstacle";
    const INSIDE: &str = "KIRO_TEST_FOREIGN_SESSION";
    if std::env::var_os(INSIDE).is_none() {
        return again_in_a_foreign_session(NAME, (INSIDE, "1"));
    }
    let world = World::here();
    let mark = mark();
    let left = format!("(setsid /bin/sh -c 'sleep 60; : {mark}' {mark} &) ; exit 4");
    let finished = world.run(&world.shell(&left));
    assert_eq!(finished.ended, Ended::Code(4));
    assert_eq!(alive(&mark), 0);
}

#[test]
fn a_reader_of_input_meets_its_end() {
    as_everyone("a_reader_of_input_meets_its_end", |world| {
        let finished = world.run(&world.shell("cat; read line; echo over $?"));
        assert_eq!(finished.stdout, b"over 1\n");
    });
}

#[test]
fn cancelling_ends_a_command_at_once() {
    as_everyone("cancelling_ends_a_command_at_once", |world| {
        let mark = mark();
        let mut command = world.shell("trap '' TERM; while :; do sleep 1; done");
        command.argv.push(mark.clone());
        let stop = AtomicBool::new(false);
        let stopped_at = thread::scope(|scope| {
            let stopper = scope.spawn(|| {
                thread::sleep(Duration::from_millis(300));
                stop.store(true, Ordering::Relaxed);
                Instant::now()
            });
            let permit = world.permit(&command);
            let cancelled = || stop.load(Ordering::Relaxed);
            let finished = world
                .sandbox
                .run(permit, &command, &world.walls(), &cancelled)
                .expect("it runs");
            assert_eq!(finished.ended, Ended::Cancelled);
            stopper.join().expect("it does not fail")
        });
        assert!(stopped_at.elapsed() < Duration::from_secs(2));
        assert_eq!(alive(&mark), 0);
    });
}

#[test]
fn killing_the_parent_leaves_nobody() {
    const HOLD: &str = "KIRO_TEST_HOLD";
    as_everyone("killing_the_parent_leaves_nobody", |world| {
        if let Ok(mark) = std::env::var(HOLD) {
            let script = "trap '' TERM; (setsid sh -c 'while :; do sleep 1; done' $0 &) ; \
                          while :; do sleep 1; done";
            let mut command = world.shell(script);
            command.argv.push(mark);
            world.run(&command);
            return;
        }
        let mark = mark();
        let mut parent = spawn_again(
            "killing_the_parent_leaves_nobody",
            &[(HOLD, &mark), world.choice()],
        );
        let deadline = Instant::now() + Duration::from_secs(10);
        while alive(&mark) < 2 {
            assert!(Instant::now() < deadline, "the command did not start");
            thread::sleep(Duration::from_millis(20));
        }
        parent.kill().expect("it can be killed");
        parent.wait().expect("it has ended");
        let killed = Instant::now();
        while alive(&mark) > 0 {
            assert!(
                killed.elapsed() < Duration::from_secs(1),
                "{}: {} processes outlived the parent",
                world.sandbox.describe(),
                alive(&mark)
            );
            thread::sleep(Duration::from_millis(10));
        }
    });
}

#[test]
fn killing_the_supervisor_leaves_nobody() {
    as_everyone("killing_the_supervisor_leaves_nobody", |world| {
        let mark = mark();
        let mut command = world
            .shell("(setsid sh -c 'while :; do sleep 1; done' $0 &); while :; do sleep 1; done");
        command.argv.push(mark.clone());
        thread::scope(|scope| {
            let run = scope.spawn(|| world.try_run(&command));
            let deadline = Instant::now() + Duration::from_secs(10);
            while alive(&mark) < 2 {
                assert!(Instant::now() < deadline, "the command did not start");
                thread::sleep(Duration::from_millis(20));
            }
            kill_supervisor(&mark);
            let killed = Instant::now();
            while alive(&mark) > 0 {
                assert!(
                    killed.elapsed() < Duration::from_secs(1),
                    "{}: {} processes outlived the supervisor",
                    world.sandbox.describe(),
                    alive(&mark)
                );
                thread::sleep(Duration::from_millis(10));
            }
            let outcome = run.join().expect("it does not fail");
            assert!(
                matches!(outcome, Err(SandboxError::Run(RunError::Lost { .. }))),
                "{outcome:?}"
            );
        });
    });
}

#[test]
fn without_a_sandbox_nothing_runs() {
    let world = World::here();
    for program in ["/nowhere/kiro", "/bin/false", "/bin/echo"] {
        let sandbox = world.sandbox_of(program);
        assert!(sandbox.layers().is_err(), "{program}");
        let command = world.shell("echo ran > ran");
        let outcome = sandbox.run(world.permit(&command), &command, &world.walls(), &|| false);
        let message = outcome.expect_err("it must not run").to_string();
        assert!(
            message.starts_with("no sandbox on this system"),
            "{message}"
        );
        assert!(!world.project.join("ran").exists());
        let controls = sandbox.controls(&world.scratch());
        assert!(controls.len() == 1 && !controls[0].held, "{controls:?}");
    }
}

#[test]
fn many_commands_run_at_once() {
    as_everyone("many_commands_run_at_once", |world| {
        thread::scope(|scope| {
            for number in 0..8 {
                scope.spawn(move || {
                    let finished = world.run(&world.shell(&format!("sleep 0.1; echo {number}")));
                    assert_eq!(
                        String::from_utf8_lossy(&finished.stdout),
                        format!("{number}\n")
                    );
                });
            }
        });
    });
}

#[test]
fn a_program_of_the_users_own_leaves_nobody_either() {
    let world = World::here();
    let mark = mark();
    let mut command = world.shell("(setsid sh -c 'while :; do sleep 1; done' $0 &); cat outside");
    command.argv.push(mark.clone());
    command.cwd = world.outside.clone();
    copy("/etc/hosts", &world.outside.join("outside"));
    let permit = own_permit(OwnProgram::PackageClient, &command);
    let finished = plain(&world.supervisor, permit, &command, &|| false).expect("it runs");
    assert_eq!(finished.ended, Ended::Code(0));
    assert!(!finished.stdout.is_empty(), "it has no walls");
    assert_eq!(alive(&mark), 0);
    let other = world.shell("true");
    let permit = own_permit(OwnProgram::PackageClient, &other);
    assert!(matches!(
        plain(&world.supervisor, permit, &command, &|| false),
        Err(RunError::Refused(_))
    ));
}

#[test]
fn an_editor_ends_as_it_ends() {
    let world = World::here();
    let command = world.shell("exit 3");
    let permit = own_permit(OwnProgram::Editor, &command);
    assert_eq!(
        interactive(permit, &command).expect("it runs"),
        Ended::Code(3)
    );
    let permit = own_permit(OwnProgram::Editor, &world.shell("exit 4"));
    assert!(matches!(
        interactive(permit, &command),
        Err(RunError::Refused(_))
    ));
}

#[test]
fn starting_costs_little() {
    as_everyone("starting_costs_little", |world| {
        let command = Command::new(["/bin/true"], &world.project);
        let mut times: Vec<Duration> = (0..20)
            .map(|_| {
                let start = Instant::now();
                assert_eq!(world.run(&command).ended, Ended::Code(0));
                start.elapsed()
            })
            .collect();
        times.sort();
        println!(
            "{}: median of 20 is {:.1} ms",
            world.sandbox.describe(),
            times[10].as_secs_f64() * 1e3
        );
        assert!(times[10] < Duration::from_millis(500), "{:?}", times[10]);
    });
}
