//! Examples in sentences and bullets.

use std::ops::Range;

use super::declaration::{are_all_parameters, declaration};
use super::link::{Link, LinkFound, expectation_at, in_code, is_end, is_remark, link_at};
use super::setup::{Setup, makes};
use super::{Expect, Findings, Found, Unclear, session};
use crate::expression::{Call as CallShape, call_at, is_operand, skip_space, split_commas};
use crate::inline::{CodeSpan, code_spans};
use crate::line::lines;

/// The examples in `text`: first those whose call stands in backticks, then those that begin a line without any.
pub(super) fn read(text: &str) -> Findings {
    let code = code_spans(text);
    let mut findings = Findings::default();
    let mut setup = Setup::within(text.len());
    for (i, span) in code.iter().enumerate() {
        if !prepares(text, span, &mut setup) {
            in_span(text, &code, i, &mut setup, &mut findings);
        }
    }
    for line in lines(text) {
        bare_line(text, line.at..line.end(), &code, &mut findings);
    }
    findings
}

/// Whether a code span only makes what later calls of the text are about: `a = Account(5)`, or `a.deposit(1)` after it.
fn prepares(text: &str, span: &CodeSpan, setup: &mut Setup) -> bool {
    if link_at(text, span.outer.end).is_some() {
        return false;
    }
    let inner = text[span.inner.clone()].trim();
    let has_strings = inner.contains(['"', '\'', '`']);
    let statements: Vec<&str> = match has_strings {
        true => vec![inner],
        false => inner.split(';').map(str::trim).collect(),
    };
    let mut prepares = false;
    for statement in statements {
        let call = call_at(statement, 0).filter(|it| is_end(&statement[it.end..]));
        if makes(statement) && setup.take_binding(statement) {
            prepares = true;
        } else if let Some(call) = call
            && setup.binds_owner(&statement[call.head])
        {
            setup.take(statement);
            prepares = true;
        }
    }
    prepares
}

fn in_span(
    text: &str,
    code: &[CodeSpan],
    index: usize,
    setup: &mut Setup,
    findings: &mut Findings,
) {
    let span = &code[index];
    let inner = text[span.inner.clone()].trim();
    if let Some(line) = inner.strip_prefix("$ ") {
        return command(text, code, index, line, findings);
    }
    let inner = inner.strip_prefix("assert ").map_or(inner, str::trim_start);
    let Some(call) = setup.subject_at(inner, 0) else {
        return;
    };
    if is_end(&inner[call.end..]) {
        let limit = code
            .get(index + 2)
            .map_or(text.len(), |next| next.outer.start);
        let Some(found) = link_at(&text[..limit], span.outer.end) else {
            return;
        };
        let expected =
            expectation_at(&text[..limit], found.end, found.link, code).filter(|(expect, end)| {
                let in_code = text[..*end].ends_with('`');
                in_code || is_remark(&text[*end..], expect)
            });
        settle(
            inner,
            &call,
            found,
            expected,
            |end| span.outer.start..end,
            setup,
            findings,
        );
    } else if let Some(found) = link_at(inner, call.end)
        && declaration(inner).is_none()
    {
        let expected =
            in_code(inner[found.end..].trim(), found.link).map(|expect| (expect, span.outer.end));
        settle(
            inner,
            &call,
            found,
            expected,
            |end| span.outer.start..end,
            setup,
            findings,
        );
    }
}

/// A command in backticks, and after it what it prints in backticks or the exit code it ends with.
fn command(text: &str, code: &[CodeSpan], index: usize, line: &str, findings: &mut Findings) {
    let span = code[index].outer.clone();
    let limit = code.get(index + 1).map_or(text.len(), |it| it.outer.end);
    let (expect, end) = if let Some(found) = exit_code(&text[..limit], span.end) {
        found
    } else if let Some(found) = link_at(&text[..limit], span.end)
        && found.link != Link::Raises
        && let Some((expect, end)) = expectation_at(&text[..limit], found.end, Link::Prints, code)
        && text[..end].ends_with('`')
    {
        (expect, end)
    } else {
        return;
    };
    match session::call(line) {
        Some(call) => findings.examples.push(Found {
            call,
            expect,
            setup: Vec::new(),
            span: span.start..end,
        }),
        None => findings.unclear.push((span, Unclear::Command)),
    }
}

