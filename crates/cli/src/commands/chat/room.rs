//! `kiro chat`: a conversation at a terminal.

use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};

use rustyline::error::ReadlineError;
use rustyline::history::FileHistory;
use rustyline::{Config, Editor};
use session::{
    Came, Cancel, Chain, Conversation, Environment, GivenPicture, Kind, Mode, Role, SessionError,
    date, visible,
};

use super::complete::Helper;
use crate::args::ChatArgs;
use crate::output::{self, BOLD, DIM, styled};
use crate::terminal::{Terminal, somebody_is_there};

/// Lines of the history that is kept.
const HISTORY: usize = 1_000;

/// What can be typed besides requests, with what it does.
pub(super) const COMMANDS: [(&str, &str); 14] = [
    ("/help", "shows this"),
    (
        "/spec",
        "NAME: makes this conversation a specification, specs/NAME.md",
    ),
    (
        "/context",
        "REQUEST: shows what a model would be told beside it",
    ),
    (
        "/image",
        "PATH: shows the model a picture with your next request; so does #PATH in it",
    ),
    ("/model", "[PROVIDER/NAME]: shows or chooses the model"),
    (
        "/autopilot",
        "brings changes in without asking, as far as the rules allow",
    ),
    ("/guided", "shows changes and asks"),
    (
        "/prompts",
        "lists the prompts of MCP servers; /SERVER:PROMPT WORDS asks one",
    ),
    ("/sessions", "lists the conversations of this project"),
    ("/resume", "[ID]: goes on with one"),
    ("/new", "begins a new one"),
    ("/export", "FILE: writes this conversation as Markdown"),
    ("/again", "asks the last request once more"),
    ("/quit", "ends; so does Ctrl-D"),
];

/// A conversation with its person.
struct Room<'a> {
    args: &'a ChatArgs,
    environment: &'a Environment,
    conversation: Conversation,
    mode: Mode,
    model: Chain,
    /// What the next request shows.
    pictures: Vec<GivenPicture>,
    /// What an interrupt ends.
    under_way: Arc<Mutex<Cancel>>,
}

/// Whether it goes on.
enum Then {
    On,
    End,
}

pub(super) fn run(args: &ChatArgs, environment: &Environment) -> Result<ExitCode, SessionError> {
    if !somebody_is_there() {
        return Err(SessionError::input("a conversation needs a terminal")
            .hint("kiro chat -p \"what to do\""));
    }
    let conversation = match &args.resume {
        Some(id) => {
            Conversation::resume(Some(id.as_str()).filter(|it| !it.is_empty()), environment)?
        }
        None => Conversation::begin(environment)?,
    };
    let mut room = Room {
        args,
        environment,
        conversation,
        mode: super::mode(args),
        model: session::model_for(Role::Implement, args.model.as_deref(), environment)?,
        pictures: Vec::new(),
        under_way: interruptible()?,
    };
    room.greet();
    let mut editor = editor(environment)?;
    let history = environment.kiro_home().join("chat-history");
    // A history that is not there yet, or cannot be read, is an empty one.
    let _none_yet = editor.load_history(&history);
    loop {
        let line = match editor.readline("› ") {
            Ok(line) => line,
            Err(ReadlineError::Interrupted) => continue,
            Err(ReadlineError::Eof) => break,
            Err(error) => {
                return Err(SessionError::new(
                    Kind::Internal,
                    format!("the terminal cannot be read: {error}"),
                ));
            }
        };
        let line = continued(line, &mut editor)?;
        let line = line.trim();
        if line.is_empty() {
            continue;
        }
        if room.conversation.may_keep(line) {
            // A line that is not kept is only not offered again.
            let _kept = editor.add_history_entry(line);
            let _kept = editor.save_history(&history);
        }
        match room.said(line) {
            Ok(Then::On) => {}
            Ok(Then::End) => break,
            Err(error) => output::error(&error.message, error.hint.as_deref()),
        }
    }
    if !room.conversation.exchanges.is_empty() {
        output::remark(styled(
            DIM,
            format!(
                "`kiro chat --resume {}` goes on with this",
                room.conversation.id
            ),
        ));
    }
    Ok(ExitCode::SUCCESS)
}

