//! Branches of several candidates in one: where each is right in some of the cases that the function tells apart.

use super::{AgentError, Bench, Candidate, Route, SlotEvent, Work, describe};
use model::Usage;

/// Most versions that are tried after one round of answers; each costs a run of the checks and no tokens.
const VERSIONS_A_ROUND: usize = 24;

impl Work<'_> {
    /// Puts branches of other candidates into the best one, as long as that makes more checks pass.
    pub(super) fn cross(
        &mut self,
        bench: &mut dyn Bench,
        on: &mut dyn FnMut(SlotEvent),
    ) -> Result<(), AgentError> {
        for _ in 0..VERSIONS_A_ROUND {
            let Some((best, version)) = self.next_version() else {
                break;
            };
            self.crossed.insert(version.clone());
            let trial = bench.check(&version)?;
            if trial.passed <= self.candidates[best].trial.passed {
                continue;
            }
            let result = describe(&trial);
            let item = code::definition(self.slot.language, &version, &self.slot.function);
            self.candidates.push(Candidate {
                item: item.unwrap_or_default(),
                file: version,
                trial,
                votes: 1,
                // As much chance as a draw: what no example shows came along unseen.
                drawn: true,
                is_fresh: false,
            });
            self.note(Route::Crossed, Usage::default(), result, on);
        }
        Ok(())
    }

    /// The best candidate, and a version of it with a branch of another that was not tried yet.
    fn next_version(&self) -> Option<(usize, String)> {
        let best = self.opinion().best()?;
        let own = &self.candidates[best];
        if own.trial.failures.is_empty() || own.trial.passed == 0 {
            return None;
        }
        let others = self.candidates.iter().enumerate();
        let mut versions = others
            .filter(|(at, it)| *at != best && it.trial.passed > 0)
            .flat_map(|(_, it)| {
                code::crossed(self.slot.language, &own.file, &it.file, &self.slot.function)
            })
            .map(|it| it.source);
        let is_new = |version: &String| {
            !self.crossed.contains(version) && self.candidates.iter().all(|it| it.file != *version)
        };
        versions.find(is_new).map(|it| (best, it))
    }
}
