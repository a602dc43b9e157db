//! The `slots` strategy: the program drives, each call fills one small slot, and the spec's own checks
//! choose among the candidates.
//!
//! A different way of asking beats arguing with the same answer, so the routes differ: the code at once; samples of it, and
//! of the code after an answer that is shown; the code grown rule by rule; a short plan before it; samples of all of these,
//! and of the rest of what is nearly right; last one repair of the best candidate. Before them, when a function of a short
//! file is to be changed, the whole file, which small models change best. Checks judge first. Where they are few, a second
//! opinion is heard: candidates of different routes that behave alike on inputs derived from the spec speak for each other. As
//! soon as that is enough, nothing more is asked. Where candidates are right in different cases, their branches are put
//! together, and other pieces in which they differ, which costs no tokens; a function that one calls and does not define is
//! asked for. Where one candidate alone passes, each of its branches becomes what most answers do there. Where several fail alike, the bench looks for the fault in what
//! they call.

mod bench;
mod cross;
mod grow;
mod helper;
mod opinion;
mod poll;
mod prompt;
mod resumed;
mod shown;
mod stuck;

use std::collections::{HashMap, HashSet};

use code::Language;
use model::{Cancel, Delta, Message, Model, ModelError, Reply, Request, Stop, Usage};

pub use self::bench::{BUT, Behaviour, Bench, BenchError, Trial};
use self::opinion::Opinion;

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
    /// What is said of the program as a whole: it explains words of the rules. May be empty.
    pub context: String,
    /// The rules that it keeps.
    pub rules: Vec<Rule>,
    /// Examples that belong to no rule, as a person reads them: `call → value`.
    pub examples: Vec<String>,
    /// Functions that it may call; the program imports those of other files.
    pub neighbours: Vec<Neighbour>,
    /// Definitions of its own file that have rules of their own. A small model that sees them writes the like instead
    /// of what is asked, so they are not shown, and what an answer says of them does not count.
    pub others: Vec<String>,
    /// Where it stands, relative to the project.
    pub path: String,
    /// The file's present text; empty when it is new.
    pub file: String,
    /// Answers that were given to it before, the best first: they are judged before anything is asked.
    pub earlier: Vec<Answer>,
}

/// The code of an answer.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The code, with what stands around the function.
    pub code: String,
    /// Whether it answers the whole question and goes on from no earlier answer.
    pub is_fresh: bool,
    /// Whether no check speaks against it.
    pub is_right: bool,
}

/// One rule of a function.
#[derive(Clone, Debug)]
pub struct Rule {
    /// What it says.
    pub text: String,
    /// Its own examples as a person reads them: `call → value`.
    pub examples: Vec<String>,
}

/// A function that may be called.
#[derive(Clone, Debug)]
pub struct Neighbour {
    /// Its name.
    pub function: String,
    /// Its signature, or its name.
    pub signature: String,
    /// The file it stands in.
    pub file: String,
    /// What it is for, in a sentence; may be empty.
    pub about: String,
    /// The statement that imports it.
    pub statement: String,
}

impl FunctionSlot {
    /// Whether the file has the function already, so that it is to be changed.
    fn is_edit(&self) -> bool {
        defined(self.language, &self.file).contains(&self.function)
    }

    /// The file as the model sees it.
    fn shown(&self) -> String {
        code::without(self.language, &self.file, &self.others)
    }
}

/// The names that a text defines, with dots.
fn defined(language: Language, text: &str) -> Vec<String> {
    let symbols = code::symbols(language, text);
    symbols.iter().map(code::Symbol::qualified).collect()
}

/// How much may be spent on one slot.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Rounds of samples.
    pub rounds: u32,
    /// Times the best candidate is sent back with its failure.
    pub repairs: u32,
    /// Most tokens of one answer.
    pub answer_tokens: u32,
    /// Seed from which every sample's seed is derived.
    pub seed: u64,
}

/// The end of the first code block; what comes after it is explanation.
const AFTER_CODE: &str = "\n```\n";

/// Most tokens of an answer to a slot without rules, and how many more each rule allows.
const ANSWER_TOKENS: u32 = 450;
const TOKENS_A_RULE: u32 = 40;

