//! Programs that measure what a criterion limits, and what they printed, read back. What a measurement did not say is never
//! read as a good number.

use std::collections::BTreeMap;

use code::Language;
use serde_json::Value;
use spec::{Command, Spec, TestName, Timing};

use crate::checks::{Runner, Subject, calls, module_of, python_literal, relative};
use crate::work::TRIAL_FOLDER;

/// Most times that a call is timed.
const TIMES_MAX: usize = 200;

/// Fewest times that it is timed, however long it takes.
const TIMES_MIN: usize = 20;

/// After how many seconds it is not timed again.
const SECONDS: u32 = 10;

/// A program that times a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Timer {
    /// Its file, relative to the project.
    pub path: String,
    /// Its text.
    pub text: String,
    program: &'static str,
}

const PYTHON: &str = r#"import json, os, subprocess, sys, tempfile, time

root = os.path.abspath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "ROOT"))
sys.path.insert(0, root)
printed = os.dup(1)
os.dup2(os.open(os.devnull, os.O_WRONLY), 1)


def command(line, folder):
    done = subprocess.run([sys.executable, *line], cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    if done.returncode != 0:
        sys.exit("it ended with exit code %d" % done.returncode)


def main():
    times = []
    with tempfile.TemporaryDirectory() as folder:
        scope = {"command": command, "root": root, "folder": folder, "os": os}
        exec(IMPORTS, scope)
        call = compile(CALL, "<call>", "eval")
        begin = time.perf_counter_ns()
        while len(times) < MAX and (len(times) < MIN or time.perf_counter_ns() - begin < SECONDS * 10**9):
            start = time.perf_counter_ns()
            eval(call, scope)
            times.append(time.perf_counter_ns() - start)
    os.write(printed, json.dumps(times).encode())


main()
"#;

const SCRIPT: &str = r#"import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const root = resolve(dirname(fileURLToPath(import.meta.url)), "ROOT");
const write = process.stdout.write.bind(process.stdout);
process.stdout.write = () => true;

function command(line) {
  const [file, ...rest] = line;
  const done = spawnSync(process.execPath, [join(root, file), ...rest], { cwd: folder, stdio: "ignore" });
  if (done.status !== 0) throw new Error("it ended with exit code " + done.status);
}

function named(path, name) {
  return import(path).then((module) => module[name] ?? module.default?.[name]);
}

const folder = mkdtempSync(join(tmpdir(), "kiro-"));
const call = IMPORTS;
const times = [];
const begin = process.hrtime.bigint();
while (times.length < MAX && (times.length < MIN || process.hrtime.bigint() - begin < BigInt(SECONDS) * 10n ** 9n)) {
  const start = process.hrtime.bigint();
  await call();
  times.push(Number(process.hrtime.bigint() - start));
}
rmSync(folder, { recursive: true, force: true });
write(JSON.stringify(times), () => process.exit(0));
"#;

/// The program that times a call of the spec's.
///
/// # Errors
/// The reason why nothing can.
pub fn timer(spec: &Spec, timing: &Timing) -> Result<Timer, String> {
    let subjects = crate::work::subjects(spec);
    let (used, listed): (Vec<&Subject>, Vec<String>) = match Command::parse(&timing.call) {
        Some(command) if timing.is_command => {
            let one = subjects.iter().find(|it| it.runs(&command.program));
            let words = one.map(|it| it.file.clone()).into_iter();
            let words = words.chain(command.arguments).collect();
            (one.into_iter().collect(), words)
        }
        _ => {
            let is_used = |it: &&Subject| calls(&timing.call, it.root());
            (subjects.iter().filter(is_used).collect(), Vec::new())
        }
    };
    let unknown = || format!("no file of the spec holds what {} calls", timing.shown());
    let language = used
        .first()
        .and_then(|it| it.language())
        .ok_or_else(unknown)?;
    if used.iter().any(|it| it.language() != Some(language)) {
        return Err(unknown());
    }
    match language {
        Language::Python => Ok(python(timing, &used, &listed)),
        Language::JavaScript | Language::TypeScript => Ok(script(timing, &used, &listed)),
        Language::Rust => Err(
            "Kiro times no calls of Rust; name a command in backticks that does, with \"passes\""
                .to_owned(),
        ),
    }
}

fn python(timing: &Timing, used: &[&Subject], listed: &[String]) -> Timer {
    let line: Vec<String> = listed
        .iter()
        .enumerate()
        .map(|(at, it)| match at {
            0 => format!("os.path.join(root, {})", python_literal(it)),
            _ => python_literal(it),
        })
        .collect();
    let imports = used
        .iter()
        .filter(|_| !timing.is_command)
        .map(|it| format!("from {} import {}\n", module_of(&it.file), it.root()));
    let imports: String = imports.collect();
    let call = match timing.is_command {
        true => format!("command([{}], folder)", line.join(", ")),
        false => timing.call.clone(),
    };
    let text = sized(PYTHON)
        .replacen("IMPORTS", &python_literal(&imports), 1)
        .replacen(
            "compile(CALL,",
            &format!("compile({},", python_literal(&call)),
            1,
        );
    Timer {
        path: format!("{TRIAL_FOLDER}/timer.py"),
        text,
        program: "python3",
    }
}

fn script(timing: &Timing, used: &[&Subject], listed: &[String]) -> Timer {
    let path = format!("{TRIAL_FOLDER}/timer.mjs");
    let call = match timing.is_command {
        true => {
            let line: Vec<String> = listed
                .iter()
                .map(|it| Value::from(it.as_str()).to_string())
                .collect();
            format!("() => command([{}])", line.join(", "))
        }
        false => {
            let names: Vec<&str> = used.iter().map(|it| it.root()).collect();
            let values: Vec<String> = used
                .iter()
                .map(|it| {
                    format!(
                        "await named(\"{}\", \"{}\")",
                        relative(&path, &it.file),
                        it.root()
                    )
                })
                .collect();
            format!(
                "(({}) => () => ({}))({})",
                names.join(", "),
                timing.call,
                values.join(", ")
            )
        }
    };
    Timer {
        text: sized(SCRIPT).replacen("IMPORTS", &call, 1),
        path,
        program: "node",
    }
}

/// A template with its numbers, and the way from its folder to the project's.
fn sized(template: &str) -> String {
    let up = "../".repeat(TRIAL_FOLDER.matches('/').count() + 1);
    template
        .replace("ROOT", up.trim_end_matches('/'))
        .replace("MAX", &TIMES_MAX.to_string())
        .replace("MIN", &TIMES_MIN.to_string())
        .replace("SECONDS", &SECONDS.to_string())
}

impl Timer {
    /// Words that run it, from the project's folder; the first names a program.
    pub fn argv(&self) -> Vec<String> {
        vec![self.program.to_owned(), self.path.clone()]
    }

    /// The times that it printed, in nanoseconds.
    ///
    /// # Errors
    /// When it printed none.
    pub fn read(&self, stdout: &str) -> Result<Vec<u64>, String> {
        let times: Vec<u64> =
            serde_json::from_str(stdout.trim()).map_err(|_| "it printed no times".to_owned())?;
        match times.len() {
            TIMES_MIN..=TIMES_MAX => Ok(times),
            _ => Err("it printed no times".to_owned()),
        }
    }
}

/// What measures how much of the code the tests run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Coverer(pub Runner);

/// Starts coverage.py as it is installed: a module of that name in the project would count for itself. The tests then find the
/// project's modules as they do without it.
const COVERAGE_PY: &str = "import os, sys; sys.path[:] = [it for it in sys.path if it]; from coverage.cmdline import main; sys.path.insert(0, os.getcwd()); sys.exit(main(sys.argv[1:]))";

/// Where coverage.py keeps what it counted, in the scratch worktree.
const COUNTED: &str = ".coverage.kiro";

/// The settings of coverage.py, in the scratch worktree: all code of the project counts, whatever the project would leave out and
/// whether its folders are packages; what is installed for it does not.
const SETTINGS: (&str, &str) = (
    ".coveragerc.kiro",
    "[run]\nsource = .\nomit =\n    .venv/*\n    venv/*\n    node_modules/*\n    */site-packages/*\n    */dist-packages/*\n\n\
     [report]\ninclude_namespace_packages = True\n",
);

impl Coverer {
    /// Its name, for people who have to install it.
    pub fn name(self) -> &'static str {
        match self.0 {
            Runner::Unittest | Runner::Pytest => "coverage.py",
            Runner::Node => "node 20.11 or newer",
            Runner::Cargo => "cargo-llvm-cov",
        }
    }

    /// Words of a command that succeeds where it is installed.
    pub fn presence(self) -> Vec<String> {
        words(match self.0 {
            Runner::Unittest | Runner::Pytest => &["python3", "-c", COVERAGE_PY, "--version"],
            Runner::Node => &["node", "--version"],
            Runner::Cargo => &["cargo-llvm-cov", "llvm-cov", "--version"],
        })
    }

    /// A file that has to stand in the worktree, with its text.
    pub fn settings(self) -> Option<(&'static str, &'static str)> {
        matches!(self.0, Runner::Unittest | Runner::Pytest).then_some(SETTINGS)
    }

    /// Words of the commands that measure, in their order; the last one prints the result.
    pub fn steps(self) -> Vec<Vec<String>> {
        let data = format!("--data-file={COUNTED}");
        let settings = format!("--rcfile={}", SETTINGS.0);
        let run = |rest: &[&str]| {
            let mut argv = words(&["python3", "-c", COVERAGE_PY, "run", &data, &settings]);
            argv.extend(words(rest));
            argv
        };
        let report = words(&[
            "python3",
            "-c",
            COVERAGE_PY,
            "json",
            &data,
            &settings,
            "-o",
            "-",
            "-q",
        ]);
        match self.0 {
            Runner::Unittest => vec![run(&["-m", "unittest", "discover", "-s", "tests"]), report],
            Runner::Pytest => vec![
                run(&["-m", "pytest", "-q", "-p", "no:cacheprovider"]),
                report,
            ],
            Runner::Node => vec![words(&[
                "node",
                "--test",
                "--experimental-test-coverage",
                "--test-reporter=lcov",
            ])],
            Runner::Cargo => vec![words(&[
                "cargo-llvm-cov",
                "llvm-cov",
                "--offline",
                "--json",
                "--summary-only",
            ])],
        }
    }

    /// How many lines there are in files that are no tests, and how many of them ran.
    ///
    /// # Errors
    /// When that was not printed.
    pub fn read(self, stdout: &str) -> Result<Lines, String> {
        let found = match self.0 {
            Runner::Unittest | Runner::Pytest => coverage_py(stdout),
            Runner::Node => lcov(stdout),
            Runner::Cargo => llvm_cov(stdout),
        };
        found
            .filter(|it| it.all > 0 && it.ran <= it.all)
            .ok_or_else(|| "it counted no line of code".to_owned())
    }
}

