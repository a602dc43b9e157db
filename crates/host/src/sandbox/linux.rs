//! The sandbox of this machine: which layers it has, and commands run within them.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

use change::RelPath;
use policy::Permit;

use super::attended::Attended;
use super::places::Places;
use super::supervisor::PROBE;
use super::wire::{Fence, Job, Outer};
use super::{Control, Overlay, SandboxError, Walls, bubblewrap, controls, fence, launch, probe};
use crate::files;
use crate::process::{Command, Finished, RunError, Supervisor, Watch};

/// The walls that this machine can raise around a program.
#[derive(Clone, Debug)]
pub struct Sandbox {
    supervisor: Supervisor,
    places: Places,
    layers: Result<Layers, String>,
}

#[derive(Clone, Copy, Debug)]
struct Layers {
    outer: Outer,
    landlock: i32,
}

/// One layer of the walls.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layer {
    /// What it is.
    pub name: String,
    /// What it keeps.
    pub keeps: &'static str,
}

impl Sandbox {
    /// Finds out which layers this machine has, by running nothing much in each that might work.
    ///
    /// `home` is the user's, of whose toolchains a program may read and of whose keys it may not. It takes
    /// some tens of milliseconds. That there is no sandbox shows when something is to be run, and in
    /// [`Sandbox::layers`].
    pub fn detect_for(supervisor: Supervisor, home: Option<&Path>) -> Sandbox {
        Sandbox::with_outer(
            supervisor,
            home,
            &[
                Outer::Bubblewrap {
                    disable_userns: true,
                },
                Outer::Bubblewrap {
                    disable_userns: false,
                },
                Outer::Namespaces,
                Outer::Bare,
            ],
        )
    }

    fn with_outer(supervisor: Supervisor, home: Option<&Path>, outers: &[Outer]) -> Sandbox {
        let mut sandbox = Sandbox {
            supervisor,
            places: Places::survey(home),
            layers: Err("nothing was tried".to_owned()),
        };
        let landlock = match fence::version() {
            Ok(version) => version,
            Err(why) => {
                sandbox.layers = Err(why);
                return sandbox;
            }
        };
        let mut failures = Vec::new();
        for outer in outers.iter().copied() {
            let layers = Layers { outer, landlock };
            match sandbox.works(layers) {
                Ok(()) => {
                    sandbox.layers = Ok(layers);
                    return sandbox;
                }
                Err(why) => failures.push(why),
            }
        }
        sandbox.layers = Err(failures.join("; "));
        sandbox
    }

    /// The same sandbox without its outermost layer, as it is where the system does not allow one; or
    /// with namespaces instead of bubblewrap. For tests of what remains.
    #[doc(hidden)]
    pub fn weakened(supervisor: Supervisor, home: Option<&Path>, bare: bool) -> Sandbox {
        let outer = if bare { Outer::Bare } else { Outer::Namespaces };
        Sandbox::with_outer(supervisor, home, &[outer])
    }

    /// Tries a set of layers with a program that does nothing.
    fn works(&self, layers: Layers) -> Result<(), String> {
        let name = name(layers.outer);
        match layers.outer {
            Outer::Bubblewrap { .. } if !Path::new(bubblewrap::PROGRAM).is_file() => {
                return Err(format!("{} is not installed", bubblewrap::PROGRAM));
            }
            Outer::Bare if !fence::keeps_signals(layers.landlock) => {
                return Err(format!(
                    "Landlock version {} alone does not keep signals inside (Linux 6.12 does)",
                    layers.landlock
                ));
            }
            _ => {}
        }
        let (mut command, walls) = self.probe([probe::HELLO]);
        command.limits.wall = Duration::from_secs(10);
        let finished = self
            .run_in(layers, &command, &walls, &Watch::until(&|| false))
            .map_err(|error| format!("{name}: {error}"))?;
        if finished.ended.success() && finished.stdout == probe::HELLO.as_bytes() {
            Ok(())
        } else {
            Err(format!("{name}: a trial ended with {}", finished.ended))
        }
    }

