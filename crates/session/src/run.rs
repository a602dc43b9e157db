//! A run: the one loop that owns the journal, does what the engine says is next, and shows what happens.
//!
//! Attempts work in lanes, on threads of their own, and speak through a channel; everything that is recorded or shown
//! passes through this loop in one order. The engine decides, policy permits, the host acts, the journal
//! remembers: intent first, then the act, then its result.

mod again;
mod asking;
mod attempt;
mod committing;
mod driven;
mod hooked;
pub(crate) mod landing;
mod lane;
mod measured;
mod mending;
pub(crate) mod own_tests;
pub(crate) mod prove;
mod rereading;
pub(crate) mod tasks_file;
pub(crate) mod walls;

use std::collections::BTreeSet;
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;
use std::sync::mpsc::Sender;

use change::{Changeset, Digest, RelPath};
use engine::{Answer, Answerer, Cost, Fact, Lanes, Mode, Next, Outcome, Run};
use host::lease::Owner;
use host::shadow::{Shadow, ShadowError, TreeId};
use model::{Budget, Cancel, Money, Spent, Usage};
use policy::{Gate, Redactor};
use spec::{Spec, TaskMark};

use self::lane::{Begin, Crew, Way};
use self::walls::look_at_walls;
use crate::documents;
use crate::error::{Kind, SessionError};
use crate::hooking::Rig;
use crate::journal::{Entry, Journal, RunRow};
use crate::models::{self, Chain, Means};
use crate::person::Asked;
use crate::places::{Environment, Project, SpecPlace, plain};
use crate::planning;
use crate::secrets;
use crate::shop::{Shop, Yard};
use crate::tooling;
use crate::view::{Front, View};
use crate::waiting;

/// What a run was asked to do.
#[derive(Clone, Debug)]
pub struct RunOptions {
    /// The spec, by path or name.
    pub spec: String,
    /// How far it goes by itself.
    pub mode: Mode,
    /// One task only.
    pub only: Option<String>,
    /// The model.
    pub model: Chain,
    /// The model that writes the plan, where one is to be written.
    pub planner: Chain,
    /// What it may cost, beside the budget of the configuration.
    pub budget: Budget,
    /// From which the seeds of all samples follow; the same seed gives the same run.
    pub seed: u64,
    /// At how many tasks it may work at once; the machine bounds it.
    pub parallel: usize,
    /// Whether each task that is done becomes a commit.
    pub commit_per_task: bool,
    /// The branch to work on; made where there is none.
    pub branch: Option<String>,
}

/// Something an attempt's thread reports.
enum Event {
    Fact(Fact),
    View(View),
    Asked(Asked),
    /// Its proof is about to run this; the answer is why not, if a hook says so.
    Begins {
        argv: Vec<String>,
        reply: Sender<Option<String>>,
    },
    /// Its work is over.
    Ended(Result<(), SessionError>),
}

/// Carries out a spec: plans it when it has no plan, works its tasks, proves its success criteria.
///
/// # Errors
/// When the spec, the rules, the journal or the machine cannot be used. How the run ended is no error but the
/// [`Outcome`] returned.
pub fn run(
    options: &RunOptions,
    environment: &Environment,
    cancel: &Cancel,
    front: &mut dyn Front,
) -> Result<Outcome, SessionError> {
    carry_out(options, Hands::Model, environment, cancel, front)
}

/// Proves what stands in the project already: checks run, evidence is recorded, and no model is asked for anything.
///
/// # Errors
/// As [`run`].
pub(crate) fn hand_in(
    options: &RunOptions,
    environment: &Environment,
    cancel: &Cancel,
    front: &mut dyn Front,
) -> Result<Outcome, SessionError> {
    carry_out(options, Hands::Others, environment, cancel, front)
}

/// Whose work a run proves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Hands {
    /// The model's, which is asked for it.
    Model,
    /// Somebody else's, which is there.
    Others,
}

