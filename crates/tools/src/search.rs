//! `search`: lines that match a regular expression, by ripgrep's own libraries.

mod sift;

use std::fmt::Write as _;
use std::io;
use std::sync::atomic::AtomicUsize;

use change::RelPath;
use grep_matcher::LineTerminator;
use grep_regex::{RegexMatcher, RegexMatcherBuilder};
use grep_searcher::{BinaryDetection, Searcher, SearcherBuilder, Sink, SinkContext, SinkMatch};
use host::files::FileError;
use serde_json::{Value, json};

use self::sift::{Firsts, Sift};
use crate::arguments::Arguments;
use crate::error::ToolError;
use crate::list::Pattern;
use crate::text::{count, head, quoted};
use crate::workspace::{Walk, Workspace};
use crate::{Answer, Stop, ToolSpec};

/// Matching lines that one answer shows when nothing else is asked for, and at most.
const MATCHES: usize = 100;
const MATCHES_MAX: usize = 1000;
/// Lines of context, at most.
const CONTEXT_MAX: usize = 20;
/// Bytes that one answer shows, and one line.
const BYTES: usize = 48 << 10;
const WIDTH: usize = 400;
/// The largest file that is searched, in bytes.
const LARGEST: u64 = 8 << 20;
/// Memory that a compiled pattern may take, in bytes.
const PATTERN_BYTES: usize = 4 << 20;

pub(crate) fn spec() -> ToolSpec {
    ToolSpec {
        name: "search".to_owned(),
        description: "Lines that match a regular expression (Rust's syntax), in all files that are not ignored."
            .to_owned(),
        parameters: json!({
            "type": "object",
            "properties": {
                "pattern": {"type": "string"},
                "path": {"type": "string", "description": "file or folder"},
                "glob": {"type": "string", "description": "only files like this, e.g. *.rs"},
                "literal": {"type": "boolean", "description": "the pattern is plain text"},
                "ignore_case": {"type": "boolean"},
                "context": {"type": "integer", "description": "lines around each match"},
                "limit": {"type": "integer", "description": "matching lines, 100 if left out"},
            },
            "required": ["pattern"],
        }),
    }
}

const KNOWN: &[&str] = &[
    "pattern",
    "path",
    "glob",
    "literal",
    "ignore_case",
    "context",
    "limit",
];

pub(crate) fn call(
    workspace: &Workspace,
    arguments: &Value,
    stop: Stop<'_>,
) -> Result<Answer, ToolError> {
    let arguments = Arguments::of("search", KNOWN, arguments)?;
    let matcher = matcher(&arguments)?;
    let place = workspace.place(arguments.text_if("path")?.unwrap_or("."))?;
    let glob = arguments.text_if("glob")?.map(Pattern::of).transpose()?;
    let context = arguments.number("context")?.unwrap_or(0).min(CONTEXT_MAX);
    let limit = arguments
        .number("limit")?
        .unwrap_or(MATCHES)
        .clamp(1, MATCHES_MAX);
    let mut hunt = Hunt {
        workspace,
        matcher,
        searcher: SearcherBuilder::new()
            .line_number(true)
            .line_terminator(LineTerminator::crlf())
            .before_context(context)
            .after_context(context)
            .binary_detection(BinaryDetection::quit(0))
            .build(),
        page: Page::new(limit),
        withheld: 0,
        too_large: 0,
    };
    let walk = hunt.run(place.as_ref(), glob.as_ref(), stop)?;
    Ok(hunt.answer(arguments.text("pattern")?, walk))
}

fn matcher(arguments: &Arguments<'_>) -> Result<RegexMatcher, ToolError> {
    let pattern = arguments.text("pattern")?;
    if pattern.is_empty() {
        return Err(ToolError::call("`pattern` is empty"));
    }
    let literal = arguments.flag("literal")?;
    let built = RegexMatcherBuilder::new()
        .fixed_strings(literal)
        .case_insensitive(arguments.flag("ignore_case")?)
        .crlf(true)
        .size_limit(PATTERN_BYTES)
        .dfa_size_limit(PATTERN_BYTES)
        .build(pattern);
    built.map_err(|error| {
        ToolError::call(format!(
            "{} is no pattern for one line: {error}; give `literal: true` to search for plain text",
            quoted(pattern)
        ))
    })
}

/// One search under way.
struct Hunt<'a> {
    workspace: &'a Workspace,
    matcher: RegexMatcher,
    searcher: Searcher,
    page: Page,
    /// Files that policy does not let be shown.
    withheld: usize,
    too_large: usize,
}

