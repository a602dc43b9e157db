//! `kiro eval`: hidden checks judge, results are kept, nothing is measured twice.

use serde_json::{Value, json};
use testkit::World;

use crate::{SPEC, good_replies, world};

/// Passes when both functions are right on values that the spec does not show, and acceptance is not in the
/// project.
const ACCEPTANCE: &str = "\
#!/usr/bin/env python3
import os, sys
sys.path.insert(0, sys.argv[1])
if os.path.exists(os.path.join(sys.argv[1], 'acceptance')):
    sys.exit('the project holds its judge')
from numbers_kit.double import double
from numbers_kit.halve import halve
print('given:', open(os.path.join(sys.argv[1], 'notes.txt')).read())
sys.exit(0 if (double(21), halve(43)) == (42, 21) else 'wrong')
";

fn suite(world: &World) {
    world.write("suite/numbers/specs/numbers.md", SPEC);
    world.write("suite/numbers/given/notes.txt", "mine");
    world.write_program("suite/numbers/acceptance/run", ACCEPTANCE);
}

fn results(world: &World) -> Vec<Value> {
    let text = world.read("suite/results.jsonl");
    let lines = text.lines();
    lines
        .map(|it| serde_json::from_str(it).expect("JSON"))
        .collect()
}

#[test]
fn a_case_is_run_judged_and_kept() {
    let world = world();
    suite(&world);
    let model = world.script(&good_replies());
    let ran = world.kiro(&["eval", "suite", "--model", &model]);
    assert_eq!(ran.code, Some(0), "{}{}", ran.stdout, ran.stderr);
    assert!(
        ran.stdout.contains("| 1 of 1 | 100.0 % |"),
        "{}",
        ran.stdout
    );
    let rows = results(&world);
    assert_eq!(rows[0]["outcome"], "done");
    assert_eq!(rows[0]["verdict"], "given: mine");
    assert_eq!(rows[0]["candidates"], 4);
    assert!(
        !world.has("suite/numbers/numbers_kit"),
        "the suite is left as it was"
    );
    // A second call has nothing to do: with an empty script any question would be an error.
    world.script(&[]);
    let again = world.kiro(&["eval", "suite", "--model", &model, "--json"]);
    assert_eq!(again.code, Some(0), "{}", again.stderr);
    let shown: Value = serde_json::from_str(&again.stdout).expect("JSON");
    assert_eq!(
        shown["summaries"][0]["claimed"],
        json!({"done": 1, "right": 1})
    );
    assert_eq!(results(&world).len(), 1);
    // Another acceptance is another measurement.
    world.write_program(
        "suite/numbers/acceptance/run",
        "#!/bin/sh\necho never\nexit 1\n",
    );
    world.script(&good_replies());
    let other = world.kiro(&["eval", "suite", "--model", &model]);
    assert_eq!(other.code, Some(1), "{}", other.stderr);
    let rows = results(&world);
    assert_eq!((rows.len(), rows[1]["passed"].clone()), (2, json!(false)));
    assert!(
        other.stdout.contains("Failed, kiro: numbers"),
        "{}",
        other.stdout
    );
}

#[test]
fn what_failed_is_named_and_the_project_stays_where_it_is_wanted() {
    let world = world();
    suite(&world);
    world.write_program(
        "suite/numbers/acceptance/run",
        "#!/bin/sh\necho 'ok    one'\necho 'FAIL  two: no'\necho rejected\nexit 1\n",
    );
    let args = ["eval", "suite", "--keep", "kept", "--model"];
    let eval = || {
        let model = world.script(&good_replies());
        world.kiro(&[&args[..], &[&model]].concat())
    };
    let ran = eval();
    assert_eq!(ran.code, Some(1), "{}", ran.stderr);
    assert!(ran.stderr.contains("FAIL  two: no"), "{}", ran.stderr);
    assert_eq!(results(&world)[0]["failures"], json!(["FAIL  two: no"]));
    let code = "kept/numbers-kiro-1/project/numbers_kit/double.py";
    assert!(world.read(code).contains("def double"));
    // What is there is never replaced.
    world.write(code, "mine\n");
    world.write("suite/results.jsonl", "");
    let again = eval();
    assert_eq!(again.code, Some(2), "{}", again.stderr);
    assert_eq!(world.read(code), "mine\n");
}

#[test]
fn the_plain_way_is_one_prompt() {
    let world = world();
    suite(&world);
    let answer = "`numbers_kit/double.py`:\n```python\ndef double(n):\n    return 2 * n\n```\n\n\
                  `numbers_kit/halve.py`:\n```python\ndef halve(n):\n    return n // 2\n```\n";
    let model = world.script(&[json!({"when": "Implement this specification", "reply": answer})]);
    let ran = world.kiro(&["eval", "suite", "--way", "plain", "--model", &model]);
    assert_eq!(ran.code, Some(0), "{}{}", ran.stdout, ran.stderr);
    let rows = results(&world);
    assert_eq!(
        (rows[0]["way"].clone(), rows[0]["outcome"].clone()),
        (json!("plain"), json!("answered"))
    );
    world.write("suite/numbers/prompt.md", "Write what you like.");
    let model = world.script(&[json!({"when": "what you like", "reply": "No."})]);
    let ran = world.kiro(&["eval", "suite", "--way", "plain", "--model", &model]);
    assert_eq!(ran.code, Some(1), "{}{}", ran.stdout, ran.stderr);
}

#[test]
fn what_is_no_suite_is_said() {
    let world = world();
    let model = world.script(&[]);
    let check = |args: &[&str], said: &str| {
        let ran = world.kiro(&[&["eval", "--model", &model], args].concat());
        assert_eq!(ran.code, Some(2), "{}{}", ran.stdout, ran.stderr);
        assert!(ran.stderr.contains(said), "{}", ran.stderr);
    };
    check(&["nowhere"], "cannot be read");
    world.write("suite/readme.txt", "nothing");
    check(&["suite"], "there is no such case");
    suite(&world);
    check(&["suite", "--case", "letters"], "there is no such case");
    world.write("suite/numbers/specs/other.md", SPEC);
    check(&["suite"], "exactly one specs/NAME.md");
    world.write("suite/results.jsonl", "no JSON\n");
    std::fs::File::create(world.project().join("suite/numbers/specs/other.txt")).expect("made");
    std::fs::rename(
        world.project().join("suite/numbers/specs/other.md"),
        world.project().join("suite/numbers/specs/other.txt"),
    )
    .expect("renamed");
    check(&["suite"], "no result of an evaluation");
}
