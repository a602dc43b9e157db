//! Calls that a model writes as text: in a fence, in `<tool_call>` tags, or as the whole answer.
//!
//! Models without native tools are told to do so; others do it by mistake. A fence that is labelled as a call is
//! always one. Other JSON is a call only if it has a call's form and names a tool that there is, so that examples in
//! an answer stay examples.

use serde_json::Value;

/// A call read from text: its tool's name, and its arguments as written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Written {
    pub(super) name: String,
    pub(super) arguments: String,
}

/// What a text holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Found {
    /// The calls, in order.
    pub(super) calls: Vec<Written>,
    /// Calls that cannot be read, each with the reason.
    pub(super) broken: Vec<String>,
    /// Whether the text ends inside a call.
    pub(super) open: bool,
}

/// Labels of fences that hold calls.
const LABELS: [&str; 5] = ["tool", "tool_call", "tool_calls", "tools", "function_call"];

const TAGS: [(&str, &str); 2] = [
    ("<tool_call>", "</tool_call>"),
    ("<function_call>", "</function_call>"),
];

/// Reads the calls of a text; `known` says whether there is a tool of a name.
pub(super) fn read(text: &str, known: &dyn Fn(&str) -> bool) -> Found {
    let mut found = Found::default();
    let whole = text.trim();
    if whole.starts_with(['{', '[']) {
        found.take_json(whole, known);
        return found;
    }
    let mut rest = text;
    while let Some(piece) = next_piece(rest) {
        found.take(&piece, known);
        rest = piece.rest;
    }
    found
}

/// A marked part of a text.
struct Piece<'a> {
    labelled: bool,
    body: &'a str,
    closed: bool,
    rest: &'a str,
}

fn next_piece(text: &str) -> Option<Piece<'_>> {
    let fence = fence(text);
    let tags = TAGS.iter().filter_map(|(open, close)| {
        let at = text.find(open)?;
        Some((at, bounded(&text[at + open.len()..], close, true)))
    });
    let first = fence.into_iter().chain(tags).min_by_key(|(at, _)| *at);
    first.map(|(_, piece)| piece)
}

fn fence(text: &str) -> Option<(usize, Piece<'_>)> {
    let at = text.find("```")?;
    let after = &text[at + 3..];
    let (label, body) = after.split_once('\n').unwrap_or((after, ""));
    let labelled = LABELS.contains(&label.trim().to_ascii_lowercase().as_str());
    Some((at, bounded(body, "```", labelled)))
}

fn bounded<'a>(body: &'a str, close: &str, labelled: bool) -> Piece<'a> {
    // A fence inside a JSON text stands in a line with other things before it.
    let end = match close {
        "```" => body
            .match_indices(close)
            .map(|(at, _)| at)
            .find(|at| body[..*at].trim_end_matches([' ', '\t']).ends_with('\n') || *at == 0),
        _ => body.find(close),
    };
    match end {
        Some(end) => Piece {
            labelled,
            body: &body[..end],
            closed: true,
            rest: &body[end + close.len()..],
        },
        None => Piece {
            labelled,
            body,
            closed: false,
            rest: "",
        },
    }
}

impl Found {
    fn take(&mut self, piece: &Piece<'_>, known: &dyn Fn(&str) -> bool) {
        let body = piece.body.trim();
        if !piece.labelled {
            if piece.closed && body.starts_with(['{', '[']) {
                self.take_json(body, known);
            }
            return;
        }
        let calls = calls_in(body);
        if !piece.closed && calls.is_err() {
            self.open = true;
            return;
        }
        match calls {
            Ok(calls) => self.calls.extend(calls),
            Err(why) => self.broken.push(why),
        }
    }

    /// JSON that is not marked as a call: every part must be a call of a known tool.
    fn take_json(&mut self, body: &str, known: &dyn Fn(&str) -> bool) {
        if let Ok(calls) = calls_in(body)
            && calls.iter().all(|it| known(&it.name))
        {
            self.calls.extend(calls);
        }
    }
}

/// The calls of a JSON text, which may hold several values one after another.
fn calls_in(body: &str) -> Result<Vec<Written>, String> {
    let mut calls = Vec::new();
    let body = undoubled(body);
    for value in serde_json::Deserializer::from_str(body).into_iter::<Value>() {
        let value = value.map_err(|error| format!("it is not JSON: {error}"))?;
        gather(value, &mut calls)?;
    }
    match calls.is_empty() {
        true => Err("there is no call in it".to_owned()),
        false => Ok(calls),
    }
}

/// The one call of a text whose outer braces are doubled: some models write them as their templates do, and lose count of
/// the closing ones.
fn undoubled(body: &str) -> &str {
    let Some(inner) = body.strip_prefix('{').filter(|it| it.starts_with('{')) else {
        return body;
    };
    let mut values = serde_json::Deserializer::from_str(inner).into_iter::<Value>();
    let is_whole = matches!(values.next(), Some(Ok(Value::Object(_))));
    let (value, rest) = inner.split_at(values.byte_offset());
    let closes = rest.chars().all(|it| it == '}' || it.is_whitespace());
    if is_whole && closes { value } else { body }
}

