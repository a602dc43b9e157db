//! One requirement: its prose, criteria, functions, files and examples.

use std::collections::HashMap;
use std::ops::Range;

use super::criteria::Criteria;
use super::form::Form;
use super::region::Draft;
use crate::criterion::Place;
use crate::diagnostic::{Code, Diagnostic};
use crate::example::{self, Example, Expect, Findings, Found, FunctionDecl, NAME_LIMIT, Unclear};
use crate::expression::{is_constant, name_end};
use crate::fingerprint::fingerprint;
use crate::id::{CriterionId, ExampleId};
use crate::inline::{code_spans, on_one_line};
use crate::line::lines_within;
use crate::outline::{BlockKind, Outline};
use crate::path::is_path;
use crate::requirement::{Requirement, RequirementKind};

/// A requirement whose examples are not complete yet: a section elsewhere may hold more.
pub(super) struct Gathered {
    pub(super) requirement: Requirement,
    pub(super) examples: Vec<(Found, Option<usize>)>,
    /// A function that the text names in backticks without a signature, for tables of arguments.
    pub(super) mentioned: Option<FunctionDecl>,
    /// For each criterion the position of the one that encloses it.
    parents: Vec<Option<usize>>,
    heading: Range<usize>,
    /// Whether it tells what goes wrong today.
    is_defect: bool,
}

/// Reads what stands under a requirement.
pub(super) fn gather(
    outline: &Outline<'_>,
    draft: &Draft,
    form: Form,
    diagnostics: &mut Vec<Diagnostic>,
) -> Gathered {
    let blocks = &outline.blocks[draft.blocks.clone()];
    let criteria = match form {
        Form::Bullets => Criteria::of_requirement(outline, draft, diagnostics),
        other => other.criteria(outline, draft),
    };
    let start = blocks.first().map_or(0, |it| it.span.start);
    let end = blocks.iter().map(|it| it.span.end).max().unwrap_or(start);
    let requirement = Requirement {
        id: draft.id.clone(),
        title: draft.title.clone(),
        kind: draft.kind,
        text: prose(outline, draft.blocks.start + 1..draft.blocks.end),
        criteria: Vec::new(),
        examples: Vec::new(),
        functions: functions(outline, draft.blocks.clone()),
        paths: paths(outline, draft.blocks.clone()),
        fingerprint: String::new(),
        span: start..end,
    };
    let heading = blocks.first().map_or(start..start, |it| it.span.clone());
    let mentioned = mentioned(outline, draft.blocks.clone());
    let mut gathered = Gathered {
        requirement,
        examples: Vec::new(),
        mentioned,
        parents: Vec::new(),
        heading,
        is_defect: false,
    };
    // What goes wrong today is no example of what is right.
    let is_defect = form.tells_defects(draft);
    let blocks = match is_defect {
        true => 0..0,
        false => draft.blocks.clone(),
    };
    for index in blocks {
        let findings = findings(outline, index, |table_start| {
            gathered.function_for(table_start)
        });
        gathered.take(findings, criteria.at_or_above(outline, index), diagnostics);
    }
    gathered.take_steps(outline, &criteria);
    gathered.is_defect = is_defect;
    gathered.parents = criteria.parents;
    // Most have few, and room for more would outweigh a large document.
    gathered.requirement.criteria = criteria.list;
    gathered.requirement.criteria.shrink_to_fit();
    gathered.examples.shrink_to_fit();
    gathered
}

/// The paragraphs in `blocks` that stand under no bullet and are no doctest, parted by blank lines.
pub(super) fn prose(outline: &Outline<'_>, blocks: Range<usize>) -> String {
    let paragraphs = outline.blocks[blocks].iter().filter(|block| {
        let is_session = outline.text(&block.span).starts_with(">>>");
        matches!(block.kind, BlockKind::Paragraph) && block.owner.is_none() && !is_session
    });
    paragraphs
        .map(|block| outline.folded(&block.span))
        .collect::<Vec<_>>()
        .join("\n\n")
}

/// The examples in one block; `function` gives what a table's arguments are given to.
pub(super) fn findings<'f>(
    outline: &Outline<'_>,
    index: usize,
    function: impl Fn(usize) -> Option<&'f FunctionDecl>,
) -> Findings {
    let block = &outline.blocks[index];
    match &block.kind {
        BlockKind::Heading { .. } => Findings::default(),
        BlockKind::Item { text, .. } => spoken_findings(outline.text(text), text.start, function),
        BlockKind::Paragraph => {
            spoken_findings(outline.text(&block.span), block.span.start, function)
        }
        BlockKind::Fence { info, body } => {
            example::in_fence(outline.text(info), outline.text(body), body.start)
        }
        BlockKind::Table(table) => example::in_table(table, function(block.span.start)),
    }
}

