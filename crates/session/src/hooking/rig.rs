//! Running what fires: one hook after the other, in the files' order.

use std::collections::BTreeSet;
use std::ops::Deref;
use std::path::PathBuf;
use std::sync::Arc;

use change::RelPath;
use engine::{Cost, Fact};
use hooks::{Action, Answers, Clause, Decision, Event, Hook, Occasion};
use host::clock::Stopwatch;
use host::process::Ended;
use host::shadow::TreeId;
use model::Cancel;
use policy::{Gate, Verdict};

use super::agent::{self, Question};
use super::command;
use super::holds;
use super::incident::{Incident, World, digest_of};
use super::landing::Wishes;
use super::rack::{Rack, Shelf};
use super::record::Record;
use crate::documents;
use crate::error::{Kind, SessionError};
use crate::models::{Chain, Role, model_for};
use crate::places::{Environment, Project};
use crate::run::{landing, snapshot};
use crate::secrets;
use crate::shop::{Shop, Yard};
use crate::view::{Front, View};

/// How many hooks may follow from one another.
pub(crate) const DEPTH_MAX: u32 = 3;

/// What became of a hook.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Was {
    /// It did what it is there for, and lets the event go on.
    Passed,
    /// It says that the event must not go on.
    Blocked,
    /// It could not do what it is there for.
    Failed,
    /// What it changed waits for a person.
    Waiting,
    /// It was not run: it is not trusted, or the chain of hooks is too long.
    Skipped,
}

impl Was {
    /// Its name on every surface.
    pub fn name(self) -> &'static str {
        match self {
            Was::Passed => "passed",
            Was::Blocked => "blocked",
            Was::Failed => "failed",
            Was::Waiting => "waiting",
            Was::Skipped => "skipped",
        }
    }
}

/// A hook that fired, and what became of it.
#[derive(Clone, Debug)]
pub struct Ran {
    /// Its name.
    pub hook: String,
    /// Its file.
    pub file: String,
    /// What happened.
    pub event: String,
    /// The file that it happened to.
    pub path: Option<String>,
    /// What became of it.
    pub was: Was,
    /// Why, in one sentence.
    pub why: String,
    /// What it found.
    pub findings: Vec<String>,
    /// Files that it changed in the project.
    pub files: Vec<String>,
    /// What it changed or wants to change.
    pub diff: String,
    /// Its last words, or what its command printed.
    pub text: String,
    /// Whether the event must not go on because of it.
    pub stops: bool,
    /// What its model turns cost.
    pub cost: Cost,
    /// Wall time in milliseconds.
    pub wall_ms: u64,
}

impl Ran {
    /// It could not do what it is there for; that is no error of Kiro's.
    pub(super) fn failed(&mut self, why: String) -> Result<(), SessionError> {
        self.was = Was::Failed;
        self.why = why;
        Ok(())
    }
}

/// The shop that actions work in: a run's own, or one that is opened when the first hook fires.
enum Place<'a> {
    Given(&'a Shop),
    Own(Arc<Shop>),
}

impl Deref for Place<'_> {
    type Target = Shop;

    fn deref(&self) -> &Shop {
        match self {
            Place::Given(shop) => shop,
            Place::Own(shop) => shop,
        }
    }
}

/// The hooks of a project, ready to run.
pub(crate) struct Rig<'a> {
    pub(crate) project: Project,
    pub(super) environment: &'a Environment,
    gate: Gate,
    pub(crate) rack: Rack,
    pub(super) world: World,
    model: Option<Chain>,
    cancel: Cancel,
    given: Option<&'a Shop>,
    own: Option<Arc<Shop>>,
    record: Option<Record>,
    /// Decisions that are written with whatever is written next.
    waiting: Vec<Fact>,
    /// How long each decision took since somebody asked.
    pub(super) decided_in: Vec<std::time::Duration>,
    /// Hooks of which was said that they are not run.
    told: BTreeSet<String>,
    count: u32,
}

