//! The documents of an editor, by project, and the answers about them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use lsp_types::{
    CodeLens, CodeLensParams, Command, CompletionItem, CompletionItemKind, CompletionParams,
    CompletionTextEdit, Diagnostic, DiagnosticSeverity, DidChangeTextDocumentParams,
    DidCloseTextDocumentParams, DidOpenTextDocumentParams, GotoDefinitionParams, Hover,
    HoverContents, HoverParams, InitializeParams, Location, MarkupContent, MarkupKind,
    NumberOrString, TextDocumentPositionParams, TextEdit, Uri,
};
use session::Environment;
use session::language::{Completion, Language, Remark};

use super::position::{Encoding, Lines};
use super::{deeds, place};

/// The folders that an editor has open.
#[expect(deprecated, reason = "older editors name their one folder so")]
pub(super) fn folders(params: &InitializeParams) -> Vec<PathBuf> {
    let all = params.workspace_folders.iter().flatten();
    let mut folders: Vec<PathBuf> = all.filter_map(|it| place::path(&it.uri)).collect();
    if folders.is_empty() {
        folders.extend(params.root_uri.as_ref().and_then(place::path));
    }
    folders
}

/// A document that is open.
struct Open {
    uri: Uri,
    version: i32,
    text: String,
}

/// The documents of an editor.
#[derive(Default)]
pub(super) struct Documents {
    projects: Vec<Language>,
    open: BTreeMap<PathBuf, Open>,
}

impl Documents {
    /// Begins with the projects around these folders. One that cannot be resolved has no documents.
    pub(super) fn begin(&mut self, environments: Vec<Environment>) {
        let of = |it: &Environment| Language::of(it).ok();
        self.projects.extend(environments.iter().filter_map(of));
    }

    /// The folders of the projects.
    pub(super) fn roots(&self) -> Vec<PathBuf> {
        self.projects
            .iter()
            .map(|it| it.root().to_path_buf())
            .collect()
    }

    fn project(&mut self, file: &Path) -> Option<&mut Language> {
        let of = |it: &&mut Language| file.starts_with(it.root());
        self.projects
            .iter_mut()
            .filter(of)
            .max_by_key(|it| it.root().as_os_str().len())
    }

    pub(super) fn opened(&mut self, params: DidOpenTextDocumentParams) {
        let document = params.text_document;
        let Some(file) = place::path(&document.uri) else {
            return;
        };
        if let Some(project) = self.project(&file) {
            project.open(&file, document.text.clone());
        }
        let open = Open {
            uri: document.uri,
            version: document.version,
            text: document.text,
        };
        self.open.insert(file, open);
    }

    pub(super) fn changed(&mut self, encoding: Encoding, params: DidChangeTextDocumentParams) {
        let Some(file) = place::path(&params.text_document.uri) else {
            return;
        };
        let Some(open) = self.open.get_mut(&file) else {
            return;
        };
        for change in params.content_changes {
            match change.range {
                None => open.text = change.text,
                Some(range) => {
                    let bytes = Lines::new(&open.text, encoding).bytes(range);
                    open.text.replace_range(bytes, &change.text);
                }
            }
        }
        open.version = params.text_document.version;
        let text = open.text.clone();
        if let Some(project) = self.project(&file) {
            project.open(&file, text);
        }
    }

    pub(super) fn closed(&mut self, params: &DidCloseTextDocumentParams) {
        let Some(file) = place::path(&params.text_document.uri) else {
            return;
        };
        self.open.remove(&file);
        if let Some(project) = self.project(&file) {
            project.close(&file);
        }
    }

    /// Files changed on the disk.
    pub(super) fn forget(&mut self) {
        self.projects.iter_mut().for_each(Language::forget);
    }

    /// Every open document with its version and the remarks on it.
    pub(super) fn remarks(&mut self, encoding: Encoding) -> Vec<(Uri, i32, Vec<Diagnostic>)> {
        let files: Vec<PathBuf> = self.open.keys().cloned().collect();
        let mut all = Vec::new();
        for file in files {
            let found = self.project(&file).map(|it| it.remarks(&file));
            let Some(open) = self.open.get(&file) else {
                continue;
            };
            let lines = Lines::new(&open.text, encoding);
            let told = found.unwrap_or_default();
            let told = told.iter().map(|it| diagnostic(it, &lines)).collect();
            all.push((open.uri.clone(), open.version, told));
        }
        all
    }

