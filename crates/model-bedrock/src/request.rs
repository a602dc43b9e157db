//! A conversation as ConverseStream wants it.

use std::collections::{BTreeSet, HashMap};

use aws_sdk_bedrockruntime::operation::converse_stream::builders::ConverseStreamFluentBuilder;
use aws_sdk_bedrockruntime::primitives::Blob;
use aws_sdk_bedrockruntime::types::{
    CachePointBlock, CachePointType, ContentBlock, ConversationRole, ImageBlock, ImageFormat,
    ImageSource, InferenceConfiguration, Message as Sent, ReasoningContentBlock,
    ReasoningTextBlock, SystemContentBlock, Tool, ToolConfiguration, ToolInputSchema,
    ToolResultBlock, ToolResultContentBlock, ToolResultStatus, ToolSpecification, ToolUseBlock,
};
use aws_smithy_types::{Document, Number};
use model::answer::{kept_by, object, plain_name};
use model::{Image, ImageForm, Message, Provider, Request, Role};
use serde_json::Value;

/// A part of a request that some models do not take.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Part {
    /// Marks for the provider's cache.
    Cache,
    /// How much answers vary.
    Temperature,
    /// Texts that end an answer.
    Stops,
}

impl Part {
    pub(crate) const ALL: [Self; 3] = [Self::Cache, Self::Temperature, Self::Stops];
}

/// What a model does not take.
pub(crate) type Without = BTreeSet<Part>;

/// Puts a request into a call.
pub(crate) fn fill(
    call: ConverseStreamFluentBuilder,
    request: &Request,
    without: &Without,
) -> ConverseStreamFluentBuilder {
    let caches = !without.contains(&Part::Cache);
    let mut inference = InferenceConfiguration::builder()
        .max_tokens(i32::try_from(request.max_tokens).unwrap_or(i32::MAX));
    if !without.contains(&Part::Temperature) {
        inference = inference.temperature(request.temperature);
    }
    if !without.contains(&Part::Stops) {
        for stop in request.stop.iter().filter(|it| !it.trim().is_empty()) {
            inference = inference.stop_sequences(stop);
        }
    }
    let mut call = call.inference_config(inference.build());
    if !request.system.is_empty() {
        call = call.system(SystemContentBlock::Text(request.system.clone()));
        if caches {
            call = call.system(SystemContentBlock::CachePoint(cache_point()));
        }
    }
    for message in messages(request, caches) {
        call = call.messages(message);
    }
    call.set_tool_config(tools(request))
}

#[expect(
    clippy::expect_used,
    reason = "every field that the builder wants is set"
)]
fn cache_point() -> CachePointBlock {
    let point = CachePointBlock::builder().r#type(CachePointType::Default);
    point.build().expect("a type is set")
}

/// The tools. Calls in the conversation need some to be named, even when none may be called any more.
fn tools(request: &Request) -> Option<ToolConfiguration> {
    let told = request.tools.iter().filter_map(|tool| {
        let schema = ToolInputSchema::Json(document(&tool.parameters));
        let description = Some(tool.description.clone()).filter(|it| !it.is_empty());
        let spec = ToolSpecification::builder()
            .name(&tool.name)
            .set_description(description)
            .input_schema(schema);
        spec.build().ok().map(Tool::ToolSpec)
    });
    let told: Vec<Tool> = told.collect();
    if told.is_empty() {
        return None;
    }
    ToolConfiguration::builder()
        .set_tools(Some(told))
        .build()
        .ok()
}

/// The conversation. The last two messages of the user's side are marked: this request's, which the next one finds, and the one
/// before, where this request finds what was kept.
fn messages(request: &Request, caches: bool) -> Vec<Sent> {
    let mut marks = if caches { 2 } else { 0 };
    let mut messages = Vec::new();
    for message in request.messages.iter().rev() {
        let (role, mut content) = match message.role {
            Role::User => (ConversationRole::User, of_user(message)),
            Role::Assistant => (ConversationRole::Assistant, of_assistant(message)),
        };
        if content.is_empty() {
            continue;
        }
        if message.role == Role::User && marks > 0 {
            content.push(ContentBlock::CachePoint(cache_point()));
            marks -= 1;
        }
        let sent = Sent::builder().role(role).set_content(Some(content));
        messages.extend(sent.build().ok());
    }
    messages.reverse();
    messages
}

