//! What can be made of candidates without asking anything: parts of several in one, where each is right in some of the cases
//! that the function tells apart or in some of its expressions; and results kept that one drops.

use super::{AgentError, BUT, Bench, Candidate, Route, SlotEvent, Trial, Work, describe};
use model::Usage;

/// What is changed in the best candidate.
#[derive(Clone, Copy)]
enum Part {
    /// What a call gives is kept.
    Result,
    /// What another candidate does in one case.
    Branch,
    /// Anything else in which another candidate differs.
    Piece,
}

/// The parts in the order in which they are tried, with the most versions that are after one round of answers; each costs a
/// run of the checks and no tokens.
const PARTS: [(Part, usize); 3] = [(Part::Result, 8), (Part::Branch, 24), (Part::Piece, 48)];

/// So many times more examples hold than fail of a candidate that only pieces are wrong with.
const NEARLY: usize = 2;

/// Longest file that pieces are changed in, in bytes: every version of it is parsed.
const LONGEST_FILE: usize = 64 << 10;

impl Work<'_> {
    /// Changes the best candidate, as long as that makes more checks pass.
    pub(super) fn cross(
        &mut self,
        bench: &mut dyn Bench,
        on: &mut dyn FnMut(SlotEvent),
    ) -> Result<(), AgentError> {
        for (part, most) in PARTS {
            let mut left = most;
            while left > 0 && self.cross_once(part, &mut left, bench, on)? {}
        }
        Ok(())
    }

    /// Tries versions of the best candidate until one is better; says whether there was one.
    fn cross_once(
        &mut self,
        part: Part,
        left: &mut usize,
        bench: &mut dyn Bench,
        on: &mut dyn FnMut(SlotEvent),
    ) -> Result<bool, AgentError> {
        let Some(best) = self.opinion().best() else {
            return Ok(false);
        };
        let (route, versions) = match part {
            Part::Result => (Route::Kept, self.with_results(best)),
            Part::Branch => (Route::Crossed, self.with_branches(best)),
            Part::Piece => (Route::Crossed, self.with_pieces(best)),
        };
        for version in versions {
            let is_known = self.candidates.iter().any(|it| it.file == version);
            if is_known || !self.crossed.insert(version.clone()) {
                continue;
            }
            if *left == 0 {
                break;
            }
            *left -= 1;
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
            self.note(route, Usage::default(), result, on);
            return Ok(true);
        }
        Ok(false)
    }

    /// Versions of the best candidate that keep what one of its calls gives.
    fn with_results(&self, best: usize) -> Vec<String> {
        let own = &self.candidates[best];
        if own.trial.failures.is_empty() {
            return Vec::new();
        }
        code::with_dropped_results(self.slot.language, &own.file, &self.slot.function)
    }

    /// Versions of the best candidate with a branch of another.
    fn with_branches(&self, best: usize) -> Vec<String> {
        let own = &self.candidates[best];
        if own.trial.failures.is_empty() || own.trial.passed == 0 {
            return Vec::new();
        }
        let (language, function) = (self.slot.language, &self.slot.function);
        let others = self.others(best).into_iter();
        others
            .flat_map(|it| code::crossed(language, &own.file, &it.file, function))
            .map(|it| it.source)
            .collect()
    }

    /// Versions of the best candidate with a piece of another: those that are right where it is wrong come first, and each
    /// has its turn.
    fn with_pieces(&self, best: usize) -> Vec<String> {
        let own = &self.candidates[best];
        let failed = own.trial.failures.len();
        let is_nearly = failed > 0 && own.trial.passed as usize >= NEARLY * failed;
        if !is_nearly || self.drawn == 0 || own.file.len() > LONGEST_FILE {
            return Vec::new();
        }
        let mut others = self.others(best);
        others.sort_by_key(|it| {
            let helps = has_what_fails(&it.trial, &own.trial);
            (!helps, std::cmp::Reverse(it.trial.passed))
        });
        let (language, function) = (self.slot.language, &self.slot.function);
        let versions = others.into_iter();
        let mut versions: Vec<_> = versions
            .map(|it| code::grafted(language, &own.file, &it.file, function).into_iter())
            .collect();
        let mut all = Vec::new();
        loop {
            let before = all.len();
            all.extend(versions.iter_mut().filter_map(Iterator::next));
            if all.len() == before {
                return all;
            }
        }
    }

    /// Candidates that are right in something.
    fn others(&self, best: usize) -> Vec<&Candidate> {
        let others = self.candidates.iter().enumerate();
        others
            .filter(|(at, it)| *at != best && it.trial.passed > 0)
            .map(|(_, it)| it)
            .collect()
    }
}

/// Whether an example that fails in `own` holds in `other`.
fn has_what_fails(other: &Trial, own: &Trial) -> bool {
    let example = |it: &String| it.split(BUT).next().unwrap_or_default().to_owned();
    let theirs: Vec<String> = other.failures.iter().map(example).collect();
    let mut ours = own.failures.iter().map(example);
    ours.any(|it| !theirs.contains(&it))
}
