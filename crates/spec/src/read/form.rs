//! Forms other than headings with bullets: scenarios under a named requirement, as OpenSpec writes them, and the numbered
//! clauses of a bugfix.

use std::collections::HashMap;
use std::ops::Range;

use super::criteria::Criteria;
use super::region::Draft;
use super::scenario::Scenario;
use crate::id::{CriterionId, RequirementId};
use crate::inline::{fold, without_emphasis};
use crate::line::lines_within;
use crate::outline::{BlockKind, Outline};
use crate::requirement::RequirementKind;

/// How a document holds its requirements.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// A heading or bullet with an id, bullets as criteria.
    Bullets,
    /// `### Requirement: Name` with `#### Scenario: Name` below.
    Scenarios,
    /// `### Current Behavior` with paragraphs such as `1.1 WHEN … THEN …`.
    Clauses,
}

impl Form {
    pub(super) fn of(outline: &Outline<'_>) -> Form {
        let mut titles = headings(outline).map(|(_, title)| title);
        if titles.clone().any(|it| requirement_name(it).is_some()) {
            return Form::Scenarios;
        }
        let is_bugfix = titles.any(|it| behaviour(it).is_some());
        let has_clause =
            is_bugfix && (0..outline.blocks.len()).any(|it| !clauses(outline, it).is_empty());
        if has_clause {
            Form::Clauses
        } else {
            Form::Bullets
        }
    }

    /// The requirements' places; none for bullets, whose reader has a map of its own.
    pub(super) fn drafts(self, outline: &Outline<'_>) -> Vec<Draft> {
        match self {
            Form::Bullets => Vec::new(),
            Form::Scenarios => scenario_drafts(outline),
            Form::Clauses => clause_drafts(outline),
        }
    }

    /// Whether a part of the document tells what goes wrong today.
    pub(super) fn tells_defects(self, draft: &Draft) -> bool {
        self == Form::Clauses && draft.id.as_str() == "1"
    }

    /// The criteria of one requirement in such a form.
    pub(super) fn criteria(self, outline: &Outline<'_>, draft: &Draft) -> Criteria {
        let mut criteria = Criteria::default();
        for index in draft.blocks.start + 1..draft.blocks.end {
            match self {
                Form::Scenarios => scenario(outline, draft, index, &mut criteria),
                _ => {
                    for (id, text, span) in clauses(outline, index) {
                        criteria.push_spanned(index, CriterionId::new(id), text, span);
                    }
                }
            }
        }
        criteria
    }
}

fn headings<'a>(outline: &'a Outline<'_>) -> impl Iterator<Item = (usize, &'a str)> + Clone {
    outline
        .blocks
        .iter()
        .enumerate()
        .filter_map(|(index, block)| match &block.kind {
            BlockKind::Heading { title, .. } => {
                Some((index, without_emphasis(outline.text(title))))
            }
            _ => None,
        })
}

/// The name in `Requirement: Two-factor login`.
fn requirement_name(title: &str) -> Option<&str> {
    named(title, "requirement")
}

fn named<'a>(title: &'a str, word: &str) -> Option<&'a str> {
    let head = title.get(..word.len())?;
    let rest = head
        .eq_ignore_ascii_case(word)
        .then(|| title[word.len()..].trim_start())?;
    let name = rest.strip_prefix(':')?.trim();
    (!name.is_empty()).then_some(name)
}

/// A name as an id: small letters, digits and hyphens of any script.
fn slug(name: &str) -> String {
    const LENGTH: usize = 80;
    let mut slug = String::new();
    for c in name.chars().flat_map(char::to_lowercase).take(LENGTH) {
        if c.is_alphanumeric() {
            slug.push(c);
        } else if !slug.ends_with('-') && !slug.is_empty() {
            slug.push('-');
        }
    }
    slug.trim_end_matches('-').to_owned()
}

