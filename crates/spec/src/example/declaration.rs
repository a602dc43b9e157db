//! Signatures: a call's shape with parameters where a call has arguments.

use super::NAME_LIMIT;
use crate::expression::{
    call_at, is_constant, is_literal, literal_end, name_end, split_commas, trim_range,
};

const PREFIXES: &[&str] = &[
    "def ",
    "async def ",
    "fn ",
    "pub fn ",
    "pub async fn ",
    "async fn ",
    "function ",
    "async function ",
    "export function ",
    "func ",
];

/// The longest signature, in bytes; a table's every row may repeat its name.
const SIGNATURE_LIMIT: usize = 1000;

const BUILT_IN: &[&str] = &[
    "abs",
    "all",
    "any",
    "bool",
    "bytes",
    "callable",
    "dict",
    "enumerate",
    "filter",
    "float",
    "getattr",
    "hasattr",
    "hash",
    "id",
    "int",
    "isinstance",
    "issubclass",
    "iter",
    "len",
    "list",
    "map",
    "max",
    "min",
    "next",
    "open",
    "ord",
    "print",
    "range",
    "repr",
    "reversed",
    "round",
    "set",
    "setattr",
    "sorted",
    "str",
    "sum",
    "super",
    "tuple",
    "type",
    "zip",
];

/// Whether a name is a function that the language brings along.
pub(super) fn is_built_in(name: &str) -> bool {
    BUILT_IN.contains(&name)
}

/// A signature's name and text, where `text` is one: `slugify(text: str) -> str`, `def f(a, b=1):`, `add(a, b)`.
pub(crate) fn declaration(text: &str) -> Option<(&str, &str)> {
    let text = text.trim();
    if text.len() > SIGNATURE_LIMIT {
        return None;
    }
    let prefix = PREFIXES
        .iter()
        .filter(|it| text.starts_with(**it))
        .map(|it| it.len())
        .max()
        .unwrap_or(0);
    let call = call_at(text, prefix)?;
    let rest = text[call.first_end..].trim();
    let params: Vec<&str> = split_commas(text, call.args.clone())
        .into_iter()
        .map(|it| &text[it])
        .collect();
    let returns = rest
        .strip_prefix("->")
        .or_else(|| rest.strip_prefix(':'))
        .map(str::trim);
    let is_rest = rest.is_empty() || returns.is_some() || rest.starts_with('{');
    if !is_rest || !params.iter().all(|it| is_parameter(it) || is_default(it)) {
        return None;
    }
    let is_typed = prefix > 0 || returns.is_some() || params.iter().any(|it| it.contains(':'));
    let name = &text[call.head];
    if name.len() > NAME_LIMIT {
        return None;
    }
    let is_signature = match params.as_slice() {
        [] => prefix > 0 || returns.is_some_and(is_type),
        _ => is_typed || (params.iter().any(|it| is_parameter(it)) && !is_built_in(name)),
    };
    let returns_value = prefix == 0 && returns.is_some_and(|it| is_literal(it) && !is_type(it));
    (is_signature && !returns_value).then(|| (name, text.trim_end_matches([':', '{']).trim_end()))
}

/// Whether a list of arguments, taken as text, could only be parameters: every one a bare name or typed.
pub(super) fn are_all_parameters(args: &[&str]) -> bool {
    !args.is_empty() && args.iter().all(|it| is_parameter(it))
}

/// Whether what follows an arrow names a type rather than a value.
fn is_type(text: &str) -> bool {
    let text = text.trim().trim_end_matches([':', '{', ' ']);
    let name = name_end(text, 0).unwrap_or(0);
    let is_generic = name > 0 && text[name..].starts_with('[');
    matches!(&text[..name], "None") || text == "()" || is_generic || literal_end(text, 0).is_none()
}

fn is_default(text: &str) -> bool {
    name_end(text, 0).is_some_and(|end| {
        text[end..].trim_start().starts_with('=') && !text[end..].trim_start().starts_with("==")
    })
}

/// `text`, `text: str`, `*args`, `**options`, `/`, `&self`, `String text`, `limit: int = 5`.
fn is_parameter(text: &str) -> bool {
    if matches!(text, "*" | "/" | "...") {
        return true;
    }
    let plain = text
        .trim_start_matches(['*', '&', '.'])
        .trim_start_matches("mut ");
    let Some(end) = name_end(plain, 0) else {
        return false;
    };
    let rest = plain[end..].trim_start_matches('?').trim_start();
    match rest.strip_prefix(':') {
        Some(annotation) => {
            !is_literal(annotation.split('=').next().unwrap_or_default()) || is_type(annotation)
        }
        None if rest.is_empty() => !is_constant(&plain[..end]),
        None => name_end(rest, 0) == Some(rest.len()),
    }
}

/// The parameters' names in a signature.
pub(super) fn parameters(signature: &str) -> Vec<&str> {
    let prefix = PREFIXES
        .iter()
        .filter(|it| signature.starts_with(**it))
        .map(|it| it.len())
        .max()
        .unwrap_or(0);
    let Some(call) = call_at(signature, prefix) else {
        return Vec::new();
    };
    let names = split_commas(signature, call.args)
        .into_iter()
        .filter_map(|part| {
            let part = &signature[trim_range(signature, part)];
            let plain = part.trim_start_matches(['*', '&']);
            name_end(plain, 0).map(|end| &plain[..end])
        });
    names
        .filter(|name| !matches!(*name, "self" | "cls"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signatures_are_told_from_calls() {
        for text in [
            "slugify(text: str) -> str",
            "add(a, b)",
            "clear() -> None",
            "f(*args, **options)",
            "fn f(text: &str) -> String",
            "load(path: Path)",
            "parse(text: string): Spec",
            "truncate(text, limit=5)",
            "get(key: str, default: int | None = None) -> int",
            "names() -> list[str]",
            "Stack.push(self, item)",
            "f(text: str = \"\") -> str",
        ] {
            assert_eq!(declaration(text).map(|it| it.1), Some(text));
        }
        assert_eq!(declaration("def f(a):"), Some(("f", "def f(a)")));
        for text in [
            "slugify(\"A\")",
            "f()",
            "f(1, x)",
            "f(n=3)",
            "now() -> 5",
            "is_empty() -> True",
            "isinstance(text, str)",
            "VARCHAR(255)",
            "f(a) + 1",
            "label(at: 1)",
            "len(text)",
            "f(True)",
            "f(x) -> 3",
        ] {
            assert_eq!(declaration(text), None, "{text}");
        }
        assert_eq!(
            parameters("f(self, text: str, *, limit=5, **more)"),
            ["text", "limit", "more"]
        );
    }
}
