//! What a request is answered with when it has no result.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use session::{Kind, SessionError};

/// Codes of errors: those of JSON-RPC, those of the Agent Client Protocol, and Kiro's own.
pub mod code {
    /// The text is no JSON.
    pub const PARSE: i64 = -32700;
    /// The JSON is no message, or comes at the wrong time.
    pub const INVALID: i64 = -32600;
    /// There is no such method.
    pub const NO_METHOD: i64 = -32601;
    /// The parameters, or what they name, cannot be used.
    pub const PARAMS: i64 = -32602;
    /// Something failed that is not the caller's to mend.
    pub const INTERNAL: i64 = -32603;
    /// It was cancelled.
    pub const CANCELLED: i64 = -32800;
    /// What is named is not there.
    pub const NOT_FOUND: i64 = -32002;
    /// The rules refuse it, or it cannot be done now.
    pub const REFUSED: i64 = -32010;
    /// No model is available.
    pub const NO_MODEL: i64 = -32011;
}

/// An error as the other side sees it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RpcError {
    /// One of [`code`].
    pub code: i64,
    /// One sentence.
    pub message: String,
    /// `{"hint"}`: the next step, when there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data: Option<Value>,
}

impl RpcError {
    /// An error with one of the codes of [`code`].
    pub fn new(code: i64, message: impl std::fmt::Display) -> RpcError {
        RpcError {
            code,
            message: message.to_string(),
            data: None,
        }
    }

    /// A message that is none, or comes at the wrong time.
    pub fn invalid(message: impl std::fmt::Display) -> RpcError {
        RpcError::new(code::INVALID, message)
    }

    /// Parameters that cannot be used.
    pub fn params(message: impl std::fmt::Display) -> RpcError {
        RpcError::new(code::PARAMS, message)
    }

    /// A method that does not exist.
    pub fn no_method(method: &str) -> RpcError {
        RpcError::new(code::NO_METHOD, format!("there is no method {method}"))
    }

    /// Nobody is at the other end any more.
    pub fn gone() -> RpcError {
        RpcError::new(code::CANCELLED, "the other side is gone")
    }
}

impl std::fmt::Display for RpcError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for RpcError {}

impl From<SessionError> for RpcError {
    fn from(error: SessionError) -> RpcError {
        let code = match error.kind {
            Kind::Input => code::PARAMS,
            Kind::Refused => code::REFUSED,
            Kind::NoModel => code::NO_MODEL,
            Kind::Internal => code::INTERNAL,
            Kind::Interrupted => code::CANCELLED,
        };
        RpcError {
            code,
            data: error.hint.map(|hint| json!({ "hint": hint })),
            message: error.message,
        }
    }
}
