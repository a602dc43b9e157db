//! The scripted model: it plays written replies, for deterministic tests.

use crate::script::{Failure, Script, ScriptedTurn};
use crate::{Cancel, Delta, Model, ModelError, ModelId, Profile, Provider, Reply, Request, Stop};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How often a waiting turn looks at its [`Cancel`], in milliseconds.
const CANCEL_POLL_MS: u64 = 5;

/// Most characters of a message that an error repeats.
const QUOTED_CHARS_MAX: usize = 80;

/// A model that does not think: it plays a script of streamed replies, so that a test of the engine is deterministic and needs
/// no weights and no network. It is chosen as `scripted/FILE`.
///
/// A script is text with one JSON object a line. Blank lines and lines that begin with `#` are skipped.
///
/// ```json
/// {"profile": {"strategy": "tools", "writes_plans": true, "context_tokens": 32768, "output_tokens_max": 4096}}
/// {"when": "write a plan", "reply": "1. Begin.\n"}
/// {"reply": ["in ", "pieces"], "delay_ms": 20, "usage": {"input_tokens": 12, "output_tokens": 3}}
/// {"reply": "I look.", "calls": [{"name": "read", "arguments": {"path": "a.py"}}]}
/// {"error": "unavailable"}
/// {"reply": "half an answ", "error": "cut"}
/// ```
///
/// - `profile` may stand on the first line only; each field is optional. Without it the model is driven by slots. With
///   `images` it takes pictures.
/// - `when` is a text that the last user message, or the results of calls in it, must contain; without it the line
///   answers any request.
/// - `never` are texts that must stand nowhere in the request, else the turn fails: for tests of what a model is not shown.
/// - `calls` are the tools that the turn calls; `arguments` are an object, or a text where they are to be no JSON.
/// - `reply` is a text, or a list of texts that arrive one after another.
/// - `delay_ms` is waited before each piece (and before a failure), at most 60,000.
/// - `usage` is what the reply reports, 0 where it is silent.
/// - `error` is `unavailable` (fails at once, and takes no reply) or `cut` (fails after the last piece).
///
/// Each request takes the first line not yet used that answers it. A line is used once, also when the turn is cancelled.
/// Temperature, seed, stop texts and limits of the request have no effect.
pub struct Scripted {
    id: ModelId,
    profile: Profile,
    play: Mutex<Play>,
}

struct Play {
    waiting: Vec<ScriptedTurn>,
    requests: Vec<Request>,
}

impl Scripted {
    /// Reads the script `text`, to be known as `scripted/NAME`.
    ///
    /// # Errors
    ///
    /// [`ModelError::Script`] naming the line that is not as documented, or a name that cannot be an id's.
    pub fn parse(name: &str, text: &str) -> Result<Self, ModelError> {
        let id = ModelId::new(Provider::Scripted, name).map_err(|error| ModelError::Script {
            script: name.escape_debug().to_string(),
            reason: format!("cannot be read: {error}"),
        })?;
        let script = Script::parse(name, text)?;
        Ok(Self {
            id,
            profile: script.profile,
            play: Mutex::new(Play {
                waiting: script.turns,
                requests: Vec::new(),
            }),
        })
    }

    /// Every request made so far, in order, answered or not: a test asserts on what the model was asked.
    #[must_use]
    pub fn requests(&self) -> Vec<Request> {
        self.lock().requests.clone()
    }

    /// How many lines of the script no request has used yet.
    #[must_use]
    pub fn unused(&self) -> usize {
        self.lock().waiting.len()
    }

