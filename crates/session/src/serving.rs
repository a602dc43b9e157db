//! `kiro mcp serve`: what another program's agent may ask of Kiro, and hand in. It reads specs, plans, tasks, traces and
//! evidence; a task is done when recorded checks say so, and by no other way.

mod prompts;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use change::visible;
use engine::{Mode, Outcome};
use host::clock::Stopwatch;
use mcp::{Document, Offer, Shelf};
use model::{Budget, Cancel};
use serde_json::{Value, json};
use spec::view::TaskView;
use tools::{Answer, Effect, Progress, Stop, ToolSpec, Toolbox};

use crate::documents;
use crate::error::SessionError;
use crate::models::{self, Chain};
use crate::places::{Environment, Project, SpecPlace};
use crate::run::{RunOptions, hand_in};
use crate::stale::StaleWhy;
use crate::view::Unseen;
use crate::{query, specs, trace, verdicts, why};

const INSTRUCTIONS: &str = "\
Kiro holds written specifications and their tasks. Ask `next_task` what is ready, write the code in this folder, then \
`hand_in` the task: Kiro runs its checks on the files as they are and ticks it when they pass. Nothing else ticks a task, \
your word included. `why` shows the recorded evidence.";

/// Serves the current folder's project over the standard streams until the input ends.
///
/// # Errors
/// When the project cannot be read, or the other end does not speak the protocol.
pub fn serve_mcp(environment: &Environment) -> Result<(), SessionError> {
    let project = Project::around(environment)?;
    documents::gate(&project, environment)?;
    let office = Arc::new(Office {
        environment: environment.clone(),
        is_checking: AtomicBool::new(false),
    });
    let offer = Offer {
        toolbox: Arc::clone(&office) as Arc<dyn Toolbox + Send>,
        shelf: Arc::clone(&office) as Arc<dyn Shelf>,
        prompts: office,
        instructions: INSTRUCTIONS.to_owned(),
    };
    mcp::serve(offer).map_err(SessionError::input)
}

/// The desk at which other programs' agents ask.
struct Office {
    environment: Environment,
    /// Whether a task's checks run: one at a time.
    is_checking: AtomicBool,
}

type Answered = Result<String, SessionError>;
type Report<'a> = &'a (dyn Fn(Progress) + Sync);

/// How often whoever waits for checks hears that they run, in seconds.
const REPORT_SECONDS: u64 = 5;

