//! The user's rules as they stand in `.kiro/config.yaml`, `.kiro/governance.yaml` and files in the form of
//! Kiro's `permissions.yaml`.
//!
//! Unknown keys, wrong types and duplicate keys are errors that show the place. A missing file means the
//! built-in defaults; the repository's files can only add to them. A rule may carry examples of what it matches
//! and what not, which are checked when it is read.

mod error;
mod file;
mod yaml;

use serde_saphyr::Spanned;

use self::file::{
    ConfigFile, Entry, Examples, GovernanceFile, GovernanceSection, OwnConfigFile, PermissionEntry,
    PermissionsFile, SecuritySection,
};
use self::yaml::Source;
use crate::change_type::{self, ChangeType};
use crate::fold::fold;
use crate::gate::AllowedHost;
use crate::glob::{Pattern, built_in};
use crate::host::{HostName, HostPattern, parse_port};
use crate::permission::{self, Capability, PermissionRule};
use crate::shell::{Answer, CommandRuleError, CommandRules};

pub use self::error::RulesError;

/// Sensitive files when no configuration says more; the configuration adds to them.
const SENSITIVE: [&str; 8] = [
    "**/.env*",
    "**/*secret*",
    "**/*credentials*",
    "**/*.pem",
    "**/id_{rsa,dsa,ecdsa,ed25519}*",
    "**/.netrc",
    "**/.pypirc",
    "**/.{ssh,gnupg,aws}",
];

/// All rules of one folder, ready to judge.
#[derive(Clone, Debug)]
pub struct Rules {
    pub(crate) sensitive: Vec<Pattern>,
    pub(crate) trusted: Vec<String>,
    pub(crate) commands: CommandRules,
    pub(crate) hosts: Vec<AllowedHost>,
    pub(crate) thresholds: Vec<Threshold>,
    pub(crate) approve_paths: Vec<Pattern>,
    pub(crate) approve_types: Vec<ChangeType>,
    pub(crate) permissions: Vec<PermissionRule>,
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

const CONFIG: &str = ".kiro/config.yaml";
const GOVERNANCE: &str = ".kiro/governance.yaml";

impl Rules {
    /// Reads both files; `None` is a file that does not exist.
    ///
    /// # Errors
    /// When a file is not exactly of the expected shape, or a rule does not do what its own examples say.
    /// Nothing is guessed: a rule that cannot be read might have been the one that protects.
    pub fn parse(config: Option<&str>, governance: Option<&str>) -> Result<Rules, RulesError> {
        let mut rules = Rules {
            sensitive: built_in(&SENSITIVE),
            trusted: Vec::new(),
            commands: CommandRules::default(),
            hosts: Vec::new(),
            thresholds: Vec::new(),
            approve_paths: Vec::new(),
            approve_types: Vec::new(),
            permissions: Vec::new(),
        };
        let source = |file, text| Source { file, text };
        rules.add_config(source(CONFIG, config.unwrap_or_default()))?;
        rules.add_governance(source(GOVERNANCE, governance.unwrap_or_default()))?;
        Ok(rules)
    }

    /// Adds the rules of a file in the form of `permissions.yaml`, called `file` in errors and reasons.
    ///
    /// # Errors
    /// As [`Rules::parse`].
    pub fn add_permissions(&mut self, file: &str, text: &str) -> Result<(), RulesError> {
        let source = Source { file, text };
        let read: PermissionsFile = source.read()?;
        for entry in &read.rules {
            let rule = permission(source, &entry.value)?;
            self.commands.add_permission(&rule);
            self.permissions.push(rule);
        }
        Ok(())
    }

    /// The commands that the configuration trusts, as written. They count once a person trusted the folder.
    pub fn trusted_commands(&self) -> &[String] {
        &self.trusted
    }

    /// The trusted and denied commands, ready to judge.
    pub fn commands(&self) -> &CommandRules {
        &self.commands
    }

    /// The rules in the form of `permissions.yaml`.
    pub fn permissions(&self) -> &[PermissionRule] {
        &self.permissions
    }

    /// Adds the rules of the user's own configuration, called `file` in errors and reasons; they hold in every folder.
    ///
    /// # Errors
    /// As [`Rules::parse`], and when it trusts commands: what a command runs is a matter of the folder.
    pub fn add_own_config(&mut self, file: &str, text: &str) -> Result<(), RulesError> {
        let source = Source { file, text };
        let read: OwnConfigFile = source.read()?;
        if let Some(entry) = read.security.trusted_commands.first() {
            let why = "commands are trusted by a folder's own .kiro/config.yaml; allow this one everywhere by a rule in \
                       settings/permissions.yaml";
            return Err(source.wrong(entry, why));
        }
        self.add_security(source, &read.security)?;
        self.add_approvals(source, &read.governance)
    }

