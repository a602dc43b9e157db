//! What the sources and the reports of other tools say: coverage by tests, and documented definitions.

use std::path::Path;

use change::RelPath;
use code::{Language, Symbol, SymbolKind, symbols};
use engine::Share;
use serde_json::Value;

/// The largest report and the largest source that is read, in bytes.
const REPORT_MAX: u64 = 64 << 20;
const SOURCE_MAX: u64 = 1 << 20;

/// How much of the code tests reach, by a report that the project's own tools left.
#[derive(Clone, Debug, PartialEq)]
pub struct Coverage {
    /// From 0 to 1.
    pub rate: f64,
    /// The report.
    pub report: String,
}

/// Finds the rate in a report.
type Reading = fn(&str) -> Option<f64>;

/// Where reports are left, and how each is read.
const REPORTS: [(&str, Reading); 7] = [
    ("coverage.xml", of_cobertura),
    ("coverage.json", of_json),
    ("lcov.info", of_lcov),
    ("coverage/lcov.info", of_lcov),
    ("coverage/cobertura-coverage.xml", of_cobertura),
    ("coverage/coverage-summary.json", of_json),
    ("target/llvm-cov/lcov.info", of_lcov),
];

/// The coverage by the first report that there is.
pub(super) fn coverage(root: &Path) -> Option<Coverage> {
    REPORTS.iter().find_map(|(name, read)| {
        let path = RelPath::parse(name).ok()?;
        let bytes = host::files::read_in(root, &path, REPORT_MAX).ok()?;
        let rate = read(&String::from_utf8(bytes).ok()?)?;
        (0.0..=1.0).contains(&rate).then(|| Coverage {
            rate,
            report: (*name).to_owned(),
        })
    })
}

/// The rate in the first element of a report in Cobertura's form.
fn of_cobertura(text: &str) -> Option<f64> {
    let (_, rest) = text.split_once("line-rate=\"")?;
    rest.split('"').next()?.parse().ok()
}

/// Lines found and hit, in all files of a report in lcov's form.
fn of_lcov(text: &str) -> Option<f64> {
    let sum = |mark: &str| {
        text.lines()
            .filter_map(|it| it.strip_prefix(mark)?.trim().parse::<u64>().ok())
            .sum::<u64>()
    };
    let (found, hit) = (sum("LF:"), sum("LH:"));
    (found > 0).then(|| hit as f64 / found as f64)
}

/// The percentage in a report of coverage.py or of Istanbul.
fn of_json(text: &str) -> Option<f64> {
    let value: Value = serde_json::from_str(text).ok()?;
    let percent = value["totals"]["percent_covered"].as_f64();
    percent
        .or_else(|| value["total"]["lines"]["pct"].as_f64())
        .map(|it| it / 100.0)
}

/// Public definitions in these files that say what they are for, and all of them. Files that are gone count for nothing.
pub(super) fn documented(root: &Path, files: &[String]) -> Share {
    let mut share = Share::default();
    for name in files.iter().filter(|it| !code::is_test_path(it)) {
        let source = RelPath::parse(name)
            .ok()
            .and_then(|it| host::files::read_in(root, &it, SOURCE_MAX).ok());
        let text = source.and_then(|it| String::from_utf8(it).ok());
        let (Some(language), Some(text)) = (Language::from_path(name), text) else {
            continue;
        };
        for it in symbols(language, &text)
            .iter()
            .filter(|it| is_public(language, it))
        {
            share.part += u64::from(is_documented(language, it, &text));
            share.all += 1;
        }
    }
    share
}

fn is_public(language: Language, it: &Symbol) -> bool {
    let is_code = matches!(
        it.kind,
        SymbolKind::Function
            | SymbolKind::Method
            | SymbolKind::Class
            | SymbolKind::Struct
            | SymbolKind::Enum
            | SymbolKind::Trait
            | SymbolKind::Interface
    );
    is_code
        && match language {
            Language::Rust => it.signature.starts_with("pub ") || it.signature.starts_with("pub("),
            _ => !it.name.starts_with(['_', '#']),
        }
}

fn is_documented(language: Language, it: &Symbol, text: &str) -> bool {
    if language == Language::Python {
        let body = text.get(it.body.clone()).unwrap_or_default().trim_start();
        return ["\"\"\"", "'''", "r\"\"\"", "\"", "'"]
            .iter()
            .any(|mark| body.starts_with(mark));
    }
    let head = text
        .get(it.span.start..it.body.start.max(it.span.start))
        .unwrap_or_default();
    let marks: &[&str] = match language {
        Language::Rust => &["///", "/**", "#[doc"],
        _ => &["/**"],
    };
    marks.iter().any(|mark| head.contains(mark))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reports_of_other_tools_are_read() {
        assert_eq!(
            of_cobertura("<?xml?><coverage version=\"7\" line-rate=\"0.8125\" branch-rate=\"0\">"),
            Some(0.8125)
        );
        assert_eq!(
            of_lcov("SF:a\nLF:10\nLH:7\nend_of_record\nSF:b\nLF:10\nLH:10\n"),
            Some(0.85)
        );
        assert_eq!(
            of_json("{\"totals\": {\"percent_covered\": 91.5}}"),
            Some(0.915)
        );
        assert_eq!(
            of_json("{\"total\": {\"lines\": {\"pct\": 50}}}"),
            Some(0.5)
        );
        for torn in ["", "{", "LF:0\nLH:0", "line-rate=\"x\""] {
            assert_eq!(
                (of_json(torn), of_lcov(torn), of_cobertura(torn)),
                (None, None, None),
                "{torn}"
            );
        }
    }

    #[test]
    fn what_says_what_it_is_for_is_documented() {
        let of = |language, text: &str| {
            let all = symbols(language, text);
            let public = all.iter().filter(|it| is_public(language, it));
            public
                .map(|it| (it.name.clone(), is_documented(language, it, text)))
                .collect::<Vec<_>>()
        };
        let python =
            "def a():\n    \"\"\"Says.\"\"\"\n\ndef b():\n    return 1\n\ndef _c(): pass\n";
        assert_eq!(
            of(Language::Python, python),
            [("a".to_owned(), true), ("b".to_owned(), false)]
        );
        let rust = "/// Says.\npub fn a() {}\npub fn b() {}\nfn c() {}\n";
        assert_eq!(
            of(Language::Rust, rust),
            [("a".to_owned(), true), ("b".to_owned(), false)]
        );
    }
}
