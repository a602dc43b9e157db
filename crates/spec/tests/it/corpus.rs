//! Real projects' documents, from the folder that `KIRO_CORPUS` names; skipped aloud without it.

use std::path::{Path, PathBuf};

use spec::{Plan, Spec, TaskList, TaskMark, set_mark};

fn documents(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder)
        .expect("a readable folder")
        .flatten()
    {
        let path = entry.path();
        if path.is_dir() {
            documents(&path, found);
        } else if path.extension().is_some_and(|it| it == "md") {
            found.push(path);
        }
    }
}

fn boxes(text: &str) -> usize {
    let mut fenced = false;
    let is_box = |line: &&str| {
        ['-', '*', '+'].iter().any(|mark| {
            [' ', 'x', 'X', '~', '-']
                .iter()
                .any(|it| line.starts_with(&format!("{mark} [{it}]")))
        })
    };
    let outside = text.lines().map(str::trim_start).filter(|line| {
        let is_fence = line.starts_with("```") || line.starts_with("~~~");
        fenced ^= is_fence;
        !fenced && !is_fence
    });
    outside.filter(is_box).count()
}

fn only_the_box_changes(text: &str, task: &spec::Task) {
    let marked = set_mark(text, &task.id, TaskMark::Queued).expect("a task of the list");
    let span = task.mark_span.clone();
    assert_eq!(&marked[span.clone()], "~");
    assert!(marked[..span.start] == text[..span.start] && marked[span.end..] == text[span.end..]);
}

#[test]
#[expect(clippy::print_stderr, reason = "a test that is skipped says so")]
fn every_box_of_real_documents_is_a_task() {
    let Some(folder) = std::env::var_os("KIRO_CORPUS") else {
        eprintln!("skipped: KIRO_CORPUS names no folder");
        return;
    };
    let mut found = Vec::new();
    documents(Path::new(&folder), &mut found);
    assert!(!found.is_empty(), "KIRO_CORPUS holds no Markdown");
    let mut tasks = 0;
    for path in found {
        let text = std::fs::read_to_string(&path).expect("readable text");
        let list = TaskList::parse(&text);
        assert_eq!(list.all().count(), boxes(&text), "{}", path.display());
        tasks += list.all().count();
        for task in list.all() {
            only_the_box_changes(&text, task);
        }
        Spec::parse("corpus", &text);
        Plan::parse(&text);
    }
    assert!(tasks > 0, "no document held a task");
}
