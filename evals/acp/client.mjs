// `kiro acp`, driven by the official client of the Agent Client Protocol: `node evals/acp/client.mjs PATH-OF-KIRO`.
//
// A guided run with its permissions, a remark given in a form, a cancellation in the middle and going on after it, a chat,
// loading it again, and a picture. The scripted model stands in for a real one. The client checks every message against the schema of
// the protocol; what does not fit it is an error here.

import { strict as assert } from "node:assert";
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { Readable, Writable } from "node:stream";
import * as acp from "@agentclientprotocol/sdk";

const kiro = resolve(process.argv[2] ?? "target/release/kiro");
const world = mkdtempSync(join(tmpdir(), "kiro-acp-"));
const project = join(world, "project");
mkdirSync(join(project, "specs"), { recursive: true });
mkdirSync(join(world, "home"));

const SPEC = `# Numbers

## Functional Requirements

### FR-1: Doubling

\`double(n: int) -> int\` in \`numbers_kit/double.py\`.

- Twice the number
  - \`double(2)\` → \`4\`
  - \`double(-3)\` → \`-6\`

### FR-2: Halving

\`halve(n: int) -> int\` in \`numbers_kit/halve.py\`.

- Half of the number, rounded down
  - \`halve(9)\` → \`4\`
  - \`halve(-1)\` → \`-1\`

## Success Criteria

- Every example in this document holds
`;
writeFileSync(join(project, "specs/numbers.md"), SPEC);

const write = (path, text) => ({ name: "write", arguments: { path, content: text } });
const DOUBLE = "def double(n):\n    return n * 2\n";
const MINE = "def double(n):\n    return n + n\n";
const HALVE = "def halve(n):\n    return n // 2\n";

function script(lines, images = false) {
  const all = [{ profile: { strategy: "tools", images } }, ...lines];
  const file = join(world, "model.jsonl");
  writeFileSync(file, all.map((it) => JSON.stringify(it) + "\n").join(""));
  return `scripted/${file}`;
}

// What the client was told that is not of the protocol.
const complaints = [];
const complain = console.error;
console.error = (...words) => complaints.push(words.map(String).join(" "));

/** Connects a client that answers permissions by `permit` and forms by `fill`, and does `work` with it. */
async function connected(permit, fill, work) {
  const child = spawn(kiro, ["acp"], {
    cwd: project,
    stdio: ["pipe", "pipe", "inherit"],
    env: { PATH: process.env.PATH, HOME: join(world, "home"), PYENV_ROOT: process.env.PYENV_ROOT ?? "" },
  });
  const ended = new Promise((done) => child.on("exit", (code) => done(code)));
  const updates = [];
  const stream = acp.ndJsonStream(Writable.toWeb(child.stdin), Readable.toWeb(child.stdout));
  await acp
    .client({ name: "kiro-evals" })
    .onNotification(acp.methods.client.session.update, ({ params }) => void updates.push(params.update))
    .onRequest(acp.methods.client.session.requestPermission, ({ params }) => permit(params))
    .onRequest(acp.methods.client.elicitation.create, ({ params }) => fill(params))
    .connectWith(stream, async (agent) => {
      const told = await agent.request(acp.methods.agent.initialize, {
        protocolVersion: acp.PROTOCOL_VERSION,
        clientCapabilities: { elicitation: { form: {} } },
      });
      assert.equal(told.protocolVersion, acp.PROTOCOL_VERSION);
      assert.equal(told.agentCapabilities.loadSession, true);
      await work(agent, updates);
    });
  child.stdin.end();
  assert.equal(await ended, 0, "kiro ends well");
}

async function session(agent, model) {
  const request = { cwd: project, mcpServers: [] };
  const { sessionId, modes } = await agent.request(acp.methods.agent.session.new, request);
  assert.equal(modes.currentModeId, "guided");
  const value = { sessionId, configId: "model", value: model };
  await agent.request(acp.methods.agent.session.setConfigOption, value);
  return sessionId;
}

const prompt = (agent, sessionId, text, ...more) =>
  agent.request(acp.methods.agent.session.prompt, { sessionId, prompt: [{ type: "text", text }, ...more] });
const chosen = (optionId) => ({ outcome: { outcome: "selected", optionId } });
const nobody = () => assert.fail("nothing was to be asked");
const said = (updates) =>
  updates.filter((it) => it.sessionUpdate === "agent_message_chunk").map((it) => it.content.text).join("");

