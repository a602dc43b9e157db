//! Pipe tables.

use std::ops::Range;

use crate::inline::code_spans;
use crate::line::Line;

/// A table; the first row is its header.
#[derive(Debug)]
pub(crate) struct Table {
    pub(crate) rows: Vec<Row>,
}

/// One row.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) cells: Vec<Cell>,
    pub(crate) span: Range<usize>,
}

/// One cell: its text without the escapes of pipes.
#[derive(Debug)]
pub(crate) struct Cell {
    pub(crate) text: String,
}

/// Whether `line` is a table's header, which the `next` line's delimiters tell.
pub(super) fn begins(line: &str, next: &str) -> bool {
    line.contains('|') && next.contains('|') && is_delimiter(next)
}

/// Whether each cell is a run of dashes, with or without colons at its ends. What begins as a bullet is one.
fn is_delimiter(line: &str) -> bool {
    let mut dashes = line.split('|').map(|cell| {
        let cell = cell.trim();
        let cell = cell.strip_prefix(':').unwrap_or(cell);
        cell.strip_suffix(':').unwrap_or(cell)
    });
    let is_bullet = line.starts_with("- ") || line.starts_with("-\t");
    !is_bullet && line.contains('-') && dashes.all(|it| it.chars().all(|c| c == '-'))
}

impl Row {
    pub(super) fn read(line: Line<'_>) -> Self {
        let text = line.text.strip_prefix('|').unwrap_or(line.text);
        let text = if text.ends_with("\\|") {
            text
        } else {
            text.strip_suffix('|').unwrap_or(text)
        };
        let code = code_spans(text);
        let mut cells = Vec::new();
        let mut from = 0;
        let mut next_code = code.iter().peekable();
        for (at, _) in text.match_indices('|') {
            while next_code.next_if(|span| span.outer.end <= at).is_some() {}
            let in_code = next_code.peek().is_some_and(|span| span.outer.start < at);
            if !in_code && !text[..at].ends_with('\\') {
                cells.push(Cell::read(&text[from..at]));
                from = at + 1;
            }
        }
        cells.push(Cell::read(&text[from..]));
        Self {
            cells,
            span: line.at..line.end(),
        }
    }
}

impl Cell {
    fn read(text: &str) -> Self {
        Self {
            text: text.trim().replace("\\|", "|"),
        }
    }
}
