//! Specs in, work out.

use super::*;

const SPEC: &str = "\
# Toolkit

## Functional Requirements

### FR-1: Slugs

`slugify(text: str) -> str` makes an address.

- Convert to lower case
  - `slugify(\"A\")` → `\"a\"`

### FR-2: Lengths

`length(text: str) -> int` in `toolkit/length.py`.

- Count the characters
  - `length(\"ab\")` → `2`

### FR-3: Taste

- It looks nice

## Non-Functional Requirements

### NFR-1: Purity
- Print nothing

## Architecture

### Components
1. Slugs: `slugify` in `toolkit/slug.py`
2. Package: `toolkit/__init__.py`

```sql
CREATE TABLE users (
    id UUID PRIMARY KEY
);
```
";

fn work(requirements: &[&str], files: &[&str]) -> Result<Work, WorkError> {
    let words = |items: &[&str]| items.iter().map(|it| (*it).to_owned()).collect::<Vec<_>>();
    work_of(
        &Spec::parse("toolkit", SPEC),
        &Tooling::default(),
        "1",
        &words(requirements),
        &words(files),
    )
}

#[test]
fn functions_find_their_files() {
    let spec = Spec::parse("toolkit", SPEC);
    let placed: Vec<String> = subjects(&spec)
        .iter()
        .map(|it| format!("{} {}", it.function, it.file))
        .collect();
    assert_eq!(
        placed,
        ["slugify toolkit/slug.py", "length toolkit/length.py"]
    );
    let bare = Spec::parse("my-tool", "### FR-1: A\n- `f(1)` → `2`\n");
    assert_eq!(subjects(&bare)[0].file, "my_tool.py");
}

