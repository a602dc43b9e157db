//! `diagnostics`: what the project's own linters and compilers say, as far as they are installed.

use std::fmt::Write as _;
use std::ops::ControlFlow;
use std::time::Duration;

use change::RelPath;
use host::files::{self, EntryKind};
use serde_json::{Value, json};

use crate::arguments::Arguments;
use crate::error::ToolError;
use crate::shell::{Call, OwnProgram, Shell, printed};
use crate::text::bounded;
use crate::workspace::Workspace;
use crate::{Answer, Progress, ToolSpec};

/// Time that one program gets.
const WALL: Duration = Duration::from_secs(240);
/// Bytes of one program's output that are shown.
const SHOWN: usize = 8 << 10;
/// Files that are named to a program that wants names.
const FILES_MAX: usize = 400;
/// The largest settings file that is looked into, in bytes.
const SETTINGS_MAX: u64 = 1 << 20;

/// Compiles without writing anything, and names every file that does not.
const PYTHON: &str = "\
import sys
bad = 0
for name in sys.argv[1:]:
    try:
        with open(name, 'rb') as file:
            compile(file.read(), name, 'exec', dont_inherit=True)
    except (SyntaxError, ValueError, OSError) as error:
        bad = 1
        print(f\"{name}:{getattr(error, 'lineno', None) or 0}: {error}\")
sys.exit(bad)
";

pub(crate) fn spec() -> ToolSpec {
    ToolSpec {
        name: "diagnostics".to_owned(),
        description: "What the project's compilers and linters say: cargo check, tsc, eslint, ruff, mypy, python, \
                      node; whichever fit and are installed."
            .to_owned(),
        parameters: json!({
            "type": "object",
            "properties": {"path": {"type": "string", "description": "one file; everything if left out"}},
        }),
    }
}

/// A program to be asked.
struct Checker {
    /// What it is called in the answer.
    name: &'static str,
    /// The program, as it is looked for, and its words.
    argv: Vec<String>,
    /// Where it starts.
    folder: Option<RelPath>,
    /// Whether it runs what stands in the folder: build scripts, settings that are programs, plugins.
    runs_code: bool,
}

pub(crate) fn call(shell: &Shell, call: &Call<'_>, arguments: &Value) -> Result<Answer, ToolError> {
    let arguments = Arguments::of("diagnostics", &["path"], arguments)?;
    let place = call
        .workspace
        .place(arguments.text_if("path")?.unwrap_or("."))?;
    let project = Project {
        workspace: call.workspace,
        files: files(call, place.as_ref())?,
    };
    let (mut text, mut summary) = (String::new(), Vec::new());
    let (mut missing, mut refused) = (Vec::new(), Vec::new());
    for checker in project.checkers() {
        let Some(argv) = project.installed(shell, &checker) else {
            missing.push(checker.name);
            continue;
        };
        if (call.stop)() {
            return Err(ToolError::call("stopped"));
        }
        (call.on)(Progress::Waiting(checker.name.to_owned()));
        let own = OwnProgram {
            argv: &argv,
            cwd: call.workspace.path(checker.folder.as_ref()),
            runs_code: checker.runs_code,
        };
        let finished = match shell.run_own(call, &own, WALL) {
            Ok(finished) => finished,
            Err(ToolError::Refused(reasons)) => {
                refused.push((checker.name, reasons));
                continue;
            }
            Err(error) => return Err(error),
        };
        let said = bounded(printed(&finished), SHOWN);
        let _never_fails = writeln!(text, "== {}: {}\n{said}", checker.name, finished.ended);
        let verdict = if finished.ended.success() {
            "ok"
        } else {
            "findings"
        };
        summary.push(format!("{}: {verdict}", checker.name));
    }
    if !missing.is_empty() {
        let _never_fails = writeln!(text, "[not installed: {}]", missing.join(", "));
    }
    for (name, reasons) in &refused {
        let reasons: Vec<String> = reasons.iter().map(ToString::to_string).collect();
        let _never_fails = writeln!(
            text,
            "[not run: {name}, which runs code of the folder: {}]",
            reasons.join("; ")
        );
        summary.push(format!("{name}: refused"));
    }
    if summary.is_empty() {
        let _never_fails = writeln!(
            text,
            "no compiler or linter that is installed fits these files"
        );
        summary.push("nothing to ask".to_owned());
    }
    Ok(Answer::done(text, summary.join(", ")))
}

/// The files that are asked about, by name.
fn files(call: &Call<'_>, place: Option<&RelPath>) -> Result<Vec<RelPath>, ToolError> {
    if let Some(path) = call.workspace.one_file(place) {
        return Ok(vec![path.clone()]);
    }
    let mut found = Vec::new();
    call.workspace
        .walk(place, usize::MAX, call.stop, &mut |it| {
            if matches!(it.kind, EntryKind::File(_)) && it.readable {
                found.push(it.path.clone());
            }
            ControlFlow::Continue(())
        })?;
    Ok(found)
}

struct Project<'a> {
    workspace: &'a Workspace,
    files: Vec<RelPath>,
}

