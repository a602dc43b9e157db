//! Views in words: what stays on the terminal.

use session::{Cost, Money, Outcome, Question, View, passing};

use crate::output::{BOLD, CYAN, DIM, GREEN, RED, YELLOW, styled};

/// Longest diff that is printed whole without being asked for, in lines.
const DIFF_LINES: usize = 80;

/// The lines of a view that stays.
pub(super) fn of(view: &View) -> Option<String> {
    of_task(view).or_else(|| of_run(view))
}

/// The same beside other tasks: each line says whose it is.
pub(super) fn of_lane(task: &str, text: &str) -> String {
    if task.is_empty() {
        return text.to_owned();
    }
    let whose = styled(DIM, format!("{task} │"));
    let lines = text.lines();
    let lines: Vec<String> = lines
        .map(|it| match it.starts_with(' ') {
            true => format!("{whose}{it}"),
            false => format!("{whose}  {it}"),
        })
        .collect();
    lines.join("\n")
}

fn of_run(view: &View) -> Option<String> {
    Some(match view {
        View::Notice(text) => styled(DIM, text),
        View::Began {
            run, resumed: true, ..
        } => styled(DIM, format!("run {run} goes on where it stopped")),
        View::Warning(text) => format!("{} {text}", styled(YELLOW, "warning:")),
        View::Planned {
            plan,
            tasks,
            count,
            fresh,
        } => format!(
            "{}  {plan}\n{}  {tasks}: {} tasks, {} open",
            styled(BOLD, if *fresh { "Plan (new)" } else { "Plan      " }),
            styled(BOLD, "Tasks     "),
            count.0,
            count.1
        ),
        View::Claim {
            criterion,
            proof: Ok(proof),
        } => {
            format!(
                "  {} {criterion}  {}",
                styled(GREEN, "✓"),
                styled(DIM, proof)
            )
        }
        View::Claim {
            criterion,
            proof: Err(why),
        } => {
            format!("  {} {criterion}  no proof: {why}", styled(RED, "✗"))
        }
        View::Ended {
            outcome,
            reason,
            cost,
            wall_ms,
            ..
        } => ended(*outcome, reason, cost, *wall_ms),
        _ => return None,
    })
}

fn of_task(view: &View) -> Option<String> {
    Some(match view {
        View::TaskStarted { place, title, .. } => format!(
            "\n{} {}",
            styled(BOLD, format!("[{}/{}]", place.0, place.1)),
            styled(BOLD, title)
        ),
        View::Called {
            agent,
            tool,
            summary,
            failed,
        } => {
            let who = match agent {
                0 => String::new(),
                agent => format!("helper {agent} · "),
            };
            let mark = match failed {
                true => styled(RED, "✗"),
                false => styled(GREEN, "✓"),
            };
            format!("  {mark} {who}{tool}: {}", styled(DIM, summary))
        }
        View::Tried {
            slot,
            route,
            result,
            cost,
        } => {
            let spent = format!(
                "{} tokens, {}{}",
                cost.output_tokens,
                seconds(cost.wall_ms),
                money(cost)
            );
            format!("  {slot} · {route}: {result}  {}", styled(DIM, spent))
        }
        View::Check { what, result } => {
            let told = result.map_or("…".to_owned(), |(passed, failed)| {
                format!("{passed} of {} pass", passed + failed)
            });
            styled(DIM, format!("  {what}: {told}"))
        }
        View::Diff { changes, .. } => diff(&changes.display(), DIFF_LINES),
        View::Approved { by_person, .. } => {
            let by = if *by_person { "by you" } else { "by the rules" };
            styled(DIM, format!("  approved {by}"))
        }
        View::TaskDone { .. } => done(view),
        View::TaskOpen { task, reason, .. } => {
            format!("  {} task {task} is open: {reason}", styled(RED, "✗"))
        }
        _ => return None,
    })
}

fn done(view: &View) -> String {
    let View::TaskDone {
        task,
        files,
        passed,
        cost,
        attempts,
        ..
    } = view
    else {
        return String::new();
    };
    let tries = if *attempts > 1 {
        format!(", attempt {attempts}")
    } else {
        String::new()
    };
    let spent = if cost.wall_ms == 0 {
        "no model".to_owned()
    } else {
        let time = seconds(cost.wall_ms);
        format!("{} tokens, {time}{}", cost.output_tokens, money(cost))
    };
    format!(
        "  {} task {task} done: {}{tries}  {}",
        styled(GREEN, "✓"),
        passing(*passed),
        styled(DIM, format!("{}  {spent}", files.join(", ")))
    )
}

/// A question of the model, with its options by number.
pub(super) fn question(question: &Question) -> String {
    let mut lines = vec![format!("  {} {}", styled(YELLOW, "asks:"), question.text)];
    let options = question.options.iter().enumerate();
    lines.extend(options.map(|(at, it)| format!("    {} {it}", at + 1)));
    lines.join("\n")
}

/// What turns cost, where that is known and not nothing.
fn money(cost: &Cost) -> String {
    match cost.nano_usd {
        0 => String::new(),
        nanos => format!(", {}", Money::from_nanos(nanos)),
    }
}

fn ended(outcome: Outcome, reason: &str, cost: &Cost, wall_ms: u64) -> String {
    let name = outcome.name();
    let good = matches!(outcome, Outcome::Done | Outcome::Partial);
    let style = if good { GREEN } else { YELLOW };
    let spent = if cost.wall_ms == 0 {
        "no model was asked".to_owned()
    } else {
        format!(
            "{} tokens read, {} written{}",
            cost.input_tokens,
            cost.output_tokens,
            money(cost)
        )
    };
    format!(
        "\n{}  {reason}\n{}",
        styled(style.bold(), name),
        styled(DIM, format!("{} · {spent}", seconds(wall_ms)))
    )
}

/// A diff in colours, cut after so many lines.
pub(super) fn diff(text: &str, most: usize) -> String {
    let mut lines: Vec<String> = text
        .lines()
        .take(most)
        .map(|line| format!("    {}", diff_line(line)))
        .collect();
    let left = text.lines().count().saturating_sub(most);
    if left > 0 {
        lines.push(styled(DIM, format!("    … {left} more lines")));
    }
    lines.join("\n")
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
    if ms < 60_000 {
        format!("{:.1} s", ms as f64 / 1000.0)
    } else {
        format!("{} min {:02} s", ms / 60_000, ms / 1000 % 60)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_diffs_are_cut_and_said_to_be() {
        let text = "+a\n".repeat(5);
        assert_eq!(diff(&text, 3).lines().count(), 4);
        assert!(diff(&text, 3).contains("2 more lines"));
        assert_eq!(diff(&text, usize::MAX).lines().count(), 5);
    }

    #[test]
    fn times_are_spoken() {
        assert_eq!(seconds(1234), "1.2 s");
        assert_eq!(seconds(61_000), "1 min 01 s");
    }
}
