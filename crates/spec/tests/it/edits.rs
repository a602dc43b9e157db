//! Edits of task lists: whatever stands there, all else stays byte for byte.

use proptest::prelude::*;
use spec::{
    Task, TaskId, TaskList, TaskPlace, TaskWish, add_task, drop_task, edit_task, move_task,
};

use crate::tasks::documents;

fn tasks(text: &str) -> Vec<Task> {
    TaskList::parse(text).all().cloned().collect()
}

fn lines(text: &str) -> Vec<&str> {
    let text = text.trim_start_matches('\u{feff}');
    text.lines().map(str::trim_end).collect()
}

/// Whether `few` are among `all`, in this order.
fn is_among<'a>(few: impl IntoIterator<Item = &'a str>, all: &[&str]) -> bool {
    let mut rest = all.iter();
    few.into_iter().all(|it| rest.any(|other| *other == it))
}

/// Lines of which an edit may take a word, since tasks that go by their place have other ids afterwards.
fn is_dependency(line: &str) -> bool {
    line.contains("Dependencies")
}

fn titled(title: &str) -> TaskWish {
    TaskWish {
        title: Some(title.to_owned()),
        ..TaskWish::default()
    }
}

/// Numbers as they are written, which no edit changes.
fn numbered(all: &[Task]) -> Vec<(String, String)> {
    let mut all: Vec<(String, String)> = all
        .iter()
        .filter_map(|it| Some((it.number.clone()?, it.title.clone())))
        .collect();
    all.sort();
    all
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn an_added_task_leaves_every_line(text in documents(), pick in any::<prop::sample::Index>(), way in 0..4_usize) {
        let before = tasks(&text);
        let place = match (before.is_empty(), way) {
            (true, _) | (_, 0) => TaskPlace::End,
            (_, 1) => TaskPlace::Before(pick.get(&before).id.clone()),
            (_, 2) => TaskPlace::After(pick.get(&before).id.clone()),
            _ => TaskPlace::Under(pick.get(&before).id.clone()),
        };
        let wish = TaskWish { files: Some(vec!["z.py".to_owned()]), ..titled("new one") };
        let Ok(edited) = add_task(&text, &wish, &place) else { return Ok(()) };
        let kept = lines(&text).into_iter().filter(|it| !is_dependency(it));
        prop_assert!(is_among(kept, &lines(&edited.text)), "{:?}", edited.text);
        let after = TaskList::parse(&edited.text);
        let new = after.task(&edited.task).expect("the new task");
        prop_assert_eq!((new.title.as_str(), &new.files), ("new one", &vec!["z.py".to_owned()]));
        prop_assert_eq!(after.all().count(), before.len() + 1);
    }

    #[test]
    fn a_new_title_is_all_that_changes(text in documents(), pick in any::<prop::sample::Index>()) {
        let before = tasks(&text);
        prop_assume!(!before.is_empty());
        let task = pick.get(&before);
        let Ok(edited) = edit_task(&text, &task.id, &titled("other words")) else { return Ok(()) };
        let rest = edited.text.replacen("other words", "", 1);
        let same = text.bytes().zip(rest.bytes()).take_while(|(a, b)| a == b).count();
        prop_assert!(text.ends_with(&rest[same..]), "{:?}", edited.text);
        prop_assert_eq!(TaskList::parse(&edited.text).task(&edited.task).map(|it| it.title.clone()), Some("other words".to_owned()));
    }

    #[test]
    fn a_dropped_task_takes_only_its_own_lines(text in documents(), pick in any::<prop::sample::Index>()) {
        let before = tasks(&text);
        prop_assume!(!before.is_empty());
        let task = pick.get(&before);
        let Ok(edited) = drop_task(&text, &task.id, true) else { return Ok(()) };
        let left = lines(&edited.text).into_iter().filter(|it| !is_dependency(it));
        prop_assert!(is_among(left, &lines(&text)), "{:?}", edited.text);
        // What others wait for is written anew where it was said in an odd place.
        let words = |text: &str| lines(text).iter().filter(|it| !is_dependency(it)).count();
        let (gone, own) = (words(&text) - words(&edited.text), words(&text[task.span.clone()]));
        prop_assert!(gone >= own && gone <= own + 1, "{gone} of {own}: {:?}", edited.text);
    }

    #[test]
    fn a_moved_task_changes_no_words_and_no_numbers(text in documents(), picks in any::<[prop::sample::Index; 2]>(), way in 0..3_usize) {
        let before = tasks(&text);
        prop_assume!(!before.is_empty());
        let (task, other) = (picks[0].get(&before), picks[1].get(&before).id.clone());
        let place = [TaskPlace::Before(other.clone()), TaskPlace::After(other.clone()), TaskPlace::Under(other)][way].clone();
        let Ok(edited) = move_task(&text, &task.id, &place) else { return Ok(()) };
        let words = |text: &str| {
            let mut all: Vec<String> = lines(text).iter().map(|it| it.trim().to_owned()).collect();
            all.retain(|it| !it.is_empty() && !is_dependency(it));
            all.sort();
            all
        };
        prop_assert_eq!(words(&edited.text), words(&text));
        prop_assert_eq!(numbered(&tasks(&edited.text)), numbered(&before));
    }
}

#[test]
fn every_task_of_a_real_list_can_be_edited_moved_and_dropped() {
    let wild = include_str!("../fixtures/wild-tasks.md");
    let seed = include_str!("../fixtures/user-authentication-tasks.md");
    for text in [wild, seed] {
        for task in tasks(text) {
            let id = &task.id;
            let edited = edit_task(text, id, &titled("Other words")).expect("edited");
            assert_eq!(edited.text.lines().count(), text.lines().count());
            let scope = TaskWish {
                files: Some(vec!["x/y.py".to_owned()]),
                depends_on: Some(Vec::new()),
                ..TaskWish::default()
            };
            let edited = edit_task(text, id, &scope).unwrap_or_else(|it| panic!("{id}: {it}"));
            let list = TaskList::parse(&edited.text);
            assert_eq!(list.task(id).expect("there").files, ["x/y.py"]);
            // `5 Documentation` has a number only as long as `6 Release` follows.
            let needs_its_neighbour = text == wild && ["5", "6"].contains(&id.as_str());
            let dropped = drop_task(text, id, true);
            assert_eq!(dropped.is_err(), needs_its_neighbour, "{id}: {dropped:?}");
        }
    }
    let moved = move_task(seed, &TaskId::from("1"), &TaskPlace::End).expect("moved");
    assert_eq!(moved.text.len(), seed.len());
}
