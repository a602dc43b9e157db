//! What calls give by code: a small model works values out badly in words, and better by a function that is run.

use std::path::PathBuf;

use serde_json::Value;

use super::drafting::Drafting;
use super::shape::{Rules, Shape};
use super::words;
use crate::error::{Kind, SessionError};
use crate::shop::Yard;

/// The module that holds the model's function, and the program that calls it.
const MODULE: &str = "kiro_draft";
const PROBE: &str = "kiro_probe.py";

impl Drafting<'_> {
    /// What calls of a function give when the model writes it by the rules and it runs within the walls. None where that says
    /// nothing: it is not Python's, or there is no such answer.
    pub(super) fn computed(
        &mut self,
        shape: &Shape,
        place: usize,
        rules: &Rules,
        calls: &[String],
    ) -> Result<Option<Vec<String>>, SessionError> {
        if !shape.file.ends_with(".py") || self.shop.python().is_err() {
            return Ok(None);
        }
        let said = self.turn("what is doubtful", &words::code(shape, place, rules), None)?;
        let Some(code) = code::fenced(&said, Some(code::Language::Python)) else {
            return Ok(None);
        };
        let folder: PathBuf = self.shop.project.state.join("drafts").join(self.run_id());
        let yard = Yard::fresh(&folder)?;
        let program = probe(&shape.parts[place].name, calls);
        self.shop.write(&yard, &format!("{MODULE}.py"), &code)?;
        self.shop.write(&yard, PROBE, &program)?;
        let argv = vec![self.shop.python()?, PROBE.to_owned()];
        let finished = self.shop.try_out(&yard, argv);
        host::files::remove_tree(&folder).map_err(SessionError::internal)?;
        let finished = match finished {
            Err(error) if error.kind == Kind::Interrupted => return Err(error),
            // Without walls it does not run.
            Err(_) => return Ok(None),
            Ok(finished) => finished,
        };
        let printed = String::from_utf8_lossy(&finished.stdout).into_owned();
        Ok(values(&printed, calls.len()).filter(|_| finished.ended.success()))
    }
}

/// A program that prints what each call gives, or the name of the error: a list in JSON, on its last line.
fn probe(function: &str, calls: &[String]) -> String {
    let calls = Value::from(Value::from(calls.to_vec()).to_string());
    format!(
        "import json\n\nfrom {MODULE} import {function}\n\n\ndef told(call):\n    try:\n        return repr(eval(call, {{\"{function}\": {function}}}))\n    \
         except Exception as error:\n        return type(error).__name__\n\n\nprint()\nprint(json.dumps([told(it) for it in json.loads({calls})]))\n"
    )
}

/// The values on the last line, one a call.
fn values(printed: &str, count: usize) -> Option<Vec<String>> {
    let last = printed.lines().rfind(|it| !it.trim().is_empty())?;
    let values: Vec<String> = serde_json::from_str(last).ok()?;
    (values.len() == count).then_some(values)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_calls_what_was_written_and_its_last_line_counts() {
        let calls = ["f(\"a\\\"b\")".to_owned(), "f('\u{e9}')".to_owned()];
        let program = probe("f", &calls);
        assert!(program.contains("from kiro_draft import f\n"), "{program}");
        assert!(
            program.contains(r#"json.loads("[\"f(\\\"a\\\\\\\"b\\\")\",\"f('é')\"]")"#),
            "{program}"
        );
        assert_eq!(
            values("noise\n\n[\"'a'\", \"ValueError\"]\n", 2),
            Some(vec!["'a'".to_owned(), "ValueError".to_owned()])
        );
        assert_eq!(values("[\"'a'\"]\n", 2), None);
        assert_eq!(values("[1, 2]\n", 2), None);
        assert_eq!(values("", 0), None);
    }
}
