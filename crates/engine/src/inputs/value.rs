//! Literal values: read from source text, changed a little, written back.

use code::Language;

/// Longest text, list or number of digits that is still changed.
const SIZE: usize = 400;

/// How deep values nest.
const DEPTH: usize = 12;

/// A literal.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value {
    Nothing,
    Truth(bool),
    Whole(i64),
    Real(f64),
    Text(String),
    List(Vec<Value>),
    Tuple(Vec<Value>),
    Table(Vec<(Value, Value)>),
}

impl Value {
    /// Source text of it.
    pub(super) fn source(&self, language: Language) -> String {
        let python = language == Language::Python;
        let list = |values: &[Value]| {
            let values: Vec<String> = values.iter().map(|it| it.source(language)).collect();
            values.join(", ")
        };
        match self {
            Value::Nothing if python => "None".to_owned(),
            Value::Nothing => "null".to_owned(),
            Value::Truth(it) if python => String::from(if *it { "True" } else { "False" }),
            Value::Truth(it) => it.to_string(),
            Value::Whole(it) => it.to_string(),
            Value::Real(it) => format!("{it:?}"),
            Value::Text(it) => quoted(it),
            Value::Tuple(values) if python && values.len() == 1 => format!("({},)", list(values)),
            Value::Tuple(values) if python => format!("({})", list(values)),
            Value::List(values) | Value::Tuple(values) => format!("[{}]", list(values)),
            Value::Table(entries) => {
                let entry = |(key, value): &(Value, Value)| {
                    format!("{}: {}", key.source(language), value.source(language))
                };
                let entries: Vec<String> = entries.iter().map(entry).collect();
                format!("{{{}}}", entries.join(", "))
            }
        }
    }
}

fn quoted(text: &str) -> String {
    crate::checks::quoted(text, |c| match c {
        '\t' => Some("\\t".to_owned()),
        '\r' => Some("\\r".to_owned()),
        c => c.is_control().then(|| format!("\\u{:04x}", u32::from(c))),
    })
}

/// The arguments of the call `source` of `function`, when all are literals by position.
pub(super) fn arguments(source: &str, function: &str) -> Option<Vec<Value>> {
    let rest = source.trim().strip_prefix(function)?.trim_start();
    let mut reader = Reader {
        rest: rest.strip_prefix('(')?,
    };
    let values = reader.items(')', 0)?;
    reader.rest.trim().is_empty().then_some(values)
}

/// A whole text as a literal.
pub(super) fn literal(source: &str) -> Option<Value> {
    let mut reader = Reader { rest: source };
    let value = reader.value(0)?;
    reader.rest.trim().is_empty().then_some(value)
}

/// Reads literals from the beginning of a text.
struct Reader<'t> {
    rest: &'t str,
}

impl Reader<'_> {
    fn take(&mut self, sign: char) -> bool {
        self.rest = self.rest.trim_start();
        match self.rest.strip_prefix(sign) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn items(&mut self, close: char, depth: usize) -> Option<Vec<Value>> {
        let mut values = Vec::new();
        while !self.take(close) {
            values.push(self.value(depth)?);
            if !self.take(',') {
                return self.take(close).then_some(values);
            }
        }
        Some(values)
    }

    fn value(&mut self, depth: usize) -> Option<Value> {
        if depth > DEPTH {
            return None;
        }
        self.rest = self.rest.trim_start();
        match self.rest.chars().next()? {
            '"' | '\'' => self.text(),
            '[' => {
                self.take('[');
                self.items(']', depth + 1).map(Value::List)
            }
            '(' => {
                self.take('(');
                let before = self.rest;
                let values = self.items(')', depth + 1)?;
                let inside = &before[..before.len() - self.rest.len()];
                match values.as_slice() {
                    [one] if !inside.trim_end_matches(')').trim_end().ends_with(',') => {
                        Some(one.clone())
                    }
                    _ => Some(Value::Tuple(values)),
                }
            }
            '{' => {
                self.take('{');
                self.table(depth + 1)
            }
            _ => self.word(),
        }
    }

    fn table(&mut self, depth: usize) -> Option<Value> {
        let mut entries = Vec::new();
        while !self.take('}') {
            let key = self.value(depth)?;
            if !self.take(':') {
                return None;
            }
            entries.push((key, self.value(depth)?));
            if !self.take(',') {
                return self.take('}').then_some(Value::Table(entries));
            }
        }
        Some(Value::Table(entries))
    }

    fn text(&mut self) -> Option<Value> {
        let quote = self.rest.chars().next()?;
        if self.rest.starts_with("\"\"\"") || self.rest.starts_with("'''") {
            return None;
        }
        let mut out = String::new();
        let mut chars = self.rest[1..].char_indices();
        while let Some((at, c)) = chars.next() {
            match c {
                c if c == quote => {
                    self.rest = &self.rest[1 + at + 1..];
                    return Some(Value::Text(out));
                }
                '\\' => out.push(match chars.next()?.1 {
                    'n' => '\n',
                    't' => '\t',
                    'r' => '\r',
                    c @ ('\\' | '"' | '\'') => c,
                    _ => return None,
                }),
                c => out.push(c),
            }
        }
        None
    }

    fn word(&mut self) -> Option<Value> {
        let end = self
            .rest
            .find(|c: char| !c.is_alphanumeric() && !"+-._".contains(c))
            .unwrap_or(self.rest.len());
        let word = &self.rest[..end];
        let value = match word {
            "None" | "null" | "undefined" => Value::Nothing,
            "True" | "true" => Value::Truth(true),
            "False" | "false" => Value::Truth(false),
            _ => match word.parse::<i64>() {
                Ok(whole) => Value::Whole(whole),
                Err(_) => Value::Real(word.parse().ok().filter(|it: &f64| it.is_finite())?),
            },
        };
        self.rest = &self.rest[end..];
        Some(value)
    }
}

