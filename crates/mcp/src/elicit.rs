//! Questions of a server to the person: a small form, asked field by field.

use serde_json::{Map, Value, json};
use tools::{Person, Stop};

use crate::render::plain;

/// Most fields that a person is asked for in one go.
const FIELDS_MAX: usize = 20;
/// How often a field is asked for again when the answer is none that it takes.
const TRIES: usize = 3;

/// What a person said to a form.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Answered {
    /// The fields.
    Accepted(Value),
    /// No.
    Declined,
    /// Nobody is there, or the call was ended.
    Cancelled,
}

/// Asks for each field of a form whose schema is `schema`, an object of plain values.
pub(crate) fn form(
    server: &str,
    message: &str,
    schema: &Value,
    person: &dyn Person,
    stop: Stop<'_>,
) -> Answered {
    let empty = Map::new();
    let fields = schema["properties"].as_object().unwrap_or(&empty);
    let title = format!("The server «{}» asks: {}", plain(server), plain(message));
    if fields.len() > FIELDS_MAX {
        return Answered::Declined;
    }
    if fields.is_empty() {
        let options = ["yes".to_owned(), "no".to_owned()];
        return match person.ask(&title, &options, stop) {
            Some(answer) if is_yes(&answer) => Answered::Accepted(json!({})),
            Some(_) => Answered::Declined,
            None => Answered::Cancelled,
        };
    }
    let required = schema["required"].as_array();
    let is_required =
        |name: &str| required.is_some_and(|it| it.iter().any(|it| it.as_str() == Some(name)));
    let mut given = Map::new();
    for (name, field) in fields {
        let asked = Field {
            name,
            field,
            is_required: is_required(name),
        };
        match asked.ask(&title, person, stop) {
            Ok(Some(value)) => drop(given.insert(name.clone(), value)),
            Ok(None) => {}
            Err(end) => return end,
        }
    }
    Answered::Accepted(Value::Object(given))
}

fn is_yes(text: &str) -> bool {
    matches!(
        text.trim().to_lowercase().as_str(),
        "y" | "yes" | "true" | "1"
    )
}

struct Field<'f> {
    name: &'f str,
    field: &'f Value,
    is_required: bool,
}

