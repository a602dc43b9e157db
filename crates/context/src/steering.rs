//! Steering: what a project, or its user, wants every model to know, one Markdown file each. A file says itself when it
//! is to be told: always, for files that match, when a request is about it, or only when it is named.

use std::ops::Range;

use globset::{GlobBuilder, GlobMatcher};

use crate::front_matter::{self, Field};

/// Whose steering it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Origin {
    /// The user's own, for all projects.
    User,
    /// The project's, which came with its files.
    Project,
}

/// When steering is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Inclusion {
    /// Always.
    Always,
    /// When the work is about a file that one of these patterns matches.
    FileMatch(Vec<String>),
    /// When it is named.
    Manual,
    /// When a request is about what this description says.
    Auto(String),
}

/// One file of steering.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Steering {
    /// Where it stands, as a person is shown it.
    pub path: String,
    /// What it is called: `#NAME` names it.
    pub name: String,
    /// Whose it is.
    pub origin: Origin,
    /// When it is told.
    pub inclusion: Inclusion,
    /// The folder whose files it is about, as `a/b/`; empty for all of the project.
    pub folder: String,
    /// What it says.
    pub body: String,
    /// What is odd about its front matter.
    pub notes: Vec<String>,
}

/// Another file that a text of steering brings along.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reference {
    /// What it names.
    pub kind: ReferenceKind,
    /// The path as it is written.
    pub path: String,
    /// Its bytes in the text.
    pub span: Range<usize>,
}

/// What a reference names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReferenceKind {
    /// `#[[file:…]]`
    File,
    /// `#[[folder:…]]`
    Folder,
}

/// What the work is about, for choosing.
#[derive(Clone, Copy, Debug, Default)]
pub struct About<'a> {
    /// Files of the work, relative to the project.
    pub files: &'a [String],
    /// The request in words.
    pub words: &'a str,
    /// Names that the request names: `#api` gives `api`.
    pub named: &'a [String],
}

/// What was decided about one file of steering.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// Whether it is told.
    pub told: bool,
    /// Why, or why not.
    pub reason: String,
}

impl Steering {
    /// Reads a file of steering. Any text is one.
    pub fn parse(path: &str, origin: Origin, text: &str) -> Steering {
        let (fields, body) = front_matter::split(text);
        let mut notes = Vec::new();
        let inclusion = inclusion(&fields, &mut notes);
        let file = path.rsplit('/').next().unwrap_or(path);
        let stem = file.strip_suffix(".md").unwrap_or(file);
        let name = one(&fields, "name").unwrap_or(stem);
        Steering {
            path: path.to_owned(),
            name: name.to_owned(),
            origin,
            inclusion,
            folder: String::new(),
            body: body.trim().to_owned(),
            notes,
        }
    }

    /// The other files that it brings along, in the order of the text.
    pub fn references(&self) -> Vec<Reference> {
        let body = &self.body;
        let mut found = Vec::new();
        let mut at = 0;
        while let Some(start) = body[at..].find("#[[").map(|it| at + it) {
            at = start + 3;
            let Some(length) = body[at..].find("]]") else {
                break;
            };
            let inner = &body[at..at + length];
            let kinds = [
                ("file:", ReferenceKind::File),
                ("folder:", ReferenceKind::Folder),
            ];
            let named = kinds
                .iter()
                .find_map(|(mark, kind)| Some((*kind, inner.strip_prefix(mark)?.trim())));
            if let Some((kind, path)) =
                named.filter(|(_, path)| !path.is_empty() && !path.contains('\n'))
            {
                let span = start..at + length + 2;
                at = span.end;
                found.push(Reference {
                    kind,
                    path: path.to_owned(),
                    span,
                });
            }
        }
        found
    }

