//! Edits of real files: none may succeed falsely, and no byte may be damaged.
//!
//! [`real`] edits files of this repository in several forms and layouts, with the expected bytes worked out line
//! by line; [`table`] holds cases written by hand.

mod desk;
mod real;
mod table;
mod together;
