//! The tasks of a spec as the plan that clients show.

use agent_client_protocol_schema::v1::{
    Plan, PlanEntry, PlanEntryPriority, PlanEntryStatus, SessionUpdate,
};
use session::{Environment, TaskView};

/// The plan as the client was shown it.
#[derive(Default)]
pub(super) struct PlanShown {
    spec: Option<String>,
    entries: Vec<(String, PlanEntry)>,
}

impl PlanShown {
    /// The spec whose tasks they are.
    pub(super) fn of_spec(&mut self, spec: &str) {
        self.spec = Some(spec.to_owned());
    }

    /// Reads the tasks; nothing is shown when they cannot be read or there are none.
    pub(super) fn read(&mut self, environment: &Environment) -> Option<SessionUpdate> {
        let tasks = session::tasks(self.spec.as_deref()?, environment).ok()?;
        self.entries = entries(&tasks.list.tasks);
        (!self.entries.is_empty()).then(|| self.update())
    }

    pub(super) fn started(&mut self, task: &str) -> Option<SessionUpdate> {
        self.set(task, PlanEntryStatus::InProgress)
    }

    pub(super) fn done(&mut self, task: &str) -> Option<SessionUpdate> {
        self.set(task, PlanEntryStatus::Completed)
    }

    pub(super) fn open(&mut self, task: &str) -> Option<SessionUpdate> {
        self.set(task, PlanEntryStatus::Pending)
    }

    fn set(&mut self, task: &str, status: PlanEntryStatus) -> Option<SessionUpdate> {
        let entry = self.entries.iter_mut().find(|it| it.0 == task)?;
        entry.1.status = status;
        Some(self.update())
    }

    fn update(&self) -> SessionUpdate {
        let entries = self.entries.iter().map(|it| it.1.clone());
        SessionUpdate::Plan(Plan::new(entries.collect()))
    }
}

/// Every task that is worked on, in its order.
pub(in crate::acp) fn entries(tasks: &[TaskView]) -> Vec<(String, PlanEntry)> {
    let mut all = Vec::new();
    for task in tasks {
        if !task.subtasks.is_empty() {
            all.extend(entries(&task.subtasks));
            continue;
        }
        let status = match task.state.as_str() {
            "done" | "skipped" => PlanEntryStatus::Completed,
            "running" | "waiting" => PlanEntryStatus::InProgress,
            _ => PlanEntryStatus::Pending,
        };
        let priority = match task.optional {
            true => PlanEntryPriority::Low,
            false => PlanEntryPriority::Medium,
        };
        let content = format!("{} {}", task.id, task.title);
        all.push((task.id.clone(), PlanEntry::new(content, priority, status)));
    }
    all
}
