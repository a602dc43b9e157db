//! What headings mean: sections by their usual names, requirements by their ids.

use crate::id::RequirementId;
use crate::inline::without_emphasis;
use crate::requirement::RequirementKind;

/// The sections that the reader knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SectionKind {
    Overview,
    Functional,
    NonFunctional,
    Constraints,
    Architecture,
    Components,
    Schema,
    Testing,
    Dependencies,
    Success,
    Examples,
}

const NAMES: &[(SectionKind, &[&str])] = &[
    (
        SectionKind::Overview,
        &[
            "overview",
            "introduction",
            "summary",
            "description",
            "purpose",
            "background",
            "goal",
            "goals",
        ],
    ),
    (
        SectionKind::Functional,
        &[
            "functional requirements",
            "functional requirement",
            "requirements",
            "features",
            "functionality",
        ],
    ),
    (
        SectionKind::NonFunctional,
        &[
            "non functional requirements",
            "nonfunctional requirements",
            "non functional requirement",
            "quality requirements",
            "quality attributes",
            "non functional",
        ],
    ),
    (
        SectionKind::Constraints,
        &[
            "technical constraints",
            "constraints",
            "technical stack",
            "tech stack",
            "technology stack",
            "technology",
        ],
    ),
    (
        SectionKind::Architecture,
        &["architecture", "design", "technical design"],
    ),
    (
        SectionKind::Components,
        &["components", "modules", "components and interfaces"],
    ),
    (
        SectionKind::Schema,
        &[
            "database schema",
            "schema",
            "data model",
            "data models",
            "database",
        ],
    ),
    (
        SectionKind::Testing,
        &[
            "testing requirements",
            "test requirements",
            "testing",
            "tests",
            "test plan",
            "testing strategy",
            "test cases",
        ],
    ),
    (
        SectionKind::Dependencies,
        &[
            "dependencies",
            "packages",
            "external dependencies",
            "requirements txt",
        ],
    ),
    (
        SectionKind::Success,
        &[
            "success criteria",
            "success criterion",
            "acceptance criteria",
            "definition of done",
            "done when",
        ],
    ),
    (
        SectionKind::Examples,
        &[
            "examples",
            "example",
            "usage",
            "usage examples",
            "examples of use",
            "worked examples",
        ],
    ),
];

/// The section that a heading names, whatever its case, numbering and emphasis.
pub(super) fn section_kind(title: &str) -> Option<SectionKind> {
    let (_, plain) = numbering(without_emphasis(title)).unwrap_or((String::new(), title));
    let plain = plain.split('(').next().unwrap_or_default();
    let words: Vec<String> = plain
        .split(|c: char| !c.is_alphanumeric())
        .filter(|it| !it.is_empty())
        .map(str::to_lowercase)
        .collect();
    let name = words.join(" ");
    NAMES
        .iter()
        .find(|(_, names)| names.contains(&name.as_str()))
        .map(|(kind, _)| *kind)
}

/// The number that a heading begins with, and the rest: `2.1 Slugs`, `3) Slugs`, `1: Slugs`.
pub(super) fn numbering(title: &str) -> Option<(String, &str)> {
    let length = title
        .find(|c: char| !c.is_ascii_digit() && c != '.')
        .unwrap_or(title.len());
    let number = title[..length].trim_end_matches('.');
    let rest = title[length..].trim_start_matches([')', ':']);
    let is_number = is_number(number);
    (is_number && (rest.is_empty() || rest.starts_with(' ')))
        .then(|| (number.to_owned(), rest.trim()))
}

/// Whether `text` is a number such as `2.1`, of a length that every criterion's id may repeat.
fn is_number(text: &str) -> bool {
    const LIMIT: usize = 32;
    text.len() <= LIMIT && text.starts_with(|c: char| c.is_ascii_digit()) && !text.contains("..")
}

/// A requirement's id with what follows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Label<'a> {
    pub(super) id: RequirementId,
    pub(super) kind: Option<RequirementKind>,
    /// Whether the prefix says by itself that this is a requirement.
    pub(super) is_known: bool,
    /// Whether a colon, a dash or emphasis parts the id from the rest.
    pub(super) is_parted: bool,
    pub(super) title: &'a str,
}

impl Label<'_> {
    /// Whether this label names something within requirement `id`: `FR-1.2` within `FR-1`.
    pub(super) fn is_within(&self, id: &RequirementId) -> bool {
        self.id
            .as_str()
            .strip_prefix(id.as_str())
            .is_some_and(|rest| rest.starts_with('.'))
    }
}

/// The requirement's id that `text` begins with: `FR-1: X`, `**NFR-2** X`, `fr_3 - X`, `Requirement 4: X`.
pub(super) fn label(text: &str) -> Option<Label<'_>> {
    let text = text.trim_start();
    let inner = text.trim_start_matches(['*', '_', '`']);
    let has_marks = inner.len() < text.len();
    let (prefix, number, after) = id_parts(inner)?;
    let closed = after.trim_start_matches(['*', '_', '`']);
    let is_closed = has_marks && closed.len() < after.len();
    let spaced = closed.trim_start();
    let title = spaced.trim_start_matches([':', '：', '.', ')', '–', '—']);
    let title = title.strip_prefix("- ").unwrap_or(title);
    let is_parted = title.len() < spaced.len() || is_closed;
    let title = title.trim().trim_start_matches("**").trim_start();
    let title = if has_marks && !is_closed {
        title.trim_end_matches(['*', '_'])
    } else {
        title
    };
    let upper = prefix.to_ascii_uppercase();
    let is_known = upper.is_empty() || matches!(upper.as_str(), "FR" | "NFR" | "REQ" | "US");
    let kind = match upper.as_str() {
        "FR" => Some(RequirementKind::Functional),
        "NFR" => Some(RequirementKind::NonFunctional),
        _ => None,
    };
    let id = if upper.is_empty() {
        number.to_owned()
    } else {
        format!("{upper}-{number}")
    };
    Some(Label {
        id: RequirementId::new(id),
        kind,
        is_known,
        is_parted,
        title: title.trim(),
    })
}

