//! Tests that an attempt brings along itself: all there is to run where the spec has no example for a task. They say that the
//! code does what its author meant; of the spec's criteria they cover those that ask for a test and that one is named for.

use std::collections::BTreeMap;

use change::RelPath;
use code::Language;
use engine::checks::{CheckFile, Report, Runner};
use engine::{CheckPurpose, NamedTests, Tooling, Work, shown};
use host::process::Finished;
use spec::{Spec, TestName};

use super::attempt::Attempt;
use super::landing;
use crate::error::SessionError;
use crate::shop::{Shop, Yard, exit_code};
use crate::tooling;

/// Most test files of one attempt that are run.
const FILES_MAX: usize = 50;

/// Longest test file that is looked at for what it is written for, in bytes.
const SOURCE_MAX: u64 = 4 << 20;

/// Longest report of a failing test file that is kept, in bytes from its end.
const TOLD_MAX: usize = 4_000;

/// What an attempt's own tests showed.
#[derive(Default)]
pub(super) struct Own {
    /// What passed and what failed.
    pub(super) report: Report,
    /// The tests by their names.
    tests: NamedTests,
}

impl Own {
    /// The criteria that these tests show, of those that ask for one.
    pub(super) fn shows(&self, wanted: &[(String, TestName)]) -> Vec<String> {
        let is_shown = |it: &&(String, TestName)| self.tests.shows(&it.1).is_ok();
        wanted
            .iter()
            .filter(is_shown)
            .map(|it| it.0.clone())
            .collect()
    }

    /// Why the others are shown by none.
    pub(super) fn lacks(&self, wanted: &[(String, TestName)]) -> Vec<String> {
        let lack = |it: &(String, TestName)| {
            let why = self.tests.shows(&it.1).err()?;
            Some(format!("{}: {why}", it.0))
        };
        wanted.iter().filter_map(lack).collect()
    }
}

