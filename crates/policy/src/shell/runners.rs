//! Programs that carry out a command elsewhere or on someone's behalf: by an option's value, in a container, on
//! another machine, in a package's environment.

use super::getopt::{self, Spec};
use super::value::{Field, Stream};
use super::walk::Walk;

/// A program with options whose value is a text for a shell.
struct Carrier {
    names: &'static [&'static str],
    spec: Spec,
    code: &'static [&'static str],
}

const fn carrier(
    names: &'static [&'static str],
    short: &'static str,
    long: &'static [&'static str],
    code: &'static [&'static str],
) -> Carrier {
    Carrier {
        names,
        spec: Spec::new(short, long),
        code,
    }
}

const CARRIERS: &[Carrier] = &[
    carrier(
        &["su", "runuser"],
        "cCgGsTw",
        &["command", "session-command", "group", "shell"],
        &["c", "command", "session-command"],
    ),
    carrier(
        &["script"],
        "cEIOBTmo",
        &["command", "log-in", "log-out", "log-timing", "echo"],
        &["c", "command"],
    ),
    carrier(
        &["flock"],
        "wEc",
        &["timeout", "wait", "conflict-exit-code", "command"],
        &["c", "command"],
    ),
    carrier(&["sg"], "c", &[], &["c"]),
    carrier(&["vagrant"], "c", &["command"], &["c", "command"]),
    carrier(&["gcloud", "az", "limactl"], "", &["command"], &["command"]),
    carrier(
        &["nix-shell", "nix"],
        "pAIc",
        &["run", "command"],
        &["run", "command", "c"],
    ),
    carrier(
        &["npx", "npm", "pnpm", "yarn", "bunx", "pnpx"],
        "cpw",
        &["call", "package", "workspace", "prefix"],
        &["c", "call"],
    ),
    carrier(
        &["rsync"],
        "efBMT",
        &[
            "rsh",
            "exclude",
            "include",
            "files-from",
            "rsync-path",
            "filter",
        ],
        &["e", "rsh"],
    ),
    carrier(
        &["tar", "gtar", "bsdtar"],
        "CfIFTXbgHKNV",
        &[
            "to-command",
            "use-compress-program",
            "rsh-command",
            "info-script",
            "new-volume-script",
            "directory",
            "file",
            "checkpoint-action",
        ],
        &[
            "to-command",
            "use-compress-program",
            "I",
            "rsh-command",
            "info-script",
            "F",
        ],
    ),
    carrier(&["scp", "sftp"], "cDFiJloPS", &[], &["S"]),
    carrier(&["man"], "PCLmMrSsEp", &["pager", "html"], &["P", "pager"]),
    carrier(
        &["zip"],
        "TbntPis",
        &["unzip-command"],
        &["TT", "unzip-command"],
    ),
    carrier(
        &["nodemon", "watchexec", "chokidar", "onchange"],
        "xwecid",
        &["exec", "command", "watch"],
        &["x", "exec", "c", "command"],
    ),
    carrier(
        &["nc", "ncat", "netcat"],
        "ecpswgi",
        &["exec", "sh-exec"],
        &["e", "c", "exec", "sh-exec"],
    ),
    carrier(&["xterm", "rxvt", "urxvt"], "e", &[], &["e"]),
    carrier(&["rg", "ripgrep"], "e", &["pre"], &["pre"]),
    carrier(
        &["make", "gmake"],
        "fCjIoW",
        &["file", "directory", "eval"],
        &["eval"],
    ),
    carrier(&["split"], "abCln", &["filter"], &["filter"]),
    carrier(&["tcpdump"], "zwricsCGW", &[], &["z"]),
    carrier(&["entr"], "s", &[], &["s"]),
];

/// Programs whose every operand, or all operands joined, is a text for a shell.
const EACH_OPERAND: [&str; 4] = ["hyperfine", "concurrently", "npm-run-all", "mprocs"];