    /// The hosts that the folder's own configuration allows, as written. They count once a person trusted the folder.
    pub fn folder_hosts(&self) -> impl Iterator<Item = &HostPattern> {
        let own = self.hosts.iter().filter(|it| it.is_of_the_folder());
        own.map(AllowedHost::pattern)
    }

    fn add_config(&mut self, source: Source<'_>) -> Result<(), RulesError> {
        let file: ConfigFile = source.read()?;
        self.add_security(source, &file.security)?;
        self.add_approvals(source, &file.governance)
    }

    fn add_security(
        &mut self,
        source: Source<'_>,
        section: &SecuritySection,
    ) -> Result<(), RulesError> {
        for entry in &section.sensitive_files {
            self.sensitive.push(pattern(source, entry)?);
        }
        for entry in &section.allowed_hosts {
            self.hosts.push(host(source, entry)?);
        }
        for entry in &section.trusted_commands {
            let own = command(source, entry, CommandRules::trust)?;
            let covers = |line: &str| own.judge_command(line).answer == Answer::Allow;
            hold(source, &entry.value.text, &entry.value.examples, &covers)?;
            added(source, entry, self.commands.trust(&entry.value.text))?;
            self.trusted.push(entry.value.text.clone());
        }
        for entry in &section.denied_commands {
            let own = command(source, entry, CommandRules::deny)?;
            let covers = |line: &str| own.judge_command(line).answer == Answer::Deny;
            hold(source, &entry.value.text, &entry.value.examples, &covers)?;
            added(source, entry, self.commands.deny(&entry.value.text))?;
        }
        Ok(())
    }

    fn add_approvals(
        &mut self,
        source: Source<'_>,
        section: &GovernanceSection,
    ) -> Result<(), RulesError> {
        for entry in &section.require_approval {
            self.thresholds
                .extend(entry.file_changes_over.map(Threshold::Files));
            self.thresholds
                .extend(entry.lines_changed_over.map(Threshold::Lines));
            for it in entry.files_matching.iter().flatten() {
                self.approve_paths.push(pattern(source, it)?);
            }
        }
        Ok(())
    }

