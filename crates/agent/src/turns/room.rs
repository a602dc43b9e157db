//! Room in the model's context: how full it is, and how it is made.
//!
//! Results of old calls go first, each with a word on what was cut. When that is not enough, the older turns go as a
//! whole; what the ledger knows stands in their place.

use model::{Image, Message, Role};

/// Tokens a byte, before the provider has counted any.
const TOKENS_A_BYTE: f64 = 0.3;

/// Messages at the end whose results stay whole when others are cut.
const WHOLE_MESSAGES: usize = 6;

/// A result or an argument of this many bytes or fewer is left alone.
const SMALL_BYTES: usize = 600;

/// What stays of one that is cut.
const KEPT_BYTES: usize = 200;

/// How full a context is. Sizes are added up as messages come, so that a turn costs the same however long the
/// conversation is.
#[derive(Debug)]
pub(super) struct Gauge {
    bytes: usize,
    /// Tokens of the pictures.
    shown: u64,
    ratio: f64,
    /// Tokens that prompt and answer may have together, without the answer.
    room: u64,
}

impl Gauge {
    pub(super) fn new(context_tokens: u32, answer_tokens: u32, fixed_bytes: usize) -> Gauge {
        Gauge {
            bytes: fixed_bytes,
            shown: 0,
            ratio: TOKENS_A_BYTE,
            room: u64::from(context_tokens.saturating_sub(answer_tokens)).max(512),
        }
    }

    pub(super) fn add(&mut self, message: &Message) {
        self.bytes += size(message);
        self.shown += shown(message);
    }

    /// A message went, or became smaller, which had this many bytes and tokens of pictures.
    fn take_off(&mut self, bytes: usize, shown: u64) {
        self.bytes = self.bytes.saturating_sub(bytes);
        self.shown = self.shown.saturating_sub(shown);
    }

    /// A message's size with its pictures, in bytes.
    fn weight(&self, message: &Message) -> usize {
        size(message) + (shown(message) as f64 / self.ratio) as usize
    }

    /// Learns from what the provider counted.
    pub(super) fn counted(&mut self, input_tokens: u64) {
        if input_tokens > 0 && self.bytes > 0 {
            let text = input_tokens.saturating_sub(self.shown);
            self.ratio = (text as f64 / self.bytes as f64).clamp(0.1, 1.0);
        }
    }

    pub(super) fn tokens(&self) -> u64 {
        (self.bytes as f64 * self.ratio) as u64 + self.shown
    }

    /// Whether the next request should be made smaller first.
    pub(super) fn is_full(&self) -> bool {
        self.tokens() > self.room * 4 / 5
    }

    /// Whether there is enough room for some turns.
    pub(super) fn has_room(&self) -> bool {
        self.tokens() < self.room * 3 / 5
    }

    /// Bytes of a quarter of the room: what the newest turns may keep when the older ones go, and the most of one result.
    pub(super) fn quarter_bytes(&self) -> usize {
        (self.room as f64 / 4.0 / self.ratio) as usize
    }
}

fn size(message: &Message) -> usize {
    const FRAME: usize = 24;
    let calls = message
        .calls
        .iter()
        .map(|it| it.id.len() + it.name.len() + it.arguments.len() + FRAME);
    let results = message
        .results
        .iter()
        .map(|it| it.id.len() + it.text.len() + FRAME);
    let kept = message.kept.iter().map(|it| it.json.len());
    message.text.len() + FRAME + calls.chain(results).chain(kept).sum::<usize>()
}

/// Tokens of a message's pictures.
fn shown(message: &Message) -> u64 {
    message.all_images().map(Image::tokens).sum()
}

/// Cuts results and arguments of old calls; gives how many were cut and how many bytes that saved.
pub(super) fn cut_results(messages: &mut [Message], gauge: &mut Gauge) -> (usize, usize) {
    let old = messages.len().saturating_sub(WHOLE_MESSAGES);
    let (mut count, mut saved) = (0, 0);
    // The first message is the task.
    for message in messages.iter_mut().take(old).skip(1) {
        let (bytes, pictures) = (size(message), shown(message));
        count += cut_message(message);
        let bytes = bytes.saturating_sub(size(message));
        gauge.take_off(bytes, pictures.saturating_sub(shown(message)));
        saved += bytes;
    }
    (count, saved)
}

fn cut_message(message: &mut Message) -> usize {
    let mut count = 0;
    for result in &mut message.results {
        count += usize::from(cut_text(&mut result.text));
        if !result.images.is_empty() {
            result.images.clear();
            result
                .text
                .push_str("\n[its pictures were cut to save room; call again if you need them]");
            count += 1;
        }
    }
    if message.role == Role::User && message.results.is_empty() {
        count += usize::from(cut_text(&mut message.text));
    }
    for call in &mut message.calls {
        if call.arguments.len() > SMALL_BYTES {
            count += usize::from(cut_arguments(&mut call.arguments));
        }
    }
    count
}

fn cut_text(text: &mut String) -> bool {
    if text.len() <= SMALL_BYTES {
        return false;
    }
    let all = text.len();
    text.truncate(text.floor_char_boundary(KEPT_BYTES));
    text.push_str(&format!(
        "\n[{} of {all} bytes cut to save room; call again if you need them]",
        all - text.len()
    ));
    true
}

/// Shortens the long texts of an object; it stays JSON.
fn cut_arguments(arguments: &mut String) -> bool {
    let Ok(serde_json::Value::Object(mut fields)) = serde_json::from_str(arguments) else {
        return false;
    };
    let mut cut = false;
    for (_, value) in &mut fields {
        if let serde_json::Value::String(text) = value {
            cut |= cut_text(text);
        }
    }
    if cut {
        *arguments = serde_json::Value::Object(fields).to_string();
    }
    cut
}