    fn lock(&self) -> MutexGuard<'_, Play> {
        // A push or a removal leaves no half state behind, so a panic elsewhere does not spoil the script.
        self.play.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn take_turn(&self, request: &Request) -> Result<ScriptedTurn, ModelError> {
        let mut play = self.lock();
        play.requests.push(request.clone());
        let text = request.last_user_text();
        let Some(found) = play.waiting.iter().position(|turn| turn.answers(&text)) else {
            return Err(ModelError::Script {
                script: self.id.name().to_owned(),
                reason: format!(
                    "has no reply left for request {}, whose last user message is {:?}",
                    play.requests.len(),
                    beginning(&text)
                ),
            });
        };
        let mut turn = play.waiting.remove(found);
        if let Some(never) = turn.never.iter().find(|it| holds(request, it)) {
            return Err(ModelError::Script {
                script: self.id.name().to_owned(),
                reason: format!("is shown what it must never be shown: {never:?}"),
            });
        }
        let number = play.requests.len();
        for (index, call) in turn.calls.iter_mut().enumerate() {
            call.id = format!("call_{number}_{}", index + 1);
        }
        Ok(turn)
    }

    fn play(
        &self,
        turn: &ScriptedTurn,
        cancel: &Cancel,
        on: &mut dyn FnMut(Delta),
    ) -> Result<(), ModelError> {
        for piece in &turn.pieces {
            wait(turn.delay_ms, cancel)?;
            on(Delta::Text(piece.clone()));
        }
        for call in &turn.calls {
            wait(turn.delay_ms, cancel)?;
            on(Delta::Calling(call.name.clone()));
        }
        let Some(failure) = turn.failure else {
            return if cancel.is_cancelled() {
                Err(ModelError::Cancelled)
            } else {
                Ok(())
            };
        };
        wait(turn.delay_ms, cancel)?;
        let model = self.id.clone();
        Err(match failure {
            Failure::Unavailable => ModelError::Unavailable {
                model,
                reason: "its script says so".to_owned(),
            },
            Failure::Cut => ModelError::Broken {
                model,
                reason: "its script cuts it here".to_owned(),
            },
        })
    }
}

impl Model for Scripted {
    fn id(&self) -> &ModelId {
        &self.id
    }

    fn profile(&self) -> Profile {
        self.profile
    }

    fn stream(
        &self,
        request: &Request,
        cancel: &Cancel,
        on: &mut dyn FnMut(Delta),
    ) -> Result<Reply, ModelError> {
        request.check_images(&self.id, self.profile)?;
        let turn = self.take_turn(request)?;
        self.play(&turn, cancel, on)?;
        let stop = match turn.calls.is_empty() {
            true => Stop::End,
            false => Stop::Calls,
        };
        Ok(Reply {
            calls: turn.calls,
            ..Reply::text(turn.pieces.concat(), turn.usage, stop)
        })
    }
}

/// Whether a text stands anywhere in a request.
fn holds(request: &Request, text: &str) -> bool {
    request.system.contains(text)
        || request.tools.iter().any(|it| it.description.contains(text))
        || request.messages.iter().any(|it| {
            it.text.contains(text)
                || it.calls.iter().any(|it| it.arguments.contains(text))
                || it.results.iter().any(|it| it.text.contains(text))
        })
}

fn wait(delay_ms: u64, cancel: &Cancel) -> Result<(), ModelError> {
    let mut left_ms = delay_ms;
    loop {
        if cancel.is_cancelled() {
            return Err(ModelError::Cancelled);
        }
        if left_ms == 0 {
            return Ok(());
        }
        let step_ms = left_ms.min(CANCEL_POLL_MS);
        std::thread::sleep(Duration::from_millis(step_ms));
        left_ms -= step_ms;
    }
}

