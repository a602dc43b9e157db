//! Tests by their names: which test shows which criterion.

use crate::id::CriterionId;

/// The words that the name of a test must have, one after the other, to be named for a criterion.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TestName(Vec<String>);

/// Most words of a name that are asked for.
const WORDS_MAX: usize = 12;

impl TestName {
    /// For a criterion by its id: `FR-1.2` asks for `fr_1_2`, and `1.2`, which names nothing alone, for `req_1_2`.
    pub(crate) fn of_id(id: &CriterionId) -> TestName {
        let mut words = words(id.as_str());
        if words.first().is_none_or(|it| is_number(it)) {
            words.insert(0, "req".to_owned());
        }
        TestName(words)
    }

    /// For a case that a spec names in words; none when there are none.
    pub(crate) fn of_case(text: &str) -> Option<TestName> {
        let mut words = words(text);
        words.truncate(WORDS_MAX);
        (!words.is_empty()).then_some(TestName(words))
    }

    /// Whether a test with this name shows the criterion. `fr_1_2` is not part of `fr_1_21` or `fr_1_2_3`.
    pub fn is_in(&self, test: &str) -> bool {
        let own = words(test);
        let wanted = self.0.len();
        let ends = |at: usize| {
            let next = own.get(at + wanted);
            !(self.0.last().is_some_and(|it| is_number(it)) && next.is_some_and(|it| is_number(it)))
        };
        own.windows(wanted)
            .enumerate()
            .any(|(at, it)| it == self.0 && ends(at))
    }
}

impl std::fmt::Display for TestName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "test_{}", self.0.join("_"))
    }
}

fn words(text: &str) -> Vec<String> {
    text.split(|c: char| !c.is_alphanumeric())
        .filter(|it| !it.is_empty())
        .map(str::to_lowercase)
        .collect()
}

fn is_number(word: &str) -> bool {
    word.bytes().all(|it| it.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tests_are_named_for_criteria_and_cases() {
        let by_id = |id: &str| TestName::of_id(&CriterionId::from(id));
        assert_eq!(by_id("FR-1.2").to_string(), "test_fr_1_2");
        assert_eq!(by_id("1.2").to_string(), "test_req_1_2");
        for (id, test, is) in [
            ("FR-1.2", "test_fr_1_2", true),
            ("FR-1.2", "TestLogin.test_fr_1_2_locks_after_5", true),
            ("FR-1.2", "FR-1.2: locks", true),
            ("FR-1.2", "test_fr_1_21", false),
            ("FR-1.2", "test_fr_1_2_3", false),
            ("FR-1.2", "test_nfr_1_2", false),
            ("1.2", "test_req_1_2_locks", true),
            ("1.2", "test_1_2", false),
            ("two-factors.1", "test_two_factors_1_asks_twice", true),
        ] {
            assert_eq!(by_id(id).is_in(test), is, "{id} {test}");
        }
        let case = TestName::of_case("Failed login (wrong password)").expect("words");
        assert!(case.is_in("test_failed_login_wrong_password"));
        assert!(case.is_in("failed login: wrong password"));
        assert!(!case.is_in("test_failed_login"));
        assert_eq!(TestName::of_case("— …"), None);
    }
}
