//! Which blocks of the outline belong to which section and to which requirement.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use super::heading::{Label, SectionKind, label, numbering, section_kind};
use crate::diagnostic::{Code, Diagnostic};
use crate::id::RequirementId;
use crate::inline::without_emphasis;
use crate::outline::{BlockKind, Outline};
use crate::requirement::RequirementKind;

/// The document's map.
#[derive(Debug, Default)]
pub(super) struct Regions {
    sections: Vec<(SectionKind, Range<usize>)>,
    found: Vec<Found>,
}

/// A requirement's place; the first of its blocks names it.
#[derive(Debug)]
struct Found {
    id: Option<RequirementId>,
    title: String,
    kind: RequirementKind,
    blocks: Range<usize>,
    span: Range<usize>,
    /// Where an id can be written before the title: the first byte of a heading's text.
    title_at: Option<usize>,
}

/// A requirement's place with its final id.
#[derive(Debug)]
pub(super) struct Draft {
    pub(super) id: RequirementId,
    pub(super) title: String,
    pub(super) kind: RequirementKind,
    pub(super) blocks: Range<usize>,
}

impl Regions {
    pub(super) fn of(outline: &Outline<'_>) -> Self {
        let mut walk = Walk {
            outline,
            regions: Regions::default(),
            contexts: Vec::new(),
            current: None,
            seen: HashSet::new(),
            headed: headed(outline),
        };
        let mut index = 0;
        while index < outline.blocks.len() {
            index = walk.take(index);
        }
        walk.close(index);
        walk.regions
    }

    /// The blocks under the headings of this kind, in order; a section within another of its kind is part of that.
    pub(super) fn of_kind(&self, kind: SectionKind) -> impl Iterator<Item = Range<usize>> {
        let mut read_to = 0;
        self.sections
            .iter()
            .filter(move |(it, _)| *it == kind)
            .map(|(_, blocks)| blocks.clone())
            .filter(move |blocks| {
                let is_outer = blocks.start >= read_to;
                read_to = read_to.max(blocks.end);
                is_outer
            })
    }

    /// The requirements, each with an id of its own.
    pub(super) fn named_drafts(&self, diagnostics: &mut Vec<Diagnostic>) -> Vec<Draft> {
        let mut taken: HashSet<RequirementId> =
            self.found.iter().filter_map(|it| it.id.clone()).collect();
        let mut times: HashMap<RequirementId, u32> = HashMap::new();
        let mut counters = [0_u32; 2];
        let mut drafts = Vec::with_capacity(self.found.len());
        for found in &self.found {
            let id = match &found.id {
                Some(id) => unrepeated(id, &mut times, found, diagnostics),
                None => assigned(found, &mut counters, &mut taken, diagnostics),
            };
            drafts.push(Draft {
                id,
                title: found.title.clone(),
                kind: found.kind,
                blocks: found.blocks.clone(),
            });
        }
        drafts
    }
}

fn unrepeated(
    id: &RequirementId,
    times: &mut HashMap<RequirementId, u32>,
    found: &Found,
    diagnostics: &mut Vec<Diagnostic>,
) -> RequirementId {
    let count = times.entry(id.clone()).or_insert(0);
    *count += 1;
    if *count == 1 {
        return id.clone();
    }
    let other = RequirementId::new(format!("{id}#{count}"));
    let message = format!(
        "The id {id} is used {count} times; this requirement is called {other} until it has an id of its own."
    );
    diagnostics.push(Diagnostic::new(
        Code::DuplicateId,
        found.span.clone(),
        message,
    ));
    other
}

fn assigned(
    found: &Found,
    counters: &mut [u32; 2],
    taken: &mut HashSet<RequirementId>,
    diagnostics: &mut Vec<Diagnostic>,
) -> RequirementId {
    let (prefix, counter) = match found.kind {
        RequirementKind::Functional => ("FR", &mut counters[0]),
        RequirementKind::NonFunctional => ("NFR", &mut counters[1]),
    };
    loop {
        *counter += 1;
        let id = RequirementId::new(format!("{prefix}-{counter}"));
        if taken.insert(id.clone()) {
            let message = format!(
                "This requirement has no id; it is called {id} by its order. Write the id down, so that moving it does not rename it."
            );
            let mut remark = Diagnostic::new(Code::MissingId, found.span.clone(), message);
            if let Some(at) = found.title_at {
                remark = remark.fixed_by(at..at, format!("{id}: "));
            }
            diagnostics.push(remark);
            return id;
        }
    }
}

