//! Changing a hook file in its own form: the bytes of one value, all else as it was.

use super::{Form, HookFile};

/// The text with the hook at `index` switched on or off; none when there is no such hook. Only the value of `enabled`
/// changes, or is added.
pub fn set_enabled(path: &str, text: &str, index: usize, enabled: bool) -> Option<String> {
    let file = HookFile::read(path, text);
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
    match file.form? {
        Form::Native => {
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
        Form::V1 | Form::Legacy => {
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
    }
}
