//! What a client can set of a session: the mode and the model.

use agent_client_protocol_schema::v1::{
    SessionConfigOption, SessionConfigOptionCategory, SessionConfigSelectOption, SessionMode,
    SessionModeState,
};
use session::{Environment, Presence, Role};

use super::sessions::State;
use crate::rpc::RpcError;
use crate::wire::WorkMode;

/// Each mode with its id, its name and what it means.
const MODES: [(WorkMode, &str, &str, &str); 2] = [
    (
        WorkMode::Guided,
        "guided",
        "Guided",
        "Every change is shown and waits for your answer",
    ),
    (
        WorkMode::Autopilot,
        "autopilot",
        "Autopilot",
        "Only what the rules ask for waits",
    ),
];

/// The value that stands for the model as configured.
const CONFIGURED: &str = "configured";

pub(super) fn id(mode: WorkMode) -> &'static str {
    let found = MODES.iter().find(|it| it.0 == mode);
    found.map_or("guided", |it| it.1)
}

pub(super) fn mode(id: &str) -> Result<WorkMode, RpcError> {
    let found = MODES.iter().find(|it| it.1 == id);
    found
        .map(|it| it.0)
        .ok_or_else(|| RpcError::params(format!("there is no mode {id}")))
}

pub(super) fn modes(now: WorkMode) -> SessionModeState {
    let mode = |it: &(WorkMode, &'static str, &'static str, &'static str)| {
        SessionMode::new(it.1, it.2).description(it.3.to_owned())
    };
    SessionModeState::new(id(now), MODES.iter().map(mode).collect())
}

pub(super) fn options(
    state: &State,
    environment: &Environment,
) -> Result<Vec<SessionConfigOption>, RpcError> {
    let modes: Vec<SessionConfigSelectOption> = MODES
        .iter()
        .map(|it| SessionConfigSelectOption::new(it.1, it.2).description(it.3.to_owned()))
        .collect();
    let model = state.model.as_deref().unwrap_or(CONFIGURED).to_owned();
    Ok(vec![
        SessionConfigOption::select("mode", "Mode", id(state.mode), modes)
            .category(SessionConfigOptionCategory::Mode),
        SessionConfigOption::select("model", "Model", model, models(state, environment)?)
            .category(SessionConfigOptionCategory::Model),
    ])
}

/// The model as configured, those on this machine, and the one that was chosen by another name.
fn models(
    state: &State,
    environment: &Environment,
) -> Result<Vec<SessionConfigSelectOption>, RpcError> {
    let configured = match session::model_for(Role::Implement, None, environment) {
        Ok(chain) => format!("As configured: {chain}"),
        Err(error) => format!("As configured: {}", error.message),
    };
    let mut all = vec![SessionConfigSelectOption::new(CONFIGURED, configured)];
    let mut names: Vec<String> = session::local_models(environment)?
        .into_iter()
        .filter(|it| it.presence == Presence::Present)
        .map(|it| it.id.to_string())
        .collect();
    names.extend(state.model.clone());
    names.sort();
    names.dedup();
    all.extend(
        names
            .into_iter()
            .map(|it| SessionConfigSelectOption::new(it.clone(), it)),
    );
    Ok(all)
}

/// Sets an option; gives whether the mode changed.
pub(super) fn set(
    state: &mut State,
    option: &str,
    value: &str,
    environment: &Environment,
) -> Result<bool, RpcError> {
    match option {
        "mode" => {
            state.mode = mode(value)?;
            Ok(true)
        }
        "model" if value == CONFIGURED => {
            state.model = None;
            Ok(false)
        }
        "model" => {
            session::model_for(Role::Implement, Some(value), environment)?;
            state.model = Some(value.to_owned());
            Ok(false)
        }
        _ => Err(RpcError::params(format!("there is no option {option}"))),
    }
}
