//! Tokens and the text that they stand for.

use crate::template::{Chat, Facts};
use crate::weights::WeightsError;
use candle_core::quantized::gguf_file::{Content, Value};
use candle_core::quantized::tokenizer::TokenizerFromGguf;
use tokenizers::Tokenizer;

/// What a file says that a token is.
const NORMAL: i32 = 1;
const CONTROL: i32 = 3;
const USER_DEFINED: i32 = 4;

/// How words are cut before they are merged, by the names that files have for it, as the reader of the tokenizer calls it.
const CUTS: [(&str, &str); 9] = [
    ("default", "gpt2"),
    ("gpt-2", "gpt2"),
    ("gpt2", "gpt2"),
    ("qwen2", "qwen2"),
    ("deepseek-r1-qwen", "qwen2"),
    ("llama-bpe", "llama3"),
    ("llama-v3", "llama3"),
    ("llama3", "llama3"),
    ("smaug-bpe", "smaug-bpe"),
];

/// One token: its row in the model's tables.
pub(crate) type Token = u32;

/// The tokens of a model.
pub(crate) struct Vocabulary {
    tokenizer: Tokenizer,
    spellings: Spellings,
    /// How a conversation is written in tokens.
    pub(crate) chat: Chat,
}

impl Vocabulary {
    /// Reads the vocabulary in `content`.
    pub(crate) fn read(content: &mut Content) -> Result<Self, WeightsError> {
        name_cut(content)?;
        let content = &*content;
        let spellings = Spellings::read(content)?;
        let mut tokenizer = Tokenizer::from_gguf(content)
            .map_err(|error| WeightsError::Vocabulary(error.to_string()))?;
        // Text is only ever text: a marker that a user wrote is spelt out in ordinary tokens.
        tokenizer.set_encode_special_tokens(true);
        Ok(Self {
            chat: read_chat(content, &tokenizer)?,
            tokenizer,
            spellings,
        })
    }

    /// How many tokens there are.
    pub(crate) fn len(&self) -> usize {
        self.spellings.ends.len()
    }

    /// The tokens of `text`, none of which is a marker.
    pub(crate) fn encode(&self, text: &str) -> Result<Vec<Token>, String> {
        let encoding = self.tokenizer.encode_fast(text, false);
        let encoding = encoding.map_err(|error| format!("its text has no tokens: {error}"))?;
        Ok(encoding.get_ids().to_vec())
    }

    /// The token of this marker; none when the model knows no such.
    pub(crate) fn marker(&self, name: &str) -> Option<Token> {
        self.tokenizer.token_to_id(name)
    }

    /// Fewest tokens that `bytes` bytes of text can have.
    pub(crate) fn tokens_min(&self, bytes: usize) -> usize {
        bytes.div_ceil(self.spellings.longest)
    }

    /// The bytes that `token` stands for: none for a marker.
    pub(crate) fn spelling(&self, token: Token) -> &[u8] {
        self.spellings.get(token as usize)
    }

    /// The token that ends an answer.
    pub(crate) fn end(&self) -> Token {
        self.chat.end()
    }

    /// Whether `token` ends an answer.
    pub(crate) fn ends_answer(&self, token: Token) -> bool {
        self.chat.ends_answer(token)
    }
}

/// Checks that the tokenizer is one that can be read, and gives its way of cutting words the name that the reader knows.
fn name_cut(content: &mut Content) -> Result<(), WeightsError> {
    const KIND: &str = "tokenizer.ggml.model";
    const CUT: &str = "tokenizer.ggml.pre";
    match text(content, KIND) {
        Some("gpt2") => {}
        Some(other) => {
            let kind: String = other.chars().take(40).collect();
            return Err(WeightsError::Vocabulary(format!(
                "its tokenizer is {kind:?}, and only \"gpt2\" (byte-level BPE) can be run"
            )));
        }
        None => return Err(WeightsError::Missing(KIND.to_owned())),
    }
    let found = text(content, CUT).unwrap_or("default");
    let Some((_, known)) = CUTS.iter().find(|(name, _)| *name == found) else {
        let found: String = found.chars().take(40).collect();
        return Err(WeightsError::Vocabulary(format!(
            "it cuts words as {found:?}, which is not known"
        )));
    };
    if *known == "llama3" {
        // In vocabularies of this family a word that is a token is that token, whatever the merges say.
        let whole = "tokenizer.ggml.ignore_merges".to_owned();
        content.metadata.insert(whole, Value::Bool(true));
    }
    let known = Value::String((*known).to_owned());
    content.metadata.insert(CUT.to_owned(), known);
    Ok(())
}

fn read_chat(content: &Content, tokenizer: &Tokenizer) -> Result<Chat, WeightsError> {
    let tokens = array(content, "tokenizer.ggml.tokens")?;
    let kinds = array(content, "tokenizer.ggml.token_type")?;
    let marker = |(token, kind): (&'_ Value, &Value)| match (token, kind) {
        (Value::String(token), Value::I32(CONTROL)) => Some(token.clone()),
        _ => None,
    };
    let markers: Vec<_> = tokens.iter().zip(kinds).filter_map(marker).collect();
    let id = |name: &str| {
        let id = content.metadata.get(&format!("tokenizer.ggml.{name}"))?;
        let id = Token::try_from(id.to_u64().ok()?).ok()?;
        // A number beyond the vocabulary names no token.
        ((id as usize) < tokens.len()).then_some(id)
    };
    // Absent, it is for the format to say; those that begin texts with such a token have it since their first version.
    let begins = match content.metadata.get("tokenizer.ggml.add_bos_token") {
        Some(Value::Bool(wanted)) => *wanted,
        _ => text(content, "general.architecture") == Some("llama"),
    };
    Chat::read(&Facts {
        token: &|text| tokenizer.token_to_id(text),
        template: text(content, "tokenizer.chat_template"),
        begin: id("bos_token_id").filter(|_| begins),
        end: id("eos_token_id"),
        markers: &markers.iter().map(String::as_str).collect::<Vec<_>>(),
    })
}

