//! The chat formats that models are trained on: how a conversation becomes markers and text.
//!
//! A file says which one it is in the template that comes with its tokenizer, a program in another language; only the
//! markers that it mentions are looked at. A file without a template is known by the markers among its tokens.

use crate::vocabulary::Token;
use crate::weights::WeightsError;
use model::{Message, Request, Role};

/// What a file says about its chat format.
pub(crate) struct Facts<'a> {
    /// The token that is spelt so.
    pub(crate) token: &'a dyn Fn(&str) -> Option<Token>,
    /// `tokenizer.chat_template`.
    pub(crate) template: Option<&'a str>,
    /// The token that begins every text, when the file wants one.
    pub(crate) begin: Option<Token>,
    /// The token that ends an answer.
    pub(crate) end: Option<Token>,
    /// All markers, for the message when none is known.
    pub(crate) markers: &'a [&'a str],
}

/// A piece of a prompt.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Piece {
    Marker(Token),
    Text(String),
}

/// The chat format of a model.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Chat {
    format: Format,
    begin: Option<Token>,
    ends: Vec<Token>,
    /// What begins and ends a model's thoughts, when they can be left out.
    thoughts: Option<[Token; 2]>,
}

#[derive(Debug, PartialEq, Eq)]
enum Format {
    ChatMl {
        start: Token,
        end: Token,
    },
    Llama3 {
        header: [Token; 2],
        end: Token,
    },
    /// `[INST]` and `[/INST]` are tokens in later models of this family and ordinary text in earlier ones.
    Instruct {
        markers: Option<[Token; 2]>,
        end: Token,
        /// Whether the system text stands in a block of its own.
        system_block: bool,
    },
}

/// The marker by which each format is known.
const CHAT_ML: &str = "<|im_start|>";
const LLAMA_3: &str = "<|start_header_id|>";
const INSTRUCT: &str = "[INST]";

/// Tokens that end an answer wherever they exist: of a message, or of a document.
const ENDS: [&str; 6] = [
    "<|im_end|>",
    "<|endoftext|>",
    "<|eot_id|>",
    "<|eom_id|>",
    "<|end_of_text|>",
    "</s>",
];

impl Chat {
    /// Finds the format.
    pub(crate) fn read(facts: &Facts<'_>) -> Result<Self, WeightsError> {
        let known = |marker: &str| match facts.template {
            Some(template) => template.contains(marker),
            None => (facts.token)(marker).is_some(),
        };
        let required = |marker: &str| {
            (facts.token)(marker)
                .ok_or_else(|| WeightsError::Vocabulary(format!("it has no {marker}")))
        };
        let format = if known(CHAT_ML) {
            Format::ChatMl {
                start: required(CHAT_ML)?,
                end: required("<|im_end|>")?,
            }
        } else if known(LLAMA_3) {
            Format::Llama3 {
                header: [required(LLAMA_3)?, required("<|end_header_id|>")?],
                end: required("<|eot_id|>")?,
            }
        } else if known(INSTRUCT) {
            let markers = (facts.token)(INSTRUCT).zip((facts.token)("[/INST]"));
            Format::Instruct {
                markers: markers.map(Into::into),
                end: facts.end.map_or_else(|| required("</s>"), Ok)?,
                system_block: facts.template.is_some_and(|it| it.contains("<<SYS>>")),
            }
        } else {
            return Err(unknown(facts));
        };
        let mut ends: Vec<_> = ENDS.iter().filter_map(|it| (facts.token)(it)).collect();
        ends.extend(facts.end);
        let can_skip = facts
            .template
            .is_some_and(|it| it.contains("enable_thinking"));
        let thoughts = (facts.token)("<think>").zip((facts.token)("</think>"));
        Ok(Self {
            format,
            begin: facts.begin,
            ends,
            thoughts: thoughts.filter(|_| can_skip).map(Into::into),
        })
    }

    /// The format's name.
    pub(crate) fn name(&self) -> &'static str {
        match self.format {
            Format::ChatMl { .. } => "ChatML",
            Format::Llama3 { .. } => "Llama 3",
            Format::Instruct { .. } => "[INST]",
        }
    }

    /// The token that ends an answer.
    pub(crate) fn end(&self) -> Token {
        match self.format {
            Format::ChatMl { end, .. }
            | Format::Llama3 { end, .. }
            | Format::Instruct { end, .. } => end,
        }
    }

    /// Whether `token` ends an answer.
    pub(crate) fn ends_answer(&self, token: Token) -> bool {
        self.ends.contains(&token)
    }

    /// The pieces of `request`, up to where the model's answer begins or, when the last message is its own, goes on.
    pub(crate) fn pieces(&self, request: &Request) -> Vec<Piece> {
        let (messages, begun) = match request.messages.split_last() {
            Some((last, before)) if last.role == Role::Assistant => (before, Some(&last.text)),
            _ => (&request.messages[..], None),
        };
        let said = &Said {
            system: &request.system,
            messages,
        };
        let mut pieces: Vec<_> = self.begin.map(Piece::Marker).into_iter().collect();
        match &self.format {
            Format::ChatMl { start, end } => chat_ml(&mut pieces, said, *start, *end),
            Format::Llama3 { header, end } => llama_3(&mut pieces, said, *header, *end),
            Format::Instruct {
                markers,
                end,
                system_block,
            } => instruct(&mut pieces, said, *markers, *end, *system_block),
        }
        if let Some([start, end]) = self.thoughts {
            let gap = || Piece::Text("\n\n".to_owned());
            pieces.extend([Piece::Marker(start), gap(), Piece::Marker(end), gap()]);
        }
        pieces.extend(begun.map(|it| Piece::Text(it.clone())));
        pieces
    }
}