impl<'a> Rig<'a> {
    /// Reads the project's hooks; nothing is run.
    pub(crate) fn open(
        project: &Project,
        environment: &'a Environment,
        cancel: &Cancel,
    ) -> Result<Rig<'a>, SessionError> {
        let gate = documents::gate(project, environment)?;
        let rack = Rack::read(project, &gate, environment);
        Ok(Rig {
            project: project.clone(),
            environment,
            world: World::of(project, &gate, environment),
            gate,
            rack,
            model: None,
            cancel: cancel.clone(),
            given: None,
            own: None,
            record: None,
            waiting: Vec::new(),
            decided_in: Vec::new(),
            told: BTreeSet::new(),
            count: 0,
        })
    }

    /// With the shop and the model of a run.
    pub(crate) fn in_shop(mut self, shop: &'a Shop) -> Rig<'a> {
        self.model = Some(shop.chain().clone());
        self.given = Some(shop);
        self
    }

    pub(crate) fn with_model(mut self, model: Option<Chain>) -> Rig<'a> {
        self.model = model.or(self.model);
        self
    }

    /// Reads the hook files anew, and what is trusted of them.
    pub(super) fn refresh(&mut self) -> Result<(), SessionError> {
        self.gate = documents::gate(&self.project, self.environment)?;
        self.rack = Rack::read(&self.project, &self.gate, self.environment);
        self.own = None;
        Ok(())
    }

    /// Whether any hook waits for this event, or a file that cannot be read might.
    pub(crate) fn waits_for(&self, event: Event) -> bool {
        let waits = |hook: &Hook| hook.enabled && hook.event.is_none_or(|it| it == event);
        self.rack.hooks().any(|it| waits(it.1))
            || (event.can_be_stopped() && self.unreadable().next().is_some())
    }

    fn unreadable(&self) -> impl Iterator<Item = &Shelf> {
        self.rack
            .shelves
            .iter()
            .filter(|it| it.file.is_unreadable())
    }

    /// Something that happened here.
    pub(crate) fn incident(&self, event: Event) -> Incident {
        Incident::new(event, self.world.clone())
    }

    fn shop(&mut self) -> Result<Place<'a>, SessionError> {
        if let Some(shop) = self.given {
            return Ok(Place::Given(shop));
        }
        if let Some(shop) = &self.own {
            return Ok(Place::Own(Arc::clone(shop)));
        }
        let model = match &self.model {
            Some(model) => model.clone(),
            None => model_for(Role::Hook, None, self.environment)?,
        };
        let shop = Shop::open(
            self.environment,
            &self.project,
            self.gate.clone(),
            model,
            self.cancel.clone(),
        )?;
        let shop = Arc::new(shop);
        self.own = Some(Arc::clone(&shop));
        Ok(Place::Own(shop))
    }

    pub(super) fn record(&mut self, front: &mut dyn Front) -> Result<&mut Record, SessionError> {
        if self.record.is_none() {
            let model = self
                .model
                .as_ref()
                .map_or_else(String::new, ToString::to_string);
            self.record = Some(Record::open(&self.project, self.environment, model, front)?);
        }
        self.record
            .as_mut()
            .ok_or_else(|| SessionError::internal("the journal was not opened"))
    }

    /// Writes facts, after what policy said on the way to them.
    pub(super) fn add(
        &mut self,
        shop: &Shop,
        facts: Vec<Fact>,
        front: &mut dyn Front,
    ) -> Result<(), SessionError> {
        // The ledger of a run's own shop is the run's to write.
        let mut all = match self.given {
            Some(_) => Vec::new(),
            None => shop.ledger.take(),
        };
        all.extend(facts);
        self.note(all, front)
    }

    pub(super) fn note(
        &mut self,
        facts: Vec<Fact>,
        front: &mut dyn Front,
    ) -> Result<(), SessionError> {
        let mut all = std::mem::take(&mut self.waiting);
        all.extend(facts);
        self.record(front)?.add(all, front)
    }

    /// Writes what waits to be written.
    pub(crate) fn flush(&mut self, front: &mut dyn Front) -> Result<(), SessionError> {
        match self.waiting.is_empty() {
            true => Ok(()),
            false => self.note(Vec::new(), front),
        }
    }

    /// Ends what was begun in the journal.
    pub(crate) fn close(&mut self, front: &mut dyn Front) -> Result<(), SessionError> {
        self.flush(front)?;
        match &mut self.record {
            Some(record) => record.end(engine::Outcome::Done, "", front),
            None => Ok(()),
        }
    }

    /// Runs every hook that fires on an incident, and those that what they change sets off.
    ///
    /// # Errors
    /// When the journal cannot be written, or the work was interrupted. What a hook does wrong is told in its [`Ran`].
    pub(crate) fn fire(
        &mut self,
        incident: &Incident,
        front: &mut dyn Front,
    ) -> Result<Vec<Ran>, SessionError> {
        let mut all = self.fire_one(incident, front)?;
        let written: Vec<(String, bool)> = all
            .iter()
            .flat_map(|ran| ran.files.iter().cloned())
            .map(|path| {
                let there = self.project.root.join(&path).is_file();
                (path, there)
            })
            .collect();
        for (path, there) in written {
            let event = if there {
                Event::FileSave
            } else {
                Event::FileDelete
            };
            all.extend(self.fire_on_change(event, &path, incident.depth + 1, front)?);
        }
        Ok(all)
    }

    /// Tells hooks that a file was changed, and the journal that they were told.
    pub(crate) fn fire_on_change(
        &mut self,
        event: Event,
        path: &str,
        depth: u32,
        front: &mut dyn Front,
    ) -> Result<Vec<Ran>, SessionError> {
        if !self.waits_for(event) {
            return Ok(Vec::new());
        }
        let incident = self.incident(event).about(path).at_depth(depth);
        let digest = incident.digest().map_or(String::new(), |it| it.to_string());
        let seen = Fact::ChangeSeen {
            event: event.name().to_owned(),
            path: path.to_owned(),
            digest,
            depth,
        };
        self.waiting.push(seen);
        self.fire(&incident, front)
    }

    fn fire_one(
        &mut self,
        incident: &Incident,
        front: &mut dyn Front,
    ) -> Result<Vec<Ran>, SessionError> {
        let mut all = Vec::new();
        if incident.event.is_of_git() && incident.event.can_be_stopped() {
            let broken: Vec<Ran> = self
                .unreadable()
                .map(|it| unreadable(it, incident))
                .collect();
            all.extend(broken);
        }
        let sizes = self.rack.shelves.iter().map(|it| it.file.hooks.len());
        let places: Vec<(usize, usize)> = sizes
            .enumerate()
            .flat_map(|(shelf, count)| (0..count).map(move |hook| (shelf, hook)))
            .collect();
        for (at, index) in places {
            let shelf = &self.rack.shelves[at];
            let hook = &shelf.file.hooks[index];
            let clock = Stopwatch::start();
            let decision = hook.decide(incident);
            self.decided_in.push(clock.elapsed());
            if matches!(decision.clause, Clause::Event | Clause::Enabled) && !decision.fires {
                continue;
            }
            self.waiting.push(decided(shelf, hook, incident, &decision));
            let lifts = hook.can_stop()
                && incident.event.leaves_a_hold()
                && decision.clause == Clause::Condition;
            if !decision.fires && decision.clause != Clause::Error && !lifts {
                continue;
            }
            let (shelf, hook) = (shelf.clone(), hook.clone());
            if decision.fires || decision.clause == Clause::Error {
                all.push(self.run_hook(&shelf, &hook, incident, front)?);
            } else {
                self.lift(&hook, incident, front)?;
            }
        }
        Ok(all)
    }

    /// Runs one hook, whatever decided that it fires; a blocking one that does not pass stops the incident.
    pub(super) fn run_hook(
        &mut self,
        shelf: &Shelf,
        hook: &Hook,
        incident: &Incident,
        front: &mut dyn Front,
    ) -> Result<Ran, SessionError> {
        let clock = Stopwatch::start();
        let mut ran = blank(shelf, hook, incident);
        self.note(vec![started(hook, incident)], front)?;
        let done = match refusal(shelf, hook, incident) {
            Some(why) => {
                ran.was = Was::Skipped;
                ran.why = why;
                Ok(())
            }
            None => self.act(shelf, hook, incident, &mut ran, front),
        };
        match done {
            Err(error) if error.kind == Kind::Interrupted && self.cancel.is_cancelled() => {
                return Err(error);
            }
            Err(error) => ran.failed(error.message)?,
            Ok(()) => {}
        }
        ran.stops = hook.can_stop() && ran.was != Was::Passed;
        if ran.stops && ran.was == Was::Failed {
            ran.was = Was::Blocked;
        }
        ran.wall_ms = clock.elapsed_ms();
        if hook.can_stop() && incident.event.leaves_a_hold() {
            match ran.stops {
                true => self.hold(hook, incident, &ran, front)?,
                false => self.lift(hook, incident, front)?,
            }
        }
        self.note(vec![ended(&ran)], front)?;
        // That a hook is not trusted is said once.
        if ran.was != Was::Skipped || ran.stops || self.told.insert(ran.hook.clone()) {
            tell(&ran, front);
        }
        Ok(ran)
    }

    fn act(
        &mut self,
        shelf: &Shelf,
        hook: &Hook,
        incident: &Incident,
        ran: &mut Ran,
        front: &mut dyn Front,
    ) -> Result<(), SessionError> {
        let shop = self.shop()?;
        self.count += 1;
        let run = self.record(front)?.run().to_owned();
        let folder = self
            .project
            .state
            .join("attempts")
            .join(format!("{run}-{}", self.count));
        let yard = Yard::fresh(&folder)?;
        let done = self.act_in(&shop, &yard, shelf, hook, incident, ran, front);
        let removed = host::files::remove_tree(&folder).map_err(SessionError::internal);
        done?;
        removed?;
        if hook.auto_commit && ran.was == Was::Passed {
            let file = shelf.file.path.clone();
            self.commit(&shop, &file, incident.depth, ran, front)?;
        }
        Ok(())
    }

    #[expect(
        clippy::too_many_arguments,
        reason = "one act with everything that it is about"
    )]
    fn act_in(
        &mut self,
        shop: &Shop,
        yard: &Yard,
        shelf: &Shelf,
        hook: &Hook,
        incident: &Incident,
        ran: &mut Ran,
        front: &mut dyn Front,
    ) -> Result<(), SessionError> {
        let base = lay_out(shop, yard, incident)?;
        match &hook.action {
            Some(Action::Command(prompt)) => {
                let text = command::text(prompt, incident);
                let finished = command::run(
                    shop,
                    yard,
                    shelf.name_for_policy(),
                    &text,
                    hook.timeout,
                    incident,
                )?;
                ran.text = String::from_utf8_lossy(&finished.stdout)
                    .trim_end()
                    .to_owned();
                let stops = match (hook.answers, finished.ended) {
                    (_, Ended::Code(0)) => false,
                    (Answers::Two, Ended::Code(code)) => code == 2,
                    _ => true,
                };
                if !finished.ended.success() {
                    ran.was = if stops { Was::Failed } else { Was::Passed };
                    ran.why = command::told(&finished, hook.timeout);
                }
            }
            Some(Action::Agent(prompt)) => {
                self.ask(shop, yard, hook, prompt, incident, ran, front)?
            }
            None => return ran.failed("what it does cannot be read".to_owned()),
        }
        if ran.was != Was::Passed && !(ran.was == Was::Blocked && !incident.event.is_of_git()) {
            return Ok(());
        }
        let blocked = (ran.was, ran.why.clone());
        let wishes = Wishes {
            hook: &hook.name,
            require_approval: hook.require_approval,
            run_tests: hook.run_tests,
        };
        self.land(shop, &wishes, &base, yard, ran, front)?;
        if blocked.0 == Was::Blocked {
            (ran.was, ran.why) = blocked;
        } else if ran.was == Was::Passed
            && incident.event == Event::GitPreCommit
            && !ran.files.is_empty()
        {
            ran.was = Was::Blocked;
            ran.why = "it changed files that are about to be committed; look at them, `git add` them and commit again".to_owned();
        }
        Ok(())
    }

    #[expect(
        clippy::too_many_arguments,
        reason = "one act with everything that it is about"
    )]
    fn ask(
        &mut self,
        shop: &Shop,
        yard: &Yard,
        hook: &Hook,
        prompt: &hooks::Prompt,
        incident: &Incident,
        ran: &mut Ran,
        front: &mut dyn Front,
    ) -> Result<(), SessionError> {
        let redactor = secrets::redactor(&self.project, self.environment)?;
        let run = self.record(front)?.run().to_owned();
        let question = Question {
            prompt,
            incident,
            blocking: hook.can_stop(),
            timeout: hook.timeout,
            transcript: self
                .project
                .state
                .join("transcripts")
                .join(format!("{run}-{}.jsonl", self.count)),
            redactor: &redactor,
        };
        let report = agent::ask(shop, yard, &question, front)?;
        ran.cost = report.cost;
        ran.text = report.text;
        match (question.blocking, report.verdict, report.stopped) {
            (true, Some(verdict), None) if verdict.passes => ran.findings = verdict.findings,
            (true, Some(verdict), _) if !verdict.passes => {
                ran.was = Was::Blocked;
                ran.why = format!("{} findings", verdict.findings.len());
                ran.findings = verdict.findings;
            }
            (_, _, Some(why)) => ran.failed(why)?,
            (true, _, None) => ran.failed("the agent gave no verdict".to_owned())?,
            (false, _, None) => {}
        }
        Ok(())
    }

    fn hold(
        &mut self,
        hook: &Hook,
        incident: &Incident,
        ran: &Ran,
        front: &mut dyn Front,
    ) -> Result<(), SessionError> {
        let (Some(path), Some(digest)) = (&incident.path, incident.digest()) else {
            return Ok(());
        };
        let why = match ran.findings.first() {
            Some(finding) => finding.clone(),
            None => ran.why.clone(),
        };
        let hold = Fact::HoldSet {
            hook: hook.name.clone(),
            path: path.clone(),
            digest: digest.to_string(),
            why,
        };
        self.note(vec![hold], front)
    }

    /// The file's content passes now, or is none of the hook's business any more.
    fn lift(
        &mut self,
        hook: &Hook,
        incident: &Incident,
        front: &mut dyn Front,
    ) -> Result<(), SessionError> {
        let Some(path) = &incident.path else {
            return Ok(());
        };
        let standing = holds::standing(self.record(front)?.journal())?;
        if standing
            .iter()
            .any(|it| it.hook == hook.name && it.path == *path)
        {
            let lifted = Fact::HoldLifted {
                hook: hook.name.clone(),
                path: path.clone(),
            };
            self.note(vec![lifted], front)?;
        }
        Ok(())
    }

    /// The holds that stand in this project.
    pub(crate) fn holds(
        &mut self,
        front: &mut dyn Front,
    ) -> Result<Vec<holds::Hold>, SessionError> {
        holds::standing(self.record(front)?.journal())
    }
}

