//! A part of the index: documents, the words in them, and what they define.
//!
//! A document is a content, not a file: files of several branches with one content are one document. Words are kept as
//! they are written; their stems are looked for in the list of all words when a question is asked, so there is no second list
//! for them.

use std::collections::HashMap;

use super::coding::{Bytes, put, put_text};
use super::document::{Definition, Document, Key};

/// Documents with their words.
#[derive(Clone, Debug, Default)]
pub(crate) struct Segment {
    /// What each document is, by its number.
    pub(crate) documents: Vec<Row>,
    /// All words, sorted, one after the other, and where each begins.
    words: String,
    starts: Vec<u32>,
    /// For each word the documents that have it, and where its list begins.
    lists: Vec<u8>,
    list_starts: Vec<u32>,
}

/// A document without its words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Row {
    pub(crate) key: Key,
    /// How many words it has.
    pub(crate) length: u32,
    /// What it defines; names are numbers of words.
    pub(crate) defines: Vec<Definition<u32>>,
}

/// Documents with how often each has a word.
type Counts = Vec<(u32, u32)>;

/// How often a word stands in a document, in four steps.
fn step(count: u32) -> u64 {
    match count {
        0 | 1 => 0,
        2 => 1,
        3..=5 => 2,
        _ => 3,
    }
}

/// What a step stands for.
const STEPS: [f32; 4] = [1.0, 2.0, 4.0, 9.0];

impl Segment {
    /// The segment of these documents, in this order.
    pub(crate) fn of(documents: Vec<Document>) -> Segment {
        let mut lists: HashMap<Box<str>, Counts> = HashMap::new();
        for (number, document) in documents.iter().enumerate() {
            for (word, count) in &document.words {
                match lists.get_mut(word.as_ref()) {
                    Some(list) => list.push((number as u32, *count)),
                    None => drop(lists.insert(word.clone(), vec![(number as u32, *count)])),
                }
            }
        }
        let mut lists: Vec<(Box<str>, Counts)> = lists.into_iter().collect();
        lists.sort_by(|a, b| a.0.cmp(&b.0));
        let mut segment = Segment::default();
        for (word, list) in &lists {
            segment.push(
                word,
                list.iter().map(|(number, count)| (*number, step(*count))),
            );
        }
        segment.close();
        segment.documents = documents.into_iter().map(|it| segment.row(it)).collect();
        segment
    }

    fn row(&self, document: Document) -> Row {
        let named = |it: Definition<Box<str>>| {
            Some(Definition {
                name: self.number_of(&it.name)?,
                line: it.line,
                kind: it.kind,
                depth: it.depth,
            })
        };
        Row {
            key: document.key,
            length: document.length,
            defines: document.defines.into_iter().filter_map(named).collect(),
        }
    }

    fn push(&mut self, word: &str, list: impl Iterator<Item = (u32, u64)>) {
        self.starts.push(self.words.len() as u32);
        self.words.push_str(word);
        self.list_starts.push(self.lists.len() as u32);
        let mut last = 0;
        for (number, step) in list {
            put(&mut self.lists, u64::from(number - last) << 2 | step);
            last = number;
        }
    }

    fn close(&mut self) {
        self.starts.push(self.words.len() as u32);
        self.list_starts.push(self.lists.len() as u32);
    }

    /// How many words there are.
    pub(crate) fn count(&self) -> u32 {
        self.starts.len().saturating_sub(1) as u32
    }

    /// A word by its number.
    pub(crate) fn word(&self, number: u32) -> &str {
        let at = number as usize;
        match (self.starts.get(at), self.starts.get(at + 1)) {
            (Some(start), Some(end)) => &self.words[*start as usize..*end as usize],
            _ => "",
        }
    }

    /// The number of a word.
    pub(crate) fn number_of(&self, word: &str) -> Option<u32> {
        let (mut low, mut high) = (0, self.count());
        while low < high {
            let middle = low + (high - low) / 2;
            match self.word(middle).cmp(word) {
                std::cmp::Ordering::Less => low = middle + 1,
                std::cmp::Ordering::Greater => high = middle,
                std::cmp::Ordering::Equal => return Some(middle),
            }
        }
        None
    }

    /// All words as one text, for looking for parts of them, and the number of the word at a byte of it.
    pub(crate) fn all_words(&self) -> &str {
        &self.words
    }

    pub(crate) fn word_at(&self, byte: usize) -> u32 {
        self.starts
            .partition_point(|it| *it as usize <= byte)
            .saturating_sub(1) as u32
    }

