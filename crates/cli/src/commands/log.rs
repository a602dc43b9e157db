//! `kiro log`

use std::process::ExitCode;

use serde_json::{Value, json};
use session::{Entry, Environment, Fact, RunStatus, SessionError};

use super::status::{run_json, told};
use crate::args::LogArgs;
use crate::exit;
use crate::output::{self, BOLD, DIM, styled};

pub(super) fn run(args: &LogArgs, environment: &Environment) -> Result<ExitCode, SessionError> {
    if args.policy {
        return policy(args, environment);
    }
    let (run, entries) = session::log(args.run.as_deref(), environment)?;
    if args.json {
        let facts: Vec<Value> = entries.iter().map(entry_json).collect();
        output::json(&json!({"run": run_json(&run), "facts": facts}));
        return Ok(ExitCode::SUCCESS);
    }
    print(&run, &entries);
    output::line(told(&run));
    Ok(ExitCode::SUCCESS)
}

/// What policy said and what came of it; an unsound journal is a finding.
fn policy(args: &LogArgs, environment: &Environment) -> Result<ExitCode, SessionError> {
    let audit = session::policy_log(args.run.as_deref(), environment)?;
    let sound = &audit.soundness;
    if args.json {
        let facts: Vec<Value> = audit.entries.iter().map(entry_json).collect();
        let broken = sound
            .broken
            .as_ref()
            .map(|(seq, why)| json!({"seq": seq, "why": why}));
        output::json(&json!({
            "run": run_json(&audit.run),
            "facts": facts,
            "journal": {"facts": sound.facts, "head": sound.head, "sound": broken.is_none(), "broken": broken},
        }));
    } else {
        print(&audit.run, &audit.entries);
        output::line(match &sound.broken {
            None => format!(
                "the journal is as it was written: {} facts, {}",
                sound.facts, sound.head
            ),
            Some((seq, why)) => format!("the journal was tampered with at fact {seq}: {why}"),
        });
    }
    Ok(exit::findings(sound.broken.is_some()))
}

fn print(run: &RunStatus, entries: &[Entry]) {
    output::line(format!(
        "{} of {}",
        styled(BOLD, format!("run {}", run.id)),
        run.spec
    ));
    let start = entries.first().map_or(0, |it| it.at_ms);
    for entry in entries {
        let seconds = (entry.at_ms - start) as f64 / 1000.0;
        output::line(format!(
            "{} {}",
            styled(DIM, format!("{seconds:>8.1}s")),
            words(&entry.fact)
        ));
    }
}

fn entry_json(entry: &Entry) -> Value {
    json!({
        "seq": entry.seq,
        "at_ms": entry.at_ms,
        "fact": serde_json::to_value(&entry.fact).unwrap_or_default(),
    })
}

/// A fact in one line.
fn words(fact: &Fact) -> String {
    of_attempt(fact)
        .or_else(|| of_landing(fact))
        .unwrap_or_else(|| of_run(fact))
}

fn of_run(fact: &Fact) -> String {
    match fact {
        Fact::RunStarted { spec, model, .. } => format!("run of {spec} with {model}"),
        Fact::Resumed => "went on after its process died".to_owned(),
        Fact::Planned { tasks } => format!("{} tasks planned", tasks.len()),
        Fact::Committed {
            task,
            commit: Some(commit),
            ..
        } => format!("task {task}: commit {commit}"),
        Fact::Committed { task, why, .. } if why.is_empty() => {
            format!("task {task}: there was nothing to commit")
        }
        Fact::Committed { task, why, .. } => format!("task {task}: not committed: {why}"),
        Fact::Replanned { tasks } => format!("tasks edited by hand: {} tasks", tasks.len()),
        Fact::Claimed {
            criterion,
            text,
            proof: Some(proof),
            ..
        } => {
            format!("{criterion}: {text}: proven by {proof}")
        }
        Fact::Claimed {
            criterion,
            text,
            why,
            ..
        } => format!("{criterion}: {text}: no proof: {why}"),
        Fact::RunEnded { reason, .. } => format!("ended: {reason}"),
        fact if session::hooking::words(fact).is_some() => {
            session::hooking::words(fact).unwrap_or_default()
        }
        other => format!("{other:?}"),
    }
}

