//! The matchers of Kiro's own forms: regular expressions on paths and tools.

use std::ops::Range;

use regex::Regex;

/// A regular expression that is looked for in a path.
#[derive(Clone, Debug)]
pub struct PathMatcher {
    pub(crate) text: String,
    pub(crate) span: Range<usize>,
    regex: Regex,
}

/// Size of a compiled expression, in bytes.
const SIZE_MAX: usize = 1 << 20;

fn compiled(text: &str) -> Result<Regex, String> {
    regex::RegexBuilder::new(text).size_limit(SIZE_MAX).build().map_err(|error| {
        let told = error.to_string();
        let why = told.lines().next_back().unwrap_or_default().trim_start_matches("error: ").to_owned();
        match text.contains("**") || text.starts_with('*') {
            true => format!("{why}; a matcher is a regular expression, not a glob: `\\.ts$` finds what `**/*.ts` means"),
            false => why,
        }
    })
}

impl PathMatcher {
    pub(crate) fn compile(text: &str, span: Range<usize>) -> Result<PathMatcher, String> {
        Ok(PathMatcher {
            text: text.to_owned(),
            span,
            regex: compiled(text)?,
        })
    }

    /// Whether the expression is found in the path.
    pub fn takes(&self, path: &str) -> bool {
        self.regex.is_match(path)
    }
}

/// Which tools a hook is about.
#[derive(Clone, Debug)]
pub struct ToolMatcher {
    pub(crate) text: String,
    choices: Vec<Choice>,
}

#[derive(Clone, Debug)]
enum Choice {
    Any,
    /// One of the classes `read`, `write`, `shell`, `web`.
    Class(String),
    Expression(Regex),
}

/// A tool, the class that it is of, and what Kiro calls tools of its kind.
const TOOLS: &[(&str, &str, &[&str])] = &[
    (
        "read",
        "read",
        &["fs_read", "fsRead", "readFile", "readMultipleFiles"],
    ),
    ("list", "read", &["fs_read", "listDirectory"]),
    ("glob", "read", &["fs_read", "fileSearch"]),
    ("search", "read", &["grep", "grepSearch"]),
    ("symbols", "read", &["code"]),
    (
        "edit",
        "write",
        &["fs_write", "fsWrite", "str_replace", "strReplace"],
    ),
    (
        "write",
        "write",
        &["fs_write", "fsWrite", "create", "fsAppend"],
    ),
    (
        "shell",
        "shell",
        &["execute_bash", "executeBash", "executePwsh", "execute_cmd"],
    ),
    ("shell_output", "shell", &["execute_bash"]),
    ("shell_stop", "shell", &["execute_bash"]),
    ("diagnostics", "shell", &["getDiagnostics"]),
];

/// Every name by which a tool can be meant: its own, its class, and those that Kiro has for its kind.
pub fn tool_names(tool: &str) -> Vec<&str> {
    let mut names = vec![tool];
    if let Some((_, class, others)) = TOOLS.iter().find(|it| it.0 == tool) {
        names.push(class);
        names.extend(*others);
    }
    names.push(if tool.starts_with('@') {
        "@mcp"
    } else {
        "@builtin"
    });
    names
}

impl ToolMatcher {
    /// One of Kiro's v1 JSON: an expression that a tool's name, class or other name is to hold.
    pub(crate) fn expression(text: &str) -> Result<ToolMatcher, String> {
        let choice = match text {
            "" | "*" => Choice::Any,
            other => Choice::Expression(compiled(other)?),
        };
        Ok(ToolMatcher {
            text: text.to_owned(),
            choices: vec![choice],
        })
    }

    /// The `toolTypes` of the older form: classes, `*`, or expressions that begin with `@`.
    pub(crate) fn classes(texts: &[&str]) -> Result<ToolMatcher, String> {
        let choice = |text: &&str| {
            Ok(match *text {
                "*" => Choice::Any,
                it if it.starts_with('@') => Choice::Expression(compiled(it)?),
                it => Choice::Class(it.to_owned()),
            })
        };
        let choices = texts
            .iter()
            .map(choice)
            .collect::<Result<Vec<_>, String>>()?;
        Ok(ToolMatcher {
            text: texts.join(", "),
            choices,
        })
    }

    /// Whether the hook is about this tool.
    pub fn takes(&self, tool: &str) -> bool {
        let names = tool_names(tool);
        self.choices.iter().any(|choice| match choice {
            Choice::Any => true,
            Choice::Class(class) => names.contains(&class.as_str()),
            Choice::Expression(regex) => names.iter().any(|it| regex.is_match(it)),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tools_are_met_by_every_name() {
        for (matcher, tool, takes) in [
            ("fs_write|str_replace", "edit", true),
            ("fs_write|str_replace", "write", true),
            ("fs_write", "read", false),
            ("^(execute_bash|shell|use_aws|aws)$", "shell", true),
            ("@mcp.*sql.*", "@mcp_sql/query", true),
            ("@builtin", "list", true),
            ("*", "anything", true),
        ] {
            let matcher = ToolMatcher::expression(matcher).expect("an expression");
            assert_eq!(matcher.takes(tool), takes, "{} {tool}", matcher.text);
        }
        let classes = ToolMatcher::classes(&["write", "@mcp.*sql.*"]).expect("classes");
        assert!(classes.takes("edit") && classes.takes("@mcp_sql") && !classes.takes("shell"));
    }

    #[test]
    fn a_glob_is_told_to_be_none() {
        let told = PathMatcher::compile("**/*.ts", 0..0).expect_err("no expression");
        assert!(told.contains("not a glob"), "{told}");
        assert!(
            PathMatcher::compile("\\.(ts|tsx)$", 0..0)
                .expect("one")
                .takes("a/b.tsx")
        );
    }
}
