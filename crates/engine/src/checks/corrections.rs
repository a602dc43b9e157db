//! What the Rust compiler itself proposes where it refuses a text: `rustc`'s suggestions in the JSON that cargo passes on
//! (doc.rust-lang.org/rustc/json.html), read and carried out by the crate that `cargo fix` uses.

use std::collections::HashSet;

use rustfix::diagnostics::Diagnostic;
use rustfix::{CodeFix, Filter, Suggestion};
use serde::Deserialize;
use serde_json::Value;

/// The command whose output [`corrected`] reads, run in the project's root.
pub const CORRECTIONS: [&str; 5] = [
    "cargo",
    "check",
    "--offline",
    "--quiet",
    "--message-format=json",
];

/// The error of a name that is not there: what is proposed for it is only spelt alike.
const NO_SUCH_NAME: &str = "E0425";

/// The text of the file at `path` with the first proposal for each error that stands in it; none where there is none. Proposals
/// of one place after the first are left out, and warnings. Whether it means what it should, tests must tell.
#[must_use]
pub fn corrected(path: &str, text: &str, output: &str) -> Option<String> {
    let mut fix = CodeFix::new(text);
    for suggestion in output.lines().filter_map(suggestion) {
        let is_here = |it: &&rustfix::Solution| {
            let mut all = it.replacements.iter();
            all.all(|it| it.snippet.file_name == path)
        };
        if let Some(solution) = suggestion.solutions.iter().find(is_here) {
            // One that overlaps an earlier one is left for the next time.
            let _ = fix.apply_solution(solution);
        }
    }
    let corrected = fix.modified().then(|| fix.finish().ok()).flatten()?;
    (corrected != text).then_some(corrected)
}

fn suggestion(line: &str) -> Option<Suggestion> {
    let line: Value = serde_json::from_str(line).ok()?;
    let message = line.get("message")?;
    let code = message.pointer("/code/code").and_then(Value::as_str);
    if message.get("level")? != "error" || code == Some(NO_SUCH_NAME) {
        return None;
    }
    let message = Diagnostic::deserialize(message).ok()?;
    rustfix::collect_suggestions(&message, &HashSet::<String>::new(), Filter::Everything)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_are_corrected_as_the_compiler_proposes() {
        let text = "pub fn a(x: u32) -> u64 {\n    x\n}\n";
        let line = |level: &str, file: &str, at: usize, new: &str| {
            let span = serde_json::json!({
                "file_name": file, "byte_start": at, "byte_end": at, "line_start": 2, "line_end": 2, "column_start": 6,
                "column_end": 6, "is_primary": true, "text": [], "label": null, "suggested_replacement": new,
                "suggestion_applicability": "MachineApplicable", "expansion": null,
            });
            let child = serde_json::json!({
                "message": "you can convert it", "code": null, "level": "help", "spans": [span], "children": [],
                "rendered": null,
            });
            let message = serde_json::json!({
                "message": "mismatched types", "code": null, "level": level, "spans": [], "children": [child],
                "rendered": null,
            });
            serde_json::json!({"reason": "compiler-message", "message": message}).to_string() + "\n"
        };
        let check = |output: &str, expected: Option<&str>| {
            let expected = expected.map(|it| text.replace("    x\n", it));
            assert_eq!(corrected("src/a.rs", text, output), expected);
        };
        let into = line("error", "src/a.rs", 31, ".into()");
        check(&into, Some("    x.into()\n"));
        check(&format!("no JSON\n{{}}\n{into}"), Some("    x.into()\n"));
        check(&line("warning", "src/a.rs", 31, ".into()"), None);
        check(&line("error", "src/b.rs", 31, ".into()"), None);
        check(&line("error", "src/a.rs", 3100, ".into()"), None);
        check("", None);
    }
}
