//! What runs made of the code: how complex it is and how much of it is copied, before and after.

use std::collections::{BTreeMap, BTreeSet};

use change::{FileState, RelPath};
use code::Language;
use engine::Landings;

use crate::error::SessionError;
use crate::places::{Environment, Project};
use crate::run::landing;
use crate::shop::open_shadow;
use crate::stale::Past;

/// The files that runs changed, as they were before the first of them and after the last; tests aside.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ShapeChange {
    /// Before.
    pub before: Shape,
    /// After.
    pub after: Shape,
}

/// What some sources are like.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Shape {
    /// Sources.
    pub files: u64,
    /// Their cyclomatic complexity, summed up.
    pub complexity: u64,
    /// Functions and methods in them.
    pub functions: u64,
    /// Lines that are copies of each other.
    pub copied: u64,
    /// Lines that say something.
    pub lines: u64,
}

impl Shape {
    /// The complexity of a function, on average; none where there is no function.
    pub fn a_function(&self) -> Option<f64> {
        (self.functions > 0).then(|| self.complexity as f64 / self.functions as f64)
    }

    fn of(sources: &[(Language, String)]) -> Shape {
        let is_function = |it: &code::Symbol| {
            matches!(
                it.kind,
                code::SymbolKind::Function | code::SymbolKind::Method
            )
        };
        let mut shape = Shape::default();
        for (language, text) in sources {
            shape.files += 1;
            shape.complexity += u64::from(code::complexity(*language, text));
            let functions = code::symbols(*language, text);
            shape.functions += functions.iter().filter(|it| is_function(it)).count() as u64;
        }
        let texts: Vec<&str> = sources.iter().map(|it| it.1.as_str()).collect();
        let (copied, lines) = code::duplicated_lines(&texts);
        (shape.copied, shape.lines) = (copied as u64, lines as u64);
        shape
    }
}

type Ends = (Option<FileState>, Option<FileState>);

/// What these runs made of the code, by what of them stands; none where nothing does.
pub(super) fn changed(
    project: &Project,
    runs: &BTreeSet<&str>,
    environment: &Environment,
) -> Result<Option<ShapeChange>, SessionError> {
    let past = Past::of(project)?;
    let mut entries: Vec<_> = past.runs.iter().flat_map(|(_, facts)| facts).collect();
    entries.sort_by_key(|it| it.seq);
    let mut landings = Landings::default();
    for it in entries {
        landings.apply(&it.run, &it.fact);
    }
    let standing = landings.standing();
    let standing: Vec<_> = standing
        .iter()
        .filter(|it| runs.contains(it.run.as_str()))
        .collect();
    if standing.is_empty() {
        return Ok(None);
    }
    let shadow = open_shadow(environment, project)?;
    let mut files: BTreeMap<RelPath, Ends> = BTreeMap::new();
    for it in standing {
        for file in landing::between(&shadow, &it.base, &it.tree)?.files() {
            let first = files
                .entry(file.path.clone())
                .or_insert_with(|| (file.before.clone(), None));
            first.1 = file.after.clone();
        }
    }
    let (before, after): (Vec<_>, Vec<_>) = files
        .iter()
        .filter_map(|(path, ends)| Some((source_language(path)?, ends)))
        .map(|(language, (before, after))| (text(language, before), text(language, after)))
        .unzip();
    let shape = |sources: Vec<Option<(Language, String)>>| {
        Shape::of(&sources.into_iter().flatten().collect::<Vec<_>>())
    };
    Ok(Some(ShapeChange {
        before: shape(before),
        after: shape(after),
    }))
}

fn source_language(path: &RelPath) -> Option<Language> {
    let language = Language::from_path(path.as_str())?;
    (!code::is_test_path(path.as_str())).then_some(language)
}

fn text(language: Language, state: &Option<FileState>) -> Option<(Language, String)> {
    let bytes = state.as_ref()?.bytes.clone();
    Some((language, String::from_utf8(bytes).ok()?))
}
