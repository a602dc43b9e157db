//! What is known of a text before it is run: known parts, and holes where only the running shell knows.

use std::borrow::Cow;

/// Which producers of denied pipes a text may come from: bit `i` stands for the `i`-th denied pipe.
pub(crate) type Origin = u64;

/// The most possible values that are followed at once.
pub(crate) const ALTERNATIVES_MAX: usize = 12;

/// The longest value that is followed, in bytes.
pub(crate) const VALUE_BYTES_MAX: usize = 16 * 1024;

/// A piece of a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    /// Known text; quoted text is never a pattern.
    Text { text: String, quoted: bool },
    /// Text that only the running shell knows. Unquoted, it may vanish or become several fields.
    Hole { quoted: bool, origin: Origin },
    /// The path of a process substitution, by its number in the walk.
    Channel(usize),
}

/// One argument of a command, as far as it is known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Field {
    pub(crate) parts: Vec<Part>,
}

impl Field {
    /// A field of known text, as after quote removal.
    pub(crate) fn known(text: impl Into<String>) -> Field {
        Field {
            parts: vec![Part::Text {
                text: text.into(),
                quoted: true,
            }],
        }
    }

    /// A field of which nothing is known but where it may come from.
    pub(crate) fn hole(origin: Origin) -> Field {
        Field {
            parts: vec![Part::Hole {
                quoted: true,
                origin,
            }],
        }
    }

    /// The whole text, if every part of it is known.
    pub(crate) fn text(&self) -> Option<String> {
        let mut all = String::new();
        for part in &self.parts {
            match part {
                Part::Text { text, .. } => all.push_str(text),
                Part::Hole { .. } | Part::Channel(_) => return None,
            }
        }
        Some(all)
    }

    /// The same without a copy where the text stands in one piece, which it nearly always does.
    pub(crate) fn whole(&self) -> Option<Cow<'_, str>> {
        match self.parts.as_slice() {
            [Part::Text { text, .. }] => Some(Cow::Borrowed(text)),
            _ => self.text().map(Cow::Owned),
        }
    }

    /// The known text before the first hole.
    pub(crate) fn prefix(&self) -> String {
        let mut all = String::new();
        for part in &self.parts {
            match part {
                Part::Text { text, .. } => all.push_str(text),
                Part::Hole { .. } | Part::Channel(_) => break,
            }
        }
        all
    }

    /// Whether the shell would look for files that fit.
    pub(crate) fn is_pattern(&self) -> bool {
        self.parts.iter().any(|part| {
            matches!(part, Part::Text { text, quoted: false } if text.contains(['*', '?', '[']))
        })
    }

    /// Whether the field may be nothing at all, so that the next one takes its place.
    pub(crate) fn may_vanish(&self) -> bool {
        !self.parts.is_empty()
            && self
                .parts
                .iter()
                .all(|part| matches!(part, Part::Hole { quoted: false, .. }))
    }

    /// Where any part of the text may come from.
    pub(crate) fn origin(&self) -> Origin {
        self.parts.iter().fold(0, |all, part| match part {
            Part::Hole { origin, .. } => all | origin,
            Part::Text { .. } | Part::Channel(_) => all,
        })
    }

    /// The text for people, holes as `…`.
    pub(crate) fn shown(&self) -> String {
        self.parts
            .iter()
            .map(|part| match part {
                Part::Text { text, .. } => text.as_str(),
                Part::Hole { .. } => "…",
                Part::Channel(_) => "<(…)",
            })
            .collect()
    }
}

/// What may stand in a pipe, a file or a variable.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Stream {
    /// Every text that it may be, if all are known; empty when nothing is known.
    pub(crate) texts: Vec<String>,
    /// Where it may come from.
    pub(crate) origin: Origin,
    /// Whether anything is there at all: false for a standard input that was not redirected.
    pub(crate) given: bool,
    /// Whether it is the pipe right before a command, and not what a group or loop inherits.
    pub(crate) direct: bool,
}

impl Stream {
    /// A stream of known texts.
    pub(crate) fn of_texts(mut texts: Vec<String>, origin: Origin) -> Stream {
        texts.retain(|text| text.len() <= VALUE_BYTES_MAX);
        texts.dedup();
        texts.truncate(ALTERNATIVES_MAX);
        Stream {
            texts,
            origin,
            given: true,
            direct: false,
        }
    }

    /// A stream of which only the origin is known.
    pub(crate) fn unknown(origin: Origin) -> Stream {
        Stream {
            texts: Vec::new(),
            origin,
            given: true,
            direct: false,
        }
    }

    /// This stream followed by another.
    pub(crate) fn then(&self, next: &Stream) -> Stream {
        let mut texts = Vec::new();
        for first in &self.texts {
            for second in &next.texts {
                if texts.len() < ALTERNATIVES_MAX {
                    texts.push(format!("{first}{second}"));
                }
            }
        }
        Stream::of_texts(texts, self.origin | next.origin)
    }

    /// Either this stream or another.
    pub(crate) fn or(&self, other: &Stream) -> Stream {
        let mut texts = self.texts.clone();
        for text in &other.texts {
            if !texts.contains(text) {
                texts.push(text.clone());
            }
        }
        Stream::of_texts(texts, self.origin | other.origin)
    }
}

impl Field {
    /// How much known text it holds, in bytes.
    pub(crate) fn bytes(&self) -> usize {
        self.parts
            .iter()
            .map(|part| match part {
                Part::Text { text, .. } => text.len(),
                Part::Hole { .. } | Part::Channel(_) => 1,
            })
            .sum()
    }

    /// What follows the first `bytes` bytes of known text.
    pub(crate) fn after(&self, bytes: usize) -> Field {
        let mut left = bytes;
        let mut parts = Vec::new();
        for part in &self.parts {
            match part {
                Part::Text { text, quoted } if left > 0 => {
                    let cut = left.min(text.len());
                    left -= cut;
                    parts.push(Part::Text {
                        text: text.get(cut..).unwrap_or_default().to_owned(),
                        quoted: *quoted,
                    });
                }
                part => parts.push(part.clone()),
            }
        }
        Field { parts }
    }
}
