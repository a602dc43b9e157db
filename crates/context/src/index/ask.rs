//! Questions to the index: which files a question in words is about, with the passages that say so.

use std::collections::HashMap;

use change::RelPath;

use super::document::{is_value, kind_name};
use super::words::{self, Asked};
use super::{Index, Loaded, in_scope};

/// Words of a question that count.
const WORDS_MAX: usize = 24;
/// Files whose definitions are looked at, and whose texts are read.
const CANDIDATES: usize = 300;
const READ: usize = 24;
/// Bytes of one of these texts that are looked through.
const TEXT_MAX: usize = 256 << 10;
/// Lines of a passage.
const PASSAGE: usize = 24;

/// How words in a text count, by BM25: how soon more of the same stop to count, and how much length is held against it.
const SATURATION: f32 = 1.6;
const LENGTH: f32 = 0.55;
/// What a word counts that a file defines, that its path holds, and that its name holds.
const DEFINED: f32 = 0.9;
const JOINED: f32 = 0.7;
const IN_PATH: f32 = 0.7;
const IN_NAME: f32 = 1.0;
/// What it counts that others refer to a file, at most.
const RANKED: f32 = 0.35;
/// What a name of a program counts beside a plain word.
const NAME: f32 = 3.0;

/// A file that a question is about.
#[derive(Clone, Debug, PartialEq)]
pub struct Hit {
    /// The file.
    pub path: RelPath,
    /// How well it fits; only to be compared.
    pub score: f32,
    /// The lines of its best passage, from 1, both included.
    pub lines: (usize, usize),
    /// The passage.
    pub passage: String,
    /// Words of the question that the passage or the path holds.
    pub words: Vec<String>,
}

/// Where something is defined.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The file.
    pub path: RelPath,
    /// The line, from 1.
    pub line: u32,
    /// What it is.
    pub kind: &'static str,
    /// Its name.
    pub name: String,
}

/// One word of a question, looked up.
struct Term {
    asked: Asked,
    /// How much it tells, by how few have it.
    weight: f32,
}

/// What was looked up in one segment.
struct Found {
    /// How often each document has each term: one row a document.
    counts: Vec<f32>,
    /// How long a row is.
    terms: usize,
    /// Words of the segment with the terms that they hold, a bit each.
    holds: HashMap<u32, u32>,
}

impl Found {
    fn row(&self, document: u32) -> &[f32] {
        let start = document as usize * self.terms;
        self.counts
            .get(start..start + self.terms)
            .unwrap_or_default()
    }

    /// How many documents have a term.
    fn having(&self, term: usize) -> usize {
        let of_term = self.counts.iter().skip(term).step_by(self.terms);
        of_term.filter(|it| **it > 0.0).count()
    }
}

/// What paths say of a question.
struct Paths<'i> {
    /// All paths with how much they say and which terms they hold.
    all: Vec<(&'i RelPath, f32, u32)>,
}

struct Candidate<'i> {
    path: &'i RelPath,
    score: f32,
    /// Terms that text or path hold.
    mask: u32,
}

impl Index {
    /// The files below `scope` (all when it is empty) that a question is about, best first, at most `limit`.
    pub fn find(&self, question: &str, scope: &[String], limit: usize) -> Vec<Hit> {
        let mut asked = words::asked(question);
        asked.truncate(WORDS_MAX);
        if asked.is_empty() {
            return Vec::new();
        }
        let found: Vec<Found> = self.segments.iter().map(|it| look_up(it, &asked)).collect();
        let terms = self.weighed(asked, &found);
        let mut candidates = self.by_words(&terms, &found, scope, question);
        candidates.sort_by(|a, b| b.score.total_cmp(&a.score));
        candidates.truncate(CANDIDATES);
        for it in &mut candidates {
            it.score += self.by_definitions(it.path, &terms, &found);
        }
        candidates.sort_by(|a, b| b.score.total_cmp(&a.score));
        let finder = Finder::new(&terms);
        let mut hits: Vec<Hit> = candidates
            .into_iter()
            .take(READ.max(limit))
            .filter_map(|it| self.read_hit(it, &terms, &finder))
            .collect();
        hits.sort_by(|a, b| {
            b.score
                .total_cmp(&a.score)
                .then_with(|| a.path.cmp(&b.path))
        });
        hits.truncate(limit);
        hits
    }

