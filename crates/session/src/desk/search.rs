//! Search for a person: file names and lines, what git ignores left out.

use std::io;
use std::path::Path;

use grep_matcher::{LineTerminator, Matcher};
use grep_regex::{RegexMatcher, RegexMatcherBuilder};
use grep_searcher::{BinaryDetection, Searcher, SearcherBuilder, Sink, SinkMatch};
use ignore::overrides::OverrideBuilder;
use ignore::{Walk, WalkBuilder};

use super::{Desk, DeskError, Why};

/// The largest file that is searched, in bytes.
const LARGEST: u64 = 16 << 20;
/// Memory that a pattern may need, in bytes.
const PATTERN_BYTES: usize = 8 << 20;
/// The most bytes of a line that are shown.
const LINE_BYTES: usize = 1000;
/// The most places of one line that are shown.
const PLACES: usize = 50;

/// Lines that are looked for.
#[derive(Clone, Debug, Default)]
pub struct TextQuery {
    /// Plain text, or a regular expression.
    pub pattern: String,
    /// Whether it is a regular expression.
    pub is_regex: bool,
    /// Whether upper and lower case differ.
    pub case_sensitive: bool,
    /// Whether only whole words count.
    pub whole_word: bool,
    /// Only in files that one of these patterns matches; all when empty.
    pub include: Vec<String>,
    /// Not in files that one of these patterns matches.
    pub exclude: Vec<String>,
    /// Also in files that git ignores.
    pub ignored_too: bool,
    /// How many lines are found at most.
    pub limit: usize,
}

/// A line that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundLine {
    /// Its number, from 0.
    pub line: u64,
    /// Its text, cut when it is very long.
    pub text: String,
    /// Where the pattern matches, from and to, counted as JavaScript counts (UTF-16).
    pub places: Vec<(usize, usize)>,
}

/// How a search ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TextResult {
    /// How many lines were found.
    pub lines: usize,
    /// Whether there may be more.
    pub is_cut: bool,
}

impl Desk {
    /// Paths of files in which the letters of `query` stand in this order, at most `limit`, and whether there are more.
    ///
    /// # Errors
    /// When a pattern cannot be read.
    pub fn find_files(
        &self,
        query: &str,
        exclude: &[String],
        limit: usize,
        stop: &dyn Fn() -> bool,
    ) -> Result<(Vec<String>, bool), DeskError> {
        let wanted: Vec<char> = query
            .to_lowercase()
            .chars()
            .filter(|it| !it.is_whitespace())
            .collect();
        let mut found = Vec::new();
        for path in self.files(&[], exclude, false)? {
            if found.len() == limit || stop() {
                return Ok((found, true));
            }
            if has_letters(&path, &wanted) {
                found.push(path);
            }
        }
        Ok((found, false))
    }

    /// Looks for lines; tells of each file with some as it is found.
    ///
    /// # Errors
    /// When a pattern cannot be read.
    pub fn find_text(
        &self,
        query: &TextQuery,
        stop: &dyn Fn() -> bool,
        tell: &mut dyn FnMut(String, Vec<FoundLine>),
    ) -> Result<TextResult, DeskError> {
        let matcher = matcher(query)?;
        let mut searcher = SearcherBuilder::new()
            .line_number(true)
            .line_terminator(LineTerminator::crlf())
            .binary_detection(BinaryDetection::quit(0))
            .build();
        let mut lines = 0;
        for path in self.files(&query.include, &query.exclude, query.ignored_too)? {
            if stop() || lines >= query.limit {
                return Ok(TextResult {
                    lines,
                    is_cut: true,
                });
            }
            let Ok(bytes) = self.read_small(&path) else {
                continue; // gone, not to be read, or too large to have lines that a person wants
            };
            let mut page = Page {
                matcher: &matcher,
                left: query.limit - lines,
                found: Vec::new(),
            };
            let searched = searcher.search_slice(&matcher, &bytes, &mut page);
            searched.map_err(|error| DeskError::new(Why::Failed, error))?;
            if !page.found.is_empty() {
                lines += page.found.len();
                tell(path, page.found);
            }
        }
        Ok(TextResult {
            lines,
            is_cut: false,
        })
    }

