//! The session for other programs: the Agent Client Protocol and Kiro's own methods, over any transport that carries
//! texts.
//!
//! A [`rpc::Peer`] is one end of a conversation in JSON-RPC and knows nothing of what is said. [`Hub`] is what all
//! conversations of one process share: what is going on, what waits for an answer, who listens. [`Kiro`] answers both
//! vocabularies: `acp` for every editor that speaks it, [`kiro`] for the panels of one that knows Kiro. Nothing is
//! decided here: commands go to `session`, what it shows comes back as values of [`wire`], the only public ones.
//! [`report`] shows what was measured. [`ide`] is the page of `kiro ide`, with what it asks of files, terminals and git.

mod acp;
mod hub;
pub mod ide;
pub mod kiro;
pub mod lsp;
pub mod report;
pub mod rpc;
mod service;
mod stdio;
pub mod wire;

pub use hub::Hub;
pub use service::Kiro;
pub use stdio::serve;
