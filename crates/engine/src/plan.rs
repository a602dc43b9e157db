//! Plans derived from a spec without a model: a task for each requirement that names functions, one for what
//! follows from them, with dependencies that each name the file or symbol that causes them.
//!
//! A small model writes plans badly, so for it this is the author; a plan by a capable model is judged by the
//! same checks ([`crate::check_plan`]).

mod bugfix;
mod components;
mod numbers;

use std::collections::{BTreeMap, BTreeSet};

use spec::{
    FileKind, Phase, Plan, PlanDependency, PlanTask, PlannedFile, Requirement, Spec, TaskList,
};

use crate::checks::{self, Subject};
use crate::estimate;
use crate::tooling::Tooling;
use crate::work::{
    CRATE_ROOT, LOCK_FILE, MANIFEST, PACKAGE_JSON, check_path, mentions, migration_path,
    needs_package, subjects, subjects_of,
};

/// A plan with the tasks it is cut into.
#[derive(Clone, Debug)]
pub struct Draft {
    /// The plan document.
    pub plan: Plan,
    /// The tasks, in order.
    pub tasks: Vec<DraftTask>,
}

/// One task of a draft.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DraftTask {
    /// Its number, from 1.
    pub number: u32,
    /// What it does.
    pub title: String,
    /// The phase it belongs to.
    pub phase: String,
    /// Files of its scope.
    pub files: Vec<String>,
    /// Tasks it waits for, each with the file or symbol that causes it.
    pub depends_on: Vec<(u32, String)>,
    /// Requirements it carries out.
    pub requirements: Vec<String>,
    /// What a person would plan for it.
    pub minutes: u32,
}

const SCHEMA: &str = "Database Schema";
const FUNCTIONS: &str = "Functions";
const PACKAGE: &str = "Package";
const REST: &str = "Further Requirements";

/// Derives plan and tasks from a spec; `existing` are the paths of the project's files.
pub fn derive(spec: &Spec, tooling: &Tooling, existing: &BTreeSet<String>) -> Draft {
    derive_after(spec, tooling, existing, &TaskList::default())
}

/// The same, where tasks that were in the list `before` keep their numbers.
pub fn derive_after(
    spec: &Spec,
    tooling: &Tooling,
    existing: &BTreeSet<String>,
    before: &TaskList,
) -> Draft {
    let mut drafting = Drafting {
        spec,
        subjects: subjects(spec),
        tasks: Vec::new(),
    };
    drafting.schema();
    drafting.shown_first();
    drafting.functions();
    drafting.components(existing);
    drafting.script_package(existing);
    drafting.rust_package(existing);
    drafting.packages(existing);
    drafting.rest();
    let decisions = decisions(spec, tooling, &drafting.subjects);
    let mut tasks = drafting.tasks;
    numbers::kept(&mut tasks, before);
    Draft {
        plan: document(spec, &tasks, existing, decisions),
        tasks,
    }
}

struct Drafting<'a> {
    spec: &'a Spec,
    subjects: Vec<Subject>,
    tasks: Vec<DraftTask>,
}

