//! The vote on branches. Of a function with many cases hardly any answer is right in all of them, so the one that passes
//! every example stands alone, and nobody speaks for or against what no example shows. But most answers have the same
//! cases: case by case they do speak, by what they do in a branch with the same condition. Only answers to the whole question
//! have a voice: one that goes on from another has its branches from there, and with them its mistakes. One voice alone
//! decides nothing.

use std::collections::HashSet;

use super::opinion::{agreement, is_steady};
use super::{AgentError, Bench, Candidate, Route, SlotEvent, Trial, Work};
use model::Usage;

/// Most versions that are tried; each costs a run of the checks and no tokens.
const VERSIONS: usize = 60;

/// Most ways of doing a branch that are tried, those that most answers have first: else the branches at the beginning would
/// leave nothing for those at the end.
const WAYS: usize = 6;

/// One way of doing a branch that passes every example.
struct Choice {
    /// The whole file with it.
    file: String,
    trial: Trial,
    voices: Voices,
}

/// Who speaks for a way of doing a branch; of equally many, that with a sure one is more.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Voices {
    /// Answers that do the same.
    votes: usize,
    /// Whether one of them came without chance.
    is_sure: bool,
}

impl Voices {
    fn of(candidate: &Candidate) -> Voices {
        Voices {
            votes: candidate.votes,
            is_sure: !candidate.drawn,
        }
    }

    fn add(&mut self, other: Voices) {
        self.votes += other.votes;
        self.is_sure |= other.is_sure;
    }
}

impl Work<'_> {
    /// Where one candidate alone passes every example, gives it each branch as most answers have it, of the ways that pass
    /// every example and differ on the derived inputs.
    pub(super) fn poll(
        &mut self,
        bench: &mut dyn Bench,
        on: &mut dyn FnMut(SlotEvent),
    ) -> Result<(), AgentError> {
        let opinion = self.opinion();
        let Some(best) = opinion.best().filter(|it| opinion.is_alone(*it)) else {
            return Ok(());
        };
        let trial = &self.candidates[best].trial;
        if !trial.is_green() || trial.behaviour.is_empty() {
            return Ok(());
        }
        let mut polled = HashSet::new();
        let mut left = VERSIONS;
        while let Some((condition, files)) = self.next_branch(best, &polled) {
            if files.len() > left + 1 {
                break;
            }
            left -= files.len() - 1;
            polled.insert(condition.clone());
            let choices = self.choices(best, files, bench)?;
            let all: usize = choices.iter().map(|it| it.voices.votes).sum();
            let own = choices[0].voices;
            let Some(most) = choices.into_iter().rev().max_by_key(|it| it.voices) else {
                break;
            };
            if most.voices <= own || most.voices.votes < 2 {
                continue;
            }
            let votes = most.voices.votes;
            let said = format!("{votes} of {all} do so where `{condition}`");
            let item = code::definition(self.slot.language, &most.file, &self.slot.function);
            let candidate = &mut self.candidates[best];
            candidate.item = item.unwrap_or_default();
            candidate.file = most.file;
            candidate.trial = most.trial;
            self.note(Route::Polled, Usage::default(), said, on);
        }
        Ok(())
    }

    /// A branch of the candidate that was not voted on yet: its condition, and the files with each way of doing it, the
    /// candidate's own first, then those of most answers, with how many have it so.
    fn next_branch(
        &self,
        best: usize,
        polled: &HashSet<String>,
    ) -> Option<(String, Vec<(String, Voices)>)> {
        let own = &self.candidates[best];
        let itself = match own.is_fresh {
            true => Voices::of(own),
            false => Voices::default(),
        };
        let mut branches: Vec<(String, Vec<(String, Voices)>)> = Vec::new();
        let voters = self.candidates.iter().enumerate();
        let voters = voters.filter(|(at, it)| *at != best && it.is_fresh && it.trial.passed > 0);
        for (_, other) in voters {
            let function = &self.slot.function;
            for it in code::crossed(self.slot.language, &own.file, &other.file, function) {
                let at = branches
                    .iter()
                    .position(|(found, _)| *found == it.condition);
                let at = at.unwrap_or_else(|| {
                    branches.push((it.condition, vec![(own.file.clone(), itself)]));
                    branches.len() - 1
                });
                let files = &mut branches[at].1;
                match files.iter_mut().find(|(file, _)| *file == it.source) {
                    Some((_, voices)) => voices.add(Voices::of(other)),
                    None => files.push((it.source, Voices::of(other))),
                }
            }
        }
        let mut open = branches.into_iter();
        let is_open = |it: &(String, Vec<_>)| it.1.len() > 1 && !polled.contains(&it.0);
        let (condition, mut files) = open.find(is_open)?;
        files[1..].sort_by_key(|(_, voices)| std::cmp::Reverse(*voices));
        files.truncate(WAYS + 1);
        Some((condition, files))
    }

    /// The ways that pass every example, with those that do the same counted together; the candidate's own first.
    fn choices(
        &self,
        best: usize,
        files: Vec<(String, Voices)>,
        bench: &mut dyn Bench,
    ) -> Result<Vec<Choice>, AgentError> {
        let mut choices: Vec<Choice> = Vec::new();
        for (file, voices) in files {
            let trial = match choices.is_empty() {
                true => self.candidates[best].trial.clone(),
                false => bench.check(&file)?,
            };
            let is_equal = |it: &&mut Choice| {
                let (same, all) = agreement(&it.trial, &trial);
                same == all
            };
            if !trial.is_green() || !choices.is_empty() && !is_steady(&trial) {
                continue;
            }
            match choices.iter_mut().find(is_equal) {
                Some(choice) => choice.voices.add(voices),
                None => choices.push(Choice {
                    file,
                    trial,
                    voices,
                }),
            }
        }
        Ok(choices)
    }
}

