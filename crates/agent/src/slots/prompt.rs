//! What the model is told. Short, and the same words first, so that a model which keeps the prefix of its
//! last turn reads little twice.

use std::fmt::Write as _;

use code::Language;

use super::{FunctionSlot, Neighbour, Rule};

/// What stands above the neighbours.
const NEIGHBOURS: &str = "It may call these functions, which are there already";

/// The same for every function of a spec.
pub(super) fn system(slot: &FunctionSlot) -> String {
    let who = format!(
        "You are a careful {} programmer. You write one function exactly as its rules and examples say.",
        slot.language.name()
    );
    match slot.context.as_str() {
        "" => who,
        context => format!("{who}\n\nAbout the program: {context}"),
    }
}

/// The whole file anew, with the function changed.
pub(super) fn whole_file(slot: &FunctionSlot) -> String {
    format!(
        "The file `{}`:\n{}\n\nChange its function `{}` so that it does this:\n{}\n\nAnswer with one ```{} block \
         that holds the whole file. Leave everything else in it as it is. Standard library only.",
        slot.path,
        fenced(slot.language, &slot.file),
        slot.signature.as_ref().unwrap_or(&slot.function),
        words(slot),
        tag(slot.language),
    )
}

/// What a plan is asked for.
const STEPS: &str = "First say in at most five short numbered steps how the function computes its result, \
                     and which example needs special care.";

/// A few steps in words, and nothing more yet.
pub(super) fn plan(slot: &FunctionSlot) -> String {
    format!("{}\n{STEPS} Do not write code yet.", task(slot))
}

/// A few steps in words and then the code, in one answer.
pub(super) fn plan_then_code(slot: &FunctionSlot) -> String {
    let form = form(slot);
    format!(
        "{}\n{STEPS} After the steps, in the same answer, write the code. {form}",
        task(slot)
    )
}

/// Like [`plan_then_code`], knowing what went wrong before but not the code that did, which would only be
/// repeated.
pub(super) fn after_failures(slot: &FunctionSlot, failures: &[String]) -> String {
    let ask = "First say, for that example, step by step what happens to the input so that exactly the expected \
               result comes out.";
    after(
        slot,
        "misunderstood this",
        &failures[..failures.len().min(2)],
        ask,
    )
}

/// The same when no example failed but inputs much like them broke it.
pub(super) fn after_breakdowns(slot: &FunctionSlot, breakdowns: &[String]) -> String {
    let ask = "First say, for the first of them, what must come out by the rules and why.";
    let some = &breakdowns[..breakdowns.len().min(3)];
    after(slot, "did not think of inputs such as these", some, ask)
}

fn after(slot: &FunctionSlot, what: &str, lines: &[String], ask: &str) -> String {
    let mut text = task(slot);
    let _ = writeln!(text, "\nAn earlier try {what}:");
    for line in lines {
        let _ = writeln!(text, "- {}", short(line));
    }
    let _ = write!(
        text,
        "{ask} Then, in the same answer, write the code. {}",
        form(slot)
    );
    text
}

/// A failure on one line, without what a test runner adds.
fn short(failure: &str) -> String {
    let lines = failure.lines().map(str::trim);
    let mut text = lines.take(2).collect::<Vec<_>>().join(" ");
    if text.len() > 400 {
        let end = (0..=400).rev().find(|at| text.is_char_boundary(*at));
        text.truncate(end.unwrap_or(0));
    }
    text
}

/// What is said to a plan.
pub(super) fn now_the_code(slot: &FunctionSlot) -> String {
    format!("Now write it. {}", form(slot))
}

/// The code as a text to be completed, which is what small models have seen most of.
pub(super) fn complete(slot: &FunctionSlot) -> String {
    let head = match (slot.language, &slot.signature) {
        _ if slot.is_edit() => None,
        (Language::Python, Some(signature)) => Some(python_head(slot, signature)),
        (Language::JavaScript, Some(signature)) => Some(script_head(slot, signature)),
        _ => None,
    };
    let Some(head) = head else {
        return code(slot);
    };
    format!(
        "Complete this {} function.\n\n{}\n\n{}",
        slot.language.name(),
        fenced(slot.language, &head),
        bare_form(slot)
    )
}

/// The form of an answer to a text that says all already.
fn bare_form(slot: &FunctionSlot) -> String {
    format!(
        "Answer with one ```{} block that holds the complete function `{}` without docstring and comments, and the \
         imports it needs. Standard library only. No example calls, no prints.",
        tag(slot.language),
        slot.function
    )
}

