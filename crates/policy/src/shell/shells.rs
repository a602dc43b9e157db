//! Shells, and the builtins that carry out text: `eval`, `source`, `trap`, `read`, `set` and their like.

use super::getopt::{self, Spec};
use super::reach::OPAQUE;
use super::value::{Field, Stream};
use super::walk::{Walk, silent};

/// Follows a shell that is started as a program.
pub(crate) fn shell(walk: &mut Walk<'_>, fields: &[Field], stdin: &Stream) -> Stream {
    let invocation = Invocation::of(&fields[1..]);
    if invocation.only_parses {
        return Stream::unknown(stdin.origin);
    }
    for file in &invocation.start_files {
        let content = walk.read_file(file, stdin);
        walk.carry_out(&content, "start file", None, stdin);
    }
    for code in &invocation.commands {
        walk.carry_out_fields(std::slice::from_ref(code), "-c", stdin);
    }
    let name = fields[0].prefix();
    let through = super::denied::base_name(&name).to_owned();
    if invocation.has_code {
        let Some((code, rest)) = invocation.operands.split_first() else {
            return Stream::unknown(0);
        };
        let arguments = if rest.is_empty() {
            vec![fields[0].clone()]
        } else {
            rest.to_vec()
        };
        let before = walk.arguments.replace(arguments);
        let out =
            walk.carry_out_fields(std::slice::from_ref(code), &format!("{through} -c"), stdin);
        walk.arguments = before;
        return out;
    }
    match invocation.operands.first() {
        Some(file) if !invocation.reads_input => {
            let content = walk.read_file(file, stdin);
            walk.carry_out(&content, &through, Some(invocation.operands.clone()), stdin)
        }
        _ => {
            let mut arguments = vec![fields[0].clone()];
            arguments.extend(invocation.operands.iter().cloned());
            if stdin.given && stdin.texts.is_empty() {
                walk.doubt(OPAQUE);
            }
            walk.carry_out(stdin, &through, Some(arguments), &Stream::unknown(0))
        }
    }
}

/// How a shell was started.
#[derive(Default)]
struct Invocation {
    has_code: bool,
    reads_input: bool,
    /// `-n`: nothing is carried out.
    only_parses: bool,
    start_files: Vec<Field>,
    /// Code that is given as the value of an option.
    commands: Vec<Field>,
    operands: Vec<Field>,
}

impl Invocation {
    fn of(arguments: &[Field]) -> Invocation {
        let mut read = Invocation::default();
        let mut at = 0;
        while let Some(field) = arguments.get(at) {
            let prefix = field.prefix();
            at += 1;
            match prefix.as_str() {
                "--" | "-" => break,
                "--rcfile" | "--init-file" => {
                    read.start_files.extend(arguments.get(at).cloned());
                    at += 1;
                }
                "-o" | "+o" | "-O" | "+O" => at += 1,
                "--command" | "--init-command" | "-C" => {
                    read.commands.extend(arguments.get(at).cloned());
                    at += 1;
                }
                "-Command" | "-command" | "-EncodedCommand" => {
                    read.has_code = true;
                    break;
                }
                long if long.starts_with("--command=") => {
                    read.commands.push(field.after("--command=".len()));
                }
                long if long.starts_with("--") => {}
                letters if letters.starts_with('-') && letters.len() > 1 => {
                    read.has_code |= letters.contains('c');
                    read.reads_input |= letters.contains('s');
                    read.only_parses |= letters.len() == 2 && letters.contains('n');
                    if letters.ends_with('o') || letters.ends_with('O') {
                        at += 1;
                    }
                }
                letters if letters.starts_with('+') => read.only_parses = false,
                _ if field.may_vanish() && at < arguments.len() => {}
                _ => {
                    at -= 1;
                    break;
                }
            }
        }
        read.operands = arguments[at.min(arguments.len())..].to_vec();
        read
    }
}

/// Follows a builtin; `None` if it is none that starts or sets something.
pub(crate) fn builtin(
    walk: &mut Walk<'_>,
    program: &str,
    arguments: &[Field],
    stdin: &Stream,
) -> Option<Stream> {
    if let Some(output) = carrying(walk, program, arguments, stdin) {
        return Some(output);
    }
    match program {
        "alias" => {
            for field in arguments {
                let prefix = field.prefix();
                if let Some(end) = prefix.find('=') {
                    let value = vec![field.after(end + 1)];
                    walk.aliases.insert(prefix[..end].to_owned(), value);
                }
            }
        }
        "shopt" => {
            if arguments.iter().any(|it| it.prefix() == "expand_aliases") {
                walk.assign("expand_aliases", Field::known("1"), false);
                expand_known_aliases(walk, stdin);
            }
        }
        "set" => set(walk, arguments),
        "export" | "declare" | "typeset" | "local" | "readonly" => {
            for field in arguments {
                walk.assignment_argument(field, true);
                indices(walk, field);
            }
        }
        "read" | "mapfile" | "readarray" => read(walk, program, arguments, stdin),
        "let" | "unset" | "test" | "[" => {
            for field in arguments {
                indices(walk, field);
            }
        }
        _ => return None,
    }
    Some(silent())
}

