//! Prompts and commands with variables of the catalogue.
//!
//! `{file_path}` stands for a fact. `{{` and `}}` are braces; a brace that does not enclose a single word is itself.
//! `@workspace`, or `@workspace(src/auth, docs/**)` for a part of it, asks for the project's context.

use std::ops::Range;

use crate::catalogue::Fact;
use crate::diagnostic::{Code, Diagnostic};
use crate::event::Event;

/// A text with variables.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prompt {
    text: String,
    parts: Vec<Part>,
}

/// A piece of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// Words as they stand.
    Text(String),
    /// The value of a fact.
    Fact(Fact),
    /// The project's context.
    Workspace(Scope),
}

/// How much of the project is meant: folders or patterns; all of it when there are none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scope(pub Vec<String>);

impl Prompt {
    /// A text without variables, braces included.
    pub(crate) fn plain(text: &str) -> Prompt {
        Prompt {
            text: text.to_owned(),
            parts: workspaces(text),
        }
    }

    /// Reads a text whose bytes stand at `place` of the file.
    pub(crate) fn parse(
        text: &str,
        event: Option<Event>,
        place: &dyn Fn(Range<usize>) -> Range<usize>,
    ) -> (Prompt, Vec<Diagnostic>) {
        let (mut parts, mut wrong) = (Vec::new(), Vec::new());
        let mut words = String::new();
        let mut at = 0;
        while at < text.len() {
            let rest = &text[at..];
            if rest.starts_with("{{") || rest.starts_with("}}") {
                words.push_str(&rest[..1]);
                at += 2;
            } else if let Some(name) = variable(rest) {
                let span = at..at + name.len() + 2;
                match known(name, event) {
                    Ok(fact) => {
                        parts.extend(workspaces(&std::mem::take(&mut words)));
                        parts.push(Part::Fact(fact));
                    }
                    Err(why) => wrong.push(Diagnostic::error(
                        Code::UnknownVariable,
                        place(span.clone()),
                        why,
                    )),
                }
                at = span.end;
            } else {
                let next = rest.chars().next().map_or(1, char::len_utf8);
                words.push_str(&rest[..next]);
                at += next;
            }
        }
        parts.extend(workspaces(&words));
        (
            Prompt {
                text: text.to_owned(),
                parts,
            },
            wrong,
        )
    }

    /// As it was written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Its pieces, in order.
    pub fn parts(&self) -> &[Part] {
        &self.parts
    }

    /// The text with each fact and each context as `fill` gives it.
    pub fn filled(&self, mut fill: impl FnMut(&Part) -> String) -> String {
        let mut out = String::with_capacity(self.text.len());
        for part in &self.parts {
            match part {
                Part::Text(text) => out.push_str(text),
                other => out.push_str(&fill(other)),
            }
        }
        out
    }

    /// The parts of the project whose context is asked for; none when it is not asked for.
    pub fn scopes(&self) -> Vec<&Scope> {
        self.parts
            .iter()
            .filter_map(|it| match it {
                Part::Workspace(scope) => Some(scope),
                _ => None,
            })
            .collect()
    }
}

/// The word in braces that a text begins with.
fn variable(text: &str) -> Option<&str> {
    let inner = text.strip_prefix('{')?;
    let end = inner.find('}')?;
    let name = &inner[..end];
    let first = name.chars().next()?;
    let is_word = (first.is_ascii_alphabetic() || first == '_')
        && name
            .chars()
            .all(|it| it.is_ascii_alphanumeric() || it == '_');
    is_word.then_some(name)
}

fn known(name: &str, event: Option<Event>) -> Result<Fact, String> {
    let names = || event.map_or_else(|| Fact::all().map(Fact::name).collect(), Fact::names_at);
    let Some(fact) = Fact::parse(name) else {
        let told = change::unknown_word("variable", name, &names());
        return Err(format!(
            "{told} (for braces themselves write {{{{ and }}}})"
        ));
    };
    match event.filter(|it| !fact.is_known_at(*it)) {
        None => Ok(fact),
        Some(event) => Err(format!(
            "`{{{name}}}` is not known at {event}; known there are {}",
            names().join(", ")
        )),
    }
}

const MARK: &str = "@workspace";

/// Words, and the mentions of the workspace in them.
fn workspaces(text: &str) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut from = 0;
    let mut at = 0;
    while let Some(found) = text[at..].find(MARK).map(|it| at + it) {
        let end = found + MARK.len();
        let word = |c: char| c.is_alphanumeric() || c == '_';
        let alone = !text[..found].ends_with(word) && !text[end..].starts_with(word);
        at = end;
        if !alone {
            continue;
        }
        if from < found {
            parts.push(Part::Text(text[from..found].to_owned()));
        }
        let (scope, length) = scope(&text[end..]);
        parts.push(Part::Workspace(scope));
        at = end + length;
        from = at;
    }
    if from < text.len() {
        parts.push(Part::Text(text[from..].to_owned()));
    }
    parts
}

/// The scope that follows, and how many bytes it has.
fn scope(rest: &str) -> (Scope, usize) {
    let inner = rest
        .strip_prefix('(')
        .and_then(|it| it.find(')').map(|end| &it[..end]));
    let Some(inner) = inner.filter(|it| !it.contains('\n')) else {
        return (Scope::default(), 0);
    };
    let paths = inner.split(',').map(str::trim).filter(|it| !it.is_empty());
    (Scope(paths.map(str::to_owned).collect()), inner.len() + 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> (Prompt, Vec<Diagnostic>) {
        Prompt::parse(text, Some(Event::FileSave), &|it| it)
    }

    #[test]
    fn variables_are_facts_and_braces_stay() {
        let (prompt, wrong) =
            parse("Look at {file_path}: {{x}}, { \"a\": 1 }, {} and tests/test_{filename}.");
        assert!(wrong.is_empty(), "{wrong:?}");
        let filled = prompt.filled(|part| format!("<{part:?}>"));
        assert_eq!(
            filled,
            "Look at <Fact(FilePath)>: {x}, { \"a\": 1 }, {} and tests/test_<Fact(FileName)>."
        );
    }

    #[test]
    fn unknown_variables_are_errors_with_their_place() {
        let text = "a {file_pth} b {commit_message} c {filePath}";
        let wrong = parse(text).1;
        let told: Vec<&str> = wrong.iter().map(|it| &text[it.span.clone()]).collect();
        assert_eq!(told, ["{file_pth}", "{commit_message}", "{filePath}"]);
        assert!(
            wrong[0].message.contains("did you mean «file_path»"),
            "{}",
            wrong[0].message
        );
        assert!(
            wrong[1].message.contains("not known at file.save"),
            "{}",
            wrong[1].message
        );
    }

    #[test]
    fn the_workspace_is_a_word_of_its_own() {
        let (prompt, _) = parse(
            "@workspace Review, me@workspace.org, (@workspace) @workspace(src/auth, docs) @workspaces",
        );
        let scopes: Vec<&[String]> = prompt.scopes().iter().map(|it| it.0.as_slice()).collect();
        assert_eq!(scopes.len(), 3);
        assert_eq!(scopes[2], ["src/auth", "docs"]);
        let plain = Prompt::plain("{{filePath}} and {x}");
        assert_eq!(plain.filled(|_| unreachable!()), "{{filePath}} and {x}");
    }
}
