//! Asking a person: Approve, Modify, Skip or Stop.

use std::io::{BufRead, IsTerminal, Write};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

use session::{Answer, Cancel, Review};

use crate::output::{self, BOLD, styled};

/// Whether a person sits at this terminal.
pub(crate) fn somebody_is_there() -> bool {
    std::io::stdin().is_terminal() && std::io::stderr().is_terminal()
}

/// Asks until there is an answer; none when the terminal closed. Ctrl-C ends the waiting.
pub(super) fn read(review: &Review, cancel: &Cancel) -> Option<Answer> {
    let modify = if review.can_modify { "  [m]odify" } else { "" };
    loop {
        prompt(&format!(
            "  {}{modify}  [s]kip  s[t]op > ",
            styled(BOLD, "[a]pprove")
        ));
        let line = line(cancel)?;
        match parse(&line) {
            Some(Answer::Modify) if !review.can_modify => {
                output::remark("  Set EDITOR to modify.");
            }
            Some(answer) => return Some(answer),
            None => output::remark("  Type a (approve), m (modify), s (skip) or t (stop)."),
        }
    }
}

/// Reads an answer in words, or the number of an option; none when there is none.
pub(super) fn words(options: &[String], cancel: &Cancel) -> Option<String> {
    prompt("  your answer > ");
    chosen(&line(cancel)?, options)
}

/// Reads a yes; anything else is a no.
pub(super) fn consent(cancel: &Cancel) -> Option<String> {
    prompt(&format!("  {}  [n]o > ", styled(BOLD, "[y]es")));
    let line = line(cancel)?;
    let yes = matches!(line.trim().to_ascii_lowercase().as_str(), "y" | "yes");
    yes.then_some(line)
}

fn chosen(line: &str, options: &[String]) -> Option<String> {
    let said = line.trim();
    let number: Option<usize> = said.parse().ok();
    let option = number.and_then(|it| options.get(it.checked_sub(1)?));
    let said = option.map_or(said, String::as_str);
    (!said.is_empty()).then(|| said.to_owned())
}

fn prompt(text: &str) {
    // A terminal that has gone away is noticed by the read that follows.
    let _ = write!(anstream::stderr(), "{text}");
    let _ = std::io::stderr().flush();
}

/// One line, read on a thread of its own so that an interruption is noticed while waiting.
fn line(cancel: &Cancel) -> Option<String> {
    let (send, receive) = channel();
    std::thread::spawn(move || {
        let mut text = String::new();
        let read = std::io::stdin().lock().read_line(&mut text);
        let _ = send.send(read.is_ok_and(|it| it > 0).then_some(text));
    });
    loop {
        match receive.recv_timeout(Duration::from_millis(50)) {
            Ok(line) => return line,
            Err(RecvTimeoutError::Timeout) if cancel.is_cancelled() => return None,
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return None,
        }
    }
}

fn parse(line: &str) -> Option<Answer> {
    match line.trim().to_ascii_lowercase().as_str() {
        "a" | "approve" | "y" | "yes" => Some(Answer::Approve),
        "m" | "modify" => Some(Answer::Modify),
        "s" | "skip" => Some(Answer::Skip),
        "t" | "stop" => Some(Answer::Stop),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_option_is_chosen_by_its_number() {
        let options = ["blue".to_owned(), "red".to_owned()];
        let check = |line: &str, expected: Option<&str>| {
            assert_eq!(chosen(line, &options).as_deref(), expected, "{line:?}");
        };
        check("2\n", Some("red"));
        check("3\n", Some("3"));
        check("0\n", Some("0"));
        check(" green \n", Some("green"));
        check("\n", None);
    }

    #[test]
    fn answers_are_letters_or_words() {
        assert_eq!(parse("a\n"), Some(Answer::Approve));
        assert_eq!(parse(" Modify "), Some(Answer::Modify));
        assert_eq!(parse("s"), Some(Answer::Skip));
        assert_eq!(parse("stop"), Some(Answer::Stop));
        assert_eq!(parse(""), None);
        assert_eq!(parse("approve everything"), None);
    }
}