impl Office {
    fn answer(&self, name: &str, arguments: &Value, stop: Stop<'_>, on: Report<'_>) -> Answered {
        let text = |key: &str| arguments[key].as_str();
        let wanted = |key: &'static str| {
            text(key).ok_or_else(|| SessionError::input(format!("`{key}` is missing")))
        };
        match name {
            "specs" => self.overview(),
            "spec" => self.spec(wanted("spec")?),
            "tasks" => self.tasks(wanted("spec")?),
            "next_task" => self.next(wanted("spec")?),
            "hand_in" => self.hand_in(wanted("spec")?, wanted("task")?, stop, on),
            "why" => self.why(wanted("task")?, text("spec")),
            "trace" => self.trace(text("what"), text("spec")),
            "policy_explain" => self.explain(wanted("command")?),
            _ => Err(SessionError::input(format!("there is no tool {name}"))),
        }
    }

    fn overview(&self) -> Answered {
        let rows = query::status(&self.environment)?;
        let rows: Vec<Value> = rows
            .iter()
            .map(|it| json!({"spec": it.spec, "title": it.title, "tasks": it.states}))
            .collect();
        Ok(pretty(&json!({"specs": rows})))
    }

    fn spec(&self, wanted: &str) -> Answered {
        let place = SpecPlace::find(wanted, &self.environment)?;
        let written = documents::written(&place)?;
        let texts: Vec<&str> = written.documents.iter().map(|it| it.1.as_str()).collect();
        Ok(texts.join("\n\n"))
    }

    fn tasks(&self, wanted: &str) -> Answered {
        let view = query::tasks(wanted, &self.environment)?;
        let list = serde_json::to_value(&view.list).map_err(SessionError::internal)?;
        Ok(pretty(&list))
    }

    /// The first task that is ready, with everything that it is about.
    fn next(&self, wanted: &str) -> Answered {
        let view = query::tasks(wanted, &self.environment)?;
        let leaves = leaves(&view.list.tasks);
        // Where only files changed there is nothing to write: `kiro verify` proves them again.
        let is_for_proof = |id: &str| {
            let stale = view.stale.iter().find(|it| it.id == id);
            stale.is_some_and(|it| it.why.iter().all(StaleWhy::is_code))
        };
        let can_begin = |it: &&&TaskView| {
            let begins = ["ready", "stale", "failed"].contains(&it.state.as_str());
            begins && !is_for_proof(&it.id)
        };
        let Some(task) = leaves.iter().find(can_begin) else {
            let is_open = |it: &&&TaskView| it.state != "done" && !is_for_proof(&it.id);
            let open = leaves.iter().filter(is_open).count();
            return Ok(match open {
                0 => "every task is done".to_owned(),
                open => format!(
                    "{open} tasks are open and none is ready; `tasks` shows what they wait for"
                ),
            });
        };
        let place = SpecPlace::find(wanted, &self.environment)?;
        let (text, spec) = documents::spec(&place)?;
        let requirements = spec.requirements.iter().filter(|it| {
            let is_named = |id: &str| task.requirements.iter().any(|name| name == id);
            is_named(it.id.as_str()) || it.criteria.iter().any(|it| is_named(it.id.as_str()))
        });
        let said: Vec<&str> = requirements
            .filter_map(|it| text.get(it.span.clone()))
            .collect();
        Ok(format!(
            "Task {}: {}\nState: {}\nFiles: {}\nRequirements: {}\n\n{}\n\nWrite the code, then call hand_in with this task.",
            task.id,
            task.title,
            task.state,
            task.files.join(", "),
            task.requirements.join(", "),
            said.join("\n")
        ))
    }

    /// Runs a task's checks on the project as it stands; ticks the task on evidence.
    fn hand_in(&self, wanted: &str, task: &str, stop: Stop<'_>, on: Report<'_>) -> Answered {
        if self.is_checking.swap(true, Ordering::AcqRel) {
            return Err(SessionError::input(
                "another task is being checked; ask again when that is over",
            ));
        }
        let came = self.checked(wanted, task, stop, on);
        self.is_checking.store(false, Ordering::Release);
        let outcome = came?;
        let told = why::why(task, Some(wanted), &self.environment)?;
        let last = told.attempts.last();
        let state = told.state.map_or("unknown", |it| it.name());
        match (state, outcome) {
            ("done", _) => Ok(format!(
                "task {task} is done: its checks passed and are recorded; its box is ticked"
            )),
            (_, Outcome::Refused) => Err(SessionError::input(format!(
                "task {task} waits for a person: {}; they answer with `kiro approvals`",
                last.map_or(String::new(), |it| it.asked.join("; "))
            ))),
            _ => Err(SessionError::input(format!(
                "task {task} is {state}, not done: {}",
                last.map_or(told.reason.clone(), |it| it.failed.clone())
            ))),
        }
    }

    fn checked(
        &self,
        wanted: &str,
        task: &str,
        stop: Stop<'_>,
        on: Report<'_>,
    ) -> Result<Outcome, SessionError> {
        let nobody = Chain::from(models::built_in().clone());
        let options = RunOptions {
            spec: wanted.to_owned(),
            mode: Mode::Autopilot,
            only: Some(task.to_owned()),
            model: nobody.clone(),
            planner: nobody,
            budget: Budget::default(),
            seed: 0,
            parallel: 1,
            commit_per_task: false,
            branch: None,
        };
        let (cancel, over) = (Cancel::new(), Cancel::new());
        std::thread::scope(|scope| {
            scope.spawn(|| {
                let clock = Stopwatch::start();
                let mut reported = 0;
                while !over.is_cancelled() {
                    if stop() {
                        cancel.cancel();
                    }
                    let seconds = clock.elapsed().as_secs();
                    if seconds >= reported {
                        on(Progress::Waiting(format!(
                            "the checks of task {task}, {seconds} s"
                        )));
                        reported = seconds + REPORT_SECONDS;
                    }
                    std::thread::sleep(Duration::from_millis(50));
                }
            });
            let came = hand_in(&options, &self.environment, &cancel, &mut Unseen);
            over.cancel();
            came
        })
    }

    fn why(&self, task: &str, wanted: Option<&str>) -> Answered {
        let told = why::why(task, wanted, &self.environment)?;
        let attempts = told.attempts.iter().map(|it| {
            let checks = it.checks.iter().map(|it| {
                json!({
                    "when": it.purpose.name(), "command": it.argv, "exit": it.exit,
                    "passed": it.counts.0, "failed": it.counts.1,
                })
            });
            json!({
                "attempt": it.number, "checks": checks.collect::<Vec<_>>(), "files": it.files,
                "landed": it.landed, "failed": it.failed, "undone": it.undone,
            })
        });
        let covered: Vec<&String> = told.covered.iter().map(|it| &it.0).collect();
        Ok(pretty(&json!({
            "spec": told.spec, "run": told.run, "task": told.task, "title": told.title,
            "state": told.state.map(|it| it.name()), "reason": told.reason, "covered": covered,
            "attempts": attempts.collect::<Vec<_>>(),
        })))
    }

    fn trace(&self, what: Option<&str>, wanted: Option<&str>) -> Answered {
        let rows = trace::trace(what, wanted, &self.environment)?;
        let rows = rows.iter().map(|it| {
            let tasks = it.tasks.iter().map(|it| {
                json!({"id": it.id, "title": it.title, "done": it.done, "files": it.files, "run": it.run})
            });
            let criteria = it.criteria.iter();
            let criteria = criteria.map(|(id, covered)| json!({"id": id, "covered": covered}));
            json!({
                "spec": it.spec, "requirement": it.requirement, "title": it.title,
                "criteria": criteria.collect::<Vec<_>>(), "tasks": tasks.collect::<Vec<_>>(),
            })
        });
        Ok(pretty(&json!({"requirements": rows.collect::<Vec<_>>()})))
    }

    fn explain(&self, command: &str) -> Answered {
        let verdict = verdicts::explain_command(command, None, &self.environment)?;
        Ok(pretty(&json!({
            "answer": format!("{:?}", verdict.answer).to_lowercase(), "rule": verdict.rule, "why": verdict.why,
            "change": verdict.change,
        })))
    }
}

