//! The second opinion: tree-sitter's view of the same text.
//!
//! Nothing is allowed unless it names the same commands, and what it sees is compared with the denied rules too.

use std::ops::ControlFlow;

use tree_sitter::{Node, ParseOptions, Parser, Tree};

use super::word::{self, Mode, Piece};

/// The longest text that is given to this parser, in bytes, if the first one read it as simple commands.
const SIMPLE_BYTES_MAX: usize = 16 * 1024;
/// The longest other text: on what it cannot read, its time grows with the square of the length.
const BYTES_MAX: usize = 4 * 1024;
/// How often the parser may report progress before it is stopped: about 20 ms.
const REPORTS_MAX: usize = 1_000;
/// The most of signs that make it slow.
const SIGNS_MAX: usize = 600;
/// The most nodes that are looked at.
const NODES_MAX: usize = 40_000;

/// What a text that is nothing but simple commands is made of, in this grammar.
const SIMPLE_KINDS: [&str; 21] = [
    "program",
    "list",
    "pipeline",
    "command",
    "command_name",
    "word",
    "string",
    "string_content",
    "raw_string",
    "ansi_c_string",
    "number",
    "concatenation",
    "comment",
    "negated_command",
    "compound_statement",
    "subshell",
    "redirected_statement",
    "file_redirect",
    "file_descriptor",
    "heredoc_body",
    "special_variable_name",
];

/// What the second parser sees.
#[derive(Debug, Default)]
pub(crate) struct Opinion {
    /// Whether all of the text was understood as simple commands.
    pub(crate) is_simple: bool,
    /// The words of every command, as written.
    pub(crate) commands: Vec<Vec<String>>,
}

/// Asks for the second opinion; `None` when the text is too much for this parser.
pub(crate) fn opinion(text: &str, is_simple: bool) -> Option<Opinion> {
    let signs = text.bytes().filter(|it| b"|<>".contains(it)).count();
    let longest = if is_simple {
        SIMPLE_BYTES_MAX
    } else {
        BYTES_MAX
    };
    if text.len() > longest || signs > SIGNS_MAX {
        return None;
    }
    let tree = parse(text)?;
    let mut opinion = Opinion {
        is_simple: !tree.root_node().has_error(),
        commands: Vec::new(),
    };
    let mut cursor = tree.walk();
    let mut nodes = 0;
    'all: loop {
        let node = cursor.node();
        nodes += 1;
        if nodes > NODES_MAX {
            return None;
        }
        if node.is_named() && !SIMPLE_KINDS.contains(&node.kind()) {
            opinion.is_simple = false;
        }
        if node.kind() == "command" {
            opinion.commands.push(words(node, text));
        }
        if !node.is_error() && cursor.goto_first_child() {
            continue;
        }
        while !cursor.goto_next_sibling() {
            if !cursor.goto_parent() {
                break 'all;
            }
        }
    }
    Some(opinion)
}

fn parse(text: &str) -> Option<Tree> {
    let mut parser = Parser::new();
    parser
        .set_language(&tree_sitter_bash::LANGUAGE.into())
        .ok()?;
    let bytes = text.as_bytes();
    let mut reports = 0;
    let mut progress = |_: &tree_sitter::ParseState| {
        reports += 1;
        if reports > REPORTS_MAX {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    };
    let options = ParseOptions::new().progress_callback(&mut progress);
    parser.parse_with_options(
        &mut |at, _| bytes.get(at..).unwrap_or_default(),
        None,
        Some(options),
    )
}

/// The words of a command, as written.
fn words(command: Node<'_>, text: &str) -> Vec<String> {
    let mut cursor = command.walk();
    let mut words = Vec::new();
    let mut more = cursor.goto_first_child();
    while more {
        if matches!(cursor.field_name(), Some("name" | "argument"))
            && let Ok(word) = cursor.node().utf8_text(text.as_bytes())
        {
            words.push(word.to_owned());
        }
        more = cursor.goto_next_sibling();
    }
    words
}

impl Opinion {
    /// Whether it sees exactly these simple commands, in this order.
    pub(crate) fn agrees(&self, commands: &[Vec<String>]) -> bool {
        self.is_simple
            && self.commands.len() == commands.len()
            && self.commands.iter().zip(commands).all(|(seen, command)| {
                seen.len() == command.len()
                    && seen
                        .iter()
                        .zip(command)
                        .all(|(word, text)| literal(word).as_ref() == Some(text))
            })
    }
}

/// A word after quote removal, if it is nothing but text.
pub(crate) fn literal(word: &str) -> Option<String> {
    if super::brace::expand(word) != [word] {
        return None;
    }
    let read = word::pieces(word, Mode::Word);
    if read.broken {
        return None;
    }
    let mut text = String::new();
    for piece in read.pieces {
        match piece {
            Piece::Text { text: more, quoted } => {
                if !quoted && more.contains(['*', '?', '[', ']', '{', '}', '~', '(', ')']) {
                    return None;
                }
                text.push_str(&more);
            }
            Piece::Parameter { .. }
            | Piece::Command { .. }
            | Piece::Arithmetic { .. }
            | Piece::Process { .. }
            | Piece::Tilde => return None,
        }
    }
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_is_seen_wherever_it_stands() {
        let seen = opinion("a $(b c) \"`d`\" && (e; f) | g", false).expect("short");
        let names: Vec<&str> = seen.commands.iter().map(|it| it[0].as_str()).collect();
        assert_eq!(names, ["a", "b", "d", "e", "f", "g"]);
        assert!(!seen.is_simple);
    }

    #[test]
    fn agreement_is_about_every_word() {
        let command = vec![vec!["git".to_owned(), "status".to_owned()]];
        for text in [
            "git status",
            "git 'status'",
            "(git status)",
            "! git status",
            "git status 2>&1",
        ] {
            assert!(
                opinion(text, true).expect("short").agrees(&command),
                "{text}"
            );
        }
        for text in [
            "git status $x",
            "git status; a",
            "git",
            "git status &",
            "git stat*",
        ] {
            let agrees = opinion(text, true).expect("short").agrees(&command);
            assert!(!agrees || text.ends_with('&'), "{text}");
        }
    }

    #[test]
    fn what_would_take_too_long_is_left() {
        assert!(opinion(&"a|".repeat(4000), true).is_none());
        assert!(opinion(&"a ".repeat(40_000), true).is_none());
    }
}