fn beginning(text: &str) -> String {
    let mut chars = text.chars();
    let mut quoted: String = chars.by_ref().take(QUOTED_CHARS_MAX).collect();
    if chars.next().is_some() {
        quoted.push('…');
    }
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Message, Strategy, Usage};
    use insta::assert_snapshot;
    use proptest::prelude::*;
    use std::fmt::Write as _;
    use std::time::Instant;

    fn ask(text: &str) -> Request {
        Request {
            system: String::new(),
            messages: vec![Message::user(text), Message::assistant("earlier")],
            max_tokens: 16,
            tools: Vec::new(),
            temperature: 0.0,
            seed: 0,
            stop: Vec::new(),
            schema: None,
        }
    }

    /// Plays `script` to each of `asked` and shows the pieces and the end of each turn.
    fn check(script: &str, asked: &[&str]) -> String {
        let model = match Scripted::parse("turns.jsonl", script) {
            Ok(model) => model,
            Err(error) => return error.to_string(),
        };
        let mut shown = String::new();
        for text in asked {
            let mut pieces = Vec::new();
            let end = model.stream(&ask(text), &Cancel::new(), &mut |delta| {
                if let Delta::Text(piece) = delta {
                    pieces.push(piece);
                }
            });
            let end = match end {
                Ok(reply) if reply.calls.is_empty() => {
                    format!("{:?} {:?}", reply.stop, reply.text)
                }
                Ok(reply) => format!("{:?} {:?} {:?}", reply.stop, reply.text, reply.calls),
                Err(error) => error.to_string(),
            };
            writeln!(shown, "{text} => {pieces:?} {end}").unwrap();
        }
        shown
    }

    #[test]
    fn lines_are_used_in_order_and_once() {
        let script = "# a plan first\n{\"when\":\"plan\",\"reply\":\"P\"}\n\n{\"reply\":[\"a\",\"b\"]}\n{\"reply\":\"last\"}";
        assert_snapshot!(check(script, &["code", "plan", "plan", "more"]), @r#"
        code => ["a", "b"] End "ab"
        plan => ["P"] End "P"
        plan => ["last"] End "last"
        more => [] the script turns.jsonl has no reply left for request 4, whose last user message is "more"
        "#);
    }

    #[test]
    fn calls_get_ids_and_keep_what_is_no_json() {
        let script = "{\"calls\":[{\"name\":\"list\"},{\"name\":\"read\",\"arguments\":\"{\\\"path\"}]}\n\
                      {\"reply\":\"done\",\"calls\":[{\"name\":\"read\",\"arguments\":{\"path\":\"a\"}}]}";
        assert_snapshot!(check(script, &["1", "2"]), @r#"
        1 => [] Calls "" [Call { id: "call_1_1", name: "list", arguments: "{}" }, Call { id: "call_1_2", name: "read", arguments: "{\"path" }]
        2 => ["done"] Calls "done" [Call { id: "call_2_1", name: "read", arguments: "{\"path\":\"a\"}" }]
        "#);
    }

    #[test]
    fn failures() {
        let script = "{\"error\":\"unavailable\"}\n{\"reply\":[\"half \",\"an\"],\"error\":\"cut\"}\n{\"reply\":\"ok\"}";
        assert_snapshot!(check(script, &["1", "2", "3"]), @r#"
        1 => [] the model scripted/turns.jsonl is not available: its script says so
        2 => ["half ", "an"] the answer of scripted/turns.jsonl broke off: its script cuts it here
        3 => ["ok"] End "ok"
        "#);
    }

    #[test]
    fn bad_scripts_name_their_line() {
        let bad = [
            "{\"reply\":\"a\"}\n{\"reply\":",
            "{\"reply\":7}",
            "{\"reply\":[\"a\",7]}",
            "{\"when\":\"a\"}",
            "{\"replies\":\"a\"}",
            "{\"reply\":\"a\",\"error\":\"unavailable\"}",
            "{\"reply\":\"a\",\"error\":\"broken\"}",
            "{\"reply\":\"a\",\"delay_ms\":60001}",
            "{\"reply\":\"a\"}\n{\"profile\":{}}",
            "[]",
        ];
        let shown: Vec<_> = bad.iter().map(|script| check(script, &[])).collect();
        assert_snapshot!(shown.join("\n"), @r"
        the script turns.jsonl cannot be read: line 2: column 9 is not JSON
        the script turns.jsonl cannot be read: line 1: a reply is a text or a list of texts
        the script turns.jsonl cannot be read: line 1: the pieces of a reply are not all texts
        the script turns.jsonl cannot be read: line 1: there is neither a reply nor a call nor an error
        the script turns.jsonl cannot be read: line 1: unknown field `replies`, expected one of `when`, `never`, `reply`, `calls`, `delay_ms`, `usage`, `error`
        the script turns.jsonl cannot be read: line 1: a turn that is unavailable has no reply
        the script turns.jsonl cannot be read: line 1: unknown variant `broken`, expected `unavailable` or `cut`
        the script turns.jsonl cannot be read: line 1: delay_ms is more than 60000
        the script turns.jsonl cannot be read: line 2: a profile stands on the first line only
        the script turns.jsonl cannot be read: line 1: it is not a JSON object
        ");
    }

    #[test]
    fn the_exhausted_script_quotes_only_the_beginning() {
        let shown = check("", &[&"é".repeat(500)]);
        assert!(
            shown.ends_with(&format!("is \"{}…\"\n", "é".repeat(80))),
            "{shown}"
        );
    }

    #[test]
    fn profile_and_usage_are_as_written() {
        let script = "{\"profile\":{\"strategy\":\"tools\",\"writes_plans\":true}}\n\
                      {\"reply\":\"a\",\"usage\":{\"input_tokens\":5,\"output_tokens\":2}}";
        let model = Scripted::parse("dir/turns.jsonl", script).unwrap();
        assert_eq!(model.id().to_string(), "scripted/dir/turns.jsonl");
        assert_eq!(model.profile().strategy, Strategy::Tools);
        assert!(model.profile().writes_plans);
        assert_eq!(model.unused(), 1);
        let reply = model
            .stream(&ask("q"), &Cancel::new(), &mut |_| ())
            .unwrap();
        let expected = Usage {
            input_tokens: 5,
            output_tokens: 2,
            ..Usage::default()
        };
        assert_eq!(reply.usage, expected);
        assert_eq!(model.requests(), [ask("q")]);
        assert_eq!(model.unused(), 0);
    }

    #[test]
    fn cancel_is_honoured_between_pieces_and_during_waits() {
        let script = "{\"reply\":[\"a\",\"b\"]}\n{\"reply\":\"slow\",\"delay_ms\":60000}";
        let model = Scripted::parse("s", script).unwrap();
        let cancel = Cancel::new();
        let mut pieces = Vec::new();
        let end = model.stream(&ask("q"), &cancel, &mut |delta| {
            pieces.push(delta);
            cancel.cancel();
        });
        assert_eq!(end, Err(ModelError::Cancelled));
        assert_eq!(pieces, [Delta::Text("a".to_owned())]);

        let cancel = Cancel::new();
        let started = Instant::now();
        let end = std::thread::scope(|scope| {
            let turn = scope.spawn(|| model.stream(&ask("q"), &cancel, &mut |_| ()));
            std::thread::sleep(Duration::from_millis(20));
            cancel.cancel();
            turn.join().unwrap()
        });
        assert_eq!(end, Err(ModelError::Cancelled));
        assert!(started.elapsed() < Duration::from_secs(10));
    }

    #[test]
    fn threads_share_one_script() {
        let script = "{\"reply\":\"x\"}\n".repeat(40);
        let model = Scripted::parse("s", &script).unwrap();
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for _ in 0..10 {
                        model
                            .stream(&ask("q"), &Cancel::new(), &mut |_| ())
                            .unwrap();
                    }
                });
            }
        });
        assert_eq!((model.unused(), model.requests().len()), (0, 40));
    }

    proptest! {
        #[test]
        fn any_text_is_a_script_or_is_refused(text in any::<String>()) {
            let _ = Scripted::parse("s", &text).is_ok();
        }
    }
}
