//! What an agent may call, behind one trait: [`Toolbox`].
//!
//! A toolbox says what it holds, and answers calls. It knows nothing of models and conversations; every call that
//! changes something is judged by policy before it acts.

mod toolbox;

pub use toolbox::{Answer, Effect, Progress, Stop, ToolSpec, Toolbox};
