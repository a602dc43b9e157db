//! Authorization for servers behind HTTP: a person logs in once with their browser, and what was granted is kept in a file of
//! their own, renewed while it is used.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::time::Duration;

use change::Digest;
use host::append::Appender;
use host::clock::Deadline;
use rmcp::transport::auth::{OAuthClientConfig, OAuthState, WWWAuthenticateParams};
use rmcp::transport::{
    AuthError, AuthorizationManager, AuthorizationRequest, CredentialStore, StoredCredentials,
};
use tokio::runtime::Runtime;
use tools::Stop;

use crate::connect::client;
use crate::link::causes;
use crate::render::plain;
use crate::settings::{CALLBACK, Oauth};

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

fn told(error: AuthError) -> String {
    plain(&causes(&error))
}

impl KeyFile {
    fn kept(&self) -> Result<Option<StoredCredentials>, AuthError> {
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
}

#[async_trait::async_trait]
impl CredentialStore for KeyFile {
    async fn load(&self) -> Result<Option<StoredCredentials>, AuthError> {
        self.kept()
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
    oauth: &Oauth,
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
    if let (true, Some(id), Some(secret)) = (is_there, &oauth.client_id, &oauth.client_secret) {
        // The secret is kept in no file of Kiro's; without it nothing is renewed.
        let back = format!("http://127.0.0.1{CALLBACK}");
        let config = OAuthClientConfig::new(id, back).with_client_secret(secret);
        manager.configure_client(config).map_err(|it| causes(&it))?;
    }
    Ok(is_there.then_some(manager))
}

/// A log-in under way: an address that a person is to open, and this machine waiting for their browser to come back.
pub struct LogIn {
    address: String,
    state: OAuthState,
    listener: TcpListener,
    port: u16,
    path: String,
    runtime: Runtime,
}

impl LogIn {
    /// Asks the server at `url` where a person is to log in. `challenge` is what it refused a request with; where that is
    /// not known, it is asked for it. What was granted before is asked for as well, so that nothing is lost.
    ///
    /// # Errors
    /// When the server offers no way of logging in, or the port that it knows is taken.
    pub fn begin(
        url: &str,
        oauth: &Oauth,
        challenge: Option<&str>,
        keys: &Path,
    ) -> Result<LogIn, String> {
        let (port, path) = oauth.back.clone().unwrap_or((0, CALLBACK.to_owned()));
        let listener = TcpListener::bind(("127.0.0.1", port))
            .map_err(|error| format!("the port {port} of this machine: {error}"))?;
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
        let asked = Asked {
            url,
            oauth,
            challenge,
            keys,
            back: format!("http://127.0.0.1:{port}{path}"),
        };
        let state = runtime.block_on(asked.begin())?;
        let address = runtime
            .block_on(state.get_authorization_url())
            .map_err(told)?;
        Ok(LogIn {
            address,
            state,
            listener,
            port,
            path,
            runtime,
        })
    }

    /// The address to open, made safe to print.
    pub fn address(&self) -> String {
        plain(&self.address)
    }

    /// Waits until the person has logged in, and keeps what was granted.
    ///
    /// # Errors
    /// When nobody logged in within five minutes, or `stop` said so, or the server did not grant it.
    pub fn wait(mut self, stop: Stop<'_>) -> Result<(), String> {
        let back = self.come_back(stop)?;
        self.runtime
            .block_on(self.state.handle_callback_url(&back))
            .map_err(told)
    }

    /// Waits for the browser, and gives the address that it came back to.
    fn come_back(&self, stop: Stop<'_>) -> Result<String, String> {
        let deadline = Deadline::after(PATIENCE);
        while !deadline.passed() {
            if stop() {
                return Err("nobody logged in: it was stopped".to_owned());
            }
            match self.listener.accept() {
                Ok((stream, _)) => {
                    if let Some(path) = callback(stream, &self.path) {
                        return Ok(format!("http://127.0.0.1:{}{path}", self.port));
                    }
                }
                Err(_) => std::thread::sleep(LOOK),
            }
        }
        Err(format!("nobody logged in within {} s", PATIENCE.as_secs()))
    }
}

/// What is asked of a server before a person logs in.
struct Asked<'a> {
    url: &'a str,
    oauth: &'a Oauth,
    challenge: Option<&'a str>,
    keys: &'a Path,
    /// Where the browser is sent back to.
    back: String,
}

impl Asked<'_> {
    async fn begin(&self) -> Result<OAuthState, String> {
        let challenge = match self.challenge {
            Some(challenge) => Some(challenge.to_owned()),
            None => challenge(self.url).await,
        };
        let mut manager = AuthorizationManager::new(self.url).await.map_err(told)?;
        let file = KeyFile(self.keys.to_path_buf());
        let before = file.kept().map_err(told)?;
        manager.set_credential_store(file);
        let mut state = OAuthState::Unauthorized(manager);
        let mut request = AuthorizationRequest::new(&self.back).with_client_name("Kiro");
        request = request.with_scopes(self.scopes(before.as_ref(), challenge.as_deref()));
        let oauth = self.oauth;
        if let Some(id) = &oauth.client_id {
            request = request.with_preregistered_client(id);
        }
        if let Some(secret) = &oauth.client_secret {
            request = request.with_client_secret(secret);
        }
        if let Some(url) = &oauth.client_metadata_url {
            request = request.with_client_metadata_url(url);
        }
        if let Some(challenge) = challenge {
            request = request.with_challenge(challenge);
        }
        state.start_authorization(request).await.map_err(told)?;
        Ok(state)
    }

    /// What the entry names, what was granted before and what is wanted now. Nothing leaves it to what the server publishes,
    /// and so does what was never granted before and is not named.
    fn scopes(&self, before: Option<&StoredCredentials>, challenge: Option<&str>) -> Vec<String> {
        let granted = before.map_or(&[][..], |it| &it.granted_scopes);
        let mut scopes: Vec<String> = self.oauth.scopes.iter().chain(granted).cloned().collect();
        if scopes.is_empty() {
            return scopes;
        }
        let url = reqwest::Url::parse(self.url).ok();
        let wanted = url
            .zip(challenge)
            .and_then(|(url, it)| WWWAuthenticateParams::parse(it, &url).scope);
        scopes.extend(
            wanted
                .iter()
                .flat_map(|it| it.split_whitespace())
                .map(str::to_owned),
        );
        let mut seen = std::collections::BTreeSet::new();
        scopes.retain(|it| seen.insert(it.clone()));
        scopes
    }
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

/// The path that a browser asks for, if it is the one that it was sent to.
fn callback(stream: TcpStream, path: &str) -> Option<String> {
    stream.set_nonblocking(false).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(5))).ok()?;
    let mut line = String::new();
    let mut reader = BufReader::new(&stream);
    std::io::Read::take(&mut reader, 16_384)
        .read_line(&mut line)
        .ok()?;
    let asked = line.strip_prefix("GET ")?.split(' ').next()?.to_owned();
    let is_meant = asked
        .strip_prefix(path)
        .is_some_and(|it| it.starts_with('?'));
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
    is_meant.then_some(asked)
}
