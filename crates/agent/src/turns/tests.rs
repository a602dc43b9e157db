//! Conversations with a scripted model, which stands in for a real one, and a toolbox in memory, which is a double.

use std::collections::BTreeMap;
use std::sync::{Condvar, Mutex};
use std::time::Duration;

use model::{Profile, Scripted, Strategy};
use serde_json::{Value, json};
use tools::{Answer, Effect, ToolSpec};

use super::*;

/// A picture of 1000 by 750 points.
const PICTURE: &[u8] = b"GIF89a\xe8\x03\xee\x02";

/// Files in memory: read, write, and `meet`, which waits until so many calls are under way.
#[derive(Default)]
struct Files {
    files: Mutex<BTreeMap<String, String>>,
    order: Mutex<Vec<String>>,
    met: Mutex<usize>,
    changed: Condvar,
}

impl Files {
    fn order(&self) -> Vec<String> {
        self.order.lock().expect("unspoilt").clone()
    }

    fn meet(&self, wanted: usize) -> Answer {
        let mut met = self.met.lock().expect("unspoilt");
        *met += 1;
        self.changed.notify_all();
        let wait = self
            .changed
            .wait_timeout_while(met, Duration::from_secs(10), |it| *it < wanted);
        let (met, _) = wait.expect("unspoilt");
        said(&format!("{} of {wanted}", *met), *met < wanted)
    }
}

fn said(text: &str, failed: bool) -> Answer {
    Answer {
        text: text.to_owned(),
        summary: text.to_owned(),
        failed,
        changed: Vec::new(),
        pictures: Vec::new(),
    }
}

impl Toolbox for Files {
    fn specs(&self) -> Vec<ToolSpec> {
        let spec = |name: &str, required: &[&str]| ToolSpec {
            name: name.to_owned(),
            description: format!("{name}s."),
            parameters: json!({
                "type": "object",
                "properties": {"path": {"type": "string"}, "text": {"type": "string"}},
                "required": required,
            }),
        };
        vec![
            spec("read", &["path"]),
            spec("write", &["path", "text"]),
            spec("meet", &[]),
        ]
    }

    fn effect(&self, name: &str, _: &Value) -> Effect {
        match name {
            "write" => Effect::Changes,
            _ => Effect::Reads,
        }
    }

    fn call(
        &self,
        name: &str,
        arguments: &Value,
        _: tools::Stop<'_>,
        on: &(dyn Fn(Progress) + Sync),
    ) -> Answer {
        on(Progress::Output(name.to_owned()));
        let text = |name: &str| arguments[name].as_str().unwrap_or_default().to_owned();
        let path = text("path");
        if name == "meet" {
            return self.meet(arguments["wanted"].as_u64().unwrap_or(0) as usize);
        }
        let mut order = self.order.lock().expect("unspoilt");
        order.push(format!("{name} {path}"));
        let mut files = self.files.lock().expect("unspoilt");
        match name {
            "write" => {
                files.insert(path.clone(), text("text"));
                Answer {
                    changed: vec![path],
                    ..said("written", false)
                }
            }
            _ => match files.get(&path) {
                Some(text) => said(text, false),
                None => said(&format!("there is no {path}"), true),
            },
        }
    }
}

/// Writes down what happens, one line each, without what a test need not see.
#[derive(Default)]
struct Seen {
    events: Vec<String>,
    transcript: Vec<(u32, Message)>,
}

impl Watcher for Seen {
    fn event(&mut self, agent: u32, event: AgentEvent) {
        let line = match event {
            AgentEvent::Answered {
                name,
                summary,
                failed,
                ..
            } => {
                let failed = if failed { " failed" } else { "" };
                format!("{name}{failed}: {summary}")
            }
            AgentEvent::Nudged(why) => format!("nudged: {why}"),
            AgentEvent::AskedAgain { .. } => "asked again".to_owned(),
            AgentEvent::ResultsCut { .. } => "results cut".to_owned(),
            AgentEvent::TurnsCut { no_summary, .. } => format!("turns cut, {no_summary:?}"),
            AgentEvent::Delegated { agent, task } => format!("delegated to {agent}: {task}"),
            AgentEvent::TurnBegan { .. }
            | AgentEvent::Streaming(_)
            | AgentEvent::TurnEnded { .. }
            | AgentEvent::Called { .. }
            | AgentEvent::Progress { .. } => return,
        };
        self.events.push(format!("{agent} {line}"));
    }

