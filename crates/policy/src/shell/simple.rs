//! Simple commands: assignments, redirections, words.

use brush_parser::ast;

use super::expand::combine;
use super::value::{Field, Origin, Part, Stream};
use super::walk::{Channel, Walk, silent};
use super::word::Mode;

/// Where the redirections of a command lead.
#[derive(Default)]
struct Led {
    stdin: Option<Stream>,
    /// Files that the output goes to instead of the pipe.
    files: Vec<String>,
    /// Whether the output still reaches the pipe.
    leaves: bool,
    /// Descriptors that are opened to be read.
    opened: Vec<(i32, Stream)>,
}

impl Walk<'_> {
    pub(crate) fn simple(&mut self, simple: &ast::SimpleCommand, stdin: &Stream) -> Stream {
        self.steps += 1;
        let channels_before = self.channels.len();
        let mut words: Vec<Vec<Vec<Field>>> = Vec::new();
        let mut redirects: Vec<&ast::IoRedirect> = Vec::new();
        let prefix = simple.prefix.iter().flat_map(|it| &it.0);
        for item in prefix {
            match item {
                ast::CommandPrefixOrSuffixItem::AssignmentWord(assignment, _) => {
                    self.assignment(assignment, simple.word_or_name.is_some());
                }
                ast::CommandPrefixOrSuffixItem::IoRedirect(redirect) => redirects.push(redirect),
                ast::CommandPrefixOrSuffixItem::Word(_)
                | ast::CommandPrefixOrSuffixItem::ProcessSubstitution(..) => {}
            }
        }
        if let Some(name) = &simple.word_or_name {
            words.push(self.expand_word(&name.value));
        }
        for item in simple.suffix.iter().flat_map(|it| &it.0) {
            match item {
                ast::CommandPrefixOrSuffixItem::Word(word)
                | ast::CommandPrefixOrSuffixItem::AssignmentWord(_, word) => {
                    words.push(self.expand_word(&word.value));
                }
                ast::CommandPrefixOrSuffixItem::IoRedirect(redirect) => redirects.push(redirect),
                ast::CommandPrefixOrSuffixItem::ProcessSubstitution(kind, list) => {
                    let field = self.channel(kind, list);
                    words.push(vec![vec![field]]);
                }
            }
        }
        let ways = words
            .iter()
            .fold(vec![Vec::new()], |ways, word| combine(ways, word));
        let led = self.lead(&redirects);
        let input = led.stdin.clone().unwrap_or_else(|| self.inherited(stdin));
        let mut output: Option<Stream> = None;
        for way in &ways {
            let of_way = self.run(way, &input);
            output = Some(output.map_or(of_way.clone(), |it| it.or(&of_way)));
        }
        let is_exec = ways.iter().any(|way| {
            way.len() <= 1
                && way
                    .first()
                    .and_then(Field::text)
                    .is_none_or(|it| it == "exec")
        });
        if is_exec {
            self.descriptors.extend(led.opened.iter().cloned());
        }
        let output = if ways.iter().all(Vec::is_empty) {
            // `$(<file)` is the file's content.
            led.stdin.clone().unwrap_or_else(silent)
        } else {
            output.unwrap_or_else(silent)
        };
        self.feed(channels_before, &output, &input);
        self.deliver(&led, output)
    }

    /// The standard input that a command has when nothing was said.
    fn inherited(&self, stdin: &Stream) -> Stream {
        match self.descriptors.get(&0) {
            Some(opened) if !stdin.given => opened.clone(),
            _ => stdin.clone(),
        }
    }

    /// Follows commands under redirections.
    pub(crate) fn redirected(
        &mut self,
        redirects: Option<&ast::RedirectList>,
        stdin: &Stream,
        follow: impl FnOnce(&mut Self, &Stream) -> Stream,
    ) -> Stream {
        let channels_before = self.channels.len();
        let redirects: Vec<&ast::IoRedirect> = redirects.iter().flat_map(|it| &it.0).collect();
        let led = self.lead(&redirects);
        let input = led.stdin.clone().unwrap_or_else(|| stdin.clone());
        let output = follow(self, &input);
        self.feed(channels_before, &output, &input);
        self.deliver(&led, output)
    }

    /// Lets the output reach the process substitutions that were opened for writing.
    fn feed(&mut self, from: usize, output: &Stream, input: &Stream) {
        for number in from..self.channels.len() {
            let channel = std::mem::replace(&mut self.channels[number], Channel::Done);
            let written = output.or(input);
            match channel {
                Channel::Write(source) => {
                    self.within(">( )", &source, &written);
                }
                Channel::WriteTree(list) => {
                    self.through.push(">( )".to_owned());
                    let group = ast::BraceGroupCommand {
                        loc: brush_parser::SourceSpan::default(),
                        list: *list,
                    };
                    let compound = ast::CompoundCommand::BraceGroup(group);
                    self.command(&ast::Command::Compound(compound, None), &written);
                    self.through.pop();
                }
                other @ (Channel::Read(_) | Channel::Done) => self.channels[number] = other,
            }
        }
    }

    fn deliver(&mut self, led: &Led, output: Stream) -> Stream {
        for file in &led.files {
            self.write_file(file, &output);
        }
        if led.files.is_empty() || led.leaves {
            output
        } else {
            silent()
        }
    }

    /// Notes what a file may hold from now on.
    pub(crate) fn write_file(&mut self, name: &str, content: &Stream) {
        let name = plain_path(name);
        let before = self.files.remove(name);
        let now = before.map_or(content.clone(), |it| it.or(content).or(&it.then(content)));
        if self.files.len() < 200 {
            self.files.insert(name.to_owned(), now);
        }
    }

    /// What a file holds, as far as the script itself put something there.
    pub(crate) fn read_file(&self, field: &Field, stdin: &Stream) -> Stream {
        if let [Part::Channel(number)] = field.parts.as_slice() {
            return match self.channels.get(*number) {
                Some(Channel::Read(stream)) => stream.clone(),
                _ => Stream::unknown(0),
            };
        }
        let Some(name) = field.text() else {
            return Stream::unknown(self.origin_of(std::slice::from_ref(field)));
        };
        if matches!(
            name.as_str(),
            "/dev/stdin" | "/dev/fd/0" | "/proc/self/fd/0" | "-"
        ) {
            return stdin.clone();
        }
        if let Some(number) = name.strip_prefix("/dev/fd/").and_then(|it| it.parse().ok()) {
            return self.descriptor(Some(number));
        }
        self.files
            .get(plain_path(&name))
            .cloned()
            .unwrap_or_else(|| Stream::unknown(0))
    }

    fn descriptor(&self, number: Option<i32>) -> Stream {
        match number {
            Some(number) if self.descriptors.contains_key(&number) => {
                self.descriptors[&number].clone()
            }
            _ => Stream::unknown(self.descriptors.values().fold(0, |all, it| all | it.origin)),
        }
    }

    fn channel(
        &mut self,
        kind: &ast::ProcessSubstitutionKind,
        list: &ast::SubshellCommand,
    ) -> Field {
        let channel = match kind {
            ast::ProcessSubstitutionKind::Read => {
                self.through.push("<( )".to_owned());
                let compound = ast::CompoundCommand::Subshell(list.clone());
                let command = ast::Command::Compound(compound, None);
                let stream = self.command(&command, &Stream::default());
                self.through.pop();
                Channel::Read(stream)
            }
            ast::ProcessSubstitutionKind::Write => Channel::WriteTree(Box::new(list.list.clone())),
        };
        self.channels.push(channel);
        Field {
            parts: vec![Part::Channel(self.channels.len() - 1)],
        }
    }

    fn lead(&mut self, redirects: &[&ast::IoRedirect]) -> Led {
        let mut led = Led::default();
        for redirect in redirects {
            match redirect {
                ast::IoRedirect::File(number, kind, target) => {
                    self.lead_file(*number, kind, target, &mut led);
                }
                ast::IoRedirect::HereDocument(number, document) => {
                    let body = &document.doc.value;
                    let texts = if document.requires_expansion {
                        self.expand_value(body, Mode::HereDoc)
                    } else {
                        vec![Field::known(body.clone())]
                    };
                    led.open(*number, self.stream_of(&texts, ""));
                }
                ast::IoRedirect::HereString(number, word) => {
                    let texts = self.expand_value(&word.value, Mode::Word);
                    led.open(*number, self.stream_of(&texts, "\n"));
                }
                ast::IoRedirect::OutputAndError(word, _) => {
                    for field in self.expand_value(&word.value, Mode::Word) {
                        led.write(&field);
                    }
                }
            }
        }
        led
    }

    fn lead_file(
        &mut self,
        number: Option<i32>,
        kind: &ast::IoFileRedirectKind,
        target: &ast::IoFileRedirectTarget,
        led: &mut Led,
    ) {
        use ast::IoFileRedirectKind as Kind;
        let fields = match target {
            ast::IoFileRedirectTarget::Filename(word)
            | ast::IoFileRedirectTarget::Duplicate(word) => {
                self.expand_value(&word.value, Mode::Word)
            }
            ast::IoFileRedirectTarget::ProcessSubstitution(kind, list) => {
                vec![self.channel(kind, list)]
            }
            ast::IoFileRedirectTarget::Fd(number) => vec![Field::known(number.to_string())],
        };
        for field in fields {
            match kind {
                Kind::Read | Kind::ReadAndWrite => {
                    let stream = self.read_file(&field, &Stream::unknown(0));
                    led.open(number, stream);
                }
                Kind::DuplicateInput => {
                    let number_of = field.text().and_then(|it| it.parse().ok());
                    led.open(number, self.descriptor(number_of));
                }
                Kind::Write | Kind::Append | Kind::Clobber if number.unwrap_or(1) == 1 => {
                    led.write(&field);
                }
                Kind::DuplicateOutput => {
                    let is_file = field.text().is_some_and(|it| it.parse::<i32>().is_err());
                    if is_file && field.text().as_deref() != Some("-") {
                        led.write(&field);
                    } else {
                        led.leaves = true;
                    }
                }
                Kind::Write | Kind::Append | Kind::Clobber => {}
            }
        }
    }

    /// A stream of values, each with something behind it.
    pub(crate) fn stream_of(&self, values: &[Field], behind: &str) -> Stream {
        let origin = self.origin_of(values);
        let texts: Option<Vec<String>> = values
            .iter()
            .map(|value| value.text().map(|text| text + behind))
            .collect();
        match texts {
            Some(texts) => Stream::of_texts(texts, origin),
            None => Stream::unknown(origin),
        }
    }

    fn assignment(&mut self, assignment: &ast::Assignment, is_exported: bool) {
        let name = match &assignment.name {
            ast::AssignmentName::VariableName(name) => name.clone(),
            ast::AssignmentName::ArrayElementName(name, index) => {
                self.substitutions_of(index);
                name.clone()
            }
        };
        let words: Vec<&ast::Word> = match &assignment.value {
            ast::AssignmentValue::Scalar(word) => vec![word],
            ast::AssignmentValue::Array(elements) => {
                for (index, _) in elements {
                    if let Some(index) = index {
                        self.substitutions_of(&index.value);
                    }
                }
                elements.iter().map(|(_, word)| word).collect()
            }
        };
        let mut origin: Origin = 0;
        let is_list = words.len() > 1;
        for word in words {
            for value in self.expand_value(&word.value, Mode::Word) {
                origin |= self.origin_of(std::slice::from_ref(&value));
                if is_exported {
                    self.environment(&name, &value);
                }
                self.assign(&name, value, assignment.append);
            }
        }
        if is_list {
            self.assign_list(&name, assignment, origin);
        }
    }

    /// An array as a whole: what `"${a[@]}"` becomes when it is not taken apart.
    fn assign_list(&mut self, name: &str, assignment: &ast::Assignment, origin: Origin) {
        let ast::AssignmentValue::Array(elements) = &assignment.value else {
            return;
        };
        let ways = self.expand_words(elements.iter().map(|(_, word)| word.value.as_str()));
        for way in ways.into_iter().take(2) {
            self.lists.insert(name.to_owned(), way);
        }
        if origin != 0 {
            self.assign(name, Field::hole(origin), false);
        }
    }
}

impl Led {
    fn open(&mut self, number: Option<i32>, stream: Stream) {
        let number = number.unwrap_or(0);
        if number == 0 {
            self.stdin = Some(stream.clone());
        }
        self.opened.push((number, stream));
    }

    fn write(&mut self, field: &Field) {
        match field.text() {
            Some(name) if !name.starts_with("/dev/") || name == "/dev/null" => {
                self.files.push(name);
            }
            _ => self.leaves = true,
        }
    }
}

/// The name under which the walk keeps a file.
pub(crate) fn plain_path(name: &str) -> &str {
    name.trim_start_matches("./")
}
