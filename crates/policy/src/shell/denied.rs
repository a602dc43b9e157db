//! Denied commands: what a rule such as `rm -rf`, `sudo`, `curl | bash` or `git push --force` means.
//!
//! A rule is a program, with options and leading words that must all be there, in any spelling that the program
//! would take. With `|` it is two programs: the output of the first may not reach the second, by whatever way.

use super::glob_match;
use super::value::{Field, Origin};
use crate::permission::{Capability, Effect, PermissionRule};

/// Programs that bring something from the network to their output.
const FETCHERS: [&str; 19] = [
    "curl",
    "wget",
    "fetch",
    "aria2c",
    "http",
    "https",
    "httpie",
    "xh",
    "lynx",
    "links",
    "elinks",
    "w3m",
    "nc",
    "ncat",
    "netcat",
    "socat",
    "curlie",
    "lwp-request",
    "GET",
];

/// Programs that carry out their input as commands of a shell.
pub(crate) const SHELLS: [&str; 16] = [
    "bash",
    "sh",
    "zsh",
    "dash",
    "ksh",
    "mksh",
    "ksh93",
    "ash",
    "fish",
    "csh",
    "tcsh",
    "rbash",
    "yash",
    "posh",
    "pwsh",
    "powershell",
];

/// Short options that have a long name, by program; the first is the rule's and the user's, in either direction.
const ALIASES: [(&str, &[(&str, &str)]); 9] = [
    (
        "rm",
        &[
            ("r", "recursive"),
            ("R", "recursive"),
            ("f", "force"),
            ("r", "R"),
        ],
    ),
    (
        "cp",
        &[
            ("r", "recursive"),
            ("R", "recursive"),
            ("f", "force"),
            ("r", "R"),
        ],
    ),
    ("mv", &[("f", "force")]),
    ("chmod", &[("R", "recursive")]),
    ("chown", &[("R", "recursive")]),
    (
        "git",
        &[
            ("f", "force"),
            ("d", "delete"),
            ("n", "no-verify"),
            ("a", "all"),
        ],
    ),
    ("docker", &[("f", "force"), ("a", "all"), ("v", "volumes")]),
    ("podman", &[("f", "force"), ("a", "all"), ("v", "volumes")]),
    ("npm", &[("g", "global"), ("f", "force")]),
];

/// Short options that GNU or BSD `rm` knows: with any other it refuses to work.
const RM_SHORT: &str = "dfiIPRrvWxo";
/// Long options of GNU `rm`.
const RM_LONG: [&str; 10] = [
    "force",
    "recursive",
    "interactive",
    "one-file-system",
    "no-preserve-root",
    "preserve-root",
    "dir",
    "verbose",
    "help",
    "version",
];

/// A denied rule that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("«{rule}» is not a command: {why}")]
pub struct CommandRuleError {
    /// The rule as written.
    pub rule: String,
    /// What is wrong with it, and what would be right.
    pub why: String,
}

/// All denied rules, ready to be asked.
#[derive(Clone, Debug, Default)]
pub(crate) struct Denied {
    rules: Vec<Rule>,
    /// Those in the form of `permissions.yaml`, over whole lines.
    lines: Vec<PermissionRule>,
}

#[derive(Clone, Debug)]
struct Rule {
    text: String,
    stages: Vec<Pattern>,
}

/// One command of a rule.
#[derive(Clone, Debug, Default)]
struct Pattern {
    program: String,
    shorts: Vec<char>,
    longs: Vec<String>,
    words: Vec<String>,
}

impl Denied {
    /// Adds a rule as the configuration writes it.
    pub(crate) fn add(&mut self, text: &str) -> Result<(), CommandRuleError> {
        self.rules.push(Rule::read(text)?);
        Ok(())
    }

    /// Adds a rule in the form of `permissions.yaml`, if it denies commands.
    pub(crate) fn add_permission(&mut self, rule: &PermissionRule) {
        if rule.effect == Effect::Deny && rule.speaks_of(Capability::Shell) {
            self.lines.push(rule.clone());
        }
    }

