//! `kiro plan --explain`

use std::process::ExitCode;

use serde_json::{Value, json};
use session::{Chain, Environment, Explained, ExplainedTask, SessionError, visible};

use crate::output::{self, BOLD, DIM, GREEN, RED, YELLOW, styled};

pub(super) fn run(
    spec: &str,
    model: &Chain,
    as_json: bool,
    environment: &Environment,
) -> Result<ExitCode, SessionError> {
    let explained = session::explain_plan(spec, model, environment)?;
    if as_json {
        output::json(&to_json(&explained));
        return Ok(ExitCode::SUCCESS);
    }
    explained.tasks.iter().for_each(show);
    for (id, title) in &explained.uncarried {
        let told = format!("no task carries out {id}: {}", visible(title));
        output::line(format!("{} {told}", styled(YELLOW, "missing:")));
    }
    output::line(styled(BOLD, "The run is done when"));
    for (criterion, proof) in &explained.success {
        output::line(match proof {
            Ok(how) => format!("  {criterion}  {}", styled(DIM, how)),
            Err(why) => format!(
                "  {} {criterion}  nothing can prove it: {why}",
                styled(RED, "✗")
            ),
        });
    }
    Ok(ExitCode::SUCCESS)
}

fn show(task: &ExplainedTask) {
    output::line(format!(
        "{} {}",
        styled(BOLD, format!("{:>3} ", task.id)),
        styled(BOLD, visible(&task.title))
    ));
    let part = |word: &str, text: String| {
        if !text.is_empty() {
            output::line(format!("     {} {text}", styled(DIM, format!("{word:<9}"))));
        }
    };
    let with = |(id, title): &(String, String)| match title.as_str() {
        "" => id.clone(),
        title => format!("{id} ({})", visible(title)),
    };
    part("because", joined(task.serves.iter().map(with)));
    for (file, what) in &task.writes {
        part("writes", format!("{file}  {}", styled(DIM, what)));
    }
    for (on, because) in &task.waits_for {
        part("waits for", with(&(on.clone(), because.clone())));
    }
    part("beside", joined(task.beside.iter().cloned()));
    for (command, examples) in &task.judged_by {
        let examples = match examples {
            1 => "1 example".to_owned(),
            many => format!("{many} examples"),
        };
        part("judged by", format!("{command}  {}", styled(DIM, examples)));
    }
    let proves = joined(task.proves.iter().cloned());
    if !proves.is_empty() {
        part("proves", styled(GREEN, proves));
    }
    for (id, text, why) in &task.unproven {
        let why = styled(DIM, why);
        part(
            "open",
            format!("{} {}  {why}", styled(YELLOW, id), visible(text)),
        );
    }
    if let Some(why) = &task.unjudged {
        part(
            "judged by",
            format!("tests of its own, or you  {}", styled(DIM, why)),
        );
    }
    if let Some(why) = &task.trouble {
        part("trouble", styled(RED, why));
    }
}

fn joined(items: impl Iterator<Item = String>) -> String {
    items.collect::<Vec<_>>().join(", ")
}

fn to_json(it: &Explained) -> Value {
    let pair =
        |a: &'static str, b: &'static str| move |it: &(String, String)| json!({a: it.0, b: it.1});
    let task = |it: &ExplainedTask| {
        let judged = it.judged_by.iter();
        let open = it.unproven.iter();
        json!({
            "id": it.id, "title": it.title,
            "serves": it.serves.iter().map(pair("id", "title")).collect::<Vec<_>>(),
            "writes": it.writes.iter().map(pair("path", "what")).collect::<Vec<_>>(),
            "waits_for": it.waits_for.iter().map(pair("id", "because")).collect::<Vec<_>>(),
            "beside": it.beside,
            "judged_by": judged.map(|it| json!({"command": it.0, "examples": it.1})).collect::<Vec<_>>(),
            "proves": it.proves,
            "unproven": open.map(|it| json!({"id": it.0, "text": it.1, "why": it.2})).collect::<Vec<_>>(),
            "unjudged": it.unjudged, "trouble": it.trouble,
        })
    };
    let success = it.success.iter().map(|(criterion, proof)| {
        json!({"criterion": criterion, "how": proof.as_ref().ok(), "why_not": proof.as_ref().err()})
    });
    json!({
        "path": it.path,
        "tasks": it.tasks.iter().map(task).collect::<Vec<_>>(),
        "uncarried": it.uncarried.iter().map(pair("id", "title")).collect::<Vec<_>>(),
        "success": success.collect::<Vec<_>>(),
    })
}
