//! Interpreters: code in other languages, looked through for calls that start a command.
//!
//! Only what stands as a literal in such a call counts; a string that is merely printed is text.

use std::collections::BTreeMap;

use super::getopt::{self, Spec};
use super::reach::OPAQUE;
use super::value::{Field, Stream};
use super::walk::{TOO_MUCH, Walk};

/// A language as far as starting commands goes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Language {
    Python,
    Perl,
    Ruby,
    Node,
    Php,
    Lua,
    Awk,
    Tcl,
    Other,
}

/// An interpreter: its names, language, and the options that carry code.
struct Interpreter {
    names: &'static [&'static str],
    language: Language,
    /// Letters and names of options that take a value.
    spec: Spec,
    /// Those whose value is code.
    code: &'static [&'static str],
}

const INTERPRETERS: &[Interpreter] = &[
    interpreter(
        &["python", "python2", "python3", "pypy", "pypy3", "ipython"],
        Language::Python,
        "cmWXQ",
        &[],
        &["c"],
    ),
    interpreter(&["perl"], Language::Perl, "eEIMmx", &[], &["e", "E"]),
    interpreter(
        &["ruby", "irb", "jruby"],
        Language::Ruby,
        "erICEx",
        &[],
        &["e"],
    ),
    interpreter(
        &["node", "nodejs", "bun", "deno", "tsx", "ts-node"],
        Language::Node,
        "epr",
        &["eval", "print", "require", "import"],
        &["e", "p", "eval", "print"],
    ),
    interpreter(
        &["php"],
        Language::Php,
        "rBREFfdcz",
        &["run"],
        &["r", "B", "R", "E", "run"],
    ),
    interpreter(
        &["lua", "luajit", "texlua", "lua5.4", "lua5.3"],
        Language::Lua,
        "el",
        &[],
        &["e"],
    ),
    interpreter(
        &["awk", "gawk", "mawk", "nawk"],
        Language::Awk,
        "Fvfe",
        &["source", "field-separator", "assign", "file"],
        &["e", "source"],
    ),
    interpreter(
        &["tclsh", "expect", "wish"],
        Language::Tcl,
        "cf",
        &[],
        &["c"],
    ),
    interpreter(
        &[
            "julia",
            "Rscript",
            "R",
            "elixir",
            "groovy",
            "scala",
            "ghc",
            "osascript",
            "guile",
            "sbcl",
            "racket",
            "swift",
            "raku",
        ],
        Language::Other,
        "eE",
        &["eval"],
        &["e", "E", "eval"],
    ),
    interpreter(
        &["emacs", "emacsclient"],
        Language::Other,
        "lf",
        &["eval", "execute", "load", "funcall"],
        &["eval", "execute"],
    ),
];

const fn interpreter(
    names: &'static [&'static str],
    language: Language,
    short: &'static str,
    long: &'static [&'static str],
    code: &'static [&'static str],
) -> Interpreter {
    Interpreter {
        names,
        language,
        spec: Spec::new(short, long),
        code,
    }
}

/// The most letters behind the names of functions that are looked at in full: calls may stand in each other.
const AHEAD_MAX: usize = 256 * 1024;
/// How many letters behind a name are looked at after that.
const NEAR: usize = 256;

/// Functions that start a command, in any of the languages.
const STARTERS: [&str; 49] = [
    "system",
    "popen",
    "popen2",
    "popen3",
    "Popen",
    "exec",
    "execl",
    "execle",
    "execlp",
    "execlpe",
    "execv",
    "execve",
    "execvp",
    "execvpe",
    "spawn",
    "spawnl",
    "spawnle",
    "spawnlp",
    "spawnlpe",
    "spawnv",
    "spawnve",
    "spawnvp",
    "spawnvpe",
    "posix_spawn",
    "posix_spawnp",
    "run",
    "call",
    "check_call",
    "check_output",
    "getoutput",
    "getstatusoutput",
    "execSync",
    "execFile",
    "execFileSync",
    "spawnSync",
    "shell_exec",
    "passthru",
    "proc_open",
    "pcntl_exec",
    "execute",
    "capture2",
    "capture2e",
    "capture3",
    "shell-command",
    "shell-command-to-string",
    "call-process",
    "start-process",
    "create_subprocess_shell",
    "create_subprocess_exec",
];

