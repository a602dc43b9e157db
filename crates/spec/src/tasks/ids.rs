//! Words that are ids, and ranges of them.

/// The longest range of ids that is written out.
const RANGE: u32 = 1000;

/// How many ids the ranges of one document are written out to; the ranges after that stay as they are.
const ROOM: u32 = 20_000;

/// Writes out the ranges of one document.
#[derive(Debug)]
pub(super) struct Ranges {
    room: u32,
}

impl Default for Ranges {
    fn default() -> Self {
        Self { room: ROOM }
    }
}

impl Ranges {
    /// The requirements that one word names: `1.1`, `FR-2`, `R1.1-R1.3`; none when it is no such word.
    pub(super) fn references(&mut self, word: &str) -> Option<Vec<String>> {
        if let Some((stem, from, to)) = range(word)
            && is_reference(&format!("{stem}{from}"))
        {
            if to - from < RANGE.min(self.room) {
                return Some(self.written(&stem, from, to));
            }
            return Some(vec![format!("{stem}{from}"), format!("{stem}{to}")]);
        }
        if is_reference(word) {
            return Some(vec![word.to_owned()]);
        }
        word.match_indices('-').find_map(|(at, _)| {
            let (first, last) = (&word[..at], &word[at + 1..]);
            (is_reference(first) && is_reference(last))
                .then(|| vec![first.to_owned(), last.to_owned()])
        })
    }

    /// `2.1-2.3` written out as `2.1`, `2.2`, `2.3`; any other word, and a range too long, as it is.
    pub(super) fn expanded(&mut self, word: &str) -> Vec<String> {
        match range(word) {
            Some((stem, from, to)) if to - from < RANGE.min(self.room) => {
                self.written(&stem, from, to)
            }
            _ => vec![word.to_owned()],
        }
    }

    fn written(&mut self, stem: &str, from: u32, to: u32) -> Vec<String> {
        self.room -= to - from + 1;
        (from..=to)
            .map(|number| format!("{stem}{number}"))
            .collect()
    }
}

/// Whether `word` is an id such as `1.1`, `FR-2`, `R3.1`, `US-001`, `2a`.
fn is_reference(word: &str) -> bool {
    const PREFIX: usize = 8;
    let prefix = word.find(|c: char| c.is_ascii_digit());
    let Some(at) = prefix.filter(|at| *at <= PREFIX && word.len() <= 40) else {
        return false;
    };
    let (prefix, number) = word.split_at(at);
    let letters = prefix.trim_end_matches(['-', '_']);
    let is_prefix = letters.chars().all(|c| c.is_ascii_alphabetic())
        && (letters.is_empty() || letters.starts_with(|c: char| c.is_ascii_uppercase()))
        && (!letters.is_empty() || prefix.is_empty());
    let mut parts = number.split('.');
    let is_part = |it: &str| !it.is_empty() && it.bytes().all(|b| b.is_ascii_digit());
    let last = parts.next_back().unwrap_or_default();
    let last = last
        .strip_suffix(|c: char| c.is_ascii_lowercase())
        .unwrap_or(last);
    is_prefix && parts.all(is_part) && is_part(last)
}

/// The stem and the numbers of `2.1-2.3`, `2.1-3`, `FR-1-FR-3`: what stands before the last number, and both last numbers.
fn range(word: &str) -> Option<(String, u32, u32)> {
    word.match_indices(['-', '–']).find_map(|(at, dash)| {
        let (first, last) = (&word[..at], &word[at + dash.len()..]);
        let (stem, from) = split(first)?;
        let (other, to) = split(last)?;
        let is_same = stem == other || other.is_empty();
        (is_same && from <= to).then(|| (stem.to_owned(), from, to))
    })
}

/// `FR-2.1` as `FR-2.` and 1.
fn split(id: &str) -> Option<(&str, u32)> {
    let digits = id.bytes().rev().take_while(u8::is_ascii_digit).count();
    let at = id.len() - digits;
    Some((&id[..at], id[at..].parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_written_out() {
        let mut ranges = Ranges::default();
        assert_eq!(ranges.expanded("2.1-2.3"), ["2.1", "2.2", "2.3"]);
        assert_eq!(ranges.expanded("1-4000000000"), ["1-4000000000"]);
        assert_eq!(
            ranges.references("FR-1-FR-2").unwrap_or_default(),
            ["FR-1", "FR-2"]
        );
        assert_eq!(
            ranges.references("1-4000000000").unwrap_or_default(),
            ["1", "4000000000"]
        );
        assert_eq!(
            ranges.references("9.1-10.6").unwrap_or_default(),
            ["9.1", "10.6"]
        );
        for word in [
            "fr-1",
            "2024-01-02x",
            "v1.2",
            "Next.js",
            "1..2",
            "-",
            "utf-8",
        ] {
            assert_eq!(ranges.references(word), None, "{word}");
        }
    }
}
