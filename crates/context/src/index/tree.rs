//! Which file of one folder holds which content, as it was last seen.

use std::collections::BTreeMap;

use change::RelPath;
use host::files::Stamp;

use super::coding::{Bytes, put, put_text};
use super::document::Key;

/// A file changed this shortly before it was read may be changed again without another stamp.
const UNSURE_NS: i64 = 2_000_000_000;

/// A file as it was last seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Seen {
    pub(crate) size: u64,
    pub(crate) stamp: Stamp,
    /// What it holds.
    pub(crate) key: Key,
    /// How much others refer to it, from 0 to 255.
    pub(crate) rank: u8,
}

/// The files of a folder.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tree {
    /// By path.
    pub(crate) files: BTreeMap<RelPath, Seen>,
    /// The rules by which these files may be shown, as a digest.
    pub(crate) rules: Key,
}

impl Seen {
    /// Whether the file is certainly the same as when it was last seen.
    pub(crate) fn is_same(&self, size: u64, stamp: Stamp) -> bool {
        self.size == size && self.stamp == stamp
    }

    /// A stamp that says what it can: one of a file that may change again unseen is never met again.
    pub(crate) fn sure(stamp: Stamp, now_ns: i64) -> Stamp {
        let newest = stamp.written_ns.max(stamp.changed_ns);
        match newest > now_ns.saturating_sub(UNSURE_NS) {
            true => Stamp {
                written_ns: 0,
                changed_ns: 0,
                ..stamp
            },
            false => stamp,
        }
    }
}

impl Tree {
    pub(crate) fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.rules);
        put(out, self.files.len() as u64);
        let mut last = "";
        for (path, it) in &self.files {
            let path = path.as_str();
            let same = path
                .bytes()
                .zip(last.bytes())
                .take_while(|(a, b)| a == b)
                .count();
            let same = path.floor_char_boundary(same);
            put(out, same as u64);
            put_text(out, &path[same..]);
            put(out, it.size);
            put(out, it.stamp.written_ns as u64);
            put(out, it.stamp.changed_ns as u64);
            put(out, it.stamp.inode);
            put(out, it.stamp.links);
            out.extend_from_slice(&it.key);
            out.push(it.rank);
            last = path;
        }
    }

    /// Reads what was written; none when it is torn.
    pub(crate) fn read(bytes: &mut Bytes<'_>) -> Option<Tree> {
        let rules = bytes.take(size_of::<Key>())?.try_into().ok()?;
        let count = bytes.count()?;
        let mut files = BTreeMap::new();
        let mut last = String::new();
        for _ in 0..count {
            let same = bytes.count()?;
            let path = format!("{}{}", last.get(..same)?, bytes.text()?);
            let seen = Seen {
                size: bytes.number()?,
                stamp: Stamp {
                    written_ns: bytes.number()? as i64,
                    changed_ns: bytes.number()? as i64,
                    inode: bytes.number()?,
                    links: bytes.number()?,
                },
                key: bytes.take(size_of::<Key>())?.try_into().ok()?,
                rank: bytes.take(1)?[0],
            };
            files.insert(RelPath::parse(&path).ok()?, seen);
            last = path;
        }
        Some(Tree { files, rules })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_hold_all_and_torn_ones_are_refused() {
        let seen = |n: u8| Seen {
            size: u64::from(n) * 1000,
            stamp: Stamp {
                written_ns: -1,
                changed_ns: i64::MAX,
                inode: 7,
                links: 1,
            },
            key: [n; 16],
            rank: n,
        };
        let files = ["a.py", "a/b.py", "a/ü.py", "z"].iter().enumerate();
        let tree = Tree {
            files: files
                .map(|(n, it)| (RelPath::parse(it).expect("a path"), seen(n as u8)))
                .collect(),
            rules: [9; 16],
        };
        let mut out = Vec::new();
        tree.write(&mut out);
        assert_eq!(Tree::read(&mut Bytes::new(&out)), Some(tree));
        for end in 0..out.len() {
            assert!(Tree::read(&mut Bytes::new(&out[..end])).is_none());
        }
    }

    #[test]
    fn a_file_that_was_just_written_is_looked_at_again() {
        let stamp = Stamp {
            written_ns: 10_000_000_000,
            changed_ns: 9_000_000_000,
            inode: 1,
            links: 1,
        };
        assert!(Seen::sure(stamp, 11_000_000_000) != stamp);
        assert_eq!(Seen::sure(stamp, 13_000_000_000), stamp);
    }
}
