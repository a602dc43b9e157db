//! Kiro's older `.kiro.hook`: `{name, version, enabled, when: {type, patterns, toolTypes}, then: {type, prompt, command,
//! timeout}}`.
//!
//! A pattern without a slash is about names in any folder. Keys that Kiro does not know are notes, and braces in prompts
//! are text.

use std::ops::Range;

use super::native::patterns;
use super::section::{Section, finished};
use super::v1::description;
use crate::diagnostic::{Code, Diagnostic};
use crate::event::Event;
use crate::hook::{Action, Files, Hook};
use crate::matcher::ToolMatcher;
use crate::prompt::Prompt;
use crate::tree::{Node, Value};

/// The last three are written by the editor.
const TOP: [&str; 9] = [
    "enabled",
    "name",
    "description",
    "version",
    "when",
    "then",
    "workspaceFolderName",
    "shortName",
    "fileName",
];
const WHEN: [&str; 4] = ["type", "patterns", "toolTypes", "filePattern"];
const THEN: [&str; 4] = ["type", "prompt", "command", "timeout"];

pub(super) fn read(text: &str, root: &Node) -> (Vec<Hook>, Vec<Diagnostic>) {
    let start = root.span.start;
    let brace = start..(start + 1).min(text.len());
    let mut top = Section::of("a hook", root, brace.clone());
    top.only(&TOP, true);
    let mut hook = Hook::blank(root.span.clone());
    let name_node = top.needed("name", "\"name\": \"Lint on save\"");
    let name = top.text("name", name_node);
    hook.name = name.as_ref().map_or(String::new(), |it| it.0.to_owned());
    hook.places.name = name.map_or(brace.clone(), |it| it.1);
    hook.description = description(&mut top);
    hook.enabled = top.truth("enabled", true);
    hook.places.enabled = top.node("enabled").map_or(0..0, |it| it.span.clone());
    let version = top.node("version");
    if let Some(node) = version.filter(|it| !matches!(it.value, Value::Text(_))) {
        let why = "Kiro wants a text as version, such as \"1\"";
        top.note(Code::WrongKind, node.span.clone(), why);
    }
    let nothing = Node {
        span: brace.clone(),
        value: Value::Map(Vec::new()),
    };
    let example = "\"when\": {\"type\": \"fileEdited\", \"patterns\": [\"**/*.ts\"]}";
    let when_node = top.needed("when", example);
    let then_node = top.needed(
        "then",
        "\"then\": {\"type\": \"askAgent\", \"prompt\": \"…\"}",
    );
    let mut when = Section::of("when", when_node.unwrap_or(&nothing), brace.clone());
    let mut then = Section::of("then", then_node.unwrap_or(&nothing), brace.clone());
    when.only(&WHEN, true);
    then.only(&THEN, true);
    (hook.event, hook.places.event) = when_node.map_or((None, brace.clone()), |_| event(&mut when));
    let event_span = hook.places.event.clone();
    (hook.files, hook.places.filter) = files(&mut when, hook.event, &event_span);
    hook.tools = tools(&mut when);
    (hook.action, hook.places.action) = then_node.map_or((None, brace), |_| does(&mut then));
    hook.timeout = then.seconds("timeout");
    let stops = matches!(hook.event, Some(Event::PromptSubmit | Event::ToolPre));
    hook.blocking = stops && matches!(hook.action, Some(Action::Command(_)));
    let (hook, wrong) = finished(hook, [top, when, then], true);
    (vec![hook], wrong)
}

fn event(when: &mut Section<'_>) -> (Option<Event>, Range<usize>) {
    let node = when.needed("type", "\"type\": \"fileEdited\"");
    let Some((name, span)) = when.text("type", node) else {
        return (None, when.head.clone());
    };
    let event = Event::parse_legacy(name);
    if event.is_none() {
        let why = change::unknown_word("type of event", name, &Event::names_legacy());
        when.error(Code::UnknownEvent, span.clone(), why);
    }
    (event, span)
}

fn files(
    when: &mut Section<'_>,
    event: Option<Event>,
    event_span: &Range<usize>,
) -> (Files, Range<usize>) {
    let span = when
        .node("patterns")
        .map_or(event_span.clone(), |it| it.span.clone());
    let about_files = event.is_some_and(Event::is_about_a_file);
    match when.texts("patterns") {
        Some(texts) if about_files => (Files::Patterns(patterns(when, texts, true)), span),
        Some(_) => (Files::All, span),
        None => {
            if about_files {
                let why =
                    "`when` needs `patterns` for an event about files, such as [\"src/**/*.ts\"]";
                when.error(Code::MissingKey, event_span.clone(), why);
            }
            (Files::All, span)
        }
    }
}

fn tools(when: &mut Section<'_>) -> Option<ToolMatcher> {
    let span = when.node("toolTypes")?.span.clone();
    let texts = when.texts("toolTypes")?;
    let words: Vec<&str> = texts.iter().map(|it| it.0).collect();
    match ToolMatcher::classes(&words) {
        Ok(tools) => Some(tools),
        Err(why) => {
            when.error(
                Code::BadPattern,
                span,
                format!("a type of tool is no regular expression: {why}"),
            );
            None
        }
    }
}

fn does(then: &mut Section<'_>) -> (Option<Action>, Range<usize>) {
    let kind_node = then.needed("type", "\"type\": \"askAgent\"");
    let Some((kind, span)) = then.text("type", kind_node) else {
        return (None, then.head.clone());
    };
    let key = match kind {
        "askAgent" => "prompt",
        "runCommand" => "command",
        _ => {
            let why = change::unknown_word("type of action", kind, &["askAgent", "runCommand"]);
            then.error(Code::WrongKind, span.clone(), why);
            return (None, span);
        }
    };
    let text_node = then.needed(key, "…");
    let Some((text, span)) = then.text(key, text_node) else {
        return (None, span);
    };
    let prompt = Prompt::plain(text);
    let action = match kind {
        "askAgent" => Action::Agent(prompt),
        _ => Action::Command(prompt),
    };
    (Some(action), span)
}
