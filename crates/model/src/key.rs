//! A key, kept from every text that a person or a file could see.

/// Runs of a key shorter than this are taken for chance when a text is searched for it.
const RUN_BYTES: usize = 8;

/// What a found key is replaced by.
const HIDDEN: &str = "[key]";

/// A provider's key. It has no `Debug`, `Display` or `Clone` on purpose: it leaves only in the header of a request.
pub struct Key(String);

impl Key {
    /// The key in `text`, surrounding white space left out.
    ///
    /// # Errors
    ///
    /// [`KeyError`] when nothing is left, or something that no header can carry. The error does not show it.
    pub fn new(text: &str) -> Result<Self, KeyError> {
        let text = text.trim();
        if text.is_empty() || !text.bytes().all(|it| it.is_ascii_graphic()) {
            return Err(KeyError);
        }
        Ok(Self(text.to_owned()))
    }

    /// The key itself, for the header of a request and nothing else.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// `text` without the key and without any part of it that is long enough to be no chance: servers like to repeat what
    /// they refuse.
    #[must_use]
    pub fn redact(&self, text: &str) -> String {
        let run = RUN_BYTES.min(self.0.len());
        let mut hidden = vec![false; text.len()];
        for part in self.0.as_bytes().windows(run) {
            for at in 0..text.len().saturating_sub(run - 1) {
                if &text.as_bytes()[at..at + run] == part {
                    hidden[at..at + run].fill(true);
                }
            }
        }
        let mut shown = String::new();
        for (at, letter) in text.char_indices() {
            match hidden[at] {
                false => shown.push(letter),
                true if at == 0 || !hidden[at - 1] => shown.push_str(HIDDEN),
                true => {}
            }
        }
        shown
    }
}

/// A text that cannot be a key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("it is empty, or has spaces or letters that no key has")]
pub struct KeyError;

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[track_caller]
    fn check(key: &str, text: &str, shown: &str) {
        assert_eq!(Key::new(key).unwrap().redact(text), shown);
    }

    #[test]
    fn what_servers_repeat_is_hidden() {
        let key = "sk-proj-0123456789abcdef";
        check(key, "all is well", "all is well");
        check(key, &format!("wrong key: {key}."), "wrong key: [key].");
        check(
            key,
            "wrong key: sk-proj-0123****cdef",
            "wrong key: [key]****cdef",
        );
        check(key, "é 56789abcdef é", "é [key] é");
        check("short", "a short one, shor", "a [key] one, shor");
    }

    #[test]
    fn no_keys() {
        for text in ["", "  \n", "a b", "a\nb", "schlüssel"] {
            assert_eq!(Key::new(text).err(), Some(KeyError), "{text:?}");
        }
        assert_eq!(Key::new(" k \n").unwrap().reveal(), "k");
    }

    proptest! {
        #[test]
        fn a_key_never_comes_through(key in "[a-z0-9-]{8,40}", before in "\\PC{0,20}", after in "\\PC{0,20}") {
            let shown = Key::new(&key).unwrap().redact(&format!("{before}{key}{after}"));
            prop_assert!(!shown.contains(&key));
        }
    }
}
