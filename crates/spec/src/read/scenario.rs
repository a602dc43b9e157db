//! Scenarios: given, when, then, as bullets, under a heading, or in a block of Gherkin.

use std::ops::Range;

use crate::example::Steps;
use crate::inline::{code_spans, fold, without_emphasis};
use crate::line::lines_within;
use crate::lint::is_ears;
use crate::outline::{BlockKind, Outline};

/// One scenario.
#[derive(Clone, Debug)]
pub(super) struct Scenario {
    /// The blocks that it is made of, the first one first.
    pub(super) blocks: Vec<usize>,
    /// Its title and steps on one line.
    pub(super) text: String,
    /// Its bytes.
    pub(super) span: Range<usize>,
    /// Its steps.
    pub(super) steps: Steps,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Word {
    Given,
    When,
    Then,
    /// `And`, `But`: as the step before.
    More,
}

/// What kind of step a text is; none of a statement in EARS, which begins in the same way and is whole by itself.
fn word(text: &str) -> Option<Word> {
    keyword(text).filter(|it| *it != Word::When || !is_ears(text))
}

/// The same of any text.
fn keyword(text: &str) -> Option<Word> {
    let plain = text.trim_start_matches(['*', '_']);
    let length = plain.find(|c: char| !c.is_alphabetic())?;
    match plain[..length].to_ascii_lowercase().as_str() {
        "given" => Some(Word::Given),
        "when" => Some(Word::When),
        "then" => Some(Word::Then),
        "and" | "but" => Some(Word::More),
        _ => None,
    }
}

impl Scenario {
    /// The scenario under a heading: everything below it is of it.
    pub(super) fn under(outline: &Outline<'_>, blocks: Range<usize>, title: &str) -> Scenario {
        let mut steps = Steps::default();
        let mut said = Vec::new();
        let mut last = None;
        for block in &outline.blocks[blocks.start + 1..blocks.end] {
            let range = match &block.kind {
                BlockKind::Item { text, .. } => text,
                BlockKind::Paragraph => &block.span,
                _ => continue,
            };
            said.push(outline.folded(range).replace("**", ""));
            last = sort(outline.text(range), range, last, &mut steps).or(last);
        }
        let text = match said.is_empty() {
            true => title.to_owned(),
            false => format!("{title}: {}", said.join("; ")),
        };
        let from = outline.blocks[blocks.start].span.start;
        let ends = outline.blocks[blocks.clone()].iter().map(|it| it.span.end);
        Scenario {
            text,
            span: from..ends.max().unwrap_or(from),
            steps,
            blocks: blocks.collect(),
        }
    }

    /// The scenario that these items of a list are; `title` where a heading right above them gives one.
    fn of_items(
        outline: &Outline<'_>,
        items: &[(usize, Range<usize>)],
        title: Option<String>,
    ) -> Scenario {
        let mut steps = Steps::default();
        let mut last = None;
        for (_, range) in items {
            last = sort(outline.text(range), range, last, &mut steps).or(last);
        }
        let said: Vec<String> = items
            .iter()
            .map(|(_, range)| outline.folded(range).replace("**", ""))
            .collect();
        let title = title.map_or(String::new(), |it| format!("{it}: "));
        let (first, end) = (items[0].0, items[items.len() - 1].0);
        Scenario {
            blocks: items.iter().map(|it| it.0).collect(),
            text: format!("{title}{}", said.join("; ")),
            span: outline.blocks[first].span.start..outline.blocks[end].span.end,
            steps,
        }
    }
}

/// Keeps a step with those of its kind; gives that kind.
fn sort(text: &str, range: &Range<usize>, last: Option<Word>, steps: &mut Steps) -> Option<Word> {
    let word = match word(text)? {
        Word::More => last?,
        word => word,
    };
    let list = match word {
        Word::Given => &mut steps.given,
        Word::When => &mut steps.when,
        Word::Then | Word::More => &mut steps.then,
    };
    list.push(range.clone());
    Some(word)
}

/// The scenario that one bullet is by itself, as Spec Kit writes it: `**Given** a, **When** b, **Then** c`.
pub(super) fn in_item(outline: &Outline<'_>, index: usize) -> Option<Scenario> {
    let block = &outline.blocks[index];
    let BlockKind::Item { text: range, .. } = &block.kind else {
        return None;
    };
    const LENGTH: usize = 4_096;
    let text = outline.text(range);
    if text.len() > LENGTH || !matches!(word(text), Some(Word::Given | Word::When)) {
        return None;
    }
    let code = code_spans(text);
    let mut cuts: Vec<usize> = Vec::new();
    for (at, _) in text.match_indices(|c: char| c.is_ascii_uppercase()) {
        let before = text[..at].trim_end_matches(['*', '_']);
        let opens = before.is_empty() || before.trim_end().ends_with([',', ';', '.']);
        let is_free = code.iter().all(|it| !it.outer.contains(&at));
        if opens && is_free && keyword(&text[at..]).is_some() {
            cuts.push(before.len());
        }
    }
    let ends = cuts.iter().skip(1).copied().chain([text.len()]);
    let mut steps = Steps::default();
    let mut last = None;
    for (start, end) in cuts.iter().zip(ends) {
        let step = text[*start..end].trim_start();
        let from = range.start + end - step.len();
        last = sort(step, &(from..range.start + end), last, &mut steps).or(last);
    }
    let is_whole = cuts.first() == Some(&0) && !steps.when.is_empty() && !steps.then.is_empty();
    is_whole.then(|| Scenario {
        blocks: vec![index],
        text: outline.folded(range).replace("**", ""),
        span: block.span.clone(),
        steps,
    })
}

/// The scenarios that bullets beside each other are.
pub(super) fn in_lists(outline: &Outline<'_>, blocks: Range<usize>) -> Vec<Scenario> {
    let mut found = Vec::new();
    let mut open = Open::default();
    for index in blocks {
        let block = &outline.blocks[index];
        let step = match &block.kind {
            BlockKind::Item { text, .. } => word(outline.text(text)).map(|it| (it, text.clone())),
            _ if open.encloses(outline, block.owner) => continue,
            _ => None,
        };
        match step {
            Some((word, range)) if open.goes_on(word, block.owner) => {
                open.take(word, index, range, block.owner)
            }
            Some((word, range)) => {
                found.extend(open.close(outline));
                if matches!(word, Word::Given | Word::When) {
                    open.take(word, index, range, block.owner);
                }
            }
            None if open.encloses(outline, block.owner) => {}
            None => found.extend(open.close(outline)),
        }
    }
    found.extend(open.close(outline));
    found
}

/// The bullets of a scenario that is being read.
#[derive(Default)]
struct Open {
    items: Vec<(usize, Range<usize>)>,
    last: Option<Word>,
    owner: Option<usize>,
}

impl Open {
    fn goes_on(&self, word: Word, owner: Option<usize>) -> bool {
        let follows = match (self.last, word) {
            (None, _) => false,
            (Some(_), Word::More | Word::Then) => true,
            (Some(last), Word::When) => last != Word::Then,
            (Some(last), Word::Given) => last == Word::Given,
        };
        follows && owner == self.owner
    }

