//! Tasks whose files changed under their ticks, proven again on what stands in the project now. What passes is recorded, so that
//! it is not stale any more.

use std::path::Path;

use change::RelPath;
use engine::checks::CheckFile;
use engine::{CheckPurpose, DoneTask, Fact, TaskRecord, work_of};
use host::process::Finished;
use spec::{Spec, TaskList, TaskMark, Waits};

use crate::documents;
use crate::error::SessionError;
use crate::journal::Journal;
use crate::places::SpecPlace;
use crate::planning;
use crate::run::own_tests::{self, Ran};
use crate::run::{now, snapshot};
use crate::shop::{Shop, Yard, exit_code, millis};
use crate::stale::{self, Past, StaleWhy};
use crate::tooling;

/// How many checks passed and failed; none when there were none.
type Counts = Option<(usize, usize)>;

/// A stale task that was looked at again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifiedTask {
    /// The spec's path.
    pub spec: String,
    /// The task's id.
    pub task: String,
    /// Its title.
    pub title: String,
    /// Why it was stale.
    pub why: Vec<StaleWhy>,
    /// How many checks passed and failed; none when nothing could be run.
    pub checks: Option<(usize, usize)>,
    /// Whether it is done from what stands now, which was recorded.
    pub confirmed: bool,
    /// How it was done.
    pub(crate) done: DoneTask,
}

impl VerifiedTask {
    /// Whether checks ran, and what the task brought in no longer passes them.
    pub fn is_broken(&self) -> bool {
        self.checks.is_some() && !self.confirmed
    }
}

/// Proves tasks again whose code changed, and records what passes. Tasks whose spec changed are work, not proof.
///
/// # Errors
/// When the journal, the documents or the sandbox cannot be used.
pub(crate) fn confirm(
    place: &SpecPlace,
    spec: &Spec,
    shop: &Shop,
    journal: &mut Journal,
    folder: &Path,
) -> Result<Vec<VerifiedTask>, SessionError> {
    let all = candidates(place, spec, journal)?;
    if all.is_empty() {
        return Ok(Vec::new());
    }
    let yard = Yard::fresh(folder)?;
    let checkout = shop.shadow.checkout(&snapshot(shop)?, &yard.tree);
    checkout.map_err(SessionError::internal)?;
    let work = Work {
        place,
        spec,
        shop,
        yard: &yard,
    };
    let looked = all.into_iter().map(|it| work.again(it, journal));
    let looked: Result<Vec<VerifiedTask>, SessionError> = looked.collect();
    host::files::remove_tree(folder).map_err(SessionError::internal)?;
    looked
}

struct Candidate {
    record: TaskRecord,
    done: DoneTask,
    why: Vec<StaleWhy>,
}

/// The ticked tasks of which only the code changed.
fn candidates(
    place: &SpecPlace,
    spec: &Spec,
    journal: &Journal,
) -> Result<Vec<Candidate>, SessionError> {
    let text = documents::read(&place.project, &place.tasks())?.unwrap_or_default();
    let list = TaskList::parse(&text);
    let waits = Waits::of(&list);
    let past = Past::trail(&place.project, journal)?;
    let own = place.path.as_str();
    let ticked = planning::leaves(&list).filter(|it| it.mark == TaskMark::Done);
    let stale = ticked.filter_map(|it| {
        let record = planning::record(spec, &waits, it);
        let done = past.done(own, &record).filter(|it| !it.reopened)?.clone();
        let why = past.whys(own, &record);
        let is_code = !why.is_empty() && why.iter().all(StaleWhy::is_code);
        is_code.then_some(Candidate { record, done, why })
    });
    Ok(stale.collect())
}

struct Work<'a> {
    place: &'a SpecPlace,
    spec: &'a Spec,
    shop: &'a Shop,
    yard: &'a Yard,
}