/// Lines that could run and lines that did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Lines {
    /// All.
    pub all: u64,
    /// Those that ran.
    pub ran: u64,
}

impl Lines {
    /// The share that ran, in thousandths of a percent, rounded down.
    pub fn share(self) -> u64 {
        (self.ran * 100_000).checked_div(self.all).unwrap_or(0)
    }

    fn add(&mut self, all: u64, ran: u64) {
        self.all += all;
        self.ran += ran;
    }
}

fn coverage_py(stdout: &str) -> Option<Lines> {
    let value: Value = serde_json::from_str(stdout.trim()).ok()?;
    let mut lines = Lines::default();
    for (path, file) in value.get("files")?.as_object()? {
        let number = |name: &str| file.pointer(&format!("/summary/{name}"))?.as_u64();
        if !code::is_test_path(path) {
            lines.add(number("num_statements")?, number("covered_lines")?);
        }
    }
    Some(lines)
}

fn lcov(stdout: &str) -> Option<Lines> {
    let mut lines = Lines::default();
    let (mut path, mut all, mut hit) = ("", 0, 0);
    for line in stdout.lines() {
        if let Some(file) = line.strip_prefix("SF:") {
            (path, all, hit) = (file, 0, 0);
        } else if let Some(found) = line.strip_prefix("LF:") {
            all = found.trim().parse().ok()?;
        } else if let Some(ran) = line.strip_prefix("LH:") {
            hit = ran.trim().parse().ok()?;
        } else if line == "end_of_record" && !code::is_test_path(path) {
            lines.add(all, hit);
        }
    }
    Some(lines)
}

