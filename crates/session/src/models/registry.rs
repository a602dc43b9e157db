//! The models that the user has registered, and which of them later runs take: one file in Kiro's own folder.
//!
//! Who writes it last wins; what two commands at the same moment could lose is a line that one of them can write
//! again. A file that cannot be understood is never overwritten.

use std::path::PathBuf;
use std::time::UNIX_EPOCH;

use change::Digest;
use model::{ModelId, Provider, weights};
use serde::{Deserialize, Serialize};

use crate::error::{Kind, SessionError};
use crate::places::{self, Environment};

/// The form that this version writes and reads.
const VERSION: u32 = 1;

/// No list of models is longer.
const BYTES_MAX: u64 = 1 << 20;

/// The longest name that is made of a file's.
const NAME_LETTERS_MAX: usize = 80;

/// The list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Registry {
    version: u32,
    /// The name of the model that later runs take; the built-in one when there is none.
    pub(crate) default: Option<String>,
    pub(crate) models: Vec<Entry>,
}

/// One registered file, as it was when it was registered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Entry {
    pub(crate) name: String,
    pub(crate) path: PathBuf,
    pub(crate) bytes: u64,
    /// When the file was last written, in nanoseconds since 1970.
    pub(crate) modified_ns: u64,
    pub(crate) sha256: String,
    pub(crate) architecture: String,
    pub(crate) quantisation: String,
    pub(crate) chat: String,
    /// The name on the hub that it was fetched by.
    pub(crate) hub: Option<String>,
}

/// The part of the list that every version has.
#[derive(Deserialize)]
struct Version {
    version: u32,
}

/// Where the list stands.
pub(crate) fn place(environment: &Environment) -> PathBuf {
    environment.kiro_home().join("models.json")
}

impl Registry {
    /// Reads the list; an absent one is empty.
    pub(crate) fn read(environment: &Environment) -> Result<Registry, SessionError> {
        let place = place(environment);
        if place.symlink_metadata().is_err() {
            return Ok(Registry {
                version: VERSION,
                default: None,
                models: Vec::new(),
            });
        }
        let bytes = host::files::read(&place, BYTES_MAX).map_err(SessionError::input)?;
        Registry::parse(&bytes).map_err(|why| {
            SessionError::input(format!(
                "the list of models {} cannot be used: {why}",
                place.display()
            ))
            .hint("mend or remove it, then `kiro model use PATH` registers a model again; no model's file is lost")
        })
    }

    fn parse(bytes: &[u8]) -> Result<Registry, String> {
        let damaged = |error: serde_json::Error| format!("it is damaged ({error})");
        let Version { version } = serde_json::from_slice(bytes).map_err(damaged)?;
        if version != VERSION {
            return Err(format!(
                "it is of version {version}, and this kiro reads version {VERSION}"
            ));
        }
        let registry: Registry = serde_json::from_slice(bytes).map_err(damaged)?;
        for entry in &registry.models {
            entry.check()?;
        }
        if let Some(default) = &registry.default
            && registry.find(default).is_none()
        {
            return Err(format!("its default {default:?} is not on it"));
        }
        Ok(registry)
    }

    /// Writes the list.
    pub(crate) fn save(&self, environment: &Environment) -> Result<(), SessionError> {
        let place = place(environment);
        let mut text = serde_json::to_string_pretty(self).map_err(SessionError::internal)?;
        text.push('\n');
        host::files::ensure_private_folder(&environment.kiro_home())
            .and_then(|()| host::files::replace_own(&place, text.as_bytes()))
            .map_err(|error| {
                SessionError::input(error).hint("set KIRO_HOME to a folder that you can write")
            })
    }

    /// The model of that name.
    pub(crate) fn find(&self, name: &str) -> Option<&Entry> {
        self.models.iter().find(|it| it.name == name)
    }

    /// Adds a file, or replaces what was known of the file at the same path. Its name is made of the file's.
    pub(crate) fn add(&mut self, mut entry: Entry) -> String {
        if let Some(known) = self.models.iter_mut().find(|it| it.path == entry.path) {
            entry.name.clone_from(&known.name);
            *known = entry;
            return known.name.clone();
        }
        let stem = entry.path.file_stem().unwrap_or_default();
        let name = self.free_name(&stem.to_string_lossy());
        entry.name.clone_from(&name);
        self.models.push(entry);
        name
    }

    fn free_name(&self, stem: &str) -> String {
        let plain = places::plain(stem, &['.', '_']).to_lowercase();
        let plain: String = plain.chars().take(NAME_LETTERS_MAX).collect();
        let plain = match plain.trim_matches(['.', '_', '-']) {
            "" => "model",
            plain => plain,
        };
        let taken = |name: &str| {
            name == "built-in" || name == weights::built_in().id.name() || self.find(name).is_some()
        };
        let mut names = (2..).map(|number| format!("{plain}-{number}"));
        match taken(plain) {
            false => plain.to_owned(),
            true => names.find(|it| !taken(it)).unwrap_or_default(),
        }
    }
}

impl Entry {
    fn check(&self) -> Result<(), String> {
        let name = &self.name;
        ModelId::new(Provider::Local, name).map_err(|error| error.to_string())?;
        Digest::parse(&self.sha256).map_err(|error| format!("the SHA-256 of {name}: {error}"))?;
        if !self.path.is_absolute() {
            return Err(format!("the path of {name} is not absolute"));
        }
        Ok(())
    }

    /// The id by which it is chosen.
    pub(crate) fn id(&self) -> Result<ModelId, SessionError> {
        ModelId::new(Provider::Local, &self.name).map_err(SessionError::internal)
    }

