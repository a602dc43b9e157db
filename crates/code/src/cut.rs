//! A text without some of its definitions.

use crate::language::Language;
use crate::symbol::symbols;

/// The text without the definitions at its top that go by one of `names`, and without the room that they leave.
#[must_use]
pub fn without(language: Language, text: &str, names: &[String]) -> String {
    let mut out = text.to_owned();
    let all = symbols(language, text);
    let cut = all.iter().filter(|it| names.contains(&it.qualified()));
    let mut spans: Vec<_> = cut.map(|it| it.span.clone()).collect();
    spans.sort_by_key(|it| it.start);
    for span in spans.into_iter().rev() {
        // A statement that defines several names at once is cut once.
        let Some(rest) = out.get(span.end..) else {
            continue;
        };
        let after = rest.len() - rest.trim_start().len();
        // `export` belongs to the definition wherever the parser sees it.
        let line = out[..span.start].rfind('\n').map_or(0, |it| it + 1);
        let is_export = matches!(out[line..span.start].trim(), "export" | "export default");
        let start = if is_export { line } else { span.start };
        out.replace_range(start..span.end + after, "");
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(language: Language, text: &str, names: &[&str], expected: &str) {
        let names: Vec<String> = names.iter().map(|it| (*it).to_owned()).collect();
        assert_eq!(without(language, text, &names), expected);
    }

    #[test]
    fn definitions_go_with_what_belongs_to_them() {
        let text = "import re\n\n\n@cached\ndef f(a):\n    return a\n\n\nK = 1\n\n\ndef g(a):\n    return f(a)\n";
        let without_f = "import re\n\n\nK = 1\n\n\ndef g(a):\n    return f(a)\n";
        check(Language::Python, text, &["f"], without_f);
        check(
            Language::Python,
            text,
            &["f", "g"],
            "import re\n\n\nK = 1\n\n\n",
        );
        check(Language::Python, text, &["h"], text);
        let script = "import x from \"x\";\n\n/** F. */\nexport function f(a) {\n  return a;\n}\n\nexport function g(a) {\n  return f(a);\n}\n";
        let without_f = "import x from \"x\";\n\nexport function g(a) {\n  return f(a);\n}\n";
        check(Language::JavaScript, script, &["f"], without_f);
        check(
            Language::JavaScript,
            "const f = 1, g = 2;\n",
            &["f", "g"],
            "",
        );
        check(
            Language::Rust,
            "fn f() {}\n\nfn g() {}\n",
            &["f"],
            "fn g() {}\n",
        );
    }

    #[test]
    fn a_method_is_cut_out_of_its_class() {
        let text =
            "class A:\n    def f(self):\n        return 1\n\n    def g(self):\n        return 2\n";
        let cut = "class A:\n    def g(self):\n        return 2\n";
        check(Language::Python, text, &["A.f"], cut);
    }
}
