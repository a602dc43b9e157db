//! Hooks that may set each other off.

use crate::event::Event;
use crate::filter::filter_over;
use crate::hook::{Action, Files, Hook};
use crate::witness;

/// Hooks of which each may set off the next, and the last one the first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Circle {
    /// Indices into the list that was given; one that sets itself off stands alone.
    pub hooks: Vec<usize>,
}

/// The circles among these hooks. What a hook will change is not known before it has: it is taken to be files like
/// those that it is about, and files that its words name; whoever runs hooks has a limit of depth besides.
pub fn circles(hooks: &[&Hook]) -> Vec<Circle> {
    let edges: Vec<Vec<usize>> = hooks
        .iter()
        .map(|from| {
            (0..hooks.len())
                .filter(|to| may_set_off(from, hooks[*to]))
                .collect()
        })
        .collect();
    let mut back = vec![Vec::new(); hooks.len()];
    for (from, all) in edges.iter().enumerate() {
        all.iter().for_each(|to| back[*to].push(from));
    }
    let mut found = Vec::new();
    let mut placed = vec![false; hooks.len()];
    for start in 0..hooks.len() {
        if placed[start] {
            continue;
        }
        let (ahead, behind) = (reachable(&edges, start), reachable(&back, start));
        let round: Vec<usize> = (0..hooks.len())
            .filter(|it| ahead[*it] && behind[*it])
            .collect();
        if round.is_empty() {
            continue;
        }
        round.iter().for_each(|it| placed[*it] = true);
        found.push(Circle { hooks: round });
    }
    found
}

/// Which hooks can be come to from `start` in one step or more.
fn reachable(edges: &[Vec<usize>], start: usize) -> Vec<bool> {
    let mut seen = vec![false; edges.len()];
    let mut open = edges[start].clone();
    while let Some(at) = open.pop() {
        if !std::mem::replace(&mut seen[at], true) {
            open.extend(&edges[at]);
        }
    }
    seen
}

fn may_set_off(from: &Hook, to: &Hook) -> bool {
    if !from.enabled || !to.enabled {
        return false;
    }
    match to.event {
        Some(Event::FileSave | Event::FileCreate) => writes(from) && shares_files(from, to),
        Some(Event::GitPreCommit | Event::GitCommitMsg | Event::GitPostCommit) => {
            from.auto_commit || command(from).is_some_and(|it| it.contains("git commit"))
        }
        Some(Event::TestRun | Event::TestPass | Event::TestFail) => from.run_tests,
        _ => false,
    }
}

fn command(hook: &Hook) -> Option<&str> {
    match &hook.action {
        Some(Action::Command(it)) => Some(it.text()),
        _ => None,
    }
}

/// Whether a hook may change files. One that blocks a git operation only judges.
fn writes(hook: &Hook) -> bool {
    hook.action.is_some() && !(hook.blocking && hook.event.is_some_and(Event::is_of_git))
}

/// Whether a file that `from` is about, or names, is one that `to` is about.
fn shares_files(from: &Hook, to: &Hook) -> bool {
    let words = match &from.action {
        Some(Action::Agent(it) | Action::Command(it)) => it.text(),
        None => "",
    };
    let named = words
        .split_whitespace()
        .map(|it| it.trim_matches(|c: char| !c.is_alphanumeric() && c != '.'));
    let named = named.filter(|it| it.contains(['/', '.']) && !it.contains(['{', '}']));
    let about = from.event.is_some_and(Event::is_about_a_file);
    let samples: Vec<String> = match &from.files {
        Files::Patterns(filter) if about => filter_over(filter),
        Files::All if about => witness::everything().map(str::to_owned).collect(),
        _ => Vec::new(),
    };
    named
        .map(str::to_owned)
        .chain(samples)
        .any(|it| to.files.takes(&it))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::HookFile;

    fn hook(text: &str) -> Hook {
        HookFile::read("a.yaml", text).hooks.remove(0)
    }

    fn agent(filter: &str, prompt: &str) -> Hook {
        hook(&format!(
            "name: a\ntrigger: {{event: file.save, filter: ['{filter}']}}\naction: {{type: agent, prompt: '{prompt}'}}\n"
        ))
    }

    fn found(hooks: &[Hook]) -> Vec<Vec<usize>> {
        circles(&hooks.iter().collect::<Vec<_>>())
            .into_iter()
            .map(|it| it.hooks)
            .collect()
    }

    #[test]
    fn circles_of_one_and_of_several() {
        let own = agent("src/**/*.py", "Document {file_path}");
        assert_eq!(found(std::slice::from_ref(&own)), [[0]]);
        let tests = hook(
            "name: t\ntrigger: {event: file.delete, filter: ['docs/**']}\naction: {type: agent, prompt: 'Update src/index.py'}\n",
        );
        assert_eq!(
            found(std::slice::from_ref(&tests)),
            Vec::<Vec<usize>>::new()
        );
        let a = agent("a/**", "Write b/x.py");
        let b = agent("b/**", "Write a/x.py");
        assert_eq!(found(&[tests, a, b]), [[1, 2]]);
        let review = hook(
            "name: r\ntrigger: {event: git.pre-commit}\naction: {type: agent, prompt: x, blocking: true}\n",
        );
        assert_eq!(found(&[review]), Vec::<Vec<usize>>::new());
        let commits = hook(
            "name: c\ntrigger: {event: git.post-commit}\naction: {type: agent, prompt: x, auto_commit: true}\n",
        );
        assert_eq!(found(&[commits]), [[0]]);
    }
}
