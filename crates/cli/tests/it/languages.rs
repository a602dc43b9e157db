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
    // The model is told what it may use.
    let neighbour = "parse(text) (from shop/parse.js)";
    replies.extend(two_answers_in("js", neighbour, total));
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
    let replies: Vec<_> = (0..100)
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

const ENDLESS: &str = "\
# Count

## Functional Requirements

### FR-1: Count down

`count(n)` in `FILE` counts down to zero and says how often it did.

- A negative number counts nothing
  - `count(-1)` → `0`
  - `count(3)` → `3`
  - `count(0)` → `0`

## Technical Constraints

- Language: LANGUAGE
";

/// A spec of one function, which a first answer does not end for a negative number.
fn endless(file: &str, language: &str, wrong: &str, right: &str) -> String {
    let world = world();
    let spec = ENDLESS.replace("FILE", file).replace("LANGUAGE", language);
    world.write("specs/count.md", &spec);
    let reply = |body: &str| serde_json::json!({"when": "count", "reply": body});
    let mut replies = vec![reply(wrong)];
    replies.extend((0..8).map(|_| reply(right)));
    let model = world.script(&replies);
    let ran = world.kiro(&["run", "count", "--autopilot", "--model", &model]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert!(!world.has("tests/kiro_trial"));
    ran.stderr
}

#[test]
fn an_answer_that_does_not_end_for_one_example_is_judged_by_the_others() {
    let said = endless(
        "kit/count.py",
        "Python 3",
        "```python\ndef count(n):\n    k = 0\n    while n != 0:\n        try:\n            n, k = n - 1, k + 1\n        \
         except Exception:\n            pass\n    return k\n```",
        "```python\ndef count(n):\n    return max(n, 0)\n```",
    );
    assert!(
        said.contains("count · direct: 2 of 3 examples pass"),
        "{said}"
    );
    let said = endless(
        "kit/count.js",
        "JavaScript (Node.js 20)",
        "```js\nfunction count(n) {\n  let k = 0;\n  while (n !== 0) {\n    n -= 1;\n    k += 1;\n  }\n  return k;\n}\n```",
        "```js\nfunction count(n) {\n  return Math.max(n, 0);\n}\n```",
    );
    assert!(
        said.contains("count · direct: 2 of 3 examples pass"),
        "{said}"
    );
}

const COMMANDS: &str = "\
# Todo

## Functional Requirements

### FR-1: Adding

The program `todo` in `todo.EXT` keeps items in `todo.json` in the current folder.

- Items are numbered from 1
  - `$ todo add \"oat milk\"` → `Added 1: oat milk`

### FR-2: Listing

- All items are shown in order

  ```console
  $ todo list
  Nothing to do
  $ todo add milk
  Added 1: milk
  $ todo list
  1. milk
  ```

- Other words are refused
  - `$ todo fly` exits with 2

## Success Criteria

- All tests pass
- Every example in this document holds
";

const PYTHON: [&str; 2] = [
    "import json\n\ndef main(argv):\n    items = []\n    items.append(argv[1])\n    with open(\"todo.json\", \"w\") as file:\n        json.dump(items, file)\n    print(f\"Added {len(items)}: {items[-1]}\")\n    return 0",
    "import json\nimport os\n\ndef load():\n    if not os.path.exists(\"todo.json\"):\n        return []\n    with open(\"todo.json\") as file:\n        return json.load(file)\n\ndef main(argv):\n    items = load()\n    if argv[0] == \"add\":\n        items.append(argv[1])\n        with open(\"todo.json\", \"w\") as file:\n            json.dump(items, file)\n        print(f\"Added {len(items)}: {items[-1]}\")\n    elif argv[0] == \"list\":\n        for n, item in enumerate(items, 1):\n            print(f\"{n}. {item}\")\n        if not items:\n            print(\"Nothing to do\")\n    else:\n        return 2\n    return 0",
];

const MODULE: [&str; 2] = [
    "import { writeFileSync } from \"node:fs\";\n\nfunction main(argv) {\n  writeFileSync(\"todo.json\", JSON.stringify([argv[1]]));\n  console.log(`Added 1: ${argv[1]}`);\n  return 0;\n}",
    "import { existsSync, readFileSync, writeFileSync } from \"node:fs\";\n\nfunction main(argv) {\n  const items = existsSync(\"todo.json\") ? JSON.parse(readFileSync(\"todo.json\", \"utf8\")) : [];\n  if (argv[0] === \"add\") {\n    items.push(argv[1]);\n    writeFileSync(\"todo.json\", JSON.stringify(items));\n    console.log(`Added ${items.length}: ${argv[1]}`);\n  } else if (argv[0] === \"list\") {\n    items.forEach((item, at) => console.log(`${at + 1}. ${item}`));\n    if (items.length === 0) console.log(\"Nothing to do\");\n  } else {\n    return 2;\n  }\n  return 0;\n}",
];

fn program(extension: &str, tag: &str, bodies: [&str; 2]) -> World {
    let world = world();
    world.write("specs/todo.md", COMMANDS.replace("EXT", extension));
    let replies: Vec<_> = bodies
        .iter()
        .flat_map(|it| two_answers_in(tag, "main", it))
        .collect();
    let model = world.script(&replies);
    let said = done(&world, "todo", &model);
    assert!(said.contains("5 of 5 examples pass"), "{said}");
    world
}

#[test]
fn a_command_line_program_in_python_is_proven() {
    let world = program("py", "python", PYTHON);
    let text = world.read("todo.py");
    assert!(
        text.ends_with("if __name__ == \"__main__\":\n    raise SystemExit(main(sys.argv[1:]))\n"),
        "{text}"
    );
    assert_eq!(text.matches("__main__").count(), 1, "{text}");
    let shown = world.kiro(&["spec", "show", "todo", "--json"]);
    let value: serde_json::Value = serde_json::from_str(&shown.stdout).expect("JSON");
    let criteria = value["requirements"][1]["criteria"]
        .as_array()
        .expect("criteria");
    assert!(
        criteria.iter().all(|it| it["check"] == "compiled"),
        "{criteria:?}"
    );
}

#[test]
fn a_command_line_program_in_javascript_is_proven() {
    let world = program("mjs", "javascript", MODULE);
    let text = world.read("todo.mjs");
    assert!(text.contains("export function main(argv)"), "{text}");
    assert_eq!(text.matches("import.meta.url").count(), 1, "{text}");
    assert!(
        !world.has("todo.json"),
        "commands run in folders of their own"
    );
}

const RUST: &str = "\
# Text Kit

## Functional Requirements

### FR-1: Words

`words(text: &str) -> Vec<String>` in `src/words.rs`.

- Words stand between spaces
  - `words(\"a  b\")` → `[\"a\", \"b\"]`
  - `words(\"\")` → `[]`

### FR-2: Counting

`count(text: &str) -> usize` in `src/count.rs` counts what `words` gives.

- `count(\"a b\")` → `2`
- `count(\"!\")` panics: `count(\"!\")` raises `Error`

## Success Criteria

- All tests pass
- Every example in this document holds
";

#[test]
fn a_rust_library_is_proven_by_cargo() {
    let world = world();
    world.write("specs/text-kit.md", RUST);
    let answer = |function: &str, code: &str| serde_json::json!({"when": function, "reply": format!("```rust\n{code}\n```")});
    let replies = [
        answer(
            "words",
            "fn words(text: &str) -> Vec<String> {\n    missing(text)\n}",
        ),
        // What the answer misses is asked for alone.
        answer(
            "The function `missing`",
            "fn missing(text: &str) -> Vec<String> {\n    text.split_whitespace().map(str::to_owned).collect()\n}",
        ),
        answer(
            "count",
            "fn count(text: &str) -> usize {\n    assert!(text != \"!\");\n    let n = words(text).len() as u32;\n    n\n}",
        ),
    ];
    let model = world.script(&replies);
    let said = done(&world, "text-kit", &model);
    assert!(said.contains("4 of 4 examples pass: cargo test"), "{said}");
    assert!(said.contains("0 of 2 examples pass"), "{said}");
    assert_eq!(
        world.read("src/lib.rs"),
        "//! Text Kit.\n\npub mod words;\npub mod count;\n"
    );
    let count = world.read("src/count.rs");
    assert!(
        count.starts_with("use crate::words::words;\n\npub fn count"),
        "{count}"
    );
    // As the compiler proposed.
    assert!(count.contains("n.try_into().unwrap()"), "{count}");
    assert!(world.read("Cargo.toml").contains("name = \"text-kit\""));
    assert!(!world.has("target") && !world.has("tests/kiro_trial"));
}

#[test]
fn what_every_object_has_is_not_found_in_a_table() {
    let world = world();
    let spec = "# Ranks\n\n## Functional Requirements\n\n### FR-1: Rank\n\n`rank(name)` in `rank.mjs` gives a name's rank, 0 of others.\n\n\
        - `rank(\"a\")` → `1`\n- `rank(\"b\")` → `2`\n- `rank(\"c\")` → `0`\n\n\
        ## Technical Constraints\n\n- Language: JavaScript\n\n## Success Criteria\n\n- Every example holds\n";
    world.write("specs/ranks.md", spec);
    let answer = |body: &str| {
        let code = format!("```javascript\nfunction rank(name) {{\n  return {body};\n}}\n```");
        serde_json::json!({ "reply": code })
    };
    let mut replies = vec![answer("{ a: 1, b: 2 }[name] || 0")];
    let right = answer("name === \"a\" ? 1 : name === \"b\" ? 2 : 0");
    replies.extend(std::iter::repeat_n(right, 8));
    let said = done(&world, "ranks", &world.script(&replies));
    assert!(said.contains("direct: 3 of 4 examples pass"), "{said}");
    assert!(world.read("rank.mjs").contains("name === \"a\""));
}

/// Where pytest is installed its own results are read; elsewhere a project that wants it is checked by unittest.
#[test]
fn a_project_that_wants_pytest_is_proven_either_way() {
    let world = world();
    world.write("specs/numbers.md", crate::SPEC);
    world.write("pytest.ini", "[pytest]\naddopts = -v\n");
    let model = world.script(&crate::good_replies());
    let said = done(&world, "numbers", &model);
    assert!(
        said.contains("4 of 4 examples pass: pytest")
            || said.contains("4 of 4 examples pass: unittest"),
        "{said}"
    );
    assert!(!world.has(".pytest_cache"));
}
