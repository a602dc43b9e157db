//! Fingerprints of tasks: what a task was made from, so that a change reopens exactly what depends on it.

use change::Digest;
use spec::Spec;

use crate::work::{LOCK_FILE, MANIFEST, PACKAGE_JSON};

/// The fingerprint of a task: its own words and the text of every requirement it carries out.
pub fn of_task(spec: &Spec, title: &str, requirements: &[String], files: &[String]) -> String {
    of_bound_task(spec, title, requirements, files, &[])
}

/// The same of a task to which a person's constraints hold.
pub fn of_bound_task(
    spec: &Spec,
    title: &str,
    requirements: &[String],
    files: &[String],
    constraints: &[&str],
) -> String {
    // Which task brings a project's manifest depends on what stands there, not on the spec.
    let glue = [PACKAGE_JSON, MANIFEST, LOCK_FILE];
    let own: Vec<&str> = files
        .iter()
        .map(String::as_str)
        .filter(|it| !glue.contains(it))
        .collect();
    let mut text = format!("{title}\n{}\n", own.join("\n"));
    for (name, print) in requirements.iter().zip(prints(spec, requirements)) {
        text.push_str(&format!("{name} {print}\n"));
    }
    constraints
        .iter()
        .for_each(|it| text.push_str(&format!("{it}\n")));
    Digest::of(text.as_bytes()).to_string()[..16].to_owned()
}

/// The fingerprints of requirements, in their order; empty for one that the spec does not have.
pub fn prints(spec: &Spec, requirements: &[String]) -> Vec<String> {
    let of = |name: &String| {
        spec.named(name)
            .map_or("", spec::Named::fingerprint)
            .to_owned()
    };
    requirements.iter().map(of).collect()
}
