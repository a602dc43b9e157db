//! The pieces of one word: quotes, expansions and substitutions, found in one pass without running anything.

use super::nest;

/// A piece of a word as written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Piece {
    /// Text after quote removal.
    Text { text: String, quoted: bool },
    /// A parameter: `$x` or what stands between `${` and `}`.
    Parameter { source: String, quoted: bool },
    /// A command whose output is put here.
    Command { source: String, quoted: bool },
    /// The inside of `$(( ))` or `$[ ]`.
    Arithmetic { source: String },
    /// A command that stands behind a path: `<( )` or `>( )`.
    Process { source: String, output: bool },
    /// `~` or `~name` at the start.
    Tilde,
}

/// The pieces of a text.
#[derive(Debug, Default)]
pub(crate) struct Pieces {
    pub(crate) pieces: Vec<Piece>,
    /// Whether something was opened and never closed.
    pub(crate) broken: bool,
}

/// How the text is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    /// As a word of a command.
    Word,
    /// As inside double quotes.
    DoubleQuoted,
    /// As the body of a here-document whose word is not quoted.
    HereDoc,
}

/// Reads a text as pieces.
pub(crate) fn pieces(text: &str, mode: Mode) -> Pieces {
    let chars: Vec<char> = text.chars().collect();
    let mut reader = Reader {
        chars: &chars,
        at: 0,
        out: Pieces::default(),
    };
    match mode {
        Mode::Word => reader.word(),
        Mode::DoubleQuoted | Mode::HereDoc => {
            reader.double_quoted(mode == Mode::DoubleQuoted, chars.len());
        }
    }
    reader.out
}

struct Reader<'a> {
    chars: &'a [char],
    at: usize,
    out: Pieces,
}

