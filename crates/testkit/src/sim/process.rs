//! One simulated process of Kiro: the steps of `session::run` and `session::undo`, in their order, in the simulated world.

use change::{Changeset, Digest, FileState, Mode as FileMode, RelPath};
use engine::{
    Answer, Answerer, CheckPurpose, Fact, Judgement, Landings, Lanes, Mode, Next, Outcome,
    Progress, Proposal, Run, TaskRecord, TaskState,
};
use host::files::{ApplyError, FileError};
use policy::{Gate, Permit, Verdict};
use session::{Given, Journal, RunRow};
use spec::{TaskList, TaskMark, set_mark};

use super::lanes::Work;
use super::world::{SPEC, TASKS, Tree, World, body_of, path, written};

/// How many attempts go on at once at most.
const LANES_MAX: usize = 3;

/// How a process ended that was not killed.
pub(super) enum Ended {
    /// The run came to its end.
    Run(Outcome),
    /// With an error; the run goes on next time.
    Failed(String),
    /// It was no run.
    Other(&'static str),
}

impl Ended {
    pub(super) fn name(&self) -> String {
        match self {
            Ended::Run(outcome) => outcome.name().to_owned(),
            Ended::Failed(why) => format!("error: {why}"),
            Ended::Other(what) => (*what).to_owned(),
        }
    }
}

pub(super) type Step<T = ()> = Result<T, String>;

pub(super) struct Process<'w> {
    pub(super) world: &'w mut World,
    journal: Journal,
    id: String,
    run: Run,
    gate: Gate,
    landed: Vec<Changeset>,
    pub(super) lanes: Lanes,
    pub(super) at_work: Vec<Work>,
}

fn words(reasons: &[policy::Reason]) -> Vec<String> {
    reasons.iter().map(ToString::to_string).collect()
}

fn text(error: impl std::fmt::Display) -> String {
    error.to_string()
}

/// The last run of the spec with its facts, when it goes on.
fn unfinished(journal: &Journal) -> Step<Option<(RunRow, Vec<Fact>)>> {
    let Some(last) = journal.last_run(SPEC).map_err(text)? else {
        return Ok(None);
    };
    let facts = journal.facts(&last.id).map_err(text)?;
    let facts: Vec<Fact> = facts.into_iter().map(|it| it.fact).collect();
    let ended = facts.iter().rev().find_map(|it| match it {
        Fact::RunEnded { .. } => Some(true),
        Fact::Resumed | Fact::RunStarted { .. } => Some(false),
        _ => None,
    });
    let goes_on = match ended {
        Some(true) => {
            let given = journal.given(&last.id).map_err(text)?;
            let run = Run::from_facts(&facts);
            given.iter().any(|it| {
                let task = run.task(&it.task).filter(|task| run.waits_for_person(task));
                let proposal = task.and_then(|task| task.proposal.as_ref());
                proposal.is_some_and(|proposal| proposal.tree == it.tree)
            })
        }
        other => other == Some(false),
    };
    Ok(goes_on.then_some((last, facts)))
}

