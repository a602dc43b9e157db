//! What the trials of the walls do inside: small programs within the supervisor's own.

pub(super) mod door;

use std::collections::HashSet;
use std::ffi::OsString;
use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::os::linux::net::SocketAddrExt;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::process::ExitCode;
use std::thread;
use std::time::Duration;

use rustix::fs::{CWD, FileType, Mode, link, unlink};
use rustix::mount::{MountFlags, mount, mount_remount};
use rustix::process::{Pid, test_kill_process};

use super::system::{self, Side, forbidden};

/// Says its name.
pub(super) const HELLO: &str = "hello";
/// Tries everything in [`ESCAPES`] and [`NEEDS`]; the [`Scene`] follows.
pub(super) const TRIALS: &str = "trials";
/// Tries the way to allowed hosts; a port of the machine follows that somebody listens on.
pub(super) const DOOR: &str = "door";
/// Leaves a process behind that hides as well as it can; a mark to find it by follows.
pub(super) const LINGER: &str = "linger";
/// Makes processes without end; a mark to find them by follows.
pub(super) const STORM: &str = "storm";
/// Fills as many MiB of memory as the word that follows says.
pub(super) const SWELL: &str = "swell";
/// Prints as many KiB as the word that follows says.
pub(super) const FLOOD: &str = "flood";
/// Ignores every wish that it may end.
pub(super) const STUBBORN: &str = "stubborn";
/// Reads its input to the end and says how long it was.
pub(super) const LISTEN: &str = "listen";

/// Where a trial takes place, as its words say.
#[derive(Clone, Debug)]
pub(super) struct Scene {
    /// A folder within the walls, with a link `link` to the one outside.
    pub(super) inside: PathBuf,
    /// A folder outside, with a file `secret`, a file `kept` and a socket `socket`.
    pub(super) outside: PathBuf,
    /// The user's home.
    pub(super) home: PathBuf,
    /// Kiro's own process.
    pub(super) kiro: i32,
    /// A TCP port of the machine that somebody listens on.
    pub(super) port: u16,
    /// The name of an abstract socket that somebody listens on.
    pub(super) abstract_name: String,
}

impl Scene {
    /// The scene as words of a command line.
    pub(super) fn words(&self) -> Vec<String> {
        let path = |path: &PathBuf| path.to_string_lossy().into_owned();
        vec![
            path(&self.inside),
            path(&self.outside),
            path(&self.home),
            self.kiro.to_string(),
            self.port.to_string(),
            self.abstract_name.clone(),
        ]
    }

    fn read(words: &[OsString]) -> Option<Scene> {
        let text = |at: usize| words.get(at)?.to_str();
        Some(Scene {
            inside: text(0)?.into(),
            outside: text(1)?.into(),
            home: text(2)?.into(),
            kiro: text(3)?.parse().ok()?,
            port: text(4)?.parse().ok()?,
            abstract_name: text(5)?.to_owned(),
        })
    }

    fn secret(&self) -> PathBuf {
        self.outside.join("secret")
    }
}

/// One trial.
pub(super) struct Trial {
    pub(super) name: &'static str,
    pub(super) question: &'static str,
    attempt: fn(&Scene) -> io::Result<String>,
}

const fn trial(
    name: &'static str,
    question: &'static str,
    attempt: fn(&Scene) -> io::Result<String>,
) -> Trial {
    Trial {
        name,
        question,
        attempt,
    }
}

