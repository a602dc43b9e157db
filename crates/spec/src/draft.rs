//! Specs put together from answers: what a model said of an idea, in small pieces, becomes a document whose shape is the
//! program's own.

use crate::inline::fold;
use crate::template::Purpose;

/// What is known of a spec that is to be written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Draft {
    /// Its title.
    pub title: String,
    /// What it is for, in a few sentences.
    pub overview: String,
    /// The language of its code, as people name it; empty when none was decided.
    pub language: String,
    /// Its requirements, in order.
    pub parts: Vec<Part>,
    /// Of a bugfix, what goes wrong today: a condition and what happens.
    pub defects: Vec<(String, String)>,
    /// What was taken for granted: a question and the answer that was assumed.
    pub assumptions: Vec<(String, String)>,
    /// What a person answered: a question and the answer.
    pub decisions: Vec<(String, String)>,
    /// Names of cases that tests must show.
    pub cases: Vec<String>,
}

/// One requirement.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Part {
    /// Its title.
    pub title: String,
    /// What it is about, as a sentence's subject: `` the function `slugify` ``.
    pub subject: String,
    /// What stands first under it: the function or program, its file, what it is for.
    pub opening: String,
    /// For whom it is, what they want, and why; empty where the form has no such sentence.
    pub story: [String; 3],
    /// Its criteria, refusals included.
    pub rules: Vec<Rule>,
}

/// One criterion.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rule {
    /// The condition, without its keyword; empty when it always holds.
    pub when: String,
    /// What happens then, after SHALL.
    pub shall: String,
    /// Whether the condition is an unwanted one.
    pub refuses: bool,
    /// Whether it is how things are today and must stay.
    pub stays: bool,
    /// Its examples, each as a bullet of a spec.
    pub examples: Vec<String>,
}

impl Rule {
    /// The statement in EARS.
    fn statement(&self, subject: &str) -> String {
        let when = plain(&self.when, &["when ", "if ", "whenever "]);
        let when = when.trim_end_matches([',', '.']);
        let shall = plain(&self.shall, &["shall ", "must ", "should ", "will "]);
        let shall = shall.trim_end_matches('.');
        let stays = if self.stays { "CONTINUE TO " } else { "" };
        match (when.is_empty(), self.refuses) {
            (true, _) => format!("{} SHALL {stays}{shall}.", capital(subject)),
            (_, true) => format!("IF {when}, THEN {subject} SHALL {stays}{shall}."),
            (_, false) => format!("WHEN {when}, {subject} SHALL {stays}{shall}."),
        }
    }
}

/// A text on one line, without what it repeats of the sentence that it is put into.
fn plain(text: &str, openings: &[&str]) -> String {
    let text = fold(text);
    let lower = text.to_lowercase();
    let opening = openings.iter().find(|it| lower.starts_with(**it));
    opening.map_or(text.clone(), |it| text[it.len()..].to_owned())
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    let first = chars.next().map(char::to_uppercase);
    first.map_or_else(String::new, |it| it.chain(chars).collect())
}

fn pairs(title: &str, all: &[(String, String)]) -> String {
    if all.is_empty() {
        return String::new();
    }
    let lines: String = all
        .iter()
        .map(|(question, answer)| format!("- {} {}\n", fold(question), fold(answer)))
        .collect();
    format!("\n## {title}\n\n{lines}")
}

impl Draft {
    /// The document that holds the requirements: in the native form, or in Kiro's.
    pub fn requirements(&self, purpose: Purpose, in_kiro_form: bool) -> String {
        let text = match (purpose, in_kiro_form) {
            (Purpose::Bugfix, true) => self.bugfix(),
            (_, true) => self.kiro(),
            (_, false) => self.native(),
        };
        crate::format(&text)
    }