/// Values near `value`, nearest first; `seen` are the values that examples show in its place, so that signs and
/// emptiness are only tried where they are shown.
pub(super) fn variants(value: &Value, seen: &[&Value]) -> Vec<Value> {
    let shows = |is_it: fn(&Value) -> bool| seen.iter().any(|it| is_it(it));
    match value {
        Value::Nothing => Vec::new(),
        Value::Truth(it) => vec![Value::Truth(!it)],
        Value::Whole(it) => whole(*it, shows(|it| matches!(it, Value::Whole(n) if *n < 0)), {
            shows(|it| matches!(it, Value::Whole(0)))
        }),
        Value::Real(it) => {
            let mut all = vec![it + 0.5, it * 2.0, it + 1.0, it / 2.0];
            if shows(|it| matches!(it, Value::Real(n) if *n < 0.0)) {
                all.push(-it);
            }
            all.into_iter().map(Value::Real).collect()
        }
        Value::Text(it) => texts(it, seen),
        Value::List(items) => lists(items).into_iter().map(Value::List).collect(),
        Value::Tuple(items) => inside(items).into_iter().map(Value::Tuple).collect(),
        Value::Table(entries) => tables(entries),
    }
}

fn whole(value: i64, negative: bool, zero: bool) -> Vec<Value> {
    let near = [1, 2, 5, 11, 97].map(|step| value.saturating_add(step));
    let mut all: Vec<i64> = near.to_vec();
    all.extend([value.saturating_mul(2), value - value / 2, 3, 10, 1]);
    all.push(value.saturating_sub(1));
    if negative {
        all.extend([value.saturating_neg(), -2]);
    }
    all.push(0);
    all.retain(|it| (negative || *it >= 0) && (zero || negative || *it != 0) && *it != value);
    all.into_iter().map(Value::Whole).collect()
}

fn texts(text: &str, seen: &[&Value]) -> Vec<Value> {
    if text.len() > SIZE {
        return Vec::new();
    }
    let letters: Vec<char> = text.chars().collect();
    let half = letters.len() / 2;
    let of = |letters: &[char]| letters.iter().collect::<String>();
    let reversed: String = letters.iter().rev().collect();
    let mut all = vec![
        reversed.clone(),
        format!("{text}{reversed}"),
        of(&letters[half..]),
        of(&letters[..half]),
        format!("{text}{text}"),
    ];
    if let [first, rest @ ..] = letters.as_slice() {
        all.push(format!("{}{first}", of(rest)));
        all.push(of(rest));
        all.push(format!("{first}{text}"));
        all.push(first.to_string());
    }
    let others = seen.iter().filter_map(|it| match it {
        Value::Text(other) if other != text => Some(other),
        _ => None,
    });
    for other in others.take(3) {
        all.push(format!("{text}{other}"));
        all.push(format!("{other} {text}"));
    }
    let is_empty = |it: &&Value| matches!(it, Value::Text(text) if text.is_empty());
    if !seen.iter().any(is_empty) {
        all.retain(|it| !it.is_empty());
    }
    all.retain(|it| it != text);
    all.into_iter().map(Value::Text).collect()
}

/// Lists of the same kind of items.
fn lists(items: &[Value]) -> Vec<Vec<Value>> {
    if items.len() > SIZE {
        return Vec::new();
    }
    let half = items.len() / 2;
    let reversed: Vec<Value> = items.iter().rev().cloned().collect();
    let mut all = vec![
        reversed.clone(),
        items[half..].to_vec(),
        [items, &reversed].concat(),
        items[..half].to_vec(),
        [items, items].concat(),
    ];
    if let [first, rest @ ..] = items {
        all.push([rest, std::slice::from_ref(first)].concat());
        all.push(rest.to_vec());
        all.push([std::slice::from_ref(first), items].concat());
    }
    all.extend(inside(items));
    all.retain(|it| it != items && !it.is_empty());
    all
}

/// The same items with one of them changed.
fn inside(items: &[Value]) -> Vec<Vec<Value>> {
    let seen: Vec<&Value> = items.iter().collect();
    let mut all = Vec::new();
    for place in 0..items.len().min(4) {
        for changed in variants(&items[place], &seen).into_iter().take(4) {
            let mut other = items.to_vec();
            other[place] = changed;
            all.push(other);
        }
    }
    all
}

