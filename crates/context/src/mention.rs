//! What a person mentions of the project in their words: `@workspace`, `#file:src/a.py`, `#symbol:Cart.total`.
//!
//! A mention is a word of its own. What it names follows a colon, up to the next space, or stands in brackets, where
//! several are divided by commas: `#file(docs/my plan.md, a.py)`. A picture needs no word before it: `#docs/login.png`.

use std::ops::Range;

/// What is mentioned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum MentionKind {
    /// `@workspace`: whatever of the project the request is about.
    Workspace,
    /// `#file`
    File,
    /// `#folder`
    Folder,
    /// `#symbol`
    Symbol,
    /// `#git`: what changed and is not committed; with a name that revision.
    Git,
    /// `#spec`
    Spec,
    /// `#problems`: what the project's linters say.
    Problems,
    /// `#image`: a picture.
    Image,
    /// `#NAME`: steering of this name, if there is any.
    Named,
}

/// Every kind with its word.
const WORDS: [(&str, MentionKind); 10] = [
    ("@workspace", MentionKind::Workspace),
    ("#codebase", MentionKind::Workspace),
    ("#file", MentionKind::File),
    ("#folder", MentionKind::Folder),
    ("#symbol", MentionKind::Symbol),
    ("#git", MentionKind::Git),
    ("#spec", MentionKind::Spec),
    ("#problems", MentionKind::Problems),
    ("#image", MentionKind::Image),
    ("#steering", MentionKind::Named),
];

/// What ends a sentence or a bracket, and no name.
const CLOSING: [char; 7] = [',', ';', '.', '?', '!', ')', ':'];

/// How names of pictures end.
const PICTURES: [&str; 5] = [".png", ".jpg", ".jpeg", ".gif", ".webp"];

impl MentionKind {
    /// The words by which things are mentioned, for completion.
    pub fn words() -> impl Iterator<Item = &'static str> {
        WORDS.iter().map(|(word, _)| *word)
    }
}

/// One mention.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mention {
    /// What.
    pub kind: MentionKind,
    /// What it names; empty for all of it.
    pub names: Vec<String>,
    /// Its bytes in the text.
    pub span: Range<usize>,
}

/// The mentions in a text, in order. Fenced code and code in backticks mention nothing.
pub fn mentions(text: &str) -> Vec<Mention> {
    let mut found = Vec::new();
    let mut fenced = false;
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
        } else if !fenced {
            in_line(line, at, &mut found);
        }
        at += line.len();
    }
    found
}

fn in_line(line: &str, offset: usize, found: &mut Vec<Mention>) {
    let mut at = 0;
    let mut before = ' ';
    while let Some(c) = line[at..].chars().next() {
        if c == '`' {
            // To the closing one, or past it where nothing closes it.
            let rest = &line[at + 1..];
            at += rest.find('`').map_or(1, |it| it + 2);
            before = '`';
            continue;
        }
        let starts = (c == '@' || c == '#')
            && !before.is_alphanumeric()
            && !matches!(before, '#' | '@' | '/' | '&' | '_');
        if let Some((kind, names, length)) = starts.then(|| read(&line[at..])).flatten() {
            let span = offset + at..offset + at + length;
            found.push(Mention { kind, names, span });
            at += length;
            before = ' ';
            continue;
        }
        before = c;
        at += c.len_utf8();
    }
}

/// The mention that a text begins with, and how many bytes it has.
fn read(text: &str) -> Option<(MentionKind, Vec<String>, usize)> {
    let word = text[1..].find(|c: char| !(c.is_alphanumeric() || c == '-' || c == '_'));
    let end = 1 + word.unwrap_or(text.len() - 1);
    if let Some(found) = picture(text) {
        return Some(found);
    }
    let (word, rest) = text.split_at(end);
    match WORDS.iter().find(|(known, _)| *known == word) {
        Some((_, kind)) => {
            let (names, length) = named(rest);
            Some((*kind, names, end + length))
        }
        // A heading, a number of an issue or a colour is no name.
        None if word.starts_with('#') && word[1..].starts_with(char::is_alphabetic) => {
            Some((MentionKind::Named, vec![word[1..].to_owned()], end))
        }
        None => None,
    }
}

