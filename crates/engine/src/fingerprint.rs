//! Fingerprints of tasks: what a task was made from, so that a change reopens exactly what depends on it.

use change::Digest;
use spec::Spec;

/// The fingerprint of a task: its own words and the text of every requirement it carries out.
pub fn of_task(spec: &Spec, title: &str, requirements: &[String], files: &[String]) -> String {
    let mut text = format!("{title}\n{}\n", files.join("\n"));
    for name in requirements {
        let found = spec
            .requirements
            .iter()
            .find(|it| it.id.to_string() == *name);
        let print = found.map_or("", |it| it.fingerprint.as_str());
        text.push_str(&format!("{name} {print}\n"));
    }
    Digest::of(text.as_bytes()).to_string()[..16].to_owned()
}
