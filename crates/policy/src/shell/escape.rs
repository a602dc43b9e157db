//! Backslash escapes, as `$'…'`, `printf` and `echo -e` read them.

/// Decodes the inside of `$'…'`.
pub(crate) fn ansi_c(text: &str) -> String {
    decode(text, true)
}

/// Decodes what `printf` (format and `%b`) and `echo -e` decode.
pub(crate) fn printf(text: &str) -> String {
    decode(text, false)
}

fn decode(text: &str, quotes: bool) -> String {
    let chars: Vec<char> = text.chars().collect();
    let mut bytes: Vec<u8> = Vec::with_capacity(text.len());
    let mut at = 0;
    while at < chars.len() {
        if chars[at] != '\\' || at + 1 == chars.len() {
            push(&mut bytes, chars[at]);
            at += 1;
            continue;
        }
        at = escape(&chars, at + 1, quotes, &mut bytes);
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Decodes the escape whose letter stands at `at`; gives the place behind it.
fn escape(chars: &[char], at: usize, quotes: bool, bytes: &mut Vec<u8>) -> usize {
    let simple = match chars[at] {
        'a' => Some(7),
        'b' => Some(8),
        'e' | 'E' => Some(27),
        'f' => Some(12),
        'n' => Some(b'\n'),
        'r' => Some(b'\r'),
        't' => Some(b'\t'),
        'v' => Some(11),
        '\\' => Some(b'\\'),
        '\'' | '"' | '?' if quotes => u8::try_from(chars[at]).ok(),
        _ => None,
    };
    if let Some(byte) = simple {
        bytes.push(byte);
        return at + 1;
    }
    match chars[at] {
        'x' => number(chars, at + 1, 16, 2, bytes, at),
        'u' => number(chars, at + 1, 16, 4, bytes, at),
        'U' => number(chars, at + 1, 16, 8, bytes, at),
        '0' if !quotes => number(chars, at, 8, 4, bytes, at),
        '0'..='7' => number(chars, at, 8, 3, bytes, at),
        'c' if quotes && at + 1 < chars.len() => {
            bytes.push((chars[at + 1] as u32 & 0x1f) as u8);
            at + 2
        }
        other => {
            bytes.push(b'\\');
            push(bytes, other);
            at + 1
        }
    }
}

fn number(
    chars: &[char],
    from: usize,
    radix: u32,
    most: usize,
    bytes: &mut Vec<u8>,
    letter: usize,
) -> usize {
    let mut value: u32 = 0;
    let mut at = from;
    while at < chars.len() && at < from + most {
        let Some(digit) = chars[at].to_digit(radix) else {
            break;
        };
        value = value.wrapping_mul(radix).wrapping_add(digit);
        at += 1;
    }
    if at == from {
        bytes.push(b'\\');
        push(bytes, chars[letter]);
        return letter + 1;
    }
    match chars[letter] {
        'u' | 'U' => push(bytes, char::from_u32(value).unwrap_or('\u{fffd}')),
        _ => bytes.push((value & 0xff) as u8),
    }
    at
}

fn push(bytes: &mut Vec<u8>, c: char) {
    bytes.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_are_decoded_as_bash_does() {
        for (text, want) in [
            ("\\x73udo", "sudo"),
            ("\\163udo", "sudo"),
            ("\\u0073udo", "sudo"),
            ("a\\nb", "a\nb"),
            ("\\'", "'"),
            ("\\q", "\\q"),
            ("\\x", "\\x"),
            ("é\\x41", "éA"),
        ] {
            assert_eq!(ansi_c(text), want);
        }
        assert_eq!(printf("\\0162\\155"), "rm");
        assert_eq!(printf("\\'"), "\\'");
    }
}
