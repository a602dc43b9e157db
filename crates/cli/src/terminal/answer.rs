//! Asking a person: Approve, Modify, Skip or Stop.

use std::io::{BufRead, IsTerminal, Write};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

use session::shell::{CommandPattern, PatternScope};
use session::{Answer, Cancel, Consent, Review, Wish};

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

/// Asks until it is known what the person says to a command; no when the terminal closed.
pub(super) fn consent(wish: &Wish, cancel: &Cancel) -> Consent {
    for (at, it) in wish.offers.iter().enumerate() {
        output::remark(format!("    {} yes, and {} from now on", at + 1, offer(it)));
    }
    loop {
        prompt(&format!("  {}  [n]o > ", styled(BOLD, "[y]es, this once")));
        let Some(line) = line(cancel) else {
            return Consent::No;
        };
        if let Some(consent) = consented(&line, wish) {
            return consent;
        }
        output::remark("  Type y (yes), n (no) or a number.");
    }
}

/// What one of a wish's offers would approve, in words that are safe to print.
pub(crate) fn offer((pattern, scope): &(CommandPattern, PatternScope)) -> String {
    let scope = match scope {
        PatternScope::Run => "in this run",
        PatternScope::Project => "in this project",
    };
    format!("{} {scope}", session::visible(&pattern.to_string()))
}

fn consented(line: &str, wish: &Wish) -> Option<Consent> {
    match line.trim().to_ascii_lowercase().as_str() {
        "y" | "yes" => Some(Consent::Once),
        "n" | "no" => Some(Consent::No),
        number => {
            let at = number.parse::<usize>().ok()?.checked_sub(1)?;
            let (pattern, scope) = wish.offers.get(at)?.clone();
            Some(Consent::Further(pattern, scope))
        }
    }
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
    fn a_number_is_one_of_the_offers_and_nothing_else_is_a_yes() {
        let pattern = CommandPattern::Exact(vec!["make".to_owned()]);
        let wish = Wish {
            act: "run «make»".to_owned(),
            reasons: Vec::new(),
            offers: vec![(pattern.clone(), PatternScope::Run)],
        };
        let further = Consent::Further(pattern, PatternScope::Run);
        assert_eq!(consented("1\n", &wish), Some(further));
        assert_eq!(consented("Y", &wish), Some(Consent::Once));
        assert_eq!(consented("no", &wish), Some(Consent::No));
        for line in ["", "0", "2", "yes please", "1 2"] {
            assert_eq!(consented(line, &wish), None, "{line}");
        }
        assert_eq!(offer(&wish.offers[0]), "«make» in this run");
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
