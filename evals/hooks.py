#!/usr/bin/env python3
"""Measures hooks.

    evals/hooks.py watch KIRO [--files N] [--saves N] [--idle SECONDS]
    evals/hooks.py review KIRO [--model NAME] [--set first|later]

`watch` runs `kiro watch` over a tree of 70,000 files with six hooks: processor time while nothing happens, single saves,
a burst of saves, memory, and what is left when it was stopped. `review` lets the hook pre-commit-review judge ten clean
and ten bad staged diffs, each in a real `git commit`, and says what stopped them: the scan for secrets, flaws that are told without
a model, or the model. The set `later` was written before flaws were looked for. KIRO is the binary.
"""

import argparse
import collections
import json
import os
import pathlib
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time

import hooks_diffs

HOOK = """name: "{name}"
trigger:
  event: "file.save"
  filter:
    - "{glob}"
    - "!**/__init__.py"
  condition: |
    {condition}
action:
  type: command
  command: "true"
"""

CONDITIONS = [
    "lines > 100000",
    "file_size_kb > 10000 or cyclomatic_complexity > 1500",
    "ext == 'py' and lines_added > 100000",
    "file_name starts_with 'never'",
    "language in ['rust', 'go']",
    "file_path contains '/nowhere/'",
]


class World:
    """A project and a user of its own."""

    def __init__(self, kiro):
        self.kiro = str(pathlib.Path(kiro).resolve())
        self.folder = tempfile.TemporaryDirectory(prefix="kiro-hooks-")
        self.root = pathlib.Path(self.folder.name).resolve() / "project"
        self.home = self.root.parent / "home"
        self.root.mkdir()
        self.home.mkdir()
        self.env = {"HOME": str(self.home), "PATH": os.environ["PATH"], "PYENV_ROOT": os.environ.get("PYENV_ROOT", "")}
        cache = pathlib.Path(os.environ.get("XDG_CACHE_HOME", pathlib.Path.home() / ".cache"))
        self.env["XDG_CACHE_HOME"] = str(cache)

    def write(self, path, text):
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)

    def run(self, *words, check=True, env=None):
        done = subprocess.run(words, cwd=self.root, env={**self.env, **(env or {})}, capture_output=True, text=True)
        if check and done.returncode:
            sys.exit(f"{words}: {done.returncode}\n{done.stdout}{done.stderr}")
        return done


