//! `kiro exec --as test|build|deploy -- CMD`: a command of the user's own, with its events around it.

use std::path::Path;

use hooks::{Event, Fact, Value};
use host::process::Command;
use model::Cancel;
use policy::OwnProgram;

use super::outcome::{Ran, stops};
use super::rig::Rig;
use crate::documents;
use crate::error::SessionError;
use crate::places::{Environment, Project};
use crate::view::Front;

/// What a command is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExecKind {
    /// Tests.
    Test,
    /// A build.
    Build,
    /// A deployment.
    Deploy,
}

impl ExecKind {
    /// What begins, what ends well, what ends otherwise.
    pub(crate) fn events(self) -> [Event; 3] {
        match self {
            ExecKind::Test => [Event::TestRun, Event::TestPass, Event::TestFail],
            ExecKind::Build => [Event::BuildStart, Event::BuildSuccess, Event::BuildFail],
            ExecKind::Deploy => [Event::DeployStart, Event::DeploySuccess, Event::DeployFail],
        }
    }

    /// What a command is that a run executes, by its words; none for one that is none of these.
    pub(crate) fn recognised(argv: &[String]) -> Option<ExecKind> {
        let words: Vec<&str> = argv.iter().map(String::as_str).collect();
        let program = words.first()?.rsplit('/').next()?;
        let rest = words.get(1..).unwrap_or_default();
        let is = |kinds: &[&str]| rest.first().is_some_and(|it| kinds.contains(it));
        let runs =
            |name: &str| is(&[name]) || (is(&["run", "run-script"]) && rest.get(1) == Some(&name));
        match program {
            "pytest" | "jest" | "vitest" => Some(ExecKind::Test),
            "python" | "python3" => {
                let module = rest.windows(2).find(|it| it[0] == "-m").map(|it| it[1]);
                matches!(module, Some("pytest" | "unittest")).then_some(ExecKind::Test)
            }
            "node" => rest.contains(&"--test").then_some(ExecKind::Test),
            "cargo" if is(&["test", "nextest"]) => Some(ExecKind::Test),
            "cargo" if is(&["build", "b"]) => Some(ExecKind::Build),
            "go" if is(&["test"]) => Some(ExecKind::Test),
            "go" if is(&["build"]) => Some(ExecKind::Build),
            "npm" | "pnpm" | "yarn" | "bun" if runs("test") => Some(ExecKind::Test),
            "npm" | "pnpm" | "yarn" | "bun" if runs("build") => Some(ExecKind::Build),
            "npm" | "pnpm" | "yarn" | "bun" if runs("deploy") => Some(ExecKind::Deploy),
            "make" if is(&["test", "check"]) => Some(ExecKind::Test),
            "make" if is(&["deploy"]) => Some(ExecKind::Deploy),
            "make" if rest.is_empty() || is(&["all", "build"]) => Some(ExecKind::Build),
            "terraform" if is(&["apply"]) => Some(ExecKind::Deploy),
            _ => None,
        }
    }
}

/// What `kiro exec` is asked.
#[derive(Clone, Debug)]
pub struct ExecOptions {
    /// What the command is.
    pub kind: ExecKind,
    /// The command.
    pub argv: Vec<String>,
}

/// Runs a command of the user's own on their terminal, with the hooks of its kind before and after. Gives its exit code,
/// or why a hook did not let it begin.
///
/// # Errors
/// When the command is not there or the journal cannot be written.
pub fn exec(
    options: &ExecOptions,
    environment: &Environment,
    cancel: &Cancel,
    front: &mut dyn Front,
) -> Result<(Result<i32, String>, Vec<Ran>), SessionError> {
    let project = Project::around(environment)?;
    let mut rig = Rig::open(&project, environment, cancel)?;
    let [begins, well, badly] = options.kind.events();
    let line = options.argv.join(" ");
    let incident = rig.incident(begins).text(Fact::Command, line.as_str());
    let mut ran = rig.fire(&incident, front)?;
    if let Some(why) = stops(&ran) {
        rig.close(front)?;
        return Ok((Err(why), ran));
    }
    let code = carried_out(options, &project, environment)?;
    let event = if code == 0 { well } else { badly };
    let incident = rig
        .incident(event)
        .text(Fact::Command, line)
        .with(Fact::ExitCode, Value::Number(f64::from(code)));
    ran.extend(rig.fire(&incident, front)?);
    rig.close(front)?;
    Ok((Ok(code), ran))
}

fn carried_out(
    options: &ExecOptions,
    project: &Project,
    environment: &Environment,
) -> Result<i32, SessionError> {
    let mut argv = options.argv.clone();
    let Some(name) = argv.first_mut() else {
        return Err(
            SessionError::input("there is no command").hint("kiro exec --as test -- npm test")
        );
    };
    // A path is the user's to say; a name is never found in the project.
    let program = match name.contains('/') {
        true => Some(environment.cwd.join(Path::new(name)).display().to_string()),
        false => host::process::toolchain::find_program(
            name,
            &environment.path,
            std::slice::from_ref(&project.root),
        )
        .map(|it| it.display().to_string()),
    };
    *name = program.ok_or_else(|| SessionError::input(format!("{name} was not found")))?;
    let command = Command {
        env: environment.variables.clone(),
        ..Command::new(argv, environment.cwd.clone())
    };
    let gate = documents::gate(project, environment)?;
    let verdict = gate.judge_own(OwnProgram::Exec, &command.argv, &command.cwd);
    let permit = documents::permitted(verdict)?;
    let ended = host::process::interactive(permit, &command).map_err(SessionError::input)?;
    Ok(match ended {
        host::process::Ended::Code(code) => code,
        host::process::Ended::Signal(signal) => 128 + signal,
        _ => 1,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_known_by_their_words() {
        let of = |line: &str| {
            ExecKind::recognised(&line.split(' ').map(str::to_owned).collect::<Vec<_>>())
        };
        for line in [
            "/usr/bin/python3 -m pytest -q",
            "npm test",
            "npm run test",
            "cargo test --offline",
            "node --test x",
            "make check",
        ] {
            assert_eq!(of(line), Some(ExecKind::Test), "{line}");
        }
        for line in ["cargo build", "make", "yarn build", "go build ./..."] {
            assert_eq!(of(line), Some(ExecKind::Build), "{line}");
        }
        assert_eq!(of("terraform apply"), Some(ExecKind::Deploy));
        for line in [
            "python3 x.py",
            "npm install",
            "ls",
            "node x.js",
            "cargo fmt",
        ] {
            assert_eq!(of(line), None, "{line}");
        }
    }
}
