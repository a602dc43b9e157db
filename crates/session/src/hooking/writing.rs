//! New hook files: from templates, or drafted by a model from a description.

use hooks::{Fact, HookFile, Severity, TEMPLATES};
use model::{Cancel, Message, Request, Strategy};
use serde_json::{Value, json};

use super::rack::{FOLDER, Rack};
use crate::documents;
use crate::error::{Kind, SessionError};
use crate::models;
use crate::models::Chain;
use crate::places::{Environment, Project, plain};
use crate::shop::Shop;
use crate::view::{Front, View};

/// How often a draft that is wrong is asked for again.
const TRIES: usize = 3;

/// A hook file to be made.
#[derive(Clone, Debug)]
pub struct NewHook {
    /// A template's name.
    pub template: Option<String>,
    /// What the hook is to do, in words; for a model to draft.
    pub words: Option<String>,
    /// The model; as configured for hooks when none is named.
    pub model: Option<Chain>,
}

/// Makes a hook file; gives its path and its text. A file that is there already is not replaced.
///
/// # Errors
/// When there is no such template, the model drafts nothing that holds, or the file is there already.
pub fn new_hook(
    wanted: &NewHook,
    environment: &Environment,
    cancel: &Cancel,
    front: &mut dyn Front,
) -> Result<(String, String), SessionError> {
    let project = Project::around(environment)?;
    let gate = documents::gate(&project, environment)?;
    let (name, text) = match (&wanted.template, &wanted.words) {
        (Some(name), _) => from_template(name)?,
        (None, Some(words)) => draft(words, wanted, &project, environment, cancel, front)?,
        (None, None) => {
            return Err(
                SessionError::input("say what the hook is to do, or name a template").hint(known()),
            );
        }
    };
    let path = format!("{FOLDER}/{name}.yaml");
    if documents::exists(&project.root, &path) {
        return Err(SessionError::input(format!("{path} is there already"))
            .hint("remove or rename it first"));
    }
    documents::write(&project, &gate, &path, &text)?;
    Ok((path, text))
}

fn known() -> String {
    let names: Vec<&str> = TEMPLATES.iter().map(|it| it.name).collect();
    format!("the templates are {}", names.join(", "))
}

fn from_template(name: &str) -> Result<(String, String), SessionError> {
    let found = TEMPLATES.iter().find(|it| it.name == name);
    let found = found
        .ok_or_else(|| SessionError::input(format!("there is no template {name}")).hint(known()))?;
    Ok((found.name.to_owned(), found.text.to_owned()))
}

const SYSTEM: &str = "\
You draft hooks: what is to be done when something happens in a project. Answer with one JSON object and nothing else.";

/// What a small model drafts, held to what was asked for. It takes the event from a request well, and makes up programs.
///
/// A command must begin with a program that the request names; else the hook is an agent that is told the request itself. Of
/// git's events, where a pattern takes away what a hook looks at, patterns must stand for something in the request.
fn grounded(mut draft: Value, words: &str) -> Value {
    let said = words.to_lowercase();
    let says = |it: &str| {
        let mut parts = said.split(|it: char| !it.is_alphanumeric() && it != '-' && it != '_');
        !it.is_empty() && parts.any(|part| part == it)
    };
    let event = draft["event"].as_str().and_then(hooks::Event::parse);
    let text = draft["text"].as_str().unwrap_or_default().to_lowercase();
    let program = text.split_whitespace().find(|it| !LAUNCHERS.contains(it));
    let is_named = program.is_some_and(says);
    if draft["type"] != "command" || !is_named {
        let about = match event {
            Some(event) if event.is_about_a_file() => "\n\nThe file: {file_path}",
            Some(event) if Fact::Output.is_known_at(event) => "\n\nWhat it printed:\n{output}",
            _ => "",
        };
        draft["type"] = json!("agent");
        draft["text"] = json!(format!("{}{about}", literal(words)));
    }
    if event.is_some_and(hooks::Event::is_of_git)
        && let Some(patterns) = draft["filter"].as_array_mut()
    {
        patterns.retain(|it| {
            let pattern = it.as_str().unwrap_or_default().to_lowercase();
            let language = hooks::language_of(&pattern);
            says(&language) || pattern.split(['/', '.', '*', '!']).any(says)
        });
    }
    draft
}

/// Programs that only start the one which follows.
const LAUNCHERS: [&str; 12] = [
    "npx", "bunx", "pnpm", "yarn", "uvx", "uv", "run", "exec", "python", "python3", "-m", "dlx",
];

/// Words of a person in a prompt, in which braces would be variables.
fn literal(words: &str) -> String {
    words.replace('{', "{{").replace('}', "}}")
}

/// What a model fills in; the program writes the file from it.
fn schema() -> Value {
    let events: Vec<&str> = hooks::Event::all().map(hooks::Event::name).collect();
    let text = |most: u32| json!({"type": "string", "minLength": 1, "maxLength": most});
    json!({
        "type": "object",
        "properties": {
            "name": text(60),
            "event": {"enum": events},
            "filter": {"type": "array", "items": text(60), "maxItems": 4},
            "type": {"enum": ["agent", "command"]},
            "text": text(400),
            "blocking": {"type": "boolean"},
            "condition": text(120),
        },
        "required": ["name", "event", "filter", "type", "text", "blocking"],
        "additionalProperties": false,
    })
}