    /// The rule as it is named to people, by its number.
    pub(crate) fn title(&self, rule: usize) -> String {
        match (self.rules.get(rule), rule.checked_sub(self.rules.len())) {
            (Some(rule), _) => format!("security.denied_commands: {}", rule.text),
            (None, at) => at
                .and_then(|it| self.lines.get(it))
                .map_or_else(String::new, PermissionRule::title),
        }
    }

    /// The first rule that denies a command by itself.
    pub(crate) fn of_command(&self, fields: &[Field]) -> Option<usize> {
        let found = self
            .rules
            .iter()
            .position(|rule| matches!(rule.stages.as_slice(), [only] if only.fits(fields)));
        found.or_else(|| self.of_words(fields))
    }

    /// The first rule over whole lines that a command meets, by its program's path or by its name.
    fn of_words(&self, fields: &[Field]) -> Option<usize> {
        if self.lines.is_empty() {
            return None;
        }
        let words: Vec<String> = fields.iter().map(Field::shown).collect();
        let (name, rest) = words.split_first()?;
        let line = |name: &str| [&[name.to_owned()], rest].concat().join(" ");
        self.of_line(&line(name))
            .or_else(|| self.of_line(&line(base_name(name))))
    }

    /// The first rule over whole lines that a text meets.
    pub(crate) fn of_line(&self, line: &str) -> Option<usize> {
        let found = self.lines.iter().position(|it| it.covers_line(line))?;
        Some(self.rules.len() + found)
    }

    /// The denied pipes whose producer this command is.
    pub(crate) fn produced_by(&self, fields: &[Field]) -> Origin {
        self.pipes()
            .filter(|(_, rule)| {
                rule.stages[..rule.stages.len() - 1]
                    .iter()
                    .any(|it| it.produces(fields))
            })
            .fold(0, |all, (n, _)| all | bit(n))
    }

    /// The first denied pipe that ends in this command, if what it reads may come from the producer.
    pub(crate) fn of_reader(&self, origin: Origin, fields: &[Field]) -> Option<usize> {
        self.pipes()
            .find(|(n, rule)| {
                origin & bit(*n) != 0 && rule.stages.last().is_some_and(|it| it.consumes(fields))
            })
            .map(|(n, _)| n)
    }

    /// The first denied pipe that ends in a shell, if what is carried out may come from the producer.
    pub(crate) fn of_code(&self, origin: Origin) -> Option<usize> {
        self.pipes()
            .find(|(n, rule)| {
                origin & bit(*n) != 0
                    && rule
                        .stages
                        .last()
                        .is_some_and(|it| SHELLS.contains(&it.program.as_str()))
            })
            .map(|(n, _)| n)
    }

    /// Whether a program is a shell, under any of its names.
    pub(crate) fn is_shell(program: &Field) -> bool {
        SHELLS.iter().any(|name| is_program(program, name))
    }

    fn pipes(&self) -> impl Iterator<Item = (usize, &Rule)> {
        self.rules
            .iter()
            .enumerate()
            .filter(|(_, rule)| rule.stages.len() > 1)
    }
}

/// The bit of a rule; rules beyond the 64th share the last, which can only deny more.
fn bit(rule: usize) -> Origin {
    1 << rule.min(63)
}

impl Rule {
    fn read(text: &str) -> Result<Rule, CommandRuleError> {
        let error = |why: &str| CommandRuleError {
            rule: text.to_owned(),
            why: why.to_owned(),
        };
        if text.contains([
            '\'', '"', '\\', '`', '$', ';', '&', '<', '>', '(', ')', '\n',
        ]) {
            return Err(error(
                "a denied command is a program with words and options, or two of them joined by |",
            ));
        }
        let stages: Vec<Pattern> = text.split('|').map(Pattern::read).collect();
        if stages.iter().any(|stage| stage.program.is_empty()) {
            return Err(error("a program's name is missing"));
        }
        Ok(Rule {
            text: text.to_owned(),
            stages,
        })
    }
}

