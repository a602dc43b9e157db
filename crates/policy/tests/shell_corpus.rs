//! What the analysis must answer, case by case: the given corpus, and further cases of the same kinds.
//!
//! Each line holds a command, the answer that is right, others that are accepted (`also`), its kind and the reason.
//! Too lax is what is less strict than every accepted answer; there may be none of it.

mod seed;

use policy::shell::Answer;
use serde::Deserialize;

#[derive(Deserialize)]
struct Case {
    id: String,
    cmd: String,
    expect: String,
    #[serde(default)]
    also: Vec<String>,
    cat: String,
    why: String,
}

/// Kinds in which a stricter answer than the right one is never accepted.
const EXACT_KINDS: [&str; 4] = ["lookalike", "sudo_like", "pipe2sh_like", "trusted"];

fn answer(name: &str) -> Answer {
    match name {
        "allow" => Answer::Allow,
        "ask" => Answer::Ask,
        "deny" => Answer::Deny,
        other => panic!("no answer is called {other}"),
    }
}

/// Enforces the gates on a corpus: nothing too lax, at most 0.5 % too strict, at least 95 % exact.
fn check(corpus: &str) {
    let rules = seed::rules();
    let (mut all, mut exact, mut strict) = (0, 0, Vec::new());
    for line in corpus.lines() {
        let case: Case = serde_json::from_str(line).expect("a case");
        let got = rules.judge_command(&case.cmd).answer;
        let right = answer(&case.expect);
        let accepted = || case.also.iter().map(|it| answer(it)).chain([right]);
        let told = format!(
            "{} {:?}: {} is right ({}), got {got}",
            case.id, case.cmd, case.expect, case.why
        );
        assert!(accepted().any(|it| it <= got), "too lax: {told}");
        if accepted().all(|it| it < got) {
            assert!(
                !EXACT_KINDS.contains(&case.cat.as_str()),
                "too strict: {told}"
            );
            strict.push(told);
        }
        all += 1;
        exact += usize::from(got == right);
    }
    assert!(strict.len() * 200 <= all, "too strict: {strict:#?}");
    assert!(exact * 100 >= all * 95, "{exact} of {all} are exact");
}

#[test]
fn the_given_corpus_is_answered_as_it_must_be() {
    check(include_str!("corpus/commands.jsonl"));
}

#[test]
fn further_cases_of_the_same_kinds_are_too() {
    check(include_str!("corpus/own.jsonl"));
}

#[test]
fn what_is_long_or_deep_is_looked_at_all_the_same() {
    let rules = seed::rules();
    let nested = |open: &str, inner: &str, close: &str, times: usize| {
        format!("{}{inner}{}", open.repeat(times), close.repeat(times))
    };
    for text in [
        format!("{}sudo id", "git status\n".repeat(300)),
        format!("echo {}; sudo id", "a ".repeat(20_000)),
        format!("{}rm -rf build", "true && ".repeat(500)),
        format!("sudo id; {}", "echo a; ".repeat(9_000)),
        format!("{}sudo id", "echo a; ".repeat(9_000)),
        format!("{}sudo a", "a|".repeat(3_000)),
        format!("{}sudo id", "cat <<A\nx\nA\n".repeat(20)),
        nested("(", "sudo id", ")", 60),
        nested("{ ", "sudo id;", " }", 60),
        nested("echo $(", "sudo id", ")", 31),
        nested("if true; then ", "sudo id; ", "fi; ", 30),
        nested("case a in a) ", "sudo id;; ", "esac;; ", 12),
    ] {
        let got = rules.judge_command(&text).answer;
        assert_eq!(got, Answer::Deny, "{}", &text[..40]);
    }
    for text in [
        "(",
        "${",
        "`",
        "<<a ",
        "{a,b}",
        "x=$x$x; ",
        "f() { f; f; }; f; ",
        "$(",
        "<(",
    ] {
        let text = text.repeat(5_000);
        assert_eq!(
            rules.judge_command(&text).answer,
            Answer::Ask,
            "{}",
            &text[..20]
        );
    }
}
