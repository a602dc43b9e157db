//! Whether a hook fires, and which clause of it decided.

use crate::catalogue::{Fact, Occasion, Value};
use crate::hook::{Files, Hook};

/// What is said of a hook and an occasion.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// Whether it fires.
    pub fires: bool,
    /// What decided.
    pub clause: Clause,
    /// In words.
    pub why: String,
}

/// The clause of a hook that decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Clause {
    /// It is switched off.
    Enabled,
    /// It waits for another event.
    Event,
    /// Its filter.
    Filter,
    /// Which tools it is about.
    Tools,
    /// Its condition.
    Condition,
    /// It has an error, so nothing more can be said.
    Error,
}

impl Clause {
    /// Its name on every surface.
    pub fn name(self) -> &'static str {
        match self {
            Clause::Enabled => "enabled",
            Clause::Event => "event",
            Clause::Filter => "filter",
            Clause::Tools => "tools",
            Clause::Condition => "condition",
            Clause::Error => "error",
        }
    }
}

fn said(fires: bool, clause: Clause, why: impl Into<String>) -> Decision {
    Decision {
        fires,
        clause,
        why: why.into(),
    }
}

impl Hook {
    /// Whether the hook fires on this occasion. A hook with an error does not; whether it stops something
    /// nevertheless is [`Hook::can_stop`]'s to say.
    pub fn decide(&self, occasion: &dyn Occasion) -> Decision {
        if !self.enabled {
            return said(false, Clause::Enabled, "it is switched off");
        }
        let Some(event) = self.event else {
            return said(
                false,
                Clause::Error,
                "its event cannot be read; `kiro validate-hooks` shows it",
            );
        };
        if event != occasion.event() {
            return said(false, Clause::Event, format!("it waits for {event}"));
        }
        let chosen = self.choose(occasion);
        if !chosen.fires {
            return chosen;
        }
        if self.broken {
            return said(
                false,
                Clause::Error,
                "it has an error; `kiro validate-hooks` shows it",
            );
        }
        let Some(condition) = &self.condition else {
            return chosen;
        };
        let told = condition.told(occasion);
        let part = condition.part(&told.clause);
        let why = match told.holds {
            true => format!("«{part}» holds: {}", told.why),
            false => format!("«{part}» does not hold: {}", told.why),
        };
        said(
            told.holds,
            Clause::Condition,
            why.trim_end_matches([' ', ':']),
        )
    }

    /// What the filter says, or what the hook says about tools.
    fn choose(&self, occasion: &dyn Occasion) -> Decision {
        let event = occasion.event();
        if let Some(tools) = &self.tools {
            let tool = occasion
                .fact(Fact::Tool)
                .map(|it| it.to_string())
                .unwrap_or_default();
            let takes = tools.takes(&tool);
            let verb = if takes { "takes" } else { "leaves out" };
            return said(
                takes,
                Clause::Tools,
                format!("«{}» {verb} the tool {tool}", tools.text),
            );
        }
        if matches!(self.files, Files::All) {
            return said(
                true,
                Clause::Event,
                format!("it waits for {event} and has no filter"),
            );
        }
        if event.is_about_files() {
            return self.choose_among(occasion);
        }
        let Some(path) = occasion.path() else {
            return said(
                false,
                Clause::Filter,
                "it has a filter, and no file is named",
            );
        };
        self.choose_file(&path)
    }

    fn choose_among(&self, occasion: &dyn Occasion) -> Decision {
        let files = match occasion.fact(Fact::Files) {
            Some(Value::Texts(files)) => files,
            _ => Vec::new(),
        };
        match files.iter().find(|it| self.files.takes(it)) {
            Some(path) => self.choose_file(path),
            None => said(
                false,
                Clause::Filter,
                format!("none of the {} files passes the filter", files.len()),
            ),
        }
    }

