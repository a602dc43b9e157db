#!/usr/bin/env python3
"""Asks servers that nobody here wrote, through each HTTP dialect.

    evals/providers.py WEIGHTS.gguf [--litellm]

Starts llama.cpp's server on loopback with the weights (the built-in model's will do) and, with --litellm, LiteLLM's
proxy in front of it as an Anthropic endpoint. Both are Python packages of a pinned version, whose SHA-256 is checked
before they are installed into a folder that is removed afterwards. What cannot be had is told aloud and fails the run.
Build first: cargo build -p model-http --example probe
"""

import argparse
import hashlib
import json
import os
import pathlib
import secrets
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

# llama.cpp's own server with all its addresses, ready built.
LLAMA = ("xllamacpp", "2026.10.11549", "c54e7d13520ecc989c63dc99d55de3065e2f343a91f43f053d16b5e62077c261")
LITELLM = ("litellm", "1.96.2", "76e9c72cb6757bb7c35cd23e3e4fc028910795910ae92491076bd50f7b61f205")
# What it needs is named without a bound above, and does not work with later ones.
LITELLM_WITH = ("fastapi==0.136.3",)

SERVE = """
import sys, xllamacpp
params = xllamacpp.CommonParams()
params.model.path, params.port, params.api_keys = sys.argv[1], int(sys.argv[2]), [sys.argv[3]]
params.n_ctx, params.n_parallel, params.use_jinja = 8192, 1, True
params.cpuparams.n_threads = params.cpuparams_batch.n_threads = 2
server = xllamacpp.Server(params)
print(server.listening_address, flush=True)
sys.stdin.read()
"""


def fail(why):
    sys.exit(f"evals/providers.py: {why}")


def install(python, folder, package, extra="", beside=()):
    """Fetches a package, checks its SHA-256, and only then installs it."""
    name, version, sha256 = package
    wheels = folder / name
    fetch = [python, "-m", "pip", "download", "-q", "--no-deps", "--only-binary=:all:", "-d", wheels]
    if subprocess.run([*fetch, f"{name}=={version}"]).returncode:
        fail(f"{name}=={version} cannot be had")
    (wheel,) = wheels.iterdir()
    found = hashlib.sha256(wheel.read_bytes()).hexdigest()
    if found != sha256:
        fail(f"{wheel.name} is not what it was: its SHA-256 is {found}")
    if subprocess.run([python, "-m", "pip", "install", "-q", f"{wheel}{extra}", *beside]).returncode:
        fail(f"{wheel.name} cannot be installed")


def free_port():
    with socket.socket() as it:
        it.bind(("127.0.0.1", 0))
        return it.getsockname()[1]


def wait_for(address, process, seconds):
    for _ in range(seconds):
        if process.poll() is not None:
            fail(f"the server at {address} ended with {process.returncode}")
        try:
            urllib.request.urlopen(address, timeout=5)
            return
        except (urllib.error.URLError, OSError):
            time.sleep(1)
    fail(f"the server at {address} is not ready after {seconds} s")


def probe(dialect, base, name, key, refusals=("no valid key", "not allowed")):
    """Runs the probe and judges what it found: a list of complaints. A wrong key is told in one of these words."""
    environment = {**os.environ, "PROBE_KEY": key}
    command = ["target/debug/examples/probe", dialect, base, name]
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    print(done.stdout, end="", flush=True)
    if done.returncode:
        return [f"{dialect}: {done.stderr.strip()}"]
    found = {it["probe"]: it["found"] for it in map(json.loads, done.stdout.splitlines())}
    wrong = (found["wrong key"]["error"] or "").lower()
    judged = {
        "no text in pieces": found["text"]["text"] and found["text"]["pieces"] > 0,
        "no tokens counted": found["text"]["input"] > 0 and found["text"]["output"] > 0,
        "the limit was not told": found["limit"]["stop"] == "Length",
        "not cancelled": found["cancel"]["cancelled"],
        "cancelled too late": found["cancel"].get("late_ms", 1e9) <= 200,
        "a wrong key was taken": any(it in wrong for it in refusals),
        "a key was shown": key not in done.stdout + done.stderr,
    }
    return [f"{dialect}: {complaint}" for complaint, good in judged.items() if not good]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("weights")
    parser.add_argument("--litellm", action="store_true")
    args = parser.parse_args()
    key = "sk-local-" + secrets.token_hex(12)
    complaints = []
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        subprocess.run([sys.executable, "-m", "venv", folder / "python"], check=True)
        python = folder / "python/bin/python"
        install(python, folder, LLAMA)
        port = free_port()
        serve = [python, "-c", SERVE, args.weights, str(port), key]
        llama = subprocess.Popen(serve, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        running = [llama]
        try:
            base = f"http://127.0.0.1:{port}"
            wait_for(f"{base}/health", llama, 300)
            for dialect, at in (("chat", f"{base}/v1"), ("responses", f"{base}/v1"), ("anthropic", base)):
                print(f"# {dialect}, llama.cpp", flush=True)
                complaints += probe(dialect, at, "qwen", key)
            if args.litellm:
                install(python, folder, LITELLM, "[proxy]", LITELLM_WITH)
                front = free_port()
                model = {"model_name": "qwen", "litellm_params": {
                    "model": "openai/qwen", "api_base": f"{base}/v1", "api_key": key}}
                config = folder / "litellm.json"
                config.write_text(json.dumps({"model_list": [model], "general_settings": {"master_key": key}}))
                proxy = subprocess.Popen(
                    [folder / "python/bin/litellm", "--config", config, "--host", "127.0.0.1", "--port", str(front)],
                    stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
                running.append(proxy)
                wait_for(f"http://127.0.0.1:{front}/health/liveliness", proxy, 120)
                print("# anthropic, LiteLLM before llama.cpp", flush=True)
                # Without a database it knows no key but its own, and calls others a wrong request.
                refusals = ("no valid key", "no connected db")
                complaints += probe("anthropic", f"http://127.0.0.1:{front}", "qwen", key, refusals)
        finally:
            for process in running:
                process.terminate()
                process.wait()
    for complaint in complaints:
        print(complaint, file=sys.stderr)
    sys.exit(1 if complaints else 0)


if __name__ == "__main__":
    main()
