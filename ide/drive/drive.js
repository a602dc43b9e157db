// Drives `kiro ide` as a person does, in Chromium from a fresh profile, with the scripted model: a plan from the palette, a guided
// run with its answers, an edit, the terminal, search, a commit, a chat. Leaves screenshots, and fails when
// anything is not as it should be or the page asks anybody but this machine.
//
//     npm ci --ignore-scripts && node drive.js KIRO [FOLDER OF SCREENSHOTS]
//
// CHROMIUM names the browser (/usr/bin/chromium).

import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { chromium } from "playwright-core";

const [kiro, shots] = process.argv.slice(2).map((it) => path.resolve(it));
const world = fs.mkdtempSync(path.join(os.tmpdir(), "kiro-ide-"));
const project = path.join(world, "numbers");
const PATIENCE = 60_000;

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
- Odd words are refused
  - \`halve("x")\` raises \`TypeError\`

## Success Criteria

- All tests pass
- Every example in this document holds
`;
const CODE = {
  double: "def double(n):\n    return n * 2",
  halve: "def halve(n):\n    if not isinstance(n, int):\n        raise TypeError(n)\n    return n // 2",
};

function write(name, text) {
  const place = path.join(world, name);
  fs.mkdirSync(path.dirname(place), { recursive: true });
  fs.writeFileSync(place, text);
  return place;
}

/** A project in git, and a model that knows what it will be asked. */
function lay() {
  write("numbers/specs/numbers.md", SPEC);
  write("numbers/README.md", "# Numbers\n\nA needle in a haystack.\n");
  const reply = (name) => JSON.stringify({ when: name, reply: `\`\`\`python\n${CODE[name]}\n\`\`\`` });
  const chat = JSON.stringify({ when: "What is here", reply: ["Two functions: `double` and ", "`halve`."] });
  const replies = ["double", "double", "halve", "halve"].map(reply);
  write("model.jsonl", `${[...replies, chat].join("\n")}\n`);
  const git = (...words) => execFileSync("git", ["-c", "user.name=A", "-c", "user.email=a@example.org", ...words], { cwd: project });
  git("init", "-q");
  git("add", ".");
  git("commit", "-q", "-m", "Begin");
}

function environment() {
  const { PATH, LANG } = process.env;
  const author = { GIT_AUTHOR_NAME: "A", GIT_AUTHOR_EMAIL: "a@example.org", GIT_COMMITTER_NAME: "A", GIT_COMMITTER_EMAIL: "a@example.org" };
  return { PATH, LANG, HOME: world, SHELL: "/bin/sh", KIRO_MODEL: `scripted/${world}/model.jsonl`, ...author };
}

/** Starts the engine; gives its process and the address that it prints first. */
async function start() {
  const engine = spawn(kiro, ["ide", project, "--no-open"], { env: environment() });
  let said = "";
  const address = await new Promise((resolve, reject) => {
    engine.stdout.on("data", (bytes) => (said += bytes) && said.includes("\n") && resolve(said.split("\n")[0]));
    engine.on("exit", (code) => reject(new Error(`kiro ended with ${code}: ${said}`)));
  });
  return { engine, address };
}

function memory(pid) {
  return Number(/VmRSS:\s+(\d+)/.exec(fs.readFileSync(`/proc/${pid}/status`, "utf8"))[1]) / 1024;
}

const ARGUMENTS = [
  "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
  "--disable-component-update", "--disable-sync",
];

class Window {
  constructor(page) {
    this.page = page;
    this.foreign = [];
    this.errors = [];
    this.count = 0;
    page.on("request", (it) => {
      const { protocol, hostname } = new URL(it.url());
      const isHere = hostname === "kiro.localhost" || hostname.endsWith(".kiro.localhost") || ["data:", "blob:"].includes(protocol);
      if (!isHere) this.foreign.push(it);
    });
    page.on("pageerror", (it) => /^Canceled/.test(it.message) || this.errors.push(it.message));
  }

  /**
   * Requests that left this machine. A webview's own files have addresses of another name, which its service worker answers from
   * the page: those never reach the network.
   */
  async left() {
    const answered = await Promise.all(this.foreign.map((it) => it.response().catch(() => null)));
    return this.foreign.filter((_, at) => !answered[at]?.fromServiceWorker()).map((it) => it.url());
  }

  async shot(name) {
    this.count++;
    console.log(`  ${String(this.count).padStart(2)} ${name}`);
    if (!shots) return;
    fs.mkdirSync(shots, { recursive: true });
    await this.page.screenshot({ path: path.join(shots, `${String(this.count).padStart(2, "0")}-${name}.png`) });
  }

  async sees(selector, text) {
    const found = this.page.locator(selector, text ? { hasText: text } : undefined).first();
    await found.waitFor({ timeout: PATIENCE });
    return found;
  }

  /** Runs a command from the palette. */
  async command(title) {
    await this.page.keyboard.press("F1");
    const input = await this.sees(".quick-input-widget input");
    await input.fill(`>${title}`);
    const row = await this.sees(".quick-input-list .monaco-list-row", title);
    await row.click();
  }

  /** Answers a notification by one of its buttons. */
  async notified(text, button) {
    const box = await this.sees(".notification-toast", text);
    if (button) await box.locator(".monaco-button", { hasText: button }).first().click();
    return box;
  }
}

