//! Documents as values: specifications, plans and task lists.
//!
//! Reading never fails: a reader takes any text and says in [`Diagnostic`]s what it could not use. Every value knows the bytes
//! that it came from, so that a change can be written back without touching anything else. Pure: no files, no clock.
//!
//! The native form is `specs/NAME.md`, `plans/NAME-plan.md`, `plans/NAME-tasks.md`. Other dialects are read into the same
//! values: a dialect is a [`Layout`] of files, and a reader from the outline of a document.

mod compare;
mod criterion;
mod diagnostic;
mod document;
mod draft;
mod example;
mod expression;
mod fence;
mod fingerprint;
mod format;
mod id;
mod inline;
mod layout;
mod line;
mod lint;
mod measure;
mod outline;
mod path;
mod plan;
mod read;
mod requirement;
mod tasks;
mod template;
pub mod view;

pub use compare::{ChangeKind, CriterionChange, RequirementChange, compare, touched};
pub use criterion::{Check, Criterion};
pub use diagnostic::{Code, Diagnostic, Fix, Severity};
pub use document::{Column, Component, Dependency, Fact, Named, Section, Spec, Table};
pub use draft::{Draft, Part, Rule};
pub use example::{Call, Command, Example, Expect, FunctionDecl};
pub use expression::is_row;
pub use format::format;
pub use id::{CriterionId, ExampleId, RequirementId, TaskId};
pub use layout::{Dialect, Disk, Layout};
pub use line::LineIndex;
pub use lint::{fixed, lint_spec, lint_tasks};
pub use measure::{Limit, Measure, Side, Size, Statistic, TestName, Timing, duration};
pub use plan::{FileKind, Phase, Plan, PlanDependency, PlanTask, PlannedFile};
pub use requirement::{Requirement, RequirementKind};
pub use tasks::{
    EditError, Edited, MarkError, Task, TaskList, TaskMark, TaskPlace, TaskWish, Waits, Wave,
    add_task, drop_task, edit_task, move_task, set_mark,
};
pub use template::{Beginning, NewDocument, Purpose, template};
