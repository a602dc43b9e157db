//! The live line: redrawn in place on a terminal, absent elsewhere.

use std::io::{IsTerminal, Write};
use std::time::{Duration, Instant};

/// Redraws at most this often.
const EVERY: Duration = Duration::from_millis(80);

/// One line that is redrawn in place.
pub(super) struct Live {
    on: bool,
    shown: bool,
    last: Option<Instant>,
}

impl Live {
    /// A live line if the standard error is a terminal that can redraw.
    pub(super) fn detect() -> Live {
        let plain = std::env::var_os("TERM").is_some_and(|it| it == "dumb");
        Live {
            on: std::io::stderr().is_terminal() && !plain,
            shown: false,
            last: None,
        }
    }

    /// Whether there is such a line.
    pub(super) fn is_on(&self) -> bool {
        self.on
    }

    /// Shows `text` in place of what was there.
    pub(super) fn show(&mut self, text: &str) {
        let soon = self.last.is_some_and(|it| it.elapsed() < EVERY);
        if !self.on || (soon && self.shown) {
            return;
        }
        self.last = Some(Instant::now());
        self.shown = true;
        let text: String = text.chars().take(width().saturating_sub(1)).collect();
        // A terminal that has gone away shows nothing, and nothing is lost.
        let _ = write!(std::io::stderr(), "\r\x1b[2K{text}");
        let _ = std::io::stderr().flush();
    }

    /// Takes the line away.
    pub(super) fn clear(&mut self) {
        if self.shown {
            let _ = write!(std::io::stderr(), "\r\x1b[2K");
            let _ = std::io::stderr().flush();
            self.shown = false;
        }
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        self.clear();
    }
}

fn width() -> usize {
    terminal_size::terminal_size().map_or(80, |(width, _)| usize::from(width.0))
}

/// A bar such as `fetching [████░░░░]  45 %  510 of 1117 MB  source`.
pub(super) fn bar(what: &str, done: u64, total: u64, source: &str) -> String {
    const CELLS: u64 = 24;
    let share = done.min(total) * CELLS / total.max(1);
    let full = "█".repeat(usize::try_from(share).unwrap_or(0));
    let rest = "░".repeat(usize::try_from(CELLS - share).unwrap_or(0));
    let percent = done.min(total) * 100 / total.max(1);
    format!(
        "{what} [{full}{rest}] {percent:>3} %  {} of {} MB  {source}",
        done / 1_000_000,
        total / 1_000_000
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bar_fills_and_never_overflows() {
        assert_eq!(
            bar("fetching", 50_000_000, 100_000_000, "there"),
            "fetching [████████████░░░░░░░░░░░░]  50 %  50 of 100 MB  there"
        );
        assert!(bar("x", 5, 0, "y").contains("100 %") || bar("x", 5, 0, "y").contains("  0 %"));
        assert!(bar("x", 300, 100, "y").contains("100 %"));
    }
}
