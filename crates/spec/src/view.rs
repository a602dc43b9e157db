//! The values as they are printed in JSON: twins made for the wire, so that the values themselves stay free to change.
//!
//! Spans are byte offsets with the number, from 1, of the line that they begin on.

use std::borrow::Borrow;
use std::ops::Range;

use serde::Serialize;

use crate::criterion::Check;
use crate::example::Expect;
use crate::line::LineIndex;
use crate::requirement::RequirementKind;
use crate::tasks::above_by_number;
use crate::{Criterion, Example, Limit, Measure, Requirement, Side, Spec, Task, TaskId, TaskList};

/// A place in the source.
#[derive(Debug, Clone, Serialize, PartialEq, Eq)]
pub struct SpanView {
    /// The first byte.
    pub start: usize,
    /// The byte after the last.
    pub end: usize,
    /// The line of the first byte, from 1.
    pub line: usize,
}

/// See [`Spec`].
#[derive(Debug, Clone, Serialize)]
pub struct SpecView {
    /// The spec's name.
    pub name: String,
    /// Its title.
    pub title: String,
    /// Its overview.
    pub overview: String,
    /// Its fingerprint.
    pub fingerprint: String,
    /// Its requirements.
    pub requirements: Vec<RequirementView>,
    /// Its constraints.
    pub constraints: Vec<FactView>,
    /// Its components.
    pub components: Vec<ComponentView>,
    /// Its tables.
    pub schema: Vec<TableView>,
    /// Its testing requirements.
    pub testing: Vec<CriterionView>,
    /// Its dependencies.
    pub dependencies: Vec<DependencyView>,
    /// Its success criteria.
    pub success: Vec<CriterionView>,
    /// Its headings.
    pub sections: Vec<SectionView>,
    /// What the reader noticed.
    pub diagnostics: Vec<DiagnosticView>,
}

/// See [`Requirement`].
#[derive(Debug, Clone, Serialize)]
pub struct RequirementView {
    /// Its id.
    pub id: String,
    /// Its title.
    pub title: String,
    /// `functional` or `non-functional`.
    pub kind: &'static str,
    /// Its prose.
    pub text: String,
    /// Its fingerprint.
    pub fingerprint: String,
    /// The document that holds it, where the spec has several.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// Its place.
    pub span: SpanView,
    /// Its criteria.
    pub criteria: Vec<CriterionView>,
    /// Its examples.
    pub examples: Vec<ExampleView>,
    /// The functions that it names.
    pub functions: Vec<FunctionView>,
    /// The files that it names.
    pub paths: Vec<String>,
}

/// See [`Criterion`].
#[derive(Debug, Clone, Serialize)]
pub struct CriterionView {
    /// Its id.
    pub id: String,
    /// The statement.
    pub text: String,
    /// Its place.
    pub span: SpanView,
    /// `compiled`, `measured` or `manual`.
    pub check: &'static str,
    /// Why.
    pub why: String,
    /// Its fingerprint.
    pub fingerprint: String,
    /// What measures it.
    pub measure: Option<MeasureView>,
    /// The criterion that encloses it.
    pub parent: Option<String>,
    /// The label that encloses it.
    pub group: Option<String>,
    /// The ids of its examples.
    pub examples: Vec<String>,
}

/// See [`Measure`].
#[derive(Debug, Clone, Default, Serialize)]
pub struct MeasureView {
    /// `all-tests`, `test-count`, `examples`, `command`, `test`, `coverage`, `security`, `time` or `size`.
    pub kind: &'static str,
    /// The command, or the call that is timed.
    pub command: Option<String>,
    /// The exit code that the command must have.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exit: Option<u8>,
    /// A name that shows which test it asks for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub test: Option<String>,
    /// The file that is measured.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// Which of many times counts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub statistic: Option<String>,
    /// What the number is compared with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<LimitView>,
}

/// See [`Limit`].
#[derive(Debug, Clone, Serialize)]
pub struct LimitView {
    /// `at-least`, `more-than`, `at-most` or `less-than`.
    pub comparison: &'static str,
    /// The number.
    pub amount: u64,
    /// What it counts: `ns`, `percent/1000`, `bytes`, `lines` or `tests`.
    pub unit: &'static str,
}

/// See [`Example`].
#[derive(Debug, Clone, Serialize)]
pub struct ExampleView {
    /// Its id.
    pub id: String,
    /// Its requirement's id.
    pub requirement: String,
    /// Its criterion's id.
    pub criterion: Option<String>,
    /// What is called.
    pub call: CallView,
    /// What must come of it.
    pub expect: ExpectView,
    /// The statements to run first.
    pub setup: Vec<String>,
    /// Its place.
    pub span: SpanView,
}