/// A heading that is open.
struct Context {
    level: u8,
    kind: Option<SectionKind>,
    /// Whether requirements below carry ids, so that other headings and bullets are none.
    has_ids: bool,
    has_headings: bool,
}

/// The requirement that is open; `level` is its heading's, `None` for one that a bold line names.
struct Current {
    level: Option<u8>,
    found: Found,
}

struct Walk<'a> {
    outline: &'a Outline<'a>,
    regions: Regions,
    contexts: Vec<Context>,
    current: Option<Current>,
    seen: HashSet<RequirementId>,
    /// The ids that headings carry.
    headed: HashSet<RequirementId>,
}

impl<'a> Walk<'a> {
    /// Takes the block at `index`; gives the next one to take.
    fn take(&mut self, index: usize) -> usize {
        let block = &self.outline.blocks[index];
        match &block.kind {
            BlockKind::Heading { level, title } => {
                self.heading(index, *level, without_emphasis(self.outline.text(title)))
            }
            BlockKind::Paragraph if block.owner.is_none() => {
                self.paragraph(index, self.outline.text(&block.span))
            }
            BlockKind::Item { text, .. } if block.owner.is_none() => {
                return self.item(index, self.outline.text(text));
            }
            _ => {}
        }
        index + 1
    }

    fn heading(&mut self, index: usize, level: u8, title: &'a str) {
        let named = label(title).or_else(|| numbering(title).and_then(|(_, rest)| label(rest)));
        if let Some(Current {
            level: Some(open),
            found,
        }) = &self.current
            && level > *open
            && named.as_ref().is_none_or(|it| {
                !it.is_known || found.id.as_ref().is_some_and(|id| it.is_within(id))
            })
        {
            return;
        }
        self.close(index);
        while self
            .contexts
            .pop_if(|context| context.level >= level)
            .is_some()
        {}
        let named = named.filter(|it| it.is_known || (it.is_parted && self.in_requirements()));
        match named.filter(|_| self.allows_requirements()) {
            Some(label) => self.open(
                index,
                Some(level),
                Some(label.id.clone()),
                label.title,
                label.kind,
            ),
            None => self.section(index, level, title),
        }
    }

    fn section(&mut self, index: usize, level: u8, title: &'a str) {
        let known = section_kind(title);
        let blocks = index + 1..self.outline.section_end(index);
        if let Some(kind) = known {
            self.regions.sections.push((kind, blocks.clone()));
        } else if self.in_requirements() && self.contexts.last().is_some_and(|it| !it.has_ids) {
            let (id, title) = numbering(title).map_or((None, title), |(number, rest)| {
                (Some(RequirementId::new(number)), rest)
            });
            self.open(index, Some(level), id, title, None);
            return;
        }
        let kind = known.or_else(|| self.contexts.last().and_then(|it| it.kind));
        let is_new = known.is_some_and(is_of_requirements);
        let outer = self.contexts.last();
        let has_ids = if is_new {
            self.any_label(blocks.clone())
        } else {
            outer.is_some_and(|it| it.has_ids)
        };
        let is_heading =
            |block: &crate::outline::Block| matches!(block.kind, BlockKind::Heading { .. });
        let has_headings = is_new && self.outline.blocks[blocks].iter().any(is_heading);
        self.contexts.push(Context {
            level,
            kind,
            has_ids,
            has_headings,
        });
    }

    fn any_label(&self, blocks: Range<usize>) -> bool {
        self.outline.blocks[blocks].iter().any(|block| {
            let (text, is_heading) = match &block.kind {
                BlockKind::Heading { title, .. } => (self.outline.text(title), true),
                BlockKind::Item { text, .. } => (self.outline.text(text), false),
                BlockKind::Paragraph => (self.outline.text(&block.span), false),
                _ => return false,
            };
            label(text)
                .or_else(|| numbering(text).and_then(|(_, rest)| label(rest)))
                .is_some_and(|it| it.is_known && (is_heading || it.is_parted))
        })
    }

