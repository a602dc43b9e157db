//! `kiro model use`: another model for later runs, by name, by file, or by its name on the hub.

use std::path::{Path, PathBuf};

use host::download::{Download, Source};
use model::{Cancel, ModelId, Provider};
use model_local::LocalModel;

use super::hub::HubName;
use super::registry::{Entry, Registry, stamp};
use super::{built_in, fetch, unknown};
use crate::error::{Kind, SessionError};
use crate::places::Environment;
use crate::view::{Front, View};

/// The hub's list of a repository's files is never longer.
const LIST_BYTES_MAX: usize = 8 << 20;

/// What was chosen.
#[derive(Clone, Debug)]
pub struct Chosen {
    /// The model that later runs take.
    pub id: ModelId,
    /// The file that was registered just now.
    pub registered: Option<PathBuf>,
}

/// What a text names.
enum Named {
    BuiltIn,
    Known(ModelId),
    File(PathBuf),
    Hub(HubName),
}

/// Makes a model the user's default. `what` is `built-in`, the name of a registered model, the path of a GGUF file,
/// which is registered, or a name on the hub, whose file is fetched and registered.
///
/// # Errors
/// When `what` names nothing, or the file is no model that can be run here.
pub fn use_model(
    what: &str,
    environment: &Environment,
    cancel: &Cancel,
    front: &mut dyn Front,
) -> Result<Chosen, SessionError> {
    let mut registry = Registry::read(environment)?;
    let (path, hub) = match named(what, &registry, environment)? {
        Named::BuiltIn => {
            registry.default = None;
            registry.save(environment)?;
            return Ok(Chosen {
                id: built_in().clone(),
                registered: None,
            });
        }
        Named::Known(id) => {
            registry.default = Some(id.name().to_owned());
            registry.save(environment)?;
            return Ok(Chosen {
                id,
                registered: None,
            });
        }
        Named::File(path) => (path, None),
        Named::Hub(name) => {
            let (path, full) = pull_from_hub(&name, environment, cancel, front)?;
            (path, Some(full))
        }
    };
    let entry = Entry {
        hub,
        ..examine(&path, cancel, front)?
    };
    // Read again: a download may have taken an hour.
    let mut registry = Registry::read(environment)?;
    let name = registry.add(entry);
    let id = ModelId::new(Provider::Local, &name).map_err(SessionError::internal)?;
    registry.default = Some(name);
    registry.save(environment)?;
    Ok(Chosen {
        id,
        registered: Some(path),
    })
}

/// The model that is already known by this text: `built-in`, a registered name, or a whole id.
pub(super) fn known(what: &str, registry: &Registry) -> Option<ModelId> {
    let name = what.strip_prefix("local/").unwrap_or(what);
    if what == "built-in" || name == built_in().name() {
        return Some(built_in().clone());
    }
    registry.find(name)?.id().ok()
}

fn named(
    what: &str,
    registry: &Registry,
    environment: &Environment,
) -> Result<Named, SessionError> {
    if let Some(id) = known(what, registry) {
        return Ok(match id == *built_in() {
            true => Named::BuiltIn,
            false => Named::Known(id),
        });
    }
    let path = environment.cwd.join(what);
    let is_path = what.starts_with(['/', '.', '~'])
        || (what.to_ascii_lowercase().ends_with(".gguf") && !what.contains(':'));
    if !what.is_empty() && (path.symlink_metadata().is_ok() || is_path) {
        return real(&path).map(Named::File);
    }
    match HubName::parse(what) {
        Some(name) if !what.starts_with("local/") => Ok(Named::Hub(name)),
        _ => Err(unknown(what, registry)),
    }
}

/// The file itself, whatever links lead to it, so that a link that is turned elsewhere later changes nothing.
fn real(path: &Path) -> Result<PathBuf, SessionError> {
    let fail = |why: &str| {
        SessionError::input(format!(
            "the model file {} cannot be used: {why}",
            path.display()
        ))
    };
    let found = path.symlink_metadata();
    let found = found.map_err(|error| fail(&host::files::plain(&error)))?;
    let real = path
        .canonicalize()
        .map_err(|error| match found.is_symlink() {
            true => fail("it is a link that leads to no file"),
            false => fail(&host::files::plain(&error)),
        })?;
    let text = real.to_str().ok_or_else(|| fail("its path is not UTF-8"))?;
    if text.chars().any(char::is_control) {
        return Err(fail("its path has control characters"));
    }
    Ok(real)
}

/// Opens a file once, to see that it can be run, and takes its size, time and SHA-256.
fn examine(path: &Path, cancel: &Cancel, front: &mut dyn Front) -> Result<Entry, SessionError> {
    let id = ModelId::new(Provider::Local, "candidate").map_err(SessionError::internal)?;
    let model = LocalModel::open(path, id).map_err(SessionError::input)?;
    let description = model.description().clone();
    let own = match model.has_own_kernels() {
        true => "",
        false => ", by slower kernels: the fast ones are for Q4_K and Q6_K on processors with AVX2",
    };
    drop(model);
    front.show(&View::Notice(format!(
        "{}: {}, {}, {} chat{own}; computing its SHA-256",
        path.display(),
        description.architecture,
        description.quantisation,
        description.chat
    )));
    let look =
        || stamp(path).map_err(|why| SessionError::input(format!("{}: {why}", path.display())));
    let (bytes, modified_ns) = look()?;
    let sha256 = host::files::digest(path, &|| cancel.is_cancelled())
        .map_err(SessionError::input)?
        .ok_or_else(|| SessionError::new(Kind::Interrupted, "interrupted"))?;
    if look()? != (bytes, modified_ns) {
        return Err(SessionError::input(format!(
            "{} was changed while it was being read",
            path.display()
        )));
    }
    Ok(Entry {
        name: String::new(),
        path: path.to_path_buf(),
        bytes,
        modified_ns,
        sha256: sha256.to_string(),
        architecture: description.architecture,
        quantisation: description.quantisation,
        chat: description.chat.to_owned(),
        hub: None,
    })
}

/// Fetches a file of the hub into the cache; gives its place and its whole name.
fn pull_from_hub(
    name: &HubName,
    environment: &Environment,
    cancel: &Cancel,
    front: &mut dyn Front,
) -> Result<(PathBuf, String), SessionError> {
    let endpoint = environment.variable("HF_ENDPOINT");
    let url = name.list_url(endpoint);
    let list = host::download::text(&url, LIST_BYTES_MAX, &|| cancel.is_cancelled());
    let list = list.map_err(|error| match cancel.is_cancelled() {
        true => SessionError::new(Kind::Interrupted, "interrupted"),
        false => SessionError::new(Kind::NoModel, error)
            .hint("fetch the file by other means, then `kiro model use PATH.gguf`"),
    })?;
    let file = name.pick(&list).map_err(SessionError::input)?;
    let full = name.of(&file);
    front.show(&View::Notice(format!(
        "{full}: {} MB; its SHA-256 {} is what the hub says of it, and is recorded from now on",
        file.bytes / 1_000_000,
        file.sha256.short()
    )));
    let download = Download {
        target: environment.models().join(name.place(&file)),
        size: file.bytes,
        sha256: file.sha256,
        sources: vec![Source::Url {
            url: name.file_url(endpoint, &file),
        }],
    };
    fetch(environment, &download, cancel, front)?;
    Ok((real(&download.target)?, full))
}
