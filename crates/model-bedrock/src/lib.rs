//! Models on Amazon Bedrock, by the official SDK: ConverseStream with the user's AWS profile.
//!
//! [`Bedrock`] is the only model here. `request` writes a conversation as the service wants it, `answer` puts the stream
//! together, `refusal` names the service's errors in ours.
//!
//! The SDK is asynchronous: a small runtime of its own lives inside each [`Bedrock`], and a turn blocks its caller like any
//! other. The SDK's own retries and time limits are off: what is asked again, and how long a silence may last, is decided
//! outside, alike for all providers. Credentials and region are found as every AWS program finds them, by the SDK itself.

mod answer;
mod bedrock;
mod refusal;
mod request;

pub use bedrock::{Bedrock, Settings};
