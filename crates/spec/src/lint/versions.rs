//! Versions that exclude each other.

use std::collections::HashMap;

use crate::Spec;
use crate::diagnostic::{Code, Diagnostic};

/// Dependencies that are named twice with different versions, or that a technical constraint excludes.
pub(super) fn conflicts(spec: &Spec) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    let mut seen: HashMap<String, &str> = HashMap::new();
    for dependency in &spec.dependencies {
        let Some(version) = dependency.version.as_deref() else {
            continue;
        };
        let name = comparable(&dependency.name);
        if let Some(first) = seen.insert(name.clone(), version)
            && first != version
        {
            let message = format!(
                "{} is wanted as {first} and as {version}; keep one of them.",
                dependency.name
            );
            found.push(Diagnostic::new(
                Code::ConflictingVersions,
                dependency.span.clone(),
                message,
            ));
        }
        let ruled = spec.constraints.iter().flat_map(|fact| wanted(&fact.value));
        for (own, rule) in ruled.filter(|(own, _)| *own == name) {
            if excludes(&rule, version) {
                let message = format!(
                    "{} is wanted as {version}, but the technical constraints say {own} {rule}; make them agree.",
                    dependency.name
                );
                found.push(Diagnostic::new(
                    Code::ConflictingVersions,
                    dependency.span.clone(),
                    message,
                ));
            }
        }
    }
    found
}

fn comparable(name: &str) -> String {
    name.split('[')
        .next()
        .unwrap_or_default()
        .to_lowercase()
        .replace(['-', '_', '.'], "")
}

/// Names with versions in a constraint: `FastAPI 0.110+`, `SQLAlchemy 2.x`.
fn wanted(value: &str) -> Vec<(String, String)> {
    let words: Vec<&str> = value
        .split([' ', ',', ';'])
        .filter(|it| !it.is_empty())
        .collect();
    let is_version = |it: &str| it.starts_with(|c: char| c.is_ascii_digit());
    words
        .windows(2)
        .filter(|pair| is_version(pair[1]) && !is_version(pair[0]))
        .map(|pair| (comparable(pair[0]), pair[1].to_owned()))
        .collect()
}

/// Whether a rule such as `0.110+`, `2.x` or `3.12` leaves no room for an exact version.
fn excludes(rule: &str, version: &str) -> bool {
    let Some(exact) = numbers(version).filter(|it| !it.is_empty()) else {
        return false;
    };
    let at_least = rule.ends_with('+');
    let plain = rule
        .trim_end_matches('+')
        .trim_end_matches(".x")
        .trim_end_matches(".*");
    let Some(rule) = numbers(plain) else {
        return false;
    };
    let shared: Vec<u64> = exact
        .iter()
        .copied()
        .chain(std::iter::repeat(0))
        .take(rule.len())
        .collect();
    if at_least {
        shared < rule
    } else {
        shared != rule
    }
}

/// The numbers of an exact version; none for a range.
fn numbers(version: &str) -> Option<Vec<u64>> {
    version.split('.').map(|it| it.parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_excludes_what_lies_outside_it() {
        for (rule, version, expected) in [
            ("0.110+", "0.110.0", false),
            ("0.110+", "0.99.1", true),
            ("2.x", "2.0.27", false),
            ("2.x", "1.4.0", true),
            ("16", "16.1", false),
            ("3.12", "3.11", true),
            ("2.x", ">=1.4", false),
        ] {
            assert_eq!(excludes(rule, version), expected, "{rule} {version}");
        }
    }
}