/// The word for a requirement, in the languages that specs were seen in.
const WORDS: &[&str] = &[
    "requirement",
    "需求",
    "要件",
    "要求",
    "requisito",
    "requerimiento",
    "exigence",
    "anforderung",
    "требование",
    "요구사항",
    "yêu cầu",
];

/// The word for a requirement that `text` begins with, as long as it is there.
fn requirement_word(text: &str) -> Option<usize> {
    WORDS.iter().find_map(|word| {
        let mut chars = text.chars();
        let is_start = word
            .chars()
            .all(|c| chars.next().is_some_and(|own| own.to_lowercase().eq([c])));
        is_start.then(|| text.len() - chars.as_str().len())
    })
}

/// Prefix, number and rest; the prefix is empty for `Requirement 1`, and `US` for `User Story 1`.
fn id_parts(text: &str) -> Option<(&str, &str, &str)> {
    const STORY: &str = "user story ";
    if let Some(length) = requirement_word(text).filter(|it| !text[..*it].is_ascii()) {
        return numbered("", text[length..].trim_start());
    }
    if text
        .get(..STORY.len())
        .is_some_and(|it| it.eq_ignore_ascii_case(STORY))
    {
        return numbered("US", &text[STORY.len()..]);
    }
    let letters = text.bytes().take_while(u8::is_ascii_alphabetic).count();
    let is_word = requirement_word(text) == Some(letters);
    if letters == 0 || (letters > 6 && !is_word) {
        return None;
    }
    let is_spec = matches!(
        text[..letters].to_ascii_uppercase().as_str(),
        "FR" | "NFR" | "REQ"
    ) || is_word;
    let rest = &text[letters..];
    let joint = rest
        .chars()
        .next()
        .filter(|c| matches!(c, '-' | '_' | '\u{2011}') || (is_spec && *c == ' '));
    let rest = &rest[joint.map_or(0, char::len_utf8)..];
    numbered(if is_word { "" } else { &text[..letters] }, rest)
}

/// The number that `rest` begins with, and what follows it.
fn numbered<'a>(prefix: &'a str, rest: &'a str) -> Option<(&'a str, &'a str, &'a str)> {
    let mut length = rest
        .find(|c: char| !c.is_ascii_digit() && c != '.')
        .unwrap_or(rest.len());
    length = rest[..length].trim_end_matches('.').len();
    let (number, after) = rest.split_at(length);
    let is_bounded = after.chars().next().is_none_or(|c| !c.is_alphanumeric());
    (is_number(number) && is_bounded).then_some((prefix, number, after))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sections_are_known_whatever_their_dress() {
        for (title, kind) in [
            ("2. Functional Requirements", SectionKind::Functional),
            ("NON-FUNCTIONAL REQUIREMENTS", SectionKind::NonFunctional),
            (
                "**Non‑functional requirements**:",
                SectionKind::NonFunctional,
            ),
            ("4.2) Technical constraints", SectionKind::Constraints),
            ("✅ Success Criteria (all)", SectionKind::Success),
            ("Database Schema", SectionKind::Schema),
        ] {
            assert_eq!(section_kind(title), Some(kind), "{title}");
        }
        assert_eq!(section_kind("Functional requirements of old"), None);
        assert_eq!(section_kind(""), None);
    }

    fn check(text: &str, expected: Option<(&str, &str, bool)>) {
        let found = label(text);
        assert_eq!(
            found
                .as_ref()
                .map(|it| (it.id.as_str(), it.title, it.is_parted)),
            expected,
            "{text}"
        );
    }

    #[test]
    fn requirement_ids_are_read_in_all_their_spellings() {
        for text in [
            "FR-1: Slugs",
            "**FR-1**: Slugs",
            "**FR-1: Slugs**",
            "fr_1 - Slugs",
            "FR1. Slugs",
            "FR 1 — Slugs",
            "`FR-1` Slugs",
            "**FR-1:** Slugs",
            "__FR-1__ Slugs",
        ] {
            check(text, Some(("FR-1", "Slugs", true)));
        }
        check("FR-1 Slugs", Some(("FR-1", "Slugs", false)));
        check("Requirement 4: Slugs", Some(("4", "Slugs", true)));
        check("NFR-2.1", Some(("NFR-2.1", "", false)));
        check("需求 4：Slugs", Some(("4", "Slugs", true)));
        check("User Story 2 - Slugs", Some(("US-2", "Slugs", true)));
        check("SEC-1: Keys", Some(("SEC-1", "Keys", true)));
        for text in [
            "FRAME-x",
            "FR-",
            "FR-1a",
            "Friday 13",
            "1. Slugs",
            "",
            "**",
            "é-1",
        ] {
            check(text, None);
        }
        assert_eq!(numbering("2.1. Slugs"), Some(("2.1".to_owned(), "Slugs")));
        assert_eq!(numbering("2x"), None);
    }
}
