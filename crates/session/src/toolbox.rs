//! The one place where an agent's toolbox is made: the tools of the crate `tools`, over an attempt's worktree, inside
//! the attempt's walls.

use std::path::Path;

use host::sandbox::Walls;
use policy::{Gate, Reason, Verdict};
use tools::{CommandDecision, Form, Nobody, ShellLimits, ShellSetting, Workbench, Workspace};

use crate::error::SessionError;
use crate::shop::{Shop, Yard, is_plain_word};

/// Tools that read and change a yard's worktree, and run commands in it. What they change stays there until the
/// changeset is judged. `granted` are the commands that this run derived from its spec.
///
/// # Errors
/// When the worktree is gone.
pub(crate) fn of_yard(
    shop: &Shop,
    yard: &Yard,
    granted: &[Vec<String>],
) -> Result<Workbench, SessionError> {
    let mut gate = shop.gate.clone();
    for argv in granted {
        gate.grant_check(argv.clone());
    }
    let setting = shell(shop, yard, gate);
    let workspace = workspace(shop, yard)?;
    Ok(Workbench::writing(workspace, Box::new(Nobody)).with_shell(setting))
}

/// Tools that only look at a yard's worktree.
///
/// # Errors
/// When the worktree is gone.
pub(crate) fn looking(shop: &Shop, yard: &Yard) -> Result<Workbench, SessionError> {
    Ok(Workbench::reading(workspace(shop, yard)?, Box::new(Nobody)))
}

fn workspace(shop: &Shop, yard: &Yard) -> Result<Workspace, SessionError> {
    Workspace::open(&yard.tree, shop.gate.clone()).map_err(SessionError::internal)
}

fn shell(shop: &Shop, yard: &Yard, gate: Gate) -> ShellSetting {
    let tree = yard.tree.clone();
    ShellSetting {
        sandbox: shop.sandbox.clone(),
        walls: Walls {
            write: vec![yard.tree.clone(), yard.scratch.clone()],
            read: shop.installations(),
            ..Walls::default()
        },
        env: yard.variables(&[], &[]),
        find: Box::new(shop.finder()),
        judge: Box::new(move |text| judge(&gate, &tree, text)),
        limits: ShellLimits::default(),
    }
}

/// What policy says of a command. Only plain words are understood here: what a shell would make of anything else is not
/// known, and what does not parse is never allowed.
fn judge(gate: &Gate, tree: &Path, text: &str) -> CommandDecision {
    let Some(words) = words(text) else {
        return CommandDecision::Refuse(vec![Reason {
            rule: "built in: what cannot be taken apart does not run".to_owned(),
            why: format!("«{text}» holds more than plain words"),
            change: "make one plain command of it, without quotes, pipes and variables".to_owned(),
        }]);
    };
    let form = Form::Programs(vec![words.clone()]);
    match gate.judge_run(&words, tree) {
        Verdict::Allow(_) => CommandDecision::Run(form),
        Verdict::Ask(ask) => CommandDecision::Ask {
            form,
            reasons: ask.reasons,
        },
        Verdict::Deny(reasons) => CommandDecision::Refuse(reasons),
    }
}

/// The words of a command that a shell would not change.
fn words(text: &str) -> Option<Vec<String>> {
    let words = text.split(' ').filter(|it| !it.is_empty());
    let words: Vec<String> = words.map(str::to_owned).collect();
    let assigns = words.first().is_some_and(|it| it.contains('='));
    let plain = words.iter().all(|it| is_plain_word(it));
    (!words.is_empty() && !assigns && plain).then_some(words)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::PathBuf;

    use agent::{AgentEvent, Conversation, Job, TurnLimits, Watcher};
    use host::process::Supervisor;
    use host::sandbox::Sandbox;
    use model::{Cancel, Message, Model, Scripted};
    use policy::Rules;
    use serde_json::json;

    #[test]
    fn only_plain_granted_commands_run() {
        let config = "security:\n  denied_commands: [\"rm -rf\"]\n";
        let rules = Rules::parse(Some(config), None).expect("rules");
        let tree = PathBuf::from("/ws");
        let mut gate = Gate::new(&tree, rules);
        let granted = ["python3", "-m", "unittest"].map(str::to_owned).to_vec();
        gate.grant_check(granted.clone());
        let said = |text: &str| match judge(&gate, &tree, text) {
            CommandDecision::Run(Form::Programs(all)) => format!("runs {all:?}"),
            CommandDecision::Run(Form::Shell) => "runs in a shell".to_owned(),
            CommandDecision::Ask { .. } => "asks".to_owned(),
            CommandDecision::Refuse(_) => "refused".to_owned(),
        };
        for (text, expected) in [
            ("python3 -m unittest", format!("runs {:?}", vec![granted])),
            ("python3 -m unittest -v", "asks".to_owned()),
            ("rm -rf x", "refused".to_owned()),
            ("python3 -m unittest; rm -rf x", "refused".to_owned()),
            ("python3 -m unittest\nrm x", "refused".to_owned()),
            ("echo $HOME", "refused".to_owned()),
            ("PATH=. python3 -m unittest", "refused".to_owned()),
            ("", "refused".to_owned()),
        ] {
            assert_eq!(said(text), expected, "{text}");
        }
    }

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
            env: Vec::new(),
            find: Box::new(|_| None),
            judge: Box::new(|_| CommandDecision::Refuse(Vec::new())),
            limits: ShellLimits::default(),
        };
        let workspace = Workspace::open(folder.path(), gate).expect("opens");
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