/// Programs that run what follows one of their subcommands.
const SUBCOMMANDS: &[(&str, &[&str], &str, usize)] = &[
    ("docker", &["exec", "run", "create"], "ehuvwlpmcaN", 1),
    ("podman", &["exec", "run", "create"], "ehuvwlpmcaN", 1),
    ("nerdctl", &["exec", "run"], "ehuvwlpmcaN", 1),
    ("docker-compose", &["exec", "run"], "euwvp", 1),
    ("compose", &["exec", "run"], "euwvp", 1),
    ("container", &["exec", "run"], "ehuvwlpmcaN", 1),
    ("kubectl", &["exec", "run", "debug"], "cnf", 1),
    ("oc", &["exec", "rsh"], "cnf", 1),
    ("lxc", &["exec"], "", 1),
    ("incus", &["exec"], "", 1),
    ("multipass", &["exec"], "d", 1),
    ("machinectl", &["shell"], "", 1),
    ("adb", &["shell"], "s", 0),
    ("fly", &["ssh"], "C", 0),
    ("heroku", &["run"], "a", 0),
    ("poetry", &["run"], "CP", 0),
    ("uv", &["run"], "p", 0),
    ("pipenv", &["run"], "", 0),
    ("pdm", &["run"], "p", 0),
    ("rye", &["run"], "", 0),
    ("hatch", &["run"], "e", 0),
    ("conda", &["run"], "np", 0),
    ("mamba", &["run"], "np", 0),
    ("micromamba", &["run"], "np", 0),
    ("bundle", &["exec"], "", 0),
    ("npm", &["exec", "x"], "pwc", 0),
    ("pnpm", &["exec", "dlx"], "C", 0),
    ("yarn", &["exec", "dlx"], "", 0),
    ("mise", &["exec", "x"], "C", 0),
    ("rtx", &["exec", "x"], "", 0),
    ("asdf", &["exec"], "", 0),
    ("rbenv", &["exec"], "", 0),
    ("pyenv", &["exec"], "", 0),
    ("nodenv", &["exec"], "", 0),
    ("direnv", &["exec"], "", 1),
    ("nix", &["develop", "shell"], "", 0),
    ("guix", &["shell", "environment"], "", 0),
    ("op", &["run"], "", 0),
    ("doppler", &["run"], "pc", 0),
    ("aws-vault", &["exec"], "d", 1),
    ("teleport", &["exec"], "", 0),
    ("perf", &["stat", "record", "trace"], "eopr", 0),
    ("flatpak-spawn", &["--host"], "", 0),
    ("distrobox", &["enter"], "n", 0),
    ("toolbox", &["run"], "c", 0),
    ("rustup", &["run"], "", 1),
    ("opam", &["exec"], "", 0),
    ("stack", &["exec"], "", 0),
    ("cabal", &["exec"], "", 0),
    ("mix", &["cmd"], "", 0),
    ("lerna", &["exec"], "", 0),
    ("nx", &["exec"], "", 0),
    ("chezmoi", &["execute"], "", 0),
    ("foreman", &["run"], "e", 0),
];

