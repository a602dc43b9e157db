#!/usr/bin/env python3
"""Makes real runs of the examples with a model and takes a picture of the metrics page that comes of them.

    evals/metrics.py KIRO OUT.png [--model PROVIDER/NAME] [--examples text-toolkit,todo] [--minutes 60]

The examples are copied into one project of a folder of its own, whose state is new; the model is the built-in one unless another is
named. The page is opened by Chromium without a network (`chromium` on the PATH), first as a person's screen shows it, then at its
whole length, and once more in dark colours. Fails when the page asks for anything outside of itself.
"""

import argparse
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("kiro", type=pathlib.Path)
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("--model")
    parser.add_argument("--examples", default="text-toolkit")
    parser.add_argument("--minutes", type=int, default=60)
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        project = pathlib.Path(folder) / "examples"
        environment = {**os.environ, "KIRO_HOME": f"{folder}/kiro"}
        kiro = lambda *args, **more: subprocess.run([wanted.kiro.resolve(), *args], cwd=project, env=environment, text=True, **more)
        for name in wanted.examples.split(","):
            shutil.copytree(ROOT / "examples" / name, project, dirs_exist_ok=True, ignore=shutil.ignore_patterns("acceptance"))
            model = ["--model", wanted.model] if wanted.model else []
            ended = kiro("run", "--autopilot", *model, f"specs/{name}.md", timeout=wanted.minutes * 60, stdout=subprocess.DEVNULL)
            print(f"{name}: exit code {ended.returncode}")
        page = pathlib.Path(folder) / "metrics.html"
        kiro("metrics", "--html", page, check=True, capture_output=True)
        told = json.loads(kiro("metrics", "--json", check=True, capture_output=True).stdout)
        look(page, wanted.out)
        print(json.dumps(told, indent=1)[:2_000])


def look(page, out):
    """Takes the pictures: beside OUT.png, OUT-long.png and OUT-dark.png."""
    text = page.read_text(encoding="utf-8")
    outside = re.findall(r"""(?:src|href)=["']?(?:https?:)?//[^"' >]+|@import|url\(["']?https?:""", text)
    if outside:
        sys.exit(f"the page asks for something outside of itself: {outside[:3]}")
    print(f"the page has {len(text.encode()):,} bytes and asks for nothing outside of itself")
    for name, size, more in [
        ("", "1280,800", []),
        ("-long", "1280,3200", []),
        ("-dark", "1280,3200", ["--blink-settings=preferredColorScheme=0"]),
        ("-narrow", "480,3200", []),
    ]:
        target = out.with_name(out.stem + name + out.suffix).resolve()
        words = ["chromium", "--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--host-resolver-rules=MAP * ~NOTFOUND"]
        words += [f"--window-size={size}", f"--screenshot={target}", *more, page.as_uri()]
        subprocess.run(words, check=True, capture_output=True, timeout=120)
        print(f"{target}: {target.stat().st_size:,} bytes")


main()
