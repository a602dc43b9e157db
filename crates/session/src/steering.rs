//! `kiro steering init`: product, tech and structure of a project as its own files show them, for a person to correct.
//! Nothing that is there is replaced, and nothing is guessed: what the files do not say is not said.

mod manifests;

use std::collections::BTreeMap;
use std::fmt::Write as _;

use context::{Index, Reader};

use crate::documents;
use crate::error::SessionError;
use crate::places::{Environment, Project};
use crate::query::shown_in;
use crate::{secrets, specs, workspace};

use self::manifests::Manifests;

/// Bytes of the map in the document about structure.
const MAP: usize = 4_000;
/// Bytes of a README's first words.
const ABOUT: usize = 1_200;
/// Most languages, dependencies, commands and specs that are named.
const NAMED: usize = 30;

/// What `init` did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SteeringMade {
    /// Paths that were created.
    pub created: Vec<String>,
    /// Paths that were there already and were left as they are.
    pub kept: Vec<String>,
}

/// Writes `product.md`, `tech.md` and `structure.md` to `.kiro/steering`.
///
/// # Errors
/// When the project cannot be read or the folder cannot be written.
pub fn steering_init(environment: &Environment) -> Result<SteeringMade, SessionError> {
    let project = Project::around(environment)?;
    let gate = documents::gate(&project, environment)?;
    let redactor = secrets::redactor(&project, environment)?;
    let index = workspace::of_project(&project, &gate, environment, &redactor)?;
    let reader = Reader::new(&project.root, &gate);
    let seen = Seen {
        manifests: Manifests::read(&reader),
        reader,
        index,
    };
    let mut made = SteeringMade::default();
    let texts = [
        ("product", seen.product(&project, environment)?),
        ("tech", seen.tech()),
        ("structure", seen.structure()),
    ];
    for (name, text) in texts {
        let path = format!(".kiro/steering/{name}.md");
        if documents::exists(&project.root, &path) {
            made.kept.push(path);
            continue;
        }
        documents::write(&project, &gate, &path, &redactor.redact(&text))?;
        made.created.push(path);
    }
    Ok(made)
}

struct Seen {
    reader: Reader,
    index: Index,
    manifests: Manifests,
}

impl Seen {
    fn text(&self, path: &str) -> Option<String> {
        self.reader.text(path).ok().flatten()
    }

    fn product(
        &self,
        project: &Project,
        environment: &Environment,
    ) -> Result<String, SessionError> {
        let mut text = "---\ninclusion: always\n---\n\n# Product\n\n".to_owned();
        let folder = project
            .root
            .file_name()
            .map_or_else(String::new, |it| it.to_string_lossy().into_owned());
        let name = self.manifests.name.clone().unwrap_or(folder);
        let _ = match &self.manifests.description {
            Some(about) => writeln!(text, "**{name}**: {about}"),
            None => writeln!(text, "**{name}**"),
        };
        let readme = self.index.paths().find(|it| {
            !it.as_str().contains('/') && it.as_str().to_lowercase().starts_with("readme")
        });
        if let Some(about) =
            readme.and_then(|it| Some((it, first_words(&self.text(it.as_str())?)?)))
        {
            let _ = writeln!(
                text,
                "\n## What it says of itself\n\nFrom {}:\n\n{}",
                about.0, about.1
            );
        }
        if !self.manifests.programs.is_empty() {
            text.push_str("\n## Programs\n\n");
            list(&mut text, &self.manifests.programs);
        }
        let specs = specs::all(project, environment)?;
        let titled: Vec<String> = specs
            .iter()
            .filter(|it| !it.is_archived())
            .filter_map(|place| {
                let path = shown_in(project, place);
                Some(format!(
                    "{} (`{path}`)",
                    documents::spec(place).ok()?.1.title
                ))
            })
            .collect();
        if !titled.is_empty() {
            text.push_str("\n## Specifications\n\n");
            list(&mut text, &titled);
        }
        Ok(text)
    }

