//! Bringing a proposal into the project: judged, edited by a person, applied.

use std::collections::BTreeSet;

use change::{Changeset, Digest, RelPath};
use engine::checks::CheckFile;
use engine::{
    Answer, Answerer, Fact, Judgement, Landings, Mode, Outcome, Progress, Proposal, TaskRecord,
    TaskState, work_of,
};
use host::files::ApplyError;
use host::process::Command;
use host::shadow::{Captured, Shadow, TreeId};
use policy::{OwnProgram, Permit, Verdict};
use spec::TaskMark;

use super::Running;
use super::lane::{Begin, Crew, Way};
use super::own_tests;
use crate::documents;
use crate::error::SessionError;
use crate::journal::{Entry, Journal};
use crate::places::plain;
use crate::shop::{Shop, Yard};
use crate::stale;
use crate::tooling;
use crate::view::View;

/// What policy said, as it is recorded.
pub(crate) fn judgement(verdict: &Verdict) -> Judgement {
    let words = |reasons: &[policy::Reason]| reasons.iter().map(ToString::to_string).collect();
    match verdict {
        Verdict::Allow(_) => Judgement::Allow,
        Verdict::Ask(ask) => Judgement::Ask(words(&ask.reasons)),
        Verdict::Deny(reasons) => Judgement::Deny(words(reasons)),
    }
}

/// What nothing could be run on needs a person, whatever the rules say of its files.
fn wanting_a_look(judgement: Judgement) -> Judgement {
    let look = "nothing in the spec says how to check it and it has no tests of its own".to_owned();
    match judgement {
        Judgement::Allow => Judgement::Ask(vec![look]),
        Judgement::Ask(mut reasons) => {
            reasons.insert(0, look);
            Judgement::Ask(reasons)
        }
        deny @ Judgement::Deny(_) => deny,
    }
}

/// Why what policy denies does not land.
pub(crate) fn refusal(reasons: &[policy::Reason]) -> String {
    format!("refused: {}", documents::refused(reasons).message)
}

/// What a yard's worktree holds otherwise than `base`, without what is sensitive.
pub(crate) fn capture(shop: &Shop, base: &TreeId, yard: &Yard) -> Result<Captured, SessionError> {
    let keep = |path: &RelPath| shop.gate.hidden_by(path).is_none();
    shop.shadow
        .capture(base, &yard.tree, &keep)
        .map_err(SessionError::internal)
}

/// What stands in a worktree and does not land, for the person to know.
pub(crate) fn left_out(captured: &Captured) -> Option<String> {
    let all = &captured.left_out;
    (!all.is_empty()).then(|| format!("not brought in: {}", named(all)))
}

/// The first of some paths, fit to be shown, and how many more there are.
pub(super) fn named(paths: &[impl ToString]) -> String {
    const NAMED: usize = 10;
    let some = paths.iter().take(NAMED);
    let some: Vec<String> = some.map(|it| host::files::shown(&it.to_string())).collect();
    let more = match paths.len().saturating_sub(NAMED) {
        0 => String::new(),
        more => format!(", and {more} more"),
    };
    format!("{}{more}", some.join(", "))
}

/// The files that a task may change: those that it names, and tests that it adds. One that names none is not bounded.
fn scope(named: &[String], changes: &Changeset) -> Vec<RelPath> {
    let mut scope: Vec<RelPath> = named
        .iter()
        .filter_map(|it| RelPath::parse(it).ok())
        .collect();
    if !scope.is_empty() {
        let added = changes.files().iter().filter(|it| it.before.is_none());
        let tests = added.filter(|it| own_tests::is_test(&it.path));
        scope.extend(tests.map(|it| it.path.clone()));
    }
    scope
}

/// What was captured as a proposal for which so many checks passed and none failed.
pub(crate) fn proposal(base: &TreeId, captured: &Captured, passed: u32) -> Proposal {
    let stats = captured.changes.stats();
    Proposal {
        base: base.to_string(),
        tree: captured.tree.to_string(),
        files: captured.changes.paths().map(ToString::to_string).collect(),
        added_lines: stats.added_lines as u64,
        removed_lines: stats.removed_lines as u64,
        passed,
        failed: 0,
        unjudged: false,
        shown: Vec::new(),
    }
}

/// Keeps both sides of what is about to land.
pub(crate) fn pin(
    shop: &Shop,
    name: &str,
    base: &TreeId,
    tree: &TreeId,
) -> Result<(), SessionError> {
    for (side, tree) in [("base", base), ("tree", tree)] {
        let pinned = shop.shadow.pin(&format!("{name}-{side}"), tree);
        pinned.map_err(SessionError::internal)?;
    }
    Ok(())
}

/// A proposal's changeset, read back from the shadow repository.
pub(crate) fn changes(shop: &Shop, proposal: &Proposal) -> Result<Changeset, SessionError> {
    between(&shop.shadow, &proposal.base, &proposal.tree)
}

