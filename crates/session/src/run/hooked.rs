//! The project's hooks in a run: asked before a task begins and before it is completed, told of what changed and of how
//! things ended. A run trusts none of a folder's hooks; those that a person trusted take part.

use change::Changeset;
use hooks::{Event, Fact as Known, Value};

use super::Running;
use crate::error::SessionError;
use crate::hooking::{ExecKind, holds, stops};

impl Running<'_> {
    /// Why the hooks do not let a task begin or be completed; none when they do.
    pub(super) fn hooks_on_task(
        &mut self,
        event: Event,
        id: &str,
    ) -> Result<Option<String>, SessionError> {
        if !self.hooks.waits_for(event) {
            return Ok(None);
        }
        let title = self
            .run
            .task(id)
            .map_or(String::new(), |it| it.record.title.clone());
        let changes = self.brought_in(id)?;
        let names = changes.paths().map(ToString::to_string).collect();
        let incident = self
            .hooks
            .incident(event)
            .text(Known::Spec, self.place.name.as_str());
        let incident = incident
            .text(Known::Task, id)
            .text(Known::TaskTitle, title)
            .changing(changes, names);
        let ran = self.hooks.fire(&incident, self.front)?;
        self.hooks.flush(self.front)?;
        Ok(stops(&ran).filter(|_| event.can_be_stopped()))
    }

    /// What a task has proposed so far.
    fn brought_in(&self, id: &str) -> Result<Changeset, SessionError> {
        let proposal = self.run.task(id).and_then(|it| it.proposal.as_ref());
        match proposal {
            Some(proposal) => super::landing::changes(self.shop, proposal),
            None => Changeset::new(Vec::new()).map_err(SessionError::internal),
        }
    }

    /// Tells hooks of files that a task changed.
    pub(super) fn hooks_on_changes(&mut self, changes: &Changeset) -> Result<(), SessionError> {
        for file in changes.files() {
            let created = file.before.is_none();
            self.hooks
                .fire_on_write(file.path.as_str(), created, 0, self.front)?;
        }
        self.hooks.flush(self.front)
    }

    /// Whether a hook waits for tests or a build to begin.
    pub(super) fn hooks_wait_for_proofs(&self) -> bool {
        [Event::TestRun, Event::BuildStart]
            .into_iter()
            .any(|it| self.hooks.waits_for(it))
    }

    /// Why hooks do not let a check of the run begin, by what its words say that it is; none when they do.
    pub(super) fn hooks_on_begin(
        &mut self,
        argv: &[String],
    ) -> Result<Option<String>, SessionError> {
        let Some(kind) = ExecKind::recognised(argv) else {
            return Ok(None);
        };
        let [event, ..] = kind.events();
        if !self.hooks.waits_for(event) {
            return Ok(None);
        }
        let incident = self.hooks.incident(event);
        let incident = incident.text(Known::Command, argv.join(" "));
        let ran = self.hooks.fire(&incident, self.front)?;
        self.hooks.flush(self.front)?;
        Ok(stops(&ran))
    }

    /// Tells hooks how a check of the run ended, when its words say that it was tests or a build.
    pub(super) fn hooks_on_check(
        &mut self,
        argv: &[String],
        exit: Option<i32>,
    ) -> Result<(), SessionError> {
        let Some(kind) = ExecKind::recognised(argv) else {
            return Ok(());
        };
        let [_, well, badly] = kind.events();
        let event = if exit == Some(0) { well } else { badly };
        if !self.hooks.waits_for(event) {
            return Ok(());
        }
        let code = f64::from(exit.unwrap_or(-1));
        let incident = self
            .hooks
            .incident(event)
            .text(Known::Command, argv.join(" "));
        let incident = incident.with(Known::ExitCode, Value::Number(code));
        self.hooks.fire(&incident, self.front)?;
        self.hooks.flush(self.front)
    }

    /// Why what a task would bring in, or has brought in, is held; none when nothing of it is.
    pub(super) fn held(&mut self, id: &str) -> Result<Option<String>, SessionError> {
        let changes = self.brought_in(id)?;
        let standing = self.hooks.holds(self.front)?;
        let met = holds::met_by(&standing, &changes, &|hold, path| {
            self.hooks.reaches(hold, path)
        });
        Ok((!met.is_empty()).then(|| holds::told(&met)))
    }

    /// Tells hooks that the run begins or has ended.
    pub(super) fn hooks_on_session(&mut self, event: Event) -> Result<(), SessionError> {
        if self.hooks.waits_for(event) {
            let incident = self.hooks.incident(event);
            self.hooks.fire(&incident, self.front)?;
        }
        match event {
            Event::SessionStop => self.hooks.close(self.front),
            _ => self.hooks.flush(self.front),
        }
    }
}
