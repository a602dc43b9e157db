//! A document in even shape: what it says stays, byte for byte where it means something.

use crate::fence::Fence;
use crate::line::{Line, lines};

/// The document with even spacing: no white space at line ends but a hard break's two, one blank line at most and one around
/// headings, `-` for bullets, `[x]` for ticks, one line end after the last line. Code, front matter and line endings stay.
pub fn format(text: &str) -> String {
    let ending = if text.contains("\r\n") { "\r\n" } else { "\n" };
    let start = if text.starts_with('\u{feff}') { 3 } else { 0 };
    let mut out: Vec<String> = Vec::new();
    let mut fence: Option<Fence> = None;
    let mut in_front = false;
    for (index, line) in lines(text).enumerate() {
        let whole = line_of(text, &line);
        if in_front || (index == 0 && whole.trim_end() == "---" && has_front_matter(text)) {
            in_front = index == 0 || !matches!(whole.trim_end(), "---" | "...");
            out.push(whole.to_owned());
            continue;
        }
        if let Some(open) = fence {
            fence = (!open.is_closed_by(line.text)).then_some(open);
            out.push(whole.to_owned());
            continue;
        }
        fence = opens(line.text);
        if line.is_blank() {
            if out.last().is_some_and(|it| !it.is_empty()) {
                out.push(String::new());
            }
            continue;
        }
        let after_heading = out.last().is_some_and(|it| is_heading(it));
        if (after_heading || is_heading(whole)) && out.last().is_some_and(|it| !it.is_empty()) {
            out.push(String::new());
        }
        out.push(even(whole, fence.is_some()));
    }
    while out.last().is_some_and(String::is_empty) && fence.is_none() {
        out.pop();
    }
    // A rule that stood below blank lines would open front matter at the beginning.
    let is_rule = out.first().is_some_and(|it| it.trim_end() == "---");
    if is_rule && lines(text).next().is_some_and(|it| it.is_blank()) {
        out.insert(0, String::new());
    }
    let mut formatted = text[..start].to_owned();
    formatted.push_str(&out.join(ending));
    if !out.is_empty() {
        formatted.push_str(ending);
    }
    formatted
}

/// A line without its ending, with its indentation and trailing space.
fn line_of<'a>(text: &'a str, line: &Line<'_>) -> &'a str {
    let rest = &text[line.start..];
    &rest[..rest.find(['\n', '\r']).unwrap_or(rest.len())]
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
            format("---\na: *\n\n\nb: 1\n---\n* x"),
            "---\na: *\n\n\nb: 1\n---\n- x\n"
        );
        assert_eq!(format(""), "");
        let rule = "\n---\n* x\n---\n";
        assert_eq!(format(rule), "\n---\n- x\n---\n");
        assert_eq!(format(&format(rule)), format(rule));
    }
}
