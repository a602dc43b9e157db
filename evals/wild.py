#!/usr/bin/env python3
"""Whether every box of real task lists is one task: `kiro tasks FILE --json` beside a reading of its own, line by line.

    evals/wild.py KIRO FOLDER [--show N]

FOLDER holds Markdown files at any depth. Compared are, box by box: the line, the state, the number, the optional mark, the
requirements that a line `_Requirements: …_` below it names, and the task that it stands under: the one that is less indented, or
in a flat list the one whose number its own begins with. Ends with 1 when anything differs."""

import json
import os
import re
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

BOX = re.compile(r"^\s*[-*+] \[([ xX~-])\]")
STATES = {" ": "open", "x": "done", "X": "done", "~": "waiting", "-": "running"}
NUMBER = re.compile(r"(?:Task\s+#?)?((?:TASK-|T-|T)?\d+[a-z]?(?:\.\d+[a-z]?)*)(?=[\s):*\\]|\.(?!\d)|\s[-–—]\s|$)", re.IGNORECASE)
PLAIN = re.compile(r"^_Requirements?: ((?:\d+(?:\.\d+)?(?:, )?)+)_$")


def column(line):
    """The column in which a line's text begins, tabs reaching to the next fourth."""
    at = 0
    for letter in line:
        if letter == " ":
            at += 1
        elif letter == "\t":
            at += 4 - at % 4
        else:
            break
    return at


def fence_of(text):
    bare = re.sub(r"^[-*+] +", "", text)
    found = re.match(r"(`{3,}|~{3,})(.*)", bare)
    if found and not (found.group(1)[0] == "`" and "`" in found.group(2)):
        return found.group(1)
    return None


def number_of(rest):
    text = rest.strip()
    text = re.sub(r"^\\?\*\s*(?=\d)", "", text)
    bold = text.startswith("**")
    text = text.removeprefix("**")
    found = NUMBER.match(text)
    if not found:
        return None
    after = text[found.end():]
    word = found.group(1)
    told = "." in word or not word[0].isdigit() or text[:5].lower() == "task " or re.match(r"\s*[.):–—-]|\\|\*(?!\*)", after)
    if not told and bold and after.startswith("**"):
        told = False
    return word if told else None


def read(text):
    """Each task: line, state, number, optional, requirements, line of the task above."""
    tasks, fence, phase, level = [], None, 0, 999
    for number, line in enumerate(re.split(r"\r\n|\n|\r", text.removeprefix("\ufeff")), 1):
        bare = line.strip()
        if fence:
            if bare.startswith(fence) and not bare.strip(fence[0]):
                fence = None
            continue
        fence = fence_of(bare)
        if fence:
            continue
        box = BOX.match(line)
        if box:
            rest = line[box.end():]
            star = bool(re.match(r"\\?\*(\s|$)|\s*\\?\*\s*\d[^*]*$", rest))
            star = star or bool(re.match(r"\s*\d[\d.]*[a-z]?\*(?!\*)", rest))
            loose = re.match(r"(\d{1,6})\s+\S", re.sub(r"^\s*\\?\*\s+(?=\d)", "", rest).strip())
            task = {"loose": int(loose.group(1)) if loose else None, "line": number, "state": STATES[box.group(1)], "number": number_of(rest), "optional": star,
                    "requirements": [], "column": column(line), "phase": phase,
                    "plain": not re.search(r"req|valid|需求", rest, re.IGNORECASE)}
            tasks.append(task)
            level = 999
        elif re.match(r" {0,3}#{1,6}(\s|$)", line) and not (tasks and tasks[-1]["phase"] == phase and any(
                it["column"] < column(line) for it in tasks if it["phase"] == phase)):
            phase += 1
        elif tasks and bare:
            found = PLAIN.match(re.sub(r"^[-*+] ", "", bare))
            level = min(level, column(line))
            owner = next((it for it in reversed(tasks) if it["phase"] == phase and it["column"] < level), tasks[-1])
            if found and owner["phase"] == phase:
                owner["requirements"] += [it.strip() for it in found.group(1).split(",") if it.strip()]
            elif re.search(r"req|valid|需求", bare, re.IGNORECASE):
                owner["plain"] = False
    count_on(tasks)
    place(tasks)
    return tasks


