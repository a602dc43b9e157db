//! A limit for each test of a candidate. One that does not end would take the results of all the others with it, and the whole
//! time of the run.
//!
//! Test files stay as people read them: a program of its own starts the runner and puts the limit around each test. Python's
//! counts processor time, node's the time of a test's synchronous part, which nothing else can interrupt.

use super::{CheckFile, Runner};
use crate::work::TRIAL_FOLDER;

const PYTHON: &str = r#"import os
import runpy
import signal
import sys
import unittest

LATE = 3


class TimeLimitError(BaseException):
    """No `except Exception` of what is tried catches it."""


class Limit:
    seconds = 1.5
    late = 0


def stop(*_):
    raise TimeLimitError(f"it did not end within {Limit.seconds} s")


run = unittest.TestCase._callTestMethod


def limited(self, method):
    if Limit.late == LATE:
        raise TimeLimitError("not tried, since three others did not end")
    signal.setitimer(signal.ITIMER_PROF, Limit.seconds)
    try:
        run(self, method)
    except TimeLimitError:
        Limit.late += 1
        Limit.seconds = 0.25
        raise
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)


signal.signal(signal.SIGPROF, stop)
unittest.TestCase._callTestMethod = limited
sys.path[0] = os.getcwd()
del sys.argv[0]
runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
"#;

const SCRIPT: &str = r#"import { createRequire, syncBuiltinESMExports } from "node:module";
import vm from "node:vm";

const LATE = 3;
const BODY = Symbol.for("body");
const runner = createRequire(import.meta.url)("node:test");
const run = new vm.Script('globalThis[Symbol.for("body")]()');
const { test } = runner;
let timeout = 1500;
let late = 0;

function limited(body) {
  if (late === LATE) throw new Error("not tried, since three others did not end");
  globalThis[BODY] = body;
  try {
    return run.runInThisContext({ timeout });
  } catch (error) {
    if (error?.code !== "ERR_SCRIPT_EXECUTION_TIMEOUT") throw error;
    const told = `it did not end within ${timeout / 1000} s`;
    late += 1;
    timeout = 250;
    throw Object.assign(new Error(told), { name: "TimeLimitError" });
  }
}

runner.test = (name, body) => test(name, () => limited(body));
syncBuiltinESMExports();
"#;

/// A program that runs a check file with a limit for each test.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limited {
    /// Where it stands, relative to the project.
    pub path: String,
    /// Its text.
    pub text: &'static str,
    /// Words that run the check file through it; the first names a program.
    pub argv: Vec<String>,
}

impl CheckFile {
    /// How the file is run with a limit for each of its tests: none where it is not there to try candidates, or its tests run
    /// other programs, which have limits of their own, or are compiled.
    pub fn limited(&self) -> Option<Limited> {
        if self.commands() > 0 || !self.path.starts_with(TRIAL_FOLDER) {
            return None;
        }
        let (name, text, before) = match self.runner {
            Runner::Unittest | Runner::Pytest => ("limit.py", PYTHON, None),
            Runner::Node => ("limit.mjs", SCRIPT, Some("--import")),
            Runner::Cargo => return None,
        };
        let path = format!("{TRIAL_FOLDER}/{name}");
        let mut argv = self.argv();
        match before {
            Some(option) => {
                argv.splice(1..1, [option.to_owned(), format!("./{path}")]);
            }
            // `python3 -m RUNNER …` becomes `python3 LIMIT RUNNER …`.
            None => argv[1].clone_from(&path),
        }
        Some(Limited { path, text, argv })
    }
}

#[cfg(test)]
mod tests {
    use super::super::Test;
    use super::*;

    fn file(runner: Runner, says: &str) -> CheckFile {
        CheckFile {
            path: "tests/kiro_trial/check_f".to_owned(),
            text: String::new(),
            tests: vec![Test {
                name: "a".to_owned(),
                example: "a".to_owned(),
                says: says.to_owned(),
            }],
            runner,
        }
    }

    #[test]
    fn the_runner_is_started_through_the_limit() {
        let argv = |runner| Some(file(runner, "f(1) → 1").limited()?.argv.join(" "));
        let folder = "tests/kiro_trial";
        assert_eq!(
            argv(Runner::Unittest).expect("limited"),
            format!("python3 {folder}/limit.py unittest discover -v -s {folder} -p check_f")
        );
        let pytest = argv(Runner::Pytest).expect("limited");
        assert!(pytest.starts_with(&format!("python3 {folder}/limit.py pytest -q")));
        let node = argv(Runner::Node).expect("limited");
        assert!(node.starts_with(&format!("node --import ./{folder}/limit.mjs --test ")));
        assert_eq!(argv(Runner::Cargo), None);
        let commands = file(Runner::Unittest, "$ f 1 → 1");
        assert_eq!(commands.limited(), None);
        let mut kept = file(Runner::Node, "f(1) → 1");
        kept.path = "tests/f.test.mjs".to_owned();
        assert_eq!(kept.limited(), None);
    }
}
