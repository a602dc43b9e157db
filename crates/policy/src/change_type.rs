//! Kinds of change that governance can single out, recognised from paths and added lines.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use change::{Changeset, FileChange};

use crate::fold::fold;
use crate::glob::{Pattern, built_in};

/// A kind of change that `governance.yaml` may name under `change_types`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ChangeType {
    /// Migrations, SQL and schema files.
    DatabaseSchema,
    /// Files that decide who may do what.
    SecurityConfig,
    /// Build and delivery pipelines.
    CiCdPipeline,
    /// Environment files, and code that begins to read a variable.
    EnvironmentVariables,
    /// Dependency manifests and lock files.
    Dependencies,
}

/// Every change type with its name in the configuration.
pub(crate) const NAMES: [(&str, ChangeType); 5] = [
    ("database_schema", ChangeType::DatabaseSchema),
    ("security_config", ChangeType::SecurityConfig),
    ("ci_cd_pipeline", ChangeType::CiCdPipeline),
    ("environment_variables", ChangeType::EnvironmentVariables),
    ("dependencies", ChangeType::Dependencies),
];

/// The names of all change types.
#[must_use]
pub fn change_type_names() -> [&'static str; NAMES.len()] {
    NAMES.map(|it| it.0)
}

static PATHS: LazyLock<Vec<(ChangeType, Vec<Pattern>)>> = LazyLock::new(|| {
    vec![
        (
            ChangeType::DatabaseSchema,
            built_in(&[
                "**/migration",
                "**/migrations",
                "**/{schema,structure,ddl,tables}*.sql",
                "**/*.{schema,ddl}.sql",
                "**/schema.{rb,prisma,graphql}",
                "**/*.prisma",
                "**/schema",
                "**/alembic",
            ]),
        ),
        (
            ChangeType::SecurityConfig,
            built_in(&[
                "**/{security,iam,auth}/**/*.{json,yaml,yml,toml,conf,ini,tf,rego,cedar}",
                "**/*{policy,policies,permissions,cors,csp}*.{json,yaml,yml,toml,tf}",
                "**/{security,auth}*.{json,yaml,yml,toml,conf}",
                "**/sshd_config",
                "**/codeowners",
            ]),
        ),
        (
            ChangeType::CiCdPipeline,
            built_in(&[
                ".github/{workflows,actions}",
                ".gitlab-ci.{yml,yaml}",
                ".circleci",
                ".buildkite",
                "**/jenkinsfile*",
                "**/azure-pipelines*.{yml,yaml}",
                "**/bitbucket-pipelines.yml",
                "**/buildspec*.{yml,yaml}",
                "**/.travis.yml",
                ".ci",
            ]),
        ),
        (
            ChangeType::EnvironmentVariables,
            built_in(&["**/.env*", "**/*.env", "**/.envrc"]),
        ),
        (
            ChangeType::Dependencies,
            built_in(&[
                "**/package.json",
                "**/{package-lock,npm-shrinkwrap}.json",
                "**/{yarn,cargo,poetry,uv,gemfile,composer}.lock",
                "**/pnpm-lock.yaml",
                "**/requirements*.{txt,in}",
                "**/{pyproject,cargo}.toml",
                "**/{setup.py,setup.cfg,pipfile,pipfile.lock,gemfile,go.mod,go.sum,pom.xml}",
                "**/build.gradle*",
            ]),
        ),
    ]
});

const READS_ENVIRONMENT: [&str; 6] = [
    "os.environ",
    "os.getenv",
    "process.env",
    "env::var",
    "System.getenv",
    "os.Getenv",
];

/// Whether a file is of a kind by its folded path alone.
pub(crate) fn by_path(wanted: ChangeType, folded: &str) -> bool {
    PATHS
        .iter()
        .filter(|(kind, _)| *kind == wanted)
        .any(|(_, patterns)| patterns.iter().any(|it| it.covers_folded(folded)))
}

/// The change types that a changeset has.
pub(crate) fn of(changes: &Changeset) -> BTreeSet<ChangeType> {
    changes.files().iter().flat_map(of_file).collect()
}

fn of_file(file: &FileChange) -> Vec<ChangeType> {
    let folded = fold(file.path.as_str());
    let mut found: Vec<ChangeType> = NAMES
        .iter()
        .map(|(_, kind)| *kind)
        .filter(|kind| by_path(*kind, &folded))
        .collect();
    if says_more(file, reads_environment) {
        found.push(ChangeType::EnvironmentVariables);
    }
    let prose = matches!(file.path.extension(), Some("md" | "txt" | "rst" | "adoc"));
    if !prose && says_more(file, changes_tables) {
        found.push(ChangeType::DatabaseSchema);
    }
    found
}

/// Whether `count` finds more in the file than before, or as much in other places of a file that is gone.
fn says_more(file: &FileChange, count: fn(&str) -> usize) -> bool {
    let of = |state: &Option<change::FileState>| {
        state
            .as_ref()
            .map_or(0, |it| count(&String::from_utf8_lossy(&it.bytes)))
    };
    of(&file.after) > of(&file.before)
}

fn reads_environment(text: &str) -> usize {
    READS_ENVIRONMENT
        .iter()
        .map(|word| text.matches(word).count())
        .sum()
}

/// How often a text creates, alters or drops what a database consists of.
fn changes_tables(text: &str) -> usize {
    const VERBS: [&str; 3] = ["create", "alter", "drop"];
    const THINGS: [&str; 8] = [
        "table",
        "index",
        "schema",
        "view",
        "column",
        "trigger",
        "sequence",
        "constraint",
    ];
    const BETWEEN: [&str; 5] = ["unique", "temporary", "temp", "materialized", "virtual"];
    const CALLS: [&str; 5] = [
        "create_table",
        "drop_table",
        "alter_table",
        "add_column",
        "drop_column",
    ];
    let letters = |c: char| !c.is_ascii_alphanumeric() && c != '_';
    let words: Vec<String> = text
        .split(letters)
        .filter(|it| !it.is_empty())
        .map(str::to_ascii_lowercase)
        .collect();
    let is =
        |at: usize, known: &[&str]| words.get(at).is_some_and(|it| known.contains(&it.as_str()));
    (0..words.len())
        .filter(|at| {
            let thing = is(at + 1, &THINGS) || (is(at + 1, &BETWEEN) && is(at + 2, &THINGS));
            is(*at, &CALLS) || (is(*at, &VERBS) && thing)
        })
        .count()
}
