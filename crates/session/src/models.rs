//! Models by name: the built-in one from the user's cache, files that the user registered, those behind a provider, the scripted
//! one.

mod bedrock;
mod choose;
mod config;
mod hub;
mod redacting;
mod registry;
mod remote;
mod trial;
mod wanted;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use change::Digest;
use host::download::{Download, PackageClient, Progress, Source, Tools};
use model::{
    Budget, Cancel, Catalogue, Metered, Model, ModelError, ModelId, Provider, Scripted, Spent,
    weights,
};
use model_local::LocalModel;
use policy::{Act, Gate, OwnProgram, Permit, Redactor, Verdict};

use self::config::Config;
use self::redacting::Redacting;
use self::registry::Registry;
use crate::error::{Kind, SessionError};
use crate::places::Environment;
use crate::secrets;
use crate::shop;
use crate::view::{Front, View};

pub use choose::{Chosen, use_model};
pub use config::Role;
pub(crate) use config::trouble;
pub use remote::{Access, ProviderState, providers};
pub use trial::{Rate, Trial, test};
pub use wanted::{Chain, default_model, model_for};

fn users_default(registry: &Registry) -> Result<ModelId, SessionError> {
    let entry = registry.default.as_ref().and_then(|it| registry.find(it));
    entry.map_or_else(|| Ok(built_in().clone()), registry::Entry::id)
}

/// The built-in model.
pub(crate) fn built_in() -> &'static ModelId {
    &weights::built_in().id
}

/// How much a model may be used.
#[derive(Clone, Debug, Default)]
pub(crate) struct Means {
    /// The budget beside that of the configuration.
    pub(crate) budget: Budget,
    /// What was spent of both before.
    pub(crate) spent: Spent,
}

/// Opens a model, with those that answer in its place, priced and within its means. What `redactor` finds in a request is not
/// shown to any of them.
pub(crate) fn open(
    environment: &Environment,
    chain: &Chain,
    means: Means,
    redactor: Redactor,
    cancel: &Cancel,
) -> Result<Arc<dyn Model>, SessionError> {
    let config = Config::read(environment)?;
    let facts = catalogue(environment)?;
    let one = |id: &ModelId| -> Result<Arc<dyn Model>, SessionError> {
        match id.provider() {
            Provider::Local => Ok(open_local(environment, id, cancel)?),
            Provider::Scripted => open_script(environment, id),
            _ => remote::open(environment, &config, &facts, id),
        }
    };
    let first = one(&chain.first)?;
    let others: Result<Vec<_>, _> = chain.others.iter().map(one).collect();
    let model = match (chain.first.provider(), others?) {
        (Provider::Local | Provider::Scripted, others) if others.is_empty() => first,
        (_, others) => remote::chain(first, others),
    };
    let budget = config.budget.tightened(means.budget);
    let model = Arc::new(Redacting::new(model, redactor));
    Ok(Arc::new(
        Metered::new(model, facts, budget).after(means.spent),
    ))
}

/// Whether every model of a chain takes pictures.
///
/// # Errors
/// When the configuration, the catalogue or a script cannot be used.
pub fn takes_images(environment: &Environment, chain: &Chain) -> Result<bool, SessionError> {
    let facts = catalogue(environment)?;
    for id in std::iter::once(&chain.first).chain(&chain.others) {
        let takes = match id.provider() {
            Provider::Local => false,
            Provider::Scripted => open_script(environment, id)?.profile().images,
            _ => remote::profile(&facts, id).images,
        };
        if !takes {
            return Ok(false);
        }
    }
    Ok(true)
}

/// The refusal of a picture for a model that takes none.
#[must_use]
pub fn no_images(chain: &Chain) -> SessionError {
    SessionError::input(format!("{chain} takes no pictures")).hint(
        "choose a model that does, with `--model` or `/model`, or say in words what the picture shows; \
         `\"images\": true` in ~/.kiro/catalogue.json says of a model that it takes them",
    )
}

/// What models can hold and what they cost: the user's `catalogue.json` in Kiro's folder, then what ships.
fn catalogue(environment: &Environment) -> Result<Catalogue, SessionError> {
    const BYTES_MAX: u64 = 4 << 20;
    let place = environment.kiro_home().join("catalogue.json");
    if !place.exists() {
        return Ok(Catalogue::shipped().clone());
    }
    let fail = |error: &dyn std::fmt::Display| {
        SessionError::input(format!("{} cannot be used: {error}", place.display()))
    };
    let bytes = host::files::read(&place, BYTES_MAX).map_err(|error| fail(&error))?;
    let text = String::from_utf8(bytes).map_err(|error| fail(&error))?;
    let own = Catalogue::parse(&text).map_err(|error| fail(&error))?;
    Ok(own.before(Catalogue::shipped()))
}

