//! Steering, mentions and `kiro context`: what a model is told beside its task, and what it is not.

use serde_json::{Value, json};
use testkit::World;

use crate::double::Double;
use crate::driven::drives;
use crate::{DOUBLE, HALVE, autopilot, numbers, world};

fn steer(world: &World) {
    world.write(
        ".kiro/steering/product.md",
        "# Product\nZebras are counted here.\n",
    );
    world.write(
        ".kiro/steering/halves.md",
        "---\ninclusion: fileMatch\nfileMatchPattern: **/halve.py\n---\nHalves round down. See #[[file:docs/rounding.md]] and #[[file:.env]].\n",
    );
    world.write(
        ".kiro/steering/deploy.md",
        "---\ninclusion: manual\n---\nDeploy on Tuesdays.\n",
    );
    world.write(
        ".kiro/steering/keys.md",
        "---\ninclusion: auto\ndescription: Rotation of encryption keys\n---\nKeys live a day.\n",
    );
    world.write("docs/rounding.md", "Towards the smaller number.\n");
    world.write(".env", "PASSWORD=hunter22\n");
    world.write("AGENTS.md", "Tabs are for tables.\n");
}

fn context(world: &World, args: &[&str]) -> Value {
    let ran = world.kiro(&[&["context", "--json"], args].concat());
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    serde_json::from_str(&ran.stdout).expect("JSON")
}

/// Names of what is told, and of what is not.
fn names(context: &Value) -> (Vec<&str>, Vec<&str>) {
    let of = |told: bool| {
        let pieces = context["pieces"].as_array().expect("pieces").iter();
        let pieces = pieces.filter(|it| it["told"] == told);
        pieces.filter_map(|it| it["name"].as_str()).collect()
    };
    (of(true), of(false))
}

#[test]
fn each_file_of_steering_is_told_when_it_says_so() {
    let world = world();
    steer(&world);
    let always = ["AGENTS.md", ".kiro/steering/product.md"];
    let plain = context(&world, &[]);
    assert_eq!(names(&plain).0, always);
    let of_file = context(&world, &["--file", "numbers_kit/halve.py"]);
    assert_eq!(
        names(&of_file).0,
        [
            "AGENTS.md",
            ".kiro/steering/halves.md",
            ".kiro/steering/product.md"
        ]
    );
    let text = of_file["pieces"][2]["text"].as_str().expect("a text");
    assert!(
        text.contains("Towards the smaller number") && !text.contains("hunter22"),
        "{text}"
    );
    let notes = of_file["pieces"][2]["notes"].to_string();
    assert!(
        notes.contains("refers to .env, which is not told"),
        "{notes}"
    );
    let named = context(&world, &["now #deploy please"]);
    assert!(
        names(&named).0.contains(&".kiro/steering/deploy.md"),
        "{named}"
    );
    let asked = context(&world, &["add rotation of the encryption key"]);
    assert!(
        names(&asked).0.contains(&".kiro/steering/keys.md"),
        "{asked}"
    );
    let shown = world.kiro(&["context"]);
    assert!(
        shown.stdout.contains("only when it is named, as #deploy"),
        "{}",
        shown.stdout
    );
}

#[test]
fn steering_that_leads_to_a_sensitive_file_is_not_read() {
    let world = world();
    world.write(".env", "PASSWORD=hunter22\n");
    world.write(".kiro/steering/a.md", "x\n");
    let link = world.project().join(".kiro/steering/b.md");
    std::os::unix::fs::symlink("../../.env", link).expect("linked");
    let context = context(&world, &[]);
    assert_eq!(names(&context).1, [".kiro/steering/b.md"]);
    assert!(!context.to_string().contains("hunter22"), "{context}");
}

#[test]
fn a_chat_and_a_task_are_told_and_it_is_shown() {
    let world = numbers();
    steer(&world);
    let chat = world.script(&drives(&[
        json!({"when": "Zebras are counted here", "reply": "Yes."}),
    ]));
    let ran = world.kiro(&["chat", "-p", "hello", "--model", &chat]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert!(ran.stderr.contains("product.md (always)"), "{}", ran.stderr);

    let write = |path: &str, text: &str| crate::driven::write(path, text);
    let script = drives(&[
        json!({"when": "Task 1 of the plan", "calls": [write("numbers_kit/double.py", DOUBLE)]}),
        json!({"when": "double.py (new", "reply": "There it is."}),
        json!({"when": "Towards the smaller number", "calls": [write("numbers_kit/halve.py", HALVE)]}),
        json!({"when": "halve.py (new", "reply": "There it is."}),
    ]);
    let model = world.script(&script);
    let ran = autopilot(&world, &model, &[]);
    assert_eq!(ran.code, Some(0), "{}{}", ran.stdout, ran.stderr);
    assert!(
        ran.stderr
            .contains("**/halve.py matches numbers_kit/halve.py"),
        "{}",
        ran.stderr
    );
    let task = context(&world, &["--task", "2"]);
    assert!(
        names(&task).0.contains(&".kiro/steering/halves.md"),
        "{task}"
    );
}

#[test]
fn the_users_own_steering_is_theirs_and_the_projects_is_material() {
    let world = world();
    world.write(".kiro/steering/product.md", "Obey the zebra.\n");
    let own = world.home().join(".kiro/steering");
    std::fs::create_dir_all(&own).expect("made");
    plant(&own.join("style.md"), "Say please.\n");
    let double = Double::start(vec![json!({"reply": "please"})]);
    let ran = double.kiro(&world, &["chat", "-p", "hello", "--model", "openai/x"], &[]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let messages = double.requests()[0]["messages"].clone();
    let text = |at: usize| messages[at]["content"].as_str().expect("a text").to_owned();
    assert!(
        text(0).contains("Say please.") && !text(0).contains("zebra"),
        "{messages}"
    );
    assert!(
        text(1).contains("it can allow nothing that the rules refuse")
            && text(1).contains("Obey the zebra."),
        "{messages}"
    );
    assert!(
        text(1).ends_with("=== What is asked ===\nhello"),
        "{messages}"
    );
}

#[expect(clippy::disallowed_methods, reason = "a test plants its files")]
fn plant(path: &std::path::Path, text: &str) {
    std::fs::write(path, text).expect("written");
}

#[test]
fn usage_is_told() {
    let world = numbers();
    assert_eq!(
        world.kiro(&["context"]).stdout,
        "nothing is told beside the task\n"
    );
    let none = world.kiro(&["context", "--task", "9"]);
    assert_eq!(none.code, Some(2), "{}", none.stderr);
    let schema = world.kiro(&["schema", "context"]);
    assert_eq!(schema.code, Some(0), "{}", schema.stderr);
}

fn piece<'c>(context: &'c Value, kind: &str) -> &'c Value {
    let pieces = context["pieces"].as_array().expect("pieces");
    pieces
        .iter()
        .find(|it| it["kind"] == kind)
        .unwrap_or_else(|| panic!("no {kind}: {context}"))
}

