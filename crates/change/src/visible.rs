//! Text made safe to show.

use std::borrow::Cow;

/// The text with every character that could fool a reader or steer a terminal written out as
/// `\u{1b}`: control characters other than `\n` and `\t`, marks that reorder text, line separators,
/// and characters without a shape that can hide a message. For eyes only: not reversible, since the
/// text may hold such an escape itself.
#[must_use]
pub fn visible(text: &str) -> Cow<'_, str> {
    if !text.contains(deceives) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if deceives(c) {
            out.extend(c.escape_unicode());
        } else {
            out.push(c);
        }
    }
    Cow::Owned(out)
}

fn deceives(c: char) -> bool {
    match c {
        '\n' | '\t' => false,
        '\u{061c}' | '\u{200b}' | '\u{200e}' | '\u{200f}' => true,
        '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' => true,
        '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}' => true,
        other => other.is_control(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_text_is_borrowed() {
        assert!(matches!(
            visible("a\tb\n✓ ü 日本 👩\u{200d}🚀"),
            Cow::Borrowed(_)
        ));
    }

    #[test]
    fn controls_and_reordering_are_written_out() {
        let text = "\u{1b}[31mred\r\u{7}\u{9b}2J \u{202e}txt.exe\u{2066} \u{feff}\u{e0041}\u{7f}";
        assert_eq!(
            visible(text),
            r"\u{1b}[31mred\u{d}\u{7}\u{9b}2J \u{202e}txt.exe\u{2066} \u{feff}\u{e0041}\u{7f}"
        );
    }
}
