//! Security scanners that a project may have: when each has something to look at, how it is called, and what it printed.

use std::collections::BTreeMap;

use serde_json::Value;

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Grade {
    /// The scanner does not say.
    Unknown,
    /// Low, or information.
    Low,
    /// Medium or moderate.
    Medium,
    /// High.
    High,
    /// Critical.
    Critical,
}

impl Grade {
    /// Its name on every surface.
    pub fn name(self) -> &'static str {
        match self {
            Grade::Unknown => "unknown",
            Grade::Low => "low",
            Grade::Medium => "medium",
            Grade::High => "high",
            Grade::Critical => "critical",
        }
    }

    /// Whether nothing passes with such a finding: also what has no grade may be the worst.
    pub fn fails(self) -> bool {
        matches!(self, Grade::Unknown | Grade::High | Grade::Critical)
    }

    fn of(text: &str) -> Grade {
        match text.to_lowercase().as_str() {
            "critical" => Grade::Critical,
            "high" | "error" => Grade::High,
            "medium" | "moderate" | "warning" => Grade::Medium,
            "low" | "info" | "informational" | "none" | "inventory" | "experiment" => Grade::Low,
            _ => Grade::Unknown,
        }
    }
}

/// One finding of a scanner.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecurityFinding {
    /// How bad it is.
    pub grade: Grade,
    /// What it is about, such as a package or a place in a file.
    pub subject: String,
    /// What it is.
    pub what: String,
}

/// A scanner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scanner {
    /// `cargo-audit`: packages of `Cargo.lock`.
    CargoAudit,
    /// `npm audit`: packages of `package-lock.json`.
    NpmAudit,
    /// `pip-audit`: packages of `requirements.txt`.
    PipAudit,
    /// `bandit`: Python code.
    Bandit,
    /// `semgrep`: code, by the project's own rules.
    Semgrep,
}

impl Scanner {
    /// Every scanner there is.
    pub const ALL: [Scanner; 5] = [
        Scanner::CargoAudit,
        Scanner::NpmAudit,
        Scanner::PipAudit,
        Scanner::Bandit,
        Scanner::Semgrep,
    ];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Scanner::CargoAudit => "cargo-audit",
            Scanner::NpmAudit => "npm audit",
            Scanner::PipAudit => "pip-audit",
            Scanner::Bandit => "bandit",
            Scanner::Semgrep => "semgrep",
        }
    }

    /// The program.
    pub fn program(self) -> &'static str {
        match self {
            Scanner::NpmAudit => "npm",
            other => other.name(),
        }
    }

    /// Whether what it knows of vulnerabilities comes over the network, which no check of Kiro's has.
    pub fn needs_network(self) -> bool {
        matches!(self, Scanner::NpmAudit | Scanner::PipAudit)
    }

    /// What it would look at in a project of these files; none when there is nothing for it.
    pub fn looks_at<'a>(self, files: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
        let mut files = files.into_iter();
        match self {
            Scanner::CargoAudit => files.find(|it| *it == "Cargo.lock"),
            Scanner::NpmAudit => files.find(|it| *it == "package-lock.json"),
            Scanner::PipAudit => files.find(|it| *it == "requirements.txt"),
            Scanner::Bandit => files.find(|it| it.ends_with(".py")),
            Scanner::Semgrep => files.find(|it| {
                let is_rules = |name: &str| *it == name || it.starts_with(&format!("{name}/"));
                [".semgrep.yml", ".semgrep.yaml", ".semgrep"]
                    .into_iter()
                    .any(is_rules)
            }),
        }
    }

    /// The words after the program; `subject` is what it looks at.
    pub fn arguments(self, subject: &str) -> Vec<String> {
        let words: &[&str] = match self {
            Scanner::CargoAudit => &["audit", "--json", "--no-fetch", "--stale"],
            Scanner::NpmAudit => &["audit", "--json", "--package-lock-only"],
            Scanner::PipAudit => &[
                "--format",
                "json",
                "--disable-pip",
                "--no-deps",
                "-r",
                "requirements.txt",
            ],
            Scanner::Bandit => &["--quiet", "--format", "json", "--recursive", "."],
            Scanner::Semgrep => {
                let rules = subject.split('/').next().unwrap_or(subject);
                let words = [
                    "scan",
                    "--json",
                    "--metrics",
                    "off",
                    "--disable-version-check",
                    "--config",
                    rules,
                ];
                return words.map(str::to_owned).to_vec();
            }
        };
        words.iter().map(|it| (*it).to_owned()).collect()
    }

    /// What it printed, as findings.
    ///
    /// # Errors
    /// When that is no result of a scan; says what it says instead.
    pub fn read(self, stdout: &str) -> Result<Vec<SecurityFinding>, String> {
        let value: Value =
            serde_json::from_str(stdout.trim()).map_err(|_| "it printed no result".to_owned())?;
        let found = match self {
            Scanner::CargoAudit => cargo_audit(&value),
            Scanner::NpmAudit => npm_audit(&value),
            Scanner::PipAudit => pip_audit(&value),
            Scanner::Bandit => bandit(&value),
            Scanner::Semgrep => semgrep(&value),
        };
        found.ok_or_else(|| {
            let said = ["/error/summary", "/error/detail", "/message", "/error"];
            let said = said.iter().find_map(|it| value.pointer(it)?.as_str());
            said.unwrap_or("it printed no result").to_owned()
        })
    }
}

