//! The outer wall where it is installed: bubblewrap.

use std::ffi::OsString;
use std::path::Path;

use super::wire::{Job, Net, Reach};

/// The only place it is taken from: some systems let just this file make namespaces.
pub(super) const PROGRAM: &str = "/usr/bin/bwrap";

/// Its arguments for `job`, up to the command; `keeper` is the program that it will start.
pub(super) fn arguments(job: &Job, keeper: &Path, disable_userns: bool) -> Vec<OsString> {
    let mut words = Words(Vec::new());
    words.flags(&[
        "--unshare-user",
        "--unshare-pid",
        "--unshare-ipc",
        "--unshare-uts",
        "--cap-drop",
        "ALL",
        "--die-with-parent",
        "--new-session",
    ]);
    if disable_userns {
        words.flags(&["--disable-userns"]);
    }
    let Some(fence) = &job.fence else {
        return words.0;
    };
    if fence.network != Net::Host {
        words.flags(&["--unshare-net"]);
    }
    words.flags(&["--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc"]);
    words.flags(&["--tmpfs", "/tmp"]);
    for folder in &fence.cover {
        words.path("--tmpfs", folder);
    }
    for place in &fence.places {
        // Everything is there already, but for what lies beneath a covered folder.
        let covered = fence.cover.iter().any(|it| place.path.starts_with(it));
        if place.reach == Reach::Write {
            words.bind("--bind", &place.path);
        } else if place.path.starts_with("/tmp") || covered {
            words.bind("--ro-bind", &place.path);
        }
    }
    for overlay in &fence.overlays {
        let (below, at) = (overlay.below.as_path(), overlay.at.as_path());
        match overlay.changes() {
            Some((changes, workspace)) => {
                words.path("--overlay-src", below);
                words.path("--overlay", &changes);
                words.0.extend([workspace.into(), at.into()]);
            }
            None => {
                words.path("--ro-bind", below);
                words.0.push(at.into());
            }
        }
    }
    words.bind("--ro-bind", keeper);
    words.flags(&["--chdir", "/", "--"]);
    words.0
}

struct Words(Vec<OsString>);

impl Words {
    fn flags(&mut self, words: &[&str]) {
        self.0.extend(words.iter().map(OsString::from));
    }

    fn path(&mut self, flag: &str, path: &Path) {
        self.0.extend([flag.into(), path.into()]);
    }

    fn bind(&mut self, flag: &str, path: &Path) {
        self.0.extend([flag.into(), path.into(), path.into()]);
    }
}

#[cfg(test)]
mod tests {
    use super::super::wire::{Fence, Outer, Overlay, Place};
    use super::*;
    use crate::process::Limits;

    #[test]
    fn covers_come_before_what_shows_through_them() {
        let place = |path: &str, reach| Place {
            path: path.into(),
            reach,
        };
        let job = Job {
            argv: vec!["/bin/true".into()],
            cwd: "/".into(),
            env: Vec::new(),
            stdin: None,
            input_follows: false,
            door_follows: false,
            copies: Vec::new(),
            limits: Limits::default(),
            fence: Some(Fence {
                outer: Outer::Bubblewrap {
                    disable_userns: true,
                },
                network: Net::None,
                places: vec![
                    place("/usr", Reach::Read),
                    place("/home/u/.kiro/work", Reach::Write),
                    place("/tmp/extra", Reach::Read),
                ],
                overlays: [Some("/home/u/.kiro/overlay".into()), None]
                    .map(|above| Overlay {
                        below: "/home/u/p/node_modules".into(),
                        above,
                        at: "/home/u/.kiro/work/node_modules".into(),
                    })
                    .to_vec(),
                cover: vec!["/home/u/.kiro".into()],
            }),
        };
        let words = arguments(&job, Path::new("/opt/kiro"), true);
        let line: Vec<&str> = words.iter().filter_map(|it| it.to_str()).collect();
        assert_eq!(
            line.join(" "),
            "--unshare-user --unshare-pid --unshare-ipc --unshare-uts --cap-drop ALL \
             --die-with-parent --new-session --disable-userns --unshare-net --ro-bind / / \
             --dev /dev --proc /proc --tmpfs /tmp --tmpfs /home/u/.kiro \
             --bind /home/u/.kiro/work /home/u/.kiro/work --ro-bind /tmp/extra /tmp/extra \
             --overlay-src /home/u/p/node_modules --overlay /home/u/.kiro/overlay/changes \
             /home/u/.kiro/overlay/work /home/u/.kiro/work/node_modules \
             --ro-bind /home/u/p/node_modules /home/u/.kiro/work/node_modules \
             --ro-bind /opt/kiro /opt/kiro --chdir / --"
        );
    }
}
