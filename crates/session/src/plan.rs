//! `kiro plan`: plan and tasks from a spec, without running anything.

use model::Cancel;

use crate::documents;
use crate::error::SessionError;
use crate::models::Chain;
use crate::places::{Environment, SpecPlace};
use crate::planning;
use crate::run::open_journal;
use crate::shop::Shop;
use crate::stale;
use crate::view::Front;

/// What was asked of planning.
#[derive(Clone, Debug)]
pub struct PlanOptions {
    /// The spec, by path or name.
    pub spec: String,
    /// Replace documents that a person edited, and ask a model again that wrote a plan of this very spec before.
    pub fresh: bool,
    /// What is to be otherwise, for a model that writes plans.
    pub feedback: Option<String>,
    /// The model.
    pub model: Chain,
}

/// Writes plan and tasks of a spec.
///
/// # Errors
/// When the spec cannot be read or planned, or a document was edited by hand and `fresh` was not asked for.
pub fn plan(
    options: &PlanOptions,
    environment: &Environment,
    cancel: &Cancel,
    front: &mut dyn Front,
) -> Result<SpecPlace, SessionError> {
    let place = SpecPlace::find(&options.spec, environment)?;
    let (_, spec) = documents::spec(&place)?;
    let gate = documents::gate(&place.project, environment)?;
    let shop = Shop::open(
        environment,
        &place.project,
        gate,
        options.model.clone(),
        cancel.clone(),
    )?;
    let mut journal = open_journal(&place.project, &shop.redactor, front)?;
    let wish = planning::Wish {
        fresh: options.fresh,
        feedback: options.feedback.clone(),
    };
    // Without a run, what its turns cost is shown and not recorded.
    planning::write(&place, &spec, &shop, &mut journal, &wish, front)?;
    stale::reopen(&place, &spec, &shop.gate, &mut journal, front)?;
    Ok(place)
}
