//! Markdown, read as far as the rules need: headings and links outside of code.

/// One line outside of front matter and fenced code, with code spans blanked out.
#[derive(Debug)]
struct Line {
    number: usize,
    text: String,
    raw: String,
}

/// One heading.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Heading {
    /// 1 for the title.
    pub(crate) level: usize,
    /// Its text, markup included.
    pub(crate) text: String,
    /// Its line, from 1.
    pub(crate) line: usize,
}

/// One link, image or link definition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Link {
    /// Where it leads.
    pub(crate) target: String,
    /// Its line, from 1.
    pub(crate) line: usize,
}

/// The headings of `text`, `<h1>` included.
pub(crate) fn headings(text: &str) -> Vec<Heading> {
    let lines = prose(text);
    let mut found = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        let following = lines.get(at + 1).filter(|it| it.number == line.number + 1);
        if let Some((level, text)) = heading(&line.raw, following.map(|it| it.raw.as_str())) {
            found.push(Heading {
                level,
                text,
                line: line.number,
            });
        }
    }
    found
}

/// A heading's level and text, when `line` is one; `following` may be its underline.
fn heading(line: &str, following: Option<&str>) -> Option<(usize, String)> {
    let indent = line.len() - line.trim_start_matches(' ').len();
    if indent > 3 {
        return None;
    }
    let line = line.trim();
    let level = line.bytes().take_while(|&it| it == b'#').count();
    let rest = &line[level..];
    if (1..=6).contains(&level) && (rest.is_empty() || rest.starts_with([' ', '\t'])) {
        return Some((
            level,
            rest.trim().trim_end_matches('#').trim_end().to_owned(),
        ));
    }
    if line.to_ascii_lowercase().starts_with("<h1") {
        let text = line.split('>').nth(1).and_then(|it| it.split('<').next());
        return Some((1, text.unwrap_or_default().to_owned()));
    }
    let underline = following
        .map(str::trim_end)
        .filter(|it| !it.is_empty() && it.bytes().all(|it| it == b'='))?;
    (!line.is_empty() && !underline.is_empty()).then(|| (1, line.to_owned()))
}

/// The links of `text`.
pub(crate) fn links(text: &str) -> Vec<Link> {
    let mut found = Vec::new();
    for line in prose(text) {
        let inline = line
            .text
            .match_indices("](")
            .filter_map(|(at, _)| inline_target(&line.text[at + 2..]));
        let defined = definition(&line.text);
        for target in inline.chain(defined) {
            found.push(Link {
                target: target.to_owned(),
                line: line.number,
            });
        }
    }
    found
}

/// The target in `target "title")…`.
fn inline_target(rest: &str) -> Option<&str> {
    let rest = rest.trim_start();
    if let Some(bracketed) = rest.strip_prefix('<') {
        return bracketed.split_once('>').map(|(target, _)| target);
    }
    let mut depth = 0_usize;
    let end = rest.find(|it: char| {
        depth += usize::from(it == '(');
        let closes = it == ')' && depth == 0;
        depth -= usize::from(it == ')' && depth > 0);
        closes || it.is_whitespace()
    })?;
    Some(&rest[..end])
}

/// The target in `[name]: target`, but not of a footnote.
fn definition(line: &str) -> Option<&str> {
    let (name, rest) = line.trim_start().strip_prefix('[')?.split_once("]:")?;
    if name.starts_with('^') || name.contains(']') {
        return None;
    }
    rest.split_whitespace()
        .next()
        .map(|it| it.trim_matches(['<', '>']))
}

/// The names by which a forge lets a link reach the headings of `text`.
pub(crate) fn anchors(text: &str) -> Vec<String> {
    let mut anchors: Vec<String> = Vec::new();
    for heading in headings(text) {
        let base = slug(&heading.text);
        let same = |it: &String| *it == base || it.strip_prefix(&base).is_some_and(is_numbering);
        match anchors.iter().filter(|it| same(it)).count() {
            0 => anchors.push(base),
            count => anchors.push(format!("{base}-{count}")),
        }
    }
    for attribute in ["id=\"", "name=\""] {
        let named = text
            .split(attribute)
            .skip(1)
            .filter_map(|it| it.split('"').next());
        anchors.extend(named.map(str::to_owned));
    }
    anchors
}

fn is_numbering(suffix: &str) -> bool {
    suffix
        .strip_prefix('-')
        .is_some_and(|it| !it.is_empty() && it.bytes().all(|it| it.is_ascii_digit()))
}

