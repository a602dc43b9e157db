//! A specification as a value.

use std::ops::Range;

use crate::criterion::Criterion;
use crate::diagnostic::{Code, Diagnostic};
use crate::example::Example;
use crate::fingerprint::fingerprint;
use crate::id::{RequirementId, comparable};
use crate::requirement::Requirement;

/// A specification. All spans are byte ranges of the text that it was read from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spec {
    /// The name that it goes by, such as `user-authentication`.
    pub name: String,
    /// The first heading; empty when there is none.
    pub title: String,
    /// The overview's prose, its paragraphs parted by blank lines.
    pub overview: String,
    /// The requirements, in the order of the document.
    pub requirements: Vec<Requirement>,
    /// The technical constraints.
    pub constraints: Vec<Fact>,
    /// The architecture's components.
    pub components: Vec<Component>,
    /// The tables that SQL in the document creates.
    pub schema: Vec<Table>,
    /// The testing requirements.
    pub testing: Vec<Criterion>,
    /// The packages that it depends on.
    pub dependencies: Vec<Dependency>,
    /// The success criteria.
    pub success: Vec<Criterion>,
    /// All headings with what stands under them.
    pub sections: Vec<Section>,
    /// What the reader noticed.
    pub diagnostics: Vec<Diagnostic>,
    /// Sixteen hexadecimal digits that change with anything in the text but spacing.
    pub fingerprint: String,
}

/// A technical constraint: `Language: Python 3.12`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fact {
    /// What stands before the colon; empty when there is none.
    pub key: String,
    /// What stands after it.
    pub value: String,
    /// The bytes of its bullet.
    pub span: Range<usize>,
}

/// A part of the architecture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Component {
    /// Its name.
    pub name: String,
    /// What is said of it; may be empty.
    pub note: String,
    /// The files that its bullet, or those under it, mention.
    pub paths: Vec<String>,
    /// The bytes of its bullet.
    pub span: Range<usize>,
}

/// A database table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    /// Its name, with the schema's where written.
    pub name: String,
    /// Its columns, in order.
    pub columns: Vec<Column>,
    /// The bytes of the statement that creates it.
    pub span: Range<usize>,
}

/// A table's column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// Its type and constraints on one line, as written.
    pub definition: String,
}

/// A package that the software depends on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dependency {
    /// Its name.
    pub name: String,
    /// The version: `2.8.0` for an exact one, otherwise with its operator, such as `>=0.110`.
    pub version: Option<String>,
    /// The bytes of its bullet.
    pub span: Range<usize>,
}

/// A heading with what stands under it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Section {
    /// The heading's text.
    pub title: String,
    /// 1 to 6.
    pub level: u8,
    /// The heading's bytes.
    pub heading: Range<usize>,
    /// The bytes from the heading to the next one of its level or above.
    pub span: Range<usize>,
}

/// What a name means in a spec.
#[derive(Clone, Copy, Debug)]
pub enum Named<'a> {
    /// A whole requirement.
    Requirement(&'a Requirement),
    /// One criterion of it.
    Criterion(&'a Requirement, &'a Criterion),
}

impl<'a> Named<'a> {
    /// The requirement, or the one that the criterion belongs to.
    pub fn requirement(self) -> &'a Requirement {
        match self {
            Named::Requirement(it) | Named::Criterion(it, _) => it,
        }
    }

    /// The fingerprint of what is named.
    pub fn fingerprint(self) -> &'a str {
        match self {
            Named::Requirement(it) => &it.fingerprint,
            Named::Criterion(_, it) => &it.fingerprint,
        }
    }
}

impl Spec {
    /// Reads a specification. This never fails: what is wrong with the text is told by the diagnostics.
    pub fn parse(name: &str, text: &str) -> Spec {
        crate::read::spec(name, text)
    }

    /// The requirement with this id.
    pub fn requirement(&self, id: &RequirementId) -> Option<&Requirement> {
        self.requirements.iter().find(|it| it.id == *id)
    }

