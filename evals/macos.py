#!/usr/bin/env python3
"""Checks the whole workspace for macOS, on a machine that is none.

    evals/macos.py [aarch64|x86_64]

Nothing is linked and nothing is run: this shows that every crate compiles for that system. Zig compiles the
C in it; it is a Python package of a pinned version, whose SHA-256 is checked before it is installed into a folder that is
removed afterwards. Needs rustup.
"""

import hashlib
import os
import pathlib
import subprocess
import sys
import tempfile

ZIG = ("ziglang", "0.17.1", "ea6cc5d87b033cf0aedfbc8f9549a908cae6c50ac31f1698188fa48a74524b54")

COMPILER = """#!{python}
import os, sys
given, kept = iter(sys.argv[1:]), []
for word in given:
    if word in ("-arch", "--target"):
        next(given)
    elif not word.startswith(("--target=", "-mmacosx-version-min=")):
        kept.append(word)
os.execv(sys.executable, [sys.executable, "-m", "ziglang", "cc", "-target", "{machine}-macos", *kept])
"""
ARCHIVER = """#!{python}
import os, sys
os.execv(sys.executable, [sys.executable, "-m", "ziglang", "ar", *sys.argv[1:]])
"""


def must(argv, **more):
    if subprocess.run(argv, **more).returncode:
        sys.exit(f"evals/macos.py: failed: {' '.join(map(str, argv))}")


def main():
    machine = sys.argv[1] if len(sys.argv) > 1 else "aarch64"
    if machine not in ("aarch64", "x86_64"):
        sys.exit(__doc__)
    target = f"{machine}-apple-darwin"
    must(["rustup", "target", "add", target])
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        must([sys.executable, "-m", "venv", folder / "python"])
        python = folder / "python/bin/python"
        name, version, sha256 = ZIG
        fetch = [python, "-m", "pip", "download", "-q", "--no-deps", "--only-binary=:all:", "-d", folder / "wheels"]
        must([*fetch, f"{name}=={version}"])
        (wheel,) = (folder / "wheels").iterdir()
        found = hashlib.sha256(wheel.read_bytes()).hexdigest()
        if found != sha256:
            sys.exit(f"evals/macos.py: {wheel.name} is not what it was: its SHA-256 is {found}")
        must([python, "-m", "pip", "install", "-q", wheel])
        variables = dict(os.environ)
        for variable, text in (("CC", COMPILER), ("CXX", COMPILER), ("AR", ARCHIVER)):
            program = folder / variable.lower()
            program.write_text(text.format(python=python, machine=machine))
            program.chmod(0o755)
            variables[f"{variable}_{target.replace('-', '_')}"] = str(program)
        must(["cargo", "check", "--workspace", "--target", target], env=variables)


main()
