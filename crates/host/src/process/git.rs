//! Kiro's own git: on its shadow repository, deaf to every setting that is not Kiro's.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::{Command, Ended, Finished, RunError, direct};

/// Settings that make git run programs named by a repository, with the values that stop it.
const SETTINGS: &[(&str, &str)] = &[
    ("safe.bareRepository", "explicit"),
    ("safe.directory", "*"),
    ("core.fsmonitor", "false"),
    ("core.hooksPath", "/dev/null"),
    ("core.pager", "cat"),
    ("core.attributesFile", "/dev/null"),
    ("core.excludesFile", "/dev/null"),
    ("gc.auto", "0"),
    ("maintenance.auto", "false"),
    ("commit.gpgSign", "false"),
    ("protocol.allow", "never"),
    ("protocol.file.allow", "always"),
];

/// The git program, resolved beforehand.
#[derive(Clone, Debug)]
pub(crate) struct Git {
    program: PathBuf,
}

/// One call of git.
pub(crate) struct GitCall<'a> {
    /// The arguments after the program.
    pub(crate) arguments: &'a [&'a str],
    /// The folder it starts in.
    pub(crate) cwd: &'a Path,
    /// Variables besides the fixed ones: `GIT_DIR`, `GIT_INDEX_FILE`, an author's name.
    pub(crate) env: &'a [(&'a str, &'a str)],
    /// What it reads.
    pub(crate) stdin: Option<Vec<u8>>,
    /// How many bytes of its output are kept.
    pub(crate) output_bytes: usize,
    /// How long it may take.
    pub(crate) wall: Duration,
}

impl Git {
    /// Kiro's git is the program at this absolute path.
    pub(crate) fn new(program: PathBuf) -> Self {
        Git { program }
    }

    /// Runs git to its end. It takes no permit, because it only touches Kiro's own repository and what
    /// the caller has a permit for.
    pub(crate) fn run(
        &self,
        call: GitCall<'_>,
        cancelled: &dyn Fn() -> bool,
    ) -> Result<Finished, RunError> {
        let program = self.program.to_string_lossy().into_owned();
        let arguments = call.arguments.iter().map(|word| (*word).to_owned());
        let mut command = Command::new(std::iter::once(program).chain(arguments), call.cwd);
        command.env = environment(call.env);
        command.stdin = call.stdin;
        command.limits.output_bytes = call.output_bytes;
        command.limits.wall = call.wall;
        direct::run(&command, cancelled)
    }
}

/// The version that the git at `program` says it has, for `kiro doctor`.
///
/// # Errors
/// When it does not start, or does not end well within ten seconds.
pub fn git_version(program: &Path) -> Result<String, RunError> {
    let call = GitCall {
        arguments: &["--version"],
        cwd: Path::new("/"),
        env: &[],
        stdin: None,
        output_bytes: 1 << 10,
        wall: Duration::from_secs(10),
    };
    let finished = Git::new(program.to_path_buf()).run(call, &|| false)?;
    if !finished.ended.success() {
        return Err(RunError::Lost {
            program: program.display().to_string(),
            detail: finished.ended.to_string(),
        });
    }
    let text = String::from_utf8_lossy(&finished.stdout);
    let version = text.trim().strip_prefix("git version ");
    Ok(version.unwrap_or(text.trim()).to_owned())
}

/// What a repository's own configuration says of a setting; none when it says nothing.
///
/// # Errors
/// When git does not start or does not end well.
pub fn git_own_setting(program: &Path, cwd: &Path, key: &str) -> Result<Option<String>, RunError> {
    setting(program, cwd, &["config", "--local", "--get", key])
}

fn setting(program: &Path, cwd: &Path, words: &[&str]) -> Result<Option<String>, RunError> {
    let finished = asked(program, cwd, words, &[])?;
    match finished.ended {
        Ended::Code(0) => {
            let text = String::from_utf8_lossy(&finished.stdout);
            Ok(Some(text.trim_end().to_owned()))
        }
        Ended::Code(1) => Ok(None),
        _ => Err(lost(program, &finished)),
    }
}

/// Paths that the next commit adds or changes, seen from the top of the working tree. `env` is what git
/// handed to its hook, such as `GIT_INDEX_FILE`.
///
/// # Errors
/// When git does not start or does not end well.
pub fn git_staged(
    program: &Path,
    cwd: &Path,
    env: &[(&str, String)],
) -> Result<Vec<String>, RunError> {
    let arguments = [
        "diff",
        "--cached",
        "--name-only",
        "-z",
        "--no-renames",
        "--diff-filter=ACMRT",
        "--no-ext-diff",
        "--no-textconv",
        "--ignore-submodules",
    ];
    let env: Vec<(&str, &str)> = env.iter().map(|(name, it)| (*name, it.as_str())).collect();
    let finished = asked(program, cwd, &arguments, &env)?;
    if !finished.ended.success() || finished.truncated {
        return Err(lost(program, &finished));
    }
    let names = finished.stdout.split(|it| *it == 0);
    let names = names.filter(|it| !it.is_empty());
    Ok(names
        .map(|it| String::from_utf8_lossy(it).into_owned())
        .collect())
}

