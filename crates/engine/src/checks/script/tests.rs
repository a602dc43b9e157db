//! Examples in, test files for node out.

use super::*;
use crate::checks::{self, CheckFile, Place, Runner};
use spec::Spec;

const SPEC: &str = "\
# Prices

## Functional Requirements

### FR-1: Totals

`total(items)` in `shop/total.js` and `parse(text)` in `shop/parse.js`.

- Add the prices.
  - `total([1, 2])` → `3`
  - `total([0.1, 0.2])` → `0.3`
  - `total(null)` → `None`
  - `total(parse(\"1,2\"))` → `{sum: 3, note: \"None\"}`
- Words are refused.
  - `total(\"x\")` throws `TypeError`
  - `total(True)` raises `Error`
- It can talk.
  - `total([])` prints `nothing`
";

fn compiled(signature: Option<&str>) -> CheckFile {
    let spec = Spec::parse("prices", SPEC);
    let subject = |function: &str, file: &str| Subject {
        function: function.into(),
        file: file.into(),
        signature: signature.map(str::to_owned),
        programs: Vec::new(),
    };
    let subjects = [
        subject("total", "shop/total.js"),
        subject("parse", "shop/parse.js"),
    ];
    let place = Place {
        path: "tests/fr_1_totals.test.mjs".into(),
        runner: Runner::Node,
        package: String::new(),
    };
    let examples: Vec<&Example> = spec.requirements[0].examples.iter().collect();
    checks::compile(&place, "FR-1: Totals", &examples, &subjects, &|_| None)
}

#[test]
fn examples_become_a_file_of_tests() {
    let text = compiled(None).text;
    let without_helpers = [NEAR, FAILS, PRINTED]
        .iter()
        .fold(text.clone(), |text, helper| text.replace(helper, ""));
    assert_ne!(text, without_helpers);
    assert_eq!(code::syntax_error(code::Language::JavaScript, &text), None);
    insta::assert_snapshot!(without_helpers, @r#"
    // Examples of FR-1: Totals.
    //
    // Written by Kiro from the specification: change them there.

    import assert from "node:assert/strict";
    import { test } from "node:test";
    import { inspect } from "node:util";

    import { parse } from "../shop/parse.js";
    import { total } from "../shop/total.js";

    test("FR-1.e1", () => {
      assert.deepStrictEqual(total([1, 2]), 3);
    });

    test("FR-1.e2", () => {
      assertNear(total([0.1, 0.2]), 0.3);
    });

    test("FR-1.e3", () => {
      assert.deepStrictEqual(total(null), null);
    });

    test("FR-1.e4", () => {
      assert.deepStrictEqual(total(parse("1,2")), {sum: 3, note: "None"});
    });

    test("FR-1.e5", async () => {
      await assertFails(() => total("x"), "TypeError");
    });

    test("FR-1.e6", async () => {
      await assertFails(() => total(true), "Error");
    });

    test("FR-1.e7", () => {
      assert.equal(printedBy(() => total([])), "nothing");
    });
    "#);
}

#[test]
fn promises_are_waited_for_only_where_the_signature_says_so() {
    let text = compiled(Some("total(items: number[]): Promise<number>")).text;
    assert!(text.contains("assert.deepStrictEqual(await total([1, 2]), 3);"));
    assert!(text.contains("assertNear(await total([0.1, 0.2]), 0.3);"));
    assert!(!compiled(None).text.contains("await total"));
}

#[test]
fn constants_are_translated_outside_strings_only() {
    for (from, to) in [
        ("f(None, 'None', True)", "f(null, 'None', true)"),
        (
            "[False, \"a \\\" True\", Nonesuch]",
            "[false, \"a \\\" True\", Nonesuch]",
        ),
        ("Color.None", "Color.None"),
        ("undefined", "undefined"),
    ] {
        assert_eq!(translated(from), to);
    }
}

#[test]
fn setups_declare_their_names_once() {
    let lines = [
        "s = new Stack()",
        "s.push(1)",
        "s = s.copy();",
        "const n = 1",
    ];
    let lines = lines.map(str::to_owned);
    assert_eq!(
        setup(&lines),
        [
            "let s = new Stack();",
            "s.push(1);",
            "s = s.copy();",
            "const n = 1;"
        ]
    );
}

#[test]
fn paths_are_relative_to_the_importing_file() {
    for (from, file, expected) in [
        ("tests/a.test.mjs", "todo.mjs", "../todo.mjs"),
        ("tests/kiro_trial/a.test.mjs", "src/a.js", "../../src/a.js"),
        ("src/a.js", "src/b.js", "./b.js"),
        ("a.js", "lib/b.js", "./lib/b.js"),
        ("src/x/a.js", "src/y/b.js", "../y/b.js"),
    ] {
        assert_eq!(relative(from, file), expected);
    }
}

#[test]
fn literals_survive_any_text() {
    assert_eq!(
        literal("a\"\\\n\u{7}é\u{2028}"),
        "\"a\\\"\\\\\\n\\u0007é\\u2028\""
    );
}

#[test]
fn tuples_are_arrays() {
    for (from, to) in [
        ("(1, 2)", "[1, 2]"),
        ("1, \"a, b\"", "[1, \"a, b\"]"),
        ("(1 + 2)", "(1 + 2)"),
        ("(1, 2), (3, 4)", "[(1, 2), (3, 4)]"),
        ("f(1, 2)", "f(1, 2)"),
        ("\"a, b\"", "\"a, b\""),
    ] {
        assert_eq!(as_array(from.to_owned()), to);
    }
}
