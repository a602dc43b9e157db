//! Task lists: every box outside fences is one task, and setting one changes only its bytes.
#![no_main]

use libfuzzer_sys::fuzz_target;
use spec::view::TaskListView;
use spec::{TaskList, TaskMark, lint_tasks, set_mark};

/// How many tasks of one text have their boxes set.
const SET: usize = 20;

fuzz_target!(|text: &str| {
    let list = TaskList::parse(text);
    serde_json::to_string(&TaskListView::new(&list, text, |_| String::new())).expect("a list can be printed");
    lint_tasks(&list, text, None);
    for task in list.all().take(SET) {
        assert!(text.get(task.span.clone()).is_some(), "{:?} of a task", task.span);
        let marked = set_mark(text, &task.id, TaskMark::Queued).expect("a task of the list");
        let at = task.mark_span.clone();
        assert_eq!(marked[..at.start], text[..at.start], "bytes before the box changed");
        assert!(marked.ends_with(&text[at.end..]), "bytes after the box changed");
        let again = TaskList::parse(&marked);
        let found = again.task(&task.id).expect("it is there still");
        assert_eq!(found.mark, TaskMark::Queued);
        assert_eq!(again.all().count(), list.all().count(), "tasks came or went");
    }
});
