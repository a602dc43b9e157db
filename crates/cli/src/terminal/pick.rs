//! Picking what stays of a proposal: hunk by hunk, or file by file.

use std::collections::BTreeSet;

use session::{Changeset, Part, visible};

use super::diff;
use crate::output::{self, BOLD, styled};

/// Asks for each part whether it stays. The outer none is a terminal that closed; the inner one a person who thought better
/// of it.
#[expect(
    clippy::option_option,
    reason = "nobody there and nothing picked are different answers"
)]
pub(super) fn parts(
    changes: &Changeset,
    ask: &mut dyn FnMut(&str) -> Option<String>,
) -> Option<Option<BTreeSet<Part>>> {
    let mut kept = BTreeSet::new();
    for file in changes.files() {
        let hunks = file.choices();
        let count = hunks.len().max(1);
        let mut rest = None;
        for number in 0..count {
            let stays = match rest {
                Some(stays) => stays,
                None => {
                    let shown = match hunks.get(number) {
                        Some(hunk) => hunk.display(),
                        None => file.display(),
                    };
                    output::remark(diff(&shown));
                    let path = file.path.as_str();
                    match asked(&place(path, number, count), ask)? {
                        Picked::One(stays) => stays,
                        Picked::File(stays) => *rest.insert(stays),
                        Picked::Quit => return Some(None),
                    }
                }
            };
            if stays {
                let path = file.path.clone();
                kept.insert(Part { path, number });
            }
        }
    }
    Some(Some(kept))
}

fn place(path: &str, number: usize, count: usize) -> String {
    let path = visible(path);
    match count {
        1 => format!("  {path}: does this stay?"),
        _ => format!("  {path}, {} of {count}: does this stay?", number + 1),
    }
}

enum Picked {
    /// This part.
    One(bool),
    /// This and all others of its file.
    File(bool),
    /// None of it: ask for the whole again.
    Quit,
}

fn asked(question: &str, ask: &mut dyn FnMut(&str) -> Option<String>) -> Option<Picked> {
    let keys = "[y]es  [n]o  [f]ile stays  [d]rop file  [q]uit > ";
    loop {
        let line = ask(&format!("{} {keys}", styled(BOLD, question)))?;
        match line.trim().to_ascii_lowercase().as_str() {
            "y" | "yes" => return Some(Picked::One(true)),
            "n" | "no" => return Some(Picked::One(false)),
            "f" | "file" => return Some(Picked::File(true)),
            "d" | "drop" => return Some(Picked::File(false)),
            "q" | "quit" => return Some(Picked::Quit),
            _ => output::remark("  Type y, n, f, d or q."),
        }
    }
}