impl Drafting<'_> {
    fn add(
        &mut self,
        phase: &str,
        title: String,
        files: Vec<String>,
        minutes: u32,
    ) -> &mut DraftTask {
        let number = u32::try_from(self.tasks.len() + 1).unwrap_or(u32::MAX);
        self.tasks.push(DraftTask {
            number,
            title,
            phase: phase.to_owned(),
            files,
            depends_on: Vec::new(),
            requirements: Vec::new(),
            minutes,
        });
        let last = self.tasks.len() - 1;
        &mut self.tasks[last]
    }

    /// One migration a table; a table that refers to another waits for it.
    fn schema(&mut self) {
        let spec = self.spec;
        for (number, table) in spec.schema.iter().enumerate() {
            let path = migration_path(number, &table.name);
            let earlier: Vec<(u32, String)> = spec.schema[..number]
                .iter()
                .enumerate()
                .filter(|(_, other)| refers_to(table, &other.name))
                .map(|(at, other)| {
                    (
                        at as u32 + 1,
                        format!("`{}` refers to `{}`", table.name, other.name),
                    )
                })
                .collect();
            let title = format!("Create the migration for table `{}`", table.name);
            let task = self.add(SCHEMA, title, vec![path], estimate::GLUE_MINUTES);
            task.depends_on = earlier;
        }
    }

    fn functions(&mut self) {
        let spec = self.spec;
        let general: Vec<String> = spec
            .requirements
            .iter()
            .filter(|it| self.is_general(it))
            .map(|it| it.id.to_string())
            .collect();
        for requirement in spec.to_carry_out() {
            if !self.has_functions(requirement) {
                continue;
            }
            let mine = self.placed(requirement);
            let names: Vec<String> = mine.iter().map(|it| format!("`{}`", it.function)).collect();
            let title = format!(
                "{} {} ({}: {})",
                self.verb(requirement),
                list(&names),
                requirement.id,
                requirement.title
            );
            let mut files: Vec<String> = mine.iter().map(|it| it.file.clone()).collect();
            files.dedup();
            if !requirement.examples.is_empty() {
                let tests = mine.iter().filter_map(Subject::language);
                let tests: Vec<String> = tests.map(|it| check_path(requirement, it)).collect();
                files.extend(tests);
                files.dedup();
            }
            let mut needs = self.needs(requirement, &mine);
            needs.extend(self.shown_before(requirement));
            let minutes =
                estimate::function_minutes(requirement.criteria.len(), requirement.examples.len());
            let defect = self.mended_by(requirement);
            let task = self.add(FUNCTIONS, title, files, minutes);
            task.depends_on = needs;
            task.requirements = std::iter::once(requirement.id.to_string())
                .chain(defect)
                .chain(general.clone())
                .collect();
        }
    }

    /// The first task that writes a script which only a `package.json` makes a module writes that too.
    fn script_package(&mut self, existing: &BTreeSet<String>) {
        let writes = |it: &&mut DraftTask| it.files.iter().any(|it| needs_package(it));
        if !existing.contains(PACKAGE_JSON)
            && let Some(task) = self.tasks.iter_mut().find(writes)
        {
            task.files.push(PACKAGE_JSON.to_owned());
        }
    }

    /// Every task that writes a module of a Rust library makes it known in the library's root; the first one
    /// writes the package, and what cargo adds to it.
    fn rust_package(&mut self, existing: &BTreeSet<String>) {
        let is_rust = |it: &String| it.starts_with("src/") && it.ends_with(".rs");
        let writers = self
            .tasks
            .iter_mut()
            .filter(|it| it.files.iter().any(is_rust));
        for (at, task) in writers.enumerate() {
            let mut files = vec![CRATE_ROOT];
            if at == 0 {
                files.extend([MANIFEST, LOCK_FILE]);
            }
            files.retain(|it| {
                let stands = existing.contains(*it) && *it != CRATE_ROOT;
                !stands && task.files.iter().all(|own| own != it)
            });
            task.files.extend(files.into_iter().map(str::to_owned));
        }
    }

    fn placed(&self, requirement: &Requirement) -> Vec<Subject> {
        let mine = subjects_of(self.spec, requirement, &self.subjects);
        mine.into_iter().cloned().collect()
    }

    fn has_functions(&self, requirement: &Requirement) -> bool {
        !subjects_of(self.spec, requirement, &self.subjects).is_empty()
    }

    fn is_general(&self, requirement: &Requirement) -> bool {
        requirement.kind == spec::RequirementKind::NonFunctional && !self.has_functions(requirement)
    }

    /// A task waits for an earlier one whose function its rules name, or that changes the same file.
    fn needs(&self, requirement: &Requirement, mine: &[Subject]) -> Vec<(u32, String)> {
        let mut needs: BTreeMap<u32, String> = BTreeMap::new();
        for task in self.tasks.iter().filter(|it| it.phase == FUNCTIONS) {
            if let Some(shared) = mine.iter().find(|it| task.files.contains(&it.file)) {
                needs.insert(task.number, format!("both change `{}`", shared.file));
            }
            let used = self.subjects.iter().find(|subject| {
                task.files.contains(&subject.file)
                    && mine.iter().all(|it| it.function != subject.function)
                    && mentions(requirement, &subject.function)
            });
            if let Some(used) = used {
                needs.insert(
                    task.number,
                    format!("uses `{}` from `{}`", used.function, used.file),
                );
            }
        }
        needs.into_iter().collect()
    }

    /// A package whose modules are written here exports them. Its task cites no requirement: it follows from
    /// the names in its title, and a changed rule of a function does not reopen it.
    fn packages(&mut self, existing: &BTreeSet<String>) {
        let folders: BTreeSet<String> = self
            .subjects
            .iter()
            .filter(|it| it.file.ends_with(".py"))
            .filter_map(|it| {
                it.file
                    .rsplit_once('/')
                    .map(|(folder, _)| folder.to_owned())
            })
            .collect();
        for folder in folders {
            let path = format!("{folder}/__init__.py");
            if existing.contains(&path) || folder == "src" {
                continue;
            }
            let modules: Vec<Subject> = self
                .subjects
                .iter()
                .filter(|it| it.file.ends_with(".py"))
                .filter(|it| it.file.rsplit_once('/').is_some_and(|(of, _)| of == folder))
                .cloned()
                .collect();
            let needs = self.writers(&modules, &path);
            let names: Vec<String> = modules
                .iter()
                .map(|it| format!("`{}`", it.function))
                .collect();
            let title = format!(
                "Export {} from `{}`",
                list(&names),
                checks::module_of(&path)
            );
            let task = self.add(PACKAGE, title, vec![path], estimate::GLUE_MINUTES);
            task.depends_on = needs;
        }
    }

    fn writers(&self, modules: &[Subject], init: &str) -> Vec<(u32, String)> {
        let imports = |task: &DraftTask| {
            let module = modules.iter().find(|it| task.files.contains(&it.file))?;
            Some((
                task.number,
                format!(
                    "`{init}` imports `{}` from `{}`",
                    module.function, module.file
                ),
            ))
        };
        self.tasks.iter().filter_map(imports).collect()
    }

    /// Functional requirements that name no function, and general ones when nothing else cites them.
    fn rest(&mut self) {
        let spec = self.spec;
        let cited = self.tasks.iter().flat_map(|it| &it.requirements);
        let named = cited.filter_map(|it| spec.named(it));
        let cited: BTreeSet<String> = named.map(|it| it.requirement().id.to_string()).collect();
        for requirement in spec.to_carry_out() {
            let id = requirement.id.to_string();
            if cited.contains(&id) {
                continue;
            }
            let files: Vec<String> = requirement.paths.clone();
            let minutes = estimate::function_minutes(requirement.criteria.len(), 0);
            let title = self.rest_title(requirement);
            let needs = self.shown_before(requirement);
            let defect = self.mended_by(requirement);
            let task = self.add(REST, title, files, minutes);
            task.depends_on = needs;
            task.requirements = std::iter::once(id).chain(defect).collect();
        }
    }
}

