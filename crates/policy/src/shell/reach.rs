//! What a command starts in turn: the dispatch by program.

use super::denied::{Denied, SHELLS, base_name};
use super::simple::plain_path;
use super::value::{Field, Origin, Stream};
use super::walk::{DEPTH_MAX, TOO_MUCH, Walk, silent};
use super::{editors, git, interpreters, output, runners, shells, wrappers};

/// Variables whose value some program carries out as a command.
const COMMAND_VARIABLES: [&str; 22] = [
    "GIT_EXTERNAL_DIFF",
    "GIT_PAGER",
    "GIT_SSH_COMMAND",
    "GIT_SSH",
    "GIT_EDITOR",
    "GIT_SEQUENCE_EDITOR",
    "GIT_ASKPASS",
    "GIT_PROXY_COMMAND",
    "SSH_ASKPASS",
    "SUDO_ASKPASS",
    "PAGER",
    "MANPAGER",
    "SYSTEMD_PAGER",
    "PSQL_PAGER",
    "EDITOR",
    "VISUAL",
    "FCEDIT",
    "BROWSER",
    "LESSOPEN",
    "LESSCLOSE",
    "RSYNC_RSH",
    "CVS_RSH",
];

/// Programs that print nothing.
const SILENT: [&str; 24] = [
    "true", "false", ":", "cd", "test", "[", "mkdir", "touch", "chmod", "chown", "cp", "mv", "rm",
    "ln", "sleep", "shopt", "umask", "unset", "export", "wait", "mkfifo", "rmdir", "set", "local",
];

/// Programs that do not start what their arguments say: they print, look or keep it.
const ONLY_READ: [&str; 30] = [
    "echo", "printf", "grep", "egrep", "fgrep", "rg", "ag", "ack", "git", "gh", "cat", "ls", "cut",
    "jq", "test", "[", "true", "false", "wc", "diff", "cmp", "touch", "mkdir", "rm", "cp", "mv",
    "man", "which", "type", "logger",
];
/// The most arguments of an unknown program that are looked at.
const SUSPECTS_MAX: usize = 64;
/// The longest of them.
const SUSPECT_BYTES_MAX: usize = 4096;
/// The doubt about code that nobody can see.
pub(crate) const OPAQUE: &str = "it carries out what is not known";