fn carry_out(
    options: &RunOptions,
    hands: Hands,
    environment: &Environment,
    cancel: &Cancel,
    front: &mut dyn Front,
) -> Result<Outcome, SessionError> {
    let clock = host::clock::Stopwatch::start();
    let place = SpecPlace::find(&options.spec, environment)?;
    let (spec_text, spec) = documents::spec(&place)?;
    let gate = documents::gate(&place.project, environment)?;
    if hands == Hands::Model {
        models::ensure(environment, &options.model, cancel, front)?;
    }
    let open = |chain: &Chain| {
        let (chain, gate) = (chain.clone(), gate.clone());
        let shop = Shop::open(environment, &place.project, gate, chain, cancel.clone())?;
        Ok::<Shop, SessionError>(shop.proving_others(hands == Hands::Others))
    };
    let shop = open(&options.model)?;
    let mut journal = open_journal(&place.project, &shop.redactor, front)?;
    let earlier = last_run(&place, &journal)?;
    let before = spent_before(earlier.as_ref(), &journal)?;
    let shop = shop.within(means(options, before));
    look_at_walls(&shop, options.mode, environment, front)?;
    take_branch(options, &shop, &journal, front)?;
    let planner = match options.planner == options.model {
        true => None,
        false => Some(open(&options.planner)?.within(means(options, before))),
    };
    let with = planner.as_ref().unwrap_or(&shop);
    let planned = planning::ensure(&place, &spec, with, &mut journal, front)?;
    let mut spent = before;
    if planner.is_some() {
        spent += Run::from_facts(&planned).cost();
    }
    let shop = shop.within(means(options, spent));
    let commits = match options.commit_per_task {
        true => committing::can_commit(&shop)?,
        false => None,
    };
    commits.into_iter().for_each(|it| front.show(&it));
    let (id, facts) = begin(&place, &mut journal, earlier)?;
    let hooks = Rig::open(&place.project, environment, cancel)?.in_shop(&shop);
    let bench = shop.stopped_by(cancel.part());
    let mut running = Running {
        hooks,
        lanes: lanes(options.parallel, front),
        id,
        run: Run::from_facts(facts.iter().map(|it| &it.fact)),
        place: &place,
        spec: &spec,
        spec_text: &spec_text,
        shop: &shop,
        bench: &bench,
        journal,
        front,
        landed: Vec::new(),
        kept: None,
        tasks_seen: None,
        opened: BTreeSet::new(),
        commits: options.commit_per_task,
        seed: options.seed,
        clock,
    };
    running.start(options, &facts, planned)?;
    running.hooks_on_session(hooks::Event::SessionStart)?;
    running.drive()
}

/// Checks out the branch that was asked for.
fn take_branch(
    options: &RunOptions,
    shop: &Shop,
    journal: &Journal,
    front: &mut dyn Front,
) -> Result<(), SessionError> {
    let Some(name) = &options.branch else {
        return Ok(());
    };
    refuse_beside_others(journal)?;
    let branched = committing::on_branch(shop, name)?;
    branched.into_iter().for_each(|it| front.show(&it));
    Ok(())
}

/// What a run that goes on has cost so far.
fn spent_before(
    earlier: Option<&(RunRow, Vec<Entry>)>,
    journal: &Journal,
) -> Result<Cost, SessionError> {
    match earlier {
        Some((last, facts)) if goes_on(last, facts, journal)? => {
            Ok(Run::from_facts(facts.iter().map(|it| &it.fact)).cost())
        }
        _ => Ok(Cost::default()),
    }
}

/// As many lanes as are wanted and the machine bears.
fn lanes(wanted: usize, front: &mut dyn Front) -> Lanes {
    let most = lane::bearable(wanted);
    if most < wanted {
        front.show(&View::Notice(format!(
            "{most} instead of {wanted} tasks at once: more would need more cores or memory"
        )));
    }
    Lanes::new(most)
}

/// What the model of a run may use, of which some is spent.
fn means(options: &RunOptions, before: Cost) -> Means {
    let usage = Usage {
        input_tokens: before.input_tokens,
        cached_tokens: before.cached_tokens,
        output_tokens: before.output_tokens,
        money: Money::from_nanos(before.nano_usd),
        ..Usage::default()
    };
    Means {
        budget: options.budget,
        spent: Spent {
            usage,
            money: usage.money,
            ..Spent::default()
        },
    }
}

/// Opens a project's journal, which keeps the project's secrets out of itself; tells when a damaged one was set aside.
pub(crate) fn open_journal(
    project: &Project,
    redactor: &Redactor,
    front: &mut dyn Front,
) -> Result<Journal, SessionError> {
    host::files::ensure_private_folder(&project.state).map_err(SessionError::internal)?;
    let path = project.state.join("journal.db");
    let (mut journal, aside) = Journal::open(&path, now()).map_err(SessionError::internal)?;
    journal.redact_with(redactor.clone());
    if let Some(aside) = aside {
        front.show(&View::Warning(format!(
            "the journal was damaged; it stands at {} and a new one begins",
            aside.display()
        )));
    }
    Ok(journal)
}

