//! Kiro as a server: a toolbox and a shelf of documents, offered over the standard streams.

use std::io::{Read as _, Write as _};
use std::sync::Arc;

use rmcp::model::{
    CallToolRequestParams, CallToolResponse, CallToolResult, ContentBlock, ErrorData,
    Implementation, InitializeResult, ListResourcesResult, ListToolsResult, PaginatedRequestParams,
    ReadResourceRequestParams, ReadResourceResponse, ReadResourceResult, Resource,
    ResourceContents, ServerCapabilities, Tool, ToolAnnotations,
};
use rmcp::service::RequestContext;
use rmcp::{RoleServer, ServerHandler, ServiceExt};
use serde_json::{Map, Value};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream};
use tokio::runtime::Handle;
use tools::{Effect, Toolbox};

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

    /// The text of one; `None` when there is none at this address.
    fn read(&self, uri: &str) -> Option<String>;
}

/// What a server has to offer.
#[derive(Clone)]
pub struct Offer {
    /// What it can do.
    pub toolbox: Arc<dyn Toolbox + Send>,
    /// What it has to read.
    pub shelf: Arc<dyn Shelf>,
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
        let service = match Counter(offer).serve((input, output)).await {
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

/// Hands over what is asked for.
#[derive(Clone)]
struct Counter(Offer);

impl Counter {
    fn tools(&self) -> Vec<Tool> {
        let tool = |it: tools::ToolSpec| {
            let reads = self.0.toolbox.effect(&it.name, &Value::Null) == Effect::Reads;
            let schema = match it.parameters {
                Value::Object(object) => object,
                _ => Map::new(),
            };
            let mut tool = Tool::new(it.name, it.description, Arc::new(schema));
            let says = ToolAnnotations::new().read_only(reads).open_world(false);
            tool.annotations = Some(says.destructive(false));
            tool
        };
        self.0.toolbox.specs().into_iter().map(tool).collect()
    }
}

/// Does something that blocks, where it holds nobody up.
async fn aside<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, ErrorData> {
    let came = tokio::task::spawn_blocking(work).await;
    came.map_err(|_| ErrorData::internal_error("the request broke down", None))
}

impl ServerHandler for Counter {
    fn get_info(&self) -> InitializeResult {
        let can = ServerCapabilities::builder()
            .enable_tools()
            .enable_resources()
            .build();
        InitializeResult::new(can)
            .with_server_info(Implementation::new("kiro", env!("CARGO_PKG_VERSION")))
            .with_instructions(self.0.instructions.clone())
    }

    fn get_tool(&self, name: &str) -> Option<Tool> {
        self.tools().into_iter().find(|it| it.name == name)
    }

    async fn list_tools(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        Ok(ListToolsResult::with_all_items(self.tools()))
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        if self.get_tool(&request.name).is_none() {
            let told = format!("there is no tool {}", request.name);
            return Err(ErrorData::invalid_params(told, None));
        }
        let offer = self.0.clone();
        let arguments = Value::Object(request.arguments.unwrap_or_default());
        let ended = context.ct;
        let work = move || {
            let stop = || ended.is_cancelled();
            offer
                .toolbox
                .call(&request.name, &arguments, &stop, &|_| {})
        };
        let answer = aside(work).await?;
        let content = vec![ContentBlock::text(answer.text)];
        Ok(CallToolResponse::Complete(match answer.failed {
            true => CallToolResult::error(content),
            false => CallToolResult::success(content),
        }))
    }

    async fn list_resources(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListResourcesResult, ErrorData> {
        let shelf = Arc::clone(&self.0.shelf);
        let documents = aside(move || shelf.documents()).await?;
        let resource = |it: Document| Resource::new(it.uri, it.title).with_mime_type(it.kind);
        let all = documents.into_iter().map(resource).collect();
        Ok(ListResourcesResult::with_all_items(all))
    }

    async fn read_resource(
        &self,
        request: ReadResourceRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<ReadResourceResponse, ErrorData> {
        let shelf = Arc::clone(&self.0.shelf);
        let uri = request.uri.clone();
        let read = aside(move || shelf.read(&uri)).await?;
        let text = read.ok_or_else(|| {
            ErrorData::resource_not_found(format!("there is nothing at {}", request.uri), None)
        })?;
        let contents = vec![ResourceContents::text(text, request.uri)];
        Ok(ReadResourceResult::new(contents).into())
    }
}