fn llvm_cov(stdout: &str) -> Option<Lines> {
    let value: Value = serde_json::from_str(stdout.trim()).ok()?;
    let mut lines = Lines::default();
    for file in value.pointer("/data/0/files")?.as_array()? {
        let number = |name: &str| file.pointer(&format!("/summary/lines/{name}"))?.as_u64();
        if !code::is_test_path(file.get("filename")?.as_str()?) {
            lines.add(number("count")?, number("covered")?);
        }
    }
    Some(lines)
}

/// Tests that ran, by name, with whether each passed, and those of the sources that assert something.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NamedTests {
    ran: BTreeMap<String, bool>,
    asserting: Vec<String>,
}

impl NamedTests {
    /// Takes in what a run said of each test.
    pub fn ran(&mut self, results: BTreeMap<String, bool>) {
        for (name, passed) in results {
            *self.ran.entry(name).or_insert(true) &= passed;
        }
    }

    /// Takes in a source of tests.
    pub fn source(&mut self, path: &str, text: &str) {
        let Some(language) = Language::from_path(path).filter(|_| code::is_test_path(path)) else {
            return;
        };
        let assertions = code::assertions(language, text);
        let cases = code::test_cases(language, text).into_iter();
        let asserting = cases.filter(|case| {
            !case.skipped && case.skips == 0 && assertions.iter().any(|it| it.test == case.name)
        });
        self.asserting.extend(asserting.map(|it| it.name));
    }

    /// The test that shows what asks for this name.
    ///
    /// # Errors
    /// Why none does.
    pub fn shows(&self, wanted: &TestName) -> Result<&str, String> {
        let mut named = self
            .ran
            .iter()
            .filter(|(name, _)| wanted.is_in(name))
            .peekable();
        if named.peek().is_none() {
            return Err(format!("no test that ran is named for it, as in {wanted}"));
        }
        if let Some((name, _)) = named.clone().find(|(_, passed)| !**passed) {
            return Err(format!("{name} failed"));
        }
        let asserts = self.asserting.iter().any(|it| wanted.is_in(it));
        match named.next() {
            Some((name, _)) if asserts => Ok(name.as_str()),
            _ => Err(format!(
                "the test named as in {wanted} asserts nothing itself"
            )),
        }
    }
}

fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|it| (*it).to_owned()).collect()
}

#[cfg(test)]
mod tests;