/// Most tokens of a plan that comes before the code.
const PLAN_TOKENS: u32 = 200;

/// A file of so many lines is short enough to be written anew as a whole.
const WHOLE_FILE_LINES: usize = 60;

/// Samples that are drawn together while examples fail.
const SAMPLES_A_ROUND: u32 = 8;

/// The same of plans, which are long, and for a second opinion.
const FEW_A_ROUND: u32 = 4;

/// Most rounds for a second opinion: if so many do not agree, more will not.
const OPINION_ROUNDS: u32 = 4;

/// Most functions that one slot may have mended elsewhere, one after another.
const MENDS: u32 = 3;

/// Rounds of samples before the longer ways of asking.
const FIRST_ROUNDS: u32 = 2;

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            rounds: 12,
            repairs: 1,
            answer_tokens: 900,
            seed: 1,
        }
    }
}

/// A way of asking.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Route {
    /// An answer of an earlier fill; nothing is asked.
    Earlier,
    /// The whole file with the function changed; no randomness.
    WholeFile,
    /// The code at once; no randomness.
    Direct,
    /// Rule by rule: the code of the first ones, then so changed that it keeps the next.
    Grown {
        /// Which step it is, from 1.
        step: usize,
        /// The number of the draw with temperature; 0 without randomness.
        draw: u32,
    },
    /// A short plan in words, then the code; no randomness.
    PlanThenCode,
    /// A draw with temperature: the number of the sample, from 1.
    Sample(u32),
    /// The same from the middle of an earlier answer on.
    Resumed(u32),
    /// An answer with a function that it misses.
    Helped,
    /// The best candidate so far, sent back with what failed.
    Repair(u32),
    /// The best candidate so far with a branch or a piece of another; nothing is asked.
    Crossed,
    /// The best candidate so far with a result that it drops, kept; nothing is asked.
    Kept,
    /// The only candidate that passes, with a branch as most answers have it; nothing is asked.
    Polled,
}

impl std::fmt::Display for Route {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Route::Earlier => f.write_str("an earlier answer"),
            Route::WholeFile => f.write_str("whole file"),
            Route::Direct => f.write_str("direct"),
            Route::Grown { step, draw: 0 } => write!(f, "rule by rule, step {step}"),
            Route::Grown { step, draw } => write!(f, "rule by rule, step {step}, sample {draw}"),
            Route::PlanThenCode => f.write_str("plan, then code"),
            Route::Sample(n) => write!(f, "sample {n}"),
            Route::Resumed(n) => write!(f, "sample {n}, from the middle of an answer on"),
            Route::Helped => f.write_str("a function that an answer misses"),
            Route::Repair(n) => write!(f, "repair {n}"),
            Route::Crossed => f.write_str("parts of two answers"),
            Route::Kept => f.write_str("a result that an answer drops, kept"),
            Route::Polled => f.write_str("a branch as most answers have it"),
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
    /// How many other answers behave as it does on the derived inputs, and how many could be compared.
    pub agreeing: (usize, usize),
    /// Whether the checks, and other answers where those are few, were enough to choose it; else it is the best there was.
    pub is_settled: bool,
    /// Every candidate in order.
    pub tried: Vec<Tried>,
    /// The candidates that are right in something, the best first.
    pub answers: Vec<Answer>,
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

/// Fills one slot: asks by one route after another until the checks, and where they are few a second opinion,
/// say that a candidate is right; returns the best.
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
    let mut slot = slot.clone();
    let mut tried = Vec::new();
    let mut mends = 0;
    loop {
        let mut work = Work::new(model, &slot, limits, cancel);
        work.tried = tried;
        work.is_mended = mends == MENDS;
        let Some(file) = work.fill(bench, on)? else {
            return Ok(work.finish());
        };
        let earlier = work.answers();
        tried = work.tried;
        slot = FunctionSlot {
            file,
            earlier,
            ..slot
        };
        mends += 1;
    }
}

/// What is done before the candidates are looked at again.
enum Round {
    Asked(Way),
    /// Another way of asking, of an answer that nothing speaks against.
    Opinion,
    Grown,
}

