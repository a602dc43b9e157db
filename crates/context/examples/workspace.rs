//! Measures the index of a workspace: `workspace ROOT STATE [QUESTIONS.json]`.
//!
//! Prints a JSON object: milliseconds of a cold and a warm start, of one changed file, and of each question; bytes of sources
//! and index; and for each question the place of the first file that answers it.

use std::path::{Path, PathBuf};
use std::time::Instant;

use change::RelPath;
use context::Index;
use policy::{Gate, Redactor, Rules};
use serde_json::{Value, json};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut args = std::env::args().skip(1);
    let (Some(root), Some(state)) = (args.next(), args.next()) else {
        return Err("workspace ROOT STATE [QUESTIONS.json]".into());
    };
    let root = Path::new(&root).canonicalize()?;
    let state = PathBuf::from(state);
    let questions: Vec<Value> = match args.next() {
        Some(path) => serde_json::from_str::<Value>(&std::fs::read_to_string(path)?)?["questions"]
            .as_array()
            .cloned()
            .unwrap_or_default(),
        None => Vec::new(),
    };
    let gate = Gate::new(&root, Rules::parse(None, None)?);
    let open = || Index::open(&root, &gate, &Redactor::default(), [1; 16], Some(&state));
    let started = Instant::now();
    let mut index = open();
    let first = index.refresh(&|| false)?;
    let cold = ms(started);
    index.save()?;
    let started = Instant::now();
    let mut index = open();
    let opened = ms(started);
    let second = index.refresh(&|| false)?;
    let warm = ms(started);
    index.save()?;
    let changed = changed(&mut index)?;
    let (mut times, mut told) = (Vec::new(), Vec::new());
    for it in &questions {
        let question = it["question"].as_str().unwrap_or_default();
        let wanted: Vec<&str> = it["files"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect();
        let started = Instant::now();
        let hits = index.find(question, &[], 10);
        times.push(ms(started));
        let place = hits
            .iter()
            .position(|it| wanted.contains(&it.path.as_str()))
            .map(|it| it + 1);
        let files: Vec<String> = hits.iter().take(5).map(|it| it.path.to_string()).collect();
        told.push(json!({"question": question, "place": place, "files": files}));
    }
    let (sources, disk) = index.sizes();
    let result = json!({
        "files": first.files, "hidden": first.hidden, "too_large": first.too_large, "cold_ms": cold, "cold_read": first.read,
        "open_ms": opened, "warm_ms": warm, "warm_read": second.read, "changed_ms": changed, "query_ms": times,
        "source_bytes": sources, "index_bytes": disk, "resident_bytes": resident(), "answers": told,
    });
    show(&result);
    Ok(())
}

#[expect(clippy::print_stdout, reason = "what a measurement gives")]
fn show(result: &Value) {
    println!("{result:#}");
}

/// Milliseconds for each of some files that are taken in again as if they had changed.
fn changed(index: &mut Index) -> Result<Vec<f64>, Box<dyn std::error::Error>> {
    let all: Vec<RelPath> = index.paths().cloned().collect();
    let step = (all.len() / 20).max(1);
    let mut times = Vec::new();
    for path in all.iter().step_by(step) {
        index.forget(path);
        let started = Instant::now();
        index.refresh_files(std::slice::from_ref(path))?;
        times.push(ms(started));
    }
    Ok(times)
}

fn ms(started: Instant) -> f64 {
    started.elapsed().as_secs_f64() * 1e3
}

/// The most memory that the process has had, in bytes.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|it| it.strip_prefix("VmHWM:"));
    let kilobytes = line.and_then(|it| it.trim().trim_end_matches("kB").trim().parse::<u64>().ok());
    kilobytes.unwrap_or(0) * 1024
}