/// See [`crate::Call`].
#[derive(Debug, Clone, Serialize)]
pub struct CallView {
    /// The expression.
    pub source: String,
    /// The function's name.
    pub function: String,
}

/// See [`Expect`].
#[derive(Debug, Clone, Serialize)]
pub struct ExpectView {
    /// `value`, `raises` or `output`.
    pub kind: &'static str,
    /// The value's source, the exception's name, or the text printed.
    pub text: String,
}

/// See [`crate::FunctionDecl`].
#[derive(Debug, Clone, Serialize)]
pub struct FunctionView {
    /// Its name.
    pub name: String,
    /// Its signature.
    pub signature: Option<String>,
    /// Its place.
    pub span: SpanView,
}

/// See [`crate::Fact`].
#[derive(Debug, Clone, Serialize)]
pub struct FactView {
    /// What stands before the colon.
    pub key: String,
    /// What stands after it.
    pub value: String,
    /// Its place.
    pub span: SpanView,
}

/// See [`crate::Component`].
#[derive(Debug, Clone, Serialize)]
pub struct ComponentView {
    /// Its name.
    pub name: String,
    /// What is said of it.
    pub note: String,
    /// Its files.
    pub paths: Vec<String>,
    /// Its place.
    pub span: SpanView,
}

/// See [`crate::Table`].
#[derive(Debug, Clone, Serialize)]
pub struct TableView {
    /// Its name.
    pub name: String,
    /// Its columns.
    pub columns: Vec<ColumnView>,
    /// Its place.
    pub span: SpanView,
}

/// See [`crate::Column`].
#[derive(Debug, Clone, Serialize)]
pub struct ColumnView {
    /// Its name.
    pub name: String,
    /// Its type and constraints.
    pub definition: String,
}

/// See [`crate::Dependency`].
#[derive(Debug, Clone, Serialize)]
pub struct DependencyView {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: Option<String>,
    /// Its place.
    pub span: SpanView,
}

/// See [`crate::Section`].
#[derive(Debug, Clone, Serialize)]
pub struct SectionView {
    /// Its title.
    pub title: String,
    /// Its level.
    pub level: u8,
    /// Its place, with what stands under it.
    pub span: SpanView,
}

/// See [`crate::Diagnostic`].
#[derive(Debug, Clone, Serialize)]
pub struct DiagnosticView {
    /// Its code.
    pub code: &'static str,
    /// Its message.
    pub message: String,
    /// Its place.
    pub span: SpanView,
}

/// A task list as it is printed.
#[derive(Debug, Clone, Serialize)]
pub struct TaskListView {
    /// The tasks of the first level.
    pub tasks: Vec<TaskView>,
    /// What the reader noticed.
    pub diagnostics: Vec<DiagnosticView>,
}

/// See [`Task`].
#[derive(Debug, Clone, Serialize)]
pub struct TaskView {
    /// Its id.
    pub id: String,
    /// The number that it carries, as written.
    pub number: Option<String>,
    /// What it does.
    pub title: String,
    /// Its state, in the words of the contract.
    pub state: String,
    /// Its phase.
    pub phase: Option<String>,
    /// The ids of the tasks that it waits for.
    pub depends_on: Vec<String>,
    /// The requirements that it serves.
    pub requirements: Vec<String>,
    /// Whether it says that it serves all of them.
    pub covers_all: bool,
    /// The files that it may write.
    pub files: Vec<String>,
    /// How long it was thought to take.
    pub estimate_minutes: Option<u32>,
    /// Whether it may be left out.
    pub optional: bool,
    /// Its place.
    pub span: SpanView,
    /// The tasks nested under it.
    pub subtasks: Vec<TaskView>,
    /// The other lines under it.
    pub details: Vec<String>,
}