    fn add_governance(&mut self, source: Source<'_>) -> Result<(), RulesError> {
        let file: GovernanceFile = source.read()?;
        for entry in file.require_human_approval {
            for it in entry.file_patterns.iter().flatten() {
                self.approve_paths.push(pattern(source, it)?);
            }
            for name in entry.change_types.iter().flatten() {
                self.approve_types.push(change_type(source, name)?);
            }
            let limits = entry.thresholds.unwrap_or_default();
            self.thresholds
                .extend(limits.files_changed.map(Threshold::Files));
            self.thresholds
                .extend(limits.lines_added.map(Threshold::LinesAdded));
            if let Some(text) = limits.complexity_increase {
                self.thresholds
                    .push(Threshold::Complexity(share(source, &text)?));
            }
        }
        Ok(())
    }
}

fn pattern(source: Source<'_>, entry: &Spanned<Entry>) -> Result<Pattern, RulesError> {
    let text = &entry.value.text;
    let pattern = compiled(source, entry, text)?;
    let covers = |name: &str| pattern.covers_folded(&fold(name));
    hold(source, text, &entry.value.examples, &covers)?;
    Ok(pattern)
}

/// Hosts that are allowed. An example is a host, with its port where that is not one of the usual.
fn host(source: Source<'_>, entry: &Spanned<Entry>) -> Result<AllowedHost, RulesError> {
    let text = &entry.value.text;
    let pattern = HostPattern::parse(text)
        .map_err(|error| source.wrong(entry, format!("«{text}» is no host: {error}")))?;
    let covers = |example: &str| {
        let (name, port) = example.split_once(':').unwrap_or((example, "443"));
        let (name, port) = (HostName::parse(name), parse_port(port));
        name.is_ok_and(|name| port.is_ok_and(|port| pattern.covers(&name, port)))
    };
    hold(source, text, &entry.value.examples, &covers)?;
    Ok(AllowedHost {
        pattern,
        file: source.file.to_owned(),
    })
}

fn compiled<T>(source: Source<'_>, at: &Spanned<T>, text: &str) -> Result<Pattern, RulesError> {
    if text.trim().is_empty() {
        return Err(source.wrong(
            at,
            "an empty pattern matches nothing; write one or leave it out",
        ));
    }
    Pattern::compile(text)
        .map_err(|error| source.wrong(at, format!("«{text}» is not a path pattern: {error}")))
}

/// One command's rule by itself, by which its examples are judged.
fn command(
    source: Source<'_>,
    entry: &Spanned<Entry>,
    add: fn(&mut CommandRules, &str) -> Result<(), CommandRuleError>,
) -> Result<CommandRules, RulesError> {
    let text = &entry.value.text;
    if text.trim().is_empty() {
        return Err(source.wrong(entry, "an empty command; write one or leave it out"));
    }
    let mut own = CommandRules::default();
    added(source, entry, add(&mut own, text))?;
    Ok(own)
}

/// What a rule that is no command is told, with its place.
fn added(
    source: Source<'_>,
    entry: &Spanned<Entry>,
    result: Result<(), CommandRuleError>,
) -> Result<(), RulesError> {
    result.map_err(|error| source.wrong(entry, error.to_string()))
}

/// Holds a rule against its own examples.
fn hold(
    source: Source<'_>,
    rule: &str,
    examples: &Examples,
    covers: &dyn Fn(&str) -> bool,
) -> Result<(), RulesError> {
    let matching = examples.matches.iter().map(|it| (it, true));
    let others = examples.not_match.iter().map(|it| (it, false));
    for (it, wanted) in matching.chain(others) {
        if covers(&it.value) != wanted {
            let (does, should) = match wanted {
                true => ("does not match", "it should"),
                false => ("matches", "it should not"),
            };
            let why = format!("the rule «{rule}» {does} «{}», and {should}", it.value);
            return Err(source.wrong(it, why));
        }
    }
    Ok(())
}

fn permission(source: Source<'_>, entry: &PermissionEntry) -> Result<PermissionRule, RulesError> {
    let words = |list: &[Spanned<String>]| list.iter().map(|it| it.value.clone()).collect();
    let paths = |list: &[Spanned<String>]| {
        let patterns = list.iter().map(|it| compiled(source, it, &it.value));
        patterns.collect::<Result<Vec<_>, _>>()
    };
    let lines = |list: &[Spanned<String>]| {
        let globs = list.iter().map(|it| {
            permission::line_glob(&it.value)
                .map_err(|why| source.wrong(it, format!("«{}» is no pattern: {why}", it.value)))
        });
        globs.collect::<Result<Vec<_>, _>>()
    };
    let rule = PermissionRule {
        capability: entry.capability,
        effect: entry.effect,
        file: source.file.to_owned(),
        words: words(&entry.matches),
        exclude_words: words(&entry.exclude),
        paths: paths(&entry.matches)?,
        exclude_paths: paths(&entry.exclude)?,
        lines: lines(&entry.matches)?,
        exclude_lines: lines(&entry.exclude)?,
    };
    let files = matches!(
        entry.capability,
        Capability::FsRead | Capability::FsWrite | Capability::Filesystem
    );
    let covers = |text: &str| match files {
        true => rule.covers_path(&fold(text.strip_prefix("./").unwrap_or(text))),
        false => rule.covers_line(text),
    };
    hold(source, &rule.words.join(", "), &entry.examples, &covers)?;
    Ok(rule)
}

fn change_type(source: Source<'_>, name: &Spanned<String>) -> Result<ChangeType, RulesError> {
    let found = change_type::NAMES
        .iter()
        .find(|(known, _)| *known == name.value);
    found.map(|(_, kind)| *kind).ok_or_else(|| {
        let known: Vec<&str> = change_type::NAMES.iter().map(|(name, _)| *name).collect();
        source.wrong(
            name,
            change::unknown_word("change type", &name.value, &known),
        )
    })
}

fn share(source: Source<'_>, text: &Spanned<String>) -> Result<f64, RulesError> {
    let number = text.value.trim().strip_suffix('%').map(str::trim_end);
    number
        .and_then(|it| it.parse::<f64>().ok())
        .filter(|it| it.is_finite() && *it >= 0.0)
        .map(|it| it / 100.0)
        .ok_or_else(|| {
            let why = format!(
                "complexity_increase is a share such as 20%, not «{}»",
                text.value
            );
            source.wrong(text, why)
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
        let denied = rules.commands().judge_command("rm -fr x");
        assert_eq!(denied.rule, "security.denied_commands: rm -rf");
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

    fn error(config: &str, governance: &str) -> String {
        Rules::parse(Some(config), Some(governance))
            .expect_err("must be refused")
            .to_string()
    }

    #[test]
    fn what_is_not_known_is_refused_with_its_place() {
        let unknown = error("security:\n  trusted_comands: []\n", "");
        assert_eq!(
            unknown,
            ".kiro/config.yaml:2:3: unknown key «trusted_comands»; did you mean «trusted_commands»?\n  |\n2 |   trusted_comands: []\n  |   ^"
        );
        for (config, governance, place, says) in [
            (
                "security: {}\nsecurity: {}\n",
                "",
                "config.yaml:2:1",
                "twice",
            ),
            ("security: 3\n", "", "config.yaml:1:11", "keys with values"),
            (
                "security:\n  sensitive_files: x\n",
                "",
                "config.yaml:2:20",
                "a list is expected",
            ),
            (
                "security: {sensitive_files: ['a{b']}\n",
                "",
                "config.yaml:1:30",
                "«a{b» is not a path pattern",
            ),
            (
                "security: {trusted_commands: ['']}\n",
                "",
                "config.yaml:1:31",
                "an empty command",
            ),
            (
                "governance: {require_approval: [{file_changes_over: -1}]}",
                "",
                "config.yaml:1:53",
                "a whole number",
            ),
            (
                "security: {denied_commands: ['a && b']}\n",
                "",
                "config.yaml:1:30",
                "«a && b» is not a command",
            ),
            (
                "security: {denied_commands: [{rule: rm -rf, not_match: [rm -r --force x]}]}\n",
                "",
                "config.yaml:1:",
                "matches «rm -r --force x», and it should not",
            ),
            ("security: [\n", "", "config.yaml:", ""),
            (
                "security: &a {sensitive_files: *a}\n",
                "",
                "config.yaml:1",
                "",
            ),
        ] {
            let told = error(config, governance);
            assert!(
                told.contains(place) && told.contains(says),
                "{config}{governance}\n{told}"
            );
        }
    }

    #[test]
    fn governance_is_refused_with_its_place() {
        for (governance, place, says) in [
            (
                "require_human_approval:\n  - change_types: [wobbly]\n",
                "governance.yaml:2:20",
                "it takes database_schema",
            ),
            (
                "require_human_approval:\n  - change_types: [dependency]\n",
                "governance.yaml:2:20",
                "did you mean «dependencies»",
            ),
            (
                "require_human_approval:\n  - thresholds: {complexity_increase: much}\n",
                "governance.yaml:2:39",
                "such as 20%",
            ),
        ] {
            let told = error("", governance);
            assert!(
                told.contains(place) && told.contains(says),
                "{governance}\n{told}"
            );
        }
    }

    #[test]
    fn a_file_that_unfolds_itself_is_refused() {
        let mut bomb = "a: &a0 [x, x, x, x, x, x, x, x, x]\n".to_owned();
        for level in 1..9 {
            let uses = format!("*a{}, ", level - 1).repeat(9);
            bomb.push_str(&format!("b{level}: &a{level} [{uses}]\n"));
        }
        assert!(Rules::parse(Some(&bomb), None).is_err());
        let deep = format!("security: {}{}", "[".repeat(5000), "]".repeat(5000));
        assert!(Rules::parse(Some(&deep), None).is_err());
    }

    #[test]
    fn rules_are_held_against_their_own_examples() {
        let good = "security:\n  sensitive_files:\n    - rule: '**/.env*'\n      match: [.env, a/.ENV.local]\n      not_match: [foo.env]\n  trusted_commands:\n    - rule: npm test\n      not_match: [npm test --save]\n";
        let rules = Rules::parse(Some(good), None).expect("examples hold");
        assert_eq!(rules.trusted, ["npm test"]);
        let bad = good.replace("foo.env", ".env.sample");
        let told = error(&bad, "");
        assert!(
            told.contains(":5:19: the rule «**/.env*» matches «.env.sample», and it should not"),
            "{told}"
        );
        let told = error(&good.replace("rule: npm", "rul: npm"), "");
        assert!(told.contains("did you mean «rule»"), "{told}");
    }

    #[test]
    fn permissions_are_read_and_held_against_their_examples() {
        let text = "rules:\n  - capability: shell\n    effect: allow\n    match: [\"git *\", \"npm *\"]\n    exclude: [\"npm publish*\"]\n    examples: {match: [git status], not_match: [npm publish --dry-run, git]}\n  - {capability: fs_write, effect: deny, match: [\"src/gen/**\"]}\n";
        let mut rules = Rules::parse(None, None).expect("defaults");
        rules
            .add_permissions("permissions.yaml", text)
            .expect("reads");
        let [shell, files] = rules.permissions() else {
            panic!("two rules");
        };
        assert!(shell.covers_line("git log --oneline") && !shell.covers_line("gitx log"));
        assert!(shell.speaks_of(Capability::Shell) && !shell.speaks_of(Capability::FsWrite));
        assert!(files.covers_path("src/gen/a/b.rs") && !files.covers_path("src/a.rs"));
        assert_eq!(files.title(), "permissions.yaml: deny src/gen/**");
        let told =
            rules.add_permissions("p.yaml", "rules:\n  - {capability: shel, effect: deny}\n");
        let told = told.expect_err("refused").to_string();
        assert!(
            told.contains("p.yaml:2:") && told.contains("did you mean «shell»"),
            "{told}"
        );
        let told = rules.add_permissions("p.yaml", &text.replace("[git status]", "[cargo run]"));
        assert!(
            told.expect_err("refused")
                .to_string()
                .contains("«cargo run», and it should")
        );
    }
}
