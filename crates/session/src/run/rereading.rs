//! Hand edits of the tasks file while a run goes on: read again before each step, and taken as soon as they can be followed.

use std::time::Duration;

use change::Digest;
use engine::{Fact, Run, TaskRecord};

use super::{Running, tasks_file};
use crate::documents;
use crate::error::SessionError;
use crate::view::View;

/// How long a file that was changed must stay as it is before it counts: some editors write in two steps.
const REST: Duration = Duration::from_millis(50);

/// How often that is looked for.
const LOOKS: usize = 20;

impl Running<'_> {
    /// Takes what a person changed in the tasks file since it was read last.
    pub(super) fn hear_edits(&mut self) -> Result<(), SessionError> {
        if !self.run.can_replan() {
            return Ok(());
        }
        match self.edited_records() {
            Some(tasks) => self.record(Fact::Replanned { tasks }),
            None => Ok(()),
        }
    }

    /// Whether a person changed this very task while they were asked about it.
    pub(super) fn was_changed_meanwhile(&mut self, id: &str) -> Result<bool, SessionError> {
        let conflict = |run: &Run| run.task(id).map(|it| it.conflict);
        let before = conflict(&self.run);
        self.hear_edits()?;
        Ok(conflict(&self.run) != before)
    }

    /// The tasks of the tasks file, where it says something else than this run knows and can be followed.
    fn edited_records(&mut self) -> Option<Vec<TaskRecord>> {
        let mut text = self.tasks_text()?;
        if self.tasks_seen == Some(Digest::of(text.as_bytes())) {
            return None;
        }
        let mut records = tasks_file::records_of(&text, self.spec);
        if !self.run.differences(&records).is_empty() {
            text = self.at_rest(text)?;
            records = tasks_file::records_of(&text, self.spec);
        }
        self.tasks_seen = Some(Digest::of(text.as_bytes()));
        let told = self.run.differences(&records);
        if told.is_empty() {
            return None;
        }
        let path = self.place.tasks();
        let broken = match records.is_empty() {
            true => Some("it holds no task any more".to_owned()),
            false => Run::check_graph(&records).err().map(|it| it.to_string()),
        };
        if let Some(why) = broken {
            self.front.show(&View::Warning(format!(
                "{path} was edited and cannot be followed: {why}; the run goes on with the tasks as they were"
            )));
            return None;
        }
        let told = format!("{path} was edited: {}", told.join("; "));
        self.front.show(&View::Notice(told));
        Some(records)
    }

    /// The file's text; none while it cannot be read, such as between the two steps of an editor.
    fn tasks_text(&self) -> Option<String> {
        documents::read(&self.place.project, &self.place.tasks()).ok()?
    }

    fn at_rest(&self, mut text: String) -> Option<String> {
        for _ in 0..LOOKS {
            std::thread::sleep(REST);
            let again = self.tasks_text()?;
            if again == text {
                return Some(text);
            }
            text = again;
        }
        None
    }
}
