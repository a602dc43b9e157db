//! Values of parameters: `$x`, `${x:-y}`, `${x#y}` and their like, as far as they are known.

use super::glob_match;
use super::value::{ALTERNATIVES_MAX, Field, VALUE_BYTES_MAX};
use super::walk::Walk;
use super::word::Mode;

impl Walk<'_> {
    /// Every value that the parameter may have. Never empty; a value that is not known is a hole.
    pub(crate) fn parameter(&mut self, source: &str) -> Vec<Field> {
        let Some(read) = Read::of(source) else {
            self.substitutions_of(source);
            return vec![Field::hole(0)];
        };
        if let Some(index) = read.index {
            self.substitutions_of(index);
        }
        let known = self
            .variables
            .get(read.name)
            .map_or(0, |it| it.iter().map(Field::bytes).sum());
        if !self.produce(known) {
            self.substitutions_of(read.rest);
            return vec![Field::hole(0)];
        }
        let own = self.own_values(&read);
        let values = self.operated(&read, own);
        if values.is_empty() {
            return vec![Field::hole(0)];
        }
        values
            .into_iter()
            .take(ALTERNATIVES_MAX)
            .map(capped)
            .collect()
    }

    /// The values of the variable itself; empty when it is not known at all.
    fn own_values(&mut self, read: &Read<'_>) -> Vec<Field> {
        if read.is_length {
            return Vec::new();
        }
        let values = self.values_of(read.name);
        if !read.is_indirect {
            return values;
        }
        let names: Vec<String> = values.iter().filter_map(Field::text).collect();
        names.iter().flat_map(|name| self.values_of(name)).collect()
    }

    fn values_of(&self, name: &str) -> Vec<Field> {
        if let Ok(number) = name.parse::<usize>() {
            return match &self.arguments {
                Some(known) => vec![known.get(number).cloned().unwrap_or_default()],
                None => Vec::new(),
            };
        }
        if let Some(values) = self.variables.get(name) {
            return values.clone();
        }
        match name {
            "IFS" => vec![Field::known(" \t\n")],
            "#" | "?" | "-" | "$" | "!" => vec![Field::hole(0)],
            _ => Vec::new(),
        }
    }

    fn operated(&mut self, read: &Read<'_>, own: Vec<Field>) -> Vec<Field> {
        let (operator, operand) = operator(read.rest);
        match operator {
            "" => own,
            ":-" | "-" | ":=" | "=" => {
                let other = self.expand_value(operand, Mode::Word);
                if operator.contains('=') {
                    for value in &other {
                        self.assign(read.name, value.clone(), false);
                    }
                }
                own.into_iter().chain(other).collect()
            }
            ":+" | "+" => {
                let mut other = self.expand_value(operand, Mode::Word);
                other.push(Field::default());
                other
            }
            ":?" | "?" => {
                self.expand_value(operand, Mode::Word);
                own
            }
            "@" => {
                if operand == "P" {
                    for text in own.iter().filter_map(Field::text) {
                        self.substitutions_of(&text);
                    }
                }
                if operand.starts_with(['U', 'L', 'u']) {
                    return mapped(&own, |text| Some(cased(text, operand)));
                }
                Vec::new()
            }
            "^^" | ",," | "^" | "," if operand.is_empty() => {
                mapped(&own, |text| Some(cased(text, operator)))
            }
            ":" => {
                self.substitutions_of(operand);
                mapped(&own, |text| substring(text, operand))
            }
            _ => {
                let patterns = self.expand_value(operand, Mode::Word);
                let pattern = patterns.first().and_then(Field::text);
                mapped(&own, |text| edited(text, operator, pattern.as_deref()?))
            }
        }
    }
}

/// A parameter expansion taken apart.
struct Read<'a> {
    name: &'a str,
    index: Option<&'a str>,
    rest: &'a str,
    is_indirect: bool,
    is_length: bool,
}

