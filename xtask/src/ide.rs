//! `cargo xtask ide`: the extension and the page of `kiro ide`, built with npm; the page goes into `target/ide/`, where the feature `ide` takes it from.

use std::path::Path;
use std::process::Command;

/// Builds the page.
///
/// # Errors
/// When a program is missing or fails; says which and what to do.
pub(crate) fn build(repository: &Path) -> Result<(), String> {
    let extension = repository.join("editors/vscode");
    install(&extension)?;
    run(&extension, "npx", &["--no-install", "tsc"])?;
    run(&extension, "node", &["build.mjs"])?;
    let page = repository.join("ide");
    install(&page)?;
    run(&page, "npx", &["--no-install", "tsc"])?;
    run(
        &page,
        "npx",
        &["--no-install", "vite", "build", "--logLevel", "warn"],
    )?;
    run(
        &page,
        "node",
        &["pack.js", "../target/ide/page", "../target/ide/page.pack"],
    )
}

/// Brings the packages of the lock file, unless they are there. No package runs anything.
fn install(folder: &Path) -> Result<(), String> {
    let text = |name: &str| std::fs::read(folder.join(name)).unwrap_or_default();
    let stamp = folder.join("node_modules/.installed-from");
    let lock = text("package-lock.json");
    if text("node_modules/.installed-from") == lock {
        return Ok(());
    }
    run(
        folder,
        "npm",
        &["ci", "--ignore-scripts", "--no-audit", "--no-fund"],
    )?;
    #[expect(clippy::disallowed_methods, reason = "xtask has no host")]
    std::fs::write(&stamp, lock)
        .map_err(|error| format!("{} cannot be written: {error}", stamp.display()))
}

#[expect(clippy::disallowed_methods, reason = "xtask has no host")]
fn run(folder: &Path, program: &str, arguments: &[&str]) -> Result<(), String> {
    let ended = Command::new(program)
        .args(arguments)
        .current_dir(folder)
        .status();
    let line = format!("{program} {}", arguments.join(" "));
    match ended {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("`{line}` in {} failed: {status}", folder.display())),
        Err(error) => Err(format!(
            "{program} cannot be started: {error}; install Node 20.19 or newer with npm"
        )),
    }
}
