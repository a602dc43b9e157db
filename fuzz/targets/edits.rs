//! Edits of task lists: what is done leaves every other task, and what is refused changes nothing.
#![no_main]

use libfuzzer_sys::fuzz_target;
use spec::{TaskList, TaskPlace, TaskWish, add_task, drop_task, edit_task, move_task};

fuzz_target!(|input: (&str, &str, u8)| {
    let (text, title, choice) = input;
    let list = TaskList::parse(text);
    let ids: Vec<_> = list.all().map(|it| it.id.clone()).collect();
    let pick = |by: usize| ids.get((usize::from(choice) + by) % ids.len().max(1)).cloned();
    let wish = TaskWish {
        title: Some(title.to_owned()),
        ..TaskWish::default()
    };
    let place = match pick(1) {
        Some(id) if choice % 2 == 0 => TaskPlace::After(id),
        _ => TaskPlace::End,
    };
    let added = add_task(text, &wish, &place);
    if let Ok(edited) = &added {
        let count = TaskList::parse(&edited.text).all().count();
        assert_eq!(count, ids.len() + 1, "one task was to be added");
    }
    let Some(id) = pick(0) else { return };
    if let Ok(edited) = edit_task(text, &id, &wish) {
        assert_eq!(TaskList::parse(&edited.text).all().count(), ids.len());
    }
    if let Ok(edited) = move_task(text, &id, &place) {
        assert_eq!(TaskList::parse(&edited.text).all().count(), ids.len());
    }
    if let Ok(edited) = drop_task(text, &id, true) {
        assert!(TaskList::parse(&edited.text).all().count() < ids.len());
    }
});
