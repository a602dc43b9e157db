//! The service's errors in ours.

use std::time::Duration;

use aws_sdk_bedrockruntime::config::http::HttpResponse;
use aws_sdk_bedrockruntime::error::{DisplayErrorContext, ProvideErrorMetadata, SdkError};
use aws_sdk_bedrockruntime::operation::converse_stream::ConverseStreamError;
use aws_sdk_bedrockruntime::types::error::ConverseStreamOutputError;
use model::answer::one_line;
use model::{Key, ModelError, ModelId, Trouble};

use crate::request::Part;

/// A refusal, or a failure on the way.
#[derive(Debug)]
pub(crate) struct Refusal {
    trouble: Trouble,
    message: String,
    retry_after: Option<Duration>,
}

/// What became of a request.
pub(crate) fn of_request(error: &SdkError<ConverseStreamError, HttpResponse>) -> Refusal {
    let response = error.raw_response();
    let status = response.map(|it| it.status().as_u16());
    let header = |name: &str| response.and_then(|it| it.headers().get(name));
    let retry_after = header("retry-after").and_then(|it| it.parse().ok());
    let redirected = status.is_some_and(|it| (300..400).contains(&it));
    let refusal = match error.as_service_error() {
        Some(service) if !redirected => {
            let body = response.and_then(|it| it.body().bytes());
            of_service(service, status, body)
        }
        _ => on_the_way(error, status),
    };
    Refusal {
        retry_after: retry_after.map(Duration::from_secs),
        ..refusal
    }
}

/// What became of a stream, of which something had been `seen` or not.
pub(crate) fn of_event<R: std::fmt::Debug>(
    error: &SdkError<ConverseStreamOutputError, R>,
    seen: bool,
) -> Refusal {
    match error {
        SdkError::ServiceError(service) => {
            use ConverseStreamOutputError as Error;
            let trouble = match service.err() {
                Error::ThrottlingException(_) => Some(Trouble::RateLimit),
                Error::ServiceUnavailableException(_) => Some(Trouble::Overloaded),
                Error::ValidationException(_) => Some(Trouble::Request),
                _ => None,
            };
            let refusal = of_service(service.err(), None, None);
            Refusal {
                trouble: trouble.unwrap_or(refusal.trouble),
                ..refusal
            }
        }
        other => {
            let message = words_of(other);
            let cut = ["connection", "eof", "incomplete", "unexpected end", "body"];
            let lower = message.to_ascii_lowercase();
            // What ends too early to be even one event was never a stream.
            let no_stream = !seen && lower.contains("unexpected end of stream");
            let trouble = match !no_stream && cut.iter().any(|it| lower.contains(it)) {
                true => Trouble::Cut,
                false => Trouble::Garbled,
            };
            Refusal::new(trouble, message)
        }
    }
}

fn words_of<E: std::error::Error>(error: &E) -> String {
    DisplayErrorContext(error).to_string()
}

/// `body` is what was answered, for errors in a form that the SDK does not read.
fn of_service<E: ProvideErrorMetadata + std::error::Error>(
    error: &E,
    status: Option<u16>,
    body: Option<&[u8]>,
) -> Refusal {
    let code = error.code().unwrap_or_default();
    let body = String::from_utf8_lossy(body.unwrap_or_default());
    let said = [error.message().unwrap_or_default(), &body, code];
    let message = said.into_iter().find(|it| !it.trim().is_empty());
    let message = message.unwrap_or("it gave no reason").to_owned();
    let shown = status.map_or(String::new(), |it| format!("it answered {it}: "));
    let trouble = by_message(&message).or_else(|| by_code(code));
    let trouble = trouble.unwrap_or_else(|| by_status(status.unwrap_or(500)));
    Refusal::new(trouble, format!("{shown}{message}"))
}

