//! `kiro chat -p`: one request of a person, carried out by a model with tools.
//!
//! It is a transaction as a task is: the model works in a worktree on a snapshot of the folder, what it changed is one
//! changeset, policy judges it, a person answers or Autopilot does, and it lands as a whole or not at all. What a model
//! left half done, because it gave up, reached a limit or was interrupted, does not land. The journal has it as a run
//! without a spec.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::Sender;

use agent::{Conversation, Ended, Job, TurnLimits};
use change::{Changeset, visible};
use engine::{Answer, Answerer, Cost, Fact, Judgement, Mode, Outcome};
use host::clock::Stopwatch;
use host::lease::Owner;
use host::shadow::{Captured, TreeId};
use model::{Budget, Cancel, Image, Spent};
use policy::{Permit, Verdict};
use tools::Person;

use crate::briefing::{Briefing, Pictures, Wanted};
use crate::conversation::{Exchange, with_earlier};
use crate::documents;
use crate::error::{Kind, SessionError};
use crate::hooking::{Hooked, after_chat, before_prompt};
use crate::journal::{Journal, RunRow};
use crate::models::{self, Chain, Means};
use crate::person::Distant;
use crate::pictures::{self, GivenPicture, Pictured, ShownPicture};
use crate::places::{Environment, Project};
use crate::run::walls::look_at_walls;
use crate::run::{landing, now, open_journal, snapshot};
use crate::servers;
use crate::shop::{Shop, Yard};
use crate::spec_tools::SpecTools;
use crate::stale;
use crate::talk::{self, Heard, Pass, Talk, TurnTold};
use crate::toolbox;
use crate::transcript::Transcript;
use crate::view::{Decision, Front, Offers, Review, View};

/// What stands in place of a spec's path, and of a task's id, in the facts of a chat.
pub(crate) const CHAT: &str = "chat";

pub(crate) const SYSTEM: &str = "\
You help a person with the project in a folder. You work in a copy of it: what you change is shown to the person as \
one diff and brought in when they or their rules agree. Say in the end, briefly, what they should know.";

/// What is asked.
#[derive(Clone, Debug)]
pub struct ChatOptions {
    /// The person's words.
    pub prompt: String,
    /// What was said before it.
    pub earlier: Vec<Exchange>,
    /// Pictures that are given along, beside those that the words mention.
    pub pictures: Vec<GivenPicture>,
    /// Whether changes wait for an answer.
    pub mode: Mode,
    /// The model.
    pub model: Chain,
    /// What it may cost, beside the budget of the configuration.
    pub budget: Budget,
}

/// A call that the model made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChatCall {
    /// 0 for the model itself, else the helper that it delegated to.
    pub agent: u32,
    /// The tool.
    pub tool: String,
    /// The answer in one line.
    pub summary: String,
    /// Whether it failed.
    pub failed: bool,
}

/// What came of it.
#[derive(Clone, Debug)]
pub struct ChatResult {
    /// The run's id in the journal.
    pub run: String,
    /// The model's last words.
    pub text: String,
    /// How it ended.
    pub outcome: Outcome,
    /// Why it ended so; empty when all is well.
    pub reason: String,
    /// The calls, in order.
    pub calls: Vec<ChatCall>,
    /// Pictures of this request that the model was shown.
    pub pictures: Vec<Pictured>,
    /// Files that the model changed.
    pub files: Vec<String>,
    /// Whether these changes stand in the folder.
    pub applied: bool,
    /// The changes as a diff, made safe to print.
    pub diff: String,
    /// Turns of the model and its helpers.
    pub turns: u32,
    /// What they cost.
    pub cost: Cost,
    /// Where the whole transcript stands.
    pub transcript: PathBuf,
    /// Wall time in milliseconds.
    pub wall_ms: u64,
}

