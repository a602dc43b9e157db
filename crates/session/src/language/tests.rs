//! A project in an editor.

use super::*;

const SPEC: &str = "\
# Numbers

## Functional Requirements

### FR-1: Doubling

`double(n: int) -> int` in `kit/double.py`.

- Twice the number
  - `double(2)` → `4`

### FR-2: Halving

- Half of the number should be fast

## Success Criteria

- All tests pass
";

const TASKS: &str = "\
# Tasks

- [ ] 1. Implement `double`
  - Files: kit/double.py
  - _Requirements: FR-1_
- [ ] 2. Export it
  - Dependencies: 1
  - _Requirements: FR-9_
";

struct Editor {
    folder: tempfile::TempDir,
    language: Language,
}

impl Editor {
    fn new() -> Editor {
        let folder = tempfile::tempdir().expect("a folder");
        let root = folder.path().canonicalize().expect("resolves");
        let write = |path: &str, text: &str| {
            let file = root.join("project").join(path);
            std::fs::create_dir_all(file.parent().expect("a folder")).expect("made");
            host::files::replace_own(&file, text.as_bytes()).expect("written");
        };
        write("specs/numbers.md", SPEC);
        write("plans/numbers-tasks.md", TASKS);
        write(
            "kit/double.py",
            "X = 1\n\n\ndef double(n):\n    return n * 2\n",
        );
        let environment = Environment {
            cwd: root.join("project"),
            home: root.join("home"),
            kiro_home: None,
            cache_home: None,
            path: std::ffi::OsString::new(),
            model: None,
            editor: None,
            variables: Vec::new(),
            program: PathBuf::new(),
        };
        let language = Language::of(&environment).expect("a project");
        Editor { folder, language }
    }

    fn file(&self, path: &str) -> PathBuf {
        let root = self.folder.path().canonicalize().expect("resolves");
        root.join("project").join(path)
    }

    /// Opens a document with this text; gives it and the byte after `needle`.
    fn at(&mut self, path: &str, text: &str, needle: &str) -> (PathBuf, usize) {
        let file = self.file(path);
        self.language.open(&file, text.to_owned());
        let at = text.find(needle).expect("is there") + needle.len();
        (file, at)
    }

    fn leads(&mut self, path: &str, text: &str, needle: &str) -> Vec<String> {
        let (file, at) = self.at(path, text, needle);
        let spots = self.language.leads(&file, at);
        let shown = |it: &Spot| {
            let text = self.language.text(&it.file).expect("a text");
            let name = it
                .file
                .file_name()
                .expect("a name")
                .to_string_lossy()
                .into_owned();
            format!("{name}: {}", text[it.start..it.end].trim())
        };
        spots.iter().map(shown).collect()
    }

    fn completed(&mut self, path: &str, text: &str, needle: &str) -> Vec<String> {
        let (file, at) = self.at(path, text, needle);
        let all = self.language.completions(&file, at);
        all.into_iter().map(|it| it.text).collect()
    }

    fn codes(&mut self, path: &str, text: &str) -> Vec<String> {
        let (file, _) = self.at(path, text, "");
        let all = self.language.remarks(&file);
        all.into_iter().map(|it| it.code).collect()
    }
}

#[test]
fn the_texts_of_the_editor_come_before_the_disks() {
    let mut editor = Editor::new();
    let tasks = editor.codes("plans/numbers-tasks.md", TASKS);
    assert!(tasks.contains(&"unknown-reference".to_owned()), "{tasks:?}");
    let more = SPEC.replace(
        "## Success",
        "### FR-9: More\n\n- More is more\n\n## Success",
    );
    editor.at("specs/numbers.md", &more, "");
    let tasks = editor.codes("plans/numbers-tasks.md", TASKS);
    assert!(
        !tasks.contains(&"unknown-reference".to_owned()),
        "{tasks:?}"
    );
    let file = editor.file("specs/numbers.md");
    editor.language.close(&file);
    let tasks = editor.codes("plans/numbers-tasks.md", TASKS);
    assert!(tasks.contains(&"unknown-reference".to_owned()), "{tasks:?}");
}

#[test]
fn remarks_of_kiros_own_files_name_what_was_meant() {
    let mut editor = Editor::new();
    let hook = "name: H\ntrigger: {event: file.svae}\naction: {type: agent, promt: Look}\n";
    let (file, _) = editor.at(".kiro/hooks/h.yaml", hook, "");
    let fixes: Vec<(String, String)> = editor
        .language
        .remarks(&file)
        .into_iter()
        .filter_map(|it| it.fix)
        .map(|it| (hook[it.span].to_owned(), it.text))
        .collect();
    let fix = |a: &str, b: &str| (a.to_owned(), b.to_owned());
    assert!(fixes.contains(&fix("file.svae", "file.save")), "{fixes:?}");
    assert!(fixes.contains(&fix("promt", "prompt")), "{fixes:?}");
    let config = "security:\n  sensitive_fiels: ['*.key']\n";
    let (file, _) = editor.at(".kiro/config.yaml", config, "");
    let remarks = editor.language.remarks(&file);
    let fix = remarks[0].fix.as_ref().expect("a fix");
    assert_eq!(
        (&config[fix.span.clone()], fix.text.as_str()),
        ("sensitive_fiels", "sensitive_files")
    );
    let model = editor.codes(".kiro/config.yaml", "budget:\n  max_cost: many\n");
    assert_eq!(model, ["model"]);
    let governance = editor.codes(".kiro/governance.yaml", "require_human_approval: 3\n");
    assert_eq!(governance, ["rule"]);
    assert!(
        editor
            .codes(".kiro/config.yaml", "security: {}\n")
            .is_empty()
    );
}