    fn read_small(&self, path: &str) -> Result<Vec<u8>, DeskError> {
        let is_small = self.stat(path)?.size <= LARGEST;
        let too_large = || DeskError::new(Why::TooLarge, format!("{path} is too large"));
        is_small.then(|| self.read(path)).ok_or_else(too_large)?
    }

    /// The files of the folder, in the order of their names.
    fn files(
        &self,
        include: &[String],
        exclude: &[String],
        ignored_too: bool,
    ) -> Result<impl Iterator<Item = String>, DeskError> {
        let root = self.root().to_path_buf();
        let walk = walk(&root, include, exclude, ignored_too)
            .map_err(|error| DeskError::new(Why::Failed, error))?;
        Ok(walk.filter_map(move |entry| {
            let entry = entry.ok()?;
            let is_file = entry.file_type().is_some_and(|it| it.is_file());
            let path = entry.path().strip_prefix(&root).ok()?.to_str()?;
            is_file.then(|| path.to_owned())
        }))
    }
}

fn walk(
    root: &Path,
    include: &[String],
    exclude: &[String],
    ignored_too: bool,
) -> Result<Walk, ignore::Error> {
    let mut chosen = OverrideBuilder::new(root);
    chosen.add("!.git")?;
    for it in include {
        chosen.add(it)?;
    }
    for it in exclude {
        chosen.add(&format!("!{it}"))?;
    }
    Ok(WalkBuilder::new(root)
        .hidden(false)
        .standard_filters(!ignored_too)
        .hidden(false)
        .require_git(false)
        .follow_links(false)
        .overrides(chosen.build()?)
        .sort_by_file_name(|a, b| a.cmp(b))
        .build())
}

fn has_letters(path: &str, wanted: &[char]) -> bool {
    let mut letters = path.chars().flat_map(char::to_lowercase);
    wanted.iter().all(|it| letters.any(|letter| letter == *it))
}

fn matcher(query: &TextQuery) -> Result<RegexMatcher, DeskError> {
    let built = RegexMatcherBuilder::new()
        .fixed_strings(!query.is_regex)
        .case_insensitive(!query.case_sensitive)
        .word(query.whole_word)
        .crlf(true)
        .size_limit(PATTERN_BYTES)
        .dfa_size_limit(PATTERN_BYTES)
        .build(&query.pattern);
    built.map_err(|error| DeskError::new(Why::Failed, format!("this is no pattern: {error}")))
}

/// What was found in one file.
struct Page<'a> {
    matcher: &'a RegexMatcher,
    left: usize,
    found: Vec<FoundLine>,
}

impl Sink for Page<'_> {
    type Error = io::Error;

    fn matched(&mut self, _searcher: &Searcher, found: &SinkMatch<'_>) -> io::Result<bool> {
        let bytes = found.bytes();
        let bytes = bytes.strip_suffix(b"\n").unwrap_or(bytes);
        let bytes = bytes.strip_suffix(b"\r").unwrap_or(bytes);
        let mut places = Vec::new();
        let looked = self.matcher.find_iter(bytes, |it| {
            places.push((it.start(), it.end()));
            places.len() < PLACES
        });
        looked.map_err(io::Error::other)?;
        let shown = &bytes[..bytes.len().min(LINE_BYTES)];
        let place = |at: usize| units(&shown[..at.min(shown.len())]);
        self.found.push(FoundLine {
            line: found.line_number().unwrap_or(1).saturating_sub(1),
            text: String::from_utf8_lossy(shown).into_owned(),
            places: places
                .into_iter()
                .map(|(from, to)| (place(from), place(to)))
                .collect(),
        });
        Ok(self.found.len() < self.left)
    }
}

/// How many UTF-16 units a text has.
fn units(bytes: &[u8]) -> usize {
    String::from_utf8_lossy(bytes).encode_utf16().count()
}
