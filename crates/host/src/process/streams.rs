//! Reads the two output streams of a child without ever waiting for more than one moment.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};
use rustix::io::Errno;

use super::capture::Capture;
use super::command::Channel;

const CHUNK: usize = 128 << 10;
/// Reads of one stream before the caller is asked again whether to go on.
const READS_IN_A_ROW: usize = 32;

/// The output of a child: two pipes and what has come out of them.
pub(crate) struct Streams {
    stdout: Stream,
    stderr: Stream,
    chunk: Vec<u8>,
    received: u64,
}

type Sink<'a> = &'a dyn Fn(Channel, &[u8]);

struct Stream {
    channel: Channel,
    pipe: Option<OwnedFd>,
    capture: Capture,
}

impl Streams {
    /// Takes over the reading ends; keeps at most `limit` bytes of each.
    pub(crate) fn new(stdout: OwnedFd, stderr: OwnedFd, limit: usize) -> io::Result<Self> {
        Ok(Streams {
            stdout: Stream::new(Channel::Out, stdout, limit)?,
            stderr: Stream::new(Channel::Err, stderr, limit)?,
            chunk: vec![0; CHUNK],
            received: 0,
        })
    }

    /// How many bytes have come out so far, kept or not.
    pub(crate) fn received(&self) -> u64 {
        self.received
    }

    /// Whether something can still come.
    pub(crate) fn open(&self) -> bool {
        self.stdout.pipe.is_some() || self.stderr.pipe.is_some()
    }

    /// Waits up to `timeout` for output or for `other` to become readable, takes in what is there and
    /// tells it to `sink`, and says whether `other` is readable.
    pub(crate) fn wait(
        &mut self,
        other: Option<BorrowedFd<'_>>,
        timeout: Duration,
        sink: Sink<'_>,
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
        self.received += self.stdout.read(&mut self.chunk, sink)?;
        self.received += self.stderr.read(&mut self.chunk, sink)?;
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
    fn new(channel: Channel, pipe: OwnedFd, limit: usize) -> io::Result<Self> {
        let flags = fcntl_getfl(&pipe)?;
        fcntl_setfl(&pipe, flags | OFlags::NONBLOCK)?;
        Ok(Stream {
            channel,
            pipe: Some(pipe),
            capture: Capture::new(limit),
        })
    }

    fn read(&mut self, chunk: &mut [u8], sink: Sink<'_>) -> io::Result<u64> {
        let mut received = 0;
        for _ in 0..READS_IN_A_ROW {
            let Some(pipe) = &self.pipe else {
                break;
            };
            match rustix::io::read(pipe, &mut *chunk) {
                Ok(0) => self.pipe = None,
                Ok(count) => {
                    received += count as u64;
                    self.capture.push(&chunk[..count]);
                    sink(self.channel, &chunk[..count]);
                }
                Err(Errno::INTR) => {}
                Err(Errno::AGAIN) => break,
                Err(error) => return Err(error.into()),
            }
        }
        Ok(received)
    }
}

/// How long a command has printed nothing.
pub(crate) struct Silence {
    limit: Option<Duration>,
    received: u64,
    since: Instant,
}

impl Silence {
    /// Begins now.
    pub(crate) fn new(limit: Option<Duration>) -> Self {
        Silence {
            limit,
            received: 0,
            since: Instant::now(),
        }
    }

    /// Whether nothing has come out of `streams` for longer than the limit.
    pub(crate) fn too_long(&mut self, streams: &Streams) -> bool {
        if streams.received() != self.received {
            self.received = streams.received();
            self.since = Instant::now();
        }
        self.limit
            .is_some_and(|limit| self.since.elapsed() >= limit)
    }
}

/// A duration as the system wants it.
pub(crate) fn timespec(duration: Duration) -> Timespec {
    Timespec {
        tv_sec: i64::try_from(duration.as_secs()).unwrap_or(i64::MAX),
        tv_nsec: duration.subsec_nanos().into(),
    }
}
