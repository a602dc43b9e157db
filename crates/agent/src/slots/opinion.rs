//! The second opinion: which candidate the checks and the other candidates speak for.
//!
//! Two candidates are alike when they do the same on nearly all inputs derived from the spec. Inputs on which
//! both break down say nothing, since they may lie outside of what the function is for; but a candidate that
//! breaks down on many of them is not trusted before others do the same. Only answers to the whole question have a voice: what
//! goes on from another answer is like it in most, its mistakes too.

use super::{Behaviour, Candidate, Trial};

/// Share of the inputs on which two candidates must do the same to be alike.
const ALIKE: f64 = 0.95;

/// So many checks settle it by themselves when a candidate that was not drawn passes them all.
const ENOUGH_CHECKS: u32 = 6;

/// So many settle it for any candidate: a function with many examples has many rules, too, about one for each.
const PLENTY_OF_CHECKS: u32 = 12;

/// Answers that must be alike when checks are fewer.
const ENOUGH_VOTES: usize = 2;

/// The same for a candidate that breaks down on more than [`UNSTEADY`] of the inputs.
const ENOUGH_UNSTEADY_VOTES: usize = 9;

/// Share of the inputs on which a trusted candidate may break down.
const UNSTEADY: f64 = 0.03;

/// Answers that must be alike when no check judges.
const ENOUGH_VOTES_ALONE: usize = 3;

/// What is to be thought of the candidates so far.
pub(super) struct Opinion<'a> {
    candidates: &'a [Candidate],
}