impl Attempt<'_> {
    /// The criteria that this task has to show by tests of its own, each with the name that it asks for: those of what it
    /// carries out, and the cases of the spec that its title names. One that cites nothing serves the whole.
    pub(super) fn wanted_tests(&self) -> Vec<(String, TestName)> {
        let names = &self.task.requirements;
        let cites = |id: &str| names.iter().any(|name| Spec::same_id(name)(id));
        let of_requirements = self.spec.requirements.iter().flat_map(|requirement| {
            let whole = names.is_empty() || cites(requirement.id.as_str());
            let criteria = requirement.criteria.iter();
            criteria.filter(move |it| whole || cites(it.id.as_str()))
        });
        let of_title = self
            .spec
            .testing
            .iter()
            .filter(|it| self.task.title.contains(&it.text));
        shown(of_requirements.chain(of_title))
    }

    /// Whether the attempt's own tests are run: they are all there is, or a criterion asks for one.
    pub(super) fn has_own(&self, work: &Work) -> bool {
        work.unjudged.is_some() || !self.wanted_tests().is_empty()
    }

    /// Whether the task only runs what is there: a checkpoint.
    pub(super) fn is_checkpoint(&self) -> bool {
        let title = self.task.title.to_lowercase();
        let begins = ["checkpoint", "verify ", "re-run", "rerun"];
        let says = ["all tests pass", "now pass", "still pass"];
        begins.iter().any(|it| title.starts_with(it)) || says.iter().any(|it| title.contains(it))
    }

    /// Whether the task only shows what is wrong today, by a test that must fail until a later task mends it.
    pub(super) fn is_exploration(&self) -> bool {
        let title = self.task.title.to_lowercase();
        let says = [
            "exploration",
            "failing test",
            "must fail",
            "fails before",
            "reproduce",
        ];
        let is_said = says.iter().any(|it| title.contains(it));
        is_said && self.spec.is_bugfix() && !self.is_checkpoint()
    }

    /// Runs the tests that the worktree has and the base has not, or not so, and those of the base that are named for what
    /// this task has to show; those compiled from the spec are others. A checkpoint runs all.
    pub(super) fn own_tests(
        &self,
        work: &Work,
        purpose: CheckPurpose,
    ) -> Result<Own, SessionError> {
        let captured = landing::capture(self.shop, &self.base, &self.yard)?;
        let changed = captured.changes.files().iter();
        let changed = changed.filter(|it| it.after.is_some()).map(|it| &it.path);
        let mut paths: Vec<RelPath> = changed.cloned().collect();
        let standing = self.shop.shadow.paths(&self.base);
        for path in standing.map_err(SessionError::internal)? {
            let is_new = is_test(&path) && !paths.contains(&path);
            if is_new && (self.is_checkpoint() || self.is_named_in(&path)?) {
                paths.push(path);
            }
        }
        paths.retain(|it| work.checks.iter().all(|check| check.path != it.as_str()));
        let tooling = tooling::look(&self.yard.tree, self.spec, self.shop);
        let mut own = Own::default();
        for file in files(self.shop, &self.yard, &paths, &tooling) {
            self.run_own(&file, purpose, &mut own)?;
            own.tests.source(&file.path, &self.read(&file.path)?);
        }
        Ok(own)
    }

    /// Whether a test file of the base has a test that is named for what this task has to show.
    fn is_named_in(&self, path: &RelPath) -> Result<bool, SessionError> {
        let wanted = self.wanted_tests();
        let Some(language) = Language::from_path(path.as_str()).filter(|_| !wanted.is_empty())
        else {
            return Ok(false);
        };
        let cases = code::test_cases(language, &self.read(path.as_str())?);
        let is_named = |it: &code::TestCase| wanted.iter().any(|(_, name)| name.is_in(&it.name));
        Ok(cases.iter().any(is_named))
    }

    fn run_own(
        &self,
        file: &CheckFile,
        purpose: CheckPurpose,
        all: &mut Own,
    ) -> Result<(), SessionError> {
        if let Some(refused) = self.held_back(file, purpose) {
            all.report.failed.extend(refused.failed);
            return Ok(());
        }
        let Ran {
            argv,
            finished,
            report: mut own,
            results,
        } = run(self.shop, &self.yard, file)?;
        let err = String::from_utf8_lossy(&finished.stderr);
        let is_red = results.values().any(|passed| !passed) && !err.contains(NOT_LOADED);
        let purpose = match (self.is_exploration(), purpose) {
            (true, CheckPurpose::After) => CheckPurpose::MustFail,
            (_, purpose) => purpose,
        };
        self.checked(purpose, argv, &finished, &own);
        if self.is_exploration() {
            own = explored(file, is_red, own);
        }
        all.tests.ran(results);
        all.report.passed.extend(own.passed);
        all.report.failed.extend(own.failed);
        Ok(())
    }
}

/// What a test file showed when it ran.
pub(crate) struct Ran {
    /// The command, its program's path resolved.
    pub(crate) argv: Vec<String>,
    /// How it ended.
    pub(crate) finished: Finished,
    /// What passed and what failed.
    pub(crate) report: Report,
    /// Whether each test passed, by its name, where the runner tells names.
    results: BTreeMap<String, bool>,
}

/// Runs one test file as it stands in a yard's worktree.
pub(crate) fn run(shop: &Shop, yard: &Yard, file: &CheckFile) -> Result<Ran, SessionError> {
    let argv = shop.resolved(file.argv())?;
    let finished = shop.check(yard, argv.clone())?;
    let (out, err) = (
        String::from_utf8_lossy(&finished.stdout),
        String::from_utf8_lossy(&finished.stderr),
    );
    let ran = file.runner.count(&out, &err);
    let results = file.runner.results(exit_code(&finished), &out, &err);
    let mut report = Report::default();
    match (finished.ended.success(), ran) {
        (true, 1..) => report
            .passed
            .extend((0..ran).map(|it| format!("{}:{it}", file.path))),
        (true, 0) => {
            let why = format!("{} found no test in it", file.runner.name());
            report.failed.push((file.path.clone(), why));
        }
        (false, _) => report.failed.push((file.path.clone(), tail(&out, &err))),
    }
    Ok(Ran {
        argv,
        finished,
        report,
        results,
    })
}

/// The test files among `paths`, each with what runs it in a yard's worktree.
pub(crate) fn files(
    shop: &Shop,
    yard: &Yard,
    paths: &[RelPath],
    tooling: &Tooling,
) -> Vec<CheckFile> {
    let wants_pytest = |path: &str| {
        let bytes = host::files::read(&yard.tree.join(path), SOURCE_MAX).unwrap_or_default();
        wants_pytest(&String::from_utf8_lossy(&bytes))
            && shop
                .answer("python3", &["-m", "pytest", "--version"])
                .is_some()
    };
    runnable(paths.iter(), tooling, &wants_pytest)
}