/// The last run of this spec, with its facts.
fn last_run(
    place: &SpecPlace,
    journal: &Journal,
) -> Result<Option<(RunRow, Vec<Entry>)>, SessionError> {
    let last = journal.last_run(place.path.as_str());
    let Some(last) = last.map_err(SessionError::internal)? else {
        return Ok(None);
    };
    let facts = journal.facts(&last.id).map_err(SessionError::internal)?;
    Ok(Some((last, facts)))
}

/// Whether a run did not come to its end.
fn goes_on(run: &RunRow, facts: &[Entry], journal: &Journal) -> Result<bool, SessionError> {
    let ended = facts.iter().rev().find_map(|it| match &it.fact {
        Fact::RunEnded { .. } => Some(true),
        Fact::Resumed | Fact::RunStarted { .. } => Some(false),
        _ => None,
    });
    match ended {
        // One that ended for want of an answer goes on once there is one.
        Some(true) => waiting::are_answered(facts, &run.id, journal),
        other => Ok(other == Some(false)),
    }
}

/// The last run as it is now, of which so much was read before.
fn read_on(
    place: &SpecPlace,
    journal: &Journal,
    earlier: Option<(RunRow, Vec<Entry>)>,
) -> Result<Option<(RunRow, Vec<Entry>)>, SessionError> {
    let now = journal.last_run(place.path.as_str());
    let now = now.map_err(SessionError::internal)?;
    match (now, earlier) {
        (Some(now), Some((before, mut facts))) if now.id == before.id => {
            let seen = facts.last().map_or(0, |it| it.seq);
            let more = journal.facts_after(&now.id, seen);
            facts.extend(more.map_err(SessionError::internal)?);
            Ok(Some((now, facts)))
        }
        _ => last_run(place, journal),
    }
}

/// The run to work on: the last one of this spec when its process died before the end, else a new one. `earlier` is what was
/// read of the last one a while ago.
fn begin(
    place: &SpecPlace,
    journal: &mut Journal,
    earlier: Option<(RunRow, Vec<Entry>)>,
) -> Result<(String, Vec<Entry>), SessionError> {
    let me = Owner::this().map_err(SessionError::internal)?;
    let spec = place.path.as_str();
    if let Some((last, facts)) = read_on(place, journal, earlier)?
        && goes_on(&last, &facts, journal)?
    {
        let free = !last.owner.is_alive()
            && journal
                .take_over(&last.id, last.owner, me)
                .map_err(SessionError::internal)?;
        if !free {
            return Err(going_on(&last));
        }
        return Ok((last.id, facts));
    }
    let row = RunRow {
        id: format!("{}-{}", now(), me.pid),
        spec: spec.to_owned(),
        started_ms: now(),
        owner: me,
    };
    journal.begin(&row).map_err(SessionError::internal)?;
    Ok((row.id, Vec::new()))
}

/// A branch is not checked out under the feet of a run that goes on, of whatever spec.
fn refuse_beside_others(journal: &Journal) -> Result<(), SessionError> {
    for row in journal.runs().map_err(SessionError::internal)? {
        if !row.owner.is_alive() {
            continue;
        }
        let facts = journal.facts(&row.id).map_err(SessionError::internal)?;
        let run = Run::from_facts(facts.iter().map(|it| &it.fact));
        // What only listens has no tasks.
        if run.outcome.is_none() && !run.tasks().is_empty() {
            return Err(going_on(&row));
        }
    }
    Ok(())
}

fn going_on(run: &RunRow) -> SessionError {
    SessionError::new(
        Kind::Refused,
        format!(
            "run {} of {} is going on in process {}",
            run.id, run.spec, run.owner.pid
        ),
    )
    .hint("`kiro status` shows it; stop it there with Ctrl-C first")
}

pub(crate) fn now() -> i64 {
    i64::try_from(host::clock::now_ms()).unwrap_or(i64::MAX)
}

