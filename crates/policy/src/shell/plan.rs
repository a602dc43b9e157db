//! What may be run without asking, as lists of arguments: the strict reading.
//!
//! A text becomes a plan only if it is nothing but trusted simple commands of literal words, joined by `&&`, `||`,
//! `;`, `|`, `!` and groups. Whatever else there is, is named as the part that asks.

use brush_parser::ast;

use super::second;

/// Builtins that change the shell itself: as programs they would do nothing, or something else.
const ONLY_IN_A_SHELL: [&str; 44] = [
    ".",
    ":",
    "alias",
    "bg",
    "bind",
    "break",
    "builtin",
    "caller",
    "cd",
    "compgen",
    "complete",
    "continue",
    "declare",
    "dirs",
    "disown",
    "enable",
    "eval",
    "exec",
    "exit",
    "export",
    "fc",
    "fg",
    "getopts",
    "hash",
    "history",
    "jobs",
    "let",
    "local",
    "logout",
    "mapfile",
    "popd",
    "pushd",
    "read",
    "readarray",
    "readonly",
    "return",
    "set",
    "shift",
    "shopt",
    "source",
    "trap",
    "typeset",
    "umask",
    "unset",
];

/// A program with its arguments, ready to be started without a shell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invocation {
    /// The program's name and its arguments.
    pub argv: Vec<String>,
    /// Descriptors that become copies of others, in this order: `2>&1` is `(2, 1)`.
    pub copies: Vec<(i32, i32)>,
    /// The rule that allows it; none while it asks.
    pub rule: Option<String>,
}

/// Programs in the order and under the conditions in which they are to be started; what stands for a program
/// depends on how far things are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Plan<P = Invocation> {
    /// One program.
    Run(P),
    /// Programs at the same time, each reading what the one before it writes.
    Pipe(Vec<P>),
    /// Succeeds if the other fails.
    Not(Box<Plan<P>>),
    /// The second only if the first succeeded.
    And(Box<Plan<P>>, Box<Plan<P>>),
    /// The second only if the first failed.
    Or(Box<Plan<P>>, Box<Plan<P>>),
    /// One after another.
    Each(Vec<Plan<P>>),
}

impl<P> Plan<P> {
    /// Every program of the plan, in the order of the text.
    pub fn invocations(&self) -> Vec<&P> {
        match self {
            Plan::Run(invocation) => vec![invocation],
            Plan::Pipe(stages) => stages.iter().collect(),
            Plan::Not(inner) => inner.invocations(),
            Plan::And(first, second) | Plan::Or(first, second) => {
                let mut all = first.invocations();
                all.extend(second.invocations());
                all
            }
            Plan::Each(plans) => plans.iter().flat_map(Plan::invocations).collect(),
        }
    }

    /// The same plan with something else in place of each program.
    pub(crate) fn map<Q>(self, of: &mut impl FnMut(P) -> Q) -> Plan<Q> {
        match self {
            Plan::Run(invocation) => Plan::Run(of(invocation)),
            Plan::Pipe(stages) => Plan::Pipe(stages.into_iter().map(of).collect()),
            Plan::Not(inner) => Plan::Not(Box::new(inner.map(of))),
            Plan::And(first, second) => {
                Plan::And(Box::new(first.map(of)), Box::new(second.map(of)))
            }
            Plan::Or(first, second) => Plan::Or(Box::new(first.map(of)), Box::new(second.map(of))),
            Plan::Each(plans) => Plan::Each(plans.into_iter().map(|it| it.map(of)).collect()),
        }
    }
}

/// A part of the text, and how it stands to the trusted rules.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// The part as the parser writes it.
    pub text: String,
    /// Its arguments, if it is a simple command of literal words.
    pub argv: Option<Vec<String>>,
    /// The rule that allows it.
    pub trusted: Option<String>,
    /// Why it asks; empty when it is allowed.
    pub asks: Vec<String>,
}

/// Why a part asks that could be trusted as it stands.
pub(crate) const NOT_TRUSTED: &str = "it is not a trusted command";

impl Part {
    /// Whether a trusted rule is all that it lacks.
    pub(crate) fn only_lacks_trust(&self) -> bool {
        self.asks == [NOT_TRUSTED]
    }
}

/// A trusted rule: the whole argument list of a command.
#[derive(Clone, Debug)]
pub(crate) struct Trusted {
    pub(crate) text: String,
    pub(crate) words: Vec<String>,
    /// Whether a `*` at the end lets further arguments follow.
    pub(crate) open: bool,
}

impl Trusted {
    fn covers(&self, argv: &[String]) -> bool {
        if self.open {
            argv.starts_with(&self.words)
        } else {
            argv == self.words
        }
    }
}

