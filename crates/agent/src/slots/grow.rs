//! A function of several rules, written rule by rule: a small model that cannot keep six rules at once can often
//! change a right function of five so that it keeps the sixth too. Every step is judged by the examples of the
//! rules so far, so this is for functions whose rules have examples of their own. A function that has one such rule or none, but
//! examples that give something and others that raise an error, is written for the first ones, then so changed that it
//! refuses what the others show.

use std::ops::Range;

use super::{
    AgentError, Bench, FunctionSlot, Neighbour, Route, Rule, SAMPLES_A_ROUND, SlotEvent, Work,
    prompt,
};

/// How freely the answers of a step are drawn after the first.
const TEMPERATURE: f32 = 0.7;

/// What is said of examples that raise an error and stand under no rule of their own.
const REFUSES: &str =
    "It raises the error shown here for what is not valid, and for all of that kind";

impl Work<'_> {
    /// Goes through the rules, and changes the best answer so far wherever it does not keep them. Ends early where not
    /// even the first rules are kept.
    pub(super) fn grow(
        &mut self,
        bench: &mut dyn Bench,
        on: &mut dyn FnMut(SlotEvent),
    ) -> Result<(), AgentError> {
        if self.slot.is_edit() {
            return Ok(());
        }
        let mut grown: Option<usize> = None;
        for (at, Step { asked, told }) in steps(self.slot).iter().enumerate() {
            // Of answers that were there before one may have come as far.
            grown = grown.or_else(|| self.farthest(told).filter(|it| self.keeps(*it, told)));
            if grown.is_some_and(|it| self.keeps(it, told)) {
                continue;
            }
            let text = match grown {
                None => prompt::complete(asked),
                Some(grown) => prompt::keep_also(asked, &self.candidates[grown].file),
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
                grown = self.farthest(told);
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

    /// The candidate for which most examples of these rules hold; of equals the last one, what was asked for them.
    fn farthest(&self, rules: &[Rule]) -> Option<usize> {
        (0..self.candidates.len()).max_by_key(|it| self.holding(*it, rules))
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

/// A step on the way to the whole function.
struct Step {
    /// What is asked for in it.
    asked: FunctionSlot,
    /// All that has been asked for by then.
    told: Vec<Rule>,
}

/// The steps to a function, two at least, or none.
fn steps(slot: &FunctionSlot) -> Vec<Step> {
    let together = together(&slot.rules);
    if together.len() < 2 {
        return by_kind(slot);
    }
    let step = |it: Range<usize>| {
        let told = &slot.rules[..it.end];
        let asked = FunctionSlot {
            rules: slot.rules[it].to_vec(),
            examples: Vec::new(),
            neighbours: near(slot, told),
            ..slot.clone()
        };
        Step {
            asked,
            told: told.to_vec(),
        }
    };
    together.into_iter().map(step).collect()
}

/// Rules that are told together: each with examples, and those without before it. The last ones hold what is left.
fn together(rules: &[Rule]) -> Vec<Range<usize>> {
    let mut all = Vec::new();
    let mut begin = 0;
    for (at, rule) in rules.iter().enumerate() {
        if !rule.examples.is_empty() {
            all.push(begin..at + 1);
            begin = at + 1;
        }
    }
    if let Some(last) = all.last_mut() {
        last.end = rules.len();
    }
    all
}

/// First what the examples give, then the errors that others raise; none where they are all of one kind.
fn by_kind(slot: &FunctionSlot) -> Vec<Step> {
    let of_kind = |all: &[String], errors: bool| -> Vec<String> {
        let wanted = all.iter().filter(|it| it.contains(" raises ") == errors);
        wanted.cloned().collect()
    };
    let rule = |it: &Rule, errors: bool| Rule {
        examples: of_kind(&it.examples, errors),
        ..it.clone()
    };
    let with = |errors: bool| FunctionSlot {
        rules: slot.rules.iter().map(|it| rule(it, errors)).collect(),
        examples: of_kind(&slot.examples, errors),
        ..slot.clone()
    };
    let as_rule = |text: &str, of: &FunctionSlot| Rule {
        text: text.to_owned(),
        examples: {
            let under_rules = of.rules.iter().flat_map(|it| &it.examples);
            of.examples.iter().chain(under_rules).cloned().collect()
        },
    };
    let first = with(false);
    let gives = as_rule("", &first);
    let refuses = as_rule(REFUSES, &with(true));
    if gives.examples.is_empty() || refuses.examples.is_empty() {
        return Vec::new();
    }
    let then = FunctionSlot {
        rules: vec![refuses.clone()],
        examples: Vec::new(),
        ..slot.clone()
    };
    let told = vec![gives, refuses];
    vec![
        Step {
            asked: first,
            told: told[..1].to_vec(),
        },
        Step { asked: then, told },
    ]
}

#[cfg(test)]
mod tests {
    use super::super::tests::slot;
    use super::*;

    #[test]
    fn without_rules_errors_come_after_what_is_given() {
        let bare = FunctionSlot {
            rules: Vec::new(),
            examples: ["f(1) → 1", "f(0) raises ValueError", "f(2) → 4"]
                .map(str::to_owned)
                .to_vec(),
            ..slot("")
        };
        let steps = steps(&bare);
        assert_eq!(steps.len(), 2);
        assert_eq!(steps[0].asked.examples, ["f(1) → 1", "f(2) → 4"]);
        assert_eq!(steps[1].asked.rules[0].examples, ["f(0) raises ValueError"]);
        let told: usize = steps[1].told.iter().map(|it| it.examples.len()).sum();
        assert_eq!(told, 3);
        let of_one_kind = FunctionSlot {
            examples: bare.examples[..1].to_vec(),
            ..bare
        };
        assert!(by_kind(&of_one_kind).is_empty());
    }

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
