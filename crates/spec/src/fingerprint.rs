//! Fingerprints: short digests by which plans and tasks know the text they were made from.

use sha2::{Digest as _, Sha256};

/// Sixteen hexadecimal digits that change with the words of `text`, not with its spacing or line endings.
///
/// `exact` parts are digested byte for byte: spacing inside an example is meaning.
pub(crate) fn fingerprint<'a>(text: &str, exact: impl IntoIterator<Item = &'a str>) -> String {
    let mut digest = Sha256::new();
    for word in text.trim_start_matches('\u{feff}').split_whitespace() {
        digest.update(word.as_bytes());
        digest.update(b" ");
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