    /// A document that a request is about: its project, its file and its text.
    pub(super) fn of(&mut self, uri: &Uri) -> Option<(&mut Language, PathBuf, String)> {
        let file = place::path(uri)?;
        let project = self.project(&file)?;
        let text = project.text(&file)?;
        Some((project, file, text))
    }

    fn at(
        &mut self,
        encoding: Encoding,
        params: &TextDocumentPositionParams,
    ) -> Option<(&mut Language, PathBuf, String, usize)> {
        let (project, file, text) = self.of(&params.text_document.uri)?;
        let at = Lines::new(&text, encoding).byte(params.position);
        Some((project, file, text, at))
    }

    pub(super) fn hover(&mut self, encoding: Encoding, params: &HoverParams) -> Option<Hover> {
        let place = &params.text_document_position_params;
        let (project, file, text, at) = self.at(encoding, place)?;
        let meaning = project.meaning(&file, at)?;
        Some(Hover {
            contents: HoverContents::Markup(MarkupContent {
                kind: MarkupKind::Markdown,
                value: meaning.text,
            }),
            range: Some(Lines::new(&text, encoding).range(&meaning.span)),
        })
    }

    pub(super) fn definition(
        &mut self,
        encoding: Encoding,
        params: &GotoDefinitionParams,
    ) -> Vec<Location> {
        let place = &params.text_document_position_params;
        let Some((project, file, _, at)) = self.at(encoding, place) else {
            return Vec::new();
        };
        let spots = project.leads(&file, at);
        let location = |spot: session::language::Spot| {
            let text = project.text(&spot.file)?;
            let lines = Lines::new(&text, encoding);
            Some(Location {
                uri: place::uri(&spot.file)?,
                range: lines.range(&(spot.start..spot.end)),
            })
        };
        spots.into_iter().filter_map(location).collect()
    }

    pub(super) fn completion(
        &mut self,
        encoding: Encoding,
        params: &CompletionParams,
    ) -> Vec<CompletionItem> {
        let Some((project, file, text, at)) = self.at(encoding, &params.text_document_position)
        else {
            return Vec::new();
        };
        let lines = Lines::new(&text, encoding);
        let item = |it: Completion| CompletionItem {
            label: it.text.trim().trim_end_matches(':').to_owned(),
            detail: (!it.about.is_empty()).then_some(it.about),
            kind: Some(match it.kind {
                "id" => CompletionItemKind::REFERENCE,
                "key" => CompletionItemKind::PROPERTY,
                _ => CompletionItemKind::VALUE,
            }),
            text_edit: Some(CompletionTextEdit::Edit(TextEdit {
                range: lines.range(&it.span),
                new_text: it.text,
            })),
            ..CompletionItem::default()
        };
        project
            .completions(&file, at)
            .into_iter()
            .map(item)
            .collect()
    }

    pub(super) fn lenses(&mut self, encoding: Encoding, params: &CodeLensParams) -> Vec<CodeLens> {
        let Some((project, file, text)) = self.of(&params.text_document.uri) else {
            return Vec::new();
        };
        let root = project.root().display().to_string();
        let lines = Lines::new(&text, encoding);
        let lens = |it: session::language::Lens| {
            let (command, arguments) = deeds::command(&it.deed, &root);
            CodeLens {
                range: lines.range(&(it.at..it.at)),
                command: Some(Command {
                    title: it.title,
                    command: command.to_owned(),
                    arguments: Some(vec![arguments]),
                }),
                data: None,
            }
        };
        project.lenses(&file).into_iter().map(lens).collect()
    }
}

/// A remark as an editor shows it.
pub(super) fn diagnostic(it: &Remark, lines: &Lines<'_>) -> Diagnostic {
    Diagnostic {
        range: lines.range(&it.span),
        severity: Some(match it.severity {
            "error" => DiagnosticSeverity::ERROR,
            "warning" => DiagnosticSeverity::WARNING,
            _ => DiagnosticSeverity::INFORMATION,
        }),
        code: Some(NumberOrString::String(it.code.clone())),
        source: Some("kiro".to_owned()),
        message: it.message.clone(),
        ..Diagnostic::default()
    }
}