/// A path that the next commit adds or changes, with the objects that hold its content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Staged {
    /// The path, seen from the top of the working tree.
    pub path: String,
    /// The object of the last commit; none when that does not hold the path.
    pub before: Option<String>,
    /// The object that is staged; none when the path is removed.
    pub after: Option<String>,
    /// Whether it is a plain file, not a link or another repository.
    pub plain: bool,
}

/// What the next commit changes, with its objects. `env` is what git handed to its hook.
///
/// # Errors
/// When git does not start or does not end well.
pub fn git_staged_objects(
    program: &Path,
    cwd: &Path,
    env: &[(&str, String)],
) -> Result<Vec<Staged>, RunError> {
    raw_difference(program, cwd, env, &["diff", "--cached"])
}

/// What the working tree holds otherwise than the index: `before` is the object that is staged, `after` is never known.
/// Nothing is converted or run on the way. `env` is what git handed to its hook.
///
/// # Errors
/// When git does not start or does not end well.
pub fn git_unstaged_objects(
    program: &Path,
    cwd: &Path,
    env: &[(&str, String)],
) -> Result<Vec<Staged>, RunError> {
    raw_difference(program, cwd, env, &["diff-files"])
}

/// Files of the working tree that the index does not hold and git does not ignore, seen from `cwd`.
///
/// # Errors
/// When git does not start or does not end well.
pub fn git_untracked(
    program: &Path,
    cwd: &Path,
    env: &[(&str, String)],
) -> Result<Vec<String>, RunError> {
    let env: Vec<(&str, &str)> = env.iter().map(|(name, it)| (*name, it.as_str())).collect();
    let question = ["ls-files", "--others", "--exclude-standard", "-z"];
    let finished = asked(program, cwd, &question, &env)?;
    if !finished.ended.success() || finished.truncated {
        return Err(lost(program, &finished));
    }
    let names = finished.stdout.split(|it| *it == 0);
    let names = names.filter(|it| !it.is_empty());
    Ok(names
        .map(|it| String::from_utf8_lossy(it).into_owned())
        .collect())
}

fn raw_difference(
    program: &Path,
    cwd: &Path,
    env: &[(&str, String)],
    command: &[&str],
) -> Result<Vec<Staged>, RunError> {
    let plainly = [
        "--raw",
        "-z",
        "--no-renames",
        "--no-abbrev",
        "--no-ext-diff",
        "--no-textconv",
    ];
    let arguments: Vec<&str> = command.iter().copied().chain(plainly).collect();
    let env: Vec<(&str, &str)> = env.iter().map(|(name, it)| (*name, it.as_str())).collect();
    let finished = asked(program, cwd, &arguments, &env)?;
    if !finished.ended.success() || finished.truncated {
        return Err(lost(program, &finished));
    }
    let mut parts = finished.stdout.split(|it| *it == 0);
    let mut found = Vec::new();
    while let (Some(head), Some(path)) = (parts.next(), parts.next()) {
        let head = String::from_utf8_lossy(head).into_owned();
        let words: Vec<&str> = head.trim_start_matches(':').split(' ').collect();
        let [old_mode, mode, before, after, ..] = words[..] else {
            return Err(lost(program, &finished));
        };
        let object = |id: &str| (!id.bytes().all(|it| it == b'0')).then(|| id.to_owned());
        found.push(Staged {
            path: String::from_utf8_lossy(path).into_owned(),
            before: object(before),
            after: object(after),
            plain: mode.starts_with("100") || mode == "000000" && old_mode.starts_with("100"),
        });
    }
    Ok(found)
}