fn refers_to(table: &spec::Table, other: &str) -> bool {
    let refers = |column: &spec::Column| {
        let words = column
            .definition
            .split(|c: char| !c.is_alphanumeric() && c != '_');
        let words: Vec<&str> = words.filter(|it| !it.is_empty()).collect();
        words
            .windows(2)
            .any(|it| it[0].eq_ignore_ascii_case("references") && it[1] == other)
    };
    table.columns.iter().any(refers)
}

/// `a`, `a and b`, `a, b and c`.
fn list(items: &[String]) -> String {
    match items {
        [] => String::new(),
        [one] => one.clone(),
        [most @ .., last] => format!("{} and {last}", most.join(", ")),
    }
}

fn document(
    spec: &Spec,
    tasks: &[DraftTask],
    existing: &BTreeSet<String>,
    decisions: Vec<(String, String)>,
) -> Plan {
    Plan {
        title: spec.title.clone(),
        analysis: analysis(spec, tasks, existing),
        files: planned_files(spec, tasks, existing),
        phases: phases(tasks),
        dependencies: tasks.iter().filter_map(dependency).collect(),
        risks: risks(spec),
        decisions,
        considerations: Vec::new(),
        spec_fingerprint: Some(spec.fingerprint.clone()),
    }
}

fn analysis(
    spec: &Spec,
    tasks: &[DraftTask],
    existing: &BTreeSet<String>,
) -> Vec<(String, String)> {
    let files: BTreeSet<&String> = tasks.iter().flat_map(|it| &it.files).collect();
    let modified = files.iter().filter(|it| existing.contains(**it)).count();
    let new = files.len() - modified;
    let links: usize = tasks.iter().map(|it| it.depends_on.len()).sum();
    let minutes: u32 = tasks.iter().map(|it| it.minutes).sum();
    let criteria: usize = spec.requirements.iter().map(|it| it.criteria.len()).sum();
    let examples: usize = spec.requirements.iter().map(|it| it.examples.len()).sum();
    let target = if modified == 0 {
        "New code"
    } else {
        "Change of existing code"
    };
    let pair = |key: &str, value: String| (key.to_owned(), value);
    vec![
        pair("Target", format!("{target} for {}", spec.title)),
        pair(
            "Requirements",
            format!(
                "{} with {criteria} criteria and {examples} examples",
                spec.requirements.len()
            ),
        ),
        pair(
            "Estimated complexity",
            format!(
                "{}: {} tasks with {links} dependencies",
                estimate::complexity(tasks.len(), links),
                tasks.len()
            ),
        ),
        pair("Estimated files", format!("{new} new, {modified} modified")),
        pair("Estimated time", estimate::spoken(minutes)),
    ]
}

