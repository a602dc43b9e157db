//! Files of this repository, in every layout, edited in every form.

use serde_json::json;

use crate::desk::{Expect, check, own};

/// Real files of several languages.
const FILES: [&str; 10] = [
    "crates/code/src/language.rs",
    "xtask/src/tables.rs",
    "evals/humaneval.py",
    "crates/model-local/examples/speed/todo.py",
    "crates/model/weights.json",
    "clippy.toml",
    "Cargo.toml",
    "ARCHITECTURE.md",
    "examples/todo/acceptance/run",
    ".ci/run",
];

/// How the bytes of a file are laid out; applied to text with LF.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Layout {
    AsItIs,
    Crlf,
    Tabs,
    NoFinalNewline,
    Bom,
    BomCrlfNoFinalNewline,
    TrailingSpaces,
}

const LAYOUTS: [Layout; 7] = [
    Layout::AsItIs,
    Layout::Crlf,
    Layout::Tabs,
    Layout::NoFinalNewline,
    Layout::Bom,
    Layout::BomCrlfNoFinalNewline,
    Layout::TrailingSpaces,
];

impl Layout {
    fn lay(self, text: &str) -> String {
        let crlf = |text: &str| text.replace('\n', "\r\n");
        match self {
            Layout::AsItIs => text.to_owned(),
            Layout::Crlf => crlf(text),
            Layout::Tabs => text.split_inclusive('\n').map(with_tabs).collect(),
            Layout::NoFinalNewline => text.trim_end_matches('\n').to_owned(),
            Layout::Bom => format!("\u{feff}{text}"),
            Layout::BomCrlfNoFinalNewline => {
                crlf(&format!("\u{feff}{}", text.trim_end_matches('\n')))
            }
            Layout::TrailingSpaces => text.replace('\n', "  \n"),
        }
    }
}

/// Every four spaces at the beginning of a line as a tab.
fn with_tabs(line: &str) -> String {
    let rest = line.trim_start_matches(' ');
    let spaces = line.len() - rest.len();
    format!(
        "{}{}{rest}",
        "\t".repeat(spaces / 4),
        " ".repeat(spaces % 4)
    )
}

/// Three lines that stand once in the text, even when white space does not count: the number of the first.
fn block(text: &str) -> usize {
    let lines: Vec<&str> = text.lines().collect();
    let key = |at: usize| -> Vec<String> {
        let words = |line: &&str| line.split_whitespace().collect::<Vec<_>>().join(" ");
        lines[at..at + 3].iter().map(words).collect()
    };
    let fits = |at: &usize| {
        let here = key(*at);
        let spaces = |line: &str| line.len() - line.trim_start_matches(' ').len();
        here.iter().all(|it| !it.is_empty())
            && here.iter().map(String::len).sum::<usize>() > 20
            && lines[*at..at + 3].iter().all(|it| spaces(it) % 4 == 0)
            && (0..lines.len() - 2)
                .filter(|other| key(*other) == here)
                .count()
                == 1
    };
    let from = lines.len() * 2 / 5;
    (from..lines.len() - 3)
        .find(fits)
        .expect("a block that stands once")
}

/// The bytes with the lines from `at` on, so many of them, put in the place of one another: expectations are
/// worked out here without the code under test.
fn spliced(file: &str, at: usize, middle: &[&str]) -> String {
    let mut lines: Vec<String> = file.split_inclusive('\n').map(str::to_owned).collect();
    let end = if lines[at + 1].ends_with("\r\n") {
        "\r\n"
    } else {
        "\n"
    };
    lines.splice(at + 1..at + 2, middle.iter().map(|it| format!("{it}{end}")));
    lines.concat()
}

/// One file in one layout, with a block of three lines in it.
struct Scene {
    name: String,
    case: String,
    layout: Layout,
    /// The text as somebody who read it quotes it: LF, spaces.
    quoted: Vec<String>,
    file: String,
    at: usize,
}

fn scenes() -> Vec<Scene> {
    let mut scenes = Vec::new();
    for path in FILES {
        let text = own(path);
        let at = block(&text);
        for layout in LAYOUTS {
            let name = path.rsplit('/').next().expect("a name");
            scenes.push(Scene {
                name: name.to_owned(),
                case: format!("{path} {layout:?}"),
                layout,
                quoted: text.lines().skip(at).take(3).map(str::to_owned).collect(),
                file: layout.lay(&text),
                at,
            });
        }
    }
    scenes
}

