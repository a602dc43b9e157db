//! What every provider must keep, in words that belong to none of them.
//!
//! The streams come from a double (see [`crate::double`]); each dialect writes the same things in its own way and refuses
//! requests that its real server would refuse. `KIRO_LONG_TESTS=1` takes the limits that ship: 100 MB and 60 s.

use std::time::{Duration, Instant};

use base64::prelude::{BASE64_STANDARD, Engine as _};
use model::{
    Call, CallResult, Cancel, Delta, Image, Message, Model, ModelError, Reply, Request, Stop,
    ToolSpec, Trouble, Usage,
};
use serde_json::json;

use crate::double::{Answer, Rules, Seen, Server, Sign, Step};

/// The key of every test; no error and no other text may show it.
pub(crate) const KEY: &str = "sk-test-0123456789abcdefghij";

/// A piece of what the model says.
#[derive(Clone, Debug)]
pub(crate) enum Part {
    Text(&'static str),
    Thought(&'static str),
    /// A call begins: its place among the calls, its id and its name.
    Call(usize, &'static str, &'static str),
    /// More of the arguments of the call at that place.
    Arguments(usize, &'static str),
}

/// What the model says.
#[derive(Clone, Debug)]
pub(crate) struct Said {
    pub(crate) parts: Vec<Part>,
    pub(crate) usage: Usage,
    pub(crate) stop: Stop,
}

/// How long the model may be silent and how much it may say; what is not given is what ships.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Bounds {
    pub(crate) silence: Option<Duration>,
    pub(crate) total: Option<Duration>,
    pub(crate) bytes: Option<usize>,
}

/// One provider under the contract.
pub(crate) struct Dialect {
    pub(crate) open: fn(base: &str, bounds: Bounds) -> Box<dyn Model>,
    pub(crate) rules: Rules,
    pub(crate) content_type: &'static str,
    /// The events, one each.
    pub(crate) events: fn(&Said) -> Vec<Vec<u8>>,
    /// Events that this client does not know.
    pub(crate) unknown: fn() -> Vec<Vec<u8>>,
    /// An event that is none.
    pub(crate) garbage: fn() -> Vec<Vec<u8>>,
    /// The body of a refusal, as the real server writes it, with a message.
    pub(crate) error: fn(status: u16, message: &str) -> Answer,
    /// An error in the middle of a stream that says that the server has too much to do.
    pub(crate) overloaded: fn() -> Vec<u8>,
    /// Event after which the answer counts as whole, counted from the end.
    pub(crate) whole_before_end: usize,
    /// Whether stop texts are looked for by the server, which then says so.
    pub(crate) tells_sequence: bool,
    /// Whether an answer that says beforehand that it is too large is refused at once.
    pub(crate) hears_length: bool,
    /// Whether thoughts come through.
    pub(crate) thinks: bool,
}

pub(crate) fn request(messages: Vec<Message>) -> Request {
    Request {
        system: "Be brief.".to_owned(),
        messages,
        tools: vec![
            tool("read", "Reads a file."),
            tool("list", "Lists a folder."),
        ],
        max_tokens: 64,
        temperature: 0.0,
        seed: u64::MAX,
        stop: Vec::new(),
        schema: None,
    }
}

fn tool(name: &str, description: &str) -> ToolSpec {
    ToolSpec {
        name: name.to_owned(),
        description: description.to_owned(),
        parameters: json!({"type": "object", "properties": {"path": {"type": "string"}}}),
    }
}

pub(crate) fn ask() -> Request {
    request(vec![Message::user("Hello ü")])
}

fn usage() -> Usage {
    Usage {
        input_tokens: 100,
        cached_tokens: 40,
        cache_write_tokens: 0,
        output_tokens: 7,
        ..Usage::default()
    }
}

pub(crate) fn said(parts: &[Part], stop: Stop) -> Said {
    Said {
        parts: parts.to_vec(),
        usage: usage(),
        stop,
    }
}

/// An answer to a prompt that was mostly read from the cache.
pub(crate) fn said_from_cache() -> Said {
    let usage = Usage {
        input_tokens: 900,
        cached_tokens: 600,
        cache_write_tokens: 250,
        output_tokens: 3,
        ..Usage::default()
    };
    Said {
        usage,
        ..said(&[Part::Text("ok")], Stop::End)
    }
}

fn greeting() -> Said {
    let parts = [Part::Text("Good "), Part::Text("day, ü"), Part::Text("!")];
    said(&parts, Stop::End)
}

fn two_calls() -> Said {
    let parts = [
        Part::Text("I look."),
        Part::Call(0, "call_a", "read"),
        Part::Arguments(0, "{\"pa"),
        Part::Call(1, "call_b", "list"),
        Part::Arguments(1, "{\"path\":"),
        Part::Arguments(0, "th\":\"a.py\"}"),
        Part::Arguments(1, "\"src\"}"),
    ];
    said(&parts, Stop::Calls)
}

fn call(id: &str, name: &str, arguments: &str) -> Call {
    Call {
        id: id.to_owned(),
        name: name.to_owned(),
        arguments: arguments.to_owned(),
    }
}

impl Dialect {
    pub(crate) fn streamed(&self, events: Vec<Vec<u8>>) -> Answer {
        Answer::new(
            200,
            self.content_type,
            events.into_iter().map(Step::Send).collect(),
        )
    }

    fn says(&self, said: &Said) -> Answer {
        self.streamed((self.events)(said))
    }

    fn server(&self, answers: Vec<Answer>) -> (Server, Box<dyn Model>) {
        self.bounded(answers, Bounds::default())
    }

    fn bounded(&self, answers: Vec<Answer>, bounds: Bounds) -> (Server, Box<dyn Model>) {
        let server = Server::start(answers, self.rules);
        let model = (self.open)(&server.base(), bounds);
        (server, model)
    }
}

/// A whole turn: the reply, and what came on the way.
pub(crate) fn turn(
    model: &dyn Model,
    request: &Request,
) -> (Result<Reply, ModelError>, Vec<Delta>) {
    let mut deltas = Vec::new();
    let reply = model.stream(request, &Cancel::new(), &mut |it| deltas.push(it));
    (reply, deltas)
}

#[track_caller]
fn trouble(model: &dyn Model, request: &Request, expected: Trouble) -> ModelError {
    let (reply, _) = turn(model, request);
    let error = reply.expect_err("must fail");
    match &error {
        ModelError::Provider { trouble, .. } => assert_eq!(*trouble, expected, "{error}"),
        other => panic!("{other}"),
    }
    let shown = format!("{error} {error:?}");
    assert!(!shown.contains(KEY), "{shown}");
    error
}

fn texts(deltas: &[Delta]) -> String {
    let text = |it: &Delta| match it {
        Delta::Text(text) => text.clone(),
        _ => String::new(),
    };
    deltas.iter().map(text).collect()
}

pub(crate) fn text_comes_in_pieces(dialect: &Dialect) {
    let (server, model) = dialect.server(vec![dialect.says(&greeting())]);
    let (reply, deltas) = turn(&*model, &ask());
    assert_eq!(reply, Ok(Reply::text("Good day, ü!", usage(), Stop::End)));
    let pieces: Vec<Delta> = ["Good ", "day, ü", "!"]
        .map(|it| Delta::Text(it.to_owned()))
        .to_vec();
    assert_eq!(deltas, pieces);
    assert_eq!(server.seen().len(), 1);
}

pub(crate) fn bytes_may_be_cut_anywhere(dialect: &Dialect) {
    let bytes = (dialect.events)(&two_calls()).concat();
    for size in [1, 7, 100] {
        let pieces = bytes.chunks(size).map(<[u8]>::to_vec).collect();
        let (_server, model) = dialect.server(vec![dialect.streamed(pieces)]);
        let (reply, _) = turn(&*model, &ask());
        assert_eq!(reply.unwrap().calls.len(), 2, "chunks of {size}");
    }
}

pub(crate) fn calls_come_in_pieces_and_several_at_once(dialect: &Dialect) {
    let (_server, model) = dialect.server(vec![dialect.says(&two_calls())]);
    let (reply, deltas) = turn(&*model, &ask());
    let expected = Reply {
        calls: vec![
            call("call_a", "read", "{\"path\":\"a.py\"}"),
            call("call_b", "list", "{\"path\":\"src\"}"),
        ],
        ..Reply::text("I look.", usage(), Stop::Calls)
    };
    assert_eq!(reply, Ok(expected));
    let calling = |name: &str| Delta::Calling(name.to_owned());
    assert!(deltas.contains(&calling("read")) && deltas.contains(&calling("list")));
}

pub(crate) fn a_call_may_have_no_arguments(dialect: &Dialect) {
    let parts = [Part::Call(0, "call_a", "list")];
    let answers = vec![
        dialect.says(&said(&parts, Stop::Calls)),
        dialect.says(&said(&parts, Stop::Length)),
    ];
    let (_server, model) = dialect.server(answers);
    let calls = |reply: Result<Reply, ModelError>| reply.unwrap().calls;
    let (whole, _) = turn(&*model, &ask());
    assert_eq!(calls(whole), [call("call_a", "list", "{}")]);
    let (cut, _) = turn(&*model, &ask());
    assert_eq!(calls(cut), [call("call_a", "list", "")]);
}

/// The whole round: calls, their results, an answer. The double refuses the second request unless every call has its result in
/// the dialect's own form.
pub(crate) fn results_go_back(dialect: &Dialect) {
    let answers = vec![dialect.says(&two_calls()), dialect.says(&greeting())];
    let (server, model) = dialect.server(answers);
    let mut messages = vec![Message::user("Look.")];
    let (reply, _) = turn(&*model, &request(messages.clone()));
    messages.push(reply.unwrap().into_message());
    let result = |id: &str, text: &str, failed| CallResult {
        id: id.to_owned(),
        text: text.to_owned(),
        images: Vec::new(),
        failed,
    };
    let results = vec![
        result("call_a", "x = 1\n", false),
        result("call_b", "no such folder", true),
    ];
    messages.push(Message::results(results));
    let (reply, _) = turn(&*model, &request(messages));
    assert_eq!(reply.map(|it| it.text), Ok("Good day, ü!".to_owned()));
    let second = server.seen()[1].body.to_string();
    for part in ["I look.", "a.py", "no such folder", "x = 1"] {
        assert!(second.contains(part), "{part} is not in {second}");
    }
}

/// A picture of one pixel, as a browser would paint it.
pub(crate) const PIXEL: &str = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

fn pixel(name: &str) -> Image {
    Image::read(name, BASE64_STANDARD.decode(PIXEL).unwrap()).unwrap()
}

/// What a real server refuses of a picture.
pub(crate) fn is_picture(media_type: &str, data: &str) -> Result<(), String> {
    let bytes = BASE64_STANDARD.decode(data);
    let bytes = bytes.map_err(|error| format!("a picture is no base64: {error}"))?;
    let image = Image::read("a", bytes).map_err(|error| error.to_string())?;
    match image.form().media_type() == media_type {
        true => Ok(()),
        false => Err(format!("a picture does not match {media_type}")),
    }
}

/// Pictures of the user's and of results reach the server once each, and stay in the conversation.
pub(crate) fn pictures_are_shown(dialect: &Dialect) {
    let answers = vec![dialect.says(&two_calls()), dialect.says(&greeting())];
    let (server, model) = dialect.server(answers);
    let mut asked = Message::user("What is it?");
    asked.images = vec![pixel("a.png")];
    let mut messages = vec![asked];
    let (reply, _) = turn(&*model, &request(messages.clone()));
    messages.push(reply.unwrap().into_message());
    let result = |id: &str, images| CallResult {
        id: id.to_owned(),
        text: "done".to_owned(),
        images,
        failed: false,
    };
    messages.push(Message::results(vec![
        result("call_a", vec![pixel("b.png")]),
        result("call_b", Vec::new()),
    ]));
    let (reply, _) = turn(&*model, &request(messages));
    assert_eq!(reply.map(|it| it.text), Ok("Good day, ü!".to_owned()));
    let seen = server.seen();
    let shown = |at: usize| seen[at].body.to_string().matches(PIXEL).count();
    assert_eq!((shown(0), shown(1)), (1, 2));
    let first = seen[0].body.to_string();
    assert!(first.contains("What is it?"), "{first}");
}

/// A picture without a word.
pub(crate) fn a_picture_alone_is_a_message(dialect: &Dialect) {
    let (server, model) = dialect.server(vec![dialect.says(&greeting())]);
    let mut asked = Message::user("");
    asked.images = vec![pixel("a.png")];
    let (reply, _) = turn(&*model, &request(vec![asked]));
    assert_eq!(reply.map(|it| it.text), Ok("Good day, ü!".to_owned()));
    assert!(server.seen()[0].body.to_string().contains(PIXEL));
}

/// Conversations that another model began, or that hold what no model should have written.
pub(crate) fn odd_conversations_are_sent_in_a_form_that_is_taken(dialect: &Dialect) {
    let odd = Message {
        calls: vec![call("weird id!", "read file", "{\"path\"")],
        ..Message::assistant("")
    };
    let result = CallResult {
        id: "weird id!".to_owned(),
        text: String::new(),
        images: Vec::new(),
        failed: false,
    };
    let conversation = vec![
        Message::user("Look."),
        odd,
        Message::results(vec![result]),
        Message::assistant("It is empty. \n"),
        Message::user("And now?"),
    ];
    let mut bare = request(conversation);
    bare.system = String::new();
    let (_server, model) = dialect.server(vec![dialect.says(&greeting())]);
    let (reply, _) = turn(&*model, &bare);
    assert_eq!(reply.map(|it| it.text), Ok("Good day, ü!".to_owned()));
}

pub(crate) fn thoughts_are_no_text_and_go_back(dialect: &Dialect) {
    if !dialect.thinks {
        return;
    }
    let parts = [
        Part::Thought("Hm. "),
        Part::Text("I look."),
        Part::Call(0, "call_a", "read"),
        Part::Arguments(0, "{}"),
    ];
    let answers = vec![
        dialect.says(&said(&parts, Stop::Calls)),
        dialect.says(&greeting()),
    ];
    let (server, model) = dialect.server(answers);
    let (reply, deltas) = turn(&*model, &ask());
    let reply = reply.unwrap();
    assert_eq!(reply.text, "I look.");
    assert!(deltas.contains(&Delta::Thinking("Hm. ".to_owned())));
    assert_eq!(reply.kept.len(), 1);
    let result = CallResult {
        id: "call_a".to_owned(),
        text: "x".to_owned(),
        images: Vec::new(),
        failed: false,
    };
    let messages = vec![
        Message::user("Hello"),
        reply.into_message(),
        Message::results(vec![result]),
    ];
    turn(&*model, &request(messages)).0.unwrap();
    let second = server.seen()[1].body.to_string();
    assert!(second.contains("sealed by the provider"), "{second}");
}

pub(crate) fn stop_reasons(dialect: &Dialect) {
    for stop in [Stop::End, Stop::Length, Stop::Refused] {
        let (_server, model) = dialect.server(vec![dialect.says(&said(&[Part::Text("a")], stop))]);
        let (reply, _) = turn(&*model, &ask());
        assert_eq!(reply.map(|it| it.stop), Ok(stop));
    }
}

/// A stop text is not part of the answer, whether the server looks for it or not.
pub(crate) fn stop_texts_end_the_answer(dialect: &Dialect) {
    let (parts, stop) = match dialect.tells_sequence {
        true => (vec![Part::Text("one ")], Stop::Sequence),
        false => (
            vec![
                Part::Text("one E"),
                Part::Text("ND two"),
                Part::Text(" three"),
            ],
            Stop::End,
        ),
    };
    let (server, model) = dialect.server(vec![dialect.says(&said(&parts, stop))]);
    let request = Request {
        stop: vec!["END".to_owned(), String::new()],
        ..ask()
    };
    let (reply, deltas) = turn(&*model, &request);
    assert_eq!(reply, Ok(Reply::text("one ", usage(), Stop::Sequence)));
    assert_eq!(texts(&deltas), "one ");
    assert_eq!(server.seen().len(), 1);
}

pub(crate) fn unknown_events_are_passed_over(dialect: &Dialect) {
    let mut events = Vec::new();
    for event in (dialect.events)(&two_calls()) {
        events.extend((dialect.unknown)());
        events.push(event);
    }
    let (_server, model) = dialect.server(vec![dialect.streamed(events)]);
    let (reply, _) = turn(&*model, &ask());
    let reply = reply.unwrap();
    assert_eq!((reply.text.as_str(), reply.calls.len()), ("I look.", 2));
}

pub(crate) fn statuses(dialect: &Dialect) {
    let cases = [
        (400, Trouble::Request),
        (401, Trouble::Key),
        (403, Trouble::Forbidden),
        (404, Trouble::NotFound),
        (408, Trouble::Timeout),
        (429, Trouble::RateLimit),
        (500, Trouble::Server),
        (503, Trouble::Overloaded),
        (529, Trouble::Overloaded),
    ];
    for (status, expected) in cases {
        let message = format!("because of {KEY}, or of sk-test-0123456789");
        let answer = (dialect.error)(status, &message).header("retry-after", "7");
        let (server, model) = dialect.server(vec![answer]);
        let error = trouble(&*model, &ask(), expected);
        let ModelError::Provider {
            retry_after,
            reason,
            ..
        } = &error
        else {
            unreachable!()
        };
        assert_eq!(*retry_after, Some(Duration::from_secs(7)), "{status}");
        assert!(reason.contains("because of"), "{reason}");
        assert!(!reason.contains("0123456789"), "{reason}");
        assert_eq!(server.seen().len(), 1, "{status} is not asked again here");
    }
}

pub(crate) fn refusals_without_words(dialect: &Dialect) {
    for body in [
        &b""[..],
        b"<html>\n<h1>Bad gateway</h1>",
        b"\xff\xfe",
        b"[]",
        b"{\"error\":null}",
    ] {
        let answer = Answer::new(502, "text/html", vec![Step::Send(body.to_vec())]);
        let (_server, model) = dialect.server(vec![answer]);
        trouble(&*model, &ask(), Trouble::Server);
    }
}

pub(crate) fn an_error_in_the_middle(dialect: &Dialect) {
    let mut events = (dialect.events)(&greeting());
    events.truncate(2);
    events.push((dialect.overloaded)());
    let (_server, model) = dialect.server(vec![dialect.streamed(events)]);
    trouble(&*model, &ask(), Trouble::Overloaded);
}

/// Wherever the stream ends, the turn fails; no half of it becomes a reply.
pub(crate) fn streams_cut_at_every_event(dialect: &Dialect) {
    let events = (dialect.events)(&two_calls());
    let last = events.len() - dialect.whole_before_end;
    for count in 0..=last {
        for ending in [None, Some(Step::Break)] {
            let mut answer = dialect.streamed(events[..count].to_vec());
            answer.steps.extend(ending);
            let (_server, model) = dialect.server(vec![answer]);
            trouble(&*model, &ask(), Trouble::Cut);
        }
        let mut answer = dialect.streamed(events[..count].to_vec());
        let half = events[count].len() / 2;
        answer
            .steps
            .push(Step::Send(events[count][..half].to_vec()));
        let (_server, model) = dialect.server(vec![answer]);
        let (reply, _) = turn(&*model, &ask());
        assert!(reply.is_err(), "cut in event {count}");
    }
}

pub(crate) fn garbage(dialect: &Dialect) {
    let streamed = (dialect.garbage)().into_iter().map(|event| {
        let first = (dialect.events)(&greeting()).remove(0);
        dialect.streamed(vec![first, event])
    });
    let html = Answer::new(
        200,
        "text/html",
        vec![Step::Send(b"<h1>Hello</h1>".to_vec())],
    );
    for answer in streamed.chain([html]) {
        let (_server, model) = dialect.server(vec![answer]);
        trouble(&*model, &ask(), Trouble::Garbled);
    }
    let mut noise = Answer::new(200, "text/html", Vec::new());
    noise.raw = Some(b"\x00\x01 no http\r\n\r\n".to_vec());
    let (_server, model) = dialect.server(vec![noise]);
    assert!(turn(&*model, &ask()).0.is_err());
}

fn long() -> bool {
    std::env::var_os("KIRO_LONG_TESTS").is_some()
}

pub(crate) fn an_answer_without_end_is_left(dialect: &Dialect) {
    let (total, bytes) = match long() {
        true => (100 << 20, None),
        false => (8 << 20, Some(256 << 10)),
    };
    let bounds = Bounds {
        bytes,
        ..Bounds::default()
    };
    let mut events = (dialect.events)(&greeting());
    events.truncate(events.len() - dialect.whole_before_end - 1);
    let text = events.pop().unwrap();
    let mut answer = dialect.streamed(events);
    answer.steps.push(Step::Flood(text.repeat(400), total));
    let (server, model) = dialect.bounded(vec![answer], bounds);
    trouble(&*model, &ask(), Trouble::TooLarge);
    assert_eq!(server.sign(), Sign::Asked);
    let Sign::Left(sent) = server.sign() else {
        panic!("the server was heard to the end");
    };
    assert!(sent < total, "{sent} bytes were sent");
    if !dialect.hears_length {
        return;
    }
    let mut announced = dialect.streamed(Vec::new());
    let head = format!("HTTP/1.1 200 X\r\ncontent-length: {}\r\n\r\n", 100 << 20);
    announced.raw = Some(head.into_bytes());
    let (_server, model) = dialect.bounded(vec![announced], bounds);
    trouble(&*model, &ask(), Trouble::TooLarge);
}

/// Silence before the head, before the first event, and in the middle.
pub(crate) fn silence_has_a_limit(dialect: &Dialect) {
    let silence = match long() {
        true => None,
        false => Some(Duration::from_secs(1)),
    };
    let bounds = Bounds {
        silence,
        ..Bounds::default()
    };
    let mut mute = dialect.streamed(Vec::new());
    mute.mute = true;
    let mut first = (dialect.events)(&greeting());
    first.truncate(2);
    let mut cases = vec![dialect.streamed(first)];
    if !long() {
        cases.extend([mute, dialect.streamed(Vec::new())]);
    }
    for mut answer in cases {
        answer.steps.push(Step::Silence);
        let (server, model) = dialect.bounded(vec![answer], bounds);
        trouble(&*model, &ask(), Trouble::Idle);
        assert_eq!(server.sign(), Sign::Asked);
        assert!(
            matches!(server.sign(), Sign::Left(_)),
            "the connection stays open"
        );
    }
}

/// However the answer comes, it does not take for ever.
pub(crate) fn an_answer_has_a_time(dialect: &Dialect) {
    let bounds = Bounds {
        total: Some(Duration::from_millis(300)),
        ..Bounds::default()
    };
    let mut answer = dialect.streamed((dialect.events)(&greeting())[..2].to_vec());
    answer.steps.push(Step::Silence);
    let (_server, model) = dialect.bounded(vec![answer], bounds);
    trouble(&*model, &ask(), Trouble::Timeout);
}

/// A cancelled turn returns while the server says nothing, and its connection is closed; other turns go on.
pub(crate) fn cancel(dialect: &Dialect) {
    let mut mute = dialect.streamed(Vec::new());
    mute.mute = true;
    mute.steps.push(Step::Silence);
    let mut middle = dialect.streamed((dialect.events)(&greeting())[..2].to_vec());
    middle.steps.push(Step::Silence);
    for answer in [mute, middle] {
        let (server, model) = dialect.server(vec![answer, dialect.says(&greeting())]);
        let flag = Cancel::new();
        let (end, late) = std::thread::scope(|scope| {
            let turn = scope.spawn(|| {
                let end = model.stream(&ask(), &flag, &mut |_| ());
                (end, Instant::now())
            });
            assert_eq!(server.sign(), Sign::Asked);
            let (other, _) = self::turn(&*model, &ask());
            assert!(other.is_ok(), "{other:?}");
            assert_eq!(server.sign(), Sign::Asked);
            let since = Instant::now();
            flag.cancel();
            let (end, at) = turn.join().unwrap();
            (end, at.duration_since(since))
        });
        assert_eq!(end, Err(ModelError::Cancelled));
        // 200 ms are promised; the machine that tests may be busy.
        assert!(late < Duration::from_secs(5), "{late:?}");
        assert!(
            matches!(server.sign(), Sign::Left(_)),
            "the connection stays open"
        );
    }
    let flag = Cancel::new();
    flag.cancel();
    let (server, model) = dialect.server(vec![dialect.says(&greeting())]);
    let end = model.stream(&ask(), &flag, &mut |_| ());
    assert_eq!(end, Err(ModelError::Cancelled));
    assert!(server.seen().is_empty());
}

pub(crate) fn cancel_between_two_pieces(dialect: &Dialect) {
    let (_server, model) = dialect.server(vec![dialect.says(&greeting())]);
    let flag = Cancel::new();
    let mut heard = Vec::new();
    let end = model.stream(&ask(), &flag, &mut |delta| {
        flag.cancel();
        heard.push(delta);
    });
    assert_eq!(end, Err(ModelError::Cancelled));
    assert_eq!(heard, [Delta::Text("Good ".to_owned())]);
}

pub(crate) fn turns_share_a_model(dialect: &Dialect) {
    let answers = vec![dialect.says(&greeting()); 12];
    let (server, model) = dialect.server(answers);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..3 {
                    let (reply, _) = turn(&*model, &ask());
                    assert_eq!(reply.map(|it| it.text), Ok("Good day, ü!".to_owned()));
                }
            });
        }
    });
    assert_eq!(server.seen().len(), 12);
}

