//! Whole documents in, values out.

mod corpus;
mod plan;
mod robust;
mod spec;
mod tasks;
