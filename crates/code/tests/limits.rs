//! Deep, large and hostile sources end in bounded time and stack.

use code::{
    Language, assertions, complexity, fenced, imports, splice, symbols, syntax_error, test_cases,
};

fn everything(language: Language, source: &str) {
    let _ = (
        symbols(language, source).len(),
        imports(language, source).len(),
    );
    let _ = (
        assertions(language, source).len(),
        test_cases(language, source).len(),
    );
    let _ = (complexity(language, source), syntax_error(language, source));
    let _ = fenced(source, Some(language));
    let _ = splice(language, source, source, "f");
    let _ = splice(language, "def f(): pass\n", source, "f");
}

fn nested(open: &str, close: &str, depth: usize) -> String {
    open.repeat(depth) + &close.repeat(depth)
}

#[test]
fn deep_nesting() {
    everything(
        Language::Python,
        &format!("x = {}\n", nested("(", ")", 5_000)),
    );
    everything(Language::Python, &"if x:\n".repeat(2_000));
    everything(Language::Python, &"(".repeat(20_000));
    everything(
        Language::JavaScript,
        &nested("it('a', () => {", "})", 1_000),
    );
    everything(Language::TypeScript, &"a<".repeat(1_000));
    everything(Language::Rust, &nested("mod m { fn f() {", "}}", 1_000));
}

#[test]
fn names_of_deep_members_stay_bounded() {
    let source = nested("mod m {", "}", 20_000);
    let found = symbols(Language::Rust, &source);
    assert_eq!(found.len(), 65);
    let classes: String = (0..300)
        .map(|depth| format!("{}class A:\n", " ".repeat(depth)))
        .collect();
    let source = format!("{classes}{}pass\n", " ".repeat(300));
    assert_eq!(symbols(Language::Python, &source).len(), 65);
}

#[test]
fn many_siblings() {
    everything(Language::Python, &"#\n".repeat(10_000));
    everything(Language::Python, &"def f(): assert x\n".repeat(500));
    everything(Language::Rust, &"/// d\n#[test]\nfn f() {}\n".repeat(500));
    everything(Language::JavaScript, &"const a = 1;".repeat(1_000));
    everything(Language::Python, &"import a\n".repeat(1_000));
}

#[test]
fn beyond_the_limit() {
    let large = "x = 1\n".repeat(code::MAX_SOURCE / 6 + 1);
    assert!(symbols(Language::Python, &large).is_empty());
    assert!(imports(Language::Python, &large).is_empty());
    assert_eq!(complexity(Language::Python, &large), 0);
    assert!(syntax_error(Language::Python, &large).is_some());
    assert!(splice(Language::Python, &large, "def f(): pass", "f").is_err());
    assert_eq!(fenced(&large, Some(Language::Python)), None);
}
