//! `kiro spec lint` and `kiro spec fmt` as a user sees them.

use serde_json::Value;

const SPEC: &str = "# Ledger

## Functional Requirements

### FR-1: Entries

* WHEN an entry is added, the ledger shall keep it  
* Lists are shown quickly

## Testing Requirements

- Unit tests pass

## Success Criteria

- All tests pass
";

#[test]
fn findings_are_shown_counted_and_mended() {
    let world = super::world();
    world.write("specs/ledger.md", SPEC);
    let lint = world.kiro(&["spec", "lint"]);
    assert_eq!(lint.code, Some(1), "{}", lint.stderr);
    insta::assert_snapshot!(lint.stdout, @r#"
    warning[ears-shape]: FR-1.1 says "shall" in small letters, so it may be taken for prose; write SHALL.
      ╭─ specs/ledger.md:7:38
    7 │ * WHEN an entry is added, the ledger shall keep it  
      │                                      ─────
      ╰─ A criterion in EARS says when, who, and what: a part that is missing is guessed.

    warning[vague-word]: "quickly" in FR-1.2 can mean anything; say how long it may take.
      ╭─ specs/ledger.md:8:19
    8 │ * Lists are shown quickly
      │                   ───────
      ╰─ Two people read it differently, and no test can decide between them.
    "#);
    assert!(
        lint.stderr
            .contains("1 specs: 0 errors, 2 warnings; `--fix` mends 1"),
        "{}",
        lint.stderr
    );
    let json: Value =
        serde_json::from_str(&world.kiro(&["spec", "lint", "ledger", "--json"]).stdout)
            .expect("JSON");
    let finding = &json["findings"][1];
    assert_eq!(
        (finding["code"].as_str(), finding["path"].as_str()),
        (Some("vague-word"), Some("specs/ledger.md"))
    );
    assert_eq!(finding["span"]["line"], 8);
    let sarif: Value =
        serde_json::from_str(&world.kiro(&["spec", "lint", "--sarif"]).stdout).expect("JSON");
    assert_eq!(sarif["version"], "2.1.0");
    assert_eq!(sarif["runs"][0]["results"][0]["ruleId"], "ears-shape");
    let mended = world.kiro(&["spec", "lint", "--fix"]);
    assert_eq!(mended.code, Some(1));
    assert_eq!(
        world.read("specs/ledger.md"),
        SPEC.replace("shall", "SHALL")
    );
}

/// What the official schema of SARIF wants of these parts; `evals/sarif.py` holds the whole against it.
#[test]
fn sarif_has_the_form_that_code_hosts_read() {
    let world = super::world();
    world.write("specs/ünï #1 100%.md", SPEC);
    let ran = world.kiro(&["spec", "lint", "--sarif"]);
    let sarif: Value = serde_json::from_str(&ran.stdout).expect("JSON");
    let run = &sarif["runs"][0];
    let rules = run["tool"]["driver"]["rules"].as_array().expect("rules");
    let ids: Vec<&Value> = rules.iter().map(|it| &it["id"]).collect();
    let results = run["results"].as_array().expect("results");
    assert!(!results.is_empty());
    for result in results {
        assert!(ids.contains(&&result["ruleId"]), "{result}");
        let level = result["level"].as_str().expect("a level");
        assert!(
            ["none", "note", "warning", "error"].contains(&level),
            "{level}"
        );
        assert!(result["message"]["text"].is_string());
        let place = &result["locations"][0]["physicalLocation"];
        let uri = place["artifactLocation"]["uri"]
            .as_str()
            .expect("an address");
        assert_eq!(uri, "specs/%C3%BCn%C3%AF%20%231%20100%25.md");
        let number = |name: &str| place["region"][name].as_u64().expect("a number");
        assert!(number("startLine") >= 1 && number("startColumn") >= 1);
        assert!(number("endColumn") >= number("startColumn"));
    }
}

#[test]
fn fmt_evens_the_shape_and_check_only_tells() {
    let world = super::world();
    world.write("specs/ledger.md", SPEC);
    assert_eq!(world.kiro(&["spec", "fmt", "--check"]).code, Some(1));
    assert_eq!(world.read("specs/ledger.md"), SPEC);
    assert_eq!(world.kiro(&["spec", "fmt"]).code, Some(0));
    assert_eq!(world.read("specs/ledger.md"), SPEC.replace("\n* ", "\n- "));
    assert_eq!(world.kiro(&["spec", "fmt", "--check"]).code, Some(0));
}

#[test]
fn a_sound_spec_has_no_findings() {
    let world = super::numbers();
    let lint = world.kiro(&["spec", "lint"]);
    assert_eq!(
        (lint.code, lint.stdout.as_str()),
        (Some(0), ""),
        "{}",
        lint.stdout
    );
}
