//! What a prompt does: a request to the model, or one of the commands by which specs are worked with.

mod told;

use std::cell::RefCell;

use agent_client_protocol_schema::v1::{
    AvailableCommand, AvailableCommandInput, AvailableCommandsUpdate, ClientCapabilities,
    SessionUpdate, UnstructuredCommandInput,
};
use serde_json::{Value, json};
use session::{Came, Cancel, GivenPicture, Outcome, Project};

use super::front::ClientFront;
use super::sessions::Session;
use super::{lock, updates};
use crate::hub::{Begin, Hub, HubFront, Work};
use crate::kiro::runs;
use crate::rpc::{Peer, RpcError, code};
use crate::wire::{self, Ended, Here};

/// Each command with what may follow it and what it does.
const COMMANDS: [(&str, &str, &str); 11] = [
    (
        "spec",
        "[NAME | new NAME TITLE | from-chat NAME]",
        "List the specs, show one, begin a new one, or make this conversation one",
    ),
    (
        "plan",
        "[SPEC] [what should be otherwise]",
        "Write the plan and the tasks of a spec",
    ),
    (
        "run",
        "[SPEC] [TASK]",
        "Carry a spec out: task by task, proven, shown as diffs",
    ),
    (
        "tasks",
        "[SPEC]",
        "Show the tasks of a spec and how they stand",
    ),
    ("status", "", "Show every spec with what became of it"),
    (
        "lint",
        "[SPEC]",
        "Name what is vague, missing or contradictory in specs",
    ),
    (
        "why",
        "TASK",
        "Show what a task did: attempts, checks, answers",
    ),
    ("approvals", "", "Show what waits for an answer"),
    (
        "undo",
        "[TASK]",
        "Take the last task, or this one, out again",
    ),
    ("hooks", "", "Show the hooks, and why one cannot fire"),
    ("help", "", "Show these commands"),
];

/// What follows `/spec` when the conversation is to become one.
const FROM_CHAT: &str = "from-chat ";

/// The commands as the client offers them.
pub(super) fn available() -> SessionUpdate {
    let command = |(name, input, what): &(&str, &str, &str)| {
        let command = AvailableCommand::new(*name, *what);
        match input.is_empty() {
            true => command,
            false => command.input(AvailableCommandInput::Unstructured(
                UnstructuredCommandInput::new(*input),
            )),
        }
    };
    let commands = COMMANDS.iter().map(command).collect();
    SessionUpdate::AvailableCommandsUpdate(AvailableCommandsUpdate::new(commands))
}

/// One prompt at work.
pub(super) struct Turn<'a> {
    pub(super) hub: &'a Hub,
    pub(super) peer: &'a Peer,
    pub(super) client: &'a ClientCapabilities,
    pub(super) session: &'a Session,
    pub(super) cancel: &'a Cancel,
    /// What is shown with the prompt.
    pub(super) pictures: &'a [GivenPicture],
    /// What came of a request beside the answer.
    pub(super) came: RefCell<Came>,
}

