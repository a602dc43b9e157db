#!/usr/bin/env python3
"""Makes changed copies of the examples: other names, other constants, the same work. What only holds for an example as it
is written does not hold for them.

    evals/changed.py SUITE [--with FOLDER] [CASE...]
    kiro eval SUITE

SUITE gets five copies of each example (CASE-1 ... CASE-5), each a case for `kiro eval`: the spec and its acceptance,
changed alike by the table `evals/changed.json`. With `--with FOLDER`, a finished project of the one CASE, each copy's
acceptance must accept that project changed in the same way: it shows that a table changes both sides alike.

A table holds
    names       NAME: five others. In the spec, and in code, where it stands alone in code; in the acceptance, where it is a
                quoted text, or with "bare": true wherever it stands alone.
    texts       TEXT: five others, literally, everywhere.
Every entry must be found in the spec and in the acceptance, so that none is dead.
"""

import argparse
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
COPIES = 5
SPAN = re.compile(r"(```.*?```|`[^`\n]+`)", re.DOTALL)


def alone(name):
    """The name as a word of its own: no key, no text, no member of a value, but a file or a function of a module."""
    return re.compile(rf"(?<![\w\"'.]){re.escape(name)}(?![\w\"'])")


def renamed_spec(text, name, new):
    parts = SPAN.split(text)
    at = alone(name)
    # Every second part is code. What is typed and printed is no code of ours.
    for index in range(1, len(parts), 2):
        if not parts[index].startswith("```console"):
            parts[index] = at.sub(new, parts[index])
    return "".join(parts)


def renamed_acceptance(text, name, new, bare):
    if bare:
        return re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", new, text)
    return text.replace(f'"{name}"', f'"{new}"')


class Change:
    """One copy's changes."""

    def __init__(self, table, number):
        self.bare = table.get("bare", False)
        self.names = {old: new[number] for old, new in table.get("names", {}).items()}
        self.texts = {old: new[number] for old, new in table.get("texts", {}).items()}

    def text(self, text, rename, what):
        for old, new in self.texts.items():
            if what and old not in text:
                sys.exit(f"{old!r} is not in the {what}")
            text = text.replace(old, new)
        for old, new in self.names.items():
            after = rename(text, old, new)
            if what and after == text:
                sys.exit(f"{old!r} is not in the {what}")
            text = after
        return text

    def spec(self, text):
        return self.text(text, renamed_spec, "spec")

    def acceptance(self, text):
        return self.text(text, lambda *it: renamed_acceptance(*it, self.bare), "acceptance")

    def code(self, text):
        """A project's own file, which need not hold everything."""
        rename = (lambda *it: renamed_acceptance(*it, True)) if self.bare else (lambda text, old, new: alone(old).sub(new, text))
        return self.text(text, rename, "")

    def path(self, path):
        parts = [self.names.get(it, it) for it in path.with_suffix("").parts]
        return pathlib.Path(*parts).with_suffix(path.suffix)


def copy(example, change, place):
    if place.exists():
        shutil.rmtree(place)
    for path in sorted(example.rglob("*")):
        inside = path.relative_to(example)
        if path.is_file() and inside.parts[0] in ("specs", "acceptance", ".kiro"):
            target = place / inside
            target.parent.mkdir(parents=True, exist_ok=True)
            text = path.read_text()
            if inside.parts[0] == "specs":
                text = change.spec(text)
            elif inside.parts[0] == "acceptance":
                text = change.acceptance(text)
            target.write_text(text)
            target.chmod(path.stat().st_mode)


def accepts(place, finished, change):
    """Whether the copy's acceptance accepts the finished project, changed alike."""
    with tempfile.TemporaryDirectory() as folder:
        for path in sorted(finished.rglob("*")):
            inside = path.relative_to(finished)
            is_source = path.suffix in (".py", ".mjs") and inside.parts[0] not in ("tests", "acceptance", ".kiro")
            if path.is_file() and is_source:
                target = pathlib.Path(folder) / change.path(inside)
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_text(change.code(path.read_text()))
        ran = subprocess.run([place / "acceptance" / "run", folder], capture_output=True, text=True)
        if ran.returncode != 0:
            failed = [it for it in ran.stdout.splitlines() if not it.startswith("ok")]
            print(f"{place.name}: " + ("\n  ".join(failed[:3] + failed[-1:]) or ran.stderr), file=sys.stderr)
        return ran.returncode == 0


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("suite", type=pathlib.Path)
    parser.add_argument("cases", nargs="*", help="examples; all of the table when none is named")
    parser.add_argument("--with", dest="finished", type=pathlib.Path, help="a finished project of the one case")
    args = parser.parse_args()
    tables = json.loads((HERE / "changed.json").read_text())
    good = True
    for name in args.cases or tables:
        for number in range(COPIES):
            change = Change(tables[name], number)
            place = args.suite / f"{name}-{number + 1}"
            copy(HERE.parent / "examples" / name, change, place)
            if args.finished:
                good &= accepts(place, args.finished.resolve(), change)
    print(f"{COPIES * len(args.cases or tables)} cases in {args.suite}", file=sys.stderr)
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main()
