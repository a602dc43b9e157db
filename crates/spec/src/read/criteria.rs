//! Bullets as criteria.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::ops::Range;

use super::heading::label;
use super::region::Draft;
use super::scenario::{self, Scenario};
use crate::criterion::{Check, Criterion, Place};
use crate::diagnostic::{Code, Diagnostic};
use crate::example::Steps;
use crate::fingerprint::fingerprint;
use crate::id::CriterionId;
use crate::inline;
use crate::outline::{BlockKind, Outline};

/// The criteria of one part of the document, and which block each came from.
#[derive(Debug, Default)]
pub(super) struct Criteria {
    pub(super) list: Vec<Criterion>,
    /// For each criterion the position of the one whose bullet encloses it.
    pub(super) parents: Vec<Option<usize>>,
    /// The steps of those that are scenarios, each with the criterion's position.
    pub(super) steps: Vec<(usize, Steps)>,
    of_block: HashMap<usize, usize>,
}

impl Criteria {
    /// Every bullet of a requirement; a requirement that is itself a bullet with none under it is its own criterion.
    pub(super) fn of_requirement(
        outline: &Outline<'_>,
        draft: &Draft,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Self {
        let mut criteria = Criteria::default();
        let mut taken = HashSet::new();
        let mut count = 0_usize;
        let reserved = reserved(outline, draft);
        let scenarios = scenario::in_lists(outline, draft.blocks.clone());
        let of_block: HashMap<usize, &Scenario> = scenarios
            .iter()
            .flat_map(|it| it.blocks.iter().map(move |block| (*block, it)))
            .collect();
        for index in draft.blocks.start + 1..draft.blocks.end {
            for found in scenario::in_fence(outline, index) {
                count += 1;
                let id = counted(draft, &mut count, &reserved);
                let id = criteria.unrepeated(id, index, outline, &mut taken, diagnostics);
                criteria.push_scenario(id, found, None);
            }
            let scenario = of_block.get(&index).copied();
            if scenario.is_some_and(|it| it.blocks[0] != index) {
                continue;
            }
            let Some(text) = statement(outline, index) else {
                continue;
            };
            count += 1;
            let (own, text) = own_id(&text, draft);
            let id = own
                .or_else(|| criteria.listed(outline, index, draft, &reserved))
                .unwrap_or_else(|| counted(draft, &mut count, &reserved));
            let id = criteria.unrepeated(id, index, outline, &mut taken, diagnostics);
            match scenario
                .cloned()
                .or_else(|| scenario::in_item(outline, index))
            {
                Some(scenario) => {
                    let above = criteria.above(outline, index);
                    criteria.push_scenario(id, scenario, above);
                }
                None => criteria.push(outline, index, id, text),
            }
        }
        let is_bullet = matches!(
            outline.blocks[draft.blocks.start].kind,
            BlockKind::Item { .. }
        );
        if is_bullet && criteria.list.is_empty() && !draft.title.is_empty() {
            criteria.push(
                outline,
                draft.blocks.start,
                CriterionId::new(format!("{}.1", draft.id)),
                draft.title.clone(),
            );
        }
        criteria
    }

    /// The id of an item of a numbered list, which has that number, and of a bullet under one.
    fn listed(
        &self,
        outline: &Outline<'_>,
        index: usize,
        draft: &Draft,
        reserved: &HashSet<CriterionId>,
    ) -> Option<CriterionId> {
        let block = &outline.blocks[index];
        let BlockKind::Item { number, .. } = &block.kind else {
            return None;
        };
        match (number, block.owner) {
            (Some(number), None) => {
                let id = CriterionId::new(format!("{}.{number}", draft.id));
                reserved.contains(&id).then_some(id)
            }
            (_, Some(owner)) if !reserved.is_empty() => {
                let is_numbered = matches!(
                    outline.blocks[owner].kind,
                    BlockKind::Item {
                        number: Some(_),
                        ..
                    }
                );
                let above = self.of_block.get(&owner).filter(|_| is_numbered)?;
                let before = self
                    .parents
                    .iter()
                    .filter(|it| **it == Some(*above))
                    .count();
                let id = format!("{}.{}", self.list[*above].id, before + 1);
                Some(CriterionId::new(id))
            }
            _ => None,
        }
    }

    /// Keeps a criterion of another form, with its own place.
    pub(super) fn push_spanned(
        &mut self,
        index: usize,
        id: CriterionId,
        text: String,
        span: Range<usize>,
    ) {
        self.parents.push(None);
        self.of_block.insert(index, self.list.len());
        self.list.push(criterion(id, text, None, span));
    }

    /// Keeps a scenario as one criterion, whatever blocks its steps are.
    pub(super) fn push_scenario(
        &mut self,
        id: CriterionId,
        scenario: Scenario,
        above: Option<usize>,
    ) {
        let parent = above.map(|it| self.list[it].id.clone());
        let place = self.list.len();
        self.parents.push(above);
        for block in &scenario.blocks {
            self.of_block.insert(*block, place);
        }
        self.steps.push((place, scenario.steps));
        self.list.push(Criterion {
            is_scenario: true,
            ..criterion(id, scenario.text, parent, scenario.span)
        });
    }

    fn unrepeated(
        &self,
        id: CriterionId,
        index: usize,
        outline: &Outline<'_>,
        taken: &mut HashSet<CriterionId>,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> CriterionId {
        if taken.insert(id.clone()) {
            return id;
        }
        let other = CriterionId::new(format!("{id}#{}", self.list.len() + 1));
        let message = format!(
            "The id {id} is taken by a criterion above; this one is called {other} until it has an id of its own."
        );
        diagnostics.push(Diagnostic::new(
            Code::DuplicateId,
            outline.blocks[index].span.clone(),
            message,
        ));
        taken.insert(other.clone());
        other
    }

    fn push(&mut self, outline: &Outline<'_>, index: usize, id: CriterionId, text: String) {
        let above = self.above(outline, index);
        let parent = above.map(|it| self.list[it].id.clone());
        self.parents.push(above);
        self.of_block.insert(index, self.list.len());
        self.list.push(criterion(
            id,
            text,
            parent,
            outline.blocks[index].span.clone(),
        ));
    }

    /// The position of the criterion that encloses the block at `index`, not counting its own.
    fn above(&self, outline: &Outline<'_>, index: usize) -> Option<usize> {
        let mut owner = outline.blocks[index].owner;
        while let Some(item) = owner {
            if let Some(position) = self.of_block.get(&item) {
                return Some(*position);
            }
            owner = outline.blocks[item].owner;
        }
        None
    }

    /// The position of the criterion that the block at `index` is or stands under.
    pub(super) fn at_or_above(&self, outline: &Outline<'_>, index: usize) -> Option<usize> {
        self.of_block
            .get(&index)
            .copied()
            .or_else(|| self.above(outline, index))
    }
}

pub(super) fn criterion(
    id: CriterionId,
    text: String,
    parent: Option<CriterionId>,
    span: Range<usize>,
) -> Criterion {
    let why = Cow::Borrowed("");
    Criterion {
        id,
        text,
        parent,
        group: None,
        examples: Vec::new(),
        is_scenario: false,
        check: Check::Manual,
        measure: None,
        why,
        fingerprint: String::new(),
        span,
    }
}

/// The ids that the items of numbered lists have, where no number is there twice.
fn reserved(outline: &Outline<'_>, draft: &Draft) -> HashSet<CriterionId> {
    let blocks = outline.blocks[draft.blocks.clone()].iter();
    let numbers = blocks.filter_map(|block| match block.kind {
        BlockKind::Item { number, .. } if block.owner.is_none() => number,
        _ => None,
    });
    let mut ids = HashSet::new();
    for number in numbers {
        // A list that repeats a number leaves the counting to whoever reads it.
        if !ids.insert(CriterionId::new(format!("{}.{number}", draft.id))) {
            return HashSet::new();
        }
    }
    ids
}

/// The next id by order that no numbered item has.
fn counted(draft: &Draft, count: &mut usize, reserved: &HashSet<CriterionId>) -> CriterionId {
    loop {
        let id = CriterionId::new(format!("{}.{count}", draft.id));
        if !reserved.contains(&id) {
            return id;
        }
        *count += 1;
    }
}

/// The text of the bullet at `index`, without a check box.
fn statement(outline: &Outline<'_>, index: usize) -> Option<String> {
    let BlockKind::Item { text, .. } = &outline.blocks[index].kind else {
        return None;
    };
    let text = outline.folded(text);
    // A box with nothing after it says nothing.
    let unboxed = ["[ ]", "[x]", "[X]"]
        .iter()
        .find_map(|it| text.strip_prefix(it))
        .filter(|it| it.is_empty() || it.starts_with(' '))
        .map_or(text.as_ref(), str::trim_start);
    (!unboxed.is_empty()).then(|| unboxed.to_owned())
}

/// The id that the bullet carries itself, such as `FR-1.2` in `FR-1.2: Accept email`, and its text without it.
fn own_id(text: &str, draft: &Draft) -> (Option<CriterionId>, String) {
    match label(text).filter(|it| it.is_parted && it.is_within(&draft.id)) {
        Some(label) => (
            Some(CriterionId::new(label.id.as_str())),
            label.title.to_owned(),
        ),
        None => (None, text.to_owned()),
    }
}

/// The bullets of whole sections, numbered through. A bullet that only introduces others is their group.
pub(super) fn of_sections(
    outline: &Outline<'_>,
    sections: impl Iterator<Item = Range<usize>>,
    prefix: &str,
    place: Place,
) -> Vec<Criterion> {
    let mut criteria = Criteria::default();
    let mut groups: HashMap<usize, String> = HashMap::new();
    for section in sections {
        for index in section {
            let Some(text) = statement(outline, index) else {
                continue;
            };
            if text.ends_with(':') && has_bullets(outline, index) {
                groups.insert(index, inline::label(text.trim_end_matches(':')));
                continue;
            }
            let own = label(&text).filter(|it| it.is_parted && it.id.as_str().starts_with(prefix));
            let (id, text) = match own {
                Some(own) => (own.id.to_string(), own.title.to_owned()),
                None => (format!("{prefix}-{}", criteria.list.len() + 1), text),
            };
            let id = match criteria.list.iter().any(|it| it.id.as_str() == id) {
                true => format!("{id}#{}", criteria.list.len() + 1),
                false => id,
            };
            criteria.push(outline, index, CriterionId::new(id), text);
            let group = outline.blocks[index]
                .owner
                .and_then(|owner| groups.get(&owner).cloned());
            if let Some(last) = criteria.list.last_mut() {
                last.group = group;
                last.settle(place);
                last.fingerprint = fingerprint(&last.text, []);
            }
        }
    }
    criteria.list
}

fn has_bullets(outline: &Outline<'_>, index: usize) -> bool {
    outline.blocks[index + 1..outline.subtree_end(index)]
        .iter()
        .any(|block| matches!(block.kind, BlockKind::Item { .. }))
}
