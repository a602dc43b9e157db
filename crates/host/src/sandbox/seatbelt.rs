//! The walls of macOS as a text: a profile in the language of Seatbelt, in which the last rule that matches decides.
//!
//! Pure, so that it is tested on every system.

use std::path::{Path, PathBuf};

use super::{Network, Walls};

/// What every program may read: the system, its programs and libraries.
const SYSTEM: &[&str] = &[
    "/System",
    "/Library/Apple",
    "/Library/Developer",
    "/Library/Frameworks",
    "/Library/Preferences",
    "/usr",
    "/bin",
    "/sbin",
    "/opt",
    "/nix",
    "/private/etc/ssl",
    "/private/etc/localtime",
    "/private/var/db/timezone",
    "/private/var/select",
    "/Applications/Xcode.app",
];

/// Devices that may be read and written.
const DEVICES: &[&str] = &[
    "/dev/null",
    "/dev/zero",
    "/dev/random",
    "/dev/urandom",
    "/dev/dtracehelper",
];

/// Of a home, what is never opened, whoever asks.
const KEYS: &[&str] = &[
    ".ssh",
    ".aws",
    ".gnupg",
    ".kube",
    ".docker",
    ".azure",
    ".netrc",
    "Library/Keychains",
];

/// What may not become part of a profile.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the wall {0:?} cannot be told to Seatbelt: it is relative, not UTF-8, or holds a control character"
)]
pub(super) struct Unspeakable(pub(super) PathBuf);

/// The profile for `walls`, in which nothing of a home's keys shows.
pub(super) fn profile(walls: &Walls, home: Option<&Path>) -> Result<String, Unspeakable> {
    let mut lines: Vec<String> = [
        "(version 1)",
        "(deny default)",
        "(allow process-fork)",
        "(allow process-exec)",
        "(allow process-info* (target same-sandbox))",
        "(allow signal (target same-sandbox))",
        "(allow sysctl-read)",
        "(allow file-read-metadata)",
        "(allow mach-lookup (global-name \"com.apple.system.opendirectoryd.libinfo\"))",
    ]
    .map(str::to_owned)
    .to_vec();
    for folder in SYSTEM {
        lines.push(format!("(allow file-read* (subpath \"{folder}\"))"));
    }
    for device in DEVICES {
        lines.push(format!(
            "(allow file-read* file-write* (literal \"{device}\"))"
        ));
    }
    for path in &walls.read {
        lines.push(format!("(allow file-read* (subpath {}))", quoted(path)?));
    }
    for path in &walls.write {
        let path = quoted(path)?;
        lines.push(format!("(allow file-read* file-write* (subpath {path}))"));
    }
    lines.extend(match &walls.network {
        // There is no network of its own here, and so no door to hosts.
        Network::None | Network::Hosts(_) => None,
        Network::Loopback => Some(
            "(allow network-bind network-inbound (local ip \"localhost:*\"))\n\
             (allow network-outbound (remote ip \"localhost:*\"))"
                .to_owned(),
        ),
        Network::Host => Some("(allow network*)\n(allow system-socket)".to_owned()),
    });
    let keys = home
        .into_iter()
        .flat_map(|home| KEYS.iter().map(|it| home.join(it)));
    for path in walls.hide.iter().cloned().chain(keys) {
        let path = quoted(&path)?;
        lines.push(format!("(deny file-read* file-write* (subpath {path}))"));
    }
    for name in ["git", "kiro"] {
        // Wherever they stand below a folder that may be changed, in any letter case.
        let any: String = name
            .chars()
            .map(|c| format!("[{}{c}]", c.to_ascii_uppercase()))
            .collect();
        for path in &walls.write {
            let base = regex(&quoted(path)?);
            lines.push(format!(
                "(deny file-write* (regex #\"^{base}/(.*/)?\\.{any}(/|$)\"))"
            ));
        }
    }
    lines.push(String::new());
    Ok(lines.join("\n"))
}

/// A path as the profile's language writes it.
fn quoted(path: &Path) -> Result<String, Unspeakable> {
    let text = path.to_str().filter(|it| it.starts_with('/'));
    let text = text.filter(|it| !it.contains(char::is_control));
    let text = text.ok_or_else(|| Unspeakable(path.to_path_buf()))?;
    let escaped = text.replace('\\', "\\\\").replace('"', "\\\"");
    Ok(format!("\"{escaped}\""))
}

/// A quoted path as a part of an expression that stands for nothing but itself.
fn regex(quoted: &str) -> String {
    let inner = &quoted[1..quoted.len() - 1];
    let mut text = String::new();
    for c in inner.chars() {
        if ".^$|()[]{}*+?".contains(c) {
            text.push('\\');
        }
        text.push(c);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn walls(network: Network) -> Walls {
        Walls {
            write: vec!["/w/tree".into()],
            read: vec!["/r".into()],
            hide: vec!["/r/secret".into()],
            overlays: Vec::new(),
            network,
        }
    }

    #[test]
    fn what_is_denied_stands_behind_what_is_allowed() {
        let text = profile(&walls(Network::None), Some(Path::new("/Users/u"))).expect("a profile");
        let at = |line: &str| text.find(line).unwrap_or_else(|| panic!("{line}\n{text}"));
        assert!(text.starts_with("(version 1)\n(deny default)\n"));
        let allowed = at("(allow file-read* file-write* (subpath \"/w/tree\"))");
        for denied in [
            "(deny file-read* file-write* (subpath \"/r/secret\"))",
            "(deny file-read* file-write* (subpath \"/Users/u/.ssh\"))",
            "(deny file-write* (regex #\"^/w/tree/(.*/)?\\.[Gg][Ii][Tt](/|$)\"))",
            "(deny file-write* (regex #\"^/w/tree/(.*/)?\\.[Kk][Ii][Rr][Oo](/|$)\"))",
        ] {
            assert!(at(denied) > allowed, "{denied}");
        }
        assert!(
            !text.contains("network"),
            "no network unless it is asked for"
        );
        assert!(!text.contains("(allow default)") && !text.contains("(allow file-write*)"));
    }

    #[test]
    fn the_network_is_as_wide_as_it_was_asked_for() {
        let text = |network| profile(&walls(network), None).expect("a profile");
        let loopback = text(Network::Loopback);
        assert!(loopback.contains("localhost:*") && !loopback.contains("(allow network*)"));
        assert!(text(Network::Host).contains("(allow network*)"));
    }

    #[test]
    fn a_path_is_never_more_than_a_path() {
        let with = |path: &str| {
            let walls = Walls {
                write: vec![path.into()],
                ..Walls::default()
            };
            profile(&walls, None)
        };
        let text = with("/a\") (allow default) (\"b\\").expect("a profile");
        assert!(
            text.contains(r#"(subpath "/a\") (allow default) (\"b\\")"#),
            "{text}"
        );
        assert!(!text.contains("\n(allow default)"));
        for path in ["relative", "/a\nb", "/a\u{7f}b", ""] {
            assert_eq!(with(path), Err(Unspeakable(path.into())), "{path:?}");
        }
    }
}
