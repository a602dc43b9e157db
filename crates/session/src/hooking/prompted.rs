//! Hooks on a person's request before a model sees it, and on what came of it.

use change::Changeset;
use hooks::{Event, Fact};

use super::outcome::{Was, stops};
use super::rig::Rig;
use crate::error::{Kind, SessionError};
use crate::shop::Shop;
use crate::view::Front;

/// The request as a model is to see it: what commands of hooks printed stands below it.
///
/// # Errors
/// When a hook does not let it pass, or the journal cannot be written.
pub(crate) fn before_prompt(
    shop: &Shop,
    prompt: &str,
    front: &mut dyn Front,
) -> Result<String, SessionError> {
    let mut rig = Rig::open(&shop.project, shop.environment(), &shop.cancel)?.in_shop(shop);
    let mut text = prompt.to_owned();
    for event in [Event::SessionStart, Event::PromptSubmit] {
        if !rig.waits_for(event) {
            continue;
        }
        let incident = rig.incident(event);
        let incident = match event {
            Event::PromptSubmit => incident.text(Fact::Prompt, prompt),
            _ => incident,
        };
        let ran = rig.fire(&incident, front)?;
        if let Some(why) = stops(&ran).filter(|_| event.can_be_stopped()) {
            rig.close(front)?;
            let why = format!("a hook does not let the request pass: {why}");
            return Err(SessionError::new(Kind::Refused, why)
                .hint("`kiro logs --hooks` shows what it said"));
        }
        for it in ran
            .iter()
            .filter(|it| it.was == Was::Passed && !it.text.trim().is_empty())
        {
            text.push_str(&format!("\n\nFrom the hook «{}»:\n{}", it.hook, it.text));
        }
    }
    rig.close(front)?;
    Ok(text)
}

/// Tells hooks of the files that a conversation brought in, and that it has ended.
///
/// # Errors
/// When the hooks or the journal cannot be used.
pub(crate) fn after_chat(
    shop: &Shop,
    landed: Option<&Changeset>,
    front: &mut dyn Front,
) -> Result<(), SessionError> {
    let mut rig = Rig::open(&shop.project, shop.environment(), &shop.cancel)?.in_shop(shop);
    for file in landed.iter().flat_map(|it| it.files()) {
        rig.fire_on_write(file.path.as_str(), file.before.is_none(), 0, front)?;
    }
    if rig.waits_for(Event::SessionStop) {
        rig.fire(&rig.incident(Event::SessionStop), front)?;
    }
    rig.close(front)
}
