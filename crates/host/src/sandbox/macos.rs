//! The sandbox of macOS: each command under a Seatbelt profile of its own.
//!
//! There is no supervisor here: what leaves its process group is not found again, and of the limits, time and output
//! are kept.

#![cfg_attr(
    not(target_os = "macos"),
    expect(unreachable_pub, reason = "elsewhere it is only tested")
)]

use std::path::{Path, PathBuf};

use policy::Permit;

use super::seatbelt;
use super::{Control, Layer, SandboxError, Walls};
use crate::process::{Channel, Command, Finished, RunError, Supervisor, Watch, run_direct};

/// The system's own program, by its only path.
const PROGRAM: &str = "/usr/bin/sandbox-exec";

/// The walls that this machine can raise around a program.
#[derive(Clone, Debug)]
pub struct Sandbox {
    program: PathBuf,
    home: Option<PathBuf>,
}

impl Sandbox {
    /// The sandbox of this system. `home` is the user's, of whose keys a program may not read.
    pub fn detect_for(_supervisor: Supervisor, home: Option<&Path>) -> Sandbox {
        Sandbox {
            program: PROGRAM.into(),
            home: home.map(Path::to_path_buf),
        }
    }

    /// Whether this machine can show a folder at another place: none such can.
    ///
    /// # Errors
    /// Always.
    pub fn overlays(&self, _scratch: &Path) -> Result<bool, String> {
        Err("only Linux can show a folder at another place".to_owned())
    }

    /// Runs `command` within `walls` to its end.
    ///
    /// # Errors
    /// When the permit is for something else, the walls cannot be told to the system, or the program does not start.
    pub fn run(
        &self,
        permit: Permit,
        command: &Command,
        walls: &Walls,
        cancelled: &dyn Fn() -> bool,
    ) -> Result<Finished, SandboxError> {
        self.follow(permit, command, walls, &Watch::until(cancelled))
    }

    /// The same, told of the output at the end.
    ///
    /// # Errors
    /// As [`Sandbox::run`].
    pub fn follow(
        &self,
        permit: Permit,
        command: &Command,
        walls: &Walls,
        watch: &Watch<'_>,
    ) -> Result<Finished, SandboxError> {
        permit.redeem(&command.act())?;
        let finished = self.run_within(command, walls, watch.cancelled)?;
        (watch.output)(Channel::Out, &finished.stdout);
        (watch.output)(Channel::Err, &finished.stderr);
        Ok(finished)
    }

    fn run_within(
        &self,
        command: &Command,
        walls: &Walls,
        cancelled: &dyn Fn() -> bool,
    ) -> Result<Finished, SandboxError> {
        command.check()?;
        self.layers()?;
        let profile = seatbelt::profile(walls, self.home.as_deref());
        let profile = profile.map_err(|error| RunError::Confine {
            program: command.argv.first().cloned().unwrap_or_default(),
            why: error.to_string(),
        })?;
        let mut begin = vec![self.program.display().to_string(), "-p".to_owned(), profile];
        for copy in &command.copies {
            let to = match copy {
                (2, _) => "2>&1",
                _ => "1>&2",
            };
            begin.extend([
                "/bin/sh".to_owned(),
                "-c".to_owned(),
                format!("exec \"$0\" \"$@\" {to}"),
            ]);
        }
        let walled = Command {
            argv: begin
                .into_iter()
                .chain(command.argv.iter().cloned())
                .collect(),
            ..command.clone()
        };
        Ok(run_direct(&walled, cancelled)?)
    }

    /// The layers of the walls.
    ///
    /// # Errors
    /// When the system's program is missing.
    pub fn layers(&self) -> Result<Vec<Layer>, SandboxError> {
        if !self.program.is_file() {
            let why = format!("{} is missing", self.program.display());
            return Err(SandboxError::NoSandbox(why));
        }
        Ok(vec![Layer {
            name: "Seatbelt".to_owned(),
            keeps: "only listed files and folders can be opened; no network; no other processes",
        }])
    }

