#!/usr/bin/env python3
"""Kills the real program, takes the disk away from it, and edits beside it; then looks whether anything was lost.

    evals/deaths.py syscalls KIRO [--every N] [--from K]    kill -9 at each call that changes a file, or each Nth from the Kth (needs strace)
    evals/deaths.py random KIRO [--times 100]    kill -9 at random moments
    evals/deaths.py faults KIRO                  full, read-only and failing disks, no descriptors left (needs strace and root)
    evals/deaths.py beside KIRO [--times 300]    two runs and a user who edits, at the same time
    evals/deaths.py resume KIRO [--facts 100000] [--rounds 9]    how long a run with so many facts takes to go on

Every run carries the same small spec out in a world of its own, with the scripted model. After each death: every file is
absent or whole, no box is ticked that no recorded evidence stands behind, the journal opens and its chain is whole, and
`kiro run --resume` comes to `done` with the very bytes that an undisturbed run leaves and nothing of Kiro's own beside them.
"""

import argparse
import collections
import json
import os
import pathlib
import random
import re
import shutil
import signal
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import threading
import time

SPEC = """# Numbers

## Functional Requirements

### FR-1: Doubling

`double(n: int) -> int` in `numbers_kit/double.py`.

- Twice the number
  - `double(2)` → `4`
  - `double(-3)` → `-6`

### FR-2: Halving

`halve(n: int) -> int` in `numbers_kit/halve.py`.

- Half of the number, rounded down
  - `halve(9)` → `4`
  - `halve(8)` → `4`

## Success Criteria

- All tests pass
- Every example in this document holds
"""

CODE = {
    "double": "def double(n):\n    return n * 2",
    "halve": "def halve(n):\n    return n // 2",
}

CHANGING = (
    "write pwrite64 writev fsync fdatasync rename renameat renameat2 unlink unlinkat mkdir mkdirat rmdir symlink symlinkat "
    "link linkat ftruncate fchmod fchmodat fallocate openat"
).split()

NOTES = "what the user wrote\n"


class World:
    """A project and a user of its own. `disk` is where they stand: in memory where that is possible, since what is tried are
    deaths of processes, for which a disk's own slowness makes no difference."""

    def __init__(self, kiro, disk="/dev/shm" if os.path.isdir("/dev/shm") else None):
        self.kiro = str(pathlib.Path(kiro).resolve())
        self.folder = tempfile.TemporaryDirectory(prefix="kiro-deaths-", dir=disk, ignore_cleanup_errors=True)
        top = pathlib.Path(self.folder.name).resolve()
        self.root, self.home = top / "project", top / "home"
        self.root.mkdir()
        self.home.mkdir()
        keep = ("PATH", "PYENV_ROOT")
        self.env = {"HOME": str(self.home), **{it: os.environ[it] for it in keep if it in os.environ}}
        self.script = top / "script.jsonl"
        self.specs = ["numbers"]
        replies = [{"when": name, "reply": f"```python\n{code}\n```"} for name, code in CODE.items() for _ in range(2)]
        self.script.write_text("".join(json.dumps(it) + "\n" for it in replies))
        (self.root / "specs").mkdir()
        (self.root / "specs/numbers.md").write_text(SPEC)
        (self.root / "notes.txt").write_text(NOTES)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.folder.cleanup()

    def run_words(self, spec="numbers"):
        return [self.kiro, "run", spec, "--autopilot", "--resume", "--model", f"scripted/{self.script}"]

    def start(self, words, **more):
        silent = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        return subprocess.Popen(words, cwd=self.root, env=self.env, stdin=subprocess.DEVNULL, **{**silent, **more})

    def call(self, *words, **more):
        return subprocess.run(
            [self.kiro, *words], cwd=self.root, env=self.env, stdin=subprocess.DEVNULL, capture_output=True, text=True,
            timeout=120, **more
        )

    def finish(self):
        return subprocess.run(
            self.run_words(), cwd=self.root, env=self.env, stdin=subprocess.DEVNULL, capture_output=True, text=True,
            timeout=180
        )

    def files(self):
        """Every file of the project but the tasks file, whose boxes are looked at apart."""
        found = {}
        for path in self.root.rglob("*"):
            if path.is_file() and not path.name.endswith("-tasks.md"):
                found[str(path.relative_to(self.root))] = path.read_bytes()
        return found

    def ticked(self):
        tasks = self.root / "plans/numbers-tasks.md"
        text = tasks.read_text() if tasks.exists() else ""
        return re.findall(r"^- \[x\] (\d+)\.", text, re.M)

    def facts(self):
        """What the journal holds, read from a copy, so that nobody is disturbed."""
        found = []
        for journal in self.home.glob(".kiro/state/*/journal.db"):
            with tempfile.TemporaryDirectory() as aside:
                for part in journal.parent.glob("journal.db*"):
                    if not part.name.endswith("-shm"):
                        shutil.copy(part, aside)
                with sqlite3.connect(pathlib.Path(aside) / "journal.db") as copy:
                    try:
                        rows = copy.execute("SELECT body FROM fact ORDER BY seq").fetchall()
                    except sqlite3.OperationalError:
                        rows = []
                found += [json.loads(row[0]) for row in rows]
        return found

    def survivors(self):
        """Processes that still work in this world."""
        mark, found = self.folder.name.encode(), []
        for entry in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
            try:
                if mark in entry.read_bytes() and int(entry.parent.name) != os.getpid():
                    found.append(entry.parent.name)
            except OSError:
                pass
        return found


