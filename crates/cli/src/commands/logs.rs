//! `kiro logs --hooks`

use std::process::ExitCode;
use std::time::Duration;

use serde_json::json;
use session::{Environment, SessionError};

use super::run::interruptible;
use crate::args::LogsArgs;
use crate::output::{self, DIM, styled};

/// How often is looked for something new.
const PAUSE: Duration = Duration::from_millis(200);

pub(super) fn run(args: &LogsArgs, environment: &Environment) -> Result<ExitCode, SessionError> {
    let cancel = interruptible()?;
    let since = match args.since {
        Some(since) => session::hooking::now_ms()
            .saturating_sub(i64::try_from(since.as_millis()).unwrap_or(i64::MAX)),
        None => 0,
    };
    let mut seen = 0;
    let mut any = false;
    loop {
        for line in session::hooking::hook_log(seen, since, environment)? {
            any = true;
            seen = line.entry.seq;
            if args.json {
                let fact = serde_json::to_value(&line.entry.fact).unwrap_or_default();
                let it = json!({"seq": seen, "run": line.entry.run, "at_ms": line.entry.at_ms, "fact": fact, "text": line.text});
                output::line(it);
            } else {
                output::line(format!(
                    "{} {}",
                    styled(DIM, session::hooking::clock_time(line.entry.at_ms)),
                    session::visible(&line.text)
                ));
            }
        }
        if !args.follow || cancel.is_cancelled() {
            break;
        }
        std::thread::sleep(PAUSE);
    }
    if !any && !args.json {
        output::remark(
            "No hook has done anything here yet; `kiro hooks list` shows what there is.",
        );
    }
    Ok(ExitCode::SUCCESS)
}
