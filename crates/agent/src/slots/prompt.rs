//! What the model is told. Short, and the same words first, so that a model which keeps the prefix of its
//! last turn reads little twice.

use std::fmt::Write as _;

use code::Language;

use super::FunctionSlot;

/// Most tokens of the plan that comes before the code.
pub(super) const PLAN_TOKENS: u32 = 220;

pub(super) fn system(language: Language) -> String {
    format!(
        "You are a careful {} programmer. You write one function exactly as its rules and examples say.",
        language.name()
    )
}

pub(super) fn plan(slot: &FunctionSlot) -> String {
    format!(
        "{}\nFirst say in at most five short numbered steps how the function computes its result, \
         and which example needs special care. Do not write code yet.",
        task(slot)
    )
}

pub(super) fn code_after_plan(slot: &FunctionSlot) -> String {
    format!("Now write it. {}", form(slot))
}

pub(super) fn code(slot: &FunctionSlot) -> String {
    format!("{}\n{}", task(slot), form(slot))
}

pub(super) fn repair(slot: &FunctionSlot, failures: &[String]) -> String {
    let mut text = String::from("That is not right yet:\n");
    for failure in failures.iter().take(2) {
        let _ = writeln!(text, "- {}", failure.replace('\n', "\n  "));
    }
    let _ = write!(
        text,
        "Find the step that is wrong and write the whole function again in another way. {}",
        form(slot)
    );
    text
}

pub(super) fn fenced(language: Language, item: &str) -> String {
    format!("```{}\n{}\n```", tag(language), item.trim_end())
}

fn tag(language: Language) -> &'static str {
    language.fence_tags().first().copied().unwrap_or("")
}

fn task(slot: &FunctionSlot) -> String {
    let mut text = format!("Write the {} function ", slot.language.name());
    let _ = writeln!(
        text,
        "`{}`.",
        slot.signature.as_ref().unwrap_or(&slot.function)
    );
    if !slot.purpose.is_empty() {
        let _ = writeln!(text, "{}", slot.purpose);
    }
    list(&mut text, "Rules", &slot.rules);
    list(&mut text, "Examples", &slot.examples);
    if !slot.file.trim().is_empty() {
        let _ = writeln!(
            text,
            "\nThe file so far:\n{}",
            fenced(slot.language, &slot.file)
        );
    }
    text
}

fn list(text: &mut String, title: &str, lines: &[String]) {
    if lines.is_empty() {
        return;
    }
    let _ = writeln!(text, "\n{title}:");
    for line in lines {
        let _ = writeln!(text, "- {line}");
    }
}

/// The docstring is left to the model: it writes the rules into it, and a small model that has just written
/// them down keeps them better.
fn form(slot: &FunctionSlot) -> String {
    format!(
        "Answer with one ```{} block that holds the complete function `{}` with a one-line docstring, \
         and the imports it needs. Standard library only. No example calls, no prints.",
        tag(slot.language),
        slot.function
    )
}