    /// No command is led to hosts.
    ///
    /// # Errors
    /// Always.
    pub fn opens_doors(&self) -> Result<(), &'static str> {
        Err("on macOS commands have no network of their own, on which a proxy could listen")
    }

    /// The layers in one line, or why there are none.
    pub fn describe(&self) -> String {
        match self.layers() {
            Ok(_) => "Seatbelt".to_owned(),
            Err(error) => error.to_string(),
        }
    }

    /// The environment that a program is given.
    pub fn environment(&self, path: &str, private: &Path) -> Vec<(String, String)> {
        let private = private.display().to_string();
        [("PATH", path), ("HOME", &private), ("TMPDIR", &private)]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .to_vec()
    }

    /// Tries the walls: writing outside, reading a neighbour, reaching the network.
    pub fn controls(&self, scratch: &Path) -> Vec<Control> {
        let inside = scratch.join("inside");
        let made = crate::files::ensure_private_folder(&inside);
        let walls = Walls {
            write: vec![inside.clone()],
            ..Walls::default()
        };
        let outside = scratch.join("outside");
        let outside = outside.display();
        let trials = [
            (
                "write outside",
                "write beside its folder",
                format!("echo x > '{outside}'"),
                false,
            ),
            (
                "network",
                "open a connection",
                "exec 3<>/dev/tcp/127.0.0.1/9".to_owned(),
                false,
            ),
            (
                "write inside",
                "write in its folder",
                "echo x > x".to_owned(),
                true,
            ),
        ];
        let trial = |(name, question, script, wanted): (&'static str, _, String, bool)| {
            let command = Command::new(["/bin/bash", "-c", &script], &inside);
            let came = self.run_within(&command, &walls, &|| false);
            let (held, detail) = match (&made, came) {
                (Err(error), _) => (false, error.to_string()),
                (_, Err(error)) => (false, error.to_string()),
                (_, Ok(finished)) => (
                    finished.ended.success() == wanted,
                    finished.ended.to_string(),
                ),
            };
            Control {
                name,
                question,
                held,
                detail,
            }
        };
        trials.map(trial).to_vec()
    }

    /// The same.
    pub fn escapes(&self, scratch: &Path) -> Vec<Control> {
        self.controls(scratch)
    }

    /// None: no door can be opened.
    pub fn door_controls(&self) -> Vec<Control> {
        Vec::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;
    use std::os::unix::fs::PermissionsExt;

    use policy::{Gate, Rules, Verdict};

    /// A stand-in for the system's program, which writes down its profile and then runs the command.
    fn stand_in(folder: &Path) -> Sandbox {
        let program = folder.join("sandbox-exec");
        let mut file = std::fs::File::create(&program).expect("a file");
        let script = "#!/bin/sh\n[ \"$1\" = -p ] || exit 9\nprintf %s \"$2\" > profile\nshift 2\nexec \"$@\"\n";
        file.write_all(script.as_bytes()).expect("written");
        let mode = std::fs::Permissions::from_mode(0o755);
        file.set_permissions(mode).expect("executable");
        Sandbox {
            program,
            home: Some("/Users/u".into()),
        }
    }

    #[test]
    fn a_command_runs_under_the_profile_of_its_walls() {
        let folder = tempfile::tempdir().expect("a folder");
        let root = folder.path().canonicalize().expect("resolves");
        let sandbox = stand_in(&root);
        let command = Command::new(["/bin/echo", "a b", "$HOME"], &root);
        let mut gate = Gate::new(&root, Rules::parse(None, None).expect("rules"));
        gate.grant_check(command.argv.clone());
        let walls = Walls {
            write: vec![root.clone()],
            ..Walls::default()
        };
        let Verdict::Allow(permit) = gate.judge_run(&command.argv, &root) else {
            panic!("granted");
        };
        let finished = sandbox
            .run(permit, &command, &walls, &|| false)
            .expect("runs");
        assert_eq!(finished.stdout, b"a b $HOME\n");
        let told = std::fs::read_to_string(root.join("profile")).expect("told");
        let wanted = seatbelt::profile(&walls, Some(Path::new("/Users/u")));
        assert_eq!(Ok(told), wanted);
        let Verdict::Allow(permit) = gate.judge_run(&command.argv, &root) else {
            panic!("granted");
        };
        let other = Command::new(["/bin/echo"], &root);
        assert!(
            sandbox.run(permit, &other, &walls, &|| false).is_err(),
            "another command"
        );
    }

    #[test]
    fn walls_that_do_not_hold_show_in_the_trials() {
        let folder = tempfile::tempdir().expect("a folder");
        let root = folder.path().canonicalize().expect("resolves");
        let leaky = stand_in(&root).escapes(&root);
        assert!(
            leaky
                .iter()
                .any(|it| it.name == "write outside" && !it.held)
        );
        let missing = Sandbox::detect_for(
            Supervisor {
                program: PathBuf::new(),
                args: Vec::new(),
            },
            None,
        );
        assert!(missing.overlays(&root).is_err());
        assert!(missing.opens_doors().is_err());
        assert!(missing.door_controls().is_empty());
        assert!(missing.layers().is_err() && missing.describe().contains("is missing"));
        assert!(missing.environment("/bin", &root).len() == 3);
        assert!(missing.controls(&root).iter().all(|it| !it.held));
    }
}
