//! The simulated world: a project's folder, the trees that a shadow repository would keep, the user, and fate.

use std::collections::{BTreeMap, BTreeSet};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use change::{Changeset, Digest, FileChange, FileState, Mode, RelPath};
use engine::{Answer, Fact};
use host::files::ApplyError;
use host::lease::Owner;
use policy::{Gate, Rules, Verdict};
use session::{Given, Journal};
use spec::{Task, TaskId, TaskList, TaskMark, set_mark};
use tempfile::TempDir;

use super::dice::Dice;
use super::laws::Laws;
use super::{Told, Unwound};

/// The spec that every run of the world is of.
pub(super) const SPEC: &str = "specs/sim.md";

/// The tasks file.
pub(super) const TASKS: &str = "plans/sim-tasks.md";

/// Files that tasks and the user change.
const FILES: [&str; 6] = [
    "a.txt",
    "b.txt",
    "lib/c.txt",
    "lib/d.txt",
    "deep/er/e.txt",
    "deep/f.txt",
];

/// What governance may say from one life to the next.
const RULES: [&str; 4] = [
    "governance: {require_approval: []}",
    "governance: {require_approval: [{file_changes_over: 2}]}",
    "governance: {require_approval: [{files_matching: ['lib/**']}]}",
    "governance: {require_approval: [{lines_changed_over: 3}]}\nsecurity: {sensitive_files: ['deep/f.txt']}",
];

/// The same as read, once.
static READ: LazyLock<Vec<Rules>> = LazyLock::new(|| {
    let read = |text| Rules::parse(Some(text), None).expect("rules");
    RULES.into_iter().map(read).collect()
});

/// All files of a project at one moment.
pub(super) type Tree = BTreeMap<RelPath, FileState>;

pub(super) struct World {
    pub(super) dice: Dice,
    folder: TempDir,
    trees: BTreeMap<String, Tree>,
    pub(super) laws: Laws,
    /// Facts whose append was acknowledged, in order.
    acked: Vec<(String, Fact)>,
    /// Those whose append may have happened.
    pub(super) inflight: Vec<(String, Fact)>,
    /// Lines that the user wrote, and where they must stand.
    lines: BTreeMap<String, RelPath>,
    /// Files that the user removed.
    removed: BTreeSet<RelPath>,
    /// Lines of tasks that the user, or another task, took away.
    gone: BTreeSet<String>,
    /// What was last about to land, or to be taken out.
    landing: Changeset,
    rules: usize,
    pub(super) lives: u32,
    deaths: u32,
    edits: u32,
    /// Most tasks that were worked on at once.
    pub(super) at_once: usize,
    /// Whether faults still happen.
    pub(super) rough: bool,
    die_in: Option<usize>,
    clock: i64,
    steps: Vec<String>,
    digest: u64,
    /// Whether anything changed since the laws were looked at.
    pub(super) dirty: bool,
    wreck: Vec<(PathBuf, Option<Vec<u8>>)>,
}

pub(super) fn path(text: &str) -> RelPath {
    RelPath::parse(text).expect("a plain path")
}

impl World {
    pub(super) fn new(seed: u64) -> World {
        let mut dice = Dice::new(seed);
        // In memory where there is such a place: what is simulated is the death of processes, not of disks.
        let memory = Path::new("/dev/shm");
        let folder = match memory.is_dir() {
            true => tempfile::tempdir_in(memory),
            false => tempfile::tempdir(),
        };
        let folder = folder.expect("a folder");
        let rules = dice.below(RULES.len());
        let mut world = World {
            dice,
            folder,
            trees: BTreeMap::new(),
            laws: Laws::default(),
            acked: Vec::new(),
            inflight: Vec::new(),
            lines: BTreeMap::new(),
            removed: BTreeSet::new(),
            gone: BTreeSet::new(),
            landing: Changeset::default(),
            rules,
            lives: 0,
            deaths: 0,
            edits: 0,
            at_once: 0,
            rough: true,
            die_in: None,
            clock: 1_000,
            steps: Vec::new(),
            digest: 0,
            dirty: true,
            wreck: Vec::new(),
        };
        world.lay_out();
        world
    }

