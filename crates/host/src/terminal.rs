//! The terminal of a person.

use std::io;
use std::os::fd::AsFd;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;

/// How long nobody looks up while a person thinks, in nanoseconds.
const LOOK_UP_NANOS: i64 = 50_000_000;

/// Longest line that is read, in bytes; what is beyond it is left out.
const LINE_MAX: usize = 64 * 1024;

/// Reads a line of the standard input, without its end. None when the input ends, its terminal has gone, or `go_on`, which is
/// asked again and again meanwhile, says no. Not a byte beyond the line is read, so that a program started later finds it.
///
/// # Errors
/// When the input cannot be read.
pub fn read_line(go_on: &mut dyn FnMut() -> bool) -> io::Result<Option<String>> {
    let input = io::stdin();
    let input = input.as_fd();
    let mut line = Vec::new();
    loop {
        if !go_on() {
            return Ok(None);
        }
        let mut waited = [PollFd::new(&input, PollFlags::IN)];
        let wait = Timespec {
            tv_sec: 0,
            tv_nsec: LOOK_UP_NANOS,
        };
        match poll(&mut waited, Some(&wait)) {
            Ok(0) | Err(Errno::INTR) => continue,
            Ok(_) => {}
            Err(errno) => return Err(errno.into()),
        }
        let mut byte = [0];
        match rustix::io::read(input, &mut byte) {
            Err(Errno::INTR | Errno::AGAIN) => {}
            Ok(0) | Err(Errno::IO) if line.is_empty() => return Ok(None),
            Ok(0) | Err(Errno::IO) => break,
            Err(errno) => return Err(errno.into()),
            Ok(_) if byte == *b"\n" => break,
            Ok(_) if line.len() < LINE_MAX => line.extend(byte),
            Ok(_) => {}
        }
    }
    Ok(Some(String::from_utf8_lossy(&line).into_owned()))
}
