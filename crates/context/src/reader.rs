//! The project's files, read through policy.

use std::path::{Path, PathBuf};

use change::RelPath;
use host::files::{self, Last};
use policy::{FileAct, FoundKind, Gate, Reason, Verdict};

/// The largest file that is read whole, in bytes.
const LARGEST: u64 = 4 << 20;

/// Reads files of one project, each judged by every name that it has. What is denied, or would need a person's leave, is
/// not read.
#[derive(Clone, Debug)]
pub struct Reader {
    root: PathBuf,
    gate: Gate,
}

/// A file that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Read {
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// The rule that lets it be read.
    pub rule: String,
}

impl Reader {
    /// For the project in `root` (canonical), by the rules of `gate`.
    pub fn new(root: &Path, gate: &Gate) -> Reader {
        Reader {
            root: root.to_path_buf(),
            gate: gate.clone(),
        }
    }

    /// The project's folder.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The text of a file; none when there is no such file.
    ///
    /// # Errors
    /// Why it is not shown: a rule, or what is wrong with the file.
    pub fn text(&self, path: &str) -> Result<Option<String>, String> {
        let Some(read) = self.bytes(path)? else {
            return Ok(None);
        };
        match String::from_utf8(read.bytes) {
            Ok(text) if !text.contains('\0') => Ok(Some(text)),
            _ => Err("it is no text".to_owned()),
        }
    }

    /// The bytes of a file; none when there is no such file.
    ///
    /// # Errors
    /// As [`Reader::text`].
    pub fn bytes(&self, path: &str) -> Result<Option<Read>, String> {
        let facts = files::look(&self.root, path, Last::Followed).map_err(|it| it.to_string())?;
        let verdict = self.gate.judge_file(FileAct::Read, &facts);
        let permit = match verdict {
            Verdict::Allow(permit) => permit,
            Verdict::Ask(ask) => return Err(because(&ask.reasons)),
            Verdict::Deny(reasons) => return Err(because(&reasons)),
        };
        match &facts.found {
            None => return Ok(None),
            Some(found) if found.kind != FoundKind::File => {
                return Err("it is no plain file".to_owned());
            }
            Some(_) => {}
        }
        let rule = permit.rule().to_owned();
        let bytes =
            files::read_judged(permit, &self.root, &facts, LARGEST).map_err(|it| it.to_string())?;
        Ok(Some(Read { bytes, rule }))
    }

    /// Whether a name may be shown at all.
    pub fn shows(&self, path: &RelPath) -> bool {
        self.gate.hidden_by(path).is_none()
    }
}

fn because(reasons: &[Reason]) -> String {
    reasons
        .first()
        .map_or_else(|| "no rule lets it be read".to_owned(), ToString::to_string)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[expect(clippy::disallowed_methods, reason = "a test plants its files")]
    fn planted() -> (tempfile::TempDir, Reader) {
        let folder = tempfile::tempdir().expect("a folder");
        let root = folder.path().canonicalize().expect("resolves");
        std::fs::write(root.join("a.md"), "text").expect("written");
        std::fs::write(root.join(".env"), "KEY=1").expect("written");
        std::fs::write(root.join("b.bin"), [0, 1, 2]).expect("written");
        std::os::unix::fs::symlink(".env", root.join("notes.md")).expect("linked");
        std::os::unix::fs::symlink("/etc/hostname", root.join("out.md")).expect("linked");
        let gate = Gate::new(&root, policy::Rules::parse(None, None).expect("rules"));
        let reader = Reader::new(&root, &gate);
        (folder, reader)
    }

    #[test]
    fn sensitive_files_are_not_read_by_any_name() {
        let (_folder, reader) = planted();
        assert_eq!(reader.text("a.md"), Ok(Some("text".to_owned())));
        assert_eq!(reader.text("none.md"), Ok(None));
        for path in [".env", "notes.md", "out.md", "../x", "b.bin", "."] {
            assert!(reader.text(path).is_err(), "{path}");
        }
        let why = reader.text("notes.md").expect_err("sensitive");
        assert!(why.contains("sensitive"), "{why}");
    }
}
