//! Kiro's own repository on the disk: how it is made, called, and made to last.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use super::error::ShadowError;
use super::tree::{TreeId, is_object_id};
use super::user::UserRepository;
use crate::clock;
use crate::files::{self, FileError};
use crate::lease::{self, Owner};
use crate::process::{Ended, Git, GitCall};

/// How long one call of git may take; hashing a large folder for the first time is the longest.
const LIMIT: Duration = Duration::from_secs(600);
/// The most that one call of git may answer, in bytes.
const MAX_ANSWER: usize = 512 << 20;
/// Loose objects that are synced one by one; more are gathered in a pack first.
const LOOSE: usize = 256;
/// How old a temporary file of git's must be before it counts as left over.
const LEFT_OVER: Duration = Duration::from_secs(24 * 60 * 60);

static COUNTER: AtomicU64 = AtomicU64::new(0);

/// No attribute of the project acts here: bytes go in and out as they are.
const ATTRIBUTES: &str = "* -text -filter -ident -working-tree-encoding -eol -diff -merge\n";

/// Settings of the repository. Objects are synced by [`Store::sync`], all at once.
const SETTINGS: &str = "\
\tbare = true
\tfileMode = true
\tsymlinks = true
\tignoreCase = false
\tprecomposeUnicode = false
\tautocrlf = false
\tsafecrlf = false
\tprotectNTFS = false
\tprotectHFS = false
\tfsmonitor = false
\tuntrackedCache = false
\tsplitIndex = false
\tcommitGraph = false
\tlogAllRefUpdates = false
\thooksPath = /dev/null
\tattributesFile = /dev/null
\tfsync = none
\tlooseCompression = 1
[gc]
\tauto = 0
";

/// What build tools leave behind, and nobody writes by hand.
const LITTER: &str = "\
__pycache__/
*.py[co]
.pytest_cache/
.mypy_cache/
.ruff_cache/
.hypothesis/
.tox/
.nox/
.venv/
*.egg-info/
node_modules/
.next/
.nuxt/
.svelte-kit/
.turbo/
.parcel-cache/
target/
.gradle/
.terraform/
.DS_Store
Thumbs.db
.*.sw[a-p]
.kiro-tmp.*
";

/// Names of folders that [`LITTER`] leaves out.
pub(super) const LITTER_FOLDERS: &[&str] = &[
    "__pycache__",
    ".pytest_cache",
    ".mypy_cache",
    ".ruff_cache",
    ".hypothesis",
    ".tox",
    ".nox",
    ".venv",
    "node_modules",
    ".next",
    ".nuxt",
    ".svelte-kit",
    ".turbo",
    ".parcel-cache",
    "target",
    ".gradle",
    ".terraform",
];

/// The repository and the git that works on it.
#[derive(Debug)]
pub(super) struct Store {
    git: Git,
    pub(super) folder: PathBuf,
    /// The user's objects, in the form that git's environment wants.
    borrowed: Option<String>,
    owner: Owner,
}

/// One call of git.
#[derive(Clone, Copy)]
pub(super) struct Call<'a> {
    /// As in "cannot DOING".
    pub(super) doing: &'static str,
    /// The command and its options.
    pub(super) words: &'a [&'a str],
    /// The folder it runs in.
    pub(super) cwd: &'a Path,
    /// The top of the work tree, seen from there.
    pub(super) work_tree: &'a str,
    /// The index; `None` for calls that need none.
    pub(super) index: Option<&'a Path>,
    /// A file of ignore rules.
    pub(super) exclude: Option<&'a Path>,
    /// Whether the user's objects are seen.
    pub(super) borrow: bool,
}

/// What git answered.
pub(super) struct Answer {
    pub(super) out: Vec<u8>,
    pub(super) err: String,
}

