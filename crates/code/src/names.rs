//! Which names a definition uses, to know what else must come along with it.

use std::collections::BTreeSet;
use std::ops::Range;

use tree_sitter::Node;

use crate::language::Language;
use crate::tree::{Step, slice, text, walk};

/// Every name in a source, with where it stands.
pub(crate) struct Names<'a> {
    used: Vec<(usize, &'a str)>,
    bound: Vec<(usize, &'a str)>,
    members: Vec<(usize, &'a str)>,
}

impl<'a> Names<'a> {
    /// Finds the names below `root`.
    pub(crate) fn of(language: Language, root: Node<'_>, source: &'a str) -> Self {
        let mut names = Names {
            used: Vec::new(),
            bound: Vec::new(),
            members: Vec::new(),
        };
        // For each node on the way down: its kind, and whether names directly in it are being bound.
        let mut above: Vec<(&str, bool)> = Vec::new();
        walk(root, |step| match step {
            Step::Enter(node, field) => {
                let (parent, binds_here) = above.last().copied().unwrap_or(("", false));
                let binding =
                    binds(language, parent, field) || binds_here && passes_on(parent, field);
                if is_name(node) {
                    names.push(node, source, parent, field, binding);
                }
                above.push((node.kind(), binding));
                true
            }
            Step::Leave(_) => {
                above.pop();
                true
            }
        });
        names
    }

    fn push(
        &mut self,
        node: Node<'_>,
        source: &'a str,
        parent: &str,
        field: Option<&str>,
        binding: bool,
    ) {
        let entry = (node.start_byte(), text(source, node));
        let member = matches!(
            node.kind(),
            "property_identifier" | "private_property_identifier" | "field_identifier"
        );
        if member || (parent == "attribute" && field == Some("attribute")) {
            return self.members.push(entry);
        }
        if parent == "scoped_identifier" && field == Some("name") {
            self.members.push(entry);
        }
        if parent == "keyword_argument" && field == Some("name") {
            return;
        }
        if binding {
            self.bound.push(entry)
        } else {
            self.used.push(entry)
        }
    }

    /// The names that the text in `span` uses without binding them itself.
    pub(crate) fn free(&self, span: &Range<usize>) -> BTreeSet<&'a str> {
        let bound: BTreeSet<&str> = within(&self.bound, span).collect();
        within(&self.used, span)
            .filter(|name| !bound.contains(name))
            .collect()
    }

    /// The names that the text in `span` binds, each once, the earliest first.
    pub(crate) fn bound(&self, span: &Range<usize>) -> Vec<&'a str> {
        let mut seen = BTreeSet::new();
        within(&self.bound, span)
            .filter(|name| seen.insert(*name))
            .collect()
    }

    /// Every place in `span` where a value goes by its name, in the order of the text.
    pub(crate) fn all(&self, span: &Range<usize>) -> Vec<(usize, &'a str)> {
        let all = self.used.iter().chain(&self.bound);
        let mut all: Vec<_> = all.filter(|it| span.contains(&it.0)).copied().collect();
        all.sort_unstable();
        all
    }

    /// The names that the text in `span` takes from a value: `a` of `self.a`.
    pub(crate) fn members(&self, span: &Range<usize>) -> BTreeSet<&'a str> {
        within(&self.members, span).collect()
    }
}

fn within<'a>(names: &[(usize, &'a str)], span: &Range<usize>) -> impl Iterator<Item = &'a str> {
    let start = names.partition_point(|(at, _)| *at < span.start);
    let end = names.partition_point(|(at, _)| *at < span.end);
    names[start..end.max(start)].iter().map(|(_, name)| *name)
}

fn is_name(node: Node<'_>) -> bool {
    matches!(
        node.kind(),
        "identifier"
            | "type_identifier"
            | "shorthand_property_identifier"
            | "shorthand_property_identifier_pattern"
            | "property_identifier"
            | "private_property_identifier"
            | "field_identifier"
    )
}

/// Whether a node in this place of its parent gives a name to something.
fn binds(language: Language, parent: &str, field: Option<&str>) -> bool {
    match language {
        Language::Python => matches!(
            (parent, field),
            (
                "assignment" | "for_statement" | "for_in_clause",
                Some("left")
            ) | (
                "named_expression" | "default_parameter" | "typed_default_parameter",
                Some("name")
            ) | (
                "parameters" | "lambda_parameters" | "typed_parameter" | "as_pattern_target",
                None
            )
        ),
        Language::JavaScript | Language::TypeScript => matches!(
            (parent, field),
            ("variable_declarator", Some("name"))
                | ("formal_parameters", None)
                | ("required_parameter" | "optional_parameter", Some("pattern"))
                | ("arrow_function" | "catch_clause", Some("parameter"))
                | ("for_in_statement" | "assignment_pattern", Some("left"))
        ),
        Language::Rust => matches!(
            (parent, field),
            (
                "let_declaration" | "parameter" | "for_expression" | "let_condition",
                Some("pattern")
            ) | ("closure_parameters", None)
        ),
    }
}

/// Whether a pattern's parts are bound when the pattern is.
fn passes_on(kind: &str, field: Option<&str>) -> bool {
    let pattern = matches!(
        kind,
        "pattern_list"
            | "tuple_pattern"
            | "list_pattern"
            | "list_splat_pattern"
            | "dictionary_splat_pattern"
            | "object_pattern"
            | "array_pattern"
            | "rest_pattern"
            | "pair_pattern"
            | "object_assignment_pattern"
            | "tuple_struct_pattern"
            | "slice_pattern"
            | "reference_pattern"
            | "ref_pattern"
            | "mut_pattern"
    );
    pattern && !matches!(field, Some("type" | "key" | "right"))
}

/// Whether `word` stands in `text` as a whole word: in code, in a string or in a comment.
pub(crate) fn mentions(text: &str, word: &str) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || c == '_' || c == '$';
    !word.is_empty()
        && text.match_indices(word).any(|(at, _)| {
            let before = slice(text, &(0..at)).chars().next_back();
            let after = slice(text, &(at + word.len()..text.len())).chars().next();
            !before.is_some_and(is_part) && !after.is_some_and(is_part)
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::parse;

    fn check(language: Language, source: &str) -> String {
        let tree = parse(language, source).unwrap();
        let names = Names::of(language, tree.root_node(), source);
        let show = |set: BTreeSet<&str>| set.into_iter().collect::<Vec<_>>().join(" ");
        let whole = 0..source.len();
        format!(
            "{} | {}",
            show(names.free(&whole)),
            show(names.members(&whole))
        )
    }

    #[test]
    fn python() {
        let source = "def f(a, b: T = D, *c, k=K):\n    x, y = g(a, key=V)\n    return [i for i in self.z if i is W]\n";
        assert_eq!(check(Language::Python, source), "D K T V W f g self | z");
    }

    #[test]
    fn typescript() {
        let source = "const f = ({ a, b: c }: T, d = D) => { const { e } = g(a); return this.h(e, c, { i, d }) }";
        assert_eq!(check(Language::TypeScript, source), "D T g i | b h");
    }

    #[test]
    fn rust() {
        let source = "fn f(a: T) -> U { let Some(b) = g(a) else { h() }; A::k(b.c, X, |d| d) }";
        assert_eq!(check(Language::Rust, source), "A Some T U X f g h k | c k");
    }

    #[test]
    fn whole_words() {
        assert!(mentions("a = b.c", "b"));
        assert!(!mentions("abc", "b"));
        assert!(!mentions("abc", ""));
    }
}
