//! What a model is asked.

use std::borrow::Cow;

use serde_json::Value;

use crate::{Call, CallResult, Image, Kept, ModelError, ModelId, Profile, ToolSpec};

/// One request: a system text, the conversation so far, and how to answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Request {
    /// Instructions that precede the conversation. May be empty.
    pub system: String,
    /// The conversation, oldest first. Text is only ever text: markers of a model's own chat format in it have no effect. When
    /// the last message is the model's own, a model whose profile [`goes_on`](crate::Profile::goes_on) answers with what follows it.
    pub messages: Vec<Message>,
    /// What the model may call. A model whose profile has no [`native_tools`](crate::Profile::native_tools) is not shown them.
    pub tools: Vec<ToolSpec>,
    /// Most tokens that the answer may have.
    pub max_tokens: u32,
    /// 0 takes the likeliest token each time; higher values vary more.
    pub temperature: f32,
    /// Seed of the variation. The same request with the same seed gives the same answer where the provider can promise it.
    pub seed: u64,
    /// Texts that end the answer. The answer does not include them. Empty ones are ignored.
    pub stop: Vec<String>,
    /// The JSON schema of the answer, or none for text. The built-in model can write nothing else than what it allows; the
    /// others are not told it, so whoever asks them says it in words, too. An answer may be cut off, so whoever asks checks it all the same.
    pub schema: Option<Value>,
}

impl Request {
    /// The text of the last message from the user's side, the results of calls included, or "" when there is none.
    #[must_use]
    pub fn last_user_text(&self) -> Cow<'_, str> {
        let mut from_user = self.messages.iter().filter(|it| it.role == Role::User);
        let Some(last) = from_user.next_back() else {
            return Cow::Borrowed("");
        };
        if last.results.is_empty() {
            return Cow::Borrowed(&last.text);
        }
        let results = last.results.iter().map(|it| it.text.as_str());
        let texts: Vec<&str> = results.chain([last.text.as_str()]).collect();
        Cow::Owned(texts.join("\n"))
    }

    /// Every picture of the conversation.
    pub fn images(&self) -> impl Iterator<Item = &Image> {
        self.messages.iter().flat_map(Message::all_images)
    }

    /// Refuses pictures for a model that takes none, so that no provider leaves one out silently.
    ///
    /// # Errors
    ///
    /// [`ModelError::NoImages`].
    pub fn check_images(&self, model: &ModelId, profile: Profile) -> Result<(), ModelError> {
        match profile.images || self.images().next().is_none() {
            true => Ok(()),
            false => Err(ModelError::NoImages {
                model: model.clone(),
            }),
        }
    }
}

/// One message of a conversation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Who wrote it.
    pub role: Role,
    /// What was written. May be empty where there are calls or results.
    pub text: String,
    /// Pictures from the user's side, before the text. Only for a model whose profile has [`images`](crate::Profile::images).
    pub images: Vec<Image>,
    /// The calls that the model asked for, after its text.
    pub calls: Vec<Call>,
    /// What came of the calls of the message before, from the user's side; they precede the text.
    pub results: Vec<CallResult>,
    /// What the provider wants back, before the text.
    pub kept: Vec<Kept>,
}

impl Message {
    /// A message from the user.
    #[must_use]
    pub fn user(text: impl Into<String>) -> Self {
        Self::from(Role::User, text.into())
    }

    /// A message from the model.
    #[must_use]
    pub fn assistant(text: impl Into<String>) -> Self {
        Self::from(Role::Assistant, text.into())
    }

    /// What came of the calls of the model's last message, one result a call.
    #[must_use]
    pub fn results(results: Vec<CallResult>) -> Self {
        Self {
            results,
            ..Self::from(Role::User, String::new())
        }
    }

    /// The pictures of the results, and those beside the text.
    pub fn all_images(&self) -> impl Iterator<Item = &Image> {
        let of_results = self.results.iter().flat_map(|it| &it.images);
        of_results.chain(&self.images)
    }

    fn from(role: Role, text: String) -> Self {
        Self {
            role,
            text,
            images: Vec::new(),
            calls: Vec::new(),
            results: Vec::new(),
            kept: Vec::new(),
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
