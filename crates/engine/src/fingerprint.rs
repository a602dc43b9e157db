//! Fingerprints of tasks: what a task was made from, so that a change reopens exactly what depends on it.

use change::Digest;
use spec::Spec;

use crate::work::{LOCK_FILE, MANIFEST, PACKAGE_JSON};

/// The fingerprint of a task: its own words and the text of every requirement it carries out.
pub fn of_task(spec: &Spec, title: &str, requirements: &[String], files: &[String]) -> String {
    // Which task brings a project's manifest depends on what stands there, not on the spec.
    let glue = [PACKAGE_JSON, MANIFEST, LOCK_FILE];
    let own: Vec<&str> = files
        .iter()
        .map(String::as_str)
        .filter(|it| !glue.contains(it))
        .collect();
    let mut text = format!("{title}\n{}\n", own.join("\n"));
    for name in requirements {
        let print = spec.named(name).map_or("", spec::Named::fingerprint);
        text.push_str(&format!("{name} {print}\n"));
    }
    Digest::of(text.as_bytes()).to_string()[..16].to_owned()
}