/// Follows a builtin that carries out a text.
fn carrying(
    walk: &mut Walk<'_>,
    program: &str,
    arguments: &[Field],
    stdin: &Stream,
) -> Option<Stream> {
    let nothing = Stream::default();
    match program {
        "eval" => {
            let dashes = arguments.first().is_some_and(|it| it.prefix() == "--");
            let code = &arguments[usize::from(dashes)..];
            Some(walk.carry_out_fields(code, "eval", stdin))
        }
        "source" | "." => source(walk, program, arguments, stdin),
        "trap" => {
            let parsed = getopt::leading(arguments, &Spec::NONE);
            let code = parsed.operands.first()?.clone();
            walk.carry_out_fields(&[code], "trap", &nothing);
            Some(silent())
        }
        "hash" => {
            let spec = Spec::new("p", &[]);
            for path in getopt::leading(arguments, &spec).values(&["p"]) {
                walk.run_within("hash -p", &[path], &nothing);
            }
            Some(silent())
        }
        "complete" | "bind" => {
            let spec = Spec::new("CxF", &[]);
            for code in getopt::leading(arguments, &spec).values(&["C", "x"]) {
                walk.carry_out_fields(&[code], program, &nothing);
            }
            Some(silent())
        }
        _ => None,
    }
}

fn source(
    walk: &mut Walk<'_>,
    program: &str,
    arguments: &[Field],
    stdin: &Stream,
) -> Option<Stream> {
    let operands = match arguments.split_first() {
        Some((first, rest)) if first.prefix() == "--" => rest,
        _ => arguments,
    };
    let file = operands.first()?;
    let content = walk.read_file(file, stdin);
    let bound = (operands.len() > 1).then(|| operands.to_vec());
    let bound = bound.or_else(|| walk.arguments.clone());
    Some(walk.carry_out(&content, program, bound, stdin))
}

/// Aliases hold from the next line on; they are followed as if they were used.
fn expand_known_aliases(walk: &mut Walk<'_>, stdin: &Stream) {
    let values: Vec<Vec<Field>> = walk.aliases.values().cloned().collect();
    for value in values {
        walk.carry_out_fields(&value, "alias", stdin);
    }
}

/// `set -- a b` gives new arguments.
fn set(walk: &mut Walk<'_>, arguments: &[Field]) {
    let from = arguments
        .iter()
        .position(|it| it.prefix() == "--")
        .map(|at| at + 1)
        .or_else(|| {
            let first = arguments.first()?;
            (!first.prefix().starts_with(['-', '+'])).then_some(0)
        });
    if let Some(from) = from {
        let mut all = vec![Field::known("bash")];
        all.extend_from_slice(&arguments[from..]);
        walk.arguments = Some(all);
    }
}

/// An index in a variable's name is arithmetic, and may hold a substitution.
fn indices(walk: &mut Walk<'_>, field: &Field) {
    if let Some(text) = field.text()
        && text.contains('[')
    {
        walk.substitutions_of(&text);
    }
}

/// Gives the variables that are read what may be in the input.
fn read(walk: &mut Walk<'_>, program: &str, arguments: &[Field], stdin: &Stream) {
    let letters = if program == "read" {
        "adinNptu"
    } else {
        "dnOsuCc"
    };
    let spec = Spec::new(letters, &[]);
    let parsed = getopt::leading(arguments, &spec);
    if program != "read" {
        for code in parsed.values(&["C"]) {
            walk.carry_out_fields(&[code], "mapfile -C", &Stream::default());
        }
    }
    let mut names: Vec<String> = parsed.operands.iter().filter_map(Field::text).collect();
    if program == "read" {
        names.extend(parsed.values(&["a"]).iter().filter_map(Field::text));
    }
    if names.is_empty() {
        names.push(
            if program == "read" {
                "REPLY"
            } else {
                "MAPFILE"
            }
            .to_owned(),
        );
    }
    let several = names.len() > 1;
    if program != "read"
        && let [text] = stdin.texts.as_slice()
    {
        let lines = text.lines().take(32).map(Field::known).collect();
        walk.lists.insert(names[0].clone(), lines);
    }
    for (n, name) in names.iter().enumerate() {
        indices(walk, &Field::known(name.clone()));
        if stdin.texts.is_empty() {
            walk.assign(name, Field::hole(stdin.origin), false);
        }
        for text in stdin.texts.clone() {
            for line in text.lines().take(8) {
                let value = if several {
                    let word = line.split_whitespace().nth(n).unwrap_or_default();
                    word.to_owned()
                } else {
                    line.trim().to_owned()
                };
                walk.assign(name, Field::known(value), false);
            }
        }
    }
}
