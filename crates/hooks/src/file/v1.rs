//! Kiro's JSON: `{"version": "v1", "hooks": [{name, trigger, matcher, action, timeout, enabled}]}`.
//!
//! Kiro leaves keys that it does not know alone, so such keys are notes here, and braces in prompts are text.

use std::ops::Range;

use super::section::{Section, finished};
use crate::diagnostic::{Code, Diagnostic};
use crate::event::Event;
use crate::hook::{Action, Answers, Files, Hook};
use crate::matcher::{PathMatcher, ToolMatcher};
use crate::prompt::Prompt;
use crate::tree::{Node, Value};

const TOP: [&str; 3] = ["$schema", "hooks", "version"];
const HOOK: [&str; 8] = [
    "name",
    "description",
    "trigger",
    "matcher",
    "action",
    "timeout",
    "enabled",
    "confirm",
];
const ACTION: [&str; 4] = ["type", "command", "prompt", "timeout"];

pub(super) fn read(text: &str, root: &Node) -> (Vec<Hook>, Vec<Diagnostic>) {
    let mut top = Section::of("a hook file", root, super::head(text));
    top.only(&TOP, true);
    match top.node("version").map(|it| (&it.value, it.span.clone())) {
        Some((Value::Text(version), _)) if version == "v1" => {}
        Some((_, span)) => top.note(Code::WrongKind, span, "Kiro wants \"version\": \"v1\" here"),
        None => top.note(
            Code::MissingKey,
            top.head.clone(),
            "Kiro wants \"version\": \"v1\" beside `hooks`",
        ),
    }
    let mut hooks = Vec::new();
    match top.node("hooks").map(|it| (&it.value, it.span.clone())) {
        Some((Value::List(items), _)) => {
            for (index, item) in items.iter().enumerate() {
                let (hook, wrong) = one(index, item);
                hooks.push(hook);
                top.wrong.extend(wrong);
            }
        }
        Some((other, span)) => {
            top.error(
                Code::WrongKind,
                span,
                format!("`hooks` takes a list, and this is {}", other.kind()),
            );
        }
        None => {}
    }
    (hooks, top.wrong)
}

fn one(index: usize, node: &Node) -> (Hook, Vec<Diagnostic>) {
    let brace = node.span.start..node.span.start + 1;
    let mut top = Section::of("a hook", node, brace.clone());
    top.only(&HOOK, true);
    let mut hook = Hook::blank(node.span.clone());
    hook.answers = Answers::Two;
    let name_node = top.node("name");
    let name = top.text("name", name_node);
    if name.is_none() {
        let why = "a hook without `name`; it is called by its number";
        top.note(Code::MissingKey, brace.clone(), why);
    }
    let numbered = || format!("hook {}", index + 1);
    hook.name = name.as_ref().map_or_else(numbered, |it| it.0.to_owned());
    hook.places.name = name.map_or(brace.clone(), |it| it.1);
    hook.description = description(&mut top);
    (hook.event, hook.places.event) = trigger(&mut top);
    let event_span = hook.places.event.clone();
    (hook.files, hook.tools, hook.places.filter) = matcher(&mut top, hook.event, &event_span);
    let nothing = Node {
        span: brace.clone(),
        value: Value::Map(Vec::new()),
    };
    let example = "\"action\": {\"type\": \"command\", \"command\": \"npm test\"}";
    let action_node = top.needed("action", example);
    let mut action = Section::of("action", action_node.unwrap_or(&nothing), brace.clone());
    action.only(&ACTION, true);
    (hook.action, hook.places.action) = match action_node {
        Some(node) => does(&mut action, node),
        None => (None, brace),
    };
    hook.timeout = action.seconds("timeout").or(top.seconds("timeout"));
    let confirms = top.entry("confirm");
    if let Some(entry) = confirms {
        let why = "a hook that asks first is not run by itself here; `kiro run-hook` runs it";
        top.note(Code::WithoutEffect, entry.key_span.clone(), why);
    }
    hook.enabled = top.truth("enabled", true) && confirms.is_none();
    hook.places.enabled = top.node("enabled").map_or(0..0, |it| it.span.clone());
    let events = [Event::PromptSubmit, Event::ToolPre, Event::TaskStart];
    let stops = hook.event.is_some_and(|it| events.contains(&it));
    hook.blocking = stops && matches!(hook.action, Some(Action::Command(_)));
    finished(hook, [top, action], true)
}

pub(super) fn description(top: &mut Section<'_>) -> String {
    // An empty description is one that was left out.
    match top.node("description").map(|it| &it.value) {
        Some(Value::Text(text)) => text.clone(),
        _ => String::new(),
    }
}

fn trigger(top: &mut Section<'_>) -> (Option<Event>, Range<usize>) {
    let node = top.needed("trigger", "\"trigger\": \"PostFileSave\"");
    let Some((name, span)) = top.text("trigger", node) else {
        return (None, top.head.clone());
    };
    let event = Event::parse_v1(name);
    if event.is_none() {
        let why = match Event::parse_legacy(name) {
            Some(_) => format!(
                "«{name}» is a name of the older form; in v1 it is one of {}",
                Event::names_v1().join(", ")
            ),
            None => change::unknown_word("trigger", name, &Event::names_v1()),
        };
        top.error(Code::UnknownEvent, span.clone(), why);
    }
    (event, span)
}

fn matcher(
    top: &mut Section<'_>,
    event: Option<Event>,
    event_span: &Range<usize>,
) -> (Files, Option<ToolMatcher>, Range<usize>) {
    let node = top.node("matcher");
    let text = match node.map(|it| &it.value) {
        // An empty matcher leaves the choice open.
        Some(Value::Text(text)) if text.is_empty() => None,
        _ => top.text("matcher", node),
    };
    let Some((text, span)) = text else {
        return (Files::All, None, event_span.clone());
    };
    if matches!(event, Some(Event::ToolPre | Event::ToolPost)) {
        let tools = ToolMatcher::expression(text).map_err(|why| {
            top.error(
                Code::BadPattern,
                span.clone(),
                format!("«{text}» is no regular expression: {why}"),
            );
        });
        return (Files::All, tools.ok(), span);
    }
    if event.is_some_and(|it| !it.is_about_a_file()) {
        let why = "a matcher is about a tool or a file, and this trigger is about neither";
        top.note(Code::WithoutEffect, span.clone(), why);
        return (Files::All, None, span);
    }
    let files = match PathMatcher::compile(text, span.clone()) {
        Ok(matcher) => Files::Expression(matcher),
        Err(why) => {
            top.error(
                Code::BadPattern,
                span.clone(),
                format!("«{text}» is no regular expression: {why}"),
            );
            Files::All
        }
    };
    (files, None, span)
}

fn does(action: &mut Section<'_>, node: &Node) -> (Option<Action>, Range<usize>) {
    let kind_node = action.needed("type", "\"type\": \"command\"");
    let Some((kind, span)) = action.text("type", kind_node) else {
        return (None, node.span.clone());
    };
    let key = match kind {
        "agent" => "prompt",
        "command" => "command",
        _ => {
            let why = change::unknown_word("type of action", kind, &["agent", "command"]);
            action.error(Code::WrongKind, span.clone(), why);
            return (None, span);
        }
    };
    let text_node = action.needed(key, "…");
    let Some((text, span)) = action.text(key, text_node) else {
        return (None, span);
    };
    let prompt = Prompt::plain(text);
    let action = match kind {
        "agent" => Action::Agent(prompt),
        _ => Action::Command(prompt),
    };
    (Some(action), span)
}
