//! What a program printed, as text for a model: no colours, no overwritten lines, nothing that steers a terminal.

use crate::text::lines;

/// The text of an output.
pub(super) fn plain(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let without = without_escapes(&text);
    let mut out = String::with_capacity(without.len());
    for line in lines(without.as_bytes()) {
        let content = String::from_utf8_lossy(line.content);
        out.push_str(last_state(&content));
        out.push_str(if line.end.is_empty() { "" } else { "\n" });
    }
    change::visible(&out).into_owned()
}

/// What stands at the end of a line that a program wrote several times over itself.
fn last_state(line: &str) -> &str {
    let line = line.trim_end_matches('\r');
    line.rsplit('\r').next().unwrap_or(line)
}

/// The text without the sequences by which programs steer a terminal.
fn without_escapes(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\u{1b}') {
        out.push_str(&rest[..at]);
        rest = after_escape(&rest[at + 1..]);
    }
    out.push_str(rest);
    out
}

/// What follows an escape sequence whose first character has been taken.
fn after_escape(text: &str) -> &str {
    let mut chars = text.char_indices();
    match chars.next() {
        Some((_, '[')) => {
            let end = chars.find(|(_, it)| ('\u{40}'..='\u{7e}').contains(it));
            end.map_or("", |(at, it)| &text[at + it.len_utf8()..])
        }
        // A title or a link, which a bell or another escape ends.
        Some((_, ']')) => match text.find(['\u{7}', '\u{1b}']) {
            Some(at) if text[at..].starts_with('\u{7}') => &text[at + 1..],
            Some(at) => text[at..].strip_prefix("\u{1b}\\").unwrap_or(&text[at..]),
            None => "",
        },
        Some((_, it)) if it.is_ascii() => &text[1..],
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_text_remains() {
        for (printed, shown) in [
            ("plain\n", "plain\n"),
            ("\u{1b}[1;31mred\u{1b}[0m \u{1b}[2K", "red "),
            ("10%\r50%\r100%\r\ndone", "100%\ndone"),
            ("\u{1b}]0;title\u{7}a \u{1b}]8;;http://x\u{1b}\\b", "a b"),
            ("\u{1b}(Bx\u{1b}", "Bx"),
            ("bell\u{7}\u{202e}", "bell\\u{7}\\u{202e}"),
        ] {
            assert_eq!(plain(printed.as_bytes()), shown, "{printed:?}");
        }
        assert_eq!(plain(b"caf\xe9"), "caf\u{fffd}");
    }
}
