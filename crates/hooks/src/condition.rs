//! The language of conditions: small, typed and total.
//!
//! ```text
//! condition  = and { "or" and }
//! and        = not { "and" not }
//! not        = "not" not | comparison
//! comparison = operand [ operator operand ]
//! operator   = "==" | "!=" | "<" | "<=" | ">" | ">=" | [ "not" ] "in" | "contains" | "starts_with" | "ends_with" | "matches"
//! operand    = fact | number | text | "true" | "false" | "[" operand { "," operand } "]" | "(" condition ")"
//! ```
//!
//! Whatever passes the check when it is read can be answered for every occasion: a fact that cannot be found out is
//! taken as empty, zero or false, and the answer says so. `matches` takes a pattern as a filter does.

mod check;
mod evaluate;
mod lexer;
mod parser;

use std::ops::Range;

use globset::GlobMatcher;

use crate::catalogue::{Fact, Value};
use crate::diagnostic::Code;
use crate::event::Event;

pub use evaluate::Told;

/// Longest condition, in bytes.
const TEXT_MAX: usize = 16 << 10;

/// A condition that can be answered.
#[derive(Clone, Debug)]
pub struct Condition {
    text: String,
    root: Node,
}

/// What is wrong with a condition, at bytes of its text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) code: Code,
    pub(crate) span: Range<usize>,
    pub(crate) message: String,
}

impl Fault {
    fn new(code: Code, span: Range<usize>, message: impl Into<String>) -> Fault {
        Fault {
            code,
            span,
            message: message.into(),
        }
    }
}

/// A part of a condition with its place in the text.
#[derive(Clone, Debug)]
struct Node {
    span: Range<usize>,
    term: Term,
}

#[derive(Clone, Debug)]
enum Term {
    Literal(Value),
    /// A list of numbers; lists of texts are literals.
    Numbers(Vec<f64>),
    Fact(Fact),
    /// A word that is no fact; the check tells it.
    Unknown(String),
    Not(Box<Node>),
    And(Vec<Node>),
    Or(Vec<Node>),
    Compare(Box<Node>, Operator, Box<Node>),
    /// What a pattern is compared with; the check makes it of a comparison.
    Matches(Box<Node>, GlobMatcher),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operator {
    Equal,
    Unequal,
    Less,
    AtMost,
    More,
    AtLeast,
    In,
    NotIn,
    Contains,
    StartsWith,
    EndsWith,
    Matches,
}

impl Condition {
    /// Reads a condition of a hook that waits for `event`.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub(crate) fn parse(text: &str, event: Option<Event>) -> Result<Condition, Vec<Fault>> {
        if text.len() > TEXT_MAX {
            let why = format!("a condition has at most {TEXT_MAX} bytes");
            return Err(vec![Fault::new(Code::ConditionSyntax, 0..text.len(), why)]);
        }
        let mut root = parser::parse(text).map_err(|fault| vec![fault])?;
        let faults = check::faults(&mut root, event);
        match faults.is_empty() {
            true => Ok(Condition {
                text: text.to_owned(),
                root,
            }),
            false => Err(faults),
        }
    }