    fn choose_file(&self, path: &str) -> Decision {
        match &self.files {
            Files::All => said(true, Clause::Filter, "it has no filter"),
            Files::Patterns(filter) => match filter.deciding(path) {
                Some(it) if it.negative => said(
                    false,
                    Clause::Filter,
                    format!("«{}» takes {path} out", it.text),
                ),
                Some(it) => said(true, Clause::Filter, format!("«{}» takes {path}", it.text)),
                None => said(false, Clause::Filter, format!("no pattern takes {path}")),
            },
            Files::Expression(it) => {
                let takes = it.takes(path);
                let verb = if takes { "is" } else { "is not" };
                said(
                    takes,
                    Clause::Filter,
                    format!("«{}» {verb} found in {path}", it.text),
                )
            }
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use std::borrow::Cow;
    use std::collections::BTreeMap;

    use super::*;
    use crate::{Event, HookFile};

    /// An occasion that knows what a test says.
    pub(crate) struct Stage {
        event: Event,
        path: Option<String>,
        facts: BTreeMap<Fact, Value>,
    }

    impl Stage {
        pub(crate) fn of(event: Event, path: &str) -> Stage {
            let name = path.rsplit('/').next().unwrap_or_default();
            let text = |it: &str| Value::Text(it.to_owned());
            let facts = [
                (Fact::Event, text(event.name())),
                (Fact::FilePath, text(path)),
                (Fact::FileName, text(name)),
                (Fact::Stem, text(name.split('.').next().unwrap_or_default())),
                (Fact::Ext, text(name.rsplit('.').next().unwrap_or_default())),
                (Fact::Language, text(&crate::language_of(path))),
            ];
            Stage {
                event,
                path: Some(path.to_owned()),
                facts: facts.into(),
            }
        }

        pub(crate) fn with(mut self, fact: Fact, value: Value) -> Stage {
            self.facts.insert(fact, value);
            self
        }
    }

    impl Occasion for Stage {
        fn event(&self) -> Event {
            self.event
        }

        fn path(&self) -> Option<Cow<'_, str>> {
            self.path.as_deref().map(Cow::Borrowed)
        }

        fn fact(&self, fact: Fact) -> Option<Value> {
            self.facts.get(&fact).cloned()
        }
    }

    fn hook(text: &str) -> Hook {
        let file = HookFile::read("a.yaml", text);
        file.hooks.into_iter().next().expect("a hook")
    }

    #[test]
    fn the_clause_that_decided_is_named() {
        let text = "name: a\ntrigger:\n  event: file.save\n  filter: ['src/**/*.py', '!**/__init__.py']\n  \
                    condition: file_size_kb > 10\naction: {type: command, command: 'true'}\n";
        let hook_ = hook(text);
        let large =
            |path| Stage::of(Event::FileSave, path).with(Fact::FileSizeKb, Value::Number(11.0));
        for (stage, fires, clause, why) in [
            (
                large("src/a.py"),
                true,
                "condition",
                "«file_size_kb > 10» holds: file_size_kb is 11",
            ),
            (
                Stage::of(Event::FileSave, "src/a.py"),
                false,
                "condition",
                "does not hold: file_size_kb is not known",
            ),
            (
                large("src/__init__.py"),
                false,
                "filter",
                "«!**/__init__.py» takes src/__init__.py out",
            ),
            (large("a.py"), false, "filter", "no pattern takes a.py"),
            (
                Stage::of(Event::FileDelete, "src/a.py"),
                false,
                "event",
                "it waits for file.save",
            ),
        ] {
            let told = hook_.decide(&stage);
            assert_eq!(
                (told.fires, told.clause.name()),
                (fires, clause),
                "{told:?}"
            );
            assert!(told.why.contains(why), "{told:?}");
        }
        let off = hook(&text.replace("name: a", "name: a\nenabled: false"));
        assert_eq!(off.decide(&large("src/a.py")).clause, Clause::Enabled);
        let broken = hook(&text.replace("file_size_kb", "size"));
        let told = broken.decide(&large("src/a.py"));
        assert_eq!((told.fires, told.clause), (false, Clause::Error));
        assert_eq!(
            broken.decide(&large("x.py")).clause,
            Clause::Filter,
            "it is not about this file anyway"
        );
    }

    #[test]
    fn a_filter_on_a_git_event_asks_for_one_of_its_files() {
        let hook = hook(
            "name: a\ntrigger: {event: git.pre-commit, filter: ['*.sql']}\naction: {type: command, command: 'true'}\n",
        );
        let commit = |files: &[&str]| {
            let files = files.iter().map(|it| (*it).to_owned()).collect();
            Stage::of(Event::GitPreCommit, "").with(Fact::Files, Value::Texts(files))
        };
        assert!(hook.decide(&commit(&["a.py", "b.sql"])).fires);
        assert!(!hook.decide(&commit(&["a.py"])).fires);
    }
}