/// `exits with 1`, `ends with exit code `2``; gives the code and where it ends.
pub(super) fn exit_code(text: &str, at: usize) -> Option<(Expect, usize)> {
    const WORDS: &[&str] = &["with", "exit", "code", "status", "the"];
    let start = skip_space(text, at);
    let mut rest = ["exits ", "exit ", "ends ", "end ", "→ exit ", "-> exit "]
        .iter()
        .find_map(|it| text[start..].strip_prefix(it))?;
    while let Some(after) = WORDS
        .iter()
        .find_map(|it| rest.strip_prefix(it)?.strip_prefix(' '))
    {
        rest = after.trim_start();
    }
    let digits = rest.trim_start_matches('`');
    let length = digits.bytes().take_while(u8::is_ascii_digit).count();
    let code: u8 = digits[..length].parse().ok()?;
    let end = text.len() - digits.len() + length;
    Some((Expect::Exits(code.to_string()), end))
}

/// Reads a line that begins with a call, and further calls after commas and semicolons.
fn bare_line(text: &str, line: Range<usize>, code: &[CodeSpan], findings: &mut Findings) {
    let text = &text[..line.end];
    let mut at = line.start + label_length(&text[line.clone()]);
    while let Some(call) = call_at(text, at) {
        let Some(found) = link_at(text, call.end) else {
            return;
        };
        if declaration(&text[at..]).is_some() {
            return;
        }
        let expected = expectation_at(text, found.end, found.link, code)
            .filter(|(expect, end)| is_remark(&text[*end..], expect));
        let next = expected.as_ref().map(|(_, end)| *end);
        let mut none = Setup::within(0);
        settle(
            text,
            &call,
            found,
            expected,
            |end| at..end,
            &mut none,
            findings,
        );
        let Some(rest) = next.map(|end| text[end..].trim_start_matches([',', ';', ' '])) else {
            return;
        };
        at = skip_space(text, text.len() - rest.len());
    }
}

/// The length of what may introduce a bare example.
fn label_length(line: &str) -> usize {
    const LABELS: &[&str] = &[
        "example:",
        "for example,",
        "for example:",
        "e.g.,",
        "e.g.",
        "assert ",
    ];
    let lower = line
        .get(..13.min(line.len()))
        .unwrap_or_default()
        .to_ascii_lowercase();
    let label = LABELS
        .iter()
        .find(|it| lower.starts_with(**it))
        .map_or(0, |it| it.len());
    line.len() - line[label..].trim_start().len()
}

