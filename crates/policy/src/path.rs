//! Whether an agent may touch a file: judged by the text that was asked for and by what the disk says of it.
//!
//! The disk's part arrives as [`PathFacts`], which `host::files` gathers. A rule meets a file when any of its
//! names does: the one asked for, the one that links lead to, the ones that other systems would read, and every
//! other name that the same file has.

mod control;
mod spelling;

use std::path::{Path, PathBuf};

use change::RelPath;

use crate::change_type;
use crate::fold::fold;
use crate::gate::{Gate, Stage, sensitive_rule};
use crate::glob::{Pattern, first_covering};
use crate::permission::{Capability, Effect};
use crate::permit::{Act, FileId};
use crate::verdict::{Reason, Verdict};

/// What the disk says of one path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PathFacts {
    /// The text that was asked for, as it came.
    pub requested: String,
    /// Where it leads.
    pub place: Place,
    /// What stands there; none when nothing does.
    pub found: Option<Found>,
    /// Whether exactly the requested name is there, letter for letter.
    pub literal: bool,
}

impl PathFacts {
    /// What a name by itself says of a file of the project.
    pub(crate) fn of_name(path: &RelPath) -> PathFacts {
        PathFacts {
            requested: path.as_str().to_owned(),
            place: Place::Inside(path.clone()),
            found: None,
            literal: true,
        }
    }
}

/// Where a path leads once every link is followed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// The project's folder itself.
    Root,
    /// A place in it.
    Inside(RelPath),
    /// An absolute place elsewhere.
    Outside(PathBuf),
    /// Nowhere, and why.
    Nowhere(Trouble),
}

/// Why a path leads nowhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// Links that lead to each other.
    Loop,
    /// A link of the kernel's own, which leads past every folder.
    MagicLink,
    /// A file stands where a folder has to.
    ThroughFile,
    /// A name that is not UTF-8 text, or holds a NUL byte.
    NotText,
    /// It is longer than the system takes.
    TooLong,
    /// The system does not let anybody look.
    Refused,
}

/// What stands at a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// What it is.
    pub kind: FoundKind,
    /// Which file it is, whatever it is called.
    pub id: FileId,
    /// How many names it has on its disk.
    pub links: u64,
    /// Those of its names that stand in the project, when it has more than one.
    pub names: Vec<RelPath>,
}

/// Kinds of things that stand at a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FoundKind {
    /// A plain file.
    File,
    /// A folder.
    Folder,
    /// A link that is not followed, because it is itself what the act is about.
    Link,
    /// A pipe, socket or device.
    Special,
}

