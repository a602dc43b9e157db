//! Programs that start the command that follows in their own arguments.

use super::getopt::{self, Parsed, Spec};
use super::value::{Field, Stream};
use super::walk::{DEPTH_MAX, TOO_MUCH, Walk};

/// One such program, or several that are called alike.
struct Wrapper {
    names: &'static [&'static str],
    /// Letters and names of options that take a value.
    spec: Spec,
    /// How many operands stand before the command.
    skip: usize,
}

const fn wrapper(
    names: &'static [&'static str],
    short: &'static str,
    long: &'static [&'static str],
    skip: usize,
) -> Wrapper {
    Wrapper {
        names,
        spec: Spec::new(short, long),
        skip,
    }
}

const WRAPPERS: &[Wrapper] = &[
    wrapper(
        &[
            "command",
            "builtin",
            "nohup",
            "coproc",
            "time.exe",
            "noglob",
            "nocorrect",
        ],
        "",
        &[],
        0,
    ),
    wrapper(&["exec"], "a", &[], 0),
    wrapper(
        &[
            "setsid",
            "fakeroot",
            "fakechroot",
            "unbuffer",
            "chronic",
            "catchsegv",
            "proxychains",
        ],
        "",
        &[],
        0,
    ),
    wrapper(
        &[
            "proxychains4",
            "torsocks",
            "torify",
            "tsocks",
            "rlwrap",
            "winpty",
            "eatmydata",
        ],
        "f",
        &[],
        0,
    ),
    wrapper(&["nice"], "n", &["adjustment"], 0),
    wrapper(
        &["ionice"],
        "cnpPu",
        &["class", "classdata", "pid", "pgid", "uid"],
        0,
    ),
    wrapper(&["stdbuf"], "ioe", &["input", "output", "error"], 0),
    wrapper(&["time"], "fo", &["format", "output"], 0),
    wrapper(&["timeout", "gtimeout"], "ks", &["kill-after", "signal"], 1),
    wrapper(
        &["chrt"],
        "pTPD",
        &["sched-runtime", "sched-period", "sched-deadline", "pid"],
        1,
    ),
    wrapper(&["taskset"], "", &[], 1),
    wrapper(
        &["numactl"],
        "NCmpiP",
        &[
            "cpunodebind",
            "physcpubind",
            "membind",
            "interleave",
            "preferred",
        ],
        0,
    ),
    wrapper(&["chroot"], "", &["userspec", "groups"], 1),
    wrapper(
        &["setpriv"],
        "",
        &[
            "reuid",
            "regid",
            "groups",
            "inh-caps",
            "ambient-caps",
            "bounding-set",
            "securebits",
            "pdeathsig",
            "selinux-label",
            "apparmor-profile",
        ],
        0,
    ),
    wrapper(&["prlimit"], "po", &["pid", "output"], 0),
    wrapper(
        &["setarch", "linux32", "linux64", "i386", "x86_64"],
        "",
        &[],
        0,
    ),
    wrapper(
        &["unshare"],
        "SGRwlT",
        &[
            "setuid",
            "setgid",
            "root",
            "wd",
            "map-user",
            "map-group",
            "propagation",
        ],
        0,
    ),
    wrapper(
        &["nsenter"],
        "tSGWr",
        &["target", "setuid", "setgid", "wd", "root"],
        0,
    ),
    wrapper(
        &["sudo", "sudo-rs"],
        "CDghpRrTtUu",
        &[
            "close-from",
            "chdir",
            "group",
            "host",
            "prompt",
            "chroot",
            "role",
            "command-timeout",
            "type",
            "other-user",
            "user",
        ],
        0,
    ),
    wrapper(&["doas"], "Cu", &[], 0),
    wrapper(&["pkexec"], "u", &["user"], 0),
    wrapper(
        &["run0", "systemd-run"],
        "DpuEGtHMP",
        &[
            "property",
            "unit",
            "slice",
            "description",
            "setenv",
            "uid",
            "gid",
            "working-directory",
            "machine",
            "service-type",
            "on-active",
            "on-boot",
            "on-calendar",
            "chdir",
        ],
        0,
    ),
    wrapper(&["systemd-inhibit"], "", &["what", "who", "why", "mode"], 0),
    wrapper(
        &["dbus-run-session", "dbus-launch"],
        "",
        &["config-file", "dbus-daemon"],
        0,
    ),
    wrapper(
        &[
            "firejail",
            "proot",
            "tini",
            "dumb-init",
            "catatonit",
            "caffeinate",
        ],
        "rbwpt",
        &[],
        0,
    ),
    wrapper(
        &[
            "gosu",
            "su-exec",
            "setuidgid",
            "s6-setuidgid",
            "faketime",
            "envdir",
            "softlimit",
        ],
        "",
        &[],
        1,
    ),
    wrapper(&["chpst"], "ueUnlLPmdo", &[], 0),
    wrapper(&["cpulimit"], "lpe", &["limit", "pid", "exe"], 0),
    wrapper(&["cgexec"], "g", &[], 0),
    wrapper(
        &["xvfb-run"],
        "efnps",
        &["error-file", "auth-file", "server-num", "server-args"],
        0,
    ),
    wrapper(
        &["strace", "ltrace"],
        "aeEIoOpPsSuXlLnFDAx",
        &["trace", "output", "expr"],
        0,
    ),
    wrapper(&["valgrind", "heaptrack", "rr"], "", &[], 0),
    wrapper(
        &["entr", "reptyr", "dtach", "abduco", "retry", "chroot.sh"],
        "",
        &[],
        0,
    ),
    wrapper(
        &["busybox", "toybox", "wsl", "uutils", "coreutils"],
        "deu",
        &["distribution", "user", "cd", "exec"],
        0,
    ),
    wrapper(&["dotenv", "envchain", "direnv-exec"], "f", &["file"], 0),
    wrapper(&["cross-env", "cross-env-shell"], "", &[], 0),
    wrapper(
        &["watchexec"],
        "wefiWsd",
        &["watch", "exts", "filter", "ignore"],
        0,
    ),
    wrapper(
        &[
            "xterm",
            "konsole",
            "kitty",
            "alacritty",
            "foot",
            "gnome-terminal",
            "mintty",
        ],
        "e",
        &[],
        0,
    ),
    wrapper(
        &["arch", "ts", "sem", "parallelize", "doit"],
        "j",
        &["jobs"],
        0,
    ),
];

