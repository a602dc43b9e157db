//! Memory for weights that the kernels read: in large pages where the system has them, which cost the processor fewer looks
//! into its tables.

use memmap2::MmapMut;
use std::io;

/// A large page of most systems. Only memory of whole ones begins at a place where a large page can.
const LARGE_PAGE: usize = 2 << 20;

/// Memory that is written once.
pub(crate) struct Packed(MmapMut);

impl Packed {
    /// At least `size` bytes, all zero.
    ///
    /// # Errors
    ///
    /// When the system gives none.
    pub(crate) fn new(size: usize) -> io::Result<Self> {
        let whole = size
            .checked_next_multiple_of(LARGE_PAGE)
            .ok_or(io::ErrorKind::OutOfMemory)?;
        let memory = MmapMut::map_anon(whole)?;
        // Only makes it faster.
        #[cfg(target_os = "linux")]
        let _ = memory.advise(memmap2::Advice::HugePage);
        Ok(Self(memory))
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.0
    }

    pub(crate) fn bytes_mut(&mut self) -> &mut [u8] {
        &mut self.0
    }
}
