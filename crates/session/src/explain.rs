//! `kiro plan --explain`: why each task is there, what it writes, whom it waits for and what will judge it. Read from the spec and
//! the documents as they stand; nothing is asked of a model and nothing is written.

use std::collections::BTreeMap;

use engine::{Proof, TaskRecord, Tooling, Work, claims, scopes_meet, work_of};
use model::Cancel;
use spec::{Plan, Spec};

use crate::documents;
use crate::error::SessionError;
use crate::models::Chain;
use crate::places::{Environment, SpecPlace};
use crate::run::tasks_file;
use crate::shop::Shop;
use crate::tooling;

/// A plan in its own words.
#[derive(Clone, Debug, Default)]
pub struct Explained {
    /// The tasks file.
    pub path: String,
    /// Its tasks.
    pub tasks: Vec<ExplainedTask>,
    /// Requirements that no task carries out: id and title.
    pub uncarried: Vec<(String, String)>,
    /// Success criteria with what will prove them, or why nothing can.
    pub success: Vec<(String, Result<String, String>)>,
}

/// Why a task is as it is.
#[derive(Clone, Debug, Default)]
pub struct ExplainedTask {
    /// Its id.
    pub id: String,
    /// Its title.
    pub title: String,
    /// The requirements that it carries out: id and title.
    pub serves: Vec<(String, String)>,
    /// What it writes: file, and what of it.
    pub writes: Vec<(String, String)>,
    /// Tasks that it waits for, each with the reason that the plan gives; may be empty.
    pub waits_for: Vec<(String, String)>,
    /// Tasks that may go on at the same time.
    pub beside: Vec<String>,
    /// Commands that judge it, each with the number of examples in it.
    pub judged_by: Vec<(String, usize)>,
    /// Criteria that these prove.
    pub proves: Vec<String>,
    /// Criteria of its requirements that nothing proves: id, text and why.
    pub unproven: Vec<(String, String, String)>,
    /// Why nothing in the spec judges it, when nothing does: then its own tests do, or a person.
    pub unjudged: Option<String>,
    /// Why it cannot be worked on, when it cannot.
    pub trouble: Option<String>,
}

/// Explains the plan of a spec.
///
/// # Errors
/// When the spec or its tasks cannot be read, or there is no plan yet.
pub fn explain_plan(
    wanted: &str,
    model: &Chain,
    environment: &Environment,
) -> Result<Explained, SessionError> {
    let place = SpecPlace::find(wanted, environment)?;
    let (_, spec) = documents::spec(&place)?;
    let tasks = tasks_file::records(&place, &spec)?;
    let gate = documents::gate(&place.project, environment)?;
    let chain = model.clone();
    let shop = Shop::open(environment, &place.project, gate, chain, Cancel::new())?;
    let plan = documents::read(&place.project, &place.plan())?.unwrap_or_default();
    let explaining = Explaining {
        tooling: tooling::look(&place.project.root, &spec, &shop),
        reasons: reasons(&plan),
        depths: depths(&tasks),
        tasks: &tasks,
        spec: &spec,
    };
    Ok(Explained {
        path: place.tasks(),
        tasks: tasks.iter().map(|it| explaining.task(it)).collect(),
        uncarried: explaining.uncarried(),
        success: claims(&spec).into_iter().map(told).collect(),
    })
}

/// Why one task waits for another, by their numbers, as the plan says.
fn reasons(plan: &str) -> BTreeMap<(String, String), String> {
    let mut reasons = BTreeMap::new();
    for it in Plan::parse(plan).dependencies {
        for on in it.on {
            reasons.insert((it.task.to_string(), on.to_string()), it.because.clone());
        }
    }
    reasons
}

/// How many tasks stand one behind the other before each; a circle, which no run would take, ends the count.
fn depths(tasks: &[TaskRecord]) -> BTreeMap<&str, usize> {
    let mut depths: BTreeMap<&str, usize> = tasks.iter().map(|it| (it.id.as_str(), 0)).collect();
    for _ in 0..tasks.len() {
        for task in tasks {
            let before = task
                .depends_on
                .iter()
                .filter_map(|it| depths.get(it.as_str()));
            let depth = before.max().map_or(0, |it| it + 1).min(tasks.len());
            depths.insert(&task.id, depth);
        }
    }
    depths
}

fn told(claim: engine::Claim) -> (String, Result<String, String>) {
    let proof = match claim.proof {
        Proof::AllTests => Ok("every test of the project is run".to_owned()),
        Proof::Examples => Ok("every example of the spec is run as a test".to_owned()),
        Proof::Command(line) => Ok(format!("«{line}» is run")),
        Proof::None(why) => Err(why),
    };
    (format!("{}: {}", claim.criterion, claim.text), proof)
}

