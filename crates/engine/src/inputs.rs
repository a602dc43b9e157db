//! Inputs derived from a spec, on which candidates are compared with each other: the examples' arguments,
//! changed a little, one at a time; what the rest of the spec lends; without examples, plain values of the types that the signature
//! names.
//!
//! They judge nothing by themselves, since nobody said what they must give. Most stay close to what the spec
//! shows, so that few lie outside of what the function is for.

mod lent;
mod value;

pub(crate) use value::declared;

use code::Language;
use spec::{Example, FunctionDecl, Spec};

use self::value::Value;

/// Most inputs of one function.
const INPUTS: usize = 96;

/// Most of them with a value that the rest of the spec lends.
const LENT: usize = 24;

/// Most of them that are put together of two examples.
const CROSSED: usize = 40;

/// Most examples from which inputs are derived.
const EXAMPLES: usize = 24;

/// Names that every object of a script has.
const INHERITED: [&str; 2] = ["constructor", "toString"];

/// Calls of `function` with derived arguments, as source text; empty when nothing can be derived.
pub(crate) fn derived(
    language: Language,
    function: &str,
    declared: Option<&FunctionDecl>,
    examples: &[&Example],
    spec: &Spec,
) -> Vec<String> {
    let shown: Vec<Vec<Value>> = examples
        .iter()
        .filter(|it| it.setup.is_empty() && it.call.function == function)
        .filter_map(|it| value::arguments(&it.call.source, function))
        .take(EXAMPLES)
        .collect();
    let lent = declared.map_or_else(Vec::new, |it| lent::lent(spec, it, &shown));
    let derived = if shown.is_empty() {
        declared.map_or_else(Vec::new, |it| from_signature(it, &lent))
    } else {
        let mut all = from_lent(&shown, &lent);
        all.extend(crossed(&shown));
        all.extend(from_examples(&shown));
        all
    };
    let mut calls: Vec<String> = Vec::new();
    let known: Vec<String> = shown
        .iter()
        .map(|it| written(language, function, it))
        .collect();
    for arguments in derived {
        let call = written(language, function, &arguments);
        if calls.len() < INPUTS && !calls.contains(&call) && !known.contains(&call) {
            calls.push(call);
        }
    }
    calls
}

/// Calls of a script's `function` with names that every object has, each in place of a text that its examples give it: who keeps
/// a table in an object finds them there.
pub(crate) fn inherited(language: Language, function: &str, examples: &[&Example]) -> Vec<String> {
    if !matches!(language, Language::JavaScript | Language::TypeScript) {
        return Vec::new();
    }
    let mut all = examples.iter().filter(|it| it.setup.is_empty());
    let Some(shown) = all.find_map(|it| value::arguments(&it.call.source, function)) else {
        return Vec::new();
    };
    let is_text = |place: &usize| matches!(shown[*place], Value::Text(_));
    let places: Vec<usize> = (0..shown.len()).filter(is_text).collect();
    let with = |(place, name): (usize, &str)| {
        let mut arguments = shown.clone();
        arguments[place] = Value::Text(name.to_owned());
        written(language, function, &arguments)
    };
    let names = places
        .iter()
        .flat_map(|place| INHERITED.map(|name| (*place, name)));
    names.map(with).collect()
}

fn written(language: Language, function: &str, arguments: &[Value]) -> String {
    let arguments: Vec<String> = arguments.iter().map(|it| it.source(language)).collect();
    format!("{function}({})", arguments.join(", "))
}

/// Every example with one argument changed, taking turns so that a limit cuts all of them alike.
fn from_examples(shown: &[Vec<Value>]) -> Vec<Vec<Value>> {
    let mut queues: Vec<Vec<Vec<Value>>> = Vec::new();
    for arguments in shown {
        for (place, argument) in arguments.iter().enumerate() {
            let seen: Vec<&Value> = shown.iter().filter_map(|it| it.get(place)).collect();
            let changed = value::variants(argument, &seen).into_iter().map(|it| {
                let mut all = arguments.clone();
                all[place] = it;
                all
            });
            queues.push(changed.collect());
        }
    }
    let longest = queues.iter().map(Vec::len).max().unwrap_or(0);
    (0..longest)
        .flat_map(|turn| queues.iter().filter_map(move |it| it.get(turn).cloned()))
        .collect()
}

/// Every example with one argument that is lent, taking turns.
fn from_lent(shown: &[Vec<Value>], lent: &[Vec<Value>]) -> Vec<Vec<Value>> {
    let longest = lent.iter().map(Vec::len).max().unwrap_or(0);
    let mut found = Vec::new();
    for round in 0..longest {
        for (turn, arguments) in shown.iter().enumerate() {
            for (place, values) in lent.iter().enumerate() {
                if place < arguments.len() && !values.is_empty() && found.len() < LENT {
                    let mut all = arguments.clone();
                    all[place] = values[(round + turn) % values.len()].clone();
                    if !found.contains(&all) {
                        found.push(all);
                    }
                }
            }
        }
    }
    found
}

/// Every example with one argument of another, neighbours first.
fn crossed(shown: &[Vec<Value>]) -> Vec<Vec<Value>> {
    let mut found = Vec::new();
    for offset in 1..shown.len() {
        for (at, arguments) in shown.iter().enumerate() {
            let other = &shown[(at + offset) % shown.len()];
            for place in 0..arguments.len() {
                let Some(value) = other.get(place).filter(|_| arguments.len() > 1) else {
                    continue;
                };
                let mut all = arguments.clone();
                all[place] = value.clone();
                if found.len() < CROSSED && !shown.contains(&all) && !found.contains(&all) {
                    found.push(all);
                }
            }
        }
    }
    found
}

