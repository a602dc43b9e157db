//! Parts of one version of a function in the place of another's.
//!
//! Answers to one question are often the same but for a few expressions, each of them right in another place: one knows the
//! tab, the other the line break. The two are laid side by side; wherever they differ, the other's part can take the place
//! of the own one, or, where it is a condition, stand beside it.

use std::ops::Range;

use tree_sitter::{Node, Tree};

use crate::language::Language;
use crate::names::Names;
use crate::symbol::named;
use crate::syntax::syntax_error;
use crate::tree::{children, column, moved, one_line, parse, parts, slice, text as text_of};

/// Most nodes of two versions that are laid side by side: more of them have hardly anything in common.
const PAIRS: usize = 2_000;

/// Longest lists that are compared thing by thing, as their lengths' product.
const LISTS: usize = 10_000;

/// Versions of `base`, a source that defines `function`, each with one difference taken over from `other`: the smallest ones
/// first. Local names of `other` become those of `base` where it is plain which they are; a part that needs one that is not
/// there is left out.
#[must_use]
pub fn grafted(language: Language, base: &str, other: &str, function: &str) -> Vec<String> {
    let Some(other) = with_names_of(language, base, other, function) else {
        return Vec::new();
    };
    let (Some(own), Some(their)) = (
        Version::of(language, base, function),
        Version::of(language, &other, function),
    ) else {
        return Vec::new();
    };
    let (Some(own_body), Some(their_body)) = (own.body(), their.body()) else {
        return Vec::new();
    };
    let mut grafts = Grafts {
        language,
        own: &own,
        their: &their,
        missing: their.only(&own),
        edits: Vec::new(),
    };
    grafts.compare(own_body, their_body);
    let mut edits = grafts.edits;
    edits.sort_by_key(|it| (it.is_message, it.at.len() + it.text.len()));
    let mut versions: Vec<String> = Vec::new();
    for Edit { at, text, .. } in edits {
        let mut version = base.to_owned();
        version.replace_range(at, &text);
        let is_new = version != base && !versions.contains(&version);
        if is_new && syntax_error(language, &version).is_none() {
            versions.push(version);
        }
    }
    versions
}

/// A version of the function, parsed.
struct Version<'a> {
    source: &'a str,
    tree: Tree,
    names: Names<'a>,
    span: Range<usize>,
    body: Range<usize>,
    /// The names that it gives to values, the earliest first.
    bound: Vec<&'a str>,
}

impl<'a> Version<'a> {
    fn of(language: Language, source: &'a str, function: &str) -> Option<Version<'a>> {
        let symbol = named(language, source, function)?;
        let tree = parse(language, source)?;
        let names = Names::of(language, tree.root_node(), source);
        let bound = names.bound(&symbol.span);
        Some(Version {
            source,
            tree,
            names,
            span: symbol.span,
            body: symbol.body,
            bound,
        })
    }

    fn body(&self) -> Option<Node<'_>> {
        let root = self.tree.root_node();
        root.descendant_for_byte_range(self.body.start, self.body.end)
    }

    /// The names of values that `other` does not have.
    fn only(&self, other: &Version<'_>) -> Vec<&'a str> {
        let own = self.bound.iter().filter(|it| !other.bound.contains(it));
        own.copied().collect()
    }
}

/// The other source with its local names as in the base: those that only one of them has belong together in their order, if
/// there are as many.
fn with_names_of(language: Language, base: &str, other: &str, function: &str) -> Option<String> {
    let own = Version::of(language, base, function)?;
    let their = Version::of(language, other, function)?;
    let (ours, theirs) = (own.only(&their), their.only(&own));
    let mut text = other.to_owned();
    if ours.len() == theirs.len() {
        for (at, name) in their.names.all(&their.span).into_iter().rev() {
            let new = theirs.iter().position(|it| *it == name);
            let Some(new) = new.and_then(|it| ours.get(it)) else {
                continue;
            };
            let at = at..at + name.len();
            let node = their.tree.root_node();
            let node = node.descendant_for_byte_range(at.start, at.end);
            let is_both = node.is_some_and(|it| it.kind().starts_with("shorthand"));
            let new = match is_both {
                true => format!("{name}: {new}"),
                false => (*new).to_owned(),
            };
            text.replace_range(at, &new);
        }
    }
    Some(text)
}

/// A node of the one version and one of the other.
type Pair<'a> = (Node<'a>, Node<'a>);

/// One difference that is taken over.
struct Edit {
    at: Range<usize>,
    text: String,
    /// Whether it is only about what an error says.
    is_message: bool,
}

/// The differences between two versions.
struct Grafts<'a> {
    language: Language,
    own: &'a Version<'a>,
    their: &'a Version<'a>,
    /// Names of values that only the other has.
    missing: Vec<&'a str>,
    edits: Vec<Edit>,
}

