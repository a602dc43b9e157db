//! Whether a text fits one of the shell's patterns: `*`, `?`, `[…]`.

/// Whether the whole text fits the pattern.
pub(crate) fn fits(pattern: &str, text: &str) -> bool {
    let pattern: Vec<char> = pattern.chars().collect();
    let text: Vec<char> = text.chars().collect();
    let (mut p, mut t) = (0, 0);
    let mut back: Option<(usize, usize)> = None;
    while t < text.len() {
        if pattern.get(p) == Some(&'*') {
            back = Some((p + 1, t));
            p += 1;
        } else if let Some(next) = one(&pattern, p, text[t]) {
            p = next;
            t += 1;
        } else if let Some((after_star, from)) = back {
            p = after_star;
            t = from + 1;
            back = Some((after_star, t));
        } else {
            return false;
        }
    }
    pattern[p..].iter().all(|c| *c == '*')
}

/// The place behind the pattern's next item, if that fits the character.
fn one(pattern: &[char], at: usize, c: char) -> Option<usize> {
    match *pattern.get(at)? {
        '?' => Some(at + 1),
        '[' => {
            let negated = matches!(pattern.get(at + 1), Some('!' | '^'));
            let from = at + 1 + usize::from(negated);
            let end = (from + 1..pattern.len()).find(|&i| pattern[i] == ']');
            let Some(end) = end else {
                return (c == '[').then_some(at + 1);
            };
            (in_class(&pattern[from..end], c) != negated).then_some(end + 1)
        }
        '\\' => (pattern.get(at + 1) == Some(&c)).then_some(at + 2),
        literal => (literal == c).then_some(at + 1),
    }
}

fn in_class(class: &[char], c: char) -> bool {
    let mut at = 0;
    while at < class.len() {
        if class.get(at + 1) == Some(&'-')
            && let Some(last) = class.get(at + 2)
        {
            if (class[at]..=*last).contains(&c) {
                return true;
            }
            at += 3;
        } else if class[at] == '[' && class.get(at + 1) == Some(&':') {
            return true;
        } else {
            if class[at] == c {
                return true;
            }
            at += 1;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::fits;

    #[test]
    fn patterns_fit_what_the_shell_would_find() {
        for (pattern, text, want) in [
            ("r?", "rm", true),
            ("r[lm]", "rm", true),
            ("r[!a-k]", "rm", true),
            ("r[a-k]", "rm", false),
            ("s*o", "sudo", true),
            ("*", "", true),
            ("*x", "rm", false),
            ("r[", "r[", true),
        ] {
            assert_eq!(fits(pattern, text), want, "{pattern} {text}");
        }
    }
}
