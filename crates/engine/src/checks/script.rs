//! JavaScript and TypeScript: test files for node's own runner from examples.

use std::fmt::Write as _;

use spec::{Example, Expect, is_row};

use super::{Source, Subject, Test, constants, is_float, one_line, quoted, test};

/// Functions that a test file defines for itself when its tests use them.
const NEAR: &str = r#"
function assertNear(actual, expected) {
  const limit = 1e-7 * Math.max(1, Math.abs(expected));
  const isNear = typeof actual === "number" && Math.abs(actual - expected) <= limit;
  assert.ok(isNear, `expected ${expected}, got ${inspect(actual)}`);
}
"#;

const FAILS: &str = r#"
async function assertFails(action, name, message) {
  let error;
  try {
    await action();
  } catch (caught) {
    error = caught;
  }
  assert.ok(error !== undefined, `expected ${name}, but nothing was thrown`);
  const names = [error?.name, error?.constructor?.name];
  const isIt = name === "Error" ? error instanceof Error : names.includes(name);
  assert.ok(isIt, `expected ${name}, got ${inspect(error).split("\n")[0]}`);
  if (message !== undefined) {
    assert.equal(error.message, message);
  }
}
"#;

const PRINTED: &str = r#"
function printedBy(action) {
  const write = process.stdout.write;
  let text = "";
  process.stdout.write = (chunk) => {
    text += chunk;
    return true;
  };
  try {
    action();
  } finally {
    process.stdout.write = write;
  }
  return text.trim();
}
"#;

const COMMAND_IMPORTS: &str = r#"import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
"#;

const COMMANDS: &str = r#"
const root = new URL("UP", import.meta.url);

