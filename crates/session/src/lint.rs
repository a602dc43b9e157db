//! `kiro spec lint` and `kiro spec fmt`: what can be said of specs without carrying them out.

use policy::Gate;
use spec::{Diagnostic, LineIndex, Severity, TaskList, fixed, lint_spec, lint_tasks};

use crate::documents;
use crate::error::SessionError;
use crate::hooking::tell_of_writes;
use crate::places::{Environment, Project, SpecPlace};
use crate::query::shown_in;
use crate::specs;
use crate::view::Front;

/// One remark with its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LintFinding {
    /// The document, relative to the project.
    pub path: String,
    /// The stable code.
    pub code: &'static str,
    /// How much it weighs.
    pub severity: Severity,
    /// What is wrong, and the next step.
    pub message: String,
    /// Why it matters.
    pub why: &'static str,
    /// Its first byte, and the byte after its last.
    pub span: (usize, usize),
    /// Its line and column, both from 1; the column counts characters.
    pub place: (usize, usize),
    /// The line that it stands on.
    pub source: String,
    /// How many characters of that line it covers.
    pub width: usize,
    /// Whether `--fix` mends it.
    pub fixable: bool,
}

/// What a lint found.
#[derive(Clone, Debug, Default)]
pub struct LintReport {
    /// How many specs were read.
    pub specs: usize,
    /// The remarks, by document.
    pub findings: Vec<LintFinding>,
    /// How many were mended.
    pub fixed: usize,
}

/// Reads specs and says what is wrong with them; all specs of the project where none is named. With `fix`, what has one
/// mechanical answer is mended first.
///
/// # Errors
/// When a spec cannot be read, or a document may not be written.
pub fn lint(
    wanted: &[String],
    fix: bool,
    environment: &Environment,
    front: &mut dyn Front,
) -> Result<LintReport, SessionError> {
    let project = Project::around(environment)?;
    let mut report = LintReport::default();
    let places = chosen(wanted, &project, environment)?;
    for (place, found) in places.iter().zip(all_at_once(&places)) {
        let mut found = found?;
        if fix
            && found
                .iter()
                .any(|it| it.remarks.iter().any(|it| it.fix.is_some()))
        {
            let gate = documents::gate(&place.project, environment)?;
            report.fixed += mend(place, &gate, environment, &found, front)?;
            found = of_place(place)?;
        }
        report.specs += 1;
        for document in found {
            let shown = shown_document(&project, place, &document.path);
            let index = LineIndex::new(&document.text);
            let remarks = document.remarks.iter();
            report
                .findings
                .extend(remarks.map(|it| placed(it, &shown, &document.text, &index)));
        }
    }
    Ok(report)
}

/// The remarks on each spec, found by as many threads as the machine has processors.
fn all_at_once(places: &[SpecPlace]) -> Vec<Result<Vec<Remarked>, SessionError>> {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let share = places.len().div_ceil(threads).max(1);
    std::thread::scope(|scope| {
        let workers: Vec<_> = places
            .chunks(share)
            .map(|part| scope.spawn(|| part.iter().map(of_place).collect::<Vec<_>>()))
            .collect();
        let broke = || {
            vec![Err(SessionError::internal(
                "a thread of the lint broke down",
            ))]
        };
        let found = workers
            .into_iter()
            .flat_map(|it| it.join().unwrap_or_else(|_| broke()));
        found.collect()
    })
}

/// The specs that were named; all that are worked on, where none was.
fn chosen(
    wanted: &[String],
    project: &Project,
    environment: &Environment,
) -> Result<Vec<SpecPlace>, SessionError> {
    if wanted.is_empty() {
        let mut all = specs::all(project, environment)?;
        all.retain(|it| !it.is_archived());
        return Ok(all);
    }
    wanted
        .iter()
        .map(|it| SpecPlace::find(it, environment))
        .collect()
}

/// A document with what was remarked.
struct Remarked {
    path: String,
    text: String,
    remarks: Vec<Diagnostic>,
}

fn of_place(place: &SpecPlace) -> Result<Vec<Remarked>, SessionError> {
    let written = documents::written(place)?;
    let mut found = Vec::new();
    let several = written.documents.len() > 1;
    for (path, text, spec) in written.documents {
        // A change's proposal says why; its requirements stand in the specs below it.
        if several && spec.requirements.is_empty() {
            continue;
        }
        let remarks = lint_spec(&spec, &text);
        found.push(Remarked {
            path,
            text,
            remarks,
        });
    }
    if let Some(text) = documents::read(&place.project, &place.tasks())? {
        let list = TaskList::parse(&text);
        found.push(Remarked {
            path: place.tasks(),
            remarks: lint_tasks(&list, &text, Some(&*written.spec)),
            text,
        });
    }
    Ok(found)
}

fn mend(
    place: &SpecPlace,
    gate: &Gate,
    environment: &Environment,
    found: &[Remarked],
    front: &mut dyn Front,
) -> Result<usize, SessionError> {
    let (mut mended, mut written) = (0, Vec::new());
    for document in found {
        let (text, count) = fixed(&document.text, &document.remarks);
        if count > 0 {
            documents::write(&place.project, gate, &document.path, &text)?;
            mended += count;
            written.push((document.path.clone(), false));
        }
    }
    tell_of_writes(&place.project, environment, &written, front)?;
    Ok(mended)
}

fn shown_document(project: &Project, place: &SpecPlace, path: &str) -> String {
    let main = shown_in(project, place);
    let folder = main.strip_suffix(place.path.as_str()).unwrap_or_default();
    format!("{folder}{path}")
}

fn placed(it: &Diagnostic, path: &str, text: &str, index: &LineIndex) -> LintFinding {
    let start = text.floor_char_boundary(it.span.start.min(text.len()));
    let from = text[..start].rfind(['\n', '\r']).map_or(0, |at| at + 1);
    let to = text[start..]
        .find(['\n', '\r'])
        .map_or(text.len(), |at| start + at);
    let end = text.floor_char_boundary(it.span.end.clamp(start, to));
    LintFinding {
        path: path.to_owned(),
        code: it.code.as_str(),
        severity: it.code.severity(),
        message: it.message.clone(),
        why: it.code.why(),
        span: (it.span.start, it.span.end),
        place: (index.line(start), text[from..start].chars().count() + 1),
        source: text[from..to].to_owned(),
        width: text[start..end].chars().count().max(1),
        fixable: it.fix.is_some(),
    }
}

/// The documents of specs whose shape is uneven, relative to the project; they are written anew unless `check` is set.
///
/// # Errors
/// When a spec cannot be read, or a document may not be written.
pub fn format_specs(
    wanted: &[String],
    check: bool,
    environment: &Environment,
    front: &mut dyn Front,
) -> Result<Vec<String>, SessionError> {
    let project = Project::around(environment)?;
    let mut uneven = Vec::new();
    for place in chosen(wanted, &project, environment)? {
        let mut paths = place.layout.documents.clone();
        paths.push(place.tasks());
        paths.dedup();
        for path in paths {
            let Some(text) = documents::read(&place.project, &path)? else {
                continue;
            };
            let even = spec::format(&text);
            if even == text {
                continue;
            }
            if !check {
                let gate = documents::gate(&place.project, environment)?;
                documents::write(&place.project, &gate, &path, &even)?;
                tell_of_writes(&place.project, environment, &[(path.clone(), false)], front)?;
            }
            uneven.push(shown_document(&project, &place, &path));
        }
    }
    Ok(uneven)
}