/// What must fail where there are walls. An attempt that comes through says what it did.
pub(super) const ESCAPES: &[Trial] = &[
    trial("create-outside", "create a file outside", |scene| {
        File::create_new(scene.outside.join("created")).map(done("created it"))
    }),
    trial("append-outside", "append to a file outside", |scene| {
        let file = OpenOptions::new().append(true).open(scene.secret());
        file.and_then(|mut file| file.write_all(b"x"))
            .map(done("changed it"))
    }),
    trial("empty-outside", "empty a file outside", |scene| {
        let file = OpenOptions::new().write(true).open(scene.secret());
        file.and_then(|file| file.set_len(0))
            .map(done("emptied it"))
    }),
    trial("delete-outside", "delete a file outside", |scene| {
        unlink(scene.outside.join("kept"))
            .map(done("deleted it"))
            .map_err(Into::into)
    }),
    trial(
        "take-inside",
        "move a file from outside to inside",
        |scene| {
            fs::rename(scene.outside.join("kept"), scene.inside.join("taken")).map(done("moved it"))
        },
    ),
    trial(
        "link-inside",
        "make a hard link to a file outside",
        |scene| {
            link(scene.secret(), scene.inside.join("hard"))
                .map(done("linked it"))
                .map_err(Into::into)
        },
    ),
    trial(
        "mode-outside",
        "change the mode of a file outside",
        |scene| {
            fs::set_permissions(scene.secret(), Permissions::from_mode(0o606))?;
            let mode = fs::metadata(scene.secret())?.mode() & 0o777;
            breach(mode == 0o606, "changed it", "it was ignored")
        },
    ),
    trial(
        "time-outside",
        "change the time of a file outside",
        |scene| {
            File::open(scene.secret())?.set_modified(std::time::UNIX_EPOCH)?;
            let time = fs::metadata(scene.secret())?.mtime();
            breach(time == 0, "changed it", "it was ignored")
        },
    ),
    trial("read-outside", "read a file outside", |scene| {
        fs::read(scene.secret()).map(done("read it"))
    }),
    trial("list-outside", "list a folder outside", |scene| {
        fs::read_dir(&scene.outside).map(done("listed it"))
    }),
    trial("list-home", "list the home folder", |scene| {
        fs::read_dir(&scene.home).map(done("listed it"))
    }),
    trial("keys", "read ~/.ssh, ~/.aws, ~/.kiro", |scene| {
        let keys = [".ssh", ".aws", ".kiro"].map(|name| scene.home.join(name));
        let open = keys.iter().find_map(|path| fs::read_dir(path).ok());
        breach(open.is_some(), "listed one of them", "none can be opened")
    }),
    trial("shared-tmp", "list the machine's /tmp", |_| {
        fs::read_dir("/tmp").map(done("listed it"))
    }),
    trial("passwords", "read /etc/shadow", |_| {
        fs::read("/etc/shadow").map(done("read it"))
    }),
    trial(
        "planted-link",
        "write through a link planted inside",
        |scene| File::create_new(scene.inside.join("link/created")).map(done("wrote through it")),
    ),
    trial(
        "planted-link-read",
        "read through a link planted inside",
        |scene| fs::read(scene.inside.join("link/secret")).map(done("read through it")),
    ),
    trial("tcp", "connect to a TCP port of the machine", |scene| {
        let address = SocketAddr::from(([127, 0, 0, 1], scene.port));
        TcpStream::connect_timeout(&address, Duration::from_secs(1)).map(done("connected"))
    }),
    trial("tcp-listen", "listen on a TCP port", |_| {
        TcpListener::bind("127.0.0.1:0").map(done("listens"))
    }),
    trial("udp", "open a UDP socket", |_| {
        UdpSocket::bind("0.0.0.0:0").map(done("opened it"))
    }),
    trial("unix", "connect to a socket file outside", |scene| {
        UnixStream::connect(scene.outside.join("socket")).map(done("connected"))
    }),
    trial(
        "abstract",
        "connect to an abstract socket of the machine",
        |scene| {
            std::os::unix::net::SocketAddr::from_abstract_name(&scene.abstract_name)
                .and_then(|address| UnixStream::connect_addr(&address))
                .map(done("connected"))
        },
    ),
    trial("unshare", "make a user namespace", |_| {
        forbidden::user_namespace().map(done("made it"))
    }),
    trial("clone", "start a process in a user namespace", |_| {
        forbidden::clone_user_namespace().map(done("started it"))
    }),
    trial("mount", "mount a file system", |scene| {
        mount("tmpfs", &scene.inside, "tmpfs", MountFlags::empty(), None)
            .map(done("mounted it"))
            .map_err(Into::into)
    }),
    trial("remount", "make the root writable", |_| {
        mount_remount("/", MountFlags::BIND, "")
            .map(done("remounted it"))
            .map_err(Into::into)
    }),
    trial("chroot", "change the root folder", |scene| {
        rustix::process::chroot(&scene.inside)
            .map(done("changed it"))
            .map_err(Into::into)
    }),
    trial("trace", "debug Kiro's process", |scene| {
        forbidden::trace(visible(scene.kiro)?).map(done("attached"))
    }),
    trial("trace-parent", "debug the parent process", |_| {
        forbidden::trace(parent()?).map(done("attached"))
    }),
    trial(
        "environ",
        "read the environment of Kiro's process",
        |scene| fs::read(format!("/proc/{}/environ", visible(scene.kiro)?)).map(done("read it")),
    ),
    trial(
        "environ-parent",
        "read the environment of the parent",
        |_| fs::read(format!("/proc/{}/environ", parent()?)).map(done("read it")),
    ),
    trial("memory-parent", "open the memory of the parent", |_| {
        File::open(format!("/proc/{}/mem", parent()?)).map(done("opened it"))
    }),
    trial(
        "root-parent",
        "reach files through the parent's root",
        |scene| {
            let path = scene.secret().to_string_lossy().into_owned();
            fs::read(format!("/proc/{}/root{path}", parent()?)).map(done("read it"))
        },
    ),
    trial("signal", "signal Kiro's process", |scene| {
        signal(visible(scene.kiro)?)
    }),
    trial("signal-parent", "signal the parent process", |_| {
        signal(parent()?)
    }),
    trial(
        "limit-parent",
        "change a limit of the parent process",
        |_| forbidden::limit_of(parent()?).map(done("may change it")),
    ),
    trial(
        "precedence",
        "change the precedence of Kiro's process",
        |scene| forbidden::demote(visible(scene.kiro)?).map(done("may change it")),
    ),
    trial("io-uring", "set up an io_uring", |_| {
        forbidden::io_uring().map(done("set it up"))
    }),
    trial("bpf", "load a kernel program", |_| {
        forbidden::bpf().map(done("may load it"))
    }),
    trial("keyring", "reach the session's keyring", |_| {
        forbidden::keyring().map(done("reached it"))
    }),
    trial("terminal", "put a character into a terminal", |_| {
        forbidden::type_into(0).map(done("may do it"))
    }),
    trial(
        "kernel-setting",
        "open a kernel setting for writing",
        |_| {
            let path = "/proc/sys/kernel/core_pattern";
            OpenOptions::new()
                .write(true)
                .open(path)
                .map(done("opened it"))
        },
    ),
    trial("device", "make a device file", |scene| {
        let (path, zero) = (scene.inside.join("device"), rustix::fs::makedev(1, 5));
        let mode = Mode::RUSR | Mode::WUSR;
        rustix::fs::mknodat(CWD, &path, FileType::CharacterDevice, mode, zero)
            .map(done("made it"))
            .map_err(Into::into)
    }),
    trial("privileges", "hold or gain a privilege", |_| privileges()),
    trial("descriptors", "find an open file of Kiro's", |_| {
        descriptors()
    }),
];

