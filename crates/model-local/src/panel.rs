//! Sixteen rows of a matrix, interleaved so that one instruction works on all of them: the form in which the kernels read
//! weights from memory. It holds the very bits of the file, in another order, and needs as much room (Q6_K 1 % more).
//!
//! A panel is one block (256 columns) of sixteen rows. It is made of words: four bytes of a row's block, those of all rows
//! one after another. The factors, of two bytes each, stand alone, so that they are read sixteen at a time too.

use crate::isa::LANES;
use crate::quants::{self, Kind};

/// Four bytes of each of sixteen rows.
pub(crate) type Word = [u8; 4 * LANES];
/// A panel of Q4_K weights: `d` and `dmin` of all rows; three words of scales and leasts; 32 words of quants.
pub(crate) type Q4K = [Word; 36];
/// A panel of Q6_K weights: `d` of all rows and 32 empty bytes; 4 words of scales; 48 of quants. These are in the order of
/// their use: four times four words of low quants, the four that stand 32 columns further, and four of the high quants of
/// both.
pub(crate) type Q6K = [Word; 53];

/// Where in a Q6_K panel the words of the scales begin, and those of the quants.
#[cfg(target_arch = "x86_64")]
pub(crate) const Q6K_SCALES: usize = 1;
#[cfg(target_arch = "x86_64")]
pub(crate) const Q6K_QUANTS: usize = 5;

/// Where in a block of the file each word of a panel comes from, but the factors.
const Q6K_WORDS: [usize; 52] = {
    let mut words = [0; 52];
    let mut at = 0;
    while at < 52 {
        words[at] = if at < 4 {
            48 + at
        } else {
            let (quarter, word) = ((at - 4) / 12, (at - 4) % 12);
            let (half, first) = (quarter / 2, quarter % 2 * 4);
            match word / 4 {
                0 => half * 16 + first + word,
                1 => half * 16 + 8 + first + word % 4,
                _ => 32 + half * 8 + first + word % 4,
            }
        };
        at += 1;
    }
    words
};

/// Bytes of a panel.
pub(crate) fn bytes(kind: Kind) -> usize {
    match kind {
        Kind::Q4K => size_of::<Q4K>(),
        Kind::Q6K => size_of::<Q6K>(),
    }
}

/// Interleaves sixteen `rows`, which lie one after another as in the file, into as many panels as a row has blocks.
pub(crate) fn pack(kind: Kind, rows: &[u8], panels: &mut [u8]) {
    match kind {
        Kind::Q4K => pack_each(rows, panels, pack_q4k),
        Kind::Q6K => pack_each(rows, panels, pack_q6k),
    }
}

fn pack_each<const BYTES: usize, const WORDS: usize>(
    rows: &[u8],
    panels: &mut [u8],
    pack: impl Fn([&[u8; BYTES]; LANES], &mut [Word; WORDS]),
) {
    let blocks = rows.as_chunks().0;
    let panels = panels.as_chunks_mut().0.as_chunks_mut().0;
    let width = blocks.len() / LANES;
    for (at, panel) in panels.iter_mut().enumerate() {
        pack(std::array::from_fn(|row| &blocks[row * width + at]), panel);
    }
}

fn pack_q4k(rows: [&[u8; quants::Q4K_BYTES]; LANES], panel: &mut Q4K) {
    for (row, block) in rows.into_iter().enumerate() {
        let [d, dmin] = [[block[0], block[1]], [block[2], block[3]]];
        let factors = panel[0].as_chunks_mut().0;
        (factors[row], factors[LANES + row]) = (d, dmin);
        for (word, bytes) in panel[1..].iter_mut().zip(block[4..].as_chunks::<4>().0) {
            word.as_chunks_mut().0[row] = *bytes;
        }
    }
}

fn pack_q6k(rows: [&[u8; quants::Q6K_BYTES]; LANES], panel: &mut Q6K) {
    for (row, block) in rows.into_iter().enumerate() {
        let (words, factor) = block.as_chunks::<4>();
        for (word, bytes) in panel[1..].iter_mut().zip(Q6K_WORDS) {
            word.as_chunks_mut().0[row] = words[bytes];
        }
        panel[0].as_chunks_mut().0[row] = [factor[0], factor[1]];
    }
}

/// The block of one row, as in the file.
pub(crate) fn row_q4k(panel: &Q4K, row: usize) -> [u8; quants::Q4K_BYTES] {
    let mut block = [0; quants::Q4K_BYTES];
    let factors = panel[0].as_chunks::<2>().0;
    block[..2].copy_from_slice(&factors[row]);
    block[2..4].copy_from_slice(&factors[LANES + row]);
    for (bytes, word) in block[4..].as_chunks_mut().0.iter_mut().zip(&panel[1..]) {
        *bytes = word.as_chunks::<4>().0[row];
    }
    block
}

/// The block of one row, as in the file.
pub(crate) fn row_q6k(panel: &Q6K, row: usize) -> [u8; quants::Q6K_BYTES] {
    let mut block = [0; quants::Q6K_BYTES];
    let (words, factor) = block.as_chunks_mut();
    for (word, bytes) in panel[1..].iter().zip(Q6K_WORDS) {
        words[bytes] = word.as_chunks::<4>().0[row];
    }
    factor.copy_from_slice(&panel[0].as_chunks::<2>().0[row]);
    block
}

/// Sixteen numbers in half precision, at the beginning of `bytes`.
#[inline(always)]
pub(crate) fn halves(bytes: &[u8]) -> [u16; LANES] {
    let mut halves = [0; LANES];
    for (half, bytes) in halves.iter_mut().zip(bytes.as_chunks().0) {
        *half = u16::from_le_bytes(*bytes);
    }
    halves
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packed_rows_are_found_again() {
        let width = 3;
        for kind in [Kind::Q4K, Kind::Q6K] {
            let size = kind.bytes();
            let rows: Vec<u8> = (0..LANES * width * size)
                .map(|at| (at * 89 % 251) as u8)
                .collect();
            let mut panels = vec![0; width * bytes(kind)];
            pack(kind, &rows, &mut panels);
            for row in 0..LANES {
                for at in 0..width {
                    let panel = &panels[at * bytes(kind)..][..bytes(kind)];
                    let words = panel.as_chunks().0;
                    let found = match kind {
                        Kind::Q4K => row_q4k(words.first_chunk().unwrap(), row).to_vec(),
                        Kind::Q6K => row_q6k(words.first_chunk().unwrap(), row).to_vec(),
                    };
                    assert_eq!(found, rows[(row * width + at) * size..][..size], "{kind:?}");
                }
            }
        }
    }
}
