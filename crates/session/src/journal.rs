//! The journal: every fact of every run, in one SQLite file outside the repository.
//!
//! Write-ahead logging with full synchronisation: a fact that was appended survives the death of the process
//! and of the machine. Appends are short `BEGIN IMMEDIATE` transactions, so several processes can share the
//! file. A journal of a newer Kiro is refused; one that is damaged is set aside and reported.

mod answers;
mod chain;

use std::borrow::Cow;
use std::path::{Path, PathBuf};
use std::time::Duration;

use change::Digest;
use engine::Fact;
use host::lease::Owner;
use policy::Redactor;
use rusqlite::{Connection, OptionalExtension, TransactionBehavior, params};
use serde_json::Value;

pub use answers::Given;

/// Version of the tables' form.
const VERSION: i64 = 3;

/// What the second form added: every fact carries the digest of all before it, and the last one is noted apart,
/// so that an edit, a gap and a missing end are seen.
const CHAIN: &str = "
ALTER TABLE fact ADD COLUMN chain TEXT NOT NULL DEFAULT '';
CREATE TABLE chain_head (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    seq INTEGER NOT NULL,
    chain TEXT NOT NULL
);
INSERT INTO chain_head (one, seq, chain) VALUES (1, 0, '');
";

const TABLES: &str = "
CREATE TABLE run (
    id TEXT PRIMARY KEY,
    spec TEXT NOT NULL,
    started_ms INTEGER NOT NULL,
    owner_pid INTEGER NOT NULL,
    owner_start INTEGER NOT NULL
);
CREATE TABLE fact (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    run TEXT NOT NULL REFERENCES run (id),
    at_ms INTEGER NOT NULL,
    body TEXT NOT NULL
);
CREATE TABLE document (
    path TEXT PRIMARY KEY,
    digest TEXT NOT NULL
);
CREATE INDEX fact_of_run ON fact (run, seq);
CREATE INDEX run_of_spec ON run (spec, started_ms);
";

/// A journal that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// SQLite could not do it.
    #[error("the journal {path} cannot be used: {source}")]
    Sqlite {
        /// The file.
        path: String,
        /// What SQLite said.
        source: rusqlite::Error,
    },
    /// It was written by a newer Kiro.
    #[error(
        "the journal {path} was written by a newer Kiro (form {found}, this one knows {VERSION})"
    )]
    Newer {
        /// The file.
        path: String,
        /// The form that stands there.
        found: i64,
    },
    /// It is damaged and could not be set aside.
    #[error("the journal {path} is damaged and could not be set aside: {source}")]
    SetAside {
        /// The file.
        path: String,
        /// Why not.
        source: std::io::Error,
    },
    /// A fact in it cannot be read.
    #[error("fact {seq} of the journal {path} cannot be read: {source}")]
    Fact {
        /// The file.
        path: String,
        /// Its place.
        seq: i64,
        /// What is wrong with it.
        source: serde_json::Error,
    },
}

/// One run as the journal lists it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunRow {
    /// The run's id.
    pub id: String,
    /// The spec's path, relative to the project.
    pub spec: String,
    /// When it began, in milliseconds since 1970.
    pub started_ms: i64,
    /// The process that holds it.
    pub owner: Owner,
}

/// A fact with its place and time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its place in the journal.
    pub seq: i64,
    /// The run it belongs to.
    pub run: String,
    /// When it was appended, in milliseconds since 1970.
    pub at_ms: i64,
    /// The fact.
    pub fact: Fact,
}

/// Whether a journal is as it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Soundness {
    /// How many facts it holds.
    pub facts: u64,
    /// Digest of all of them; a person can compare it with one that they noted.
    pub head: String,
    /// The first place at which it is not as it was written, and why.
    pub broken: Option<(i64, String)>,
}

/// An open journal.
pub struct Journal {
    path: PathBuf,
    connection: Connection,
    redactor: Redactor,
}

