//! The words between Kiro and its supervisor: length-prefixed frames of plain bytes.
//!
//! Both ends are the same program, so there is no version; a frame that is not whole is an error.

use std::ffi::{OsStr, OsString};
use std::io::{self, IoSlice, IoSliceMut, Read, Write};
use std::mem::MaybeUninit;
use std::os::fd::{BorrowedFd, OwnedFd};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::time::Duration;

use rustix::net::{
    RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer,
    SendAncillaryMessage, SendFlags, recvmsg, sendmsg,
};

use crate::process::{Ended, Limits};

/// No frame is longer: the largest part of one is the input of a command.
const FRAME_MAX: usize = 256 << 20;

/// What the supervisor is to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Job {
    pub(super) argv: Vec<OsString>,
    pub(super) cwd: PathBuf,
    pub(super) env: Vec<(OsString, OsString)>,
    pub(super) stdin: Option<Vec<u8>>,
    /// Whether its input is a descriptor instead, which follows the job.
    pub(super) input_follows: bool,
    /// Whether a descriptor follows through which the listener inside is to be handed to Kiro's door.
    pub(super) door_follows: bool,
    /// Outputs that become copies of each other.
    pub(super) copies: Vec<(i32, i32)>,
    pub(super) limits: Limits,
    /// The walls; a program of the user's own has none.
    pub(super) fence: Option<Fence>,
}

/// Everything that a walled program may touch; the rest is out of its reach.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fence {
    pub(super) outer: Outer,
    pub(super) network: Net,
    pub(super) places: Vec<Place>,
    pub(super) overlays: Vec<Overlay>,
    /// Folders that [`Outer::Bubblewrap`] covers with an empty one besides.
    pub(super) cover: Vec<PathBuf>,
}

/// The outermost layer, in order of strength.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outer {
    /// `bwrap`, without the right to make further user namespaces if it knows how to take it away.
    Bubblewrap { disable_userns: bool },
    /// Namespaces that the supervisor makes itself.
    Namespaces,
    /// None: Landlock and seccomp alone.
    Bare,
}

/// The network that the walls leave to a program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Net {
    /// None.
    None,
    /// A loopback interface of its own.
    Loopback,
    /// The machine's.
    Host,
}

/// A folder that is seen at another place as well, where it can be changed without changing it, or only read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Overlay {
    /// The folder that is seen; it is only read.
    pub below: PathBuf,
    /// A folder of its own for what is changed, which lasts from one command to the next. It is out of the
    /// program's reach. Without one, nothing can be changed.
    pub above: Option<PathBuf>,
    /// Where it is seen: an empty folder within what may be changed.
    pub at: PathBuf,
}

/// A file or folder within reach.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) path: PathBuf,
    pub(super) reach: Reach,
}

/// What may be done with a place and everything beneath it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reach {
    /// Read and execute.
    Read,
    /// Read, without executing: kernel interfaces.
    Look,
    /// Read and write a device.
    Device,
    /// Everything but devices.
    Write,
    /// The same, in a folder that the outer layer makes empty and of its own.
    Own,
}

/// How it went, as the supervisor says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Report {
    /// The command ended.
    Ended {
        ended: Ended,
        wall: Duration,
        /// Processes that could not be killed.
        survivors: Vec<i32>,
    },
    /// The program did not start: the system's error number.
    NotStarted(i32),
    /// The walls could not be raised.
    NotConfined(String),
}

/// A step of the command, as those inside tell the supervisor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// The walls are up; the program starts now.
    Starting,
    /// It did not start: the system's error number.
    NotStarted(i32),
    /// The walls could not be raised.
    NotConfined(String),
    /// The program ended.
    Ended(Ended),
}

