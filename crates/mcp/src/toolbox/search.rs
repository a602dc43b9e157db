//! Tools that are found when they are needed, in place of a list that would fill the context.

use policy::Redactor;
use serde_json::{Value, json};
use tools::{Answer, ToolSpec};

use super::{FIND, Offered, USE};
use crate::render::marked;

/// Tools that one search shows.
const FOUND_MAX: usize = 6;
/// Words that say nothing.
const SMALL: usize = 3;

/// The search and the call, which stand for all of them.
pub(super) fn specs(offered: &[Offered]) -> [ToolSpec; 2] {
    let mut servers: Vec<&str> = offered.iter().map(|it| it.server.as_str()).collect();
    servers.dedup();
    [
        ToolSpec {
            name: FIND.to_owned(),
            description: format!(
                "Finds tools of the servers {} ({} tools) by what is to be done.",
                servers.join(", "),
                offered.len()
            ),
            parameters: json!({
                "type": "object",
                "properties": {"query": {"type": "string", "description": "a few words"}},
                "required": ["query"],
            }),
        },
        ToolSpec {
            name: USE.to_owned(),
            description: "Calls a tool that find_tool found.".to_owned(),
            parameters: json!({
                "type": "object",
                "properties": {"name": {"type": "string"}, "arguments": {"type": "object"}},
                "required": ["name", "arguments"],
            }),
        },
    ]
}

/// The tools that fit a search best.
pub(super) fn answer(offered: &[Offered], arguments: &Value, redactor: &Redactor) -> Answer {
    let Some(query) = arguments["query"]
        .as_str()
        .filter(|it| !it.trim().is_empty())
    else {
        return Answer::failed("`query` is to be a few words");
    };
    let found = best(offered, query);
    if found.is_empty() {
        let mut servers: Vec<&str> = offered.iter().map(|it| it.server.as_str()).collect();
        servers.dedup();
        return Answer::failed(format!(
            "no tool speaks of this; the servers are {}: search for one of their names",
            servers.join(", ")
        ));
    }
    let told = found.iter().map(|it| {
        format!(
            "{} (server {})\n{}\narguments: {}\n",
            it.name, it.server, it.tool.description, it.tool.schema
        )
    });
    let text = told.collect::<Vec<_>>().join("\n");
    Answer::done(
        marked("servers", &text, redactor),
        format!("{} tools found", found.len()),
    )
}

/// By words: in a name they weigh more than in a description, and rare ones more than common ones.
fn best<'o>(offered: &'o [Offered], query: &str) -> Vec<&'o Offered> {
    let words = words(query);
    let texts: Vec<(String, String)> = offered
        .iter()
        .map(|it| (it.name.to_lowercase(), it.tool.description.to_lowercase()))
        .collect();
    let weight = |word: &String| {
        let has = |it: &&(String, String)| it.0.contains(word) || it.1.contains(word);
        let count = texts.iter().filter(has).count();
        (offered.len() as f64 / count.max(1) as f64).ln() + 0.1
    };
    let weights: Vec<f64> = words.iter().map(weight).collect();
    let score = |(name, about): &(String, String)| -> f64 {
        let each = words.iter().zip(&weights).map(|(word, weight)| {
            weight * (3.0 * f64::from(name.contains(word)) + f64::from(about.contains(word)))
        });
        each.sum()
    };
    let mut scored: Vec<(f64, &Offered)> = texts.iter().map(score).zip(offered).collect();
    scored.retain(|it| it.0 > 0.0);
    scored.sort_by(|a, b| b.0.total_cmp(&a.0));
    scored.into_iter().take(FOUND_MAX).map(|it| it.1).collect()
}

fn words(query: &str) -> Vec<String> {
    let split = query.split(|c: char| !c.is_alphanumeric());
    let mut words: Vec<String> = split
        .filter(|it| it.chars().count() >= SMALL)
        .map(stem)
        .collect();
    words.sort();
    words.dedup();
    words
}

/// Without the endings that come and go.
fn stem(word: &str) -> String {
    let lower = word.to_lowercase();
    let stem = lower
        .strip_suffix("ing")
        .or_else(|| lower.strip_suffix('s'));
    match stem {
        Some(stem) if stem.chars().count() >= SMALL => stem.to_owned(),
        _ => lower,
    }
}

#[cfg(test)]
mod tests {
    use change::Digest;

    use super::*;
    use crate::link::RemoteTool;

    #[test]
    fn the_tool_that_is_meant_comes_first() {
        let tools = [
            ("read_file", "Reads a text file of the disk."),
            (
                "create_entities",
                "Makes new entities in the knowledge graph.",
            ),
            (
                "search_documentation",
                "Looks for pages in AWS documentation.",
            ),
            ("list_buckets", "Lists all S3 buckets of an account."),
        ];
        let all: Vec<Offered> = tools
            .map(|(name, about)| Offered {
                name: format!("mcp_s_{name}"),
                server: "s".to_owned(),
                tool: RemoteTool {
                    name: name.to_owned(),
                    description: about.to_owned(),
                    schema: json!({}),
                    digest: Digest::of(b""),
                },
            })
            .to_vec();
        let first = |query: &str| best(&all, query).first().map(|it| it.tool.name.clone());
        assert_eq!(
            first("listing the s3 buckets").as_deref(),
            Some("list_buckets")
        );
        assert_eq!(
            first("AWS docs about lambda documentation").as_deref(),
            Some("search_documentation")
        );
        assert_eq!(first("file").as_deref(), Some("read_file"));
        assert_eq!(first("weather"), None);
    }
}
