//! No file names a folder that exists on one machine only.

use super::Violation;
use crate::files::FileSet;
use crate::tables::{ANYBODY, MACHINE_PATH_FILES};
use crate::words::line_of;

const RULE: &str = "machine-paths";

/// Where the files of one person, or of one machine's work, stand. After the second kind any name is wrong,
/// after the first one only a name that is somebody's.
const HOMES: &[&str] = &["/home/", "/Users/", "C:\\Users\\", "C:/Users/"];
const MACHINES: &[&str] = &["/root/"];

pub(super) fn none(set: &FileSet) -> Vec<Violation> {
    against(set, MACHINE_PATH_FILES)
}

fn against(set: &FileSet, listed: &[(&str, &str)]) -> Vec<Violation> {
    let is_listed = |path: &str| listed.iter().any(|(it, _)| *it == path);
    let mut found = Vec::new();
    for file in set
        .own()
        .filter(|it| !set.is_test(it) && !is_listed(it.path()))
    {
        let Some(text) = file
            .rust()
            .map(|it| it.production_text())
            .or_else(|| file.text().map(str::to_owned))
        else {
            continue;
        };
        for (at, path) in machine_paths(&text) {
            let why = format!(
                "`{path}` exists on one machine only: take it from the user, or write it as an example of `you`"
            );
            found.push(Violation::new(RULE, file.path(), line_of(&text, at), why));
        }
    }
    for (path, _) in listed.iter().filter(|(path, _)| set.get(path).is_none()) {
        found.push(Violation::new(
            RULE,
            path,
            1,
            "the file is gone: remove it from MACHINE_PATH_FILES in xtask/src/tables.rs",
        ));
    }
    found
}

fn machine_paths(text: &str) -> Vec<(usize, &str)> {
    let mut found = Vec::new();
    for prefix in HOMES.iter().chain(MACHINES) {
        for (at, _) in text
            .match_indices(prefix)
            .filter(|(at, _)| starts_a_path(text, *at))
        {
            let name = first_name(&text[at + prefix.len()..]);
            let belongs_to_anybody = HOMES.contains(prefix) && ANYBODY.contains(&name);
            if !name.is_empty() && !belongs_to_anybody {
                found.push((at, &text[at..at + prefix.len() + name.len()]));
            }
        }
    }
    found
}

/// Whether no longer path leads up to the one at `at`.
fn starts_a_path(text: &str, at: usize) -> bool {
    let before = text[..at].chars().next_back();
    !before.is_some_and(|it| it.is_alphanumeric() || "_.~$}*>)-/\\".contains(it))
}

/// The name at the start of `rest`; empty when a variable or a pattern stands there.
fn first_name(rest: &str) -> &str {
    let end = rest.find(|it: char| !(it.is_alphanumeric() || "._-".contains(it)));
    rest[..end.unwrap_or(rest.len())].trim_end_matches('.')
}

#[cfg(test)]
mod tests {
    use super::super::{NOTHING, check};
    use super::*;

    fn found(text: &str) -> Vec<&str> {
        machine_paths(text).into_iter().map(|it| it.1).collect()
    }

    #[test]
    fn folders_of_one_machine_are_found() {
        assert_eq!(
            found("cd /root/.cache && ls \"/home/jdoe/x\""),
            ["/home/jdoe", "/root/.cache"]
        );
        assert_eq!(
            found("C:\\Users\\jdoe\\x, /Users/jdoe, /root/main/x."),
            ["/Users/jdoe", "C:\\Users\\jdoe", "/root/main"]
        );
    }

    #[test]
    fn folders_of_anybody_are_fine() {
        let fine = "/home/you/x /home/<name>/ /home/$USER /Users/*/ crates/root/x https://example.org/home/page \
                    /rooted ~/root/x ${HOME}/root/y /home /root, ./root/x src/root/z";
        assert_eq!(found(fine), NOTHING);
    }

    #[test]
    fn tests_and_fixtures_may_make_up_paths() {
        let text = "const A: &str = \"/root/x\";\n#[cfg(test)]\nmod tests { const B: &str = \"/root/y\"; }\n";
        let files = [
            ("a.rs", text),
            ("tests/b.rs", text),
            ("fixtures/c.json", text),
        ];
        let findings = check(|set| against(set, &[]), &files);
        assert_eq!(findings.len(), 1);
        assert!(
            findings[0].starts_with("a.rs:1: `/root/x` exists"),
            "{}",
            findings[0]
        );
        assert_eq!(
            check(|set| against(set, &[("a.rs", "a rule about it")]), &files),
            NOTHING
        );
        assert_eq!(check(|set| against(set, &[("gone.rs", "")]), &[]).len(), 1);
    }
}