/// A turn that failed, as an error of the session.
pub(crate) fn failed(error: ModelError) -> SessionError {
    let kind = match error {
        ModelError::Cancelled => return SessionError::new(Kind::Interrupted, "interrupted"),
        ModelError::Unavailable { .. }
        | ModelError::NotBuiltIn { .. }
        | ModelError::Weights { .. }
        | ModelError::Provider { .. } => Kind::NoModel,
        ModelError::Exceeded { .. } => Kind::Refused,
        ModelError::NoImages { .. } => Kind::Input,
        ModelError::TooLong { .. } | ModelError::Broken { .. } | ModelError::Script { .. } => {
            Kind::Internal
        }
    };
    SessionError::new(kind, error)
}

/// A local model, which is one and the same for everybody in this process.
pub(crate) fn open_local(
    environment: &Environment,
    id: &ModelId,
    cancel: &Cancel,
) -> Result<Arc<LocalModel>, SessionError> {
    let hint = match id == built_in() {
        true => "`kiro model pull` fetches it anew",
        false => "`kiro model list` shows the others",
    };
    let path = local_file(environment, id, cancel)?;
    LocalModel::shared(&path, id)
        .map_err(|error| SessionError::new(Kind::NoModel, error).hint(hint))
}

/// The file of a local model; a registered one is still what it was.
fn local_file(
    environment: &Environment,
    id: &ModelId,
    cancel: &Cancel,
) -> Result<PathBuf, SessionError> {
    if id == built_in() {
        return Ok(environment.models().join(&weights::built_in().file));
    }
    let registry = Registry::read(environment)?;
    let entry = registry
        .find(id.name())
        .ok_or_else(|| unknown(id, &registry))?;
    entry.verify(environment, &|| cancel.is_cancelled())?;
    Ok(entry.path.clone())
}

fn unknown(wanted: impl std::fmt::Display, registry: &Registry) -> SessionError {
    let mut known = vec![built_in().to_string()];
    known.extend(
        registry
            .models
            .iter()
            .map(|it| format!("local/{}", it.name)),
    );
    SessionError::new(Kind::NoModel, format!("there is no model {wanted}")).hint(format!(
        "the models here are: {}; `kiro model use PATH.gguf` registers another",
        known.join(", ")
    ))
}

/// The scripted model, for tests: plays a written script through the real engine.
fn open_script(environment: &Environment, id: &ModelId) -> Result<Arc<dyn Model>, SessionError> {
    let path = environment.cwd.join(id.name());
    let fail = |error: &dyn std::fmt::Display| {
        SessionError::new(
            Kind::NoModel,
            format!("the script {} cannot be used: {error}", id.name()),
        )
    };
    let bytes = host::files::read(&path, 64 << 20).map_err(|error| fail(&error))?;
    let text = String::from_utf8(bytes).map_err(|error| fail(&error))?;
    let model = Scripted::parse(id.name(), &text).map_err(|error| fail(&error))?;
    Ok(Arc::new(model))
}

/// What is known of a local model on this machine.
#[derive(Clone, Debug)]
pub struct LocalState {
    /// Its id.
    pub id: ModelId,
    /// Where it stands or would stand.
    pub path: PathBuf,
    /// Size of the whole file in bytes.
    pub bytes: u64,
    /// What stands there.
    pub presence: Presence,
    /// The architecture of its network.
    pub architecture: String,
    /// The formats of its matrices.
    pub quantisation: String,
    /// The content that is accepted.
    pub sha256: String,
    /// Whether it comes with Kiro.
    pub built_in: bool,
    /// Whether later runs take it.
    pub default: bool,
}

/// What stands where a model's file should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presence {
    /// A file of the right size.
    Present,
    /// No file.
    Missing,
    /// A file of another size.
    Changed,
}

impl Presence {
    fn of(path: &Path, bytes: u64) -> Presence {
        match registry::stamp(path) {
            Ok((found, _)) if found == bytes => Presence::Present,
            Ok(_) => Presence::Changed,
            Err(_) => Presence::Missing,
        }
    }
}

/// Looks whether the built-in model is there.
pub(crate) fn built_in_state(environment: &Environment) -> LocalState {
    let weights = weights::built_in();
    let path = environment.models().join(&weights.file);
    LocalState {
        id: weights.id.clone(),
        bytes: weights.bytes,
        presence: Presence::of(&path, weights.bytes),
        path,
        architecture: weights.architecture.clone(),
        quantisation: weights.quantisation.clone(),
        sha256: weights.sha256.clone(),
        built_in: true,
        default: false,
    }
}

/// The built-in model and those that the user registered.
///
/// # Errors
/// When the list of the user's models cannot be used.
pub fn local_models(environment: &Environment) -> Result<Vec<LocalState>, SessionError> {
    let registry = Registry::read(environment)?;
    let default = users_default(&registry)?;
    let mut all = vec![built_in_state(environment)];
    for entry in &registry.models {
        all.push(LocalState {
            id: entry.id()?,
            path: entry.path.clone(),
            bytes: entry.bytes,
            presence: Presence::of(&entry.path, entry.bytes),
            architecture: entry.architecture.clone(),
            quantisation: entry.quantisation.clone(),
            sha256: entry.sha256.clone(),
            built_in: false,
            default: false,
        });
    }
    for state in &mut all {
        state.default = state.id == default;
    }
    Ok(all)
}

