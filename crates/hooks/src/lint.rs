//! What a hook says that it cannot mean.

use std::ops::Range;

use crate::diagnostic::{Code, Diagnostic};
use crate::event::Event;
use crate::filter::Filter;
use crate::hook::{Action, Files, Hook};
use crate::witness;

/// Findings about a hook as a whole. In Kiro's own forms a hook about every file is usual, and noted only.
pub(crate) fn findings(hook: &Hook, lenient: bool) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    match &hook.files {
        Files::Patterns(filter) => found.extend(of_filter(filter, hook)),
        Files::Expression(matcher) if witness::everything().all(|it| matcher.takes(it)) => {
            let why = format!(
                "«{}» is found in every path; `\\.ts$` finds files that end so",
                matcher.text
            );
            found.push(Diagnostic::warning(
                Code::MatchesEverything,
                matcher.span.clone(),
                why,
            ));
        }
        Files::All if fires_for_every_file(hook) => {
            let why = "without a filter the hook fires for every file";
            let place = hook.places.event.clone();
            found.push(match lenient {
                true => Diagnostic::note(Code::MatchesEverything, place, why),
                false => Diagnostic::warning(
                    Code::MatchesEverything,
                    place,
                    format!("{why}; add `filter`"),
                ),
            });
        }
        Files::All | Files::Expression(_) => {}
    }
    if let Some(event) = hook
        .event
        .filter(|it| hook.blocking && !it.can_be_stopped())
    {
        let why = format!("{event} comes after the act, so there is nothing left to block");
        found.push(Diagnostic::warning(
            Code::WithoutEffect,
            hook.places.blocking.clone(),
            why,
        ));
    }
    found
}

fn fires_for_every_file(hook: &Hook) -> bool {
    use Event::{FileCreate, FileDelete, FileRename, FileSave};
    let file = matches!(
        hook.event,
        Some(FileSave | FileCreate | FileDelete | FileRename)
    );
    file && !hook.places.filter.is_empty()
        && hook.places.filter == hook.places.event
        && hook.places.condition.is_empty()
}

fn of_filter(filter: &Filter, hook: &Hook) -> Vec<Diagnostic> {
    let patterns = filter.patterns();
    let whole = hook.places.filter.clone();
    if patterns.iter().all(|it| it.negative) {
        let why = match patterns.is_empty() {
            true => "an empty filter lets no file pass; leave it out, or name files",
            false => {
                "a filter that only takes files out lets none pass; put a pattern such as `**` before it"
            }
        };
        return vec![Diagnostic::warning(Code::NeverMatches, whole, why)];
    }
    let mut found = Vec::new();
    for (index, pattern) in patterns.iter().enumerate() {
        let samples = witness::samples(filter, index);
        if samples.is_empty() {
            let why = format!(
                "«{}» can match no file{}",
                pattern.text,
                witness::hint(pattern.body())
            );
            found.push(Diagnostic::warning(
                Code::NeverMatches,
                pattern.span.clone(),
                why,
            ));
        }
    }
    let all: Vec<String> = (0..patterns.len())
        .flat_map(|it| witness::samples(filter, it))
        .collect();
    if found.is_empty() && !all.iter().any(|it| filter.takes(it)) {
        let why =
            "no file can pass this filter: whatever a pattern takes, a later one takes out again";
        return vec![Diagnostic::warning(Code::NeverMatches, whole, why)];
    }
    if hook.places.condition.is_empty() && witness::everything().all(|it| filter.takes(it)) {
        let why = "every file passes this filter; name the folders or endings that are meant";
        found.push(Diagnostic::warning(Code::MatchesEverything, whole, why));
    }
    found.extend(without_effect(filter, &all));
    found
}