    fn choose(&self, about: &About<'_>) -> Choice {
        let named = about
            .named
            .iter()
            .any(|it| it.eq_ignore_ascii_case(&self.name));
        if named {
            return told(format!("named as #{}", self.name));
        }
        match &self.inclusion {
            Inclusion::Always if self.folder.is_empty() => told("always"),
            Inclusion::Always => match about.files.iter().find(|it| it.starts_with(&self.folder)) {
                Some(file) => told(format!("stands above {file}")),
                None => left_out(format!("no file of the work is in {}", self.folder)),
            },
            Inclusion::FileMatch(patterns) => match matching(patterns, about.files) {
                Some((pattern, file)) => told(format!("{pattern} matches {file}")),
                None => left_out(format!(
                    "no file of the work matches {}",
                    patterns.join(", ")
                )),
            },
            Inclusion::Manual => left_out(format!("only when it is named, as #{}", self.name)),
            Inclusion::Auto(description) => {
                let shared = shared_words(&self.name, description, about.words);
                match shared.is_empty() {
                    true => left_out("the request is not about it"),
                    false => told(format!("the request speaks of {}", shared.join(", "))),
                }
            }
        }
    }
}

/// Decides about each file of steering. Of two with one name the project's counts.
pub fn choose(all: &[Steering], about: &About<'_>) -> Vec<Choice> {
    let overruled = |it: &Steering| {
        let same = |other: &Steering| other.origin == Origin::Project && other.name == it.name;
        it.origin == Origin::User && all.iter().any(same)
    };
    let choice = |it: &Steering| match overruled(it) {
        true => left_out("the project has steering of this name"),
        false => it.choose(about),
    };
    all.iter().map(choice).collect()
}

fn told(reason: impl Into<String>) -> Choice {
    Choice {
        told: true,
        reason: reason.into(),
    }
}

fn left_out(reason: impl Into<String>) -> Choice {
    Choice {
        told: false,
        reason: reason.into(),
    }
}

fn one<'a>(fields: &'a [Field], key: &str) -> Option<&'a str> {
    let field = fields.iter().find(|it| it.key.eq_ignore_ascii_case(key))?;
    field.values.first().map(String::as_str)
}

fn inclusion(fields: &[Field], notes: &mut Vec<String>) -> Inclusion {
    let patterns = fields
        .iter()
        .find(|it| it.key.eq_ignore_ascii_case("fileMatchPattern"));
    let mut patterns: Vec<String> = patterns.map(|it| it.values.clone()).unwrap_or_default();
    patterns.retain(|it| {
        let right = matcher(it).is_some();
        if !right {
            notes.push(format!("fileMatchPattern: «{it}» is no pattern"));
        }
        right
    });
    let Some(mode) = one(fields, "inclusion") else {
        if !patterns.is_empty() {
            notes.push(
                "fileMatchPattern without `inclusion: fileMatch` is not looked at".to_owned(),
            );
        }
        return Inclusion::Always;
    };
    match mode.to_ascii_lowercase().as_str() {
        "always" => Inclusion::Always,
        "manual" => Inclusion::Manual,
        "filematch" if patterns.is_empty() => {
            notes.push("inclusion: fileMatch needs a fileMatchPattern; until then it is told only when it is named".to_owned());
            Inclusion::Manual
        }
        "filematch" => Inclusion::FileMatch(patterns),
        "auto" => match one(fields, "description") {
            Some(description) => Inclusion::Auto(description.to_owned()),
            None => {
                notes.push("inclusion: auto needs a description; until then it is told only when it is named".to_owned());
                Inclusion::Manual
            }
        },
        _ => {
            notes.push(format!(
                "inclusion: «{mode}» is none of always, fileMatch, manual and auto; it is taken as always"
            ));
            Inclusion::Always
        }
    }
}

/// The first pattern that matches a file, with that file. A pattern without a slash is about names in any folder.
fn matching<'a>(patterns: &'a [String], files: &'a [String]) -> Option<(&'a str, &'a str)> {
    patterns.iter().find_map(|pattern| {
        let glob = matcher(pattern)?;
        let meets = |file: &&String| {
            let name = file.rsplit('/').next().unwrap_or(file);
            glob.is_match(file) || (!pattern.contains('/') && glob.is_match(name))
        };
        Some((pattern.as_str(), files.iter().find(meets)?.as_str()))
    })
}