/// Where the newest turns begin that may stay when the older ones go: at an answer of the model, so that no result
/// loses its call. None when there is nothing older than them.
pub(super) fn tail_start(messages: &[Message], gauge: &Gauge) -> Option<usize> {
    let mut left = gauge.quarter_bytes();
    let mut start = None;
    for (at, message) in messages.iter().enumerate().skip(1).rev() {
        let size = gauge.weight(message);
        if size > left && start.is_some() {
            break;
        }
        left = left.saturating_sub(size);
        if message.role == Role::Assistant {
            start = Some(at);
        }
    }
    start.filter(|it| *it > 1)
}

/// Takes the turns between the first message and `start` away, and puts `first` in the first one's place; gives how many
/// messages went.
pub(super) fn drop_turns(
    messages: &mut Vec<Message>,
    start: usize,
    first: String,
    gauge: &mut Gauge,
) -> usize {
    let mut count = 0;
    for it in messages.drain(1..start) {
        gauge.take_off(size(&it), shown(&it));
        count += 1;
    }
    if let Some(task) = messages.first_mut() {
        gauge.bytes = gauge.bytes.saturating_sub(size(task));
        task.text = first;
        gauge.bytes += size(task);
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::{Call, CallResult};

    fn turn(n: usize, bytes: usize) -> [Message; 2] {
        let call = Call {
            id: format!("c{n}"),
            name: "write".to_owned(),
            arguments: serde_json::json!({"path": "a", "text": "é".repeat(bytes / 2)}).to_string(),
        };
        let result = CallResult {
            id: call.id.clone(),
            text: "é".repeat(bytes / 2),
            images: Vec::new(),
            failed: false,
        };
        let mut asked = Message::assistant("");
        asked.calls.push(call);
        [asked, Message::results(vec![result])]
    }

    fn conversation(turns: usize, bytes: usize) -> (Vec<Message>, Gauge) {
        let mut messages = vec![Message::user("the task")];
        messages.extend((0..turns).flat_map(|n| turn(n, bytes)));
        let mut gauge = Gauge::new(10_000, 1_000, 100);
        messages.iter().for_each(|it| gauge.add(it));
        (messages, gauge)
    }

    fn counted(messages: &[Message]) -> usize {
        100 + messages.iter().map(size).sum::<usize>()
    }

    #[test]
    fn old_results_go_first_and_say_so() {
        let (mut messages, mut gauge) = conversation(10, 2000);
        let (count, saved) = cut_results(&mut messages, &mut gauge);
        assert_eq!(count, 2 * 7);
        assert!(saved > 20_000, "{saved}");
        assert_eq!(gauge.bytes, counted(&messages));
        let first = &messages[2].results[0].text;
        assert!(first.contains("bytes cut to save room"), "{first}");
        serde_json::from_str::<serde_json::Value>(&messages[1].calls[0].arguments)
            .expect("still JSON");
        assert_eq!(messages[20].results[0].text.len(), 2000);
        assert_eq!(cut_results(&mut messages, &mut gauge), (0, 0));
    }

    #[test]
    fn the_newest_turns_stay_whole_when_the_older_go() {
        let (mut messages, mut gauge) = conversation(10, 2000);
        let last = messages[20].clone();
        let start = tail_start(&messages, &gauge).expect("a tail");
        assert_eq!(messages[start].role, Role::Assistant);
        let gone = drop_turns(
            &mut messages,
            start,
            "task and state".to_owned(),
            &mut gauge,
        );
        assert_eq!(gone + messages.len(), 21);
        assert_eq!(messages[0].text, "task and state");
        assert_eq!(messages.last(), Some(&last));
        assert_eq!(gauge.bytes, counted(&messages));
    }

    #[test]
    fn one_huge_turn_alone_cannot_go() {
        let (messages, gauge) = conversation(1, 100_000);
        assert_eq!(tail_start(&messages, &gauge), None);
        let (messages, gauge) = conversation(2, 100_000);
        assert_eq!(tail_start(&messages, &gauge), Some(3));
    }

    fn picture() -> Image {
        let head = b"GIF89a\xe8\x03\xee\x02".as_slice();
        Image::read("a.gif", head).expect("a picture of 1000 tokens")
    }

    #[test]
    fn pictures_weigh_tokens_and_those_of_old_results_go() {
        let (mut messages, mut gauge) = conversation(10, 100);
        let empty = gauge.tokens();
        for at in [2, 20] {
            messages[at].results[0].images.push(picture());
            gauge.shown += picture().tokens();
        }
        assert_eq!(gauge.tokens(), empty + 2_000);
        gauge.counted(empty + 2_000);
        assert!(
            (gauge.ratio - TOKENS_A_BYTE).abs() < 0.01,
            "{}",
            gauge.ratio
        );
        assert_eq!(cut_results(&mut messages, &mut gauge).0, 1);
        assert_eq!(gauge.shown, 1_000);
        let cut = &messages[2].results[0];
        assert!(cut.images.is_empty() && cut.text.contains("pictures were cut"));
        assert_eq!(messages[20].results[0].images.len(), 1);
    }

    #[test]
    fn the_gauge_learns_what_a_token_is() {
        let mut gauge = Gauge::new(10_000, 1_000, 10_000);
        assert!(gauge.has_room());
        gauge.counted(9_000);
        assert!(gauge.is_full());
        gauge.counted(0);
        assert!(gauge.is_full());
    }
}
