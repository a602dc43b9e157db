//! The way out of the sandbox: a proxy outside, to which a listener inside leads, that connects to allowed hosts alone.
//!
//! A walled program has a network of its own, in which nothing is but itself and a listener on the loopback. Whoever
//! listens there is Kiro, outside the walls. It speaks what every proxy of the web speaks: `CONNECT` for what is
//! encrypted, requests with a whole address for what is not. Each destination is judged by its name; names are resolved
//! here, so nothing leaks by asking for them; what resolves to anything but the open network is refused; and the very
//! address that was judged is connected to. A tunnel that begins as TLS must name the host that it was opened for.
//!
//! What is inside a tunnel is not seen. Whoever allows a host allows what that host makes of what it is sent.
//!
//! Where the user reaches the network through a proxy of theirs, this one asks that one. Names are resolved there then,
//! so the addresses cannot be judged here: allowing a host means whatever the user's proxy takes it for.

#[cfg(target_os = "linux")]
mod head;
#[cfg(target_os = "linux")]
mod hello;
#[cfg(target_os = "linux")]
mod relay;
#[cfg(target_os = "linux")]
mod serve;
mod upstream;

use std::fmt;
use std::io;
use std::net::{SocketAddr, TcpStream, ToSocketAddrs as _};
use std::sync::Arc;
use std::time::Duration;

use policy::Hosts;
use policy::shell::Answer;

#[cfg(target_os = "linux")]
pub(super) use serve::Open;
pub use upstream::{Upstream, UpstreamError};

/// Where the listener inside is.
pub(super) const PORT: u16 = 3128;

/// The variables by which programs find a proxy. Without `localhost`: what a program serves itself is near.
const PROXY_NAMES: [&str; 9] = [
    "http_proxy",
    "HTTP_PROXY",
    "https_proxy",
    "HTTPS_PROXY",
    "all_proxy",
    "ALL_PROXY",
    "npm_config_proxy",
    "npm_config_https_proxy",
    "CARGO_HTTP_PROXY",
];
const DIRECT_NAMES: [&str; 3] = ["no_proxy", "NO_PROXY", "npm_config_noproxy"];

/// What a door spends on one command at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DoorLimits {
    /// Connections at the same time; others wait.
    pub at_once: usize,
    /// Connections from start to end.
    pub connections: usize,
    /// Bytes in both directions together.
    pub bytes: u64,
    /// Time until a request is there, and until a host answers.
    pub patience: Duration,
    /// Time without a byte in either direction.
    pub idle: Duration,
}

impl Default for DoorLimits {
    fn default() -> Self {
        DoorLimits {
            at_once: 64,
            connections: 10_000,
            bytes: 8 << 30,
            patience: Duration::from_secs(20),
            idle: Duration::from_secs(120),
        }
    }
}

/// What was said of one wish to reach a host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Passage {
    /// The host and the port, or what stood in their place.
    pub to: String,
    /// What policy said.
    pub answer: Answer,
    /// The rule that decided.
    pub rule: String,
    /// Why it was not reached, and what would change that; none when it was.
    pub refused: Option<String>,
}

/// Is told of every passage, from threads of the door's own.
pub type Doorbell = Arc<dyn Fn(Passage) + Send + Sync>;

/// The network as it is outside: asked for names, and connected to.
pub trait Outside: Send + Sync {
    /// The addresses of a host.
    ///
    /// # Errors
    /// When it has none, or nobody knows.
    fn resolve(&self, host: &str, port: u16) -> io::Result<Vec<SocketAddr>>;

    /// A connection to an address, waited for no longer than `patience`.
    ///
    /// # Errors
    /// When there is none.
    fn connect(&self, address: SocketAddr, patience: Duration) -> io::Result<TcpStream>;
}

/// The network of this machine.
#[derive(Clone, Copy, Debug)]
pub struct Internet;

impl Outside for Internet {
    fn resolve(&self, host: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
        Ok((host, port).to_socket_addrs()?.collect())
    }

    fn connect(&self, address: SocketAddr, patience: Duration) -> io::Result<TcpStream> {
        TcpStream::connect_timeout(&address, patience)
    }
}

/// A way out for a walled program, to be given to [`Network::Hosts`](super::Network::Hosts).
#[derive(Clone)]
pub struct Door(Arc<Way>);

/// Everything that a door knows.
pub(super) struct Way {
    hosts: Hosts,
    outside: Arc<dyn Outside>,
    upstream: Upstream,
    bell: Doorbell,
    limits: DoorLimits,
}

impl Door {
    /// A door to these hosts, over this network and the user's own proxy if there is one; `bell` is told of each passage.
    pub fn new(
        hosts: Hosts,
        outside: Arc<dyn Outside>,
        upstream: Upstream,
        bell: Doorbell,
    ) -> Door {
        Door(Arc::new(Way {
            hosts,
            outside,
            upstream,
            bell,
            limits: DoorLimits::default(),
        }))
    }

    /// The same door with other limits.
    #[must_use]
    pub fn within(self, limits: DoorLimits) -> Door {
        Door(Arc::new(Way {
            limits,
            ..self.copy()
        }))
    }

    /// The same door with somebody more to be told.
    #[must_use]
    pub fn heard_also_by(&self, other: Doorbell) -> Door {
        let first = Arc::clone(&self.0.bell);
        let bell: Doorbell = Arc::new(move |passage: Passage| {
            first(passage.clone());
            other(passage);
        });
        Door(Arc::new(Way {
            bell,
            ..self.copy()
        }))
    }

    fn copy(&self) -> Way {
        let way = &self.0;
        Way {
            hosts: way.hosts.clone(),
            outside: Arc::clone(&way.outside),
            upstream: way.upstream.clone(),
            bell: Arc::clone(&way.bell),
            limits: way.limits,
        }
    }

    /// The hosts that it leads to.
    pub fn hosts(&self) -> &Hosts {
        &self.0.hosts
    }

    /// The variables by which a program inside finds the door.
    pub fn variables() -> impl Iterator<Item = (String, String)> {
        let proxy = |name: &&str| ((*name).to_owned(), format!("http://127.0.0.1:{PORT}"));
        let direct = |name: &&str| ((*name).to_owned(), "localhost,127.0.0.1,::1".to_owned());
        let node = ("NODE_USE_ENV_PROXY".to_owned(), "1".to_owned());
        let proxies = PROXY_NAMES.iter().map(proxy);
        proxies.chain(DIRECT_NAMES.iter().map(direct)).chain([node])
    }
}

impl fmt::Debug for Door {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let allowed = self.0.hosts.allowed().iter();
        let allowed: Vec<String> = allowed.map(|it| it.pattern().to_string()).collect();
        f.debug_tuple("Door").field(&allowed).finish()
    }
}

impl PartialEq for Door {
    fn eq(&self, other: &Door) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for Door {}