/// The rule that trusts exactly these arguments.
pub(crate) fn trusted<'r>(rules: &'r [Trusted], argv: &[String]) -> Option<&'r str> {
    let found = rules.iter().find(|rule| rule.covers(argv));
    found.map(|rule| rule.text.as_str())
}

/// Whether a command is one of a shell's own, which no program can do.
pub(crate) fn is_of_a_shell(argv: &[String]) -> bool {
    argv.first()
        .is_some_and(|it| ONLY_IN_A_SHELL.contains(&it.as_str()))
}

/// Who says by which rule a program with its arguments is allowed, if by any.
pub(crate) type Allows<'a> = &'a dyn Fn(&[String]) -> Option<String>;

/// A program as it is read strictly.
#[derive(Default)]
pub(crate) struct Reading {
    /// Every part.
    pub(crate) parts: Vec<Part>,
    /// What could be started without a shell, once nothing asks any more.
    pub(crate) plan: Option<Plan>,
    /// Whether some part asks.
    pub(crate) asks: bool,
}

/// Reads a program strictly: every part, and a plan if all of it can be started without a shell.
pub(crate) fn read(program: &ast::Program, allows: Allows<'_>) -> Reading {
    let mut reader = Reader {
        allows,
        parts: Vec::new(),
        asked: false,
        needs_shell: false,
    };
    let plans: Vec<Option<Plan>> = program
        .complete_commands
        .iter()
        .map(|list| reader.list(list))
        .collect();
    let plan = plans.into_iter().collect::<Option<Vec<Plan>>>();
    let is_planned = !reader.parts.is_empty() && !reader.needs_shell;
    Reading {
        parts: reader.parts,
        plan: plan.filter(|_| is_planned).map(each),
        asks: reader.asked,
    }
}

fn each(mut plans: Vec<Plan>) -> Plan {
    if plans.len() == 1 {
        plans.swap_remove(0)
    } else {
        Plan::Each(plans)
    }
}

struct Reader<'r> {
    allows: Allows<'r>,
    parts: Vec<Part>,
    /// Whether any part asked, kept or not.
    asked: bool,
    /// Whether any part can be carried out by a shell only.
    needs_shell: bool,
}

