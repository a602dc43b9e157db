//! A verdict for people and for programs.

use serde_json::{Value, json};
use session::shell::{CommandPattern, Invocation, Part, PatternScope, Plan, Seen, offers};
use session::{CommandAnswer, CommandVerdict, Reachable, visible};

use crate::output::{self, BOLD, DIM, GREEN, RED, YELLOW, styled};

/// Prints the verdict, and what it rests on.
pub(super) fn print(command: &str, verdict: &CommandVerdict) {
    let colour = match verdict.answer {
        CommandAnswer::Allow => GREEN,
        CommandAnswer::Ask => YELLOW,
        CommandAnswer::Deny => RED,
    };
    let answer = styled(colour, verdict.answer);
    output::line(format!("{answer}  {}", visible(&verdict.rule)));
    output::line(format!("  {}", visible(&verdict.why)));
    section("parts");
    for part in &verdict.analysis.parts {
        output::line(format!("  {}", part_line(part)));
    }
    let reached: Vec<&Seen> = verdict
        .analysis
        .seen
        .iter()
        .filter(|it| !it.through.is_empty())
        .collect();
    if !reached.is_empty() {
        section("reached from there");
    }
    for seen in reached {
        let way = styled(DIM, visible(&seen.through.join(" › ")));
        output::line(format!("  {way}  {}", visible(&seen.words.join(" "))));
    }
    if !verdict.analysis.hits.is_empty() {
        section("denied");
    }
    for hit in &verdict.analysis.hits {
        let rule = styled(DIM, visible(&hit.rule));
        output::line(format!("  {}  {rule}", visible(&hit.part)));
    }
    if !verdict.analysis.doubts.is_empty() {
        section("not understood");
    }
    for doubt in &verdict.analysis.doubts {
        output::line(format!("  {}", visible(doubt)));
    }
    section("what would change it");
    output::line(format!("  {}", visible(&verdict.change)));
    for (pattern, scope) in offers(command, verdict) {
        output::line(format!(
            "  approve {}",
            visible(&offer_line(&pattern, scope))
        ));
    }
}

/// Prints which hosts a command could reach while it runs.
pub(super) fn print_network(reachable: &Reachable) {
    section("network");
    output::line(format!("  {}", visible(&reachable.summary())));
    if reachable.hosts.is_empty() {
        let how =
            "`security.allowed_hosts` in .kiro/config.yaml names hosts that commands may reach";
        output::line(format!("  {}", styled(DIM, how)));
    }
}

fn section(title: &str) {
    output::line(styled(BOLD, title));
}

fn part_line(part: &Part) -> String {
    let text = visible(&part.text);
    match &part.trusted {
        Some(rule) if part.asks.is_empty() => {
            format!("{text}  {}", styled(GREEN, visible(rule)))
        }
        _ => format!("{text}  {}", styled(YELLOW, part.asks.join("; "))),
    }
}

fn offer_line(pattern: &CommandPattern, scope: PatternScope) -> String {
    format!("{pattern} for this {}", scope_name(scope))
}

fn scope_name(scope: PatternScope) -> &'static str {
    match scope {
        PatternScope::Run => "run",
        PatternScope::Project => "project",
    }
}

/// The verdict as JSON.
pub(super) fn to_json(command: &str, verdict: &CommandVerdict, reachable: &Reachable) -> Value {
    let analysis = &verdict.analysis;
    json!({
        "command": command,
        "verdict": verdict.answer.to_string(),
        "rule": verdict.rule,
        "part": verdict.part,
        "why": verdict.why,
        "change": verdict.change,
        "parts": analysis.parts.iter().map(|it| json!({
            "text": it.text, "argv": it.argv, "trusted": it.trusted, "asks": it.asks,
        })).collect::<Vec<_>>(),
        "commands": analysis.seen.iter().map(|it| json!({
            "words": it.words, "through": it.through, "literal": it.literal,
        })).collect::<Vec<_>>(),
        "denied": analysis.hits.iter().map(|it| json!({
            "rule": it.rule, "part": it.part, "through": it.through,
        })).collect::<Vec<_>>(),
        "network": {
            "hosts": reachable.hosts.iter().map(|it| json!({
                "host": it.host, "file": it.file, "counts": it.counts,
            })).collect::<Vec<_>>(),
            "through_proxy": reachable.through_proxy,
            "trouble": reachable.trouble,
        },
        "doubts": analysis.doubts,
        "plan": verdict.plan.as_ref().map(plan_json),
        "offers": offers(command, verdict).iter().map(|(pattern, scope)| {
            let (kind, words) = match pattern {
                CommandPattern::Exact(argv) => ("exact", json!(argv)),
                CommandPattern::Leading(words) => ("leading", json!(words)),
                CommandPattern::Text(text) => ("text", json!(text)),
            };
            json!({"kind": kind, "words": words, "for": scope_name(*scope)})
        }).collect::<Vec<_>>(),
    })
}

fn plan_json(plan: &Plan) -> Value {
    let run = |it: &Invocation| json!({"argv": it.argv, "copies": it.copies, "rule": it.rule});
    match plan {
        Plan::Run(it) => json!({"run": run(it)}),
        Plan::Pipe(stages) => json!({"pipe": stages.iter().map(run).collect::<Vec<_>>()}),
        Plan::Not(inner) => json!({"not": plan_json(inner)}),
        Plan::And(first, second) => json!({"and": [plan_json(first), plan_json(second)]}),
        Plan::Or(first, second) => json!({"or": [plan_json(first), plan_json(second)]}),
        Plan::Each(plans) => json!({"each": plans.iter().map(plan_json).collect::<Vec<_>>()}),
    }
}