struct Explaining<'a> {
    spec: &'a Spec,
    tooling: Tooling,
    tasks: &'a [TaskRecord],
    reasons: BTreeMap<(String, String), String>,
    depths: BTreeMap<&'a str, usize>,
}

impl Explaining<'_> {
    fn task(&self, task: &TaskRecord) -> ExplainedTask {
        let work = work_of(
            self.spec,
            &self.tooling,
            &task.id,
            &task.requirements,
            &task.files,
        );
        let mut told = ExplainedTask {
            id: task.id.clone(),
            title: task.title.clone(),
            serves: self.serves(task),
            waits_for: self.waits_for(task),
            beside: self.beside(task),
            ..ExplainedTask::default()
        };
        match work {
            Ok(work) => {
                told.writes = writes(&work);
                told.judged_by = judged_by(&work);
                told.unproven = self.unproven(task, &work);
                told.proves = work.covers;
                told.unjudged = work.unjudged;
            }
            Err(why) => told.trouble = Some(why.to_string()),
        }
        told
    }

    fn serves(&self, task: &TaskRecord) -> Vec<(String, String)> {
        let named = |id: &String| {
            let found = self.spec.requirements.iter().find(|it| it.is_named(id));
            (
                id.clone(),
                found.map_or(String::new(), |it| it.title.clone()),
            )
        };
        task.requirements.iter().map(named).collect()
    }

    fn waits_for(&self, task: &TaskRecord) -> Vec<(String, String)> {
        let because = |on: &String| {
            let found = self.reasons.get(&(task.id.clone(), on.clone()));
            (on.clone(), found.cloned().unwrap_or_default())
        };
        task.depends_on.iter().map(because).collect()
    }

    fn beside(&self, task: &TaskRecord) -> Vec<String> {
        let depth = |it: &TaskRecord| self.depths.get(it.id.as_str()).copied();
        let others = self.tasks.iter().filter(|it| {
            it.id != task.id && depth(it) == depth(task) && !scopes_meet(&it.files, &task.files)
        });
        others.map(|it| it.id.clone()).collect()
    }

    fn unproven(&self, task: &TaskRecord, work: &Work) -> Vec<(String, String, String)> {
        let named = |it: &&spec::Requirement| task.requirements.iter().any(|id| it.is_named(id));
        let of_task = self.spec.requirements.iter().filter(named);
        let criteria = of_task.flat_map(|it| &it.criteria);
        criteria
            .filter(|it| !work.covers.iter().any(|id| id == it.id.as_str()))
            .map(|it| {
                let text = it.text.split_whitespace().collect::<Vec<_>>().join(" ");
                (it.id.to_string(), text, it.why.to_string())
            })
            .collect()
    }

    fn uncarried(&self) -> Vec<(String, String)> {
        let carried = |it: &&spec::Requirement| {
            let mut named = self.tasks.iter().flat_map(|task| &task.requirements);
            !named.any(|id| it.is_named(id))
        };
        let left = self.spec.requirements.iter().filter(carried);
        left.map(|it| (it.id.to_string(), it.title.clone()))
            .collect()
    }
}

fn writes(work: &Work) -> Vec<(String, String)> {
    let functions = work
        .functions
        .iter()
        .map(|it| (it.file.clone(), format!("`{}`", it.function)));
    let glue = work
        .glue
        .iter()
        .map(|it| (it.path().to_owned(), "written by the program".to_owned()));
    let checks = work.checks.iter().map(|it| {
        let what = format!("{} examples of the spec as tests", it.tests.len());
        (it.path.clone(), what)
    });
    functions.chain(glue).chain(checks).collect()
}

fn judged_by(work: &Work) -> Vec<(String, usize)> {
    let checks = work
        .checks
        .iter()
        .map(|it| (it.argv().join(" "), it.tests.len()));
    let imports = work.imports.iter().map(|(module, names)| {
        let line = format!("from {module} import {}", names.join(", "));
        (line, 1)
    });
    checks.chain(imports).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn task(id: &str, needs: &[&str]) -> TaskRecord {
        TaskRecord {
            id: id.to_owned(),
            title: String::new(),
            depends_on: needs.iter().map(|it| (*it).to_owned()).collect(),
            requirements: Vec::new(),
            files: Vec::new(),
            fingerprint: String::new(),
            prints: Vec::new(),
            ticked: false,
        }
    }

    #[test]
    fn depth_counts_the_longest_way() {
        let tasks = [task("3", &["1", "2"]), task("2", &["1"]), task("1", &[])];
        let depths = depths(&tasks);
        assert_eq!((depths["1"], depths["2"], depths["3"]), (0, 1, 2));
        let circle = [task("1", &["2"]), task("2", &["1"])];
        assert!(super::depths(&circle)["1"] <= 2);
    }
}
