//! Hook files of each form, sound and otherwise.

use super::*;

/// The findings as `severity code «bytes» message`.
fn told(path: &str, text: &str) -> Vec<String> {
    let file = HookFile::read(path, text);
    let shown = |it: &Diagnostic| {
        format!(
            "{} {} «{}» {}",
            it.severity.name(),
            it.code,
            &text[it.span.clone()],
            it.message
        )
    };
    file.diagnostics.iter().map(shown).collect()
}

const GOOD: &str = "\
name: \"A\"
trigger:
  event: \"file.save\"
  filter:
    - \"src/**/*.py\"
    - \"!**/__init__.py\"
  condition: |
    file_size_kb > 10
    or lines > 5
action:
  type: agent
  prompt: |
    Look at {file_path}.
";

#[track_caller]
fn finds(text: &str, expected: &str) {
    let told = told("a.yaml", text);
    assert!(
        told.iter().any(|it| it.starts_with(expected)),
        "{expected}\n{told:#?}"
    );
}

#[test]
fn a_sound_file_has_no_findings() {
    assert_eq!(told("a.yaml", GOOD), Vec::<String>::new());
}

/// What is changed in [`GOOD`], into what, and what is said then.
const MISTAKES: &[(&str, &str, &str)] = &[
    (
        "file.save",
        "file.saved",
        "error unknown-event «\"file.saved\"» unknown event «file.saved»; did you mean «file.save»?",
    ),
    (
        "lines > 5",
        "lnes > 5",
        "error unknown-fact «lnes» unknown fact «lnes»; did you mean «lines»?",
    ),
    ("lines > 5", "lines > 'x'", "error condition-type «'x'»"),
    ("lines > 5", "lines >", "error condition-syntax «"),
    (
        "{file_path}",
        "{file_pth}",
        "error unknown-variable «{file_pth}»",
    ),
    (
        "  prompt",
        "  promt",
        "error unknown-key «promt» unknown key «promt»; did you mean «prompt»?",
    ),
    (
        "  prompt",
        "  promt",
        "error missing-key «action» action needs `prompt`",
    ),
    (
        "type: agent",
        "type: agnt",
        "error wrong-kind «agnt» unknown type of action «agnt»; did you mean «agent»?",
    ),
    (
        "name: \"A\"\n",
        "",
        "error missing-key «trigger:» a hook needs `name`",
    ),
    (
        "name: \"A\"\n",
        "name: \"A\"\nblocking: true\n",
        "error unknown-key «blocking» `blocking` belongs into `action`",
    ),
    (
        "  type: agent\n",
        "  type: agent\n  blocking: yes\n",
        "error wrong-kind «yes» `blocking` takes true or false",
    ),
    (
        "  type: agent\n",
        "  type: agent\n  timeout: soon\n",
        "error wrong-kind «soon» `timeout` takes whole seconds",
    ),
    (
        "  type: agent\n",
        "  type: agent\n  command: x\n",
        "warning without-effect «command»",
    ),
    ("src/**/*.py", "src/{a", "error bad-pattern «\"src/{a\"»"),
    (
        "!**/__init__.py",
        "!**/*.py",
        "warning never-matches «filter:",
    ),
    (
        "src/**/*.py",
        "/src/**/*.py",
        "warning never-matches «\"/src/**/*.py\"» «/src/**/*.py» can match no file; patterns begin",
    ),
    (
        "!**/__init__.py",
        "!docs/**",
        "note pattern-without-effect «\"!docs/**\"»",
    ),
];

#[test]
fn each_mistake_is_told_where_it_stands() {
    for (from, to, expected) in MISTAKES {
        finds(&GOOD.replacen(from, to, 1), expected);
    }
}

