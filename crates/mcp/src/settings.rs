//! `mcp.json`: which servers there are. Every text has a reading; what is wrong with it is told with its place.

mod oauth;
mod place;

use std::time::Duration;

use serde_json::{Map, Value};

use self::place::Place;

pub use self::oauth::Oauth;
pub(crate) use self::oauth::PATH as CALLBACK;

/// How long a request may take when its entry does not say.
pub(crate) const REQUEST_TIMEOUT: Duration = Duration::from_secs(60);
/// How long a server may take to start when its entry does not say: it may have to be fetched first.
pub(crate) const START_TIMEOUT: Duration = Duration::from_secs(60);
/// The longest of either.
const TIMEOUT_MAX: Duration = Duration::from_secs(60 * 60);
/// Most servers of one file.
const ENTRIES_MAX: usize = 200;

/// What a file says.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Settings {
    /// The servers, in the order of their names.
    pub entries: Vec<Entry>,
    /// What is wrong with the file, or worth knowing.
    pub remarks: Vec<Remark>,
}

/// A remark about a place of the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remark {
    /// Whether what stands there cannot be used.
    pub is_error: bool,
    /// The line, from 1.
    pub line: usize,
    /// The column, from 1, in characters.
    pub column: usize,
    /// In words.
    pub message: String,
}

/// One server.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// Its name.
    pub name: String,
    /// How it is reached; none when the entry does not say so that it could be used.
    pub way: Option<Way>,
    /// How long a request may take without a sign of life.
    pub timeout: Duration,
    /// How long it may take to start.
    pub start_timeout: Duration,
    /// Whether it is switched off.
    pub disabled: bool,
    /// Tools that are called without asking; `*` stands for all.
    pub auto_approve: Vec<String>,
    /// Tools that are not there for an agent.
    pub disabled_tools: Vec<String>,
    /// The first thing that is wrong with the entry.
    pub trouble: Option<String>,
}

/// How a server is reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Way {
    /// A program that is started and talked to over its standard streams.
    Program {
        /// Its name or path.
        command: String,
        /// Its arguments.
        args: Vec<String>,
        /// Variables beside the few that every server gets.
        env: Vec<(String, String)>,
    },
    /// Streamable HTTP.
    Http {
        /// The address.
        url: String,
        /// Further headers.
        headers: Vec<(String, String)>,
        /// What a person logs in there as, and for.
        oauth: Oauth,
    },
}

impl Entry {
    /// Whether calls of this tool need not be asked about.
    pub fn auto_approves(&self, tool: &str) -> bool {
        self.auto_approve.iter().any(|it| it == tool || it == "*")
    }

    /// Whether this tool is kept from agents.
    pub fn disables(&self, tool: &str) -> bool {
        self.disabled_tools.iter().any(|it| it == tool || it == "*")
    }
}

impl Settings {
    /// Reads a file's text.
    pub fn read(text: &str) -> Settings {
        let mut settings = Settings::default();
        if text.trim().is_empty() {
            return settings;
        }
        let whole: Value = match serde_json::from_str(text) {
            Ok(whole) => whole,
            Err(error) => {
                settings.remarks.push(Remark {
                    is_error: true,
                    line: error.line(),
                    column: error.column(),
                    message: plain_json_error(&error),
                });
                return settings;
            }
        };
        let mut reader = Reader {
            text,
            remarks: &mut settings.remarks,
        };
        settings.entries = reader.whole(&whole);
        settings
    }
}

/// What serde says, without the place, which is told apart.
fn plain_json_error(error: &serde_json::Error) -> String {
    let told = error.to_string();
    let told = told.split(" at line ").next().unwrap_or_default();
    format!("this is not JSON: {told}")
}

struct Reader<'t> {
    text: &'t str,
    remarks: &'t mut Vec<Remark>,
}

