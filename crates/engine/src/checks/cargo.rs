//! What `cargo test` printed.

use std::collections::BTreeMap;

use super::{Told, did_not_run};

/// Reads results: lines such as `test fr_1_e1 ... ok`.
pub(super) fn told(exit: Option<i32>, stdout: &str, stderr: &str) -> Told {
    let mut told = Told {
        ended: stdout.lines().any(|it| it.starts_with("test result: ")),
        reasons: reasons(stdout),
        last_words: last_words(exit, stderr),
        ..Told::default()
    };
    for line in stdout.lines() {
        let test = line.strip_prefix("test ");
        if let Some((name, result)) = test.and_then(|it| it.split_once(" ... ")) {
            let name = name.strip_suffix(" - should panic").unwrap_or(name);
            told.result(name, result.trim() == "ok");
        }
    }
    told
}

/// How many tests ran: the sum over the lines `test result: … N passed; M failed; …`.
pub(super) fn count(stdout: &str) -> u32 {
    let number = |part: &str| -> u32 {
        let words: Vec<&str> = part.split_whitespace().collect();
        match words.as_slice() {
            [.., number, "passed" | "failed"] => number.parse().unwrap_or(0),
            _ => 0,
        }
    };
    let results = stdout.lines().filter(|it| it.starts_with("test result: "));
    results.flat_map(|it| it.split(';')).map(number).sum()
}

/// The blocks `---- NAME stdout ----`, without where they happened.
fn reasons(stdout: &str) -> BTreeMap<String, String> {
    let mut reasons: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    let mut open = None;
    for line in stdout.lines() {
        let head = line
            .strip_prefix("---- ")
            .and_then(|it| it.strip_suffix(" stdout ----"));
        if let Some(name) = head {
            open = Some(name.to_owned());
        } else if line == "failures:" || line.starts_with("stack backtrace:") {
            open = None;
        } else if let Some(name) = &open {
            let is_place = line.starts_with("thread '") && line.ends_with(':');
            if !line.trim().is_empty() && !is_place && !line.contains("RUST_BACKTRACE") {
                reasons.entry(name.clone()).or_default().push(line);
            }
        }
    }
    let joined = |(name, lines): (String, Vec<&str>)| {
        let lines: Vec<&str> = lines.into_iter().take(8).collect();
        let text = lines.join("\n");
        let text = match text.strip_prefix("note: test did not panic") {
            Some(_) => "expected a panic, but it gave a value".to_owned(),
            None => text,
        };
        (name, text)
    };
    reasons.into_iter().map(joined).collect()
}

/// The first error of the compiler, with the lines that show its place.
fn last_words(exit: Option<i32>, stderr: &str) -> String {
    let error = stderr
        .lines()
        .skip_while(|it| !it.starts_with("error"))
        .take_while(|it| !it.trim().is_empty())
        .take(8);
    let text = error.collect::<Vec<_>>().join("\n");
    if text.is_empty() || text.starts_with("error: test failed") {
        did_not_run(exit)
    } else {
        text
    }
}

#[cfg(test)]
mod tests;
