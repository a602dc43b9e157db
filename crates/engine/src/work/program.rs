//! Programs: which file a command of the examples runs, and which function that file begins with.

use spec::{Requirement, Spec};

use super::place::{default_file, signature_of, sources};
use crate::checks::Subject;

/// The functions that the programs of a spec's commands begin with, each in its file.
pub(super) fn entries(spec: &Spec) -> Vec<Subject> {
    let mut entries: Vec<Subject> = Vec::new();
    for requirement in &spec.requirements {
        let commands = requirement
            .examples
            .iter()
            .filter_map(|it| it.call.command.as_ref());
        for command in commands {
            let Some(file) = file_of(spec, requirement, &command.program) else {
                continue;
            };
            let program = command.program.clone();
            match entries.iter_mut().find(|it| it.file == file) {
                Some(known) if known.runs(&program) => {}
                Some(known) => known.programs.push(program),
                None => {
                    let function = function_of(spec, requirement);
                    entries.push(Subject {
                        signature: signature_of(spec, &function),
                        function,
                        file,
                        programs: vec![program],
                    });
                }
            }
        }
    }
    entries
}

/// The file that a program is: the one named, one whose name is the program's, one in a folder of that name that
/// begins programs, or one that a component of that name names.
fn file_of(spec: &Spec, requirement: &Requirement, program: &str) -> Option<String> {
    if !sources(&[program.to_owned()]).is_empty() {
        return Some(program.to_owned());
    }
    let own = sources(&requirement.paths);
    let components = spec.components.iter();
    let others = spec.requirements.iter().flat_map(|it| sources(&it.paths));
    let mut all = own.clone();
    all.extend(components.clone().flat_map(|it| sources(&it.paths)));
    all.extend(others);
    let by_name = all
        .iter()
        .find(|it| alike(stem(it), program) || is_module(it, program));
    let by_folder = all.iter().find(|it| begins(it, program));
    let quoted = format!("`{program}`");
    let named = components.filter(|it| says(&it.name, program) || it.note.contains(&quoted));
    let by_text = named.flat_map(|it| sources(&it.paths)).next();
    let by_text = by_text.or_else(|| match own.as_slice() {
        [only] if says(&requirement.text, program) => Some(*only),
        _ => None,
    });
    let found = by_name.or(by_folder).copied().or(by_text);
    found.map(str::to_owned).or_else(|| {
        let file = default_file(spec);
        (all.is_empty() && alike(stem(&file), program)).then_some(file)
    })
}

fn stem(path: &str) -> &str {
    let name = path.rsplit('/').next().unwrap_or(path);
    name.split('.').next().unwrap_or(name)
}

/// Whether the file is the Python module of this dotted name, in the project's root or in a folder of sources.
fn is_module(path: &str, name: &str) -> bool {
    let Some(path) = path.strip_suffix(".py") else {
        return false;
    };
    let module = name.replace('.', "/");
    name.contains('.')
        && path
            .strip_suffix(&module)
            .is_some_and(|before| before.is_empty() || before.ends_with('/'))
}

/// Whether `text` has `program` as a word.
fn says(text: &str, program: &str) -> bool {
    text.split(|c: char| !c.is_alphanumeric() && c != '-' && c != '_')
        .any(|word| word == program)
}

/// Whether two names differ in their dashes only.
fn alike(one: &str, other: &str) -> bool {
    one.replace('-', "_")
        .eq_ignore_ascii_case(&other.replace('-', "_"))
}

/// `todo/__main__.py`, `todo/cli.mjs`.
fn begins(path: &str, program: &str) -> bool {
    let folder = path.rsplit('/').nth(1).unwrap_or_default();
    let is_begin = ["__main__", "main", "cli", "app", "index"].contains(&stem(path));
    is_begin && alike(folder, program)
}

/// The declared function that takes a program's words; else the only one declared where nothing else is called;
/// else `main`.
fn function_of(spec: &Spec, requirement: &Requirement) -> String {
    let takes_words = |it: &&spec::FunctionDecl| {
        it.name == "main" || matches!(it.parameters().as_slice(), ["argv" | "args"])
    };
    let all = spec.requirements.iter().flat_map(|it| &it.functions);
    let declared = requirement.functions.iter().chain(all).find(takes_words);
    let is_alone = requirement
        .examples
        .iter()
        .all(|it| it.call.command.is_some());
    let only = match requirement.functions.as_slice() {
        [only] if is_alone => Some(only),
        _ => None,
    };
    declared
        .or(only)
        .map_or_else(|| "main".to_owned(), |it| it.name.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &[&str]) {
        let found: Vec<String> = entries(&Spec::parse("todo", text))
            .iter()
            .map(|it| format!("{} {} {}", it.programs.join(","), it.function, it.file))
            .collect();
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn programs_are_found_by_name_folder_and_text() {
        check(
            "### FR-1: A\nin `todo.py`\n- `$ todo add` → `x`\n- `$ python3 todo.py list` → `y`\n",
            &["todo,todo.py main todo.py"],
        );
        check(
            "### FR-1: A\n- `$ to-do` → `x`\n\n## Architecture\n\n### Components\n1. Command line: `to_do/cli.mjs`\n",
            &["to-do main to_do/cli.mjs"],
        );
        check(
            "### FR-1: A\n- `$ t add` → `x`\n\n## Architecture\n\n### Components\n1. Store: `store.py`\n2. The program `t`: `run.py`\n",
            &["t main run.py"],
        );
        check(
            "### FR-1: A\n- `$ todo add` → `x`\n",
            &["todo main todo.py"],
        );
        check(
            "### FR-1: A\n`execute(c) -> int` in `todo/cli.py`\n\n### FR-2: B\n`main(argv: list[str]) -> int` in `todo/cli.py`\n- `$ python3 -m todo.cli add` → `x`\n",
            &["todo.cli main todo/cli.py"],
        );
        check("### FR-1: A\n- `$ other add` → `x`\n", &[]);
        check(
            "### FR-1: A\nin `a/todo.py`\n- `$ python3 -m b.todo` → `x`\n",
            &[],
        );
    }

    #[test]
    fn the_declared_function_begins_the_program() {
        check(
            "### FR-1: A\n`run(argv: list[str]) -> int` in `todo.py`\n- `$ todo add` → `x`\n",
            &["todo run todo.py"],
        );
        check(
            "### FR-1: A\n`start() -> int` in `todo.py`\n- `$ todo` → `x`\n",
            &["todo start todo.py"],
        );
        check(
            "### FR-1: A\n`load(path) -> int` in `todo.py`\n- `$ todo` → `x`\n- `load(1)` → `2`\n",
            &["todo main todo.py"],
        );
    }
}
