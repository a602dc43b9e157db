//! `kiro policy test-paths`: what the rules say of paths, case by case, without doing anything.

use std::path::{Path, PathBuf};

use host::files::{Last, look};
use policy::{FileAct, Gate, PathFacts, Rules, Verdict};
use serde::Deserialize;

use crate::error::SessionError;
use crate::ledger;

/// Largest file that is read here, in bytes.
const INPUT_MAX: u64 = 64 << 20;

/// Where the rules, the cases and the tree they are about stand.
#[derive(Clone, Debug)]
pub struct PathCasesOptions {
    /// The configuration; none for the built-in rules alone.
    pub config: Option<PathBuf>,
    /// The governance rules; none for none.
    pub governance: Option<PathBuf>,
    /// The project's folder.
    pub workspace: PathBuf,
    /// The user's home.
    pub home: PathBuf,
    /// The cases, a JSON object a line: `{"id","op","path"}`, and `"to"` for a rename. `{WS}`, `{BASE}` and
    /// `{HOME}` in a path stand for the project's folder, the one it lies in, and the home.
    pub cases: PathBuf,
}

/// What the rules say of one case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaseVerdict {
    /// The case.
    pub id: String,
    /// `allow`, `ask` or `deny`.
    pub verdict: &'static str,
    /// The rule that decided.
    pub rule: String,
}

#[derive(Deserialize)]
struct Case {
    id: String,
    op: Op,
    path: Text,
    #[serde(default)]
    to: Option<Text>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Op {
    Read,
    Write,
    Create,
    Delete,
    Rename,
}

/// Text that may hold half a character, as JSON's escapes can spell it; none then, for no file is named so.
struct Text(Option<String>);

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Text, D::Error> {
        struct Bytes;
        impl serde::de::Visitor<'_> for Bytes {
            type Value = Text;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a path")
            }
            fn visit_str<E>(self, text: &str) -> Result<Text, E> {
                Ok(Text(Some(text.to_owned())))
            }
            fn visit_bytes<E>(self, bytes: &[u8]) -> Result<Text, E> {
                Ok(Text(std::str::from_utf8(bytes).ok().map(str::to_owned)))
            }
        }
        from.deserialize_bytes(Bytes)
    }
}

/// Judges every case, in order.
///
/// # Errors
/// When the rules, the workspace or the cases cannot be read.
pub fn path_cases(options: &PathCasesOptions) -> Result<Vec<CaseVerdict>, SessionError> {
    let folder = |path: &Path| {
        path.canonicalize().map_err(|error| {
            SessionError::input(format!(
                "the folder {} cannot be used: {error}",
                path.display()
            ))
        })
    };
    let text = |path: &Path| {
        let bytes = host::files::read_given(path, INPUT_MAX).map_err(SessionError::input)?;
        String::from_utf8(bytes)
            .map_err(|_| SessionError::input(format!("{} is not UTF-8 text", path.display())))
    };
    let config = options.config.as_deref().map(text).transpose()?;
    let governance = options.governance.as_deref().map(text).transpose()?;
    let rules =
        Rules::parse(config.as_deref(), governance.as_deref()).map_err(SessionError::input)?;
    let (root, home) = (folder(&options.workspace)?, folder(&options.home)?);
    let mut gate = Gate::new(&root, rules);
    gate.protect(home.join(".kiro"));
    let tree = Tree { root, home, gate };
    let cases = text(&options.cases)?;
    let lines = cases
        .lines()
        .enumerate()
        .filter(|(_, it)| !it.trim().is_empty());
    lines
        .map(|(at, line)| {
            let case: Case = serde_json::from_str(line).map_err(|error| {
                let place = options.cases.display();
                SessionError::input(format!("{place}: line {} is no case: {error}", at + 1))
            })?;
            tree.judge(case)
        })
        .collect()
}

struct Tree {
    root: PathBuf,
    home: PathBuf,
    gate: Gate,
}

impl Tree {
    fn judge(&self, case: Case) -> Result<CaseVerdict, SessionError> {
        let last = match case.op {
            Op::Delete | Op::Rename => Last::Itself,
            _ => Last::Followed,
        };
        let to = match (case.op, case.to) {
            (Op::Rename, Some(to)) => self.facts(to, Last::Itself)?,
            (Op::Rename, None) => {
                let why = format!("the case {} renames, and says not to what", case.id);
                return Err(SessionError::input(why));
            }
            _ => None,
        };
        let verdict = match (self.facts(case.path, last)?, case.op, &to) {
            (Some(facts), Op::Rename, Some(to)) => {
                self.gate.judge_file(FileAct::Rename(to), &facts)
            }
            (None, ..) | (_, Op::Rename, None) => return Ok(no_text(case.id)),
            (Some(facts), Op::Read, _) => self.gate.judge_file(FileAct::Read, &facts),
            (Some(facts), Op::Delete, _) => self.gate.judge_file(FileAct::Delete, &facts),
            (Some(facts), ..) => self.gate.judge_file(FileAct::Write(b""), &facts),
        };
        Ok(of_verdict(case.id, &verdict))
    }

    fn facts(&self, text: Text, last: Last) -> Result<Option<PathFacts>, SessionError> {
        let Some(text) = text.0 else {
            return Ok(None);
        };
        let base = self.root.parent().unwrap_or(&self.root);
        let text = [
            ("{WS}", self.root.as_path()),
            ("{BASE}", base),
            ("{HOME}", &self.home),
        ]
        .iter()
        .fold(text, |text, (name, place)| {
            text.replace(name, &place.display().to_string())
        });
        let facts = look(&self.root, &text, last).map_err(SessionError::internal)?;
        Ok(Some(facts))
    }
}

fn no_text(id: String) -> CaseVerdict {
    CaseVerdict {
        id,
        verdict: "deny",
        rule: "built in: a path is the plain name of a file".to_owned(),
    }
}

fn of_verdict(id: String, verdict: &Verdict) -> CaseVerdict {
    let (ruling, rule) = ledger::told(verdict);
    CaseVerdict {
        id,
        verdict: ruling.name(),
        rule,
    }
}
