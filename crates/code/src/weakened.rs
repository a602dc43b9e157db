//! What a change takes from tests that were there before: tests, assertions, examples, strictness.

mod strictness;
mod table;

use std::collections::BTreeMap;

use crate::language::Language;
use crate::testing::{Assertion, TestCase, assertions, is_test_name, is_test_path, test_cases};

use self::strictness::Strictness;

/// A file of a change that may hold tests.
#[derive(Clone, Copy, Debug)]
pub struct TestFile<'a> {
    /// Its path, with slashes.
    pub path: &'a str,
    /// Its text before; none when it is new.
    pub before: Option<&'a str>,
    /// Its text after; none when it is gone.
    pub after: Option<&'a str>,
}

/// Something that was taken from a test.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Weakened {
    /// The file.
    pub path: String,
    /// The line, counted from 1: in the text before for what is gone, else in the text after.
    pub line: usize,
    /// The test, with what it is in; empty for what stands outside of tests.
    pub test: String,
    /// What was taken.
    pub what: Weakening,
}

/// What was taken from a test.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Weakening {
    /// The test is gone, or bears a name under which it does not run.
    TestGone,
    /// A second test of its name takes its place.
    Hidden,
    /// An assertion is gone.
    AssertionGone(String),
    /// An assertion says something else: before, after.
    Changed(String, String),
    /// An assertion lets more pass: before, after.
    Loosened(String, String),
    /// The test is skipped or expected to fail.
    Skipped,
    /// Only this test runs, so the others do not.
    Only,
    /// The test returns before its assertions.
    Returns,
    /// Examples that it was run with are gone.
    ExamplesGone(Vec<String>),
}

impl std::fmt::Display for Weakened {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let test = match self.test.as_str() {
            "" => "a test",
            name => name,
        };
        write!(f, "{}:{}: {test}: ", self.path, self.line)?;
        match &self.what {
            Weakening::TestGone => write!(f, "the test is gone"),
            Weakening::Hidden => write!(f, "a second test of this name takes its place"),
            Weakening::AssertionGone(text) => write!(f, "«{}» is gone", short(text)),
            Weakening::Changed(old, new) => write!(f, "«{}» became «{}»", short(old), short(new)),
            Weakening::Loosened(old, new) => {
                write!(f, "«{}» was loosened to «{}»", short(old), short(new))
            }
            Weakening::Skipped => write!(f, "it is skipped or expected to fail"),
            Weakening::Only => write!(f, "only this test runs, so others do not"),
            Weakening::Returns => write!(f, "it returns before its assertions"),
            Weakening::ExamplesGone(rows) => {
                write!(f, "examples are gone: {}", short(&rows.join(", ")))
            }
        }
    }
}