/// The most inputs for each of which a command is followed.
const INPUTS_MAX: usize = 8;

/// Follows the command that a wrapper starts; `None` if the program is none.
pub(crate) fn wrapped(
    walk: &mut Walk<'_>,
    program: &str,
    arguments: &[Field],
    stdin: &Stream,
) -> Option<Stream> {
    match program {
        "env" => return Some(env(walk, arguments, stdin)),
        "find" | "gfind" => return Some(find(walk, arguments)),
        "xargs" | "gxargs" => return Some(xargs(walk, arguments, stdin)),
        "parallel" => return Some(parallel(walk, arguments, stdin)),
        "fd" | "fdfind" => return Some(fd(walk, arguments)),
        "command" if is_question(arguments) => return None,
        _ => {}
    }
    let known = WRAPPERS.iter().find(|it| it.names.contains(&program))?;
    let parsed = getopt::leading(arguments, &known.spec);
    if program == "wsl" || known.names.contains(&"xterm") {
        // Here `-e` begins the command.
        if let Some(value) = parsed.values(&["e", "exec"]).first() {
            let at = arguments.iter().position(|it| it == value)?;
            return Some(walk.run_within(program, &arguments[at..], stdin));
        }
    }
    let mut command = parsed.operands;
    let mut skip = known.skip;
    while let Some((first, rest)) = command.split_first() {
        let is_variable = walk.assignment_argument(first, true);
        if !is_variable && skip == 0 {
            break;
        }
        skip = skip.saturating_sub(usize::from(!is_variable));
        command = rest;
    }
    if program == "setarch" {
        // The name of an architecture may stand before the command.
        walk.run_within(program, command.get(1..).unwrap_or_default(), stdin);
    }
    if let Some(dashes) = command.first().filter(|it| it.prefix() == "--") {
        command = &command[usize::from(dashes.text().is_some())..];
    }
    if command.is_empty() {
        return (program == "nohup").then(|| Stream::unknown(stdin.origin));
    }
    Some(walk.run_within(program, command, stdin))
}

/// `command -v` only asks where a program is.
fn is_question(arguments: &[Field]) -> bool {
    arguments
        .iter()
        .map(Field::prefix)
        .take_while(|it| it.starts_with('-') && it != "--")
        .any(|it| it.contains(['v', 'V']))
}

