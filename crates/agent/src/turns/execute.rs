//! Carrying out the calls of one answer: reading ones beside each other, changing ones alone and in order.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use serde_json::Value;
use tools::{Answer, Effect, Progress, Toolbox};

use super::{AgentEvent, Watcher};

/// Most calls that run beside each other.
const BESIDE_MAX: usize = 8;

/// A call as it will be made.
pub(super) struct Prepared {
    pub(super) id: String,
    pub(super) name: String,
    /// The arguments, or why there are none.
    pub(super) arguments: Result<Value, String>,
    /// What it can do; a call that cannot be made only reads.
    pub(super) effect: Effect,
}

/// How many of the next calls run beside each other: all that read, up to the first that changes something; that one
/// alone.
pub(super) fn beside(calls: &[Prepared]) -> usize {
    let reading = calls.iter().take_while(|it| it.effect == Effect::Reads);
    reading.count().max(1).min(calls.len())
}

/// Makes calls that may run beside each other; answers in the order of the calls.
pub(super) fn run(
    calls: &[Prepared],
    toolbox: &dyn Toolbox,
    stop: &(dyn Fn() -> bool + Sync),
    agent: u32,
    watcher: &mut dyn Watcher,
) -> Vec<Answer> {
    let shared = Mutex::new(watcher);
    let one = |call: &Prepared| {
        let arguments = match &call.arguments {
            Ok(arguments) => arguments,
            Err(why) => return Answer::failed(why.clone()),
        };
        if stop() {
            return Answer::failed("not run: the work was stopped");
        }
        let tell = |progress: Progress| {
            let event = AgentEvent::Progress {
                call: call.id.clone(),
                progress,
            };
            let mut watcher = shared.lock().unwrap_or_else(PoisonError::into_inner);
            watcher.event(agent, event);
        };
        toolbox.call(&call.name, arguments, stop, &tell)
    };
    match calls {
        [call] => vec![one(call)],
        calls => together(calls, &one),
    }
}

fn together(calls: &[Prepared], one: &(dyn Fn(&Prepared) -> Answer + Sync)) -> Vec<Answer> {
    let next = AtomicUsize::new(0);
    let answers: Vec<Mutex<Option<Answer>>> = calls.iter().map(|_| Mutex::new(None)).collect();
    let work = || {
        loop {
            let at = next.fetch_add(1, Ordering::Relaxed);
            let Some(call) = calls.get(at) else { return };
            let answer = one(call);
            *answers[at].lock().unwrap_or_else(PoisonError::into_inner) = Some(answer);
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..calls.len().min(BESIDE_MAX) {
            scope.spawn(work);
        }
    });
    let taken = answers
        .into_iter()
        .map(|it| it.into_inner().unwrap_or_else(PoisonError::into_inner));
    taken
        .map(|it| it.unwrap_or_else(|| Answer::failed("the call was not made")))
        .collect()
}
