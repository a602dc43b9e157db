//! Values of the session as values of the wire.

use serde_json::{Value, json};
use session::hooking::{Ran, RunHookResult};
use session::{
    AttemptTold, CheckTold, Entry, LintFinding, Moved, RunStatus, SpecStatus, TraceRow, Waiting,
    Why,
};

use crate::wire;

impl From<RunStatus> for wire::Run {
    fn from(it: RunStatus) -> wire::Run {
        wire::Run {
            id: it.id,
            spec: it.spec,
            started_ms: it.started_ms,
            going_on: it.going_on,
            outcome: it.outcome.map(session::Outcome::name),
            reason: it.reason,
            model: it.model,
            input_tokens: it.cost.input_tokens,
            output_tokens: it.cost.output_tokens,
            usd: it.cost.usd(),
        }
    }
}

impl From<SpecStatus> for wire::SpecStatus {
    fn from(it: SpecStatus) -> wire::SpecStatus {
        wire::SpecStatus {
            spec: it.spec,
            title: it.title,
            tasks: it.states,
            run: it.run.map(Into::into),
        }
    }
}

impl From<&LintFinding> for wire::Finding {
    fn from(it: &LintFinding) -> wire::Finding {
        wire::Finding {
            path: it.path.clone(),
            code: it.code,
            severity: it.severity.as_str(),
            message: it.message.clone(),
            why: it.why,
            span: wire::Span {
                start: it.span.0,
                end: it.span.1,
                line: it.place.0,
                column: it.place.1,
            },
            fixable: it.fixable,
        }
    }
}

impl From<TraceRow> for wire::TracedRequirement {
    fn from(it: TraceRow) -> wire::TracedRequirement {
        let criterion = |(id, covered): (String, bool)| wire::TracedCriterion { id, covered };
        let task = |it: session::TracedTask| wire::TracedTask {
            id: it.id,
            title: it.title,
            done: it.done,
            run: it.run,
            files: it.files,
            check: it.check.map(|(command, passed, failed)| wire::TracedCheck {
                command,
                passed,
                failed,
            }),
        };
        wire::TracedRequirement {
            spec: it.spec,
            requirement: it.requirement,
            title: it.title,
            criteria: it.criteria.into_iter().map(criterion).collect(),
            tasks: it.tasks.into_iter().map(task).collect(),
        }
    }
}

/// Rows of a trace.
pub(crate) fn traced(rows: Vec<TraceRow>) -> wire::Traced {
    wire::Traced {
        rows: rows.into_iter().map(Into::into).collect(),
    }
}

impl From<Entry> for wire::FactEntry {
    fn from(it: Entry) -> wire::FactEntry {
        wire::FactEntry {
            seq: it.seq,
            run: it.run,
            at_ms: it.at_ms,
            fact: it.fact,
        }
    }
}

impl From<&Waiting> for wire::WaitingTask {
    fn from(it: &Waiting) -> wire::WaitingTask {
        wire::WaitingTask {
            spec: it.spec.clone(),
            run: it.run.clone(),
            going_on: it.going_on,
            of_hook: it.of_hook,
            task: it.task.clone(),
            title: it.title.clone(),
            reasons: it.reasons.clone(),
            files: it.files.clone(),
            added_lines: it.lines.0,
            removed_lines: it.lines.1,
            passed: it.passed,
            diff: it.changes.display(),
            answer: it.given.map(session::Answer::name),
        }
    }
}

impl From<&Waiting> for wire::Review {
    fn from(it: &Waiting) -> wire::Review {
        let stats = it.changes.stats();
        wire::Review {
            spec: Some(it.spec.clone()),
            task: it.task.clone(),
            title: it.title.clone(),
            reasons: it.reasons.clone(),
            evidence: session::passing(it.passed),
            offers: wire::ReviewOffers {
                keep: false,
                modify: false,
                revise: true,
            },
            added_lines: stats.added_lines,
            removed_lines: stats.removed_lines,
            files: wire::files(&it.changes),
        }
    }
}

impl From<Moved> for wire::UndoneTask {
    fn from(it: Moved) -> wire::UndoneTask {
        wire::UndoneTask {
            spec: it.spec,
            run: it.run,
            task: it.task,
            title: it.title,
            files: it.files,
            merged: it.merged,
            diff: it.diff,
        }
    }
}

impl From<Why> for wire::WhyTask {
    fn from(it: Why) -> wire::WhyTask {
        let named = |all: Vec<(String, String)>| {
            let one = |(id, text): (String, String)| wire::Named { id, text };
            all.into_iter().map(one).collect()
        };
        wire::WhyTask {
            spec: it.spec,
            run: it.run,
            task: it.task,
            title: it.title,
            state: it.state.map(session::TaskState::name),
            reason: it.reason,
            requirements: named(it.requirements),
            covered: named(it.covered),
            attempts: it.attempts.into_iter().map(attempt).collect(),
            cost: wire::CostView::from(&it.cost),
        }
    }
}

fn attempt(it: AttemptTold) -> wire::WhyAttempt {
    let turn = |(slot, route, result): (String, String, String)| wire::WhyTurn {
        slot,
        route,
        result,
    };
    let check = |it: CheckTold| wire::WhyCheck {
        purpose: it.purpose.name(),
        argv: it.argv,
        exit: it.exit,
        passed: it.counts.0,
        failed: it.counts.1,
    };
    let answer =
        |(answer, by, remark): (session::Answer, session::Answerer, String)| wire::WhyAnswer {
            answer: answer.name(),
            by: by.name(),
            remark,
        };
    wire::WhyAttempt {
        attempt: it.number,
        started_ms: it.started_ms,
        turns: it.turns.into_iter().map(turn).collect(),
        checks: it.checks.into_iter().map(check).collect(),
        files: it.files,
        added_lines: it.lines.0,
        removed_lines: it.lines.1,
        asked: it.asked,
        answers: it.answers.into_iter().map(answer).collect(),
        landed: it.landed,
        merged: it.merged,
        failed: it.failed,
        undone: it.undone,
    }
}

/// What running a hook by hand gave, as `kiro run-hook --json` prints it.
pub(super) fn hook_result(it: &RunHookResult) -> Value {
    let decisions = it.decisions.iter().zip(&it.would);
    let decision = decisions.map(|((hook, fires, clause, why), would)| {
        json!({"hook": hook, "fires": fires, "clause": clause, "why": why, "would": would})
    });
    let ran = |it: &Ran| {
        json!({
            "hook": it.hook, "file": it.file, "event": it.event, "path": it.path,
            "outcome": it.was.name(), "why": it.why, "findings": it.findings, "files": it.files,
            "diff": it.diff, "text": it.text, "stops": it.stops, "wall_ms": it.wall_ms,
            "cost": {"input_tokens": it.cost.input_tokens, "output_tokens": it.cost.output_tokens},
        })
    };
    json!({
        "decisions": decision.collect::<Vec<Value>>(),
        "ran": it.ran.iter().map(ran).collect::<Vec<Value>>(),
    })
}
