//! Conversations as a session shows them, whoever they are for: events become views, their transcript is kept.

use std::sync::mpsc::{Sender, channel};
use std::time::Duration;

use agent::{AgentEvent, Ended, Watcher};
use change::visible;
use engine::Cost;
use model::{Cancel, Message, ModelError, Usage};
use tools::Progress;

use crate::error::SessionError;
use crate::models::failed;
use crate::person::Asked;
use crate::shop::millis;
use crate::transcript::Transcript;
use crate::view::View;

/// A turn of the model that ended.
pub(crate) struct TurnTold {
    /// The turn's number, of all agents.
    pub(crate) turn: u32,
    /// Its cost.
    pub(crate) cost: Cost,
    /// What came of it, in a few words.
    pub(crate) result: String,
}

/// Someone who hears what happens in a conversation.
pub(crate) trait Ear: Send {
    /// Something to show.
    fn view(&mut self, view: View);

    /// A turn ended; it is to be recorded.
    fn turn(&mut self, turn: TurnTold);
}

/// Something that the thread of a conversation reports to the one that owns journal and front.
pub(crate) enum Heard {
    /// Something to show.
    View(View),
    /// A turn that ended.
    Turn(TurnTold),
    /// A question to the person.
    Asked(Asked),
}

/// Passes on what is heard.
pub(crate) struct Pass(pub(crate) Sender<Heard>);

impl Ear for Pass {
    fn view(&mut self, view: View) {
        // The receiver outlives the conversation.
        let _ = self.0.send(Heard::View(view));
    }

    fn turn(&mut self, turn: TurnTold) {
        let _ = self.0.send(Heard::Turn(turn));
    }
}

/// Does `work` on a thread of its own and gives what it reports to `hear`, as it comes. When `hear` fails, the work is
/// cancelled and that failure is the result.
pub(crate) fn listening<T: Send>(
    work: impl FnOnce(Sender<Heard>) -> Result<T, SessionError> + Send,
    cancel: &Cancel,
    hear: &mut dyn FnMut(Heard) -> Result<(), SessionError>,
) -> Result<T, SessionError> {
    let (sender, inbox) = channel();
    std::thread::scope(|scope| {
        let worker = scope.spawn(move || work(sender));
        let mut listened = Ok(());
        for heard in inbox {
            if listened.is_ok() {
                listened = hear(heard).inspect_err(|_| cancel.cancel());
            }
        }
        let came = worker.join();
        listened?;
        came.unwrap_or_else(|_| Err(SessionError::internal("the conversation broke down")))
    })
}

/// Passes a conversation's events on as views, and its messages to the transcript.
pub(crate) struct Talk<'a> {
    who: String,
    ear: &'a mut dyn Ear,
    transcript: &'a mut Transcript,
    turns: u32,
}

impl<'a> Talk<'a> {
    /// For a conversation about `who`.
    pub(crate) fn new(
        who: impl Into<String>,
        ear: &'a mut dyn Ear,
        transcript: &'a mut Transcript,
    ) -> Talk<'a> {
        Talk {
            who: who.into(),
            ear,
            transcript,
            turns: 0,
        }
    }

    fn turn_ended(&mut self, usage: Usage, wall: Duration, calls: usize) {
        self.turns += 1;
        let result = match calls {
            0 => "an answer in words".to_owned(),
            1 => "1 call".to_owned(),
            calls => format!("{calls} calls"),
        };
        let (turn, cost) = (self.turns, cost(usage, wall));
        self.ear.turn(TurnTold { turn, cost, result });
    }
}

impl Watcher for Talk<'_> {
    fn event(&mut self, agent: u32, event: AgentEvent) {
        if let AgentEvent::TurnEnded {
            usage, wall, calls, ..
        } = event
        {
            return self.turn_ended(usage, wall, calls);
        }
        if let Some(view) = view(&self.who, agent, event) {
            self.ear.view(view);
        }
    }

    fn message(&mut self, agent: u32, message: &Message) {
        self.transcript.keep(agent, message);
    }
}

fn view(who: &str, agent: u32, event: AgentEvent) -> Option<View> {
    Some(match event {
        AgentEvent::TurnBegan { turn, .. } => View::Asking {
            slot: who.to_owned(),
            route: format!("turn {turn}"),
        },
        AgentEvent::Streaming(delta) => return View::streamed(delta),
        AgentEvent::Answered {
            name,
            summary,
            failed,
            ..
        } => View::Called {
            agent,
            tool: visible(&name).into_owned(),
            summary: visible(&summary).into_owned(),
            failed,
        },
        AgentEvent::Progress {
            progress: Progress::Waiting(reason),
            ..
        } => View::Notice(visible(&reason).into_owned()),
        AgentEvent::Progress {
            progress: Progress::Output(text),
            ..
        } => View::Output(text),
        AgentEvent::Nudged(why) => View::Warning(format!("{why}; the model was told so")),
        AgentEvent::AskedAgain { why } => {
            View::Notice(format!("{}; it is asked again", visible(&why)))
        }
        AgentEvent::ResultsCut { count, bytes } => View::Notice(format!(
            "the context is nearly full: {count} old results were cut, {bytes} bytes"
        )),
        AgentEvent::TurnsCut {
            messages,
            no_summary,
        } => View::Notice(match no_summary {
            None => format!("the context was full: {messages} old messages became a summary"),
            Some(why) => format!(
                "the context was full: {messages} old messages became what was recorded of them ({})",
                visible(&why)
            ),
        }),
        AgentEvent::Delegated { agent, task } => View::Notice(format!(
            "helper {agent} begins: {}",
            visible(task.lines().next().unwrap_or_default())
        )),
        AgentEvent::Called { .. } | AgentEvent::TurnEnded { .. } => return None,
    })
}

/// What a turn cost, as a run counts it.
pub(crate) fn cost(usage: Usage, wall: Duration) -> Cost {
    Cost {
        input_tokens: usage.input_tokens,
        cached_tokens: usage.cached_tokens,
        output_tokens: usage.output_tokens,
        wall_ms: millis(wall),
        nano_usd: usage.money.nanos(),
    }
}

/// Why a conversation stopped before the model said that it was finished; none when it said so.
///
/// # Errors
/// When it was interrupted, or the model failed.
pub(crate) fn stopped(ended: &Ended) -> Result<Option<String>, SessionError> {
    match ended {
        Ended::Finished { .. } => Ok(None),
        Ended::GaveUp { why, .. } => Ok(Some(why.to_string())),
        Ended::Spent(limit) => Ok(Some(limit.to_string())),
        Ended::Cancelled => Err(failed(ModelError::Cancelled)),
        Ended::Failed(error) => Err(failed(error.clone())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::Delta;

    #[test]
    fn what_a_model_names_cannot_steer_a_terminal() {
        const EVIL: &str = "x\u{1b}]0;title\u{7}";
        let waiting = AgentEvent::Progress {
            call: String::new(),
            progress: Progress::Waiting(EVIL.to_owned()),
        };
        let again = AgentEvent::AskedAgain {
            why: EVIL.to_owned(),
        };
        let calling = AgentEvent::Streaming(Delta::Calling(EVIL.to_owned()));
        for event in [waiting, again, calling] {
            let shown = match view("chat", 0, event) {
                Some(View::Notice(text) | View::Calling(text)) => text,
                other => panic!("{other:?}"),
            };
            assert!(
                shown.contains("\\u{1b}") && !shown.contains('\u{1b}'),
                "{shown}"
            );
        }
    }
}