class Broken(Exception):
    """Something was lost."""


def demand(holds, why):
    if not holds:
        raise Broken(why)


def reference(kiro):
    """What an undisturbed run leaves."""
    with World(kiro) as world:
        ran = world.finish()
        demand(ran.returncode == 0, f"the undisturbed run ends with {ran.returncode}: {ran.stderr}")
        return world.files()


def look(world, wanted):
    """What must hold right after a death."""
    for path, content in world.files().items():
        if ".kiro-tmp." not in path:
            demand(content == wanted.get(path), f"{path} is neither absent nor whole")
    demand((world.root / "notes.txt").read_text() == NOTES, "the user's notes changed")
    done = {it["task"] for it in world.facts() if it["fact"] == "task_done"}
    for task in world.ticked():
        demand(task in done, f"task {task} is ticked and the journal does not know why")
    deadline = time.monotonic() + 5
    while world.survivors() and time.monotonic() < deadline:
        time.sleep(0.05)
    demand(not world.survivors(), f"processes survive: {world.survivors()}")
    status = world.call("status")
    demand(status.returncode == 0, f"kiro status ends with {status.returncode}: {status.stderr}")


def go_on(world, wanted):
    """What must hold after the run went on."""
    ran = world.finish()
    demand(ran.returncode == 0, f"the resumed run ends with {ran.returncode}: {ran.stdout[-600:]}{ran.stderr}")
    found = world.files()
    demand(found == wanted, f"other files stand: {sorted(set(found.items()) ^ set(wanted.items()))}")
    demand(len(world.ticked()) == len(re.findall(r"^- \[.\]", (world.root / "plans/numbers-tasks.md").read_text(), re.M)),
           "not every box is ticked")
    log = world.call("log", "--policy", "--json")
    demand(log.returncode == 0 and '"broken":null' in log.stdout.replace(" ", "").replace("\n", ""),
           f"the journal is not whole: {log.stdout[-300:]}{log.stderr}")


def traced(world):
    """The calls that change a file of this world, as (name, number of that name in its thread)."""
    out = pathlib.Path(world.folder.name) / "trace"
    words = ["strace", "-f", "-b", "execve", "-y", "-o", str(out), "-e", "trace=" + ",".join(CHANGING)]
    ended = world.start(words + world.run_words()).wait()
    demand(ended == 0, f"the traced run ends with {ended}")
    counts, points = collections.Counter(), set()
    for line in out.read_text(errors="replace").splitlines():
        call = re.match(r"(\d+) +(\w+)\((.*)", line)
        if not call:
            continue
        thread, name, rest = call.groups()
        counts[thread, name] += 1
        of_world = world.folder.name in rest.split("=")[0] or (name == "openat" and "O_CREAT" in rest)
        if of_world and (name != "openat" or "O_CREAT" in rest):
            points.add((name, counts[thread, name]))
    return sorted(points, key=lambda it: (it[0], it[1]))


def syscalls(kiro, first, every):
    wanted = reference(kiro)
    with World(kiro) as world:
        points = traced(world)
    chosen = points[first::every]
    tally = report_of(len(chosen))
    print(f"{len(points)} calls change a file of the world; {len(chosen)} of them are tried")
    killed = 0
    for name, number in chosen:
        with World(kiro) as world:
            words = ["strace", "-f", "-b", "execve", "-o", os.devnull, "-e", f"trace={name}",
                     "-e", f"inject={name}:signal=KILL:when={number}"]
            ended = world.start(words + world.run_words()).wait()
            killed += ended != 0
            tally(f"{name} number {number}", lambda: (look(world, wanted), go_on(world, wanted)))
    print(f"killed in {killed} of {len(chosen)} runs")
    return tally.end()


