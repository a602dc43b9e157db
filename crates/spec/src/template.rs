//! Beginnings of specs, to be filled in by a person: every place that is open is marked, so that the lint names it.

use serde_json::json;

use crate::inline::fold;
use crate::layout::Dialect;

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

/// What is known of a new spec before any of it is written.
#[derive(Clone, Copy, Debug)]
pub struct Beginning<'a> {
    /// The form that it gets.
    pub dialect: Dialect,
    /// What it is for.
    pub purpose: Purpose,
    /// Its name, as its file or folder has it: `user-login`, and with Spec Kit `001-user-login`.
    pub name: &'a str,
    /// The idea in a person's words; empty where there are none.
    pub idea: &'a str,
    /// The day, as `2026-11-30`.
    pub day: &'a str,
}

/// A document that is to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewDocument {
    /// Its path in the project.
    pub path: String,
    /// What it says.
    pub text: String,
}

impl Beginning<'_> {
    /// The folder of a spec of several documents; with a slash at its end, and empty in the native form.
    fn folder(&self) -> String {
        let name = self.name;
        match self.dialect {
            Dialect::Native | Dialect::Tasks => String::new(),
            Dialect::Kiro | Dialect::CcSdd => format!(".kiro/specs/{name}/"),
            Dialect::SpecKit => format!("specs/{name}/"),
            Dialect::OpenSpecChange => format!("openspec/changes/{name}/"),
            Dialect::OpenSpec => format!("openspec/specs/{name}/"),
        }
    }

    /// Where the document that holds the requirements stands in the project.
    pub fn path(&self) -> String {
        let (folder, name) = (self.folder(), self.name);
        match (self.dialect, self.purpose) {
            (Dialect::Native | Dialect::Tasks, _) => format!("specs/{name}.md"),
            (Dialect::Kiro, Purpose::Bugfix) => format!("{folder}bugfix.md"),
            (Dialect::Kiro | Dialect::CcSdd, _) => format!("{folder}requirements.md"),
            (Dialect::SpecKit | Dialect::OpenSpec, _) => format!("{folder}spec.md"),
            (Dialect::OpenSpecChange, _) => {
                format!("{folder}specs/{}/spec.md", self.capability())
            }
        }
    }

    /// What a change of OpenSpec is about: its name without the word of what is done.
    pub(crate) fn capability(&self) -> &str {
        let (done, what) = self.name.split_once('-').unwrap_or(("", self.name));
        match done {
            "add" | "change" | "fix" | "update" => what,
            _ => self.name,
        }
    }

    pub(crate) fn requirements(&self, text: String) -> NewDocument {
        NewDocument {
            path: self.path(),
            text,
        }
    }

    pub(crate) fn beside(&self, file: &str, text: String) -> NewDocument {
        NewDocument {
            path: format!("{}{file}", self.folder()),
            text,
        }
    }

    /// What cc-sdd keeps of how far its documents are, where this is its form. Nothing is approved: that is a person's to say.
    pub fn state(&self, has_design: bool, has_tasks: bool) -> Option<NewDocument> {
        if self.dialect != Dialect::CcSdd {
            return None;
        }
        let phase = match (has_design, has_tasks) {
            (_, true) => "tasks-generated",
            (true, false) => "design-generated",
            (false, false) => "requirements-generated",
        };
        let made = |generated: bool| json!({"generated": generated, "approved": false});
        let at = format!("{}T00:00:00Z", self.day);
        let state = json!({
            "feature_name": self.name,
            "created_at": at,
            "updated_at": at,
            "language": "en",
            "phase": phase,
            "approvals": {
                "requirements": made(true), "design": made(has_design), "tasks": made(has_tasks),
            },
            "ready_for_implementation": false,
        });
        Some(self.beside("spec.json", format!("{state:#}\n")))
    }

    /// The first lines of a spec of Spec Kit.
    pub(crate) fn spec_kit_head(&self, title: &str) -> String {
        let input = match self.idea.trim() {
            "" => String::new(),
            idea => format!(
                "**Input**: User description: \"{}\"\n",
                fold(idea).replace('"', "'")
            ),
        };
        format!(
            "# Feature Specification: {}\n\n**Feature Branch**: `{}`\n**Created**: {}\n**Status**: Draft\n{input}",
            fold(title),
            self.name,
            self.day
        )
    }
}