/// Answers that are asked for together.
enum Way {
    WholeFile,
    Direct,
    PlanThenCode,
    /// Samples: which round of them it is, from 0.
    Samples(u32),
    Repair(u32),
}

fn rounds(slot: &FunctionSlot, limits: Limits) -> Vec<Round> {
    let mut rounds = Vec::new();
    if slot.is_edit() && slot.file.lines().count() <= WHOLE_FILE_LINES {
        rounds.push(Round::Asked(Way::WholeFile));
    }
    rounds.extend([Round::Asked(Way::Direct), Round::Opinion]);
    let samples = |of: std::ops::Range<u32>| of.map(|it| Round::Asked(Way::Samples(it)));
    let first = limits.rounds.min(FIRST_ROUNDS);
    rounds.extend(samples(0..first));
    rounds.extend([Round::Grown, Round::Asked(Way::PlanThenCode)]);
    rounds.extend(samples(first..limits.rounds));
    rounds.extend((1..=limits.repairs).map(|it| Round::Asked(Way::Repair(it))));
    rounds
}

/// What is asked for.
struct Question {
    routes: Vec<Route>,
    messages: Vec<Message>,
    /// The beginning of the answers, which the last message holds too; empty when they begin anew.
    begun: String,
    max_tokens: u32,
    temperature: f32,
}

/// A candidate with its verdict.
struct Candidate {
    file: String,
    item: String,
    trial: Trial,
    /// Answers that came to the same code.
    votes: usize,
    /// Whether chance had a part in it.
    drawn: bool,
    /// Whether it answers the whole question and goes on from no earlier answer.
    is_fresh: bool,
}

struct Work<'a> {
    model: &'a dyn Model,
    slot: &'a FunctionSlot,
    limits: Limits,
    cancel: &'a Cancel,
    candidates: Vec<Candidate>,
    /// Versions of a candidate that were tried already.
    crossed: HashSet<String>,
    /// What the compiler proposed in place of a text.
    corrected: HashMap<String, String>,
    /// Candidates that a missing function was asked for.
    helped: Vec<usize>,
    /// Samples so far.
    drawn: u32,
    tried: Vec<Tried>,
    /// Whether the fault was looked for elsewhere already.
    is_mended: bool,
}