fn editor(environment: &Environment) -> Result<Editor<Helper, FileHistory>, SessionError> {
    let broken = |error: ReadlineError| {
        SessionError::new(
            Kind::Internal,
            format!("the terminal cannot be used: {error}"),
        )
    };
    let config = Config::builder()
        .max_history_size(HISTORY)
        .map_err(broken)?
        .history_ignore_space(true)
        .bracketed_paste(true)
        .completion_type(rustyline::CompletionType::List)
        .build();
    let mut editor = Editor::with_config(config).map_err(broken)?;
    let names = session::Nameable::of(environment)?;
    editor.set_helper(Some(Helper::new(names, &environment.cwd)));
    Ok(editor)
}

/// A line with those that follow it: one that ends with `\` goes on.
fn continued(
    mut line: String,
    editor: &mut Editor<Helper, FileHistory>,
) -> Result<String, SessionError> {
    while let Some(begun) = line.strip_suffix('\\') {
        match editor.readline("… ") {
            Ok(more) => line = format!("{begun}\n{more}"),
            Err(_) => return Ok(begun.to_owned()),
        }
    }
    Ok(line)
}

/// The first Ctrl-C ends the request under way; the second, while that takes long, the program.
fn interruptible() -> Result<Arc<Mutex<Cancel>>, SessionError> {
    let under_way: Arc<Mutex<Cancel>> = Arc::new(Mutex::new(Cancel::new()));
    let seen = Arc::clone(&under_way);
    super::super::run::on_interrupt(move || {
        let cancel = seen.lock().unwrap_or_else(PoisonError::into_inner);
        let twice = cancel.is_cancelled();
        cancel.cancel();
        twice
    })?;
    Ok(under_way)
}

impl Room<'_> {
    fn greet(&self) {
        let mode = match self.mode {
            Mode::Guided => "changes are shown and wait for your answer",
            Mode::Autopilot => "changes come in by themselves, as far as the rules allow",
        };
        output::remark(format!(
            "{} {}",
            styled(BOLD, &self.model),
            styled(DIM, format!("{mode} · /help · @workspace, #file:… and tab"))
        ));
        if let Some(last) = self.conversation.exchanges.last() {
            output::remark(styled(
                DIM,
                format!(
                    "{} exchanges so far; the last: {}",
                    self.conversation.exchanges.len(),
                    visible(&last.prompt)
                ),
            ));
        }
    }

    fn said(&mut self, line: &str) -> Result<Then, SessionError> {
        let Some((command, rest)) = command(line) else {
            self.ask(line, line)?;
            return Ok(Then::On);
        };
        match command {
            "/help" => COMMANDS
                .iter()
                .for_each(|(name, what)| output::line(format!("  {name:<12} {what}"))),
            "/quit" | "/exit" => return Ok(Then::End),
            "/autopilot" => self.mode = Mode::Autopilot,
            "/guided" => self.mode = Mode::Guided,
            "/model" if rest.is_empty() => output::line(&self.model),
            "/model" => {
                self.model = session::model_for(Role::Implement, Some(rest), self.environment)?
            }
            "/prompts" => prompts(self.environment)?,
            "/sessions" => super::list(false, self.environment)?,
            "/resume" => {
                self.conversation =
                    Conversation::resume(Some(rest).filter(|it| !it.is_empty()), self.environment)?;
                self.greet();
            }
            "/new" => self.conversation = Conversation::begin(self.environment)?,
            "/export" => self.export(rest)?,
            "/again" => {
                let last = self
                    .conversation
                    .exchanges
                    .last()
                    .map(|it| it.prompt.clone());
                let last = last.ok_or_else(|| SessionError::input("nothing was asked yet"))?;
                self.ask(&last, &last)?;
            }
            "/context" => {
                let options = session::BriefingOptions {
                    prompt: rest.to_owned(),
                    ..session::BriefingOptions::default()
                };
                super::super::context::show(&session::briefing(&options, self.environment)?);
            }
            "/image" => self.image(rest)?,
            "/spec" => self.spec(rest)?,
            other => {
                return Err(SessionError::input(format!("there is no command {other}"))
                    .hint("/help lists them"));
            }
        }
        Ok(Then::On)
    }

    /// Carries a request out; `shown` is what is kept of it.
    fn ask(&mut self, prompt: &str, shown: &str) -> Result<bool, SessionError> {
        let cancel = Cancel::new();
        *self
            .under_way
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = cancel.clone();
        let options = session::ChatOptions {
            prompt: prompt.to_owned(),
            earlier: self.conversation.exchanges.clone(),
            pictures: std::mem::take(&mut self.pictures),
            mode: self.mode,
            model: self.model.clone(),
            budget: self.args.budget.budget(),
        };
        let mut front = Terminal::interactive(cancel.clone());
        let result = session::chat(&options, self.environment, &cancel, &mut front)?;
        drop(front);
        super::print(&result);
        let came = Came {
            files: result.files,
            applied: result.applied,
            pictures: result.pictures,
        };
        self.conversation.keep(shown, &result.text, came)?;
        Ok(result.applied)
    }

    /// Takes a picture for the next request.
    fn image(&mut self, path: &str) -> Result<(), SessionError> {
        if path.is_empty() {
            return Err(SessionError::input("which picture?").hint("/image docs/login.png"));
        }
        if !session::takes_images(self.environment, &self.model)? {
            return Err(session::no_images(&self.model));
        }
        let (picture, told) = session::picture_file(path, self.environment)?;
        if !self.pictures.contains(&picture) {
            self.pictures.push(picture);
        }
        output::remark(format!(
            "{}: {told}; your next request shows it",
            visible(path)
        ));
        Ok(())
    }

    fn export(&self, file: &str) -> Result<(), SessionError> {
        if file.is_empty() {
            output::line(visible(&self.conversation.markdown()));
            return Ok(());
        }
        let file = self.environment.cwd.join(file);
        if file.exists() {
            return Err(SessionError::input(format!(
                "{} is there already",
                file.display()
            )));
        }
        session::write_report(&file, self.conversation.markdown().as_bytes())?;
        output::remark(format!("wrote {}", file.display()));
        Ok(())
    }

    /// Makes the conversation a specification and says what is wrong with it.
    fn spec(&mut self, name: &str) -> Result<(), SessionError> {
        let plain = !name.is_empty()
            && name
                .chars()
                .all(|it| it.is_ascii_alphanumeric() || it == '-' || it == '_');
        if !plain {
            return Err(
                SessionError::input("a spec needs a name of letters, digits and hyphens")
                    .hint("/spec user-login"),
            );
        }
        if self.conversation.exchanges.is_empty() {
            return Err(SessionError::input(
                "nothing was said yet that could become a spec",
            ));
        }
        let path = format!("specs/{name}.md");
        if !self.ask(&session::spec_request(name), &format!("/spec {name}"))? {
            return Ok(());
        }
        let report = session::lint(
            std::slice::from_ref(&path),
            false,
            self.environment,
            &mut session::Unseen,
        )?;
        for it in &report.findings {
            output::line(format!("  {}", visible(&it.message)));
        }
        output::remark(format!(
            "{path} is written; `kiro run {name}` carries it out"
        ));
        Ok(())
    }
}

