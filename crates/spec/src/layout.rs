//! Where the documents of a spec stand, in each of the dialects. Paths only, with slashes; what is there is asked of the caller.

/// The dialects: who else writes specs in this layout.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Dialect {
    /// `specs/NAME.md`, `plans/NAME-plan.md`, `plans/NAME-tasks.md`.
    Native,
    /// `.kiro/specs/NAME/{requirements,bugfix,design,tasks}.md`.
    Kiro,
    /// The same folder, kept by cc-sdd: with a `spec.json`.
    CcSdd,
    /// GitHub Spec Kit: `specs/001-NAME/{spec,plan,tasks}.md`.
    SpecKit,
    /// A change of OpenSpec: `openspec/changes/NAME/{proposal,design,tasks}.md` and `specs/*/spec.md` below it.
    OpenSpecChange,
    /// A spec of OpenSpec: `openspec/specs/NAME/spec.md`.
    OpenSpec,
    /// A task list that stands alone.
    Tasks,
}

impl Dialect {
    /// Those that hold what is to be built, and not tasks alone.
    pub const SPECS: [Dialect; 6] = [
        Dialect::Native,
        Dialect::Kiro,
        Dialect::CcSdd,
        Dialect::SpecKit,
        Dialect::OpenSpecChange,
        Dialect::OpenSpec,
    ];

    /// The one of [`SPECS`](Self::SPECS) with this name.
    pub fn named(name: &str) -> Option<Dialect> {
        Self::SPECS.into_iter().find(|it| it.name() == name)
    }

    /// The name that is printed.
    pub fn name(self) -> &'static str {
        match self {
            Dialect::Native => "kiro-native",
            Dialect::Kiro => "kiro",
            Dialect::CcSdd => "cc-sdd",
            Dialect::SpecKit => "spec-kit",
            Dialect::OpenSpecChange => "openspec-change",
            Dialect::OpenSpec => "openspec",
            Dialect::Tasks => "tasks",
        }
    }
}

/// A spec's documents. Paths are relative to `root`, which ends in a slash or is empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layout {
    /// Whose form it is.
    pub dialect: Dialect,
    /// The name that it goes by, such as `user-authentication`; nested ones keep their folders: `billing/invoices`.
    pub name: String,
    /// The project's folder.
    pub root: String,
    /// The documents that hold requirements, the one that names the spec first.
    pub documents: Vec<String>,
    /// The plan, or the design that stands for it.
    pub plan: String,
    /// The task list.
    pub tasks: String,
}

/// What stands on the disk, as far as a layout asks.
pub trait Disk {
    /// Whether there is a file at this path.
    fn is_file(&self, path: &str) -> bool;
    /// The folders directly in the folder at this path, by name, sorted.
    fn folders(&self, path: &str) -> Vec<String>;
}

/// The documents of a folder in Kiro's form that say what to build, the one that counts first.
const KIRO: &[&str] = &["requirements.md", "bugfix.md", "design.md", "tasks.md"];

impl Layout {
    /// The layout of the spec that the file at `path` belongs to. Every Markdown file belongs to one.
    pub fn of_file(path: &str, disk: &dyn Disk) -> Layout {
        let (folder, file) = path.rsplit_once('/').map_or(("", path), |it| it);
        let folder = if folder.is_empty() {
            String::new()
        } else {
            format!("{folder}/")
        };
        Self::of_folder(&folder, disk)
            .filter(|it| it.holds(path))
            .or_else(|| of_change_spec(&folder, file, disk))
            .or_else(|| of_plans(&folder, file, disk))
            .unwrap_or_else(|| native(&folder, file, disk))
    }

