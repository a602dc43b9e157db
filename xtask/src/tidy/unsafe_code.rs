//! `unsafe` stands in few files, each listed with its reason.

use super::Violation;
use crate::files::FileSet;
use crate::tables::UNSAFE_FILES;
use crate::words::{find_word, line_of};

const RULE: &str = "unsafe";

pub(super) fn only_where_listed(set: &FileSet) -> Vec<Violation> {
    against(set, UNSAFE_FILES)
}

fn against(set: &FileSet, listed: &[(&str, &str)]) -> Vec<Violation> {
    let is_listed = |path: &str| listed.iter().any(|(it, _)| *it == path);
    let mut found = Vec::new();
    for (file, rust) in set.rust().filter(|(file, _)| !is_listed(file.path())) {
        if let Some(at) = find_word(rust.code(), "unsafe").next() {
            let why = "`unsafe` from here on: find a safe way, or list the file with its reason in UNSAFE_FILES in xtask/src/tables.rs";
            found.push(Violation::new(
                RULE,
                file.path(),
                line_of(rust.code(), at),
                why,
            ));
        }
    }
    let is_unsafe = |path: &str| {
        set.get(path)
            .and_then(|it| it.rust())
            .is_some_and(|it| find_word(it.code(), "unsafe").next().is_some())
    };
    for (path, _) in listed.iter().filter(|(path, _)| !is_unsafe(path)) {
        found.push(Violation::new(
            RULE,
            path,
            1,
            "nothing is unsafe here any more: remove it from UNSAFE_FILES in xtask/src/tables.rs",
        ));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::super::{NOTHING, check};
    use super::*;

    #[test]
    fn unsafe_needs_a_reason_on_the_list() {
        let text = "#![deny(unsafe_op_in_unsafe_fn)]\n// unsafe\nunsafe fn f() {}\n";
        let files = [("crates/host/src/sys.rs", text)];
        let found = check(|set| against(set, &[]), &files);
        assert_eq!(found.len(), 1);
        assert!(
            found[0].starts_with("crates/host/src/sys.rs:3: "),
            "{}",
            found[0]
        );
        assert_eq!(
            check(
                |set| against(set, &[("crates/host/src/sys.rs", "system calls")]),
                &files
            ),
            NOTHING
        );
    }

    #[test]
    fn the_list_does_not_go_stale() {
        let found = check(
            |set| against(set, &[("a.rs", "once"), ("gone.rs", "once")]),
            &[("a.rs", "// unsafe\n")],
        );
        assert_eq!(found.len(), 2);
        assert!(
            found
                .iter()
                .all(|it| it.contains("remove it from UNSAFE_FILES"))
        );
    }
}