    fn weighed(&self, asked: Vec<Asked>, found: &[Found]) -> Vec<Term> {
        let all = self
            .segments
            .iter()
            .map(|it| it.segment.documents.len())
            .sum::<usize>() as f32;
        let weigh = |(at, asked): (usize, Asked)| {
            let having: usize = found.iter().map(|it| it.having(at)).sum();
            let rare = ((all - having as f32 + 0.5) / (having as f32 + 0.5)).ln_1p();
            let weight = if asked.is_name { rare * NAME } else { rare };
            Term { asked, weight }
        };
        asked.into_iter().enumerate().map(weigh).collect()
    }

    fn by_words<'i>(
        &'i self,
        terms: &[Term],
        found: &[Found],
        scope: &[String],
        question: &str,
    ) -> Vec<Candidate<'i>> {
        let lengths = self
            .segments
            .iter()
            .flat_map(|it| &it.segment.documents)
            .map(|it| f64::from(it.length));
        let (sum, count) = lengths.fold((0.0, 0.0), |(sum, count), it| (sum + it, count + 1.0));
        let usual = (sum / f64::max(count, 1.0)).max(1.0) as f32;
        let tastes = Tastes::of(question);
        let paths = Paths::of(self.tree.files.keys(), terms);
        let mut candidates = Vec::new();
        for ((path, score, mask), seen) in paths.all.into_iter().zip(self.tree.files.values()) {
            if !in_scope(path.as_str(), scope) {
                continue;
            }
            let (mut score, mut mask) = (score, mask);
            if let Some((at, number, row)) = self.row(&seen.key) {
                let long = 1.0 - LENGTH + LENGTH * row.length as f32 / usual;
                for (at, (count, term)) in found[at].row(number).iter().zip(terms).enumerate() {
                    if *count > 0.0 {
                        score +=
                            term.weight * count * (SATURATION + 1.0) / (count + SATURATION * long);
                        mask |= 1 << at;
                    }
                }
            }
            if mask != 0 {
                score *=
                    tastes.of_path(path.as_str()) * (1.0 + f32::from(seen.rank) / 255.0 * RANKED);
                candidates.push(Candidate { path, score, mask });
            }
        }
        candidates
    }

    fn by_definitions(&self, path: &RelPath, terms: &[Term], found: &[Found]) -> f32 {
        let Some((at, _, row)) = self.tree.files.get(path).and_then(|it| self.row(&it.key)) else {
            return 0.0;
        };
        let holds = &found[at].holds;
        let (mut all, mut best) = (0_u32, 0.0_f32);
        for it in &row.defines {
            let Some(mask) = holds.get(&it.name) else {
                continue;
            };
            all |= if is_value(it.kind) { 0 } else { *mask };
            if mask.count_ones() > 1 {
                best = best.max(weight_of(*mask, terms));
            }
        }
        DEFINED * weight_of(all, terms) + JOINED * best
    }

    /// A candidate with its best passage; what it holds close together counts more than what stands anywhere.
    fn read_hit(&self, candidate: Candidate<'_>, terms: &[Term], finder: &Finder) -> Option<Hit> {
        let text = self.text(candidate.path)?;
        let head = &text[..text.floor_char_boundary(TEXT_MAX)];
        let passage = finder.passage(head, terms);
        let whole = weight_of(u32::MAX, terms).max(f32::EPSILON);
        let close = weight_of(passage.mask, terms) / whole;
        let covered = weight_of(candidate.mask | passage.mask, terms) / whole;
        let lines: Vec<&str> = head
            .lines()
            .skip(passage.first)
            .take(passage.count)
            .collect();
        let mask = passage.mask | path_score(candidate.path.as_str(), terms, u32::MAX).1;
        let said = terms
            .iter()
            .enumerate()
            .filter(|(at, _)| mask & 1 << at != 0);
        Some(Hit {
            path: candidate.path.clone(),
            score: candidate.score * (0.35 + 0.35 * covered + 0.3 * close),
            lines: (passage.first + 1, passage.first + lines.len().max(1)),
            passage: self.clean(&lines.join("\n")),
            words: said.map(|(_, it)| it.asked.word.clone()).collect(),
        })
    }

    /// Where a name is defined, by itself or with what it is in before it: `Cart.total`.
    pub fn symbol(&self, name: &str) -> Vec<Place> {
        let name = name.trim_end_matches(['(', ')']).replace("::", ".");
        let mut parts = name.rsplit('.');
        let (last, outer) = (parts.next().unwrap_or_default(), parts.next());
        let numbers: Vec<Option<u32>> = self
            .segments
            .iter()
            .map(|it| it.segment.number_of(last))
            .collect();
        let mut places = Vec::new();
        for (path, seen) in &self.tree.files {
            let Some((at, _, row)) = self.row(&seen.key) else {
                continue;
            };
            let Some(number) = numbers[at] else { continue };
            for (nth, it) in row
                .defines
                .iter()
                .enumerate()
                .filter(|(_, it)| it.name == number)
            {
                let inside = row.defines[..nth]
                    .iter()
                    .rev()
                    .find(|above| above.depth < it.depth);
                let inside = inside.map(|it| self.segments[at].segment.word(it.name));
                if outer.is_none_or(|it| inside == Some(it)) {
                    places.push(Place {
                        path: path.clone(),
                        line: it.line,
                        kind: kind_name(it.kind),
                        name: inside.map_or_else(|| last.to_owned(), |it| format!("{it}.{last}")),
                    });
                }
            }
        }
        places
    }
}

