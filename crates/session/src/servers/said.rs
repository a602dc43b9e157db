//! What a person's request names of servers: `/SERVER:PROMPT …` at its beginning, and `@SERVER:ADDRESS` anywhere in it.

use mcp::Typed;
use model::Cancel;

use crate::error::SessionError;
use crate::places::Environment;
use crate::shop::Shop;

use super::report::try_servers;

/// Most resources that one request names.
const RESOURCES_MAX: usize = 10;

/// The request with what it names of servers in place of the names, or beside them.
///
/// # Errors
/// When a server that is named is there and does not give what is named.
pub(crate) fn looked_up(shop: &Shop, words: &str, cancel: &Cancel) -> Result<String, SessionError> {
    let named = Named::of(words);
    if named.prompt.is_none() && named.resources.is_empty() {
        return Ok(words.to_owned());
    }
    let Some(fleet) = shop.fleet()? else {
        return Ok(words.to_owned());
    };
    let typed = Typed {
        fleet: &fleet,
        gate: &shop.gate,
        redactor: &shop.redactor,
    };
    let mut text = match named.prompt {
        Some((server, name, rest)) if typed.knows(server) => {
            let said = typed.prompt(server, name, rest);
            said.map_err(SessionError::input)?
        }
        _ => words.to_owned(),
    };
    let stop = || cancel.is_cancelled();
    let known = named.resources.iter().filter(|it| typed.knows(it.0));
    for (server, uri) in known.take(RESOURCES_MAX) {
        let read = typed.resource(server, uri, &stop);
        text.push_str("\n\n");
        text.push_str(&read.map_err(SessionError::input)?);
    }
    Ok(text)
}

/// The prompts of all servers that can be started, as they are typed, each with what it says of itself.
///
/// # Errors
/// When the project or its rules cannot be read.
pub fn prompts_of_servers(
    environment: &Environment,
) -> Result<Vec<(String, String)>, SessionError> {
    let (_, trials) = try_servers(None, environment)?;
    let mut all = Vec::new();
    for trial in &trials {
        for it in trial.came.iter().flat_map(|it| &it.prompts) {
            let mut typed = format!("/{}:{}", trial.server.name, it.name);
            for (field, required) in &it.fields {
                typed.push_str(&match required {
                    true => format!(" {}", field.to_uppercase()),
                    false => format!(" [{}]", field.to_uppercase()),
                });
            }
            all.push((typed, it.about.clone()));
        }
    }
    Ok(all)
}

/// What a request names; whether there are such servers is not known yet.
#[derive(Debug, PartialEq, Eq)]
struct Named<'t> {
    /// Server, prompt, and what follows.
    prompt: Option<(&'t str, &'t str, &'t str)>,
    /// Server and address.
    resources: Vec<(&'t str, &'t str)>,
}

impl Named<'_> {
    fn of(words: &str) -> Named<'_> {
        let prompt = words.trim_start().strip_prefix('/').and_then(|it| {
            let (name, rest) = it.split_once(char::is_whitespace).unwrap_or((it, ""));
            let (server, prompt) = name.split_once(':')?;
            let is_one = !server.is_empty() && !server.contains('/') && !prompt.is_empty();
            is_one.then_some((server, prompt, rest))
        });
        let resource = |word: &'_ str| -> Option<(usize, usize)> {
            let inner = word.strip_prefix('@')?;
            let at = inner.find(':')?;
            let end = inner.trim_end_matches(['.', ',', ';', '?', '!', ')']).len();
            (at > 0 && at + 1 < end && !inner[..at].contains('/')).then_some((at, end))
        };
        let mut resources = Vec::new();
        for word in words.split_whitespace() {
            if let Some((at, end)) = resource(word) {
                let pair = (&word[1..=at], &word[at + 2..=end]);
                if !resources.contains(&pair) {
                    resources.push(pair);
                }
            }
        }
        Named { prompt, resources }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_named_is_found_and_other_words_are_left_alone() {
        let named = Named::of("/docs:explain a=1 the rest");
        assert_eq!(named.prompt, Some(("docs", "explain", "a=1 the rest")));
        for words in [
            "/help",
            "say /docs:explain",
            "/usr/lib:x",
            "/:x",
            "/docs: x",
        ] {
            assert_eq!(Named::of(words).prompt, None, "{words}");
        }
        let named = Named::of(
            "see @docs:file:///a.md, and @docs:note://1? not me@docs:x @docs: or @workspace(a:b)",
        );
        assert_eq!(
            named.resources,
            [
                ("docs", "file:///a.md"),
                ("docs", "note://1"),
                ("workspace(a", "b")
            ],
            "which of them are servers is seen later"
        );
    }
}
