//! The page's files in one piece, as `ide/pack.js` writes them: each compressed once, when the page is built.
//!
//! The form: `KIROPAGE1\n`, a line with the number of files, a line for each (`length encoding path`), then their bytes.

use std::collections::BTreeMap;
use std::io::Read;
use std::sync::Arc;

/// The first line of a pack.
const MAGIC: &[u8] = b"KIROPAGE1\n";

/// The files of the page.
#[derive(Clone, Debug)]
pub struct Pack(Arc<BTreeMap<&'static str, PackedFile>>);

/// One file of the page.
#[derive(Clone, Copy, Debug)]
pub(super) struct PackedFile {
    /// Its path in the page.
    pub(super) path: &'static str,
    bytes: &'static [u8],
    is_brotli: bool,
}

impl Pack {
    /// Reads a pack. What is no pack holds no file.
    pub fn of(bytes: &'static [u8]) -> Pack {
        Pack(Arc::new(parse(bytes).unwrap_or_default()))
    }

    /// How many files there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn file(&self, path: &str) -> Option<PackedFile> {
        self.0.get(path).copied()
    }
}

fn parse(bytes: &'static [u8]) -> Option<BTreeMap<&'static str, PackedFile>> {
    let mut rest = bytes.strip_prefix(MAGIC)?;
    let mut line = || {
        let end = rest.iter().position(|it| *it == b'\n')?;
        let text = std::str::from_utf8(&rest[..end]).ok()?;
        rest = &rest[end + 1..];
        Some(text)
    };
    let count: usize = line()?.parse().ok()?;
    let heads: Vec<&'static str> = (0..count).map(|_| line()).collect::<Option<_>>()?;
    let mut files = BTreeMap::new();
    for head in heads {
        let mut words = head.splitn(3, ' ');
        let length: usize = words.next()?.parse().ok()?;
        let is_brotli = words.next()? == "br";
        let path = words.next()?;
        let bytes = rest.get(..length)?;
        rest = &rest[length..];
        let file = PackedFile {
            path,
            bytes,
            is_brotli,
        };
        files.insert(path, file);
    }
    Some(files)
}

impl PackedFile {
    /// The bytes as they are kept, and whether they are in brotli.
    pub(super) fn packed(&self) -> (&'static [u8], bool) {
        (self.bytes, self.is_brotli)
    }

    /// The bytes as they were before they were packed.
    ///
    /// # Errors
    /// When the pack is damaged.
    pub(super) fn unpacked(&self) -> std::io::Result<Vec<u8>> {
        if !self.is_brotli {
            return Ok(self.bytes.to_vec());
        }
        let mut plain = Vec::new();
        brotli_decompressor::Decompressor::new(self.bytes, 64 << 10).read_to_end(&mut plain)?;
        Ok(plain)
    }

    /// What a browser is told that it is.
    pub(super) fn kind(&self) -> &'static str {
        match self.path.rsplit('.').next().unwrap_or("") {
            "html" => "text/html; charset=utf-8",
            "js" | "mjs" => "text/javascript; charset=utf-8",
            "css" => "text/css; charset=utf-8",
            "json" | "map" | "code-snippets" => "application/json",
            "svg" => "image/svg+xml",
            "png" => "image/png",
            "gif" => "image/gif",
            "ttf" => "font/ttf",
            "woff" => "font/woff",
            "woff2" => "font/woff2",
            "wasm" => "application/wasm",
            "mp3" => "audio/mpeg",
            "md" | "txt" => "text/plain; charset=utf-8",
            _ => "application/octet-stream",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_found_by_their_paths() {
        let pack = Pack::of(b"KIROPAGE1\n2\n3 - index.html\n2 - a b/c.js\nabcxy");
        assert_eq!(pack.len(), 2);
        let file = pack.file("a b/c.js").expect("it is there");
        assert_eq!(file.packed(), (&b"xy"[..], false));
        assert_eq!(file.kind(), "text/javascript; charset=utf-8");
        assert!(pack.file("../index.html").is_none());
    }

    #[test]
    fn what_is_no_pack_holds_nothing() {
        for bytes in [
            &b""[..],
            b"KIROPAGE1\n",
            b"KIROPAGE1\n1\n9 - a\nshort",
            b"KIROPAGE1\nx\n",
        ] {
            assert!(Pack::of(bytes).is_empty(), "{bytes:?}");
        }
    }
}
