//! Merging the imports of the new code into the file's.

use std::collections::BTreeMap;
use std::ops::Range;

use tree_sitter::Node;

use super::edit::{Edit, apply};
use super::{Parsed, SpliceError};
use crate::definition::python_docstring;
use crate::import::{Binding, Statement, Way, render, render_name};
use crate::language::Language;
use crate::layout::{Paragraph, next_line};
use crate::names::mentions;
use crate::tree::{children, is_comment, slice, text};

/// The longest line that another name is added to.
const LINE: usize = 88;

/// How far comments at most reach from the imports to the first definition, in bytes.
const REMARKS: usize = 2_000;

/// The file with the imports that the `added` pieces of code need.
pub(super) fn merge(
    file: &Parsed<'_>,
    item: &Parsed<'_>,
    added: &[String],
) -> Result<String, SpliceError> {
    let mut merger = Merger {
        file,
        item,
        added,
        first: Vec::new(),
        lines: Vec::new(),
        extended: BTreeMap::new(),
    };
    let mut whole: Vec<Range<usize>> = Vec::new();
    for statement in &item.imports {
        if whole.contains(&statement.top) {
            continue;
        }
        let needed = merger.needed(statement)?;
        if needed.is_empty() {
            continue;
        }
        if statement.is_direct() {
            merger.add(statement, &needed);
        } else {
            whole.push(statement.top.clone());
            merger
                .lines
                .push(slice(item.source, &statement.top).to_owned());
        }
    }
    Ok(apply(file.source, merger.edits()))
}

struct Merger<'a> {
    file: &'a Parsed<'a>,
    item: &'a Parsed<'a>,
    added: &'a [String],
    /// Statements that must stand before all other imports.
    first: Vec<String>,
    /// Other new statements.
    lines: Vec<String>,
    /// Names added to statements of the file, by the place where they are written.
    extended: BTreeMap<usize, String>,
}

impl Merger<'_> {
    /// The names of a statement that the file does not have and the new code uses.
    fn needed<'s>(&self, statement: &'s Statement) -> Result<Vec<&'s Binding>, SpliceError> {
        let present = || self.file.imports.iter().flat_map(|it| &it.bindings);
        let mut needed = Vec::new();
        for wanted in &statement.bindings {
            if present().any(|it| it.covers(wanted)) || !self.is_used(statement, wanted) {
                continue;
            }
            let clash = present().find(|it| clashes(it, wanted));
            match clash {
                Some(present) if self.is_mentioned(wanted) => {
                    return Err(clash_error(present, wanted));
                }
                Some(_) => {}
                None => needed.push(wanted),
            }
        }
        Ok(needed)
    }

    fn is_used(&self, statement: &Statement, wanted: &Binding) -> bool {
        let own = wanted.local().is_some_and(|local| self.file.defines(local));
        let named = match wanted.way {
            Way::All | Way::Load => true,
            _ => {
                statement.first || self.file.language == Language::Rust || self.is_mentioned(wanted)
            }
        };
        named && !own
    }

    fn is_mentioned(&self, wanted: &Binding) -> bool {
        wanted
            .local()
            .is_some_and(|local| self.added.iter().any(|text| mentions(text, local)))
    }

    fn add(&mut self, statement: &Statement, needed: &[&Binding]) {
        let mut rest: Vec<&Binding> = Vec::new();
        for binding in needed {
            if !self.extend(binding) {
                rest.push(binding);
            }
        }
        if rest.is_empty() {
            return;
        }
        let original = slice(self.item.source, &statement.span);
        if rest.len() == statement.bindings.len() {
            self.push(statement, original.to_owned());
            return;
        }
        for group in rest.chunk_by(|a, b| a.module == b.module && a.way == b.way) {
            self.push(statement, render(self.item.language, group, original));
        }
    }

    fn push(&mut self, statement: &Statement, line: String) {
        if statement.first {
            self.first.push(line)
        } else {
            self.lines.push(line)
        }
    }

    /// Writes the name into a statement of the file that imports others from the same module.
    fn extend(&mut self, wanted: &Binding) -> bool {
        if wanted.way != Way::Name {
            return false;
        }
        let name = render_name(self.file.language, wanted);
        for statement in self.file.imports.iter().filter(|it| it.is_direct()) {
            let Some(at) = statement.extend_at else {
                continue;
            };
            let mates = |it: &Binding| it.module == wanted.module && it.way == Way::Name;
            let mated = statement.bindings.iter().any(mates);
            let typed = statement.bindings.iter().all(|it| it.type_only);
            let known = self.extended.get(&at).map_or(0, String::len);
            let long = self.file.language == Language::Python
                && statement.span.len() + known + name.len() + 2 > LINE;
            if mated && !typed && !long {
                self.extended
                    .entry(at)
                    .or_default()
                    .push_str(&format!(", {name}"));
                return true;
            }
        }
        false
    }

    fn edits(self) -> Vec<Edit> {
        let mut edits = Vec::new();
        let point = Point::find(self.file);
        let header = Point::header(self.file);
        let first_at = self
            .file
            .imports
            .iter()
            .rfind(|it| it.first && it.is_direct())
            .map(|it| it.span.end);
        let after_first = first_at.map_or(header, |end| Point::after(self.file, end));
        let mut parts = vec![(after_first, self.first), (point, self.lines)];
        if after_first.at == point.at {
            let lines = parts.drain(..).flat_map(|(_, lines)| lines).collect();
            parts.push((point, lines));
        }
        for (place, lines) in parts.into_iter().filter(|(_, lines)| !lines.is_empty()) {
            let text = lines.join("\n").replace('\n', self.file.style.newline);
            let paragraph = Paragraph {
                text: &text,
                gap: place.gap,
                newline: self.file.style.newline,
            };
            edits.push(Edit::insert(
                place.at,
                paragraph.fit(self.file.source, place.at),
            ));
        }
        edits.extend(
            self.extended
                .into_iter()
                .map(|(at, names)| Edit::insert(at, names)),
        );
        edits
    }
}