function inFolder(action) {
  const folder = mkdtempSync(join(tmpdir(), "session-"));
  try {
    return action(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function run(folder, program, ...words) {
  const argv = [fileURLToPath(new URL(program, root)), ...words];
  const options = { cwd: folder, encoding: "utf8", timeout: 20000 };
  return spawnSync(process.execPath, argv, options);
}

function runMerged(folder, program, ...words) {
  const file = fileURLToPath(new URL(program, root));
  const argv = ["-c", 'exec "$0" "$@" 2>&1', process.execPath, file, ...words];
  const options = { cwd: folder, encoding: "utf8", timeout: 20000 };
  return spawnSync("/bin/sh", argv, options);
}

function assertPrinted(done, expected) {
  const lines = done.stdout.split("\n").map((line) => line.trimEnd());
  const actual = lines.join("\n").replace(/\n+$/, "");
  const errors = done.stderr ? `; errors: ${done.stderr.trim()}` : "";
  const told = `expected ${inspect(expected)}, got ${inspect(actual)}${errors}`;
  assert.ok(actual === expected, told);
}

function assertExit(done, expected) {
  const told = `expected exit code ${expected}, got ${done.status}; ${done.stderr}`;
  assert.ok(done.status === expected, told);
}
"#;

/// The text of a test file, and its tests.
pub(super) fn compile(source: &Source<'_>) -> (String, Vec<Test>) {
    let nears = source.expects(|it| matches!(it, Expect::Value(value) if is_float(value)));
    let fails = source.expects(|it| matches!(it, Expect::Raises(_)));
    let prints = source.expects(|it| matches!(it, Expect::Output(_)));
    let runs = source.has_commands();
    let mut text = comment(&source.header());
    text.push_str(
        "import assert from \"node:assert/strict\";\nimport { test } from \"node:test\";\n",
    );
    if runs {
        text.push_str(COMMAND_IMPORTS);
    }
    if nears || fails || runs {
        text.push_str("import { inspect } from \"node:util\";\n");
    }
    let imports = imports(source);
    if !imports.is_empty() {
        text.push('\n');
        text.push_str(&imports);
    }
    let commands = COMMANDS.replace("UP", &"../".repeat(source.depth()));
    for (wanted, helper) in [
        (nears, NEAR),
        (fails, FAILS),
        (prints, PRINTED),
        (runs, &commands),
    ] {
        if wanted {
            text.push_str(helper);
        }
    }
    let mut tests = Vec::new();
    for (example, subject) in &source.placed {
        let name = example.id.to_string();
        text.push_str(&match example.call.command {
            Some(_) => session(&name, example, source),
            None => body(&name, example, subject, (source.message)(example)),
        });
        tests.push(test(name, example));
    }
    (text, tests)
}

fn comment(text: &str) -> String {
    let line = |it: &str| format!("// {it}").trim_end().to_owned() + "\n";
    text.lines().map(line).collect::<String>() + "\n"
}

fn imports(source: &Source<'_>) -> String {
    let line = |(file, names): (&str, std::collections::BTreeSet<&str>)| {
        let names: Vec<&str> = names.into_iter().collect();
        let from = relative(source.path, file);
        format!("import {{ {} }} from \"{from}\";\n", names.join(", "))
    };
    source.names().into_iter().map(line).collect()
}

/// The path of `file` as a file at `from` imports it.
pub(crate) fn relative(from: &str, file: &str) -> String {
    let mut folders: Vec<&str> = from.split('/').collect();
    folders.pop();
    let parts: Vec<&str> = file.split('/').collect();
    let shared = folders
        .iter()
        .zip(&parts[..parts.len() - 1])
        .take_while(|(a, b)| a == b)
        .count();
    let up = "../".repeat(folders.len() - shared);
    let start = if up.is_empty() { "./" } else { &up };
    format!("{start}{}", parts[shared..].join("/"))
}

fn body(name: &str, example: &Example, subject: &Subject, message: Option<String>) -> String {
    let call = translated(&one_line(&example.call.source));
    let setup: String = setup(&example.setup)
        .iter()
        .map(|it| format!("  {it}\n"))
        .collect();
    let promised = subject.is_promised();
    let wait = if promised { "await " } else { "" };
    let mut is_async = promised || setup.contains("await ");
    let line = match &example.expect {
        Expect::Value(value) if is_float(value) => format!("assertNear({wait}{call}, {value});"),
        Expect::Value(value) => {
            let value = as_array(translated(&one_line(value)));
            format!("assert.deepStrictEqual({wait}{call}, {value});")
        }
        Expect::Raises(error) => {
            is_async = true;
            let error = if error == "Exception" { "Error" } else { error };
            let message = message.map_or(String::new(), |it| format!(", {it}"));
            format!("await assertFails(() => {call}, \"{error}\"{message});")
        }
        Expect::Output(output) => format!(
            "assert.equal(printedBy(() => {call}), {});",
            literal(output.trim())
        ),
        Expect::Exits(_) => String::new(),
    };
    let how = if is_async { "async " } else { "" };
    format!("\ntest(\"{name}\", {how}() => {{\n{setup}  {line}\n}});\n")
}

/// What Python writes as a tuple is an array; in JavaScript only the last of its values would be left.
fn as_array(value: String) -> String {
    if is_row(&value) {
        return format!("[{value}]");
    }
    let inner = value.strip_prefix('(').and_then(|it| it.strip_suffix(')'));
    match inner {
        Some(inner) if is_row(inner) => format!("[{inner}]"),
        _ => value,
    }
}

/// A test that runs commands in a folder of its own.
fn session(name: &str, example: &Example, source: &Source<'_>) -> String {
    let mut text = format!("\ntest(\"{name}\", () => {{\n  const done = inFolder((folder) => {{\n");
    let runs = source.runs_of(example);
    for (at, (file, command)) in runs.iter().enumerate() {
        let mut words = vec![literal(file)];
        words.extend(command.arguments.iter().map(|it| literal(it)));
        let how = if command.merges_errors {
            "runMerged"
        } else {
            "run"
        };
        let given = if at + 1 == runs.len() { "return " } else { "" };
        let _ = writeln!(text, "    {given}{how}(folder, {});", words.join(", "));
    }
    let expected = match &example.expect {
        Expect::Exits(code) => format!("assertExit(done, {code});"),
        other => format!("assertPrinted(done, {});", literal(other.text())),
    };
    let _ = writeln!(text, "  }});\n  {expected}\n}});");
    text
}

/// Statements that run first; a name that is only assigned is declared.
fn setup(statements: &[String]) -> Vec<String> {
    let mut declared: Vec<String> = Vec::new();
    let mut lines = Vec::new();
    for statement in statements {
        let line = translated(&one_line(statement));
        let line = line.trim_end_matches(';');
        if line.starts_with("import ") || line.starts_with("from ") {
            continue;
        }
        let name: String = line
            .chars()
            .take_while(|c| c.is_alphanumeric() || *c == '_' || *c == '$')
            .collect();
        let rest = line[name.len()..].trim_start();
        let assigns = !name.is_empty() && rest.starts_with('=') && !rest.starts_with("==");
        if assigns && !declared.contains(&name) {
            lines.push(format!("let {line};"));
            declared.push(name);
        } else {
            lines.push(format!("{line};"));
        }
    }
    lines
}

/// The source with Python's constants in JavaScript's words.
fn translated(source: &str) -> String {
    constants::translated(source, |word| match word {
        "None" => Some("null"),
        "True" => Some("true"),
        "False" => Some("false"),
        _ => None,
    })
}

/// A JavaScript string literal of any text.
pub(super) fn literal(text: &str) -> String {
    let is_special = |c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}');
    quoted(text, |c| {
        is_special(c).then(|| format!("\\u{:04x}", c as u32))
    })
}

#[cfg(test)]
mod tests;