fn planned_files(
    spec: &Spec,
    tasks: &[DraftTask],
    existing: &BTreeSet<String>,
) -> Vec<PlannedFile> {
    let mut files: BTreeMap<&str, String> = BTreeMap::new();
    for task in tasks {
        for path in &task.files {
            let note = files.entry(path).or_default();
            if !note.is_empty() {
                note.push_str("; ");
            }
            note.push_str(&file_note(spec, task, path));
        }
    }
    let planned = |(path, note): (&str, String)| PlannedFile {
        path: path.to_owned(),
        kind: if existing.contains(path) {
            FileKind::Modify
        } else {
            FileKind::New
        },
        note,
    };
    files.into_iter().map(planned).collect()
}

fn file_note(spec: &Spec, task: &DraftTask, path: &str) -> String {
    let component = spec
        .components
        .iter()
        .find(|it| it.paths.iter().any(|own| own == path));
    if path.starts_with("tests/") {
        return format!(
            "examples of {}",
            task.requirements.first().map_or("the spec", String::as_str)
        );
    }
    match component {
        Some(component) => component.name.replace('`', ""),
        None if path.ends_with("__init__.py") => "exports of the package".to_owned(),
        None if path == PACKAGE_JSON => "makes scripts modules".to_owned(),
        None if path == MANIFEST => "the package".to_owned(),
        None if path == LOCK_FILE => "written by cargo".to_owned(),
        None if path == CRATE_ROOT => "the library's modules".to_owned(),
        None => format!("task {}", task.number),
    }
}

fn phases(tasks: &[DraftTask]) -> Vec<Phase> {
    let mut phases: Vec<Phase> = Vec::new();
    for task in tasks {
        let entry = PlanTask {
            number: task.number,
            title: task.title.clone(),
        };
        match phases.last_mut() {
            Some(phase) if phase.title == task.phase => phase.tasks.push(entry),
            _ => phases.push(Phase {
                title: task.phase.clone(),
                tasks: vec![entry],
            }),
        }
    }
    phases
}

fn dependency(task: &DraftTask) -> Option<PlanDependency> {
    let because: Vec<&str> = task
        .depends_on
        .iter()
        .map(|(_, because)| because.as_str())
        .collect();
    (!because.is_empty()).then(|| PlanDependency {
        task: task.number,
        on: task.depends_on.iter().map(|(number, _)| *number).collect(),
        because: because.join("; "),
    })
}

/// What the spec leaves to a person's judgement is what can go wrong unseen.
fn risks(spec: &Spec) -> Vec<String> {
    let mut risks = Vec::new();
    for requirement in spec.to_carry_out() {
        let unseen: Vec<String> = requirement
            .criteria
            .iter()
            .filter(|it| it.check == spec::Check::Manual)
            .map(|it| it.id.to_string())
            .collect();
        if unseen.is_empty() {
            continue;
        }
        let examples = requirement.examples.len();
        risks.push(if examples == 0 {
            format!("{}: nothing checks {}; examples in the spec would", requirement.id, unseen.join(", "))
        } else {
            let verb = if unseen.len() == 1 { "has" } else { "have" };
            let plural = if examples == 1 { "" } else { "s" };
            format!(
                "{0}: {1} {verb} no example of its own; only the {examples} example{plural} of {0} as a whole judges it",
                requirement.id,
                unseen.join(", "),
            )
        });
    }
    risks
}

fn decisions(spec: &Spec, tooling: &Tooling, subjects: &[Subject]) -> Vec<(String, String)> {
    let mut decisions: Vec<(String, String)> = spec
        .constraints
        .iter()
        .map(|it| (it.key.clone(), it.value.clone()))
        .filter(|(key, value)| !key.is_empty() && !value.is_empty())
        .collect();
    let examples = spec.examples().count();
    let languages: BTreeSet<_> = subjects.iter().filter_map(Subject::language).collect();
    let runners: BTreeSet<_> = languages
        .iter()
        .filter_map(|it| tooling.runner(*it).ok())
        .collect();
    let names: Vec<String> = runners.iter().map(|it| it.name().to_owned()).collect();
    if examples > 0 && !names.is_empty() {
        let how = format!(
            "{} files compiled from the spec's {examples} examples, red before a task and green after it",
            list(&names)
        );
        decisions.push(("Checks".to_owned(), how));
    }
    let refused = languages.iter().filter_map(|it| tooling.runner(*it).err());
    decisions.extend(refused.map(|why| ("Not checked".to_owned(), why.to_owned())));
    decisions
}

#[cfg(test)]
mod tests;