/// Carries out one request in the current folder's project.
///
/// # Errors
/// When the folder, the rules, the journal or the model cannot be used. How it ended is no error but an [`Outcome`].
pub fn chat(
    options: &ChatOptions,
    environment: &Environment,
    cancel: &Cancel,
    front: &mut dyn Front,
) -> Result<ChatResult, SessionError> {
    if options.prompt.trim().is_empty() {
        return Err(SessionError::input("the prompt is empty").hint("kiro chat -p \"what to do\""));
    }
    let shows = pictures::wants(&options.prompt, &options.pictures);
    if shows && !models::takes_images(environment, &options.model)? {
        return Err(models::no_images(&options.model));
    }
    let clock = Stopwatch::start();
    let project = Project::around(environment)?;
    let gate = documents::gate(&project, environment)?;
    models::ensure(environment, &options.model, cancel, front)?;
    let shop = Shop::open(
        environment,
        &project,
        gate,
        options.model.clone(),
        cancel.clone(),
    )?
    .within(Means {
        budget: options.budget,
        spent: Spent::default(),
    });
    look_at_walls(&shop, options.mode, environment, front)?;
    let mut chat = Chat::begin(options, &shop, front)?;
    let result = chat.carry_out(options);
    // Nothing goes on with a chat, so its worktree goes however it ended.
    let removed = host::files::remove_tree(&chat.folder()).map_err(SessionError::internal);
    let mut result = match result {
        Ok(result) => result,
        Err(error) => {
            // The journal must not say that it goes on; the first error is the one to tell.
            let ended = chat.end(outcome_of(&error), &error.message);
            return Err(ended.err().unwrap_or(error));
        }
    };
    chat.end(result.outcome, &result.reason)?;
    removed?;
    after_chat(&shop, chat.landed.as_ref(), chat.front)?;
    result.wall_ms = clock.elapsed_ms();
    Ok(result)
}

fn outcome_of(error: &SessionError) -> Outcome {
    match error.kind {
        Kind::Interrupted => Outcome::Interrupted,
        Kind::Refused => Outcome::Refused,
        _ => Outcome::Incomplete,
    }
}

struct Chat<'a> {
    run: String,
    mode: Mode,
    shop: &'a Shop,
    journal: Journal,
    front: &'a mut dyn Front,
    calls: Vec<ChatCall>,
    pictures: Vec<Pictured>,
    cost: Cost,
    /// What was brought in.
    landed: Option<Changeset>,
}

