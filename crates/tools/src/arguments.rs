//! The arguments of a call, read leniently: what a model clearly means is taken, what is unclear is an error that
//! says what the tool takes.

use serde_json::{Map, Value};

use crate::error::ToolError;

/// Other names under which models know an argument.
const ALIASES: &[(&str, &str)] = &[
    ("file_path", "path"),
    ("filepath", "path"),
    ("file", "path"),
    ("filename", "path"),
    ("old_string", "old"),
    ("old_str", "old"),
    ("old_text", "old"),
    ("new_string", "new"),
    ("new_str", "new"),
    ("new_text", "new"),
    ("replace_all", "all"),
    ("start_line", "from"),
    ("end_line", "to"),
    ("cmd", "command"),
    ("regex", "pattern"),
    ("file_text", "content"),
];

/// The arguments of one call.
#[derive(Debug)]
pub(crate) struct Arguments<'a> {
    tool: &'a str,
    known: &'a [&'a str],
    map: Map<String, Value>,
}

impl<'a> Arguments<'a> {
    /// Reads an object whose keys are `known`.
    pub(crate) fn of(
        tool: &'a str,
        known: &'a [&'a str],
        value: &Value,
    ) -> Result<Arguments<'a>, ToolError> {
        let given = match value {
            Value::Object(map) => map.clone(),
            Value::Null => Map::new(),
            _ => {
                return Err(ToolError::call(format!(
                    "`{tool}` takes an object of arguments"
                )));
            }
        };
        let mut map = Map::new();
        for (key, value) in given {
            let alias = ALIASES.iter().find(|(alias, name)| {
                *alias == key && !known.contains(&key.as_str()) && known.contains(name)
            });
            let name = alias.map_or(key.as_str(), |(_, name)| name).to_owned();
            if !known.contains(&name.as_str()) {
                let takes = match known {
                    [] => "no arguments".to_owned(),
                    known => known.join(", "),
                };
                return Err(ToolError::call(format!(
                    "`{tool}` has no argument `{key}`; it takes {takes}"
                )));
            }
            if !value.is_null() && map.insert(name.clone(), value).is_some() {
                return Err(ToolError::call(format!("`{name}` is given twice")));
            }
        }
        Ok(Arguments { tool, known, map })
    }

    fn wrong(&self, name: &str, wanted: &str) -> ToolError {
        let found = self.map.get(name).map_or("nothing".to_owned(), |it| {
            crate::text::quoted(&it.to_string())
        });
        ToolError::call(format!(
            "`{name}` of `{}` is {wanted}, not {found}",
            self.tool
        ))
    }

    /// Whether the argument is given.
    pub(crate) fn has(&self, name: &str) -> bool {
        debug_assert!(self.known.contains(&name), "{name} is no argument");
        self.map.contains_key(name)
    }

    pub(crate) fn text(&self, name: &str) -> Result<&str, ToolError> {
        self.text_if(name)?
            .ok_or_else(|| ToolError::call(format!("`{}` needs `{name}`", self.tool)))
    }

    pub(crate) fn text_if(&self, name: &str) -> Result<Option<&str>, ToolError> {
        match self.map.get(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(self.wrong(name, "a text")),
        }
    }

    /// A whole number of at least 0.
    pub(crate) fn number(&self, name: &str) -> Result<Option<usize>, ToolError> {
        let number = match self.map.get(name) {
            None => return Ok(None),
            Some(Value::String(text)) => text.trim().parse().ok(),
            Some(Value::Number(number)) => whole(number),
            Some(_) => None,
        };
        match number {
            Some(number) => Ok(Some(number)),
            None => Err(self.wrong(name, "a whole number")),
        }
    }

    pub(crate) fn flag(&self, name: &str) -> Result<bool, ToolError> {
        match self.map.get(name) {
            None => Ok(false),
            Some(Value::Bool(flag)) => Ok(*flag),
            Some(Value::String(text)) if text == "true" => Ok(true),
            Some(Value::String(text)) if text == "false" => Ok(false),
            Some(_) => Err(self.wrong(name, "true or false")),
        }
    }

    /// A list; one that stands in a text as JSON is read too.
    pub(crate) fn list(&self, name: &str) -> Result<Vec<Value>, ToolError> {
        match self.map.get(name) {
            None => Ok(Vec::new()),
            Some(Value::Array(values)) => Ok(values.clone()),
            Some(Value::String(text)) => match serde_json::from_str(text) {
                Ok(Value::Array(values)) => Ok(values),
                _ => Err(self.wrong(name, "a list")),
            },
            Some(_) => Err(self.wrong(name, "a list")),
        }
    }
}

fn whole(number: &serde_json::Number) -> Option<usize> {
    let whole = number.as_u64().or_else(|| {
        let float = number.as_f64()?;
        (float >= 0.0 && float.fract() == 0.0 && float < 1e15).then_some(float as u64)
    });
    usize::try_from(whole?).ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const KNOWN: &[&str] = &["path", "from", "all", "edits"];

    fn of(value: &Value) -> Result<Arguments<'_>, ToolError> {
        Arguments::of("read", KNOWN, value)
    }

    #[test]
    fn what_is_meant_is_taken() {
        let value = json!({"file_path": "a", "from": "12", "replace_all": "true", "edits": "[1]"});
        let arguments = of(&value).expect("known");
        assert_eq!(arguments.text("path").expect("given"), "a");
        assert_eq!(arguments.number("from").expect("a number"), Some(12));
        assert!(arguments.flag("all").expect("a flag"));
        assert_eq!(arguments.list("edits").expect("a list"), [json!(1)]);
        let value = json!({"from": 3.0, "path": null});
        let arguments = of(&value).expect("known");
        assert_eq!(arguments.number("from").expect("a number"), Some(3));
        assert!(!arguments.has("path") && of(&Value::Null).is_ok());
    }

    #[test]
    fn what_is_unclear_says_what_is_taken() {
        let said = |error: ToolError| error.to_string();
        let error = said(of(&json!({"pth": 1})).expect_err("unknown"));
        assert_eq!(
            error,
            "`read` has no argument `pth`; it takes path, from, all, edits"
        );
        assert!(said(of(&json!([1])).expect_err("a list")).contains("an object"));
        let twice = json!({"path": "a", "file_path": "b"});
        assert!(said(of(&twice).expect_err("twice")).contains("twice"));
        let value = json!({"path": 1, "from": -1, "all": "maybe", "edits": {}});
        let arguments = of(&value).expect("known");
        assert_eq!(
            said(arguments.text("path").expect_err("1")),
            "`path` of `read` is a text, not «1»"
        );
        assert!(
            said(arguments.number("from").expect_err("-1")).contains("a whole number, not «-1»")
        );
        assert!(arguments.flag("all").is_err() && arguments.list("edits").is_err());
        let value = json!({});
        let error = of(&value)
            .expect("known")
            .text("path")
            .expect_err("missing")
            .to_string();
        assert_eq!(error, "`read` needs `path`");
    }
}
