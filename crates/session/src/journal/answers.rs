//! Answers that a person gave from elsewhere, such as another terminal: rows that the process of the run takes.

use engine::{Answer, Fact};
use rusqlite::{TransactionBehavior, params};

use super::{Journal, JournalError, chain};

/// What the third form added.
pub(super) const TABLE: &str = "
CREATE TABLE answer (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    run TEXT NOT NULL REFERENCES run (id),
    task TEXT NOT NULL,
    tree TEXT NOT NULL,
    answer TEXT NOT NULL,
    remark TEXT NOT NULL,
    at_ms INTEGER NOT NULL,
    taken INTEGER NOT NULL DEFAULT 0
);
";

/// An answer to one proposal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Given {
    /// The run.
    pub run: String,
    /// The task.
    pub task: String,
    /// The tree that was looked at; a proposal of another tree is another one.
    pub tree: String,
    /// The answer.
    pub answer: Answer,
    /// What the person wants to be otherwise; may be empty.
    pub remark: String,
}

impl Journal {
    /// Leaves an answer for the run's process; it takes the place of one that was not taken yet.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn give(&mut self, given: &Given, at_ms: i64) -> Result<(), JournalError> {
        let remark = self.redactor.redact(&given.remark).into_owned();
        let write = |connection: &mut rusqlite::Connection| {
            let act = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            act.execute(
                "DELETE FROM answer WHERE run = ? AND task = ? AND taken = 0",
                params![given.run, given.task],
            )?;
            act.execute(
                "INSERT INTO answer (run, task, tree, answer, remark, at_ms) VALUES (?, ?, ?, ?, ?, ?)",
                params![
                    given.run,
                    given.task,
                    given.tree,
                    given.answer.name(),
                    remark,
                    at_ms
                ],
            )?;
            act.commit()
        };
        write(&mut self.connection).map_err(|it| self.error(it))
    }

    /// Records what a person answered. What was left for the task is taken by that, in one act: an answer is either still there
    /// or recorded, whenever the process dies. `left` is the answer that is recorded, when it had been left; false, and nothing
    /// is recorded, when it is no longer there.
    ///
    /// # Errors
    /// When the journal cannot be written; then nothing is recorded and nothing taken.
    pub fn append_answer(
        &mut self,
        (run, task): (&str, &str),
        at_ms: i64,
        facts: &[Fact],
        left: Option<&Given>,
    ) -> Result<bool, JournalError> {
        let bodies = self.bodies(facts)?;
        let write = |connection: &mut rusqlite::Connection| {
            let act = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            if let Some(left) = left {
                let found: i64 = act.query_row(
                    "SELECT count(*) FROM answer WHERE run = ? AND task = ? AND tree = ? AND answer = ? \
                     AND remark = ? AND taken = 0",
                    params![run, task, left.tree, left.answer.name(), left.remark],
                    |row| row.get(0),
                )?;
                if found == 0 {
                    return Ok(false);
                }
            }
            act.execute(
                "UPDATE answer SET taken = 1 WHERE run = ? AND task = ? AND taken = 0",
                params![run, task],
            )?;
            chain::append(&act, run, at_ms, &bodies)?;
            act.commit()?;
            Ok(true)
        };
        write(&mut self.connection).map_err(|it| self.error(it))
    }

    /// Takes what was left for a task and records nothing: the task is another than the one that was looked at.
    ///
    /// # Errors
    /// When the journal cannot be written.
    pub fn discard_answers(&mut self, run: &str, task: &str) -> Result<(), JournalError> {
        let done = self.connection.execute(
            "UPDATE answer SET taken = 1 WHERE run = ? AND task = ? AND taken = 0",
            params![run, task],
        );
        done.map(|_| ()).map_err(|it| self.error(it))
    }

    /// The answer that was left for a proposal, if one was.
    ///
    /// # Errors
    /// When the journal cannot be read.
    pub fn left(&self, run: &str, task: &str, tree: &str) -> Result<Option<Given>, JournalError> {
        let wanted = |it: &Given| it.task == task && it.tree == tree;
        Ok(self.given(run)?.into_iter().find(wanted))
    }

    /// The answers of a run that were not taken yet.
    ///
    /// # Errors
    /// When the journal cannot be read.
    pub fn given(&self, run: &str) -> Result<Vec<Given>, JournalError> {
        let read = || {
            let mut all = self.connection.prepare(
                "SELECT task, tree, answer, remark FROM answer WHERE run = ? AND taken = 0 ORDER BY id",
            )?;
            let rows = all.query_map(params![run], |row| {
                Ok((
                    row.get::<_, String>(0)?,
                    row.get::<_, String>(1)?,
                    row.get::<_, String>(2)?,
                    row.get::<_, String>(3)?,
                ))
            })?;
            rows.collect::<rusqlite::Result<Vec<_>>>()
        };
        let rows = read().map_err(|it| self.error(it))?;
        let given = rows.into_iter().filter_map(|(task, tree, answer, remark)| {
            Some(Given {
                run: run.to_owned(),
                task,
                tree,
                answer: Answer::ALL.into_iter().find(|it| it.name() == answer)?,
                remark,
            })
        });
        Ok(given.collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::journal::RunRow;
    use host::lease::Owner;

    fn given(task: &str, tree: &str, answer: Answer) -> Given {
        Given {
            run: "r".to_owned(),
            task: task.to_owned(),
            tree: tree.to_owned(),
            answer,
            remark: String::new(),
        }
    }

    #[test]
    fn an_answer_is_taken_once_and_only_for_what_was_looked_at() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("journal.db");
        let (mut here, _) = Journal::open(&path, 0).expect("opens");
        let (mut there, _) = Journal::open(&path, 0).expect("opens");
        let row = RunRow {
            id: "r".to_owned(),
            spec: "s".to_owned(),
            started_ms: 1,
            owner: Owner::this().expect("a process"),
        };
        here.begin(&row).expect("begins");
        there
            .give(&given("1", "a", Answer::Skip), 1)
            .expect("gives");
        there
            .give(&given("1", "a", Answer::Approve), 2)
            .expect("gives");
        assert_eq!(here.left("r", "1", "b").expect("reads"), None);
        assert_eq!(here.left("r", "2", "a").expect("reads"), None);
        let left = here.left("r", "1", "a").expect("reads").expect("is there");
        assert_eq!(left.answer, Answer::Approve);
        let facts = [Fact::Unanswered { task: "1".into() }];
        let record = |journal: &mut Journal, left: &Given| {
            journal
                .append_answer(("r", "1"), 3, &facts, Some(left))
                .expect("appends")
        };
        let other = given("1", "a", Answer::Skip);
        assert!(!record(&mut here, &other));
        assert!(here.facts("r").expect("reads").is_empty());
        assert!(record(&mut here, &left));
        assert_eq!(there.left("r", "1", "a").expect("reads"), None);
        assert!(!record(&mut there, &left));
        assert_eq!(here.facts("r").expect("reads").len(), 1);
        assert_eq!(here.soundness().expect("reads").broken, None);
    }
}
