//! `kiro ide`: the workbench's page and the engine behind it, for a browser on this machine.
//!
//! One thread a connection, because there are few of them and they live long. HTTP is read by `httparse` and framed for
//! WebSocket by `tungstenite`: both do one thing without a runtime of their own. The page is static, so of HTTP there is only
//! `GET` and `HEAD` here; everything else is JSON-RPC over the page's WebSocket.

mod guard;
mod host;
mod http;
mod pack;
mod place;
mod socket;

use std::io;
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use session::desk::{Desk, DeskError};
use session::{Cancel, Environment, Project, SessionError};

use self::guard::{Entry, Guard, Talk};
use self::host::Host;
use self::http::{Request, Response};
pub use self::pack::Pack;
pub use self::place::secret;
use crate::hub::Hub;

/// Connections that are served at the same time; a window has a handful.
const CONNECTIONS_MAX: usize = 256;
/// How long a connection may take to say what it wants, and to take what it is given.
const PATIENCE: Duration = Duration::from_secs(30);

/// The page that this program carries; none when it was built without.
pub fn page() -> Option<Pack> {
    #[cfg(feature = "page")]
    return Some(Pack::of(include_bytes!(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../target/ide/page.pack"
    ))));
    #[cfg(not(feature = "page"))]
    None
}

/// Kiro's extension for editors of Code OSS's family, as a `.vsix`; none when this program was built without.
pub fn extension() -> Option<&'static [u8]> {
    #[cfg(feature = "page")]
    return Some(include_bytes!(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../target/ide/kiro.vsix"
    )));
    #[cfg(not(feature = "page"))]
    None
}

/// A server that listens.
#[derive(Debug)]
pub struct Ide {
    listener: TcpListener,
    shared: Arc<Shared>,
}

/// What all connections share.
#[derive(Debug)]
struct Shared {
    guard: Guard,
    pack: Pack,
    host: Host,
    connections: AtomicUsize,
}

impl Ide {
    /// Listens on this machine only, for the project around the environment's folder, at `port` or, when that is none, at the port that this folder had last time.
    ///
    /// # Errors
    /// When the folder cannot be used, or the port is taken.
    pub fn open(
        pack: Pack,
        environment: &Environment,
        port: Option<u16>,
    ) -> Result<Ide, SessionError> {
        let desk = Desk::at(&Project::around(environment)?.root, environment)?;
        let hub = Hub::within(Environment {
            cwd: desk.root().to_path_buf(),
            ..environment.clone()
        });
        let kept = place::Kept::read(&desk);
        let listener = listen(port, kept.as_ref().map(|it| it.port))?;
        let port = listener
            .local_addr()
            .map_err(SessionError::internal)?
            .port();
        let secret = match kept {
            Some(kept) if kept.port == port => kept.secret,
            _ => place::secret()?,
        };
        place::Kept {
            port,
            secret: secret.clone(),
        }
        .write(&desk)?;
        let guard = Guard::new(port, secret, place::secret()?);
        let shared = Shared {
            guard,
            pack,
            host: Host::new(desk, &hub),
            connections: AtomicUsize::new(0),
        };
        Ok(Ide {
            listener,
            shared: Arc::new(shared),
        })
    }

    /// The address that lets one browser in.
    pub fn address(&self) -> String {
        self.shared.guard.address()
    }

    /// Opens an address in the user's browser.
    ///
    /// # Errors
    /// When nothing on this machine does that.
    pub fn browse(&self, address: &str) -> Result<(), DeskError> {
        self.shared.host.desk().browse(address)
    }

    /// Serves until `cancel` says to end.
    ///
    /// # Errors
    /// When the system accepts no more connections.
    pub fn serve(&self, cancel: &Cancel) -> Result<(), SessionError> {
        self.listener
            .set_nonblocking(true)
            .map_err(SessionError::internal)?;
        while !cancel.is_cancelled() {
            match self.listener.accept() {
                Ok((stream, _)) => self.take(stream),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    std::thread::sleep(Duration::from_millis(10));
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(SessionError::internal(error)),
            }
        }
        self.shared.host.close();
        Ok(())
    }

    fn take(&self, stream: TcpStream) {
        let shared = Arc::clone(&self.shared);
        if shared.connections.fetch_add(1, Ordering::Relaxed) >= CONNECTIONS_MAX {
            shared.connections.fetch_sub(1, Ordering::Relaxed);
            return;
        }
        std::thread::spawn(move || {
            // A connection that breaks off is the browser's affair: it makes another one.
            let _ = shared.converse(&stream);
            shared.connections.fetch_sub(1, Ordering::Relaxed);
        });
    }
}

fn listen(wanted: Option<u16>, kept: Option<u16>) -> Result<TcpListener, SessionError> {
    let bind = |port: u16| TcpListener::bind((Ipv4Addr::LOCALHOST, port));
    match (wanted, kept) {
        (Some(port), _) => bind(port).map_err(|error| {
            SessionError::input(format!("port {port} cannot be used: {error}"))
                .hint("leave out --port, or choose another one")
        }),
        (None, Some(port)) => bind(port)
            .or_else(|_| bind(0))
            .map_err(SessionError::internal),
        (None, None) => bind(0).map_err(SessionError::internal),
    }
}

impl Shared {
    /// Answers what comes over one connection, request by request, until it ends or becomes a WebSocket.
    fn converse(&self, stream: &TcpStream) -> io::Result<()> {
        stream.set_nonblocking(false)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        let mut rest = Vec::new();
        while let Some(request) = http::read(stream, &mut rest)? {
            let keeps = request.keeps_alive();
            match self.guard.judge(&request) {
                Entry::Socket(talk) => {
                    let socket = socket::accept(stream, &request, rest)?;
                    match talk {
                        Talk::Wire => self.host.attend(socket),
                        Talk::Language => self.host.explain(socket),
                    }
                    return Ok(());
                }
                Entry::Page => self.file(&request).send(stream, &request, keeps)?,
                Entry::Answer(response) => response.send(stream, &request, keeps)?,
            }
            if !keeps {
                return Ok(());
            }
        }
        Ok(())
    }

    fn file(&self, request: &Request) -> Response {
        let path = match request.path.as_str() {
            "/" => "index.html",
            path => path.trim_start_matches('/'),
        };
        match self.pack.file(path) {
            None => Response::plain(404, "Kiro's page has no such file.\n"),
            Some(file) => Response::file(file, request.takes_brotli()),
        }
    }
}
