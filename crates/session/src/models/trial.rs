//! `kiro model test`: one small function, written by the model, run in the sandbox, and measured on the way.

use std::path::Path;

use agent::{Bench, BenchError, FunctionSlot, Limits, Rule, SlotEvent};
use code::Language;
use host::clock::Stopwatch;
use model::{Cancel, Delta, Model, ModelError, ModelId, Profile, Provider, Reply, Request};

use super::choose::known;
use super::registry::Registry;
use super::{Means, built_in, built_in_state, default_model, open, unknown};
use crate::documents::built_in_gate;
use crate::error::{Kind, SessionError};
use crate::models::Presence;
use crate::places::{Environment, Project};
use crate::shop::{Shop, Yard};
use crate::view::{Front, View};

/// The file that the function is written to.
const FILE: &str = "trial.py";

/// The function's examples: the call, and the value as Python writes it.
const EXAMPLES: [(&str, &str); 2] = [("sum_even([1, 2, 3, 4])", "6"), ("sum_even([7])", "0")];

/// How many tokens in how many milliseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rate {
    /// Tokens.
    pub tokens: u64,
    /// Milliseconds.
    pub millis: u64,
}

impl Rate {
    /// Tokens in a second; none when there were none or too few to measure.
    #[must_use]
    pub fn per_second(&self) -> Option<f64> {
        let measured = self.tokens > 0 && self.millis > 0;
        measured.then(|| self.tokens as f64 * 1000.0 / self.millis as f64)
    }
}

/// What came of a test.
#[derive(Clone, Debug)]
pub struct Trial {
    /// The model.
    pub id: ModelId,
    /// Examples that held for the best candidate, and how many there are.
    pub examples: (u32, u32),
    /// What came of each candidate, in a few words.
    pub tries: Vec<String>,
    /// Time until the model was open.
    pub load_ms: u64,
    /// Reading prompts: only tokens that were not kept from before.
    pub prompt: Rate,
    /// Writing answers.
    pub decode: Rate,
    /// Memory that the process held at the end.
    pub resident_bytes: Option<u64>,
}

impl Trial {
    /// Whether every example held.
    #[must_use]
    pub fn passed(&self) -> bool {
        self.examples.0 == self.examples.1
    }
}

/// Lets a model write one function and measures it. `name` is a registered name, `built-in` or an id; the default
/// model when it is left out.
///
/// # Errors
/// When there is no such model, it cannot be opened, or its code cannot be run here.
pub fn test(
    name: Option<&str>,
    environment: &Environment,
    cancel: &Cancel,
    front: &mut dyn Front,
) -> Result<Trial, SessionError> {
    let id = wanted(name, environment)?;
    let clock = Stopwatch::start();
    let redactor = crate::secrets::redactor_of_user(environment);
    let chain = id.clone().into();
    let model = open(environment, &chain, Means::default(), redactor, cancel)?;
    let load_ms = clock.elapsed_ms();
    let place = environment
        .kiro_home()
        .join("state")
        .join(format!("model-test-{}", std::process::id()));
    let tried = try_out(&*model, environment, &place, cancel, front);
    host::files::remove_tree(&place).map_err(SessionError::internal)?;
    let (filled, prompt, decode) = tried?;
    Ok(Trial {
        id,
        examples: (filled.trial.passed, EXAMPLES.len() as u32),
        tries: filled
            .tried
            .iter()
            .map(|it| format!("{}: {}", it.route, it.result))
            .collect(),
        load_ms,
        prompt,
        decode,
        resident_bytes: host::process::resident_bytes(),
    })
}

fn wanted(name: Option<&str>, environment: &Environment) -> Result<ModelId, SessionError> {
    let elsewhere = |text: &str| {
        let id = text.parse::<ModelId>().ok()?;
        (id.provider() != Provider::Local).then_some(id)
    };
    let id = match name.map(|text| (text, elsewhere(text))) {
        None => default_model(environment)?,
        Some((_, Some(id))) => id,
        Some((text, None)) => {
            let registry = Registry::read(environment)?;
            known(text, &registry).ok_or_else(|| unknown(text, &registry))?
        }
    };
    if id == *built_in() && built_in_state(environment).presence != Presence::Present {
        return Err(
            SessionError::new(Kind::NoModel, format!("{id} is not here"))
                .hint("`kiro model pull` fetches it"),
        );
    }
    Ok(id)
}

