//! The layout of a text: line endings, indentation, blank lines between definitions.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::ops::Range;

use tree_sitter::{Node, Tree};

use crate::definition::python_docstring;
use crate::language::Language;
use crate::tree::{Step, walk};

/// How a file ends its lines and indents its code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Style {
    /// `\n` or `\r\n`.
    pub(crate) newline: &'static str,
    /// One step of indentation; `None` when nothing is indented.
    pub(crate) unit: Option<String>,
}

impl Style {
    pub(crate) fn of(source: &str, tree: &Tree) -> Self {
        let crlf = source.matches("\r\n").count();
        let newline = if crlf * 2 > source.matches('\n').count() {
            "\r\n"
        } else {
            "\n"
        };
        Self {
            newline,
            unit: unit(source, tree),
        }
    }
}

/// The commonest step from a line that opens a block to the block's first line.
fn unit(source: &str, tree: &Tree) -> Option<String> {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    let mut above = Vec::new();
    walk(tree.root_node(), |step| {
        match step {
            Step::Enter(node, _) => {
                let parent = above.last().copied();
                above.push(node);
                if let Some(step) = parent.and_then(|parent| block_step(source, parent, node)) {
                    *counts.entry(step).or_default() += 1;
                }
            }
            Step::Leave(_) => {
                above.pop();
            }
        }
        true
    });
    let most = counts
        .into_iter()
        .max_by_key(|(step, count)| (*count, Reverse(step.len())));
    most.map(|(step, _)| step.to_owned())
}

/// How much further in a block begins than the statement that it belongs to.
fn block_step<'a>(source: &'a str, parent: Node<'_>, block: Node<'_>) -> Option<&'a str> {
    let inside = match block.kind() {
        // Python's blocks begin with their first statement, the others with a bracket.
        "block" if block.child(0).is_none_or(|first| first.kind() != "{") => block,
        "block"
        | "statement_block"
        | "class_body"
        | "declaration_list"
        | "field_declaration_list" => block.named_child(0)?,
        _ => return None,
    };
    if inside.start_position().row == parent.start_position().row {
        return None;
    }
    let outer = line_indentation(source, parent.start_byte());
    let step = indentation_at(source, inside.start_byte()).strip_prefix(outer)?;
    (!step.is_empty()).then_some(step)
}

fn line_indentation(source: &str, at: usize) -> &str {
    source.get(line_start(source, at)..).map_or("", indentation)
}

/// The spaces and tabs that a line begins with.
pub(crate) fn indentation(line: &str) -> &str {
    &line[..line.len() - line.trim_start_matches([' ', '\t']).len()]
}

/// The indentation of the line in which `at` lies; empty when something else comes before `at`.
pub(crate) fn indentation_at(source: &str, at: usize) -> &str {
    let start = line_start(source, at);
    let before = source.get(start..at).unwrap_or_default();
    if before.trim().is_empty() { before } else { "" }
}

pub(crate) fn line_start(source: &str, at: usize) -> usize {
    source
        .get(..at)
        .and_then(|before| before.rfind('\n'))
        .map_or(0, |newline| newline + 1)
}

/// Where the line after the one that holds `at` begins, or the text's end.
pub(crate) fn next_line(source: &str, at: usize) -> usize {
    source
        .get(at..)
        .and_then(|rest| rest.find('\n'))
        .map_or(source.len(), |newline| at + newline + 1)
}

/// The indentation that all lines share.
pub(crate) fn shared_margin(source: &str) -> &str {
    let lines = source.lines().filter(|line| !line.trim().is_empty());
    lines
        .map(indentation)
        .reduce(common_start)
        .unwrap_or_default()
}

/// Removes `margin` from every line that begins with it, and the blanks of blank lines as far.
pub(crate) fn unmargin(source: &str, margin: &str) -> String {
    if margin.is_empty() {
        return source.to_owned();
    }
    let strip = |line: &str| match line.strip_prefix(margin) {
        Some(rest) => rest.to_owned(),
        None => line.trim_start_matches([' ', '\t']).to_owned(),
    };
    source.split_inclusive('\n').map(strip).collect()
}

fn common_start<'a>(a: &'a str, b: &str) -> &'a str {
    let same = a.bytes().zip(b.bytes()).take_while(|(x, y)| x == y).count();
    &a[..same]
}

/// Where lines must be copied as they are, since their beginning is part of a value.
pub(crate) struct Verbatim(Vec<Range<usize>>);

impl Verbatim {
    /// The strings of a source that span lines, except Python's docstrings, which move with the code.
    pub(crate) fn of(tree: &Tree) -> Self {
        let mut found = Vec::new();
        walk(tree.root_node(), |step| {
            let Step::Enter(node, _) = step else {
                return true;
            };
            if python_docstring(node) {
                return false;
            }
            let string = is_string(node);
            if string && node.start_position().row != node.end_position().row {
                found.push(node.start_byte() + 1..node.end_byte());
            }
            !string
        });
        Self(found)
    }

    fn holds(&self, at: usize) -> bool {
        let after = self.0.partition_point(|range| range.start <= at);
        after > 0 && self.0[after - 1].contains(&at)
    }
}

fn is_string(node: Node<'_>) -> bool {
    matches!(
        node.kind(),
        "string" | "template_string" | "string_literal" | "raw_string_literal"
    )
}