    fn take(&mut self, word: Word, index: usize, range: Range<usize>, owner: Option<usize>) {
        self.items.push((index, range));
        self.owner = owner;
        if word != Word::More {
            self.last = Some(word);
        }
    }

    /// Whether a block stands under one of its bullets.
    fn encloses(&self, outline: &Outline<'_>, owner: Option<usize>) -> bool {
        let mut owner = owner;
        while let Some(at) = owner.filter(|_| !self.items.is_empty()) {
            if self.items.iter().any(|it| it.0 == at) {
                return true;
            }
            owner = outline.blocks[at].owner;
        }
        false
    }

    /// The scenario, if it came to a «then».
    fn close(&mut self, outline: &Outline<'_>) -> Option<Scenario> {
        let open = std::mem::take(self);
        let first = open.items.first()?.0;
        let title = first.checked_sub(1).and_then(|it| title(outline, it));
        (open.last == Some(Word::Then)).then(|| Scenario::of_items(outline, &open.items, title))
    }
}

/// The title that a heading or a line such as `**Scenario: two things**` gives to what follows.
fn title(outline: &Outline<'_>, index: usize) -> Option<String> {
    let range = match &outline.blocks[index].kind {
        BlockKind::Heading { title, .. } => title,
        BlockKind::Paragraph => &outline.blocks[index].span,
        _ => return None,
    };
    let text = fold(&outline.folded(range).replace("**", ""));
    named(&text).map(str::to_owned)
}

/// The name in `Scenario: two things` and `Scenario 2: two things`.
fn named(text: &str) -> Option<&str> {
    let plain = without_emphasis(text);
    let head = plain.split(':').next().unwrap_or_default();
    let is_head = head
        .get(..8)
        .is_some_and(|it| it.eq_ignore_ascii_case("scenario"))
        && head[8..].chars().all(|c| c.is_ascii_digit() || c == ' ')
        || head.eq_ignore_ascii_case("scenario outline");
    let name = plain.get(head.len() + 1..)?.trim();
    (is_head && !name.is_empty()).then_some(name)
}

/// The scenarios of a block of Gherkin.
pub(super) fn in_fence(outline: &Outline<'_>, index: usize) -> Vec<Scenario> {
    let BlockKind::Fence { info, body } = &outline.blocks[index].kind else {
        return Vec::new();
    };
    let language = outline
        .text(info)
        .split_whitespace()
        .next()
        .unwrap_or_default();
    if !matches!(
        language.to_ascii_lowercase().as_str(),
        "gherkin" | "feature" | "cucumber"
    ) {
        return Vec::new();
    }
    let mut found: Vec<Scenario> = Vec::new();
    let mut last = None;
    for line in lines_within(outline.source, body.clone()).filter(|it| !it.is_blank()) {
        if let Some(name) = named(line.text) {
            last = None;
            found.push(Scenario {
                blocks: vec![index],
                text: fold(name),
                span: line.at..line.end(),
                steps: Steps::default(),
            });
            continue;
        }
        let (Some(open), range) = (found.last_mut(), line.at..line.end()) else {
            continue;
        };
        if let Some(word) = sort(line.text, &range, last, &mut open.steps) {
            let joint = if last.is_none() { ": " } else { "; " };
            open.text.push_str(&format!("{joint}{}", fold(line.text)));
            open.span.end = range.end;
            last = Some(word);
        }
    }
    found.retain(|it| !it.steps.then.is_empty());
    found
}