impl Store {
    /// Opens the repository in the folder `state`, making what is missing.
    pub(super) fn open(
        git: &Path,
        state: &Path,
        user: Option<&UserRepository>,
    ) -> Result<Store, ShadowError> {
        let sha256 = user.is_some_and(|it| it.sha256);
        let folder = state.join(if sha256 {
            "shadow-sha256.git"
        } else {
            "shadow.git"
        });
        if folder.to_str().is_none() {
            return Err(ShadowError::NotUtf8 { path: folder });
        }
        for part in ["objects/pack", "objects/info", "refs/kiro", "info", "kiro"] {
            files::ensure_private_folder(&folder.join(part))?;
        }
        let (version, extension) = if sha256 {
            (1, "[extensions]\n\tobjectFormat = sha256\n")
        } else {
            (0, "")
        };
        let config =
            format!("[core]\n\trepositoryformatversion = {version}\n{SETTINGS}{extension}");
        let store = Store {
            git: Git::new(git.to_path_buf()),
            folder,
            borrowed: user.and_then(|it| as_alternate(&it.objects())),
            owner: Owner::this()?,
        };
        store.keep("config", config.as_bytes())?;
        store.keep("info/attributes", ATTRIBUTES.as_bytes())?;
        store.keep("kiro/litter", LITTER.as_bytes())?;
        store.keep("HEAD", b"ref: refs/heads/none\n")?;
        store.sweep()?;
        Ok(store)
    }

    /// A file or folder of the repository.
    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// Whether objects of the user's are used.
    pub(super) fn borrows(&self) -> bool {
        self.borrowed.is_some()
    }

    /// Writes a file of the repository unless it stands so already.
    pub(super) fn keep(&self, name: &str, bytes: &[u8]) -> Result<(), ShadowError> {
        let path = self.path(name);
        let limit = bytes.len() as u64;
        if files::read(&path, limit).is_ok_and(|it| it == bytes) {
            return Ok(());
        }
        Ok(files::replace_own(&path, bytes)?)
    }

    /// A name for a file that only this operation uses, so that no lock of a dead process ever counts.
    pub(super) fn own_path(&self, kind: &str) -> PathBuf {
        let count = COUNTER.fetch_add(1, Ordering::Relaxed);
        let Owner { pid, start } = self.owner;
        self.path(&format!("kiro/{kind}-{pid}-{start}-{count}"))
    }

    /// Runs git; anything but exit code 0 is an error.
    pub(super) fn call(
        &self,
        call: Call<'_>,
        stdin: Option<Vec<u8>>,
    ) -> Result<Answer, ShadowError> {
        let (code, answer) = self.try_call(call, stdin)?;
        if code == 0 {
            return Ok(answer);
        }
        Err(refusal(call.doing, &self.folder, &answer.err))
    }

    /// Runs git and gives its exit code.
    pub(super) fn try_call(
        &self,
        call: Call<'_>,
        stdin: Option<Vec<u8>>,
    ) -> Result<(i32, Answer), ShadowError> {
        let exclude = match call.exclude {
            Some(path) => Some(format!("core.excludesFile={}", utf8(path)?)),
            None => None,
        };
        let mut words: Vec<&str> = Vec::new();
        if let Some(setting) = &exclude {
            words.extend(["-c", setting]);
        }
        words.extend(call.words);
        let env = self.environment(&call)?;
        let finished = self.git.run(
            GitCall {
                arguments: &words,
                cwd: call.cwd,
                env: &env,
                stdin,
                output_bytes: MAX_ANSWER,
                wall: LIMIT,
            },
            &|| false,
        );
        let doing = call.doing;
        let finished = finished.map_err(|source| ShadowError::Run { doing, source })?;
        if finished.truncated {
            return Err(ShadowError::TooMuch {
                limit_mib: MAX_ANSWER >> 20,
            });
        }
        let err = String::from_utf8_lossy(&finished.stderr).into_owned();
        match finished.ended {
            Ended::Code(code) => Ok((
                code,
                Answer {
                    out: finished.stdout,
                    err,
                },
            )),
            Ended::TimedOut => Err(ShadowError::TooSlow {
                doing,
                limit: LIMIT,
            }),
            other => Err(ShadowError::Git {
                doing,
                place: self.folder.clone(),
                said: other.to_string(),
            }),
        }
    }

