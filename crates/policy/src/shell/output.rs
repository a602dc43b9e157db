//! What simple programs print, worked out where their input is known, and what they put into files.

use super::escape;
use super::getopt::{self, Spec};
use super::value::{Field, Stream};
use super::walk::{Walk, silent};

/// What a program prints; `None` if it is none of those that are known.
pub(crate) fn of(
    walk: &mut Walk<'_>,
    program: &str,
    arguments: &[Field],
    stdin: &Stream,
) -> Option<Stream> {
    match program {
        "echo" => Some(echo(walk, arguments)),
        "printf" => Some(printf(walk, arguments)),
        "cat" | "tac" | "head" | "tail" | "zcat" | "bat" | "dd" => {
            Some(cat(walk, program, arguments, stdin))
        }
        "tee" | "sponge" => Some(tee(walk, arguments, stdin)),
        "curl" | "wget" | "fetch" | "aria2c" | "http" | "https" => {
            Some(fetched(walk, program, arguments))
        }
        "which" | "type" | "whereis" => Some(located(walk, arguments)),
        "command"
            if arguments
                .first()
                .is_some_and(|it| matches!(it.prefix().as_str(), "-v" | "-V")) =>
        {
            Some(located(walk, &arguments[1..]))
        }
        "basename" => {
            let names = arguments.first()?.text()?;
            let name = names.trim_end_matches('/').rsplit('/').next()?.to_owned();
            Some(Stream::of_texts(vec![name + "\n"], 0))
        }
        "base64" | "gbase64" | "openssl" => decoded(arguments, stdin, base64),
        "base32" => None,
        "xxd" => decoded(arguments, stdin, hex),
        "rev" => Some(mapped(stdin, |text| {
            text.lines()
                .map(|line| line.chars().rev().collect::<String>() + "\n")
                .collect()
        })),
        "tr" => translate(arguments, stdin),
        "sed" => replace(arguments, stdin),
        _ => None,
    }
}

/// Notes what a copy or a move puts where.
pub(crate) fn copied(walk: &mut Walk<'_>, program: &str, arguments: &[Field]) {
    if !matches!(program, "cp" | "mv" | "ln") {
        return;
    }
    let operands = getopt::anywhere(arguments, &Spec::NONE).operands;
    if let [from, to] = operands.as_slice()
        && let Some(to) = to.text()
    {
        let content = walk.read_file(from, &Stream::default());
        if content.origin != 0 || !content.texts.is_empty() {
            walk.write_file(&to, &content);
        }
    }
}

fn mapped(stdin: &Stream, change: impl Fn(&str) -> String) -> Stream {
    let texts = stdin.texts.iter().map(|text| change(text)).collect();
    Stream::of_texts(texts, stdin.origin)
}

fn known(arguments: &[Field]) -> Option<Vec<String>> {
    arguments.iter().map(Field::text).collect()
}

fn echo(walk: &mut Walk<'_>, arguments: &[Field]) -> Stream {
    let origin = walk.origin_of(arguments);
    let Some(words) = known(arguments) else {
        return Stream::unknown(origin);
    };
    let options = words
        .iter()
        .take_while(|it| {
            it.len() > 1 && it.starts_with('-') && it[1..].chars().all(|c| "neE".contains(c))
        })
        .count();
    let decodes = words[..options].iter().any(|it| it.contains('e'));
    let text = words[options..].join(" ");
    let text = if decodes { escape::printf(&text) } else { text };
    Stream::of_texts(vec![text + "\n"], origin)
}

fn printf(walk: &mut Walk<'_>, arguments: &[Field]) -> Stream {
    let origin = walk.origin_of(arguments);
    let spec = Spec::new("v", &[]);
    let parsed = getopt::leading(arguments, &spec);
    let stream = known(parsed.operands).and_then(|words| {
        let (format, values) = words.split_first()?;
        Some(Stream::of_texts(vec![formatted(format, values)?], origin))
    });
    let stream = stream.unwrap_or_else(|| Stream::unknown(origin));
    let Some(name) = parsed.values(&["v"]).first().and_then(Field::text) else {
        return stream;
    };
    walk.substitutions_of(&name);
    match stream.texts.first() {
        Some(text) => walk.assign(&name, Field::known(text.clone()), false),
        None => walk.assign(&name, Field::hole(origin), false),
    }
    silent()
}

