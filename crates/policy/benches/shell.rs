//! How long a verdict takes: over the corpus, and for the worst inputs that are known.
//!
//! `cargo bench -p policy --bench shell`

#[path = "../tests/seed/mod.rs"]
mod seed;

use std::hint::black_box;
use std::time::Instant;

use criterion::{Criterion, criterion_group, criterion_main};
use serde::Deserialize;

#[derive(Deserialize)]
struct Case {
    cmd: String,
}

/// Prints how the times of single verdicts are spread, each the median of several runs in turn.
#[expect(clippy::print_stderr, reason = "a benchmark tells what it measured")]
fn tell_percentiles(commands: &[String]) {
    const RUNS: usize = 9;
    let rules = seed::rules();
    let mut times = vec![Vec::new(); commands.len()];
    for _ in 0..RUNS {
        for (command, times) in commands.iter().zip(&mut times) {
            let start = Instant::now();
            black_box(rules.judge_command(command));
            times.push(start.elapsed());
        }
    }
    let mut medians: Vec<_> = times
        .into_iter()
        .zip(commands)
        .map(|(mut times, command)| {
            times.sort();
            (times[RUNS / 2], command)
        })
        .collect();
    medians.sort();
    let at = |share: usize| medians[(medians.len() - 1) * share / 1000].0;
    let (slowest, command) = medians[medians.len() - 1];
    eprintln!(
        "one verdict: p50 {:?}, p90 {:?}, p99 {:?}, most {slowest:?} for {:.60?}",
        at(500),
        at(900),
        at(990),
        command
    );
}

fn verdicts(criterion: &mut Criterion) {
    let rules = seed::rules();
    let corpora = [
        include_str!("../tests/corpus/commands.jsonl"),
        include_str!("../tests/corpus/own.jsonl"),
    ];
    let commands: Vec<String> = corpora
        .iter()
        .flat_map(|it| it.lines())
        .map(|line| serde_json::from_str::<Case>(line).expect("a case").cmd)
        .filter(|cmd| cmd.len() <= 4096)
        .collect();
    tell_percentiles(&commands);
    criterion.bench_function(
        &format!("corpus, all {} up to 4 KiB", commands.len()),
        |it| {
            it.iter(|| {
                for command in &commands {
                    black_box(rules.judge_command(command));
                }
            });
        },
    );
    let chain = "git status && git diff; ".repeat(4096 / 24);
    let nested = format!("{}sudo id{}", "echo $(".repeat(40), ")".repeat(40));
    let worst = [
        ("one trusted command", "git status".to_owned()),
        ("4 KiB of trusted commands", chain),
        ("40 substitutions", nested),
        ("64 KiB of words", format!("echo {}", "a ".repeat(32_000))),
        ("64 KiB of commands", "a b;".repeat(16_000)),
        ("64 KiB of parentheses", "(".repeat(64_000)),
        ("64 KiB of pipes", "a|".repeat(32_000)),
        ("1 MiB of commands", "a b;".repeat(262_144)),
    ];
    for (name, text) in worst {
        criterion.bench_function(name, |it| it.iter(|| black_box(rules.judge_command(&text))));
    }
}

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(20);
    targets = verdicts
}
criterion_main!(benches);
