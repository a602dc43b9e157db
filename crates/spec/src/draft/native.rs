//! The native form: one document.

use super::{Draft, pairs, today};
use crate::inline::fold;

impl Draft {
    pub(super) fn native(&self) -> String {
        let mut text = format!(
            "# {}\n\n## Overview\n\n{}\n",
            fold(&self.title),
            fold(&self.overview)
        );
        text.push_str(&today(&self.defects));
        text.push_str("\n## Functional Requirements\n");
        for (at, part) in self.parts.iter().enumerate() {
            text.push_str(&format!("\n### FR-{}: {}\n\n", at + 1, fold(&part.title)));
            if !part.opening.is_empty() {
                text.push_str(&format!("{}\n\n", fold(&part.opening)));
            }
            text.push_str(&part.bullets(""));
        }
        text.push_str(&self.constraints());
        text.push_str(&pairs("Decisions", &self.decisions));
        text.push_str(&pairs("Assumptions", &self.assumptions));
        text.push_str(&self.cases());
        text.push_str("\n## Success Criteria\n\n- All tests pass\n");
        if self.has_examples() {
            text.push_str("- Every example in this document holds\n");
        }
        text
    }
}