/// What one tree holds otherwise than another.
pub(crate) fn between(shadow: &Shadow, base: &str, tree: &str) -> Result<Changeset, SessionError> {
    let id = |text: &str| TreeId::parse(text).map_err(SessionError::internal);
    shadow
        .read_changes(&id(base)?, &id(tree)?)
        .map_err(SessionError::internal)
}

/// What the facts of a run that goes on say was brought in, for policy to weigh together with what comes. What was being
/// brought in when its process died comes again, and is weighed then.
pub(super) fn landed_before(shop: &Shop, facts: &[Entry]) -> Result<Vec<Changeset>, SessionError> {
    let mut under_way = BTreeSet::new();
    for entry in facts {
        match &entry.fact {
            Fact::ApplyIntended { task, .. } => under_way.insert(task),
            Fact::Applied { task, .. }
            | Fact::ApplyFailed { task, .. }
            | Fact::Undone { task, .. } => under_way.remove(task),
            _ => false,
        };
    }
    let is_settled = |it: &&Fact| match it {
        Fact::ApplyIntended { task, .. } => !under_way.contains(task),
        _ => true,
    };
    landed(shop, facts.iter().map(|it| &it.fact).filter(is_settled))
}

/// What the facts say was brought in, for policy to weigh together with what comes.
fn landed<'a>(
    shop: &Shop,
    facts: impl Iterator<Item = &'a Fact>,
) -> Result<Vec<Changeset>, SessionError> {
    let mut landings = Landings::default();
    facts.for_each(|fact| landings.apply("", fact));
    let standing = landings.standing().iter();
    standing
        .map(|it| between(&shop.shadow, &it.base, &it.tree))
        .collect()
}

/// What earlier runs of this spec brought in that no person ever approved, back to the last one that was done:
/// beginning anew is no way around a threshold.
pub(super) fn unapproved(
    shop: &Shop,
    journal: &Journal,
    spec: &str,
) -> Result<Vec<Changeset>, SessionError> {
    let runs = journal.runs().map_err(SessionError::internal)?;
    let mut found = Vec::new();
    for run in runs.iter().filter(|it| it.spec == spec) {
        let facts = journal.facts(&run.id).map_err(SessionError::internal)?;
        let facts: Vec<Fact> = facts.into_iter().map(|it| it.fact).collect();
        let is_done =
            |it: &Fact| matches!(it, Fact::RunEnded { outcome, .. } if *outcome == Outcome::Done);
        if facts.iter().any(is_done) {
            break;
        }
        let (from, by_person) = since_approval(&facts);
        let mut later = landed(shop, facts[from..].iter())?;
        later.append(&mut found);
        found = later;
        if by_person {
            break;
        }
    }
    Ok(found)
}

/// From which fact on nothing that landed was approved by a person, and whether anything before was.
fn since_approval(facts: &[Fact]) -> (usize, bool) {
    let mut by_person = BTreeSet::new();
    let mut from = (0, false);
    for (at, fact) in facts.iter().enumerate() {
        match fact {
            Fact::Answered {
                task, answer, by, ..
            } => {
                match *answer == Answer::Approve && *by == Answerer::Person {
                    true => by_person.insert(task),
                    false => by_person.remove(task),
                };
            }
            Fact::Applied { task, .. } if by_person.contains(task) => from = (at + 1, true),
            _ => {}
        }
    }
    from
}

/// What the rules say at the moment of the act.
enum Leave {
    Given(Permit),
    Asked(Judgement),
    Refused(String),
}

impl<'a> Running<'a> {
    pub(super) fn judge(&mut self, id: &str) -> Result<(), SessionError> {
        let (changes, verdict) = self.verdict(id)?;
        let mut judgement = judgement(&verdict);
        if self.run.task(id).is_some_and(Progress::is_unjudged) {
            judgement = wanting_a_look(judgement);
        }
        // What waits for a person is shown with the question.
        if judgement == Judgement::Allow && self.run.mode == Some(Mode::Autopilot) {
            let view = View::Diff {
                task: id.to_owned(),
                changes: changes.clone(),
            };
            self.show_of(id, view);
        }
        self.record(Fact::Judged {
            task: id.to_owned(),
            judgement,
        })
    }

    fn verdict(&self, id: &str) -> Result<(Changeset, Verdict), SessionError> {
        let gone = || SessionError::internal(format!("task {id} has no proposal"));
        let task = self.run.task(id).ok_or_else(gone)?;
        let proposal = task.proposal.as_ref().ok_or_else(gone)?;
        let changes = changes(self.shop, proposal)?;
        let mut named = task.record.files.clone();
        if !named.is_empty() {
            named.extend(self.shop.written.rewritten_by(id));
        }
        let scope = scope(&named, &changes);
        let gate = self.shop.gate.knowing(self.derived(&task.record));
        let verdict = gate.judge_changes(&changes, &self.landed, &scope);
        Ok((changes, verdict))
    }

