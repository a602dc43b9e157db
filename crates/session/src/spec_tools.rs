//! What an agent learns of specs and tasks without reading whole documents: the tool `spec`, over a yard's worktree. It
//! only looks: a task is ticked on evidence, never by an agent.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use change::RelPath;
use host::files::{EntryKind, entries_in, read_in};
use serde_json::{Value, json};
use spec::{Spec, Task, TaskList, TaskMark};
use tools::{Answer, Effect, Many, Progress, Stop, ToolSpec, Toolbox, Workbench};

use crate::shop::{Shop, Yard};
use crate::workspace::Finder;

/// The tool's name.
const NAME: &str = "spec";

/// No document is longer.
const BYTES_MAX: u64 = 1 << 20;

/// Specs, their requirements and their tasks, as they stand in a worktree.
pub(crate) struct SpecTools {
    tree: PathBuf,
}

impl SpecTools {
    /// The tools of a yard's bench, and `spec` and `find` over the same worktree.
    pub(crate) fn beside<'s>(bench: Workbench, shop: &'s Shop, yard: &Yard) -> Many<'s> {
        let own = SpecTools {
            tree: yard.tree.clone(),
        };
        Many::new([
            Arc::new(bench) as Arc<dyn Toolbox + Send + 's>,
            Arc::new(own) as _,
            Arc::new(Finder::of_yard(shop, yard)) as _,
        ])
    }

    fn answer(&self, arguments: &Value) -> Result<String, String> {
        let names = names(&self.tree);
        let known = || match names.is_empty() {
            true => "there is no spec in specs/".to_owned(),
            false => format!("the specs are: {}", names.join(", ")),
        };
        let Some(name) = arguments["name"].as_str() else {
            return Ok(known());
        };
        if !names.iter().any(|it| it == name) {
            return Err(format!("there is no spec «{name}»; {}", known()));
        }
        let text = self
            .read(&format!("specs/{name}.md"))?
            .ok_or("it is gone")?;
        let spec = Spec::parse(name, &text);
        let tasks = self.read(&format!("plans/{name}-tasks.md"))?;
        let tasks = TaskList::parse(&tasks.unwrap_or_default());
        match arguments["part"].as_str() {
            None => Ok(overview(&spec, &tasks)),
            Some(part) => one(&spec, &text, &tasks, part).ok_or_else(|| {
                format!("{name} has neither a requirement nor a task «{part}»; leave `part` out to see all")
            }),
        }
    }

    /// A document of the worktree; none when it is not there.
    fn read(&self, path: &str) -> Result<Option<String>, String> {
        let path = RelPath::parse(path).map_err(|error| error.to_string())?;
        if self.tree.join(path.as_str()).symlink_metadata().is_err() {
            return Ok(None);
        }
        let bytes =
            read_in(&self.tree, &path, BYTES_MAX).map_err(|_| format!("{path} cannot be read"))?;
        let text = String::from_utf8(bytes).map_err(|_| format!("{path} is not UTF-8"))?;
        Ok(Some(text))
    }
}

impl Toolbox for SpecTools {
    fn specs(&self) -> Vec<ToolSpec> {
        vec![ToolSpec {
            name: NAME.to_owned(),
            description: "Specs of the project: without `name` which there are; with it requirements and tasks; \
                          with `part`, one of them in full."
                .to_owned(),
            parameters: json!({
                "type": "object",
                "properties": {
                    "name": {"type": "string"},
                    "part": {"type": "string", "description": "FR-1, or a task's id"},
                },
            }),
        }]
    }

    fn effect(&self, _: &str, _: &Value) -> Effect {
        Effect::Reads
    }

    fn call(
        &self,
        _: &str,
        arguments: &Value,
        _: Stop<'_>,
        _: &(dyn Fn(Progress) + Sync),
    ) -> Answer {
        match self.answer(arguments) {
            Ok(text) => {
                let first = text.lines().next().unwrap_or_default();
                let summary = change::visible(first).into_owned();
                Answer::done(text, summary)
            }
            Err(why) => Answer::failed(why),
        }
    }
}

/// Names of the specs of a worktree.
fn names(tree: &Path) -> Vec<String> {
    let Ok(folder) = RelPath::parse("specs") else {
        return Vec::new();
    };
    let entries = entries_in(tree, Some(&folder)).unwrap_or_default();
    let files = entries
        .iter()
        .filter(|it| matches!(it.kind, EntryKind::File(_)));
    let names = files.filter_map(|it| it.name.strip_suffix(".md"));
    names.map(str::to_owned).collect()
}