impl<'a> Grafts<'a> {
    fn compare(&mut self, own: Node<'a>, their: Node<'a>) {
        let mut open = vec![(own, their)];
        for _ in 0..PAIRS {
            let Some((own, their)) = open.pop() else {
                break;
            };
            if self.same(own, their) {
                continue;
            }
            if self.is_condition(own) {
                self.join(own, their, &mut open);
            } else if own.kind() != their.kind() {
                self.replace(own, their);
            } else if is_block(own) {
                self.align(own, their, &mut open);
            } else {
                self.compare_parts(own, their, &mut open);
            }
        }
    }

    /// Two nodes of a kind.
    fn compare_parts(&mut self, own: Node<'a>, their: Node<'a>, open: &mut Vec<Pair<'a>>) {
        let (ours, theirs) = (parts(own), parts(their));
        let is_leaf = ours.is_empty() || own.kind().contains("string");
        let reads_alike = words(self.own.source, own) == words(self.their.source, their);
        if is_leaf || ours.len() != theirs.len() || !reads_alike {
            self.replace(own, their);
        }
        if !is_leaf {
            open.extend(ours.into_iter().zip(theirs));
        }
    }

    /// Conditions: what they are joined of is laid side by side, and what only one has comes or goes.
    fn join(&mut self, own: Node<'a>, their: Node<'a>, open: &mut Vec<Pair<'a>>) {
        let junction = junction(self.own.source, own).or(junction(self.their.source, their));
        let Some(word) = junction else {
            for word in junctions(self.language) {
                self.joined(own, &[self.reads(own), self.theirs(their)], word, their);
            }
            return match own.kind() == their.kind() {
                true => self.compare_parts(own, their, open),
                false => self.replace(own, their),
            };
        };
        self.replace(own, their);
        let ours = operands(self.own.source, own, word);
        let theirs = operands(self.their.source, their, word);
        for it in &theirs {
            if !ours.iter().any(|own| self.same(*own, *it)) {
                self.joined(own, &[self.reads(own), self.theirs(*it)], word, *it);
            }
        }
        for it in &ours {
            if ours.len() > 1 && !theirs.iter().any(|their| self.same(*it, *their)) {
                let left = ours.iter().filter(|own| *own != it);
                let left: Vec<&str> = left.map(|it| self.reads(*it)).collect();
                self.joined(own, &left, word, their);
            }
        }
        let same = |a: &Node<'a>, b: &Node<'a>| self.same(*a, *b);
        for (a, b) in gaps(&ours, &theirs, same) {
            open.extend(a.zip(b).map(|(a, b)| (ours[a], theirs[b])));
        }
    }

    fn joined(&mut self, own: Node<'a>, operands: &[&str], word: &str, their: Node<'a>) {
        let text = operands.join(&format!(" {word} "));
        let is_part = own
            .parent()
            .is_some_and(|it| is_operator(self.own.source, it));
        let text = match is_part && operands.len() > 1 {
            true => format!("({text})"),
            false => text,
        };
        self.edit(own, text, their);
    }

    /// Statements in their order: what stands between those that both have is paired, what is left over comes or goes.
    fn align(&mut self, own: Node<'a>, their: Node<'a>, open: &mut Vec<Pair<'a>>) {
        let (ours, theirs) = (parts(own), parts(their));
        let same = |a: &Node<'a>, b: &Node<'a>| self.same(*a, *b);
        for (a, b) in gaps(&ours, &theirs, same) {
            let before = ours[..a.start].last().copied();
            let (ours, theirs) = (&ours[a], &theirs[b]);
            let count = ours.len().min(theirs.len());
            open.extend(ours.iter().copied().zip(theirs.iter().copied()));
            for own in &ours[count..] {
                let at = with_line(self.own.source, *own);
                self.edits.push(Edit {
                    at,
                    text: String::new(),
                    is_message: false,
                });
            }
            let before = ours.last().copied().or(before);
            for their in &theirs[count..] {
                if let Some(before) = before {
                    self.insert_after(before, *their);
                }
            }
        }
    }

