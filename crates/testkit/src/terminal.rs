//! A program at a real terminal, with somebody who reads what it prints and types.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::process::Command;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};

use crate::{Output, World};

/// Longest wait for a text on the screen.
const PATIENCE: Duration = Duration::from_secs(120);

/// What somebody at a terminal waits for, and then types.
pub type Scene<'a> = (&'a str, &'a str);

impl World {
    /// Runs a command at a terminal. After each text of `scenes` has appeared, the line beside it is typed; the screen's
    /// text is the output's `stdout`.
    ///
    /// # Panics
    /// When a text does not appear.
    pub fn at_terminal(&self, mut command: Command, scenes: &[Scene<'_>]) -> Output {
        let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).expect("a terminal");
        grantpt(&master).expect("a terminal");
        unlockpt(&master).expect("a terminal");
        let name = ptsname(&master, Vec::new()).expect("a terminal's name");
        let open = || {
            let path = OsStr::from_bytes(name.as_bytes());
            File::options()
                .read(true)
                .write(true)
                .open(path)
                .expect("it opens")
        };
        command.stdin(open()).stdout(open()).stderr(open());
        command.env("TERM", "dumb").env("NO_COLOR", "1");
        let mut child = command.spawn().expect("kiro starts");
        // The command holds the other end, which would keep the terminal open.
        drop(command);
        let mut keys = File::from(master.try_clone().expect("a second handle"));
        let mut screen = Screen::of(master);
        for (awaited, typed) in scenes {
            screen.wait_for(awaited);
            writeln!(keys, "{typed}").expect("it is typed");
        }
        let code = child.wait().expect("it ends").code();
        Output {
            code,
            stdout: self.plain(screen.rest().as_bytes()),
            stderr: String::new(),
        }
    }
}

struct Screen {
    pieces: Receiver<Vec<u8>>,
    seen: Vec<u8>,
    /// How far it was read.
    read: usize,
}

impl Screen {
    fn of(master: OwnedFd) -> Screen {
        let (send, pieces) = channel();
        let mut master = File::from(master);
        std::thread::spawn(move || {
            let mut buffer = [0; 4096];
            // A terminal whose last program has gone gives an error.
            while let Ok(length @ 1..) = master.read(&mut buffer) {
                if send.send(buffer[..length].to_vec()).is_err() {
                    return;
                }
            }
        });
        Screen {
            pieces,
            seen: Vec::new(),
            read: 0,
        }
    }

    /// Reads on until `text` appears.
    fn wait_for(&mut self, text: &str) {
        let started = Instant::now();
        loop {
            let new = &self.seen[self.read..];
            if let Some(at) = find(new, text.as_bytes()) {
                self.read += at + text.len();
                return;
            }
            let left = PATIENCE.saturating_sub(started.elapsed());
            match self.pieces.recv_timeout(left) {
                Ok(piece) => self.seen.extend(piece),
                Err(_) => panic!(
                    "«{text}» did not appear:\n{}",
                    String::from_utf8_lossy(&self.seen)
                ),
            }
        }
    }

    /// Everything that was ever on the screen, once the program has ended.
    fn rest(&mut self) -> String {
        loop {
            match self.pieces.recv_timeout(PATIENCE) {
                Ok(piece) => self.seen.extend(piece),
                Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => panic!("the terminal stays open"),
            }
        }
        String::from_utf8_lossy(&self.seen).replace("\r\n", "\n")
    }
}

fn find(text: &[u8], part: &[u8]) -> Option<usize> {
    text.windows(part.len()).position(|it| it == part)
}
