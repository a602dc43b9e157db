//! What the text of a path gives away before the disk is asked.
//!
//! A path is text from a model. Some forms are never a file of the project; others would be another file on
//! another system. Each of these readings is compared with the rules, so that the answer does not depend on which
//! disk the project stands on.

use crate::fold::{fold, is_invisible};

/// The longest path that a system takes, in bytes, without the final NUL.
pub(super) const PATH_BYTES: usize = 4095;
/// The longest name of a file, in bytes.
const NAME_BYTES: usize = 255;

/// Why a text names no file of a project, whatever stands on the disk.
pub(crate) fn no_path(text: &str) -> Option<&'static str> {
    let first = text.split(['/', '\\']).next().unwrap_or_default();
    let too_long = text.len() > PATH_BYTES || text.split('/').any(|it| it.len() > NAME_BYTES);
    let found = [
        (text.is_empty(), "it is empty"),
        (text.contains('\0'), "it holds a NUL byte"),
        (too_long, "it is longer than a path can be"),
        (
            is_home(first),
            "`~` is a shell's word; name the file itself",
        ),
        (
            is_variable(first),
            "a variable is a shell's word; name the file itself",
        ),
        (is_url(text), "it is an address, not a file"),
        (is_drive(text), "it begins with a drive"),
        (text.starts_with("\\"), "it begins with a backslash"),
    ];
    found.iter().find(|(it, _)| *it).map(|(_, why)| *why)
}

fn is_home(first: &str) -> bool {
    first.strip_prefix('~').is_some_and(|user| {
        user.chars()
            .all(|c| c.is_ascii_alphanumeric() || "+-_".contains(c))
    })
}

fn is_variable(first: &str) -> bool {
    let upper = |name: &str| {
        let letter = |c: char| c.is_ascii_uppercase() || c == '_' || c.is_ascii_digit();
        !name.is_empty() && name.chars().all(letter)
    };
    let braced = first.strip_prefix("${").and_then(|it| it.strip_suffix('}'));
    let percent = first.strip_prefix('%').and_then(|it| it.strip_suffix('%'));
    let bare = first.strip_prefix('$').filter(|it| upper(it));
    braced.is_some() || bare.is_some() || percent.is_some_and(upper)
}

fn is_url(text: &str) -> bool {
    let Some((scheme, rest)) = text.split_once(':') else {
        return false;
    };
    let letter = |c: char| c.is_ascii_alphanumeric() || "+.-".contains(c);
    let scheme_like = scheme.len() > 1
        && scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme.chars().all(letter);
    scheme_like && (rest.starts_with('/') || scheme.eq_ignore_ascii_case("file"))
}

fn is_drive(text: &str) -> bool {
    matches!(text.as_bytes(), [letter, b':', ..] if letter.is_ascii_alphabetic())
}

/// Why a text may be another file elsewhere than here; a person looks, unless exactly this name is there.
pub(crate) fn oddity(text: &str) -> Option<&'static str> {
    let parts = || text.split(['/', '\\']);
    let hidden =
        |c: char| c.is_control() || is_invisible(c) || matches!(c, '\u{2028}' | '\u{2029}');
    let found = [
        (
            text.contains(hidden),
            "it holds a character that cannot be seen",
        ),
        (
            text.contains('\\'),
            "a backslash separates folders on some systems",
        ),
        (
            text.contains(':'),
            "a colon names a stream or a drive on some systems",
        ),
        (
            parts().any(ends_loosely),
            "dots and blanks at the end of a name are dropped by some systems",
        ),
        (
            parts().any(|it| short_name(it).is_some()),
            "it looks like the short form of another name",
        ),
        (parts().any(is_device), "it is a device on some systems"),
        (has_escape(text), "it holds an escape such as %2e"),
        (parts().any(|it| it == "~"), "`~` is a shell's word"),
        (
            parts().any(|it| it.starts_with('-')),
            "programs take a name with a dash in front for an option",
        ),
        (
            text.contains(['*', '?', '"', '<', '>', '|', ';', '`']),
            "a shell gives its characters a meaning",
        ),
        (
            text.contains("$("),
            "a shell gives its characters a meaning",
        ),
    ];
    found.iter().find(|(it, _)| *it).map(|(_, why)| *why)
}

fn ends_loosely(part: &str) -> bool {
    !matches!(part, "" | "." | "..") && part.ends_with(['.', ' '])
}

fn is_device(part: &str) -> bool {
    let name = part.to_ascii_lowercase();
    matches!(
        name.as_str(),
        "con" | "nul" | "aux" | "prn" | "conin$" | "conout$"
    ) || matches!(name.as_bytes(), [b'c', b'o', b'm', n] | [b'l', b'p', b't', n] if n.is_ascii_digit())
}

