//! Commands: the few forms of a shell's line that can be run without a shell.

/// A command line: a program of the spec and its arguments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Command {
    /// The program, as named: `todo`, or the file that an interpreter is given, `todo.py`.
    pub program: String,
    /// The words after it, without their quotes.
    pub arguments: Vec<String>,
    /// Whether what it says about errors is read with what it prints (`2>&1`).
    pub merges_errors: bool,
}

const INTERPRETERS: &[&str] = &["python3", "python", "node"];

/// Programs that a spec cannot mean as its own: what a shell or a machine has.
const FOREIGN: &[&str] = &[
    "apt", "apt-get", "awk", "bash", "brew", "bun", "cargo", "cat", "cd", "chmod", "cp", "curl",
    "deno", "docker", "echo", "env", "export", "find", "git", "go", "grep", "head", "ls", "make",
    "mkdir", "mv", "node", "npm", "npx", "pip", "pip3", "pnpm", "psql", "pwd", "pytest", "python",
    "python3", "rm", "sed", "set", "sh", "source", "sudo", "tail", "test", "touch", "uv", "wget",
    "which", "yarn",
];

impl Command {
    /// Reads a command line: plain words, quoted ones, and `2>&1` at the end. `None` when it asks for more of a
    /// shell than that, or for a program that is no spec's own.
    pub fn parse(line: &str) -> Option<Command> {
        let mut words = words(line)?;
        let merges_errors = words.last().is_some_and(|it| *it == Word::Merge);
        if merges_errors {
            words.pop();
        }
        let mut plain = Vec::new();
        for word in words {
            match word {
                Word::Text(text) => plain.push(text),
                Word::Merge => return None,
            }
        }
        let skipped = interpreted(&plain);
        let mut plain = plain.into_iter().skip(skipped);
        let program = plain.next()?;
        let program = program.strip_prefix("./").unwrap_or(&program).to_owned();
        let is_plain = |c: char| c.is_ascii_alphanumeric() || "_-./".contains(c);
        let is_name = program.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
            && program.chars().all(is_plain)
            && program.split('/').all(|it| it != "..");
        (is_name && !FOREIGN.contains(&program.as_str())).then(|| Command {
            program,
            arguments: plain.collect(),
            merges_errors,
        })
    }
}

/// How many words stand before the program: an interpreter, and `-m` before a module.
fn interpreted(words: &[String]) -> usize {
    let first = words.first().map_or("", String::as_str);
    match words.get(1).map(String::as_str) {
        Some("-m") if first.starts_with("python") => 2,
        Some(file) if INTERPRETERS.contains(&first) && file.contains('.') => 1,
        _ => 0,
    }
}

#[derive(Debug, PartialEq, Eq)]
enum Word {
    Text(String),
    Merge,
}

/// The words of a line; `None` when it has what only a shell understands.
fn words(line: &str) -> Option<Vec<Word>> {
    let mut words = Vec::new();
    let mut rest = line.trim();
    while !rest.is_empty() {
        if let Some(after) = rest.strip_prefix("2>&1") {
            words.push(Word::Merge);
            rest = after.trim_start();
            continue;
        }
        let (word, length) = word(rest)?;
        words.push(Word::Text(word));
        rest = rest[length..].trim_start();
    }
    Some(words)
}

/// The word at the beginning, and how many bytes it takes.
fn word(text: &str) -> Option<(String, usize)> {
    let mut word = String::new();
    let mut quote = None;
    let mut chars = text.char_indices();
    while let Some((at, c)) = chars.next() {
        match (quote, c) {
            (None, c) if c.is_whitespace() => return Some((word, at)),
            (None, '\'' | '"') => quote = Some(c),
            (Some(open), c) if open == c => quote = None,
            (Some('"'), '$' | '`') => return None,
            (Some('"'), '\\') => match chars.next()?.1 {
                escaped @ ('"' | '\\' | '$' | '`') => word.push(escaped),
                other => word.extend(['\\', other]),
            },
            (None, '\\') => word.push(chars.next()?.1),
            (None, c) if "|&;<>()$`*?[]{}~!".contains(c) => return None,
            (None, '#') if at == 0 => return None,
            _ => word.push(c),
        }
    }
    quote.is_none().then_some((word, text.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(line: &str, program: &str, arguments: &[&str]) {
        let command = Command::parse(line).unwrap_or_else(|| panic!("{line}"));
        assert_eq!(command.program, program, "{line}");
        assert_eq!(command.arguments, arguments, "{line}");
    }

    #[test]
    fn words_are_split_as_a_shell_splits_them() {
        check("todo add milk", "todo", &["add", "milk"]);
        check("python3 todo.py add 'a  b'", "todo.py", &["add", "a  b"]);
        check("python -m todo list", "todo", &["list"]);
        check("node ./bin/todo.mjs", "bin/todo.mjs", &[]);
        check("./todo.py \"\" a\\ b", "todo.py", &["", "a b"]);
        check(
            r#"todo "say \"hi\" \n" 'it is $5' x"y"z"#,
            "todo",
            &["say \"hi\" \\n", "it is $5", "xyz"],
        );
        let merged = Command::parse("todo x 2>&1").expect("a command");
        assert!(merged.merges_errors && merged.arguments == ["x"]);
    }

    #[test]
    fn what_needs_a_shell_is_none() {
        for line in [
            "",
            "todo | sort",
            "todo > out",
            "todo $HOME",
            "todo \"$HOME\"",
            "todo `date`",
            "todo; ls",
            "todo && ls",
            "todo *.txt",
            "todo 'open",
            "todo 2>&1 x",
            "A=b todo",
            "npm install",
            "cat todo.json",
            "python3",
            "../todo",
            "/usr/bin/todo",
            "# a remark",
        ] {
            assert_eq!(Command::parse(line), None, "{line}");
        }
    }
}
