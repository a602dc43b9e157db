//! Where a provider is reached.

use std::net::IpAddr;

use ureq::http::Uri;

/// The address that a provider's paths begin with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    base: String,
    host: String,
    loopback: bool,
}

impl Endpoint {
    /// Reads an address such as `https://api.openai.com/v1`. A slash at its end counts for nothing.
    ///
    /// # Errors
    ///
    /// [`EndpointError`] when it is no such address. An address that carries a password, a query or a fragment is refused too,
    /// because addresses are shown.
    pub fn parse(text: &str) -> Result<Self, EndpointError> {
        let base = text.trim().trim_end_matches('/');
        let uri: Uri = base.parse().map_err(|_| EndpointError::Form)?;
        let (Some(scheme), Some(authority)) = (uri.scheme_str(), uri.authority()) else {
            return Err(EndpointError::Form);
        };
        if !matches!(scheme, "http" | "https") {
            return Err(EndpointError::Form);
        }
        if authority.as_str().contains('@') || base.contains(['?', '#']) {
            return Err(EndpointError::Secret);
        }
        let host = authority.host().trim_matches(['[', ']']).to_owned();
        if host.is_empty() {
            return Err(EndpointError::Form);
        }
        let address = host.parse::<IpAddr>().is_ok_and(|it| it.is_loopback());
        Ok(Self {
            base: base.to_owned(),
            loopback: address || host.eq_ignore_ascii_case("localhost"),
            host,
        })
    }

    /// Whether it is this machine, where no key is needed and no proxy is asked.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        self.loopback
    }

    /// The host's name or number.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The address as it was given, to show it.
    #[must_use]
    pub fn base(&self) -> &str {
        &self.base
    }

    /// Whether what is said there is encrypted.
    #[must_use]
    pub fn is_https(&self) -> bool {
        self.base.starts_with("https:")
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }
}

/// Why a text is no provider's address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EndpointError {
    /// It has another form.
    #[error("it is no address: write one like https://api.example.com/v1")]
    Form,
    /// It may carry a secret.
    #[error(
        "it must not carry a user, a password, a query or a fragment; keys have their own variables"
    )]
    Secret,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: Result<(&str, &str, bool), EndpointError>) {
        let found = Endpoint::parse(text);
        let found = found
            .as_ref()
            .map(|it| (it.base(), it.host(), it.is_loopback()));
        assert_eq!(found, expected.as_ref().map(|it| *it), "{text}");
    }

    #[test]
    fn addresses() {
        check(
            " https://api.openai.com/v1/ ",
            Ok(("https://api.openai.com/v1", "api.openai.com", false)),
        );
        check(
            "http://127.8.9.1:11434",
            Ok(("http://127.8.9.1:11434", "127.8.9.1", true)),
        );
        check(
            "http://[::1]:8080/v1",
            Ok(("http://[::1]:8080/v1", "::1", true)),
        );
        check(
            "http://LocalHost:1",
            Ok(("http://LocalHost:1", "LocalHost", true)),
        );
        check(
            "http://localhost.example.com",
            Ok((
                "http://localhost.example.com",
                "localhost.example.com",
                false,
            )),
        );
        check(
            "http://127.0.0.1.example.com",
            Ok((
                "http://127.0.0.1.example.com",
                "127.0.0.1.example.com",
                false,
            )),
        );
    }

    #[test]
    fn no_addresses() {
        for text in [
            "",
            "api.openai.com",
            "ftp://a",
            "https://",
            "/v1",
            "https://a b",
        ] {
            check(text, Err(EndpointError::Form));
        }
        for text in [
            "https://me:pw@a",
            "http://127.0.0.1@evil.com",
            "https://a?key=1",
            "https://a#b",
        ] {
            check(text, Err(EndpointError::Secret));
        }
    }
}