impl<'a> Chat<'a> {
    fn begin(
        options: &ChatOptions,
        shop: &'a Shop,
        front: &'a mut dyn Front,
    ) -> Result<Chat<'a>, SessionError> {
        let journal = open_journal(&shop.project, &shop.redactor, front)?;
        let me = Owner::this().map_err(SessionError::internal)?;
        let row = RunRow {
            id: format!("{CHAT}-{}-{}", now(), me.pid),
            spec: CHAT.to_owned(),
            started_ms: now(),
            owner: me,
        };
        let mut chat = Chat {
            run: row.id.clone(),
            mode: options.mode,
            shop,
            journal,
            front,
            calls: Vec::new(),
            pictures: Vec::new(),
            cost: Cost::default(),
            landed: None,
        };
        chat.journal.begin(&row).map_err(SessionError::internal)?;
        chat.record(Fact::RunStarted {
            spec: CHAT.to_owned(),
            spec_fingerprint: String::new(),
            mode: options.mode,
            model: options.model.to_string(),
            only: None,
        })?;
        Ok(chat)
    }

    fn record(&mut self, fact: Fact) -> Result<(), SessionError> {
        // What policy said on the way to this fact stands before it.
        let mut facts = self.shop.ledger.take();
        facts.push(fact);
        let facts = self
            .journal
            .cleaned(facts)
            .map_err(SessionError::internal)?;
        self.journal
            .append(&self.run, now(), &facts)
            .map_err(SessionError::internal)?;
        for fact in facts {
            self.front.show(&View::Recorded(fact));
        }
        Ok(())
    }

    fn end(&mut self, outcome: Outcome, reason: &str) -> Result<(), SessionError> {
        self.record(Fact::RunEnded {
            outcome,
            reason: reason.to_owned(),
        })
    }

    fn folder(&self) -> PathBuf {
        self.shop.project.state.join("attempts").join(&self.run)
    }

    fn carry_out(&mut self, options: &ChatOptions) -> Result<ChatResult, SessionError> {
        let base = snapshot(self.shop)?;
        let yard = Yard::fresh(&self.folder())?;
        self.shop
            .shadow
            .checkout(&base, &yard.tree)
            .map_err(SessionError::internal)?;
        self.record(Fact::AttemptStarted {
            task: CHAT.to_owned(),
            attempt: 1,
            base: base.to_string(),
        })?;
        let transcript = self.shop.project.state.join("transcripts");
        let transcript = transcript.join(format!("{}.jsonl", self.run));
        let mut kept = Transcript::open(&transcript, &self.shop.redactor)?;
        let (briefing, prompt) = self.briefed(options)?;
        let (ended, turns) = self.talk(&briefing, &prompt, &yard, &mut kept)?;
        self.record(Fact::TranscriptKept {
            task: CHAT.to_owned(),
            attempt: 1,
            path: transcript.display().to_string(),
            missing: kept.broken().unwrap_or_default().to_owned(),
        })?;
        let stopped = talk::stopped(&ended)?;
        let captured = landing::capture(self.shop, &base, &yard)?;
        if let Some(warning) = landing::left_out(&captured) {
            self.front.show(&View::Warning(warning));
        }
        let changes = &captured.changes;
        let (outcome, reason) = match stopped {
            Some(why) if changes.is_empty() => (Outcome::Incomplete, why),
            Some(why) => (
                Outcome::Incomplete,
                format!("{why}; what it had changed by then was not brought in"),
            ),
            None if changes.is_empty() => (Outcome::Done, String::new()),
            None => self.land(&base, &captured)?,
        };
        let text = match ended {
            Ended::Finished { text } | Ended::GaveUp { text, .. } => text,
            _ => String::new(),
        };
        Ok(ChatResult {
            run: self.run.clone(),
            text,
            outcome,
            reason,
            calls: std::mem::take(&mut self.calls),
            pictures: std::mem::take(&mut self.pictures),
            files: changes.paths().map(ToString::to_string).collect(),
            applied: outcome == Outcome::Done && !changes.is_empty(),
            diff: changes.display(),
            turns,
            cost: self.cost,
            transcript,
            wall_ms: 0,
        })
    }

    /// How much of what was said before the model is told, in bytes: a quarter of what it can hold.
    fn room(&self) -> Result<usize, SessionError> {
        let tokens = self.shop.model()?.profile().context_tokens;
        Ok(usize::try_from(tokens).unwrap_or(usize::MAX))
    }

    /// What the model is told beside the request, and the request with what was said before it.
    fn briefed(&mut self, options: &ChatOptions) -> Result<(Briefing, String), SessionError> {
        let words = &options.prompt;
        let prompt = before_prompt(self.shop, words, self.front)?;
        let prompt = servers::looked_up(self.shop, &prompt, &self.shop.cancel)?;
        let prompt = with_earlier(&prompt, &options.earlier, self.room()?);
        let earlier: Vec<&Pictured> = match self.shop.model()?.profile().images {
            true => options.earlier.iter().flat_map(|it| &it.pictures).collect(),
            false => Vec::new(),
        };
        let wanted = Wanted {
            words,
            pictures: Some(Pictures {
                given: &options.pictures,
                earlier: &earlier,
            }),
            ..Wanted::default()
        };
        let front = &mut *self.front;
        let briefing = Briefing::in_shop(self.shop, wanted, &mut |view| front.show(&view))?;
        self.pictured(&briefing);
        Ok((briefing, prompt))
    }

    /// Notes which pictures are shown, by name and digest: for the journal, and for who keeps the conversation.
    fn pictured(&mut self, briefing: &Briefing) {
        for shown in briefing.pictures() {
            let pictured = shown.pictured();
            self.shop.ledger.ruled(tools::Ruling {
                act: format!(
                    "show the picture {} (sha256 {}) to the model",
                    visible(&pictured.name),
                    pictured.sha256
                ),
                answer: policy::shell::Answer::Allow,
                rule: match &shown.rule {
                    Some(rule) => rule.clone(),
                    None => "the person gave it along".to_owned(),
                },
                used: true,
            });
        }
        let own = briefing.told().filter(|it| it.kind == pictures::PICTURE);
        let own = own.filter_map(|it| it.picture.as_ref());
        self.pictures = own.map(ShownPicture::pictured).collect();
    }

    /// Lets the model work on a thread of its own, and records and shows what it reports.
    fn talk(
        &mut self,
        briefing: &Briefing,
        prompt: &str,
        yard: &Yard,
        transcript: &mut Transcript,
    ) -> Result<(Ended, u32), SessionError> {
        let shop = self.shop;
        let (system, prompt) = (briefing.system(SYSTEM), briefing.message(prompt));
        let images: Vec<Image> = briefing.pictures().map(|it| it.image.clone()).collect();
        let work = |sender| {
            let model = shop.model()?;
            let person = Distant::behind(Sender::clone(&sender), Heard::Asked, &shop.approvals);
            let tools = SpecTools::beside(toolbox::of_yard(shop, yard, &[], person)?, shop, yard);
            let person = Distant::behind(Sender::clone(&sender), Heard::Asked, &shop.approvals);
            // The receiver outlives the conversation.
            let mut tell = |view| drop(sender.send(Heard::View(view)));
            let tools =
                servers::beside(shop, tools, Arc::from(person as Box<dyn Person>), &mut tell)?;
            let tools = Hooked::over(&tools, shop)?;
            let mut conversation = Conversation::new(Job {
                model: &*model,
                toolbox: &tools,
                system: &system,
                limits: TurnLimits::default(),
                cancel: &shop.cancel,
                seed: 0,
                delegates: true,
            });
            let mut ear = Pass(sender);
            let mut talk = Talk::new(CHAT, &mut ear, transcript);
            let ended = conversation.ask_about(&prompt, images, &mut talk);
            Ok((ended, conversation.spent().turns))
        };
        talk::listening(work, &shop.cancel, &mut |heard| self.hear(heard))
    }

    fn hear(&mut self, heard: Heard) -> Result<(), SessionError> {
        match heard {
            Heard::View(view) => self.show(view),
            Heard::Asked(asked) => asked.put_to(self.front),
            Heard::Turn(turn) => self.turn(turn)?,
        }
        Ok(())
    }

    fn show(&mut self, view: View) {
        if let View::Called {
            agent,
            tool,
            summary,
            failed,
        } = &view
        {
            self.calls.push(ChatCall {
                agent: *agent,
                tool: tool.clone(),
                summary: summary.clone(),
                failed: *failed,
            });
        }
        self.front.show(&view);
    }

    fn turn(&mut self, turn: TurnTold) -> Result<(), SessionError> {
        self.cost += turn.cost;
        self.record(Fact::TurnEnded {
            task: CHAT.to_owned(),
            attempt: 1,
            route: format!("turn {}", turn.turn),
            slot: CHAT.to_owned(),
            cost: turn.cost,
            result: turn.result,
        })
    }

    /// Judges, asks, applies.
    fn land(
        &mut self,
        base: &TreeId,
        captured: &Captured,
    ) -> Result<(Outcome, String), SessionError> {
        let (tree, changes) = (&captured.tree, &captured.changes);
        self.record(Fact::Proposed {
            task: CHAT.to_owned(),
            proposal: landing::proposal(base, captured, 0),
        })?;
        let permit = match self.permit(changes)? {
            Ok(permit) => permit,
            Err(end) => return Ok(end),
        };
        landing::pin(self.shop, &self.run, base, tree)?;
        self.record(Fact::ApplyIntended {
            task: CHAT.to_owned(),
            base: base.to_string(),
            tree: tree.to_string(),
        })?;
        let task = CHAT.to_owned();
        match host::files::apply(permit, &self.shop.project.root, changes) {
            Ok(applied) => {
                let landing = applied.landing;
                self.record(stale::applied(task, &landing, changes))?;
                self.landed = Some(landing.changes);
                Ok((Outcome::Done, String::new()))
            }
            Err(error) => {
                let reason = error.to_string();
                self.record(Fact::ApplyFailed {
                    task,
                    reason: reason.clone(),
                })?;
                Ok((Outcome::Incomplete, reason))
            }
        }
    }

    /// Leave to bring the changes in, or how it ends without.
    fn permit(
        &mut self,
        changes: &Changeset,
    ) -> Result<Result<Permit, (Outcome, String)>, SessionError> {
        let verdict = self.shop.gate.judge_changes(changes, &[], &[]);
        let judgement = landing::judgement(&verdict);
        let reasons = match &judgement {
            Judgement::Ask(reasons) => reasons.clone(),
            _ => Vec::new(),
        };
        self.record(Fact::Judged {
            task: CHAT.to_owned(),
            judgement,
        })?;
        let permit = match verdict {
            Verdict::Deny(reasons) => {
                return Ok(Err((Outcome::Refused, landing::refusal(&reasons))));
            }
            Verdict::Allow(permit) if self.mode == Mode::Autopilot => {
                self.front.show(&View::Diff {
                    task: CHAT.to_owned(),
                    changes: changes.clone(),
                });
                self.answered(Answer::Approve, Answerer::Rules)?;
                return Ok(Ok(permit));
            }
            Verdict::Allow(permit) => permit,
            Verdict::Ask(ask) => ask.approved(),
        };
        Ok(self.asked(changes, reasons)?.map(|()| permit))
    }

    /// Asks a person about the changes.
    fn asked(
        &mut self,
        changes: &Changeset,
        reasons: Vec<String>,
    ) -> Result<Result<(), (Outcome, String)>, SessionError> {
        let review = Review {
            spec: None,
            task: CHAT.to_owned(),
            title: "what the model changed".to_owned(),
            changes: changes.clone(),
            reasons: reasons.clone(),
            evidence: "nothing was checked: a chat has no spec".to_owned(),
            offers: Offers::default(),
        };
        let answer = self.front.ask(&review, &mut || None);
        if self.shop.cancel.is_cancelled() {
            return Err(SessionError::new(Kind::Interrupted, "interrupted"));
        }
        match answer {
            Some(Decision::Approve) => {
                self.answered(Answer::Approve, Answerer::Person)?;
                Ok(Ok(()))
            }
            Some(decision) => {
                self.answered(decision.answer(), Answerer::Person)?;
                Ok(Err((
                    Outcome::Stopped,
                    "you did not want the changes".to_owned(),
                )))
            }
            None => {
                self.record(Fact::Unanswered {
                    task: CHAT.to_owned(),
                })?;
                let mut reason = "the changes need an approval and nobody is there".to_owned();
                if !reasons.is_empty() {
                    reason.push_str(&format!(": {}", reasons.join("; ")));
                }
                Ok(Err((Outcome::Refused, reason)))
            }
        }
    }

    fn answered(&mut self, answer: Answer, by: Answerer) -> Result<(), SessionError> {
        self.record(Fact::Answered {
            task: CHAT.to_owned(),
            answer,
            by,
            remark: String::new(),
        })
    }
}
