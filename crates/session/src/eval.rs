//! `kiro eval`: how often a model is right, measured on a suite of specs with hidden checks.
//!
//! A suite is a folder of cases. A case is a folder with one `specs/NAME.md`, an `acceptance/run` that judges
//! a finished project, and, if wanted, `given/` with files that stand there at the start and `prompt.md` for
//! the plain way of asking. Acceptance is never copied into the project: neither the engine nor the model
//! sees it. Every result is a line of a JSONL file; what stands there already is not run again.

mod case;
mod judge;
mod plain;
mod results;
mod table;

pub use results::{EvalRow, Way};
pub use table::{Interval, Summary, markdown, summaries, wilson};

use std::path::{Path, PathBuf};

use model::{Budget, Cancel};

use self::case::Case;
use self::results::Results;
use crate::error::{Kind, SessionError};
use crate::models::{self, Chain};
use crate::places::{Environment, Project};
use crate::run::{RunOptions, run};
use crate::view::{Decision, Front, Question, Review, View};
use engine::{Cost, Mode};

/// The program's version: what another one measured is measured again.
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// What is to be measured.
#[derive(Clone, Debug)]
pub struct EvalOptions {
    /// The suite's folder, or one case's.
    pub suite: PathBuf,
    /// Only cases whose name contains one of these; all when empty.
    pub only: Vec<String>,
    /// Ways of working to be measured.
    pub ways: Vec<Way>,
    /// The model.
    pub model: Chain,
    /// How often each case is run; each repetition draws with other seeds.
    pub repeats: u32,
    /// The results file; `results.jsonl` in the suite's folder when none.
    pub out: Option<PathBuf>,
    /// Where the projects are worked on and then stay; somewhere of Kiro's own, and removed, when none.
    pub keep: Option<PathBuf>,
}

/// Runs what has no result yet and returns all results of the suite for these options.
///
/// # Errors
/// When the suite or the results file cannot be used, there is no model, or it is interrupted; what was
/// measured until then stands in the results file.
pub fn eval(
    options: &EvalOptions,
    environment: &Environment,
    cancel: &Cancel,
    front: &mut dyn Front,
) -> Result<Vec<EvalRow>, SessionError> {
    let suite = environment.cwd.join(&options.suite);
    let cases = case::find(&suite, &options.only)?;
    models::ensure(environment, &options.model, cancel, front)?;
    let out = options
        .out
        .as_ref()
        .map_or(suite.join("results.jsonl"), |it| environment.cwd.join(it));
    let mut results = Results::open(&out, front)?;
    let rows = measure(options, &cases, &mut results, environment, cancel, front);
    let place = place(options, environment);
    if options.keep.is_none() && place.exists() {
        host::files::remove_tree(&place).map_err(SessionError::internal)?;
    }
    rows
}

/// Where the cases' projects stand: a folder of its own for each process, so that two evaluations do not meet, unless one is given.
fn place(options: &EvalOptions, environment: &Environment) -> PathBuf {
    if let Some(keep) = &options.keep {
        return environment.cwd.join(keep);
    }
    let all = environment.kiro_home().join("evals");
    all.join(std::process::id().to_string())
}

fn measure(
    options: &EvalOptions,
    cases: &[Case],
    results: &mut Results,
    environment: &Environment,
    cancel: &Cancel,
    front: &mut dyn Front,
) -> Result<Vec<EvalRow>, SessionError> {
    let mut rows = Vec::new();
    for case in cases {
        for (way, repeat) in turns(options) {
            let key = results::Key {
                case: &case.name,
                content: &case.content,
                way,
                model: &options.model.to_string(),
                repeat,
                version: VERSION,
            };
            if let Some(known) = results.find(&key) {
                rows.push(known);
                continue;
            }
            let trial = Trial {
                case,
                way,
                repeat,
                options,
                environment,
                cancel,
            };
            let row = trial.run(front)?;
            if cancel.is_cancelled() {
                return Err(SessionError::new(
                    Kind::Interrupted,
                    "interrupted; the same command goes on from here",
                ));
            }
            results.append(&row)?;
            front.show(&View::Notice(told(&row)));
            rows.push(row);
        }
    }
    Ok(rows)
}

fn turns(options: &EvalOptions) -> Vec<(Way, u32)> {
    let repeats = || 1..=options.repeats;
    let ways = options.ways.iter();
    ways.flat_map(|way| repeats().map(|repeat| (*way, repeat)))
        .collect()
}

fn told(row: &EvalRow) -> String {
    let verdict = if row.passed { "passed" } else { "failed" };
    let failures: String = row.failures.iter().map(|it| format!("\n  {it}")).collect();
    format!(
        "{} {} {}: {verdict}, {}, {:.1} s, {} candidates, {} tokens written  {}{failures}",
        row.case,
        row.way.name(),
        row.repeat,
        row.outcome,
        row.seconds,
        row.candidates,
        row.output_tokens,
        if row.passed { "" } else { &row.verdict },
    )
    .trim_end()
    .to_owned()
}

/// One case, one way, once.
struct Trial<'a> {
    case: &'a Case,
    way: Way,
    repeat: u32,
    options: &'a EvalOptions,
    environment: &'a Environment,
    cancel: &'a Cancel,
}

