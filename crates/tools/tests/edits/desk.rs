//! A folder with one file, and the toolbox that edits it.

use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use policy::{Gate, Rules};
use serde_json::{Value, json};
use tools::{Answer, Nobody, Toolbox, Workbench, Workspace};

/// A folder in which one file is edited.
pub(crate) struct Desk {
    _held: tempfile::TempDir,
    pub(crate) root: PathBuf,
    pub(crate) bench: Workbench,
}

impl Desk {
    pub(crate) fn new() -> Desk {
        // In memory where it can be: every write is made to last, and there are hundreds.
        let memory = Path::new("/dev/shm");
        let held = match memory.is_dir() {
            true => tempfile::tempdir_in(memory),
            false => tempfile::tempdir(),
        };
        let held = held.expect("a folder");
        let root = held.path().canonicalize().expect("it exists");
        let gate = Gate::new(&root, Rules::parse(None, None).expect("no rules are sound"));
        let workspace = Workspace::open(&root, &gate).expect("it opens");
        Desk {
            _held: held,
            root,
            bench: Workbench::writing(workspace, Box::new(Nobody)),
        }
    }

    pub(crate) fn put(&self, name: &str, bytes: &[u8], mode: u32) {
        let path = self.root.join(name);
        fs::create_dir_all(path.parent().expect("it has one")).expect("folders");
        let mut file = fs::File::create(&path).expect("a file");
        file.write_all(bytes).expect("written");
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).expect("a mode");
    }

    pub(crate) fn bytes(&self, name: &str) -> Vec<u8> {
        fs::read(self.root.join(name)).expect("it is there")
    }

    pub(crate) fn mode(&self, name: &str) -> u32 {
        let found = fs::metadata(self.root.join(name)).expect("it is there");
        found.permissions().mode() & 0o7777
    }

    pub(crate) fn call(&self, name: &str, arguments: &Value) -> Answer {
        self.bench.call(name, arguments, &|| false, &|_| {})
    }

    pub(crate) fn edit(&self, edits: Value) -> Answer {
        self.call("edit", &json!({"edits": edits}))
    }

    /// All names in the folder.
    pub(crate) fn names(&self) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(&self.root)
            .expect("it is there")
            .flatten()
            .map(|it| it.file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    }
}

/// What an edit must come to.
pub(crate) enum Expect<'a> {
    /// These bytes, and nothing else about the file changed.
    Becomes(&'a [u8]),
    /// A refusal that says this, and a file that nobody touched.
    Refuses(&'a str),
}

/// Makes edits of one file and compares every byte of what came of it.
#[track_caller]
pub(crate) fn check(case: &str, name: &str, before: &[u8], edits: Value, expect: &Expect<'_>) {
    const MODE: u32 = 0o751;
    let desk = Desk::new();
    desk.put(name, before, MODE);
    let answer = desk.edit(edits);
    let after = desk.bytes(name);
    match expect {
        Expect::Becomes(expected) => {
            assert!(!answer.failed, "{case}: {}", answer.text);
            assert!(
                after == *expected,
                "{case}: damaged\nbefore   {:?}\nafter    {:?}\nexpected {:?}\n{}",
                String::from_utf8_lossy(before),
                String::from_utf8_lossy(&after),
                String::from_utf8_lossy(expected),
                answer.text
            );
            assert_eq!(answer.changed, [name], "{case}");
        }
        Expect::Refuses(why) => {
            assert!(answer.failed, "{case}: false success: {}", answer.text);
            assert!(answer.text.contains(why), "{case}: {}", answer.text);
            assert!(after == before, "{case}: a refused edit changed the file");
            assert!(answer.changed.is_empty(), "{case}");
        }
    }
    assert_eq!(desk.mode(name), MODE, "{case}: its mode changed");
    assert_eq!(desk.names(), [name], "{case}: something was left behind");
}

/// A file of this repository.
pub(crate) fn own(path: &str) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let bytes = fs::read(root.join(path)).unwrap_or_else(|error| panic!("{path}: {error}"));
    String::from_utf8(bytes).expect("it is UTF-8")
}
