//! The loop: ask, carry out, tell, ask again.

mod calls;
mod cuts;
mod pictures;

use std::time::Instant;

use model::{Call, CallResult, Image, Message, ModelError, Reply, Request, Role, Stop};
use serde_json::{Value, json};
use tools::Answer;

use self::pictures::Wall;
use super::kit::Kit;
use super::limits::Meter;
use super::room::{self, Gauge};
use super::watch::{Watch, does_nothing};
use super::{AgentEvent, Ended, GaveUp, Job, Ledger, Spent, Watcher, fenced, prompt};

/// How often an answer that broke off is asked for again before that is the end.
const BROKEN_MAX: u32 = 2;

/// How many answers in a row may be cut off at their length limit, or hold calls that cannot be read.
const NO_USE_MAX: u32 = 3;

/// Most turns of one subagent.
const SUBAGENT_TURNS: u32 = 40;

/// A conversation with a model that calls tools.
pub struct Conversation<'a> {
    job: Job<'a>,
    kit: Kit<'a>,
    request: Request,
    ledger: Ledger,
    meter: Meter,
    gauge: Gauge,
    circles: Watch,
    /// This agent's number; 0 unless it is a subagent.
    agent: u32,
    subagents: u32,
    told: Told,
    /// Words of an answer that goes on in the next one.
    begun: String,
}

/// What the model was told of its last turns.
#[derive(Default)]
struct Told {
    nothing_done: bool,
    circle: bool,
    no_use: u32,
}

/// What an answer asks for.
enum Asked {
    /// Calls, as the provider gave them or as they were read from the text.
    Calls { calls: Vec<Call>, native: bool },
    /// Calls of an answer that was cut off: none may be made.
    Half(Vec<Call>),
    /// Calls in the text that cannot be made, with what to tell the model.
    Unreadable(String),
    /// Nothing: it is words.
    Words,
}