impl<'a> Work<'a> {
    fn new(
        model: &'a dyn Model,
        slot: &'a FunctionSlot,
        limits: Limits,
        cancel: &'a Cancel,
    ) -> Work<'a> {
        Work {
            model,
            slot,
            limits,
            cancel,
            candidates: Vec::new(),
            crossed: HashSet::new(),
            corrected: HashMap::new(),
            helped: Vec::new(),
            drawn: 0,
            tried: Vec::new(),
            is_mended: false,
        }
    }

    /// Goes through the rounds until it is settled. Ends early with the file's new text when something else was at fault and
    /// is mended.
    fn fill(
        &mut self,
        bench: &mut dyn Bench,
        on: &mut dyn FnMut(SlotEvent),
    ) -> Result<Option<String>, AgentError> {
        self.judge_earlier(bench, on)?;
        for round in rounds(self.slot, self.limits) {
            self.cross(bench, on)?;
            if self.opinion().is_settled() {
                break;
            }
            if let Some(file) = self.mended(bench)? {
                return Ok(Some(file));
            }
            match round {
                Round::Grown | Round::Asked(Way::Repair(_)) if self.nothing_failed() => continue,
                Round::Opinion if !self.nothing_failed() => continue,
                Round::Asked(Way::PlanThenCode) if self.is_planned() => continue,
                Round::Asked(Way::Samples(OPINION_ROUNDS..)) if self.nothing_failed() => continue,
                Round::Grown => self.grow(bench, on)?,
                Round::Opinion => self.ask_by(&Way::PlanThenCode, bench, on)?,
                Round::Asked(way) => self.ask_by(&way, bench, on)?,
            }
            self.help(bench, on)?;
        }
        self.cross(bench, on)?;
        self.poll(bench, on)?;
        Ok(None)
    }

    fn ask_by(
        &mut self,
        way: &Way,
        bench: &mut dyn Bench,
        on: &mut dyn FnMut(SlotEvent),
    ) -> Result<(), AgentError> {
        let question = self.question(way);
        self.ask(question, bench, on).map(|_| ())
    }

    /// Asks, and has every answer judged; returns the candidates that they came to.
    fn ask(
        &mut self,
        question: Question,
        bench: &mut dyn Bench,
        on: &mut dyn FnMut(SlotEvent),
    ) -> Result<Vec<usize>, AgentError> {
        let routes = question.routes;
        on(SlotEvent::Asking(routes[0]));
        let begun = question.begun;
        let request = self.request(question.messages, question.max_tokens, question.temperature);
        let mut came_to = Vec::new();
        for (route, mut reply) in routes.iter().zip(self.replies(&request, &routes, on)?) {
            reply.text.insert_str(0, &begun);
            let reply = self.with_code(&request, reply, on)?;
            let (result, candidate) = self.judge(*route, &reply, bench)?;
            came_to.extend(candidate);
            self.note(*route, reply.usage, result, on);
        }
        Ok(came_to)
    }

    /// Keeps what came of a candidate, and tells of it.
    fn note(&mut self, route: Route, usage: Usage, result: String, on: &mut dyn FnMut(SlotEvent)) {
        let tried = Tried {
            route,
            usage,
            result,
        };
        on(SlotEvent::Tried(tried.clone()));
        self.tried.push(tried);
    }

    fn request(&self, messages: Vec<Message>, max_tokens: u32, temperature: f32) -> Request {
        Request {
            system: prompt::system(self.slot),
            messages,
            tools: Vec::new(),
            max_tokens,
            temperature,
            seed: self.limits.seed,
            stop: vec![AFTER_CODE.to_owned()],
            schema: None,
        }
    }

    /// Most tokens of an answer that holds code. One that is much longer than its rules are many has lost its way.
    fn answer_tokens(&self) -> u32 {
        let rules = u32::try_from(self.slot.rules.len()).unwrap_or(u32::MAX);
        let enough = ANSWER_TOKENS.saturating_add(rules.saturating_mul(TOKENS_A_RULE));
        let whole_file = if self.slot.is_edit() {
            u32::MAX
        } else {
            enough
        };
        whole_file.min(self.limits.answer_tokens)
    }

    fn question(&mut self, way: &Way) -> Question {
        match *way {
            Way::WholeFile => self.one(Route::WholeFile, prompt::whole_file(self.slot)),
            Way::Direct => self.one(Route::Direct, prompt::complete(self.slot)),
            Way::PlanThenCode => Question {
                max_tokens: PLAN_TOKENS,
                ..self.one(Route::PlanThenCode, prompt::plan(self.slot))
            },
            Way::Samples(round) => self.samples(round),
            Way::Repair(number) => Question {
                messages: self.repair_messages(),
                temperature: 0.3 * (number - 1) as f32,
                ..self.one(Route::Repair(number), String::new())
            },
        }
    }

    fn one(&self, route: Route, text: String) -> Question {
        self.code(vec![route], text, 0.0)
    }

    /// The question of a round of samples, the short ones first: fresh ones in two ways, then the rest of what is nearly
    /// right, plans that know what went wrong, and fresh ones again.
    fn samples(&mut self, round: u32) -> Question {
        let turn = (round >= FIRST_ROUNDS).then(|| (round - FIRST_ROUNDS) % 5);
        let count = match self.nothing_failed() || turn == Some(1) {
            true => FEW_A_ROUND,
            false => SAMPLES_A_ROUND,
        };
        let first = self.drawn + 1;
        self.drawn += count;
        let numbers = first..first + count;
        let routes = numbers.clone().map(Route::Sample).collect();
        let complete = |temperature| (prompt::complete(self.slot), temperature);
        let (text, temperature) = match turn {
            None if round == 0 => complete(0.6),
            None => return self.shown(routes, 0.6),
            Some(0 | 3) => {
                let resumed = numbers.map(Route::Resumed).collect();
                match self.resumed(round, resumed) {
                    Some(question) => return question,
                    None => complete(1.0),
                }
            }
            Some(1) => (self.planned(), 0.8),
            Some(2) => complete(0.9),
            Some(_) => return self.shown(routes, 0.8),
        };
        self.code(routes, text, temperature)
    }

    /// Asks in words, after an answer to a question of the same form.
    fn shown(&self, routes: Vec<Route>, temperature: f32) -> Question {
        let mut question = self.code(routes, prompt::code(self.slot), temperature);
        let shown = shown::messages(self.slot.language);
        question.messages.splice(..0, shown);
        question
    }

    /// Asks for code in one message, by all these routes together.
    fn code(&self, routes: Vec<Route>, text: String, temperature: f32) -> Question {
        Question {
            routes,
            messages: vec![Message::user(text)],
            begun: String::new(),
            max_tokens: self.answer_tokens(),
            temperature,
        }
    }

    /// A plan before the code, with what went wrong so far.
    fn planned(&self) -> String {
        let best = self.opinion().best().map(|at| &self.candidates[at].trial);
        match best {
            Some(trial) if !trial.failures.is_empty() => {
                prompt::after_failures(self.slot, &trial.failures)
            }
            Some(trial) if !opinion::is_steady(trial) => {
                prompt::after_breakdowns(self.slot, &trial.breakdowns)
            }
            _ => prompt::plan_then_code(self.slot),
        }
    }

    fn replies(
        &self,
        request: &Request,
        routes: &[Route],
        on: &mut dyn FnMut(SlotEvent),
    ) -> Result<Vec<Reply>, ModelError> {
        let mut streaming = |delta| on(SlotEvent::Streaming(delta));
        if let [_] = routes {
            let reply = self.model.stream(request, self.cancel, &mut streaming)?;
            return Ok(vec![reply]);
        }
        let seeds: Vec<u64> = routes
            .iter()
            .map(|route| match route {
                Route::Sample(number)
                | Route::Resumed(number)
                | Route::Grown { draw: number, .. } => self.limits.seed + u64::from(*number),
                _ => self.limits.seed,
            })
            .collect();
        self.model
            .samples(request, &seeds, self.cancel, &mut streaming)
    }

    /// The reply, or the one after it when it ended with its plan.
    fn with_code(
        &self,
        request: &Request,
        reply: Reply,
        on: &mut dyn FnMut(SlotEvent),
    ) -> Result<Reply, ModelError> {
        let is_plan = request.max_tokens <= PLAN_TOKENS;
        let is_cut = reply.stop == Stop::Length;
        let has_code = reply.text.contains("```") && !(is_plan && is_cut);
        if has_code || is_cut && !is_plan || reply.text.trim().is_empty() {
            return Ok(reply);
        }
        // A plan that went on to code was cut in the middle of it.
        let plan = reply
            .text
            .split("```")
            .next()
            .unwrap_or_default()
            .to_owned();
        let mut request = Request {
            max_tokens: self.answer_tokens(),
            ..request.clone()
        };
        request.messages.push(Message::assistant(plan));
        let ask = prompt::now_the_code(self.slot);
        request.messages.push(Message::user(ask));
        let mut streaming = |delta| on(SlotEvent::Streaming(delta));
        let code = self.model.stream(&request, self.cancel, &mut streaming)?;
        Ok(Reply {
            usage: reply.usage + code.usage,
            ..code
        })
    }

    /// What is to be said of an answer, and the candidate that it came to.
    fn judge(
        &mut self,
        route: Route,
        reply: &Reply,
        bench: &mut dyn Bench,
    ) -> Result<(String, Option<usize>), AgentError> {
        let mut answer = reply.text.clone();
        if reply.stop == Stop::Sequence {
            answer.push_str(AFTER_CODE);
        }
        self.judge_text(route, &answer, bench)
    }

    fn judge_text(
        &mut self,
        route: Route,
        answer: &str,
        bench: &mut dyn Bench,
    ) -> Result<(String, Option<usize>), AgentError> {
        let (mut item, mut file) = match self.spliced(answer) {
            Ok(spliced) => spliced,
            Err(why) => return Ok((why, None)),
        };
        if let Some(better) = self.corrected.get(&file) {
            file.clone_from(better);
        }
        if let Some(at) = self.again(&file) {
            return Ok(("the same code as before".to_owned(), Some(at)));
        }
        let mut trial = bench.check(&file)?;
        if trial.passed == 0
            && !trial.is_possible()
            && let Some(better) = bench.corrected(&file)?
        {
            self.corrected.insert(file, better.clone());
            if let Some(at) = self.again(&better) {
                return Ok(("the same code as before".to_owned(), Some(at)));
            }
            let (language, function) = (self.slot.language, &self.slot.function);
            item = code::definition(language, &better, function).unwrap_or(item);
            trial = bench.check(&better)?;
            file = better;
        }
        let result = describe(&trial);
        self.candidates.push(Candidate {
            file,
            item,
            trial,
            votes: 1,
            drawn: matches!(
                route,
                Route::Sample(_) | Route::Resumed(_) | Route::Grown { draw: 1.., .. }
            ),
            is_fresh: matches!(
                route,
                Route::WholeFile | Route::Direct | Route::PlanThenCode | Route::Sample(_)
            ),
        });
        Ok((result, Some(self.candidates.len() - 1)))
    }

    /// The candidate with this text, which has one more answer now.
    fn again(&mut self, file: &str) -> Option<usize> {
        let at = self.candidates.iter().position(|it| it.file == file)?;
        self.candidates[at].votes += 1;
        Some(at)
    }

    fn repair_messages(&self) -> Vec<Message> {
        let ask = Message::user(prompt::code(self.slot));
        match self.opinion().best() {
            Some(best) => {
                let best = &self.candidates[best];
                vec![
                    ask,
                    Message::assistant(prompt::fenced(self.slot.language, &best.item)),
                    Message::user(prompt::repair(self.slot, &best.trial.failures)),
                ]
            }
            None => vec![ask],
        }
    }

    /// The answer's definition of the function, and the whole file with it in place.
    fn spliced(&self, answer: &str) -> Result<(String, String), String> {
        let slot = self.slot;
        let item = code::fenced(answer, Some(slot.language))
            .ok_or_else(|| "no code in the answer".to_owned())?;
        if let Some(error) = code::syntax_error(slot.language, &item) {
            return Err(format!("not {}: line {}", slot.language.name(), error.line));
        }
        let item = code::without(slot.language, &item, &slot.others);
        let given: Vec<&str> = slot
            .neighbours
            .iter()
            .map(|it| it.function.as_str())
            .collect();
        let item = code::without_imports_of(slot.language, &item, &given);
        let item = code::with_known_imports(slot.language, &item, &slot.file);
        let file = code::splice(slot.language, &slot.file, &item, &slot.function)
            .map_err(|error| error.to_string())?;
        Ok((item, file))
    }

    /// Whether no check speaks against the best candidate, so that there is nothing to be mended.
    fn nothing_failed(&self) -> bool {
        let best = self.opinion().best();
        best.is_some_and(|at| self.candidates[at].trial.is_possible())
    }

    /// Whether a plan was asked for already.
    fn is_planned(&self) -> bool {
        let mut tried = self.tried.iter();
        tried.any(|it| it.route == Route::PlanThenCode)
    }

    fn opinion(&self) -> Opinion<'_> {
        Opinion::of(&self.candidates)
    }

    fn finish(mut self) -> Filled {
        let answers = self.answers();
        let opinion = self.opinion();
        let best = opinion.best();
        let agreeing = best.map_or((0, 0), |best| opinion.agreeing(best));
        let is_settled = opinion.is_settled();
        let best = best.map(|at| self.candidates.swap_remove(at));
        let (file, trial) = best.map_or((None, Trial::default()), |it| (Some(it.file), it.trial));
        Filled {
            file,
            trial,
            agreeing,
            is_settled,
            tried: self.tried,
            answers,
        }
    }
}

fn describe(trial: &Trial) -> String {
    match trial.passed as usize + trial.failures.len() {
        0 => "no example judges it".to_owned(),
        all => format!("{} of {all} examples pass", trial.passed),
    }
}

#[cfg(test)]
mod tests;