    fn environment<'a>(&'a self, call: &Call<'a>) -> Result<Vec<(&'a str, &'a str)>, ShadowError> {
        let mut env = vec![
            ("GIT_DIR", utf8(&self.folder)?),
            ("GIT_WORK_TREE", call.work_tree),
            ("GIT_NO_REPLACE_OBJECTS", "1"),
            ("GIT_NO_LAZY_FETCH", "1"),
            ("GIT_DEFAULT_REF_FORMAT", "files"),
            ("GIT_AUTHOR_NAME", "Kiro"),
            ("GIT_AUTHOR_EMAIL", "kiro@localhost"),
            ("GIT_AUTHOR_DATE", "@0 +0000"),
            ("GIT_COMMITTER_NAME", "Kiro"),
            ("GIT_COMMITTER_EMAIL", "kiro@localhost"),
            ("GIT_COMMITTER_DATE", "@0 +0000"),
        ];
        if let Some(index) = call.index {
            env.push(("GIT_INDEX_FILE", utf8(index)?));
        }
        if let (true, Some(objects)) = (call.borrow, &self.borrowed) {
            env.push(("GIT_ALTERNATE_OBJECT_DIRECTORIES", objects));
        }
        Ok(env)
    }

    /// A call in the repository itself, without a work tree of anybody's.
    pub(super) fn inner<'a>(&'a self, doing: &'static str, words: &'a [&'a str]) -> Call<'a> {
        Call {
            doing,
            words,
            cwd: &self.folder,
            work_tree: ".",
            index: None,
            exclude: None,
            borrow: true,
        }
    }

    /// Keeps a tree under a name, for good.
    pub(super) fn pin(&self, name: &str, tree: &TreeId) -> Result<(), ShadowError> {
        if !is_pin_name(name) {
            return Err(ShadowError::BadName {
                name: name.chars().take(80).collect(),
            });
        }
        let doing = "keep a snapshot";
        let words = ["commit-tree", tree.as_str(), "-m", name];
        let answer = self.call(self.inner(doing, &words), None)?;
        let commit = object_id(doing, &answer.out)?;
        self.sync()?;
        let reference = self.path("refs/kiro").join(name);
        if let Some(folder) = reference.parent() {
            files::ensure_private_folder(folder)?;
        }
        files::replace_own(&reference, format!("{commit}\n").as_bytes())?;
        Ok(())
    }

    /// Copies objects that only the user's repository has, so that nothing done there can take them away.
    pub(super) fn own(&self, ids: &BTreeSet<String>) -> Result<(), ShadowError> {
        if !self.borrows() || ids.is_empty() {
            return Ok(());
        }
        let doing = "copy what a snapshot shares with the project's git objects";
        let list = ids
            .iter()
            .flat_map(|id| [id.as_str(), "\n"])
            .collect::<String>();
        let gather = self.inner(doing, &["pack-objects", "-q", "--stdout", "--window=0"]);
        let pack = self.call(gather, Some(list.into_bytes()))?.out;
        let unpack = Call {
            borrow: false,
            ..self.inner(doing, &["unpack-objects", "-q"])
        };
        self.call(unpack, Some(pack))?;
        Ok(())
    }

    /// Makes every object last through a power cut: many are packed, few are synced one by one.
    pub(super) fn sync(&self) -> Result<(), ShadowError> {
        let loose = self.loose_objects()?;
        if loose.len() > LOOSE {
            return self.pack(&loose);
        }
        let mut folders = BTreeSet::from([self.path("objects")]);
        for path in &loose {
            sync_file(path)?;
            folders.extend(path.parent().map(Path::to_path_buf));
        }
        folders.iter().try_for_each(|folder| sync_file(folder))
    }

    fn pack(&self, loose: &[PathBuf]) -> Result<(), ShadowError> {
        let doing = "pack the snapshots";
        let list: String = loose
            .iter()
            .filter_map(|path| id_of(path))
            .map(|id| id + "\n")
            .collect();
        let base = self.path("objects/pack/pack");
        let words = [
            "-c",
            "core.fsync=committed",
            "pack-objects",
            "-q",
            "--non-empty",
            utf8(&base)?,
        ];
        // Without the user's objects: what is in their packs must not count as packed here.
        let own = |words| Call {
            borrow: false,
            ..self.inner(doing, words)
        };
        self.call(own(&words), Some(list.into_bytes()))?;
        sync_file(&self.path("objects/pack"))?;
        self.call(own(&["prune-packed", "-q"]), None)?;
        Ok(())
    }

    /// All loose objects; what a dead git left half-written is removed on the way.
    fn loose_objects(&self) -> Result<Vec<PathBuf>, ShadowError> {
        let mut found = Vec::new();
        for folder in list(&self.path("objects"))? {
            let name = name_of(&folder);
            if name.len() != 2 || !is_hex(name) {
                continue;
            }
            for path in list(&folder)? {
                if is_hex(name_of(&path)) {
                    found.push(path);
                } else {
                    remove_left_over(&path);
                }
            }
        }
        list(&self.path("objects/pack"))?
            .iter()
            .filter(|path| name_of(path).starts_with("tmp_"))
            .for_each(|path| remove_left_over(path));
        Ok(found)
    }

    /// Removes what dead processes left behind, and the indexes of attempts that are gone.
    fn sweep(&self) -> Result<(), ShadowError> {
        for path in list(&self.path("kiro"))? {
            let name = name_of(&path);
            let numbers: Vec<u64> = name.split('-').filter_map(|it| it.parse().ok()).collect();
            let dead = match numbers.as_slice() {
                [pid, start, ..] => {
                    u32::try_from(*pid).is_ok_and(|pid| !lease::is_alive(pid, *start))
                }
                _ => false,
            };
            if dead {
                self.remove_claimed(&path)?;
            }
        }
        for path in list(&self.path("kiro"))? {
            let Some(key) = name_of(&path).strip_suffix(".place") else {
                continue;
            };
            let place = files::read(&path, 1 << 16)?;
            let place = String::from_utf8_lossy(&place).into_owned();
            if !Path::new(&place).is_dir() {
                remove(&self.path(&format!("kiro/{key}.index")))?;
                remove(&path)?;
            }
        }
        Ok(())
    }

    /// Removes what several processes may want to remove: the one that can rename it has it to itself.
    fn remove_claimed(&self, path: &Path) -> Result<(), ShadowError> {
        let claimed = self.own_path("dead");
        match fs::rename(path, &claimed) {
            Ok(()) => remove(&claimed),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
            Err(error) => Err(FileError::os("remove", path, error).into()),
        }
    }
}

