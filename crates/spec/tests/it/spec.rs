//! Specifications.

use spec::view::SpecView;
use spec::{Check, Code, Expect, Measure, RequirementId, RequirementKind, Spec};

const AUTHENTICATION: &str = include_str!("../fixtures/user-authentication.md");
const TOOLKIT: &str = include_str!("../fixtures/text-toolkit.md");

fn codes(spec: &Spec) -> Vec<&'static str> {
    spec.diagnostics.iter().map(|it| it.code.as_str()).collect()
}

/// Requirements with their criteria, one a line.
fn outline(spec: &Spec) -> String {
    let mut out = String::new();
    for requirement in &spec.requirements {
        let kind = match requirement.kind {
            RequirementKind::Functional => "",
            RequirementKind::NonFunctional => " (non-functional)",
        };
        out += &format!("{} {}{kind}\n", requirement.id, requirement.title);
        for it in &requirement.criteria {
            let parent = it
                .parent
                .as_ref()
                .map_or(String::new(), |id| format!(" under {id}"));
            out += &format!("  {} {:?}{parent}: {}\n", it.id, it.check, it.text);
        }
        for it in &requirement.examples {
            let of = it
                .criterion
                .as_ref()
                .map_or("-".to_owned(), ToString::to_string);
            let setup: String = it.setup.iter().map(|it| format!("{it}; ")).collect();
            out += &format!(
                "  {} of {of}: {setup}{} {:?}\n",
                it.id, it.call.source, it.expect
            );
        }
    }
    for it in &spec.diagnostics {
        out += &format!("{}: {}\n", it.code, it.message);
    }
    out
}

fn check(text: &str, expected: &str) {
    assert_eq!(
        outline(&Spec::parse("test", text)).trim(),
        expected.trim(),
        "{text}"
    );
}

#[test]
fn the_seeds_spec_is_read_whole() {
    let spec = Spec::parse("user-authentication", AUTHENTICATION);
    assert_eq!(spec.title, "User Authentication System");
    assert!(
        spec.overview
            .starts_with("Implement JWT-based authentication")
    );
    let ids: Vec<_> = spec
        .requirements
        .iter()
        .map(|it| (it.id.as_str(), it.title.as_str(), it.criteria.len()))
        .collect();
    assert_eq!(
        ids,
        [
            ("FR-1", "User Registration", 6),
            ("FR-2", "User Login", 4),
            ("FR-3", "Token Refresh", 4),
            ("FR-4", "Authorization Middleware", 5),
            ("NFR-1", "Security", 5),
            ("NFR-2", "Performance", 3),
            ("NFR-3", "Reliability", 3),
        ]
    );
    assert_eq!(spec.criteria().count(), 30);
    let measured: Vec<_> = spec
        .criteria()
        .filter(|it| it.check == Check::Measured)
        .map(|it| it.id.as_str())
        .collect();
    assert_eq!(measured, ["FR-1.3", "FR-2.2"]);
    let all = || spec.criteria().chain(&spec.success).chain(&spec.testing);
    assert!(all().all(|it| it.check != Check::Compiled && !it.why.is_empty()));
    let latency = &spec.requirements[5].criteria[1];
    assert!(
        latency
            .why
            .contains("names no call or command that could be timed")
    );
    assert_eq!(spec.constraints.len(), 7);
    assert_eq!(spec.fact("language"), Some("Python 3.12"));
    assert_eq!(spec.fact("JWT Library"), Some("PyJWT 2.8+"));
    let components: Vec<_> = spec
        .components
        .iter()
        .map(|it| (it.name.as_str(), it.note.as_str()))
        .collect();
    assert_eq!(components.len(), 6);
    assert_eq!(components[0], ("Auth Router", "FastAPI router"));
    let tables: Vec<_> = spec
        .schema
        .iter()
        .map(|it| (it.name.as_str(), it.columns.len()))
        .collect();
    assert_eq!(tables, [("users", 7), ("refresh_tokens", 5)]);
    assert_eq!(
        spec.schema[1].columns[1].definition,
        "UUID REFERENCES users(id) ON DELETE CASCADE"
    );
    let cases: Vec<_> = spec
        .testing
        .iter()
        .filter(|it| it.group.as_deref() == Some("Test cases"))
        .collect();
    assert_eq!((cases.len(), spec.testing.len()), (9, 11));
    assert_eq!(
        (cases[4].id.as_str(), cases[4].text.as_str()),
        ("T-7", "Failed login (wrong password)")
    );
    let packages: Vec<_> = spec
        .dependencies
        .iter()
        .map(|it| (it.name.as_str(), it.version.as_deref().unwrap_or("-")))
        .collect();
    assert_eq!(packages.len(), 8);
    assert_eq!(
        (packages[4], packages[7]),
        (("psycopg2-binary", "2.9.9"), ("boto3", "1.34.51"))
    );
    assert_eq!(spec.success.len(), 5);
    assert_eq!(
        (spec.success[0].check, spec.success[0].measure.clone()),
        (Check::Measured, Some(Measure::AllTests))
    );
    let success: Vec<_> = spec.success.iter().map(|it| it.check).collect();
    let (measured, manual) = (Check::Measured, Check::Manual);
    assert_eq!(success, [measured, measured, measured, manual, manual]);
    assert_eq!(spec.success[2].measure, Some(Measure::Security));
    let shown = |it: &spec::Criterion| matches!(&it.measure, Some(Measure::Test(name)) if name.is_in(&it.text));
    assert!(cases.iter().all(|it| shown(it)));
    assert_eq!(codes(&spec), [""; 0]);
}

