//! Examples as a table: a column of calls or inputs, and a column of what they give.

use super::link::{Link, in_code, link_at};
use super::{Call, Findings, Found, FunctionDecl, Unclear};
use crate::expression::{call_at, is_operand, split_commas};
use crate::inline::bare;
use crate::outline::{Row, Table};

const CALLS: &[&str] = &[
    "call",
    "expression",
    "example",
    "invocation",
    "code",
    "input",
    "inputs",
    "argument",
    "arguments",
    "args",
    "given",
    "when",
];
const RESULTS: &[&str] = &[
    "expected",
    "expected output",
    "expected result",
    "expected value",
    "output",
    "result",
    "returns",
    "return",
    "return value",
    "gives",
    "then",
    "value",
];

/// The columns that make a table one of examples.
struct Columns {
    inputs: Vec<usize>,
    result: usize,
    /// Whether the heading promises arguments, so that a call of something else is one.
    are_arguments: bool,
}

/// The examples in a table. `function` is what cells of arguments alone are given to.
pub(crate) fn in_table(table: &Table, function: Option<&FunctionDecl>) -> Findings {
    let mut findings = Findings::default();
    let Some(columns) = table
        .rows
        .first()
        .and_then(|header| columns(header, function))
    else {
        return findings;
    };
    for row in &table.rows[1..] {
        match example(row, &columns, function) {
            Some(found) => findings.examples.push(found),
            None => findings
                .unclear
                .push((row.span.clone(), Unclear::NoLiteral)),
        }
    }
    findings
}

fn columns(header: &Row, function: Option<&FunctionDecl>) -> Option<Columns> {
    let names: Vec<String> = header
        .cells
        .iter()
        .map(|cell| bare(&cell.text).trim().to_lowercase())
        .collect();
    let result = names
        .iter()
        .rposition(|name| RESULTS.contains(&name.as_str()))?;
    let parameters: Vec<String> = function.map_or_else(Vec::new, |it| {
        it.parameters().into_iter().map(str::to_lowercase).collect()
    });
    let is_input = |name: &String| {
        CALLS.contains(&name.as_str()) || parameters.contains(name) || is_call_heading(name)
    };
    let inputs: Vec<usize> = (0..names.len())
        .filter(|i| *i != result && is_input(&names[*i]))
        .collect();
    let first = inputs.first().map(|i| names[*i].as_str())?;
    let are_arguments = ["input", "inputs", "argument", "arguments", "args"].contains(&first)
        || parameters.iter().any(|it| it == first);
    Some(Columns {
        inputs,
        result,
        are_arguments,
    })
}

/// A column may be headed by the call itself: `slugify(text)`.
fn is_call_heading(name: &str) -> bool {
    call_at(name, 0).is_some_and(|call| call.end == name.len())
}

fn example(row: &Row, columns: &Columns, function: Option<&FunctionDecl>) -> Option<Found> {
    let cell = |index: usize| row.cells.get(index).map(|it| bare(&it.text).trim());
    let result = cell(columns.result)?;
    let inputs: Vec<&str> = columns
        .inputs
        .iter()
        .map(|index| cell(*index))
        .collect::<Option<_>>()?;
    let link = link_at(result, 0)
        .filter(|it| it.link != Link::Value)
        .map_or((Link::Value, 0), |it| (it.link, it.end));
    let expect = in_code(bare(result[link.1..].trim()), link.0)?;
    let is_other =
        |call: &Call| columns.are_arguments && function.is_some_and(|it| it.name != call.function);
    let call = whole_call(&inputs)
        .filter(|call| !is_other(call))
        .or_else(|| applied(&inputs, function?))?;
    Some(Found {
        call,
        expect,
        setup: Vec::new(),
        span: row.span.clone(),
    })
}

fn whole_call(inputs: &[&str]) -> Option<Call> {
    let [text] = inputs else { return None };
    let call = call_at(text, 0).filter(|it| it.end == text.len())?;
    Some(Call {
        source: (*text).to_owned(),
        function: text[call.head].to_owned(),
        command: None,
    })
}

/// The function called with the cells as arguments; each must be a literal or a keyword with one.
fn applied(inputs: &[&str], function: &FunctionDecl) -> Option<Call> {
    let args = inputs.join(", ");
    let parts = split_commas(&args, 0..args.len());
    let is_argument = |text: &str| {
        is_operand(text)
            || text
                .split_once('=')
                .is_some_and(|(name, value)| is_word(name.trim()) && is_operand(value))
    };
    let is_call = !parts.is_empty() && parts.into_iter().all(|part| is_argument(&args[part]));
    is_call.then(|| Call {
        source: format!("{}({args})", function.name),
        function: function.name.clone(),
        command: None,
    })
}

fn is_word(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_alphanumeric() || c == '_')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outline::{BlockKind, Outline};

    fn check(text: &str, signature: Option<&str>, expected: &[&str]) {
        let outline = Outline::read(text);
        let Some(BlockKind::Table(table)) = outline.blocks.first().map(|it| &it.kind) else {
            panic!("no table in {text}")
        };
        let name = |it: &str| it.split('(').next().unwrap_or_default().to_owned();
        let function = signature.map(|it| FunctionDecl {
            name: name(it),
            signature: Some(it.to_owned()),
            span: 0..0,
        });
        let findings = in_table(table, function.as_ref());
        let mut found: Vec<_> = findings
            .examples
            .iter()
            .map(|it| format!("{} {:?}", it.call.source, it.expect))
            .collect();
        found.extend(
            findings
                .unclear
                .iter()
                .map(|(it, _)| format!("unclear {}", &text[it.clone()])),
        );
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn calls_and_arguments_are_read() {
        check(
            "| Call | Expected | Why |\n|---|---|---|\n| `f(\"a|b\")` | `\"x\"` | y |\n| f(1) | raises `ValueError` | |\n| f(2) | TypeError | |\n",
            None,
            &[
                "f(\"a|b\") Value(\"\\\"x\\\"\")",
                "f(1) Raises(\"ValueError\")",
                "f(2) Raises(\"TypeError\")",
            ],
        );
        check(
            "| Input | Output |\n|---|---|\n| `\"A B\"` | `\"a-b\"` |\n| \"a\", limit=3 | \"a\" |\n| Hello World | hello |\n| | \"\" |\n",
            Some("slugify(text)"),
            &[
                "slugify(\"A B\") Value(\"\\\"a-b\\\"\")",
                "slugify(\"a\", limit=3) Value(\"\\\"a\\\"\")",
                "unclear | Hello World | hello |",
                "unclear | | \"\" |",
            ],
        );
        check(
            "| Input | Output |\n|-|-|\n| `Money(1)` | 1 |\n| `cents(2)` | 2 |\n",
            Some("cents(money)"),
            &["cents(Money(1)) Value(\"1\")", "cents(2) Value(\"2\")"],
        );
        check(
            "| text | limit | result |\n|-|-|-|\n| \"abc\" | 2 | \"ab\" |\n",
            Some("cut(text, limit)"),
            &["cut(\"abc\", 2) Value(\"\\\"ab\\\"\")"],
        );
    }

    #[test]
    fn other_tables_are_left_alone() {
        check(
            "| Status | Meaning |\n|---|---|\n| 200 | fine |\n",
            Some("f(x)"),
            &[],
        );
        check(
            "| Input | Output |\n|---|---|\n| 1 | 2 |\n",
            None,
            &["unclear | 1 | 2 |"],
        );
    }
}
