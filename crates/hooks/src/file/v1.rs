//! Kiro's JSON: `{"version": "v1", "hooks": [{name, trigger, matcher, action, timeout, enabled}]}`.
//!
//! Kiro leaves keys that it does not know alone, so such keys are notes here, and braces in prompts are text.

use std::ops::Range;

use super::section::Section;
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::event::Event;
use crate::hook::{Action, Answers, Files, Hook, Places};
use crate::lint;
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
    let name_node = top.node("name");
    let name = top.text("name", name_node);
    if name.is_none() {
        top.note(
            Code::MissingKey,
            brace.clone(),
            "a hook without `name`; it is called by its number",
        );
    }
    let (event, event_span) = trigger(&mut top);
    let (files, tools, filter_span) = matcher(&mut top, event, &event_span);
    let nothing = Node {
        span: brace.clone(),
        value: Value::Map(Vec::new()),
    };
    let action_node = top.needed(
        "action",
        "\"action\": {\"type\": \"command\", \"command\": \"npm test\"}",
    );
    let mut action = Section::of("action", action_node.unwrap_or(&nothing), brace.clone());
    action.only(&ACTION, true);
    let (does, action_span) = match action_node {
        Some(node) => does(&mut action, node),
        None => (None, brace.clone()),
    };
    let confirms = top.entry("confirm");
    if let Some(entry) = confirms {
        let why = "a hook that asks first is not run by itself here; `kiro run-hook` runs it";
        top.note(Code::WithoutEffect, entry.key_span.clone(), why);
    }
    let enabled = top.truth("enabled", true) && confirms.is_none();
    let stops = matches!(
        event,
        Some(Event::PromptSubmit | Event::ToolPre | Event::TaskStart)
    );
    let blocking = stops && matches!(does, Some(Action::Command(_)));
    let mut hook = Hook {
        name: name
            .as_ref()
            .map_or_else(|| format!("hook {}", index + 1), |it| it.0.to_owned()),
        description: description(&mut top),
        enabled,
        event,
        files,
        tools,
        condition: None,
        action: does,
        blocking,
        answers: Answers::Two,
        require_approval: true,
        auto_commit: false,
        run_tests: false,
        timeout: action.seconds("timeout").or(top.seconds("timeout")),
        broken: false,
        span: node.span.clone(),
        places: Places {
            name: name.map_or(brace, |it| it.1),
            event: event_span,
            filter: filter_span,
            condition: 0..0,
            action: action_span,
            blocking: 0..0,
            enabled: top.node("enabled").map_or(0..0, |it| it.span.clone()),
        },
    };
    let mut wrong = top.wrong;
    wrong.extend(action.wrong);
    wrong.extend(lint::findings(&hook, true));
    hook.broken = wrong.iter().any(|it| it.severity == Severity::Error);
    (hook, wrong)
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
