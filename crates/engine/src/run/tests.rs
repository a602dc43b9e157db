//! Runs told as scripts of facts.

use super::*;
use proptest::prelude::*;

fn record(id: &str, needs: &[&str]) -> TaskRecord {
    TaskRecord {
        id: id.into(),
        title: format!("Task {id}"),
        depends_on: needs.iter().map(|it| (*it).into()).collect(),
        requirements: vec![],
        files: vec![],
        fingerprint: format!("print-{id}"),
        prints: Vec::new(),
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
            unjudged: false,
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
        left: vec![],
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

fn replanned(tasks: &[TaskRecord]) -> Fact {
    Fact::Replanned {
        tasks: tasks.to_vec(),
    }
}

fn renamed(id: &str) -> TaskRecord {
    TaskRecord {
        title: "Another".into(),
        fingerprint: "another".into(),
        ..record(id, &[])
    }
}

/// Two tasks, of which the first has a proposal that the rules allow.
fn judged_run() -> Run {
    let mut run = two_tasks(Mode::Autopilot);
    let work = [
        attempt("1"),
        check("1", 0, 1, 0),
        proposed("1", &["a.py"]),
        judged("1", Judgement::Allow),
    ];
    feed(&mut run, &work);
    run
}

#[test]
fn hand_edits_are_told_and_taken() {
    let mut run = two_tasks(Mode::Autopilot);
    let edited = [record("2", &[]), record("3", &[]), renamed("1")];
    assert_eq!(
        run.differences(&edited),
        [
            "task 2 has another dependencies",
            "task 3 was added",
            "task 1 has another title"
        ]
    );
    let fewer = [record("2", &[])];
    let told = run.differences(&fewer).join("; ");
    assert!(told.ends_with("task 1 was taken out"), "{told}");
    let other_way = [record("2", &["1"]), record("1", &[])];
    assert_eq!(run.differences(&other_way), ["the order of tasks changed"]);
    feed(&mut run, &[replanned(&edited)]);
    assert!(run.differences(&edited).is_empty());
    assert_eq!(next(&run), r#"Attempt { task: "2", attempt: 1 }"#);
    let ticked = TaskRecord {
        ticked: true,
        ..record("2", &[])
    };
    let edited = [ticked, record("3", &[]), renamed("1")];
    feed(&mut run, &[replanned(&edited)]);
    assert_eq!(next(&run), r#"Attempt { task: "3", attempt: 1 }"#);
}

#[test]
fn a_dependency_that_is_taken_away_keeps_what_was_done() {
    let mut run = judged_run();
    feed(
        &mut run,
        &[replanned(&[record("1", &[]), record("2", &[])])],
    );
    assert_eq!(next(&run), r#"Approve { task: "1" }"#);
}

#[test]
fn work_on_a_task_that_was_changed_is_asked_about_and_proves_nothing_of_the_new_one() {
    let mut run = judged_run();
    feed(&mut run, &[replanned(&[renamed("1"), record("2", &["1"])])]);
    assert_eq!(next(&run), r#"Ask { task: "1" }"#);
    let task = run.task("1").expect("there");
    assert_eq!(task.conflict, Some(Conflict::Changed));
    let landed = [answered("1", Answer::Approve), intended("1"), applied("1")];
    feed(&mut run, &landed);
    assert_eq!(next(&run), r#"Attempt { task: "1", attempt: 2 }"#);
    feed(&mut run, &[attempt("1")]);
    assert_eq!(run.task("1").expect("there").conflict, None);
}

#[test]
fn work_on_a_task_that_is_gone_is_asked_about_and_then_forgotten() {
    for answer in [Answer::Approve, Answer::Skip, Answer::Revise] {
        let mut run = judged_run();
        feed(&mut run, &[replanned(&[record("2", &[])])]);
        assert_eq!(next(&run), r#"Ask { task: "1" }"#);
        feed(&mut run, &[answered("1", answer)]);
        if answer == Answer::Approve {
            assert!(!run.can_replan(), "it is half way into the project");
            feed(&mut run, &[intended("1"), applied("1")]);
        }
        assert!(run.task("1").is_none(), "{answer:?}");
        assert_eq!(next(&run), r#"Attempt { task: "2", attempt: 1 }"#);
    }
}

#[test]
fn a_failed_task_that_was_changed_is_attempted_again() {
    let mut run = two_tasks(Mode::Autopilot);
    let failed = Fact::AttemptFailed {
        task: "1".into(),
        reason: "no".into(),
    };
    feed(&mut run, &[attempt("1"), failed]);
    assert_eq!(next(&run), "Prove");
    feed(&mut run, &[replanned(&[renamed("1"), record("2", &["1"])])]);
    assert_eq!(next(&run), r#"Attempt { task: "1", attempt: 2 }"#);
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
fn what_nothing_can_check_is_done_by_a_persons_word_alone() {
    let unjudged = |files: &[&str]| match proposed("1", files) {
        Fact::Proposed { task, proposal } => Fact::Proposed {
            task,
            proposal: Proposal {
                unjudged: true,
                ..proposal
            },
        },
        other => other,
    };
    let mut run = two_tasks(Mode::Autopilot);
    let allowed = judged("1", Judgement::Allow);
    feed(&mut run, &[attempt("1"), unjudged(&["a"]), allowed.clone()]);
    assert_eq!(next(&run), r#"Ask { task: "1" }"#);
    let landed = |by: Answerer, checks: &[Fact]| {
        let mut run = run.clone();
        feed(&mut run, checks);
        run.apply(&Fact::Answered {
            task: "1".into(),
            answer: Answer::Approve,
            by,
            remark: String::new(),
        });
        feed(&mut run, &[intended("1"), applied("1")]);
        next(&run)
    };
    assert!(landed(Answerer::Person, &[]).starts_with("Complete"));
    assert!(landed(Answerer::Rules, &[]).starts_with("Fail"));
    assert!(landed(Answerer::Person, &[check("1", 1, 0, 1)]).starts_with("Fail"));
    // A new attempt needs a new look.
    let mut again = two_tasks(Mode::Guided);
    feed(&mut again, &[attempt("1"), unjudged(&["a"]), allowed]);
    feed(
        &mut again,
        &[answered("1", Answer::Approve), attempt("1"), unjudged(&[])],
    );
    assert!(next(&again).starts_with("Fail"), "{}", next(&again));
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

fn of_files(id: &str, needs: &[&str], files: &[&str]) -> TaskRecord {
    TaskRecord {
        files: files.iter().map(|it| (*it).into()).collect(),
        ..record(id, needs)
    }
}

fn beside(run: &Run, lanes: &Lanes) -> String {
    run.next_beside(lanes)
        .map_or("nothing".into(), |it| format!("{it:?}"))
}

#[test]
fn what_waits_for_nothing_goes_on_at_once_unless_files_meet() {
    let mut run = Run::from_facts(&[
        started(Mode::Autopilot),
        Fact::Planned {
            tasks: vec![
                of_files("1", &[], &["a.py"]),
                of_files("2", &["1"], &["b.py"]),
                of_files("3", &[], &["a.py", "c.py"]),
                of_files("4", &[], &["d.py"]),
            ],
        },
        attempt("1"),
    ]);
    let mut lanes = Lanes::new(2);
    lanes.begin("1");
    assert_eq!(beside(&run, &lanes), r#"Attempt { task: "4", attempt: 1 }"#);
    run.apply(&attempt("4"));
    lanes.begin("4");
    assert_eq!(beside(&run, &lanes), "Wait");
    lanes.end("1");
    run.apply(&answered("1", Answer::Stop));
    assert_eq!(beside(&run, &lanes), "Wait");
    lanes.end("4");
    assert!(beside(&run, &lanes).contains("Stopped"));
}

/// Task 2 was worked on beside task 1, which has landed since.
fn beside_another(answer: Option<Answer>) -> Run {
    let mut run = Run::from_facts(&[
        started(Mode::Guided),
        Fact::Planned {
            tasks: vec![of_files("1", &[], &["a.py"]), of_files("2", &[], &["b.py"])],
        },
        attempt("1"),
        attempt("2"),
        check("2", 0, 1, 0),
        proposed("2", &["b.py"]),
    ]);
    run.apply(&judged("2", Judgement::Allow));
    answer
        .into_iter()
        .for_each(|it| run.apply(&answered("2", it)));
    feed(
        &mut run,
        &[
            check("1", 0, 1, 0),
            proposed("1", &["a.py"]),
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
    run
}

fn renewed(renewal: Renewal) -> Fact {
    Fact::RenewalEnded {
        task: "2".into(),
        renewal,
    }
}

#[test]
fn what_was_proven_before_other_work_landed_is_proven_anew() {
    let now = Proposal {
        base: "now".into(),
        ..match proposed("2", &["b.py"]) {
            Fact::Proposed { proposal, .. } => proposal,
            other => panic!("{other:?}"),
        }
    };
    let run = beside_another(Some(Answer::Approve));
    assert_eq!(next(&run), r#"Renew { task: "2" }"#);
    let begun = Fact::RenewalStarted {
        task: "2".into(),
        base: "now".into(),
    };
    let after = |renewal: Renewal, checks: &[Fact]| {
        let mut run = run.clone();
        run.apply(&begun);
        feed(&mut run, checks);
        run.apply(&renewed(renewal));
        run
    };
    let same = after(Renewal::Same(now.clone()), &[check("2", 0, 1, 0)]);
    assert_eq!(next(&same), r#"Apply { task: "2" }"#);
    let changed = after(Renewal::Changed(now.clone()), &[check("2", 0, 1, 0)]);
    assert_eq!(next(&changed), r#"Judge { task: "2" }"#);
    let failed = after(Renewal::Failed("no".into()), &[check("2", 1, 0, 1)]);
    assert_eq!(next(&failed), r#"Attempt { task: "2", attempt: 2 }"#);
    let mut died = run.clone();
    feed(&mut died, &[begun.clone(), Fact::Resumed]);
    assert_eq!(next(&died), r#"Renew { task: "2" }"#);
    // What was proven before does not count for what is there now.
    let mut unproven = after(Renewal::Same(now), &[]);
    feed(&mut unproven, &[intended("2"), applied("2")]);
    assert!(next(&unproven).starts_with("Fail"), "{}", next(&unproven));
}

#[test]
fn what_waits_for_a_person_is_proven_anew_once_they_have_answered() {
    let waits = beside_another(None);
    assert_eq!(next(&waits), r#"Ask { task: "2" }"#);
    let mut skipped = waits.clone();
    skipped.apply(&answered("2", Answer::Skip));
    assert_eq!(next(&skipped), "Prove");
}

fn any_fact() -> impl Strategy<Value = Fact> {
    let task = prop::sample::select(vec!["1", "2", "9"]);
    (task, 0..17u8).prop_map(|(task, kind)| match kind {
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
        15 => replanned(&[renamed("1"), record("3", &[])]),
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
