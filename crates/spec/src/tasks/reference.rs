//! References to requirements, in all the ways people write them under and beside a task.

use super::ids::Ranges;

/// What a line says about requirements.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct References {
    /// The ids, ranges written out.
    pub(super) ids: Vec<String>,
    /// Whether all requirements are meant.
    pub(super) all: bool,
    /// Whether the line says nothing else.
    pub(super) is_whole_line: bool,
}

/// Words that introduce requirements and nothing else.
const STRONG: &[&str] = &[
    "requirement",
    "requirements",
    "req",
    "reqs",
    "需求",
    "要件",
    "要求",
    "相关需求",
    "对应需求",
    "関連要件",
    "requisito",
    "requisitos",
    "requisiti",
    "requerimientos",
    "exigence",
    "exigences",
    "anforderung",
    "anforderungen",
    "требование",
    "требования",
    "вимоги",
    "요구사항",
    "요구 사항",
    "yêu cầu",
    "wymagania",
    "gereksinimler",
    "persyaratan",
    "kebutuhan",
    "krav",
    "vereisten",
    "eisen",
];

/// Words that introduce requirements where ids follow.
const WEAK: &[&str] = &[
    "validates",
    "validate",
    "verifies",
    "covers",
    "implements",
    "satisfies",
    "fulfils",
    "fulfills",
    "traces to",
    "acceptance criteria",
    "ac",
    "验证",
    "驗證",
    "検証",
    "覆盖",
    "valida",
    "valide",
    "validiert",
    "проверяет",
    "xác thực",
    "검증",
];

const AFTER_REQUIREMENTS: &[&str] = &[
    "covered",
    "coverage",
    "id",
    "ids",
    "ref",
    "refs",
    "reference",
    "references",
    "addressed",
    "validated",
];

/// Words that may stand before an id without changing what it means.
const FILLERS: &[&str] = &[
    "requirement",
    "requirements",
    "req",
    "reqs",
    "req.",
    "criterion",
    "criteria",
    "acceptance",
    "from",
    "section",
    "and",
    "ac",
    "需求",
    "要件",
    "要求",
    "requisito",
    "requisitos",
    "requirements.md",
    "nfr",
    "fr",
    "yêu",
    "cầu",
    "и",
    "y",
    "et",
    "und",
];

/// Words after which numbers are something else's.
const OTHERS: &[&str] = &[
    "property",
    "properties",
    "design",
    "task",
    "tasks",
    "phase",
    "step",
    "steps",
    "wave",
    "bug",
    "issue",
    "属性",
    "设计",
    "任务",
    "性质",
];

const ALL: &[&str] = &[
    "all",
    "所有",
    "全部",
    "全て",
    "すべて",
    "todas",
    "todos",
    "toutes",
    "tous",
    "alle",
    "все",
    "tất",
    "모든",
];

/// How many statements one line is read for, and how many bytes of each: real lines stay far below.
const STATEMENTS: usize = 64;
const BYTES: usize = 4096;

/// What `text` says about requirements, wherever in it; none when it says nothing.
pub(super) fn in_line(text: &str, ranges: &mut Ranges) -> Option<References> {
    let mut found = References::default();
    let mut statements = 0;
    for (at, colon) in text.char_indices().filter(|(_, c)| matches!(c, ':' | '：')) {
        let Some(key) = key_before(&text[..at]) else {
            continue;
        };
        let value = value_after(text, &key, at + colon.len_utf8());
        let said = said(value.text, key.is_strong, ranges);
        if key.is_strong || !said.ids.is_empty() {
            statements += 1;
            let is_empty = said.ids.is_empty() && !said.all;
            found.is_whole_line =
                key.is_first && value.is_last && (!is_empty || is_none(value.text));
            found.ids.extend(said.ids);
            found.all |= said.all;
        }
        if statements == STATEMENTS {
            break;
        }
    }
    in_brackets(text, &mut found, ranges);
    (statements > 0 || !found.ids.is_empty()).then_some(found)
}

