//! What a task means in code: the functions to write, the glue around them, and the checks that judge.
//!
//! Derived anew from the spec and the task each time, never stored: the documents are the truth.

mod glue;
mod message;
mod place;
mod program;
mod words;

use code::{EntryCall, Language, ModuleKind};
use spec::{Check, Command, Example, Expect, Requirement, Spec};

use crate::checks::{self, CheckFile, Place, Probe, Runner, Subject, Watched};
use crate::inputs;
use crate::tooling::Tooling;

/// Longest call that is told of a function that another may use, with what it gives, in bytes.
const CALL_TOLD: usize = 100;

pub use glue::Glue;
pub(crate) use glue::{
    CRATE_ROOT, LOCK_FILE, MANIFEST, PACKAGE_JSON, migration_path, needs_package,
};
pub(crate) use place::{check_path, subjects, subjects_of};
pub use place::{languages, source_files};

/// Where the check of one function stands while the function is being written. It is no part of what lands.
pub const TRIAL_FOLDER: &str = "tests/kiro_trial";

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
    /// How that file gives its names to others, should it be a script.
    pub module: ModuleKind,
    /// How a program begins with it, should one do so.
    pub entry: Option<EntryCall>,
    /// Functions of other files that it is to use.
    pub uses: Vec<Neighbour>,
    /// Functions of its own file that it is to use.
    pub beside: Vec<Neighbour>,
    /// Names that other requirements describe, in its own file: what stands there is theirs.
    pub others: Vec<String>,
    /// What it is for.
    pub purpose: String,
    /// What the spec says of the program as a whole, where the words of the rules are explained.
    pub context: String,
    /// The rules it keeps.
    pub rules: Vec<Rule>,
    /// Examples as a person reads them, without those that belong to a rule.
    pub examples: Vec<String>,
    /// Its examples alone, compiled; without a test when it has none.
    pub check: CheckFile,
    /// Names of the errors that examples show it raising.
    pub raises: Vec<String>,
    /// What watches candidates on inputs derived from the spec, where there is a way.
    pub probe: Option<Probe>,
}

/// One rule of a function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// What it says.
    pub text: String,
    /// The examples that the spec gives under it, as a person reads them.
    pub examples: Vec<String>,
}

/// A function of the same spec that stands in another file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Neighbour {
    /// Its name.
    pub function: String,
    /// Its signature as the spec gives it.
    pub signature: Option<String>,
    /// What it is for, in a sentence.
    pub about: String,
    /// The file it stands in, relative to the project.
    pub file: String,
    /// The statement that imports it.
    pub statement: String,
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
    /// Why nothing in the spec judges the task; none when something does. Then its own tests and a person do.
    pub unjudged: Option<String>,
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
    /// A command runs a program that is none of the spec's files.
    #[error(
        "«$ {line}» cannot be checked: no file of the spec is its program; name the file, as in «python3 todo.py» or «in `todo.py`»"
    )]
    Program {
        /// The command.
        line: String,
    },
    /// Nothing can run checks of the file's language.
    #[error("examples of {file} cannot be checked: {why}")]
    Language {
        /// The file.
        file: String,
        /// Why.
        why: String,
    },
}

/// Everything that the task `id` with these requirements and files does.
///
/// # Errors
/// When it names what the spec does not have, or its examples cannot be run.
pub fn work_of(
    spec: &Spec,
    tooling: &Tooling,
    id: &str,
    requirements: &[String],
    files: &[String],
) -> Result<Work, WorkError> {
    let wanted = requirements_of(spec, id, requirements)?;
    let subjects = subjects(spec);
    let mut work = Work {
        glue: glue::glue_of(spec, tooling, files, &subjects),
        ..Work::default()
    };
    let ground = Ground {
        spec,
        tooling,
        subjects: &subjects,
    };
    for requirement in &wanted {
        ground.add(&mut work, requirement, files)?;
    }
    work.imports.extend(glue::imports_of(&work.glue));
    let is_judged = !work.checks.is_empty() || !work.imports.is_empty();
    work.unjudged = (!is_judged).then(|| unjudged(id, requirements));
    Ok(work)
}