/// Calls in words and, for a function that the requirement declares, arguments in words.
fn spoken_findings<'f>(
    text: &str,
    at: usize,
    function: impl Fn(usize) -> Option<&'f FunctionDecl>,
) -> Findings {
    let mut findings = example::in_prose(text, at);
    if findings.examples.is_empty() && findings.unclear.is_empty() {
        findings.examples.extend(example::in_ears(text, at));
    }
    if let Some(function) = function(at) {
        let more = example::in_words(text, at, function);
        let more = more.examples.into_iter().filter(|it| {
            let known = &findings.examples;
            known
                .iter()
                .all(|known| known.span.end <= it.span.start || it.span.end <= known.span.start)
        });
        let more: Vec<_> = more.collect();
        findings.examples.extend(more);
    }
    findings
}

/// The text of a block that may hold code spans, with its place.
fn spoken<'a>(outline: &Outline<'a>, index: usize) -> Option<(&'a str, usize)> {
    let block = &outline.blocks[index];
    let range = match &block.kind {
        BlockKind::Heading { title, .. } => title,
        BlockKind::Item { text, .. } => text,
        BlockKind::Paragraph => &block.span,
        BlockKind::Fence { .. } | BlockKind::Table(_) => return None,
    };
    Some((outline.text(range), range.start))
}

/// All code spans in `blocks`, with their places.
fn code_in<'a>(
    outline: &Outline<'a>,
    blocks: Range<usize>,
) -> impl Iterator<Item = (&'a str, Range<usize>)> {
    blocks
        .filter_map(|index| spoken(outline, index))
        .flat_map(|(text, base)| {
            code_spans(text).into_iter().map(move |span| {
                (
                    text[span.inner.clone()].trim(),
                    span.inner.start + base..span.inner.end + base,
                )
            })
        })
}

fn functions(outline: &Outline<'_>, blocks: Range<usize>) -> Vec<FunctionDecl> {
    let spoken = code_in(outline, blocks.clone())
        .filter_map(|(code, span)| example::declaration(code).map(|it| (it, span)));
    let mut found: Vec<_> = spoken.chain(defined(outline, blocks)).collect();
    found.sort_by_key(|(_, span)| span.start);
    let mut seen = std::collections::HashSet::new();
    let declared = found
        .into_iter()
        .filter(|((name, _), _)| seen.insert(*name));
    declared
        .map(|((name, signature), span)| FunctionDecl {
            name: name.to_owned(),
            signature: Some(on_one_line(signature)),
            span,
        })
        .collect()
}

/// The definitions that code blocks show: lines that begin with `def` or the like.
fn defined<'a>(
    outline: &Outline<'a>,
    blocks: Range<usize>,
) -> impl Iterator<Item = ((&'a str, &'a str), Range<usize>)> {
    const WORDS: &[&str] = &[
        "def ",
        "async def ",
        "fn ",
        "pub fn ",
        "function ",
        "export function ",
        "func ",
    ];
    let bodies = outline.blocks[blocks]
        .iter()
        .filter_map(|block| match &block.kind {
            BlockKind::Fence { body, .. } => Some(body.clone()),
            _ => None,
        });
    let lines = bodies.flat_map(|body| lines_within(outline.source, body));
    let lines = lines.filter(|line| WORDS.iter().any(|it| line.text.starts_with(it)));
    lines.filter_map(|line| example::declaration(line.text).map(|it| (it, line.at..line.end())))
}

/// The first plain name in backticks that could be a function's.
fn mentioned(outline: &Outline<'_>, blocks: Range<usize>) -> Option<FunctionDecl> {
    let is_name = |code: &str| {
        code.len() <= NAME_LIMIT
            && name_end(code, 0) == Some(code.len())
            && code.starts_with(|c: char| c.is_lowercase())
            && !is_constant(code)
    };
    let (name, span) =
        code_in(outline, blocks).find(|(code, _)| is_name(code.trim_end_matches("()")))?;
    Some(FunctionDecl {
        name: name.trim_end_matches("()").to_owned(),
        signature: None,
        span,
    })
}

fn paths(outline: &Outline<'_>, blocks: Range<usize>) -> Vec<String> {
    let mut seen = std::collections::HashSet::new();
    code_in(outline, blocks)
        .map(|(code, _)| code)
        .filter(|code| is_path(code) && seen.insert(*code))
        .map(str::to_owned)
        .collect()
}

impl Gathered {
    /// The function that a table at this place gives its arguments to: the last one declared before it, or else the only guess.
    pub(super) fn function_for(&self, place: usize) -> Option<&FunctionDecl> {
        let declared = &self.requirement.functions;
        let before = declared.partition_point(|it| it.span.start < place);
        declared[..before]
            .last()
            .or(declared.first())
            .or(self.mentioned.as_ref())
    }

    /// Keeps findings that belong to the criterion at position `criterion`.
    pub(super) fn take(
        &mut self,
        findings: Findings,
        criterion: Option<usize>,
        diagnostics: &mut Vec<Diagnostic>,
    ) {
        diagnostics.extend(findings.unclear.into_iter().map(unclear));
        self.examples.extend(
            findings
                .examples
                .into_iter()
                .map(|found| (found, criterion)),
        );
    }

