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

fn form(slot: &FunctionSlot) -> String {
    let mut text = format!(
        "Answer with one ```{} block that holds the imports and the complete function `{}`. \
         Standard library only. No example calls, no prints, no comments.",
        tag(slot.language),
        slot.function
    );
    if let (Language::Python, Some(signature)) = (slot.language, &slot.signature) {
        let _ = writeln!(text, " The function begins so:");
        let opening = format!("def {signature}:\n    \"\"\"{}\"\"\"", docstring(slot));
        text.push_str(&fenced(slot.language, &opening));
    }
    text
}

/// One line that says what the function is for: the first sentence of its purpose, without the signature.
fn docstring(slot: &FunctionSlot) -> String {
    let purpose = slot.purpose.trim();
    let rest = match purpose.strip_prefix('`').and_then(|it| it.split_once('`')) {
        Some((_, rest)) => rest.trim_start(),
        None => purpose,
    };
    let sentence = rest.split_inclusive(". ").next().unwrap_or(rest).trim_end();
    let plain: String = sentence
        .chars()
        .filter(|c| !matches!(c, '`' | '"' | '\\'))
        .take(90)
        .collect();
    let mut letters = plain.chars();
    let first = letters.next().map(|c| c.to_uppercase().collect::<String>());
    let text = first.unwrap_or_default() + letters.as_str();
    if text.ends_with('.') {
        text
    } else {
        format!("{text}.")
    }
}