fn env(walk: &mut Walk<'_>, arguments: &[Field], stdin: &Stream) -> Stream {
    let spec = Spec::new(
        "uCSPa",
        &["unset", "chdir", "split-string", "block-signal", "argv0"],
    );
    let parsed = getopt::leading(arguments, &spec);
    let mut command: Vec<Field> = Vec::new();
    for code in parsed.values(&["S", "split-string"]) {
        let code = walk.code_of(&[code]);
        let mut fields = walk.expand_words(super::word_list(&code).iter().map(String::as_str));
        command.extend(fields.pop().unwrap_or_default());
    }
    let split = !command.is_empty();
    command.extend_from_slice(parsed.operands);
    if split {
        // What was split off is read as env's own arguments again.
        return self_again(walk, &command, stdin);
    }
    let mut rest = command.as_slice();
    while let Some((first, more)) = rest.split_first() {
        if first.prefix() != "-" && !walk.assignment_argument(first, true) {
            break;
        }
        rest = more;
    }
    walk.run_within("env", rest, stdin)
}

fn self_again(walk: &mut Walk<'_>, command: &[Field], stdin: &Stream) -> Stream {
    if walk.through.len() > DEPTH_MAX {
        walk.doubt(TOO_MUCH);
        return Stream::unknown(stdin.origin);
    }
    walk.through.push("env -S".to_owned());
    let out = env(walk, command, stdin);
    walk.through.pop();
    out
}

fn find(walk: &mut Walk<'_>, arguments: &[Field]) -> Stream {
    let mut origin = walk.origin_of(arguments);
    let mut at = 0;
    while at < arguments.len() {
        let name = arguments[at].prefix();
        at += 1;
        if !matches!(name.as_str(), "-exec" | "-execdir" | "-ok" | "-okdir") {
            continue;
        }
        let end = arguments[at..]
            .iter()
            .position(|it| matches!(it.prefix().as_str(), ";" | "+"))
            .map_or(arguments.len(), |length| at + length);
        let command = with_names(&arguments[at..end], &[Field::hole(0)]);
        let printed = walk.run_within(&format!("find {name}"), &command, &Stream::default());
        origin |= printed.origin;
        at = end;
    }
    Stream::unknown(origin)
}

fn fd(walk: &mut Walk<'_>, arguments: &[Field]) -> Stream {
    let at = arguments.iter().position(|it| {
        matches!(
            it.prefix().as_str(),
            "-x" | "-X" | "--exec" | "--exec-batch"
        )
    });
    let printed =
        at.map(|at| walk.run_within("fd --exec", &arguments[at + 1..], &Stream::default()));
    Stream::unknown(printed.map_or(0, |it| it.origin))
}

/// Puts what comes in place of `{}`.
fn with_names(command: &[Field], values: &[Field]) -> Vec<Field> {
    replaced(command, "{}", values)
}

fn replaced(command: &[Field], mark: &str, values: &[Field]) -> Vec<Field> {
    let mut out = Vec::new();
    for field in command {
        match field.text() {
            Some(text) if text == mark => out.extend_from_slice(values),
            Some(text) if text.contains(mark) => {
                let mut parts = Vec::new();
                for (n, piece) in text.split(mark).enumerate() {
                    if n > 0 {
                        parts.extend(values.iter().flat_map(|it| it.parts.clone()));
                    }
                    parts.extend(Field::known(piece).parts);
                }
                out.push(Field { parts });
            }
            _ => out.push(field.clone()),
        }
    }
    out
}

fn xargs(walk: &mut Walk<'_>, arguments: &[Field], stdin: &Stream) -> Stream {
    let spec = Spec::new(
        "adEILnPsR",
        &[
            "arg-file",
            "delimiter",
            "max-lines",
            "max-args",
            "max-procs",
            "max-chars",
            "process-slot-var",
        ],
    );
    let parsed = getopt::leading(arguments, &spec);
    let mark = parsed
        .values(&["I", "replace"])
        .first()
        .map(Field::prefix)
        .or_else(|| parsed.has(&["i", "replace"]).then(|| "{}".to_owned()));
    let command = parsed.operands;
    let from_file = parsed.values(&["a", "arg-file"]).first().cloned();
    let stdin = &match from_file {
        Some(file) => walk.read_file(&file, stdin),
        None => stdin.clone(),
    };
    if command.is_empty() {
        return Stream::unknown(stdin.origin);
    }
    let mut out = Stream::unknown(stdin.origin);
    let mut inputs: Vec<Vec<Field>> = Vec::new();
    for text in &stdin.texts {
        let items = items(text, &parsed, mark.is_some());
        let known = |batch: &[String]| batch.iter().map(Field::known).collect::<Vec<Field>>();
        let size = match &mark {
            Some(_) => Some(1),
            None => parsed
                .values(&["n", "max-args", "L", "max-lines"])
                .first()
                .map(|it| it.prefix().parse().unwrap_or(1)),
        };
        inputs.extend(match size {
            Some(size) => items.chunks(size.max(1)).map(known).collect(),
            None => vec![known(&items)],
        });
    }
    if stdin.texts.is_empty() {
        inputs.push(vec![Field::hole(stdin.origin)]);
    }
    for input in walk.first(&inputs, INPUTS_MAX) {
        let full = match &mark {
            Some(mark) => replaced(command, mark, input),
            None => command.iter().chain(input).cloned().collect(),
        };
        out = out.or(&walk.run_within("xargs", &full, &Stream::default()));
    }
    out
}