/// The hook file that a draft describes. Texts are written as JSON, which is YAML as well, so nothing in one ends it.
fn file_of(draft: &Value) -> Result<String, String> {
    let text = |key: &str| {
        let found = draft[key]
            .as_str()
            .map(str::trim)
            .filter(|it| !it.is_empty());
        found.map(|it| Value::from(it).to_string())
    };
    let must = |key: &str| text(key).ok_or(format!("`{key}` is missing"));
    let patterns = draft["filter"].as_array().ok_or("`filter` is no list")?;
    let mut all = format!(
        "name: {}\ntrigger:\n  event: {}\n",
        must("name")?,
        must("event")?
    );
    if !patterns.is_empty() {
        all.push_str("  filter:\n");
        for pattern in patterns {
            all.push_str(&format!("    - {pattern}\n"));
        }
    }
    if let Some(condition) = text("condition") {
        all.push_str(&format!("  condition: {condition}\n"));
    }
    let (kind, key) = match draft["type"].as_str() {
        Some("agent") => ("agent", "prompt"),
        Some("command") => ("command", "command"),
        _ => return Err("`type` is agent or command".to_owned()),
    };
    let blocking = draft["blocking"]
        .as_bool()
        .ok_or("`blocking` is true or false")?;
    all.push_str(&format!(
        "action:\n  type: {kind}\n  {key}: {}\n  blocking: {blocking}\n  require_approval: true\n",
        must("text")?
    ));
    Ok(all)
}

fn draft(
    words: &str,
    wanted: &NewHook,
    project: &Project,
    environment: &Environment,
    cancel: &Cancel,
    front: &mut dyn Front,
) -> Result<(String, String), SessionError> {
    let id = match &wanted.model {
        Some(id) => id.clone(),
        None => models::model_for(models::Role::Hook, None, environment)?,
    };
    models::ensure(environment, &id, cancel, front)?;
    let gate = documents::gate(project, environment)?;
    let shop = Shop::open(environment, project, gate, id, cancel.clone())?;
    let model = shop.model()?;
    let events: Vec<&str> = hooks::Event::all().map(hooks::Event::name).collect();
    let facts: Vec<&str> = hooks::Fact::all().map(hooks::Fact::name).collect();
    let ask = format!(
        "Draft a hook that does this: {words}\n\nKeys: `name`; `event`, one of {}; `filter`, glob patterns of the files that it is \
         about, [] where it is about no files; `type`, `agent` to ask a model or `command` to run a program; `text`, what the \
         agent is told or the command line; `blocking`, true if what happens must not go on when it fails; `condition` only \
         where the request names one, such as `lines > 100`. Facts for `condition` and for {{variables}} in `text`: {}.\n\
         Example: {{\"name\":\"Lint\",\"event\":\"file.save\",\"filter\":[\"src/**/*.ts\"],\"type\":\"command\",\"text\":\"npx eslint {{file_path}}\",\"blocking\":false}}",
        events.join(", "),
        facts.join(", ")
    );
    let mut messages = vec![Message::user(ask)];
    for _ in 0..TRIES {
        let request = Request {
            system: SYSTEM.to_owned(),
            messages: messages.clone(),
            tools: Vec::new(),
            max_tokens: 500,
            temperature: 0.0,
            seed: 0,
            stop: Vec::new(),
            schema: Some(schema()),
        };
        let mut on = |delta| {
            if let Some(view) = View::streamed(delta) {
                front.show(&view);
            }
        };
        let reply = model
            .stream(&request, cancel, &mut on)
            .map_err(models::failed)?;
        let mut draft = super::verdict::json_of(&reply.text);
        if model.profile().strategy == Strategy::Slots && draft.is_object() {
            draft = grounded(draft, words);
        }
        match checked(&draft) {
            Ok(done) => return Ok(done),
            Err(why) => {
                messages.push(Message::assistant(reply.text));
                messages.push(Message::user(format!(
                    "That is not right yet: {why}. Write the whole object again."
                )));
            }
        }
    }
    Err(SessionError::new(Kind::Refused, "the model drafted no hook that holds").hint(known()))
}

/// Switches a hook on or off in its own file, where only that word changes; gives the file's path.
///
/// # Errors
/// When there is no such hook in the project, or its file cannot be written.
pub fn switch(
    name: &str,
    enabled: bool,
    environment: &Environment,
) -> Result<String, SessionError> {
    let project = Project::around(environment)?;
    let gate = documents::gate(&project, environment)?;
    let rack = Rack::read(&project, &gate, environment);
    let found = rack.shelves.iter().filter(|it| !it.own).find_map(|shelf| {
        let index = shelf.file.hooks.iter().position(|it| it.name == name)?;
        Some((shelf, index))
    });
    let (shelf, index) = found.ok_or_else(|| {
        SessionError::input(format!("there is no hook «{name}»"))
            .hint("`kiro hooks list` shows them")
    })?;
    let path = shelf.file.path.clone();
    let text = hooks::set_enabled(&path, &shelf.text, index, enabled).ok_or_else(|| {
        SessionError::input(format!("{path} cannot be changed as it is")).hint("edit it by hand")
    })?;
    documents::write(&project, &gate, &path, &text)?;
    Ok(path)
}

/// The hook file of a draft, with its name, when nothing is wrong with it.
fn checked(draft: &Value) -> Result<(String, String), String> {
    if !draft.is_object() {
        return Err("it is no JSON object".to_owned());
    }
    let text = file_of(draft)?;
    let file = HookFile::read("draft.yaml", &text);
    let wrong: Vec<&str> = file
        .diagnostics
        .iter()
        .filter(|it| it.severity != Severity::Note)
        .map(|it| it.message.as_str())
        .collect();
    if !wrong.is_empty() {
        return Err(wrong.join("; "));
    }
    let hook = file.hooks.first().ok_or("there is no hook in it")?;
    let name = plain(&hook.name.to_lowercase().replace(' ', "-"), &[]);
    Ok((name.trim_matches('_').chars().take(60).collect(), text))
}
