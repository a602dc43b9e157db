//! The strategy driven by the scripted model: what it asks, keeps and gives up on.

use super::*;
use model::Scripted;

struct Table(Vec<(&'static str, Trial)>);

impl Bench for Table {
    fn check(&mut self, file: &str) -> Result<Trial, BenchError> {
        let found = self.0.iter().find(|(word, _)| file.contains(word));
        Ok(found.map(|(_, trial)| trial.clone()).unwrap_or_default())
    }
}

fn slot(file: &str) -> FunctionSlot {
    FunctionSlot {
        language: Language::Python,
        function: "double".into(),
        signature: Some("double(n: int) -> int".into()),
        purpose: "Doubling.".into(),
        rules: vec!["Twice the number.".into()],
        examples: vec!["double(2) → 4".into()],
        path: "double.py".into(),
        file: file.into(),
    }
}

fn green() -> Trial {
    Trial {
        passed: 1,
        failures: vec![],
    }
}

fn red(passed: u32) -> Trial {
    Trial {
        passed,
        failures: vec!["AssertionError: 5 != 4".into()],
    }
}

fn answer(body: &str) -> String {
    let text = format!("```python\ndef double(n):\n    return {body}\n```");
    format!(
        "{{\"reply\": {}}}\n",
        serde_json::to_string(&text).expect("a string")
    )
}

fn run(script: &str, bench: Vec<(&'static str, Trial)>, limits: Limits) -> (Filled, Vec<String>) {
    let model = Scripted::parse("test", script).expect("the script parses");
    let mut routes = Vec::new();
    let filled = fill(
        &model,
        &slot(""),
        limits,
        &mut Table(bench),
        &Cancel::new(),
        &mut |event| {
            if let SlotEvent::Asking(route) = event {
                routes.push(route.to_string());
            }
        },
    )
    .expect("the slot is worked on");
    (filled, routes)
}

const PLAN: &str = "{\"reply\": \"1. Multiply by two.\"}\n";

#[test]
fn the_first_green_candidate_is_taken() {
    let script = format!("{PLAN}{}", answer("n * 2"));
    let (filled, routes) = run(&script, vec![("n * 2", green())], Limits::default());
    assert_eq!(routes, ["plan, then code"]);
    assert!(filled.trial.is_green());
    assert!(filled.file.expect("a file").contains("return n * 2"));
}

#[test]
fn routes_follow_until_one_passes() {
    let script = format!(
        "{PLAN}{}{{\"reply\": \"I cannot.\"}}\n{}{PLAN}{}",
        answer("n + 1"),
        answer("n + 1"),
        answer("n + n")
    );
    let bench = vec![("n + n", green()), ("n + 1", red(0))];
    let (filled, routes) = run(&script, bench, Limits::default());
    assert_eq!(
        routes,
        ["plan, then code", "direct", "sample 1", "sample 2"]
    );
    let results: Vec<&str> = filled.tried.iter().map(|it| it.result.as_str()).collect();
    assert_eq!(
        results,
        [
            "0 of 1 examples pass",
            "no code in the answer",
            "the same code as before",
            "1 of 1 examples pass"
        ]
    );
}

#[test]
fn the_best_is_kept_and_repaired_when_nothing_passes() {
    let limits = Limits {
        samples: 0,
        repairs: 1,
        ..Limits::default()
    };
    let script = format!(
        "{PLAN}{}{}{{\"when\": \"5 != 4\", \"reply\": \"```python\\ndef double(n):\\n    return n - 1\\n```\"}}\n",
        answer("n + 1"),
        answer("n * 3")
    );
    let bench = vec![("n * 3", red(3)), ("n + 1", red(1)), ("n - 1", red(0))];
    let (filled, routes) = run(&script, bench, limits);
    assert_eq!(routes, ["plan, then code", "direct", "repair 1"]);
    assert!(!filled.trial.is_green());
    assert!(filled.file.expect("a file").contains("n * 3"));
}

#[test]
fn prompts_hold_the_rules_the_examples_and_the_file() {
    let text = prompt::code(&slot("import re\n"));
    insta::assert_snapshot!(text, @r#"
    Write the Python function `double(n: int) -> int`.
    Doubling.

    Rules:
    - Twice the number.

    Examples:
    - double(2) → 4

    The file so far:
    ```python
    import re
    ```

    Answer with one ```python block that holds the complete function `double` with a one-line docstring, and the imports it needs. Standard library only. No example calls, no prints.
    "#);
}
