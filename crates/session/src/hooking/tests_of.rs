//! Running a project's own tests on what a hook changed.

use engine::checks::Runner;

use crate::error::SessionError;
use crate::shop::{Shop, Yard};

/// Whether the project's tests pass in `yard`; the text says what ran, or why nothing could.
pub(super) fn pass(shop: &Shop, yard: &Yard) -> Result<Result<String, String>, SessionError> {
    let Some(runner) = runner(shop, yard) else {
        return Ok(Err(
            "no tests of a kind that Kiro can run are there".to_owned()
        ));
    };
    let argv = shop.resolved(runner.suite())?;
    let finished = shop.check(yard, argv)?;
    let (out, err) = (
        String::from_utf8_lossy(&finished.stdout),
        String::from_utf8_lossy(&finished.stderr),
    );
    let ran = runner.count(&out, &err);
    Ok(match (finished.ended.success(), ran) {
        (true, 1..) => Ok(format!("{ran} tests pass ({})", runner.name())),
        (true, 0) => Err(format!("{} found no tests", runner.name())),
        (false, _) => Err(format!(
            "the tests fail ({}, {})",
            runner.name(),
            finished.ended
        )),
    })
}

/// How the tests of the folder are run, told by what stands in it.
fn runner(shop: &Shop, yard: &Yard) -> Option<Runner> {
    let has = |name: &str| yard.tree.join(name).exists();
    if has("Cargo.toml") {
        return Some(Runner::Cargo);
    }
    if has("package.json") {
        return Some(Runner::Node);
    }
    let pytest = || {
        shop.answer("python3", &["-m", "pytest", "--version"])
            .is_some()
    };
    let configured = ["pytest.ini", "conftest.py", "tests/conftest.py"]
        .iter()
        .any(|it| has(it));
    match (has("tests"), configured && pytest()) {
        (_, true) => Some(Runner::Pytest),
        (true, false) => Some(Runner::Unittest),
        (false, false) => None,
    }
}