struct Running<'a> {
    /// The project's hooks.
    hooks: Rig<'a>,
    id: String,
    run: Run,
    place: &'a SpecPlace,
    spec: &'a Spec,
    spec_text: &'a str,
    shop: &'a Shop,
    /// The same, for attempts: they can be stopped without the rest.
    bench: &'a Shop,
    lanes: Lanes,
    journal: Journal,
    front: &'a mut dyn Front,
    /// What this run has already brought in, so that policy weighs the sum.
    landed: Vec<Changeset>,
    /// What a person has just chosen to keep of a task's proposal.
    kept: Option<(String, Changeset)>,
    /// The tasks file as it was read last.
    tasks_seen: Option<Digest>,
    /// Tasks that were done and no longer held, whose boxes this process opened.
    opened: BTreeSet<String>,
    /// Whether each task that is done becomes a commit.
    commits: bool,
    seed: u64,
    clock: host::clock::Stopwatch,
}

impl<'a> Running<'a> {
    fn start(
        &mut self,
        options: &RunOptions,
        earlier: &[Entry],
        planned: Vec<Fact>,
    ) -> Result<(), SessionError> {
        self.front.show(&View::Began {
            run: self.id.clone(),
            spec: self.place.path.to_string(),
            resumed: !earlier.is_empty(),
        });
        if earlier.is_empty() {
            let spec = self.place.path.as_str();
            self.landed = landing::unapproved(self.shop, &self.journal, spec)?;
            self.record(Fact::RunStarted {
                spec: self.place.path.to_string(),
                spec_fingerprint: self.spec.fingerprint.clone(),
                mode: options.mode,
                model: match self.shop.proves_others() {
                    true => "handed in".to_owned(),
                    false => options.model.to_string(),
                },
                only: options.only.clone(),
            })?;
        } else {
            self.record(Fact::Resumed)?;
            self.landed = landing::landed_before(self.shop, earlier)?;
        }
        for fact in planned {
            self.record(fact)?;
        }
        // A box may have been ticked for the last time, just before its process died.
        documents::clear_leftovers(&self.place.project, &self.place.tasks())?;
        self.look_again()?;
        let tasks = tasks_file::records(self.place, self.spec)?;
        Run::check_graph(&tasks)
            .map_err(|error| SessionError::input(format!("{}: {error}", self.place.tasks())))?;
        self.check_wanted(options, &tasks)?;
        self.record(Fact::Planned { tasks })
    }

    fn check_wanted(
        &self,
        options: &RunOptions,
        tasks: &[engine::TaskRecord],
    ) -> Result<(), SessionError> {
        let Some(only) = &options.only else {
            return Ok(());
        };
        if tasks.iter().any(|it| it.id == *only) {
            return Ok(());
        }
        let known: Vec<&str> = tasks.iter().map(|it| it.id.as_str()).collect();
        Err(
            SessionError::input(format!("there is no task {only} in {}", self.place.tasks()))
                .hint(format!("its tasks are {}", known.join(", "))),
        )
    }

    fn record(&mut self, fact: Fact) -> Result<(), SessionError> {
        let facts = self.facts_with(fact)?;
        self.journal
            .append(&self.id, now(), &facts)
            .map_err(SessionError::internal)?;
        self.recorded(facts);
        Ok(())
    }

    /// What policy said on the way to this fact, and then the fact, as they are kept.
    fn facts_with(&mut self, fact: Fact) -> Result<Vec<Fact>, SessionError> {
        let mut facts = self.shop.ledger.take();
        facts.push(fact);
        self.journal.cleaned(facts).map_err(SessionError::internal)
    }

    /// Takes up and shows what was recorded.
    fn recorded(&mut self, facts: Vec<Fact>) {
        for fact in facts {
            self.run.apply(&fact);
            self.front.show(&View::Recorded(fact));
        }
    }

    fn drive(&mut self) -> Result<Outcome, SessionError> {
        std::thread::scope(|scope| {
            let crew = Crew::new(scope);
            let ended = self.go_on(&crew);
            self.end_lanes(&crew);
            ended
        })
    }

    fn go_on(&mut self, crew: &Crew<'_, 'a>) -> Result<Outcome, SessionError> {
        loop {
            if self.shop.cancel.is_cancelled() {
                self.end_lanes(crew);
                return self.end(
                    Outcome::Interrupted,
                    "interrupted; the next run goes on from here",
                );
            }
            self.commit_done()?;
            self.hear_edits()?;
            self.hear_answers()?;
            let Some(next) = self.run.next_beside(&self.lanes) else {
                return Err(SessionError::internal("the run had already ended"));
            };
            if let Next::End { outcome, reason } = &next {
                return self.end(*outcome, reason);
            }
            let done = self.step(next, crew);
            match done.and_then(|()| self.hear_lanes(crew)) {
                Err(error) if error.kind == Kind::Interrupted => {}
                other => other?,
            }
        }
    }