/// Tables with the same keys: a record that lacks one is another kind of thing.
fn tables(entries: &[(Value, Value)]) -> Vec<Value> {
    let mut all = Vec::new();
    let values: Vec<&Value> = entries.iter().map(|(_, value)| value).collect();
    for place in 0..entries.len().min(4) {
        for changed in variants(&entries[place].1, &values).into_iter().take(3) {
            let mut other = entries.to_vec();
            other[place].1 = changed;
            all.push(Value::Table(other));
        }
    }
    all
}

/// The parameters of a signature, each as written, with its type and its default.
pub(crate) fn declared(signature: &str) -> Vec<String> {
    let Some(open) = signature.find('(') else {
        return Vec::new();
    };
    let (mut depth, mut parts, mut part) = (0_usize, Vec::new(), String::new());
    for c in signature[open + 1..].chars() {
        match c {
            ')' | ']' | '}' if depth == 0 => break,
            '(' | '[' | '{' | '<' => depth += 1,
            ')' | ']' | '}' | '>' => depth = depth.saturating_sub(1),
            ',' if depth == 0 => {
                parts.push(std::mem::take(&mut part));
                continue;
            }
            _ => {}
        }
        part.push(c);
    }
    parts.push(part);
    parts.retain(|it| !it.trim().is_empty());
    parts
}

/// The parameters of a signature with their types, as written; an empty type where there is none.
pub(super) fn parameters(signature: &str) -> Vec<(String, String)> {
    declared(signature)
        .iter()
        .map(|it| {
            let declared = it.split('=').next().unwrap_or(it);
            let (name, kind) = declared.split_once(':').unwrap_or((declared, ""));
            (name.trim().to_owned(), kind.trim().to_ascii_lowercase())
        })
        .collect()
}

/// Plain values of a type; none when the type is not a plain one.
pub(super) fn plain(name: &str, kind: &str) -> Vec<Value> {
    let kind = kind.trim();
    let item = |kind: &str| -> Option<String> {
        let inside = kind.split_once(['[', '<'])?.1;
        Some(inside.trim_end_matches([']', '>']).to_owned())
    };
    let texts = [
        "abc",
        "hello world",
        "a",
        "Racecar",
        "12ab",
        "xyzxyzx",
        "The quick brown fox",
    ];
    let wholes = [1, 2, 3, 5, 10, 12, 27];
    match kind {
        "int" | "integer" | "number" | "i32" | "i64" | "u32" | "u64" | "usize" => {
            wholes.map(Value::Whole).to_vec()
        }
        "float" | "f64" | "f32" => [1.5, 2.0, 0.25, 10.0, 3.75].map(Value::Real).to_vec(),
        "str" | "string" | "&str" => texts.map(|it| Value::Text(it.to_owned())).to_vec(),
        "bool" | "boolean" => vec![Value::Truth(true), Value::Truth(false)],
        "list" => plain(name, "list[int]"),
        _ if kind.starts_with("list[")
            || kind.starts_with("vec<")
            || kind.starts_with("array<") =>
        {
            let items = item(kind).map_or_else(Vec::new, |it| plain(name, &it));
            (1..=items.len())
                .map(|count| Value::List(items[..count].iter().rev().cloned().collect()))
                .collect()
        }
        "" => match name {
            "s" | "text" | "string" | "word" | "name" | "txt" | "sentence" => plain(name, "str"),
            "n" | "k" | "x" | "y" | "a" | "b" | "num" | "number" | "count" => plain(name, "int"),
            "lst" | "arr" | "nums" | "numbers" | "l" | "xs" | "array" | "list" => {
                plain(name, "list[int]")
            }
            _ => Vec::new(),
        },
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(call: &str, expected: Option<&str>) {
        let found = arguments(call, "f").map(|values| {
            let written: Vec<String> = values
                .iter()
                .map(|it| it.source(Language::Python))
                .collect();
            written.join(" ")
        });
        assert_eq!(found.as_deref(), expected, "{call}");
    }

    #[test]
    fn literals_are_read_and_written() {
        check("f(1, -2, 1.5, 'a\"b')", Some("1 -2 1.5 \"a\\\"b\""));
        check(
            "f([1, [2, 3]], (1,), (2), {'a': None})",
            Some("[1, [2, 3]] (1,) 2 {\"a\": None}"),
        );
        check("f(True, [], \"ü\\n\")", Some("True [] \"ü\\n\""));
        check("f()", Some(""));
        for call in [
            "f(x)",
            "f(1",
            "f(n=1)",
            "g(1)",
            "f('a)",
            "f(1)[0]",
            "f(1e999)",
            "f('''a''')",
        ] {
            check(call, None);
        }
        let deep = format!("f({}{})", "[".repeat(40), "]".repeat(40));
        check(&deep, None);
    }

    #[test]
    fn parameters_have_names_and_types() {
        let found = parameters("f(a: dict[str, int], b, c: int = 3) -> int");
        let expected = [("a", "dict[str, int]"), ("b", ""), ("c", "int")];
        assert_eq!(found, expected.map(|(a, b)| (a.to_owned(), b.to_owned())));
    }
}