/// `(Req 1.1, 1.2)`, `[Requirements 2.1]`: without a colon, but closed in.
fn in_brackets(text: &str, found: &mut References, ranges: &mut Ranges) {
    for (open, close) in [('(', ')'), ('[', ']'), ('（', '）')] {
        for part in text.split(open).skip(1).take(STATEMENTS) {
            let inner = part.split(close).next().unwrap_or_default().trim();
            let word = inner.split_whitespace().next().unwrap_or_default();
            let is_key = STRONG.contains(&word.trim_end_matches('.').to_lowercase().as_str());
            let rest = inner[word.len()..].trim_start();
            if is_key && rest.starts_with(|c: char| c.is_ascii_alphanumeric()) {
                found.ids.extend(said(rest, true, ranges).ids);
            }
        }
    }
}

struct Key {
    is_strong: bool,
    is_first: bool,
    /// The emphasis that the key opens and does not close.
    open: &'static str,
    in_parentheses: bool,
}

/// The key that ends right before a colon, where it stands at the start or in emphasis of its own.
fn key_before(before: &str) -> Option<Key> {
    const LONGEST: usize = 60;
    let inner = before.trim_end().trim_end_matches(['*', '_']);
    let closes = inner.len() < before.trim_end().len();
    let from = inner
        .rfind([
            '*', '_', '(', '[', '（', '.', ';', '。', '—', '|', '`', '"', ':', '：', ',',
        ])
        .map_or(0, |at| {
            at + inner[at..].chars().next().map_or(1, char::len_utf8)
        });
    let word = inner[from..].trim();
    if word.is_empty() || word.len() > LONGEST {
        return None;
    }
    let lead = &before[..from];
    let outside = lead.trim_end_matches(['*', '_']);
    let marks = &lead[outside.len()..];
    let in_parentheses = marks.is_empty() && lead.ends_with(['(', '[', '（']);
    let is_first = outside.trim().is_empty();
    if marks.is_empty() && !in_parentheses && !is_first {
        return None;
    }
    let lower = word.to_lowercase();
    let head = lower.split_whitespace().next().unwrap_or_default();
    let tail = lower[head.len()..].split_whitespace();
    let is_strong = STRONG.contains(&lower.as_str())
        || (STRONG.contains(&head)
            && tail.clone().count() > 0
            && tail.clone().all(|it| AFTER_REQUIREMENTS.contains(&it)))
        || (WEAK.contains(&head)
            && tail.clone().count() > 0
            && tail.clone().all(|it| STRONG.contains(&it)));
    let is_weak = WEAK.contains(&lower.as_str());
    let open = match (closes, marks) {
        (true, _) | (_, "") => "",
        (_, it) if it.ends_with("**") => "**",
        (_, it) if it.ends_with("__") => "__",
        (_, it) if it.ends_with('*') => "*",
        _ => "_",
    };
    (is_strong || is_weak).then_some(Key {
        is_strong,
        is_first,
        open,
        in_parentheses,
    })
}

struct Value<'a> {
    text: &'a str,
    /// Whether nothing follows it.
    is_last: bool,
}

fn value_after<'a>(text: &'a str, key: &Key, from: usize) -> Value<'a> {
    let rest = &text[from..text.floor_char_boundary(from + BYTES)];
    let rest = rest
        .strip_prefix("**")
        .or(rest.strip_prefix("__"))
        .unwrap_or(rest);
    let end = match key.open {
        "" if key.in_parentheses => rest.find([')', ']', '）']),
        "" => [" **", " _", " | "]
            .iter()
            .filter_map(|it| rest.find(it))
            .min(),
        mark => rest
            .match_indices(mark)
            .map(|(at, _)| at)
            .find(|at| !rest[at + mark.len()..].starts_with(|c: char| c.is_alphanumeric())),
    };
    let end = end.unwrap_or(rest.len());
    let after = rest[end..].trim_start_matches(['*', '_', ')', ']', '）', ' ']);
    Value {
        text: rest[..end].trim(),
        is_last: after.trim_matches(['.', ',', ' ']).is_empty(),
    }
}

fn is_none(value: &str) -> bool {
    let value = value.trim_end_matches('.').to_lowercase();
    matches!(
        value.as_str(),
        "" | "none" | "-" | "–" | "n/a" | "nothing" | "无" | "なし"
    )
}

