//! Which function stands in which file, and where its checks stand.

use std::collections::BTreeSet;

use code::Language;
use spec::{Requirement, Spec};

use super::program::entries;
use crate::checks::{Runner, Subject};
use crate::tooling::language_of;

/// Which function stands in which file, for the whole spec; last those that its programs begin with.
pub(crate) fn subjects(spec: &Spec) -> Vec<Subject> {
    let entries = entries(spec);
    let mut subjects: Vec<Subject> = Vec::new();
    for requirement in &spec.requirements {
        for function in own_functions(spec, requirement) {
            let mut known = subjects.iter().chain(&entries);
            if known.all(|it| it.function != function) {
                subjects.push(Subject {
                    signature: signature_of(spec, &function),
                    file: file_for(spec, requirement, &function),
                    function,
                    programs: Vec::new(),
                });
            }
        }
    }
    subjects.extend(entries);
    subjects
}

/// The source files that a spec's functions stand in, each once.
pub fn source_files(spec: &Spec) -> Vec<String> {
    let files: BTreeSet<String> = subjects(spec).into_iter().map(|it| it.file).collect();
    files.into_iter().collect()
}

/// The subjects that a requirement declares, calls in its examples or runs as programs, in the spec's order.
pub(crate) fn subjects_of<'a>(
    spec: &Spec,
    requirement: &Requirement,
    subjects: &'a [Subject],
) -> Vec<&'a Subject> {
    let run = requirement
        .examples
        .iter()
        .filter(|it| it.call.command.is_some())
        .filter_map(|it| {
            subjects
                .iter()
                .find(|subject| subject.runs(&it.call.function))
        });
    let run: Vec<&Subject> = run.collect();
    let functions = own_functions(spec, requirement);
    let named = functions.iter().filter_map(|name| {
        let is_it = |it: &&Subject| it.function == *name;
        let own = run.iter().copied().find(|it| it.function == *name);
        own.or_else(|| subjects.iter().find(is_it))
    });
    let mut found: Vec<&Subject> = Vec::new();
    for subject in named.chain(run.iter().copied()) {
        if !found.contains(&subject) {
            found.push(subject);
        }
    }
    found
}

/// The languages of the files in which a spec's functions stand.
pub fn languages(spec: &Spec) -> BTreeSet<Language> {
    subjects(spec)
        .iter()
        .filter_map(Subject::language)
        .collect()
}

pub(super) fn signature_of(spec: &Spec, function: &str) -> Option<String> {
    let declared = spec.requirements.iter().flat_map(|it| &it.functions);
    declared
        .filter(|it| it.name == function)
        .find_map(|it| it.signature.clone())
}

/// The functions of a requirement without those that it only speaks of: no example of its own calls them, and
/// another requirement shows them or named them before.
fn own_functions(spec: &Spec, requirement: &Requirement) -> Vec<String> {
    let shows = |it: &Requirement, name: &str| {
        let roots = it.examples.iter().map(|it| root(&it.call.function));
        roots.into_iter().any(|it| it == name)
    };
    let place = spec
        .requirements
        .iter()
        .position(|it| it.id == requirement.id);
    let is_elsewhere = |name: &String| {
        let others = spec.requirements.iter().enumerate();
        let mut others = others.filter(|(at, _)| Some(*at) != place);
        others.any(|(at, it)| {
            let is_earlier = place.is_some_and(|place| at < place);
            shows(it, name) || is_earlier && it.functions.iter().any(|it| root(&it.name) == name)
        })
    };
    let mut names = functions_of(requirement);
    names.retain(|it| shows(requirement, it) || !is_elsewhere(it));
    names
}

/// Of a method, its class.
fn root(name: &str) -> &str {
    name.split(['.', ':']).next().unwrap_or(name)
}

/// Names of the functions that a requirement declares or calls in its examples, in the spec's order. A method
/// goes by its class, which is written as a whole.
fn functions_of(requirement: &Requirement) -> Vec<String> {
    let declared = requirement.functions.iter().map(|it| it.name.as_str());
    let calls = requirement
        .examples
        .iter()
        .filter(|it| it.call.command.is_none());
    let called = calls.map(|it| it.call.function.as_str());
    let mut names: Vec<String> = Vec::new();
    for name in declared.chain(called) {
        let root = root(name);
        if !names.iter().any(|it| it == root) {
            names.push(root.to_owned());
        }
    }
    names
}

