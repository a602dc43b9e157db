//! Hosts of the network: names, patterns over them, and addresses that nobody is led to.
//!
//! Only names are judged. An address in a request is refused, whatever way it is written in, because it says nothing of
//! who is there.

mod address;

use std::fmt;

pub use address::is_public;

/// The ports that a pattern without one means: those of `https` and `http`.
const USUAL_PORTS: [u16; 2] = [443, 80];
/// The longest name of a host.
const NAME_MAX: usize = 253;
/// The longest part of a name between two dots.
const LABEL_MAX: usize = 63;

/// A host's name in its one spelling: ASCII, small letters, no dot at the end, and no address.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HostName(String);

/// Why a text is no host's name, or no pattern over them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HostError {
    /// There is nothing.
    #[error("it is empty")]
    Empty,
    /// It is an address of the web.
    #[error("write the host alone, without `https://` and without a path")]
    Url,
    /// It is an address of a machine.
    #[error("it is an address; only names are allowed")]
    Address,
    /// It is written in letters that the network does not know.
    #[error("it is not ASCII; write it as the network does, such as `xn--bcher-kva.example`")]
    NotAscii,
    /// It has letters that no name has, or has them where none may be.
    #[error("a name has letters, digits and hyphens between dots")]
    Letters,
    /// It is longer than names can be.
    #[error("it is longer than a name can be")]
    Long,
    /// It stands for too much, or stands where it cannot.
    #[error(
        "`*.` stands at the beginning, before a name with a dot in it, such as `*.example.com`"
    )]
    Wildcard,
    /// It has no port behind its colon.
    #[error("a port is a number from 1 to 65535")]
    Port,
    /// It means this machine.
    #[error("it means this machine, which commands in the sandbox never reach")]
    Local,
}

impl HostName {
    /// The name that a text is, in whatever case, with or without a dot at its end.
    ///
    /// # Errors
    /// When it is none: an address among them, in every form that a system would read as one.
    pub fn parse(text: &str) -> Result<HostName, HostError> {
        if text.is_empty() || text == "." {
            return Err(HostError::Empty);
        }
        if !text.is_ascii() {
            return Err(HostError::NotAscii);
        }
        if text.starts_with('[') {
            return Err(HostError::Address);
        }
        if text.contains("://") || text.contains('/') {
            return Err(HostError::Url);
        }
        let name = text.strip_suffix('.').unwrap_or(text).to_ascii_lowercase();
        if name.len() > NAME_MAX {
            return Err(HostError::Long);
        }
        for label in name.split('.') {
            check_label(label)?;
        }
        // A system reads a name that ends in a number as an address: 127.1, 0x7f000001, 2130706433.
        let last = name.rsplit('.').next().unwrap_or_default();
        if is_number(last) {
            return Err(HostError::Address);
        }
        Ok(HostName(name))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for HostName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn check_label(label: &str) -> Result<(), HostError> {
    if label.len() > LABEL_MAX {
        return Err(HostError::Long);
    }
    let known = |it: u8| it.is_ascii_alphanumeric() || it == b'-' || it == b'_';
    let is_sound = !label.is_empty()
        && label.bytes().all(known)
        && !label.starts_with('-')
        && !label.ends_with('-');
    match is_sound {
        true => Ok(()),
        false => Err(HostError::Letters),
    }
}

/// Whether a part of a name is a number in a form that systems read: decimal, octal or hexadecimal.
fn is_number(label: &str) -> bool {
    let hexadecimal = label.strip_prefix("0x");
    label.bytes().all(|it| it.is_ascii_digit())
        || hexadecimal.is_some_and(|it| it.bytes().all(|it| it.is_ascii_hexdigit()))
}

/// Hosts that a rule speaks of: `example.com`, `*.example.com` for those below it, either with `:PORT` behind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostPattern {
    name: HostName,
    below: bool,
    port: Option<u16>,
}

impl HostPattern {
    /// The pattern that a text is.
    ///
    /// # Errors
    /// When it is none, or stands for what is never allowed.
    pub fn parse(text: &str) -> Result<HostPattern, HostError> {
        let text = text.trim();
        if text.contains("://") || text.contains('/') {
            return Err(HostError::Url);
        }
        // More than one colon is an address of IPv6.
        if text.matches(':').count() > 1 {
            return Err(HostError::Address);
        }
        let (host, port) = match text.split_once(':') {
            Some((host, port)) => (host, Some(parse_port(port)?)),
            None => (text, None),
        };
        let (below, host) = match host.strip_prefix("*.") {
            Some(host) => (true, host),
            None => (false, host),
        };
        if host.contains('*') {
            return Err(HostError::Wildcard);
        }
        let name = HostName::parse(host)?;
        let is_local = |it: &str| it == "localhost" || it.ends_with(".localhost");
        if is_local(name.as_str()) {
            return Err(HostError::Local);
        }
        // What is below one label is a whole land.
        if below && !name.as_str().contains('.') {
            return Err(HostError::Wildcard);
        }
        Ok(HostPattern { name, below, port })
    }

    /// Whether a host at a port is one of those that it speaks of.
    pub fn covers(&self, host: &HostName, port: u16) -> bool {
        let is_port = match self.port {
            Some(own) => own == port,
            None => USUAL_PORTS.contains(&port),
        };
        let is_host = match self.below {
            true => host
                .as_str()
                .strip_suffix(self.name.as_str())
                .is_some_and(|it| it.ends_with('.') && it.len() > 1),
            false => *host == self.name,
        };
        is_port && is_host
    }
}

impl fmt::Display for HostPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let star = if self.below { "*." } else { "" };
        write!(f, "{star}{}", self.name)?;
        match self.port {
            Some(port) => write!(f, ":{port}"),
            None => Ok(()),
        }
    }
}

