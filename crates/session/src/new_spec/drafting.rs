//! `kiro spec new IDEA`: a model says in small pieces what an idea asks for, and the program makes a specification of it.
//!
//! What can be checked is checked while the model is there to mend it: the form of each answer, each example, and what the lint
//! says of the whole. A small model works each example out a second time, and a third time where the two differ; what no two of
//! the three agree on is left out.

use std::path::PathBuf;

use engine::{Cost, Fact, Mode, Outcome};
use host::clock::Stopwatch;
use host::lease::Owner;
use model::{Budget, Cancel, Message, Model, Provider, Request, Spent, Strategy};
use serde::de::DeserializeOwned;
use serde_json::Value;
use spec::{Beginning, Diagnostic, Dialect, LineIndex, NewDocument, Purpose, Spec, lint_spec};

use super::shape::{
    Answered, Kind, Questions, Rules, Settled, Shape, Shown, Wish, WorkedOut, draft,
};
use super::{dialect, free_name, ground, name_of, today, words, write};
use crate::briefing::{Briefing, Wanted};
use crate::documents;
use crate::error::{Kind as ErrorKind, SessionError};
use crate::hooking::{WrittenFile, tell_of_writes};
use crate::journal::{Journal, RunRow};
use crate::models::{self, Chain, Means};
use crate::places::{Environment, Project, SpecPlace};
use crate::planning;
use crate::run::{existing, now, open_journal};
use crate::shop::Shop;
use crate::talk;
use crate::transcript::Transcript;
use crate::view::{Front, Question, View};

/// What stands in place of a spec's path, and of a task's id, in the facts of a draft.
pub(crate) const DRAFT: &str = "spec new";

/// How often a part is asked for again because of what the lint says.
const REPAIRS: u32 = 2;

/// Most tokens of one answer.
const ANSWER_MAX: u32 = 2_048;

/// What a spec is to be made of.
#[derive(Clone, Debug)]
pub struct DraftOptions {
    /// The idea, in a person's words.
    pub idea: String,
    /// Its name; made from its title when left out.
    pub name: Option<String>,
    /// What it is for.
    pub purpose: Purpose,
    /// The form that it gets; that of the project's other specs when left out.
    pub dialect: Option<Dialect>,
    /// Whether the person is asked what the idea leaves open; what is not asked is assumed, and the spec says so.
    pub asks: bool,
    /// The model.
    pub model: Chain,
    /// What it may cost, beside the budget of the configuration.
    pub budget: Budget,
}

/// A spec that was written.
#[derive(Clone, Debug, Default)]
pub struct Drafted {
    /// Its name.
    pub name: String,
    /// Every document that was written, the requirements first, relative to the project.
    pub files: Vec<String>,
    /// The run's id in the journal.
    pub run: String,
    /// What was assumed: a question and the answer taken.
    pub assumptions: Vec<(String, String)>,
    /// What of the model's answers was left out, and why.
    pub dropped: Vec<String>,
    /// What the lint still says: code, line, message.
    pub remarks: Vec<(&'static str, usize, String)>,
    /// Turns of the model.
    pub turns: u32,
    /// What they cost.
    pub cost: Cost,
    /// Wall time in milliseconds.
    pub wall_ms: u64,
}

/// Makes a spec of an idea and writes it. What is there is never replaced.
///
/// # Errors
/// When a spec of this name is there, or the model, the rules or the journal cannot be used.
pub fn draft_spec(
    options: &DraftOptions,
    environment: &Environment,
    cancel: &Cancel,
    front: &mut dyn Front,
) -> Result<Drafted, SessionError> {
    let clock = Stopwatch::start();
    if options.idea.trim().is_empty() {
        return Err(SessionError::input("the idea is empty")
            .hint("kiro spec new \"a function that makes slugs of titles\""));
    }
    let project = Project::around(environment)?;
    let dialect = dialect(options.dialect, &project, environment)?;
    if let Some(name) = &options.name {
        free_name(name, dialect, options.purpose, &project, environment)?;
    }
    let gate = documents::gate(&project, environment)?;
    models::ensure(environment, &options.model, cancel, front)?;
    let means = Means {
        budget: options.budget,
        spent: Spent::default(),
    };
    let model = options.model.clone();
    let shop = Shop::open(environment, &project, gate, model, cancel.clone())?.within(means);
    let mut drafting = Drafting::begin(options, dialect, &shop, front)?;
    let drafted = drafting.carry_out();
    let (outcome, reason) = match &drafted {
        Ok(_) => (Outcome::Done, String::new()),
        Err(error) if error.kind == ErrorKind::Interrupted => {
            (Outcome::Interrupted, error.message.clone())
        }
        Err(error) if error.kind == ErrorKind::Refused => (Outcome::Refused, error.message.clone()),
        Err(error) => (Outcome::Incomplete, error.message.clone()),
    };
    let ended = drafting.end(outcome, &reason);
    let mut drafted = drafted?;
    ended?;
    // Of its tasks their own writing has told.
    let documents = drafted.files.iter().filter(|it| !it.ends_with("tasks.md"));
    let documents: Vec<WrittenFile> = documents.map(|it| (it.clone(), true)).collect();
    tell_of_writes(&project, environment, &documents, front)?;
    drafted.wall_ms = clock.elapsed_ms();
    Ok(drafted)
}

pub(super) struct Drafting<'a> {
    options: &'a DraftOptions,
    dialect: Dialect,
    pub(super) shop: &'a Shop,
    front: &'a mut dyn Front,
    journal: Journal,
    transcript: Transcript,
    run: String,
    system: String,
    turns: u32,
    cost: Cost,
}

