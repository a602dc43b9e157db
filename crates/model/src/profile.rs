//! What a model can do.

use serde::Deserialize;

/// Which turn loop a model is driven by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Strategy {
    /// The program drives and the model fills one small slot a turn: for small models.
    Slots,
    /// The model drives by calling tools.
    Tools,
}

/// What a model can hold and how it is best driven.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Profile {
    /// Tokens that prompt and answer may have together.
    pub context_tokens: u32,
    /// Most tokens that one answer should be asked for.
    pub output_tokens_max: u32,
    /// The turn loop that suits the model.
    pub strategy: Strategy,
    /// Whether plans and criteria written by the model are worth reading. A small model's are not: the program derives them.
    pub writes_plans: bool,
    /// Whether the provider takes tools and gives calls as such. Without, tools can only be told and read as text.
    pub native_tools: bool,
    /// Whether messages may hold pictures.
    pub images: bool,
    /// Whether the model goes on with a last message of its own, instead of answering it.
    pub goes_on: bool,
}