/// The documents of a new spec with this title, the one that holds the requirements first.
pub fn template(title: &str, beginning: &Beginning<'_>) -> Vec<NewDocument> {
    let title = &fold(title);
    let requirements = match (beginning.dialect, beginning.purpose) {
        (Dialect::Native | Dialect::Tasks, Purpose::Feature) => feature(title),
        (Dialect::Native | Dialect::Tasks, Purpose::Bugfix) => bugfix(title),
        (Dialect::Native | Dialect::Tasks, Purpose::Quick) => quick(title),
        (Dialect::Kiro, Purpose::Bugfix) => kiro_bugfix(title),
        (Dialect::Kiro, _) => kiro(title, "User Story"),
        (Dialect::CcSdd, _) => kiro(title, "Objective"),
        (Dialect::SpecKit, _) => spec_kit(title, beginning),
        (Dialect::OpenSpecChange, _) => format!("## ADDED Requirements\n{SCENARIOS}"),
        (Dialect::OpenSpec, _) => format!(
            "# {} Specification\n\n## Purpose\n\n{title}: TODO what it is for, for whom, and where it ends.\n\n## Requirements\n{SCENARIOS}",
            beginning.capability()
        ),
    };
    let mut documents = vec![beginning.requirements(requirements)];
    if beginning.dialect == Dialect::OpenSpecChange {
        documents.push(beginning.beside("proposal.md", proposal(title, beginning)));
    }
    documents.extend(beginning.state(false, false));
    documents
}

/// Something new, in the native form.
fn feature(title: &str) -> String {
    format!(
        "# {title}\n\n## Overview\n\nTODO what it is for, and for whom.\n\n## Functional Requirements\n\n### FR-1: TODO Title\n\n\
         `TODO(argument: int) -> int` in `TODO.py`.\n\n- TODO the rule\n  - `TODO(1)` → `2`\n- TODO what happens to wrong input\n\
         \x20 - `TODO(\"x\")` raises `TypeError`\n\n## Non-Functional Requirements\n\n### NFR-1: TODO Title\n\n- TODO a quality with a number or a command\n\n\
         ## Technical Constraints\n\n- Language: TODO\n\n## Testing Requirements\n\n- Test cases:\n  - TODO a case\n  - TODO an error case\n\n\
         ## Dependencies\n\n- None\n\n## Success Criteria\n\n- All tests pass\n- Every example in this document holds\n"
    )
}

/// Something that is wrong, in the native form.
fn bugfix(title: &str) -> String {
    format!(
        "# {title}\n\n## Overview\n\nTODO what goes wrong, and for whom.\n\n## Functional Requirements\n\n\
         ### FR-1: The right behaviour\n\n- WHEN TODO the condition, `TODO(argument)` SHALL TODO what is right\n\n\
         ### FR-2: What stays\n\n- WHEN TODO another condition, `TODO(argument)` SHALL CONTINUE TO TODO what it does today\n\n\
         ## Testing Requirements\n\n- A test that fails before the fix: TODO its name\n\n## Success Criteria\n\n- All tests pass\n"
    )
}

/// Something small, in the native form.
fn quick(title: &str) -> String {
    format!(
        "# {title}\n\n## Functional Requirements\n\n### FR-1: TODO Title\n\n`TODO(argument: int) -> int` in `TODO.py`.\n\n\
         - TODO the rule\n  - `TODO(1)` → `2`\n- TODO what happens to wrong input\n  - `TODO(\"x\")` raises `TypeError`\n\n\
         ## Success Criteria\n\n- All tests pass\n- Every example in this document holds\n"
    )
}

