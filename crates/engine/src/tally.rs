//! What a run says about how well things go, counted from its facts. Counting never changes what a fact means; what was not
//! recorded is not guessed.

use std::collections::BTreeMap;

use crate::fact::{Answer, Answerer, CheckPurpose, Cost, Fact, Outcome, Ruling};

/// The figures of one run, or of several together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Examples of the tasks' first attempts: green in the first changeset that was shown or applied, and all of them. What a
    /// model tried by the way is no attempt but cost.
    pub first: Share,
    /// Tasks whose first changeset landed as it was, and all that were worked on.
    pub accepted: Share,
    /// Changesets that persons approved as they were, and all that persons answered.
    pub approved: Share,
    /// Times that a person changed a proposal by hand, and by how many lines at least.
    pub edits: u64,
    /// Lines of these edits, at least: as far as the proposal grew or shrank by them.
    pub edited_lines: u64,
    /// Times that a person sent a proposal back with a remark.
    pub revisions: u64,
    /// Lines that landed, added and removed.
    pub landed_lines: u64,
    /// Attempts after a task's first one.
    pub retries: u64,
    /// Tasks that ended done, failed or skipped.
    pub done: u64,
    /// Tasks whose last attempt failed.
    pub failed: u64,
    /// Tasks that a person left out.
    pub skipped: u64,
    /// Tasks whose changes were taken out again.
    pub undone: u64,
    /// Success criteria with recorded proof, and all that were looked at.
    pub proven: Share,
    /// Acts that policy refused.
    pub refused: u64,
    /// Findings of hooks that stopped something.
    pub findings: u64,
    /// What model turns cost.
    pub cost: Cost,
    /// Turns of models.
    pub turns: u64,
    /// Wall time of checks, in milliseconds.
    pub checks_ms: u64,
    /// Files that landed.
    pub files: Vec<String>,
}

/// How many of how many.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Share {
    /// How many.
    pub part: u64,
    /// Of how many.
    pub all: u64,
}

impl Share {
    /// As a rate from 0 to 1; none of nothing.
    pub fn rate(self) -> Option<f64> {
        (self.all > 0).then(|| self.part as f64 / self.all as f64)
    }

    fn add(&mut self, part: u64, all: u64) {
        self.part += part;
        self.all += all;
    }
}

/// One run with its figures.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RunTally {
    /// The spec's path.
    pub spec: String,
    /// The model.
    pub model: String,
    /// When it began and was last heard of, in milliseconds since 1970.
    pub span_ms: (i64, i64),
    /// How it ended, once it did.
    pub outcome: Option<Outcome>,
    /// Its figures.
    pub tally: Tally,
}

/// What is known of a task while facts are read.
#[derive(Default)]
struct Known {
    /// Examples before the first attempt, and how many of them failed.
    before: Share,
    attempts: u32,
    /// The first attempt's green examples and all; none until it ended.
    first: Option<Share>,
    /// Lines of the last proposal.
    lines: Option<(u64, u64)>,
    /// Whether the next proposal is a person's edit of the last one.
    edited: bool,
    /// Whether it was changed, sent back or tried again before it landed.
    touched: bool,
    landed: bool,
    ended: Ended,
}

#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Ended {
    #[default]
    Open,
    Done,
    Failed,
    Skipped,
}

/// Counts the facts of one run, each with its time.
pub fn tally<'f>(facts: impl IntoIterator<Item = (i64, &'f Fact)>) -> RunTally {
    let mut run = RunTally::default();
    let mut tasks: BTreeMap<&str, Known> = BTreeMap::new();
    for (at_ms, fact) in facts {
        if run.span_ms.0 == 0 {
            run.span_ms.0 = at_ms;
        }
        run.span_ms.1 = at_ms;
        of_run(&mut run, fact);
        of_task(&mut run.tally, &mut tasks, fact);
    }
    let tally = &mut run.tally;
    for it in tasks.values().filter(|it| it.attempts > 0) {
        // What was green before anything was done says nothing about the model.
        if let Some(first) = it
            .first
            .filter(|_| it.before.all == 0 || it.before.part < it.before.all)
        {
            tally.first.add(first.part, first.all);
        }
        // What is still under way is not yet accepted or not.
        if it.landed || it.touched || it.ended != Ended::Open {
            tally.accepted.add(u64::from(it.landed && !it.touched), 1);
        }
        tally.retries += u64::from(it.attempts.saturating_sub(1));
        tally.done += u64::from(it.ended == Ended::Done);
        tally.failed += u64::from(it.ended == Ended::Failed);
        tally.skipped += u64::from(it.ended == Ended::Skipped);
    }
    tally.files.sort();
    tally.files.dedup();
    run
}

