//! Acceptance: the hidden checks judge a finished project, inside the sandbox like everything a model wrote.

use std::path::Path;

use model::Cancel;

use super::case::Case;
use crate::documents;
use crate::error::SessionError;
use crate::models;
use crate::places::{Environment, Project};
use crate::shop::{Shop, Yard};

/// Most failed checks that are kept of a judgement.
const FAILURES: usize = 40;
/// Most characters of each.
const FAILURE_CHARS: usize = 400;

/// What acceptance said.
#[derive(Debug)]
pub(super) struct Judged {
    /// Whether it ended with exit code 0.
    pub(super) passed: bool,
    /// Its last words.
    pub(super) verdict: String,
    /// What it said of checks that failed.
    pub(super) failures: Vec<String>,
}

/// Runs the case's acceptance on `project`.
pub(super) fn accept(
    case: &Case,
    project: &Path,
    yard: &Path,
    environment: &Environment,
    cancel: &Cancel,
) -> Result<Judged, SessionError> {
    let gate = documents::built_in_gate(project)?;
    let shop = Shop::open(
        environment,
        &Project::at(project, environment)?,
        gate,
        models::built_in().clone(),
        cancel.clone(),
    )?;
    let folder = case.folder.join("acceptance");
    let argv = vec![
        folder.join("run").display().to_string(),
        project.display().to_string(),
    ];
    let [scratch, overlays] = ["scratch", "overlays"].map(|it| yard.join(it));
    for folder in [&scratch, &overlays] {
        host::files::ensure_private_folder(folder).map_err(SessionError::internal)?;
    }
    let yard = Yard {
        tree: project.to_path_buf(),
        scratch,
        overlays,
    };
    let finished = shop.accept(&yard, argv, folder)?;
    let printed = String::from_utf8_lossy(&finished.stdout).into_owned()
        + &String::from_utf8_lossy(&finished.stderr);
    let last = printed
        .lines()
        .rfind(|it| !it.trim().is_empty())
        .unwrap_or("it said nothing");
    let passed = finished.ended.success();
    let failures = printed.lines().filter(|it| it.starts_with("FAIL"));
    let failures = failures
        .take(FAILURES)
        .map(|it| it.chars().take(FAILURE_CHARS).collect());
    Ok(Judged {
        failures: failures.collect(),
        passed,
        verdict: if passed {
            last.to_owned()
        } else {
            format!("{last} [{}]", finished.ended)
        },
    })
}
