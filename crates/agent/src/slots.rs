//! The `slots` strategy: the program drives, each call fills one small slot, and the spec's own checks
//! choose among the candidates.
//!
//! A different way of asking beats arguing with the same answer, so the routes differ: a short plan before
//! the code, the code at once, samples with growing diversity, and last one repair of the best candidate.
//! The first candidate whose checks all pass is taken; nothing is asked after that.

mod prompt;

use code::Language;
use model::{Cancel, Delta, Message, Model, ModelError, Request, Usage};

/// One function to be written.
#[derive(Clone, Debug)]
pub struct FunctionSlot {
    /// The language of the file.
    pub language: Language,
    /// The function's name.
    pub function: String,
    /// Its signature as the spec gives it, or none when only examples name it.
    pub signature: Option<String>,
    /// What it is for, in the spec's words.
    pub purpose: String,
    /// The rules that it keeps.
    pub rules: Vec<String>,
    /// Examples as a person reads them: `call → value`.
    pub examples: Vec<String>,
    /// Where it stands, relative to the project.
    pub path: String,
    /// The file's present text; empty when it is new.
    pub file: String,
}

/// What the checks said of one candidate.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Trial {
    /// Checks that passed.
    pub passed: u32,
    /// Checks that failed, each with the reason in a few lines.
    pub failures: Vec<String>,
}

impl Trial {
    /// Whether there were checks and all passed.
    pub fn is_green(&self) -> bool {
        self.passed > 0 && self.failures.is_empty()
    }
}

/// The bench could not check a candidate at all.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct BenchError(pub String);

/// Where candidates are tried: someone who can write the file and run the slot's checks.
pub trait Bench {
    /// Tries the file's whole new text.
    ///
    /// # Errors
    /// When the checks could not be run; a check that fails is no error.
    fn check(&mut self, file: &str) -> Result<Trial, BenchError>;
}

/// How much may be spent on one slot.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Candidates drawn with temperature, after the two greedy routes.
    pub samples: u32,
    /// Times the best candidate is sent back with its failure.
    pub repairs: u32,
    /// Most tokens of one answer.
    pub answer_tokens: u32,
    /// Seed from which every sample's seed is derived.
    pub seed: u64,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            samples: 4,
            repairs: 1,
            answer_tokens: 700,
            seed: 1,
        }
    }
}

/// A way of asking.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Route {
    /// A short plan in words, then the code; no randomness.
    PlanThenCode,
    /// The code at once; no randomness.
    Direct,
    /// A draw with temperature: the number of the sample, from 1.
    Sample(u32),
    /// The best candidate so far, sent back with what failed.
    Repair(u32),
}

impl std::fmt::Display for Route {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Route::PlanThenCode => f.write_str("plan, then code"),
            Route::Direct => f.write_str("direct"),
            Route::Sample(n) => write!(f, "sample {n}"),
            Route::Repair(n) => write!(f, "repair {n}"),
        }
    }
}

/// One candidate and what came of it.
#[derive(Clone, Debug)]
pub struct Tried {
    /// How it was asked for.
    pub route: Route,
    /// What the model used for it.
    pub usage: Usage,
    /// What came of it, in a few words.
    pub result: String,
}

/// A slot after all that was tried.
#[derive(Clone, Debug)]
pub struct Filled {
    /// The best candidate's whole file, or none when no answer held usable code.
    pub file: Option<String>,
    /// What the checks said of it.
    pub trial: Trial,
    /// Every candidate in order.
    pub tried: Vec<Tried>,
}

/// What happens while a slot is being filled.
#[derive(Clone, Debug)]
pub enum SlotEvent {
    /// A new way of asking begins.
    Asking(Route),
    /// The model reads or writes.
    Streaming(Delta),
    /// A candidate was judged.
    Tried(Tried),
}

/// Why a slot could not be worked on.
#[derive(Debug, thiserror::Error)]
pub enum AgentError {
    /// The model failed.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// The checks could not be run.
    #[error(transparent)]
    Bench(#[from] BenchError),
}

/// Fills one slot: asks by one route after another until a candidate passes every check, and returns the
/// best.
///
/// # Errors
/// When the model fails or is cancelled, or when the checks cannot be run.
pub fn fill(
    model: &dyn Model,
    slot: &FunctionSlot,
    limits: Limits,
    bench: &mut dyn Bench,
    cancel: &Cancel,
    on: &mut dyn FnMut(SlotEvent),
) -> Result<Filled, AgentError> {
    let mut work = Work {
        model,
        slot,
        limits,
        cancel,
        candidates: Vec::new(),
        tried: Vec::new(),
    };
    for route in routes(limits) {
        on(SlotEvent::Asking(route));
        let (tried, green) = work.try_route(route, bench, on)?;
        on(SlotEvent::Tried(tried.clone()));
        work.tried.push(tried);
        if green {
            break;
        }
    }
    Ok(work.finish())
}

fn routes(limits: Limits) -> Vec<Route> {
    let mut routes = vec![Route::PlanThenCode, Route::Direct];
    routes.extend((1..=limits.samples).map(Route::Sample));
    routes.extend((1..=limits.repairs).map(Route::Repair));
    routes
}

/// A candidate with its verdict.
struct Candidate {
    file: String,
    item: String,
    trial: Trial,
}

struct Work<'a> {
    model: &'a dyn Model,
    slot: &'a FunctionSlot,
    limits: Limits,
    cancel: &'a Cancel,
    candidates: Vec<Candidate>,
    tried: Vec<Tried>,
}

