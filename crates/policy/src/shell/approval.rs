//! What a person may be offered when a command asks: this command, or commands that begin like it.

use std::fmt;

use super::denied::{SHELLS, base_name};
use super::judge::{Answer, CommandVerdict};

/// Which commands an approval covers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CommandPattern {
    /// Exactly these arguments.
    Exact(Vec<String>),
    /// This program with these leading words, and any literal arguments behind them.
    Leading(Vec<String>),
    /// Exactly this text, which only a shell can carry out.
    Text(String),
}

/// How long an approval holds. It never outlives what the user was shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PatternScope {
    /// For this run.
    Run,
    /// For this project, until it is taken back.
    Project,
}

/// Programs whose arguments are themselves commands or code: words in front say nothing about what follows.
const OPEN_ENDED: [&str; 40] = [
    "sudo", "doas", "su", "env", "xargs", "parallel", "find", "nice", "nohup", "time", "timeout",
    "setsid", "stdbuf", "exec", "command", "builtin", "eval", "source", ".", "ssh", "docker",
    "podman", "kubectl", "python", "python3", "perl", "ruby", "node", "php", "lua", "awk", "gawk",
    "npx", "watch", "busybox", "script", "flock", "chroot", "unshare", "make",
];

/// The most words that a leading pattern holds.
const LEADING_MAX: usize = 3;

impl fmt::Display for CommandPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CommandPattern::Exact(argv) => write!(f, "«{}»", argv.join(" ")),
            CommandPattern::Leading(words) => write!(f, "«{} …»", words.join(" ")),
            CommandPattern::Text(text) => write!(f, "the text «{text}»"),
        }
    }
}

impl CommandPattern {
    /// Whether a program with its arguments is covered.
    pub fn covers(&self, argv: &[String]) -> bool {
        match self {
            CommandPattern::Exact(own) => own == argv,
            CommandPattern::Leading(words) => argv.starts_with(words),
            CommandPattern::Text(_) => false,
        }
    }

    /// Whether a text as a whole is covered: only when it is the very text that was approved.
    pub fn covers_text(&self, text: &str) -> bool {
        matches!(self, CommandPattern::Text(own) if own == text)
    }
}

/// The graded patterns for a command that asks, the narrowest first, each with how long it may hold. A chain asks
/// once: the offers are those for the part that decided, or for the text as a whole where only a shell can carry
/// it out. Nothing is offered for what is allowed or denied.
pub fn offers(text: &str, verdict: &CommandVerdict) -> Vec<(CommandPattern, PatternScope)> {
    if verdict.answer != Answer::Ask {
        return Vec::new();
    }
    let asking: Vec<_> = verdict
        .analysis
        .parts
        .iter()
        .filter(|it| !it.asks.is_empty())
        .collect();
    let is_plain = verdict.analysis.doubts.is_empty()
        && !asking.is_empty()
        && asking.iter().all(|it| it.only_lacks_trust());
    let argv = asking
        .first()
        .and_then(|it| it.argv.clone())
        .filter(|_| is_plain);
    let Some(argv) = argv else {
        // What only a shell can carry out, or nobody can read, is approved once and for this text alone.
        return vec![(CommandPattern::Text(text.to_owned()), PatternScope::Run)];
    };
    let mut patterns = vec![CommandPattern::Exact(argv.clone())];
    patterns.extend(leading(&argv).map(CommandPattern::Leading));
    patterns
        .into_iter()
        .flat_map(|it| [(it.clone(), PatternScope::Run), (it, PatternScope::Project)])
        .collect()
}

fn leading(argv: &[String]) -> Option<Vec<String>> {
    let program = base_name(argv.first()?);
    if OPEN_ENDED.contains(&program) || SHELLS.contains(&program) {
        return None;
    }
    let words: Vec<String> = argv
        .iter()
        .take(LEADING_MAX)
        .take_while(|it| !it.starts_with('-'))
        .cloned()
        .collect();
    (words.len() > 1 && words.len() < argv.len()).then_some(words)
}

#[cfg(test)]
mod tests {
    use super::super::judge::CommandRules;
    use super::*;

    fn offered(text: &str) -> Vec<String> {
        let rules = CommandRules::compile(&["git status".to_owned()], &["sudo".to_owned()]);
        let verdict = rules.expect("good rules").judge_command(text);
        offers(text, &verdict)
            .into_iter()
            .map(|(pattern, scope)| format!("{pattern:?} {scope:?}"))
            .collect()
    }

    #[test]
    fn a_chain_offers_for_the_part_that_asked() {
        assert_eq!(
            offered("git status && cargo test -p x"),
            [
                r#"Exact(["cargo", "test", "-p", "x"]) Run"#,
                r#"Exact(["cargo", "test", "-p", "x"]) Project"#,
                r#"Leading(["cargo", "test"]) Run"#,
                r#"Leading(["cargo", "test"]) Project"#,
            ]
        );
    }

    #[test]
    fn what_is_open_ended_or_unclear_is_approved_as_it_stands_only() {
        assert_eq!(offered("python3 -c x y").len(), 2);
        assert_eq!(offered("cargo test $x"), [r#"Text("cargo test $x") Run"#]);
        assert_eq!(offered("cargo ("), [r#"Text("cargo (") Run"#]);
        assert!(offered("git status").is_empty() && offered("sudo id").is_empty());
    }

    #[test]
    fn a_leading_pattern_covers_words_not_letters() {
        let pattern = CommandPattern::Leading(vec!["npm".to_owned(), "run".to_owned()]);
        let argv = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
        assert!(pattern.covers(&argv("npm run build")));
        assert!(!pattern.covers(&argv("npm runx")) && !pattern.covers_text("npm run build"));
    }
}