impl SpecView {
    /// The view of `spec`, which was read from `source`.
    pub fn new(spec: &Spec, source: &str) -> Self {
        let places = Places(LineIndex::new(source));
        Self {
            name: spec.name.clone(),
            title: spec.title.clone(),
            overview: spec.overview.clone(),
            fingerprint: spec.fingerprint.clone(),
            requirements: spec
                .requirements
                .iter()
                .map(|it| places.requirement(it))
                .collect(),
            constraints: spec
                .constraints
                .iter()
                .map(|it| FactView {
                    key: it.key.clone(),
                    value: it.value.clone(),
                    span: places.span(&it.span),
                })
                .collect(),
            components: spec
                .components
                .iter()
                .map(|it| places.component(it))
                .collect(),
            schema: spec.schema.iter().map(|it| places.table(it)).collect(),
            testing: spec.testing.iter().map(|it| places.criterion(it)).collect(),
            dependencies: spec
                .dependencies
                .iter()
                .map(|it| places.dependency(it))
                .collect(),
            success: spec.success.iter().map(|it| places.criterion(it)).collect(),
            sections: spec
                .sections
                .iter()
                .map(|it| SectionView {
                    title: it.title.clone(),
                    level: it.level,
                    span: places.span(&it.span),
                })
                .collect(),
            diagnostics: spec
                .diagnostics
                .iter()
                .map(|it| places.diagnostic(it))
                .collect(),
        }
    }
}

impl SpecView {
    /// The view of a spec in several documents, each with its path.
    pub fn of_documents<S: Borrow<Spec>>(whole: &Spec, documents: &[(String, String, S)]) -> Self {
        let mut views = documents.iter().map(|(path, text, spec)| {
            let mut view = SpecView::new(spec.borrow(), text);
            for requirement in &mut view.requirements {
                requirement.path = Some(path.clone());
            }
            view
        });
        let mut view = views.next().unwrap_or_else(|| SpecView::new(whole, ""));
        for other in views {
            view.requirements.extend(other.requirements);
            view.success.extend(other.success);
            view.testing.extend(other.testing);
            view.diagnostics.extend(other.diagnostics);
        }
        for (shown, own) in view.requirements.iter_mut().zip(&whole.requirements) {
            shown.id = own.id.to_string();
        }
        view.name.clone_from(&whole.name);
        view.fingerprint.clone_from(&whole.fingerprint);
        view
    }
}

impl TaskListView {
    /// The view of `list`, which was read from `source`; `state` tells each task's.
    pub fn new(list: &TaskList, source: &str, state: impl Fn(&TaskId) -> String) -> Self {
        let places = Places(LineIndex::new(source));
        Self {
            tasks: places.tasks(&list.tasks, &state),
            diagnostics: list
                .diagnostics
                .iter()
                .map(|it| places.diagnostic(it))
                .collect(),
        }
    }
}

/// Makes views with places in one source.
struct Places(LineIndex);

impl Places {
    fn span(&self, range: &Range<usize>) -> SpanView {
        SpanView {
            start: range.start,
            end: range.end,
            line: self.0.line(range.start),
        }
    }

    fn requirement(&self, it: &Requirement) -> RequirementView {
        RequirementView {
            id: it.id.to_string(),
            title: it.title.clone(),
            kind: match it.kind {
                RequirementKind::Functional => "functional",
                RequirementKind::NonFunctional => "non-functional",
            },
            text: it.text.clone(),
            fingerprint: it.fingerprint.clone(),
            path: None,
            span: self.span(&it.span),
            criteria: it.criteria.iter().map(|it| self.criterion(it)).collect(),
            examples: it.examples.iter().map(|it| self.example(it)).collect(),
            functions: it.functions.iter().map(|it| self.function(it)).collect(),
            paths: it.paths.clone(),
        }
    }

    fn criterion(&self, it: &Criterion) -> CriterionView {
        CriterionView {
            id: it.id.to_string(),
            text: it.text.clone(),
            span: self.span(&it.span),
            check: match it.check {
                Check::Compiled => "compiled",
                Check::Measured => "measured",
                Check::Manual => "manual",
            },
            why: it.why.to_string(),
            fingerprint: it.fingerprint.clone(),
            measure: it.measure.as_ref().map(measure),
            parent: it.parent.as_ref().map(ToString::to_string),
            group: it.group.clone(),
            examples: it.examples.iter().map(ToString::to_string).collect(),
        }
    }

    fn example(&self, it: &Example) -> ExampleView {
        let kind = match it.expect {
            Expect::Value(_) => "value",
            Expect::Raises(_) => "raises",
            Expect::Output(_) => "output",
            Expect::Exits(_) => "exits",
        };
        ExampleView {
            id: it.id.to_string(),
            requirement: it.requirement.to_string(),
            criterion: it.criterion.as_ref().map(ToString::to_string),
            call: CallView {
                source: it.call.source.clone(),
                function: it.call.function.clone(),
            },
            expect: ExpectView {
                kind,
                text: it.expect.text().to_owned(),
            },
            setup: it.setup.clone(),
            span: self.span(&it.span),
        }
    }