    fn native(&self) -> String {
        let mut text = format!(
            "# {}\n\n## Overview\n\n{}\n",
            fold(&self.title),
            fold(&self.overview)
        );
        if !self.defects.is_empty() {
            text.push_str("\nToday:\n\n");
            for (when, what) in &self.defects {
                let (when, what) = (plain(when, &["when "]), fold(what));
                text.push_str(&format!(
                    "- when {}, {}\n",
                    when.trim_end_matches([',', '.']),
                    what.trim_end_matches('.')
                ));
            }
        }
        text.push_str("\n## Functional Requirements\n");
        for (at, part) in self.parts.iter().enumerate() {
            text.push_str(&format!("\n### FR-{}: {}\n\n", at + 1, fold(&part.title)));
            if !part.opening.is_empty() {
                text.push_str(&format!("{}\n\n", fold(&part.opening)));
            }
            for rule in &part.rules {
                text.push_str(&format!("- {}\n", rule.statement(&part.subject)));
                for example in &rule.examples {
                    text.push_str(&format!("  - {example}\n"));
                }
            }
        }
        if !self.language.is_empty() {
            text.push_str(&format!(
                "\n## Technical Constraints\n\n- Language: {}\n",
                self.language
            ));
        }
        text.push_str(&pairs("Decisions", &self.decisions));
        text.push_str(&pairs("Assumptions", &self.assumptions));
        if !self.cases.is_empty() {
            text.push_str("\n## Testing Requirements\n\n- Test cases:\n");
            for case in &self.cases {
                text.push_str(&format!("  - {}\n", fold(case)));
            }
        }
        text.push_str("\n## Success Criteria\n\n- All tests pass\n");
        if self.has_examples() {
            text.push_str("- Every example in this document holds\n");
        }
        text
    }

    fn has_examples(&self) -> bool {
        let mut rules = self.parts.iter().flat_map(|it| &it.rules);
        rules.any(|it| !it.examples.is_empty())
    }

    fn kiro(&self) -> String {
        let mut text = format!(
            "# Requirements Document\n\n## Introduction\n\n{}: {}\n\n## Requirements\n",
            fold(&self.title),
            fold(&self.overview)
        );
        for (at, part) in self.parts.iter().enumerate() {
            text.push_str(&format!(
                "\n### Requirement {}: {}\n\n",
                at + 1,
                fold(&part.title)
            ));
            let [who, want, why] = &part.story;
            if !who.is_empty() {
                let who = plain(who, &["as a ", "as an ", "as the ", "a ", "an ", "the "]);
                let want = plain(want, &["i want ", "want "]);
                let why = plain(why, &["so that "]);
                let article = if who.starts_with(['a', 'e', 'i', 'o', 'u']) {
                    "an"
                } else {
                    "a"
                };
                let (want, why) = (want.trim_end_matches(['.', ',']), why.trim_end_matches('.'));
                text.push_str(&format!(
                    "**User Story:** As {article} {who}, I want {want}, so that {why}.\n\n"
                ));
            }
            if !part.opening.is_empty() {
                text.push_str(&format!("{}\n\n", fold(&part.opening)));
            }
            text.push_str("#### Acceptance Criteria\n\n");
            for (number, rule) in part.rules.iter().enumerate() {
                text.push_str(&format!(
                    "{}. {}\n",
                    number + 1,
                    rule.statement(&part.subject)
                ));
                for example in &rule.examples {
                    text.push_str(&format!("   - {example}\n"));
                }
            }
        }
        text
    }

    /// The clauses of what is wrong, what is right, and what stays.
    fn bugfix(&self) -> String {
        let mut text = format!(
            "# Bugfix Requirements Document\n\n## Introduction\n\n{}: {}\n\n## Bug Analysis\n\n### Current Behavior (Defect)\n",
            fold(&self.title),
            fold(&self.overview)
        );
        for (at, (when, what)) in self.defects.iter().enumerate() {
            let (when, what) = (plain(when, &["when "]), fold(what));
            let (when, what) = (
                when.trim_end_matches([',', '.']),
                what.trim_end_matches('.'),
            );
            text.push_str(&format!("\n1.{} WHEN {when} THEN {what}\n", at + 1));
        }
        let rules: Vec<(&Part, &Rule)> = self
            .parts
            .iter()
            .flat_map(|part| part.rules.iter().map(move |rule| (part, rule)))
            .collect();
        for (title, number, stays) in [
            ("Expected Behavior (Correct)", 2, false),
            ("Unchanged Behavior (Regression Prevention)", 3, true),
        ] {
            text.push_str(&format!("\n### {title}\n"));
            let opening = self.parts.first().map_or("", |it| it.opening.as_str());
            if number == 2 && !opening.is_empty() {
                text.push_str(&format!("\n{}\n", fold(opening)));
            }
            let own = rules.iter().filter(|(_, rule)| rule.stays == stays);
            for (at, (part, rule)) in own.enumerate() {
                let statement = rule.statement(&part.subject);
                let statement = statement.trim_end_matches('.');
                let examples = match rule.examples.is_empty() {
                    true => String::new(),
                    false => format!(": {}", rule.examples.join("; ")),
                };
                text.push_str(&format!("\n{number}.{} {statement}{examples}\n", at + 1));
            }
        }
        text
    }

