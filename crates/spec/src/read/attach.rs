//! Examples in a section of their own, given to the requirements that they show.

use std::collections::HashMap;

use super::heading::{SectionKind, label};
use super::region::{Draft, Regions};
use super::requirement::{Gathered, findings, unclear};
use crate::diagnostic::{Code, Diagnostic};
use crate::example::Found;
use crate::outline::{BlockKind, Outline};

/// Gives each example of the sections "Examples" to a requirement: the one whose id heads it, or else the first that names its function.
pub(super) fn examples(
    outline: &Outline<'_>,
    regions: &Regions,
    drafts: &[Draft],
    requirements: &mut [Gathered],
    diagnostics: &mut Vec<Diagnostic>,
) {
    let mut sections = regions.of_kind(SectionKind::Examples).peekable();
    if sections.peek().is_none() {
        return;
    }
    let names = Names::of(outline, requirements);
    for section in sections {
        let mut target = None;
        for index in section {
            if let BlockKind::Heading { title, .. } = &outline.blocks[index].kind {
                let label = label(outline.text(title));
                target =
                    label.and_then(|label| drafts.iter().position(|draft| draft.id == label.id));
                continue;
            }
            let found = findings(outline, index, |place| {
                target.and_then(|it| requirements[it].function_for(place))
            });
            diagnostics.extend(found.unclear.into_iter().map(unclear));
            for example in found.examples {
                match target.or_else(|| names.owner(&example)) {
                    Some(owner) => requirements[owner].examples.push((example, None)),
                    None => diagnostics.push(unattached(example)),
                }
            }
        }
    }
}

fn unattached(example: Found) -> Diagnostic {
    let message = format!(
        "No requirement names `{}`, so this example is not run; name the function in the requirement that it shows.",
        example.call.function
    );
    Diagnostic::new(Code::UnattachedExample, example.span, message)
}

/// Which requirement names a function first: by signature, by example, or by a word of its text.
struct Names<'a> {
    functions: HashMap<String, usize>,
    words: HashMap<&'a str, usize>,
}

impl<'a> Names<'a> {
    fn of(outline: &Outline<'a>, requirements: &[Gathered]) -> Self {
        let (mut functions, mut words) = (HashMap::new(), HashMap::new());
        for (position, gathered) in requirements.iter().enumerate() {
            let declared = gathered.requirement.functions.iter().map(|it| &it.name);
            let shown = gathered
                .examples
                .iter()
                .map(|(found, _)| &found.call.function);
            for name in declared.chain(shown) {
                functions.entry(name.clone()).or_insert(position);
            }
            let text = outline.text(&gathered.requirement.span);
            for word in text.split(|c: char| !c.is_alphanumeric() && c != '_') {
                words.entry(word).or_insert(position);
            }
        }
        Self { functions, words }
    }

    fn owner(&self, example: &Found) -> Option<usize> {
        let name = example.call.function.as_str();
        let last = name.rsplit(['.', ':']).next().unwrap_or(name);
        let first = name.split(['.', ':']).next().unwrap_or(name);
        let by_name = self
            .functions
            .get(name)
            .or_else(|| self.functions.get(last));
        by_name
            .or_else(|| self.words.get(last))
            .or_else(|| self.words.get(first))
            .copied()
    }
}