impl Journal {
    /// Opens the journal at `path`, creating it when there is none. The second value names a damaged
    /// journal that was set aside.
    ///
    /// # Errors
    /// When the file cannot be opened or created, or is of a newer form.
    pub fn open(path: &Path, now_ms: i64) -> Result<(Journal, Option<PathBuf>), JournalError> {
        match Journal::open_sound(path) {
            Err(JournalError::Sqlite { source, .. }) if is_damage(&source) => {
                let aside = path.with_extension(format!("damaged-{now_ms}"));
                set_aside(path, &aside)?;
                Ok((Journal::open_sound(path)?, Some(aside)))
            }
            other => Ok((other?, None)),
        }
    }

    /// Opens a journal that exists, to read it.
    ///
    /// # Errors
    /// When it cannot be opened or is of a newer form.
    pub fn read(path: &Path) -> Result<Journal, JournalError> {
        Journal::open_sound(path)
    }

    fn open_sound(path: &Path) -> Result<Journal, JournalError> {
        let fail = |source| JournalError::Sqlite {
            path: path.display().to_string(),
            source,
        };
        let mut connection = Connection::open(path).map_err(fail)?;
        connection
            .busy_timeout(Duration::from_secs(10))
            .map_err(fail)?;
        let found = version(&connection).map_err(fail)?;
        if found > VERSION {
            return Err(JournalError::Newer {
                path: path.display().to_string(),
                found,
            });
        }
        prepare(&mut connection).map_err(fail)?;
        Ok(Journal {
            path: path.to_path_buf(),
            connection,
            redactor: Redactor::default(),
        })
    }

