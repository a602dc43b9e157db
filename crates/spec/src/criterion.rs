//! Criteria, and how each can be checked.

use std::borrow::Cow;
use std::ops::Range;

use crate::id::{CriterionId, ExampleId};
use crate::lint::is_ears;
use crate::measure::{self, Measure, TestName};

/// One statement that must hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Criterion {
    /// Its id: `FR-1.2`, `SC-1`, `T-1`.
    pub id: CriterionId,
    /// The statement on one line, as written.
    pub text: String,
    /// The criterion whose bullet encloses this one's.
    pub parent: Option<CriterionId>,
    /// The label that encloses it, such as `Test cases`, where that is no criterion itself.
    pub group: Option<String>,
    /// The examples on its bullet or directly under it.
    pub examples: Vec<ExampleId>,
    /// Whether it is a scenario: given, when, then.
    pub is_scenario: bool,
    /// How it is checked.
    pub check: Check,
    /// What measures it; only for [`Check::Measured`].
    pub measure: Option<Measure>,
    /// Why it is checked so, in a sentence for people.
    pub why: Cow<'static, str>,
    /// Sixteen hexadecimal digits that change when its words or its examples do.
    pub fingerprint: String,
    /// The bytes of its bullet.
    pub span: Range<usize>,
}

/// How a criterion is checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Check {
    /// By running its examples.
    Compiled,
    /// By running a known command, or by a test of the project that is named for it.
    Measured,
    /// By a person.
    Manual,
}

/// Where a criterion stands, which decides what may measure it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    Functional,
    /// What goes wrong today, in a bugfix.
    Defect,
    NonFunctional,
    Testing,
    Success,
}

impl Criterion {
    /// Decides how the criterion is checked, from its examples, its place and its words.
    pub(crate) fn settle(&mut self, place: Place) {
        let measure = self.measured_by(place);
        (self.check, self.why) = match (&measure, self.examples.as_slice()) {
            (_, [only]) => (
                Check::Compiled,
                format!("Kiro runs its example {only}.").into(),
            ),
            (_, [first, .., last]) => (
                Check::Compiled,
                format!(
                    "Kiro runs its {} examples, {first} to {last}.",
                    self.examples.len()
                )
                .into(),
            ),
            (Some(measure), []) => (Check::Measured, measure.why()),
            (None, []) => (Check::Manual, reason_for_a_person(&self.text, place).into()),
        };
        self.measure = measure.filter(|_| self.check == Check::Measured);
    }

    fn measured_by(&self, place: Place) -> Option<Measure> {
        let whole = match place {
            Place::Functional => Measure::of_part(&self.text),
            Place::Defect => None,
            Place::NonFunctional | Place::Testing | Place::Success => Measure::of(&self.text),
        };
        whole.or_else(|| self.shown_by(place).map(Measure::Test))
    }

    /// The test that can show it, where it says something that a test can: what happens when, or a number's limit.
    fn shown_by(&self, place: Place) -> Option<TestName> {
        let text = &self.text;
        match place {
            Place::Testing => {
                let group = self.group.as_deref()?.to_lowercase();
                let is_list = ["case", "scenario"].iter().any(|it| group.contains(it));
                is_list.then(|| TestName::of_case(text))?
            }
            Place::Functional | Place::NonFunctional => {
                let says = self.is_scenario || is_ears(text) || measure::has_limit(text);
                let is_shown = says && !text.ends_with(':') && !measure::times_nothing(text);
                is_shown.then(|| TestName::of_id(&self.id))
            }
            Place::Defect | Place::Success => None,
        }
    }
}

fn reason_for_a_person(text: &str, place: Place) -> &'static str {
    let lower = text.to_lowercase();
    if lower.ends_with(':') {
        "It introduces the points under it; confirm it when they hold."
    } else if place == Place::Defect {
        "It tells what goes wrong today; the clauses of the right behaviour are what is checked."
    } else if lower.contains("coverage") {
        "It asks for more than coverage, or gives no share; write a criterion such as \"Code coverage ≥ 80 %\" alone, or confirm it."
    } else if measure::times_nothing(text) {
        "It limits a time and names no call or command that could be timed; name one in backticks, as in \"`f(1)` takes < 200 ms p95\", or confirm it."
    } else if place == Place::Functional {
        "No example shows it; add one under it, such as `f(1)` → `2`, or confirm it."
    } else if lower.contains("test") && lower.contains("example") && lower.contains("pass") {
        "It asks for two measurements, tests and examples; write a criterion for each, or confirm it."
    } else {
        "Kiro knows no command that measures it; name one in backticks and with \"passes\", or confirm it."
    }
}