fn unjudged(task: &str, requirements: &[String]) -> String {
    let why = format!("nothing in the spec says how to check task {task}");
    match requirements {
        [] => why,
        some => format!(
            "{why}: give {} examples such as «name(input) → output»",
            some.join(", ")
        ),
    }
}

/// A task may name a requirement (`FR-1`) or one of its criteria (`FR-1.2`).
fn requirements_of<'a>(
    spec: &'a Spec,
    task: &str,
    names: &[String],
) -> Result<Vec<&'a Requirement>, WorkError> {
    let find = |name: &String| {
        spec.requirements
            .iter()
            .find(|it| it.is_named(name))
            .ok_or_else(|| WorkError::UnknownRequirement {
                task: task.to_owned(),
                requirement: name.clone(),
            })
    };
    names.iter().map(find).collect()
}

/// What all requirements of a task share.
struct Ground<'a> {
    spec: &'a Spec,
    tooling: &'a Tooling,
    subjects: &'a [Subject],
}

impl Ground<'_> {
    fn add(
        &self,
        work: &mut Work,
        requirement: &Requirement,
        files: &[String],
    ) -> Result<(), WorkError> {
        // What goes wrong today is no rule of anything.
        if self.spec.defect() == Some(requirement) {
            return Ok(());
        }
        let in_scope = |subject: &&Subject| files.is_empty() || files.contains(&subject.file);
        let mine: Vec<&Subject> = subjects_of(self.spec, requirement, self.subjects)
            .into_iter()
            .filter(in_scope)
            .collect();
        self.judge_commands(requirement)?;
        for subject in &mine {
            let Some(function) = self.function(requirement, subject)? else {
                continue;
            };
            if function.check.tests.is_empty() {
                let module = checks::module_of(&function.file);
                work.imports.push((module, vec![function.function.clone()]));
            }
            work.functions.push(function);
        }
        if mine.is_empty() || requirement.examples.is_empty() {
            return Ok(());
        }
        let examples: Vec<&Example> = requirement.examples.iter().collect();
        judge_prints(&examples, &mine)?;
        for (language, runner) in self.runners(&mine)? {
            let place = Place {
                path: check_path(requirement, language),
                runner,
                package: self.package(),
            };
            work.checks
                .push(self.compile(&place, requirement, &examples, language));
        }
        let covered = requirement
            .criteria
            .iter()
            .filter(|it| it.check == Check::Compiled);
        work.covers.extend(covered.map(|it| it.id.to_string()));
        Ok(())
    }

    /// The project's package as Rust code names it.
    fn package(&self) -> String {
        let named = self.tooling.crate_name();
        named.unwrap_or_else(|| glue::new_crate_name(self.spec))
    }

    /// Every command, and those before it, must run files of the spec in one language.
    fn judge_commands(&self, requirement: &Requirement) -> Result<(), WorkError> {
        let language_of = |line: &str| {
            let command = Command::parse(line)?;
            let subject = self.subjects.iter().find(|it| it.runs(&command.program))?;
            subject.language()
        };
        for example in &requirement.examples {
            if example.call.command.is_none() {
                continue;
            }
            let own = language_of(&example.call.source);
            let lines = example.setup.iter().chain([&example.call.source]);
            for line in lines {
                if own.is_none() || language_of(line) != own {
                    return Err(WorkError::Program { line: line.clone() });
                }
            }
        }
        Ok(())
    }

    /// The examples that a function is tried with: the requirement's own, and those of earlier requirements,
    /// which it may already keep.
    fn examples(&self, requirement: &Requirement, subject: &Subject) -> Vec<&Example> {
        let all = self.spec.to_carry_out();
        let upto = all.iter().position(|it| it.id == requirement.id);
        let upto = upto.map_or(0, |it| it + 1);
        all.into_iter()
            .take(upto)
            .flat_map(|it| &it.examples)
            .filter(|it| checks::subject_of(it, self.subjects) == Some(subject))
            .collect()
    }

    /// The runners of the subjects' languages, each once.
    fn runners(&self, subjects: &[&Subject]) -> Result<Vec<(Language, Runner)>, WorkError> {
        let mut runners: Vec<(Language, Runner)> = Vec::new();
        for subject in subjects {
            let found = self.runner(subject)?;
            if runners.iter().all(|(_, runner)| *runner != found.1) {
                runners.push(found);
            }
        }
        Ok(runners)
    }

    fn runner(&self, subject: &Subject) -> Result<(Language, Runner), WorkError> {
        let refused = |why: &str| WorkError::Language {
            file: subject.file.clone(),
            why: why.to_owned(),
        };
        let language = subject
            .language()
            .ok_or_else(|| refused("its language is not known"))?;
        let runner = self.tooling.runner(language).map_err(refused)?;
        if runner == Runner::Cargo && checks::rust_module(&subject.file).is_none() {
            return Err(refused(
                "Rust functions must stand in a file directly in src/",
            ));
        }
        if runner == Runner::Cargo && !subject.programs.is_empty() {
            return Err(refused(
                "command-line examples of Rust programs have no compiled checks yet",
            ));
        }
        Ok((language, runner))
    }

    /// The examples whose functions stand in files that the place's runner runs.
    fn compile(
        &self,
        place: &Place,
        requirement: &Requirement,
        examples: &[&Example],
        language: Language,
    ) -> CheckFile {
        let is_mine = |it: &&Subject| {
            it.language() == Some(language)
                || it
                    .language()
                    .is_some_and(|it| self.tooling.runner(it) == Ok(place.runner))
        };
        let subjects: Vec<Subject> = self.subjects.iter().filter(is_mine).cloned().collect();
        let message = |example: &Example| {
            let mut all = self.spec.requirements.iter();
            let requirement = all.find(|it| it.id == example.requirement)?;
            let subject = checks::subject_of(example, &subjects)?;
            message::message(requirement, example, subject)
        };
        let origin = origin(self.spec, requirement);
        checks::compile(place, &origin, examples, &subjects, &message)
    }

    fn function(
        &self,
        requirement: &Requirement,
        subject: &Subject,
    ) -> Result<Option<FunctionWork>, WorkError> {
        let examples = self.examples(requirement, subject);
        let (language, runner) = self.runner(subject)?;
        let is_own = |it: &&Example| it.requirement == requirement.id;
        // Without examples only its import can be checked, and only Python's is.
        let is_declared = language == Language::Python && subject.signature.is_some();
        let is_mine = examples.iter().any(is_own) || examples.is_empty() && is_declared;
        if !is_mine {
            return Ok(None);
        }
        let declared = requirement.function(&subject.function);
        let general = |rule: &str| self.is_about(rule, subject);
        let (mut rules, others) = words::rules(self.spec, requirement, &examples, general);
        rules.extend(entry_rule(subject));
        let calls = inputs::derived(language, &subject.function, declared, &examples, self.spec);
        let watched = Watched {
            file: &subject.file,
            function: &subject.function,
            keeps_arguments: rules.iter().any(|it| words::keeps_arguments(&it.text)),
            inherited: &inputs::inherited(language, &subject.function, &examples),
        };
        let probe = checks::probe(language, watched, &calls, TRIAL_FOLDER);
        let place = Place {
            path: place::trial_path(&subject.function, runner),
            runner,
            package: self.package(),
        };
        Ok(Some(FunctionWork {
            function: subject.function.clone(),
            signature: signature(subject),
            entry: entry(subject),
            file: subject.file.clone(),
            language,
            module: self.tooling.module_kind(&subject.file),
            uses: self.neighbours(requirement, subject, &examples, false),
            beside: self.neighbours(requirement, subject, &examples, true),
            others: self.others(requirement, subject),
            purpose: words::purpose(requirement),
            context: words::context(self.spec),
            rules,
            examples: others,
            check: self.compile(&place, requirement, &examples, language),
            raises: raises(&examples),
            probe,
        }))
    }

    /// Whether a general rule is about the subject: it names it or its file, or nothing of the spec.
    fn is_about(&self, rule: &str, subject: &Subject) -> bool {
        let names = |it: &Subject| {
            let mut spans = code_spans(rule);
            spans.any(|code| code == it.file || code == it.function || calls(code, &it.function))
        };
        names(subject) || !self.subjects.iter().any(names)
    }

    /// What other requirements describe in the subject's file.
    fn others(&self, requirement: &Requirement, subject: &Subject) -> Vec<String> {
        let own = subjects_of(self.spec, requirement, self.subjects);
        let is_other = |it: &&Subject| it.file == subject.file && !own.contains(it);
        let others = self.subjects.iter().filter(is_other);
        others.map(|it| it.function.clone()).collect()
    }

    /// Functions of other files, or those of its own, that the requirement speaks of or its examples call.
    fn neighbours(
        &self,
        requirement: &Requirement,
        subject: &Subject,
        examples: &[&Example],
        in_its_file: bool,
    ) -> Vec<Neighbour> {
        let is_near = |it: &&Subject| {
            it.function != subject.function
                && (it.file == subject.file) == in_its_file
                && it.language() == subject.language()
                && (mentions(requirement, &it.function)
                    || in_its_file && speaks_of(requirement, it)
                    || examples
                        .iter()
                        .any(|example| checks::uses(example, &it.function)))
        };
        let neighbour = |it: &Subject| Neighbour {
            function: it.function.clone(),
            signature: it.signature.clone(),
            about: self.about(it),
            file: it.file.clone(),
            statement: self.import(&subject.file, it),
        };
        self.subjects
            .iter()
            .filter(is_near)
            .map(neighbour)
            .collect()
    }

    /// The first sentence on the function, from the requirement that declares it; with a call of it, where its signature does
    /// not tell what it gives: who does not know that it gives anything takes what it is given for changed.
    fn about(&self, subject: &Subject) -> String {
        let mut all = self.spec.requirements.iter();
        let declares = |it: &&Requirement| {
            it.function(&subject.function)
                .is_some_and(|it| it.signature.is_some())
        };
        let Some(requirement) = all.find(declares) else {
            return String::new();
        };
        let about = words::first_sentence(&words::purpose(requirement));
        let signature = subject.signature.as_deref().unwrap_or_default();
        if signature.contains("->") || signature.contains("):") {
            return about;
        }
        let mut calls = requirement.examples.iter();
        match calls.find(|it| it.call.function == subject.function && tells(it)) {
            Some(call) => format!("{about} {}", checks::readable(call))
                .trim()
                .to_owned(),
            None => about,
        }
    }

    /// The statement by which the file at `from` imports a function.
    fn import(&self, from: &str, subject: &Subject) -> String {
        let name = &subject.function;
        match subject.language() {
            Some(Language::JavaScript | Language::TypeScript) => {
                let path = checks::relative(from, &subject.file);
                match self.tooling.module_kind(from) {
                    ModuleKind::Module => format!("import {{ {name} }} from \"{path}\";"),
                    ModuleKind::CommonJs => {
                        format!("const {{ {name} }} = require(\"{path}\");")
                    }
                }
            }
            Some(Language::Rust) => {
                format!("use {};", checks::rust_path("crate", &subject.file, name))
            }
            _ => format!("from {} import {name}", checks::module_of(&subject.file)),
        }
    }
}