fn on_the_way<E: std::error::Error + 'static, R: std::fmt::Debug>(
    error: &SdkError<E, R>,
    status: Option<u16>,
) -> Refusal {
    let message = words_of(error);
    let lower = message.to_ascii_lowercase();
    let trouble = match (status, error) {
        (Some(status), _) if status != 200 => by_status(status),
        _ if lower.contains("credentials") || lower.contains("token has expired") => Trouble::Key,
        (_, SdkError::ConstructionFailure(_)) => Trouble::Request,
        (_, SdkError::ResponseError(_)) => Trouble::Garbled,
        _ => Trouble::Network,
    };
    Refusal::new(trouble, message)
}

/// Names that the service gives to one error are sometimes too wide.
fn by_message(message: &str) -> Option<Trouble> {
    let lower = message.to_ascii_lowercase();
    let about_the_name = lower.contains("model identifier is invalid")
        || lower.contains("on-demand throughput isn")
        || lower.contains("reached the end of its life");
    about_the_name.then_some(Trouble::NotFound)
}

fn by_code(code: &str) -> Option<Trouble> {
    Some(match code {
        "ThrottlingException" | "TooManyRequestsException" | "ServiceQuotaExceededException" => {
            Trouble::RateLimit
        }
        "UnrecognizedClientException"
        | "InvalidSignatureException"
        | "InvalidClientTokenId"
        | "ExpiredTokenException"
        | "ExpiredToken"
        | "IncompleteSignature"
        | "MissingAuthenticationTokenException" => Trouble::Key,
        "AccessDeniedException" => Trouble::Forbidden,
        "ResourceNotFoundException" => Trouble::NotFound,
        "ModelTimeoutException" => Trouble::Timeout,
        "ModelNotReadyException" | "ServiceUnavailableException" => Trouble::Overloaded,
        "InternalServerException" | "ModelErrorException" | "ModelStreamErrorException" => {
            Trouble::Server
        }
        "ValidationException" => Trouble::Request,
        _ => return None,
    })
}

fn by_status(status: u16) -> Trouble {
    match status {
        401 => Trouble::Key,
        403 => Trouble::Forbidden,
        300..400 | 404 => Trouble::NotFound,
        408 | 504 => Trouble::Timeout,
        429 => Trouble::RateLimit,
        503 | 529 => Trouble::Overloaded,
        400..500 => Trouble::Request,
        _ => Trouble::Server,
    }
}

impl Refusal {
    fn new(trouble: Trouble, message: String) -> Self {
        Self {
            trouble,
            message,
            retry_after: None,
        }
    }

    /// Whether the model would take the request without this part.
    pub(crate) fn is_about(&self, part: Part) -> bool {
        if self.trouble != Trouble::Request {
            return false;
        }
        let lower = self.message.to_ascii_lowercase();
        let names: &[&str] = match part {
            Part::Cache => &[
                "cachepoint",
                "cache point",
                "prompt caching",
                "cache_control",
            ],
            Part::Temperature => &["temperature"],
            Part::Stops => &["stopsequences", "stop sequences", "stop_sequences"],
        };
        names.iter().any(|it| lower.contains(it))
    }

    pub(crate) fn into_error(
        self,
        model: &ModelId,
        context_tokens: u32,
        secret: Option<&Key>,
    ) -> ModelError {
        let lower = self.message.to_ascii_lowercase();
        let too_long = [
            "input is too long",
            "prompt is too long",
            "too many input tokens",
        ];
        if self.trouble == Trouble::Request && too_long.iter().any(|it| lower.contains(it)) {
            return ModelError::TooLong {
                model: model.clone(),
                prompt_tokens: u64::from(context_tokens) + 1,
                limit: context_tokens,
            };
        }
        let message = secret.map_or(self.message.clone(), |it| it.redact(&self.message));
        ModelError::Provider {
            model: model.clone(),
            trouble: self.trouble,
            reason: one_line(&message),
            retry_after: self.retry_after,
        }
    }
}
