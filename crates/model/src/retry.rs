//! Asking again when a provider fails in a way that passes.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::{Cancel, Delta, Model, ModelError, ModelId, Profile, Reply, Request};

/// How long a wait goes on before the countdown is told anew.
const STEP: Duration = Duration::from_secs(1);

/// How often a sleeping thread looks whether its turn was cancelled.
const LOOK: Duration = Duration::from_millis(50);

/// How often a model is asked, and how long the waits between are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patience {
    /// Most times that one turn is asked for, the first one included.
    pub attempts: u32,
    /// The first wait; each further one is twice as long.
    pub first: Duration,
    /// The longest wait. A provider that wants to be left alone for longer is not asked again.
    pub longest: Duration,
    /// All waits of a turn together.
    pub total: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            attempts: 6,
            first: Duration::from_secs(1),
            longest: Duration::from_mins(1),
            total: Duration::from_mins(3),
        }
    }
}

/// Lets time pass. A test has one that only writes down how much.
pub trait Pause: Send + Sync {
    /// Waits for `time`, or until `cancel` is set.
    fn pause(&self, time: Duration, cancel: &Cancel);
}

/// Lets real time pass.
#[derive(Clone, Copy, Debug, Default)]
pub struct Sleep;

impl Pause for Sleep {
    fn pause(&self, time: Duration, cancel: &Cancel) {
        let mut left = time;
        while !left.is_zero() && !cancel.is_cancelled() {
            let step = left.min(LOOK);
            std::thread::sleep(step);
            left -= step;
        }
    }
}

/// A model that is asked again, after a wait, when it fails in a way that passes ([`ModelError::passes`]).
///
/// The wait is what the provider asks for, else it doubles each time, varied so that many who were refused together do not
/// come back together. While it lasts, [`Delta::Waiting`] counts down. When an answer had begun, [`Delta::Restarted`] says that
/// it is void before it begins anew.
pub struct Retrying {
    model: Arc<dyn Model>,
    patience: Patience,
    pause: Arc<dyn Pause>,
    /// What the waits are varied by: moved on with every wait.
    noise: AtomicU64,
}

impl Retrying {
    /// `model`, asked again with `patience`; waits are varied by `seed`.
    #[must_use]
    pub fn new(
        model: Arc<dyn Model>,
        patience: Patience,
        seed: u64,
        pause: Arc<dyn Pause>,
    ) -> Self {
        Self {
            model,
            patience,
            pause,
            noise: AtomicU64::new(seed),
        }
    }

    /// How long to wait before attempt `number` + 1; none when it is not to be made.
    fn wait(&self, number: u32, error: &ModelError) -> Option<Duration> {
        let Patience {
            attempts,
            first,
            longest,
            ..
        } = self.patience;
        if number >= attempts || !error.passes() {
            return None;
        }
        if let ModelError::Provider {
            retry_after: Some(wanted),
            ..
        } = error
        {
            return (*wanted <= longest).then_some(*wanted);
        }
        let doubled = 2_u32.saturating_pow(number - 1);
        let whole = first.saturating_mul(doubled).min(longest);
        let half = whole / 2;
        Some(half + half.mul_f64(self.next_share()))
    }

    /// A number from 0 to 1.
    fn next_share(&self) -> f64 {
        const STRIDE: u64 = 0x9e37_79b9_7f4a_7c15;
        let mut bits = self.noise.fetch_add(STRIDE, Ordering::Relaxed);
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (bits ^ (bits >> 31)) as f64 / u64::MAX as f64
    }

    /// Waits, counting down. False when the turn was cancelled meanwhile.
    fn count_down(
        &self,
        time: Duration,
        error: &ModelError,
        cancel: &Cancel,
        on: &mut dyn FnMut(Delta),
    ) -> bool {
        let mut left = time;
        while !left.is_zero() {
            on(Delta::Waiting {
                left,
                reason: error.to_string(),
            });
            let step = left.min(STEP);
            self.pause.pause(step, cancel);
            if cancel.is_cancelled() {
                return false;
            }
            left -= step;
        }
        !cancel.is_cancelled()
    }
}

impl Model for Retrying {
    fn id(&self) -> &ModelId {
        self.model.id()
    }

    fn profile(&self) -> Profile {
        self.model.profile()
    }