/// The content of objects of a repository, in their order; none for one that is not there or is larger than
/// `limit_bytes`.
///
/// # Errors
/// When git does not start or does not end well.
pub fn git_objects(
    program: &Path,
    cwd: &Path,
    env: &[(&str, String)],
    ids: &[String],
    limit_bytes: usize,
) -> Result<Vec<Option<Vec<u8>>>, RunError> {
    let env: Vec<(&str, &str)> = env.iter().map(|(name, it)| (*name, it.as_str())).collect();
    // Few objects are mostly small: one question instead of two, and what is too much is asked for by size after all.
    if ids.len() <= AT_ONCE {
        let mut found = vec![None; ids.len()];
        let all: Vec<usize> = (0..ids.len()).collect();
        if fetch(program, cwd, &env, ids, &all, &mut found).is_ok() {
            let fits = |it: &Vec<u8>| it.len() <= limit_bytes;
            return Ok(found.into_iter().map(|it| it.filter(fits)).collect());
        }
    }
    let heads = batch(program, cwd, &env, "--batch-check", ids)?;
    let told = String::from_utf8_lossy(&heads.stdout).into_owned();
    let sizes: Vec<Option<usize>> = told.lines().map(size_of).collect();
    let mut found = vec![None; ids.len()];
    let mut wanted = Vec::new();
    let mut bytes = 0;
    for (at, size) in sizes.into_iter().take(ids.len()).enumerate() {
        let Some(size) = size.filter(|it| *it <= limit_bytes.min(OUTPUT_MAX / 2)) else {
            continue;
        };
        if bytes + size > OUTPUT_MAX / 2 {
            fetch(
                program,
                cwd,
                &env,
                ids,
                &std::mem::take(&mut wanted),
                &mut found,
            )?;
            bytes = 0;
        }
        wanted.push(at);
        bytes += size;
    }
    fetch(program, cwd, &env, ids, &wanted, &mut found)?;
    Ok(found)
}

/// The size that a line of `git cat-file --batch-check` tells.
fn size_of(line: &str) -> Option<usize> {
    line.rsplit(' ').next()?.parse().ok()
}

/// Fills in the content of those objects that are `wanted`.
fn fetch(
    program: &Path,
    cwd: &Path,
    env: &[(&str, &str)],
    ids: &[String],
    wanted: &[usize],
    found: &mut [Option<Vec<u8>>],
) -> Result<(), RunError> {
    if wanted.is_empty() {
        return Ok(());
    }
    let asked: Vec<String> = wanted.iter().map(|at| ids[*at].clone()).collect();
    let finished = batch(program, cwd, env, "--batch", &asked)?;
    let mut rest = finished.stdout.as_slice();
    for at in wanted {
        let end = rest
            .iter()
            .position(|it| *it == b'\n')
            .unwrap_or(rest.len());
        let size = size_of(&String::from_utf8_lossy(&rest[..end]));
        rest = rest.get(end + 1..).unwrap_or_default();
        if let Some(size) = size {
            let bytes = rest.get(..size).ok_or_else(|| lost(program, &finished))?;
            found[*at] = Some(bytes.to_vec());
            rest = rest.get(size + 1..).unwrap_or_default();
        }
    }
    Ok(())
}

/// Asks git about many objects at once.
fn batch(
    program: &Path,
    cwd: &Path,
    env: &[(&str, &str)],
    how: &str,
    ids: &[String],
) -> Result<Finished, RunError> {
    let call = GitCall {
        arguments: &["cat-file", how],
        cwd,
        env,
        stdin: Some(
            ids.iter()
                .flat_map(|it| format!("{it}\n").into_bytes())
                .collect(),
        ),
        output_bytes: OUTPUT_MAX,
        wall: PATIENT,
    };
    let finished = Git::new(program.to_path_buf()).run(call, &|| false)?;
    match finished.ended.success() && !finished.truncated {
        true => Ok(finished),
        false => Err(lost(program, &finished)),
    }
}

/// What git prints for a question that changes nothing; none when it says that there is no answer.
///
/// # Errors
/// When git does not start.
pub fn git_answer(
    program: &Path,
    cwd: &Path,
    question: &[&str],
) -> Result<Option<String>, RunError> {
    let finished = asked(program, cwd, question, &[])?;
    let text = String::from_utf8_lossy(&finished.stdout)
        .trim_end()
        .to_owned();
    Ok((finished.ended.success() && !finished.truncated).then_some(text))
}

/// How many objects are asked for without knowing their sizes.
const AT_ONCE: usize = 200;
/// Most bytes of an answer that are kept.
const OUTPUT_MAX: usize = 64 << 20;
/// How long an answer is waited for.
const PATIENT: Duration = Duration::from_secs(60);

/// What the file at `path`, relative to `cwd`, held at a revision; none when the revision or the file in it is not there. Nothing
/// is converted, fetched or run.
///
/// # Errors
/// When git does not start or does not end well.
pub fn git_file_at(
    program: &Path,
    cwd: &Path,
    revision: &str,
    path: &str,
) -> Result<Option<Vec<u8>>, RunError> {
    let name = format!("{revision}:./{path}");
    let arguments = [
        "rev-parse",
        "--verify",
        "--quiet",
        "--end-of-options",
        &name,
    ];
    let finished = asked(program, cwd, &arguments, &[])?;
    if !finished.ended.success() {
        return match finished.ended {
            Ended::Code(_) => Ok(None),
            _ => Err(lost(program, &finished)),
        };
    }
    let id = String::from_utf8_lossy(&finished.stdout).trim().to_owned();
    let finished = asked(program, cwd, &["cat-file", "blob", &id], &[])?;
    if !finished.ended.success() || finished.truncated {
        return Err(lost(program, &finished));
    }
    Ok(Some(finished.stdout))
}