    fn step(&mut self, next: Next, crew: &Crew<'_, 'a>) -> Result<(), SessionError> {
        match next {
            Next::Attempt { task, attempt } => self.attempt(crew, &task, attempt),
            Next::Modify { task } => self.modify(crew, &task),
            Next::Renew { task } => self.renew(crew, &task),
            Next::Wait => self.wait(crew),
            Next::Judge { task } => self.judge(&task),
            Next::Ask { task } => self.ask(&task),
            Next::Approve { task } => {
                let by_person = false;
                let view = View::Approved {
                    task: task.clone(),
                    by_person,
                };
                self.show_of(&task, view);
                self.record(Fact::Answered {
                    task,
                    answer: Answer::Approve,
                    by: Answerer::Rules,
                    remark: String::new(),
                })
            }
            Next::Fail { task, reason } => self.fail(task, reason),
            Next::Apply { task } => self.apply(&task),
            Next::Complete { task } => self.complete(task),
            Next::Tick { task } => {
                self.mark(&task, TaskMark::Done)?;
                self.record(Fact::Ticked { task })
            }
            Next::Prove => self.prove(),
            Next::End { .. } => Ok(()),
        }
    }

    /// Begins an attempt at a task.
    fn attempt(&mut self, crew: &Crew<'_, 'a>, id: &str, number: u32) -> Result<(), SessionError> {
        if let Some(why) = self.hooks_on_task(hooks::Event::TaskStart, id)? {
            return self.fail(id.to_owned(), format!("a hook stopped it: {why}"));
        }
        let base = self.snapshot()?;
        let earlier = self.to_be_revised(id)?;
        self.record(Fact::AttemptStarted {
            task: id.to_owned(),
            attempt: number,
            base: base.to_string(),
        })?;
        self.mark(id, TaskMark::Running)?;
        self.show_start(id);
        let begin = Begin {
            task: id.to_owned(),
            number,
            base,
            yard: Yard::fresh(&self.yard_folder(id, number))?,
            way: Way::Afresh(earlier),
        };
        self.begin(crew, begin)
    }

    /// What the last attempt proposed, when a person wants it otherwise.
    fn to_be_revised(&self, id: &str) -> Result<Option<Changeset>, SessionError> {
        let task = self.run.task(id).filter(|it| !it.remarks.is_empty());
        let proposal = task.and_then(|it| it.proposal.as_ref());
        proposal
            .map(|it| landing::changes(self.shop, it))
            .transpose()
    }

    fn after_attempt(&mut self, id: &str) -> Result<(), SessionError> {
        let Some(task) = self.run.task(id) else {
            return Ok(());
        };
        if task.reason.is_empty() || task.proposal.is_some() {
            return Ok(());
        }
        let view = View::TaskOpen {
            task: id.to_owned(),
            title: task.record.title.clone(),
            reason: task.reason.clone(),
        };
        self.front.show(&view);
        self.mark(id, TaskMark::Open)
    }

    fn show_start(&mut self, id: &str) {
        let tasks = self.run.tasks();
        let Some(at) = tasks.iter().position(|it| it.record.id == id) else {
            return;
        };
        let view = View::TaskStarted {
            task: id.to_owned(),
            place: (at + 1, tasks.len()),
            title: tasks[at].record.title.clone(),
        };
        self.front.show(&view);
    }

    fn snapshot(&mut self) -> Result<TreeId, SessionError> {
        snapshot(self.shop)
    }

    fn yard_folder(&self, id: &str, number: u32) -> PathBuf {
        self.run_folder().join(attempt_name(id, number))
    }

    /// It outlives the attempt's folder.
    fn transcript(&self, id: &str, number: u32) -> PathBuf {
        let folder = self.place.project.state.join("transcripts").join(&self.id);
        folder.join(format!("{}.jsonl", attempt_name(id, number)))
    }

    fn run_folder(&self) -> PathBuf {
        self.place.project.state.join("attempts").join(&self.id)
    }