async function guidedRun() {
  const wish = "add the number to itself";
  const model = script([
    { when: "Task 1 of the plan", calls: [write("numbers_kit/double.py", DOUBLE)] },
    { reply: "done" },
    { when: wish, calls: [{ name: "read", arguments: { path: "numbers_kit/double.py" } }] },
    { calls: [{ name: "edit", arguments: { path: "numbers_kit/double.py", old: "n * 2", new: "n + n" } }] },
    { reply: "as you wish" },
    { when: "Task 2 of the plan", calls: [write("numbers_kit/halve.py", HALVE)] },
    { reply: "done" },
  ]);
  const asked = [];
  let cancel = () => {};
  const permit = async (request) => {
    asked.push(request);
    const options = request.options.map((it) => it.optionId);
    assert.deepEqual(options, ["approve", "revise", "skip", "stop"]);
    if (asked.length === 1) return chosen("revise");
    if (asked.length === 2) return chosen("approve");
    await cancel();
    return { outcome: { outcome: "cancelled" } };
  };
  const fill = (request) => {
    assert.equal(request.mode, "form");
    return { action: "accept", content: { remark: wish } };
  };
  await connected(permit, fill, async (agent, updates) => {
    const sessionId = await session(agent, model);
    cancel = () => agent.notify(acp.methods.agent.session.cancel, { sessionId });
    const { stopReason } = await prompt(agent, sessionId, "/run numbers");
    assert.equal(stopReason, "cancelled");
    const diff = asked[1].toolCall.content.find((it) => it.type === "diff" && it.path.endsWith("double.py"));
    assert.equal(diff.newText, MINE);
    const plan = updates.filter((it) => it.sessionUpdate === "plan").at(-1);
    assert.equal(plan.entries[0].status, "completed");
  });
  assert.equal(readFileSync(join(project, "numbers_kit/double.py"), "utf8"), MINE);

  const rest = script([{ when: "Task 2 of the plan", calls: [write("numbers_kit/halve.py", HALVE)] }, { reply: "done" }]);
  await connected(() => chosen("approve"), nobody, async (agent, updates) => {
    const sessionId = await session(agent, rest);
    const { stopReason } = await prompt(agent, sessionId, "/run numbers");
    assert.equal(stopReason, "end_turn");
    assert.match(said(updates), /Run done: 3 tasks done, every success criterion proven/);
  });
}

async function chat() {
  const model = script([
    { when: "look", calls: [{ name: "read", arguments: { path: "numbers_kit/halve.py" } }] },
    { when: "n // 2", reply: ["It halves ", "numbers."] },
  ]);
  let id;
  await connected(nobody, nobody, async (agent, updates) => {
    id = await session(agent, model);
    const { stopReason } = await prompt(agent, id, "look what halve does");
    assert.equal(stopReason, "end_turn");
    assert.equal(said(updates), "It halves numbers.");
    const call = updates.find((it) => it.sessionUpdate === "tool_call");
    assert.equal(call.kind, "read");
    const ended = updates.find((it) => it.sessionUpdate === "tool_call_update" && it.toolCallId === call.toolCallId);
    assert.equal(ended.status, "completed");
  });
  await connected(nobody, nobody, async (agent, updates) => {
    const { sessions } = await agent.request(acp.methods.agent.session.list, { cwd: project });
    assert.ok(sessions.some((it) => it.sessionId === id));
    await agent.request(acp.methods.agent.session.load, { sessionId: id, cwd: project, mcpServers: [] });
    assert.equal(said(updates), "It halves numbers.");
  });
}

/** A picture of one pixel goes to a model that takes pictures; one that takes none says so. */
async function picture() {
  const data =
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
  const image = { type: "image", mimeType: "image/png", data };
  const line = { when: "picture 1 of this message: image/png, 1 x 1 pixels", reply: "A pixel." };
  await connected(nobody, nobody, async (agent, updates) => {
    const id = await session(agent, script([line], true));
    const { stopReason } = await prompt(agent, id, "what is it?", image);
    assert.equal(stopReason, "end_turn");
    assert.equal(said(updates), "A pixel.");
  });
  await connected(nobody, nobody, async (agent) => {
    const id = await session(agent, script([line]));
    await assert.rejects(prompt(agent, id, "what is it?", image), /takes no pictures/);
  });
}

try {
  await guidedRun();
  await chat();
  await picture();
  assert.deepEqual(complaints, [], "every message fits the protocol");
  console.log("acp: a guided run, a remark, a cancellation, a chat, its loading and a picture, by the official client");
} catch (error) {
  complain(error, complaints);
  process.exitCode = 1;
} finally {
  rmSync(world, { recursive: true, force: true });
}