    /// The documents that have a word, each with how often, roughly.
    pub(crate) fn list(&self, word: u32) -> impl Iterator<Item = (u32, f32)> + '_ {
        let at = word as usize;
        let range = match (self.list_starts.get(at), self.list_starts.get(at + 1)) {
            (Some(start), Some(end)) => *start as usize..*end as usize,
            _ => 0..0,
        };
        let mut bytes = Bytes::new(&self.lists[range]);
        let mut number = 0_u32;
        std::iter::from_fn(move || {
            let entry = bytes.number()?;
            number = number.wrapping_add((entry >> 2) as u32);
            Some((number, STEPS[(entry & 3) as usize]))
        })
    }

    /// One segment of these, with only the documents for which `keep` holds, each content once.
    pub(crate) fn merged(parts: &[&Segment], keep: &dyn Fn(&Key) -> bool) -> Segment {
        let mut merged = Segment::default();
        let mut numbers: Vec<Vec<Option<u32>>> = Vec::new();
        let mut seen = std::collections::HashSet::new();
        let mut kept: Vec<(usize, usize)> = Vec::new();
        for (at, part) in parts.iter().enumerate() {
            let number = |(document, row): (usize, &Row)| {
                (keep(&row.key) && seen.insert(row.key)).then(|| {
                    kept.push((at, document));
                    kept.len() as u32 - 1
                })
            };
            numbers.push(part.documents.iter().enumerate().map(number).collect());
        }
        let mut words: Vec<Vec<u32>> = parts
            .iter()
            .map(|it| vec![0; it.count() as usize])
            .collect();
        let mut nexts = vec![0_u32; parts.len()];
        loop {
            let open = || {
                parts
                    .iter()
                    .zip(&nexts)
                    .filter(|(part, next)| **next < part.count())
            };
            let Some(word) = open().map(|(part, next)| part.word(*next)).min() else {
                break;
            };
            let mut list: Vec<(u32, u64)> = Vec::new();
            let number = merged.starts.len() as u32;
            for (at, part) in parts.iter().enumerate() {
                if nexts[at] >= part.count() || part.word(nexts[at]) != word {
                    continue;
                }
                let entries = part.list(nexts[at]);
                let entries = entries.filter_map(|(document, count)| {
                    let number = numbers[at].get(document as usize).copied().flatten()?;
                    Some((number, STEPS.iter().position(|it| *it == count)? as u64))
                });
                list.extend(entries);
                words[at][nexts[at] as usize] = number;
                nexts[at] += 1;
            }
            if !list.is_empty() {
                list.sort_unstable();
                merged.push(word, list.into_iter());
            }
        }
        merged.close();
        for (at, document) in kept {
            let mut row = parts[at].documents[document].clone();
            for it in &mut row.defines {
                it.name = words[at][it.name as usize];
            }
            merged.documents.push(row);
        }
        merged
    }

    /// The segment as bytes.
    pub(crate) fn write(&self, out: &mut Vec<u8>) {
        put(out, u64::from(self.count()));
        let mut last = "";
        for number in 0..self.count() {
            let word = self.word(number);
            let same = common(last, word);
            put(out, same as u64);
            put_text(out, &word[same..]);
            let (start, end) = (
                self.list_starts[number as usize],
                self.list_starts[number as usize + 1],
            );
            put(out, u64::from(end - start));
            last = word;
        }
        out.extend_from_slice(&self.lists);
        put(out, self.documents.len() as u64);
        for row in &self.documents {
            out.extend_from_slice(&row.key);
            put(out, u64::from(row.length));
            put(out, row.defines.len() as u64);
            let mut line = 0;
            for it in &row.defines {
                put(out, u64::from(it.name));
                // Definitions stand in the order of the text, nearly always.
                let step = i64::from(it.line) - i64::from(line);
                put(out, (step << 1 ^ step >> 63) as u64);
                put(out, u64::from(it.kind) << 3 | u64::from(it.depth.min(7)));
                line = it.line;
            }
        }
    }

    /// Reads what was written; none when it is torn.
    pub(crate) fn read(bytes: &mut Bytes<'_>) -> Option<Segment> {
        let mut segment = Segment::default();
        let count = bytes.count()?;
        let mut last = 0..0;
        let mut lists = 0_u64;
        for _ in 0..count {
            let same = bytes.count()?;
            let rest = bytes.text()?;
            let head = segment.words.get(last.start..last.start + same)?.to_owned();
            if same > last.len() {
                return None;
            }
            let start = segment.words.len();
            segment.words.push_str(&head);
            segment.words.push_str(rest);
            last = start..segment.words.len();
            segment.starts.push(u32::try_from(start).ok()?);
            segment.list_starts.push(u32::try_from(lists).ok()?);
            lists = lists.checked_add(bytes.number()?)?;
        }
        segment
            .starts
            .push(u32::try_from(segment.words.len()).ok()?);
        segment.list_starts.push(u32::try_from(lists).ok()?);
        segment.lists = bytes.take(usize::try_from(lists).ok()?)?.to_vec();
        let documents = bytes.count()?;
        for _ in 0..documents {
            segment.documents.push(row(bytes, count as u32)?);
        }
        Some(segment)
    }
}

