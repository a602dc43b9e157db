//! The shape of criteria in EARS: a condition, who, SHALL, what. The keywords are English in any human language.

use crate::criterion::Criterion;
use crate::diagnostic::{Code, Diagnostic};

const CONDITIONS: &[&str] = &["WHEN", "WHILE", "IF", "WHERE", "FOR ALL", "WHENEVER"];
const OBLIGATIONS: &[&str] = &["SHALL", "MUST", "WILL", "SHOULD"];

/// Whether a statement says in EARS keywords what must happen.
pub(crate) fn is_ears(text: &str) -> bool {
    ["SHALL", "MUST"].iter().any(|it| word(text, it).is_some())
}

/// What a criterion with EARS keywords lacks.
pub(super) fn shape(criterion: &Criterion, text: &str) -> Option<Diagnostic> {
    let plain = criterion.text.trim_start_matches(['*', '_', '(']);
    let condition = CONDITIONS.iter().find(|it| starts(plain, it));
    let shall = OBLIGATIONS
        .iter()
        .find_map(|it| word(plain, it).map(|at| (at, *it)));
    let small = word(plain, "shall");
    let message = match (condition, shall, small) {
        (None, None, _) => return None,
        (Some(_), None, Some(_)) => return Some(capital(criterion, text)),
        (Some(condition), None, None) => {
            format!(
                "{} begins with {condition} and never says what SHALL happen; add \"THE … SHALL …\".",
                criterion.id
            )
        }
        (_, Some((at, shall)), _) => {
            let before = plain[..at].trim_end();
            let after = plain[at + shall.len()..].trim();
            let subject = before
                .rsplit([',', '，', '、'])
                .next()
                .unwrap_or_default()
                .trim();
            let subject = subject.strip_prefix("THEN").unwrap_or(subject).trim();
            if before.is_empty() || subject.is_empty() {
                format!(
                    "{} does not say who {shall}; name the part, as in \"THE Store {shall} …\".",
                    criterion.id
                )
            } else if after.trim_matches(['.', ' ']).is_empty() {
                format!("{} ends at {shall}; say what happens.", criterion.id)
            } else {
                return None;
            }
        }
    };
    Some(Diagnostic::new(
        Code::EarsShape,
        criterion.span.clone(),
        message,
    ))
}

fn capital(criterion: &Criterion, text: &str) -> Diagnostic {
    let source = &text[criterion.span.clone()];
    let at = criterion.span.start + word(source, "shall").unwrap_or(0);
    let span = at..at + "shall".len();
    let message = format!(
        "{} says \"shall\" in small letters, so it may be taken for prose; write SHALL.",
        criterion.id
    );
    Diagnostic::new(Code::EarsShape, span.clone(), message).fixed_by(span, "SHALL")
}

fn starts(text: &str, keyword: &str) -> bool {
    text.strip_prefix(keyword)
        .is_some_and(|rest| rest.starts_with([' ', '*', '\u{3000}']))
}

/// Where a keyword stands as a word of its own.
fn word(text: &str, keyword: &str) -> Option<usize> {
    text.match_indices(keyword).map(|(at, _)| at).find(|at| {
        let is_letter = |c: char| c.is_ascii_alphanumeric();
        !text[..*at].ends_with(is_letter) && !text[at + keyword.len()..].starts_with(is_letter)
    })
}
