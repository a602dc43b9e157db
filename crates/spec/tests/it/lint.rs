//! Remarks on specs and task lists.

use proptest::prelude::*;
use spec::{Code, Diagnostic, Spec, TaskList, fixed, format, lint_spec, lint_tasks};

fn show(text: &str, found: &[Diagnostic]) -> String {
    let line = |it: &Diagnostic| {
        format!(
            "{} {:?}: {}",
            it.code,
            text.get(it.span.clone()).unwrap_or("?"),
            it.message
        )
    };
    found.iter().map(line).collect::<Vec<_>>().join("\n")
}

fn codes(text: &str) -> Vec<&'static str> {
    lint_spec(&Spec::parse("t", text), text)
        .iter()
        .map(|it| it.code.as_str())
        .collect()
}

/// A requirement with one criterion, in a spec where nothing else is wrong.
fn with_criterion(section: &str, criterion: &str) -> String {
    format!(
        "# T\n\n## {section}\n\n### {}-1: A\n- {criterion}\n\n## Testing Requirements\n- Unit tests pass\n\n## Success Criteria\n- All tests pass\n",
        if section.starts_with("Non") {
            "NFR"
        } else {
            "FR"
        }
    )
}

#[test]
fn every_code_is_found_where_it_stands() {
    for (criterion, expected) in [
        ("Answers quickly", vec!["vague-word"]),
        ("Answers within 200 ms, as `fast` says", vec![]),
        ("Lists the entries as TBD", vec!["placeholder"]),
        ("Keeps {{count}} entries", vec!["placeholder"]),
        ("`{{name}}` becomes `TODO` of {{whom}}", vec!["placeholder"]),
        ("`{{name}}` becomes what `TODO` says", vec![]),
        ("WHEN an entry is added", vec!["ears-shape"]),
        ("WHEN an entry is added, SHALL keep it", vec!["ears-shape"]),
        (
            "WHEN an entry is added, THE Ledger SHALL",
            vec!["ears-shape"],
        ),
        (
            "WHEN an entry is added, the ledger shall keep it",
            vec!["ears-shape"],
        ),
        ("WHEN an entry is added, THE Ledger SHALL keep it", vec![]),
        ("IF 金额缺失，THEN THE Ledger SHALL 拒绝", vec![]),
        ("Accepts an entry", vec!["no-error-case"]),
        ("Accepts an entry and refuses an empty one", vec![]),
        ("Keeps it\n- Keeps it", vec!["repeated-criterion"]),
    ] {
        assert_eq!(
            codes(&with_criterion("Functional Requirements", criterion)),
            expected,
            "{criterion}"
        );
    }
    let quality = |it: &str| codes(&with_criterion("Non-Functional Requirements", it));
    assert_eq!(quality("Good performance of the list"), ["unmeasurable"]);
    assert_eq!(quality("Performance: p95 < 200 ms"), [""; 0]);
}

