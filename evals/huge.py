#!/usr/bin/env python3
"""What documents of 50 MB cost: `kiro spec lint`, `spec show --json` and `plan` on specs, `tasks --json` and `tasks set` on task
lists, of shapes that are easy to read badly. Each is read in two sizes, a quarter and the whole, so that time that grows faster than
the text shows.
Processor time counts, since it says the same on a loaded machine; memory is the most that was resident.

    evals/huge.py KIRO [--size MB] [--only WORD] [--without WORD] [--seconds LIMIT]

Ends with 1 when a program panics, is killed, or needs more than seven times as much for four times the text."""

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

MB = 1 << 20
# Memory that a run may take at most, in bytes: beyond it the program is ended by the system.
MEMORY = 6 << 30
# Times below this, in seconds, say nothing about growth.
NOISE = 0.4

SUCCESS = "\n## Success Criteria\n\n- All tests pass\n"


def filled(size, piece, head="", tail=""):
    """`head`, then pieces by their number until the text has its size, then `tail`."""
    parts, length, number = [head], len(head.encode()), 0
    while length < size:
        part = piece(number)
        parts.append(part)
        length += len(part.encode())
        number += 1
    return "".join(parts) + tail


def nested(size, items):
    """Lists a thousand deep, one after the other."""
    deep = "".join("  " * level + items(level) for level in range(1000))
    return deep * max(1, size // len(deep))


HEAD = "# Huge\n\n## Functional Requirements\n\n### FR-1: One\n\n"

SPECS = {
    "one paragraph": lambda size: filled(size, lambda it: f"word{it} says\n", HEAD + "- It works\n\n", SUCCESS),
    "one endless line": lambda size: filled(size, lambda it: f"word{it} ", HEAD + "- ", "\n" + SUCCESS),
    "lists 1,000 deep": lambda size: HEAD + nested(size, lambda it: f"- point {it}\n") + SUCCESS,
    "requirements": lambda size: filled(
        size, lambda it: f"### FR-{it + 1}: Part {it}\n\n- WHEN a THE part SHALL b\n\n", "# Huge\n\n## Functional Requirements\n\n", SUCCESS
    ),
    "examples": lambda size: filled(
        size, lambda it: f"  - `f({it})` → `{it + 1}`\n", HEAD + "`f(n: int) -> int` in `f.py`.\n\n- Adds one\n", SUCCESS
    ),
    "HTML": lambda size: filled(size, lambda it: f"<div id='{it}'><!-- - [ ] {it} --><p>a</p>\n", HEAD, SUCCESS),
    "fences never closed": lambda size: filled(size, lambda it: "```\n- a\n````x\n~~~\n", HEAD),
    "CRLF and BOM": lambda size: filled(size, lambda it: f"- Rule {it}\r\n", "\ufeff" + HEAD.replace("\n", "\r\n")),
    "right to left": lambda size: filled(size, lambda it: f"- כלל {it} \u202eحق\u202c\n", HEAD, SUCCESS),
    "table rows": lambda size: filled(size, lambda it: f"| {it} | {it} |\n", HEAD + "| n | `f(n)` |\n| --- | --- |\n", SUCCESS),
    "backticks and stars": lambda size: filled(size, lambda it: "`*_[(" * 20 + "\n", HEAD, SUCCESS),
    "scenarios": lambda size: filled(
        size, lambda it: f"#### Scenario: S{it}\n- **WHEN** a\n- **THEN** b\n\n", "# Huge\n\n### Requirement: One\n\nIt SHALL b.\n\n"
    ),
}

TASKS = {
    "task lines": lambda size: filled(size, lambda it: f"- [ ] {it + 1}. Build part {it} of the whole thing\n", "# Tasks\n\n"),
    "tasks that wait": lambda size: filled(
        size, lambda it: f"- [ ] {it + 1}. Build\n  - Depends on: {max(it, 1)}\n  - _Requirements: 1.{it}_\n", "# Tasks\n\n"
    ),
    "tasks 1,000 deep": lambda size: "# Tasks\n\n" + nested(size, lambda it: f"- [ ] point {it}\n"),
    "the same number": lambda size: filled(size, lambda it: "- [ ] 1.1 The same\n", "# Tasks\n\n"),
    "one endless line": lambda size: filled(size, lambda it: f"word{it} ", "# Tasks\n\n- [ ] 1. ", "\n"),
    "fences never closed": lambda size: filled(size, lambda it: "- [ ] 1. a\n```\n- [ ] 2. b\n~~~\n````\n", "# Tasks\n\n"),
    "CRLF and BOM": lambda size: filled(size, lambda it: f"- [ ] {it + 1}. Build\r\n", "\ufeff# Tasks\r\n\r\n"),
    "right to left": lambda size: filled(size, lambda it: f"- [ ] {it + 1}. בנה \u202eحق\u202c\n", "# Tasks\n\n"),
    "HTML comments": lambda size: filled(size, lambda it: f"<!-- - [ ] {it} -->\n- [ ] {it + 1}. a\n", "# Tasks\n\n"),
    "a million waves": lambda size: filled(
        size, lambda it: f'{{"id": {it}, "tasks": ["{it}"]}},', "# Tasks\n\n- [ ] 1. a\n\n```json\n{\"waves\": [", "]}\n```\n"
    ),
}


def measured(command, folder, environment, seconds):
    """What one run took: processor seconds, resident bytes at most, and how it ended."""

    def limited():
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 5))

    with open(folder / "out", "wb") as out, open(folder / "err", "wb") as err:
        child = subprocess.Popen(command, cwd=folder, env=environment, stdout=out, stderr=err, preexec_fn=limited)
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024, child.returncode