/// Moves code from one indentation to another.
pub(crate) struct Reindent<'a> {
    pub(crate) from: &'a str,
    pub(crate) to: &'a str,
    /// The steps of indentation before and after; equal ones change nothing.
    pub(crate) units: Option<(&'a str, &'a str)>,
    pub(crate) verbatim: &'a Verbatim,
    /// What lines to be copied as they are have lost at their beginning.
    pub(crate) margin: &'a str,
}

impl Reindent<'_> {
    /// The text of `source` in `span`, whose first line is left as it is, with `extra` written before
    /// the code at its place.
    pub(crate) fn apply(&self, source: &str, span: Range<usize>, extra: (usize, &str)) -> String {
        let mut out = String::new();
        let mut at = span.start;
        for line in source
            .get(span.clone())
            .unwrap_or_default()
            .split_inclusive('\n')
        {
            let mut code = line.to_owned();
            if !extra.1.is_empty() && (at..at + line.len()).contains(&extra.0) {
                code.insert_str(extra.0 - at, extra.1);
            }
            if at == span.start {
                out.push_str(&code);
            } else if self.verbatim.holds(at) {
                out.push_str(if line.trim().is_empty() {
                    ""
                } else {
                    self.margin
                });
                out.push_str(line);
            } else {
                self.push_line(&mut out, &code);
            }
            at += line.len();
        }
        out
    }

    fn push_line(&self, out: &mut String, line: &str) {
        let own = indentation(line);
        let code = &line[own.len()..];
        let inner = own.strip_prefix(self.from).unwrap_or("");
        if !code.trim().is_empty() {
            out.push_str(self.to);
            out.push_str(&self.convert(inner));
        } else if self.from == self.to {
            out.push_str(own);
        }
        out.push_str(code);
    }

    fn convert(&self, inner: &str) -> String {
        let Some((old, new)) = self.units.filter(|(old, new)| old != new) else {
            return inner.to_owned();
        };
        let mut rest = inner;
        let mut out = String::new();
        while let Some(shorter) = rest.strip_prefix(old) {
            out.push_str(new);
            rest = shorter;
        }
        out + rest
    }
}

/// The blank lines a language's formatters put between two top-level definitions.
pub(crate) fn definition_gap(language: Language) -> usize {
    if language == Language::Python { 2 } else { 1 }
}

/// A text to be inserted as lines of its own.
pub(crate) struct Paragraph<'a> {
    pub(crate) text: &'a str,
    /// Blank lines wanted before it and after it.
    pub(crate) gap: (usize, usize),
    pub(crate) newline: &'a str,
}

impl Paragraph<'_> {
    /// What to insert into `source` at `at`, the start of a line or the end, counting the blank lines
    /// that are there already.
    pub(crate) fn fit(&self, source: &str, at: usize) -> String {
        let (before, after) = source.split_at_checked(at).unwrap_or((source, ""));
        let mut out = String::new();
        if !before.trim().is_empty() {
            let missing = (1 + self.gap.0).saturating_sub(trailing_newlines(before));
            out.push_str(&self.newline.repeat(missing));
        }
        out.push_str(self.text);
        out.push_str(self.newline);
        if !after.trim().is_empty() {
            let missing = self.gap.1.saturating_sub(leading_blank_lines(after));
            out.push_str(&self.newline.repeat(missing));
        }
        out
    }
}

fn trailing_newlines(text: &str) -> usize {
    text[text.trim_end().len()..].matches('\n').count()
}

fn leading_blank_lines(text: &str) -> usize {
    text.split('\n')
        .take_while(|line| line.trim().is_empty())
        .count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::parse;

    #[test]
    fn styles() {
        let style = |language, text| Style::of(text, &parse(language, text).unwrap());
        let unit = |language, text| style(language, text).unit;
        let python =
            "class A:\n  def b(self):\n    c(x,\n          y)\n    return {\n        1: 2}\n";
        assert_eq!(unit(Language::Python, python).as_deref(), Some("  "));
        assert_eq!(
            unit(Language::Rust, "fn a() {\n\tb(\n  c);\n}\n").as_deref(),
            Some("\t")
        );
        assert_eq!(
            unit(Language::JavaScript, "class A {\n   b() { c }\n}\n").as_deref(),
            Some("   ")
        );
        assert_eq!(unit(Language::Python, "a = [\n    1]\nif b: c\n"), None);
        assert_eq!(style(Language::Python, "a\r\nb\r\nc\n").newline, "\r\n");
        assert_eq!(style(Language::Python, "").newline, "\n");
    }

    #[test]
    fn dedenting() {
        let dedent = |source: &str| unmargin(source, shared_margin(source));
        assert_eq!(dedent("  a\n\n    b\n \n  c"), "a\n\n  b\n\nc");
        assert_eq!(dedent("a\n  b"), "a\n  b");
        assert_eq!(dedent("\t a\n\t\tb"), " a\n\tb");
    }

    #[test]
    fn paragraphs_count_what_is_there() {
        let fit = |source: &str, at| {
            let text = Paragraph {
                text: "new",
                gap: (1, 1),
                newline: "\n",
            }
            .fit(source, at);
            format!("{}{text}{}", &source[..at], &source[at..])
        };
        assert_eq!(fit("", 0), "new\n");
        assert_eq!(fit("a", 1), "a\n\nnew\n");
        assert_eq!(fit("a\n", 2), "a\n\nnew\n");
        assert_eq!(fit("a\n\n\nb\n", 4), "a\n\n\nnew\n\nb\n");
        assert_eq!(fit("a\n\nb\n", 2), "a\n\nnew\n\nb\n");
        assert_eq!(fit("b\n", 0), "new\n\nb\n");
    }
}