/// A port in digits alone.
///
/// # Errors
/// When it is none.
pub fn parse_port(text: &str) -> Result<u16, HostError> {
    let is_plain = !text.is_empty() && text.bytes().all(|it| it.is_ascii_digit());
    let port = text.parse().ok().filter(|it| *it > 0 && is_plain);
    port.ok_or(HostError::Port)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn name(text: &str, expected: Result<&str, HostError>) {
        let found = HostName::parse(text);
        assert_eq!(
            found.as_ref().map(HostName::as_str),
            expected.as_ref().copied(),
            "{text}"
        );
    }

    #[test]
    fn a_name_has_one_spelling() {
        name("example.com", Ok("example.com"));
        name("EXAMPLE.Com.", Ok("example.com"));
        name("xn--bcher-kva.example", Ok("xn--bcher-kva.example"));
        name("a_b.c", Ok("a_b.c"));
        name("3com.example", Ok("3com.example"));
        name("0xg", Ok("0xg"));
        name("", Err(HostError::Empty));
        name(".", Err(HostError::Empty));
        name("bücher.example", Err(HostError::NotAscii));
        // The full-width dot, which some readers take for a dot.
        name("example\u{ff0e}com", Err(HostError::NotAscii));
        for text in [
            "a..b", "a.b..", ".a", "-a.b", "a-.b", "a b", "a\tb", "a\0b", "a@b", "a%2eb", "a:1",
            "a\\b", "a?b", "a#b",
        ] {
            name(text, Err(HostError::Letters));
        }
        name("https://a.b", Err(HostError::Url));
        name("a.b/c", Err(HostError::Url));
        name(&"a".repeat(64), Err(HostError::Long));
        name(&["abcdefg"; 40].join("."), Err(HostError::Long));
    }

    #[test]
    fn an_address_is_no_name() {
        for text in [
            "127.0.0.1",
            "127.1",
            "2130706433",
            "0x7f000001",
            "0x7f.1",
            "017700000001",
            "1.2.3.4.",
            "example.1",
            "a.0x",
            "[::1]",
            "[::ffff:127.0.0.1]",
        ] {
            name(text, Err(HostError::Address));
        }
        name("::1", Err(HostError::Letters));
    }

    #[track_caller]
    fn covers(pattern: &str, host: &str, port: u16) -> bool {
        let pattern = HostPattern::parse(pattern).expect("a pattern");
        pattern.covers(&HostName::parse(host).expect("a name"), port)
    }

    #[test]
    fn patterns_cover_what_they_say() {
        assert!(covers("example.com", "example.com", 443));
        assert!(covers("Example.COM.", "EXAMPLE.com.", 80));
        assert!(!covers("example.com", "example.com", 22));
        assert!(covers("example.com:22", "example.com", 22));
        assert!(!covers("example.com:22", "example.com", 443));
        assert!(!covers("example.com", "a.example.com", 443));
        assert!(!covers("example.com", "example.com.evil.test", 443));
        assert!(!covers("example.com", "evilexample.com", 443));
        assert!(covers("*.example.com", "a.example.com", 443));
        assert!(covers("*.example.com", "a.b.example.com", 443));
        assert!(!covers("*.example.com", "example.com", 443));
        assert!(!covers("*.example.com", "evilexample.com", 443));
        assert!(covers("*.example.com:8443", "a.example.com", 8443));
        assert!(covers("registry", "registry", 443));
    }

    #[test]
    fn what_is_no_pattern_is_told() {
        for (text, why) in [
            ("", HostError::Empty),
            ("*", HostError::Wildcard),
            ("*.", HostError::Empty),
            ("*.com", HostError::Wildcard),
            ("a.*.com", HostError::Wildcard),
            ("*example.com", HostError::Wildcard),
            ("*.*.example.com", HostError::Wildcard),
            ("https://example.com", HostError::Url),
            ("example.com/x", HostError::Url),
            ("example.com:", HostError::Port),
            ("example.com:0", HostError::Port),
            ("example.com:65536", HostError::Port),
            ("example.com:+80", HostError::Port),
            ("10.0.0.1", HostError::Address),
            ("10.0.0.1:80", HostError::Address),
            ("::1", HostError::Address),
            ("[::1]:80", HostError::Address),
            ("localhost", HostError::Local),
            ("localhost:8080", HostError::Local),
            ("*.dev.localhost", HostError::Local),
            ("bücher.example", HostError::NotAscii),
            ("a b.example", HostError::Letters),
        ] {
            assert_eq!(HostPattern::parse(text), Err(why), "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_is_a_name_is_one_again(text in "[a-zA-Z0-9._-]{1,40}") {
            if let Ok(name) = HostName::parse(&text) {
                prop_assert_eq!(HostName::parse(name.as_str()), Ok(name.clone()));
                prop_assert!(name.as_str().parse::<core::net::IpAddr>().is_err());
            }
        }

        #[test]
        fn no_text_makes_it_fail(text in "\\PC{0,60}") {
            let _either = HostName::parse(&text);
            if let Ok(pattern) = HostPattern::parse(&text) {
                prop_assert_eq!(HostPattern::parse(&pattern.to_string()), Ok(pattern));
            }
        }
    }
}
