//! Plans that a model wrote, kept in Kiro's own folder by the spec's fingerprint and the model, so that the same question is asked
//! once. What is kept is the model's answer: it passes the same checks again when it is used.

use std::path::PathBuf;

use change::Digest;
use model::Provider;

use crate::error::SessionError;
use crate::places::SpecPlace;
use crate::shop::Shop;

/// Largest answer that is kept, in bytes.
const ANSWER_MAX: u64 = 4 << 20;

fn file(place: &SpecPlace, spec_fingerprint: &str, shop: &Shop) -> PathBuf {
    let model = shop.model_id();
    // A script is what it says, wherever it stands.
    let script = match model.provider() {
        Provider::Scripted => {
            let file = shop.environment().cwd.join(model.name());
            host::files::digest(&file, &|| false).ok().flatten()
        }
        _ => None,
    };
    let script = script.map_or_else(String::new, |it| it.to_string());
    let key = format!("{}\n{spec_fingerprint}\n{model}\n{script}", place.path);
    let name = Digest::of(key.as_bytes()).to_string();
    let folder = place.project.state.join("plans");
    folder.join(format!("{}.md", &name[..32]))
}

/// The answer that was kept of this model for this very spec.
pub(super) fn kept(
    place: &SpecPlace,
    spec_fingerprint: &str,
    shop: &Shop,
) -> Result<Option<String>, SessionError> {
    let file = file(place, spec_fingerprint, shop);
    if !file.is_file() {
        return Ok(None);
    }
    let bytes = host::files::read(&file, ANSWER_MAX).map_err(SessionError::internal)?;
    Ok(String::from_utf8(bytes).ok())
}

/// Keeps an answer, in the place of an earlier one.
pub(super) fn keep(
    place: &SpecPlace,
    spec_fingerprint: &str,
    shop: &Shop,
    answer: &str,
) -> Result<(), SessionError> {
    let file = file(place, spec_fingerprint, shop);
    if let Some(folder) = file.parent() {
        host::files::ensure_private_folder(folder).map_err(SessionError::internal)?;
    }
    let answer = shop.redactor.redact(answer);
    host::files::replace_own(&file, answer.as_bytes()).map_err(SessionError::internal)
}