#[cfg(test)]
mod tests {
    use model::{Cancel, Scripted};

    use super::super::tests::{gives, slot};
    use super::super::{BenchError, Limits};
    use super::*;

    /// Every version passes its examples, and does what its last branch says.
    struct Says;
    impl Bench for Says {
        fn check(&mut self, file: &str) -> Result<Trial, BenchError> {
            let at = file.rfind("return ").expect("a branch");
            Ok(gives(&file[at + 7..=at + 7]))
        }
    }

    fn candidate(last: &str, votes: usize, is_fresh: bool) -> Candidate {
        let file = format!(
            "def double(n):\n    if n:\n        return 1\n    else:\n        return {last}\n"
        );
        Candidate {
            item: file.clone(),
            trial: Says.check(&file).expect("a trial"),
            file,
            votes,
            drawn: true,
            is_fresh,
        }
    }

    /// The last branch of the first candidate after the poll.
    fn polled(mut candidates: Vec<Candidate>) -> String {
        for other in &mut candidates[1..] {
            other.trial.failures.push("something else".to_owned());
        }
        let slot = slot("");
        let model = Scripted::parse("s", "").expect("a script");
        let cancel = Cancel::new();
        let mut work = Work::new(&model, &slot, Limits::default(), &cancel);
        work.candidates = candidates;
        work.poll(&mut Says, &mut |_| {}).expect("polled");
        let file = &work.candidates[0].file;
        file.trim_end()
            .chars()
            .last()
            .expect("a branch")
            .to_string()
    }

    #[test]
    fn what_goes_on_from_another_answer_has_no_voice() {
        let fresh = || vec![candidate("2", 2, true)];
        let own = || candidate("3", 1, false);
        let of_its_kind = || (0..5).map(|_| candidate("3", 1, false));
        let all = std::iter::once(own()).chain(fresh()).chain(of_its_kind());
        assert_eq!(polled(all.collect()), "2");
        let one = std::iter::once(own()).chain([candidate("2", 1, true)]);
        assert_eq!(polled(one.collect()), "3", "one voice decides nothing");
    }

    #[test]
    fn a_fresh_candidate_has_its_own_voice() {
        let all = |like_it: usize| {
            let like_it = (0..like_it).map(|_| candidate("3", 1, true));
            let all = std::iter::once(candidate("3", 1, true)).chain(like_it);
            all.chain([candidate("2", 2, true)]).collect::<Vec<_>>()
        };
        assert_eq!(polled(all(0)), "2");
        assert_eq!(polled(all(1)), "3");
        let mut sure = all(1);
        sure[2].drawn = false;
        assert_eq!(polled(sure), "2", "of equals the one without chance");
    }
}