impl Reader<'_> {
    fn remark(&mut self, is_error: bool, path: &[&str], message: impl Into<String>) {
        let Place { line, column } = Place::of(self.text, path);
        self.remarks.push(Remark {
            is_error,
            line,
            column,
            message: message.into(),
        });
    }

    fn whole(&mut self, whole: &Value) -> Vec<Entry> {
        let Some(object) = whole.as_object() else {
            self.remark(true, &[], "an object with `mcpServers` is expected");
            return Vec::new();
        };
        for key in object.keys().filter(|it| *it != "mcpServers") {
            let told = match key.as_str() {
                // The IDE keeps servers of its extensions there.
                "powers" | "inputs" | "$schema" => continue,
                "servers" => "`servers` is what other programs call it; here it is `mcpServers`",
                _ => "this key is not known and left alone",
            };
            self.remark(false, &[key], told);
        }
        let servers = match &object.get("mcpServers") {
            Some(Value::Object(servers)) => servers,
            Some(_) => {
                let told = "`mcpServers` is to be an object of servers by name";
                self.remark(true, &["mcpServers"], told);
                return Vec::new();
            }
            None => return Vec::new(),
        };
        if servers.len() > ENTRIES_MAX {
            let told = format!("only the first {ENTRIES_MAX} servers are looked at");
            self.remark(true, &["mcpServers"], told);
        }
        let servers = servers.iter().take(ENTRIES_MAX);
        servers.map(|(name, it)| self.entry(name, it)).collect()
    }

    fn entry(&mut self, name: &str, value: &Value) -> Entry {
        let before = self.remarks.len();
        let empty = Map::new();
        if !value.is_object() {
            let told = "a server is an object with `command` or `url`";
            self.remark(true, &["mcpServers", name], told);
        }
        let fields = Fields {
            name,
            object: value.as_object().unwrap_or(&empty),
        };
        if name.trim().is_empty() || name.contains(['/', '@']) {
            let told = "a server's name is not empty and holds neither `/` nor `@`";
            self.remark(true, &["mcpServers", name], told);
        }
        self.unknown(&fields);
        let mut entry = Entry {
            name: name.to_owned(),
            way: None,
            timeout: self.duration(&fields, "timeout", REQUEST_TIMEOUT),
            start_timeout: self.duration(&fields, "startTimeout", START_TIMEOUT),
            disabled: self.flag(&fields, "disabled"),
            auto_approve: self.texts(&fields, "autoApprove"),
            disabled_tools: self.texts(&fields, "disabledTools"),
            trouble: None,
        };
        entry.way = value.is_object().then(|| self.way(&fields)).flatten();
        let mut own = self.remarks[before..].iter().filter(|it| it.is_error);
        entry.trouble = own.next().map(|it| it.message.clone());
        entry
    }

    fn unknown(&mut self, fields: &Fields<'_>) {
        const KNOWN: &[&str] = &[
            "args",
            "autoApprove",
            "command",
            "disabled",
            "disabledTools",
            "env",
            "headers",
            "oauth",
            "oauthScopes",
            "startTimeout",
            "timeout",
            "type",
            "url",
        ];
        for key in fields.object.keys() {
            if !KNOWN.contains(&key.as_str()) {
                let path = ["mcpServers", fields.name, key];
                self.remark(false, &path, format!("`{key}` is not known and left alone"));
            }
        }
    }

    fn way(&mut self, fields: &Fields<'_>) -> Option<Way> {
        let kind = self.text(fields, "type");
        let (command, url) = (self.text(fields, "command"), self.text(fields, "url"));
        let mut fail = |key: &str, told: &str| {
            let path = ["mcpServers", fields.name, key];
            let path = if key.is_empty() {
                &path[..2]
            } else {
                &path[..]
            };
            self.remark(true, path, told);
            None
        };
        match (kind.as_deref(), command, url) {
            (Some("registry"), ..) => fail(
                "type",
                "servers of an organisation's registry cannot be started: there is no registry here",
            ),
            (Some("sse"), ..) => fail(
                "type",
                "the transport `sse` was given up by the protocol; ask for the server's streamable HTTP address",
            ),
            (Some(other), ..)
                if !matches!(
                    other,
                    "stdio" | "http" | "streamable-http" | "streamableHttp"
                ) =>
            {
                fail("type", "`type` is `stdio` or `http`")
            }
            (_, Some(_), Some(_)) => fail("url", "`command` and `url` exclude each other"),
            (Some("stdio"), None, _) => fail("", "a server of the type `stdio` needs `command`"),
            (_, Some(command), None) if command.trim().is_empty() => {
                fail("command", "`command` is empty")
            }
            (_, Some(command), None) => Some(Way::Program {
                command,
                args: self.texts(fields, "args"),
                env: self.pairs(fields, "env"),
            }),
            (_, None, Some(url)) if !is_http(&url) => {
                fail("url", "`url` begins with https:// or http://")
            }
            (_, None, Some(url)) => Some(Way::Http {
                url,
                headers: self.pairs(fields, "headers"),
                oauth: self.oauth(fields),
            }),
            (_, None, None) => fail("", "a server needs `command` or `url`"),
        }
    }

    fn text(&mut self, fields: &Fields<'_>, key: &str) -> Option<String> {
        match fields.object.get(key)? {
            Value::String(text) => Some(text.clone()),
            _ => {
                let told = format!("`{key}` is to be a text");
                self.remark(true, &["mcpServers", fields.name, key], told);
                None
            }
        }
    }

    fn texts(&mut self, fields: &Fields<'_>, key: &str) -> Vec<String> {
        let Some(value) = fields.object.get(key) else {
            return Vec::new();
        };
        let texts: Option<Vec<String>> = value.as_array().and_then(|list| {
            let texts = list.iter().map(|it| it.as_str().map(str::to_owned));
            texts.collect()
        });
        texts.unwrap_or_else(|| {
            let told = format!("`{key}` is to be a list of texts");
            self.remark(true, &["mcpServers", fields.name, key], told);
            Vec::new()
        })
    }

    fn pairs(&mut self, fields: &Fields<'_>, key: &str) -> Vec<(String, String)> {
        let Some(value) = fields.object.get(key) else {
            return Vec::new();
        };
        let pairs: Option<Vec<(String, String)>> = value.as_object().and_then(|object| {
            let pair =
                |(name, it): (&String, &Value)| Some((name.clone(), it.as_str()?.to_owned()));
            object.iter().map(pair).collect()
        });
        pairs.unwrap_or_else(|| {
            let told = format!("`{key}` is to be an object of texts");
            self.remark(true, &["mcpServers", fields.name, key], told);
            Vec::new()
        })
    }

    fn flag(&mut self, fields: &Fields<'_>, key: &str) -> bool {
        match fields.object.get(key) {
            None => false,
            Some(Value::Bool(it)) => *it,
            Some(_) => {
                let told = format!("`{key}` is true or false");
                self.remark(true, &["mcpServers", fields.name, key], told);
                false
            }
        }
    }

    fn duration(&mut self, fields: &Fields<'_>, key: &str, default: Duration) -> Duration {
        let Some(value) = fields.object.get(key) else {
            return default;
        };
        match value.as_u64() {
            Some(ms) if ms > 0 && Duration::from_millis(ms) <= TIMEOUT_MAX => {
                Duration::from_millis(ms)
            }
            _ => {
                let told = format!("`{key}` is a whole number of milliseconds, at most an hour");
                self.remark(true, &["mcpServers", fields.name, key], told);
                default
            }
        }
    }
}

