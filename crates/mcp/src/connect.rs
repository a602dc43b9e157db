//! Reaching a server: starting its program, or asking its address, until it has introduced itself.

use std::collections::HashMap;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Once};
use std::time::Duration;

use host::process::{Attended, Command, Ended, Limits, RunError, Supervisor};
use policy::{Gate, Redactor, Verdict};
use reqwest::header::{HeaderName, HeaderValue};
use rmcp::RoleClient;
use rmcp::model::ProtocolVersion;
use rmcp::service::{ClientInitializeError, ClientLifecycleMode, serve_client_with_lifecycle};
use rmcp::transport::AuthClient;
use rmcp::transport::async_rw::AsyncRwTransport;
use rmcp::transport::streamable_http_client::{
    StreamableHttpClientTransport, StreamableHttpClientTransportConfig,
};
use tokio::net::unix::pipe::{Receiver, Sender};
use tokio::runtime::Handle;
use tokio::time::timeout;

use crate::ear::{Ear, Ears};
use crate::link::{Link, Parts, Service, causes};
use crate::login::granted;
use crate::render::plain;
use crate::said::{Said, Watched, listen, log_of};
use crate::settings::Oauth;
use crate::trouble::Trouble;

/// Largest message of a server, in bytes.
pub(crate) const MESSAGE_MAX: usize = 8 << 20;
/// How long the end of a program is waited for that does not answer any more.
const PATIENCE: Duration = Duration::from_secs(2);
/// How long a server behind HTTP may think about the newer way of beginning before the older one is tried.
const FIRST_TRY: Duration = Duration::from_secs(10);

/// A server that may be started, with everything that its entry leaves to the user's environment put in.
#[derive(Clone)]
pub struct Target {
    /// Its name.
    pub name: String,
    /// Whether its entry stands in the user's own file.
    pub own: bool,
    /// How it is reached.
    pub reach: Reach,
    /// How long it may take to start.
    pub start_timeout: Duration,
}

/// How a server is reached, ready to be done.
#[derive(Clone)]
pub enum Reach {
    /// A program.
    Program {
        /// The program's absolute path, and its arguments.
        argv: Vec<String>,
        /// The folder that it starts in.
        cwd: PathBuf,
        /// Its whole environment.
        env: Vec<(String, String)>,
    },
    /// An address.
    Http {
        /// The address.
        url: String,
        /// Headers that go with every request.
        headers: Vec<(String, String)>,
        /// What a person logs in as, and for.
        oauth: Oauth,
        /// The file in which stands what was granted by logging in; it may be missing.
        keys: PathBuf,
    },
}

/// What every start needs.
#[derive(Clone)]
pub struct Ground {
    /// What watches over programs.
    pub supervisor: Supervisor,
    /// Judges starts and calls.
    pub gate: Gate,
    /// Takes secrets out of what servers say.
    pub redactor: Redactor,
    /// Where the logs stand.
    pub logs: PathBuf,
    /// The folders that programs are told they are asked about, absolute; servers behind HTTP are told none.
    pub roots: Vec<PathBuf>,
}

/// Reaches a server and lets it introduce itself, in the way of the protocol that it knows. Programs are asked in the older
/// way first, since one that starts slowly would answer the newer question too late; behind HTTP an answer comes at once.
pub(crate) fn connect(target: &Target, ground: &Ground, handle: &Handle) -> Result<Link, Trouble> {
    if let Some(reason) = ground.gate.distrusts_server(target.own, &target.name) {
        return Err(Trouble::Distrusted(reason.to_string()));
    }
    let (first, second) = match &target.reach {
        Reach::Program { .. } => (older(), newer()),
        Reach::Http { .. } => (newer(), older()),
    };
    match attempt(target, ground, handle, first) {
        Err(Failed::OtherWay) => attempt(target, ground, handle, second).map_err(Failed::trouble),
        other => other.map_err(Failed::trouble),
    }
}

fn older() -> ClientLifecycleMode {
    ClientLifecycleMode::Initialize
}

fn newer() -> ClientLifecycleMode {
    ClientLifecycleMode::Discover {
        preferred_versions: vec![ProtocolVersion::LATEST],
    }
}

/// How an attempt failed.
enum Failed {
    /// The server does not know this way of beginning: perhaps it knows the other.
    OtherWay,
    Trouble(Trouble),
}

impl Failed {
    fn trouble(self) -> Trouble {
        match self {
            Failed::OtherWay => Trouble::Protocol("it refuses both ways of beginning".to_owned()),
            Failed::Trouble(trouble) => trouble,
        }
    }
}

