//! Trust in a folder: what it brings along that could run something, what a person approved of it, and where that
//! is kept. Nothing of the folder is run to find out.

use std::path::{Path, PathBuf};

use change::{Digest, RelPath};
use policy::{Effect, Grantable, Grants, Rules, Standing, Trust, TrustKind};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::approvals::Approvals;
use crate::documents;
use crate::error::{Kind, SessionError};
use crate::places::{Environment, Project};

/// Version of the grants' form.
const FORM: u32 = 1;
/// Largest file that a grant can cover, in bytes.
const COVERED_MAX: u64 = 4 << 20;
/// Largest hook file that can be approved, in bytes: a person has to see all of it.
const HOOK_MAX: usize = 64 << 10;
/// Most hook files that are looked at.
const HOOKS_MAX: usize = 1_000;

/// The folder's own configuration.
pub(crate) const CONFIG: &str = ".kiro/config.yaml";
/// The folder's own rules in the form of `permissions.yaml`.
pub(crate) const PERMISSIONS: &str = ".kiro/settings/permissions.yaml";
const HOOKS: &str = ".kiro/hooks";

/// A folder with what it brings along, as a person has to see it before they trust it.
#[derive(Clone, Debug)]
pub struct FolderTrust {
    /// The folder.
    pub root: PathBuf,
    /// What asks for trust, and how it stands.
    pub items: Vec<TrustItem>,
    /// Commands that were approved for this project, and whether each still runs what it ran then.
    pub approved: Vec<(String, bool)>,
    grants: PathBuf,
    trust: Trust,
}

/// One thing that asks for trust.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrustItem {
    /// `commands`, `hosts`, `rules`, `hook` or `server`.
    pub kind: &'static str,
    /// What it is called.
    pub name: String,
    /// `trusted`, `new` or `changed`.
    pub standing: &'static str,
    /// What it would do.
    pub shows: Vec<String>,
    /// Whether it could be read, so that it can be approved.
    pub readable: bool,
}

impl FolderTrust {
    /// Whether there is nothing left to approve.
    pub fn is_whole(&self) -> bool {
        self.trust.pending().next().is_none()
    }

    /// What is shown, as one value: it is another one as soon as anything of it is.
    pub fn state(&self) -> String {
        let items = self.trust.granted();
        let parts: Vec<String> = items
            .iter()
            .flat_map(|(kind, name, digest)| {
                [kind.name().to_owned(), name.to_owned(), digest.to_string()]
            })
            .chain(self.items.iter().map(|it| it.standing.to_owned()))
            .collect();
        digest_of(&parts).to_string()
    }

    /// One line about it.
    pub fn summary(&self) -> String {
        if self.items.is_empty() {
            return "brings nothing along that needs trust".to_owned();
        }
        let of = |wanted: Standing| {
            let names = self.trust.items().iter().filter(|(_, it)| *it == wanted);
            names
                .map(|(it, _)| host::files::shown(&it.name))
                .collect::<Vec<_>>()
        };
        let (new, changed) = (of(Standing::New), of(Standing::Changed));
        let parts = [
            ("not trusted yet", new),
            ("changed since it was trusted", changed),
        ];
        let parts = parts.iter().filter(|(_, names)| !names.is_empty());
        let parts: Vec<String> = parts
            .map(|(what, names)| format!("{what}: {}", names.join(", ")))
            .collect();
        match parts.is_empty() {
            true => "trusted".to_owned(),
            false => parts.join("; "),
        }
    }
}

/// Looks at the folder that `wanted` names, or at the project around the current one.
///
/// # Errors
/// When the folder, its rules or the grants cannot be read.
pub fn folder_trust(
    wanted: Option<&Path>,
    environment: &Environment,
) -> Result<FolderTrust, SessionError> {
    let project = match wanted {
        Some(folder) => Project::at(&environment.cwd.join(folder), environment)?,
        None => Project::around(environment)?,
    };
    let rules = documents::rules(&project, environment)?;
    look(&project, &rules, environment)
}

/// Approves what `shown` shows, exactly as it was when it was looked at.
///
/// # Errors
/// When Kiro's own folder cannot be written.
pub fn grant(shown: &FolderTrust) -> Result<(), SessionError> {
    let item = |(kind, name, digest): (TrustKind, &str, Digest)| GrantRow {
        kind: kind.name().to_owned(),
        name: name.to_owned(),
        digest: digest.to_string(),
    };
    write(shown, shown.trust.granted().iter().map(item).collect())
}