/// Follows the code that an interpreter is given; `None` if the program is none.
pub(crate) fn run(
    walk: &mut Walk<'_>,
    program: &str,
    arguments: &[Field],
    stdin: &Stream,
) -> Option<Stream> {
    let found = INTERPRETERS.iter().find(|it| it.is(program))?;
    let parsed = getopt::leading(arguments, &found.spec);
    let mut codes = parsed.values(found.code);
    let mut operands = parsed.operands;
    let gives_file = parsed.has(&["f", "file", "m"]);
    let is_command = matches!(found.language, Language::Node)
        && operands.first().is_some_and(|it| it.prefix() == "eval");
    if is_command {
        codes.extend(operands.get(1).cloned());
    }
    if found.language == Language::Awk && codes.is_empty() && !gives_file {
        codes.extend(operands.first().cloned());
        operands = operands.get(1..).unwrap_or_default();
    }
    if codes.is_empty() && !gives_file {
        let content = match operands.first() {
            Some(file) => walk.read_file(file, stdin),
            None => {
                if stdin.given && stdin.texts.is_empty() {
                    walk.doubt(OPAQUE);
                }
                stdin.clone()
            }
        };
        codes.extend(content.texts.iter().map(Field::known));
    }
    for code in codes {
        let code = code.text().unwrap_or_else(|| code.shown());
        follow(walk, found.language, &code, program);
    }
    Some(Stream::unknown(stdin.origin | walk.origin_of(arguments)))
}

impl Interpreter {
    /// Whether the program is this interpreter, in any of its versions.
    fn is(&self, program: &str) -> bool {
        let plain = program.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.');
        self.names
            .iter()
            .any(|name| *name == program || *name == plain)
    }
}

fn follow(walk: &mut Walk<'_>, language: Language, code: &str, through: &str) {
    for call in calls(language, code) {
        match call {
            Call::Shell(text) => {
                walk.within(through, &text, &Stream::default());
            }
            Call::Unread => walk.doubt(TOO_MUCH),
            Call::Words(words) => {
                let fields: Vec<Field> = words.into_iter().map(Field::known).collect();
                walk.run_within(through, &fields, &Stream::default());
            }
        }
    }
}

/// What code starts.
#[derive(Debug, PartialEq, Eq)]
enum Call {
    /// A text for a shell.
    Shell(String),
    /// A program with its arguments.
    Words(Vec<String>),
    /// What was not looked at in full.
    Unread,
}

fn calls(language: Language, code: &str) -> Vec<Call> {
    let chars: Vec<char> = code.chars().collect();
    let signs = Signs::of(&chars);
    let mut found = Vec::new();
    let mut ahead = 0;
    let mut unread = false;
    let mut at = 0;
    while at < chars.len() {
        let c = chars[at];
        if is_comment(language, &chars, at) {
            at = (at..chars.len())
                .find(|&i| chars[i] == '\n')
                .unwrap_or(chars.len());
        } else if c == '`' && matches!(language, Language::Perl | Language::Ruby | Language::Php) {
            let (text, end) = literal(&chars, at);
            found.push(Call::Shell(text));
            at = end;
        } else if c == '"' || c == '\'' || c == '`' {
            let (text, end) = literal(&chars, at);
            if language == Language::Awk && is_piped(&chars, at, end) {
                found.push(Call::Shell(text));
            }
            at = end;
        } else if let Some((text, end)) = quoting_operator(language, &chars, &signs, at) {
            found.push(Call::Shell(text));
            at = end;
        } else if c.is_alphabetic() || c == '_' {
            let end = (at..chars.len())
                .find(|&i| !chars[i].is_alphanumeric() && chars[i] != '_' && chars[i] != '-')
                .unwrap_or(chars.len());
            let name: String = chars[at..end].iter().collect();
            if STARTERS.contains(&name.as_str()) || (language == Language::Tcl && name == "spawn") {
                let limit = if ahead > AHEAD_MAX {
                    chars.len().min(end + NEAR)
                } else {
                    chars.len()
                };
                let (calls, behind) = started(&chars[..limit], &signs, end, language);
                found.extend(calls);
                unread |= behind >= limit && limit < chars.len();
                ahead += behind - end;
            }
            at = end;
        } else {
            at += 1;
        }
    }
    found.extend(unread.then_some(Call::Unread));
    found
}

/// Where each sign stands, so that the one that closes something is found at once.
struct Signs(BTreeMap<char, Vec<usize>>);