    fn function(&self, it: &crate::FunctionDecl) -> FunctionView {
        FunctionView {
            name: it.name.clone(),
            signature: it.signature.clone(),
            span: self.span(&it.span),
        }
    }

    fn component(&self, it: &crate::Component) -> ComponentView {
        ComponentView {
            name: it.name.clone(),
            note: it.note.clone(),
            paths: it.paths.clone(),
            span: self.span(&it.span),
        }
    }

    fn table(&self, it: &crate::Table) -> TableView {
        let column = |it: &crate::Column| ColumnView {
            name: it.name.clone(),
            definition: it.definition.clone(),
        };
        TableView {
            name: it.name.clone(),
            columns: it.columns.iter().map(column).collect(),
            span: self.span(&it.span),
        }
    }

    fn dependency(&self, it: &crate::Dependency) -> DependencyView {
        DependencyView {
            name: it.name.clone(),
            version: it.version.clone(),
            span: self.span(&it.span),
        }
    }

    fn diagnostic(&self, it: &crate::Diagnostic) -> DiagnosticView {
        DiagnosticView {
            code: it.code.as_str(),
            message: it.message.clone(),
            span: self.span(&it.span),
        }
    }

    /// Tasks that stand beside each other; one that belongs to another by its number is shown below that one.
    fn tasks(&self, beside: &[Task], state: &impl Fn(&TaskId) -> String) -> Vec<TaskView> {
        let mut below: Vec<Vec<TaskView>> = Vec::new();
        below.resize_with(beside.len() + 1, Vec::new);
        for (at, above) in above_by_number(beside).into_iter().enumerate().rev() {
            let mut view = self.task(&beside[at], state);
            let mut own = std::mem::take(&mut below[at + 1]);
            own.reverse();
            if let Some(last) = own.last() {
                view.span.end = view.span.end.max(last.span.end);
            }
            view.subtasks.extend(own);
            below[above.map_or(0, |it| it + 1)].push(view);
        }
        let mut first = std::mem::take(&mut below[0]);
        first.reverse();
        first
    }

    fn task(&self, it: &Task, state: &impl Fn(&TaskId) -> String) -> TaskView {
        TaskView {
            id: it.id.to_string(),
            number: it.number.clone(),
            title: it.title.clone(),
            state: state(&it.id),
            phase: it.phase.clone(),
            depends_on: it.depends_on.iter().map(ToString::to_string).collect(),
            requirements: it.requirements.clone(),
            covers_all: it.covers_all,
            files: it.files.clone(),
            estimate_minutes: it.estimate_minutes,
            optional: it.optional,
            span: self.span(&it.span),
            subtasks: self.tasks(&it.subtasks, state),
            details: it.details.clone(),
        }
    }
}

fn measure(it: &Measure) -> MeasureView {
    let kind = |kind| MeasureView {
        kind,
        ..MeasureView::default()
    };
    match it {
        Measure::AllTests => kind("all-tests"),
        Measure::TestCount(it) => MeasureView {
            limit: Some(limit(it, "tests")),
            ..kind("test-count")
        },
        Measure::Examples => kind("examples"),
        Measure::Command { line, exit } => MeasureView {
            command: Some(line.clone()),
            exit: Some(*exit),
            ..kind("command")
        },
        Measure::Test(name) => MeasureView {
            test: Some(name.to_string()),
            ..kind("test")
        },
        Measure::Coverage(it) => MeasureView {
            limit: Some(limit(it, "percent/1000")),
            ..kind("coverage")
        },
        Measure::Security => kind("security"),
        Measure::Time(it) => MeasureView {
            command: Some(it.call.clone()),
            statistic: Some(it.statistic.name()),
            limit: Some(limit(&it.limit, "ns")),
            ..kind("time")
        },
        Measure::Size(it) => MeasureView {
            path: Some(it.path.clone()),
            limit: Some(limit(&it.limit, it.unit())),
            ..kind("size")
        },
    }
}

fn limit(it: &Limit, unit: &'static str) -> LimitView {
    LimitView {
        comparison: match (it.side, it.is_strict) {
            (Side::AtLeast, false) => "at-least",
            (Side::AtLeast, true) => "more-than",
            (Side::AtMost, false) => "at-most",
            (Side::AtMost, true) => "less-than",
        },
        amount: it.amount,
        unit,
    }
}