impl Scene {
    /// The indentation of the middle line as the file has it, and as it is quoted.
    fn indents(&self) -> (String, String) {
        let line = &self.quoted[1];
        let quoted = &line[..line.len() - line.trim_start_matches(' ').len()];
        let own = match self.layout {
            Layout::Tabs => "\t".repeat(quoted.len() / 4),
            _ => quoted.to_owned(),
        };
        (own, quoted.to_owned())
    }
}

#[test]
fn a_line_among_others_is_replaced_and_nothing_else() {
    let all = scenes();
    assert!(all.len() >= 60, "{}", all.len());
    for scene in &all {
        let [first, middle, last] = [0, 1, 2].map(|it| scene.quoted[it].as_str());
        let (own, quoted) = scene.indents();
        let old = format!("{first}\n{middle}\n{last}");
        let new = format!("{first}\n{quoted}changed — «é» ✓ 日本\n{quoted}and one more\n{last}");
        let lines = [
            format!("{own}changed — «é» ✓ 日本"),
            format!("{own}and one more"),
        ];
        let expected = spliced(&scene.file, scene.at, &[&lines[0], &lines[1]]);
        for tail in ["", "\n"] {
            check(
                &format!("{} {tail:?}", scene.case),
                &scene.name,
                scene.file.as_bytes(),
                json!([{"path": scene.name, "old": format!("{old}{tail}"), "new": format!("{new}{tail}")}]),
                &Expect::Becomes(expected.as_bytes()),
            );
        }
    }
}

#[test]
fn a_line_is_taken_out_and_nothing_else() {
    for scene in scenes() {
        let [first, middle, last] = [0, 1, 2].map(|it| scene.quoted[it].as_str());
        check(
            &scene.case,
            &scene.name,
            scene.file.as_bytes(),
            json!([{
                "path": scene.name,
                "old": format!("{first}\n{middle}\n{last}"),
                "new": format!("{first}\n{last}"),
            }]),
            &Expect::Becomes(spliced(&scene.file, scene.at, &[]).as_bytes()),
        );
    }
}

#[test]
fn drifted_white_space_in_the_quotation_does_not_reach_the_file() {
    for scene in scenes() {
        let drift = |line: &str| format!("      {line} \t");
        let [first, middle, last] = [0, 1, 2].map(|it| drift(&scene.quoted[it]));
        if scene.layout == Layout::Tabs {
            continue; // quoted in spaces and shifted as well: there is no one rule for it
        }
        let (own, quoted) = scene.indents();
        check(
            &scene.case,
            &scene.name,
            scene.file.as_bytes(),
            json!([{
                "path": scene.name,
                "old": format!("{first}\n{middle}\n{last}\n"),
                "new": format!("{first}\n      {quoted}changed\n{last}\n"),
            }]),
            &Expect::Becomes(
                spliced(&scene.file, scene.at, &[&format!("{own}changed")]).as_bytes(),
            ),
        );
    }
}

#[test]
fn a_quotation_with_one_wrong_letter_changes_nothing_and_shows_the_place() {
    for scene in scenes() {
        let [first, middle, last] = [0, 1, 2].map(|it| scene.quoted[it].as_str());
        let mut wrong = middle.to_owned();
        wrong.push('~');
        let region = format!("lines {}-{}", scene.at + 1, scene.at + 3);
        check(
            &scene.case,
            &scene.name,
            scene.file.as_bytes(),
            json!([{"path": scene.name, "old": format!("{first}\n{wrong}\n{last}"), "new": "x"}]),
            &Expect::Refuses(&region),
        );
    }
}

#[test]
fn what_stands_twice_is_refused_and_then_chosen_by_its_line() {
    for scene in scenes() {
        let end = if scene.file.contains("\r\n") {
            "\r\n"
        } else {
            "\n"
        };
        let body = scene.file.trim_start_matches('\u{feff}');
        let joint = if body.ends_with('\n') { "" } else { end };
        let twice = format!("{}{joint}{body}", scene.file);
        let second = scene.at + body.lines().count();
        let [first, middle, last] = [0, 1, 2].map(|it| scene.quoted[it].as_str());
        let (own, quoted) = scene.indents();
        let edit = |line: Option<usize>| {
            json!([{
                "path": scene.name,
                "old": format!("{first}\n{middle}\n{last}"),
                "new": format!("{first}\n{quoted}changed\n{last}"),
                "line": line,
            }])
        };
        let before = twice.as_bytes();
        let lines = format!("at lines {}, {}", scene.at + 1, second + 1);
        check(
            &scene.case,
            &scene.name,
            before,
            edit(None),
            &Expect::Refuses(&lines),
        );
        check(
            &scene.case,
            &scene.name,
            before,
            edit(Some(second + 1)),
            &Expect::Becomes(spliced(&twice, second, &[&format!("{own}changed")]).as_bytes()),
        );
    }
}