#[test]
fn spans_hold_what_they_are_of() {
    for text in [AUTHENTICATION, TOOLKIT] {
        let spec = Spec::parse("test", text);
        for requirement in &spec.requirements {
            assert!(
                text[requirement.span.clone()].contains(&requirement.title),
                "{}",
                requirement.id
            );
            for it in &requirement.criteria {
                assert!(
                    text[it.span.clone()].starts_with(['-', '1', '*'])
                        && requirement.span.start <= it.span.start
                        && it.span.end <= requirement.span.end
                );
            }
            for it in requirement.examples.iter().filter(|it| {
                it.call.source.contains('"')
                    && !it.call.source.contains("Hello")
                    && !it.call.source.contains('→')
            }) {
                assert!(text[it.span.clone()].contains(&it.call.source), "{}", it.id);
            }
        }
        assert!(spec.sections.iter().all(
            |it| text[it.heading.clone()].starts_with('#') && it.span.start == it.heading.start
        ));
        assert_eq!(spec.sections[0].span.end, text.len());
    }
}

#[test]
fn the_text_toolkits_examples_are_found_in_every_form() {
    let spec = Spec::parse("text-toolkit", TOOLKIT);
    insta::assert_snapshot!(outline(&spec), @r##"
    FR-1 Slugs
      FR-1.1 Compiled: Letters become lower case
      FR-1.2 Compiled under FR-1.1: `slugify("ABC")` → `"abc"`
      FR-1.3 Compiled: Runs of white space become one dash: `slugify("a \t b")` returns `"a-b"`
      FR-1.4 Compiled: `slugify("")` → `""`
      FR-1.5 Manual: Accents are dropped
      FR-1.6 Compiled: `slugify(None)` raises `TypeError`
      FR-1.e1 of FR-1.2: slugify("ABC") Value("\"abc\"")
      FR-1.e2 of FR-1.3: slugify("a \t b") Value("\"a-b\"")
      FR-1.e3 of FR-1.4: slugify("") Value("\"\"")
      FR-1.e4 of FR-1.6: slugify(None) Raises("TypeError")
      FR-1.e5 of -: slugify("Hello, World") Value("\"hello-world\"")
      FR-1.e6 of -: slugify("a → b") Value("\"a-b\"")
      FR-1.e7 of -: slugify(42) Raises("TypeError")
      FR-1.e8 of -: slugify("Über uns") Value("\"uber-uns\"")
    FR-2 Word counts
      FR-2.1 Compiled: Words are counted without regard to case:
      FR-2.2 Compiled: At most `limit` words are given
      FR-2.e1 of FR-2.1: word_counts("a A b") Value("{'a': 2, 'b': 1}")
      FR-2.e2 of FR-2.1: word_counts(3) Raises("TypeError")
      FR-2.e3 of FR-2.2: word_counts("a b c", limit=1) Value("{\"a\": 1}")
      FR-2.e4 of FR-2.2: word_counts("", limit=0) Value("{}")
    FR-3 Stacks
      FR-3.1 Compiled: Stacks
      FR-3.e1 of FR-3.1: s = Stack(); s.push("x"); s.pop() Value("'x'")
    NFR-1 Quality (non-functional)
      NFR-1.1 Measured: `python3 -m unittest` passes
      NFR-1.2 Manual: Functions are pure
    unattached-example: No requirement names `truncate`, so this example is not run; name the function in the requirement that it shows.
    "##);
    let slugs = spec
        .requirement(&RequirementId::from("FR-1"))
        .expect("FR-1");
    assert_eq!(slugs.paths, ["text_toolkit/slug.py"]);
    assert_eq!(
        slugs.text,
        "`slugify(text: str) -> str` in `text_toolkit/slug.py` turns a title into a part of a URL."
    );
    let function = slugs.function("slugify").expect("slugify");
    assert_eq!(
        (function.signature.as_deref(), function.parameters()),
        (Some("slugify(text: str) -> str"), vec!["text"])
    );
    assert_eq!(slugs.functions.len(), 1);
    assert_eq!(spec.requirements[2].functions[0].name, "Stack.pop");
    assert_eq!(spec.components[0].paths, ["text_toolkit/slug.py"]);
    assert_eq!(
        spec.components[1].paths,
        ["text_toolkit/counts.py", "tests/test_counts.py"]
    );
    assert_eq!(
        (
            spec.components[1].name.as_str(),
            spec.components[1].note.as_str()
        ),
        ("Counts", "word counts in text_toolkit/counts.py")
    );
    assert_eq!(
        (spec.fact("language"), spec.constraints[1].value.as_str()),
        (Some("Python 3.12"), "Standard library only")
    );
    assert!(spec.dependencies.is_empty());
    let success: Vec<_> = spec
        .success
        .iter()
        .map(|it| (it.id.as_str(), it.measure.clone()))
        .collect();
    assert_eq!(
        success,
        [
            ("SC-1", Some(Measure::AllTests)),
            ("SC-2", Some(Measure::Examples)),
            ("SC-3", None)
        ]
    );
    assert_eq!(
        spec.requirements[3].criteria[0].measure,
        Some(Measure::Command {
            line: "python3 -m unittest".to_owned(),
            exit: 0
        })
    );
}

#[test]
fn requirements_are_found_in_all_their_forms() {
    let expected = "FR-1 Slugs\n  FR-1.1 Manual: one\n  FR-1.2 Manual: two\nFR-2 Counts\n  FR-2.1 Manual: three";
    let tail = "\n## Success Criteria\n- All tests pass\n";
    for text in [
        "## Functional Requirements\n### FR-1: Slugs\n- one\n- two\n### FR-2: Counts\n- three\n",
        "# Functional Requirements\n## FR-1 Slugs\n* one\n* two\n## FR-2 Counts\n1. three\n",
        "### 2. FUNCTIONAL REQUIREMENTS:\n#### 2.1 FR-1: Slugs\n- one\n- two\n#### 2.2 FR-2: Counts\n- three\n",
        "## Functional Requirements\n**FR-1**: Slugs\n- one\n- two\n\n**FR-2: Counts**\n- three\n",
        "## Requirements\n- FR-1: Slugs\n  - one\n  - two\n- **FR-2**: Counts\n  1. three\n",
        "## Requirements\n### Text\n#### FR-1: Slugs\n- one\n- two\n### Numbers\n#### FR-2: Counts\n- three\n",
        "## FR-1: Slugs\n### Rules\n- one\n### Examples\n- two\n## fr-2 — Counts\n- three\n",
        "Title\n===\n\nFunctional Requirements\n---\n### FR1. Slugs\n- FR-1.1: one\n- [ ] two\n### FR-2: Counts\n- three\n",
        "## Functional Requirements\r\n### FR-1: Slugs\r\n- one\r\n- two\r\n### FR-2: Counts\r\n- three\r\n",
        "\u{feff}## Functional Requirements\n<!-- ### FR-9: no -->\n### FR-1: Slugs\n```\n### FR-8: no\n- no\n```\n- one\n- two\n### FR-2: Counts\n- three\n",
        "## Functional Requirements\n### FR-1: Slugs\n- one\n- two\n### FR-2: Counts\n- three\n## Testing\n- FR-1: a test\n### FR-2 tests\n- x\n## Traceability\n- FR-1: here\n",
    ] {
        check(&format!("{text}{tail}"), expected);
    }
}

#[test]
fn numbers_name_requirements_too() {
    check(
        "## Requirements\n### Requirement 1: Slugs\n- one\n### Requirement 2\n- two\n## Success Criteria\n- All tests pass\n",
        "1 Slugs\n  1.1 Manual: one\n2 \n  2.1 Manual: two",
    );
    check(
        "## 3. Requirements\n### 3.1 Slugs\n- one\n## Success Criteria\n- x\n",
        "3.1 Slugs\n  3.1.1 Manual: one",
    );
}

#[test]
fn requirements_without_ids_are_given_some() {
    check(
        "## Requirements\n### Slugs\n- one\n### Counts\n- two\n## Non-Functional Requirements\n- Fast\n- Small\n  - below 1 MB\n## Success Criteria\n- x\n",
        "FR-1 Slugs
  FR-1.1 Manual: one
FR-2 Counts
  FR-2.1 Manual: two
NFR-1 Fast (non-functional)
  NFR-1.1 Manual: Fast
NFR-2 Small (non-functional)
  NFR-2.1 Measured: below 1 MB
missing-id: This requirement has no id; it is called FR-1 by its order. Write the id down, so that moving it does not rename it.
missing-id: This requirement has no id; it is called FR-2 by its order. Write the id down, so that moving it does not rename it.
missing-id: This requirement has no id; it is called NFR-1 by its order. Write the id down, so that moving it does not rename it.
missing-id: This requirement has no id; it is called NFR-2 by its order. Write the id down, so that moving it does not rename it.",
    );
}

#[test]
fn what_is_missing_or_double_is_told() {
    assert_eq!(codes(&Spec::parse("a", " \n\n")), ["empty-spec"]);
    assert_eq!(codes(&Spec::parse("a", "\u{feff}")), ["empty-spec"]);
    assert_eq!(
        codes(&Spec::parse("a", "# A\ntext\n")),
        ["no-requirement", "no-success-criteria"]
    );
    check(
        "## Requirements\n### FR-1: A\nprose\n### FR-1: B\n- FR-1#2.1\n- FR-1.2: x\n## Success Criteria\n- x",
        "FR-1 A
FR-1#2 B
  FR-1#2.1 Manual: FR-1#2.1
  FR-1#2.2 Manual: FR-1.2: x
no-criterion: Requirement FR-1 has no criterion; add bullets that say what must hold, or examples.
duplicate-id: The id FR-1 is used 2 times; this requirement is called FR-1#2 until it has an id of its own.",
    );
    check(
        "## FR-1: A\n- FR-1.2: x\n- y\n## Success Criteria\n- x",
        "FR-1 A
  FR-1.2 Manual: x
  FR-1.2#2 Manual: y
duplicate-id: The id FR-1.2 is taken by a criterion above; this one is called FR-1.2#2 until it has an id of its own.",
    );
    check(
        "## FR-1: A\n`f(1) → two`\n\n## Examples\ng(1) → 2\n## Success Criteria\n- x",
        "FR-1 A
no-criterion: Requirement FR-1 has no criterion; add bullets that say what must hold, or examples.
unclear-example: This looks like an example, but what it must give is no literal value; write it as in `f(1)` → `\"a\"`, or reword it.
unattached-example: No requirement names `g`, so this example is not run; name the function in the requirement that it shows.",
    );
}

#[test]
fn examples_alone_are_one_criterion() {
    check(
        "## FR-1: Sums\n`add(1, 2)` → `3`\n\n## FR-2: Both\n## Examples\n### FR-2\n| Call | Result |\n|-|-|\n| sub(3, 2) | 1 |\n### Others\nadd(2, 2) == 4\n## Success Criteria\n- x",
        "FR-1 Sums
  FR-1.1 Compiled: Sums
  FR-1.e1 of FR-1.1: add(1, 2) Value(\"3\")
  FR-1.e2 of FR-1.1: add(2, 2) Value(\"4\")
FR-2 Both
  FR-2.1 Compiled: Both
  FR-2.e1 of FR-2.1: sub(3, 2) Value(\"1\")",
    );
}

#[test]
fn fingerprints_follow_meaning_not_spacing() {
    let prints = |text: &str| {
        Spec::parse("a", text)
            .requirements
            .iter()
            .map(|it| it.fingerprint.clone())
            .collect::<Vec<_>>()
    };
    let base = "## FR-1: A\n- `f(\"a b\")` → `1`\n\n## FR-2: B\n- x\n## Examples\nf(2) → 3\n";
    let spaced = base.replace("- ", "-  ").replace("\n\n", "\r\n\r\n\r\n");
    assert_eq!(prints(base), prints(&spaced));
    assert_eq!(prints(base)[0].len(), 16);
    for (from, to) in [
        ("a b", "a  b"),
        ("`1`", "`2`"),
        ("f(2) → 3", "f(2) → 4"),
        ("FR-1: A", "FR-1: C"),
    ] {
        let (old, new) = (prints(base), prints(&base.replace(from, to)));
        assert!(old[0] != new[0] && old[1] == new[1], "{from}");
    }
    assert_ne!(
        Spec::parse("a", base).fingerprint,
        Spec::parse("a", &base.replace('x', "y")).fingerprint
    );
    assert_eq!(
        Spec::parse("a", base).fingerprint,
        Spec::parse("a", &spaced).fingerprint
    );
}

#[test]
fn output_is_expected_where_it_is_printed() {
    let spec = Spec::parse("a", "## FR-1: A\n- `greet(\"you\")` prints `Hello, you`\n");
    assert_eq!(
        spec.examples()
            .map(|it| it.expect.clone())
            .collect::<Vec<_>>(),
        [Expect::Output("Hello, you".to_owned())]
    );
    assert_eq!(spec.diagnostics[0].code, Code::NoSuccessCriteria);
}

/// JSON with its keys in alphabetical order, whatever order this build of the library keeps.
fn sorted(value: &serde_json::Value) -> String {
    fn keys(value: &serde_json::Value) -> serde_json::Value {
        match value {
            serde_json::Value::Array(all) => all.iter().map(keys).collect(),
            serde_json::Value::Object(fields) => {
                let mut fields: Vec<_> = fields.iter().collect();
                fields.sort_by_key(|it| it.0);
                let fields = fields.into_iter().map(|(key, it)| (key.clone(), keys(it)));
                serde_json::Value::Object(fields.collect())
            }
            other => other.clone(),
        }
    }
    serde_json::to_string_pretty(&keys(value)).expect("serialisable")
}

#[test]
fn the_json_is_the_contracts() {
    let text = "# T\n\n## FR-1: A\n- `f(1)` → `2`\n\n## Success Criteria\n- All tests pass\n";
    let json =
        serde_json::to_value(SpecView::new(&Spec::parse("t", text), text)).expect("serialisable");
    insta::assert_snapshot!(sorted(&json["requirements"]), @r##"
    [
      {
        "criteria": [
          {
            "check": "compiled",
            "examples": [
              "FR-1.e1"
            ],
            "fingerprint": "9e0a678b342fd0bd",
            "group": null,
            "id": "FR-1.1",
            "measure": null,
            "parent": null,
            "span": {
              "end": 32,
              "line": 4,
              "start": 16
            },
            "text": "`f(1)` → `2`",
            "why": "Kiro runs its example FR-1.e1."
          }
        ],
        "examples": [
          {
            "call": {
              "function": "f",
              "source": "f(1)"
            },
            "criterion": "FR-1.1",
            "expect": {
              "kind": "value",
              "text": "2"
            },
            "id": "FR-1.e1",
            "requirement": "FR-1",
            "setup": [],
            "span": {
              "end": 32,
              "line": 4,
              "start": 18
            }
          }
        ],
        "fingerprint": "7b3577b23267f9e6",
        "functions": [
          {
            "name": "f",
            "signature": null,
            "span": {
              "end": 32,
              "line": 4,
              "start": 18
            }
          }
        ],
        "id": "FR-1",
        "kind": "functional",
        "paths": [],
        "span": {
          "end": 32,
          "line": 3,
          "start": 5
        },
        "text": "",
        "title": "A"
      }
    ]
    "##);
    let mut keys: Vec<_> = json
        .as_object()
        .expect("an object")
        .keys()
        .map(String::as_str)
        .collect();
    keys.sort_unstable();
    assert_eq!(
        keys,
        [
            "components",
            "constraints",
            "dependencies",
            "diagnostics",
            "fingerprint",
            "name",
            "overview",
            "requirements",
            "schema",
            "sections",
            "success",
            "testing",
            "title"
        ]
    );
    assert_eq!(json["success"][0]["measure"]["kind"], "all-tests");
    assert_eq!(json["success"][0]["check"], "measured");
}

#[test]
fn scenarios_and_statements_in_ears_are_executable() {
    check(
        "### FR-1: Total
`total(prices: list) -> int` in `cart.py`.
#### Scenario: two things
- **GIVEN** a cart
- **WHEN** `total([1, 2])` is called
- **THEN** it gives `3`
#### Scenario: words
- Given an empty cart
- When the user looks
- Then a hint is shown
- And nothing else

```gherkin
Feature: Totals
  Scenario: negative
    Given a price
    When total([-1]) is called
    Then it raises ValueError
```
- WHEN `total([2])` is called, THE system SHALL return `2`.
- WHEN a user fails 5 times, THE Login SHALL wait.
- At most 5 attempts
- Plain words
## Success Criteria
- x",
        "FR-1 Total
  FR-1.1 Compiled: two things: GIVEN a cart; WHEN `total([1, 2])` is called; THEN it gives `3`
  FR-1.2 Measured: words: Given an empty cart; When the user looks; Then a hint is shown; And nothing else
  FR-1.3 Compiled: negative: Given a price; When total([-1]) is called; Then it raises ValueError
  FR-1.4 Compiled: WHEN `total([2])` is called, THE system SHALL return `2`.
  FR-1.5 Measured: WHEN a user fails 5 times, THE Login SHALL wait.
  FR-1.6 Measured: At most 5 attempts
  FR-1.7 Manual: Plain words
  FR-1.e1 of FR-1.1: total([1, 2]) Value(\"3\")
  FR-1.e2 of FR-1.3: total([-1]) Raises(\"ValueError\")
  FR-1.e3 of FR-1.4: total([2]) Value(\"2\")",
    );
}

/// Found by fuzzing: formatting writes the box in small letters, and the criterion was the box.
#[test]
fn a_box_with_nothing_after_it_is_no_criterion() {
    let text =
        "### FR-1: A\n\n- [X] \n- [ ]\n- [x] b\n- [y] c\n\n## Success Criteria\n\n- [X] \n- d\n";
    let expected = "FR-1 A\n  FR-1.1 Manual: b\n  FR-1.2 Manual: [y] c";
    check(text, expected);
    let even = spec::format(text);
    check(&even, expected);
    assert_eq!(
        Spec::parse("x", &even).fingerprint,
        Spec::parse("x", text).fingerprint
    );
}

/// Found by fuzzing: formatting took the space at the end of its first line, and the requirement had changed.
#[test]
fn a_signature_over_two_lines_is_one() {
    for ending in ["\n", "\r", "\r\n"] {
        let text = format!("### FR-1: A\n\n`f(a: str) -> {ending}  str` does it.\n\n- b\n");
        for text in [spec::format(&text), text] {
            let spec = Spec::parse("x", &text);
            let function = &spec.requirements[0].functions[0];
            assert_eq!(function.signature.as_deref(), Some("f(a: str) -> str"));
        }
    }
}

/// Found by fuzzing: a bullet that formatting gave a dash became the second line of a table.
#[test]
fn a_bullet_is_no_line_of_a_table() {
    for bullet in ["* --|---|", "* |---|", "- --|---|", "- |---|"] {
        let text = format!("### FR-1: A\n\n- b\n\n| Call | Result |\n{bullet}\n| `f(1)` | `2` |\n");
        let spec = Spec::parse("x", &text);
        assert_eq!(spec.examples().count(), 0, "{text}");
    }
    for line in ["|---|:--:|", "--|--", " :- | -: ", "|-|-|"] {
        let text = format!("### FR-1: A\n\n- b\n\n| Call | Result |\n{line}\n| `f(1)` | `2` |\n");
        assert_eq!(Spec::parse("x", &text).examples().count(), 1, "{text}");
    }
}

#[test]
fn a_scenario_on_one_line_is_one_criterion() {
    check(
        "### User Story 1 - Slugs (Priority: P1)

**Acceptance Scenarios**:

1. **Given** an empty list, **When** `slugify(\"A\")` is called, **Then** it gives `\"a\"`
2. **Given** a signed-in user, **When** they look, **Then** a hint is shown, **And** nothing else.
3. Given a page, When `slugify(\"a, Then\")` is called, Then it gives `\"x\"`
4. **When** nobody looks
5. The word Then alone, and Given
6. WHEN a user fails, THEN the system SHALL wait.
## Success Criteria
- x",
        "US-1 Slugs (Priority: P1)
  US-1.1 Compiled: Given an empty list, When `slugify(\"A\")` is called, Then it gives `\"a\"`
  US-1.2 Measured: Given a signed-in user, When they look, Then a hint is shown, And nothing else.
  US-1.3 Compiled: Given a page, When `slugify(\"a, Then\")` is called, Then it gives `\"x\"`
  US-1.4 Manual: **When** nobody looks
  US-1.5 Manual: The word Then alone, and Given
  US-1.6 Measured: WHEN a user fails, THEN the system SHALL wait.
  US-1.e1 of US-1.1: slugify(\"A\") Value(\"\\\"a\\\"\")
  US-1.e2 of US-1.3: slugify(\"a, Then\") Value(\"\\\"x\\\"\")",
    );
}

#[test]
fn what_goes_wrong_today_is_no_example_of_what_is_right() {
    check(
        "# Bugfix
### Current Behavior (Defect)
1.1 WHEN `f(1)` is called THEN the system returns `1`

1.2 WHEN `f(1)` → `1` THEN it is wrong

### Expected Behavior (Correct)
2.1 WHEN `f(1)` is called THEN the system SHALL return `2`
### Unchanged Behavior (Regression Prevention)
3.1 WHEN `f(3)` is called THEN the system SHALL CONTINUE TO return `3`",
        "1 Current Behavior
  1.1 Manual: WHEN `f(1)` is called THEN the system returns `1`
  1.2 Manual: WHEN `f(1)` → `1` THEN it is wrong
2 Expected Behavior
  2.1 Compiled: WHEN `f(1)` is called THEN the system SHALL return `2`
  2.e1 of 2.1: f(1) Value(\"2\")
3 Unchanged Behavior
  3.1 Compiled: WHEN `f(3)` is called THEN the system SHALL CONTINUE TO return `3`
  3.e1 of 3.1: f(3) Value(\"3\")",
    );
}

/// Found by fuzzing: formatting took the space before a line end within a call, and the requirement had changed.
#[test]
fn a_call_over_two_lines_is_the_same_after_formatting() {
    for ending in ["\n", "\r", "\r\n"] {
        let text = format!(
            "### FR-1: F\n\n- X\n  - `f([1, {ending}  2], {ending}3)` → `[1, {ending}2]`\n"
        );
        let spec = Spec::parse("s", &text);
        assert_eq!(spec.examples().count(), 1, "{text:?}");
        let again = Spec::parse("s", &spec::format(&text));
        assert_eq!(spec::compare(&spec, &again), [], "{text:?}");
        assert_eq!(
            spec.requirements[0].fingerprint,
            again.requirements[0].fingerprint
        );
    }
}
