//! The walk: everything that a script could run, in whatever way, without running it.
//!
//! Every branch is taken, every function body read, every substitution followed. Variables hold all the values
//! that they were ever given. Where something is not known it is a hole; holes never make a command denied and
//! never make it allowed.

use std::collections::BTreeMap;
use std::rc::Rc;

use brush_parser::ast;

use super::denied::Denied;
use super::grammar;
use super::rough;
use super::value::{ALTERNATIVES_MAX, Field, Origin, Part, Stream};
use super::word::{self, Mode, Piece};

/// How deeply scripts within scripts are followed.
pub(crate) const DEPTH_MAX: usize = 45;
/// The most commands that are followed.
const STEPS_MAX: usize = 8_000;
/// The most bytes of scripts within scripts that are parsed.
const BYTES_MAX: usize = 96 * 1024;
/// The most bytes that are parsed to find the lines that a shell would carry out of a text without a tree.
const LINES_BYTES_MAX: usize = 16 * 1024;
/// The longest text that has no tree whose beginning is followed, in bytes.
const UNPARSED_BYTES_MAX: usize = 8 * 1024;
/// The most words of a command that are kept to be shown.
const WORDS_MAX: usize = 100;
/// The most bytes of values that are made, copies included.
const PRODUCED_MAX: usize = 2 * 1024 * 1024;
/// With how many of the last ones a command is compared, to be shown once.
const DISTINCT: usize = 16;
/// The most commands that are kept to be shown.
const SEEN_MAX: usize = 500;

/// After so many commands no more are looked at for being shown.
const SEEN_STEPS_MAX: usize = 4_000;

/// The doubt about what goes beyond these limits.
pub(crate) const TOO_MUCH: &str = "there is more than can be looked at";

/// A command that could be run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// Its words, as far as they are known; `…` is what only the running shell knows.
    pub words: Vec<String>,
    /// How it is reached, from the outside in; empty for a command of the text itself.
    pub through: Vec<String>,
    /// Whether every word is known.
    pub literal: bool,
}

/// A denied rule that something met.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hit {
    /// The rule as it is named to people.
    pub rule: String,
    /// What met it.
    pub part: String,
    /// How it is reached, from the outside in.
    pub through: Vec<String>,
}

/// What stands behind the path of a process substitution.
pub(crate) enum Channel {
    /// It can be read.
    Read(Stream),
    /// What is written to it goes to this script.
    Write(String),
    /// What is written to it goes to these commands.
    WriteTree(Box<ast::CompoundList>),
    /// It was written to and its commands are followed.
    Done,
}

/// The state of a walk.
pub(crate) struct Walk<'r> {
    pub(crate) denied: &'r Denied,
    pub(crate) variables: BTreeMap<String, Vec<Field>>,
    /// Arrays that were written out.
    pub(crate) lists: BTreeMap<String, Vec<Field>>,
    /// `$0`, `$1` and so on, where they are known.
    pub(crate) arguments: Option<Vec<Field>>,
    pub(crate) functions: BTreeMap<String, Rc<ast::FunctionBody>>,
    pub(crate) aliases: BTreeMap<String, Vec<Field>>,
    /// What was put into files, by name.
    pub(crate) files: BTreeMap<String, Stream>,
    /// What stands behind descriptors that `exec` opened; -1 is a coprocess.
    pub(crate) descriptors: BTreeMap<i32, Stream>,
    pub(crate) channels: Vec<Channel>,
    calling: Vec<Rc<ast::FunctionBody>>,
    pub(crate) through: Vec<String>,
    pub(crate) seen: Vec<Seen>,
    pub(crate) hits: Vec<Hit>,
    pub(crate) doubts: Vec<String>,
    pub(crate) steps: usize,
    bytes: usize,
    produced: usize,
    holes: usize,
}

