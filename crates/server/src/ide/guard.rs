//! Who is let in. The page can run commands as the user, so it answers one browser, and of that browser only its own pages.
//!
//! - Only this machine reaches the port (the listener is bound to loopback).
//! - `Host` must be the page's own name, so that a foreign name that is made to lead to this machine (DNS rebinding) gets nothing.
//! - The address that is printed carries a token that is good once, for a cookie that scripts cannot read and that no other site
//!   can make the browser send.
//! - `Origin` must be the page's own wherever a browser says it, WebSockets included, because those ask no permission of CORS.
//! - Webviews live under names of their own, get the static files that they are made of, and no cookie.

use std::sync::Mutex;

use super::http::{Request, Response};

/// The page's name. Browsers lead every name below `localhost` to this machine, without asking anybody.
const NAME: &str = "kiro.localhost";

/// What a request gets.
#[derive(Debug)]
pub(super) enum Entry {
    /// A file of the page.
    Page,
    /// A connection to the engine.
    Socket(Talk),
    /// This and nothing else.
    Answer(Response),
}

/// What is spoken over a connection to the engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Talk {
    /// Kiro's own methods and the Agent Client Protocol.
    Wire,
    /// The Language Server Protocol.
    Language,
}

/// The guard of one page.
pub(super) struct Guard {
    port: u16,
    secret: String,
    /// Good once: taken out when it was used.
    token: Mutex<Option<String>>,
}

impl std::fmt::Debug for Guard {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Guard")
            .field("port", &self.port)
            .finish_non_exhaustive()
    }
}

impl Guard {
    pub(super) fn new(port: u16, secret: String, token: String) -> Guard {
        Guard {
            port,
            secret,
            token: Mutex::new(Some(token)),
        }
    }

    /// The address with the token; without it when that was used.
    pub(super) fn address(&self) -> String {
        let token = self.token.lock().ok().and_then(|it| it.clone());
        let query = token.map(|it| format!("/?tkn={it}")).unwrap_or_default();
        format!("{}{query}", self.origin())
    }

    fn origin(&self) -> String {
        format!("http://{NAME}:{}", self.port)
    }

    /// Cookies do not tell ports apart, so that their names have to.
    fn cookie(&self) -> String {
        format!("kiro_{}", self.port)
    }

    /// Judges one request.
    pub(super) fn judge(&self, request: &Request) -> Entry {
        if request.method != "GET" && request.method != "HEAD" {
            return refuse(405, "Only GET and HEAD are answered here.\n");
        }
        let Some(host) = request.header("host") else {
            return refuse(421, WRONG_NAME);
        };
        if self.is_webviews(host) {
            return self.webview(request);
        }
        if host != format!("{NAME}:{}", self.port) {
            return refuse(421, WRONG_NAME);
        }
        let is_own = request
            .header("origin")
            .is_some_and(|it| it == self.origin());
        if request.has("origin") && !is_own && !self.is_from_webview(request) {
            return refuse(403, "This page is not for other pages.\n");
        }
        if request.path == "/" && request.parameter("tkn").is_some() {
            return self.exchange(request);
        }
        if !self.is_known(request) {
            return refuse(403, UNKNOWN);
        }
        match request.path.as_str() {
            "/wire" if is_own => Entry::Socket(Talk::Wire),
            "/language" if is_own => Entry::Socket(Talk::Language),
            "/wire" | "/language" => refuse(403, "This page is not for other pages.\n"),
            "/known" => refuse(204, ""),
            _ => Entry::Page,
        }
    }

    /// A webview gets files, and nothing that the cookie or the engine would be needed for.
    fn webview(&self, request: &Request) -> Entry {
        match request.path.starts_with("/assets/") && request.query.len() < 4096 {
            true => Entry::Page,
            false => refuse(403, "A webview gets its own files only.\n"),
        }
    }

    /// Whether a name is one of a webview's: letters, digits and hyphens before the page's own.
    fn is_webviews(&self, host: &str) -> bool {
        let below = host.strip_suffix(&format!(".{NAME}:{}", self.port));
        below.is_some_and(|it| {
            !it.is_empty()
                && it
                    .bytes()
                    .all(|it| it.is_ascii_alphanumeric() || it == b'-')
        })
    }

    /// A webview fetches fonts and scripts of the page from its own origin.
    fn is_from_webview(&self, request: &Request) -> bool {
        let origin = request
            .header("origin")
            .and_then(|it| it.strip_prefix("http://"));
        origin.is_some_and(|it| self.is_webviews(it)) && request.path.starts_with("/assets/")
    }

    fn is_known(&self, request: &Request) -> bool {
        let shown = request.cookie(&self.cookie());
        shown.is_some_and(|it| is_same(it.as_bytes(), self.secret.as_bytes()))
    }

    /// Takes the token once and gives the cookie for it. A browser that has the cookie already needs no token.
    fn exchange(&self, request: &Request) -> Entry {
        let home = Response::redirect("/");
        if self.is_known(request) {
            return Entry::Answer(home);
        }
        let shown = request.parameter("tkn").unwrap_or("");
        let mut token = self
            .token
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        if !token
            .as_ref()
            .is_some_and(|it| is_same(it.as_bytes(), shown.as_bytes()))
        {
            return refuse(403, UNKNOWN);
        }
        *token = None;
        let cookie = format!(
            "{}={}; Path=/; HttpOnly; SameSite=Strict; Max-Age=31536000",
            self.cookie(),
            self.secret
        );
        Entry::Answer(home.with("set-cookie", cookie))
    }
}

const WRONG_NAME: &str = "This is not a name of Kiro's page.\n";
const UNKNOWN: &str = "Kiro does not know this browser. Open the address that `kiro ide` printed; it is good for one browser.\n";

