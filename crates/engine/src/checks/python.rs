//! Python: `unittest` files from examples, and what `unittest -v` printed read back.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use spec::{Example, Expect, is_row};

use super::{
    Source, Subject, Test, Told, constants, did_not_run, is_float, one_line, quoted, test,
    test_words,
};

/// What a test file of commands defines for itself.
const COMMANDS: &str = r#"

ROOT = pathlib.Path(__file__).resolve().parents[DEPTH]


def run(folder, program, *words, stderr=subprocess.PIPE):
    """Runs a program of the project in a folder of its own."""
    return subprocess.run(
        [sys.executable, str(ROOT / program), *words],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=stderr,
        text=True,
        timeout=20,
    )


def plain(text):
    """Printed text without spaces at the ends of lines and blank lines at the end."""
    return "\n".join(line.rstrip() for line in text.splitlines()).rstrip("\n")
"#;

/// The module name by which a file at `path` is imported from the project's folder.
pub fn module_of(path: &str) -> String {
    let stem = path.strip_suffix(".py").unwrap_or(path);
    let stem = stem.strip_suffix("/__init__").unwrap_or(stem);
    stem.replace('/', ".")
}

/// The text of a `unittest` file, and its tests.
pub(super) fn compile(source: &Source<'_>) -> (String, Vec<Test>) {
    let mut text = format!("\"\"\"{}\"\"\"\n\n", source.header());
    if source.expects(|it| matches!(it, Expect::Output(_))) {
        text.push_str("import contextlib\nimport io\n");
    }
    if source.has_commands() {
        text.push_str(
            "import os\nimport pathlib\nimport subprocess\nimport sys\nimport tempfile\n",
        );
    }
    text.push_str("import unittest\n");
    let imports = imports(source);
    if !imports.is_empty() {
        text.push('\n');
        text.push_str(&imports);
    }
    if source.has_commands() {
        text.push_str(&COMMANDS.replace("DEPTH", &source.depth().to_string()));
    }
    let mut tests = Vec::new();
    for (class, members) in by_function(&source.placed) {
        let _ = write!(text, "\n\nclass {class}(unittest.TestCase):");
        for example in members {
            let name = test_name(&example.id.to_string());
            text.push_str(&match example.call.command {
                Some(_) => session(&name, example, source),
                None => method(&name, example, (source.message)(example)),
            });
            tests.push(test(name, example));
        }
    }
    text.push_str("\n\nif __name__ == \"__main__\":\n    unittest.main()\n");
    (text, tests)
}

fn imports(source: &Source<'_>) -> String {
    let mut names: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
    for (file, wanted) in source.names() {
        names.entry(module_of(file)).or_default().extend(wanted);
    }
    for (example, subject) in &source.placed {
        if example.call.command.is_some() {
            continue;
        }
        if let Expect::Raises(name) = &example.expect
            && !is_built_in(class_of(name))
        {
            names
                .entry(module_of(&subject.file))
                .or_default()
                .insert(name);
        }
    }
    names
        .into_iter()
        .map(|(module, names)| {
            let names: Vec<&str> = names.into_iter().collect();
            format!("from {module} import {}\n", names.join(", "))
        })
        .collect()
}

fn by_function<'a>(placed: &[(&'a Example, &Subject)]) -> Vec<(String, Vec<&'a Example>)> {
    let mut groups: Vec<(String, Vec<&Example>)> = Vec::new();
    for (example, _) in placed {
        let class = class_name(&example.call.function);
        match groups.iter_mut().find(|(name, _)| *name == class) {
            Some((_, members)) => members.push(example),
            None => groups.push((class, vec![example])),
        }
    }
    groups
}

/// `word_count` → `WordCountExamples`.
fn class_name(function: &str) -> String {
    let words = function.split(|c: char| !c.is_ascii_alphanumeric());
    let mut name: String = words
        .map(|word| {
            let mut letters = word.chars();
            letters.next().map_or(String::new(), |first| {
                first.to_ascii_uppercase().to_string() + letters.as_str()
            })
        })
        .collect();
    name.push_str("Examples");
    name
}

