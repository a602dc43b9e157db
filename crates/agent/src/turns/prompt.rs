//! What the model is told: constant texts, so that the beginning of every request stays the same to the byte.

use super::kit::Kit;

/// How tools are used, whoever's they are.
const RULES: &str = "\
You work by calling tools, in steps. Look before you change anything. Calls that only read may be made together in \
one answer. A failed call says what would be right: do that, and do not repeat the same call. Note decisions and \
open questions with `note`. When everything is done, answer in words without a call. Your word is no proof: the \
program looks at files and runs checks.";

/// How calls are written by a model that has no native ones.
const WRITTEN: &str = "\
To call a tool, write a fence labelled `tool` with one JSON object, and nothing after your calls:
```tool
{\"name\": \"NAME\", \"arguments\": {}}
```
The results come in the next message. The tools are:
";

/// The system text of a conversation.
pub(super) fn system(own: &str, kit: &Kit<'_>, native: bool) -> String {
    let written = match native {
        true => String::new(),
        false => format!("\n\n{WRITTEN}{}", kit.described()),
    };
    let own = own.trim_end();
    let between = if own.is_empty() { "" } else { "\n\n" };
    format!("{own}{between}{RULES}{written}")
}

/// For an answer that did nothing.
pub(super) const NOTHING_DONE: &str = "\
Your answer did nothing. If there is work left, do it now by calling tools; if all is done or cannot be done, say \
what is the case in plain words.";

/// For turns that go in a circle.
pub(super) fn circle(length: usize) -> String {
    let what = match length {
        1 => "The same calls gave the same results three times".to_owned(),
        length => format!("The last calls go in a circle of {length} turns"),
    };
    format!(
        "{what}. Nothing changes by this. Do something else, or say in plain words what is in the way."
    )
}

/// For calls of an answer that was cut off.
pub(super) const CUT_CALLS: &str = "\
not run: your answer was cut off at its length limit, so no call of it was run. Make fewer or smaller calls, such as \
several small edits in place of a large one";

/// For text that was cut off inside a call.
pub(super) const CUT_TEXT_CALLS: &str = "\
Your answer was cut off at its length limit inside a call, so nothing was run. Make fewer or smaller calls.";

/// For words that were cut off.
pub(super) const GO_ON: &str =
    "Your answer was cut off at its length limit. Go on exactly where it stopped.";

/// Asks for a summary of what is about to be cut.
pub(super) const SUMMARISE: &str = "\
The conversation gets too long and its older part is about to be cut. Answer without any call, in at most 400 words: \
what you found out that is still needed (names, places, causes), what you tried and what came of it, and what is to \
be done next. Claim nothing that no result has shown.";

/// What stands in place of turns that were cut.
pub(super) fn instead(ledger: &str, summary: Option<&str>) -> String {
    let summary = match summary {
        Some(text) => format!("\nYour own summary before the cut:\n{}\n", text.trim()),
        None => String::new(),
    };
    format!(
        "\n\n[The older part of this conversation was cut to save room. What the program recorded meanwhile:]\n\
         {ledger}{summary}[Go on from here; read files again where you need them.]"
    )
}
