//! Authorization for servers behind HTTP: a person logs in once with their browser, and what was granted is kept in a file of
//! their own, renewed while it is used.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::time::Duration;

use change::Digest;
use host::append::Appender;
use host::clock::Deadline;
use rmcp::transport::auth::OAuthState;
use rmcp::transport::{
    AuthError, AuthorizationManager, AuthorizationRequest, CredentialStore, StoredCredentials,
};
use tools::Stop;

use crate::connect::client;
use crate::link::causes;
use crate::render::plain;

/// How long a person may take.
const PATIENCE: Duration = Duration::from_secs(300);
/// How often the wait looks whether it is to end.
const LOOK: Duration = Duration::from_millis(50);
/// Largest file of credentials, in bytes.
const FILE_MAX: u64 = 1 << 20;
/// What whoever comes back from logging in is shown.
const THANKS: &str = "You are logged in. This window can be closed.";

/// Where what a server granted is kept: below `folder`, named by the address, so that it goes to no other one.
pub fn keys_of(folder: &Path, server: &str, url: &str) -> PathBuf {
    let digest = Digest::of(url.as_bytes()).to_string();
    let name = crate::said::file_name(server);
    folder.join(format!("{name}-{}.json", &digest[..16]))
}

/// A file of credentials, its owner's alone.
#[derive(Clone, Debug)]
pub(crate) struct KeyFile(pub(crate) PathBuf);

fn refused(why: impl std::fmt::Display) -> AuthError {
    AuthError::CredentialStoreError(why.to_string())
}

#[async_trait::async_trait]
impl CredentialStore for KeyFile {
    async fn load(&self) -> Result<Option<StoredCredentials>, AuthError> {
        if !self.0.exists() {
            return Ok(None);
        }
        let bytes = host::files::read(&self.0, FILE_MAX).map_err(refused)?;
        if bytes.is_empty() {
            return Ok(None);
        }
        serde_json::from_slice(&bytes).map(Some).map_err(|_| {
            refused(format!(
                "{} is damaged; remove it and log in again",
                self.0.display()
            ))
        })
    }

    async fn save(&self, credentials: StoredCredentials) -> Result<(), AuthError> {
        let text = serde_json::to_vec(&credentials).map_err(refused)?;
        // Opened first, so that it is its owner's alone before anything stands in it; what replaces it stays so.
        Appender::open(&self.0, 0).map_err(refused)?;
        host::files::replace_own(&self.0, &text).map_err(refused)
    }

    async fn clear(&self) -> Result<(), AuthError> {
        match self.0.exists() {
            true => host::files::replace_own(&self.0, b"").map_err(refused),
            false => Ok(()),
        }
    }
}

/// What is kept of a server's grant, ready to be used; none when there is none.
pub(crate) async fn granted(
    url: &str,
    keys: &Path,
) -> Result<Option<AuthorizationManager>, String> {
    if !keys.exists() {
        return Ok(None);
    }
    let mut manager = AuthorizationManager::new(url)
        .await
        .map_err(|it| causes(&it))?;
    manager.set_credential_store(KeyFile(keys.to_path_buf()));
    let is_there = manager
        .initialize_from_store()
        .await
        .map_err(|it| causes(&it))?;
    Ok(is_there.then_some(manager))
}

/// Lets a person log in at the server at `url`; `open` shows them the address to open.
///
/// # Errors
/// When the server offers no way of logging in, nobody logged in within five minutes, or `stop` said so.
pub fn log_in(
    url: &str,
    scopes: &[String],
    keys: &Path,
    open: &mut dyn FnMut(&str),
    stop: Stop<'_>,
) -> Result<(), String> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).map_err(|error| error.to_string())?;
    let port = listener
        .local_addr()
        .map_err(|error| error.to_string())?
        .port();
    listener
        .set_nonblocking(true)
        .map_err(|error| error.to_string())?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let runtime = runtime.map_err(|error| error.to_string())?;
    let told = |error: AuthError| plain(&causes(&error));
    let mut state = runtime.block_on(begin(url, scopes, keys, port))?;
    let address = runtime
        .block_on(state.get_authorization_url())
        .map_err(told)?;
    open(&address);
    let back = come_back(&listener, port, stop)?;
    runtime
        .block_on(state.handle_callback_url(&back))
        .map_err(told)
}

async fn begin(url: &str, scopes: &[String], keys: &Path, port: u16) -> Result<OAuthState, String> {
    let told = |error: AuthError| plain(&causes(&error));
    let challenge = challenge(url).await;
    let mut manager = AuthorizationManager::new(url).await.map_err(told)?;
    manager.set_credential_store(KeyFile(keys.to_path_buf()));
    let mut state = OAuthState::Unauthorized(manager);
    let back = format!("http://127.0.0.1:{port}/callback");
    let mut request = AuthorizationRequest::new(back)
        .with_client_name("Kiro")
        .with_scopes(scopes.iter().cloned());
    if let Some(challenge) = challenge {
        request = request.with_challenge(challenge);
    }
    state.start_authorization(request).await.map_err(told)?;
    Ok(state)
}

/// What the server says is to be done, when it is asked without any authorization.
async fn challenge(url: &str) -> Option<String> {
    let client = client(url).ok()?;
    let asked = client
        .post(url)
        .header("content-type", "application/json")
        .header("accept", "application/json, text/event-stream")
        .body("{\"jsonrpc\":\"2.0\",\"id\":0,\"method\":\"ping\"}");
    let answer = asked.send().await.ok()?;
    let header = answer.headers().get("www-authenticate")?;
    header.to_str().ok().map(str::to_owned)
}

/// Waits for the browser, and gives the address that it came back to.
fn come_back(listener: &TcpListener, port: u16, stop: Stop<'_>) -> Result<String, String> {
    let deadline = Deadline::after(PATIENCE);
    while !deadline.passed() {
        if stop() {
            return Err("nobody logged in: it was stopped".to_owned());
        }
        match listener.accept() {
            Ok((stream, _)) => {
                if let Some(path) = callback(stream) {
                    return Ok(format!("http://127.0.0.1:{port}{path}"));
                }
            }
            Err(_) => std::thread::sleep(LOOK),
        }
    }
    Err(format!("nobody logged in within {} s", PATIENCE.as_secs()))
}

/// The path that a browser asks for, if it is the one that it was sent to.
fn callback(stream: TcpStream) -> Option<String> {
    stream.set_nonblocking(false).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(5))).ok()?;
    let mut line = String::new();
    let mut reader = BufReader::new(&stream);
    std::io::Read::take(&mut reader, 16_384)
        .read_line(&mut line)
        .ok()?;
    let path = line.strip_prefix("GET ")?.split(' ').next()?.to_owned();
    let is_meant = path.starts_with("/callback?");
    let (status, body) = match is_meant {
        true => ("200 OK", THANKS),
        false => ("404 Not Found", "This is not here."),
    };
    let answer = format!(
        "HTTP/1.1 {status}\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    );
    // Whoever does not want to read it has logged in all the same.
    let _ = (&stream).write_all(answer.as_bytes());
    is_meant.then_some(path)
}
