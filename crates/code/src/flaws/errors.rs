//! Errors that nobody sees, and certificates that nobody looks at.

use tree_sitter::Node;

use crate::tree::{children, is_comment, parts};

use super::{FlawKind, Search};

/// A comment with so many words says why.
const REASON_WORDS: usize = 3;

impl<'t> Search<'_, 't> {
    /// Looks whether a node catches every error and does nothing.
    pub(super) fn swallowed(&mut self, node: Node<'t>) {
        let is = match node.kind() {
            "except_clause" => self.is_silent_except(node),
            "catch_clause" => {
                let body = node.child_by_field_name("body");
                body.is_some_and(|it| parts(it).is_empty() && !self.gives_a_reason(it))
            }
            "call_expression" => self.is_silent_catch(node),
            _ => false,
        };
        if is {
            self.add(FlawKind::ErrorSwallowed, node);
        }
    }

    fn is_silent_except(&self, node: Node<'t>) -> bool {
        let all = parts(node);
        let Some((body, caught)) = all.split_last() else {
            return false;
        };
        let any = caught.iter().all(|it| {
            let text = self.text(*it);
            let name = text.split(" as ").next().unwrap_or(text).trim();
            matches!(name, "Exception" | "BaseException")
        });
        let silent = parts(*body).iter().all(|it| {
            it.kind() == "pass_statement"
                || it.kind() == "continue_statement"
                || self.text(*it).trim() == "..."
        });
        any && silent && !self.gives_a_reason(*body) && !self.gives_a_reason(node)
    }

    /// `.catch(() => {})`.
    fn is_silent_catch(&self, node: Node<'t>) -> bool {
        let (name, object) = self.callee(node);
        if name != "catch" || object.is_none() {
            return false;
        }
        let arguments = node.child_by_field_name("arguments").map(parts);
        let Some([only]) = arguments.as_deref() else {
            return false;
        };
        let body = only.child_by_field_name("body");
        body.is_some_and(|it| {
            it.kind() == "statement_block" && parts(it).is_empty() && !self.gives_a_reason(it)
        })
    }

    fn gives_a_reason(&self, body: Node<'t>) -> bool {
        children(body)
            .into_iter()
            .any(|it| is_comment(it) && self.text(it).split_whitespace().count() > REASON_WORDS)
    }

    /// Looks whether a node switches the look at certificates off.
    pub(super) fn unchecked(&mut self, node: Node<'t>) {
        let field = |name: &str| node.child_by_field_name(name).map(|it| self.text(it));
        let off = match node.kind() {
            "keyword_argument" => {
                (field("name"), field("value")) == (Some("verify"), Some("False"))
            }
            "pair" => {
                let key = field("key").map(|it| it.trim_matches(['\'', '"']));
                (key, field("value")) == (Some("rejectUnauthorized"), Some("false"))
            }
            "attribute" => self.text(node) == "ssl._create_unverified_context",
            "call_expression" => {
                let arguments = node.child_by_field_name("arguments");
                self.callee(node).0 == "danger_accept_invalid_certs"
                    && arguments.is_some_and(|it| self.text(it) == "(true)")
            }
            _ => false,
        };
        if off {
            self.add(FlawKind::TlsUnchecked, node);
        }
    }
}