fn said(value: &str, is_strong: bool, ranges: &mut Ranges) -> References {
    if let Some(ids) = names(value).filter(|_| is_strong) {
        return References {
            ids,
            ..References::default()
        };
    }
    let (outside, inside) = parted(value);
    let mut found = scan(&outside, is_strong, ranges);
    if found.ids.is_empty() && !inside.is_empty() {
        found.ids = scan(&inside, is_strong, ranges).ids;
        found.all |= ALL.contains(&inside.trim().to_lowercase().as_str());
    }
    found.all &= found.ids.is_empty();
    found
}

/// Requirements that have a name instead of a number, as those of OpenSpec: each in backticks, and nothing else said.
fn names(value: &str) -> Option<Vec<String>> {
    let name = |it: &str| {
        let inner = it.trim().strip_prefix('`')?.strip_suffix('`')?;
        is_name(inner).then(|| inner.to_owned())
    };
    value.trim_end_matches('.').split(',').map(name).collect()
}

/// A requirement's id as it stands under a task.
pub(super) fn reference(id: &str) -> String {
    match is_name(id) {
        true => format!("`{id}`"),
        false => id.to_owned(),
    }
}

/// Whether this is a name in small letters with hyphens, of any script, perhaps with a criterion's number: `two-factor.1`.
fn is_name(id: &str) -> bool {
    let (name, number) = id.split_once('.').unwrap_or((id, "1"));
    let is_letter = |c: char| c.is_alphanumeric() && !c.is_uppercase() || c == '-' || c == '#';
    name.starts_with(char::is_alphabetic)
        && name.chars().all(is_letter)
        && number.parse::<u32>().is_ok()
}

/// The text outside of parentheses, and inside.
fn parted(value: &str) -> (String, String) {
    let (mut outside, mut inside, mut depth) = (String::new(), String::new(), 0_usize);
    for c in value.chars() {
        match c {
            '(' | '（' => depth += 1,
            ')' | '）' => depth = depth.saturating_sub(1),
            _ if depth == 0 => outside.push(c),
            _ => inside.push(c),
        }
        if matches!(c, '(' | '（') {
            outside.push(' ');
        }
    }
    (outside, inside)
}

fn scan(text: &str, is_strong: bool, ranges: &mut Ranges) -> References {
    let mut found = References::default();
    let spaced = spaced(text);
    let (mut blocked, mut prose) = (false, false);
    for word in spaced.split_whitespace() {
        let plain = word.trim_matches(['`', '*', '_', '"', '.', ':', '[', ']', '#', '【', '】']);
        let lower = plain.to_lowercase();
        if matches!(word, "," | ";" | "|") {
            blocked &= word == ",";
            prose = false;
        } else if FILLERS.contains(&lower.as_str()) {
            (blocked, prose) = (false, false);
        } else if OTHERS.contains(&lower.as_str()) || plain.starts_with('§') {
            blocked = true;
        } else if ALL.contains(&lower.as_str()) {
            found.all = true;
        } else if let Some(ids) = ranges.references(strip_word(plain)) {
            let is_bare = plain.bytes().all(|b| b.is_ascii_digit());
            let is_own = match is_bare {
                true => !blocked && !prose,
                false => !prose || (is_strong && !blocked),
            };
            if is_own {
                blocked = false;
                found.ids.extend(ids);
            }
        } else if !plain.is_empty() {
            prose = true;
        }
    }
    found
}

/// `需求1.1` and `Requirement-2` as `1.1` and `2`.
fn strip_word(word: &str) -> &str {
    [
        "需求",
        "要件",
        "要求",
        "Requirement-",
        "requirement-",
        "Requirement_",
        "Requirements-",
    ]
    .iter()
    .find_map(|it| word.strip_prefix(it))
    .unwrap_or(word)
}

/// Separators as words of their own, and ranges as one word.
fn spaced(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match c {
            ',' | '、' | '，' | '/' | '&' | '+' => out.push_str(" , "),
            ';' | '；' | '|' => out.push_str(" ; "),
            '–' | '—' | '~' | '～' | '‑' => out.push('-'),
            '…' => out.push('-'),
            _ => out.push(c),
        }
    }
    for dash in [" - ", " to ", " through ", " bis ", " 至 ", " 到 ", ".."] {
        if out.contains(dash) {
            out = joined(&out, dash);
        }
    }
    out
}

