//! Sections that are lists: constraints, components, dependencies.

use std::ops::Range;

use super::heading::SectionKind;
use super::region::Regions;
use crate::document::{Component, Dependency, Fact};
use crate::inline::{bare, find_outside_code, fold, without_emphasis};
use crate::outline::{BlockKind, Outline};
use crate::path::paths_in;

/// The indices of the bullets in `blocks`, outermost ones only or all.
fn bullets(outline: &Outline<'_>, blocks: Range<usize>, all: bool) -> impl Iterator<Item = usize> {
    blocks.filter(move |index| {
        let block = &outline.blocks[*index];
        matches!(block.kind, BlockKind::Item { .. }) && (all || block.owner.is_none())
    })
}

fn bullet_text(outline: &Outline<'_>, index: usize) -> String {
    match &outline.blocks[index].kind {
        BlockKind::Item { text, .. } => outline.folded(text),
        _ => String::new(),
    }
}

/// The technical constraints: every bullet of their sections.
pub(super) fn facts(outline: &Outline<'_>, regions: &Regions) -> Vec<Fact> {
    let sections = regions.of_kind(SectionKind::Constraints);
    let indices = sections.flat_map(|blocks| bullets(outline, blocks, true));
    indices
        .map(|index| {
            fact(
                &bullet_text(outline, index),
                outline.blocks[index].span.clone(),
            )
        })
        .collect()
}

fn fact(text: &str, span: Range<usize>) -> Fact {
    let (key, value) = match find_outside_code(text, &[":"]) {
        Some((at, length)) => (&text[..at], &text[at + length..]),
        None => ("", text),
    };
    let key = key.trim().trim_matches('*').trim().to_owned();
    let value = value.trim().trim_start_matches("**").trim().to_owned();
    Fact { key, value, span }
}

/// The architecture's components: bullets or headings under "Components", or else the architecture's own bullets.
pub(super) fn components(outline: &Outline<'_>, regions: &Regions) -> Vec<Component> {
    let named: Vec<_> = regions.of_kind(SectionKind::Components).collect();
    let sections = if named.is_empty() {
        regions
            .of_kind(SectionKind::Architecture)
            .map(|it| before_heading(outline, it))
            .collect()
    } else {
        named
    };
    let mut components = Vec::new();
    for blocks in sections {
        let intro = before_heading(outline, blocks.clone());
        components
            .extend(bullets(outline, intro.clone(), false).map(|index| component(outline, index)));
        components.extend(
            (intro.end..blocks.end)
                .filter_map(|index| headed_component(outline, index, blocks.end)),
        );
    }
    components
}

fn is_heading(outline: &Outline<'_>, index: usize) -> bool {
    matches!(outline.blocks[index].kind, BlockKind::Heading { .. })
}

/// The part of `blocks` before its first heading.
fn before_heading(outline: &Outline<'_>, blocks: Range<usize>) -> Range<usize> {
    let end = blocks
        .clone()
        .find(|index| is_heading(outline, *index))
        .unwrap_or(blocks.end);
    blocks.start..end
}

fn component(outline: &Outline<'_>, index: usize) -> Component {
    let text = bullet_text(outline, index);
    let (name, note) = name_and_note(&text);
    let nested = index + 1..outline.subtree_end(index);
    let under: String = nested
        .map(|it| format!(" {}", outline.folded(&outline.blocks[it].span)))
        .collect();
    let paths = paths_in(&(text.clone() + &under), true);
    Component {
        name: name.to_owned(),
        note: note.to_owned(),
        paths,
        span: outline.blocks[index].span.clone(),
    }
}

fn headed_component(outline: &Outline<'_>, index: usize, limit: usize) -> Option<Component> {
    let BlockKind::Heading { title, .. } = &outline.blocks[index].kind else {
        return None;
    };
    let end = outline.section_end(index).min(limit);
    let title = outline.folded(title);
    let (name, note) = name_and_note(&title);
    let body = before_heading(outline, index + 1..end);
    let first = outline.blocks[body.clone()]
        .iter()
        .find(|it| matches!(it.kind, BlockKind::Paragraph));
    let note = if note.is_empty() {
        first.map_or_else(String::new, |it| outline.folded(&it.span))
    } else {
        note.to_owned()
    };
    let text: String = (index..body.end)
        .map(|it| format!("{} ", outline.folded(&outline.blocks[it].span)))
        .collect();
    Some(Component {
        name: name.to_owned(),
        note,
        paths: paths_in(&text, true),
        span: outline.blocks[index].span.clone(),
    })
}

/// `Auth Router (FastAPI router)`, `Slugs: makes slugs`, `` `slug.py` — makes slugs ``.
fn name_and_note(text: &str) -> (&str, &str) {
    let Some((at, length)) = find_outside_code(text, &[": ", " (", " — ", " – ", " - ", ":**"])
    else {
        return (bare(text.trim_end_matches(':')), "");
    };
    let note = match &text[at..at + length] {
        " (" => unwrapped(&text[at + 1..]),
        _ => text[at + length..].trim(),
    };
    (
        bare(text[..at].trim_matches('*')),
        note.trim_start_matches("**").trim(),
    )
}

