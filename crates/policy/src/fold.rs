//! One spelling for names that some file system takes for the same.
//!
//! File systems fold case and compose letters, each in its own way, and some skip letters that cannot be seen.
//! A name is compared with the rules in the widest of these readings, so that no disk can find a sensitive file
//! under a spelling that the rules did not recognise.

use unicode_normalization::UnicodeNormalization;

/// The name without case, compatibility forms and invisible characters.
pub(crate) fn fold(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    let seen = text.nfkd().filter(|c| !is_invisible(*c));
    // Upper case first: it joins what lower case alone keeps apart, such as the long s.
    let joined = seen.flat_map(upper).flat_map(char::to_lowercase);
    joined.nfkc().collect()
}

/// Upper case as all alphabets but the Turkish have it: there the dotless i is a letter of its own.
fn upper(c: char) -> impl Iterator<Item = char> {
    let kept = (c == '\u{131}').then_some(c);
    let changed = c.to_uppercase().filter(move |_| kept.is_none());
    kept.into_iter().chain(changed)
}

/// Characters that a reader does not see and some file systems skip.
pub(crate) fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}'
        | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}'
        | '\u{fff0}'..='\u{fffb}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_a_disk_may_take_for_the_same_fold_alike() {
        for (odd, plain) in [
            (".ENV", ".env"),
            ("my-\u{17f}ecret", "my-secret"),
            ("\u{212a}iro", "kiro"),
            (".g\u{200c}it", ".git"),
            ("\u{ff0e}env", ".env"),
            (".\u{ff45}nv\u{fe0f}", ".env"),
            ("cafe\u{301}", "café"),
            ("STRASSE", "straße"),
        ] {
            assert_eq!(fold(odd), fold(plain), "{odd:?}");
        }
    }

    #[test]
    fn other_names_stay_apart() {
        assert_ne!(fold("café"), fold("cafe"));
        assert_ne!(fold(".g\u{131}t"), ".git");
        assert_eq!(fold("日本"), "日本");
    }
}