    fn insert_after(&mut self, own: Node<'a>, their: Node<'a>) {
        let to = column(self.own.source, own.start_byte());
        let text = self.moved(their, to);
        let text = format!("{}\n{}{text}", self.reads(own), " ".repeat(to));
        self.edit(own, text, their);
    }

    fn replace(&mut self, own: Node<'a>, their: Node<'a>) {
        let text = self.moved(their, column(self.own.source, own.start_byte()));
        self.edit(own, text, their);
    }

    /// Their text at another column.
    fn moved(&self, their: Node<'a>, to: usize) -> String {
        let from = column(self.their.source, their.start_byte());
        moved(self.theirs(their), from, to)
    }

    /// Takes a text for one of ours, if all names that come with it from theirs are there.
    fn edit(&mut self, own: Node<'a>, text: String, their: Node<'a>) {
        let used = self.their.names.free(&their.byte_range());
        if self.missing.iter().any(|it| used.contains(it)) {
            return;
        }
        self.edits.push(Edit {
            at: own.byte_range(),
            text,
            is_message: is_message(own),
        });
    }

    fn same(&self, own: Node<'a>, their: Node<'a>) -> bool {
        one_line(self.reads(own)) == one_line(self.theirs(their))
    }

    /// Whether it is asked for as yes or no.
    fn is_condition(&self, own: Node<'a>) -> bool {
        let source = self.own.source;
        junction(source, own).is_some()
            || own.parent().is_some_and(|it| {
                is_operator(source, it)
                    || it.kind() == "if_clause"
                    || it.child_by_field_name("condition") == Some(own)
            })
    }