impl<'a> Opinion<'a> {
    pub(super) fn of(candidates: &'a [Candidate]) -> Opinion<'a> {
        Opinion { candidates }
    }

    /// The candidate that passes most checks; among equals a steady one, then the one that most answers are alike
    /// to, then the earliest.
    pub(super) fn best(&self) -> Option<usize> {
        let most = self.candidates.iter().map(|it| rank(&it.trial)).max()?;
        let equals =
            (0..self.candidates.len()).filter(|it| rank(&self.candidates[*it].trial) == most);
        equals.max_by_key(|at| {
            let is_steady = is_steady(&self.candidates[*at].trial);
            (is_steady, self.votes(*at), usize::MAX - at)
        })
    }

    /// Whether the best candidate needs no further opinion.
    pub(super) fn is_settled(&self) -> bool {
        let Some(best) = self.best() else {
            return false;
        };
        let candidate = &self.candidates[best];
        let trial = &candidate.trial;
        if !trial.is_possible() {
            return false;
        }
        if trial.passed == 0 {
            return self.votes(best) >= ENOUGH_VOTES_ALONE;
        }
        let strong =
            trial.passed >= PLENTY_OF_CHECKS || trial.passed >= ENOUGH_CHECKS && !candidate.drawn;
        let enough = match is_steady(trial) {
            true => ENOUGH_VOTES,
            false => ENOUGH_UNSTEADY_VOTES,
        };
        strong || trial.behaviour.is_empty() || self.votes(best) >= enough
    }

    /// Whether no other answer is known to behave as the candidate does.
    pub(super) fn is_alone(&self, at: usize) -> bool {
        self.votes(at) < ENOUGH_VOTES
    }

    /// How many other answers behave as the candidate does, of all that no check speaks against.
    pub(super) fn agreeing(&self, at: usize) -> (usize, usize) {
        let all = self.voices(at, |_| true);
        (self.votes(at).saturating_sub(1), all.saturating_sub(1))
    }

    /// Answers that are alike to the candidate, its own among them.
    fn votes(&self, at: usize) -> usize {
        let own = &self.candidates[at].trial;
        self.voices(at, |it| alike(own, &it.trial))
    }

    /// The candidate's own voices, and those of others that no check speaks against and that are `wanted`.
    fn voices(&self, at: usize, wanted: impl Fn(&Candidate) -> bool) -> usize {
        let own = &self.candidates[at];
        let itself = if own.is_fresh { own.votes } else { 1 };
        let others = self.candidates.iter().enumerate().filter(|(other, it)| {
            *other != at && it.is_fresh && it.trial.is_possible() && wanted(it)
        });
        itself + others.map(|(_, it)| it.votes).sum::<usize>()
    }
}

/// Checks that pass, and that nothing fails.
fn rank(trial: &Trial) -> (bool, u32) {
    (trial.is_possible(), trial.passed)
}

/// Whether the candidate breaks down on few inputs only.
pub(super) fn is_steady(trial: &Trial) -> bool {
    let broke = |it: &&Behaviour| matches!(it, Behaviour::Failed(_));
    let broken = trial.behaviour.iter().filter(broke).count();
    broken as f64 <= UNSTEADY * trial.behaviour.len() as f64
}

fn alike(a: &Trial, b: &Trial) -> bool {
    let (same, all) = agreement(a, b);
    all > 0 && f64::from(same) >= ALIKE * f64::from(all)
}

/// On how many inputs both do the same, of those on which at least one does not break down.
pub(super) fn agreement(a: &Trial, b: &Trial) -> (u32, u32) {
    let gave = |it: &Behaviour| !matches!(it, Behaviour::Failed(_));
    let both = a.behaviour.iter().zip(&b.behaviour);
    let (mut all, mut same) = (0_u32, 0_u32);
    for (a, b) in both.filter(|(a, b)| gave(a) || gave(b)) {
        all += 1;
        same += u32::from(a == b);
    }
    (same, all)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn candidate(passed: u32, failed: usize, behaviour: &str, drawn: bool) -> Candidate {
        let of = |c: char| match c {
            '!' => Behaviour::Failed("IndexError".to_owned()),
            '?' => Behaviour::Refused("ValueError".to_owned()),
            c => Behaviour::Gave(c.to_string()),
        };
        Candidate {
            file: behaviour.to_owned(),
            item: String::new(),
            trial: Trial {
                passed,
                failures: vec!["no".to_owned(); failed],
                behaviour: behaviour.chars().map(of).collect(),
                breakdowns: Vec::new(),
            },
            votes: 1,
            drawn,
            is_fresh: true,
        }
    }

    #[test]
    fn many_checks_settle_it_and_few_ask_for_another_opinion() {
        let check = |candidates: &[Candidate], settled, best| {
            let opinion = Opinion::of(candidates);
            assert_eq!((opinion.is_settled(), opinion.best()), (settled, best));
        };
        check(&[], false, None);
        check(&[candidate(6, 0, "abc", false)], true, Some(0));
        check(&[candidate(6, 0, "abc", true)], false, Some(0));
        check(&[candidate(1, 0, "abc", false)], false, Some(0));
        check(&[candidate(1, 0, "", false)], true, Some(0));
        check(&[candidate(3, 1, "abc", false)], false, Some(0));
        let two = [candidate(1, 0, "abc", false), candidate(1, 0, "abd", false)];
        check(&two, false, Some(0));
        let three = [
            candidate(1, 0, "abc", false),
            candidate(1, 0, "abd", false),
            candidate(1, 0, "abd?", true),
        ];
        check(&three, true, Some(1));
    }

    #[test]
    fn a_candidate_that_breaks_down_needs_more_votes_and_gives_way() {
        let mut candidates = vec![
            candidate(1, 0, "ab!!", false),
            candidate(1, 0, "ab!!", false),
        ];
        assert!(!Opinion::of(&candidates).is_settled());
        candidates.push(candidate(1, 0, "abcd", true));
        assert_eq!(Opinion::of(&candidates).best(), Some(2));
        candidates.pop();
        candidates[0].votes = 8;
        assert!(Opinion::of(&candidates).is_settled());
    }

    #[test]
    fn failing_candidates_have_no_voice_and_errors_say_nothing() {
        let candidates = [
            candidate(1, 0, "a!", false),
            candidate(0, 1, "a!", false),
            candidate(1, 0, "!!", false),
        ];
        let opinion = Opinion::of(&candidates);
        assert!(!opinion.is_settled());
        assert_eq!(opinion.agreeing(0), (0, 1));
    }

    #[test]
    fn what_goes_on_from_another_answer_is_no_second_opinion() {
        let mut candidates = vec![candidate(1, 0, "ab", true), candidate(1, 0, "ab", true)];
        candidates[1].is_fresh = false;
        assert!(Opinion::of(&candidates).is_settled(), "a fresh one is");
        assert_eq!(Opinion::of(&candidates).agreeing(1), (1, 1));
        candidates[0].is_fresh = false;
        candidates[0].votes = 4;
        assert!(!Opinion::of(&candidates).is_settled());
        assert_eq!(Opinion::of(&candidates).agreeing(0), (0, 0));
    }

    #[test]
    fn without_checks_three_must_agree() {
        let mut candidates = vec![candidate(0, 0, "ab", false), candidate(0, 0, "ab", true)];
        assert!(!Opinion::of(&candidates).is_settled());
        candidates[1].votes = 2;
        assert!(Opinion::of(&candidates).is_settled());
    }
}
