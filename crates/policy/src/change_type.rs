//! Kinds of change that governance can single out, recognised from paths and added lines.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use change::{Changeset, FileChange};

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

static PATHS: LazyLock<Vec<(ChangeType, Vec<Pattern>)>> = LazyLock::new(|| {
    vec![
        (
            ChangeType::DatabaseSchema,
            built_in(&[
                "**/migration",
                "**/migrations",
                "**/*.sql",
                "**/schema.{rb,prisma,graphql}",
                "**/schema",
                "**/alembic",
            ]),
        ),
        (
            ChangeType::SecurityConfig,
            built_in(&[
                "**/security",
                "**/iam",
                "**/*{policy,policies,permissions,cors,csp}*.{json,yaml,yml,toml,tf}",
                "**/{security,auth}*.{json,yaml,yml,toml,conf}",
                "**/sshd_config",
                "**/.npmrc",
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

/// The change types that a changeset has.
pub(crate) fn of(changes: &Changeset) -> BTreeSet<ChangeType> {
    changes.files().iter().flat_map(of_file).collect()
}

fn of_file(file: &FileChange) -> Vec<ChangeType> {
    let mut found: Vec<ChangeType> = PATHS
        .iter()
        .filter(|(_, patterns)| patterns.iter().any(|it| it.covers(&file.path)))
        .map(|(kind, _)| *kind)
        .collect();
    if reads_environment_more(file) {
        found.push(ChangeType::EnvironmentVariables);
    }
    found
}

fn reads_environment_more(file: &FileChange) -> bool {
    let count = |state: &Option<change::FileState>| {
        state.as_ref().map_or(0, |state| {
            let text = String::from_utf8_lossy(&state.bytes);
            READS_ENVIRONMENT
                .iter()
                .map(|word| text.matches(word).count())
                .sum::<usize>()
        })
    };
    count(&file.after) > count(&file.before)
}