/// The picture that a text begins with, named by its path alone.
fn picture(text: &str) -> Option<(MentionKind, Vec<String>, usize)> {
    let path = text.strip_prefix('#')?;
    let end = path.find(|c: char| c.is_whitespace() || c == '(');
    let path = path[..end.unwrap_or(path.len())].trim_end_matches(CLOSING);
    let lower = path.to_ascii_lowercase();
    let ends = |it: &&str| lower.ends_with(*it) && lower.len() > it.len();
    let is_one = PICTURES.iter().any(ends) && !path.contains(':');
    is_one.then(|| (MentionKind::Image, vec![path.to_owned()], 1 + path.len()))
}

fn named(rest: &str) -> (Vec<String>, usize) {
    let listed = rest
        .strip_prefix('(')
        .and_then(|it| Some((it, it.find(')')?)));
    if let Some((inner, end)) = listed {
        let names = inner[..end]
            .split(',')
            .map(str::trim)
            .filter(|it| !it.is_empty());
        return (names.map(str::to_owned).collect(), end + 2);
    }
    let Some(inner) = rest.strip_prefix(':') else {
        return (Vec::new(), 0);
    };
    let end = inner.find(char::is_whitespace).unwrap_or(inner.len());
    let name = inner[..end].trim_end_matches(CLOSING);
    match name.is_empty() {
        true => (Vec::new(), 0),
        false => (vec![name.to_owned()], 1 + name.len()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Vec<(MentionKind, String, &str)> {
        mentions(text)
            .into_iter()
            .map(|it| (it.kind, it.names.join("|"), &text[it.span]))
            .collect()
    }

    #[test]
    fn words_names_and_lists() {
        use MentionKind::{File, Folder, Git, Named, Problems, Spec, Symbol, Workspace};
        let text = "@workspace how? #file:src/a.py, #file(my plan.md, b.py) #folder:src/ #symbol:Cart.total() #git #git:HEAD~1. #spec:auth #problems (#api-rules)";
        let wanted = [
            (Workspace, "", "@workspace"),
            (File, "src/a.py", "#file:src/a.py"),
            (File, "my plan.md|b.py", "#file(my plan.md, b.py)"),
            (Folder, "src/", "#folder:src/"),
            (Symbol, "Cart.total(", "#symbol:Cart.total("),
            (Git, "", "#git"),
            (Git, "HEAD~1", "#git:HEAD~1"),
            (Spec, "auth", "#spec:auth"),
            (Problems, "", "#problems"),
            (Named, "api-rules", "#api-rules"),
        ];
        let wanted: Vec<_> = wanted
            .iter()
            .map(|(kind, names, text)| (*kind, (*names).to_owned(), *text))
            .collect();
        assert_eq!(of(text), wanted);
    }

    #[test]
    fn what_only_looks_like_a_mention_is_none() {
        for text in [
            "me@workspace.org",
            "# Heading",
            "## file",
            "#12",
            "a#file:b",
            "`#file:a`",
            "```\n#file:a\n@workspace\n```\n",
            "x/#file:y",
            "&#x27;",
        ] {
            assert_eq!(of(text), [], "{text}");
        }
        assert_eq!(of("`open #file:a").len(), 1);
    }

    #[test]
    fn pictures_are_named_by_their_path_alone() {
        let text =
            "why is #docs/login page.PNG or #shots/a-1.jpeg, odd? #.webp #a.png.txt (#image:b.png)";
        let wanted = [
            (MentionKind::Named, "docs", "#docs"),
            (MentionKind::Image, "shots/a-1.jpeg", "#shots/a-1.jpeg"),
            (MentionKind::Named, "a", "#a"),
            (MentionKind::Image, "b.png", "#image:b.png"),
        ];
        let wanted: Vec<_> = wanted
            .iter()
            .map(|(kind, names, text)| (*kind, (*names).to_owned(), *text))
            .collect();
        assert_eq!(of(text), wanted);
    }

    proptest::proptest! {
        #[test]
        fn spans_lie_in_the_text_and_follow_each_other(text in "[@#a:(),`/ \nworkspacefilé]{0,80}") {
            let mut end = 0;
            for it in mentions(&text) {
                proptest::prop_assert!(it.span.start >= end && text.get(it.span.clone()).is_some());
                end = it.span.end;
            }
        }
    }
}
