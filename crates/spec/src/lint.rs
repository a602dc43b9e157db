//! What can be said of a spec without carrying it out: ids, shape, words, coverage, order.

mod ears;
mod tasks;
mod versions;
mod words;

use std::collections::HashMap;
use std::ops::Range;

use crate::criterion::Criterion;
use crate::diagnostic::{Code, Diagnostic};
use crate::requirement::{Requirement, RequirementKind};
use crate::{Spec, TaskList};

pub(crate) use ears::is_ears;

/// Every remark on a spec, read from `text`, in the order of the document.
pub fn lint_spec(spec: &Spec, text: &str) -> Vec<Diagnostic> {
    let mut found: Vec<Diagnostic> = spec.diagnostics.clone();
    for requirement in &spec.requirements {
        // What goes wrong today has no SHALL.
        let is_defect = spec.defect() == Some(requirement);
        of_requirement(requirement, text, is_defect, &mut found);
    }
    for criterion in spec.success.iter().chain(&spec.testing) {
        words::placeholders(text, &criterion.span, &mut found);
    }
    repeated(spec, &mut found);
    if spec.testing.is_empty() && spec.examples().next().is_none() && is_native(spec) {
        found.push(no_tests(spec));
    }
    found.extend(versions::conflicts(spec));
    settled(found)
}

/// Every remark on a task list, read from `text`, against the spec that it serves.
pub fn lint_tasks(list: &TaskList, text: &str, spec: Option<&Spec>) -> Vec<Diagnostic> {
    let mut found = list.diagnostics.clone();
    if let Some(spec) = spec.filter(|it| !it.requirements.is_empty()) {
        tasks::references(list, spec, &mut found);
        tasks::coverage(list, spec, text, &mut found);
    }
    tasks::order(list, &mut found);
    tasks::waves(list, &mut found);
    tasks::boxes(list, &mut found);
    settled(found)
}

fn settled(mut found: Vec<Diagnostic>) -> Vec<Diagnostic> {
    found.sort_by_key(|it| (it.span.start, it.code.as_str()));
    found.dedup();
    found
}

/// Whether the document has the native sections; other dialects keep tests elsewhere.
fn is_native(spec: &Spec) -> bool {
    !spec.success.is_empty() || !spec.constraints.is_empty() || !spec.dependencies.is_empty()
}

fn no_tests(spec: &Spec) -> Diagnostic {
    let top = spec.sections.first().map_or(0..0, |it| it.heading.clone());
    let message = "The spec names no tests and no example; add a section \"Testing Requirements\", or examples such as `f(1)` → `2`.";
    Diagnostic::new(Code::NoTests, top, message)
}

fn of_requirement(
    requirement: &Requirement,
    text: &str,
    is_defect: bool,
    found: &mut Vec<Diagnostic>,
) {
    let is_quality = requirement.kind == RequirementKind::NonFunctional;
    for criterion in &requirement.criteria {
        if criterion.text.ends_with(':') {
            continue;
        }
        let before = found.len();
        if criterion.examples.is_empty() {
            words::vague(criterion, text, found);
        }
        if is_quality && found.len() == before {
            found.extend(unmeasurable(criterion));
        }
        words::placeholders(text, &criterion.span, found);
        found.extend(ears::shape(criterion, text).filter(|_| !is_defect));
    }
    found.extend(error_case(requirement, text));
}

/// A quality without a number, a command, or a thing that is there or not.
fn unmeasurable(criterion: &Criterion) -> Option<Diagnostic> {
    let is_measured =
        criterion.measure.is_some() || criterion.text.contains(|c: char| c.is_ascii_digit());
    let word = words::quality(&criterion.text).filter(|_| !is_measured)?;
    let message = format!(
        "{} asks for \"{word}\" and gives no measure; say how much, such as \"p95 < 200 ms\", or name the command in backticks that passes.",
        criterion.id
    );
    Some(Diagnostic::new(
        Code::Unmeasurable,
        criterion.span.clone(),
        message,
    ))
}

const TAKES: &[&str] = &[
    "accept",
    "accepts",
    "parse",
    "parses",
    "validate",
    "validates",
    "upload",
    "uploads",
    "submit",
    "submits",
    "enters",
    "import",
    "imports",
    "login",
    "logs in",
];

const FAILS: &[&str] = &[
    "error",
    "errors",
    "invalid",
    "refuse",
    "refuses",
    "refused",
    "reject",
    "rejects",
    "rejected",
    "fail",
    "fails",
    "failed",
    "failure",
    "raise",
    "raises",
    "deny",
    "denies",
    "denied",
    "missing",
    "empty",
    "malformed",
    "expired",
    "unauthorized",
    "400",
    "401",
    "403",
    "404",
    "409",
    "422",
    "429",
    "500",
    "duplicate",
    "not",
    "cannot",
    "without",
    "limit",
    "exceeds",
    "unknown",
    "otherwise",
    "unless",
    "if",
];

fn error_case(requirement: &Requirement, text: &str) -> Option<Diagnostic> {
    if requirement.kind != RequirementKind::Functional || requirement.criteria.is_empty() {
        return None;
    }
    let raises = requirement
        .examples
        .iter()
        .any(|it| matches!(it.expect, crate::Expect::Raises(_)));
    let texts = requirement.criteria.iter().map(|it| it.text.as_str());
    let all: String = texts
        .chain([requirement.text.as_str()])
        .collect::<Vec<_>>()
        .join(" ");
    let plain = words::plain(&all);
    let has = |set: &[&str]| plain.iter().any(|it| set.contains(&it.as_str()));
    if raises || !has(TAKES) || has(FAILS) {
        return None;
    }
    let message = format!(
        "{} takes input and says nothing of bad input; add a criterion for what happens when it is missing or wrong.",
        requirement.id
    );
    let start = requirement.span.start;
    let length = text[start..]
        .find(['\n', '\r'])
        .unwrap_or(text.len() - start);
    let heading = start..start + length;
    Some(Diagnostic::new(Code::NoErrorCase, heading, message))
}

/// The same statement under one requirement twice.
fn repeated(spec: &Spec, found: &mut Vec<Diagnostic>) {
    for requirement in &spec.requirements {
        let mut seen: HashMap<String, &Criterion> = HashMap::new();
        for criterion in &requirement.criteria {
            // In code every letter counts: `f("a b")` is not `f("a  b")`.
            let key = match criterion.text.contains('`') {
                true => criterion.text.clone(),
                false => words::plain(&criterion.text).join(" "),
            };
            if key.is_empty() {
                continue;
            }
            if let Some(first) = seen.insert(key, criterion) {
                let message = format!(
                    "{} says the same as {}; remove one of them.",
                    criterion.id, first.id
                );
                found.push(Diagnostic::new(
                    Code::RepeatedCriterion,
                    criterion.span.clone(),
                    message,
                ));
            }
        }
    }
}

/// The source with these fixes made, those that overlap an earlier one left out, and how many were made.
pub fn fixed(text: &str, found: &[Diagnostic]) -> (String, usize) {
    let mut fixes: Vec<_> = found.iter().filter_map(|it| it.fix.as_ref()).collect();
    fixes.sort_by_key(|it| (it.span.start, it.span.end));
    fixes.dedup();
    let (mut out, mut at, mut made) = (String::with_capacity(text.len()), 0, 0);
    for fix in fixes {
        let Range { start, end } = fix.span;
        if start < at || text.get(start..end).is_none() {
            continue;
        }
        out.push_str(&text[at..start]);
        out.push_str(&fix.text);
        at = end;
        made += 1;
    }
    out.push_str(&text[at..]);
    (out, made)
}