fn refuse(status: u16, why: &str) -> Entry {
    Entry::Answer(Response::plain(status, why))
}

/// Compares without telling by the time how much is the same.
fn is_same(a: &[u8], b: &[u8]) -> bool {
    a.len() == b.len() && a.iter().zip(b).fold(0, |all, (a, b)| all | (a ^ b)) == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOST: (&str, &str) = ("host", "kiro.localhost:7000");
    const COOKIE: (&str, &str) = ("cookie", "other=1; kiro_7000=s3cret");
    const OWN: (&str, &str) = ("origin", "http://kiro.localhost:7000");

    fn guard() -> Guard {
        Guard::new(7000, "s3cret".into(), "t0ken".into())
    }

    /// What a request gets: `page`, `socket`, or the status of the answer.
    fn got(guard: &Guard, target: &str, headers: &[(&str, &str)]) -> String {
        match guard.judge(&Request::of("GET", target, headers)) {
            Entry::Page => "page".to_owned(),
            Entry::Socket(Talk::Wire) => "socket".to_owned(),
            Entry::Socket(Talk::Language) => "language".to_owned(),
            Entry::Answer(it) => it.status().to_string(),
        }
    }

    #[test]
    fn a_browser_with_the_cookie_gets_the_page_and_the_engine() {
        assert_eq!(got(&guard(), "/", &[HOST, COOKIE]), "page");
        assert_eq!(got(&guard(), "/wire", &[HOST, COOKIE, OWN]), "socket");
        let language = got(&guard(), "/language", &[HOST, COOKIE, OWN]);
        assert_eq!(language, "language");
        assert_eq!(got(&guard(), "/known", &[HOST, COOKIE]), "204");
    }

    #[test]
    fn without_the_cookie_nothing_is_served() {
        for target in ["/", "/assets/a.js", "/known", "/wire", "/language"] {
            assert_eq!(got(&guard(), target, &[HOST, OWN]), "403", "{target}");
            let wrong = ("cookie", "kiro_7000=s3creT; kiro_7001=s3cret");
            assert_eq!(
                got(&guard(), target, &[HOST, OWN, wrong]),
                "403",
                "{target}"
            );
        }
    }

    #[test]
    fn a_token_is_good_once_and_a_wrong_one_never() {
        let guard = guard();
        assert_eq!(got(&guard, "/?tkn=t0keN", &[HOST]), "403");
        assert_eq!(got(&guard, "/?tkn=", &[HOST]), "403");
        assert_eq!(got(&guard, "/?tkn=t0ken", &[HOST]), "303");
        assert_eq!(got(&guard, "/?tkn=t0ken", &[HOST]), "403");
        assert_eq!(got(&guard, "/?tkn=t0ken", &[HOST, COOKIE]), "303");
        assert_eq!(guard.address(), "http://kiro.localhost:7000");
    }

    #[test]
    fn a_foreign_name_gets_nothing_even_with_the_cookie() {
        for host in [
            "localhost:7000",
            "127.0.0.1:7000",
            "evil.example:7000",
            "kiro.localhost",
            "kiro.localhost:7001",
            "kiro.localhost.evil.example:7000",
            "evilkiro.localhost:7000",
            "a.b.kiro.localhost:7000",
        ] {
            assert_eq!(
                got(&guard(), "/", &[("host", host), COOKIE]),
                "421",
                "{host}"
            );
            let token = got(&guard(), "/?tkn=t0ken", &[("host", host)]);
            assert_eq!(token, "421", "{host}");
        }
        assert_eq!(got(&guard(), "/", &[COOKIE]), "421");
        assert_eq!(got(&guard(), "/", &[HOST, ("host", "evil"), COOKIE]), "421");
    }

    #[test]
    fn another_origin_gets_neither_files_nor_the_engine() {
        for origin in [
            "http://evil.example",
            "null",
            "https://kiro.localhost:7000",
            "http://kiro.localhost:7001",
            "http://localhost:7000",
        ] {
            for target in ["/", "/wire", "/language", "/assets/a.js", "/?tkn=t0ken"] {
                let headers = [HOST, COOKIE, ("origin", origin)];
                assert_eq!(got(&guard(), target, &headers), "403", "{origin} {target}");
            }
        }
        for target in ["/wire", "/language"] {
            let got = got(&guard(), target, &[HOST, COOKIE]);
            assert_eq!(got, "403", "{target}: an origin must be said");
        }
    }

    #[test]
    fn a_webview_gets_its_files_and_no_more() {
        let host = ("host", "0c4-a1b2.kiro.localhost:7000");
        let origin = ("origin", "http://0c4-a1b2.kiro.localhost:7000");
        assert_eq!(got(&guard(), "/assets/index.html?id=1", &[host]), "page");
        for target in [
            "/",
            "/wire",
            "/language",
            "/?tkn=t0ken",
            "/known",
            "/index.html",
        ] {
            assert_eq!(
                got(&guard(), target, &[host, COOKIE, OWN]),
                "403",
                "{target}"
            );
        }
        assert_eq!(
            got(&guard(), "/assets/a.ttf", &[HOST, COOKIE, origin]),
            "page"
        );
        assert_eq!(got(&guard(), "/wire", &[HOST, COOKIE, origin]), "403");
    }

    #[test]
    fn nothing_is_sent_to_it() {
        let request = Request::of("POST", "/", &[HOST, COOKIE, OWN]);
        let Entry::Answer(it) = guard().judge(&request) else {
            panic!("it is answered")
        };
        assert_eq!(it.status(), 405);
    }
}