fn of_run(run: &mut RunTally, fact: &Fact) {
    match fact {
        Fact::RunStarted { spec, model, .. } => {
            run.spec.clone_from(spec);
            run.model.clone_from(model);
        }
        Fact::RunEnded { outcome, .. } => run.outcome = Some(*outcome),
        Fact::Resumed => run.outcome = None,
        Fact::TurnEnded { cost, .. } => {
            run.tally.cost += *cost;
            run.tally.turns += 1;
        }
        Fact::HookEnded {
            outcome,
            findings,
            cost,
            ..
        } => {
            run.tally.cost += *cost;
            if outcome == "blocked" {
                run.tally.findings += findings.len().max(1) as u64;
            }
        }
        Fact::Ruled {
            ruling: Ruling::Deny,
            ..
        } => run.tally.refused += 1,
        Fact::CheckRan { wall_ms, .. } => run.tally.checks_ms += wall_ms,
        Fact::Claimed { proof, .. } => run.tally.proven.add(u64::from(proof.is_some()), 1),
        Fact::Applied { files, .. } => run.tally.files.extend(files.iter().cloned()),
        Fact::Undone { .. } => run.tally.undone += 1,
        _ => {}
    }
}

fn of_task<'f>(tally: &mut Tally, tasks: &mut BTreeMap<&'f str, Known>, fact: &'f Fact) {
    match fact {
        Fact::AttemptStarted { task, attempt, .. } => {
            let it = tasks.entry(task).or_default();
            it.attempts = it.attempts.max(*attempt);
            it.touched |= *attempt > 1;
        }
        Fact::CheckRan {
            task: Some(task),
            purpose: CheckPurpose::Before,
            passed,
            failed,
            ..
        } => {
            let it = tasks.entry(task).or_default();
            if it.attempts <= 1 {
                it.before
                    .add(u64::from(*passed), u64::from(passed + failed));
            }
        }
        Fact::Proposed { task, proposal } => {
            let it = tasks.entry(task).or_default();
            let (passed, failed) = (u64::from(proposal.passed), u64::from(proposal.failed));
            it.first.get_or_insert(Share {
                part: passed,
                all: passed + failed,
            });
            let lines = (proposal.added_lines, proposal.removed_lines);
            if let (true, Some(before)) = (std::mem::take(&mut it.edited), it.lines) {
                tally.edited_lines += lines.0.abs_diff(before.0) + lines.1.abs_diff(before.1);
            }
            it.lines = Some(lines);
        }
        Fact::AttemptFailed { task, .. } => {
            let it = tasks.entry(task).or_default();
            let all = it.before.all;
            it.first.get_or_insert(Share { part: 0, all });
            it.ended = Ended::Failed;
        }
        Fact::Answered {
            task, answer, by, ..
        } => answered(tally, tasks.entry(task).or_default(), *answer, *by),
        Fact::Applied { task, .. } => {
            let it = tasks.entry(task).or_default();
            it.landed = true;
            tally.landed_lines += it.lines.map_or(0, |(added, removed)| added + removed);
        }
        Fact::TaskDone { task, .. } => tasks.entry(task).or_default().ended = Ended::Done,
        _ => {}
    }
}

fn answered(tally: &mut Tally, it: &mut Known, answer: Answer, by: Answerer) {
    if by == Answerer::Person {
        tally.approved.add(u64::from(answer == Answer::Approve), 1);
    }
    match answer {
        Answer::Approve | Answer::Stop => {}
        Answer::Modify => {
            tally.edits += 1;
            it.edited = true;
            it.touched = true;
        }
        Answer::Revise => {
            tally.revisions += 1;
            it.touched = true;
        }
        Answer::Skip => it.ended = Ended::Skipped,
    }
}