    /// The layout of the spec whose folder this is, where it is one's; `folder` ends in a slash.
    pub fn of_folder(folder: &str, disk: &dyn Disk) -> Option<Layout> {
        let is_there = |file: &str| disk.is_file(&format!("{folder}{file}"));
        let parts: Vec<&str> = folder.trim_end_matches('/').split('/').collect();
        let (own, above) = parts.split_last()?;
        if own.is_empty() {
            return None;
        }
        if let Some((root, name)) = after(folder, ".kiro/specs/") {
            let main = *KIRO.iter().find(|it| is_there(it))?;
            return Some(kiro(root, folder, name, main, is_there("spec.json")));
        }
        if let Some((root, name)) = after(folder, "openspec/changes/") {
            let known = ["proposal.md", "tasks.md", "design.md"]
                .iter()
                .any(|it| is_there(it));
            return (known && !name.contains("specs/")).then(|| change(root, folder, name, disk));
        }
        if let Some((root, name)) = after(folder, "openspec/specs/") {
            return is_there("spec.md").then(|| open_spec(root, folder, name));
        }
        if above.last() == Some(&"specs") && is_there("spec.md") {
            return Some(spec_kit(
                &folder[..folder.len() - "specs/".len() - own.len() - 1],
                own,
            ));
        }
        let main = *KIRO[..2].iter().find(|it| is_there(it))?;
        let mut loose = kiro(folder, folder, own, main, is_there("spec.json"));
        loose.root = folder.to_owned();
        Some(loose)
    }

    /// Whether the file at `path` is one of these documents.
    fn holds(&self, path: &str) -> bool {
        let Some(path) = path.strip_prefix(self.root.as_str()) else {
            return false;
        };
        let known = self.documents.iter().any(|it| it == path);
        let in_folder = matches!(self.dialect, Dialect::Kiro | Dialect::CcSdd)
            && KIRO.iter().any(|it| path.ends_with(it));
        known || in_folder || self.plan == path || self.tasks == path
    }
}

/// What stands before `middle` in `folder`, with a slash or empty, and what stands after it, without.
fn after<'a>(folder: &'a str, middle: &str) -> Option<(&'a str, &'a str)> {
    let found = folder
        .match_indices(middle)
        .filter(|(at, _)| *at == 0 || folder[..*at].ends_with('/'));
    let (at, _) = found.last()?;
    let name = folder[at + middle.len()..].trim_end_matches('/');
    (!name.is_empty()).then_some((&folder[..at], name))
}

fn kiro(root: &str, folder: &str, name: &str, main: &str, is_cc_sdd: bool) -> Layout {
    let inside = &folder[root.len()..];
    Layout {
        dialect: if is_cc_sdd {
            Dialect::CcSdd
        } else {
            Dialect::Kiro
        },
        name: name.to_owned(),
        root: root.to_owned(),
        documents: vec![format!("{inside}{main}")],
        plan: format!("{inside}design.md"),
        tasks: format!("{inside}tasks.md"),
    }
}

fn change(root: &str, folder: &str, name: &str, disk: &dyn Disk) -> Layout {
    let inside = &folder[root.len()..];
    let proposal = format!("{inside}proposal.md");
    let mut documents: Vec<String> = disk
        .is_file(&format!("{root}{proposal}"))
        .then_some(proposal)
        .into_iter()
        .collect();
    spec_files(root, &format!("{inside}specs/"), disk, 0, &mut documents);
    if documents.is_empty() {
        documents.push(format!("{inside}tasks.md"));
    }
    Layout {
        dialect: Dialect::OpenSpecChange,
        name: name.to_owned(),
        root: root.to_owned(),
        documents,
        plan: format!("{inside}design.md"),
        tasks: format!("{inside}tasks.md"),
    }
}

/// Every `spec.md` in the folders below `folder`.
fn spec_files(root: &str, folder: &str, disk: &dyn Disk, depth: usize, found: &mut Vec<String>) {
    const DEPTH: usize = 6;
    for name in disk.folders(&format!("{root}{folder}")) {
        let below = format!("{folder}{name}/");
        let file = format!("{below}spec.md");
        if disk.is_file(&format!("{root}{file}")) {
            found.push(file);
        }
        if depth < DEPTH {
            spec_files(root, &below, disk, depth + 1, found);
        }
    }
}

