//! YAML with `trigger` and `action`: the form of the specification that Kiro implements.

use std::ops::Range;

use super::head;
use super::section::{Placed, Section, finished};
use super::within::within;
use crate::condition::Condition;
use crate::diagnostic::{Code, Diagnostic};
use crate::event::Event;
use crate::filter::{Filter, Pattern};
use crate::hook::{Action, Files, Hook};
use crate::prompt::Prompt;
use crate::tree::{Node, Value};

const KEYS: [&str; 5] = ["name", "description", "enabled", "trigger", "action"];
const TRIGGER: [&str; 3] = ["event", "filter", "condition"];
const ACTION: [&str; 8] = [
    "type",
    "prompt",
    "command",
    "auto_commit",
    "require_approval",
    "blocking",
    "run_tests",
    "timeout",
];

/// The file's one hook.
pub(super) fn read(text: &str, root: &Node) -> (Vec<Hook>, Vec<Diagnostic>) {
    if root.value == Value::Null {
        let why = "the file is empty; `kiro hooks new --template auto-doc` writes an example";
        return (
            Vec::new(),
            vec![Diagnostic::error(Code::MissingKey, head(text), why)],
        );
    }
    let mut top = Section::of("a hook", root, head(text));
    if !top.wrong.is_empty() {
        return (Vec::new(), top.wrong);
    }
    misplaced(&mut top);
    top.only(&KEYS, false);
    let mut hook = Hook::blank(root.span.clone());
    named(&mut top, &mut hook, text);
    let nothing = Node {
        span: head(text),
        value: Value::Map(Vec::new()),
    };
    let mut trigger = part(&mut top, "trigger", "trigger: {event: file.save}", &nothing);
    trigger.only(&TRIGGER, false);
    (hook.event, hook.places.event) = event(&mut trigger);
    let event_span = hook.places.event.clone();
    (hook.files, hook.places.filter) = filter(&mut trigger, hook.event, &event_span);
    hook.condition = condition(&mut trigger, text, hook.event);
    hook.places.condition = trigger.node("condition").map_or(0..0, |it| it.span.clone());
    let example = "action: {type: agent, prompt: …}";
    let mut action = part(&mut top, "action", example, &nothing);
    action.only(&ACTION, false);
    (hook.action, hook.places.action) = does(&mut action, text, hook.event);
    hook.blocking = action.truth("blocking", false);
    let blocking = action.entry("blocking");
    hook.places.blocking = blocking.map_or(0..0, |it| it.key_span.start..it.node.span.end);
    hook.require_approval = action.truth("require_approval", true);
    hook.auto_commit = action.truth("auto_commit", false);
    hook.run_tests = action.truth("run_tests", false);
    hook.timeout = action.seconds("timeout");
    let (hook, wrong) = finished(hook, [top, trigger, action], false);
    (vec![hook], wrong)
}

/// Name, description and whether the hook is switched on.
fn named(top: &mut Section<'_>, hook: &mut Hook, text: &str) {
    let node = top.needed("name", "name: \"Auto-Documentation\"");
    let name = top.text("name", node);
    hook.name = name.as_ref().map_or(String::new(), |it| it.0.to_owned());
    hook.places.name = name.map_or(head(text), |it| it.1);
    let description = top.node("description");
    let description = top.text("description", description);
    hook.description = description.map_or(String::new(), |it| it.0.to_owned());
    hook.enabled = top.truth("enabled", true);
    hook.places.enabled = top.node("enabled").map_or(0..0, |it| it.span.clone());
}

/// A part of the hook that has to be there; when it is not, that is told and an empty one stands for it.
fn part<'n>(
    top: &mut Section<'n>,
    key: &'static str,
    example: &str,
    nothing: &'n Node,
) -> Section<'n> {
    let entry = top.entry(key);
    match entry {
        Some(entry) => Section::of(key, &entry.node, entry.key_span.clone()),
        None => {
            top.needed(key, example);
            // Nothing more is told of what is not there at all.
            let mut missing = Section::of(key, nothing, top.head.clone());
            missing.silent();
            missing
        }
    }
}

