//! The user's own git repository, found and read without git: its settings could make git run anything.

use std::path::{Path, PathBuf};

use crate::files;

/// The most that is read of a small file of git's.
const SMALL: u64 = 1 << 20;

/// What a snapshot needs to know of the repository that a folder is in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct UserRepository {
    /// The folder that holds `.git`.
    pub(super) top: PathBuf,
    /// Where the index is.
    pub(super) git_dir: PathBuf,
    /// Where the objects and the exclude rules are.
    pub(super) common_dir: PathBuf,
    /// Whether its ids are SHA-256.
    pub(super) sha256: bool,
}

impl UserRepository {
    /// The repository that the canonical folder `root` is in, or is the top of.
    pub(super) fn find(root: &Path) -> Option<UserRepository> {
        root.ancestors().find_map(at)
    }

    pub(super) fn objects(&self) -> PathBuf {
        self.common_dir.join("objects")
    }

    pub(super) fn index(&self) -> PathBuf {
        self.git_dir.join("index")
    }

    /// The rules of `.git/info/exclude`; empty when there are none.
    pub(super) fn exclude(&self) -> Vec<u8> {
        files::read(&self.common_dir.join("info/exclude"), SMALL).unwrap_or_default()
    }
}

fn at(top: &Path) -> Option<UserRepository> {
    let dot_git = top.join(".git");
    let git_dir = if dot_git.is_dir() {
        dot_git
    } else {
        let text = small_text(&dot_git)?;
        top.join(text.strip_prefix("gitdir:")?.trim())
    };
    let common_dir = match small_text(&git_dir.join("commondir")) {
        Some(text) => git_dir.join(text.trim()),
        None => git_dir.clone(),
    };
    let real = |path: &Path| path.canonicalize().ok();
    let found = UserRepository {
        top: top.to_path_buf(),
        git_dir: real(&git_dir)?,
        common_dir: real(&common_dir)?,
        sha256: has_sha256(&small_text(&common_dir.join("config")).unwrap_or_default()),
    };
    let whole = found.git_dir.join("HEAD").is_file() && found.objects().is_dir();
    whole.then_some(found)
}

fn small_text(path: &Path) -> Option<String> {
    String::from_utf8(files::read(path, SMALL).ok()?).ok()
}

fn has_sha256(config: &str) -> bool {
    let mut in_extensions = false;
    for line in config.lines().map(str::trim) {
        if let Some(section) = line.strip_prefix('[') {
            in_extensions = section.to_ascii_lowercase().starts_with("extensions]");
        }
        let setting = line.rsplit(']').next().unwrap_or(line);
        if let Some((key, value)) = setting.split_once('=')
            && in_extensions
            && key.trim().eq_ignore_ascii_case("objectformat")
        {
            return value
                .trim()
                .trim_matches('"')
                .eq_ignore_ascii_case("sha256");
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    fn make(path: &Path, text: &str) {
        use std::io::Write;
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        let mut file = std::fs::File::create(path).unwrap();
        file.write_all(text.as_bytes()).unwrap();
    }

    fn repository(at: &Path) {
        make(&at.join("HEAD"), "ref: refs/heads/main\n");
        std::fs::create_dir_all(at.join("objects")).unwrap();
    }

    #[test]
    fn folders_files_and_parents_are_found() {
        let top = tempfile::tempdir().unwrap();
        let top = top.path().canonicalize().unwrap();
        repository(&top.join("main/.git"));
        let found = UserRepository::find(&top.join("main")).unwrap();
        assert_eq!(found.git_dir, top.join("main/.git"));
        assert_eq!(found.common_dir, found.git_dir);
        std::fs::create_dir_all(top.join("main/a/b")).unwrap();
        let inner = UserRepository::find(&top.join("main/a/b")).unwrap();
        assert_eq!(inner, found);

        let worktree = top.join("main/.git/worktrees/w");
        make(&worktree.join("HEAD"), "ref: refs/heads/w\n");
        make(&worktree.join("commondir"), "../..\n");
        make(
            &top.join("w/.git"),
            &format!("gitdir: {}\n", worktree.display()),
        );
        let linked = UserRepository::find(&top.join("w")).unwrap();
        assert_eq!(linked.git_dir, worktree);
        assert_eq!(linked.objects(), top.join("main/.git/objects"));
        assert_eq!(linked.top, top.join("w"));
    }

    #[test]
    fn what_only_looks_like_a_repository_is_none() {
        let top = tempfile::tempdir().unwrap();
        let top = top.path().canonicalize().unwrap();
        std::fs::create_dir_all(top.join("empty/.git")).unwrap();
        make(&top.join("text/.git"), "hello");
        make(&top.join("lost/.git"), "gitdir: ../nowhere\n");
        for name in ["empty", "text", "lost"] {
            assert_eq!(UserRepository::find(&top.join(name)), None, "{name}");
        }
    }

    #[test]
    fn the_hash_is_read_from_the_settings() {
        for config in [
            "[core]\n\tbare = false\n[extensions]\n\tobjectformat = sha256\n",
            "[Extensions] ObjectFormat=\"sha256\"\n",
        ] {
            assert!(has_sha256(config), "{config}");
        }
        for config in [
            "",
            "[extensions]\n\tobjectformat = sha1\n",
            "[other]\n\tobjectformat = sha256\n",
            "[extensions \"x\"]\n\tobjectformat = sha256\n",
            "objectformat = sha256",
        ] {
            assert!(!has_sha256(config), "{config}");
        }
    }
}
