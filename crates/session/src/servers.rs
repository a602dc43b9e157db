//! Servers of the Model Context Protocol: which the project's and the user's `mcp.json` name, which of them count, and
//! their tools beside an agent's own.

mod login;
mod pins;
mod report;
mod said;

use std::path::PathBuf;
use std::sync::Arc;

use change::RelPath;
use mcp::{
    Entry, Fleet, Ground, Member, Oauth, Reach, Remark, ServerTools, Setting, Settings, Target,
    Trouble, Way,
};
use policy::{Gate, Standing, TrustKind};
use serde_json::Value;
use tools::{Many, Person};

use self::pins::PinFile;
use crate::error::SessionError;
use crate::places::{Environment, Project};
use crate::shop::{self, Shop};
use crate::trust;
use crate::view::View;

pub use self::login::log_in_at;
pub use self::report::{ServerState, ServerTrial, ServersReport, list_servers, try_servers};
pub(crate) use self::said::looked_up;
pub use self::said::prompts_of_servers;

/// Where a project names servers.
pub(crate) const FILE: &str = ".kiro/settings/mcp.json";
/// Largest file, in bytes.
const FILE_MAX: u64 = 1 << 20;

/// Variables of the user's that every server gets; all else only when its entry names it.
const GIVEN: &[&str] = &[
    "ALL_PROXY",
    "HOME",
    "HTTPS_PROXY",
    "HTTP_PROXY",
    "LANG",
    "LC_ALL",
    "LC_CTYPE",
    "LOGNAME",
    "NODE_EXTRA_CA_CERTS",
    "NO_PROXY",
    "PATH",
    "SHELL",
    "SSL_CERT_DIR",
    "SSL_CERT_FILE",
    "TERM",
    "TMPDIR",
    "TZ",
    "USER",
    "XDG_CACHE_HOME",
    "XDG_CONFIG_HOME",
    "XDG_DATA_HOME",
    "http_proxy",
    "https_proxy",
    "no_proxy",
];

/// A file that names servers.
struct Source {
    /// Its name for people.
    shown: String,
    own: bool,
    text: Option<String>,
    settings: Settings,
}

impl Source {
    fn of(shown: String, own: bool, bytes: Option<Result<Vec<u8>, String>>) -> Source {
        let fail = |message: String| Settings {
            entries: Vec::new(),
            remarks: vec![Remark {
                is_error: true,
                line: 1,
                column: 1,
                message,
            }],
        };
        let (text, settings) = match bytes {
            None => (None, Settings::default()),
            Some(Err(why)) => (None, fail(why)),
            Some(Ok(bytes)) => match String::from_utf8(bytes) {
                Ok(text) => {
                    let settings = Settings::read(&text);
                    (Some(text), settings)
                }
                Err(_) => (None, fail("it is not UTF-8 text".to_owned())),
            },
        };
        Source {
            shown,
            own,
            text,
            settings,
        }
    }

    fn of_project(project: &Project) -> Source {
        let path = RelPath::parse(FILE).ok();
        let there = crate::documents::exists(&project.root, FILE);
        let bytes = path.filter(|_| there).map(|it| {
            host::files::read_in(&project.root, &it, FILE_MAX).map_err(|error| error.to_string())
        });
        Source::of(FILE.to_owned(), false, bytes)
    }

    fn of_user(environment: &Environment) -> Source {
        let file = environment.kiro_home().join("settings/mcp.json");
        let bytes = file
            .exists()
            .then(|| host::files::read(&file, FILE_MAX).map_err(|error| error.to_string()));
        Source::of(file.display().to_string(), true, bytes)
    }
}

/// Every server that is named, with the files' remarks.
pub(crate) struct Named {
    pub(crate) members: Vec<Member>,
    /// File and remark.
    pub(crate) remarks: Vec<(String, Remark)>,
    /// Entries of the user's that the project's replace, or that stand while the project's is not trusted.
    pub(crate) notes: Vec<String>,
}

