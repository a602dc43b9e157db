//! Completion in a conversation: `/` commands, `@workspace` and `#` mentions with the names of the project.

use std::path::{Path, PathBuf};

use rustyline::completion::{Completer, Pair};
use rustyline::hint::Hinter;
use rustyline::{Context, Highlighter, Validator};
use session::Nameable;

use super::room::COMMANDS;

/// Candidates that are shown.
const SHOWN: usize = 40;

/// Completes what a person types.
#[derive(Highlighter, Validator)]
pub(super) struct Helper {
    names: Nameable,
    folder: PathBuf,
}

impl Helper {
    /// With the project's names, in the folder of the conversation.
    pub(super) fn new(names: Nameable, folder: &Path) -> Helper {
        Helper {
            names,
            folder: folder.to_path_buf(),
        }
    }
}

impl rustyline::Helper for Helper {}

impl Hinter for Helper {
    type Hint = String;
}

impl Completer for Helper {
    type Candidate = Pair;

    fn complete(
        &self,
        line: &str,
        at: usize,
        _: &Context<'_>,
    ) -> rustyline::Result<(usize, Vec<Pair>)> {
        let head = &line[..at];
        let (start, candidates) = match picture(head) {
            Some(start) => (start, session::pictures_named(&head[start..], &self.folder)),
            None => candidates(head, &self.names),
        };
        let pair = |it: String| Pair {
            display: it.clone(),
            replacement: it,
        };
        Ok((
            start,
            candidates.into_iter().take(SHOWN).map(pair).collect(),
        ))
    }
}

/// Where the name of a picture begins that is to be completed.
fn picture(head: &str) -> Option<usize> {
    const COMMAND: &str = "/image ";
    const MENTION: &str = "#image:";
    if head.starts_with(COMMAND) {
        return Some(COMMAND.len());
    }
    let word = head.rfind([' ', '\n']).map_or(0, |it| it + 1);
    head[word..]
        .starts_with(MENTION)
        .then_some(word + MENTION.len())
}

/// Where the word to be completed begins, and what it may become.
fn candidates(head: &str, names: &Nameable) -> (usize, Vec<String>) {
    let start = head.rfind([' ', '\n', ',']).map_or(0, |it| it + 1);
    let word = &head[start..];
    if start == 0 && word.starts_with('/') {
        let fits = COMMANDS
            .iter()
            .map(|it| it.0)
            .filter(|it| it.starts_with(word));
        return (0, fits.map(|it| format!("{it} ")).collect());
    }
    let lists: [(&str, &[String]); 4] = [
        ("#file:", &names.files),
        ("#folder:", &names.folders),
        ("#symbol:", &names.symbols),
        ("#spec:", &names.specs),
    ];
    for (mark, list) in lists {
        if let Some(begun) = word.strip_prefix(mark) {
            return (start + mark.len(), fitting(begun, list));
        }
    }
    if word.starts_with(['#', '@']) {
        let named = names.steering.iter().map(|it| format!("#{it}"));
        let words = names.mentions.iter().cloned().chain(named);
        return (start, words.filter(|it| it.starts_with(word)).collect());
    }
    (head.len(), Vec::new())
}

/// Names that begin so, then those of which a part does.
fn fitting(begun: &str, list: &[String]) -> Vec<String> {
    let begun = begun.to_lowercase();
    let mut fits: Vec<String> = list
        .iter()
        .filter(|it| it.to_lowercase().starts_with(&begun))
        .cloned()
        .collect();
    let part = |it: &&String| {
        let small = it.to_lowercase();
        !small.starts_with(&begun) && small.split(['/', '.']).any(|it| it.starts_with(&begun))
    };
    fits.extend(list.iter().filter(part).cloned());
    fits
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names() -> Nameable {
        let own = |list: &[&str]| list.iter().map(|it| (*it).to_owned()).collect();
        Nameable {
            mentions: own(&["@workspace", "#file:", "#folder:"]),
            files: own(&["shop/cart.py", "src/shop.py"]),
            folders: own(&["shop"]),
            symbols: own(&["Cart"]),
            specs: own(&["login"]),
            steering: own(&["api"]),
        }
    }

    #[test]
    fn words_become_what_they_begin() {
        let of = |head: &str| candidates(head, &names());
        assert_eq!(of("/sp"), (0, vec!["/spec ".to_owned()]));
        assert_eq!(of("why @wo"), (4, vec!["@workspace".to_owned()]));
        assert_eq!(
            of("why #"),
            (
                4,
                vec![
                    "#file:".to_owned(),
                    "#folder:".to_owned(),
                    "#api".to_owned()
                ]
            )
        );
        assert_eq!(
            of("#file:sho"),
            (6, vec!["shop/cart.py".to_owned(), "src/shop.py".to_owned()])
        );
        assert_eq!(of("#symbol:ca"), (8, vec!["Cart".to_owned()]));
        assert_eq!(picture("/image docs/a b"), Some(7));
        assert_eq!(picture("why #image:do"), Some(11));
        assert_eq!(picture("why #file:do"), None);
        assert_eq!(of("plain words").1, Vec::<String>::new());
        assert_eq!(of("see /sp").1, Vec::<String>::new());
    }
}
