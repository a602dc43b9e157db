// What becomes of questions when the connection is not there yet, is lost, and comes back.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Refused, Rpc } from "../src/rpc.ts";

function conversation() {
  const sent: any[] = [];
  const rpc = new Rpc((text) => sent.push(JSON.parse(text)));
  const answers = (id: number, more: object) => rpc.take(JSON.stringify({ jsonrpc: "2.0", id, ...more }));
  return { rpc, sent, answers };
}

test("a question that came too early is asked once the connection is there", async () => {
  const { rpc, sent, answers } = conversation();
  const asked = rpc.ask("a", { n: 1 });
  assert.equal(sent.length, 0);
  rpc.opened();
  assert.deepEqual(sent, [{ jsonrpc: "2.0", id: 1, method: "a", params: { n: 1 } }]);
  await answers(1, { result: 7 });
  assert.equal(await asked, 7);
});

test("a question is put again after the connection was lost, an act is not", async () => {
  const { rpc, sent, answers } = conversation();
  rpc.opened();
  const question = rpc.ask("question");
  const act = rpc.ask("act", {}, false);
  rpc.lost();
  await assert.rejects(act, /went away/);
  sent.length = 0;
  rpc.opened();
  assert.deepEqual(sent.map((it) => it.method), ["question"]);
  await answers(sent[0].id, { result: "here" });
  assert.equal(await question, "here");
});

test("an act that was never sent waits for the connection", async () => {
  const { rpc, sent, answers } = conversation();
  const act = rpc.ask("act", {}, false);
  rpc.lost();
  rpc.opened();
  assert.deepEqual(sent.map((it) => it.method), ["act"]);
  await answers(1, { error: { code: -32000, message: "no", data: { hint: "so" } } });
  await assert.rejects(act, (error: Refused) => error.code === -32000 && error.message === "no" && error.data.hint === "so");
});

test("what the engine asks is answered, or refused when nobody answers it", async () => {
  const { rpc, sent } = conversation();
  rpc.opened();
  const forget = rpc.answer("confirm", async (it: { n: number }) => ({ twice: it.n * 2 }));
  await rpc.take(JSON.stringify({ id: "x", method: "confirm", params: { n: 4 } }));
  assert.deepEqual(sent.pop(), { jsonrpc: "2.0", id: "x", result: { twice: 8 } });
  forget();
  await rpc.take(JSON.stringify({ id: "y", method: "confirm", params: {} }));
  assert.equal(sent.pop().error.code, -32601);
});

test("what is told reaches who listens, until they leave", async () => {
  const { rpc } = conversation();
  const heard: number[] = [];
  const forget = rpc.on("told", (it: number) => heard.push(it));
  await rpc.take(JSON.stringify({ method: "told", params: 1 }));
  forget();
  await rpc.take(JSON.stringify({ method: "told", params: 2 }));
  assert.deepEqual(heard, [1]);
});
