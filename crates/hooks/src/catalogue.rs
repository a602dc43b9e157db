//! What is known when something happens: one typed catalogue for conditions, prompts and commands.

use std::borrow::Cow;
use std::fmt;

use crate::event::Event;

/// Something that may be known when an event happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Fact {
    /// The event's name.
    Event,
    /// The branch that is checked out; empty without git.
    Branch,
    /// The author that git would write into a commit.
    Author,
    /// The file's path from the project's root.
    FilePath,
    /// The file's name with its ending.
    FileName,
    /// The file's name without its last ending.
    Stem,
    /// The ending without its dot.
    Ext,
    /// The folder of the file; empty at the root.
    Folder,
    /// The language in lower case, such as `python`; empty when not known.
    Language,
    /// The path that the file had before.
    OldPath,
    /// The size in units of 1024 bytes.
    FileSizeKb,
    /// How many lines it has.
    Lines,
    /// Lines added since the last commit.
    LinesAdded,
    /// Lines removed since the last commit.
    LinesRemoved,
    /// Cyclomatic complexity, summed over the file's functions.
    CyclomaticComplexity,
    /// Whether the last commit does not hold the file.
    IsNew,
    /// Whether it is no text.
    IsBinary,
    /// What changed since the last commit, as a diff.
    Diff,
    /// The whole text.
    Content,
    /// Paths of the files that it is about.
    Files,
    /// How many files it is about.
    FilesChanged,
    /// The message of the commit.
    CommitMessage,
    /// The command that is run.
    Command,
    /// The exit code of the command.
    ExitCode,
    /// The end of what the command printed.
    Output,
    /// The spec's name.
    Spec,
    /// The task's id.
    Task,
    /// The task's title.
    TaskTitle,
    /// The tool's name.
    Tool,
    /// What the tool is called with, as JSON.
    ToolInput,
    /// What the person asked.
    Prompt,
}

/// Of what kind a value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A text.
    Text,
    /// A number.
    Number,
    /// True or false.
    Truth,
    /// A list of texts.
    Texts,
    /// A list of numbers.
    Numbers,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Kind::Text => "a text",
            Kind::Number => "a number",
            Kind::Truth => "true or false",
            Kind::Texts => "a list of texts",
            Kind::Numbers => "a list of numbers",
        })
    }
}

/// A value of a fact.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// A text.
    Text(String),
    /// A number.
    Number(f64),
    /// True or false.
    Truth(bool),
    /// A list of texts.
    Texts(Vec<String>),
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Text(text) => f.write_str(text),
            Value::Number(number) => write!(f, "{number}"),
            Value::Truth(truth) => write!(f, "{truth}"),
            Value::Texts(texts) => f.write_str(&texts.join(", ")),
        }
    }
}

/// When a fact is known.
#[derive(Clone, Copy, PartialEq, Eq)]
enum When {
    Always,
    /// Events about one file.
    File,
    /// Events about one file that is there.
    Standing,
    Rename,
    /// Events about several files.
    Files,
    FileOrFiles,
    CommitMsg,
    Command,
    /// After a command.
    Ended,
    Task,
    Tool,
    /// After a tool.
    ToolEnded,
    Prompt,
}