/// What must work. An attempt that fails says why.
pub(super) const NEEDS: &[Trial] = &[
    trial(
        "write-inside",
        "create, rename and delete files inside",
        |scene| {
            let (first, second) = (scene.inside.join("first"), scene.inside.join("second"));
            File::create_new(&first)?.write_all(b"text")?;
            fs::set_permissions(&first, Permissions::from_mode(0o755))?;
            fs::create_dir(scene.inside.join("folder"))?;
            let third = scene.inside.join("folder/third");
            fs::rename(&first, &second)?;
            fs::rename(&second, &third)?;
            symlink("third", scene.inside.join("folder/link"))?;
            let text = fs::read_to_string(scene.inside.join("folder/link"))?;
            unlink(scene.inside.join("folder/link"))?;
            unlink(&third)?;
            fs::remove_dir(scene.inside.join("folder"))?;
            needed(text == "text", "it reads as it was written")
        },
    ),
    trial("read-libraries", "read the system's libraries", |_| {
        let count = fs::read_dir("/usr/lib")?.count();
        needed(count > 0, "they can be listed")
    }),
    trial("run-program", "run a program", |_| {
        let status = shell("exit 7")?;
        needed(status == Some(7), "it ran")
    }),
    trial(
        "temporary",
        "use pipes, threads and connected sockets",
        |_| {
            let (mut one, mut other) = UnixStream::pair()?;
            let writer = thread::spawn(move || one.write_all(b"x"));
            let mut byte = [0];
            other.read_exact(&mut byte)?;
            let written = writer
                .join()
                .map_err(|_| io::Error::other("a thread failed"))?;
            written?;
            needed(byte == *b"x", "they work")
        },
    ),
    trial("devices", "use /dev/null and /dev/urandom", |_| {
        OpenOptions::new()
            .write(true)
            .open("/dev/null")?
            .write_all(b"x")?;
        let mut bytes = [0; 8];
        File::open("/dev/urandom")?.read_exact(&mut bytes)?;
        Ok("they work".to_owned())
    }),
    trial("itself", "look at itself in /proc", |_| {
        fs::read("/proc/self/status").map(done("it can"))
    }),
];

