//! The one folder that tools work on: every path resolved, every read and write through policy's gate.

mod walk;

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use change::{Digest, RelPath};
use host::files::{self, FileError, Loaded, Rewrite};
use policy::{Gate, Permit, Reason, Verdict};

use crate::error::ToolError;
use crate::person::Person;
use crate::{Stop, text::quoted};

pub(crate) use walk::{Found, Walk};

/// The largest file that is read, in bytes.
pub(crate) const LARGEST: u64 = 32 << 20;

/// The folder that tools work on: a task's worktree, or the user's own folder.
#[derive(Debug)]
pub struct Workspace {
    root: PathBuf,
    gate: Gate,
    /// What files held when they were last shown or written.
    seen: Mutex<HashMap<RelPath, Digest>>,
}

/// One file to be written.
#[derive(Clone, Debug)]
pub(crate) struct Write {
    pub(crate) path: RelPath,
    pub(crate) before: Option<Loaded>,
    pub(crate) bytes: Vec<u8>,
}

impl Workspace {
    /// The workspace in `root`, which is resolved here, once.
    ///
    /// # Errors
    /// When there is no such folder.
    pub fn open(root: &Path, gate: Gate) -> Result<Workspace, FileError> {
        files::entries_in(root, None)?;
        let root = root.canonicalize().map_err(|source| FileError::Os {
            verb: "open",
            path: root.to_path_buf(),
            source,
        })?;
        Ok(Workspace {
            root,
            gate,
            seen: Mutex::default(),
        })
    }

    /// The folder, canonical.
    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// The rules by which acts here are judged.
    pub(crate) fn gate(&self) -> &Gate {
        &self.gate
    }

    /// A message with paths as the model names them.
    pub(crate) fn relative(&self, message: &str) -> String {
        match self.root.to_str() {
            Some(root) if root != "/" => message.replace(&format!("{root}/"), ""),
            _ => message.to_owned(),
        }
    }

    /// The place that a text names, with links followed as long as they stay inside; `None` is the root.
    pub(crate) fn place(&self, text: &str) -> Result<Option<RelPath>, ToolError> {
        let Some(named) = self.named(text)? else {
            return Ok(None);
        };
        self.check_readable(&named)?;
        let real = self.real(&named)?;
        if let Some(real) = &real {
            self.check_readable(real)?;
        }
        Ok(real)
    }

    /// Where a place stands on the disk.
    pub(crate) fn path(&self, place: Option<&RelPath>) -> PathBuf {
        place.map_or_else(|| self.root.clone(), |it| self.root.join(it.as_str()))
    }

