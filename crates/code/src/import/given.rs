//! Imports of what is brought in anyway: small models guess the module of a name, and guess wrong.

use super::{Binding, Way, statements};
use crate::language::Language;
use crate::tree::parse;

/// `item` without the imports of these names, for whoever brings them in from where they really are. Names that a
/// statement imports beside them stay.
#[must_use]
pub fn without_imports_of(language: Language, item: &str, names: &[&str]) -> String {
    let mut text = item.to_owned();
    let Some(tree) = parse(language, item) else {
        return text;
    };
    let found = statements(language, tree.root_node(), item);
    for statement in found.iter().rev().filter(|it| it.is_direct()) {
        let (given, others): (Vec<&Binding>, Vec<&Binding>) =
            statement.bindings.iter().partition(|it| {
                it.way == Way::Name && it.local().is_some_and(|it| names.contains(&it))
            });
        if given.is_empty() {
            continue;
        }
        let Some(rest) = rewritten(language, &others) else {
            continue;
        };
        let end = match item[statement.span.end..].starts_with('\n') && rest.is_empty() {
            true => statement.span.end + 1,
            false => statement.span.end,
        };
        text.replace_range(statement.span.start..end, &rest);
    }
    text
}

/// A statement that imports only these; none where it cannot be written simply.
fn rewritten(language: Language, bindings: &[&Binding]) -> Option<String> {
    let Some(first) = bindings.first() else {
        return Some(String::new());
    };
    let is_plain =
        |it: &&Binding| it.way == Way::Name && it.module == first.module && !it.type_only;
    if !bindings.iter().all(is_plain) {
        return None;
    }
    let named = |it: &&Binding| match &it.alias {
        Some(alias) => format!("{} as {alias}", it.name),
        None => it.name.clone(),
    };
    let names: Vec<String> = bindings.iter().map(named).collect();
    let (module, names) = (&first.module, names.join(", "));
    match language {
        Language::Python => Some(format!("from {module} import {names}")),
        Language::JavaScript | Language::TypeScript => {
            Some(format!("import {{ {names} }} from \"{module}\";"))
        }
        Language::Rust => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_given_is_not_imported_from_elsewhere() {
        let check = |language, item: &str, expected: &str| {
            let names = ["add", "lines"];
            assert_eq!(without_imports_of(language, item, &names), expected);
        };
        let python = |item: &str, expected: &str| check(Language::Python, item, expected);
        python(
            "from todo.items import add, lines\nfrom todo.render import lines\n\ndef f():\n    return add(lines)\n",
            "\ndef f():\n    return add(lines)\n",
        );
        python(
            "import json\nfrom todo.items import (\n    add,\n    Item as It,\n)\nx = 1\n",
            "import json\nfrom todo.items import Item as It\nx = 1\n",
        );
        python(
            "import add\nfrom x import *\n",
            "import add\nfrom x import *\n",
        );
        python("from x import sum as add\n", "");
        python(
            "def f():\n    from x import add\n",
            "def f():\n    from x import add\n",
        );
        let script = |item: &str, expected: &str| check(Language::JavaScript, item, expected);
        script(
            "import { add, other } from './items.mjs';\nexport function f() {}\n",
            "import { other } from \"./items.mjs\";\nexport function f() {}\n",
        );
        script("import { add } from './f.mjs';\nf();\n", "f();\n");
        script(
            "import add, { lines } from 'x';\n",
            "import add, { lines } from 'x';\n",
        );
        check(
            Language::Rust,
            "use crate::items::add;\nfn f() {}\n",
            "fn f() {}\n",
        );
    }
}