fn open_spec(root: &str, folder: &str, name: &str) -> Layout {
    Layout {
        dialect: Dialect::OpenSpec,
        name: name.to_owned(),
        root: root.to_owned(),
        documents: vec![format!("{}spec.md", &folder[root.len()..])],
        plan: format!("plans/{name}-plan.md"),
        tasks: format!("plans/{name}-tasks.md"),
    }
}

fn spec_kit(root: &str, name: &str) -> Layout {
    Layout {
        dialect: Dialect::SpecKit,
        name: name.to_owned(),
        root: root.to_owned(),
        documents: vec![format!("specs/{name}/spec.md")],
        plan: format!("specs/{name}/plan.md"),
        tasks: format!("specs/{name}/tasks.md"),
    }
}

/// A spec of a change, below the change's own folder.
fn of_change_spec(folder: &str, file: &str, disk: &dyn Disk) -> Option<Layout> {
    let (root, inside) = after(folder, "openspec/changes/")?;
    let (name, _) = inside.split_once("/specs/")?;
    let own = format!("{root}openspec/changes/{name}/");
    (file == "spec.md").then(|| change(root, &own, name, disk))
}

/// `plans/NAME-tasks.md` and `plans/NAME-plan.md` of a spec that is there.
fn of_plans(folder: &str, file: &str, disk: &dyn Disk) -> Option<Layout> {
    let root = folder
        .strip_suffix("plans/")
        .filter(|it| it.is_empty() || it.ends_with('/'))?;
    let name = file
        .strip_suffix("-tasks.md")
        .or(file.strip_suffix("-plan.md"))?;
    let spec = format!("{root}specs/{name}.md");
    disk.is_file(&spec)
        .then(|| native(&format!("{root}specs/"), &format!("{name}.md"), disk))
}

