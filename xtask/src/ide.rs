//! `cargo xtask ide`: the extension and the page of `kiro ide`, built with npm into `target/ide/`, where the feature `ide` takes
//! them from. `cargo xtask vsix`: packages of the extension for editors, into `target/vsix/`.

use std::path::{Path, PathBuf};
use std::process::Command;

/// Builds the page.
///
/// # Errors
/// When a program is missing or fails; says which and what to do.
pub(crate) fn build(repository: &Path) -> Result<(), String> {
    extension(repository)?;
    pack(repository, &["../../target/ide/kiro.vsix"])?;
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

/// Makes the packages: one for this system that brings `engine` along, one for the browser, and one for every system whose
/// `PATH` has `kiro`. Without an engine one is built.
///
/// # Errors
/// As [`build`].
pub(crate) fn packages(repository: &Path, engine: Option<&str>) -> Result<(), String> {
    extension(repository)?;
    let engine = match engine {
        Some(engine) => PathBuf::from(engine),
        None => release(repository)?,
    };
    let engine = engine
        .canonicalize()
        .map_err(|error| format!("{} cannot be used: {error}", engine.display()))?;
    let engine = engine.display().to_string();
    let target = target()?;
    let file = |name: &str| format!("../../target/vsix/kiro{name}.vsix");
    let own = file(&format!("-{target}"));
    pack(
        repository,
        &[&own, "--target", &target, "--engine", &engine],
    )?;
    pack(repository, &[&file("-web"), "--target", "web"])?;
    pack(repository, &[&file("")])
}

/// The program without the page, which an editor has no use for.
fn release(repository: &Path) -> Result<PathBuf, String> {
    run(
        repository,
        env!("CARGO"),
        &["build", "--release", "--package", "cli"],
    )?;
    Ok(repository.join(format!(
        "target/release/kiro{}",
        std::env::consts::EXE_SUFFIX
    )))
}

/// This system as editors name it.
fn target() -> Result<String, String> {
    use std::env::consts::{ARCH, OS};
    let system = match OS {
        "linux" => "linux",
        "macos" => "darwin",
        "windows" => "win32",
        other => return Err(format!("editors have no name for {other}")),
    };
    let processor = match ARCH {
        "x86_64" => "x64",
        "aarch64" => "arm64",
        other => return Err(format!("editors have no name for {other}")),
    };
    Ok(format!("{system}-{processor}"))
}

/// Builds both entries of the extension.
fn extension(repository: &Path) -> Result<(), String> {
    let folder = repository.join("editors/vscode");
    install(&folder)?;
    run(&folder, "npx", &["--no-install", "tsc"])?;
    run(&folder, "node", &["build.mjs"])
}

fn pack(repository: &Path, words: &[&str]) -> Result<(), String> {
    let folder = repository.join("editors/vscode");
    run(&folder, "node", &[&["pack.mjs"], words].concat())
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