impl Reader<'_> {
    fn peek(&self, ahead: usize) -> Option<char> {
        self.chars.get(self.at + ahead).copied()
    }

    fn text(&mut self, text: &str, quoted: bool) {
        if let Some(Piece::Text {
            text: last,
            quoted: was,
        }) = self.out.pieces.last_mut()
            && *was == quoted
        {
            last.push_str(text);
            return;
        }
        self.out.pieces.push(Piece::Text {
            text: text.to_owned(),
            quoted,
        });
    }

    fn slice(&self, from: usize, to: usize) -> String {
        self.chars[from.min(to)..to].iter().collect()
    }

    fn word(&mut self) {
        if self.peek(0) == Some('~') {
            self.out.pieces.push(Piece::Tilde);
            self.at += 1;
        }
        while let Some(c) = self.peek(0) {
            match c {
                '\\' => self.escape(),
                '\'' => self.single_quoted(),
                '"' => {
                    self.at += 1;
                    self.quoted_run();
                }
                '$' => self.dollar(false),
                '`' => self.backticks(false),
                '<' | '>' if self.peek(1) == Some('(') => self.process(c == '>'),
                _ => {
                    self.text(c.encode_utf8(&mut [0; 4]), false);
                    self.at += 1;
                }
            }
        }
    }

    fn escape(&mut self) {
        match self.peek(1) {
            Some('\n') => {}
            Some(next) => self.text(next.encode_utf8(&mut [0; 4]), true),
            None => self.text("\\", true),
        }
        self.at += 2;
    }

    fn single_quoted(&mut self) {
        let from = self.at + 1;
        let end = (from..self.chars.len()).find(|&i| self.chars[i] == '\'');
        self.out.broken |= end.is_none();
        let end = end.unwrap_or(self.chars.len());
        let inside = self.slice(from, end);
        self.text(&inside, true);
        self.at = end + 1;
    }

    /// From after the opening quote to after the closing one.
    fn quoted_run(&mut self) {
        self.text("", true);
        let end = nest::end_of_double_quotes(self.chars, self.at);
        self.out.broken |= end.is_none();
        let end = end.unwrap_or(self.chars.len());
        self.double_quoted(true, end);
        self.at = end + 1;
    }

    fn double_quoted(&mut self, quotes_escape: bool, end: usize) {
        while self.at < end {
            match self.chars[self.at] {
                '\\' => {
                    let next = self.peek(1).filter(|_| self.at + 1 < end);
                    match next {
                        Some('\n') => {}
                        Some(next @ ('$' | '`' | '\\')) => {
                            self.text(next.encode_utf8(&mut [0; 4]), true);
                        }
                        Some('"') if quotes_escape => self.text("\"", true),
                        Some(next) => {
                            self.text("\\", true);
                            self.text(next.encode_utf8(&mut [0; 4]), true);
                        }
                        None => self.text("\\", true),
                    }
                    self.at += 2;
                }
                '$' => self.dollar(true),
                '`' => self.backticks(true),
                c => {
                    self.text(c.encode_utf8(&mut [0; 4]), true);
                    self.at += 1;
                }
            }
        }
    }

    fn dollar(&mut self, quoted: bool) {
        match self.peek(1) {
            Some('(') if self.peek(2) == Some('(') => self.arithmetic_or_command(quoted),
            Some('(') => {
                let source = self.enclosed(2, nest::end_of_command);
                self.out.pieces.push(Piece::Command { source, quoted });
            }
            Some('{') => {
                let source = self.enclosed(2, nest::end_of_braces);
                self.out.pieces.push(Piece::Parameter { source, quoted });
            }
            Some('[') => {
                let source = self.enclosed(2, nest::end_of_brackets);
                self.out.pieces.push(Piece::Arithmetic { source });
            }
            Some('\'') if !quoted => self.ansi_c(),
            Some('"') if !quoted => self.at += 1,
            Some(c) if c.is_ascii_digit() || "@*#?-$!".contains(c) => {
                self.parameter(1, quoted);
            }
            Some(c) if c.is_ascii_alphabetic() || c == '_' => {
                let length = (self.at + 1..self.chars.len())
                    .take_while(|&i| self.chars[i].is_ascii_alphanumeric() || self.chars[i] == '_')
                    .count();
                self.parameter(length, quoted);
            }
            _ => {
                self.text("$", quoted);
                self.at += 1;
            }
        }
    }

    fn parameter(&mut self, length: usize, quoted: bool) {
        let source = self.slice(self.at + 1, self.at + 1 + length);
        self.out.pieces.push(Piece::Parameter { source, quoted });
        self.at += 1 + length;
    }

    fn arithmetic_or_command(&mut self, quoted: bool) {
        let end = nest::end_of_command(self.chars, self.at + 2);
        let is_arithmetic = end.is_some_and(|end| {
            self.chars[end - 1] == ')'
                && nest::end_of_command(self.chars, self.at + 3) == Some(end - 1)
        });
        if is_arithmetic {
            let inside = self.enclosed(2, nest::end_of_command);
            let source = inside[1..inside.len() - 1].to_owned();
            self.out.pieces.push(Piece::Arithmetic { source });
        } else {
            let source = self.enclosed(2, nest::end_of_command);
            self.out.pieces.push(Piece::Command { source, quoted });
        }
    }

    /// The text between an opening of `opening` characters and its end; moves behind the end.
    fn enclosed(&mut self, opening: usize, end_of: fn(&[char], usize) -> Option<usize>) -> String {
        let from = self.at + opening;
        let end = end_of(self.chars, from);
        self.out.broken |= end.is_none();
        let end = end.unwrap_or(self.chars.len());
        self.at = end + 1;
        self.slice(from, end)
    }

    fn process(&mut self, output: bool) {
        let source = self.enclosed(2, nest::end_of_command);
        self.out.pieces.push(Piece::Process { source, output });
    }

    fn backticks(&mut self, quoted: bool) {
        let from = self.at + 1;
        let end = nest::end_of_backticks(self.chars, from);
        self.out.broken |= end.is_none();
        let end = end.unwrap_or(self.chars.len());
        let mut source = String::new();
        let mut i = from;
        while i < end {
            let next = self.chars.get(i + 1).copied().filter(|_| i + 1 < end);
            match (self.chars[i], next) {
                ('\\', Some(c)) if "$`\\".contains(c) || (quoted && c == '"') => {
                    source.push(c);
                    i += 2;
                }
                (c, _) => {
                    source.push(c);
                    i += 1;
                }
            }
        }
        self.at = end + 1;
        self.out.pieces.push(Piece::Command { source, quoted });
    }

    fn ansi_c(&mut self) {
        let from = self.at + 2;
        let mut end = from;
        while end < self.chars.len() && self.chars[end] != '\'' {
            end += if self.chars[end] == '\\' { 2 } else { 1 };
        }
        self.out.broken |= end >= self.chars.len();
        let end = end.min(self.chars.len());
        let decoded = super::escape::ansi_c(&self.slice(from, end));
        self.text(&decoded, true);
        self.at = end + 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> String {
        let read = pieces(text, Mode::Word);
        let mut out: Vec<String> = read
            .pieces
            .iter()
            .map(|piece| match piece {
                Piece::Text { text, quoted } => {
                    format!("{}{text}", if *quoted { "q:" } else { "" })
                }
                Piece::Parameter { source, .. } => format!("${{{source}}}"),
                Piece::Command { source, .. } => format!("$({source})"),
                Piece::Arithmetic { source } => format!("(({source}))"),
                Piece::Process { source, .. } => format!("<({source})"),
                Piece::Tilde => "~".to_owned(),
            })
            .collect();
        if read.broken {
            out.push("BROKEN".to_owned());
        }
        out.join("|")
    }

    #[test]
    fn words_fall_into_pieces_as_the_shell_reads_them() {
        for (text, want) in [
            (r#"r"m""#, "r|q:m"),
            (r"\r\m", "q:rm"),
            ("$'\\x72m'", "q:rm"),
            ("''", "q:"),
            ("a$b-c", "a|${b}|-c"),
            ("\"x $(e \"f)\") y\"", "q:x |$(e \"f)\")|q: y"),
            (
                "$(case x in x) sudo id;; esac)z",
                "$(case x in x) sudo id;; esac)|z",
            ),
            ("$(( (1+2)*3 ))", "(( (1+2)*3 ))"),
            ("$( (a); (b) )", "$( (a); (b) )"),
            ("$((a); (b))", "$((a); (b))"),
            ("`a \\`b\\``", "$(a `b`)"),
            ("${x:-$(a })}b", "${x:-$(a })}|b"),
            ("~/x", "~|/x"),
            ("<(a b)", "<(a b)"),
            ("$", "$"),
            ("$\"x\"", "q:x"),
            ("$(a # it's )\n)", "$(a # it's )\n)"),
            ("$(cat <<E\n)\nE\n)", "$(cat <<E\n)\nE\n)"),
            ("'a", "q:a|BROKEN"),
            ("$(a", "$(a)|BROKEN"),
        ] {
            assert_eq!(shown(text), want, "{text}");
        }
    }
}
