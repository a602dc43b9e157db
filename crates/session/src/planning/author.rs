//! Plans and tasks written by a model that is able to: it looks around in a copy of the project, writes both
//! documents, and is told what the program's checks find. Two corrections, then the derived plan is taken, aloud.

use std::collections::BTreeSet;
use std::sync::mpsc::Sender;

use agent::{Conversation, Ended, Job, TurnLimits};
use engine::{Cost, Fact, Tooling, WrittenPlan, read_written};
use spec::Spec;

use super::{cache, considered};
use crate::briefing::{AROUND_PLAN, Briefing, Wanted as Told};
use crate::documents;
use crate::error::SessionError;
use crate::person::Distant;
use crate::places::SpecPlace;
use crate::run::{now, snapshot};
use crate::shop::{Shop, Yard};
use crate::talk::{self, Ear, Heard, Pass, Talk, TurnTold};
use crate::toolbox;
use crate::transcript::Transcript;
use crate::view::{Front, View};

/// How often the model is told what is wrong.
const CORRECTIONS: u32 = 2;

/// Turns of one plan.
const PLAN_TURNS: u32 = 60;

/// What stands in place of a task's id in the facts of planning.
const PLAN: &str = "plan";

const PLAN_MARK: &str = "=== PLAN ===";
const TASKS_MARK: &str = "=== TASKS ===";
const END_MARK: &str = "=== END ===";

const SYSTEM: &str = "\
You plan how a specification is carried out; you write no code. Look at the project first where there is code. Then \
answer with two Markdown documents and these marks, each on a line of its own:

=== PLAN ===
# Implementation Plan: TITLE
## Analysis
- Estimated complexity: Low, Medium or High
## File Structure
```
src/
  a.py  # [NEW] what it is for
  b.py  # [MODIFY] what changes
```
## Implementation Steps
### Phase 1: Title (Tasks 1-2)
1. What task 1 does
2. What task 2 does
## Dependencies Between Tasks
- Task 2 depends on Task 1 (uses `name` from `src/a.py`)
## Risk Mitigation
- Risk: what is done about it
## Architectural Decisions
- Topic: decision
=== TASKS ===
# Tasks: TITLE
- [ ] 1. What task 1 does
  - Scope: `src/a.py`
  - Estimated: 20 minutes
  - Requirements: FR-1
- [ ] 2. What task 2 does
  - Scope: `src/b.py`
  - Dependencies: Task 1
  - Requirements: FR-2, NFR-1
=== END ===

Rules: every requirement is cited by a task. Code stands in the files that the spec names. Each task has files and can \
be done and checked by itself; tests made from the spec's examples are the program's, so no task only writes those. \
Both documents have the same task numbers. Nothing waits in a circle, and each dependency names in brackets the file or \
`symbol` that causes it.";

/// What a plan is written from.
pub(super) struct Wanted<'a> {
    pub(super) place: &'a SpecPlace,
    pub(super) spec: &'a Spec,
    pub(super) existing: &'a BTreeSet<String>,
    pub(super) tooling: &'a Tooling,
    /// What a person wants otherwise.
    pub(super) feedback: Option<&'a str>,
    /// Whether to ask again what was asked before.
    pub(super) fresh: bool,
}

/// What came of it.
pub(super) struct Authored {
    /// The plan; none when what the model wrote does not hold, which was then said.
    pub(super) plan: Option<WrittenPlan>,
    /// The turns that it took, and where they are kept, as facts of a run.
    pub(super) facts: Vec<Fact>,
}

/// The plan that the model wrote of this very spec before, where it still holds.
fn kept(
    wanted: &Wanted<'_>,
    shop: &Shop,
    front: &mut dyn Front,
) -> Result<Option<WrittenPlan>, SessionError> {
    if wanted.fresh || wanted.feedback.is_some() {
        return Ok(None);
    }
    let Some(answer) = cache::kept(wanted.place, &wanted.spec.fingerprint, shop)? else {
        return Ok(None);
    };
    let model = shop.model_id();
    match read(wanted, &answer) {
        Ok(plan) => {
            front.show(&View::Notice(format!(
                "the plan is from cache: {model} wrote it for this very spec; `--fresh` asks again"
            )));
            Ok(Some(plan))
        }
        Err(findings) => {
            front.show(&View::Notice(format!(
                "the plan that {model} wrote for this spec before no longer holds, so it is asked again: {}",
                findings.join("; ")
            )));
            Ok(None)
        }
    }
}

