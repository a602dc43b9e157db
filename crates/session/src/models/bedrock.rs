//! Amazon Bedrock, where it is built in: the cargo feature `bedrock`.

use std::sync::Arc;

use model::{Catalogue, Model, ModelError, ModelId};

use super::config::Config;
use super::remote::{Access, ProviderState};
use crate::error::SessionError;
use crate::places::Environment;

/// Variables of which each says that there is an account to use.
const ACCOUNT: [&str; 5] = [
    "AWS_PROFILE",
    "AWS_ACCESS_KEY_ID",
    "AWS_BEARER_TOKEN_BEDROCK",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
];

/// Opens a model. Profile, region and credentials are found as every AWS program finds them.
#[cfg(feature = "bedrock")]
pub(super) fn open(
    environment: &Environment,
    config: &Config,
    facts: &Catalogue,
    id: &ModelId,
) -> Result<Result<Arc<dyn Model>, ModelError>, SessionError> {
    let capacity = super::remote::profile(facts, id);
    let settings = model_bedrock::Settings {
        limits: super::remote::limits(environment, config)?,
        ..model_bedrock::Settings::new(capacity)
    };
    let model = model_bedrock::Bedrock::new(id.clone(), settings);
    Ok(model.map(|it| Arc::new(it) as _))
}

/// Says that it is not part of this build.
#[cfg(not(feature = "bedrock"))]
pub(super) fn open(
    _: &Environment,
    _: &Config,
    _: &Catalogue,
    id: &ModelId,
) -> Result<Result<Arc<dyn Model>, ModelError>, SessionError> {
    Ok(Err(ModelError::NotBuiltIn { model: id.clone() }))
}

/// Whether it could be asked, as far as can be seen without asking.
pub(super) fn state(environment: &Environment) -> ProviderState {
    let variable = ACCOUNT.iter().find(|it| environment.variable(it).is_some());
    let files = [".aws/credentials", ".aws/config"];
    let file = files.iter().find(|it| environment.home.join(it).exists());
    let access = match (cfg!(feature = "bedrock"), variable, file) {
        (false, ..) => Access::NotBuiltIn,
        (true, Some(variable), _) => Access::Present((*variable).to_owned()),
        (true, None, Some(file)) => Access::Present(format!("~/{file}")),
        (true, None, None) => Access::Missing("run `aws configure`, or set AWS_PROFILE".to_owned()),
    };
    let region = environment.variable("AWS_REGION");
    let region = region.or_else(|| environment.variable("AWS_DEFAULT_REGION"));
    ProviderState {
        name: "bedrock",
        place: match region {
            Some(region) => format!("Amazon Bedrock, {region}"),
            None => "Amazon Bedrock, in the region of the profile".to_owned(),
        },
        access,
    }
}