fn asked(
    program: &Path,
    cwd: &Path,
    arguments: &[&str],
    env: &[(&str, &str)],
) -> Result<Finished, RunError> {
    let call = GitCall {
        arguments,
        cwd,
        env,
        stdin: None,
        output_bytes: OUTPUT_MAX,
        wall: PATIENT,
    };
    Git::new(program.to_path_buf()).run(call, &|| false)
}

fn lost(program: &Path, finished: &Finished) -> RunError {
    let said = String::from_utf8_lossy(&finished.stderr);
    RunError::Lost {
        program: program.display().to_string(),
        detail: format!("{}; {}", finished.ended, said.trim()),
    }
}

fn environment(extra: &[(&str, &str)]) -> Vec<(String, String)> {
    let own = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
    let fixed = [
        ("PATH", "/usr/local/bin:/usr/bin:/bin"),
        ("HOME", "/nonexistent"),
        ("LC_ALL", "C"),
        ("GIT_CONFIG_NOSYSTEM", "1"),
        ("GIT_CONFIG_GLOBAL", "/dev/null"),
        ("GIT_ATTR_NOSYSTEM", "1"),
        ("GIT_TERMINAL_PROMPT", "0"),
        // What a repository lacks is not fetched: its remotes name programs.
        ("GIT_NO_LAZY_FETCH", "1"),
        ("GIT_PAGER", "cat"),
        ("GIT_EDITOR", "true"),
    ];
    let settings = SETTINGS.iter().enumerate().flat_map(|(at, (key, value))| {
        [
            (format!("GIT_CONFIG_KEY_{at}"), (*key).to_owned()),
            (format!("GIT_CONFIG_VALUE_{at}"), (*value).to_owned()),
        ]
    });
    let count = ("GIT_CONFIG_COUNT".to_owned(), SETTINGS.len().to_string());
    fixed
        .into_iter()
        .chain(extra.iter().copied())
        .map(own)
        .chain(std::iter::once(count))
        .chain(settings)
        .collect()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::super::toolchain::find_program;
    use super::*;

    fn git() -> Git {
        let path = std::env::var_os("PATH").unwrap_or_default();
        Git::new(find_program("git", &path, &[]).expect("git is installed"))
    }

    fn call(cwd: &Path, arguments: &[&str]) -> Finished {
        let call = GitCall {
            arguments,
            cwd,
            env: &[],
            stdin: None,
            output_bytes: 1 << 16,
            wall: Duration::from_secs(20),
        };
        git().run(call, &|| false).expect("git starts")
    }

    #[test]
    fn it_runs_nothing_that_a_repository_names() {
        let folder = tempfile::tempdir().expect("a folder");
        let canary = folder.path().join("canary.sh");
        let mark = folder.path().join("ran");
        let script = format!("#!/bin/sh\ntouch '{}'\n", mark.display());
        let mut file = std::fs::File::create(&canary).expect("a file");
        std::io::Write::write_all(&mut file, script.as_bytes()).expect("written");
        file.set_permissions(std::fs::Permissions::from_mode(0o755))
            .expect("executable");
        drop(file);
        let repository = folder.path().join("repository");
        std::fs::create_dir(&repository).expect("a folder");
        assert!(call(&repository, &["init", "-q"]).ended.success());
        let canary = canary.to_string_lossy();
        for key in ["core.fsmonitor", "core.pager", "core.editor"] {
            assert!(call(&repository, &["config", key, &canary]).ended.success());
        }
        let hook = repository.join(".git/hooks/post-index-change");
        std::fs::create_dir_all(repository.join(".git/hooks")).expect("a folder");
        std::os::unix::fs::symlink(&*canary, hook).expect("a link");
        std::fs::File::create(repository.join("a.txt")).expect("a file");
        for arguments in [&["status"][..], &["add", "-A"], &["status"], &["log"]] {
            call(&repository, arguments);
        }
        assert!(!mark.exists(), "a program named by the repository ran");
    }

    #[test]
    fn the_version_is_a_number() {
        let version = git_version(&git().program).expect("git answers");
        assert!(
            version.starts_with(|it: char| it.is_ascii_digit()),
            "{version}"
        );
    }
}
