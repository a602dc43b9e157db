//! A second look at what this run wrote: the examples of a function are evidence on the functions that it calls. Where several
//! answers to it fail alike, one of those may be wrong in a case that no example of its own shows, or one that those call.

use agent::{AgentError, Answer, Bench, BenchError, Limits, Trial};
use engine::{CheckPurpose, FunctionWork, Neighbour, complete};

use super::attempt::{Attempt, SlotBench, Telling, count, slot};
use crate::error::SessionError;
use crate::view::View;
use crate::written::Chosen;

/// Most functions that a model is asked for again at a time, for one that calls them.
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
    chosen: Chosen,
}

/// A function whose answers fail alike.
struct Stuck<'a> {
    attempt: &'a Attempt<'a>,
    caller: &'a FunctionWork,
    /// Its file without any answer.
    present: &'a str,
    /// Its file with the best answer.
    answer: &'a str,
    /// How many of its examples hold with that.
    holding: u32,
}

impl Attempt<'_> {
    /// Looks again at functions of this run that the answer comes to by its calls. Where one can be so written that its own
    /// examples hold and more of the caller's than before, it is, and the caller's file is given without the answer. Answers
    /// that were there already are tried first; a model is asked only for functions that nobody agreed with.
    pub(super) fn mend(
        &self,
        caller: &FunctionWork,
        present: &str,
        answer: &str,
    ) -> Result<Option<String>, AgentError> {
        let suspects = self.suspects(caller, answer).map_err(broken)?;
        let mut own = SlotBench {
            attempt: self,
            work: caller,
            present,
        };
        let stuck = Stuck {
            attempt: self,
            caller,
            present,
            answer,
            holding: own.check(answer)?.passed,
        };
        for suspect in &suspects {
            if let Some(text) = stuck.by_another_answer(suspect)? {
                return Ok(Some(text));
            }
        }
        let by = &caller.function;
        let is_new =
            |it: &&Suspect| it.chosen.is_alone && self.shop.written.note_asked(by, &it.chosen);
        for suspect in suspects.iter().filter(is_new).take(SUSPECTS) {
            let function = &suspect.work.function;
            self.view(View::Notice(format!(
                "several answers to {by} fail alike: {function}, which they come to, is looked at again"
            )));
            if let Some(text) = stuck.asked_anew(suspect)? {
                return Ok(Some(text));
            }
            self.view(View::Notice(format!(
                "no other {function} does better: it stays"
            )));
        }
        Ok(None)
    }

    /// Functions of this run that the answer calls, and those that they call.
    fn suspects(&self, caller: &FunctionWork, answer: &str) -> Result<Vec<Suspect>, SessionError> {
        let works = self.done.iter().filter_map(|it| self.work_on(it).ok());
        let works: Vec<FunctionWork> = works.flat_map(|it| it.functions).collect();
        let mut open = vec![(answer.to_owned(), near(caller))];
        let mut seen: Vec<Neighbour> = Vec::new();
        let mut suspects = Vec::new();
        while let Some((code, called)) = open.pop() {
            for it in called {
                let is_called = code.contains(&format!("{}(", it.function));
                if !is_called || it.function == caller.function || seen.contains(&it) {
                    continue;
                }
                let is_it =
                    |work: &&FunctionWork| work.file == it.file && work.function == it.function;
                let Some(work) = works.iter().find(is_it) else {
                    continue;
                };
                let text = self.read(&it.file)?;
                let written = &self.shop.written;
                let own = code::definition(work.language, &text, &it.function);
                open.push((own.unwrap_or_default(), near(work)));
                let chosen = written.chosen(&it.file, &it.function, work.language, &text);
                suspects.extend(chosen.map(|chosen| Suspect {
                    work: work.clone(),
                    text,
                    chosen,
                }));
                seen.push(it);
            }
        }
        // Who keeps most rules is most easily wrong.
        suspects.sort_by_key(|it| std::cmp::Reverse(it.work.rules.len()));
        Ok(suspects)
    }
}

