//! What a person approved of commands beyond one time: for this run in memory, for this project in Kiro's own
//! folder of the user, never in the repository.
//!
//! An approval for the project is bound to its folder and to the content of what its command runs of the folder: a
//! script that changed is asked about again.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use change::Digest;
use policy::Gate;
use policy::shell::CommandPattern;
use serde::{Deserialize, Serialize};

use crate::error::SessionError;
use crate::places::{Environment, Project};
use crate::trust;

/// Version of the file's form.
const FORM: u32 = 1;
/// Largest file that is read, in bytes.
const FILE_MAX: u64 = 1 << 20;
/// Most approvals that are kept of one project; the oldest go first.
const KEPT_MAX: usize = 500;

/// The approvals of one project.
pub(crate) struct Approvals {
    file: PathBuf,
    root: PathBuf,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    run: Vec<CommandPattern>,
    project: Vec<Row>,
    /// Why one could not be kept, until it is told.
    trouble: Option<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ApprovalsFile {
    form: u32,
    root: String,
    approved: Vec<Row>,
}

#[derive(Clone, Serialize, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
struct Row {
    /// Whether any arguments may follow the words.
    leading: bool,
    words: Vec<String>,
    /// Digest of what the command runs of the folder.
    runs: String,
    approved_ms: i64,
}

impl Row {
    fn pattern(&self) -> CommandPattern {
        match self.leading {
            true => CommandPattern::Leading(self.words.clone()),
            false => CommandPattern::Exact(self.words.clone()),
        }
    }
}

impl Approvals {
    /// Those that were kept of a project.
    ///
    /// # Errors
    /// When they are damaged, or are another folder's.
    pub(crate) fn open(
        project: &Project,
        environment: &Environment,
    ) -> Result<Approvals, SessionError> {
        let file = trust::grants_file(project, environment, "commands.json");
        let kept = read(&file, &project.root)?;
        Ok(Approvals {
            file,
            root: project.root.clone(),
            state: Mutex::new(State {
                project: kept,
                ..State::default()
            }),
        })
    }

    /// None, and no place to keep any.
    #[cfg(test)]
    pub(crate) fn none() -> Approvals {
        Approvals {
            file: PathBuf::new(),
            root: PathBuf::new(),
            state: Mutex::default(),
        }
    }

    /// Keeps one for this run.
    pub(crate) fn for_run(&self, pattern: &CommandPattern) {
        self.lock().run.push(pattern.clone());
    }

    /// Keeps one for this project; one that cannot be written down holds for this run.
    pub(crate) fn for_project(&self, pattern: &CommandPattern) {
        let mut state = self.lock();
        let (leading, words) = match pattern {
            CommandPattern::Exact(words) => (false, words.clone()),
            CommandPattern::Leading(words) => (true, words.clone()),
            CommandPattern::Text(_) => {
                state.run.push(pattern.clone());
                return;
            }
        };
        let runs = self.runs(&words);
        state
            .project
            .retain(|it| it.leading != leading || it.words != words);
        state.project.push(Row {
            leading,
            words,
            runs,
            approved_ms: crate::run::now(),
        });
        if let Err(error) = self.write(&state.project) {
            state.trouble = Some(format!(
                "the approval holds for this run only: {}",
                error.message
            ));
        }
    }

    /// Gives a gate what was approved and still stands for the same.
    pub(crate) fn give(&self, gate: &mut Gate) {
        let state = self.lock();
        for pattern in &state.run {
            gate.approve(pattern.clone());
        }
        for row in &state.project {
            if row.runs == self.runs(&row.words) {
                gate.approve(row.pattern());
            }
        }
    }

    /// Why an approval could not be kept, once.
    pub(crate) fn trouble(&self) -> Option<String> {
        self.lock().trouble.take()
    }

    /// The kept ones, as they are named to people, with whether each still stands for the same.
    pub(crate) fn kept(&self) -> Vec<(String, bool)> {
        let state = self.lock();
        let told = |it: &Row| (it.pattern().to_string(), it.runs == self.runs(&it.words));
        state.project.iter().map(told).collect()
    }

    /// Takes all of them back.
    ///
    /// # Errors
    /// When Kiro's own folder cannot be written.
    pub(crate) fn revoke(&self) -> Result<(), SessionError> {
        let mut state = self.lock();
        if state.project.is_empty() && !self.file.exists() {
            return Ok(());
        }
        state.project.clear();
        self.write(&[])
    }

    /// A digest of everything of the folder that a command runs.
    fn runs(&self, words: &[String]) -> String {
        let covered = trust::covered_by(&self.root, &words.join(" "));
        let parts: Vec<String> = covered
            .into_iter()
            .flat_map(|(name, text)| [name, text])
            .collect();
        trust::digest_of(&parts).to_string()
    }

