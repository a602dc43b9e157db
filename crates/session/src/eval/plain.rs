//! The plain way, the baseline: the whole spec as one prompt, and what the answer holds is the result. No
//! checks, no second try; that is what it is there to be compared with.

use std::path::Path;

use change::RelPath;
use code::Language;
use model::{Cancel, Message, Request};
use spec::Spec;

use super::Worked;
use super::case::{Case, put};
use crate::error::SessionError;
use crate::models::{self, Chain, Means};
use crate::places::Environment;
use crate::secrets;
use crate::view::{Front, View};
use engine::Cost;

/// Most tokens of the answer.
const ANSWER_TOKENS: u32 = 2000;

/// Asks once and writes down what came.
pub(super) fn work(
    case: &Case,
    project: &Path,
    model: &Chain,
    environment: &Environment,
    seed: u64,
    cancel: &Cancel,
    front: &mut dyn Front,
) -> Result<Worked, SessionError> {
    let redactor = secrets::redactor_of_user(environment);
    let model = models::open(environment, model, Means::default(), redactor, cancel)?;
    let spec = Spec::parse(&case.name, &case.spec_text());
    let files = engine::source_files(&spec);
    let request = Request {
        system: "You are a careful programmer.".to_owned(),
        messages: vec![Message::user(prompt(case, &files))],
        tools: Vec::new(),
        max_tokens: ANSWER_TOKENS,
        // The first answer is the likeliest one; repetitions are draws.
        temperature: if seed == 0 { 0.0 } else { 0.7 },
        seed,
        stop: Vec::new(),
        schema: None,
    };
    front.show(&View::Asking {
        slot: case.name.clone(),
        route: "plain".to_owned(),
    });
    let clock = host::clock::Stopwatch::start();
    let reply = model
        .stream(&request, cancel, &mut |delta| {
            if let Some(view) = View::streamed(delta) {
                front.show(&view);
            }
        })
        .map_err(models::failed)?;
    let written = answer_files(&reply.text, &files);
    for (path, text) in &written {
        let path = RelPath::parse(path).map_err(SessionError::internal)?;
        put(project, &path, text.as_bytes())?;
    }
    Ok(Worked {
        outcome: "answered".to_owned(),
        cost: Cost {
            input_tokens: reply.usage.input_tokens,
            cached_tokens: reply.usage.cached_tokens,
            output_tokens: reply.usage.output_tokens,
            wall_ms: clock.elapsed_ms(),
            nano_usd: reply.usage.money.nanos(),
        },
        candidates: 1,
        why: if written.is_empty() {
            "no code in the answer".to_owned()
        } else {
            String::new()
        },
    })
}

/// The case's own prompt, or the spec with what stands there already.
fn prompt(case: &Case, files: &[String]) -> String {
    if let Some(prompt) = &case.prompt {
        return prompt.clone();
    }
    let given: String = files
        .iter()
        .filter_map(|path| {
            let text = case.given(path)?;
            Some(format!("\nThe file `{path}` so far:\n\n```\n{text}\n```\n"))
        })
        .collect();
    format!(
        "Implement this specification.\n\n{}\n{given}\nAnswer with the whole text of every file, each in a \
         code block of its own with the file's path on the line before it.",
        case.spec_text().trim()
    )
}

/// The files that an answer holds: a block whose path stands just before it or in its first line, or the one
/// block when the spec names one file.
fn answer_files(answer: &str, files: &[String]) -> Vec<(String, String)> {
    let mut found: Vec<(String, String)> = Vec::new();
    for (before, block) in blocks(answer) {
        let first = block.lines().next().unwrap_or_default();
        let named = files
            .iter()
            .filter(|path| before.contains(path.as_str()) || first.contains(path.as_str()))
            .max_by_key(|path| path.len());
        if let Some(path) = named
            && found.iter().all(|(known, _)| known != path)
        {
            found.push((path.clone(), block));
        }
    }
    match files {
        [one] => {
            let block = code::fenced(answer, Language::from_path(one));
            block.map(|text| (one.clone(), text)).into_iter().collect()
        }
        _ => found,
    }
}

/// Every fenced block with the last line of words before it.
fn blocks(answer: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let (mut before, mut block) = (String::new(), None::<String>);
    for line in answer.lines() {
        match (&mut block, line.trim_start().starts_with("```")) {
            (None, true) => block = Some(String::new()),
            (Some(text), true) => {
                found.push((std::mem::take(&mut before), std::mem::take(text)));
                block = None;
            }
            (Some(text), false) => {
                text.push_str(line);
                text.push('\n');
            }
            (None, false) if !line.trim().is_empty() => line.trim().clone_into(&mut before),
            (None, false) => {}
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_go_to_the_files_they_are_named_for() {
        let files = ["a/x.py".to_owned(), "a/y.py".to_owned()];
        let answer = "First `a/x.py`:\n\n```python\nx = 1\n```\nand\n```python\n# a/y.py\ny = 2\n```\n\
                      Try it:\n```sh\nrun\n```\n";
        let found = answer_files(answer, &files);
        let expected = [("a/x.py", "x = 1\n"), ("a/y.py", "# a/y.py\ny = 2\n")];
        assert_eq!(
            found,
            expected.map(|(path, text)| (path.to_owned(), text.to_owned()))
        );
    }

    #[test]
    fn one_file_takes_the_one_block() {
        let files = ["solution.py".to_owned()];
        let found = answer_files("Here:\n```python\nx = 1\n```\n", &files);
        assert_eq!(found.len(), 1);
        assert!(found[0].1.contains("x = 1"));
        assert!(answer_files("I cannot.", &files).is_empty());
    }
}
