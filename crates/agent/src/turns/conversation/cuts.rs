//! Making room in a context that is nearly full, without losing what is true.

use model::Role;

use super::Conversation;
use crate::turns::room;
use crate::turns::{AgentEvent, Watcher, prompt};

impl Conversation<'_> {
    /// Makes room when the context is nearly full.
    pub(super) fn make_room(&mut self, watcher: &mut dyn Watcher) {
        if !self.gauge.is_full() {
            return;
        }
        let (count, bytes) = room::cut_results(&mut self.request.messages, &mut self.gauge);
        if count > 0 {
            watcher.event(self.agent, AgentEvent::ResultsCut { count, bytes });
        }
        if !self.gauge.has_room() {
            self.cut_turns(true, watcher);
        }
    }

    /// Puts what the ledger knows, and a summary by the model, in the place of the older turns.
    pub(super) fn cut_turns(&mut self, summarise: bool, watcher: &mut dyn Watcher) {
        if room::tail_start(&self.request.messages, &self.gauge).is_none() {
            return;
        }
        let summary = match summarise {
            true => self.summary(watcher),
            false => Err("the request was too long to ask for one".to_owned()),
        };
        let Some(start) = room::tail_start(&self.request.messages, &self.gauge) else {
            return;
        };
        let task = self.ledger.asked.first().cloned().unwrap_or_default();
        let known = self.ledger.told();
        let first = task + &prompt::instead(&known, summary.as_deref().ok());
        let messages = room::drop_turns(&mut self.request.messages, start, first, &mut self.gauge);
        let event = AgentEvent::TurnsCut {
            messages,
            no_summary: summary.err(),
        };
        watcher.event(self.agent, event);
    }

    /// Asks the model for a summary, at the end of the same request, which the provider may have kept.
    fn summary(&mut self, watcher: &mut dyn Watcher) -> Result<String, String> {
        let Some(last) = self.request.messages.last_mut() else {
            return Err("nothing was said yet".to_owned());
        };
        if last.role != Role::User {
            return Err("the model has the word".to_owned());
        }
        let before = last.text.len();
        if before > 0 {
            last.text.push_str("\n\n");
        }
        last.text.push_str(prompt::SUMMARISE);
        let reply = self.turn(watcher);
        if let Some(last) = self.request.messages.last_mut() {
            last.text.truncate(before);
        }
        let reply = reply.map_err(|error| error.to_string())?;
        match reply.text.trim() {
            "" => Err("the model gave none".to_owned()),
            text => Ok(text.to_owned()),
        }
    }
}
