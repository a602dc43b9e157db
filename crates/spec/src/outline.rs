//! The blocks of a Markdown document, read line by line.
//!
//! More forgiving than CommonMark where people are: two columns nest a list item under any other, a fence may stand at any
//! depth, a doctest or a bold opening begins a paragraph of its own. Every block keeps its bytes of the source. One pass, no
//! recursion, so that no text can exhaust the stack.

mod table;

use std::iter::Peekable;
use std::ops::Range;

pub(crate) use table::{Row, Table};

use crate::fence::Fence;
use crate::inline::fold;
use crate::line::{Line, Lines, lines};

/// A document cut into blocks.
#[derive(Debug)]
pub(crate) struct Outline<'a> {
    pub(crate) source: &'a str,
    pub(crate) blocks: Vec<Block>,
}

/// One block; `owner` is the index of the list item that encloses it.
#[derive(Debug)]
pub(crate) struct Block {
    pub(crate) span: Range<usize>,
    pub(crate) owner: Option<usize>,
    pub(crate) kind: BlockKind,
}

/// What a block is.
#[derive(Debug)]
pub(crate) enum BlockKind {
    /// `title` is the text without marks.
    Heading {
        level: u8,
        title: Range<usize>,
    },
    /// `text` runs from after the marker to the end of its last continuation line.
    Item {
        number: Option<u32>,
        text: Range<usize>,
    },
    Paragraph,
    /// `body` holds whole lines.
    Fence {
        info: Range<usize>,
        body: Range<usize>,
    },
    Table(Table),
}

impl<'a> Outline<'a> {
    /// Reads `source`.
    pub(crate) fn read(source: &'a str) -> Self {
        let mut reader = Reader {
            lines: lines(source).peekable(),
            source,
            blocks: Vec::new(),
            open: Vec::new(),
            tail: None,
        };
        reader.skip_front_matter();
        while let Some(line) = reader.lines.next() {
            reader.take(line);
        }
        Self {
            source,
            blocks: reader.blocks,
        }
    }

    /// The source's text in `range`.
    pub(crate) fn text(&self, range: &Range<usize>) -> &'a str {
        &self.source[range.clone()]
    }

    /// The source's text in `range` on one line.
    pub(crate) fn folded(&self, range: &Range<usize>) -> String {
        fold(self.text(range))
    }

    /// The index after the last block that item `index` encloses.
    pub(crate) fn subtree_end(&self, index: usize) -> usize {
        let inside = |block: &Block| block.owner.is_some_and(|owner| owner >= index);
        let length = self.blocks[index + 1..]
            .iter()
            .take_while(|block| inside(block))
            .count();
        index + 1 + length
    }

    /// The index after the last block under the heading at `index`.
    pub(crate) fn section_end(&self, index: usize) -> usize {
        let BlockKind::Heading { level: own, .. } = self.blocks[index].kind else {
            return index + 1;
        };
        let ends =
            |block: &Block| matches!(block.kind, BlockKind::Heading { level, .. } if level <= own);
        self.blocks[index + 1..]
            .iter()
            .position(ends)
            .map_or(self.blocks.len(), |length| index + 1 + length)
    }
}

/// A list marker: how many bytes until the content, and its number if it has one.
pub(crate) struct Marker {
    pub(crate) length: usize,
    pub(crate) number: Option<u32>,
}

/// The list marker that a line's text begins with.
pub(crate) fn marker(text: &str) -> Option<Marker> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (mark, number) = match text.as_bytes().get(digits)? {
        b'-' | b'*' | b'+' if digits == 0 => (1, None),
        b'.' | b')' if (1..=9).contains(&digits) => (digits + 1, text[..digits].parse().ok()),
        _ => return None,
    };
    let rest = &text[mark..];
    let content = rest.trim_start();
    let is_marker = content.len() < rest.len() || rest.is_empty();
    is_marker.then(|| Marker {
        length: text.len() - content.len(),
        number,
    })
}

fn heading(text: &str) -> Option<(u8, &str)> {
    let title = text.trim_start_matches('#');
    let level = text.len() - title.len();
    let spaced = title.is_empty() || title.starts_with([' ', '\t']);
    if !(1..=6).contains(&level) || !(spaced || level >= 2) {
        return None;
    }
    let title = title.trim();
    let unclosed = title.trim_end_matches('#');
    let is_closed = unclosed.is_empty() || unclosed.ends_with([' ', '\t']);
    Some((
        level as u8,
        if is_closed {
            unclosed.trim_end()
        } else {
            title
        },
    ))
}

fn is_rule(text: &str) -> bool {
    let mut marks = text.chars().filter(|c| !c.is_whitespace());
    let Some(first @ ('-' | '*' | '_')) = marks.next() else {
        return false;
    };
    let mut count = 1;
    marks.all(|c| {
        count += 1;
        c == first
    }) && count >= 3
}