    /// Records a new run and its holder.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn begin(&mut self, run: &RunRow) -> Result<(), JournalError> {
        let done = self.connection.execute(
            "INSERT INTO run (id, spec, started_ms, owner_pid, owner_start) VALUES (?, ?, ?, ?, ?)",
            params![
                run.id,
                run.spec,
                run.started_ms,
                run.owner.pid,
                run.owner.start.cast_signed()
            ],
        );
        done.map(|_| ()).map_err(|it| self.error(it))
    }

    /// Takes a run over from `from`; false when somebody else took it first.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn take_over(&mut self, run: &str, from: Owner, to: Owner) -> Result<bool, JournalError> {
        let done = self.connection.execute(
            "UPDATE run SET owner_pid = ?, owner_start = ? \
             WHERE id = ? AND owner_pid = ? AND owner_start = ?",
            params![
                to.pid,
                to.start.cast_signed(),
                run,
                from.pid,
                from.start.cast_signed()
            ],
        );
        done.map(|rows| rows == 1).map_err(|it| self.error(it))
    }

    /// Keeps these secrets, besides those of a known form, out of every fact that is appended from now on.
    pub fn redact_with(&mut self, redactor: Redactor) {
        self.redactor = redactor;
    }

    /// The facts as they are kept: without the secrets in them. What is shown is shown so.
    ///
    /// # Errors
    /// When one of them is none any more without its secrets.
    pub fn cleaned(&self, facts: Vec<Fact>) -> Result<Vec<Fact>, JournalError> {
        let clean = |fact: Fact| {
            let mut value = serde_json::to_value(&fact)?;
            redact(&self.redactor, &mut value);
            serde_json::from_value(value)
        };
        let cleaned: Result<Vec<Fact>, serde_json::Error> = facts.into_iter().map(clean).collect();
        cleaned.map_err(|source| self.no_fact(source))
    }

    fn no_fact(&self, source: serde_json::Error) -> JournalError {
        JournalError::Fact {
            path: self.path.display().to_string(),
            seq: 0,
            source,
        }
    }

    /// Appends facts, all or none; when this returns they are on the disk. Secrets in them are taken out first.
    ///
    /// # Errors
    /// When they cannot be written; then they were not.
    pub fn append(&mut self, run: &str, at_ms: i64, facts: &[Fact]) -> Result<(), JournalError> {
        let bodies = self.bodies(facts)?;
        let append = |connection: &mut Connection| {
            let act = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            chain::append(&act, run, at_ms, &bodies)?;
            act.commit()
        };
        append(&mut self.connection).map_err(|it| self.error(it))
    }

    /// The facts as rows hold them, without secrets.
    fn bodies(&self, facts: &[Fact]) -> Result<Vec<String>, JournalError> {
        let body = |fact: &Fact| {
            let mut value = serde_json::to_value(fact)?;
            redact(&self.redactor, &mut value);
            serde_json::to_string(&value)
        };
        let bodies: Result<Vec<String>, serde_json::Error> = facts.iter().map(body).collect();
        bodies.map_err(|source| self.no_fact(source))
    }

    /// Looks whether the journal is as it was written.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn soundness(&self) -> Result<Soundness, JournalError> {
        chain::soundness(&self.connection).map_err(|it| self.error(it))
    }

    /// The newest run of a spec.
    ///
    /// # Errors
    /// When the journal cannot be read.
    pub fn last_run(&self, spec: &str) -> Result<Option<RunRow>, JournalError> {
        let found = self.connection.query_row(
            "SELECT id, spec, started_ms, owner_pid, owner_start FROM run \
             WHERE spec = ? ORDER BY started_ms DESC, rowid DESC LIMIT 1",
            params![spec],
            run_row,
        );
        found.optional().map_err(|it| self.error(it))
    }

    /// Every run, newest first.
    ///
    /// # Errors
    /// When the journal cannot be read.
    pub fn runs(&self) -> Result<Vec<RunRow>, JournalError> {
        let read = || {
            let mut all = self.connection.prepare(
                "SELECT id, spec, started_ms, owner_pid, owner_start FROM run \
                 ORDER BY started_ms DESC, rowid DESC",
            )?;
            let rows = all.query_map([], run_row)?;
            rows.collect::<rusqlite::Result<Vec<RunRow>>>()
        };
        read().map_err(|it| self.error(it))
    }

    /// The facts of one run, oldest first.
    ///
    /// # Errors
    /// When the journal cannot be read, or holds a fact that this Kiro cannot.
    pub fn facts(&self, run: &str) -> Result<Vec<Entry>, JournalError> {
        self.facts_after(run, 0)
    }

    /// The facts of one run that stand after the place `seq`, oldest first.
    ///
    /// # Errors
    /// As [`Journal::facts`].
    pub fn facts_after(&self, run: &str, seq: i64) -> Result<Vec<Entry>, JournalError> {
        let read = || {
            let mut all = self.connection.prepare(
                "SELECT seq, run, at_ms, body FROM fact WHERE run = ? AND seq > ? ORDER BY seq",
            )?;
            let rows = all.query_map(params![run, seq], |row| {
                Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
            })?;
            rows.collect::<Result<Vec<Row>, _>>()
        };
        let rows = read().map_err(|it| self.error(it))?;
        self.parsed(rows)
    }

    /// The facts of one run that tell what was brought into the project and what was taken out, oldest first.
    ///
    /// # Errors
    /// As [`Journal::facts`].
    pub fn landings(&self, run: &str) -> Result<Vec<Entry>, JournalError> {
        self.only(
            run,
            "('run_started', 'apply_intended', 'apply_failed', 'applied', 'undone')",
        )
    }

    /// The facts of a run that tell what was done and how it was left, in order: what [`engine::Trail`] follows.
    ///
    /// # Errors
    /// As [`Journal::facts`].
    pub fn trail(&self, run: &str) -> Result<Vec<Entry>, JournalError> {
        self.only(
            run,
            "('run_started', 'planned', 'replanned', 'applied', 'task_done', 'undone', 'reopened', 'confirmed')",
        )
    }

    /// The facts of a run of these kinds, in order; `kinds` is a list of SQL.
    fn only(&self, run: &str, kinds: &'static str) -> Result<Vec<Entry>, JournalError> {
        let read = || {
            let mut all = self.connection.prepare(&format!(
                "SELECT seq, run, at_ms, body FROM fact WHERE run = ? AND json_extract(body, '$.fact') IN {kinds} ORDER BY seq",
            ))?;
            let rows = all.query_map(params![run], |row| {
                Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
            })?;
            rows.collect::<Result<Vec<Row>, _>>()
        };
        let rows = read().map_err(|it| self.error(it))?;
        self.parsed(rows)
    }

    /// Reads rows as facts: nearly all of what it takes to resume a long run, so all processors share it.
    fn parsed(&self, rows: Vec<Row>) -> Result<Vec<Entry>, JournalError> {
        const ALONE: usize = 4_096;
        let path = &self.path;
        let all = move |rows: &[Row]| {
            let entries = rows.iter().map(|row| entry(path, row));
            entries.collect::<Result<Vec<Entry>, JournalError>>()
        };
        if rows.len() <= ALONE {
            return all(&rows);
        }
        let crew = std::thread::available_parallelism().map_or(1, usize::from);
        let share = rows.len().div_ceil(crew);
        std::thread::scope(|scope| {
            let parts: Vec<_> = rows
                .chunks(share)
                .map(|rows| scope.spawn(move || all(rows)))
                .collect();
            let mut entries = Vec::with_capacity(rows.len());
            for part in parts {
                match part.join() {
                    Ok(part) => entries.extend(part?),
                    Err(panic) => std::panic::resume_unwind(panic),
                }
            }
            Ok(entries)
        })
    }

    /// Every fact about a hold, of all runs, oldest first.
    ///
    /// # Errors
    /// When the journal cannot be read.
    pub fn hold_facts(&self) -> Result<Vec<Entry>, JournalError> {
        self.entries(
            "body LIKE '%\"fact\":\"hold\\_%' ESCAPE '\\' AND seq > ?",
            0,
        )
    }

    /// The facts after `seq` that hooks left, of all runs, oldest first.
    ///
    /// # Errors
    /// When the journal cannot be read.
    pub fn hook_facts(&self, after_seq: i64) -> Result<Vec<Entry>, JournalError> {
        let of_hooks = "(body LIKE '%\"fact\":\"ho%' OR run IN (SELECT id FROM run WHERE spec = 'hooks')) AND seq > ?";
        self.entries(of_hooks, after_seq)
    }

    /// The changes of files that hooks were asked about, after the place `seq`, oldest first.
    ///
    /// # Errors
    /// When the journal cannot be read.
    pub fn changes_seen(&self, after_seq: i64) -> Result<Vec<Entry>, JournalError> {
        self.entries(
            "body LIKE '%\"fact\":\"change\\_seen\"%' ESCAPE '\\' AND seq > ?",
            after_seq,
        )
    }

    /// Every fact after the place `seq`, of all runs, oldest first.
    ///
    /// # Errors
    /// When the journal cannot be read.
    pub fn all_after(&self, seq: i64) -> Result<Vec<Entry>, JournalError> {
        self.entries("seq > ?", seq)
    }

    /// The place of the last fact; 0 when there is none.
    ///
    /// # Errors
    /// When the journal cannot be read.
    pub fn last_seq(&self) -> Result<i64, JournalError> {
        let last = self
            .connection
            .query_row("SELECT coalesce(max(seq), 0) FROM fact", [], |row| {
                row.get(0)
            });
        last.map_err(|it| self.error(it))
    }

    fn entries(&self, which: &str, value: i64) -> Result<Vec<Entry>, JournalError> {
        let read = || {
            let sql = format!("SELECT seq, run, at_ms, body FROM fact WHERE {which} ORDER BY seq");
            let mut all = self.connection.prepare(&sql)?;
            let rows = all.query_map(params![value], |row| {
                Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
            })?;
            rows.collect::<Result<Vec<Row>, _>>()
        };
        let rows = read().map_err(|it| self.error(it))?;
        self.parsed(rows)
    }

    /// Remembers what Kiro wrote to one of its documents, so that a person's edit is told from its own.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn wrote(&mut self, path: &str, digest: Digest) -> Result<(), JournalError> {
        let done = self.connection.execute(
            "INSERT INTO document (path, digest) VALUES (?, ?) \
             ON CONFLICT (path) DO UPDATE SET digest = excluded.digest",
            params![path, digest.to_string()],
        );
        done.map(|_| ()).map_err(|it| self.error(it))
    }

    /// What Kiro wrote last to a document.
    ///
    /// # Errors
    /// When the journal cannot be read.
    pub fn written(&self, path: &str) -> Result<Option<Digest>, JournalError> {
        let found = self.connection.query_row(
            "SELECT digest FROM document WHERE path = ?",
            params![path],
            |row| row.get::<_, String>(0),
        );
        let found = found.optional().map_err(|it| self.error(it))?;
        Ok(found.and_then(|text| Digest::parse(&text).ok()))
    }

    fn error(&self, source: rusqlite::Error) -> JournalError {
        JournalError::Sqlite {
            path: self.path.display().to_string(),
            source,
        }
    }
}