impl Work<'_> {
    fn try_route(
        &mut self,
        route: Route,
        bench: &mut dyn Bench,
        on: &mut dyn FnMut(SlotEvent),
    ) -> Result<(Tried, bool), AgentError> {
        let (answer, usage) = self.ask(route, on)?;
        let told = |result: String| Tried {
            route,
            usage,
            result,
        };
        let (item, file) = match self.spliced(&answer) {
            Ok(spliced) => spliced,
            Err(why) => return Ok((told(why), false)),
        };
        if self.candidates.iter().any(|it| it.file == file) {
            return Ok((told("the same code as before".to_owned()), false));
        }
        let trial = bench.check(&file)?;
        let result = describe(&trial);
        let green = trial.is_green();
        self.candidates.push(Candidate { file, item, trial });
        Ok((told(result), green))
    }

    fn ask(
        &self,
        route: Route,
        on: &mut dyn FnMut(SlotEvent),
    ) -> Result<(String, Usage), AgentError> {
        let mut usage = Usage::default();
        let mut messages = match route {
            Route::PlanThenCode | Route::Sample(2 | 4) => {
                let mut messages = vec![Message::user(prompt::plan(self.slot))];
                let plan = self.turn(route, &messages, prompt::PLAN_TOKENS, &mut usage, on)?;
                messages.push(Message::assistant(plan));
                messages.push(Message::user(prompt::code_after_plan(self.slot)));
                messages
            }
            Route::Direct | Route::Sample(_) => vec![Message::user(prompt::code(self.slot))],
            Route::Repair(_) => self.repair_messages(),
        };
        let answer = self.turn(route, &messages, self.limits.answer_tokens, &mut usage, on)?;
        messages.clear();
        Ok((answer, usage))
    }

    fn repair_messages(&self) -> Vec<Message> {
        let ask = Message::user(prompt::code(self.slot));
        match self.best() {
            Some(best) => vec![
                ask,
                Message::assistant(prompt::fenced(self.slot.language, &best.item)),
                Message::user(prompt::repair(self.slot, &best.trial.failures)),
            ],
            None => vec![ask],
        }
    }

    fn turn(
        &self,
        route: Route,
        messages: &[Message],
        max_tokens: u32,
        usage: &mut Usage,
        on: &mut dyn FnMut(SlotEvent),
    ) -> Result<String, AgentError> {
        let (temperature, seed) = match route {
            Route::Sample(n) => (0.4 + 0.2 * n.min(3) as f32, self.limits.seed + u64::from(n)),
            Route::PlanThenCode | Route::Direct | Route::Repair(_) => (0.0, self.limits.seed),
        };
        let request = Request {
            system: prompt::system(self.slot.language),
            messages: messages.to_vec(),
            max_tokens,
            temperature,
            seed,
            stop: Vec::new(),
        };
        let reply = self.model.stream(&request, self.cancel, &mut |delta| {
            on(SlotEvent::Streaming(delta));
        })?;
        *usage += reply.usage;
        Ok(reply.text)
    }

    /// The answer's definition of the function, and the whole file with it in place.
    fn spliced(&self, answer: &str) -> Result<(String, String), String> {
        let slot = self.slot;
        let item = code::fenced(answer, Some(slot.language))
            .ok_or_else(|| "no code in the answer".to_owned())?;
        if let Some(error) = code::syntax_error(slot.language, &item) {
            return Err(format!("not {}: line {}", slot.language.name(), error.line));
        }
        let file = code::splice(slot.language, &slot.file, &item, &slot.function)
            .map_err(|error| error.to_string())?;
        Ok((item, file))
    }

    fn best(&self) -> Option<&Candidate> {
        self.candidates
            .iter()
            .rev()
            .max_by_key(|it| it.trial.passed)
    }

    fn finish(mut self) -> Filled {
        let best = self
            .candidates
            .iter()
            .rposition(|it| it.trial.is_green())
            .or_else(|| {
                let most = self.candidates.iter().map(|it| it.trial.passed).max()?;
                self.candidates
                    .iter()
                    .position(|it| it.trial.passed == most)
            });
        let best = best.map(|at| self.candidates.swap_remove(at));
        let (file, trial) = best.map_or((None, Trial::default()), |it| (Some(it.file), it.trial));
        Filled {
            file,
            trial,
            tried: self.tried,
        }
    }
}

fn describe(trial: &Trial) -> String {
    let all = trial.passed as usize + trial.failures.len();
    format!("{} of {all} examples pass", trial.passed)
}

#[cfg(test)]
mod tests;