/// The form in which git takes the place of further objects from its environment.
fn as_alternate(objects: &Path) -> Option<String> {
    let path = objects.to_str()?;
    if !path.contains([':', '"', '\\', '\n']) {
        return Some(path.to_owned());
    }
    let mut quoted = String::from("\"");
    for c in path.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            '\n' => quoted.push_str("\\n"),
            other => quoted.push(other),
        }
    }
    quoted.push('"');
    Some(quoted)
}

fn is_pin_name(name: &str) -> bool {
    let part_is_good = |part: &str| {
        !part.is_empty()
            && part
                .bytes()
                .all(|it| it.is_ascii_alphanumeric() || matches!(it, b'-' | b'_'))
    };
    name.len() <= 200 && name.split('/').all(part_is_good)
}

/// The one id that git answered.
pub(super) fn object_id(doing: &'static str, out: &[u8]) -> Result<String, ShadowError> {
    let text = String::from_utf8_lossy(out);
    let id = text.trim_end_matches('\n');
    if is_object_id(id) {
        return Ok(id.to_owned());
    }
    Err(answer(doing, &text))
}

/// An answer that cannot be understood.
pub(super) fn answer(doing: &'static str, text: &str) -> ShadowError {
    let text: String = text.chars().take(200).collect();
    ShadowError::Answer {
        doing,
        answer: format!("{:?}", files::shown(&text)),
    }
}