    /// The check files of a task as they follow from the spec.
    fn derived(&self, task: &TaskRecord) -> Vec<(RelPath, Digest)> {
        let tooling = tooling::look(&self.place.project.root, self.spec, self.shop);
        let work = work_of(
            self.spec,
            &tooling,
            &task.id,
            &task.requirements,
            &task.files,
        );
        let checks = work.map(|it| it.checks).unwrap_or_default();
        let digest = |it: &CheckFile| {
            let path = RelPath::parse(&it.path).ok()?;
            Some((path, Digest::of(it.text.as_bytes())))
        };
        checks.iter().filter_map(digest).collect()
    }

    /// The permit for what was approved: judged once more, just before the act. What the rules alone approved and would now ask
    /// about, because they or the sum changed, has none.
    fn permit(&self, id: &str) -> Result<(Changeset, Leave), SessionError> {
        let (changes, verdict) = self.verdict(id)?;
        let by_person = self
            .run
            .task(id)
            .is_some_and(Progress::is_approved_by_person);
        let leave = match verdict {
            Verdict::Allow(permit) => Leave::Given(permit),
            Verdict::Ask(ask) if by_person => Leave::Given(ask.approved()),
            Verdict::Ask(_) => Leave::Asked(judgement(&verdict)),
            Verdict::Deny(reasons) => Leave::Refused(refusal(&reasons)),
        };
        Ok((changes, leave))
    }

    /// Records the intent, applies, records the result. After a crash between the two this is done again,
    /// which is safe: a file that already is as it should be is left alone.
    pub(super) fn apply(&mut self, id: &str) -> Result<(), SessionError> {
        let (changes, leave) = self.permit(id)?;
        let again = self.is_in_doubt(id);
        let held = match leave {
            Leave::Given(_) => self.held(id)?,
            _ => None,
        };
        // The rules may be others than when it was begun: what may not land as a whole does not stay in part.
        if again && (held.is_some() || !matches!(leave, Leave::Given(_))) {
            self.take_back(&changes)?;
        }
        let permit = match leave {
            Leave::Given(permit) => permit,
            Leave::Refused(reason) => return self.fail(id.to_owned(), reason),
            Leave::Asked(judgement) => {
                return self.record(Fact::Judged {
                    task: id.to_owned(),
                    judgement,
                });
            }
        };
        if let Some(why) = held {
            return self.fail(id.to_owned(), why);
        }
        self.intend(id)?;
        match host::files::apply(permit, &self.place.project.root, &changes) {
            Ok(applied) => {
                let landing = applied.landing;
                let fact = stale::applied(id.to_owned(), &landing, &changes);
                self.landed.push(changes);
                self.record(fact)?;
                self.hooks_on_changes(&landing.changes)
            }
            // The user wrote one of the files at this very moment: the run looks again, at what they wrote.
            Err(ApplyError::Touched { .. }) => Ok(()),
            Err(error @ (ApplyError::Conflict { .. } | ApplyError::Escapes { .. })) => {
                if again {
                    self.take_back(&changes)?;
                }
                self.conflict(id, error.to_string())
            }
            Err(error) => Err(SessionError::input(error)
                .hint("nothing is lost: mend this and run again, and the task lands")),
        }
    }

    /// Whether it was begun to be brought in before, so that some of it may stand.
    fn is_in_doubt(&self, id: &str) -> bool {
        let task = self.run.task(id);
        task.is_some_and(|it| self.run.state(it, false) == TaskState::InDoubt)
    }

    /// Takes out what an earlier try, which died or met the user's edits half way, has brought in of these changes: a task
    /// lands as a whole or not at all.
    fn take_back(&mut self, changes: &Changeset) -> Result<(), SessionError> {
        let root = &self.place.project.root;
        let back = host::files::way_back(root, changes).map_err(SessionError::input)?;
        if back.is_empty() {
            return Ok(());
        }
        let scope: Vec<RelPath> = back.paths().cloned().collect();
        let permit = match self.shop.gate.judge_changes(&back, &[], &scope) {
            Verdict::Allow(permit) => permit,
            // It is what stood there before that comes back.
            Verdict::Ask(ask) => ask.approved(),
            Verdict::Deny(reasons) => return Err(documents::refused(&reasons)),
        };
        host::files::apply(permit, root, &back)
            .map(|_| ())
            .map_err(|error| {
                SessionError::input(error).hint("nothing is lost: mend this and run again")
            })
    }

