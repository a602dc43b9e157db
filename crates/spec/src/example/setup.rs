//! Statements that prepare the ground for the examples after them.

use std::collections::HashMap;
use std::ops::Range;

use super::{Expect, Findings, Found, NAME_LIMIT, Unclear, callee};
use crate::expression::{Call, call_at, dotted_end, literal_end, name_end, string_end, tails_end};

/// The statements of one block so far, and what its variables were made by.
#[derive(Debug)]
pub(super) struct Setup {
    statements: Vec<String>,
    makers: HashMap<String, String>,
    /// How many more bytes of statements the examples may repeat.
    room: usize,
}

impl Setup {
    /// The setup of a block of `length` bytes: its examples may repeat a fixed multiple of that, so that no block costs
    /// more than in proportion to its length.
    pub(super) fn within(length: usize) -> Self {
        const TIMES: usize = 64;
        const LEAST: usize = 64 * 1024;
        let room = length.saturating_mul(TIMES).max(LEAST);
        Self {
            statements: Vec::new(),
            makers: HashMap::new(),
            room,
        }
    }

    /// The statements for one more example; `None` when there is no room to repeat them.
    pub(super) fn repeated(&mut self) -> Option<Vec<String>> {
        const EACH: usize = size_of::<String>();
        let cost: usize = self.statements.iter().map(|it| it.len() + EACH).sum();
        self.room = self.room.checked_sub(cost)?;
        Some(self.statements.clone())
    }

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
        let made = value.strip_prefix("new ").map_or(value, str::trim_start);
        let maker = call_at(made, 0).map_or_else(String::new, |call| made[call.head].to_owned());
        let maker = if maker.len() > NAME_LIMIT {
            String::new()
        } else {
            maker
        };
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

    /// Whether what a dotted name begins with was bound here.
    pub(super) fn binds_owner(&self, head: &str) -> bool {
        self.binds(head.split('.').next().unwrap_or_default())
    }

    /// The call at `at`, or what a variable that was bound here holds: `a.balance`.
    pub(super) fn subject_at(&self, text: &str, at: usize) -> Option<Call> {
        call_at(text, at).or_else(|| {
            let end = dotted_end(text, at)?;
            let head = &text[at..end];
            let is_property = head.contains('.') && self.binds_owner(head);
            is_property.then(|| Call {
                head: at..end,
                args: end..end,
                first_end: end,
                end: tails_end(text, end),
            })
        })
    }

    /// Whether a name that was bound here stands in `source`, outside strings.
    pub(super) fn is_needed_by(&self, source: &str) -> bool {
        let mut at = 0;
        while let Some(c) = source[at..].chars().next() {
            let end = string_end(source, at).or_else(|| name_end(source, at));
            let end = end.unwrap_or(at + c.len_utf8());
            if self.binds(&source[at..end]) {
                return true;
            }
            at = end;
        }
        false
    }

    /// Keeps an example of a call with all statements so far before it. A call may change what they made, so it comes before
    /// the examples that follow.
    pub(super) fn keep(
        &mut self,
        text: &str,
        call: &Call,
        expect: Expect,
        span: Range<usize>,
        findings: &mut Findings,
    ) {
        let Some(setup) = self.repeated() else {
            findings.unclear.push((span, Unclear::LongSetup));
            return;
        };
        let source = text[call.head.start..call.end].to_owned();
        let function = self.function(callee(text, call));
        if self.has_state() && source.contains('(') && !matches!(expect, Expect::Raises(_)) {
            self.take(&source);
        }
        let call = super::Call {
            source,
            function,
            command: None,
        };
        findings.examples.push(Found {
            call,
            expect,
            setup,
            span,
        });
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

/// Whether a statement binds a name to a literal or to what a call gives, so that it stands by itself.
pub(super) fn makes(statement: &str) -> bool {
    binding(statement).is_some_and(|(_, value)| {
        let value = value.strip_prefix("new ").map_or(value, str::trim_start);
        let end = literal_end(value, 0).or_else(|| call_at(value, 0).map(|it| it.end));
        end.is_some_and(|end| value[end..].trim_start().is_empty() || value[end..].starts_with(';'))
    })
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
