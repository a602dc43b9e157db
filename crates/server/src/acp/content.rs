//! What a person says, as one text.

use agent_client_protocol_schema::v1::{ContentBlock, EmbeddedResourceResource};

use crate::rpc::RpcError;

/// The blocks of a prompt as one text: files that are only named are named, texts that are given are quoted.
pub(super) fn text(blocks: &[ContentBlock]) -> Result<String, RpcError> {
    let parts: Result<Vec<String>, RpcError> = blocks.iter().map(block).collect();
    let text = parts?.concat();
    match text.trim().is_empty() {
        true => Err(RpcError::params("the prompt is empty")),
        false => Ok(text),
    }
}

fn block(block: &ContentBlock) -> Result<String, RpcError> {
    match block {
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
            _ => Err(RpcError::params("only texts can be given along")),
        },
        _ => Err(RpcError::params("only texts and files can be given along")),
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
        let read = |value| -> Result<String, RpcError> {
            let blocks: Vec<ContentBlock> = serde_json::from_value(value).expect("blocks");
            text(&blocks)
        };
        let all = json!([
            {"type": "text", "text": "look at "},
            {"type": "resource_link", "name": "a.py", "uri": "file:///p/a.py"},
            {"type": "resource", "resource": {"uri": "file:///p/b.md", "text": "```\nx\n```"}},
        ]);
        assert_eq!(
            read(all).expect("a text"),
            "look at [a.py](/p/a.py)\n\n/p/b.md:\n````\n```\nx\n```\n````\n\n"
        );
        let image = json!([{"type": "image", "data": "", "mimeType": "image/png"}]);
        assert!(read(image).is_err());
        assert!(read(json!([{"type": "text", "text": " \n"}])).is_err());
    }
}