def report_of(count):
    """Counts violations and says each at once."""
    class Tally:
        broken = 0

        def __call__(self, what, act):
            try:
                act()
            except (Broken, subprocess.TimeoutExpired) as error:
                self.broken += 1
                print(f"VIOLATION at {what}: {error}", flush=True)

        def end(self):
            print(f"{count} tried, {self.broken} violations")
            return self.broken

    return Tally()


def at_random(kiro, times):
    wanted = reference(kiro)
    with World(kiro) as world:
        begun = time.monotonic()
        world.finish()
        whole = time.monotonic() - begun
    dice, tally, deaths = random.Random(1), report_of(times), 0
    for number in range(times):
        with World(kiro) as world:
            def one():
                nonlocal deaths
                for _ in range(dice.randint(1, 3)):
                    child = world.start(world.run_words())
                    time.sleep(dice.random() * whole)
                    child.kill()
                    deaths += child.wait() == -signal.SIGKILL
                    look(world, wanted)
                go_on(world, wanted)
            tally(f"run {number}", one)
    print(f"{deaths} deaths; an undisturbed run takes {whole:.1f} s")
    return tally.end()


def faults(kiro):
    """Disks that are full, read-only or broken, and no descriptors: an error that names what is in the way, no panic, and a
    whole run once it is mended."""
    wanted = reference(kiro)
    with World(kiro) as world:
        spread = collections.Counter(name for name, _ in traced(world))
    cases = []
    for kib in (64, 160, 320, 480, 640, 1_000, 2_000):
        cases.append((f"state on a disk of {kib} KiB", lambda world, kib=kib: full(world, world.home / ".kiro", kib)))
    for kib in (32, 48, 60):
        cases.append((f"project on a disk of {kib} KiB", lambda world, kib=kib: full(world, world.root, kib)))
    cases.append(("state on a read-only disk", lambda world: read_only(world, world.home / ".kiro")))
    cases.append(("project on a read-only disk", lambda world: read_only(world, world.root)))
    for name, error in [("fsync", "EIO"), ("pwrite64", "EIO"), ("renameat2", "EIO"), ("renameat2", "ENOSPC"),
                        ("renameat", "EIO"), ("openat", "EMFILE"), ("write", "ENOSPC"), ("mkdirat", "EDQUOT")]:
        for at in sorted({max(1, spread[name] * share // 8) for share in range(0, 9)}):
            cases.append((f"{error} of {name} number {at}", lambda world, c=(name, error, at): injected(world, *c)))
    for count in (8, 16, 24, 32, 48):
        cases.append((f"{count} descriptors", lambda world, count=count: few_descriptors(world, count)))
    tally, ends = report_of(len(cases)), collections.Counter()
    for what, act in cases:
        with World(kiro) as world:
            def one():
                code, said = act(world)
                ends[code] += 1
                demand(code in (0, 1, 2, 3, 5), f"it ends with {code}: {said[-300:]}")
                demand("panicked" not in said, f"a panic: {said[-300:]}")
                if code in (2, 5):
                    demand(re.search(r"error: .*/", said), f"no file is named: {said[-300:]}")
                    print(f"{what}: {code}: {tail(said)}", flush=True)
                look(world, wanted)
                go_on(world, wanted)
            tally(what, one)
    print(f"exit codes: {dict(sorted(ends.items(), key=str))}")
    return tally.end()


def tail(said):
    return next((it for it in said.splitlines() if it.startswith("error: ")), "")[:240]


def ended(world, words, **more):
    ran = subprocess.run(words, cwd=world.root, env=world.env, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                         timeout=180, **more)
    return ran.returncode, ran.stderr


def full(world, folder, kib):
    """A small disk at the place of a folder, which is then copied to a large one."""
    with mounted(folder, f"size={kib}k"):
        return ended(world, world.run_words())


def read_only(world, folder):
    with mounted(folder, "ro"):
        return ended(world, world.run_words())


class mounted:
    """A tmpfs over a folder with what the folder holds; what it holds at the end goes back."""

    def __init__(self, folder, options):
        self.folder, self.options = pathlib.Path(folder), options

    def __enter__(self):
        self.folder.mkdir(exist_ok=True)
        self.aside = tempfile.mkdtemp()
        shutil.copytree(self.folder, self.aside, dirs_exist_ok=True, symlinks=True)
        plain = "size=1g" if self.options == "ro" else self.options
        subprocess.run(["mount", "-t", "tmpfs", "-o", plain, "tmpfs", self.folder], check=True)
        shutil.copytree(self.aside, self.folder, dirs_exist_ok=True, symlinks=True)
        if self.options == "ro":
            subprocess.run(["mount", "-o", "remount,ro", self.folder], check=True)

    def __exit__(self, *_):
        shutil.rmtree(self.aside)
        shutil.copytree(self.folder, self.aside, symlinks=True)
        subprocess.run(["umount", "-l", self.folder], check=True)
        shutil.rmtree(self.folder, ignore_errors=True)
        shutil.copytree(self.aside, self.folder, dirs_exist_ok=True, symlinks=True)
        shutil.rmtree(self.aside)


def injected(world, name, error, at):
    words = ["strace", "-f", "-b", "execve", "-o", os.devnull, "-e", f"trace={name}",
             "-e", f"inject={name}:error={error}:when={at}"]
    return ended(world, words + world.run_words())


def few_descriptors(world, count):
    import resource
    limit = lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (count, count))
    return ended(world, world.run_words(), preexec_fn=limit)


def beside(kiro, times):
    """Two runs of two specs, and a user who edits what the runs write and what they do not, at random moments."""
    dice, tally, edits = random.Random(2), report_of(times), 0
    for number in range(times):
        with World(kiro) as world:
            def one():
                nonlocal edits
                second_spec(world)
                runs = [world.start(world.run_words(spec)) for spec in world.specs]
                wrote = {}
                while any(run.poll() is None for run in runs):
                    time.sleep(dice.random() * 0.08)
                    line = f"# the user's {len(wrote)}"
                    edits += user_edits(world, dice, line, wrote)
                for line, path in wrote.items():
                    there = path.read_text() if path.exists() else ""
                    demand(there.splitlines().count(line) == 1, f"«{line}» is gone from {path.name}")
                for path in world.root.rglob(".kiro-tmp.*"):
                    raise Broken(f"{path.name} was left behind")
                for _ in range(3):
                    ended_with = [ended(world, world.run_words(spec))[0] for spec in world.specs]
                demand(all(it in (0, 1) for it in ended_with), f"the runs end with {ended_with}")
                for line, path in wrote.items():
                    demand(line in path.read_text().splitlines(), f"«{line}» is gone from {path.name} after the end")
            tally(f"interleaving {number}", one)
    print(f"{edits} edits of the user")
    return tally.end()


def second_spec(world):
    other = SPEC.replace("# Numbers", "# More", 1)
    for old, new in (("double", "triple"), ("halve", "third"), ("Doubling", "Tripling"), ("Halving", "Thirds")):
        other = other.replace(old, new)
    other = other.replace("`triple(2)` → `4`", "`triple(2)` → `6`").replace("`triple(-3)` → `-6`", "`triple(-3)` → `-9`")
    other = other.replace("`third(9)` → `4`", "`third(9)` → `3`").replace("`third(8)` → `4`", "`third(8)` → `2`")
    (world.root / "specs/more.md").write_text(other)
    code = {"triple": "def triple(n):\n    return n * 3", "third": "def third(n):\n    return n // 3"}
    with world.script.open("a") as script:
        for name, text in code.items():
            for _ in range(2):
                script.write(json.dumps({"when": name, "reply": f"```python\n{text}\n```"}) + "\n")
    world.specs = ["numbers", "more"]


def user_edits(world, dice, line, wrote):
    """One edit as an editor makes it: read, changed, and written by a rename."""
    places = ["notes.txt", "plans/numbers-tasks.md", "plans/more-tasks.md", "numbers_kit/double.py", "numbers_kit/halve.py",
              "numbers_kit/__init__.py"]
    path = world.root / dice.choice(places)
    try:
        text = path.read_text()
    except OSError:
        return 0
    stamp = path.stat()
    mark = f"<!-- {line} -->" if path.suffix == ".md" else line
    aside = path.with_name(path.name + ".editor")
    aside.write_text(text.rstrip("\n") + "\n" + mark + "\n")
    now = path.stat()
    # An editor looks whether the file changed under it, and asks its user; here it gives up.
    if (stamp.st_ino, stamp.st_mtime_ns) != (now.st_ino, now.st_mtime_ns):
        aside.unlink()
        return 0
    aside.rename(path)
    wrote[mark] = path
    return 1


def resume(kiro, facts, rounds):
    """A journal with so many facts, of which the last run died; until the run goes on, measured by the fact that says so."""
    with World(kiro) as world:
        child = world.start(world.run_words())
        while not any(it["fact"] == "attempt_started" for it in world.facts()):
            time.sleep(0.05)
        child.kill()
        child.wait()
        journal = next(world.home.glob(".kiro/state/*/journal.db"))
        for share in (1.0, 0.1):
            fill(journal, facts, share)
            took = []
            for _ in range(rounds):
                with tempfile.TemporaryDirectory(dir=world.folder.name) as aside:
                    for part in journal.parent.glob("journal.db*"):
                        shutil.copy(part, aside)
                    took.append(until_resumed(world, journal))
                    for part in journal.parent.glob("journal.db*"):
                        part.unlink()
                    for part in pathlib.Path(aside).iterdir():
                        shutil.copy(part, journal.parent)
            print(f"{facts} facts, {share:.0%} of them in the run that goes on: median {statistics.median(took):.0f} ms, "
                  f"of {rounds}: {', '.join(f'{it:.0f}' for it in took)}", flush=True)
    return 0


def fill(journal, facts, share):
    """Adds facts before those of the last run, chained as Kiro chains them."""
    import hashlib
    with sqlite3.connect(journal) as db:
        last = db.execute("SELECT id FROM run ORDER BY started_ms DESC LIMIT 1").fetchone()[0]
        own = db.execute("SELECT body FROM fact WHERE run = ? ORDER BY seq", (last,)).fetchall()
        own = [it[0] for it in own if '"turn_ended"' not in it[0]]
        turn = json.dumps({"fact": "turn_ended", "task": "1", "attempt": 1, "route": "plain", "slot": "double",
                           "cost": {"input_tokens": 9, "cached_tokens": 0, "output_tokens": 9, "wall_ms": 1},
                           "result": "the candidate passes 1 of 2 examples; double(-3) gave 6"}, separators=(",", ":"))
        db.execute("DELETE FROM fact")
        db.execute("DELETE FROM sqlite_sequence WHERE name = 'fact'")
        db.execute("INSERT OR IGNORE INTO run SELECT 'old', 'specs/old.md', 1, owner_pid, owner_start FROM run LIMIT 1")
        bodies = [("old", turn)] * int(facts * (1 - share)) + [(last, it) for it in own]
        bodies += [(last, turn)] * (facts - len(bodies))
        chain = ""
        for seq, (run, body) in enumerate(bodies, 1):
            text = f"{chain}\n{seq}\n{len(run)}:{run}\n{seq}\n{body}"
            chain = hashlib.sha256(text.encode()).hexdigest()
            db.execute("INSERT INTO fact (seq, run, at_ms, body, chain) VALUES (?, ?, ?, ?, ?)", (seq, run, seq, body, chain))
        db.execute("UPDATE chain_head SET seq = ?, chain = ?", (len(bodies), chain))


def until_resumed(world, journal):
    """Milliseconds from the start of the process until it says that the run goes on."""
    begun = time.monotonic()
    child = world.start(world.run_words() + ["--jsonl"], stdout=subprocess.PIPE, text=True)
    took = None
    for line in child.stdout:
        if '"resumed"' in line:
            took = (time.monotonic() - begun) * 1000
            break
    child.kill()
    child.wait()
    demand(took is not None, "the run did not say that it goes on")
    return took


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["syscalls", "random", "faults", "beside", "resume"])
    parser.add_argument("kiro")
    parser.add_argument("--every", type=int, default=1)
    parser.add_argument("--from", type=int, default=0, dest="first")
    parser.add_argument("--times", type=int)
    parser.add_argument("--facts", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=9)
    options = parser.parse_args()
    if options.what in ("syscalls", "faults") and not shutil.which("strace"):
        sys.exit("strace is not installed: apt-get install strace")
    acts = {
        "syscalls": lambda: syscalls(options.kiro, options.first, options.every),
        "random": lambda: at_random(options.kiro, options.times or 100),
        "faults": lambda: faults(options.kiro),
        "beside": lambda: beside(options.kiro, options.times or 300),
        "resume": lambda: resume(options.kiro, options.facts, options.rounds),
    }
    sys.exit(1 if acts[options.what]() else 0)


if __name__ == "__main__":
    main()
