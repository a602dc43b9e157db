//! The files of the repository, as the rules see them.

use std::collections::BTreeSet;
use std::fmt;
use std::path::Path;

use crate::rust_source::RustSource;

/// Folders whose files are data for tests, kept byte for byte: most rules leave them alone.
const FIXTURE_FOLDERS: &[&str] = &["corpus", "fixtures", "golden", "snapshots", "testdata"];

/// One file: its path from the repository's root, with `/`, and its bytes.
#[derive(Debug)]
pub(crate) struct SourceFile {
    path: String,
    bytes: Vec<u8>,
    rust: Option<RustSource>,
}

impl SourceFile {
    fn new(path: String, bytes: Vec<u8>) -> SourceFile {
        let mut file = SourceFile {
            path,
            bytes,
            rust: None,
        };
        if file.extension() == "rs" && !file.is_fixture() {
            file.rust = file.text().map(RustSource::new);
        }
        file
    }

    pub(crate) fn path(&self) -> &str {
        &self.path
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The content, when it is text.
    pub(crate) fn text(&self) -> Option<&str> {
        let text = std::str::from_utf8(&self.bytes).ok()?;
        (!text.contains('\0')).then_some(text)
    }

    /// The content as Rust, when it is a Rust file and no fixture.
    pub(crate) fn rust(&self) -> Option<&RustSource> {
        self.rust.as_ref()
    }

    /// The last part of the path.
    pub(crate) fn name(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or(&self.path)
    }

    /// What follows the last dot of the name; empty when there is none.
    pub(crate) fn extension(&self) -> &str {
        self.name().rsplit_once('.').map_or("", |(_, it)| it)
    }

    pub(crate) fn is_fixture(&self) -> bool {
        let mut folders: Vec<&str> = self.path.split('/').collect();
        folders.pop();
        !folders.contains(&"src") && folders.iter().any(|it| FIXTURE_FOLDERS.contains(it))
    }

    /// Whether a program is written in it, in any language.
    pub(crate) fn is_program(&self) -> bool {
        const EXTENSIONS: &[&str] = &[
            "cjs", "css", "html", "js", "mjs", "py", "rs", "sh", "ts", "tsx",
        ];
        EXTENSIONS.contains(&self.extension()) || self.bytes.starts_with(b"#!/")
    }
}

/// All files that git tracks or would track.
#[derive(Debug)]
pub(crate) struct FileSet {
    files: Vec<SourceFile>,
    test_modules: BTreeSet<String>,
}

impl FileSet {
    /// Reads the tracked files, and the untracked ones that are not ignored, below `root`.
    ///
    /// # Errors
    /// When git cannot list them or one cannot be read.
    pub(crate) fn read(root: &Path) -> Result<FileSet, ReadError> {
        let mut files = Vec::new();
        for path in listed_by_git(root)? {
            let full = root.join(&path);
            match std::fs::symlink_metadata(&full) {
                Ok(found) if found.is_file() => {}
                _ => continue, // deleted but not yet committed, or a link
            }
            let bytes = std::fs::read(&full)
                .map_err(|error| ReadError(format!("{path} cannot be read: {error}")))?;
            files.push(SourceFile::new(path, bytes));
        }
        Ok(FileSet::of_files(files))
    }

    #[cfg(test)]
    pub(crate) fn of(files: &[(&str, &str)]) -> FileSet {
        let file = |(path, text): &(&str, &str)| {
            SourceFile::new((*path).to_owned(), text.as_bytes().to_vec())
        };
        FileSet::of_files(files.iter().map(file).collect())
    }

