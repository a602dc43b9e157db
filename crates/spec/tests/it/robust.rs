//! Texts that nobody meant well.

use proptest::prelude::*;
use spec::view::{SpecView, TaskListView};
use spec::{Plan, Spec, TaskList, fixed, format, lint_spec, lint_tasks};

fn read_all(text: &str) {
    let spec = Spec::parse("test", text);
    let spans = spec
        .requirements
        .iter()
        .map(|it| &it.span)
        .chain(spec.examples().map(|it| &it.span))
        .chain(spec.diagnostics.iter().map(|it| &it.span));
    for span in spans {
        assert!(text.get(span.clone()).is_some(), "{span:?}");
    }
    serde_json::to_string(&SpecView::new(&spec, text)).expect("serialisable");
    let list = TaskList::parse(text);
    assert!(
        list.all()
            .all(|it| text.get(it.span.clone()).is_some()
                && text.get(it.mark_span.clone()).is_some())
    );
    serde_json::to_string(&TaskListView::new(&list, text, |_| String::new()))
        .expect("serialisable");
    Plan::parse(text).render();
    let found = lint_spec(&spec, text);
    fixed(text, &found);
    lint_tasks(&list, text, Some(&spec));
    format(text);
}

/// Under a requirement, where everything is looked at.
fn under_a_requirement(body: &str) -> String {
    format!("## Functional Requirements\n### FR-1: A `f(a: int)`\n{body}\n")
}

/// Texts of about `size` bytes, each of a shape that costs a careless reader more than its length.
fn shapes(size: usize) -> Vec<String> {
    let fill = |unit: &str| unit.repeat(size / unit.len());
    let half = |unit: &str| unit.repeat(size / unit.len() / 2);
    let nested = |marker: &str| -> String {
        let depth = (size as f64).sqrt() as usize;
        (0..depth)
            .map(|n| format!("{}{marker}\n", "  ".repeat(n)))
            .collect()
    };
    vec![
        nested("- a"),
        nested("- [ ] a"),
        nested("- a:"),
        fill("- a\n"),
        fill("- [ ] a\n"),
        fill("- [ ] 1. a\n"),
        fill("- - - a\n"),
        fill("> "),
        fill("- "),
        fill("`"),
        fill("` `` ``` "),
        (1..(size as f64 * 2.0).sqrt() as usize)
            .map(|n| "`".repeat(n) + "a")
            .collect(),
        fill("- `f(1)` → `2`\n"),
        "- a\n".to_owned() + &fill("  - `f(1)` → `2`\n"),
        format!("- `f({}{})` → `{}`", half("["), half("]"), half("[")),
        format!("`f(1)` → `{}{}`", half("["), half("]")),
        format!("f(1) → {}", fill("-")),
        format!("f(1) → {}", fill("1 + ")),
        fill("f("),
        fill("f(1) → 2, "),
        fill("a."),
        format!("```\n{}", fill("f(\n")),
        format!("```\n{}", fill("f(1) → 2\n")),
        format!("```\n{}", fill("\"\"\"\n")),
        format!("```\n{}", fill(">>> f(1)\n2\n")),
        format!("```sql\n{}", fill("CREATE TABLE a (")),
        format!("| a | b |\n|---|---|\n{}", fill("| `f(1)` | 2 |\n")),
        fill("|"),
        fill("# a\n"),
        fill("### FR-1: a\n"),
        fill("\n"),
        fill("**FR-2**: a\n"),
        fill("<!--"),
        fill("<!-- kiro: spec "),
        fill("x"),
        fill("a, "),
        fill("FR-"),
        fill("1."),
        fill("- [ ] 1. a\n  - Dependencies: 1-999\n"),
        format!("- [ ] 1. a\n  - {}", fill("(req: ")),
        format!("- [ ] 1. a\n  - {}", fill("_req: 1.1-1.9_ ")),
        format!("- [ ] 1. a\n  - _Requirements: {}", fill("1.1-")),
        format!("- [ ] 1. a\n  - {}", fill("(req ")),
        format!("- [ ] {}", fill("1 ")),
        format!("- [ ] 1. a\n  - Dependencies: {}", fill("1-999, ")),
        format!("## Dependencies\n- Tasks {} depends on 1", fill("1-999, ")),
        format!(
            "## Dependencies\n{}",
            fill("- Tasks 1-999 depends on 1-999\n")
        ),
        format!(
            "## Steps\n{}## Dependencies\n{}",
            half("1. a\n"),
            half("- Task 9 depends on all tasks\n")
        ),
        format!("```\ns = S()\n{}", fill("s.pop() → 2\n")),
        format!("```\nx = '{}'\n{}", half("x"), half("f(x) → 2\n")),
        format!("### FR-{}: a\n{}", half("1"), half("- a\n")),
        format!(
            "`f{}(x: int)`\n\n| Input | Output |\n|---|---|\n{}",
            half("f"),
            half("|1|2|\n")
        ),
        format!("## {}\n{}", half("P"), half("- [ ] a\n")),
        format!("## Testing\n- {}:\n{}", half("x"), half("  - a\n")),
        format!("## Files\n```\n{}/\n{}", half("a"), half("  b\n")),
        format!("## Dependencies\n- Tasks 1-999 depend on 1 ({})", fill("x")),
        format!(
            "## Examples\n```\n{}",
            (0..size / 12)
                .map(|n| format!("f{n}(1) → 2\n"))
                .collect::<String>()
        ),
        format!(
            "```gherkin\n{}",
            fill("Scenario: a\nGiven b\nWhen `f(1)` is called\nThen it gives `2`\n")
        ),
        format!("```gherkin\nScenario: a\nGiven b\n{}", fill("And c\n")),
        format!(
            "```gherkin\nScenario Outline: a\nThen it gives <b>\nExamples:\n{}",
            fill("| 1 | 2 |\n")
        ),
        format!("```gherkin\n{}", fill("Feature: Rule: Background: Given ")),
        fill("#### Scenario: a\n- **WHEN** b\n- **THEN** c\n"),
        fill("- GIVEN a\n- WHEN b\n- THEN c\n"),
        format!("#### Scenario: a\n- WHEN b\n{}", fill("  - AND c\n")),
        fill("- WHEN `f(1)` is called, THE a SHALL return `2`.\n"),
        format!("- WHEN `f({})` is called, THE a SHALL return 2", fill("1")),
        fill("- THE a SHALL take < 200 ms p95\n"),
        format!("- THE a SHALL take < {} ms", fill("9")),
        format!("- THE a SHALL take {}", fill("< 1 ms ")),
        format!("- THE a SHALL take < {} ms", fill("1.")),
        format!("- Coverage ≥ {}", fill("80 % ")),
        format!("- p95{}", fill(" p95 <")),
        format!(
            "### Current Behavior\n{}### Expected Behavior\n{}",
            half("1.1 WHEN a THEN b\n"),
            half("2.1 WHEN a THEN b\n")
        ),
        format!(
            "- [ ] 1. a\n\n```json\n{{\"waves\": [{}",
            fill("{\"tasks\": [\"1\"]},")
        ),
        format!(
            "## Files\n```\n{}",
            (0..(size as f64).sqrt() as usize)
                .map(|n| "  ".repeat(n) + "a/\n")
                .collect::<String>()
        ),
    ]
}

