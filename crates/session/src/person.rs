//! The person whom an agent's tools may ask: a question goes through the channel of the thread that works to the one that
//! owns the front, and the answer comes back. Where nobody is there, the front says so and the tool refuses.

use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::time::Duration;

use change::visible;
use policy::Reason;
use tools::{Person, Stop};

use crate::view::{Front, Question};

/// How often a wait for an answer looks whether the call was ended.
const LOOK: Duration = Duration::from_millis(50);

/// A question on its way to the front.
pub(crate) struct Asked {
    question: Question,
    answer: Sender<Option<String>>,
}

impl Asked {
    /// Lets the front answer. Whoever asked may be gone by then.
    pub(crate) fn put_to(self, front: &mut dyn Front) {
        let _ = self.answer.send(front.answer(&self.question));
    }
}

/// A person at the other end of a channel.
pub(crate) struct Distant<T> {
    channel: Sender<T>,
    wrap: fn(Asked) -> T,
}

impl<T> Distant<T> {
    /// The person whom whoever reads `channel` asks; `wrap` makes a message of a question.
    pub(crate) fn behind(channel: Sender<T>, wrap: fn(Asked) -> T) -> Box<Distant<T>> {
        Box::new(Distant { channel, wrap })
    }

    fn put(&self, question: Question, stop: Stop<'_>) -> Option<String> {
        let (answer, came) = channel();
        let asked = (self.wrap)(Asked { question, answer });
        self.channel.send(asked).ok()?;
        loop {
            match came.recv_timeout(LOOK) {
                Ok(answer) => return answer,
                Err(RecvTimeoutError::Timeout) if !stop() => {}
                Err(_) => return None,
            }
        }
    }
}

impl<T: Send + 'static> Person for Distant<T> {
    fn ask(&self, question: &str, options: &[String], stop: Stop<'_>) -> Option<String> {
        let safe = |it: &String| visible(it).into_owned();
        let question = Question::Words {
            text: visible(question).into_owned(),
            options: options.iter().map(safe).collect(),
        };
        self.put(question, stop)
    }

    fn approve(&self, act: &str, reasons: &[Reason], stop: Stop<'_>) -> bool {
        let reason = |it: &Reason| visible(&it.to_string()).into_owned();
        let question = Question::Consent {
            act: visible(act).into_owned(),
            reasons: reasons.iter().map(reason).collect(),
        };
        self.put(question, stop).is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::{Review, View};
    use engine::Answer;

    struct Says(Option<&'static str>, Vec<Question>);

    impl Front for Says {
        fn show(&mut self, _: &View) {}

        fn ask(&mut self, _: &Review) -> Option<Answer> {
            None
        }

        fn answer(&mut self, question: &Question) -> Option<String> {
            self.1.push(question.clone());
            self.0.map(str::to_owned)
        }
    }

    fn asked_through(says: Option<&'static str>) -> (Option<String>, bool, Vec<Question>) {
        let (sender, inbox) = channel();
        let mut front = Says(says, Vec::new());
        let (words, consent) = std::thread::scope(|scope| {
            let work = scope.spawn(move || {
                let person = Distant::behind(sender, |it: Asked| it);
                let options = ["a\u{1b}[2J".to_owned()];
                let words = person.ask("which?", &options, &|| false);
                (words, person.approve("run x", &[], &|| false))
            });
            inbox.iter().for_each(|it| it.put_to(&mut front));
            work.join().expect("ends")
        });
        (words, consent, front.1)
    }

    #[test]
    fn questions_reach_the_front_and_answers_come_back() {
        let (words, consent, questions) = asked_through(Some("blue"));
        assert_eq!((words.as_deref(), consent), (Some("blue"), true));
        let Question::Words { text, options } = &questions[0] else {
            panic!("{questions:?}");
        };
        assert_eq!(text, "which?");
        assert!(!options[0].contains('\u{1b}'), "{options:?}");
        let (words, consent, _) = asked_through(None);
        assert_eq!((words, consent), (None, false));
    }

    #[test]
    fn a_call_that_is_ended_waits_no_longer() {
        let (sender, _inbox) = channel();
        let person = Distant::behind(sender, |it: Asked| it);
        assert_eq!(person.ask("?", &[], &|| true), None);
        assert!(!person.approve("x", &[], &|| true));
    }
}
