//! Asking a person: Approve, Pick, Modify, Remark, Skip or Stop.

use std::io::{IsTerminal, Write};

use server::wire::offer;
use session::{Cancel, Consent, Decision, Offers, Review, Wish};

use super::pick;
use crate::output::{self, BOLD, styled};

/// How often a person's keys are looked at for one look whether the answer came from elsewhere.
const LOOKS_A_QUERY: u32 = 5;

/// Whether a person sits at this terminal.
pub(crate) fn somebody_is_there() -> bool {
    std::io::stdin().is_terminal() && std::io::stderr().is_terminal()
}

/// Asks until there is an answer, here or `elsewhere`; none when the terminal closed. Ctrl-C ends the waiting.
pub(super) fn read(
    review: &Review,
    cancel: &Cancel,
    elsewhere: &mut dyn FnMut() -> Option<Decision>,
) -> Option<Decision> {
    let mut answered = None;
    let mut looks = 0u32;
    let mut ask = |text: &str| {
        let mut go_on = || {
            if looks.is_multiple_of(LOOKS_A_QUERY) {
                answered = elsewhere();
            }
            looks = looks.wrapping_add(1);
            answered.is_none() && !cancel.is_cancelled()
        };
        line(text, &mut go_on)
    };
    let here = decide(review, &mut ask);
    if here.is_none() && answered.is_some() {
        output::remark("\n  Answered from elsewhere.");
    }
    here.or(answered)
}

fn decide(review: &Review, ask: &mut dyn FnMut(&str) -> Option<String>) -> Option<Decision> {
    let offers = review.offers;
    loop {
        match parse(&ask(&choices(offers))?, offers) {
            Ok(Typed::Decided(decision)) => return Some(decision),
            Ok(Typed::Pick) => {
                if let Some(kept) = pick::parts(&review.changes, ask)? {
                    return Some(Decision::Keep(kept));
                }
            }
            Ok(Typed::Remark) => {
                let remark = ask("  what should be otherwise? > ")?;
                if !remark.trim().is_empty() {
                    return Some(Decision::Revise(remark.trim().to_owned()));
                }
            }
            Err(help) => output::remark(format!("  {help}")),
        }
    }
}

fn choices(offers: Offers) -> String {
    let mut text = format!("  {}", styled(BOLD, "[a]pprove"));
    if offers.task {
        text.push_str("  [p]ick hunks");
    }
    if offers.modify {
        text.push_str("  [m]odify");
    }
    if offers.task {
        text.push_str("  [r]emark");
    }
    text + "  [s]kip  s[t]op > "
}

/// Reads an answer in words, or the number of an option; none when there is none.
pub(super) fn words(options: &[String], cancel: &Cancel) -> Option<String> {
    chosen(&ask("  your answer > ", cancel)?, options)
}

fn chosen(line: &str, options: &[String]) -> Option<String> {
    let said = line.trim();
    let number: Option<usize> = said.parse().ok();
    let option = number.and_then(|it| options.get(it.checked_sub(1)?));
    let said = option.map_or(said, String::as_str);
    (!said.is_empty()).then(|| said.to_owned())
}

/// Asks until it is known what the person says to a command; no when the terminal closed.
pub(super) fn consent(wish: &Wish, cancel: &Cancel) -> Consent {
    for (at, it) in wish.offers.iter().enumerate() {
        output::remark(format!("    {} yes, and {} from now on", at + 1, offer(it)));
    }
    loop {
        let keys = format!("  {}  [n]o > ", styled(BOLD, "[y]es, this once"));
        let Some(line) = ask(&keys, cancel) else {
            return Consent::No;
        };
        if let Some(consent) = consented(&line, wish) {
            return consent;
        }
        output::remark("  Type y (yes), n (no) or a number.");
    }
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

/// Asks for one line; none when the terminal closed or the person interrupts.
fn ask(text: &str, cancel: &Cancel) -> Option<String> {
    line(text, &mut || !cancel.is_cancelled())
}

fn line(text: &str, go_on: &mut dyn FnMut() -> bool) -> Option<String> {
    // A terminal that has gone away is noticed by the read that follows.
    let _ = write!(anstream::stderr(), "{text}");
    let _ = std::io::stderr().flush();
    session::read_line(go_on).ok().flatten()
}

#[derive(Debug, PartialEq)]
enum Typed {
    Decided(Decision),
    Pick,
    Remark,
}

/// What was typed, or what could have been.
fn parse(line: &str, offers: Offers) -> Result<Typed, &'static str> {
    let line = line.trim();
    if let (Some(remark), true) = (line.strip_prefix("r ").map(str::trim), offers.task) {
        return Ok(Typed::Decided(Decision::Revise(remark.to_owned())));
    }
    match line.to_ascii_lowercase().as_str() {
        "a" | "approve" | "y" | "yes" => Ok(Typed::Decided(Decision::Approve)),
        "m" | "modify" if offers.modify => Ok(Typed::Decided(Decision::Modify)),
        "m" | "modify" => Err("Set EDITOR to modify."),
        "s" | "skip" => Ok(Typed::Decided(Decision::Skip)),
        "t" | "stop" => Ok(Typed::Decided(Decision::Stop)),
        "p" | "pick" if offers.task => Ok(Typed::Pick),
        "r" | "remark" if offers.task => Ok(Typed::Remark),
        _ if offers.task => Err(
            "Type a (approve), p (pick what stays), m (modify), r (say what should be otherwise), s (skip) or t (stop).",
        ),
        _ => Err("Type a (approve), s (skip) or t (stop)."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use session::shell::{CommandPattern, PatternScope};

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
        let all = Offers {
            modify: true,
            task: true,
        };
        let decided = |decision| Ok(Typed::Decided(decision));
        assert_eq!(parse("a\n", all), decided(Decision::Approve));
        assert_eq!(parse(" Modify ", all), decided(Decision::Modify));
        assert_eq!(parse("s", all), decided(Decision::Skip));
        assert_eq!(parse("stop", all), decided(Decision::Stop));
        assert_eq!(parse("p", all), Ok(Typed::Pick));
        assert_eq!(parse("r", all), Ok(Typed::Remark));
        let remark = Decision::Revise("Say it in words".to_owned());
        assert_eq!(parse("r Say it in words\n", all), decided(remark));
        assert!(parse("", all).is_err());
        assert!(parse("approve everything", all).is_err());
        let few = Offers::default();
        for line in ["m", "p", "r", "r more"] {
            assert!(parse(line, few).is_err(), "{line}");
        }
    }
}
