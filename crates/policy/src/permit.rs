//! Permits: the only way to change the world.
//!
//! Every call of `host` that changes something outside Kiro's own state takes a [`Permit`] by value.
//! Only this crate makes one, from a verdict, and it is good for exactly one [`Act`].

use std::path::{Path, PathBuf};

use change::Digest;
use sha2::{Digest as _, Sha256};

/// Which file it is, whatever it is called: its disk and its number there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileId {
    /// The disk.
    pub device: u64,
    /// The file's number on it.
    pub number: u64,
}

/// One act that changes the world, described by everything that makes it that act and no other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Act {
    /// Start a program.
    Run {
        /// The program and its arguments, as they will be given to the system.
        argv: Vec<String>,
        /// The folder it starts in.
        cwd: PathBuf,
    },
    /// Read one file.
    Read {
        /// Absolute path of the file, links followed.
        path: PathBuf,
        /// The very file that was judged; none when nothing stood there.
        file: Option<FileId>,
    },
    /// Remove one file, or one folder with all that is in it.
    Remove {
        /// Absolute path of it; a link is removed itself.
        path: PathBuf,
    },
    /// Move one file.
    Rename {
        /// Absolute path of the file.
        from: PathBuf,
        /// Absolute path that it gets.
        to: PathBuf,
    },
    /// Make one folder, and those that it stands in.
    MakeFolder {
        /// Absolute path of the folder.
        path: PathBuf,
    },
    /// Create or replace one file.
    Write {
        /// Absolute path of the file.
        path: PathBuf,
        /// Digest of the bytes that will stand there.
        content: Digest,
    },
    /// Bring a changeset into a folder.
    Apply {
        /// The folder the changeset's paths are relative to.
        root: PathBuf,
        /// Digest of the changeset.
        changeset: Digest,
    },
    /// Call a tool of another program.
    Call {
        /// The server's name in the configuration.
        server: String,
        /// The tool's name there.
        tool: String,
        /// Digest of the arguments as they are sent.
        arguments: Digest,
    },
    /// Connect a command in the sandbox to a host.
    Connect {
        /// The host's name in its one spelling.
        host: String,
        /// The port.
        port: u16,
    },
    /// Bring a file of known content from the network into the user's cache.
    Fetch {
        /// Where it will stand.
        path: PathBuf,
        /// SHA-256 of the only content that is accepted.
        content: Digest,
    },
}

impl Act {
    /// A write of `bytes` to `path`.
    pub fn write(path: &Path, bytes: &[u8]) -> Act {
        Act::Write {
            path: path.to_path_buf(),
            content: Digest::of(bytes),
        }
    }

    fn fingerprint(&self) -> [u8; 32] {
        let mut hash = Sha256::new();
        let mut part = |bytes: &[u8]| {
            hash.update((bytes.len() as u64).to_le_bytes());
            hash.update(bytes);
        };
        match self {
            Act::Run { argv, cwd } => {
                part(b"run");
                part(cwd.as_os_str().as_encoded_bytes());
                argv.iter().for_each(|word| part(word.as_bytes()));
            }
            Act::Read { path, file } => {
                part(b"read");
                part(path.as_os_str().as_encoded_bytes());
                if let Some(id) = file {
                    part(&id.device.to_le_bytes());
                    part(&id.number.to_le_bytes());
                }
            }
            Act::Remove { path } => {
                part(b"remove");
                part(path.as_os_str().as_encoded_bytes());
            }
            Act::Rename { from, to } => {
                part(b"rename");
                part(from.as_os_str().as_encoded_bytes());
                part(to.as_os_str().as_encoded_bytes());
            }
            Act::MakeFolder { path } => {
                part(b"make folder");
                part(path.as_os_str().as_encoded_bytes());
            }
            Act::Write { path, content } => {
                part(b"write");
                part(path.as_os_str().as_encoded_bytes());
                part(content.to_string().as_bytes());
            }
            Act::Apply { root, changeset } => {
                part(b"apply");
                part(root.as_os_str().as_encoded_bytes());
                part(changeset.to_string().as_bytes());
            }
            Act::Call {
                server,
                tool,
                arguments,
            } => {
                part(b"call");
                part(server.as_bytes());
                part(tool.as_bytes());
                part(arguments.to_string().as_bytes());
            }
            Act::Connect { host, port } => {
                part(b"connect");
                part(host.as_bytes());
                part(&port.to_le_bytes());
            }
            Act::Fetch { path, content } => {
                part(b"fetch");
                part(path.as_os_str().as_encoded_bytes());
                part(content.to_string().as_bytes());
            }
        }
        hash.finalize().into()
    }
}

/// Leave to do one act, once. It cannot be copied, stored or made outside this crate.
#[derive(Debug)]
#[must_use = "a permit that is dropped allowed nothing"]
pub struct Permit {
    act: [u8; 32],
    rule: String,
}

/// The act that was about to happen is not the one that the permit was given for.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("refused: what was about to happen is not what was permitted by «{rule}»")]
pub struct PermitMismatch {
    /// The rule that gave the permit.
    pub rule: String,
}

impl Permit {
    pub(crate) fn mint(act: &Act, rule: impl Into<String>) -> Permit {
        Permit {
            act: act.fingerprint(),
            rule: rule.into(),
        }
    }

    /// The rule that gave this permit, in the user's words.
    pub fn rule(&self) -> &str {
        &self.rule
    }

    /// Uses the permit up for `act`; gives the rule that allowed it.
    ///
    /// # Errors
    /// When the permit was given for another act.
    pub fn redeem(self, act: &Act) -> Result<String, PermitMismatch> {
        if self.act == act.fingerprint() {
            Ok(self.rule)
        } else {
            Err(PermitMismatch { rule: self.rule })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(words: &[&str]) -> Act {
        Act::Run {
            argv: words.iter().map(|w| (*w).to_owned()).collect(),
            cwd: PathBuf::from("/ws"),
        }
    }

    #[test]
    fn a_permit_is_good_for_its_act_only() {
        let permit = Permit::mint(&run(&["git", "status"]), "rule");
        assert_eq!(permit.redeem(&run(&["git", "status"])), Ok("rule".into()));
        let permit = Permit::mint(&run(&["git", "status"]), "rule");
        assert!(permit.redeem(&run(&["git", "status", "-s"])).is_err());
    }

    #[test]
    fn words_do_not_run_together() {
        let permit = Permit::mint(&run(&["a", "bc"]), "rule");
        assert!(permit.redeem(&run(&["ab", "c"])).is_err());
    }

    #[test]
    fn a_write_is_bound_to_its_bytes_and_its_place() {
        let path = Path::new("/ws/a");
        assert!(
            Permit::mint(&Act::write(path, b"x"), "r")
                .redeem(&Act::write(path, b"y"))
                .is_err()
        );
        assert!(
            Permit::mint(&Act::write(path, b"x"), "r")
                .redeem(&Act::write(Path::new("/ws/b"), b"x"))
                .is_err()
        );
    }
}
