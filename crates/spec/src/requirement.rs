//! Requirements.

use std::ops::Range;

use crate::criterion::Criterion;
use crate::example::{Example, FunctionDecl};
use crate::id::{RequirementId, comparable};

/// One requirement with all that stands under it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Requirement {
    /// Its id in canonical spelling.
    pub id: RequirementId,
    /// What the heading says after the id.
    pub title: String,
    /// Whether it says what the software does, or how well.
    pub kind: RequirementKind,
    /// The prose under the heading, its paragraphs parted by blank lines; without bullets, tables and code.
    pub text: String,
    /// Every bullet, nested ones too, in the order of the document.
    pub criteria: Vec<Criterion>,
    /// The calls with what they must give.
    pub examples: Vec<Example>,
    /// The functions that it names.
    pub functions: Vec<FunctionDecl>,
    /// The files that it names in backticks.
    pub paths: Vec<String>,
    /// Sixteen hexadecimal digits that change when anything here changes but spacing.
    pub fingerprint: String,
    /// The bytes from its heading to its last line.
    pub span: Range<usize>,
}

/// What a requirement is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RequirementKind {
    /// What the software does.
    Functional,
    /// How well it does it.
    NonFunctional,
}

impl Requirement {
    /// The function of this name that the requirement declares or gives examples of.
    pub fn function(&self, name: &str) -> Option<&FunctionDecl> {
        self.functions.iter().find(|it| it.name == name)
    }

    /// Whether a name means it: its own id (`FR-1`), or that of one of its criteria (`FR-1.2`).
    pub fn is_named(&self, name: &str) -> bool {
        let wanted = comparable(name);
        let is = |id: &str| comparable(id) == wanted;
        is(self.id.as_str()) || self.criteria.iter().any(|it| is(it.id.as_str()))
    }
}
