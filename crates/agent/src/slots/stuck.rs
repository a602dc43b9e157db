//! Where the fault lies elsewhere: answers that differ and yet all fail alike, or that are the same again and again, call
//! something that is wrong. And the other side of it: answers that a function was given before are judged anew, now that more is known of it.

use super::{AgentError, Answer, Bench, Candidate, Route, SlotEvent, Work, prompt};
use model::Usage;

/// So many answers must fail alike, of so many that differ.
const ALIKE: usize = 3;
const DIFFERENT: usize = 2;

/// So many of the same code do as well: of a short function there is often one way only to write it.
const SAME: usize = 6;

/// Most answers that are kept for a later fill.
const ANSWERS: usize = 16;

impl Work<'_> {
    /// Judges the answers that were given before.
    pub(super) fn judge_earlier(
        &mut self,
        bench: &mut dyn Bench,
        on: &mut dyn FnMut(SlotEvent),
    ) -> Result<(), AgentError> {
        let slot = self.slot;
        for earlier in &slot.earlier {
            let answer = prompt::fenced(slot.language, &earlier.code) + "\n";
            let (result, candidate) = self.judge_text(Route::Earlier, &answer, bench)?;
            if let Some(at) = candidate {
                self.candidates[at].is_fresh = earlier.is_fresh;
            }
            self.note(Route::Earlier, Usage::default(), result, on);
            if self.opinion().is_settled() {
                break;
            }
        }
        Ok(())
    }

    /// The file's new text, if all that is wrong with the best answers is a function that they call. It is looked for once.
    pub(super) fn mended(&mut self, bench: &mut dyn Bench) -> Result<Option<String>, AgentError> {
        let Some(best) = self.stuck_at().filter(|_| !self.is_mended) else {
            return Ok(None);
        };
        self.is_mended = true;
        bench.mend(&self.candidates[best].file)
    }

    /// The best answer, when several others fail as it does, and only in what is left.
    fn stuck_at(&self) -> Option<usize> {
        let best = self.opinion().best()?;
        let trial = &self.candidates[best].trial;
        let failed = trial.failures.len();
        if self.slot.neighbours.is_empty() || failed == 0 || (trial.passed as usize) < failed {
            return None;
        }
        let shown = |failure: &String| failure.lines().next().unwrap_or_default().to_owned();
        let shown = |at: usize| -> Vec<String> {
            self.candidates[at]
                .trial
                .failures
                .iter()
                .map(shown)
                .collect()
        };
        let own = shown(best);
        let alike: Vec<usize> = (0..self.candidates.len())
            .filter(|at| shown(*at) == own)
            .collect();
        let votes: usize = alike.iter().map(|it| self.candidates[*it].votes).sum();
        let enough = match alike.len() {
            DIFFERENT.. => ALIKE,
            _ => SAME,
        };
        (votes >= enough).then_some(best)
    }

    /// The candidates that are right in something, the best first.
    pub(super) fn answers(&self) -> Vec<Answer> {
        let Some(best) = self.opinion().best() else {
            return Vec::new();
        };
        let is_some = |at: &usize| *at != best && self.candidates[*at].trial.passed > 0;
        let mut others: Vec<usize> = (0..self.candidates.len()).filter(is_some).collect();
        others.sort_by_key(|it| std::cmp::Reverse(self.candidates[*it].trial.passed));
        let all = std::iter::once(best).chain(others).take(ANSWERS);
        let answer = |it: &Candidate| Answer {
            code: it.item.clone(),
            is_fresh: it.is_fresh,
            is_right: it.trial.is_possible(),
        };
        all.map(|it| answer(&self.candidates[it])).collect()
    }
}

#[cfg(test)]
mod tests {
    use model::{Cancel, Scripted};

    use super::super::tests::slot;
    use super::super::{BUT, BenchError, Limits, Trial, fill};
    use super::*;

    /// One example of two holds until another function is mended; what came instead is the same for all, or not.
    struct Elsewhere {
        alike: bool,
        mends: bool,
        asked: Vec<String>,
    }

    impl Bench for Elsewhere {
        fn check(&mut self, file: &str) -> Result<Trial, BenchError> {
            let mut trial = Trial {
                passed: 6,
                ..Trial::default()
            };
            if !file.starts_with("MENDED") {
                trial.passed = 1;
                let came = if self.alike { "" } else { file };
                trial.failures = vec![format!("double(3) → 6{BUT}{came:?}\nand more of {file}")];
            }
            Ok(trial)
        }

        fn mend(&mut self, answer: &str) -> Result<Option<String>, AgentError> {
            self.asked.push(answer.to_owned());
            Ok(self.mends.then(|| "MENDED = 1\n".to_owned()))
        }
    }

    fn filled(bodies: &[&str], alike: bool, mends: bool) -> (Vec<String>, Vec<String>) {
        let reply = |it: &&str| {
            let text = format!("```python\ndef double(n):\n    return {it}\n```");
            serde_json::json!({ "reply": text }).to_string() + "\n"
        };
        let script: String = bodies.iter().map(reply).collect();
        let model = Scripted::parse("s", &script).expect("a script");
        let mut bench = Elsewhere {
            alike,
            mends,
            asked: Vec::new(),
        };
        let limits = Limits {
            rounds: 1,
            repairs: 0,
            ..Limits::default()
        };
        let (slot, cancel) = (slot(""), Cancel::new());
        let filled = fill(&model, &slot, limits, &mut bench, &cancel, &mut |_| {});
        let filled = filled.expect("filled");
        let is_mended = mends && !bench.asked.is_empty();
        assert_eq!(filled.trial.is_green(), is_mended, "{:?}", filled.trial);
        let routes = filled.tried.iter().map(|it| it.route.to_string());
        (bench.asked, routes.collect())
    }

    #[test]
    fn answers_that_differ_and_fail_alike_have_the_fault_looked_for_elsewhere() {
        let bodies = ["a", "b", "c", "d", "a", "b", "c", "d", "e", "f"];
        let (asked, routes) = filled(&bodies, true, true);
        assert_eq!(asked.len(), 1);
        assert!(asked[0].contains("return a"), "{asked:?}");
        assert_eq!(routes.last().map(String::as_str), Some("an earlier answer"));
        assert_eq!(filled(&bodies, true, false).0.len(), 1, "asked once");
        assert!(filled(&bodies, false, true).0.is_empty());
        assert_eq!(filled(&["a"; 10], true, true).0.len(), 1, "one way only");
        let few = ["a", "a", "a", "a", "a", "x(", "x(", "x(", "x(", "x("];
        assert!(filled(&few, true, true).0.is_empty(), "five of one");
        let two = ["a", "a", "b", "c", "a", "a", "a", "a", "a", "a"];
        assert_eq!(filled(&two, true, true).0.len(), 1);
    }
}
