//! The entry of a program: the few lines at a file's end that call a function when the file is run.

use tree_sitter::Node;

use super::join::{ModuleKind, at_end};
use super::{Parsed, edit, import};
use crate::definition::guards_main;
use crate::language::Language;
use crate::tree::{children, text};

/// How an entry calls its function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EntryCall {
    /// Whether the function takes the words after the program's name.
    pub takes_arguments: bool,
    /// Whether it gives a promise of its exit code.
    pub is_promise: bool,
}

/// The file with an entry that calls `function` when the file is run, and only then, and takes what it gives as
/// the exit code. A file that has an entry, does not define the function or cannot be parsed is left as it is,
/// and so is one in a language whose programs begin in a function of their own.
#[must_use]
pub fn entered(
    language: Language,
    file: &str,
    function: &str,
    kind: ModuleKind,
    call: EntryCall,
) -> String {
    let Some(parsed) = Parsed::new(language, file) else {
        return file.to_owned();
    };
    let has_entry = children(parsed.tree.root_node())
        .into_iter()
        .any(|it| is_entry(language, it, file));
    if has_entry || !parsed.defines(function) || parsed.error().is_some() {
        return file.to_owned();
    }
    let (imports, lines) = match language {
        Language::Python => python(function, call),
        Language::JavaScript | Language::TypeScript => script(function, kind, call),
        Language::Rust => return file.to_owned(),
    };
    let text = edit::apply(file, vec![at_end(&parsed, &lines)]);
    imports.iter().fold(text, |text, (statement, name)| {
        let file = Parsed::new(language, &text);
        let merged = file
            .zip(Parsed::new(language, statement))
            .and_then(|(file, item)| import::merge(&file, &item, &[(*name).to_owned()]).ok());
        merged.unwrap_or(text)
    })
}

/// Whether a top-level statement acts only when its file is run as a program.
pub(super) fn is_entry(language: Language, statement: Node<'_>, source: &str) -> bool {
    match language {
        Language::Python => guards_main(statement, source),
        Language::JavaScript | Language::TypeScript => {
            statement.kind() == "if_statement"
                && statement
                    .child_by_field_name("condition")
                    .map(|it| text(source, it))
                    .is_some_and(|it| it.contains("import.meta") || it.contains("require.main"))
        }
        Language::Rust => false,
    }
}

type Lines = (Vec<(&'static str, &'static str)>, String);

fn python(function: &str, call: EntryCall) -> Lines {
    let arguments = if call.takes_arguments {
        "sys.argv[1:]"
    } else {
        ""
    };
    let lines =
        format!("\nif __name__ == \"__main__\":\n    raise SystemExit({function}({arguments}))");
    let imports = if call.takes_arguments {
        vec![("import sys", "sys")]
    } else {
        Vec::new()
    };
    (imports, lines)
}

fn script(function: &str, kind: ModuleKind, call: EntryCall) -> Lines {
    const MODULE_IMPORTS: [(&str, &str); 2] = [
        ("import { realpathSync } from \"node:fs\";", "realpathSync"),
        (
            "import { fileURLToPath } from \"node:url\";",
            "fileURLToPath",
        ),
    ];
    let arguments = if call.takes_arguments {
        "process.argv.slice(2)"
    } else {
        ""
    };
    let call = if call.is_promise {
        format!("{function}({arguments}).then((code) => {{\n    process.exitCode = code;\n  }});")
    } else {
        format!("process.exitCode = {function}({arguments});")
    };
    let (imports, condition) = match kind {
        ModuleKind::CommonJs => (Vec::new(), "require.main === module"),
        ModuleKind::Module => (
            MODULE_IMPORTS.to_vec(),
            "process.argv[1] && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)",
        ),
    };
    (imports, format!("if ({condition}) {{\n  {call}\n}}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const CALL: EntryCall = EntryCall {
        takes_arguments: true,
        is_promise: false,
    };

    fn check(language: Language, file: &str, kind: ModuleKind, call: EntryCall) -> String {
        let once = entered(language, file, "main", kind, call);
        assert_eq!(entered(language, &once, "main", kind, call), once);
        assert_eq!(crate::syntax_error(language, &once), None);
        once
    }

    #[test]
    fn python_programs_end_with_what_main_gives() {
        let file = "import json\n\n\ndef main(argv):\n    return 0\n";
        insta::assert_snapshot!(check(Language::Python, file, ModuleKind::Module, CALL), @r#"
        import json
        import sys


        def main(argv):
            return 0


        if __name__ == "__main__":
            raise SystemExit(main(sys.argv[1:]))
        "#);
        let bare = EntryCall {
            takes_arguments: false,
            ..CALL
        };
        insta::assert_snapshot!(
            check(Language::Python, "def main():\n    return 0\n", ModuleKind::Module, bare), @r#"
        def main():
            return 0


        if __name__ == "__main__":
            raise SystemExit(main())
        "#);
    }

    #[test]
    fn scripts_act_only_when_they_are_run() {
        let file = "export function main(argv) {\n  return 0;\n}\n";
        insta::assert_snapshot!(check(Language::JavaScript, file, ModuleKind::Module, CALL), @r#"
        import { realpathSync } from "node:fs";
        import { fileURLToPath } from "node:url";

        export function main(argv) {
          return 0;
        }

        if (process.argv[1] && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
          process.exitCode = main(process.argv.slice(2));
        }
        "#);
        let file = "async function main(argv) {\n  return 0;\n}\n\nmodule.exports = { main };\n";
        let promise = EntryCall {
            is_promise: true,
            ..CALL
        };
        insta::assert_snapshot!(check(Language::JavaScript, file, ModuleKind::CommonJs, promise), @r#"
        async function main(argv) {
          return 0;
        }

        module.exports = { main };

        if (require.main === module) {
          main(process.argv.slice(2)).then((code) => {
            process.exitCode = code;
          });
        }
        "#);
    }

    #[test]
    fn entries_that_are_there_stay() {
        for file in [
            "def main(argv):\n    return 0\n\n\nif __name__ == '__main__':\n    main([])\n",
            "def other():\n    return 0\n",
            "def main(:\n",
        ] {
            assert_eq!(
                entered(Language::Python, file, "main", ModuleKind::Module, CALL),
                file
            );
        }
        let rust = "fn main() {}\n";
        assert_eq!(
            entered(Language::Rust, rust, "main", ModuleKind::Module, CALL),
            rust
        );
    }

    /// A value is not yet there when an entry above it runs.
    #[test]
    fn new_definitions_come_before_a_scripts_entry() {
        let file = "function main() {}\n\nif (require.main === module) {\n  main();\n}\n";
        let spliced = crate::splice(Language::JavaScript, file, "const f = () => 1;", "f");
        assert_eq!(
            spliced.expect("spliced"),
            "function main() {}\n\nconst f = () => 1;\n\nif (require.main === module) {\n  main();\n}\n"
        );
    }
}