/// The beginning that a DOS short name such as `GITMOD~1.TXT` keeps of the long one.
fn short_name(part: &str) -> Option<&str> {
    let (stem, rest) = part.rsplit_once('~')?;
    let (number, extension) = rest.split_once('.').unwrap_or((rest, ""));
    let short = !stem.is_empty() && stem.chars().count() <= 7 && !stem.contains('~');
    let numbered = (1..=6).contains(&number.len()) && number.bytes().all(|it| it.is_ascii_digit());
    (short && numbered && extension.chars().count() <= 3).then_some(stem)
}

/// Whether a program that decodes addresses would read something else here.
fn has_escape(text: &str) -> bool {
    let is_escape = |it: &[u8]| it[0] == b'%' && it[1..].iter().all(u8::is_ascii_hexdigit);
    text.as_bytes().windows(3).any(is_escape)
}

/// The text as the rules compare it: folded, without empty and `.` parts, `..` kept.
pub(crate) fn plain(text: &str) -> String {
    let folded = fold(text);
    let parts = folded.split('/').filter(|it| !matches!(*it, "" | "."));
    parts.collect::<Vec<_>>().join("/")
}

/// What other systems would make of the text, folded like [`plain`]; none for ordinary text.
pub(crate) fn elsewhere(text: &str) -> Vec<String> {
    if oddity(text).is_none() {
        return Vec::new();
    }
    let reading = |dot: &str| {
        let parts: Vec<String> = text.split(['/', '\\']).map(|it| loose(it, dot)).collect();
        plain(&parts.join("/"))
    };
    let mut found = vec![reading(""), reading(".")];
    found.dedup();
    found
}

/// A part without what other systems drop from it; a short name becomes `dot` and its beginning.
fn loose(part: &str, dot: &str) -> String {
    if part.starts_with("..") && part.trim_end_matches(['.', ' ']).is_empty() {
        return "..".to_owned();
    }
    let without_stream = part.split(':').next().unwrap_or_default();
    let name = without_stream.trim_end_matches(['.', ' ']);
    match short_name(name) {
        Some(stem) if !stem.starts_with('.') => format!("{dot}{stem}"),
        Some(stem) => stem.to_owned(),
        None => name.to_owned(),
    }
}

/// The text with `..` worked out; none when it leads above where it begins.
pub(crate) fn climbed(plain: &str) -> Option<String> {
    let mut parts = Vec::new();
    for part in plain.split('/').filter(|it| !it.is_empty()) {
        match part {
            ".." => {
                parts.pop()?;
            }
            name => parts.push(name),
        }
    }
    Some(parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_that_are_never_a_file_of_the_project() {
        for text in [
            "",
            "a\0b",
            "~",
            "~/x",
            "~root/x",
            "~+",
            "$HOME/x",
            "${HOME}/x",
            "%APPDATA%\\x",
            "file:///etc/passwd",
            "file:x",
            "FILE:/x",
            "https://a/b",
            "vscode-remote://x",
            "C:\\x",
            "c:x",
            "C:",
            "\\\\server\\share",
            "\\x",
            "\\\\?\\C:\\x",
            "\\\\.\\pipe\\x",
        ] {
            assert!(no_path(text).is_some(), "{text:?}");
        }
        assert!(no_path(&"a".repeat(256)).is_some());
        assert!(no_path(&"a/".repeat(2048)).is_some());
        for text in [
            "a",
            "~$notes.docx",
            "a/~",
            "routes/$id.tsx",
            "$types.d.ts",
            "ab:c",
            "x/C:",
            "100%/a",
        ] {
            assert_eq!(no_path(text), None, "{text:?}");
        }
    }

    #[test]
    fn what_other_systems_read() {
        for (text, reading) in [
            (".env ", ".env"),
            (".env.", ".env"),
            (".env::$DATA", ".env"),
            (".ENV~1", ".env"),
            ("GIT~1/config", ".git/config"),
            ("SECRET~12.TXT", "secret"),
            (".git\\hooks\\x", ".git/hooks/x"),
            ("a\\..\\..\\b", "a/../../b"),
            ("a/.. /x", "a/../x"),
            (".e\u{200b}nv", ".env"),
        ] {
            assert!(
                elsewhere(text).contains(&reading.to_owned()),
                "{text:?}: {:?}",
                elsewhere(text)
            );
        }
        for text in [
            "src/main.rs",
            "a.b.c",
            "...",
            "notes~",
            "a~b",
            "50%",
            "src/aux.rs",
            ".a/..b/c",
        ] {
            assert!(elsewhere(text).is_empty() || text == "...", "{text:?}");
        }
    }

    #[test]
    fn climbing_stays_below() {
        assert_eq!(climbed("a/../b"), Some("b".into()));
        assert_eq!(climbed("a/../../b"), None);
        assert_eq!(climbed(""), Some(String::new()));
    }
}