#[test]
fn versions_that_exclude_each_other_are_told() {
    let text = with_criterion("Functional Requirements", "Keeps it")
        + "\n## Technical Constraints\n- Framework: FastAPI 0.110+\n\n## Dependencies\n- fastapi==0.99.0\n- click==8.1\n- click==8.2\n";
    insta::assert_snapshot!(show(&text, &lint_spec(&Spec::parse("t", &text), &text)), @r#"
    conflicting-versions "- fastapi==0.99.0": fastapi is wanted as 0.99.0, but the technical constraints say fastapi 0.110+; make them agree.
    conflicting-versions "- click==8.2": click is wanted as 8.1 and as 8.2; keep one of them.
    "#);
}

const REQUIREMENTS: &str = "# Requirements\n\n## Requirements\n\n### Requirement 1: A\n\n1. THE X SHALL a.\n2. THE X SHALL b.\n\n### Requirement 2: B\n\n1. THE X SHALL c.\n";

#[test]
fn tasks_are_held_against_their_spec() {
    let text = "- [x] 1. One\n  - [ ] 1.1 First\n    - _Requirements: 1.1, 7.2_\n  - [ ]* 1.2 Second\n- [ ] 2. Two\n  - _Requirements: 2_\n  - _Depends: 3_\n  - Files: `a.py`\n- [ ] 3. Three\n  - _Depends: 2_\n  - Files: `a.py`\n- [ ] 4. Checkpoint\n\n```json\n{\"waves\": [{\"id\": 0, \"tasks\": [\"2\", \"3\", \"9\"]}]}\n```\n";
    let list = TaskList::parse(text);
    let spec = Spec::parse("t", REQUIREMENTS);
    insta::assert_snapshot!(show("", &lint_tasks(&list, text, Some(&spec))).replace("\"?\"", "-"), @r#"
    ticked-too-early -: Task 1 is ticked, but 1.1 below it is open; finish 1.1, or untick 1.
    unknown-reference -: Task 1.1 cites 7.2, which is not in the spec; correct the id or remove it.
    idle-task -: Task 1.2 cites no requirement; add "_Requirements: …_" under it, or remove it.
    dependency-cycle -: Tasks wait for each other in a circle: 2 → 3 → 2; remove one of these dependencies.
    idle-task -: Task 3 cites no requirement; add "_Requirements: …_" under it, or remove it.
    unknown-in-wave -: Wave 0 names task 9, which is not in the list; correct the number or remove it.
    wave-overlap -: Tasks 2 and 3 of wave 0 both write a.py; put one of them in a later wave.
    uncovered-criterion -: No task cites 1.2 (A); name it under the task that carries it out.
    "#);
    let all = "- [ ] 1. One\n  - _Requirements: All_\n";
    assert_eq!(lint_tasks(&TaskList::parse(all), all, Some(&spec)), []);
}

#[test]
fn what_is_mechanical_is_mended_and_nothing_else() {
    let text = with_criterion(
        "Functional Requirements",
        "WHEN an entry is added, the ledger shall keep it",
    );
    let found = lint_spec(&Spec::parse("t", &text), &text);
    let (mended, count) = fixed(&text, &found);
    assert_eq!(
        (mended.as_str(), count),
        (text.replace("shall", "SHALL").as_str(), 1)
    );
    assert_eq!(codes(&mended), [""; 0]);
    let unnamed = "# T\n\n## Functional Requirements\n\n### Slugs\n- a\n\n### Words\n- b\n\n## Testing\n- x\n\n## Success Criteria\n- All tests pass\n";
    let found = lint_spec(&Spec::parse("t", unnamed), unnamed);
    assert_eq!(
        fixed(unnamed, &found).0,
        unnamed
            .replace("### Slugs", "### FR-1: Slugs")
            .replace("### Words", "### FR-2: Words")
    );
}

#[test]
fn codes_are_stable_and_reasoned() {
    let mut codes: Vec<_> = Code::ALL.iter().map(|it| it.as_str()).collect();
    codes.sort_unstable();
    codes.dedup();
    assert_eq!(codes.len(), Code::ALL.len());
    assert!(Code::ALL.iter().all(|it| it.why().ends_with('.')));
}

fn documents() -> impl Strategy<Value = String> {
    let line = "(#{1,4} (FR-1: |Requirements|Functional Requirements)?[a-z]{0,3}|[ ]{0,4}[-*+] (\\[[ xX]\\] )?[a-zé ]{0,6}[ ]{0,3}|```|~~~|[0-9]\\. WHEN a shall b|[a-z ]{0,8}|---|\\| a \\|)";
    let ending = prop_oneof![Just("\n"), Just("\r\n"), Just("\n\n\n")];
    proptest::collection::vec((line, ending), 0..20).prop_map(|lines| {
        lines
            .into_iter()
            .map(|(line, ending)| line + ending)
            .collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn formatting_keeps_what_is_said(text in documents()) {
        let even = format(&text);
        prop_assert_eq!(&format(&even), &even);
        let shape = |text: &str| TaskList::parse(text).all().map(|it| (it.id.clone(), it.mark, it.title.clone())).collect::<Vec<_>>();
        prop_assert_eq!(shape(&even), shape(&text));
        let said = |text: &str| {
            let spec = Spec::parse("t", text);
            spec.criteria().map(|it| (it.id.clone(), it.text.to_lowercase())).collect::<Vec<_>>()
        };
        prop_assert_eq!(said(&even), said(&text));
        let prints = |text: &str| {
            let spec = Spec::parse("t", text);
            let own = spec.requirements.iter().map(|it| it.fingerprint.clone());
            own.chain([spec.fingerprint.clone()]).collect::<Vec<_>>()
        };
        // A fence that front matter opens is none to formatting, and one to fingerprints.
        if !text.starts_with("---") {
            prop_assert_eq!(prints(&even), prints(&text), "finished work would be stale");
        }
    }

    #[test]
    fn linting_and_mending_never_break(text in documents()) {
        let found = lint_spec(&Spec::parse("t", &text), &text);
        prop_assert!(found.iter().all(|it| text.get(it.span.clone()).is_some()));
        fixed(&text, &found);
        let list = TaskList::parse(&text);
        prop_assert!(lint_tasks(&list, &text, None).iter().all(|it| text.get(it.span.clone()).is_some()));
    }
}