impl<'r> Walk<'r> {
    pub(crate) fn new(denied: &'r Denied) -> Walk<'r> {
        Walk {
            denied,
            variables: BTreeMap::new(),
            lists: BTreeMap::new(),
            arguments: None,
            functions: BTreeMap::new(),
            aliases: BTreeMap::new(),
            files: BTreeMap::new(),
            descriptors: BTreeMap::new(),
            channels: Vec::new(),
            calling: Vec::new(),
            through: Vec::new(),
            seen: Vec::new(),
            hits: Vec::new(),
            doubts: Vec::new(),
            steps: 0,
            bytes: 0,
            produced: 0,
            holes: 0,
        }
    }

    /// Notes why something cannot be allowed.
    pub(crate) fn doubt(&mut self, why: &str) {
        if self.doubts.len() < 16 && !self.doubts.iter().any(|it| it == why) {
            self.doubts.push(why.to_owned());
        }
    }

    /// The first `most` of what could be followed; that there are more is a doubt.
    pub(crate) fn first<'l, T>(&mut self, all: &'l [T], most: usize) -> &'l [T] {
        if all.len() > most {
            self.doubt(TOO_MUCH);
        }
        &all[..most.min(all.len())]
    }

    /// Notes that a rule was met.
    pub(crate) fn hit(&mut self, rule: usize, part: String) {
        let hit = Hit {
            rule: self.denied.title(rule),
            part,
            through: self.through.clone(),
        };
        if self.hits.len() < 16 && !self.hits.contains(&hit) {
            self.hits.push(hit);
        }
    }

    pub(crate) fn see(&mut self, fields: &[Field]) {
        if self.seen.len() >= SEEN_MAX || self.steps > SEEN_STEPS_MAX {
            return;
        }
        let seen = Seen {
            words: fields.iter().take(WORDS_MAX).map(Field::shown).collect(),
            through: self.through.clone(),
            literal: fields
                .iter()
                .all(|it| it.text().is_some() && !it.is_pattern()),
        };
        let known = self.seen.iter().rev().take(DISTINCT).any(|it| *it == seen);
        if !known {
            self.seen.push(seen);
        }
    }

    /// Counts bytes of values; false when there were too many to go on with values.
    pub(crate) fn produce(&mut self, bytes: usize) -> bool {
        self.produced += bytes;
        if self.produced > PRODUCED_MAX {
            self.doubt(TOO_MUCH);
        }
        self.produced <= PRODUCED_MAX
    }

    /// Counts one command; false when there were too many to follow what they start.
    pub(crate) fn step(&mut self) -> bool {
        self.steps += 1;
        if self.steps > STEPS_MAX {
            self.doubt(TOO_MUCH);
        }
        self.steps <= STEPS_MAX
    }

    /// Follows a script that is reached through something.
    pub(crate) fn within(&mut self, through: &str, text: &str, stdin: &Stream) -> Stream {
        self.through.push(through.to_owned());
        let output = self.script(text, stdin);
        self.through.pop();
        output
    }

    /// Follows the script that everything begins with, whose tree is there already.
    pub(crate) fn whole(&mut self, text: &str, program: &ast::Program) {
        let stdin = Stream::default();
        if grammar::has_groups_in_groups(text) {
            self.script(text, &stdin);
        } else {
            self.bytes += text.len();
            self.program(program, &stdin);
        }
    }

    /// Follows a script.
    pub(crate) fn script(&mut self, text: &str, stdin: &Stream) -> Stream {
        self.bytes += text.len();
        if self.through.len() > DEPTH_MAX || self.bytes > BYTES_MAX || self.steps > STEPS_MAX {
            self.doubt(TOO_MUCH);
            return self.roughly(text, stdin);
        }
        match grammar::parse_groups(text) {
            Ok(program) => self.program(&program, stdin),
            Err(why) => {
                self.doubt(why.said());
                self.unparsed(text, stdin)
            }
        }
    }

    pub(crate) fn program(&mut self, program: &ast::Program, stdin: &Stream) -> Stream {
        let mut output = silent();
        for list in &program.complete_commands {
            output = output.then(&self.list(list, stdin));
        }
        output
    }

    /// Looks at text that has no tree, or is too much: whatever could be a command is compared with the rules.
    pub(crate) fn roughly(&mut self, text: &str, stdin: &Stream) -> Stream {
        let mut origin = stdin.origin;
        for command in rough::commands(text) {
            let fields: Vec<Field> = command.words.iter().map(Field::known).collect();
            if !command.piped {
                origin = stdin.origin;
            }
            let before = Stream::unknown(origin);
            origin |= self.check(&fields, &before);
            if self.step() && self.through.len() <= DEPTH_MAX && self.bytes <= BYTES_MAX {
                origin |= self.reach(&fields, &before).origin;
            }
        }
        Stream::unknown(origin)
    }

    /// Looks at a text that has no tree. A shell carries out the lines before the one that it cannot parse, and
    /// ends a here-document at the end of the text.
    pub(crate) fn unparsed(&mut self, text: &str, stdin: &Stream) -> Stream {
        if text.len() > UNPARSED_BYTES_MAX {
            return self.roughly(text, stdin);
        }
        let completed = rough::completed(text).and_then(|it| grammar::parse(&it).ok());
        match completed {
            Some(program) => {
                self.program(&program, stdin);
            }
            None => self.line_by_line(text, stdin),
        }
        self.in_segments(text, stdin);
        self.roughly(text, stdin)
    }

    /// Follows what a shell carries out before it comes to a line that it cannot parse.
    fn line_by_line(&mut self, text: &str, stdin: &Stream) {
        let mut from = 0;
        let mut parsed = 0;
        for (end, _) in text.match_indices('\n') {
            let command = &text[from..end];
            parsed += command.len();
            if parsed > LINES_BYTES_MAX {
                return;
            }
            if let Ok(program) = grammar::parse(command) {
                self.program(&program, stdin);
                from = end + 1;
            }
        }
    }

    /// Follows each stretch between operators by itself.
    fn in_segments(&mut self, text: &str, stdin: &Stream) {
        let mut stream = stdin.clone();
        for segment in rough::segments(text) {
            if !segment.piped {
                stream = stdin.clone();
            }
            if segment.text.len() < text.len()
                && let Ok(program) = grammar::parse(&segment.text)
            {
                stream = self.program(&program, &stream);
                stream.direct = true;
            }
        }
    }

    /// Looks at a command that only the second parser saw.
    pub(crate) fn also(&mut self, words: &[String]) {
        for way in self.expand_words(words.iter().map(String::as_str)) {
            let shown: Vec<String> = way.iter().take(WORDS_MAX).map(Field::shown).collect();
            if !way.is_empty() && !self.seen.iter().any(|it| it.words == shown) {
                self.run(&way, &Stream::default());
            }
        }
    }

    /// Follows a command substitution.
    pub(crate) fn substitution(&mut self, source: &str) -> Stream {
        self.within("$( )", source, &Stream::default())
    }

    /// Follows a process substitution; gives the number of its channel.
    pub(crate) fn process_substitution(&mut self, source: &str, output: bool) -> usize {
        let channel = if output {
            Channel::Write(source.to_owned())
        } else {
            Channel::Read(self.within("<( )", source, &Stream::default()))
        };
        self.channels.push(channel);
        self.channels.len() - 1
    }

    /// Follows the substitutions inside arithmetic or another text that the shell expands on its own.
    pub(crate) fn substitutions_of(&mut self, text: &str) {
        if !text.contains(['$', '`']) {
            return;
        }
        for piece in word::pieces(text, Mode::DoubleQuoted).pieces {
            match piece {
                Piece::Command { source, .. } => {
                    self.substitution(&source);
                }
                Piece::Parameter { source, .. } if source.contains(['$', '`', ':', '@', '[']) => {
                    self.parameter(&source);
                }
                Piece::Arithmetic { source } => self.substitutions_of(&source),
                Piece::Parameter { .. }
                | Piece::Text { .. }
                | Piece::Process { .. }
                | Piece::Tilde => {}
            }
        }
    }

    fn list(&mut self, list: &ast::CompoundList, stdin: &Stream) -> Stream {
        let mut output = silent();
        for ast::CompoundListItem(and_or, _) in &list.0 {
            output = output.then(&self.and_or(and_or, stdin));
        }
        output
    }

    fn and_or(&mut self, list: &ast::AndOrList, stdin: &Stream) -> Stream {
        let mut output = self.pipeline(&list.first, stdin);
        for more in &list.additional {
            output = match more {
                ast::AndOr::And(pipeline) => output.then(&self.pipeline(pipeline, stdin)),
                ast::AndOr::Or(pipeline) => {
                    let other = self.pipeline(pipeline, stdin);
                    output.or(&output.then(&other)).or(&other)
                }
            };
        }
        output
    }

    fn pipeline(&mut self, pipeline: &ast::Pipeline, stdin: &Stream) -> Stream {
        let mut stream = stdin.clone();
        for (n, command) in pipeline.seq.iter().enumerate() {
            stream.direct = n > 0 && matches!(command, ast::Command::Simple(_));
            stream = self.command(command, &stream);
        }
        stream
    }

    pub(crate) fn command(&mut self, command: &ast::Command, stdin: &Stream) -> Stream {
        match command {
            ast::Command::Simple(simple) => self.simple(simple, stdin),
            ast::Command::Compound(compound, redirects) => {
                self.redirected(redirects.as_ref(), stdin, |walk, stdin| {
                    walk.compound(compound, stdin)
                })
            }
            ast::Command::Function(function) => {
                self.define(function);
                silent()
            }
            ast::Command::ExtendedTest(test, redirects) => {
                self.redirected(redirects.as_ref(), stdin, |walk, _| {
                    walk.test(&test.expr);
                    silent()
                })
            }
        }
    }

    fn define(&mut self, function: &ast::FunctionDefinition) {
        let name = function.fname.value.clone();
        self.functions
            .insert(name.clone(), Rc::new(function.body.clone()));
        let arguments = self.arguments.take();
        self.call(&name, None, &Stream::default());
        self.arguments = arguments;
    }

    /// Follows the body of a function, unless that is being done already.
    pub(crate) fn call(
        &mut self,
        name: &str,
        arguments: Option<Vec<Field>>,
        stdin: &Stream,
    ) -> Stream {
        let Some(body) = self.functions.get(name).cloned() else {
            return Stream::unknown(0);
        };
        let is_running = self.calling.iter().any(|it| Rc::ptr_eq(it, &body));
        if is_running || self.calling.len() > 8 || !self.step() {
            return Stream::unknown(stdin.origin);
        }
        self.calling.push(Rc::clone(&body));
        self.through.push(format!("{name}()"));
        let before = std::mem::replace(&mut self.arguments, arguments);
        let output = self.redirected(body.1.as_ref(), stdin, |walk, stdin| {
            walk.compound(&body.0, stdin)
        });
        self.arguments = before;
        self.through.pop();
        self.calling.pop();
        output
    }

    fn compound(&mut self, compound: &ast::CompoundCommand, stdin: &Stream) -> Stream {
        use ast::CompoundCommand as Compound;
        match compound {
            Compound::BraceGroup(group) => self.list(&group.list, stdin),
            Compound::Subshell(group) => self.list(&group.list, stdin),
            Compound::Arithmetic(it) => {
                self.substitutions_of(&it.expr.value);
                silent()
            }
            Compound::ArithmeticForClause(clause) => {
                let parts = [&clause.initializer, &clause.condition, &clause.updater];
                for expression in parts.into_iter().flatten() {
                    self.substitutions_of(&expression.value);
                }
                unknown_text(self.list(&clause.body.list, stdin))
            }
            Compound::ForClause(clause) => self.for_clause(clause, stdin),
            Compound::CaseClause(clause) => self.case_clause(clause, stdin),
            Compound::IfClause(clause) => self.if_clause(clause, stdin),
            Compound::WhileClause(clause) | Compound::UntilClause(clause) => {
                let condition = self.list(&clause.0, stdin);
                unknown_text(condition.then(&self.list(&clause.1.list, stdin)))
            }
            Compound::Coprocess(coprocess) => {
                let output = self.command(&coprocess.body, &Stream::unknown(0));
                let before = self.descriptors.remove(&-1).unwrap_or_default();
                self.descriptors.insert(-1, before.or(&output));
                silent()
            }
        }
    }

    fn for_clause(&mut self, clause: &ast::ForClauseCommand, stdin: &Stream) -> Stream {
        let mut values: Vec<Field> = Vec::new();
        match &clause.values {
            Some(words) => {
                for way in self.expand_words(words.iter().map(|it| it.value.as_str())) {
                    values.extend(way);
                }
            }
            None => values.extend(self.arguments.iter().flatten().skip(1).cloned()),
        }
        values.dedup();
        let mut output = silent();
        for some in values.chunks(ALTERNATIVES_MAX).take(8) {
            self.variables
                .insert(clause.variable_name.clone(), some.to_vec());
            output = output.then(&self.list(&clause.body.list, stdin));
        }
        if values.is_empty() {
            output = self.list(&clause.body.list, stdin);
        }
        if values.len() == 1 {
            output
        } else {
            unknown_text(output)
        }
    }

    fn case_clause(&mut self, clause: &ast::CaseClauseCommand, stdin: &Stream) -> Stream {
        self.expand_value(&clause.value.value, Mode::Word);
        let mut output: Option<Stream> = None;
        for case in &clause.cases {
            for pattern in &case.patterns {
                self.expand_value(&pattern.value, Mode::Word);
            }
            if let Some(list) = &case.cmd {
                let of_case = self.list(list, stdin);
                output = Some(output.map_or(of_case.clone(), |it| it.or(&of_case)));
            }
        }
        output.unwrap_or_else(silent)
    }

    fn if_clause(&mut self, clause: &ast::IfClauseCommand, stdin: &Stream) -> Stream {
        let condition = self.list(&clause.condition, stdin);
        let mut output = self.list(&clause.then, stdin);
        for otherwise in clause.elses.iter().flatten() {
            if let Some(condition) = &otherwise.condition {
                self.list(condition, stdin);
            }
            output = output.or(&self.list(&otherwise.body, stdin));
        }
        condition.then(&output)
    }

    fn test(&mut self, test: &ast::ExtendedTestExpr) {
        use ast::ExtendedTestExpr as Test;
        match test {
            Test::And(left, right) | Test::Or(left, right) => {
                self.test(left);
                self.test(right);
            }
            Test::Not(inner) | Test::Parenthesized(inner) => self.test(inner),
            Test::UnaryTest(_, word) => self.test_word(&word.value),
            Test::BinaryTest(_, left, right) => {
                self.test_word(&left.value);
                self.test_word(&right.value);
            }
        }
    }

    /// A word of `[[ ]]`: some tests read it as arithmetic, where an index may hold a substitution.
    fn test_word(&mut self, text: &str) {
        for value in self.expand_value(text, Mode::Word) {
            if let Some(text) = value.text()
                && text.contains('[')
            {
                self.substitutions_of(&text);
            }
        }
    }

    /// Gives a variable one more value that it may have.
    pub(crate) fn assign(&mut self, name: &str, value: Field, append: bool) {
        let name = name.split('[').next().unwrap_or(name);
        if name == "PS4"
            && let Some(text) = value.text()
        {
            self.substitutions_of(&text);
        }
        let known = self
            .variables
            .get(name)
            .map_or(0, |it| it.iter().map(Field::bytes).sum());
        let value = if self.produce(known + value.bytes()) {
            value
        } else {
            Field::hole(value.origin())
        };
        let values = self.variables.entry(name.to_owned()).or_default();
        if append {
            let longer: Vec<Field> = values
                .iter()
                .map(|before| {
                    let mut parts = before.parts.clone();
                    parts.extend(value.parts.iter().cloned());
                    Field { parts }
                })
                .collect();
            values.extend(longer);
        }
        if !values.contains(&value) {
            values.push(value);
        }
        if values.len() > ALTERNATIVES_MAX {
            let origin = values.iter().fold(0, |all, it| all | it.origin());
            let surplus = values.len() - ALTERNATIVES_MAX;
            values.drain(..surplus);
            values[0] = Field::hole(origin);
        }
    }

    /// Text for the parser out of arguments: holes become variables of which only the origin is known.
    pub(crate) fn code_of(&mut self, fields: &[Field]) -> String {
        let mut code = String::new();
        for (n, field) in fields.iter().enumerate() {
            if n > 0 {
                code.push(' ');
            }
            for part in &field.parts {
                match part {
                    Part::Text { text, .. } => code.push_str(text),
                    part => {
                        self.holes += 1;
                        let name = format!("_hole_{}", self.holes);
                        code.push_str("${");
                        code.push_str(&name);
                        code.push('}');
                        let value = Field {
                            parts: vec![part.clone()],
                        };
                        self.variables.insert(name, vec![value]);
                    }
                }
            }
        }
        code
    }

    /// Where the fields' holes come from.
    pub(crate) fn origin_of(&self, fields: &[Field]) -> Origin {
        let of_part = |part: &Part| match part {
            Part::Channel(number) => match self.channels.get(*number) {
                Some(Channel::Read(stream)) => stream.origin,
                _ => 0,
            },
            Part::Hole { origin, .. } => *origin,
            Part::Text { .. } => 0,
        };
        fields
            .iter()
            .flat_map(|field| &field.parts)
            .fold(0, |all, part| all | of_part(part))
    }
}

/// The output of a command that prints nothing.
pub(crate) fn silent() -> Stream {
    Stream::of_texts(vec![String::new()], 0)
}

fn unknown_text(stream: Stream) -> Stream {
    Stream::unknown(stream.origin)
}
