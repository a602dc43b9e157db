//! Files as editors name them.

use std::path::{Component, Path, PathBuf};

use lsp_types::Uri;

/// The file that an address names; none when it is no file.
pub(super) fn path(uri: &Uri) -> Option<PathBuf> {
    let rest = uri.as_str().strip_prefix("file://")?;
    // A host may stand there, which is this one.
    let path = &rest[rest.find('/')?..];
    let bytes = decoded(path.as_bytes())?;
    let path = PathBuf::from(String::from_utf8(bytes).ok()?);
    // Such a path says to be below a folder and may be elsewhere.
    let climbs = path.components().any(|it| it == Component::ParentDir);
    (!climbs).then_some(path)
}

/// The address of a file.
pub(super) fn uri(path: &Path) -> Option<Uri> {
    let mut text = String::from("file://");
    for byte in path.to_str()?.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'-' | b'_' | b'.' | b'~' => {
                text.push(char::from(byte));
            }
            byte => text.push_str(&format!("%{byte:02X}")),
        }
    }
    text.parse().ok()
}

fn decoded(text: &[u8]) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((first, after)) = rest.split_first() {
        if *first != b'%' {
            bytes.push(*first);
            rest = after;
            continue;
        }
        let (digits, after) = after.split_at_checked(2)?;
        let digits = std::str::from_utf8(digits).ok()?;
        bytes.push(u8::from_str_radix(digits, 16).ok()?);
        rest = after;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_go_there_and_back() {
        for name in ["/a/b.md", "/with space/ü é%20.md", "/a+b,c(d)[e]#f?"] {
            let address = uri(Path::new(name)).expect("an address");
            assert_eq!(
                path(&address).as_deref(),
                Some(Path::new(name)),
                "{}",
                address.as_str()
            );
        }
        let read = |text: &str| path(&text.parse().expect("an address"));
        assert_eq!(read("file:///a%2Fb"), Some(PathBuf::from("/a/b")));
        assert_eq!(read("untitled:Untitled-1"), None);
        assert_eq!(read("file:///a/%2E./b"), None);
        assert_eq!(read("https://example.org/a"), None);
    }
}
