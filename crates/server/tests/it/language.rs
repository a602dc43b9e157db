//! The language server of a window.

use serde_json::{Value, json};

use crate::page::{Page, Window, plant};

const SPEC: &str = "# Sums\n\n## Functional Requirements\n\n### FR-1: Adding\n\n`add(a: int, b: int) -> int` in `sums.py`.\n\n- It should be fast\n";

fn begin(window: &mut Window, folder: &std::path::Path) {
    let uri = format!("file://{}", folder.display());
    let params = json!({"capabilities": {}, "workspaceFolders": [{"uri": uri, "name": "a"}]});
    window.ask_as("initialize", params).expect("initialized");
    window.tell_as("initialized", json!({}));
}

#[test]
fn remarks_come_to_the_window() {
    let page = Page::open();
    let root = page.folder.path().canonicalize().expect("resolves");
    std::fs::create_dir(root.join("specs")).expect("made");
    plant(&root.join("specs/sums.md"), SPEC);
    let cookie = page.enter();
    let mut window = page.language(&cookie);
    begin(&mut window, &root);
    let uri = format!("file://{}/specs/sums.md", root.display());
    let document = json!({"uri": uri, "languageId": "markdown", "version": 1, "text": SPEC});
    window.tell_as("textDocument/didOpen", json!({"textDocument": document}));
    let remarks = window.hear_as("textDocument/publishDiagnostics", |it| {
        let all = it["diagnostics"].as_array()?;
        (it["uri"] == uri.as_str() && !all.is_empty()).then(|| all.clone())
    });
    assert!(
        remarks.iter().all(|it| it["source"] == "kiro"),
        "{remarks:?}"
    );
    let lenses = window.ask_as(
        "textDocument/codeLens",
        json!({"textDocument": {"uri": uri}}),
    );
    let lenses = lenses.expect("answered");
    assert_eq!(lenses[0]["command"]["title"], "Generate plan", "{lenses}");
}

#[test]
fn another_folder_is_not_explained() {
    let page = Page::open();
    let other = tempfile::tempdir().expect("a folder");
    std::fs::create_dir(other.path().join("specs")).expect("made");
    let file = other.path().join("specs/sums.md");
    plant(&file, SPEC);
    let cookie = page.enter();
    let mut window = page.language(&cookie);
    begin(&mut window, other.path());
    let root = page.folder.path().canonicalize().expect("resolves");
    let up = format!("{}/..{}", root.display(), file.display());
    for path in [file.display().to_string(), up] {
        let asked = json!({"textDocument": {"uri": format!("file://{path}")}});
        let lenses = window.ask_as("textDocument/codeLens", asked);
        assert_eq!(
            lenses.expect("answered"),
            Value::Array(Vec::new()),
            "{path}"
        );
    }
}
