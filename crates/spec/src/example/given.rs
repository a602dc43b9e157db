//! Examples that name a function's arguments but do not call it: `For n = 3 the result should be 6`, and
//! `Input: [1, 2]` with `Output: 3` after it. They need a signature to be calls.

use std::ops::Range;

use super::{Call, Expect, Findings, Found, FunctionDecl};
use crate::expression::{literal_end, name_end, skip_space, split_commas};
use crate::line::{Line, lines};

const OPENERS: &[&str] = &["for ", "if ", "when ", "with ", "given "];
const INPUTS: &[&str] = &["input:", "inputs:", "given:", "arguments:"];
const OUTPUTS: &[&str] = &[
    "output:",
    "expected:",
    "expected output:",
    "result:",
    "returns:",
];

/// Words that announce a value; what comes after the last of them is it.
const ANNOUNCERS: &[&str] = &[
    "output", "result", "answer", "return", "returns", "returned", "gives", "→", "➞", "=>", "->",
];
const FILLERS: &[&str] = &[
    "the", "value", "function", "it", "we", "should", "would", "must", "shall", "will", "be", "is",
    "return", "returns", "give", "gives", "equal", "equals", "to", "expected",
];

/// The examples in `text`, which stands at `base` in the source, of `function`.
pub(crate) fn in_words(text: &str, base: usize, function: &FunctionDecl) -> Findings {
    let parameters = function.parameters();
    let mut findings = Findings::default();
    if parameters.is_empty() {
        return findings;
    }
    let mut pending: Option<(Vec<String>, usize)> = None;
    for line in lines(text).filter(|it| !it.is_blank()) {
        if let Some((arguments, value)) = sentence(line.text, &parameters) {
            let span = line.at..line.end();
            findings
                .examples
                .push(found(function, &arguments, value, span));
            pending = None;
        } else if let Some(rest) = labelled(line.text, INPUTS) {
            pending = inputs(rest, &parameters).map(|it| (it, line.at));
        } else if let Some(value) = labelled(line.text, OUTPUTS).and_then(whole_literal) {
            if let Some((arguments, start)) = pending.take() {
                let span = start..line.end();
                findings
                    .examples
                    .push(found(function, &arguments, value, span));
            }
        } else if !goes_on(line) {
            pending = None;
        }
    }
    findings.shifted(base)
}

/// Lines between an input and its output that say nothing of either.
fn goes_on(line: Line<'_>) -> bool {
    line.text.starts_with("```")
}

fn found(function: &FunctionDecl, arguments: &[String], value: &str, span: Range<usize>) -> Found {
    Found {
        call: Call {
            source: format!("{}({})", function.name, arguments.join(", ")),
            function: function.name.clone(),
            command: None,
        },
        expect: Expect::Value(value.to_owned()),
        setup: Vec::new(),
        span,
    }
}

/// `For a = 1, b = 2 the output should be 3`.
fn sentence<'t>(line: &'t str, parameters: &[&str]) -> Option<(Vec<String>, &'t str)> {
    let opener = OPENERS.iter().find(|it| starts_with(line, it))?;
    let (arguments, end) = bindings(line, opener.len(), parameters)?;
    let rest = &line[end..];
    let announced = ANNOUNCERS
        .iter()
        .filter_map(|word| last_word(rest, word))
        .max()?;
    if denies(&rest[..announced]) {
        return None;
    }
    let value = after_fillers(rest, announced);
    whole_literal(value).map(|value| (arguments, value))
}

/// Whether words say what must not come.
fn denies(text: &str) -> bool {
    const DENIALS: &[&str] = &[
        "not", "never", "no", "instead", "unless", "other", "cannot", "t", "nor", "neither",
        "except",
    ];
    let words = text.split(|c: char| !c.is_alphanumeric());
    words
        .into_iter()
        .any(|it| DENIALS.contains(&it.to_lowercase().as_str()))
}

fn starts_with(line: &str, words: &str) -> bool {
    line.get(..words.len())
        .is_some_and(|it| it.eq_ignore_ascii_case(words))
}

/// Where the last occurrence of a whole word ends.
fn last_word(text: &str, word: &str) -> Option<usize> {
    let at = text.rfind(word)?;
    let end = at + word.len();
    let is_letter = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
    let alone =
        !is_letter(text[..at].chars().next_back()) && !is_letter(text[end..].chars().next());
    alone.then_some(end)
}

fn after_fillers(text: &str, mut at: usize) -> &str {
    loop {
        let rest = text[at..].trim_start_matches([' ', ':', '=', ',', '`', '\t']);
        at = text.len() - rest.len();
        match name_end(text, at) {
            Some(end) if FILLERS.contains(&&text[at..end]) => at = end,
            _ => return &text[at..],
        }
    }
}

/// Text that is one literal, with a full stop or backtick after it at most.
fn whole_literal(text: &str) -> Option<&str> {
    let text = text.trim().trim_start_matches('`');
    let end = literal_end(text, 0)?;
    let rest = text[end..].trim();
    rest.trim_matches(['.', '`', ' ', ';'])
        .is_empty()
        .then(|| text[..end].trim())
}