impl Reader<'_> {
    fn asks(&mut self, text: impl std::fmt::Display, why: &str) {
        self.keep(|| Part {
            text: shortened(&text.to_string()),
            argv: None,
            trusted: None,
            asks: vec![why.to_owned()],
        });
        self.asked = true;
        self.needs_shell = true;
    }

    /// Keeps a part to be shown: the first ones, and the first one that asks.
    fn keep(&mut self, part: impl FnOnce() -> Part) {
        if self.parts.len() < PARTS_MAX || !self.asked {
            self.parts.push(part());
        }
    }

    fn list(&mut self, list: &ast::CompoundList) -> Option<Plan> {
        let mut plans = Vec::new();
        for ast::CompoundListItem(and_or, separator) in &list.0 {
            let plan = self.and_or(and_or);
            if matches!(separator, ast::SeparatorOperator::Async) {
                self.asks(and_or, "it is left running in the background");
            }
            plans.push(plan);
        }
        plans.into_iter().collect::<Option<Vec<Plan>>>().map(each)
    }

    fn and_or(&mut self, list: &ast::AndOrList) -> Option<Plan> {
        let mut plan = self.pipeline(&list.first);
        for more in &list.additional {
            let (pipeline, is_and) = match more {
                ast::AndOr::And(pipeline) => (pipeline, true),
                ast::AndOr::Or(pipeline) => (pipeline, false),
            };
            let second = self.pipeline(pipeline);
            plan = match (plan, second) {
                (Some(first), Some(second)) if is_and => {
                    Some(Plan::And(Box::new(first), Box::new(second)))
                }
                (Some(first), Some(second)) => Some(Plan::Or(Box::new(first), Box::new(second))),
                _ => None,
            };
        }
        plan
    }

    fn pipeline(&mut self, pipeline: &ast::Pipeline) -> Option<Plan> {
        if pipeline.timed.is_some() {
            self.asks(pipeline, "only a shell can time it");
            return None;
        }
        let plan = if let [only] = pipeline.seq.as_slice() {
            self.command(only)
        } else {
            self.stages(&pipeline.seq)
        };
        if pipeline.bang {
            plan.map(|it| Plan::Not(Box::new(it)))
        } else {
            plan
        }
    }

    fn stages(&mut self, commands: &[ast::Command]) -> Option<Plan> {
        let stages: Vec<Option<Invocation>> = commands
            .iter()
            .map(|command| match command {
                ast::Command::Simple(simple) => self.simple(simple),
                other => {
                    self.asks(other, "a group stands in a pipe");
                    None
                }
            })
            .collect();
        stages
            .into_iter()
            .collect::<Option<Vec<Invocation>>>()
            .map(Plan::Pipe)
    }

    fn command(&mut self, command: &ast::Command) -> Option<Plan> {
        match command {
            ast::Command::Simple(simple) => self.simple(simple).map(Plan::Run),
            ast::Command::Compound(ast::CompoundCommand::BraceGroup(group), None) => {
                self.list(&group.list)
            }
            ast::Command::Compound(ast::CompoundCommand::Subshell(group), None) => {
                self.list(&group.list)
            }
            ast::Command::Compound(
                ast::CompoundCommand::BraceGroup(_) | ast::CompoundCommand::Subshell(_),
                Some(_),
            ) => {
                self.asks(command, "its input or output is redirected");
                None
            }
            ast::Command::Compound(..) => {
                self.asks(
                    command,
                    "only a shell can carry out its conditions and loops",
                );
                None
            }
            ast::Command::Function(_) => {
                self.asks(command, "it defines a function");
                None
            }
            ast::Command::ExtendedTest(..) => {
                self.asks(command, "only a shell can carry out the test");
                None
            }
        }
    }

    fn simple(&mut self, simple: &ast::SimpleCommand) -> Option<Invocation> {
        let mut asks: Vec<String> = Vec::new();
        let mut words: Vec<Option<String>> = Vec::new();
        let mut copies = Vec::new();
        for item in simple.prefix.iter().flat_map(|it| &it.0) {
            match item {
                ast::CommandPrefixOrSuffixItem::IoRedirect(redirect) => {
                    copied(redirect, &mut copies, &mut asks);
                }
                _ => push(&mut asks, "it sets a variable"),
            }
        }
        if let Some(name) = &simple.word_or_name {
            words.push(second::literal(&name.value));
        }
        for item in simple.suffix.iter().flat_map(|it| &it.0) {
            match item {
                ast::CommandPrefixOrSuffixItem::Word(word)
                | ast::CommandPrefixOrSuffixItem::AssignmentWord(_, word) => {
                    words.push(second::literal(&word.value));
                }
                ast::CommandPrefixOrSuffixItem::IoRedirect(redirect) => {
                    copied(redirect, &mut copies, &mut asks);
                }
                ast::CommandPrefixOrSuffixItem::ProcessSubstitution(..) => words.push(None),
            }
        }
        let argv: Option<Vec<String>> = words.into_iter().collect();
        let argv = argv.filter(|it| !it.is_empty());
        if argv.is_none() && simple.word_or_name.is_some() {
            push(&mut asks, "only a running shell knows its words");
        }
        if argv.as_deref().is_some_and(is_of_a_shell) {
            push(&mut asks, "only a shell can carry it out");
        }
        let can_start = asks.is_empty();
        self.needs_shell |= !can_start;
        let rule = argv
            .as_deref()
            .filter(|_| can_start)
            .and_then(|it| (self.allows)(it));
        if rule.is_none() && can_start {
            push(&mut asks, NOT_TRUSTED);
        }
        let is_allowed = asks.is_empty();
        self.keep(|| Part {
            text: shortened(&simple.to_string()),
            argv: argv.clone(),
            trusted: rule.clone(),
            asks,
        });
        self.asked |= !is_allowed;
        Some(Invocation {
            argv: argv?,
            copies,
            rule,
        })
    }
}

/// Takes `2>&1` and its like; anything else that is redirected asks.
fn copied(redirect: &ast::IoRedirect, copies: &mut Vec<(i32, i32)>, asks: &mut Vec<String>) {
    if let ast::IoRedirect::File(number, ast::IoFileRedirectKind::DuplicateOutput, target) =
        redirect
    {
        let to = match target {
            ast::IoFileRedirectTarget::Fd(to) => Some(*to),
            ast::IoFileRedirectTarget::Duplicate(word) => word.value.parse().ok(),
            ast::IoFileRedirectTarget::Filename(_)
            | ast::IoFileRedirectTarget::ProcessSubstitution(..) => None,
        };
        let from = number.unwrap_or(1);
        if let Some(to) = to
            && (1..=2).contains(&to)
            && (1..=2).contains(&from)
        {
            copies.push((from, to));
            return;
        }
    }
    push(asks, "its input or output is redirected");
}

fn push(asks: &mut Vec<String>, why: &str) {
    if !asks.iter().any(|it| it == why) {
        asks.push(why.to_owned());
    }
}

/// The most parts that are kept once one has asked.
const PARTS_MAX: usize = 200;

/// The most letters of a part that are shown.
const SHOWN_MAX: usize = 300;

fn shortened(text: &str) -> String {
    match text.char_indices().nth(SHOWN_MAX) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