impl Job {
    pub(super) fn encode(&self) -> Vec<u8> {
        let mut out = Writer::default();
        out.list(&self.argv, |out, word| out.os(word));
        out.os(self.cwd.as_os_str());
        out.list(&self.env, |out, (name, value)| {
            out.os(name);
            out.os(value);
        });
        out.option(self.stdin.as_ref(), |out, bytes| out.bytes(bytes));
        out.number(self.input_follows.into());
        out.number(self.door_follows.into());
        out.list(&self.copies, |out, (from, to)| {
            out.number(u64::from(from.unsigned_abs()));
            out.number(u64::from(to.unsigned_abs()));
        });
        out.number(u64::try_from(self.limits.wall.as_micros()).unwrap_or(u64::MAX));
        out.option(self.limits.idle.as_ref(), |out, idle| {
            out.number(u64::try_from(idle.as_micros()).unwrap_or(u64::MAX));
        });
        out.number(self.limits.cpu_seconds);
        out.number(self.limits.memory_bytes);
        out.number(self.limits.output_bytes as u64);
        out.number(self.limits.processes.into());
        out.number(self.limits.file_bytes);
        out.option(self.fence.as_ref(), |out, fence| fence.encode(out));
        out.0
    }

    pub(super) fn decode(bytes: &[u8]) -> io::Result<Job> {
        let mut input = Reader(bytes);
        let job = Job {
            argv: input.list(Reader::os)?,
            cwd: input.os()?.into(),
            env: input.list(|input| Ok((input.os()?, input.os()?)))?,
            stdin: input.option(|input| Ok(input.bytes()?.to_vec()))?,
            input_follows: input.number()? == 1,
            door_follows: input.number()? == 1,
            copies: input.list(|input| Ok((input.small()?, input.small()?)))?,
            limits: Limits {
                wall: Duration::from_micros(input.number()?),
                idle: input.option(|input| Ok(Duration::from_micros(input.number()?)))?,
                cpu_seconds: input.number()?,
                memory_bytes: input.number()?,
                output_bytes: input.small()?,
                processes: input.small()?,
                file_bytes: input.number()?,
            },
            fence: input.option(Fence::decode)?,
        };
        input.end(job)
    }
}

impl Fence {
    fn encode(&self, out: &mut Writer) {
        out.number(match self.outer {
            Outer::Bare => 0,
            Outer::Namespaces => 1,
            Outer::Bubblewrap {
                disable_userns: false,
            } => 2,
            Outer::Bubblewrap {
                disable_userns: true,
            } => 3,
        });
        out.number(match self.network {
            Net::None => 0,
            Net::Loopback => 1,
            Net::Host => 2,
        });
        out.list(&self.places, |out, place| {
            out.os(place.path.as_os_str());
            out.number(match place.reach {
                Reach::Read => 0,
                Reach::Look => 1,
                Reach::Device => 2,
                Reach::Write => 3,
                Reach::Own => 4,
            });
        });
        out.list(&self.overlays, |out, it| {
            out.os(it.below.as_os_str());
            out.option(it.above.as_ref(), |out, path| out.os(path.as_os_str()));
            out.os(it.at.as_os_str());
        });
        out.list(&self.cover, |out, path| out.os(path.as_os_str()));
    }

    fn decode(input: &mut Reader<'_>) -> io::Result<Fence> {
        Ok(Fence {
            outer: match input.number()? {
                0 => Outer::Bare,
                1 => Outer::Namespaces,
                flag @ (2 | 3) => Outer::Bubblewrap {
                    disable_userns: flag == 3,
                },
                _ => return Err(torn()),
            },
            network: match input.number()? {
                0 => Net::None,
                1 => Net::Loopback,
                2 => Net::Host,
                _ => return Err(torn()),
            },
            places: input.list(|input| {
                let path = input.os()?.into();
                let reach = match input.number()? {
                    0 => Reach::Read,
                    1 => Reach::Look,
                    2 => Reach::Device,
                    3 => Reach::Write,
                    4 => Reach::Own,
                    _ => return Err(torn()),
                };
                Ok(Place { path, reach })
            })?,
            overlays: input.list(|input| {
                Ok(Overlay {
                    below: input.os()?.into(),
                    above: input.option(|input| Ok(input.os()?.into()))?,
                    at: input.os()?.into(),
                })
            })?,
            cover: input.list(|input| Ok(input.os()?.into()))?,
        })
    }
}

impl Report {
    /// The same, with the reason for which the supervisor was told to end the command.
    pub(super) fn stopped_for(self, reason: Option<Ended>) -> Report {
        match (self, reason) {
            (
                Report::Ended {
                    ended: Ended::Cancelled,
                    wall,
                    survivors,
                },
                Some(ended),
            ) => Report::Ended {
                ended,
                wall,
                survivors,
            },
            (other, _) => other,
        }
    }