/// `FR-1.e2` → `test_fr_1_e2`.
fn test_name(id: &str) -> String {
    format!("test_{}", test_words(id))
}

fn method(name: &str, example: &Example, message: Option<String>) -> String {
    let mut text = format!("\n    def {name}(self):\n");
    for line in &example.setup {
        let _ = writeln!(text, "        {}", translated(line.trim()));
    }
    let call = translated(&one_line(&example.call.source));
    match &example.expect {
        Expect::Value(value) => {
            let mut value = translated(&one_line(value));
            if is_row(&value) {
                value = format!("({value})");
            }
            let assertion = assertion_for(&value);
            let _ = writeln!(text, "        self.{assertion}({call}, {value})");
        }
        Expect::Raises(error) => {
            let error = class_of(error);
            let caught = message.as_ref().map_or("", |_| " as caught");
            let _ = writeln!(text, "        with self.assertRaises({error}){caught}:");
            let _ = writeln!(text, "            {call}");
            if let Some(message) = message {
                let found = "str(caught.exception)";
                let _ = writeln!(
                    text,
                    "        self.assertEqual({found}, {})",
                    one_line(&message)
                );
            }
        }
        Expect::Output(output) => {
            let _ = writeln!(text, "        printed = io.StringIO()");
            let _ = writeln!(text, "        with contextlib.redirect_stdout(printed):");
            let _ = writeln!(text, "            {call}");
            let _ = writeln!(
                text,
                "        self.assertEqual(printed.getvalue().strip(), {}.strip())",
                literal(output)
            );
        }
        Expect::Exits(_) => {}
    }
    text
}

/// The source with the constants of JSON, which many write for any language, in Python's words.
fn translated(source: &str) -> String {
    constants::translated(source, |word| match word {
        "null" => Some("None"),
        "true" => Some("True"),
        "false" => Some("False"),
        _ => None,
    })
}

/// A test that runs commands in a folder of its own.
fn session(name: &str, example: &Example, source: &Source<'_>) -> String {
    let mut text = format!("\n    def {name}(self):\n");
    text.push_str("        with tempfile.TemporaryDirectory() as folder:\n");
    let runs = source.runs_of(example);
    for (at, (file, command)) in runs.iter().enumerate() {
        let mut words = vec![literal(file)];
        words.extend(command.arguments.iter().map(|it| literal(it)));
        if command.merges_errors {
            words.push("stderr=subprocess.STDOUT".to_owned());
        }
        let done = if at + 1 == runs.len() { "done = " } else { "" };
        let _ = writeln!(text, "            {done}run(folder, {})", words.join(", "));
    }
    let expected = match &example.expect {
        Expect::Exits(code) => format!("done.returncode, {code}"),
        other => format!("plain(done.stdout), {}", literal(other.text())),
    };
    let _ = writeln!(text, "        self.assertEqual({expected}, done.stderr)");
    text
}

/// The class that an error of this name is: of none in particular, any.
fn class_of(error: &str) -> &str {
    match error {
        "Error" => "Exception",
        named => named,
    }
}

/// Floats are compared to seven places; `None`, `True` and `False` by identity; all else by equality.
fn assertion_for(value: &str) -> &'static str {
    match value {
        "None" | "True" | "False" => "assertIs",
        _ if is_float(value) => "assertAlmostEqual",
        _ => "assertEqual",
    }
}

/// A Python string literal of any text.
pub(crate) fn literal(text: &str) -> String {
    quoted(text, |c| {
        c.is_control().then(|| format!("\\x{:02x}", c as u32))
    })
}

