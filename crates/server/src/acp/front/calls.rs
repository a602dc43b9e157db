//! Tool calls as clients show them: those of the model, and each task of a run as one.

use agent_client_protocol_schema::v1::{
    SessionUpdate, ToolCall, ToolCallContent, ToolCallId, ToolCallStatus, ToolCallUpdate,
    ToolCallUpdateFields, ToolKind,
};

use crate::acp::updates;
use crate::wire::{Ask, Asked};

/// Most lines that a task's call shows.
const LINES_MAX: usize = 40;
/// How much a call shows of what its program prints, in bytes.
const OUTPUT_MAX: usize = 4_096;

/// The calls of one operation.
#[derive(Default)]
pub(super) struct Calls {
    last: u64,
    task: Option<TaskCall>,
    open: Vec<(ToolCallId, String)>,
    output: String,
    /// A call that was made for a question alone.
    for_ask: Option<ToolCallId>,
}

/// The task that is worked on, as a call.
struct TaskCall {
    id: ToolCallId,
    task: String,
    lines: Vec<String>,
    diffs: Vec<ToolCallContent>,
}

impl TaskCall {
    fn content(&self) -> Vec<ToolCallContent> {
        let lines = match self.lines.is_empty() {
            true => None,
            false => Some(updates::text(&self.lines.join("\n"))),
        };
        lines.into_iter().chain(self.diffs.clone()).collect()
    }

    fn update(&self, status: ToolCallStatus) -> SessionUpdate {
        let fields = ToolCallUpdateFields::new()
            .status(status)
            .content(self.content());
        SessionUpdate::ToolCallUpdate(ToolCallUpdate::new(self.id.clone(), fields))
    }
}

impl Calls {
    fn id(&mut self) -> ToolCallId {
        self.last += 1;
        ToolCallId::new(format!("call-{}", self.last))
    }

    /// Whether a task of a run is worked on.
    pub(super) fn is_in_task(&self) -> bool {
        self.task.is_some()
    }

    /// A task begins.
    pub(super) fn task(&mut self, task: &str, title: &str) -> SessionUpdate {
        let id = self.id();
        self.task = Some(TaskCall {
            id: id.clone(),
            task: task.to_owned(),
            lines: Vec::new(),
            diffs: Vec::new(),
        });
        let call = ToolCall::new(id, title)
            .kind(ToolKind::Edit)
            .status(ToolCallStatus::InProgress);
        SessionUpdate::ToolCall(call)
    }

    /// Something happened in the task.
    pub(super) fn line(&mut self, line: &str) -> Vec<SessionUpdate> {
        let Some(task) = &mut self.task else {
            return Vec::new();
        };
        task.lines.push(line.to_owned());
        let from = task.lines.len().saturating_sub(LINES_MAX);
        task.lines.drain(..from);
        vec![task.update(ToolCallStatus::InProgress)]
    }

    /// What the task, or a chat, brings in.
    pub(super) fn shows(&mut self, task: &str, diffs: Vec<ToolCallContent>) -> Vec<SessionUpdate> {
        match &mut self.task {
            Some(it) if it.task == task => {
                it.diffs = diffs;
                vec![it.update(ToolCallStatus::InProgress)]
            }
            _ => {
                let call = ToolCall::new(self.id(), "Changes")
                    .kind(ToolKind::Edit)
                    .status(ToolCallStatus::Completed)
                    .content(diffs);
                vec![SessionUpdate::ToolCall(call)]
            }
        }
    }

    /// The task ended.
    pub(super) fn ended(&mut self, told: &str, status: ToolCallStatus) -> Vec<SessionUpdate> {
        let mut updates = self.line(told);
        if let Some(task) = self.task.take() {
            updates.push(task.update(status));
        }
        updates
    }

    /// The model begins a call.
    pub(super) fn called(&mut self, tool: &str) -> SessionUpdate {
        let id = self.id();
        self.open.push((id.clone(), tool.to_owned()));
        self.output.clear();
        let call = ToolCall::new(id, tool)
            .kind(kind(tool))
            .status(ToolCallStatus::InProgress);
        SessionUpdate::ToolCall(call)
    }

    /// A program that the call started prints something.
    pub(super) fn output(&mut self, text: &str) -> Option<SessionUpdate> {
        let (id, _) = self.open.first()?;
        self.output.push_str(text);
        let from = self.output.len().saturating_sub(OUTPUT_MAX);
        self.output.drain(..self.output.ceil_char_boundary(from));
        let fields = ToolCallUpdateFields::new().content(vec![updates::text(&self.output)]);
        let update = ToolCallUpdate::new(id.clone(), fields);
        Some(SessionUpdate::ToolCallUpdate(update))
    }

    /// A call was answered. One that was read from the model's text had no beginning.
    pub(super) fn answered(
        &mut self,
        agent: u32,
        tool: &str,
        summary: &str,
        failed: bool,
    ) -> SessionUpdate {
        let status = match failed {
            true => ToolCallStatus::Failed,
            false => ToolCallStatus::Completed,
        };
        let title = match agent {
            0 => format!("{tool}: {summary}"),
            agent => format!("helper {agent}: {tool}: {summary}"),
        };
        let found = self.open.iter().position(|it| it.1 == tool);
        match found {
            Some(at) => {
                let (id, _) = self.open.remove(at);
                let fields = ToolCallUpdateFields::new().title(title).status(status);
                SessionUpdate::ToolCallUpdate(ToolCallUpdate::new(id, fields))
            }
            None => {
                let call = ToolCall::new(self.id(), title)
                    .kind(kind(tool))
                    .status(status);
                SessionUpdate::ToolCall(call)
            }
        }
    }

    /// The call that a question is about: the task's, or one of its own.
    pub(super) fn asked(&mut self, ask: &Ask) -> ToolCallId {
        match (&mut self.task, &ask.asked) {
            (Some(task), Asked::Review(review)) if task.task == review.task => {
                task.diffs = updates::diffs(&ask.root, &review.files);
                task.id.clone()
            }
            _ => {
                let id = self.id();
                self.for_ask = Some(id.clone());
                id
            }
        }
    }

    /// The question is answered.
    pub(super) fn answered_ask(&mut self) -> Vec<SessionUpdate> {
        let own = self.for_ask.take().map(|id| {
            let fields = ToolCallUpdateFields::new().status(ToolCallStatus::Completed);
            SessionUpdate::ToolCallUpdate(ToolCallUpdate::new(id, fields))
        });
        own.into_iter().collect()
    }
}

/// What sort of call a tool's is.
fn kind(tool: &str) -> ToolKind {
    match tool {
        "read" | "list" | "symbols" | "spec" => ToolKind::Read,
        "search" | "glob" => ToolKind::Search,
        "edit" | "write" => ToolKind::Edit,
        "shell" | "shell_output" | "shell_stop" | "diagnostics" => ToolKind::Execute,
        "todo" => ToolKind::Think,
        _ => ToolKind::Other,
    }
}
