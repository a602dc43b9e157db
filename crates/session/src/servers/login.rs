//! `kiro mcp login`: a person logs in at a server behind HTTP.

use mcp::{LogIn, Reach, Trouble};
use model::Cancel;

use super::named;
use crate::documents;
use crate::error::SessionError;
use crate::places::{Environment, Project};

/// Lets the person log in at a server; `open` shows them the address to open. What is granted is kept in a file of their own.
///
/// # Errors
/// When there is no such server behind HTTP that counts, or nobody logged in.
pub fn log_in_at(
    server: &str,
    environment: &Environment,
    cancel: &Cancel,
    open: &mut dyn FnMut(&str),
) -> Result<(), SessionError> {
    let project = Project::around(environment)?;
    let gate = documents::gate(&project, environment)?;
    let named = named(&project, &gate, environment);
    let member = named.members.iter().find(|it| it.entry.name == server);
    let member = member.ok_or_else(|| {
        SessionError::input(format!("there is no server {server}"))
            .hint("`kiro mcp list` shows them")
    })?;
    let target = member.target.as_ref().map_err(|trouble: &Trouble| {
        SessionError::input(format!("{server} cannot be logged in at: {trouble}"))
    })?;
    let Reach::Http {
        url, oauth, keys, ..
    } = &target.reach
    else {
        let why = format!("{server} is a program: what it needs stands under `env` in its entry");
        return Err(SessionError::input(why));
    };
    let stop = || cancel.is_cancelled();
    let failed = |why: String| SessionError::input(format!("{server}: {why}"));
    let log_in = LogIn::begin(url, oauth, None, keys).map_err(failed)?;
    open(&log_in.address());
    log_in.wait(&stop).map_err(failed)
}