impl Hunt<'_> {
    fn run(
        &mut self,
        place: Option<&RelPath>,
        glob: Option<&Pattern>,
        stop: Stop<'_>,
    ) -> Result<Walk, ToolError> {
        if let Some(path) = self.workspace.one_file(place) {
            self.file(path)?;
            return Ok(Walk::default());
        }
        // Which files match is found out side by side; what they show is put together in their order.
        let sift = Sift {
            workspace: self.workspace,
            matcher: &self.matcher,
            glob,
            first: Firsts::of(self.page.limit),
            withheld: AtomicUsize::new(0),
            too_large: AtomicUsize::new(0),
        };
        let walk = sift.run(place, stop)?;
        self.withheld += sift.withheld.into_inner();
        self.too_large += sift.too_large.into_inner();
        for path in sift.first.into_paths() {
            self.file(&path)?;
            if self.page.full {
                break;
            }
        }
        Ok(walk)
    }

    fn file(&mut self, path: &RelPath) -> Result<(), ToolError> {
        let loaded = match self.workspace.load_found(path, LARGEST) {
            Ok(Some(loaded)) => loaded,
            Ok(None) => {
                self.withheld += 1;
                return Ok(());
            }
            Err(FileError::TooLarge { .. }) => {
                self.too_large += 1;
                return Ok(());
            }
            // Gone, or not to be read by this user: it has no lines to show.
            Err(_) => return Ok(()),
        };
        self.page.begin(path);
        let searched = self
            .searcher
            .search_slice(&self.matcher, &loaded.bytes, &mut self.page);
        searched.map_err(|error| ToolError::call(format!("cannot search {path}: {error}")))
    }

    fn answer(self, pattern: &str, walk: Walk) -> Answer {
        let page = self.page;
        let mut text = page.text;
        if page.matches == 0 {
            let _never_fails = writeln!(text, "no line matches {}", quoted(pattern));
        }
        if page.full {
            let _never_fails = writeln!(
                text,
                "[cut after {}: narrow the pattern, or give `path` or `glob`]",
                count(page.matches, "line")
            );
        } else if walk.cut {
            text.push_str("[cut: not every file was searched]\n");
        }
        // What comes after the last line that is shown was not counted.
        let counted = !page.full;
        for (number, why) in [(self.withheld, "sensitive"), (self.too_large, "too large")] {
            if number > 0 && counted {
                let _never_fails =
                    writeln!(text, "[{} not searched: {why}]", count(number, "file"));
            }
        }
        let summary = format!(
            "{}: {} in {}",
            quoted(pattern),
            count(page.matches, "line"),
            count(page.files, "file")
        );
        Answer::done(text, summary)
    }
}

/// What is shown of the matches.
struct Page {
    text: String,
    limit: usize,
    matches: usize,
    files: usize,
    full: bool,
    /// The file whose name is to be shown before its first line.
    path: String,
    named: bool,
}

impl Page {
    fn new(limit: usize) -> Page {
        Page {
            text: String::new(),
            limit,
            matches: 0,
            files: 0,
            full: false,
            path: String::new(),
            named: false,
        }
    }

    fn begin(&mut self, path: &RelPath) {
        self.path = path.to_string();
        self.named = false;
    }

    fn row(&mut self, number: Option<u64>, mark: char, bytes: &[u8]) {
        if !self.named {
            self.named = true;
            self.files += 1;
            let _never_fails = writeln!(self.text, "{}", self.path);
        }
        let line = String::from_utf8_lossy(bytes);
        let line = line.trim_end_matches(['\n', '\r']);
        let shown = head(line, WIDTH);
        let more = if shown.len() < line.len() { "…" } else { "" };
        let _never_fails = writeln!(self.text, "{:>6}{mark}{shown}{more}", number.unwrap_or(0));
    }

    fn is_full(&self) -> bool {
        self.matches >= self.limit || self.text.len() >= BYTES
    }
}

impl Sink for Page {
    type Error = io::Error;

    fn matched(&mut self, _searcher: &Searcher, found: &SinkMatch<'_>) -> io::Result<bool> {
        if self.is_full() {
            self.full = true;
            return Ok(false);
        }
        let first = found.line_number();
        for (nth, line) in found.lines().enumerate() {
            self.row(first.map(|it| it + nth as u64), ':', line);
        }
        self.matches += 1;
        Ok(true)
    }

    fn context(&mut self, _searcher: &Searcher, found: &SinkContext<'_>) -> io::Result<bool> {
        if self.text.len() >= BYTES {
            self.full = true;
            return Ok(false);
        }
        self.row(found.line_number(), '-', found.bytes());
        Ok(true)
    }

    fn context_break(&mut self, _searcher: &Searcher) -> io::Result<bool> {
        self.text.push_str("    --\n");
        Ok(true)
    }
}
