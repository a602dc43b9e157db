//! Commands of a shell: what a text could run, and whether it may.
//!
//! [`CommandRules::judge_command`] reads a text with a real grammar and answers with a [`CommandVerdict`]. What is
//! denied is looked for generously: in every branch, substitution, wrapper, nested shell and interpreter, with
//! variables followed as far as they are known. What is allowed is read strictly: two parsers must see the same
//! literal words, and the answer carries them as a [`Plan`], so that what was judged is what is started, without
//! a shell. Everything between the two asks.
//!
//! Time is bounded by limits on size, nesting and steps, not by a clock: the verdict on a text is always the same.

mod approval;
mod brace;
mod denied;
mod editors;
mod escape;
mod expand;
mod getopt;
mod git;
mod glob_match;
mod grammar;
mod interpreters;
mod judge;
mod nest;
mod output;
mod parameter;
mod plan;
mod prescan;
mod reach;
mod rough;
mod runners;
mod second;
mod shells;
mod simple;
mod value;
mod walk;
mod word;
mod wrappers;

pub use approval::{CommandPattern, PatternScope, offers};
pub use denied::CommandRuleError;
pub use judge::{Analysis, Answer, CommandRules, CommandVerdict};
pub use plan::{Invocation, Part, Plan};
pub use walk::{Hit, Seen};

pub(crate) use denied::base_name;

/// The words of a text as written, cut at blanks outside of quotes.
pub(crate) fn word_list(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut quote: Option<char> = None;
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match (c, quote) {
            ('\\', None | Some('"')) => {
                word.push(c);
                word.extend(chars.next());
                continue;
            }
            ('\'' | '"', None) => quote = Some(c),
            (c, Some(open)) if c == open => quote = None,
            (c, None) if c.is_whitespace() => {
                if !word.is_empty() {
                    words.push(std::mem::take(&mut word));
                }
                continue;
            }
            _ => {}
        }
        word.push(c);
    }
    if !word.is_empty() {
        words.push(word);
    }
    words
}
