//! The tools over one workspace, as one toolbox.

use std::fmt;

use serde_json::Value;

use crate::error::ToolError;
use crate::person::Person;
use crate::shell::{Call, Shell, ShellSetting};
use crate::todo::{Todo, TodoItem};
use crate::workspace::Workspace;
use crate::{
    Answer, Effect, Progress, Stop, ToolSpec, Toolbox, ask, diagnostics, edit, list, outline, read,
    search, todo,
};

/// The tools over one workspace. Dropping it ends every command in the background.
pub struct Workbench {
    workspace: Workspace,
    person: Box<dyn Person>,
    shell: Option<Shell>,
    writes: bool,
    todo: Todo,
}

impl fmt::Debug for Workbench {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Workbench")
            .field("workspace", &self.workspace)
            .field("shell", &self.shell)
            .field("writes", &self.writes)
            .finish_non_exhaustive()
    }
}

impl Workbench {
    /// Tools that only read: for planning, review and questions.
    pub fn reading(workspace: Workspace, person: Box<dyn Person>) -> Workbench {
        Workbench {
            workspace,
            person,
            shell: None,
            writes: false,
            todo: Todo::default(),
        }
    }

    /// Tools that read and write files.
    pub fn writing(workspace: Workspace, person: Box<dyn Person>) -> Workbench {
        Workbench {
            writes: true,
            ..Workbench::reading(workspace, person)
        }
    }

    /// The same with another person.
    #[must_use]
    pub fn asking(self, person: Box<dyn Person>) -> Workbench {
        Workbench { person, ..self }
    }

    /// The same with commands.
    #[must_use]
    pub fn with_shell(mut self, setting: ShellSetting) -> Workbench {
        self.shell = Some(Shell::new(setting));
        self
    }

    /// The agent's own list, as it stands.
    pub fn todo(&self) -> Vec<TodoItem> {
        self.todo.items()
    }

    /// The commands that run in the background: name and text.
    pub fn background(&self) -> Vec<(String, String)> {
        self.shell.as_ref().map(Shell::running).unwrap_or_default()
    }

    fn answer(&self, name: &str, arguments: &Value, call: &Call<'_>) -> Result<Answer, ToolError> {
        let (workspace, person, stop) = (&self.workspace, self.person.as_ref(), call.stop);
        match (name, &self.shell) {
            ("read", _) => read::call(workspace, arguments),
            ("list", _) => list::list(workspace, arguments, stop),
            ("glob", _) => list::glob(workspace, arguments, stop),
            ("search", _) => search::call(workspace, arguments, stop),
            ("symbols", _) => outline::call(workspace, arguments, stop),
            ("edit", _) if self.writes => edit::edit(workspace, person, arguments, stop),
            ("write", _) if self.writes => edit::write(workspace, person, arguments, stop),
            ("shell", Some(shell)) => shell.call(call, arguments),
            ("shell_output", Some(shell)) => shell.output(call, arguments),
            ("shell_stop", Some(shell)) => shell.stop(arguments),
            ("diagnostics", Some(shell)) => diagnostics::call(shell, call, arguments),
            ("todo", _) => self.todo.call(arguments),
            ("ask_user", _) => ask::call(person, arguments, stop, call.on),
            _ => Ok(Answer::unknown(name, &self.specs())),
        }
    }
}

impl Toolbox for Workbench {
    fn specs(&self) -> Vec<ToolSpec> {
        let mut specs = vec![
            read::spec(),
            list::list_spec(),
            list::glob_spec(),
            search::spec(),
            outline::spec(),
        ];
        if self.writes {
            specs.extend([edit::edit_spec(), edit::write_spec()]);
        }
        if let Some(shell) = &self.shell {
            specs.extend(shell.specs());
            specs.push(diagnostics::spec());
        }
        specs.extend([todo::spec(), ask::spec()]);
        specs
    }

    fn effect(&self, name: &str, arguments: &Value) -> Effect {
        match name {
            "edit" if !edit::is_preview(arguments) => Effect::Changes,
            // A question waits for a person, and the list is replaced: both in the order of the calls.
            "write" | "shell" | "shell_output" | "shell_stop" | "diagnostics" | "todo"
            | "ask_user" => Effect::Changes,
            _ => Effect::Reads,
        }
    }

    fn call(
        &self,
        name: &str,
        arguments: &Value,
        stop: Stop<'_>,
        on: &(dyn Fn(Progress) + Sync),
    ) -> Answer {
        let call = Call {
            workspace: &self.workspace,
            person: self.person.as_ref(),
            stop,
            on,
        };
        self.answer(name, arguments, &call)
            .unwrap_or_else(|error| Answer::failed(self.workspace.relative(&error.to_string())))
    }
}
