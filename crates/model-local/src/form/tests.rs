//! Answers that keep a schema, over a model of random weights.

use crate::Kernels;
use crate::fixture::{Storage, Tiny};
use crate::tests::{answer, ask};
use model::{Cancel, Model, Reply, Request, Stop};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// A verdict with two findings at most, each from a list, so that a model of random weights comes to an end.
fn verdict_schema() -> Value {
    json!({
        "type": "object",
        "properties": {
            "verdict": {"enum": ["pass", "block"]},
            "findings": {"type": "array", "maxItems": 2, "items": {"enum": ["a secret", "näher"]}},
        },
        "required": ["verdict", "findings"],
        "additionalProperties": false,
    })
}

fn is_verdict(reply: &Reply) -> bool {
    let found: Value = serde_json::from_str(&reply.text).unwrap();
    let findings = found["findings"].as_array().unwrap();
    let known = |it: &Value| it == "a secret" || it == "näher";
    assert_eq!(found.as_object().unwrap().len(), 2);
    assert!(findings.len() <= 2 && findings.iter().all(known), "{found}");
    found["verdict"] == "pass" || found["verdict"] == "block"
}

#[test]
fn an_answer_keeps_its_schema() {
    let tiny = Tiny::write(Storage::Quantised, false, 31);
    let request = |temperature, seed| Request {
        max_tokens: 100,
        schema: Some(verdict_schema()),
        temperature,
        seed,
        ..ask("system", "is this right?")
    };
    for kernels in [Kernels::Best, Kernels::Portable] {
        let reply = answer(&tiny.open_with(kernels), &request(0.0, 0));
        assert_eq!(reply.stop, Stop::End);
        assert!(is_verdict(&reply), "{}", reply.text);
    }
    let model = tiny.open();
    let seeds: Vec<u64> = (1..=12).collect();
    let replies = model.samples(&request(1.5, 1), &seeds, &Cancel::new(), &mut |_| ());
    let replies = replies.unwrap();
    assert!(replies.iter().all(is_verdict));
    assert_eq!(replies[4].text, answer(&model, &request(1.5, 5)).text);
    let texts: BTreeSet<_> = replies.iter().map(|it| &it.text).collect();
    assert!(texts.len() > 2, "the schema leaves a choice: {texts:?}");
}

#[test]
fn guesses_change_no_answer_that_keeps_a_schema() {
    let tiny = Tiny::write(Storage::Quantised, false, 32);
    let request = Request {
        max_tokens: 100,
        schema: Some(verdict_schema()),
        ..ask("system", &r#"{"verdict":"block","findings":[]} "#.repeat(3))
    };
    let plain = answer(&tiny.open().without_guesses(), &request);
    assert_eq!(plain, answer(&tiny.open(), &request));
}

#[test]
fn a_schema_that_nothing_can_keep_is_an_error() {
    let tiny = Tiny::write(Storage::Quantised, false, 33);
    let model = tiny.open();
    for schema in [
        json!({"enum": []}),
        json!({"type": "colour"}),
        json!({"$ref": "https://example.org/schema"}),
        json!("object"),
    ] {
        let request = Request {
            schema: Some(schema.clone()),
            ..ask("system", "x")
        };
        let error = model
            .stream(&request, &Cancel::new(), &mut |_| ())
            .unwrap_err();
        let said = error.to_string();
        assert!(
            said.contains("no answer can keep its schema"),
            "{schema}: {said}"
        );
    }
    assert!(!answer(&model, &ask("system", "x")).text.is_empty());
}
