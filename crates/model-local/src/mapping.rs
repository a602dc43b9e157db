//! A file of weights, mapped into memory: read from disk when it is used, and given back when memory is short. Only the
//! embeddings are, of which each turn needs a few rows.

#![expect(unsafe_code, reason = "a mapped file is memory that others can change")]

use memmap2::{Advice, Mmap};
use std::fs::File;
use std::io;
use std::ops::Range;

/// A mapped file.
pub(crate) struct Mapping {
    file: File,
    bytes: Mmap,
}

impl Mapping {
    /// Maps the whole of `file`.
    pub(crate) fn new(file: File) -> io::Result<Self> {
        // SAFETY: the weights are plain numbers, any of which is sound to read; who changes the file gets other answers. Who
        // cuts it short ends this process with SIGBUS, as with any program that maps files: `is_whole` looks before each
        // turn, and Kiro itself only ever replaces the file, which leaves what is mapped alone.
        let bytes = unsafe { Mmap::map(&file)? };
        // Only makes the first turn faster.
        let _ = bytes.advise(Advice::WillNeed);
        Ok(Self { file, bytes })
    }

    /// Whether the file is still as long as it was.
    pub(crate) fn is_whole(&self) -> bool {
        self.file
            .metadata()
            .is_ok_and(|it| it.len() >= self.bytes.len() as u64)
    }

    /// How many bytes there are.
    pub(crate) fn len(&self) -> usize {
        self.bytes.len()
    }

    /// The bytes in `range`, which has been compared with [`Mapping::len`].
    pub(crate) fn get(&self, range: Range<usize>) -> &[u8] {
        &self.bytes[range]
    }
}
