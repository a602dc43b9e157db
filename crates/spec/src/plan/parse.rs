//! A plan from Markdown.

use super::number::leading_numbers;
use super::{Phase, Plan, PlanDependency, PlanTask, tree};
use crate::fingerprint;
use crate::inline::{bare, label};
use crate::outline::{BlockKind, Outline};

/// How many single dependencies a plan may spell out; what would exceed that is passed over.
const ROOM: usize = 50_000;

/// The parts of a plan, by the names of their sections.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Analysis,
    Files,
    Steps,
    Dependencies,
    Risks,
    Decisions,
    Considerations,
    Other,
}

const NAMES: &[(&str, Part)] = &[
    ("analysis", Part::Analysis),
    ("file structure", Part::Files),
    ("files", Part::Files),
    ("project structure", Part::Files),
    ("implementation steps", Part::Steps),
    ("implementation", Part::Steps),
    ("steps", Part::Steps),
    ("phases", Part::Steps),
    ("tasks", Part::Steps),
    ("dependencies between tasks", Part::Dependencies),
    ("task dependencies", Part::Dependencies),
    ("dependencies", Part::Dependencies),
    ("risk mitigation", Part::Risks),
    ("risks", Part::Risks),
    ("risks and mitigation", Part::Risks),
    ("architectural decisions", Part::Decisions),
    ("architecture decisions", Part::Decisions),
    ("decisions", Part::Decisions),
    ("additional considerations", Part::Considerations),
    ("considerations", Part::Considerations),
];

pub(super) fn plan(text: &str) -> Plan {
    let outline = Outline::read(text);
    let mut reader = Reader {
        outline: &outline,
        plan: Plan::default(),
        part: Part::Other,
        waits: Vec::new(),
        titled: false,
    };
    for index in 0..outline.blocks.len() {
        reader.take(index);
    }
    let Reader {
        mut plan, waits, ..
    } = reader;
    let mut room = ROOM;
    let all: Vec<u32> = plan.tasks().map(|it| it.number).collect();
    plan.dependencies = waits
        .iter()
        .flat_map(|line| dependencies(line, &all, &mut room))
        .collect();
    plan.spec_fingerprint = fingerprint::from_comment(text);
    plan
}

struct Reader<'a> {
    outline: &'a Outline<'a>,
    plan: Plan,
    part: Part,
    /// The lines about dependencies, which may speak of tasks further down.
    waits: Vec<String>,
    titled: bool,
}

impl Reader<'_> {
    fn take(&mut self, index: usize) {
        let block = &self.outline.blocks[index];
        match &block.kind {
            BlockKind::Heading { level, .. } => {
                let raw = self
                    .outline
                    .text(&block.span)
                    .trim_start_matches('#')
                    .trim();
                self.heading(*level, raw.lines().next().unwrap_or_default());
            }
            BlockKind::Item { number, text }
                if block.owner.is_none() || self.part == Part::Considerations =>
            {
                self.item(*number, &self.outline.folded(text))
            }
            BlockKind::Paragraph if self.part == Part::Considerations => {
                let lines = self.outline.text(&block.span).lines();
                let lines = lines.map(str::trim).filter(|it| !it.starts_with("<!--"));
                let lines = lines.map(str::to_owned).collect::<Vec<_>>();
                lines.iter().for_each(|it| self.item(None, it));
            }
            BlockKind::Fence { body, .. } if self.part == Part::Files => {
                self.plan.files.extend(tree::read(self.outline.text(body)))
            }
            _ => {}
        }
    }

    fn heading(&mut self, level: u8, raw: &str) {
        let plain = raw.trim_end_matches('#').trim();
        let name = plain.trim_end_matches(':').to_lowercase();
        if level == 1 && !self.titled {
            self.titled = true;
            self.plan.title = strip_word(raw, "implementation plan")
                .unwrap_or(raw)
                .to_owned();
        } else if let Some((_, part)) = NAMES.iter().find(|(known, _)| *known == name) {
            self.part = *part;
        } else if let Some(title) = phase_title(raw) {
            self.part = Part::Steps;
            self.phase(title);
        } else if self.part == Part::Steps && level > 2 {
            self.phase(without_range(raw).to_owned());
        } else if level <= 2 {
            self.part = Part::Other;
        }
    }

    fn phase(&mut self, title: String) {
        self.plan.phases.push(Phase {
            title,
            tasks: Vec::new(),
        });
    }

    fn item(&mut self, number: Option<u32>, text: &str) {
        let text = unescaped(text);
        match self.part {
            Part::Analysis => self.plan.analysis.push(pair(text)),
            Part::Decisions => self.plan.decisions.push(pair(text)),
            Part::Risks => self.plan.risks.push(text.to_owned()),
            Part::Considerations => self.plan.considerations.push(text.to_owned()),
            Part::Dependencies => self.waits.push(text.to_owned()),
            Part::Steps => self.task(number, text),
            Part::Files | Part::Other => {}
        }
    }

    fn task(&mut self, number: Option<u32>, text: &str) {
        if self.plan.phases.is_empty() {
            self.phase(String::new());
        }
        let next = self
            .plan
            .phases
            .iter()
            .rev()
            .find_map(|it| it.tasks.last())
            .map_or(1, |it| it.number.saturating_add(1));
        let task = PlanTask {
            number: number.unwrap_or(next),
            title: text.to_owned(),
        };
        if let Some(phase) = self.plan.phases.last_mut() {
            phase.tasks.push(task);
        }
    }
}