/// Patterns that take something out that no earlier one took, or that a later one brings back.
fn without_effect(filter: &Filter, samples: &[String]) -> Vec<Diagnostic> {
    let patterns = filter.patterns();
    let changes = |index: usize| {
        let others = patterns
            .iter()
            .enumerate()
            .filter(|(at, _)| *at != index)
            .map(|(_, it)| it.clone());
        let others = Filter::new(others.collect());
        samples
            .iter()
            .any(|it| others.takes(it) != filter.takes(it))
    };
    let idle = (0..patterns.len()).filter(|it| patterns[*it].negative && !changes(*it));
    idle.map(|index| {
        let pattern = &patterns[index];
        let why = format!(
            "«{}» takes nothing out; patterns are read from top to bottom, and the last one that matches decides",
            pattern.text
        );
        Diagnostic::note(Code::PatternWithoutEffect, pattern.span.clone(), why)
    })
    .collect()
}

/// Programs whose first operand is a script.
const INTERPRETERS: [&str; 16] = [
    "sh", "bash", "zsh", "dash", "python", "python3", "node", "ruby", "perl", "php", "deno", "bun",
    "tsx", "ts-node", "pwsh", "source",
];

/// Scripts of the project that a hook's command names and that are not there.
pub(crate) fn missing_scripts(
    hook: &Hook,
    source: &str,
    exists: &dyn Fn(&str) -> bool,
) -> Vec<Diagnostic> {
    let Some(Action::Command(command)) = &hook.action else {
        return Vec::new();
    };
    let missing = scripts(command.text()).into_iter().filter(|it| !exists(it));
    let found = missing.map(|script| {
        let place = hook.places.action.clone();
        let at = source
            .get(place.clone())
            .and_then(|it| it.find(script))
            .map(|it| place.start + it);
        let span: Range<usize> = at.map_or(place, |at| at..at + script.len());
        Diagnostic::error(
            Code::MissingScript,
            span,
            format!("there is no {script} in the project"),
        )
    });
    found.collect()
}

/// The words of a command that are scripts of the project: programs with a slash, and first operands of interpreters. A
/// command that goes to another folder first names none.
pub(crate) fn scripts(command: &str) -> Vec<&str> {
    let mut found = Vec::new();
    for simple in command.split(['\n', ';', '|', '&']) {
        let trim = |it| str::trim_matches(it, ['"', '\'', '(', ')']);
        let mut words = simple
            .split_whitespace()
            .map(trim)
            .skip_while(|it| it.contains('='));
        let Some(program) = words.next() else {
            continue;
        };
        let name = program.rsplit('/').next().unwrap_or(program);
        if matches!(name, "cd" | "pushd") {
            return Vec::new();
        }
        if is_of_the_project(program) && program.contains('/') {
            found.push(program);
        } else if INTERPRETERS.contains(&name) {
            let operand = words
                .next()
                .filter(|it| !it.starts_with('-') && it.contains('.'));
            found.extend(operand.filter(|it| is_of_the_project(it)));
        }
    }
    found
}

/// Whether a word is plainly a path inside the project.
fn is_of_the_project(word: &str) -> bool {
    let plain = |c: char| c.is_alphanumeric() || "._-/+@".contains(c);
    !word.starts_with('/')
        && !word.contains("://")
        && !word.contains("..")
        && word.chars().all(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scripts_are_those_of_the_project() {
        for (command, found) in [
            ("./scripts/check.sh --fast", vec!["./scripts/check.sh"]),
            ("A=1 bash tools/x.sh | tee out.txt", vec!["tools/x.sh"]),
            ("python -m pytest tests/a.py", vec![]),
            (
                "python3 tools/a.py && node b.js",
                vec!["tools/a.py", "b.js"],
            ),
            ("cd web && ./build.sh", vec![]),
            ("npm test -- ./x", vec![]),
            ("/usr/local/bin/thing", vec![]),
            ("bash \"$HOME/x.sh\"; sh {file_path}", vec![]),
            ("curl https://x.y/z.sh", vec![]),
        ] {
            assert_eq!(scripts(command), found, "{command}");
        }
    }
}
