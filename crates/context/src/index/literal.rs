//! Which files can hold a plain text: those that have its words. What the list of words does not tell is not left out.

use std::collections::HashSet;

use change::RelPath;

use super::{Index, Loaded, words};

impl Index {
    /// The files that can hold `text` letter for letter, with their sizes; none when the text says too little to tell. A file
    /// that is not in the index is not among them.
    pub fn can_hold(&self, text: &str) -> Option<Vec<(&RelPath, u64)>> {
        let sought = longest_run(text)?;
        let having: Vec<HashSet<u32>> = self
            .segments
            .iter()
            .map(|it| documents_with(it, sought))
            .collect();
        let can = |key| {
            self.row(key)
                .is_none_or(|(at, number, row)| row.has_more || having[at].contains(&number))
        };
        let files = self.tree.files.iter().filter(|(_, it)| can(&it.key));
        Some(files.map(|(path, it)| (path, it.size)).collect())
    }
}

/// The longest run of a text that lies within a word and can be told by the words that are kept.
fn longest_run(text: &str) -> Option<&str> {
    let runs = text.split(|c: char| c.is_ascii() && !words::is_word(c as u8));
    runs.max_by_key(|it| it.len()).filter(|it| it.len() > 2)
}

/// Documents with a word that holds this run.
fn documents_with(loaded: &Loaded, run: &str) -> HashSet<u32> {
    let segment = &loaded.segment;
    let mut documents = HashSet::new();
    let mut last = None;
    for at in memchr::memmem::find_iter(segment.all_words().as_bytes(), run) {
        let number = segment.word_at(at);
        if last != Some(number) && segment.word(number).contains(run) {
            documents.extend(segment.list(number).map(|(document, _)| document));
        }
        last = Some(number);
    }
    documents
}