/// What `xargs` makes arguments of: the text cut at its separator, else into words whose quotes are taken away.
fn items<T>(text: &str, parsed: &Parsed<T>, by_line: bool) -> Vec<String> {
    let delimiter = parsed
        .values(&["d", "delimiter"])
        .first()
        .map(Field::prefix);
    let separator = match delimiter {
        _ if parsed.has(&["0", "null"]) => Some('\0'),
        Some(text) => super::escape::printf(&text).chars().next(),
        None if by_line => Some('\n'),
        None => None,
    };
    if let Some(separator) = separator {
        let parts = text.split(separator).map(|it| it.trim_end_matches('\n'));
        return parts
            .filter(|it| !it.is_empty())
            .map(str::to_owned)
            .collect();
    }
    let words = super::word_list(&text.replace('\0', " "));
    words.iter().map(|it| unquoted(it)).collect()
}

/// A word without the quotes and backslashes that `xargs` takes away.
fn unquoted(word: &str) -> String {
    let mut out = String::new();
    let mut quote = None;
    let mut chars = word.chars();
    while let Some(c) = chars.next() {
        match (c, quote) {
            ('\\', None) => out.extend(chars.next()),
            ('\'' | '"', None) => quote = Some(c),
            (c, Some(open)) if c == open => quote = None,
            (c, _) => out.push(c),
        }
    }
    out
}

fn lines(stdin: &Stream) -> impl Iterator<Item = String> + '_ {
    stdin.texts.iter().flat_map(|text| {
        text.split(['\n', '\0'])
            .filter(|it| !it.is_empty())
            .map(str::to_owned)
    })
}

fn parallel(walk: &mut Walk<'_>, arguments: &[Field], stdin: &Stream) -> Stream {
    let spec = Spec::new(
        "jaINnLSPdCE",
        &[
            "jobs", "arg-file", "max-args", "delay", "timeout", "colsep", "joblog", "sshlogin",
            "retries",
        ],
    );
    let parsed = getopt::leading(arguments, &spec);
    let cut = parsed
        .operands
        .iter()
        .position(|it| it.prefix().starts_with(":::"))
        .unwrap_or(parsed.operands.len());
    let (command, given) = parsed.operands.split_at(cut);
    let mut inputs: Vec<Field> = given
        .iter()
        .filter(|it| !it.prefix().starts_with(":::"))
        .cloned()
        .collect();
    if given.is_empty() {
        inputs.extend(lines(stdin).map(Field::known));
        if stdin.texts.is_empty() {
            inputs.push(Field::hole(stdin.origin));
        }
    }
    for input in walk.first(&inputs, INPUTS_MAX) {
        let one = std::slice::from_ref(input);
        let mut full = with_names(command, one);
        if full == command {
            full.push(input.clone());
        }
        walk.carry_out_fields(&full, "parallel", &Stream::default());
    }
    Stream::unknown(stdin.origin)
}

#[cfg(test)]
mod tests {
    use super::super::{Answer, CommandRules};

    #[test]
    fn what_is_too_many_to_be_followed_asks() {
        let texts = |texts: &[&str]| texts.iter().map(|it| (*it).to_owned()).collect::<Vec<_>>();
        let trusted = texts(&["parallel *", "xargs *", "printf *", "tmux *", "ed *"]);
        let rules = CommandRules::compile(&trusted, &texts(&["sudo"])).expect("good rules");
        let names = "a b c d e f g h ";
        let lines = "a\\n".repeat(201);
        for (text, want) in [
            (format!("parallel ::: {names}"), Answer::Allow),
            (format!("parallel ::: {names} 'sudo id'"), Answer::Ask),
            (
                format!("printf '%s\\n' {names} 'sudo id' | parallel"),
                Answer::Ask,
            ),
            (
                format!("printf '%s\\n' {names} sudo | xargs -I x x id"),
                Answer::Ask,
            ),
            (format!("tmux {names} {names} 'sudo id'"), Answer::Ask),
            (format!("printf '{lines}!sudo id\\n' | ed"), Answer::Ask),
        ] {
            assert_eq!(rules.judge_command(&text).answer, want, "{text}");
        }
    }
}
