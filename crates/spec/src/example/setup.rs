//! Statements that prepare the ground for the examples after them.

use std::collections::HashMap;

use crate::expression::{call_at, dotted_end, name_end};

/// The statements of one block so far, and what its variables were made by.
#[derive(Debug, Default)]
pub(super) struct Setup {
    pub(super) statements: Vec<String>,
    makers: HashMap<String, String>,
}

impl Setup {
    /// Keeps `statement` when it binds a name or imports one.
    pub(super) fn take_binding(&mut self, statement: &str) -> bool {
        if statement.starts_with("import ")
            || (statement.starts_with("from ") && statement.contains(" import "))
        {
            self.statements.push(statement.to_owned());
            return true;
        }
        let Some((name, value)) = binding(statement) else {
            return false;
        };
        let maker = call_at(value, 0).map_or_else(String::new, |call| value[call.head].to_owned());
        self.makers.insert(name.to_owned(), maker);
        self.statements.push(statement.to_owned());
        true
    }

    /// Keeps `statement` as it is.
    pub(super) fn take(&mut self, statement: &str) {
        self.statements.push(statement.to_owned());
    }

    /// Whether any variable was made here, so that the calls after it may depend on those before.
    pub(super) fn has_state(&self) -> bool {
        !self.makers.is_empty()
    }

    /// Whether `name` was bound here.
    pub(super) fn binds(&self, name: &str) -> bool {
        self.makers.contains_key(name)
    }

    /// The function that a dotted name stands for: a variable is named by its maker.
    pub(super) fn function(&self, head: &str) -> String {
        let (owner, method) = head.split_once('.').unwrap_or((head, ""));
        match self
            .makers
            .get(owner)
            .filter(|maker| !maker.is_empty() && !method.is_empty())
        {
            Some(maker) => format!("{maker}.{method}"),
            None => head.to_owned(),
        }
    }
}

/// `name = value`, also with `let`, `const`, `var`, a type, or a dotted or indexed target.
fn binding(statement: &str) -> Option<(&str, &str)> {
    let plain = ["let mut ", "let ", "const ", "var "]
        .iter()
        .find_map(|it| statement.strip_prefix(it))
        .unwrap_or(statement);
    let end = name_end(plain, 0)?;
    let target_end = dotted_end(plain, 0)?;
    let rest = plain[target_end..].trim_start();
    let value = rest
        .strip_prefix('=')
        .filter(|it| !it.starts_with(['=', '>']))?;
    Some((&plain[..end], value.trim()))
}
