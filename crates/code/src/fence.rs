//! The code in a model's answer.

use std::collections::BTreeSet;

use crate::import::imports;
use crate::language::Language;
use crate::layout::indentation;
use crate::symbol::symbols;
use crate::syntax::syntax_error;
use crate::tree::{MAX_SOURCE, parse, parts};

/// How often a text is parsed, at most, in search of where its code begins or ends.
const TRIES: usize = 24;

/// A fenced block of Markdown.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Block {
    /// The first word after the opening fence, in lower case.
    tag: String,
    code: String,
}

/// The code of a model's answer, with the line ends as written; `None` when there is none.
///
/// Of the fenced blocks those count whose tag names `language`, else those without a tag, else all.
/// Several blocks that define different things are joined, in their order; otherwise the longest one
/// that is free of syntax errors is taken. A fence that is never closed ends with the text; one that
/// would end inside the code (a string that holds a fence) ends at the next. Without any fence the
/// code is the text itself if it can be parsed and does something, else its part from the first line
/// that looks like code, without remarks below.
#[must_use]
pub fn fenced(answer: &str, language: Option<Language>) -> Option<String> {
    if answer.len() > MAX_SOURCE {
        return None;
    }
    let blocks = blocks(answer, language);
    if blocks.is_empty() {
        let languages = language.map_or(Language::ALL.to_vec(), |it| vec![it]);
        return languages
            .into_iter()
            .find_map(|language| unfenced(answer, language));
    }
    let chosen = candidates(blocks, language);
    let tag = chosen
        .first()
        .and_then(|block| Language::from_fence_tag(&block.tag));
    let codes = chosen.into_iter().map(|block| block.code).collect();
    match language.or(tag) {
        Some(language) => join_or_choose(codes, language),
        None => longest(codes),
    }
}

fn candidates(mut blocks: Vec<Block>, language: Option<Language>) -> Vec<Block> {
    blocks.retain(|block| !block.code.trim().is_empty());
    let tags = language.map_or(&[][..], Language::fence_tags);
    let tagged = |block: &Block| match language {
        Some(_) => tags.contains(&block.tag.as_str()),
        None => Language::from_fence_tag(&block.tag).is_some(),
    };
    for rule in [&tagged as &dyn Fn(&Block) -> bool, &|block: &Block| {
        block.tag.is_empty()
    }] {
        if blocks.iter().any(rule) {
            blocks.retain(rule);
            break;
        }
    }
    // Without a wanted language, the language of the longest block decides.
    if language.is_none()
        && let Some(longest) = blocks.iter().max_by_key(|block| block.code.len())
    {
        let tag = Language::from_fence_tag(&longest.tag);
        blocks.retain(|block| Language::from_fence_tag(&block.tag) == tag);
    }
    blocks
}

fn join_or_choose(codes: Vec<String>, language: Language) -> Option<String> {
    let sound: Vec<String> = codes
        .iter()
        .filter(|code| syntax_error(language, code).is_none())
        .cloned()
        .collect();
    if sound.is_empty() {
        return longest(codes);
    }
    let defining: Vec<&String> = sound
        .iter()
        .filter(|code| !provides(language, code).is_empty())
        .collect();
    if defining.is_empty() {
        return longest(sound);
    }
    let mut seen = BTreeSet::new();
    let distinct = defining.iter().all(|code| {
        provides(language, code)
            .into_iter()
            .all(|it| seen.insert(it))
    });
    if !distinct {
        return longest(defining.into_iter().cloned().collect());
    }
    if let [only] = defining.as_slice() {
        return Some((*only).clone());
    }
    let joined: Vec<&str> = defining.iter().map(|code| code.trim_end()).collect();
    Some(joined.join("\n\n") + "\n")
}

/// What a block adds to a file: the qualified names of its definitions. Of a block that only imports,
/// the text of its imports.
fn provides(language: Language, code: &str) -> BTreeSet<String> {
    let names: BTreeSet<String> = symbols(language, code)
        .into_iter()
        .map(|it| format!("{} {}", it.qualified(), it.variant.unwrap_or_default()))
        .collect();
    if names.is_empty() {
        return imports(language, code)
            .into_iter()
            .map(|it| it.text)
            .collect();
    }
    names
}

/// The longest; of equally long ones the last, which is the later version.
fn longest(codes: Vec<String>) -> Option<String> {
    codes.into_iter().max_by_key(|code| code.trim().len())
}