impl Signs {
    fn of(chars: &[char]) -> Signs {
        let mut places: BTreeMap<char, Vec<usize>> = BTreeMap::new();
        for (at, c) in chars.iter().enumerate() {
            if !c.is_alphanumeric() {
                places.entry(*c).or_default().push(at);
            }
        }
        Signs(places)
    }

    /// The first of these signs from `from` on.
    fn next(&self, sign: char, from: usize) -> Option<usize> {
        let places = self.0.get(&sign)?;
        let first = places.partition_point(|at| *at < from);
        places.get(first).copied()
    }
}

fn is_comment(language: Language, chars: &[char], at: usize) -> bool {
    let begins = at == 0 || chars[at - 1].is_whitespace() || chars[at - 1] == ';';
    match language {
        Language::Python | Language::Perl | Language::Ruby | Language::Awk => {
            chars[at] == '#' && begins
        }
        Language::Node => chars[at] == '/' && chars.get(at + 1) == Some(&'/') && begins,
        Language::Lua => chars[at] == '-' && chars.get(at + 1) == Some(&'-') && begins,
        Language::Php | Language::Tcl | Language::Other => false,
    }
}

/// awk's `"command" | getline` and `print | "command"`.
fn is_piped(chars: &[char], from: usize, to: usize) -> bool {
    let before = chars[..from].iter().rev().find(|c| !c.is_whitespace());
    let after = chars[to.min(chars.len())..]
        .iter()
        .find(|c| !c.is_whitespace());
    let bars = |c: Option<&char>| c == Some(&'|');
    let or = chars[..from]
        .iter()
        .rev()
        .filter(|c| !c.is_whitespace())
        .nth(1)
        == Some(&'|');
    (bars(before) && !or) || bars(after)
}

/// Perl's and Ruby's `qx{…}`, `%x(…)`.
fn quoting_operator(
    language: Language,
    chars: &[char],
    signs: &Signs,
    at: usize,
) -> Option<(String, usize)> {
    let pair: String = chars[at..(at + 2).min(chars.len())].iter().collect();
    let fits = match language {
        Language::Perl => pair == "qx" && (at == 0 || !chars[at - 1].is_alphanumeric()),
        Language::Ruby => pair == "%x",
        _ => false,
    };
    let open = *chars.get(at + 2)?;
    if !fits || open.is_alphanumeric() {
        return None;
    }
    let end = signs.next(closing(open), at + 3)?;
    Some((chars[at + 3..end].iter().collect(), end + 1))
}

fn closing(open: char) -> char {
    match open {
        '(' => ')',
        '[' => ']',
        '{' => '}',
        '<' => '>',
        other => other,
    }
}

/// What a call starts, read from behind its name: its literals, as one text and as words; and how far it was read.
fn started(chars: &[char], signs: &Signs, from: usize, language: Language) -> (Vec<Call>, usize) {
    let mut at = from;
    let mut depth = 0;
    let mut words: Vec<String> = Vec::new();
    if language == Language::Tcl {
        let end = (at..chars.len())
            .find(|&i| matches!(chars[i], '\n' | ';' | ']'))
            .unwrap_or(chars.len());
        let text: String = chars[at..end].iter().collect();
        return (vec![Call::Shell(text.trim().to_owned())], end);
    }
    while at < chars.len() && words.len() < 64 {
        match chars[at] {
            '"' | '\'' | '`' => {
                let (mut text, end) = literal(chars, at);
                at = end;
                // Neighbouring or added literals are one text.
                while let Some(next) = joined(chars, at) {
                    let (more, end) = literal(chars, next);
                    text.push_str(&more);
                    at = end;
                }
                words.push(text);
                continue;
            }
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => {
                depth -= 1;
                if depth <= 0 {
                    break;
                }
            }
            ';' | '\n' if depth == 0 => break,
            'q' => {
                if let Some((list, end)) = quoted_words(chars, signs, at) {
                    words.extend(list);
                    at = end;
                    continue;
                }
            }
            _ => {}
        }
        at += 1;
    }
    let mut calls = Vec::new();
    if let Some(first) = words.first() {
        calls.push(Call::Shell(first.clone()));
    }
    // Some functions take the program twice, as what is run and as what it is called.
    if words.len() > 1 {
        if words[0].rsplit('/').next() == words[1].rsplit('/').next() {
            calls.push(Call::Words(words[1..].to_vec()));
        }
        calls.push(Call::Words(words));
    }
    (calls, at)
}

