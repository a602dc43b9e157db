//! A page with a folder, and a browser that speaks to it.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::{Value, json};
use server::ide::{Ide, Pack};
use session::{Cancel, Environment};
use tempfile::TempDir;
use tungstenite::{Message, WebSocket, client::IntoClientRequest};

/// The page that is served: two files.
const PACK: &[u8] = b"KIROPAGE1\n2\n13 - index.html\n2 - assets/a.js\n<p>Hello.</p>ok";

/// An engine that serves a folder, until it is dropped.
pub(crate) struct Page {
    pub(crate) folder: TempDir,
    home: TempDir,
    ide: Option<Arc<Ide>>,
    cancel: Cancel,
    serving: Option<std::thread::JoinHandle<()>>,
    pub(crate) port: u16,
    pub(crate) token: String,
}

/// Puts a file where a test wants it.
#[expect(clippy::disallowed_methods, reason = "a test plants its files")]
pub(crate) fn plant(file: &Path, text: &str) {
    std::fs::write(file, text).expect("written");
}

pub(crate) fn environment(folder: &Path, home: &Path) -> Environment {
    let text = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let home_text = home.display().to_string();
    Environment {
        cwd: folder.to_path_buf(),
        home: home.to_path_buf(),
        kiro_home: None,
        cache_home: None,
        path: "/usr/bin:/bin".into(),
        model: None,
        editor: None,
        variables: vec![
            text("HOME", &home_text),
            text("PATH", "/usr/bin:/bin"),
            text("SHELL", "/bin/sh"),
            text("GIT_AUTHOR_NAME", "Dev"),
            text("GIT_AUTHOR_EMAIL", "dev@example.com"),
            text("GIT_COMMITTER_NAME", "Dev"),
            text("GIT_COMMITTER_EMAIL", "dev@example.com"),
        ],
        // git is started under the supervisor, which every `kiro` is.
        program: PathBuf::from(env!("CARGO_BIN_EXE_kiro-server-supervisor")),
    }
}

impl Page {
    pub(crate) fn open() -> Page {
        let temp = || tempfile::tempdir().expect("a folder");
        Page::again(temp(), temp(), None)
    }

    fn again(folder: TempDir, home: TempDir, port: Option<u16>) -> Page {
        let environment = environment(folder.path(), home.path());
        let ide = Ide::open(Pack::of(PACK), &environment, port).expect("opens");
        let ide = Arc::new(ide);
        let cancel = Cancel::new();
        let serving = {
            let (ide, cancel) = (Arc::clone(&ide), cancel.clone());
            std::thread::spawn(move || ide.serve(&cancel).expect("serves"))
        };
        let address = ide.address();
        let (origin, token) = address.split_once("/?tkn=").expect("a token");
        let port = origin.rsplit(':').next().and_then(|it| it.parse().ok());
        Page {
            token: token.to_owned(),
            port: port.expect("a port"),
            folder,
            home,
            ide: Some(ide),
            cancel,
            serving: Some(serving),
        }
    }

    /// Ends the engine and starts it anew in the same folder.
    pub(crate) fn restart(mut self) -> Page {
        self.end();
        let temp = || tempfile::tempdir().expect("a folder");
        let folder = std::mem::replace(&mut self.folder, temp());
        let home = std::mem::replace(&mut self.home, temp());
        Page::again(folder, home, None)
    }

    fn end(&mut self) {
        self.cancel.cancel();
        if let Some(serving) = self.serving.take() {
            serving.join().expect("it ended");
        }
        // Its port is free when it is gone.
        self.ide = None;
    }

    pub(crate) fn name(&self) -> String {
        format!("kiro.localhost:{}", self.port)
    }

    pub(crate) fn origin(&self) -> String {
        format!("http://{}", self.name())
    }

