//! Examples: calls with what they must give, as the spec writes them.

mod command;
mod declaration;
mod doctest;
mod given;
mod grid;
mod lines;
mod link;
mod prose;
mod session;
mod setup;
mod steps;

use std::ops::Range;

pub use command::Command;
pub(crate) use declaration::declaration;

use crate::id::{CriterionId, ExampleId, RequirementId};

/// A call and what must come of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Example {
    /// Its id, counted within the requirement.
    pub id: ExampleId,
    /// The requirement that it belongs to.
    pub requirement: RequirementId,
    /// What is called.
    pub call: Call,
    /// What must come of it.
    pub expect: Expect,
    /// Statements, or command lines, to run first, in order; only doctests, sessions and code blocks have any.
    pub setup: Vec<String>,
    /// The criterion whose bullet the example is or stands under.
    pub criterion: Option<CriterionId>,
    /// The bytes of the source that hold it.
    pub span: Range<usize>,
}

/// A call, as written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// The expression's source text.
    pub source: String,
    /// The name of what is called, with dots; for a method on a variable made in the setup, the maker's name and the method's.
    /// Of a command its program.
    pub function: String,
    /// The words, when it is a command line and no expression.
    pub command: Option<Command>,
}

/// What must come of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expect {
    /// It gives this value: source text of a literal, as written.
    Value(String),
    /// It raises the exception of this name.
    Raises(String),
    /// It prints this text.
    Output(String),
    /// It ends with this exit code; only a command does.
    Exits(String),
}

impl Expect {
    /// The value's source, the exception's name, the text printed, or the exit code.
    pub fn text(&self) -> &str {
        match self {
            Expect::Value(text)
            | Expect::Raises(text)
            | Expect::Output(text)
            | Expect::Exits(text) => text,
        }
    }
}

/// A function that a requirement names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FunctionDecl {
    /// Its name, with dots.
    pub name: String,
    /// The signature as written, `slugify(text: str) -> str`; `None` when only examples name the function.
    pub signature: Option<String>,
    /// The bytes of the source that name it first.
    pub span: Range<usize>,
}

impl FunctionDecl {
    /// The names of the parameters in the signature, without marks, types and defaults.
    pub fn parameters(&self) -> Vec<&str> {
        self.signature
            .as_deref()
            .map_or_else(Vec::new, declaration::parameters)
    }
}

/// An example that was found, not yet given to a requirement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Found {
    pub(crate) call: Call,
    pub(crate) expect: Expect,
    pub(crate) setup: Vec<String>,
    pub(crate) span: Range<usize>,
}

/// What one block of text holds: examples, and places that look like one but could not be read.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    pub(crate) examples: Vec<Found>,
    pub(crate) unclear: Vec<(Range<usize>, Unclear)>,
}

/// Why something that looks like an example is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unclear {
    /// What stands after the arrow is no literal.
    NoLiteral,
    /// What is answered is no call.
    NoCall,
    /// Too much would have to be repeated before it.
    LongSetup,
    /// The command needs more of a shell than can be checked, or is of a program that is not the spec's.
    Command,
}

impl Unclear {
    /// The remark, for people.
    pub(crate) fn message(self) -> &'static str {
        match self {
            Unclear::NoLiteral => {
                "This looks like an example, but what it must give is no literal value; write it as in `f(1)` → `\"a\"`, or reword it."
            }
            Unclear::NoCall => {
                "This looks like an example, but it is no call with an answer that can be compared; write it as in `>>> f(1)`."
            }
            Unclear::LongSetup => {
                "This example needs all the statements before it, which are too many; begin a new block with a shorter preparation."
            }
            Unclear::Command => {
                "This command cannot be checked; write one simple command of a program that the spec names, as in `$ todo add milk`, without pipes, variables or redirections other than `2>&1`."
            }
        }
    }
}

/// The longest name of a function, in bytes.
pub(crate) const NAME_LIMIT: usize = 200;

impl Findings {
    /// Moves all spans from the block to the source.
    fn shifted(mut self, base: usize) -> Self {
        let spans = self
            .examples
            .iter_mut()
            .map(|it| &mut it.span)
            .chain(self.unclear.iter_mut().map(|(span, _)| span));
        for span in spans {
            *span = span.start + base..span.end + base;
        }
        self
    }
}

/// The examples in a paragraph or a list item; `base` is where `text` stands in the source.
pub(crate) fn in_prose(text: &str, base: usize) -> Findings {
    if doctest::is_doctest(text) {
        doctest::read(text)
    } else {
        prose::read(text)
    }
    .shifted(base)
}

/// The examples in a fenced block with this info string.
pub(crate) fn in_fence(info: &str, body: &str, base: usize) -> Findings {
    const OTHER: &[&str] = &[
        "sql",
        "postgresql",
        "mysql",
        "sqlite",
        "json",
        "jsonc",
        "yaml",
        "yml",
        "toml",
        "ini",
        "bash",
        "sh",
        "shell",
        "zsh",
        "console",
        "mermaid",
        "html",
        "css",
        "xml",
        "diff",
        "dockerfile",
        "http",
        "graphql",
        "markdown",
        "md",
        "csv",
    ];
    let language = info
        .split(|c: char| !c.is_alphanumeric())
        .next()
        .unwrap_or_default()
        .to_lowercase();
    const SHELLS: &[&str] = &[
        "",
        "bash",
        "console",
        "sh",
        "shell",
        "shellsession",
        "text",
        "txt",
        "zsh",
    ];
    if SHELLS.contains(&language.as_str()) && session::is_session(body) {
        session::read(body).shifted(base)
    } else if doctest::is_doctest(body) {
        doctest::read(body).shifted(base)
    } else if OTHER.contains(&language.as_str()) {
        Findings::default()
    } else {
        lines::read(body).shifted(base)
    }
}

/// The name of what an expression is about: what is called, or, when a built-in function only dresses up the
/// result of another call, that one's: `f` in `round(f(1), 2)`.
fn callee<'t>(text: &'t str, call: &crate::expression::Call) -> &'t str {
    let head = &text[call.head.clone()];
    if !declaration::is_built_in(head) {
        return head;
    }
    let at = crate::expression::skip_space(text, call.args.start);
    crate::expression::call_at(text, at).map_or(head, |inner| callee(text, &inner))
}

pub(crate) use given::in_words;
pub(crate) use grid::in_table;
pub(crate) use steps::{Steps, in_ears, in_steps, is_call_in_code};
