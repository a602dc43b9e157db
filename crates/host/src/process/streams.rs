//! Reads the two output streams of a child without ever waiting for more than one moment.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};
use rustix::io::Errno;

use super::capture::Capture;

const CHUNK: usize = 128 << 10;
/// Reads of one stream before the caller is asked again whether to go on.
const READS_IN_A_ROW: usize = 32;

/// The output of a child: two pipes and what has come out of them.
pub(crate) struct Streams {
    stdout: Stream,
    stderr: Stream,
    chunk: Vec<u8>,
}

struct Stream {
    pipe: Option<OwnedFd>,
    capture: Capture,
}

impl Streams {
    /// Takes over the reading ends; keeps at most `limit` bytes of each.
    pub(crate) fn new(stdout: OwnedFd, stderr: OwnedFd, limit: usize) -> io::Result<Self> {
        Ok(Streams {
            stdout: Stream::new(stdout, limit)?,
            stderr: Stream::new(stderr, limit)?,
            chunk: vec![0; CHUNK],
        })
    }

    /// Whether something can still come.
    pub(crate) fn open(&self) -> bool {
        self.stdout.pipe.is_some() || self.stderr.pipe.is_some()
    }

    /// Waits up to `timeout` for output or for `other` to become readable, takes in what is there,
    /// and says whether `other` is readable.
    pub(crate) fn wait(
        &mut self,
        other: Option<BorrowedFd<'_>>,
        timeout: Duration,
    ) -> io::Result<bool> {
        let waited_for = [self.stdout.pipe.as_ref(), self.stderr.pipe.as_ref()];
        let mut fds: Vec<PollFd<'_>> = waited_for
            .into_iter()
            .flatten()
            .map(AsFd::as_fd)
            .chain(other)
            .map(|fd| PollFd::from_borrowed_fd(fd, PollFlags::IN))
            .collect();
        match poll(&mut fds, Some(&timespec(timeout))) {
            Ok(_) | Err(Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
        let ready = other.is_some() && fds.last().is_some_and(|fd| !fd.revents().is_empty());
        drop(fds);
        self.stdout.read(&mut self.chunk)?;
        self.stderr.read(&mut self.chunk)?;
        Ok(ready)
    }

    /// What came out: standard output, standard error, and whether something was left out.
    pub(crate) fn finish(self) -> (Vec<u8>, Vec<u8>, bool) {
        let (stdout, cut_out) = self.stdout.capture.finish();
        let (stderr, cut_err) = self.stderr.capture.finish();
        (stdout, stderr, cut_out || cut_err)
    }
}

impl Stream {
    fn new(pipe: OwnedFd, limit: usize) -> io::Result<Self> {
        let flags = fcntl_getfl(&pipe)?;
        fcntl_setfl(&pipe, flags | OFlags::NONBLOCK)?;
        Ok(Stream {
            pipe: Some(pipe),
            capture: Capture::new(limit),
        })
    }

    fn read(&mut self, chunk: &mut [u8]) -> io::Result<()> {
        for _ in 0..READS_IN_A_ROW {
            let Some(pipe) = &self.pipe else {
                return Ok(());
            };
            match rustix::io::read(pipe, &mut *chunk) {
                Ok(0) => self.pipe = None,
                Ok(count) => self.capture.push(&chunk[..count]),
                Err(Errno::INTR) => {}
                Err(Errno::AGAIN) => return Ok(()),
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }
}

/// A duration as the system wants it.
pub(crate) fn timespec(duration: Duration) -> Timespec {
    Timespec {
        tv_sec: i64::try_from(duration.as_secs()).unwrap_or(i64::MAX),
        tv_nsec: duration.subsec_nanos().into(),
    }
}