impl Work<'_> {
    fn again(&self, of: Candidate, journal: &mut Journal) -> Result<VerifiedTask, SessionError> {
        let Candidate { record, done, why } = of;
        // As they stand before anything runs beside them.
        let left = stale::standing(&done, &self.yard.tree, &self.place.project);
        let mut facts = Vec::new();
        let mut counts = self.compiled(&record, &done, &mut facts)?;
        if counts.is_none() {
            counts = self.own(&why, &done, &mut facts)?;
        }
        let confirmed = matches!(counts, Some((passed, 0)) if passed > 0);
        let looked = VerifiedTask {
            spec: self.place.path.to_string(),
            task: record.id.clone(),
            title: record.title.clone(),
            why,
            checks: counts,
            confirmed,
            done,
        };
        if confirmed {
            facts.push(Fact::Confirmed {
                task: looked.done.from.id.clone(),
                record,
                by_person: false,
                left,
            });
        }
        journal
            .append(&looked.done.run, now(), &facts)
            .map_err(SessionError::internal)?;
        Ok(looked)
    }

    /// Runs the checks of a task, written anew from the spec; gives how many passed and failed.
    fn compiled(
        &self,
        record: &TaskRecord,
        done: &DoneTask,
        facts: &mut Vec<Fact>,
    ) -> Result<Counts, SessionError> {
        let tooling = tooling::look(&self.yard.tree, self.spec, self.shop);
        let work = work_of(
            self.spec,
            &tooling,
            &record.id,
            &record.requirements,
            &record.files,
        );
        let mut counts = None;
        for file in work.map(|it| it.checks).unwrap_or_default() {
            self.shop.write(self.yard, &file.path, &file.text)?;
            let (argv, finished, report) =
                self.shop
                    .check_file(self.yard, &file, CheckPurpose::Again)?;
            // What ended badly without naming a test failed as a whole.
            let is_green = finished.ended.success() && report.failed.is_empty();
            let failed = report.failed.len().max(usize::from(!is_green));
            let ran = (report.passed.len(), failed);
            facts.push(fact(done, argv, &finished, ran));
            counts = Some(sum(counts, ran));
        }
        Ok(counts)
    }

    /// Runs the tests that the task brought along itself and that are as they were left: one that somebody changed since says
    /// something else.
    fn own(
        &self,
        why: &[StaleWhy],
        done: &DoneTask,
        facts: &mut Vec<Fact>,
    ) -> Result<Counts, SessionError> {
        let is_left = |path: &&String| {
            why.iter().all(|it| it.subject() != Some(path.as_str()))
                && self.yard.tree.join(path.as_str()).is_file()
        };
        let paths = done.files.iter().filter(is_left);
        let paths: Vec<RelPath> = paths.filter_map(|it| RelPath::parse(it).ok()).collect();
        let tooling = tooling::look(&self.yard.tree, self.spec, self.shop);
        let files: Vec<CheckFile> = own_tests::files(self.shop, self.yard, &paths, &tooling);
        let mut counts = None;
        for file in files {
            let Ran {
                argv,
                finished,
                report,
                ..
            } = own_tests::run(self.shop, self.yard, &file)?;
            let ran = (report.passed.len(), report.failed.len());
            facts.push(fact(done, argv, &finished, ran));
            counts = Some(sum(counts, ran));
        }
        Ok(counts)
    }
}

fn sum(counts: Counts, (passed, failed): (usize, usize)) -> (usize, usize) {
    let (all_passed, all_failed) = counts.unwrap_or((0, 0));
    (all_passed + passed, all_failed + failed)
}

fn fact(
    done: &DoneTask,
    argv: Vec<String>,
    finished: &Finished,
    (passed, failed): (usize, usize),
) -> Fact {
    Fact::CheckRan {
        task: Some(done.from.id.clone()),
        purpose: CheckPurpose::Again,
        argv,
        exit: exit_code(finished),
        ended: finished.ended.to_string(),
        passed: u32::try_from(passed).unwrap_or(u32::MAX),
        failed: u32::try_from(failed).unwrap_or(u32::MAX),
        wall_ms: millis(finished.wall),
    }
}