fn gather(value: Value, calls: &mut Vec<Written>) -> Result<(), String> {
    match value {
        Value::Array(values) => values.into_iter().try_for_each(|it| gather(it, calls)),
        Value::Object(mut fields) => {
            if let Some(list @ Value::Array(_)) = fields.remove("tool_calls") {
                return gather(list, calls);
            }
            if let Some(inner @ Value::Object(_)) = fields.get_mut("function") {
                return gather(inner.take(), calls);
            }
            calls.push(written(&fields)?);
            Ok(())
        }
        _ => Err("a call is an object with \"name\" and \"arguments\"".to_owned()),
    }
}

fn written(fields: &serde_json::Map<String, Value>) -> Result<Written, String> {
    let get = |names: &[&str]| names.iter().find_map(|it| fields.get(*it));
    let name = get(&["name", "tool", "function"]).and_then(Value::as_str);
    let name = name.ok_or("\"name\" is missing: it says which tool is called")?;
    let arguments = get(&["arguments", "args", "parameters", "input"]);
    let arguments = match arguments {
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
        None => return Err("\"arguments\" is missing: give an object, {} when empty".to_owned()),
    };
    Ok(Written {
        name: name.to_owned(),
        arguments,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn known(name: &str) -> bool {
        ["read", "list"].contains(&name)
    }

    /// Names and arguments of the calls, then what is broken or open.
    fn check(text: &str) -> String {
        let found = read(text, &known);
        let mut shown: Vec<String> = found
            .calls
            .iter()
            .map(|it| format!("{}{}", it.name, it.arguments))
            .collect();
        shown.extend(found.broken.iter().map(|it| format!("broken: {it}")));
        shown.extend(found.open.then(|| "open".to_owned()));
        shown.join("; ")
    }

    #[test]
    fn forms_that_models_write() {
        let cases = [
            (
                "I look.\n```tool\n{\"name\": \"read\", \"arguments\": {\"path\": \"a\"}}\n```\n",
                r#"read{"path":"a"}"#,
            ),
            (
                "```json\n{\"name\": \"read\", \"arguments\": {\"path\": \"a\"}}\n```",
                r#"read{"path":"a"}"#,
            ),
            ("```\n{\"tool\": \"list\", \"args\": {}}\n```", "list{}"),
            ("{\"name\":\"list\",\"parameters\":{}}", "list{}"),
            (
                "<tool_call>\n{\"name\": \"list\", \"arguments\": {}}\n</tool_call><tool_call>{\"name\":\"read\",\"arguments\":{}}</tool_call>",
                "list{}; read{}",
            ),
            (
                "[{\"name\":\"list\",\"arguments\":{}},{\"name\":\"read\",\"arguments\":{}}]",
                "list{}; read{}",
            ),
            (
                "```tool_calls\n{\"tool_calls\":[{\"function\":{\"name\":\"list\",\"arguments\":\"{}\"}}]}\n```",
                "list{}",
            ),
            (
                "```tool\n{\"name\":\"list\",\"arguments\":{}}\n{\"name\":\"read\",\"arguments\":{}}\n```",
                "list{}; read{}",
            ),
            // As the built-in model writes it behind llama.cpp's server.
            (
                "{{\"name\": \"read\", \"arguments\": {\"path\": \"a\"}}}}",
                r#"read{"path":"a"}"#,
            ),
            (
                "```tool\n{{\"name\": \"list\", \"arguments\": {}}}\n```",
                "list{}",
            ),
            // A labelled fence names a tool that there is not: the model is told so later.
            ("```tool\n{\"name\":\"fly\",\"arguments\":{}}\n```", "fly{}"),
            (
                "```tool\n{\"name\":\"read\",\"arguments\":{\"text\":\"a\\n```\\nb\"}}\n```",
                r#"read{"text":"a\n```\nb"}"#,
            ),
        ];
        for (text, expected) in cases {
            assert_eq!(check(text), expected, "{text}");
        }
    }

    #[test]
    fn examples_and_code_are_no_calls() {
        for text in [
            "plain words",
            "```json\n{\"name\": \"kiro\", \"version\": 1}\n```",
            "```json\n{\"name\": \"fly\", \"arguments\": {}}\n```",
            "```python\nprint({'name': 'read'})\n```",
            "{\"name\": \"read\"}",
            "{{\"name\": \"read\", \"arguments\": {}}} is how",
            "{{ user }}",
            "```json\n{\"name\": \"read\", \"arg",
            "",
        ] {
            assert_eq!(check(text), "", "{text}");
        }
    }

    #[test]
    fn what_cannot_be_read_says_why() {
        assert!(check("```tool\n{\"name\": \"read\",\n```").starts_with("broken: it is not JSON"));
        assert_eq!(
            check("```tool\n{\"arguments\": {}}\n```"),
            "broken: \"name\" is missing: it says which tool is called"
        );
        assert_eq!(check("```tool\n{\"name\": \"read\", \"arg"), "open");
        assert_eq!(check("<tool_call>{\"name\": \"read\", \"arg"), "open");
    }

    proptest! {
        #[test]
        fn any_text_is_read(text in any::<String>()) {
            let _ = read(&text, &known);
        }

        #[test]
        fn a_written_call_comes_back(path in any::<String>(), before in "[a-z \n]*") {
            let arguments = serde_json::json!({"path": path}).to_string();
            let text = format!("{before}\n```tool\n{{\"name\":\"read\",\"arguments\":{arguments}}}\n```\n");
            let found = read(&text, &known);
            prop_assert_eq!(found.calls, vec![Written { name: "read".to_owned(), arguments }]);
        }
    }
}
