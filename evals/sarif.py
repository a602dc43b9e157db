#!/usr/bin/env python3
"""Whether `kiro spec lint --sarif` keeps to the official schema of SARIF 2.1.0, on specs with every kind of remark and strange
names. The schema is the one that the crate serde-sarif brings along; it is fetched by cargo, and needs the Python package
jsonschema.

    evals/sarif.py KIRO"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import jsonschema

CRATE = "serde-sarif"
VERSION = "0.8.0"

SPEC = """# Ledger

## Functional Requirements

### FR-1: Entries
- WHEN an entry is added, the ledger shall keep it quickly
- TBD

### FR-1: Again
- Fast and secure
\t- Ünïcödé 金额 {{count}}

### Unnamed

## Dependencies
- click==8.1
- click==8.2
"""

TASKS = """- [x] 1. One
  - [ ] 1.1 First
    - _Requirements: 1.1, 7.2_
- [ ] 2. Two
  - _Depends: 3_
- [ ] 3. Three
  - _Depends: 2_
"""


def schema(scratch):
    """The schema, from the crate's source as cargo has it."""
    (scratch / "src").mkdir()
    (scratch / "src/lib.rs").write_text("")
    (scratch / "Cargo.toml").write_text(
        f'[package]\nname = "schema"\nversion = "0.0.0"\nedition = "2021"\n\n[dependencies]\n{CRATE} = "={VERSION}"\n\n[workspace]\n'
    )
    told = subprocess.run(["cargo", "metadata", "--format-version", "1"], cwd=scratch, check=True, capture_output=True, text=True)
    package = next(it for it in json.loads(told.stdout)["packages"] if it["name"] == CRATE)
    return json.loads((Path(package["manifest_path"]).parent / "src/schema.json").read_text())


def main():
    kiro = Path(sys.argv[1]).resolve()
    with tempfile.TemporaryDirectory() as scratch:
        scratch = Path(scratch).resolve()
        project = scratch / "project"
        for name in ["plain", "with space", "ünï#codé%20 (1)"]:
            (project / "specs").mkdir(parents=True, exist_ok=True)
            (project / "plans").mkdir(exist_ok=True)
            (project / f"specs/{name}.md").write_text(SPEC)
            (project / f"plans/{name}-tasks.md").write_text(TASKS)
        environment = dict(os.environ, HOME=str(scratch / "home"))
        ran = subprocess.run([kiro, "spec", "lint", "--sarif"], cwd=project, env=environment, capture_output=True, text=True)
        if ran.returncode not in (0, 1):
            sys.exit(ran.stderr)
        told = json.loads(ran.stdout)
        (scratch / "crate").mkdir()
        official = schema(scratch / "crate")
        wrong = list(jsonschema.Draft7Validator(official, format_checker=jsonschema.FormatChecker()).iter_errors(told))
    results = told["runs"][0]["results"]
    for it in wrong[:20]:
        print(f"{'/'.join(str(part) for part in it.absolute_path)}: {it.message}")
    print(f"{len(results)} results, {len(wrong)} breaches of the schema")
    sys.exit(bool(wrong) or not results)


if __name__ == "__main__":
    main()