    fn lay_out(&mut self) {
        for folder in ["project/plans", "state"] {
            std::fs::create_dir_all(self.folder.path().join(folder)).expect("a folder");
        }
        for name in FILES {
            if self.dice.once_in(2) {
                let body: Vec<String> = (0..8).map(|it| format!("base {it} of {name}")).collect();
                self.put(&path(name), &written(name, &body));
            }
        }
        let count = 1 + self.dice.below(7);
        let tasks: Vec<Task> = (1..=count).map(|it| self.task(it)).collect();
        let text = TaskList::render("Sim", &tasks, None);
        self.put(&path(TASKS), &text);
    }

    fn task(&mut self, number: usize) -> Task {
        let mut task = Task::new(TaskId::new(number.to_string()), format!("Step {number}"));
        for before in 1..number {
            if self.dice.once_in(3) {
                task.depends_on.push(TaskId::new(before.to_string()));
            }
        }
        for _ in 0..=self.dice.below(3) {
            let file = FILES[self.dice.below(FILES.len())].to_owned();
            if !task.files.contains(&file) {
                task.files.push(file);
            }
        }
        task
    }

    pub(super) fn root(&self) -> PathBuf {
        let root = self.folder.path().join("project");
        root.canonicalize().expect("the project")
    }

    pub(super) fn journal_path(&self) -> PathBuf {
        self.folder.path().join("state/journal.db")
    }

    /// The process of this life: long dead for every other one.
    pub(super) fn owner(&self) -> Owner {
        Owner {
            pid: 0x7000_0000 + self.lives,
            start: u64::from(self.lives),
        }
    }

    pub(super) fn now(&mut self) -> i64 {
        self.clock += 1;
        self.clock
    }

    pub(super) fn gate(&self) -> Gate {
        Gate::new(&self.root(), READ[self.rules].clone())
    }

    /// The file's text, if it is there.
    pub(super) fn text(&self, path: &RelPath) -> Option<String> {
        let bytes = std::fs::read(self.root().join(path.as_str())).ok()?;
        Some(String::from_utf8(bytes).expect("text"))
    }

    #[expect(clippy::disallowed_methods, reason = "the user's own editor")]
    fn put(&mut self, path: &RelPath, text: &str) {
        self.dirty = true;
        let file = self.root().join(path.as_str());
        std::fs::create_dir_all(file.parent().expect("a folder")).expect("folders");
        std::fs::write(file, text).expect("writes");
    }

    // Trees.

    /// The project as it is now, kept.
    pub(super) fn snapshot(&mut self) -> String {
        let mut tree = Tree::new();
        for name in FILES {
            let file = self.root().join(name);
            let Some(text) = self.text(&path(name)) else {
                continue;
            };
            let bits = file.metadata().expect("a file").permissions().mode();
            let mode = match bits & 0o100 {
                0 => Mode::File,
                _ => Mode::Executable,
            };
            let bytes = text.into_bytes();
            tree.insert(path(name), FileState { mode, bytes });
        }
        self.keep(tree)
    }

    /// Keeps a tree; gives the id that its content has.
    pub(super) fn keep(&mut self, tree: Tree) -> String {
        let id = Digest::of(format!("{tree:?}").as_bytes()).to_string();
        self.trees.insert(id.clone(), tree);
        id
    }

    pub(super) fn tree(&self, id: &str) -> &Tree {
        self.trees.get(id).expect("a tree that was kept")
    }

    /// What one tree holds otherwise than another.
    pub(super) fn between(&self, base: &str, tree: &str) -> Changeset {
        let (base, tree) = (self.tree(base), self.tree(tree));
        let paths: BTreeSet<&RelPath> = base.keys().chain(tree.keys()).collect();
        let changes = paths.into_iter().map(|path| FileChange {
            path: path.clone(),
            before: base.get(path).cloned(),
            after: tree.get(path).cloned(),
        });
        let changed = changes.filter(|it| it.before != it.after).collect();
        Changeset::new(changed).expect("a changeset")
    }

    // Fate.