impl<'w> Process<'w> {
    pub(super) fn start(world: &'w mut World) -> Step<Process<'w>> {
        let gate = world.gate();
        let at = world.now();
        let (mut journal, _) = Journal::open(&world.journal_path(), at).map_err(text)?;
        let me = world.owner();
        let (id, earlier) = match unfinished(&journal)? {
            Some((last, facts)) => {
                world.point("takes the run over");
                if !journal.take_over(&last.id, last.owner, me).map_err(text)? {
                    return Err("somebody else took the run over".to_owned());
                }
                (last.id, facts)
            }
            None => {
                let started_ms = world.now();
                let row = RunRow {
                    id: format!("run-{started_ms}"),
                    spec: SPEC.to_owned(),
                    started_ms,
                    owner: me,
                };
                world.point("begins a run");
                journal.begin(&row).map_err(text)?;
                (row.id, Vec::new())
            }
        };
        let lanes = Lanes::new(1 + world.dice.below(LANES_MAX));
        let mut process = Process {
            lanes,
            at_work: Vec::new(),
            world,
            journal,
            id,
            run: Run::from_facts(&earlier),
            gate,
            landed: Vec::new(),
        };
        process.begin(&earlier)?;
        Ok(process)
    }

    fn begin(&mut self, earlier: &[Fact]) -> Step {
        if earlier.is_empty() {
            let mode = *self.world.dice.of(&[Mode::Autopilot, Mode::Guided]);
            self.record(Fact::RunStarted {
                spec: SPEC.to_owned(),
                spec_fingerprint: String::new(),
                mode,
                model: "scripted/sim".to_owned(),
                only: None,
            })?;
        } else {
            self.record(Fact::Resumed)?;
            let mut landings = Landings::default();
            earlier.iter().for_each(|it| landings.apply("", it));
            let standing = landings.standing().iter();
            let landed = standing.map(|it| self.world.between(&it.base, &it.tree));
            self.landed = landed.collect();
        }
        let tasks = self.world.text(&path(TASKS)).ok_or("no tasks file")?;
        let list = TaskList::parse(&tasks);
        let record = |it: &spec::Task| TaskRecord {
            id: it.id.to_string(),
            title: it.title.clone(),
            depends_on: it.depends_on.iter().map(ToString::to_string).collect(),
            requirements: Vec::new(),
            files: it.files.clone(),
            fingerprint: it.title.clone(),
            prints: Vec::new(),
            ticked: it.mark == TaskMark::Done,
        };
        let tasks = list.tasks.iter().map(record).collect();
        self.record(Fact::Planned { tasks })
    }

    /// Appends one fact: it may be there although the process never heard of it.
    pub(super) fn record(&mut self, fact: Fact) -> Step {
        self.world.point(&format!("records {}", told(&fact)));
        self.world.inflight = vec![(self.id.clone(), fact.clone())];
        let at = self.world.now();
        let facts = [fact];
        self.journal.append(&self.id, at, &facts).map_err(text)?;
        self.world.point("recorded");
        self.world.acknowledge();
        facts.iter().for_each(|it| self.run.apply(it));
        Ok(())
    }

    pub(super) fn drive(&mut self) -> Ended {
        for _ in 0..500 {
            match self.turn() {
                Ok(None) => {}
                Ok(Some(outcome)) => return Ended::Run(outcome),
                Err(why) => return Ended::Failed(why),
            }
        }
        self.world.broken("a process goes on and on")
    }

    fn turn(&mut self) -> Step<Option<Outcome>> {
        self.hear_answers()?;
        let next = self.run.next_beside(&self.lanes);
        let next = next.ok_or("the run had already ended")?;
        if self.is_heard(&next) {
            return self.hear().map(|()| None);
        }
        self.world.point(&format!("{next:?}"));
        match next {
            Next::Attempt { task, attempt } => self.attempt(&task, attempt)?,
            Next::Modify { task } => self.modify(&task)?,
            Next::Judge { task } => self.judge(&task)?,
            Next::Ask { task } => self.ask(&task)?,
            Next::Approve { task } => self.answer(&task, Answer::Approve, Answerer::Rules)?,
            Next::Fail { task, reason } => self.fail(task, reason)?,
            Next::Apply { task } => self.apply(&task)?,
            Next::Complete { task } => {
                let covered = Vec::new();
                self.record(Fact::TaskDone { task, covered })?;
            }
            Next::Tick { task } => {
                self.mark(&task, TaskMark::Done)?;
                self.record(Fact::Ticked { task })?;
            }
            Next::Renew { task } => self.renew(&task)?,
            Next::Wait => return Err("it waits, and nothing goes on".to_owned()),
            Next::Prove => self.prove()?,
            Next::End { outcome, reason } => {
                self.record(Fact::RunEnded { outcome, reason })?;
                return Ok(Some(outcome));
            }
        }
        Ok(None)
    }

    // Attempts.

    /// What the model makes of the tree: a line or two of the task's own, or a file less.
    pub(super) fn work(&mut self, id: &str, base: &str) -> String {
        let files: Vec<String> = self
            .run
            .task(id)
            .map(|it| it.record.files.clone())
            .unwrap_or_default();
        let mut tree = self.world.tree(base).clone();
        for (at, name) in files.iter().enumerate() {
            let file = path(name);
            if at > 0 && self.world.fault(8) {
                tree.remove(&file);
                continue;
            }
            let line = format!("task {id} writes {}", self.world.dice.below(2));
            let old = tree.get(&file).and_then(FileState::text);
            let mut body = old.map_or_else(|| vec![format!("base new of {name}")], body_of);
            if !body.contains(&line) {
                let place = self.world.dice.below(body.len() + 1);
                body.insert(place, line);
            }
            let mode = match self.world.dice.once_in(8) {
                true => FileMode::Executable,
                false => tree.get(&file).map_or(FileMode::File, |it| it.mode),
            };
            let bytes = written(name, &body).into_bytes();
            tree.insert(file, FileState { mode, bytes });
        }
        self.world.keep(tree)
    }

    /// The model's word counts for nothing: now and then there is a proposal and no green check.
    pub(super) fn propose(&mut self, id: &str, base: &str, tree: String) -> Step {
        if !self.world.fault(15) {
            self.check(id, true)?;
        }
        let changes = self.world.between(base, &tree);
        let stats = changes.stats();
        self.record(Fact::Proposed {
            task: id.to_owned(),
            proposal: Proposal {
                base: base.to_owned(),
                tree,
                files: changes.paths().map(ToString::to_string).collect(),
                added_lines: stats.added_lines as u64,
                removed_lines: stats.removed_lines as u64,
                passed: 1,
                failed: 0,
                unjudged: false,
                shown: Vec::new(),
            },
        })
    }

    pub(super) fn check(&mut self, id: &str, green: bool) -> Step {
        self.record(Fact::CheckRan {
            task: Some(id.to_owned()),
            purpose: CheckPurpose::After,
            argv: vec!["check".to_owned()],
            exit: Some(i32::from(!green)),
            ended: String::new(),
            passed: u32::from(green),
            failed: u32::from(!green),
            wall_ms: 1,
        })
    }

    /// A person's edit of the worktree, which is proven anew.
    fn modify(&mut self, id: &str) -> Step {
        let proposal = self.proposal(id)?;
        let mut tree = self.world.tree(&proposal.tree).clone();
        if let Some((file, state)) = tree.iter_mut().next() {
            let line = format!("task {id} by hand");
            let mut body = state.text().map(body_of).unwrap_or_default();
            if !body.contains(&line) {
                body.push(line);
            }
            state.bytes = written(file.as_str(), &body).into_bytes();
        }
        let tree = self.world.keep(tree);
        self.propose(id, &proposal.base, tree)
    }

    pub(super) fn proposal(&self, id: &str) -> Step<Proposal> {
        let task = self.run.task(id).and_then(|it| it.proposal.clone());
        task.ok_or_else(|| format!("task {id} has no proposal"))
    }

    // Judging and answering.

    fn verdict(&self, id: &str) -> Step<(Changeset, Verdict)> {
        let proposal = self.proposal(id)?;
        let changes = self.world.between(&proposal.base, &proposal.tree);
        let files = self.run.task(id).map(|it| it.record.files.clone());
        let scope: Vec<RelPath> = files
            .unwrap_or_default()
            .iter()
            .map(|it| path(it))
            .collect();
        let verdict = self.gate.judge_changes(&changes, &self.landed, &scope);
        Ok((changes, verdict))
    }

    fn judge(&mut self, id: &str) -> Step {
        let judgement = match self.verdict(id)?.1 {
            Verdict::Allow(_) => Judgement::Allow,
            Verdict::Ask(ask) => Judgement::Ask(words(&ask.reasons)),
            Verdict::Deny(reasons) => Judgement::Deny(words(&reasons)),
        };
        self.judged(id, judgement)
    }

    fn judged(&mut self, id: &str, judgement: Judgement) -> Step {
        self.record(Fact::Judged {
            task: id.to_owned(),
            judgement,
        })
    }

    fn ask(&mut self, id: &str) -> Step {
        self.mark(id, TaskMark::Queued)?;
        let tree = self.proposal(id)?.tree;
        let left = self.journal.left(&self.id, id, &tree).map_err(text)?;
        if let Some(left) = left {
            return self.decided(id, left.answer, Some(&left));
        }
        const ALL: [Answer; 8] = [
            Answer::Approve,
            Answer::Approve,
            Answer::Approve,
            Answer::Approve,
            Answer::Modify,
            Answer::Revise,
            Answer::Skip,
            Answer::Stop,
        ];
        let answer = match self.world.rough {
            true if self.world.dice.once_in(4) => None,
            true => Some(*self.world.dice.of(&ALL)),
            false => Some(Answer::Approve),
        };
        let Some(answer) = answer else {
            return self.record(Fact::Unanswered {
                task: id.to_owned(),
            });
        };
        let given = Given {
            run: self.id.clone(),
            task: id.to_owned(),
            tree,
            answer,
            remark: String::new(),
        };
        self.world.laws.said(&given, false);
        self.decided(id, answer, None)
    }

    fn hear_answers(&mut self) -> Step {
        let asked: Vec<String> = self
            .run
            .unanswered()
            .map(|it| it.record.id.clone())
            .collect();
        for id in asked {
            let tree = self.proposal(&id)?.tree;
            let left = self.journal.left(&self.id, &id, &tree).map_err(text)?;
            if let Some(left) = left {
                self.decided(&id, left.answer, Some(&left))?;
            }
        }
        Ok(())
    }

    fn decided(&mut self, id: &str, answer: Answer, left: Option<&Given>) -> Step {
        if matches!(answer, Answer::Skip | Answer::Stop) {
            self.mark(id, TaskMark::Open)?;
        }
        let fact = answered(id, answer, Answerer::Person);
        self.world.point(&format!("records {}", told(&fact)));
        self.world.inflight = vec![(self.id.clone(), fact.clone())];
        let (at, facts) = (self.world.now(), [fact]);
        let taken = self
            .journal
            .append_answer((&self.id, id), at, &facts, left)
            .map_err(text)?;
        if !taken {
            self.world.inflight.clear();
            return Ok(());
        }
        self.world.point("recorded");
        self.world.acknowledge();
        facts.iter().for_each(|it| self.run.apply(it));
        Ok(())
    }

    fn answer(&mut self, id: &str, answer: Answer, by: Answerer) -> Step {
        self.record(answered(id, answer, by))
    }

    // Landing.

    fn apply(&mut self, id: &str) -> Step {
        let (changes, verdict) = self.verdict(id)?;
        let by_person = self
            .run
            .task(id)
            .is_some_and(Progress::is_approved_by_person);
        let task = self.run.task(id);
        let again = task.is_some_and(|it| self.run.state(it, false) == TaskState::InDoubt);
        let may =
            matches!(verdict, Verdict::Allow(_)) || by_person && matches!(verdict, Verdict::Ask(_));
        if again && !may {
            self.take_back(&changes)?;
        }
        let permit = match verdict {
            Verdict::Allow(permit) => permit,
            Verdict::Ask(ask) if by_person => ask.approved(),
            Verdict::Ask(ask) => return self.judged(id, Judgement::Ask(words(&ask.reasons))),
            Verdict::Deny(_) => return self.fail(id.to_owned(), "refused".to_owned()),
        };
        let proposal = self.proposal(id)?;
        self.record(Fact::ApplyIntended {
            task: id.to_owned(),
            base: proposal.base,
            tree: proposal.tree,
        })?;
        match bring_in(self.world, permit, &changes) {
            Ok(merged) => {
                self.landed.push(changes.clone());
                self.record(Fact::Applied {
                    task: id.to_owned(),
                    files: changes.paths().map(ToString::to_string).collect(),
                    merged,
                    left: Vec::new(),
                })
            }
            Err(ApplyError::Touched { .. }) => Ok(()),
            Err(error @ (ApplyError::Conflict { .. } | ApplyError::Escapes { .. })) => {
                if again {
                    self.take_back(&changes)?;
                }
                self.mark(id, TaskMark::Open)?;
                self.record(Fact::ApplyFailed {
                    task: id.to_owned(),
                    reason: error.to_string(),
                })
            }
            Err(error) => Err(text(error)),
        }
    }

    fn take_back(&mut self, changes: &Changeset) -> Step {
        let root = self.world.root();
        let back = host::files::way_back(&root, changes).map_err(text)?;
        if back.is_empty() {
            return Ok(());
        }
        let scope: Vec<RelPath> = back.paths().cloned().collect();
        let permit = match self.gate.judge_changes(&back, &[], &scope) {
            Verdict::Allow(permit) => permit,
            Verdict::Ask(ask) => ask.approved(),
            Verdict::Deny(_) => return Err("refused".to_owned()),
        };
        self.world.takes_back(&back);
        bring_in(self.world, permit, &back)
            .map(|_| ())
            .map_err(text)
    }

    pub(super) fn fail(&mut self, task: String, reason: String) -> Step {
        self.mark(&task, TaskMark::Open)?;
        self.record(Fact::AttemptFailed { task, reason })
    }

    fn prove(&mut self) -> Step {
        let proof = match self.world.proof() {
            _ if self.world.fault(6) => Err("a flaky test".to_owned()),
            other => other,
        };
        for criterion in ["SC-1", "SC-2"] {
            self.record(Fact::Claimed {
                criterion: criterion.to_owned(),
                text: "it works".to_owned(),
                proof: proof.is_ok().then(|| "checked".to_owned()),
                why: proof.clone().err().unwrap_or_default(),
            })?;
        }
        Ok(())
    }

    pub(super) fn mark(&mut self, task: &str, mark: TaskMark) -> Step {
        set_box(self.world, &self.gate, task, mark)
    }
}

/// A tree with these changes merged into it; none where both changed the same lines.
pub(super) fn onto(tree: &Tree, changes: &Changeset) -> Option<Tree> {
    let mut tree = tree.clone();
    for it in changes.files() {
        let now = tree.get(&it.path).cloned();
        let after = match now == it.before {
            true => it.after.clone(),
            false => Some(merged(
                it.before.as_ref()?,
                now.as_ref()?,
                it.after.as_ref()?,
            )?),
        };
        match after {
            Some(state) => tree.insert(it.path.clone(), state),
            None => tree.remove(&it.path),
        };
    }
    Some(tree)
}

fn merged(before: &FileState, ours: &FileState, theirs: &FileState) -> Option<FileState> {
    let bytes = change::merge(&before.bytes, &ours.bytes, &theirs.bytes).clean()?;
    let mode = match ours.mode == before.mode {
        true => theirs.mode,
        false => ours.mode,
    };
    Some(FileState { mode, bytes })
}

fn answered(id: &str, answer: Answer, by: Answerer) -> Fact {
    Fact::Answered {
        task: id.to_owned(),
        answer,
        by,
        remark: String::new(),
    }
}

/// Sets one task's box, as `session::run::tasks_file` does.
fn set_box(world: &mut World, gate: &Gate, task: &str, mark: TaskMark) -> Step {
    let file = path(TASKS);
    loop {
        let now = world.text(&file).ok_or("no tasks file")?;
        let Ok(marked) = set_mark(&now, &task.into(), mark) else {
            return Ok(());
        };
        if marked == now {
            return Ok(());
        }
        world.point(&format!("sets the box of task {task} to {mark:?}"));
        let Verdict::Allow(permit) = gate.judge_document(&file, marked.as_bytes()) else {
            return Err("policy refuses the tasks file".to_owned());
        };
        world.dirty = true;
        let (place, before) = (world.root().join(TASKS), Digest::of(now.as_bytes()));
        match host::files::write_over(permit, &place, Some(before), marked.as_bytes()) {
            Err(FileError::Changed { .. }) => {}
            other => return other.map_err(text),
        }
    }
}

/// Brings changes in with the host's own hands; fate looks on between any two of their operations. Gives what was merged.
fn bring_in(
    world: &mut World,
    permit: Permit,
    changes: &Changeset,
) -> Result<Vec<String>, ApplyError> {
    let root = world.root();
    let applied = host::files::apply_watched(permit, &root, changes, &mut |file| {
        world.dirty = true;
        world.point(&format!("touches {file}"));
        match world.fault(120) {
            true => Err(std::io::Error::from_raw_os_error(28)),
            false => Ok(()),
        }
    })?;
    let merged = applied.landing.merged.iter();
    Ok(merged.map(ToString::to_string).collect())
}

/// Takes the last thing out that a task brought in, or brings back what was taken out last, as `session::undo` does.
pub(super) fn undo(world: &mut World) -> Ended {
    match try_undo(world) {
        Ok(what) => Ended::Other(what),
        Err(why) => Ended::Failed(why),
    }
}

fn try_undo(world: &mut World) -> Step<&'static str> {
    let gate = world.gate();
    let (mut journal, _) = Journal::open(&world.journal_path(), 0).map_err(text)?;
    let mut entries = Vec::new();
    for run in journal.runs().map_err(text)? {
        entries.extend(journal.facts(&run.id).map_err(text)?);
    }
    entries.sort_by_key(|it| it.seq);
    let mut landings = Landings::default();
    entries
        .iter()
        .for_each(|it| landings.apply(&it.run, &it.fact));
    let back = world.dice.once_in(3);
    let chosen = match back {
        true => landings.taken_out().last(),
        false => landings.standing().last(),
    };
    let Some(it) = chosen.cloned() else {
        return Ok("nothing to undo");
    };
    let forth = world.between(&it.base, &it.tree);
    let changes = if back { forth } else { forth.inverted() };
    let scope: Vec<RelPath> = changes.paths().cloned().collect();
    let permit = match gate.judge_changes(&changes, &[], &scope) {
        Verdict::Allow(permit) => permit,
        Verdict::Ask(ask) => ask.approved(),
        Verdict::Deny(_) => return Err("refused".to_owned()),
    };
    let (task, base, tree) = (it.task.clone(), it.base.clone(), it.tree.clone());
    let intent = match back {
        true => Fact::ApplyIntended { task, base, tree },
        false => Fact::UndoIntended { task, base, tree },
    };
    host::files::preview(&world.root(), &changes).map_err(text)?;
    append(world, &mut journal, &it.run, intent)?;
    if !back {
        set_box(world, &gate, &it.task, TaskMark::Open)?;
    }
    let merged = bring_in(world, permit, &changes).map_err(text)?;
    let files = changes.paths().map(ToString::to_string).collect();
    let task = it.task.clone();
    if !back {
        let undone = Fact::Undone {
            task,
            files,
            merged,
            left: Vec::new(),
        };
        append(world, &mut journal, &it.run, undone)?;
        return Ok("undone");
    }
    let applied = Fact::Applied {
        task: task.clone(),
        files,
        merged,
        left: Vec::new(),
    };
    append(world, &mut journal, &it.run, applied)?;
    let covered = Vec::new();
    append(
        world,
        &mut journal,
        &it.run,
        Fact::TaskDone { task, covered },
    )?;
    set_box(world, &gate, &it.task, TaskMark::Done)?;
    let task = it.task;
    append(world, &mut journal, &it.run, Fact::Ticked { task })?;
    Ok("brought back")
}

fn append(world: &mut World, journal: &mut Journal, run: &str, fact: Fact) -> Step {
    world.point(&format!("records {}", told(&fact)));
    world.inflight = vec![(run.to_owned(), fact.clone())];
    let at = world.now();
    journal.append(run, at, &[fact]).map_err(text)?;
    world.point("recorded");
    world.acknowledge();
    Ok(())
}

/// A fact in a few words.
fn told(fact: &Fact) -> String {
    let whole = format!("{fact:?}");
    whole.chars().take(90).collect()
}
