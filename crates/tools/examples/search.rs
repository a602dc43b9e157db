//! Measures the tool `search`: `search ROOT TIMES TEXT…`. Prints a line of JSON for each text: milliseconds of each time, and the
//! answer in one line.

use std::path::Path;
use std::time::Instant;

use policy::{Gate, Rules};
use serde_json::json;
use tools::{Nobody, Toolbox, Workbench, Workspace};

#[expect(clippy::print_stdout, reason = "what a measurement gives")]
fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut args = std::env::args().skip(1);
    let (Some(root), Some(times)) = (args.next(), args.next()) else {
        return Err("search ROOT TIMES TEXT…".into());
    };
    let root = Path::new(&root).canonicalize()?;
    let gate = Gate::new(&root, Rules::parse(None, None)?);
    let bench = Workbench::reading(Workspace::open(&root, &gate)?, Box::new(Nobody));
    for text in args {
        let arguments = json!({"pattern": text, "literal": true, "limit": 1000});
        let mut measured = Vec::new();
        let mut summary = String::new();
        for _ in 0..times.parse()? {
            let started = Instant::now();
            summary = bench.call("search", &arguments, &|| false, &|_| ()).summary;
            measured.push(started.elapsed().as_secs_f64() * 1e3);
        }
        println!(
            "{}",
            json!({"text": text, "ms": measured, "answer": summary})
        );
    }
    Ok(())
}
