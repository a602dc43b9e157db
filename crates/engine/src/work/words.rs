//! What a model is told of a function, in the spec's own words.

use spec::{Criterion, CriterionId, Example, Requirement, RequirementKind, Spec};

use super::Rule;
use crate::checks;

/// Most bytes of the overview that a model is told; more than this explains no words.
const CONTEXT_BYTES_MAX: usize = 1_200;

/// Most general rules that a function is told.
const GENERAL_RULES_MAX: usize = 3;

/// The beginning of the overview, whole sentences on one line.
pub(super) fn context(spec: &Spec) -> String {
    let text = one_line(&spec.overview);
    if text.len() <= CONTEXT_BYTES_MAX {
        return text;
    }
    let ends = text.match_indices(". ").map(|(at, _)| at + 1);
    let end = ends.take_while(|at| *at <= CONTEXT_BYTES_MAX).last();
    text[..end.unwrap_or(0)].to_owned()
}

/// A text up to the end of its first sentence.
pub(super) fn first_sentence(text: &str) -> String {
    let end = text.find(". ").map_or(text.len(), |at| at + 1);
    text[..end].to_owned()
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The requirement's prose without the line that only says which function stands where, which the signature
/// says already.
pub(super) fn purpose(requirement: &Requirement) -> String {
    let declares = |line: &str| {
        let mut parts = line.split('`');
        let plain = parts.next().unwrap_or_default().trim();
        let first = parts.next().unwrap_or_default();
        let declared = requirement
            .functions
            .iter()
            .any(|it| it.signature.as_deref() == Some(first));
        let rest: Vec<&str> = parts.collect();
        let is_place = match rest.as_slice() {
            [tail] => tail.trim_matches(['.', ':', ' ']).is_empty(),
            [joint, _, tail] => {
                joint.trim() == "in" && tail.trim_matches(['.', ':', ' ']).is_empty()
            }
            _ => false,
        };
        plain.is_empty() && declared && is_place
    };
    let paragraphs = requirement.text.split("\n\n").filter(|it| !declares(it));
    let text = one_line(&paragraphs.collect::<Vec<_>>().join(" "));
    if text.is_empty() {
        format!("{}.", requirement.title)
    } else {
        text
    }
}

/// The requirement's rules, each with the examples that stand under it, the NFRs that speak of the function, and
/// the examples that belong to none of them.
pub(super) fn rules(
    spec: &Spec,
    requirement: &Requirement,
    examples: &[&Example],
    speaks_of_it: impl Fn(&str) -> bool,
) -> (Vec<Rule>, Vec<String>) {
    let is_example = |span: &std::ops::Range<usize>| {
        requirement.examples.iter().any(|it| {
            it.span.start >= span.start
                && it.span.end <= span.end
                && it.span.len() * 10 >= span.len() * 7
        })
    };
    let stated = requirement
        .criteria
        .iter()
        .filter(|it| !is_example(&it.span));
    let mut rules: Vec<(Option<&CriterionId>, Rule)> = stated
        .map(|it| (Some(&it.id), rule(one_line(&it.text))))
        .collect();
    let mut others = Vec::new();
    for example in examples {
        let said = checks::readable(example);
        let at = above(requirement, example, &rules);
        match at {
            Some(at) => rules[at].1.examples.push(said),
            None => others.push(said),
        }
    }
    let general = spec
        .requirements
        .iter()
        .filter(|it| it.kind == RequirementKind::NonFunctional && it.examples.is_empty())
        .flat_map(|it| it.criteria.iter().map(|criterion| criterion.text.clone()))
        .filter(|it| speaks_of_it(it));
    rules.extend(general.take(GENERAL_RULES_MAX).map(|it| (None, rule(it))));
    let rules = rules.into_iter().map(|(_, rule)| rule);
    let says_something = |it: &Rule| !it.text.is_empty() && it.text != requirement.title;
    (rules.filter(says_something).collect(), others)
}

/// Whether a rule says that what the function is given stays as it is, or that what it returns is new.
pub(super) fn keeps_arguments(rule: &str) -> bool {
    let rule = rule.to_lowercase();
    let has = |some: &[&str]| some.iter().any(|it| rule.contains(it));
    let of_what_is_given = has(&[
        "given",
        "argument",
        "input",
        "parameter",
        "passed",
        "original",
    ]);
    let never = |verb: &str| {
        let refused = ["not", "not be", "never", "never be", "without"];
        let mut refused = refused.into_iter().map(|it| format!("{it} {verb}"));
        refused.any(|it| rule.contains(&it))
    };
    let stays = ["chang", "modif", "mutat", "alter"].into_iter().any(never)
        || has(&[
            "stays as it is",
            "stay as they are",
            "stays unchanged",
            "stay unchanged",
            "remains unchanged",
            "remain unchanged",
            "change no ",
            "changes no ",
        ]);
    let is_new = |it: &str| {
        let mut returned = ["return", "returns"].into_iter();
        returned.any(|verb| rule.contains(&format!("{verb} a new {it}")))
    };
    let collections = ["dict", "list", "array", "object", "set", "map"];
    let gives_new = collections.into_iter().any(is_new);
    of_what_is_given && stays || gives_new
}

fn rule(text: String) -> Rule {
    Rule {
        text,
        examples: Vec::new(),
    }
}

/// The position of the rule that the example stands under.
fn above(
    requirement: &Requirement,
    example: &Example,
    rules: &[(Option<&CriterionId>, Rule)],
) -> Option<usize> {
    criteria_over(requirement, example).find_map(|own| {
        rules
            .iter()
            .position(|(rule, it)| *rule == Some(&own.id) && !it.text.is_empty())
    })
}

/// The criterion that an example stands under, then those around it, from the inside out.
pub(super) fn criteria_over<'a>(
    requirement: &'a Requirement,
    example: &Example,
) -> impl Iterator<Item = &'a Criterion> {
    let find = |id: &CriterionId| requirement.criteria.iter().find(|it| it.id == *id);
    let own = example.criterion.as_ref().and_then(find);
    std::iter::successors(own, move |it| it.parent.as_ref().and_then(find))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_given_stays_where_a_rule_says_so() {
        for rule in [
            "Return a new list; the given list stays as it is",
            "The functions change no list and no item that they are given",
            "It does not modify its arguments",
            "The given dictionary SHALL not be changed",
            "WHEN an item is new THEN the system SHALL return a new dictionary with it",
            "Sorts without altering the original",
        ] {
            assert!(keeps_arguments(rule), "{rule}");
        }
        for rule in [
            "Return the text unchanged when it has at most `width` characters",
            "Add the given name to the list; the others stay as they were",
            "An item that is done already stays done",
            "Return a new name for the given item",
        ] {
            assert!(!keeps_arguments(rule), "{rule}");
        }
    }
}
