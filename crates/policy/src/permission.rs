//! Rules in the form of Kiro's `permissions.yaml`: a capability, an effect, and what they are about.

use globset::{GlobBuilder, GlobMatcher};
use serde::Deserialize;

use crate::glob::Pattern;

/// What a rule is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Capability {
    /// Reading files.
    FsRead,
    /// Writing, moving and removing files.
    FsWrite,
    /// Both.
    Filesystem,
    /// Commands.
    Shell,
    /// Fetching from the network.
    WebFetch,
    /// Searching the network.
    WebSearch,
    /// Tools of MCP servers.
    Mcp,
    /// Other agents.
    Subagent,
    /// Skills.
    Skill,
    /// What compilers and linters report.
    Diagnostics,
    /// The project's context.
    Context,
    /// Everything that is built in.
    Builtin,
    /// Everything.
    All,
}

/// What a rule does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// It never happens.
    Deny,
    /// A person is asked.
    Ask,
    /// It happens, unless another rule denies or asks.
    Allow,
}

impl Effect {
    /// The effect as it is written.
    pub fn name(self) -> &'static str {
        match self {
            Effect::Deny => "deny",
            Effect::Ask => "ask",
            Effect::Allow => "allow",
        }
    }
}

/// One rule, ready to judge.
#[derive(Clone, Debug)]
pub struct PermissionRule {
    /// What it is about.
    pub capability: Capability,
    /// What it does.
    pub effect: Effect,
    pub(crate) file: String,
    pub(crate) words: Vec<String>,
    pub(crate) exclude_words: Vec<String>,
    pub(crate) paths: Vec<Pattern>,
    pub(crate) exclude_paths: Vec<Pattern>,
    pub(crate) lines: Vec<GlobMatcher>,
    pub(crate) exclude_lines: Vec<GlobMatcher>,
}

/// A pattern over a whole line, in which `*` stands for any letters, `/` among them.
pub(crate) fn line_glob(text: &str) -> Result<GlobMatcher, String> {
    let glob = GlobBuilder::new(text).build();
    glob.map(|it| it.compile_matcher())
        .map_err(|error| error.kind().to_string())
}

impl PermissionRule {
    /// Whether the rule is about this.
    pub fn speaks_of(&self, wanted: Capability) -> bool {
        let files = matches!(wanted, Capability::FsRead | Capability::FsWrite);
        match self.capability {
            Capability::All => true,
            Capability::Builtin => wanted != Capability::Mcp,
            Capability::Filesystem => files,
            own => own == wanted,
        }
    }

    /// The file that it stands in.
    pub fn file(&self) -> &str {
        &self.file
    }

    /// Whether it stands in the folder itself, so that it allows nothing before the folder is trusted.
    pub(crate) fn is_of_the_folder(&self) -> bool {
        self.file.starts_with(".kiro/")
    }

    /// What it matches, as written; nothing is everything.
    pub fn words(&self) -> &[String] {
        &self.words
    }

    /// What it leaves out, as written.
    pub fn excluded(&self) -> &[String] {
        &self.exclude_words
    }

    /// Whether a command's whole line, or a tool's `server/tool`, is one that the rule is about. `*` stands for
    /// any letters.
    pub fn covers_line(&self, line: &str) -> bool {
        let any = |globs: &[GlobMatcher]| globs.iter().any(|it| it.is_match(line));
        (self.words.is_empty() || any(&self.lines)) && !any(&self.exclude_lines)
    }

    /// The same for a folded path of the project.
    pub(crate) fn covers_path(&self, folded: &str) -> bool {
        let any = |globs: &[Pattern]| globs.iter().any(|it| it.covers_folded(folded));
        (self.words.is_empty() || any(&self.paths)) && !any(&self.exclude_paths)
    }

    /// The rule as it is named to people.
    pub fn title(&self) -> String {
        let words = match self.words.is_empty() {
            true => "everything".to_owned(),
            false => self.words.join(", "),
        };
        format!("{}: {} {words}", self.file, self.effect.name())
    }
}