/// Follows what such a program runs; `None` if the program is none.
pub(crate) fn run(
    walk: &mut Walk<'_>,
    program: &str,
    arguments: &[Field],
    stdin: &Stream,
) -> Option<Stream> {
    let mut found = carried(walk, program, arguments, stdin);
    found = subcommand(walk, program, arguments, stdin).or(found);
    let special = match program {
        "ssh" | "mosh" | "autossh" | "tsh" => Some(ssh(walk, arguments, stdin)),
        "at" | "batch" => Some(walk.carry_out(stdin, program, None, &Stream::default())),
        "watch" => {
            let spec = Spec::new("nq", &["interval", "equexit"]);
            let parsed = getopt::leading(arguments, &spec);
            Some(walk.carry_out_fields(parsed.operands, program, stdin))
        }
        "tmux" | "screen" | "zellij" | "byobu" => {
            let spec = Spec::new("cefFLnNsStTxyp", &["session", "socket"]);
            // What it starts has options of its own.
            let operands = match program {
                "screen" => getopt::leading(arguments, &spec).operands.to_vec(),
                _ => getopt::anywhere(arguments, &spec).operands,
            };
            for at in 0..walk.first(&operands, 16).len() {
                walk.carry_out_fields(&operands[at..=at], program, &Stream::default());
                walk.run_within(program, &operands[at..], &Stream::default());
            }
            Some(Stream::unknown(0))
        }
        "socat" => {
            for field in arguments {
                let prefix = field.prefix();
                let kind = prefix
                    .split(':')
                    .next()
                    .unwrap_or_default()
                    .to_ascii_uppercase();
                if matches!(kind.as_str(), "EXEC" | "SYSTEM" | "SHELL") && prefix.len() > kind.len()
                {
                    let code = field.after(kind.len() + 1);
                    walk.carry_out_fields(&[code], program, &Stream::default());
                }
            }
            Some(Stream::unknown(0))
        }
        "cmd" | "powershell" | "pwsh" => windows_shell(walk, program, arguments, stdin),
        "gdb" | "lldb" => gdb(walk, program, arguments),
        "npx" | "bunx" | "pnpx" => {
            let spec = Spec::new("pcw", &["package", "call"]);
            let parsed = getopt::leading(arguments, &spec);
            Some(walk.run_within(program, parsed.operands, stdin))
        }
        _ if EACH_OPERAND.contains(&program) => {
            for field in arguments {
                walk.carry_out_fields(std::slice::from_ref(field), program, &Stream::default());
            }
            Some(Stream::unknown(0))
        }
        _ => None,
    };
    special.or(found)
}

fn carried(
    walk: &mut Walk<'_>,
    program: &str,
    arguments: &[Field],
    stdin: &Stream,
) -> Option<Stream> {
    let known = CARRIERS.iter().find(|it| it.names.contains(&program))?;
    let parsed = getopt::anywhere(arguments, &known.spec);
    let mut carried = false;
    for option in &parsed.options {
        let Some(value) = &option.value else {
            continue;
        };
        if option.is_any(known.code) {
            carried = true;
            walk.carry_out_fields(std::slice::from_ref(value), program, stdin);
        }
        if option.name.starts_with("checkpoint-a")
            && let Some(code) = value.prefix().strip_prefix("exec=")
        {
            let code = value.after(value.prefix().len() - code.len());
            carried = true;
            walk.carry_out_fields(&[code], program, stdin);
        }
    }
    match program {
        "flock" if !carried => {
            let parsed = getopt::leading(arguments, &known.spec);
            return Some(walk.run_within(program, parsed.operands.get(1..)?, stdin));
        }
        "runuser" if !carried => {
            let spec = Spec::new("ugGsT", &["user", "group"]);
            let parsed = getopt::leading(arguments, &spec);
            walk.run_within(program, parsed.operands, stdin);
        }
        "sg" if !carried => {
            walk.carry_out_fields(parsed.operands.get(1..)?, program, stdin);
        }
        _ => {}
    }
    carried.then(|| Stream::unknown(stdin.origin))
}

fn subcommand(
    walk: &mut Walk<'_>,
    program: &str,
    arguments: &[Field],
    stdin: &Stream,
) -> Option<Stream> {
    let known: Vec<_> = SUBCOMMANDS.iter().filter(|it| it.0 == program).collect();
    if known.is_empty() {
        return None;
    }
    let at = arguments.iter().position(|it| {
        let word = it.prefix();
        known
            .iter()
            .any(|(_, names, ..)| names.contains(&word.as_str()))
            || matches!(word.as_str(), "compose" | "container")
    })?;
    let word = arguments[at].prefix();
    let rest = &arguments[at + 1..];
    if matches!(word.as_str(), "compose" | "container") {
        return subcommand(walk, &word, rest, stdin);
    }
    let (_, _, short, skip) = known
        .iter()
        .find(|(_, names, ..)| names.contains(&word.as_str()))?;
    if let Some(entry) = rest
        .iter()
        .position(|it| it.prefix().starts_with("--entrypoint"))
    {
        entry_point(walk, program, &rest[entry..], stdin);
    }
    let command = behind_options(rest, short, *skip);
    if matches!(program, "adb" | "heroku") {
        return Some(walk.carry_out_fields(command, program, stdin));
    }
    Some(walk.run_within(&format!("{program} {word}"), command, stdin))
}

