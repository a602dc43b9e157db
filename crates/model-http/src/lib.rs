//! Models behind HTTP: Anthropic's Messages, OpenAI's Chat Completions and Responses, and every server that speaks one of them.
//!
//! Each provider is one file: [`anthropic()`], [`chat_completions()`], [`responses()`]. What they share: `turn` (the one model
//! that they all are, in different dialects), `wire` (one exchange, on a thread of its own, with limits), `sse` (events out of
//! bytes), `history` (conversations as they were sent, so that a turn renders only what is new), `refusal` (a server's errors as ours).
//!
//! A [`Key`](model::Key) has no way into a text: it leaves in a header, and what a server repeats of it is hidden. A key is never sent on:
//! redirects are errors. The environment is not read here: where a provider is, and with which key, comes in as [`Settings`].
//!
//! A parameter that a server says it does not take is left out from then on, and the request is made again, so that one
//! dialect fits the many servers that speak it.

mod anthropic;
mod chat;
mod endpoint;
mod history;
mod proxy;
mod refusal;
mod responses;
mod settings;
mod sse;
mod turn;
mod wire;

pub use anthropic::{ANTHROPIC_BASE, anthropic};
pub use chat::chat_completions;
pub use endpoint::{Endpoint, EndpointError};
pub use proxy::{Proxy, ProxyError};
pub use responses::{OPENAI_BASE, responses};
pub use settings::Settings;
