//! What a person does with their own hands in the opened folder: no rule asks them about it, but it stays in that folder.

use super::Gate;
use crate::path::{FileAct, PathFacts, Place};
use crate::permit::Act;
use crate::verdict::{Reason, Verdict};

/// The rule by which a person edits their own files.
const OWN: &str = "the user's own edit";

impl Gate {
    /// Judges what a person does with a file in their own editor.
    pub fn judge_own_file(&self, act: FileAct<'_>, facts: &PathFacts) -> Verdict {
        let mut places = vec![facts];
        if let FileAct::Rename(to) = act {
            places.push(to);
        }
        own(&self.file_act(act, facts), &places)
    }

    /// Judges the making of a folder by a person.
    pub fn judge_own_folder(&self, facts: &PathFacts) -> Verdict {
        let path = match &facts.place {
            Place::Inside(path) => self.root().join(path.as_str()),
            _ => self.root().to_path_buf(),
        };
        own(&Act::MakeFolder { path }, &[facts])
    }
}

fn own(act: &Act, places: &[&PathFacts]) -> Verdict {
    let outside = places
        .iter()
        .filter(|it| !matches!(it.place, Place::Inside(_)))
        .map(|it| Reason {
            rule: "built in: the opened folder".to_owned(),
            why: format!(
                "«{}» is no file of the opened folder",
                change::visible(&it.requested)
            ),
            change: "open the folder that it is in".to_owned(),
        });
    Verdict::from_reasons(act, outside.collect(), Vec::new(), OWN)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::rules::Rules;
    use crate::verdict::Verdict;

    fn facts(place: Place) -> PathFacts {
        PathFacts {
            requested: "it".to_owned(),
            place,
            found: None,
            literal: true,
        }
    }

    fn inside(path: &str) -> PathFacts {
        facts(Place::Inside(path.parse().expect("a path")))
    }

    #[test]
    fn a_person_edits_what_is_in_the_folder_and_nothing_else() {
        let gate = Gate::new(Path::new("/ws"), Rules::parse(None, None).expect("rules"));
        let elsewhere = facts(Place::Outside("/etc/passwd".into()));
        let permit = |verdict| match verdict {
            Verdict::Allow(permit) => Some(permit),
            _ => None,
        };
        let write = FileAct::Write(b"x");
        let given = permit(gate.judge_own_file(write, &inside(".env"))).expect("allowed");
        let redeemed = given.redeem(&Act::write(Path::new("/ws/.env"), b"x"));
        assert_eq!(redeemed, Ok(OWN.to_owned()));
        for refused in [
            gate.judge_own_file(write, &elsewhere),
            gate.judge_own_file(FileAct::Read, &facts(Place::Root)),
            gate.judge_own_file(FileAct::Rename(&elsewhere), &inside("a")),
            gate.judge_own_file(FileAct::Rename(&inside("a")), &elsewhere),
            gate.judge_own_folder(&elsewhere),
        ] {
            assert!(matches!(refused, Verdict::Deny(_)), "{refused:?}");
        }
        assert!(permit(gate.judge_own_folder(&inside("a/b"))).is_some());
    }
}