/// A conversation without the beginning of the answer.
struct Said<'a> {
    system: &'a str,
    messages: &'a [Message],
}

fn unknown(facts: &Facts<'_>) -> WeightsError {
    WeightsError::Chat(match (facts.template, facts.markers) {
        (Some(template), _) => {
            let line = template.split_whitespace().collect::<Vec<_>>().join(" ");
            let beginning: String = line.chars().take(80).collect();
            format!("its template begins with {beginning:?}")
        }
        (None, []) => "it has no template and no markers".to_owned(),
        (None, markers) => {
            let some: Vec<_> = markers.iter().take(6).map(|it| format!("{it:?}")).collect();
            format!(
                "it has no template, and its markers are {}",
                some.join(", ")
            )
        }
    })
}

/// The messages with their authors, the system text first.
fn messages<'a>(said: &Said<'a>) -> impl Iterator<Item = (&'static str, &'a str)> {
    let system = Some(("system", said.system)).filter(|it| !it.1.is_empty());
    let author = |role| match role {
        Role::User => "user",
        Role::Assistant => "assistant",
    };
    let others = said.messages.iter();
    system
        .into_iter()
        .chain(others.map(move |it| (author(it.role), it.text.as_str())))
}

fn chat_ml(pieces: &mut Vec<Piece>, said: &Said<'_>, start: Token, end: Token) {
    for (author, text) in messages(said) {
        pieces.extend([
            Piece::Marker(start),
            Piece::Text(format!("{author}\n{text}")),
            Piece::Marker(end),
            Piece::Text("\n".to_owned()),
        ]);
    }
    pieces.extend([Piece::Marker(start), Piece::Text("assistant\n".to_owned())]);
}

fn llama_3(pieces: &mut Vec<Piece>, said: &Said<'_>, header: [Token; 2], end: Token) {
    let begin = |author: &str, text: &str| {
        [
            Piece::Marker(header[0]),
            Piece::Text(author.to_owned()),
            Piece::Marker(header[1]),
            Piece::Text(format!("\n\n{}", text.trim())),
        ]
    };
    for (author, text) in messages(said) {
        pieces.extend(begin(author, text));
        pieces.push(Piece::Marker(end));
    }
    pieces.extend(begin("assistant", ""));
}