    pub(super) fn encode(&self) -> Vec<u8> {
        let mut out = Writer::default();
        match self {
            Report::Ended {
                ended,
                wall,
                survivors,
            } => {
                out.number(0);
                out.ended(*ended);
                out.number(u64::try_from(wall.as_micros()).unwrap_or(u64::MAX));
                out.list(survivors, |out, pid| out.signed(*pid));
            }
            Report::NotStarted(errno) => {
                out.number(1);
                out.signed(*errno);
            }
            Report::NotConfined(why) => {
                out.number(2);
                out.bytes(why.as_bytes());
            }
        }
        out.0
    }

    pub(super) fn decode(bytes: &[u8]) -> io::Result<Report> {
        let mut input = Reader(bytes);
        let report = match input.number()? {
            0 => Report::Ended {
                ended: input.ended()?,
                wall: Duration::from_micros(input.number()?),
                survivors: input.list(Reader::small)?,
            },
            1 => Report::NotStarted(input.small()?),
            2 => Report::NotConfined(input.text()?),
            _ => return Err(torn()),
        };
        input.end(report)
    }
}

impl Step {
    pub(super) fn encode(&self) -> Vec<u8> {
        let mut out = Writer::default();
        match self {
            Step::Starting => out.number(0),
            Step::NotStarted(errno) => {
                out.number(1);
                out.signed(*errno);
            }
            Step::NotConfined(why) => {
                out.number(2);
                // Within the size that a pipe takes in one piece.
                let end = why.floor_char_boundary(1000);
                out.bytes(&why.as_bytes()[..end]);
            }
            Step::Ended(ended) => {
                out.number(3);
                out.ended(*ended);
            }
        }
        out.0
    }

    fn decode(bytes: &[u8]) -> io::Result<Step> {
        let mut input = Reader(bytes);
        let step = match input.number()? {
            0 => Step::Starting,
            1 => Step::NotStarted(input.small()?),
            2 => Step::NotConfined(input.text()?),
            3 => Step::Ended(input.ended()?),
            _ => return Err(torn()),
        };
        input.end(step)
    }
}

/// Writes one frame.
pub(super) fn send(mut to: impl Write, payload: &[u8]) -> io::Result<()> {
    let length = u32::try_from(payload.len()).map_err(|_| torn())?;
    let mut frame = Vec::with_capacity(payload.len() + 4);
    frame.extend_from_slice(&length.to_le_bytes());
    frame.extend_from_slice(payload);
    to.write_all(&frame)
}

/// Reads one frame; waits for it.
pub(super) fn receive(mut from: impl Read) -> io::Result<Vec<u8>> {
    let mut length = [0; 4];
    from.read_exact(&mut length)?;
    let length = frame_length(length)?;
    let mut payload = Vec::new();
    from.take(length as u64).read_to_end(&mut payload)?;
    if payload.len() == length {
        Ok(payload)
    } else {
        Err(torn())
    }
}

/// Hands a descriptor over.
pub(super) fn send_descriptor(to: &UnixStream, descriptor: BorrowedFd<'_>) -> io::Result<()> {
    let handed = [descriptor];
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut control = SendAncillaryBuffer::new(&mut space);
    if !control.push(SendAncillaryMessage::ScmRights(&handed)) {
        return Err(torn());
    }
    // A descriptor travels with a byte, or not at all.
    match sendmsg(to, &[IoSlice::new(&[0])], &mut control, SendFlags::NOSIGNAL)? {
        1 => Ok(()),
        _ => Err(torn()),
    }
}

/// Takes a descriptor that is handed over; waits for it.
pub(super) fn receive_descriptor(from: &UnixStream) -> io::Result<OwnedFd> {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut control = RecvAncillaryBuffer::new(&mut space);
    let mut byte = [0];
    recvmsg(
        from,
        &mut [IoSliceMut::new(&mut byte)],
        &mut control,
        RecvFlags::CMSG_CLOEXEC,
    )?;
    let mut handed = control.drain().filter_map(|message| match message {
        RecvAncillaryMessage::ScmRights(mut descriptors) => descriptors.next(),
        _ => None,
    });
    handed.next().ok_or_else(torn)
}

/// Steps that arrive in pieces.
#[derive(Default)]
pub(super) struct Steps {
    pending: Vec<u8>,
}