impl Project<'_> {
    fn checkers(&self) -> Vec<Checker> {
        let mut all = Vec::new();
        all.extend(self.cargo());
        all.extend(self.tsc());
        all.extend(self.eslint());
        all.extend(self.node());
        let python = self.named(&["py", "pyi"]);
        if !python.is_empty() {
            all.push(checker("python", ["python3", "-I", "-c", PYTHON], &python));
            let ruff = [
                "ruff",
                "check",
                "--no-cache",
                "--output-format=concise",
                "--",
            ];
            all.push(checker("ruff", ruff, &python));
            if self.configures("mypy.ini", "") || self.configures("pyproject.toml", "[tool.mypy") {
                let mypy = ["mypy", "--no-error-summary", "--cache-dir=/dev/null", "--"];
                all.push(Checker {
                    runs_code: true,
                    ..checker("mypy", mypy, &python)
                });
            }
        }
        all
    }

    fn named(&self, extensions: &[&str]) -> Vec<String> {
        let fits = |it: &&RelPath| it.extension().is_some_and(|it| extensions.contains(&it));
        let names = self.files.iter().filter(fits).take(FILES_MAX);
        // With `./` in front no name can be taken for an option.
        names.map(|it| format!("./{it}")).collect()
    }

    fn configures(&self, file: &str, section: &str) -> bool {
        let path = RelPath::parse(file).ok();
        let loaded =
            path.and_then(|it| files::load_in(self.workspace.root(), &it, SETTINGS_MAX).ok());
        loaded.is_some_and(|it| {
            let text = String::from_utf8_lossy(&it.bytes).into_owned();
            section.is_empty() || text.lines().any(|line| line.starts_with(section))
        })
    }

    /// The folder nearest to a file that holds `name`, for the first file with one of these extensions.
    fn nearest(&self, extensions: &[&str], name: &str) -> Option<Option<RelPath>> {
        let fits = |it: &&RelPath| it.extension().is_some_and(|it| extensions.contains(&it));
        let mut folder = self.files.iter().find(fits)?.parent();
        loop {
            let place = self.workspace.path(folder.as_ref());
            if place.join(name).is_file() {
                return Some(folder);
            }
            folder = folder?.parent();
        }
    }

    fn cargo(&self) -> Option<Checker> {
        let folder = self.nearest(&["rs"], "Cargo.toml")?;
        let words = [
            "cargo",
            "check",
            "--offline",
            "--all-targets",
            "--message-format=short",
        ];
        Some(Checker {
            folder,
            runs_code: true,
            ..checker("cargo check", words, &[])
        })
    }

    fn tsc(&self) -> Option<Checker> {
        let folder = self.nearest(&["ts", "tsx", "mts", "cts"], "tsconfig.json")?;
        Some(Checker {
            folder,
            runs_code: true,
            ..checker("tsc", ["tsc", "--noEmit", "--pretty", "false"], &[])
        })
    }

    fn eslint(&self) -> Option<Checker> {
        const SETTINGS: [&str; 7] = [
            "eslint.config.js",
            "eslint.config.mjs",
            "eslint.config.cjs",
            "eslint.config.ts",
            ".eslintrc.json",
            ".eslintrc.js",
            ".eslintrc.cjs",
        ];
        let names = self.named(&["js", "mjs", "cjs", "jsx", "ts", "tsx"]);
        let wanted = !names.is_empty() && SETTINGS.iter().any(|it| self.configures(it, ""));
        wanted.then(|| Checker {
            runs_code: true,
            ..checker("eslint", ["eslint", "--no-color", "--"], &names)
        })
    }

    /// Node checks one file at a time, and only what it would itself run.
    fn node(&self) -> Vec<Checker> {
        const FILES: usize = 20;
        let names = self.named(&["js", "mjs", "cjs"]);
        let check = |name: &String| {
            checker(
                "node --check",
                ["node", "--check"],
                std::slice::from_ref(name),
            )
        };
        names.iter().take(FILES).map(check).collect()
    }

    /// The words that start a program: the user's own, or the project's by node. None when it is not installed.
    fn installed(&self, shell: &Shell, checker: &Checker) -> Option<Vec<String>> {
        let (name, rest) = checker.argv.split_first()?;
        if (shell.setting.find)(name).is_some() {
            return Some(checker.argv.clone());
        }
        let script = match name.as_str() {
            "tsc" => "node_modules/typescript/bin/tsc",
            "eslint" => "node_modules/eslint/bin/eslint.js",
            _ => return None,
        };
        (shell.setting.find)("node")?;
        let file = self.workspace.root().join(script);
        let is_there = file.is_file() || shell.setting.walls.shows(&file);
        let script = is_there.then(|| file.to_str())??;
        let start = ["node", script].map(str::to_owned);
        Some(start.into_iter().chain(rest.iter().cloned()).collect())
    }
}

fn checker<const N: usize>(name: &'static str, words: [&str; N], files: &[String]) -> Checker {
    let words = words.into_iter().map(str::to_owned);
    Checker {
        name,
        argv: words.chain(files.iter().cloned()).collect(),
        folder: None,
        runs_code: false,
    }
}