    fn reads(&self, own: Node<'a>) -> &'a str {
        text_of(self.own.source, own)
    }

    fn theirs(&self, their: Node<'a>) -> &'a str {
        text_of(self.their.source, their)
    }
}

/// What stands between the things that two lists have in common, in their order: the longest that both have. Nothing of lists
/// that are too long.
fn gaps<T>(
    ours: &[T],
    theirs: &[T],
    same: impl Fn(&T, &T) -> bool,
) -> Vec<(Range<usize>, Range<usize>)> {
    if ours.len().saturating_mul(theirs.len()) > LISTS {
        return Vec::new();
    }
    // The length of what the rests from here on have in common.
    let mut common = vec![vec![0_usize; theirs.len() + 1]; ours.len() + 1];
    for a in (0..ours.len()).rev() {
        for b in (0..theirs.len()).rev() {
            common[a][b] = match same(&ours[a], &theirs[b]) {
                true => common[a + 1][b + 1] + 1,
                false => common[a + 1][b].max(common[a][b + 1]),
            };
        }
    }
    let mut gaps = Vec::new();
    let (mut a, mut b) = (0, 0);
    let (mut from, mut their_from) = (0, 0);
    while a < ours.len() && b < theirs.len() {
        if same(&ours[a], &theirs[b]) {
            gaps.push((from..a, their_from..b));
            (a, b) = (a + 1, b + 1);
            (from, their_from) = (a, b);
        } else if common[a + 1][b] >= common[a][b + 1] {
            a += 1;
        } else {
            b += 1;
        }
    }
    gaps.push((from..ours.len(), their_from..theirs.len()));
    gaps.retain(|(a, b)| !a.is_empty() || !b.is_empty());
    gaps
}

/// The words for "or" and "and".
fn junctions(language: Language) -> [&'static str; 2] {
    match language {
        Language::Python => ["or", "and"],
        _ => ["||", "&&"],
    }
}

/// The word by which a condition is joined of others.
fn junction(source: &str, node: Node<'_>) -> Option<&'static str> {
    if !matches!(node.kind(), "boolean_operator" | "binary_expression") {
        return None;
    }
    let word = text_of(source, node.child_by_field_name("operator")?);
    ["or", "and", "||", "&&"].into_iter().find(|it| *it == word)
}

/// What a condition is joined of by this word; itself where it is not.
fn operands<'a>(source: &str, node: Node<'a>, word: &str) -> Vec<Node<'a>> {
    let mut found = Vec::new();
    let mut open = vec![node];
    while let Some(node) = open.pop() {
        if junction(source, node) == Some(word) {
            open.extend(parts(node).into_iter().rev());
        } else {
            found.push(node);
        }
    }
    found
}

/// Whether a node joins conditions, or turns one round.
fn is_operator(source: &str, node: Node<'_>) -> bool {
    let is_not = || {
        let word = node.child_by_field_name("operator");
        word.is_some_and(|it| text_of(source, it) == "!")
    };
    node.kind() == "not_operator" || junction(source, node).is_some() || is_not()
}

fn is_block(node: Node<'_>) -> bool {
    matches!(
        node.kind(),
        "block" | "statement_block" | "switch_body" | "switch_case" | "switch_default"
    )
}

/// The words of a node that are no parts of it, such as its operator.
fn words<'a>(source: &'a str, node: Node<'_>) -> Vec<&'a str> {
    let words = children(node).into_iter().filter(|it| !it.is_named());
    let words = words.map(|it| text_of(source, it));
    words
        .filter(|it| !matches!(*it, "," | ";" | "let" | "const" | "var"))
        .collect()
}

/// Whether it is in what an error says.
fn is_message(node: Node<'_>) -> bool {
    let mut above = std::iter::successors(Some(node), |it| it.parent());
    above.any(|it| matches!(it.kind(), "throw_statement" | "raise_statement"))
}

/// The bytes of a node, with its line where it has one of its own.
fn with_line(source: &str, node: Node<'_>) -> Range<usize> {
    let Range { start, end } = node.byte_range();
    let line = start - column(source, start);
    let after = slice(source, &(end..source.len()));
    match slice(source, &(line..start)).trim().is_empty() && after.starts_with('\n') {
        true => line..end + 1,
        false => start..end,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(language: Language, base: &str, other: &str, wanted: &[String]) {
        let found = grafted(language, base, other, "f");
        for it in wanted {
            assert!(found.contains(it), "{it} is not in {found:#?}");
        }
        for it in found {
            assert!(syntax_error(language, &it).is_none(), "{it}");
        }
    }

    #[test]
    fn what_only_the_other_knows_is_joined() {
        let base = "function f(text) {\n  let at = 0;\n  if (text[at] === ' ' || text[at] === '\\n') {\n    at++;\n  } else if (text[at]) {\n    throw new K('a');\n  }\n  return at;\n}\n";
        let other = "function f(text) {\n  let place = 0;\n  if (text[place] === ' ' || text[place] === '\\r' || text[place] === '\\n') {\n    place += 1;\n  } else if (text[place] && !g(text)) {\n    throw new K('b');\n  }\n  return place;\n}\n";
        let wanted = [
            base.replace("=== '\\n'", "=== '\\n' || text[at] === '\\r'"),
            base.replace("at++", "at += 1"),
            base.replace("if (text[at])", "if (text[at] && !g(text))"),
            base.replace("K('a')", "K('b')"),
        ];
        check(Language::JavaScript, base, other, &wanted);
        let first = grafted(Language::JavaScript, base, other, "f");
        assert!(first.last().is_some_and(|it| it.contains("K('b')")), "last");
    }

    #[test]
    fn statements_come_and_go() {
        let base = "def f(a):\n    b = []\n    for it in a:\n        if it < 1:\n            continue\n        b.append(it)\n    return b\n";
        let other = "def f(a):\n    rest = []\n    for it in a:\n        if it <= 1:\n            continue\n        rest.append(it)\n        if len(rest) > 3:\n            break\n    rest.sort()\n    return rest\n";
        let wanted = [
            base.replace("it < 1", "it <= 1"),
            base.replace("it < 1", "it < 1 or it <= 1"),
            base.replace(
                "        b.append(it)\n",
                "        b.append(it)\n        if len(b) > 3:\n            break\n",
            ),
            base.replace("    return b", "    b.sort()\n    return b"),
        ];
        check(Language::Python, base, other, &wanted);
        let back = other.replace("    rest.sort()\n", "");
        check(Language::Python, other, base, &[back]);
    }

    #[test]
    fn a_part_that_needs_what_is_not_there_is_left_out() {
        let base = "fn f(a: u32) -> u32 {\n    a + 1\n}\n";
        let other = "fn f(a: u32) -> u32 {\n    let b = 2;\n    a + b\n}\n";
        let found = grafted(Language::Rust, base, other, "f");
        assert!(found.iter().all(|it| !it.contains("a + b")), "{found:?}");
        check(
            Language::Rust,
            base,
            &base.replace('1', "2"),
            &[base.replace('1', "2")],
        );
        assert!(grafted(Language::Rust, base, base, "f").is_empty());
        assert!(grafted(Language::Rust, base, "", "f").is_empty());
    }
}
