//! Beginnings of specs, to be filled in by a person: every place that is open is marked, so that the lint names it.

/// What a new spec is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Something new.
    Feature,
    /// Something that is wrong: how it is, how it should be, what must stay.
    Bugfix,
    /// Something small.
    Quick,
}

/// A new spec with this title: in the native form, or in Kiro's, where a bugfix has a form of its own.
pub fn template(title: &str, purpose: Purpose, in_kiro_form: bool) -> String {
    let title = crate::inline::fold(title);
    match (purpose, in_kiro_form) {
        (Purpose::Bugfix, true) => format!(
            "# Bugfix Requirements Document\n\n## Introduction\n\n{title}: TODO what goes wrong, and for whom.\n\n\
             ## Bug Analysis\n\n### Current Behavior (Defect)\n\n1.1 WHEN TODO the condition THEN the system TODO what it does wrong\n\n\
             ### Expected Behavior (Correct)\n\n2.1 WHEN TODO the condition THEN the system SHALL TODO what is right\n\n\
             ### Unchanged Behavior (Regression Prevention)\n\n3.1 WHEN TODO another condition THEN the system SHALL CONTINUE TO TODO what must stay\n"
        ),
        (_, true) => format!(
            "# Requirements Document\n\n## Introduction\n\n{title}: TODO what it is for, and for whom.\n\n## Requirements\n\n\
             ### Requirement 1: TODO Title\n\n**User Story:** As a TODO, I want TODO, so that TODO.\n\n#### Acceptance Criteria\n\n\
             1. WHEN TODO the event, THE TODO part SHALL TODO what happens.\n\
             2. IF TODO the input is wrong, THEN THE TODO part SHALL TODO what happens instead.\n"
        ),
        (Purpose::Bugfix, false) => format!(
            "# {title}\n\n## Overview\n\nTODO what goes wrong, and for whom.\n\n## Functional Requirements\n\n\
             ### FR-1: The right behaviour\n\n- WHEN TODO the condition, `TODO(argument)` SHALL TODO what is right\n\n\
             ### FR-2: What stays\n\n- WHEN TODO another condition, `TODO(argument)` SHALL CONTINUE TO TODO what it does today\n\n\
             ## Testing Requirements\n\n- A test that fails before the fix: TODO its name\n\n## Success Criteria\n\n- All tests pass\n"
        ),
        (Purpose::Quick, false) => format!(
            "# {title}\n\n## Functional Requirements\n\n### FR-1: TODO Title\n\n`TODO(argument: int) -> int` in `TODO.py`.\n\n\
             - TODO the rule\n  - `TODO(1)` → `2`\n- TODO what happens to wrong input\n  - `TODO(\"x\")` raises `TypeError`\n\n\
             ## Success Criteria\n\n- All tests pass\n- Every example in this document holds\n"
        ),
        (Purpose::Feature, false) => format!(
            "# {title}\n\n## Overview\n\nTODO what it is for, and for whom.\n\n## Functional Requirements\n\n### FR-1: TODO Title\n\n\
             `TODO(argument: int) -> int` in `TODO.py`.\n\n- TODO the rule\n  - `TODO(1)` → `2`\n- TODO what happens to wrong input\n\
             \x20 - `TODO(\"x\")` raises `TypeError`\n\n## Non-Functional Requirements\n\n### NFR-1: TODO Title\n\n- TODO a quality with a number or a command\n\n\
             ## Technical Constraints\n\n- Language: TODO\n\n## Testing Requirements\n\n- Test cases:\n  - TODO a case\n  - TODO an error case\n\n\
             ## Dependencies\n\n- None\n\n## Success Criteria\n\n- All tests pass\n- Every example in this document holds\n"
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Code, Spec, lint_spec};

    #[test]
    fn every_template_is_a_spec_whose_open_places_the_lint_names() {
        for purpose in [Purpose::Feature, Purpose::Bugfix, Purpose::Quick] {
            for in_kiro_form in [false, true] {
                let text = template("Ledger  of\nentries", purpose, in_kiro_form);
                let spec = Spec::parse("ledger", &text);
                assert!(!spec.requirements.is_empty(), "{text}");
                assert!(
                    spec.requirements.iter().all(|it| !it.criteria.is_empty()),
                    "{text}"
                );
                let found = lint_spec(&spec, &text);
                assert!(
                    found.iter().any(|it| it.code == Code::Placeholder),
                    "{text}"
                );
                assert_eq!(crate::format(&text), text);
            }
        }
    }
}
