//! The examples that a test is run with.

/// The rows of a table that another one does not have.
pub(super) fn missing(before: &str, after: &str) -> Vec<String> {
    if before == after {
        return Vec::new();
    }
    let mut there = rows(after);
    let mut missing = Vec::new();
    for row in rows(before) {
        match there.iter().position(|it| *it == row) {
            Some(at) => {
                there.swap_remove(at);
            }
            None => missing.push(row),
        }
    }
    missing
}

/// The elements of the lists in a text: `[(1, 2), (3, 4)]` as two. A text without a list is one row for each of its calls.
fn rows(text: &str) -> Vec<String> {
    let mut rows = Vec::new();
    let (mut depth, mut list, mut from) = (0_usize, None, 0);
    let mut quote: Option<char> = None;
    for (at, c) in text.char_indices() {
        match (quote, c) {
            (Some(open), c) if c == open && !text[..at].ends_with('\\') => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'' | '`') => quote = Some(c),
            (None, '[' | '(' | '{') => {
                depth += 1;
                // `#[` opens an attribute, no list.
                if c == '[' && list.is_none() && !text[..at].ends_with('#') {
                    (list, from) = (Some(depth), at + 1);
                }
            }
            (None, ']' | ')' | '}') => {
                if list == Some(depth) {
                    rows.push(text[from..at].trim().to_owned());
                    list = None;
                }
                depth = depth.saturating_sub(1);
            }
            (None, ',') if list == Some(depth) => {
                rows.push(text[from..at].trim().to_owned());
                from = at + 1;
            }
            _ => {}
        }
    }
    rows.retain(|it| !it.is_empty());
    if rows.is_empty() {
        let calls = text.split("#[").map(str::trim);
        rows.extend(calls.filter(|it| !it.is_empty()).map(str::to_owned));
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_that_are_gone() {
        let before = "@pytest.mark.parametrize(\"a,b\", [(1, 2), (3, \"[x]\"), (5, 6)])";
        let after = "@pytest.mark.parametrize(\"a,b\", [(5, 6), (1, 2), (9, 9)])";
        assert_eq!(missing(before, after), ["(3, \"[x]\")"]);
        assert_eq!(missing(before, before), [""; 0]);
        assert_eq!(missing(before, "").len(), 3);
        assert_eq!(
            missing("#[case(1, 2)] #[case(3, 4)]", "#[case(3, 4)]"),
            ["case(1, 2)]"]
        );
        assert_eq!(missing("test.each([1, 2])", "test.each([2])"), ["1"]);
        assert_eq!(missing("", "test.each([1])"), [""; 0]);
    }
}