/// Whether a Python test is written for pytest.
fn wants_pytest(text: &str) -> bool {
    let begins = [
        "import pytest",
        "from pytest",
        "def test_",
        "async def test_",
    ];
    text.lines()
        .any(|line| begins.iter().any(|it| line.starts_with(it)))
}

/// What `unittest` says of a file that it could not load, which is no test that fails.
const NOT_LOADED: &str = "unittest.loader._FailedTest";

/// What a test that must fail shows: it is right when it ran and failed.
fn explored(file: &CheckFile, is_red: bool, report: Report) -> Report {
    let path = file.path.clone();
    match (is_red, report.failed.into_iter().next()) {
        (true, _) => Report {
            passed: vec![format!("{path} fails, as it must")],
            failed: Vec::new(),
        },
        (false, Some((_, why))) => Report {
            passed: Vec::new(),
            failed: vec![(
                path,
                format!("it must run and fail by what it asserts, but: {why}"),
            )],
        },
        (false, None) => Report {
            passed: Vec::new(),
            failed: vec![(
                path,
                "it passes, so it shows nothing that is wrong today".to_owned(),
            )],
        },
    }
}

/// Whether a file is a test by itself. What tests share is none, and decides how others run.
pub(crate) fn is_test(path: &RelPath) -> bool {
    let name = path.as_str().rsplit('/').next().unwrap_or_default();
    code::is_test_path(path.as_str())
        && Language::from_path(path.as_str()).is_some()
        && !matches!(name, "__init__.py" | "conftest.py")
}

/// The test files among `changed`, each with what runs it.
fn runnable<'p>(
    changed: impl Iterator<Item = &'p RelPath>,
    tooling: &Tooling,
    wants_pytest: &dyn Fn(&str) -> bool,
) -> Vec<CheckFile> {
    let tests = changed.filter(|it| is_test(it));
    let file = |path: &RelPath| {
        let language = Language::from_path(path.as_str())?;
        let runner = match tooling.runner(language).ok()? {
            Runner::Unittest if wants_pytest(path.as_str()) => Runner::Pytest,
            // Only what stands there is a test by itself.
            Runner::Cargo if !path.as_str().starts_with("tests/") => return None,
            runner => runner,
        };
        Some(CheckFile {
            path: path.to_string(),
            text: String::new(),
            tests: Vec::new(),
            runner,
        })
    };
    tests.filter_map(file).take(FILES_MAX).collect()
}

/// The end of what a run of tests printed, which names the failures.
fn tail(out: &str, err: &str) -> String {
    let all = format!("{}\n{}", out.trim_end(), err.trim_end());
    let all = all.trim();
    let mut from = all.len().saturating_sub(TOLD_MAX);
    while !all.is_char_boundary(from) {
        from += 1;
    }
    all[from..].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn test_files_are_told_by_their_names_and_run_by_what_they_are_written_for() {
        let paths = [
            "src/a.py",
            "tests/__init__.py",
            "tests/conftest.py",
            "tests/test_a.py",
            "tests/test_b.py",
            "tests/data.json",
            "web/a.test.js",
        ];
        let paths: Vec<RelPath> = paths
            .iter()
            .map(|it| RelPath::parse(it).expect("a path"))
            .collect();
        let tooling = Tooling::default();
        let found = runnable(paths.iter(), &tooling, &|it| it == "tests/test_b.py");
        let found: Vec<(&str, Runner)> = found
            .iter()
            .map(|it| (it.path.as_str(), it.runner))
            .collect();
        assert_eq!(
            found,
            [
                ("tests/test_a.py", Runner::Unittest),
                ("tests/test_b.py", Runner::Pytest),
                ("web/a.test.js", Runner::Node),
            ]
        );
    }

    #[test]
    fn only_the_end_of_a_long_report_is_kept() {
        let long = format!("{}é the end", "x".repeat(TOLD_MAX));
        let told = tail(&long, "");
        assert!(
            told.len() <= TOLD_MAX && told.ends_with("the end"),
            "{told}"
        );
    }
}
