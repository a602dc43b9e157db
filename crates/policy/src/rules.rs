//! The user's rules as they stand in `.kiro/config.yaml` and `.kiro/governance.yaml`.
//!
//! Unknown keys, wrong types and duplicate keys are errors that show the line. A missing file means the
//! built-in defaults; the repository's files can only add to them.

use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::change_type::{self, ChangeType};
use crate::glob::Pattern;

/// Sensitive files when no configuration says more; the configuration adds to them.
const SENSITIVE: [&str; 7] = [
    "**/.env*",
    "**/*secret*",
    "**/*credentials*",
    "**/*.pem",
    "**/id_{rsa,dsa,ecdsa,ed25519}*",
    "**/.netrc",
    "**/.{npmrc,pypirc}",
];

/// All rules of one folder, ready to judge.
#[derive(Clone, Debug)]
pub struct Rules {
    pub(crate) sensitive: Vec<Pattern>,
    pub(crate) trusted: Vec<String>,
    pub(crate) denied: Vec<String>,
    pub(crate) thresholds: Vec<Threshold>,
    pub(crate) approve_paths: Vec<Pattern>,
    pub(crate) approve_types: Vec<ChangeType>,
}

/// A size of change above which a person is asked.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Threshold {
    /// More files than this.
    Files(u64),
    /// More lines added and removed than this.
    Lines(u64),
    /// More lines added than this.
    LinesAdded(u64),
    /// Cyclomatic complexity of changed files raised by more than this share (0.2 is 20 %).
    Complexity(f64),
}

