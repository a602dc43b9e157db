//! Tools as a model sees them: what it may call, what it called, and what came of it.

use crate::{Image, Provider};

/// A tool that the model may call.
#[derive(Clone, Debug, PartialEq)]
pub struct ToolSpec {
    /// Its name: letters, digits, `_` and `-`, at most 64.
    pub name: String,
    /// What it does and when to use it, for the model.
    pub description: String,
    /// JSON Schema of its arguments, an object.
    pub parameters: serde_json::Value,
}

/// A call that the model asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// The provider's name for this call; its result carries the same. Unique within a conversation.
    pub id: String,
    /// The tool's name as the model wrote it, which need not be the name of any tool.
    pub name: String,
    /// The arguments as the model wrote them: meant to be a JSON object, but nobody has checked that.
    pub arguments: String,
}

/// What came of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallResult {
    /// The call's id.
    pub id: String,
    /// What the model is told.
    pub text: String,
    /// Pictures beside the text.
    pub images: Vec<Image>,
    /// Whether the call failed.
    pub failed: bool,
}

/// Something that only its provider understands and wants back unchanged with the next request, such as signed
/// reasoning.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// Whose it is. Other providers leave it out.
    pub provider: Provider,
    /// As it came, JSON.
    pub json: String,
}
