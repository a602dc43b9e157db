//! GitHub Spec Kit's form.

use super::{Draft, pairs, today};
use crate::inline::fold;
use crate::template::Beginning;

impl Draft {
    /// The stories say who wants what; every rule stands once, under its functional requirement.
    pub(super) fn spec_kit(&self, beginning: &Beginning<'_>) -> String {
        let mut text = beginning.spec_kit_head(&self.title);
        text.push_str(&format!(
            "\n## Overview\n\n{}\n{}",
            fold(&self.overview),
            today(&self.defects)
        ));
        text.push_str("\n## User Scenarios & Testing *(mandatory)*\n");
        for (at, part) in self.parts.iter().enumerate() {
            let story = part.story();
            let gap = if story.is_empty() { "" } else { " " };
            text.push_str(&format!(
                "\n**{}** (Priority: P{}): {story}{gap}Its acceptance scenarios are the rules of FR-{:03}.\n",
                fold(&part.title),
                (at + 1).min(3),
                at + 1
            ));
        }
        text.push_str("\n## Requirements *(mandatory)*\n\n### Functional Requirements\n\n");
        for (at, part) in self.parts.iter().enumerate() {
            text.push_str(&format!("- **FR-{:03}**: {}\n", at + 1, part.told()));
            text.push_str(&part.bullets("  "));
        }
        text.push_str(&self.constraints());
        text.push_str(&self.cases());
        text.push_str("\n## Success Criteria *(mandatory)*\n\n### Measurable Outcomes\n\n- **SC-001**: All tests pass\n");
        if self.has_examples() {
            text.push_str("- **SC-002**: Every example in this document holds\n");
        }
        if !self.decisions.is_empty() {
            text.push_str(&format!(
                "\n## Clarifications\n\n### Session {}\n\n",
                beginning.day
            ));
            for (question, answer) in &self.decisions {
                text.push_str(&format!("- Q: {} → A: {}\n", fold(question), fold(answer)));
            }
        }
        text.push_str(&pairs("Assumptions", &self.assumptions));
        text
    }
}