/// Every fact: its name, its kind, when it is known, what it is.
const CATALOGUE: [(Fact, &str, Kind, When, &str); 31] = [
    (
        Fact::Event,
        "event",
        Kind::Text,
        When::Always,
        "the event's name",
    ),
    (
        Fact::Branch,
        "branch",
        Kind::Text,
        When::Always,
        "the branch that is checked out",
    ),
    (
        Fact::Author,
        "author",
        Kind::Text,
        When::Always,
        "the author that git would write",
    ),
    (
        Fact::FilePath,
        "file_path",
        Kind::Text,
        When::File,
        "the file's path from the project's root",
    ),
    (
        Fact::FileName,
        "file_name",
        Kind::Text,
        When::File,
        "the file's name with its ending",
    ),
    (
        Fact::Stem,
        "stem",
        Kind::Text,
        When::File,
        "the file's name without its ending",
    ),
    (
        Fact::Ext,
        "ext",
        Kind::Text,
        When::File,
        "the ending without its dot",
    ),
    (
        Fact::Folder,
        "folder",
        Kind::Text,
        When::File,
        "the file's folder",
    ),
    (
        Fact::Language,
        "language",
        Kind::Text,
        When::File,
        "the language in lower case",
    ),
    (
        Fact::OldPath,
        "old_path",
        Kind::Text,
        When::Rename,
        "the path before",
    ),
    (
        Fact::FileSizeKb,
        "file_size_kb",
        Kind::Number,
        When::Standing,
        "the size in units of 1024 bytes",
    ),
    (
        Fact::Lines,
        "lines",
        Kind::Number,
        When::Standing,
        "how many lines it has",
    ),
    (
        Fact::LinesAdded,
        "lines_added",
        Kind::Number,
        When::FileOrFiles,
        "lines added since the last commit",
    ),
    (
        Fact::LinesRemoved,
        "lines_removed",
        Kind::Number,
        When::FileOrFiles,
        "lines removed since the last commit",
    ),
    (
        Fact::CyclomaticComplexity,
        "cyclomatic_complexity",
        Kind::Number,
        When::Standing,
        "cyclomatic complexity, summed over the file's functions",
    ),
    (
        Fact::IsNew,
        "is_new",
        Kind::Truth,
        When::File,
        "whether the last commit does not hold the file",
    ),
    (
        Fact::IsBinary,
        "is_binary",
        Kind::Truth,
        When::Standing,
        "whether it is no text",
    ),
    (
        Fact::Diff,
        "diff",
        Kind::Text,
        When::FileOrFiles,
        "what changed, as a diff",
    ),
    (
        Fact::Content,
        "content",
        Kind::Text,
        When::Standing,
        "the whole text",
    ),
    (
        Fact::Files,
        "files",
        Kind::Texts,
        When::Files,
        "paths of the files that it is about",
    ),
    (
        Fact::FilesChanged,
        "files_changed",
        Kind::Number,
        When::Files,
        "how many files it is about",
    ),
    (
        Fact::CommitMessage,
        "commit_message",
        Kind::Text,
        When::CommitMsg,
        "the message of the commit",
    ),
    (
        Fact::Command,
        "command",
        Kind::Text,
        When::Command,
        "the command that is run",
    ),
    (
        Fact::ExitCode,
        "exit_code",
        Kind::Number,
        When::Ended,
        "the exit code of the command",
    ),
    (
        Fact::Output,
        "output",
        Kind::Text,
        When::ToolEnded,
        "the end of what was printed",
    ),
    (
        Fact::Spec,
        "spec",
        Kind::Text,
        When::Task,
        "the spec's name",
    ),
    (Fact::Task, "task", Kind::Text, When::Task, "the task's id"),
    (
        Fact::TaskTitle,
        "task_title",
        Kind::Text,
        When::Task,
        "the task's title",
    ),
    (
        Fact::Tool,
        "tool",
        Kind::Text,
        When::Tool,
        "the tool's name",
    ),
    (
        Fact::ToolInput,
        "tool_input",
        Kind::Text,
        When::Tool,
        "what the tool is called with, as JSON",
    ),
    (
        Fact::Prompt,
        "prompt",
        Kind::Text,
        When::Prompt,
        "what the person asked",
    ),
];

/// Other names of facts that people write.
const ALIASES: [(&str, Fact); 1] = [("filename", Fact::FileName)];

impl Fact {
    /// Every fact of the catalogue.
    pub fn all() -> impl Iterator<Item = Fact> {
        CATALOGUE.iter().map(|it| it.0)
    }

    fn row(self) -> &'static (Fact, &'static str, Kind, When, &'static str) {
        // Every fact has a row, as a test holds.
        CATALOGUE
            .iter()
            .find(|it| it.0 == self)
            .unwrap_or(&CATALOGUE[0])
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        self.row().1
    }

    /// Of what kind it is.
    pub fn kind(self) -> Kind {
        self.row().2
    }

    /// What it is, in words.
    pub fn meaning(self) -> &'static str {
        self.row().4
    }

    /// The fact of this name.
    pub fn parse(name: &str) -> Option<Fact> {
        let row = CATALOGUE.iter().find(|it| it.1 == name).map(|it| it.0);
        row.or_else(|| ALIASES.iter().find(|it| it.0 == name).map(|it| it.1))
    }

    /// The names of those that are known when `event` happens.
    pub(crate) fn names_at(event: Event) -> Vec<&'static str> {
        let known = Fact::all().filter(|it| it.is_known_at(event));
        known.map(Fact::name).collect()
    }

    /// Whether it is known when `event` happens.
    pub fn is_known_at(self, event: Event) -> bool {
        use Event::{
            BuildFail, BuildStart, BuildSuccess, DeployFail, DeployStart, DeploySuccess,
            FileDelete, FileRename, GitCommitMsg, PromptSubmit, TaskComplete, TaskFail, TaskStart,
            TestFail, TestPass, TestRun, ToolPost, ToolPre,
        };
        let begun = matches!(event, TestRun | BuildStart | DeployStart);
        let ended = matches!(
            event,
            TestPass | TestFail | BuildSuccess | BuildFail | DeploySuccess | DeployFail
        );
        let task = matches!(event, TaskStart | TaskComplete | TaskFail);
        // Somebody who asks by name may name a file.
        let file = event.is_about_a_file() || event == Event::Manual;
        match self.row().3 {
            When::Always => true,
            When::File => file,
            When::Standing => file && event != FileDelete,
            When::Rename => event == FileRename,
            When::Files => event.is_about_files() || task,
            When::FileOrFiles => file || event.is_about_files() || task,
            When::CommitMsg => event == GitCommitMsg,
            When::Command => begun || ended,
            When::Ended => ended,
            When::Task => task,
            When::Tool => matches!(event, ToolPre | ToolPost),
            When::ToolEnded => ended || event == ToolPost,
            When::Prompt => event == PromptSubmit,
        }
    }
}

