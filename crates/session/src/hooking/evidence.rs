//! What can be told of a change without a model: flaws that its new lines bring in.

use std::collections::BTreeMap;

use change::{Changeset, FileChange};
use code::{Flaw, FlawKind, Language, flaws, is_test_path};

/// A flaw that a change brings in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Evidence {
    /// The file, from the project's root.
    pub(super) path: String,
    pub(super) flaw: Flaw,
}

impl Evidence {
    /// In one line: place, code, what is wrong, and the line itself.
    pub(super) fn told(&self) -> String {
        let (line, kind) = (self.flaw.line, self.flaw.kind);
        let text = super::verdict::kept(&self.flaw.text);
        format!("{}:{line}: {kind}: {}: «{text}»", self.path, kind.why())
    }
}

/// The flaws that a change brings in, file by file. What was there before is not told again; tests run on their own input,
/// and are left out.
pub(super) fn of(changes: &Changeset) -> Vec<Evidence> {
    let files = changes.files().iter();
    files.flat_map(of_file).collect()
}

fn of_file(file: &FileChange) -> Vec<Evidence> {
    let path = file.path.as_str();
    let Some(language) = Language::from_path(path).filter(|_| !is_test_path(path)) else {
        return Vec::new();
    };
    let found = |state: &Option<change::FileState>| {
        let text = state.as_ref().and_then(change::FileState::text);
        text.map_or_else(Vec::new, |it| flaws(language, it))
    };
    let mut before: BTreeMap<(FlawKind, String), usize> = BTreeMap::new();
    for flaw in found(&file.before) {
        *before.entry((flaw.kind, flaw.text)).or_default() += 1;
    }
    let is_new = |flaw: &Flaw| match before.get_mut(&(flaw.kind, flaw.text.clone())) {
        Some(count) if *count > 0 => {
            *count -= 1;
            false
        }
        _ => true,
    };
    let mut all = found(&file.after);
    let mut is_new = is_new;
    all.retain(|it| is_new(it));
    let evidence = |flaw| Evidence {
        path: path.to_owned(),
        flaw,
    };
    all.into_iter().map(evidence).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use change::{FileState, RelPath};

    #[test]
    fn only_what_a_change_brings_in_is_told() {
        let state = |text: &str| Some(FileState::file(text.as_bytes().to_vec()));
        let file = |path: &str, before: Option<FileState>, after: Option<FileState>| FileChange {
            path: RelPath::parse(path).expect("a path"),
            before,
            after,
        };
        let old = "os.system('ls ' + a)\n";
        let new = "x = 1\nos.system('ls ' + a)\n\neval(y)\n";
        let changes = Changeset::new(vec![
            file("a.py", state(old), state(new)),
            file("b.js", None, state("eval(x)\n")),
            file("c.go", None, state("eval(x)\n")),
            file("d.py", state(old), None),
            file("tests/test_a.py", None, state(old)),
        ])
        .expect("a changeset");
        let told: Vec<String> = of(&changes).iter().map(Evidence::told).collect();
        assert_eq!(
            told,
            [
                "a.py:4: code-run: text that is not fixed is run as code: «eval(y)»",
                "b.js:1: code-run: text that is not fixed is run as code: «eval(x)»",
            ]
        );
    }
}
