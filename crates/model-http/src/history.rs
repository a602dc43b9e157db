//! Conversations as they were sent, kept between turns: a turn renders only the messages that are new, so what it costs
//! hardly grows with the conversation.

use std::sync::{Mutex, MutexGuard, PoisonError};

use model::Message;
use serde_json::Value;

/// Most conversations that are kept: a model may be in several at once.
const KEPT: usize = 4;

/// Gives the elements of a body's list that a message becomes: often one, sometimes none. `marked` says that the message
/// stands where this request wants it otherwise.
pub(crate) type Render<'a> = &'a dyn Fn(&Message, bool) -> Vec<Value>;

/// A message and its elements, unmarked, as JSON with commas between.
type Rendered = (Message, String);

/// The conversations that were sent last, the newest at the end.
#[derive(Default)]
pub(crate) struct Histories(Mutex<Vec<Vec<Rendered>>>);

impl Histories {
    /// Writes `messages` to the end of a list, in JSON with commas between. Those at the places in `marks` are marked.
    pub(crate) fn write(
        &self,
        list: &mut List,
        messages: &[Message],
        marks: &[usize],
        render: Render<'_>,
    ) {
        let mut history = self.take(messages);
        let new = messages[history.len()..].iter();
        history.extend(new.map(|it| (it.clone(), joined(&render(it, false)))));
        list.0
            .reserve(history.iter().map(|it| it.1.len() + 1).sum());
        for (at, (message, text)) in history.iter().enumerate() {
            match marks.contains(&at) {
                true => list.push(&joined(&render(message, true))),
                false => list.push(text),
            }
        }
        self.keep(history);
    }

    /// What is kept of these messages: the longest beginning of theirs that was sent before.
    fn take(&self, messages: &[Message]) -> Vec<Rendered> {
        let mut kept = self.lock();
        let known = kept.iter().map(|it| in_common(it, messages)).enumerate();
        match known.max_by_key(|it| it.1) {
            Some((at, length)) if length > 0 => {
                let mut history = kept.remove(at);
                history.truncate(length);
                history
            }
            _ => Vec::new(),
        }
    }

    fn keep(&self, history: Vec<Rendered>) {
        let mut kept = self.lock();
        kept.push(history);
        if kept.len() > KEPT {
            kept.remove(0);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Vec<Rendered>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How many messages at the beginning are the same.
fn in_common(history: &[Rendered], messages: &[Message]) -> usize {
    let pairs = history.iter().zip(messages);
    pairs.take_while(|(kept, it)| kept.0 == **it).count()
}

/// A JSON text that ends inside of a list.
pub(crate) struct List(String);

impl List {
    /// A text that an object's `body` becomes when a list named `name` is added to it.
    pub(crate) fn within(body: &Value, name: &str) -> Self {
        let mut text = body.to_string();
        // An object's brace; it is closed by `end`.
        text.pop();
        if !text.ends_with('{') {
            text.push(',');
        }
        text.push_str(&format!("\"{name}\":["));
        Self(text)
    }

    /// Adds elements.
    pub(crate) fn push(&mut self, elements: &str) {
        if !elements.is_empty() {
            if !self.0.ends_with('[') {
                self.0.push(',');
            }
            self.0.push_str(elements);
        }
    }

    /// The whole object.
    pub(crate) fn end(mut self) -> String {
        self.0.push_str("]}");
        self.0
    }
}

/// Elements of a list in JSON, with commas between.
pub(crate) fn joined(elements: &[Value]) -> String {
    let texts: Vec<String> = elements.iter().map(Value::to_string).collect();
    texts.join(",")
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;
    use serde_json::json;

    /// Users' texts, of which an empty one becomes nothing and one with a `+` two elements.
    fn messages(texts: &[&str]) -> Vec<Message> {
        texts.iter().map(|it| Message::user(*it)).collect()
    }

    /// The list, and how many messages were rendered for it.
    fn list(histories: &Histories, texts: &[&str], marks: &[usize]) -> (String, usize) {
        let rendered = Cell::new(0);
        let render = |message: &Message, marked: bool| {
            rendered.set(rendered.get() + 1);
            let parts = message.text.split('+').filter(|it| !it.is_empty());
            parts.map(|it| json!([it, marked])).collect()
        };
        let mut list = List::within(&json!({}), "list");
        histories.write(&mut list, &messages(texts), marks, &render);
        let text = list.end();
        let inner = text.strip_prefix("{\"list\":[").expect("a list");
        let inner = inner.strip_suffix("]}").expect("an end");
        (inner.to_owned(), rendered.get())
    }

    #[test]
    fn only_what_is_new_is_rendered() {
        let histories = Histories::default();
        let (first, rendered) = list(&histories, &["a", "", "b+c"], &[]);
        assert_eq!(first, r#"["a",false],["b",false],["c",false]"#);
        assert_eq!(rendered, 3);
        let (next, rendered) = list(&histories, &["a", "", "b+c", "d"], &[]);
        assert_eq!(next, format!(r#"{first},["d",false]"#));
        assert_eq!(rendered, 1);
        assert_eq!(list(&histories, &["a", "", "b+c", "d"], &[]), (next, 0));
    }

    #[test]
    fn a_list_joins_an_object() {
        let mut list = List::within(&json!({"model": "m"}), "input");
        list.push("");
        list.push("1,2");
        list.push("");
        list.push("3");
        assert_eq!(list.end(), r#"{"model":"m","input":[1,2,3]}"#);
    }

    #[test]
    fn marks_belong_to_one_request() {
        let histories = Histories::default();
        let (marked, _) = list(&histories, &["a", "b"], &[1]);
        assert_eq!(marked, r#"["a",false],["b",true]"#);
        let (next, rendered) = list(&histories, &["a", "b", "c"], &[2]);
        assert_eq!(next, r#"["a",false],["b",false],["c",true]"#);
        assert_eq!(rendered, 2);
    }

    #[test]
    fn what_was_changed_is_rendered_anew_from_there() {
        let histories = Histories::default();
        list(&histories, &["a", "b", "c"], &[]);
        let (changed, rendered) = list(&histories, &["a", "cut", "c"], &[]);
        assert_eq!(changed, r#"["a",false],["cut",false],["c",false]"#);
        assert_eq!(rendered, 2);
        assert_eq!(list(&histories, &["a"], &[]), (r#"["a",false]"#.into(), 0));
    }

    #[test]
    fn several_conversations_are_kept_and_not_all() {
        let histories = Histories::default();
        for round in [1, 0] {
            for text in ["a", "b", "c", "d"] {
                assert_eq!(list(&histories, &[text], &[]).1, round, "{text}");
            }
        }
        assert_eq!(list(&histories, &["e"], &[]).1, 1);
        assert_eq!(list(&histories, &["b"], &[]).1, 0);
        assert_eq!(list(&histories, &["a"], &[]).1, 1);
    }
}
