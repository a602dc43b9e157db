//! Kiro as a server: a toolbox, a shelf of documents and prompts, offered over the standard streams.

mod counter;

use std::io::{Read as _, Write as _};
use std::sync::Arc;

use rmcp::ServiceExt;
use serde_json::{Map, Value};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream};
use tokio::runtime::Handle;
use tools::Toolbox;

use self::counter::Counter;

/// Bytes on their way in either direction.
const PIPE: usize = 64 << 10;

/// A document that is offered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    /// Its address.
    pub uri: String,
    /// Its name for people.
    pub title: String,
    /// Its media type.
    pub kind: &'static str,
}

/// Documents that are read by their address.
pub trait Shelf: Send + Sync {
    /// All of them.
    fn documents(&self) -> Vec<Document>;

    /// Media type and text of one; `None` when there is none at this address.
    fn read(&self, uri: &str) -> Option<(&'static str, String)>;
}

/// A text that a person lets their agent have by its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prompt {
    /// Its name.
    pub name: String,
    /// What it is for.
    pub about: String,
    /// What is filled in.
    pub fields: Vec<PromptField>,
}

/// Something that is filled in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PromptField {
    /// Its name.
    pub name: String,
    /// What it is for.
    pub about: String,
    /// Whether there is nothing without it.
    pub required: bool,
}

/// Texts with fields.
pub trait Prompts: Send + Sync {
    /// All of them.
    fn prompts(&self) -> Vec<Prompt>;

    /// The text of one, filled in.
    ///
    /// # Errors
    /// When there is none of this name, or it cannot be filled in so.
    fn prompt(&self, name: &str, given: &Map<String, Value>) -> Result<String, String>;

    /// What a field may hold, as far as it begins so.
    fn completions(&self, prompt: &str, field: &str, begun: &str) -> Vec<String>;
}

/// What a server has to offer.
#[derive(Clone)]
pub struct Offer {
    /// What it can do.
    pub toolbox: Arc<dyn Toolbox + Send>,
    /// What it has to read.
    pub shelf: Arc<dyn Shelf>,
    /// What it has to say.
    pub prompts: Arc<dyn Prompts>,
    /// How it is to be used, for whoever connects.
    pub instructions: String,
}

/// Serves over the standard input and output until the input ends.
///
/// # Errors
/// When there is nothing to run it on, or whoever is at the other end does not speak the protocol.
pub fn serve(offer: Offer) -> Result<(), String> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .thread_name("mcp")
        .enable_all()
        .build()
        .map_err(|error| error.to_string())?;
    let (from_outside, input) = tokio::io::duplex(PIPE);
    let (output, to_outside) = tokio::io::duplex(PIPE);
    let handle = runtime.handle().clone();
    let listening = std::thread::Builder::new().name("mcp-stdin".to_owned());
    let listening = listening.spawn(move || listen(&handle, from_outside));
    listening.map_err(|error| error.to_string())?;
    let handle = runtime.handle().clone();
    let speaking = std::thread::Builder::new().name("mcp-stdout".to_owned());
    let speaking = speaking.spawn(move || speak(&handle, to_outside));
    let speaking = speaking.map_err(|error| error.to_string())?;
    let served = runtime.block_on(async {
        let service = match Counter::of(offer).serve((input, output)).await {
            Ok(service) => service,
            // Whoever says nothing at all has only looked.
            Err(rmcp::service::ServerInitializeError::ConnectionClosed(_)) => return Ok(()),
            Err(error) => return Err(crate::link::causes(&error)),
        };
        service
            .waiting()
            .await
            .map(|_| ())
            .map_err(|error| error.to_string())
    });
    // What was answered last is still on its way; whoever went away does not read it.
    let _ = speaking.join();
    runtime.shutdown_background();
    served
}

/// Hands on what comes in, until it ends. A thread of its own, since reading cannot be given up.
fn listen(handle: &Handle, mut to: DuplexStream) {
    let mut piece = vec![0; PIPE];
    let mut input = std::io::stdin().lock();
    loop {
        match input.read(&mut piece) {
            Ok(0) => return,
            Ok(count) => {
                if handle.block_on(to.write_all(&piece[..count])).is_err() {
                    return;
                }
            }
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(_) => return,
        }
    }
}

/// Writes what is answered, until there is no more.
fn speak(handle: &Handle, mut from: DuplexStream) {
    let mut piece = vec![0; PIPE];
    let mut output = std::io::stdout().lock();
    while let Ok(count) = handle.block_on(from.read(&mut piece)) {
        let written = output
            .write_all(&piece[..count])
            .and_then(|()| output.flush());
        if count == 0 || written.is_err() {
            return;
        }
    }
}