fn instruct(
    pieces: &mut Vec<Piece>,
    said: &Said<'_>,
    markers: Option<[Token; 2]>,
    end: Token,
    system_block: bool,
) {
    // The system text stands before the first question.
    let mut before = match (said.system, system_block) {
        ("", _) => String::new(),
        (system, true) => format!("<<SYS>>\n{system}\n<</SYS>>\n\n"),
        (system, false) => format!("{system}\n\n"),
    };
    for message in said.messages {
        let text = &message.text;
        match (message.role, markers) {
            (Role::Assistant, Some(_)) => pieces.push(Piece::Text(text.clone())),
            (Role::Assistant, None) => pieces.push(Piece::Text(format!(" {text}"))),
            (Role::User, Some([open, close])) => pieces.extend([
                Piece::Marker(open),
                Piece::Text(format!("{before}{text}")),
                Piece::Marker(close),
            ]),
            (Role::User, None) => {
                pieces.push(Piece::Text(format!("[INST] {before}{text} [/INST]")));
            }
        }
        match message.role {
            Role::Assistant => pieces.push(Piece::Marker(end)),
            Role::User => before.clear(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::Message;

    /// The format of a file with these tokens, numbered from 0, the last of which ends an answer.
    fn read(tokens: &[&str], template: Option<&str>) -> Result<Chat, WeightsError> {
        let find = |text: &str| {
            let at = tokens.iter().position(|it| *it == text)?;
            Some(at as Token)
        };
        Chat::read(&Facts {
            token: &find,
            template,
            begin: find("<s>").or(find("<|begin_of_text|>")),
            end: tokens.len().checked_sub(1).map(|it| it as Token),
            markers: tokens,
        })
    }

    /// The prompt of a short conversation, with markers as they are spelt.
    fn shown(tokens: &[&str], template: Option<&str>) -> String {
        let messages = vec![
            Message::user("One?"),
            Message::assistant("1"),
            Message::user("Two?"),
        ];
        shown_of(messages, tokens, template)
    }

    fn shown_of(messages: Vec<Message>, tokens: &[&str], template: Option<&str>) -> String {
        let request = Request {
            system: "Be brief.".to_owned(),
            messages,
            tools: Vec::new(),
            max_tokens: 1,
            temperature: 0.0,
            seed: 0,
            stop: Vec::new(),
            schema: None,
        };
        let chat = read(tokens, template).unwrap();
        let text = |piece| match piece {
            Piece::Marker(token) => tokens[token as usize].to_owned(),
            Piece::Text(text) => text,
        };
        chat.pieces(&request).into_iter().map(text).collect()
    }

    #[test]
    fn an_answer_that_has_begun_is_left_open() {
        let messages = || vec![Message::user("One?"), Message::assistant("It is\n")];
        let alone = || vec![Message::user("One?")];
        let template = Some("<|im_start|> enable_thinking");
        for (tokens, template) in [(QWEN, None), (QWEN, template)] {
            let begun = shown_of(messages(), tokens, template);
            assert_eq!(begun, shown_of(alone(), tokens, template) + "It is\n");
        }
    }

    const QWEN: &[&str] = &["<think>", "</think>", "<|im_start|>", "<|im_end|>"];
    const LLAMA: &[&str] = &[
        "<|begin_of_text|>",
        "<|start_header_id|>",
        "<|end_header_id|>",
        "<|eot_id|>",
    ];

    #[test]
    fn chat_ml_is_known_by_template_or_tokens() {
        let expected = "<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\nOne?<|im_end|>\n\
                        <|im_start|>assistant\n1<|im_end|>\n<|im_start|>user\nTwo?<|im_end|>\n\
                        <|im_start|>assistant\n";
        assert_eq!(shown(QWEN, None), expected);
        assert_eq!(shown(QWEN, Some("{{ '<|im_start|>' }}")), expected);
        let thinking = Some("<|im_start|> if enable_thinking is false");
        let skipped = format!("{expected}<think>\n\n</think>\n\n");
        assert_eq!(shown(QWEN, thinking), skipped);
    }

    #[test]
    fn llama_3_has_headers() {
        assert_eq!(
            shown(LLAMA, Some("<|start_header_id|>")),
            "<|begin_of_text|><|start_header_id|>system<|end_header_id|>\n\nBe brief.<|eot_id|>\
             <|start_header_id|>user<|end_header_id|>\n\nOne?<|eot_id|>\
             <|start_header_id|>assistant<|end_header_id|>\n\n1<|eot_id|>\
             <|start_header_id|>user<|end_header_id|>\n\nTwo?<|eot_id|>\
             <|start_header_id|>assistant<|end_header_id|>\n\n"
        );
    }

    #[test]
    fn instructions_stand_in_brackets() {
        let tokens = ["<s>", "[INST]", "[/INST]", "</s>"];
        assert_eq!(
            shown(&tokens, None),
            "<s>[INST]Be brief.\n\nOne?[/INST]1</s>[INST]Two?[/INST]"
        );
        assert_eq!(
            shown(&["<s>", "</s>"], Some("[INST] <<SYS>>")),
            "<s>[INST] <<SYS>>\nBe brief.\n<</SYS>>\n\nOne? [/INST] 1</s>[INST] Two? [/INST]"
        );
    }

    #[test]
    fn the_template_decides_over_the_tokens() {
        let both = [LLAMA, QWEN].concat();
        let name = |template| read(&both, template).unwrap().name();
        assert_eq!(name(None), "ChatML");
        assert_eq!(name(Some("<|start_header_id|>")), "Llama 3");
    }

    #[test]
    fn every_known_end_ends_an_answer() {
        let chat = read(&["<|endoftext|>", "<|im_start|>", "<|im_end|>", "x"], None).unwrap();
        let ends: Vec<_> = (0..4).map(|it| chat.ends_answer(it)).collect();
        assert_eq!(ends, [true, false, true, true]);
    }

    #[test]
    fn what_is_not_known_is_named() {
        let check = |tokens: &[&str], template, expected: &str| {
            assert_eq!(read(tokens, template).unwrap_err().to_string(), expected);
        };
        check(
            &["<start_of_turn>", "<end_of_turn>"],
            None,
            "its chat format is not known (it has no template, and its markers are \"<start_of_turn>\", \
             \"<end_of_turn>\"); ChatML, Llama 3 and [INST] are",
        );
        check(
            QWEN,
            Some("{% for m in\n messages %}"),
            "its chat format is not known (its template begins with \"{% for m in messages %}\"); \
             ChatML, Llama 3 and [INST] are",
        );
        check(
            &[],
            None,
            "its chat format is not known (it has no template and no markers); ChatML, Llama 3 and [INST] are",
        );
        check(
            &["x"],
            Some("<|im_start|>"),
            "its vocabulary cannot be used (it has no <|im_start|>)",
        );
    }
}