/// Something that happened, as far as it can be asked about. What costs to find out is found out when it is asked for.
pub trait Occasion {
    /// The event.
    fn event(&self) -> Event;

    /// The file that it is about, for events about one file.
    fn path(&self) -> Option<Cow<'_, str>>;

    /// The value of a fact; none when it cannot be found out here. It is of the fact's kind.
    fn fact(&self, fact: Fact) -> Option<Value>;
}

/// Languages by ending, in lower case, beyond those that Kiro reads.
const LANGUAGES: &[(&str, &str)] = &[
    ("go", "go"),
    ("java", "java"),
    ("kt", "kotlin"),
    ("kts", "kotlin"),
    ("swift", "swift"),
    ("c", "c"),
    ("h", "c"),
    ("cc", "cpp"),
    ("cpp", "cpp"),
    ("cxx", "cpp"),
    ("hpp", "cpp"),
    ("cs", "csharp"),
    ("rb", "ruby"),
    ("php", "php"),
    ("scala", "scala"),
    ("sh", "shell"),
    ("bash", "shell"),
    ("zsh", "shell"),
    ("sql", "sql"),
    ("html", "html"),
    ("htm", "html"),
    ("css", "css"),
    ("scss", "css"),
    ("vue", "vue"),
    ("svelte", "svelte"),
    ("yaml", "yaml"),
    ("yml", "yaml"),
    ("json", "json"),
    ("toml", "toml"),
    ("xml", "xml"),
    ("md", "markdown"),
    ("tf", "terraform"),
    ("proto", "protobuf"),
];

/// The language of a file by its name, in lower case; empty when it is not known.
pub fn language_of(path: &str) -> String {
    if let Some(language) = code::Language::from_path(path) {
        return language.name().to_lowercase();
    }
    let name = path.rsplit('/').next().unwrap_or(path);
    if name == "Dockerfile" {
        return "dockerfile".to_owned();
    }
    let ending = name
        .rsplit_once('.')
        .map(|it| it.1.to_lowercase())
        .unwrap_or_default();
    let found = LANGUAGES.iter().find(|it| it.0 == ending);
    found.map_or(String::new(), |it| it.1.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fact_has_one_name_that_leads_back() {
        for fact in Fact::all() {
            assert_eq!(Fact::parse(fact.name()), Some(fact));
            assert!(
                Event::all().any(|it| fact.is_known_at(it)),
                "{}",
                fact.name()
            );
            assert!(!fact.meaning().is_empty());
        }
        assert_eq!(Fact::parse("filename"), Some(Fact::FileName));
        assert_eq!(Fact::parse("file"), None);
    }

    #[test]
    fn facts_are_known_where_they_can_be() {
        assert!(Fact::FilePath.is_known_at(Event::FileSave));
        assert!(!Fact::FilePath.is_known_at(Event::GitPreCommit));
        assert!(!Fact::Lines.is_known_at(Event::FileDelete));
        assert!(Fact::Diff.is_known_at(Event::GitPreCommit));
        assert!(
            Fact::ExitCode.is_known_at(Event::TestFail)
                && !Fact::ExitCode.is_known_at(Event::TestRun)
        );
        assert!(Fact::Branch.is_known_at(Event::Manual));
    }

    #[test]
    fn languages_are_in_lower_case() {
        for (path, language) in [
            ("a/b.PY", "python"),
            ("x.tsx", "typescript"),
            ("Dockerfile", "dockerfile"),
        ] {
            assert_eq!(language_of(path), language);
        }
        assert_eq!(
            (language_of("a.tf"), language_of("LICENSE")),
            ("terraform".into(), String::new())
        );
    }
}