/// Lets the model write the plan, or takes the one that it wrote of this very spec before.
///
/// # Errors
/// When it was interrupted, or the model failed.
pub(super) fn write(
    wanted: &Wanted<'_>,
    shop: &Shop,
    front: &mut dyn Front,
) -> Result<Authored, SessionError> {
    if let Some(plan) = kept(wanted, shop, front)? {
        return Ok(Authored {
            plan: Some(plan),
            facts: Vec::new(),
        });
    }
    let name = format!("plan-{}", now());
    let folder = wanted.place.project.state.join("attempts").join(&name);
    let yard = Yard::fresh(&folder)?;
    shop.shadow
        .checkout(&snapshot(shop)?, &yard.tree)
        .map_err(SessionError::internal)?;
    let transcripts = wanted.place.project.state.join("transcripts");
    let path = transcripts.join(format!("{name}.jsonl"));
    let mut transcript = Transcript::open(&path, &shop.redactor)?;
    let (mut cost, mut facts) = (Cost::default(), Vec::new());
    let work = |sender| talk_over(wanted, shop, &yard, &mut transcript, sender);
    let written = talk::listening(work, &shop.cancel, &mut |heard| {
        match heard {
            Heard::View(view) => front.show(&view),
            Heard::Asked(asked) => asked.put_to(front),
            Heard::Turn(turn) => {
                cost += turn.cost;
                facts.push(fact_of(turn));
            }
        }
        Ok(())
    });
    host::files::remove_tree(&folder).map_err(SessionError::internal)?;
    let model = shop.model_id();
    front.show(&View::Notice(format!(
        "{model} planned in {} turns: {} tokens read, {} written",
        facts.len(),
        cost.input_tokens,
        cost.output_tokens
    )));
    facts.push(Fact::TranscriptKept {
        task: PLAN.to_owned(),
        attempt: 1,
        path: transcript.path().display().to_string(),
        missing: transcript.broken().unwrap_or_default().to_owned(),
    });
    let plan = written?.inspect_err(|why| {
        front.show(&View::Warning(format!(
            "the plan that {model} wrote does not hold, so the plan derived from the spec is used instead: {why}"
        )));
    });
    let plan = match plan {
        Ok((plan, answer)) => {
            cache::keep(wanted.place, &wanted.spec.fingerprint, shop, &answer)?;
            Some(plan)
        }
        Err(_) => None,
    };
    Ok(Authored { plan, facts })
}

fn fact_of(turn: TurnTold) -> Fact {
    Fact::TurnEnded {
        task: PLAN.to_owned(),
        attempt: 1,
        route: format!("turn {}", turn.turn),
        slot: PLAN.to_owned(),
        cost: turn.cost,
        result: turn.result,
    }
}

