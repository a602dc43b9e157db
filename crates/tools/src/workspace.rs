//! The one folder that tools work on: every path resolved, every read and write through policy's gate.

mod walk;

use std::collections::HashMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError, RwLock, RwLockReadGuard};

use change::{Digest, RelPath};
use host::files::{self, FileError, Last, Loaded, Rewrite};
use policy::shell::{Answer as PolicyAnswer, CommandPattern};
use policy::{
    Ask, FileAct, FoundKind, Gate, Leave, LineVerdict, PathFacts, Permit, Reason, Redactor, Verdict,
};

use crate::error::ToolError;
use crate::person::{Consent, Person, Wish};
use crate::ruling::{self, Recorder, Ruling};
use crate::{Stop, text::quoted};

pub(crate) use walk::{Found, Walk};

/// The largest file that is read, in bytes.
pub(crate) const LARGEST: u64 = 32 << 20;

/// The folder that tools work on: a task's worktree, or the user's own folder.
pub struct Workspace {
    root: PathBuf,
    gate: RwLock<Gate>,
    recorder: Option<Recorder>,
    /// What files held when they were last shown or written.
    seen: Mutex<HashMap<RelPath, Digest>>,
}

impl fmt::Debug for Workspace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Workspace")
            .field("root", &self.root)
            .finish_non_exhaustive()
    }
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
    pub fn open(root: &Path, gate: &Gate) -> Result<Workspace, FileError> {
        files::entries_in(root, None)?;
        let root = root.canonicalize().map_err(|source| FileError::Os {
            verb: "open",
            path: root.to_path_buf(),
            source,
        })?;
        Ok(Workspace {
            gate: RwLock::new(gate.in_attempt(&root)),
            root,
            recorder: None,
            seen: Mutex::default(),
        })
    }

    /// The same, with somebody who is told what policy says of the acts here.
    #[must_use]
    pub fn recorded_by(mut self, recorder: Recorder) -> Workspace {
        self.recorder = Some(recorder);
        self
    }

    fn record(&self, act: &str, (answer, rule): (PolicyAnswer, String), used: bool) {
        if let Some(recorder) = &self.recorder {
            recorder(Ruling {
                act: act.to_owned(),
                answer,
                rule,
                used,
            });
        }
    }

    /// The permit of a verdict, after a person was asked where one has to be.
    fn permitted(
        &self,
        verdict: Verdict,
        act: &str,
        person: &dyn Person,
        stop: Stop<'_>,
    ) -> Result<Permit, ToolError> {
        let told = ruling::told(&verdict);
        let permit = match verdict {
            Verdict::Allow(permit) => Ok(permit),
            Verdict::Deny(reasons) => Err(reasons),
            Verdict::Ask(ask) => {
                let wish = Wish {
                    act: act.to_owned(),
                    reasons: ask.reasons.clone(),
                    offers: Vec::new(),
                };
                match person.approve(&wish, stop) {
                    Consent::No => Err(ask.reasons),
                    Consent::Once | Consent::Further(..) => Ok(ask.approved()),
                }
            }
        };
        self.record(act, told, permit.is_ok());
        permit.map_err(ToolError::Refused)
    }

    /// Leave to carry out a command, after a person was asked where one has to be.
    pub(crate) fn leave(
        &self,
        verdict: LineVerdict,
        act: &str,
        person: &dyn Person,
        stop: Stop<'_>,
    ) -> Result<Leave, ToolError> {
        let told = ruling::told_of_line(&verdict);
        let leave = match verdict {
            LineVerdict::Allow(leave) => Ok(leave),
            LineVerdict::Deny(reasons) => Err(reasons),
            LineVerdict::Ask(ask) => {
                let wish = Wish {
                    act: act.to_owned(),
                    reasons: ask.reasons.clone(),
                    offers: ask.offers.clone(),
                };
                match person.approve(&wish, stop) {
                    Consent::No => Err(ask.reasons),
                    Consent::Once => Ok(ask.approved()),
                    Consent::Further(pattern, _) => {
                        self.approve(pattern);
                        Ok(ask.approved())
                    }
                }
            }
        };
        self.record(act, told, leave.is_ok());
        leave.map_err(ToolError::Refused)
    }

    /// The folder, canonical.
    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// The rules by which acts here are judged.
    pub(crate) fn gate(&self) -> RwLockReadGuard<'_, Gate> {
        self.gate.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes what a person has approved beyond one time.
    pub(crate) fn approve(&self, pattern: CommandPattern) {
        let mut gate = self.gate.write().unwrap_or_else(PoisonError::into_inner);
        gate.approve(pattern);
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
        self.check_used(&named)?;
        let real = self.real(&named)?;
        if let Some(real) = &real {
            self.check_used(real)?;
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

    /// The same for a path that a call names, which is recorded when it is refused.
    fn check_used(&self, path: &RelPath) -> Result<(), ToolError> {
        self.check_readable(path).inspect_err(|error| {
            if let ToolError::Refused(reasons) = error {
                let rule = reasons
                    .first()
                    .map_or_else(String::new, |it| it.rule.clone());
                self.record(&format!("use {path}"), (PolicyAnswer::Deny, rule), false);
            }
        })
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
        match self.gate().hidden_by(path) {
            Some(reason) => Err(ToolError::Refused(vec![reason])),
            None => Ok(()),
        }
    }

    fn look(&self, path: &RelPath) -> Result<PathFacts, ToolError> {
        Ok(files::look(&self.root, path.as_str(), Last::Followed)?)
    }

    /// The content of a file; none when there is no such file.
    pub(crate) fn load_if(&self, path: &RelPath) -> Result<Option<Loaded>, ToolError> {
        self.check_readable(path)?;
        let facts = self.look(path)?;
        match &facts.found {
            None => return Ok(None),
            Some(found) if found.kind == FoundKind::Folder => {
                return Err(ToolError::call(format!(
                    "{path}: a folder stands there, not a file; `list` shows what it holds"
                )));
            }
            Some(_) => {}
        }
        let verdict = self.gate().judge_file(FileAct::Read, &facts);
        let told = ruling::told(&verdict);
        let permit = match verdict {
            Verdict::Allow(permit) => permit,
            Verdict::Ask(Ask { reasons, .. }) | Verdict::Deny(reasons) => {
                self.record(&format!("read {path}"), told, false);
                return Err(ToolError::Refused(reasons));
            }
        };
        Ok(Some(files::load_judged(
            permit, &self.root, &facts, LARGEST,
        )?))
    }

    /// The content of a file that a walk came upon, which has judged its name; none where it may not be shown.
    pub(crate) fn load_found(
        &self,
        path: &RelPath,
        limit: u64,
    ) -> Result<Option<Loaded>, FileError> {
        let loaded = files::load_in(&self.root, path, limit)?;
        if loaded.links > 1 {
            // Its other names count as well.
            return Ok(self.load_if(path).ok().flatten());
        }
        Ok(Some(loaded))
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
            let before = it.before.as_ref().map_or(&[][..], |it| &it.bytes);
            if Redactor::markers(&it.bytes) > Redactor::markers(before) {
                return Err(ToolError::call(format!(
                    "{} would get a marker `[redacted …]` in place of a secret that you were not shown; edit around \
                     it, and leave its line as it is",
                    it.path
                )));
            }
            let facts = self.look(&it.path)?;
            let verdict = self.gate().judge_file(FileAct::Write(&it.bytes), &facts);
            rewrites.push(Rewrite {
                permit: self.permitted(verdict, &format!("write {}", it.path), person, stop)?,
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
