//! What a client is told of a session.

use agent_client_protocol_schema::v1::{
    CLIENT_METHOD_NAMES, ConfigOptionUpdate, ContentBlock, ContentChunk, CurrentModeUpdate, Diff,
    SessionConfigOption, SessionNotification, SessionUpdate, TextContent, ToolCallContent,
};
use session::Changeset;

use super::settings;
use crate::rpc::Peer;
use crate::wire::{self, WorkMode};

/// Tells something of a session.
pub(super) fn send(peer: &Peer, session: &str, update: SessionUpdate) {
    let told = SessionNotification::new(session.to_owned(), update);
    peer.notify(CLIENT_METHOD_NAMES.session_update, told);
}

fn chunk(text: &str) -> ContentChunk {
    ContentChunk::new(ContentBlock::Text(TextContent::new(text)))
}

/// A piece of what the agent says.
pub(super) fn of_agent(text: &str) -> SessionUpdate {
    SessionUpdate::AgentMessageChunk(chunk(text))
}

/// A piece of what the agent does on the way.
pub(super) fn of_thought(text: &str) -> SessionUpdate {
    SessionUpdate::AgentThoughtChunk(chunk(text))
}

/// What the person said.
pub(super) fn of_user(text: &str) -> SessionUpdate {
    SessionUpdate::UserMessageChunk(chunk(text))
}

pub(super) fn of_mode(mode: WorkMode) -> SessionUpdate {
    SessionUpdate::CurrentModeUpdate(CurrentModeUpdate::new(settings::id(mode)))
}

pub(super) fn of_options(options: Vec<SessionConfigOption>) -> SessionUpdate {
    SessionUpdate::ConfigOptionUpdate(ConfigOptionUpdate::new(options))
}

/// A text as the content of a tool call.
pub(super) fn text(text: &str) -> ToolCallContent {
    ToolCallContent::from(ContentBlock::Text(TextContent::new(text)))
}

/// The files of a proposal as the content of a tool call; what is no text is told in words.
pub(super) fn diffs(root: &str, files: &[wire::ReviewFile]) -> Vec<ToolCallContent> {
    let diff = |file: &wire::ReviewFile| {
        let is_text = |text: &Option<String>, mode: Option<&str>| text.is_some() || mode.is_none();
        let whole =
            is_text(&file.old_text, file.old_mode) && is_text(&file.new_text, file.new_mode);
        if !whole || file.change == "mode" {
            let told = file.parts.first().map_or("", |it| it.text.as_str());
            return text(told);
        }
        let path = format!("{root}/{}", file.path);
        let after = file.new_text.clone().unwrap_or_default();
        Diff::new(path, after)
            .old_text(file.old_text.clone())
            .into()
    };
    files.iter().map(diff).collect()
}

/// The same of a changeset.
pub(super) fn diffs_of(root: &str, changes: &Changeset) -> Vec<ToolCallContent> {
    diffs(root, &wire::files(changes))
}