fn done<T>(what: &'static str) -> impl FnOnce(T) -> String {
    move |_| what.to_owned()
}

fn breach(broken: bool, what: &str, otherwise: &str) -> io::Result<String> {
    if broken {
        Ok(what.to_owned())
    } else {
        Err(io::Error::other(otherwise))
    }
}

fn needed(works: bool, what: &str) -> io::Result<String> {
    breach(works, what, "it came out differently")
}

/// A process of the machine that can be seen from here: in a namespace, its number may be this one's own.
fn visible(pid: i32) -> io::Result<i32> {
    let me = rustix::process::getpid().as_raw_nonzero().get();
    if pid == me {
        Err(io::Error::other("it is not to be seen"))
    } else {
        Ok(pid)
    }
}

fn parent() -> io::Result<i32> {
    rustix::process::getppid()
        .map(|pid| pid.as_raw_nonzero().get())
        .ok_or_else(|| io::Error::other("it is not to be seen"))
}

fn signal(pid: i32) -> io::Result<String> {
    let pid = Pid::from_raw(pid).ok_or_else(|| io::Error::other("it is not to be seen"))?;
    test_kill_process(pid)
        .map(done("may signal it"))
        .map_err(Into::into)
}

fn privileges() -> io::Result<String> {
    let status = fs::read_to_string("/proc/self/status")?;
    let field = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name));
        line.map(str::trim).unwrap_or_default().to_owned()
    };
    let empty = |name: &str| field(name).bytes().all(|digit| digit == b'0');
    let dropped = ["CapInh:", "CapPrm:", "CapEff:", "CapAmb:"]
        .iter()
        .all(|it| empty(it));
    let sealed = field("NoNewPrivs:") == "1" && field("Seccomp:") == "2";
    breach(
        !dropped || !sealed,
        &status.replace('\n', " "),
        "there is none to hold",
    )
}

fn descriptors() -> io::Result<String> {
    let mut open = HashSet::new();
    for entry in fs::read_dir("/proc/self/fd")? {
        let entry = entry?;
        // The folder being listed is one of them, and is gone afterwards.
        if fs::read_link(entry.path()).is_ok_and(|to| !to.ends_with("fd")) {
            open.insert(entry.file_name());
        }
    }
    let own = ["0", "1", "2"].map(OsString::from);
    let foreign: Vec<_> = open.iter().filter(|it| !own.contains(it)).collect();
    breach(
        !foreign.is_empty(),
        &format!("{foreign:?}"),
        "there is none",
    )
}

#[expect(
    clippy::disallowed_methods,
    reason = "a trial of whether programs can be run"
)]
fn shell(script: &str) -> io::Result<Option<i32>> {
    let status = std::process::Command::new("/bin/sh")
        .args(["-c", script])
        .status()?;
    Ok(status.code())
}

