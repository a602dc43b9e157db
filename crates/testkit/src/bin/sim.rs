//! `cargo xtask sim`: lives through many seeds, or through one again.

use std::process::ExitCode;
use std::time::Instant;

use testkit::sim::{Told, simulate};

const USAGE: &str =
    "usage: cargo xtask sim [--seeds N]    seeds 0 to N - 1, 2000 unless said otherwise
       cargo xtask sim --seed K       one seed again, twice, which must be alike";

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let number = |text: &str| text.parse::<u64>().ok();
    match words[..] {
        [] => many(2_000),
        ["--seeds", count] if number(count).is_some() => many(number(count).unwrap_or(0)),
        ["--seed", seed] if number(seed).is_some() => one(number(seed).unwrap_or(0)),
        _ => {
            say(USAGE);
            ExitCode::from(2)
        }
    }
}

fn many(count: u64) -> ExitCode {
    let clock = Instant::now();
    let mut sum = Told::default();
    let mut broken = 0;
    let mut beside = 0;
    for seed in 0..count {
        match simulate(seed) {
            Ok(told) => {
                sum.lives += told.lives;
                sum.deaths += told.deaths;
                sum.edits += told.edits;
                sum.facts += told.facts;
                beside += u64::from(told.at_once > 1);
            }
            Err(violation) => {
                broken += 1;
                say(&violation.to_string());
            }
        }
    }
    say(&format!(
        "{count} seeds in {:.1} s: {} processes, {} killed, {} edits of the user, {} facts, tasks beside each other in {beside} of them; {broken} violations",
        clock.elapsed().as_secs_f64(),
        sum.lives,
        sum.deaths,
        sum.edits,
        sum.facts
    ));
    ExitCode::from(u8::from(broken > 0))
}

fn one(seed: u64) -> ExitCode {
    let (first, second) = (simulate(seed), simulate(seed));
    match &first {
        Ok(told) => say(&format!("seed {seed}: {told:?}")),
        Err(violation) => {
            violation.steps.iter().for_each(|step| say(step));
            say(&format!("seed {seed}: {}", violation.why));
        }
    }
    if first != second {
        say("the second time it went another way");
        return ExitCode::from(1);
    }
    ExitCode::from(u8::from(first.is_err()))
}

#[expect(
    clippy::print_stdout,
    reason = "a chore speaks to a person at a terminal"
)]
fn say(line: &str) {
    println!("{line}");
}
