//! A document in even shape: what it says stays, byte for byte where it means something.

use crate::fence::Fence;
use crate::line::{Line, lines};

/// The document with even spacing: no white space at line ends but a hard break's two, one blank line at most and one around
/// headings, `-` for bullets, `[x]` for ticks, one line end after the last line. Code, front matter and line endings stay,
/// each line's its own: a lone carriage return may be what a string of an example holds.
pub fn format(text: &str) -> String {
    let start = if text.starts_with('\u{feff}') { 3 } else { 0 };
    let mut out = Page::new(text);
    let mut fence: Option<Fence> = None;
    let mut in_front = false;
    for (index, line) in lines(text).enumerate() {
        let (whole, ending) = line_of(text, &line);
        if in_front || (index == 0 && whole.trim_end() == "---" && has_front_matter(text)) {
            in_front = index == 0 || !matches!(whole.trim_end(), "---" | "...");
            out.push(whole.to_owned(), ending);
            continue;
        }
        if let Some(open) = fence {
            fence = (!open.is_closed_by(line.text)).then_some(open);
            out.push(whole.to_owned(), ending);
            continue;
        }
        fence = opens(line.text);
        if line.is_blank() {
            out.part();
            continue;
        }
        if is_heading(whole) || out.last().is_some_and(is_heading) {
            out.part();
        }
        out.push(even(whole, fence.is_some()), ending);
    }
    if fence.is_none() {
        out.end();
    }
    // A rule that stood below blank lines would open front matter at the beginning.
    let is_rule = out.first().is_some_and(|it| it.trim_end() == "---");
    let is_lower = is_rule && lines(text).next().is_some_and(|it| it.is_blank());
    let above = if is_lower { out.ending } else { "" };
    format!("{}{above}{}", &text[..start], out.text())
}

/// The lines of the new document, each with its ending.
struct Page<'a> {
    lines: Vec<(String, &'a str)>,
    /// The ending of lines that had none.
    ending: &'a str,
}

impl<'a> Page<'a> {
    fn new(text: &'a str) -> Self {
        let ending = if text.contains("\r\n") { "\r\n" } else { "\n" };
        Self {
            lines: Vec::new(),
            ending,
        }
    }

    fn first(&self) -> Option<&str> {
        self.lines.first().map(|it| it.0.as_str())
    }

    fn last(&self) -> Option<&str> {
        self.lines.last().map(|it| it.0.as_str())
    }

    fn push(&mut self, line: String, ending: &'a str) {
        let ending = if ending.is_empty() {
            self.ending
        } else {
            ending
        };
        self.lines.push((line, ending));
    }

    /// One blank line, where lines stand above and none of them is blank already.
    fn part(&mut self) {
        let Some((_, ending)) = self.lines.last_mut().filter(|it| !it.0.is_empty()) else {
            return;
        };
        // A lone carriage return and the blank line's line feed would be one ending.
        *ending = self.ending;
        self.lines.push((String::new(), self.ending));
    }

    /// Drops the blank lines at the end.
    fn end(&mut self) {
        while self.last().is_some_and(str::is_empty) {
            self.lines.pop();
        }
    }

    fn text(&self) -> String {
        self.lines
            .iter()
            .flat_map(|(line, ending)| [line.as_str(), ending])
            .collect()
    }
}

/// A line with its indentation and trailing space, and its ending.
fn line_of<'a>(text: &'a str, line: &Line<'_>) -> (&'a str, &'a str) {
    let rest = &text[line.start..];
    let (whole, after) = rest.split_at(rest.find(['\n', '\r']).unwrap_or(rest.len()));
    let ending = ["\r\n", "\n", "\r"]
        .into_iter()
        .find(|it| after.starts_with(it));
    (whole, ending.unwrap_or_default())
}

fn has_front_matter(text: &str) -> bool {
    const LIMIT: usize = 200;
    let mut rest = lines(text).skip(1).take(LIMIT);
    rest.any(|it| it.indent == 0 && matches!(it.text, "---" | "..."))
}

fn opens(text: &str) -> Option<Fence> {
    let content = crate::outline::marker(text).map_or(text, |it| &text[it.length..]);
    Fence::open(text)
        .or_else(|| Fence::open(content))
        .map(|(fence, _)| fence)
}

fn is_heading(line: &str) -> bool {
    let level = line.bytes().take_while(|b| *b == b'#').count();
    (1..=6).contains(&level) && line[level..].starts_with(' ')
}

fn even(whole: &str, opens_code: bool) -> String {
    if opens_code {
        return whole.to_owned();
    }
    let text = whole.trim_end();
    let hard_break = whole.len() == text.len() + 2 && whole.ends_with("  ") && !is_heading(whole);
    let indent = &text[..text.len() - text.trim_start().len()];
    let body = text.trim_start();
    let is_bullet = body.starts_with("* ") || body.starts_with("+ ");
    let is_rule = body.chars().all(|c| matches!(c, '*' | ' '));
    let body = match is_bullet && !is_rule {
        true => format!("-{}", &body[1..]),
        false => body.to_owned(),
    };
    let body = match body.strip_prefix("- [X]") {
        // What follows it at once makes it a word in brackets.
        Some(rest) if rest.is_empty() || rest.starts_with(' ') => format!("- [x]{rest}"),
        _ => body,
    };
    format!("{indent}{body}{}", if hard_break { "  " } else { "" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spacing_is_evened_and_code_is_left_alone() {
        let text = "\u{feff}# T  \r\ntext \r\n\r\n\r\n\r\n* a\r\n+ [X] b\r\n```\r\n* code  \r\n\r\n\r\n```\r\n## S\r\nhard  \r\nend\r\n\r\n\r\n";
        let expected = "\u{feff}# T\r\n\r\ntext\r\n\r\n- a\r\n- [x] b\r\n```\r\n* code  \r\n\r\n\r\n```\r\n\r\n## S\r\n\r\nhard  \r\nend\r\n";
        assert_eq!(format(text), expected);
        assert_eq!(format(expected), expected);
        assert_eq!(format("- [X]tra\n"), "- [X]tra\n");
        assert_eq!(
            format("# T\r* `f([\"\r\"])`\r \nb\nc"),
            "# T\n\n- `f([\"\r\"])`\n\nb\nc\n"
        );
        assert_eq!(
            format("---\na: *\n\n\nb: 1\n---\n* x"),
            "---\na: *\n\n\nb: 1\n---\n- x\n"
        );
        assert_eq!(format(""), "");
        let rule = "\n---\n* x\n---\n";
        assert_eq!(format(rule), "\n---\n- x\n---\n");
        assert_eq!(format(&format(rule)), format(rule));
    }
}
