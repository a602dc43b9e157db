#!/usr/bin/env python3
"""Runs an example's specification several times from scratch and judges each result by its acceptance checks.

    evals/repeat.py examples/text-toolkit [--runs 10] [--kiro target/release/kiro] [--model PROVIDER/NAME]

Each run works on a fresh copy of the example, with a state folder of its own. Prints a Markdown table: how the
run ended, whether acceptance passed, wall time, tokens, model turns.
"""

import argparse
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile


def one_run(kiro, example, model):
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        project = folder / "project"
        project.mkdir()
        for part in ("specs", ".kiro"):
            if (example / part).exists():
                shutil.copytree(example / part, project / part)
        spec = next((project / "specs").glob("*.md"))
        command = [kiro, "run", "--autopilot", "--jsonl", str(spec)]
        if model:
            command += ["--model", model]
        environment = dict(os.environ, KIRO_HOME=str(folder / "home"))
        ran = subprocess.run(command, env=environment, capture_output=True, text=True)
        events = [json.loads(line) for line in ran.stdout.splitlines() if line.startswith("{")]
        ended = next((it for it in events if it["event"] == "ended"), None)
        accepted = subprocess.run(
            [str(example / "acceptance" / "run"), str(project)], capture_output=True, text=True
        )
        return {
            "exit": ran.returncode,
            "outcome": ended["outcome"] if ended else ran.stderr.strip().splitlines()[-1:],
            "accepted": accepted.returncode == 0,
            "verdict": (accepted.stdout.strip().splitlines() or ["nothing"])[-1],
            "seconds": ended["wall_ms"] / 1000 if ended else 0.0,
            "read": ended["cost"]["input_tokens"] if ended else 0,
            "written": ended["cost"]["output_tokens"] if ended else 0,
            "turns": sum(1 for it in events if it["event"] == "tried"),
            "reason": ended["reason"] if ended else "",
        }


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("example", type=pathlib.Path)
    parser.add_argument("--runs", type=int, default=10)
    parser.add_argument("--kiro", default="target/release/kiro")
    parser.add_argument("--model")
    args = parser.parse_args()
    kiro = str(pathlib.Path(args.kiro).resolve())
    example = args.example.resolve()
    print("| run | outcome | acceptance | seconds | tokens read | tokens written | candidates |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    results = []
    for number in range(1, args.runs + 1):
        it = one_run(kiro, example, args.model)
        results.append(it)
        print(
            f"| {number} | {it['outcome']} | {it['verdict']} | {it['seconds']:.1f} "
            f"| {it['read']} | {it['written']} | {it['turns']} |",
            flush=True,
        )
        if it["outcome"] != "done":
            print(f"run {number}: {it['reason']}", file=sys.stderr)
    good = sum(1 for it in results if it["exit"] == 0 and it["accepted"])
    times = sorted(it["seconds"] for it in results)
    print(f"\n{good} of {len(results)} done and accepted; median {times[len(times) // 2]:.1f} s")
    return 0 if good == len(results) else 1


if __name__ == "__main__":
    sys.exit(main())
