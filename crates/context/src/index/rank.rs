//! How much the files of a workspace refer to each other: who defines what many use is told first.

use std::collections::HashMap;

use super::Index;
use super::document::is_value;

/// The shortest name that is taken for a reference, in bytes.
const NAME_MIN: usize = 4;
/// Files that may define a name before it says nothing.
const DEFINERS_MAX: usize = 4;
/// Rounds of passing weight on, and the share that is passed.
const ROUNDS: usize = 12;
const PASSED: f32 = 0.8;

impl Index {
    /// Computes every file's rank.
    pub(super) fn rank(&mut self) {
        let files: Vec<(usize, u32)> = self
            .tree
            .files
            .values()
            .filter_map(|it| self.documents.get(&it.key).copied())
            .collect();
        let edges = self.references(&files);
        let ranks = passed_on(files.len(), &edges);
        let mut order: Vec<usize> = (0..files.len()).collect();
        order.sort_by(|a, b| ranks[*a].total_cmp(&ranks[*b]));
        // Where a file stands among all says more than its weight, which few share.
        let mut places: HashMap<(usize, u32), u8> = HashMap::new();
        let lowest = ranks.iter().copied().fold(f32::INFINITY, f32::min);
        for (place, at) in order.iter().enumerate() {
            let rank = match ranks[*at] <= lowest {
                true => 0,
                false => (place * 255 / order.len().max(1)) as u8,
            };
            places.insert(files[*at], rank);
        }
        for seen in self.tree.files.values_mut() {
            let place = self.documents.get(&seen.key).and_then(|it| places.get(it));
            seen.rank = place.copied().unwrap_or(0);
        }
    }

    /// Who refers to whom, by places in `files`, and how much.
    fn references(&self, files: &[(usize, u32)]) -> Vec<(u32, u32, f32)> {
        let places: HashMap<(usize, u32), u32> = files
            .iter()
            .enumerate()
            .map(|(at, it)| (*it, at as u32))
            .collect();
        let mut definers: HashMap<&str, Vec<u32>> = HashMap::new();
        for (at, (segment, number)) in files.iter().enumerate() {
            let segment = &self.segments[*segment].segment;
            for it in segment.documents[*number as usize]
                .defines
                .iter()
                .filter(|it| !is_value(it.kind))
            {
                let list = definers.entry(segment.word(it.name)).or_default();
                if list.last() != Some(&(at as u32)) && list.len() <= DEFINERS_MAX {
                    list.push(at as u32);
                }
            }
        }
        let mut edges: HashMap<(u32, u32), f32> = HashMap::new();
        let common = files.len() / 5;
        for (name, definers) in definers
            .iter()
            .filter(|(name, list)| name.len() >= NAME_MIN && list.len() <= DEFINERS_MAX)
        {
            let users = self
                .segments
                .iter()
                .enumerate()
                .filter_map(|(at, it)| Some((at, it.segment.number_of(name)?)));
            let users = users.flat_map(|(at, word)| {
                self.segments[at]
                    .segment
                    .list(word)
                    .map(move |(number, _)| (at, number))
            });
            let users: Vec<u32> = users.filter_map(|it| places.get(&it).copied()).collect();
            if users.len() > common.max(8) {
                continue;
            }
            // A name that few use binds them more.
            let weight = 1.0 / (definers.len() as f32 * (users.len() as f32).sqrt().max(1.0));
            for user in users {
                for definer in definers.iter().filter(|it| **it != user) {
                    *edges.entry((user, *definer)).or_default() += weight;
                }
            }
        }
        edges
            .into_iter()
            .map(|((from, to), weight)| (from, to, weight))
            .collect()
    }
}

/// The weights of `count` things after each has passed its own on along its edges for some rounds.
fn passed_on(count: usize, edges: &[(u32, u32, f32)]) -> Vec<f32> {
    let mut out = vec![0.0_f32; count];
    for (from, _, weight) in edges {
        out[*from as usize] += weight;
    }
    let mut ranks = vec![1.0_f32; count];
    for _ in 0..ROUNDS {
        let mut next = vec![1.0 - PASSED; count];
        for (from, to, weight) in edges {
            let from = *from as usize;
            next[*to as usize] += PASSED * ranks[from] * weight / out[from];
        }
        ranks = next;
    }
    ranks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weight_goes_where_all_point() {
        let ranks = passed_on(4, &[(0, 3, 1.0), (1, 3, 1.0), (2, 1, 1.0)]);
        assert!(
            ranks[3] > ranks[1] && ranks[1] > ranks[0] && ranks[0] == ranks[2],
            "{ranks:?}"
        );
    }
}