/// How many findings there are of each grade.
pub fn grades(findings: &[SecurityFinding]) -> BTreeMap<Grade, usize> {
    let mut counts = BTreeMap::new();
    for it in findings {
        *counts.entry(it.grade).or_default() += 1;
    }
    counts
}

fn text<'a>(value: &'a Value, place: &str) -> &'a str {
    value
        .pointer(place)
        .and_then(Value::as_str)
        .unwrap_or_default()
}

fn cargo_audit(value: &Value) -> Option<Vec<SecurityFinding>> {
    let list = value.pointer("/vulnerabilities/list")?.as_array()?;
    let one = |it: &Value| SecurityFinding {
        grade: Grade::of(text(it, "/advisory/severity")),
        subject: format!(
            "{} {}",
            text(it, "/package/name"),
            text(it, "/package/version")
        ),
        what: format!(
            "{}: {}",
            text(it, "/advisory/id"),
            text(it, "/advisory/title")
        ),
    };
    Some(list.iter().map(one).collect())
}

fn npm_audit(value: &Value) -> Option<Vec<SecurityFinding>> {
    let all = value.get("vulnerabilities")?.as_object()?;
    value.pointer("/metadata/vulnerabilities")?;
    let one = |(name, it): (&String, &Value)| {
        let via = it.get("via").and_then(Value::as_array);
        let title = via.and_then(|via| via.iter().find_map(|it| it.get("title")?.as_str()));
        SecurityFinding {
            grade: Grade::of(text(it, "/severity")),
            subject: name.clone(),
            what: title
                .unwrap_or("through a package that it needs")
                .to_owned(),
        }
    };
    Some(all.iter().map(one).collect())
}

fn pip_audit(value: &Value) -> Option<Vec<SecurityFinding>> {
    let mut found = Vec::new();
    for package in value.get("dependencies")?.as_array()? {
        // A package that could not be looked at was not found to be sound.
        if let Some(why) = package.get("skip_reason").and_then(Value::as_str) {
            found.push(SecurityFinding {
                grade: Grade::Unknown,
                subject: text(package, "/name").to_owned(),
                what: format!("not looked at: {why}"),
            });
        }
        for it in package
            .get("vulns")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
        {
            found.push(SecurityFinding {
                grade: Grade::Unknown,
                subject: format!("{} {}", text(package, "/name"), text(package, "/version")),
                what: text(it, "/id").to_owned(),
            });
        }
    }
    Some(found)
}

fn bandit(value: &Value) -> Option<Vec<SecurityFinding>> {
    let list = value.get("results")?.as_array()?;
    let one = |it: &Value| SecurityFinding {
        grade: Grade::of(text(it, "/issue_severity")),
        subject: format!("{}:{}", text(it, "/filename"), line(it, "/line_number")),
        what: format!("{}: {}", text(it, "/test_id"), text(it, "/issue_text")),
    };
    let mut found: Vec<SecurityFinding> = list.iter().map(one).collect();
    found.extend(unread(value, "filename", "reason"));
    Some(found)
}