fn matcher(pattern: &str) -> Option<GlobMatcher> {
    const LONGEST: usize = 1000;
    let pattern = pattern.trim_start_matches("./").trim_start_matches('/');
    let built = (pattern.len() <= LONGEST)
        .then(|| GlobBuilder::new(pattern).literal_separator(true).build());
    built.and_then(Result::ok).map(|it| it.compile_matcher())
}

/// Words that say nothing about what a text is about.
const EMPTY_WORDS: &[&str] = &[
    "about",
    "after",
    "also",
    "and",
    "any",
    "are",
    "before",
    "can",
    "code",
    "does",
    "file",
    "files",
    "for",
    "from",
    "guide",
    "guidelines",
    "has",
    "have",
    "how",
    "into",
    "its",
    "make",
    "must",
    "not",
    "project",
    "rules",
    "should",
    "that",
    "the",
    "their",
    "them",
    "then",
    "these",
    "they",
    "this",
    "those",
    "use",
    "used",
    "uses",
    "using",
    "what",
    "when",
    "where",
    "which",
    "will",
    "with",
    "work",
    "working",
    "write",
    "writing",
    "you",
    "your",
];

/// Words of a request that a description has too: enough of them to say that the request is about it, or none. A word of
/// the name is enough by itself.
fn shared_words(name: &str, description: &str, request: &str) -> Vec<String> {
    let wanted = stems(request);
    let shared = |text: &str| -> Vec<String> {
        stems(text)
            .into_iter()
            .filter(|it| wanted.contains(it))
            .collect()
    };
    let by_name = shared(name);
    let mut all = by_name.clone();
    all.extend(
        shared(description)
            .into_iter()
            .filter(|it| !by_name.contains(it)),
    );
    let least = 2.min(stems(description).len());
    match !by_name.is_empty() || all.len() >= least.max(1) {
        true => all,
        false => Vec::new(),
    }
}