fn attempt(
    target: &Target,
    ground: &Ground,
    handle: &Handle,
    lifecycle: ClientLifecycleMode,
) -> Result<Link, Failed> {
    let roots = match &target.reach {
        Reach::Program { .. } => &ground.roots[..],
        Reach::Http { .. } => &[],
    };
    let ears = Ears::of(&target.name, roots);
    let said = Arc::new(Said::default());
    let fresh = Fresh {
        target,
        handle,
        ears: Arc::clone(&ears),
        said: Arc::clone(&said),
        lifecycle,
    };
    let (service, program, log) = match &target.reach {
        Reach::Program { .. } => {
            let (service, program, log) = fresh.program(ground)?;
            (service, Some(program), Some(log))
        }
        Reach::Http {
            url,
            headers,
            oauth,
            keys,
        } => {
            let (client, config) = prepared(url, headers, keys).map_err(Failed::Trouble)?;
            let service = fresh.http(client, config, (url, oauth, keys))?;
            (service, None, None)
        }
    };
    let parts = Parts {
        name: target.name.clone(),
        service,
        ears,
        said,
        program,
        log,
    };
    Ok(Link::of(parts, handle.clone()))
}

struct Fresh<'a> {
    target: &'a Target,
    handle: &'a Handle,
    ears: Arc<Ears>,
    said: Arc<Said>,
    lifecycle: ClientLifecycleMode,
}

impl Fresh<'_> {
    fn program(&self, ground: &Ground) -> Result<(Service, Attended, PathBuf), Failed> {
        let mut program = self.spawn(ground).map_err(Failed::Trouble)?;
        let not_started = |why: String| Failed::Trouble(Trouble::NotStarted(why));
        let pipes = program.pipes();
        let pipes = pipes.ok_or_else(|| not_started("it has no pipes".to_owned()))?;
        let log = log_of(&ground.logs, &self.target.name);
        let said = Arc::clone(&self.said);
        listen(pipes.error, said, ground.redactor.clone(), &log);
        let begun = self.handle.block_on(async {
            let (output, input) = streams(pipes.output, pipes.input)
                .map_err(|error| Failed::Trouble(Trouble::NotStarted(error.to_string())))?;
            let output = Watched::new(output, Arc::clone(&self.said), MESSAGE_MAX);
            let transport = AsyncRwTransport::<RoleClient, _, _>::new_client(output, input);
            let transport = transport.with_max_line_length(MESSAGE_MAX);
            let ear = Ear(Arc::clone(&self.ears));
            let began = serve_client_with_lifecycle(ear, transport, self.lifecycle.clone());
            let limit = self.target.start_timeout;
            Ok(timeout(limit, began).await)
        })?;
        match begun {
            Ok(Ok(service)) => Ok((service, program, log)),
            Ok(Err(ClientInitializeError::JsonRpcError(_))) if self.is_older() => {
                Err(Failed::OtherWay)
            }
            Ok(Err(
                ClientInitializeError::ConnectionClosed(_)
                | ClientInitializeError::TransportError { .. },
            )) => Err(Failed::Trouble(self.exited(&program))),
            Ok(Err(error)) => Err(Failed::Trouble(Trouble::Protocol(plain(&causes(&error))))),
            Err(_) => Err(Failed::Trouble(Trouble::Silent {
                waited: self.target.start_timeout,
                said: self.said.tail(),
                noise: self.said.noise(),
            })),
        }
    }

    fn is_older(&self) -> bool {
        self.lifecycle == ClientLifecycleMode::Initialize
    }

    fn spawn(&self, ground: &Ground) -> Result<Attended, Trouble> {
        let Reach::Program { argv, cwd, env } = &self.target.reach else {
            return Err(Trouble::NotStarted("it is no program".to_owned()));
        };
        let target = self.target;
        let verdict = ground
            .gate
            .judge_server(target.own, &target.name, argv, cwd);
        let permit = match verdict {
            Verdict::Allow(permit) => permit,
            Verdict::Ask(_) => {
                return Err(Trouble::Distrusted(
                    "a person would have to be asked".to_owned(),
                ));
            }
            Verdict::Deny(reasons) => {
                let told: Vec<String> = reasons.iter().map(ToString::to_string).collect();
                return Err(Trouble::Distrusted(told.join("; ")));
            }
        };
        let command = Command {
            env: env.clone(),
            limits: Limits::attended(),
            ..Command::new(argv.clone(), cwd.clone())
        };
        host::process::attended(&ground.supervisor, permit, &command)
            .map_err(|error| Trouble::NotStarted(error.to_string()))
    }

    fn exited(&self, program: &Attended) -> Trouble {
        let ended: Option<Ended> = match program.ending(PATIENCE) {
            Ok(ended) => ended,
            Err(RunError::Start { source, .. }) => return Trouble::NotStarted(source.to_string()),
            Err(error) => return Trouble::NotStarted(error.to_string()),
        };
        Trouble::Exited {
            ended,
            said: self.said.last_words(),
            noise: self.said.noise(),
        }
    }

    fn http(
        &self,
        client: reqwest::Client,
        config: StreamableHttpClientTransportConfig,
        (url, oauth, keys): (&str, &Oauth, &Path),
    ) -> Result<Service, Failed> {
        let fail = |trouble| Failed::Trouble(trouble);
        let limit = match self.is_older() {
            true => self.target.start_timeout,
            false => self.target.start_timeout.min(FIRST_TRY),
        };
        let begun = self.handle.block_on(async {
            let ear = Ear(Arc::clone(&self.ears));
            let lifecycle = self.lifecycle.clone();
            let granted = granted(url, oauth, keys)
                .await
                .map_err(|why| fail(Trouble::Unauthorized(plain(&why))))?;
            Ok::<_, Failed>(match granted {
                None => {
                    let transport = StreamableHttpClientTransport::with_client(client, config);
                    let began = serve_client_with_lifecycle(ear, transport, lifecycle);
                    timeout(limit, began).await
                }
                Some(manager) => {
                    let client = AuthClient::new(client, manager);
                    let transport = StreamableHttpClientTransport::with_client(client, config);
                    let began = serve_client_with_lifecycle(ear, transport, lifecycle);
                    timeout(limit, began).await
                }
            })
        })?;
        match begun {
            Ok(Ok(service)) => Ok(service),
            Ok(Err(error)) => Err(self.refused(&error)),
            Err(_) if !self.is_older() => Err(Failed::OtherWay),
            Err(_) => Err(fail(Trouble::Silent {
                waited: self.target.start_timeout,
                said: String::new(),
                noise: None,
            })),
        }
    }

    /// What an answer means that is none. Whoever knows the older way alone may refuse the newer one in any words.
    fn refused(&self, error: &ClientInitializeError) -> Failed {
        if wants_authorization(error) {
            let challenge = error.auth_challenge().unwrap_or("the server answered 401");
            return Failed::Trouble(Trouble::Unauthorized(plain(challenge)));
        }
        let trouble = match error {
            ClientInitializeError::TransportError { .. } => of_transport(&plain(&causes(error))),
            _ => Trouble::Protocol(plain(&causes(error))),
        };
        match trouble {
            Trouble::Protocol(_) if !self.is_older() => Failed::OtherWay,
            trouble => Failed::Trouble(trouble),
        }
    }
}

