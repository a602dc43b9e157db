//! Names that an answer uses and does not define. Small models like to call `isNumber` as if it were there; the rest of
//! such an answer is often right, and the function that is missing is a few lines.

use model::{Message, Request};

use super::{AFTER_CODE, AgentError, Bench, Route, SlotEvent, Work, prompt};

/// Most answers of a slot that are helped so.
const HELPED_MAX: usize = 6;

/// Most tokens of a missing function.
const HELPER_TOKENS: u32 = 200;

impl Work<'_> {
    /// Asks for the function that an answer misses, and has both judged together.
    pub(super) fn help(
        &mut self,
        bench: &mut dyn Bench,
        on: &mut dyn FnMut(SlotEvent),
    ) -> Result<(), AgentError> {
        while let Some((at, name)) = self.in_need() {
            self.helped.push(at);
            let route = Route::Helped;
            on(SlotEvent::Asking(route));
            let request = self.helper_request(&self.candidates[at].item, &name);
            let mut streaming = |delta| on(SlotEvent::Streaming(delta));
            let reply = self.model.stream(&request, self.cancel, &mut streaming)?;
            let language = self.slot.language;
            let text = reply.text.clone() + AFTER_CODE;
            let helper = code::fenced(&text, Some(language))
                .and_then(|it| code::definition(language, &it, &name));
            let result = match helper {
                Some(helper) => {
                    let item = format!("{helper}\n\n\n{}", self.candidates[at].item);
                    let answer = prompt::fenced(language, &item) + "\n";
                    self.judge_text(route, &answer, bench)?.0
                }
                None => format!("it does not define {name}"),
            };
            self.note(route, reply.usage, result, on);
        }
        Ok(())
    }

    /// An answer that was not helped yet, and the name that it misses.
    fn in_need(&self) -> Option<(usize, String)> {
        if self.helped.len() >= HELPED_MAX || self.opinion().is_settled() {
            return None;
        }
        let mut candidates = self.candidates.iter().enumerate();
        candidates.find_map(|(at, it)| {
            let name = it.trial.failures.iter().find_map(|it| undefined(it))?;
            let calls = it.item.contains(&format!("{name}("));
            (calls && !self.helped.contains(&at)).then_some((at, name))
        })
    }

    fn helper_request(&self, item: &str, name: &str) -> Request {
        let language = self.slot.language;
        let messages = vec![
            Message::user(prompt::complete(self.slot)),
            Message::assistant(prompt::fenced(language, item)),
            Message::user(prompt::helper(language, name)),
        ];
        self.request(messages, HELPER_TOKENS, 0.0)
    }
}

/// The name that a failure says is not defined, in the words of Python, Node.js or Rust.
fn undefined(failure: &str) -> Option<String> {
    let is_name = |c: char| c.is_alphanumeric() || c == '_' || c == '$';
    let quoted = failure.split("name '").nth(1);
    let python = quoted.and_then(|it| it.split_once("' is not defined"));
    let rust = failure
        .split("cannot find function `")
        .nth(1)
        .and_then(|it| it.split_once('`'));
    let script = || {
        let (before, _) = failure
            .split_once("ReferenceError: ")?
            .1
            .split_once(" is not defined")?;
        Some(before)
    };
    let name = python.or(rust).map(|it| it.0).or_else(script)?;
    (!name.is_empty() && name.chars().all(is_name)).then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::undefined;

    #[test]
    fn the_name_that_is_missing_is_read_from_the_failure() {
        let of = |failure: &str| undefined(failure);
        assert_eq!(
            of("f(1) → 2, but: NameError: name 'is_digit' is not defined").as_deref(),
            Some("is_digit")
        );
        assert_eq!(
            of("f(1), but: ReferenceError: isNumber is not defined\n at x").as_deref(),
            Some("isNumber")
        );
        assert_eq!(
            of("error[E0425]: cannot find function `half` in this scope").as_deref(),
            Some("half")
        );
        assert_eq!(of("AssertionError: 5 != 4"), None);
        assert_eq!(of("ReferenceError: a b is not defined"), None);
    }
}