/// The function as it is in a file, to be changed so that it keeps the slot's rules too.
pub(super) fn keep_also(slot: &FunctionSlot, file: &str) -> String {
    let mut text = format!(
        "This {} function keeps the first rules of its specification:\n\n{}\n",
        slot.language.name(),
        fenced(
            slot.language,
            &code::without(slot.language, file, &slot.others)
        ),
    );
    neighbours(&mut text, slot);
    let which = "Change it so that it also keeps this";
    list(&mut text, which, slot.rules.iter().map(told));
    let _ = write!(text, "\nAll that it does so far stays. {}", bare_form(slot));
    text
}

/// The file so far, below the imports of the neighbours, with room after it.
fn file_so_far(slot: &FunctionSlot) -> String {
    let file = slot.shown();
    let is_new = |it: &&Neighbour| it.file != slot.path && !file.contains(&it.statement);
    let imports = slot.neighbours.iter().filter(is_new);
    let mut text: String = imports.map(|it| format!("{}\n", it.statement)).collect();
    text.push_str(file.trim_end());
    match text.trim_end() {
        "" => String::new(),
        text => format!("{text}\n\n\n"),
    }
}

/// All that is known of the function, in words.
fn words(slot: &FunctionSlot) -> String {
    let mut words = slot.purpose.trim().to_owned();
    requirements(&mut words, slot);
    words.trim_end().to_owned()
}

/// The file so far, and the function's head under a comment that holds all that is known of it.
fn script_head(slot: &FunctionSlot, signature: &str) -> String {
    let name = signature.trim_start_matches("export ");
    let name = name
        .trim_start_matches("async ")
        .trim_start_matches("function ");
    let line = |it: &str| {
        format!(" * {}", it.replace("*/", "* /"))
            .trim_end()
            .to_owned()
            + "\n"
    };
    let comment: String = words(slot).lines().map(line).collect();
    format!(
        "{}/**\n{comment} */\nfunction {} {{",
        file_so_far(slot),
        name.trim_end_matches(['{', ' '])
    )
}

/// The file so far, and the function's head with all that is known of it as its docstring.
fn python_head(slot: &FunctionSlot, signature: &str) -> String {
    let name = signature
        .trim_start_matches("async ")
        .trim_start_matches("def ");
    let words = words(slot).replace("\"\"\"", "'''").replace('\n', "\n    ");
    format!(
        "{}def {}:\n    \"\"\"{words}\n    \"\"\"",
        file_so_far(slot),
        name.trim_end_matches(':')
    )
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

/// What is said to an answer that calls a function which is not there.
pub(super) fn helper(language: Language, name: &str) -> String {
    format!(
        "The function `{name}` that it calls does not exist. Write it. Answer with one ```{} block that holds only the function \
         `{name}`, without comments.",
        tag(language)
    )
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
    requirements(&mut text, slot);
    let file = slot.shown();
    if !file.trim().is_empty() {
        let file = fenced(slot.language, &file);
        let _ = writeln!(text, "\nThe file so far:\n{file}");
    }
    text
}

/// Rules, examples and neighbours. Examples stand under their rules unless most of them have none: then one list of
/// all says more.
fn requirements(text: &mut String, slot: &FunctionSlot) {
    let under_rules = || slot.rules.iter().flat_map(|it| &it.examples);
    if under_rules().count() > slot.examples.len() {
        list(
            text,
            "Rules, each with its examples",
            slot.rules.iter().map(told),
        );
        list(text, "More examples", slot.examples.iter().cloned());
    } else {
        list(text, "Rules", slot.rules.iter().map(|it| it.text.clone()));
        let all = slot.examples.iter().chain(under_rules());
        list(text, "Examples", all.cloned());
    }
    neighbours(text, slot);
}

fn neighbours(text: &mut String, slot: &FunctionSlot) {
    let described = |it: &Neighbour| described(it, &slot.path);
    list(text, NEIGHBOURS, slot.neighbours.iter().map(described));
}

fn told(rule: &Rule) -> String {
    let examples = rule.examples.iter().map(|it| format!("\n  {it}"));
    rule.text.clone() + &examples.collect::<String>()
}

fn described(neighbour: &Neighbour, path: &str) -> String {
    let Neighbour {
        signature, file, ..
    } = neighbour;
    let place = match file == path {
        true => "in this file".to_owned(),
        false => format!("from {file}"),
    };
    match neighbour.about.as_str() {
        "" => format!("{signature} ({place})"),
        about => format!("{signature} ({place}): {about}"),
    }
}

fn list(text: &mut String, title: &str, lines: impl Iterator<Item = String>) {
    let mut lines = lines.peekable();
    if lines.peek().is_some() {
        let _ = writeln!(text, "\n{title}:");
    }
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
