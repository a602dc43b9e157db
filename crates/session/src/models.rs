//! Models by name: the built-in one from the user's cache, the scripted one from a file.

use std::path::PathBuf;
use std::sync::Arc;

use change::Digest;
use host::download::{Download, PackageClient, Progress, Source, Tools};
use model::{Cancel, Model, ModelId, Provider, Scripted, weights};
use model_local::LocalModel;
use policy::{Act, Gate, OwnProgram, Permit, Rules, Verdict};

use crate::error::{Kind, SessionError};
use crate::places::Environment;
use crate::shop;
use crate::view::{Front, View};

/// The model that works when nobody chose another: the built-in one, which needs no account.
pub fn default_model() -> ModelId {
    weights::built_in().id.clone()
}

/// Opens a model.
pub(crate) fn open(
    environment: &Environment,
    id: &ModelId,
) -> Result<Arc<dyn Model>, SessionError> {
    match id.provider() {
        Provider::Local => open_local(environment, id),
        Provider::Scripted => open_script(environment, id),
        _ => Err(SessionError::new(
            Kind::NoModel,
            model::ModelError::NotBuiltIn { model: id.clone() },
        )),
    }
}

fn open_local(environment: &Environment, id: &ModelId) -> Result<Arc<dyn Model>, SessionError> {
    let path = local_file(environment, id)?;
    let model = LocalModel::open(&path, id.clone()).map_err(|error| {
        SessionError::new(Kind::NoModel, error).hint("`kiro model pull` fetches it anew")
    })?;
    Ok(Arc::new(model))
}

fn local_file(environment: &Environment, id: &ModelId) -> Result<PathBuf, SessionError> {
    let weights = weights::built_in();
    if *id != weights.id {
        return Err(
            SessionError::new(Kind::NoModel, format!("there is no model {id}"))
                .hint(format!("the built-in one is {}", weights.id)),
        );
    }
    Ok(environment.models().join(&weights.file))
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

/// What is known of the built-in model on this machine.
#[derive(Clone, Debug)]
pub struct LocalState {
    /// Its id.
    pub id: ModelId,
    /// Where it stands or would stand.
    pub path: PathBuf,
    /// Size of the whole file in bytes.
    pub bytes: u64,
    /// Whether a file of that size stands there.
    pub present: bool,
}

/// Looks whether the built-in model is there.
pub fn local_state(environment: &Environment) -> LocalState {
    let weights = weights::built_in();
    let path = environment.models().join(&weights.file);
    let size = std::fs::metadata(&path).map(|it| it.len());
    LocalState {
        id: weights.id.clone(),
        bytes: weights.bytes,
        present: size.is_ok_and(|it| it == weights.bytes),
        path,
    }
}

/// Makes sure that the model can be opened later; pulls the built-in one when it is missing, after saying so.
///
/// # Errors
/// When there is no such model, or it cannot be had.
pub(crate) fn ensure(
    environment: &Environment,
    id: &ModelId,
    cancel: &Cancel,
    front: &mut dyn Front,
) -> Result<(), SessionError> {
    match id.provider() {
        Provider::Local => {
            local_file(environment, id)?;
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
        _ => open(environment, id).map(|_| ()),
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
    let folder = environment.models();
    host::files::ensure_folder(&folder).map_err(|error| {
        SessionError::new(Kind::NoModel, error).hint("set XDG_CACHE_HOME to a folder you can write")
    })?;
    let gate = Gate::new(
        &folder,
        Rules::parse(None, None).map_err(SessionError::internal)?,
    );
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
    host::download::fetch(permit, &download, &tools, &mut progress, &|| {
        cancel.is_cancelled()
    })
    .map_err(|error| not_fetched(error, cancel))?;
    Ok(download.target)
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
            "interrupted; `kiro model pull` goes on from here",
        );
    }
    SessionError::new(Kind::NoModel, error)
        .hint("without a network, put the file there by hand: `kiro model list` says where")
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