/// What follows `word` and a colon, whatever the word's case.
fn strip_word<'a>(text: &'a str, word: &str) -> Option<&'a str> {
    let head = text.get(..word.len())?;
    let rest = head
        .eq_ignore_ascii_case(word)
        .then(|| &text[word.len()..])?;
    Some(rest.strip_prefix(':')?.trim())
}

/// The title in `Phase 2: Core Services (Tasks 4-7)`.
fn phase_title(raw: &str) -> Option<String> {
    let rest = raw
        .get(..6)
        .filter(|it| it.eq_ignore_ascii_case("phase "))
        .map(|_| &raw[6..])?;
    let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
    let after = &rest[digits..];
    let title = after.trim_start_matches([':', '.']);
    // A dash parts number and title only where nothing else does; otherwise it belongs to the title.
    let dash = match title.len() == after.len() {
        true => ["- ", "– "]
            .into_iter()
            .find_map(|it| title.trim_start().strip_prefix(it)),
        false => None,
    };
    let title = dash.unwrap_or(title.trim_start());
    (digits > 0).then(|| without_range(title).to_owned())
}

/// A phase's title without the tasks in parentheses at its end.
fn without_range(title: &str) -> &str {
    let title = title.trim();
    let Some((before, inside)) = title.strip_suffix(')').and_then(|it| it.rsplit_once('(')) else {
        return title;
    };
    let is_range = inside == "no tasks"
        || inside
            .strip_prefix("Task")
            .is_some_and(|it| leading_numbers(it.trim_start_matches('s')).1.is_empty());
    if is_range { before.trim_end() } else { title }
}

fn pair(text: &str) -> (String, String) {
    match text.split_once(':') {
        Some((key, value)) => (
            bare(key).to_owned(),
            value.trim().trim_start_matches("**").trim().to_owned(),
        ),
        None => (String::new(), text.to_owned()),
    }
}

fn unescaped(text: &str) -> &str {
    text.strip_prefix('\\')
        .filter(|rest| rest.starts_with(['`', '~', '\\', '-', '*', '_', ' ']))
        .unwrap_or(text)
}

/// `Task 3 depends on Tasks 1-2 (migrations before models)`, for one task or several; nothing for a line of another kind.
fn dependencies(line: &str, all: &[u32], room: &mut usize) -> Vec<PlanDependency> {
    let (tasks, rest) = leading_numbers(line);
    let verbs = [
        "depends on",
        "depend on",
        "requires",
        "require",
        "needs",
        "need",
        "after",
        "blocked by",
    ];
    let rest = rest.trim_start();
    let Some(rest) = verbs.iter().find_map(|verb| rest.strip_prefix(verb)) else {
        return Vec::new();
    };
    let (named, after) = leading_numbers(rest);
    let on = if named.is_empty() {
        *room = room.saturating_sub(all.len());
        all_before(after, &tasks, if *room > 0 { all } else { &[] })
    } else {
        named
    };
    let cost = on.len().saturating_mul(tasks.len());
    if on.is_empty() || cost > *room {
        return Vec::new();
    }
    *room -= cost;
    let remark = after.find('(').map_or("", |at| after[at + 1..].trim());
    let because = remark.strip_suffix(')').unwrap_or(remark).trim();
    let wait = |task: u32| PlanDependency {
        task,
        on: on.clone(),
        because: label(because),
    };
    tasks.into_iter().map(wait).collect()
}

/// The tasks meant by `all implementation tasks`: every one numbered below those that wait.
fn all_before(text: &str, tasks: &[u32], all: &[u32]) -> Vec<u32> {
    let text = text.trim_start().to_lowercase();
    let is_all = ["all ", "every "].iter().any(|it| text.starts_with(it)) && text.contains("task");
    let first = tasks.iter().min().copied().filter(|_| is_all).unwrap_or(0);
    all.iter()
        .copied()
        .filter(|number| *number < first)
        .collect()
}