impl<'a> Read<'a> {
    fn of(source: &'a str) -> Option<Read<'a>> {
        let is_length = source.len() > 1 && source.starts_with('#');
        let is_indirect = source.len() > 1 && source.starts_with('!');
        let source = if is_length || is_indirect {
            &source[1..]
        } else {
            source
        };
        let special = source.starts_with(['@', '*', '#', '?', '-', '$', '!']);
        let length = if special {
            1
        } else {
            source
                .find(|c: char| !c.is_ascii_alphanumeric() && c != '_')
                .unwrap_or(source.len())
        };
        let (name, mut rest) = source.split_at(length);
        let mut index = None;
        if let Some(inside) = rest.strip_prefix('[') {
            let end = inside.find(']')?;
            index = Some(&inside[..end]);
            rest = &inside[end + 1..];
        }
        (!name.is_empty()).then_some(Read {
            name,
            index,
            rest,
            is_indirect,
            is_length,
        })
    }
}

fn operator(rest: &str) -> (&str, &str) {
    const OPERATORS: [&str; 21] = [
        ":-", ":=", ":+", ":?", "##", "%%", "//", "/#", "/%", "^^", ",,", "-", "=", "+", "?", "#",
        "%", "/", "^", ",", "@",
    ];
    for operator in OPERATORS {
        if let Some(operand) = rest.strip_prefix(operator) {
            return (&rest[..operator.len()], operand);
        }
    }
    match rest.strip_prefix(':') {
        Some(operand) => (&rest[..1], operand),
        None => ("", rest),
    }
}

/// Applies to values that are wholly known; what is not becomes a hole of the same origin.
fn mapped(values: &[Field], change: impl Fn(&str) -> Option<String>) -> Vec<Field> {
    values
        .iter()
        .map(|value| match value.text().and_then(|text| change(&text)) {
            Some(text) => Field::known(text),
            None => Field::hole(value.origin()),
        })
        .collect()
}

fn cased(text: &str, operator: &str) -> String {
    let mut chars = text.chars();
    let first = |upper: bool, chars: &mut std::str::Chars<'_>| match chars.next() {
        Some(c) if upper => c.to_uppercase().to_string(),
        Some(c) => c.to_lowercase().to_string(),
        None => String::new(),
    };
    match operator {
        "^^" | "U" => text.to_uppercase(),
        ",," | "L" => text.to_lowercase(),
        "^" | "u" => first(true, &mut chars) + chars.as_str(),
        _ => first(false, &mut chars) + chars.as_str(),
    }
}

fn substring(text: &str, operand: &str) -> Option<String> {
    let mut numbers = operand.splitn(2, ':');
    let chars: Vec<char> = text.chars().collect();
    let length = i64::try_from(chars.len()).ok()?;
    let place = |number: i64| usize::try_from(if number < 0 { length + number } else { number });
    let from = place(numbers.next()?.trim().parse().ok()?).ok()?;
    let to = match numbers.next() {
        None => chars.len(),
        Some(count) => match count.trim().parse::<i64>().ok()? {
            count if count < 0 => place(count).ok()?,
            count => from.saturating_add(usize::try_from(count).ok()?),
        },
    };
    Some(chars.get(from..to.min(chars.len()))?.iter().collect())
}

fn edited(text: &str, operator: &str, operand: &str) -> Option<String> {
    let places: Vec<usize> = text
        .char_indices()
        .map(|(at, _)| at)
        .chain([text.len()])
        .collect();
    if text.len() > 256 {
        return None;
    }
    let fits = |part: &str, pattern: &str| glob_match::fits(pattern, part);
    match operator {
        "#" => places
            .iter()
            .find(|&&at| fits(&text[..at], operand))
            .map(|&at| text[at..].to_owned()),
        "##" => places
            .iter()
            .rev()
            .find(|&&at| fits(&text[..at], operand))
            .map(|&at| text[at..].to_owned()),
        "%" => places
            .iter()
            .rev()
            .find(|&&at| fits(&text[at..], operand))
            .map(|&at| text[..at].to_owned()),
        "%%" => places
            .iter()
            .find(|&&at| fits(&text[at..], operand))
            .map(|&at| text[..at].to_owned()),
        "/" | "//" | "/#" | "/%" => {
            let (pattern, with) = operand.split_once('/').unwrap_or((operand, ""));
            if pattern.is_empty() || pattern.contains(['*', '?', '[', '\\']) {
                return None;
            }
            Some(match operator {
                "//" => text.replace(pattern, with),
                "/" => text.replacen(pattern, with, 1),
                "/#" => text
                    .strip_prefix(pattern)
                    .map_or(text.to_owned(), |rest| format!("{with}{rest}")),
                _ => text
                    .strip_suffix(pattern)
                    .map_or(text.to_owned(), |rest| format!("{rest}{with}")),
            })
        }
        _ => None,
    }
    .or_else(|| operator.starts_with(['#', '%']).then(|| text.to_owned()))
}

fn capped(value: Field) -> Field {
    if value.bytes() > VALUE_BYTES_MAX {
        Field::hole(value.origin())
    } else {
        value
    }
}
