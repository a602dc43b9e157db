//! What a task means in code: the functions to write, the glue around them, and the checks that judge.
//!
//! Derived anew from the spec and the task each time, never stored: the documents are the truth.

use std::collections::BTreeSet;

use code::Language;
use spec::{Check, Example, Expect, Requirement, Spec};

use crate::checks::{self, CheckFile, Probe, Subject};
use crate::probe;

/// One function to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FunctionWork {
    /// Its name.
    pub function: String,
    /// Its signature as the spec gives it.
    pub signature: Option<String>,
    /// The file it stands in, relative to the project.
    pub file: String,
    /// That file's language.
    pub language: Language,
    /// What it is for.
    pub purpose: String,
    /// The rules it keeps.
    pub rules: Vec<String>,
    /// Examples as a person reads them.
    pub examples: Vec<String>,
    /// Its examples alone, compiled; without a test when it has none.
    pub check: CheckFile,
    /// What watches candidates on inputs derived from the spec, where there is a way.
    pub probe: Option<Probe>,
}

/// A file that the program writes by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Glue {
    /// A Python package's `__init__.py` that exports functions of its modules.
    Package {
        /// The file.
        path: String,
        /// Each module, relative to the package, with the names it gives.
        exports: Vec<(String, Vec<String>)>,
    },
    /// A migration that creates one table, as the spec writes it.
    Migration {
        /// The file.
        path: String,
        /// The statement.
        sql: String,
    },
}

impl Glue {
    /// The file it writes.
    pub fn path(&self) -> &str {
        match self {
            Glue::Package { path, .. } | Glue::Migration { path, .. } => path,
        }
    }

    /// The file's text.
    pub fn text(&self) -> String {
        match self {
            Glue::Package { exports, .. } => package_text(exports),
            Glue::Migration { sql, .. } => format!("{}\n", sql.trim_end()),
        }
    }
}

/// All that a task does.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Work {
    /// Functions to write, in order.
    pub functions: Vec<FunctionWork>,
    /// Files the program writes.
    pub glue: Vec<Glue>,
    /// Test files compiled from the requirements' examples; part of what lands.
    pub checks: Vec<CheckFile>,
    /// Modules that must be importable with these names, as the check of glue.
    pub imports: Vec<(String, Vec<String>)>,
    /// Criteria that green checks cover.
    pub covers: Vec<String>,
}

/// A task that cannot be worked on.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum WorkError {
    /// The task names a requirement that the spec does not have.
    #[error("task {task} names {requirement}, which the spec does not have")]
    UnknownRequirement {
        /// The task.
        task: String,
        /// What it names.
        requirement: String,
    },
    /// Nothing of the task can be checked without trusting the model's word.
    #[error(
        "nothing in the spec says how to check task {task}: give {requirements} examples such as «name(input) → output»"
    )]
    NoChecks {
        /// The task.
        task: String,
        /// The requirements that lack examples.
        requirements: String,
    },
    /// The file's language has no compiled checks yet.
    #[error("examples of {file} cannot be checked: compiled checks exist for Python files only")]
    Language {
        /// The file.
        file: String,
    },
}

/// Which function stands in which file, for the whole spec.
pub(crate) fn subjects(spec: &Spec) -> Vec<Subject> {
    let mut subjects: Vec<Subject> = Vec::new();
    for requirement in &spec.requirements {
        for function in functions_of(requirement) {
            if subjects.iter().all(|it| it.function != function) {
                let file = file_for(spec, requirement, &function);
                subjects.push(Subject { function, file });
            }
        }
    }
    subjects
}

/// The source files that a spec's functions stand in, each once.
pub fn source_files(spec: &Spec) -> Vec<String> {
    let mut files: Vec<String> = subjects(spec).into_iter().map(|it| it.file).collect();
    files.sort();
    files.dedup();
    files
}

