//! Hooks around the calls of an agent: asked before a call and told after it.

use std::sync::{Mutex, PoisonError};

use hooks::{Event, Fact};
use serde_json::Value;
use tools::{Answer, Effect, Progress, Stop, ToolSpec, Toolbox};

use super::exec::ExecKind;
use super::outcome::stops;
use super::rig::Rig;
use crate::error::SessionError;
use crate::shop::Shop;
use crate::view::Unseen;

/// A toolbox whose calls hooks are asked about. Calls run one after the other where a hook waits for them.
pub(crate) struct Hooked<'t> {
    inner: &'t dyn Toolbox,
    /// None when no hook waits for a call.
    rig: Option<Mutex<Rig<'t>>>,
}

impl<'t> Hooked<'t> {
    pub(crate) fn over(inner: &'t dyn Toolbox, shop: &'t Shop) -> Result<Hooked<'t>, SessionError> {
        let rig = Rig::open(&shop.project, shop.environment(), &shop.cancel)?.in_shop(shop);
        let kinds = [ExecKind::Test, ExecKind::Build, ExecKind::Deploy];
        let around = kinds.into_iter().flat_map(ExecKind::events);
        let mut all = [Event::ToolPre, Event::ToolPost].into_iter().chain(around);
        let waits = all.any(|it| rig.waits_for(it));
        Ok(Hooked {
            inner,
            rig: waits.then(|| Mutex::new(rig)),
        })
    }

    fn fire(
        &self,
        rig: &Mutex<Rig<'t>>,
        event: Event,
        facts: &[(Fact, &str)],
    ) -> Result<Option<String>, SessionError> {
        let mut rig = rig.lock().unwrap_or_else(PoisonError::into_inner);
        let mut incident = rig.incident(event);
        for (fact, text) in facts {
            incident = incident.text(*fact, *text);
        }
        let ran = rig.fire(&incident, &mut Unseen)?;
        rig.flush(&mut Unseen)?;
        Ok(stops(&ran).filter(|_| event.can_be_stopped()))
    }
}

/// What a command is that an agent is about to run, with its words: of one simple command alone, because of others it is not
/// known which of them failed.
fn command_of(name: &str, arguments: &Value) -> Option<(ExecKind, String)> {
    let line = arguments["command"].as_str().filter(|_| name == "shell")?;
    let simple = !line.contains(['|', '&', ';', '<', '>', '(', '`', '$', '\n']);
    let words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
    let kind = ExecKind::recognised(&words).filter(|_| simple)?;
    Some((kind, line.to_owned()))
}

impl Drop for Hooked<'_> {
    fn drop(&mut self) {
        if let Some(rig) = self.rig.take() {
            // The facts are written; that the run's end is missing only shows that nobody ended it.
            let _ = rig
                .into_inner()
                .unwrap_or_else(PoisonError::into_inner)
                .close(&mut Unseen);
        }
    }
}

impl Toolbox for Hooked<'_> {
    fn specs(&self) -> Vec<ToolSpec> {
        self.inner.specs()
    }

    fn effect(&self, name: &str, arguments: &Value) -> Effect {
        match self.rig {
            Some(_) => Effect::Changes,
            None => self.inner.effect(name, arguments),
        }
    }

    fn title(&self, name: &str, arguments: &Value) -> String {
        self.inner.title(name, arguments)
    }

    fn call(
        &self,
        name: &str,
        arguments: &Value,
        stop: Stop<'_>,
        on: &(dyn Fn(Progress) + Sync),
    ) -> Answer {
        let Some(rig) = &self.rig else {
            return self.inner.call(name, arguments, stop, on);
        };
        let input = arguments.to_string();
        let title = self.inner.title(name, arguments);
        let before = [
            (Fact::Tool, title.as_str()),
            (Fact::ToolInput, input.as_str()),
        ];
        let known = command_of(name, arguments);
        let line = known.as_ref().map_or("", |it| it.1.as_str());
        let command = [(Fact::Command, line)];
        let mut asked = vec![(Event::ToolPre, &before[..])];
        asked.extend(known.as_ref().map(|it| (it.0.events()[0], &command[..])));
        for (event, facts) in asked {
            let why = match self.fire(rig, event, facts) {
                Ok(None) => continue,
                Ok(Some(why)) => {
                    format!("a hook of the project does not let this call happen: {why}")
                }
                Err(error) => format!("the project's hooks could not be asked: {}", error.message),
            };
            return Answer::failed(why);
        }
        let answer = self.inner.call(name, arguments, stop, on);
        let ended = known.as_ref().map(|it| {
            let [_, well, badly] = it.0.events();
            if answer.failed { badly } else { well }
        });
        let told = ended.map(|it| self.fire(rig, it, &command));
        if let Some(Err(error)) = told {
            return Answer::failed(format!(
                "{}\n\nThe project's hooks could not be told: {}",
                answer.text, error.message
            ));
        }
        let after = [
            (Fact::Tool, title.as_str()),
            (Fact::ToolInput, input.as_str()),
            (Fact::Output, answer.text.as_str()),
        ];
        match self.fire(rig, Event::ToolPost, &after) {
            Ok(_) => answer,
            Err(error) => Answer::failed(format!(
                "{}\n\nThe project's hooks could not be told: {}",
                answer.text, error.message
            )),
        }
    }
}
