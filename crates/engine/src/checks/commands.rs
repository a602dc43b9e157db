//! Test files of commands, in both languages that have them.

use spec::Spec;

use crate::checks::{CheckFile, Runner};
use crate::{Tooling, WorkError, complete, work_of};

const SPEC: &str = "\
# Todo

## Functional Requirements

### FR-1: Adding

The program `todo` in `todo.EXT` keeps items.

- `$ todo add \"a b\"` → `Added 1: a b`

```console
$ todo add milk
Added 1: milk
$ todo done 9 2>&1
No item 9
$ echo $?
1
```
";

fn compiled(extension: &str) -> CheckFile {
    let text = SPEC.replace("EXT", extension);
    let spec = Spec::parse("todo", &text);
    let work = work_of(&spec, &Tooling::default(), "1", &["FR-1".into()], &[]).expect("work");
    assert_eq!(work.functions[0].function, "main");
    assert_eq!(work.covers, ["FR-1.1"]);
    work.checks[0].clone()
}

/// The file from its first test on.
fn tests_of(file: &CheckFile, start: &str) -> String {
    file.text[file.text.find(start).expect("tests")..].to_owned()
}

#[test]
fn python_runs_commands_in_a_fresh_folder() {
    let file = compiled("py");
    assert_eq!(file.runner, Runner::Unittest);
    assert_eq!(code::syntax_error(code::Language::Python, &file.text), None);
    assert!(file.text.contains("parents[1]"), "{}", file.text);
    insta::assert_snapshot!(tests_of(&file, "class "), @r#"
    class TodoExamples(unittest.TestCase):
        def test_fr_1_e1(self):
            with tempfile.TemporaryDirectory() as folder:
                done = run(folder, "todo.py", "add", "a b")
            self.assertEqual(plain(done.stdout), "Added 1: a b", done.stderr)

        def test_fr_1_e2(self):
            with tempfile.TemporaryDirectory() as folder:
                done = run(folder, "todo.py", "add", "milk")
            self.assertEqual(plain(done.stdout), "Added 1: milk", done.stderr)

        def test_fr_1_e3(self):
            with tempfile.TemporaryDirectory() as folder:
                run(folder, "todo.py", "add", "milk")
                done = run(folder, "todo.py", "done", "9", stderr=subprocess.STDOUT)
            self.assertEqual(plain(done.stdout), "No item 9", done.stderr)

        def test_fr_1_e4(self):
            with tempfile.TemporaryDirectory() as folder:
                run(folder, "todo.py", "add", "milk")
                done = run(folder, "todo.py", "done", "9", stderr=subprocess.STDOUT)
            self.assertEqual(done.returncode, 1, done.stderr)


    if __name__ == "__main__":
        unittest.main()
    "#);
}

#[test]
fn scripts_run_commands_in_a_fresh_folder() {
    let file = compiled("mjs");
    assert_eq!(file.runner, Runner::Node);
    assert_eq!(
        code::syntax_error(code::Language::JavaScript, &file.text),
        None
    );
    insta::assert_snapshot!(tests_of(&file, "test("), @r#"
    test("FR-1.e1", () => {
      const done = inFolder((folder) => {
        return run(folder, "todo.mjs", "add", "a b");
      });
      assertPrinted(done, "Added 1: a b");
    });

    test("FR-1.e2", () => {
      const done = inFolder((folder) => {
        return run(folder, "todo.mjs", "add", "milk");
      });
      assertPrinted(done, "Added 1: milk");
    });

    test("FR-1.e3", () => {
      const done = inFolder((folder) => {
        run(folder, "todo.mjs", "add", "milk");
        return runMerged(folder, "todo.mjs", "done", "9");
      });
      assertPrinted(done, "No item 9");
    });

    test("FR-1.e4", () => {
      const done = inFolder((folder) => {
        run(folder, "todo.mjs", "add", "milk");
        return runMerged(folder, "todo.mjs", "done", "9");
      });
      assertExit(done, 1);
    });
    "#);
}

#[test]
fn a_program_begins_with_a_function_that_is_known_to_the_model() {
    let spec = Spec::parse("todo", &SPEC.replace("EXT", "py"));
    let work = work_of(&spec, &Tooling::default(), "1", &["FR-1".into()], &[]).expect("work");
    let function = &work.functions[0];
    assert_eq!(
        function.signature.as_deref(),
        Some("main(argv: list[str]) -> int")
    );
    assert!(
        function
            .rules
            .last()
            .is_some_and(|it| it.text.contains("`todo`"))
    );
    assert_eq!(
        function.examples[3],
        "$ todo add milk\n  $ todo done 9 2>&1 exits with 1"
    );
    let text = complete("def main(argv):\n    return 0\n", function);
    assert!(
        text.contains("raise SystemExit(main(sys.argv[1:]))"),
        "{text}"
    );
}

/// What one requirement's examples demand of a program, later ones may not break.
#[test]
fn later_requirements_are_tried_with_the_earlier_ones() {
    let text = "### FR-1: A\nin `todo.py`\n- `$ todo a` → `1`\n\n### FR-2: B\n- `$ todo b` → `2`\n";
    let spec = Spec::parse("todo", text);
    let works = |id: &str| {
        let work = work_of(&spec, &Tooling::default(), "1", &[id.into()], &[]).expect("work");
        work.functions[0].check.tests.len()
    };
    assert_eq!((works("FR-1"), works("FR-2")), (1, 2));
}

#[test]
fn a_command_of_no_program_is_refused() {
    let text = "### FR-1: A\nin `todo.py`\n- `$ todo a` → `1`\n- `$ other b` → `2`\n";
    let spec = Spec::parse("todo", text);
    let refused = work_of(&spec, &Tooling::default(), "1", &["FR-1".into()], &[]);
    assert_eq!(
        refused.expect_err("no program"),
        WorkError::Program {
            line: "other b".into()
        }
    );
}
