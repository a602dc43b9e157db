//! Kiro's own documents as events: a specification, or a plan with its list of tasks, has other words now.

use hooks::Event;
use model::Cancel;

use super::commit::DEPTH;
use super::rig::Rig;
use crate::error::SessionError;
use crate::places::{Environment, Project};
use crate::view::Front;

/// Folders of specifications, in every form that Kiro reads.
const SPECS: [&str; 3] = ["specs/", ".kiro/specs/", "openspec/"];
/// Documents beside a specification that say how it is carried out.
const PLANS: [&str; 3] = ["tasks.md", "plan.md", "design.md"];

/// A file that was written or removed, and whether it was not there before.
pub(crate) type WrittenFile = (String, bool);

/// What happened when the document at `path` has other words; none for other files.
pub(super) fn event_of(path: &str) -> Option<Event> {
    if !path.ends_with(".md") {
        return None;
    }
    let name = path.rsplit('/').next().unwrap_or(path);
    let in_specs = SPECS.iter().any(|it| path.starts_with(it));
    let is_flat = path.matches('/').count() == 1;
    match () {
        () if path.starts_with("plans/") => Some(Event::PlanChange),
        () if in_specs && PLANS.contains(&name) && !is_flat => Some(Event::PlanChange),
        () if in_specs => Some(Event::SpecChange),
        () => None,
    }
}

/// Tells hooks of files that a command of a person's wrote or removed: documents mostly.
///
/// # Errors
/// When the hooks or the journal cannot be used. That a hook does not let a file pass is shown and leaves its hold.
pub(crate) fn tell_of_writes(
    project: &Project,
    environment: &Environment,
    written: &[WrittenFile],
    front: &mut dyn Front,
) -> Result<(), SessionError> {
    if written.is_empty() {
        return Ok(());
    }
    let mut rig = Rig::open(project, environment, &Cancel::new())?;
    let depth = depth_of(environment);
    for (path, created) in written {
        rig.fire_on_write(path, *created, depth, front)?;
    }
    rig.close(front)
}

/// How many hooks lie between a person and this process.
pub(super) fn depth_of(environment: &Environment) -> u32 {
    let told = environment.variable(DEPTH);
    told.and_then(|it| it.parse().ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_are_known_by_their_places() {
        for path in [
            "specs/login.md",
            "specs/plan.md",
            ".kiro/specs/login/requirements.md",
            ".kiro/specs/login/bugfix.md",
            "specs/001-login/spec.md",
            "openspec/changes/a/proposal.md",
        ] {
            assert_eq!(event_of(path), Some(Event::SpecChange), "{path}");
        }
        for path in [
            "plans/login-plan.md",
            "plans/login-tasks.md",
            ".kiro/specs/login/tasks.md",
            ".kiro/specs/login/design.md",
            "specs/001-login/tasks.md",
            "openspec/changes/a/tasks.md",
        ] {
            assert_eq!(event_of(path), Some(Event::PlanChange), "{path}");
        }
        for path in ["README.md", "specs/a.py", "plans/a.txt", "src/specs/a.md"] {
            assert_eq!(event_of(path), None, "{path}");
        }
    }
}
