//! OpenSpec's forms: a change with its delta, and a spec that stands.

use super::{Draft, capital, pairs, today};
use crate::inline::fold;
use crate::template::Beginning;

impl Draft {
    /// What a change adds to the specs.
    pub(super) fn delta(&self) -> String {
        format!("## ADDED Requirements\n{}", self.scenarios())
    }

    /// A spec that stands.
    pub(super) fn open_spec(&self, beginning: &Beginning<'_>) -> String {
        format!(
            "# {} Specification\n\n## Purpose\n\n{}: {}\n{}{}{}\n## Requirements\n{}",
            beginning.capability(),
            fold(&self.title),
            fold(&self.overview),
            today(&self.defects),
            pairs("Decisions", &self.decisions),
            pairs("Assumptions", &self.assumptions),
            self.scenarios()
        )
    }

    /// Why a change is made, and what it changes.
    pub(super) fn proposal(&self, beginning: &Beginning<'_>) -> String {
        let mut text = format!(
            "# {}\n\n## Why\n\n{}\n{}\n## What Changes\n\n",
            fold(&self.title),
            fold(&self.overview),
            today(&self.defects)
        );
        for part in &self.parts {
            text.push_str(&format!("- {}\n", part.told()));
        }
        text.push_str(&format!(
            "\n## Impact\n\n- Affected specs: {}\n",
            beginning.capability()
        ));
        crate::format(&text)
    }

    /// The requirements, each rule as a scenario of one.
    fn scenarios(&self) -> String {
        let mut text = String::new();
        for part in &self.parts {
            text.push_str(&format!(
                "\n### Requirement: {}\n\n{} SHALL keep every scenario below. {}\n",
                fold(&part.title),
                capital(&part.subject),
                fold(&part.opening)
            ));
            for rule in &part.rules {
                let (when, does) = (rule.condition(), rule.does(&part.subject));
                let name = if when.is_empty() { "always" } else { &when };
                text.push_str(&format!("\n#### Scenario: {}\n\n", capital(name)));
                if !when.is_empty() {
                    text.push_str(&format!("- **WHEN** {when}\n"));
                }
                text.push_str(&format!("- **THEN** {does}\n"));
                for example in &rule.examples {
                    text.push_str(&format!("  - {example}\n"));
                }
            }
        }
        text
    }
}
