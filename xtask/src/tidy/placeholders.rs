//! Nothing is left for later.

use super::Violation;
use crate::files::{FileSet, SourceFile};
use crate::words::{find_word, line_of};

const RULE: &str = "placeholders";
const LEFT_OVER: &[&str] = &["todo!", "unimplemented!", "dbg!"];
const MARKS: &[&str] = &["TODO", "FIXME", "XXX"];

/// Macros that stand for missing code, and tests that are switched off.
pub(super) fn none_in_rust(set: &FileSet) -> Vec<Violation> {
    let mut found = Vec::new();
    for (file, rust) in set.rust() {
        let code = rust.code();
        let mut add =
            |at, why: String| found.push(Violation::new(RULE, file.path(), line_of(code, at), why));
        for name in LEFT_OVER {
            find_word(code, name)
                .for_each(|at| add(at, format!("`{name}` is left over: finish or remove it")));
        }
        for at in find_word(code, "#[ignore") {
            add(
                at,
                "a test that never runs proves nothing: make it run or remove it".to_owned(),
            );
        }
    }
    found
}

/// Notes about work to do, in programs of any language; strings in Rust are data.
pub(super) fn no_marks(set: &FileSet) -> Vec<Violation> {
    let mut found = Vec::new();
    for file in set.own().filter(|it| is_checked(it)) {
        let Some(text) = file
            .rust()
            .map(|it| it.without_literals())
            .or_else(|| file.text().map(str::to_owned))
        else {
            continue;
        };
        for mark in MARKS {
            for at in find_word(&text, mark) {
                let why = format!(
                    "`{mark}` is left over: do it now, or write it down where work is planned"
                );
                found.push(Violation::new(RULE, file.path(), line_of(&text, at), why));
            }
        }
    }
    found
}

fn is_checked(file: &SourceFile) -> bool {
    file.is_program() || matches!(file.extension(), "toml" | "yaml" | "yml")
}

#[cfg(test)]
mod tests {
    use super::super::check;
    use super::*;

    #[test]
    fn missing_code_and_sleeping_tests_are_found() {
        let text = "fn f() { todo!() }\nfn g() { my_todo!(\"todo!\") } // todo!\n#[test]\n#[ignore = \"slow\"]\nfn t() {}\n";
        assert_eq!(
            check(none_in_rust, &[("a.rs", text)]),
            [
                "a.rs:1: `todo!` is left over: finish or remove it",
                "a.rs:4: a test that never runs proves nothing: make it run or remove it",
            ]
        );
    }

    #[test]
    fn marks_are_found_in_comments_but_not_in_data_or_prose() {
        let files = [
            ("a.rs", "// TODO: more\nlet a = \"TODO\"; // FIXMEs\n"),
            ("b.py", "x = 1  # XXX\n"),
            ("c.md", "TODO\n"),
            ("run", "#!/bin/sh\n# FIXME\nmktemp XXXXXX\n"),
        ];
        assert_eq!(
            check(no_marks, &files),
            [
                "a.rs:1: `TODO` is left over: do it now, or write it down where work is planned",
                "b.py:1: `XXX` is left over: do it now, or write it down where work is planned",
                "run:2: `FIXME` is left over: do it now, or write it down where work is planned",
            ]
        );
    }
}