#[test]
fn a_hook_as_a_whole_is_looked_at_too() {
    let all = GOOD
        .replace("src/**/*.py", "**")
        .replace("    - \"!**/__init__.py\"\n", "");
    assert_eq!(
        told("a.yaml", &all),
        Vec::<String>::new(),
        "the condition narrows it"
    );
    let all = all.replace(
        "  condition: |\n    file_size_kb > 10\n    or lines > 5\n",
        "",
    );
    finds(&all, "warning matches-everything «filter:");
    let none = all.replace("  filter:\n    - \"**\"\n", "");
    finds(
        &none,
        "warning matches-everything «\"file.save\"» without a filter",
    );
    let late = none
        .replace("file.save", "git.post-commit")
        .replace("{file_path}", "it")
        .replace("type: agent", "type: agent\n  blocking: true");
    finds(
        &late,
        "warning without-effect «blocking: true» git.post-commit comes after",
    );
    finds("name: [\n", "error syntax «");
    finds("", "error missing-key «» the file is empty");
    finds(
        "- a\n",
        "error wrong-kind «- a» a hook takes keys with values",
    );
}

#[test]
fn a_hook_with_an_error_is_kept_and_broken() {
    let file = HookFile::read(
        "a.yaml",
        &GOOD
            .replace("lines > 5", "lnes > 5")
            .replace("type: agent", "type: agent\n  blocking: true"),
    );
    assert!(file.hooks[0].broken && file.hooks[0].can_stop() && !file.is_unreadable());
    assert!(HookFile::read("a.yaml", "name: [").is_unreadable());
    let file = HookFile::read(
        "a.yaml",
        &GOOD
            .replace("file.save", "file.saved")
            .replace("type: agent", "type: agent\n  blocking: true"),
    );
    assert!(
        file.hooks[0].can_stop(),
        "what it waits for is not known, so it may stop anything"
    );
}

#[test]
fn files_of_kiros_own_forms_are_read() {
    for (path, text, hooks) in [
        (
            "a.kiro.hook",
            include_str!("../../tests/fixtures/kiro/lint.kiro.hook"),
            1,
        ),
        (
            "b.kiro.hook",
            include_str!("../../tests/fixtures/kiro/prompt.kiro.hook"),
            1,
        ),
        (
            "c.json",
            include_str!("../../tests/fixtures/kiro/older.json"),
            1,
        ),
        (
            "d.json",
            include_str!("../../tests/fixtures/kiro/several.json"),
            5,
        ),
    ] {
        let file = HookFile::read(path, text);
        let found = told(path, text);
        assert!(
            found.iter().all(|it| it.starts_with("note")),
            "{path}: {found:#?}"
        );
        assert_eq!(file.hooks.len(), hooks, "{path}");
        assert!(
            file.hooks
                .iter()
                .all(|it| !it.broken && it.action.is_some()),
            "{path}"
        );
    }
    let file = HookFile::read(
        "a.kiro.hook",
        include_str!("../../tests/fixtures/kiro/lint.kiro.hook"),
    );
    assert_eq!(file.form, Some(Form::Legacy));
    let hook = &file.hooks[0];
    assert!(
        hook.files.takes("src/x.ts")
            && hook.files.takes("deep/y.tsx")
            && !hook.files.takes("a.test.ts")
    );
    assert_eq!((hook.timeout, hook.blocking), (Some(30), false));
    let file = HookFile::read(
        "d.json",
        include_str!("../../tests/fixtures/kiro/several.json"),
    );
    let told: Vec<(bool, bool, Option<u64>)> = file
        .hooks
        .iter()
        .map(|it| (it.enabled, it.blocking, it.timeout))
        .collect();
    assert_eq!(
        told,
        [
            (true, false, Some(30)),
            (true, true, Some(5)),
            (true, false, None),
            (false, false, None),
            (false, false, None)
        ]
    );
}

