//! Tests of the gate for files.
