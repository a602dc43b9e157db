//! The words of an error: where a rule says `ValueError(f"there is no item {item_id}")`, or a `ValueError` with the message
//! "there is no item", an example under it that raises this error shows the message too.

use code::Language;
use spec::{Example, Expect, Requirement};

use super::{code_spans, words};
use crate::checks::Subject;
use crate::inputs;

/// The message that the example's error must have, as an expression of the subject's language; none where its rule gives none,
/// or where it cannot be known from the call alone.
pub(super) fn message(
    requirement: &Requirement,
    example: &Example,
    subject: &Subject,
) -> Option<String> {
    let Expect::Raises(error) = &example.expect else {
        return None;
    };
    let is_python = match subject.language()? {
        // What `str` gives of a `KeyError` is not its message.
        Language::Python if error != "KeyError" => true,
        Language::JavaScript | Language::TypeScript => false,
        _ => return None,
    };
    // Its rule, or the one around that.
    let mut rules = words::criteria_over(requirement, example).take(2);
    let rule = rules.find(|it| !said(&it.text, error).is_empty())?;
    let literals = said(&rule.text, error);
    let [literal] = literals.as_slice() else {
        return None;
    };
    let Some(format) = literal.strip_prefix('f') else {
        return is_text(literal).then(|| (*literal).to_owned());
    };
    if !is_python {
        return None;
    }
    let parameters = parameters(subject.signature.as_deref()?)?;
    let names: Vec<&str> = parameters.iter().map(|it| it.0.as_str()).collect();
    let call = example.call.source.trim();
    let arguments = call.strip_prefix(&example.call.function)?;
    let knows = |it: &&str| names.contains(it);
    let is_known = is_text(format) && names_in_braces(format)?.iter().all(knows);
    let is_plain = arguments.starts_with('(') && arguments.ends_with(')');
    let list: Vec<String> = parameters
        .iter()
        .map(|(name, default)| format!("{name}{default}"))
        .collect();
    (is_known && is_plain && example.setup.is_empty())
        .then(|| format!("(lambda {}: {literal}){arguments}", list.join(", ")))
}

/// What a rule gives the error as its one argument, wherever it speaks of it as code; else the text that it calls its message.
fn said<'a>(rule: &'a str, error: &str) -> Vec<&'a str> {
    let spans = code_spans(rule);
    let inner = |code: &'a str| {
        code.strip_prefix("new ")
            .unwrap_or(code)
            .strip_prefix(error)?
            .strip_prefix('(')?
            .strip_suffix(')')
    };
    let written: Vec<&str> = spans.filter_map(inner).collect();
    match written.is_empty() {
        true => worded(rule, error).into_iter().collect(),
        false => written,
    }
}

/// The literal after the word "message" in what a rule says of the error, up to the end of the sentence.
fn worded<'a>(rule: &'a str, error: &str) -> Option<&'a str> {
    let (_, rest) = rule.split_once(error)?;
    let (before, after) = rest.split_once("message")?;
    let literal = after.trim_start_matches([' ', ':', '`']);
    let quote = literal
        .strip_prefix('f')
        .unwrap_or(literal)
        .chars()
        .next()?;
    let begin = literal.find(quote)? + 1;
    let length = literal[begin..].find(quote)? + 1;
    let is_quoted = matches!(quote, '"' | '\'');
    // An apostrophe of `'can't'` ends no literal.
    let goes_on = literal[begin + length..].starts_with(char::is_alphanumeric);
    (is_quoted && !goes_on && !before.contains(". ")).then(|| &literal[..begin + length])
}

/// Whether it is one string literal and nothing else.
fn is_text(code: &str) -> bool {
    let quote = |it: char| {
        code.strip_prefix(it)
            .and_then(|rest| rest.strip_suffix(it))
            .is_some_and(|inner| !inner.contains([it, '\\', '\n']))
    };
    code.len() >= 2 && (quote('"') || quote('\''))
}

/// The names between braces; none when something else stands there.
fn names_in_braces(format: &str) -> Option<Vec<&str>> {
    let mut names = Vec::new();
    let mut rest = format;
    while let Some((before, after)) = rest.split_once('{') {
        let (name, after) = after.split_once('}')?;
        if before.contains('}') || !is_name(name) {
            return None;
        }
        names.push(name);
        rest = after;
    }
    (!rest.contains('}')).then_some(names)
}

fn is_name(text: &str) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    !text.is_empty() && text.chars().all(is_part) && !text.starts_with(|c: char| c.is_numeric())
}

/// A signature's parameters, each with `=` and its default where it has one; none where one is of another kind.
fn parameters(signature: &str) -> Option<Vec<(String, String)>> {
    let parameter = |part: &String| {
        let (declared, default) = match part.split_once('=') {
            Some((declared, default)) => (declared, format!("={}", default.trim())),
            None => (part.as_str(), String::new()),
        };
        let name = declared.split(':').next().unwrap_or_default().trim();
        is_name(name).then(|| (name.to_owned(), default))
    };
    inputs::declared(signature).iter().map(parameter).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literals_and_names_are_told_from_other_code() {
        assert!(is_text("\"the text is empty\"") && is_text("'a \"b\"'"));
        assert!(!is_text("text") && !is_text("\"a\" + \"b\"") && !is_text("\""));
        assert_eq!(names_in_braces("\"{a} of {b_2}\""), Some(vec!["a", "b_2"]));
        assert_eq!(names_in_braces("\"{a + 1}\""), None);
        assert_eq!(names_in_braces("\"{{a}}\""), None);
    }

    #[test]
    fn parameters_lose_their_types_and_keep_their_defaults() {
        let of = |signature| {
            let found = parameters(signature)?;
            Some(
                found
                    .into_iter()
                    .map(|(n, d)| format!("{n}{d}"))
                    .collect::<Vec<_>>(),
            )
        };
        let some = |names: &[&str]| Some(names.iter().map(|it| (*it).to_owned()).collect());
        assert_eq!(of("f() -> int"), some(&[]));
        assert_eq!(
            of("f(items: list[dict], n: dict[str, int] = {}, m=1) -> int"),
            some(&["items", "n={}", "m=1"])
        );
        assert_eq!(of("f(*rest: int)"), None);
    }

    #[test]
    fn an_error_is_found_by_its_name_with_one_argument() {
        let rule = "Raise `ValueError(f\"no item {n}\")`, never `KeyError(n)`";
        assert_eq!(said(rule, "ValueError"), ["f\"no item {n}\""]);
        assert_eq!(said("Raise `ValueError`", "ValueError"), [""; 0]);
        let rule = "Throw `new RangeError('too far')`";
        assert_eq!(said(rule, "RangeError"), ["'too far'"]);
    }

    #[test]
    fn a_message_in_words_is_found_where_it_is_a_literal() {
        let worded = |rule| worded(rule, "ValueError");
        for (rule, literal) in [
            (
                "Raise a `ValueError` with the message \"no item\"",
                "\"no item\"",
            ),
            ("raises ValueError, message: `'no'`, when empty", "'no'"),
            ("a ValueError with message `f\"no {n}\"`", "f\"no {n}\""),
        ] {
            assert_eq!(worded(rule), Some(literal), "{rule}");
        }
        for rule in [
            "Raise `ValueError` with a message that contains \"no\"",
            "Raise `ValueError`. The last message is \"bye\"",
            "Raise `ValueError` with a message",
            "Raise `ValueError` with the message \"no",
            "Raise `ValueError` with the message 'can't be'",
            "Print the message \"no\"",
            "a ValueError with message for \"x\"",
        ] {
            assert_eq!(worded(rule), None, "{rule}");
        }
    }
}
