//! Suggestions while a person types: what the built-in model would put at the cursor. It is asked on this machine only, keeps
//! nothing, and a newer question ends an older one.

use std::sync::{Mutex, MutexGuard, PoisonError};

use change::RelPath;
use model::Cancel;
use model_local::Gap;

use crate::documents;
use crate::error::{Kind, SessionError};
use crate::models;
use crate::places::{Environment, Project};
use crate::secrets;

/// Bytes before and after the cursor that the model reads: more would take longer than anybody waits.
const BEFORE: usize = 1_500;
const AFTER: usize = 500;
/// Most tokens of a suggestion.
const TOKENS_MAX: u32 = 48;

/// Where a person types.
#[derive(Clone, Debug)]
pub struct Cursor {
    /// The file, relative to the project; none for one without a name.
    pub path: Option<String>,
    /// The text before the cursor, or its end.
    pub before: String,
    /// The text after it, or its beginning.
    pub after: String,
}

/// Knows the question that is under way.
#[derive(Default)]
pub struct Inline {
    under_way: Mutex<Cancel>,
}

impl Inline {
    /// What the built-in model would put at the cursor; empty when nothing.
    ///
    /// # Errors
    /// When the model is not here, cannot fill gaps, or the question was taken back or followed by another; and when the file is
    /// one that models are not shown.
    pub fn suggest(
        &self,
        cursor: &Cursor,
        environment: &Environment,
        cancel: &Cancel,
    ) -> Result<String, SessionError> {
        std::mem::replace(&mut *lock(&self.under_way), cancel.clone()).cancel();
        let project = Project::around(environment)?;
        let gate = documents::gate(&project, environment)?;
        let path = cursor.path.as_deref().map(RelPath::parse).transpose();
        let path = path.map_err(SessionError::input)?;
        if let Some(reason) = path.as_ref().and_then(|it| gate.hidden_by(it)) {
            return Err(SessionError::new(Kind::Refused, reason.to_string()));
        }
        let redactor = secrets::redactor(&project, environment)?;
        let before = redactor.redact(last(&cursor.before, BEFORE)).into_owned();
        let after = redactor.redact(first(&cursor.after, AFTER)).into_owned();
        if before.trim().is_empty() {
            return Ok(String::new());
        }
        let model = models::open_local(environment, models::built_in(), cancel)?;
        let gap = Gap {
            before: &before,
            after: &after,
            max_tokens: TOKENS_MAX,
            stop: &stops(&after),
        };
        let filled = model.fill(&gap, cancel).map_err(models::failed)?;
        Ok(useful(&filled, &after).to_owned())
    }
}

fn lock<T>(slot: &Mutex<T>) -> MutexGuard<'_, T> {
    slot.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The end of a text, from the beginning of a line where one begins there.
fn last(text: &str, bytes: usize) -> &str {
    if text.len() <= bytes {
        return text;
    }
    let cut = &text[text.ceil_char_boundary(text.len() - bytes)..];
    cut.find('\n').map_or(cut, |at| &cut[at + 1..])
}

/// The beginning of a text, to the end of a line where one ends there.
fn first(text: &str, bytes: usize) -> &str {
    if text.len() <= bytes {
        return text;
    }
    let cut = &text[..text.floor_char_boundary(bytes)];
    cut.rfind('\n').map_or(cut, |at| &cut[..=at])
}

/// What ends a suggestion: within a line its end, else an empty line.
fn stops(after: &str) -> Vec<String> {
    let rest = after.lines().next().unwrap_or_default();
    match rest.trim().is_empty() {
        true => vec!["\n\n".to_owned()],
        false => vec!["\n".to_owned()],
    }
}

/// A suggestion without what stands behind the cursor already, and without white space at its end.
fn useful<'t>(text: &'t str, after: &str) -> &'t str {
    let (text, next) = (text.trim_end(), after.trim());
    let line = next.lines().next().unwrap_or_default().trim_end();
    let shown = text.trim_start();
    match shown == next || shown == line {
        true => "",
        false => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_lines_around_the_cursor_are_read() {
        assert_eq!(last("one\ntwo\nthree", 9), "three");
        assert_eq!(last("one", 9), "one");
        assert_eq!(last("no line ends here", 4), "here");
        assert_eq!(last("äöü", 3), "ü", "no letter is cut");
        assert_eq!(first("one\ntwo\nthree", 9), "one\ntwo\n");
        assert_eq!(first("äöü", 3), "ä");
    }

    #[test]
    fn within_a_line_a_suggestion_ends_with_it() {
        assert_eq!(stops(")\n"), ["\n"]);
        assert_eq!(stops("\nnext"), ["\n\n"]);
        assert_eq!(stops(""), ["\n\n"]);
    }

    #[test]
    fn what_stands_there_already_is_no_suggestion() {
        assert_eq!(useful("a + b\n", "\n\ndef g():"), "a + b");
        assert_eq!(useful("return x", "  return x\nmore"), "");
        assert_eq!(useful("  \n", "x"), "");
    }
}