/// Whether a call shows what its function gives: a value that is not among its arguments.
fn tells(example: &Example) -> bool {
    let Expect::Value(value) = &example.expect else {
        return false;
    };
    let is_short = example.call.source.len() + value.len() <= CALL_TOLD;
    is_short && example.setup.is_empty() && !example.call.source.contains(value.as_str())
}

/// What a Rust function prints cannot be seen from inside its test.
fn judge_prints(examples: &[&Example], subjects: &[&Subject]) -> Result<(), WorkError> {
    let prints = examples
        .iter()
        .any(|it| it.call.command.is_none() && matches!(it.expect, Expect::Output(_)));
    let rust = subjects
        .iter()
        .find(|it| it.language() == Some(Language::Rust));
    match rust {
        Some(subject) if prints => Err(WorkError::Language {
            file: subject.file.clone(),
            why: "what a Rust function prints is not compiled to a check yet".to_owned(),
        }),
        _ => Ok(()),
    }
}

/// The signature that the spec gives, or the usual one of a program's beginning.
fn signature(subject: &Subject) -> Option<String> {
    let usual = match subject.language() {
        _ if subject.programs.is_empty() => None,
        Some(Language::Python) => Some("main(argv: list[str]) -> int"),
        _ => Some("main(argv)"),
    };
    let usual = usual.map(|it| it.replacen("main", &subject.function, 1));
    subject.signature.clone().or(usual)
}

