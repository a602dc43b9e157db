//! Specs put together from answers: what a model said of an idea, in small pieces, becomes a document whose shape is the
//! program's own.

mod kiro;
mod native;
mod open_spec;
mod spec_kit;

use crate::inline::fold;
use crate::layout::Dialect;
use crate::template::{Beginning, NewDocument, Purpose};

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
        let when = self.condition();
        match (when.is_empty(), self.refuses) {
            (true, _) => format!("{}.", self.does(&capital(subject))),
            (_, true) => format!("IF {when}, THEN {}.", self.does(subject)),
            (_, false) => format!("WHEN {when}, {}.", self.does(subject)),
        }
    }

    /// The condition, without its keyword and the mark after it.
    fn condition(&self) -> String {
        let when = plain(&self.when, &["when ", "if ", "whenever "]);
        when.trim_end_matches([',', '.']).to_owned()
    }

    /// What the subject does, without the mark at its end.
    fn does(&self, subject: &str) -> String {
        let shall = plain(&self.shall, &["shall ", "must ", "should ", "will "]);
        let stays = if self.stays { "CONTINUE TO " } else { "" };
        format!("{subject} SHALL {stays}{}", shall.trim_end_matches('.'))
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

/// What goes wrong today, as bullets under a word that says so; nothing where nothing does.
fn today(defects: &[(String, String)]) -> String {
    if defects.is_empty() {
        return String::new();
    }
    let mut text = "\nToday:\n\n".to_owned();
    for (when, what) in defects {
        let (when, what) = (plain(when, &["when "]), fold(what));
        text.push_str(&format!(
            "- when {}, {}\n",
            when.trim_end_matches([',', '.']),
            what.trim_end_matches('.')
        ));
    }
    text
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

impl Part {
    /// What is said of it first: its opening, or its title where there is none.
    fn told(&self) -> String {
        match self.opening.is_empty() {
            true => fold(&self.title),
            false => fold(&self.opening),
        }
    }

    /// Its rules as bullets this deep, with their examples below.
    fn bullets(&self, indent: &str) -> String {
        let mut text = String::new();
        for rule in &self.rules {
            text.push_str(&format!("{indent}- {}\n", rule.statement(&self.subject)));
            for example in &rule.examples {
                text.push_str(&format!("{indent}  - {example}\n"));
            }
        }
        text
    }

    /// The sentence of who wants it and why; empty where nothing was said.
    fn story(&self) -> String {
        let [who, want, why] = &self.story;
        if who.is_empty() {
            return String::new();
        }
        let who = plain(who, &["as a ", "as an ", "as the ", "a ", "an ", "the "]);
        let want = plain(want, &["i want ", "want "]);
        let why = plain(why, &["so that "]);
        let article = if who.starts_with(['a', 'e', 'i', 'o', 'u']) {
            "an"
        } else {
            "a"
        };
        let (want, why) = (want.trim_end_matches(['.', ',']), why.trim_end_matches('.'));
        match why.starts_with("to ") {
            true => format!("As {article} {who}, I want {want}, {why}."),
            false => format!("As {article} {who}, I want {want}, so that {why}."),
        }
    }
}

impl Draft {
    /// The documents of a new spec, the one that holds the requirements first.
    pub fn documents(&self, beginning: &Beginning<'_>) -> Vec<NewDocument> {
        let requirements = beginning.requirements(self.requirements(beginning));
        let beside = match beginning.dialect {
            Dialect::Native | Dialect::Tasks | Dialect::OpenSpec | Dialect::SpecKit => Vec::new(),
            Dialect::Kiro | Dialect::CcSdd => vec![("design.md", self.design())],
            Dialect::OpenSpecChange => vec![
                ("proposal.md", self.proposal(beginning)),
                ("design.md", self.design()),
            ],
        };
        let beside = beside
            .into_iter()
            .map(|(file, text)| beginning.beside(file, text));
        std::iter::once(requirements).chain(beside).collect()
    }

    /// The document that holds the requirements.
    pub fn requirements(&self, beginning: &Beginning<'_>) -> String {
        let text = match (beginning.dialect, beginning.purpose) {
            (Dialect::Native | Dialect::Tasks, _) => self.native(),
            (Dialect::Kiro, Purpose::Bugfix) => self.bugfix(),
            (Dialect::Kiro, _) => self.kiro("User Story"),
            (Dialect::CcSdd, _) => self.kiro("Objective"),
            (Dialect::SpecKit, _) => self.spec_kit(beginning),
            (Dialect::OpenSpecChange, _) => self.delta(),
            (Dialect::OpenSpec, _) => self.open_spec(beginning),
        };
        crate::format(&text)
    }

    /// The language, in a section of its own.
    fn constraints(&self) -> String {
        match self.language.as_str() {
            "" => String::new(),
            language => format!("\n## Technical Constraints\n\n- Language: {language}\n"),
        }
    }

    /// The cases that tests must show, in a section of their own.
    fn cases(&self) -> String {
        if self.cases.is_empty() {
            return String::new();
        }
        let cases: String = self
            .cases
            .iter()
            .map(|it| format!("  - {}\n", fold(it)))
            .collect();
        format!("\n## Testing Requirements\n\n- Test cases:\n{cases}")
    }

    fn has_examples(&self) -> bool {
        let mut rules = self.parts.iter().flat_map(|it| &it.rules);
        rules.any(|it| !it.examples.is_empty())
    }

    /// The design that Kiro's form keeps in a document of its own.
    pub fn design(&self) -> String {
        let mut text = format!(
            "# Design Document\n\n## Overview\n\n{}\n\n## Components and Interfaces\n\n",
            fold(&self.overview)
        );
        for part in &self.parts {
            text.push_str(&format!("- {}\n", part.told()));
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

    fn beginning(dialect: Dialect, purpose: Purpose) -> Beginning<'static> {
        Beginning {
            dialect,
            purpose,
            name: "add-slugs",
            idea: "make \"slugs\" of\ntitles",
            day: "2026-11-30",
        }
    }

    #[test]
    fn every_form_of_a_draft_is_a_spec_without_remarks() {
        for purpose in [Purpose::Feature, Purpose::Bugfix, Purpose::Quick] {
            for dialect in Dialect::SPECS {
                let documents = draft().documents(&beginning(dialect, purpose));
                let text = &documents[0].text;
                let spec = Spec::parse("slugs", text);
                let codes: Vec<_> = lint_spec(&spec, text)
                    .iter()
                    .map(|it| it.code.as_str())
                    .collect();
                assert_eq!(codes, [""; 0], "{text}");
                assert_eq!(spec.examples().count(), 3, "{text}");
                assert!(
                    spec.criteria().any(|it| it.check == Check::Compiled),
                    "{text}"
                );
                for it in &documents {
                    assert_eq!(crate::format(&it.text), it.text);
                }
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
        let text = draft().requirements(&beginning(Dialect::Native, Purpose::Feature));
        assert!(
            text.contains(
                "- WHEN text has capital letters, the function `slugify` SHALL make them small.\n"
            ),
            "{text}"
        );
        assert!(text.contains("SHALL CONTINUE TO give it back."), "{text}");
        let kiro = draft().requirements(&beginning(Dialect::Kiro, Purpose::Feature));
        assert!(
            kiro.contains(
                "As an author, I want readable addresses, so that people can share them."
            ),
            "{kiro}"
        );
    }
}
