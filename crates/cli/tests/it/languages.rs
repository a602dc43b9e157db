//! From a written spec to proven code in other languages than Python.

use testkit::{World, two_answers_in};

use crate::world;

const SCRIPT: &str = "\
# Prices

## Functional Requirements

### FR-1: Parsing

`parse(text)` in `shop/parse.js`.

- Numbers between commas
  - `parse(\"1,2\")` → `[1, 2]`
  - `parse(\"\")` → `[]`
- Nothing is refused
  - `parse(None)` throws `TypeError`

### FR-2: Total

`total(text)` in `shop/total.js` adds what `parse` gives.

- The sum of all numbers
  - `total(\"1,2\")` → `3`
  - `total(\"0.1,0.2\")` → `0.3`

## Technical Constraints

- Language: JavaScript (Node.js 20)

## Success Criteria

- All tests pass
- Every example in this document holds
- `node --test tests/` passes
";

fn done(world: &World, spec: &str, model: &str) -> String {
    let ran = world.kiro(&["run", spec, "--autopilot", "--model", model]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert!(
        ran.stderr.contains("every success criterion proven"),
        "{}",
        ran.stderr
    );
    ran.stderr
}

fn scripts() -> Vec<serde_json::Value> {
    let parse = "function parse(text) {\n  if (text === null) {\n    throw new TypeError(\"no text\");\n  }\n  return text === \"\" ? [] : text.split(\",\").map(Number);\n}";
    let total = "const total = (text) => parse(text).reduce((sum, it) => sum + it, 0);";
    let mut replies = two_answers_in("javascript", "parse", parse);
    replies.extend(two_answers_in("js", "total", total));
    replies
}

#[test]
fn scripts_become_modules_that_node_checks() {
    let world = world();
    world.write("specs/prices.md", SCRIPT);
    let model = world.script(&scripts());
    let said = done(&world, "prices", &model);
    assert!(said.contains("5 of 5 examples pass: node --test"), "{said}");
    assert!(said.contains("node --test tests/"), "{said}");
    assert!(
        world
            .read("shop/parse.js")
            .starts_with("export function parse(text)")
    );
    let total = world.read("shop/total.js");
    assert!(
        total.starts_with("import { parse } from \"./parse.js\";\n"),
        "{total}"
    );
    assert!(total.contains("export const total"), "{total}");
    assert!(world.read("package.json").contains("\"type\": \"module\""));
    assert!(
        world
            .read("tests/fr_2_total.test.mjs")
            .contains("assertNear(total(\"0.1,0.2\"), 0.3);")
    );
    assert!(!world.has("tests/kiro_trial"));
}

#[test]
fn a_package_of_common_js_stays_one() {
    let world = world();
    world.write("specs/prices.md", SCRIPT);
    world.write("package.json", "{\"name\": \"mine\"}\n");
    let model = world.script(&scripts());
    done(&world, "prices", &model);
    assert_eq!(world.read("package.json"), "{\"name\": \"mine\"}\n");
    assert!(
        world
            .read("shop/total.js")
            .starts_with("const { parse } = require(\"./parse.js\");\n")
    );
    assert!(
        world
            .read("shop/parse.js")
            .ends_with("module.exports = { parse };\n")
    );
}

#[test]
fn a_wrong_script_proves_nothing() {
    let world = world();
    world.write("specs/prices.md", SCRIPT);
    let wrong = "```js\nfunction parse(text) {\n  return [];\n}\n```";
    let replies: Vec<_> = (0..15)
        .map(|n| {
            let reply = wrong.replace("[]", &format!("[{n}]"));
            serde_json::json!({"when": "parse", "reply": reply})
        })
        .collect();
    let model = world.script(&replies);
    let ran = world.kiro(&["run", "prices", "--autopilot", "--model", &model]);
    assert_eq!(ran.code, Some(1), "{}", ran.stderr);
    assert!(!world.has("shop/parse.js"), "nothing unproven lands");
    assert!(ran.stderr.contains("incomplete"), "{}", ran.stderr);
}