/// What stands behind a subcommand's options and operands: behind `--`, wherever that is.
fn behind_options<'a>(rest: &'a [Field], short: &'static str, skip: usize) -> &'a [Field] {
    let spec = Spec::new(
        short,
        &[
            "env",
            "env-file",
            "name",
            "network",
            "user",
            "volume",
            "workdir",
            "mount",
            "platform",
            "entrypoint",
            "publish",
            "hostname",
            "label",
            "container",
            "namespace",
            "context",
            "python",
            "with",
            "package",
            "prefix",
            "cwd",
        ],
    );
    let operands = getopt::leading(rest, &spec).operands;
    let command = operands.get(skip..).unwrap_or_default();
    let dashes = command
        .iter()
        .position(|it| it.text().as_deref() == Some("--"));
    dashes.map_or(command, |at| &command[at + 1..])
}

/// `--entrypoint rm IMAGE -rf x` runs `rm` with what follows the image.
fn entry_point(walk: &mut Walk<'_>, program: &str, arguments: &[Field], stdin: &Stream) {
    let (entry, rest) = match arguments[0].prefix().find('=') {
        Some(end) => (Some(arguments[0].after(end + 1)), &arguments[1..]),
        None => (
            arguments.get(1).cloned(),
            arguments.get(2..).unwrap_or_default(),
        ),
    };
    let Some(entry) = entry else {
        return;
    };
    let image = rest
        .iter()
        .position(|it| !it.prefix().starts_with('-'))
        .unwrap_or(rest.len());
    let mut command = vec![entry];
    command.extend(rest.iter().skip(image + 1).cloned());
    walk.run_within(program, &command, stdin);
}

fn ssh(walk: &mut Walk<'_>, arguments: &[Field], stdin: &Stream) -> Stream {
    let spec = Spec::new("BbcDEeFIiJLlmOoPpQRSWw", &[]);
    let parsed = getopt::leading(arguments, &spec);
    for value in getopt::anywhere(arguments, &spec)
        .options
        .iter()
        .filter(|it| it.name == "o")
        .filter_map(|it| it.value.as_ref())
    {
        let prefix = value.prefix();
        let Some(end) = prefix.find(['=', ' ']) else {
            continue;
        };
        let name = prefix[..end].trim().to_ascii_lowercase();
        if matches!(
            name.as_str(),
            "proxycommand" | "localcommand" | "knownhostscommand" | "remotecommand"
        ) {
            walk.carry_out_fields(&[value.after(end + 1)], "ssh -o", &Stream::default());
        }
    }
    let command = parsed.operands.get(1..).unwrap_or_default();
    if command.is_empty() {
        return walk.carry_out(stdin, "ssh", None, &Stream::default());
    }
    walk.carry_out_fields(command, "ssh", stdin)
}

fn windows_shell(
    walk: &mut Walk<'_>,
    program: &str,
    arguments: &[Field],
    stdin: &Stream,
) -> Option<Stream> {
    let at = arguments.iter().position(|it| {
        let option = it.prefix().to_ascii_lowercase();
        matches!(option.as_str(), "/c" | "/k" | "-c" | "-command" | "//c")
    })?;
    Some(walk.carry_out_fields(&arguments[at + 1..], program, stdin))
}

fn gdb(walk: &mut Walk<'_>, program: &str, arguments: &[Field]) -> Option<Stream> {
    for pair in arguments.windows(2) {
        let option = pair[0].prefix();
        if matches!(
            option.as_str(),
            "-ex" | "-iex" | "--eval-command" | "-o" | "--ex"
        ) {
            let code = pair[1].prefix();
            if let Some(code) = code.strip_prefix("shell ").or(code.strip_prefix('!')) {
                walk.within(program, code, &Stream::default());
            }
        }
        if matches!(option.as_str(), "--args" | "--") {
            let at = arguments.iter().position(|it| *it == pair[1])?;
            walk.run_within(program, &arguments[at..], &Stream::default());
        }
    }
    Some(Stream::unknown(0))
}