    /// What a task or a person means by `name`: a requirement (`FR-1`, `R1`) or one of its criteria (`1.2`).
    pub fn named(&self, name: &str) -> Option<Named<'_>> {
        // As written first: telling spellings apart costs more than most lists need.
        if let Some(found) = self.requirements.iter().find(|it| it.id.as_str() == name) {
            return Some(Named::Requirement(found));
        }
        let exact = self.requirements.iter().find_map(|requirement| {
            let found = requirement
                .criteria
                .iter()
                .find(|it| it.id.as_str() == name)?;
            Some(Named::Criterion(requirement, found))
        });
        if exact.is_some() {
            return exact;
        }
        let wanted = comparable(name);
        let is = |id: &str| comparable(id) == wanted;
        let whole = self.requirements.iter().find(|it| is(it.id.as_str()));
        whole.map(Named::Requirement).or_else(|| {
            self.requirements.iter().find_map(|requirement| {
                let criteria = &requirement.criteria;
                let found = criteria.iter().find(|it| is(it.id.as_str()))?;
                Some(Named::Criterion(requirement, found))
            })
        })
    }

    /// Whether it tells of a bug in the form that has what happens today, what is right, and what stays.
    pub fn is_bugfix(&self) -> bool {
        self.defect().is_some()
    }

    /// Of a bugfix, what goes wrong today: nothing to carry out, but what its other requirements mend.
    pub fn defect(&self) -> Option<&Requirement> {
        let first = self.requirements.first();
        first.filter(|it| it.id.as_str() == "1" && it.title == "Current Behavior")
    }

    /// Of a bugfix, what is right: what mends it.
    pub fn expected(&self) -> Option<&Requirement> {
        self.defect()?;
        self.requirements.iter().find(|it| it.id.as_str() == "2")
    }

    /// What is to be carried out, in the order of work: of a bugfix what stays before what is mended, so that the mending is
    /// held to it, and nothing of what goes wrong today.
    pub fn to_carry_out(&self) -> Vec<&Requirement> {
        if self.defect().is_none() {
            return self.requirements.iter().collect();
        }
        let mut all: Vec<&Requirement> = self.requirements.iter().skip(1).collect();
        let expected = self.expected().map(|it| &it.id);
        all.sort_by_key(|it| Some(&it.id) == expected);
        all
    }

    /// Whether an id is the one that a person wrote, in whatever spelling.
    pub fn same_id(wanted: &str) -> impl Fn(&str) -> bool + use<> {
        let wanted = comparable(wanted);
        move |id| comparable(id) == wanted
    }

    /// Several documents as one spec, such as the specs of an OpenSpec change: the first gives title and overview. A requirement
    /// whose id is taken is given another.
    pub fn merged(name: &str, documents: Vec<Spec>) -> Spec {
        let mut documents = documents.into_iter();
        let mut whole = documents.next().unwrap_or_else(|| Spec::parse(name, ""));
        name.clone_into(&mut whole.name);
        for other in documents {
            whole.fingerprint =
                fingerprint(&format!("{} {}", whole.fingerprint, other.fingerprint), []);
            for mut requirement in other.requirements {
                if whole.requirements.iter().any(|it| it.id == requirement.id) {
                    let count = whole.requirements.len() + 1;
                    requirement.id = RequirementId::new(format!("{}#{count}", requirement.id));
                }
                whole.requirements.push(requirement);
            }
            whole.success.extend(other.success);
            whole.testing.extend(other.testing);
            whole.schema.extend(other.schema);
            whole.constraints.extend(other.constraints);
            whole.components.extend(other.components);
            whole.dependencies.extend(other.dependencies);
            // What the first says is missing, another may hold.
            let lacks = |code: Code| {
                let lack = [Code::NoRequirement, Code::NoSuccessCriteria].contains(&code);
                lack && !other.diagnostics.iter().any(|it| it.code == code)
            };
            whole.diagnostics.retain(|it| !lacks(it.code));
        }
        whole
    }

    /// All examples, requirement by requirement.
    pub fn examples(&self) -> impl Iterator<Item = &Example> {
        self.requirements.iter().flat_map(|it| &it.examples)
    }

    /// All criteria of the requirements, in order; without those of testing and success.
    pub fn criteria(&self) -> impl Iterator<Item = &Criterion> {
        self.requirements.iter().flat_map(|it| &it.criteria)
    }

    /// The value of the first constraint with this key, whatever its case: `fact("language")`.
    pub fn fact(&self, key: &str) -> Option<&str> {
        self.constraints
            .iter()
            .find(|it| it.key.eq_ignore_ascii_case(key))
            .map(|it| it.value.as_str())
    }
}
