//! Proof of a spec's success criteria: what would prove each, and what nothing can.

use spec::{Criterion, Measure, Spec, TestName};

/// A criterion that the end of a run must prove, and what would prove it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// The criterion's id.
    pub criterion: String,
    /// Its text.
    pub text: String,
    /// What would prove it.
    pub proof: Proof,
}

/// What would prove a claim.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Proof {
    /// A measurement.
    By(Measure),
    /// Tests that are named for these criteria.
    Shown(Vec<(String, TestName)>),
    /// Nothing that Kiro can run; the reason says why.
    None(String),
}

/// The claims of a spec: its success criteria, the cases that it wants tested, and the qualities that are measured. A spec
/// without success criteria claims that its examples hold or, where it has none, that a test shows each criterion that a test
/// can show.
pub fn claims(spec: &Spec) -> Vec<Claim> {
    let mut claims: Vec<Claim> = spec.success.iter().map(claim).collect();
    if claims.is_empty() {
        claims.push(whole(spec));
    }
    let is_measured = |it: &&Criterion| {
        let measure = it.measure.as_ref();
        measure.is_some_and(|it| !matches!(it, Measure::Test(_)))
    };
    let of_requirements = spec.criteria().filter(is_measured);
    let of_testing = spec.testing.iter().filter(|it| it.measure.is_some());
    claims.extend(of_requirements.chain(of_testing).map(claim));
    claims
}

fn claim(it: &Criterion) -> Claim {
    Claim {
        criterion: it.id.to_string(),
        text: it.text.split_whitespace().collect::<Vec<_>>().join(" "),
        proof: match &it.measure {
            Some(measure) => Proof::By(measure.clone()),
            None => Proof::None(it.why.to_string()),
        },
    }
}

/// What a spec claims that names no success criterion.
fn whole(spec: &Spec) -> Claim {
    let shown = shown(spec.criteria());
    let (text, proof) = match spec.examples().next().is_none() && !shown.is_empty() {
        true => (
            "A test shows every criterion that a test can show",
            Proof::Shown(shown),
        ),
        false => (
            "Every example of the spec holds",
            Proof::By(Measure::Examples),
        ),
    };
    Claim {
        criterion: "SC-0".to_owned(),
        text: text.to_owned(),
        proof,
    }
}

/// The criteria that a test must show, each with the name that it asks for.
pub fn shown<'a>(criteria: impl IntoIterator<Item = &'a Criterion>) -> Vec<(String, TestName)> {
    let one = |it: &Criterion| match &it.measure {
        Some(Measure::Test(name)) => Some((it.id.to_string(), name.clone())),
        _ => None,
    };
    criteria.into_iter().filter_map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &[&str]) {
        let told: Vec<String> = claims(&Spec::parse("t", text))
            .into_iter()
            .map(|it| {
                let proof = match it.proof {
                    Proof::By(measure) => format!("{measure:?}")
                        .split([' ', '('])
                        .next()
                        .unwrap_or_default()
                        .to_owned(),
                    Proof::Shown(named) => format!("{} named", named.len()),
                    Proof::None(_) => "nothing".to_owned(),
                };
                format!("{} {proof}", it.criterion)
            })
            .collect();
        assert_eq!(told, expected, "{text}");
    }

    #[test]
    fn a_spec_claims_its_success_its_cases_and_what_is_measured() {
        check(
            "### FR-1: A\n- WHEN a user waits, THE Clock SHALL tick\n- `f(1)` takes < 5 ms\n\n\
             ### NFR-1: B\n- `make lint` passes\n\n## Testing Requirements\n- Test cases:\n  - Late user\n\n\
             ## Success Criteria\n- All tests pass\n- Users are happy\n- Code coverage ≥ 80%\n- No vulnerabilities\n",
            &[
                "SC-1 AllTests",
                "SC-2 nothing",
                "SC-3 Coverage",
                "SC-4 Security",
                "FR-1.2 Time",
                "NFR-1.1 Command",
                "T-1 Test",
            ],
        );
    }

    #[test]
    fn a_spec_without_success_criteria_claims_its_examples_or_its_tests() {
        check(
            "### FR-1: A\n- `f(1)` → `2`\n- THE F SHALL be pure\n",
            &["SC-0 Examples"],
        );
        check(
            "### FR-1: A\n- THE F SHALL be pure\n- x\n",
            &["SC-0 1 named"],
        );
        check("### FR-1: A\n- x\n", &["SC-0 Examples"]);
    }
}
