//! The front end for programs: every event is one line of JSON on the standard output.

use serde_json::{Value, json};
use session::{Consent, Cost, Decision, Front, Question, Review, View, Wish};

use crate::output;
use crate::terminal::answer;

/// Prints views as lines of JSON; nobody is there to answer.
pub(crate) struct Jsonl;

impl Jsonl {
    /// A front end for programs.
    pub(crate) fn new() -> Jsonl {
        Jsonl
    }
}

impl Front for Jsonl {
    fn show(&mut self, view: &View) {
        output::line(to_json(view));
    }

    fn ask(
        &mut self,
        review: &Review,
        _: &mut dyn FnMut() -> Option<Decision>,
    ) -> Option<Decision> {
        output::line(json!({
            "event": "review",
            "task": review.task,
            "title": review.title,
            "diff": review.changes.display(),
            "reasons": review.reasons,
            "evidence": review.evidence,
        }));
        None
    }

    fn answer(&mut self, question: &Question) -> Option<String> {
        output::line(json!({
            "event": "question", "text": question.text, "options": question.options,
        }));
        None
    }

    fn consent(&mut self, wish: &Wish) -> Consent {
        let reasons: Vec<String> = wish.reasons.iter().map(ToString::to_string).collect();
        let offers: Vec<String> = wish.offers.iter().map(answer::offer).collect();
        output::line(json!({
            "event": "wish", "act": wish.act, "reasons": reasons, "offers": offers,
        }));
        Consent::No
    }
}

fn to_json(view: &View) -> Value {
    if let View::Of { task, view } = view {
        let mut shown = to_json(view);
        shown["task"] = json!(task);
        return shown;
    }
    of_task(view).or_else(|| of_run(view)).unwrap_or_default()
}

fn of_run(view: &View) -> Option<Value> {
    Some(match view {
        View::Notice(text) => json!({"event": "notice", "text": text}),
        View::Warning(text) => json!({"event": "warning", "text": text}),
        View::Pulling {
            done,
            total,
            source,
        } => {
            json!({"event": "pulling", "done": done, "total": total, "source": source})
        }
        View::Planned {
            plan,
            tasks,
            count,
            fresh,
        } => json!({
            "event": "planned", "plan": plan, "tasks": tasks,
            "count": count.0, "open": count.1, "fresh": fresh,
        }),
        View::Claim { criterion, proof } => json!({
            "event": "claim", "criterion": criterion, "proven": proof.is_ok(),
            "proof": proof.as_ref().ok(), "why": proof.as_ref().err(),
        }),
        View::Recorded(fact) => json!({
            "event": "recorded", "fact": serde_json::to_value(fact).unwrap_or_default(),
        }),
        View::Ended {
            run,
            outcome,
            reason,
            cost,
            wall_ms,
        } => json!({
            "event": "ended", "run": run, "outcome": outcome.name(), "reason": reason,
            "cost": cost_json(cost), "wall_ms": wall_ms,
        }),
        _ => return None,
    })
}

fn of_task(view: &View) -> Option<Value> {
    Some(match view {
        View::TaskStarted { task, place, title } => json!({
            "event": "task_started", "task": task, "title": title,
            "place": place.0, "of": place.1,
        }),
        View::Asking { slot, route } => json!({"event": "asking", "slot": slot, "route": route}),
        View::Reading { done, total } => json!({"event": "reading", "done": done, "total": total}),
        View::Writing(text) => json!({"event": "writing", "text": text}),
        View::Output(text) => json!({"event": "output", "text": text}),
        View::Calling(tool) => json!({"event": "calling", "tool": tool}),
        View::Waiting { left_ms, reason } => {
            json!({"event": "waiting", "left_ms": left_ms, "reason": reason})
        }
        View::Called {
            agent,
            tool,
            summary,
            failed,
        } => json!({
            "event": "called", "agent": agent, "tool": tool, "summary": summary, "failed": failed,
        }),
        View::Tried {
            slot,
            route,
            result,
            cost,
        } => json!({
            "event": "tried", "slot": slot, "route": route, "result": result, "cost": cost_json(cost),
        }),
        View::Check { what, result } => json!({
            "event": "check", "what": what,
            "passed": result.map(|it| it.0), "failed": result.map(|it| it.1),
        }),
        View::Diff { task, text } => json!({"event": "diff", "task": task, "text": text}),
        View::Approved { task, by_person } => {
            json!({"event": "approved", "task": task, "by_person": by_person})
        }
        View::TaskDone {
            task,
            title,
            files,
            passed,
            cost,
            attempts,
        } => json!({
            "event": "task_done", "task": task, "title": title, "files": files,
            "passed": passed, "attempts": attempts, "cost": cost_json(cost),
        }),
        View::TaskOpen {
            task,
            title,
            reason,
        } => {
            json!({"event": "task_open", "task": task, "title": title, "reason": reason})
        }
        _ => return None,
    })
}

fn cost_json(cost: &Cost) -> Value {
    json!({
        "input_tokens": cost.input_tokens,
        "cached_tokens": cost.cached_tokens,
        "output_tokens": cost.output_tokens,
        "wall_ms": cost.wall_ms,
        "usd": cost.usd(),
    })
}
