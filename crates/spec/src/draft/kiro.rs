//! Kiro's folder form, which cc-sdd shares.

use super::{Draft, Part, Rule, plain, today};
use crate::inline::fold;

impl Draft {
    /// Numbered requirements with numbered criteria; `word` is what the sentence of who wants it is called.
    pub(super) fn kiro(&self, word: &str) -> String {
        let mut text = format!(
            "# Requirements Document\n\n## Introduction\n\n{}: {}\n{}\n## Requirements\n",
            fold(&self.title),
            fold(&self.overview),
            today(&self.defects)
        );
        for (at, part) in self.parts.iter().enumerate() {
            text.push_str(&format!(
                "\n### Requirement {}: {}\n\n",
                at + 1,
                fold(&part.title)
            ));
            let story = part.story();
            if !story.is_empty() {
                text.push_str(&format!("**{word}:** {story}\n\n"));
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
    pub(super) fn bugfix(&self) -> String {
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
}
