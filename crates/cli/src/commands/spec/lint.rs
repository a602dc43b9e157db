//! `kiro spec lint` and `kiro spec fmt`

use std::process::ExitCode;

use serde_json::{Value, json};
use session::{Environment, LintFinding, LintReport, SessionError, Severity, visible};

use crate::args::{FormatArgs, LintArgs};
use crate::exit;
use crate::output::{self, BOLD, CYAN, DIM, GREEN, RED, YELLOW, styled};
use crate::terminal::Terminal;

pub(crate) fn lint(args: &LintArgs, environment: &Environment) -> Result<ExitCode, SessionError> {
    let report = session::lint(&args.specs, args.fix, environment, &mut Terminal::remarks())?;
    if args.sarif {
        output::json(&sarif(&report.findings));
    } else if args.json {
        output::json(&as_json(&report));
    } else {
        report.findings.iter().for_each(snippet);
        told(&report);
    }
    Ok(exit::findings(!report.findings.is_empty()))
}

fn told(report: &LintReport) {
    let count = |severity| {
        report
            .findings
            .iter()
            .filter(|it| it.severity == severity)
            .count()
    };
    let (errors, warnings) = (count(Severity::Error), count(Severity::Warning));
    let mended = match report.fixed {
        0 => String::new(),
        count => format!(", {count} mended"),
    };
    let fixable = match report.findings.iter().filter(|it| it.fixable).count() {
        0 => String::new(),
        count => format!("; `--fix` mends {count}"),
    };
    output::remark(format!(
        "{} specs: {errors} errors, {warnings} warnings{mended}{fixable}",
        report.specs
    ));
}

/// The line with what is meant underlined, as compilers do.
fn snippet(it: &LintFinding) {
    const LONGEST: usize = 160;
    let (line, column) = it.place;
    let style = match it.severity {
        Severity::Error => RED,
        Severity::Warning => YELLOW,
    };
    let head = styled(style, format!("{}[{}]", it.severity.as_str(), it.code));
    output::line(format!("{head}: {}", visible(&it.message)));
    let gutter = line.to_string().len();
    let pad = " ".repeat(gutter);
    output::line(format!(
        "{pad} {} {}:{line}:{column}",
        styled(CYAN, "╭─"),
        visible(&it.path)
    ));
    // A window of a line that is too long to be read at once.
    let from = column.saturating_sub(LONGEST / 2).max(1);
    let shown: String = it.source.chars().skip(from - 1).take(LONGEST).collect();
    let bar = styled(CYAN, "│");
    output::line(format!(
        "{} {bar} {}",
        styled(CYAN, line),
        visible(&shown.replace('\t', " "))
    ));
    let width = it.width.min(LONGEST.saturating_sub(column - from)).max(1);
    output::line(format!(
        "{pad} {bar} {}{}",
        " ".repeat(column - from),
        styled(style, "─".repeat(width))
    ));
    output::line(format!(
        "{pad} {} {}\n",
        styled(CYAN, "╰─"),
        styled(DIM, it.why)
    ));
}

fn as_json(report: &LintReport) -> Value {
    let finding = |it: &LintFinding| {
        json!({
            "path": it.path,
            "code": it.code,
            "severity": it.severity.as_str(),
            "message": it.message,
            "why": it.why,
            "span": {"start": it.span.0, "end": it.span.1, "line": it.place.0, "column": it.place.1},
            "fixable": it.fixable,
        })
    };
    json!({
        "specs": report.specs,
        "fixed": report.fixed,
        "findings": report.findings.iter().map(finding).collect::<Vec<_>>(),
    })
}

/// The findings in the form that code hosts show beside changes.
fn sarif(findings: &[LintFinding]) -> Value {
    let mut codes: Vec<(&str, &str)> = findings.iter().map(|it| (it.code, it.why)).collect();
    codes.sort_unstable();
    codes.dedup();
    let rule = |(code, why): &(&str, &str)| json!({"id": code, "shortDescription": {"text": why}});
    let result = |it: &LintFinding| {
        json!({
            "ruleId": it.code,
            "level": it.severity.as_str(),
            "message": {"text": it.message},
            "locations": [{"physicalLocation": {
                "artifactLocation": {"uri": uri(&it.path)},
                "region": {
                    "startLine": it.place.0,
                    "startColumn": it.place.1,
                    "endColumn": it.place.1 + it.width,
                },
            }}],
        })
    };
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {"name": "kiro", "rules": codes.iter().map(rule).collect::<Vec<_>>()}},
            "columnKind": "unicodeCodePoints",
            "results": findings.iter().map(result).collect::<Vec<_>>(),
        }],
    })
}

/// A path as a relative reference, with everything escaped that would mean something else there.
fn uri(path: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte);
    let escaped = path.bytes().map(|byte| match plain(byte) {
        true => char::from(byte).to_string(),
        false => format!("%{byte:02X}"),
    });
    escaped.collect()
}

pub(crate) fn format(
    args: &FormatArgs,
    environment: &Environment,
) -> Result<ExitCode, SessionError> {
    let uneven = session::format_specs(
        &args.specs,
        args.check,
        environment,
        &mut Terminal::remarks(),
    )?;
    if args.json {
        output::json(&json!({"uneven": uneven, "written": !args.check}));
    } else {
        for path in &uneven {
            output::line(path);
        }
        let word = if args.check {
            styled(BOLD, "uneven")
        } else {
            styled(GREEN, "formatted")
        };
        output::remark(format!("{} documents {word}", uneven.len()));
    }
    Ok(exit::findings(args.check && !uneven.is_empty()))
}
