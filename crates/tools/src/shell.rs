//! `shell`, `shell_output`, `shell_stop`: commands, each in a fresh process in the sandbox, judged before it starts.

mod background;
mod carry;
mod setting;
mod words;

use std::path::{Path, PathBuf};
use std::time::Duration;

use host::process::{Command, Ended, Finished};
use host::sandbox::Door;
use policy::shell::Plan;
use policy::{Leave, LineVerdict, Permit, Step};
use serde_json::{Value, json};

pub use setting::{FindProgram, ShellLimits, ShellSetting};

use crate::arguments::Arguments;
use crate::error::ToolError;
use crate::person::Person;
use crate::text::{bounded, head, quoted};
use crate::workspace::Workspace;
use crate::{Answer, Progress, Stop, ToolSpec};
use background::{Background, Report, Start};
use carry::Carry;
use setting::Refusals;
use words::plain;

/// The longest command, in bytes.
const COMMAND_MAX: usize = 32 << 10;
/// The longest wait for output of a command in the background.
const WAIT_MAX: Duration = Duration::from_secs(300);

fn specs(network: &str) -> Vec<ToolSpec> {
    let id = json!({"type": "string", "description": "as `shell` gave it"});
    vec![
        ToolSpec {
            name: "shell".to_owned(),
            description: format!(
                "Runs a command in a fresh sandboxed shell: no input, {network}, no pager. When it ends, all its \
                 processes end; for a server set `background`."
            ),
            parameters: json!({
                "type": "object",
                "properties": {
                    "command": {"type": "string"},
                    "cwd": {"type": "string", "description": "folder; the workspace if left out"},
                    "timeout_seconds": {"type": "integer", "description": "300 if left out"},
                    "idle_seconds": {"type": "integer", "description": "ends after so long without output; 120"},
                    "background": {"type": "boolean"},
                },
                "required": ["command"],
            }),
        },
        ToolSpec {
            name: "shell_output".to_owned(),
            description: "New output of a command in the background.".to_owned(),
            parameters: json!({
                "type": "object",
                "properties": {
                    "id": id,
                    "wait_seconds": {"type": "integer", "description": "waits so long for its end"},
                },
                "required": ["id"],
            }),
        },
        ToolSpec {
            name: "shell_stop".to_owned(),
            description: "Ends a command in the background.".to_owned(),
            parameters: json!({"type": "object", "properties": {"id": id}, "required": ["id"]}),
        },
    ]
}

/// Commands over one workspace, and those in the background. Dropping it ends them.
#[derive(Debug)]
pub(crate) struct Shell {
    pub(crate) setting: ShellSetting,
    background: Background,
}

/// A call with everything that belongs to it.
pub(crate) struct Call<'a> {
    pub(crate) workspace: &'a Workspace,
    pub(crate) person: &'a dyn Person,
    pub(crate) stop: Stop<'a>,
    pub(crate) on: &'a (dyn Fn(Progress) + Sync),
}

/// A program that Kiro itself chose.
pub(crate) struct OwnProgram<'a> {
    /// Its name and arguments.
    pub(crate) argv: &'a [String],
    /// Where it starts.
    pub(crate) cwd: PathBuf,
    /// Whether it runs what stands in the folder.
    pub(crate) runs_code: bool,
}

/// What a call of `shell` asks for.
struct Wish {
    text: String,
    cwd: PathBuf,
    wall: Duration,
    idle: Option<Duration>,
    background: bool,
}

impl Shell {
    pub(crate) fn new(setting: ShellSetting) -> Shell {
        Shell {
            setting,
            background: Background::default(),
        }
    }

    /// The tools, as a model is told of them.
    pub(crate) fn specs(&self) -> Vec<ToolSpec> {
        specs(&self.setting.network())
    }

    /// The commands in the background that run now: name and text.
    pub(crate) fn running(&self) -> Vec<(String, String)> {
        self.background.running()
    }

    pub(crate) fn call(&self, call: &Call<'_>, arguments: &Value) -> Result<Answer, ToolError> {
        let wish = self.wish(call.workspace, arguments)?;
        let verdict = call.workspace.gate().judge_line(&wish.text, &wish.cwd);
        let leave = self.leave(call, verdict, &wish.text)?;
        if wish.background {
            return self.start(call, wish, leave);
        }
        let mut carry = Carry::new(self, call, &wish);
        let is_success = carry.out(leave.plan)?;
        Ok(answer(
            &wish.text,
            &carry.ran,
            &carry.refusals.take(),
            is_success,
        ))
    }