/// Names of the functions that a requirement declares or calls in its examples, in the spec's order.
pub(crate) fn functions_of(requirement: &Requirement) -> Vec<String> {
    let declared = requirement.functions.iter().map(|it| it.name.clone());
    let called = requirement.examples.iter().map(|it| {
        it.call
            .function
            .split('.')
            .next()
            .unwrap_or_default()
            .to_owned()
    });
    let mut names: Vec<String> = Vec::new();
    for name in declared.chain(called) {
        if !names.contains(&name) {
            names.push(name);
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
fn sources(paths: &[String]) -> Vec<&str> {
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

fn default_file(spec: &Spec) -> String {
    let plain: String = spec
        .name
        .chars()
        .map(|c| {
            if c.is_ascii_alphanumeric() {
                c.to_ascii_lowercase()
            } else {
                '_'
            }
        })
        .collect();
    let starts_with_digit = plain.starts_with(|c: char| c.is_ascii_digit());
    format!("{}{plain}.py", if starts_with_digit { "m_" } else { "" })
}

/// Test file of one requirement.
pub(crate) fn check_path(requirement: &Requirement) -> String {
    let id = words(&requirement.id.to_string());
    let title = words(&requirement.title);
    let name = if title.is_empty() {
        id
    } else {
        format!("{id}_{title}")
    };
    format!("tests/test_{name}.py")
}

fn words(text: &str) -> String {
    let parts = text
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|it| !it.is_empty());
    let parts: Vec<String> = parts.take(5).map(str::to_ascii_lowercase).collect();
    parts.join("_")
}

/// Everything that the task `id` with these requirements and files does.
///
/// # Errors
/// When it names what the spec does not have, or nothing could judge it.
pub fn work_of(
    spec: &Spec,
    id: &str,
    requirements: &[String],
    files: &[String],
) -> Result<Work, WorkError> {
    let wanted = requirements_of(spec, id, requirements)?;
    let subjects = subjects(spec);
    let mut work = Work {
        glue: glue_of(spec, files, &subjects),
        ..Work::default()
    };
    for requirement in &wanted {
        add_requirement(&mut work, spec, requirement, files, &subjects)?;
    }
    work.imports.extend(imports_of(&work.glue));
    if work.checks.is_empty() && work.imports.is_empty() {
        return Err(WorkError::NoChecks {
            task: id.to_owned(),
            requirements: requirements.join(", "),
        });
    }
    Ok(work)
}

/// A task may name a requirement (`FR-1`) or one of its criteria (`FR-1.2`).
fn requirements_of<'a>(
    spec: &'a Spec,
    task: &str,
    names: &[String],
) -> Result<Vec<&'a Requirement>, WorkError> {
    let find = |name: &String| {
        let is_it = |it: &&Requirement| {
            it.id.to_string() == *name || it.criteria.iter().any(|c| c.id.to_string() == *name)
        };
        spec.requirements
            .iter()
            .find(is_it)
            .ok_or_else(|| WorkError::UnknownRequirement {
                task: task.to_owned(),
                requirement: name.clone(),
            })
    };
    names.iter().map(find).collect()
}

fn add_requirement(
    work: &mut Work,
    spec: &Spec,
    requirement: &Requirement,
    files: &[String],
    subjects: &[Subject],
) -> Result<(), WorkError> {
    let in_scope = |subject: &&Subject| files.is_empty() || files.contains(&subject.file);
    let names = functions_of(requirement);
    let mine: Vec<&Subject> = names
        .iter()
        .filter_map(|name| subjects.iter().find(|it| it.function == *name))
        .filter(in_scope)
        .collect();
    if mine.is_empty() {
        return Ok(());
    }
    for subject in &mine {
        if let Some(function) = function_work(spec, requirement, subject, subjects)? {
            if function.check.tests.is_empty() {
                let module = checks::module_of(&function.file);
                work.imports.push((module, vec![function.function.clone()]));
            }
            work.functions.push(function);
        }
    }
    if requirement.examples.is_empty() {
        return Ok(());
    }
    let examples: Vec<&Example> = requirement.examples.iter().collect();
    let origin = origin(spec, requirement);
    work.checks.push(checks::compile(
        &check_path(requirement),
        &origin,
        &examples,
        subjects,
    ));
    let covered = requirement
        .criteria
        .iter()
        .filter(|it| it.check == Check::Compiled);
    work.covers.extend(covered.map(|it| it.id.to_string()));
    Ok(())
}

fn function_work(
    spec: &Spec,
    requirement: &Requirement,
    subject: &Subject,
    subjects: &[Subject],
) -> Result<Option<FunctionWork>, WorkError> {
    let examples: Vec<&Example> = requirement
        .examples
        .iter()
        .filter(|it| it.call.function.split('.').next() == Some(subject.function.as_str()))
        .collect();
    let declared = requirement
        .functions
        .iter()
        .find(|it| it.name == subject.function);
    if examples.is_empty() && declared.is_none_or(|it| it.signature.is_none()) {
        return Ok(None);
    }
    let language = match Language::from_path(&subject.file) {
        Some(Language::Python) => Language::Python,
        _ => {
            return Err(WorkError::Language {
                file: subject.file.clone(),
            });
        }
    };
    let path = format!("check_{}.py", words(&subject.function));
    let calls = probe::inputs(language, &subject.function, declared, &examples);
    Ok(Some(FunctionWork {
        function: subject.function.clone(),
        signature: declared.and_then(|it| it.signature.clone()),
        file: subject.file.clone(),
        language,
        purpose: purpose(requirement),
        rules: rules_of(spec, requirement),
        examples: examples.iter().map(|it| readable(it)).collect(),
        check: checks::compile(&path, &origin(spec, requirement), &examples, subjects),
        probe: checks::probe(language, &subject.file, &subject.function, &calls),
    }))
}

fn origin(spec: &Spec, requirement: &Requirement) -> String {
    format!("{}: {} ({})", requirement.id, requirement.title, spec.title)
}

/// The requirement's prose without the line that only says which function stands where, which the signature
/// says already.
fn purpose(requirement: &Requirement) -> String {
    let declares = |line: &str| {
        let mut parts = line.split('`');
        let plain = parts.next().unwrap_or_default().trim();
        let first = parts.next().unwrap_or_default();
        let declared = requirement
            .functions
            .iter()
            .any(|it| it.signature.as_deref() == Some(first));
        let rest: Vec<&str> = parts.collect();
        let is_place = match rest.as_slice() {
            [tail] => tail.trim_matches(['.', ':', ' ']).is_empty(),
            [joint, _, tail] => {
                joint.trim() == "in" && tail.trim_matches(['.', ':', ' ']).is_empty()
            }
            _ => false,
        };
        plain.is_empty() && declared && is_place
    };
    let paragraphs = requirement.text.split("\n\n").filter(|it| !declares(it));
    let text = paragraphs
        .flat_map(str::split_whitespace)
        .collect::<Vec<_>>()
        .join(" ");
    if text.is_empty() {
        format!("{}.", requirement.title)
    } else {
        text
    }
}

/// The requirement's rules that are not themselves examples, and the NFRs that speak of every function.
fn rules_of(spec: &Spec, requirement: &Requirement) -> Vec<String> {
    let is_example = |span: &std::ops::Range<usize>| {
        requirement.examples.iter().any(|it| {
            it.span.start >= span.start
                && it.span.end <= span.end
                && it.span.len() * 10 >= span.len() * 7
        })
    };
    let own = requirement
        .criteria
        .iter()
        .filter(|it| !is_example(&it.span));
    let own = own.map(|it| it.text.split_whitespace().collect::<Vec<_>>().join(" "));
    let general = spec
        .requirements
        .iter()
        .filter(|it| it.kind == spec::RequirementKind::NonFunctional && it.examples.is_empty())
        .flat_map(|it| it.criteria.iter().map(|criterion| criterion.text.clone()));
    own.chain(general.take(3))
        .filter(|it| !it.is_empty() && *it != requirement.title)
        .collect()
}

fn readable(example: &Example) -> String {
    let before: String = example
        .setup
        .iter()
        .map(|it| format!("{}; ", it.trim()))
        .collect();
    let call = &example.call.source;
    match &example.expect {
        Expect::Value(value) => format!("{before}{call} → {value}"),
        Expect::Raises(error) => format!("{before}{call} raises {error}"),
        Expect::Output(output) => format!("{before}{call} prints {output:?}"),
    }
}

fn glue_of(spec: &Spec, files: &[String], subjects: &[Subject]) -> Vec<Glue> {
    let packages = files.iter().filter(|it| it.ends_with("__init__.py"));
    let mut glue: Vec<Glue> = packages
        .map(|path| Glue::Package {
            path: path.clone(),
            exports: exports_of(path, subjects),
        })
        .filter(|it| !matches!(it, Glue::Package { exports, .. } if exports.is_empty()))
        .collect();
    for (number, table) in spec.schema.iter().enumerate() {
        let path = migration_path(number, &table.name);
        if files.contains(&path) {
            glue.push(Glue::Migration {
                path,
                sql: create_table(table),
            });
        }
    }
    glue
}

fn create_table(table: &spec::Table) -> String {
    let columns: Vec<String> = table
        .columns
        .iter()
        .map(|it| format!("    {} {}", it.name, it.definition))
        .collect();
    format!("CREATE TABLE {} (\n{}\n);", table.name, columns.join(",\n"))
}

pub(crate) fn migration_path(number: usize, table: &str) -> String {
    format!("migrations/{:03}_create_{}.sql", number + 1, words(table))
}

fn exports_of(init: &str, subjects: &[Subject]) -> Vec<(String, Vec<String>)> {
    let folder = init.strip_suffix("__init__.py").unwrap_or_default();
    let mut exports: Vec<(String, Vec<String>)> = Vec::new();
    for subject in subjects {
        let Some(module) = subject.file.strip_prefix(folder) else {
            continue;
        };
        let Some(module) = module.strip_suffix(".py") else {
            continue;
        };
        if module.is_empty() || module.contains('/') {
            continue;
        }
        match exports.iter_mut().find(|(name, _)| name == module) {
            Some((_, names)) => names.push(subject.function.clone()),
            None => exports.push((module.to_owned(), vec![subject.function.clone()])),
        }
    }
    exports.sort();
    exports
}

fn package_text(exports: &[(String, Vec<String>)]) -> String {
    let imports: String = exports
        .iter()
        .map(|(module, names)| format!("from .{module} import {}\n", sorted(names).join(", ")))
        .collect();
    let all: Vec<String> = exports
        .iter()
        .flat_map(|(_, names)| names.clone())
        .collect();
    let all: Vec<String> = sorted(&all)
        .into_iter()
        .map(|it| format!("\"{it}\""))
        .collect();
    format!("{imports}\n__all__ = [{}]\n", all.join(", "))
}

fn sorted(names: &[String]) -> Vec<&str> {
    let names: BTreeSet<&str> = names.iter().map(String::as_str).collect();
    names.into_iter().collect()
}

fn imports_of(glue: &[Glue]) -> Vec<(String, Vec<String>)> {
    let of = |it: &Glue| match it {
        Glue::Package { path, exports } => {
            let names = exports
                .iter()
                .flat_map(|(_, names)| names.clone())
                .collect();
            Some((checks::module_of(path), names))
        }
        Glue::Migration { .. } => None,
    };
    glue.iter().filter_map(of).collect()
}

#[cfg(test)]
mod tests;