/// Why a hook that fires is not run.
fn refusal(shelf: &Shelf, hook: &Hook, incident: &Incident) -> Option<String> {
    if !shelf.is_trusted() {
        return Some(format!(
            "{} is {}: look at it and run `kiro trust`",
            shelf.file.path,
            match shelf.standing {
                policy::Standing::Changed => "changed since it was trusted",
                _ => "not trusted yet",
            }
        ));
    }
    if hook.broken {
        return Some(format!(
            "{} has an error; `kiro validate-hooks` shows it",
            shelf.file.path
        ));
    }
    (incident.depth >= DEPTH_MAX)
        .then(|| format!("the chain of hooks ends here: {DEPTH_MAX} followed from one another"))
}

/// A copy of the folder, with what is staged in place of what stands there for a commit; gives its tree.
fn lay_out(shop: &Shop, yard: &Yard, incident: &Incident) -> Result<TreeId, SessionError> {
    let base = snapshot(shop)?;
    shop.shadow
        .checkout(&base, &yard.tree)
        .map_err(SessionError::internal)?;
    let Some(changes) = incident
        .changes
        .as_ref()
        .filter(|_| incident.event == Event::GitPreCommit)
    else {
        return Ok(base);
    };
    for file in changes.files() {
        let Some(after) = &file.after else { continue };
        let same = digest_of(&yard.tree, &file.path) == Some(change::Digest::of(&after.bytes));
        // What no agent may write, such as `.kiro`, is no part of a copy either; the diff shows it.
        let verdict = shop
            .gate
            .judge_attempt_write(&yard.tree, &file.path, &after.bytes);
        if let (false, Verdict::Allow(permit)) = (same, verdict) {
            host::files::write_in(permit, &yard.tree, &file.path, &after.bytes)
                .map_err(SessionError::internal)?;
        }
    }
    Ok(landing::capture(shop, &base, yard)?.tree)
}

