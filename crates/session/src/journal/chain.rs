//! The chain of digests through all facts of a journal.
//!
//! Whoever can write the file can also make a new chain; what cannot be made is one that ends in a digest which
//! somebody noted before. Against edits in passing, and against loss, the file alone suffices.

use change::Digest;
use rusqlite::{Connection, params};

use super::Soundness;

/// The digest of a fact and, through the one before it, of all earlier ones.
fn next(before: &str, seq: i64, run: &str, at_ms: i64, body: &str) -> String {
    let text = format!("{before}\n{seq}\n{}:{run}\n{at_ms}\n{body}", run.len());
    Digest::of(text.as_bytes()).to_string()
}

/// Place and digest of the last fact.
fn head(connection: &Connection) -> rusqlite::Result<(i64, String)> {
    connection.query_row("SELECT seq, chain FROM chain_head", [], |row| {
        Ok((row.get(0)?, row.get(1)?))
    })
}

/// The highest place that any fact ever had, gone ones included.
fn last_seq(connection: &Connection) -> rusqlite::Result<i64> {
    connection.query_row(
        "SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = 'fact'",
        [],
        |row| row.get(0),
    )
}

/// Writes down which fact is the last one.
fn note(connection: &Connection, seq: i64, chain: &str) -> rusqlite::Result<()> {
    connection.execute(
        "UPDATE chain_head SET seq = ?, chain = ?",
        params![seq, chain],
    )?;
    Ok(())
}

/// Adds facts to the chain.
pub(super) fn append(
    connection: &Connection,
    run: &str,
    at_ms: i64,
    bodies: &[String],
) -> rusqlite::Result<()> {
    let (mut seq, mut chain) = (last_seq(connection)?, head(connection)?.1);
    for body in bodies {
        seq += 1;
        chain = next(&chain, seq, run, at_ms, body);
        connection.execute(
            "INSERT INTO fact (seq, run, at_ms, body, chain) VALUES (?, ?, ?, ?, ?)",
            params![seq, run, at_ms, body, chain],
        )?;
    }
    note(connection, seq, &chain)
}

struct Row {
    seq: i64,
    run: String,
    at_ms: i64,
    body: String,
    chain: String,
}

fn each(
    connection: &Connection,
    mut see: impl FnMut(Row) -> rusqlite::Result<()>,
) -> rusqlite::Result<()> {
    let mut all =
        connection.prepare("SELECT seq, run, at_ms, body, chain FROM fact ORDER BY seq")?;
    let rows = all.query_map([], |row| {
        Ok(Row {
            seq: row.get(0)?,
            run: row.get(1)?,
            at_ms: row.get(2)?,
            body: row.get(3)?,
            chain: row.get(4)?,
        })
    })?;
    for row in rows {
        see(row?)?;
    }
    Ok(())
}

/// Chains what a journal of the first form holds.
pub(super) fn begin(connection: &Connection) -> rusqlite::Result<()> {
    let mut chain = String::new();
    each(connection, |row| {
        chain = next(&chain, row.seq, &row.run, row.at_ms, &row.body);
        connection.execute(
            "UPDATE fact SET chain = ? WHERE seq = ?",
            params![chain, row.seq],
        )?;
        note(connection, row.seq, &chain)
    })
}

pub(super) fn soundness(connection: &Connection) -> rusqlite::Result<Soundness> {
    let (last, noted) = head(connection)?;
    let (mut facts, mut chain, mut at) = (0, String::new(), 0);
    let mut broken = None;
    each(connection, |row| {
        facts += 1;
        chain = next(&chain, row.seq, &row.run, row.at_ms, &row.body);
        at = row.seq;
        if chain != row.chain && broken.is_none() {
            let why = "this fact, or one before it, was changed or taken out";
            broken = Some((row.seq, why.to_owned()));
        }
        Ok(())
    })?;
    if broken.is_none() && (at, &chain) != (last, &noted) {
        broken = Some((last, "the end of the journal is missing".to_owned()));
    }
    Ok(Soundness {
        facts,
        head: chain,
        broken,
    })
}