impl Tally {
    /// Takes the figures of another in.
    pub fn add(&mut self, other: &Tally) {
        for (mine, other) in [
            (&mut self.first, other.first),
            (&mut self.accepted, other.accepted),
            (&mut self.approved, other.approved),
            (&mut self.proven, other.proven),
        ] {
            mine.add(other.part, other.all);
        }
        for (mine, other) in [
            (&mut self.edits, other.edits),
            (&mut self.edited_lines, other.edited_lines),
            (&mut self.revisions, other.revisions),
            (&mut self.landed_lines, other.landed_lines),
            (&mut self.retries, other.retries),
            (&mut self.done, other.done),
            (&mut self.failed, other.failed),
            (&mut self.skipped, other.skipped),
            (&mut self.undone, other.undone),
            (&mut self.refused, other.refused),
            (&mut self.findings, other.findings),
            (&mut self.turns, other.turns),
            (&mut self.checks_ms, other.checks_ms),
        ] {
            *mine += other;
        }
        self.cost += other.cost;
        self.files.extend(other.files.iter().cloned());
        self.files.sort();
        self.files.dedup();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fact::{Mode, Proposal};

    fn check(passed: u32, failed: u32) -> Fact {
        Fact::CheckRan {
            task: Some("1".into()),
            purpose: CheckPurpose::Before,
            argv: Vec::new(),
            exit: Some(1),
            ended: String::new(),
            passed,
            failed,
            wall_ms: 5,
        }
    }

    fn attempt(attempt: u32) -> Fact {
        Fact::AttemptStarted {
            task: "1".into(),
            attempt,
            base: String::new(),
        }
    }

    fn proposed(passed: u32, added_lines: u64) -> Fact {
        let proposal = Proposal {
            base: String::new(),
            tree: String::new(),
            files: Vec::new(),
            added_lines,
            removed_lines: 1,
            passed,
            failed: 0,
            unjudged: false,
        };
        Fact::Proposed {
            task: "1".into(),
            proposal,
        }
    }

    fn answer(answer: Answer, by: Answerer) -> Fact {
        Fact::Answered {
            task: "1".into(),
            answer,
            by,
            remark: String::new(),
        }
    }

    fn landed() -> [Fact; 2] {
        let task = || "1".to_owned();
        [
            Fact::Applied {
                task: task(),
                files: vec!["a".into()],
                merged: Vec::new(),
                left: Vec::new(),
            },
            Fact::TaskDone {
                task: task(),
                covered: Vec::new(),
            },
        ]
    }

    fn of(facts: Vec<Fact>) -> Tally {
        tally(facts.iter().enumerate().map(|(at, it)| (at as i64 + 1, it))).tally
    }

    #[test]
    fn a_first_attempt_that_lands_is_a_first_pass() {
        let mut facts = vec![
            attempt(1),
            check(0, 3),
            proposed(3, 10),
            answer(Answer::Approve, Answerer::Rules),
        ];
        facts.extend(landed());
        let tally = of(facts);
        assert_eq!(
            (tally.first, tally.accepted, tally.approved),
            (
                Share { part: 3, all: 3 },
                Share { part: 1, all: 1 },
                Share::default()
            )
        );
        assert_eq!(
            (tally.done, tally.landed_lines, tally.checks_ms),
            (1, 11, 5)
        );
    }

    #[test]
    fn what_failed_first_stays_failed_first() {
        let failed = Fact::AttemptFailed {
            task: "1".into(),
            reason: String::new(),
        };
        let mut facts = vec![
            attempt(1),
            check(1, 3),
            failed,
            attempt(2),
            check(1, 3),
            proposed(4, 10),
        ];
        facts.extend(landed());
        let tally = of(facts);
        assert_eq!(
            (tally.first, tally.accepted),
            (Share { part: 0, all: 4 }, Share { part: 0, all: 1 })
        );
        assert_eq!((tally.retries, tally.done, tally.failed), (1, 1, 0));
    }

    #[test]
    fn edits_of_persons_are_counted_with_their_size() {
        let mut facts = vec![
            attempt(1),
            check(0, 3),
            proposed(3, 10),
            answer(Answer::Modify, Answerer::Person),
            proposed(3, 14),
            answer(Answer::Approve, Answerer::Person),
        ];
        facts.extend(landed());
        let tally = of(facts);
        assert_eq!(
            (tally.edits, tally.edited_lines, tally.approved),
            (1, 4, Share { part: 1, all: 2 })
        );
        assert_eq!(
            (tally.first, tally.accepted),
            (Share { part: 3, all: 3 }, Share { part: 0, all: 1 })
        );
    }

    #[test]
    fn what_was_green_before_does_not_count_and_sums_are_sums() {
        let started = Fact::RunStarted {
            spec: "s".into(),
            spec_fingerprint: String::new(),
            mode: Mode::Guided,
            model: "m".into(),
            only: None,
        };
        let facts = [started, attempt(1), check(3, 0), proposed(3, 0)];
        let run = tally(facts.iter().map(|it| (7, it)));
        assert_eq!(
            (run.spec.as_str(), run.span_ms, run.tally.first),
            ("s", (7, 7), Share::default())
        );
        let mut sum = run.tally.clone();
        sum.add(&run.tally);
        assert_eq!((sum.accepted.all, run.tally.turns), (0, 0));
    }
}