    /// The design that Kiro's form keeps in a document of its own.
    pub fn design(&self) -> String {
        let mut text = format!(
            "# Design Document\n\n## Overview\n\n{}\n\n## Components and Interfaces\n\n",
            fold(&self.overview)
        );
        for part in &self.parts {
            let opening = if part.opening.is_empty() {
                &part.title
            } else {
                &part.opening
            };
            text.push_str(&format!("- {}\n", fold(opening)));
        }
        let refusals = self.parts.iter().flat_map(|part| {
            let refusals = part.rules.iter().filter(|it| it.refuses);
            refusals.map(move |it| it.statement(&part.subject))
        });
        let refusals: Vec<String> = refusals.collect();
        if !refusals.is_empty() {
            text.push_str("\n## Error Handling\n\n");
            refusals
                .iter()
                .for_each(|it| text.push_str(&format!("- {it}\n")));
        }
        text.push_str(&pairs("Decisions", &self.decisions));
        text.push_str(&pairs("Assumptions", &self.assumptions));
        if !self.cases.is_empty() {
            text.push_str("\n## Testing Strategy\n\n- Test cases:\n");
            self.cases
                .iter()
                .for_each(|it| text.push_str(&format!("  - {}\n", fold(it))));
        }
        crate::format(&text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Check, Spec, lint_spec};

    fn draft() -> Draft {
        let rule = |when: &str, shall: &str, refuses, stays, example: &str| Rule {
            when: when.to_owned(),
            shall: shall.to_owned(),
            refuses,
            stays,
            examples: vec![example.to_owned()],
        };
        Draft {
            title: "Slugs".to_owned(),
            overview: "Titles become parts of addresses.".to_owned(),
            language: "Python 3".to_owned(),
            parts: vec![Part {
                title: "Slugs of titles".to_owned(),
                subject: "the function `slugify`".to_owned(),
                opening: "`slugify(text: str) -> str` in `slugs.py` makes a slug.".to_owned(),
                story: [
                    "author",
                    "I want readable addresses",
                    "people can share them",
                ]
                .map(str::to_owned),
                rules: vec![
                    rule(
                        "When text has capital letters,",
                        "shall make them small.",
                        false,
                        false,
                        "`slugify(\"A\")` → `\"a\"`",
                    ),
                    rule(
                        "text is empty",
                        "raise ValueError",
                        true,
                        false,
                        "`slugify(\"\")` raises `ValueError`",
                    ),
                    rule(
                        "text is small",
                        "give it back",
                        false,
                        true,
                        "`slugify(\"b\")` → `\"b\"`",
                    ),
                ],
            }],
            defects: vec![(
                "text has capital letters".to_owned(),
                "they stay".to_owned(),
            )],
            assumptions: vec![("Which separator?".to_owned(), "A dash.".to_owned())],
            decisions: Vec::new(),
            cases: Vec::new(),
        }
    }

    #[test]
    fn every_form_of_a_draft_is_a_spec_without_remarks() {
        for purpose in [Purpose::Feature, Purpose::Bugfix, Purpose::Quick] {
            for in_kiro_form in [false, true] {
                let text = draft().requirements(purpose, in_kiro_form);
                let spec = Spec::parse("slugs", &text);
                let codes: Vec<_> = lint_spec(&spec, &text)
                    .iter()
                    .map(|it| it.code.as_str())
                    .collect();
                assert_eq!(codes, [""; 0], "{text}");
                assert_eq!(spec.examples().count(), 3, "{text}");
                assert!(
                    spec.criteria().any(|it| it.check == Check::Compiled),
                    "{text}"
                );
                assert_eq!(crate::format(&text), text);
            }
        }
        assert!(
            draft()
                .design()
                .contains("IF text is empty, THEN the function `slugify` SHALL raise ValueError.")
        );
    }

    #[test]
    fn what_a_model_repeats_of_the_sentence_is_not_said_twice() {
        let text = draft().requirements(Purpose::Feature, false);
        assert!(
            text.contains(
                "- WHEN text has capital letters, the function `slugify` SHALL make them small.\n"
            ),
            "{text}"
        );
        assert!(text.contains("SHALL CONTINUE TO give it back."), "{text}");
        let kiro = draft().requirements(Purpose::Feature, true);
        assert!(
            kiro.contains(
                "As an author, I want readable addresses, so that people can share them."
            ),
            "{kiro}"
        );
    }
}
