//! One hook, whatever form it was written in.

use std::ops::Range;

use crate::condition::Condition;
use crate::diagnostic::{Code, Diagnostic};
use crate::event::Event;
use crate::filter::Filter;
use crate::matcher::{PathMatcher, ToolMatcher};
use crate::prompt::Prompt;

/// One hook. A hook with an error in its file is never run; a blocking one stops what it waits for then.
#[derive(Clone, Debug)]
pub struct Hook {
    /// Its name.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// Whether it is switched on.
    pub enabled: bool,
    /// What it waits for; none when the file does not say so in a way that can be read.
    pub event: Option<Event>,
    /// Which files it is about.
    pub files: Files,
    /// Which tools it is about, in Kiro's own forms.
    pub tools: Option<ToolMatcher>,
    /// What else has to be true.
    pub condition: Option<Condition>,
    /// What it does; none when the file does not say so in a way that can be read.
    pub action: Option<Action>,
    /// Whether what it waits for is stopped when it does not pass.
    pub blocking: bool,
    /// What of a command's exit code stops something.
    pub answers: Answers,
    /// Whether a person approves what it changed.
    pub require_approval: bool,
    /// Whether what it changed becomes a commit.
    pub auto_commit: bool,
    /// Whether the project's tests have to pass with what it changed.
    pub run_tests: bool,
    /// How long it may take, in seconds; none leaves it to the default, 0 is no limit of its own.
    pub timeout: Option<u64>,
    /// Whether it has an error.
    pub broken: bool,
    /// The bytes of the file that it stands at.
    pub span: Range<usize>,
    /// Where its event, its filter, its command and its name stand.
    pub(crate) places: Places,
}

/// Where parts of a hook stand in its file.
#[derive(Clone, Debug, Default)]
pub(crate) struct Places {
    pub(crate) name: Range<usize>,
    pub(crate) event: Range<usize>,
    pub(crate) filter: Range<usize>,
    pub(crate) condition: Range<usize>,
    pub(crate) action: Range<usize>,
    pub(crate) blocking: Range<usize>,
    /// The value of `enabled`; empty, at the place where it could stand, when there is none.
    pub(crate) enabled: Range<usize>,
}

/// Which files a hook is about.
#[derive(Clone, Debug)]
pub enum Files {
    /// All of them.
    All,
    /// Those that a list of patterns takes.
    Patterns(Filter),
    /// Those whose path holds an expression.
    Expression(PathMatcher),
}

impl Files {
    /// Whether the hook is about this file.
    pub fn takes(&self, path: &str) -> bool {
        match self {
            Files::All => true,
            Files::Patterns(filter) => filter.takes(path),
            Files::Expression(matcher) => matcher.takes(path),
        }
    }
}

/// What a hook does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Asks an agent.
    Agent(Prompt),
    /// Runs a command.
    Command(Prompt),
}

/// What of a command's exit code stops something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answers {
    /// Anything but 0.
    Failure,
    /// 2 and no other, as in Kiro's v1 JSON; a command that did not run to its end stops all the same.
    Two,
}

impl Hook {
    /// A hook that says nothing yet, at these bytes of its file.
    pub(crate) fn blank(span: Range<usize>) -> Hook {
        Hook {
            name: String::new(),
            description: String::new(),
            enabled: true,
            event: None,
            files: Files::All,
            tools: None,
            condition: None,
            action: None,
            blocking: false,
            answers: Answers::Failure,
            require_approval: true,
            auto_commit: false,
            run_tests: false,
            timeout: None,
            broken: false,
            span,
            places: Places::default(),
        }
    }

    /// Whether it stops what it waits for, or holds what it is about, when it does not pass.
    pub fn can_stop(&self) -> bool {
        self.blocking && self.enabled && self.event.is_none_or(Event::can_be_stopped)
    }

    /// Scripts of the project that its command names.
    pub fn scripts(&self) -> Vec<&str> {
        match &self.action {
            Some(Action::Command(command)) => crate::lint::scripts(command.text()),
            _ => Vec::new(),
        }
    }

    /// The remark that `other` has a hook of this name already.
    pub fn duplicate_of(&self, other: &str) -> Diagnostic {
        let why = format!(
            "a hook in {other} is called «{}» too; give one another name",
            self.name
        );
        Diagnostic::warning(Code::DuplicateName, self.places.name.clone(), why)
    }

    /// The remark that these hooks may set each other off.
    pub fn in_circle(&self, names: &[&str]) -> Diagnostic {
        let why = match names {
            [_] => {
                "what it changes may set it off again; a chain of hooks ends after three".to_owned()
            }
            _ => format!(
                "«{}» may set each other off; a chain of hooks ends after three",
                names.join("», «")
            ),
        };
        Diagnostic::note(Code::Circle, self.places.event.clone(), why)
    }

    /// The patterns or the expression by which it chooses files, for people.
    pub fn files_told(&self) -> Option<String> {
        match &self.files {
            Files::All => None,
            Files::Patterns(filter) => Some(filter.texts().collect::<Vec<_>>().join(", ")),
            Files::Expression(matcher) => Some(matcher.text.clone()),
        }
    }
}
