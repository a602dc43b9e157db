//! Measures the built-in model's engine: prints one line of JSON.
//!
//!     cargo run --release -p model-local --example speed -- FILE [best|avx2|portable] [edit]
//!
//! Reading is measured on prompts of about 450 and 1,500 tokens, writing over 64 tokens after about 100 and 1,500, alone
//! and, after 100, four answers together; with `edit`, long answers with and without guesses. `evals/speed.py` runs it
//! beside llama.cpp.

#![expect(
    clippy::print_stdout,
    reason = "a program that prints what it measured"
)]

use model::{Cancel, Delta, Message, Model, Request};
use model_local::{Kernels, LocalModel};
use std::path::Path;
use std::time::Instant;

const LINE: &str =
    "The next line of the log says that item number NN was moved from shelf to shelf.\n";

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let file = arguments.first().expect("a file of weights");
    let kernels = match arguments.get(1).map(String::as_str) {
        None | Some("best") => Kernels::Best,
        Some("avx2") => Kernels::Avx2,
        Some("portable") => Kernels::Portable,
        Some(other) => panic!("unknown kernels {other}"),
    };
    let edit = arguments.get(2).map(String::as_str) == Some("edit");
    let started = Instant::now();
    let id = "local/measured".parse().expect("an id");
    let model = LocalModel::open_with(Path::new(file), id, kernels).expect("it opens");
    let load = started.elapsed().as_secs_f64();
    if edit {
        return edits(model);
    }
    let model = model.without_guesses();
    let short = Measure::of(&model, &text(4), 64);
    let together = together(&model, &text(5), 64);
    let medium = Measure::of(&model, &text(22), 1);
    let long = Measure::of(&model, &text(75), 64);
    println!(
        "{{\"load_s\":{load:.2},\"prompt_tokens\":[{},{}],\"prompt\":[{:.1},{:.1}],\
         \"depth\":[{},{}],\"decode\":[{:.2},{:.2}],\"together\":{together:.2},\"resident_gb\":{:.2}}}",
        medium.read,
        long.read,
        medium.reading(),
        long.reading(),
        short.read,
        long.read,
        short.writing(),
        long.writing(),
        resident()
    );
}

/// One answer, timed.
struct Measure {
    read: u64,
    read_s: f64,
    written: u64,
    write_s: f64,
    text: String,
}

impl Measure {
    fn of(model: &LocalModel, text: &str, max_tokens: u32) -> Self {
        let request = request(text, max_tokens, 0.0);
        let started = Instant::now();
        let mut read_s = 0.0;
        let reply = model.stream(&request, &Cancel::new(), &mut |delta| {
            if let Delta::Reading { done, total } = delta
                && done == total
            {
                read_s = started.elapsed().as_secs_f64();
            }
        });
        let reply = reply.expect("it answers");
        Self {
            read: reply.usage.input_tokens - reply.usage.cached_tokens,
            read_s,
            written: reply.usage.output_tokens,
            write_s: started.elapsed().as_secs_f64() - read_s,
            text: reply.text,
        }
    }

    fn reading(&self) -> f64 {
        self.read as f64 / self.read_s
    }

    fn writing(&self) -> f64 {
        self.written as f64 / self.write_s
    }
}

fn request(text: &str, max_tokens: u32, temperature: f32) -> Request {
    Request {
        system: String::new(),
        messages: vec![Message::user(text)],
        tools: Vec::new(),
        max_tokens,
        temperature,
        seed: 1,
        stop: Vec::new(),
        schema: None,
    }
}

/// Tokens a second of four answers together, all counted.
fn together(model: &LocalModel, text: &str, max_tokens: u32) -> f64 {
    let request = request(text, max_tokens, 0.7);
    let mut read = Instant::now();
    let replies = model.samples(&request, &[1, 2, 3, 4], &Cancel::new(), &mut |delta| {
        if let Delta::Reading { done, total } = delta
            && done == total
        {
            read = Instant::now();
        }
    });
    let replies = replies.expect("it answers");
    let written: u64 = replies.iter().map(|it| it.usage.output_tokens).sum();
    written as f64 / read.elapsed().as_secs_f64()
}

/// Answers that repeat much and one that repeats nothing, with and without guesses.
fn edits(model: LocalModel) {
    let prompts = [
        format!(
            "```python\n{CODE}```\nGive the whole file again, with the method `drop` renamed to `discard`."
        ),
        format!(
            "```python\n{CODE}```\nGive the whole file again; `add` must raise ValueError for an empty title."
        ),
        "Write a Python class `Matrix` with addition, multiplication, transpose and determinant."
            .to_owned(),
    ];
    let guessed: Vec<_> = prompts
        .iter()
        .map(|it| Measure::of(&model, it, 600))
        .collect();
    let model = model.without_guesses();
    for (prompt, guessed) in prompts.iter().zip(guessed) {
        let plain = Measure::of(&model, prompt, 600);
        println!(
            "{{\"tokens\":{},\"plain\":{:.2},\"guessed\":{:.2},\"ratio\":{:.2},\"identical\":{}}}",
            plain.written,
            plain.writing(),
            guessed.writing(),
            guessed.writing() / plain.writing(),
            plain.text == guessed.text
        );
    }
}

fn text(lines: usize) -> String {
    let line = |number: usize| LINE.replace("NN", &number.to_string());
    // The number first, so that no prompt begins like another.
    format!(
        "{lines} lines:\n{}Say what this is about.",
        (0..lines).map(line).collect::<String>()
    )
}

/// Memory in use, in gigabytes, where the system tells.
fn resident() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kilobytes = line.and_then(|it| it.split_whitespace().next()?.parse::<f64>().ok());
    kilobytes.unwrap_or(0.0) / 1e6
}

const CODE: &str = include_str!("speed/todo.py");
