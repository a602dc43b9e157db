//! Quick fixes: each remark's own, and all of a document at once.

use std::collections::HashMap;

use lsp_types::{
    CodeAction, CodeActionKind, CodeActionOrCommand, CodeActionParams, TextEdit, Uri, WorkspaceEdit,
};
use session::language::{Remark, TextFix};

use super::documents::{Documents, diagnostic};
use super::position::{Encoding, Lines};

/// The kind of the action that mends a whole document.
pub(super) fn fix_all() -> CodeActionKind {
    CodeActionKind::new("source.fixAll.kiro")
}

impl Documents {
    pub(super) fn actions(
        &mut self,
        encoding: Encoding,
        params: &CodeActionParams,
    ) -> Vec<CodeActionOrCommand> {
        let uri = &params.text_document.uri;
        let Some((project, file, text)) = self.of(uri) else {
            return Vec::new();
        };
        let lines = Lines::new(&text, encoding);
        let wanted = lines.bytes(params.range);
        let asks = |kind: &CodeActionKind| {
            let only = params.context.only.as_ref();
            only.is_none_or(|it| it.iter().any(|it| kind.as_str().starts_with(it.as_str())))
        };
        let remarks = project.remarks(&file);
        let fixes: Vec<(&Remark, &TextFix)> = remarks
            .iter()
            .filter_map(|it| Some((it, it.fix.as_ref()?)))
            .collect();
        let mut actions = Vec::new();
        if asks(&CodeActionKind::QUICKFIX) {
            let here = fixes
                .iter()
                .filter(|(it, _)| it.span.start <= wanted.end && wanted.start <= it.span.end);
            actions.extend(here.map(|(remark, fix)| CodeAction {
                title: fix.title.clone(),
                kind: Some(CodeActionKind::QUICKFIX),
                diagnostics: Some(vec![diagnostic(remark, &lines)]),
                edit: Some(edit(uri, vec![text_edit(fix, &lines)])),
                is_preferred: Some(true),
                ..CodeAction::default()
            }));
        }
        if asks(&fix_all()) && fixes.len() > 1 {
            let edits = apart(fixes.iter().map(|it| it.1).collect());
            let edits = edits.into_iter().map(|it| text_edit(it, &lines)).collect();
            actions.push(CodeAction {
                title: "Mend everything that has one answer".to_owned(),
                kind: Some(fix_all()),
                edit: Some(edit(uri, edits)),
                ..CodeAction::default()
            });
        }
        actions
            .into_iter()
            .map(CodeActionOrCommand::CodeAction)
            .collect()
    }
}

/// Fixes that do not touch one another, the first ones first.
fn apart(mut fixes: Vec<&TextFix>) -> Vec<&TextFix> {
    fixes.sort_by_key(|it| (it.span.start, it.span.end));
    let mut end = 0;
    fixes.retain(|it| {
        let is_free = it.span.start >= end;
        if is_free {
            end = it.span.end.max(it.span.start + 1);
        }
        is_free
    });
    fixes
}

fn text_edit(fix: &TextFix, lines: &Lines<'_>) -> TextEdit {
    TextEdit {
        range: lines.range(&fix.span),
        new_text: fix.text.clone(),
    }
}

fn edit(uri: &Uri, edits: Vec<TextEdit>) -> WorkspaceEdit {
    WorkspaceEdit {
        changes: Some(HashMap::from([(uri.clone(), edits)])),
        ..WorkspaceEdit::default()
    }
}