    pub(super) fn begin_life(&mut self, rough_lives: u32) {
        // What the last process recorded it recorded under its own rules.
        self.reconcile();
        self.lives += 1;
        self.rough = self.lives <= rough_lives && !(self.lives > 3 && self.dice.once_in(4));
        self.die_in = (self.rough && !self.dice.once_in(4)).then(|| 1 + self.dice.below(90));
        if self.rough && self.dice.once_in(3) {
            self.rules = self.dice.below(RULES.len());
        }
        if !self.rough {
            self.rules = 0;
        }
        self.note(format!(
            "life {} begins, rules {}{}",
            self.lives,
            self.rules,
            if self.rough { "" } else { ", kind" }
        ));
    }

    pub(super) fn end_life(&mut self, how: &str) {
        self.note(format!("life {} ends: {how}", self.lives));
        self.check();
    }

    pub(super) fn wants_undo(&mut self) -> bool {
        self.rough && self.lives > 1 && self.dice.once_in(5)
    }

    /// Somewhere between two effects: the user may act, and the process may die.
    pub(super) fn point(&mut self, what: &str) {
        self.note(what.to_owned());
        if self.rough && self.dice.once_in(25) {
            self.user_acts();
        }
        self.check();
        if let Some(left) = &mut self.die_in {
            *left -= 1;
            if *left == 0 {
                self.die_in = None;
                self.die();
            }
        }
    }

    /// Whether a fault happens here that only a rough world knows.
    pub(super) fn fault(&mut self, times: usize) -> bool {
        self.rough && self.dice.once_in(times)
    }

    /// Ends the process as `kill -9` does: what stands on the disk is as it is at this moment.
    fn die(&mut self) -> ! {
        self.note("killed here".to_owned());
        let path = self.journal_path();
        self.wreck = ["", "-wal", "-shm"]
            .into_iter()
            .map(|suffix| PathBuf::from(format!("{}{suffix}", path.display())))
            .map(|it| (it.clone(), std::fs::read(&it).ok()))
            .collect();
        std::panic::resume_unwind(Box::new(Unwound::Death))
    }

