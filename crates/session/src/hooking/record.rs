//! What hooks did, in the journal: a run of its own for each process, begun when there is something to write.

use engine::{Fact, Mode, Outcome};
use host::lease::Owner;

use crate::error::SessionError;
use crate::journal::{Journal, RunRow};
use crate::places::{Environment, Project};
use crate::run::{now, open_journal};
use crate::secrets;
use crate::view::{Front, View};

/// What stands in place of a spec's path in runs of hooks.
pub(crate) const HOOKS: &str = "hooks";

/// The journal of what hooks do in this process.
pub(crate) struct Record {
    journal: Journal,
    run: String,
    begun: bool,
    model: String,
}

impl Record {
    pub(crate) fn open(
        project: &Project,
        environment: &Environment,
        model: String,
        front: &mut dyn Front,
    ) -> Result<Record, SessionError> {
        let journal = open_journal(project, &secrets::redactor(project, environment)?, front)?;
        let me = Owner::this().map_err(SessionError::internal)?;
        Ok(Record {
            journal,
            run: format!("{HOOKS}-{}-{}", now(), me.pid),
            begun: false,
            model,
        })
    }

    pub(crate) fn run(&self) -> &str {
        &self.run
    }

    pub(crate) fn journal(&self) -> &Journal {
        &self.journal
    }

    fn begin(&mut self) -> Result<(), SessionError> {
        if std::mem::replace(&mut self.begun, true) {
            return Ok(());
        }
        let row = RunRow {
            id: self.run.clone(),
            spec: HOOKS.to_owned(),
            started_ms: now(),
            owner: Owner::this().map_err(SessionError::internal)?,
        };
        self.journal.begin(&row).map_err(SessionError::internal)?;
        let started = Fact::RunStarted {
            spec: HOOKS.to_owned(),
            spec_fingerprint: String::new(),
            mode: Mode::Autopilot,
            model: self.model.clone(),
            only: None,
        };
        self.journal
            .append(&self.run, now(), &[started])
            .map_err(SessionError::internal)
    }

    /// Writes facts, all or none, and shows them.
    pub(crate) fn add(
        &mut self,
        facts: Vec<Fact>,
        front: &mut dyn Front,
    ) -> Result<(), SessionError> {
        if facts.is_empty() {
            return Ok(());
        }
        self.begin()?;
        self.journal
            .append(&self.run, now(), &facts)
            .map_err(SessionError::internal)?;
        for fact in facts {
            front.show(&View::Recorded(fact));
        }
        Ok(())
    }

    /// Ends the run, if one was begun.
    pub(crate) fn end(
        &mut self,
        outcome: Outcome,
        reason: &str,
        front: &mut dyn Front,
    ) -> Result<(), SessionError> {
        if !self.begun {
            return Ok(());
        }
        self.begun = false;
        let ended = Fact::RunEnded {
            outcome,
            reason: reason.to_owned(),
        };
        self.journal
            .append(&self.run, now(), std::slice::from_ref(&ended))
            .map_err(SessionError::internal)?;
        front.show(&View::Recorded(ended));
        Ok(())
    }
}