/// Takes back everything that was approved in this folder.
///
/// # Errors
/// When Kiro's own folder cannot be written.
pub fn revoke(shown: &FolderTrust, environment: &Environment) -> Result<(), SessionError> {
    write(shown, Vec::new())?;
    let project = Project::at(&shown.root, environment)?;
    Approvals::open(&project, environment)?.revoke()
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct GrantsFile {
    form: u32,
    root: String,
    granted_ms: i64,
    items: Vec<GrantRow>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct GrantRow {
    kind: String,
    name: String,
    digest: String,
}

fn write(shown: &FolderTrust, items: Vec<GrantRow>) -> Result<(), SessionError> {
    let file = GrantsFile {
        form: FORM,
        root: shown.root.display().to_string(),
        granted_ms: crate::run::now(),
        items,
    };
    let text = serde_json::to_string_pretty(&file).map_err(SessionError::internal)?;
    if let Some(folder) = shown.grants.parent() {
        host::files::ensure_private_folder(folder).map_err(SessionError::input)?;
    }
    host::files::replace_own(&shown.grants, text.as_bytes()).map_err(SessionError::input)
}

/// What a project brings along, compared with what was approved.
pub(crate) fn look(
    project: &Project,
    rules: &Rules,
    environment: &Environment,
) -> Result<FolderTrust, SessionError> {
    let grants = grants_file(project, environment, "json");
    let approved = approved(&grants, &project.root)?;
    let trust = Trust::of(grantables(&project.root, rules), &approved);
    let item = |(it, standing): &(Grantable, Standing)| TrustItem {
        kind: it.kind.name(),
        name: it.name.clone(),
        standing: standing.name(),
        shows: it.shows.clone(),
        readable: it.digest.is_some(),
    };
    Ok(FolderTrust {
        root: project.root.clone(),
        approved: Approvals::open(project, environment)?.kept(),
        items: trust.items().iter().map(item).collect(),
        grants,
        trust,
    })
}

/// A file of grants for a project, in Kiro's own folder of the user.
pub(crate) fn grants_file(project: &Project, environment: &Environment, ending: &str) -> PathBuf {
    let name = project.state.file_name().unwrap_or_default();
    let name = format!("{}.{ending}", name.to_string_lossy());
    environment.kiro_home().join("grants").join(name)
}

impl FolderTrust {
    /// The trust as the gate takes it.
    pub(crate) fn into_trust(self) -> Trust {
        self.trust
    }
}

fn approved(file: &Path, root: &Path) -> Result<Grants, SessionError> {
    let mut grants = Grants::default();
    if !file.exists() {
        return Ok(grants);
    }
    let bad = |why: String| {
        SessionError::input(format!(
            "the grants in {} cannot be used: {why}",
            file.display()
        ))
        .hint("remove the file and run `kiro trust` again")
    };
    let bytes = host::files::read(file, COVERED_MAX).map_err(SessionError::input)?;
    let read: GrantsFile = serde_json::from_slice(&bytes).map_err(|it| bad(it.to_string()))?;
    if read.form > FORM {
        return Err(bad("a newer Kiro wrote them".to_owned()));
    }
    if Path::new(&read.root) != root {
        return Err(bad(format!("they are for {}", read.root)));
    }
    for row in read.items {
        let kind = TrustKind::parse(&row.kind);
        let digest = Digest::parse(&row.digest).ok();
        let (Some(kind), Some(digest)) = (kind, digest) else {
            return Err(bad(format!("«{}» is no grant", row.name)));
        };
        grants.add(kind, row.name, digest);
    }
    Ok(grants)
}

/// Everything of a folder's that counts only when it is trusted.
fn grantables(root: &Path, rules: &Rules) -> Vec<Grantable> {
    let mut found: Vec<Grantable> = commands(root, rules).into_iter().collect();
    found.extend(hosts(rules));
    found.extend(allow_rules(rules));
    found.extend(hooks(root));
    found.extend(servers(root));
    found
}

pub(crate) fn digest_of(parts: &[String]) -> Digest {
    let lengths = parts.iter().map(|it| format!("{}:{it}", it.len()));
    Digest::of(lengths.collect::<String>().as_bytes())
}

/// The trusted commands together with the scripts of the folder that they run.
fn commands(root: &Path, rules: &Rules) -> Option<Grantable> {
    let commands = rules.trusted_commands();
    if commands.is_empty() {
        return None;
    }
    let mut shows: Vec<String> = commands.iter().map(|it| format!("runs «{it}»")).collect();
    let mut covered = commands.to_vec();
    for command in commands {
        for (name, text) in covered_by(root, command) {
            shows.push(format!("«{command}» runs {name}: {text}"));
            covered.extend([name, text]);
        }
    }
    Some(Grantable {
        kind: TrustKind::Commands,
        name: CONFIG.to_owned(),
        shows,
        digest: Some(digest_of(&covered)),
    })
}

/// Everything of the folder that a command runs by name, with its text or its digest: scripts of `package.json`,
/// Makefiles, and every file that one of its words is.
pub(crate) fn covered_by(root: &Path, command: &str) -> Vec<(String, String)> {
    let mut covered: Vec<(String, String)> = match scripts_of(command) {
        Runner::Package(names) => scripts(root, names),
        Runner::Makefile => ["GNUmakefile", "makefile", "Makefile"]
            .iter()
            .filter_map(|it| Some(((*it).to_owned(), Digest::of(&read(root, it)?).to_string())))
            .collect(),
        Runner::Other => Vec::new(),
    };
    let words = command
        .split_whitespace()
        .map(|it| it.trim_matches(['"', '\'']));
    for word in words {
        // `--file=build.sh` names a file as well.
        let names = [Some(word), word.split_once('=').map(|it| it.1)];
        for name in names.into_iter().flatten() {
            let path = name.strip_prefix("./").unwrap_or(name);
            if let Some(bytes) = read(root, path) {
                covered.push((path.to_owned(), Digest::of(&bytes).to_string()));
            }
        }
    }
    covered.dedup();
    covered
}

/// Scripts of `package.json`, by name.
fn scripts(root: &Path, names: Vec<String>) -> Vec<(String, String)> {
    let package: Option<Value> =
        read(root, "package.json").and_then(|it| serde_json::from_slice(&it).ok());
    let named = |name: String| {
        let text = package.as_ref()?["scripts"][&name].as_str()?.to_owned();
        Some((name, text))
    };
    names.into_iter().filter_map(named).collect()
}

enum Runner {
    /// Scripts of `package.json`, by name.
    Package(Vec<String>),
    Makefile,
    Other,
}

/// Which scripts of the folder a command runs.
fn scripts_of(command: &str) -> Runner {
    let words: Vec<&str> = command.split_whitespace().collect();
    let script = match words.as_slice() {
        ["make", ..] => return Runner::Makefile,
        [
            "npm" | "pnpm" | "yarn" | "bun",
            "run" | "run-script",
            name,
            ..,
        ] => *name,
        ["npm" | "pnpm" | "yarn" | "bun", name, ..] => *name,
        _ => return Runner::Other,
    };
    let around = ["pre", "", "post"].map(|it| format!("{it}{script}"));
    Runner::Package(around.to_vec())
}

/// The hosts that the folder allows; those of the user need no trust.
fn hosts(rules: &Rules) -> Option<Grantable> {
    let shows: Vec<String> = rules
        .folder_hosts()
        .map(|it| format!("lets commands reach {it}"))
        .collect();
    (!shows.is_empty()).then(|| Grantable {
        kind: TrustKind::Hosts,
        name: CONFIG.to_owned(),
        digest: Some(digest_of(&shows)),
        shows,
    })
}

/// The folder's own allow rules; those of the user need no trust.
fn allow_rules(rules: &Rules) -> Option<Grantable> {
    let own = rules.permissions().iter();
    let own = own.filter(|it| it.effect == Effect::Allow && it.file() == PERMISSIONS);
    let shows: Vec<String> = own
        .map(|it| {
            let except = match it.excluded() {
                [] => String::new(),
                words => format!(", except {}", words.join(", ")),
            };
            format!("{:?}: {}{except}", it.capability, it.title())
        })
        .collect();
    (!shows.is_empty()).then(|| Grantable {
        kind: TrustKind::Rules,
        name: PERMISSIONS.to_owned(),
        digest: Some(digest_of(&shows)),
        shows,
    })
}

fn hooks(root: &Path) -> Vec<Grantable> {
    let entries = std::fs::read_dir(root.join(HOOKS)).into_iter().flatten();
    let mut names: Vec<String> = entries
        .flatten()
        .filter(|it| it.file_type().is_ok_and(|kind| !kind.is_dir()))
        .filter_map(|it| it.file_name().into_string().ok())
        .filter(|it| {
            [".yaml", ".yml", ".json", ".hook"]
                .iter()
                .any(|end| it.ends_with(end))
        })
        .take(HOOKS_MAX)
        .collect();
    names.sort();
    names.into_iter().map(|name| hook(root, &name)).collect()
}

fn hook(root: &Path, name: &str) -> Grantable {
    let path = format!("{HOOKS}/{name}");
    let (digest, shows) = match read(root, &path) {
        None => (None, vec!["cannot be read".to_owned()]),
        // What is too long to be read by a person cannot have been approved by one.
        Some(bytes) if bytes.len() > HOOK_MAX => {
            let why = "too long to be approved: a person has to see all of it";
            (None, vec![format!("{} bytes, {why}", bytes.len())])
        }
        Some(bytes) => {
            let (digest, mut shows) = crate::hooking::covered(root, &path, &bytes);
            // The whole of it: a part could leave out what it is about.
            let text = String::from_utf8_lossy(&bytes);
            shows.extend(text.lines().map(|it| format!("  {it}")));
            (Some(digest), shows)
        }
    };
    Grantable {
        kind: TrustKind::Hook,
        name: path,
        shows,
        digest,
    }
}

fn servers(root: &Path) -> Vec<Grantable> {
    if !documents::exists(root, crate::servers::FILE) {
        return Vec::new();
    }
    let file =
        read(root, crate::servers::FILE).and_then(|it| serde_json::from_slice::<Value>(&it).ok());
    let entries = file.as_ref().and_then(|it| it["mcpServers"].as_object());
    let Some(entries) = entries else {
        return vec![Grantable {
            kind: TrustKind::Server,
            name: crate::servers::FILE.to_owned(),
            shows: vec!["cannot be read as JSON with `mcpServers`".to_owned()],
            digest: None,
        }];
    };
    entries
        .iter()
        .map(|(name, entry)| server(root, name, entry))
        .collect()
}

/// An entry of `mcp.json`, together with those of its words that are files of the folder.
pub(crate) fn server(root: &Path, name: &str, entry: &Value) -> Grantable {
    let words =
        std::iter::once(&entry["command"]).chain(entry["args"].as_array().into_iter().flatten());
    let words: Vec<&str> = words.filter_map(Value::as_str).collect();
    let text = entry.to_string();
    let mut covered = vec![text.clone()];
    for word in &words {
        // `--script=server.py` names a file as well.
        let names = [Some(*word), word.split_once('=').map(|it| it.1)];
        for name in names.into_iter().flatten() {
            if let Some(bytes) = read(root, name.trim_start_matches("./")) {
                covered.extend([name.to_owned(), Digest::of(&bytes).to_string()]);
            }
        }
    }
    let mut shows = match entry["url"].as_str() {
        Some(url) => vec![format!("connects to {url}")],
        None => vec![format!("starts «{}»", words.join(" "))],
    };
    let variables = entry["env"]
        .as_object()
        .map(|it| it.keys().cloned().collect::<Vec<_>>());
    if let Some(variables) = variables.filter(|it| !it.is_empty()) {
        shows.push(format!("with the variables {}", variables.join(", ")));
    }
    let read = variables_of(&text);
    if !read.is_empty() {
        shows.push(format!("is given your variables {}", read.join(", ")));
    }
    let unasked = entry["autoApprove"].as_array().into_iter().flatten();
    let unasked: Vec<&str> = unasked.filter_map(Value::as_str).collect();
    if !unasked.is_empty() {
        shows.push(format!(
            "has tools called without asking: {}",
            unasked.join(", ")
        ));
    }
    Grantable {
        kind: TrustKind::Server,
        name: name.to_owned(),
        shows,
        digest: Some(digest_of(&covered)),
    }
}

/// The variables of the user that an entry wants put in, as in `${NAME}`.
fn variables_of(text: &str) -> Vec<&str> {
    let parts = text.split("${").skip(1);
    let names = parts.filter_map(|it| it.split_once('}').map(|it| it.0));
    let mut names: Vec<&str> = names
        .map(|it| it.strip_prefix("env:").unwrap_or(it))
        .map(|it| it.split_once(":-").map_or(it, |it| it.0))
        .collect();
    names.dedup();
    names
}

/// A file of the folder, if it is a plain one inside it and not too large.
fn read(root: &Path, path: &str) -> Option<Vec<u8>> {
    let path = RelPath::parse(path).ok()?;
    host::files::read_in(root, &path, COVERED_MAX).ok()
}

/// Why nothing was granted: nobody is there to say yes.
pub fn not_granted() -> SessionError {
    SessionError::new(
        Kind::Refused,
        "nothing was trusted: nobody is there to say yes",
    )
    .hint("look at the list and run `kiro trust --yes`")
}