fn of_user(message: &Message) -> Vec<ContentBlock> {
    let results = message.results.iter().filter_map(|result| {
        // A result has a text, however short.
        let text = match result.text.is_empty() {
            true => "(nothing)".to_owned(),
            false => result.text.clone(),
        };
        let status = match result.failed {
            true => ToolResultStatus::Error,
            false => ToolResultStatus::Success,
        };
        let mut block = ToolResultBlock::builder()
            .tool_use_id(plain_name(&result.id))
            .content(ToolResultContentBlock::Text(text))
            .status(status);
        for image in result.images.iter().filter_map(picture) {
            block = block.content(ToolResultContentBlock::Image(image));
        }
        block.build().ok().map(ContentBlock::ToolResult)
    });
    let mut content: Vec<ContentBlock> = results.collect();
    content.extend(
        message
            .images
            .iter()
            .filter_map(picture)
            .map(ContentBlock::Image),
    );
    if !message.text.trim().is_empty() {
        content.push(ContentBlock::Text(message.text.clone()));
    }
    content
}

fn picture(image: &Image) -> Option<ImageBlock> {
    let format = match image.form() {
        ImageForm::Png => ImageFormat::Png,
        ImageForm::Jpeg => ImageFormat::Jpeg,
        ImageForm::Gif => ImageFormat::Gif,
        ImageForm::Webp => ImageFormat::Webp,
    };
    let source = ImageSource::Bytes(Blob::new(image.bytes()));
    let block = ImageBlock::builder().format(format).source(source);
    block.build().ok()
}

fn of_assistant(message: &Message) -> Vec<ContentBlock> {
    let own = kept_by(message, Provider::Bedrock);
    let mut content: Vec<ContentBlock> = own.filter_map(|it| reasoning(&it)).collect();
    let text = message.text.trim_end();
    if !text.is_empty() {
        content.push(ContentBlock::Text(text.to_owned()));
    }
    content.extend(message.calls.iter().filter_map(|call| {
        let block = ToolUseBlock::builder()
            .tool_use_id(plain_name(&call.id))
            .name(plain_name(&call.name))
            .input(document(&object(&call.arguments)));
        block.build().ok().map(ContentBlock::ToolUse)
    }));
    content
}

/// Reasoning as `answer` kept it.
fn reasoning(value: &Value) -> Option<ContentBlock> {
    if let Some(sealed) = value["sealed"].as_array() {
        let bytes = sealed
            .iter()
            .map(|it| it.as_u64().and_then(|it| u8::try_from(it).ok()));
        let bytes: Option<Vec<u8>> = bytes.collect();
        let block = ReasoningContentBlock::RedactedContent(Blob::new(bytes?));
        return Some(ContentBlock::ReasoningContent(block));
    }
    let signature = value["signature"].as_str().filter(|it| !it.is_empty());
    let text = ReasoningTextBlock::builder()
        .text(value["text"].as_str()?)
        .set_signature(signature.map(str::to_owned));
    let block = ReasoningContentBlock::ReasoningText(text.build().ok()?);
    Some(ContentBlock::ReasoningContent(block))
}

/// JSON as the SDK has it.
fn document(value: &Value) -> Document {
    match value {
        Value::Null => Document::Null,
        Value::Bool(value) => Document::Bool(*value),
        Value::Number(number) => Document::Number(match (number.as_u64(), number.as_i64()) {
            (Some(number), _) => Number::PosInt(number),
            (None, Some(number)) => Number::NegInt(number),
            (None, None) => Number::Float(number.as_f64().unwrap_or_default()),
        }),
        Value::String(text) => Document::String(text.clone()),
        Value::Array(values) => Document::Array(values.iter().map(document).collect()),
        Value::Object(fields) => {
            let fields = fields
                .iter()
                .map(|(name, value)| (name.clone(), document(value)));
            Document::Object(fields.collect::<HashMap<_, _>>())
        }
    }
}
