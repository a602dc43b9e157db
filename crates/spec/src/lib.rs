//! Documents as values: specifications, plans and task lists.
//!
//! Reading never fails: a reader takes any text and says in [`Diagnostic`]s what it could not use. Every value knows the bytes
//! that it came from, so that a change can be written back without touching anything else. Pure: no files, no clock.
//!
//! This crate reads and writes the native form: `specs/NAME.md`, `plans/NAME-plan.md`, `plans/NAME-tasks.md`. The values are
//! meant for every dialect; a dialect is a reader from the outline of a document to these values.

mod criterion;
mod diagnostic;
mod document;
mod example;
mod expression;
mod fence;
mod fingerprint;
mod id;
mod inline;
mod line;
mod outline;
mod path;
mod plan;
mod read;
mod requirement;
mod tasks;
pub mod view;

pub use criterion::{Check, Criterion, Measure};
pub use diagnostic::{Code, Diagnostic};
pub use document::{Column, Component, Dependency, Fact, Section, Spec, Table};
pub use example::{Call, Command, Example, Expect, FunctionDecl};
pub use id::{CriterionId, ExampleId, RequirementId, TaskId};
pub use line::LineIndex;
pub use plan::{FileKind, Phase, Plan, PlanDependency, PlanTask, PlannedFile};
pub use requirement::{Requirement, RequirementKind};
pub use tasks::{MarkError, Task, TaskList, TaskMark, set_mark};