def commands(kiro, kind):
    if kind == "spec":
        return {
            "spec lint": [kiro, "spec", "lint", "specs/huge.md"],
            "spec show --json": [kiro, "spec", "show", "specs/huge.md", "--json"],
            "plan": [kiro, "plan", "specs/huge.md"],
        }
    return {
        "tasks --json": [kiro, "tasks", "plans/huge-tasks.md", "--json"],
        "tasks set": [kiro, "tasks", "plans/huge-tasks.md", "set", "1", "done"],
        "spec lint": [kiro, "spec", "lint", "specs/huge.md"],
    }


def laid_out(scratch, kind, text):
    folder = Path(tempfile.mkdtemp(dir=scratch))
    for name in ("specs", "plans", "home"):
        (folder / name).mkdir()
    small = HEAD + "- It works\n" + SUCCESS
    (folder / "specs/huge.md").write_bytes((text if kind == "spec" else small).encode())
    if kind == "tasks":
        (folder / "plans/huge-tasks.md").write_bytes(text.encode())
    return folder


def row(kiro, kind, shape, make, options, scratch):
    """The rows of one shape, and whether all went well."""
    sizes = [options.size * MB // 4, options.size * MB]
    took, lines, good = {}, [], True
    for size in sizes:
        text = make(size)
        length = len(text.encode())
        for name, command in commands(kiro, kind).items():
            if options.without and options.without in name:
                continue
            folder = laid_out(scratch, kind, text)
            environment = dict(os.environ, HOME=str(folder / "home"), KIRO_HOME=str(folder / "home/kiro"))
            seconds, memory, code = measured(command, folder, environment, options.seconds)
            said = (folder / "err").read_bytes()[:4000].decode(errors="replace")
            fine = code in (0, 1, 2) and "panicked" not in said
            before = took.get(name)
            took[name] = seconds
            if size == sizes[-1]:
                growth = seconds / before if before else 0
                steep = seconds > NOISE and growth > 7
                good &= fine and not steep
                lines.append(
                    f"| {shape} | `{name}` | {seconds:.2f} | {growth:.1f} | {memory / length:.1f} | {code}{'' if fine else ' ✗'}{' steep' if steep else ''} |"
                )
            elif not fine:
                good = False
                lines.append(f"| {shape}, {size // MB} MB | `{name}` | {seconds:.2f} | | {memory / length:.1f} | {code} ✗ |")
            if not fine:
                print(f"{shape} {name}: {code} {said[:300]}", file=sys.stderr)
            subprocess.run(["rm", "-rf", str(folder)], check=True)
    return lines, good


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("kiro")
    parser.add_argument("--size", type=int, default=50)
    parser.add_argument("--only", default="")
    parser.add_argument("--seconds", type=int, default=120)
    parser.add_argument("--without", default=None, help="leave out commands with this word")
    options = parser.parse_args()
    kiro = str(Path(options.kiro).resolve())
    start, good = time.time(), True
    print(f"| {options.size} MB of | command | s of processor | for four times the text | memory / text | exit |\n| --- | --- | --- | --- | --- | --- |")
    with tempfile.TemporaryDirectory() as scratch:
        for kind, shapes in (("spec", SPECS), ("tasks", TASKS)):
            for shape, make in shapes.items():
                if options.only and options.only not in f"{kind} {shape}":
                    continue
                lines, fine = row(kiro, kind, shape, make, options, scratch)
                good &= fine
                print("\n".join(lines), flush=True)
    print(f"in {time.time() - start:.0f} s", file=sys.stderr)
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main()