/// A run of at least three equal fence characters at the start of a line.
struct Fence<'a> {
    mark: char,
    len: usize,
    indent: &'a str,
    info: &'a str,
}

fn fence(line: &str) -> Option<Fence<'_>> {
    let indent = indentation(line);
    let rest = line[indent.len()..].trim_end();
    let mark = rest.chars().next().filter(|c| matches!(c, '`' | '~'))?;
    let info = rest.trim_start_matches(mark);
    let len = rest.len() - info.len();
    let usable = len >= 3 && !(mark == '`' && info.contains('`'));
    usable.then_some(Fence {
        mark,
        len,
        indent,
        info: info.trim(),
    })
}

/// The fenced blocks of a text.
fn blocks(text: &str, language: Option<Language>) -> Vec<Block> {
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(line) = lines.get(at) {
        at += 1;
        let Some(open) = fence(line) else { continue };
        let ends = closings(&lines, at, &open);
        let tag = tag(open.info);
        let of = Language::from_fence_tag(&tag).or(language.filter(|_| tag.is_empty()));
        let end = end_of(&lines, at, &open, &ends, of);
        found.push(Block {
            code: body(&lines[at..end], open.indent),
            tag,
        });
        at = end + 1;
    }
    found
}

fn tag(info: &str) -> String {
    let word = info.trim_start_matches(['{', '.']);
    let word = word
        .split(|c: char| c.is_whitespace() || matches!(c, ',' | '{' | '}' | ':'))
        .next();
    word.unwrap_or_default().to_ascii_lowercase()
}

/// The lines that can close a fence, up to the first line that opens another one of the text.
fn closings(lines: &[&str], start: usize, open: &Fence<'_>) -> Vec<usize> {
    let closes = |line: &str| {
        fence(line)
            .is_some_and(|it| it.mark == open.mark && it.len >= open.len && it.info.is_empty())
    };
    (start..lines.len())
        .filter(|&at| closes(lines[at]))
        .take(TRIES)
        .collect()
}

/// The line that closes a block: the first that can, unless only a later one makes the code whole.
fn end_of(
    lines: &[&str],
    start: usize,
    open: &Fence<'_>,
    ends: &[usize],
    of: Option<Language>,
) -> usize {
    let Some(&first) = ends.first() else {
        return lines.len();
    };
    let Some(language) = of else { return first };
    let sound =
        |end: &&usize| syntax_error(language, &body(&lines[start..**end], open.indent)).is_none();
    ends.iter().find(sound).copied().unwrap_or(first)
}

/// The lines of a block without the indentation of its fence.
fn body(lines: &[&str], indent: &str) -> String {
    let strip = |line: &&str| {
        let own = indentation(line);
        let shared = own
            .bytes()
            .zip(indent.bytes())
            .take_while(|(a, b)| a == b)
            .count();
        line[shared..].to_owned()
    };
    lines.iter().map(strip).collect()
}

/// The code in a text without fences.
fn unfenced(answer: &str, language: Language) -> Option<String> {
    if is_code(answer, language) {
        return Some(answer.to_owned());
    }
    let lines: Vec<&str> = answer.split_inclusive('\n').collect();
    let start = lines.iter().position(|line| opens_code(line, language))?;
    let mut end = lines.len();
    for _ in 0..TRIES {
        let code = lines[start..end].concat();
        if is_code(&code, language) {
            return Some(code.trim_end().to_owned() + "\n");
        }
        // Leave out the last paragraph, which may be a remark.
        end = start
            + lines[start..end]
                .iter()
                .rposition(|line| line.trim().is_empty())?;
    }
    None
}

/// Whether a text is sound code that defines, imports or does something; a bare word or a string is
/// more likely a word of the model's.
fn is_code(text: &str, language: Language) -> bool {
    if text.trim().is_empty() || syntax_error(language, text).is_some() {
        return false;
    }
    let Some(tree) = parse(language, text) else {
        return false;
    };
    let acts = |node: tree_sitter::Node<'_>| match node.kind() {
        "expression_statement" => node.named_child(0).is_some_and(|it| {
            let kind = it.kind();
            kind.contains("call")
                || kind.contains("assignment")
                || kind.contains("await")
                || kind.contains("macro")
        }),
        "ERROR" | "empty_statement" | "labeled_statement" | "identifier" => false,
        kind => kind.contains('_'),
    };
    parts(tree.root_node()).into_iter().any(acts)
}

