#!/usr/bin/env python3
"""How fast specs are linted: `kiro spec lint` as a whole process on one OpenSpec change, beside `openspec validate` on the same
files, and on a thousand specs at once. Runs alternate; medians and the spread are printed as a Markdown table.

    evals/spec_speed.py KIRO OPENSPEC_FOLDER [OPENSPEC_PROGRAM]

OPENSPEC_FOLDER holds `openspec/`. OPENSPEC_PROGRAM is the command of the npm package @fission-ai/openspec; without it only
Kiro is measured."""

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROUNDS = 15
SPECS = 1000


def timed(command, folder, environment):
    start = time.perf_counter()
    ran = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    took = time.perf_counter() - start
    if ran.returncode not in (0, 1):
        sys.exit(f"{command} ended with {ran.returncode}: {ran.stderr[:300]}")
    return took * 1000


def thousand(folder):
    """A thousand specs in Kiro's form, each with its own ids, words and tasks."""
    for number in range(SPECS):
        place = folder / ".kiro/specs" / f"feature-{number}"
        place.mkdir(parents=True)
        criteria = "".join(
            f"{at}. WHEN order {number} has {at} items, THE Store_{number} SHALL keep all {at} of them.\n" for at in range(1, 9)
        )
        sections = "".join(
            f"### Requirement {at}: Part {at}\n\n**User Story:** As a clerk, I want part {at}.\n\n#### Acceptance Criteria\n\n{criteria}\n"
            for at in range(1, 5)
        )
        (place / "requirements.md").write_text(f"# Requirements Document\n\n## Requirements\n\n{sections}")
        tasks = "".join(
            f"- [ ] {at}. Build part {at}\n  - [ ] {at}.1 Write it\n    - _Requirements: {at}.1-{at}.8_\n" for at in range(1, 5)
        )
        (place / "tasks.md").write_text(f"# Implementation Plan\n\n{tasks}")


def main():
    kiro, folder = Path(sys.argv[1]).resolve(), Path(sys.argv[2]).resolve()
    openspec = sys.argv[3] if len(sys.argv) > 3 else None
    rows = {}
    with tempfile.TemporaryDirectory() as scratch:
        scratch = Path(scratch)
        environment = dict(os.environ, HOME=str(scratch / "home"), OPENSPEC_TELEMETRY="0", DO_NOT_TRACK="1")
        one = scratch / "one"
        shutil.copytree(folder / "openspec", one / "openspec")
        change = sorted(it.parent.name for it in (one / "openspec/changes").glob("*/specs"))[0]
        many = scratch / "many"
        thousand(many)
        commands = {f"kiro spec lint {change}": ([kiro, "spec", "lint", change], one)}
        if openspec:
            commands[f"openspec validate {change}"] = ([openspec, "validate", change, "--strict"], one)
        commands[f"kiro spec lint, {SPECS} specs"] = ([kiro, "spec", "lint"], many)
        for command, place in commands.values():
            timed(command, place, environment)
        for _ in range(ROUNDS):
            for name, (command, place) in commands.items():
                rows.setdefault(name, []).append(timed(command, place, environment))
    print(f"| command | median of {ROUNDS}, ms | least | most |\n| --- | --- | --- | --- |")
    for name, times in rows.items():
        print(f"| `{name}` | {statistics.median(times):.1f} | {min(times):.1f} | {max(times):.1f} |")


if __name__ == "__main__":
    main()