    /// The condition as it was written.
    pub fn text(&self) -> &str {
        self.text.trim()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decide::tests::Stage;

    #[track_caller]
    fn faults(text: &str) -> Vec<String> {
        let faults = Condition::parse(text, Some(Event::FileSave)).expect_err("must be refused");
        let shown = |it: &Fault| format!("{} «{}» {}", it.code, &text[it.span.clone()], it.message);
        faults.iter().map(shown).collect()
    }

    #[track_caller]
    fn holds(text: &str) -> bool {
        let stage = Stage::of(Event::FileSave, "src/deep/user.py")
            .with(Fact::FileSizeKb, Value::Number(11.5))
            .with(Fact::Lines, Value::Number(200.0))
            .with(Fact::IsNew, Value::Truth(true))
            .with(Fact::Branch, Value::Text("feature/x".into()));
        Condition::parse(text, Some(Event::FileSave))
            .unwrap_or_else(|it| panic!("{text}: {it:?}"))
            .told(&stage)
            .holds
    }

    #[test]
    fn conditions_mean_what_they_say() {
        for (text, expected) in [
            ("file_size_kb > 10 or cyclomatic_complexity > 15\n", true),
            ("file_size_kb > 12 or cyclomatic_complexity > 15", false),
            (
                "file_size_kb > 10 and lines >= 200 and not lines > 200",
                true,
            ),
            ("not (is_new and lines < 10)", true),
            ("is_new == true", true),
            ("ext == 'py' and language == \"python\"", true),
            ("ext in ['ts', 'tsx']", false),
            ("ext not in [\"ts\"]", true),
            ("lines in [1, 200]", true),
            (
                "branch starts_with 'feature/' and file_name ends_with '.py'",
                true,
            ),
            ("file_path contains '/deep/'", true),
            ("file_path matches 'src/**/*.py'", true),
            ("file_path matches '*.py'", false),
            ("10 < lines", true),
            ("lines == -1", false),
            ("true", true),
            ("false or is_new", true),
            ("author == ''", true),
            ("filename == 'user.py'", true),
            ("event == 'file.save' # a remark\nand stem != 'x'", true),
        ] {
            assert_eq!(holds(text), expected, "{text}");
        }
    }

    #[test]
    fn what_cannot_be_compared_is_told_beforehand() {
        for (text, says) in [
            (
                "file_sise_kb > 10",
                "unknown-fact «file_sise_kb» unknown fact «file_sise_kb»; did you mean «file_size_kb»?",
            ),
            ("lines > '10'", "condition-type «'10'» `lines` is a number"),
            (
                "ext > 'a'",
                "condition-type «ext > 'a'» `>` compares numbers",
            ),
            (
                "lines",
                "condition-type «lines» true or false is expected here",
            ),
            ("lines > 1 and ext", "condition-type «ext» true or false"),
            (
                "ext in 'ts'",
                "condition-type «'ts'» `in` looks into a list",
            ),
            ("lines in ['a']", "condition-type «lines in ['a']»"),
            (
                "[1, 'a'] contains 'a'",
                "condition-type «[1, 'a']» a list holds either",
            ),
            (
                "ext matches ext",
                "condition-type «ext» `matches` takes a pattern",
            ),
            ("ext matches 'a{'", "bad-pattern «'a{'»"),
            (
                "commit_message == ''",
                "fact-not-known-here «commit_message» `commit_message` is not known at file.save",
            ),
        ] {
            let told = faults(text);
            assert!(told[0].starts_with(says), "{text}: {told:?}");
        }
        assert_eq!(faults("lnes > 1 or extt == ''").len(), 2, "all are told");
    }

    #[test]
    fn what_is_no_sentence_is_told_with_its_place() {
        for (text, says) in [
            ("", "condition-syntax «» a condition is expected"),
            ("lines >", "condition-syntax «» a value is expected"),
            (
                "lines > 1 2",
                "condition-syntax «2» the condition should end here",
            ),
            ("lines = 1", "condition-syntax «=» write `==`"),
            ("lines > 1 && is_new", "condition-syntax «&&» write `and`"),
            ("a || b", "condition-syntax «||» write `or`"),
            ("!is_new", "condition-syntax «!» write `not`"),
            ("(is_new", "condition-syntax «» `)` is expected"),
            (
                "1 < lines < 5",
                "condition-syntax «<» compare two values at a time, and join with `and`",
            ),
            ("ext == 'py", "condition-syntax «'py» the text does not end"),
            ("lines > 1e", "condition-syntax «1e» this is no number"),
            ("lines > $x", "condition-syntax «$»"),
            (
                "lines > 1 AND is_new",
                "condition-syntax «AND» the condition should end here; did you mean «and»?",
            ),
        ] {
            let told = faults(text);
            assert!(told[0].starts_with(says), "{text}: {told:?}");
        }
        assert!(faults(&"(".repeat(5_000))[0].contains("deep"));
        assert!(faults(&"not ".repeat(3_000))[0].contains("deep"));
        assert!(faults(&"x".repeat(20_000))[0].contains("at most"));
    }

    #[test]
    fn the_deciding_clause_is_named_with_its_values() {
        let stage = Stage::of(Event::FileSave, "a.py").with(Fact::FileSizeKb, Value::Number(3.0));
        let told = |text: &str| {
            let condition = Condition::parse(text, Some(Event::FileSave)).expect("a condition");
            let told = condition.told(&stage);
            (told.holds, text[told.clause.clone()].to_owned(), told.why)
        };
        assert_eq!(
            told("file_size_kb > 10 or lines > 15"),
            (
                false,
                "file_size_kb > 10 or lines > 15".into(),
                "file_size_kb is 3; lines is not known here and taken as 0".into()
            )
        );
        assert_eq!(
            told("ext == 'py' and file_size_kb > 10 and lines > 1"),
            (
                false,
                "file_size_kb > 10".into(),
                "file_size_kb is 3".into()
            )
        );
        assert_eq!(
            told("lines > 1 or not (file_size_kb > 10)"),
            (
                true,
                "not (file_size_kb > 10)".into(),
                "file_size_kb is 3".into()
            )
        );
    }
}
