//! Flaws that can be told from the text alone: commands, SQL and paths that are put together from values, code that is
//! run from text, errors that nobody sees.
//!
//! What is found is meant to be right; what is not found says nothing. A value counts as put into a text when neither it
//! nor what it was set to in the same function is fixed, a number, quoted for its place, or a list of placeholders.

mod build;
mod calls;
mod errors;
mod scope;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::fmt;

use tree_sitter::Node;

use crate::language::Language;
use crate::tree::{Step, parse, slice, walk};

use self::scope::{Bound, Frame};

/// What is wrong with a place. Its code, once shown, keeps its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FlawKind {
    /// An SQL text with a value put into it.
    SqlBuilt,
    /// A command of a shell with a value put into it.
    ShellBuilt,
    /// Text that is not fixed is run as code.
    CodeRun,
    /// A file's path comes from a request.
    PathFromRequest,
    /// A page is put together with a value from a request, or a value that is not escaped.
    HtmlBuilt,
    /// Objects are read from bytes that may bring code along.
    UnsafeLoad,
    /// Any error is caught, and nothing is done about it.
    ErrorSwallowed,
    /// A call over the network whose failure nothing looks at.
    CallUnguarded,
    /// A server's certificate is not looked at.
    TlsUnchecked,
}

impl FlawKind {
    /// Every kind.
    pub const ALL: [FlawKind; 9] = [
        FlawKind::SqlBuilt,
        FlawKind::ShellBuilt,
        FlawKind::CodeRun,
        FlawKind::PathFromRequest,
        FlawKind::HtmlBuilt,
        FlawKind::UnsafeLoad,
        FlawKind::ErrorSwallowed,
        FlawKind::CallUnguarded,
        FlawKind::TlsUnchecked,
    ];

    /// Its name on every surface.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            FlawKind::SqlBuilt => "sql-built",
            FlawKind::ShellBuilt => "shell-built",
            FlawKind::CodeRun => "code-run",
            FlawKind::PathFromRequest => "path-from-request",
            FlawKind::HtmlBuilt => "html-built",
            FlawKind::UnsafeLoad => "unsafe-load",
            FlawKind::ErrorSwallowed => "error-swallowed",
            FlawKind::CallUnguarded => "call-unguarded",
            FlawKind::TlsUnchecked => "tls-unchecked",
        }
    }

    /// What is wrong, and what to do instead.
    #[must_use]
    pub fn why(self) -> &'static str {
        match self {
            FlawKind::SqlBuilt => {
                "a value is put into an SQL text; hand it over as a parameter instead"
            }
            FlawKind::ShellBuilt => {
                "a value is put into a shell's command; start the program with a list of words instead"
            }
            FlawKind::CodeRun => "text that is not fixed is run as code",
            FlawKind::PathFromRequest => {
                "a file's path comes from a request; take its base name, or check that it stays in its folder"
            }
            FlawKind::HtmlBuilt => "a value is put into a page without being escaped",
            FlawKind::UnsafeLoad => "reading this format can run code that the data brings along",
            FlawKind::ErrorSwallowed => "every error is caught and none is seen",
            FlawKind::CallUnguarded => "nothing looks at whether this call over the network failed",
            FlawKind::TlsUnchecked => "the server's certificate is not checked",
        }
    }
}

impl fmt::Display for FlawKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

/// A flaw with its line.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Flaw {
    /// The line, counted from 1.
    pub line: usize,
    /// What is wrong.
    pub kind: FlawKind,
    /// The line's text without its indentation.
    pub text: String,
}

/// By which a comment on the line of a flaw, or on the line above, says that it is meant: `kiro: allow CODE`.
const ALLOWED: &str = "kiro: allow ";

/// The flaws of a source, by line; one of each kind a line. None for a source that is too large to parse.
#[must_use]
pub fn flaws(language: Language, source: &str) -> Vec<Flaw> {
    let Some(tree) = parse(language, source) else {
        return Vec::new();
    };
    let bound = Bound::of(tree.root_node(), source, language);
    let mut search = Search {
        source,
        language,
        bound,
        built_to: 0,
        found: BTreeSet::new(),
    };
    let mut frames = vec![Frame::of(tree.root_node())];
    walk(tree.root_node(), |step| {
        match step {
            Step::Enter(node, _) => {
                if let Some(frame) = Frame::opened_by(node) {
                    frames.push(frame);
                }
                search.visit(node, &frames);
            }
            Step::Leave(node) => {
                if frames.len() > 1 && frames.last().is_some_and(|it| it.is_of(node)) {
                    frames.pop();
                }
            }
        }
        true
    });
    let lines: Vec<&str> = source.lines().collect();
    let flaw = |(line, kind): &(usize, FlawKind)| {
        let text = lines.get(line - 1).copied().unwrap_or_default();
        let above = line.checked_sub(2).and_then(|it| lines.get(it)).copied();
        let is_meant = allows(text, *kind) || above.is_some_and(|it| allows(it, *kind));
        (!is_meant).then(|| Flaw {
            line: *line,
            kind: *kind,
            text: text.trim().to_owned(),
        })
    };
    search.found.iter().filter_map(flaw).collect()
}

fn allows(line: &str, kind: FlawKind) -> bool {
    line.split_once(ALLOWED).is_some_and(|(_, rest)| {
        let mut codes = rest.split([',', ' ', '*', '/']);
        codes.any(|it| it == kind.code())
    })
}

/// A search through one source.
struct Search<'s, 't> {
    source: &'s str,
    language: Language,
    bound: Bound<'s, 't>,
    /// How far texts that are put together were looked at.
    built_to: usize,
    found: BTreeSet<(usize, FlawKind)>,
}

impl<'t> Search<'_, 't> {
    fn visit(&mut self, node: Node<'t>, frames: &[Frame<'t>]) {
        self.built(node, frames);
        self.called(node, frames);
        self.swallowed(node);
        self.unchecked(node);
    }

    fn add(&mut self, kind: FlawKind, node: Node<'_>) {
        self.found.insert((node.start_position().row + 1, kind));
    }

    fn text(&self, node: Node<'_>) -> &str {
        slice(self.source, &node.byte_range())
    }
}
