//! Examples in code blocks, one a line.

use super::declaration::are_all_parameters;
use super::link::{Link, expectation_at, is_end, is_remark, link_at};
use super::setup::Setup;
use super::{Findings, Unclear};
use crate::expression::{group_end, is_operand, skip_space, split_commas, string_end};
use crate::line::{Line, lines};

/// How many lines a call may run over.
const LINES: usize = 20;

/// The examples in a code block's `body`.
pub(super) fn read(body: &str) -> Findings {
    let mut findings = Findings::default();
    let mut setup = Setup::within(body.len());
    let mut resume = 0;
    for line in lines(body).filter(|line| !line.is_blank()) {
        if line.start >= resume {
            resume = statement(body, line, &mut setup, &mut findings).unwrap_or(resume);
        }
    }
    findings
}

/// Reads the statement that begins at `line`; gives its end when it runs on.
fn statement(
    body: &str,
    line: Line<'_>,
    setup: &mut Setup,
    findings: &mut Findings,
) -> Option<usize> {
    let end = statement_end(window(body, line.at), line.at);
    if setup.take_binding(body[line.at..end].trim_end()) {
        return Some(end);
    }
    let at = line.at
        + if line.text.starts_with("assert ") {
            "assert ".len()
        } else {
            0
        };
    let at = skip_space(body, at);
    let call = setup.subject_at(window(body, at), at)?;
    let text = end_of_line(body, call.end);
    let Some(found) = link_at(text, call.end).or_else(|| commented_link(text, call.end)) else {
        if is_end(&text[call.end..]) && setup.binds_owner(&body[call.head.clone()]) {
            setup.take(&body[at..call.end]);
        }
        return Some(call.end);
    };
    let args: Vec<&str> = split_commas(text, call.args.clone())
        .into_iter()
        .map(|it| &text[it])
        .collect();
    let unbound: Vec<&str> = args.iter().copied().filter(|it| !setup.binds(it)).collect();
    let expected = expectation_at(text, found.end, found.link, &[])
        .filter(|(expect, end)| is_remark(&text[*end..], expect));
    match expected {
        Some((expect, end)) if !are_all_parameters(&args) || unbound.len() < args.len() => {
            setup.keep(text, &call, expect, call.head.start..end, findings);
        }
        None if found.is_arrow
            && found.link == Link::Value
            && args.iter().any(|it| is_operand(it)) =>
        {
            findings.unclear.push((at..call.end, Unclear::NoLiteral));
        }
        _ => {}
    }
    Some(text.len())
}

/// `f(1)  # → 2`.
fn commented_link(text: &str, at: usize) -> Option<super::link::LinkFound> {
    let rest = text[at..].trim_start();
    let inside = rest.strip_prefix('#').or_else(|| rest.strip_prefix("//"))?;
    link_at(text, text.len() - inside.len()).filter(|it| it.is_arrow || it.link != Link::Value)
}

/// The body up to the end of the last line that a call from `at` on may reach.
fn window(body: &str, at: usize) -> &str {
    let end = body[at..]
        .match_indices('\n')
        .nth(LINES - 1)
        .map_or(body.len(), |(length, _)| at + length);
    &body[..end]
}

/// The end of the statement that begins at `at`: its line's, or where its last bracket closes.
fn statement_end(body: &str, at: usize) -> usize {
    let mut i = at;
    while let Some(byte) = body.as_bytes().get(i) {
        i = match byte {
            b'\n' | b'\r' | b'#' => return i,
            b'(' | b'[' | b'{' => group_end(body, i).unwrap_or(i + 1),
            b'"' | b'\'' => string_end(body, i).unwrap_or(i + 1),
            _ => i + 1,
        };
    }
    body.len()
}

fn end_of_line(body: &str, at: usize) -> &str {
    let length = body[at..].find(['\n', '\r']).unwrap_or(body.len() - at);
    &body[..at + length]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::example::Found;

    fn check(body: &str, expected: &[&str]) {
        let show = |it: Found| {
            format!(
                "{}{} [{}] {:?}",
                it.setup
                    .iter()
                    .map(|it| format!("{it}; "))
                    .collect::<String>(),
                it.call.source,
                it.call.function,
                it.expect
            )
        };
        let found: Vec<_> = read(body).examples.into_iter().map(show).collect();
        assert_eq!(found, expected, "{body}");
    }

    #[test]
    fn each_line_may_be_an_example() {
        check(
            "# heading\nslugify(\"A B\") → \"a-b\"  # spaces\n  assert f(1) == 2\nf(3)  # => 4\nf(5) raises ValueError\nf(6)\nf(\n  7,\n) -> [\"x\"]\ntext → more\n",
            &[
                "slugify(\"A B\") [slugify] Value(\"\\\"a-b\\\"\")",
                "f(1) [f] Value(\"2\")",
                "f(3) [f] Value(\"4\")",
                "f(5) [f] Raises(\"ValueError\")",
                "f(\n  7,\n) [f] Value(\"[\\\"x\\\"]\")",
            ],
        );
        check("f(path) -> 3\nf(1) -> str\nf(\n\n", &[]);
    }

    #[test]
    fn what_a_variable_holds_is_expected_too() {
        check(
            "a = Cart()\na.total  # => 0\na.add(2)\nassert a.items[0] == 2\nb.total  # => 0\n",
            &[
                "a = Cart(); a.total [Cart.total] Value(\"0\")",
                "a = Cart(); a.add(2); a.items[0] [Cart.items] Value(\"2\")",
            ],
        );
    }

    #[test]
    fn bindings_and_calls_on_them_come_first() {
        check(
            "s = Stack()\ns.push(1)\ns.pop() → 1\nn = [\n  1,\n]  # one\nsize(s) == 0\n",
            &[
                "s = Stack(); s.push(1); s.pop() [Stack.pop] Value(\"1\")",
                "s = Stack(); s.push(1); s.pop(); n = [\n  1,\n]; size(s) [size] Value(\"0\")",
            ],
        );
    }

    #[test]
    fn a_variable_is_named_by_its_class_in_javascript_too() {
        check(
            "const s = new Stack();\ns.push(1);\ns.pop() // → 1\n",
            &["const s = new Stack();; s.push(1); s.pop() [Stack.pop] Value(\"1\")"],
        );
    }

    #[test]
    fn open_calls_cost_no_more_than_their_window() {
        assert!(read(&"f(\n".repeat(100_000)).examples.is_empty());
    }
}
