//! The rules of the house that no compiler checks, each a function from the files to what breaks it.

mod architecture;
mod arrows;
mod layout;
mod length;
mod links;
mod lock_files;
mod machine_paths;
mod manifests;
mod module_docs;
mod names;
mod placeholders;
mod purity;
mod titles;
mod unsafe_code;

use std::fmt;

use crate::files::FileSet;

/// One place where a rule is broken.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Violation {
    /// The file, from the repository's root.
    pub(crate) path: String,
    /// The line, from 1.
    pub(crate) line: usize,
    /// The rule's name.
    pub(crate) rule: &'static str,
    /// What is wrong and, where it is not obvious, what to do.
    pub(crate) why: String,
}

impl Violation {
    fn new(rule: &'static str, path: &str, line: usize, why: impl Into<String>) -> Violation {
        Violation {
            path: path.to_owned(),
            line,
            rule,
            why: why.into(),
        }
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}:{}: {} [{}]",
            self.path, self.line, self.why, self.rule
        )
    }
}

type Rule = fn(&FileSet) -> Vec<Violation>;

const RULES: &[Rule] = &[
    architecture::names_every_crate,
    arrows::follow_the_table,
    layout::ends_with_newline,
    layout::no_carriage_returns,
    layout::no_tabs,
    layout::no_trailing_whitespace,
    layout::not_too_large,
    length::of_files,
    length::of_functions,
    links::resolve,
    lock_files::name_public_registries,
    machine_paths::none,
    manifests::inherit,
    module_docs::open_every_file,
    names::say_something,
    placeholders::no_marks,
    placeholders::none_in_rust,
    purity::of_dependencies,
    purity::of_source,
    titles::one_a_document,
    unsafe_code::only_where_listed,
];

/// Everything that breaks a rule, in the order of the files.
pub(crate) fn violations(files: &FileSet) -> Vec<Violation> {
    let mut found: Vec<Violation> = RULES.iter().flat_map(|rule| rule(files)).collect();
    found.sort();
    found
}

/// What `rule` finds in files given as path and text, as `path:line: why`.
#[cfg(test)]
fn check(rule: impl Fn(&FileSet) -> Vec<Violation>, files: &[(&str, &str)]) -> Vec<String> {
    let found = rule(&FileSet::of(files));
    found
        .iter()
        .map(|it| format!("{}:{}: {}", it.path, it.line, it.why))
        .collect()
}

#[cfg(test)]
const NOTHING: [&str; 0] = [];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn findings_of_all_rules_come_in_the_order_of_the_files() {
        let files = FileSet::of(&[
            ("a.md", "# A \n"),
            ("b.rs", "//! Words.\nfn f() { dbg!(1) }"),
            ("ARCHITECTURE.md", "# A\n"),
        ]);
        let found: Vec<String> = violations(&files)
            .iter()
            .filter(|it| files.get(&it.path).is_some())
            .map(ToString::to_string)
            .collect();
        assert_eq!(
            found,
            [
                "a.md:1: there is whitespace at the end of the line [trailing-whitespace]",
                "b.rs:2: the last line does not end with a line break [final-newline]",
                "b.rs:2: `dbg!` is left over: finish or remove it [placeholders]",
            ]
        );
    }
}