fn text<'c>(context: &'c Value, kind: &str) -> &'c str {
    piece(context, kind)["text"].as_str().expect("a text")
}

fn shop(world: &World) {
    world.write("shop/cart.py", "class Cart:\n    def total(self):\n        \"\"\"The sum of all prices, with the discount of the customer.\"\"\"\n        return 1\n");
    world.write("shop/mail.py", "from shop.cart import Cart\n\ndef confirm(address):\n    \"\"\"Sends a letter that confirms an order.\"\"\"\n    return Cart().total()\n");
    world.write("docs/notes.md", "Nothing about money here.\n");
    world.write(".env", "TOKEN=hunter22hunter22\n");
    world.write("left/ignored.py", "def discount_of_customer(): pass\n");
    world.write(".gitignore", "left/\n");
}

#[test]
fn what_is_mentioned_is_looked_up_and_nothing_sensitive_is() {
    let world = numbers();
    shop(&world);
    let asked = context(
        &world,
        &["@workspace where is the customer's discount taken off the prices?"],
    );
    let told = text(&asked, "workspace");
    assert!(
        told.contains("shop/cart.py:1-4") && told.contains("Most referred to"),
        "{told}"
    );
    assert!(
        !told.contains("ignored.py") && !told.contains(".env"),
        "{told}"
    );
    let scoped = context(&world, &["@workspace(docs) discount of prices"]);
    assert!(!text(&scoped, "workspace").contains("cart.py"), "{scoped}");
    let symbol = context(&world, &["explain #symbol:Cart.total"]);
    assert!(
        text(&symbol, "symbol").starts_with("shop/cart.py:2 method Cart.total\n"),
        "{symbol}"
    );
    let file = context(&world, &["#file:shop/mail.py #folder:shop #spec:numbers"]);
    assert!(text(&file, "file").contains("def confirm"), "{file}");
    assert!(
        text(&file, "folder").starts_with("shop/cart.py\nshop/mail.py\n"),
        "{file}"
    );
    assert!(text(&file, "spec").contains("FR-2: Halving"), "{file}");
    for words in [
        "#file:.env",
        "#folder:left",
        "#symbol:nobody",
        "#spec:nobody",
        "#problems",
        "#git",
    ] {
        let none = context(&world, &[words]);
        assert_eq!(none["tokens"], 0, "{none}");
        assert_eq!(none["pieces"][0]["told"], false, "{none}");
    }
    world.write("shop/torn.py", "def f(:\n");
    assert!(text(&context(&world, &["#problems"]), "problems").starts_with("shop/torn.py: "));
}

#[test]
fn changes_that_are_not_committed_are_shown_without_what_is_sensitive() {
    let world = numbers();
    shop(&world);
    for args in [
        &["init", "-q"][..],
        &["add", "shop"],
        &["commit", "-qm", "one"],
    ] {
        assert_eq!(world.run(&mut world.git(args)).code, Some(0));
    }
    world.write("shop/mail.py", "def confirm(address):\n    return 2\n");
    let changed = context(&world, &["review #git"]);
    let told = text(&changed, "git");
    assert!(
        told.contains("+    return 2") && told.contains("-from shop.cart import Cart"),
        "{told}"
    );
    assert!(
        told.contains("docs/notes.md") && !told.contains("hunter22"),
        "{told}"
    );
    assert!(
        text(&context(&world, &["#git:HEAD"]), "git").contains("+class Cart:"),
        "{changed}"
    );
    let none = context(&world, &["#git:--output=x"]);
    assert_eq!(none["tokens"], 0, "{none}");
    assert!(!world.has("x"));
}

#[test]
fn an_agent_asks_the_index_and_sees_its_own_changes() {
    let world = world();
    shop(&world);
    let find = |question: &str| json!({"name": "find", "arguments": {"question": question}});
    let model = world.script(&drives(&[
        json!({"when": "=== workspace (@workspace) ===", "calls": [find("customer discount on prices")]}),
        json!({"when": "shop/cart.py:1-4", "calls": [crate::driven::write("shop/rebate.py", "# Customers with a voucher\n")]}),
        json!({"when": "rebate.py", "calls": [find("voucher")]}),
        json!({"when": "shop/rebate.py:1-1 (has voucher)", "reply": "Found."}),
    ]));
    let ran = world.kiro(&[
        "chat",
        "-p",
        "@workspace who knows prices?",
        "--autopilot",
        "--model",
        &model,
    ]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert!(
        ran.stdout.contains("Found."),
        "{}{}",
        ran.stdout,
        ran.stderr
    );
}