/// The words of a text in one form: lower case, without the commonest endings.
fn stems(text: &str) -> Vec<String> {
    let words = text.split(|c: char| !c.is_alphanumeric());
    let mut stems: Vec<String> = Vec::new();
    for word in words.map(str::to_lowercase) {
        if word.chars().count() < 3 || EMPTY_WORDS.contains(&word.as_str()) {
            continue;
        }
        let endings = ["ing", "es", "ed", "s"];
        let cut = endings
            .iter()
            .find_map(|it| word.strip_suffix(it).filter(|rest| rest.len() > 3));
        let stem = cut.unwrap_or(&word).trim_end_matches('e').to_owned();
        if !stems.contains(&stem) {
            stems.push(stem);
        }
    }
    stems
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(name: &str, text: &str) -> Steering {
        Steering::parse(&format!(".kiro/steering/{name}.md"), Origin::Project, text)
    }

    fn chosen(steering: Steering, files: &[&str], words: &str, named: &[&str]) -> (bool, String) {
        let own = |list: &[&str]| {
            list.iter()
                .map(|it| (*it).to_owned())
                .collect::<Vec<String>>()
        };
        let (files, named) = (own(files), own(named));
        let about = About {
            files: &files,
            words,
            named: &named,
        };
        let choice = choose(&[steering], &about).remove(0);
        (choice.told, choice.reason)
    }

    #[test]
    fn each_mode_is_told_when_it_should_be() {
        let plain = || parse("product", "# Product\n");
        assert_eq!(chosen(plain(), &[], "", &[]), (true, "always".to_owned()));
        let typed = || {
            parse(
                "ts",
                "---\ninclusion: fileMatch\nfileMatchPattern: [\"**/*.ts\", \"*.tsx\"]\n---\nx",
            )
        };
        assert_eq!(
            chosen(typed(), &["a/b.ts"], "", &[]),
            (true, "**/*.ts matches a/b.ts".to_owned())
        );
        assert!(chosen(typed(), &["a/b.tsx"], "", &[]).0);
        assert!(!chosen(typed(), &["a/b.py"], "about ts", &[]).0);
        assert!(chosen(typed(), &[], "", &["TS"]).0);
        let manual = || parse("deploy", "---\ninclusion: manual\n---\nx");
        assert_eq!(
            chosen(manual(), &["deploy.md"], "deploy", &[]),
            (false, "only when it is named, as #deploy".to_owned())
        );
        let auto = || {
            parse(
                "a",
                "---\ninclusion: auto\nname: sql\ndescription: Database migrations and queries\n---\nx",
            )
        };
        assert_eq!(
            chosen(auto(), &[], "Write a migration for the databases", &[]),
            (true, "the request speaks of databas, migration".to_owned())
        );
        assert!(!chosen(auto(), &[], "Rename a button in the database view", &[]).0);
        assert!(chosen(auto(), &[], "this SQL is slow", &[]).0);
    }

    #[test]
    fn bad_front_matter_is_noted_and_never_an_error() {
        let odd = parse(
            "odd",
            "---\ninclusion: .kiro/specs/**/tasks.md\npriority: 3\n---\nx",
        );
        assert_eq!(odd.inclusion, Inclusion::Always);
        assert!(odd.notes[0].contains("none of always"), "{:?}", odd.notes);
        let bare = parse("bare", "---\ninclusion: fileMatch\n---\nx");
        assert_eq!((bare.inclusion, bare.notes.len()), (Inclusion::Manual, 1));
        let wrong = parse(
            "w",
            "---\ninclusion: fileMatch\nfileMatchPattern: \"[a\"\n---\nx",
        );
        assert_eq!((wrong.inclusion, wrong.notes.len()), (Inclusion::Manual, 2));
        assert_eq!(
            parse("auto", "---\ninclusion: auto\n---\nx").inclusion,
            Inclusion::Manual
        );
    }

    #[test]
    fn the_project_has_the_last_word_and_folders_their_own() {
        let user = Steering::parse("~/.kiro/steering/product.md", Origin::User, "mine");
        let choices = choose(&[user, parse("product", "ours")], &About::default());
        assert_eq!(
            choices.iter().map(|it| it.told).collect::<Vec<_>>(),
            [false, true]
        );
        let inner = || Steering {
            folder: "web/".to_owned(),
            ..parse("AGENTS", "x")
        };
        assert!(chosen(inner(), &["web/a.ts"], "", &[]).0);
        assert!(!chosen(inner(), &["webs/a.ts"], "", &[]).0);
    }

    #[test]
    fn references_are_found_where_they_are_whole() {
        let steering = parse(
            "a",
            "See #[[file:api/open api.yaml]] and #[[folder: docs ]], not #[[file:]] or #[[url:x]] or #[[file:a",
        );
        let references = steering.references();
        let found: Vec<(ReferenceKind, &str, &str)> = references
            .iter()
            .map(|it| (it.kind, it.path.as_str(), &steering.body[it.span.clone()]))
            .collect();
        let wanted = [
            (
                ReferenceKind::File,
                "api/open api.yaml",
                "#[[file:api/open api.yaml]]",
            ),
            (ReferenceKind::Folder, "docs", "#[[folder: docs ]]"),
        ];
        assert_eq!(found, wanted);
    }

    proptest::proptest! {
        #[test]
        fn no_text_breaks_it(text in "[-#\\[\\]file:older\n {}*a]{0,80}", words in ".{0,20}") {
            let steering = Steering::parse("x.md", Origin::Project, &text);
            steering.references();
            choose(&[steering], &About { words: &words, ..About::default() });
        }
    }
}