def count_on(tasks):
    """A bare number, as in `4 Documentation`, is one where the tasks beside it count on."""
    first = [it["loose"] if it["number"] is None else int(re.match(r"\D*(\d+)", it["number"]).group(1)) for it in tasks]
    beside = {}
    for at, task in enumerate(tasks):
        last = beside.get(task["column"])
        beside = {column: it for column, it in beside.items() if column <= task["column"]}
        beside[task["column"]] = at
        if last is not None and first[at] is not None and first[last] is not None and first[at] == first[last] + 1:
            for it in (at, last):
                if tasks[it]["number"] is None:
                    tasks[it]["number"] = str(tasks[it]["loose"])
        above = max((it for column, it in beside.items() if column < task["column"]), default=None)
        if above is not None and tasks[above]["loose"] is not None and tasks[above]["number"] is None:
            if (task["number"] or "").startswith(f"{tasks[above]['loose']}."):
                tasks[above]["number"] = str(tasks[above]["loose"])


def place(tasks):
    opened = []
    for task in tasks:
        opened = [it for it in opened if it["phase"] == task["phase"]]
        flat = None
        while opened and opened[-1]["column"] + 2 > task["column"]:
            last = opened.pop()
            if flat is None and last["column"] + 2 > task["column"] and abs(last["column"] - task["column"]) < 2:
                flat = last
        task["above"] = opened[-1] if opened else None
        # In a flat list the number says it: go up from the task before beside this one.
        while flat is not None and flat["above"] is not task["above"] and flat["number"] is not None:
            if belongs(task, flat):
                break
            flat = flat["above"]
        while flat is not None and not belongs(task, flat):
            flat = flat["above"] if flat["above"] is not task["above"] else None
        if flat is not None:
            task["above"] = flat
        opened.append(task)


def belongs(task, other):
    return bool(task["number"] and other["number"] and task["number"].startswith(other["number"] + "."))


def told(kiro, path, home):
    environment = dict(os.environ, HOME=str(home), KIRO_HOME=str(home / ".kiro"))
    ran = subprocess.run([kiro, "tasks", path, "--json"], capture_output=True, text=True, env=environment)
    if ran.returncode:
        return None, ran.stderr.strip()
    flat = []

    def walk(tasks, above):
        for task in tasks:
            flat.append({"line": task["span"]["line"], "state": task["state"], "number": task["number"],
                         "optional": task["optional"], "requirements": task["requirements"], "above": above})
            walk(task["subtasks"], task["span"]["line"])

    walk(json.loads(ran.stdout)["tasks"], None)
    return sorted(flat, key=lambda it: it["line"]), None


def differences(path, own, theirs):
    if len(own) != len(theirs):
        yield f"{len(own)} boxes, {len(theirs)} tasks"
        return
    for mine, other in zip(own, theirs):
        where = f"line {mine['line']}"
        if mine["line"] != other["line"]:
            yield f"{where}: told of line {other['line']}"
        known = {"pending": "open", "ready": "open"}.get(other["state"], other["state"])
        if mine["state"] != known:
            yield f"{where}: {mine['state']}, told {other['state']}"
        if mine["number"] != other["number"]:
            yield f"{where}: number {mine['number']}, told {other['number']}"
        if mine["optional"] != other["optional"]:
            yield f"{where}: optional {mine['optional']}, told {other['optional']}"
        above = mine["above"] and mine["above"]["line"]
        if above != other["above"]:
            yield f"{where}: under {above}, told {other['above']}"
        named = list(dict.fromkeys(mine["requirements"]))
        if mine["plain"] and named and named != other["requirements"]:
            yield f"{where}: requirements {named}, told {other['requirements']}"


def main():
    kiro, folder = Path(sys.argv[1]).resolve(), Path(sys.argv[2]).resolve()
    show = int(sys.argv[sys.argv.index("--show") + 1]) if "--show" in sys.argv else 40
    files, tasks, wrong = 0, 0, []
    with tempfile.TemporaryDirectory() as scratch:
        scratch = Path(scratch).resolve()

        def one(path):
            text = path.read_bytes().decode("utf-8", "replace")
            own = read(text)
            if not own:
                return path, 0, []
            place = scratch / f"{path.stem}-{abs(hash(path))}"
            place.mkdir()
            copy = place / "tasks.md"
            copy.write_bytes(path.read_bytes())
            theirs, error = told(kiro, copy, scratch / "home")
            found = [error] if error else list(differences(path, own, theirs))
            return path, len(own), found

        with ThreadPoolExecutor(2) as pool:
            for path, count, found in pool.map(one, sorted(folder.rglob("*.md"))):
                files += count > 0
                tasks += count
                wrong += [f"{path}: {it}" for it in found]
    for it in wrong[:show]:
        print(it)
    print(f"{files} files, {tasks} tasks, {len(wrong)} differences")
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