impl<'a> Conversation<'a> {
    /// A conversation in which nothing was said yet.
    pub fn new(job: Job<'a>) -> Conversation<'a> {
        Conversation::numbered(job, 0)
    }

    fn numbered(job: Job<'a>, agent: u32) -> Conversation<'a> {
        let kit = Kit::new(job.toolbox, job.delegates);
        let profile = job.model.profile();
        let system = prompt::system(job.system, &kit, profile.native_tools);
        let tools = match profile.native_tools {
            true => kit.specs().to_vec(),
            false => Vec::new(),
        };
        let described: usize = tools
            .iter()
            .map(|it| it.name.len() + it.description.len() + it.parameters.to_string().len())
            .sum();
        let max_tokens = profile.output_tokens_max.min(profile.context_tokens / 2);
        let gauge = Gauge::new(profile.context_tokens, max_tokens, system.len() + described);
        let request = Request {
            system,
            messages: Vec::new(),
            tools,
            max_tokens,
            temperature: 0.0,
            seed: job.seed,
            stop: Vec::new(),
            schema: None,
        };
        Conversation {
            meter: Meter::new(job.limits),
            job,
            kit,
            request,
            ledger: Ledger::default(),
            gauge,
            circles: Watch::default(),
            agent,
            subagents: 0,
            told: Told::default(),
            begun: String::new(),
        }
    }

    /// What is known of the work.
    pub fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// What was used so far, by subagents too.
    pub fn spent(&self) -> Spent {
        self.meter.spent()
    }

    /// Says something to the model and lets it work until it comes to rest.
    pub fn ask(&mut self, text: &str, watcher: &mut dyn Watcher) -> Ended {
        self.ask_about(text, Vec::new(), watcher)
    }

    /// The same about pictures, which the model must take.
    pub fn ask_about(
        &mut self,
        text: &str,
        images: Vec<Image>,
        watcher: &mut dyn Watcher,
    ) -> Ended {
        self.ledger.ask(text);
        self.told = Told::default();
        self.circles.forget();
        self.show(text, images, watcher);
        let mut broken = 0;
        let mut squeezed = false;
        loop {
            if self.job.cancel.is_cancelled() {
                return Ended::Cancelled;
            }
            if let Some(limit) = self.meter.reached() {
                return Ended::Spent(limit);
            }
            self.make_room(watcher);
            let reply = match self.turn(watcher) {
                Ok(reply) => reply,
                Err(ModelError::Cancelled) => return Ended::Cancelled,
                Err(ModelError::TooLong { .. }) if !squeezed => {
                    squeezed = true;
                    room::cut_results(&mut self.request.messages, &mut self.gauge);
                    self.cut_turns(false, watcher);
                    continue;
                }
                Err(error @ ModelError::Broken { .. }) if broken < BROKEN_MAX => {
                    broken += 1;
                    let why = error.to_string();
                    watcher.event(self.agent, AgentEvent::AskedAgain { why });
                    continue;
                }
                Err(error) => return Ended::Failed(error),
            };
            broken = 0;
            if let Some(ended) = self.take(reply, watcher) {
                return ended;
            }
        }
    }

    fn turn(&mut self, watcher: &mut dyn Watcher) -> Result<Reply, ModelError> {
        let (agent, turn) = (self.agent, self.meter.spent().turns + 1);
        let tokens = self.gauge.tokens();
        watcher.event(agent, AgentEvent::TurnBegan { turn, tokens });
        let started = Instant::now();
        let mut on = |delta| watcher.event(agent, AgentEvent::Streaming(delta));
        let reply = self
            .job
            .model
            .stream(&self.request, self.job.cancel, &mut on)?;
        let wall = started.elapsed();
        self.gauge.counted(reply.usage.input_tokens);
        self.meter.add(reply.usage, wall);
        let ended = AgentEvent::TurnEnded {
            turn,
            usage: reply.usage,
            wall,
            calls: reply.calls.len(),
        };
        watcher.event(agent, ended);
        Ok(reply)
    }

    /// Does what an answer asks for; gives how it ended when it did.
    fn take(&mut self, mut reply: Reply, watcher: &mut dyn Watcher) -> Option<Ended> {
        let asked = self.asked(&mut reply);
        let (stop, text) = (reply.stop, reply.text.clone());
        let says_nothing = reply.text.trim().is_empty() && reply.calls.is_empty();
        if !says_nothing {
            // What a provider wants back unchanged belongs to an answer; without one there is nothing to send.
            self.push(reply.into_message(), watcher);
        }
        if stop == Stop::Refused {
            let why = GaveUp::Refused;
            return Some(Ended::GaveUp { why, text });
        }
        match asked {
            Asked::Calls { calls, native } => self.carry_out(calls, native, text, watcher),
            Asked::Half(calls) => {
                let answers = calls
                    .iter()
                    .map(|_| Answer::failed(prompt::CUT_CALLS))
                    .collect();
                self.tell(&calls, answers, true, watcher);
                self.no_use(GaveUp::CutOff, text)
            }
            Asked::Unreadable(why) => {
                self.say(&why, watcher);
                self.no_use(GaveUp::Unreadable, text)
            }
            Asked::Words if stop == Stop::Length && !says_nothing => {
                self.begun.push_str(&text);
                self.say(prompt::GO_ON, watcher);
                let ended = self.no_use(GaveUp::CutOff, text);
                if ended.is_some() {
                    self.begun.clear();
                }
                ended
            }
            Asked::Words => self.words(text, watcher),
        }
    }

    fn asked(&self, reply: &mut Reply) -> Asked {
        if !reply.calls.is_empty() {
            let half = reply.stop == Stop::Length;
            let calls = reply.calls.clone();
            for call in &mut reply.calls {
                call.arguments = readable(std::mem::take(&mut call.arguments));
            }
            return match half {
                true => Asked::Half(calls),
                false => Asked::Calls {
                    calls,
                    native: true,
                },
            };
        }
        let found = fenced::read(&reply.text, &|name| self.kit.has(name));
        if found.open {
            return Asked::Unreadable(match reply.stop {
                Stop::Length => prompt::CUT_TEXT_CALLS.to_owned(),
                _ => {
                    "Your call does not end: its JSON is not whole, so nothing was run.".to_owned()
                }
            });
        }
        if !found.broken.is_empty() {
            let why = found.broken.join("; ");
            return Asked::Unreadable(format!(
                "A call in your answer cannot be read, so nothing was run: {why}. Write it as \
                 {{\"name\": \"NAME\", \"arguments\": {{}}}} in a fence labelled `tool`."
            ));
        }
        if found.calls.is_empty() {
            return Asked::Words;
        }
        let turn = self.meter.spent().turns;
        let calls = found.calls.into_iter().enumerate().map(|(at, it)| Call {
            id: format!("text_{turn}_{}", at + 1),
            name: it.name,
            arguments: it.arguments,
        });
        Asked::Calls {
            calls: calls.collect(),
            native: false,
        }
    }

    /// An answer in words: the end, unless it does nothing and the model was not yet told so.
    fn words(&mut self, text: String, watcher: &mut dyn Watcher) -> Option<Ended> {
        let text = std::mem::take(&mut self.begun) + &text;
        if !does_nothing(&text) {
            return Some(Ended::Finished { text });
        }
        let why = GaveUp::NothingDone;
        if self.told.nothing_done {
            return Some(Ended::GaveUp { why, text });
        }
        self.told.nothing_done = true;
        watcher.event(self.agent, AgentEvent::Nudged(why));
        self.say(prompt::NOTHING_DONE, watcher);
        None
    }

    /// An answer of which nothing could be made; too many in a row are the end.
    fn no_use(&mut self, why: GaveUp, text: String) -> Option<Ended> {
        self.told.no_use += 1;
        (self.told.no_use >= NO_USE_MAX).then_some(Ended::GaveUp { why, text })
    }

    fn carry_out(
        &mut self,
        calls: Vec<Call>,
        native: bool,
        text: String,
        watcher: &mut dyn Watcher,
    ) -> Option<Ended> {
        self.told.nothing_done = false;
        self.told.no_use = 0;
        self.begun.clear();
        let answers = self.answers(&calls, watcher);
        let turns = calls.iter().zip(&answers);
        let circle = self.circles.turned(turns.map(|(call, answer)| {
            (
                call.name.as_str(),
                call.arguments.as_str(),
                answer.text.as_str(),
            )
        }));
        self.tell(&calls, answers, native, watcher);
        let length = circle?;
        let why = GaveUp::Circle;
        if self.told.circle {
            return Some(Ended::GaveUp { why, text });
        }
        self.told.circle = true;
        self.circles.forget();
        watcher.event(self.agent, AgentEvent::Nudged(why));
        self.say(&prompt::circle(length), watcher);
        None
    }

    /// Tells the model what came of its calls.
    fn tell(
        &mut self,
        calls: &[Call],
        answers: Vec<Answer>,
        native: bool,
        watcher: &mut dyn Watcher,
    ) {
        let mut wall = Wall::of(&self.request, self.job.model.profile().images);
        let pairs = calls.iter().zip(answers).map(|(call, mut answer)| {
            let images = wall.hang(&call.name, &mut answer);
            (call, answer, images)
        });
        if native {
            let results = pairs.map(|(call, answer, images)| CallResult {
                id: call.id.clone(),
                text: answer.text,
                images,
                failed: answer.failed,
            });
            return self.push(Message::results(results.collect()), watcher);
        }
        let mut shown = Vec::new();
        let told = pairs.map(|(call, answer, images)| {
            shown.extend(images);
            let failed = if answer.failed { " (failed)" } else { "" };
            format!("Result of `{}`{failed}:\n{}", call.name, answer.text)
        });
        let told: Vec<String> = told.collect();
        self.show(&told.join("\n\n"), shown, watcher);
    }

    /// Says something from the user's side; two such messages in a row become one, because not every provider takes
    /// two.
    fn say(&mut self, text: &str, watcher: &mut dyn Watcher) {
        self.show(text, Vec::new(), watcher);
    }

    /// The same with pictures.
    fn show(&mut self, text: &str, images: Vec<Image>, watcher: &mut dyn Watcher) {
        let said = Message {
            images,
            ..Message::user(text)
        };
        match self.request.messages.last_mut() {
            Some(last) if last.role == Role::User => {
                watcher.message(self.agent, &said);
                self.gauge.add(&said);
                if !last.text.is_empty() {
                    last.text.push_str("\n\n");
                }
                last.text.push_str(text);
                last.images.extend(said.images);
            }
            _ => self.push(said, watcher),
        }
    }

    fn push(&mut self, message: Message, watcher: &mut dyn Watcher) {
        watcher.message(self.agent, &message);
        self.gauge.add(&message);
        self.request.messages.push(message);
    }
}

/// Arguments that every provider takes back: an object. What is none is kept inside of one.
fn readable(arguments: String) -> String {
    if arguments.trim().is_empty() {
        return "{}".to_owned();
    }
    let inner = match serde_json::from_str(&arguments) {
        Ok(Value::Object(_)) => return arguments,
        Ok(Value::String(text)) => serde_json::from_str::<serde_json::Map<_, _>>(&text).ok(),
        _ => None,
    };
    match inner {
        Some(fields) => Value::Object(fields).to_string(),
        None => json!({ "unreadable": arguments }).to_string(),
    }
}
