//! The keys and words of Kiro's own YAML files, with what each means.

/// A file with keys of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum File {
    /// `.kiro/config.yaml`
    Config,
    /// `.kiro/governance.yaml`
    Governance,
    /// `.kiro/settings/permissions.yaml`
    Permissions,
    /// A hook file in YAML.
    Hook,
}

impl File {
    /// The file that a path of the project is.
    pub(super) fn of(path: &str) -> Option<File> {
        Some(match path {
            crate::trust::CONFIG => File::Config,
            ".kiro/governance.yaml" => File::Governance,
            crate::trust::PERMISSIONS => File::Permissions,
            _ => return None,
        })
    }
}

/// The path of keys above, with a dot between, the key, and what it means.
type Key = (&'static str, &'static str, &'static str);

const CONFIG: &[Key] = &[
    (
        "",
        "security",
        "Files and commands that are held back or trusted",
    ),
    ("", "governance", "What a person must approve"),
    (
        "",
        "model",
        "The model, or one for each of `plan`, `implement`, `review` and `hook`; `auto` takes the best there is a key for",
    ),
    ("", "budget", "What may be spent on models"),
    (
        "",
        "attempts",
        "What tasks work with beside the project's files",
    ),
    (
        "attempts",
        "share",
        "Folders that tools fill, such as `node_modules` and `.venv`, which attempts see and cannot change; `[]` for none",
    ),
    (
        "security",
        "sensitive_files",
        "Patterns of files that no agent sees and nothing copies",
    ),
    (
        "security",
        "allowed_hosts",
        "Hosts that commands may reach, such as `example.com` or `*.example.com:8443`; nobody else is reached",
    ),
    (
        "security",
        "trusted_commands",
        "Commands that need no approval, once this folder is trusted",
    ),
    ("security", "denied_commands", "Commands that are never run"),
    (
        "governance",
        "require_approval",
        "When a person is asked: a list of `file_changes_over`, `lines_changed_over`, `files_matching`",
    ),
    (
        "governance.require_approval",
        "file_changes_over",
        "More files than this",
    ),
    (
        "governance.require_approval",
        "lines_changed_over",
        "More lines added and removed than this",
    ),
    (
        "governance.require_approval",
        "files_matching",
        "Patterns of files",
    ),
    ("model", "plan", "The model that writes plans and tasks"),
    ("model", "implement", "The model that writes code"),
    ("model", "review", "The model that takes a second look"),
    (
        "model",
        "hook",
        "The model for small answers beside the work",
    ),
    ("budget", "max_cost", "US dollars a command may cost"),
    (
        "budget",
        "max_tokens",
        "Tokens a command may read and write",
    ),
];

const GOVERNANCE: &[Key] = &[
    (
        "",
        "require_human_approval",
        "When a person is asked: a list of `file_patterns`, `change_types`, `thresholds`",
    ),
    (
        "require_human_approval",
        "file_patterns",
        "Patterns of files",
    ),
    (
        "require_human_approval",
        "change_types",
        "Kinds of change, such as `database_schema`",
    ),
    ("require_human_approval", "thresholds", "Sizes of change"),
    (
        "require_human_approval.thresholds",
        "files_changed",
        "More files than this",
    ),
    (
        "require_human_approval.thresholds",
        "lines_added",
        "More lines added than this",
    ),
    (
        "require_human_approval.thresholds",
        "complexity_increase",
        "Complexity raised by more than this share, such as `20%`",
    ),
];

const PERMISSIONS: &[Key] = &[
    ("", "rules", "A list of rules, each for one capability"),
    ("rules", "capability", "What the rule is about"),
    ("rules", "effect", "`allow`, `ask` or `deny`"),
    ("rules", "match", "What it covers"),
    ("rules", "exclude", "What it does not cover"),
    (
        "rules",
        "examples",
        "What it must match and must not, checked when it is read",
    ),
];

const HOOK: &[Key] = &[
    ("", "name", "What the hook is called"),
    ("", "description", "What it is for"),
    ("", "enabled", "Whether it is switched on"),
    (
        "",
        "trigger",
        "What it waits for: `event`, `filter`, `condition`",
    ),
    (
        "",
        "action",
        "What it does: `type` with `prompt` or `command`",
    ),
    ("trigger", "event", "What has to happen"),
    (
        "trigger",
        "filter",
        "Patterns of files; read from top to bottom, the last that matches decides",
    ),
    ("trigger", "condition", "What else has to be true"),
    ("action", "type", "`agent` or `command`"),
    (
        "action",
        "prompt",
        "What the agent is asked; `{file_path}` and other facts stand in braces",
    ),
    ("action", "command", "What is run"),
    (
        "action",
        "blocking",
        "Whether it stops what it waits for when it does not pass",
    ),
    (
        "action",
        "require_approval",
        "Whether what it changes waits for a person",
    ),
    (
        "action",
        "auto_commit",
        "Whether what it changes is committed",
    ),
    (
        "action",
        "run_tests",
        "Whether the tests must pass with what it changes",
    ),
    ("action", "timeout", "Seconds after which it is ended"),
];

impl File {
    fn keys(self) -> &'static [Key] {
        match self {
            File::Config => CONFIG,
            File::Governance => GOVERNANCE,
            File::Permissions => PERMISSIONS,
            File::Hook => HOOK,
        }
    }

    /// The keys that may stand below the keys `above`.
    pub(super) fn below(self, above: &str) -> impl Iterator<Item = (&'static str, &'static str)> {
        let above = above.to_owned();
        let all = self.keys().iter();
        all.filter(move |it| it.0 == above).map(|it| (it.1, it.2))
    }

    /// What a key means where it stands.
    pub(super) fn meaning(self, above: &str, key: &str) -> Option<&'static str> {
        let mut below = self.below(above);
        below.find(|it| it.0 == key).map(|it| it.1)
    }

    /// The words that may stand as the value of a key, with what each means.
    pub(super) fn values(self, above: &str, key: &str) -> Vec<(String, String)> {
        let plain = |all: &[&str]| {
            all.iter()
                .map(|it| ((*it).to_owned(), String::new()))
                .collect()
        };
        match (self, above, key) {
            (File::Hook, "trigger", "event") => hooks::Event::all()
                .map(|it| (it.name().to_owned(), about(it).to_owned()))
                .collect(),
            (File::Hook, "action", "type") => plain(&["agent", "command"]),
            (
                File::Hook,
                _,
                "enabled" | "blocking" | "require_approval" | "auto_commit" | "run_tests",
            ) => plain(&["true", "false"]),
            (File::Hook, "trigger", "condition") => facts(),
            (File::Governance, _, "change_types") => plain(&policy::change_type_names()),
            (File::Permissions, _, "effect") => plain(&["allow", "ask", "deny"]),
            (File::Config, "" | "model", "model" | "plan" | "implement" | "review" | "hook") => {
                plain(&["auto", "local/qwen2.5-coder-1.5b"])
            }
            _ => Vec::new(),
        }
    }
}

