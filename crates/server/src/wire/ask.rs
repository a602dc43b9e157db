//! What waits for a person, and what they say.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use session::{Changeset, FileChange, Wish};

/// Something that waits for an answer in this server.
#[derive(Clone, Debug, Serialize)]
pub struct Ask {
    /// Its id.
    pub ask: String,
    /// The operation that waits for it.
    pub operation: String,
    /// The folder that it is about.
    pub root: String,
    /// What it is.
    #[serde(flatten)]
    pub asked: Asked,
}

/// What waits, by its kind.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Asked {
    /// A proposal: answered by `approve`, `keep`, `modify`, `revise`, `skip` or `stop`.
    Review(Review),
    /// The model wants to know something: answered by `say`, or `skip` when there is no answer.
    Question {
        /// The question.
        text: String,
        /// Answers that it suggests; any other will do.
        options: Vec<String>,
    },
    /// A rule wants a person's yes to one act: answered by `yes` or `no`.
    Wish {
        /// The act, in one line.
        act: String,
        /// Every reason to ask.
        reasons: Vec<String>,
        /// What may be approved beyond this one time.
        offers: Vec<Offer>,
    },
}

impl Asked {
    /// A wish as it is asked.
    pub fn wish(wish: &Wish) -> Asked {
        let offers = wish.offers.iter().enumerate();
        Asked::Wish {
            act: wish.act.clone(),
            reasons: wish.reasons.iter().map(safe).collect(),
            offers: offers
                .map(|(number, it)| Offer {
                    number,
                    text: offer(it),
                })
                .collect(),
        }
    }
}

fn safe(text: impl std::fmt::Display) -> String {
    session::visible(&text.to_string()).into_owned()
}

/// What one of a wish's offers would approve, in words that are safe to print.
pub fn offer(
    (pattern, scope): &(session::shell::CommandPattern, session::shell::PatternScope),
) -> String {
    let scope = match scope {
        session::shell::PatternScope::Run => "in this run",
        session::shell::PatternScope::Project => "in this project",
    };
    format!("{} {scope}", safe(pattern))
}

/// Something that may be approved beyond one time.
#[derive(Clone, Debug, Serialize)]
pub struct Offer {
    /// How an answer names it.
    pub number: usize,
    /// What it approves.
    pub text: String,
}

/// What a task, or a chat, would bring in.
#[derive(Clone, Debug, Serialize)]
pub struct Review {
    /// The spec's path; none for a chat.
    pub spec: Option<String>,
    /// The task's id.
    pub task: String,
    /// Its title.
    pub title: String,
    /// Why the rules want a person, when they do.
    pub reasons: Vec<String>,
    /// What the checks said.
    pub evidence: String,
    /// Which answers there are besides `approve`, `skip` and `stop`.
    pub offers: ReviewOffers,
    /// Lines added.
    pub added_lines: usize,
    /// Lines removed.
    pub removed_lines: usize,
    /// Its files, by path.
    pub files: Vec<ReviewFile>,
}

/// Answers that are not always there.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct ReviewOffers {
    /// `keep`.
    pub keep: bool,
    /// `modify`.
    pub modify: bool,
    /// `revise`.
    pub revise: bool,
}

/// A file of a proposal.
#[derive(Clone, Debug, Serialize)]
pub struct ReviewFile {
    /// Its path.
    pub path: String,
    /// `added`, `modified`, `deleted` or `mode`.
    pub change: &'static str,
    /// Git's mode before, such as `100644`; none when the file was not there.
    pub old_mode: Option<&'static str>,
    /// Git's mode after; none when the file goes.
    pub new_mode: Option<&'static str>,
    /// Its text before; none when it was not there, or is no text.
    pub old_text: Option<String>,
    /// Its text after; none when it goes, or is no text.
    pub new_text: Option<String>,
    /// Lines added.
    pub added_lines: usize,
    /// Lines removed.
    pub removed_lines: usize,
    /// What can be kept or left out, at least one.
    pub parts: Vec<ReviewPart>,
}

/// A part of a file: a hunk, or the whole of a file that is kept or left out as one.
#[derive(Clone, Debug, Serialize)]
pub struct ReviewPart {
    /// How an answer names it, within its file.
    pub number: usize,
    /// The first line before, from 1, and how many.
    pub old: (usize, usize),
    /// The first line after, from 1, and how many.
    pub new: (usize, usize),
    /// The hunk as it is printed; empty for the whole of a file that is no text.
    pub text: String,
}

