//! An answer shown before the question: a small model follows rules better when it has seen some followed. What is shown
//! has an error, a notion with a name, a look at what stands before, and a rule for the rest, each in its place.

use code::Language;
use model::Message;

use super::{FunctionSlot, Rule, prompt};

const SCRIPT: &str = r#"function shiftsOf(days) {
  const isFree = (day) => day === "sat" || day === "sun";
  const shifts = [];
  for (let i = 0; i < days.length; i++) {
    if (days[i] === "") {
      throw new TypeError("a day is empty");
    }
    if (isFree(days[i])) {
      continue;
    }
    if (i > 0 && !isFree(days[i - 1])) {
      shifts[shifts.length - 1] += 1;
    } else {
      shifts.push(1);
    }
  }
  return shifts;
}"#;

const PYTHON: &str = r#"def shifts_of(days: list[str]) -> list[int]:
    def is_free(day):
        return day == "sat" or day == "sun"

    shifts = []
    for at, day in enumerate(days):
        if day == "":
            raise ValueError("a day is empty")
        if is_free(day):
            continue
        if at > 0 and not is_free(days[at - 1]):
            shifts[-1] += 1
        else:
            shifts.append(1)
    return shifts"#;

/// The question and answer that are shown, where there are some for the language.
pub(super) fn messages(language: Language) -> Vec<Message> {
    let (signature, error, answer) = match language {
        Language::Python => (
            "shifts_of(days: list[str]) -> list[int]",
            "ValueError",
            PYTHON,
        ),
        Language::JavaScript => ("shiftsOf(days)", "TypeError", SCRIPT),
        _ => return Vec::new(),
    };
    let question = prompt::code(&slot(language, signature, error));
    let answer = prompt::fenced(language, answer);
    vec![Message::user(question), Message::assistant(answer)]
}

fn slot(language: Language, signature: &str, error: &str) -> FunctionSlot {
    let function = signature.split('(').next().unwrap_or_default();
    let rule = |text: &str, examples: &[&str]| Rule {
        text: text.to_owned(),
        examples: examples
            .iter()
            .map(|it| format!("{function}({it}"))
            .collect(),
    };
    let raises = format!("[\"mon\", \"\"]) raises {error}");
    FunctionSlot {
        language,
        function: function.to_owned(),
        signature: Some(signature.to_owned()),
        purpose: "It turns days into the lengths of the shifts between free days. A day is free when it is `\"sat\"` or \
                  `\"sun\"`."
            .to_owned(),
        context: String::new(),
        rules: vec![
            rule(
                &format!("Raise a `{error}` when a day is the empty string"),
                &[&raises],
            ),
            rule("At a free day, add nothing", &["[\"sat\", \"sun\"]) → []"]),
            rule(
                "At any other day, when the day directly before it is not free either, add 1 to the last number",
                &["[\"mon\", \"tue\", \"sat\"]) → [2]"],
            ),
            rule(
                "Otherwise put a `1` at the end of the numbers",
                &["[\"mon\", \"sat\", \"mon\"]) → [1, 1]", "[]) → []"],
            ),
        ],
        examples: Vec::new(),
        neighbours: Vec::new(),
        others: Vec::new(),
        path: String::new(),
        file: String::new(),
        earlier: Vec::new(),
    }
}
