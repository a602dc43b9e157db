//! How long a verdict takes: over the corpus, and for the worst inputs that are known.
//!
//! `cargo bench -p policy --bench shell`

#[path = "../tests/seed/mod.rs"]
mod seed;

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use serde::Deserialize;

#[derive(Deserialize)]
struct Case {
    cmd: String,
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
