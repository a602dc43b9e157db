//! What a model is asked.

/// One request: a system text, the conversation so far, and how to answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Request {
    /// Instructions that precede the conversation. May be empty.
    pub system: String,
    /// The conversation, oldest first. Text is only ever text: markers of a model's own chat format in it have no effect.
    pub messages: Vec<Message>,
    /// Most tokens that the answer may have.
    pub max_tokens: u32,
    /// 0 takes the likeliest token each time; higher values vary more.
    pub temperature: f32,
    /// Seed of the variation. The same request with the same seed gives the same answer where the provider can promise it.
    pub seed: u64,
    /// Texts that end the answer. The answer does not include them. Empty ones are ignored.
    pub stop: Vec<String>,
}

impl Request {
    /// The text of the last message that the user wrote, or "" when there is none.
    #[must_use]
    pub fn last_user_text(&self) -> &str {
        let mut from_user = self.messages.iter().filter(|it| it.role == Role::User);
        from_user.next_back().map_or("", |it| &it.text)
    }
}

/// One message of a conversation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Who wrote it.
    pub role: Role,
    /// What was written.
    pub text: String,
}

impl Message {
    /// A message from the user.
    #[must_use]
    pub fn user(text: impl Into<String>) -> Self {
        Self {
            role: Role::User,
            text: text.into(),
        }
    }

    /// A message from the model.
    #[must_use]
    pub fn assistant(text: impl Into<String>) -> Self {
        Self {
            role: Role::Assistant,
            text: text.into(),
        }
    }
}

/// Who wrote a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    /// The person, or the program on the person's behalf.
    User,
    /// The model.
    Assistant,
}