/// What is lent to each parameter and plain values of its type, the first of all, then the second of all, and so on.
fn from_signature(declared: &FunctionDecl, lent: &[Vec<Value>]) -> Vec<Vec<Value>> {
    let Some(signature) = &declared.signature else {
        return Vec::new();
    };
    let columns: Vec<Vec<Value>> = value::parameters(signature)
        .iter()
        .enumerate()
        .map(|(place, (name, kind))| {
            let mut values = lent.get(place).cloned().unwrap_or_default();
            values.extend(value::plain(name, kind));
            values
        })
        .collect();
    let rows = columns.iter().map(Vec::len).max().unwrap_or(0);
    let row = |at: usize| -> Option<Vec<Value>> {
        let pick = |(place, column): (usize, &Vec<Value>)| {
            let length = column.len().checked_sub(1)? + 1;
            Some(column[(at + place * (at / length)) % length].clone())
        };
        columns.iter().enumerate().map(pick).collect()
    };
    (0..rows * columns.len().max(1)).filter_map(row).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use spec::Spec;

    #[test]
    fn names_that_every_object_has_stand_in_place_of_texts() {
        let text = "# T\n\n## Functional Requirements\n\n### FR-1: F\n\n`f(a, b)` in `f.mjs`.\n\n- `f(\"+\", 2)` → `1`\n";
        let spec = Spec::parse("t", text);
        let examples: Vec<&Example> = spec.requirements[0].examples.iter().collect();
        let calls = inherited(Language::JavaScript, "f", &examples);
        assert_eq!(calls, ["f(\"constructor\", 2)", "f(\"toString\", 2)"]);
        assert!(inherited(Language::Python, "f", &examples).is_empty());
        assert!(inherited(Language::JavaScript, "g", &examples).is_empty());
    }

    fn derived(markdown: &str) -> Vec<String> {
        let text = format!("# T\n\n## Functional Requirements\n\n### FR-1: F\n\n{markdown}\n");
        let spec = Spec::parse("t", &text);
        let requirement = &spec.requirements[0];
        let examples: Vec<&Example> = requirement.examples.iter().collect();
        let declared = requirement.function("f");
        super::derived(Language::Python, "f", declared, &examples, &spec)
    }

    #[test]
    fn the_rest_of_the_spec_lends_its_values() {
        let others = "### FR-2: G\n\n`g(items: list, n: int) -> list`\n\n- X\n  - `g([7, 9], 1)` → `[7]`\n  - `g(\"no\", 1)` → `[8, 6]`\n";
        let found = derived(&format!(
            "`f(items: list) -> int`\n\n- X\n  - `f([1])` → `1`\n\n{others}"
        ));
        for call in ["f([7, 9])", "f([9, 7])", "f([7])", "f([8, 6])"] {
            assert!(found.contains(&call.to_owned()), "{call}: {found:?}");
        }
        assert!(!found.iter().any(|it| it.contains("no")), "{found:?}");
        let found = derived(&format!(
            "`f(items: list) -> int`\n\n- X\n  - `f([1, 2])` → `1`\n\n{others}"
        ));
        // What is nearest to its own comes first: one item of its own lists is a lent one.
        assert_eq!(found[..2], ["f([7, 2])", "f([1, 7])"]);
        // Another name is another thing, and without an example of its own the name alone decides.
        let found = derived(&format!("`f(rows: list, items: list) -> int`\n\n{others}"));
        assert!(found.iter().any(|it| it.ends_with("[7, 9])")), "{found:?}");
        assert!(
            !found.iter().any(|it| it.starts_with("f([7, 9]")),
            "{found:?}"
        );
    }

    #[test]
    fn examples_are_changed_one_argument_at_a_time() {
        let found = derived("`f(s: str, n: int) -> str`\n\n- X\n  - `f(\"ab\", 3)` → `\"a\"`\n");
        assert!(found.contains(&"f(\"ba\", 3)".to_owned()), "{found:?}");
        assert!(found.contains(&"f(\"ab\", 4)".to_owned()), "{found:?}");
        assert!(!found.contains(&"f(\"ab\", 3)".to_owned()));
        assert!(
            !found.contains(&"f(\"ab\", -3)".to_owned()),
            "no sign that was not shown"
        );
        assert!(found.len() <= INPUTS);
    }

    #[test]
    fn nested_values_keep_their_shape() {
        let found = derived("`f(x: list) -> int`\n\n- X\n  - `f([(1, 'a'), (2, 'b')])` → `1`\n");
        assert!(
            found.contains(&"f([(2, \"b\"), (1, \"a\")])".to_owned()),
            "{found:?}"
        );
        assert!(found.iter().all(|it| it.starts_with("f([")), "{found:?}");
    }

    #[test]
    fn a_signature_alone_gives_plain_values() {
        let found = derived("`f(s: str, n: int) -> str` does it.\n");
        assert!(found.len() >= 6, "{found:?}");
        assert!(derived("`f(thing: Widget) -> str` does it.\n").is_empty());
        assert!(derived("Nothing is named.\n").is_empty());
    }
}
