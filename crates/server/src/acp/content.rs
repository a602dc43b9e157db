//! What a person says, as one text, and the pictures in it.

use agent_client_protocol_schema::v1::{ContentBlock, EmbeddedResourceResource};
use base64::prelude::{BASE64_STANDARD, Engine as _};
use session::GivenPicture;

use crate::rpc::RpcError;

/// What a person says.
#[derive(Debug, Default)]
pub(super) struct Prompt {
    /// In words: files that are only named are named, texts that are given are quoted, pictures are named where they stand.
    pub(super) text: String,
    /// The pictures.
    pub(super) pictures: Vec<GivenPicture>,
}

/// The blocks of a prompt.
pub(super) fn prompt(blocks: &[ContentBlock]) -> Result<Prompt, RpcError> {
    let mut prompt = Prompt::default();
    for it in blocks {
        let count = prompt.pictures.len();
        let text = block(it, &mut prompt.pictures)?;
        // A picture's name is a word of its own.
        let is_word = prompt.pictures.len() > count;
        if is_word && prompt.text.ends_with(|it: char| !it.is_whitespace()) {
            prompt.text.push(' ');
        }
        prompt.text.push_str(&text);
    }
    match prompt.text.trim().is_empty() {
        true => Err(RpcError::params("the prompt is empty")),
        false => Ok(prompt),
    }
}

fn block(block: &ContentBlock, pictures: &mut Vec<GivenPicture>) -> Result<String, RpcError> {
    let mut picture = |uri: Option<&str>, data: &str| {
        let bytes = BASE64_STANDARD.decode(data);
        let bytes = bytes.map_err(|error| {
            RpcError::params(format!("the data of a picture is no base64: {error}"))
        })?;
        let name = match uri {
            Some(uri) => place(uri).to_owned(),
            None => format!("pasted picture {}", pictures.len() + 1),
        };
        let text = format!("[{name}]");
        pictures.push(GivenPicture::Bytes(name, bytes));
        Ok(text)
    };
    match block {
        ContentBlock::Image(it) => picture(it.uri.as_deref(), &it.data),
        ContentBlock::Text(it) => Ok(it.text.clone()),
        ContentBlock::ResourceLink(it) => Ok(format!("[{}]({})", it.name, place(&it.uri))),
        ContentBlock::Resource(it) => match &it.resource {
            EmbeddedResourceResource::TextResourceContents(it) => {
                let fence = "`".repeat(longest_fence(&it.text).max(2) + 1);
                Ok(format!(
                    "\n\n{}:\n{fence}\n{}\n{fence}\n\n",
                    place(&it.uri),
                    it.text
                ))
            }
            EmbeddedResourceResource::BlobResourceContents(it)
                if it
                    .mime_type
                    .as_deref()
                    .is_some_and(|it| it.starts_with("image/")) =>
            {
                picture(Some(&it.uri), &it.blob)
            }
            _ => Err(RpcError::params(
                "only texts and pictures can be given along",
            )),
        },
        _ => Err(RpcError::params(
            "only texts, files and pictures can be given along",
        )),
    }
}

/// A file's path, or the whole address of anything else.
fn place(uri: &str) -> &str {
    uri.strip_prefix("file://").unwrap_or(uri)
}

fn longest_fence(text: &str) -> usize {
    let runs = text.split(|c| c != '`').map(str::len);
    runs.max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_prompt_of_several_blocks_is_one_text() {
        let read = |value| -> Result<Prompt, RpcError> {
            let blocks: Vec<ContentBlock> = serde_json::from_value(value).expect("blocks");
            prompt(&blocks)
        };
        let all = json!([
            {"type": "text", "text": "look at "},
            {"type": "resource_link", "name": "a.py", "uri": "file:///p/a.py"},
            {"type": "resource", "resource": {"uri": "file:///p/b.md", "text": "```\nx\n```"}},
        ]);
        assert_eq!(
            read(all).expect("a text").text,
            "look at [a.py](/p/a.py)\n\n/p/b.md:\n````\n```\nx\n```\n````\n\n"
        );
        let seen = read(json!([
            {"type": "text", "text": "what is "},
            {"type": "image", "data": "AQID", "mimeType": "image/png"},
            {"type": "resource", "resource": {"uri": "file:///p/c.gif", "mimeType": "image/gif", "blob": "BA=="}},
        ]));
        let seen = seen.expect("pictures");
        assert_eq!(seen.text, "what is [pasted picture 1] [/p/c.gif]");
        let given = |name: &str, bytes: &[u8]| GivenPicture::Bytes(name.to_owned(), bytes.to_vec());
        assert_eq!(
            seen.pictures,
            [
                given("pasted picture 1", &[1, 2, 3]),
                given("/p/c.gif", &[4])
            ]
        );
        let broken = json!([{"type": "image", "data": "?", "mimeType": "image/png"}]);
        assert!(read(broken).is_err());
        assert!(read(json!([{"type": "text", "text": " \n"}])).is_err());
    }
}
