#!/usr/bin/env python3
"""Measures the agent loop: 200 turns that each run one trivial command, against a scripted server.

    evals/loop.py --kiro target/release/kiro [--turns 200] [--tool shell,read] [--peers] [--rounds 1] [--json]

The server is this program: it speaks OpenAI's Chat Completions and Responses as event streams, answers every request
with one call, another one each turn, and the last with words. So nothing is measured but the program that drives the
loop: from the last byte of an answer to the first of the next request. It runs

    KIRO_MODEL=openai/m OPENAI_BASE_URL=http://127.0.0.1:PORT/v1 kiro chat -p go --autopilot --json

in a folder of its own, with a home of its own whose permissions.yaml allows these commands, once for each tool: `shell`
runs `expr 7000 + N` and so includes the start of the sandbox; `read` reads one line and does not, so the difference is
the sandbox's. `commands_that_ran` counts results that hold the sum, which no refusal can repeat: a row where it is
less than the turns is no measure of a command, and the program then exits with 1.

With --peers also `codex exec` and `opencode run`, installed by npm into a temporary folder, in the same way. With --rounds
all of them are run in turn so often, and each figure is the median of its program's rounds. The columns that begin with
`best` take of each turn the quickest of all rounds first: what else the machine does falls out of them.

With --self-test nothing is started: a small client walks through both protocols and the server's answers are checked.
"""

import argparse
import gc
import http.client
import http.server
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import threading
import time

COMMANDS = ("shell", "bash", "exec_command", "shell_command", "local_shell")

# The sum of each command stands in its output and nowhere else.
FIRST = 7000


def line(turn):
    return f"expr {FIRST} + {turn}"


class Script:
    """What the server answers, and what it saw."""

    def __init__(self, turns, tool):
        self.turns, self.tool = turns, tool
        self.arrived, self.answered, self.sizes = [], [], []
        self.results, self.lock = [], threading.Lock()

    def next_call(self, tools):
        """The call of the next turn, as (name, arguments), or none when all turns are done."""
        turn = len(self.arrived)
        if turn > self.turns:
            return None
        if self.tool == "read":
            return "read", {"path": "lines.txt", "from": turn, "to": turn}
        for name in COMMANDS:
            if name in tools:
                return name, command(tools[name], line(turn))
        raise ValueError(f"there is no tool for commands among {sorted(tools)}")

    def gaps_ms(self):
        """From the end of answer N to the arrival of request N + 1."""
        pairs = zip(self.answered, self.arrived[1:])
        return [(arrived - answered) / 1e6 for answered, arrived in pairs]

    def ran(self):
        """How many commands came back with their output."""
        wanted = str if self.tool == "shell" else "line {}".format
        base = FIRST if self.tool == "shell" else 0
        numbered = enumerate(self.results, 1)
        return sum(wanted(base + turn) in result for turn, result in numbered)


def command(schema, text):
    """Arguments of a tool for commands, by its schema."""
    properties = schema.get("properties", {})
    key = "cmd" if "cmd" in properties else "command"
    is_list = properties.get(key, {}).get("type") == "array"
    arguments = {key: ["bash", "-c", text] if is_list else text}
    if "description" in properties:
        arguments["description"] = "says a number"
    return arguments


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Without this, small pieces wait for the other side's acknowledgement, and that would be measured too.
    disable_nagle_algorithm = True
    script = None

    def log_message(self, *_):
        pass

    def parse_request(self):
        self.came = time.perf_counter_ns()
        return super().parse_request()

    def do_GET(self):
        body = json.dumps({"object": "list", "data": [{"id": "m", "object": "model"}]}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        request = json.loads(body)
        responses = self.path.endswith("/responses")
        tools = offered(request)
        script = self.script
        # Programs that also ask for a title or a summary do so without tools: that is no turn.
        call = None
        if tools:
            with script.lock:
                script.arrived.append(self.came)
                script.sizes.append(len(body))
                result = last_result(request)
                if result is not None:
                    script.results.append(result)
                call = script.next_call(tools)
                turn = len(script.arrived)
        else:
            turn = 0
        # What the server has to clear away is no part of the next gap.
        del request, body
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        events = response_events(turn, call) if responses else chat_events(turn, call)
        for event in events:
            self.chunk(event)
        self.wfile.write(b"0\r\n\r\n")
        self.wfile.flush()
        if tools:
            script.answered.append(time.perf_counter_ns())

    def chunk(self, text):
        data = text.encode()
        self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))


def offered(request):
    """The tools of a request, of either protocol: name to schema."""
    tools = {}
    for tool in request.get("tools") or []:
        inner = tool.get("function", tool)
        if "name" in inner:
            tools[inner["name"]] = inner.get("parameters") or {}
    return tools


