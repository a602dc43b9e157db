//! Examples in, integration tests out.

use super::*;
use crate::{Tooling, Work, WorkError, complete, work_of};
use spec::Spec;

const SPEC: &str = "\
# Text Kit

## Functional Requirements

### FR-1: Words

`words(text: &str) -> Vec<String>` in `src/words.rs` and `ratio(a: i64, b: i64) -> f64` in `src/ratio.rs`.

- `words(\"a b\")` → `[\"a\", \"b\"]`
- `words(\"\")` → `[]`
- `ratio(1, 3)` → `0.3333333333`
- `ratio(1, 0)` raises `DivideByZero`

### FR-2: Parse

`parse(text: &str) -> Result<Option<i64>, String>` in `src/parse.rs` uses `words`.

- `parse(\"\")` → `Ok(None)`
- `parse(\"x\")` → `Err(\"no number\")`
- `parse(\"y\")` raises `Error`
";

fn work(tooling: &Tooling, id: &str, files: &[&str]) -> Result<Work, WorkError> {
    let files: Vec<String> = files.iter().map(|it| (*it).to_owned()).collect();
    work_of(
        &Spec::parse("Text Kit", SPEC),
        tooling,
        "1",
        &[id.into()],
        &files,
    )
}

#[test]
fn examples_become_an_integration_test() {
    let first = work(&Tooling::default(), "FR-1", &[]).expect("work");
    let file = &first.checks[0];
    assert_eq!(file.path, "tests/fr_1_words.rs");
    assert_eq!(
        file.argv(),
        ["cargo", "test", "--offline", "--test", "fr_1_words"]
    );
    assert_eq!(
        first.functions[0].check.argv().last().map(String::as_str),
        Some("kiro_trial")
    );
    assert_eq!(code::syntax_error(code::Language::Rust, &file.text), None);
    let text = file.text.replace(CHECK, "").replace(NEAR, "");
    insta::assert_snapshot!(text, @r#"
    //! Examples of FR-1: Words (Text Kit).
    //!
    //! Written by Kiro from the specification: change them there.

    #![allow(unused_must_use, unused_mut)]

    use text_kit::ratio::ratio;
    use text_kit::words::words;

    #[test]
    fn fr_1_e1() {
        check(words("a b"), ["a", "b"]);
    }

    #[test]
    fn fr_1_e2() {
        check(words(""), [(); 0]);
    }

    #[test]
    fn fr_1_e3() {
        check_near(ratio(1, 3), 0.3333333333);
    }

    #[test]
    #[should_panic]
    fn fr_1_e4() {
        ratio(1, 0);
    }
    "#);
    let second = work(&Tooling::default(), "FR-2", &[]).expect("work");
    let text = &second.checks[0].text;
    insta::assert_snapshot!(text[text.find("#[test]").expect("tests")..], @r#"
    #[test]
    fn fr_2_e1() {
        check(parse(""), Ok::<_, ()>(None::<()>));
    }

    #[test]
    fn fr_2_e2() {
        check(parse("x"), Err::<(), _>("no number"));
    }

    #[test]
    fn fr_2_e3() {
        assert!(parse("y").is_err(), "expected an error");
    }
    "#);
}

#[test]
fn the_program_writes_the_package_and_its_modules() {
    let files = ["src/words.rs", "src/ratio.rs", "src/lib.rs", "Cargo.toml"];
    let first = work(&Tooling::default(), "FR-1", &files).expect("work");
    let texts: Vec<String> = first
        .glue
        .iter()
        .map(|it| format!("{}:\n{}", it.path(), it.text()))
        .collect();
    insta::assert_snapshot!(texts.join("\n"), @r#"
    Cargo.toml:
    [package]
    name = "text-kit"
    version = "0.1.0"
    edition = "2021"

    [dependencies]

    src/lib.rs:
    //! Text Kit.

    pub mod ratio;
    pub mod words;
    "#);
    let standing = Tooling {
        manifest: Some("[package]\nname = \"other-name\"\n".into()),
        crate_root: Some("//! Mine.\n\npub mod words;\n\nfn own() {}\n".into()),
        ..Tooling::default()
    };
    let second = work(&standing, "FR-2", &["src/parse.rs", "src/lib.rs"]).expect("work");
    assert_eq!(
        second.glue[0].text(),
        "//! Mine.\n\npub mod words;\npub mod parse;\n\nfn own() {}\n"
    );
    assert!(
        second.checks[0]
            .text
            .contains("use other_name::parse::parse;")
    );
    let candidate = "fn parse(text: &str) -> Result<Option<i64>, String> {\n    words(text);\n    Ok(None)\n}\n";
    insta::assert_snapshot!(complete(candidate, &second.functions[0]), @r#"
    use crate::words::words;

    pub fn parse(text: &str) -> Result<Option<i64>, String> {
        words(text);
        Ok(None)
    }
    "#);
}

#[test]
fn what_rust_cannot_check_yet_is_refused() {
    let refused = |text: &str, tooling: &Tooling| {
        let spec = Spec::parse("kit", text);
        work_of(&spec, tooling, "1", &["FR-1".into()], &[])
            .expect_err("refused")
            .to_string()
    };
    let bare = Tooling::default();
    let deep = refused("### FR-1: A\nin `src/a/b.rs`\n- `f(1)` → `2`\n", &bare);
    assert!(deep.contains("directly in src/"), "{deep}");
    let prints = refused("### FR-1: A\nin `src/a.rs`\n- `f(1)` prints `x`\n", &bare);
    assert!(prints.contains("prints"), "{prints}");
    let run = refused("### FR-1: A\nin `src/a.rs`\n- `$ a x` → `x`\n", &bare);
    assert!(run.contains("command-line"), "{run}");
    let workspace = Tooling {
        manifest: Some("[workspace]\n".into()),
        ..Tooling::default()
    };
    let nameless = refused("### FR-1: A\nin `src/a.rs`\n- `f(1)` → `2`\n", &workspace);
    assert!(nameless.contains("names no package"), "{nameless}");
}

#[test]
fn literals_are_given_types_where_none_can_be_inferred() {
    for (from, to) in [
        ("[None, Some(1)]", "[None::<()>, Some(1)]"),
        ("Ok([ ])", "Ok::<_, ()>([(); 0])"),
        ("vec![]", "[(); 0]"),
        ("'ab'", "\"ab\""),
        ("'a'", "'a'"),
        ("'\\n'", "'\\n'"),
        ("'say \"x\"'", "\"say \\\"x\\\"\""),
        ("\"None [] True\"", "\"None [] True\""),
        ("True", "true"),
        ("3000000000", "3000000000_i64"),
        ("Color::None", "Color::None"),
    ] {
        assert_eq!(typed(from), to);
    }
}

#[test]
fn setups_declare_their_names_once() {
    let lines = ["s = Stack::new()", "s.push(1)", "s = s.rest();"].map(str::to_owned);
    assert_eq!(
        setup(&lines),
        ["let mut s = Stack::new();", "s.push(1);", "s = s.rest();"]
    );
}
