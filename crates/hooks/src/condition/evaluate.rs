//! Answering a condition, and saying which part of it decided.

use std::ops::Range;

use super::{Condition, Node, Operator, Term};
use crate::catalogue::{Fact, Kind, Occasion, Value};

/// The longest value that an explanation shows, in characters.
const SHOWN_MAX: usize = 60;

/// What a condition says of an occasion.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// Whether it holds.
    pub holds: bool,
    /// The part of the text that decided.
    pub clause: Range<usize>,
    /// The values that it decided by.
    pub why: String,
}

impl Condition {
    /// Answers the condition. Facts are asked for from left to right and only as far as they matter.
    pub fn told(&self, occasion: &dyn Occasion) -> Told {
        let mut told = Answering {
            occasion,
            seen: Vec::new(),
        };
        let (holds, deciding) = told.truth(&self.root);
        let mut facts = Vec::new();
        collect(deciding, &mut facts);
        let why: Vec<String> = facts.iter().map(|it| told.shown(*it)).collect();
        Told {
            holds,
            clause: deciding.span.clone(),
            why: why.join("; "),
        }
    }

    /// Every fact that it may ask for, each once.
    pub fn facts(&self) -> Vec<Fact> {
        let mut facts = Vec::new();
        collect(&self.root, &mut facts);
        facts
    }

    /// The part of the text that a clause stands for.
    pub fn part(&self, clause: &Range<usize>) -> &str {
        self.text.get(clause.clone()).unwrap_or(&self.text)
    }
}

struct Answering<'a> {
    occasion: &'a dyn Occasion,
    /// Every fact is asked for once.
    seen: Vec<(Fact, Option<Value>)>,
}

impl Answering<'_> {
    fn fact(&mut self, fact: Fact) -> Option<Value> {
        if let Some((_, value)) = self.seen.iter().find(|it| it.0 == fact) {
            return value.clone();
        }
        let value = self.occasion.fact(fact);
        self.seen.push((fact, value.clone()));
        value
    }

    /// Whether a part holds, and the smallest part of it that decided.
    fn truth<'n>(&mut self, node: &'n Node) -> (bool, &'n Node) {
        match &node.term {
            Term::Not(inner) => (!self.truth(inner).0, node),
            Term::And(parts) => self.joined(node, parts, false),
            Term::Or(parts) => self.joined(node, parts, true),
            Term::Compare(left, operator, right) => (self.compare(left, *operator, right), node),
            Term::Matches(left, glob) => {
                let found = match self.value(left) {
                    Value::Text(text) => glob.is_match(text),
                    Value::Texts(texts) => texts.iter().any(|it| glob.is_match(it)),
                    _ => false,
                };
                (found, node)
            }
            Term::Fact(_) | Term::Literal(_) => (self.value(node) == Value::Truth(true), node),
            // The check let neither pass.
            Term::Numbers(_) | Term::Unknown(_) => (false, node),
        }
    }

    /// Parts joined by `or`, where the first that holds decides, or by `and`, where the first that does not.
    fn joined<'n>(&mut self, node: &'n Node, parts: &'n [Node], or: bool) -> (bool, &'n Node) {
        for part in parts {
            let (holds, deciding) = self.truth(part);
            if holds == or {
                return (holds, deciding);
            }
        }
        (!or, node)
    }

    fn value(&mut self, node: &Node) -> Value {
        match &node.term {
            Term::Literal(value) => value.clone(),
            Term::Fact(fact) => self.fact(*fact).unwrap_or_else(|| nothing(fact.kind())),
            _ => Value::Truth(self.truth(node).0),
        }
    }

    fn compare(&mut self, left: &Node, operator: Operator, right: &Node) -> bool {
        let a = self.value(left);
        if let Term::Numbers(numbers) = &right.term {
            let found = matches!(a, Value::Number(it) if numbers.contains(&it));
            return found == (operator == Operator::In);
        }
        let b = self.value(right);
        match (operator, &a, &b) {
            (Operator::Equal, a, b) => a == b,
            (Operator::Unequal, a, b) => a != b,
            (Operator::Less, Value::Number(a), Value::Number(b)) => a < b,
            (Operator::AtMost, Value::Number(a), Value::Number(b)) => a <= b,
            (Operator::More, Value::Number(a), Value::Number(b)) => a > b,
            (Operator::AtLeast, Value::Number(a), Value::Number(b)) => a >= b,
            (Operator::In, Value::Text(a), Value::Texts(b)) => b.contains(a),
            (Operator::NotIn, Value::Text(a), Value::Texts(b)) => !b.contains(a),
            (Operator::NotIn, _, _) => true,
            (Operator::Contains, Value::Text(a), Value::Text(b)) => a.contains(b.as_str()),
            (Operator::Contains, Value::Texts(a), Value::Text(b)) => a.contains(b),
            (Operator::StartsWith, Value::Text(a), Value::Text(b)) => a.starts_with(b.as_str()),
            (Operator::EndsWith, Value::Text(a), Value::Text(b)) => a.ends_with(b.as_str()),
            _ => false,
        }
    }

    fn shown(&mut self, fact: Fact) -> String {
        let name = fact.name();
        match self.fact(fact) {
            None => format!(
                "{name} is not known here and taken as {}",
                quoted(&nothing(fact.kind()))
            ),
            Some(value) => format!("{name} is {}", quoted(&value)),
        }
    }
}

fn quoted(value: &Value) -> String {
    let text = value.to_string();
    let short: String = text.chars().take(SHOWN_MAX).collect();
    let more = if short.len() < text.len() { "…" } else { "" };
    match value {
        Value::Text(_) | Value::Texts(_) => format!("«{}{more}»", change::visible(&short)),
        _ => short,
    }
}

/// What a fact is taken for that cannot be found out.
fn nothing(kind: Kind) -> Value {
    match kind {
        Kind::Text => Value::Text(String::new()),
        Kind::Number | Kind::Numbers => Value::Number(0.0),
        Kind::Truth => Value::Truth(false),
        Kind::Texts => Value::Texts(Vec::new()),
    }
}

/// The facts that a part asks for, in order, each once.
fn collect(node: &Node, facts: &mut Vec<Fact>) {
    match &node.term {
        Term::Fact(fact) if !facts.contains(fact) => facts.push(*fact),
        Term::Not(inner) | Term::Matches(inner, _) => collect(inner, facts),
        Term::And(parts) | Term::Or(parts) => parts.iter().for_each(|it| collect(it, facts)),
        Term::Compare(left, _, right) => {
            collect(left, facts);
            collect(right, facts);
        }
        Term::Fact(_) | Term::Literal(_) | Term::Numbers(_) | Term::Unknown(_) => {}
    }
}
