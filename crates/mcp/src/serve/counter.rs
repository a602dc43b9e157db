//! Hands over what is asked for.

use std::sync::Arc;

use rmcp::model::{
    CacheScope, CallToolRequestParams, CallToolResponse, CallToolResult, CompleteRequestParams,
    CompleteResult, CompletionInfo, ContentBlock, ErrorData, GetPromptRequestParams,
    GetPromptResponse, GetPromptResult, Implementation, InitializeResult, ListPromptsResult,
    ListResourceTemplatesResult, ListResourcesResult, ListToolsResult, PaginatedRequestParams,
    ProgressNotificationParam, Prompt as Listed, PromptArgument, PromptMessage,
    ReadResourceRequestParams, ReadResourceResponse, ReadResourceResult, Reference, Resource,
    ResourceContents, Role, ServerCapabilities, Tool, ToolAnnotations,
};
use rmcp::service::RequestContext;
use rmcp::{RoleServer, ServerHandler};
use serde_json::{Map, Value, json};
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tokio::task::JoinHandle;
use tools::{Effect, Progress, ToolSpec};

use super::{Document, Offer, Prompt};

/// How long a client may take the list of tools for true, in milliseconds; everything else it asks for anew.
const TOOLS_TTL: u64 = 300_000;

/// The offer, as the protocol asks for it.
#[derive(Clone)]
pub(super) struct Counter(Offer);

impl Counter {
    pub(super) fn of(offer: Offer) -> Counter {
        Counter(offer)
    }

    fn tools(&self) -> Vec<Tool> {
        let tool = |it: ToolSpec| {
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

/// Hands on what a call reports, to a client that asked for it. Ends when nothing more can come.
fn reporting(context: &RequestContext<RoleServer>) -> (UnboundedSender<String>, JoinHandle<()>) {
    let (tell, mut told) = unbounded_channel::<String>();
    let token = context.meta.get_progress_token();
    let peer = context.peer.clone();
    let handing_on = tokio::spawn(async move {
        let mut count = 0.0;
        while let Some(message) = told.recv().await {
            let Some(token) = &token else { continue };
            count += 1.0;
            let mut report = ProgressNotificationParam::new(token.clone(), count);
            report.message = Some(message);
            // Whoever went away wants no report.
            let _ = peer.notify_progress(report).await;
        }
    });
    (tell, handing_on)
}

fn listed(prompt: Prompt) -> Listed {
    let fields = prompt.fields.into_iter().map(|it| {
        let argument = PromptArgument::new(it.name).with_description(it.about);
        argument.with_required(it.required)
    });
    Listed::new(prompt.name, Some(prompt.about), Some(fields.collect()))
}

impl ServerHandler for Counter {
    fn get_info(&self) -> InitializeResult {
        let can = ServerCapabilities::builder()
            .enable_completions()
            .enable_prompts()
            .enable_resources()
            .enable_tools()
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
        let all = ListToolsResult::with_all_items(self.tools()).with_ttl_ms(TOOLS_TTL);
        Ok(all.with_cache_scope(CacheScope::Private))
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
        let (tell, handing_on) = reporting(&context);
        let ended = context.ct;
        let work = move || {
            let stop = || ended.is_cancelled();
            let on = |progress: Progress| {
                let (Progress::Waiting(text) | Progress::Output(text)) = progress;
                // Whoever went away wants no report.
                let _ = tell.send(text);
            };
            offer.toolbox.call(&request.name, &arguments, &stop, &on)
        };
        let answer = aside(work).await?;
        // What was reported goes before the answer.
        let _ = handing_on.await;
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
        let all = ListResourcesResult::with_all_items(all).with_ttl_ms(0);
        Ok(all.with_cache_scope(CacheScope::Private))
    }

    async fn list_resource_templates(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListResourceTemplatesResult, ErrorData> {
        let none = ListResourceTemplatesResult::with_all_items(Vec::new()).with_ttl_ms(TOOLS_TTL);
        Ok(none.with_cache_scope(CacheScope::Private))
    }

    async fn read_resource(
        &self,
        request: ReadResourceRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<ReadResourceResponse, ErrorData> {
        let shelf = Arc::clone(&self.0.shelf);
        let uri = request.uri.clone();
        let read = aside(move || shelf.read(&uri)).await?;
        let (kind, text) = read.ok_or_else(|| {
            let told = format!("there is nothing at {}", request.uri);
            ErrorData::resource_not_found(told, Some(json!({"uri": request.uri})))
        })?;
        let contents = vec![ResourceContents::text(text, request.uri).with_mime_type(kind)];
        let read = ReadResourceResult::new(contents).with_ttl_ms(0);
        Ok(read.with_cache_scope(CacheScope::Private).into())
    }

    async fn list_prompts(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListPromptsResult, ErrorData> {
        let all = self.0.prompts.prompts().into_iter().map(listed).collect();
        let all = ListPromptsResult::with_all_items(all).with_ttl_ms(TOOLS_TTL);
        Ok(all.with_cache_scope(CacheScope::Private))
    }

    async fn get_prompt(
        &self,
        request: GetPromptRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<GetPromptResponse, ErrorData> {
        let prompts = Arc::clone(&self.0.prompts);
        let given = request.arguments.unwrap_or_default();
        let filled = aside(move || prompts.prompt(&request.name, &given)).await?;
        let text = filled.map_err(|why| ErrorData::invalid_params(why, None))?;
        let said = vec![PromptMessage::new_text(Role::User, text)];
        Ok(GetPromptResult::new(said).into())
    }

    async fn complete(
        &self,
        request: CompleteRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<CompleteResult, ErrorData> {
        let Reference::Prompt(prompt) = request.r#ref else {
            return Ok(CompleteResult::default());
        };
        let prompts = Arc::clone(&self.0.prompts);
        let field = request.argument;
        let work = move || prompts.completions(&prompt.name, &field.name, &field.value);
        let mut values = aside(work).await?;
        values.truncate(CompletionInfo::MAX_VALUES);
        let info = CompletionInfo::new(values);
        let info = info.map_err(|why| ErrorData::internal_error(why, None))?;
        Ok(CompleteResult::new(info))
    }
}
