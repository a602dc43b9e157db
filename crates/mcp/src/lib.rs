//! Tools of other programs, by the Model Context Protocol: the servers that `mcp.json` names, as a toolbox for agents; and
//! Kiro itself as such a server.
//!
//! Everything that a server says is the word of another program: it is bounded, redacted, and marked as material. What
//! waits, waits on a runtime inside; from outside every call blocks, has a limit, and can be stopped.

mod connect;
mod ear;
mod elicit;
mod expand;
mod fleet;
mod link;
mod login;
mod render;
mod roots;
mod said;
mod serve;
mod settings;
mod toolbox;
mod trouble;

pub use connect::{Ground, Reach, Target};
pub use expand::{ExpandError, expand};
pub use fleet::{Fleet, Introduction, Listed, Member};
pub use link::{RemoteTool, RequestError};
pub use login::{LogIn, keys_of};
pub use serve::{Document, Offer, Prompt, PromptField, Prompts, Shelf, serve};
pub use settings::{Entry, Oauth, Remark, Settings, Way};
pub use toolbox::{Pins, ServerTools, Setting, Typed};
pub use trouble::Trouble;