/// A part as it was asked for and answered last.
struct Asked {
    text: String,
    form: Value,
    last: String,
    settled: Settled,
}

impl<'a> Drafting<'a> {
    fn begin(
        options: &'a DraftOptions,
        dialect: Dialect,
        shop: &'a Shop,
        front: &'a mut dyn Front,
    ) -> Result<Drafting<'a>, SessionError> {
        let mut journal = open_journal(&shop.project, &shop.redactor, front)?;
        let me = Owner::this().map_err(SessionError::internal)?;
        let row = RunRow {
            id: format!("draft-{}-{}", now(), me.pid),
            spec: DRAFT.to_owned(),
            started_ms: now(),
            owner: me,
        };
        journal.begin(&row).map_err(SessionError::internal)?;
        let transcripts = shop.project.state.join("transcripts");
        let path: PathBuf = transcripts.join(format!("{}.jsonl", row.id));
        let briefing = Wanted {
            words: &options.idea,
            files: &[],
            around: 0,
            ..Wanted::default()
        };
        let briefing = Briefing::in_shop(shop, briefing, &mut |view| front.show(&view))?;
        let mut drafting = Drafting {
            options,
            dialect,
            shop,
            journal,
            transcript: Transcript::open(&path, &shop.redactor)?,
            run: row.id,
            system: briefing.system(words::SYSTEM),
            turns: 0,
            cost: Cost::default(),
            front,
        };
        drafting.record(Fact::RunStarted {
            spec: DRAFT.to_owned(),
            spec_fingerprint: String::new(),
            mode: Mode::Guided,
            model: options.model.to_string(),
            only: None,
        })?;
        Ok(drafting)
    }

    fn record(&mut self, fact: Fact) -> Result<(), SessionError> {
        // What policy said on the way to this fact stands before it.
        let mut facts = self.shop.ledger.take();
        facts.push(fact);
        let facts = self
            .journal
            .cleaned(facts)
            .map_err(SessionError::internal)?;
        let appended = self.journal.append(&self.run, now(), &facts);
        appended.map_err(SessionError::internal)
    }

    fn end(&mut self, outcome: Outcome, reason: &str) -> Result<(), SessionError> {
        let path = self.transcript.path().display().to_string();
        let missing = self.transcript.broken().unwrap_or_default().to_owned();
        self.record(Fact::TranscriptKept {
            task: DRAFT.to_owned(),
            attempt: 1,
            path,
            missing,
        })?;
        self.record(Fact::RunEnded {
            outcome,
            reason: reason.to_owned(),
        })
    }

    fn carry_out(&mut self) -> Result<Drafted, SessionError> {
        let options = self.options;
        let ground = ground::look(&options.idea, self.shop, &existing(self.shop)?)?;
        let mut answers: Vec<Answered> = ground.assumed.into_iter().collect();
        let mut wish = Wish {
            idea: options.idea.trim(),
            answers: &[],
            code: &ground.code,
            language: ground.language,
            is_bugfix: options.purpose == Purpose::Bugfix,
            has_story: options.purpose != Purpose::Bugfix
                && matches!(
                    self.dialect,
                    Dialect::Kiro | Dialect::CcSdd | Dialect::SpecKit
                ),
        };
        if options.purpose != Purpose::Quick {
            answers.extend(self.clarified(&wish)?);
        }
        wish.answers = &answers;
        let shape = self.shape(&wish)?;
        let (name, day) = (self.name(&shape)?, today());
        let beginning = Beginning {
            dialect: self.dialect,
            purpose: options.purpose,
            name: &name,
            idea: wish.idea,
            day: &day,
        };
        let mut dropped = Vec::new();
        let mut parts = Vec::new();
        for place in 0..shape.parts.len() {
            parts.push(self.part(&wish, &shape, place, &mut dropped)?);
        }
        let found = self.linted(&wish, &shape, &beginning, &mut parts, &mut dropped)?;
        let settled: Vec<Settled> = parts.into_iter().map(|it| it.settled).collect();
        let whole = draft(&wish, &shape, &settled);
        let documents = whole.documents(&beginning);
        let lines = LineIndex::new(&documents[0].text);
        let remark = |it: &Diagnostic| {
            (
                it.code.as_str(),
                lines.line(it.span.start),
                it.message.clone(),
            )
        };
        let remarks = found.iter().map(remark).collect();
        let files = self.write(&beginning, &documents)?;
        Ok(Drafted {
            name: name.clone(),
            files,
            run: self.run.clone(),
            assumptions: whole.assumptions,
            dropped,
            remarks,
            turns: self.turns,
            cost: self.cost,
            wall_ms: 0,
        })
    }

    /// What the idea leaves open, asked or assumed.
    fn clarified(&mut self, wish: &Wish<'_>) -> Result<Vec<Answered>, SessionError> {
        let (text, form) = words::questions(wish);
        let (open, _): (Questions, _) = self.ask("questions", &text, &form)?;
        let mut answers = Vec::new();
        for it in open.questions {
            let question = it.question.trim().trim_end_matches(['.', ':']).to_owned();
            if question.is_empty() || it.assume.trim().is_empty() {
                continue;
            }
            let said = match self.options.asks {
                true => self.front.answer(&Question {
                    text: format!("{question} (Enter: {})", it.assume.trim()),
                    options: it.options,
                }),
                false => None,
            };
            let said = said
                .map(|it| it.trim().to_owned())
                .filter(|it| !it.is_empty());
            answers.push(Answered {
                question,
                by_person: said.is_some(),
                answer: said.unwrap_or_else(|| it.assume.trim().to_owned()),
            });
        }
        Ok(answers)
    }

    fn shape(&mut self, wish: &Wish<'_>) -> Result<Shape, SessionError> {
        let (text, form) = words::shape(wish);
        let (shape, said): (Shape, String) = self.ask("what is to be built", &text, &form)?;
        let wrong = match shape.settled(wish) {
            Ok(shape) => return Ok(shape),
            Err(wrong) => wrong,
        };
        let text = words::again(&text, &said, &wrong);
        let (shape, _): (Shape, String) = self.ask("what is to be built", &text, &form)?;
        shape.settled(wish).map_err(|wrong| {
            SessionError::internal(format!("no specification came of it: {}", wrong.join("; ")))
                .hint("say the idea in other words, or choose another model with --model")
        })
    }

    /// The rules of one part; what of its examples cannot be used is asked for once more, then left out.
    fn part(
        &mut self,
        wish: &Wish<'_>,
        shape: &Shape,
        place: usize,
        dropped: &mut Vec<String>,
    ) -> Result<Asked, SessionError> {
        let (text, form) = words::rules(wish, shape, place);
        let name = shape.parts[place].name.clone();
        let (mut rules, mut last): (Rules, String) = self.ask(&name, &text, &form)?;
        let wrong = rules.settle(shape, place).wrong;
        if !wrong.is_empty() {
            let text = words::again(&text, &last, &wrong);
            (rules, last) = self.ask(&name, &text, &form)?;
        }
        let settled = self.doubted(shape, place, rules, dropped)?;
        Ok(Asked {
            text,
            form,
            last,
            settled,
        })
    }

    /// Rules whose examples a small model works out a second time, by the rules alone. Where the answers differ it is asked a third
    /// time, for code that is run; the value on which two of three agree stands, and an example on which none do is left out.
    fn doubted(
        &mut self,
        shape: &Shape,
        place: usize,
        mut rules: Rules,
        dropped: &mut Vec<String>,
    ) -> Result<Settled, SessionError> {
        let is_small = self.shop.model()?.profile().strategy == Strategy::Slots;
        let calls: Vec<String> = rules.shown().map(|it| it.call.clone()).collect();
        if shape.kind == Kind::Functions && is_small {
            let once_more = "the examples once more";
            let second = self.worked_out(shape, place, &rules, &calls, once_more)?;
            let apart: Vec<(usize, String)> = rules
                .shown()
                .map(|it| it.gives.clone())
                .zip(second)
                .enumerate()
                .filter(|(_, (first, second))| plain(first) != plain(second))
                .map(|(at, (_, second))| (at, second))
                .collect();
            let calls: Vec<String> = apart.iter().map(|(at, _)| calls[*at].clone()).collect();
            let third = self.third(shape, place, &rules, &calls)?;
            let mut shown: Vec<&mut Shown> = rules.shown().collect();
            for ((at, second), third) in apart.into_iter().zip(third) {
                let it = &mut *shown[at];
                if plain(&third) == plain(&second) {
                    it.gives = second;
                } else if plain(&third) != plain(&it.gives) {
                    dropped.push(format!(
                        "{} → {}: worked out again it gave {second}, then {third}",
                        it.call, it.gives
                    ));
                    it.call.clear();
                }
            }
            rules.sweep();
        }
        let settled = rules.settle(shape, place);
        dropped.extend(settled.wrong.iter().cloned());
        Ok(settled)
    }

    /// What calls give by code where that can be run, else in words; nothing is asked where there are none.
    fn third(
        &mut self,
        shape: &Shape,
        place: usize,
        rules: &Rules,
        calls: &[String],
    ) -> Result<Vec<String>, SessionError> {
        if calls.is_empty() {
            return Ok(Vec::new());
        }
        match self.computed(shape, place, rules, calls)? {
            Some(values) => Ok(values),
            None => self.worked_out(shape, place, rules, calls, "what is doubtful"),
        }
    }

    /// The run's id in the journal.
    pub(super) fn run_id(&self) -> &str {
        &self.run
    }

    /// What the model says that calls give by the rules; nothing is asked where there are none.
    fn worked_out(
        &mut self,
        shape: &Shape,
        place: usize,
        rules: &Rules,
        calls: &[String],
        slot: &str,
    ) -> Result<Vec<String>, SessionError> {
        if calls.is_empty() {
            return Ok(Vec::new());
        }
        let (text, form) = words::worked_out(shape, place, rules, calls);
        let (said, _): (WorkedOut, _) = self.ask(slot, &text, &form)?;
        Ok(said.answers.into_iter().map(|it| it.gives).collect())
    }

    /// The whole, with the parts asked for again that the lint has remarks on; what it says in the end.
    fn linted(
        &mut self,
        wish: &Wish<'_>,
        shape: &Shape,
        beginning: &Beginning<'_>,
        parts: &mut [Asked],
        dropped: &mut Vec<String>,
    ) -> Result<Vec<Diagnostic>, SessionError> {
        for round in 0.. {
            let settled: Vec<Settled> = parts.iter().map(|it| it.settled.clone()).collect();
            let text = draft(wish, shape, &settled).requirements(beginning);
            let spec = Spec::parse("draft", &text);
            let found = lint_spec(&spec, &text);
            if found.is_empty() || round == REPAIRS {
                return Ok(found);
            }
            let mut of_parts: Vec<Vec<String>> = vec![Vec::new(); parts.len()];
            for it in &found {
                let at = spec
                    .requirements
                    .iter()
                    .position(|one| one.span.contains(&it.span.start));
                let at = at.unwrap_or(0).min(parts.len().saturating_sub(1));
                if let Some(list) = of_parts.get_mut(at) {
                    list.push(it.message.clone());
                }
            }
            for (place, wrong) in of_parts
                .into_iter()
                .enumerate()
                .filter(|it| !it.1.is_empty())
            {
                let part = &mut parts[place];
                let again = words::again(&part.text, &part.last, &wrong);
                let form = part.form.clone();
                let (rules, last): (Rules, String) =
                    self.ask(&shape.parts[place].name, &again, &form)?;
                part.settled = self.doubted(shape, place, rules, dropped)?;
                part.last = last;
            }
        }
        Err(SessionError::internal("the lint never ended"))
    }

    /// The spec's name: the given one, or made from the title that the model gave it.
    fn name(&self, shape: &Shape) -> Result<String, SessionError> {
        let (options, shop) = (self.options, self.shop);
        let done = match (self.dialect, options.purpose) {
            (Dialect::OpenSpecChange, Purpose::Bugfix) => "fix-",
            (Dialect::OpenSpecChange, _) => "add-",
            _ => "",
        };
        let own = options.name.clone();
        let name = own.unwrap_or_else(|| match name_of(&shape.title) {
            name if name.starts_with(done) => name,
            name => format!("{done}{name}"),
        });
        let environment = shop.environment();
        free_name(
            &name,
            self.dialect,
            options.purpose,
            &shop.project,
            environment,
        )
    }

    /// Writes the documents, and with several the tasks beside them. One that is there by now is not replaced.
    fn write(
        &mut self,
        beginning: &Beginning<'_>,
        documents: &[NewDocument],
    ) -> Result<Vec<String>, SessionError> {
        let shop = self.shop;
        for it in documents {
            write(&shop.project, &shop.gate, it)?;
        }
        let mut files: Vec<String> = documents.iter().map(|it| it.path.clone()).collect();
        if self.dialect == Dialect::Native {
            return Ok(files);
        }
        let place = SpecPlace::find(beginning.name, shop.environment())?;
        let (_, spec) = documents::spec(&place)?;
        let wish = planning::Wish::default();
        let planned = planning::write(&place, &spec, shop, &mut self.journal, &wish, self.front);
        match &planned {
            Ok(_) => {
                let made = [place.plan(), place.tasks()];
                files.extend(
                    made.into_iter()
                        .filter(|it| !documents.iter().any(|one| one.path == *it)),
                );
            }
            Err(error) => self
                .front
                .show(&View::Warning(format!("there are no tasks yet: {error}"))),
        }
        if let Some(state) = beginning.state(true, planned.is_ok()) {
            write(&shop.project, &shop.gate, &state)?;
            files.push(state.path);
        }
        Ok(files)
    }

    /// Asks for one answer in a form; one that cannot be read is asked for once more.
    fn ask<T: DeserializeOwned>(
        &mut self,
        slot: &str,
        text: &str,
        form: &Value,
    ) -> Result<(T, String), SessionError> {
        let first = self.turn(slot, text, Some(form))?;
        let wrong = match read(&first) {
            Ok(value) => return Ok((value, first)),
            Err(wrong) => wrong,
        };
        let again = words::again(text, &first, &[wrong]);
        let second = self.turn(slot, &again, Some(form))?;
        match read(&second) {
            Ok(value) => Ok((value, second)),
            Err(wrong) => Err(SessionError::internal(format!(
                "the model's answer on {slot} cannot be read: {wrong}"
            ))
            .hint("try it again, or choose another model with --model")),
        }
    }

    /// One answer, in a form where one is given.
    pub(super) fn turn(
        &mut self,
        slot: &str,
        text: &str,
        form: Option<&Value>,
    ) -> Result<String, SessionError> {
        let model = self.shop.model()?;
        // Only the built-in model is held to the form; the others are told it.
        let text = match form.filter(|_| model.id().provider() != Provider::Local) {
            None => text.to_owned(),
            Some(form) => format!("{text}\n\nThe answer keeps this JSON schema:\n{form}"),
        };
        self.turns += 1;
        let route = format!("turn {}", self.turns);
        self.front.show(&View::Asking {
            slot: slot.to_owned(),
            route: route.clone(),
        });
        let message = Message::user(text);
        self.transcript.keep(0, &message);
        let request = Request {
            system: match form {
                Some(_) => self.system.clone(),
                None => String::new(),
            },
            messages: vec![message],
            tools: Vec::new(),
            max_tokens: ANSWER_MAX.min(model.profile().output_tokens_max),
            temperature: 0.0,
            seed: u64::from(self.turns),
            stop: Vec::new(),
            schema: form.cloned(),
        };
        let clock = Stopwatch::start();
        let front = &mut *self.front;
        let reply = Model::stream(&*model, &request, &self.shop.cancel, &mut |delta| {
            if let Some(view) = View::streamed(delta) {
                front.show(&view);
            }
        })
        .map_err(models::failed)?;
        self.transcript
            .keep(0, &Message::assistant(reply.text.clone()));
        let wall = std::time::Duration::from_millis(clock.elapsed_ms());
        let cost = talk::cost(reply.usage, wall);
        self.cost += cost;
        self.record(Fact::TurnEnded {
            task: DRAFT.to_owned(),
            attempt: 1,
            route: route.clone(),
            slot: slot.to_owned(),
            cost,
            result: "an answer in words".to_owned(),
        })?;
        self.front.show(&View::Tried {
            slot: slot.to_owned(),
            route,
            result: "answered".to_owned(),
            cost,
        });
        Ok(reply.text)
    }
}

/// An answer as a value: the JSON in it, whatever stands around.
fn read<T: DeserializeOwned>(text: &str) -> Result<T, String> {
    let (start, end) = (text.find('{'), text.rfind('}'));
    let json = match (start, end) {
        (Some(start), Some(end)) if start < end => &text[start..=end],
        _ => return Err("it holds no JSON object".to_owned()),
    };
    serde_json::from_str(json).map_err(|error| error.to_string())
}

/// A value as it is compared: without spaces and the marks of a text.
fn plain(value: &str) -> String {
    value
        .chars()
        .filter(|c| !c.is_whitespace() && !matches!(c, '"' | '\''))
        .collect()
}
