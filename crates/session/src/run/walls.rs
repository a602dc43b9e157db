//! The walls, looked at before anything runs.

use engine::Mode;
use host::sandbox::Control;

use crate::error::{Kind, SessionError};
use crate::places::Environment;
use crate::shop::Shop;
use crate::view::{Front, View};

/// Looks at the walls before anything runs: Autopilot is refused where they leak, and that allowed hosts are not reached
/// is told.
pub(crate) fn look_at_walls(
    shop: &Shop,
    mode: Mode,
    environment: &Environment,
    front: &mut dyn Front,
) -> Result<(), SessionError> {
    if mode == Mode::Autopilot {
        refuse_leaks(shop, environment)?;
    }
    if let Some(why) = shop.without_door() {
        front.show(&View::Warning(why));
    }
    Ok(())
}

/// Autopilot runs what a model wrote without anybody looking, so it needs walls that hold: they are tried first.
fn refuse_leaks(shop: &Shop, environment: &Environment) -> Result<(), SessionError> {
    let scratch = environment.kiro_home().join("state/trials");
    host::files::ensure_private_folder(&scratch).map_err(SessionError::input)?;
    let mut controls = shop.sandbox.escapes(&scratch);
    if shop.door()?.is_some() {
        controls.extend(shop.sandbox.door_controls());
    }
    refusal_of(&controls).map_or(Ok(()), Err)
}

/// Why Autopilot is refused, if a trial of the walls did not go as it must.
fn refusal_of(controls: &[Control]) -> Option<SessionError> {
    let leaks: Vec<&str> = controls
        .iter()
        .filter(|it| !it.held)
        .map(|it| it.name)
        .collect();
    if leaks.is_empty() && !controls.is_empty() {
        return None;
    }
    let why = format!(
        "Autopilot is refused: the sandbox does not hold ({})",
        leaks.join(", ")
    );
    Some(SessionError::new(Kind::Refused, why).hint(
        "`kiro doctor` shows each trial; installing bubblewrap, or a Linux with Landlock 6, usually mends it. \
         `--guided` shows every change before it lands",
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_leak_refuses_autopilot_and_so_does_a_trial_that_was_not_made() {
        let control = |name, held| Control {
            name,
            question: "",
            held,
            detail: String::new(),
        };
        assert!(refusal_of(&[control("a", true)]).is_none());
        let refused = refusal_of(&[control("a", true), control("b", false)]).expect("refused");
        assert_eq!(refused.kind, Kind::Refused);
        assert!(
            refused.message.ends_with("does not hold (b)"),
            "{}",
            refused.message
        );
        assert!(refusal_of(&[]).is_some());
    }
}