    /// Sends a request with these lines after the first; gives the whole answer.
    pub(crate) fn get(&self, target: &str, lines: &[&str]) -> String {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).expect("listens");
        let lines = lines.iter().map(|it| format!("{it}\r\n"));
        let lines: String = lines.collect();
        let text = format!("GET {target} HTTP/1.1\r\n{lines}Connection: close\r\n\r\n");
        stream.write_all(text.as_bytes()).expect("sent");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("answered");
        answer
    }

    /// The cookie that the token is exchanged for.
    pub(crate) fn enter(&self) -> String {
        let host = format!("Host: {}", self.name());
        let answer = self.get(&format!("/?tkn={}", self.token), &[&host]);
        let line = answer
            .lines()
            .find_map(|it| it.strip_prefix("set-cookie: "));
        let line = line.unwrap_or_else(|| panic!("no cookie in {answer}"));
        line.split(';').next().expect("a cookie").to_owned()
    }

    /// A window of the page.
    pub(crate) fn window(&self, cookie: &str) -> Window {
        self.speaking("wire", cookie)
    }

    /// A window's language server.
    pub(crate) fn language(&self, cookie: &str) -> Window {
        self.speaking("language", cookie)
    }

    fn speaking(&self, path: &str, cookie: &str) -> Window {
        let socket = self.socket(path, &[("Cookie", cookie), ("Origin", &self.origin())]);
        Window {
            socket: socket.expect("let in"),
            next: 0,
            told: Vec::new(),
        }
    }

    /// Asks for the engine's WebSocket.
    pub(crate) fn socket(
        &self,
        path: &str,
        headers: &[(&'static str, &str)],
    ) -> Result<WebSocket<TcpStream>, Box<tungstenite::Error>> {
        let address = format!("ws://{}/{path}", self.name());
        let mut request = address.into_client_request().expect("a request");
        for (name, value) in headers {
            request
                .headers_mut()
                .insert(*name, value.parse().expect("a value"));
        }
        let stream = TcpStream::connect(("127.0.0.1", self.port)).expect("listens");
        let patience = Some(std::time::Duration::from_secs(20));
        stream.set_read_timeout(patience).expect("set");
        match tungstenite::client(request, stream) {
            Ok((socket, _)) => Ok(socket),
            Err(tungstenite::HandshakeError::Failure(error)) => Err(Box::new(error)),
            Err(tungstenite::HandshakeError::Interrupted(_)) => panic!("it took too long"),
        }
    }
}

impl Drop for Page {
    fn drop(&mut self) {
        self.end();
    }
}

/// A window: asks, and hears what it is told.
pub(crate) struct Window {
    socket: WebSocket<TcpStream>,
    next: u64,
    told: Vec<Value>,
}

impl Window {
    /// Asks for something; gives the result, or the error.
    pub(crate) fn ask(&mut self, method: &str, params: Value) -> Result<Value, Value> {
        self.ask_as(&format!("_kiro/host/{method}"), params)
    }

    /// The same with the method's whole name.
    pub(crate) fn ask_as(&mut self, method: &str, params: Value) -> Result<Value, Value> {
        self.next += 1;
        let id = self.next;
        let text = json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params});
        self.socket
            .send(Message::Text(text.to_string().into()))
            .expect("sent");
        loop {
            let message = self.message();
            if message["id"] == id {
                return match message.get("error") {
                    Some(error) => Err(error.clone()),
                    None => Ok(message["result"].clone()),
                };
            }
            self.told.push(message);
        }
    }

    /// Waits until it is told something of which `wanted` makes a value.
    pub(crate) fn hear<T>(&mut self, method: &str, wanted: impl Fn(&Value) -> Option<T>) -> T {
        self.hear_as(&format!("_kiro/host/{method}"), wanted)
    }

    /// Tells something.
    pub(crate) fn tell_as(&mut self, method: &str, params: Value) {
        let text = json!({"jsonrpc": "2.0", "method": method, "params": params});
        self.socket
            .send(Message::Text(text.to_string().into()))
            .expect("sent");
    }

    /// Waits as [`Window::hear`] does, with the method's whole name.
    pub(crate) fn hear_as<T>(&mut self, method: &str, wanted: impl Fn(&Value) -> Option<T>) -> T {
        let mut at = 0;
        loop {
            while at < self.told.len() {
                let it = &self.told[at];
                at += 1;
                if it["method"] == method
                    && let Some(found) = wanted(&it["params"])
                {
                    return found;
                }
            }
            let message = self.message();
            self.told.push(message);
        }
    }

    fn message(&mut self) -> Value {
        loop {
            match self.socket.read() {
                Ok(Message::Text(text)) => return serde_json::from_str(&text).expect("JSON"),
                Ok(_) => {}
                // Children of the tests end while they wait.
                Err(tungstenite::Error::Io(error)) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => panic!("no message in time: {error}"),
            }
        }
    }
}
