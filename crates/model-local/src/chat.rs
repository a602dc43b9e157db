//! From a request to the tokens of the prompt that the model was trained on: messages between markers.

use crate::template::Piece;
use crate::turn::Halt;
use crate::vocabulary::{Token, Vocabulary};
use model::Request;

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
    let limit = context_tokens as usize;
    refuse_from(limit, vocabulary.tokens_min(bytes(request)))?;
    let mut tokens = Vec::new();
    for piece in vocabulary.chat.pieces(request) {
        match piece {
            Piece::Marker(token) => tokens.push(token),
            Piece::Text(text) => tokens.extend(vocabulary.encode(&text).map_err(Halt::Failed)?),
        }
    }
    refuse_from(limit, tokens.len())?;
    if tokens.is_empty() {
        return Err(Halt::Failed("there is nothing to answer".to_owned()));
    }
    Ok(tokens)
}

pub(crate) fn refuse_from(limit: usize, tokens: usize) -> Result<(), Halt> {
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