/// Keeps an example whose call has arguments of its own, or notes that one could not be read.
fn settle(
    text: &str,
    call: &CallShape,
    found: LinkFound,
    expected: Option<(Expect, usize)>,
    span: impl Fn(usize) -> Range<usize>,
    setup: &mut Setup,
    findings: &mut Findings,
) {
    let args: Vec<&str> = split_commas(text, call.args.clone())
        .into_iter()
        .map(|it| &text[it])
        .collect();
    match expected {
        Some((expect, end))
            if !are_all_parameters(&args) || args.iter().any(|it| setup.binds(it)) =>
        {
            let source = &text[call.head.start..call.end];
            match setup.is_needed_by(source) {
                true => setup.keep(text, call, expect, span(end), findings),
                false => Setup::within(0).keep(text, call, expect, span(end), findings),
            }
        }
        None if found.is_arrow
            && found.link == Link::Value
            && args.iter().any(|it| is_operand(it)) =>
        {
            let end = span(0).start + (call.end - call.head.start);
            findings.unclear.push((span(end), Unclear::NoLiteral));
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn render(findings: &Findings) -> String {
        let show = |it: &Found| match &it.expect {
            Expect::Value(value) => format!("{} gives {value}", it.call.source),
            Expect::Raises(name) => format!("{} raises {name}", it.call.source),
            Expect::Output(text) => format!("{} prints {text:?}", it.call.source),
            Expect::Exits(code) => format!("{} exits with {code}", it.call.source),
        };
        findings
            .examples
            .iter()
            .map(show)
            .collect::<Vec<_>>()
            .join("; ")
    }

    fn check(text: &str, expected: &str) {
        let findings = read(text);
        assert_eq!(render(&findings), expected, "{text}");
        for found in &findings.examples {
            assert!(
                text[found.span.clone()].contains(&found.call.source),
                "{text}"
            );
        }
    }

    #[test]
    fn every_form_of_arrow_and_verb_is_read() {
        let expected = r#"slugify("A B") gives "a-b""#;
        for text in [
            r#"`slugify("A B")` → `"a-b"`"#,
            r#"`slugify("A B") → "a-b"`"#,
            r#"slugify("A B") -> "a-b""#,
            r#"`slugify("A B")` => "a-b""#,
            r#"slugify("A B") ⇒ "a-b"  # a comment"#,
            r#"`slugify("A B") == "a-b"`"#,
            r#"`assert slugify("A B") == "a-b"`"#,
            r#"Calling `slugify("A B")` returns `"a-b"`, always."#,
            r#"`slugify("A B")` must return the string `"a-b"`"#,
            r#"Example: slugify("A B") gives "a-b" because spaces become dashes"#,
            "`slugify(\"A B\")`\n  returns `\"a-b\"`",
            r#"slugify("A B") → `"a-b"` (dashes)"#,
        ] {
            check(text, expected);
        }
    }

    #[test]
    fn what_a_sentence_makes_first_is_the_setup() {
        let check = |text: &str, setup: &[&str], function: &str| {
            let findings = read(text);
            let last = findings.examples.last().expect("an example");
            assert_eq!(
                (last.setup.as_slice(), last.call.function.as_str()),
                (
                    setup
                        .iter()
                        .map(|it| (*it).to_owned())
                        .collect::<Vec<_>>()
                        .as_slice(),
                    function
                ),
                "{text}"
            );
        };
        let made = "a = Account(\"Ann\", 5)";
        check(
            &format!("Given `{made}`, `a.withdraw(10)` raises `ValueError`"),
            &[made],
            "Account.withdraw",
        );
        check(
            "After `s = Stack()` and `s.push(1)`, `s.pop()` returns `1`",
            &["s = Stack()", "s.push(1)"],
            "Stack.pop",
        );
        check(
            "With `s = Stack(); s.push(1)`: `s.pop()` → `1`, `s.size()` → `0`",
            &["s = Stack()", "s.push(1)", "s.pop()"],
            "Stack.size",
        );
        check(
            &format!("After `{made}`, `a.balance` is `5`"),
            &[made],
            "Account.balance",
        );
        check("For `n = 5`, `double(n)` → `10`", &["n = 5"], "double");
        check("The limit is `n = 5`; `double(2)` → `4`", &[], "double");
        check(
            "Lines such as `key = value`: `key(\"a\")` → `4`",
            &[],
            "key",
        );
        check("With `key = 1`: `parse(\"key\")` → `4`", &[], "parse");
    }

    #[test]
    fn values_in_words_and_with_grouped_digits_are_read() {
        check("`f(1)` returns an empty list", "f(1) gives []");
        check("`f(1)` returns an empty string when so", "f(1) gives \"\"");
        check("`f(1)` returns an empty listing", "");
        check("`f(1)` evaluates to `2`", "f(1) gives 2");
        check("`f(1)` → 1,000", "f(1) gives 1000");
        check("`f(1)` → `-12,345,678.5`", "f(1) gives -12345678.5");
        for tuple in ["1, 200", "1,20", "0,200", "1,000, 2"] {
            check(
                &format!("`f(1)` → `{tuple}`"),
                &format!("f(1) gives {tuple}"),
            );
        }
    }

    #[test]
    fn exceptions_and_output_are_read() {
        for text in [
            "`f(1)` raises `ValueError`",
            "f(1) → ValueError",
            "f(1) -> raises ValueError(\"too small\")",
            "`f(1)` should raise a `ValueError`.",
            "`f(1) → ValueError: too small`",
            "`f(1)` throws ValueError when small",
            "f(1) raises ValueError, always",
            "`f(1)` fails with `ValueError`",
            "`f(1)` raises an exception of type ValueError",
        ] {
            check(text, "f(1) raises ValueError");
        }
        check("`f(1)` raises `NotFound`", "f(1) raises NotFound");
        check("`f(1)` prints `hello`", "f(1) prints \"hello\"");
        check("f(1) prints \"a\\n\"", "f(1) prints \"a\\n\"");
    }

    #[test]
    fn strings_with_arrows_and_quotes_do_not_split() {
        check(
            r#"`f("a → b", 'it\'s')` → `"->"`"#,
            r#"f("a → b", 'it\'s') gives "->""#,
        );
        check(
            r#"f("x) -> \"y") -> ["a → b"]"#,
            r#"f("x) -> \"y") gives ["a → b"]"#,
        );
        check("``f(\"`\")`` → ``\"`\"``", "f(\"`\") gives \"`\"");
    }

    #[test]
    fn several_examples_share_a_line() {
        check(
            "f(1) → 2, f(2) → 3; f(3) → 4",
            "f(1) gives 2; f(2) gives 3; f(3) gives 4",
        );
        check(
            "`f(1)` → `2` and `f(2)` → `3`",
            "f(1) gives 2; f(2) gives 3",
        );
        check("`divmod(7, 2)` → `3, 1`", "divmod(7, 2) gives 3, 1");
    }

    #[test]
    fn what_only_resembles_an_example_is_none() {
        for text in [
            "Specify → Plan → Tasks",
            "load(path) → config",
            "`load(path)` → `{}`",
            "`slugify(text: str) -> str`",
            "f (1) → 2",
            "f(1 → 2",
            "`f(1)` and `2`",
            "click(OK) → the dialog closes",
            "`f(1)` returns an error",
            "`f(1)` raises an error",
            "Use `bcrypt(12)` then `2`",
            "f(1) → 2 items of x",
            "the function f(1) → 2",
            "`clear() -> None`",
            "→ f(1)",
            "f(1)",
            "`f(1)` → ",
            "version 3.12 -> 3.13",
        ] {
            check(text, "");
        }
    }

    #[test]
    fn commands_are_read_with_their_output_or_exit_code() {
        check(
            "`$ todo add milk` → `Added 1: milk`",
            "todo add milk prints \"Added 1: milk\"",
        );
        check(
            "`$ python3 todo.py list` prints `1. milk`, and `$ todo done 9` exits with code `2`.",
            "python3 todo.py list prints \"1. milk\"; todo done 9 exits with 2",
        );
        check("`$ todo` → exit 1", "todo exits with 1");
        for none in [
            "Use `$ todo list` and `x`",
            "`$ todo list` → a list",
            "`$ todo` exits with an error",
            "`$5` → `x`",
        ] {
            check(none, "");
        }
        assert_eq!(
            read("`$ todo | sort` → `a`").unclear,
            [(0..15, Unclear::Command)]
        );
    }

    #[test]
    fn an_arrow_without_a_literal_is_noted() {
        let text = "`slugify(\"A B\") → a-b`";
        assert_eq!(read(text).unclear.len(), 1);
        assert_eq!(
            read("f(1) → two things").unclear,
            [(0..4, Unclear::NoLiteral)]
        );
        assert!(read("click(OK) → closes").unclear.is_empty());
    }
}
