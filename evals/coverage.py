#!/usr/bin/env python3
"""Measured coverage by the real coverage.py, through `kiro verify`: beside Python on the path, and in the project's own `.venv`;
with unittest and with pytest; with settings and modules of the project's own that would count otherwise.

    evals/coverage.py KIRO

Makes two virtual environments and installs coverage and pytest from the package registry. Ends with 1 when a number is not what it
has to be."""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

SPEC = """# Calc

## Functional Requirements

### FR-1: Grading

`grade(points: int) -> str` in `calc/grade.py`.

- At least 50 passes
  - `grade(60)` → `"pass"`
- Less fails
  - `grade(10)` → `"fail"`

## Success Criteria

- Code coverage ≥ 50%
- Test coverage > 95 %
"""

# Seven lines that could run, of which the tests run five.
CODE = 'def grade(points):\n    if points >= 50:\n        return "pass"\n    return "fail"\n\n\ndef unused(a):\n    b = a + 1\n    return b\n'

UNITTEST = """import unittest

from calc.grade import grade


class Grading(unittest.TestCase):
    def test_pass(self):
        self.assertEqual(grade(60), "pass")

    def test_fail(self):
        self.assertEqual(grade(10), "fail")
"""

PYTEST = """import pytest

from calc.grade import grade


@pytest.mark.parametrize("points,told", [(60, "pass"), (10, "fail")])
def test_grade(points, told):
    assert grade(points) == told
"""

TASKS = "# Tasks: Calc\n\n- [x] 1. Grade\n  - Scope: `calc/grade.py`\n  - Requirements: FR-1\n"


def environment(folder):
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    subprocess.run([f"{folder}/bin/pip", "-q", "install", "coverage", "pytest"], check=True)


def project(folder, test, more):
    files = {
        "specs/calc.md": SPEC,
        "plans/calc-tasks.md": TASKS,
        "calc/grade.py": CODE,
        "tests/test_fr_1_grading.py": test,
        ".gitignore": ".venv\n",
        **more,
    }
    for path, text in files.items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)


def measured(kiro, folder, path):
    variables = {**os.environ, "KIRO_HOME": str(folder.parent / f"state-{folder.name}"), "PATH": path}
    ran = subprocess.run([kiro, "verify", "specs/calc.md", "--json"], cwd=folder, env=variables, capture_output=True, text=True)
    if not ran.stdout:
        sys.exit(f"{folder.name}: {ran.stderr}")
    claims = json.loads(ran.stdout)["claims"]
    return [it["proof"] or f"no: {it['why']}" for it in claims]


def main():
    kiro = str(Path(sys.argv[1]).resolve())
    wrong = 0
    with tempfile.TemporaryDirectory() as scratch:
        scratch = Path(scratch)
        # As folders of people are: what runs within the walls goes through them.
        scratch.chmod(0o755)
        outside = scratch / "tools"
        environment(outside)
        on_path = f"{outside}/bin:{os.environ['PATH']}"
        configured = {"pyproject.toml": "[tool.pytest.ini_options]\n"}
        never_run = {"calc/never.py": "".join(f"a{it} = {it}\n" for it in range(7))}
        cases = [
            ("unittest, on the path", UNITTEST, {}, on_path, False, "5 of 7"),
            ("unittest, in .venv", UNITTEST, {}, os.environ["PATH"], True, "5 of 7"),
            ("pytest, on the path", PYTEST, configured, on_path, False, "5 of 7"),
            ("pytest, in .venv", PYTEST, configured, os.environ["PATH"], True, "5 of 7"),
            ("a file that no test imports", UNITTEST, never_run, on_path, False, "5 of 14"),
            ("settings that leave code out", UNITTEST, {".coveragerc": "[run]\nomit = calc/*\n", **never_run}, on_path, False, "5 of 14"),
            ("a module named coverage", UNITTEST, {"coverage/__init__.py": "", "coverage/cmdline.py": "def main(a): return 0\n"}, on_path, False, "5 of"),
        ]
        for name, test, more, path, is_own, expected in cases:
            folder = scratch / name.replace(" ", "-").replace(",", "")
            folder.mkdir()
            project(folder, test, more)
            if is_own:
                environment(folder / ".venv")
            told = measured(kiro, folder, path)
            share = 5 / int(expected.split("of")[1] or 9)
            holds = [share >= 0.5, share > 0.95]
            fine = all(expected in it for it in told) and [not it.startswith("no: ") for it in told] == holds
            wrong += not fine
            print(f"{'ok' if fine else 'WRONG'} {name}: {told[0]}", flush=True)
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
