//! Source text ⇄ values, by tree-sitter: what a text defines and imports, where, how complex it is,
//! what its tests assert; and back, putting one definition into a text.
//!
//! Everything here takes any text. A text that is larger than [`MAX_SOURCE`] is not parsed: queries
//! find nothing in it, [`syntax_error`] says so and [`splice`] refuses it. Nested code is walked
//! without recursion, and parsing stops after a number of steps proportional to the size, so no text
//! can overflow the stack or hang. This crate is pure: no I/O, no clock, no randomness.

mod branch;
mod complexity;
mod cut;
mod definition;
mod dropped;
mod duplication;
mod fence;
mod flaws;
mod graft;
mod import;
mod language;
mod layout;
mod names;
mod shadow;
mod splice;
mod symbol;
mod syntax;
mod testing;
mod tree;
mod weakened;

pub use branch::{Crossed, crossed};
pub use complexity::complexity;
pub use cut::without;
pub use dropped::with_dropped_results;
pub use duplication::duplicated_lines;
pub use fence::fenced;
pub use flaws::{Flaw, FlawKind, flaws};
pub use graft::grafted;
pub use import::{Import, imports, with_known_imports, without_imports_of};
pub use language::Language;
pub use shadow::unshadowed;
pub use splice::{EntryCall, ModuleKind, SpliceError, entered, exported, imported, splice};
pub use symbol::{Symbol, SymbolKind, definition, symbols};
pub use syntax::{SyntaxError, syntax_error};
pub use testing::{Assertion, TestCase, assertions, is_test_path, test_cases};
pub use tree::MAX_SOURCE;
pub use weakened::{TestFile, Weakened, Weakening, weakened};
