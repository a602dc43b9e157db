//! `kiro context`

use std::process::ExitCode;

use serde_json::{Value, json};
use session::{Briefing, BriefingOptions, Environment, Piece, SessionError, visible};

use crate::args::ContextArgs;
use crate::output::{self, BOLD, DIM, YELLOW, styled};

pub(super) fn run(args: ContextArgs, environment: &Environment) -> Result<ExitCode, SessionError> {
    let options = BriefingOptions {
        prompt: args.prompt.unwrap_or_default(),
        task: args.task,
        spec: args.spec,
        files: args.files,
    };
    let briefing = session::briefing(&options, environment)?;
    if args.json {
        output::json(&to_json(&briefing));
        return Ok(ExitCode::SUCCESS);
    }
    show(&briefing);
    if args.full {
        for piece in briefing.told() {
            output::line(format!(
                "\n{}\n{}",
                styled(BOLD, visible(&piece.name)),
                visible(&piece.text)
            ));
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn show(briefing: &Briefing) {
    if briefing.pieces.is_empty() {
        output::line("nothing is told beside the task");
        output::remark(styled(
            DIM,
            "`kiro steering init` writes steering from the code",
        ));
        return;
    }
    briefing.told().for_each(row);
    let all: usize = briefing.told().map(Piece::tokens).sum();
    output::line(format!("{:>7}  tokens in all, roughly", all));
    let left: Vec<&Piece> = briefing.pieces.iter().filter(|it| !it.told).collect();
    if !left.is_empty() {
        output::line("\nnot told:");
        left.into_iter().for_each(row);
    }
}

fn row(piece: &Piece) {
    let size = match piece.told {
        true => piece.tokens().to_string(),
        false => String::new(),
    };
    output::line(format!(
        "{size:>7}  {}  {}",
        visible(&piece.name),
        styled(DIM, format!("{}: {}", piece.kind, visible(&piece.reason)))
    ));
    for note in &piece.notes {
        output::line(format!("{:>7}  {}", "", styled(YELLOW, visible(note))));
    }
}

fn to_json(briefing: &Briefing) -> Value {
    let piece = |it: &Piece| {
        json!({
            "kind": it.kind, "name": it.name, "told": it.told, "reason": it.reason, "notes": it.notes,
            "own": it.own, "tokens": it.tokens(), "text": it.text,
        })
    };
    json!({
        "tokens": briefing.told().map(Piece::tokens).sum::<usize>(),
        "pieces": briefing.pieces.iter().map(piece).collect::<Vec<Value>>(),
    })
}
