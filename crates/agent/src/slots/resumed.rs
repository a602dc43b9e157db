//! Going on from the middle of an answer that is nearly right: its beginning is kept and the rest drawn anew. What a small
//! model got right it need not get right again, and what is drawn is short.

use model::Message;

use super::{Candidate, FunctionSlot, Question, Route, Work, prompt};

/// How freely the rest is drawn.
const TEMPERATURE: f32 = 1.0;

impl Work<'_> {
    /// The question for the rest of one of the best answers; none where no answer keeps an example, or none is long enough
    /// to be cut, or the model cannot go on with a text.
    pub(super) fn resumed(&self, number: u32, routes: Vec<Route>) -> Option<Question> {
        // What an answer comes to from its own beginning is no second opinion of it.
        if !self.model.profile().goes_on || self.nothing_failed() {
            return None;
        }
        let passed = |it: &Candidate| it.trial.passed;
        let most = self.candidates.iter().map(passed).max()?;
        let near = self.candidates.iter().filter(|it| passed(it) == most);
        let places: Vec<_> = near.map(|it| (it, cuts(self.slot, &it.item))).collect();
        let places: Vec<_> = places.iter().filter(|it| !it.1.is_empty()).collect();
        if most == 0 || places.is_empty() {
            return None;
        }
        let chance = chance(self.limits.seed, number);
        let (parent, cuts) = places[chance % places.len()];
        let cut = cuts[chance / places.len() % cuts.len()];
        let begun = prompt::fenced(self.slot.language, &parent.item[..cut]);
        // Without the end of the block.
        let begun = begun.trim_end_matches('`').to_owned();
        let mut question = self.code(routes, prompt::complete(self.slot), TEMPERATURE);
        question.messages.push(Message::assistant(&begun));
        question.begun = begun;
        Some(question)
    }
}

/// Where an item can be cut: after each line from that of the function's name on but the last.
fn cuts(slot: &FunctionSlot, item: &str) -> Vec<usize> {
    let name = slot.function.rsplit('.').next().unwrap_or_default();
    let item = item.trim_end();
    let Some(head) = item.find(name) else {
        return Vec::new();
    };
    let ends = item.match_indices('\n').map(|(at, _)| at + 1);
    let is_blank = |at: &usize| item[*at..].starts_with('\n');
    ends.filter(|at| *at > head && !is_blank(at)).collect()
}

/// A number that looks as if drawn, the same for the same seed and count (SplitMix64).
fn chance(seed: u64, count: u32) -> usize {
    let mut bits = (seed + u64::from(count)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    (bits >> 33) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_cut_after_lines_of_its_body() {
        let slot = super::super::tests::slot("");
        let item = "import re\ndef double(n):\n    m = n\n\n    return m + n\n";
        let kept: Vec<&str> = cuts(&slot, item)
            .into_iter()
            .map(|it| &item[..it])
            .collect();
        assert_eq!(
            kept,
            [
                "import re\ndef double(n):\n",
                "import re\ndef double(n):\n    m = n\n\n"
            ]
        );
        assert!(cuts(&slot, "def double(n): return n").is_empty());
    }

    #[test]
    fn chance_goes_everywhere() {
        let drawn: std::collections::HashSet<usize> = (0..40).map(|it| chance(1, it) % 8).collect();
        assert_eq!(drawn.len(), 8);
        assert_eq!(chance(3, 5), chance(3, 5));
    }
}
