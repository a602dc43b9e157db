//! Several toolboxes as one.

use std::sync::Arc;

use serde_json::Value;

use crate::{Answer, Effect, Progress, Stop, ToolSpec, Toolbox};

/// Several toolboxes as one. Of two tools with the same name the one of the earlier toolbox counts, and only that
/// one is shown.
#[derive(Clone, Default)]
pub struct Many<'t> {
    boxes: Vec<Arc<dyn Toolbox + Send + 't>>,
}

impl<'t> Many<'t> {
    /// The toolboxes, the one whose names count first in front.
    pub fn new(boxes: impl IntoIterator<Item = Arc<dyn Toolbox + Send + 't>>) -> Many<'t> {
        Many {
            boxes: boxes.into_iter().collect(),
        }
    }

    /// The same with another toolbox behind them.
    #[must_use]
    pub fn and(mut self, toolbox: Arc<dyn Toolbox + Send + 't>) -> Many<'t> {
        self.boxes.push(toolbox);
        self
    }

    fn owner(&self, name: &str) -> Option<&(dyn Toolbox + Send + 't)> {
        let has =
            |it: &&Arc<dyn Toolbox + Send + 't>| it.specs().iter().any(|spec| spec.name == name);
        self.boxes.iter().find(has).map(AsRef::as_ref)
    }
}

impl Toolbox for Many<'_> {
    fn specs(&self) -> Vec<ToolSpec> {
        let mut specs: Vec<ToolSpec> = Vec::new();
        for spec in self.boxes.iter().flat_map(|it| it.specs()) {
            if !specs.iter().any(|it| it.name == spec.name) {
                specs.push(spec);
            }
        }
        specs
    }

    fn effect(&self, name: &str, arguments: &Value) -> Effect {
        self.owner(name)
            .map_or(Effect::Reads, |it| it.effect(name, arguments))
    }

    fn title(&self, name: &str, arguments: &Value) -> String {
        self.owner(name)
            .map_or_else(|| name.to_owned(), |it| it.title(name, arguments))
    }

    fn call(
        &self,
        name: &str,
        arguments: &Value,
        stop: Stop<'_>,
        on: &(dyn Fn(Progress) + Sync),
    ) -> Answer {
        match self.owner(name) {
            Some(owner) => owner.call(name, arguments, stop, on),
            None => Answer::unknown(name, &self.specs()),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    struct One(&'static str, &'static [&'static str]);

    impl Toolbox for One {
        fn specs(&self) -> Vec<ToolSpec> {
            let spec = |name: &&str| ToolSpec {
                name: (*name).to_owned(),
                description: self.0.to_owned(),
                parameters: json!({"type": "object"}),
            };
            self.1.iter().map(spec).collect()
        }

        fn effect(&self, _name: &str, _arguments: &Value) -> Effect {
            Effect::Changes
        }

        fn call(
            &self,
            name: &str,
            _arguments: &Value,
            _stop: Stop<'_>,
            _on: &(dyn Fn(Progress) + Sync),
        ) -> Answer {
            Answer::done(format!("{}: {name}", self.0), name)
        }
    }

    #[test]
    fn the_first_toolbox_that_has_a_name_answers() {
        let many = Many::new([
            Arc::new(One("a", &["read", "edit"])) as Arc<dyn Toolbox + Send>,
            Arc::new(One("b", &["edit", "spec_show"])),
        ]);
        let names: Vec<String> = many.specs().into_iter().map(|it| it.name).collect();
        assert_eq!(names, ["read", "edit", "spec_show"]);
        let call = |name: &str| many.call(name, &json!({}), &|| false, &|_| {});
        assert_eq!(call("edit").text, "a: edit");
        assert_eq!(call("spec_show").text, "b: spec_show");
        let unknown = call("write");
        assert!(unknown.failed && unknown.text.contains("read, edit, spec_show"));
        assert_eq!(many.effect("edit", &json!({})), Effect::Changes);
        assert_eq!(many.effect("write", &json!({})), Effect::Reads);
    }
}
