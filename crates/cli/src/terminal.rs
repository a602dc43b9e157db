//! The front end for people: lines that stay, and on a real terminal one live line that does not.

mod answer;
mod live;

use session::{Answer, Cancel, Front, Review, View};

use self::live::Live;
use crate::output::{self, BOLD, CYAN, DIM, GREEN, RED, YELLOW, styled};

/// Longest diff that Autopilot prints whole, in lines.
const DIFF_LINES: usize = 80;

/// Shows views on a terminal and asks its person.
pub(crate) struct Terminal {
    live: Live,
    cancel: Cancel,
    person: bool,
    slot: String,
    written: usize,
}

impl Terminal {
    /// A terminal whose person may be asked.
    pub(crate) fn interactive(cancel: Cancel) -> Terminal {
        Terminal {
            live: Live::detect(),
            cancel,
            person: answer::somebody_is_there(),
            slot: String::new(),
            written: 0,
        }
    }

    /// A terminal that only gets remarks.
    pub(crate) fn remarks() -> Terminal {
        Terminal {
            person: false,
            ..Terminal::interactive(Cancel::new())
        }
    }

    fn say(&mut self, text: impl std::fmt::Display) {
        self.live.clear();
        output::remark(text);
    }

    fn ended(
        &mut self,
        outcome: session::Outcome,
        reason: &str,
        cost: &session::Cost,
        wall_ms: u64,
    ) {
        let name = crate::commands::outcome_name(outcome);
        let style = if matches!(outcome, session::Outcome::Done | session::Outcome::Partial) {
            GREEN
        } else {
            YELLOW
        };
        let spent = if cost.output_tokens == 0 {
            "no model was asked".to_owned()
        } else {
            format!(
                "{} tokens read, {} written",
                cost.input_tokens, cost.output_tokens
            )
        };
        self.say(format!(
            "\n{}  {reason}\n{}",
            styled(style.bold(), name),
            styled(DIM, format!("{} · {spent}", seconds(wall_ms)))
        ));
    }

    fn task_done(&mut self, view: &View) {
        let View::TaskDone {
            task,
            files,
            passed,
            cost,
            attempts,
            ..
        } = view
        else {
            return;
        };
        let tries = if *attempts > 1 {
            format!(", attempt {attempts}")
        } else {
            String::new()
        };
        let spent = if cost.output_tokens == 0 {
            "no model".to_owned()
        } else {
            format!("{} tokens, {}", cost.output_tokens, seconds(cost.wall_ms))
        };
        self.say(format!(
            "  {} task {task} done: {passed} checks pass{tries}  {}",
            styled(GREEN, "✓"),
            styled(DIM, format!("{}  {spent}", files.join(", ")))
        ));
    }

    fn diff(&mut self, text: &str) {
        let lines: Vec<&str> = text.lines().collect();
        for line in lines.iter().take(DIFF_LINES) {
            self.say(format!("    {}", diff_line(line)));
        }
        if lines.len() > DIFF_LINES {
            self.say(styled(
                DIM,
                format!("    … {} more lines", lines.len() - DIFF_LINES),
            ));
        }
    }
}

impl Front for Terminal {
    fn show(&mut self, view: &View) {
        match view {
            View::Notice(text) => self.say(styled(DIM, text)),
            View::Warning(text) => self.say(format!("{} {text}", styled(YELLOW, "warning:"))),
            View::Pulling {
                done,
                total,
                source,
            } => {
                self.live
                    .show(&live::bar("fetching", *done, *total, source));
            }
            View::Planned {
                plan,
                tasks,
                count,
                fresh,
            } => self.say(format!(
                "{}  {plan}\n{}  {tasks}: {} tasks, {} open",
                styled(BOLD, if *fresh { "Plan (new)" } else { "Plan      " }),
                styled(BOLD, "Tasks     "),
                count.0,
                count.1
            )),
            View::TaskStarted { place, title, .. } => self.say(format!(
                "\n{} {}",
                styled(BOLD, format!("[{}/{}]", place.0, place.1)),
                styled(BOLD, title)
            )),
            View::Asking { slot, route } => {
                self.slot = format!("{slot} · {route}");
                self.written = 0;
                self.live.show(&format!("  {} …", self.slot));
            }
            View::Reading { done, total } => {
                self.live
                    .show(&format!("  {} · reading {done}/{total}", self.slot));
            }
            View::Writing(text) => {
                self.written += text.chars().count();
                self.live.show(&format!(
                    "  {} · writing, {} characters",
                    self.slot, self.written
                ));
            }
            View::Tried {
                slot,
                route,
                result,
                cost,
            } => self.say(format!(
                "  {slot} · {route}: {result}  {}",
                styled(
                    DIM,
                    format!("{} tokens, {}", cost.output_tokens, seconds(cost.wall_ms))
                )
            )),
            View::Check { what, result } => {
                let told = result.map_or("…".to_owned(), |(passed, failed)| {
                    format!("{passed} of {} pass", passed + failed)
                });
                self.say(styled(DIM, format!("  {what}: {told}")));
            }
            View::Diff { text, .. } => self.diff(text),
            View::Approved { by_person, .. } => {
                let by = if *by_person { "by you" } else { "by the rules" };
                self.say(styled(DIM, format!("  approved {by}")));
            }
            View::TaskDone { .. } => self.task_done(view),
            View::TaskOpen { task, reason, .. } => {
                self.say(format!(
                    "  {} task {task} is open: {reason}",
                    styled(RED, "✗")
                ));
            }
            View::Claim { criterion, proof } => self.say(match proof {
                Ok(proof) => format!(
                    "  {} {criterion}  {}",
                    styled(GREEN, "✓"),
                    styled(DIM, proof)
                ),
                Err(why) => format!("  {} {criterion}  no proof: {why}", styled(RED, "✗")),
            }),
            View::Recorded(_) => {}
            View::Ended {
                outcome,
                reason,
                cost,
                wall_ms,
                ..
            } => {
                self.ended(*outcome, reason, cost, *wall_ms);
            }
        }
    }

    fn ask(&mut self, review: &Review) -> Option<Answer> {
        self.live.clear();
        for line in review.diff.lines() {
            output::remark(format!("    {}", diff_line(line)));
        }
        output::remark(format!("  {}", styled(DIM, &review.evidence)));
        for reason in &review.reasons {
            output::remark(format!("  {} {reason}", styled(YELLOW, "asks:")));
        }
        if !self.person {
            return None;
        }
        answer::read(review, &self.cancel)
    }
}

fn diff_line(line: &str) -> String {
    let style = match line.as_bytes() {
        [b'+', b'+', b'+', ..] | [b'-', b'-', b'-', ..] | [b'd', b'i', b'f', b'f', ..] => BOLD,
        [b'+', ..] => GREEN,
        [b'-', ..] => RED,
        [b'@', ..] => CYAN,
        _ => anstyle::Style::new(),
    };
    styled(style, line)
}

fn seconds(ms: u64) -> String {
    let seconds = ms as f64 / 1000.0;
    if seconds < 60.0 {
        format!("{seconds:.1} s")
    } else {
        format!("{} min {:02} s", ms / 60_000, ms / 1000 % 60)
    }
}
