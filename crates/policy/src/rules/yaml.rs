//! YAML with limits, read into one shape, and errors that show the place.

use change::unknown_word;
use serde::Deserialize;
use serde_saphyr::{Error, Location, Spanned};

use super::error::RulesError;

/// Largest rules file, in bytes.
const BYTES_MAX: usize = 1 << 20;
/// How deep lists and keys may stand in each other.
const DEPTH_MAX: usize = 64;
/// How many anchors, and how many uses of them, a file may have.
const ALIASES_MAX: usize = 64;
/// How many values all those uses may stand for together.
const REPLAYED_MAX: usize = 10_000;

/// A rules file that is being read.
#[derive(Clone, Copy)]
pub(super) struct Source<'a> {
    pub(super) file: &'a str,
    pub(super) text: &'a str,
}

impl Source<'_> {
    /// Reads the whole file; one without content is the default.
    pub(super) fn read<T: Default + for<'de> Deserialize<'de>>(self) -> Result<T, RulesError> {
        if self.text.len() > BYTES_MAX {
            let why = format!("it is larger than {BYTES_MAX} bytes");
            return Err(RulesError::at(self.file, "", 0, 0, why));
        }
        if is_blank(self.text) {
            return Ok(T::default());
        }
        serde_saphyr::from_str_with_options(self.text, options())
            .map_err(|error| self.error(&error))
    }

    /// An error at a value that was read.
    pub(super) fn wrong<T>(self, value: &Spanned<T>, why: impl Into<String>) -> RulesError {
        self.at(value.referenced, why)
    }

    fn at(self, place: Location, why: impl Into<String>) -> RulesError {
        let number = |it: u64| usize::try_from(it).unwrap_or(0);
        let (line, column) = (number(place.line()), number(place.column()));
        RulesError::at(self.file, self.text, line, column, why)
    }

    fn error(self, error: &Error) -> RulesError {
        let error = error.without_snippet();
        self.at(error.location().unwrap_or(Location::UNKNOWN), words(error))
    }
}

fn options() -> serde_saphyr::Options {
    let mut options = serde_saphyr::Options::default();
    options.strict_booleans = true;
    options.with_snippet = false;
    options.merge_keys = serde_saphyr::MergeKeyPolicy::Error;
    options.alias_limits.max_total_replayed_events = REPLAYED_MAX;
    options.alias_limits.max_alias_expansions_per_anchor = ALIASES_MAX;
    let mut budget = options.budget.take().unwrap_or_default();
    budget.max_aliases = ALIASES_MAX;
    budget.max_anchors = ALIASES_MAX;
    budget.max_depth = DEPTH_MAX;
    budget.flow_nesting_limit = DEPTH_MAX;
    options.budget = Some(budget);
    options
}

fn is_blank(text: &str) -> bool {
    text.lines()
        .all(|line| line.trim().is_empty() || line.trim_start().starts_with('#'))
}

/// The error in the user's words.
fn words(error: &Error) -> String {
    match error {
        Error::SerdeUnknownField {
            field, expected, ..
        } => unknown_word("key", field, expected),
        Error::SerdeUnknownVariant {
            variant, expected, ..
        } => unknown_word("word", variant, expected),
        Error::DuplicateMappingKey { key, .. } => {
            let key = key.as_deref().unwrap_or("a key");
            format!("«{key}» stands here twice; keep one")
        }
        other => {
            let text = other.to_string();
            let text = text.split(" at line ").next().unwrap_or_default();
            match text {
                "expected mapping start" => "keys with values are expected here".to_owned(),
                "expected sequence start" => "a list is expected here, such as `- item`".to_owned(),
                other if other.starts_with("invalid u64") => {
                    "a whole number is expected here, such as 10".to_owned()
                }
                other => other.to_owned(),
            }
        }
    }
}