fn text<'a>(content: &'a Content, key: &str) -> Option<&'a str> {
    match content.metadata.get(key) {
        Some(Value::String(text)) => Some(text),
        _ => None,
    }
}

/// The bytes of every token, end to end.
struct Spellings {
    bytes: Vec<u8>,
    ends: Vec<usize>,
    longest: usize,
}

impl Spellings {
    fn read(content: &Content) -> Result<Self, WeightsError> {
        let tokens = array(content, "tokenizer.ggml.tokens")?;
        let kinds = array(content, "tokenizer.ggml.token_type")?;
        if tokens.len() != kinds.len() {
            return Err(WeightsError::Vocabulary(
                "it does not say of each token what it is".to_owned(),
            ));
        }
        let mut spellings = Self {
            bytes: Vec::new(),
            ends: Vec::with_capacity(tokens.len()),
            longest: 1,
        };
        for (token, kind) in tokens.iter().zip(kinds) {
            let (Value::String(token), &Value::I32(kind)) = (token, kind) else {
                return Err(WeightsError::Metadata("tokenizer.ggml.tokens".to_owned()));
            };
            spellings.push(token, kind)?;
        }
        Ok(spellings)
    }

    fn push(&mut self, token: &str, kind: i32) -> Result<(), WeightsError> {
        let start = self.bytes.len();
        match kind {
            NORMAL => {
                for letter in token.chars() {
                    let byte = byte_of(letter).ok_or_else(|| {
                        WeightsError::Vocabulary(format!(
                            "its token {token:?} is not spelt in bytes"
                        ))
                    })?;
                    self.bytes.push(byte);
                }
            }
            USER_DEFINED => self.bytes.extend_from_slice(token.as_bytes()),
            _ => (),
        }
        self.longest = self.longest.max(self.bytes.len() - start);
        self.ends.push(self.bytes.len());
        Ok(())
    }

    fn get(&self, index: usize) -> &[u8] {
        let end = self.ends.get(index).copied().unwrap_or(0);
        let start = index.checked_sub(1).map_or(0, |before| {
            self.ends.get(before).copied().unwrap_or(0).min(end)
        });
        &self.bytes[start..end]
    }
}

fn array<'a>(content: &'a Content, key: &str) -> Result<&'a [Value], WeightsError> {
    match content.metadata.get(key) {
        Some(Value::Array(values)) => Ok(values),
        Some(_) => Err(WeightsError::Metadata(key.to_owned())),
        None => Err(WeightsError::Missing(key.to_owned())),
    }
}

/// Vocabularies of this family are written with one printable letter a byte: a byte that is printable in Latin-1 is its own
/// letter, and the others are, in order, the letters from U+0100 on.
fn byte_of(letter: char) -> Option<u8> {
    let code = u32::from(letter);
    match u8::try_from(code) {
        Ok(byte) => is_own_letter(byte).then_some(byte),
        Err(_) => (0..=u8::MAX)
            .filter(|&byte| !is_own_letter(byte))
            .nth(code as usize - 0x100),
    }
}

/// The letter that stands for `byte`.
#[cfg(test)]
pub(crate) fn letter_of(byte: u8) -> char {
    let mut letters = ('\0'..='\u{143}').filter(|&letter| byte_of(letter) == Some(byte));
    letters.next().expect("every byte has a letter")
}

fn is_own_letter(byte: u8) -> bool {
    matches!(byte, 0x21..=0x7e | 0xa1..=0xac | 0xae..=0xff)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_byte_has_one_letter() {
        let letters: Vec<_> = (0..=u8::MAX).map(letter_of).collect();
        assert_eq!(
            (letters[b'a' as usize], letters[b' ' as usize], letters[0]),
            ('a', 'Ġ', 'Ā')
        );
        assert_eq!(
            (letters[b'\n' as usize], letters[0x7f], letters[0xad]),
            ('Ċ', 'ġ', 'Ń')
        );
        let mut distinct = letters.clone();
        distinct.sort_unstable();
        distinct.dedup();
        assert_eq!(distinct.len(), 256);
        assert_eq!(byte_of('\u{144}'), None);
        assert_eq!(byte_of(' '), None);
    }

    #[test]
    fn spellings_follow_the_kind_of_token() {
        let mut spellings = Spellings {
            bytes: Vec::new(),
            ends: Vec::new(),
            longest: 1,
        };
        for (token, kind) in [
            ("Ġab", 1),
            ("<|im_end|>", 3),
            ("<tool_call>", 4),
            ("[PAD]", 5),
            ("Ã©", 1),
        ] {
            spellings.push(token, kind).unwrap();
        }
        let found: Vec<_> = (0..6).map(|index| spellings.get(index)).collect();
        assert_eq!(
            found,
            [
                " ab".as_bytes(),
                b"",
                b"<tool_call>",
                b"",
                "é".as_bytes(),
                b""
            ]
        );
        assert_eq!(spellings.longest, 11);
        assert!(spellings.push("日", 1).is_err());
    }
}
