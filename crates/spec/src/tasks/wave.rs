//! Waves: which tasks run at the same time, as JSON in a code block, in the shapes that were seen.

use std::ops::Range;

use serde_json::Value;

use crate::outline::{BlockKind, Outline};

/// Tasks that run at the same time, after those of the wave before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wave {
    /// Its id, as written, or its place.
    pub id: String,
    /// The numbers of its tasks.
    pub tasks: Vec<String>,
    /// The bytes of the code block that holds it.
    pub span: Range<usize>,
}

/// The waves of a document: those of the first code block that holds any.
pub(super) fn waves(text: &str) -> Vec<Wave> {
    if !text.contains("\"waves\"") && !text.contains("[[") {
        return Vec::new();
    }
    let outline = Outline::read(text);
    let bodies = outline.blocks.iter().filter_map(|block| match &block.kind {
        BlockKind::Fence { body, .. } => Some((block.span.clone(), outline.text(body))),
        _ => None,
    });
    let mut found = bodies.filter_map(|(span, body)| {
        let value: Value = serde_json::from_str(body).ok()?;
        let list = value.get("waves").unwrap_or(&value).as_array()?;
        let waves: Vec<Wave> = list
            .iter()
            .enumerate()
            .filter_map(|(place, it)| wave(place, it, &span))
            .collect();
        (!waves.is_empty()).then_some(waves)
    });
    found.next().unwrap_or_default()
}

fn wave(place: usize, value: &Value, span: &Range<usize>) -> Option<Wave> {
    let named = |names: &[&str]| names.iter().find_map(|it| value.get(it));
    let tasks = match value {
        Value::Array(tasks) => tasks,
        _ => named(&["tasks", "taskIds", "task_ids"])?.as_array()?,
    };
    let id = named(&["id", "wave", "number", "name"]).and_then(plain);
    Some(Wave {
        id: id.unwrap_or_else(|| place.to_string()),
        tasks: tasks.iter().filter_map(task).collect(),
        span: span.clone(),
    })
}

/// A task as a number, as text, or as an object with an id.
fn task(value: &Value) -> Option<String> {
    let value = value.get("id").or(value.get("task")).unwrap_or(value);
    let text = plain(value)?;
    Some(
        text.trim_start_matches("Task ")
            .trim_end_matches('.')
            .to_owned(),
    )
}

fn plain(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waves_are_read_in_every_shape() {
        for json in [
            "{\"waves\": [{\"id\": 0, \"tasks\": [\"1\", \"2.1\"]}, {\"id\": 1, \"tasks\": [\"3\"]}]}",
            "{\"waves\": [{\"wave\": 0, \"description\": \"x\", \"tasks\": [\"1\", \"2.1\"]}, {\"wave\": 1, \"tasks\": [3]}]}",
            "[[\"1\", \"2.1\"], [\"3.\"]]",
            "{\"waves\": [{\"tasks\": [{\"id\": \"1\"}, {\"id\": \"2.1\"}]}, {\"tasks\": [\"Task 3\"], \"dependsOn\": [0]}]}",
        ] {
            let text = format!("# T\n\n```json\n{json}\n```\n");
            let found: Vec<_> = waves(&text)
                .into_iter()
                .map(|it| (it.id, it.tasks))
                .collect();
            let expected = [
                ("0".to_owned(), vec!["1".to_owned(), "2.1".to_owned()]),
                ("1".to_owned(), vec!["3".to_owned()]),
            ];
            assert_eq!(found, expected, "{json}");
        }
        assert_eq!(waves("```json\n{\"waves\": 3}\n```\n[[a]]\n"), []);
    }
}
