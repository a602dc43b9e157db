//! Rust.

use super::check as check_in;
use crate::language::Language;

fn check(file: &str, item: &str, name: &str) -> String {
    check_in(Language::Rust, file, item, name)
}

const CART: &str = r#"//! A cart.
#![allow(dead_code)]

use std::fmt;

/// Adds.
#[must_use]
pub fn add(a: u8) -> u8 {
    a
}

pub struct Cart {
    items: Vec<u8>,
}

impl Cart {
    /// Empty.
    pub fn new() -> Self {
        Self { items: vec![] }
    }
}

impl fmt::Display for Cart {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn t() {}
}
"#;

#[test]
fn functions_keep_visibility_and_documentation() {
    insta::assert_snapshot!(check("/// Adds.\n#[must_use]\npub(crate) fn add(a: u8) -> u8 {\n    a\n}\n", "fn add(a: u8) -> u8 {\n    a + 1\n}", "add"), @r#"
    /// Adds.
    pub(crate) fn add(a: u8) -> u8 {
        a + 1
    }
    "#);
    insta::assert_snapshot!(check("/// Old.\nfn f() {}\n", "/// New.\n#[inline]\npub fn f() {}", "f"), @r#"
    /// New.
    #[inline]
    pub fn f() {}
    "#);
}

#[test]
fn methods_go_into_their_implementation() {
    insta::assert_snapshot!(check("struct A;\n\nimpl A {\n    pub fn f(&self) {}\n}\n", "impl A {\n    fn f(&self) {\n        g()\n    }\n}", "A::f"), @r#"
    struct A;

    impl A {
        pub fn f(&self) {
            g()
        }
    }
    "#);
    insta::assert_snapshot!(check("struct A;\n\nimpl A {\n    pub fn f(&self) {}\n}\n", "fn g(&self) -> u8 {\n    1\n}", "A.g"), @r#"
    struct A;

    impl A {
        pub fn f(&self) {}

        fn g(&self) -> u8 {
            1
        }
    }
    "#);
    insta::assert_snapshot!(check("struct A;\n\nimpl A {}\n", "fn g(&self) {}", "A.g"), @r#"
    struct A;

    impl A {
        fn g(&self) {}
    }
    "#);
    insta::assert_snapshot!(check(CART, "impl std::fmt::Display for Cart {\n    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {\n        f.write_str(\"x\")\n    }\n}", "Cart.fmt"), @r#"
    //! A cart.
    #![allow(dead_code)]

    use std::fmt;

    /// Adds.
    #[must_use]
    pub fn add(a: u8) -> u8 {
        a
    }

    pub struct Cart {
        items: Vec<u8>,
    }

    impl Cart {
        /// Empty.
        pub fn new() -> Self {
            Self { items: vec![] }
        }
    }

    impl fmt::Display for Cart {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("x")
        }
    }

    #[cfg(test)]
    mod tests {
        #[test]
        fn t() {}
    }
    "#);
    insta::assert_snapshot!(check("struct A;\n\nfn other() {}\n", "struct A;\nimpl Clone for A {\n    fn clone(&self) -> A { A }\n}", "A.clone"), @r#"
    struct A;

    impl Clone for A {
        fn clone(&self) -> A { A }
    }

    fn other() {}
    "#);
    insta::assert_snapshot!(check("struct A;\n", "fn f(&self) {}", "A.f"), @"refused: `A.f` belongs in `A`, which neither the file nor the new code defines");
    let both =
        "struct A;\nimpl X for A {\n    fn f(&self) {}\n}\nimpl Y for A {\n    fn f(&self) {}\n}\n";
    insta::assert_snapshot!(check(both, "fn f(&self) { g() }", "A.f"), @"refused: the file defines `A.f` 2 times; give the new code together with the block around it");
}

#[test]
fn types_with_their_implementations() {
    let item = "use std::fmt;\n#[derive(Debug)]\npub struct Cart {\n    n: u8,\n}\n\nimpl Cart {\n    fn new() -> Self { Self { n: 0 } }\n}\n\nimpl Default for Cart {\n    fn default() -> Self { Self::new() }\n}\n";
    insta::assert_snapshot!(check(CART, item, "Cart"), @r#"
    //! A cart.
    #![allow(dead_code)]

    use std::fmt;

    /// Adds.
    #[must_use]
    pub fn add(a: u8) -> u8 {
        a
    }

    #[derive(Debug)]
    pub struct Cart {
        n: u8,
    }

    impl Cart {
        fn new() -> Self { Self { n: 0 } }
    }

    impl fmt::Display for Cart {
        fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
            Ok(())
        }
    }

    impl Default for Cart {
        fn default() -> Self { Self::new() }
    }

    #[cfg(test)]
    mod tests {
        #[test]
        fn t() {}
    }
    "#);
}

#[test]
fn new_definitions_stand_before_the_tests() {
    insta::assert_snapshot!(check("fn a() {}\n\n#[cfg(test)]\nmod tests {}\n", "fn b() {}", "b"), @r#"
    fn a() {}

    fn b() {}

    #[cfg(test)]
    mod tests {}
    "#);
}

#[test]
fn imports_and_helpers() {
    let item = "use std::{fmt, io::{self, Read as _}};\nuse std::collections::HashMap;\nuse crate::Cart;\n\nconst LIMIT: u8 = 3;\n\nfn check(n: u8) -> bool {\n    n < LIMIT\n}\n\npub fn add(m: HashMap<u8, u8>) -> io::Result<u8> {\n    check(1);\n    todo!()\n}\n\nfn main() {\n    add();\n}\n";
    insta::assert_snapshot!(check(CART, item, "add"), @r#"
    //! A cart.
    #![allow(dead_code)]

    use std::fmt;
    use std::io;
    use std::io::Read as _;
    use std::collections::HashMap;

    const LIMIT: u8 = 3;

    fn check(n: u8) -> bool {
        n < LIMIT
    }

    /// Adds.
    pub fn add(m: HashMap<u8, u8>) -> io::Result<u8> {
        check(1);
        todo!()
    }

    pub struct Cart {
        items: Vec<u8>,
    }

    impl Cart {
        /// Empty.
        pub fn new() -> Self {
            Self { items: vec![] }
        }
    }

    impl fmt::Display for Cart {
        fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
            Ok(())
        }
    }

    #[cfg(test)]
    mod tests {
        #[test]
        fn t() {}
    }
    "#);
    insta::assert_snapshot!(check("use a::Result;\n", "use b::Result;\nfn f() -> Result {}", "f"), @"refused: the new code imports `Result of b` as `Result`, but the file uses `Result` for `Result of a`");
}
