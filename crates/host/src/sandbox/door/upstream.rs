//! The user's own proxy, as the usual variables name it.

use policy::HostName;

/// How the network is reached from this machine: as it is, or through a proxy of the user's.
///
/// It has no `Debug`: the address of a proxy may carry a password.
#[derive(Clone, Default)]
pub struct Upstream {
    pub(super) tunnels: Option<Proxy>,
    pub(super) requests: Option<Proxy>,
    /// Hosts that are reached without, and with them what is below.
    except: Vec<String>,
}

/// A proxy that speaks plain HTTP.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Proxy {
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) credentials: Option<String>,
}

/// A variable names a proxy that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{variable} names no proxy that commands can be led through: write one like http://proxy.example.com:8080"
)]
pub struct UpstreamError {
    /// The variable. Its value is not repeated.
    pub variable: &'static str,
}

/// The variables, the first that is set counts. Not `HTTP_PROXY` in capitals: a server sets that from a stranger's header.
const TUNNELS: [&str; 4] = ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"];
const REQUESTS: [&str; 3] = ["http_proxy", "ALL_PROXY", "all_proxy"];
const EXCEPT: [&str; 2] = ["NO_PROXY", "no_proxy"];

impl Upstream {
    /// What the variables say, of which `variable` gives the value of one.
    ///
    /// # Errors
    /// When one names something else than a proxy of plain HTTP. Nothing is reached past it then.
    pub fn read<'a>(variable: &dyn Fn(&str) -> Option<&'a str>) -> Result<Upstream, UpstreamError> {
        let proxy = |names: &[&'static str]| {
            let found = names.iter().find_map(|name| Some((*name, variable(name)?)));
            match found.filter(|(_, value)| !value.trim().is_empty()) {
                None => Ok(None),
                Some((name, value)) => Proxy::parse(value)
                    .map(Some)
                    .ok_or(UpstreamError { variable: name }),
            }
        };
        let except = EXCEPT.iter().find_map(|name| variable(name));
        let except = except.unwrap_or_default().split([',', ' ']);
        Ok(Upstream {
            tunnels: proxy(&TUNNELS)?,
            requests: proxy(&REQUESTS)?,
            except: except
                .map(|it| it.trim().trim_start_matches("*.").trim_start_matches('.'))
                .map(|it| it.split(':').next().unwrap_or(it).to_ascii_lowercase())
                .filter(|it| !it.is_empty())
                .collect(),
        })
    }

    /// Whether there is a proxy at all.
    pub fn is_direct(&self) -> bool {
        self.tunnels.is_none() && self.requests.is_none()
    }

    /// The proxy for a host, if it is not one of those that are reached without.
    #[cfg_attr(
        not(target_os = "linux"),
        expect(dead_code, reason = "only Linux opens doors")
    )]
    pub(super) fn of<'a>(&self, proxy: &'a Option<Proxy>, host: &HostName) -> Option<&'a Proxy> {
        let host = host.as_str();
        let covers = |it: &String| {
            let below = host.strip_suffix(it.as_str());
            it == "*" || below.is_some_and(|it| it.is_empty() || it.ends_with('.'))
        };
        proxy.as_ref().filter(|_| !self.except.iter().any(covers))
    }
}

impl Proxy {
    /// `http://[USER[:PASSWORD]@]HOST[:PORT]`, or the same without the beginning.
    fn parse(text: &str) -> Option<Proxy> {
        let proxy = ureq::Proxy::new(text.trim()).ok()?;
        let is_plain = proxy.protocol() == ureq::ProxyProtocol::Http;
        let user = proxy.username();
        let credentials = user.map(|user| {
            let pair = format!("{user}:{}", proxy.password().unwrap_or_default());
            format!("Basic {}", base64(pair.as_bytes()))
        });
        is_plain.then(|| Proxy {
            host: proxy.host().trim_matches(['[', ']']).to_owned(),
            port: proxy.port(),
            credentials,
        })
    }
}

fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for group in bytes.chunks(3) {
        let bits = group
            .iter()
            .chain([0, 0].iter())
            .take(3)
            .fold(0_usize, |bits, it| (bits << 8) | usize::from(*it));
        for at in 0..4 {
            let letter = LETTERS[(bits >> (18 - 6 * at)) & 63];
            text.push(if at <= group.len() {
                char::from(letter)
            } else {
                '='
            });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(variables: &[(&str, &'static str)]) -> Result<Upstream, UpstreamError> {
        Upstream::read(&|name| variables.iter().find(|it| it.0 == name).map(|it| it.1))
    }

    fn host(name: &str) -> HostName {
        HostName::parse(name).expect("a name")
    }

    #[test]
    fn variables_name_a_proxy_and_who_passes_it_by() {
        let found = read(&[
            ("https_proxy", "http://u:p%40ss@proxy.example:8080"),
            (
                "no_proxy",
                "near.example, .below.example,*.star.example,port.example:443",
            ),
        ]);
        let found = found.expect("sound");
        assert!(!found.is_direct() && found.requests.is_none());
        let of = |name: &str| found.of(&found.tunnels, &host(name));
        let proxy = of("far.example").expect("a proxy");
        assert_eq!((proxy.host.as_str(), proxy.port), ("proxy.example", 8080));
        assert_eq!(proxy.credentials.as_deref(), Some("Basic dTpwQHNz"));
        for near in [
            "near.example",
            "a.near.example",
            "below.example",
            "x.below.example",
            "a.star.example",
            "port.example",
        ] {
            assert!(of(near).is_none(), "{near}");
        }
        assert!(of("farnear.example").is_some());
        let all = read(&[("ALL_PROXY", "proxy.example:81"), ("NO_PROXY", "*")]).expect("sound");
        assert!(all.of(&all.tunnels, &host("a.b")).is_none());
        assert!(all.requests.is_some());
    }

    #[test]
    fn capitals_and_other_kinds_do_not_count() {
        assert!(
            read(&[("HTTP_PROXY", "http://stranger.example")])
                .expect("sound")
                .is_direct()
        );
        assert!(read(&[("HTTPS_PROXY", " ")]).expect("sound").is_direct());
        for text in [
            "socks5://p.example:1080",
            "https://p.example",
            "ftp://x",
            "http://",
        ] {
            let error = read(&[("HTTPS_PROXY", text)]).err().expect("refused");
            assert_eq!(error.variable, "HTTPS_PROXY");
            assert!(!error.to_string().contains("p.example:1080"));
        }
    }

    #[test]
    fn letters_for_bytes() {
        for (bytes, text) in [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foob", "Zm9vYg=="),
        ] {
            assert_eq!(base64(bytes.as_bytes()), text);
        }
    }
}
