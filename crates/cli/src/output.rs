//! Printing: data to the standard output, remarks to the standard error, a closed pipe is no error.

use std::io::Write;

use anstyle::{AnsiColor, Style};

/// Bold text.
pub(crate) const BOLD: Style = Style::new().bold();
/// Text that steps back.
pub(crate) const DIM: Style = Style::new().dimmed();
/// Good news; never the only sign of it.
pub(crate) const GREEN: Style = AnsiColor::Green.on_default();
/// Bad news; never the only sign of it.
pub(crate) const RED: Style = AnsiColor::Red.on_default();
/// Something to look at.
pub(crate) const YELLOW: Style = AnsiColor::Yellow.on_default();
/// Places and hunks.
pub(crate) const CYAN: Style = AnsiColor::Cyan.on_default();

/// Prints a line of data.
pub(crate) fn line(text: impl std::fmt::Display) {
    // A reader that has gone away wants no more lines; that is success.
    let _ = writeln!(anstream::stdout(), "{text}");
}

/// Prints a remark.
pub(crate) fn remark(text: impl std::fmt::Display) {
    // Without a place to print remarks the work still goes on.
    let _ = writeln!(anstream::stderr(), "{text}");
}

/// Prints JSON for machines.
pub(crate) fn json(value: &serde_json::Value) {
    line(serde_json::to_string_pretty(value).unwrap_or_default());
}

/// Prints something as JSON for machines, piece by piece: it may be large.
pub(crate) fn large_json(value: &impl serde::Serialize) {
    let mut out = std::io::BufWriter::new(anstream::stdout());
    // A reader that has gone away wants no more of it; that is success.
    let written = serde_json::to_writer_pretty(&mut out, value);
    let _ = written.map(|()| writeln!(out).and_then(|()| out.flush()));
}

/// Tells an error and the next step.
pub(crate) fn error(message: &str, hint: Option<&str>) {
    remark(format!("{RED}error:{RED:#} {message}"));
    if let Some(hint) = hint {
        remark(format!("\n{BOLD}hint:{BOLD:#} {hint}"));
    }
}

/// Text in a style.
pub(crate) fn styled(style: Style, text: impl std::fmt::Display) -> String {
    format!("{style}{text}{style:#}")
}