    fn intend(&mut self, id: &str) -> Result<(), SessionError> {
        let Some(proposal) = self.run.task(id).and_then(|it| it.proposal.clone()) else {
            return Err(SessionError::internal(format!("task {id} has no proposal")));
        };
        let tree = |text: &str| TreeId::parse(text).map_err(SessionError::internal);
        let (before, after) = (tree(&proposal.base)?, tree(&proposal.tree)?);
        let name = format!("{}-{}", self.id, plain(id, &[]));
        pin(self.shop, &name, &before, &after)?;
        self.record(Fact::ApplyIntended {
            task: id.to_owned(),
            base: proposal.base,
            tree: proposal.tree,
        })
    }

    /// The user's own edits win: the task is open again and nothing was written.
    fn conflict(&mut self, id: &str, reason: String) -> Result<(), SessionError> {
        let title = self
            .run
            .task(id)
            .map_or(String::new(), |it| it.record.title.clone());
        self.front.show(&View::TaskOpen {
            task: id.to_owned(),
            title,
            reason: reason.clone(),
        });
        self.mark(id, TaskMark::Open)?;
        self.record(Fact::ApplyFailed {
            task: id.to_owned(),
            reason,
        })
    }

    /// Takes a person's own edit of an attempt over: what they keep of it, or what they make of it in their editor. It is
    /// then proven and proposed anew.
    pub(super) fn modify(&mut self, crew: &Crew<'_, 'a>, id: &str) -> Result<(), SessionError> {
        let gone = || SessionError::internal(format!("task {id} has no proposal"));
        let task = self.run.task(id).ok_or_else(gone)?;
        let (number, proposal) = (task.attempts, task.proposal.clone().ok_or_else(gone)?);
        let tree = TreeId::parse(&proposal.tree).map_err(SessionError::internal)?;
        let base = TreeId::parse(&proposal.base).map_err(SessionError::internal)?;
        let folder = self.yard_folder(id, number);
        let yard = if folder.join("tree").exists() {
            Yard::standing(&folder)?
        } else {
            let yard = Yard::fresh(&folder)?;
            self.shop
                .shadow
                .checkout(&tree, &yard.tree)
                .map_err(SessionError::internal)?;
            yard
        };
        match self.kept.take() {
            Some((task, kept)) if task == id => self.keep(&yard, &base, &kept)?,
            _ => self.edit(&yard, &proposal)?,
        }
        let begin = Begin {
            task: id.to_owned(),
            number,
            base,
            yard,
            way: Way::Edited,
        };
        self.begin(crew, begin)
    }

    /// Makes the yard's worktree the project as it was, with these changes.
    fn keep(&self, yard: &Yard, base: &TreeId, kept: &Changeset) -> Result<(), SessionError> {
        host::files::remove_tree(&yard.tree).map_err(SessionError::internal)?;
        host::files::ensure_private_folder(&yard.tree).map_err(SessionError::internal)?;
        let checkout = self.shop.shadow.checkout(base, &yard.tree);
        checkout.map_err(SessionError::internal)?;
        self.shop.bring_in(yard, kept)
    }

    fn edit(&mut self, yard: &Yard, proposal: &Proposal) -> Result<(), SessionError> {
        let Some(mut argv) = self.shop.editor()? else {
            return Err(SessionError::input("there is no editor").hint("set EDITOR"));
        };
        let files = proposal
            .files
            .iter()
            .filter(|it| yard.tree.join(it).is_file());
        argv.extend(files.cloned());
        let command = Command {
            env: self.shop.inherited(),
            ..Command::new(argv, yard.tree.clone())
        };
        let verdict = self
            .shop
            .gate
            .judge_own(OwnProgram::Editor, &command.argv, &command.cwd);
        let permit = match verdict {
            Verdict::Allow(permit) => permit,
            Verdict::Ask(ask) => ask.approved(),
            Verdict::Deny(reasons) => return Err(documents::refused(&reasons)),
        };
        let ended = host::process::interactive(permit, &command).map_err(SessionError::internal)?;
        if !ended.success() {
            self.front
                .show(&View::Warning(format!("the editor ended with: {ended}")));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use change::{FileChange, FileState};

    #[test]
    fn a_task_may_add_tests_and_nothing_that_decides_how_others_run() {
        let file = |path: &str, before: Option<&str>| FileChange {
            path: RelPath::parse(path).expect("a path"),
            before: before.map(|it| FileState::file(it.as_bytes().to_vec())),
            after: Some(FileState::file(b"new".to_vec())),
        };
        let changes = Changeset::new(vec![
            file("src/a.py", None),
            file("tests/test_a.py", None),
            file("tests/test_old.py", Some("old")),
            file("tests/conftest.py", None),
            file("tests/Makefile", None),
        ]);
        let scope = scope(&["src/a.py".to_owned()], &changes.expect("a changeset"));
        let scope: Vec<&str> = scope.iter().map(RelPath::as_str).collect();
        assert_eq!(scope, ["src/a.py", "tests/test_a.py"]);
    }
}
