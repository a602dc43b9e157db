//! Source in, imports out.

use crate::import::imports;
use crate::language::Language;

fn check(language: Language, source: &str) -> String {
    let line = |it: &crate::Import| {
        assert_eq!(it.text, source[it.span.clone()]);
        format!(
            "{} [{}] {}\n",
            it.module,
            it.names.join(" "),
            it.text.lines().next().unwrap_or_default()
        )
    };
    imports(language, source).iter().map(line).collect()
}

#[test]
fn python() {
    let source = "from __future__ import annotations\nimport a, b.c, d.e as f\nfrom . import g as h, i\nfrom ..j.k import (l,\n  m as n,)\nfrom o import *\nfrom p.q import p.q\ntry:\n    import r\nexcept ImportError:\n    pass\ndef s():\n    import t\n";
    insta::assert_snapshot!(check(Language::Python, source), @r#"
    __future__ [annotations] from __future__ import annotations
    a [a] import a, b.c, d.e as f
    b.c [b] import a, b.c, d.e as f
    d.e [f] import a, b.c, d.e as f
    . [h i] from . import g as h, i
    ..j.k [l n] from ..j.k import (l,
    o [*] from o import *
    p.q [p.q] from p.q import p.q
    r [r] import r
    "#);
}

#[test]
fn typescript() {
    let source = "import a, { b as c, type D } from \"m\";\nimport * as ns from 'n';\nimport 'side';\nimport type { T } from './t';\nimport fs = require('fs');\nconst { readFile, x: y } = require('node:fs'), z = require('z');\nconst w = load('w');\nexport { q } from 'q';\n";
    insta::assert_snapshot!(check(Language::TypeScript, source), @r#"
    m [a c D] import a, { b as c, type D } from "m";
    n [ns] import * as ns from 'n';
    side [] import 'side';
    ./t [T] import type { T } from './t';
    fs [fs] import fs = require('fs');
    node:fs [readFile y] const { readFile, x: y } = require('node:fs'), z = require('z');
    z [z] const { readFile, x: y } = require('node:fs'), z = require('z');
    "#);
}

#[test]
fn rust() {
    let source = "use a::b::{c, d as e, self, f::*, g::{h}};\n#[cfg(test)]\npub use x;\nextern crate alloc as al;\nuse crate::y::Z as _;\nuse ::std::io;\nmod m { use inner::I; }\n";
    insta::assert_snapshot!(check(Language::Rust, source), @r#"
    a::b [c e] use a::b::{c, d as e, self, f::*, g::{h}};
    a [b] use a::b::{c, d as e, self, f::*, g::{h}};
    a::b::f [*] use a::b::{c, d as e, self, f::*, g::{h}};
    a::b::g [h] use a::b::{c, d as e, self, f::*, g::{h}};
     [x] #[cfg(test)]
    alloc [al] extern crate alloc as al;
    crate::y [_] use crate::y::Z as _;
    ::std [io] use ::std::io;
    "#);
}
