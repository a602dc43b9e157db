//! Whole documents in, values out.

mod corpus;
mod edits;
mod lint;
mod plan;
mod robust;
mod spec;
mod tasks;