/// What is to be done with a file.
#[derive(Clone, Copy, Debug)]
pub enum FileAct<'a> {
    /// Read it.
    Read,
    /// Create it, or replace its content by these bytes.
    Write(&'a [u8]),
    /// Remove it.
    Delete,
    /// Move it to another place.
    Rename(&'a PathFacts),
}

/// Folders of the system in which nothing is anybody's own: reading there asks instead of being denied.
const PUBLIC_FOLDERS: [&str; 4] = [
    "/usr/include",
    "/usr/share",
    "/usr/lib",
    "/usr/local/include",
];

const RULE_OUTSIDE: &str = "built in: files outside the project";

#[derive(Default)]
pub(crate) struct Reasons {
    pub(crate) deny: Vec<Reason>,
    pub(crate) ask: Vec<Reason>,
}

impl Reasons {
    fn deny(&mut self, rule: impl Into<String>, why: impl Into<String>, change: &str) {
        self.deny.push(reason(rule, why, change));
    }

    fn ask(&mut self, rule: impl Into<String>, why: impl Into<String>, change: &str) {
        self.ask.push(reason(rule, why, change));
    }
}

fn reason(rule: impl Into<String>, why: impl Into<String>, change: &str) -> Reason {
    Reason {
        rule: rule.into(),
        why: why.into(),
        change: change.to_owned(),
    }
}

impl Gate {
    /// Judges what an agent wants to do with a file of the user's project.
    pub fn judge_file(&self, act: FileAct<'_>, facts: &PathFacts) -> Verdict {
        let mut reasons = Reasons::default();
        match act {
            FileAct::Read => self.weigh(Change::Read, facts, &mut reasons),
            FileAct::Write(_) => self.weigh(Change::Write, facts, &mut reasons),
            FileAct::Delete => self.weigh(Change::Delete, facts, &mut reasons),
            FileAct::Rename(to) => {
                self.weigh(Change::Delete, facts, &mut reasons);
                self.weigh(Change::Write, to, &mut reasons);
            }
        }
        let act = self.file_act(act, facts);
        let allowed_by = "a file of the project that no rule holds back";
        Verdict::from_reasons(&act, reasons.deny, reasons.ask, allowed_by)
    }

    /// The act that a permit is bound to: the place that links lead to, and for reading the very file.
    pub(crate) fn file_act(&self, act: FileAct<'_>, facts: &PathFacts) -> Act {
        let path = self.absolute(facts);
        match act {
            FileAct::Read => Act::Read {
                path,
                file: facts.found.as_ref().map(|it| it.id),
            },
            FileAct::Write(bytes) => Act::write(&path, bytes),
            FileAct::Delete => Act::Remove { path },
            FileAct::Rename(to) => Act::Rename {
                from: path,
                to: self.absolute(to),
            },
        }
    }

    fn absolute(&self, facts: &PathFacts) -> PathBuf {
        match &facts.place {
            Place::Inside(path) => self.root().join(path.as_str()),
            Place::Outside(path) => path.clone(),
            Place::Root => self.root().to_path_buf(),
            Place::Nowhere(_) => PathBuf::from(&facts.requested),
        }
    }

    fn weigh(&self, change: Change, facts: &PathFacts, reasons: &mut Reasons) {
        let shown = change::visible(&facts.requested);
        if let Some(why) = spelling::no_path(&facts.requested) {
            reasons.deny(
                "built in: a path is the plain name of a file",
                format!("«{shown}» names no file of the project: {why}"),
                "name the file relative to the project",
            );
            // Nothing is stricter, and such a text can be of any length.
            if facts.requested.len() > spelling::PATH_BYTES {
                return;
            }
        }
        let names = Names::of(self.root(), facts);
        if names.climbs {
            reasons.deny(
                RULE_OUTSIDE,
                format!("«{shown}» leads out of the project on some systems"),
                "name the file relative to the project",
            );
        }
        if let Some(why) = spelling::oddity(&facts.requested).filter(|_| !facts.literal) {
            reasons.ask(
                "built in: a path is the plain name of a file",
                format!("«{shown}» may be another file than it seems: {why}"),
                "name the file plainly, or approve it",
            );
        }
        self.weigh_place(change, facts, reasons);
        weigh_kind(change, facts, reasons);
        self.weigh_sensitive(&shown, &names, reasons);
        self.weigh_permissions(change, &shown, &names, reasons);
        if change != Change::Read {
            self.weigh_control(&shown, &names, reasons);
        }
        if change != Change::Read && self.stage() == Stage::Project {
            self.weigh_governed(&shown, &names, reasons);
        }
    }

    /// What the rules say of a change of this file when an attempt's changes land, by its names alone.
    pub(crate) fn weigh_landing(&self, path: &RelPath) -> Reasons {
        let facts = PathFacts::of_name(path);
        let names = Names::of(self.root(), &facts);
        let mut reasons = Reasons::default();
        self.weigh_sensitive(path.as_str(), &names, &mut reasons);
        self.weigh_permissions(Change::Write, path.as_str(), &names, &mut reasons);
        closed(path.as_str(), &names, &mut reasons);
        if let Some(pattern) = arms_something(&names.places) {
            armed(path.as_str(), pattern, &mut reasons);
        }
        reasons
    }

    /// Why a file of this name is not shown to an agent and not copied into an attempt, if it is not.
    pub fn hidden_by(&self, path: &RelPath) -> Option<Reason> {
        let facts = PathFacts::of_name(path);
        let names = Names::of(self.root(), &facts);
        let mut reasons = Reasons::default();
        self.weigh_sensitive(path.as_str(), &names, &mut reasons);
        self.weigh_permissions(Change::Read, path.as_str(), &names, &mut reasons);
        reasons.deny.into_iter().next()
    }

    fn weigh_place(&self, change: Change, facts: &PathFacts, reasons: &mut Reasons) {
        let shown = change::visible(&facts.requested);
        match &facts.place {
            Place::Inside(path) => {
                let place = self.root().join(path.as_str());
                if change != Change::Read
                    && self.stage() == Stage::Project
                    && self.protected().iter().any(|it| place.starts_with(it))
                {
                    reasons.deny(
                        "built in: Kiro's own folder of the user",
                        format!("«{shown}» holds what Kiro itself relies on"),
                        "make this change yourself",
                    );
                }
            }
            Place::Root => {}
            Place::Outside(path) => {
                let public = PUBLIC_FOLDERS.iter().any(|it| path.starts_with(it));
                let plain = matches!(&facts.found, Some(it) if it.kind == FoundKind::File);
                let why = format!("«{shown}» leads to {}, outside the project", path.display());
                if change == Change::Read && public && plain {
                    reasons.ask(RULE_OUTSIDE, why, "approve it");
                } else {
                    reasons.deny(RULE_OUTSIDE, why, "bring the file into the project");
                }
            }
            Place::Nowhere(trouble) => reasons.deny(
                "built in: a path leads to a file",
                format!("«{shown}» leads nowhere: {}", trouble.words()),
                "name the file itself",
            ),
        }
    }

    fn weigh_sensitive(&self, shown: &str, names: &Names, reasons: &mut Reasons) {
        let Some(pattern) = first_covering(&self.rules().sensitive, &names.all) else {
            return;
        };
        reasons.deny(
            sensitive_rule(pattern),
            format!("«{shown}» is sensitive, so no agent reads or writes it"),
            "do this yourself, or rename the file",
        );
    }

    fn weigh_permissions(&self, change: Change, shown: &str, names: &Names, reasons: &mut Reasons) {
        let capability = match change {
            Change::Read => Capability::FsRead,
            Change::Write | Change::Delete => Capability::FsWrite,
        };
        for rule in self
            .rules()
            .permissions
            .iter()
            .filter(|it| it.speaks_of(capability))
        {
            if !names.places.iter().any(|it| rule.covers_path(it)) {
                continue;
            }
            let why = format!("«{shown}» meets this rule");
            match rule.effect {
                Effect::Deny => reasons.deny(rule.title(), why, "change the rule"),
                Effect::Ask => reasons.ask(rule.title(), why, "approve it"),
                Effect::Allow => {}
            }
        }
    }

    fn weigh_control(&self, shown: &str, names: &Names, reasons: &mut Reasons) {
        if self.stage() == Stage::Attempt {
            closed(shown, names, reasons);
        } else if let Some(pattern) = runs_something(&names.places) {
            refuse_control(shown, pattern, reasons);
        } else if let Some(pattern) = arms_something(&names.places) {
            armed(shown, pattern, reasons);
        }
    }

    fn weigh_governed(&self, shown: &str, names: &Names, reasons: &mut Reasons) {
        let rules = self.rules();
        if let Some(pattern) = first_covering(&rules.approve_paths, &names.places) {
            reasons.ask(
                format!("files that need approval: {}", pattern.text()),
                format!("«{shown}» is one of them"),
                "approve it",
            );
        }
        for (name, kind) in change_type::NAMES {
            let of_kind = || names.places.iter().any(|it| change_type::by_path(kind, it));
            if rules.approve_types.contains(&kind) && of_kind() {
                reasons.ask(
                    format!("change_types: {name}"),
                    format!("«{shown}» is of the type {name}"),
                    "approve it",
                );
            }
        }
    }
}

/// How a file would be touched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Change {
    Read,
    Write,
    Delete,
}