fn scenario_drafts(outline: &Outline<'_>) -> Vec<Draft> {
    let mut drafts = Vec::new();
    let mut times: HashMap<String, u32> = HashMap::new();
    let mut is_gone = false;
    for (index, title) in headings(outline) {
        let lower = title.to_lowercase();
        if lower.ends_with("requirements") {
            is_gone = lower.starts_with("removed") || lower.starts_with("renamed");
        }
        let Some(name) = requirement_name(title).filter(|_| !is_gone) else {
            continue;
        };
        let id = slug(name);
        let count = times.entry(id.clone()).or_insert(0);
        *count += 1;
        let id = if *count == 1 {
            id
        } else {
            format!("{id}#{count}")
        };
        drafts.push(Draft {
            id: RequirementId::new(id),
            title: fold(name),
            kind: RequirementKind::Functional,
            blocks: index..outline.section_end(index),
        });
    }
    drafts
}

fn scenario(outline: &Outline<'_>, draft: &Draft, index: usize, criteria: &mut Criteria) {
    let BlockKind::Heading { title, .. } = &outline.blocks[index].kind else {
        return;
    };
    let Some(name) = named(without_emphasis(outline.text(title)), "scenario") else {
        return;
    };
    let end = outline.section_end(index).min(draft.blocks.end);
    let id = CriterionId::new(format!("{}.{}", draft.id, criteria.list.len() + 1));
    criteria.push_scenario(id, Scenario::under(outline, index..end, &fold(name)), None);
}

/// The number and the name of a section of a bugfix.
fn behaviour(title: &str) -> Option<(&'static str, &'static str)> {
    let lower = title.to_lowercase().replace("behaviour", "behavior");
    let starts = |it: &str| lower.starts_with(it);
    if starts("current behavior") {
        Some(("1", "Current Behavior"))
    } else if starts("expected behavior") {
        Some(("2", "Expected Behavior"))
    } else if starts("unchanged behavior") {
        Some(("3", "Unchanged Behavior"))
    } else {
        None
    }
}

fn clause_drafts(outline: &Outline<'_>) -> Vec<Draft> {
    let mut drafts: Vec<Draft> = Vec::new();
    for (index, title) in headings(outline) {
        let Some((number, name)) = behaviour(title) else {
            continue;
        };
        if drafts.iter().all(|it| it.id.as_str() != number) {
            drafts.push(Draft {
                id: RequirementId::new(number),
                title: name.to_owned(),
                kind: RequirementKind::Functional,
                blocks: index..outline.section_end(index),
            });
        }
    }
    drafts
}

/// The clauses in one paragraph or bullet: each line that begins with a number such as `1.2` begins one.
fn clauses(outline: &Outline<'_>, index: usize) -> Vec<(String, String, Range<usize>)> {
    let block = &outline.blocks[index];
    let range = match &block.kind {
        BlockKind::Item { text, .. } => text.clone(),
        BlockKind::Paragraph => block.span.clone(),
        _ => return Vec::new(),
    };
    let mut found: Vec<(String, String, Range<usize>)> = Vec::new();
    for line in lines_within(outline.source, range) {
        match clause(line.text) {
            Some((id, text)) => found.push((id, text.to_owned(), line.at..line.end())),
            None => {
                if let Some((_, text, span)) = found.last_mut() {
                    *text = fold(&format!("{text} {}", line.text));
                    span.end = line.end();
                }
            }
        }
    }
    found
}

fn clause(text: &str) -> Option<(String, &str)> {
    let inner = text.trim_start_matches('*');
    let length = inner.find(|c: char| !c.is_ascii_digit() && c != '.')?;
    let number = inner[..length].trim_end_matches('.');
    let is_number = number.len() <= 16
        && number.split('.').count() == 2
        && number.split('.').all(|it| !it.is_empty());
    let rest = inner[length..].trim_start_matches(['*', ':', ')']);
    (is_number && rest.starts_with(char::is_whitespace)).then(|| (number.to_owned(), rest.trim()))
}
