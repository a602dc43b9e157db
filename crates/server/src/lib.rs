//! Session for other programs.

pub mod ide;
