//! Asks the built-in model one question and says how fast it was: `ask MODEL.gguf PROMPT [TOKENS]`.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "an example talks to the terminal"
)]

use model::{Cancel, Delta, Message, Model, ModelId, Request};
use model_local::LocalModel;
use std::error::Error;
use std::io::Write;
use std::path::Path;
use std::time::Instant;

/// Answer tokens when none are asked for.
const TOKENS: u32 = 256;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let [file, prompt, rest @ ..] = arguments.as_slice() else {
        return Err("usage: ask MODEL.gguf PROMPT [TOKENS]".into());
    };
    let max_tokens = rest.first().map_or(Ok(TOKENS), |it| it.parse())?;

    let started = Instant::now();
    let id: ModelId = "local/example".parse()?;
    let model = LocalModel::open(Path::new(file), id)?;
    eprintln!("opened in {:.2} s", started.elapsed().as_secs_f64());

    let request = Request {
        system: "You are a helpful coding assistant.".to_owned(),
        messages: vec![Message::user(prompt)],
        tools: Vec::new(),
        max_tokens,
        temperature: 0.0,
        seed: 0,
        stop: Vec::new(),
        schema: None,
    };
    // The first turn also lays out the weights, so the second is the one to measure; it must read its prompt again.
    for turn in 1..=2 {
        let request = Request {
            system: format!("Turn {turn}. {}", request.system),
            ..request.clone()
        };
        answer(&model, &request, turn == 2)?;
    }
    Ok(())
}

fn answer(model: &LocalModel, request: &Request, shown: bool) -> Result<(), Box<dyn Error>> {
    let started = Instant::now();
    let mut read_at = started;
    let reply = model.stream(request, &Cancel::new(), &mut |delta| match delta {
        Delta::Reading { .. } => read_at = Instant::now(),
        Delta::Text(text) if shown => {
            print!("{text}");
            // A terminal that went away is no reason to stop measuring.
            let _ = std::io::stdout().flush();
        }
        _ => (),
    })?;
    let (reading, writing) = (read_at - started, read_at.elapsed());
    let read = reply.usage.input_tokens - reply.usage.cached_tokens;
    eprintln!(
        "\nread {read} tokens at {:.1}/s, wrote {} at {:.1}/s",
        read as f64 / reading.as_secs_f64(),
        reply.usage.output_tokens,
        reply.usage.output_tokens as f64 / writing.as_secs_f64(),
    );
    Ok(())
}
