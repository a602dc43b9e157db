//! What the rules allow, and why. To change the house, change these tables in the same commit.

/// A crate and the crates of ours that it may depend on. Whatever is not here is forbidden.
pub(crate) const ARROWS: &[(&str, &[&str])] = &[
    ("code", &[]),
    ("change", &[]),
    ("model", &[]),
    ("spec", &["code", "change"]),
    ("policy", &["code", "change"]),
    ("hooks", &["code", "change"]),
    ("engine", &["code", "change", "spec", "policy", "hooks"]),
    ("host", &["policy", "change"]),
    ("context", &["host", "code", "policy", "change"]),
    // The host's calls take policy's permits and change's values, so its callers name both.
    ("tools", &["host", "code", "policy", "change"]),
    ("agent", &["model", "tools", "code"]),
    ("model-local", &["model"]),
    ("model-http", &["model"]),
    ("model-bedrock", &["model"]),
    (
        "session",
        &[
            "code",
            "change",
            "spec",
            "policy",
            "hooks",
            "engine",
            "model",
            "model-local",
            "model-http",
            "model-bedrock",
            "host",
            "context",
            "tools",
            "agent",
        ],
    ),
    ("server", &["session"]),
    ("tui", &["session"]),
    ("cli", &["session", "server", "tui"]),
    (
        "testkit",
        &[
            "code", "change", "spec", "policy", "hooks", "engine", "model", "host", "tools",
            "agent", "session",
        ],
    ),
    ("xtask", &[]),
];

/// The crate that only `[dev-dependencies]` may name; there every crate may.
pub(crate) const DEV_ONLY: &str = "testkit";

/// Crates that decide and never act: no input or output, clock, randomness or async.
pub(crate) const PURE_CRATES: &[&str] = &["code", "change", "spec", "policy", "hooks", "engine"];

/// What a pure crate's source may not say, and what that would do.
pub(crate) const PURE_BANNED_WORDS: &[(&str, &str)] = &[
    ("std::fs", "reads or writes files"),
    ("std::net", "opens the network"),
    ("std::process", "starts or ends processes"),
    ("std::env", "reads the environment"),
    ("SystemTime", "reads the clock"),
    ("Instant::now", "reads the clock"),
    ("thread::", "starts threads"),
    ("tokio", "is asynchronous"),
    ("async", "is asynchronous"),
    ("rand::", "is random"),
    (".exists()", "looks at the disk"),
    (".try_exists()", "looks at the disk"),
    (".canonicalize()", "looks at the disk"),
    (".read_dir()", "looks at the disk"),
    (".read_link()", "looks at the disk"),
    (".symlink_metadata()", "looks at the disk"),
];

/// Modules of `std` that a grouped import may not bring into a pure crate either.
pub(crate) const PURE_BANNED_MODULES: &[&str] = &["env", "fs", "net", "process", "thread"];

/// Packages that a pure crate may not build on.
pub(crate) const PURE_BANNED_PACKAGES: &[&str] = &[
    "fastrand",
    "getrandom",
    "libc",
    "notify",
    "rand",
    "reqwest",
    "rusqlite",
    "rustix",
    "tokio",
    "ureq",
    "walkdir",
];

/// The files that may say `unsafe`, and why no safe way will do.
pub(crate) const UNSAFE_FILES: &[(&str, &str)] = &[
    (
        "crates/host/src/sandbox/system.rs",
        "the sandbox forks, executes and asks the kernel for what has no safe wrapper",
    ),
    (
        "crates/model-local/src/crew.rs",
        "threads that stay work on what a call borrowed, for microseconds at a time",
    ),
    (
        "crates/model-local/src/isa/avx2.rs",
        "vector instructions may be used only where a processor has them",
    ),
    (
        "crates/model-local/src/isa/avx512.rs",
        "vector instructions may be used only where a processor has them",
    ),
    (
        "crates/model-local/src/mapping.rs",
        "a mapped file is memory that others can change",
    ),
];

/// The most lines a function may have.
pub(crate) const FUNCTION_LINES_MAX: usize = 70;

/// A function that was too long when the rule came, with its present length: it may only shrink.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LongFunction {
    /// The file.
    pub(crate) path: &'static str,
    /// The function's name; of several with one name the longest counts.
    pub(crate) name: &'static str,
    /// Its present length.
    pub(crate) lines: usize,
}

/// The functions above [`FUNCTION_LINES_MAX`].
pub(crate) const LONG_FUNCTIONS: &[LongFunction] = &[];

/// The most lines a file of program text may have.
pub(crate) const FILE_LINES_MAX: usize = 800;

/// Files above [`FILE_LINES_MAX`] because they are tables, and of what.
pub(crate) const TABLE_FILES: &[(&str, &str)] = &[];

/// The most bytes any file may have.
pub(crate) const FILE_BYTES_MAX: usize = 400_000;

/// Names of modules that say nothing about what is inside.
pub(crate) const BANNED_MODULE_NAMES: &[&str] =
    &["common", "helpers", "misc", "types", "util", "utils"];

/// Files that may name a folder of a particular machine, and why.
pub(crate) const MACHINE_PATH_FILES: &[(&str, &str)] = &[];

/// Names of users that stand for anybody in an example path, or are the same on every machine.
pub(crate) const ANYBODY: &[&str] = &[
    "alice",
    "ana",
    "bob",
    "dev",
    "linuxbrew",
    "me",
    "name",
    "user",
    "username",
    "you",
];