fn is_built_in(name: &str) -> bool {
    const PLAIN: [&str; 8] = [
        "Exception",
        "BaseException",
        "KeyboardInterrupt",
        "StopIteration",
        "StopAsyncIteration",
        "SystemExit",
        "GeneratorExit",
        "Warning",
    ];
    const ERRORS: [&str; 40] = [
        "ArithmeticError",
        "AssertionError",
        "AttributeError",
        "BlockingIOError",
        "BrokenPipeError",
        "BufferError",
        "ChildProcessError",
        "ConnectionAbortedError",
        "ConnectionError",
        "ConnectionRefusedError",
        "ConnectionResetError",
        "EOFError",
        "FileExistsError",
        "FileNotFoundError",
        "FloatingPointError",
        "IOError",
        "ImportError",
        "IndentationError",
        "IndexError",
        "InterruptedError",
        "IsADirectoryError",
        "KeyError",
        "LookupError",
        "MemoryError",
        "ModuleNotFoundError",
        "NameError",
        "NotADirectoryError",
        "NotImplementedError",
        "OSError",
        "OverflowError",
        "PermissionError",
        "ProcessLookupError",
        "RecursionError",
        "ReferenceError",
        "RuntimeError",
        "SyntaxError",
        "TimeoutError",
        "TypeError",
        "UnicodeDecodeError",
        "ValueError",
    ];
    PLAIN.contains(&name) || ERRORS.contains(&name) || name == "ZeroDivisionError"
}

/// Reads what `unittest -v` printed: lines such as `test_a (x.A.test_a) ... ok`. What a test writes on its errors, such as the
/// warning that a file stays open, stands between the dots and the word, which then has a line of its own. Such a word is no
/// proof for a test that is told as failed further down.
pub(super) fn told(exit: Option<i32>, printed: &str) -> Told {
    let mut told = Told {
        ended: printed.lines().any(|line| line.starts_with("Ran ")),
        reasons: details(printed),
        last_words: last_words(exit, printed),
        ..Told::default()
    };
    let mut open: Option<&str> = None;
    for line in printed.lines() {
        // A test with a documentation has a line for each.
        let begun = line.starts_with("test_").then(|| line.split_once(" ("));
        open = begun.flatten().map(|it| it.0).or(open);
        let word = line.rsplit_once(" ... ").map_or(line, |it| it.1).trim();
        if let Some(test) = open.filter(|_| is_result(word)) {
            let is_green = word == "ok" && !told.reasons.contains_key(test);
            told.result(test, is_green);
            open = None;
        }
    }
    told
}

/// Whether a line says what came of a test.
fn is_result(word: &str) -> bool {
    matches!(
        word,
        "ok" | "FAIL" | "ERROR" | "expected failure" | "unexpected success"
    ) || word.starts_with("skipped")
}

/// The number in the line `Ran N tests in …`.
pub(super) fn count(printed: &str) -> u32 {
    let line = printed.lines().rfind(|it| it.starts_with("Ran "));
    line.and_then(|it| it.split(' ').nth(1)?.parse().ok())
        .unwrap_or(0)
}

/// The blocks `FAIL: test_a (…)` and `ERROR: test_a (…)`, shortened to their last telling lines.
fn details(printed: &str) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    for block in printed.split("\n======") {
        let Some(start) = block.find("FAIL: ").or_else(|| block.find("ERROR: ")) else {
            continue;
        };
        let Some(test) = block[start..].split([' ', '\n']).nth(1) else {
            continue;
        };
        let body: Vec<&str> = block
            .lines()
            .skip_while(|it| !it.starts_with("-----"))
            .skip(1)
            .collect();
        let telling = body.iter().rposition(|it| is_error_line(it)).unwrap_or(0);
        let lines: Vec<&str> = body[telling.min(body.len())..]
            .iter()
            .take_while(|it| !it.starts_with("-----"))
            .take(8)
            .copied()
            .filter(|it| !it.trim().is_empty())
            .collect();
        found.insert(test.to_owned(), lines.join("\n"));
    }
    found
}

fn is_error_line(line: &str) -> bool {
    line.split([':', ' '])
        .next()
        .is_some_and(|word| !word.is_empty() && !line.starts_with(' ') && is_error_name(word))
}

fn is_error_name(word: &str) -> bool {
    let last = word.rsplit('.').next().unwrap_or(word);
    last.starts_with(|c: char| c.is_ascii_uppercase())
        && (last.ends_with("Error") || last.ends_with("Exception") || is_built_in(last))
}

fn last_words(exit: Option<i32>, printed: &str) -> String {
    let last = printed.lines().rev().find(|it| is_error_line(it));
    last.map_or_else(|| did_not_run(exit), str::to_owned)
}

#[cfg(test)]
mod tests;
