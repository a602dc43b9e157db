//! The linear look before any parser: size, characters that hide something, here-documents.

/// The longest text that is parsed, in bytes.
pub(crate) const BYTES_MAX: usize = 64 * 1024;
/// The most here-documents.
const HERE_DOCS_MAX: usize = 16;

/// Why a text is not allowed whatever it says; empty for ordinary text.
pub(crate) fn troubles(text: &str) -> Vec<String> {
    let mut troubles = Vec::new();
    if text.len() > BYTES_MAX {
        troubles.push(format!("it is longer than {BYTES_MAX} bytes"));
    }
    if let Some(c) = text.chars().find(|c| hides(*c)) {
        troubles.push(format!(
            "it holds the invisible or control character U+{:04X}",
            u32::from(c)
        ));
    }
    if text.matches("<<").count() > HERE_DOCS_MAX {
        troubles.push(format!("it has more than {HERE_DOCS_MAX} here-documents"));
    }
    troubles
}

/// Whether a character is not seen, or changes how others are seen.
fn hides(c: char) -> bool {
    match c {
        '\n' | '\t' => false,
        c if c.is_control() => true,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{180e}' | '\u{feff}' | '\u{fffc}' => true,
        '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{3164}' | '\u{ffa0}' => true,
        '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' => true,
        '\u{fe00}'..='\u{fe0f}' | '\u{fff0}'..='\u{fffb}' => true,
        '\u{e0000}'..='\u{e0fff}' => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::troubles;

    #[test]
    fn what_hides_something_is_named() {
        for text in [
            "git\u{0} status",
            "a\u{202e}b",
            "\u{feff}a",
            "a\rb",
            "a\u{7f}",
            "a\u{85}b",
        ] {
            assert_eq!(troubles(text).len(), 1, "{text:?}");
        }
        for text in ["git status\n\tb", "naïve – “quotes” 漢字", "b\u{301}uild"] {
            assert_eq!(troubles(text).len(), 0, "{text:?}");
        }
        assert!(troubles(&"a".repeat(70_000))[0].contains("65536"));
        assert!(troubles(&"<<a ".repeat(17))[0].contains("here-documents"));
    }
}
