//! Tables that SQL in code blocks creates.

use std::ops::Range;

use crate::document::{Column, Table};
use crate::inline::fold;
use crate::outline::{BlockKind, Outline};

/// The tables of every fenced block of SQL.
pub(super) fn tables(outline: &Outline<'_>) -> Vec<Table> {
    let mut tables = Vec::new();
    for block in &outline.blocks {
        if let BlockKind::Fence { info, body } = &block.kind
            && is_sql(outline.text(info))
        {
            read(outline.text(body), body.start, &mut tables);
        }
    }
    tables
}

fn is_sql(info: &str) -> bool {
    let language = info
        .split(|c: char| !c.is_alphanumeric())
        .next()
        .unwrap_or_default()
        .to_lowercase();
    matches!(
        language.as_str(),
        "sql" | "postgresql" | "postgres" | "pgsql" | "mysql" | "sqlite" | "plpgsql" | "ddl"
    )
}

fn read(sql: &str, base: usize, tables: &mut Vec<Table>) {
    let tokens = tokens(sql);
    let mut i = 0;
    while i < tokens.len() {
        match create(sql, &tokens, i) {
            Some((table, next)) => {
                let span = table.span.start + base..table.span.end + base;
                tables.push(Table { span, ..table });
                i = next;
            }
            None => i += 1,
        }
    }
}

/// Reads `CREATE [TEMP] TABLE [IF NOT EXISTS] name ( … )` at token `i`; gives the table and the token after it.
fn create(sql: &str, tokens: &[Range<usize>], i: usize) -> Option<(Table, usize)> {
    let word = |at: usize| tokens.get(at).map(|it| &sql[it.clone()]);
    let is =
        |at: usize, expected: &str| word(at).is_some_and(|it| it.eq_ignore_ascii_case(expected));
    if !is(i, "create") {
        return None;
    }
    let mut at = i + 1;
    while ["temp", "temporary", "unlogged", "global", "local"]
        .iter()
        .any(|it| is(at, it))
    {
        at += 1;
    }
    if !is(at, "table") {
        return None;
    }
    at += 1;
    if is(at, "if") && is(at + 1, "not") && is(at + 2, "exists") {
        at += 3;
    }
    let mut name = plain(word(at)?).to_owned();
    while is(at + 1, ".") {
        name = format!("{name}.{}", plain(word(at + 2)?));
        at += 2;
    }
    if !is(at + 1, "(") {
        return None;
    }
    let (columns, close) = columns(sql, tokens, at + 2);
    let end = tokens.get(close).map_or(sql.len(), |it| it.end);
    Some((
        Table {
            name,
            columns,
            span: tokens[i].start..end,
        },
        close + 1,
    ))
}

/// The columns from token `from` to the closing parenthesis; gives that token's place.
fn columns(sql: &str, tokens: &[Range<usize>], from: usize) -> (Vec<Column>, usize) {
    let mut columns = Vec::new();
    let (mut depth, mut start) = (1_usize, from);
    for at in from..tokens.len() {
        match &sql[tokens[at].clone()] {
            "(" => depth += 1,
            ")" => depth -= 1,
            "," if depth == 1 => {
                columns.extend(column(sql, &tokens[start..at]));
                start = at + 1;
            }
            _ => {}
        }
        if depth == 0 {
            columns.extend(column(sql, &tokens[start..at]));
            return (columns, at);
        }
    }
    columns.extend(column(sql, &tokens[start..]));
    (columns, tokens.len())
}

fn column(sql: &str, tokens: &[Range<usize>]) -> Option<Column> {
    const CONSTRAINTS: &[&str] = &[
        "primary",
        "foreign",
        "unique",
        "check",
        "constraint",
        "key",
        "index",
        "exclude",
        "like",
        "fulltext",
    ];
    let (first, rest) = tokens.split_first()?;
    let name = &sql[first.clone()];
    if CONSTRAINTS.iter().any(|it| name.eq_ignore_ascii_case(it)) {
        return None;
    }
    let definition = rest
        .first()
        .zip(rest.last())
        .map_or_else(String::new, |(a, z)| fold(&sql[a.start..z.end]));
    Some(Column {
        name: plain(name).to_owned(),
        definition,
    })
}

fn plain(name: &str) -> &str {
    name.trim_matches(['"', '`', '[', ']'])
}

/// Words, quoted names and strings, and single marks; comments and white space are left out.
fn tokens(sql: &str) -> Vec<Range<usize>> {
    let bytes = sql.as_bytes();
    let mut tokens = Vec::new();
    let mut i = 0;
    while i < bytes.len() {
        let rest = &sql[i..];
        let (length, is_token) = match bytes[i] {
            b if b.is_ascii_whitespace() => (1, false),
            b'-' if rest.starts_with("--") => (rest.find('\n').unwrap_or(rest.len()), false),
            b'/' if rest.starts_with("/*") => {
                (rest.find("*/").map_or(rest.len(), |at| at + 2), false)
            }
            quote @ (b'\'' | b'"' | b'`') => (
                rest[1..]
                    .find(char::from(quote))
                    .map_or(rest.len(), |at| at + 2),
                true,
            ),
            b'[' => (rest.find(']').map_or(rest.len(), |at| at + 1), true),
            _ => {
                let word = rest
                    .find(|c: char| !c.is_alphanumeric() && c != '_')
                    .unwrap_or(rest.len());
                (
                    if word > 0 {
                        word
                    } else {
                        rest.chars().next().map_or(1, char::len_utf8)
                    },
                    true,
                )
            }
        };
        if is_token {
            tokens.push(i..i + length);
        }
        i += length;
    }
    tokens
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(sql: &str, expected: &[&str]) {
        let mut tables = Vec::new();
        read(sql, 0, &mut tables);
        let show = |it: &Table| {
            format!(
                "{}: {}",
                it.name,
                it.columns
                    .iter()
                    .map(|it| format!("{} {}", it.name, it.definition))
                    .collect::<Vec<_>>()
                    .join(" | ")
            )
        };
        assert_eq!(
            tables.iter().map(show).collect::<Vec<_>>(),
            expected,
            "{sql}"
        );
    }

    #[test]
    fn columns_are_told_from_constraints_comments_and_strings() {
        check(
            "-- CREATE TABLE no (a int);\ncreate temp table if not exists app.\"Us ers\" (\n id INT /* , x */ PRIMARY KEY,\n price NUMERIC(10, 2) DEFAULT 'a,(b',\n PRIMARY KEY (id),\n tags [text]\n); CREATE INDEX i ON t(a); CREATE TABLE b (c d)",
            &[
                "app.Us ers: id INT /* , x */ PRIMARY KEY | price NUMERIC(10, 2) DEFAULT 'a,(b' | tags [text]",
                "b: c d",
            ],
        );
    }

    #[test]
    fn torn_sql_gives_what_is_there() {
        check("CREATE TABLE a (b INT, c", &["a: b INT | c "]);
        check("CREATE TABLE", &[]);
        check("CREATE TABLE a ('", &["a: ' "]);
        check("CREATE TABLE ä (é ü); ☃", &["ä: é ü"]);
    }
}
