//! What hooks may do: git's own hooks that the user asked for, and the commands of hook files.

use std::path::Path;

use super::Gate;
use super::commands::reason_of;
use crate::path::{FileAct, PathFacts};
use crate::permit::{Act, Permit};
use crate::shell::Answer;
use crate::trust::TrustKind;
use crate::verdict::{Reason, Verdict};

/// The rule by which git's hooks are written and removed.
const ASKED: &str = "the git hooks that the user asked for";

impl Gate {
    /// Judges writing one of git's hooks, which the user asked for.
    pub fn judge_git_hook(&self, path: &Path, bytes: &[u8]) -> Verdict {
        Verdict::Allow(Permit::mint(&Act::write(path, bytes), ASKED))
    }

    /// Judges moving the hook that stood there before aside, or back to its place.
    pub fn judge_git_hook_move(&self, from: &PathFacts, to: &PathFacts) -> Verdict {
        Verdict::Allow(Permit::mint(
            &self.file_act(FileAct::Rename(to), from),
            ASKED,
        ))
    }

    /// Judges removing a hook that Kiro wrote.
    pub fn judge_git_hook_removal(&self, facts: &PathFacts) -> Verdict {
        Verdict::Allow(Permit::mint(&self.file_act(FileAct::Delete, facts), ASKED))
    }

    /// Whether a hook file of the folder is trusted as it is now.
    pub fn trusts_hook(&self, file: &str) -> bool {
        self.trust.trusts(TrustKind::Hook, file)
    }

    /// Judges the command of a hook. `file` is the hook file in the folder, none for one of the user's own; `text` is the
    /// command with its values, which `argv` hands to a shell.
    ///
    /// Trust in the file is leave to run its commands, in the sandbox; what is denied stays denied.
    pub fn judge_hook(
        &self,
        file: Option<&str>,
        text: &str,
        argv: &[String],
        cwd: &Path,
    ) -> Verdict {
        let act = Act::Run {
            argv: argv.to_vec(),
            cwd: cwd.to_path_buf(),
        };
        let mut verdict = self.explain_line(text);
        let mut deny = Vec::new();
        if verdict.answer == Answer::Deny {
            deny.push(reason_of(&verdict));
        }
        if let Some(file) = file.filter(|it| !self.trusts_hook(it)) {
            deny.push(Reason {
                rule: "hooks of a folder run once it is trusted".to_owned(),
                why: format!("{file} is not trusted as it is now"),
                change: "look at it and run `kiro trust`".to_owned(),
            });
        }
        // Trust stands for what would only be asked about; a rule that asks is heard all the same.
        verdict.answer = Answer::Allow;
        self.hold_back(text, &mut verdict);
        let ask = match verdict.answer {
            Answer::Ask => vec![reason_of(&verdict)],
            Answer::Allow | Answer::Deny => Vec::new(),
        };
        Verdict::from_reasons(&act, deny, ask, "the command of a trusted hook")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Rules;
    use crate::trust::{Grantable, Grants, Trust};
    use change::Digest;

    #[test]
    fn a_hooks_command_needs_trust_and_stays_within_what_is_denied() {
        let config = "security: {denied_commands: [\"rm -rf\"]}\n";
        let rules = Rules::parse(Some(config), None).expect("rules");
        let mut gate = Gate::new(Path::new("/ws"), rules);
        let judge = |gate: &Gate, file: Option<&str>, text: &str| {
            let argv = ["/bin/sh", "-c", text].map(str::to_owned);
            match gate.judge_hook(file, text, &argv, Path::new("/ws")) {
                Verdict::Allow(_) => "allow",
                Verdict::Ask(_) => "ask",
                Verdict::Deny(_) => "deny",
            }
        };
        assert_eq!(judge(&gate, Some("a.yaml"), "npm test"), "deny");
        assert_eq!(judge(&gate, None, "npm test"), "allow", "the user's own");
        let item = Grantable {
            kind: TrustKind::Hook,
            name: "a.yaml".to_owned(),
            shows: Vec::new(),
            digest: Some(Digest::of(b"x")),
        };
        let mut grants = Grants::default();
        grants.add(TrustKind::Hook, "a.yaml", Digest::of(b"x"));
        gate.set_trust(Trust::of(vec![item], &grants));
        assert_eq!(judge(&gate, Some("a.yaml"), "npm test | tee x"), "allow");
        assert_eq!(
            judge(&gate, Some("a.yaml"), "npm test && rm -rf build"),
            "deny"
        );
        assert_eq!(judge(&gate, Some("b.yaml"), "npm test"), "deny");
    }
}
