//! Functions of a run that one answer alone was right in, as far as examples tell, and what else was answered.

use std::collections::HashMap;
use std::sync::Mutex;

use agent::Answer;
use code::Language;
use engine::FunctionWork;

/// What a function was chosen from.
#[derive(Clone)]
struct Chosen {
    /// Its code as it was written.
    definition: String,
    /// All answers, the best first.
    answers: Vec<Answer>,
}

/// The functions that this run wrote and that no other answer agreed with, by file and name. What a person wrote, or changed
/// since, is none of them.
#[derive(Default)]
pub(crate) struct Lone {
    chosen: Mutex<HashMap<(String, String), Chosen>>,
    /// Files of those that were written anew, and the task in whose course.
    rewritten: Mutex<Vec<(String, String)>>,
}

impl Lone {
    /// Keeps what the function in `text` was chosen from.
    pub(crate) fn keep(&self, work: &FunctionWork, text: &str, answers: Vec<Answer>) {
        let definition = code::definition(work.language, text, &work.function);
        let (Some(definition), Ok(mut all)) = (definition, self.chosen.lock()) else {
            return;
        };
        let key = (work.file.clone(), work.function.clone());
        all.insert(
            key,
            Chosen {
                definition,
                answers,
            },
        );
    }

    /// The answers to a function that stands in `text` as it was written.
    pub(crate) fn answers(
        &self,
        file: &str,
        function: &str,
        language: Language,
        text: &str,
    ) -> Option<Vec<Answer>> {
        let all = self.chosen.lock().ok()?;
        let chosen = all.get(&(file.to_owned(), function.to_owned()))?;
        let present = code::definition(language, text, function)?;
        (present == chosen.definition).then(|| chosen.answers.clone())
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