    fn tech(&self) -> String {
        let mut text = "---\ninclusion: always\n---\n\n# Technology\n".to_owned();
        let languages = self.languages();
        for (title, entries) in [
            ("Languages", &languages),
            ("Needs", &self.manifests.versions),
            ("Builds on", &self.manifests.dependencies),
            ("For development", &self.manifests.development),
            ("Commands", &self.manifests.commands),
        ] {
            if !entries.is_empty() {
                let _ = writeln!(text, "\n## {title}\n");
                list(&mut text, entries);
            }
        }
        let tools = self.tools();
        if !tools.is_empty() {
            text.push_str("\n## Tools that are set up\n\n");
            list(&mut text, &tools);
        }
        text
    }

    /// Languages by their files, most first.
    fn languages(&self) -> Vec<String> {
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        for path in self.index.paths() {
            if let Some(name) = language(path.as_str()) {
                *counts.entry(name).or_default() += 1;
            }
        }
        let mut counts: Vec<(&str, usize)> = counts.into_iter().collect();
        counts.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(b.0)));
        counts
            .iter()
            .map(|(name, count)| format!("{name}: {count} files"))
            .collect()
    }

    /// Tools by the files that set them up.
    fn tools(&self) -> Vec<String> {
        const TOOLS: [(&str, &str); 26] = [
            (".editorconfig", "editor settings"),
            (".eslintrc.json", "ESLint"),
            ("eslint.config.js", "ESLint"),
            ("eslint.config.mjs", "ESLint"),
            (".prettierrc", "Prettier"),
            (".prettierrc.json", "Prettier"),
            ("biome.json", "Biome"),
            ("ruff.toml", "Ruff"),
            (".flake8", "Flake8"),
            ("mypy.ini", "mypy"),
            ("pytest.ini", "pytest"),
            ("tox.ini", "tox"),
            ("noxfile.py", "nox"),
            (".pre-commit-config.yaml", "pre-commit"),
            ("rustfmt.toml", "rustfmt"),
            ("clippy.toml", "Clippy"),
            ("deny.toml", "cargo-deny"),
            ("tsconfig.json", "TypeScript"),
            ("jest.config.js", "Jest"),
            ("vitest.config.ts", "Vitest"),
            ("Dockerfile", "Docker"),
            ("docker-compose.yml", "Docker Compose"),
            ("Makefile", "make"),
            ("justfile", "just"),
            (".gitlab-ci.yml", "GitLab CI"),
            (".golangci.yml", "golangci-lint"),
        ];
        let has = |name: &str| self.index.paths().any(|it| it.as_str() == name);
        let mut found: Vec<String> = TOOLS
            .iter()
            .filter(|(file, _)| has(file))
            .map(|(file, tool)| format!("{tool} (`{file}`)"))
            .collect();
        let workflows: Vec<&str> = self
            .index
            .paths()
            .filter_map(|it| it.as_str().strip_prefix(".github/workflows/"))
            .collect();
        if !workflows.is_empty() {
            found.push(format!("GitHub Actions: {}", workflows.join(", ")));
        }
        found
    }

    fn structure(&self) -> String {
        let mut text = "---\ninclusion: always\n---\n\n# Structure\n\n## Map\n\n```\n".to_owned();
        text.push_str(&self.index.map(&[], MAP));
        text.push_str("```\n");
        let tests = self.tests();
        if !tests.is_empty() {
            text.push_str("\n## Tests\n\n");
            list(&mut text, &tests);
        }
        let names = self.names();
        if !names.is_empty() {
            text.push_str("\n## Names of files\n\n");
            list(&mut text, &names);
        }
        text
    }

    /// Where tests stand.
    fn tests(&self) -> Vec<String> {
        let mut folders: BTreeMap<String, usize> = BTreeMap::new();
        for path in self
            .index
            .paths()
            .map(|it| it.as_str())
            .filter(|it| code::is_test_path(it))
        {
            let folder = path
                .rsplit_once('/')
                .map_or("./".to_owned(), |(folder, _)| {
                    let top: Vec<&str> = folder.split('/').take(2).collect();
                    format!("{}/", top.join("/"))
                });
            *folders.entry(folder).or_default() += 1;
        }
        let mut folders: Vec<(String, usize)> = folders.into_iter().collect();
        folders.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        folders
            .iter()
            .take(6)
            .map(|(folder, count)| format!("`{folder}`: {count} files"))
            .collect()
    }

    /// How the files of each language are named, where nearly all of them agree.
    fn names(&self) -> Vec<String> {
        const AGREED: f64 = 0.8;
        const FEWEST: usize = 3;
        let mut styles: BTreeMap<&str, BTreeMap<&str, usize>> = BTreeMap::new();
        for path in self.index.paths() {
            let file = path.file_name();
            let stem = file.split('.').next().unwrap_or(file);
            if let (Some(language), Some(style)) = (language(path.as_str()), style(stem)) {
                *styles
                    .entry(language)
                    .or_default()
                    .entry(style)
                    .or_default() += 1;
            }
        }
        let agreed = styles.into_iter().filter_map(|(language, styles)| {
            let all: usize = styles.values().sum();
            let (style, count) = styles.into_iter().max_by_key(|it| it.1)?;
            (count >= FEWEST && count as f64 >= AGREED * all as f64)
                .then(|| format!("{language}: `{style}`"))
        });
        agreed.collect()
    }
}

