//! Tests of looking and of acting on what was judged.

use std::os::unix::fs::symlink;

use policy::{FileAct, Gate, Rules, Verdict};

use super::*;
use crate::files::{read_judged, remove_judged, rename_judged, write_judged};

struct Ground {
    _top: tempfile::TempDir,
    root: PathBuf,
    gate: Gate,
}

fn ground() -> Ground {
    let top = tempfile::tempdir().expect("a folder");
    let root = top.path().canonicalize().expect("a folder").join("ws");
    std::fs::create_dir_all(root.join("src")).expect("folders");
    std::fs::create_dir(root.parent().expect("one").join("out")).expect("a folder");
    plant(&root.join("src/a.rs"), "inside");
    plant(&root.parent().expect("one").join("out/a.rs"), "outside");
    let gate = Gate::new(&root, Rules::parse(None, None).expect("rules"));
    Ground {
        _top: top,
        root,
        gate,
    }
}

#[expect(clippy::disallowed_methods, reason = "a test plants its files")]
fn plant(path: &Path, text: &str) {
    std::fs::write(path, text).expect("a file");
}

impl Ground {
    fn look(&self, text: &str, last: Last) -> PathFacts {
        look(&self.root, text, last).expect("facts")
    }

    fn permit(&self, act: FileAct<'_>, facts: &PathFacts) -> Option<policy::Permit> {
        match self.gate.judge_file(act, facts) {
            Verdict::Allow(permit) => Some(permit),
            _ => None,
        }
    }
}

#[test]
fn what_is_judged_is_what_is_done() {
    let ground = ground();
    let facts = ground.look("src/a.rs", Last::Followed);
    let permit = ground.permit(FileAct::Read, &facts).expect("allowed");
    let read = read_judged(permit, &ground.root, &facts, 100).expect("reads");
    assert_eq!(read, b"inside");
    let new = ground.look("src/deep/b.rs", Last::Followed);
    let permit = ground
        .permit(FileAct::Write(b"new"), &new)
        .expect("allowed");
    write_judged(permit, &ground.root, &new, b"new").expect("writes");
    let from = ground.look("src/deep/b.rs", Last::Itself);
    let to = ground.look("src/c.rs", Last::Itself);
    let permit = ground.permit(FileAct::Rename(&to), &from).expect("allowed");
    rename_judged(permit, &ground.root, &from, &to).expect("moves");
    let gone = ground.look("src/c.rs", Last::Itself);
    assert_eq!(gone.found.as_ref().map(|it| it.kind), Some(FoundKind::File));
    let permit = ground.permit(FileAct::Delete, &gone).expect("allowed");
    remove_judged(permit, &ground.root, &gone).expect("removes");
    assert_eq!(ground.look("src/c.rs", Last::Itself).found, None);
}

#[test]
fn a_file_that_was_exchanged_is_not_touched() {
    let ground = ground();
    let facts = ground.look("src/a.rs", Last::Followed);
    let permit = ground.permit(FileAct::Read, &facts).expect("allowed");
    std::fs::rename(ground.root.join("src"), ground.root.join("was")).expect("moves");
    symlink("../out", ground.root.join("src")).expect("a link");
    let error = read_judged(permit, &ground.root, &facts, 100).expect_err("refused");
    assert!(error.to_string().contains("exchanged"), "{error}");
    let permit = ground
        .permit(FileAct::Delete, &facts)
        .expect("still allowed by the facts");
    assert!(remove_judged(permit, &ground.root, &facts).is_err());
}

#[test]
fn the_walk_ends_where_the_system_would() {
    let ground = ground();
    let inside = |text: &str| match ground.look(text, Last::Followed).place {
        Place::Inside(path) => path.to_string(),
        other => format!("{other:?}"),
    };
    symlink("src", ground.root.join("link")).expect("a link");
    symlink("/proc/self/root", ground.root.join("magic")).expect("a link");
    symlink("self", ground.root.join("self")).expect("a link");
    assert_eq!(inside("link/a.rs"), "src/a.rs");
    assert_eq!(inside("link/../link/new/x"), "src/new/x");
    assert_eq!(inside("none/../src/a.rs"), "src/a.rs");
    assert_eq!(inside("."), "Root");
    assert_eq!(inside("self/x"), "Nowhere(Loop)");
    assert_eq!(inside("src/a.rs/x"), "Nowhere(ThroughFile)");
    assert_eq!(inside("src/a.rs/."), "Nowhere(ThroughFile)");
    assert_eq!(inside("a\0"), "Nowhere(NotText)");
    if cfg!(target_os = "linux") {
        assert_eq!(inside("magic/etc"), "Nowhere(MagicLink)");
    }
    assert!(inside("../out/a.rs").starts_with("Outside"));
    assert!(!ground.look("src/a.rs ", Last::Followed).literal);
    plant(&ground.root.join("odd: ~"), "x");
    assert!(ground.look("odd: ~", Last::Followed).literal);
}

/// A folder is exchanged for a link all the while; nothing that lies outside is ever read. The long form is
/// asked for with `KIRO_RACE_OPENS=200000`.
#[test]
fn a_race_never_escapes() {
    let opens = std::env::var("KIRO_RACE_OPENS").ok();
    let opens: usize = opens.map_or(3_000, |it| it.parse().expect("a number"));
    let ground = ground();
    let root = ground.root.clone();
    symlink("../out", root.join("evil")).expect("a link");
    let done = std::sync::atomic::AtomicBool::new(false);
    let (mut read, mut refused) = (0, 0);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !done.load(std::sync::atomic::Ordering::Relaxed) {
                let swap = |a: &str, b: &str| {
                    let (a, b) = (root.join(a), root.join(b));
                    let flags = rustix::fs::RenameFlags::EXCHANGE;
                    rustix::fs::renameat_with(rustix::fs::CWD, &a, rustix::fs::CWD, &b, flags)
                };
                swap("src", "evil").expect("exchanges");
            }
        });
        for _ in 0..opens {
            let facts = ground.look("src/a.rs", Last::Followed);
            let Some(permit) = ground.permit(FileAct::Read, &facts) else {
                refused += 1;
                continue;
            };
            match read_judged(permit, &ground.root, &facts, 100) {
                Ok(bytes) => {
                    assert_eq!(bytes, b"inside");
                    read += 1;
                }
                Err(_) => refused += 1,
            }
        }
        done.store(true, std::sync::atomic::Ordering::Relaxed);
    });
    assert!(read > 0 && refused > 0, "{read} read, {refused} refused");
}