    /// A command that has the supervisor's program try something within walls that let it run.
    pub(super) fn probe<'a>(&self, words: impl IntoIterator<Item = &'a str>) -> (Command, Walls) {
        let text = |word: &OsString| word.to_string_lossy().into_owned();
        let program = &self.supervisor.program;
        let argv = std::iter::once(program.to_string_lossy().into_owned())
            .chain(self.supervisor.args.iter().map(text))
            .chain([PROBE.to_owned()])
            .chain(words.into_iter().map(str::to_owned));
        let real = program.canonicalize().unwrap_or_else(|_| program.clone());
        let walls = Walls {
            read: vec![real],
            ..Walls::default()
        };
        (Command::new(argv, "/usr"), walls)
    }

    /// Runs `command` within `walls` to its end; nothing of it is left then.
    ///
    /// `cancelled` is asked again and again while it runs, and ends it.
    ///
    /// # Errors
    /// When the permit is for something else, the walls are not sound or cannot be raised, or the program
    /// does not start. That the program fails is not an error.
    pub fn run(
        &self,
        permit: Permit,
        command: &Command,
        walls: &Walls,
        cancelled: &dyn Fn() -> bool,
    ) -> Result<Finished, SandboxError> {
        self.follow(permit, command, walls, &Watch::until(cancelled))
    }

    /// The same, told of the output while it comes.
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
        self.run_in(self.own_layers()?, command, walls, watch)
    }

    /// The same for what is Kiro's own: the trials of the walls.
    pub(super) fn run_permitted(
        &self,
        command: &Command,
        walls: &Walls,
        cancelled: &dyn Fn() -> bool,
    ) -> Result<Finished, SandboxError> {
        self.run_in(self.own_layers()?, command, walls, &Watch::until(cancelled))
    }

    fn own_layers(&self) -> Result<Layers, SandboxError> {
        self.layers.clone().map_err(SandboxError::NoSandbox)
    }

    fn run_in(
        &self,
        layers: Layers,
        command: &Command,
        walls: &Walls,
        watch: &Watch<'_>,
    ) -> Result<Finished, SandboxError> {
        command.check()?;
        let fence = walls.fence(&self.places, layers.outer, &command.cwd)?;
        let door = walls.network.door();
        let mut job = job(command, Some(fence));
        job.door_follows = door.is_some();
        Ok(launch::launch(
            &self.supervisor,
            command,
            &job,
            door,
            watch,
        )?)
    }

    /// The layers of the walls, the outermost first.
    ///
    /// # Errors
    /// When there is no sandbox on this machine; the error says why.
    pub fn layers(&self) -> Result<Vec<Layer>, SandboxError> {
        let layers = self.own_layers()?;
        let layer = |name: &str, keeps| Layer {
            name: name.to_owned(),
            keeps,
        };
        let outer = match layers.outer {
            Outer::Bubblewrap { .. } | Outer::Namespaces => Some(layer(
                name(layers.outer),
                "other processes and the network are out of sight; files are read-only elsewhere",
            )),
            Outer::Bare => None,
        };
        let inner = [
            layer(
                &format!("Landlock {}", layers.landlock),
                "only listed files and folders can be opened",
            ),
            layer("seccomp", "no sockets, no debugging, no new privileges"),
            layer(
                "supervisor",
                "time, memory, processes; nothing outlives the command",
            ),
        ];
        Ok(outer.into_iter().chain(inner).collect())
    }

    /// Whether commands can be led to allowed hosts, and nowhere else.
    ///
    /// # Errors
    /// Why they cannot, in words; they have no network then.
    pub fn opens_doors(&self) -> Result<(), &'static str> {
        match &self.layers {
            Ok(layers) if layers.outer != Outer::Bare => Ok(()),
            Ok(_) => Err(
                "a network of their own needs namespaces, which this system does not give; install bubblewrap",
            ),
            Err(_) => Err("there is no sandbox"),
        }
    }

    /// The layers in one line, or why there are none.
    pub fn describe(&self) -> String {
        match self.layers() {
            Ok(layers) => {
                let names: Vec<_> = layers.into_iter().map(|layer| layer.name).collect();
                let names = names.join(", ");
                match self.layers {
                    Ok(Layers {
                        outer: Outer::Bare, ..
                    }) => format!(
                        "{names}; modes of files and groups of processes are ignored inside"
                    ),
                    _ => names,
                }
            }
            Err(error) => error.to_string(),
        }
    }

    /// An environment for commands in the sandbox: the search path `path`, the user's toolchains, and
    /// `private`, a folder within [`Walls::write`], as home and for temporary files. Nothing else of the
    /// user's environment shows.
    pub fn environment(&self, path: &str, private: &Path) -> Vec<(String, String)> {
        self.places.environment(path, private)
    }

    /// How this machine can show a folder at another place: whether a program can change there for itself what it sees. Tried
    /// in the folder `scratch`, in which nothing is left.
    ///
    /// # Errors
    /// Why it can show none.
    pub fn overlays(&self, scratch: &Path) -> Result<bool, String> {
        let layers = self.layers.clone()?;
        if layers.outer == Outer::Bare {
            return Err("this system gives no namespaces".to_owned());
        }
        let place = scratch.join("overlay-trial");
        let above = place.join("above");
        let tried = match self.try_overlay(layers, &place, Some(&above)) {
            Ok(()) => Ok(true),
            // Such as bubblewrap before 0.11, and Linux before 5.11.
            Err(_) => self.try_overlay(layers, &place, None).map(|()| false),
        };
        let removed = files::remove_tree(&place).map_err(|it| it.to_string());
        removed.and(tried)
    }

    fn try_overlay(
        &self,
        layers: Layers,
        place: &Path,
        above: Option<&Path>,
    ) -> Result<(), String> {
        let below = place.join("below");
        let at = RelPath::parse("at").map_err(|it| it.to_string())?;
        let made = files::ensure_private_folder(&below)
            .and_then(|()| files::ensure_private_folder(&place.join("wall")))
            .and_then(|()| Overlay::prepare(&below, above, (&place.join("wall"), &at)));
        let (command, mut walls) = self.probe([probe::HELLO]);
        walls.overlays = made.map_err(|it| it.to_string())?.into_iter().collect();
        walls.write.push(place.join("wall"));
        match self.run_in(layers, &command, &walls, &Watch::until(&|| false)) {
            Ok(finished) if finished.ended.success() => Ok(()),
            Ok(finished) => {
                let said = String::from_utf8_lossy(&finished.stderr);
                Err(format!(
                    "a trial ended with {}: {}",
                    finished.ended,
                    said.trim()
                ))
            }
            Err(error) => Err(error.to_string()),
        }
    }

    /// Tries the walls, from inside and outside, and what has to work within them.
    ///
    /// `scratch` is a folder that may be written to; nothing is left in it. It takes about a second.
    pub fn controls(&self, scratch: &Path) -> Vec<Control> {
        controls::run(self, scratch)
    }

    /// Those of [`Sandbox::controls`] that one program can try in one go, in some tens of milliseconds.
    pub fn escapes(&self, scratch: &Path) -> Vec<Control> {
        controls::escapes(self, scratch)
    }

    /// Trials of the way to allowed hosts, over a network that is made up. Where no door can be opened, one trial that did
    /// not hold.
    pub fn door_controls(&self) -> Vec<Control> {
        controls::door::run(self)
    }

    pub(super) fn home(&self) -> Option<&PathBuf> {
        self.places.home.as_ref()
    }
}

