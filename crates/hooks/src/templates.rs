//! Hook files that come with Kiro: those that `kiro init` writes, and examples to begin with.

/// A hook file that comes with Kiro.
#[derive(Clone, Copy, Debug)]
pub struct Template {
    /// What it is called; its file is this with `.yaml`.
    pub name: &'static str,
    /// Its text.
    pub text: &'static str,
    /// Whether `kiro init` writes it.
    pub built_in: bool,
}

macro_rules! template {
    ($name:literal, $built_in:literal) => {
        Template {
            name: $name,
            text: include_str!(concat!("../templates/", $name, ".yaml")),
            built_in: $built_in,
        }
    };
}

/// All of them.
pub const TEMPLATES: [Template; 6] = [
    template!("auto-doc", true),
    template!("auto-test", true),
    template!("pre-commit-review", true),
    template!("dependency-check", true),
    template!("auto-optimize", false),
    template!("aws-tagging", false),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Event, HookFile, Severity};

    #[test]
    fn each_is_read_without_a_finding() {
        for template in TEMPLATES {
            let file = HookFile::read(&format!("{}.yaml", template.name), template.text);
            let findings: Vec<_> = file
                .diagnostics
                .iter()
                .filter(|it| it.severity != Severity::Note)
                .collect();
            assert!(findings.is_empty(), "{}: {findings:?}", template.name);
            assert!(!file.hooks[0].broken && file.hooks.len() == 1);
        }
        let read = |index: usize| {
            HookFile::read("a.yaml", TEMPLATES[index].text)
                .hooks
                .remove(0)
        };
        let review = read(2);
        assert_eq!(review.event, Some(Event::GitPreCommit));
        assert!(review.blocking && !review.require_approval && review.can_stop());
        assert!(read(4).run_tests && read(4).condition.is_some());
        assert!(read(5).blocking && read(0).require_approval && !read(0).auto_commit);
    }
}
