//! Amazon Bedrock, where it is built in.

use std::sync::Arc;

use model::{Model, ModelError, ModelId};

use super::config::Config;
use super::remote::{Access, ProviderState};
use crate::places::Environment;

/// Opens a model.
pub(super) fn open(
    _: &Environment,
    _: &Config,
    id: &ModelId,
) -> Result<Arc<dyn Model>, ModelError> {
    Err(ModelError::NotBuiltIn { model: id.clone() })
}

/// Whether it could be asked.
pub(super) fn state(_: &Environment) -> ProviderState {
    ProviderState {
        name: "bedrock",
        place: "Amazon Bedrock".to_owned(),
        access: Access::NotBuiltIn,
    }
}
