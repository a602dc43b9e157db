//! Where a folder's page was last time: its port and the secret of its cookie, so that an open page finds the engine again when
//! that was started anew. It is kept in Kiro's own folder, for this user only.

use data_encoding::BASE64URL_NOPAD;
use serde::{Deserialize, Serialize};
use session::SessionError;
use session::desk::Desk;

/// How many random bytes a secret has.
const SECRET_BYTES: usize = 32;

/// What is kept.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Kept {
    /// The port.
    pub(super) port: u16,
    /// The cookie's value.
    pub(super) secret: String,
}

impl Kept {
    /// What was kept; what cannot be read was not.
    pub(super) fn read(desk: &Desk) -> Option<Kept> {
        let kept: Kept = serde_json::from_slice(&desk.kept("ide.json")?).ok()?;
        let is_whole = kept.secret.len() == BASE64URL_NOPAD.encode_len(SECRET_BYTES);
        is_whole.then_some(kept)
    }

    pub(super) fn write(&self, desk: &Desk) -> Result<(), SessionError> {
        let text = serde_json::to_vec(self).map_err(SessionError::internal)?;
        desk.keep("ide.json", &text)
    }
}

/// A secret that nobody can guess.
///
/// # Errors
/// When the system gives no random bytes.
pub fn secret() -> Result<String, SessionError> {
    let mut bytes = [0; SECRET_BYTES];
    getrandom::fill(&mut bytes).map_err(SessionError::internal)?;
    Ok(BASE64URL_NOPAD.encode(&bytes))
}
