//! Texts that an editor can only show as files, in Kiro's own state of the project.

use std::path::PathBuf;

use crate::error::SessionError;
use crate::places::{Environment, Project, plain};

/// Writes a text that is to be shown; gives the file, which the next text of this name replaces.
///
/// # Errors
/// When the project cannot be resolved or Kiro's own folder cannot be written.
pub fn keep_aside(
    name: &str,
    text: &str,
    environment: &Environment,
) -> Result<PathBuf, SessionError> {
    let folder = Project::around(environment)?.state.join("shown");
    host::files::ensure_private_folder(&folder).map_err(SessionError::internal)?;
    let file = folder.join(plain(name, &['.']));
    host::files::replace_own(&file, text.as_bytes()).map_err(SessionError::internal)?;
    Ok(file)
}
