//! Where candidates are tried, and what is said of them.

use super::AgentError;

/// What stands between a failed example and the reason.
pub const BUT: &str = ", but: ";

/// What the checks said of one candidate.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Trial {
    /// Checks that passed.
    pub passed: u32,
    /// Checks that failed, each with the reason in a few lines. Where it is an example of the slot, the example as it
    /// stands there, [`BUT`], and the reason.
    pub failures: Vec<String>,
    /// What the candidate did on each derived input, in their order; empty when there are none.
    pub behaviour: Vec<Behaviour>,
    /// Derived inputs on which it broke down, as a person reads them.
    pub breakdowns: Vec<String>,
}

/// What a candidate did on one input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Behaviour {
    /// It gave this value, as text.
    Gave(String),
    /// It raised this error, which the spec speaks of.
    Refused(String),
    /// It broke down with this error, or did not end.
    Failed(String),
}

impl Trial {
    /// Whether there were checks and all passed.
    pub fn is_green(&self) -> bool {
        self.passed > 0 && self.failures.is_empty()
    }

    /// Whether no check speaks against it.
    pub(super) fn is_possible(&self) -> bool {
        self.failures.is_empty()
    }

    /// How many of these examples hold: those that no failure begins with.
    pub(super) fn holding<'a>(&self, examples: impl Iterator<Item = &'a String>) -> usize {
        let fails = |example: &&String| {
            let begins = |it: &String| {
                let rest = it.strip_prefix(example.as_str());
                rest.is_some_and(|it| it.starts_with(BUT))
            };
            self.failures.iter().any(begins)
        };
        let holding = examples.filter(|it| !fails(it)).count();
        // A file that does not load fails once, and in no example's name.
        holding.min(self.passed as usize)
    }
}

/// The bench could not check a candidate at all.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct BenchError(pub String);

/// Where candidates are tried: someone who can write the file, run the slot's checks, and watch what it does
/// on derived inputs.
pub trait Bench {
    /// Tries the file's whole new text.
    ///
    /// # Errors
    /// When the checks could not be run; a check that fails is no error.
    fn check(&mut self, file: &str) -> Result<Trial, BenchError>;

    /// The file's text as the language's own compiler proposes, should it refuse this one and know better.
    ///
    /// # Errors
    /// When the compiler could not be asked.
    fn corrected(&mut self, _file: &str) -> Result<Option<String>, BenchError> {
        Ok(None)
    }

    /// Looks for the fault elsewhere: this is the best of several answers that all fail alike. Gives the file's text
    /// without the answer, if a function that it calls was at fault and is mended.
    ///
    /// # Errors
    /// When that could not be tried.
    fn mend(&mut self, _answer: &str) -> Result<Option<String>, AgentError> {
        Ok(None)
    }
}
