//! File and new code in, file out.

mod python;
mod rust;
mod script;

use super::splice;
use crate::language::Language;

/// The new file, or the refusal.
fn check(language: Language, file: &str, item: &str, name: &str) -> String {
    match splice(language, file, item, name) {
        Ok(text) => text,
        Err(error) => format!("refused: {error}"),
    }
}

#[test]
fn limits_and_unknown_names() {
    let large = " ".repeat(crate::MAX_SOURCE + 1);
    let python = |file, item, name| check(Language::Python, file, item, name);
    insta::assert_snapshot!(python(&large, "def f(): pass", "f"), @"refused: the file is too large or too tangled to be parsed");
    insta::assert_snapshot!(python("", &large, "f"), @"refused: the new code is too large or too tangled to be parsed");
    insta::assert_snapshot!(python("", "def g(): pass\nX = 1\n", "f"), @"refused: the new code does not define `f`; it defines `g`, `X`");
    insta::assert_snapshot!(python("", "", "f"), @"refused: the new code does not define `f`; it defines nothing");
    insta::assert_snapshot!(python("", "def f(): pass\n", ""), @"refused: the new code does not define ``; it defines `f`");
    insta::assert_snapshot!(python("", "def f(:\n", "f"), @"refused: the new code has a syntax error at line 1, column 7: `)` is missing");
    insta::assert_snapshot!(python("x = (\n\ndef f(): pass\n", "def f(): return 1\n", "f"), @r#"
    x = (

    def f(): return 1
    "#);
}

#[test]
fn a_broken_file_is_edited_only_where_it_is_sound() {
    let file = "def f():\n    return 1\n\n\ndef g(:\n    pass\n";
    insta::assert_snapshot!(check(Language::Python, file, "def f():\n    return 2\n", "f"), @r#"
    def f():
        return 2


    def g(:
        pass
    "#);
    insta::assert_snapshot!(check(Language::Python, file, "def g():\n    return 2\n", "g"), @"refused: the file has a syntax error at line 5, column 7: `)` is missing; mend it before replacing `g`");
}