/// Whether two imports want one name for different things.
fn clashes(present: &Binding, wanted: &Binding) -> bool {
    let both = [present, wanted];
    let plain = |it: &Binding| it.way == Way::Module && it.alias.is_none();
    // `import a.b` and `import a.c` both make `a` known.
    let same_root = both.iter().all(|it| plain(it)) && present.name == wanted.name;
    let same_thing =
        present.module == wanted.module && present.way == wanted.way && present.name == wanted.name;
    let nameless = |it: &Binding| matches!(it.way, Way::All | Way::Load) || it.local() == Some("_");
    present.local() == wanted.local()
        && !same_root
        && !same_thing
        && !both.iter().any(|it| nameless(it))
}

fn clash_error(present: &Binding, wanted: &Binding) -> SpliceError {
    let thing = |it: &Binding| match it.way {
        Way::Name if !it.module.is_empty() => format!("{} of {}", it.name, it.module),
        _ => it.module.clone(),
    };
    SpliceError::ImportClash {
        local: wanted.local().unwrap_or_default().to_owned(),
        present: thing(present),
        wanted: thing(wanted),
    }
}

/// Where new import lines go.
#[derive(Clone, Copy)]
struct Point {
    at: usize,
    gap: (usize, usize),
}

impl Point {
    /// After the last import that stands before all functions and classes, else below the header.
    fn find(file: &Parsed<'_>) -> Self {
        let code = file
            .definitions
            .iter()
            .filter(|it| !it.symbol.kind.is_value())
            .map(|it| it.top.start)
            .min();
        let limit = code.unwrap_or(usize::MAX);
        let last = file
            .imports
            .iter()
            .rfind(|it| it.is_direct() && it.span.start < limit);
        last.map_or_else(|| Self::header(file), |it| Self::after(file, it.span.end))
    }

    fn after(file: &Parsed<'_>, end: usize) -> Self {
        Self {
            at: next_line(file.source, end),
            gap: (0, 0),
        }
    }

    /// Below the comments, docstring and inner attributes that open a file.
    fn header(file: &Parsed<'_>) -> Self {
        let nodes = children(file.tree.root_node());
        let mut end = None;
        for (at, node) in nodes.iter().enumerate() {
            let closes = is_header(*node, file.source);
            let comment = is_comment(*node);
            if closes || comment && stands_apart(*node, nodes.get(at + 1), file.source) {
                end = Some(node.end_byte());
            } else if !comment {
                break;
            }
        }
        let code = end.map_or(0, |end| line_after(file.source, end));
        let remarks = |text: &str| {
            text.lines()
                .all(|line| line.trim().is_empty() || line.starts_with('#'))
        };
        let definition_follows = file.definitions.iter().any(|it| {
            let start = it.top.start.max(code);
            start - code < REMARKS
                && !it.symbol.kind.is_value()
                && remarks(slice(file.source, &(code..start)))
        });
        let after = if definition_follows && file.language == Language::Python {
            2
        } else {
            1
        };
        Self {
            at: code,
            gap: (usize::from(end.is_some()), after),
        }
    }
}

/// The next line, unless the range already ends at the start of one.
fn line_after(source: &str, end: usize) -> usize {
    if source
        .get(..end)
        .is_some_and(|before| before.ends_with('\n'))
    {
        end
    } else {
        next_line(source, end)
    }
}

fn is_header(node: Node<'_>, source: &str) -> bool {
    let written = text(source, node);
    match node.kind() {
        "hash_bang_line" | "inner_attribute_item" => true,
        "line_comment" | "block_comment" => {
            written.starts_with("//!") || written.starts_with("/*!")
        }
        "comment" => {
            written.starts_with("#!") || written.starts_with("# -*-") || written.starts_with("#!/")
        }
        "expression_statement" => {
            python_docstring(node) && node.prev_named_sibling().is_none_or(is_comment)
        }
        _ => false,
    }
}

/// Whether a blank line follows a comment.
fn stands_apart(comment: Node<'_>, next: Option<&Node<'_>>, source: &str) -> bool {
    let Some(next) = next else { return false };
    let between = slice(source, &(comment.end_byte()..next.start_byte()));
    let own = usize::from(text(source, comment).ends_with('\n'));
    between.matches('\n').count() + own > 1
}