/// Reads both files. A project's entry replaces the user's of the same name as a whole, once it is trusted.
pub(crate) fn named(project: &Project, gate: &Gate, environment: &Environment) -> Named {
    let (theirs, own) = (Source::of_project(project), Source::of_user(environment));
    let mut named = Named {
        members: Vec::new(),
        remarks: Vec::new(),
        notes: Vec::new(),
    };
    for source in [&theirs, &own] {
        let remarks = source.settings.remarks.iter().cloned();
        named
            .remarks
            .extend(remarks.map(|it| (source.shown.clone(), it)));
    }
    for entry in &theirs.settings.entries {
        let name = &entry.name;
        let is_trusted = trusts_exactly(&theirs, name, project, gate);
        let same = own.settings.entries.iter().any(|it| it.name == *name);
        if same && !is_trusted {
            named.notes.push(format!(
                "«{name}» of {} stands while the one of {FILE} is not trusted",
                own.shown
            ));
            continue;
        }
        if same {
            named.notes.push(format!(
                "«{name}» of {FILE} stands in place of the one of {}",
                own.shown
            ));
        }
        named
            .members
            .push(member(&theirs, entry, is_trusted, project, environment));
    }
    for entry in &own.settings.entries {
        if !named.members.iter().any(|it| it.entry.name == entry.name) {
            named
                .members
                .push(member(&own, entry, true, project, environment));
        }
    }
    named
        .members
        .sort_by(|a, b| a.entry.name.cmp(&b.entry.name));
    named
}

/// Whether what was read here is to the letter what is trusted: the file may have been another one when the gate was made.
fn trusts_exactly(source: &Source, name: &str, project: &Project, gate: &Gate) -> bool {
    let whole: Option<Value> = source
        .text
        .as_deref()
        .and_then(|it| serde_json::from_str(it).ok());
    let entry = whole.as_ref().and_then(|it| it["mcpServers"].get(name));
    let digest = entry.and_then(|it| trust::server(&project.root, name, it).digest);
    let mut items = gate.trust().items().iter();
    items.any(|(item, standing)| {
        item.kind == TrustKind::Server
            && item.name == name
            && *standing == Standing::Trusted
            && item.digest == digest
    })
}

fn member(
    source: &Source,
    entry: &Entry,
    is_trusted: bool,
    project: &Project,
    environment: &Environment,
) -> Member {
    let target = match (&entry.trouble, entry.disabled) {
        (_, true) => Err(Trouble::Disabled),
        (Some(why), _) => Err(Trouble::Entry(why.clone())),
        (None, _) if !is_trusted => Err(Trouble::Distrusted(
            "its entry in this folder is not trusted as it is now".to_owned(),
        )),
        (None, _) => target(entry, source.own, project, environment),
    };
    Member {
        entry: entry.clone(),
        file: source.shown.clone(),
        own: source.own,
        target,
    }
}

fn target(
    entry: &Entry,
    own: bool,
    project: &Project,
    environment: &Environment,
) -> Result<Target, Trouble> {
    let variable = |name: &str| environment.variable(name).map(str::to_owned);
    let put_in = |text: &String| {
        mcp::expand(text, &variable).map_err(|error| Trouble::Entry(error.to_string()))
    };
    let pairs = |pairs: &[(String, String)]| -> Result<Vec<(String, String)>, Trouble> {
        let pair = |(name, value): &(String, String)| Ok((name.clone(), put_in(value)?));
        pairs.iter().map(pair).collect()
    };
    let reach = match &entry.way {
        None => {
            return Err(Trouble::Entry(
                "it says neither `command` nor `url`".to_owned(),
            ));
        }
        Some(Way::Http {
            url,
            headers,
            oauth,
        }) => Reach::Http {
            url: put_in(url)?,
            headers: pairs(headers)?,
            oauth: expanded(oauth, &put_in)?,
            keys: mcp::keys_of(&keys(environment), &entry.name, &put_in(url)?),
        },
        Some(Way::Program { command, args, env }) => {
            let command = put_in(command)?;
            let program = program(&command, project, environment)
                .ok_or_else(|| Trouble::NotFound(host::files::shown(&command)))?;
            let args = args
                .iter()
                .map(put_in)
                .collect::<Result<Vec<String>, Trouble>>()?;
            let given = environment.variables.iter();
            let given = given.filter(|it| GIVEN.contains(&it.0.as_str())).cloned();
            let mut variables: Vec<(String, String)> = given.collect();
            for (name, value) in pairs(env)? {
                variables.retain(|it| it.0 != name);
                variables.push((name, value));
            }
            Reach::Program {
                argv: std::iter::once(program).chain(args).collect(),
                cwd: project.root.clone(),
                env: variables,
            }
        }
    };
    Ok(Target {
        name: entry.name.clone(),
        own,
        reach,
        start_timeout: entry.start_timeout,
    })
}