/// Nobody listens there.
pub(crate) fn no_server(dialect: &Dialect) {
    let port = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.local_addr().unwrap().port()
    };
    let model = (dialect.open)(&format!("http://127.0.0.1:{port}"), Bounds::default());
    trouble(&*model, &ask(), Trouble::Network);
}

/// What every dialect's rules begin with.
pub(crate) fn json_post(seen: &Seen, path: &str) -> Result<(), String> {
    if seen.path != path {
        return Err(format!("there is no {}", seen.path));
    }
    if seen.header("content-type") != Some("application/json")
        || seen.raw.is_empty()
        || !seen.body.is_object()
    {
        return Err("it is no JSON".to_owned());
    }
    Ok(())
}

/// Makes a test of each promise for one dialect.
#[macro_export]
macro_rules! keeps_the_contract {
    ($dialect:ident) => {
        $crate::keeps_the_contract!($dialect;
            text_comes_in_pieces
            bytes_may_be_cut_anywhere
            calls_come_in_pieces_and_several_at_once
            a_call_may_have_no_arguments
            results_go_back
            pictures_are_shown
            a_picture_alone_is_a_message
            odd_conversations_are_sent_in_a_form_that_is_taken
            thoughts_are_no_text_and_go_back
            stop_reasons
            stop_texts_end_the_answer
            unknown_events_are_passed_over
            statuses
            refusals_without_words
            an_error_in_the_middle
            streams_cut_at_every_event
            garbage
            an_answer_without_end_is_left
            silence_has_a_limit
            an_answer_has_a_time
            cancel
            cancel_between_two_pieces
            turns_share_a_model
            no_server
        );
    };
    ($dialect:ident; $($promise:ident)*) => {
        /// What is promised, each as a test.
        mod keeps {
            $(
                #[test]
                fn $promise() {
                    $crate::contract::$promise(&super::$dialect);
                }
            )*
        }
    };
}