fn weight_of(mask: u32, terms: &[Term]) -> f32 {
    let held = terms
        .iter()
        .enumerate()
        .filter(|(at, _)| mask & 1 << at != 0);
    held.map(|(_, it)| it.weight).sum()
}

/// Looks up the words of a question in a segment.
fn look_up(loaded: &Loaded, asked: &[Asked]) -> Found {
    let segment = &loaded.segment;
    let mut found = Found {
        counts: vec![0.0; segment.documents.len() * asked.len()],
        terms: asked.len(),
        holds: HashMap::new(),
    };
    for (at, it) in asked.iter().enumerate() {
        let numbers = match it.is_name {
            true => segment.number_of(&it.word).into_iter().collect(),
            false => with_stem(loaded, &it.stem),
        };
        for number in numbers {
            *found.holds.entry(number).or_default() |= 1 << at;
            for (document, count) in segment.list(number) {
                if let Some(place) = found.counts.get_mut(document as usize * asked.len() + at) {
                    *place += count;
                }
            }
        }
    }
    found
}

/// Numbers of the words that have a part with this stem.
fn with_stem(loaded: &Loaded, stem: &str) -> Vec<u32> {
    let segment = &loaded.segment;
    let mut numbers: Vec<u32> = Vec::new();
    // `y` may stand for `ies`.
    let sought = stem
        .strip_suffix('y')
        .filter(|it| it.len() > 2)
        .unwrap_or(stem);
    for at in memchr::memmem::find_iter(loaded.small.as_bytes(), sought) {
        let number = segment.word_at(at);
        if numbers.last() == Some(&number) {
            continue;
        }
        let word = segment.word(number);
        if words::parts(word).any(|it| words::stem(&it.to_lowercase()) == stem) {
            numbers.push(number);
        }
    }
    numbers
}

impl<'i> Paths<'i> {
    fn of(paths: impl Iterator<Item = &'i RelPath>, terms: &[Term]) -> Paths<'i> {
        let paths: Vec<&RelPath> = paths.collect();
        let mut joined = String::new();
        let mut starts = Vec::with_capacity(paths.len());
        for path in &paths {
            starts.push(joined.len());
            joined.push_str(path.as_str());
            joined.push('\n');
        }
        joined.make_ascii_lowercase();
        // Most paths hold none of it, which is told without cutting words.
        let mut can = vec![0_u32; paths.len()];
        for (at, term) in terms.iter().enumerate() {
            let sought = term.asked.stem.to_ascii_lowercase();
            let sought = sought.strip_suffix('y').unwrap_or(&sought);
            for byte in memchr::memmem::find_iter(joined.as_bytes(), sought) {
                can[starts.partition_point(|it| *it <= byte) - 1] |= 1 << at;
            }
        }
        let told = |(path, can): (&'i RelPath, u32)| {
            let (score, mask) = if can == 0 {
                (0.0, 0)
            } else {
                path_score(path.as_str(), terms, can)
            };
            (path, score, mask)
        };
        Paths {
            all: paths.into_iter().zip(can).map(told).collect(),
        }
    }
}

/// What a path says of those terms of a question that it can hold: its score and the terms that it holds.
fn path_score(path: &str, terms: &[Term], can: u32) -> (f32, u32) {
    let (folder, file) = path.rsplit_once('/').unwrap_or(("", path));
    let name = file.split('.').next().unwrap_or(file);
    let has = |text: &str, sought: &str| {
        let words = text
            .split(|c: char| !c.is_alphanumeric())
            .flat_map(words::parts);
        words
            .map(str::to_lowercase)
            .any(|it| words::stem(&it) == sought)
    };
    let (mut score, mut mask) = (0.0, 0);
    for (at, term) in terms
        .iter()
        .enumerate()
        .filter(|(at, _)| can & 1 << at != 0)
    {
        let counts = match (has(name, &term.asked.stem), has(folder, &term.asked.stem)) {
            (true, _) => IN_NAME,
            (false, true) => IN_PATH,
            (false, false) => continue,
        };
        score += counts * term.weight;
        mask |= 1 << at;
    }
    (score, mask)
}

/// What kinds of files a question is likely to be about.
struct Tastes {
    tests: bool,
    prose: bool,
}

impl Tastes {
    fn of(question: &str) -> Tastes {
        let has = |list: &[&str]| {
            question
                .split(|c: char| !c.is_alphanumeric())
                .any(|it| list.contains(&it.to_lowercase().as_str()))
        };
        Tastes {
            tests: has(&["test", "tests", "tested", "testing", "fixture", "fixtures"]),
            prose: has(&[
                "documentation",
                "docs",
                "documented",
                "readme",
                "changelog",
                "guide",
                "tutorial",
            ]),
        }
    }

