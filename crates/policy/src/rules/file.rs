//! The shapes of the files: `config.yaml`, `governance.yaml` and `permissions.yaml`.

use std::fmt;

use serde::de::{IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_saphyr::Spanned;

use crate::permission::{Capability, Effect};

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct ConfigFile {
    pub(super) security: SecuritySection,
    pub(super) governance: GovernanceSection,
    /// Which models; not for policy to read.
    #[serde(rename = "model")]
    _model: IgnoredAny,
    /// What may be spent on them; not for policy to read.
    #[serde(rename = "budget")]
    _budget: IgnoredAny,
    /// What attempts share with the project; not for policy to read.
    #[serde(rename = "attempts")]
    _attempts: IgnoredAny,
}

/// The user's own configuration, which says besides where models are.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct OwnConfigFile {
    pub(super) security: SecuritySection,
    pub(super) governance: GovernanceSection,
    #[serde(rename = "model")]
    _model: IgnoredAny,
    #[serde(rename = "budget")]
    _budget: IgnoredAny,
    #[serde(rename = "providers")]
    _providers: IgnoredAny,
    #[serde(rename = "attempts")]
    _attempts: IgnoredAny,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct SecuritySection {
    pub(super) sensitive_files: Vec<Spanned<Entry>>,
    pub(super) trusted_commands: Vec<Spanned<Entry>>,
    pub(super) denied_commands: Vec<Spanned<Entry>>,
    pub(super) allowed_hosts: Vec<Spanned<Entry>>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct GovernanceSection {
    pub(super) require_approval: Vec<ApprovalEntry>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct ApprovalEntry {
    pub(super) file_changes_over: Option<u64>,
    pub(super) lines_changed_over: Option<u64>,
    pub(super) files_matching: Option<Vec<Spanned<Entry>>>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct GovernanceFile {
    pub(super) require_human_approval: Vec<GovernanceEntry>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct GovernanceEntry {
    pub(super) file_patterns: Option<Vec<Spanned<Entry>>>,
    pub(super) change_types: Option<Vec<Spanned<String>>>,
    pub(super) thresholds: Option<ThresholdEntry>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct ThresholdEntry {
    pub(super) files_changed: Option<u64>,
    pub(super) lines_added: Option<u64>,
    pub(super) complexity_increase: Option<Spanned<String>>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct PermissionsFile {
    pub(super) rules: Vec<Spanned<PermissionEntry>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PermissionEntry {
    pub(super) capability: Capability,
    pub(super) effect: Effect,
    #[serde(default, rename = "match")]
    pub(super) matches: Vec<Spanned<String>>,
    #[serde(default)]
    pub(super) exclude: Vec<Spanned<String>>,
    #[serde(default)]
    pub(super) examples: Examples,
}

/// What a rule matches and what not, to be held against it.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Examples {
    #[serde(rename = "match")]
    pub(super) matches: Vec<Spanned<String>>,
    pub(super) not_match: Vec<Spanned<String>>,
}

/// A rule, either as its text alone or as `rule` with examples of what it matches and what not.
pub(super) struct Entry {
    pub(super) text: String,
    pub(super) examples: Examples,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LongEntry {
    rule: String,
    #[serde(default, rename = "match")]
    matches: Vec<Spanned<String>>,
    #[serde(default)]
    not_match: Vec<Spanned<String>>,
}

impl<'de> Deserialize<'de> for Entry {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Entry, D::Error> {
        struct Either;
        impl<'de> Visitor<'de> for Either {
            type Value = Entry;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a rule's text, or keys `rule`, `match` and `not_match`")
            }

            fn visit_str<E>(self, text: &str) -> Result<Entry, E> {
                Ok(Entry {
                    text: text.to_owned(),
                    examples: Examples::default(),
                })
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Entry, A::Error> {
                let from = serde::de::value::MapAccessDeserializer::new(map);
                let long = LongEntry::deserialize(from)?;
                Ok(Entry {
                    text: long.rule,
                    examples: Examples {
                        matches: long.matches,
                        not_match: long.not_match,
                    },
                })
            }
        }
        from.deserialize_any(Either)
    }
}