struct Fields<'v> {
    name: &'v str,
    object: &'v Map<String, Value>,
}

/// Whether this is an address that can be asked. One that begins with a variable is looked at when that is known.
fn is_http(url: &str) -> bool {
    ["https://", "http://", "${"]
        .iter()
        .any(|it| url.starts_with(it))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn every_field_is_read() {
        let text = r#"{"mcpServers":{
 "fetch":{"command":"uvx","args":["mcp-server-fetch"],"env":{"K":"${K}"},"timeout":120000,"startTimeout":5000,
          "disabled":false,"autoApprove":["fetch"],"disabledTools":["x"]},
 "remote":{"url":"https://a.example/mcp","headers":{"Authorization":"Bearer ${T}"},"oauthScopes":["read"],
  "oauth":{"clientId":"k","clientSecret":"${S}","redirectUri":"127.0.0.1:7777"},"disabled":true}}}"#;
        let settings = Settings::read(text);
        assert_eq!(settings.remarks, []);
        let [fetch, remote] = &settings.entries[..] else {
            panic!("two servers")
        };
        assert_eq!(
            fetch.way,
            Some(Way::Program {
                command: "uvx".into(),
                args: vec!["mcp-server-fetch".into()],
                env: vec![("K".into(), "${K}".into())],
            })
        );
        assert_eq!(fetch.timeout, Duration::from_secs(120));
        assert_eq!(fetch.start_timeout, Duration::from_secs(5));
        assert!(fetch.auto_approves("fetch") && !fetch.auto_approves("x") && fetch.disables("x"));
        assert!(remote.disabled && !remote.auto_approves("fetch"));
        assert_eq!(
            remote.way,
            Some(Way::Http {
                url: "https://a.example/mcp".into(),
                headers: vec![("Authorization".into(), "Bearer ${T}".into())],
                oauth: Oauth {
                    scopes: vec!["read".into()],
                    client_id: Some("k".into()),
                    client_secret: Some("${S}".into()),
                    client_metadata_url: None,
                    back: Some((7777, "/callback".into())),
                },
            })
        );
    }

    #[track_caller]
    fn wrong(entry: &str, at: (usize, usize), says: &str) {
        let text = format!("{{\"mcpServers\": {{\n  \"a\": {entry}\n}}}}");
        let settings = Settings::read(&text);
        let errors: Vec<&Remark> = settings.remarks.iter().filter(|it| it.is_error).collect();
        assert_eq!(errors.len(), 1, "{text}: {:?}", settings.remarks);
        assert_eq!((errors[0].line, errors[0].column), at, "{errors:?}");
        assert!(errors[0].message.contains(says), "{errors:?}");
        if let Some(entry) = settings.entries.first() {
            assert_eq!(entry.trouble.as_ref(), Some(&errors[0].message));
        }
    }

    #[test]
    fn what_is_wrong_is_told_with_its_place() {
        wrong("3", (2, 3), "an object");
        wrong("{}", (2, 3), "needs `command` or `url`");
        wrong(r#"{"command": ""}"#, (2, 9), "empty");
        wrong(
            r#"{"command": "x", "args": "y"}"#,
            (2, 25),
            "a list of texts",
        );
        wrong(
            r#"{"command": "x", "args": [1]}"#,
            (2, 25),
            "a list of texts",
        );
        wrong(
            r#"{"command": "x", "env": {"A": 1}}"#,
            (2, 25),
            "an object of texts",
        );
        wrong(
            r#"{"command": "x", "timeout": -1}"#,
            (2, 25),
            "milliseconds",
        );
        wrong(
            r#"{"command": "x", "disabled": "yes"}"#,
            (2, 25),
            "true or false",
        );
        wrong(
            r#"{"command": "x", "url": "https://x"}"#,
            (2, 25),
            "exclude",
        );
        wrong(r#"{"url": "ftp://x"}"#, (2, 9), "https://");
        wrong(
            r#"{"url": "https://x", "oauth": {"redirectUri": "https://a.example/"}}"#,
            (2, 39),
            "this machine",
        );
        wrong(
            r#"{"url": "https://x", "oauth": {"clientSecret": "s"}}"#,
            (2, 39),
            "clientId",
        );
        wrong(r#"{"type": "registry"}"#, (2, 9), "registry");
        wrong(
            r#"{"type": "sse", "url": "https://x"}"#,
            (2, 9),
            "streamable",
        );
        wrong(r#"{"command": }"#, (2, 20), "not JSON");
        let notes =
            Settings::read(r#"{"mcpServers": {"a": {"command": "x", "cwd": "/"}}, "more": 1}"#);
        assert_eq!(notes.remarks.len(), 2, "{notes:?}");
        assert!(notes.remarks.iter().all(|it| !it.is_error));
        assert!(notes.entries[0].trouble.is_none());
    }

    proptest! {
        #[test]
        fn every_text_has_a_reading(text in ".{0,200}") {
            let _ = Settings::read(&text);
        }

        #[test]
        fn every_json_has_a_reading(key in "[a-zA-Z{}\"\\\\ü]{0,8}", value in "(null|true|3|\"x\"|\\[\\]|\\{\\})") {
            for key in [key.as_str(), "command", "url", "args", "env", "type", "timeout", "autoApprove"] {
                let key = serde_json::to_string(key).expect("text");
                let text = format!("{{\"mcpServers\": {{{key}: {{{key}: {value}}}}}}}");
                prop_assert!(Settings::read(&text).remarks.iter().all(|it| it.line == 1));
            }
        }
    }
}