fn opens_code(line: &str, language: Language) -> bool {
    let words: &[&str] = match language {
        Language::Python => &[
            "import ",
            "from ",
            "def ",
            "async def ",
            "class ",
            "@",
            "#!",
        ],
        Language::JavaScript | Language::TypeScript => &[
            "import ",
            "export ",
            "function ",
            "async function ",
            "class ",
            "const ",
            "let ",
            "var ",
            "interface ",
            "type ",
            "enum ",
            "abstract class ",
            "'use strict'",
            "\"use strict\"",
            "/**",
            "#!",
        ],
        Language::Rust => &[
            "use ",
            "pub ",
            "pub(",
            "fn ",
            "async fn ",
            "struct ",
            "enum ",
            "impl ",
            "impl<",
            "trait ",
            "const ",
            "static ",
            "mod ",
            "type ",
            "#[",
            "#![",
            "///",
            "//!",
            "macro_rules!",
            "unsafe ",
        ],
    };
    words.iter().any(|word| line.starts_with(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(answer: &str) -> String {
        fenced(answer, Some(Language::Python)).unwrap_or("-".to_owned())
    }

    #[test]
    fn the_tag_decides_then_the_length() {
        assert_eq!(
            check("Run:\n```bash\npip install a b c d e f\n```\nCode:\n```python\nx = 1\n```\n"),
            "x = 1\n"
        );
        assert_eq!(check("```\nx = 1\n```\nor\n```\nx = 12\n```\n"), "x = 12\n");
        assert_eq!(
            check("```text\nhello there\n```\n```\nx = 1\n```"),
            "x = 1\n"
        );
        assert_eq!(check("```PY title=\"a.py\"\nx = 1\n```"), "x = 1\n");
        assert_eq!(check("```{.python}\nx = 1\n```"), "x = 1\n");
        assert_eq!(check("~~~python\nx = 1\n~~~"), "x = 1\n");
    }

    #[test]
    fn blocks_of_different_things_are_joined() {
        let parts = "```python\nimport a\n```\nthen\n```python\ndef f():\n    return a\n```\n```python\nprint(f())\n```";
        assert_eq!(check(parts), "import a\n\ndef f():\n    return a\n");
        let versions = "```python\ndef f():\n    return 1\n```\nBetter:\n```python\ndef f():\n    return 2\n```";
        assert_eq!(check(versions), "def f():\n    return 2\n");
        let broken =
            "```python\ndef f(:\n    return 1234567\n```\n```python\ndef f():\n    pass\n```";
        assert_eq!(check(broken), "def f():\n    pass\n");
    }

    #[test]
    fn fences_left_open_indented_or_inside_code() {
        assert_eq!(
            check("Sure:\n```python\ndef f():\n    return 1\n"),
            "def f():\n    return 1\n"
        );
        assert_eq!(
            check("1. Do\n   ```python\n   def f():\n       pass\n   ```\n2. Done"),
            "def f():\n    pass\n"
        );
        let nested = "```python\ndef f():\n    \"\"\"Doc\n\n```\nexample\n```\n    \"\"\"\n    return 1\n```\nDone.";
        assert_eq!(
            check(nested),
            "def f():\n    \"\"\"Doc\n\n```\nexample\n```\n    \"\"\"\n    return 1\n"
        );
        assert_eq!(
            check("````python\nx = '''\n```\n'''\n````"),
            "x = '''\n```\n'''\n"
        );
    }

    #[test]
    fn text_without_fences() {
        assert_eq!(
            check("def f():\n    return 1\n"),
            "def f():\n    return 1\n"
        );
        assert_eq!(
            check("Here it is:\n\ndef f():\n    return 1\n\nIt returns one.\n"),
            "def f():\n    return 1\n"
        );
        assert_eq!(check("Sorry"), "-");
        assert_eq!(check("I cannot do that."), "-");
        assert_eq!(check(""), "-");
        assert_eq!(check("```python\n```"), "-");
    }

    #[test]
    fn any_language() {
        assert_eq!(
            fenced("```bash\nls\n```\n```rs\nfn f() {}\n```", None).as_deref(),
            Some("fn f() {}\n")
        );
        assert_eq!(fenced("```sh\nls\n```", None).as_deref(), Some("ls\n"));
        assert_eq!(
            fenced("fn f() -> u8 { 1 }", None).as_deref(),
            Some("fn f() -> u8 { 1 }")
        );
        assert_eq!(fenced("Hello, world", None), None);
    }

    #[test]
    fn line_ends_stay() {
        assert_eq!(check("```python\r\nx = 1\r\n```\r\n"), "x = 1\r\n");
    }
}
