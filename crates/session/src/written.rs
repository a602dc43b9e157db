//! Functions that a run wrote, and what each was chosen from: when another function shows that one is wrong, it is looked at
//! again.

use std::collections::{HashMap, HashSet};
use std::sync::Mutex;

use agent::Answer;
use code::Language;
use engine::FunctionWork;

/// What a function was chosen from.
#[derive(Clone)]
pub(crate) struct Chosen {
    /// Its code as it was written.
    definition: String,
    /// All answers, the best first.
    pub(crate) answers: Vec<Answer>,
    /// Whether no other answer agreed with it.
    pub(crate) is_alone: bool,
}

/// The functions that this run wrote, by file and name. What a person wrote, or changed since, is none of them.
#[derive(Default)]
pub(crate) struct Written {
    chosen: Mutex<HashMap<(String, String), Chosen>>,
    /// Files of those that were written anew, and the task in whose course.
    rewritten: Mutex<Vec<(String, String)>>,
    /// Functions that were asked for anew, by the name of who calls them and their code.
    asked: Mutex<HashSet<(String, String)>>,
}

impl Written {
    /// Keeps what the function in `text` was chosen from.
    pub(crate) fn keep(
        &self,
        work: &FunctionWork,
        text: &str,
        answers: Vec<Answer>,
        is_alone: bool,
    ) {
        let definition = code::definition(work.language, text, &work.function);
        let (Some(definition), Ok(mut all)) = (definition, self.chosen.lock()) else {
            return;
        };
        let key = (work.file.clone(), work.function.clone());
        let chosen = Chosen {
            definition,
            answers,
            is_alone,
        };
        all.insert(key, chosen);
    }

    /// What a function was chosen from that stands in `text` as it was written.
    pub(crate) fn chosen(
        &self,
        file: &str,
        function: &str,
        language: Language,
        text: &str,
    ) -> Option<Chosen> {
        let all = self.chosen.lock().ok()?;
        let chosen = all.get(&(file.to_owned(), function.to_owned()))?;
        let present = code::definition(language, text, function)?;
        (present == chosen.definition).then(|| chosen.clone())
    }

    /// Notes that this code is asked for anew for the sake of a function that calls it; false if it was before.
    pub(crate) fn note_asked(&self, caller: &str, code: &Chosen) -> bool {
        let asked = (caller.to_owned(), code.definition.clone());
        let all = self.asked.lock();
        all.is_ok_and(|mut it| it.insert(asked))
    }

    /// Notes that a task writes a function of this file anew.
    pub(crate) fn note_rewritten(&self, task: &str, file: &str) {
        if let Ok(mut all) = self.rewritten.lock() {
            all.push((task.to_owned(), file.to_owned()));
        }
    }

    /// Files in which a task writes functions anew: they are in its scope, beside its own.
    pub(crate) fn rewritten_by(&self, task: &str) -> Vec<String> {
        let all = self.rewritten.lock();
        let all = all.map(|it| it.clone()).unwrap_or_default();
        let its = all.into_iter().filter(|it| it.0 == task);
        its.map(|it| it.1).collect()
    }
}
