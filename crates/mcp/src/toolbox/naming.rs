//! Names by which models call servers' tools: letters, digits and `_`, at most 64, and no two alike.

use std::collections::HashSet;

use change::Digest;

use super::Offered;

/// What every provider takes.
const LENGTH_MAX: usize = 64;

/// Gives each tool its name.
pub(super) fn name(offered: &mut [Offered]) {
    let mut taken = HashSet::new();
    for it in offered {
        let wanted = format!("mcp_{}_{}", plain(&it.server), plain(&it.tool.name));
        let is_whole = wanted.len() <= LENGTH_MAX && !taken.contains(&wanted);
        it.name = match is_whole {
            true => wanted,
            false => {
                let digest =
                    Digest::of(format!("{}/{}", it.server, it.tool.name).as_bytes()).to_string();
                let begin: String = wanted.chars().take(LENGTH_MAX - 9).collect();
                format!("{begin}_{}", &digest[..8])
            }
        };
        taken.insert(it.name.clone());
    }
}

fn plain(text: &str) -> String {
    let letter = |c: char| if c.is_ascii_alphanumeric() { c } else { '_' };
    text.chars().map(letter).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::link::RemoteTool;

    fn offered(server: &str, tool: &str) -> Offered {
        Offered {
            name: String::new(),
            server: server.to_owned(),
            tool: RemoteTool {
                name: tool.to_owned(),
                description: String::new(),
                schema: serde_json::json!({}),
                digest: Digest::of(b""),
            },
        }
    }

    #[test]
    fn names_are_plain_short_and_different() {
        let long = "x".repeat(100);
        let mut all = [
            ("a", "read-file"),
            ("a", "read_file"),
            ("a_b", "c"),
            ("a", "b_c"),
            ("s", &long),
            ("s", &(long.clone() + "y")),
        ]
        .map(|(server, tool)| offered(server, tool));
        name(&mut all);
        let names: HashSet<&str> = all.iter().map(|it| it.name.as_str()).collect();
        assert_eq!(names.len(), all.len(), "{names:?}");
        assert!(names.contains("mcp_a_read_file"), "{names:?}");
        let is_plain =
            |it: &&str| it.len() <= 64 && it.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        assert!(names.iter().all(is_plain), "{names:?}");
    }
}