    fn wish(&self, workspace: &Workspace, arguments: &Value) -> Result<Wish, ToolError> {
        let known = [
            "command",
            "cwd",
            "timeout_seconds",
            "idle_seconds",
            "background",
        ];
        let arguments = Arguments::of("shell", &known, arguments)?;
        let text = arguments.text("command")?.trim().to_owned();
        if text.is_empty() {
            return Err(ToolError::call("`command` is empty"));
        }
        if text.len() > COMMAND_MAX || text.contains('\0') {
            return Err(ToolError::call(format!(
                "`command` is longer than {COMMAND_MAX} bytes or holds a NUL byte; write a script to a file first"
            )));
        }
        let folder = workspace.place(arguments.text_if("cwd")?.unwrap_or("."))?;
        let limits = self.setting.limits;
        let seconds = |name: &str| -> Result<Option<Duration>, ToolError> {
            let given = arguments
                .number(name)?
                .map(|it| Duration::from_secs(it.max(1) as u64));
            Ok(given.map(|it| it.min(limits.wall_max)))
        };
        let background = arguments.flag("background")?;
        let (wall, idle) = (seconds("timeout_seconds")?, seconds("idle_seconds")?);
        Ok(Wish {
            text,
            cwd: workspace.path(folder.as_ref()),
            wall: wall.unwrap_or(if background {
                limits.background_wall
            } else {
                limits.wall
            }),
            idle: if background {
                idle
            } else {
                Some(idle.unwrap_or(limits.idle))
            },
            background,
        })
    }

    /// Leave to carry the command out, after policy and, where it wants one, a person said yes.
    fn leave(&self, call: &Call<'_>, verdict: LineVerdict, text: &str) -> Result<Leave, ToolError> {
        if matches!(verdict, LineVerdict::Ask(_)) {
            (call.on)(Progress::Waiting("approval of a command".to_owned()));
        }
        let act = format!("run «{}»", change::visible(text));
        call.workspace.leave(verdict, &act, call.person, call.stop)
    }

    /// The program that a command names: a file by its path, else one that is found outside the workspace.
    fn program(&self, name: &str, cwd: &Path) -> Result<String, ToolError> {
        let found = match name.contains('/') {
            true => cwd.join(name).to_str().map(str::to_owned),
            false => (self.setting.find)(name),
        };
        found.ok_or_else(|| ToolError::call(format!("{} was not found on PATH", quoted(name))))
    }

    /// The command and the permit of one program.
    fn command(
        &self,
        call: &Call<'_>,
        step: Step,
        wish: &Wish,
    ) -> Result<(Command, Permit), ToolError> {
        let program = self.program(step.program(), &wish.cwd)?;
        let copies = step.copies.clone();
        let (argv, permit) = step.found_at(&program);
        let command = Command {
            copies,
            ..self.within(call, wish, argv, &program)
        };
        Ok((command, permit))
    }

    /// The same of programs that are tied by pipes.
    fn tied(
        &self,
        call: &Call<'_>,
        steps: Vec<Step>,
        wish: &Wish,
    ) -> Result<(Command, Permit), ToolError> {
        let found = steps.into_iter().map(|step| {
            let program = self.program(step.program(), &wish.cwd)?;
            Ok((step, program))
        });
        let found = found.collect::<Result<Vec<_>, ToolError>>()?;
        let first = found.first().map_or_else(String::new, |it| it.1.clone());
        let (argv, permit) = Step::tied(found, &self.program("sh", &wish.cwd)?);
        Ok((self.within(call, wish, argv, &first), permit))
    }

    /// A command with the environment and the limits of the wish; `program` is what it is about.
    fn within(&self, call: &Call<'_>, wish: &Wish, argv: Vec<String>, program: &str) -> Command {
        let mut env = setting::environment(&self.setting.env, program);
        if self.setting.door.is_some() {
            env.extend(Door::variables());
        }
        let scratch = setting::scratch(&self.setting.walls, call.workspace.root());
        if let Some(scratch) = scratch.and_then(|it| it.to_str()) {
            let own = [
                ("HOME", scratch.to_owned()),
                ("TMPDIR", scratch.to_owned()),
                ("CARGO_TARGET_DIR", format!("{scratch}/target")),
                ("PYTHONDONTWRITEBYTECODE", "1".to_owned()),
            ];
            for (name, value) in own {
                if !env.iter().any(|(it, _)| it == name) {
                    env.push((name.to_owned(), value));
                }
            }
        }
        Command {
            env,
            limits: self.setting.limits.of(wish.wall, wish.idle),
            ..Command::new(argv, wish.cwd.clone())
        }
    }

    /// Runs a program that Kiro itself chose, such as a linter, in `cwd` for up to `wall`; `argv` names it as
    /// policy is to judge it, and `runs_code` says whether it runs what stands in the folder.
    pub(crate) fn run_own(
        &self,
        call: &Call<'_>,
        own: &OwnProgram<'_>,
        wall: Duration,
    ) -> Result<Finished, ToolError> {
        let wish = Wish {
            text: own.argv.join(" "),
            cwd: own.cwd.clone(),
            wall,
            idle: None,
            background: false,
        };
        let gate = call.workspace.gate().clone();
        let verdict = gate.judge_diagnostics(own.argv, &wish.cwd, own.runs_code);
        let leave = self.leave(call, verdict, &wish.text)?;
        let mut carry = Carry::new(self, call, &wish);
        carry.out(leave.plan)?;
        carry
            .ran
            .pop()
            .ok_or_else(|| ToolError::call(format!("{} did not run", quoted(&wish.text))))
    }

