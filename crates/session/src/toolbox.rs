//! The one place where an agent's toolbox is made: the tools of the crate `tools`, over an attempt's worktree, inside
//! the attempt's walls, judged by the run's gate and recorded in its ledger.

use std::sync::Arc;

use tools::{Person, ShellLimits, ShellSetting, Workbench, Workspace};

use crate::error::SessionError;
use crate::network;
use crate::shop::{Shop, Yard};

/// Tools that read and change a yard's worktree, and run commands in it. What they change stays there until the
/// changeset is judged. `granted` are the commands that this run derived from its spec; `person` is asked about others.
///
/// # Errors
/// When the worktree is gone.
pub(crate) fn of_yard(
    shop: &Shop,
    yard: &Yard,
    granted: &[Vec<String>],
    person: Box<dyn Person>,
) -> Result<Workbench, SessionError> {
    let workspace = workspace(shop, yard, granted)?;
    Ok(Workbench::writing(workspace, person).with_shell(shell(shop, yard)?))
}

/// Tools that only look at a yard's worktree; `person` answers the model's questions.
///
/// # Errors
/// When the worktree is gone.
pub(crate) fn looking(
    shop: &Shop,
    yard: &Yard,
    person: Box<dyn Person>,
) -> Result<Workbench, SessionError> {
    let workspace = workspace(shop, yard, &[])?;
    Ok(Workbench::reading(workspace, person))
}

fn workspace(shop: &Shop, yard: &Yard, granted: &[Vec<String>]) -> Result<Workspace, SessionError> {
    let mut gate = shop.gate.clone();
    shop.approvals.give(&mut gate);
    for argv in granted {
        gate.grant_check(argv.clone());
    }
    let workspace = Workspace::open(&yard.tree, &gate).map_err(SessionError::internal)?;
    let ledger = Arc::clone(&shop.ledger);
    Ok(workspace.recorded_by(Arc::new(move |ruling| ledger.ruled(ruling))))
}

fn shell(shop: &Shop, yard: &Yard) -> Result<ShellSetting, SessionError> {
    let door = shop.door()?;
    let mut env = shop.variables(yard, &[], &[]);
    if door.is_some() {
        env.extend(network::certificates(shop.environment()));
    }
    Ok(ShellSetting {
        sandbox: shop.sandbox.clone(),
        walls: shop.walls(yard, shop.installations())?,
        door,
        env,
        find: Box::new(shop.finder()),
        limits: ShellLimits::default(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::PathBuf;

    use agent::{AgentEvent, Conversation, Job, TurnLimits, Watcher};
    use host::process::Supervisor;
    use host::sandbox::{Sandbox, Walls};
    use model::{Cancel, Message, Model, Scripted};
    use policy::{Gate, Rules};
    use serde_json::json;
    use tools::Nobody;

    struct Deaf;

    impl Watcher for Deaf {
        fn event(&mut self, _: u32, _: AgentEvent) {}

        fn message(&mut self, _: u32, _: &Message) {}
    }

    /// The first request of a small chat in the form of Chat Completions, the tools of an attempt included.
    #[test]
    fn a_first_request_has_less_than_eight_kilobytes() {
        let folder = tempfile::tempdir().expect("a folder");
        let gate = Gate::new(folder.path(), Rules::parse(None, None).expect("rules"));
        let setting = ShellSetting {
            sandbox: Sandbox::detect_for(
                Supervisor {
                    program: PathBuf::from("/nowhere"),
                    args: Vec::new(),
                },
                None,
            ),
            walls: Walls::default(),
            door: None,
            env: Vec::new(),
            find: Box::new(|_| None),
            limits: ShellLimits::default(),
        };
        let workspace = Workspace::open(folder.path(), &gate).expect("opens");
        let tools = Workbench::writing(workspace, Box::new(Nobody)).with_shell(setting);
        let model = Scripted::parse("s", "{\"reply\": \"hello\"}").expect("a script");
        let cancel = Cancel::new();
        let mut conversation = Conversation::new(Job {
            model: &model as &dyn Model,
            toolbox: &tools,
            system: crate::chat::SYSTEM,
            limits: TurnLimits::default(),
            cancel: &cancel,
            seed: 0,
            delegates: true,
        });
        conversation.ask("hello", &mut Deaf);
        let first = &model.requests()[0];
        let described = first.tools.iter().map(|it| {
            json!({"type": "function", "function": {
                "name": it.name, "description": it.description, "parameters": it.parameters,
            }})
        });
        let wire = json!({
            "model": "m", "stream": true, "max_completion_tokens": first.max_tokens,
            "messages": [
                {"role": "system", "content": first.system},
                {"role": "user", "content": "hello"},
            ],
            "tools": described.collect::<Vec<_>>(),
        });
        let bytes = wire.to_string().len();
        assert!((2_000..8_000).contains(&bytes), "{bytes} bytes");
    }
}
