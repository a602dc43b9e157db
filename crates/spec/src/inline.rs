//! Inside a line: code spans, emphasis, white space.

use std::collections::HashMap;
use std::ops::Range;

/// A code span: the bytes with its backticks, and those of its content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CodeSpan {
    pub(crate) outer: Range<usize>,
    pub(crate) inner: Range<usize>,
}

/// The code spans of `text`, in order, in time linear in its length.
pub(crate) fn code_spans(text: &str) -> Vec<CodeSpan> {
    let runs = backtick_runs(text);
    let closers = closing_runs(&runs);
    let mut spans = Vec::new();
    let mut i = 0;
    while i < runs.len() {
        let escaped = text[..runs[i].start].ends_with('\\');
        match closers[i] {
            Some(j) if !escaped => {
                spans.push(CodeSpan {
                    outer: runs[i].start..runs[j].end,
                    inner: trimmed(text, runs[i].end..runs[j].start),
                });
                i = j + 1;
            }
            _ => i += 1,
        }
    }
    spans
}

fn backtick_runs(text: &str) -> Vec<Range<usize>> {
    let mut runs: Vec<Range<usize>> = Vec::new();
    for (at, _) in text.match_indices('`') {
        match runs.last_mut() {
            Some(last) if last.end == at => last.end += 1,
            _ => runs.push(at..at + 1),
        }
    }
    runs
}

/// For each run the next one of the same length.
fn closing_runs(runs: &[Range<usize>]) -> Vec<Option<usize>> {
    let mut next_of_length = HashMap::new();
    let mut closers = vec![None; runs.len()];
    for (i, run) in runs.iter().enumerate().rev() {
        closers[i] = next_of_length.insert(run.len(), i);
    }
    closers
}

fn trimmed(text: &str, inner: Range<usize>) -> Range<usize> {
    let content = &text[inner.clone()];
    let padded = content.len() > 2
        && content.starts_with(' ')
        && content.ends_with(' ')
        && !content.trim().is_empty();
    if padded {
        inner.start + 1..inner.end - 1
    } else {
        inner
    }
}

/// The bytes at which `inner`, a part of `text`, stands in it.
pub(crate) fn place_in(text: &str, inner: &str) -> Range<usize> {
    let at = (inner.as_ptr() as usize).saturating_sub(text.as_ptr() as usize);
    let at = at.min(text.len());
    at..(at + inner.len()).min(text.len())
}

/// `text` with each run of white space made one space, and none at its ends.
pub(crate) fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        if !folded.is_empty() {
            folded.push(' ');
        }
        folded.push_str(word);
    }
    folded
}

/// Code that goes over several lines, on one: white space at their ends and beginnings says nothing. Other code as it is.
pub(crate) fn on_one_line(code: &str) -> String {
    if !code.contains(['\n', '\r']) {
        return code.to_owned();
    }
    let lines = code.split(['\n', '\r']).map(str::trim);
    let lines: Vec<&str> = lines.filter(|it| !it.is_empty()).collect();
    lines.join(" ")
}

/// `text`, or its beginning where it is too long to be a label that others repeat.
pub(crate) fn label(text: &str) -> String {
    const CHARS: usize = 200;
    match text.char_indices().nth(CHARS) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// `text` without emphasis marks that enclose the whole of it.
pub(crate) fn without_emphasis(text: &str) -> &str {
    let mut inner = text.trim();
    for mark in ["**", "__", "*", "_"] {
        if let Some(it) = inner
            .strip_prefix(mark)
            .and_then(|it| it.strip_suffix(mark))
            && !it.is_empty()
            && !it.contains(mark)
        {
            inner = it.trim();
        }
    }
    inner
}

/// `text` without the backticks of a code span that is the whole of it, and without enclosing emphasis.
pub(crate) fn bare(text: &str) -> &str {
    let text = without_emphasis(text);
    match code_spans(text).as_slice() {
        [only] if only.outer == (0..text.len()) => &text[only.inner.clone()],
        _ => text,
    }
}

/// The place of the first of `needles` in `text` outside code spans, and that needle's length.
pub(crate) fn find_outside_code(text: &str, needles: &[&str]) -> Option<(usize, usize)> {
    let spans = code_spans(text);
    let mut from = 0;
    let gaps = spans
        .iter()
        .map(|it| it.outer.clone())
        .chain(std::iter::once(text.len()..text.len()));
    for span in gaps {
        let gap = &text[from..span.start];
        let hits = needles
            .iter()
            .filter_map(|needle| gap.find(needle).map(|at| (from + at, needle.len())));
        if let Some(hit) = hits.min() {
            return Some(hit);
        }
        from = span.end;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &[&str]) {
        let found: Vec<_> = code_spans(text)
            .into_iter()
            .map(|it| text[it.inner].to_owned())
            .collect();
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn code_spans_pair_runs_of_equal_length() {
        check("a `b` and ``c ` d`` e", &["b", "c ` d"]);
        check("`` `x` ``", &["`x`"]);
        check("open ` only", &[]);
        check(r"escaped \`a` b`", &[" b"]);
        check("` `", &[" "]);
    }

    #[test]
    fn code_spans_are_linear_in_runs_of_growing_length() {
        let text: String = (1..1500).map(|n| "`".repeat(n) + "a").collect();
        assert_eq!(code_spans(&text), []);
    }

    #[test]
    fn emphasis_and_backticks_around_the_whole_are_dropped() {
        assert_eq!(bare("**`a.py`**"), "a.py");
        assert_eq!(bare("`a` and `b`"), "`a` and `b`");
        assert_eq!(without_emphasis("**a** b **c**"), "**a** b **c**");
        assert_eq!(fold(" a\r\n\t b "), "a b");
    }

    #[test]
    fn needles_inside_code_are_not_seen() {
        assert_eq!(find_outside_code("`a: b` x: y", &[":"]), Some((8, 1)));
        assert_eq!(find_outside_code("a (b): c", &[":", " ("]), Some((1, 2)));
        assert_eq!(find_outside_code("`:`", &[":"]), None);
    }
}