    /// Brings the disk to where the death left it: closing the journal in order has tidied it up.
    #[expect(
        clippy::disallowed_methods,
        reason = "the simulation restores its own files"
    )]
    pub(super) fn after_death(&mut self) {
        self.deaths += 1;
        for (file, bytes) in std::mem::take(&mut self.wreck) {
            match bytes {
                // The index in shared memory is made anew from the log.
                Some(_) if file.display().to_string().ends_with("-shm") => {
                    let _ = std::fs::remove_file(&file);
                }
                Some(mut bytes) => {
                    if file.display().to_string().ends_with("-wal") && self.dice.once_in(2) {
                        let torn = self.dice.below(5_000);
                        bytes.extend((0..torn).map(|at| (at * 31 % 251) as u8));
                    }
                    std::fs::write(&file, bytes).expect("writes");
                }
                None => {
                    let _ = std::fs::remove_file(&file);
                }
            }
        }
        self.orphan_temporary_files();
    }

    /// What the process left half way carries a name that is now a dead process's.
    fn orphan_temporary_files(&self) {
        for file in self.temporary_files() {
            let name = file.file_name().expect("a name").to_string_lossy();
            let count = name.rsplit('.').next().unwrap_or("0").to_owned();
            let orphan = format!(".kiro-tmp.{}.1.{count}", 0x7000_0000_u32 + self.lives);
            std::fs::rename(&file, file.with_file_name(orphan)).expect("renames");
        }
    }

    fn temporary_files(&self) -> Vec<PathBuf> {
        let mut found = Vec::new();
        let mut folders = vec![self.root()];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).expect("a folder") {
                let entry = entry.expect("an entry").path();
                if entry.is_dir() {
                    folders.push(entry);
                } else if entry.to_string_lossy().contains("/.kiro-tmp.") {
                    found.push(entry);
                }
            }
        }
        found.sort();
        found
    }

    /// A process that came to its own end leaves nothing of its own among the user's files.
    pub(super) fn after_regular_end(&mut self) {
        self.check();
    }

    // Facts.

    /// What was in flight is now known to be recorded.
    pub(super) fn acknowledge(&mut self) {
        for (run, fact) in std::mem::take(&mut self.inflight) {
            self.take_in(run, fact);
        }
    }

    fn take_in(&mut self, run: String, fact: Fact) {
        match &fact {
            Fact::ApplyIntended { base, tree, .. } => self.landing = self.between(base, tree),
            Fact::UndoIntended { base, tree, .. } => self.landing = self.between(tree, base),
            _ => {}
        }
        if matches!(
            fact,
            Fact::ApplyIntended { .. }
                | Fact::UndoIntended { .. }
                | Fact::Applied { .. }
                | Fact::Undone { .. }
        ) {
            self.release(&self.landing.clone());
        }
        self.dirty = true;
        let mut kept = self.laws.apply(&run, &fact, &self.trees);
        if let Fact::ApplyIntended { task, .. } = &fact {
            kept = kept.and_then(|()| self.still_allowed(&run, task));
        }
        if let Fact::ApplyFailed { task, .. } = &fact {
            kept = kept.and_then(|()| self.none_of_it_stands(task));
        }
        self.acked.push((run, fact));
        if let Err(why) = kept {
            self.broken(&why);
        }
    }

    /// A half is about to be taken back; what the user removed meanwhile, and the task had removed too, comes back with it.
    pub(super) fn takes_back(&mut self, back: &Changeset) {
        self.release(back);
    }

    /// A task that did not land has left no half of itself.
    fn none_of_it_stands(&self, task: &str) -> Result<(), String> {
        for file in self.landing.files() {
            // What the user has written over since is theirs.
            let back = self.landing.selected(|it| it.path == file.path).inverted();
            if let Err(ApplyError::Conflict { .. }) = host::files::preview(&self.root(), &back) {
                continue;
            }
            let lines = |state: &Option<FileState>| -> BTreeSet<String> {
                let text = state.as_ref().and_then(FileState::text).unwrap_or_default();
                text.lines().map(str::to_owned).collect()
            };
            let now = self.text(&file.path).unwrap_or_default();
            let (before, after) = (lines(&file.before), lines(&file.after));
            let own = format!("task {task} ");
            let mut new = after.difference(&before).filter(|it| it.starts_with(&own));
            if let Some(line) = new.find(|it| now.lines().any(|line| line == it.as_str())) {
                return Err(format!(
                    "task {task} did not land, and «{line}» of it stands"
                ));
            }
        }
        Ok(())
    }

    /// What lands without a person is what the rules of this very moment let through.
    fn still_allowed(&self, run: &str, task: &str) -> Result<(), String> {
        let scope: Vec<RelPath> = self.landing.paths().cloned().collect();
        let verdict = self.gate().judge_changes(&self.landing, &[], &scope);
        match verdict {
            Verdict::Ask(_) if !self.laws.approved_by_rules(run, task) => Ok(()),
            Verdict::Allow(_) => Ok(()),
            _ => Err(format!(
                "I6: task {task} lands against the rules as they are"
            )),
        }
    }

    /// Lines of the user's that stood in what a change takes away were seen and are kept in its tree; a file that they removed may
    /// come back by a change that was made without it.
    fn release(&mut self, changes: &Changeset) {
        for file in changes.files() {
            let before = file.before.as_ref().and_then(FileState::text);
            let after = file
                .after
                .as_ref()
                .and_then(FileState::text)
                .unwrap_or_default();
            for line in before.unwrap_or_default().lines() {
                if !after.lines().any(|it| it == line) {
                    self.lines.remove(line);
                    self.gone.insert(format!("{}: {line}", file.path));
                }
            }
            if file.before.is_none() {
                self.removed.remove(&file.path);
            }
        }
    }

    /// The journal must hold every fact that was acknowledged, in order, and at most one append more.
    fn reconcile(&mut self) {
        let journal = self.journal_path();
        if !journal.exists() {
            return;
        }
        let (journal, aside) = match Journal::open(&journal, 0) {
            Ok(opened) => opened,
            Err(error) => self.broken(&format!("the journal does not open: {error}")),
        };
        if aside.is_some() {
            self.broken("a journal that was only torn was set aside");
        }
        let found = self.all_facts(&journal);
        let sound = journal.soundness().expect("the journal reads");
        if let Some((at, why)) = sound.broken {
            self.broken(&format!("the journal's chain is broken at {at}: {why}"));
        }
        let mut wanted = self.acked.clone();
        if found.len() > wanted.len() {
            wanted.append(&mut self.inflight.clone());
            self.acknowledge();
        }
        self.inflight.clear();
        let kept = |it: &Given| {
            journal
                .given(&it.run)
                .expect("the journal reads")
                .contains(it)
        };
        let lost = self.laws.unheard().find(|it| !kept(it));
        if let Some(lost) = lost.map(|it| it.task.clone()) {
            self.broken(&format!("I2: the answer to task {lost} was lost"));
        }
        if found != wanted {
            self.broken(&format!(
                "I2: {} facts were acknowledged and {} are there",
                wanted.len(),
                found.len()
            ));
        }
    }

    fn all_facts(&self, journal: &Journal) -> Vec<(String, Fact)> {
        let mut entries = Vec::new();
        for run in journal.runs().expect("the journal reads") {
            entries.extend(journal.facts(&run.id).expect("the journal reads"));
        }
        entries.sort_by_key(|it| it.seq);
        entries.into_iter().map(|it| (it.run, it.fact)).collect()
    }

    // The user.

    fn user_acts(&mut self) {
        self.edits += 1;
        let file = path(FILES[self.dice.below(FILES.len())]);
        match self.dice.below(10) {
            0..=4 => self.user_writes(&file),
            5 => self.user_removes(&file),
            6 => self.user_remarks(),
            7 => self.user_ticks(),
            _ => self.user_answers(),
        }
    }

    fn user_writes(&mut self, file: &RelPath) {
        let line = format!("user {}", self.edits);
        let mut body = match self.text(file) {
            Some(text) => body_of(&text),
            None => vec![format!("base new of {file}")],
        };
        let at = self.dice.below(body.len() + 1);
        // The user may write over what was there from the beginning, not over a task's work.
        match body.get(at) {
            Some(old) if old.starts_with("base ") && self.dice.once_in(2) => {
                body[at].clone_from(&line);
            }
            _ => body.insert(at, line.clone()),
        }
        self.note(format!("the user writes «{line}» into {file}"));
        self.removed.remove(file);
        self.lines.insert(line, file.clone());
        self.put(file, &written(file.as_str(), &body));
    }

    #[expect(clippy::disallowed_methods, reason = "the user removes a file")]
    fn user_removes(&mut self, file: &RelPath) {
        if self.text(file).is_none() {
            return;
        }
        self.note(format!("the user removes {file}"));
        self.lines.retain(|_, place| place != file);
        let lines = self.text(file).unwrap_or_default();
        self.gone
            .extend(lines.lines().map(|it| format!("{file}: {it}")));
        std::fs::remove_file(self.root().join(file.as_str())).expect("removes");
        self.removed.insert(file.clone());
        self.dirty = true;
    }

    fn user_remarks(&mut self) {
        let line = format!("<!-- user {} -->", self.edits);
        let text = self.text(&path(TASKS)).expect("the tasks file");
        self.note(format!("the user writes «{line}» into the tasks file"));
        self.lines.insert(line.clone(), path(TASKS));
        self.put(&path(TASKS), &format!("{text}{line}\n"));
    }

    fn user_ticks(&mut self) {
        let text = self.text(&path(TASKS)).expect("the tasks file");
        let list = TaskList::parse(&text);
        let task = self.dice.of(&list.tasks);
        let mark = match task.mark {
            TaskMark::Done => TaskMark::Open,
            _ => TaskMark::Done,
        };
        self.note(format!("the user sets task {} to {mark:?}", task.id));
        self.laws.by_person(task.id.as_str());
        let text = set_mark(&text, &task.id, mark).expect("sets");
        self.put(&path(TASKS), &text);
    }

    /// From another terminal, to something that waits.
    fn user_answers(&mut self) {
        let waiting = self.laws.waiting();
        // What is being recorded just now no longer waits.
        if waiting.is_empty() || !self.inflight.is_empty() {
            return;
        }
        let (run, task, tree) = self.dice.of(&waiting).clone();
        let answer = *self
            .dice
            .of(&[Answer::Approve, Answer::Approve, Answer::Skip]);
        self.note(format!(
            "the user answers {answer:?} to task {task} from elsewhere"
        ));
        let given = Given {
            run,
            task,
            tree,
            answer,
            remark: String::new(),
        };
        let at = self.now();
        let (mut journal, _) = Journal::open(&self.journal_path(), 0).expect("opens");
        journal.give(&given, at).expect("gives");
        self.laws.said(&given, true);
    }

    // Laws.

    /// Holds the files against what must be.
    fn check(&mut self) {
        if !std::mem::take(&mut self.dirty) {
            return;
        }
        if let Err(why) = self.look() {
            self.broken(&why);
        }
        for name in FILES {
            for line in self.text(&path(name)).unwrap_or_default().lines() {
                self.gone.remove(&format!("{name}: {line}"));
            }
        }
    }

    fn look(&self) -> Result<(), String> {
        for name in FILES {
            let file = path(name);
            let Some(text) = self.text(&file) else {
                continue;
            };
            if self.removed.contains(&file) {
                return Err(format!("I4: {name} came back though the user removed it"));
            }
            let (first, last) = (format!("# {name}\n"), format!("# end {name}\n"));
            if !text.starts_with(&first) || !text.ends_with(&last) {
                return Err(format!("I1: {name} is not whole: {text:?}"));
            }
            let body = body_of(&text);
            let mut seen = BTreeSet::new();
            for line in &body {
                if !seen.insert(line) {
                    return Err(format!("I3: «{line}» stands twice in {name}"));
                }
                if line.starts_with("task ") && !self.laws.may_stand(line) {
                    return Err(format!(
                        "I3: «{line}» stands in {name} and no record says so"
                    ));
                }
            }
        }
        let tasks = self.text(&path(TASKS)).ok_or("the tasks file is gone")?;
        for (line, file) in &self.lines {
            let text = self.text(file).unwrap_or_default();
            if !text.lines().any(|it| it == line) {
                return Err(format!("I4: the user's «{line}» is gone from {file}"));
            }
        }
        let list = TaskList::parse(&tasks);
        let ticked = list.tasks.iter().filter(|it| it.mark == TaskMark::Done);
        self.laws.ticks(ticked.map(|it| it.id.as_str()))
    }

    /// Whether every line that a task brought in, and nobody has taken out, stands.
    pub(super) fn proof(&self) -> Result<(), String> {
        for (task, base, tree) in self.laws.done() {
            for file in self.between(&base, &tree).files() {
                let now = self.text(&file.path).unwrap_or_default();
                let before = file.before.as_ref().and_then(FileState::text);
                let after = file.after.as_ref().and_then(FileState::text);
                let before = before.unwrap_or_default();
                for line in after.unwrap_or_default().lines() {
                    let own = line.starts_with(&format!("task {task} "));
                    let new = own && !before.lines().any(|it| it == line);
                    let gone = self.gone.contains(&format!("{}: {line}", file.path));
                    if new && !gone && !now.lines().any(|it| it == line) {
                        return Err(format!(
                            "task {task} is done without «{line}» in {}",
                            file.path
                        ));
                    }
                }
            }
        }
        Ok(())
    }

    pub(super) fn broken(&self, why: &str) -> ! {
        std::panic::resume_unwind(Box::new(Unwound::Broken(why.to_owned())))
    }

    // Telling.

    pub(super) fn note(&mut self, step: String) {
        // The folder has another name each time.
        let step = step.replace(&self.folder.path().display().to_string(), "WORLD");
        for byte in step.bytes() {
            self.digest = (self.digest ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
        self.steps.push(step);
    }

    pub(super) fn steps(&self) -> Vec<String> {
        self.steps.clone()
    }

    pub(super) fn told(&self) -> Told {
        Told {
            lives: self.lives,
            deaths: self.deaths,
            edits: self.edits,
            at_once: self.at_once,
            facts: self.acked.len(),
            digest: format!("{:016x}", self.digest),
        }
    }
}

/// A whole file: its first and last line tell that nothing is missing.
pub(super) fn written(name: &str, body: &[String]) -> String {
    let lines: String = body.iter().map(|it| format!("{it}\n")).collect();
    format!("# {name}\n{lines}# end {name}\n")
}

/// The lines between the first and the last.
pub(super) fn body_of(text: &str) -> Vec<String> {
    let lines: Vec<&str> = text.lines().collect();
    let inner = lines.get(1..lines.len().saturating_sub(1)).unwrap_or(&[]);
    inner.iter().map(|it| (*it).to_owned()).collect()
}