/// The format with its values, again and again until all are used.
fn formatted(format: &str, values: &[String]) -> Option<String> {
    let mut values = values.iter();
    let mut out = String::new();
    loop {
        let left = values.len();
        let mut chars = format.chars().peekable();
        let mut literal = String::new();
        while let Some(c) = chars.next() {
            if c != '%' {
                literal.push(c);
                if c == '\\' {
                    literal.extend(chars.next());
                }
                continue;
            }
            out.push_str(&escape::printf(&std::mem::take(&mut literal)));
            while chars.next_if(|c| "-+ #0123456789.".contains(*c)).is_some() {}
            match chars.next()? {
                '%' => out.push('%'),
                's' | 'd' | 'i' | 'u' => out.push_str(values.next().map_or("", String::as_str)),
                'c' => out.extend(values.next().and_then(|it| it.chars().next())),
                'b' => out.push_str(&escape::printf(values.next().map_or("", String::as_str))),
                'q' => out.push_str(values.next().map_or("''", String::as_str)),
                _ => return None,
            }
        }
        out.push_str(&escape::printf(&literal));
        if values.len() == 0 || values.len() == left || out.len() > 8192 {
            return Some(out);
        }
    }
}

fn cat(walk: &mut Walk<'_>, program: &str, arguments: &[Field], stdin: &Stream) -> Stream {
    let spec = Spec::new("nc", &["lines", "bytes"]);
    let parsed = match program {
        "cat" | "tac" => getopt::anywhere(arguments, &Spec::NONE),
        _ => getopt::anywhere(arguments, &spec),
    };
    let mut out: Option<Stream> = None;
    for file in &parsed.operands {
        let content = walk.read_file(file, stdin);
        out = Some(out.map_or(content.clone(), |it| it.then(&content)));
    }
    let out = out.unwrap_or_else(|| stdin.clone());
    let changes = program != "cat" || !parsed.options.is_empty();
    let many_lines = out.texts.iter().any(|text| text.lines().count() > 1);
    if program == "dd" {
        return Stream::unknown(stdin.origin);
    }
    if changes && many_lines {
        // Every line by itself, and all of them: a part of the text is never less than one line.
        let mut texts: Vec<String> = out
            .texts
            .iter()
            .flat_map(|text| text.lines().map(|line| format!("{line}\n")))
            .collect();
        texts.extend(out.texts.iter().cloned());
        return Stream::of_texts(texts, out.origin);
    }
    out
}

fn tee(walk: &mut Walk<'_>, arguments: &[Field], stdin: &Stream) -> Stream {
    let files = getopt::anywhere(arguments, &Spec::NONE).operands;
    for file in files.iter().filter_map(Field::text) {
        walk.write_file(&file, stdin);
    }
    stdin.clone()
}

/// Notes the files that a fetcher writes.
fn fetched(walk: &mut Walk<'_>, program: &str, arguments: &[Field]) -> Stream {
    let origin = walk.denied.produced_by(&[Field::known(program)]);
    let spec = match program {
        "wget" => Spec::new(
            "oaeitTOPUlADIXRwQ",
            &[
                "output-document",
                "output-file",
                "directory-prefix",
                "header",
                "tries",
                "timeout",
                "user-agent",
            ],
        ),
        "aria2c" => Spec::new("dojxs", &["out", "dir"]),
        _ => Spec::new(
            "oHdXAebuUmFTxrCcDEKPQtwyYz",
            &[
                "output",
                "header",
                "data",
                "request",
                "user-agent",
                "user",
                "max-time",
                "retry",
                "cookie",
                "form",
            ],
        ),
    };
    let parsed = getopt::anywhere(arguments, &spec);
    let named = |names: &[&str]| -> Vec<String> {
        let values = parsed.values(names);
        values.iter().filter_map(Field::text).collect()
    };
    let by_name = match program {
        "wget" => named(&["O", "output-document"]),
        "aria2c" => named(&["o", "out"]),
        _ => named(&["o", "output"]),
    };
    let keeps_name = matches!(program, "wget" | "fetch" | "aria2c")
        || parsed
            .options
            .iter()
            .any(|it| matches!(it.name.as_str(), "O" | "remote-name" | "remote-name-all"));
    let content = Stream::unknown(origin);
    for file in &by_name {
        walk.write_file(file, &content);
    }
    if keeps_name && by_name.is_empty() {
        for url in parsed.operands.iter().filter_map(Field::text) {
            let path = url.split(['?', '#']).next().unwrap_or_default();
            let name = path.rsplit('/').next().unwrap_or_default();
            let name = if name.is_empty() { "index.html" } else { name };
            walk.write_file(name, &content);
        }
    }
    Stream::unknown(origin | walk.origin_of(arguments))
}

fn located(walk: &mut Walk<'_>, arguments: &[Field]) -> Stream {
    let operands = getopt::anywhere(arguments, &Spec::NONE).operands;
    match known(&operands) {
        Some(names) => Stream::of_texts(vec![names.join("\n") + "\n"], 0),
        None => Stream::unknown(walk.origin_of(arguments)),
    }
}

