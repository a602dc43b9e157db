//! Python.

use super::check as check_in;
use crate::language::Language;

fn check(file: &str, item: &str, name: &str) -> String {
    check_in(Language::Python, file, item, name)
}

const SHOP: &str = r#""""A shop."""

import os
from decimal import Decimal

RATE = Decimal("0.2")


def total(items):
    """Sum."""
    return sum(items)


class Cart:
    """A cart."""

    size = 3

    def __init__(self):
        self.items = []

    # The next one matters.
    @property
    def count(self):
        return len(self.items)  # fast

    @count.setter
    def count(self, value):
        raise AttributeError


if __name__ == "__main__":
    print(total([1]))
"#;

/// Only the lines that differ, to keep the expectations short.
fn diff(file: &str, item: &str, name: &str) -> String {
    let after = check(file, item, name);
    if after.starts_with("refused") {
        return after;
    }
    let (old, new): (Vec<_>, Vec<_>) = (file.split('\n').collect(), after.split('\n').collect());
    let head = old.iter().zip(&new).take_while(|(a, b)| a == b).count();
    let room = old.len().min(new.len()) - head;
    let tail = old
        .iter()
        .rev()
        .zip(new.iter().rev())
        .take(room)
        .take_while(|(a, b)| a == b)
        .count();
    let show = |mark: char, lines: &[&str]| -> String {
        lines.iter().map(|line| format!("{mark}{line}\n")).collect()
    };
    format!(
        "@ {}\n{}{}",
        head + 1,
        show('-', &old[head..old.len() - tail]),
        show('+', &new[head..new.len() - tail])
    )
}