impl Pattern {
    fn read(text: &str) -> Pattern {
        let mut words = text.split_whitespace();
        let mut pattern = Pattern {
            program: words.next().unwrap_or_default().to_owned(),
            ..Pattern::default()
        };
        for word in words {
            if let Some(long) = word.strip_prefix("--").filter(|it| !it.is_empty()) {
                pattern.longs.push(long.to_owned());
            } else if word.len() > 1 && word.starts_with('-') {
                pattern.shorts.extend(word[1..].chars());
            } else if word != "*" {
                pattern.words.push(word.to_owned());
            }
        }
        pattern
    }

    fn fits(&self, fields: &[Field]) -> bool {
        let Some((name, arguments)) = fields.split_first() else {
            return false;
        };
        is_program(name, &self.program) && self.fits_arguments(&Arguments::of(arguments))
    }

    fn fits_arguments(&self, arguments: &Arguments) -> bool {
        if self.program == "rm" && !arguments.rm_would_work() {
            return false;
        }
        self.shorts
            .iter()
            .all(|c| arguments.has_short(&self.program, *c))
            && self
                .longs
                .iter()
                .all(|long| arguments.has_long(&self.program, long))
            && arguments.begin_with(&self.words)
    }

    fn produces(&self, fields: &[Field]) -> bool {
        let is_fetcher = FETCHERS.contains(&self.program.as_str());
        self.fits(fields)
            || (is_fetcher
                && fields
                    .first()
                    .is_some_and(|it| FETCHERS.iter().any(|name| is_program(it, name))))
    }

    fn consumes(&self, fields: &[Field]) -> bool {
        let is_shell = SHELLS.contains(&self.program.as_str());
        self.fits(fields) || (is_shell && fields.first().is_some_and(Denied::is_shell))
    }
}

/// The last part of a program's path, without the suffix of Windows.
pub(crate) fn base_name(program: &str) -> &str {
    let name = program.rsplit('/').next().unwrap_or(program);
    let cut = name.len().saturating_sub(4);
    match name.get(cut..) {
        Some(suffix) if suffix.eq_ignore_ascii_case(".exe") => &name[..cut],
        _ => name,
    }
}

fn is_program(field: &Field, program: &str) -> bool {
    let Some(text) = field.whole() else {
        return false;
    };
    let name = base_name(&text);
    if name == program || *text == *program {
        return true;
    }
    // GNU's programs carry a `g` where another system has its own of that name.
    if name.strip_prefix('g') == Some(program) && program == "rm" {
        return true;
    }
    field.is_pattern()
        && name.chars().any(|c| c.is_ascii_alphanumeric())
        && glob_match::fits(name, program)
}

/// The arguments of a command as its option parser sees them.
#[derive(Debug, Default)]
struct Arguments {
    shorts: Vec<char>,
    longs: Vec<String>,
    /// Each operand, and whether it stands right behind an option whose value it may be.
    operands: Vec<(Option<String>, bool)>,
}

impl Arguments {
    fn of(fields: &[Field]) -> Arguments {
        let mut arguments = Arguments::default();
        let mut options_ended = false;
        let mut behind_option = false;
        for field in fields {
            let text = field.text();
            let prefix = field.prefix();
            if options_ended || !prefix.starts_with('-') || prefix == "-" {
                arguments.operands.push((text, behind_option));
                behind_option = false;
            } else if text.as_deref() == Some("--") {
                options_ended = true;
            } else if let Some(long) = prefix.strip_prefix("--") {
                let name = long.split('=').next().unwrap_or(long);
                if text.is_some() || long.contains('=') {
                    arguments.longs.push(name.to_owned());
                }
                behind_option = !long.contains('=');
            } else {
                arguments.shorts.extend(prefix[1..].chars());
                behind_option = true;
            }
        }
        arguments
    }

    fn rm_would_work(&self) -> bool {
        self.shorts.iter().all(|c| RM_SHORT.contains(*c))
            && self
                .longs
                .iter()
                .all(|long| RM_LONG.iter().any(|it| it.starts_with(long)))
    }