    fn write(&self, rows: &[Row]) -> Result<(), SessionError> {
        let from = rows.len().saturating_sub(KEPT_MAX);
        let file = ApprovalsFile {
            form: FORM,
            root: self.root.display().to_string(),
            approved: rows[from..].to_vec(),
        };
        let text = serde_json::to_string_pretty(&file).map_err(SessionError::internal)?;
        if let Some(folder) = self.file.parent() {
            host::files::ensure_private_folder(folder).map_err(SessionError::input)?;
        }
        host::files::replace_own(&self.file, text.as_bytes()).map_err(SessionError::input)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn read(file: &Path, root: &Path) -> Result<Vec<Row>, SessionError> {
    if !file.exists() {
        return Ok(Vec::new());
    }
    let bad = |why: String| {
        SessionError::input(format!(
            "the approvals in {} cannot be used: {why}",
            file.display()
        ))
        .hint("remove the file; what it approved is asked for again")
    };
    let bytes = host::files::read(file, FILE_MAX).map_err(SessionError::input)?;
    let read: ApprovalsFile = serde_json::from_slice(&bytes).map_err(|it| bad(it.to_string()))?;
    if read.form > FORM {
        return Err(bad("a newer Kiro wrote them".to_owned()));
    }
    if Path::new(&read.root) != root {
        return Err(bad(format!("they are for {}", read.root)));
    }
    let sound = |it: &Row| Digest::parse(&it.runs).is_ok() && !it.words.is_empty();
    if !read.approved.iter().all(sound) {
        return Err(bad("one of them is no approval".to_owned()));
    }
    Ok(read.approved)
}

#[cfg(test)]
mod tests {
    use std::ffi::OsString;

    use policy::{LineVerdict, Rules};

    use super::*;

    fn environment(home: &Path) -> Environment {
        Environment {
            cwd: home.to_path_buf(),
            home: home.to_path_buf(),
            kiro_home: None,
            cache_home: None,
            path: OsString::new(),
            model: None,
            editor: None,
            variables: Vec::new(),
            program: PathBuf::new(),
        }
    }

    fn allows(approvals: &Approvals, line: &str) -> bool {
        let rules = Rules::parse(None, None).expect("rules");
        let mut gate = Gate::new(&approvals.root, rules);
        approvals.give(&mut gate);
        matches!(
            gate.judge_line(line, &approvals.root),
            LineVerdict::Allow(_)
        )
    }

    fn words(line: &str) -> Vec<String> {
        line.split(' ').map(str::to_owned).collect()
    }

    #[test]
    fn what_was_approved_for_the_project_holds_while_it_runs_the_same() {
        let folder = tempfile::tempdir().expect("a folder");
        let home = folder.path().canonicalize().expect("resolves").join("home");
        let root = home.join("project");
        std::fs::create_dir_all(&root).expect("folders");
        let write = |name: &str, text: &str| {
            host::files::replace_own(&root.join(name), text.as_bytes()).expect("written");
        };
        write("check.sh", "exit 0\n");
        write("package.json", "{\"scripts\": {\"lint\": \"x\"}}");
        let environment = environment(&home);
        let project = Project::at(&root, &environment).expect("a project");
        let open = || Approvals::open(&project, &environment).expect("opens");
        let first = open();
        first.for_project(&CommandPattern::Exact(words("bash check.sh")));
        first.for_project(&CommandPattern::Leading(words("npm run lint")));
        first.for_run(&CommandPattern::Exact(words("make all")));
        assert_eq!(first.trouble(), None);
        assert!(allows(
            &first,
            "make all && bash check.sh && npm run lint --fix"
        ));
        let later = open();
        assert!(!allows(&later, "make all"), "that was for one run");
        assert!(allows(&later, "bash check.sh") && allows(&later, "npm run lint --fix"));
        assert!(!allows(&later, "bash check.sh x") && !allows(&later, "npm run build"));
        write("check.sh", "curl x | sh\n");
        assert!(
            !allows(&open(), "bash check.sh"),
            "it runs something else now"
        );
        assert!(allows(&open(), "npm run lint"));
        write("package.json", "{\"scripts\": {\"lint\": \"y\"}}");
        assert!(!allows(&open(), "npm run lint"));
        let kept = open().kept();
        assert_eq!(kept.len(), 2);
        assert!(kept.iter().all(|(_, holds)| !holds), "{kept:?}");
        let inside: Vec<_> = std::fs::read_dir(&root)
            .expect("a folder")
            .flatten()
            .collect();
        assert_eq!(inside.len(), 2, "nothing is kept in the folder");
        open().revoke().expect("taken back");
        assert!(open().kept().is_empty());
    }

    #[test]
    fn approvals_that_were_tampered_with_are_told() {
        let folder = tempfile::tempdir().expect("a folder");
        let home = folder.path().canonicalize().expect("resolves");
        let environment = environment(&home);
        let project = Project::at(&home, &environment).expect("a project");
        let approvals = Approvals::open(&project, &environment).expect("opens");
        approvals.for_project(&CommandPattern::Exact(words("make all")));
        let text = std::fs::read_to_string(&approvals.file).expect("kept");
        for bad in [
            text.replace("\"form\": 1", "\"form\": 2"),
            text.replace(&*home.to_string_lossy(), "/elsewhere"),
            text.replace("\"runs\": \"", "\"runs\": \"x"),
            "[".to_owned(),
        ] {
            host::files::replace_own(&approvals.file, bad.as_bytes()).expect("written");
            let error = Approvals::open(&project, &environment).err().expect("told");
            assert!(
                error.message.contains("cannot be used"),
                "{}",
                error.message
            );
        }
    }
}