def ticks(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return int(fields[11]) + int(fields[12])


def memory_mb(pid, key="VmRSS"):
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(key + ":"):
            return int(line.split()[1]) / 1024
    return 0.0


def share(values, part):
    values = sorted(values)
    return values[min(len(values) - 1, int(len(values) * part))]


class Watch:
    """`kiro watch --json`, with the lines that it printed."""

    def __init__(self, world, quiet_ms):
        words = [world.kiro, "watch", "--json", "--quiet-ms", str(quiet_ms)]
        self.process = subprocess.Popen(
            words, cwd=world.root, env=world.env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
        )
        self.lines, self.lock = [], threading.Lock()
        for line in self.process.stderr:
            if "watching" in line:
                print(line.strip())
                break
        else:
            sys.exit("kiro watch ended")
        threading.Thread(target=self.read, daemon=True).start()
        threading.Thread(target=self.process.stderr.read, daemon=True).start()

    def read(self):
        for line in self.process.stdout:
            told = json.loads(line)
            with self.lock:
                self.lines.append(told)

    def saved(self):
        with self.lock:
            return [it for it in self.lines if it["event"] == "file.save"]

    def until(self, count, seconds):
        end = time.monotonic() + seconds
        while len({it["path"] for it in self.saved()}) < count:
            if time.monotonic() > end or self.process.poll() is not None:
                sys.exit(f"only {len(self.saved())} of {count} saves were told")
            time.sleep(0.05)
        told = self.saved()
        with self.lock:
            self.lines.clear()
        return told


def figures(name, told):
    late = [it["late_us"] / 1000 for it in told]
    decided = [us / 1000 for it in told for us in it["decided_us"]]
    print(
        f"{name}: {len(told)} saves told, {len({it['path'] for it in told})} distinct; after quiet: median "
        f"{statistics.median(late):.0f} ms, p99 {share(late, 0.99):.0f} ms; decision a hook: median "
        f"{statistics.median(decided):.3f} ms, p99 {share(decided, 0.99):.3f} ms ({len(decided)} decisions)"
    )


def watch(args):
    world = World(args.kiro)
    print(f"making {args.files} files")
    for at in range(args.files):
        world.write(f"src/f{at // 100}/m{at % 100}.py", f"x = {at}\n")
    for at, condition in enumerate(CONDITIONS):
        world.write(f".kiro/hooks/h{at}.yaml", HOOK.format(name=f"h{at}", glob="src/**/*.py", condition=condition))
    world.run("git", "init", "-q")
    world.run(world.kiro, "trust", "--yes")
    clock = time.monotonic()
    watching = Watch(world, 100)
    pid = watching.process.pid
    print(f"started in {time.monotonic() - clock:.2f} s, {memory_mb(pid):.0f} MB")
    time.sleep(2)
    before = ticks(pid)
    time.sleep(args.idle)
    used = (ticks(pid) - before) / os.sysconf("SC_CLK_TCK")
    print(f"idle: {used:.2f} s of processor time in {args.idle} s, {100 * used / args.idle:.3f} %")
    for at in range(50):
        world.write(f"src/f{at}/m1.py", f"y = {at}\n")
        time.sleep(0.3)
    figures("single saves", watching.until(50, 60))
    clock = time.monotonic()
    for at in range(args.saves):
        world.write(f"src/f{at // 100}/m{at % 100}.py", f"z = {at}\n")
    wrote = time.monotonic() - clock
    told = watching.until(args.saves, 600)
    print(f"burst: {args.saves} saves in {wrote:.2f} s, all told {time.monotonic() - clock:.1f} s after the first; peak {memory_mb(pid, 'VmHWM'):.0f} MB")
    figures("burst", told)
    group = os.getpgid(pid)
    watching.process.send_signal(signal.SIGTERM)
    code = watching.process.wait(10)
    left = subprocess.run(["ps", "-o", "pid=", "-g", str(group)], capture_output=True, text=True).stdout.split()
    print(f"stopped with code {code}; survivors: {len(left)}")


CLEAN = {
    "add.py": "def add(a, b):\n    \"\"\"The sum of two numbers.\"\"\"\n    return a + b\n",
    "read.py": "def read(path):\n    try:\n        with open(path) as file:\n            return file.read()\n    except OSError as error:\n        raise ValueError(f'cannot read {path}') from error\n",
    "query.py": "def user(db, name):\n    return db.execute('SELECT * FROM users WHERE name = ?', (name,)).fetchone()\n",
    "slug.js": "export function slug(text) {\n  return text.trim().toLowerCase().replace(/[^a-z0-9]+/g, '-');\n}\n",
    "config.py": "import os\n\ndef token():\n    value = os.environ.get('API_TOKEN')\n    if not value:\n        raise RuntimeError('API_TOKEN is not set')\n    return value\n",
    "list.py": "import subprocess\n\ndef files(folder):\n    return subprocess.run(['ls', '--', folder], check=True, capture_output=True, text=True).stdout.split()\n",
    "README.md": "# Numbers\n\nSmall functions on numbers.\n",
    "clamp.ts": "export function clamp(value: number, low: number, high: number): number {\n  return Math.min(Math.max(value, low), high);\n}\n",
    "test_add.py": "import unittest\nfrom add import add\n\nclass Add(unittest.TestCase):\n    def test_sum(self):\n        self.assertEqual(add(2, 3), 5)\n",
    "retry.py": "def retry(action, times):\n    for attempt in range(times):\n        try:\n            return action()\n        except ConnectionError:\n            if attempt == times - 1:\n                raise\n",
}

BAD = {
    "aws.py": "KEY = 'AKIA" + "Q7" * 8 + "'\n",
    "github.py": "TOKEN = 'ghp_" + "a1B2c3" * 7 + "'\n",
    "settings.py": "password = 'Zq81mvKK" + "20pw!x'\n",
    "pem.txt": "-----BEGIN RSA PRIVATE KEY-----\n" + "MIIEow" * 12 + "\n-----END RSA PRIVATE KEY-----\n",
    "sql.py": "def user(db, name):\n    return db.execute(\"SELECT * FROM users WHERE name = '\" + name + \"'\").fetchone()\n",
    "shell.py": "import os\n\ndef archive(folder):\n    os.system('tar czf out.tgz ' + folder)\n",
    "eval.js": "export function calculate(request) {\n  return eval(request.query.expression);\n}\n",
    "swallow.py": "def save(db, row):\n    try:\n        db.insert(row)\n    except Exception:\n        pass\n",
    "path.js": "const fs = require('fs');\nmodule.exports = (req, res) => res.send(fs.readFileSync('uploads/' + req.query.name));\n",
    "unchecked.py": "import json, urllib.request\n\ndef rate(url):\n    return json.loads(urllib.request.urlopen(url).read())['rates']['EUR']\n",
}
FLAWS = [
    "sql-built", "shell-built", "code-run", "path-from-request", "html-built", "unsafe-load", "error-swallowed",
    "call-unguarded", "tls-unchecked",
]


def review(args):
    """Each diff in a real `git commit`, told apart by what stopped it."""
    first = {False: {name: (None, text) for name, text in CLEAN.items()}, True: {name: (None, text) for name, text in BAD.items()}}
    sets = {"first": first, "later": {False: hooks_diffs.CLEAN, True: hooks_diffs.BAD}}
    diffs = sets[args.set]
    by = {True: collections.Counter(), False: collections.Counter()}
    for bad in (False, True):
        for name, (before, after) in diffs[bad].items():
            world = World(args.kiro)
            world.run("git", "init", "-q")
            for key, value in (("user.name", "A"), ("user.email", "a@b.c")):
                world.run("git", "config", key, value)
            world.run(world.kiro, "init")
            if before is not None:
                world.write(name, before)
            world.run("git", "add", "-A")
            world.run("git", "commit", "-qm", "kiro")
            world.run(world.kiro, "hooks", "install")
            world.run(world.kiro, "trust", "--yes")
            world.write(name, after)
            world.run("git", "add", name)
            env = {"KIRO_MODEL": args.model} if args.model else {}
            clock = time.monotonic()
            done = world.run("git", "commit", "-qm", name, check=False, env=env)
            wall = time.monotonic() - clock
            stopped = done.returncode != 0
            told = done.stderr
            what = "passed"
            if stopped:
                without = any(f": {it}: " in told for it in FLAWS)
                what = "scan" if "holds a secret" in told else "flaw" if without else "model" if "model's opinion" in told else "other"
            by[bad][what] += 1
            lines = [it.strip() for it in told.splitlines() if "refused" in it or it.startswith("  - ") or what == "other"]
            print(f"{'bad  ' if bad else 'clean'} {name:14} {what:7} {wall:5.1f} s  {' '.join(lines)[:170]}", flush=True)
    for bad in (True, False):
        count = sum(by[bad].values()) - by[bad]["passed"]
        print(f"{'bad' if bad else 'clean'}: stopped {count} of {sum(by[bad].values())} {dict(by[bad])}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    what = parser.add_subparsers(required=True)
    one = what.add_parser("watch")
    one.add_argument("kiro")
    one.add_argument("--files", type=int, default=70_000)
    one.add_argument("--saves", type=int, default=10_000)
    one.add_argument("--idle", type=int, default=60)
    one.set_defaults(run=watch)
    two = what.add_parser("review")
    two.add_argument("kiro")
    two.add_argument("--model")
    two.add_argument("--set", choices=["first", "later"], default="first")
    two.set_defaults(run=review)
    args = parser.parse_args()
    args.run(args)


if __name__ == "__main__":
    main()
