#!/usr/bin/env python3
"""Measures the index of a workspace, what retrieval finds, literal search beside ripgrep, and context by project size.

    evals/context.py sources FOLDER                 fetch Django and SymPy as source distributions (pip)
    evals/context.py index ROOT [--runs N]          cold, warm, one changed file, questions; medians of N runs
    evals/context.py questions ROOT FILE            the place of the right file for each question
    evals/context.py search ROOT [--runs N]         the tool `search` beside `rg`, interleaved
    evals/context.py tokens                         tokens of context per task, projects of 10, 1,000 and 10,000 files; KIRO names the binary

The programs are `cargo build --release -p context -p tools --examples` and `cargo build --release`. A machine that others use
makes every number larger; medians of interleaved runs are what can be compared.
"""

import json
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent.parent
RELEASE = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", HERE / "target")) / "release"
SOURCES = ["django==5.2.4", "sympy==1.14.0"]
# Texts that stand in few places, so that every file is looked through.
TEXTS = ["rotate_token(", "class PolynomialRing", "ZeroDivisionError(", "no such text anywhere"]


def main():
    command, *rest = sys.argv[1:] or ["help"]
    runs = int(rest[rest.index("--runs") + 1]) if "--runs" in rest else 5
    commands = {
        "sources": lambda: sources(pathlib.Path(rest[0])),
        "index": lambda: index(rest[0], runs),
        "questions": lambda: questions(rest[0], rest[1]),
        "search": lambda: search(rest[0], runs),
        "tokens": tokens,
    }
    commands.get(command, lambda: print(__doc__))()


def sources(folder):
    folder.mkdir(parents=True, exist_ok=True)
    for source in SOURCES:
        command = [sys.executable, "-m", "pip", "download", "--no-deps", "--no-binary", ":all:", source, "-d", str(folder)]
        subprocess.run(command, check=True)
    for archive in folder.glob("*.tar.gz"):
        shutil.unpack_archive(archive, folder)


def measured(root, state, file=None):
    command = [RELEASE / "examples/workspace", root, state, *([file] if file else [])]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def index(root, runs):
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for run in range(runs):
            rows.append(measured(root, f"{folder}/{run}", HERE / "evals/questions/django.json"))
    last = rows[-1]
    median = lambda key: statistics.median(row[key] for row in rows)
    changed = sorted(ms for row in rows for ms in row["changed_ms"])
    asked = sorted(ms for row in rows for ms in row["query_ms"])
    print(f"{root}: {last['files']} files, {last['source_bytes'] / 1e6:.1f} MB, load {os.getloadavg()[0]:.1f}")
    print(f"cold {median('cold_ms') / 1e3:.1f} s, open {median('open_ms'):.0f} ms, open and look {median('warm_ms'):.0f} ms")
    print(f"one changed file {statistics.median(changed):.1f} ms, p95 {changed[int(len(changed) * 0.95)]:.1f} ms")
    print(f"question {statistics.median(asked):.1f} ms, p95 {asked[int(len(asked) * 0.95)]:.1f} ms")
    print(f"disk {last['index_bytes'] / last['source_bytes']:.1%} of the sources, memory {last['resident_bytes'] / 1e6:.0f} MB at most")


def questions(root, file):
    with tempfile.TemporaryDirectory() as folder:
        answers = measured(root, folder, file)["answers"]
    for it in answers:
        found = it["place"] and it["place"] <= 5
        print(f"{it['place'] or '-':>3}  {it['question']}" + ("" if found else f"\n     {', '.join(it['files'])}"))
    print(f"{sum(1 for it in answers if it['place'] and it['place'] <= 5)} of {len(answers)} in the first five")


def search(root, runs):
    ours, theirs = {it: [] for it in TEXTS}, {it: [] for it in TEXTS}
    for _ in range(runs):
        for text in TEXTS:
            started = time.perf_counter()
            subprocess.run(["rg", "-F", "--hidden", "-n", text, root], capture_output=True)
            theirs[text].append((time.perf_counter() - started) * 1e3)
            line = subprocess.run([RELEASE / "examples/search", root, "1", text], check=True, capture_output=True, text=True).stdout
            ours[text].append(json.loads(line)["ms"][0])
    print(f"{root}, load {os.getloadavg()[0]:.1f}")
    for text in TEXTS:
        mine, rg = statistics.median(ours[text]), statistics.median(theirs[text])
        print(f"{text!r}: search {mine:.0f} ms, rg {rg:.0f} ms, {mine / rg:.2f} times")


def tokens():
    print("| files | bytes of sources | tokens of a task's context | of @workspace |")
    print("| --- | --- | --- | --- |")
    for count in (10, 1_000, 10_000):
        with tempfile.TemporaryDirectory() as folder:
            project = pathlib.Path(folder) / "project"
            size = plant(project, count)
            kiro = lambda *args: json.loads(
                subprocess.run(
                    [os.environ.get("KIRO", RELEASE / "kiro"), "context", "--json", *args],
                    cwd=project, check=True, capture_output=True, text=True, env={**os.environ, "HOME": folder, "KIRO_HOME": f"{folder}/kiro"},
                ).stdout
            )["tokens"]
            print(f"| {count:,} | {size:,} | {kiro('--task', '1'):,} | {kiro('@workspace how are orders priced?'):,} |")


def plant(project, count):
    """A project of so many files that are much alike, with one spec and its task, and some steering."""
    size = 0

    def write(path, text):
        nonlocal size
        file = project / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        size += len(text)

    write("specs/price.md", "# Prices\n\n## Functional Requirements\n\n### FR-1: Price of an order\n\n`price(order: list) -> int` in `shop/price.py`.\n\n- The sum\n  - `price([1, 2])` → `3`\n")
    write("plans/price-tasks.md", "# Tasks: Prices\n\n- [ ] 1. Price of an order\n  - Scope: `shop/price.py`\n  - Requirements: FR-1\n")
    write(".kiro/steering/product.md", "# Product\nA shop.\n")
    for number in range(count):
        words = ["order", "price", "customer", "letter", "basket", "refund"]
        word, other = words[number % 6], words[(number // 6) % 6]
        body = "\n".join(f"def {word}_{other}_{number}_{part}(value):\n    \"\"\"Takes the {word} of a {other}.\"\"\"\n    return value + {part}\n" for part in range(6))
        write(f"shop/part_{number // 100}/{word}_{number}.py", body)
    return size


main()
