//! What an agent may call, behind one trait: [`Toolbox`].
//!
//! A toolbox says what it holds, and answers calls. It knows nothing of models and conversations; every call that
//! changes something is judged by policy before it acts.
//!
//! [`Workbench`] holds the tools over one [`Workspace`]: reading, editing, commands, the project's linters, the agent's
//! own list and questions to the [`Person`]. [`Many`] puts further toolboxes beside it, such as one for specs and tasks.

mod arguments;
mod ask;
mod diagnostics;
mod edit;
mod error;
mod list;
mod many;
mod outline;
mod person;
mod read;
mod ruling;
mod search;
mod shell;
mod text;
mod todo;
mod toolbox;
mod workbench;
mod workspace;

pub use many::Many;
pub use person::{Consent, Nobody, Person, Wish};
pub use ruling::{Recorder, Ruling};
pub use shell::{FindProgram, ShellLimits, ShellSetting};
pub use todo::{TodoItem, TodoState};
pub use toolbox::{Answer, Effect, Progress, Stop, ToolSpec, Toolbox};
pub use workbench::Workbench;
pub use workspace::Workspace;
