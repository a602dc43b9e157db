//! A file's text as values with places, whether it is YAML or JSON.

mod json;
mod yaml;

use std::ops::Range;

/// Largest hook file, in bytes.
const BYTES_MAX: usize = 1 << 20;
/// How deep lists and keys may stand in each other.
const DEPTH_MAX: usize = 32;

pub(crate) use json::parse as json;
pub(crate) use yaml::parse as yaml;

/// A value with the bytes that it stands at.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Node {
    pub(crate) span: Range<usize>,
    pub(crate) value: Value,
}

/// A value.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value {
    Null,
    Truth(bool),
    Number(f64),
    Text(String),
    List(Vec<Node>),
    Map(Vec<Entry>),
}

/// A key with its value.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Entry {
    pub(crate) key: String,
    pub(crate) key_span: Range<usize>,
    pub(crate) node: Node,
}

/// Why a text is no tree, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Unreadable {
    pub(crate) span: Range<usize>,
    pub(crate) why: String,
}

impl Value {
    /// What it is, in words.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Value::Null => "nothing",
            Value::Truth(_) => "true or false",
            Value::Number(_) => "a number",
            Value::Text(_) => "a text",
            Value::List(_) => "a list",
            Value::Map(_) => "keys with values",
        }
    }
}

impl Node {
    /// Its keys, when it has some.
    pub(crate) fn entries(&self) -> Option<&[Entry]> {
        match &self.value {
            Value::Map(entries) => Some(entries),
            _ => None,
        }
    }

    /// The value of a key.
    pub(crate) fn get(&self, key: &str) -> Option<&Node> {
        self.entries()?
            .iter()
            .find(|it| it.key == key)
            .map(|it| &it.node)
    }
}

fn too_large(text: &str) -> Option<Unreadable> {
    let why = format!("it is larger than {BYTES_MAX} bytes");
    (text.len() > BYTES_MAX).then_some(Unreadable { span: 0..0, why })
}
