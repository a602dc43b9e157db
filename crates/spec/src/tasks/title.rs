//! A task's line: the box, the id, the title.

use std::ops::Range;

use super::TaskMark;
use crate::inline::{fold, place_in};
use crate::line::Line;

/// A line that is a task.
#[derive(Debug)]
pub(super) struct TaskLine {
    pub(super) mark: TaskMark,
    pub(super) mark_span: Range<usize>,
    pub(super) optional: bool,
    pub(super) id: Option<String>,
    pub(super) title: String,
    /// The bytes of the title, and of a bare number before it.
    pub(super) title_span: Range<usize>,
    /// A bare number at the start, as in `4 Documentation`, and the title without it: the neighbours tell whether it is one.
    pub(super) loose: Option<(String, String)>,
}

/// Which boxes a list has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Boxes {
    /// `- [ ]`, `* [x]`, `+ [-]`.
    Bracketed,
    /// `☐` and its kin.
    Drawn,
}

/// Reads a line as a task: `- [ ] 1. Title`, `* [x]* 2.3 Title`, `☐ Task 1: Title`.
pub(super) fn task_line(line: &Line<'_>, boxes: Boxes) -> Option<TaskLine> {
    let (mark, mark_at, mark_length, rest) = match boxes {
        Boxes::Bracketed => boxed(line.text),
        Boxes::Drawn => drawn(line.text),
    }?;
    let (starred, rest) = star(rest);
    let text = rest.trim();
    let (id, title, star_after) = id_and_title(text);
    let at = line.at + mark_at;
    let written = place_in(line.text, title.trim());
    Some(TaskLine {
        mark,
        mark_span: at..at + mark_length,
        optional: starred || star_after,
        loose: id.is_none().then(|| loose(text)).flatten(),
        id,
        title: fold(title.trim()),
        title_span: line.at + written.start..line.at + written.end,
    })
}

/// Whether a star that means "may be left out" follows the box, and what follows it: `* 2.3`, `\\* 2.3`, ` * 2.3`, ` *2.3`.
fn star(rest: &str) -> (bool, &str) {
    let spaced = rest.trim_start();
    let Some(after) = spaced
        .strip_prefix('\\')
        .unwrap_or(spaced)
        .strip_prefix('*')
    else {
        return (false, rest);
    };
    let is_close = spaced.len() == rest.len();
    let is_parted = after.is_empty() || after.starts_with(char::is_whitespace);
    let before_number = after.trim_start().starts_with(|c: char| c.is_ascii_digit());
    let is_star = (is_close && is_parted) || (before_number && !after.contains('*'));
    if is_star {
        (true, after)
    } else {
        (false, rest)
    }
}

fn loose(text: &str) -> Option<(String, String)> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let title = text[digits..].strip_prefix(char::is_whitespace)?.trim();
    let is_number = (1..=6).contains(&digits) && !title.is_empty();
    is_number.then(|| (text[..digits].to_owned(), fold(title)))
}

fn boxed(text: &str) -> Option<(TaskMark, usize, usize, &str)> {
    let rest = text.strip_prefix(['-', '*', '+'])?.strip_prefix(" [")?;
    let mark = rest.chars().next().and_then(TaskMark::from_symbol)?;
    Some((mark, 3, 1, rest[1..].strip_prefix(']')?))
}

fn drawn(text: &str) -> Option<(TaskMark, usize, usize, &str)> {
    let glyph = text.chars().next()?;
    let rest = &text[glyph.len_utf8()..];
    let mark = TaskMark::from_glyph(glyph)?;
    rest.starts_with(char::is_whitespace)
        .then_some((mark, 0, glyph.len_utf8(), rest))
}

/// The id, the title, and whether a star follows the id.
fn id_and_title(text: &str) -> (Option<String>, &str, bool) {
    let inner = text.strip_prefix("**").unwrap_or(text);
    let is_bold = inner.len() < text.len();
    let Some((id, rest, starred)) = id(inner) else {
        return (None, unbolded(text), false);
    };
    let rest = rest.trim_start();
    if !is_bold {
        return (Some(id), unbolded(rest), starred);
    }
    let title = rest
        .strip_prefix("**")
        .map(|it| without_dash(it.trim_start_matches([':', '.'])).trim_start());
    (
        Some(id),
        title.unwrap_or_else(|| rest.strip_suffix("**").unwrap_or(rest)),
        starred,
    )
}

