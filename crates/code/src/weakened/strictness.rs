//! Whether an assertion that changed lets more pass or less, where that can be told from one number.

/// How an assertion compares with what it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Strictness {
    /// It is the same.
    Same,
    /// It lets less pass.
    Tighter,
    /// It lets more pass.
    Looser,
    /// That cannot be told.
    Unknown,
}

/// Compares two assertions, each on one line.
pub(super) fn compared(before: &str, after: &str) -> Strictness {
    if before == after {
        return Strictness::Same;
    }
    let (old, new) = (parts(before), parts(after));
    let others = old.iter().zip(&new).filter(|(a, b)| a != b);
    let differing: Vec<usize> = others
        .map(|(a, _)| old.iter().position(|it| std::ptr::eq(it, a)).unwrap_or(0))
        .collect();
    let [at] = differing.as_slice() else {
        return Strictness::Unknown;
    };
    let numbers = (old[*at].parse::<f64>(), new[*at].parse::<f64>());
    let (Ok(was), Ok(is)) = numbers else {
        return Strictness::Unknown;
    };
    if old.len() != new.len() {
        return Strictness::Unknown;
    }
    let lead: String = old[..*at].concat();
    match direction(&lead) {
        None => Strictness::Unknown,
        Some(Wider::Larger) if is > was => Strictness::Looser,
        Some(Wider::Smaller) if is < was => Strictness::Looser,
        Some(_) => Strictness::Tighter,
    }
}

/// Which numbers let more pass.
enum Wider {
    Larger,
    Smaller,
}

/// What the text before a number says of it.
fn direction(lead: &str) -> Option<Wider> {
    let plain = lead.trim_end();
    let named = |names: &[&str]| names.iter().any(|it| plain.ends_with(it));
    // Where a sign of negation stands before, directions turn about.
    if lead.contains(" not ")
        || lead.contains(".not.")
        || lead.contains('!') && !lead.contains("!(")
    {
        return None;
    }
    if named(&[
        "rel=",
        "abs=",
        "delta=",
        "rtol=",
        "atol=",
        "epsilon=",
        "rel =",
        "abs =",
        "tolerance=",
    ]) {
        return Some(Wider::Larger);
    }
    let in_close_to = plain.contains("toBeCloseTo(") && plain.ends_with(',');
    if named(&["places=", "decimal=", "digits="]) || in_close_to {
        return Some(Wider::Smaller);
    }
    if named(&["<", "<="]) && !plain.ends_with("<<") {
        return Some(Wider::Larger);
    }
    if named(&[">", ">="]) && !named(&["=>", "->", ">>"]) {
        return Some(Wider::Smaller);
    }
    None
}

/// A text as numbers and what stands between them.
fn parts(text: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let bytes = text.as_bytes();
    let (mut from, mut at) = (0, 0);
    while at < bytes.len() {
        let is_start = bytes[at].is_ascii_digit()
            && (at == 0 || !(bytes[at - 1].is_ascii_alphanumeric() || bytes[at - 1] == b'_'));
        if !is_start {
            at += 1;
            continue;
        }
        let mut end = at;
        while end < bytes.len() {
            let exponent = end > at
                && matches!(bytes[end - 1], b'e' | b'E')
                && matches!(bytes[end], b'-' | b'+');
            if !(bytes[end].is_ascii_alphanumeric() || bytes[end] == b'.' || exponent) {
                break;
            }
            end += 1;
        }
        parts.push(&text[from..at]);
        parts.push(&text[at..end]);
        (from, at) = (end, end);
    }
    parts.push(&text[from..]);
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_number_tells() {
        use Strictness::{Looser, Same, Tighter, Unknown};
        for (before, after, expected) in [
            ("assert a == 1", "assert a == 1", Same),
            ("assert a == 1", "assert a == 2", Unknown),
            ("assert f(3) < 10", "assert f(3) < 100", Looser),
            ("assert f(3) < 10", "assert f(3) < 9.5", Tighter),
            ("assert f(4) < 10", "assert f(3) < 10", Unknown),
            ("assert n >= 80", "assert n >= 10", Looser),
            (
                "assert a == approx(b, rel=1e-6)",
                "assert a == approx(b, rel=1e-2)",
                Looser,
            ),
            (
                "assert a == approx(b, abs=0.1)",
                "assert a == approx(b, abs=0.01)",
                Tighter,
            ),
            (
                "self.assertAlmostEqual(a, b, places=7)",
                "self.assertAlmostEqual(a, b, places=2)",
                Looser,
            ),
            (
                "expect(a).toBeCloseTo(b, 5)",
                "expect(a).toBeCloseTo(b, 1)",
                Looser,
            ),
            ("assert not a < 3", "assert not a < 4", Unknown),
            ("assert!(a > 3)", "assert!(a > 2)", Looser),
            ("assert a == 1 and b < 3", "assert a == 1", Unknown),
        ] {
            assert_eq!(compared(before, after), expected, "{before} → {after}");
        }
    }
}
