//! JSON, by going down its grammar; what stands in quotes is read by `serde_json`.

use super::{DEPTH_MAX, Entry, Node, Unreadable, Value, too_large};

/// Reads JSON.
pub(crate) fn parse(text: &str) -> Result<Node, Unreadable> {
    if let Some(wrong) = too_large(text) {
        return Err(wrong);
    }
    let start = if text.starts_with('\u{feff}') { 3 } else { 0 };
    let mut reader = Reader {
        text,
        at: start,
        depth: 0,
    };
    let root = reader.value()?;
    reader.space();
    match reader.at == text.len() {
        true => Ok(root),
        false => Err(reader.wrong("the file should end here")),
    }
}

struct Reader<'t> {
    text: &'t str,
    at: usize,
    depth: usize,
}

impl Reader<'_> {
    fn rest(&self) -> &str {
        &self.text[self.at..]
    }

    fn wrong(&self, why: &str) -> Unreadable {
        let next = self.rest().chars().next().map_or(0, char::len_utf8);
        Unreadable {
            span: self.at..self.at + next,
            why: format!("this is no JSON: {why}"),
        }
    }

    fn space(&mut self) {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start_matches([' ', '\t', '\r', '\n']).len();
    }

    fn take(&mut self, mark: char) -> bool {
        self.space();
        let is = self.rest().starts_with(mark);
        self.at += usize::from(is);
        is
    }

    fn value(&mut self) -> Result<Node, Unreadable> {
        self.space();
        let start = self.at;
        let value = match self.rest().chars().next() {
            Some('{') => self.deeper(Reader::map)?,
            Some('[') => self.deeper(Reader::list)?,
            Some('"') => Value::Text(self.string()?),
            Some(c) if c == '-' || c.is_ascii_digit() => self.number()?,
            Some('/') => return Err(self.wrong("comments are no part of JSON")),
            Some(_) => self.word()?,
            None => return Err(self.wrong("a value is expected here")),
        };
        Ok(Node {
            span: start..self.at,
            value,
        })
    }

    fn deeper(
        &mut self,
        go: impl FnOnce(&mut Self) -> Result<Value, Unreadable>,
    ) -> Result<Value, Unreadable> {
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            return Err(self.wrong("this stands too deep"));
        }
        self.at += 1;
        let gone = go(self);
        self.depth -= 1;
        gone
    }

    fn word(&mut self) -> Result<Value, Unreadable> {
        let words = [
            ("true", Value::Truth(true)),
            ("false", Value::Truth(false)),
            ("null", Value::Null),
        ];
        let found = words.into_iter().find(|it| self.rest().starts_with(it.0));
        let Some((word, value)) = found else {
            return Err(self.wrong("a value is expected here; a text stands in double quotes"));
        };
        self.at += word.len();
        Ok(value)
    }

    fn number(&mut self) -> Result<Value, Unreadable> {
        let rest = self.rest();
        let length = rest
            .find(|c: char| !c.is_ascii_alphanumeric() && !"+-.".contains(c))
            .unwrap_or(rest.len());
        let number = serde_json::from_str::<f64>(&rest[..length]);
        let number = number.map_err(|_| self.wrong("this is no number"))?;
        self.at += length;
        Ok(Value::Number(number))
    }

    fn string(&mut self) -> Result<String, Unreadable> {
        let rest = self.rest();
        let mut escaped = false;
        let end = rest.char_indices().skip(1).find(|(_, c)| {
            let ends = *c == '"' && !escaped;
            escaped = *c == '\\' && !escaped;
            ends
        });
        let Some((end, _)) = end else {
            return Err(self.wrong("the text does not end"));
        };
        let text = serde_json::from_str::<String>(&rest[..=end]);
        let text = text.map_err(|error| {
            let why = error.to_string();
            self.wrong(why.split(" at line ").next().unwrap_or("this is no text"))
        })?;
        self.at += end + 1;
        Ok(text)
    }

    fn list(&mut self) -> Result<Value, Unreadable> {
        let mut items = Vec::new();
        if self.take(']') {
            return Ok(Value::List(items));
        }
        loop {
            items.push(self.value()?);
            if self.take(']') {
                return Ok(Value::List(items));
            }
            if !self.take(',') {
                return Err(self.wrong("`,` or `]` is expected here"));
            }
        }
    }

    fn map(&mut self) -> Result<Value, Unreadable> {
        let mut entries: Vec<Entry> = Vec::new();
        if self.take('}') {
            return Ok(Value::Map(entries));
        }
        loop {
            self.space();
            let start = self.at;
            if !self.rest().starts_with('"') {
                return Err(self.wrong("a key in double quotes is expected here"));
            }
            let key = self.string()?;
            let key_span = start..self.at;
            if entries.iter().any(|it| it.key == key) {
                let why = format!("this is no sound JSON: «{key}» stands here twice; keep one");
                return Err(Unreadable {
                    span: key_span,
                    why,
                });
            }
            if !self.take(':') {
                return Err(self.wrong("`:` is expected here"));
            }
            entries.push(Entry {
                key,
                key_span,
                node: self.value()?,
            });
            if self.take('}') {
                return Ok(Value::Map(entries));
            }
            if !self.take(',') {
                return Err(self.wrong("`,` or `}` is expected here"));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn values_stand_where_they_were_written() {
        let text =
            "\u{feff}{\n\t\"a\": [\"\\ud83d\\ude00\\n\", -1.5e1, true, null],\r\n \"b\": {}\n}\n";
        let root = parse(text).expect("JSON");
        let list = root.get("a").expect("a list");
        assert_eq!(
            &text[list.span.clone()],
            "[\"\\ud83d\\ude00\\n\", -1.5e1, true, null]"
        );
        let Value::List(items) = &list.value else {
            panic!("{list:?}")
        };
        let values: Vec<&Value> = items.iter().map(|it| &it.value).collect();
        assert_eq!(
            values,
            [
                &Value::Text("😀\n".into()),
                &Value::Number(-15.0),
                &Value::Truth(true),
                &Value::Null
            ]
        );
    }

    #[test]
    fn what_is_no_json_is_told_with_its_place() {
        for (text, at, says) in [
            ("", "", "a value"),
            ("{\"a\": 1,}", "}", "a key in double quotes"),
            ("{\"a\" 1}", "1", "`:`"),
            ("{\"a\": 'x'}", "'", "double quotes"),
            ("{\"a\": 1 // x\n}", "/", "`,` or `}`"),
            ("[1 2]", "2", "`,` or `]`"),
            ("{\"a\":1,\"a\":2}", "\"a\"", "twice"),
            ("\"a", "\"", "does not end"),
            ("\"\\x\"", "\"", "invalid escape"),
            ("01", "0", "no number"),
            ("{} {}", "{", "should end"),
        ] {
            let wrong = parse(text).expect_err(text);
            assert_eq!(&text[wrong.span.clone()], at, "{text}: {wrong:?}");
            assert!(wrong.why.contains(says), "{text}: {wrong:?}");
        }
        assert!(parse(&"[".repeat(10_000)).is_err());
    }

    proptest! {
        #[test]
        fn it_reads_what_serde_json_reads(text in "[\\[\\]{}\",:0-9a-c\\\\ntruefals.\\- é\n]{0,40}") {
            let ours = parse(&text);
            let theirs = serde_json::from_str::<serde_json::Value>(&text);
            // Ours refuses more: a key that stands twice.
            if ours.is_ok() { prop_assert!(theirs.is_ok(), "{text:?}"); }
            if let (Err(wrong), Ok(_)) = (&ours, &theirs) { prop_assert!(wrong.why.contains("twice"), "{text:?} {wrong:?}"); }
        }
    }
}