/// Makes sure that the model can be opened later; pulls the built-in one when it is missing, after saying so.
///
/// # Errors
/// When there is no such model, or it cannot be had.
pub(crate) fn ensure(
    environment: &Environment,
    chain: &Chain,
    cancel: &Cancel,
    front: &mut dyn Front,
) -> Result<(), SessionError> {
    let id = &chain.first;
    match id.provider() {
        Provider::Local if id != built_in() => local_file(environment, id, cancel).map(|_| ()),
        Provider::Local => {
            let download = download(environment)?;
            let whole = host::download::is_whole(&download, &|| cancel.is_cancelled());
            if whole.map_err(SessionError::input)? {
                return Ok(());
            }
            let found = if download.target.exists() {
                "is damaged or altered"
            } else {
                "is not here yet"
            };
            front.show(&View::Notice(format!(
                "the built-in model {id} {found}; fetching it once ({} MB)",
                download.size / 1_000_000
            )));
            pull(environment, cancel, front).map(|_| ())
        }
        Provider::Scripted => open_script(environment, id).map(|_| ()),
        _ => {
            let redactor = secrets::redactor_of_user(environment);
            open(environment, chain, Means::default(), redactor, cancel).map(|_| ())
        }
    }
}

/// Fetches the built-in model's weights, checks size and SHA-256, and puts them into the cache; a file that
/// is already right is left alone.
///
/// # Errors
/// When no source gives exactly these bytes, or the disk does not take them.
pub fn pull(
    environment: &Environment,
    cancel: &Cancel,
    front: &mut dyn Front,
) -> Result<PathBuf, SessionError> {
    let download = download(environment)?;
    fetch(environment, &download, cancel, front)?;
    Ok(download.target)
}

/// Brings a file whose content is known beforehand into the cache.
fn fetch(
    environment: &Environment,
    download: &Download,
    cancel: &Cancel,
    front: &mut dyn Front,
) -> Result<(), SessionError> {
    let folder = environment.models();
    host::files::ensure_folder(&folder).map_err(|error| {
        SessionError::new(Kind::NoModel, error).hint("set XDG_CACHE_HOME to a folder you can write")
    })?;
    let gate = crate::documents::built_in_gate(&folder)?;
    let permit = match gate.judge_fetch(&download.target, download.sha256) {
        Verdict::Allow(permit) => permit,
        Verdict::Ask(ask) => ask.approved(),
        Verdict::Deny(reasons) => return Err(crate::documents::refused(&reasons)),
    };
    let argv = package_client(environment);
    let supervisor = shop::supervisor(environment);
    let ask = |act: &Act| package_permit(&gate, act);
    let tools = Tools {
        packages: argv.as_deref().map(|argv| PackageClient {
            argv,
            supervisor: &supervisor,
            permit: &ask,
        }),
    };
    let mut progress = |it: Progress<'_>| {
        front.show(&View::Pulling {
            done: it.done,
            total: it.total,
            source: it.source.to_owned(),
        });
    };
    host::download::fetch(permit, download, &tools, &mut progress, &|| {
        cancel.is_cancelled()
    })
    .map_err(|error| not_fetched(error, cancel))?;
    Ok(())
}

/// The built-in model's weights as a download.
fn download(environment: &Environment) -> Result<Download, SessionError> {
    let weights = weights::built_in();
    Ok(Download {
        target: environment.models().join(&weights.file),
        size: weights.bytes,
        sha256: Digest::parse(&weights.sha256).map_err(SessionError::internal)?,
        sources: weights.sources.iter().map(source).collect(),
    })
}

fn not_fetched(error: host::download::DownloadError, cancel: &Cancel) -> SessionError {
    if cancel.is_cancelled() {
        return SessionError::new(
            Kind::Interrupted,
            "interrupted; the same command goes on from here",
        );
    }
    SessionError::new(Kind::NoModel, error).hint("without a network, put the file there by hand")
}

fn source(source: &weights::Source) -> Source {
    match source {
        weights::Source::Url(url) => Source::Url { url: url.clone() },
        weights::Source::PythonPackages(packages) => Source::PythonPackages {
            prefix: packages.prefix.clone(),
            count: packages.count,
            version: packages.version.clone(),
            member_suffix: packages.member.clone(),
        },
    }
}

/// The user's client for Python packages, as words.
fn package_client(environment: &Environment) -> Option<Vec<String>> {
    let python = host::process::toolchain::python(&environment.path, &[]).ok()?;
    let python = python.to_str()?.to_owned();
    Some(vec![python, "-m".to_owned(), "pip".to_owned()])
}

fn package_permit(gate: &Gate, act: &Act) -> Result<Permit, String> {
    let Act::Run { argv, cwd } = act else {
        return Err("the package client is started for nothing else".to_owned());
    };
    match gate.judge_own(OwnProgram::PackageClient, argv, cwd) {
        Verdict::Allow(permit) => Ok(permit),
        Verdict::Ask(ask) => Ok(ask.approved()),
        Verdict::Deny(reasons) => Err(crate::documents::refused(&reasons).message),
    }
}
