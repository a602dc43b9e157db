//! The front end for people: lines that stay, and on a real terminal one live line that does not.

pub(crate) mod answer;
mod live;
mod pick;
mod words;

use std::collections::BTreeMap;

use session::{Cancel, Consent, Decision, Front, Question, Review, View, Wish};

pub(crate) use self::answer::somebody_is_there;
use self::live::Live;
use crate::output::{self, DIM, YELLOW, styled};

/// A diff in colours, whole.
pub(crate) fn diff(text: &str) -> String {
    words::diff(text, usize::MAX)
}

/// Shows views on a terminal and asks its person.
pub(crate) struct Terminal {
    live: Live,
    cancel: Cancel,
    person: bool,
    /// What each lane is at; the empty one is the only one.
    lanes: BTreeMap<String, Lane>,
    /// Whether a wait was told that goes on.
    waits: bool,
}

impl Terminal {
    /// A terminal whose person may be asked.
    pub(crate) fn interactive(cancel: Cancel) -> Terminal {
        Terminal {
            live: Live::detect(),
            cancel,
            person: somebody_is_there(),
            lanes: BTreeMap::new(),
            waits: false,
        }
    }

    /// A terminal that only gets remarks.
    pub(crate) fn remarks() -> Terminal {
        Terminal {
            person: false,
            ..Terminal::interactive(Cancel::new())
        }
    }

    /// What the live line says: each lane in its own words.
    fn live_line(&self) -> String {
        let several = self.lanes.len() > 1;
        let told = self.lanes.iter().filter(|(_, lane)| !lane.told.is_empty());
        let told: Vec<String> = told
            .map(|(task, lane)| match (task.as_str(), several) {
                ("", _) => format!("  {}", lane.told),
                (task, false) => format!("  {task} │ {}", lane.told),
                (task, true) => {
                    let short: String = lane.told.chars().take(SHARED_CHARS).collect();
                    format!("  {task} │ {short}")
                }
            })
            .collect();
        told.join("  ")
    }
}

/// Most characters of one lane where several share the live line.
const SHARED_CHARS: usize = 36;

/// What a lane is at.
#[derive(Default)]
struct Lane {
    slot: String,
    written: usize,
    /// In words, for the live line.
    told: String,
}

impl Lane {
    /// What is said of a view that does not stay.
    fn passing(&mut self, view: &View) -> Option<String> {
        match view {
            View::Pulling {
                done,
                total,
                source,
            } => Some(live::bar("fetching", *done, *total, source)),
            View::Asking { slot, route } => {
                self.slot = format!("{slot} · {route}");
                self.written = 0;
                Some(format!("{} …", self.slot))
            }
            View::Reading { done, total } => {
                Some(format!("{} · reading {done}/{total}", self.slot))
            }
            View::Writing(text) => {
                self.written += text.chars().count();
                Some(format!(
                    "{} · writing, {} characters",
                    self.slot, self.written
                ))
            }
            View::Output(text) => {
                let last = text.lines().rfind(|it| !it.trim().is_empty())?;
                Some(format!("{} · {last}", self.slot))
            }
            View::Calling(tool) => Some(format!("{} · calling {tool}", self.slot)),
            View::Waiting { left_ms, reason } => Some(format!(
                "{} · again in {} s: {reason}",
                self.slot,
                left_ms.div_ceil(1000)
            )),
            _ => None,
        }
    }
}

impl Front for Terminal {
    fn show(&mut self, view: &View) {
        let (task, view) = match view {
            View::Of { task, view } => (task.as_str(), &**view),
            view => ("", view),
        };
        let waits = matches!(view, View::Waiting { .. });
        let begins = waits && !self.waits;
        self.waits = waits;
        let lane = self.lanes.entry(task.to_owned()).or_default();
        if let Some(text) = lane.passing(view) {
            lane.told.clone_from(&text);
            self.live.show(&self.live_line());
            // Where no line can be redrawn, a wait is told once instead of counted down.
            if begins && !self.live.is_on() {
                output::remark(styled(DIM, format!("  {text}")));
            }
        } else if let Some(text) = words::of(view) {
            self.live.clear();
            output::remark(words::of_lane(task, &text));
        }
        if let View::TaskDone { task, .. } | View::TaskOpen { task, .. } = view {
            self.lanes.remove(task);
        }
    }

    fn ask(
        &mut self,
        review: &Review,
        elsewhere: &mut dyn FnMut() -> Option<Decision>,
    ) -> Option<Decision> {
        self.live.clear();
        output::remark(diff(&review.changes.display()));
        output::remark(format!("  {}", styled(DIM, &review.evidence)));
        for reason in &review.reasons {
            output::remark(format!("  {} {reason}", styled(YELLOW, "asks:")));
        }
        if !self.person {
            return None;
        }
        answer::read(review, &self.cancel, elsewhere)
    }

    fn answer(&mut self, question: &Question) -> Option<String> {
        self.live.clear();
        output::remark(words::question(question));
        if !self.person {
            return None;
        }
        answer::words(&question.options, &self.cancel)
    }

    fn consent(&mut self, wish: &Wish) -> Consent {
        self.live.clear();
        output::remark(format!("  {} {}", styled(YELLOW, "asks:"), wish.act));
        for reason in &wish.reasons {
            output::remark(format!("    {}", session::visible(&reason.to_string())));
        }
        match self.person {
            true => answer::consent(wish, &self.cancel),
            false => Consent::No,
        }
    }
}
