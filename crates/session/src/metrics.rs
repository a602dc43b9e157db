//! `kiro metrics`: how well things go, from the journal, the specs and the sources. What was not measured is none, never a
//! number.

mod shape;
mod sources;

use std::collections::{BTreeMap, BTreeSet};

use engine::{Cost, Outcome, RunTally, Share, Tally};

use crate::chat;
use crate::documents;
use crate::error::SessionError;
use crate::eval::{Interval, wilson};
use crate::hooking::HOOKS;
use crate::new_spec::DRAFT;
use crate::places::{Environment, Project, SpecPlace};
use crate::query::{existing_journal, status};
use crate::trace::trace;

pub use shape::{Shape, ShapeChange};
pub use sources::Coverage;

/// The days of a week and a day, in milliseconds.
const DAY_MS: i64 = 86_400_000;

/// What is to be measured.
#[derive(Clone, Debug, Default)]
pub struct MetricsOptions {
    /// One specification, by name or path.
    pub spec: Option<String>,
    /// Only runs that began within so many milliseconds before now.
    pub since_ms: Option<i64>,
}

/// Everything that was measured.
#[derive(Clone, Debug)]
pub struct Metrics {
    /// The project's folder.
    pub project: String,
    /// When it was measured, in milliseconds since 1970.
    pub at_ms: i64,
    /// All runs together.
    pub all: Tally,
    /// Each run, oldest first.
    pub runs: Vec<Measured>,
    /// The figures by spec, by model, and by week (its Monday as `2026-11-23`).
    pub by_spec: BTreeMap<String, Tally>,
    /// By model.
    pub by_model: BTreeMap<String, Tally>,
    /// By week.
    pub by_week: BTreeMap<String, Tally>,
    /// Each spec with how long it took and how far it is.
    pub specs: Vec<SpecFigures>,
    /// Chats: how many, and their cost.
    pub chats: (u64, Cost),
    /// Coverage by tests, where the project left a report of it.
    pub coverage: Option<Coverage>,
    /// Public definitions in files that runs brought in: documented, and all.
    pub documented: Share,
    /// What became of the code that runs changed, as far as their changes stand.
    pub shape: Option<ShapeChange>,
}

/// A run.
#[derive(Clone, Debug)]
pub struct Measured {
    /// Its id.
    pub id: String,
    /// Its figures.
    pub run: RunTally,
}

/// A spec.
#[derive(Clone, Debug)]
pub struct SpecFigures {
    /// Its path, relative to the project.
    pub spec: String,
    /// Its title.
    pub title: String,
    /// From the beginning of its first run until a run of it was done, in milliseconds.
    pub to_done_ms: Option<i64>,
    /// Requirements from which tasks, files and checks can be reached, and all.
    pub traced: Share,
    /// Criteria that recorded evidence covers, and all.
    pub covered: Share,
    /// Tasks that a change of the spec made stale.
    pub stale: u64,
    /// Tasks done, and all.
    pub tasks: Share,
}

/// The interval of a share's rate.
pub fn interval(share: Share) -> Interval {
    let small = |it: u64| usize::try_from(it).unwrap_or(usize::MAX);
    wilson(small(share.part), small(share.all))
}

/// Measures the project around the current folder.
///
/// # Errors
/// When the journal or a spec cannot be read.
pub fn metrics(
    options: &MetricsOptions,
    environment: &Environment,
) -> Result<Metrics, SessionError> {
    let place = options
        .spec
        .as_deref()
        .map(|it| SpecPlace::find(it, environment))
        .transpose()?;
    let project = match &place {
        Some(place) => place.project.clone(),
        None => Project::around(environment)?,
    };
    let now = crate::run::now();
    let mut metrics = Metrics {
        project: project.root.display().to_string(),
        at_ms: now,
        all: Tally::default(),
        runs: Vec::new(),
        by_spec: BTreeMap::new(),
        by_model: BTreeMap::new(),
        by_week: BTreeMap::new(),
        specs: Vec::new(),
        chats: (0, Cost::default()),
        coverage: sources::coverage(&project.root),
        documented: Share::default(),
        shape: None,
    };
    let from = options.since_ms.map(|it| now - it);
    let wanted = place.as_ref().map(|it| it.path.as_str());
    metrics.read_runs(&project, wanted, from)?;
    metrics.documented = sources::documented(&project.root, &metrics.all.files);
    let runs = metrics.runs.iter().map(|it| it.id.as_str()).collect();
    metrics.shape = shape::changed(&project, &runs, environment)?;
    metrics.read_specs(wanted, options.spec.as_deref(), environment)?;
    Ok(metrics)
}

