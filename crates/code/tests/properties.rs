//! Properties that hold for every text.

use code::{
    Language, assertions, complexity, crossed, fenced, grafted, imports, splice, symbols,
    syntax_error, test_cases, with_dropped_results,
};
use proptest::prelude::*;

fn language() -> impl Strategy<Value = Language> {
    proptest::sample::select(Language::ALL.to_vec())
}

/// Pieces of the four languages in any order: far more often nearly code than random characters are.
fn scraps() -> impl Strategy<Value = String> {
    let scrap = proptest::sample::select(vec![
        "def f(a):\n",
        "    return a\n",
        "class A:\n",
        "@dec\n",
        "import a.b\n",
        "from m import (a,\n",
        ")\n",
        "\"\"\"",
        "'",
        "`",
        "#",
        "//",
        "/**",
        "*/",
        "{",
        "}",
        "(",
        ")",
        "[",
        "]",
        "<",
        ">",
        ";",
        ",",
        ":",
        "=>",
        "function f() {",
        "const x = ",
        "export ",
        "default ",
        "fn g() {",
        "pub ",
        "impl A {",
        "use a::{b};\n",
        "mod t {",
        "#[test]\n",
        "async ",
        "if x:\n",
        "else:\n",
        "\t",
        "    ",
        "\n",
        "\r\n",
        "\u{feff}",
        "\0",
        "é",
        "x = 1\n",
        "pass\n",
        "```\n",
        "```python\n",
        "~~~",
        "print 'x'\n",
        "A.f",
        "<a>",
        "${",
        "r#\"",
        "'a ",
    ]);
    proptest::collection::vec(scrap, 0..24).prop_map(|scraps| scraps.concat())
}

fn any_text() -> impl Strategy<Value = String> {
    prop_oneof![3 => scraps(), 1 => "(?s).{0,80}"]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(192))]

    #[test]
    fn no_text_makes_anything_panic(language in language(), file in any_text(), item in any_text()) {
        for it in symbols(language, &file) {
            prop_assert!(file.get(it.span.clone()).is_some(), "{:?}", it);
            prop_assert!(file.get(it.body.clone()).is_some(), "{:?}", it);
            let _ = splice(language, &file, &item, &it.qualified());
        }
        for it in imports(language, &file) {
            prop_assert_eq!(&file[it.span], &it.text);
        }
        for name in ["f", "A.f", "x", ""] {
            let _ = splice(language, &file, &item, name);
            let _ = with_dropped_results(language, &file, name);
            let _ = (crossed(language, &file, &item, name), grafted(language, &file, &item, name));
        }
        let _ = (syntax_error(language, &file), complexity(language, &file));
        let _ = (assertions(language, &file), test_cases(language, &file));
        let _ = (fenced(&file, Some(language)), fenced(&file, None));
    }

    #[test]
    fn what_fits_a_sound_file_leaves_it_sound(language in language(), file in scraps(), item in scraps()) {
        for it in symbols(language, &item) {
            if let Ok(after) = splice(language, &file, &item, &it.qualified()) {
                prop_assert!(syntax_error(language, &file).is_some() || syntax_error(language, &after).is_none());
                let known = symbols(language, &after).iter().any(|now| now.qualified() == it.qualified());
                prop_assert!(known, "{} is not in {after:?}", it.qualified());
            }
        }
    }
}

/// A file of a few definitions, all different, with odd spacing in between.
fn python_file() -> impl Strategy<Value = String> {
    let body = proptest::sample::select(vec![
        "    return 1",
        "    x = [1,\n  2]\n    return x",
        "    '''Doc\n\n    more'''\n\n    pass",
        "    if a:\n        b\n    else:\n        c",
        "    return '''\nraw\n  '''  # end",
    ]);
    let gap = proptest::sample::select(vec![
        "\n",
        "\n\n",
        "\n\n\n",
        "\n# note\n",
        "\n  \n",
        "\nx.y()\n",
    ]);
    let piece = (
        body,
        gap,
        proptest::sample::select(vec!["", "@dec\n", "@dec(\n    1)\nasync "]),
    );
    let ending = proptest::sample::select(vec!["\n", "\r\n"]);
    (
        proptest::collection::vec(piece, 1..6),
        ending,
        any::<bool>(),
    )
        .prop_map(|(pieces, ending, class)| {
            let mut text = String::from("import os\n");
            for (n, (body, gap, before)) in pieces.into_iter().enumerate() {
                if class && n == 1 {
                    text.push_str("class A:\n    def m(self, a):\n        return a\n    n = 1\n");
                }
                text.push_str(&format!("{before}def f{n}(a):\n{body}{gap}"));
            }
            text.replace("\r\n", "\n").replace('\n', ending)
        })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn putting_a_definition_where_it_is_changes_nothing(file in python_file()) {
        let language = Language::Python;
        prop_assume!(syntax_error(language, &file).is_none());
        for it in symbols(language, &file) {
            let after = splice(language, &file, &file[it.span.clone()], &it.qualified());
            prop_assert_eq!(after.as_ref(), Ok(&file), "{}", it.qualified());
        }
    }

    #[test]
    fn bytes_outside_the_replaced_span_stay(file in python_file()) {
        let language = Language::Python;
        prop_assume!(syntax_error(language, &file).is_none());
        for it in symbols(language, &file).into_iter().filter(|it| it.parent.is_none() && it.name.starts_with('f')) {
            let item = format!("def {}():\n    return 'new'\n", it.name);
            let after = splice(language, &file, &item, &it.name).unwrap();
            let (head, tail) = (&file[..it.span.start], &file[it.span.end..]);
            prop_assert!(after.starts_with(head) && after.ends_with(tail), "{after:?}");
            prop_assert!(after[head.len()..after.len() - tail.len()].starts_with("def "));
        }
    }
}
