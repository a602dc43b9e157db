//! git: settings and subcommands whose values git carries out.

use super::value::{Field, Stream};
use super::walk::Walk;

/// Options of git itself that take the next argument.
const VALUED: [&str; 8] = [
    "-C",
    "-c",
    "--git-dir",
    "--work-tree",
    "--namespace",
    "--super-prefix",
    "--config-env",
    "--exec-path",
];

/// Settings, by their last part, whose value is a command.
const COMMAND_SETTINGS: [&str; 20] = [
    "pager",
    "editor",
    "sshcommand",
    "fsmonitor",
    "askpass",
    "external",
    "command",
    "textconv",
    "clean",
    "smudge",
    "process",
    "cmd",
    "helper",
    "gitproxy",
    "packobjectshook",
    "driver",
    "program",
    "difftool",
    "uploadpack",
    "receivepack",
];

/// Subcommands with an option whose value is a command.
const COMMAND_OPTIONS: &[(&str, &[&str])] = &[
    ("rebase", &["-x", "--exec"]),
    ("difftool", &["-x", "--extcmd"]),
    ("clone", &["-u", "--upload-pack"]),
    ("fetch", &["--upload-pack"]),
    ("pull", &["--upload-pack"]),
    ("fetch-pack", &["--upload-pack", "--exec"]),
    ("ls-remote", &["--upload-pack", "--exec"]),
    ("push", &["--receive-pack", "--exec"]),
    ("archive", &["--exec"]),
    ("grep", &["-O", "--open-files-in-pager"]),
    (
        "send-email",
        &["--to-cmd", "--cc-cmd", "--sendmail-cmd", "--smtp-server"],
    ),
    (
        "filter-branch",
        &[
            "--tree-filter",
            "--index-filter",
            "--env-filter",
            "--msg-filter",
            "--commit-filter",
            "--parent-filter",
            "--tag-name-filter",
            "--setup",
        ],
    ),
];

/// Follows what git carries out; `None` if the program is not git.
pub(crate) fn run(walk: &mut Walk<'_>, program: &str, arguments: &[Field]) -> Option<Stream> {
    if program != "git" {
        return None;
    }
    let mut at = 0;
    while let Some(field) = arguments.get(at) {
        let word = field.prefix();
        if !word.starts_with('-') {
            break;
        }
        if word == "-c" {
            if let Some(setting) = arguments.get(at + 1) {
                follow_setting(walk, setting);
            }
        } else if word.starts_with("-c") && word.contains('=') {
            follow_setting(walk, &field.after(2));
        }
        at += 1 + usize::from(VALUED.contains(&word.as_str()));
    }
    let (name, rest) = arguments.get(at..)?.split_first()?;
    let name = name.prefix();
    follow_options(walk, &name, rest);
    match name.as_str() {
        "submodule" => for_each(walk, rest),
        "bisect" => {
            let run = rest.iter().position(|it| it.prefix() == "run");
            if let Some(run) = run {
                walk.run_within("git bisect run", &rest[run + 1..], &Stream::default());
            }
        }
        "clone" => {
            for pair in rest.windows(2) {
                if matches!(pair[0].prefix().as_str(), "-c" | "--config") {
                    follow_setting(walk, &pair[1]);
                }
            }
        }
        _ => {}
    }
    for field in rest {
        if let Some(command) = field.prefix().strip_prefix("ext::") {
            let code = field.after(field.prefix().len() - command.len());
            walk.carry_out_fields(&[code], "git ext::", &Stream::default());
        }
    }
    Some(Stream::unknown(walk.origin_of(arguments)))
}

fn follow_setting(walk: &mut Walk<'_>, setting: &Field) {
    let text = setting.prefix();
    let Some(end) = text.find('=') else {
        return;
    };
    let name = text[..end].to_ascii_lowercase();
    let value = setting.after(end + 1);
    let last = name.rsplit('.').next().unwrap_or_default();
    let is_alias = name.starts_with("alias.");
    if value.prefix().starts_with('!') {
        walk.carry_out_fields(&[value.after(1)], "git -c", &Stream::default());
    } else if !is_alias && COMMAND_SETTINGS.contains(&last) {
        walk.carry_out_fields(&[value], "git -c", &Stream::default());
    }
}

fn follow_options(walk: &mut Walk<'_>, name: &str, arguments: &[Field]) {
    let Some((_, options)) = COMMAND_OPTIONS.iter().find(|(known, _)| *known == name) else {
        return;
    };
    let through = format!("git {name}");
    for (at, field) in arguments.iter().enumerate() {
        let word = field.prefix();
        for option in *options {
            let only_attached = matches!(*option, "-O" | "--open-files-in-pager");
            let value = if word == *option {
                arguments.get(at + 1).cloned().filter(|_| !only_attached)
            } else if let Some(rest) = word.strip_prefix(option) {
                let is_long = option.starts_with("--");
                let fits = rest.starts_with('=') || (!is_long && !rest.is_empty());
                fits.then(|| field.after(option.len() + usize::from(is_long)))
            } else {
                let typed = word.split('=').next().unwrap_or_default();
                let shortened = typed.len() > 4 && option.starts_with(typed) && typed != *option;
                match word.find('=') {
                    Some(end) if shortened => Some(field.after(end + 1)),
                    None if shortened => arguments.get(at + 1).cloned(),
                    _ => None,
                }
            };
            if let Some(value) = value {
                walk.carry_out_fields(&[value], &through, &Stream::default());
            }
        }
    }
}

fn for_each(walk: &mut Walk<'_>, arguments: &[Field]) {
    let Some(at) = arguments.iter().position(|it| it.prefix() == "foreach") else {
        return;
    };
    let mut rest = &arguments[at + 1..];
    while rest.first().is_some_and(|it| it.prefix().starts_with('-')) {
        rest = &rest[1..];
    }
    walk.carry_out_fields(rest, "git submodule foreach", &Stream::default());
}
