//! What an entry says of logging in.

use serde_json::{Map, Value};

use super::{Fields, Reader};

/// Where a browser is sent back to when the entry does not say.
pub(crate) const PATH: &str = "/callback";

/// As what and for what a person logs in at a server. Empty, Kiro registers itself there and asks for what the server names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Oauth {
    /// What is asked for.
    pub scopes: Vec<String>,
    /// The name under which the server knows its clients from this machine, where it knows them beforehand.
    pub client_id: Option<String>,
    /// The secret that belongs to that name.
    pub client_secret: Option<String>,
    /// An address that describes the client, for servers that take such an address for a name.
    pub client_metadata_url: Option<String>,
    /// Port and path of this machine that a browser is sent back to; some free port when the server takes any.
    pub back: Option<(u16, String)>,
}

impl Reader<'_> {
    pub(super) fn oauth(&mut self, fields: &Fields<'_>) -> Oauth {
        let mut oauth = Oauth {
            scopes: self.texts(fields, "oauthScopes"),
            ..Oauth::default()
        };
        match fields.object.get("oauth") {
            None => {}
            Some(Value::Object(object)) => self.oauth_of(fields.name, object, &mut oauth),
            Some(_) => {
                let path = ["mcpServers", fields.name, "oauth"];
                self.remark(true, &path, "`oauth` is to be an object");
            }
        }
        oauth
    }

    fn oauth_of(&mut self, server: &str, object: &Map<String, Value>, oauth: &mut Oauth) {
        for (key, value) in object {
            let path = ["mcpServers", server, "oauth", key];
            let text = value.as_str().map(str::to_owned);
            let (place, is_known) = match key.as_str() {
                "clientId" => (Some(&mut oauth.client_id), true),
                "clientSecret" => (Some(&mut oauth.client_secret), true),
                "clientMetadataUrl" => (Some(&mut oauth.client_metadata_url), true),
                "redirectUri" | "oauthScopes" => (None, true),
                _ => (None, false),
            };
            match (place, &text, key.as_str()) {
                (Some(place), Some(_), _) => *place = text,
                (None, Some(text), "redirectUri") => match back(text) {
                    Some(back) => oauth.back = Some(back),
                    None => {
                        let told = "`redirectUri` is a port of this machine, as in 127.0.0.1:7777";
                        self.remark(true, &path, told);
                    }
                },
                (None, _, "oauthScopes") => match texts(value) {
                    Some(scopes) => oauth.scopes.extend(scopes),
                    None => {
                        self.remark(true, &path, "`oauthScopes` is to be a list of texts");
                    }
                },
                _ if is_known => self.remark(true, &path, format!("`{key}` is to be a text")),
                _ => self.remark(false, &path, format!("`{key}` is not known and left alone")),
            }
        }
        if oauth.client_secret.is_some() && oauth.client_id.is_none() {
            let path = ["mcpServers", server, "oauth", "clientSecret"];
            self.remark(true, &path, "`clientSecret` needs `clientId` beside it");
        }
    }
}

fn texts(value: &Value) -> Option<Vec<String>> {
    let list = value.as_array()?.iter();
    list.map(|it| it.as_str().map(str::to_owned)).collect()
}

/// Port and path of an address of this machine.
fn back(text: &str) -> Option<(u16, String)> {
    let rest = text.strip_prefix("http://").unwrap_or(text);
    let (place, path) = rest
        .split_once('/')
        .map_or((rest, None), |(place, path)| (place, Some(path)));
    let (host, port) = place.rsplit_once(':')?;
    let port = port.parse().ok().filter(|it| *it > 0)?;
    let is_here = matches!(host, "127.0.0.1" | "localhost" | "");
    let path = path.map_or(PATH.to_owned(), |it| format!("/{it}"));
    is_here.then_some((port, path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_browser_comes_back_to_this_machine_only() {
        for (text, expected) in [
            ("127.0.0.1:7777", Some((7777, "/callback"))),
            ("localhost:80", Some((80, "/callback"))),
            (":81", Some((81, "/callback"))),
            (
                "http://127.0.0.1:7777/oauth/back",
                Some((7777, "/oauth/back")),
            ),
            ("127.0.0.1", None),
            ("127.0.0.1:0", None),
            ("127.0.0.1:70000", None),
            ("https://127.0.0.1:7777", None),
            ("a.example:7777", None),
        ] {
            let expected = expected.map(|(port, path)| (port, path.to_owned()));
            assert_eq!(back(text), expected, "{text}");
        }
    }
}
