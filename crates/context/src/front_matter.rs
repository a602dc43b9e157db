//! The lines between two `---` at the beginning of a Markdown file, read leniently.
//!
//! Real files hold what YAML refuses, such as a pattern `**/*.ts` without quotes, so this is no YAML: a key, a colon, and
//! a word, a list in brackets, or lines with dashes. What it does not know it passes over.

/// A key with its values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Field {
    pub(crate) key: String,
    pub(crate) values: Vec<String>,
}

/// The fields of a text, and its body below them.
pub(crate) fn split(text: &str) -> (Vec<Field>, &str) {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let Some(rest) = opened(text) else {
        return (Vec::new(), text);
    };
    let mut at = 0;
    for line in rest.split_inclusive('\n') {
        if matches!(line.trim_end(), "---" | "...") {
            return (fields(&rest[..at]), &rest[at + line.len()..]);
        }
        at += line.len();
    }
    // It never ends, so it is a body that begins with a line.
    (Vec::new(), text)
}

fn opened(text: &str) -> Option<&str> {
    let (first, rest) = text.split_once('\n')?;
    (first.trim_end() == "---").then_some(rest)
}

fn fields(text: &str) -> Vec<Field> {
    let mut found: Vec<Field> = Vec::new();
    for line in text.lines() {
        let trimmed = line.trim();
        if trimmed.is_empty() || trimmed.starts_with('#') {
            continue;
        }
        if let Some(item) = trimmed.strip_prefix("- ") {
            if let Some(field) = found.last_mut() {
                field.values.extend(word(item));
            }
        } else if line.starts_with([' ', '\t']) {
            // A text that goes on below its key.
            match found.last_mut() {
                Some(Field { values, .. }) if values.len() == 1 => {
                    values[0].push(' ');
                    values[0].push_str(trimmed);
                }
                Some(Field { values, .. }) if values.is_empty() => values.extend(word(trimmed)),
                _ => {}
            }
        } else if let Some((key, value)) = trimmed.split_once(':') {
            found.push(Field {
                key: key.trim().to_owned(),
                values: values(value.trim()),
            });
        }
    }
    found
}

fn values(text: &str) -> Vec<String> {
    let text = without_comment(text);
    match text.strip_prefix('[').and_then(|it| it.strip_suffix(']')) {
        Some(list) => parts(list).iter().filter_map(|it| word(it)).collect(),
        None if matches!(text, "|" | ">" | "|-" | ">-") => Vec::new(),
        None => word(text).into_iter().collect(),
    }
}

/// The text up to a comment outside of quotes.
fn without_comment(text: &str) -> &str {
    let mut quote = None;
    let mut before = ' ';
    for (at, c) in text.char_indices() {
        match quote {
            Some(open) if c == open => quote = None,
            None if c == '"' || c == '\'' => quote = Some(c),
            None if c == '#' && before == ' ' => return text[..at].trim_end(),
            _ => {}
        }
        before = c;
    }
    text
}

/// A list's parts: commas inside of quotes and braces belong to a part.
fn parts(list: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let (mut quote, mut depth) = (None, 0_u32);
    for c in list.chars() {
        match (quote, c) {
            (Some(open), _) if c == open => quote = None,
            (None, '"' | '\'') => quote = Some(c),
            (None, '{') => depth += 1,
            (None, '}') => depth = depth.saturating_sub(1),
            (None, ',') if depth == 0 => {
                parts.push(String::new());
                continue;
            }
            _ => {}
        }
        if let Some(last) = parts.last_mut() {
            last.push(c);
        }
    }
    parts
}

/// A word without its quotes; none when nothing is left.
fn word(text: &str) -> Option<String> {
    let text = text.trim();
    let inner = ['"', '\'']
        .iter()
        .find_map(|it| text.strip_prefix(*it)?.strip_suffix(*it));
    let text = inner.unwrap_or(text).trim();
    (!text.is_empty()).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> (Vec<(String, Vec<String>)>, &str) {
        let (fields, body) = split(text);
        (
            fields.into_iter().map(|it| (it.key, it.values)).collect(),
            body,
        )
    }

    fn field(key: &str, values: &[&str]) -> (String, Vec<String>) {
        (
            key.to_owned(),
            values.iter().map(|it| (*it).to_owned()).collect(),
        )
    }

    #[test]
    fn words_and_lists_in_all_their_spellings() {
        let (fields, body) = read(
            "---\ninclusion: fileMatch   # when\nfileMatchPattern: [\"**/*.{ts,tsx}\", '**/*.js' , src/{a,b}/**]\nglobs:\n  - **/*.py\n  - \"a b.md\"\ndescription: >\n  What it is\n  for\nempty:\n---\n\n# Body\n",
        );
        let wanted = [
            field("inclusion", &["fileMatch"]),
            field(
                "fileMatchPattern",
                &["**/*.{ts,tsx}", "**/*.js", "src/{a,b}/**"],
            ),
            field("globs", &["**/*.py", "a b.md"]),
            field("description", &["What it is for"]),
            field("empty", &[]),
        ];
        assert_eq!(fields, wanted);
        assert_eq!(body, "\n# Body\n");
    }

    #[test]
    fn without_front_matter_all_is_body() {
        for text in [
            "# A\n",
            "",
            "---",
            "---\nnever: ends\n",
            "--- \n---x\n",
            "a\n---\nb\n---\n",
        ] {
            assert_eq!(read(text), (vec![], text));
        }
        assert_eq!(
            read("\u{feff}---\r\ninclusion: manual\r\n---\r\nB"),
            (vec![field("inclusion", &["manual"])], "B")
        );
    }

    proptest::proptest! {
        #[test]
        fn no_text_breaks_it(text in "(---\n)?[-a:#\\[\\]{}\"',é \n]{0,60}(\n---\n)?.{0,9}") {
            let (_, body) = split(&text);
            proptest::prop_assert!(text.ends_with(body));
        }
    }
}
