//! The secrets of a project, learnt so that they can be kept out of what is recorded.

use policy::Redactor;

use crate::error::SessionError;
use crate::places::Project;

/// Largest environment file that is read, in bytes.
const FILE_MAX: u64 = 1 << 20;

/// One that knows the values of the project's environment files. The values stay in this process.
pub(crate) fn redactor(project: &Project) -> Result<Redactor, SessionError> {
    let entries = std::fs::read_dir(&project.root).map_err(|error| {
        SessionError::input(format!(
            "the folder {} cannot be read: {error}",
            project.root.display()
        ))
    })?;
    let mut files: Vec<_> = entries
        .flatten()
        .filter(|it| it.file_type().is_ok_and(|kind| kind.is_file()))
        .map(|it| it.path())
        .filter(|it| {
            let name = it.file_name().map(|it| it.to_string_lossy().to_lowercase());
            name.is_some_and(|it| it.starts_with(".env") || it.ends_with(".env"))
        })
        .collect();
    files.sort();
    // One that cannot be read, or is too large to be one, teaches nothing.
    let texts: Vec<String> = files
        .iter()
        .filter_map(|it| host::files::read(it, FILE_MAX).ok())
        .map(|it| String::from_utf8_lossy(&it).into_owned())
        .collect();
    Ok(Redactor::with_environment(texts.iter().map(String::as_str)))
}