fn semgrep(value: &Value) -> Option<Vec<SecurityFinding>> {
    let list = value.get("results")?.as_array()?;
    let one = |it: &Value| SecurityFinding {
        grade: Grade::of(text(it, "/extra/severity")),
        subject: format!("{}:{}", text(it, "/path"), line(it, "/start/line")),
        what: format!("{}: {}", text(it, "/check_id"), text(it, "/extra/message")),
    };
    let mut found: Vec<SecurityFinding> = list.iter().map(one).collect();
    found.extend(unread(value, "path", "message"));
    Some(found)
}

fn line(value: &Value, place: &str) -> u64 {
    value.pointer(place).and_then(Value::as_u64).unwrap_or(0)
}

/// Files that a scanner could not read, and so did not find to be sound.
fn unread(value: &Value, file: &str, why: &str) -> Vec<SecurityFinding> {
    let errors = value
        .get("errors")
        .and_then(Value::as_array)
        .into_iter()
        .flatten();
    let one = |it: &Value| SecurityFinding {
        grade: Grade::Unknown,
        subject: it
            .get(file)
            .and_then(Value::as_str)
            .unwrap_or("a file")
            .to_owned(),
        what: format!(
            "not looked at: {}",
            it.get(why)
                .and_then(Value::as_str)
                .unwrap_or("it could not be read")
        ),
    };
    errors.map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(scanner: Scanner, printed: &str, expected: &[(Grade, &str)]) {
        let found = scanner.read(printed).expect("a result");
        let found: Vec<(Grade, &str)> = found
            .iter()
            .map(|it| (it.grade, it.subject.as_str()))
            .collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn what_scanners_print_is_counted() {
        check(
            Scanner::CargoAudit,
            r#"{"vulnerabilities":{"found":true,"count":1,"list":[{"advisory":{"id":"RUSTSEC-1","title":"t"},"package":{"name":"a","version":"1.0.0"}}]}}"#,
            &[(Grade::Unknown, "a 1.0.0")],
        );
        check(
            Scanner::NpmAudit,
            r#"{"vulnerabilities":{"a":{"severity":"moderate","via":["b"]},"b":{"severity":"critical","via":[{"title":"t"}]}},"metadata":{"vulnerabilities":{}}}"#,
            &[(Grade::Medium, "a"), (Grade::Critical, "b")],
        );
        check(
            Scanner::PipAudit,
            r#"{"dependencies":[{"name":"a","version":"1","vulns":[{"id":"V-1"}]},{"name":"b","skip_reason":"no"},{"name":"c","version":"2","vulns":[]}]}"#,
            &[(Grade::Unknown, "a 1"), (Grade::Unknown, "b")],
        );
        check(
            Scanner::Bandit,
            r#"{"errors":[{"filename":"x.py","reason":"syntax"}],"results":[{"issue_severity":"HIGH","filename":"a.py","line_number":3,"test_id":"B1","issue_text":"t"}]}"#,
            &[(Grade::High, "a.py:3"), (Grade::Unknown, "x.py")],
        );
        check(
            Scanner::Semgrep,
            r#"{"errors":[],"results":[{"check_id":"r","path":"a.js","start":{"line":2},"extra":{"severity":"WARNING","message":"m"}}]}"#,
            &[(Grade::Medium, "a.js:2")],
        );
    }

    #[test]
    fn what_is_no_result_is_told_and_never_read_as_nothing_found() {
        for scanner in Scanner::ALL {
            for printed in ["", "no", "{}", "[]", "null", "3", "{\"results\":3}"] {
                assert!(scanner.read(printed).is_err(), "{scanner:?} {printed}");
            }
        }
        let offline =
            r#"{"message":"request failed","error":{"summary":"","detail":"getaddrinfo"}}"#;
        assert!(Scanner::NpmAudit.read(offline).is_err());
    }

    #[test]
    fn each_looks_at_its_own() {
        let files = ["src/a.py", ".semgrep/x.yml", "Cargo.lock"];
        let looks: Vec<Option<&str>> = Scanner::ALL.iter().map(|it| it.looks_at(files)).collect();
        assert_eq!(
            looks,
            [
                Some("Cargo.lock"),
                None,
                None,
                Some("src/a.py"),
                Some(".semgrep/x.yml")
            ]
        );
        assert!(
            Scanner::Semgrep
                .arguments(".semgrep/x.yml")
                .ends_with(&[".semgrep".to_owned()])
        );
    }
}