fn unbolded(text: &str) -> &str {
    let inner = text.strip_prefix("**").and_then(|it| it.strip_suffix("**"));
    inner.filter(|it| !it.contains("**")).unwrap_or(text)
}

/// The id at the start of a task's text, the title after it, and whether a star parts them: `1.`, `2.1`, `2.1a`, `Task 3:`,
/// `T001`, `TASK-4`, `2.3* `.
fn id(text: &str) -> Option<(String, &str, bool)> {
    let word = ["Task ", "task ", "TASK "]
        .iter()
        .find_map(|it| text.strip_prefix(it))
        .map(|it| it.trim_start_matches(['#', ' ']));
    let body = word.unwrap_or(text);
    let prefix = ["TASK-", "T-", "T"]
        .iter()
        .find(|it| body.starts_with(**it))
        .map_or("", |it| *it);
    let digits = &body[prefix.len()..];
    let number = number(digits)?;
    let after = &digits[number.len()..];
    let (starred, after) = starred(after);
    let rest = after
        .trim_start_matches('\\')
        .trim_start_matches(['.', ')', ':']);
    let dashed = without_dash(after);
    let is_parted = rest.len() < after.len()
        || starred
        || word.is_some()
        || !prefix.is_empty()
        || dashed.len() < after.len();
    let rest = if is_parted { without_dash(rest) } else { rest };
    let is_bounded =
        rest.is_empty() || rest.starts_with(char::is_whitespace) || rest.starts_with("**");
    let is_id = is_parted || number.contains('.');
    (is_bounded && is_id).then(|| (format!("{prefix}{number}"), rest, starred))
}

/// Whether a star that means "may be left out" follows a number, and what follows it: `2.3* `, `2.* `.
fn starred(after: &str) -> (bool, &str) {
    if let Some(rest) = after.strip_prefix('*').filter(|it| !it.starts_with('*')) {
        return (true, rest);
    }
    let dotted = after.strip_prefix(".*");
    match dotted.filter(|it| it.starts_with(char::is_whitespace)) {
        Some(rest) => (true, rest),
        None => (false, after),
    }
}

/// `1`, `2.1`, `2.1a`, `15A.1` at the start of `text`.
fn number(text: &str) -> Option<&str> {
    const LONGEST: usize = 64;
    let mut end = 0;
    loop {
        let digits = text[end..].bytes().take_while(u8::is_ascii_digit).count();
        if digits == 0 {
            return None;
        }
        end += digits + lettered(&text[end + digits..]);
        let mut next = text[end..].chars();
        let goes_on = next.next() == Some('.') && next.next().is_some_and(|it| it.is_ascii_digit());
        if !goes_on {
            break;
        }
        end += 1;
    }
    (end <= LONGEST).then(|| &text[..end])
}

/// How many bytes a letter takes that belongs to the number before it. A capital does only where something parts it from the
/// title: `15A. Title` is numbered and `2.5D graphics` is not.
fn lettered(after: &str) -> usize {
    let mut after = after.chars();
    let (letter, next) = (after.next(), after.next());
    let is_parted = matches!(next, Some('.' | ')' | ':'));
    let is_spaced = next.is_some_and(char::is_whitespace);
    let belongs = match letter {
        Some(it) if it.is_ascii_lowercase() => is_parted || is_spaced,
        Some(it) => it.is_ascii_uppercase() && is_parted,
        None => false,
    };
    usize::from(belongs)
}

