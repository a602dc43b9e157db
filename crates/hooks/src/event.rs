//! What can happen.

use std::fmt;

/// Something that a hook can wait for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Event {
    /// A file got new content.
    FileSave,
    /// A file is there that was not.
    FileCreate,
    /// A file is gone.
    FileDelete,
    /// A file has another name.
    FileRename,
    /// `git commit` is about to make a commit.
    GitPreCommit,
    /// `git commit` has a message for it.
    GitCommitMsg,
    /// A commit was made.
    GitPostCommit,
    /// `git push` is about to send something.
    GitPrePush,
    /// A merge was made.
    GitPostMerge,
    /// Another commit or branch was checked out.
    GitPostCheckout,
    /// Tests begin.
    TestRun,
    /// Tests ended well.
    TestPass,
    /// Tests ended otherwise.
    TestFail,
    /// A build begins.
    BuildStart,
    /// A build ended well.
    BuildSuccess,
    /// A build ended otherwise.
    BuildFail,
    /// A deployment begins.
    DeployStart,
    /// A deployment ended well.
    DeploySuccess,
    /// A deployment ended otherwise.
    DeployFail,
    /// A specification changed.
    SpecChange,
    /// A plan or a list of tasks changed.
    PlanChange,
    /// A task of a run begins.
    TaskStart,
    /// A task of a run is about to be completed.
    TaskComplete,
    /// A task of a run could not be done.
    TaskFail,
    /// A run or a conversation begins.
    SessionStart,
    /// A run or a conversation ended.
    SessionStop,
    /// A person's request is about to reach a model.
    PromptSubmit,
    /// An agent is about to call a tool.
    ToolPre,
    /// An agent called a tool.
    ToolPost,
    /// Somebody asked for the hook by name.
    Manual,
}

/// Every event with its name, its name in Kiro's v1 JSON and its older name there; empty where there is none.
const NAMES: [(Event, &str, &str, &str); 30] = [
    (Event::FileSave, "file.save", "PostFileSave", "fileEdited"),
    (
        Event::FileCreate,
        "file.create",
        "PostFileCreate",
        "fileCreated",
    ),
    (
        Event::FileDelete,
        "file.delete",
        "PostFileDelete",
        "fileDeleted",
    ),
    (Event::FileRename, "file.rename", "", ""),
    (Event::GitPreCommit, "git.pre-commit", "", ""),
    (Event::GitCommitMsg, "git.commit-msg", "", ""),
    (Event::GitPostCommit, "git.post-commit", "", ""),
    (Event::GitPrePush, "git.pre-push", "", ""),
    (Event::GitPostMerge, "git.post-merge", "", ""),
    (Event::GitPostCheckout, "git.post-checkout", "", ""),
    (Event::TestRun, "test.run", "", ""),
    (Event::TestPass, "test.pass", "", ""),
    (Event::TestFail, "test.fail", "", ""),
    (Event::BuildStart, "build.start", "", ""),
    (Event::BuildSuccess, "build.success", "", ""),
    (Event::BuildFail, "build.fail", "", ""),
    (Event::DeployStart, "deploy.start", "", ""),
    (Event::DeploySuccess, "deploy.success", "", ""),
    (Event::DeployFail, "deploy.fail", "", ""),
    (Event::SpecChange, "spec.change", "", ""),
    (Event::PlanChange, "plan.change", "", ""),
    (
        Event::TaskStart,
        "task.start",
        "PreTaskExec",
        "preTaskExecution",
    ),
    (
        Event::TaskComplete,
        "task.complete",
        "PostTaskExec",
        "postTaskExecution",
    ),
    (Event::TaskFail, "task.fail", "", ""),
    (
        Event::SessionStart,
        "session.start",
        "SessionStart",
        "agentSpawn",
    ),
    (Event::SessionStop, "session.stop", "Stop", "agentStop"),
    (
        Event::PromptSubmit,
        "prompt.submit",
        "UserPromptSubmit",
        "promptSubmit",
    ),
    (Event::ToolPre, "tool.pre", "PreToolUse", "preToolUse"),
    (Event::ToolPost, "tool.post", "PostToolUse", "postToolUse"),
    (Event::Manual, "manual", "Manual", "userTriggered"),
];

impl Event {
    /// Every event.
    pub fn all() -> impl Iterator<Item = Event> {
        NAMES.iter().map(|it| it.0)
    }

