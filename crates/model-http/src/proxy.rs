//! A proxy between here and the servers, as the usual variables name it.

/// A proxy. It has no `Debug` or `Display`: its address may carry a password.
#[derive(Clone)]
pub struct Proxy(ureq::Proxy);

impl Proxy {
    /// The proxy at `address`: `http://`, `https://`, `socks4://` or `socks5://`, or a host and a port alone. Hosts in
    /// `except`, separated by commas, are reached without it, and so are the hosts below them; `*` means all.
    ///
    /// # Errors
    ///
    /// [`ProxyError`] when the address cannot be used. It does not repeat the address.
    pub fn parse(address: &str, except: &str) -> Result<Self, ProxyError> {
        let parsed = ureq::Proxy::new(address.trim()).map_err(|_| ProxyError)?;
        let mut proxy = ureq::Proxy::builder(parsed.protocol())
            .host(parsed.host())
            .port(parsed.port())
            .resolve_target(parsed.resolve_target());
        if let Some(user) = parsed.username() {
            proxy = proxy.username(user);
        }
        if let Some(password) = parsed.password() {
            proxy = proxy.password(password);
        }
        for host in except.split(',').map(str::trim) {
            let name = host.trim_start_matches("*.").trim_start_matches('.');
            if name == "*" {
                proxy = proxy.no_proxy("*");
            } else if !name.is_empty() {
                proxy = proxy.no_proxy(name).no_proxy(&format!(".{name}"));
            }
        }
        proxy.build().map(Self).map_err(|_| ProxyError)
    }

    pub(crate) fn inner(&self) -> &ureq::Proxy {
        &self.0
    }
}

/// A proxy's address that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("it is no proxy's address: write one like http://proxy.example.com:8080")]
pub struct ProxyError;

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(address: &str, except: &str, passed_by: &[&str], used_for: &[&str]) {
        let proxy = Proxy::parse(address, except).unwrap();
        let passes = |host: &&&str| {
            let uri = format!("https://{host}/").parse().unwrap();
            proxy.inner().is_no_proxy(&uri)
        };
        let hosts: Vec<_> = passed_by.iter().chain(used_for).collect();
        let found: Vec<_> = hosts.iter().copied().filter(|it| passes(it)).collect();
        assert_eq!(found, passed_by.iter().collect::<Vec<_>>());
    }

    #[test]
    fn proxies_and_who_passes_them_by() {
        check("http://p:1", "", &[], &["a.b"]);
        check(
            "p.example.com:8080",
            "a.b, .c.d",
            &["a.b", "x.a.b", "c.d", "x.c.d"],
            &["b", "xa.b"],
        );
        check("socks5://u:p%40@p:1", "*", &["a.b"], &[]);
        let proxy = Proxy::parse("http://u:p%40@p:81", "").unwrap();
        let inner = proxy.inner();
        assert_eq!(
            (
                inner.host(),
                inner.port(),
                inner.username(),
                inner.password()
            ),
            ("p", 81, Some("u"), Some("p@"))
        );
    }

    #[test]
    fn no_proxies() {
        for text in ["", "ftp://a", "http://"] {
            assert_eq!(Proxy::parse(text, "").err(), Some(ProxyError), "{text}");
        }
    }
}
