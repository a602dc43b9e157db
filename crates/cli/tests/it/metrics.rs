//! `kiro metrics` and `kiro steering init`, from real runs of the scripted model.

use serde_json::{Value, json};
use testkit::two_answers;

use crate::{DOUBLE, HALVE, autopilot, numbers};

#[test]
fn what_a_run_did_is_counted_and_drawn() {
    let world = numbers();
    let mut replies = two_answers("double", DOUBLE.trim_end());
    replies.extend(two_answers("halve", HALVE.trim_end()));
    let model = world.script(&replies);
    let ran = autopilot(&world, &model, &[]);
    assert_eq!(ran.code, Some(0), "{}{}", ran.stdout, ran.stderr);
    let told = world.kiro(&["metrics", "--json"]);
    assert_eq!(told.code, Some(0), "{}", told.stderr);
    let told: Value = serde_json::from_str(&told.stdout).expect("JSON");
    assert_eq!(told["all"]["first"]["rate"], 1.0, "{told}");
    assert_eq!(told["all"]["accepted"]["all"], 3, "{told}");
    assert_eq!(
        told["specs"][0]["traced"],
        json!({"part": 2, "all": 2, "rate": 1.0, "low": told["specs"][0]["traced"]["low"], "high": 1.0})
    );
    assert!(
        told["specs"][0]["to_done_ms"]
            .as_i64()
            .is_some_and(|it| it > 0),
        "{told}"
    );
    assert_eq!(told["documented"]["all"], 2, "{told}");
    assert_eq!(told["coverage"], Value::Null);
    let (before, after) = (&told["shape"]["before"], &told["shape"]["after"]);
    assert_eq!((&before["files"], &before["lines"]), (&json!(0), &json!(0)));
    assert_eq!(after["functions"], 2, "{told}");
    assert!(after["complexity"].as_u64() >= Some(2), "{told}");
    assert_eq!(after["copied"], 0, "{told}");

    world.write("coverage.xml", "<coverage line-rate=\"0.9\">");
    let shown = world.kiro(&["metrics", "numbers", "--since", "1h"]).stdout;
    assert!(
        shown.contains("100.0 %") && shown.contains("meets 95 %") && shown.contains("90.0 %"),
        "{shown}"
    );
    let page = world.kiro(&["metrics", "--html", "page.html"]);
    assert_eq!(page.code, Some(0), "{}", page.stderr);
    let page = world.read("page.html");
    assert!(
        page.contains("<svg") && page.contains("specs/numbers.md") && !page.contains("<script"),
        "{page}"
    );
}

#[test]
fn nothing_measured_is_no_number() {
    let world = numbers();
    let told = world.kiro(&["metrics", "--json"]).stdout;
    let told: Value = serde_json::from_str(&told).expect("JSON");
    assert_eq!(told["shape"], Value::Null);
    let shown = world.kiro(&["metrics"]);
    assert_eq!(shown.code, Some(0), "{}", shown.stderr);
    assert!(
        shown.stdout.contains("none yet") && shown.stdout.contains("not measured"),
        "{}",
        shown.stdout
    );
    let schema = world.kiro(&["schema", "metrics"]);
    assert_eq!(schema.code, Some(0), "{}", schema.stderr);
}

#[test]
fn steering_is_written_from_the_project_and_never_replaced() {
    let world = numbers();
    world.write("package.json", "{\"name\": \"zoo\", \"description\": \"Counts zebras\", \"scripts\": {\"test\": \"node --test\"}}");
    world.write("src/count_all.py", "def count(): pass\n");
    world.write(".env", "ZOO_TOKEN=hunter22hunter22\n");
    world.write(".kiro/steering/tech.md", "mine\n");
    let made = world.kiro(&["steering", "init"]);
    assert_eq!(made.code, Some(0), "{}", made.stderr);
    assert!(
        made.stdout.contains("kept     .kiro/steering/tech.md"),
        "{}",
        made.stdout
    );
    assert_eq!(world.read(".kiro/steering/tech.md"), "mine\n");
    let product = world.read(".kiro/steering/product.md");
    assert!(
        product.contains("**zoo**: Counts zebras")
            && product.contains("- Numbers (`specs/numbers.md`)"),
        "{product}"
    );
    let structure = world.read(".kiro/steering/structure.md");
    assert!(
        structure.contains("src/count_all.py: count") && !structure.contains(".env"),
        "{structure}"
    );
    world.remove(".kiro/steering/tech.md");
    assert_eq!(world.kiro(&["steering", "init"]).code, Some(0));
    let tech = world.read(".kiro/steering/tech.md");
    assert!(
        tech.contains("- Python: 1 files") && tech.contains("`npm run test`: `node --test`"),
        "{tech}"
    );
}