fn decoded(
    arguments: &[Field],
    stdin: &Stream,
    decode: fn(&str) -> Option<String>,
) -> Option<Stream> {
    let words = known(arguments)?;
    let decodes = words.iter().any(|it| {
        matches!(
            it.as_str(),
            "-d" | "-D" | "--decode" | "-di" | "-r" | "-rp" | "-pr" | "-ps"
        ) || (it.len() > 3 && "--decode".starts_with(it.as_str()))
    });
    if !decodes {
        return None;
    }
    let texts: Option<Vec<String>> = stdin.texts.iter().map(|text| decode(text)).collect();
    Some(match texts {
        Some(texts) if !texts.is_empty() => Stream::of_texts(texts, stdin.origin),
        _ => Stream::unknown(stdin.origin),
    })
}

fn base64(text: &str) -> Option<String> {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut bits: u32 = 0;
    let mut count = 0;
    let mut bytes = Vec::new();
    for byte in text
        .bytes()
        .filter(|it| !it.is_ascii_whitespace() && *it != b'=')
    {
        let digit = DIGITS.iter().position(|it| *it == byte)?;
        bits = (bits << 6) | u32::try_from(digit).ok()?;
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push(((bits >> count) & 0xff) as u8);
        }
    }
    String::from_utf8(bytes).ok()
}

fn hex(text: &str) -> Option<String> {
    let digits: Vec<u32> = text.chars().filter_map(|c| c.to_digit(16)).collect();
    let bytes = digits
        .chunks_exact(2)
        .map(|pair| u8::try_from(pair[0] * 16 + pair[1]))
        .collect::<Result<Vec<u8>, _>>()
        .ok()?;
    String::from_utf8(bytes).ok()
}

fn translate(arguments: &[Field], stdin: &Stream) -> Option<Stream> {
    let words = known(arguments)?;
    match words
        .iter()
        .map(String::as_str)
        .collect::<Vec<_>>()
        .as_slice()
    {
        ["-d", from] => {
            let from = set(from);
            Some(mapped(stdin, |text| {
                text.chars().filter(|c| !from.contains(c)).collect()
            }))
        }
        [from, to] if !from.starts_with('-') => {
            let (from, to) = (set(from), set(to));
            let last = *to.last()?;
            Some(mapped(stdin, |text| {
                text.chars()
                    .map(|c| match from.iter().position(|it| *it == c) {
                        Some(at) => to.get(at).copied().unwrap_or(last),
                        None => c,
                    })
                    .collect()
            }))
        }
        _ => None,
    }
}

/// The characters of one of `tr`'s sets.
fn set(text: &str) -> Vec<char> {
    let text = text
        .replace("[:lower:]", "a-z")
        .replace("[:upper:]", "A-Z")
        .replace("[:digit:]", "0-9")
        .replace("[:space:]", " \t\n");
    let chars: Vec<char> = escape::printf(&text).chars().collect();
    let mut out = Vec::new();
    let mut at = 0;
    while at < chars.len() {
        if chars.get(at + 1) == Some(&'-') && at + 2 < chars.len() && chars[at] <= chars[at + 2] {
            out.extend((chars[at]..=chars[at + 2]).take(256));
            at += 3;
        } else {
            out.push(chars[at]);
            at += 1;
        }
    }
    out
}

/// `s/literal/literal/` and nothing else.
fn replace(arguments: &[Field], stdin: &Stream) -> Option<Stream> {
    let words = known(arguments)?;
    let script = match words.as_slice() {
        [script] => script,
        [option, script] if option == "-e" => script,
        _ => return None,
    };
    let mark = script.strip_prefix('s')?.chars().next()?;
    let pieces: Vec<&str> = script[1 + mark.len_utf8()..].split(mark).collect();
    let [from, to, flags] = pieces.as_slice() else {
        return None;
    };
    let is_literal =
        |text: &str| !text.contains(['\\', '*', '.', '[', '^', '$', '&', '+', '?', '(']);
    if !is_literal(from) || !is_literal(to) || from.is_empty() {
        return None;
    }
    match *flags {
        "g" => Some(mapped(stdin, |text| text.replace(from, to))),
        "" => Some(mapped(stdin, |text| {
            text.split_inclusive('\n')
                .map(|line| line.replacen(from, to, 1))
                .collect()
        })),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn simple_programs_are_worked_out() {
        assert_eq!(
            formatted("r%s -rf\\n", &["m".to_owned()]).as_deref(),
            Some("rm -rf\n")
        );
        assert_eq!(
            formatted("%s ", &["a".to_owned(), "b".to_owned()]).as_deref(),
            Some("a b ")
        );
        assert_eq!(formatted("\\162\\155", &[]).as_deref(), Some("rm"));
        assert_eq!(base64("cm0gLXJmIGJ1aWxk").as_deref(), Some("rm -rf build"));
        assert_eq!(hex("726d").as_deref(), Some("rm"));
        assert_eq!(set("n-za-m").len(), 26);
    }
}