/// `a = 1, b = 2`: every parameter once, in any order; the arguments in the signature's.
fn bindings(line: &str, from: usize, parameters: &[&str]) -> Option<(Vec<String>, usize)> {
    let mut values: Vec<Option<String>> = vec![None; parameters.len()];
    let mut at = from;
    while values.iter().any(Option::is_none) {
        at = skip_space(line, at);
        for between in [",", "and ", "`"] {
            if line[at..].starts_with(between) {
                at = skip_space(line, at + between.len());
            }
        }
        let end = name_end(line, at)?;
        let place = parameters.iter().position(|it| *it == &line[at..end])?;
        let sign = skip_space(line, end);
        let value = line[sign..]
            .strip_prefix("==")
            .or(line[sign..].strip_prefix('='))?;
        let start = skip_space(line, line.len() - value.len());
        let whole = literal_end(line, start)?;
        let end = first_value(line, start, whole);
        values[place] = Some(line[start..end].trim().to_owned());
        at = end;
    }
    Some((values.into_iter().flatten().collect(), at))
}

/// A literal may go on over a comma as a tuple; a binding's value does not.
fn first_value(line: &str, start: usize, end: usize) -> usize {
    split_commas(line, start..end)
        .first()
        .map_or(end, |part| part.end)
}

fn labelled<'t>(line: &'t str, labels: &[&str]) -> Option<&'t str> {
    let line = line.trim_start_matches(['*', '_', '-', ' ']);
    let label = labels.iter().find(|it| starts_with(line, it))?;
    Some(line[label.len()..].trim_matches(['*', '_', ' ']))
}

/// What an input line gives: `a = 1, b = 2`, or as many literals as there are parameters.
fn inputs(rest: &str, parameters: &[&str]) -> Option<Vec<String>> {
    if let Some((arguments, end)) = bindings(rest, 0, parameters) {
        return rest[end..]
            .trim_matches(['`', ' ', '.'])
            .is_empty()
            .then_some(arguments);
    }
    let rest = rest.trim_matches('`');
    let parts = split_commas(rest, 0..rest.len());
    let values: Option<Vec<String>> = parts
        .into_iter()
        .map(|part| whole_literal(&rest[part]).map(str::to_owned))
        .collect();
    values.filter(|it| it.len() == parameters.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(signature: &str, text: &str, expected: &[&str]) {
        let function = FunctionDecl {
            name: "f".to_owned(),
            signature: Some(signature.to_owned()),
            span: 0..0,
        };
        let findings = in_words(text, 0, &function);
        let shown: Vec<String> = findings
            .examples
            .iter()
            .map(|it| {
                format!(
                    "{} {:?} {}",
                    it.call.source,
                    it.expect,
                    &text[it.span.clone()]
                )
            })
            .collect();
        assert_eq!(shown, expected, "{text}");
    }

    #[test]
    fn sentences_that_name_every_argument() {
        check(
            "f(lst)",
            "For lst = [0,8,1] the output should be 7",
            &["f([0,8,1]) Value(\"7\") For lst = [0,8,1] the output should be 7"],
        );
        check(
            "f(s: str, c: str)",
            "For c = \"b\", s = \"ab\"  the result should be ('a',False).",
            &[
                "f(\"ab\", \"b\") Value(\"('a',False)\") For c = \"b\", s = \"ab\"  the result should be ('a',False).",
            ],
        );
        check(
            "f(N)",
            "For N = 150, the sum of digits will be 6 the output should be \"110\".",
            &[
                "f(150) Value(\"\\\"110\\\"\") For N = 150, the sum of digits will be 6 the output should be \"110\".",
            ],
        );
        check(
            "f(n)",
            "When `n = 1`, it returns `None`.",
            &["f(1) Value(\"None\") When `n = 1`, it returns `None`."],
        );
    }

    #[test]
    fn inputs_with_outputs() {
        check(
            "f(arr)",
            "Example 1:\n  Input: [4,2,3]\n  Output: [2, 1]\n  Explanation: x\nInput: []\nOutput: []",
            &[
                "f([4,2,3]) Value(\"[2, 1]\") Input: [4,2,3]\n  Output: [2, 1]",
                "f([]) Value(\"[]\") Input: []\nOutput: []",
            ],
        );
        check(
            "f(a, b)",
            "Input: a = 1, b = 2\nOutput: 3\nInput: 4, 5\nOutput: 9",
            &[
                "f(1, 2) Value(\"3\") Input: a = 1, b = 2\nOutput: 3",
                "f(4, 5) Value(\"9\") Input: 4, 5\nOutput: 9",
            ],
        );
    }

    #[test]
    fn what_is_not_whole_is_no_example() {
        for text in [
            "For a = 1 the output should be 2",
            "For a = 1, b = 2 the output should be large",
            "For every a = 1, b = 2 there is an answer",
            "Input: 1\nOutput: 2",
            "Output: 2",
            "Input: 1, 2\nSomething else\nOutput: 3",
            "For a = 1, b = 2",
            "If a = 0, b = 1, `f` must not return 0.",
            "For a = 1, b = 2 it never returns None",
            "For a = 1, b = 2 it doesn't return 3",
            "If a = é, b = 2 the output should be 3",
        ] {
            check("f(a, b)", text, &[]);
        }
        check("f()", "Input: 1\nOutput: 2", &[]);
    }
}
