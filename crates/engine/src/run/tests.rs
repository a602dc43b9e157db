//! Runs told as scripts of facts.

use super::*;
use crate::fact::Answerer;
use proptest::prelude::*;

fn record(id: &str, needs: &[&str]) -> TaskRecord {
    TaskRecord {
        id: id.into(),
        title: format!("Task {id}"),
        depends_on: needs.iter().map(|it| (*it).into()).collect(),
        requirements: vec![],
        files: vec![],
        fingerprint: format!("print-{id}"),
        ticked: false,
    }
}

fn started(mode: Mode) -> Fact {
    Fact::RunStarted {
        spec: "specs/a.md".into(),
        spec_fingerprint: String::new(),
        mode,
        model: "scripted/x".into(),
        only: None,
    }
}

fn two_tasks(mode: Mode) -> Run {
    Run::from_facts(&[
        started(mode),
        Fact::Planned {
            tasks: vec![record("1", &[]), record("2", &["1"])],
        },
    ])
}

fn attempt(task: &str) -> Fact {
    Fact::AttemptStarted {
        task: task.into(),
        attempt: 1,
        base: "b".into(),
    }
}

fn check(task: &str, exit: i32, passed: u32, failed: u32) -> Fact {
    Fact::CheckRan {
        task: Some(task.into()),
        purpose: CheckPurpose::After,
        argv: vec!["python3".into()],
        exit: Some(exit),
        ended: String::new(),
        passed,
        failed,
        wall_ms: 1,
    }
}

fn proposed(task: &str, files: &[&str]) -> Fact {
    Fact::Proposed {
        task: task.into(),
        proposal: Proposal {
            base: "b".into(),
            tree: "t".into(),
            files: files.iter().map(|it| (*it).into()).collect(),
            added_lines: 1,
            removed_lines: 0,
            passed: 1,
            failed: 0,
        },
    }
}

fn judged(task: &str, judgement: Judgement) -> Fact {
    Fact::Judged {
        task: task.into(),
        judgement,
    }
}

fn answered(task: &str, answer: Answer) -> Fact {
    Fact::Answered {
        task: task.into(),
        answer,
        by: Answerer::Person,
        remark: String::new(),
    }
}

fn applied(task: &str) -> Fact {
    Fact::Applied {
        task: task.into(),
        files: vec![],
        merged: vec![],
    }
}

fn intended(task: &str) -> Fact {
    Fact::ApplyIntended {
        task: task.into(),
        base: "b".into(),
        tree: "t".into(),
    }
}

fn feed(run: &mut Run, facts: &[Fact]) {
    facts.iter().for_each(|it| run.apply(it));
}

fn next(run: &Run) -> String {
    run.next().map_or("nothing".into(), |it| format!("{it:?}"))
}

