//! Whether a condition can be answered: every word is a fact that is known at the event, every comparison compares
//! what can be compared.

use globset::GlobBuilder;

use super::{Fault, Node, Operator, Term};
use crate::catalogue::{Fact, Kind, Value};
use crate::diagnostic::Code;
use crate::event::Event;

/// Everything that is wrong; patterns are compiled on the way.
pub(super) fn faults(root: &mut Node, event: Option<Event>) -> Vec<Fault> {
    let mut check = Check {
        event,
        faults: Vec::new(),
    };
    check.truth(root);
    check.faults
}

struct Check {
    event: Option<Event>,
    faults: Vec<Fault>,
}

impl Check {
    fn fault(&mut self, code: Code, node: &Node, why: impl Into<String>) {
        self.faults.push(Fault::new(code, node.span.clone(), why));
    }

    /// Checks what has to be true or false.
    fn truth(&mut self, node: &mut Node) {
        if let Some(kind) = self.kind(node).filter(|it| *it != Kind::Truth) {
            let why = format!(
                "true or false is expected here, and this is {kind}; compare it with something"
            );
            self.fault(Code::ConditionType, node, why);
        }
    }

    /// The kind of a part; none when something in it is wrong, which has been told then.
    fn kind(&mut self, node: &mut Node) -> Option<Kind> {
        match &mut node.term {
            Term::Literal(Value::Text(_)) => Some(Kind::Text),
            Term::Literal(Value::Number(_)) => Some(Kind::Number),
            Term::Literal(Value::Truth(_)) | Term::Matches(..) => Some(Kind::Truth),
            Term::Literal(Value::Texts(_)) => Some(Kind::Texts),
            Term::Numbers(_) => Some(Kind::Numbers),
            Term::Fact(fact) => {
                let fact = *fact;
                self.known(fact, node)
            }
            Term::Unknown(name) => {
                let names = self
                    .event
                    .map_or_else(|| Fact::all().map(Fact::name).collect(), Fact::names_at);
                let why = change::unknown_word("fact", name, &names);
                self.fault(Code::UnknownFact, node, why);
                None
            }
            Term::Not(inner) => {
                self.truth(inner);
                Some(Kind::Truth)
            }
            Term::And(parts) | Term::Or(parts) => {
                parts.iter_mut().for_each(|it| self.truth(it));
                Some(Kind::Truth)
            }
            Term::Compare(..) => self.comparison(node),
        }
    }

    fn known(&mut self, fact: Fact, node: &Node) -> Option<Kind> {
        let missing = self.event.filter(|it| !fact.is_known_at(*it));
        let Some(event) = missing else {
            return Some(fact.kind());
        };
        let known = Fact::names_at(event).join(", ");
        let why = format!(
            "`{}` is not known at {event}; known there are {known}",
            fact.name()
        );
        self.fault(Code::FactNotKnownHere, node, why);
        None
    }

    fn comparison(&mut self, node: &mut Node) -> Option<Kind> {
        let Term::Compare(left, operator, right) = &mut node.term else {
            return None;
        };
        let operator = *operator;
        let kinds = (self.kind(left), self.kind(right));
        if operator == Operator::Matches {
            return self.pattern(node, kinds.0);
        }
        let (Some(a), Some(b)) = kinds else {
            return Some(Kind::Truth);
        };
        if let Some((on_right, why)) = mismatch(operator, a, b, left, right) {
            let place = if on_right {
                right.as_ref().clone()
            } else {
                node.clone()
            };
            self.fault(Code::ConditionType, &place, why);
        }
        Some(Kind::Truth)
    }