/// Prints the prompts of servers as they are typed.
fn prompts(environment: &Environment) -> Result<(), SessionError> {
    let all = session::prompts_of_servers(environment)?;
    if all.is_empty() {
        output::line("no server offers a prompt; `kiro mcp doctor` shows the servers");
    }
    for (typed, about) in all {
        output::line(format!(
            "  {}  {}",
            visible(&typed),
            styled(DIM, visible(&about))
        ));
    }
    Ok(())
}

/// A command with what follows it. A path is none.
fn command(line: &str) -> Option<(&str, &str)> {
    let (word, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
    let is_command = word.starts_with('/')
        && word.len() > 1
        && word[1..].bytes().all(|it| it.is_ascii_lowercase());
    is_command.then(|| (word, rest.trim()))
}

/// Prints the conversations of the project.
pub(super) fn listed(rows: &[session::ListedConversation]) {
    if rows.is_empty() {
        output::line("no conversation was kept yet");
    }
    for it in rows {
        output::line(format!(
            "{}  {}  {:>3} {}",
            it.id,
            styled(DIM, date(it.at_ms.div_euclid(86_400_000))),
            it.count,
            visible(&it.title)
        ));
    }
}

#[cfg(test)]
mod tests {
    use super::command;

    #[test]
    fn commands_are_words_and_paths_are_none() {
        assert_eq!(command("/spec user-login"), Some(("/spec", "user-login")));
        assert_eq!(command("/help"), Some(("/help", "")));
        for line in ["/usr/bin is gone", "/", "say /help", "/Help"] {
            assert_eq!(command(line), None, "{line}");
        }
    }
}
