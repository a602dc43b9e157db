//! What is kept of one content.

use std::collections::HashMap;

use code::{Language, SymbolKind};

use super::words;

/// The first half of a content's SHA-256.
pub(crate) type Key = [u8; 16];

/// Bytes of a file in no known language that are read for words: data says nothing more after that.
const DATA_BYTES: usize = 64 << 10;

/// A content's words and definitions.
#[derive(Clone, Debug)]
pub(crate) struct Document {
    pub(crate) key: Key,
    /// Each word with how often it stands there.
    pub(crate) words: HashMap<Box<str>, u32>,
    /// How many words there are.
    pub(crate) length: u32,
    pub(crate) defines: Vec<Definition<Box<str>>>,
}

/// Something that a content defines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Definition<N> {
    pub(crate) name: N,
    /// From 1.
    pub(crate) line: u32,
    /// The kind's place in [`KINDS`].
    pub(crate) kind: u8,
    /// In how many others it is.
    pub(crate) depth: u8,
}

/// Kinds with the words that stand for them.
const KINDS: [(SymbolKind, &str); 14] = [
    (SymbolKind::Function, "fn"),
    (SymbolKind::Method, "method"),
    (SymbolKind::Class, "class"),
    (SymbolKind::Struct, "struct"),
    (SymbolKind::Enum, "enum"),
    (SymbolKind::Trait, "trait"),
    (SymbolKind::Interface, "interface"),
    (SymbolKind::TypeAlias, "type"),
    (SymbolKind::Constant, "const"),
    (SymbolKind::Variable, "var"),
    (SymbolKind::Field, "field"),
    (SymbolKind::Module, "module"),
    (SymbolKind::Macro, "macro"),
    (SymbolKind::Impl, "impl"),
];

/// The word for a kind.
pub(crate) fn kind_name(kind: u8) -> &'static str {
    KINDS.get(usize::from(kind)).map_or("", |it| it.1)
}

/// Whether a kind names a value.
pub(crate) fn is_value(kind: u8) -> bool {
    KINDS
        .get(usize::from(kind))
        .is_some_and(|it| it.0.is_value())
}

impl Document {
    /// The document of a text that stands in a file of this name.
    pub(crate) fn of(key: Key, path: &str, text: &str) -> Document {
        let language = Language::from_path(path);
        let whole = language.is_some() || is_prose(path) || text.len() <= DATA_BYTES;
        let read = match whole {
            true => text,
            false => &text[..text.floor_char_boundary(DATA_BYTES)],
        };
        let mut words: HashMap<Box<str>, u32> = HashMap::new();
        let mut length = 0;
        words::each(read, |word| {
            length += 1;
            match words.get_mut(word) {
                Some(count) => *count += 1,
                None => drop(words.insert(word.into(), 1)),
            }
        });
        let defines = language.map_or_else(Vec::new, |it| definitions(it, text));
        for it in &defines {
            words.entry(it.name.clone()).or_insert(1);
        }
        Document {
            key,
            words,
            length,
            defines,
        }
    }

    /// The document of what is no text.
    pub(crate) fn blank(key: Key) -> Document {
        Document {
            key,
            words: HashMap::new(),
            length: 0,
            defines: Vec::new(),
        }
    }
}

/// Whether a file holds prose, which is about something to its end.
fn is_prose(path: &str) -> bool {
    [".md", ".rst", ".txt", ".adoc"]
        .iter()
        .any(|it| path.ends_with(it))
}

fn definitions(language: Language, text: &str) -> Vec<Definition<Box<str>>> {
    let symbols = code::symbols(language, text).into_iter();
    let defined = symbols.filter_map(|it| {
        // A block for a type defines nothing itself; a field is part of its class.
        if matches!(it.kind, SymbolKind::Impl | SymbolKind::Field) || it.name.is_empty() {
            return None;
        }
        let kind = KINDS.iter().position(|(kind, _)| *kind == it.kind)?;
        let depth = it.parent.as_ref().map_or(0, |it| it.split('.').count());
        Some(Definition {
            name: it.name.into(),
            line: u32::try_from(it.line).ok()?,
            kind: kind as u8,
            depth: depth.min(7) as u8,
        })
    });
    defined.collect()
}