impl Stuck<'_> {
    /// The caller's file without the answer, if one of the answers that there were to the suspect does better.
    fn by_another_answer(&self, suspect: &Suspect) -> Result<Option<String>, AgentError> {
        let work = &suspect.work;
        let around = self.around(suspect);
        let mut best: Option<(u32, Answer, String)> = None;
        for answer in suspect.chosen.answers.iter().filter(|it| it.is_right) {
            let file = code::splice(work.language, &around, &answer.code, &work.function);
            let Ok(file) = file else { continue };
            let holding = self.bench(suspect, &around).holding(&file)?;
            if holding > best.as_ref().map_or(self.holding, |it| it.0) {
                best = Some((holding, answer.clone(), file));
            }
        }
        let Some((holding, answer, file)) = best else {
            return self.as_before(suspect);
        };
        let is_chosen = |it: &Answer| it.code == answer.code;
        let mut answers = suspect.chosen.answers.clone();
        answers.sort_by_key(|it| !is_chosen(it));
        self.written(suspect, holding, &file, answers)
    }

    /// The same, if a model that is asked for the suspect again does better.
    fn asked_anew(&self, suspect: &Suspect) -> Result<Option<String>, AgentError> {
        let (attempt, work) = (self.attempt, &suspect.work);
        let around = self.around(suspect);
        let mut bench = self.bench(suspect, &around);
        let mut slot = slot(work, around.clone(), &[]);
        slot.earlier = suspect.chosen.answers.clone();
        let limits = Limits {
            seed: attempt.model_seed() + OTHER_SEEDS,
            rounds: ROUNDS,
            repairs: 0,
            ..Limits::default()
        };
        let model = attempt.shop.model().map_err(broken)?;
        let mut told = Telling::new(attempt, &work.function);
        let cancel = &attempt.shop.cancel;
        let filled = agent::fill(&*model, &slot, limits, &mut bench, cancel, &mut |event| {
            told.event(event);
        })?;
        let Some(file) = filled.file else {
            return self.as_before(suspect);
        };
        let holding = bench.holding(&file)?;
        if holding <= self.holding {
            return self.as_before(suspect);
        }
        self.written(suspect, holding, &file, filled.answers)
    }

    fn as_before(&self, suspect: &Suspect) -> Result<Option<String>, AgentError> {
        let written = self.attempt.write(&suspect.work.file, &suspect.text);
        written.map_err(broken).map(|()| None)
    }

    /// Lets the suspect be as it is in `file`, the first of the answers.
    fn written(
        &self,
        suspect: &Suspect,
        holding: u32,
        file: &str,
        answers: Vec<Answer>,
    ) -> Result<Option<String>, AgentError> {
        let (attempt, work) = (self.attempt, &suspect.work);
        let (function, by) = (&work.function, &self.caller.function);
        let which = match self.caller.check.tests.len() == holding as usize {
            true => "those".to_owned(),
            false => format!("{holding} instead of {}", self.holding),
        };
        attempt.view(View::Notice(format!(
            "{function} was at fault and is written anew: all its examples pass, and {which} of {by}"
        )));
        let is_beside = self.is_beside(suspect);
        let text = match (is_beside, answers.first()) {
            (true, Some(best)) => {
                let spliced = code::splice(work.language, self.present, &best.code, &work.function);
                complete(&spliced.map_err(|it| BenchError(it.to_string()))?, work)
            }
            _ => complete(file, work),
        };
        let written = &attempt.shop.written;
        written.keep(work, &text, answers, true);
        written.note_rewritten(&attempt.task.id, &work.file);
        if is_beside {
            return Ok(Some(text));
        }
        attempt.write(&work.file, &text).map_err(broken)?;
        Ok(Some(self.present.to_owned()))
    }

    fn is_beside(&self, suspect: &Suspect) -> bool {
        suspect.work.file == self.caller.file
    }

    /// The suspect's file without it.
    fn around(&self, suspect: &Suspect) -> String {
        let work = &suspect.work;
        let around = match self.is_beside(suspect) {
            true => self.answer,
            false => &suspect.text,
        };
        code::without(work.language, around, std::slice::from_ref(&work.function))
    }

    fn bench<'b>(&'b self, suspect: &'b Suspect, around: &'b str) -> BothBench<'b> {
        BothBench {
            own: SlotBench {
                attempt: self.attempt,
                work: &suspect.work,
                present: around,
            },
            caller: SlotBench {
                attempt: self.attempt,
                work: self.caller,
                present: self.present,
            },
            answer: (!self.is_beside(suspect)).then_some(self.answer),
        }
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
            let theirs = self.callers(file)?;
            trial.passed += theirs.passed;
            trial.failures = theirs.failures;
        }
        Ok(trial)
    }
}

impl BothBench<'_> {
    /// How many of the caller's examples hold with this text; none where one of its own does not.
    fn holding(&mut self, file: &str) -> Result<u32, BenchError> {
        let is_right = self.own.check(file)?.failures.is_empty();
        match is_right {
            true => Ok(self.callers(file)?.passed),
            false => Ok(0),
        }
    }

    fn callers(&self, file: &str) -> Result<Trial, BenchError> {
        let SlotBench { attempt, work, .. } = self.caller;
        let own = complete(file, self.own.work);
        let judged = || {
            attempt.write(&work.file, &complete(self.answer.unwrap_or(&own), work))?;
            attempt.write(&work.check.path, &work.check.text)?;
            attempt.check_file(&work.check, CheckPurpose::Candidate)
        };
        let report = judged().map_err(|it: SessionError| BenchError(it.to_string()))?;
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

/// Functions that one is to use.
fn near(of: &FunctionWork) -> Vec<Neighbour> {
    of.uses.iter().chain(&of.beside).cloned().collect()
}

fn broken(error: SessionError) -> AgentError {
    AgentError::Bench(BenchError(error.to_string()))
}
