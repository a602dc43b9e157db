//! The person whom an agent's tools may ask: a question goes through the channel of the thread that works to the one that
//! owns the front, and the answer comes back. Where nobody is there, the front says so and the tool refuses.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::Duration;

use change::visible;
use policy::shell::PatternScope;
use tools::{Consent, Person, Stop, Wish};

use crate::approvals::Approvals;
use crate::view::{Front, Question, View};

/// How often a wait for an answer looks whether the call was ended.
const LOOK: Duration = Duration::from_millis(50);

/// A question on its way to the front.
pub(crate) enum Asked {
    /// The model wants to know something.
    Words(Question, Sender<Option<String>>),
    /// A rule wants a person's yes; what they approve beyond it is kept.
    Wish(Wish, Arc<Approvals>, Sender<Consent>),
}

impl Asked {
    /// Lets the front answer. Whoever asked may be gone by then.
    pub(crate) fn put_to(self, front: &mut dyn Front) {
        match self {
            Asked::Words(question, answer) => {
                let _ = answer.send(front.answer(&question));
            }
            Asked::Wish(wish, approvals, answer) => {
                let consent = front.consent(&wish);
                match &consent {
                    Consent::Further(pattern, PatternScope::Run) => approvals.for_run(pattern),
                    // One that cannot be kept holds for this run.
                    Consent::Further(pattern, PatternScope::Project) => {
                        approvals.for_project(pattern);
                    }
                    Consent::Once | Consent::No => {}
                }
                if let Some(trouble) = approvals.trouble() {
                    front.show(&View::Warning(trouble));
                }
                let _ = answer.send(consent);
            }
        }
    }
}

/// A person at the other end of a channel.
pub(crate) struct Distant<T> {
    channel: Sender<T>,
    wrap: fn(Asked) -> T,
    approvals: Arc<Approvals>,
}

impl<T> Distant<T> {
    /// The person whom whoever reads `channel` asks; `wrap` makes a message of a question.
    pub(crate) fn behind(
        channel: Sender<T>,
        wrap: fn(Asked) -> T,
        approvals: &Arc<Approvals>,
    ) -> Box<Distant<T>> {
        Box::new(Distant {
            channel,
            wrap,
            approvals: Arc::clone(approvals),
        })
    }

    fn put<A>(&self, asked: Asked, came: &Receiver<A>, stop: Stop<'_>) -> Option<A> {
        self.channel.send((self.wrap)(asked)).ok()?;
        loop {
            match came.recv_timeout(LOOK) {
                Ok(answer) => return Some(answer),
                Err(RecvTimeoutError::Timeout) if !stop() => {}
                Err(_) => return None,
            }
        }
    }
}

impl<T: Send + 'static> Person for Distant<T> {
    fn ask(&self, question: &str, options: &[String], stop: Stop<'_>) -> Option<String> {
        let safe = |it: &String| visible(it).into_owned();
        let question = Question {
            text: visible(question).into_owned(),
            options: options.iter().map(safe).collect(),
        };
        let (answer, came) = channel();
        self.put(Asked::Words(question, answer), &came, stop)
            .flatten()
    }

    fn approve(&self, wish: &Wish, stop: Stop<'_>) -> Consent {
        let (answer, came) = channel();
        let asked = Asked::Wish(wish.clone(), Arc::clone(&self.approvals), answer);
        self.put(asked, &came, stop).unwrap_or(Consent::No)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::{Decision, Review};

    struct Says(Option<&'static str>, Vec<Question>);

    impl Front for Says {
        fn show(&mut self, _: &View) {}

        fn ask(&mut self, _: &Review, _: &mut dyn FnMut() -> Option<Decision>) -> Option<Decision> {
            None
        }

        fn answer(&mut self, question: &Question) -> Option<String> {
            self.1.push(question.clone());
            self.0.map(str::to_owned)
        }

        fn consent(&mut self, _: &Wish) -> Consent {
            match self.0 {
                Some(_) => Consent::Once,
                None => Consent::No,
            }
        }
    }

    fn wish() -> Wish {
        Wish {
            act: "run x".to_owned(),
            reasons: Vec::new(),
            offers: Vec::new(),
        }
    }

    fn asked_through(says: Option<&'static str>) -> (Option<String>, Consent, Vec<Question>) {
        let (sender, inbox) = channel();
        let mut front = Says(says, Vec::new());
        let approvals = Arc::new(Approvals::none());
        let (words, consent) = std::thread::scope(|scope| {
            let work = scope.spawn(move || {
                let person = Distant::behind(sender, |it: Asked| it, &approvals);
                let options = ["a\u{1b}[2J".to_owned()];
                let words = person.ask("which?", &options, &|| false);
                (words, person.approve(&wish(), &|| false))
            });
            inbox.iter().for_each(|it| it.put_to(&mut front));
            work.join().expect("ends")
        });
        (words, consent, front.1)
    }

    #[test]
    fn questions_reach_the_front_and_answers_come_back() {
        let (words, consent, questions) = asked_through(Some("blue"));
        assert_eq!((words.as_deref(), consent), (Some("blue"), Consent::Once));
        assert_eq!(questions[0].text, "which?");
        let options = &questions[0].options;
        assert!(!options[0].contains('\u{1b}'), "{options:?}");
        let (words, consent, _) = asked_through(None);
        assert_eq!((words, consent), (None, Consent::No));
    }

    #[test]
    fn a_call_that_is_ended_waits_no_longer() {
        let (sender, _inbox) = channel();
        let approvals = Arc::new(Approvals::none());
        let person = Distant::behind(sender, |it: Asked| it, &approvals);
        assert_eq!(person.ask("?", &[], &|| true), None);
        assert_eq!(person.approve(&wish(), &|| true), Consent::No);
    }
}
