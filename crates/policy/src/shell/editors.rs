//! Editors, stream editors and database shells that carry out commands on request.

use super::getopt::{self, Spec};
use super::value::{Field, Stream};
use super::walk::Walk;

/// Follows what such a program carries out; `None` if the program is none.
pub(crate) fn run(
    walk: &mut Walk<'_>,
    program: &str,
    arguments: &[Field],
    stdin: &Stream,
) -> Option<Stream> {
    match program {
        "vim" | "vi" | "nvim" | "view" | "ex" | "gvim" | "vimdiff" => {
            let options = ["-c", "--cmd", "-S", "-s", "-sc", "-esc", "-Esc", "-ec"];
            for text in texts_after(arguments, &options, "+") {
                escapes(walk, program, &text);
            }
            lines(walk, program, stdin);
        }
        "ed" | "red" => lines(walk, program, stdin),
        "less" | "more" | "most" => {
            for text in texts_after(arguments, &[], "+") {
                escapes(walk, program, &text);
            }
        }
        "sed" | "gsed" => {
            let spec = Spec::new("efl", &["expression", "file", "line-length"]);
            let parsed = getopt::anywhere(arguments, &spec);
            let mut scripts = parsed.values(&["e", "expression"]);
            if scripts.is_empty() {
                scripts.extend(parsed.operands.first().cloned());
            }
            for text in scripts.iter().filter_map(Field::text) {
                sed_script(walk, &text);
            }
        }
        "sqlite3" | "psql" | "mysql" | "mariadb" | "ftp" | "sftp" | "lftp" | "mutt" => {
            for field in arguments {
                if let Some(text) = field.text() {
                    escapes(walk, program, &text);
                }
            }
            lines(walk, program, stdin);
        }
        _ => return None,
    }
    Some(Stream::unknown(stdin.origin))
}

/// The values of options, and what stands attached to a sign.
fn texts_after(arguments: &[Field], options: &[&str], sign: &str) -> Vec<String> {
    let mut texts: Vec<String> = arguments
        .windows(2)
        .filter(|pair| options.contains(&pair[0].prefix().as_str()))
        .filter_map(|pair| pair[1].text())
        .collect();
    texts.extend(arguments.iter().filter_map(|it| {
        let text = it.text()?;
        text.strip_prefix(sign).map(str::to_owned)
    }));
    texts
}

/// Follows every line of known input.
fn lines(walk: &mut Walk<'_>, program: &str, stdin: &Stream) {
    for text in stdin.texts.clone() {
        let all: Vec<&str> = text.lines().collect();
        for line in walk.first(&all, 200) {
            escapes(walk, program, line);
        }
    }
}

/// Follows a request to carry out a command: `!cmd`, `:!cmd`, `.shell cmd`, `\! cmd`, `system("cmd")`.
fn escapes(walk: &mut Walk<'_>, program: &str, text: &str) {
    let trimmed = text.trim_start_matches([':', ' ', '%', ',', '$', '.', '1', '+']);
    let code = trimmed
        .strip_prefix("silent")
        .map_or(trimmed, |rest| rest.trim_start_matches(['!', ' ']));
    let silenced = code.len() != trimmed.len();
    let found = code
        .strip_prefix('!')
        .or_else(|| silenced.then_some(code))
        .or_else(|| code.strip_prefix("r !"))
        .or_else(|| code.strip_prefix("r!"))
        .or_else(|| code.strip_prefix("w !"))
        .or_else(|| code.strip_prefix("read !"))
        .or_else(|| code.strip_prefix("shell "))
        .or_else(|| code.strip_prefix("system "))
        .or_else(|| code.strip_prefix("\\!"));
    if let Some(code) = found {
        walk.within(program, code, &Stream::default());
    }
    for call in ["system(", "systemlist(", "termopen(", "jobstart("] {
        let Some(at) = text.find(call) else {
            continue;
        };
        let inside = &text[at + call.len()..];
        let quote = inside.chars().next().filter(|c| "'\"".contains(*c));
        if let Some(quote) = quote
            && let Some(end) = inside[1..].find(quote)
        {
            walk.within(program, &inside[1..=end], &Stream::default());
        }
    }
}

/// Follows sed's `e` command, and the `e` flag with its replacement.
fn sed_script(walk: &mut Walk<'_>, script: &str) {
    for command in script.split([';', '\n', '{']) {
        let command = command
            .trim()
            .trim_start_matches(|c: char| c.is_ascii_digit() || "$,~!+ ".contains(c));
        let command = match command.strip_prefix('/') {
            Some(rest) => rest.split_once('/').map_or("", |(_, rest)| rest).trim(),
            None => command,
        };
        if let Some(code) = command.strip_prefix("e ") {
            walk.within("sed e", code, &Stream::default());
        }
    }
    let substitution = script.split_once('s').map(|(_, rest)| rest);
    let mark = substitution
        .and_then(|it| it.chars().next())
        .filter(|c| !c.is_alphanumeric());
    if let (Some(rest), Some(mark)) = (substitution, mark) {
        let pieces: Vec<&str> = rest[mark.len_utf8()..].split(mark).collect();
        if let [_, with, flags] = pieces.as_slice()
            && flags
                .split([';', ' ', '}'])
                .next()
                .is_some_and(|it| it.contains('e'))
        {
            walk.within("sed s///e", with, &Stream::default());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Answer, CommandRules};

    #[test]
    fn letters_of_more_than_one_byte_do_not_hide_what_sed_carries_out() {
        let rules = CommandRules::compile(&[], &["rm -rf".to_owned()]).expect("good rules");
        for (script, want) in [
            ("és/€", Answer::Ask),
            ("s€a€b", Answer::Ask),
            ("/é/s/a/rm -rf x/e", Answer::Deny),
            ("s€a€rm -rf x€e", Answer::Deny),
        ] {
            let verdict = rules.judge_command(&format!("sed '{script}' f"));
            assert_eq!(verdict.answer, want, "{script}");
        }
        let verdict = rules.judge_command("sed --expr 's/a/rm -rf x/e' f");
        assert_eq!(verdict.answer, Answer::Deny);
    }
}
