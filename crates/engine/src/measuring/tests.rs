//! Measurements written and read back.

use spec::Measure;

use super::*;

const SPEC: &str = "\
# Kit

## FR-1: F

`f(n: int) -> int` in `kit/f.py`.

- `f(1)` → `2`
- `f(2)` takes < 5 ms p95

## FR-2: Program

The program `todo` in `todo.py`.

- `$ todo list` → `1. milk`
- `$ todo list \"a b\"` takes < 2 s
- `g(1)` takes < 5 ms
";

fn timings(text: &str) -> Vec<Result<Timer, String>> {
    let spec = Spec::parse("kit", text);
    let of = |it: &spec::Criterion| match &it.measure {
        Some(Measure::Time(timing)) => Some(timer(&spec, timing)),
        _ => None,
    };
    spec.criteria().filter_map(of).collect()
}

#[test]
fn calls_and_commands_are_timed_by_a_program() {
    let all = timings(SPEC);
    let call = all[0].as_ref().expect("a program");
    assert!(
        call.text
            .contains("exec(\"from kit.f import f\\n\", scope)"),
        "{}",
        call.text
    );
    assert!(call.text.contains("compile(\"f(2)\","), "{}", call.text);
    let command = all[1].as_ref().expect("a program");
    let line = r#"command([os.path.join(root, \"todo.py\"), \"list\", \"a b\"], folder)"#;
    assert!(command.text.contains(line), "{}", command.text);
    assert!(!command.text.contains("import main"), "{}", command.text);
    assert_eq!(
        all[2],
        Err("no file of the spec holds what `g(1)` calls".to_owned())
    );
    let script = timings(&SPEC.replace(".py", ".mjs"));
    let call = script[0].as_ref().expect("a program");
    assert!(
        call.text
            .contains("((f) => () => (f(2)))(await named(\"../../kit/f.mjs\", \"f\"))"),
        "{}",
        call.text
    );
    assert_eq!(call.argv()[0], "node");
}

#[test]
fn times_are_read_whole_or_not_at_all() {
    let timer = timings(SPEC)[0].clone().expect("a program");
    let printed = format!("[{}]", vec!["7"; 20].join(","));
    assert_eq!(timer.read(&printed), Ok(vec![7; 20]));
    for printed in ["", "[]", "[1,2]", "[-1]", "12", "[1, 2"] {
        assert!(timer.read(printed).is_err(), "{printed}");
    }
}

#[test]
fn lines_of_tests_count_for_no_coverage() {
    let python = r#"{"files":{"a.py":{"summary":{"num_statements":10,"covered_lines":7}},
        "tests/test_a.py":{"summary":{"num_statements":90,"covered_lines":90}}}}"#;
    let lines = Coverer(Runner::Unittest).read(python).expect("lines");
    assert_eq!((lines, lines.share()), (Lines { all: 10, ran: 7 }, 70_000));
    let lcov = "TN:\nSF:a.mjs\nDA:1,1\nLH:2\nLF:3\nend_of_record\nSF:tests/a.test.mjs\nLF:9\nLH:9\nend_of_record\n";
    let lines = Coverer(Runner::Node).read(lcov).expect("lines");
    assert_eq!((lines, lines.share()), (Lines { all: 3, ran: 2 }, 66_666));
    let cargo = r#"{"data":[{"files":[{"filename":"src/lib.rs","summary":{"lines":{"count":4,"covered":4}}}]}]}"#;
    assert_eq!(
        Coverer(Runner::Cargo).read(cargo).expect("lines").share(),
        100_000
    );
}

#[test]
fn what_no_coverage_says_is_no_coverage() {
    for runner in [
        Runner::Unittest,
        Runner::Pytest,
        Runner::Node,
        Runner::Cargo,
    ] {
        for printed in ["", "no", "{}", "[]", "{\"files\":{}}", "SF:a\nLF:x\nLH:1\n"] {
            assert!(
                Coverer(runner).read(printed).is_err(),
                "{runner:?} {printed}"
            );
        }
    }
}

#[test]
fn a_named_test_counts_when_it_asserts_and_passes() {
    let spec = Spec::parse(
        "t",
        "### FR-1: A\n- THE A SHALL b\n- THE C SHALL d\n- THE E SHALL f\n- THE G SHALL h\n",
    );
    let names: Vec<TestName> = crate::shown(spec.criteria())
        .into_iter()
        .map(|it| it.1)
        .collect();
    let mut tests = NamedTests::default();
    tests.source(
        "tests/test_a.py",
        "class A:\n    def test_fr_1_1(self):\n        self.assertEqual(a(), 1)\n\n    def test_fr_1_2(self):\n        a()\n\n    def test_fr_1_3(self):\n        assert a()\n",
    );
    let results = [
        ("test_fr_1_1", true),
        ("test_fr_1_2", true),
        ("test_fr_1_3", false),
    ];
    tests.ran(
        results
            .map(|(name, passed)| (name.to_owned(), passed))
            .into(),
    );
    assert_eq!(tests.shows(&names[0]), Ok("test_fr_1_1"));
    for (name, why) in names[1..]
        .iter()
        .zip(["asserts nothing", "failed", "no test that ran"])
    {
        let told = tests.shows(name).expect_err("nothing shows it");
        assert!(told.contains(why), "{told}");
    }
}