fn entry(subject: &Subject) -> Option<EntryCall> {
    let signature = signature(subject)?;
    (!subject.programs.is_empty()).then(|| EntryCall {
        takes_arguments: !signature.contains("()"),
        is_promise: subject.is_promised(),
    })
}

/// What a model must know of a function that a program begins with.
fn entry_rule(subject: &Subject) -> Option<Rule> {
    let program = subject.programs.first()?;
    let words = if entry(subject)?.takes_arguments {
        format!(
            " Its parameter holds the words after the program's name: for `$ {program} a \"b c\"` it is [\"a\", \"b c\"]."
        )
    } else {
        String::new()
    };
    let text = format!(
        "The program `{program}` calls it.{words} It prints to standard output, errors too unless said otherwise, and returns the exit code, 0 when nothing is wrong. Files without a folder stand in the current folder."
    );
    Some(Rule {
        text,
        examples: Vec::new(),
    })
}

/// Whether a requirement speaks of a function in backticks: by its name alone, or as a call, which may stand within
/// another one.
pub(crate) fn mentions(requirement: &Requirement, function: &str) -> bool {
    let texts = requirement.criteria.iter().map(|it| it.text.as_str());
    let mut texts = texts.chain([requirement.text.as_str()]);
    texts.any(|text| code_spans(text).any(|code| code == function || calls(code, function)))
}

