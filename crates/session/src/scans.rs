//! Security scanners, run without network on a copy of the project.

use engine::{Scanner, SecurityFinding};

use crate::error::SessionError;
use crate::shop::{Shop, Yard};

/// What a scanner said, or why it did not.
#[derive(Clone, Debug)]
pub struct Scan {
    /// The scanner.
    pub scanner: Scanner,
    /// What it looked at.
    pub subject: String,
    /// What it found; why it said nothing otherwise.
    pub found: Result<Vec<SecurityFinding>, String>,
}

/// Runs each scanner that is installed and has something to look at, on what stands in `yard`.
pub(crate) fn all(shop: &Shop, yard: &Yard, files: &[String]) -> Result<Vec<Scan>, SessionError> {
    let mut scans = Vec::new();
    for scanner in Scanner::ALL {
        let subject = scanner.looks_at(files.iter().map(String::as_str));
        let Some((subject, program)) = subject.zip(shop.program(scanner.program())) else {
            continue;
        };
        scans.push(Scan {
            scanner,
            subject: subject.to_owned(),
            found: scan(scanner, program, subject, yard, shop),
        });
    }
    Ok(scans)
}

fn scan(
    scanner: Scanner,
    program: String,
    subject: &str,
    yard: &Yard,
    shop: &Shop,
) -> Result<Vec<SecurityFinding>, String> {
    let argv = std::iter::once(program).chain(scanner.arguments(subject));
    let mut argv: Vec<String> = argv.collect();
    let known = shop.environment().home.join(".cargo/advisory-db");
    if scanner == Scanner::CargoAudit {
        argv.extend(["--db".to_owned(), known.display().to_string()]);
    }
    let done = shop.scan(yard, argv, &[known]).map_err(|it| it.message)?;
    let found = scanner.read(&String::from_utf8_lossy(&done.stdout));
    found.map_err(|why| {
        let said = String::from_utf8_lossy(&done.stderr);
        let said = said.lines().rev().find(|it| !it.trim().is_empty());
        let said = said.map_or(String::new(), |it| {
            format!(": {}", host::files::shown(it.trim()))
        });
        let network = match scanner.needs_network() {
            true => {
                "; it asks the network, which no check of Kiro's has: run it where there is one"
            }
            false => "",
        };
        format!("{why} ({}){said}{network}", done.ended)
    })
}