/// In Kiro's form and cc-sdd's, which call the sentence of who wants it by different words.
fn kiro(title: &str, word: &str) -> String {
    format!(
        "# Requirements Document\n\n## Introduction\n\n{title}: TODO what it is for, and for whom.\n\n## Requirements\n\n\
         ### Requirement 1: TODO Title\n\n**{word}:** As a TODO, I want TODO, so that TODO.\n\n#### Acceptance Criteria\n\n\
         1. WHEN TODO the event, THE TODO part SHALL TODO what happens.\n\
         2. IF TODO the input is wrong, THEN THE TODO part SHALL TODO what happens instead.\n"
    )
}

/// Something that is wrong, in Kiro's form.
fn kiro_bugfix(title: &str) -> String {
    format!(
        "# Bugfix Requirements Document\n\n## Introduction\n\n{title}: TODO what goes wrong, and for whom.\n\n\
         ## Bug Analysis\n\n### Current Behavior (Defect)\n\n1.1 WHEN TODO the condition THEN the system TODO what it does wrong\n\n\
         ### Expected Behavior (Correct)\n\n2.1 WHEN TODO the condition THEN the system SHALL TODO what is right\n\n\
         ### Unchanged Behavior (Regression Prevention)\n\n3.1 WHEN TODO another condition THEN the system SHALL CONTINUE TO TODO what must stay\n"
    )
}

/// In Spec Kit's form: a story with its scenarios, and what the whole must do.
fn spec_kit(title: &str, beginning: &Beginning<'_>) -> String {
    format!(
        "{}\n## User Scenarios & Testing *(mandatory)*\n\n### User Story 1 - TODO Title (Priority: P1)\n\n\
         As a TODO, I want TODO, so that TODO.\n\n**Acceptance Scenarios**:\n\n\
         1. **Given** TODO the state, **When** TODO the event, **Then** TODO what happens\n\
         2. **Given** TODO the state, **When** TODO the input is wrong, **Then** TODO what happens instead\n\n\
         ## Requirements *(mandatory)*\n\n### Functional Requirements\n\n- **FR-001**: System MUST TODO\n\n\
         ## Success Criteria *(mandatory)*\n\n### Measurable Outcomes\n\n- **SC-001**: TODO an outcome with a number or a command\n",
        beginning.spec_kit_head(title)
    )
}

/// A requirement of OpenSpec with its scenarios.
const SCENARIOS: &str = "\n### Requirement: TODO Title\n\nThe system SHALL TODO.\n\n\
    #### Scenario: TODO the event\n\n- **WHEN** TODO the event\n- **THEN** TODO what happens\n\n\
    #### Scenario: TODO the input is wrong\n\n- **WHEN** TODO the input is wrong\n- **THEN** TODO what happens instead\n";

/// Why a change of OpenSpec is made, and what it changes.
fn proposal(title: &str, beginning: &Beginning<'_>) -> String {
    format!(
        "# {title}\n\n## Why\n\nTODO what is missing or wrong today, and for whom.\n\n## What Changes\n\n- TODO\n\n\
         ## Impact\n\n- Affected specs: {}\n",
        beginning.capability()
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Code, Spec, lint_spec};

    #[test]
    fn every_template_is_a_spec_whose_open_places_the_lint_names() {
        for purpose in [Purpose::Feature, Purpose::Bugfix, Purpose::Quick] {
            for dialect in Dialect::SPECS {
                let beginning = Beginning {
                    dialect,
                    purpose,
                    name: "add-ledger",
                    idea: "",
                    day: "2026-11-30",
                };
                let documents = template("Ledger  of\nentries", &beginning);
                let text = &documents[0].text;
                assert_eq!(documents[0].path, beginning.path());
                let spec = Spec::parse("ledger", text);
                assert!(!spec.requirements.is_empty(), "{text}");
                assert!(
                    spec.requirements.iter().all(|it| !it.criteria.is_empty()),
                    "{text}"
                );
                let found = lint_spec(&spec, text);
                assert!(
                    found.iter().any(|it| it.code == Code::Placeholder),
                    "{text}"
                );
                for it in documents.iter().filter(|it| it.path.ends_with(".md")) {
                    assert_eq!(crate::format(&it.text), it.text);
                }
            }
        }
    }
}