    /// Its name on every surface, such as `file.save`.
    pub fn name(self) -> &'static str {
        self.row().1
    }

    fn row(self) -> &'static (Event, &'static str, &'static str, &'static str) {
        // Every event has a row: the table is as long as the enumeration, and a test holds them together.
        NAMES.iter().find(|it| it.0 == self).unwrap_or(&NAMES[0])
    }

    /// The event of this name.
    pub fn parse(name: &str) -> Option<Event> {
        NAMES.iter().find(|it| it.1 == name).map(|it| it.0)
    }

    /// The event that Kiro's v1 JSON calls so.
    pub(crate) fn parse_v1(name: &str) -> Option<Event> {
        NAMES
            .iter()
            .find(|it| it.2 == name && !name.is_empty())
            .map(|it| it.0)
    }

    /// The event that the older `.kiro.hook` calls so; `manual` is another word for `userTriggered`.
    pub(crate) fn parse_legacy(name: &str) -> Option<Event> {
        let name = if name == "manual" {
            "userTriggered"
        } else {
            name
        };
        NAMES
            .iter()
            .find(|it| it.3 == name && !name.is_empty())
            .map(|it| it.0)
    }

    /// All names in one of the forms.
    pub(crate) fn names() -> Vec<&'static str> {
        NAMES.iter().map(|it| it.1).collect()
    }

    pub(crate) fn names_v1() -> Vec<&'static str> {
        NAMES
            .iter()
            .map(|it| it.2)
            .filter(|it| !it.is_empty())
            .collect()
    }

    pub(crate) fn names_legacy() -> Vec<&'static str> {
        NAMES
            .iter()
            .map(|it| it.3)
            .filter(|it| !it.is_empty())
            .collect()
    }

    /// Whether it is about one file, so that a hook's filter is asked.
    pub fn is_about_a_file(self) -> bool {
        use Event::{FileCreate, FileDelete, FileRename, FileSave, PlanChange, SpecChange};
        matches!(
            self,
            FileSave | FileCreate | FileDelete | FileRename | SpecChange | PlanChange
        )
    }

    /// Whether it is about several files at once: those of a commit, a push, a merge.
    pub fn is_about_files(self) -> bool {
        use Event::{
            GitCommitMsg, GitPostCheckout, GitPostCommit, GitPostMerge, GitPreCommit, GitPrePush,
        };
        matches!(
            self,
            GitPreCommit
                | GitCommitMsg
                | GitPostCommit
                | GitPrePush
                | GitPostMerge
                | GitPostCheckout
        )
    }

    /// Whether it comes from git.
    pub fn is_of_git(self) -> bool {
        self.is_about_files()
    }

    /// The name of git's own hook for it, such as `pre-commit`.
    pub fn git_hook(self) -> Option<&'static str> {
        self.is_of_git()
            .then(|| self.name().trim_start_matches("git."))
    }

    /// Whether a hook can still stop what it announces, or hold what it made. What comes after the act cannot be
    /// stopped any more.
    pub fn can_be_stopped(self) -> bool {
        use Event::{
            BuildStart, DeployStart, FileCreate, FileRename, FileSave, GitCommitMsg, GitPreCommit,
            GitPrePush, Manual, PlanChange, PromptSubmit, SpecChange, TaskComplete, TaskStart,
            TestRun, ToolPre,
        };
        matches!(
            self,
            FileSave
                | FileCreate
                | FileRename
                | SpecChange
                | PlanChange
                | GitPreCommit
                | GitCommitMsg
                | GitPrePush
                | TestRun
                | BuildStart
                | DeployStart
                | TaskStart
                | TaskComplete
                | PromptSubmit
                | ToolPre
                | Manual
        )
    }

    /// Whether a blocking hook leaves a hold on the content that it was about.
    pub fn leaves_a_hold(self) -> bool {
        use Event::{FileCreate, FileRename, FileSave, PlanChange, SpecChange};
        matches!(
            self,
            FileSave | FileCreate | FileRename | SpecChange | PlanChange
        )
    }
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lead_back() {
        let all: Vec<Event> = Event::all().collect();
        let mut unique = all.clone();
        unique.sort_unstable();
        unique.dedup();
        assert_eq!(unique.len(), all.len());
        for (event, name, v1, legacy) in NAMES {
            assert_eq!(event.name(), name);
            assert_eq!(Event::parse(name), Some(event));
            assert_eq!(Event::parse_v1(v1), (!v1.is_empty()).then_some(event));
            assert_eq!(
                Event::parse_legacy(legacy),
                (!legacy.is_empty()).then_some(event)
            );
        }
        assert_eq!(Event::parse_legacy("manual"), Some(Event::Manual));
        assert_eq!(Event::parse("file.saved"), None);
        assert_eq!(Event::GitPreCommit.git_hook(), Some("pre-commit"));
        assert_eq!(Event::FileSave.git_hook(), None);
    }
}
