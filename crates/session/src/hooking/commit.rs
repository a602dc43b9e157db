//! `auto_commit`: what a hook changed as one commit, of its own files alone.

use engine::Fact;
use host::process::{Command, Finished, Limits};
use policy::OwnProgram;

use super::outcome::Ran;
use super::rig::Rig;
use crate::documents;
use crate::error::SessionError;
use crate::shop::{Shop, supervisor};
use crate::view::Front;

/// By which git's hooks know how far a commit is from a person.
pub(crate) const DEPTH: &str = "KIRO_HOOK_DEPTH";

impl Rig<'_> {
    /// Commits the files that a hook changed; other files stay as they are, staged ones too.
    pub(super) fn commit(
        &mut self,
        shop: &Shop,
        file: &str,
        depth: u32,
        ran: &mut Ran,
        front: &mut dyn Front,
    ) -> Result<(), SessionError> {
        if ran.files.is_empty() {
            return Ok(());
        }
        let Some(git) = shop.program("git") else {
            return ran.failed("git was not found, so nothing was committed".to_owned());
        };
        let about = ran
            .path
            .as_ref()
            .map_or(String::new(), |it| format!(" of {it}"));
        let message = format!(
            "{}\n\nMade by the hook {file} on {}{about}.",
            ran.hook, ran.event
        );
        let own = ran.files.clone();
        let files = || own.iter().map(String::as_str);
        let add: Vec<&str> = ["add", "--"].into_iter().chain(files()).collect();
        let commit: Vec<&str> = ["commit", "--quiet", "--only", "-m", &message, "--"]
            .into_iter()
            .chain(files())
            .collect();
        for words in [add, commit] {
            let argv: Vec<String> = std::iter::once(git.as_str())
                .chain(words)
                .map(str::to_owned)
                .collect();
            let finished = git_as_user(shop, argv, depth)?;
            if !finished.ended.success() {
                return ran.failed(format!(
                    "its changes are there and were not committed: {}",
                    super::command::told(&finished, None)
                ));
            }
        }
        let fact = Fact::HookCommitted {
            hook: ran.hook.clone(),
            files: ran.files.clone(),
        };
        self.add(shop, vec![fact], front)
    }
}

/// Runs git as the user does, their settings and hooks included.
fn git_as_user(shop: &Shop, argv: Vec<String>, depth: u32) -> Result<Finished, SessionError> {
    let mut env = shop.inherited();
    env.retain(|it| it.0 != DEPTH);
    env.push((DEPTH.to_owned(), (depth + 1).to_string()));
    let command = Command {
        env,
        limits: Limits {
            wall: std::time::Duration::from_secs(900),
            ..Limits::default()
        },
        ..Command::new(argv, shop.project.root.clone())
    };
    let verdict = shop
        .gate
        .judge_own(OwnProgram::Commit, &command.argv, &command.cwd);
    let permit = documents::permitted(verdict)?;
    let cancel = shop.cancel.clone();
    let watcher = supervisor(shop.environment());
    host::process::plain(&watcher, permit, &command, &move || cancel.is_cancelled())
        .map_err(SessionError::internal)
}
