//! The reader of the native dialect: from a document's outline to a [`Spec`].

mod attach;
mod criteria;
mod form;
mod heading;
mod list;
mod region;
mod requirement;
mod scenario;
mod schema;

use crate::criterion::Place;
use crate::diagnostic::{Code, Diagnostic};
use crate::document::{Section, Spec};
use crate::fingerprint::fingerprint;
use crate::inline::without_emphasis;
use crate::outline::{BlockKind, Outline};

use form::Form;
use heading::SectionKind;
use region::Regions;

/// See [`Spec::parse`].
pub(crate) fn spec(name: &str, text: &str) -> Spec {
    let outline = Outline::read(text);
    let mut diagnostics = Vec::new();
    let regions = Regions::of(&outline);
    let form = Form::of(&outline);
    let drafts = match form {
        Form::Bullets => regions.named_drafts(&mut diagnostics),
        other => other.drafts(&outline),
    };
    let mut requirements: Vec<_> = drafts
        .iter()
        .map(|draft| requirement::gather(&outline, draft, form, &mut diagnostics))
        .collect();
    attach::examples(
        &outline,
        &regions,
        &drafts,
        &mut requirements,
        &mut diagnostics,
    );
    let testing = criteria::of_sections(
        &outline,
        regions.of_kind(SectionKind::Testing),
        "T",
        Place::Testing,
    );
    let success = criteria::of_sections(
        &outline,
        regions.of_kind(SectionKind::Success),
        "SC",
        Place::Success,
    );
    let spec = Spec {
        name: name.to_owned(),
        title: title(&outline),
        overview: overview(&outline, &regions),
        requirements: requirements
            .into_iter()
            .map(|it| it.finish(text, &mut diagnostics))
            .collect(),
        constraints: list::facts(&outline, &regions),
        components: list::components(&outline, &regions),
        schema: schema::tables(&outline),
        testing,
        dependencies: list::dependencies(&outline, &regions),
        success,
        sections: sections(&outline),
        diagnostics,
        fingerprint: fingerprint(text, []),
    };
    remarked(spec, form, text)
}

/// Adds the remarks on what is missing from the whole.
fn remarked(mut spec: Spec, form: Form, text: &str) -> Spec {
    let start = if text.starts_with('\u{feff}') { 3 } else { 0 };
    let whole = start..text.len();
    if text[start..].trim().is_empty() {
        let message = "The spec is empty; describe what to build, beginning with a heading and a section \"Functional Requirements\".";
        spec.diagnostics
            .push(Diagnostic::new(Code::EmptySpec, whole, message));
        return spec;
    }
    let top = spec
        .sections
        .first()
        .map_or(start..start, |it| it.heading.clone());
    if spec.requirements.is_empty() {
        let message =
            "The spec names no requirement; add one as a heading such as \"### FR-1: Title\".";
        spec.diagnostics
            .push(Diagnostic::new(Code::NoRequirement, top.clone(), message));
    }
    // Forms whose requirements carry acceptance criteria have no section for the success of the whole.
    let is_native = form == Form::Bullets
        && !spec
            .sections
            .iter()
            .any(|it| it.level > 2 && it.title.to_lowercase().starts_with("acceptance criteria"));
    if spec.success.is_empty() && is_native {
        let message = "The spec names no success criterion; add a section \"Success Criteria\" with a bullet such as \"All tests pass\".";
        spec.diagnostics
            .push(Diagnostic::new(Code::NoSuccessCriteria, top, message));
    }
    spec.diagnostics.sort_by_key(|it| it.span.start);
    spec
}

fn title(outline: &Outline<'_>) -> String {
    let first = outline.blocks.iter().find_map(|block| match &block.kind {
        BlockKind::Heading { title, .. } => Some(title),
        _ => None,
    });
    first.map_or_else(String::new, |title| {
        without_emphasis(&outline.folded(title)).to_owned()
    })
}

/// The prose of the overview's section, or else what stands between the title and the next heading.
fn overview(outline: &Outline<'_>, regions: &Regions) -> String {
    let section = regions
        .of_kind(SectionKind::Overview)
        .next()
        .unwrap_or_else(|| {
            let is_heading =
                |i: &usize| matches!(outline.blocks[*i].kind, BlockKind::Heading { .. });
            let mut headings = (0..outline.blocks.len()).filter(is_heading);
            let start = headings.next().map_or(0, |first| first + 1);
            start..headings.next().unwrap_or(outline.blocks.len())
        });
    requirement::prose(outline, section)
}

fn sections(outline: &Outline<'_>) -> Vec<Section> {
    let mut sections: Vec<Section> = Vec::new();
    let mut open: Vec<usize> = Vec::new();
    for block in &outline.blocks {
        let BlockKind::Heading { level, title } = &block.kind else {
            continue;
        };
        while let Some(last) = open.pop_if(|last| sections[*last].level >= *level) {
            sections[last].span.end = block.span.start;
        }
        open.push(sections.len());
        let title = without_emphasis(&outline.folded(title)).to_owned();
        sections.push(Section {
            title,
            level: *level,
            heading: block.span.clone(),
            span: block.span.start..outline.source.len(),
        });
    }
    sections
}