    fn start(&self, call: &Call<'_>, wish: Wish, leave: Leave) -> Result<Answer, ToolError> {
        let (command, permit) = match leave.plan {
            Plan::Run(step) => self.command(call, step, &wish)?,
            Plan::Pipe(steps) => self.tied(call, steps, &wish)?,
            _ => {
                return Err(ToolError::call(
                    "one command at a time runs in the background; start each by a call of its own",
                ));
            }
        };
        let refusals = Refusals::default();
        let id = self.background.start(Start {
            text: wish.text.clone(),
            sandbox: self.setting.sandbox.clone(),
            permit,
            command,
            walls: self.setting.walls_telling(&refusals),
            refusals,
        })?;
        // What fails at once is told at once.
        let soon = self
            .background
            .output(&id, Duration::from_millis(300), call.stop)?;
        Ok(Answer {
            text: format!("{id}: {}", describe(&soon)),
            summary: format!(
                "{} in the background as {id}: {}",
                quoted(&wish.text),
                soon.status
            ),
            failed: soon.failed,
            changed: Vec::new(),
            pictures: Vec::new(),
        })
    }

    pub(crate) fn output(&self, call: &Call<'_>, arguments: &Value) -> Result<Answer, ToolError> {
        let arguments = Arguments::of("shell_output", &["id", "wait_seconds"], arguments)?;
        let wait = Duration::from_secs(arguments.number("wait_seconds")?.unwrap_or(0) as u64);
        let id = arguments.text("id")?;
        if !wait.is_zero() {
            (call.on)(Progress::Waiting(format!("the end of {id}")));
        }
        let report = self.background.output(id, wait.min(WAIT_MAX), call.stop)?;
        Ok(reported(&report))
    }

    pub(crate) fn stop(&self, arguments: &Value) -> Result<Answer, ToolError> {
        let arguments = Arguments::of("shell_stop", &["id"], arguments)?;
        let report = self.background.stop(arguments.text("id")?)?;
        let mut answer = reported(&report);
        // That it was ended is what was asked for.
        answer.failed = !report.ended;
        Ok(answer)
    }
}

/// Everything that a program printed, one stream after the other.
pub(crate) fn printed(finished: &Finished) -> String {
    [&finished.stdout, &finished.stderr]
        .map(|it| plain(it))
        .concat()
}

fn reported(report: &Report) -> Answer {
    Answer {
        text: describe(report),
        summary: format!(
            "{} {}: {}",
            report.id,
            quoted(&report.command),
            report.status
        ),
        failed: report.failed,
        changed: Vec::new(),
        pictures: Vec::new(),
    }
}

fn describe(report: &Report) -> String {
    let (out, err) = (report.stdout.clone(), report.stderr.clone());
    let output = streams(out, err) + &report.refused;
    match output.is_empty() {
        true => format!("{}; no new output", report.status),
        false => format!("{}\n{output}", report.status),
    }
}

fn streams(out: String, err: String) -> String {
    let mut text = String::new();
    for (name, stream) in [("stdout", out), ("stderr", err)] {
        if !stream.is_empty() {
            let stream = bounded(stream, setting::OUTPUT_BYTES * 4);
            let end = if stream.ends_with('\n') { "" } else { "\n" };
            text.push_str(&format!("--- {name}\n{stream}{end}"));
        }
    }
    text
}

/// What came of a command, for the model and for a person.
fn answer(text: &str, ran: &[Finished], refused: &str, is_success: bool) -> Answer {
    let ended = ran.last().map_or(Ended::Cancelled, |it| it.ended);
    let wall: Duration = ran.iter().map(|it| it.wall).sum();
    let joined = |stream: fn(&Finished) -> &Vec<u8>| -> String {
        ran.iter().map(|it| plain(stream(it))).collect()
    };
    let (out, err) = (joined(|it| &it.stdout), joined(|it| &it.stderr));
    let mut status = format!("{ended} after {:.1} s", wall.as_secs_f64());
    if let Some(hint) = hint(ended) {
        status = format!("{status}; {hint}");
    }
    let output = match out.is_empty() && err.is_empty() {
        true => "no output\n".to_owned(),
        false => streams(out, err),
    };
    Answer {
        text: format!("{status}\n{output}{refused}"),
        summary: format!("{}: {ended}", quoted(head(text, 100))),
        failed: !is_success,
        changed: Vec::new(),
        pictures: Vec::new(),
    }
}

/// What helps after a command was stopped.
fn hint(ended: Ended) -> Option<&'static str> {
    match ended {
        Ended::TimedOut => Some("give `timeout_seconds`, or `background` for what does not end"),
        Ended::Idle => {
            Some("give `idle_seconds`, or `background` for what waits; input is never given")
        }
        _ => None,
    }
}