/// A rules file that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum RulesError {
    /// Not the YAML that is expected: unknown or duplicate key, wrong type, broken syntax.
    #[error("{file}: {message}")]
    Yaml {
        /// The file, relative to the project.
        file: String,
        /// What is wrong, with the line.
        message: String,
    },
    /// A pattern that is not a glob.
    #[error("{file}: «{pattern}» is not a path pattern: {message}")]
    Pattern {
        /// The file, relative to the project.
        file: String,
        /// The pattern as written.
        pattern: String,
        /// What is wrong with it.
        message: String,
    },
    /// A value outside what the key takes.
    #[error("{file}: {message}")]
    Value {
        /// The file, relative to the project.
        file: String,
        /// What is wrong, and what would be right.
        message: String,
    },
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct ConfigFile {
    security: SecuritySection,
    governance: GovernanceSection,
    /// Which models; not for policy to read.
    #[serde(rename = "model")]
    _model: IgnoredAny,
    /// What may be spent on them; not for policy to read.
    #[serde(rename = "budget")]
    _budget: IgnoredAny,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct SecuritySection {
    sensitive_files: Vec<String>,
    trusted_commands: Vec<String>,
    denied_commands: Vec<String>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct GovernanceSection {
    require_approval: Vec<ApprovalEntry>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct ApprovalEntry {
    file_changes_over: Option<u64>,
    lines_changed_over: Option<u64>,
    files_matching: Option<Vec<String>>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct GovernanceFile {
    require_human_approval: Vec<GovernanceEntry>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct GovernanceEntry {
    file_patterns: Option<Vec<String>>,
    change_types: Option<Vec<String>>,
    thresholds: Option<ThresholdEntry>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct ThresholdEntry {
    files_changed: Option<u64>,
    lines_added: Option<u64>,
    complexity_increase: Option<String>,
}

const CONFIG: &str = ".kiro/config.yaml";
const GOVERNANCE: &str = ".kiro/governance.yaml";

impl Rules {
    /// Reads both files; `None` is a file that does not exist.
    ///
    /// # Errors
    /// When a file is not exactly of the expected shape. Nothing is guessed: a rule that cannot be read
    /// might have been the one that protects.
    pub fn parse(config: Option<&str>, governance: Option<&str>) -> Result<Rules, RulesError> {
        let config: ConfigFile = yaml(CONFIG, config)?;
        let governance: GovernanceFile = yaml(GOVERNANCE, governance)?;
        let mut rules = Rules {
            sensitive: patterns(CONFIG, SENSITIVE)?,
            trusted: config.security.trusted_commands,
            denied: config.security.denied_commands,
            thresholds: Vec::new(),
            approve_paths: Vec::new(),
            approve_types: Vec::new(),
        };
        rules
            .sensitive
            .extend(patterns(CONFIG, config.security.sensitive_files)?);
        for entry in config.governance.require_approval {
            rules.add_approval(entry)?;
        }
        for entry in governance.require_human_approval {
            rules.add_governance(entry)?;
        }
        Ok(rules)
    }

    fn add_approval(&mut self, entry: ApprovalEntry) -> Result<(), RulesError> {
        self.thresholds
            .extend(entry.file_changes_over.map(Threshold::Files));
        self.thresholds
            .extend(entry.lines_changed_over.map(Threshold::Lines));
        let matching = entry.files_matching.unwrap_or_default();
        self.approve_paths.extend(patterns(CONFIG, matching)?);
        Ok(())
    }

    fn add_governance(&mut self, entry: GovernanceEntry) -> Result<(), RulesError> {
        let matching = entry.file_patterns.unwrap_or_default();
        self.approve_paths.extend(patterns(GOVERNANCE, matching)?);
        for name in entry.change_types.unwrap_or_default() {
            self.approve_types.push(change_type(&name)?);
        }
        let limits = entry.thresholds.unwrap_or_default();
        self.thresholds
            .extend(limits.files_changed.map(Threshold::Files));
        self.thresholds
            .extend(limits.lines_added.map(Threshold::LinesAdded));
        if let Some(text) = limits.complexity_increase {
            self.thresholds.push(Threshold::Complexity(share(&text)?));
        }
        Ok(())
    }
}

fn yaml<T: Default + for<'de> Deserialize<'de>>(
    file: &str,
    text: Option<&str>,
) -> Result<T, RulesError> {
    let Some(text) = text.filter(|text| !is_blank(text)) else {
        return Ok(T::default());
    };
    let mut options = serde_saphyr::Options::default();
    options.strict_booleans = true;
    options.merge_keys = serde_saphyr::MergeKeyPolicy::Error;
    serde_saphyr::from_str_with_options(text, options).map_err(|error| RulesError::Yaml {
        file: file.to_owned(),
        message: error.to_string().trim_end().to_owned(),
    })
}

fn is_blank(text: &str) -> bool {
    text.lines()
        .all(|line| line.trim().is_empty() || line.trim_start().starts_with('#'))
}

fn patterns<T: AsRef<str>>(
    file: &str,
    texts: impl IntoIterator<Item = T>,
) -> Result<Vec<Pattern>, RulesError> {
    texts
        .into_iter()
        .map(|text| {
            Pattern::compile(text.as_ref()).map_err(|error| RulesError::Pattern {
                file: file.to_owned(),
                pattern: text.as_ref().to_owned(),
                message: error.kind().to_string(),
            })
        })
        .collect()
}

fn change_type(name: &str) -> Result<ChangeType, RulesError> {
    let found = change_type::NAMES.iter().find(|(known, _)| *known == name);
    found.map(|(_, kind)| *kind).ok_or_else(|| {
        let known: Vec<&str> = change_type::NAMES.iter().map(|(name, _)| *name).collect();
        RulesError::Value {
            file: GOVERNANCE.to_owned(),
            message: format!(
                "«{name}» is no change type; the known ones are {}",
                known.join(", ")
            ),
        }
    })
}

fn share(text: &str) -> Result<f64, RulesError> {
    let number = text.trim().strip_suffix('%').map(str::trim_end);
    number
        .and_then(|it| it.parse::<f64>().ok())
        .filter(|it| it.is_finite() && *it >= 0.0)
        .map(|it| it / 100.0)
        .ok_or_else(|| RulesError::Value {
            file: GOVERNANCE.to_owned(),
            message: format!("complexity_increase is a share such as 20%, not «{text}»"),
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    const SEED_CONFIG: &str = r#"
security:
  sensitive_files:
    - "**/.env*"
    - "**/config/production.yaml"
  trusted_commands:
    - "npm test"
  denied_commands:
    - "rm -rf"
governance:
  require_approval:
    - file_changes_over: 10  # More than 10 files
    - lines_changed_over: 500
    - files_matching: ["**/migration/**", "**/schema/**"]
"#;

    const SEED_GOVERNANCE: &str = r#"
require_human_approval:
  - file_patterns:
      - "**/migrations/**"
      - "**/.github/workflows/**"

  - change_types:
      - database_schema
      - ci_cd_pipeline

  - thresholds:
      files_changed: 10
      lines_added: 500
      complexity_increase: 20%
"#;

    #[test]
    fn the_seeds_files_are_read() {
        let rules = Rules::parse(Some(SEED_CONFIG), Some(SEED_GOVERNANCE)).expect("both parse");
        assert_eq!(rules.trusted, ["npm test"]);
        assert_eq!(rules.denied, ["rm -rf"]);
        assert_eq!(
            rules.thresholds,
            [
                Threshold::Files(10),
                Threshold::Lines(500),
                Threshold::Files(10),
                Threshold::LinesAdded(500),
                Threshold::Complexity(0.2),
            ]
        );
        assert_eq!(rules.approve_paths.len(), 4);
        assert_eq!(
            rules.approve_types,
            [ChangeType::DatabaseSchema, ChangeType::CiCdPipeline]
        );
    }

    #[test]
    fn nothing_and_comments_mean_the_defaults() {
        for text in [None, Some(""), Some("# nothing yet\n\n")] {
            let rules = Rules::parse(text, None).expect("defaults");
            assert_eq!(rules.sensitive.len(), SENSITIVE.len());
        }
    }

    fn error(config: Option<&str>, governance: Option<&str>) -> String {
        Rules::parse(config, governance)
            .expect_err("must be refused")
            .to_string()
    }

    #[test]
    fn what_is_not_known_is_refused_with_its_place() {
        let unknown = error(Some("security:\n  trusted_comands: []\n"), None);
        assert!(unknown.contains("trusted_comands"), "{unknown}");
        assert!(
            unknown.contains(CONFIG) && unknown.contains('2'),
            "{unknown}"
        );
        let twice = error(Some("security: {}\nsecurity: {}\n"), None);
        assert!(twice.contains("security"), "{twice}");
        let kind = error(
            None,
            Some("require_human_approval:\n  - change_types: [wobbly]\n"),
        );
        assert!(kind.contains("wobbly") && kind.contains("database_schema"));
        let limit = error(
            None,
            Some("require_human_approval:\n  - thresholds: {complexity_increase: much}\n"),
        );
        assert!(limit.contains("20%"), "{limit}");
        let glob = error(Some("security: {sensitive_files: ['a{b']}\n"), None);
        assert!(glob.contains("a{b"), "{glob}");
        assert!(error(Some("security: 3\n"), None).contains(CONFIG));
        assert!(
            error(
                Some("governance: {require_approval: [{file_changes_over: -1}]}"),
                None
            )
            .contains(CONFIG)
        );
    }
}
