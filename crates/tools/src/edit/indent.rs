//! How the indentation of quoted lines differs from that of the file's lines.

/// A way from the indentation that was quoted to the file's own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Shift {
    /// It is the same.
    None,
    /// The file has this much more in front.
    More(Vec<u8>),
    /// The file has this much less in front.
    Less(Vec<u8>),
    /// The file indents by another character or width: `times` of `with` for each `of` characters.
    Units { with: u8, times: usize, of: usize },
}

/// The spaces and tabs that a line begins with.
pub(super) fn indentation(line: &[u8]) -> &[u8] {
    let end = line.iter().position(|byte| !matches!(byte, b' ' | b'\t'));
    &line[..end.unwrap_or(line.len())]
}

/// Whether a line holds nothing but white space.
pub(super) fn is_blank(line: &[u8]) -> bool {
    line.iter().all(u8::is_ascii_whitespace)
}

/// Every way that leads from each quoted indentation to the file's, for pairs of (quoted, file) lines that are not
/// blank. None when they differ without a rule; several when the lines do not tell.
pub(super) fn shifts(pairs: &[(&[u8], &[u8])]) -> Vec<Shift> {
    if pairs.iter().all(|(quoted, file)| quoted == file) {
        return vec![Shift::None];
    }
    let Some((quoted, file)) = pairs.first() else {
        return Vec::new();
    };
    let mut candidates = Vec::new();
    candidates.extend(
        file.strip_suffix(*quoted)
            .map(|it| Shift::More(it.to_vec())),
    );
    candidates.extend(
        quoted
            .strip_suffix(*file)
            .map(|it| Shift::Less(it.to_vec())),
    );
    candidates.extend(units(pairs));
    candidates.retain(|shift| {
        let leads = |(quoted, file): &(&[u8], &[u8])| shift.apply(quoted).as_deref() == Some(*file);
        pairs.iter().all(leads)
    });
    candidates
}

/// A change of the character or the width, told by the first indented pair.
fn units(pairs: &[(&[u8], &[u8])]) -> Option<Shift> {
    let (quoted, file) = pairs.iter().find(|(quoted, _)| !quoted.is_empty())?;
    let with = *file.first()?;
    let single = |text: &[u8]| text.iter().all(|byte| *byte == text[0]);
    let divisor = gcd(file.len(), quoted.len());
    (single(quoted) && single(file)).then(|| Shift::Units {
        with,
        times: file.len() / divisor,
        of: quoted.len() / divisor,
    })
}

fn gcd(a: usize, b: usize) -> usize {
    if b == 0 { a } else { gcd(b, a % b) }
}

impl Shift {
    /// The file's indentation for a quoted one; `None` when the way does not lead anywhere from there.
    fn apply(&self, quoted: &[u8]) -> Option<Vec<u8>> {
        match self {
            Shift::None => Some(quoted.to_vec()),
            Shift::More(more) => Some([more, quoted].concat()),
            Shift::Less(less) => quoted.strip_prefix(less.as_slice()).map(<[u8]>::to_vec),
            Shift::Units { with, times, of } => {
                let single = quoted.iter().all(|byte| *byte == quoted[0]);
                (single && quoted.len().is_multiple_of(*of))
                    .then(|| vec![*with; quoted.len() / of * times])
            }
        }
    }

    /// A new line with the file's indentation. What holds only white space becomes an empty line.
    pub(super) fn line(&self, new: &[u8]) -> Option<Vec<u8>> {
        if *self == Shift::None {
            return Some(new.to_vec());
        }
        if is_blank(new) {
            return Some(Vec::new());
        }
        let own = indentation(new);
        let mut line = self.apply(own)?;
        line.extend_from_slice(&new[own.len()..]);
        Some(line)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(pairs: &[(&str, &str)]) -> Vec<Shift> {
        let pairs: Vec<_> = pairs
            .iter()
            .map(|(a, b)| (a.as_bytes(), b.as_bytes()))
            .collect();
        shifts(&pairs)
    }

    fn units(with: char, times: usize, of: usize) -> Shift {
        Shift::Units {
            with: with as u8,
            times,
            of,
        }
    }

    #[test]
    fn rules_are_found() {
        assert_eq!(of(&[("  ", "  "), ("", "")]), [Shift::None]);
        assert_eq!(
            of(&[("", "    "), ("    ", "        ")]),
            [Shift::More(b"    ".into())]
        );
        assert_eq!(
            of(&[("\t\t", "\t"), ("\t", "")]),
            [Shift::Less(b"\t".into())]
        );
        assert_eq!(
            of(&[("", ""), ("    ", "\t"), ("        ", "\t\t")]),
            [units('\t', 1, 4)]
        );
        assert_eq!(of(&[("\t", "  "), ("", "")]), [units(' ', 2, 1)]);
        assert_eq!(
            of(&[("  ", "    "), ("    ", "        ")]),
            [units(' ', 2, 1)]
        );
    }

    #[test]
    fn what_has_no_rule_is_not_guessed() {
        assert_eq!(of(&[("  ", "    "), ("      ", "      ")]), []);
        assert_eq!(of(&[("", "  "), ("", "    ")]), []);
        assert_eq!(of(&[("  ", " \t"), ("", "")]), []);
    }

    #[test]
    fn one_depth_may_leave_two_rules() {
        assert_eq!(
            of(&[("        ", "    ")]),
            [Shift::Less(b"    ".into()), units(' ', 1, 2)]
        );
    }

    #[test]
    fn lines_are_moved() {
        let check = |shift: Shift, line: &str, expected: Option<&str>| {
            let found = shift.line(line.as_bytes());
            assert_eq!(found.as_deref(), expected.map(str::as_bytes), "{shift:?}");
        };
        check(Shift::More(b"\t".into()), "a", Some("\ta"));
        check(Shift::More(b"\t".into()), "  ", Some(""));
        check(Shift::Less(b"  ".into()), "   a", Some(" a"));
        check(Shift::Less(b"  ".into()), " a", None);
        check(units('\t', 1, 4), "        a b", Some("\t\ta b"));
        check(units('\t', 1, 4), "      a", None);
        check(units('\t', 1, 4), "\ta", None);
        check(units('\t', 1, 4), "a", Some("a"));
    }
}