fn try_out(
    model: &dyn Model,
    environment: &Environment,
    place: &Path,
    cancel: &Cancel,
    front: &mut dyn Front,
) -> Result<(agent::Filled, Rate, Rate), SessionError> {
    host::files::ensure_private_folder(&place.join("project")).map_err(SessionError::internal)?;
    let project = Project {
        root: place.join("project"),
        state: place.to_path_buf(),
    };
    let gate = built_in_gate(&project.root)?;
    let id = model.id().clone();
    let shop = Shop::open(environment, &project, gate, id, cancel.clone())?;
    let yard = Yard::fresh(&place.join("attempt"))?;
    let mut bench = TrialBench {
        shop: &shop,
        yard: &yard,
    };
    let limits = Limits {
        rounds: 0,
        repairs: 0,
        ..Limits::default()
    };
    let measured = Measured {
        model,
        rates: std::sync::Mutex::default(),
    };
    let filled = agent::fill(&measured, &slot(), limits, &mut bench, cancel, &mut |it| {
        show(it, front);
    });
    let (prompt, decode) = measured.rates.into_inner().unwrap_or_default();
    let filled = filled.map_err(|error| match error {
        agent::AgentError::Model(error) => super::failed(error),
        agent::AgentError::Bench(error) => SessionError::internal(error),
    })?;
    Ok((filled, prompt, decode))
}

fn show(event: SlotEvent, front: &mut dyn Front) {
    match event {
        SlotEvent::Asking(route) => front.show(&View::Asking {
            slot: "sum_even".to_owned(),
            route: route.to_string(),
        }),
        SlotEvent::Streaming(delta) => {
            if let Some(view) = View::streamed(delta) {
                front.show(&view);
            }
        }
        SlotEvent::Tried(_) => {}
    }
}

fn slot() -> FunctionSlot {
    FunctionSlot {
        language: Language::Python,
        function: "sum_even".to_owned(),
        signature: Some("sum_even(numbers: list[int]) -> int".to_owned()),
        purpose: "Adds up the even numbers of a list.".to_owned(),
        context: String::new(),
        rules: vec![Rule {
            text: "Numbers that are not even count for nothing".to_owned(),
            examples: Vec::new(),
        }],
        examples: EXAMPLES
            .iter()
            .map(|(call, value)| format!("{call} → {value}"))
            .collect(),
        neighbours: Vec::new(),
        others: Vec::new(),
        path: FILE.to_owned(),
        file: String::new(),
        earlier: Vec::new(),
    }
}

/// Runs the examples of a candidate in the sandbox, each in an interpreter of its own.
struct TrialBench<'a> {
    shop: &'a Shop,
    yard: &'a Yard,
}

impl Bench for TrialBench<'_> {
    fn check(&mut self, file: &str) -> Result<agent::Trial, BenchError> {
        self.run(file)
            .map_err(|error| BenchError(error.to_string()))
    }
}

impl TrialBench<'_> {
    fn run(&self, file: &str) -> Result<agent::Trial, SessionError> {
        self.shop.write(self.yard, FILE, file)?;
        let mut trial = agent::Trial::default();
        for (call, value) in EXAMPLES {
            let line = format!("import sys, trial; sys.exit(trial.{call} != {value})");
            let argv = vec![self.shop.python()?, "-c".to_owned(), line];
            match self.shop.check(self.yard, argv)?.ended.success() {
                true => trial.passed += 1,
                false => trial.failures.push(format!("{call} is not {value}")),
            }
        }
        Ok(trial)
    }
}

/// A model whose turns are timed: reading until the first text, writing after it.
struct Measured<'a> {
    model: &'a dyn Model,
    rates: std::sync::Mutex<(Rate, Rate)>,
}

impl Model for Measured<'_> {
    fn id(&self) -> &ModelId {
        self.model.id()
    }

    fn profile(&self) -> Profile {
        self.model.profile()
    }

    fn stream(
        &self,
        request: &Request,
        cancel: &Cancel,
        on: &mut dyn FnMut(Delta),
    ) -> Result<Reply, ModelError> {
        let clock = Stopwatch::start();
        let mut read_ms = None;
        let reply = self.model.stream(request, cancel, &mut |delta| {
            if matches!(delta, Delta::Text(_)) {
                read_ms.get_or_insert_with(|| clock.elapsed_ms());
            }
            on(delta);
        })?;
        let all_ms = clock.elapsed_ms();
        let read_ms = read_ms.unwrap_or(all_ms);
        let usage = reply.usage;
        if let Ok(mut rates) = self.rates.lock() {
            let (prompt, decode) = &mut *rates;
            prompt.tokens += usage.input_tokens.saturating_sub(usage.cached_tokens);
            prompt.millis += read_ms;
            decode.tokens += usage.output_tokens;
            decode.millis += all_ms - read_ms;
        }
        Ok(reply)
    }
}