/// Perl's `qw(a b c)`.
fn quoted_words(chars: &[char], signs: &Signs, at: usize) -> Option<(Vec<String>, usize)> {
    if chars.get(at + 1) != Some(&'w') || (at > 0 && chars[at - 1].is_alphanumeric()) {
        return None;
    }
    let open = *chars.get(at + 2)?;
    if open.is_alphanumeric() || open.is_whitespace() {
        return None;
    }
    let end = signs
        .next(closing(open), at + 3)
        .filter(|end| *end < chars.len())?;
    let text: String = chars[at + 3..end].iter().collect();
    Some((
        text.split_whitespace().map(str::to_owned).collect(),
        end + 1,
    ))
}

fn joined(chars: &[char], at: usize) -> Option<usize> {
    let next = |from: usize| (from..chars.len()).find(|&i| !chars[i].is_whitespace());
    let mut place = next(at)?;
    if matches!(chars[place], '+' | '.') {
        place = next(place + 1)?;
    }
    matches!(chars[place], '"' | '\'').then_some(place)
}

/// A string literal that begins at `at`; its text and the place behind it.
fn literal(chars: &[char], at: usize) -> (String, usize) {
    let quote = chars[at];
    let triple = (0..3).all(|i| chars.get(at + i) == Some(&quote));
    let width = if triple { 3 } else { 1 };
    let mut text = String::new();
    let mut i = at + width;
    while i < chars.len() {
        if chars[i] == '\\' && i + 1 < chars.len() {
            let end = if chars[i + 1] == 'x' {
                (i + 4).min(chars.len())
            } else {
                i + 2
            };
            let escaped: String = chars[i..end].iter().collect();
            text.push_str(&super::escape::ansi_c(&escaped));
            i = end;
        } else if (0..width).all(|n| chars.get(i + n) == Some(&quote)) {
            return (text, i + width);
        } else {
            text.push(chars[i]);
            i += 1;
        }
    }
    (text, chars.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_started_counts() {
        let shell = |text: &str| Call::Shell(text.to_owned());
        let words = |text: &str| Call::Words(text.split(' ').map(str::to_owned).collect());
        for (language, code, want) in [
            (
                Language::Python,
                "import os; os.system('rm -rf x')",
                vec![shell("rm -rf x")],
            ),
            (Language::Python, "print('rm -rf x')", vec![]),
            (Language::Python, "# os.system('rm')\n1", vec![]),
            (
                Language::Python,
                "run(['rm','-rf','x'])",
                vec![shell("rm"), words("rm -rf x")],
            ),
            (
                Language::Python,
                "execvp('sudo',['sudo','id'])",
                vec![shell("sudo"), words("sudo id"), words("sudo sudo id")],
            ),
            (Language::Perl, "`rm -rf x`", vec![shell("rm -rf x")]),
            (
                Language::Perl,
                "system qw(rm -rf x)",
                vec![shell("rm"), words("rm -rf x")],
            ),
            (Language::Perl, "print if /sudo/", vec![]),
            (Language::Ruby, "%x(rm -rf x)", vec![shell("rm -rf x")]),
            (Language::Awk, "/rm -rf/ {print}", vec![]),
            (
                Language::Awk,
                "{print | \"sudo id\"}",
                vec![shell("sudo id")],
            ),
            (Language::Awk, "{ if (a || \"sudo\") print }", vec![]),
            (
                Language::Node,
                "require('child_process').execSync(`sudo id`)",
                vec![shell("sudo id")],
            ),
        ] {
            assert_eq!(calls(language, code), want, "{code}");
        }
    }

    /// Each name is behind the others' parentheses: what is read for one is read for all before it.
    #[test]
    fn calls_in_each_other_cannot_take_for_ever() {
        for text in ["system qw(", "system ", "qx{", "exec('"] {
            let code = format!(
                "{}'); system('sudo id')",
                text.repeat(64 * 1024 / text.len())
            );
            calls(Language::Perl, &code);
        }
        let near = format!("{}system('sudo id')", "system ".repeat(4_000));
        let found = calls(Language::Perl, &near);
        assert!(found.contains(&Call::Shell("sudo id".to_owned())));
        assert!(found.contains(&Call::Unread));
    }
}
