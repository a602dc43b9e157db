//! The new code, read in whichever form it comes.

use tree_sitter::Tree;

use super::{Parsed, SpliceError, Target};
use crate::definition::{Definition, definitions};
use crate::import::{Statement, statements};
use crate::language::Language;
use crate::layout::{
    Reindent, Style, Verbatim, indentation, indentation_at, shared_margin, unmargin,
};
use crate::names::Names;
use crate::syntax::find_error;
use crate::tree::{Step, parse, parts, walk};

/// The new code with line ends as `\n`, without shared indentation, parsed.
pub(super) struct Item {
    language: Language,
    pub(super) source: String,
    tree: Tree,
    pub(super) definitions: Vec<Definition>,
    imports: Vec<Statement>,
    style: Style,
    verbatim: Verbatim,
    /// Whether the target is a method that stands alone, without its class.
    pub(super) bare: bool,
    /// The indentation that was taken off every line.
    margin: String,
}

/// One way to read the new code.
struct Form {
    source: String,
    margin: String,
}

impl Form {
    /// The same code as the inside of a class.
    fn in_class(&self, parent: &str) -> Self {
        let class = parent.rsplit('.').next().unwrap_or(parent);
        let source = format!("class {class} {{\n{}\n}}", self.source);
        Self {
            source,
            margin: self.margin.clone(),
        }
    }
}

impl Item {
    /// Reads the code as it is; as the inside of the file's class, with the first line's indentation
    /// lost; and, for scripts, as the inside of a class.
    pub(super) fn read(
        language: Language,
        item: &str,
        target: &Target,
        file: &Parsed<'_>,
    ) -> Result<Self, SpliceError> {
        let written = item.trim_start_matches('\u{feff}').replace("\r\n", "\n");
        let margin = shared_margin(&written).to_owned();
        let plain = unmargin(&written, &margin);
        let mut forms = Vec::new();
        if margin.is_empty() {
            forms.extend(realigned(&plain, target, file));
        }
        forms.push(Form {
            source: plain.clone(),
            margin,
        });
        let class = target.parent.as_deref().filter(|_| language.is_script());
        let forms = forms.into_iter().flat_map(|form| {
            let wrapped = class.map(|parent| form.in_class(parent));
            std::iter::once(form).chain(wrapped)
        });
        for form in forms {
            if let Some(item) = Self::parse(language, form, target) {
                return Ok(item);
            }
        }
        Err(Self::refusal(language, &plain, target))
    }

    /// The form, if it is sound and holds the target or its whole class.
    fn parse(language: Language, form: Form, target: &Target) -> Option<Self> {
        let Form { source, margin } = form;
        let tree = parse(language, &source)?;
        if find_error(language, &tree, &source).is_some() {
            return None;
        }
        let definitions = definitions(language, tree.root_node(), &source);
        let whole = definitions
            .iter()
            .any(|it| it.symbol.qualified() == target.full);
        let alone =
            target.parent.is_some() && definitions.iter().any(|it| stands_alone(it, target));
        (whole || alone).then(|| Self {
            language,
            imports: statements(language, tree.root_node(), &source),
            style: Style::of(&source, &tree),
            verbatim: Verbatim::of(&tree),
            bare: !whole,
            margin,
            definitions,
            tree,
            source,
        })
    }

    fn refusal(language: Language, plain: &str, target: &Target) -> SpliceError {
        let Some(parsed) = Parsed::new(language, plain) else {
            return SpliceError::TooLarge("new code");
        };
        match parsed.error() {
            Some(error) => SpliceError::ItemSyntax(error),
            None => SpliceError::NotInItem {
                name: target.full.clone(),
                found: parsed
                    .definitions
                    .iter()
                    .map(|it| it.symbol.qualified())
                    .collect(),
            },
        }
    }

    /// The definitions that are asked for.
    pub(super) fn wanted(&self, target: &Target) -> Vec<&Definition> {
        let is_wanted = |it: &&Definition| {
            if self.bare {
                stands_alone(it, target)
            } else {
                it.symbol.qualified() == target.full
            }
        };
        self.definitions.iter().filter(is_wanted).collect()
    }

    pub(super) fn parsed(&self) -> Parsed<'_> {
        Parsed {
            language: self.language,
            source: &self.source,
            tree: self.tree.clone(),
            definitions: self.definitions.clone(),
            imports: self.imports.clone(),
            style: self.style.clone(),
        }
    }

    pub(super) fn names(&self) -> Names<'_> {
        Names::of(self.language, self.tree.root_node(), &self.source)
    }

    /// The step of indentation of the new code.
    pub(super) fn unit(&self) -> Option<&str> {
        self.style.unit.as_deref()
    }

    /// A definition's text, moved to the indentation `to` and the file's steps, with `\n` line ends
    /// and without indentation of its first line. `visibility` is written before the declaration.
    pub(super) fn render(
        &self,
        it: &Definition,
        to: &str,
        style: &Style,
        visibility: &str,
    ) -> String {
        let units = self.style.unit.as_deref().zip(style.unit.as_deref());
        let reindent = Reindent {
            from: indentation_at(&self.source, it.symbol.span.start),
            to,
            units: units.filter(|(old, _)| self.language != Language::Python || self.regular(old)),
            verbatim: &self.verbatim,
            margin: &self.margin,
        };
        let extra = (it.declaration, visibility);
        reindent.apply(&self.source, it.symbol.span.clone(), extra)
    }

    /// Whether every Python statement is indented by whole steps, so that steps can be exchanged.
    fn regular(&self, unit: &str) -> bool {
        let mut regular = true;
        walk(self.tree.root_node(), |step| {
            let Step::Enter(node, _) = step else {
                return true;
            };
            if matches!(node.kind(), "block" | "module") {
                for part in parts(node) {
                    let own = indentation_at(&self.source, part.start_byte());
                    regular &= own.replace(unit, "").is_empty();
                }
            }
            regular
        });
        regular
    }
}

fn stands_alone(it: &Definition, target: &Target) -> bool {
    it.symbol.parent.is_none() && it.symbol.name == target.name
}

/// Code cut out of a class from its first word on: all lines but the first carry the class's
/// indentation. Returns it without that indentation.
fn realigned(plain: &str, target: &Target, file: &Parsed<'_>) -> Option<Form> {
    let there = file.named(&target.full).into_iter().next()?;
    let margin = indentation_at(file.source, there.symbol.span.start);
    let (first, rest) = plain.split_once('\n')?;
    let shifted = rest
        .lines()
        .all(|line| line.trim().is_empty() || line.starts_with(margin));
    // The lines of a value have no layout of their own, except for its closing bracket.
    let last = rest
        .lines()
        .rfind(|line| !line.trim().is_empty())
        .unwrap_or_default();
    let closes = !there.symbol.kind.is_value() || indentation(last) == margin;
    let fits = closes && !margin.is_empty() && shifted && indentation(first).is_empty();
    fits.then(|| Form {
        source: format!("{first}\n{}", unmargin(rest, margin)),
        margin: margin.to_owned(),
    })
}
