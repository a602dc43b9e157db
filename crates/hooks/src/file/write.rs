//! Changing a hook file in its own form: the bytes of one value, all else as it was.

use super::{Form, HookFile};

/// The text with the hook at `index` switched on or off; none when there is no such hook, or the file is written such that
/// more than that would change. Only the value of `enabled` changes, or is added.
pub fn set_enabled(path: &str, text: &str, index: usize, enabled: bool) -> Option<String> {
    let before = HookFile::read(path, text);
    let switched = switched(&before, text, index, enabled)?;
    let after = HookFile::read(path, &switched);
    let is_same = after.hooks.len() == before.hooks.len()
        && after
            .hooks
            .iter()
            .zip(&before.hooks)
            .enumerate()
            .all(|(position, (now, then))| {
                let wanted = if position == index {
                    enabled
                } else {
                    then.enabled
                };
                now.name == then.name && now.event == then.event && now.enabled == wanted
            });
    is_same.then_some(switched)
}

fn switched(file: &HookFile, text: &str, index: usize, enabled: bool) -> Option<String> {
    let hook = file.hooks.get(index)?;
    let value = enabled.to_string();
    let place = hook.places.enabled.clone();
    if !place.is_empty() {
        return Some(format!(
            "{}{value}{}",
            &text[..place.start],
            &text[place.end..]
        ));
    }
    let is_braced = text.get(hook.span.start..)?.starts_with('{');
    match file.form? {
        Form::Native if !is_braced => {
            // After the name's line, which every sound hook has.
            let name = hook.places.name.end;
            let at = text[name..]
                .find('\n')
                .map_or(text.len(), |it| name + it + 1);
            let before = if text[..at].ends_with('\n') { "" } else { "\n" };
            Some(format!(
                "{}{before}enabled: {value}\n{}",
                &text[..at],
                &text[at..]
            ))
        }
        Form::Native | Form::V1 | Form::Legacy => {
            let at = hook.span.start + 1;
            let rest = &text[at..];
            // The white space before the first key is what keys are set apart by.
            let gap = &rest[..rest.len() - rest.trim_start().len()];
            let comma = if rest.trim_start().starts_with('}') {
                ""
            } else {
                ","
            };
            Some(format!(
                "{}{gap}\"enabled\": {value}{comma}{}",
                &text[..at],
                rest
            ))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_value_changes_and_nothing_else() {
        let yaml = "# why\nname: \"A\" # x\ntrigger: {event: manual}\naction: {type: command, command: 'true'}\n";
        let off = set_enabled("a.yaml", yaml, 0, false).expect("a hook");
        assert_eq!(off, yaml.replace("# x\n", "# x\nenabled: false\n"));
        assert!(!HookFile::read("a.yaml", &off).hooks[0].enabled);
        let on = set_enabled("a.yaml", &off, 0, true).expect("a hook");
        assert_eq!(on, yaml.replace("# x\n", "# x\nenabled: true\n"));
        let v1 = "{\"version\":\"v1\",\"hooks\":[\n  {\"name\":\"a\",\"trigger\":\"Stop\",\n\t\"enabled\" : true,\"action\":{\"type\":\"command\",\"command\":\"x\"}},\n  {\n    \"name\":\"b\",\"trigger\":\"Stop\",\"action\":{\"type\":\"command\",\"command\":\"y\"}}]}";
        assert_eq!(
            set_enabled("a.json", v1, 0, false).expect("a hook"),
            v1.replace(": true", ": false")
        );
        let second = set_enabled("a.json", v1, 1, false).expect("a hook");
        assert_eq!(
            second,
            v1.replace(
                "{\n    \"name\":\"b\"",
                "{\n    \"enabled\": false,\n    \"name\":\"b\""
            )
        );
        assert!(!HookFile::read("a.json", &second).hooks[1].enabled);
        assert_eq!(set_enabled("a.json", v1, 2, true), None);
        let flow = "{name: A, trigger: {event: manual}, action: {type: command, command: x}}\n";
        let off = set_enabled("a.yaml", flow, 0, false).expect("a hook");
        assert_eq!(off, flow.replacen('{', "{\"enabled\": false,", 1));
    }

    /// Found by chance: files that are not what their names say, or broken, lost their hooks by the switch.
    #[test]
    fn a_file_in_which_more_would_change_is_left_alone() {
        let json = "{\n\t\"name\": \"Guard\",\n\t\"when\": { \"type\": \"preToolUse\" },\n\t\"then\": { \"type\": \"runCommand\", \"command\": \"exit 0\" }\n}\n";
        let broken = "# !**/:\n  type: \"agent\"\n  prompt: |\n    Look: {file_path}\n";
        for (path, text) in [("a.yaml", json), ("a.yaml", broken), ("a.json", broken)] {
            let count = HookFile::read(path, text).hooks.len();
            if let Some(off) = set_enabled(path, text, 0, false) {
                let after = HookFile::read(path, &off);
                assert_eq!(after.hooks.len(), count, "{path}: {off}");
                assert!(!after.hooks[0].enabled, "{path}: {off}");
            }
        }
    }
}