#[test]
fn deep_and_long_texts_are_read() {
    for body in shapes(20_000) {
        read_all(&body);
        read_all(&under_a_requirement(&body));
    }
}

#[test]
#[expect(clippy::print_stderr, reason = "a long form that is left out says so")]
fn ten_megabytes_cost_seconds() {
    if std::env::var_os("KIRO_LONG").is_none() {
        eprintln!(
            "skipped: ten megabytes of every shape take a minute in a release build; set KIRO_LONG=1"
        );
        return;
    }
    const LIMIT: std::time::Duration = std::time::Duration::from_secs(15);
    for body in shapes(10_000_000) {
        let shown: String = body.chars().take(30).collect();
        let text = under_a_requirement(&body);
        for (reader, read) in [
            (
                "spec",
                &(|text: &str| drop(Spec::parse("test", text))) as &dyn Fn(&str),
            ),
            ("tasks", &|text| drop(TaskList::parse(text))),
            ("plan", &|text| drop(Plan::parse(text))),
        ] {
            for text in [&body, &text] {
                let start = std::time::Instant::now();
                read(text);
                assert!(
                    start.elapsed() < LIMIT,
                    "{reader} {shown:?}: {:?}",
                    start.elapsed()
                );
            }
        }
    }
}

proptest! {
    #[test]
    fn no_text_breaks_a_reader(text in "(\\PC|[-#*`|>\\[\\]() \n\r\t\"':=→]|```|>>> |- |\\| ?|f\\(1\\)|FR-1|: |## |raises |→ ){0,80}") {
        read_all(&text);
        read_all(&under_a_requirement(&text));
    }

    #[test]
    fn no_torn_document_breaks_a_reader(cut in any::<prop::sample::Index>(), noise in "\\PC{0,3}") {
        let whole = include_str!("../fixtures/text-toolkit.md");
        let mut at = cut.index(whole.len());
        while !whole.is_char_boundary(at) {
            at -= 1;
        }
        read_all(&whole[..at]);
        read_all(&whole[at..]);
        read_all(&format!("{}{noise}{}", &whole[..at], &whole[at..]));
    }
}