/// Does what `words` say.
pub(super) fn run(words: &[OsString]) -> ExitCode {
    let word = |at: usize| words.get(at).and_then(|word| word.to_str());
    let number = || word(1).and_then(|word| word.parse::<usize>().ok());
    let outcome = match (word(0), number()) {
        (Some(HELLO), _) => say(HELLO),
        (Some(TRIALS), _) => trials(&words[1..]),
        (Some(DOOR), Some(port)) => u16::try_from(port)
            .map_err(io::Error::other)
            .and_then(|port| say(&door::run(port))),
        (Some(LINGER), _) => linger(),
        (Some(STORM), _) => storm(),
        (Some(SWELL), Some(mebibytes)) => swell(mebibytes),
        (Some(FLOOD), Some(kibibytes)) => flood(kibibytes),
        (Some(STUBBORN), _) => stubborn(),
        (Some(LISTEN), _) => listen(),
        _ => Err(io::Error::other("there is no such trial")),
    };
    if outcome.is_ok() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

fn say(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()
}

fn trials(words: &[OsString]) -> io::Result<()> {
    let scene = Scene::read(words).ok_or_else(|| io::Error::other("the scene is incomplete"))?;
    let mut lines = String::new();
    for (trials, must_work) in [(NEEDS, true), (ESCAPES, false)] {
        for trial in trials {
            let outcome = (trial.attempt)(&scene);
            let held = outcome.is_ok() == must_work;
            let detail = outcome.unwrap_or_else(|error| error.to_string());
            lines.push_str(&format!("{}\t{held}\t{detail}\n", trial.name));
        }
    }
    say(&lines)
}

fn sleep_without_end() -> ! {
    loop {
        thread::sleep(Duration::from_secs(3600));
    }
}

/// A grandchild in a session of its own, with the output still open, deaf to requests.
fn linger() -> io::Result<()> {
    if let Side::Parent(_) = system::fork()? {
        return Ok(());
    }
    let _own_session = forbidden::session();
    match system::fork() {
        Ok(Side::Child) => {
            let _deaf = system::note_termination();
            sleep_without_end()
        }
        _ => system::leave(0),
    }
}

/// Every process begins a session of its own and makes more of its kind.
fn storm() -> io::Result<()> {
    loop {
        let _own_session = forbidden::session();
        if system::fork().is_err() {
            thread::sleep(Duration::from_millis(1));
        }
    }
}

fn swell(mebibytes: usize) -> io::Result<()> {
    let mut held = Vec::new();
    for _ in 0..mebibytes {
        held.push(vec![1_u8; 1 << 20]);
        // Slow enough to be seen growing, as programs grow.
        thread::sleep(Duration::from_micros(300));
    }
    say(&held.len().to_string())
}

fn flood(kibibytes: usize) -> io::Result<()> {
    let line = [b'x'; 1024];
    let mut out = io::stdout().lock();
    (0..kibibytes).try_for_each(|_| out.write_all(&line))?;
    out.flush()
}

fn stubborn() -> io::Result<()> {
    system::note_termination()?;
    sleep_without_end()
}

fn listen() -> io::Result<()> {
    let mut input = Vec::new();
    io::stdin().lock().read_to_end(&mut input)?;
    say(&input.len().to_string())
}

#[cfg(test)]
mod tests {
    use std::os::unix::net::{SocketAddr as UnixAddress, UnixListener};

    use super::*;

    /// Trials that change nothing of the machine when they come through.
    const HARMLESS: &[&str] = &[
        "create-outside",
        "append-outside",
        "empty-outside",
        "link-inside",
        "mode-outside",
        "time-outside",
        "read-outside",
        "list-outside",
        "list-home",
        "keys",
        "shared-tmp",
        "planted-link",
        "planted-link-read",
        "tcp",
        "tcp-listen",
        "udp",
        "unix",
        "abstract",
        "environ",
        "signal",
        "privileges",
        "descriptors",
        "take-inside",
    ];

    #[test]
    fn without_walls_the_trials_come_through() {
        let folder = tempfile::tempdir().expect("a folder");
        let [inside, outside, home] =
            ["inside", "outside", "home"].map(|name| folder.path().join(name));
        for folder in [&inside, &outside, &home.join(".ssh")] {
            fs::create_dir_all(folder).expect("a folder");
        }
        for name in ["secret", "kept"] {
            File::create_new(outside.join(name)).expect("a file");
        }
        symlink(&outside, inside.join("link")).expect("a link");
        let tcp = TcpListener::bind("127.0.0.1:0").expect("a port");
        let _unix = UnixListener::bind(outside.join("socket")).expect("a socket");
        let abstract_name = format!("kiro-probe-{}", std::process::id());
        let address = UnixAddress::from_abstract_name(&abstract_name).expect("a name");
        let _abstract = UnixListener::bind_addr(&address).expect("a socket");
        let parent = rustix::process::getppid().expect("it has a parent");
        let scene = Scene {
            inside,
            outside,
            home,
            kiro: parent.as_raw_nonzero().get(),
            port: tcp.local_addr().expect("it has one").port(),
            abstract_name,
        };
        let words: Vec<OsString> = scene.words().into_iter().map(OsString::from).collect();
        let scene = Scene::read(&words).expect("it is complete");
        for name in HARMLESS {
            let trial = ESCAPES.iter().find(|trial| trial.name == *name);
            let outcome = (trial.expect("it exists").attempt)(&scene);
            assert!(outcome.is_ok(), "{name}: {outcome:?}");
            let _gone = unlink(scene.outside.join("created"));
        }
        for trial in NEEDS {
            let outcome = (trial.attempt)(&scene);
            assert!(outcome.is_ok(), "{}: {outcome:?}", trial.name);
        }
    }
}
