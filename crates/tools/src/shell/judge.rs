//! What policy says of the text of a command, as this crate sees it.

use policy::Reason;

/// What is to become of a command that a model wrote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CommandDecision {
    /// It runs, in the sandbox.
    Run(Form),
    /// It runs when a person says yes; without a person it does not.
    Ask {
        /// How it would run.
        form: Form,
        /// Every rule that wants a person here.
        reasons: Vec<Reason>,
    },
    /// It does not run, whoever says yes.
    Refuse(Vec<Reason>),
}

/// How a command runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Form {
    /// Without a shell: these programs with exactly these words, one after another until one fails.
    Programs(Vec<Vec<String>>),
    /// By a shell, which is given the text.
    Shell,
}

/// Judges the text of a command. Asked before every command, never remembered.
pub type CommandJudge = Box<dyn Fn(&str) -> CommandDecision + Send + Sync>;