    fn stream(
        &self,
        request: &Request,
        cancel: &Cancel,
        on: &mut dyn FnMut(Delta),
    ) -> Result<Reply, ModelError> {
        let mut waited = Duration::ZERO;
        let mut number = 1;
        loop {
            let mut begun = false;
            let answer = self.model.stream(request, cancel, &mut |delta| {
                begun = delta.begins(begun);
                on(delta);
            });
            let error = match answer {
                Ok(reply) => return Ok(reply),
                Err(error) => error,
            };
            let time = self.wait(number, &error);
            let time = time.filter(|it| waited.saturating_add(*it) <= self.patience.total);
            let Some(time) = time else {
                return Err(error.after(number));
            };
            if !self.count_down(time, &error, cancel, on) {
                return Err(ModelError::Cancelled);
            }
            if begun {
                on(Delta::Restarted);
            }
            waited += time;
            number += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stand_in::{Act, StandIn, hello, show, trouble};
    use crate::{Trouble, Usage};
    use insta::assert_snapshot;
    use std::sync::Mutex;

    /// Writes down how much time was to pass; may set a turn's flag.
    #[derive(Default)]
    struct Clock {
        waits: Mutex<Vec<Duration>>,
        cancel_at: Option<usize>,
    }

    impl Pause for Clock {
        fn pause(&self, time: Duration, cancel: &Cancel) {
            let mut waits = self.waits.lock().unwrap();
            waits.push(time);
            if self.cancel_at == Some(waits.len()) {
                cancel.cancel();
            }
        }
    }

    /// Plays `acts` and shows what came, how it ended, and how long was waited in all.
    fn check(acts: Vec<Act>, patience: Patience, clock: Clock) -> String {
        let clock = Arc::new(clock);
        let inner = Arc::new(StandIn::new("openai/a", acts));
        let model = Retrying::new(inner, patience, 7, Arc::clone(&clock) as Arc<dyn Pause>);
        let shown = show(&model);
        let waited: Duration = clock.waits.lock().unwrap().iter().sum();
        format!("{shown}\nwaited {waited:?}")
    }

    fn fail(kind: Trouble) -> Act {
        Act::Fail(trouble("openai/a", kind, None))
    }

    fn after(seconds: u64) -> Act {
        let wait = Duration::from_secs(seconds);
        Act::Fail(trouble("openai/a", Trouble::RateLimit, Some(wait)))
    }

    #[test]
    fn what_passes_is_asked_again_after_a_countdown() {
        let acts = vec![after(2), after(1), hello()];
        assert_snapshot!(check(acts, Patience::default(), Clock::default()), @"
        wait 2s: openai/a: too many requests: so it is
        wait 1s: openai/a: too many requests: so it is
        wait 1s: openai/a: too many requests: so it is
        text hello
        reply hello
        waited 3s
        ");
    }

    #[test]
    fn an_answer_that_had_begun_is_void() {
        let cut = Act::Cut(
            "hel",
            trouble("openai/a", Trouble::Cut, Some(Duration::from_secs(1))),
        );
        assert_snapshot!(check(vec![cut, hello()], Patience::default(), Clock::default()), @"
        text hel
        wait 1s: openai/a: the answer was cut off: so it is
        restarted
        text hello
        reply hello
        waited 1s
        ");
    }

    #[test]
    fn what_does_not_pass_is_told_at_once() {
        for kind in [
            Trouble::Request,
            Trouble::Key,
            Trouble::Forbidden,
            Trouble::NotFound,
            Trouble::Garbled,
            Trouble::TooLarge,
        ] {
            let shown = check(
                vec![fail(kind), hello()],
                Patience::default(),
                Clock::default(),
            );
            assert!(
                shown.starts_with("error ") && shown.ends_with("waited 0ns"),
                "{shown}"
            );
        }
    }

    #[test]
    fn attempts_have_an_end() {
        let patience = Patience {
            attempts: 3,
            ..Patience::default()
        };
        let shown = check(
            vec![after(1), after(1), after(1), hello()],
            patience,
            Clock::default(),
        );
        assert_snapshot!(shown, @"
        wait 1s: openai/a: too many requests: so it is
        wait 1s: openai/a: too many requests: so it is
        error openai/a: too many requests: so it is; it was asked 3 times
        waited 2s
        ");
    }

    #[test]
    fn a_provider_that_wants_hours_is_not_waited_for() {
        let shown = check(
            vec![after(7200), hello()],
            Patience::default(),
            Clock::default(),
        );
        assert_snapshot!(shown, @"
        error openai/a: too many requests: so it is
        waited 0ns
        ");
    }

    #[test]
    fn waits_have_a_sum() {
        let patience = Patience {
            attempts: 100,
            total: Duration::from_secs(100),
            ..Patience::default()
        };
        let shown = check(
            vec![after(45), after(45), after(45), hello()],
            patience,
            Clock::default(),
        );
        assert!(
            shown.ends_with("it was asked 3 times\nwaited 90s"),
            "{shown}"
        );
    }

    #[test]
    fn a_cancelled_wait_ends_the_turn() {
        let clock = Clock {
            cancel_at: Some(2),
            ..Clock::default()
        };
        let shown = check(vec![after(30), hello()], Patience::default(), clock);
        assert!(
            shown.ends_with("error the turn was cancelled\nwaited 2s"),
            "{shown}"
        );
    }

    #[test]
    fn waits_double_and_vary() {
        let model = |seed| {
            let inner = Arc::new(StandIn::new("openai/a", Vec::new()));
            Retrying::new(inner, Patience::default(), seed, Arc::new(Sleep))
        };
        let error = trouble("openai/a", Trouble::Server, None);
        let waits = |seed| -> Vec<f64> {
            let model = model(seed);
            (1..=5)
                .map(|number| model.wait(number, &error).unwrap().as_secs_f64())
                .collect()
        };
        for seed in 0..200 {
            for (wait, whole) in waits(seed).iter().zip([1.0, 2.0, 4.0, 8.0, 16.0]) {
                assert!((whole / 2.0..=whole).contains(wait), "{wait} for {whole}");
            }
        }
        assert_eq!(waits(3), waits(3));
        assert_ne!(waits(3), waits(4));
        assert_eq!(model(0).wait(6, &error), None);
    }

    #[test]
    fn usage_is_that_of_the_answer_that_counts() {
        let inner = Arc::new(StandIn::new("openai/a", vec![after(1), hello()]));
        let model = Retrying::new(inner, Patience::default(), 0, Arc::new(Clock::default()));
        let reply = model.stream(&crate::stand_in::request(), &Cancel::new(), &mut |_| ());
        let usage = Usage {
            input_tokens: 3,
            output_tokens: 1,
            ..Usage::default()
        };
        assert_eq!(reply.unwrap().usage, usage);
    }
}