    fn has_short(&self, program: &str, c: char) -> bool {
        self.shorts.contains(&c)
            || aliases(program).any(|(a, b)| {
                let mut one = [0; 4];
                let own: &str = c.encode_utf8(&mut one);
                (a == own && self.has_exactly(b)) || (b == own && self.has_exactly(a))
            })
    }

    fn has_long(&self, program: &str, long: &str) -> bool {
        self.has_exactly(long)
            || aliases(program).any(|(short, name)| name == long && self.has_exactly(short))
    }

    /// One spelling: a letter among the short options, or a name that the user may have shortened.
    fn has_exactly(&self, name: &str) -> bool {
        let mut chars = name.chars();
        match (chars.next(), chars.next()) {
            (Some(c), None) => self.shorts.contains(&c),
            _ => self
                .longs
                .iter()
                .any(|long| !long.is_empty() && name.starts_with(long.as_str())),
        }
    }

    /// Whether the operands begin with these words; what may be an option's value can stand between.
    fn begin_with(&self, words: &[String]) -> bool {
        let mut wanted = words.iter().peekable();
        for (operand, may_be_value) in &self.operands {
            let Some(word) = wanted.peek() else {
                return true;
            };
            match operand {
                Some(operand) if word_fits(word, operand) => {
                    wanted.next();
                }
                _ if *may_be_value => {}
                _ => return false,
            }
        }
        wanted.peek().is_none()
    }
}

fn word_fits(word: &str, operand: &str) -> bool {
    word == operand || (word.contains(['*', '?']) && glob_match::fits(word, operand))
}

fn aliases(program: &str) -> impl Iterator<Item = (&'static str, &'static str)> {
    ALIASES
        .iter()
        .filter(move |(name, _)| *name == program)
        .flat_map(|(_, pairs)| pairs.iter().copied())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn compiled(texts: &[String]) -> Result<Denied, CommandRuleError> {
        let mut denied = Denied::default();
        for text in texts {
            denied.add(text)?;
        }
        Ok(denied)
    }

    fn fields(line: &str) -> Vec<Field> {
        line.split_whitespace().map(Field::known).collect()
    }

    fn denied(rule: &str, line: &str) -> bool {
        compiled(&[rule.to_owned()])
            .expect("a good rule")
            .of_command(&fields(line))
            .is_some()
    }

    #[test]
    fn every_spelling_of_a_denied_command_is_found() {
        for line in [
            "rm -rf x",
            "rm -fR x",
            "rm x -r -f",
            "rm --recursive --force",
            "rm --rec -f x",
            "/bin/rm -v -Rf -- x",
            "rm -rf",
            "grm -rf x",
        ] {
            assert!(denied("rm -rf", line), "{line}");
        }
        for line in [
            "rm -r x",
            "rm -f x",
            "rm -- -rf",
            "rm -rfz x",
            "rmx -rf x",
            "rm --recursive x",
        ] {
            assert!(!denied("rm -rf", line), "{line}");
        }
    }

    #[test]
    fn rules_of_the_users_own_want_all_their_words() {
        for (rule, line, want) in [
            ("git push --force", "git push --force", true),
            ("git push --force", "git -C sub push origin -f", true),
            ("git push --force", "git push", false),
            ("git push --force", "git log push --force", false),
            ("docker system prune", "docker system prune -af", true),
            (
                "docker system prune",
                "docker --context x system prune",
                true,
            ),
            ("docker system prune", "docker prune system", false),
            (
                "terraform apply -auto-approve",
                "terraform apply -auto-approve",
                true,
            ),
            ("npm publish", "npm publish", true),
            ("npm publish", "npm run publish", false),
            ("chmod 777", "chmod -R 777 .", true),
            ("git *", "git status", true),
        ] {
            assert_eq!(denied(rule, line), want, "{rule}: {line}");
        }
    }

    #[test]
    fn a_rule_that_is_no_command_is_an_error() {
        for rule in ["", "a && b", "| bash", "rm 'x'", "$(x)"] {
            assert!(compiled(&[rule.to_owned()]).is_err(), "{rule}");
        }
    }
}
