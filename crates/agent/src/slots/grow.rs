//! A function of several rules, written rule by rule: a small model that cannot keep six rules at once can often
//! change a right function of five so that it keeps the sixth too. Every step is judged by the examples of the
//! rules so far, so this is for functions whose rules have examples of their own.

use std::ops::Range;

use super::{
    AgentError, Bench, FunctionSlot, Neighbour, Route, Rule, SAMPLES_A_ROUND, SlotEvent, Work,
    prompt,
};

/// How freely the answers of a step are drawn after the first.
const TEMPERATURE: f32 = 0.7;

impl Work<'_> {
    /// Goes through the rules, and changes the best answer so far wherever it does not keep them. Ends early where not
    /// even the first rules are kept.
    pub(super) fn grow(
        &mut self,
        bench: &mut dyn Bench,
        on: &mut dyn FnMut(SlotEvent),
    ) -> Result<(), AgentError> {
        let slot = self.slot;
        let steps = steps(&slot.rules);
        if steps.len() < 2 || slot.is_edit() {
            return Ok(());
        }
        let mut grown: Option<usize> = None;
        for (at, step) in steps.iter().enumerate() {
            let told = &slot.rules[..step.end];
            if grown.is_some_and(|it| self.keeps(it, told)) {
                continue;
            }
            let part = FunctionSlot {
                rules: slot.rules[step.clone()].to_vec(),
                examples: Vec::new(),
                neighbours: near(slot, told),
                ..slot.clone()
            };
            let text = match grown {
                None => prompt::complete(&part),
                Some(grown) => prompt::keep_also(&part, &self.candidates[grown].file),
            };
            let parent = grown;
            for (draws, temperature) in [(0..=0, 0.0), (1..=SAMPLES_A_ROUND, TEMPERATURE)] {
                let routes = draws.map(|draw| Route::Grown { step: at + 1, draw });
                let question = self.code(routes.collect(), text.clone(), temperature);
                let answers = self.ask(question, bench, on)?;
                // Where the first answer is the code as it was, draws are too.
                if !answers.is_empty() && answers.iter().all(|it| Some(*it) == parent) {
                    return Ok(());
                }
                let all = grown.into_iter().chain(answers);
                // The last of equals: what was asked for this rule.
                grown = all.max_by_key(|it| self.holding(*it, told));
                if grown.is_some_and(|it| self.keeps(it, told)) {
                    break;
                }
            }
            let keeps_some = |it: usize| self.holding(it, told) > 0;
            if !grown.is_some_and(keeps_some) {
                break;
            }
        }
        Ok(())
    }

    /// How many examples of these rules hold for a candidate.
    fn holding(&self, candidate: usize, rules: &[Rule]) -> usize {
        let examples = rules.iter().flat_map(|it| &it.examples);
        self.candidates[candidate].trial.holding(examples)
    }

    fn keeps(&self, candidate: usize, rules: &[Rule]) -> bool {
        let all: usize = rules.iter().map(|it| it.examples.len()).sum();
        self.holding(candidate, rules) == all
    }
}

/// The neighbours that these rules speak of, and those of which no rule does. Who is shown a neighbour of a later rule makes
/// a case for it that nobody asked for.
fn near(slot: &FunctionSlot, rules: &[Rule]) -> Vec<Neighbour> {
    let is_told =
        |it: &&Neighbour| speaks(rules, &it.function) || !speaks(&slot.rules, &it.function);
    slot.neighbours.iter().filter(is_told).cloned().collect()
}

/// Whether a name is among the words of rules or of their examples.
fn speaks(rules: &[Rule], name: &str) -> bool {
    let is_gap = |c: char| !c.is_alphanumeric() && !matches!(c, '_' | '$');
    let texts = rules
        .iter()
        .flat_map(|it| [&it.text].into_iter().chain(&it.examples));
    texts.flat_map(|it| it.split(is_gap)).any(|it| it == name)
}

/// Rules that are told together: each with examples, and those without before it. The last step holds what is left.
fn steps(rules: &[Rule]) -> Vec<Range<usize>> {
    let mut steps = Vec::new();
    let mut begin = 0;
    for (at, rule) in rules.iter().enumerate() {
        if !rule.examples.is_empty() {
            steps.push(begin..at + 1);
            begin = at + 1;
        }
    }
    if let Some(last) = steps.last_mut() {
        last.end = rules.len();
    }
    steps
}

#[cfg(test)]
mod tests {
    use super::super::tests::slot;
    use super::*;

    #[test]
    fn a_step_is_told_of_the_neighbours_of_its_rules() {
        let rule = |text: &str, example: &str| Rule {
            text: text.to_owned(),
            examples: vec![example.to_owned()],
        };
        let neighbour = |name: &str| Neighbour {
            function: name.to_owned(),
            ..slot("").neighbours[0].clone()
        };
        let slot = FunctionSlot {
            rules: vec![
                rule("Take `half(n)`", "double(2) → 4"),
                rule("Else all halves", "double(third(3)) → 2"),
            ],
            neighbours: ["half", "third", "hal", "fourth"].map(neighbour).to_vec(),
            ..slot("")
        };
        let names = |upto: usize| -> Vec<String> {
            let near = near(&slot, &slot.rules[..upto]);
            near.into_iter().map(|it| it.function).collect()
        };
        assert_eq!(names(1), ["half", "hal", "fourth"]);
        assert_eq!(names(2), ["half", "third", "hal", "fourth"]);
    }
}