impl Turn<'_> {
    /// Does what the prompt asks for; gives what was said.
    pub(super) fn take(&self, prompt: &str) -> Result<String, RpcError> {
        let Some((name, rest)) = command(prompt) else {
            return self.chat(prompt);
        };
        if !self.pictures.is_empty() {
            return Err(RpcError::params(format!("/{name} takes no pictures")));
        }
        let text = match name {
            "run" => return self.run(rest),
            "plan" => return self.plan(rest),
            "spec" if rest.starts_with(FROM_CHAT) => return self.spec_from_chat(rest),
            "spec" => self.spec(rest)?,
            "tasks" => told::tasks(&self.spec_of(rest)?.0, &self.session.environment)?,
            "status" => told::status(&self.session.environment)?,
            "lint" => told::lint(rest, &self.session.environment)?,
            "why" => told::why(rest, &self.session.environment)?,
            "approvals" => told::approvals(&self.session.environment)?,
            "undo" => told::undo(rest, &self.session.environment)?,
            "hooks" => told::hooks(&self.session.environment)?,
            _ => help(),
        };
        Ok(self.say(text))
    }

    fn say(&self, text: String) -> String {
        updates::send(self.peer, &self.session.id, updates::of_agent(&text));
        text
    }

    /// Makes the conversation so far a specification, by the model that it was had with.
    fn spec_from_chat(&self, rest: &str) -> Result<String, RpcError> {
        let name = rest.trim_start_matches(FROM_CHAT).trim();
        let letter = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        if name.is_empty() || !name.chars().all(letter) {
            let told =
                "a spec needs a name of letters, digits and hyphens: /spec from-chat user-login";
            return Err(RpcError::params(told));
        }
        if lock(&self.session.state).conversation.exchanges.is_empty() {
            let told = "nothing was said yet that could become a spec";
            return Err(RpcError::params(told));
        }
        let said = self.chat(&session::spec_request(name))?;
        lock(&self.session.state).spec = Some(name.to_owned());
        Ok(said)
    }

    fn spec(&self, rest: &str) -> Result<String, RpcError> {
        let environment = &self.session.environment;
        let mut words = rest.splitn(3, char::is_whitespace);
        match (words.next().unwrap_or_default(), words.next()) {
            ("", _) => told::specs(environment),
            ("new", Some(name)) => {
                let text = told::new_spec(name, words.next(), environment)?;
                lock(&self.session.state).spec = Some(name.to_owned());
                Ok(text)
            }
            _ => {
                lock(&self.session.state).spec = Some(rest.to_owned());
                told::spec(rest, environment)
            }
        }
    }

    /// The spec that is meant, and what follows its name: the one that is named, that was spoken of last, or the only one.
    fn spec_of<'t>(&self, rest: &'t str) -> Result<(String, &'t str), RpcError> {
        let environment = &self.session.environment;
        let (first, after) = rest
            .split_once(char::is_whitespace)
            .map_or((rest, ""), |(first, after)| (first, after.trim()));
        let known = session::spec_list(environment)?;
        let is_named = |it: &session::ListedSpec| it.name == first || it.path == first;
        let mut state = lock(&self.session.state);
        if !first.is_empty()
            && (known.iter().any(is_named) || environment.cwd.join(first).is_file())
        {
            state.spec = Some(first.to_owned());
            return Ok((first.to_owned(), after));
        }
        let open = || known.iter().filter(|it| !it.archived);
        let only = open().next().filter(|_| open().count() == 1);
        let found = state
            .spec
            .clone()
            .or_else(|| only.map(|it| it.path.clone()));
        let Some(spec) = found else {
            let names: Vec<&str> = open().map(|it| it.name.as_str()).take(20).collect();
            return Err(RpcError::params(match names.is_empty() {
                true => "there is no spec here; `/spec new NAME` begins one".to_owned(),
                false => format!("say which spec: {}", names.join(", ")),
            }));
        };
        state.spec = Some(spec.clone());
        Ok((spec, rest))
    }

    fn chat(&self, prompt: &str) -> Result<String, RpcError> {
        let environment = &self.session.environment;
        let (mode, model, earlier) = {
            let state = lock(&self.session.state);
            (
                state.mode,
                state.model.clone(),
                state.conversation.exchanges.clone(),
            )
        };
        let wanted = wire::StartChat {
            here: Here::default(),
            prompt: prompt.to_owned(),
            mode,
            model,
        };
        let mut options = runs::chat_options(&wanted, environment)?;
        options.earlier = earlier;
        options.pictures = self.pictures.to_vec();
        let subject: String = prompt.chars().take(80).collect();
        let ended = self.carry_out("chat", &subject, |cancel, front| {
            let chat = session::chat(&options, environment, cancel, front)?;
            *self.came.borrow_mut() = Came {
                files: chat.files,
                applied: chat.applied,
                pictures: chat.pictures,
            };
            Ok((chat.outcome, chat.reason, json!({"text": chat.text})))
        })?;
        let said = ended.result["text"].as_str().unwrap_or_default().to_owned();
        match ended.reason.is_empty() {
            true => Ok(said),
            false => {
                self.say(format!("\n\n{}: {}", ended.outcome, ended.reason));
                Ok(said)
            }
        }
    }

    fn plan(&self, rest: &str) -> Result<String, RpcError> {
        let environment = &self.session.environment;
        let (spec, feedback) = self.spec_of(rest)?;
        let wanted = wire::StartPlan {
            here: Here::default(),
            spec: spec.clone(),
            fresh: false,
            feedback: (!feedback.is_empty()).then(|| feedback.to_owned()),
            model: lock(&self.session.state).model.clone(),
        };
        let options = runs::plan_options(&wanted, environment)?;
        self.carry_out("plan", &spec, |cancel, front| {
            let place = session::plan(&options, environment, cancel, front)?;
            let made = json!({"plan": place.plan(), "tasks": place.tasks()});
            Ok((Outcome::Done, String::new(), made))
        })?;
        told::tasks(&spec, environment).map(|it| self.say(it))
    }

    fn run(&self, rest: &str) -> Result<String, RpcError> {
        let environment = &self.session.environment;
        let (spec, task) = self.spec_of(rest)?;
        let (mode, model) = {
            let state = lock(&self.session.state);
            (state.mode, state.model.clone())
        };
        let wanted = wire::StartRun {
            here: Here::default(),
            spec: spec.clone(),
            mode,
            task: (!task.is_empty()).then(|| task.to_owned()),
            parallel: None,
            commit_per_task: false,
            branch: None,
            model,
        };
        let options = runs::run_options(&wanted, environment)?;
        let ended = self.carry_out("run", &spec, |cancel, front| {
            let outcome = session::run(&options, environment, cancel, front)?;
            Ok((outcome, front.reason(), Value::Null))
        })?;
        let tasks = told::tasks(&spec, environment)?;
        Ok(self.say(format!(
            "Run {}: {}\n\n{tasks}",
            ended.outcome, ended.reason
        )))
    }

    /// Does something that takes time, shown to this client.
    fn carry_out(
        &self,
        kind: &'static str,
        subject: &str,
        work: impl FnOnce(&Cancel, &mut HubFront) -> Work,
    ) -> Result<Ended, RpcError> {
        let environment = &self.session.environment;
        let begin = Begin {
            kind,
            subject,
            mode: Some(runs::mode(lock(&self.session.state).mode).1),
            environment,
        };
        let root = Project::around(environment)?.root.display().to_string();
        let front = ClientFront::new(self.peer, &self.session.id, root, environment, self.client);
        let ended = self
            .hub
            .carry_out(&begin, self.cancel, Box::new(front), work)?;
        match ended.outcome {
            "failed" => Err(RpcError {
                code: code::INTERNAL,
                data: ended.hint.map(|hint| json!({ "hint": hint })),
                message: ended.reason,
            }),
            "interrupted" => Err(RpcError::new(code::CANCELLED, ended.reason)),
            _ => Ok(ended),
        }
    }
}

/// The command that a prompt begins with, and what follows it.
fn command(prompt: &str) -> Option<(&'static str, &str)> {
    let text = prompt.trim().strip_prefix('/')?;
    let (name, rest) = text
        .split_once(char::is_whitespace)
        .map_or((text, ""), |(name, rest)| (name, rest.trim()));
    let known = COMMANDS.iter().find(|it| it.0 == name)?;
    Some((known.0, rest))
}

fn help() -> String {
    let lines = COMMANDS.iter().map(|(name, input, what)| {
        let whole = format!("/{name} {input}");
        format!("- `{}`: {what}", whole.trim())
    });
    lines.collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_known_is_a_command() {
        assert_eq!(command("/run a 2"), Some(("run", "a 2")));
        assert_eq!(command(" /status\n"), Some(("status", "")));
        for text in ["run", "/running", "/", "/etc/hosts is odd", "a /run"] {
            assert_eq!(command(text), None, "{text}");
        }
        assert!(help().contains("- `/status`: "), "{}", help());
    }
}