/// The project is the folder above `specs`, wherever in it the file lies; else the file's own.
fn native(folder: &str, file: &str, disk: &dyn Disk) -> Layout {
    let above = folder.match_indices("specs/").map(|(at, _)| at);
    let above = above.filter(|at| *at == 0 || folder[..*at].ends_with('/'));
    let root = above.last().map_or(folder, |at| &folder[..at]);
    let stem = file.strip_suffix(".md").unwrap_or(file);
    let path = format!("{}{file}", &folder[root.len()..]);
    let tasks = format!("plans/{stem}-tasks.md");
    let is_list = stem == "tasks" || stem.ends_with("-tasks") || stem.ends_with("_tasks");
    let alone = is_list && !disk.is_file(&format!("{root}{tasks}"));
    Layout {
        dialect: if alone {
            Dialect::Tasks
        } else {
            Dialect::Native
        },
        name: stem.to_owned(),
        root: root.to_owned(),
        documents: vec![path.clone()],
        plan: format!("plans/{stem}-plan.md"),
        tasks: if alone { path } else { tasks },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Files(&'static [&'static str]);

    impl Disk for Files {
        fn is_file(&self, path: &str) -> bool {
            self.0.contains(&path)
        }

        fn folders(&self, path: &str) -> Vec<String> {
            let below = self
                .0
                .iter()
                .filter_map(|it| it.strip_prefix(path)?.split_once('/'));
            let mut names: Vec<String> = below.map(|(name, _)| name.to_owned()).collect();
            names.dedup();
            names
        }
    }

    const FILES: Files = Files(&[
        "/w/.kiro/specs/a/requirements.md",
        "/w/.kiro/specs/a/tasks.md",
        "/w/.kiro/specs/deep/b/bugfix.md",
        "/w/.kiro/specs/c/requirements.md",
        "/w/.kiro/specs/c/spec.json",
        "/w/openspec/changes/add-x/proposal.md",
        "/w/openspec/changes/add-x/specs/one/spec.md",
        "/w/openspec/changes/add-x/specs/two/spec.md",
        "/w/openspec/specs/one/spec.md",
        "/w/specs/001-photo/spec.md",
        "/w/specs/plain.md",
        "/w/plans/plain-tasks.md",
        "/loose/requirements.md",
    ]);

    fn check(path: &str, dialect: Dialect, name: &str, root: &str, main: &str, tasks: &str) {
        let it = Layout::of_file(path, &FILES);
        let found = (
            it.dialect,
            it.name.as_str(),
            it.root.as_str(),
            it.documents[0].as_str(),
            it.tasks.as_str(),
        );
        assert_eq!(found, (dialect, name, root, main, tasks), "{path}");
    }

    #[test]
    fn every_file_belongs_to_a_spec() {
        let kiro = (".kiro/specs/a/requirements.md", ".kiro/specs/a/tasks.md");
        for file in ["requirements.md", "tasks.md", "design.md"] {
            check(
                &format!("/w/.kiro/specs/a/{file}"),
                Dialect::Kiro,
                "a",
                "/w/",
                kiro.0,
                kiro.1,
            );
        }
        check(
            "/w/.kiro/specs/deep/b/bugfix.md",
            Dialect::Kiro,
            "deep/b",
            "/w/",
            ".kiro/specs/deep/b/bugfix.md",
            ".kiro/specs/deep/b/tasks.md",
        );
        check(
            "/w/.kiro/specs/c/requirements.md",
            Dialect::CcSdd,
            "c",
            "/w/",
            ".kiro/specs/c/requirements.md",
            ".kiro/specs/c/tasks.md",
        );
    }

    #[test]
    fn files_of_other_projects_belong_to_specs_too() {
        check(
            "/w/openspec/changes/add-x/specs/two/spec.md",
            Dialect::OpenSpecChange,
            "add-x",
            "/w/",
            "openspec/changes/add-x/proposal.md",
            "openspec/changes/add-x/tasks.md",
        );
        assert_eq!(
            Layout::of_file("/w/openspec/changes/add-x/tasks.md", &FILES)
                .documents
                .len(),
            3
        );
        check(
            "/w/openspec/specs/one/spec.md",
            Dialect::OpenSpec,
            "one",
            "/w/",
            "openspec/specs/one/spec.md",
            "plans/one-tasks.md",
        );
    }

    #[test]
    fn files_in_folders_of_specs_and_elsewhere() {
        check(
            "/w/specs/001-photo/spec.md",
            Dialect::SpecKit,
            "001-photo",
            "/w/",
            "specs/001-photo/spec.md",
            "specs/001-photo/tasks.md",
        );
        check(
            "/w/specs/plain.md",
            Dialect::Native,
            "plain",
            "/w/",
            "specs/plain.md",
            "plans/plain-tasks.md",
        );
        check(
            "/w/plans/plain-tasks.md",
            Dialect::Native,
            "plain",
            "/w/",
            "specs/plain.md",
            "plans/plain-tasks.md",
        );
        check(
            "/w/specs/deep/x.md",
            Dialect::Native,
            "x",
            "/w/",
            "specs/deep/x.md",
            "plans/x-tasks.md",
        );
        check(
            "/loose/tasks.md",
            Dialect::Kiro,
            "loose",
            "/loose/",
            "requirements.md",
            "tasks.md",
        );
        check(
            "/else/tasks.md",
            Dialect::Tasks,
            "tasks",
            "/else/",
            "tasks.md",
            "tasks.md",
        );
        check(
            "/else/x.md",
            Dialect::Native,
            "x",
            "/else/",
            "x.md",
            "plans/x-tasks.md",
        );
        check(
            "specs/x.md",
            Dialect::Native,
            "x",
            "",
            "specs/x.md",
            "plans/x-tasks.md",
        );
    }
}
