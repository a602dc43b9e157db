//! Fenced code blocks: where they open and close.

/// An open fence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Fence {
    mark: char,
    length: usize,
}

impl Fence {
    /// Reads a line's text as the opening of a fence; gives the fence and its info string.
    pub(crate) fn open(text: &str) -> Option<(Fence, &str)> {
        let mark = text.chars().next().filter(|c| matches!(c, '`' | '~'))?;
        let info = text.trim_start_matches(mark);
        let length = text.len() - info.len();
        let is_fence = length >= 3 && !(mark == '`' && info.contains('`'));
        is_fence.then(|| (Fence { mark, length }, info.trim()))
    }

    /// Whether a line's text closes this fence.
    pub(crate) fn is_closed_by(self, text: &str) -> bool {
        let rest = text.trim_start_matches(self.mark);
        rest.is_empty() && text.len() >= self.length
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fence_closes_on_its_own_mark_and_length_only() {
        let (fence, info) = Fence::open("````python title").expect("a fence");
        assert_eq!(info, "python title");
        assert!(
            !fence.is_closed_by("```")
                && !fence.is_closed_by("~~~~")
                && !fence.is_closed_by("```` x")
        );
        assert!(fence.is_closed_by("````") && fence.is_closed_by("``````"));
        assert_eq!(Fence::open("``` a `b` c"), None);
        assert_eq!(Fence::open("``"), None);
        assert!(Fence::open("~~~ a ` b").is_some());
    }
}