fn blank(shelf: &Shelf, hook: &Hook, incident: &Incident) -> Ran {
    Ran {
        hook: hook.name.clone(),
        file: shelf.file.path.clone(),
        event: incident.event.name().to_owned(),
        path: incident.path.clone(),
        was: Was::Passed,
        why: String::new(),
        findings: Vec::new(),
        files: Vec::new(),
        diff: String::new(),
        text: String::new(),
        stops: false,
        cost: Cost::default(),
        wall_ms: 0,
    }
}

/// A file that nothing could be read of may hold a hook that blocks: it stops what could be stopped.
fn unreadable(shelf: &Shelf, incident: &Incident) -> Ran {
    let name = shelf
        .file
        .path
        .rsplit('/')
        .next()
        .unwrap_or_default()
        .to_owned();
    Ran {
        hook: name.clone(),
        file: shelf.file.path.clone(),
        event: incident.event.name().to_owned(),
        path: None,
        was: Was::Blocked,
        why: "the hook file cannot be read, so nobody knows what it is to stop; `kiro validate-hooks` shows where".to_owned(),
        findings: Vec::new(),
        files: Vec::new(),
        diff: String::new(),
        text: String::new(),
        stops: true,
        cost: Cost::default(),
        wall_ms: 0,
    }
}

