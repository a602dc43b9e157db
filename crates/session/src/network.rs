//! The way out for commands in the sandbox: which hosts they reach, and through what.
//!
//! Commands of agents and hooks get it. Checks do not: what they prove must not depend on what some host says today.

use std::path::Path;
use std::sync::Arc;

use host::sandbox::{Door, Internet, Passage, Upstream};
use policy::{Hosts, Rules};

use crate::documents;
use crate::error::SessionError;
use crate::places::{Environment, Project};
use crate::shop::{self, Shop};
use crate::trust::CONFIG;
use crate::verdicts;

/// A host that a rule allows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReachableHost {
    /// The host, or the pattern over several.
    pub host: String,
    /// The file that the rule stands in.
    pub file: String,
    /// Whether the rule counts: the folder's own do once it is trusted.
    pub counts: bool,
}

/// Which hosts commands could reach.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reachable {
    /// The rules.
    pub hosts: Vec<ReachableHost>,
    /// Whether the user's own proxy is between.
    pub through_proxy: bool,
    /// Why nobody is reached although a rule that counts allows it.
    pub trouble: Option<String>,
}

impl Reachable {
    /// One line about it.
    pub fn summary(&self) -> String {
        let of = |counts: bool| {
            let hosts = self.hosts.iter().filter(|it| it.counts == counts);
            hosts
                .map(|it| it.host.as_str())
                .collect::<Vec<_>>()
                .join(", ")
        };
        let (counting, waiting) = (of(true), of(false));
        let mut parts = Vec::new();
        match counting.is_empty() {
            true => parts.push("commands reach no host".to_owned()),
            false if self.through_proxy => {
                parts.push(format!("commands reach {counting} through your own proxy"));
            }
            false => parts.push(format!("commands reach {counting}")),
        }
        if !waiting.is_empty() {
            parts.push(format!("not trusted yet: {waiting}"));
        }
        parts.extend(self.trouble.clone());
        parts.join("; ")
    }

    fn of(hosts: &Hosts, environment: &Environment) -> Reachable {
        let row = |counts: bool| {
            move |it: &policy::AllowedHost| ReachableHost {
                host: it.pattern().to_string(),
                file: it.file().to_owned(),
                counts,
            }
        };
        let counting = hosts.allowed().iter().map(row(true));
        let upstream = upstream(environment);
        let is_used = !hosts.allowed().is_empty();
        Reachable {
            through_proxy: upstream.as_ref().is_ok_and(|it| !it.is_direct()),
            trouble: upstream.err().filter(|_| is_used).map(|it| it.message),
            hosts: counting
                .chain(hosts.waiting().iter().map(row(false)))
                .collect(),
        }
    }
}

/// Which hosts commands could reach by a configuration alone, or in the project with what is trusted of it.
///
/// # Errors
/// When the rules cannot be read or used.
pub fn reachable(
    config: Option<&Path>,
    environment: &Environment,
) -> Result<Reachable, SessionError> {
    if let Some(config) = config {
        let rules: Rules = verdicts::command_rules(config, environment)?;
        let row = |host: &policy::HostPattern| ReachableHost {
            host: host.to_string(),
            file: config.display().to_string(),
            counts: true,
        };
        return Ok(Reachable {
            hosts: rules.folder_hosts().map(row).collect(),
            ..Reachable::default()
        });
    }
    let project = Project::around(environment)?;
    let gate = documents::gate(&project, environment)?;
    Ok(Reachable::of(&gate.hosts(), environment))
}

/// The same, with what this machine's sandbox can do.
pub(crate) fn reachable_here(
    project: &Project,
    environment: &Environment,
) -> Result<Reachable, SessionError> {
    let gate = documents::gate(project, environment)?;
    let mut found = Reachable::of(&gate.hosts(), environment);
    if found.hosts.iter().any(|it| it.counts) && found.trouble.is_none() {
        found.trouble = shop::sandbox(environment)
            .opens_doors()
            .err()
            .map(str::to_owned);
    }
    Ok(found)
}

/// Variables by which programs find the certificates that this machine trusts besides their own.
const CERTIFICATES: [&str; 9] = [
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "CURL_CA_BUNDLE",
    "REQUESTS_CA_BUNDLE",
    "PIP_CERT",
    "NODE_EXTRA_CA_CERTS",
    "GIT_SSL_CAINFO",
    "CARGO_HTTP_CAINFO",
    "AWS_CA_BUNDLE",
];
/// Where they are readable in the sandbox.
const SYSTEM: [&str; 2] = ["/etc", "/usr"];

/// Of the user's variables those that name certificates of the system: where a company looks into what is encrypted, no
/// program reaches anybody without.
pub(crate) fn certificates(environment: &Environment) -> Vec<(String, String)> {
    let named = CERTIFICATES.iter().filter_map(|name| {
        let real = Path::new(environment.variable(name)?).canonicalize().ok()?;
        let is_open = SYSTEM.iter().any(|it| real.starts_with(it));
        let path = real.to_str().filter(|_| is_open)?.to_owned();
        Some(((*name).to_owned(), path))
    });
    named.collect()
}

fn upstream(environment: &Environment) -> Result<Upstream, SessionError> {
    Upstream::read(&|name| environment.variable(name)).map_err(SessionError::input)
}

impl Shop {
    /// The way to allowed hosts; none where none is allowed, or where this machine cannot lead anybody to them alone.
    ///
    /// # Errors
    /// When the user's own proxy cannot be used.
    pub(crate) fn door(&self) -> Result<Option<Door>, SessionError> {
        let hosts = self.gate.hosts();
        if hosts.allowed().is_empty() || self.sandbox.opens_doors().is_err() {
            return Ok(None);
        }
        let ledger = Arc::clone(&self.ledger);
        let bell = Arc::new(move |passage: Passage| ledger.passed(&passage));
        let upstream = upstream(self.environment())?;
        Ok(Some(Door::new(hosts, Arc::new(Internet), upstream, bell)))
    }

    /// Why allowed hosts are not reached on this machine, if there are any.
    pub(crate) fn without_door(&self) -> Option<String> {
        if self.gate.hosts().allowed().is_empty() {
            return None;
        }
        let why = self.sandbox.opens_doors().err()?;
        Some(format!(
            "{CONFIG} allows hosts, but commands reach none: {why}"
        ))
    }
}