async function until(what, holds) {
  const end = Date.now() + PATIENCE;
  while (!(await holds())) {
    assert.ok(Date.now() < end, `it did not come about: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

const file = (name) => {
  const place = path.join(project, name);
  return fs.existsSync(place) ? fs.readFileSync(place, "utf8") : "";
};

async function opens(page, address, launched) {
  await page.page.goto(address);
  await page.sees(".explorer-folders-view .monaco-list-row", "specs");
  await page.sees(".statusbar-item", "Guided");
  const ready = Date.now() - launched;
  await page.shot("open");
  return ready;
}

async function plans(page) {
  await page.command("Kiro: Generate Plan from Spec");
  await until("the plan is written", () => file("plans/numbers-tasks.md"));
  await page.sees(".tab", "numbers-plan.md");
  await page.command("Kiro: Focus on Tasks View");
  await page.sees(".monaco-list-row", "double");
  await page.shot("plan");
}

async function runs(page) {
  await page.notified("The plan of", "Implement Plan");
  await page.sees(".notification-toast", "Approve");
  await page.sees(".monaco-diff-editor, .multiDiffEditor");
  await page.shot("review");
  await page.notified("Task 1", "Approve");
  await until("task 1 is ticked", () => /\[x\].*1/.test(file("plans/numbers-tasks.md")));
  assert.match(file("numbers_kit/double.py"), /n \* 2/);
  await page.notified("Task 2", "Approve");
  await until("task 2 is brought in", () => file("numbers_kit/halve.py"));
  await page.shot("second");
  for (let answered = 0; answered < 4 && !(await page.page.locator(".notification-toast", { hasText: "is done" }).count()); ) {
    const next = page.page.locator(".notification-toast .monaco-button", { hasText: "Approve" }).first();
    if (await next.count()) {
      await next.click();
      answered++;
    }
    await page.page.waitForTimeout(300);
  }
  await page.sees(".notification-toast", "is done");
  await page.shot("done");
}

async function edits(page) {
  await page.page.keyboard.press("Control+P");
  await (await page.sees(".quick-input-widget input")).fill("README.md");
  await (await page.sees(".quick-input-list .monaco-list-row", "README.md")).click();
  await (await page.sees(".monaco-editor .view-line", "haystack")).click();
  await page.page.keyboard.press("Control+End");
  await page.page.keyboard.type("Edited by a person.");
  await page.page.keyboard.press("Control+S");
  await until("the edit is saved", () => file("README.md").includes("Edited by a person."));
}

async function types(page) {
  await page.page.keyboard.press("Control+Backquote");
  await page.sees(".terminal.xterm");
  await page.page.waitForTimeout(800);
  await page.page.keyboard.type("echo $((6*7)) > answer.txt\n");
  await until("the terminal ran it", () => file("answer.txt").trim() === "42");
  await page.shot("terminal");
}

async function searches(page) {
  await page.page.keyboard.press("Control+Shift+F");
  await (await page.sees(".search-view textarea")).fill("needle");
  await page.sees(".search-view .monaco-list-row", "needle");
  await page.shot("search");
}

async function commits(page) {
  await page.page.keyboard.press("Control+Shift+G");
  const message = await page.sees(".scm-view .scm-editor");
  await message.click();
  await page.page.keyboard.type("Double and halve");
  await page.shot("changes");
  await page.page.keyboard.press("Control+Enter");
  await page.notified("Nothing is staged", "Stage All and Commit");
  const head = () => execFileSync("git", ["log", "-1", "--format=%s"], { cwd: project, encoding: "utf8" }).trim();
  await until("the commit is made", () => head() === "Double and halve");
}

/** The frame in which the chat is. */
async function chatFrame(page) {
  let found;
  await until("the chat is shown", async () => {
    for (const frame of page.page.frames().slice(1)) {
      if (await frame.locator("#prompt").count().catch(() => 0)) found = frame;
    }
    return found;
  });
  return found;
}

async function chats(page) {
  await page.command("Kiro: Open Chat");
  const frame = await chatFrame(page);
  await frame.locator("#prompt").fill("What is here?");
  await frame.locator("#prompt").press("Enter");
  await frame.locator(".agent", { hasText: "halve" }).first().waitFor({ timeout: PATIENCE });
  await page.shot("chat");
}

async function main() {
  lay();
  const launched = Date.now();
  const { engine, address } = await start();
  const launch = { executablePath: process.env["CHROMIUM"] ?? "/usr/bin/chromium", args: ARGUMENTS, viewport: { width: 1440, height: 900 } };
  const browser = await chromium.launchPersistentContext(path.join(world, "profile"), launch);
  const page = new Window(browser.pages()[0] ?? (await browser.newPage()));
  try {
    const ready = await opens(page, address, launched);
    console.log(`ready ${ready} ms after launch, engine ${memory(engine.pid).toFixed(0)} MB`);
    for (const step of [plans, runs, edits, types, searches, commits, chats]) await step(page);
    console.log(`engine ${memory(engine.pid).toFixed(0)} MB at the end`);
    assert.deepEqual(await page.left(), [], "the page asks nobody but this machine");
    console.log(`requests off the machine: 0; errors of the page: ${JSON.stringify(page.errors)}`);
  } catch (error) {
    await page.shot("failed");
    throw error;
  } finally {
    await browser.close();
    engine.kill("SIGINT");
  }
}

await main();
fs.rmSync(world, { recursive: true, force: true });
