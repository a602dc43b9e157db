//! Numbers and texts as bytes, and back. Reading never trusts what it reads: torn bytes are an end, no panic.

/// Writes numbers in as few bytes as they need.
pub(crate) fn put(out: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        out.push((number as u8 & 0x7f) | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

/// Writes a text with its length before it.
pub(crate) fn put_text(out: &mut Vec<u8>, text: &str) {
    put(out, text.len() as u64);
    out.extend_from_slice(text.as_bytes());
}

/// Reads what was written.
#[derive(Clone, Debug)]
pub(crate) struct Bytes<'b> {
    bytes: &'b [u8],
}

impl<'b> Bytes<'b> {
    pub(crate) fn new(bytes: &'b [u8]) -> Bytes<'b> {
        Bytes { bytes }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    pub(crate) fn number(&mut self) -> Option<u64> {
        let mut number = 0;
        for (at, byte) in self.bytes.iter().enumerate().take(10) {
            number |= u64::from(byte & 0x7f).checked_shl(7 * at as u32)?;
            if byte & 0x80 == 0 {
                self.bytes = &self.bytes[at + 1..];
                return Some(number);
            }
        }
        None
    }

    pub(crate) fn small(&mut self) -> Option<u32> {
        self.number()?.try_into().ok()
    }

    /// A number of things that follow; none when there cannot be so many.
    pub(crate) fn count(&mut self) -> Option<usize> {
        let count = usize::try_from(self.number()?).ok()?;
        (count <= self.bytes.len()).then_some(count)
    }

    pub(crate) fn take(&mut self, count: usize) -> Option<&'b [u8]> {
        let (taken, rest) = self.bytes.split_at_checked(count)?;
        self.bytes = rest;
        Some(taken)
    }

    pub(crate) fn text(&mut self) -> Option<&'b str> {
        let count = self.count()?;
        std::str::from_utf8(self.take(count)?).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        #[test]
        fn what_is_written_is_read(numbers in proptest::collection::vec(proptest::num::u64::ANY, 0..20), text in "\\PC{0,9}") {
            let mut out = Vec::new();
            numbers.iter().for_each(|it| put(&mut out, *it));
            put_text(&mut out, &text);
            let mut bytes = Bytes::new(&out);
            for number in numbers {
                proptest::prop_assert_eq!(bytes.number(), Some(number));
            }
            proptest::prop_assert_eq!(bytes.text(), Some(&*text));
            proptest::prop_assert!(bytes.is_empty());
        }

        #[test]
        fn torn_bytes_are_an_end(torn in proptest::collection::vec(proptest::num::u8::ANY, 0..40)) {
            let mut bytes = Bytes::new(&torn);
            while bytes.text().is_some() {}
        }
    }
}
