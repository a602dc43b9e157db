//! `kiro logs --hooks`: what hooks decided and did, from the journal.

use engine::Fact;

use crate::error::SessionError;
use crate::journal::{Entry, Journal};
use crate::places::{Environment, Project};

/// One line of the log.
#[derive(Clone, Debug)]
pub struct LogLine {
    /// The fact with its place and time.
    pub entry: Entry,
    /// In words.
    pub text: String,
}

/// What hooks did after the place `seq` of the journal and not before `since_ms` (since 1970), oldest first.
///
/// # Errors
/// When the project or its journal cannot be read.
pub fn hook_log(
    after_seq: i64,
    since_ms: i64,
    environment: &Environment,
) -> Result<Vec<LogLine>, SessionError> {
    let project = Project::around(environment)?;
    let path = project.state.join("journal.db");
    if !path.exists() {
        return Ok(Vec::new());
    }
    let journal = Journal::read(&path).map_err(SessionError::internal)?;
    let entries = journal
        .hook_facts(after_seq)
        .map_err(SessionError::internal)?;
    let line = |entry: Entry| {
        let text = words(&entry.fact)?;
        (entry.at_ms >= since_ms).then_some(LogLine { entry, text })
    };
    Ok(entries.into_iter().filter_map(line).collect())
}

/// The time now, in milliseconds since 1970.
pub fn now_ms() -> i64 {
    crate::run::now()
}

/// A moment as a clock shows it: the day since 1970 by the calendar, and the time of day, in UTC.
pub fn clock_time(at_ms: i64) -> String {
    let seconds = at_ms.div_euclid(1_000);
    let (days, of_day) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    // Years of 400 make a cycle that begins in March, so that the leap day is the last of its year.
    let from_march = days + 719_468;
    let (cycle, in_cycle) = (
        from_march.div_euclid(146_097),
        from_march.rem_euclid(146_097),
    );
    let year = (in_cycle - in_cycle / 1_460 + in_cycle / 36_524 - in_cycle / 146_096) / 365;
    let in_year = in_cycle - (365 * year + year / 4 - year / 100);
    let month = (5 * in_year + 2) / 153;
    let day = in_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = year + cycle * 400 + i64::from(month <= 2);
    let (hour, minute, second) = (of_day / 3_600, of_day / 60 % 60, of_day % 60);
    format!("{year}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}Z")
}

/// A fact of hooks in one line; none for one that says nothing of them.
pub fn words(fact: &Fact) -> Option<String> {
    let about = |path: &Option<String>| {
        path.as_ref()
            .map_or(String::new(), |it| format!(" of {it}"))
    };
    Some(match fact {
        Fact::HookDecided {
            hook,
            event,
            path,
            fires,
            clause,
            why,
            depth,
            ..
        } => {
            let verb = if *fires { "fires" } else { "does not fire" };
            let chain = if *depth > 0 {
                format!(" [{depth} hooks in]")
            } else {
                String::new()
            };
            format!(
                "«{hook}» {verb} on {event}{}{chain}: {clause}: {why}",
                about(path)
            )
        }
        Fact::HookStarted { hook, event, path } => {
            format!("«{hook}» begins on {event}{}", about(path))
        }
        Fact::HookEnded {
            hook,
            event,
            path,
            outcome,
            why,
            findings,
            files,
            wall_ms,
            ..
        } => {
            let mut text = format!("«{hook}» on {event}{}: {outcome}", about(path));
            if !why.is_empty() {
                text.push_str(&format!(": {why}"));
            }
            if !files.is_empty() {
                text.push_str(&format!("; changed {}", files.join(", ")));
            }
            if !findings.is_empty() {
                text.push_str(&format!("; found: {}", findings.join("; ")));
            }
            format!("{text} ({:.1} s)", *wall_ms as f64 / 1000.0)
        }
        other => return words_of_what_came(other),
    })
}

/// The same of holds and of what hooks changed.
fn words_of_what_came(fact: &Fact) -> Option<String> {
    Some(match fact {
        Fact::HoldSet {
            hook, path, why, ..
        } => format!("«{hook}» holds {path}: {why}"),
        Fact::HoldLifted { hook, path } => format!("«{hook}» holds {path} no longer"),
        Fact::HookCommitted { hook, files } => format!("«{hook}» committed {}", files.join(", ")),
        Fact::Unanswered { task } => {
            format!("«{task}» waits: nobody was there to approve what it changed")
        }
        Fact::Answered { task, answer, .. } => {
            format!("«{task}»: {}", format!("{answer:?}").to_lowercase())
        }
        Fact::Applied { task, files, .. } => format!("«{task}» changed {}", files.join(", ")),
        Fact::ApplyFailed { task, reason } => format!("«{task}» changed nothing: {reason}"),
        Fact::Ruled {
            act, ruling, rule, ..
        } => format!("policy: {} {act} ({rule})", ruling.name()),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_told_by_the_calendar() {
        assert_eq!(clock_time(0), "1970-01-01 00:00:00Z");
        assert_eq!(clock_time(951_827_696_000), "2000-02-29 12:34:56Z");
        assert_eq!(clock_time(1_795_910_399_999), "2026-11-28 23:59:59Z");
        assert_eq!(clock_time(-1), "1969-12-31 23:59:59Z");
    }
}