fn name(outer: Outer) -> &'static str {
    match outer {
        Outer::Bubblewrap { .. } => "bubblewrap",
        Outer::Namespaces => "namespaces",
        Outer::Bare => "no outer layer",
    }
}

fn job(command: &Command, fence: Option<Fence>) -> Job {
    let pair = |(name, value): &(String, String)| (name.into(), value.into());
    Job {
        argv: command.argv.iter().map(OsString::from).collect(),
        cwd: command.cwd.clone(),
        env: command.env.iter().map(pair).collect(),
        stdin: command.stdin.clone(),
        input_follows: false,
        door_follows: false,
        copies: command.copies.clone(),
        limits: command.limits,
        fence,
    }
}

/// Starts a program of the user's own that is talked to while it runs: supervised, without walls.
pub(crate) fn attended(supervisor: &Supervisor, command: &Command) -> Result<Attended, RunError> {
    command.check()?;
    let mut job = job(command, None);
    job.input_follows = true;
    Attended::start(supervisor, command, &job)
}

/// Runs a program of the user's own: supervised to its end, but without walls.
pub(crate) fn without_walls(
    supervisor: &Supervisor,
    command: &Command,
    cancelled: &dyn Fn() -> bool,
) -> Result<Finished, RunError> {
    command.check()?;
    let watch = Watch::until(cancelled);
    launch::launch(supervisor, command, &job(command, None), None, &watch)
}
