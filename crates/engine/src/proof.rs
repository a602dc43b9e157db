//! Proof of a spec's success criteria: what would prove each, and what nothing can.

use spec::{Measure, Spec};

/// A success criterion and what would prove it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// The criterion's id.
    pub criterion: String,
    /// Its text.
    pub text: String,
    /// What would prove it.
    pub proof: Proof,
}

/// What would prove a criterion.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Proof {
    /// Every test of the project passes.
    AllTests,
    /// Every example of the spec passes.
    Examples,
    /// A command that the spec names ends with 0.
    Command(String),
    /// Nothing that Kiro can run; the reason says why.
    None(String),
}

/// The claims of a spec. A spec without success criteria claims that its examples hold.
pub fn claims(spec: &Spec) -> Vec<Claim> {
    if spec.success.is_empty() {
        return vec![Claim {
            criterion: "SC-0".to_owned(),
            text: "Every example of the spec holds".to_owned(),
            proof: Proof::Examples,
        }];
    }
    let claim = |it: &spec::Criterion| Claim {
        criterion: it.id.to_string(),
        text: it.text.split_whitespace().collect::<Vec<_>>().join(" "),
        proof: match &it.measure {
            Some(Measure::AllTests) => Proof::AllTests,
            Some(Measure::Examples) => Proof::Examples,
            Some(Measure::Command(command)) => Proof::Command(command.clone()),
            None => Proof::None(it.why.to_string()),
        },
    };
    spec.success.iter().map(claim).collect()
}
