//! The person at the front end, asked from a thread of an agent's about a command.

use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::time::Duration;

use policy::shell::PatternScope;
use tools::{Consent, Person, Stop, Wish};

use crate::approvals::Approvals;
use crate::shop::Shop;
use crate::view::Front;

/// How often a wait for an answer looks whether it is to end.
const PATIENCE: Duration = Duration::from_millis(50);

/// A wish on its way to the thread that owns the front end.
pub(crate) struct Asking {
    wish: Wish,
    answer: Sender<Consent>,
}

impl Asking {
    /// Puts the wish before the person and sends the answer back.
    pub(crate) fn answer(self, front: &mut dyn Front) {
        let consent = front.consent(&self.wish);
        // Whoever asked may have been stopped meanwhile.
        let _ = self.answer.send(consent);
    }
}

/// The person behind a front end that another thread owns.
pub(crate) struct AskedPerson {
    send: Box<dyn Fn(Asking) -> bool + Send + Sync>,
    approvals: Arc<Approvals>,
}

impl AskedPerson {
    /// Wishes go to `send`, which says whether anybody listens; what is approved beyond one time is kept.
    pub(crate) fn new(
        shop: &Shop,
        send: impl Fn(Asking) -> bool + Send + Sync + 'static,
    ) -> AskedPerson {
        AskedPerson {
            send: Box::new(send),
            approvals: Arc::clone(&shop.approvals),
        }
    }
}

impl Person for AskedPerson {
    fn ask(&self, _question: &str, _options: &[String], _stop: Stop<'_>) -> Option<String> {
        None
    }

    fn approve(&self, wish: &Wish, stop: Stop<'_>) -> Consent {
        let (answer, inbox) = channel();
        let wish = wish.clone();
        if !(self.send)(Asking { wish, answer }) {
            return Consent::No;
        }
        let consent = loop {
            match inbox.recv_timeout(PATIENCE) {
                Ok(consent) => break consent,
                Err(RecvTimeoutError::Timeout) if !stop() => {}
                Err(_) => return Consent::No,
            }
        };
        match consent {
            Consent::Further(pattern, PatternScope::Run) => {
                self.approvals.for_run(&pattern);
                Consent::Further(pattern, PatternScope::Run)
            }
            // One that cannot be kept holds for this run.
            Consent::Further(pattern, PatternScope::Project) => {
                self.approvals.for_project(&pattern);
                Consent::Further(pattern, PatternScope::Project)
            }
            other => other,
        }
    }
}
