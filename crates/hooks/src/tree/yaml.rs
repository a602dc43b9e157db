//! YAML with limits.

use std::fmt;

use serde::de::{MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_saphyr::{Error, Location, Spanned};

use super::{BYTES_MAX, DEPTH_MAX, Entry, Node, Unreadable, Value, too_large};

/// Reads YAML.
pub(crate) fn parse(text: &str) -> Result<Node, Unreadable> {
    if let Some(wrong) = too_large(text) {
        return Err(wrong);
    }
    let read: Result<Spanned<Raw>, Error> = serde_saphyr::from_str_with_options(text, options());
    read.map(|it| node(text, it)).map_err(|error| {
        let error = error.without_snippet();
        let at = error.location().map_or(0, |it| offset(text, it));
        let told = error.to_string();
        let why = match error {
            Error::DuplicateMappingKey { key, .. } => {
                format!(
                    "«{}» stands here twice; keep one",
                    key.as_deref().unwrap_or("a key")
                )
            }
            _ => told
                .split(" at line ")
                .next()
                .unwrap_or_default()
                .to_owned(),
        };
        let line = text[at..].lines().next().map_or(0, str::len);
        Unreadable {
            span: at..at + line,
            why: format!("this is no YAML: {why}"),
        }
    })
}

fn options() -> serde_saphyr::Options {
    let mut options = serde_saphyr::Options::default();
    options.strict_booleans = true;
    options.with_snippet = false;
    options.merge_keys = serde_saphyr::MergeKeyPolicy::Error;
    let mut budget = options.budget.take().unwrap_or_default();
    // A hook has no use for anchors, and without them nothing grows beyond the file itself.
    budget.max_aliases = 0;
    budget.max_anchors = 0;
    budget.max_depth = DEPTH_MAX;
    budget.flow_nesting_limit = DEPTH_MAX;
    budget.max_nodes = BYTES_MAX;
    options.budget = Some(budget);
    options
}

/// The byte that a place is at.
fn offset(text: &str, place: Location) -> usize {
    let number = |it: u64| usize::try_from(it).unwrap_or(usize::MAX);
    let mut at = match place.span().byte_offset() {
        Some(at) => number(at),
        None => {
            let before = text
                .split_inclusive('\n')
                .take(number(place.line()).saturating_sub(1));
            before.map(str::len).sum()
        }
    };
    at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

fn span(text: &str, place: Location) -> std::ops::Range<usize> {
    let start = offset(text, place);
    let length = place
        .span()
        .byte_len()
        .and_then(|it| usize::try_from(it).ok())
        .unwrap_or(0);
    let mut end = start.saturating_add(length).min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let end = start + text[start..end.max(start)].trim_end().len();
    start..end
}

enum Raw {
    Null,
    Truth(bool),
    Number(f64),
    Text(String),
    List(Vec<Spanned<Raw>>),
    Map(Vec<(Spanned<String>, Spanned<Raw>)>),
}

fn node(text: &str, raw: Spanned<Raw>) -> Node {
    let place = raw.referenced;
    let value = match raw.value {
        Raw::Null => Value::Null,
        Raw::Truth(it) => Value::Truth(it),
        Raw::Number(it) => Value::Number(it),
        Raw::Text(it) => Value::Text(it),
        Raw::List(items) => Value::List(items.into_iter().map(|it| node(text, it)).collect()),
        Raw::Map(entries) => {
            let entry = |(key, value): (Spanned<String>, Spanned<Raw>)| Entry {
                key_span: span(text, key.referenced),
                key: key.value,
                node: node(text, value),
            };
            Value::Map(entries.into_iter().map(entry).collect())
        }
    };
    Node {
        span: span(text, place),
        value,
    }
}

impl<'de> Deserialize<'de> for Raw {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Raw, D::Error> {
        struct Any;
        impl<'de> Visitor<'de> for Any {
            type Value = Raw;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a value")
            }

            fn visit_unit<E>(self) -> Result<Raw, E> {
                Ok(Raw::Null)
            }

            fn visit_none<E>(self) -> Result<Raw, E> {
                Ok(Raw::Null)
            }

            fn visit_some<D: Deserializer<'de>>(self, from: D) -> Result<Raw, D::Error> {
                Raw::deserialize(from)
            }

            fn visit_bool<E>(self, it: bool) -> Result<Raw, E> {
                Ok(Raw::Truth(it))
            }

            fn visit_i64<E>(self, it: i64) -> Result<Raw, E> {
                Ok(Raw::Number(it as f64))
            }

            fn visit_u64<E>(self, it: u64) -> Result<Raw, E> {
                Ok(Raw::Number(it as f64))
            }

            fn visit_f64<E>(self, it: f64) -> Result<Raw, E> {
                Ok(Raw::Number(it))
            }

            fn visit_str<E>(self, it: &str) -> Result<Raw, E> {
                Ok(Raw::Text(it.to_owned()))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Raw, A::Error> {
                let mut items = Vec::new();
                while let Some(item) = list.next_element()? {
                    items.push(item);
                }
                Ok(Raw::List(items))
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Raw, A::Error> {
                let mut entries = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    entries.push(entry);
                }
                Ok(Raw::Map(entries))
            }
        }
        from.deserialize_any(Any)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_stand_where_they_were_written() {
        let text =
            "name: \"Ü x\"\ntrigger:\n  filter:\n    - 'a/**'  # why\n    - !**\nn: 3\nb: true\n";
        let Value::Map(entries) = parse(text).expect("YAML").value else {
            panic!()
        };
        let Value::List(items) = &entries[1].node.get("filter").expect("a list").value else {
            panic!()
        };
        assert_eq!(
            items[1].value,
            Value::Null,
            "an unquoted ! is a tag of nothing"
        );
        let text = text.replace("!**", "\"!**\"");
        let root = parse(&text).expect("YAML");
        let at = |node: &Node| text[node.span.clone()].to_owned();
        assert_eq!(at(root.get("name").expect("a name")), "\"Ü x\"");
        let filter = root
            .get("trigger")
            .and_then(|it| it.get("filter"))
            .expect("a filter");
        let Value::List(items) = &filter.value else {
            panic!("{filter:?}")
        };
        assert_eq!(
            items.iter().map(at).collect::<Vec<_>>(),
            ["'a/**'", "\"!**\""]
        );
        assert_eq!(root.get("n").map(|it| &it.value), Some(&Value::Number(3.0)));
        assert_eq!(root.get("b").map(|it| &it.value), Some(&Value::Truth(true)));
        let keys = root
            .entries()
            .expect("keys")
            .iter()
            .map(|it| text[it.key_span.clone()].to_owned());
        assert_eq!(keys.collect::<Vec<_>>(), ["name", "trigger", "n", "b"]);
    }

    #[test]
    fn what_is_no_yaml_is_told_with_its_place() {
        for (text, at) in [
            ("a: [1\n", None),
            ("a: 1\na: 2\n", Some("a: 2")),
            ("a: 'x\n", None),
            ("- a\nb: c\n", None),
            ("a: &x 1\nb: *x\n", None),
            ("a:\n\t- b\n", None),
        ] {
            let wrong = parse(text).expect_err(text);
            assert!(
                wrong.span.end <= text.len() && wrong.why.len() > 10,
                "{text}: {wrong:?}"
            );
            if let Some(at) = at {
                assert_eq!(&text[wrong.span.clone()], at);
            }
        }
        assert!(parse(&"[".repeat(10_000)).is_err());
    }
}
