//! Hooks: files that say what is to happen when something happens. Pure: this crate reads texts, decides and explains;
//! it runs nothing, looks at no disk and knows no clock.
//!
//! A [`HookFile`] is read from YAML, from Kiro's JSON (`"version": "v1"`) or from its older `.kiro.hook`, with a
//! [`Diagnostic`] for each thing that is wrong and the bytes it is about. [`Hook::decide`] says of an [`Occasion`]
//! whether a hook fires and which clause decided. Conditions and prompts speak of one typed [`catalogue`](Fact).
//!
//! What is absent: acting, trust, time limits and holds. The session has them.

mod catalogue;
mod condition;
mod cycle;
mod decide;
mod diagnostic;
mod event;
mod file;
mod filter;
mod hook;
mod lint;
mod matcher;
mod prompt;
mod queue;
mod templates;
mod tree;
mod witness;

pub use catalogue::{Fact, Kind, Occasion, Value, language_of};
pub use condition::{Condition, Told};
pub use cycle::{Circle, circles};
pub use decide::{Clause, Decision};
pub use diagnostic::{Code, Diagnostic, Place, Severity};
pub use event::Event;
pub use file::{Form, HookFile, set_enabled};
pub use filter::Filter;
pub use hook::{Action, Answers, Files, Hook};
pub use matcher::{PathMatcher, ToolMatcher, tool_names};
pub use prompt::{Part, Prompt, Scope};
pub use queue::{Burst, Happening, Queue};
pub use templates::{TEMPLATES, Template};