fn file_for(spec: &Spec, requirement: &Requirement, function: &str) -> String {
    let own = sources(&requirement.paths);
    let components = spec
        .components
        .iter()
        .filter(|it| it.name.contains(function) || it.note.contains(&format!("`{function}")));
    let named: Vec<&str> = components.flat_map(|it| sources(&it.paths)).collect();
    let all: Vec<&str> = spec
        .components
        .iter()
        .flat_map(|it| sources(&it.paths))
        .collect();
    best(&own, function)
        .or_else(|| best(&named, function))
        .or_else(|| {
            if all.len() == 1 {
                all.first().copied()
            } else {
                alike(&all, function)
            }
        })
        .map_or_else(|| default_file(spec), str::to_owned)
}

/// Paths that name source files, package files left out.
pub(super) fn sources(paths: &[String]) -> Vec<&str> {
    let is_source = |it: &&str| Language::from_path(it).is_some() && !it.ends_with("__init__.py");
    paths.iter().map(String::as_str).filter(is_source).collect()
}

fn best<'a>(paths: &[&'a str], function: &str) -> Option<&'a str> {
    alike(paths, function).or_else(|| paths.first().copied())
}

/// The path whose file name shares its beginning with the function's name.
fn alike<'a>(paths: &[&'a str], function: &str) -> Option<&'a str> {
    let stem = |path: &str| {
        let name = path.rsplit('/').next().unwrap_or(path);
        name.split('.').next().unwrap_or(name).to_ascii_lowercase()
    };
    let function = function.to_ascii_lowercase();
    paths.iter().copied().find(|path| {
        let stem = stem(path);
        stem.len() >= 3 && (function.contains(&stem) || stem.contains(&function))
    })
}

/// The file of a spec that names none: by the spec's name and the language of its constraints.
pub(super) fn default_file(spec: &Spec) -> String {
    let language = spec.fact("language").and_then(language_of);
    let language = language.unwrap_or(Language::Python);
    let gap = if matches!(language, Language::Python | Language::Rust) {
        '_'
    } else {
        '-'
    };
    let letter = |c: char| {
        if c.is_ascii_alphanumeric() {
            c.to_ascii_lowercase()
        } else {
            gap
        }
    };
    let plain: String = spec.name.chars().map(letter).collect();
    let first = if plain.starts_with(|c: char| c.is_ascii_digit()) {
        format!("m{gap}")
    } else {
        String::new()
    };
    match language {
        Language::Python => format!("{first}{plain}.py"),
        Language::JavaScript => format!("{first}{plain}.mjs"),
        Language::TypeScript => format!("{first}{plain}.mts"),
        Language::Rust => format!("src/{first}{plain}.rs"),
    }
}

/// Test file of one requirement's examples in one language.
pub(crate) fn check_path(requirement: &Requirement, language: Language) -> String {
    let id = words(&requirement.id.to_string());
    let title = words(&requirement.title);
    // An id that is made of the title says it already.
    let name = if title.is_empty() || id == title {
        id
    } else {
        format!("{id}_{title}")
    };
    match language {
        Language::Python => format!("tests/test_{name}.py"),
        Language::JavaScript | Language::TypeScript => format!("tests/{name}.test.mjs"),
        Language::Rust => format!("tests/{name}.rs"),
    }
}

/// Test file of one function while it is being written.
pub(super) fn trial_path(function: &str, runner: Runner) -> String {
    let name = words(function);
    match runner {
        Runner::Unittest | Runner::Pytest => format!("{}/check_{name}.py", super::TRIAL_FOLDER),
        Runner::Node => format!("{}/check_{name}.test.mjs", super::TRIAL_FOLDER),
        Runner::Cargo => format!("{}/main.rs", super::TRIAL_FOLDER),
    }
}

pub(super) fn words(text: &str) -> String {
    let parts = text
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|it| !it.is_empty());
    let parts: Vec<String> = parts.take(5).map(str::to_ascii_lowercase).collect();
    parts.join("_")
}