/// Keys that stand at the top though they belong into `action` or `trigger`.
fn misplaced(top: &mut Section<'_>) {
    for (key, home) in ACTION
        .iter()
        .map(|it| (it, "action"))
        .chain(TRIGGER.iter().map(|it| (it, "trigger")))
    {
        if let Some(entry) = top.entry(key) {
            let why = format!("`{key}` belongs into `{home}`");
            top.error(Code::UnknownKey, entry.key_span.clone(), why);
            top.forget(key);
        }
    }
}

fn event(trigger: &mut Section<'_>) -> (Option<Event>, Range<usize>) {
    let node = trigger.needed("event", "event: file.save");
    let Some((name, span)) = trigger.text("event", node) else {
        return (None, trigger.head.clone());
    };
    let event = Event::parse(name);
    if event.is_none() {
        let why = change::unknown_word("event", name, &Event::names());
        trigger.error(Code::UnknownEvent, span.clone(), why);
    }
    (event, span)
}

fn filter(
    trigger: &mut Section<'_>,
    event: Option<Event>,
    event_span: &Range<usize>,
) -> (Files, Range<usize>) {
    let Some(entry) = trigger.entry("filter") else {
        return (Files::All, event_span.clone());
    };
    let span = entry.key_span.start..entry.node.span.end.max(entry.key_span.end);
    let Some(texts) = trigger.texts("filter") else {
        return (Files::All, span);
    };
    if let Some(event) =
        event.filter(|it| !it.is_about_a_file() && !it.is_about_files() && *it != Event::Manual)
    {
        let why = format!("{event} is about no file, so a filter says nothing");
        trigger.warning(Code::WithoutEffect, entry.key_span.clone(), why);
        return (Files::All, span);
    }
    (Files::Patterns(patterns(trigger, texts, false)), span)
}

/// Compiles patterns; those that are none are told.
pub(super) fn patterns(
    section: &mut Section<'_>,
    texts: Vec<Placed<'_>>,
    anywhere: bool,
) -> Filter {
    let mut patterns = Vec::new();
    for (text, span) in texts {
        match Pattern::compile(text, span.clone(), anywhere) {
            Ok(pattern) => patterns.push(pattern),
            Err(why) => section.error(
                Code::BadPattern,
                span,
                format!("«{text}» is no pattern: {why}"),
            ),
        }
    }
    Filter::new(patterns)
}

fn condition(trigger: &mut Section<'_>, source: &str, event: Option<Event>) -> Option<Condition> {
    let node = trigger.node("condition")?;
    // `condition: true` is no text in YAML, but it is a condition.
    let written;
    let text = match &node.value {
        Value::Truth(truth) => {
            written = truth.to_string();
            &written
        }
        _ => trigger.text("condition", Some(node))?.0,
    };
    match Condition::parse(text, event) {
        Ok(condition) => Some(condition),
        Err(faults) => {
            for fault in faults {
                let span = within(source, &node.span, text, fault.span);
                trigger.error(fault.code, span, fault.message);
            }
            None
        }
    }
}

fn does(
    action: &mut Section<'_>,
    source: &str,
    event: Option<Event>,
) -> (Option<Action>, Range<usize>) {
    let node = action.needed("type", "type: agent");
    let Some((kind, span)) = action.text("type", node) else {
        return (None, action.head.clone());
    };
    let (key, other) = match kind {
        "agent" => ("prompt", "command"),
        "command" => ("command", "prompt"),
        _ => {
            let why = change::unknown_word("type of action", kind, &["agent", "command"]);
            action.error(Code::WrongKind, span.clone(), why);
            return (None, span);
        }
    };
    if let Some(entry) = action.entry(other) {
        let why = format!("an action of type {kind} takes `{key}`, so `{other}` says nothing");
        action.warning(Code::WithoutEffect, entry.key_span.clone(), why);
    }
    let node = action.needed(
        key,
        if key == "prompt" {
            "prompt: Review {file_path}"
        } else {
            "command: npm test"
        },
    );
    let Some((text, span)) = action.text(key, node) else {
        return (None, span);
    };
    let (prompt, wrong) = Prompt::parse(text, event, &|part| within(source, &span, text, part));
    action.wrong.extend(wrong);
    let action = match kind {
        "agent" => Action::Agent(prompt),
        _ => Action::Command(prompt),
    };
    (Some(action), span)
}
