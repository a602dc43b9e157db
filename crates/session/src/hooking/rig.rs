//! Running what fires: one hook after the other, in the files' order.

use std::collections::BTreeSet;
use std::ops::Deref;
use std::sync::Arc;

use change::{Changeset, RelPath};
use engine::Fact;
use hooks::{Action, Answers, Clause, Event, Fact as Known, Hook};
use host::clock::Stopwatch;
use host::process::Ended;
use host::shadow::TreeId;
use model::Cancel;
use policy::{Gate, TrustKind, Verdict};

use super::agent::{self, Question};
use super::command;
use super::document;
use super::holds;
use super::incident::{Incident, World, digest_of};
use super::index;
use super::landing::Wishes;
use super::outcome::{self, Ran, Was, blank};
use super::rack::{self, Rack, Shelf};
use super::record::Record;
use crate::documents;
use crate::error::{Kind, SessionError};
use crate::models::{Chain, Role, model_for};
use crate::places::{Environment, Project};
use crate::run::{landing, snapshot};
use crate::secrets;
use crate::shop::{Shop, Yard};
use crate::view::Front;

/// How many hooks may follow from one another.
pub(crate) const DEPTH_MAX: u32 = 3;

/// The shop that actions work in: a run's own, or one that is opened when the first hook fires.
pub(super) enum Place<'a> {
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
    pub(super) gate: Gate,
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
    /// What hooks of this process brought in, so that policy weighs the sum.
    pub(super) landed: Vec<Changeset>,
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
            landed: Vec::new(),
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

    /// Whether a hook's condition asks what is different from the last commit.
    pub(super) fn asks_of_the_last_commit(&self) -> bool {
        let asked = [
            Known::IsNew,
            Known::LinesAdded,
            Known::LinesRemoved,
            Known::Diff,
        ];
        let asks = |hook: &Hook| {
            let condition = hook.condition.as_ref().filter(|_| hook.enabled);
            condition.is_some_and(|it| it.facts().iter().any(|fact| asked.contains(fact)))
        };
        self.rack.hooks().any(|it| asks(it.1))
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

    pub(super) fn shop(&mut self) -> Result<Place<'a>, SessionError> {
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
            .flat_map(|ran| {
                ran.files
                    .iter()
                    .map(|it| (it.clone(), ran.created.contains(it)))
            })
            .collect();
        for (path, created) in written {
            all.extend(self.fire_on_write(&path, created, incident.depth + 1, front)?);
        }
        Ok(all)
    }

    /// Tells hooks of a file that Kiro wrote or removed.
    pub(crate) fn fire_on_write(
        &mut self,
        path: &str,
        created: bool,
        depth: u32,
        front: &mut dyn Front,
    ) -> Result<Vec<Ran>, SessionError> {
        let is_there = self.project.root.join(path).is_file();
        let mut events = match (is_there, created) {
            (true, true) => vec![Event::FileCreate, Event::FileSave],
            (true, false) => vec![Event::FileSave],
            (false, _) => vec![Event::FileDelete],
        };
        events.extend(document::event_of(path).filter(|_| is_there));
        let mut all = Vec::new();
        for event in events {
            all.extend(self.fire_on_change(event, path, depth, front)?);
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
                .map(|it| outcome::unreadable(it, incident))
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
            // A hook of which nobody knows what it waits for stops what git can still stop, if it blocks, and no more.
            let by_git = incident.event.is_of_git() && incident.event.can_be_stopped();
            if hook.event.is_none() && !(hook.can_stop() && by_git) {
                continue;
            }
            // That a path does not pass a filter can be told at any time; it is not kept for each save.
            if decision.fires || decision.clause != Clause::Filter {
                self.waiting
                    .push(outcome::decided(shelf, hook, incident, &decision));
            }
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
        self.note(vec![outcome::started(hook, incident)], front)?;
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
        self.note(vec![outcome::ended(&ran)], front)?;
        // That a hook is not trusted is said once.
        if ran.was != Was::Skipped || ran.stops || self.told.insert(ran.hook.clone()) {
            outcome::tell(&ran, front);
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
        if let Some(why) = self.is_another(shelf, yard) {
            ran.was = Was::Skipped;
            ran.why = why;
            return Ok(());
        }
        match &hook.action {
            Some(Action::Command(prompt)) => {
                command_in(shop, yard, (shelf, hook), prompt, incident, ran)?;
            }
            Some(Action::Agent(prompt)) => {
                self.ask(shop, yard, hook, prompt, incident, ran, front)?
            }
            None => return ran.failed("what it does cannot be read".to_owned()),
        }
        // What blocks a file may have mended it as well; what blocks git only judges.
        let lands = match ran.was {
            Was::Passed => true,
            Was::Blocked => !incident.event.is_of_git(),
            Was::Failed | Was::Waiting | Was::Skipped => false,
        };
        if !lands {
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
            (true, Some(verdict), None) if verdict.passes => {
                ran.why = report.remark;
                ran.findings = verdict.findings;
            }
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

    /// Why what would run is not what was trusted: the file as it was read, and its scripts as they stand where they run.
    fn is_another(&self, shelf: &Shelf, yard: &Yard) -> Option<String> {
        let file = shelf.name_for_policy()?;
        let items = self.gate.trust().items().iter();
        let mut items = items.filter(|(it, _)| it.kind == TrustKind::Hook && it.name == file);
        let trusted = items.next().and_then(|it| it.0.digest);
        let content = |script: &RelPath| {
            let places = [&yard.tree, &self.project.root];
            let mut found = places
                .into_iter()
                .map(|it| host::files::read_in(it, script, rack::FILE_MAX));
            found.find_map(Result::ok)
        };
        let (now, _) = rack::covered_by(file, shelf.text.as_bytes(), &content);
        (trusted != Some(now)).then(|| {
            format!("{file} or a script that it runs is not what was trusted, as it would run here; look at it and run `kiro trust`")
        })
    }

    /// Whether content that is held at one path is the hook's business at another: a new name lifts nothing.
    pub(crate) fn reaches(&self, hold: &holds::Hold, path: &str) -> bool {
        let mut named = self
            .rack
            .hooks()
            .filter(|it| it.1.name == hold.hook)
            .peekable();
        named.peek().is_none() || named.any(|it| it.1.files.takes(path))
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

/// Runs a hook's command and says how it went.
fn command_in(
    shop: &Shop,
    yard: &Yard,
    (shelf, hook): (&Shelf, &Hook),
    prompt: &hooks::Prompt,
    incident: &Incident,
    ran: &mut Ran,
) -> Result<(), SessionError> {
    let text = command::text(prompt, incident);
    let name = shelf.name_for_policy();
    let finished = command::run(shop, yard, name, &text, hook.timeout, incident)?;
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
    Ok(())
}

/// A copy of the folder, with what is staged in place of what stands there for a commit; gives its tree.
fn lay_out(shop: &Shop, yard: &Yard, incident: &Incident) -> Result<TreeId, SessionError> {
    let base = snapshot(shop)?;
    shop.shadow
        .checkout(&base, &yard.tree)
        .map_err(SessionError::internal)?;
    let of_commit = matches!(incident.event, Event::GitPreCommit | Event::GitCommitMsg);
    if !of_commit || incident.changes.is_none() {
        return Ok(base);
    }
    let index = index::apart(&shop.project, shop.environment())?;
    let tree = yard.tree.canonicalize().map_err(SessionError::internal)?;
    for path in &index.untracked {
        let file = yard.tree.join(path.as_str());
        // Nothing else writes here yet; what a link in the copy leads to is not the copy's.
        let real = file.parent().and_then(|it| it.canonicalize().ok());
        if real.is_some_and(|it| it.starts_with(&tree)) {
            host::files::remove_tree(&file).map_err(SessionError::internal)?;
        }
    }
    for (path, bytes) in &index.staged {
        let same = digest_of(&yard.tree, path) == Some(change::Digest::of(bytes));
        // What no agent may write, such as `.kiro`, is no part of a copy either; the diff shows it.
        let verdict = shop.gate.judge_attempt_write(&yard.tree, path, bytes);
        if let (false, Verdict::Allow(permit)) = (same, verdict) {
            host::files::write_in(permit, &yard.tree, path, bytes)
                .map_err(SessionError::internal)?;
        }
    }
    Ok(landing::capture(shop, &base, yard)?.tree)
}
