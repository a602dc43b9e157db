//! `kiro spec new`

use std::process::ExitCode;

use serde_json::{Value, json};
use session::{
    Dialect, DraftOptions, Drafted, Environment, Money, NewSpec, Purpose, Role, SessionError,
};

use crate::args::{DialectArg, NewArgs, PurposeArg};
use crate::commands::run::interruptible;
use crate::exit;
use crate::output::{self, DIM, YELLOW, styled};
use crate::terminal::Terminal;

pub(in crate::commands) fn run(
    args: &NewArgs,
    environment: &Environment,
) -> Result<ExitCode, SessionError> {
    let purpose = match args.kind {
        PurposeArg::Feature => Purpose::Feature,
        PurposeArg::Bugfix => Purpose::Bugfix,
        PurposeArg::Quick => Purpose::Quick,
    };
    match args.template {
        true => template(args, purpose, environment),
        false => drafted(args, purpose, environment),
    }
}

fn template(
    args: &NewArgs,
    purpose: Purpose,
    environment: &Environment,
) -> Result<ExitCode, SessionError> {
    let files = session::new_spec(
        &NewSpec {
            name: args.idea.clone(),
            title: args.title.clone(),
            purpose,
            dialect: args.dialect.map(dialect),
        },
        environment,
        &mut Terminal::remarks(),
    )?;
    if args.json {
        output::json(&json!({"path": files.first(), "files": files}));
    } else {
        let first = files.first().map_or("", String::as_str);
        output::line(format!(
            "{} begun; `kiro spec lint {first}` names what is open in it",
            match files.len() {
                1 => format!("{first} is"),
                _ => format!("{} are", files.join(", ")),
            },
        ));
    }
    Ok(ExitCode::SUCCESS)
}

fn dialect(wanted: DialectArg) -> Dialect {
    match wanted {
        DialectArg::KiroNative => Dialect::Native,
        DialectArg::Kiro => Dialect::Kiro,
        DialectArg::CcSdd => Dialect::CcSdd,
        DialectArg::SpecKit => Dialect::SpecKit,
        DialectArg::OpenspecChange => Dialect::OpenSpecChange,
        DialectArg::Openspec => Dialect::OpenSpec,
    }
}

fn drafted(
    args: &NewArgs,
    purpose: Purpose,
    environment: &Environment,
) -> Result<ExitCode, SessionError> {
    let cancel = interruptible()?;
    let asks = !args.yes && !args.json;
    let options = DraftOptions {
        idea: args.idea.clone(),
        name: args.name.clone(),
        purpose,
        dialect: args.dialect.map(dialect),
        asks,
        model: session::model_for(Role::Plan, args.model.as_deref(), environment)?,
        budget: args.budget.budget(),
    };
    let mut front = match asks {
        true => Terminal::interactive(cancel.clone()),
        false => Terminal::remarks(),
    };
    let drafted = session::draft_spec(&options, environment, &cancel, &mut front)?;
    // Its live line goes before the result stands there.
    drop(front);
    match args.json {
        true => output::json(&to_json(&options, &drafted)),
        false => print(&drafted),
    }
    Ok(exit::findings(!drafted.remarks.is_empty()))
}

fn print(drafted: &Drafted) {
    output::line(drafted.files.join(", "));
    for (question, answer) in &drafted.assumptions {
        let told = session::visible(&format!("{question} {answer}")).into_owned();
        output::line(format!("  {} {told}", styled(DIM, "assumed:")));
    }
    for it in &drafted.dropped {
        output::remark(format!(
            "  {} {}",
            styled(YELLOW, "left out:"),
            session::visible(it)
        ));
    }
    for (code, line, message) in &drafted.remarks {
        output::remark(format!(
            "  {} {line}: {}",
            styled(YELLOW, code),
            session::visible(message)
        ));
    }
    let cost = &drafted.cost;
    output::remark(styled(
        DIM,
        format!(
            "{} turns, {} tokens read, {} written, {:.1} s{} · read it, then: kiro run {}",
            drafted.turns,
            cost.input_tokens,
            cost.output_tokens,
            drafted.wall_ms as f64 / 1000.0,
            match cost.nano_usd {
                0 => String::new(),
                nanos => format!(", {}", Money::from_nanos(nanos)),
            },
            drafted.name
        ),
    ));
}

fn to_json(options: &DraftOptions, drafted: &Drafted) -> Value {
    let assumptions = drafted.assumptions.iter();
    let remarks = drafted.remarks.iter();
    json!({
        "name": drafted.name,
        "path": drafted.files.first(),
        "files": drafted.files,
        "run": drafted.run,
        "model": options.model.to_string(),
        "assumptions": assumptions.map(|(question, answer)| json!({"question": question, "answer": answer})).collect::<Vec<Value>>(),
        "left_out": drafted.dropped,
        "remarks": remarks.map(|(code, line, message)| json!({"code": code, "line": line, "message": message})).collect::<Vec<Value>>(),
        "turns": drafted.turns,
        "input_tokens": drafted.cost.input_tokens,
        "output_tokens": drafted.cost.output_tokens,
        "cost_usd": drafted.cost.usd(),
        "wall_ms": drafted.wall_ms,
    })
}