/// The content of parentheses, where nothing but a remark follows them.
fn unwrapped(text: &str) -> &str {
    let inner = text.strip_prefix('(').and_then(|it| it.strip_suffix(')'));
    inner.filter(|it| !it.contains(['(', ')'])).unwrap_or(text)
}

/// The packages: every bullet that names one.
pub(super) fn dependencies(outline: &Outline<'_>, regions: &Regions) -> Vec<Dependency> {
    let sections = regions.of_kind(SectionKind::Dependencies);
    let indices = sections.flat_map(|blocks| bullets(outline, blocks, true));
    indices
        .filter_map(|index| {
            dependency(
                &bullet_text(outline, index),
                outline.blocks[index].span.clone(),
            )
        })
        .collect()
}

/// `pyjwt==2.8.0`, `boto3>=1.34 (for SES)`, `react@18.2`, `serde 1.0`, `Redis for caching`; nothing for "None" and the like.
fn dependency(text: &str, span: Range<usize>) -> Option<Dependency> {
    let plain = without_emphasis(text).replace(['`', '*'], "");
    let lower = plain.to_lowercase();
    let is_none = ["none", "no ", "nothing", "n/a"]
        .iter()
        .any(|it| lower.starts_with(it))
        || lower.contains("standard library");
    if is_none || plain.ends_with(':') {
        return None;
    }
    let length = plain
        .char_indices()
        .find(|(at, c)| !(is_name_char(*c) || (*at == 0 && *c == '@')))
        .map_or(plain.len(), |(at, _)| at);
    let (name, rest) = plain.split_at(length);
    let rest = rest
        .split(['(', '#', '—', '–'])
        .next()
        .unwrap_or_default()
        .trim()
        .trim_start_matches(':')
        .trim();
    let version = version(rest);
    let is_note = rest.is_empty() || rest.starts_with("- ") || rest.starts_with("for ");
    let name = if version.is_some() || is_note {
        name.trim_end_matches(':').to_owned()
    } else {
        fold(plain.split('(').next().unwrap_or_default())
    };
    (!name.is_empty()).then_some(Dependency {
        name,
        version,
        span,
    })
}

fn is_name_char(c: char) -> bool {
    c.is_alphanumeric() || "-_./[]".contains(c)
}

/// The version at the start of `rest`: an operator with a number, `@1.2`, or a number alone.
fn version(rest: &str) -> Option<String> {
    let rest = rest.trim_start_matches('@');
    let operator = ["===", "==", ">=", "<=", "~=", "!=", "^", "~", ">", "<", "="]
        .iter()
        .find(|it| rest.starts_with(**it))
        .copied()
        .unwrap_or("");
    let body = rest[operator.len()..].trim_start();
    let is_number = body
        .trim_start_matches('v')
        .starts_with(|c: char| c.is_ascii_digit());
    if !is_number {
        return None;
    }
    let end = body
        .find(|c: char| c.is_whitespace() && !operator.is_empty() || c == ';')
        .unwrap_or(body.len());
    let number = body[..end]
        .split(' ')
        .next()
        .unwrap_or_default()
        .trim_end_matches(',');
    let is_range = body[..end].contains(',');
    let number = if is_range {
        body[..end].trim_end_matches(',')
    } else {
        number
    };
    let exact = matches!(operator, "" | "==" | "=" | "===");
    Some(if exact {
        number.to_owned()
    } else {
        format!("{operator}{number}")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dependencies_in_many_spellings() {
        for (text, name, number) in [
            ("psycopg2-binary==2.9.9", "psycopg2-binary", Some("2.9.9")),
            ("boto3==1.34.51 (for SES)", "boto3", Some("1.34.51")),
            ("`fastapi>=0.110,<1.0`", "fastapi", Some(">=0.110,<1.0")),
            ("fastapi >= 0.110", "fastapi", Some(">=0.110")),
            ("react@18.2.0", "react", Some("18.2.0")),
            ("@scope/pkg@^1.2", "@scope/pkg", Some("^1.2")),
            ("serde 1.0", "serde", Some("1.0")),
            ("uvicorn[standard]", "uvicorn[standard]", None),
            ("Redis for caching", "Redis", None),
            ("AWS SES", "AWS SES", None),
            ("**requests**: 2.3 or later", "requests", Some("2.3")),
        ] {
            let found = dependency(text, 0..0).expect(text);
            assert_eq!(
                (found.name.as_str(), found.version.as_deref()),
                (name, number),
                "{text}"
            );
        }
        for text in [
            "None",
            "No third-party packages",
            "Python standard library only",
            "Runtime:",
            "",
        ] {
            assert_eq!(dependency(text, 0..0), None, "{text}");
        }
    }

    #[test]
    fn names_are_parted_from_notes() {
        for (text, name, note) in [
            (
                "Auth Router (FastAPI router)",
                "Auth Router",
                "FastAPI router",
            ),
            ("`a/b.py` — makes: slugs", "a/b.py", "makes: slugs"),
            (
                "**Slug module** (`a.py`): makes slugs",
                "Slug module",
                "(`a.py`): makes slugs",
            ),
            ("**Slugs:** makes slugs", "Slugs", "makes slugs"),
            ("Slugs", "Slugs", ""),
        ] {
            assert_eq!(name_and_note(text), (name, note), "{text}");
        }
    }
}