    fn message(&mut self, agent: u32, message: &Message) {
        self.transcript.push((agent, message.clone()));
    }
}

fn scripted(lines: &[Value]) -> Scripted {
    let profile = json!({"profile": {"strategy": "tools"}});
    let lines = std::iter::once(&profile).chain(lines);
    let text: String = lines.map(|it| format!("{it}\n")).collect();
    Scripted::parse("turns.jsonl", &text).expect("a script")
}

fn calls(calls: &[(&str, Value)]) -> Value {
    let calls: Vec<Value> = calls
        .iter()
        .map(|(name, arguments)| json!({"name": name, "arguments": arguments}))
        .collect();
    json!({"calls": calls, "usage": {"input_tokens": 10, "output_tokens": 2}})
}

fn job<'a>(model: &'a dyn Model, files: &'a Files, cancel: &'a Cancel) -> Job<'a> {
    Job {
        model,
        toolbox: files,
        system: "You work on a project.",
        limits: TurnLimits::default(),
        cancel,
        seed: 0,
        delegates: true,
    }
}

/// Plays a script over `files`; gives how it ended, what was seen, and the model, which knows what it was asked.
fn play(lines: &[Value], files: &Files) -> (Ended, Seen, Scripted) {
    let model = scripted(lines);
    let (cancel, mut seen) = (Cancel::new(), Seen::default());
    let mut conversation = Conversation::new(job(&model, files, &cancel));
    let ended = conversation.ask("the task", &mut seen);
    (ended, seen, model)
}

fn finished(text: &str) -> Ended {
    Ended::Finished {
        text: text.to_owned(),
    }
}

fn gave_up(why: GaveUp, text: &str) -> Ended {
    let text = text.to_owned();
    Ended::GaveUp { why, text }
}

fn path(path: &str) -> Value {
    json!({"path": path})
}

#[test]
fn the_model_drives_until_it_answers_in_words() {
    let files = Files::default();
    let write = json!({"path": "a.py", "text": "x = 1"});
    let lines = [
        calls(&[("read", path("a.py"))]),
        calls(&[("write", write), ("read", path("a.py"))]),
        json!({"reply": "a.py has x."}),
    ];
    let (ended, seen, model) = play(&lines, &files);
    assert_eq!(ended, finished("a.py has x."));
    assert_eq!(
        seen.events,
        [
            "0 read failed: there is no a.py",
            "0 write: written",
            "0 read: x = 1"
        ]
    );
    assert_eq!(files.order(), ["read a.py", "write a.py", "read a.py"]);
    let asked = model.requests();
    let told = &asked[2].messages;
    assert_eq!(told.len(), 5);
    assert_eq!(told[4].results.len(), 2);
    assert_eq!(told[4].results[1].text, "x = 1");
    assert_eq!(told[4].results[1].id, told[3].calls[1].id);
    // The beginning of a request is the whole of the one before.
    assert_eq!(told[..3], asked[1].messages[..]);
    assert_eq!(asked[2].system, asked[0].system);
    assert_eq!(asked[2].tools, asked[0].tools);
    assert_eq!(seen.transcript.len(), 6);
}

#[test]
fn reading_calls_run_beside_each_other() {
    let files = Files::default();
    let meet = || ("meet", json!({"wanted": 3}));
    let lines = [calls(&[meet(), meet(), meet()]), json!({"reply": "met"})];
    let (_, seen, _) = play(&lines, &files);
    assert_eq!(seen.events, ["0 meet: 3 of 3"; 3]);
}

