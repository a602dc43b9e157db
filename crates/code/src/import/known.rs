//! Imports that a text forgot: names of the standard library that everybody knows by where they come from.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use super::imports;
use crate::definition::definitions;
use crate::language::Language;
use crate::names::Names;
use crate::tree::parse;

/// Python modules that are used by their own name.
const MODULES: &[&str] = &[
    "bisect",
    "calendar",
    "collections",
    "copy",
    "csv",
    "datetime",
    "decimal",
    "enum",
    "fractions",
    "functools",
    "hashlib",
    "heapq",
    "io",
    "itertools",
    "json",
    "math",
    "operator",
    "os",
    "pathlib",
    "random",
    "re",
    "shlex",
    "statistics",
    "string",
    "sys",
    "textwrap",
    "time",
    "typing",
    "unicodedata",
];

/// Python modules with names of theirs that mean nothing else.
const NAMES: &[(&str, &[&str])] = &[
    ("bisect", &["bisect_left", "bisect_right", "insort"]),
    (
        "collections",
        &[
            "ChainMap",
            "Counter",
            "OrderedDict",
            "defaultdict",
            "deque",
            "namedtuple",
        ],
    ),
    ("dataclasses", &["asdict", "dataclass"]),
    ("datetime", &["timedelta", "timezone"]),
    (
        "decimal",
        &[
            "Decimal",
            "InvalidOperation",
            "ROUND_HALF_EVEN",
            "ROUND_HALF_UP",
        ],
    ),
    ("enum", &["Enum", "IntEnum"]),
    ("fractions", &["Fraction"]),
    (
        "functools",
        &["cmp_to_key", "lru_cache", "partial", "reduce", "wraps"],
    ),
    (
        "heapq",
        &[
            "heapify",
            "heappop",
            "heappush",
            "heappushpop",
            "heapreplace",
            "nlargest",
            "nsmallest",
        ],
    ),
    (
        "itertools",
        &[
            "accumulate",
            "chain",
            "combinations",
            "combinations_with_replacement",
            "dropwhile",
            "groupby",
            "islice",
            "pairwise",
            "permutations",
            "product",
            "starmap",
            "takewhile",
            "zip_longest",
        ],
    ),
    (
        "math",
        &[
            "ceil",
            "comb",
            "cos",
            "factorial",
            "floor",
            "fsum",
            "gcd",
            "hypot",
            "isclose",
            "isnan",
            "isqrt",
            "lcm",
            "log10",
            "log2",
            "perm",
            "sin",
            "sqrt",
            "trunc",
        ],
    ),
    ("pathlib", &["Path"]),
    (
        "string",
        &[
            "ascii_letters",
            "ascii_lowercase",
            "ascii_uppercase",
            "digits",
            "hexdigits",
            "punctuation",
        ],
    ),
    (
        "typing",
        &[
            "Any",
            "Callable",
            "Dict",
            "FrozenSet",
            "Generator",
            "Iterable",
            "Iterator",
            "List",
            "Literal",
            "Mapping",
            "NamedTuple",
            "Optional",
            "Sequence",
            "Set",
            "Tuple",
            "Type",
            "TypeVar",
            "TypedDict",
            "Union",
        ],
    ),
];

/// `item` with the imports before it that it and `file`, into which it goes, lack: of names that it uses, that
/// nothing in either binds, and that belong to the standard library beyond doubt. Python only; other texts come
/// back as they are.
#[must_use]
pub fn with_known_imports(language: Language, item: &str, file: &str) -> String {
    if language != Language::Python {
        return item.to_owned();
    }
    let body = without_imports(language, item);
    let Some(tree) = parse(language, &body) else {
        return item.to_owned();
    };
    let names = Names::of(language, tree.root_node(), &body);
    let known = bound_at_top(language, file)
        .chain(bound_at_top(language, item))
        .collect::<BTreeSet<String>>();
    let mut lines = String::new();
    let mut from: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for name in names.free(&(0..item.len())) {
        if known.contains(name) {
            continue;
        }
        if MODULES.contains(&name) {
            let _ = writeln!(lines, "import {name}");
        } else if let Some((module, _)) = NAMES.iter().find(|(_, names)| names.contains(&name)) {
            from.entry(module).or_default().push(name);
        }
    }
    for (module, names) in from {
        let _ = writeln!(lines, "from {module} import {}", names.join(", "));
    }
    if lines.is_empty() {
        return item.to_owned();
    }
    lines + "\n" + item
}

/// The text without its import statements, whose modules are no names that it uses.
fn without_imports(language: Language, source: &str) -> String {
    let mut body = source.to_owned();
    let mut spans: Vec<_> = imports(language, source)
        .into_iter()
        .map(|it| it.span)
        .collect();
    spans.dedup();
    for span in spans.into_iter().rev() {
        body.replace_range(span, "pass");
    }
    body
}

/// The names that a text imports, and those that it defines at the top.
fn bound_at_top(language: Language, source: &str) -> impl Iterator<Item = String> {
    let imported = imports(language, source)
        .into_iter()
        .flat_map(|it| it.names);
    let defined = parse(language, source).map_or_else(Vec::new, |tree| {
        definitions(language, tree.root_node(), source)
    });
    imported.chain(defined.into_iter().map(|it| it.symbol.name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(item: &str, file: &str, expected: &str) {
        let found = with_known_imports(Language::Python, item, file);
        let added = found.strip_suffix(item).expect("the item stays");
        assert_eq!(added.trim_end(), expected);
    }

    #[test]
    fn forgotten_imports_of_the_standard_library_are_added() {
        check(
            "def f(a: List[int]):\n    return math.floor(sqrt(sum(combinations(a, 2))))\n",
            "",
            "import math\nfrom itertools import combinations\nfrom math import sqrt\nfrom typing import List",
        );
    }

    #[test]
    fn what_is_bound_anywhere_is_left_alone() {
        check(
            "from math import sqrt\ndef f(x):\n    return sqrt(x)\n",
            "",
            "",
        );
        check(
            "def f(x):\n    return sqrt(x)\n",
            "def sqrt(x):\n    return x\n",
            "",
        );
        check(
            "def f(x):\n    return sqrt(x)\n",
            "from cmath import sqrt\n",
            "",
        );
        check("def f(string):\n    return string.upper()\n", "", "");
        check("def f(x):\n    return x.math, x.sqrt()\n", "", "");
        check("def f(x):\n    digits = 3\n    return digits\n", "", "");
        check("def f(x):\n    return helper(x)\n", "", "");
    }

    #[test]
    fn other_languages_and_torn_text_come_back() {
        let text = "function f() { return sqrt(2) }";
        assert_eq!(with_known_imports(Language::JavaScript, text, ""), text);
        check("def f(:\n", "", "");
    }
}