fn slug(heading: &str) -> String {
    let mut text = String::new();
    let mut rest = heading;
    while let Some((before, after)) = rest.split_once("](") {
        text.push_str(before);
        rest = after.split_once(')').map_or("", |(_, it)| it);
    }
    text.push_str(rest);
    let kept = text
        .chars()
        .filter(|it| it.is_alphanumeric() || matches!(it, ' ' | '-' | '_'));
    kept.flat_map(char::to_lowercase)
        .map(|it| if it == ' ' { '-' } else { it })
        .collect()
}

/// The lines that are neither front matter nor fenced code.
fn prose(text: &str) -> Vec<Line> {
    let mut lines = Vec::new();
    let mut fence: Option<&str> = None;
    for (at, raw) in text.lines().enumerate().skip(front_matter_lines(text)) {
        let trimmed = raw.trim_start_matches(['>', ' ', '\t']);
        match (fence, fence_of(trimmed)) {
            (None, Some(open)) => fence = Some(open),
            (Some(open), _) => {
                if trimmed.starts_with(open)
                    && trimmed.trim().bytes().all(|it| it == open.as_bytes()[0])
                {
                    fence = None;
                }
            }
            (None, None) => lines.push(Line {
                number: at + 1,
                text: without_code_spans(raw),
                raw: raw.to_owned(),
            }),
        }
    }
    lines
}

fn front_matter_lines(text: &str) -> usize {
    let mut lines = text.lines();
    if lines.next() != Some("---") {
        return 0;
    }
    lines.position(|it| it == "---").map_or(0, |it| it + 2)
}

/// The run of backticks or tildes that opens a fence, when `line` opens one.
fn fence_of(line: &str) -> Option<&str> {
    let mark = line.bytes().next().filter(|it| matches!(it, b'`' | b'~'))?;
    let length = line.bytes().take_while(|&it| it == mark).count();
    let span_on_one_line = mark == b'`' && line[length..].contains('`');
    (length >= 3 && !span_on_one_line).then(|| &line[..length])
}

fn without_code_spans(line: &str) -> String {
    let mut kept = String::new();
    let mut rest = line;
    while let Some(open) = rest.find('`') {
        let length = rest[open..].bytes().take_while(|&it| it == b'`').count();
        let (mark, inside) = rest[open..].split_at(length);
        kept.push_str(&rest[..open]);
        match inside.find(mark) {
            Some(close) => {
                kept.push(' ');
                rest = &inside[close + length..];
            }
            None => {
                kept.push_str(mark);
                rest = inside;
            }
        }
    }
    kept + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    fn titles(text: &str) -> Vec<(usize, String)> {
        headings(text)
            .into_iter()
            .map(|it| (it.level, it.text))
            .collect()
    }

    fn targets(text: &str) -> Vec<String> {
        links(text).into_iter().map(|it| it.target).collect()
    }

    #[test]
    fn headings_outside_of_code_are_found() {
        let text = "---\n# front: matter\n---\n# One\n\n```sh\n# comment\n```\n\n## Two ##\n\nThree\n=====\n\n    # indented\n#hash\n";
        assert_eq!(
            titles(text),
            [(1, "One".into()), (2, "Two".into()), (1, "Three".into())]
        );
        assert_eq!(
            titles("<h1 align=\"center\">Kiro</h1>\n"),
            [(1, "Kiro".into())]
        );
        assert_eq!(
            titles("````md\n```\n# in\n```\n````\n# out\n"),
            [(1, "out".into())]
        );
    }

    #[test]
    fn links_outside_of_code_are_found() {
        assert_eq!(
            targets("[a](b.md) ![i](<c d.png> \"t\") `[x](y)` [p](q(r).md)"),
            ["b.md", "c d.png", "q(r).md"]
        );
        assert_eq!(
            targets("[name]: where.md \"t\"\n[^1]: a footnote\n```\n[x](y)\n```\n"),
            ["where.md"]
        );
        assert_eq!(targets("[torn](x"), Vec::<String>::new());
    }

    #[test]
    fn anchors_are_those_of_a_forge() {
        let text = "# The `kiro run` command!\n## Same\n## Same\n## [Linked](x.md) text\n<a id=\"own\"></a>\n";
        assert_eq!(
            anchors(text),
            [
                "the-kiro-run-command",
                "same",
                "same-1",
                "linked-text",
                "own"
            ]
        );
    }
}
