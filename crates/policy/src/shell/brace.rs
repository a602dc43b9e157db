//! Brace expansion: `{a,b}` and `{1..3}`, on the text of a word before anything else is expanded.

use super::nest;

/// The most words that one word may become.
const WORDS_MAX: usize = 64;

/// The most letters of all words that one word may become, and of a word that is looked at.
const LETTERS_MAX: usize = 16 * 1024;

/// The words that a word becomes; the word itself where there is nothing to expand.
pub(crate) fn expand(word: &str) -> Vec<String> {
    if !word.contains('{') || word.len() > LETTERS_MAX {
        return vec![word.to_owned()];
    }
    let chars: Vec<char> = word.chars().collect();
    let mut out = Vec::new();
    expand_into(&chars, 0, &mut out);
    out
}

fn expand_into(chars: &[char], depth: usize, out: &mut Vec<String>) {
    if out.len() >= WORDS_MAX || out.len() * chars.len() > LETTERS_MAX {
        return;
    }
    let found = (depth < 16).then(|| first_group(chars)).flatten();
    let Some((open, close, members)) = found else {
        out.push(chars.iter().collect());
        return;
    };
    for member in members {
        let mut word = chars[..open].to_vec();
        word.extend(member);
        word.extend(&chars[close + 1..]);
        expand_into(&word, depth + 1, out);
    }
}

/// The first group that expands: its braces, and what stands for it in turn.
fn first_group(chars: &[char]) -> Option<(usize, usize, Vec<Vec<char>>)> {
    let mut at = 0;
    while at < chars.len() {
        if chars[at] == '{'
            && let Some((close, members)) = group(chars, at)
        {
            return Some((at, close, members));
        }
        at = behind(chars, at);
    }
    None
}

fn group(chars: &[char], open: usize) -> Option<(usize, Vec<Vec<char>>)> {
    let mut depth = 0;
    let mut commas = vec![open];
    let mut at = open + 1;
    while at < chars.len() {
        match chars[at] {
            '{' => depth += 1,
            '}' if depth == 0 => {
                let inside = &chars[open + 1..at];
                if commas.len() == 1 {
                    return Some((at, sequence(inside)?));
                }
                commas.push(at);
                let members = commas
                    .windows(2)
                    .map(|pair| chars[pair[0] + 1..pair[1]].to_vec());
                return Some((at, members.collect()));
            }
            '}' => depth -= 1,
            ',' if depth == 0 => commas.push(at),
            _ => {}
        }
        at = behind(chars, at);
    }
    None
}

fn sequence(inside: &[char]) -> Option<Vec<Vec<char>>> {
    let text: String = inside.iter().collect();
    let mut ends = text.split("..");
    let (first, last) = (ends.next()?, ends.next()?);
    let step: i64 = ends.next().map_or(Some(1), |it| it.parse().ok())?;
    let step = step.unsigned_abs().max(1);
    let letter = |text: &str| {
        let mut chars = text.chars();
        chars
            .next()
            .filter(|c| c.is_ascii_alphabetic() && chars.next().is_none())
    };
    let (from, to, is_letter) = match (letter(first), letter(last)) {
        (Some(a), Some(b)) => (i64::from(a as u32), i64::from(b as u32), true),
        _ => (first.parse().ok()?, last.parse().ok()?, false),
    };
    let place = |n: u64| {
        let away = n.checked_mul(step)?;
        match from <= to {
            true => from.checked_add_unsigned(away),
            false => from.checked_sub_unsigned(away),
        }
    };
    let values = (0..WORDS_MAX as u64)
        .map_while(place)
        .take_while(|value| (from.min(to)..=from.max(to)).contains(value));
    let shown = |value: i64| match u8::try_from(value) {
        Ok(byte) if is_letter => vec![char::from(byte)],
        _ => value.to_string().chars().collect(),
    };
    Some(values.map(shown).collect())
}

/// Behind the character, or behind the quote or expansion that begins there.
fn behind(chars: &[char], at: usize) -> usize {
    let next = chars.get(at + 1).copied();
    let end = match (chars[at], next) {
        ('\\', _) => return at + 2,
        ('\'', _) => (at + 1..chars.len()).find(|&i| chars[i] == '\''),
        ('"', _) => nest::end_of_double_quotes(chars, at + 1),
        ('`', _) => nest::end_of_backticks(chars, at + 1),
        ('$', Some('(')) => nest::end_of_command(chars, at + 2),
        ('$', Some('{')) => nest::end_of_braces(chars, at + 2),
        _ => Some(at),
    };
    end.map_or(chars.len(), |end| end + 1)
}

#[cfg(test)]
mod tests {
    use super::expand;

    #[test]
    fn braces_expand_as_bash_does() {
        for (word, want) in [
            ("{rm,-rf,x}", "rm -rf x"),
            ("-{rf,v}", "-rf -v"),
            ("a{b,c{d,e}}f", "abf acdf acef"),
            ("{1..3}", "1 2 3"),
            ("{c..a}", "c b a"),
            ("r{m..m}", "rm"),
            ("{1..6..2}", "1 3 5"),
            ("{6..1..2}", "6 4 2"),
            ("r{m..a..50}", "rm"),
            ("{}", "{}"),
            ("{a}", "{a}"),
            ("'{a,b}'", "'{a,b}'"),
            ("${x,y}", "${x,y}"),
            ("\\{a,b}", "\\{a,b}"),
            ("{r,}m", "rm m"),
        ] {
            assert_eq!(expand(word).join(" "), want, "{word}");
        }
    }

    #[test]
    fn braces_cannot_take_for_ever() {
        assert!(expand(&"{a,b}".repeat(40)).len() <= 64);
        assert!(expand("{1..9223372036854775807}").len() <= 64);
    }
}