/// The facts that conditions and prompts may name.
pub(super) fn facts() -> Vec<(String, String)> {
    hooks::Fact::all()
        .map(|it| (it.name().to_owned(), it.meaning().to_owned()))
        .collect()
}

fn about(event: hooks::Event) -> &'static str {
    match () {
        () if event.is_of_git() && event.can_be_stopped() => "of git; a blocking hook stops it",
        () if event.is_of_git() => "of git",
        () if event.can_be_stopped() => "a blocking hook stops it",
        () if event.is_about_a_file() => "about one file",
        () => "",
    }
}

/// Where a byte of a YAML text stands: the keys above it, the key of its own line, and whether it stands in the value.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Where {
    pub(super) above: String,
    pub(super) key: String,
    pub(super) in_value: bool,
}

/// Tells by indentation alone, so that it works on a text that is no YAML yet.
pub(super) fn place(text: &str, at: usize) -> Where {
    let at = text.floor_char_boundary(at.min(text.len()));
    let start = text[..at].rfind('\n').map_or(0, |it| it + 1);
    let line = &text[start..at];
    let whole = super::line_at(text, at);
    let (own_indent, content) = split(&text[whole.clone()]);
    let (key, in_value) = match content.split_once(':') {
        Some((key, _)) => (key.trim().to_owned(), line.contains(':')),
        None => (String::new(), false),
    };
    let mut above: Vec<String> = Vec::new();
    let mut indent = match text[whole].trim().is_empty() {
        true => line.len(),
        false => own_indent,
    };
    for earlier in text[..start].lines().rev() {
        let (its, content) = split(earlier);
        let key = content.split_once(':').map(|it| it.0.trim());
        let is_plain = |it: &&str| !it.is_empty() && !it.starts_with('#');
        if let (true, Some(key)) = (its < indent, key.filter(is_plain)) {
            above.push(key.to_owned());
            indent = its;
        }
    }
    above.reverse();
    let (key, in_value) = match (key.is_empty(), above.last()) {
        // A line without a key is a part of the value of the one above it.
        (true, Some(last)) if is_value(&above, last) => (above.pop().unwrap_or_default(), true),
        _ => (key, in_value),
    };
    Where {
        above: above.join("."),
        key,
        in_value,
    }
}

/// Keys whose value goes on in the lines below.
fn is_value(above: &[String], key: &str) -> bool {
    const LONG: [&str; 6] = [
        "condition",
        "prompt",
        "command",
        "change_types",
        "filter",
        "description",
    ];
    above.len() > 1 && LONG.contains(&key)
}

/// How far a line is indented, list markers included, and what it says.
fn split(line: &str) -> (usize, &str) {
    let content = line.trim_start_matches([' ', '-', '\t']);
    (line.len() - content.len(), content.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_told_by_the_lines_above() {
        let text = "name: H\ntrigger:\n  event: file.save\n  condition: |\n    file_size_kb > 10\n  \naction:\n  ty\n";
        let check = |needle: &str, above: &str, key: &str, in_value: bool| {
            let at = text.find(needle).expect("is there") + needle.len();
            let expected = Where {
                above: above.to_owned(),
                key: key.to_owned(),
                in_value,
            };
            assert_eq!(place(text, at), expected, "{needle:?}");
        };
        check("nam", "", "name", false);
        check("event: file", "trigger", "event", true);
        check("file_size", "trigger", "condition", true);
        check("> 10\n  ", "trigger", "", false);
        check("  ty", "action", "", false);
        let list = "governance:\n  require_approval:\n    - file_changes_over: 10\n    - \n";
        let at = list.len() - 1;
        assert_eq!(place(list, at).above, "governance.require_approval");
    }

    #[test]
    fn no_text_is_too_odd() {
        for text in ["", ":", "- - -\n: :\n\t", "é: \u{2028}\n   ü"] {
            for at in 0..text.len() + 3 {
                place(text, at);
            }
        }
    }
}