    /// Makes sure that the file is the one that was registered. It is read again only when its size or its time
    /// changed; the new time of an unchanged content is remembered.
    pub(crate) fn verify(
        &self,
        environment: &Environment,
        cancel: &dyn Fn() -> bool,
    ) -> Result<(), SessionError> {
        let changed = |what: String| {
            let (path, name) = (self.path.display(), &self.name);
            SessionError::new(
                Kind::NoModel,
                format!("{path} is not the file that was registered as local/{name}: {what}"),
            )
            .hint(format!(
                "`kiro model use {path}` registers it as it is now; `kiro model use built-in` goes back"
            ))
        };
        let (bytes, modified_ns) = stamp(&self.path).map_err(|why| changed(why.to_owned()))?;
        if bytes != self.bytes {
            let was = self.bytes;
            return Err(changed(format!("it has {bytes} bytes instead of {was}")));
        }
        if modified_ns == self.modified_ns {
            return Ok(());
        }
        let found = host::files::digest(&self.path, cancel)
            .map_err(|error| changed(error.to_string()))?
            .ok_or_else(|| SessionError::new(Kind::Interrupted, "interrupted"))?;
        if found.to_string() != self.sha256 {
            let was = &self.sha256;
            return Err(changed(format!("its SHA-256 is {found} instead of {was}")));
        }
        self.remember(environment, modified_ns);
        Ok(())
    }

    fn remember(&self, environment: &Environment, modified_ns: u64) {
        let Ok(mut registry) = Registry::read(environment) else {
            return;
        };
        if let Some(entry) = registry.models.iter_mut().find(|it| *it == self) {
            entry.modified_ns = modified_ns;
            // Only spares the next start from reading the whole file.
            let _ = registry.save(environment);
        }
    }
}

/// Size and time of a file.
pub(crate) fn stamp(path: &std::path::Path) -> Result<(u64, u64), &'static str> {
    let found = std::fs::metadata(path).map_err(|_| "it is not there")?;
    if !found.is_file() {
        return Err("it is not a file");
    }
    let modified = found.modified().ok();
    let since = modified.and_then(|it| it.duration_since(UNIX_EPOCH).ok());
    let nanos = since.and_then(|it| u64::try_from(it.as_nanos()).ok());
    Ok((found.len(), nanos.unwrap_or(0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(path: &str) -> Entry {
        Entry {
            name: String::new(),
            path: PathBuf::from(path),
            bytes: 1,
            modified_ns: 2,
            sha256: "0".repeat(64),
            architecture: "qwen2".to_owned(),
            quantisation: "Q4_K".to_owned(),
            chat: "ChatML".to_owned(),
            hub: None,
        }
    }

    fn empty() -> Registry {
        Registry {
            version: VERSION,
            default: None,
            models: Vec::new(),
        }
    }

    #[test]
    fn names_are_plain_and_unique() {
        let mut registry = empty();
        let mut add = |path| registry.add(entry(path));
        assert_eq!(add("/a/Qwen3-0.6B Q8_0.gguf"), "qwen3-0.6b_q8_0");
        assert_eq!(add("/b/qwen3-0.6b_Q8_0.gguf"), "qwen3-0.6b_q8_0-2");
        assert_eq!(add("/a/Qwen3-0.6B Q8_0.gguf"), "qwen3-0.6b_q8_0");
        assert_eq!(add("/a/模型.gguf"), "model");
        assert_eq!(add("/a/built-in.gguf"), "built-in-2");
        assert_eq!(add("/a/qwen2.5-coder-1.5b.gguf"), "qwen2.5-coder-1.5b-2");
        assert_eq!(registry.models.len(), 5);
    }

    #[test]
    fn the_list_has_this_form() {
        let mut registry = empty();
        registry.default = Some(registry.add(entry("/a/x.gguf")));
        let text = serde_json::to_string(&registry).expect("serialises");
        let zeros = "0".repeat(64);
        assert_eq!(
            text,
            format!(
                "{{\"version\":1,\"default\":\"x\",\"models\":[{{\"name\":\"x\",\"path\":\"/a/x.gguf\",\"bytes\":1,\
                 \"modified_ns\":2,\"sha256\":\"{zeros}\",\"architecture\":\"qwen2\",\"quantisation\":\"Q4_K\",\
                 \"chat\":\"ChatML\",\"hub\":null}}]}}"
            )
        );
        assert_eq!(Registry::parse(text.as_bytes()), Ok(registry));
    }

    #[test]
    fn damage_is_told() {
        let check = |text: &str, expected: &str| {
            let told = Registry::parse(text.as_bytes()).expect_err("is refused");
            assert!(told.starts_with(expected), "{told}");
        };
        check("", "it is damaged (EOF");
        check("{\"version\":1,\"models\":[", "it is damaged");
        check("{\"version\":2,\"new\":[]}", "it is of version 2");
        check(
            "{\"version\":1,\"default\":\"x\",\"models\":[]}",
            "its default \"x\" is not on it",
        );
        let mut registry = empty();
        registry.add(Entry {
            sha256: "no".to_owned(),
            ..entry("/a/x.gguf")
        });
        let text = serde_json::to_string(&registry).expect("serialises");
        check(&text, "the SHA-256 of x: ");
        let mut registry = empty();
        registry.add(entry("x.gguf"));
        let text = serde_json::to_string(&registry).expect("serialises");
        check(&text, "the path of x is not absolute");
    }
}