fn without_dash(text: &str) -> &str {
    let spaced = text.trim_start();
    ["- ", "– ", "— "]
        .iter()
        .find(|it| spaced.starts_with(**it))
        .map_or(text, |it| &spaced[it.len() - 1..])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::line::lines;

    fn check(text: &str, expected: Option<(TaskMark, Option<&str>, &str, bool)>) {
        let line = lines(text).next().expect("a line");
        let boxes = if text.contains('☐') || text.contains('☑') {
            Boxes::Drawn
        } else {
            Boxes::Bracketed
        };
        let found = task_line(&line, boxes);
        let shown = found
            .as_ref()
            .map(|it| (it.mark, it.id.as_deref(), it.title.as_str(), it.optional));
        assert_eq!(shown, expected, "{text}");
    }

    #[test]
    fn tasks_are_read_in_all_their_spellings() {
        let done = TaskMark::Done;
        check(
            "- [ ] 1. Create it",
            Some((TaskMark::Open, Some("1"), "Create it", false)),
        );
        check(
            "\t* [X]  2.1 Create it",
            Some((done, Some("2.1"), "Create it", false)),
        );
        check(
            "+ [-]* 2.3 Write tests",
            Some((TaskMark::Running, Some("2.3"), "Write tests", true)),
        );
        check(
            "- [~] Task 4: Create it",
            Some((TaskMark::Queued, Some("4"), "Create it", false)),
        );
        check(
            "- [x] **3. Create it**",
            Some((done, Some("3"), "Create it", false)),
        );
        check(
            "- [x] **3.1** Create it",
            Some((done, Some("3.1"), "Create it", false)),
        );
        check(
            "- [x] **T4**: Create it",
            Some((done, Some("T4"), "Create it", false)),
        );
        check(
            "- [x] T001 [P] Create it",
            Some((done, Some("T001"), "[P] Create it", false)),
        );
        check(
            "- [x] TASK-7 - Create it",
            Some((done, Some("TASK-7"), "Create it", false)),
        );
    }

    #[test]
    fn rarer_spellings_are_read_too() {
        let done = TaskMark::Done;
        check(
            "- [x] 0.1.1 Create it",
            Some((done, Some("0.1.1"), "Create it", false)),
        );
        check(
            "- [x] 5) Create it",
            Some((done, Some("5"), "Create it", false)),
        );
        check(
            "☐ Task 1: Create it",
            Some((TaskMark::Open, Some("1"), "Create it", false)),
        );
        check("☑ Create it", Some((done, None, "Create it", false)));
        check(
            "- [x] **Create** it",
            Some((done, None, "**Create** it", false)),
        );
        check(
            "- [ ] 3 blind mice",
            Some((TaskMark::Open, None, "3 blind mice", false)),
        );
        check(
            "- [ ]\\* 2.3 Write tests",
            Some((TaskMark::Open, Some("2.3"), "Write tests", true)),
        );
        check(
            "- [ ] 7.9* (P) Write tests",
            Some((TaskMark::Open, Some("7.9"), "(P) Write tests", true)),
        );
        check(
            "- [ ] * 7.9 Write tests",
            Some((TaskMark::Open, Some("7.9"), "Write tests", true)),
        );
        check(
            "- [ ] *All* of it",
            Some((TaskMark::Open, None, "*All* of it", false)),
        );
        check(
            "- [ ] 1\\. Create it",
            Some((TaskMark::Open, Some("1"), "Create it", false)),
        );
        check(
            "- [ ] 1 - Create it",
            Some((TaskMark::Open, Some("1"), "Create it", false)),
        );
        check(
            "- [ ] 2.1b Create it",
            Some((TaskMark::Open, Some("2.1b"), "Create it", false)),
        );
        check("- [ ] Tests", Some((TaskMark::Open, None, "Tests", false)));
        check("- [ ]", Some((TaskMark::Open, None, "", false)));
        check("- [x](link)", Some((done, None, "(link)", false)));
    }

    #[test]
    fn stars_and_letters_belong_to_numbers() {
        let done = TaskMark::Done;
        check(
            "- [ ] 4* Create it",
            Some((TaskMark::Open, Some("4"), "Create it", true)),
        );
        check(
            "- [ ] 4.* Create it",
            Some((TaskMark::Open, Some("4"), "Create it", true)),
        );
        check(
            "- [ ] 15A. Create it",
            Some((TaskMark::Open, Some("15A"), "Create it", false)),
        );
        check(
            "- [x] 15A.1 Create it",
            Some((done, Some("15A.1"), "Create it", false)),
        );
        check(
            "- [ ] 2.5D graphics",
            Some((TaskMark::Open, None, "2.5D graphics", false)),
        );
    }

    #[test]
    fn other_lines_are_no_tasks() {
        for text in [
            "-  [ ] a",
            "- [] a",
            "- [y] a",
            "1. [ ] a",
            "-[ ] a",
            "☐a",
            "text [ ] a",
            "- a",
            "- [é] a",
            "- [ a",
        ] {
            check(text, None);
        }
    }
}
