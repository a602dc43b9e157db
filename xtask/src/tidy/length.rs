//! Functions and files stay short; what was long before the rule may only shrink.

use super::Violation;
use crate::files::{FileSet, SourceFile};
use crate::rust_source::Function;
use crate::tables::{
    FILE_LINES_MAX, FUNCTION_LINES_MAX, LONG_FUNCTIONS, LongFunction, TABLE_FILES,
};

const FUNCTIONS: &str = "function-length";
const FILES: &str = "file-length";

pub(super) fn of_functions(set: &FileSet) -> Vec<Violation> {
    functions_against(set, LONG_FUNCTIONS)
}

fn functions_against(set: &FileSet, baseline: &[LongFunction]) -> Vec<Violation> {
    let mut found = Vec::new();
    // A test that tells a long story, or a table of cases, may be as long as it is.
    let in_tests = |file: &SourceFile| file.path().contains("/tests/");
    for (file, rust) in set.rust().filter(|(file, _)| !in_tests(file)) {
        for function in rust
            .functions()
            .iter()
            .filter(|it| it.lines > FUNCTION_LINES_MAX)
        {
            let entry = baseline
                .iter()
                .find(|it| it.path == file.path() && it.name == function.name);
            found.extend(too_long(file, function, entry));
        }
    }
    found.extend(baseline.iter().filter_map(|entry| stale(set, entry)));
    found
}

fn too_long(
    file: &SourceFile,
    function: &Function,
    entry: Option<&LongFunction>,
) -> Option<Violation> {
    let Function { name, line, lines } = function;
    let why = match entry {
        None => format!("`{name}` has {lines} lines, more than {FUNCTION_LINES_MAX}: split it"),
        Some(entry) if *lines > entry.lines => {
            format!(
                "`{name}` grew from {} to {lines} lines: long functions may only shrink",
                entry.lines
            )
        }
        Some(_) => return None,
    };
    Some(Violation::new(FUNCTIONS, file.path(), *line, why))
}

fn stale(set: &FileSet, entry: &LongFunction) -> Option<Violation> {
    let functions = set
        .get(entry.path)
        .and_then(|it| it.rust())
        .map(|it| it.functions())
        .unwrap_or_default();
    let longest = functions
        .into_iter()
        .filter(|it| it.name == entry.name)
        .max_by_key(|it| it.lines);
    let (line, why) = match longest {
        Some(it) if it.lines >= entry.lines => return None,
        Some(it) if it.lines > FUNCTION_LINES_MAX => (
            it.line,
            format!(
                "`{}` shrank to {} lines: write that into LONG_FUNCTIONS in xtask/src/tables.rs",
                it.name, it.lines
            ),
        ),
        _ => (
            1,
            format!(
                "`{}` is short or gone: remove it from LONG_FUNCTIONS in xtask/src/tables.rs",
                entry.name
            ),
        ),
    };
    Some(Violation::new(FUNCTIONS, entry.path, line, why))
}

pub(super) fn of_files(set: &FileSet) -> Vec<Violation> {
    files_against(set, TABLE_FILES)
}

fn files_against(set: &FileSet, tables: &[(&str, &str)]) -> Vec<Violation> {
    let is_table = |path: &str| tables.iter().any(|(it, _)| *it == path);
    let is_long = |file: &SourceFile| lines(file) > FILE_LINES_MAX;
    let mut found = Vec::new();
    for file in set
        .own()
        .filter(|it| it.is_program() && is_long(it) && !is_table(it.path()))
    {
        let why = format!(
            "the file has {} lines, more than {FILE_LINES_MAX}: split it, or list it in TABLE_FILES in xtask/src/tables.rs if it is a table",
            lines(file)
        );
        found.push(Violation::new(FILES, file.path(), FILE_LINES_MAX + 1, why));
    }
    for (path, _) in tables
        .iter()
        .filter(|(path, _)| !set.get(path).is_some_and(is_long))
    {
        found.push(Violation::new(
            FILES,
            path,
            1,
            "the file is short or gone: remove it from TABLE_FILES in xtask/src/tables.rs",
        ));
    }
    found
}

fn lines(file: &SourceFile) -> usize {
    file.text().map_or(0, |it| it.lines().count())
}

#[cfg(test)]
mod tests {
    use super::super::{NOTHING, check};
    use super::*;

    fn function(name: &str, lines: usize) -> String {
        format!("fn {name}() {{\n{}}}\n", "    x();\n".repeat(lines - 2))
    }

    fn entry(name: &'static str, lines: usize) -> LongFunction {
        LongFunction {
            path: "a.rs",
            name,
            lines,
        }
    }

    fn against(text: &str, baseline: &[LongFunction]) -> Vec<String> {
        check(|set| functions_against(set, baseline), &[("a.rs", text)])
    }

    #[test]
    fn seventy_lines_are_enough() {
        assert_eq!(against(&function("f", 70), &[]), NOTHING);
        assert_eq!(
            against(&function("f", 71), &[]),
            ["a.rs:1: `f` has 71 lines, more than 70: split it"]
        );
    }

    #[test]
    fn a_long_function_may_stay_but_not_grow() {
        assert_eq!(against(&function("f", 90), &[entry("f", 90)]), NOTHING);
        assert_eq!(
            against(&function("f", 91), &[entry("f", 90)]),
            ["a.rs:1: `f` grew from 90 to 91 lines: long functions may only shrink"]
        );
    }

    #[test]
    fn the_baseline_follows_what_shrinks() {
        assert_eq!(
            against(&function("f", 80), &[entry("f", 90)]),
            [
                "a.rs:1: `f` shrank to 80 lines: write that into LONG_FUNCTIONS in xtask/src/tables.rs"
            ]
        );
        assert_eq!(
            against(&function("f", 70), &[entry("f", 90), entry("g", 90)]),
            [
                "a.rs:1: `f` is short or gone: remove it from LONG_FUNCTIONS in xtask/src/tables.rs",
                "a.rs:1: `g` is short or gone: remove it from LONG_FUNCTIONS in xtask/src/tables.rs",
            ]
        );
    }

    #[test]
    fn long_files_are_tables() {
        let long = "x\n".repeat(801);
        let files = [
            ("a.rs", long.as_str()),
            ("b.py", &long[2..]),
            ("c.json", &long),
            ("fixtures/d.rs", &long),
        ];
        let found = check(|set| files_against(set, &[]), &files);
        assert_eq!(found.len(), 1);
        assert!(
            found[0].starts_with("a.rs:801: the file has 801 lines"),
            "{}",
            found[0]
        );
        assert_eq!(
            check(|set| files_against(set, &[("a.rs", "words")]), &files),
            NOTHING
        );
        assert_eq!(
            check(
                |set| files_against(set, &[("a.rs", "words"), ("b.py", "words")]),
                &files
            ),
            [
                "b.py:1: the file is short or gone: remove it from TABLE_FILES in xtask/src/tables.rs"
            ]
        );
    }
}