def last_result(request):
    """The newest result of a call, as text."""
    for item in reversed(request.get("messages") or request.get("input") or []):
        if item.get("role") == "tool":
            return as_text(item.get("content"))
        if item.get("type") == "function_call_output":
            return as_text(item.get("output"))
    return None


def as_text(value):
    return value if isinstance(value, str) else json.dumps(value)


def chat_events(turn, call):
    base = {"id": f"c{turn}", "object": "chat.completion.chunk", "created": 0, "model": "m"}

    def event(delta, finish=None, **more):
        choice = {"index": 0, "delta": delta, "finish_reason": finish}
        return "data: " + json.dumps({**base, "choices": [choice], **more}) + "\n\n"

    if call is None:
        yield event({"role": "assistant", "content": "All is done."})
        yield event({}, "stop")
    else:
        name, arguments = call
        function = {"name": name, "arguments": ""}
        tool = {"index": 0, "id": f"call_{turn}", "type": "function", "function": function}
        yield event({"role": "assistant", "content": None, "tool_calls": [tool]})
        part = {"index": 0, "function": {"arguments": json.dumps(arguments)}}
        yield event({"tool_calls": [part]})
        yield event({}, "tool_calls")
    usage = {"prompt_tokens": 100 + 50 * turn, "completion_tokens": 20, "total_tokens": 120 + 50 * turn}
    yield "data: " + json.dumps({**base, "choices": [], "usage": usage}) + "\n\n"
    yield "data: [DONE]\n\n"


def response_events(turn, call):
    number = 0

    def event(kind, **fields):
        nonlocal number
        number += 1
        data = {"type": kind, "sequence_number": number, **fields}
        return f"event: {kind}\ndata: {json.dumps(data)}\n\n"

    response = {"id": f"r{turn}", "object": "response", "status": "in_progress", "model": "m", "output": []}
    yield event("response.created", response=response)
    if call is None:
        content = [{"type": "output_text", "text": "All is done.", "annotations": []}]
        item = {"id": f"m{turn}", "type": "message", "role": "assistant", "status": "completed", "content": content}
    else:
        name, arguments = call
        item = {
            "id": f"f{turn}", "type": "function_call", "status": "completed", "call_id": f"call_{turn}",
            "name": name, "arguments": json.dumps(arguments),
        }
    opened = {**item, "status": "in_progress", **({"content": []} if call is None else {"arguments": ""})}
    yield event("response.output_item.added", output_index=0, item=opened)
    if call is None:
        place = {"item_id": item["id"], "output_index": 0, "content_index": 0}
        part = {"type": "output_text", "text": "", "annotations": []}
        yield event("response.content_part.added", **place, part=part)
        yield event("response.output_text.delta", **place, delta="All is done.")
        yield event("response.output_text.done", **place, text="All is done.")
        yield event("response.content_part.done", **place, part=item["content"][0])
    else:
        place = {"item_id": item["id"], "output_index": 0}
        yield event("response.function_call_arguments.delta", **place, delta=item["arguments"])
        yield event("response.function_call_arguments.done", **place, arguments=item["arguments"])
    yield event("response.output_item.done", output_index=0, item=item)
    usage = {
        "input_tokens": 100 + 50 * turn, "output_tokens": 20, "total_tokens": 120 + 50 * turn,
        "input_tokens_details": {"cached_tokens": 0}, "output_tokens_details": {"reasoning_tokens": 0},
    }
    done = {**response, "status": "completed", "output": [item], "usage": usage}
    yield event("response.completed", response=done)


