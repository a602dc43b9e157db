//! What git's index holds otherwise than the working tree: a commit is judged by what it would hold.

use change::RelPath;
use host::process::Staged;

use super::scan::{git_program, handed};
use crate::error::SessionError;
use crate::places::{Environment, Project};

/// Largest file of the index that is laid out, in bytes.
const FILE_MAX: usize = 64 << 20;

/// Where the index and the working tree are apart.
pub(super) struct Apart {
    /// Files that the index holds with other content, or that only the index holds.
    pub(super) staged: Vec<(RelPath, Vec<u8>)>,
    /// Files that only the working tree holds.
    pub(super) untracked: Vec<RelPath>,
}

/// Asks git, as it calls its hook.
pub(super) fn apart(project: &Project, environment: &Environment) -> Result<Apart, SessionError> {
    let git = git_program(project, environment)?;
    let env = handed(environment);
    let (root, below) = (&project.root, below(project));
    let unstaged =
        host::process::git_unstaged_objects(&git, root, &env).map_err(SessionError::input)?;
    let unstaged: Vec<(RelPath, String)> = unstaged
        .into_iter()
        .filter(|it| it.plain)
        .filter_map(|it| {
            let path = RelPath::parse(it.path.strip_prefix(&below)?).ok()?;
            Some((path, it.before?))
        })
        .collect();
    let ids: Vec<String> = unstaged.iter().map(|it| it.1.clone()).collect();
    let contents = host::process::git_objects(&git, root, &env, &ids, FILE_MAX)
        .map_err(SessionError::input)?;
    let staged = unstaged.into_iter().zip(contents);
    let untracked = host::process::git_untracked(&git, root, &env).map_err(SessionError::input)?;
    Ok(Apart {
        staged: staged
            .filter_map(|((path, _), bytes)| Some((path, bytes?)))
            .collect(),
        untracked: untracked
            .iter()
            .filter_map(|it| RelPath::parse(it).ok())
            .collect(),
    })
}

/// The project's path below the top of its repository, with a slash at the end.
fn below(project: &Project) -> String {
    let top = project.root.ancestors().find(|it| it.join(".git").exists());
    let below = top.and_then(|it| project.root.strip_prefix(it).ok());
    let below = below.and_then(|it| it.to_str()).unwrap_or_default();
    match below {
        "" => String::new(),
        below => format!("{below}/"),
    }
}

/// What the next commit would change, without content: another answer later means that something was staged meanwhile.
pub(super) fn state(
    project: &Project,
    environment: &Environment,
) -> Result<Vec<Staged>, SessionError> {
    let git = git_program(project, environment)?;
    host::process::git_staged_objects(&git, &environment.cwd, &handed(environment))
        .map_err(SessionError::input)
}