fn weigh_kind(change: Change, facts: &PathFacts, reasons: &mut Reasons) {
    const RULE: &str = "built in: agents work on plain files";
    let shown = change::visible(&facts.requested);
    let as_folder = facts.requested.ends_with('/') && facts.requested.len() > 1;
    let Some(found) = &facts.found else {
        if change == Change::Write && as_folder {
            let why = format!("«{shown}» names a folder, not a file");
            reasons.deny(RULE, why, "name the file");
        }
        return;
    };
    match (found.kind, change) {
        (FoundKind::File, _) if as_folder => {
            let why = format!("«{shown}» names a folder, and a file stands there");
            reasons.ask(RULE, why, "leave the final / out");
        }
        (FoundKind::File, _) | (FoundKind::Link, Change::Delete) => {}
        (FoundKind::Folder, Change::Read) => {
            let why = format!("«{shown}» is a folder");
            reasons.ask(RULE, why, "list it instead");
        }
        (FoundKind::Folder, Change::Delete) => {
            let why = format!("«{shown}» is a folder, with all that it holds");
            reasons.ask(RULE, why, "name the files, or approve it");
        }
        (FoundKind::Folder, Change::Write) => {
            let why = format!("«{shown}» is a folder, not a file");
            reasons.deny(RULE, why, "name the file");
        }
        (FoundKind::Special | FoundKind::Link, _) => {
            let why = format!("«{shown}» is a pipe, a socket, a device or a link");
            reasons.deny(RULE, why, "do this yourself");
        }
    }
    if found.kind == FoundKind::File && found.links > found.names.len().max(1) as u64 {
        reasons.ask(
            "built in: one file, one place",
            format!("«{shown}» is the same file as one outside the project"),
            "approve it",
        );
    }
}

