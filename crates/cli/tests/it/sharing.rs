//! What is installed for a project and in no snapshot. The scripted model stands in for a real one.

use std::path::Path;

use serde_json::json;
use testkit::World;

use crate::driven::{drives, write};
use crate::{HALVE, autopilot, numbers, states};

/// A project whose virtual environment holds a package, and a file that would lead Python elsewhere.
fn with_packages(config: &str) -> World {
    let world = numbers();
    let packages = format!(".venv/lib/{}/site-packages", python());
    world.write(".venv/pyvenv.cfg", "home = /usr/bin\n");
    world.write(
        &format!("{packages}/doubling.py"),
        "def twice(n):\n    return n * 2\n",
    );
    world.write(
        &format!("{packages}/elsewhere.pth"),
        "import sys; sys.stderr.write('a path of its own acted')\n",
    );
    world.write("node_modules/left/index.js", "theirs\n");
    world.write(".gitignore", ".venv/\nnode_modules/\n");
    if !config.is_empty() {
        world.write(".kiro/config.yaml", config);
    }
    world
}

/// The name under which the machine's Python keeps what is installed for it.
#[expect(clippy::disallowed_methods, reason = "asks the machine's own Python")]
fn python() -> String {
    let code = "import os, sys; print(os.path.basename(os.path.realpath(sys.executable)))";
    let said = std::process::Command::new("python3")
        .args(["-c", code])
        .output();
    let said = said.expect("python3 runs").stdout;
    String::from_utf8(said).expect("text").trim().to_owned()
}

/// `double` uses the package and scribbles over what is installed.
const DOUBLE: &str = "\
from pathlib import Path

from doubling import twice


def double(n):
    for path in ['node_modules/left/index.js', 'node_modules/made']:
        try:
            Path(path).write_text('scribbled')
        except OSError:
            pass  # an old bubblewrap lets it only be read
    return twice(n)
";

fn script(world: &World) -> String {
    world.script(&drives(&[
        json!({"when": "Task 1 of the plan", "calls": [write("numbers_kit/double.py", DOUBLE)]}),
        json!({"when": "numbers_kit/double.py (new", "reply": "double is there."}),
        json!({"when": "Task 2 of the plan", "calls": [write("numbers_kit/halve.py", HALVE)]}),
        json!({"when": "numbers_kit/halve.py (new", "reply": "halve is there."}),
    ]))
}

#[test]
fn attempts_see_what_is_installed_and_leave_it_as_it_is() {
    let world = with_packages("");
    let ran = autopilot(&world, &script(&world), &[]);
    assert_eq!(ran.code, Some(0), "{}{}", ran.stdout, ran.stderr);
    assert!(!ran.stderr.contains("acted"), "{}", ran.stderr);
    assert_eq!(states(&world), ["done", "done", "done"]);
    assert_eq!(world.read("node_modules/left/index.js"), "theirs\n");
    assert!(!world.has("node_modules/made"));
    // The environment's own folder holds no more than before.
    let status = world.kiro(&["undo", "--dry-run", "--json"]);
    assert!(!status.stdout.contains("node_modules"), "{}", status.stdout);
}

#[test]
fn nothing_is_shared_where_a_person_says_so() {
    let world = with_packages("attempts:\n  share: []\n");
    let ran = autopilot(&world, &script(&world), &["--task", "1"]);
    assert_ne!(ran.code, Some(0), "{}{}", ran.stdout, ran.stderr);
    assert!(!world.has("numbers_kit/double.py"));
}

#[test]
fn a_project_shares_only_what_tools_fill() {
    for (share, word) in [
        ("[secrets]", "none of the folders"),
        ("[\"../node_modules\"]", "none of the folders"),
        ("[src/secrets]", "none of the folders"),
        ("node_modules", "attempts"),
    ] {
        let world = with_packages(&format!("attempts:\n  share: {share}\n"));
        let ran = autopilot(&world, &script(&world), &["--task", "1"]);
        assert_eq!(ran.code, Some(2), "{}{}", ran.stdout, ran.stderr);
        assert!(ran.stderr.contains(word), "{share}: {}", ran.stderr);
    }
}

#[test]
fn a_folder_that_is_a_link_is_not_shared() {
    let world = with_packages("");
    let outside = world.home().join("outside");
    std::fs::create_dir_all(&outside).expect("a folder");
    world.remove("node_modules/left/index.js");
    let installed = world.project().join("node_modules");
    std::fs::remove_dir(installed.join("left")).expect("it is empty");
    std::fs::remove_dir(&installed).expect("it is empty");
    std::os::unix::fs::symlink(&outside, &installed).expect("a link");
    let ran = autopilot(&world, &script(&world), &["--task", "1"]);
    assert_eq!(ran.code, Some(0), "{}{}", ran.stdout, ran.stderr);
    assert!(is_empty(&outside));
}

fn is_empty(folder: &Path) -> bool {
    let mut entries = folder.read_dir().expect("a folder");
    entries.next().is_none()
}