/// What a person logs in as, with variables put in.
fn expanded(
    oauth: &Oauth,
    put_in: &dyn Fn(&String) -> Result<String, Trouble>,
) -> Result<Oauth, Trouble> {
    let text = |it: &Option<String>| it.as_ref().map(put_in).transpose();
    Ok(Oauth {
        client_id: text(&oauth.client_id)?,
        client_secret: text(&oauth.client_secret)?,
        client_metadata_url: text(&oauth.client_metadata_url)?,
        ..oauth.clone()
    })
}

/// A program by its name, outside the project, or by its path, which may lie in it.
fn program(command: &str, project: &Project, environment: &Environment) -> Option<String> {
    let path = match command.strip_prefix("~/") {
        Some(rest) => environment.home.join(rest),
        None if command.contains('/') => project.root.join(command),
        None => {
            let roots = [project.root.clone()];
            let found = host::process::toolchain::find_program(command, &environment.path, &roots);
            return found?.to_str().map(str::to_owned);
        }
    };
    path.is_file().then(|| path.to_str().map(str::to_owned))?
}

/// What starts and calls are judged by and kept in.
pub(crate) fn ground(
    project: &Project,
    gate: &Gate,
    redactor: policy::Redactor,
    environment: &Environment,
) -> Ground {
    Ground {
        supervisor: shop::supervisor(environment),
        gate: gate.clone(),
        redactor,
        logs: logs(environment),
        roots: vec![project.root.clone()],
    }
}

/// Where stands what servers granted.
fn keys(environment: &Environment) -> PathBuf {
    environment.kiro_home().join("keys/mcp")
}

fn logs(environment: &Environment) -> PathBuf {
    environment.kiro_home().join("logs/mcp")
}

/// The fleet of a run; none when nothing is named that could be started.
pub(crate) fn fleet(shop: &Shop) -> Result<Option<Arc<Fleet>>, SessionError> {
    let named = named(&shop.project, &shop.gate, shop.environment());
    let counts = |it: &Member| !matches!(it.target, Err(Trouble::Disabled));
    if !named.members.iter().any(counts) {
        return Ok(None);
    }
    let ground = ground(
        &shop.project,
        &shop.gate,
        shop.redactor.clone(),
        shop.environment(),
    );
    let fleet = Fleet::of(named.members, ground).map_err(SessionError::internal)?;
    Ok(Some(Arc::new(fleet)))
}

/// An agent's tools with those of the servers beside them; `person` is asked about calls. Servers that are not there are
/// told, and nothing else is the worse for it.
///
/// # Errors
/// When the model cannot be opened.
pub(crate) fn beside<'t>(
    shop: &Shop,
    tools: Many<'t>,
    person: Arc<dyn Person>,
    tell: &mut dyn FnMut(View),
) -> Result<Many<'t>, SessionError> {
    let Some(fleet) = shop.fleet()? else {
        return Ok(tools);
    };
    let starting = fleet.members().filter(|it| it.target.is_ok()).count();
    if starting > 0 && fleet.is_fresh() {
        tell(View::Notice(format!("starting {starting} MCP servers")));
    }
    let is_first = fleet.is_fresh();
    let ledger = Arc::clone(&shop.ledger);
    let servers = ServerTools::open(Setting {
        fleet,
        gate: shop.gate.clone(),
        person,
        redactor: shop.redactor.clone(),
        recorder: Some(Arc::new(move |ruling| ledger.ruled(ruling))),
        pins: Arc::new(PinFile::of(&shop.project, shop.environment())),
        context_tokens: shop.model()?.profile().context_tokens,
    });
    if is_first {
        servers
            .troubles()
            .into_iter()
            .for_each(|it| tell(View::Warning(it)));
    }
    Ok(match servers.is_empty() {
        true => tools,
        false => tools.and(Arc::new(servers)),
    })
}
