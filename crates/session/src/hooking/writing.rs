//! New hook files: from templates, or drafted by a model from a description.

use hooks::{HookFile, Severity, TEMPLATES};
use model::{Cancel, Message, Request};

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
You write hook files: YAML that says what is to be done when something happens in a project. Answer with one ```yaml \
block and nothing else.";

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
    let example = TEMPLATES[4].text;
    let ask = format!(
        "Write a hook that does this: {words}\n\nEvents: {}.\nFacts for `condition` and for {{variables}}: {}.\n\
         Keys of action: type (agent or command), prompt, command, blocking, require_approval, run_tests, auto_commit, \
         timeout. Leave out `condition` where none is needed. An example of the form:\n```yaml\n{example}```",
        events.join(", "),
        facts.join(", ")
    );
    let mut messages = vec![Message::user(ask)];
    for _ in 0..TRIES {
        let request = Request {
            system: SYSTEM.to_owned(),
            messages: messages.clone(),
            tools: Vec::new(),
            max_tokens: 800,
            temperature: 0.0,
            seed: 0,
            stop: Vec::new(),
            schema: None,
        };
        let mut on = |delta| {
            if let Some(view) = View::streamed(delta) {
                front.show(&view);
            }
        };
        let reply = model
            .stream(&request, cancel, &mut on)
            .map_err(models::failed)?;
        match checked(&reply.text) {
            Ok(done) => return Ok(done),
            Err(why) => {
                messages.push(Message::assistant(reply.text));
                messages.push(Message::user(format!(
                    "That is not right yet: {why}. Write the whole file again."
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

/// The hook file of an answer, with its name, when nothing is wrong with it.
fn checked(reply: &str) -> Result<(String, String), String> {
    let block = reply
        .split("```")
        .nth(1)
        .ok_or("there is no ```yaml block")?;
    let text = block
        .strip_prefix("yaml")
        .or(block.strip_prefix("yml"))
        .unwrap_or(block)
        .trim_start_matches('\n');
    let file = HookFile::read("draft.yaml", text);
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
    Ok((
        name.trim_matches('_').chars().take(60).collect(),
        text.to_owned(),
    ))
}