    fn of_files(mut files: Vec<SourceFile>) -> FileSet {
        files.sort_by(|a, b| a.path.cmp(&b.path));
        let test_modules = files.iter().flat_map(test_modules_of).collect();
        FileSet {
            files,
            test_modules,
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.files.len()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &SourceFile> {
        self.files.iter()
    }

    /// All files but fixtures.
    pub(crate) fn own(&self) -> impl Iterator<Item = &SourceFile> {
        self.files.iter().filter(|file| !file.is_fixture())
    }

    /// Every Rust file that is no fixture, with its reading.
    pub(crate) fn rust(&self) -> impl Iterator<Item = (&SourceFile, &RustSource)> {
        self.files
            .iter()
            .filter_map(|file| Some((file, file.rust()?)))
    }

    pub(crate) fn get(&self, path: &str) -> Option<&SourceFile> {
        self.files
            .binary_search_by(|file| file.path.as_str().cmp(path))
            .ok()
            .map(|at| &self.files[at])
    }

    /// Whether `folder` (no final `/`) holds a file.
    pub(crate) fn has_folder(&self, folder: &str) -> bool {
        self.files.iter().any(|file| is_below(&file.path, folder))
    }

    /// The names of the folders directly in `crates/`.
    pub(crate) fn crate_folders(&self) -> BTreeSet<&str> {
        let folder = |file: &'_ SourceFile| {
            file.path
                .strip_prefix("crates/")?
                .split_once('/')
                .map(|(it, _)| it.len())
        };
        self.files
            .iter()
            .filter_map(|file| folder(file).map(|len| &file.path["crates/".len()..][..len]))
            .collect()
    }

    /// Whether the whole file is test code: below a `tests` or `benches` folder, or a module behind `#[cfg(test)]`.
    pub(crate) fn is_test(&self, file: &SourceFile) -> bool {
        let in_folder = |name: &str| file.path.split('/').rev().skip(1).any(|it| it == name);
        let in_module =
            |module: &String| file.path == format!("{module}.rs") || is_below(&file.path, module);
        in_folder("tests") || in_folder("benches") || self.test_modules.iter().any(in_module)
    }
}

fn is_below(path: &str, folder: &str) -> bool {
    path.strip_prefix(folder)
        .is_some_and(|rest| rest.starts_with('/'))
}

/// Where the modules stand that `file` declares behind `#[cfg(test)]`, as paths without `.rs`.
fn test_modules_of(file: &SourceFile) -> Vec<String> {
    let Some(rust) = file.rust() else {
        return Vec::new();
    };
    let (folder, name) = file.path.rsplit_once('/').unwrap_or(("", &file.path));
    let home = match name.strip_suffix(".rs") {
        Some("lib" | "main" | "mod") | None => folder.to_owned(),
        Some(stem) => format!("{folder}/{stem}"),
    };
    rust.test_modules()
        .iter()
        .map(|module| format!("{home}/{module}"))
        .collect()
}

#[expect(
    clippy::disallowed_methods,
    reason = "xtask has no host; git alone knows what it ignores"
)]
fn listed_by_git(root: &Path) -> Result<Vec<String>, ReadError> {
    let listing = std::process::Command::new("git")
        .args([
            "ls-files",
            "--cached",
            "--others",
            "--exclude-standard",
            "-z",
        ])
        .current_dir(root)
        .output()
        .map_err(|error| ReadError(format!("git cannot be started: {error}")))?;
    if !listing.status.success() {
        let said = String::from_utf8_lossy(&listing.stderr);
        return Err(ReadError(format!(
            "git cannot list the files of {}: {}",
            root.display(),
            said.trim()
        )));
    }
    let names = String::from_utf8(listing.stdout)
        .map_err(|_| ReadError("a file's name is not UTF-8: rename it".to_owned()))?;
    let unique: BTreeSet<&str> = names.split('\0').filter(|it| !it.is_empty()).collect();
    Ok(unique.into_iter().map(str::to_owned).collect())
}

/// Why the files could not be had, as a sentence.
#[derive(Debug)]
pub(crate) struct ReadError(String);

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modules_behind_cfg_test_are_test_code() {
        let set = FileSet::of(&[
            (
                "crates/a/src/lib.rs",
                "#[cfg(test)]\nmod proofs;\nmod real;\n",
            ),
            ("crates/a/src/proofs.rs", ""),
            ("crates/a/src/proofs/deep.rs", ""),
            ("crates/a/src/real.rs", "#[cfg(test)]\nmod tests;\n"),
            ("crates/a/src/real/tests.rs", ""),
            ("crates/a/tests/it/main.rs", ""),
        ]);
        let tests: Vec<&str> = set
            .iter()
            .filter(|it| set.is_test(it))
            .map(SourceFile::path)
            .collect();
        assert_eq!(
            tests,
            [
                "crates/a/src/proofs.rs",
                "crates/a/src/proofs/deep.rs",
                "crates/a/src/real/tests.rs",
                "crates/a/tests/it/main.rs",
            ]
        );
    }

    #[test]
    fn a_fixture_folder_inside_src_is_code() {
        let set = FileSet::of(&[
            ("crates/a/fixtures/x.rs", ""),
            ("crates/a/src/fixtures/x.rs", ""),
        ]);
        let own: Vec<&str> = set.own().map(SourceFile::path).collect();
        assert_eq!(own, ["crates/a/src/fixtures/x.rs"]);
    }

    #[test]
    fn folders_and_crates_are_found() {
        let set = FileSet::of(&[
            ("crates/a/Cargo.toml", ""),
            ("crates/b/src/lib.rs", ""),
            ("crates/note.md", ""),
        ]);
        assert_eq!(
            set.crate_folders().into_iter().collect::<Vec<_>>(),
            ["a", "b"]
        );
        assert!(set.has_folder("crates/b/src"));
        assert!(!set.has_folder("crates/b/sr"));
    }
}