impl Field<'_> {
    fn ask(
        &self,
        title: &str,
        person: &dyn Person,
        stop: Stop<'_>,
    ) -> Result<Option<Value>, Answered> {
        let default = self.field.get("default");
        let mut complaint = String::new();
        for _ in 0..TRIES {
            let question = format!("{title}\n{}{complaint}", self.question(default));
            let Some(answer) = person.ask(&question, &self.options(), stop) else {
                return Err(Answered::Cancelled);
            };
            let answer = answer.trim();
            if answer == "/decline" {
                return Err(Answered::Declined);
            }
            if answer.is_empty() {
                match default {
                    Some(value) => return Ok(Some(value.clone())),
                    None if !self.is_required => return Ok(None),
                    None => {}
                }
            } else if let Some(value) = self.value(answer) {
                return Ok(Some(value));
            }
            complaint = format!("\n(«{}» is none that it takes)", plain(answer));
        }
        Err(Answered::Declined)
    }

    fn question(&self, default: Option<&Value>) -> String {
        let title = self.field["title"].as_str().unwrap_or(self.name);
        let mut text = plain(title);
        if let Some(told) = self.field["description"].as_str() {
            text.push_str(&format!(": {}", plain(told)));
        }
        match (default, self.is_required) {
            (Some(value), _) => text.push_str(&format!(" [{}]", plain(&value.to_string()))),
            (None, false) => text.push_str(" (may be left empty)"),
            (None, true) => {}
        }
        text.push_str(" (/decline to refuse)");
        text
    }

    fn options(&self) -> Vec<String> {
        if self.field["type"].as_str() == Some("boolean") {
            return vec!["yes".to_owned(), "no".to_owned()];
        }
        self.choices().into_iter().map(|(value, _)| value).collect()
    }

    /// The values of an enumeration with their titles, in any of the ways it can be written.
    fn choices(&self) -> Vec<(String, String)> {
        let from = match self.field["type"].as_str() {
            Some("array") => &self.field["items"],
            _ => self.field,
        };
        let texts = |it: &Value| it.as_str().map(|it| (it.to_owned(), it.to_owned()));
        if let Some(values) = from["enum"].as_array() {
            return values.iter().filter_map(texts).collect();
        }
        let titled = |it: &Value| {
            let value = it["const"].as_str()?.to_owned();
            let title = it["title"].as_str().unwrap_or(&value).to_owned();
            Some((value, title))
        };
        let any = from["oneOf"]
            .as_array()
            .or_else(|| from["anyOf"].as_array());
        any.map_or_else(Vec::new, |it| it.iter().filter_map(titled).collect())
    }

    /// The answer as the value that the field wants; none when it is none.
    fn value(&self, answer: &str) -> Option<Value> {
        let choices = self.choices();
        let chosen = |answer: &str| {
            let is = |it: &&(String, String)| {
                it.0.eq_ignore_ascii_case(answer) || it.1.eq_ignore_ascii_case(answer)
            };
            choices.iter().find(is).map(|it| json!(it.0))
        };
        match self.field["type"].as_str() {
            Some("boolean") if is_yes(answer) => Some(json!(true)),
            Some("boolean") => {
                let lower = answer.to_lowercase();
                matches!(lower.as_str(), "n" | "no" | "false" | "0").then(|| json!(false))
            }
            Some("integer") => answer.parse::<i64>().ok().map(|it| json!(it)),
            Some("number") => answer
                .parse::<f64>()
                .ok()
                .filter(|it| it.is_finite())
                .map(|it| json!(it)),
            Some("array") => {
                let each = answer.split(',').map(|it| chosen(it.trim()));
                each.collect::<Option<Vec<Value>>>().map(Value::Array)
            }
            _ if !choices.is_empty() => chosen(answer),
            _ => Some(json!(answer)),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use tools::{Consent, Wish};

    use super::*;

    struct Says(Mutex<Vec<Option<&'static str>>>);

    impl Person for Says {
        fn ask(&self, question: &str, _: &[String], _: Stop<'_>) -> Option<String> {
            assert!(
                question.contains("«db»"),
                "who asks is always told: {question}"
            );
            let mut says = self.0.lock().expect("whole");
            says.remove(0).map(str::to_owned)
        }

        fn approve(&self, _: &Wish, _: Stop<'_>) -> Consent {
            Consent::No
        }
    }

    /// Answers each field by its name, in whatever order they come; the name at the second time only.
    struct ByField(Mutex<Vec<String>>);

    impl Person for ByField {
        fn ask(&self, question: &str, _: &[String], _: Stop<'_>) -> Option<String> {
            let of_field = question.lines().nth(1).unwrap_or_default();
            let field = of_field.split(' ').next().unwrap_or_default().to_owned();
            let mut asked = self.0.lock().expect("whole");
            let again = asked.contains(&field);
            asked.push(field.clone());
            let answer = match (field.as_str(), again) {
                ("age", _) => "3",
                ("many", _) => "b, A",
                ("name", true) => "Ana",
                ("pick", _) => "red",
                _ => "",
            };
            Some(answer.to_owned())
        }

        fn approve(&self, _: &Wish, _: Stop<'_>) -> Consent {
            Consent::No
        }
    }

    fn answered(schema: Value, says: &[Option<&'static str>]) -> Answered {
        let person = Says(Mutex::new(says.to_vec()));
        form("db", "Which?", &schema, &person, &|| false)
    }

    #[test]
    fn fields_are_asked_and_become_their_types() {
        let schema = json!({"type": "object", "required": ["name"], "properties": {
            "age": {"type": "integer"}, "name": {"type": "string"}, "ok": {"type": "boolean", "default": true},
            "pick": {"type": "string", "oneOf": [{"const": "r", "title": "Red"}]},
            "many": {"type": "array", "items": {"type": "string", "enum": ["a", "b"]}},
            "score": {"type": "number", "default": 95.5},
        }});
        let expected = json!({"age": 3, "many": ["b", "a"], "name": "Ana", "ok": true, "pick": "r", "score": 95.5});
        let person = ByField(Mutex::new(Vec::new()));
        let came = form("db", "Which?", &schema, &person, &|| false);
        assert_eq!(came, Answered::Accepted(expected));
        let asked = person.0.lock().expect("whole");
        let names = asked.iter().filter(|it| *it == "name").count();
        assert_eq!(
            names, 2,
            "what is required is asked again when nothing is said"
        );
    }

    #[test]
    fn who_is_not_there_gives_nothing_and_who_refuses_is_believed() {
        let schema =
            json!({"type": "object", "properties": {"n": {"type": "integer", "default": 1}}});
        assert_eq!(answered(schema.clone(), &[None]), Answered::Cancelled);
        assert_eq!(
            answered(schema.clone(), &[Some("/decline")]),
            Answered::Declined
        );
        let thrice = [Some("x"), Some("y"), Some("z")];
        assert_eq!(answered(schema, &thrice), Answered::Declined);
        let none = json!({"type": "object", "properties": {}});
        assert_eq!(answered(none.clone(), &[Some("no")]), Answered::Declined);
        assert_eq!(answered(none, &[Some("y")]), Answered::Accepted(json!({})));
    }
}