fn decided(shelf: &Shelf, hook: &Hook, incident: &Incident, decision: &Decision) -> Fact {
    Fact::HookDecided {
        hook: hook.name.clone(),
        file: shelf.file.path.clone(),
        event: incident.event.name().to_owned(),
        path: incident.path.clone(),
        fires: decision.fires,
        clause: decision.clause.name().to_owned(),
        why: decision.why.clone(),
        depth: incident.depth,
    }
}

fn started(hook: &Hook, incident: &Incident) -> Fact {
    Fact::HookStarted {
        hook: hook.name.clone(),
        event: incident.event.name().to_owned(),
        path: incident.path.clone(),
    }
}

fn ended(ran: &Ran) -> Fact {
    Fact::HookEnded {
        hook: ran.hook.clone(),
        event: ran.event.clone(),
        path: ran.path.clone(),
        outcome: ran.was.name().to_owned(),
        why: ran.why.clone(),
        findings: ran.findings.clone(),
        files: ran.files.clone(),
        cost: ran.cost,
        wall_ms: ran.wall_ms,
    }
}

/// Shows what became of a hook.
fn tell(ran: &Ran, front: &mut dyn Front) {
    let about = ran
        .path
        .as_ref()
        .map_or(String::new(), |it| format!(" of {it}"));
    let why = if ran.why.is_empty() {
        String::new()
    } else {
        format!(": {}", ran.why)
    };
    let mut text = format!(
        "hook «{}» on {}{about} {}{why}",
        ran.hook,
        ran.event,
        ran.was.name()
    );
    for finding in &ran.findings {
        text.push_str(&format!("\n  - {finding}"));
    }
    let text = change::visible(&text).into_owned();
    front.show(&match ran.was {
        Was::Passed => View::Notice(text),
        _ => View::Warning(text),
    });
}