/// What a way of working left behind.
struct Worked {
    outcome: String,
    cost: Cost,
    candidates: u32,
    why: String,
}

impl Trial<'_> {
    fn run(&self, front: &mut dyn Front) -> Result<EvalRow, SessionError> {
        let yard = self.yard();
        if self.options.keep.is_some() && yard.exists() {
            return Err(
                SessionError::input(format!("{} is there already", yard.display()))
                    .hint("remove it, or name another folder with --keep"),
            );
        }
        let project = yard.join("project");
        host::files::ensure_private_folder(&project).map_err(SessionError::internal)?;
        let inside = Environment {
            cwd: project.clone(),
            ..self.environment.clone()
        };
        // An evaluation that was killed may have left both, and this one must not go on with its run.
        self.clean(&project, &yard)?;
        self.case.lay_out(&project)?;
        let clock = host::clock::Stopwatch::start();
        let worked = match self.way {
            Way::Kiro => self.by_kiro(&inside, front)?,
            Way::Plain => plain::work(
                self.case,
                &project,
                &self.options.model,
                &inside,
                self.seed(),
                self.cancel,
                front,
            )?,
        };
        let seconds = clock.elapsed_ms() as f64 / 1000.0;
        let judged = judge::accept(self.case, &project, &yard, &inside, self.cancel)?;
        if self.options.keep.is_none() {
            self.clean(&project, &yard)?;
        }
        Ok(self.row(&worked, &judged, seconds))
    }

    /// Removes the case's project and what Kiro keeps of it.
    fn clean(&self, project: &Path, yard: &Path) -> Result<(), SessionError> {
        let state = Project::at(project, self.environment)?.state;
        for folder in [&state, yard] {
            if folder.exists() {
                host::files::remove_tree(folder).map_err(SessionError::internal)?;
            }
        }
        Ok(())
    }

    fn row(&self, worked: &Worked, judged: &judge::Judged, seconds: f64) -> EvalRow {
        let why = if judged.passed || worked.why.is_empty() {
            judged.verdict.clone()
        } else {
            format!("{} ({})", judged.verdict, worked.why)
        };
        EvalRow {
            case: self.case.name.clone(),
            content: self.case.content.clone(),
            way: self.way,
            model: self.options.model.to_string(),
            repeat: self.repeat,
            version: VERSION.to_owned(),
            outcome: worked.outcome.clone(),
            passed: judged.passed,
            verdict: why,
            failures: judged.failures.clone(),
            seconds,
            input_tokens: worked.cost.input_tokens,
            cached_tokens: worked.cost.cached_tokens,
            output_tokens: worked.cost.output_tokens,
            candidates: worked.candidates,
        }
    }

    fn yard(&self) -> PathBuf {
        let name = match self.options.keep {
            Some(_) => format!("{}-{}-{}", self.case.name, self.way.name(), self.repeat),
            None => self.case.name.clone(),
        };
        place(self.options, self.environment).join(name)
    }

    fn seed(&self) -> u64 {
        u64::from(self.repeat - 1)
    }

    fn by_kiro(&self, inside: &Environment, front: &mut dyn Front) -> Result<Worked, SessionError> {
        let options = RunOptions {
            commit_per_task: false,
            branch: None,
            spec: self.case.spec.to_string(),
            mode: Mode::Autopilot,
            only: None,
            model: self.options.model.clone(),
            planner: self.options.model.clone(),
            budget: Budget::default(),
            seed: self.seed(),
            parallel: 1,
        };
        let mut tally = Tally {
            front,
            cost: Cost::default(),
            candidates: 0,
            reason: String::new(),
        };
        let ended = run(&options, inside, self.cancel, &mut tally);
        let outcome = match ended {
            Ok(outcome) => outcome.name().to_owned(),
            Err(error) if error.kind == Kind::Input => {
                tally.reason = error.message;
                "unreadable".to_owned()
            }
            Err(error) if error.kind == Kind::Interrupted => "interrupted".to_owned(),
            Err(error) => return Err(error),
        };
        Ok(Worked {
            outcome,
            cost: tally.cost,
            candidates: tally.candidates,
            why: tally.reason,
        })
    }
}

/// Counts what a run costs, and lets only what passes by through to the front end.
struct Tally<'a> {
    front: &'a mut dyn Front,
    cost: Cost,
    candidates: u32,
    reason: String,
}

impl Front for Tally<'_> {
    fn show(&mut self, view: &View) {
        match view {
            View::Ended { cost, reason, .. } => {
                self.cost = *cost;
                self.reason.clone_from(reason);
            }
            View::Tried { .. } => self.candidates += 1,
            View::Asking { .. } | View::Reading { .. } | View::Writing(_) => self.front.show(view),
            _ => {}
        }
    }

    fn ask(&mut self, _: &Review, _: &mut dyn FnMut() -> Option<Decision>) -> Option<Decision> {
        None
    }

    fn answer(&mut self, _: &Question) -> Option<String> {
        None
    }

    fn consent(&mut self, _: &tools::Wish) -> tools::Consent {
        tools::Consent::No
    }
}

/// A file name of a path, for people.
fn name_of(path: &Path) -> String {
    path.file_name()
        .map_or_else(String::new, |it| it.to_string_lossy().into_owned())
}