/// `1.1 to 1.3` as `1.1-1.3`, where numbers stand on both sides.
fn joined(text: &str, dash: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut parts = text.split(dash).peekable();
    while let Some(part) = parts.next() {
        out.push_str(part);
        let Some(next) = parts.peek() else { break };
        let is_range = out.ends_with(|c: char| c.is_ascii_digit())
            && next.starts_with(|c: char| c.is_ascii_alphanumeric());
        out.push_str(if is_range { "-" } else { dash });
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &[&str]) {
        let found = in_line(text, &mut Ranges::default())
            .map(|it| it.ids)
            .unwrap_or_default();
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn references_in_all_their_spellings() {
        for text in [
            "_Requirements: 1.1, 1.2_",
            "**Requirements:** 1.1, 1.2",
            "**Requirements**: 1.1 and 1.2.",
            "Requirements: 1.1; 1.2",
            "*Requirements: 1.1, 1.2*",
            "__Requirements: 1.1 & 1.2__",
            "**Validates: Requirements 1.1, 1.2**",
            "**验证**: 需求 1.1、1.2",
            "_需求：1.1，1.2_",
            "_Requisitos: 1.1 y 1.2_",
            "_Requirements: Requirement 1.1 (why 9.9), 1.2_",
            "_Requirements: Req 1.1, Req 1.2; Property 9; Design §Mapping (Property 9)_",
            "_Requirements: 1.1, Property 9 (Preservation), 1.2_",
            "**Property 3** — ids agree. **Validates: 1.1, 1.2**",
            "PBT: Property 1 holds (Req 1.1, 1.2)",
            "Extract the files (_Requirements: 1.1, 1.2_)",
            "_Requirements covered: 1.1, 1.2_",
            "_Requirements: 1.1–1.2_",
            "_Requirements: 1.1 to 1.2_",
            "_Requirements: 1.1~1.2_",
            "_Requirements: All backend requirements (1.1-1.2)_",
        ] {
            check(text, &["1.1", "1.2"]);
        }
        check("**Requirement**: FR2", &["FR2"]);
        check(
            "_Requirements: FR-2.1.3, NFR-9, AC-4.5.1, US-001_",
            &["FR-2.1.3", "NFR-9", "AC-4.5.1", "US-001"],
        );
        check("_Requirements: R3.1, DR1.5_", &["R3.1", "DR1.5"]);
        check("_Requirements: All from Requirements 6, 7_", &["6", "7"]);
        check(
            "_Requirements: 1.1-3.2, FR-1 to FR-3_",
            &["1.1", "3.2", "FR-1", "FR-2", "FR-3"],
        );
    }

    #[test]
    fn names_stand_in_backticks() {
        check(
            "Requirements: `two-factor`, `greeting.2`, `größe#2`",
            &["two-factor", "greeting.2", "größe#2"],
        );
        check("_Requirements: `login`_", &["login"]);
        for id in ["login", "two-factor.1"] {
            assert_eq!(reference(id), format!("`{id}`"));
        }
        for id in ["1.2", "FR-1", "R3.1", "2a", "US-001"] {
            assert_eq!(reference(id), id);
        }
    }

    #[test]
    fn what_names_no_requirement_is_none() {
        for text in [
            "_Requirements: `login` and others_",
            "_Requirements: `requirements.md`, `Next.js`_",
            "Covers: `login`",
            "_Requirements: Backend test coverage_",
            "_Requirements: Next.js 15 App Router_",
            "_Requirements: none_",
            "_Requirements: Property 3_",
            "Validates the form: 3 fields",
            "Check that requirements: 1.1 is read",
            "Duration: 1.5 hours",
            "**Property 3: Round trip**",
            "Covers: login, logout",
        ] {
            check(text, &[]);
        }
        let all = in_line("_Requirements: All requirements_", &mut Ranges::default());
        assert_eq!(
            all,
            Some(References {
                all: true,
                is_whole_line: true,
                ..References::default()
            })
        );
    }
}
