//! Source in, symbols out.

use crate::language::Language;
use crate::symbol::symbols;

fn check(language: Language, source: &str) -> String {
    let mut out = String::new();
    for it in symbols(language, source) {
        let variant = it
            .variant
            .as_ref()
            .map(|it| format!(" [{it}]"))
            .unwrap_or_default();
        let first = source[it.span.clone()].lines().next().unwrap_or_default();
        let last = source[it.span.clone()]
            .lines()
            .last()
            .unwrap_or_default()
            .trim();
        out.push_str(&format!(
            "{} {:?} {}{variant}: {}\n",
            it.line,
            it.kind,
            it.qualified(),
            it.signature
        ));
        out.push_str(&format!("    {first} … {last}\n"));
        assert!(
            it.span.start <= it.body.start && it.body.end <= it.span.end,
            "{it:?}"
        );
    }
    out
}

#[test]
fn python() {
    let source = r#"
import a
LIMIT: int = 3  # most
name = "x"
A, B = 1, 2
type Pair[T] = tuple[T, T]

@cache
@other(
    1)
async def fetch(url: str, *,
          retries=3) -> bytes:
    """Doc."""
    def inner(): pass
    x = 1
    return x
    # last

class Cart(Base, meta=M):
    """Doc."""
    size: int
    limit: int = 3

    @property
    def total(self): return 0  # none

    @total.setter
    def total(self, v): pass

    class Item:
        def f(self): pass

if x:
    def cond(): pass
else:
    try:
        def cond(): return 1
    finally:
        pass
x.y = 3
f = lambda: 1
if __name__ == "__main__":
    z = 1
"#;
    insta::assert_snapshot!(check(Language::Python, source), @r#"
    3 Constant LIMIT: LIMIT: int = 3 # most
        LIMIT: int = 3  # most … LIMIT: int = 3  # most
    4 Variable name: name = "x"
        name = "x" … name = "x"
    5 Constant A: A, B = 1, 2
        A, B = 1, 2 … A, B = 1, 2
    5 Constant B: A, B = 1, 2
        A, B = 1, 2 … A, B = 1, 2
    6 TypeAlias Pair: type Pair[T]
        type Pair[T] = tuple[T, T] … type Pair[T] = tuple[T, T]
    11 Function fetch: async def fetch(url: str, *, retries=3) -> bytes
        @cache … # last
    19 Class Cart: class Cart(Base, meta=M)
        class Cart(Base, meta=M): … def f(self): pass
    21 Field Cart.size: size: int
        size: int … size: int
    22 Field Cart.limit: limit: int = 3
        limit: int = 3 … limit: int = 3
    25 Method Cart.total: def total(self)
        @property … def total(self): return 0  # none
    28 Method Cart.total [setter]: def total(self, v)
        @total.setter … def total(self, v): pass
    30 Class Cart.Item: class Item
        class Item: … def f(self): pass
    31 Method Cart.Item.f: def f(self)
        def f(self): pass … def f(self): pass
    34 Function cond: def cond()
        def cond(): pass … def cond(): pass
    37 Function cond: def cond()
        def cond(): return 1 … def cond(): return 1
    41 Variable f: f = lambda: 1
        f = lambda: 1 … f = lambda: 1
    "#);
}

#[test]
fn typescript() {
    let source = r#"
/** Doc. */
@dec()
export abstract class Cart<T> extends Base implements I {
  @in() private readonly items: T[] = [];
  static #n = 2;
  /** Total. */
  @memo()
  get total(): number { return 1 }
  set total(v) {}
  over(a: string): void;
  over(a: any) { }
  handler = async (a) => { await a };
  abstract area(): number;
}
export default function main<T>(a: T): a is string { return true }
export const f = (a: Promise<T>): Map<A, B> => ({}), G = 2;
// Plain comment.
async function* gen() { function inner() {} const x = 1; }
interface Shape extends J { area(): number }
type Alias = { a: number };
enum Color { Red }
namespace N.M { export function q() {} }
declare function d(x: number): void;
exports.named = function () {};
Foo.prototype.bar = () => {};
const { readFile } = require("fs");
let v = class { m() {} };
"#;
    insta::assert_snapshot!(check(Language::TypeScript, source), @r#"
    4 Class Cart: export abstract class Cart<T> extends Base implements I
        /** Doc. */ … }
    5 Field Cart.items: @in() private readonly items: T[] = []
        @in() private readonly items: T[] = []; … @in() private readonly items: T[] = [];
    6 Field Cart.#n: static #n = 2
        static #n = 2; … static #n = 2;
    9 Method Cart.total [get]: get total(): number
        /** Total. */ … get total(): number { return 1 }
    10 Method Cart.total [set]: set total(v)
        set total(v) {} … set total(v) {}
    11 Method Cart.over [signature]: over(a: string): void
        over(a: string): void; … over(a: string): void;
    12 Method Cart.over: over(a: any)
        over(a: any) { } … over(a: any) { }
    13 Method Cart.handler: handler = async (a)
        handler = async (a) => { await a }; … handler = async (a) => { await a };
    14 Method Cart.area [signature]: abstract area(): number
        abstract area(): number; … abstract area(): number;
    16 Function main: export default function main<T>(a: T): a is string
        export default function main<T>(a: T): a is string { return true } … export default function main<T>(a: T): a is string { return true }
    17 Function f: export const f = (a: Promise<T>): Map<A, B>
        export const f = (a: Promise<T>): Map<A, B> => ({}), G = 2; … export const f = (a: Promise<T>): Map<A, B> => ({}), G = 2;
    17 Constant G: export const f = (a: Promise<T>): Map<A, B> => ({}), G = 2
        export const f = (a: Promise<T>): Map<A, B> => ({}), G = 2; … export const f = (a: Promise<T>): Map<A, B> => ({}), G = 2;
    19 Function gen: async function* gen()
        async function* gen() { function inner() {} const x = 1; } … async function* gen() { function inner() {} const x = 1; }
    20 Interface Shape: interface Shape extends J
        interface Shape extends J { area(): number } … interface Shape extends J { area(): number }
    21 TypeAlias Alias: type Alias
        type Alias = { a: number }; … type Alias = { a: number };
    22 Enum Color: enum Color
        enum Color { Red } … enum Color { Red }
    23 Module N.M: namespace N.M
        namespace N.M { export function q() {} } … namespace N.M { export function q() {} }
    23 Function N.M.q: export function q()
        export function q() {} … export function q() {}
    24 Function d [signature]: declare function d(x: number): void
        declare function d(x: number): void; … declare function d(x: number): void;
    25 Function named: exports.named = function ()
        exports.named = function () {}; … exports.named = function () {};
    26 Method Foo.bar: Foo.prototype.bar = ()
        Foo.prototype.bar = () => {}; … Foo.prototype.bar = () => {};
    28 Class v: let v = class
        let v = class { m() {} }; … let v = class { m() {} };
    28 Method v.m: m()
        m() {} … m() {}
    "#);
    insta::assert_snapshot!(check(Language::JavaScript, "export default () => {}\nexport default class {}\nvar a;"), @r#"
    1 Function default: export default ()
        export default () => {} … export default () => {}
    2 Class default: export default class
        export default class {} … export default class {}
    3 Variable a: var a
        var a; … var a;
    "#);
}

#[test]
fn rust() {
    let source = r#"
//! Inner.
use a::b;

/// Doc.
#[derive(Debug)]
// Plain.
pub struct Cart<T>(T);

/* Plain. */
impl<T: X> fmt::Display for Cart<T> where T: Y {
    /// Doc.
    #[inline]
    pub async fn fmt(&self) -> T { self.x }
    const C: i32 = 1;
    type O = i32;
}
impl Cart<u8> { fn new() {} }
mod m;
#[cfg(test)]
mod tests { fn t() {} }
macro_rules! mm { () => {} }
pub(crate) const K: u8 = 1;
static mut S: u8 = 1;
trait Tr: B { fn req(&self); fn def(&self) {} type A; }
type Al = u8;
enum E { A }
union U { a: u8 }
unsafe extern "C" fn q() { fn inner() {} }
"#;
    insta::assert_snapshot!(check(Language::Rust, source), @r#"
    8 Struct Cart: pub struct Cart<T>
        /// Doc. … pub struct Cart<T>(T);
    11 Impl Cart [Display for Cart<T>]: impl<T: X> fmt::Display for Cart<T> where T: Y
        impl<T: X> fmt::Display for Cart<T> where T: Y { … }
    14 Method Cart.fmt [Display]: pub async fn fmt(&self) -> T
        /// Doc. … pub async fn fmt(&self) -> T { self.x }
    15 Constant Cart.C [Display]: const C: i32 = 1
        const C: i32 = 1; … const C: i32 = 1;
    16 TypeAlias Cart.O [Display]: type O = i32
        type O = i32; … type O = i32;
    18 Impl Cart [Cart<u8>]: impl Cart<u8>
        impl Cart<u8> { fn new() {} } … impl Cart<u8> { fn new() {} }
    18 Method Cart.new: fn new()
        fn new() {} … fn new() {}
    19 Module m [mod]: mod m
        mod m; … mod m;
    21 Module tests [mod]: mod tests
        #[cfg(test)] … mod tests { fn t() {} }
    21 Function tests.t: fn t()
        fn t() {} … fn t() {}
    22 Macro mm [macro]: macro_rules! mm { () => {} }
        macro_rules! mm { () => {} } … macro_rules! mm { () => {} }
    23 Constant K: pub(crate) const K: u8 = 1
        pub(crate) const K: u8 = 1; … pub(crate) const K: u8 = 1;
    24 Constant S: static mut S: u8 = 1
        static mut S: u8 = 1; … static mut S: u8 = 1;
    25 Trait Tr: trait Tr: B
        trait Tr: B { fn req(&self); fn def(&self) {} type A; } … trait Tr: B { fn req(&self); fn def(&self) {} type A; }
    25 Method Tr.req: fn req(&self)
        fn req(&self); … fn req(&self);
    25 Method Tr.def: fn def(&self)
        fn def(&self) {} … fn def(&self) {}
    25 TypeAlias Tr.A: type A
        type A; … type A;
    26 TypeAlias Al: type Al = u8
        type Al = u8; … type Al = u8;
    27 Enum E: enum E
        enum E { A } … enum E { A }
    28 Struct U: union U
        union U { a: u8 } … union U { a: u8 }
    29 Function q: unsafe extern "C" fn q()
        unsafe extern "C" fn q() { fn inner() {} } … unsafe extern "C" fn q() { fn inner() {} }
    "#);
}

#[test]
fn a_broken_source_gives_what_can_be_read() {
    insta::assert_snapshot!(check(Language::Python, "def a(): pass\n\ndef b(:\n\ndef c(): pass\n"), @r#"
    1 Function a: def a()
        def a(): pass … def a(): pass
    3 Function b: def b(
        def b(: … def b(:
    5 Function c: def c()
        def c(): pass … def c(): pass
    "#);
    assert_eq!(check(Language::Rust, &"fn f() {}\n".repeat(300_000)), "");
}