    /// The place if it is one file, and nothing to be walked.
    pub(crate) fn one_file<'p>(&self, place: Option<&'p RelPath>) -> Option<&'p RelPath> {
        place.filter(|it| self.path(Some(it)).is_file())
    }

    /// The file that a text names, which need not be there yet.
    pub(crate) fn file(&self, text: &str) -> Result<RelPath, ToolError> {
        self.place(text)?
            .ok_or_else(|| ToolError::call("`path` names the workspace itself, not a file in it"))
    }

    /// The text as a path, worked out without looking at the disk.
    fn named(&self, text: &str) -> Result<Option<RelPath>, ToolError> {
        let outside = || {
            ToolError::call(format!(
                "{} is outside the workspace; name files relative to it",
                quoted(text)
            ))
        };
        let inner = if text.starts_with('/') {
            let root = self.root.to_str().unwrap_or_default();
            text.strip_prefix(root)
                .filter(|rest| rest.is_empty() || rest.starts_with('/'))
                .ok_or_else(outside)?
        } else {
            text
        };
        let mut parts: Vec<&str> = Vec::new();
        for part in inner.split('/') {
            match part {
                "" | "." => {}
                ".." => {
                    parts.pop().ok_or_else(outside)?;
                }
                name => parts.push(name),
            }
        }
        if parts.is_empty() {
            return Ok(None);
        }
        let path = RelPath::parse(&parts.join("/"));
        path.map(Some)
            .map_err(|error| ToolError::call(error.to_string()))
    }

    /// Where links lead from `path`; what does not exist yet stands in what does.
    fn real(&self, path: &RelPath) -> Result<Option<RelPath>, ToolError> {
        let whole = self.path(Some(path));
        let mut missing = Vec::new();
        for at in whole.ancestors() {
            match at.canonicalize() {
                Ok(real) => {
                    let real = missing.iter().rev().fold(real, |it, name| it.join(name));
                    return self.inside(&real, path);
                }
                Err(_) if at.symlink_metadata().is_ok() => {
                    return Err(ToolError::call(format!(
                        "{path} is, or leads through, a broken link or a file"
                    )));
                }
                Err(_) => missing.extend(at.file_name()),
            }
        }
        Ok(Some(path.clone()))
    }

    fn inside(&self, real: &Path, named: &RelPath) -> Result<Option<RelPath>, ToolError> {
        let inner = real.strip_prefix(&self.root).map_err(|_| {
            ToolError::call(format!("{named} is a link that leads out of the workspace"))
        })?;
        let text = inner
            .to_str()
            .ok_or_else(|| ToolError::call(format!("{named} leads to a name that is not UTF-8")))?;
        if text.is_empty() {
            return Ok(None);
        }
        RelPath::parse(text)
            .map(Some)
            .map_err(|error| ToolError::call(error.to_string()))
    }

    /// Whether a path may be shown.
    pub(crate) fn is_readable(&self, path: &RelPath) -> bool {
        self.check_readable(path).is_ok()
    }

    fn check_readable(&self, path: &RelPath) -> Result<(), ToolError> {
        let refuse = |rule: &str, why: String, change: &str| {
            Err(ToolError::Refused(vec![Reason {
                rule: rule.to_owned(),
                why,
                change: change.to_owned(),
            }]))
        };
        if path.components().any(|it| it.eq_ignore_ascii_case(".git")) {
            return refuse(
                "built in: .git is git's own",
                format!("{path} is not shown"),
                "ask git through `shell`",
            );
        }
        if self.gate.is_sensitive(path) {
            return refuse(
                "security.sensitive_files",
                format!("{path} is sensitive, so it is never shown"),
                "work without its content, or ask the user",
            );
        }
        Ok(())
    }

    /// The content of a file; none when there is no such file.
    pub(crate) fn load_if(&self, path: &RelPath) -> Result<Option<Loaded>, ToolError> {
        self.check_readable(path)?;
        match files::load_in(&self.root, path, LARGEST) {
            Ok(loaded) => Ok(Some(loaded)),
            Err(FileError::Os { source, .. }) if source.kind() == std::io::ErrorKind::NotFound => {
                Ok(None)
            }
            Err(error) => Err(error.into()),
        }
    }

    /// The content of a file that has to be there.
    pub(crate) fn load(&self, path: &RelPath) -> Result<Loaded, ToolError> {
        self.load_if(path)?.ok_or_else(|| {
            ToolError::call(format!(
                "there is no file {path}; `glob` or `list` show what there is"
            ))
        })
    }

    /// Remembers that the model knows this content of a file.
    pub(crate) fn note_seen(&self, path: &RelPath, bytes: &[u8]) {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.insert(path.clone(), Digest::of(bytes));
    }

    /// What the model knows of a file: whether it has seen it, and whether it is still so.
    pub(crate) fn knows(&self, path: &RelPath, bytes: &[u8]) -> Option<bool> {
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.get(path).map(|it| *it == Digest::of(bytes))
    }

    /// Writes files, all or none, and reads each back.
    pub(crate) fn write(
        &self,
        writes: &[Write],
        person: &dyn Person,
        stop: Stop<'_>,
    ) -> Result<(), ToolError> {
        let mut rewrites = Vec::new();
        for it in writes {
            let verdict = self
                .gate
                .judge_attempt_write(&self.root, &it.path, &it.bytes);
            rewrites.push(Rewrite {
                permit: permitted(verdict, &format!("write {}", it.path), person, stop)?,
                path: it.path.clone(),
                before: it.before.as_ref().map(|it| Digest::of(&it.bytes)),
                bytes: it.bytes.clone(),
            });
        }
        files::write_all_in(&self.root, rewrites)?;
        for it in writes {
            let now = files::load_in(&self.root, &it.path, u64::MAX)?;
            let bits_kept = it
                .before
                .as_ref()
                .is_none_or(|before| before.bits == now.bits);
            if now.bytes != it.bytes || !bits_kept {
                return Err(ToolError::call(format!(
                    "{} was written, but reading it back gives something else; something changes it meanwhile: \
                     read it again",
                    it.path
                )));
            }
            self.note_seen(&it.path, &it.bytes);
        }
        Ok(())
    }
}

/// The permit of a verdict, after a person was asked where one has to be.
pub(crate) fn permitted(
    verdict: Verdict,
    act: &str,
    person: &dyn Person,
    stop: Stop<'_>,
) -> Result<Permit, ToolError> {
    match verdict {
        Verdict::Allow(permit) => Ok(permit),
        Verdict::Ask(ask) if person.approve(act, &ask.reasons, stop) => Ok(ask.approved()),
        Verdict::Ask(ask) => Err(ToolError::Refused(ask.reasons)),
        Verdict::Deny(reasons) => Err(ToolError::Refused(reasons)),
    }
}