impl Metrics {
    fn read_runs(
        &mut self,
        project: &Project,
        wanted: Option<&str>,
        from: Option<i64>,
    ) -> Result<(), SessionError> {
        let Some(journal) = existing_journal(project)? else {
            return Ok(());
        };
        for row in journal
            .runs()
            .map_err(SessionError::internal)?
            .into_iter()
            .rev()
        {
            let is_wanted = wanted.is_none_or(|it| it == row.spec)
                && from.is_none_or(|it| row.started_ms >= it);
            if !is_wanted || row.spec == HOOKS {
                continue;
            }
            let facts = journal.facts(&row.id).map_err(SessionError::internal)?;
            let run = engine::tally(facts.iter().map(|it| (it.at_ms, &it.fact)));
            if row.spec == chat::CHAT || row.spec == DRAFT {
                self.chats.0 += 1;
                self.chats.1 += run.tally.cost;
                continue;
            }
            self.all.add(&run.tally);
            self.by_spec
                .entry(run.spec.clone())
                .or_default()
                .add(&run.tally);
            self.by_model
                .entry(run.model.clone())
                .or_default()
                .add(&run.tally);
            self.by_week
                .entry(week(run.span_ms.0))
                .or_default()
                .add(&run.tally);
            self.runs.push(Measured { id: row.id, run });
        }
        Ok(())
    }

    fn read_specs(
        &mut self,
        wanted: Option<&str>,
        named: Option<&str>,
        environment: &Environment,
    ) -> Result<(), SessionError> {
        let mut rows = BTreeMap::new();
        for row in trace(None, named, environment)? {
            let (traced, covered): &mut (Share, Share) = rows.entry(row.spec.clone()).or_default();
            let reached = row
                .tasks
                .iter()
                .any(|it| it.done && !it.files.is_empty() && it.check.is_some());
            traced.part += u64::from(reached);
            traced.all += 1;
            covered.part += row.criteria.iter().filter(|(_, is)| *is).count() as u64;
            covered.all += row.criteria.len() as u64;
        }
        for it in status(environment)? {
            if wanted.is_some_and(|wanted| wanted != it.spec) {
                continue;
            }
            let (traced, covered) = rows.get(&it.spec).copied().unwrap_or_default();
            let count = |name: &str| it.states.get(name).copied().unwrap_or(0) as u64;
            let all: usize = it.states.values().sum();
            self.specs.push(SpecFigures {
                to_done_ms: self.to_done(&it.spec),
                traced,
                covered,
                stale: count("stale"),
                tasks: Share {
                    part: count("done"),
                    all: all as u64,
                },
                spec: it.spec,
                title: it.title,
            });
        }
        Ok(())
    }

    /// From a spec's first run until one was done.
    fn to_done(&self, spec: &str) -> Option<i64> {
        let mut runs = self
            .runs
            .iter()
            .map(|it| &it.run)
            .filter(|it| it.spec == spec);
        let first = runs.clone().next()?.span_ms.0;
        let done = runs.find(|it| it.outcome == Some(Outcome::Done))?;
        Some(done.span_ms.1 - first)
    }

    /// Models that worked, each once.
    pub fn models(&self) -> BTreeSet<&str> {
        self.by_model.keys().map(String::as_str).collect()
    }
}

/// Writes a report to the place that a person named; what stands there is replaced.
///
/// # Errors
/// When the place cannot be written.
pub fn write_report(path: &std::path::Path, bytes: &[u8]) -> Result<(), SessionError> {
    let folder = path.parent().unwrap_or(path);
    let gate = documents::built_in_gate(folder)?;
    let permit = documents::permitted(gate.judge_report(path, bytes))?;
    host::files::write(permit, path, bytes).map_err(SessionError::input)
}

/// The Monday of the week that a moment lies in, in the time of Greenwich.
fn week(at_ms: i64) -> String {
    let day = at_ms.div_euclid(DAY_MS);
    // 1970 began on a Thursday.
    date(day - (day + 3).rem_euclid(7))
}

/// A day as `2026-11-23`, counted from 1970-01-01.
pub fn date(day: i64) -> String {
    let days = day + 719_468;
    let era = days.div_euclid(146_097);
    let of_era = days.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 {
        shifted + 3
    } else {
        shifted - 9
    };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weeks_begin_on_monday() {
        for (at_ms, monday) in [
            (0, "1969-12-29"),
            (1_795_910_400_000, "2026-11-23"),
            (951_782_400_000, "2000-02-28"),
        ] {
            assert_eq!(week(at_ms), monday);
        }
        assert_eq!(
            [date(0), date(11_016), date(20_786)],
            ["1970-01-01", "2000-02-29", "2026-11-29"]
        );
    }
}
