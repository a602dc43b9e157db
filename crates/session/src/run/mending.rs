//! A second look at what this run wrote: the examples of a function are evidence on the functions that it calls. Where several
//! answers to it fail alike, one of those may be wrong in a case that no example of its own shows.

use agent::{AgentError, Answer, Bench, BenchError, Limits, Trial};
use engine::{CheckPurpose, FunctionWork, complete};

use super::attempt::{Attempt, SlotBench, Telling, count, slot};
use crate::error::SessionError;
use crate::view::View;

/// Most functions that are looked at again for one that calls them.
const SUSPECTS: usize = 2;

/// Rounds of samples for one of them: the last is of the rest of what is nearly right.
const ROUNDS: u32 = 3;

/// Room to the seeds that its first answers were drawn from.
const OTHER_SEEDS: u64 = 50;

/// A function that may be at fault.
struct Suspect {
    work: FunctionWork,
    /// The text of its file.
    text: String,
    answers: Vec<Answer>,
}

impl Attempt<'_> {
    /// Looks again at functions that the answer calls and that nobody agreed with. Where one can be so written that its own
    /// examples and the caller's pass, it is, and the caller's file is given without the answer.
    pub(super) fn mend(
        &self,
        caller: &FunctionWork,
        present: &str,
        answer: &str,
    ) -> Result<Option<String>, AgentError> {
        for suspect in self.suspects(caller, answer).map_err(broken)? {
            let (function, by) = (&suspect.work.function, &caller.function);
            self.view(View::Notice(format!(
                "several answers to {by} fail alike: {function}, which they call, is looked at again"
            )));
            if let Some(text) = self.rewritten(caller, present, answer, &suspect)? {
                self.view(View::Notice(format!(
                    "{function} was at fault and is written anew: all its examples pass, and those of {by}"
                )));
                return Ok(Some(text));
            }
            self.view(View::Notice(format!(
                "no other {function} does better: it stays"
            )));
        }
        Ok(None)
    }

    fn suspects(&self, caller: &FunctionWork, answer: &str) -> Result<Vec<Suspect>, SessionError> {
        let mut suspects = Vec::new();
        for it in caller.uses.iter().chain(&caller.beside) {
            if !answer.contains(&format!("{}(", it.function)) {
                continue;
            }
            let text = self.read(&it.file)?;
            let language = caller.language;
            let lone = &self.shop.lone;
            let Some(answers) = lone.answers(&it.file, &it.function, language, &text) else {
                continue;
            };
            let works = self.done.iter().filter_map(|it| self.work_on(it).ok());
            let mut works = works.flat_map(|it| it.functions);
            let is_it = |work: &FunctionWork| work.file == it.file && work.function == it.function;
            suspects.extend(works.find(is_it).map(|work| Suspect {
                work,
                text,
                answers,
            }));
        }
        // Who keeps most rules is most easily wrong.
        suspects.sort_by_key(|it| std::cmp::Reverse(it.work.rules.len()));
        suspects.truncate(SUSPECTS);
        Ok(suspects)
    }

    fn rewritten(
        &self,
        caller: &FunctionWork,
        present: &str,
        answer: &str,
        suspect: &Suspect,
    ) -> Result<Option<String>, AgentError> {
        let Suspect { work, text, .. } = suspect;
        let is_beside = work.file == caller.file;
        let around = if is_beside { answer } else { text };
        let around = code::without(work.language, around, std::slice::from_ref(&work.function));
        let mut bench = BothBench {
            own: SlotBench {
                attempt: self,
                work,
                present: &around,
            },
            caller: SlotBench {
                attempt: self,
                work: caller,
                present,
            },
            answer: (!is_beside).then_some(answer),
        };
        let mut slot = slot(work, around.clone(), &[]);
        slot.earlier = suspect.answers.clone();
        let limits = Limits {
            seed: self.model_seed() + OTHER_SEEDS,
            rounds: ROUNDS,
            repairs: 0,
            ..Limits::default()
        };
        let model = self.shop.model().map_err(broken)?;
        let mut told = Telling::new(self, &work.function);
        let cancel = &self.shop.cancel;
        let filled = agent::fill(&*model, &slot, limits, &mut bench, cancel, &mut |event| {
            told.event(event);
        })?;
        let (Some(file), true) = (filled.file, filled.trial.is_green()) else {
            self.write(&work.file, text).map_err(broken)?;
            return Ok(None);
        };
        let written = match (is_beside, filled.answers.first()) {
            (true, Some(best)) => {
                let spliced = code::splice(work.language, present, &best.code, &work.function);
                complete(&spliced.map_err(|it| BenchError(it.to_string()))?, work)
            }
            _ => complete(&file, work),
        };
        let lone = &self.shop.lone;
        lone.keep(work, &written, filled.answers);
        lone.note_rewritten(&self.task.id, &work.file);
        if is_beside {
            return Ok(Some(written));
        }
        self.write(&work.file, &written).map_err(broken)?;
        Ok(Some(present.to_owned()))
    }
}

/// Tries answers to a function with its own examples, and those that pass with the examples of one that calls it.
struct BothBench<'a> {
    own: SlotBench<'a>,
    caller: SlotBench<'a>,
    /// The caller's file, where it is another one.
    answer: Option<&'a str>,
}

impl Bench for BothBench<'_> {
    fn check(&mut self, file: &str) -> Result<Trial, BenchError> {
        let mut trial = self.own.check(file)?;
        if trial.failures.is_empty() {
            let theirs = self
                .callers(file)
                .map_err(|it| BenchError(it.to_string()))?;
            trial.passed += theirs.passed;
            trial.failures = theirs.failures;
        }
        Ok(trial)
    }
}

impl BothBench<'_> {
    fn callers(&self, file: &str) -> Result<Trial, SessionError> {
        let SlotBench { attempt, work, .. } = self.caller;
        let own = complete(file, self.own.work);
        attempt.write(&work.file, &complete(self.answer.unwrap_or(&own), work))?;
        attempt.write(&work.check.path, &work.check.text)?;
        let report = attempt.check_file(&work.check, CheckPurpose::Candidate)?;
        let failures = report.failed.iter();
        Ok(Trial {
            passed: count(report.passed.len()),
            failures: failures
                .map(|(test, why)| self.caller.told(test, why))
                .collect(),
            ..Trial::default()
        })
    }
}

fn broken(error: SessionError) -> AgentError {
    AgentError::Bench(BenchError(error.to_string()))
}