#[test]
fn a_function_takes_the_place_of_the_old_one() {
    insta::assert_snapshot!(diff(SHOP, "def total(items: list) -> int:\n    # better\n    return 0\n", "total"), @r#"
    @ 9
    -def total(items):
    -    """Sum."""
    -    return sum(items)
    +def total(items: list) -> int:
    +    # better
    +    return 0
    "#);
    insta::assert_snapshot!(diff(SHOP, "async def total(): ...", "total()"), @r#"
    @ 9
    -def total(items):
    -    """Sum."""
    -    return sum(items)
    +async def total(): ...
    "#);
    insta::assert_snapshot!(diff(SHOP, "@cache\n@other(1)\ndef total(items):\n    return 1", "total"), @r#"
    @ 9
    -def total(items):
    -    """Sum."""
    -    return sum(items)
    +@cache
    +@other(1)
    +def total(items):
    +    return 1
    "#);
}

#[test]
fn constants() {
    insta::assert_snapshot!(diff(SHOP, "RATE: Decimal = Decimal('0.3')  # new", "RATE"), @r#"
    @ 6
    -RATE = Decimal("0.2")
    +RATE: Decimal = Decimal('0.3')  # new
    "#);
    insta::assert_snapshot!(diff(SHOP, "LIMIT = 3\n", "LIMIT"), @r#"
    @ 32
    +LIMIT = 3
    +
    +
    "#);
    insta::assert_snapshot!(diff(SHOP, "size = 4\n", "Cart.size"), @r#"
    @ 17
    -    size = 3
    +    size = 4
    "#);
    insta::assert_snapshot!(diff("A, B = 1, 2\n", "A = 3\n", "A"), @"refused: `A` is defined in one statement with other names; edit that statement by hand");
    insta::assert_snapshot!(diff("A = 1; B = 2\n", "B = 3\n", "B"), @r#"
    @ 1
    -A = 1; B = 2
    +A = 1; B = 3
    "#);
}

#[test]
fn a_method_is_found_in_its_class_or_alone() {
    let in_class = "class Cart:\n    def __init__(self, n=0):\n        self.items = [0] * n\n";
    insta::assert_snapshot!(diff(SHOP, in_class, "Cart.__init__"), @r#"
    @ 19
    -    def __init__(self):
    -        self.items = []
    +    def __init__(self, n=0):
    +        self.items = [0] * n
    "#);
    let alone = "def __init__(self, n=0):\n    if n:\n        self.items = n\n";
    insta::assert_snapshot!(diff(SHOP, alone, "Cart.__init__"), @r#"
    @ 19
    -    def __init__(self):
    -        self.items = []
    +    def __init__(self, n=0):
    +        if n:
    +            self.items = n
    "#);
    let indented = "    def __init__(self, n=0):\n\n        self.items = n\n";
    insta::assert_snapshot!(diff(SHOP, indented, "Cart::__init__"), @r#"
    @ 19
    -    def __init__(self):
    -        self.items = []
    +    def __init__(self, n=0):
    +
    +        self.items = n
    "#);
    let cut_out = "def __init__(self, n=0):\n        if n:\n            self.items = n";
    insta::assert_snapshot!(diff(SHOP, cut_out, "Cart.__init__"), @r#"
    @ 19
    -    def __init__(self):
    -        self.items = []
    +    def __init__(self, n=0):
    +        if n:
    +            self.items = n
    "#);
}

#[test]
fn getter_and_setter_are_told_apart() {
    let getter = "class Cart:\n    @property\n    def count(self):\n        return 1\n";
    insta::assert_snapshot!(diff(SHOP, getter, "Cart.count"), @r#"
    @ 25
    -        return len(self.items)  # fast
    +        return 1
    "#);
    let setter = "@count.setter\ndef count(self, value):\n    pass\n";
    insta::assert_snapshot!(diff(SHOP, setter, "Cart.count"), @r#"
    @ 29
    -        raise AttributeError
    +        pass
    "#);
    let new = "class Cart:\n    @count.deleter\n    def count(self):\n        pass\n";
    insta::assert_snapshot!(diff(SHOP, new, "Cart.count"), @r#"
    @ 31
    +    @count.deleter
    +    def count(self):
    +        pass
    +
    "#);
}

#[test]
fn new_definitions_come_to_the_end_of_file_or_class() {
    insta::assert_snapshot!(diff(SHOP, "def tax(x):\n    return x\n", "tax"), @r#"
    @ 32
    +def tax(x):
    +    return x
    +
    +
    "#);
    insta::assert_snapshot!(diff(SHOP, "class Cart:\n    def clear(self):\n        self.items = []\n", "Cart.clear"), @r#"
    @ 31
    +    def clear(self):
    +        self.items = []
    +
    "#);
    insta::assert_snapshot!(diff("x = 1", "def f(): pass", "f"), @r#"
    @ 2
    +
    +
    +def f(): pass
    +
    "#);
    insta::assert_snapshot!(diff("", "def f(): pass", "f"), @r#"
    @ 1
    +def f(): pass
    "#);
    insta::assert_snapshot!(diff("class A:\n    pass\n\n\nx = 1\n", "def f(self):\n    return 1\n", "A.f"), @r#"
    @ 2
    -    pass
    +    def f(self):
    +        return 1
    "#);
    insta::assert_snapshot!(diff("class A:\n\t\"\"\"Doc.\"\"\"\n", "def f(self):\n    if 1:\n        return 1\n", "A.f"), @r#"
    @ 4
    +	def f(self):
    +		if 1:
    +			return 1
    +
    "#);
    insta::assert_snapshot!(diff("class A: ...\n", "def f(self): pass\n", "A.f"), @r#"
    @ 1
    -class A: ...
    +class A:
    +    def f(self): pass
    "#);
    insta::assert_snapshot!(diff("class A: x = 1\n", "def f(self): pass\n", "A.f"), @"refused: `A` is written on one line; spread it over several lines first");
    insta::assert_snapshot!(diff("x = 1\n", "class A:\n    y = 2\n    def f(self): pass\n", "A.f"), @r#"
    @ 3
    +
    +class A:
    +    y = 2
    +    def f(self): pass
    +
    "#);
    insta::assert_snapshot!(diff("x = 1\n", "def f(self): pass\n", "A.f"), @"refused: `A.f` belongs in `A`, which neither the file nor the new code defines");
}

#[test]
fn nested_classes_and_functions() {
    let file = "def outer():\n    def helper():\n        return 1\n    return helper\n\n\nclass A:\n    class B:\n        def f(self):\n            return 1\n";
    insta::assert_snapshot!(diff(file, "def f(self):\n    return 2\n", "A.B.f"), @r#"
    @ 10
    -            return 1
    +            return 2
    "#);
    insta::assert_snapshot!(diff(file, "def helper():\n    return 2\n", "helper"), @r#"
    @ 12
    +
    +def helper():
    +    return 2
    +
    "#);
}

#[test]
fn imports_that_are_used_come_along() {
    let item = "import os\nimport sys, json\nfrom decimal import Decimal, ROUND_UP\nfrom typing import (\n    Any,\n    List,\n)\nfrom shop import total\n\ndef total(items: List[Any]):\n    return json.dumps(Decimal(os.name).quantize(1, ROUND_UP))\n";
    insta::assert_snapshot!(check("\"\"\"Doc.\"\"\"\nimport os\nfrom decimal import Decimal\n\ndef total(): pass\n", item, "total"), @r#"
    """Doc."""
    import os
    from decimal import Decimal, ROUND_UP
    import json
    from typing import (
        Any,
        List,
    )

    def total(items: List[Any]):
        return json.dumps(Decimal(os.name).quantize(1, ROUND_UP))
    "#);
    let future = "from __future__ import annotations\nimport re\ndef f():\n    return re\n";
    insta::assert_snapshot!(check("#!/usr/bin/env python\n# Licence.\n\n\"\"\"Doc.\"\"\"\n\ndef f(): pass\n", future, "f"), @r#"
    #!/usr/bin/env python
    # Licence.

    """Doc."""

    from __future__ import annotations
    import re


    def f():
        return re
    "#);
    insta::assert_snapshot!(check("from __future__ import division\nx = 1\n", future, "f"), @r#"
    from __future__ import division, annotations
    import re
    x = 1


    def f():
        return re
    "#);
    insta::assert_snapshot!(check("# About f.\ndef f(): pass\n", "import re\ndef f():\n    return re\n", "f"), @r#"
    import re


    # About f.
    def f():
        return re
    "#);
    insta::assert_snapshot!(check("", "import re\ndef f():\n    return re\n", "f"), @r#"
    import re


    def f():
        return re
    "#);
    let lazy = "try:\n    import tomllib\nexcept ImportError:\n    import tomli as tomllib\n\ndef f():\n    return tomllib\n";
    insta::assert_snapshot!(check("import os\n\nx = os\n", lazy, "f"), @r#"
    import os
    try:
        import tomllib
    except ImportError:
        import tomli as tomllib

    x = os


    def f():
        return tomllib
    "#);
    insta::assert_snapshot!(check("from datetime import datetime\n", "import datetime\ndef f():\n    return datetime.date\n", "f"), @"refused: the new code imports `datetime` as `datetime`, but the file uses `datetime` for `datetime of datetime`");
    insta::assert_snapshot!(check("import os.path\n", "import os\ndef f():\n    return os\n", "f"), @r#"
    import os.path
    import os


    def f():
        return os
    "#);
    insta::assert_snapshot!(check("if TYPE_CHECKING:\n    from a import B\n", "from a import B\ndef f(b: B): pass\n", "f"), @r#"
    if TYPE_CHECKING:
        from a import B


    def f(b: B): pass
    "#);
}

#[test]
fn helpers_that_are_used_come_along() {
    let item = "LIMIT = 10\nUNUSED = 1\nresult = None\n\nclass Full(Exception):\n    pass\n\ndef _check(n):\n    if n > LIMIT:\n        raise Full\n\ndef unrelated(): pass\n\ndef add(items, n):\n    result = items\n    _check(n)\n    return result\n\nresult = add([], 1)\nprint(result)\n\nif __name__ == '__main__':\n    add([], 2)\n";
    insta::assert_snapshot!(check("import os\n\n\ndef before(): pass\n\n\n# About add.\ndef add(): pass\n\n\ndef after(): pass\n", item, "add"), @r#"
    import os


    def before(): pass


    LIMIT = 10


    class Full(Exception):
        pass


    def _check(n):
        if n > LIMIT:
            raise Full


    # About add.
    def add(items, n):
        result = items
        _check(n)
        return result


    def after(): pass
    "#);
    insta::assert_snapshot!(check("LIMIT = 5\n\n\ndef _check(n): pass\n", item, "add"), @r#"
    LIMIT = 10


    def _check(n):
        if n > LIMIT:
            raise Full


    class Full(Exception):
        pass


    def add(items, n):
        result = items
        _check(n)
        return result
    "#);
    let stub = "def real():\n    ...\n\ndef f():\n    return real()\n";
    insta::assert_snapshot!(check("def real():\n    return 1\n", stub, "f"), @r#"
    def real():
        return 1


    def f():
        return real()
    "#);
    insta::assert_snapshot!(check("from m import real\n", stub, "f"), @r#"
    from m import real


    def f():
        return real()
    "#);
}

#[test]
fn sibling_methods_that_are_used_come_along() {
    let item = "class Cart:\n    def __init__(self):\n        self.wrong = 1\n\n    def _sum(self):\n        return 0\n\n    def other(self): pass\n\n    def total(self):\n        return self._sum()\n";
    insta::assert_snapshot!(diff(SHOP, item, "Cart.total"), @r#"
    @ 31
    +    def _sum(self):
    +        return 0
    +
    +    def total(self):
    +        return self._sum()
    +
    "#);
}

#[test]
fn indentation_and_line_ends_follow_the_file() {
    let tabs = "class A:\n\tdef f(self):\n\t\treturn 1\n";
    insta::assert_snapshot!(diff(tabs, "def f(self):\n    if x:\n        return call(1,\n                    2)\n", "A.f"), @r#"
    @ 3
    -		return 1
    +		if x:
    +			return call(1,
    +						2)
    "#);
    let crlf = check(
        "x = 1\r\n\r\n\r\ndef f():\r\n    return 1\r\n",
        "import re\ndef f():\n    return re\n",
        "f",
    );
    assert_eq!(
        crlf,
        "import re\r\n\r\nx = 1\r\n\r\n\r\ndef f():\r\n    return re\r\n"
    );
    assert_eq!(
        check("def f(): pass\n", "def f():\r\n    return 1\r\n", "f"),
        "def f():\n    return 1\n"
    );
}

#[test]
fn strings_over_several_lines_are_not_indented() {
    let item = "class A:\n    def f(self):\n        \"\"\"Doc.\n\n        More.\n        \"\"\"\n        return '''\n  raw\n        deep'''\n";
    insta::assert_snapshot!(check("class A:\n  def f(self):\n    pass\n", item, "A.f"), @r#"
    class A:
      def f(self):
          """Doc.

          More.
          """
          return '''
      raw
            deep'''
    "#);
    let indented = "    def f(self):\n        return '''\n        deep'''\n";
    insta::assert_snapshot!(check("class A:\n    def f(self):\n        pass\n", indented, "A.f"), @r#"
    class A:
        def f(self):
            return '''
            deep'''
    "#);
}

#[test]
fn definitions_under_conditions() {
    let file = "try:\n    import fast\nexcept ImportError:\n    def run():\n        return 1\n\n\ndef use():\n    return run()\n";
    insta::assert_snapshot!(diff(file, "def run():\n    return 2\n", "run"), @r#"
    @ 5
    -        return 1
    +        return 2
    "#);
    let twice = "if x:\n    def run(): return 1\nelse:\n    def run(): return 2\n";
    insta::assert_snapshot!(diff(twice, "def run(): return 3\n", "run"), @"refused: the file defines `run` 2 times; give the new code together with the block around it");
}

#[test]
fn the_last_of_several_definitions_counts() {
    let file =
        "@overload\ndef f(a: int): ...\n@overload\ndef f(a: str): ...\ndef f(a):\n    return a\n";
    insta::assert_snapshot!(diff(file, "def f(a):\n    return a + a\n", "f"), @r#"
    @ 6
    -    return a
    +    return a + a
    "#);
}
