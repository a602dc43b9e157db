//! Whether the values of an example are of the kinds that a Python signature declares: a small model forgets its own signature.

/// A kind of value that both a type's name and a literal tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ValueKind {
    Text,
    Whole,
    Real,
    Truth,
    List,
    Map,
    Tuple,
}

/// Why a call does not fit a signature: the first argument of another kind than the parameter's.
pub(super) fn misfit(signature: &str, call: &str) -> Option<String> {
    let (Some((_, declared)), Some((_, given))) = (signature.split_once('('), call.split_once('('))
    else {
        return None;
    };
    let (declared, given) = (inside(declared), inside(given));
    let mut pairs = declared.into_iter().zip(given);
    pairs.find_map(|(parameter, value)| {
        let (name, kind) = parameter.split_once(':')?;
        let kind = kind.split('=').next().unwrap_or(kind).trim();
        let fits = fits(of_type(kind)?, of_literal(value)?);
        (!fits).then(|| format!("{} is {kind}, not {value}", name.trim()))
    })
}

/// Whether a signature says that it returns a text, and this value stands without the marks of one.
pub(super) fn lacks_quotes(signature: &str, value: &str) -> bool {
    returned(signature).and_then(of_type) == Some(ValueKind::Text)
        && of_literal(value) != Some(ValueKind::Text)
}

/// Why a value is none that the signature returns.
pub(super) fn misfit_value(signature: &str, value: &str) -> Option<String> {
    let kind = returned(signature)?;
    let fits = fits(of_type(kind)?, of_literal(value)?);
    (!fits).then(|| format!("it returns {kind}, not {value}"))
}

/// Whether a value is the name of an error, given in place of one.
pub(super) fn is_error(value: &str) -> bool {
    let name = value.trim().trim_end_matches("()");
    name.starts_with(|c: char| c.is_ascii_uppercase())
        && ["Error", "Exception"].iter().any(|it| name.ends_with(it))
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

fn returned(signature: &str) -> Option<&str> {
    let (_, returned) = signature.rsplit_once("->")?;
    Some(returned.trim())
}

fn fits(declared: ValueKind, literal: ValueKind) -> bool {
    declared == literal || (declared, literal) == (ValueKind::Real, ValueKind::Whole)
}

fn of_type(name: &str) -> Option<ValueKind> {
    let base = name.split('[').next().unwrap_or(name).trim();
    let is_whole_name = base == name.trim() || name.trim().ends_with(']');
    Some(match base {
        _ if !is_whole_name => return None,
        "str" => ValueKind::Text,
        "int" => ValueKind::Whole,
        "float" => ValueKind::Real,
        "bool" => ValueKind::Truth,
        "list" | "List" => ValueKind::List,
        "dict" | "Dict" => ValueKind::Map,
        "tuple" | "Tuple" => ValueKind::Tuple,
        _ => return None,
    })
}

fn of_literal(value: &str) -> Option<ValueKind> {
    let value = value.trim();
    let digits = value.strip_prefix('-').unwrap_or(value);
    let is_number = digits.starts_with(|c: char| c.is_ascii_digit())
        && digits
            .chars()
            .all(|c| c.is_ascii_digit() || matches!(c, '.' | '_'));
    Some(match value.chars().next()? {
        '"' | '\'' => ValueKind::Text,
        '[' => ValueKind::List,
        '{' => ValueKind::Map,
        '(' => ValueKind::Tuple,
        _ if matches!(value, "True" | "False") => ValueKind::Truth,
        _ if is_number && digits.contains('.') => ValueKind::Real,
        _ if is_number => ValueKind::Whole,
        _ => return None,
    })
}

/// The parts between commas up to the closing bracket, outside of texts and inner brackets.
pub(super) fn inside(rest: &str) -> Vec<&str> {
    let (mut depth, mut quote, mut is_escaped) = (0_usize, None, false);
    let (mut parts, mut start, mut end) = (Vec::new(), 0, rest.len());
    for (at, c) in rest.char_indices() {
        match (quote, c) {
            _ if is_escaped => is_escaped = false,
            (Some(_), '\\') => is_escaped = true,
            (Some(open), _) if c == open => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'') => quote = Some(c),
            (None, '(' | '[' | '{') => depth += 1,
            (None, ')' | ']' | '}') if depth == 0 => {
                end = at;
                break;
            }
            (None, ')' | ']' | '}') => depth -= 1,
            (None, ',') if depth == 0 => {
                parts.push(rest[start..at].trim());
                start = at + 1;
            }
            (None, _) => {}
        }
    }
    if !(parts.is_empty() && rest[start..end].trim().is_empty()) {
        parts.push(rest[start..end].trim());
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_of_another_kind_than_the_signature_says_are_told() {
        let roman = "int_to_roman(num: int) -> str";
        assert_eq!(
            misfit(roman, "int_to_roman('III')").as_deref(),
            Some("num is int, not 'III'")
        );
        assert_eq!(misfit(roman, "int_to_roman(3)"), None);
        assert_eq!(
            misfit("f(a: str, b: list[int] = []) -> bool", "f('x, (', 3)").as_deref(),
            Some("b is list[int], not 3")
        );
        for fine in [
            ("f(a: float)", "f(3)"),
            ("f(a: int | None)", "f('x')"),
            ("f(a)", "f('x')"),
            ("f(a: Path)", "f('x')"),
            ("f(a: int)", "f(n)"),
            ("f()", "f()"),
            ("f", "f"),
        ] {
            assert_eq!(misfit(fine.0, fine.1), None, "{fine:?}");
        }
        assert!(is_error("ValueError") && is_error("KeyError()") && !is_error("'KeyError'"));
        assert!(lacks_quotes(roman, "1h 2m") && lacks_quotes(roman, "1"));
        assert!(!lacks_quotes(roman, "'I'") && !lacks_quotes("f(a: int)", "1h"));
        assert_eq!(misfit_value(roman, "\"III\""), None);
        assert_eq!(
            misfit_value("f(a: str) -> int", "'x'").as_deref(),
            Some("it returns int, not 'x'")
        );
        assert_eq!(misfit_value("f(a: str) -> float", "3"), None);
        assert_eq!(misfit_value("f(a: str)", "3"), None);
    }

    #[test]
    fn arguments_are_parted_outside_of_texts_and_brackets() {
        assert_eq!(inside("\"a, \\\"b\", [1, 2], {\"x\": (3, 4)})").len(), 3);
        assert_eq!((inside(")").len(), inside("").len()), (0, 0));
        assert_eq!(inside(" 1 , 2 ) + 3"), ["1", "2"]);
    }
}
