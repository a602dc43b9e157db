//! The golden form of facts.

use super::*;

/// A cost from before money was counted, and one that cost nothing, have the same form.
#[test]
fn costs_without_money_are_as_they_were() {
    let old = r#"{"input_tokens":5,"output_tokens":2,"wall_ms":7}"#;
    let mut cost: Cost = serde_json::from_str(old).expect("reads");
    assert_eq!((cost.input_tokens, cost.nano_usd), (5, 0));
    let same = r#"{"input_tokens":5,"cached_tokens":0,"output_tokens":2,"wall_ms":7}"#;
    assert_eq!(serde_json::to_string(&cost).expect("writes"), same);
    let paid = r#"{"input_tokens":1,"output_tokens":1,"wall_ms":1,"nano_usd":1500000000}"#;
    cost += serde_json::from_str(paid).expect("reads");
    assert_eq!((cost.input_tokens, cost.usd()), (6, 1.5));
}

/// One of every shape.
fn samples() -> Vec<Fact> {
    vec![
        Fact::RunStarted {
            spec: "specs/a.md".into(),
            spec_fingerprint: "00ff".into(),
            mode: Mode::Autopilot,
            model: "local/m".into(),
            only: None,
        },
        Fact::Judged {
            task: "1".into(),
            judgement: Judgement::Ask(vec!["why".into()]),
        },
        Fact::Answered {
            task: "1".into(),
            answer: Answer::Approve,
            by: Answerer::Rules,
            remark: String::new(),
        },
        Fact::CheckRan {
            task: None,
            purpose: CheckPurpose::Success,
            argv: vec!["python3".into()],
            exit: Some(0),
            ended: String::new(),
            passed: 3,
            failed: 0,
            wall_ms: 12,
        },
        Fact::Ruled {
            act: "write a".into(),
            ruling: Ruling::Deny,
            rule: "built in: **/.git".into(),
            used: false,
        },
        Fact::HookEnded {
            hook: "h".into(),
            event: "file.save".into(),
            path: Some("a".into()),
            outcome: "blocked".into(),
            why: "w".into(),
            findings: vec!["f".into()],
            files: Vec::new(),
            cost: Cost::default(),
            wall_ms: 1,
        },
        Fact::HoldSet {
            hook: "h".into(),
            path: "a".into(),
            digest: "00".into(),
            why: "w".into(),
        },
        Fact::RenewalStarted {
            task: "2".into(),
            base: "b".into(),
        },
        Fact::RenewalEnded {
            task: "2".into(),
            renewal: Renewal::Failed("w".into()),
        },
        Fact::RunEnded {
            outcome: Outcome::Done,
            reason: "all proven".into(),
        },
    ]
}

/// The journal's form: a change here breaks journals that exist.
#[test]
fn golden_form() {
    let facts = samples();
    let text: Vec<String> = facts
        .iter()
        .map(|it| serde_json::to_string(it).expect("facts serialise"))
        .collect();
    insta::assert_snapshot!(text.join("\n"), @r#"
    {"fact":"run_started","spec":"specs/a.md","spec_fingerprint":"00ff","mode":"autopilot","model":"local/m","only":null}
    {"fact":"judged","task":"1","judgement":{"ask":["why"]}}
    {"fact":"answered","task":"1","answer":"approve","by":"rules"}
    {"fact":"check_ran","task":null,"purpose":"success","argv":["python3"],"exit":0,"ended":"","passed":3,"failed":0,"wall_ms":12}
    {"fact":"ruled","act":"write a","ruling":"deny","rule":"built in: **/.git","used":false}
    {"fact":"hook_ended","hook":"h","event":"file.save","path":"a","outcome":"blocked","why":"w","findings":["f"],"files":[],"cost":{"input_tokens":0,"cached_tokens":0,"output_tokens":0,"wall_ms":0},"wall_ms":1}
    {"fact":"hold_set","hook":"h","path":"a","digest":"00","why":"w"}
    {"fact":"renewal_started","task":"2","base":"b"}
    {"fact":"renewal_ended","task":"2","renewal":{"failed":"w"}}
    {"fact":"run_ended","outcome":"done","reason":"all proven"}
    "#);
    for (fact, line) in facts.iter().zip(&text) {
        assert_eq!(
            fact,
            &serde_json::from_str::<Fact>(line).expect("reads back")
        );
    }
}

#[test]
fn golden_form_of_hand_edits() {
    let fact = Fact::Replanned { tasks: Vec::new() };
    let text = serde_json::to_string(&fact).expect("facts serialise");
    assert_eq!(text, r#"{"fact":"replanned","tasks":[]}"#);
    assert_eq!(
        serde_json::from_str::<Fact>(&text).expect("reads back"),
        fact
    );
}

#[test]
fn golden_form_of_commits() {
    let fact = Fact::Committed {
        task: "1".into(),
        commit: Some("c0".into()),
        why: String::new(),
    };
    let text = serde_json::to_string(&fact).expect("facts serialise");
    assert_eq!(
        text,
        r#"{"fact":"committed","task":"1","commit":"c0","why":""}"#
    );
    assert_eq!(
        serde_json::from_str::<Fact>(&text).expect("reads back"),
        fact
    );
}

#[test]
fn golden_form_of_what_was_left() {
    let left = vec![LeftFile {
        path: "a.py".into(),
        digest: "00ff".into(),
    }];
    let facts = [
        Fact::Applied {
            task: "1".into(),
            files: vec!["a.py".into()],
            merged: Vec::new(),
            left: left.clone(),
        },
        Fact::Undone {
            task: "1".into(),
            files: vec!["a.py".into()],
            merged: Vec::new(),
            left: Vec::new(),
        },
        Fact::Reopened { task: "1".into() },
        Fact::Confirmed {
            task: "1".into(),
            record: TaskRecord {
                id: "1".into(),
                title: "t".into(),
                depends_on: Vec::new(),
                requirements: vec!["FR-1".into()],
                files: Vec::new(),
                fingerprint: "f".into(),
                prints: vec!["p".into()],
                ticked: true,
            },
            by_person: false,
            left,
        },
    ];
    let text = facts.map(|it| {
        let line = serde_json::to_string(&it).expect("facts serialise");
        assert_eq!(it, serde_json::from_str::<Fact>(&line).expect("reads back"));
        line
    });
    insta::assert_snapshot!(text.join("\n"), @r#"
    {"fact":"applied","task":"1","files":["a.py"],"merged":[],"left":[{"path":"a.py","digest":"00ff"}]}
    {"fact":"undone","task":"1","files":["a.py"],"merged":[]}
    {"fact":"reopened","task":"1"}
    {"fact":"confirmed","task":"1","record":{"id":"1","title":"t","depends_on":[],"requirements":["FR-1"],"files":[],"fingerprint":"f","prints":["p"],"ticked":true},"by_person":false,"left":[{"path":"a.py","digest":"00ff"}]}
    "#);
}