fn code_spans(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}

/// Whether a piece of code calls a function by this name, and not a method of something.
fn calls(code: &str, function: &str) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || matches!(c, '_' | '$' | '.' | '"' | '\'');
    code.match_indices(function).any(|(at, _)| {
        let is_whole = !code[..at].ends_with(is_part);
        is_whole && code[at + function.len()..].starts_with('(')
    })
}

/// Whether a requirement has a function's name among its words, as in "the precedence of both"; the name of its file is none.
fn speaks_of(requirement: &Requirement, subject: &Subject) -> bool {
    let texts = requirement.criteria.iter().map(|it| it.text.as_str());
    let mut texts = texts
        .chain([requirement.text.as_str()])
        .map(|it| it.replace(&subject.file, " "));
    let is_gap = |c: char| !c.is_alphanumeric() && c != '_';
    texts.any(|it| it.split(is_gap).any(|it| it == subject.function))
}

/// A file with what the program owns in it: the function visible to others, imports of the neighbours that it
/// uses, none of them hidden by a value of the same name, and the entry of a program that begins with it.
pub fn complete(text: &str, work: &FunctionWork) -> String {
    let root = work.function.split('.').next().unwrap_or_default();
    let own = code::symbols(work.language, text);
    let is_function = |it: &&code::Symbol| it.kind == code::SymbolKind::Function;
    let own = own.iter().filter(is_function).map(|it| it.name.as_str());
    let others = work.uses.iter().map(|it| it.function.as_str());
    let callable: Vec<&str> = own.chain(others).collect();
    let text = &code::unshadowed(work.language, text, &callable);
    let mut text = code::exported(work.language, text, root, work.module);
    for it in &work.uses {
        text = code::imported(work.language, &text, &it.statement, &it.function);
    }
    if let Some(call) = work.entry {
        text = code::entered(work.language, &text, root, work.module, call);
    }
    text
}

fn raises(examples: &[&Example]) -> Vec<String> {
    let named = |it: &&Example| match &it.expect {
        Expect::Raises(name) => Some(name.clone()),
        _ => None,
    };
    examples.iter().filter_map(named).collect()
}

fn origin(spec: &Spec, requirement: &Requirement) -> String {
    format!("{}: {} ({})", requirement.id, requirement.title, spec.title)
}

#[cfg(test)]
mod tests;
