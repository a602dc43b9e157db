//! Tests that an attempt brings along itself: all there is to run where the spec has no example for a task. They say that the
//! code does what its author meant; no criterion of the spec is covered by them.

use change::RelPath;
use code::Language;
use engine::checks::{CheckFile, Report, Runner};
use engine::{CheckPurpose, Tooling};

use super::attempt::Attempt;
use super::landing;
use crate::error::SessionError;
use crate::tooling;

/// Most test files of one attempt that are run.
const FILES_MAX: usize = 50;

/// Longest report of a failing test file that is kept, in bytes from its end.
const TOLD_MAX: usize = 4_000;

impl Attempt<'_> {
    /// Runs the tests that the worktree has and the base has not, or not so.
    pub(super) fn own_tests(&self, purpose: CheckPurpose) -> Result<Report, SessionError> {
        let captured = landing::capture(self.shop, &self.base, &self.yard)?;
        let changed = captured.changes.files().iter();
        let changed = changed.filter(|it| it.after.is_some()).map(|it| &it.path);
        let tooling = tooling::look(&self.yard.tree, self.spec, self.shop);
        let mut report = Report::default();
        for file in files(changed, &tooling, &|path| self.wants_pytest(path)) {
            self.run_own(&file, purpose, &mut report)?;
        }
        Ok(report)
    }

    fn run_own(
        &self,
        file: &CheckFile,
        purpose: CheckPurpose,
        report: &mut Report,
    ) -> Result<(), SessionError> {
        let argv = self.shop.resolved(file.argv())?;
        let finished = self.shop.check(&self.yard, argv.clone())?;
        let (out, err) = (
            String::from_utf8_lossy(&finished.stdout),
            String::from_utf8_lossy(&finished.stderr),
        );
        let ran = file.runner.count(&out, &err);
        let mut own = Report::default();
        match (finished.ended.success(), ran) {
            (true, 1..) => own
                .passed
                .extend((0..ran).map(|it| format!("{}:{it}", file.path))),
            (true, 0) => {
                let why = format!("{} found no test in it", file.runner.name());
                own.failed.push((file.path.clone(), why));
            }
            (false, _) => own.failed.push((file.path.clone(), tail(&out, &err))),
        }
        self.checked(purpose, argv, &finished, &own);
        report.passed.extend(own.passed);
        report.failed.extend(own.failed);
        Ok(())
    }

    /// Whether a Python test is written for pytest, and the machine has it.
    fn wants_pytest(&self, path: &str) -> bool {
        let text = self.read(path).unwrap_or_default();
        let says = |line: &str| {
            [
                "import pytest",
                "from pytest",
                "def test_",
                "async def test_",
            ]
            .iter()
            .any(|it| line.starts_with(it))
        };
        text.lines().any(says)
            && self
                .shop
                .answer("python3", &["-m", "pytest", "--version"])
                .is_some()
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
fn files<'p>(
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
        let found = files(paths.iter(), &tooling, &|it| it == "tests/test_b.py");
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