    fn of_path(&self, path: &str) -> f32 {
        const PROSE: [&str; 5] = [".md", ".rst", ".txt", ".adoc", ".html"];
        const DATA: [&str; 10] = [
            ".json", ".po", ".csv", ".lock", ".svg", ".xml", ".min.js", ".map", ".css", ".snap",
        ];
        let ends = |list: &[&str]| list.iter().any(|it| path.ends_with(it));
        if code::is_test_path(path)
            || path
                .split('/')
                .any(|it| matches!(it, "tests" | "test" | "testdata" | "fixtures"))
        {
            return if self.tests { 1.0 } else { 0.45 };
        }
        if ends(&PROSE) {
            return if self.prose { 1.2 } else { 0.45 };
        }
        if ends(&DATA) { 0.3 } else { 1.0 }
    }
}

/// Finds the words of a question in a text.
struct Finder {
    /// A pattern for each word, in their order; none for a question that cannot be looked for.
    automaton: Option<aho_corasick::AhoCorasick>,
}

/// A passage of a text.
#[derive(Clone, Copy, Debug, Default)]
struct Passage {
    /// Its first line, from 0.
    first: usize,
    count: usize,
    mask: u32,
}

impl Finder {
    fn new(terms: &[Term]) -> Finder {
        let patterns: Vec<&str> = terms
            .iter()
            .map(|it| match it.asked.is_name {
                true => it.asked.word.as_str(),
                false => it
                    .asked
                    .stem
                    .strip_suffix('y')
                    .filter(|it| it.len() > 2)
                    .unwrap_or(&it.asked.stem),
            })
            .collect();
        Finder {
            automaton: aho_corasick::AhoCorasick::builder()
                .ascii_case_insensitive(true)
                .build(&patterns)
                .ok(),
        }
    }

    /// The lines of a text in which most of a question stands close together.
    fn passage(&self, text: &str, terms: &[Term]) -> Passage {
        let rows = self.rows(text);
        let lines = text.lines().count();
        let mut best = Passage {
            first: 0,
            count: PASSAGE.min(lines),
            mask: 0,
        };
        let mut best_weight = 0.0;
        for (nth, (first, _)) in rows.iter().enumerate() {
            let near = rows[nth..]
                .iter()
                .take_while(|(line, _)| line - first < PASSAGE);
            let (mut mask, mut hits, mut last) = (0, 0.0, *first);
            for (line, row) in near {
                if row & !mask != 0 {
                    last = *line;
                }
                mask |= row;
                hits += row.count_ones() as f32;
            }
            let weight = weight_of(mask, terms) + 0.02 * hits;
            if weight > best_weight {
                best_weight = weight;
                // Some lines above and below what was found make it readable.
                let start = first.saturating_sub(3);
                let count = (last - start + 1 + 8).min(PASSAGE + 8).min(lines - start);
                best = Passage {
                    first: start,
                    count,
                    mask,
                };
            }
        }
        best
    }

    /// The lines that hold a word of the question, with a bit for each.
    fn rows(&self, text: &str) -> Vec<(usize, u32)> {
        let Some(automaton) = &self.automaton else {
            return Vec::new();
        };
        let bytes = text.as_bytes();
        let mut rows: Vec<(usize, u32)> = Vec::new();
        let (mut line, mut counted) = (0, 0);
        for found in automaton.find_overlapping_iter(text) {
            let at = found.start();
            let starts =
                at == 0 || !bytes[at - 1].is_ascii_alphanumeric() || words::begins(bytes, at);
            if !starts {
                continue;
            }
            if at >= counted {
                line += memchr::memchr_iter(b'\n', &bytes[counted..at]).count();
                counted = at;
            }
            let bit = 1 << found.pattern().as_usize();
            match rows.last_mut() {
                Some((last, mask)) if *last == line => *mask |= bit,
                _ => rows.push((line, bit)),
            }
        }
        rows
    }
}
