//! The grammar: brush-parser, behind limits that bound its time and its stack.
//!
//! The grammar is a packrat-less PEG: `((` and `case` are tried in several ways, so that its time doubles with
//! each level of them. [`parse`] first reads the tokens, which is linear, and works out from them how long the
//! grammar could take.

use super::nest;
use brush_parser::ast::Program;
use brush_parser::{ParserOptions, Token, TokenizerOptions};

/// The most of `$(`, `${`, `<(`, `>(` and backticks: what the tokenizer follows by recursion.
const OPENINGS_MAX: usize = 150;

/// How deeply compound commands may stand in each other.
const DEPTH_MAX: usize = 48;

/// The most tokens: about 50 ms.
const TOKENS_MAX: usize = 12_000;

/// Bounds the product of tokens and of what is tried twice: about 40 ms.
const WORK_MAX: usize = 1 << 20;

/// Why there is no tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NoTree {
    /// It is not a command of the shell, or of the part of the shell's language that is understood.
    Syntax,
    /// It is too long or too deeply nested to be looked at.
    TooMuch,
}

impl NoTree {
    /// The doubt that comes of it.
    pub(crate) fn said(self) -> &'static str {
        match self {
            NoTree::Syntax => "it cannot be parsed",
            NoTree::TooMuch => "it is too long or nested too deeply",
        }
    }
}

/// The tree of a script.
pub(crate) fn parse(text: &str) -> Result<Program, NoTree> {
    if text.contains("esac") {
        let balanced = nest::with_balanced_cases(text);
        if let Ok(program) = parse_as_written(&balanced) {
            return Ok(program);
        }
    }
    parse_as_written(text)
}

fn parse_as_written(text: &str) -> Result<Program, NoTree> {
    if openings(text) > OPENINGS_MAX {
        return Err(NoTree::TooMuch);
    }
    // The tokenizer reads one character too many for each substitution that ends inside of a here-document.
    let padding = if text.contains("<<") {
        openings(text) + 1
    } else {
        0
    };
    let padded = format!("{text}{}", "\n".repeat(padding));
    // A defect of the parser must not become one of ours: what it fails on is not understood.
    std::panic::catch_unwind(|| parse_padded(&padded)).unwrap_or(Err(NoTree::Syntax))
}

fn parse_padded(text: &str) -> Result<Program, NoTree> {
    let tokens = brush_parser::uncached_tokenize_str(text, &TokenizerOptions::default())
        .map_err(|_| NoTree::Syntax)?;
    within_limits(&tokens)?;
    brush_parser::parse_tokens(&tokens, &ParserOptions::default()).map_err(|_| NoTree::Syntax)
}

/// The tree of a script in which two groups that stand in each other, written `( (`, are not taken for arithmetic.
/// It may hold the command `:` more than the script does.
pub(crate) fn parse_groups(text: &str) -> Result<Program, NoTree> {
    let parted = with_parted_groups(text);
    if parted == text {
        return parse(text);
    }
    parse(&parted).or_else(|_| parse(text))
}

/// Whether [`parse_groups`] may read a script otherwise than [`parse`] does.
pub(crate) fn has_groups_in_groups(text: &str) -> bool {
    with_parted_groups(text) != text
}

fn with_parted_groups(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    for (n, part) in text.split('(').enumerate() {
        if n > 0 {
            out.push('(');
        }
        let is_blank = !part.is_empty() && part.chars().all(char::is_whitespace);
        if n > 0 && is_blank && !text.ends_with(part) {
            out.push_str(" :; ");
        } else {
            out.push_str(part);
        }
    }
    out
}

fn openings(text: &str) -> usize {
    text.as_bytes()
        .windows(2)
        .filter(|pair| {
            (matches!(pair[0], b'$' | b'<' | b'>') && matches!(pair[1], b'(' | b'{' | b'['))
                || pair[1] == b'`'
        })
        .count()
}

fn within_limits(tokens: &[Token]) -> Result<(), NoTree> {
    if tokens.len() > TOKENS_MAX {
        return Err(NoTree::TooMuch);
    }
    let mut depth: usize = 0;
    let mut deepest = 0;
    let mut doubled: usize = 0;
    let mut most_doubled = 0;
    let mut cases = 0;
    let mut parens = 0;
    let mut begins_command = true;
    let mut before_is_too_long_a_number = false;
    for token in tokens {
        let (text, is_operator) = match token {
            Token::Word(text, _) => (text.as_str(), false),
            Token::Operator(text, _) => (text.as_str(), true),
        };
        let opens = matches!(
            text,
            "{" | "if" | "for" | "while" | "until" | "select" | "case" | "coproc" | "function"
        ) || (is_operator && text == "(");
        let closes = (begins_command && matches!(text, "}" | "fi" | "done" | "esac"))
            || (is_operator && text == ")");
        cases += usize::from(text == "case");
        if is_operator && text.starts_with(['<', '>']) && before_is_too_long_a_number {
            // The parser takes it for a descriptor, and fails on it.
            return Err(NoTree::Syntax);
        }
        before_is_too_long_a_number =
            !is_operator && text.len() > 9 && text.bytes().all(|it| it.is_ascii_digit());
        if is_operator && text == "(" {
            parens += 1;
            doubled += 1;
        } else if is_operator && text == ")" {
            doubled = doubled.saturating_sub(1);
        }
        depth = (depth + usize::from(opens)).saturating_sub(usize::from(closes));
        deepest = deepest.max(depth);
        most_doubled = most_doubled.max(doubled);
        begins_command = is_operator || closes || matches!(text, "then" | "do" | "else" | "\n");
    }
    // A pattern of `case` ends with a `)` that opens nothing, so depth cannot be counted with it.
    let doublings = if cases > 0 {
        cases + parens
    } else {
        most_doubled
    };
    let work = tokens
        .len()
        .checked_shl(doublings.try_into().unwrap_or(u32::MAX));
    let bounded = doublings < 24 && work.is_some_and(|work| work <= WORK_MAX);
    if deepest > DEPTH_MAX || !bounded {
        return Err(NoTree::TooMuch);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_would_take_for_ever_is_not_tried() {
        for text in [
            "(".repeat(2000),
            "((".repeat(40),
            "( ".repeat(40),
            "case a in a) b;".repeat(40),
            "$(".repeat(3000),
            "${".repeat(16000),
            "`".repeat(3000),
            "{ ".repeat(5000),
            "if ".repeat(5000),
            "<(".repeat(5000),
            "coproc ".repeat(5000),
            "[[ ( ".repeat(5000),
        ] {
            assert!(parse(&text).is_err(), "{}", &text[..20]);
        }
    }

    #[test]
    fn ordinary_depth_is_understood() {
        let nested = format!("{}a{}", "{ (".repeat(6), ") ; }".repeat(6));
        let cases = "case $x in (a) b;; c|d) (e);; esac\n".repeat(4);
        for text in [
            "a && b | c; d",
            "((x=1)); for ((i=0;i<3;i++)); do a; done",
            &nested,
            &cases,
        ] {
            assert!(parse(text).is_ok(), "{text}");
        }
    }
}