impl Review {
    /// A review as it is shown.
    pub fn of(review: &session::Review) -> Review {
        let stats = review.changes.stats();
        Review {
            spec: review.spec.clone(),
            task: review.task.clone(),
            title: review.title.clone(),
            reasons: review.reasons.clone(),
            evidence: review.evidence.clone(),
            offers: ReviewOffers {
                keep: review.offers.task,
                modify: review.offers.task,
                revise: review.offers.task,
            },
            added_lines: stats.added_lines,
            removed_lines: stats.removed_lines,
            files: files(&review.changes),
        }
    }
}

/// Every file of a changeset as it is shown.
pub fn files(changes: &Changeset) -> Vec<ReviewFile> {
    changes.files().iter().map(file).collect()
}

fn file(it: &FileChange) -> ReviewFile {
    let text = |state: &Option<session::FileState>| {
        let state = state.as_ref()?;
        state.text().map(str::to_owned)
    };
    let mode = |state: &Option<session::FileState>| state.as_ref().map(|it| it.mode.git());
    let stats = it.stats();
    ReviewFile {
        path: it.path.to_string(),
        change: match it.kind() {
            session::FileChangeKind::Added => "added",
            session::FileChangeKind::Modified => "modified",
            session::FileChangeKind::Deleted => "deleted",
            session::FileChangeKind::ModeChanged => "mode",
        },
        old_mode: mode(&it.before),
        new_mode: mode(&it.after),
        old_text: text(&it.before),
        new_text: text(&it.after),
        added_lines: stats.added_lines,
        removed_lines: stats.removed_lines,
        parts: parts(it),
    }
}

fn parts(it: &FileChange) -> Vec<ReviewPart> {
    let hunks = it.choices();
    if hunks.is_empty() {
        let lines = |text: Option<&str>| text.map_or(0, |it| it.lines().count());
        let text =
            |state: &Option<session::FileState>| lines(state.as_ref().and_then(|it| it.text()));
        let (old, new) = (text(&it.before), text(&it.after));
        return vec![ReviewPart {
            number: 0,
            old: (usize::from(old > 0), old),
            new: (usize::from(new > 0), new),
            text: it.display(),
        }];
    }
    let part = |(number, hunk): (usize, &session::Hunk)| ReviewPart {
        number,
        old: (hunk.old_range.start + 1, hunk.old_range.len()),
        new: (hunk.new_range.start + 1, hunk.new_range.len()),
        text: hunk.display(),
    };
    hunks.iter().enumerate().map(part).collect()
}

/// A part of a file that stays.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Part {
    /// The file.
    pub path: String,
    /// Which of its parts.
    pub number: usize,
}

/// A file as a person wants it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TextFile {
    /// The file.
    pub path: String,
    /// Its whole text.
    pub text: String,
}

/// What a person says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "answer", rename_all = "snake_case")]
pub enum Answer {
    /// Let it land.
    Approve,
    /// Leave out all but these parts; what is left is proven and shown anew.
    Keep {
        /// What stays.
        parts: BTreeSet<Part>,
    },
    /// These files are otherwise; what is then there is proven and shown anew.
    Modify {
        /// Files of the proposal with the text that they shall have.
        files: Vec<TextFile>,
    },
    /// Attempt it anew, as this remark says.
    Revise {
        /// What is to be otherwise.
        remark: String,
    },
    /// Leave it out.
    Skip,
    /// End the run here.
    Stop,
    /// The answer to a question.
    Say {
        /// The answer.
        text: String,
    },
    /// Yes to a wish.
    Yes {
        /// And to what this offer covers.
        #[serde(default)]
        offer: Option<usize>,
    },
    /// No to a wish.
    No,
}

/// Something waits no more.
#[derive(Clone, Debug, Serialize)]
pub struct AskClosed {
    /// Its id.
    pub ask: String,
    /// The operation that waited.
    pub operation: String,
    /// The folder that it was about.
    pub root: String,
    /// What was said; none when it came from another process, or nobody is waited for any more.
    pub answer: Option<Answer>,
}