fn overview(spec: &Spec, tasks: &TaskList) -> String {
    let mut text = format!("{}\nRequirements:\n", spec.title);
    for it in &spec.requirements {
        let _ = writeln!(
            text,
            "- {}: {} ({} criteria)",
            it.id,
            it.title,
            it.criteria.len()
        );
    }
    text.push_str("Tasks:\n");
    for task in tasks.all() {
        text.push_str(&line(task));
    }
    if tasks.tasks.is_empty() {
        text.push_str("- none yet\n");
    }
    text
}

fn line(task: &Task) -> String {
    let state = match task.mark {
        TaskMark::Open => "open",
        TaskMark::Queued => "waiting",
        TaskMark::Running => "running",
        TaskMark::Done => "done",
    };
    let mut text = format!("- {} ({state}): {}", task.id, task.title);
    if !task.depends_on.is_empty() {
        let ids: Vec<String> = task.depends_on.iter().map(ToString::to_string).collect();
        let _ = write!(text, "; after {}", ids.join(", "));
    }
    text.push('\n');
    text
}

/// One requirement in the spec's own words, or one task with its scope.
fn one(spec: &Spec, text: &str, tasks: &TaskList, part: &str) -> Option<String> {
    if let Some(found) = spec.requirements.iter().find(|it| it.is_named(part)) {
        return text.get(found.span.clone()).map(str::to_owned);
    }
    let task = tasks.all().find(|it| it.id.as_str() == part)?;
    let mut shown = line(task);
    for (what, list) in [("Files", &task.files), ("Requirements", &task.requirements)] {
        if !list.is_empty() {
            let _ = writeln!(shown, "  {what}: {}", list.join(", "));
        }
    }
    for detail in &task.details {
        let _ = writeln!(shown, "  {detail}");
    }
    Some(shown)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SPEC: &str = "# Numbers\n\n## Functional Requirements\n\n### FR-1: Doubling\n\n- Twice the number\n\n### FR-2: Halving\n\n- Half of it\n";
    const TASKS: &str = "# Tasks: Numbers\n\n- [x] 1. Double\n  - Scope: `double.py`\n  - Requirements: FR-1\n- [ ] 2. Halve\n  - Dependencies: Task 1\n";

    #[expect(clippy::disallowed_methods, reason = "a test plants its files")]
    fn planted() -> tempfile::TempDir {
        let folder = tempfile::tempdir().expect("a folder");
        for (name, text) in [
            ("specs/numbers.md", SPEC),
            ("plans/numbers-tasks.md", TASKS),
        ] {
            let file = folder.path().join(name);
            std::fs::create_dir_all(file.parent().expect("a folder")).expect("made");
            std::fs::write(file, text).expect("written");
        }
        let link = folder.path().join("specs/secret.md");
        std::os::unix::fs::symlink("/etc/passwd", link).expect("linked");
        folder
    }

    fn ask(tree: &Path, arguments: Value) -> Answer {
        let tools = SpecTools {
            tree: tree.to_path_buf(),
        };
        tools.call(NAME, &arguments, &|| false, &|_| ())
    }

    #[test]
    fn specs_requirements_and_tasks_are_shown() {
        let folder = planted();
        let tree = folder.path();
        let all = ask(tree, json!({}));
        assert_eq!(all.text, "the specs are: numbers");
        let one = ask(tree, json!({"name": "numbers"})).text;
        assert!(one.contains("- FR-1: Doubling (1 criteria)"), "{one}");
        assert!(
            one.contains("- 1 (done): Double\n- 2 (open): Halve; after 1"),
            "{one}"
        );
        let part = ask(tree, json!({"name": "numbers", "part": "FR-2"})).text;
        assert!(
            part.starts_with("### FR-2: Halving") && part.contains("Half of it"),
            "{part}"
        );
        let task = ask(tree, json!({"name": "numbers", "part": "1"})).text;
        assert!(
            task.contains("Files: double.py") && task.contains("Requirements: FR-1"),
            "{task}"
        );
    }

    #[test]
    fn what_is_not_there_is_said_and_links_are_no_specs() {
        let folder = planted();
        for arguments in [
            json!({"name": "secret"}),
            json!({"name": "../specs/numbers"}),
            json!({"name": "numbers", "part": "FR-9"}),
        ] {
            let answer = ask(folder.path(), arguments);
            assert!(answer.failed, "{answer:?}");
        }
        let empty = tempfile::tempdir().expect("a folder");
        assert_eq!(
            ask(empty.path(), json!({})).text,
            "there is no spec in specs/"
        );
    }
}
