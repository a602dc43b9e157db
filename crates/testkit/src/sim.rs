//! The simulator: from a seed follow a project, its tasks, a model that works well or badly, a person who answers and edits,
//! and a process of Kiro with up to three lanes that dies at any point between two effects. After every step the laws of
//! `laws` must hold, and once the faults end the run must come to `done`.
//!
//! What decides and what keeps is the real code: the engine's fold and its `next`, the landings, policy's gate with real
//! permits, three-way merges and `host::files::apply` on a real folder, the journal in SQLite with what a death leaves of its
//! write-ahead log. What stands in for the rest is here: trees instead of git, words instead of a model's code, and `process`,
//! which does step by step what `session::run` does. A seed takes a tenth of a second, because no child is ever started;
//! `evals/deaths.py` does the like to the real binary.

mod dice;
mod lanes;
mod laws;
mod process;
mod world;

use std::panic::{AssertUnwindSafe, catch_unwind};

use process::{Ended, Process};
use world::World;

/// What a seed came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Told {
    /// Processes that worked on it.
    pub lives: u32,
    /// Processes that died.
    pub deaths: u32,
    /// Edits of the simulated user.
    pub edits: u32,
    /// Most tasks that were worked on at once.
    pub at_once: usize,
    /// Facts that the journal holds at the end.
    pub facts: usize,
    /// Digest of everything that happened, in order.
    pub digest: String,
}

/// A law that did not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// The seed.
    pub seed: u64,
    /// Which law, and what was found.
    pub why: String,
    /// Every step until then.
    pub steps: Vec<String>,
}

impl std::fmt::Display for Violation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(f, "seed {}: {}", self.seed, self.why)?;
        let last = self.steps.len().saturating_sub(STEPS_SHOWN);
        self.steps[last..]
            .iter()
            .try_for_each(|step| writeln!(f, "    {step}"))?;
        write!(f, "again: cargo xtask sim --seed {}", self.seed)
    }
}

/// How many of the last steps are shown.
const STEPS_SHOWN: usize = 40;

/// Lives in which faults happen; then the world is kind, and the run must come to its end.
const ROUGH_LIVES: u32 = 12;

/// Lives in all, after which a run that is not done counts as stuck.
const LIVES_MAX: u32 = 30;

/// Lives one seed through.
///
/// # Errors
/// The first law that did not hold.
pub fn simulate(seed: u64) -> Result<Told, Box<Violation>> {
    let mut world = World::new(seed);
    let lived = catch_unwind(AssertUnwindSafe(|| live(&mut world)));
    let why = match lived {
        Ok(()) => return Ok(world.told()),
        Err(payload) => match payload.downcast::<Unwound>() {
            Ok(unwound) => match *unwound {
                Unwound::Broken(why) => why,
                Unwound::Death => "a death outside of a process".to_owned(),
            },
            Err(payload) => format!("panic: {}", panic_text(&*payload)),
        },
    };
    Err(Box::new(Violation {
        seed,
        why,
        steps: world.steps(),
    }))
}

/// How a simulated process is left other than by its end.
#[derive(Debug)]
enum Unwound {
    /// It was killed.
    Death,
    /// A law does not hold.
    Broken(String),
}

fn panic_text(payload: &(dyn std::any::Any + Send)) -> &str {
    let text = payload.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| payload.downcast_ref::<&str>().copied())
        .unwrap_or("of an unknown kind")
}

/// One process after another, until the run is done and nothing is left to go wrong.
fn live(world: &mut World) {
    loop {
        world.begin_life(ROUGH_LIVES);
        let ended = process(world);
        world.end_life(ended.as_deref().unwrap_or("killed"));
        if world.lives >= LIVES_MAX {
            world.broken("the run is never done, though the world is kind");
        }
        if !world.rough && ended.as_deref() == Some("done") {
            return;
        }
    }
}

/// One process of Kiro: none when it was killed, else how it ended.
fn process(world: &mut World) -> Option<String> {
    let worked = catch_unwind(AssertUnwindSafe(|| {
        if world.wants_undo() {
            return process::undo(world);
        }
        let mut process = match Process::start(world) {
            Ok(process) => process,
            Err(why) => return Ended::Failed(why),
        };
        process.drive()
    }));
    match worked {
        Ok(ended) => {
            world.after_regular_end();
            Some(ended.name())
        }
        Err(payload) => match payload.downcast_ref::<Unwound>() {
            Some(Unwound::Death) => {
                world.after_death();
                None
            }
            _ => std::panic::resume_unwind(payload),
        },
    }
}