    fn pattern(&mut self, node: &mut Node, kind: Option<Kind>) -> Option<Kind> {
        let Term::Compare(left, _, right) = &node.term else {
            return None;
        };
        if kind.is_some_and(|it| it != Kind::Text && it != Kind::Texts) {
            self.fault(
                Code::ConditionType,
                left,
                "`matches` compares a text or a list of texts with a pattern",
            );
            return Some(Kind::Truth);
        }
        let Term::Literal(Value::Text(text)) = &right.term else {
            self.fault(
                Code::ConditionType,
                right,
                "`matches` takes a pattern in quotes, such as 'src/**/*.py'",
            );
            return Some(Kind::Truth);
        };
        let glob = GlobBuilder::new(text)
            .literal_separator(true)
            .empty_alternates(true)
            .build();
        match glob {
            Ok(glob) => node.term = Term::Matches(left.clone(), glob.compile_matcher()),
            Err(error) => {
                let why = format!("this is no pattern: {}", error.kind());
                let place = right.as_ref().clone();
                self.fault(Code::BadPattern, &place, why);
            }
        }
        Some(Kind::Truth)
    }
}

/// Why two kinds cannot be compared so, and whether that is the right one's fault.
fn mismatch(
    operator: Operator,
    a: Kind,
    b: Kind,
    left: &Node,
    right: &Node,
) -> Option<(bool, String)> {
    let name = |node: &Node, kind: Kind| match &node.term {
        Term::Fact(fact) => format!("`{}` is {kind}", fact.name()),
        _ => format!("the other side is {kind}"),
    };
    match operator {
        Operator::Equal | Operator::Unequal => (a != b).then(|| match &left.term {
            Term::Fact(_) => (true, format!("{}, and this is {b}", name(left, a))),
            _ => (false, format!("{a} cannot be compared with {b}")),
        }),
        Operator::Less | Operator::AtMost | Operator::More | Operator::AtLeast => {
            let sign = sign(operator);
            match (a, b) {
                (Kind::Number, Kind::Number) => None,
                (Kind::Number, _) => Some((true, format!("{}, and this is {b}", name(left, a)))),
                (_, Kind::Number) => Some((
                    false,
                    format!("`{sign}` compares numbers; {}", name(left, a)),
                )),
                _ => Some((
                    false,
                    format!(
                        "`{sign}` compares numbers; {} and {}",
                        name(left, a),
                        name(right, b)
                    ),
                )),
            }
        }
        Operator::In | Operator::NotIn => match (a, b) {
            (Kind::Text, Kind::Texts) | (Kind::Number, Kind::Numbers) => None,
            // An empty list holds anything.
            (Kind::Number, Kind::Texts) if is_empty(right) => None,
            (_, Kind::Texts | Kind::Numbers) => Some((false, format!("{a} is never in {b}"))),
            _ => Some((
                true,
                "`in` looks into a list, such as ['py', 'ts']".to_owned(),
            )),
        },
        Operator::Contains => match (a, b) {
            (Kind::Text | Kind::Texts, Kind::Text) => None,
            (Kind::Text | Kind::Texts, _) => Some((
                true,
                format!("`contains` looks for a text, and this is {b}"),
            )),
            _ => Some((
                false,
                format!(
                    "`contains` looks into a text or a list of texts; {}",
                    name(left, a)
                ),
            )),
        },
        Operator::StartsWith | Operator::EndsWith => match (a, b) {
            (Kind::Text, Kind::Text) => None,
            (Kind::Text, _) => Some((true, format!("a text is expected here, and this is {b}"))),
            _ => Some((
                false,
                format!("`{}` is about a text; {}", sign(operator), name(left, a)),
            )),
        },
        Operator::Matches => None,
    }
}

fn is_empty(node: &Node) -> bool {
    matches!(&node.term, Term::Literal(Value::Texts(texts)) if texts.is_empty())
}

fn sign(operator: Operator) -> &'static str {
    match operator {
        Operator::Equal => "==",
        Operator::Unequal => "!=",
        Operator::Less => "<",
        Operator::AtMost => "<=",
        Operator::More => ">",
        Operator::AtLeast => ">=",
        Operator::In => "in",
        Operator::NotIn => "not in",
        Operator::Contains => "contains",
        Operator::StartsWith => "starts_with",
        Operator::EndsWith => "ends_with",
        Operator::Matches => "matches",
    }
}