/// Tasks that are worked on themselves.
fn leaves(tasks: &[TaskView]) -> Vec<&TaskView> {
    let mut found = Vec::new();
    for task in tasks {
        match task.subtasks.is_empty() {
            true => found.push(task),
            false => found.extend(leaves(&task.subtasks)),
        }
    }
    found
}

fn pretty(value: &Value) -> String {
    serde_json::to_string_pretty(value).unwrap_or_default()
}

impl Toolbox for Office {
    fn specs(&self) -> Vec<ToolSpec> {
        let spec = ("spec", "The specification, by name or path.");
        let task = ("task", "The task's id.");
        [
            ("specs", "Lists the specifications of this project, with their tasks by state.", vec![], 0),
            ("spec", "Shows a specification as it is written.", vec![spec], 1),
            ("tasks", "Lists the tasks of a specification with their states and what they wait for.", vec![spec], 1),
            ("next_task", "Gives the next task that is ready: its files, and its requirements in the specification's own words.", vec![spec], 1),
            ("hand_in", "Runs a task's checks on the project's files as they are, in the sandbox, and ticks the task when they pass. Nothing else ticks a task.", vec![spec, task], 2),
            ("why", "Shows what is recorded of a task: attempts, checks with their exit codes, what landed.", vec![task, spec], 1),
            ("trace", "Leads from a requirement to its tasks and files, or back from a file.", vec![("what", "A requirement or a file; everything when left out."), spec], 0),
            ("policy_explain", "Says what the project's rules say of a command, without running it.", vec![("command", "The command line.")], 1),
        ]
        .map(|(name, description, fields, required)| {
            let properties: serde_json::Map<String, Value> = fields
                .iter()
                .map(|(name, about)| ((*name).to_owned(), json!({"type": "string", "description": about})))
                .collect();
            let required: Vec<&str> = fields.iter().take(required).map(|it| it.0).collect();
            ToolSpec {
                name: name.to_owned(),
                description: description.to_owned(),
                parameters: json!({"type": "object", "properties": properties, "required": required}),
            }
        })
        .to_vec()
    }

    fn effect(&self, name: &str, _: &Value) -> Effect {
        match name {
            "hand_in" => Effect::Changes,
            _ => Effect::Reads,
        }
    }

    fn call(&self, name: &str, arguments: &Value, stop: Stop<'_>, on: Report<'_>) -> Answer {
        match self.answer(name, arguments, stop, on) {
            Ok(text) => Answer::done(text, name),
            Err(error) => {
                let hint = error.hint.map_or(String::new(), |it| format!("\n{it}"));
                Answer::failed(visible(&format!("{}{hint}", error.message)).into_owned())
            }
        }
    }
}

impl Shelf for Office {
    fn documents(&self) -> Vec<Document> {
        let Ok(project) = Project::around(&self.environment) else {
            return Vec::new();
        };
        let places = specs::all(&project, &self.environment).unwrap_or_default();
        let mut found = Vec::new();
        for place in places.iter().filter(|it| !it.is_archived()) {
            let paths = [place.path.to_string(), place.plan(), place.tasks()];
            let mut there: Vec<&String> = paths
                .iter()
                .filter(|it| documents::exists(&project.root, it))
                .collect();
            there.dedup();
            found.extend(there.into_iter().map(|path| Document {
                uri: format!("kiro:///{path}"),
                title: path.clone(),
                kind: "text/markdown",
            }));
        }
        found
    }

    fn read(&self, uri: &str) -> Option<(&'static str, String)> {
        // Only what is listed: an address is no way to other files.
        let listed = self.documents().into_iter().find(|it| it.uri == uri)?;
        let project = Project::around(&self.environment).ok()?;
        let text = documents::read(&project, &listed.title).ok().flatten()?;
        Some((listed.kind, text))
    }
}