/// The client for an address and what goes with every request; keys go nowhere unencrypted.
fn prepared(
    url: &str,
    headers: &[(String, String)],
    keys: &Path,
) -> Result<(reqwest::Client, StreamableHttpClientTransportConfig), Trouble> {
    let mut custom = HashMap::new();
    for (name, value) in headers {
        let pair = HeaderName::try_from(name)
            .ok()
            .zip(HeaderValue::try_from(value).ok());
        let told = || Trouble::Entry(format!("the header «{}» cannot be sent", plain(name)));
        let (name, value) = pair.ok_or_else(told)?;
        custom.insert(name, value);
    }
    if !is_safe(url) && (!headers.is_empty() || keys.exists()) {
        let why = "its headers would be sent unencrypted: the address is to begin with https://";
        return Err(Trouble::Entry(why.to_owned()));
    }
    let client = client(url).map_err(Trouble::Unreachable)?;
    let config = StreamableHttpClientTransportConfig::with_uri(url)
        .custom_headers(custom)
        .max_sse_event_size(MESSAGE_MAX)
        .max_json_response_size(MESSAGE_MAX);
    Ok((client, config))
}

fn wants_authorization(error: &ClientInitializeError) -> bool {
    error.is_authorization_required()
        || error.auth_challenge().is_some()
        || causes(error).contains("401")
}

/// What answered, but not as a server does, is no matter of the network.
fn of_transport(told: &str) -> Trouble {
    let answered = [
        "content type",
        "HTTP ",
        "unexpected server response",
        "Deserialize",
        "expect",
    ];
    match answered.iter().any(|it| told.contains(it)) {
        true => Trouble::Protocol(told.to_owned()),
        false => Trouble::Unreachable(told.to_owned()),
    }
}

fn streams(output: OwnedFd, input: OwnedFd) -> std::io::Result<(Receiver, Sender)> {
    Ok((
        Receiver::from_owned_fd(output)?,
        Sender::from_owned_fd(input)?,
    ))
}

/// Whether nobody on the way can read along.
pub(crate) fn is_safe(url: &str) -> bool {
    url.starts_with("https://") || is_here(url)
}

/// Whether an address is this machine's own.
fn is_here(url: &str) -> bool {
    let host = reqwest::Url::parse(url).ok();
    let host = host.as_ref().and_then(|it| it.host_str());
    host.is_some_and(|it| it == "localhost" || it == "[::1]" || is_loopback(it))
}

fn is_loopback(host: &str) -> bool {
    host.parse()
        .is_ok_and(|it: std::net::Ipv4Addr| it.is_loopback())
}

/// A client that follows no redirection, so that what is sent with a request goes to nobody else.
pub(crate) fn client(url: &str) -> Result<reqwest::Client, String> {
    static PROVIDER: Once = Once::new();
    // One that is there already is the same.
    PROVIDER.call_once(|| drop(rustls::crypto::ring::default_provider().install_default()));
    let mut builder = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none());
    if is_here(url) {
        builder = builder.no_proxy();
    }
    builder.build().map_err(|error| causes(&error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_machine_and_https_are_safe() {
        for url in [
            "https://a.example/mcp",
            "http://localhost:1/x",
            "http://127.0.0.1:80",
            "http://[::1]:3/",
        ] {
            assert!(is_safe(url), "{url}");
        }
        for url in [
            "http://a.example",
            "http://127.evil.example",
            "http://localhost.evil.example",
            "ftp://x",
        ] {
            assert!(!is_safe(url), "{url}");
        }
    }
}
