//! What is wrong with a hook file, where, and what would be right.

use std::fmt;
use std::ops::Range;

/// One remark about a hook file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// How much it matters.
    pub severity: Severity,
    /// What kind of problem it is.
    pub code: Code,
    /// One sentence that names the problem and, where it helps, the next step.
    pub message: String,
    /// The bytes of the file that it is about.
    pub span: Range<usize>,
}

/// How much a remark matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The hook cannot be used as it is.
    Error,
    /// The hook does something other than its words say.
    Warning,
    /// Worth knowing; no finding.
    Note,
}

impl Severity {
    /// Its name on every surface.
    pub fn name(self) -> &'static str {
        match self {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Note => "note",
        }
    }
}

/// The kinds of problem.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Code {
    /// The file is neither YAML nor JSON.
    Syntax,
    /// A key that is not known.
    UnknownKey,
    /// A key that has to be there.
    MissingKey,
    /// A value of another kind than its key takes.
    WrongKind,
    /// A key that says nothing for this hook.
    WithoutEffect,
    /// No such event.
    UnknownEvent,
    /// No such fact.
    UnknownFact,
    /// A fact that is not known when this event happens.
    FactNotKnownHere,
    /// A condition that is no sentence of the language.
    ConditionSyntax,
    /// A condition that compares what cannot be compared.
    ConditionType,
    /// A prompt or a command names a variable that there is not.
    UnknownVariable,
    /// A pattern that cannot be read.
    BadPattern,
    /// No file can pass the filter.
    NeverMatches,
    /// Every file passes the filter.
    MatchesEverything,
    /// A pattern that changes nothing.
    PatternWithoutEffect,
    /// The command names a file of the project that is not there.
    MissingScript,
    /// Two hooks have one name.
    DuplicateName,
    /// The hook may fire itself, or a circle of hooks each other.
    Circle,
}

impl Code {
    /// The code as it is printed and searched for, in lower case with hyphens.
    pub fn as_str(self) -> &'static str {
        match self {
            Code::Syntax => "syntax",
            Code::UnknownKey => "unknown-key",
            Code::MissingKey => "missing-key",
            Code::WrongKind => "wrong-kind",
            Code::WithoutEffect => "without-effect",
            Code::UnknownEvent => "unknown-event",
            Code::UnknownFact => "unknown-fact",
            Code::FactNotKnownHere => "fact-not-known-here",
            Code::ConditionSyntax => "condition-syntax",
            Code::ConditionType => "condition-type",
            Code::UnknownVariable => "unknown-variable",
            Code::BadPattern => "bad-pattern",
            Code::NeverMatches => "never-matches",
            Code::MatchesEverything => "matches-everything",
            Code::PatternWithoutEffect => "pattern-without-effect",
            Code::MissingScript => "missing-script",
            Code::DuplicateName => "duplicate-name",
            Code::Circle => "circle",
        }
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Diagnostic {
    /// Something that makes the hook unusable.
    pub fn error(code: Code, span: Range<usize>, message: impl Into<String>) -> Diagnostic {
        Diagnostic::of(Severity::Error, code, span, message)
    }

    /// Something that the hook does otherwise than its words say.
    pub fn warning(code: Code, span: Range<usize>, message: impl Into<String>) -> Diagnostic {
        Diagnostic::of(Severity::Warning, code, span, message)
    }

    /// Something worth knowing.
    pub fn note(code: Code, span: Range<usize>, message: impl Into<String>) -> Diagnostic {
        Diagnostic::of(Severity::Note, code, span, message)
    }

    fn of(
        severity: Severity,
        code: Code,
        span: Range<usize>,
        message: impl Into<String>,
    ) -> Diagnostic {
        Diagnostic {
            severity,
            code,
            message: message.into(),
            span,
        }
    }
}

/// Where a span begins, as people count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
    /// The line's text.
    pub text: String,
}

impl Place {
    /// The place of byte `at` in `source`.
    pub fn of(source: &str, at: usize) -> Place {
        let mut at = at.min(source.len());
        while !source.is_char_boundary(at) {
            at -= 1;
        }
        let start = source[..at].rfind('\n').map_or(0, |it| it + 1);
        let text = source[start..].lines().next().unwrap_or_default();
        Place {
            line: 1 + source[..start].bytes().filter(|it| *it == b'\n').count(),
            column: 1 + source[start..at].chars().count(),
            text: text.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_count_characters_from_one() {
        let source = "a: ü\nb: x\n";
        let place = |at| {
            let it = Place::of(source, at);
            (it.line, it.column, it.text)
        };
        assert_eq!(place(0), (1, 1, "a: ü".into()));
        assert_eq!(
            place(4),
            (1, 4, "a: ü".into()),
            "the middle of a letter is the letter"
        );
        assert_eq!(place(9), (2, 4, "b: x".into()));
        assert_eq!(place(99), (3, 1, String::new()));
    }
}