#[test]
fn mistakes_in_kiros_own_forms_are_told() {
    for (path, text, expected) in [
        (
            "a.json",
            "{\"version\":\"v1\",\"hooks\":[{\"name\":\"a\",\"trigger\":\"fileEdited\",\"action\":{\"type\":\"command\",\"command\":\"x\"}}]}",
            "error unknown-event «\"fileEdited\"» «fileEdited» is a name of the older form",
        ),
        (
            "a.json",
            "{\"version\":\"v1\",\"hooks\":[{\"name\":\"a\",\"trigger\":\"PostFileSave\",\"matcher\":\"**/*.ts\",\"action\":{\"type\":\"command\",\"command\":\"x\"}}]}",
            "error bad-pattern «\"**/*.ts\"»",
        ),
        (
            "a.json",
            "{\"version\":\"v1\",\"hooks\":[{\"name\":\"a\",\"trigger\":\"PostFileSave\",\"matcher\":\".*\",\"action\":{\"type\":\"command\",\"command\":\"x\"}}]}",
            "warning matches-everything «\".*\"»",
        ),
        (
            "a.json",
            "{\"name\":\"x\",\"event\":\"onFileSave\"}",
            "error missing-key «{\"name\":\"x\",\"event\":\"onFileSave\"}» this is no hook file",
        ),
        (
            "a.hook",
            "{\"name\":\"x\",\"when\":{\"type\":\"fileEdited\"},\"then\":{\"type\":\"askAgent\",\"prompt\":\"p\"}}",
            "error missing-key «\"fileEdited\"» `when` needs `patterns`",
        ),
        (
            "a.hook",
            "{\"name\":\"x\",\"when\":{\"type\":\"fileSaved\"},\"then\":{\"type\":\"sendMessage\"}}",
            "error wrong-kind «\"sendMessage\"» unknown type of action",
        ),
        ("a.hook", "{\"name\": \"x\",}", "error syntax «}»"),
    ] {
        let told = told(path, text);
        assert!(
            told.iter().any(|it| it.starts_with(expected)),
            "{expected}\n{told:#?}"
        );
    }
}

#[test]
fn missing_scripts_are_told_where_they_stand() {
    let text = "name: a\ntrigger: {event: manual}\naction:\n  type: command\n  command: bash tools/check.sh && ./there.sh\n";
    let found = HookFile::read("a.yaml", text).missing_scripts(text, &|it| it == "./there.sh");
    assert_eq!(found.len(), 1);
    assert_eq!(
        (&text[found[0].span.clone()], found[0].code),
        ("tools/check.sh", Code::MissingScript)
    );
}

proptest::proptest! {
    #[test]
    fn reading_never_fails(text in "[a-z:\\-\\[\\]{}\"'|>!*?&%@`#,. \n\té]{0,200}") {
        for path in ["a.yaml", "a.json"] {
            let file = HookFile::read(path, &text);
            for it in file.diagnostics {
                proptest::prop_assert!(text.get(it.span.clone()).is_some(), "{:?}", it);
            }
        }
    }

    #[test]
    fn a_torn_or_changed_file_is_read_without_a_panic(at in 0usize..4000, to in "[a-z{}\\[\\]:'\" \n]{0,3}", which in 0usize..10) {
        let seeds = crate::TEMPLATES.map(|it| it.text);
        let own = [
            include_str!("../../tests/fixtures/kiro/several.json"),
            include_str!("../../tests/fixtures/kiro/lint.kiro.hook"),
            GOOD,
            "name: x\ntrigger: {event: file.save, condition: 'a matches \"[\" and not (b in [1,2])'}\n",
        ];
        let text = seeds.iter().chain(&own).nth(which).copied().unwrap_or(GOOD);
        let mut at = at % (text.len() + 1);
        while !text.is_char_boundary(at) { at -= 1; }
        let changed = format!("{}{to}{}", &text[..at], text[at..].chars().skip(1).collect::<String>());
        for path in ["a.yaml", "a.json"] {
            for text in [&changed[..], &text[..at]] {
                let file = HookFile::read(path, text);
                for it in file.diagnostics {
                    proptest::prop_assert!(text.get(it.span.clone()).is_some(), "{:?}", it);
                }
            }
        }
    }
}
