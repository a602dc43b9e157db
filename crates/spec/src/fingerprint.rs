//! Fingerprints: short digests by which plans and tasks know the text they were made from.

use sha2::{Digest as _, Sha256};

use crate::fence::Fence;

/// Sixteen hexadecimal digits that change with the words of `text`, not with its spacing, line endings or kinds of bullets.
///
/// `exact` parts are digested byte for byte: spacing inside an example is meaning.
pub(crate) fn fingerprint<'a>(text: &str, exact: impl IntoIterator<Item = &'a str>) -> String {
    let mut digest = Sha256::new();
    let mut fence: Option<Fence> = None;
    for line in text.trim_start_matches('\u{feff}').split(['\n', '\r']) {
        let trimmed = line.trim();
        let is_code = fence.is_some();
        fence = match fence {
            Some(open) if open.is_closed_by(trimmed) => None,
            None => Fence::open(trimmed).map(|(open, _)| open),
            open => open,
        };
        for (place, word) in line.split_whitespace().enumerate() {
            // As `crate::format` writes them.
            let (even, rest) = match (place, word) {
                (0, "*" | "+") if !is_code => ("-", ""),
                (1, word) if !is_code && word.starts_with("[X]") => ("[x]", &word[3..]),
                (_, word) => (word, ""),
            };
            digest.update(even.as_bytes());
            digest.update(rest.as_bytes());
            digest.update(b" ");
        }
    }
    for part in exact {
        digest.update(b"\0");
        digest.update(part.as_bytes());
    }
    digest
        .finalize()
        .iter()
        .take(8)
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// The comment that carries a fingerprint in a plan or a task list.
pub(crate) fn comment(fingerprint: &str) -> String {
    format!("<!-- kiro: spec {fingerprint} -->")
}

/// The fingerprint in the last such comment of `source`.
pub(crate) fn from_comment(source: &str) -> Option<String> {
    let (_, tail) = source.rsplit_once("<!-- kiro: spec ")?;
    let word = tail.split("-->").next()?.trim();
    let is_word = !word.is_empty() && word.chars().all(|c| c.is_ascii_alphanumeric());
    is_word.then(|| word.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spacing_does_not_matter_but_words_and_exact_parts_do() {
        let base = fingerprint("a  b\r\nc", []);
        assert_eq!(base.len(), 16);
        assert_eq!(base, fingerprint("\u{feff}a b c\n", []));
        assert_ne!(base, fingerprint("a b d", []));
        let bullets = fingerprint("- [x] a\n- b", []);
        assert_eq!(bullets, fingerprint("* [X] a\n  + b", []));
        assert_eq!(fingerprint("- [x]a", []), fingerprint("+ [X]a", []));
        assert_ne!(fingerprint("a * b", []), fingerprint("a - b", []));
        let code = |sign: &str| fingerprint(&format!("```\na\n{sign} b\n```\n"), []);
        assert_ne!(code("*"), code("-"));
        assert_ne!(
            fingerprint("a", ["f(\" \")"]),
            fingerprint("a", ["f(\"  \")"])
        );
    }

    #[test]
    fn the_last_comment_holds() {
        let source = format!("{}\ntext\n{}\n", comment("0011"), comment("a1b2"));
        assert_eq!(from_comment(&source).as_deref(), Some("a1b2"));
        assert_eq!(from_comment("<!-- kiro: spec two words -->"), None);
    }
}