#[test]
fn autopilot_goes_from_attempt_to_tick() {
    let mut run = two_tasks(Mode::Autopilot);
    assert_eq!(next(&run), r#"Attempt { task: "1", attempt: 1 }"#);
    feed(
        &mut run,
        &[attempt("1"), check("1", 0, 3, 0), proposed("1", &["a.py"])],
    );
    assert_eq!(next(&run), r#"Judge { task: "1" }"#);
    run.apply(&judged("1", Judgement::Allow));
    assert_eq!(next(&run), r#"Approve { task: "1" }"#);
    run.apply(&answered("1", Answer::Approve));
    assert_eq!(next(&run), r#"Apply { task: "1" }"#);
    feed(&mut run, &[intended("1"), applied("1")]);
    assert_eq!(next(&run), r#"Complete { task: "1" }"#);
    run.apply(&Fact::TaskDone {
        task: "1".into(),
        covered: vec![],
    });
    assert_eq!(next(&run), r#"Tick { task: "1" }"#);
    run.apply(&Fact::Ticked { task: "1".into() });
    assert_eq!(next(&run), r#"Attempt { task: "2", attempt: 1 }"#);
}

#[test]
fn nothing_is_done_without_a_green_check() {
    for checks in [
        vec![],
        vec![check("1", 1, 2, 1)],
        vec![check("1", 0, 0, 0)],
        vec![check("1", 0, 1, 0), check("1", 1, 0, 1)],
    ] {
        let mut run = two_tasks(Mode::Autopilot);
        run.apply(&attempt("1"));
        feed(&mut run, &checks);
        feed(
            &mut run,
            &[
                proposed("1", &["a"]),
                judged("1", Judgement::Allow),
                answered("1", Answer::Approve),
                intended("1"),
                applied("1"),
            ],
        );
        assert!(next(&run).starts_with("Fail"), "{}", next(&run));
    }
}

#[test]
fn guided_always_asks_and_a_denial_never_does() {
    let mut run = two_tasks(Mode::Guided);
    feed(
        &mut run,
        &[attempt("1"), check("1", 0, 1, 0), proposed("1", &["a"])],
    );
    let mut denied = run.clone();
    run.apply(&judged("1", Judgement::Allow));
    assert_eq!(next(&run), r#"Ask { task: "1" }"#);
    denied.apply(&judged("1", Judgement::Deny(vec!["no".into()])));
    assert!(next(&denied).starts_with("Fail"));
}

#[test]
fn unanswered_lets_others_go_on_and_ends_refused() {
    let mut run = Run::from_facts(&[
        started(Mode::Autopilot),
        Fact::Planned {
            tasks: vec![record("1", &[]), record("2", &["1"]), record("3", &[])],
        },
        attempt("1"),
        check("1", 0, 1, 0),
        proposed("1", &["a"]),
        judged("1", Judgement::Ask(vec!["big".into()])),
    ]);
    assert_eq!(next(&run), r#"Ask { task: "1" }"#);
    run.apply(&Fact::Unanswered { task: "1".into() });
    assert_eq!(next(&run), r#"Attempt { task: "3", attempt: 1 }"#);
    run.apply(&Fact::AttemptFailed {
        task: "3".into(),
        reason: "no".into(),
    });
    assert_eq!(next(&run), "Prove");
    run.apply(&Fact::Claimed {
        criterion: "SC-1".into(),
        text: "x".into(),
        proof: Some("p".into()),
        why: String::new(),
    });
    insta::assert_snapshot!(next(&run), @r#"End { outcome: Refused, reason: "task 1 needs an approval and nobody is there; task 2 waits for task 1; task 3 failed: no" }"#);
}

#[test]
fn a_run_is_done_only_with_every_criterion_proven() {
    let mut run = Run::from_facts(&[
        started(Mode::Autopilot),
        Fact::Planned {
            tasks: vec![TaskRecord {
                ticked: true,
                ..record("1", &[])
            }],
        },
    ]);
    assert_eq!(next(&run), "Prove");
    let claim = |proof: Option<&str>| Fact::Claimed {
        criterion: "SC-1".into(),
        text: "All tests pass".into(),
        proof: proof.map(Into::into),
        why: "not looked at".into(),
    };
    let mut proven = run.clone();
    run.apply(&claim(None));
    insta::assert_snapshot!(next(&run), @r#"End { outcome: Incomplete, reason: "no proof of SC-1: All tests pass (not looked at)" }"#);
    proven.apply(&claim(Some("python3 -m unittest")));
    assert!(next(&proven).contains("outcome: Done"));
    proven.apply(&Fact::RunEnded {
        outcome: Outcome::Done,
        reason: String::new(),
    });
    assert_eq!(proven.next(), None);
}

#[test]
fn resume_begins_attempts_anew_and_applies_again() {
    let mut run = two_tasks(Mode::Autopilot);
    feed(&mut run, &[attempt("1"), Fact::Resumed]);
    assert_eq!(next(&run), r#"Attempt { task: "1", attempt: 2 }"#);
    feed(
        &mut run,
        &[
            attempt("1"),
            check("1", 0, 1, 0),
            proposed("1", &["a"]),
            judged("1", Judgement::Allow),
            answered("1", Answer::Approve),
            intended("1"),
        ],
    );
    assert_eq!(run.state(&run.tasks()[0], false), TaskState::InDoubt);
    run.apply(&Fact::Resumed);
    assert_eq!(next(&run), r#"Apply { task: "1" }"#);
}

#[test]
fn a_persons_tick_counts_and_an_untick_reopens() {
    let mut run = two_tasks(Mode::Autopilot);
    feed(
        &mut run,
        &[
            attempt("1"),
            check("1", 0, 1, 0),
            proposed("1", &["a"]),
            judged("1", Judgement::Allow),
            answered("1", Answer::Approve),
            intended("1"),
            applied("1"),
            Fact::TaskDone {
                task: "1".into(),
                covered: vec![],
            },
            Fact::Ticked { task: "1".into() },
        ],
    );
    let ticked = |one, two| Fact::Planned {
        tasks: vec![
            TaskRecord {
                ticked: one,
                ..record("1", &[])
            },
            TaskRecord {
                ticked: two,
                ..record("2", &["1"])
            },
        ],
    };
    let mut person = run.clone();
    person.apply(&ticked(true, true));
    assert_eq!(next(&person), "Prove");
    assert!(person.tasks()[1].ticked_by_person && !person.tasks()[0].ticked_by_person);
    run.apply(&ticked(false, false));
    assert_eq!(next(&run), r#"Attempt { task: "1", attempt: 1 }"#);
}

#[test]
fn skip_and_stop() {
    let mut run = two_tasks(Mode::Guided);
    feed(
        &mut run,
        &[
            attempt("1"),
            check("1", 0, 1, 0),
            proposed("1", &["a"]),
            judged("1", Judgement::Allow),
        ],
    );
    let mut stopped = run.clone();
    run.apply(&answered("1", Answer::Skip));
    assert_eq!(next(&run), "Prove");
    stopped.apply(&answered("1", Answer::Stop));
    assert!(next(&stopped).contains("Stopped"));
}

fn any_fact() -> impl Strategy<Value = Fact> {
    let task = prop::sample::select(vec!["1", "2", "9"]);
    (task, 0..16u8).prop_map(|(task, kind)| match kind {
        0 => attempt(task),
        1 => check(task, 0, 1, 0),
        2 => check(task, 1, 0, 1),
        3 => proposed(task, &["a"]),
        4 => proposed(task, &[]),
        5 => judged(task, Judgement::Allow),
        6 => judged(task, Judgement::Deny(vec![])),
        7 => answered(task, Answer::Approve),
        8 => answered(task, Answer::Modify),
        9 => answered(task, Answer::Skip),
        10 => answered(task, Answer::Stop),
        11 => applied(task),
        12 => Fact::TaskDone {
            task: task.into(),
            covered: vec![],
        },
        13 => Fact::Resumed,
        14 => Fact::Planned {
            tasks: vec![record("2", &[]), record("1", &["2"])],
        },
        _ => intended(task),
    })
}

proptest! {
    /// Facts in any order are taken in without a panic, and something always follows until the end.
    #[test]
    fn apply_is_total(facts in prop::collection::vec(any_fact(), 0..60)) {
        let mut run = two_tasks(Mode::Autopilot);
        facts.iter().for_each(|it| run.apply(it));
        prop_assert!(run.next().is_some());
    }
}

/// A person's tick counts, but a half that landed before a death is completed first.
#[test]
fn a_tick_does_not_leave_half_a_task() {
    let mut run = two_tasks(Mode::Autopilot);
    let facts = [
        attempt("1"),
        check("1", 0, 2, 0),
        proposed("1", &["a"]),
        judged("1", Judgement::Allow),
        Fact::Answered {
            task: "1".into(),
            answer: Answer::Approve,
            by: Answerer::Rules,
            remark: String::new(),
        },
        Fact::ApplyIntended {
            task: "1".into(),
            base: "b".into(),
            tree: "t".into(),
        },
        Fact::Resumed,
        Fact::Planned {
            tasks: vec![
                TaskRecord {
                    ticked: true,
                    ..record("1", &[])
                },
                record("2", &["1"]),
            ],
        },
    ];
    facts.iter().for_each(|it| run.apply(it));
    assert!(!run.tasks()[0].is_approved_by_person());
    assert_eq!(run.next(), Some(Next::Apply { task: "1".into() }));
}
