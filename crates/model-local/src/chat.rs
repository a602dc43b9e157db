//! From a request to the prompt that the model was trained on: messages between markers.

use crate::turn::Halt;
use crate::vocabulary::{Token, Vocabulary};
use model::{Request, Role};

/// The tokens of `request`, up to where the model's answer begins.
///
/// # Errors
///
/// [`Halt::TooLong`] unless at least one of `context_tokens` is left for the answer.
pub(crate) fn prompt(
    vocabulary: &Vocabulary,
    request: &Request,
    context_tokens: u32,
) -> Result<Vec<Token>, Halt> {
    let mut prompt = Prompt {
        vocabulary,
        tokens: Vec::new(),
        line_end: vocabulary.encode("\n").map_err(Halt::Failed)?,
    };
    let limit = context_tokens as usize;
    refuse_from(limit, vocabulary.tokens_min(bytes(request)))?;
    if !request.system.is_empty() {
        prompt.message("system", &request.system)?;
    }
    for message in &request.messages {
        prompt.message(name(message.role), &message.text)?;
    }
    prompt.begin(name(Role::Assistant), "")?;
    refuse_from(limit, prompt.tokens.len())?;
    Ok(prompt.tokens)
}

fn refuse_from(limit: usize, tokens: usize) -> Result<(), Halt> {
    if tokens < limit {
        return Ok(());
    }
    Err(Halt::TooLong {
        prompt_tokens: tokens as u64,
    })
}

fn bytes(request: &Request) -> usize {
    let messages = request.messages.iter().map(|it| it.text.len());
    request.system.len() + messages.sum::<usize>()
}

fn name(role: Role) -> &'static str {
    match role {
        Role::User => "user",
        Role::Assistant => "assistant",
    }
}

struct Prompt<'a> {
    vocabulary: &'a Vocabulary,
    tokens: Vec<Token>,
    line_end: Vec<Token>,
}

impl Prompt<'_> {
    fn begin(&mut self, author: &str, text: &str) -> Result<(), Halt> {
        let body = self.vocabulary.encode(&format!("{author}\n{text}"));
        self.tokens.push(self.vocabulary.message_start);
        self.tokens.extend(body.map_err(Halt::Failed)?);
        Ok(())
    }

    fn message(&mut self, author: &str, text: &str) -> Result<(), Halt> {
        self.begin(author, text)?;
        self.tokens.push(self.vocabulary.message_end);
        self.tokens.extend_from_slice(&self.line_end);
        Ok(())
    }
}