    /// Takes the examples that the steps of scenarios are together, where no step holds one by itself.
    fn take_steps(&mut self, outline: &Outline<'_>, criteria: &Criteria) {
        let shown: std::collections::HashSet<usize> =
            self.examples.iter().filter_map(|it| it.1).collect();
        for (position, steps) in &criteria.steps {
            if shown.contains(position) {
                continue;
            }
            let found = example::in_steps(outline.source, steps);
            self.examples.extend(found.map(|it| (it, Some(*position))));
        }
    }

    /// Numbers the examples, settles the criteria, and takes the fingerprint.
    pub(super) fn finish(mut self, source: &str, diagnostics: &mut Vec<Diagnostic>) -> Requirement {
        self.examples.sort_by_key(|(found, _)| found.span.start);
        self.name_functions();
        if self.requirement.criteria.is_empty() {
            self.stand_in(diagnostics);
        }
        for (position, (found, criterion)) in
            std::mem::take(&mut self.examples).into_iter().enumerate()
        {
            self.keep(position + 1, found, criterion);
        }
        let place = match self.requirement.kind {
            _ if self.is_defect => Place::Defect,
            RequirementKind::Functional => Place::Functional,
            RequirementKind::NonFunctional => Place::NonFunctional,
        };
        self.requirement
            .criteria
            .iter_mut()
            .for_each(|it| it.settle(place));
        self.print_criteria();
        self.requirement.fingerprint = self.digest(source);
        self.requirement
    }

    fn name_functions(&mut self) {
        let mut seen: std::collections::HashSet<String> = self
            .requirement
            .functions
            .iter()
            .map(|it| it.name.clone())
            .collect();
        let calls = self
            .examples
            .iter()
            .filter(|(found, _)| found.call.command.is_none());
        for (found, _) in calls {
            if seen.insert(found.call.function.clone()) {
                let name = found.call.function.clone();
                self.requirement.functions.push(FunctionDecl {
                    name,
                    signature: None,
                    span: found.span.clone(),
                });
            }
        }
    }

    /// Without bullets the examples together are the one criterion; without those there is nothing to check.
    fn stand_in(&mut self, diagnostics: &mut Vec<Diagnostic>) {
        let id = &self.requirement.id;
        if self.examples.is_empty() {
            let message = format!(
                "Requirement {id} has no criterion; add bullets that say what must hold, or examples."
            );
            diagnostics.push(Diagnostic::new(
                Code::NoCriterion,
                self.heading.clone(),
                message,
            ));
            return;
        }
        self.examples
            .iter_mut()
            .for_each(|(_, criterion)| *criterion = Some(0));
        let whole = super::criteria::criterion(
            CriterionId::new(format!("{id}.1")),
            self.requirement.title.clone(),
            None,
            self.heading.clone(),
        );
        self.requirement.criteria.push(whole);
        self.parents.push(None);
    }

    fn keep(&mut self, number: usize, found: Found, criterion: Option<usize>) {
        let id = ExampleId::new(format!("{}.e{number}", self.requirement.id));
        let criterion = criterion.map(|position| self.credit(position, &id));
        let Found {
            call,
            expect,
            setup,
            span,
        } = found;
        let requirement = self.requirement.id.clone();
        self.requirement.examples.push(Example {
            id,
            requirement,
            call,
            expect,
            setup,
            criterion,
            span,
        });
    }

    /// Tells the criterion, and the one whose bullet encloses it, of the example.
    fn credit(&mut self, position: usize, example: &ExampleId) -> CriterionId {
        let criteria = &mut self.requirement.criteria;
        criteria[position].examples.push(example.clone());
        if let Some(above) = self.parents[position] {
            criteria[above].examples.push(example.clone());
        }
        criteria[position].id.clone()
    }

    /// Each criterion's fingerprint: its words and its examples.
    fn print_criteria(&mut self) {
        let Requirement {
            criteria, examples, ..
        } = &mut self.requirement;
        let by_id: HashMap<&ExampleId, &Example> = examples.iter().map(|it| (&it.id, it)).collect();
        for criterion in criteria {
            let own = criterion.examples.iter().filter_map(|it| by_id.get(it));
            let parts: Vec<String> = own.flat_map(|it| said(it)).collect();
            let parts = parts.iter().map(String::as_str);
            criterion.fingerprint = fingerprint(&criterion.text, parts);
        }
    }

    fn digest(&self, source: &str) -> String {
        let requirement = &self.requirement;
        let examples: Vec<String> = requirement.examples.iter().flat_map(said).collect();
        let examples = examples.iter().map(String::as_str);
        let signatures = requirement
            .functions
            .iter()
            .filter_map(|it| it.signature.as_deref());
        fingerprint(
            &source[requirement.span.clone()],
            examples.chain(signatures),
        )
    }
}

/// What an example says: its statements, its call and what is expected. Line ends say something in what is printed only.
fn said(example: &Example) -> impl Iterator<Item = String> {
    let expected = match &example.expect {
        Expect::Value(value) => on_one_line(value),
        other => other.text().to_owned(),
    };
    let statements = example.setup.iter().map(|it| on_one_line(it));
    statements.chain([on_one_line(&example.call.source), expected])
}

pub(super) fn unclear((span, why): (Range<usize>, Unclear)) -> Diagnostic {
    Diagnostic::new(Code::UnclearExample, span, why.message())
}
