//! Plans: what will be built, in which files, in which order.

mod number;
mod parse;
mod render;
mod tree;

/// An implementation plan. Texts are single lines; [`Plan::render`] makes them so.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// What is planned.
    pub title: String,
    /// What the spec was found to ask for: `("Estimated complexity", "Medium")`. A key holds no colon.
    pub analysis: Vec<(String, String)>,
    /// The files to write, in the order of the tree.
    pub files: Vec<PlannedFile>,
    /// The phases with their tasks.
    pub phases: Vec<Phase>,
    /// Which task waits for which, and why.
    pub dependencies: Vec<PlanDependency>,
    /// What may go wrong, and what is done about it.
    pub risks: Vec<String>,
    /// What was decided, by topic. A topic holds no colon.
    pub decisions: Vec<(String, String)>,
    /// What a person added for the next plan to respect.
    pub considerations: Vec<String>,
    /// The fingerprint of the spec that the plan was made from.
    pub spec_fingerprint: Option<String>,
}

/// A file that the plan writes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlannedFile {
    /// Its path, relative to the project, with slashes.
    pub path: String,
    /// Whether it is there already.
    pub kind: FileKind,
    /// What it is for; may be empty.
    pub note: String,
}

/// What happens to a planned file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FileKind {
    /// It is created.
    New,
    /// It is changed.
    Modify,
}

/// A phase of the plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Phase {
    /// Its title, without "Phase 1:".
    pub title: String,
    /// Its tasks, in order.
    pub tasks: Vec<PlanTask>,
}

/// A task of the plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlanTask {
    /// Its number, unique in the plan.
    pub number: u32,
    /// What it does.
    pub title: String,
}

/// One task's dependencies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlanDependency {
    /// The task that waits.
    pub task: u32,
    /// The tasks that it waits for.
    pub on: Vec<u32>,
    /// Why; may be empty.
    pub because: String,
}

impl Plan {
    /// Reads a plan. This never fails; what has no place in a plan is passed over, and so are more than 10,000 files, paths
    /// beyond 4,096 bytes and more than 50,000 single dependencies.
    pub fn parse(text: &str) -> Plan {
        parse::plan(text)
    }

    /// Writes the plan as Markdown; [`Plan::parse`] reads it back unchanged, but for spacing and what lies outside the rules above.
    pub fn render(&self) -> String {
        render::plan(self)
    }

    /// All tasks, phase by phase.
    pub fn tasks(&self) -> impl Iterator<Item = &PlanTask> {
        self.phases.iter().flat_map(|phase| &phase.tasks)
    }
}