/// Place, run, time and body of a fact, as the table has them.
type Row = (i64, String, i64, String);

fn entry(path: &Path, (seq, run, at_ms, body): &Row) -> Result<Entry, JournalError> {
    let fact = serde_json::from_str(body).map_err(|source| JournalError::Fact {
        path: path.display().to_string(),
        seq: *seq,
        source,
    })?;
    Ok(Entry {
        seq: *seq,
        run: run.clone(),
        at_ms: *at_ms,
        fact,
    })
}

fn version(connection: &Connection) -> rusqlite::Result<i64> {
    connection.query_row("PRAGMA user_version", [], |row| row.get(0))
}

fn prepare(connection: &mut Connection) -> rusqlite::Result<()> {
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "foreign_keys", "ON")?;
    let act = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let found = version(&act)?;
    if found == 0 {
        act.execute_batch(TABLES)?;
    }
    if found < 2 {
        act.execute_batch(CHAIN)?;
        chain::begin(&act)?;
    }
    if found < 3 {
        act.execute_batch(answers::TABLE)?;
        act.pragma_update(None, "user_version", VERSION)?;
    }
    act.commit()
}

/// Takes secrets out of every text of a fact.
fn redact(redactor: &Redactor, value: &mut Value) {
    match value {
        Value::String(text) => {
            if let Cow::Owned(clean) = redactor.redact(text) {
                *text = clean;
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|it| redact(redactor, it)),
        Value::Object(fields) => fields.values_mut().for_each(|it| redact(redactor, it)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn run_row(row: &rusqlite::Row<'_>) -> rusqlite::Result<RunRow> {
    Ok(RunRow {
        id: row.get(0)?,
        spec: row.get(1)?,
        started_ms: row.get(2)?,
        owner: Owner {
            pid: row.get(3)?,
            start: row.get::<_, i64>(4)?.cast_unsigned(),
        },
    })
}

fn is_damage(error: &rusqlite::Error) -> bool {
    use rusqlite::ErrorCode::{DatabaseCorrupt, NotADatabase};
    matches!(
        error.sqlite_error_code(),
        Some(DatabaseCorrupt | NotADatabase)
    )
}

fn set_aside(path: &Path, aside: &Path) -> Result<(), JournalError> {
    for suffix in ["", "-wal", "-shm"] {
        let with = |base: &Path| PathBuf::from(format!("{}{suffix}", base.display()));
        match std::fs::rename(with(path), with(aside)) {
            Err(source) if source.kind() != std::io::ErrorKind::NotFound => {
                return Err(JournalError::SetAside {
                    path: path.display().to_string(),
                    source,
                });
            }
            _ => {}
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const ME: Owner = Owner { pid: 7, start: 70 };

    fn row(id: &str, spec: &str, started_ms: i64) -> RunRow {
        RunRow {
            id: id.into(),
            spec: spec.into(),
            started_ms,
            owner: ME,
        }
    }

    fn open(folder: &tempfile::TempDir) -> Journal {
        Journal::open(&folder.path().join("journal.db"), 1)
            .expect("opens")
            .0
    }

    #[test]
    fn facts_come_back_in_order_from_another_process() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut journal = open(&folder);
        journal.begin(&row("r1", "specs/a.md", 1)).expect("begins");
        let facts = [Fact::Resumed, Fact::Ticked { task: "1".into() }];
        journal.append("r1", 5, &facts).expect("appends");
        let other = open(&folder);
        let read: Vec<Fact> = other
            .facts("r1")
            .expect("reads")
            .into_iter()
            .map(|it| it.fact)
            .collect();
        assert_eq!(read, facts);
        assert!(other.facts("r2").expect("reads").is_empty());
    }

    #[test]
    fn the_newest_run_of_a_spec_is_found_and_taken_over_once() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut journal = open(&folder);
        journal.begin(&row("r1", "specs/a.md", 1)).expect("begins");
        journal.begin(&row("r2", "specs/a.md", 2)).expect("begins");
        journal.begin(&row("r3", "specs/b.md", 3)).expect("begins");
        let last = journal.last_run("specs/a.md").expect("reads").expect("one");
        assert_eq!(last.id, "r2");
        let next = Owner { pid: 8, start: 80 };
        assert!(journal.take_over("r2", ME, next).expect("writes"));
        assert!(!journal.take_over("r2", ME, next).expect("writes"));
    }

    #[test]
    fn damage_is_set_aside_and_a_newer_form_refused() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("journal.db");
        fs_write(&path, &[b'x'; 4096]);
        let (mut journal, aside) = Journal::open(&path, 9).expect("opens anew");
        assert!(aside.expect("was set aside").exists());
        journal.begin(&row("r1", "s", 1)).expect("works");
        journal
            .connection
            .pragma_update(None, "user_version", 99)
            .expect("writes");
        drop(journal);
        let refused = Journal::open(&path, 10).err().expect("refused").to_string();
        assert!(refused.contains("newer Kiro (form 99"), "{refused}");
    }

    #[test]
    fn edits_gaps_and_a_missing_end_are_seen() {
        let ticked = |task: &str| Fact::Ticked { task: task.into() };
        for (edit, at, why) in [
            (
                "UPDATE fact SET body = replace(body, '\"2\"', '\"9\"') WHERE seq = 2",
                2,
                "changed",
            ),
            ("UPDATE fact SET at_ms = 6 WHERE seq = 3", 3, "changed"),
            ("DELETE FROM fact WHERE seq = 2", 3, "changed"),
            ("DELETE FROM fact WHERE seq = 4", 4, "end"),
            ("DELETE FROM fact", 4, "end"),
        ] {
            let folder = tempfile::tempdir().expect("a folder");
            let mut journal = open(&folder);
            journal.begin(&row("r1", "s", 1)).expect("begins");
            for task in ["1", "2", "3", "4"] {
                journal.append("r1", 5, &[ticked(task)]).expect("appends");
            }
            let sound = journal.soundness().expect("reads");
            assert_eq!((sound.facts, &sound.broken), (4, &None));
            journal.connection.execute_batch(edit).expect("edits");
            let (seq, told) = journal.soundness().expect("reads").broken.expect("seen");
            assert_eq!(seq, at, "{edit}");
            assert!(told.contains(why), "{told}");
        }
    }

    #[test]
    fn a_journal_of_the_first_form_goes_on_in_the_second() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("journal.db");
        let old = Connection::open(&path).expect("opens");
        old.execute_batch(TABLES).expect("tables");
        old.execute_batch(
            "INSERT INTO run VALUES ('r1', 's', 1, 7, 70);
             INSERT INTO fact (run, at_ms, body) VALUES ('r1', 2, '{\"fact\":\"resumed\"}');
             PRAGMA user_version = 1;",
        )
        .expect("rows");
        drop(old);
        let mut journal = open(&folder);
        journal.append("r1", 5, &[Fact::Resumed]).expect("appends");
        assert_eq!(journal.facts("r1").expect("reads").len(), 2);
        let sound = journal.soundness().expect("reads");
        assert_eq!((sound.facts, sound.broken), (2, None));
        let edit = "UPDATE fact SET at_ms = 3 WHERE seq = 1";
        journal.connection.execute_batch(edit).expect("edits");
        assert!(journal.soundness().expect("reads").broken.is_some());
    }

    #[test]
    fn secrets_are_not_kept() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut journal = open(&folder);
        journal.begin(&row("r1", "s", 1)).expect("begins");
        let value = "Zq81mvKK20pw";
        journal.redact_with(Redactor::with_environment([format!("DB={value}").as_str()]));
        let reason = format!("it said {value} and AKIA{}", "Q7".repeat(8));
        let fact = Fact::AttemptFailed {
            task: "1".into(),
            reason,
        };
        let shown = journal.cleaned(vec![fact.clone()]).expect("facts");
        journal.append("r1", 5, &[fact]).expect("appends");
        assert_eq!(shown[0], journal.facts("r1").expect("reads")[0].fact);
        let Fact::AttemptFailed { reason, .. } = &journal.facts("r1").expect("reads")[0].fact
        else {
            panic!("another fact");
        };
        assert_eq!(
            reason,
            "it said [redacted environment-value] and [redacted aws-access-key]"
        );
    }

    #[expect(clippy::disallowed_methods, reason = "a test plants a damaged file")]
    fn fs_write(path: &Path, bytes: &[u8]) {
        std::fs::write(path, bytes).expect("writes");
    }
}
