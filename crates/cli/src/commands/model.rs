//! `kiro model`

use std::process::ExitCode;

use serde_json::{Value, json};
use session::{
    Access, Environment, LocalState, Presence, ProviderState, Rate, SessionError, Trial,
};

use super::run::interruptible;
use crate::args::{Json, TestArgs, UseArgs};
use crate::exit;
use crate::output::{self, BOLD, DIM, GREEN, RED, YELLOW, styled};
use crate::terminal::Terminal;

pub(super) fn pull(environment: &Environment) -> Result<ExitCode, SessionError> {
    let cancel = interruptible()?;
    let mut front = Terminal::interactive(cancel.clone());
    let path = session::pull(environment, &cancel, &mut front)?;
    output::line(path.display());
    Ok(ExitCode::SUCCESS)
}

pub(super) fn choose(args: &UseArgs, environment: &Environment) -> Result<ExitCode, SessionError> {
    let cancel = interruptible()?;
    let mut front = Terminal::interactive(cancel.clone());
    let chosen = session::use_model(&args.model, environment, &cancel, &mut front)?;
    if let Some(path) = &chosen.registered {
        output::remark(format!("registered {} as {}", path.display(), chosen.id));
    }
    output::line(format!("later runs take {}", chosen.id));
    tell_override(environment);
    Ok(ExitCode::SUCCESS)
}

pub(super) fn list(args: &Json, environment: &Environment) -> Result<ExitCode, SessionError> {
    let models = session::local_models(environment)?;
    let providers = session::providers(environment)?;
    if args.json {
        let models: Vec<Value> = models.iter().map(state_json).collect();
        let providers: Vec<Value> = providers.iter().map(provider_json).collect();
        output::json(&json!({"models": models, "providers": providers}));
        return Ok(ExitCode::SUCCESS);
    }
    models.iter().for_each(print_state);
    providers.iter().for_each(print_provider);
    tell_override(environment);
    Ok(ExitCode::SUCCESS)
}

pub(super) fn test(args: &TestArgs, environment: &Environment) -> Result<ExitCode, SessionError> {
    let cancel = interruptible()?;
    let mut front = Terminal::interactive(cancel.clone());
    let trial = session::test(args.model.as_deref(), environment, &cancel, &mut front)?;
    drop(front);
    if args.json {
        output::json(&trial_json(&trial));
    } else {
        print_trial(&trial);
    }
    Ok(exit::findings(!trial.passed()))
}

/// The variable comes before what was chosen, which may surprise.
fn tell_override(environment: &Environment) {
    if let Some(model) = &environment.model {
        output::remark(format!(
            "{} KIRO_MODEL is set, so runs take {model}",
            styled(YELLOW, "note:")
        ));
    }
}

fn presence(state: &LocalState) -> &'static str {
    match state.presence {
        Presence::Present => "present",
        Presence::Missing => "missing",
        Presence::Changed => "changed",
    }
}

fn print_state(state: &LocalState) {
    let mark = if state.default { "*" } else { " " };
    let next = match (state.presence, state.built_in) {
        (Presence::Present, _) => String::new(),
        (_, true) => "; `kiro model pull` fetches it".to_owned(),
        (_, false) => format!(
            "; `kiro model use {}` registers it anew",
            state.path.display()
        ),
    };
    output::line(format!(
        "{mark} {}  {} MB  {}, {}  {}{next}",
        styled(BOLD, &state.id),
        state.bytes.div_ceil(1_000_000),
        state.architecture,
        state.quantisation,
        presence(state)
    ));
    output::line(format!("    {}", styled(DIM, state.path.display())));
}

fn state_json(state: &LocalState) -> Value {
    json!({
        "id": state.id.to_string(),
        "path": state.path,
        "bytes": state.bytes,
        "architecture": state.architecture,
        "quantisation": state.quantisation,
        "sha256": state.sha256,
        "state": presence(state),
        "present": state.presence == Presence::Present,
        "built_in": state.built_in,
        "default": state.default,
    })
}

fn print_provider(provider: &ProviderState) {
    let access = match &provider.access {
        Access::Present(place) => format!("key in {place}"),
        Access::Missing(next) => format!("no key; {next}"),
        Access::NotNeeded => "no key needed".to_owned(),
        Access::NotBuiltIn => "not built into this version".to_owned(),
    };
    let name = styled(BOLD, format!("{}/NAME", provider.name));
    output::line(format!("  {name}  {access}"));
    output::line(format!("    {}", styled(DIM, &provider.place)));
}

fn provider_json(provider: &ProviderState) -> Value {
    let (access, from) = match &provider.access {
        Access::Present(place) => ("present", Some(place)),
        Access::Missing(_) => ("missing", None),
        Access::NotNeeded => ("not_needed", None),
        Access::NotBuiltIn => ("not_built_in", None),
    };
    json!({"provider": provider.name, "endpoint": provider.place, "key": access, "from": from})
}

fn print_trial(trial: &Trial) {
    let verdict = match trial.passed() {
        true => styled(GREEN, "passed"),
        false => styled(RED, "failed"),
    };
    let (held, all) = trial.examples;
    output::line(format!(
        "{}  {verdict}: {held} of {all} examples hold",
        styled(BOLD, &trial.id)
    ));
    for tried in &trial.tries {
        output::line(format!("  {}", styled(DIM, tried)));
    }
    output::line(format!("  load     {:.2} s", seconds(trial.load_ms)));
    output::line(format!("  prompt   {}", rate(&trial.prompt)));
    output::line(format!("  decode   {}", rate(&trial.decode)));
    if let Some(bytes) = trial.resident_bytes {
        output::line(format!("  memory   {} MB resident", bytes / 1_000_000));
    }
}

fn seconds(millis: u64) -> f64 {
    millis as f64 / 1000.0
}

fn rate(rate: &Rate) -> String {
    let speed = rate
        .per_second()
        .map_or("not measured".to_owned(), |it| format!("{it:.1} tokens/s"));
    format!(
        "{speed}  ({} tokens in {:.2} s)",
        rate.tokens,
        seconds(rate.millis)
    )
}

fn trial_json(trial: &Trial) -> Value {
    let rate = |rate: &Rate| {
        json!({
            "tokens": rate.tokens,
            "wall_ms": rate.millis,
            "tokens_per_second": rate.per_second(),
        })
    };
    json!({
        "id": trial.id.to_string(),
        "passed": trial.passed(),
        "examples": {"held": trial.examples.0, "all": trial.examples.1},
        "tries": trial.tries,
        "load_ms": trial.load_ms,
        "prompt": rate(&trial.prompt),
        "decode": rate(&trial.decode),
        "resident_bytes": trial.resident_bytes,
    })
}