/// What of several hooks stops an event, in one sentence; none when nothing does.
pub(crate) fn stops(all: &[Ran]) -> Option<String> {
    let told: Vec<String> = all
        .iter()
        .filter(|it| it.stops)
        .map(|it| format!("«{}»: {}", it.hook, it.why))
        .collect();
    (!told.is_empty()).then(|| told.join("; "))
}

/// What `kiro run-hook` is asked.
#[derive(Clone, Debug)]
pub struct RunHookOptions {
    /// The hook file.
    pub hook: PathBuf,
    /// The file that it is to be about.
    pub file: Option<PathBuf>,
    /// Only say what would be done.
    pub dry_run: bool,
    /// The model; as configured for hooks when none is named.
    pub model: Option<Chain>,
}

/// What came of `kiro run-hook`.
#[derive(Clone, Debug)]
pub struct RunHookResult {
    /// For each hook of the file: its name, whether it would fire by itself, which clause decided, and why.
    pub decisions: Vec<(String, bool, &'static str, String)>,
    /// What each would do: the command, or the agent's whole prompt.
    pub would: Vec<String>,
    /// What became of them; empty for a dry run.
    pub ran: Vec<Ran>,
}

/// Runs the hooks of a file by hand, as if their event had happened to the file that is named.
///
/// # Errors
/// When a file cannot be read, or there is no journal.
pub fn run_hook(
    options: &RunHookOptions,
    environment: &Environment,
    cancel: &Cancel,
    front: &mut dyn Front,
) -> Result<RunHookResult, SessionError> {
    let project = Project::around(environment)?;
    let mut rig = Rig::open(&project, environment, cancel)?.with_model(options.model.clone());
    let wanted = inside(&project, &environment.cwd.join(&options.hook))?;
    if !rig.rack.shelves.iter().any(|it| it.file.path == wanted) {
        rig.rack = Rack::of_file(&project, &wanted, &rig.gate)?;
    }
    rig.rack.shelves.retain(|it| it.file.path == wanted);
    let path = options
        .file
        .as_ref()
        .map(|it| inside(&project, &environment.cwd.join(it)))
        .transpose()?;
    let shelves = rig.rack.shelves.clone();
    let mut result = RunHookResult {
        decisions: Vec::new(),
        would: Vec::new(),
        ran: Vec::new(),
    };
    for shelf in &shelves {
        if shelf.file.is_unreadable() {
            let why = shelf
                .file
                .diagnostics
                .first()
                .map_or("", |it| it.message.as_str());
            return Err(SessionError::input(format!("{wanted}: {why}"))
                .hint("`kiro validate-hooks` shows where"));
        }
        for hook in &shelf.file.hooks {
            let event = hook.event.unwrap_or(Event::Manual);
            if event.is_about_a_file() && path.is_none() {
                return Err(
                    SessionError::input(format!("«{}» is about a file", hook.name))
                        .hint("name one with --file PATH"),
                );
            }
            let mut incident = rig.incident(event);
            incident.path = path.clone();
            let incident = super::git::by_hand(incident, &rig.world, environment)?;
            let decision = hook.decide(&incident);
            result.decisions.push((
                hook.name.clone(),
                decision.fires,
                decision.clause.name(),
                decision.why,
            ));
            result.would.push(would(hook, &incident));
            if !options.dry_run {
                let ran = rig.run_hook(shelf, hook, &incident, front)?;
                result.ran.push(ran);
            }
        }
    }
    rig.close(front)?;
    Ok(result)
}

/// A path as the project knows it.
pub(super) fn inside(project: &Project, path: &std::path::Path) -> Result<String, SessionError> {
    let outside = || {
        SessionError::input(format!(
            "{} is no path of {}",
            path.display(),
            project.root.display()
        ))
    };
    let clean: PathBuf = path.components().collect();
    let real = clean
        .parent()
        .and_then(|it| it.canonicalize().ok())
        .map(|it| it.join(clean.file_name().unwrap_or_default()));
    let found = real.unwrap_or(clean);
    let text = found
        .strip_prefix(&project.root)
        .ok()
        .and_then(|it| it.to_str())
        .ok_or_else(outside)?;
    RelPath::parse(text)
        .map(|it| it.to_string())
        .map_err(|_| outside())
}

fn would(hook: &Hook, incident: &Incident) -> String {
    let value = |part: &hooks::Part| match part {
        hooks::Part::Fact(fact) => incident
            .fact(*fact)
            .map_or(String::new(), |it| it.to_string()),
        hooks::Part::Workspace(scope) => format!("@workspace({})", scope.0.join(", ")),
        hooks::Part::Text(text) => text.clone(),
    };
    match &hook.action {
        Some(Action::Command(prompt)) => command::text(prompt, incident),
        Some(Action::Agent(prompt)) => prompt.filled(value),
        None => String::new(),
    }
}