impl Steps {
    /// Takes in `bytes` and gives the steps that are whole now.
    pub(super) fn push(&mut self, bytes: &[u8]) -> io::Result<Vec<Step>> {
        self.pending.extend_from_slice(bytes);
        let mut steps = Vec::new();
        while let Some((length, rest)) = self.pending.split_first_chunk::<4>() {
            let length = frame_length(*length)?;
            let Some(payload) = rest.get(..length) else {
                break;
            };
            steps.push(Step::decode(payload)?);
            self.pending.drain(..4 + length);
        }
        Ok(steps)
    }
}

fn frame_length(bytes: [u8; 4]) -> io::Result<usize> {
    let length = u32::from_le_bytes(bytes) as usize;
    if length <= FRAME_MAX {
        Ok(length)
    } else {
        Err(torn())
    }
}

fn torn() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "a torn frame")
}

#[derive(Default)]
struct Writer(Vec<u8>);

impl Writer {
    fn number(&mut self, number: u64) {
        self.0.extend_from_slice(&number.to_le_bytes());
    }

    fn signed(&mut self, number: i32) {
        self.number(i64::from(number).cast_unsigned());
    }

    fn bytes(&mut self, bytes: &[u8]) {
        self.number(bytes.len() as u64);
        self.0.extend_from_slice(bytes);
    }

    fn os(&mut self, text: &OsStr) {
        self.bytes(text.as_bytes());
    }

    fn list<T>(&mut self, items: &[T], each: impl Fn(&mut Self, &T)) {
        self.number(items.len() as u64);
        items.iter().for_each(|item| each(self, item));
    }

    fn option<T>(&mut self, item: Option<&T>, some: impl Fn(&mut Self, &T)) {
        self.number(item.is_some().into());
        if let Some(item) = item {
            some(self, item);
        }
    }

    fn ended(&mut self, ended: Ended) {
        let (kind, value) = match ended {
            Ended::Code(code) => (0, code),
            Ended::Signal(signal) => (1, signal),
            Ended::TimedOut => (2, 0),
            Ended::OutOfCpu => (3, 0),
            Ended::OutOfMemory => (4, 0),
            Ended::TooManyProcesses => (5, 0),
            Ended::Cancelled => (6, 0),
            Ended::Idle => (7, 0),
        };
        self.number(kind);
        self.signed(value);
    }
}

struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn number(&mut self) -> io::Result<u64> {
        let (number, rest) = self.0.split_first_chunk::<8>().ok_or_else(torn)?;
        self.0 = rest;
        Ok(u64::from_le_bytes(*number))
    }

    /// A number that fits a smaller type, signed or not.
    fn small<T: TryFrom<i64>>(&mut self) -> io::Result<T> {
        T::try_from(self.number()?.cast_signed()).map_err(|_| torn())
    }

    fn bytes(&mut self) -> io::Result<&'a [u8]> {
        let length = self.small()?;
        let (bytes, rest) = self.0.split_at_checked(length).ok_or_else(torn)?;
        self.0 = rest;
        Ok(bytes)
    }

    fn os(&mut self) -> io::Result<OsString> {
        Ok(OsString::from_vec(self.bytes()?.to_vec()))
    }

    fn text(&mut self) -> io::Result<String> {
        String::from_utf8(self.bytes()?.to_vec()).map_err(|_| torn())
    }

    fn list<T>(&mut self, each: impl Fn(&mut Self) -> io::Result<T>) -> io::Result<Vec<T>> {
        let length: usize = self.small()?;
        (0..length).map(|_| each(self)).collect()
    }

    fn option<T>(&mut self, some: impl Fn(&mut Self) -> io::Result<T>) -> io::Result<Option<T>> {
        match self.number()? {
            0 => Ok(None),
            1 => some(self).map(Some),
            _ => Err(torn()),
        }
    }

    fn ended(&mut self) -> io::Result<Ended> {
        let kind = self.number()?;
        let value = self.small()?;
        Ok(match kind {
            0 => Ended::Code(value),
            1 => Ended::Signal(value),
            2 => Ended::TimedOut,
            3 => Ended::OutOfCpu,
            4 => Ended::OutOfMemory,
            5 => Ended::TooManyProcesses,
            6 => Ended::Cancelled,
            7 => Ended::Idle,
            _ => return Err(torn()),
        })
    }

    fn end<T>(&self, value: T) -> io::Result<T> {
        if self.0.is_empty() {
            Ok(value)
        } else {
            Err(torn())
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn job(words: Vec<Vec<u8>>, stdin: Option<Vec<u8>>, wall: u64) -> Job {
        let argv: Vec<OsString> = words.into_iter().map(OsString::from_vec).collect();
        Job {
            env: argv.iter().cloned().zip(argv.iter().cloned()).collect(),
            argv,
            cwd: "/some where".into(),
            stdin,
            input_follows: wall.is_multiple_of(3),
            door_follows: wall.is_multiple_of(5),
            copies: vec![(2, 1), (1, 2)],
            limits: Limits {
                wall: Duration::from_micros(wall),
                idle: wall.is_multiple_of(2).then(|| Duration::from_micros(wall)),
                ..Limits::default()
            },
            fence: Some(Fence {
                outer: Outer::Bubblewrap {
                    disable_userns: true,
                },
                network: Net::Loopback,
                places: [
                    Reach::Read,
                    Reach::Look,
                    Reach::Device,
                    Reach::Write,
                    Reach::Own,
                ]
                .map(|reach| Place {
                    path: "/usr".into(),
                    reach,
                })
                .to_vec(),
                overlays: vec![Overlay {
                    below: "/project/node_modules".into(),
                    above: Some("/attempt/overlays/0".into()),
                    at: "/attempt/tree/node_modules".into(),
                }],
                cover: vec!["/root/.ssh".into()],
            }),
        }
    }

    proptest! {
        #[test]
        fn a_job_arrives_as_it_was_sent(
            words in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..9), 0..5),
            stdin in prop::option::of(prop::collection::vec(any::<u8>(), 0..99)),
            wall in any::<u64>(),
        ) {
            let job = job(words, stdin, wall);
            prop_assert_eq!(Job::decode(&job.encode()).expect("whole"), job);
        }

        #[test]
        fn noise_is_an_error_or_a_value_but_never_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = Job::decode(&bytes);
            let _ = Report::decode(&bytes);
            let _ = Steps::default().push(&bytes);
        }

        #[test]
        fn a_torn_job_is_an_error(cut in 0_usize..400) {
            let bytes = job(vec![b"/bin/true".to_vec()], None, 1).encode();
            let cut = cut.min(bytes.len() - 1);
            prop_assert!(Job::decode(&bytes[..cut]).is_err());
        }
    }

    #[test]
    fn reports_arrive_as_they_were_sent() {
        let endings = [
            Ended::Code(-1),
            Ended::Signal(9),
            Ended::TimedOut,
            Ended::OutOfCpu,
            Ended::OutOfMemory,
            Ended::TooManyProcesses,
            Ended::Cancelled,
            Ended::Idle,
        ];
        for ended in endings {
            let report = Report::Ended {
                ended,
                wall: Duration::from_micros(17),
                survivors: vec![12, 13],
            };
            assert_eq!(Report::decode(&report.encode()).expect("whole"), report);
        }
        for report in [Report::NotStarted(2), Report::NotConfined("é".into())] {
            assert_eq!(Report::decode(&report.encode()).expect("whole"), report);
        }
    }

    #[test]
    fn steps_arrive_in_pieces() {
        let sent = [
            Step::Starting,
            Step::NotStarted(13),
            Step::NotConfined("é".repeat(3000)),
            Step::Ended(Ended::Code(3)),
        ];
        let mut bytes = Vec::new();
        for step in &sent {
            send(&mut bytes, &step.encode()).expect("memory takes it");
        }
        let mut steps = Steps::default();
        let received: Vec<Step> = bytes
            .chunks(3)
            .flat_map(|piece| steps.push(piece).expect("whole"))
            .collect();
        assert_eq!(received.len(), 4);
        assert_eq!(received[3], sent[3]);
        assert_eq!(received[2], Step::NotConfined("é".repeat(500)));
        let frame = receive(&bytes[..]).expect("whole");
        assert_eq!(Step::decode(&frame).expect("whole"), Step::Starting);
        assert!(receive(&bytes[..3]).is_err());
        assert!(receive(&b"\xff\xff\xff\xff"[..]).is_err());
    }
}
