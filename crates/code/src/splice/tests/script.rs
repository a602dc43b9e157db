//! JavaScript and TypeScript.

use super::check;
use crate::language::Language;

fn js(file: &str, item: &str, name: &str) -> String {
    check(Language::JavaScript, file, item, name)
}

fn ts(file: &str, item: &str, name: &str) -> String {
    check(Language::TypeScript, file, item, name)
}

const CART: &str = r#"// @ts-check
import { a } from "./a";

/** Adds. */
export function add(x: number): number {
  return x;
}

export const twice = (x: number) => x * 2;

export default class Cart {
  private items: number[] = [];

  /** How many. */
  get count() {
    return this.items.length;
  }

  clear = () => {
    this.items = [];
  };
}

module.exports = { add };
"#;

#[test]
fn functions_keep_export_and_documentation() {
    insta::assert_snapshot!(ts(CART, "function add(x: number) {\n    return x + 1;\n}\n", "add"), @r#"
    // @ts-check
    import { a } from "./a";

    /** Adds. */
    export function add(x: number) {
      return x + 1;
    }

    export const twice = (x: number) => x * 2;

    export default class Cart {
      private items: number[] = [];

      /** How many. */
      get count() {
        return this.items.length;
      }

      clear = () => {
        this.items = [];
      };
    }

    module.exports = { add };
    "#);
    insta::assert_snapshot!(js("/** Old. */\nfunction f() {}\n", "/** New. */\nexport function f() { g() }", "f"), @r#"
    /** New. */
    export function f() { g() }
    "#);
    insta::assert_snapshot!(js("/** Old. */\nexport async function f() {}\n", "function f() {}", "f"), @r#"
    /** Old. */
    export function f() {}
    "#);
}

#[test]
fn arrow_functions_and_constants() {
    insta::assert_snapshot!(ts("export const twice = (x: number) => x * 2;\n", "const twice = (x: number): number => {\n  return x + x;\n};", "twice"), @r#"
    export const twice = (x: number): number => {
      return x + x;
    };
    "#);
    insta::assert_snapshot!(js("const a = 1, b = 2;\n", "const a = 3;", "a"), @"refused: `a` is defined in one statement with other names; edit that statement by hand");
    insta::assert_snapshot!(js("const a = 1;\n", "let b = 2;", "b"), @r#"
    const a = 1;

    let b = 2;
    "#);
    insta::assert_snapshot!(js("exports.f = function () { return 1 };\n", "exports.f = () => 2;", "f"), @"exports.f = () => 2;");
}

#[test]
fn methods_and_fields() {
    insta::assert_snapshot!(ts(CART, "class Cart {\n  get count() { return 0; }\n}", "Cart.count"), @r#"
    // @ts-check
    import { a } from "./a";

    /** Adds. */
    export function add(x: number): number {
      return x;
    }

    export const twice = (x: number) => x * 2;

    export default class Cart {
      private items: number[] = [];

      /** How many. */
      get count() { return 0; }

      clear = () => {
        this.items = [];
      };
    }

    module.exports = { add };
    "#);
    insta::assert_snapshot!(js("class A {\n  f() {\n    return 1;\n  }\n}\n", "f(x) {\n    return x;\n}", "A.f"), @r#"
    class A {
      f(x) {
        return x;
      }
    }
    "#);
    let cut_out = "f(x) {\n    return x;\n  }";
    assert_eq!(
        js("class A {\n  f() {}\n}\n", cut_out, "A.f"),
        "class A {\n  f(x) {\n    return x;\n  }\n}\n"
    );
    insta::assert_snapshot!(js("class A {\n    f() {}\n}\n", "async g() {\n  await this.f();\n}", "A.g"), @r#"
    class A {
        f() {}

        async g() {
            await this.f();
        }
    }
    "#);
    insta::assert_snapshot!(js("class A {}\n", "class A {\n  g() { return `\n x`; }\n}", "A.g"), @r#"
    class A {
      g() { return `
     x`; }
    }
    "#);
    insta::assert_snapshot!(js("class A { f() {} }\n", "g() {}", "A.g"), @"refused: `A` is written on one line; spread it over several lines first");
    insta::assert_snapshot!(ts(CART, "clear = () => {\n  this.items.length = 0;\n};", "Cart.clear"), @r#"
    // @ts-check
    import { a } from "./a";

    /** Adds. */
    export function add(x: number): number {
      return x;
    }

    export const twice = (x: number) => x * 2;

    export default class Cart {
      private items: number[] = [];

      /** How many. */
      get count() {
        return this.items.length;
      }

      clear = () => {
        this.items.length = 0;
      };
    }

    module.exports = { add };
    "#);
}

#[test]
fn new_definitions_stand_before_closing_exports() {
    insta::assert_snapshot!(js("function a() {}\n\nmodule.exports = { a };\n", "const b = () => {};", "b"), @r#"
    function a() {}

    const b = () => {};

    module.exports = { a };
    "#);
    insta::assert_snapshot!(js("const a = 1;\nexport { a };\nexport default a;\n", "function b() {}", "b"), @r#"
    const a = 1;

    function b() {}

    export { a };
    export default a;
    "#);
}

#[test]
fn imports_are_merged() {
    let item = "import d, { a, b as c, type T } from './a';\nimport * as fs from 'fs';\nimport './side';\nimport unused from 'u';\n\nexport function f(x: T) {\n  return d(a, c, fs);\n}\n";
    insta::assert_snapshot!(ts("import { a } from './a';\n\nfunction f() {}\n", item, "f"), @r#"
    import { a, b as c, type T } from './a';
    import d from './a';
    import * as fs from 'fs';
    import './side';

    export function f(x: T) {
      return d(a, c, fs);
    }
    "#);
    let required = "const { join, sep } = require('path');\nfunction f() { return join(sep) }";
    insta::assert_snapshot!(js("'use strict';\n\nfunction f() {}\n", required, "f"), @r#"
    'use strict';

    const { join, sep } = require('path');

    function f() { return join(sep) }
    "#);
    insta::assert_snapshot!(js("const { join } = require('path');\n", required, "f"), @r#"
    const { join } = require('path');
    const { sep } = require('path');

    function f() { return join(sep) }
    "#);
    insta::assert_snapshot!(ts("import { x as f } from 'a';\n", "import { f } from 'b';\nfunction g() { return f }", "g"), @"refused: the new code imports `f of b` as `f`, but the file uses `f` for `x of a`");
}

#[test]
fn helpers_and_types_come_along() {
    let item = "interface Item { price: number }\nconst RATE = 2;\nconst price = (it: Item) => it.price * RATE;\nexport function total(items: Item[]) {\n  return items.map(price);\n}\nconst out = total([]);\nconsole.log(out);\n";
    insta::assert_snapshot!(ts("const RATE = 3;\n\nexport function total() {}\n", item, "total"), @r#"
    const RATE = 2;

    interface Item { price: number }

    const price = (it: Item) => it.price * RATE;

    export function total(items: Item[]) {
      return items.map(price);
    }
    "#);
}

#[test]
fn overloads_are_told_apart_from_their_body() {
    let file =
        "function f(a: string): void;\nfunction f(a: number): void;\nfunction f(a: any) {}\n";
    insta::assert_snapshot!(ts(file, "function f(a: any) { g(a) }", "f"), @r#"
    function f(a: string): void;
    function f(a: number): void;
    function f(a: any) { g(a) }
    "#);
}
