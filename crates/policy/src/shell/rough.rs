//! A rough look at text that has no tree: whatever stands where a command could stand.
//!
//! Used only to find what is denied. It cuts at every operator outside of single quotes, and so sees more
//! commands than there are.

/// What could be a command.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Rough {
    pub(crate) words: Vec<String>,
    /// Whether it stands right behind a `|`.
    pub(crate) piped: bool,
}

/// The most characters that are looked at.
const CHARS_MAX: usize = 256 * 1024;

/// Everything that could be a command, in order.
pub(crate) fn commands(text: &str) -> Vec<Rough> {
    let mut reader = Reader::default();
    let mut chars = text.chars().take(CHARS_MAX).peekable();
    while let Some(c) = chars.next() {
        match c {
            _ if reader.single_quoted => match c {
                '\'' => reader.single_quoted = false,
                c => reader.letter(c),
            },
            '\'' if !reader.double_quoted => {
                reader.single_quoted = true;
                reader.in_word = true;
            }
            '"' => {
                reader.double_quoted = !reader.double_quoted;
                reader.in_word = true;
            }
            '\\' => {
                if let Some(next) = chars.next()
                    && next != '\n'
                {
                    reader.letter(next);
                }
            }
            '#' if !reader.in_word && !reader.double_quoted => {
                while chars.next_if(|c| *c != '\n').is_some() {}
            }
            '|' if !reader.double_quoted => {
                let is_pipe = chars.next_if_eq(&'|').is_none();
                reader.end_command(is_pipe);
            }
            ';' | '&' | '<' | '>' | ')' if !reader.double_quoted => reader.end_command(false),
            '(' | '`' => reader.end_command(false),
            '\n' => reader.end_command(false),
            ' ' | '\t' | '{' | '}' | '!' if !reader.double_quoted => reader.end_word(),
            c if is_odd(c) => reader.end_word(),
            c => reader.letter(c),
        }
    }
    reader.end_command(false);
    reader.commands
}

/// A stretch of text between operators.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Segment {
    pub(crate) text: String,
    /// Whether it stands right behind a `|`.
    pub(crate) piped: bool,
}

/// The text cut at the operators outside of quotes and substitutions, without the keywords of compound commands.
pub(crate) fn segments(text: &str) -> Vec<Segment> {
    let chars: Vec<char> = text.chars().take(SEGMENTS_MAX).collect();
    let mut segments = Vec::new();
    let mut from = 0;
    let mut at = 0;
    let mut piped = false;
    let mut push = |from: usize, to: usize, piped: bool| {
        let text: String = chars[from..to].iter().collect();
        let text = bare(&text).to_owned();
        if !text.is_empty() {
            segments.push(Segment { text, piped });
        }
    };
    while at < chars.len() {
        let redirects = at > 0 && matches!(chars[at - 1], '<' | '>');
        match chars[at] {
            ';' | '\n' | '(' | ')' => {}
            '&' | '|' if !redirects && chars.get(at + 1) != Some(&'>') => {}
            _ => {
                at = super::nest::behind(&chars, at);
                continue;
            }
        }
        push(from, at, piped);
        let doubled = chars.get(at + 1) == Some(&'|');
        piped = chars[at] == '|' && !doubled || (piped && chars[at] == '(');
        at += 1 + usize::from(chars[at] == '|' && doubled);
        from = at;
    }
    push(from.min(chars.len()), chars.len(), piped);
    segments
}

/// The most characters that are cut into segments.
const SEGMENTS_MAX: usize = 8 * 1024;

/// A segment without the keywords that it begins with.
fn bare(segment: &str) -> &str {
    const KEYWORDS: [&str; 15] = [
        "if", "then", "else", "elif", "do", "while", "until", "time", "coproc", "!", "{", "}",
        "fi", "done", "esac",
    ];
    let mut rest = segment.trim();
    loop {
        let word = rest.split_whitespace().next().unwrap_or_default();
        let is_case = word == "case" && rest.split_whitespace().nth(2) == Some("in");
        if !KEYWORDS.contains(&word) && !is_case {
            return rest;
        }
        let cut = if is_case {
            rest.find(" in ").map_or(rest.len(), |at| at + 4)
        } else {
            word.len()
        };
        rest = rest[cut..].trim_start();
    }
}

/// The text with the ends of its here-documents, if it breaks off inside of one.
pub(crate) fn completed(text: &str) -> Option<String> {
    let at = text.rfind("<<")?;
    let rest = text[at + 2..].trim_start_matches(['-', ' ', '\t']);
    let word = rest
        .split(|c: char| c.is_whitespace() || ";&|()<>".contains(c))
        .next()?;
    let word: String = word.chars().filter(|c| !"'\"\\".contains(*c)).collect();
    (!word.is_empty()).then(|| format!("{text}\n{word}\n"))
}

fn is_odd(c: char) -> bool {
    c == '\0' || c == '\u{feff}' || ('\u{200b}'..='\u{200f}').contains(&c)
}

#[derive(Default)]
struct Reader {
    commands: Vec<Rough>,
    current: Rough,
    word: String,
    in_word: bool,
    single_quoted: bool,
    double_quoted: bool,
}

impl Reader {
    fn letter(&mut self, c: char) {
        self.word.push(c);
        self.in_word = true;
    }

    fn end_word(&mut self) {
        const KEYWORDS: [&str; 11] = [
            "if", "then", "else", "elif", "do", "while", "until", "time", "fi", "done", "coproc",
        ];
        let word = std::mem::take(&mut self.word);
        let was_word = std::mem::take(&mut self.in_word);
        let begins = self.current.words.is_empty();
        let is_assignment = begins
            && word.split_once('=').is_some_and(|(name, _)| {
                !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
            });
        let skipped = begins && (KEYWORDS.contains(&word.as_str()) || is_assignment || word == "$");
        if was_word && !skipped {
            self.current.words.push(word);
        }
    }

    fn end_command(&mut self, piped: bool) {
        self.end_word();
        let next = Rough {
            words: Vec::new(),
            piped,
        };
        let command = std::mem::replace(&mut self.current, next);
        if !command.words.is_empty() {
            self.commands.push(command);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::commands;

    #[test]
    fn whatever_could_be_a_command_is_seen() {
        let lines = |text: &str| -> Vec<String> {
            commands(text).iter().map(|it| it.words.join(" ")).collect()
        };
        assert_eq!(lines("git status; sudo id )"), ["git status", "sudo id"]);
        assert_eq!(lines("a\n'b c' \"$(rm -rf x"), ["a", "b c $", "rm -rf x"]);
        assert_eq!(lines("if X=1 r\\m -rf x; fi"), ["rm -rf x"]);
        assert!(commands("curl x |  bash (")[1].piped);
    }
}