#[test]
fn a_read_after_a_write_of_the_same_answer_sees_it() {
    let files = Files::default();
    let write = |text: &str| ("write", json!({"path": "a", "text": text}));
    let read = || ("read", path("a"));
    let lines = [
        calls(&[write("1"), read(), write("2"), read(), read()]),
        json!({"reply": "so"}),
    ];
    let (_, seen, _) = play(&lines, &files);
    let results: Vec<&str> = seen.events.iter().map(|it| &it[2..]).collect();
    assert_eq!(
        results,
        [
            "write: written",
            "read: 1",
            "write: written",
            "read: 2",
            "read: 2"
        ]
    );
}

#[test]
fn wrong_calls_are_told_what_would_be_right() {
    let files = Files::default();
    let lines = [
        json!({"calls": [
            {"name": "read_file", "arguments": {"path": "a"}},
            {"name": "read", "arguments": "{\"path"},
            {"name": "write", "arguments": "[1]"},
            {"name": "read", "arguments": "\"{\\\"path\\\": \\\"a\\\"}\""},
        ]}),
        json!({"reply": "so"}),
    ];
    let (_, _, model) = play(&lines, &files);
    let told = &model.requests()[1].messages;
    let results: Vec<&str> = told[2].results.iter().map(|it| it.text.as_str()).collect();
    insta::assert_snapshot!(results.join("\n"), @r#"
    there is no tool `read_file`. Did you mean `read`? The tools are: read, write, meet, note, delegate
    the arguments are not JSON (EOF while parsing a string at line 1 column 6); `read` takes a JSON object such as {"path":"…"}
    the arguments are no object; `write` takes a JSON object such as {"path":"…","text":"…"}
    there is no a
    "#);
    // What goes back to a provider is an object in any case.
    for call in &told[1].calls {
        serde_json::from_str::<serde_json::Map<String, Value>>(&call.arguments).expect("an object");
    }
}

#[test]
fn calls_written_as_text_are_read() {
    let files = Files::default();
    let profile = json!({"profile": {"strategy": "tools", "native_tools": false}});
    let lines = [
        profile,
        json!({"reply": "```tool\n{\"name\": \"write\", \"arguments\": {\"path\": \"a\", \"text\": \"1\"}}\n```"}),
        json!({"reply": "```tool\n{\"name\": \"write\", \"arguments\": {\n```"}),
        json!({"when": "cannot be read", "reply": "{\"name\": \"read\", \"arguments\": {\"path\": \"a\"}}"}),
        json!({"when": "Result of `read`:\n1", "reply": "done with it"}),
    ];
    let text: String = lines.iter().map(|it| format!("{it}\n")).collect();
    let model = Scripted::parse("s", &text).expect("a script");
    let (cancel, mut seen) = (Cancel::new(), Seen::default());
    let ended = Conversation::new(job(&model, &files, &cancel)).ask("the task", &mut seen);
    assert_eq!(ended, finished("done with it"));
    assert_eq!(files.order(), ["write a", "read a"]);
    let first = &model.requests()[0];
    assert!(first.tools.is_empty());
    assert!(first.system.contains("- read: reads."), "{}", first.system);
    let last = &model.requests()[3].messages;
    assert!(
        last.iter()
            .all(|it| it.calls.is_empty() && it.results.is_empty())
    );
}

/// A model that plays whole replies, which the scripted one cannot give: cut ones, refused ones.
struct Replies {
    id: model::ModelId,
    replies: Mutex<Vec<Result<model::Reply, ModelError>>>,
}

impl Replies {
    fn new(replies: Vec<Result<model::Reply, ModelError>>) -> Replies {
        Replies {
            id: "scripted/replies".parse().expect("an id"),
            replies: Mutex::new(replies),
        }
    }
}

impl Model for Replies {
    fn id(&self) -> &model::ModelId {
        &self.id
    }

    fn profile(&self) -> Profile {
        Profile {
            context_tokens: 32_768,
            output_tokens_max: 4096,
            strategy: Strategy::Tools,
            writes_plans: true,
            native_tools: true,
            images: false,
            goes_on: false,
        }
    }

    fn stream(
        &self,
        _: &model::Request,
        _: &Cancel,
        _: &mut dyn FnMut(Delta),
    ) -> Result<model::Reply, ModelError> {
        self.replies.lock().expect("unspoilt").remove(0)
    }
}

fn reply(text: &str, stop: model::Stop, write: Option<&str>) -> Result<model::Reply, ModelError> {
    let calls = write.map(|path| model::Call {
        id: path.to_owned(),
        name: "write".to_owned(),
        arguments: json!({"path": path, "text": ""}).to_string(),
    });
    Ok(model::Reply {
        calls: calls.into_iter().collect(),
        ..model::Reply::text(text, Usage::default(), stop)
    })
}

fn answered(replies: Vec<Result<model::Reply, ModelError>>, files: &Files) -> (Ended, Seen) {
    let model = Replies::new(replies);
    let (cancel, mut seen) = (Cancel::new(), Seen::default());
    let ended = Conversation::new(job(&model, files, &cancel)).ask("the task", &mut seen);
    (ended, seen)
}

#[test]
fn an_answer_that_was_cut_off_runs_nothing() {
    use model::Stop::{Calls, End, Length};
    let files = Files::default();
    let half = "```tool\n{\"name\": \"write\", \"arguments\": {\"path\"";
    let replies = vec![
        reply("", Length, Some("half")),
        reply(half, Length, None),
        reply("", Calls, Some("whole")),
        reply("It is ", Length, None),
        reply("done.", End, None),
    ];
    let (ended, seen) = answered(replies, &files);
    assert_eq!(ended, finished("It is done."));
    assert_eq!(files.order(), ["write whole"]);
    let told = &seen.transcript[2].1.results[0];
    assert!(told.failed && told.text.starts_with("not run"), "{told:?}");

    let replies = vec![
        reply("", Length, Some("1")),
        reply("", Length, Some("2")),
        reply("", Length, Some("3")),
    ];
    let (ended, _) = answered(replies, &Files::default());
    assert_eq!(ended, gave_up(GaveUp::CutOff, ""));
}

#[test]
fn failures_of_the_model_end_clean() {
    use model::Stop::{End, Refused};
    let id: model::ModelId = "scripted/replies".parse().expect("an id");
    let broken = || {
        Err(ModelError::Broken {
            model: id.clone(),
            reason: "cut".to_owned(),
        })
    };
    let files = Files::default();
    let (ended, seen) = answered(vec![broken(), broken(), reply("so", End, None)], &files);
    assert_eq!(ended, finished("so"));
    assert_eq!(seen.events, ["0 asked again"; 2]);
    let (ended, _) = answered(vec![broken(), broken(), broken()], &files);
    assert!(
        matches!(ended, Ended::Failed(ModelError::Broken { .. })),
        "{ended:?}"
    );
    let (ended, _) = answered(vec![reply("no", Refused, Some("a"))], &files);
    assert_eq!(ended, gave_up(GaveUp::Refused, "no"));
    assert!(files.order().is_empty());
}

#[test]
fn turns_that_lead_nowhere_are_told_once_and_then_end() {
    let files = Files::default();
    let same = || calls(&[("read", path("a"))]);
    let (ended, seen, model) = play(&[same(), same(), same(), same(), same(), same()], &files);
    assert_eq!(ended, gave_up(GaveUp::Circle, ""));
    let nudges = seen.events.iter().filter(|it| it.contains("nudged"));
    assert_eq!(nudges.count(), 1);
    assert!(
        model.requests()[3]
            .last_user_text()
            .contains("Do something else")
    );

    let other = || calls(&[("read", path("b"))]);
    let pong: Vec<Value> = (0..6).flat_map(|_| [same(), other()]).collect();
    let (ended, _, model) = play(&pong, &files);
    assert_eq!(ended, gave_up(GaveUp::Circle, ""));
    assert_eq!(model.unused(), 0);

    let empty = || json!({"reply": ""});
    let (ended, seen, _) = play(&[empty(), json!({"reply": "Understood."})], &files);
    assert_eq!(ended, gave_up(GaveUp::NothingDone, "Understood."));
    assert_eq!(seen.events, ["0 nudged: the model's answers did nothing"]);

    let (ended, _, model) = play(
        &[empty(), json!({"reply": "There is nothing to do."})],
        &files,
    );
    assert_eq!(ended, finished("There is nothing to do."));
    // Two messages of the user's side in a row become one.
    assert_eq!(model.requests()[1].messages.len(), 1);
}

#[test]
fn limits_and_cancelling_end_it() {
    let files = Files::default();
    let lines: Vec<Value> = (0..20)
        .map(|n| calls(&[("read", path(&n.to_string()))]))
        .collect();
    let model = scripted(&lines);
    let cancel = Cancel::new();
    let limits = TurnLimits {
        turns: 3,
        ..TurnLimits::default()
    };
    let mut conversation = Conversation::new(Job {
        limits,
        ..job(&model, &files, &cancel)
    });
    assert_eq!(
        conversation.ask("the task", &mut Seen::default()),
        Ended::Spent(Limit::Turns)
    );
    assert_eq!(conversation.spent().usage.output_tokens, 6);
    cancel.cancel();
    assert_eq!(
        conversation.ask("more", &mut Seen::default()),
        Ended::Cancelled
    );
}

#[test]
fn a_subagent_has_its_own_context_and_its_cost_counts() {
    let files = Files::default();
    let write = json!({"path": "b", "text": "2"});
    let model = scripted(&[
        calls(&[
            ("delegate", json!({"task": "write b"})),
            ("read", path("b")),
        ]),
        calls(&[("write", write)]),
        calls(&[("delegate", json!({"task": "deeper"}))]),
        json!({"reply": "b is written"}),
        json!({"reply": "all done"}),
    ]);
    let (cancel, mut seen) = (Cancel::new(), Seen::default());
    let mut conversation = Conversation::new(job(&model, &files, &cancel));
    let ended = conversation.ask("the task", &mut seen);
    assert_eq!(ended, finished("all done"));
    insta::assert_snapshot!(seen.events.join("\n"), @r"
    0 delegated to 1: write b
    1 write: written
    1 delegate failed: there is no tool `delegate`. The tools are: read, write, meet, note
    0 delegate: b is written
    0 read: 2
    ");
    let asked = model.requests();
    assert_eq!(asked[1].messages.len(), 1);
    assert_eq!(asked[4].messages[2].results[0].text, "b is written");
    assert_eq!(conversation.spent().turns, 5);
    assert!(conversation.ledger().changed.contains("b"));
}

#[test]
fn the_truth_survives_when_the_context_gets_full() {
    let files = Files::default();
    let profile =
        json!({"profile": {"strategy": "tools", "context_tokens": 4000, "output_tokens_max": 500}});
    let mut lines = vec![
        profile,
        calls(&[(
            "note",
            json!({"kind": "decision", "text": "keep it in one file"}),
        )]),
    ];
    let summary = json!({"when": "is about to be cut", "reply": "SUMMARY OF MINE"});
    lines.extend(std::iter::repeat_n(summary, 9));
    for n in 0..24 {
        let write = json!({"path": format!("f{n}"), "text": "x".repeat(500)});
        lines.push(calls(&[("write", write)]));
    }
    lines.push(json!({"reply": "all written"}));
    // The usage of these scripts would teach the gauge that everything is small.
    let text: String = lines
        .iter()
        .map(|it| format!("{it}\n").replace("\"input_tokens\":10", "\"input_tokens\":0"))
        .collect();
    let model = Scripted::parse("s", &text).expect("a script");
    let (cancel, mut seen) = (Cancel::new(), Seen::default());
    let mut conversation = Conversation::new(job(&model, &files, &cancel));
    let ended = conversation.ask("THE TASK", &mut seen);
    assert_eq!(ended, finished("all written"));
    assert_eq!(files.order().len(), 24);
    assert!(
        seen.events.contains(&"0 turns cut, None".to_owned()),
        "{:?}",
        seen.events
    );
    let requests = model.requests();
    let last = requests.last().expect("requests");
    let first = &last.messages[0].text;
    for told in [
        "THE TASK",
        "- keep it in one file",
        "- f0\n",
        "SUMMARY OF MINE",
    ] {
        assert!(first.contains(told), "{told} in {first}");
    }
    let biggest = requests.iter().map(|it| {
        let texts = it.messages.iter().flat_map(|it| {
            let calls = it.calls.iter().map(|it| it.arguments.len());
            calls.chain([it.text.len()])
        });
        texts.sum::<usize>()
    });
    assert!(biggest.max().expect("requests") < 14_000);
    // Every result that is left has its call before it.
    for pair in last.messages.windows(2) {
        let ids = |it: &[model::Call]| it.iter().map(|it| it.id.clone()).collect::<Vec<_>>();
        let results: Vec<String> = pair[1].results.iter().map(|it| it.id.clone()).collect();
        assert!(results.is_empty() || results == ids(&pair[0].calls));
    }
    // The transcript holds all of it.
    assert_eq!(seen.transcript.len(), 1 + 2 * 25 + 1);
}

#[test]
fn a_first_request_is_small() {
    let (_, _, model) = play(&[json!({"reply": "hello"})], &Files::default());
    let first = &model.requests()[0];
    let own = first.tools.iter().skip(3);
    let tools: usize = own
        .map(|it| it.description.len() + it.parameters.to_string().len())
        .sum();
    assert!(
        first.system.len() + tools < 1500,
        "{} {tools}",
        first.system.len()
    );
}

/// A toolbox with one tool, which gives a picture and what is none.
struct Easel;

impl Toolbox for Easel {
    fn specs(&self) -> Vec<ToolSpec> {
        vec![ToolSpec {
            name: "paint".to_owned(),
            description: "Paints.".to_owned(),
            parameters: json!({"type": "object", "properties": {}}),
        }]
    }

    fn effect(&self, _: &str, _: &Value) -> Effect {
        Effect::Reads
    }

    fn call(
        &self,
        _: &str,
        _: &Value,
        _: tools::Stop<'_>,
        _: &(dyn Fn(Progress) + Sync),
    ) -> Answer {
        Answer {
            pictures: vec![PICTURE.to_vec(), b"<svg>".to_vec()],
            ..said("painted", false)
        }
    }
}

#[test]
fn pictures_of_tools_are_shown_where_the_model_takes_them() {
    let shown = |images: bool| {
        let profile = json!({"profile": {"strategy": "tools", "images": images}});
        let lines = [
            profile,
            calls(&[("paint", json!({})), ("paint", json!({}))]),
            json!({"reply": "seen"}),
        ];
        let text: String = lines.iter().map(|it| format!("{it}\n")).collect();
        let model = Scripted::parse("turns.jsonl", &text).expect("a script");
        let (cancel, mut seen) = (Cancel::new(), Seen::default());
        let files = Files::default();
        let mut conversation = Conversation::new(Job {
            toolbox: &Easel,
            ..job(&model, &files, &cancel)
        });
        assert_eq!(
            conversation.ask("the task", &mut seen),
            finished("seen"),
            "{images}"
        );
        model.requests().remove(1)
    };
    let request = shown(true);
    assert_eq!(request.images().count(), 2);
    let result = &request.messages[2].results[0];
    assert_eq!(result.images[0].name(), "paint");
    assert!(
        result.text.contains("a picture is left out: it is no PNG"),
        "{}",
        result.text
    );
    let request = shown(false);
    assert_eq!(request.images().count(), 0);
    let result = &request.messages[2].results[0];
    assert_eq!(result.text.matches("left out: you take none").count(), 2);
}
