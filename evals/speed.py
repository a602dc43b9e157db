#!/usr/bin/env python3
"""Measures the built-in model's engine, beside llama.cpp when its `llama-bench` is at hand.

    evals/speed.py WEIGHTS.gguf [--rounds 5] [--llama-bench PATH] [--kernels best,avx2,portable] [--program PATH ...]

Every round starts one process of each kind, one after another, so that all see the same machine. Prints a Markdown
table of medians with the least and the most. Build first: cargo build --release -p model-local --example speed; with
`--profile dist` instead, it is target/dist/examples/speed, and `--program` given twice compares the two.
"""

import argparse
import json
import os
import statistics
import subprocess

DEPTHS = (93, 1505)
PROMPTS = (445, 1505)
THREADS = str(min(os.cpu_count() or 1, 16))


def ours(program, weights, kernels):
    command = [program, weights, kernels]
    it = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    return [*it["prompt"], *it["decode"], it["together"], it["resident_gb"], it["load_s"]]


def llama(bench, weights):
    def run(*words):
        command = [bench, "-m", weights, "-t", THREADS, "-r", "1", "-o", "json", *words]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        return [it["avg_ts"] for it in json.loads(done.stdout)]

    prompts = [run("-p", str(count), "-n", "0")[0] for count in PROMPTS]
    decodes = [run("-p", "0", "-n", "64", "-d", str(depth))[0] for depth in DEPTHS]
    return [*prompts, *decodes]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("weights")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--llama-bench")
    parser.add_argument("--kernels", default="best,avx2,portable")
    parser.add_argument("--program", action="append", help="target/release/examples/speed")
    args = parser.parse_args()
    programs = args.program or ["target/release/examples/speed"]
    kinds = {
        f"{program if args.program else 'kiro'}, {it}": (lambda program=program, it=it: ours(program, args.weights, it))
        for it in args.kernels.split(",")
        for program in programs
    }
    if args.llama_bench:
        kinds[f"llama-bench -t {THREADS}"] = lambda: llama(args.llama_bench, args.weights)
    results = {kind: [] for kind in kinds}
    for _ in range(args.rounds):
        for kind, run in kinds.items():
            results[kind].append(run())
    heads = [f"prompt {it}" for it in PROMPTS] + [f"decode at {it}" for it in DEPTHS]
    print(f"| {args.rounds} rounds | " + " | ".join([*heads, "four together", "resident GB", "load s"]) + " |")
    print("| --- " * (len(heads) + 4) + "|")
    for kind, rows in results.items():
        cells = [
            f"{statistics.median(column):.1f} [{min(column):.1f}-{max(column):.1f}]"
            for column in zip(*rows)
        ]
        cells += ["-"] * (len(heads) + 3 - len(cells))
        print(f"| {kind} | " + " | ".join(cells) + " |")


if __name__ == "__main__":
    main()