/// Asks, checks, tells; gives the plan with the answer that it was read from, or what was still wrong with it.
fn talk_over(
    wanted: &Wanted<'_>,
    shop: &Shop,
    yard: &Yard,
    transcript: &mut Transcript,
    sender: Sender<Heard>,
) -> Result<Result<(WrittenPlan, String), String>, SessionError> {
    let model = shop.model()?;
    let person = Distant::behind(sender.clone(), Heard::Asked, &shop.approvals);
    let looking = toolbox::looking(shop, yard, person)?;
    let mut ear = Pass(sender);
    let told = Told {
        words: &format!(
            "{}\n{}",
            wanted.spec.title,
            wanted.feedback.unwrap_or_default()
        ),
        around: AROUND_PLAN,
        files: &wanted.existing.iter().cloned().collect::<Vec<String>>(),
        ..Told::default()
    };
    let briefing = Briefing::in_shop(shop, told, &mut |view| ear.view(view))?;
    let system = briefing.system(SYSTEM);
    let mut conversation = Conversation::new(Job {
        model: &*model,
        toolbox: &looking,
        system: &system,
        limits: TurnLimits {
            turns: PLAN_TURNS,
            ..TurnLimits::default()
        },
        cancel: &shop.cancel,
        seed: 0,
        delegates: false,
    });
    let mut text = briefing.message(&asked(wanted)?);
    let mut wrong = String::new();
    for round in 0..=CORRECTIONS {
        let ended = conversation.ask(&text, &mut Talk::new(PLAN, &mut ear, transcript));
        if let Some(why) = talk::stopped(&ended)? {
            return Ok(Err(why));
        }
        let answer = match &ended {
            Ended::Finished { text } => text.as_str(),
            _ => "",
        };
        match read(wanted, answer) {
            Ok(plan) => return Ok(Ok((plan, answer.to_owned()))),
            Err(findings) => wrong = findings.join("; "),
        }
        if round < CORRECTIONS {
            ear.view(View::Notice(format!("the plan does not hold yet: {wrong}")));
        }
        text = format!(
            "The program checked your documents and found:\n- {}\nWrite both documents anew, whole, with the marks.",
            wrong.replace("; ", "\n- ")
        );
    }
    Ok(Err(wrong))
}

fn read(wanted: &Wanted<'_>, answer: &str) -> Result<WrittenPlan, Vec<String>> {
    let (plan, tasks) = documents_in(answer).ok_or_else(|| {
        vec![format!(
            "the marks are missing: {PLAN_MARK}, {TASKS_MARK} and {END_MARK}, each on a line of its own"
        )]
    })?;
    let found = read_written(wanted.spec, wanted.tooling, wanted.existing, plan, tasks);
    found.map_err(|all| all.into_iter().map(|it| it.message).collect())
}

/// The two documents of an answer.
fn documents_in(answer: &str) -> Option<(&str, &str)> {
    let (_, rest) = answer.split_once(PLAN_MARK)?;
    let (plan, rest) = rest.split_once(TASKS_MARK)?;
    let (tasks, _) = rest.split_once(END_MARK).unwrap_or((rest, ""));
    Some((plan, tasks))
}

fn asked(wanted: &Wanted<'_>) -> Result<String, SessionError> {
    let (spec, _) = documents::spec(wanted.place)?;
    let files: Vec<&str> = wanted
        .existing
        .iter()
        .map(String::as_str)
        .take(300)
        .collect();
    let mut text = format!(
        "The specification, {}:\n\n{spec}\n\nFiles of the project: {}\n",
        wanted.place.path,
        match files.is_empty() {
            true => "none".to_owned(),
            false => files.join(", "),
        }
    );
    let before = documents::read(&wanted.place.project, &wanted.place.plan())?;
    if let (Some(feedback), Some(before)) = (wanted.feedback, &before) {
        text.push_str(&format!("\nThe plan so far:\n\n{before}\n"));
        text.push_str(&format!("\nA person wants it otherwise: {feedback}\n"));
    } else if let Some(feedback) = wanted.feedback {
        text.push_str(&format!("\nA person says: {feedback}\n"));
    }
    let considerations = considered::lines(wanted.place)?;
    if !considerations.is_empty() {
        text.push_str(&format!(
            "\nTo be respected: {}\n",
            considerations.join("; ")
        ));
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_documents_are_cut_out_of_an_answer() {
        let answer = "Here:\n=== PLAN ===\n# P\n=== TASKS ===\n# T\n=== END ===\nSo.";
        assert_eq!(documents_in(answer), Some(("\n# P\n", "\n# T\n")));
        let open = "=== PLAN ===\n# P\n=== TASKS ===\n# T\n";
        assert_eq!(documents_in(open), Some(("\n# P\n", "\n# T\n")));
        assert_eq!(documents_in("# P"), None);
    }
}