/// Text that is quoted in a sentence.
fn short(text: &str) -> String {
    const CHARS: usize = 120;
    match text.char_indices().nth(CHARS) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// What a change takes from the tests that were there before, in the order of its files. What moved to another place of the
/// change, under whatever name that runs, is not gone; what was only added or tightened is nothing. Python, JavaScript,
/// TypeScript and Rust.
#[must_use]
pub fn weakened(files: &[TestFile<'_>]) -> Vec<Weakened> {
    let sides: Vec<Sides> = files.iter().filter_map(Sides::of).collect();
    let mut places = Places::of(&sides);
    let mut found = Vec::new();
    for file in &sides {
        file.compare(&mut places, &mut found);
    }
    found
}

/// The tests of a file before and after.
struct Sides {
    path: String,
    before: Tests,
    after: Tests,
    /// Whether what runs by the file's name still does.
    runs: bool,
    pair: (String, String),
}

#[derive(Default)]
struct Tests {
    cases: Vec<TestCase>,
    assertions: Vec<Assertion>,
}

impl Tests {
    fn of(path: &str, text: Option<&str>) -> Tests {
        let (Some(language), Some(text)) = (Language::from_path(path), text) else {
            return Tests::default();
        };
        let cases = test_cases(language, text);
        let is_test_file = is_test_path(path);
        let in_test = |it: &Assertion| {
            is_test_file
                || it.test.starts_with("test")
                || cases.iter().any(|case| {
                    it.test == case.name || it.test.starts_with(&format!("{}.", case.name))
                })
        };
        let mut assertions = assertions(language, text);
        assertions.retain(in_test);
        Tests { cases, assertions }
    }

    /// The last test of each name, which is the one that runs.
    fn by_name(&self) -> BTreeMap<&str, &TestCase> {
        self.cases.iter().map(|it| (it.name.as_str(), it)).collect()
    }

    fn count(&self, name: &str) -> usize {
        self.cases.iter().filter(|it| it.name == name).count()
    }

    /// What a test asserts, functions in it included.
    fn of_test<'a>(&'a self, case: &'a TestCase) -> impl Iterator<Item = &'a Assertion> {
        let within = move |it: &&Assertion| {
            let rest = it.test.strip_prefix(case.name.as_str());
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', ' ']))
        };
        self.assertions.iter().filter(within)
    }
}

impl Sides {
    fn of(file: &TestFile<'_>) -> Option<Sides> {
        let before = Tests::of(file.path, file.before);
        let after = Tests::of(file.path, file.after);
        let any = [&before, &after]
            .iter()
            .any(|it| !it.cases.is_empty() || !it.assertions.is_empty());
        any.then(|| Sides {
            path: file.path.to_owned(),
            before,
            after,
            runs: runs(file.path),
            pair: (
                file.before.unwrap_or_default().to_owned(),
                file.after.unwrap_or_default().to_owned(),
            ),
        })
    }

    fn compare(&self, places: &mut Places, found: &mut Vec<Weakened>) {
        let after = self.after.by_name();
        let mut told = |line: usize, test: &str, what: Weakening| {
            found.push(Weakened {
                path: self.path.clone(),
                line,
                test: test.to_owned(),
                what,
            });
        };
        if skips_all(&self.pair.1) && !skips_all(&self.pair.0) && !self.before.cases.is_empty() {
            told(1, "every test of the file", Weakening::Skipped);
        }
        let mut gone = Vec::new();
        for (name, old) in self.before.by_name() {
            let Some(new) = after.get(name) else {
                if !places.took_test(self, old) {
                    told(old.line, name, Weakening::TestGone);
                }
                gone.push(name.to_owned());
                continue;
            };
            if self.path.ends_with(".py") && self.after.count(name) > self.before.count(name) {
                told(new.line, name, Weakening::Hidden);
            }
            compare_case(old, new, &self.after, &mut told);
        }
        for case in after.values().filter(|it| it.only) {
            if self
                .before
                .by_name()
                .get(case.name.as_str())
                .is_none_or(|it| !it.only)
            {
                told(case.line, &case.name, Weakening::Only);
            }
        }
        self.compare_assertions(&gone, places, &mut told);
    }

    /// Assertions that are not there any more, where their test is.
    fn compare_assertions(
        &self,
        gone: &[String],
        places: &mut Places,
        told: &mut dyn FnMut(usize, &str, Weakening),
    ) {
        let mut new: Vec<&Assertion> = self.after.assertions.iter().collect();
        let mut old: Vec<&Assertion> = Vec::new();
        for it in &self.before.assertions {
            let same = new
                .iter()
                .position(|new| new.text == it.text && new.test == it.test);
            match same {
                Some(at) => {
                    new.remove(at);
                }
                None => old.push(it),
            }
        }
        let of_gone = |it: &&Assertion| {
            let is_in =
                |name: &String| it.test == *name || it.test.starts_with(&format!("{name}."));
            !gone.iter().any(is_in)
        };
        for it in old.into_iter().filter(of_gone) {
            if let Some(at) = new.iter().position(|new| new.test == it.test) {
                let other = new.remove(at);
                match strictness::compared(&it.text, &other.text) {
                    Strictness::Same | Strictness::Tighter => {}
                    Strictness::Looser => told(
                        other.line,
                        &it.test,
                        Weakening::Loosened(it.text.clone(), other.text.clone()),
                    ),
                    Strictness::Unknown => told(
                        other.line,
                        &it.test,
                        Weakening::Changed(it.text.clone(), other.text.clone()),
                    ),
                }
            } else if !places.took_assertion(&it.text) {
                told(it.line, &it.test, Weakening::AssertionGone(it.text.clone()));
            }
        }
    }
}

fn compare_case(
    old: &TestCase,
    new: &TestCase,
    after: &Tests,
    told: &mut dyn FnMut(usize, &str, Weakening),
) {
    if (new.skipped && !old.skipped) || new.skips > old.skips {
        told(new.line, &new.name, Weakening::Skipped);
    }
    let last = after.of_test(new).map(|it| it.line).max();
    let cuts = |returns: usize| last.is_some_and(|last| returns < last);
    if old.returns.is_none() && new.returns.is_some_and(cuts) {
        told(new.line, &new.name, Weakening::Returns);
    }
    let rows = table::missing(&old.table, &new.table);
    if !rows.is_empty() {
        told(new.line, &new.name, Weakening::ExamplesGone(rows));
    }
}

/// Whether a runner that goes by names runs what is in this file.
fn runs(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or_default();
    match Language::from_path(path) {
        Some(Language::Rust) | None => true,
        Some(_) => is_test_name(name) || !is_test_path(path),
    }
}

fn skips_all(text: &str) -> bool {
    text.lines().any(|line| {
        let mark =
            line.starts_with("pytestmark") && (line.contains("skip") || line.contains("xfail"));
        mark || line.contains("allow_module_level")
    })
}

/// What came to stand elsewhere in the change.
struct Places {
    /// What each new test asserts, sorted, and whether a test was found to have moved there.
    tests: Vec<(Vec<String>, bool)>,
    /// Assertions that are new where they stand, as often as they are.
    assertions: BTreeMap<String, usize>,
}

impl Places {
    fn of(files: &[Sides]) -> Places {
        let mut places = Places {
            tests: Vec::new(),
            assertions: BTreeMap::new(),
        };
        for file in files.iter().filter(|it| it.runs) {
            let before = file.before.by_name();
            for (name, case) in file.after.by_name() {
                if !before.contains_key(name) && !case.skipped {
                    let texts = file.after.of_test(case).map(|it| it.text.clone());
                    places.tests.push((sorted(texts), false));
                }
            }
            for it in &file.after.assertions {
                *places.assertions.entry(it.text.clone()).or_default() += 1;
            }
            for it in &file.before.assertions {
                if let Some(count) = places.assertions.get_mut(&it.text) {
                    *count = count.saturating_sub(1);
                }
            }
        }
        places
    }

    /// Whether a test that is gone stands elsewhere, with all that it asserted.
    fn took_test(&mut self, file: &Sides, case: &TestCase) -> bool {
        let texts = sorted(file.before.of_test(case).map(|it| it.text.clone()));
        let holds = |it: &&mut (Vec<String>, bool)| !it.1 && holds_all(&it.0, &texts);
        match self.tests.iter_mut().find(holds) {
            Some(taken) => {
                taken.1 = true;
                true
            }
            None => false,
        }
    }

    fn took_assertion(&mut self, text: &str) -> bool {
        match self.assertions.get_mut(text).filter(|it| **it > 0) {
            Some(count) => {
                *count -= 1;
                true
            }
            None => false,
        }
    }
}

fn sorted(texts: impl Iterator<Item = String>) -> Vec<String> {
    let mut all: Vec<String> = texts.collect();
    all.sort();
    all
}

/// Whether all of `few` are among `all`, each as often; both are sorted.
fn holds_all(all: &[String], few: &[String]) -> bool {
    let mut rest = all.iter();
    few.iter().all(|it| rest.any(|other| other == it))
}

#[cfg(test)]
mod tests;