    fn fail(&mut self, task: String, reason: String) -> Result<(), SessionError> {
        let title = self
            .run
            .task(&task)
            .map_or(String::new(), |it| it.record.title.clone());
        self.front.show(&View::TaskOpen {
            task: task.clone(),
            title,
            reason: reason.clone(),
        });
        self.mark(&task, TaskMark::Open)?;
        self.record(Fact::AttemptFailed {
            task: task.clone(),
            reason,
        })?;
        self.hooks_on_task(hooks::Event::TaskFail, &task)?;
        Ok(())
    }

    fn complete(&mut self, task: String) -> Result<(), SessionError> {
        let stopped = match self.held(&task)? {
            None => self.hooks_on_task(hooks::Event::TaskComplete, &task)?,
            held => held,
        };
        if let Some(why) = stopped {
            return self.fail(task, format!("a hook does not let it be completed: {why}"));
        }
        let record = self.run.task(&task).map(|it| it.record.clone());
        let tooling = tooling::look(&self.place.project.root, self.spec, self.shop);
        let work = record.and_then(|it| {
            engine::work_of(self.spec, &tooling, &it.id, &it.requirements, &it.files).ok()
        });
        let mut covered = work.map(|it| it.covers).unwrap_or_default();
        let proposal = self.run.task(&task).and_then(|it| it.proposal.as_ref());
        covered.extend(proposal.iter().flat_map(|it| it.shown.clone()));
        self.record(Fact::TaskDone {
            task: task.clone(),
            covered,
        })?;
        let Some(done) = self.run.task(&task) else {
            return Ok(());
        };
        let proposal = done.proposal.as_ref();
        let view = View::TaskDone {
            task,
            title: done.record.title.clone(),
            files: proposal.map(|it| it.files.clone()).unwrap_or_default(),
            passed: proposal.map_or(0, |it| it.passed),
            cost: done.cost,
            attempts: done.attempts,
        };
        self.front.show(&view);
        Ok(())
    }

    fn mark(&mut self, task: &str, mark: TaskMark) -> Result<(), SessionError> {
        let gate = &self.shop.gate;
        if !tasks_file::mark(self.place, gate, &mut self.journal, task, mark)? {
            return Ok(());
        }
        let path = self.place.tasks();
        self.hooks.fire_on_write(&path, false, 0, self.front)?;
        self.hooks.flush(self.front)
    }

    fn end(&mut self, outcome: Outcome, reason: &str) -> Result<Outcome, SessionError> {
        if outcome != Outcome::Interrupted {
            self.hooks_on_session(hooks::Event::SessionStop)?;
        }
        self.record(Fact::RunEnded {
            outcome,
            reason: reason.to_owned(),
        })?;
        if outcome != Outcome::Interrupted {
            host::files::remove_tree(&self.run_folder()).map_err(SessionError::internal)?;
        }
        let view = View::Ended {
            run: self.id.clone(),
            outcome,
            reason: reason.to_owned(),
            cost: self.run.cost(),
            wall_ms: self.clock.elapsed_ms(),
        };
        self.front.show(&view);
        Ok(outcome)
    }
}

fn attempt_name(id: &str, number: u32) -> String {
    format!("{}-{number}", plain(id, &[]))
}

/// The project as it is now, without what is sensitive.
pub(crate) fn snapshot(shop: &Shop) -> Result<TreeId, SessionError> {
    snapshot_of(&shop.shadow, &shop.gate, &shop.project, shop.environment())
}

/// The same, for who has no shop.
pub(crate) fn snapshot_of(
    shadow: &Shadow,
    gate: &Gate,
    project: &Project,
    environment: &Environment,
) -> Result<TreeId, SessionError> {
    let keys = secrets::linked_keys(environment);
    let is_key = |path: &RelPath| {
        let stands = project.root.join(path.as_str()).symlink_metadata();
        stands.is_ok_and(|it| keys.contains(&(it.dev(), it.ino())))
    };
    let keep =
        |path: &RelPath| gate.hidden_by(path).is_none() && (keys.is_empty() || !is_key(path));
    let told = |error: ShadowError| match error.is_internal() {
        true => SessionError::internal(error),
        false => SessionError::input(error),
    };
    Ok(shadow.snapshot(&keep).map_err(told)?.tree)
}

/// Paths of the project's files as the shadow repository sees them.
pub(crate) fn existing(shop: &Shop) -> Result<BTreeSet<String>, SessionError> {
    let paths = shop
        .shadow
        .paths(&snapshot(shop)?)
        .map_err(SessionError::internal)?;
    Ok(paths.iter().map(ToString::to_string).collect())
}