class Server:
    def __init__(self, script):
        handler = type("Bound", (Handler,), {"script": script})
        self.http = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.http.daemon_threads = True
        self.port = self.http.server_address[1]

    def __enter__(self):
        threading.Thread(target=self.http.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.http.shutdown()
        self.http.server_close()


def tree_rss_kb(root):
    """Resident memory of a process, and of it with all its children, in kilobytes."""
    parents, sizes = {}, {}
    for entry in pathlib.Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            stat = (entry / "stat").read_text()
            pages = int((entry / "statm").read_text().split()[1])
        except (OSError, IndexError):
            continue
        pid = int(entry.name)
        parents[pid] = int(stat.rsplit(")", 1)[1].split()[1])
        sizes[pid] = pages * os.sysconf("SC_PAGE_SIZE") // 1024

    def below(pid):
        while pid in parents:
            if pid == root:
                return True
            pid = parents[pid]
        return False

    return sizes.get(root, 0), sum(size for pid, size in sizes.items() if below(pid))


def watched(argv, env, cwd, seconds):
    """Runs a program; gives its exit code, output, wall seconds, and its largest memory alone and with children."""
    started = time.monotonic()
    process = subprocess.Popen(
        argv, env=env, cwd=cwd, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    peak = [0, 0]

    def watch():
        while process.poll() is None:
            alone, whole = tree_rss_kb(process.pid)
            peak[0], peak[1] = max(peak[0], alone), max(peak[1], whole)
            time.sleep(0.1)

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        out, err = process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        out, err = process.communicate()
        err += f"\nended after {seconds} s"
    watcher.join()
    return process.returncode, out, err, time.monotonic() - started, peak


def row(name, script, code, wall, peak):
    gaps = script.gaps_ms()
    early, late = gaps[10:30], gaps[-20:]
    middle = lambda values: round(statistics.median(values), 2) if values else None
    return {
        "gaps": gaps,
        "program": name,
        "tool": script.tool,
        "exit": code,
        "turns": len(script.arrived),
        "commands_that_ran": script.ran(),
        "gap_ms_median": middle(gaps),
        "gap_ms_p95": round(sorted(gaps)[int(len(gaps) * 0.95)], 2) if gaps else None,
        "gap_ms_turn_20": middle(early),
        "gap_ms_last": middle(late),
        "last_to_turn_20": round(middle(late) / middle(early), 3) if early and late else None,
        "first_request_bytes": script.sizes[0] if script.sizes else None,
        "last_request_bytes": script.sizes[-1] if script.sizes else None,
        "peak_mb": round(peak[0] / 1024, 1),
        "peak_mb_with_children": round(peak[1] / 1024, 1),
        "wall_s": round(wall, 1),
    }


def measured(name, script, argv, env, cwd, seconds):
    """Runs a program to its end: its row. What it said is shown when it failed."""
    code, out, err, wall, peak = watched(argv, env, cwd, seconds)
    if not script.arrived or code:
        print(f"{name} ended with {code}:\n{out[-800:]}\n{err[-800:]}", file=sys.stderr)
    return row(name, script, code, wall, peak)


def project(folder):
    folder.mkdir()
    (folder / "lines.txt").write_text("".join(f"line {n}\n" for n in range(1, 1001)))
    (folder / "README.md").write_text("# Bench\n")
    return folder


def plain_env(home, port):
    home.mkdir(exist_ok=True)
    keep = {name: os.environ[name] for name in ("PATH", "LANG", "TERM") if name in os.environ}
    return {
        **keep, "HOME": str(home), "OPENAI_API_KEY": "sk-none", "OPENAI_BASE_URL": f"http://127.0.0.1:{port}/v1",
    }


def kiro(binary, turns, tool, seconds):
    script = Script(turns, tool)
    with tempfile.TemporaryDirectory() as folder, Server(script) as server:
        folder = pathlib.Path(folder)
        env = {**plain_env(folder / "home", server.port), "KIRO_MODEL": "openai/m"}
        settings = folder / "home" / ".kiro" / "settings"
        settings.mkdir(parents=True)
        rules = f'rules:\n  - {{capability: shell, match: ["expr {FIRST} + *"], effect: allow}}\n'
        (settings / "permissions.yaml").write_text(rules)
        argv = [binary, "chat", "-p", "go", "--autopilot", "--json"]
        return measured("kiro", script, argv, env, project(folder / "project"), seconds)


def npm(package, folder):
    """Installs a package; its programs' folder, and its name with its version."""
    command = ["npm", "install", "--silent", "--no-audit", "--no-fund", "--prefix", str(folder), package]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    described = json.loads((folder / "node_modules" / package / "package.json").read_text())
    return folder / "node_modules" / ".bin", described["version"]


def codex(programs, turns, seconds):
    script = Script(turns, "shell")
    with tempfile.TemporaryDirectory() as folder, Server(script) as server:
        folder = pathlib.Path(folder)
        bin, version = programs
        home = folder / "home"
        env = {**plain_env(home, server.port), "CODEX_HOME": str(home / ".codex")}
        (home / ".codex").mkdir()
        (home / ".codex" / "config.toml").write_text(
            f'model = "m"\nmodel_provider = "bench"\n[model_providers.bench]\nname = "bench"\n'
            f'base_url = "http://127.0.0.1:{server.port}/v1"\nenv_key = "OPENAI_API_KEY"\nwire_api = "responses"\n'
        )
        argv = [str(bin / "codex"), "exec", "--skip-git-repo-check", "--sandbox", "danger-full-access", "go"]
        return measured(f"codex exec {version}, sandbox off", script, argv, env, project(folder / "project"), seconds)


def opencode(programs, turns, seconds):
    script = Script(turns, "shell")
    with tempfile.TemporaryDirectory() as folder, Server(script) as server:
        folder = pathlib.Path(folder)
        bin, version = programs
        place = project(folder / "project")
        provider = {
            "npm": "@ai-sdk/openai-compatible", "name": "bench",
            "options": {"baseURL": f"http://127.0.0.1:{server.port}/v1", "apiKey": "sk-none"},
            "models": {"m": {"name": "m"}},
        }
        config = {"provider": {"bench": provider}, "permission": {"bash": "allow"}, "autoupdate": False}
        (place / "opencode.json").write_text(json.dumps(config))
        env = plain_env(folder / "home", server.port)
        argv = [str(bin / "opencode"), "run", "--model", "bench/m", "go"]
        return measured(f"opencode run {version}", script, argv, env, place, seconds)


def self_test():
    for path, key in (("/v1/chat/completions", "messages"), ("/v1/responses", "input")):
        script = Script(2, "shell")
        with Server(script) as server:
            client = http.client.HTTPConnection("127.0.0.1", server.port)
            schema = {"type": "object", "properties": {"command": {"type": "string"}}}
            tool = {"type": "function", "name": "shell", "parameters": schema}
            chat = {"type": "function", "function": tool}
            said = []
            for _ in range(3):
                body = {key: [], "stream": True, "tools": [chat if key == "messages" else tool]}
                client.request("POST", path, json.dumps(body), {"Content-Type": "application/json"})
                said.append(client.getresponse().read().decode())
            client.close()
        assert line(1) in said[0] and line(2) in said[1], said
        assert "All is done." in said[2] and "expr" not in said[2], said
        assert len(script.gaps_ms()) == 2 and min(script.gaps_ms()) > 0, script.gaps_ms()
        assert script.sizes[0] > 100, script.sizes
    print("self-test passed")


def table(rows):
    names = list(rows[0])
    lines = [" | ".join(names), " | ".join("---" for _ in names)]
    lines += [" | ".join(str(it[name]) for name in names) for it in rows]
    return "\n".join(f"| {line} |" for line in lines)


def merged(rows):
    """Of each program and tool one row: medians, but the worst of what must not fail."""
    groups = {}
    for it in rows:
        groups.setdefault((it["program"], it["tool"]), []).append(it)

    def best(group):
        """Medians of the quickest round of each turn: near turn 20, at the end, and their ratio."""
        turns = [min(gaps) for gaps in zip(*(it["gaps"] for it in group))]
        early, late = statistics.median(turns[10:30]), statistics.median(turns[-20:])
        return {
            "best_ms_median": round(statistics.median(turns), 2), "best_ms_turn_20": round(early, 2),
            "best_ms_last": round(late, 2), "best_last_to_turn_20": round(late / early, 3),
        }

    def one(name, values):
        if any(not isinstance(it, (int, float)) for it in values):
            return values[0]
        worst = {"exit": max, "commands_that_ran": min}
        return worst[name](values) if name in worst else round(statistics.median(values), 3)

    def row_of(group):
        figures = {name: one(name, [it[name] for it in group]) for name in group[0] if name != "gaps"}
        return {**figures, **(best(group) if len(group[0]["gaps"]) > 30 else {})}

    return [row_of(group) for group in groups.values()]


def runs(args, folder):
    """What is measured, in turn: functions without arguments that give a row."""
    if args.kiro:
        binary = str(pathlib.Path(args.kiro).resolve())
        for tool in args.tool.split(","):
            yield lambda tool=tool: kiro(binary, args.turns, tool, args.seconds)
    if args.peers:
        for peer, package in ((codex, "@openai/codex"), (opencode, "opencode-ai")):
            try:
                programs = npm(package, folder / peer.__name__)
            except (subprocess.CalledProcessError, OSError) as error:
                print(f"{peer.__name__} cannot be had: {error}", file=sys.stderr)
                continue
            yield lambda peer=peer, programs=programs: peer(programs, args.turns, args.seconds)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kiro", help="the program to measure")
    parser.add_argument("--turns", type=int, default=200)
    parser.add_argument("--tool", default="shell,read", help="shell, read, or both with a comma")
    parser.add_argument("--peers", action="store_true", help="also codex and opencode, by npm")
    parser.add_argument("--rounds", type=int, default=1, help="how often all are run, in turn")
    parser.add_argument("--seconds", type=int, default=900, help="most time of one program")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--self-test", action="store_true")
    args = parser.parse_args()
    gc.disable()
    if args.self_test:
        return self_test()
    with tempfile.TemporaryDirectory() as folder:
        each = list(runs(args, pathlib.Path(folder)))
        rows = merged([run() for _ in range(args.rounds) for run in each])
    if not rows:
        parser.error("nothing to measure: give --kiro or --peers")
    print(json.dumps(rows, indent=2) if args.json else table(rows))
    sys.exit(any(it["exit"] != 0 or it["commands_that_ran"] < args.turns for it in rows))


if __name__ == "__main__":
    main()