struct Reader<'a> {
    lines: Peekable<Lines<'a>>,
    source: &'a str,
    blocks: Vec<Block>,
    /// The items that may still enclose something: index and indentation.
    open: Vec<(usize, usize)>,
    /// The item or paragraph that the next line may continue.
    tail: Option<usize>,
}

impl<'a> Reader<'a> {
    fn skip_front_matter(&mut self) {
        const LIMIT: usize = 200;
        let mut ahead = lines(self.source);
        if ahead
            .next()
            .is_none_or(|line| line.text != "---" || line.indent > 0)
        {
            return;
        }
        let closing = ahead
            .take(LIMIT)
            .position(|line| line.indent == 0 && matches!(line.text, "---" | "..."));
        if let Some(length) = closing {
            self.lines.by_ref().take(length + 2).for_each(drop);
        }
    }

    fn take(&mut self, line: Line<'a>) {
        if line.is_blank() {
            self.tail = None;
        } else if line.text.starts_with("<!--") {
            self.skip_comment(line);
        } else if let Some((fence, info)) = Fence::open(line.text) {
            self.enclose(line.indent);
            self.fence(line, fence, info);
        } else if self.underlines(line) || is_rule(line.text) {
            self.tail = None;
        } else if let Some((level, title)) = heading(line.text).filter(|_| line.indent < 4) {
            self.heading(line, level, title);
        } else if let Some(marker) = marker(line.text).filter(|it| self.may_begin_item(it)) {
            self.item(line, &marker);
        } else if table::begins(line.text, self.lines.peek().map_or("", |next| next.text)) {
            self.table(line);
        } else {
            self.prose(line);
        }
    }

    fn skip_comment(&mut self, first: Line<'a>) {
        self.tail = None;
        let mut closed = first.text.contains("-->");
        while !closed {
            let Some(line) = self.lines.next() else {
                return;
            };
            closed = line.text.contains("-->");
        }
    }

    fn fence(&mut self, line: Line<'a>, fence: Fence, info: &str) {
        let info_at = info.as_ptr() as usize - self.source.as_ptr() as usize;
        let body_start = self
            .lines
            .peek()
            .map_or(self.source.len(), |next| next.start);
        let (mut body_end, mut end) = (self.source.len(), self.source.len());
        for inner in self.lines.by_ref() {
            if fence.is_closed_by(inner.text) {
                (body_end, end) = (inner.start, inner.end());
                break;
            }
        }
        self.tail = None;
        let kind = BlockKind::Fence {
            info: info_at..info_at + info.len(),
            body: body_start..body_end.max(body_start),
        };
        self.push(line.at..end, kind);
    }

    /// Whether the line underlines the paragraph above, which then is a heading.
    fn underlines(&mut self, line: Line<'a>) -> bool {
        let level = match line.text.as_bytes() {
            text if text.len() < 2 => return false,
            text if text.iter().all(|b| *b == b'=') => 1,
            text if text.iter().all(|b| *b == b'-') => 2,
            _ => return false,
        };
        let Some(block) = self.tail.and_then(|tail| self.blocks.get_mut(tail)) else {
            return false;
        };
        if !matches!(block.kind, BlockKind::Paragraph) || block.owner.is_some() {
            return false;
        }
        let title = block.span.clone();
        block.span.end = line.end();
        block.kind = BlockKind::Heading { level, title };
        self.open.clear();
        true
    }

    fn heading(&mut self, line: Line<'a>, level: u8, title: &str) {
        self.open.clear();
        self.tail = None;
        let at = title.as_ptr() as usize - self.source.as_ptr() as usize;
        self.push(
            line.at..line.end(),
            BlockKind::Heading {
                level,
                title: at..at + title.len(),
            },
        );
    }

    /// Inside a paragraph only a list's first number begins a list: prose wraps before "12." too.
    fn may_begin_item(&self, marker: &Marker) -> bool {
        let in_prose = self
            .tail
            .is_some_and(|tail| matches!(self.blocks[tail].kind, BlockKind::Paragraph));
        !in_prose || !self.open.is_empty() || marker.number.is_none_or(|number| number <= 1)
    }

    fn item(&mut self, line: Line<'a>, marker: &Marker) {
        self.enclose(line.indent);
        self.tail = None;
        let content = &line.text[marker.length..];
        let at = line.at + marker.length;
        if content.is_empty() {
            return;
        }
        let fence = Fence::open(content);
        let text = if fence.is_some() {
            at..at
        } else {
            at..line.end()
        };
        self.push(
            line.at..text.end,
            BlockKind::Item {
                number: marker.number,
                text,
            },
        );
        let index = self.blocks.len() - 1;
        self.open.push((index, line.indent));
        match fence {
            Some((fence, info)) => self.fence(Line { at, ..line }, fence, info),
            None => self.tail = Some(index),
        }
    }

    fn table(&mut self, header: Line<'a>) {
        self.enclose(header.indent);
        self.tail = None;
        let mut rows = vec![Row::read(header)];
        self.lines.next();
        while let Some(line) = self
            .lines
            .next_if(|line| line.text.contains('|') && Fence::open(line.text).is_none())
        {
            rows.push(Row::read(line));
        }
        let end = rows.last().map_or(header.end(), |row| row.span.end);
        self.push(header.at..end, BlockKind::Table(Table { rows }));
    }