fn of_attempt(fact: &Fact) -> Option<String> {
    Some(match fact {
        Fact::AttemptStarted { task, attempt, .. } => format!("task {task}: attempt {attempt}"),
        Fact::TurnEnded {
            task,
            route,
            slot,
            cost,
            result,
            ..
        } => format!(
            "task {task}: {slot}, {route}: {result} ({} tokens in, {} out, {:.1} s)",
            cost.input_tokens,
            cost.output_tokens,
            cost.wall_ms as f64 / 1000.0
        ),
        Fact::TranscriptKept {
            task,
            path,
            missing,
            ..
        } if missing.is_empty() => format!("task {task}: the transcript stands in {path}"),
        Fact::TranscriptKept {
            task,
            path,
            missing,
            ..
        } => format!("task {task}: a part of the transcript stands in {path}: {missing}"),
        Fact::CheckRan {
            task,
            purpose,
            exit,
            ended,
            passed,
            failed,
            ..
        } => {
            let whose = task
                .as_ref()
                .map_or("project".to_owned(), |it| format!("task {it}"));
            let end = exit.map_or_else(|| ended.clone(), |code| format!("exit code {code}"));
            let purpose = purpose.name();
            format!("{whose}: check ({purpose}): {passed} passed, {failed} failed, {end}")
        }
        Fact::Proposed { task, proposal } => format!(
            "task {task}: proposes {} files, +{} -{}",
            proposal.files.len(),
            proposal.added_lines,
            proposal.removed_lines
        ),
        Fact::AttemptFailed { task, reason } => format!("task {task}: failed: {reason}"),
        Fact::RenewalStarted { task, .. } => {
            format!("task {task}: other work has landed; is proven on the project as it is now")
        }
        Fact::RenewalEnded { task, renewal } => format!("task {task}: {}", renewed(renewal)),
        _ => return None,
    })
}

fn of_landing(fact: &Fact) -> Option<String> {
    Some(match fact {
        Fact::Judged { task, judgement } => format!("task {task}: judged: {}", judged(judgement)),
        Fact::Answered {
            task,
            answer,
            by,
            remark,
        } => {
            let said = match remark.as_str() {
                "" => String::new(),
                remark => format!(": {}", session::visible(remark)),
            };
            format!("task {task}: {} by {}{said}", answer.name(), by.name())
        }
        Fact::Ruled {
            act,
            ruling,
            rule,
            used,
        } => {
            let done = if *used { "" } else { ", not done" };
            let act: String = session::visible(act).chars().take(160).collect();
            format!("{}: {act} ({rule}){done}", ruling.name())
        }
        Fact::Unanswered { task } => format!("task {task}: nobody was there to approve it"),
        Fact::ApplyIntended { task, .. } => format!("task {task}: about to land"),
        Fact::Applied {
            task,
            files,
            merged,
            ..
        } if merged.is_empty() => {
            format!("task {task}: landed: {}", files.join(", "))
        }
        Fact::Applied {
            task,
            files,
            merged,
            ..
        } => format!(
            "task {task}: landed: {}; merged with your edits: {}",
            files.join(", "),
            merged.join(", ")
        ),
        Fact::ApplyFailed { task, reason } => format!("task {task}: did not land: {reason}"),
        Fact::UndoIntended { task, .. } => format!("task {task}: about to be taken out"),
        Fact::Undone { task, files, .. } => format!("task {task}: taken out: {}", files.join(", ")),
        Fact::TaskDone { task, covered } => format!("task {task}: done; covers {}", list(covered)),
        Fact::Ticked { task } => format!("task {task}: ticked"),
        Fact::Reopened { task } => {
            format!("task {task}: to be worked on again: what it was made from changed")
        }
        Fact::Confirmed {
            task, by_person, ..
        } => {
            let by = if *by_person { "a person" } else { "its checks" };
            format!("task {task}: done as it is now, by {by}")
        }
        _ => return None,
    })
}

fn judged(judgement: &session::Judgement) -> String {
    match judgement {
        session::Judgement::Allow => "allowed".to_owned(),
        session::Judgement::Ask(reasons) => format!("a person must say: {}", reasons.join("; ")),
        session::Judgement::Deny(reasons) => format!("denied: {}", reasons.join("; ")),
    }
}

fn renewed(renewal: &session::Renewal) -> String {
    match renewal {
        session::Renewal::Same(_) => "holds as it was proposed".to_owned(),
        session::Renewal::Changed(_) => "was merged with what landed".to_owned(),
        session::Renewal::Failed(why) => format!("does not fit: {why}"),
    }
}

fn list(items: &[String]) -> String {
    if items.is_empty() {
        "no criterion of its own".to_owned()
    } else {
        items.join(", ")
    }
}