/// What git said, shortened to the line that matters.
fn refusal(doing: &'static str, place: &Path, err: &str) -> ShadowError {
    let lines: Vec<&str> = err
        .lines()
        .map(str::trim)
        .filter(|it| !it.is_empty())
        .collect();
    let said = lines
        .iter()
        .find_map(|line| line.strip_prefix("error: "))
        .or_else(|| lines.iter().find_map(|line| line.strip_prefix("fatal: ")))
        .or_else(|| lines.first().copied())
        .unwrap_or("nothing");
    let said: String = files::shown(said).chars().take(300).collect();
    if [
        "unable to read ",
        "bad object ",
        "Could not read ",
        "not a valid object name ",
    ]
    .iter()
    .any(|it| said.starts_with(it))
        || said.contains("is not a valid object")
    {
        return ShadowError::Incomplete { what: said };
    }
    ShadowError::Git {
        doing,
        place: place.to_path_buf(),
        said,
    }
}

pub(super) fn utf8(path: &Path) -> Result<&str, ShadowError> {
    path.to_str().ok_or_else(|| ShadowError::NotUtf8 {
        path: path.to_path_buf(),
    })
}

fn is_hex(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|it| it.is_ascii_hexdigit())
}

fn name_of(path: &Path) -> &str {
    path.file_name().and_then(|it| it.to_str()).unwrap_or("")
}

fn id_of(path: &Path) -> Option<String> {
    Some(format!("{}{}", name_of(path.parent()?), name_of(path)))
}

fn list(folder: &Path) -> Result<Vec<PathBuf>, FileError> {
    let os = |error| FileError::os("read", folder, error);
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).map_err(os)? {
        found.push(entry.map_err(os)?.path());
    }
    Ok(found)
}

/// Syncs a file or a folder; one that another process moved into a pack meanwhile is well kept there.
fn sync_file(path: &Path) -> Result<(), ShadowError> {
    let synced = fs::File::open(path).and_then(|file| file.sync_all());
    match synced {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(FileError::os("write", path, error).into())
        }
        _ => Ok(()),
    }
}

/// Removes a file or a folder of ours; that another process did so already is well.
pub(super) fn remove(path: &Path) -> Result<(), ShadowError> {
    if fs::symlink_metadata(path).is_ok_and(|it| it.is_dir()) {
        files::remove_tree(path)?;
    } else {
        files::remove_own(path)?;
    }
    Ok(())
}

/// Removes a temporary file of git's that is old enough to be nobody's any more. Best effort: the next
/// time finds it again.
fn remove_left_over(path: &Path) {
    let modified = fs::symlink_metadata(path).and_then(|it| it.modified());
    if modified.is_ok_and(|it| clock::since(it) > LEFT_OVER) {
        let _ = files::remove_own(path);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_pins_cannot_leave_their_folder() {
        for name in ["run-1/task-2", "a", "A_b/0"] {
            assert!(is_pin_name(name), "{name}");
        }
        for name in [
            "", "/a", "a/", "a//b", "..", "a/../b", "a.lock", "a b", "-\n", "é",
        ] {
            assert!(!is_pin_name(name), "{name}");
        }
    }

    #[test]
    fn odd_paths_of_objects_are_quoted() {
        let check = |path: &str| as_alternate(Path::new(path)).unwrap();
        assert_eq!(check("/a b/objects"), "/a b/objects");
        assert_eq!(check("/a:b\"c\\d\ne"), "\"/a:b\\\"c\\\\d\\ne\"");
    }

    #[test]
    fn every_litter_folder_is_in_the_rules() {
        for name in LITTER_FOLDERS {
            assert!(LITTER.lines().any(|it| it == format!("{name}/")), "{name}");
        }
    }
}