#[test]
fn lenses_say_what_can_be_done() {
    let mut editor = Editor::new();
    let titles = |editor: &mut Editor, path: &str| -> Vec<String> {
        let file = editor.file(path);
        let all = editor.language.lenses(&file);
        all.into_iter().map(|it| it.title).collect()
    };
    assert_eq!(
        titles(&mut editor, "specs/numbers.md"),
        [
            "Update plan",
            "Implement plan · 0 of 2 tasks done",
            "no checks yet",
            "no checks yet"
        ]
    );
    assert_eq!(
        titles(&mut editor, "plans/numbers-tasks.md"),
        ["Start task", "Start task"]
    );
    assert_eq!(
        titles(&mut editor, "kit/double.py"),
        ["FR-1: Doubling · no checks yet"]
    );
}

#[test]
fn words_lead_between_requirements_tasks_and_code() {
    let mut editor = Editor::new();
    let tasks = "plans/numbers-tasks.md";
    assert_eq!(
        editor.leads(tasks, TASKS, "_Requirements: FR-1"),
        ["numbers.md: ### FR-1: Doubling"]
    );
    assert_eq!(
        editor.leads("specs/numbers.md", SPEC, "### FR-1"),
        ["numbers-tasks.md: - [ ] 1. Implement `double`"]
    );
    assert_eq!(
        editor.leads("specs/numbers.md", SPEC, "in `kit/dou"),
        ["double.py: "]
    );
    assert_eq!(
        editor.leads("specs/numbers.md", SPEC, "`doub"),
        ["double.py: def double(n):"]
    );
    assert_eq!(
        editor.leads(tasks, TASKS, "Files: kit/dou"),
        ["double.py: "]
    );
    assert_eq!(
        editor.leads("kit/other.py", "# see FR-2 there\n", "FR-2"),
        ["numbers.md: ### FR-2: Halving"]
    );
    assert!(editor.leads("kit/other.py", "x = 1.2\n", "1.2").is_empty());
    assert!(editor.leads("specs/numbers.md", SPEC, "Success").is_empty());
}

#[test]
fn words_are_explained() {
    let mut editor = Editor::new();
    let mut meaning = |path: &str, text: &str, needle: &str| {
        let (file, at) = editor.at(path, text, needle);
        editor.language.meaning(&file, at).map(|it| it.text)
    };
    let told = meaning("kit/other.py", "# FR-1\n", "FR-1").expect("is told");
    assert!(
        told.contains("**FR-1** Doubling") && told.contains("task 1"),
        "{told}"
    );
    let told = meaning("plans/numbers-tasks.md", TASKS, "2. Export").expect("is told");
    assert!(
        told.contains("after 1") && told.contains("FR-9 not in the spec"),
        "{told}"
    );
    let hook = "trigger:\n  event: git.pre-commit\n  condition: file_size_kb > 1\n";
    let told = meaning(".kiro/hooks/h.yaml", hook, "cond").expect("is told");
    assert!(told.contains("What else has to be true"), "{told}");
    let told = meaning(".kiro/hooks/h.yaml", hook, "git.pre").expect("is told");
    assert!(told.contains("of git; a blocking hook stops it"), "{told}");
    assert!(meaning(".kiro/hooks/h.yaml", hook, "file_size").is_some());
    assert_eq!(meaning("specs/numbers.md", SPEC, "## Succ"), None);
}

#[test]
fn ids_keys_events_and_facts_are_completed() {
    let mut editor = Editor::new();
    let tasks = TASKS.replace("_Requirements: FR-9_", "_Requirements: FR");
    let ids = editor.completed(
        "plans/numbers-tasks.md",
        &tasks,
        "_Requirements: FR\n".trim_end(),
    );
    assert!(
        ids.contains(&"FR-1".to_owned()) && ids.contains(&"FR-2.1".to_owned()),
        "{ids:?}"
    );
    let waits = TASKS.replace("Dependencies: 1", "Dependencies: ");
    assert_eq!(
        editor.completed("plans/numbers-tasks.md", &waits, "Dependencies: "),
        ["1"]
    );
    let hook = "trigger:\n  event: file.s\n  co\naction:\n  prompt: Look at {fi\n";
    let path = ".kiro/hooks/h.yaml";
    assert_eq!(editor.completed(path, hook, "file.s"), ["file.save"]);
    assert_eq!(editor.completed(path, hook, "\n  co"), ["condition: "]);
    assert!(
        editor
            .completed(path, hook, "{fi")
            .contains(&"file_path".to_owned())
    );
    let config = "security:\n  den\n";
    assert_eq!(
        editor.completed(".kiro/config.yaml", config, "den"),
        ["denied_commands: "]
    );
    let governance = "require_human_approval:\n  - change_types:\n      - data\n";
    assert_eq!(
        editor.completed(".kiro/governance.yaml", governance, "data"),
        ["database_schema"]
    );
    assert!(
        editor
            .completed("specs/numbers.md", SPEC, "Twice")
            .is_empty()
    );
}

#[test]
fn odd_texts_and_places_are_survived() {
    let mut editor = Editor::new();
    let odd = [
        "",
        "\u{feff}",
        "é\r\n- [ ] 1. ü\r\n",
        "### FR-1:\n- `",
        "trigger: [\n  {",
    ];
    for path in [
        "specs/numbers.md",
        "plans/numbers-tasks.md",
        ".kiro/hooks/h.yaml",
        ".kiro/config.yaml",
        "a.py",
    ] {
        for text in odd {
            let (file, _) = editor.at(path, text, "");
            editor.language.remarks(&file);
            editor.language.lenses(&file);
            for at in 0..text.len() + 2 {
                editor.language.meaning(&file, at);
                editor.language.leads(&file, at);
                editor.language.completions(&file, at);
            }
        }
    }
}
