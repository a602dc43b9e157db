//! One verb, one file.

mod acp;
mod approvals;
mod chat;
mod completions;
mod context;
mod doctor;
mod eval;
mod exec;
mod guard;
mod hooks;
mod ide;
mod init;
mod log;
mod logs;
mod lsp;
mod mcp;
mod metrics;
mod model;
mod plan;
mod policy;
mod pr;
mod run;
mod schema;
mod spec;
mod status;
mod steering;
mod tasks;
mod trust;
mod undo;
mod verify;
mod watch;
mod why;

use std::path::PathBuf;
use std::process::ExitCode;

use session::{Environment, SessionError, Undo};

use crate::args::{Command, Kiro, ModelCommand, PolicyCommand, SpecCommand, SteeringCommand};

/// Does what was asked.
pub(crate) fn run(args: Kiro) -> Result<ExitCode, SessionError> {
    let environment = environment(args.dir)?;
    match args.command {
        Command::Init(args) => init::run(&args, &environment),
        Command::Spec(SpecCommand::New(args)) => spec::new::run(&args, &environment),
        Command::Spec(SpecCommand::List(args)) => spec::list(&args, &environment),
        Command::Spec(SpecCommand::Show(args)) => spec::show(&args, &environment),
        Command::Spec(SpecCommand::Lint(args)) => spec::lint::lint(&args, &environment),
        Command::Spec(SpecCommand::Diff(args)) => spec::diff::run(&args, &environment),
        Command::Spec(SpecCommand::Trace(args)) => spec::trace::run(&args, &environment),
        Command::Spec(SpecCommand::Fmt(args)) => spec::lint::format(&args, &environment),
        Command::Plan(args) => plan::run(&args, &environment),
        Command::Tasks(args) => tasks::run(&args, &environment),
        Command::Run(args) => run::run(&args, &environment),
        Command::Why(args) => why::run(&args, &environment),
        Command::Pr(args) => pr::run(&args, &environment),
        Command::Verify(args) => verify::run(&args, &environment),
        Command::Approvals(args) => approvals::run(&args, &environment),
        Command::Undo(args) => undo::run(Undo::Task(args.task), &args.how, &environment),
        Command::Redo(args) => undo::run(Undo::Redo, &args.how, &environment),
        Command::Rewind(args) => undo::run(Undo::Back(args.target), &args.how, &environment),
        Command::Chat(args) => chat::run(&args, &environment),
        Command::Context(args) => context::run(args, &environment),
        Command::Metrics(args) => metrics::run(&args, &environment),
        Command::Steering(SteeringCommand::Init(args)) => steering::init(&args, &environment),
        Command::Status(args) => status::run(&args, &environment),
        Command::Log(args) => log::run(&args, &environment),
        Command::Logs(args) => logs::run(&args, &environment),
        Command::ValidateHooks(args) => hooks::validate::run(&args, &environment),
        Command::RunHook(args) => hooks::run::run(&args, &environment),
        Command::Hooks(command) => hooks::run_command(command, &environment),
        Command::Watch(args) => watch::run(&args, &environment),
        Command::Ide(args) => ide::run(&args, environment),
        Command::Exec(args) => exec::run(args, &environment),
        Command::Model(ModelCommand::Pull) => model::pull(&environment),
        Command::Model(ModelCommand::List(args)) => model::list(&args, &environment),
        Command::Model(ModelCommand::Use(args)) => model::choose(&args, &environment),
        Command::Model(ModelCommand::Test(args)) => model::test(&args, &environment),
        Command::Mcp(command) => mcp::run(command, &environment),
        Command::Eval(args) => eval::run(&args, &environment),
        Command::Policy(PolicyCommand::Explain(args)) => policy::explain(&args, &environment),
        Command::Policy(PolicyCommand::Test(args)) => policy::test(&args, &environment),
        Command::Policy(PolicyCommand::TestPaths(args)) => policy::paths::run(args, &environment),
        Command::Trust(args) => trust::run(&args, &environment),
        Command::Guard => guard::run(&environment),
        Command::Schema(args) => schema::run(&args),
        Command::Completions(args) => Ok(completions::run(&args)),
        Command::Doctor(args) => doctor::run(&args, &environment),
        Command::Acp => acp::run(&environment),
        Command::Lsp => lsp::run(&environment),
    }
}

/// Reads the process's environment, once, here.
#[expect(
    clippy::disallowed_methods,
    reason = "the edge: this is where the current folder becomes a value"
)]
fn environment(dir: Option<PathBuf>) -> Result<Environment, SessionError> {
    let here = std::env::current_dir().map_err(|error| {
        SessionError::input(format!("the current folder cannot be read: {error}"))
    })?;
    let cwd = dir.map_or(here.clone(), |dir| here.join(dir));
    let cwd = cwd.canonicalize().map_err(|error| {
        SessionError::input(format!(
            "the folder {} cannot be used: {error}",
            cwd.display()
        ))
    })?;
    let path = |name: &str| {
        std::env::var_os(name)
            .filter(|it| !it.is_empty())
            .map(PathBuf::from)
    };
    let text = |name: &str| std::env::var(name).ok().filter(|it| !it.trim().is_empty());
    let program = std::env::current_exe().map_err(|error| {
        SessionError::internal(format!("kiro cannot find its own program: {error}"))
    })?;
    Ok(Environment {
        home: path("HOME").unwrap_or_else(|| PathBuf::from("/")),
        kiro_home: path("KIRO_HOME").map(|it| here.join(it)),
        cache_home: path("XDG_CACHE_HOME").map(|it| here.join(it)),
        path: std::env::var_os("PATH").unwrap_or_default(),
        // Text that is not UTF-8 names no model, and is told as such.
        model: std::env::var_os("KIRO_MODEL")
            .map(|it| it.to_string_lossy().into_owned())
            .filter(|it| !it.is_empty()),
        editor: text("VISUAL").or_else(|| text("EDITOR")),
        variables: std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .collect(),
        program,
        cwd,
    })
}
