//! `kiro verify`: the success criteria of specs, and tasks whose files changed under their ticks, proven again on what stands in
//! the project now, and, when asked, what the project's security scanners say. Nothing of the project changes; of the tasks it is
//! recorded that they were proven.

pub(crate) mod confirm;

use std::path::PathBuf;

use engine::{Fact, Grade, Scanner, SecurityFinding};
use model::Cancel;

use crate::documents;
use crate::error::SessionError;
use crate::models;
use crate::places::{Environment, Project, SpecPlace};
use crate::query::existing_journal;
use crate::run::prove::{Prover, Told};
use crate::run::{existing, open_journal, snapshot, tasks_file};
use crate::shop::{Shop, Yard};
use crate::specs;
use crate::view::{Front, View};

pub use self::confirm::VerifiedTask;

/// What is to be verified.
#[derive(Clone, Debug, Default)]
pub struct VerifyOptions {
    /// The specs; all of the project when none is named.
    pub specs: Vec<String>,
    /// Whether security scanners run.
    pub security: bool,
}

/// What came of it.
#[derive(Clone, Debug, Default)]
pub struct Verified {
    /// Each criterion of each spec.
    pub claims: Vec<VerifiedClaim>,
    /// Each task whose files changed since it was done.
    pub tasks: Vec<VerifiedTask>,
    /// Each scanner, when they were asked for.
    pub scans: Vec<Scan>,
}

/// A success criterion that was looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifiedClaim {
    /// The spec's path.
    pub spec: String,
    /// The criterion's id.
    pub criterion: String,
    /// Its text.
    pub text: String,
    /// What proves it; none when nothing does.
    pub proof: Option<String>,
    /// Why nothing does.
    pub why: String,
}

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

impl Verified {
    /// Whether everything is proven, no task is broken and, where scanners were asked for, one ran, each that there is ran to its end, and none
    /// found what fails.
    pub fn holds(&self, security: bool) -> bool {
        let broken = self.tasks.iter().any(VerifiedTask::is_broken);
        let proven = !broken && self.claims.iter().all(|it| it.proof.is_some());
        let sound = |it: &Scan| match &it.found {
            Ok(found) => !found.iter().any(|it| Grade::fails(it.grade)),
            Err(_) => false,
        };
        let scanned = !security || (!self.scans.is_empty() && self.scans.iter().all(sound));
        proven && scanned
    }
}

/// Proves the success criteria of specs again, and runs the scanners if that was asked for.
///
/// # Errors
/// When a spec, the rules or the machine cannot be used. What is not proven is no error.
pub fn verify(
    options: &VerifyOptions,
    environment: &Environment,
    cancel: &Cancel,
    front: &mut dyn Front,
) -> Result<Verified, SessionError> {
    let project = Project::around(environment)?;
    let places = match options.specs.is_empty() {
        true => specs::all(&project, environment)?,
        false => {
            let named = options.specs.iter();
            let found: Result<Vec<_>, _> =
                named.map(|it| SpecPlace::find(it, environment)).collect();
            found?
        }
    };
    if places.is_empty() && !options.security {
        return Err(SessionError::input("there is no spec here to verify")
            .hint("name one, or write one to specs/NAME.md"));
    }
    let mut verified = Verified::default();
    for place in places.iter().filter(|it| !it.is_archived()) {
        let shop = open(environment, &place.project, cancel)?;
        tasks_of(place, &shop, front, &mut verified)?;
        claims_of(place, &shop, front, &mut verified)?;
    }
    if options.security {
        let project = places.first().map_or(&project, |it| &it.project);
        verified.scans = scans(&open(environment, project, cancel)?)?;
    }
    Ok(verified)
}

fn open(
    environment: &Environment,
    project: &Project,
    cancel: &Cancel,
) -> Result<Shop, SessionError> {
    let gate = documents::gate(project, environment)?;
    let model = models::default_model(environment)?;
    Shop::open(environment, project, gate, model, cancel.clone())
}

fn folder(shop: &Shop) -> PathBuf {
    let name = format!("verify/{}", std::process::id());
    shop.project.state.join(name)
}

/// Proves tasks again whose files changed, where the project has a journal that knows of any.
fn tasks_of(
    place: &SpecPlace,
    shop: &Shop,
    front: &mut dyn Front,
    verified: &mut Verified,
) -> Result<(), SessionError> {
    if existing_journal(&place.project)?.is_none() {
        return Ok(());
    }
    let (_, spec) = documents::spec(place)?;
    let mut journal = open_journal(&place.project, &shop.redactor, front)?;
    let tasks = confirm::confirm(place, &spec, shop, &mut journal, &folder(shop))?;
    verified.tasks.extend(tasks);
    Ok(())
}

fn claims_of(
    place: &SpecPlace,
    shop: &Shop,
    front: &mut dyn Front,
    verified: &mut Verified,
) -> Result<(), SessionError> {
    let (_, spec) = documents::spec(place)?;
    let tasks = match documents::read(&place.project, &place.tasks())? {
        Some(text) => tasks_file::records_of(&text, &spec),
        None => Vec::new(),
    };
    front.show(&View::Notice(format!("proving {} anew", place.path)));
    let mut tell = |told: Told| {
        match told {
            Told::Fact(Fact::Claimed {
                criterion,
                text,
                proof,
                why,
            }) => verified.claims.push(VerifiedClaim {
                spec: place.path.to_string(),
                criterion,
                text,
                proof,
                why,
            }),
            Told::Fact(_) | Told::View(_) => {}
        }
        Ok(())
    };
    let prover = Prover {
        shop,
        spec: &spec,
        tasks,
        folder: folder(shop),
        tell: &mut tell,
    };
    let proven = prover.prove();
    host::files::remove_tree(&folder(shop)).map_err(SessionError::internal)?;
    proven
}

/// Runs each scanner that is installed and has something to look at.
fn scans(shop: &Shop) -> Result<Vec<Scan>, SessionError> {
    let files = existing(shop)?;
    let yard = Yard::fresh(&folder(shop))?;
    let checkout = shop.shadow.checkout(&snapshot(shop)?, &yard.tree);
    checkout.map_err(SessionError::internal)?;
    let mut scans = Vec::new();
    for scanner in Scanner::ALL {
        let subject = scanner.looks_at(files.iter().map(String::as_str));
        let Some((subject, program)) = subject.zip(shop.program(scanner.program())) else {
            continue;
        };
        scans.push(Scan {
            scanner,
            subject: subject.to_owned(),
            found: scan(scanner, program, subject, &yard, shop),
        });
    }
    host::files::remove_tree(&folder(shop)).map_err(SessionError::internal)?;
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