impl Walk<'_> {
    /// Follows one command; gives what it may print.
    pub(crate) fn run(&mut self, fields: &[Field], stdin: &Stream) -> Stream {
        if fields.is_empty() {
            return silent();
        }
        let produced = self.check(fields, stdin);
        let arguments = self.origin_of(fields);
        if !self.step() {
            return Stream::unknown(produced | arguments | stdin.origin);
        }
        if fields[0].may_vanish() && fields.len() > 1 {
            self.run(&fields[1..], stdin);
        }
        let mut out = self.reach(fields, stdin);
        out.origin |= produced | arguments;
        out
    }

    /// Compares one command with the rules; gives the denied pipes that it begins.
    pub(crate) fn check(&mut self, fields: &[Field], stdin: &Stream) -> Origin {
        let Some(name) = fields.first() else {
            return 0;
        };
        self.see(fields);
        let shown = || -> String {
            let words: Vec<String> = fields.iter().map(Field::shown).collect();
            words.join(" ")
        };
        if let Some(rule) = self.denied.of_command(fields) {
            self.hit(rule, shown());
        }
        // A shell in a group may only inherit the pipe; what it carries out is looked at where it reads it.
        let inherits = !stdin.direct && Denied::is_shell(name);
        if let Some(rule) = self.denied.of_reader(stdin.origin, fields)
            && !inherits
        {
            self.hit(rule, shown());
        }
        if let Some(rule) = self.denied.of_code(name.origin()) {
            self.hit(rule, shown());
        }
        self.denied.produced_by(fields)
    }

    /// Follows what a command starts, by the program that it is.
    pub(crate) fn reach(&mut self, fields: &[Field], stdin: &Stream) -> Stream {
        let (name, arguments) = (&fields[0], &fields[1..]);
        let Some(path) = name.text() else {
            return Stream::unknown(stdin.origin);
        };
        if self.functions.contains_key(&path) {
            return self.call(&path, Some(fields.to_vec()), stdin);
        }
        if let Some(values) = self.aliases.get(&path).cloned()
            && self.variables.contains_key("expand_aliases")
        {
            let code = self.code_of(&values);
            self.aliases.remove(&path);
            self.within("alias", &code, stdin);
        }
        let program = base_name(&path);
        if path.contains('/') && self.is_own_script(&path) {
            let content = self.read_file(name, stdin);
            return self.carry_out(&content, program, Some(fields.to_vec()), stdin);
        }
        if SHELLS.contains(&program) {
            return shells::shell(self, fields, stdin);
        }
        if SILENT.contains(&program) {
            shells::builtin(self, program, arguments, stdin);
            output::copied(self, program, arguments);
            return silent();
        }
        if let Some(out) = output::of(self, program, arguments, stdin) {
            return out;
        }
        let unknown = Stream::unknown(stdin.origin | self.origin_of(arguments));
        let inner = shells::builtin(self, program, arguments, stdin)
            .or_else(|| runners::run(self, program, arguments, stdin))
            .or_else(|| wrappers::wrapped(self, program, arguments, stdin))
            .or_else(|| interpreters::run(self, program, arguments, stdin))
            .or_else(|| git::run(self, program, arguments))
            .or_else(|| editors::run(self, program, arguments, stdin));
        if inner.is_none() {
            self.suspect(program, arguments);
        }
        inner.unwrap_or(unknown)
    }

    /// A program that nobody here knows may start what its arguments say: where that would be denied, it is a doubt.
    fn suspect(&mut self, program: &str, arguments: &[Field]) {
        if ONLY_READ.contains(&program) {
            return;
        }
        let mut arguments: Vec<Field> = arguments.iter().take(SUSPECTS_MAX).cloned().collect();
        arguments.retain(|it| it.text().as_deref() != Some("--"));
        let in_words = |argument: &Field| {
            let text = argument.text().filter(|it| it.len() <= SUSPECT_BYTES_MAX)?;
            let texts = [Some(text.as_str()), text.split_once('=').map(|it| it.1)];
            let is_denied = |text: &str| {
                let words: Vec<Field> = text.split_whitespace().map(Field::known).collect();
                words.len() > 1 && self.denied.of_command(&words).is_some()
            };
            texts
                .into_iter()
                .flatten()
                .find(|it| is_denied(it))
                .map(|_| ())
        };
        let begins =
            (0..arguments.len()).any(|at| self.denied.of_command(&arguments[at..]).is_some());
        if begins || arguments.iter().any(|it| in_words(it).is_some()) {
            self.doubt(
                "a program that is not known may start what its arguments say, and that is denied",
            );
        }
    }

    /// Whether a path names a file that this very text wrote: without a `#!` line a shell carries it out.
    fn is_own_script(&self, path: &str) -> bool {
        self.files.contains_key(plain_path(path))
    }

    /// Follows text that is carried out as commands of a shell.
    pub(crate) fn carry_out(
        &mut self,
        code: &Stream,
        through: &str,
        arguments: Option<Vec<Field>>,
        stdin: &Stream,
    ) -> Stream {
        if let Some(rule) = self.denied.of_code(code.origin) {
            self.hit(rule, through.to_owned());
        }
        let before = std::mem::replace(&mut self.arguments, arguments);
        let mut output: Option<Stream> = None;
        for text in &code.texts {
            let of_text = self.within(through, text, stdin);
            output = Some(output.map_or(of_text.clone(), |it| it.or(&of_text)));
        }
        self.arguments = before;
        output.unwrap_or_else(|| Stream::unknown(code.origin | stdin.origin))
    }

    /// Follows arguments that are joined and carried out as commands of a shell.
    pub(crate) fn carry_out_fields(
        &mut self,
        fields: &[Field],
        through: &str,
        stdin: &Stream,
    ) -> Stream {
        if let Some(rule) = self.denied.of_code(self.origin_of(fields)) {
            self.hit(rule, through.to_owned());
        }
        let code = self.code_of(fields);
        self.within(through, &code, stdin)
    }

    /// Follows a command that another one starts with these arguments.
    pub(crate) fn run_within(&mut self, through: &str, fields: &[Field], stdin: &Stream) -> Stream {
        let is_small = self.produce(64 * fields.len());
        if self.through.len() > DEPTH_MAX || !is_small {
            self.doubt(TOO_MUCH);
            self.check(fields, stdin);
            return Stream::unknown(stdin.origin);
        }
        self.through.push(through.to_owned());
        let output = self.run(fields, stdin);
        self.through.pop();
        output
    }

    /// Notes a variable that is given to a program.
    pub(crate) fn environment(&mut self, name: &str, value: &Field) {
        if COMMAND_VARIABLES.contains(&name) {
            self.carry_out_fields(std::slice::from_ref(value), name, &Stream::default());
        }
    }

    /// Notes `NAME=VALUE` given as an argument; false if it is none.
    pub(crate) fn assignment_argument(&mut self, field: &Field, is_exported: bool) -> bool {
        let prefix = field.prefix();
        let Some(end) = prefix.find('=') else {
            return false;
        };
        let name = prefix[..end].trim_end_matches('+');
        let is_name = !name.is_empty()
            && !name.starts_with(|c: char| c.is_ascii_digit() || c == '-')
            && name
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || "_[]".contains(c));
        if is_name {
            let value = field.after(end + 1);
            if is_exported {
                self.environment(name, &value);
            }
            self.assign(name, value, false);
        }
        is_name
    }
}
