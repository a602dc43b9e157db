//! `kiro verify`: what holds now, and what scanners say. The scripted model stands in for a real one.

use std::os::unix::fs::PermissionsExt;

use serde_json::Value;
use testkit::{Output, World};

use crate::{autopilot, good_replies, numbers};

fn json(ran: &Output) -> Value {
    serde_json::from_str(&ran.stdout).unwrap_or_else(|_| panic!("{} {}", ran.stdout, ran.stderr))
}

#[test]
fn what_was_proven_is_proven_again_on_what_stands_there_now() {
    let world = numbers();
    let before = world.kiro(&["verify", "numbers"]);
    assert_eq!(before.code, Some(1), "{}", before.stderr);
    let model = world.script(&good_replies());
    assert_eq!(autopilot(&world, &model, &[]).code, Some(0));
    let sound = world.kiro(&["verify", "numbers", "--json"]);
    assert_eq!(sound.code, Some(0), "{}", sound.stderr);
    let value = json(&sound);
    assert_eq!(value["holds"], true);
    let proof = value["claims"][1]["proof"].as_str().expect("a proof");
    assert!(proof.starts_with("4 of 4 examples pass"), "{proof}");

    // A test that agrees with broken code proves nothing.
    world.write("numbers_kit/double.py", "def double(n):\n    return n\n");
    world.remove("tests/test_fr_1_doubling.py");
    let broken = world.kiro(&["verify"]);
    assert_eq!(broken.code, Some(1), "{}", broken.stderr);
    assert!(
        broken.stdout.contains("2 of 4 examples pass"),
        "{}",
        broken.stdout
    );
    assert!(
        !world.has("tests/test_fr_1_doubling.py"),
        "the project stays as it is"
    );
}

/// A world with a program of this name on the path, which prints something.
fn with_scanner(name: &str, script: &str) -> (World, std::path::PathBuf) {
    let world = numbers();
    let bin = world.home().join("kit/bin");
    std::fs::create_dir_all(&bin).expect("folders");
    let program = bin.join(name);
    std::os::unix::fs::symlink("/nowhere", bin.join("unused")).expect("a link");
    {
        use std::io::Write;
        let mut file = std::fs::File::create(&program).expect("a file");
        file.write_all(script.as_bytes()).expect("written");
    }
    std::fs::set_permissions(&program, PermissionsExt::from_mode(0o755)).expect("a mode");
    (world, bin)
}

fn scanned(world: &World, bin: &std::path::Path) -> Output {
    let mut command = world.command(&["verify", "numbers", "--security", "--json"]);
    let path = std::env::var("PATH").unwrap_or_default();
    command.env("PATH", format!("{}:{path}", bin.display()));
    world.run(&mut command)
}

#[test]
fn findings_are_counted_by_grade() {
    let found = r#"{"errors":[],"results":[
        {"issue_severity":"HIGH","filename":"./a.py","line_number":3,"test_id":"B602","issue_text":"a shell"},
        {"issue_severity":"LOW","filename":"./a.py","line_number":4,"test_id":"B101","issue_text":"an assert"}]}"#;
    let (world, bin) = with_scanner(
        "bandit",
        &format!("#!/bin/sh\ntest -f a.py || exit 2\ncat <<'E'\n{found}\nE\nexit 1\n"),
    );
    world.write("a.py", "import os\n");
    let ran = scanned(&world, &bin);
    assert_eq!(ran.code, Some(1), "{}", ran.stderr);
    let scan = &json(&ran)["scans"][0];
    assert_eq!(scan["scanner"], "bandit");
    assert_eq!(
        (&scan["counts"]["high"], &scan["counts"]["low"]),
        (&1.into(), &1.into())
    );
    assert_eq!(scan["findings"][0]["subject"], "./a.py:3");
}

#[test]
fn a_scanner_that_says_nothing_is_never_a_good_sign() {
    let (world, bin) = with_scanner("bandit", "#!/bin/sh\necho broken >&2\nexit 0\n");
    world.write("a.py", "import os\n");
    let ran = scanned(&world, &bin);
    assert_eq!(ran.code, Some(1), "{}", ran.stderr);
    let scan = &json(&ran)["scans"][0];
    assert_eq!(scan["ran"], false);
    assert!(
        scan["why"].as_str().expect("why").contains("broken"),
        "{scan}"
    );

    let world = crate::world();
    world.write("readme.txt", "nothing to scan\n");
    let none = world.kiro(&["verify", "--security"]);
    assert_eq!(none.code, Some(1), "{}", none.stderr);
    assert!(
        none.stdout.contains("nothing was scanned"),
        "{}",
        none.stdout
    );
}