fn list(text: &mut String, entries: &[String]) {
    for it in entries.iter().take(NAMED) {
        let _ = writeln!(text, "- {it}");
    }
    if entries.len() > NAMED {
        let _ = writeln!(text, "- and {} more", entries.len() - NAMED);
    }
}

/// The first paragraph of a README that is words.
fn first_words(text: &str) -> Option<String> {
    let no_words = |it: &str| {
        it.is_empty() || it.starts_with(['#', '!', '<', '[', '=', '-', '|', '`', '>', '.'])
    };
    let paragraphs = text.split("\n\n").map(str::trim);
    let first = paragraphs
        .into_iter()
        .find(|it| !no_words(it) && it.split_whitespace().count() > 5)?;
    Some(crate::briefing::cut(first, ABOUT))
}

/// How a name joins its words; none for a single word, which says nothing.
fn style(stem: &str) -> Option<&'static str> {
    let has_capital = stem.chars().any(char::is_uppercase);
    match (stem.contains('_'), stem.contains('-'), has_capital) {
        (true, false, false) if !stem.starts_with('_') => Some("snake_case"),
        (false, true, false) => Some("kebab-case"),
        (false, false, true)
            if stem.starts_with(char::is_uppercase) && stem.chars().any(char::is_lowercase) =>
        {
            Some("PascalCase")
        }
        (false, false, true) if stem.starts_with(char::is_lowercase) => Some("camelCase"),
        _ => None,
    }
}

/// The language of a file, also of those whose code is not parsed.
fn language(path: &str) -> Option<&'static str> {
    const OTHERS: [(&str, &str); 22] = [
        (".go", "Go"),
        (".java", "Java"),
        (".kt", "Kotlin"),
        (".rb", "Ruby"),
        (".php", "PHP"),
        (".cs", "C#"),
        (".c", "C"),
        (".h", "C"),
        (".cc", "C++"),
        (".cpp", "C++"),
        (".hpp", "C++"),
        (".swift", "Swift"),
        (".scala", "Scala"),
        (".sh", "Shell"),
        (".sql", "SQL"),
        (".vue", "Vue"),
        (".svelte", "Svelte"),
        (".html", "HTML"),
        (".css", "CSS"),
        (".scss", "CSS"),
        (".tf", "Terraform"),
        (".ex", "Elixir"),
    ];
    let known = code::Language::from_path(path).map(code::Language::name);
    known.or_else(|| {
        OTHERS
            .iter()
            .find(|(ending, _)| path.ends_with(ending))
            .map(|it| it.1)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_their_style_or_nothing() {
        let styles = ["a_b", "a-b", "Ab", "aB", "a", "__init__", "README", "A_b"].map(style);
        let wanted = [
            Some("snake_case"),
            Some("kebab-case"),
            Some("PascalCase"),
            Some("camelCase"),
            None,
            None,
            None,
            None,
        ];
        assert_eq!(styles, wanted);
    }

    #[test]
    fn a_readme_says_what_it_is_about_after_its_badges() {
        let text = "# Name\n\n[![badge](x)](y)\n\nShort words.\n\nA library that counts zebras in the wild.\nIt is fast.\n\nMore.";
        assert_eq!(
            first_words(text).as_deref(),
            Some("A library that counts zebras in the wild.\nIt is fast.")
        );
        assert_eq!(first_words("# Only\n\n## Heads"), None);
    }
}
