//! Cases written by hand, each with every byte of what must come of it.

use serde_json::{Value, json};

use crate::desk::{Expect, check};
use Expect::{Becomes, Refuses};

/// A case: its name, the file, its bytes, `old`, `new`, and what must come of it.
type Case = (
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    Expect<'static>,
);

const fn ok(text: &'static str) -> Expect<'static> {
    Becomes(text.as_bytes())
}

const TS: &str = "export class Cart {\n  private items: Item[] = [];\n\n  add(item: Item): void {\n    \
                  this.items.push(item);\n  }\n\n  total(): number {\n    return this.items.length;\n  }\n}\n";
const GO: &str = "package main\n\nfunc add(a, b int) int {\n\tsum := a + b\n\treturn sum\n}\n\nfunc sub(a, b int) int \
                  {\n\tsum := a - b\n\treturn sum\n}\n";
const MAKE: &str = "all: build\n\nbuild:\n\tcc -o app main.c\n\techo done\n\nclean:\n\trm -f app\n";
const YAML: &str = "jobs:\n  test:\n    steps:\n      - run: make\n      - run: make test\n  lint:\n    steps:\n      - \
                    run: make lint\n";
const PY: &str = "def outer():\n    def inner(x):\n        if x:\n            return 1\n        return 0\n    return \
                  inner\n";
const C: &str = "int main(void) {\r\n    int x = 1;\r\n    return x;\r\n}\r\n";
const SQL: &str = "SELECT id,  name\nFROM   users\nWHERE  active = 1;\n";
const HTML: &str = "<ul>\n  <li>one</li>\n  <li>two</li>\n</ul>";
const CSS: &str = "a { color: red; }\n\nb { color: red; }\n";
const MIXED: &str = "one\r\ntwo\nthree\r\nfour\n";

/// Line ends, ends of files and marks.
const LAYOUT: &[Case] = &[
    (
        "c crlf, lf quoted",
        "m.c",
        C,
        "int x = 1;\n    return x;",
        "int x = 2;\n    return x;",
        ok("int main(void) {\r\n    int x = 2;\r\n    return x;\r\n}\r\n"),
    ),
    (
        "c crlf, a line grows",
        "m.c",
        C,
        "    int x = 1;\n",
        "    int x = 1;\n    x++;\n",
        ok("int main(void) {\r\n    int x = 1;\r\n    x++;\r\n    return x;\r\n}\r\n"),
    ),
    (
        "c crlf, one line becomes two",
        "m.c",
        C,
        "int x = 1;",
        "int x = 1;\n    int y;",
        ok("int main(void) {\r\n    int x = 1;\r\n    int y;\r\n    return x;\r\n}\r\n"),
    ),
    (
        "c crlf, crlf quoted",
        "m.c",
        C,
        "int x = 1;\r\n    return x;",
        "return 1;",
        ok("int main(void) {\r\n    return 1;\r\n}\r\n"),
    ),
    (
        "c crlf, lines are joined",
        "m.c",
        C,
        "\n    return x;",
        " return x;",
        ok("int main(void) {\r\n    int x = 1; return x;\r\n}\r\n"),
    ),
    (
        "c crlf, a line goes",
        "m.c",
        C,
        "    int x = 1;\n",
        "",
        ok("int main(void) {\r\n    return x;\r\n}\r\n"),
    ),
    (
        "c crlf, the last line goes",
        "m.c",
        C,
        "    return x;\n}\n",
        "}\n",
        ok("int main(void) {\r\n    int x = 1;\r\n}\r\n"),
    ),
    (
        "lf, crlf in new",
        "a.txt",
        "a\nb\n",
        "a\n",
        "a\r\nx\r\n",
        ok("a\nx\nb\n"),
    ),
    (
        "mixed, the crlf line",
        "a.txt",
        MIXED,
        "three",
        "3",
        ok("one\r\ntwo\n3\r\nfour\n"),
    ),
    (
        "mixed, over both",
        "a.txt",
        MIXED,
        "two\nthree",
        "two\n3",
        ok("one\r\ntwo\n3\r\nfour\n"),
    ),
    (
        "mixed, added after lf",
        "a.txt",
        MIXED,
        "two\n",
        "two\nand\n",
        ok("one\r\ntwo\nand\nthree\r\nfour\n"),
    ),
    (
        "mixed, added after crlf",
        "a.txt",
        MIXED,
        "three\n",
        "three\nand\n",
        ok("one\r\ntwo\nthree\r\nand\r\nfour\n"),
    ),
    (
        "html without final newline",
        "a.html",
        HTML,
        "  <li>two</li>\n</ul>",
        "  <li>2</li>\n</ul>",
        ok("<ul>\n  <li>one</li>\n  <li>2</li>\n</ul>"),
    ),
    (
        "html without final newline, one quoted",
        "a.html",
        HTML,
        "  <li>two</li>\n</ul>\n",
        "</ul>\n",
        ok("<ul>\n  <li>one</li>\n</ul>"),
    ),
    (
        "a final newline is added when asked",
        "a.html",
        HTML,
        "</ul>",
        "</ul>\n",
        ok("<ul>\n  <li>one</li>\n  <li>two</li>\n</ul>\n"),
    ),
    (
        "a final newline is taken when asked",
        "a.css",
        "a\nb\n",
        "b\n",
        "b",
        ok("a\nb"),
    ),
    (
        "bom, the first line",
        "a.cs",
        "\u{feff}using A;\nusing B;\n",
        "using A;\nusing B;",
        "using B;",
        ok("\u{feff}using B;\n"),
    ),
    (
        "bom, quoted with it",
        "a.cs",
        "\u{feff}using A;\n",
        "\u{feff}using A;",
        "\u{feff}using C;",
        ok("\u{feff}using C;\n"),
    ),
    (
        "bom, the first line drifted",
        "a.cs",
        "\u{feff}using Alpha;\nusing B;\n",
        "  using Alpha;\n  using B;",
        "  using Alpha;\n  using C;",
        ok("\u{feff}using Alpha;\nusing C;\n"),
    ),
    (
        "a lone return stays",
        "a.txt",
        "a\rb\nc\n",
        "c",
        "d",
        ok("a\rb\nd\n"),
    ),
    (
        "a form feed stays",
        "a.py",
        "x = 1\n\u{c}\ny = 2\n",
        "y = 2",
        "y = 3",
        ok("x = 1\n\u{c}\ny = 3\n"),
    ),
    (
        "white space at line ends of others stays",
        "a.md",
        "one  \ntwo\t\nthree\n",
        "three",
        "3",
        ok("one  \ntwo\t\n3\n"),
    ),
    (
        "only the first file's line",
        "a.txt",
        "only",
        "only",
        "one\ntwo",
        ok("one\ntwo"),
    ),
    (
        "an empty line is taken out",
        "a.css",
        CSS,
        "}\n\nb",
        "}\nb",
        ok("a { color: red; }\nb { color: red; }\n"),
    ),
];

/// Unicode, near it and inside it.
const UNICODE: &[Case] = &[
    (
        "japanese",
        "a.md",
        "# 見出し\n本文です。\n",
        "本文です。",
        "本文でした。",
        ok("# 見出し\n本文でした。\n"),
    ),
    (
        "an emoji of several parts",
        "a.md",
        "a 👩\u{200d}🚀 b\n",
        "b",
        "c",
        ok("a 👩\u{200d}🚀 c\n"),
    ),
    (
        "composed is not decomposed",
        "a.txt",
        "caf\u{e9}\n",
        "cafe\u{301}",
        "tea",
        Refuses("not in the file"),
    ),
    (
        "curly quotes are not straight",
        "a.txt",
        "say “hello there”\n",
        "say \"hello there\"",
        "x",
        Refuses("not in the file"),
    ),
    (
        "a no-break space is no space",
        "a.txt",
        "one\u{a0}two three\n",
        "one two three",
        "x",
        Refuses("not in the file"),
    ),
    (
        "right to left",
        "a.txt",
        "שלום עולם\nabc\n",
        "abc",
        "abd",
        ok("שלום עולם\nabd\n"),
    ),
];

/// Indentation that drifted, and what must not be guessed.
const DRIFT: &[Case] = &[
    (
        "go, spaces for tabs",
        "a.go",
        GO,
        "func add(a, b int) int {\n    sum := a + b\n    return sum\n}",
        "func add(a, b int) int {\n    return a + b\n}",
        ok(
            "package main\n\nfunc add(a, b int) int {\n\treturn a + b\n}\n\nfunc sub(a, b int) int {\n\tsum := a - b\n\t\
            return sum\n}\n",
        ),
    ),
    (
        "make, spaces for tabs",
        "Makefile",
        MAKE,
        "build:\n    cc -o app main.c\n",
        "build:\n    cc -O2 -o app main.c\n    strip app\n",
        ok(
            "all: build\n\nbuild:\n\tcc -O2 -o app main.c\n\tstrip app\n\techo done\n\nclean:\n\trm -f app\n",
        ),
    ),
    (
        "ts, four spaces for two",
        "a.ts",
        TS,
        "    total(): number {\n        return this.items.length;\n    }",
        "    total(): number {\n        const n = this.items.length;\n        return n;\n    }",
        ok(
            "export class Cart {\n  private items: Item[] = [];\n\n  add(item: Item): void {\n    \
            this.items.push(item);\n  }\n\n  total(): number {\n    const n = this.items.length;\n    return n;\n  \
            }\n}\n",
        ),
    ),
    (
        "ts, not indented at all",
        "a.ts",
        TS,
        "add(item: Item): void {\n  this.items.push(item);\n}",
        "add(item: Item): void {\n  if (item) {\n    this.items.push(item);\n  }\n}",
        ok(
            "export class Cart {\n  private items: Item[] = [];\n\n  add(item: Item): void {\n    if (item) {\n      \
            this.items.push(item);\n    }\n  }\n\n  total(): number {\n    return this.items.length;\n  }\n}\n",
        ),
    ),
    (
        "yaml, less indented",
        "ci.yml",
        YAML,
        "  - run: make\n  - run: make test\n",
        "  - run: make\n  - run: make check\n",
        ok(
            "jobs:\n  test:\n    steps:\n      - run: make\n      - run: make check\n  lint:\n    steps:\n      - run: \
            make lint\n",
        ),
    ),
    (
        "python, structure is kept",
        "a.py",
        PY,
        "def inner(x):\n    if x:\n        return 1\n    return 0",
        "def inner(x):\n    if not x:\n        return 0\n    return 1",
        ok(
            "def outer():\n    def inner(x):\n        if not x:\n            return 0\n        return 1\n    return \
            inner\n",
        ),
    ),
    (
        "python, another structure is refused",
        "a.py",
        PY,
        "if x:\n    return 1\n    return 0",
        "pass",
        Refuses("indented by no one rule"),
    ),
    (
        "sql, inner spaces drifted",
        "a.sql",
        SQL,
        "SELECT id, name\nFROM users\nWHERE active = 1;",
        "SELECT id, name\nFROM users\nWHERE active = 2;",
        ok("SELECT id,  name\nFROM   users\nWHERE active = 2;\n"),
    ),
    (
        "white space at line ends drifted",
        "a.rs",
        "fn a() {  \n    b();\t\n}\n",
        "fn a() {\n    b();\n}",
        "fn a() {\n    c();\n}",
        ok("fn a() {  \n    c();\n}\n"),
    ),
    (
        "blank lines hold white space",
        "a.py",
        "def f():\n    a()\n    \n    b()\n",
        "def f():\n    a()\n\n    b()",
        "def f():\n    a()\n\n    c()",
        ok("def f():\n    a()\n    \n    c()\n"),
    ),
    (
        "drifted, at the end without newline",
        "a.py",
        "class A:\n    def f(self):\n        return 1",
        "def f(self):\n    return 1\n",
        "def f(self):\n    return 2\n",
        ok("class A:\n    def f(self):\n        return 2"),
    ),
    (
        "one depth, two rules, deeper new lines",
        "a.js",
        "f() {\n  return value;\n}\n",
        "    return value ;",
        "x",
        Refuses("not in the file"),
    ),
    (
        "one depth leaves the depth of others in doubt",
        "a.js",
        "f() {\n  call(value)\n}\n",
        "    call(value)",
        "    if (value) {\n      call(value)\n    }",
        Refuses("cannot be told"),
    ),
    (
        "one depth is enough for the same depth",
        "a.js",
        "f() {\n  call(value)\n}\n",
        "    call(value)\n",
        "    call(value)\n    again(value)\n",
        ok("f() {\n  call(value)\n  again(value)\n}\n"),
    ),
    (
        "drifted and twice",
        "a.go",
        GO,
        "    return sum\n}",
        "    return 0\n}",
        Refuses("at lines 5, 10"),
    ),
    (
        "too little to go by",
        "a.ts",
        TS,
        "   }\n\n   }",
        "x",
        Refuses("not in the file"),
    ),
    (
        "a missing blank line is refused",
        "a.ts",
        TS,
        "  private items: Item[] = [];\n  add(item: Item): void {",
        "x",
        Refuses("closest region is lines 2-3"),
    ),
];

/// Duplicates, code that moved, and quotations that are not the file's.
const WHICH: &[Case] = &[
    (
        "twice in one line",
        "a.css",
        "a a\n",
        "a",
        "b",
        Refuses("at lines 1, 1"),
    ),
    (
        "twice",
        "a.css",
        CSS,
        "color: red",
        "color: blue",
        Refuses("at lines 1, 3"),
    ),
    (
        "more around it",
        "a.css",
        CSS,
        "b { color: red",
        "b { color: blue",
        ok("a { color: red; }\n\nb { color: blue; }\n"),
    ),
    (
        "overlapping itself",
        "a.txt",
        "abababa\n",
        "aba",
        "x",
        Refuses("at lines 1, 1, 1"),
    ),
    (
        "moved code is found where it is",
        "a.go",
        "package main\n\nfunc sub() {}\n\n// filler\n\nfunc add() {\n\tx()\n}\n",
        "func add() {\n\tx()\n}",
        "func add() {\n\ty()\n}",
        ok("package main\n\nfunc sub() {}\n\n// filler\n\nfunc add() {\n\ty()\n}\n"),
    ),
    (
        "code that was taken out is not found",
        "a.go",
        GO,
        "func mul(a, b int) int {\n\treturn a * b\n}",
        "x",
        Refuses("not in the file"),
    ),
    (
        "with line numbers",
        "a.go",
        GO,
        "     3\tfunc add(a, b int) int {\n     4\t\tsum := a + b",
        "x",
        Refuses("line numbers"),
    ),
    (
        "nothing changes",
        "a.go",
        GO,
        "return sum",
        "return sum",
        Refuses("are the same"),
    ),
    (
        "an empty quotation",
        "a.go",
        GO,
        "",
        "x",
        Refuses("`old` is empty"),
    ),
    (
        "with what stands for more",
        "a.go",
        GO,
        "\tsum := a + b\n",
        "\tsum := a + b\n\t// ... existing code ...\n",
        Refuses("left out"),
    ),
    (
        "a prefix of a longer word",
        "a.py",
        "total = 1\n",
        "tot",
        "sum",
        ok("sumal = 1\n"),
    ),
    (
        "in another case",
        "a.py",
        "Total = 1 + other\n",
        "total = 1 + other",
        "x",
        Refuses("not in the file"),
    ),
    (
        "a pattern is plain text",
        "a.py",
        "x = a.b(c)*\ny = aXb\n",
        "a.b(c)*",
        "$1\\0",
        ok("x = $1\\0\ny = aXb\n"),
    ),
];

fn run(cases: &[Case]) -> usize {
    for (case, name, before, old, new, expect) in cases {
        let edits = json!([{"path": name, "old": old, "new": new}]);
        check(case, name, before.as_bytes(), edits, expect);
    }
    cases.len()
}

#[test]
fn line_ends_and_marks_are_kept() {
    assert!(run(LAYOUT) >= 20);
}

#[test]
fn letters_are_never_taken_for_others() {
    assert!(run(UNICODE) >= 6);
}

#[test]
fn drifted_white_space_is_followed_or_refused() {
    assert!(run(DRIFT) >= 15);
}

#[test]
fn the_right_place_or_none() {
    assert!(run(WHICH) >= 12);
}

#[test]
fn every_place_and_a_chosen_place() {
    let edit = |more: Value| {
        let mut edit = json!({"path": "a.css", "old": "color: red", "new": "color: blue"});
        let map = edit.as_object_mut().expect("an object");
        map.extend(more.as_object().expect("an object").clone());
        json!([edit])
    };
    let case =
        |more: Value, expect: Expect<'_>| check("", "a.css", CSS.as_bytes(), edit(more), &expect);
    case(
        json!({"all": true}),
        ok("a { color: blue; }\n\nb { color: blue; }\n"),
    );
    case(
        json!({"line": 3}),
        ok("a { color: red; }\n\nb { color: blue; }\n"),
    );
    case(
        json!({"line": 2}),
        Refuses("begins on no line 2; it stands at lines 1, 3"),
    );
    case(json!({"line": 1, "all": true}), Refuses("not both"));
    let overlapping = json!([{"path": "a", "old": "aba", "new": "x", "all": true}]);
    check("", "a", b"ababa\n", overlapping, &Refuses("overlap"));
    let go =
        json!([{"path": "a.go", "old": "    return sum\n}", "new": "    return 0\n}", "line": 10}]);
    let expected = format!(
        "{}\treturn 0\n}}\n",
        GO.strip_suffix("\treturn sum\n}\n").expect("so it ends")
    );
    check(
        "a drifted one by its line",
        "a.go",
        GO.as_bytes(),
        go,
        &Becomes(expected.as_bytes()),
    );
}

#[test]
fn bytes_that_are_no_utf8_stay() {
    let latin = b"caf\xe9 = 1\nother = 2\n";
    let edits = json!([{"path": "a.txt", "old": "other = 2", "new": "other = 3"}]);
    check(
        "latin-1",
        "a.txt",
        latin,
        edits,
        &Becomes(b"caf\xe9 = 1\nother = 3\n"),
    );
    let edits = json!([{"path": "a.bin", "old": "abc", "new": "abd"}]);
    check(
        "binary",
        "a.bin",
        b"abc\0def",
        edits.clone(),
        &Refuses("not UTF-8 text"),
    );
    check(
        "utf-16",
        "a.bin",
        b"\xff\xfea\0b\0c\0",
        edits,
        &Refuses("not UTF-8 text"),
    );
}