impl Trouble {
    fn words(self) -> &'static str {
        match self {
            Trouble::Loop => "its links lead to each other",
            Trouble::MagicLink => "it passes a link of the kernel's own",
            Trouble::ThroughFile => "a file stands where a folder has to",
            Trouble::NotText => "a name on the way is not plain text",
            Trouble::TooLong => "it is longer than the system takes",
            Trouble::Refused => "the system does not let it be looked at",
        }
    }
}

/// All names by which the rules are asked, folded.
struct Names {
    /// Every text that may name the file, `..` left in, so that no part is overlooked.
    all: Vec<String>,
    /// The places in the project that they come to.
    places: Vec<String>,
    /// Whether a reading of another system leads out of the project.
    climbs: bool,
}

impl Names {
    fn of(root: &Path, facts: &PathFacts) -> Names {
        let requested = within(root, &facts.requested);
        let mut all = vec![spelling::plain(&requested)];
        let elsewhere = spelling::elsewhere(&requested);
        let climbs = elsewhere.iter().any(|it| spelling::climbed(it).is_none());
        all.extend(elsewhere);
        let mut places: Vec<String> = all.iter().filter_map(|it| spelling::climbed(it)).collect();
        let resolved = match &facts.place {
            Place::Inside(path) => Some(fold(path.as_str())),
            Place::Outside(path) => path.to_str().map(spelling::plain),
            Place::Root | Place::Nowhere(_) => None,
        };
        let others = facts.found.iter().flat_map(|it| &it.names);
        for name in resolved
            .into_iter()
            .chain(others.map(|it| fold(it.as_str())))
        {
            all.push(name.clone());
            places.push(name);
        }
        Names {
            all,
            places,
            climbs,
        }
    }
}

/// The text as seen from the project's folder, when it is an absolute one that leads there.
fn within(root: &Path, text: &str) -> String {
    if !text.starts_with('/') {
        return text.to_owned();
    }
    let root = format!("{}/", root.display());
    let normal = spelling::climbed(text).map(|it| format!("/{it}"));
    let inside = text.strip_prefix(&root).map(str::to_owned);
    let normally = || normal.and_then(|it| it.strip_prefix(&root).map(str::to_owned));
    inside.or_else(normally).unwrap_or_else(|| text.to_owned())
}

/// The built-in pattern by which one of these folded places makes a program run something.
fn runs_something(places: &[String]) -> Option<&'static Pattern> {
    let kiro = || {
        let document = |it: &String| {
            let is_one = |patterns: &[Pattern]| patterns.iter().any(|p| p.covers_folded(it));
            is_one(&control::KIRO_DOCUMENTS) || is_one(&control::KIRO_INSTRUCTIONS)
        };
        let rest: Vec<String> = places.iter().filter(|it| !document(it)).cloned().collect();
        first_covering(&control::KIRO, &rest)
    };
    first_covering(&control::RUNS, places).or_else(kiro)
}

/// The built-in pattern by which one of these folded places decides what happens later.
fn arms_something(places: &[String]) -> Option<&'static Pattern> {
    first_covering(&control::ARMS, places)
        .or_else(|| first_covering(&control::KIRO_INSTRUCTIONS, places))
}

/// What no attempt writes: all that makes a program run something, and everything of Kiro's.
fn closed(shown: &str, names: &Names, reasons: &mut Reasons) {
    let pattern = first_covering(&control::RUNS, &names.places)
        .or_else(|| first_covering(&control::KIRO, &names.places));
    if let Some(pattern) = pattern {
        refuse_control(shown, pattern, reasons);
    }
}

fn refuse_control(shown: &str, pattern: &Pattern, reasons: &mut Reasons) {
    reasons.deny(
        format!("built in: {}", pattern.text()),
        format!("«{shown}» can make a program run something, so no agent writes it"),
        "make this change yourself",
    );
}

fn armed(shown: &str, pattern: &Pattern, reasons: &mut Reasons) {
    reasons.ask(
        format!("built in: {}", pattern.text()),
        format!("«{shown}» decides what programs run or models are told later"),
        "approve it",
    );
}
