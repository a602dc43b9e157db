//! Values that the rest of a spec lends to a function: what others are called with under a name that is a parameter of its own
//! too, and what functions give that looks like an argument of its own. They are what it will be called with when all is put
//! together, so they tell answers apart where the function's own examples do not.

use code::Language;
use spec::{Example, Expect, FunctionDecl, Spec};

use super::value::{self, Value};

/// Most examples of other functions that are looked at.
const EXAMPLES: usize = 400;

/// Most values of one parameter.
const VALUES: usize = 24;

/// How many lent items are put into lists of its own.
const GRAFTS: usize = 4;

/// How many changed forms of each go along.
const VARIANTS: usize = 2;

/// For each parameter of `declared` the values that are lent to it; `shown` are the arguments of its own examples.
pub(super) fn lent(spec: &Spec, declared: &FunctionDecl, shown: &[Vec<Value>]) -> Vec<Vec<Value>> {
    let places = declared.parameters().into_iter().enumerate();
    places
        .map(|(place, name)| {
            let own: Vec<&Value> = shown.iter().filter_map(|it| it.get(place)).collect();
            let mut found = Vec::new();
            for (example, other) in others(spec, &declared.name).take(EXAMPLES) {
                for (it, is_named) in values(example, other, name) {
                    let fits = match own.is_empty() {
                        true => is_named,
                        false => own.iter().any(|one| is_alike(one, &it)),
                    };
                    if fits && (is_named || matches!(it, Value::List(_) | Value::Table(_))) {
                        found.push(it);
                    }
                }
            }
            chosen(found, &own)
        })
        .collect()
}

/// The arguments and the answer of an example, and whether each stands under this name.
fn values(example: &Example, other: &FunctionDecl, name: &str) -> Vec<(Value, bool)> {
    let given = value::arguments(&example.call.source, &other.name).unwrap_or_default();
    let names = other.parameters();
    let given = given.into_iter().enumerate();
    let mut all: Vec<(Value, bool)> = given
        .map(|(at, it)| (it, names.get(at) == Some(&name)))
        .collect();
    if let Expect::Value(source) = &example.expect {
        all.extend(value::literal(source).map(|it| (it, false)));
    }
    all
}

/// The values with their nearest changed forms, once each; first those that hold a sign which no own example holds.
fn chosen(found: Vec<Value>, own: &[&Value]) -> Vec<Value> {
    let written = |it: &Value| it.source(Language::Python);
    let known: String = own.iter().map(|it| written(it)).collect();
    let is_new = |it: &Value| written(it).contains(|c| !known.contains(c));
    let (mut first, rest): (Vec<Value>, Vec<Value>) = found.into_iter().partition(is_new);
    let items = first.iter().flat_map(|it| match it {
        Value::List(items) => items.as_slice(),
        _ => &[],
    });
    let mut values = grafted(own, items.filter(|it| is_new(it)));
    first.extend(rest);
    for it in first {
        let changed = value::variants(&it, own).into_iter().take(VARIANTS);
        for one in std::iter::once(it.clone()).chain(changed) {
            let is_known = values.contains(&one) || own.contains(&&one);
            if !is_known && values.len() < VALUES {
                values.push(one);
            }
        }
    }
    values
}

/// The own lists with one item that another list lends.
fn grafted<'v>(own: &[&Value], items: impl Iterator<Item = &'v Value>) -> Vec<Value> {
    let mut kinds: Vec<&Value> = Vec::new();
    for it in items {
        if kinds.len() < GRAFTS && !kinds.contains(&it) {
            kinds.push(it);
        }
    }
    let mut found = Vec::new();
    for (turn, it) in kinds.iter().cycle().take(2 * GRAFTS).enumerate() {
        let fits = |list: &&&Value| matches!(list, Value::List(items) if items.first().is_some_and(|one| is_alike(one, it)));
        let lists: Vec<&&Value> = own.iter().filter(fits).collect();
        let Some(Value::List(list)) = lists.get(turn % lists.len().max(1)) else {
            continue;
        };
        for place in 0..list.len().min(2) {
            let mut other = list.clone();
            other[place] = (*it).clone();
            if !found.contains(&Value::List(other.clone())) {
                found.push(Value::List(other));
            }
        }
    }
    found
}

/// The examples of other functions that can be called by themselves, each with what declares its function.
fn others<'s>(
    spec: &'s Spec,
    function: &'s str,
) -> impl Iterator<Item = (&'s Example, &'s FunctionDecl)> {
    let all = spec.requirements.iter();
    let pairs = all.flat_map(|requirement| {
        let examples = requirement.examples.iter();
        examples.filter_map(|it| Some((it, requirement.function(&it.call.function)?)))
    });
    pairs.filter(move |(it, other)| it.setup.is_empty() && other.name != function)
}

/// Whether two values are of one kind: texts, lists of the same kind of items, records with the same keys.
fn is_alike(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::List(a), Value::List(b)) => match (a.first(), b.first()) {
            (Some(a), Some(b)) => is_alike(a, b),
            _ => true,
        },
        (Value::Tuple(a), Value::Tuple(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| is_alike(a, b))
        }
        (Value::Table(a), Value::Table(b)) => {
            a.len() == b.len() && a.iter().all(|(key, _)| b.iter().any(|(it, _)| it == key))
        }
        _ => std::mem::discriminant(one) == std::mem::discriminant(other),
    }
}