    fn prose(&mut self, line: Line<'a>) {
        if let Some(tail) = self.tail.filter(|tail| self.continues(*tail, line)) {
            let block = &mut self.blocks[tail];
            block.span.end = line.end();
            if let BlockKind::Item { text, .. } = &mut block.kind {
                text.end = line.end();
            }
            return;
        }
        self.enclose(line.indent);
        self.push(line.at..line.end(), BlockKind::Paragraph);
        self.tail = Some(self.blocks.len() - 1);
    }

    fn continues(&self, tail: usize, line: Line<'a>) -> bool {
        let block = &self.blocks[tail];
        let is_item = matches!(block.kind, BlockKind::Item { .. });
        let in_doctest = !is_item && self.source[block.span.start..].starts_with(">>>");
        let begins_doctest = line.text.starts_with(">>>") && !in_doctest;
        let begins_bold = line.text.starts_with("**") && (!is_item || line.indent < 2);
        !begins_doctest && !begins_bold
    }

    /// Closes the items that something at this indentation is not under.
    fn enclose(&mut self, indent: usize) {
        while self
            .open
            .last()
            .is_some_and(|(_, outer)| outer + 2 > indent)
        {
            self.open.pop();
        }
    }

    fn push(&mut self, span: Range<usize>, kind: BlockKind) {
        let owner = self.open.last().map(|(index, _)| *index);
        self.blocks.push(Block { span, owner, kind });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn render(source: &str) -> String {
        let outline = Outline::read(source);
        let mut out = String::new();
        for (i, block) in outline.blocks.iter().enumerate() {
            let what = match &block.kind {
                BlockKind::Heading { level, title } => {
                    format!("h{level} {:?}", outline.text(title))
                }
                BlockKind::Item { number, text } => {
                    format!("item {number:?} {:?}", outline.folded(text))
                }
                BlockKind::Paragraph => format!("para {:?}", outline.folded(&block.span)),
                BlockKind::Fence { info, body } => {
                    format!("fence {:?} {:?}", outline.text(info), outline.text(body))
                }
                BlockKind::Table(table) => {
                    let row = |row: &Row| {
                        row.cells
                            .iter()
                            .map(|it| it.text.clone())
                            .collect::<Vec<_>>()
                    };
                    format!("table {:?}", table.rows.iter().map(row).collect::<Vec<_>>())
                }
            };
            let owner = block
                .owner
                .map_or(String::new(), |owner| format!(" in {owner}"));
            out += &format!("{i}{owner}: {what}\n");
        }
        out
    }

    #[test]
    fn lists_nest_by_two_columns_and_keep_what_is_under_them() {
        insta::assert_snapshot!(render("# T #\n\n1. one\n  - in one\n    goes on\n2. two\n\n   para of two\n   ```py\n   - no item\n   ```\n- three\nlazy\n\nloose\n"), @r##"
        0: h1 "T"
        1: item Some(1) "one"
        2 in 1: item None "in one goes on"
        3: item Some(2) "two"
        4 in 3: para "para of two"
        5 in 3: fence "py" "   - no item\n"
        6: item None "three lazy"
        7: para "loose"
        "##);
    }

    #[test]
    fn headings_comments_front_matter_and_rules() {
        insta::assert_snapshot!(render("---\na: 1\n---\n<!-- # no\n- no -->\nTitle\n===\nSub\n---\ntext\n\n---\n##Tight\n#no\n- - -\n"), @r##"
        0: h1 "Title"
        1: h2 "Sub"
        2: para "text"
        3: h2 "Tight"
        4: para "#no"
        "##);
    }

    #[test]
    fn paragraphs_break_where_a_doctest_or_a_bold_opening_begins() {
        insta::assert_snapshot!(render("**FR-1**: a\nb\n**FR-2**: c\n>>> f(1)\n2\nversion\n12. of\n- x\n**FR-3**: d\n"), @r##"
        0: para "**FR-1**: a b"
        1: para "**FR-2**: c"
        2: para ">>> f(1) 2 version 12. of"
        3: item None "x"
        4: para "**FR-3**: d"
        "##);
    }

    #[test]
    fn tables_split_cells_outside_code() {
        insta::assert_snapshot!(render("| a | b |\n|---|:-:|\n| `x|y` | \"p\\|q\" |\n| lone |\nafter\n"), @r##"
        0: table [["a", "b"], ["`x|y`", "\"p|q\""], ["lone"]]
        1: para "after"
        "##);
    }

    #[test]
    fn a_fence_may_open_on_an_item_and_never_close() {
        insta::assert_snapshot!(render("- ```py\n  f(1)\n  ```\n- b\n~~~\n# in\n"), @r##"
        0: item None ""
        1 in 0: fence "py" "  f(1)\n"
        2: item None "b"
        3: fence "" "# in\n"
        "##);
    }
}