fn row(bytes: &mut Bytes<'_>, words: u32) -> Option<Row> {
    let key = bytes.take(size_of::<Key>())?.try_into().ok()?;
    let length = bytes.small()?;
    let count = bytes.count()?;
    let mut row = Row {
        key,
        length,
        defines: Vec::with_capacity(count),
    };
    let mut line = 0_i64;
    for _ in 0..count {
        let name = bytes.small().filter(|it| *it < words)?;
        let step = bytes.number()?;
        line += (step >> 1) as i64 ^ -((step & 1) as i64);
        let kind = bytes.number()?;
        row.defines.push(Definition {
            name,
            line: u32::try_from(line).ok()?,
            kind: u8::try_from(kind >> 3).ok()?,
            depth: (kind & 7) as u8,
        });
    }
    Some(row)
}

/// How many bytes two words have in common at their beginning, up to the end of a letter.
fn common(a: &str, b: &str) -> usize {
    let same = a.bytes().zip(b.bytes()).take_while(|(a, b)| a == b).count();
    b.floor_char_boundary(same)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document(name: u8, text: &str) -> Document {
        Document::of([name; 16], "a.py", text)
    }

    fn told(segment: &Segment) -> Vec<(String, Vec<(u8, f32)>)> {
        let of = |number| {
            let list = segment
                .list(number)
                .map(|(it, count)| (segment.documents[it as usize].key[0], count));
            let mut list: Vec<(u8, f32)> = list.collect();
            list.sort_by_key(|it| it.0);
            (segment.word(number).to_owned(), list)
        };
        (0..segment.count()).map(of).collect()
    }

    #[test]
    fn documents_are_found_by_their_words() {
        let segment = Segment::of(vec![
            document(1, "def total(cart):\n    return cart"),
            document(2, "cart cart cart éa"),
        ]);
        let all = told(&segment);
        assert!(
            all.contains(&("cart".to_owned(), vec![(1, 2.0), (2, 4.0)])),
            "{all:?}"
        );
        assert_eq!(segment.word(segment.documents[0].defines[0].name), "total");
        let at = segment.all_words().find("ota").expect("part of a word");
        assert_eq!(segment.word(segment.word_at(at)), "total");
    }

    #[test]
    fn bytes_hold_all_and_torn_ones_are_refused() {
        let segment = Segment::of(vec![
            document(1, "class Über:\n    def m(self): pass\n"),
            document(2, "x = 1"),
            document(3, ""),
        ]);
        let mut out = Vec::new();
        segment.write(&mut out);
        let read = Segment::read(&mut Bytes::new(&out)).expect("whole");
        assert_eq!(
            (told(&read), &read.documents),
            (told(&segment), &segment.documents)
        );
        for end in 0..out.len() {
            assert!(
                Segment::read(&mut Bytes::new(&out[..end])).is_none(),
                "{end}"
            );
        }
    }

    #[test]
    fn merging_keeps_what_is_wanted_once() {
        let one = Segment::of(vec![document(1, "def a(): x"), document(2, "gone only")]);
        let two = Segment::of(vec![document(1, "def a(): x"), document(3, "def b(): x")]);
        let merged = Segment::merged(&[&one, &two], &|key| key[0] != 2);
        let again = Segment::of(vec![document(1, "def a(): x"), document(3, "def b(): x")]);
        assert_eq!(told(&merged), told(&again));
        assert_eq!(merged.documents, again.documents);
    }

    proptest::proptest! {
        #[test]
        fn torn_bytes_break_nothing(torn in proptest::collection::vec(proptest::num::u8::ANY, 0..60)) {
            if let Some(segment) = Segment::read(&mut Bytes::new(&torn)) {
                told_safely(&segment);
            }
        }
    }

    fn told_safely(segment: &Segment) {
        for number in 0..segment.count() {
            segment.list(number).take(1000).for_each(drop);
        }
    }
}
