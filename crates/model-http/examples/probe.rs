//! Asks a real server the contract's main questions, and prints a line of JSON for each: text, a call of a tool with its result,
//! a limit, cancelling, a wrong key. `probe chat|responses|anthropic BASE NAME`, the key in `PROBE_KEY`.

use std::sync::Arc;
use std::time::{Duration, Instant};

use model::{
    CallResult, Cancel, Delta, Key, Message, Model, ModelError, ModelId, Patience, Profile,
    Provider, Request, Retrying, Sleep, Strategy, ToolSpec,
};
use model_http::{Endpoint, Settings, anthropic, chat_completions, responses};
use serde_json::{Value, json};

type Failure = Box<dyn std::error::Error>;

fn main() -> Result<(), Failure> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [dialect, base, name] = &words[..] else {
        return Err("usage: probe chat|responses|anthropic BASE NAME".into());
    };
    let key = std::env::var("PROBE_KEY")?;
    let model = Retrying::new(
        open(dialect, base, name, &key)?,
        Patience::default(),
        0,
        Arc::new(Sleep),
    );
    tell("text", text(&model)?);
    tell("tool", tool(&model)?);
    tell("limit", limit(&model)?);
    tell("cancel", cancel(&model)?);
    let stranger = open(dialect, base, name, "sk-wrong-0123456789")?;
    let refused = stranger.stream(&ask("Hello"), &Cancel::new(), &mut |_| ());
    tell(
        "wrong key",
        json!({"error": refused.err().map(|it| it.to_string())}),
    );
    Ok(())
}

#[expect(clippy::print_stdout, reason = "what it finds is its output")]
fn tell(what: &str, found: Value) {
    println!("{}", json!({"probe": what, "found": found}));
}

fn open(dialect: &str, base: &str, name: &str, key: &str) -> Result<Arc<dyn Model>, Failure> {
    let profile = Profile {
        context_tokens: 8192,
        output_tokens_max: 1024,
        strategy: Strategy::Tools,
        writes_plans: true,
        native_tools: true,
        images: true,
        goes_on: false,
    };
    let settings = Settings {
        key: Some(Key::new(key)?),
        ..Settings::new(Endpoint::parse(base)?, profile)
    };
    Ok(match dialect {
        "chat" => Arc::new(chat_completions(
            ModelId::new(Provider::OpenAi, name)?,
            settings,
        )?),
        "responses" => Arc::new(responses(ModelId::new(Provider::OpenAi, name)?, settings)?),
        "anthropic" => Arc::new(anthropic(
            ModelId::new(Provider::Anthropic, name)?,
            settings,
        )?),
        other => return Err(format!("{other} is no dialect").into()),
    })
}

fn ask(text: &str) -> Request {
    Request {
        system: "You are brief.".to_owned(),
        messages: vec![Message::user(text)],
        tools: Vec::new(),
        max_tokens: 200,
        temperature: 0.0,
        seed: 1,
        stop: Vec::new(),
        schema: None,
    }
}

fn text(model: &dyn Model) -> Result<Value, ModelError> {
    let mut pieces = 0;
    let reply = model.stream(
        &ask("Say hello in one word."),
        &Cancel::new(),
        &mut |delta| {
            pieces += usize::from(matches!(delta, Delta::Text(_)));
        },
    )?;
    Ok(
        json!({"text": reply.text, "pieces": pieces, "stop": format!("{:?}", reply.stop),
        "input": reply.usage.input_tokens, "cached": reply.usage.cached_tokens, "output": reply.usage.output_tokens}),
    )
}

/// Offers a tool. A small model may write the call as text instead, which is told as it is.
fn tool(model: &dyn Model) -> Result<Value, ModelError> {
    let mut request = ask("What is the weather in Oslo? Use the tool.");
    request.tools.push(ToolSpec {
        name: "weather".to_owned(),
        description: "Tells the weather of a city.".to_owned(),
        parameters: json!({"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}),
    });
    let reply = model.stream(&request, &Cancel::new(), &mut |_| ())?;
    let calls: Vec<Value> = reply
        .calls
        .iter()
        .map(|it| json!({"id": it.id, "name": it.name, "arguments": it.arguments}))
        .collect();
    let said = reply.text.clone();
    if reply.calls.is_empty() {
        return Ok(json!({"calls": calls, "text": said}));
    }
    let result = |it: &model::Call| CallResult {
        id: it.id.clone(),
        text: "4 degrees, rain".to_owned(),
        images: Vec::new(),
        failed: false,
    };
    let results = reply.calls.iter().map(result).collect();
    request.messages.push(reply.into_message());
    request.messages.push(Message::results(results));
    let answer = model.stream(&request, &Cancel::new(), &mut |_| ())?;
    Ok(json!({"calls": calls, "answer": answer.text, "cached": answer.usage.cached_tokens}))
}

fn limit(model: &dyn Model) -> Result<Value, ModelError> {
    let request = Request {
        max_tokens: 16,
        ..ask("Count from one to one hundred in words.")
    };
    let reply = model.stream(&request, &Cancel::new(), &mut |_| ())?;
    Ok(json!({"stop": format!("{:?}", reply.stop), "output": reply.usage.output_tokens}))
}

/// How long a turn goes on after it was cancelled in the middle.
fn cancel(model: &dyn Model) -> Result<Value, ModelError> {
    let flag = Cancel::new();
    let mut since = None;
    let request = Request {
        max_tokens: 1000,
        ..ask("Count from one to one hundred in words.")
    };
    let end = std::thread::scope(|scope| {
        let turn = scope.spawn(|| {
            let end = model.stream(&request, &flag, &mut |_| ());
            (end, Instant::now())
        });
        // Soon: a quick machine has counted to the end after two seconds.
        std::thread::sleep(Duration::from_millis(300));
        since.replace(Instant::now());
        flag.cancel();
        turn.join()
    });
    let Ok((end, at)) = end else {
        return Ok(json!({"error": "the turn broke down"}));
    };
    let late = since.map(|since| at.saturating_duration_since(since).as_millis());
    Ok(json!({"cancelled": end == Err(ModelError::Cancelled), "late_ms": late.map(|it| it as u64)}))
}