#[test]
fn a_task_has_its_functions_rules_examples_and_checks() {
    let work = work(
        &["FR-1", "NFR-1"],
        &["toolkit/slug.py", "tests/test_fr_1_slugs.py"],
    )
    .expect("work");
    let function = &work.functions[0];
    assert_eq!(
        function.signature.as_deref(),
        Some("slugify(text: str) -> str")
    );
    let rules = function.rules.iter().map(|it| it.text.as_str());
    assert_eq!(
        rules.collect::<Vec<_>>(),
        ["Convert to lower case", "Print nothing"]
    );
    let examples = function.rules.iter().flat_map(|it| &it.examples);
    let all: Vec<&String> = examples.chain(&function.examples).collect();
    assert_eq!(all, [r#"slugify("A") → "a""#]);
    assert_eq!(work.checks[0].path, "tests/test_fr_1_slugs.py");
    assert_eq!(work.covers, ["FR-1.1", "FR-1.2"]);
}

#[test]
fn examples_stand_with_their_rule() {
    let text = "# T\n\n## Overview\n\nA word is\na str.\n\n## Functional Requirements\n\n### FR-1: Sums\n`f(n: int) -> int` in `f.py` adds.\n\n\
                - Small\n  - `f(1)` → `2`\n  - `f(2)` → `3`\n- Large\n\n| Call | Result |\n|---|---|\n| `f(9)` | `10` |\n";
    let spec = Spec::parse("s", text);
    let work = work_of(&spec, &Tooling::default(), "1", &["FR-1".into()], &[]).expect("work");
    let function = &work.functions[0];
    let rules = function.rules.iter();
    let rules: Vec<(&str, usize)> = rules
        .map(|it| (it.text.as_str(), it.examples.len()))
        .collect();
    assert_eq!(rules, [("Small", 2), ("Large", 0)]);
    assert_eq!(function.examples, ["f(9) → 10"]);
    assert_eq!(function.context, "A word is a str.");
}

#[test]
fn a_place_is_no_purpose_and_a_title_no_rule() {
    let work = work(&["FR-2"], &[]).expect("work");
    assert_eq!(work.functions[0].purpose, "Lengths.");
    let text = "### FR-1: Sums\n`f(n: int) -> int` in `f.py`.\n\nAdd it all up.\n\n- X\n  - `f(1)` → `2`\n";
    let spec = Spec::parse("s", text);
    let work = work_of(&spec, &Tooling::default(), "1", &["FR-1".into()], &[]).expect("work");
    assert_eq!(work.functions[0].purpose, "Add it all up.");
}

#[test]
fn functions_that_a_requirement_only_speaks_of_are_not_its_work() {
    let spec = Spec::parse(
        "s",
        "### FR-1: One\n`one(n: int) -> int` in `one.py`.\n\n- X\n  - `one(1)` → `1`\n\n\
         ### FR-2: Two\n`two(n: int) -> int` in `two.py`.\n\n- Give `one(n)` twice\n  - `two(1)` → `2`\n",
    );
    let work = work_of(&spec, &Tooling::default(), "1", &["FR-2".into()], &[]).expect("work");
    let functions: Vec<&str> = work
        .functions
        .iter()
        .map(|it| it.function.as_str())
        .collect();
    assert_eq!(functions, ["two"]);
    assert_eq!(work.functions[0].uses[0].function, "one");
}

#[test]
fn a_call_within_a_call_is_a_use() {
    let spec = Spec::parse(
        "s",
        "### FR-1: One\n`one(n: int) -> int` in `one.py`.\n\n- X\n  - `one(1)` → `1`\n\n\
         ### FR-2: Off\n`off(n: int) -> int` in `off.py`.\n\n- X\n  - `off(1)` → `1`\n\n\
         ### FR-3: Two\n`two(n: int) -> int` in `two.py`.\n\n\
         - Give `abs(one(n))`, never `\"off\"`, `x.off(1)` or `kickoff(1)`\n  - `two(1)` → `1`\n",
    );
    let work = work_of(&spec, &Tooling::default(), "1", &["FR-3".into()], &[]).expect("work");
    let uses: Vec<&str> = work.functions[0]
        .uses
        .iter()
        .map(|it| it.function.as_str())
        .collect();
    assert_eq!(uses, ["one"]);
}

#[test]
fn what_other_requirements_describe_in_the_same_file_is_told_apart() {
    let spec = Spec::parse(
        "s",
        "### FR-1: Rank\n`rank(n: int) -> int` in `one.py` ranks a number.\n\n- X\n  - `rank(1)` → `1`\n\n\
         ### FR-2: Two\n`two(n: int) -> int` in `one.py`.\n\n- X\n  - `two(1)` → `2`\n\n\
         ### FR-3: Three\n`three(n: int) -> int` in `one.py`.\n\n- The rank of `n`\n  - `three(1)` → `1`\n",
    );
    let work = work_of(&spec, &Tooling::default(), "1", &["FR-3".into()], &[]).expect("work");
    let three = &work.functions[0];
    assert_eq!(three.others, ["rank", "two"]);
    let beside: Vec<&str> = three.beside.iter().map(|it| it.function.as_str()).collect();
    assert_eq!(beside, ["rank"]);
    assert_eq!(
        three.beside[0].about,
        "`rank(n: int) -> int` in `one.py` ranks a number."
    );
    assert!(three.uses.is_empty());
}

#[test]
fn a_function_without_examples_is_written_and_imported() {
    let spec = Spec::parse(
        "s",
        "### FR-1: Sums\n`f(n: int) -> int` in `f.py` adds up.\n",
    );
    let work = work_of(&spec, &Tooling::default(), "1", &["FR-1".into()], &[]).expect("work");
    assert!(work.functions[0].check.tests.is_empty());
    assert!(
        work.functions[0]
            .probe
            .as_ref()
            .is_some_and(|it| it.calls.len() > 2)
    );
    assert_eq!(work.imports, [("f".to_owned(), vec!["f".to_owned()])]);
    assert!(work.checks.is_empty() && work.covers.is_empty());
}

#[test]
fn packages_and_migrations_are_written_by_the_program() {
    let package = work(&["FR-1", "FR-2"], &["toolkit/__init__.py"]).expect("work");
    insta::assert_snapshot!(package.glue[0].text(), @r#"
    from .length import length
    from .slug import slugify

    __all__ = ["length", "slugify"]
    "#);
    assert_eq!(
        package.imports,
        [(
            "toolkit".to_owned(),
            vec!["length".to_owned(), "slugify".to_owned()]
        )]
    );
    let spec = Spec::parse("toolkit", SPEC);
    let glue = glue::glue_of(
        &spec,
        &Tooling::default(),
        &["migrations/001_create_users.sql".into()],
        &[],
    );
    assert!(glue[0].text().starts_with("CREATE TABLE users ("));
}

#[test]
fn what_nothing_judges_is_said_and_what_cannot_be_run_is_refused() {
    assert_eq!(
        work(&["FR-3"], &[])
            .expect("work")
            .unjudged
            .unwrap_or_default(),
        "nothing in the spec says how to check task 1: give FR-3 examples such as «name(input) → output»"
    );
    assert_eq!(
        work(&["FR-9"], &[]).expect_err("unknown").to_string(),
        "task 1 names FR-9, which the spec does not have"
    );
    let script = Spec::parse("s", "### FR-1: A\nin `a.ts`\n- `f(1)` → `2`\n");
    let refused = work_of(&script, &Tooling::default(), "1", &["FR-1".into()], &[]);
    let refused = refused.expect_err("no runner").to_string();
    assert!(
        refused.contains("a.ts") && refused.contains("node 22.18"),
        "{refused}"
    );
}

const SCRIPT: &str = "\
# My Shop

## Functional Requirements

### FR-1: Parse

`parse(text)` in `shop/parse.js`.

- `parse(\"1\")` → `[1]`

### FR-2: Total

`total(text)` in `shop/total.js` uses `parse`.

- `total(\"1\")` → `1`
";

fn script_work(tooling: &Tooling, requirement: &str, files: &[&str]) -> Work {
    let files: Vec<String> = files.iter().map(|it| (*it).to_owned()).collect();
    let spec = Spec::parse("My Shop", SCRIPT);
    work_of(&spec, tooling, "1", &[requirement.into()], &files).expect("work")
}

#[test]
fn scripts_are_checked_by_node_and_joined_by_the_program() {
    let bare = Tooling::default();
    let work = script_work(&bare, "FR-1", &["shop/parse.js", "package.json"]);
    assert_eq!(work.checks[0].path, "tests/fr_1_parse.test.mjs");
    insta::assert_snapshot!(work.glue[0].text(), @r#"
    {
      "name": "my-shop",
      "private": true,
      "type": "module",
      "scripts": {
        "test": "node --test"
      }
    }
    "#);
    let common = Tooling {
        package: Some(ModuleKind::CommonJs),
        ..Tooling::default()
    };
    let present = script_work(&common, "FR-1", &["shop/parse.js", "package.json"]);
    assert_eq!(present.glue, [], "an existing package.json is left alone");

    let uses = &script_work(&bare, "FR-2", &[]).functions[0].uses;
    assert_eq!(uses[0].about, "Parse. parse(\"1\") → [1]");

    let candidate = "function total(text) {\n  return parse(text)[0];\n}\n";
    let complete_as =
        |tooling: &Tooling| complete(candidate, &script_work(tooling, "FR-2", &[]).functions[0]);
    insta::assert_snapshot!(complete_as(&bare), @r#"
    import { parse } from "./parse.js";

    export function total(text) {
      return parse(text)[0];
    }
    "#);
    insta::assert_snapshot!(complete_as(&common), @r#"
    const { parse } = require("./parse.js");

    function total(text) {
      return parse(text)[0];
    }

    module.exports = { total };
    "#);
}

#[test]
fn the_language_of_the_constraints_places_functions() {
    let file = |language: &str| {
        let text = format!(
            "### FR-1: A\n- `f(1)` → `2`\n\n## Technical Constraints\n\n- Language: {language}\n"
        );
        subjects(&Spec::parse("my tool", &text))[0].file.clone()
    };
    assert_eq!(file("JavaScript (Node 20)"), "my-tool.mjs");
    assert_eq!(file("TypeScript"), "my-tool.mts");
    assert_eq!(file("Rust"), "src/my_tool.rs");
    assert_eq!(file("Python 3"), "my_tool.py");
    assert_eq!(file("COBOL"), "my_tool.py");
}

#[test]
fn methods_are_the_work_of_their_class() {
    for (file, setup) in [
        ("stack.py", "s = Stack()"),
        ("stack.mjs", "const s = new Stack()"),
    ] {
        let text = format!(
            "### FR-1: A\n`Stack` in `{file}`\n- keeps values\n\n```\n{setup}\ns.push(1)\ns.pop() → 1\n```\n"
        );
        let spec = Spec::parse("s", &text);
        let names: Vec<String> = subjects(&spec).into_iter().map(|it| it.function).collect();
        assert_eq!(names, ["Stack"]);
        let work = work_of(&spec, &Tooling::default(), "1", &["FR-1".into()], &[]).expect("work");
        assert_eq!(work.functions[0].function, "Stack");
        assert_eq!(work.checks[0].tests.len(), 1);
        assert!(
            work.checks[0].text.contains("import Stack")
                || work.checks[0].text.contains("{ Stack }"),
            "{}",
            work.checks[0].text
        );
    }
}

#[test]
fn typescript_is_run_by_a_node_that_leaves_out_types() {
    let spec = Spec::parse("s", "### FR-1: A\nin `src/a.ts`\n- `f(1)` → `2`\n");
    let tooling = Tooling {
        strips_types: true,
        ..Tooling::default()
    };
    let work = work_of(&spec, &tooling, "1", &["FR-1".into()], &[]).expect("work");
    assert_eq!(work.checks[0].path, "tests/fr_1_a.test.mjs");
    assert!(
        work.checks[0]
            .text
            .contains("import { f } from \"../src/a.ts\";")
    );
    let text = complete(
        "function f(n: number): number {\n  return 2;\n}\n",
        &work.functions[0],
    );
    assert!(text.starts_with("export function f(n: number)"), "{text}");
}

/// What a person wrote into a package stays, whatever is exported later.
#[test]
fn a_package_that_is_there_keeps_its_lines() {
    let glue = Glue::Package {
        path: "kit/__init__.py".to_owned(),
        exports: vec![
            ("double".to_owned(), vec!["double".to_owned()]),
            ("halve".to_owned(), vec!["halve".to_owned()]),
        ],
    };
    let fresh = glue.text();
    assert_eq!(glue.text_over(""), fresh);
    assert_eq!(glue.text_over(&fresh), fresh);
    let own = "\"\"\"Numbers.\"\"\"\nimport os\n\nVERSION = 1\n__all__ = [\"VERSION\"]\n# mine";
    let text = glue.text_over(own);
    assert_eq!(
        text,
        "\"\"\"Numbers.\"\"\"\nimport os\nfrom .double import double\nfrom .halve import halve\n\nVERSION = 1\n\
         __all__ = [\"VERSION\", \"double\", \"halve\"]\n# mine"
    );
    assert_eq!(glue.text_over(&text), text);
    assert_eq!(
        glue.text_over("X = 1"),
        "X = 1\nfrom .double import double\nfrom .halve import halve\n"
    );
}

const BOARD: &str = "\
# Board

## Functional Requirements

### FR-1: Finding

`find(items: list[str], name: str = \"x\") -> int` in `board/find.py` finds a name.

- Raise `ValueError(f\"no {name} here\")` when there is none; the given list stays as it is
  - `find([], \"a\")` raises `ValueError`
- Return its place
  - `find([\"b\", \"a\"], \"a\")` → `1`
- Raise `TypeError(\"no list\")` for anything else
  - `find(None)` raises `TypeError`
- Raise `KeyError(f\"{items[0]}\")` never
  - `find([])` raises `KeyError`

### FR-2: Saving

`save(items: list[str]) -> int` in `board/save.py` saves them, and `board/find.py` is left alone.

- Return how many there are
  - `save([\"a\", \"b\"])` → `2`

## Non-Functional Requirements

### NFR-1: Purity
- The functions of `board/find.py` write no files
- `save` takes less than 1 second
- No function prints
";

fn board(requirement: &str) -> Work {
    let spec = Spec::parse("board", BOARD);
    let requirements = [requirement.to_owned()];
    work_of(&spec, &Tooling::default(), "1", &requirements, &[]).expect("work")
}

#[test]
fn the_message_that_a_rule_gives_an_error_is_checked() {
    let text = board("FR-1").checks[0].text.clone();
    let message = "(lambda items, name=\"x\": f\"no {name} here\")([], \"a\")";
    for line in [
        format!(
            "with self.assertRaises(ValueError) as caught:\n            find([], \"a\")\n        self.assertEqual(str(caught.exception), {message})"
        ),
        "self.assertEqual(str(caught.exception), \"no list\")".to_owned(),
        "with self.assertRaises(KeyError):\n            find([])\n".to_owned(),
    ] {
        assert!(text.contains(&line), "{text}");
    }
}

#[test]
fn the_message_of_a_scripts_error_is_checked_too() {
    let text = "### FR-1: A\n\n`take(n)` in `a.mjs`.\n\n- Throw `new RangeError(\"too far\")` beyond 9\n  - `take(10)` throws `RangeError`\n\
                - Throw a `TypeError` with the message 'no number' for a text\n  - `take(\"a\")` throws `TypeError`\n";
    let spec = Spec::parse("a", text);
    let work = work_of(&spec, &Tooling::default(), "1", &["FR-1".into()], &[]).expect("work");
    let text = &work.checks[0].text;
    for line in [
        "await assertFails(() => take(10), \"RangeError\", \"too far\");",
        "await assertFails(() => take(\"a\"), \"TypeError\", 'no number');",
    ] {
        assert!(text.contains(line), "{text}");
    }
}

#[test]
fn a_general_rule_is_told_where_it_speaks_of_the_function() {
    let told = |requirement: &str| {
        let work = board(requirement);
        let rules = work.functions[0].rules.iter().map(|it| it.text.clone());
        rules.collect::<Vec<_>>()
    };
    let find = told("FR-1");
    assert_eq!(
        find[4..],
        [
            "The functions of `board/find.py` write no files",
            "No function prints"
        ]
    );
    let save = told("FR-2");
    assert_eq!(
        save[1..],
        ["`save` takes less than 1 second", "No function prints"]
    );
    assert!(
        board("FR-2").functions[0].uses.is_empty(),
        "the name of a file is no function"
    );
    let watches = |work: Work| {
        let probe = work.functions[0].probe.clone().expect("a probe");
        probe.text.contains("return call if True")
    };
    assert!(watches(board("FR-1")) && !watches(board("FR-2")));
}