    /// A line such as `**FR-1**: Slugs` opens a requirement that lasts until the next.
    fn paragraph(&mut self, index: usize, text: &'a str) {
        let Some(label) = self.line_label(text, true) else {
            return;
        };
        self.close(index);
        self.open(index, None, Some(label.id.clone()), label.title, label.kind);
    }

    /// A bullet such as `- FR-3: Slugs` is a requirement with what is nested under it.
    fn item(&mut self, index: usize, text: &'a str) -> usize {
        let end = self.outline.subtree_end(index);
        let context = self.contexts.last();
        let is_loose = self.in_requirements()
            && context.is_some_and(|it| !it.has_ids && !it.has_headings)
            && self.current.is_none();
        match self.line_label(text, false) {
            Some(label) => {
                self.close(index);
                self.open(index, None, Some(label.id.clone()), label.title, label.kind);
            }
            None if is_loose && !text.is_empty() => self.open(index, None, None, text, None),
            None => return index + 1,
        }
        self.close(end);
        end
    }

    /// The id that begins a line, where a line may begin a requirement; `may_interrupt` one that a heading opened.
    fn line_label(&self, text: &'a str, may_interrupt: bool) -> Option<Label<'a>> {
        let label = label(text).filter(|it| it.is_known && it.is_parted)?;
        let is_free = match &self.current {
            None => true,
            Some(Current { level: None, found }) => {
                found.id.as_ref().is_none_or(|id| !label.is_within(id))
            }
            Some(_) => may_interrupt && !self.headed.contains(&label.id),
        };
        let is_first = self.in_requirements() || !self.seen.contains(&label.id);
        (is_free && is_first && self.allows_requirements()).then_some(label)
    }

    fn in_requirements(&self) -> bool {
        self.contexts
            .last()
            .and_then(|it| it.kind)
            .is_some_and(is_of_requirements)
    }

    fn allows_requirements(&self) -> bool {
        self.contexts
            .last()
            .and_then(|it| it.kind)
            .is_none_or(|kind| is_of_requirements(kind) || kind == SectionKind::Overview)
    }

    fn open(
        &mut self,
        index: usize,
        level: Option<u8>,
        id: Option<RequirementId>,
        title: &str,
        kind: Option<RequirementKind>,
    ) {
        let of_section = match self.contexts.last().and_then(|it| it.kind) {
            Some(SectionKind::NonFunctional) => RequirementKind::NonFunctional,
            _ => RequirementKind::Functional,
        };
        self.seen.extend(id.clone());
        let title = without_emphasis(&crate::inline::fold(title)).to_owned();
        let span = self.outline.blocks[index].span.clone();
        let title_at = match &self.outline.blocks[index].kind {
            BlockKind::Heading { title, .. } => Some(title.start),
            _ => None,
        };
        let found = Found {
            id,
            title_at,
            title,
            kind: kind.unwrap_or(of_section),
            blocks: index..index + 1,
            span,
        };
        self.current = Some(Current { level, found });
    }

    /// Closes the open requirement before the block at `end`.
    fn close(&mut self, end: usize) {
        if let Some(mut current) = self.current.take() {
            current.found.blocks.end = end;
            self.regions.found.push(current.found);
        }
    }
}

fn is_of_requirements(kind: SectionKind) -> bool {
    matches!(kind, SectionKind::Functional | SectionKind::NonFunctional)
}

fn headed(outline: &Outline<'_>) -> HashSet<RequirementId> {
    let titles = outline.blocks.iter().filter_map(|block| match &block.kind {
        BlockKind::Heading { title, .. } => Some(without_emphasis(outline.text(title))),
        _ => None,
    });
    titles.filter_map(named).map(|label| label.id).collect()
}

/// The id that a heading carries, with or without a number before it.
fn named(title: &str) -> Option<Label<'_>> {
    label(title).or_else(|| numbering(title).and_then(|(_, rest)| label(rest)))
}
